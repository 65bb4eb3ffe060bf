//! Roads from an extract of OpenStreetMap, from outside: on a folder.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod program;
#[allow(dead_code)] // it is that of the tests inside, which use more of it
#[path = "../src/files/roads/pbf/tests/write.rs"]
mod write;

use std::fs;
use std::path::{Path, PathBuf};

use program::{Ran, cunkou};
use serde_json::Value;
use write::{Extract, USUAL, Way};

const GEOJSON: &str = r#"{"type":"FeatureCollection","features":[{"type":"Feature",
    "properties":{"id":"7","highway":"tertiary","name":"村道"},
    "geometry":{"type":"LineString","coordinates":[[9.52,47.14],[9.52,47.15],[9.52,47.16]]}}]}"#;

/// The same road as an extract.
fn extract() -> Vec<u8> {
    let nodes = [(1, 47_140), (2, 47_150), (3, 47_160)].map(|(id, lat)| (id, 9_520_000_000, lat * 1_000_000)).to_vec();
    let tags = [("highway", "tertiary"), ("name", "村道")].map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec();
    write::write(&Extract { nodes, ways: vec![Way { id: 7, tags, nodes: vec![1, 2, 3] }] }, USUAL)
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        folder.write("areas.csv", "id,kind,name\nT,town,T\n");
        folder.write("nodes.csv", "id,kind\n");
        folder.write("entrances.csv", "id,area,name,lon,lat\nE1,T,北口,9.52,47.155\n");
        folder.write("places.csv", "id,kind,name,lon,lat\nP1,station,警务站,9.52,47.141\n");
        folder.write(
            "cameras.csv",
            "id,name,area,lon,lat,watches,host,checks\nC1,C1,T,9.52,47.155,E1,10.0.0.1,reach=tcp:554\n",
        );
        folder.write("cunkou.toml", "[ui]\nlanguage = \"en\"\n");
        folder
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.0.path().join(name), bytes).unwrap();
    }

    fn run(&self, args: &[&str]) -> Ran {
        let all = [&["--config", "cunkou.toml"], args].concat();
        Ran::of(cunkou(self.0.path(), &all).output().unwrap())
    }

    /// Of each fault of the roads: severity and message.
    fn faults(&self, json: &Value) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let all = json["faults"].as_array().unwrap().iter();
        let roads = all.filter(|f| f["file"].as_str().unwrap().starts_with("roads."));
        roads.map(|f| (text(&f["severity"]), text(&f["message"]))).collect()
    }
}

#[test]
fn an_extract_is_judged_and_asked_as_the_same_roads_are_as_geojson() {
    let folder = Folder::new();
    let asked = || {
        let check = folder.run(&["check", ".", "--format", "json"]).ends(0).json();
        assert_eq!(folder.faults(&check), []);
        let minutes = folder.run(&["isochrone", ".", "--format", "json"]).ends(0).json();
        (check["roads"].clone(), minutes["items"].clone())
    };
    folder.write("roads.geojson", GEOJSON);
    let geojson = asked();
    fs::remove_file(folder.0.path().join("roads.geojson")).unwrap();
    folder.write("roads.osm.pbf", extract());
    assert_eq!(asked(), geojson);
    assert_eq!((&geojson.0["roads"], &geojson.0["entrances_off_roads"]), (&1.into(), &Value::Array(Vec::new())));
    assert_eq!(geojson.1[0]["reach"], "within");
}

#[test]
fn what_is_wrong_with_an_extract_is_one_fault_in_both_languages() {
    let folder = Folder::new();
    let whole = extract();
    folder.write("roads.osm.pbf", &whole[..whole.len() - 9]);
    let check = folder.run(&["check", ".", "--format", "json"]).ends(1).json();
    let faults = folder.faults(&check);
    assert_eq!(faults.len(), 1);
    assert!(faults[0].0 == "error" && faults[0].1.contains("the file ends within a block"), "{faults:?}");
    let zh = folder.run(&["--lang", "zh-CN", "check", "."]).ends(1);
    assert!(zh.out.contains("roads.osm.pbf") && zh.out.contains("文件在数据块中间结束"), "{zh:?}");
    assert!(folder.run(&["isochrone", "."]).ends(3).err.contains("roads.osm.pbf"));
    folder.write("roads.osm.pbf", GEOJSON);
    assert!(folder.run(&["check", "."]).ends(1).out.contains("it does not begin with OSMHeader"));
}

#[test]
fn two_files_of_roads_are_a_fault_that_names_both() {
    let folder = Folder::new();
    folder.write("roads.geojson", GEOJSON);
    folder.write("roads.osm.pbf", extract());
    let check = folder.run(&["check", ".", "--format", "json"]).ends(1).json();
    let message = "it lies beside roads.geojson; only one may be there, take the other away";
    assert_eq!(folder.faults(&check), [("error".to_owned(), message.to_owned())]);
    assert_eq!(check["roads"], Value::Null);
}

#[test]
fn a_real_extract_is_checked() {
    let root = std::env::var_os("CUNKOU_TEST_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let path: &Path = &root.join("roads/liechtenstein.osm.pbf");
    let folder = Folder::new();
    if fs::copy(path, folder.0.path().join("roads.osm.pbf")).is_err() {
        return println!("skipped: a_real_extract_is_checked: {} is not there (CUNKOU_TEST_DATA)", path.display());
    }
    let check = folder.run(&["check", ".", "--format", "json"]).ends(0).json();
    // pyosmium finds 7 488 ways, of which 5 547 are none for people on foot only and none that is not built.
    assert_eq!((&check["roads"]["roads"], &check["roads"]["left_out"]), (&5_547.into(), &1_941.into()));
    let faults = folder.faults(&check);
    assert!(faults.len() == 2 && faults.iter().all(|(severity, _)| severity == "warning"), "{faults:?}");
}
