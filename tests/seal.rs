//! `cunkou seal` and what `check` says of roads, from outside: on a folder, and through a daemon on the demo's town.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;
mod program;

use std::fs;

use common::FAST;
use cunkou_core::registry::{Datum, LonLat};
use program::{Ran, cunkou};
use rustix::process::Signal;
use serde_json::{Value, json};

/// One road into the town, with a gate; inside it a bridge over another road that leads out.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        folder.write(
            "areas.csv",
            "id,parent,kind,name,lon,lat\nT,,town,六指街,114.3,30.8\nH1,T,hamlet,上湾,114.3,30.8\n",
        );
        folder.write("entrances.csv", "id,area,name,lon,lat\nE1,H1,北口,114.3,30.805\nE2,H1,远口,114.31,30.81\n");
        folder.cameras("C1,枪机,H1,E1,active\nC2,待建,H1,E1,planned\n");
        let ring = json!({"type": "Polygon", "coordinates":
            [[[114.29, 30.79], [114.32, 30.79], [114.32, 30.8052], [114.29, 30.8052], [114.29, 30.79]]]});
        folder.features("plan.geojson", &[(json!({"id": "RING", "layer": "circle", "name": "外圈"}), ring)]);
        folder.roads(true);
        folder.write("cunkou.toml", "[ui]\nlanguage = \"en\"\n[coverage]\ncore_offset_m = 0\n");
        folder
    }

    fn cameras(&self, rows: &str) {
        self.write("cameras.csv", &format!("id,name,area,watches,status\n{rows}"));
    }

    fn roads(&self, bridge: bool) {
        let line = |points: Value| json!({"type": "LineString", "coordinates": points});
        let gate = line(json!([[114.3, 30.82], [114.3, 30.8], [114.31, 30.8]]));
        let over = line(json!([[114.305, 30.82], [114.305, 30.8], [114.305, 30.77]]));
        let path = line(json!([[114.31, 30.8], [114.31, 30.77]]));
        self.features(
            "roads.geojson",
            &[
                (json!({"id": "R1", "highway": "tertiary"}), gate),
                (json!({"id": "R2", "highway": "primary", "bridge": if bridge { "yes" } else { "no" }}), over),
                (json!({"id": "P1", "highway": "footway"}), path),
            ],
        );
    }

    fn features(&self, name: &str, features: &[(Value, Value)]) {
        let feature = |(properties, geometry): &(Value, Value)| json!({"type": "Feature", "properties": properties, "geometry": geometry});
        let all: Vec<Value> = features.iter().map(feature).collect();
        self.write(name, &json!({"type": "FeatureCollection", "features": all}).to_string());
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).unwrap();
    }

    fn run(&self, args: &[&str]) -> Ran {
        let all = [&["--config", "cunkou.toml"], args].concat();
        Ran::of(cunkou(self.0.path(), &all).output().unwrap())
    }

    /// The seal of the ring.
    fn ring(&self, args: &[&str], code: i32) -> Value {
        let all = [&["seal", ".", "--scope", "town", "--period", "day", "--format", "json"], args].concat();
        self.run(&all).ends(code).json()["items"][0].clone()
    }
}

#[test]
fn a_folder_is_judged_as_it_is_written_down() {
    let folder = Folder::new();
    let sealed = folder.ring(&[], 0);
    assert_eq!((&sealed["id"], &sealed["verdict"]), (&"RING".into(), &"sealed".into()));
    assert_eq!((&sealed["thickness_lower"], &sealed["width_upper"]), (&1.into(), &0.into()));
    assert_eq!(folder.ring(&["--level", "plan"], 0)["thickness_lower"], 2, "with the one that is planned");
    folder.cameras("C2,待建,H1,E1,planned\n");
    let leaking = folder.ring(&[], 1);
    assert_eq!((&leaking["verdict"], &leaking["route"]["entrances"]), (&"leaking".into(), &json!(["E1"])));
    assert_eq!(leaking["width_sites"][0]["entrance"], "E1");
    assert_eq!(leaking["leaked"]["hamlets"], json!(["H1"]));
    folder.run(&["seal", ".", "--fail-on", "unknown", "--scope", "town"]).ends(0);
    folder.run(&["seal", ".", "--level", "live"]).ends(2);
    folder.run(&["seal", ".", "--area", "V9"]).ends(3);
    folder.run(&["seal", ".", "--scope", "village"]).ends(2);
}

#[test]
fn bridges_modes_and_missing_junctions_count() {
    let folder = Folder::new();
    folder.roads(false);
    let crossing = folder.ring(&[], 1);
    assert_eq!(crossing["verdict"], "leaking", "the road that crosses on the same level lies in the town itself");
    folder.roads(true);
    folder.write("cunkou.toml", "[coverage]\ncore_offset_m = 0\nmodes = [\"motor\", \"foot\"]\n");
    let on_foot = folder.ring(&[], 1);
    assert_eq!((&on_foot["verdict"], &on_foot["route"]["roads"]), (&"leaking".into(), &json!(["P1"])));
    fs::remove_file(folder.0.path().join("roads.geojson")).unwrap();
    let none = folder.ring(&["--fail-on", "leak,unknown"], 1);
    assert_eq!((&none["verdict"], &none["why"]), (&"unknown".into(), &"no_road".into()), "no map is no seal");
    folder.write("roads.geojson", "{");
    let broken = folder.run(&["seal", "."]).ends(3);
    assert!(broken.err.contains("roads.geojson"), "{broken:?}");
}

#[test]
fn tables_csv_and_geojson() {
    let folder = Folder::new();
    folder.cameras("C2,待建,H1,E1,planned\n");
    let table = folder.run(&["seal", ".", "--scope", "town"]).ends(1);
    assert!(table.out.contains("RING") && table.out.contains("leaking") && table.out.contains("E1"), "{table:?}");
    assert!(table.out.contains("off the roads") && table.out.contains("E2"), "{table:?}");
    let zh = folder.run(&["seal", ".", "--scope", "town", "--lang", "zh-CN"]).ends(1);
    assert!(zh.out.contains("有漏口") && zh.out.contains("未布防进出口"), "{zh:?}");
    assert!(folder.run(&["seal", ".", "--format", "csv"]).ends(1).out.starts_with("scope,id,name,verdict,"));
    let geo = folder.run(&["seal", ".", "--scope", "town", "--format", "geojson"]).ends(1).json();
    let kinds: Vec<&str> =
        geo["features"].as_array().unwrap().iter().map(|f| f["geometry"]["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["LineString", "Point"]);
    assert_eq!(geo["features"][0]["geometry"]["coordinates"][0], json!([114.3, 30.82]), "from outside in");
    assert_eq!(geo.get("datum"), None, "WGS 84, as GeoJSON is");
    let moved = folder.run(&["seal", ".", "--scope", "town", "--format", "geojson-gcj02"]).ends(1).json();
    let shown = Datum::Gcj02.of_wgs84(LonLat { lon: 114.3, lat: 30.82 }).unwrap();
    let at = &moved["features"][0]["geometry"]["coordinates"][0];
    assert!((at[0].as_f64().unwrap() - shown.lon).abs() < 1e-8 && (at[1].as_f64().unwrap() - shown.lat).abs() < 1e-8);
    assert_eq!(moved["datum"], "gcj02");
}

#[test]
fn check_says_what_the_roads_come_to() {
    let folder = Folder::new();
    let roads = folder.run(&["check", ".", "--format", "json"]).json()["roads"].clone();
    assert_eq!((&roads["roads"], &roads["chains"], &roads["left_out"]), (&2.into(), &2.into(), &1.into()));
    assert_eq!((&roads["entrances_off_roads"], &roads["suspect_gaps"]), (&json!(["E2"]), &0.into()));
    let said = folder.run(&["check", "."]);
    assert!(said.out.contains("1 entrances have no road within 50 m") && said.out.contains("E2"), "{said:?}");
    folder.roads(false);
    let said = folder.run(&["check", ".", "--lang", "zh-CN"]);
    assert!(said.out.contains("疑似断点 1 处"), "{said:?}");
    fs::remove_file(folder.0.path().join("roads.geojson")).unwrap();
    assert_eq!(folder.run(&["check", ".", "--format", "json"]).json()["roads"], Value::Null);
}

/// The town of the demo: what the API says, the command says; a camera that dies is seen in the next answer.
#[test]
fn a_daemon_answers_for_the_town_as_it_stands() {
    let town = common::Town::new(24, FAST);
    let (_cameras, control) = town.simulate();
    let daemon = town.run();
    daemon.all_up();
    let before = daemon.api("seal");
    assert_eq!((&before["level"], &before["period"]), (&"live".into(), &"now".into()));
    let scopes: Vec<&str> = before["items"].as_array().unwrap().iter().map(|i| i["scope"].as_str().unwrap()).collect();
    assert!(["town", "block", "local"].iter().all(|s| scopes.contains(s)), "{scopes:?}");
    assert!(before["roads"]["chains"].as_u64().unwrap() > 10 && before["entrances"]["off_roads"] == json!([]));
    let asked = common::cunkou().args(["seal", "--format", "json", "--config"]).arg(town.path("cunkou.toml")).output();
    let asked: Value = serde_json::from_slice(&asked.unwrap().stdout).unwrap();
    assert_eq!(asked["items"], before["items"], "the command asks the daemon");

    let (_, camera) = daemon.sole_watcher();
    control.set(&format!("cameras/{camera}"), "refuse");
    let sum = |answer: &Value, field: &str| -> u64 {
        answer["items"].as_array().unwrap().iter().map(|i| i[field].as_u64().unwrap_or(0)).sum()
    };
    common::wait_for("a seal that is thinner, or a leak that is wider", || {
        let now = daemon.api("seal");
        let [thinner, wider] = ["thickness_lower", "width_upper"].map(|f| (sum(&now, f), sum(&before, f)));
        (thinner.0 < thinner.1 || wider.0 > wider.1).then_some(())
    });
}

/// Puts one road into the town, past one entrance alone, and a ring around where it leads to.
fn one_way_in(town: &common::Town, entrance: &Value) {
    let (lon, lat) = (entrance["lon"].as_f64().unwrap(), entrance["lat"].as_f64().unwrap());
    let feature = |properties: Value, kind: &str, coordinates: Value| json!({"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}});
    let write = |name: &str, features: Vec<Value>| {
        let all = json!({"type": "FeatureCollection", "features": features});
        fs::write(town.path("registry").join(name), all.to_string()).unwrap();
    };
    let road = |id: &str, from: [f64; 2], to: [f64; 2]| {
        feature(json!({"id": id, "highway": "tertiary"}), "LineString", json!([from, to]))
    };
    let inside = [lon + 0.003, lat];
    let roads = vec![
        road("R1", [lon - 0.02, lat], inside),
        road("R2", inside, [lon + 0.003, lat + 0.002]),
        road("R3", inside, [lon + 0.003, lat - 0.002]),
    ];
    write("roads.geojson", roads);
    let (west, east, south, north) = (lon - 0.0001, lon + 0.01, lat - 0.01, lat + 0.01);
    let ring = json!([[[west, south], [east, south], [east, north], [west, north], [west, south]]]);
    // What else the plan has stays: cameras are assigned to it.
    town.edit("registry/plan.geojson", |text| {
        let mut plan: Value = serde_json::from_str(&text).unwrap();
        let ring = feature(json!({"id": "OUTER", "layer": "circle", "name": "外圈"}), "Polygon", ring);
        plan["features"].as_array_mut().unwrap().push(ring);
        plan.to_string()
    });
}

/// One fault, one page that says both; metrics follow; a daemon that is killed in the midst says nothing again.
#[test]
fn a_camera_that_dies_breaks_the_seal_it_kept_and_that_is_one_page() {
    let town = common::Town::new(24, &format!("{FAST}\n[coverage]\ncore_offset_m = 0\n"));
    let (_cameras, control) = town.simulate();
    let first = town.run();
    first.all_up();
    let (entrance, camera) = first.sole_watcher();
    one_way_in(&town, &first.api(&format!("entrances/{entrance}")));
    first.program.signal(Signal::HUP);
    let series = |daemon: &common::Daemon, name: &str| {
        let (text, start) = (daemon.metrics(), format!("{name}{{scope=\"town\",area=\"OUTER\"}} "));
        text.lines().find_map(|l| l.strip_prefix(start.as_str()).map(str::to_owned))
    };
    let both = |daemon: &common::Daemon| [series(daemon, "cunkou_sealed"), series(daemon, "cunkou_seal_thickness")];
    let figures = |a: &str| [Some(a.to_owned()), Some(a.to_owned())];
    common::wait_for("the seal", || (both(&first) == figures("1")).then_some(()));

    control.set(&format!("cameras/{camera}"), "refuse");
    // The areas of the demo have other seals, some of which go with it.
    let broken = |i: &Value| common::texts(&i["seals_broken"]).contains("OUTER");
    let incident = first.incident("the broken seal", broken);
    assert_eq!((&incident["entrances_lost"], &incident["pages"]), (&json!([entrance]), &1.into()), "{incident:#}");
    let names = common::texts(&incident["seals_broken_names"]);
    assert!(incident["severity"] == "critical" && names.contains("外圈"), "{incident:#}");
    common::wait_for("the figures", || (both(&first) == figures("0")).then_some(()));
    assert!(first.metrics().contains("cunkou_alerts{alert=\"SealBroken\",severity=\"critical\"}"));

    drop(first);
    let second = town.run();
    common::wait_for("the figures again", || (both(&second) == figures("0")).then_some(()));
    let state = || second.api(&format!("cameras/{camera}"))["state"].clone();
    common::wait_for("the camera, seen to be down", || (state() == "down").then_some(()));
    let after = second.incident("the same", broken);
    for same in ["id", "status", "pages", "since", "seals_broken"] {
        assert_eq!(after[same], incident[same], "{same}");
    }
    control.set(&format!("cameras/{camera}"), "none");
    second.resolved(incident["id"].as_u64().unwrap());
    assert_eq!(both(&second), figures("1"));
    let all = second.items("incidents");
    assert_eq!(all.iter().filter(|i| broken(i)).count(), 1, "{all:#?}");
}
