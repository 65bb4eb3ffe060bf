//! The first bytes of a PMTiles file, version 3: where its parts lie, and what is in them.

use super::{MAX_ZOOM, TileError};

/// Bytes of the header.
pub(super) const HEADER: usize = 127;
const MAGIC: &[u8] = b"PMTiles";

/// What tiles are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TileKind {
    /// Mapbox vector tiles.
    Vector,
    /// Pictures, PNG.
    Png,
    /// Pictures, JPEG.
    Jpeg,
    /// Pictures, WebP.
    Webp,
}

impl TileKind {
    /// The media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            TileKind::Vector => "application/vnd.mapbox-vector-tile",
            TileKind::Png => "image/png",
            TileKind::Jpeg => "image/jpeg",
            TileKind::Webp => "image/webp",
        }
    }
}

/// How bytes are packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Packing {
    /// As they are.
    None,
    /// With gzip.
    Gzip,
}

/// A place and a length, bytes.
pub(super) type Part = (u64, u64);

/// The header.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Header {
    pub(super) root: Part,
    pub(super) metadata: Part,
    /// Where the directories below the first begin.
    pub(super) leaves: u64,
    /// Where the tiles begin.
    pub(super) data: u64,
    /// How directories and description are packed.
    pub(super) packing: Packing,
    pub(super) tile_packing: Packing,
    pub(super) kind: TileKind,
    /// The least and the deepest.
    pub(super) zooms: (u8, u8),
    /// West, south, east, north.
    pub(super) bounds: [f64; 4],
}

impl Header {
    pub(super) fn read(bytes: &[u8]) -> Result<Header, TileError> {
        let bytes: &[u8; HEADER] = bytes.try_into().map_err(|_| TileError::NotTiles)?;
        if !bytes.starts_with(MAGIC) {
            return Err(TileError::NotTiles);
        }
        if bytes[7] != 3 {
            return Err(TileError::Version(bytes[7]));
        }
        let number = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let degrees = |at: usize| f64::from(i32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))) / 1e7;
        let zooms = (bytes[100], bytes[101]);
        let bounds = [degrees(102), degrees(106), degrees(110), degrees(114)];
        if zooms.0 > zooms.1 || zooms.1 > MAX_ZOOM {
            return Err(TileError::Damaged("its zooms cannot be"));
        }
        let [west, south, east, north] = bounds;
        if west < -180.0 || east > 180.0 || south < -90.0 || north > 90.0 || west > east || south > north {
            return Err(TileError::Damaged("its bounds are not on earth"));
        }
        Ok(Header {
            root: (number(8), number(16)),
            metadata: (number(24), number(32)),
            leaves: number(40),
            data: number(56),
            packing: packing(bytes[97])?,
            tile_packing: packing(bytes[98])?,
            kind: kind(bytes[99])?,
            zooms,
            bounds,
        })
    }
}

/// What is not known was not packed by any writer that we know of.
fn packing(word: u8) -> Result<Packing, TileError> {
    match word {
        0 | 1 => Ok(Packing::None),
        2 => Ok(Packing::Gzip),
        3 => Err(TileError::Packing("brotli")),
        4 => Err(TileError::Packing("zstd")),
        _ => Err(TileError::Packing("something newer")),
    }
}

fn kind(word: u8) -> Result<TileKind, TileError> {
    match word {
        1 => Ok(TileKind::Vector),
        2 => Ok(TileKind::Png),
        3 => Ok(TileKind::Jpeg),
        4 => Ok(TileKind::Webp),
        _ => Err(TileError::Kind(word)),
    }
}
