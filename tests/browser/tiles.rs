//! A PMTiles file of the whole world, in a few hundred bytes: one vector tile, blue below its diagonal, stands for every
//! tile down to zoom 14.

/// Bytes of the header.
const HEADER: usize = 127;
/// The deepest zoom.
const ZOOM: u32 = 14;

/// A number, seven bits a byte, the lowest first.
fn number(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// A field of protocol buffers that holds bytes.
fn field(out: &mut Vec<u8>, tag: u64, bytes: &[u8]) {
    number(out, tag << 3 | 2);
    number(out, bytes.len() as u64);
    out.extend(bytes);
}

fn tile() -> Vec<u8> {
    let there = |n: i64| ((n << 1) ^ (n >> 63)) as u64;
    let mut geometry = Vec::new();
    for n in [9, there(0), there(0), 2 << 3 | 2, there(4_096), there(4_096), there(-4_096), there(0), 15] {
        number(&mut geometry, n);
    }
    let mut feature = Vec::new();
    number(&mut feature, 3 << 3);
    // A polygon.
    number(&mut feature, 3);
    field(&mut feature, 4, &geometry);
    let mut layer = Vec::new();
    field(&mut layer, 1, b"water");
    field(&mut layer, 2, &feature);
    for (tag, value) in [(5, 4_096), (15, 2)] {
        number(&mut layer, tag << 3);
        number(&mut layer, value);
    }
    let mut tile = Vec::new();
    field(&mut tile, 3, &layer);
    tile
}

/// The file.
pub(crate) fn world() -> Vec<u8> {
    let tile = tile();
    let mut directory = Vec::new();
    let all = ((1_u64 << (2 * (ZOOM + 1))) - 1) / 3;
    for n in [1, 0, all, tile.len() as u64, 1] {
        number(&mut directory, n);
    }
    let metadata = br#"{"attribution":"<b>&copy; a test</b>","vector_layers":[{"id":"water","fields":{}}]}"#;
    let mut out = b"PMTiles\x03".to_vec();
    let (root, described) = (HEADER as u64, (HEADER + directory.len()) as u64);
    let data = described + metadata.len() as u64;
    let parts = [root, directory.len() as u64, described, metadata.len() as u64, data, 0, data, tile.len() as u64];
    parts.into_iter().chain([all, 1, 1]).for_each(|n| out.extend(n.to_le_bytes()));
    out.extend([1, 1, 1, 1, 0, ZOOM as u8]);
    [-1_800_000_000_i32, -850_000_000, 1_800_000_000, 850_000_000].iter().for_each(|n| out.extend(n.to_le_bytes()));
    out.extend([0; 9]);
    assert_eq!(out.len(), HEADER);
    [&directory[..], metadata, &tile].iter().for_each(|part| out.extend(*part));
    out
}
