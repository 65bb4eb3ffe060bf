//! Files of tiles that are made here, whole and damaged.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

fn number(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn directory(entries: &[(u64, u64, u64, u64)]) -> Vec<u8> {
    let mut out = Vec::new();
    number(&mut out, entries.len() as u64);
    let mut before = 0;
    for (tile, ..) in entries {
        number(&mut out, tile - before);
        before = *tile;
    }
    entries.iter().for_each(|(_, run, ..)| number(&mut out, *run));
    entries.iter().for_each(|(_, _, length, _)| number(&mut out, *length));
    entries.iter().for_each(|(.., offset)| number(&mut out, offset + 1));
    out
}

/// A file with one tile at zoom 0, one that stands twice at zoom 1, and one that a second directory names.
pub(crate) fn file(kind: u8, metadata: &str) -> Vec<u8> {
    let tiles = [gzip(b"world"), gzip(b"twice"), gzip(b"deep")];
    let [a, b, c] = tiles.each_ref().map(|t| t.len() as u64);
    let leaf = gzip(&directory(&[(5, 1, c, a + b)]));
    let root = gzip(&directory(&[(0, 1, a, 0), (1, 2, b, a), (5, 0, leaf.len() as u64, 0)]));
    let metadata = gzip(metadata.as_bytes());
    let mut out = b"PMTiles\x03".to_vec();
    let (root_at, metadata_at) = (HEADER as u64, (HEADER + root.len()) as u64);
    let leaf_at = metadata_at + metadata.len() as u64;
    let data_at = leaf_at + leaf.len() as u64;
    let parts = [root_at, root.len() as u64, metadata_at, metadata.len() as u64, leaf_at, leaf.len() as u64, data_at];
    parts.into_iter().chain([a + b + c, 4, 3, 3]).for_each(|n| out.extend(n.to_le_bytes()));
    out.extend([1, 2, 2, kind, 0, 2]);
    [1_140_000_000_i32, 300_000_000, 1_150_000_000, 310_000_000].iter().for_each(|n| out.extend(n.to_le_bytes()));
    out.extend([0; 9]);
    assert_eq!(out.len(), HEADER);
    [root, metadata, leaf].iter().chain(&tiles).for_each(|part| out.extend(part));
    out
}

pub(crate) const METADATA: &str = r#"{"attribution":"<a href='https://x'>&copy; OpenStreetMap</a> <script>alert(1)</script>","vector_layers":[{"id":"water"},{"id":7},{"id":"roads"}]}"#;

fn opened(bytes: &[u8]) -> Result<TileFile, TileError> {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("town.pmtiles");
    fs::write(&path, bytes).expect("written");
    TileFile::open(&path)
}

#[test]
fn tiles_are_found_in_the_first_directory_in_runs_and_in_those_below() {
    let file = opened(&file(1, METADATA)).expect("good");
    let about = file.about();
    assert_eq!((about.kind, about.min_zoom, about.max_zoom), (TileKind::Vector, 0, 2));
    assert_eq!(
        (about.bounds, &about.layers[..]),
        ([114.0, 30.0, 115.0, 31.0], &["water".to_owned(), "roads".into()][..])
    );
    assert_eq!(about.credit, "© OpenStreetMap alert(1)", "text and no markup");
    let text = |zoom, x, y| {
        let tile = file.tile(zoom, x, y).expect("read");
        tile.map(|t| String::from_utf8(t.unpacked().expect("gzip")).expect("text"))
    };
    assert_eq!(text(0, 0, 0).as_deref(), Some("world"));
    assert_eq!((text(1, 0, 0).as_deref(), text(1, 0, 1).as_deref()), (Some("twice"), Some("twice")));
    assert_eq!((text(1, 1, 1), text(2, 0, 0).as_deref(), text(2, 3, 3)), (None, Some("deep"), None));
    assert_eq!((text(0, 1, 0), text(26, 0, 0), text(255, 0, 0)), (None, None, None));
}

#[test]
fn what_is_no_such_file_is_said_with_what_is_read() {
    let good = file(1, METADATA);
    let with = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    for (bytes, zh, en) in [
        (b"SQLite format 3\0".to_vec(), "不是 PMTiles", "pmtiles convert"),
        (good[..100].to_vec(), "不是 PMTiles", "no PMTiles"),
        (with(7, 2), "第 2 版", "version 2"),
        (with(97, 3), "brotli", "brotli"),
        (with(98, 4), "zstd", "zstd"),
        (with(99, 6), "类型为 6", "kind 6"),
        (with(101, 40), "损坏", "zooms"),
        (with(23, 1), "超过", "larger than"),
        (with(15, 1), "损坏", "behind its end"),
        (good[..HEADER + 20].to_vec(), "损坏", "copied whole"),
    ] {
        let error = opened(&bytes).expect_err(en);
        assert!(error.words(Language::ZhCn).contains(zh) && error.words(Language::En).contains(en), "{error}");
    }
    assert!(opened(&file(1, "no JSON")).is_ok_and(|f| f.about().layers.is_empty()), "the description is not needed");
    assert!(matches!(TileFile::open(Path::new("/")), Err(TileError::NotRegular)));
    assert!(matches!(TileFile::open(Path::new("/dev/zero")), Err(TileError::NotRegular)));
}

#[test]
fn a_file_that_changed_is_opened_again_and_a_tile_that_unpacks_to_too_much_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("town.pmtiles");
    let book = TileBook::of(&path);
    assert!(matches!(&*book.look().expect_err("none"), TileError::Read(_)));
    fs::write(&path, file(1, METADATA)).expect("written");
    let first = book.look().expect("good");
    assert!(Arc::ptr_eq(&first, &book.look().expect("good")), "opened once");
    fs::write(&path, b"no tiles").expect("written");
    assert!(matches!(&*book.look().expect_err("none"), TileError::NotTiles));
    let bomb = Tile { bytes: gzip(&vec![0; MAX_TILE_UNPACKED as usize + 1]), gzip: true };
    assert!(matches!(bomb.unpacked(), Err(TileError::TooLarge { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn damaged_files_of_tiles_never_panic(at in 0_usize..600, byte: u8, cut in 0_usize..600) {
        let mut bytes = file(2, METADATA);
        let length = bytes.len();
        bytes[at % length] = byte;
        bytes.truncate(length - cut % length);
        if let Ok(file) = opened(&bytes) {
            for (zoom, x, y) in [(0, 0, 0), (1, 0, 1), (2, 0, 0), (2, 3, 3), (26, 1, 1)] {
                let _ = file.tile(zoom, x, y).and_then(|t| t.map(Tile::unpacked).transpose());
            }
        }
    }
}
