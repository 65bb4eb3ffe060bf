//! Files and folders: round trips by property, dialects, bounds, and what is no file of ours.

#[path = "../../core/registry/tests/any.rs"]
mod any;
mod fuzz;

/// What `any` speaks in.
mod words {
    pub(super) use cunkou_core::model::*;
    pub(super) use cunkou_core::registry::*;
}

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cunkou_core::registry::*;
use proptest::prelude::*;

use super::folder::*;
use super::{Encoding, load, load_still, load_with_bytes, rows, small_text};

const AREAS: &str = "id,kind\nA,village\n";

/// Warnings that come with these small towns.
const EVERYWHERE: [&str; 3] = ["name no node", "never asked", "were derived"];

fn loaded(files: &[(&str, &[u8])]) -> Loaded {
    from_bytes(&files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect())
}

fn said(loaded: &Loaded) -> Vec<String> {
    loaded
        .judge()
        .1
        .iter()
        .filter(|f| !EVERYWHERE.iter().any(|w| f.to_string().contains(w)))
        .map(ToString::to_string)
        .collect()
}

fn errors(loaded: &Loaded) -> Vec<String> {
    loaded.judge().1.iter().filter(|f| f.is_error()).map(ToString::to_string).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_folder_that_is_written_reads_as_the_same(bytes in proptest::collection::vec(any::<u8>(), 0..1_500)) {
        let registry = any::registry(&bytes);
        let files = files_of(&tables_of(&registry));
        let loaded = from_bytes(&files);
        prop_assert_eq!(errors(&loaded), Vec::<String>::new());
        let (again, _) = loaded.judge();
        prop_assert_eq!(&again, &registry);
        prop_assert_eq!(files_of(&tables_of(&again)), files, "and is written as the same bytes");
    }

    #[test]
    fn what_the_database_keeps_reads_as_the_same(bytes in proptest::collection::vec(any::<u8>(), 0..1_500)) {
        let registry = any::registry(&bytes);
        let kept = rows::encode(&registry);
        let again = rows::decode(&kept).unwrap();
        prop_assert_eq!(&again, &registry);
        prop_assert_eq!(rows::encode(&again), kept);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), at in 0_usize..8) {
        let _told = said(&loaded(&[(FileKind::ALL[at].word(), &bytes)]));
    }

    #[test]
    fn damaged_files_never_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..800),
        cut in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut files = files_of(&tables_of(&any::registry(&bytes)));
        for bytes in files.values_mut() {
            let at = cut.index(bytes.len());
            bytes[at] = byte;
        }
        let _told = said(&from_bytes(&files));
    }
}

#[test]
fn dialects_read_alike() {
    let plain = "id,name,area,note\nC1,东头,A,\"a, \"\"b\"\"\nc\"\nC2,西头,A,x\n";
    let (wanted, _) = loaded(&[("areas.csv", AREAS.as_bytes()), ("cameras.csv", plain.as_bytes())]).judge();
    let semicolons = "id;name;area;note\nC1;东头;A;\"a, \"\"b\"\"\nc\"\nC2;西头;A;x\n";
    let tabs = semicolons.replace(';', "\t");
    let crlf = "id,name,area,note\r\nC1,东头,A,\"a, \"\"b\"\"\nc\"\r\nC2,西头,A,x\r\n";
    let gbk = encoding_rs::GBK.encode(plain).0.into_owned();
    let bom = format!("\u{feff}{plain}");
    let all: [(&[u8], &str); 6] = [
        (plain.as_bytes(), "UTF-8"),
        (semicolons.as_bytes(), "UTF-8, separated by ;"),
        (tabs.as_bytes(), "UTF-8, separated by tabs"),
        (crlf.as_bytes(), "UTF-8, CR LF"),
        (&gbk, "GBK"),
        (bom.as_bytes(), "UTF-8 with BOM"),
    ];
    for (bytes, form) in all {
        let loaded = loaded(&[("areas.csv", AREAS.as_bytes()), ("cameras.csv", bytes)]);
        assert_eq!(loaded.judge().0, wanted, "{form}");
        assert_eq!(loaded.forms["cameras.csv"].to_string(), form);
        assert_eq!(loaded.forms["cameras.csv"].is_plain(), form == "UTF-8");
        let lines: Vec<u32> = loaded.tables.files[&FileKind::Cameras].rows.iter().map(|r| r.line).collect();
        assert_eq!(lines, [2, 4], "{form}: a line break in quotes is a line of the file");
    }
}

#[test]
fn what_spreadsheets_leave_is_left_out_and_said() {
    let text = "id;name;area;;\r\n\r\nC1;a;A;;\r\n;;;;\r\nC2;b\r\n C3 ;c;B;;;\r\n";
    let loaded = loaded(&[("areas.csv", AREAS.as_bytes()), ("cameras.csv", text.as_bytes())]);
    assert_eq!(
        said(&loaded),
        [
            "cameras.csv line 5: the row has 2 cells, the header 5 names; the rest is taken as empty",
            "cameras.csv line 1: 3 empty columns at the end are left out",
            "cameras.csv: 1 empty rows are left out",
            "cameras.csv line 5, area: the cell may not be empty",
            r#"cameras.csv line 6, area: "B" does not exist; the id of an area is wanted"#,
        ]
    );
}

#[test]
fn cells_and_rows_that_do_not_fit() {
    let text = "id,kind\nN1,switch,x\nN2,switch\n";
    let files = loaded(&[("nodes.csv", text.as_bytes()), ("cameras.csv", b"id,name,area\n")]);
    assert_eq!(
        said(&files),
        ["nodes.csv line 2: the row has 3 cells, the header 2 names; is a separator in a cell that is not in quotes?"]
    );

    for open in ["N1,switch,a\nN2,switch,\"b\nN3,switch,c\n", "N1,switch,\"a\n\"\nN3,switch,\"b\nN2,switch,\"c\"\n"] {
        let text = format!("id,kind,name\n{open}");
        let files = loaded(&[("nodes.csv", text.as_bytes()), ("cameras.csv", b"id,name,area,node\nC1,x,A,N1\n")]);
        let line = if open.starts_with("N1,switch,a") { 3 } else { 4 };
        let why =
            "a quotation mark that opens here is never closed, or text stands behind its end; the file is not read";
        let sentence = format!("nodes.csv line {line}: {why}");
        assert_eq!(said(&files), [sentence], "what the file would have held is not missed");
    }

    let long = format!("id,kind,name\nN1,switch,{}\nN2,switch,{}\n", "x".repeat(MAX_CELL), "x".repeat(MAX_CELL + 1));
    let files = loaded(&[("nodes.csv", long.as_bytes()), ("cameras.csv", b"id,name,area\n")]);
    assert_eq!(said(&files), ["nodes.csv line 3, name: a cell has at most 65536 bytes"]);

    let wide = format!("id,kind{}\n", ",x".repeat(MAX_COLUMNS));
    let files = loaded(&[("nodes.csv", wide.as_bytes()), ("cameras.csv", b"id,name,area\n")]);
    assert_eq!(said(&files), ["nodes.csv line 1: a file has at most 256 columns"]);

    let many = format!("id,kind\n{}", "N,switch\n".repeat(MAX_ROWS + 1));
    let files = loaded(&[("nodes.csv", many.as_bytes()), ("cameras.csv", b"id,name,area\n")]);
    assert_eq!(said(&files), ["nodes.csv line 250002: a file has at most 250000 rows; the rest is not read"]);
}

#[test]
fn geojson_is_read_with_its_lines() {
    let text = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"id":"P1","layer":"point","radius_m":25.5,"entrances":["E1","E2"],"主管":7,"x":null},
 "geometry":{"type":"Point","coordinates":[114.5,30.9,12]}},
{"type":"Feature","id":"L1","properties":{"layer":"lin"},"geometry":{"type":"LineString","coordinates":[[114.5,30.9],[114.6,30.9]]}}
]}"#;
    let entrances = "id,area,name\nE1,A,x\nE2,A,y\n";
    let files: [(&str, &[u8]); 4] = [
        ("plan.geojson", text.as_bytes()),
        ("areas.csv", AREAS.as_bytes()),
        ("entrances.csv", entrances.as_bytes()),
        ("cameras.csv", b"id,name,area\n"),
    ];
    let files = loaded(&files);
    assert_eq!(
        errors(&files),
        [
            r#"plan.geojson line 4, layer: "lin" is not one of circle, block, line, point; did you mean "line"?"#,
            "plan.geojson line 4, geometry: the geometry does not fit; Point is wanted",
        ]
    );
    let (registry, _) = files.judge();
    let element = &registry.elements["P1"];
    assert_eq!((element.radius_m, element.entrances.len(), element.extra["主管"].as_ref()), (Some(25.5), 2, "7"));

    for (bad, why) in [
        ("{", "plan.geojson line 1: the file cannot be read: EOF while parsing"),
        (r#"{"type":"Point","features":[]}"#, "plan.geojson: the file cannot be read: it is no FeatureCollection"),
        ("{\"type\":\"FeatureCollection\",\"features\":[\n7]}", "plan.geojson line 2: the file cannot be read: "),
        (
            r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[]}}]}"#,
            "plan.geojson line 1: the file cannot be read: ",
        ),
    ] {
        let said = errors(&loaded(&[("plan.geojson", bad.as_bytes()), ("cameras.csv", b"id,name,area\n")]));
        assert!(said.len() == 1 && said[0].starts_with(why), "{bad}: {said:?}");
    }
    let long = format!(r#"{{"type":"FeatureCollection","features":[{{"type":"{}"}}]}}"#, "x\u{202e}".repeat(9_999));
    let said = errors(&loaded(&[("plan.geojson", long.as_bytes()), ("cameras.csv", b"id,name,area\n")]));
    assert!(said.len() == 1 && said[0].len() < 1_500 && !said[0].contains('\u{202e}'), "{said:?}");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let said = errors(&loaded(&[("plan.geojson", deep.as_bytes()), ("cameras.csv", b"id,name,area\n")]));
    assert_eq!(said.len(), 1, "{said:?}");
}

#[test]
fn names_that_are_nearly_right() {
    let files = loaded(&[
        ("Camera.csv", b"x"),
        ("nodes (copy).csv", b"x"),
        ("plan.json", b"x"),
        ("areas.xlsx", b"x"),
        ("notes.txt", b"x"),
        ("cameras.csv", b"id,name,area\n"),
    ]);
    assert_eq!(
        said(&files),
        [
            r#"Camera.csv: the file is not read; did you mean "cameras.csv"?"#,
            r#"areas.xlsx: the file is not read; did you mean "areas.csv"?"#,
            r#"nodes (copy).csv: the file is not read; did you mean "nodes.csv"?"#,
            r#"plan.json: the file is not read; did you mean "plan.geojson"?"#,
        ]
    );
}

#[test]
fn a_folder_is_read_and_written() {
    let dir = tempfile::tempdir().unwrap();
    let town = dir.path().join("town");
    assert!(matches!(load(&town), Err(FolderError::Folder { .. })));
    fs::create_dir(&town).unwrap();
    let missing = load(&town).unwrap();
    assert_eq!(said(&missing), ["cameras.csv: the file is missing; a registry has at least its cameras"]);

    let registry = any::registry(&(0..1_500_u32).map(|i| (i * 7 % 251) as u8).collect::<Vec<_>>());
    fs::write(town.join("roads.geojson"), "roads").unwrap();
    fs::write(town.join("notes.txt"), "mine").unwrap();
    fs::write(town.join("sites.csv"), "id\nOLD\n").unwrap();
    fs::write(town.join("entrances.csv"), "id,area,name\nOLD,A,x\n").unwrap();
    write_folder(&town, &registry).unwrap();
    let loaded = load(&town).unwrap();
    assert_eq!(loaded.judge().0, registry);
    assert_eq!(fs::read_to_string(town.join("notes.txt")).unwrap(), "mine");
    assert_eq!(fs::read_to_string(town.join("roads.geojson")).unwrap(), "roads");
    let left: Vec<PathBuf> = fs::read_dir(&town).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(left.iter().all(|p| !p.to_string_lossy().ends_with(".new")), "{left:?}");

    let mut bare = Registry::default();
    bare.areas.clone_from(&registry.areas);
    write_folder(&town, &bare).unwrap();
    assert_eq!(load(&town).unwrap().judge().0, bare, "what has left the registry has left the folder");
    assert!(!town.join("entrances.csv").exists());
}

#[test]
fn hashes_are_sha256() {
    let files = loaded(&[("roads.geojson", b"abc"), ("cameras.csv", b"id,name,area\n"), ("notes.txt", b"x")]);
    assert_eq!(files.hashes["roads.geojson"], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(files.hashes.keys().collect::<Vec<_>>(), ["cameras.csv", "roads.geojson"]);
}

#[cfg(unix)]
#[test]
fn what_replaces_a_registry_leaves_no_old_table_behind() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = |text: &str| text.as_bytes().to_vec();
    for (name, text) in
        [("cameras.csv", "id\n"), ("nodes.csv", "id,kind\n"), ("roads.geojson", "{}"), ("notes.txt", "ours")]
    {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    let files = BTreeMap::from([("cameras.csv".to_owned(), bytes("id,name,area\n"))]);
    replace_files(dir.path(), &files).unwrap();
    let mut left: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, ["cameras.csv", "notes.txt", "roads.geojson"]);
    assert_eq!(std::fs::read(dir.path().join("cameras.csv")).unwrap(), files["cameras.csv"]);
    let files = BTreeMap::from([("roads.osm.pbf".to_owned(), bytes("an extract"))]);
    replace_files(dir.path(), &files).unwrap();
    let is_there = |name: &str| dir.path().join(name).exists();
    assert!(is_there("roads.osm.pbf") && !is_there("roads.geojson"), "new roads leave no old ones in the other form");
}

#[test]
fn only_ordinary_files_are_opened() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    let other = dir.path().join("other.csv");
    fs::write(&other, "id,name,area\n").unwrap();
    let town = dir.path().join("town");
    fs::create_dir(&town).unwrap();
    symlink(&other, town.join("cameras.csv")).unwrap();
    fs::create_dir(town.join("nodes.csv")).unwrap();
    symlink("/dev/zero", town.join("areas.csv")).unwrap();
    let loaded = load(&town).unwrap();
    assert_eq!(
        said(&loaded),
        ["areas.csv: this is no ordinary file; it is not read", "nodes.csv: this is no ordinary file; it is not read",]
    );
    let pipe = town.join("sites.csv");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    if made.is_ok_and(|s| s.success()) {
        assert_eq!(said(&load(&town).unwrap()).len(), 3, "a pipe is not waited for");
    }

    let files = BTreeMap::from([("cameras.csv".to_owned(), b"id,name,area\nC1,x,A\n".to_vec())]);
    write_files(&town, &files).unwrap();
    assert!(fs::symlink_metadata(town.join("cameras.csv")).unwrap().is_symlink(), "a link stays one");
    assert!(fs::read_to_string(&other).unwrap().contains("C1"));
    let escape = BTreeMap::from([("../x.csv".to_owned(), Vec::new())]);
    assert!(matches!(write_files(&town, &escape), Err(FolderError::Name(_))));
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_as_before() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("cameras.csv"), "before").unwrap();
    // A folder in the place of a file: the rename of that one fails, whoever runs the test.
    fs::create_dir(dir.path().join("areas.csv")).unwrap();
    let files =
        BTreeMap::from([("areas.csv".to_owned(), b"a".to_vec()), ("cameras.csv".to_owned(), b"after".to_vec())]);
    assert!(matches!(write_files(dir.path(), &files), Err(FolderError::Write { .. })));
    assert_eq!(fs::read_to_string(dir.path().join("cameras.csv")).unwrap(), "before");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "nothing is left lying about");
}

#[test]
fn permissions_are_kept() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("places.csv");
    fs::write(&path, "id\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    write_files(dir.path(), &BTreeMap::from([("places.csv".to_owned(), b"id,contact\n".to_vec())])).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn kept_texts_that_are_none_of_ours() {
    let row = |text: &str| BTreeMap::from([((ObjectKind::Camera, "C1".to_owned()), text.to_owned())]);
    assert!(matches!(rows::decode(&row("{")), Err(rows::RowsError::Text { .. })));
    let shapeless = r#"{"cells":{},"geometry":{"type":"Point","coordinates":[1]}}"#;
    assert!(rows::decode(&row(shapeless)).is_err());
    assert!(matches!(rows::decode(&row(r#"{"cells":{"name":"x"}}"#)), Err(rows::RowsError::Fault(_))));
    assert_eq!(rows::decode(&BTreeMap::new()).unwrap(), Registry::default());
}

#[test]
fn an_export_in_gbk_is_read_as_text() {
    let data = std::env::var("CUNKOU_TEST_DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    let Ok(bytes) = fs::read(PathBuf::from(data).join("registry/synthetic-a-export-gbk.csv")) else {
        return println!("skipped: the data folder is not there");
    };
    let loaded = loaded(&[("cameras.csv", &bytes)]);
    let form = loaded.forms["cameras.csv"];
    assert_eq!((form.encoding, form.crlf, form.delimiter), (Encoding::Gb18030, true, b','));
    let table = &loaded.tables.files[&FileKind::Cameras];
    assert_eq!(table.columns[0], "六指街视频监控导出");
    let cells: usize = table.rows.iter().map(|r| r.cells.len()).sum();
    assert!(table.rows.len() >= 53 && cells > 0, "{}", table.rows.len());
    let title = "cameras.csv line 1: the first row has no names of columns";
    assert!(errors(&loaded).iter().any(|e| e.starts_with(title)), "and is no registry: {:?}", errors(&loaded));
}

#[test]
fn workbooks_and_fixed_files_that_cannot_be_read_are_told_with_the_rest() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("cameras.csv"), b"PK\x03\x04rest of a workbook").unwrap();
    symlink("areas.csv", dir.path().join("areas.csv")).unwrap();
    symlink("gone.csv", dir.path().join("nodes.csv")).unwrap();
    symlink("..", dir.path().join("sites.csv")).unwrap();
    let told = said(&load(dir.path()).unwrap());
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(told[0].starts_with("areas.csv: the file cannot be read: ") && told[2].starts_with("nodes.csv: the file"));
    assert_eq!(told[1], "cameras.csv: this is a spreadsheet file, not a text; save it as CSV in UTF-8");
    assert_eq!(told[3], "sites.csv: this is no ordinary file; it is not read");
}

#[test]
fn a_folder_that_never_stands_still_is_told() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cameras.csv");
    fs::write(&path, "id,name,area\n").unwrap();
    let stop = AtomicBool::new(false);
    let loaded = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut text = String::from("id,name,area\n");
            while !stop.load(Ordering::Relaxed) {
                text.push('\n');
                fs::write(&path, &text).unwrap();
            }
        });
        let loaded = load_still(dir.path());
        stop.store(true, Ordering::Relaxed);
        loaded.unwrap()
    });
    assert!(
        said(&loaded).contains(&"cameras.csv: the file is being written; try again when that has ended".to_owned())
    );
    let still = load_still(dir.path()).unwrap();
    assert_eq!(errors(&still), Vec::<String>::new(), "and once it stands still it is read");
}

#[test]
fn bytes_that_were_judged_are_those_that_are_handed_on() {
    let dir = tempfile::tempdir().unwrap();
    let text = "id,name,area\r\nC1,东头,A\r\n";
    fs::write(dir.path().join("cameras.csv"), text).unwrap();
    fs::write(dir.path().join("notes.txt"), "mine").unwrap();
    let (loaded, bytes) = load_with_bytes(dir.path()).unwrap();
    assert_eq!(bytes, BTreeMap::from([("cameras.csv".to_owned(), text.as_bytes().to_vec())]));
    assert_eq!(from_bytes(&bytes).hashes, loaded.hashes);
}

#[test]
fn settings_are_ordinary_files_with_or_without_a_mark() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cunkou.toml");
    fs::write(&path, "\u{feff}[ui]\n").unwrap();
    assert_eq!(small_text(&path, 100).unwrap(), "[ui]\n");
    assert!(small_text(Path::new("/dev/null"), 100).is_err());
    let pipe = dir.path().join("pipe");
    if std::process::Command::new("mkfifo").arg(&pipe).status().is_ok_and(|s| s.success()) {
        assert!(small_text(&pipe, 100).is_err(), "a pipe is not waited for");
    }
}

/// Names that a spreadsheet takes for formulas are written and read exactly.
#[test]
fn formulas_are_exact_in_an_export() {
    let text = "id,name,area\nC1,\"=HYPERLINK(\"\"http://x\"\")\",A\n-C2,@SUM(A1),A\nC3,'+1,A\n";
    let files = loaded(&[("areas.csv", AREAS.as_bytes()), ("cameras.csv", text.as_bytes())]);
    let (registry, _) = files.judge();
    let names: Vec<&str> = registry.cameras.values().map(|c| &*c.name).collect();
    assert_eq!(names, ["@SUM(A1)", "=HYPERLINK(\"http://x\")", "'+1"]);
    let again = from_bytes(&files_of(&tables_of(&registry)));
    assert_eq!(again.judge().0, registry);
}
