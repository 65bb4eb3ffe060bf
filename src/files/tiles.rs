//! A map under the map, from a file: PMTiles, version 3, read a tile at a time. The daemon reads it itself instead of
//! leaving that to the browser, so that what comes from a file of others is bounded here, the token of the page guards it,
//! and nothing more than tiles is asked for.

mod directory;
mod header;

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use cunkou_core::model::Language;
use flate2::read::GzDecoder;

use super::load::{Stamp, open};
use directory::{Entry, find, tile_number};
use header::{HEADER, Header, Packing};

pub use header::TileKind;

/// The longest directory, bytes as it lies in the file and unpacked.
const MAX_DIRECTORY: u64 = 4 << 20;
const MAX_DIRECTORY_UNPACKED: u64 = 32 << 20;
/// The longest description of the file.
const MAX_METADATA: u64 = 4 << 20;
/// The largest tile, as it lies in the file.
const MAX_TILE: u64 = 4 << 20;
/// The same, unpacked.
const MAX_TILE_UNPACKED: u64 = 16 << 20;
/// Directories below each other.
const DEPTH: usize = 4;
/// Layers that are named, and characters of a name.
const MAX_LAYERS: usize = 64;
const MAX_LAYER: usize = 64;
/// Characters of the word of thanks that is shown.
const MAX_CREDIT: usize = 200;
/// The deepest zoom that there is in such files.
pub const MAX_ZOOM: u8 = 26;

/// Why tiles cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TileError {
    /// The file cannot be opened or read.
    #[error("the file cannot be read: {0}")]
    Read(#[from] io::Error),
    /// A folder, pipe or device in its place.
    #[error("it is no ordinary file")]
    NotRegular,
    /// Its first bytes are others.
    #[error("it is no PMTiles file; one of MBTiles or folders becomes one by `pmtiles convert`")]
    NotTiles,
    /// Another version of the format.
    #[error("it is a PMTiles file of version {0}; version 3 is read")]
    Version(u8),
    /// Packed in a way that is not read here.
    #[error("it is packed with {0}; none and gzip are read")]
    Packing(&'static str),
    /// Tiles of another kind.
    #[error("its tiles are of kind {0}; vector tiles (MVT), PNG, JPEG and WebP are read")]
    Kind(u8),
    /// What its parts say of each other cannot be.
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
    /// More bytes than are read.
    #[error("{what} is larger than {limit} bytes")]
    TooLarge {
        /// What.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
}

impl TileError {
    /// For people, one sentence.
    #[must_use]
    pub fn words(&self, language: Language) -> String {
        if language == Language::En {
            return self.to_string();
        }
        match self {
            TileError::Read(error) => format!("文件读不了：{error}"),
            TileError::NotRegular => "不是普通文件".to_owned(),
            TileError::NotTiles => "不是 PMTiles 文件；MBTiles 或瓦片文件夹可用 pmtiles convert 转换".to_owned(),
            TileError::Version(version) => format!("是第 {version} 版 PMTiles；只读第 3 版"),
            TileError::Packing(how) => format!("用 {how} 压缩；只读不压缩和 gzip 的"),
            TileError::Kind(kind) => format!("瓦片类型为 {kind}；只读矢量瓦片（MVT）、PNG、JPEG 和 WebP"),
            TileError::Damaged(_) => format!("文件损坏（{self}）"),
            TileError::TooLarge { limit, .. } => format!("其中一部分超过 {limit} 字节（{self}）"),
        }
    }
}

/// What a file of tiles says of itself.
#[derive(Clone, PartialEq, Debug)]
pub struct TilesAbout {
    /// What its tiles are.
    pub kind: TileKind,
    /// The least zoom of which it has tiles.
    pub min_zoom: u8,
    /// The deepest.
    pub max_zoom: u8,
    /// West, south, east, north, degrees, WGS 84.
    pub bounds: [f64; 4],
    /// Names of the layers of its vector tiles.
    pub layers: Vec<String>,
    /// Whom to thank, as text.
    pub credit: String,
}

/// A tile as it lies in the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tile {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether they are packed with gzip.
    pub gzip: bool,
}

impl Tile {
    /// Its bytes unpacked.
    ///
    /// # Errors
    /// When they are damaged, or more than a tile may have.
    pub fn unpacked(self) -> Result<Vec<u8>, TileError> {
        let packing = if self.gzip { Packing::Gzip } else { Packing::None };
        unpack(self.bytes, packing, "a tile", MAX_TILE_UNPACKED)
    }
}

/// A file of tiles that was opened.
#[derive(Debug)]
pub struct TileFile {
    file: File,
    header: Header,
    root: Vec<Entry>,
    about: TilesAbout,
}

impl TileFile {
    /// Opens a file, and reads what it says of itself.
    ///
    /// # Errors
    /// When it cannot be read, or is none of this kind.
    pub fn open(path: &Path) -> Result<TileFile, TileError> {
        if !fs::metadata(path)?.is_file() {
            return Err(TileError::NotRegular);
        }
        let file = open(path)?;
        if !file.metadata()?.is_file() {
            return Err(TileError::NotRegular);
        }
        let mut begin = Vec::with_capacity(HEADER);
        file.try_clone()?.take(HEADER as u64).read_to_end(&mut begin)?;
        let header = Header::read(&begin)?;
        let root = read_part(&file, header.root, "the directory", MAX_DIRECTORY)?;
        let root = directory::read(&unpack(root, header.packing, "the directory", MAX_DIRECTORY_UNPACKED)?)?;
        let metadata = read_part(&file, header.metadata, "the description", MAX_METADATA)?;
        let metadata = unpack(metadata, header.packing, "the description", MAX_METADATA)?;
        let about = about(&header, &metadata);
        Ok(TileFile { file, header, root, about })
    }

    /// What it says of itself.
    #[must_use]
    pub fn about(&self) -> &TilesAbout {
        &self.about
    }

    /// One tile; `None` where the file has none.
    ///
    /// # Errors
    /// When it cannot be read, or the file is damaged.
    pub fn tile(&self, zoom: u8, x: u32, y: u32) -> Result<Option<Tile>, TileError> {
        let Some(number) = tile_number(zoom, x, y) else { return Ok(None) };
        let mut leaf: Option<Vec<Entry>> = None;
        for _ in 0..DEPTH {
            let Some(entry) = find(leaf.as_deref().unwrap_or(&self.root), number) else { return Ok(None) };
            if entry.run > 0 {
                let part = (add(self.header.data, entry.offset)?, u64::from(entry.length));
                let bytes = read_part(&self.file, part, "a tile", MAX_TILE)?;
                return Ok(Some(Tile { bytes, gzip: self.header.tile_packing == Packing::Gzip }));
            }
            let part = (add(self.header.leaves, entry.offset)?, u64::from(entry.length));
            let bytes = read_part(&self.file, part, "a directory", MAX_DIRECTORY)?;
            let bytes = unpack(bytes, self.header.packing, "a directory", MAX_DIRECTORY_UNPACKED)?;
            leaf = Some(directory::read(&bytes)?);
        }
        Err(TileError::Damaged("directories lead to directories without end"))
    }
}

fn add(a: u64, b: u64) -> Result<u64, TileError> {
    a.checked_add(b).ok_or(TileError::Damaged("a place behind every end"))
}

/// Bytes of the file at a place; more than the limit, or behind its end, is an error.
fn read_part(file: &File, (at, length): (u64, u64), what: &'static str, limit: u64) -> Result<Vec<u8>, TileError> {
    if length > limit {
        return Err(TileError::TooLarge { what, limit });
    }
    let behind = || TileError::Damaged("a part lies behind its end: was it copied whole?");
    if add(at, length)? > file.metadata()?.len() {
        return Err(behind());
    }
    let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
    file.read_exact_at(&mut bytes, at).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => behind(),
        _ => TileError::Read(error),
    })?;
    Ok(bytes)
}

fn unpack(bytes: Vec<u8>, packing: Packing, what: &'static str, limit: u64) -> Result<Vec<u8>, TileError> {
    if packing == Packing::None {
        return Ok(bytes);
    }
    let mut unpacked = Vec::new();
    let read = GzDecoder::new(&bytes[..]).take(limit + 1).read_to_end(&mut unpacked);
    read.map_err(|_| TileError::Damaged("a part that is no gzip"))?;
    if unpacked.len() as u64 > limit { Err(TileError::TooLarge { what, limit }) } else { Ok(unpacked) }
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Metadata {
    attribution: serde_json::Value,
    vector_layers: Vec<serde_json::Value>,
}

/// What header and description say; a description that cannot be read says nothing.
fn about(header: &Header, metadata: &[u8]) -> TilesAbout {
    let metadata: Metadata = serde_json::from_slice(metadata).unwrap_or_default();
    let names = metadata.vector_layers.iter().filter_map(|layer| layer.get("id")?.as_str());
    let layers = names.filter(|n| n.chars().count() <= MAX_LAYER).take(MAX_LAYERS).map(str::to_owned).collect();
    let credit = plain(metadata.attribution.as_str().unwrap_or_default());
    let (min_zoom, max_zoom) = (header.zooms.0, header.zooms.1);
    TilesAbout { kind: header.kind, min_zoom, max_zoom, bounds: header.bounds, layers, credit }
}

/// The text of a word of thanks, which such files carry as HTML.
fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    let text = [("&copy;", "©"), ("&quot;", "\""), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
        .iter()
        .fold(text, |text, (coded, meant)| text.replace(coded, meant));
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_CREDIT).collect()
}

/// A file that was opened, or why it could not be.
type Opened = Result<Arc<TileFile>, Arc<TileError>>;

/// The file of tiles of the settings, opened again when it has changed.
#[derive(Debug)]
pub struct TileBook {
    path: PathBuf,
    seen: Mutex<Option<(Stamp, Opened)>>,
}

impl TileBook {
    /// That of a path.
    #[must_use]
    pub fn of(path: &Path) -> TileBook {
        TileBook { path: path.to_owned(), seen: Mutex::default() }
    }

    /// The file as it stands; blocks while it is opened.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn look(&self) -> Opened {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = Stamp::of(&self.path);
        if let (Some(stamp), Some((of, opened))) = (stamp, seen.as_ref())
            && stamp == *of
        {
            return opened.clone();
        }
        let opened = TileFile::open(&self.path).map(Arc::new).map_err(Arc::new);
        if let Err(error) = &opened {
            tracing::warn!(file = %self.path.display(), %error, "the tiles under the map cannot be read");
        }
        *seen = stamp.map(|stamp| (stamp, opened.clone()));
        opened
    }
}

#[cfg(test)]
pub(crate) mod tests;
