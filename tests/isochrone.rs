//! `cunkou isochrone` from outside: on a folder.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod program;

use std::fs;

use program::{Ran, cunkou};
use serde_json::{Value, json};

/// A road of 20 km to the north with a station at its beginning, entrances on it and beside it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        folder.write("areas.csv", "id,parent,kind,name\nT,,town,六指街\n");
        folder.write(
            "entrances.csv",
            "id,area,name,lon,lat\nE1,T,近口,114.3,30.82\nE2,T,远口,114.3,30.9\nE3,T,田口,114.31,30.81\nE4,T,新口,,\n",
        );
        folder.write("cameras.csv", "id,name,area\n");
        folder.write(
            "places.csv",
            "id,kind,name,lon,lat,contact\nP1,station,警务站,114.3,30.8,13800000000\nP2,team,维护队,114.3,30.9,\n",
        );
        let line = json!({"type": "LineString", "coordinates": [[114.3, 30.8], [114.3, 30.98]]});
        let road = json!({"type": "Feature", "properties": {"id": "R1", "highway": "tertiary"}, "geometry": line});
        folder.write("roads.geojson", &json!({"type": "FeatureCollection", "features": [road]}).to_string());
        folder.write("cunkou.toml", "[ui]\nlanguage = \"en\"\n");
        folder
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).unwrap();
    }

    fn run(&self, args: &[&str]) -> Ran {
        let all = [&["--config", "cunkou.toml", "isochrone", "."], args].concat();
        Ran::of(cunkou(self.0.path(), &all).output().unwrap())
    }

    /// Of each entrance, in their order: id, reach, why and minutes.
    fn said(&self, args: &[&str]) -> Vec<Value> {
        let all = [&["--format", "json"], args].concat();
        let items = self.run(&all).ends(0).json()["items"].as_array().unwrap().clone();
        items.iter().map(|i| json!([i["id"], i["reach"], i["why"], i["minutes"]])).collect()
    }
}

/// 2 218 m at 40 km/h are 3.33 minutes, 11 088 m are 16.63, and a minute of turnout comes before.
#[test]
fn a_folder_is_judged_by_its_roads_and_posts() {
    let folder = Folder::new();
    let said = folder.said(&[]);
    let wanted = [
        json!(["E2", "outside", "far", 17.63]),
        json!(["E3", "unknown", "off_roads", null]),
        json!(["E4", "unknown", "no_position", null]),
        json!(["E1", "within", null, 4.33]),
    ];
    for (said, wanted) in said.iter().zip(&wanted) {
        assert_eq!((&said[0], &said[1], &said[2]), (&wanted[0], &wanted[1], &wanted[2]), "{said}");
        let minutes = [said, wanted].map(|of| of[3].as_f64().unwrap_or(-1.0));
        assert!((minutes[0] - minutes[1]).abs() < 0.05, "{said} {wanted}");
    }
    assert_eq!(folder.said(&["--minutes", "20"])[3][0], "E1", "the longest way first");
    assert_eq!(folder.said(&["--minutes", "20"])[2][1], "within");
    folder.write("cunkou.toml", "[isochrone]\nturnout = \"0s\"\npaved_kmh = 80\nlimit = \"9m\"\n");
    assert_eq!(folder.said(&[]).iter().filter(|said| said[1] == "within").count(), 2);
    for wrong in ["0", "121", "x", "NaN"] {
        folder.run(&["--minutes", wrong]).ends(2);
    }
    fs::remove_file(folder.0.path().join("roads.geojson")).unwrap();
    assert!(folder.said(&[]).iter().all(|said| said[1] == "unknown"), "no map is no time");
    folder.write("roads.geojson", "{");
    assert!(folder.run(&[]).ends(3).err.contains("roads.geojson"));
}

#[test]
fn tables_csv_and_geojson_name_nobody_to_call() {
    let folder = Folder::new();
    let table = folder.run(&[]).ends(0);
    assert!(
        table.out.contains("远口 (E2)") && table.out.contains("at no road") && !table.out.contains("近口"),
        "{table:?}"
    );
    assert!(folder.run(&["--all"]).ends(0).out.contains("近口 (E1)"));
    let zh = folder.run(&["--lang", "zh-CN"]).ends(0);
    assert!(zh.out.contains("10 分钟圈（1 处站点）：圈内 1，圈外 1"), "{zh:?}");
    let csv = folder.run(&["--format", "csv"]).ends(0);
    assert!(csv.out.starts_with("id,name,area,village,state,reach,why,minutes,post,") && csv.out.lines().count() == 5);
    let drawn = folder.run(&["--format", "geojson"]).ends(0);
    let features = drawn.json()["features"].as_array().unwrap().clone();
    let kinds: Vec<&str> = features.iter().map(|f| f["properties"]["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["reached", "entrance", "entrance", "entrance", "post"], "{features:#?}");
    // 6 000 m in nine minutes, cut there: 0.0541 degrees.
    let line = features[0]["geometry"]["coordinates"].as_array().unwrap();
    let end = line.last().unwrap()[1].as_f64().unwrap();
    assert!((end - 30.8541).abs() < 0.0003 && features[0]["properties"]["minutes"] == 10.0, "{}", features[0]);
    assert!(![table.out, csv.out, drawn.out].concat().contains("13800000000"), "whom to call is personal");
}
