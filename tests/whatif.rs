//! `cunkou whatif`, from outside: entrances and seals that would change, answered from what the database kept.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, reason = "what goes wrong in a test ends it")]

mod kept;
mod program;

use std::fs;

use kept::Town;
use serde_json::Value;

/// C1 watches E1 and is up, C2 watches E2 by day and is down; nobody watches E3.
#[test]
fn what_would_be_is_answered_from_the_database() {
    let town = Town::new().with_history();
    let one = |change: &str, id: &str, before: &str, after: &str, by: &str| -> Value {
        serde_json::json!({"change": change, "id": id, "before": before, "after": after, "changed_by": [by]})
    };
    let told = |args: &[&str]| -> Vec<Value> {
        let all = [&["whatif", "--period", "day", "--format", "json"][..], args].concat();
        let json = town.run(&all).ends(0).json();
        let fields = ["change", "id", "before", "after", "changed_by"];
        let short = |item: &Value| fields.iter().map(|f| ((*f).to_owned(), item[*f].clone())).collect();
        json["items"].as_array().unwrap().iter().map(short).collect()
    };
    assert_eq!(told(&[]), Vec::<Value>::new());
    let both = [one("worse", "E1", "covered", "lost", "C1"), one("better", "E2", "lost", "covered", "C2")];
    assert_eq!(told(&["--down", "C1", "--up", "C2"]), both);
    assert_eq!(told(&["--down", "C1,C2", "--up", "C1"]), Vec::<Value>::new());
    town.write("new.csv", "id,area,name,lon,lat,watches\nN1,V1,南口枪机,114.32,30.9,E3\n");
    let covered = [one("better", "E3", "unwatched", "covered", "N1")];
    assert_eq!(told(&["--add", "new.csv"]), covered);
    assert_eq!(told(&["--add", "id=N1,area=V1,watches=E3"]), covered);
    // Far from E1, whatever it was declared to watch where it stood.
    assert_eq!(told(&["--move", "C1=114.5,30.8,90"]), [one("worse", "E1", "covered", "unwatched", "C1")]);
    let table = town.run(&["whatif", "--period", "day", "--down", "C1"]).ends(0);
    assert!(table.out.contains("东口 (E1)") && table.out.contains("1 for the worse"), "{table:?}");
    let zh = town.run(&["whatif", "--period", "day", "--down", "C1", "--lang", "zh-CN"]).ends(0);
    assert!(zh.out.contains("变差") && zh.out.contains("失守 1 → 2"), "{zh:?}");
    let csv = town.run(&["whatif", "--period", "day", "--add", "new.csv", "--format", "csv"]).ends(0);
    assert!(csv.out.contains("better,E3,'=南口,V1,V1,unwatched,covered,,N1,1,1,114.32,30.9"), "{csv:?}");
    let geo = town.run(&["whatif", "--period", "day", "--down", "C1", "--format", "geojson"]).ends(0).json();
    assert_eq!((&geo["features"][0]["id"], &geo["features"][0]["properties"]["after"]), (&"E1".into(), &"lost".into()));
    let after = town.run(&["gaps", "--format", "json"]).ends(1).json();
    assert_eq!(after["items"].as_array().unwrap().len(), 2, "nothing of it was kept: {after:#}");
}

/// A ring with two roads into it: past E1, which C1 watches, and past E2, of which the camera C2 is down.
fn town_with_roads() -> Town {
    let town = Town::new();
    let geojson = |properties: Value, geometry: Value| serde_json::json!({"type": "Feature", "properties": properties, "geometry": geometry});
    let write = |name: &str, features: Vec<Value>| {
        let all = serde_json::json!({"type": "FeatureCollection", "features": features});
        town.write(name, &all.to_string());
    };
    let road = |id: &str, line: Value| {
        let line = serde_json::json!({"type": "LineString", "coordinates": line});
        geojson(serde_json::json!({"id": id, "highway": "tertiary"}), line)
    };
    let lines = [
        ("R1", serde_json::json!([[114.28, 30.8], [114.304, 30.8]])),
        ("R2", serde_json::json!([[114.304, 30.8], [114.33, 30.8]])),
        ("R3", serde_json::json!([[114.304, 30.8], [114.304, 30.804]])),
    ];
    write("registry/roads.geojson", lines.map(|(id, line)| road(id, line)).to_vec());
    let ring = [[114.3005, 30.79], [114.307, 30.79], [114.307, 30.81], [114.3005, 30.81], [114.3005, 30.79]];
    let ring = serde_json::json!({"type": "Polygon", "coordinates": [ring]});
    let about = serde_json::json!({"id": "RING", "layer": "circle", "name": "外圈"});
    write("registry/plan.geojson", vec![geojson(about, ring)]);
    let settings = town.read("cunkou.toml");
    town.write("cunkou.toml", &format!("{settings}[coverage]\ncore_offset_m = 0\n"));
    town.with_history()
}

#[test]
fn seals_that_would_change_are_told_by_the_roads_of_the_folder() {
    let town = town_with_roads();
    let run = |args: &[&str]| town.run(&[&["whatif", "--period", "day"][..], args].concat()).ends(0);
    let told = |args: &[&str]| {
        let seals = run(&[args, &["--format", "json"]].concat()).json()["seals"].clone();
        let items = seals["items"].as_array().unwrap().clone();
        assert!(items.len() < 2 && items.iter().all(|i| i["before"]["id"] == "RING"), "{seals:#}");
        items.into_iter().next().unwrap_or_default()
    };
    let verdicts = |item: &Value| [&item["before"]["verdict"], &item["after"]["verdict"]].map(|v| v.clone());
    assert_eq!(told(&[]), Value::Null);
    let mended = told(&["--up", "C2"]);
    assert_eq!((verdicts(&mended), &mended["change"]), (["leaking", "sealed"].map(Value::from), &"better".into()));
    assert_eq!(mended["before"]["route"]["dead_cameras"], serde_json::json!(["C2"]));
    assert_eq!((&mended["after"]["thickness_lower"], &mended["after"]["route"]), (&1.into(), &Value::Null));
    // It is declared to watch nothing: E2 lies in its view.
    let sees = "id=N1,area=V1,lon=114.31,lat=30.8002,position_m=0,azimuth=180,azimuth_error=0,hfov=80,range_m=60,\
                width_px=1920";
    let shut = told(&["--add", sees]);
    assert_eq!((verdicts(&shut), &shut["changed_by"]), (verdicts(&mended), &serde_json::json!(["N1"])));
    assert_eq!(told(&["--add", &sees.replace("azimuth=180", "azimuth=0")]), Value::Null, "it looks the other way");
    let wider = told(&["--down", "C1"]);
    assert_eq!(verdicts(&wider), ["leaking", "leaking"].map(Value::from));
    assert_eq!((&wider["before"]["width_upper"], &wider["after"]["width_upper"]), (&1.into(), &2.into()), "{wider:#}");
    let swapped = told(&["--down", "C1", "--up", "C2"]);
    assert_eq!((&swapped["change"], &swapped["fallen"]), (&"other".into(), &serde_json::json!(["C1"])));
    assert_eq!(swapped["after"]["route"]["entrances"], serde_json::json!(["E1"]));

    let both = ["--down", "C1", "--up", "C2"];
    let table = run(&both);
    assert!(table.out.contains("外圈 (RING)") && table.out.contains("C1 (supposed)"), "{table:?}");
    let zh = run(&[&both[..], &["--lang", "zh-CN"]].concat());
    assert!(zh.out.contains("1 处封控会改变") && zh.out.contains("C1（假设）"), "{zh:?}");
    let csv = run(&[&both[..], &["--format", "csv"]].concat());
    assert!(csv.out.contains("other,RING,外圈,,,leaking,leaking,,C1 C2,,,,,town,0,0,0,0,1,1,1,1,"), "{csv:?}");
    let geo = run(&[&both[..], &["--format", "geojson"]].concat()).json();
    let drawn = geo["features"].as_array().unwrap().iter().filter(|f| f["geometry"]["type"] == "LineString");
    let drawn: Vec<_> = drawn.map(|f| ["id", "when", "fallen"].map(|key| f["properties"][key].clone())).collect();
    let expected = [("before", serde_json::json!([])), ("after", serde_json::json!(["C1"]))];
    assert_eq!(drawn, expected.map(|(when, fallen)| ["RING".into(), when.into(), fallen]));
    let seal = town.run(&["seal", "--period", "day", "--format", "json"]).ends(1).json();
    assert_eq!(seal["items"][0], mended["before"], "nothing of it was kept, and both say the same");

    // Entrances need no roads.
    fs::remove_file(town.path("registry/roads.geojson")).unwrap();
    let none = run(&["--down", "C1"]);
    assert!(none.out.contains("There are no roads") && none.out.contains("东口 (E1)"), "{none:?}");
    assert!(none.err.contains("there are no roads"), "{none:?}");
    town.write("registry/roads.geojson", "{");
    let broken = run(&["--down", "C1"]);
    assert!(broken.out.contains("东口 (E1)") && broken.err.contains("the roads cannot be read"), "{broken:?}");
}

#[test]
fn what_cannot_be_supposed_is_told_all_at_once() {
    let town = Town::new().with_history();
    let unknown = town.run(&["whatif", "--down", "X1", "E1", "--up", "X2", "--move", "X3=114.3,30.8"]).ends(3);
    for id in ["\"X1\" does not exist", "\"E1\" is an entrance", "\"X2\"", "\"X3\""] {
        assert!(unknown.err.contains(id), "{id}: {unknown:?}");
    }
    town.write("new.csv", "id,area,name,lon,lat,azimuth\nN1,V1,甲,200,30.9,朝东\nN 2,V1,乙,114.3,,\n");
    let bad = town.run(&["whatif", "--add", "new.csv"]).ends(1);
    for word in ["new.csv:2: error: lon", "new.csv:2: error: azimuth", "new.csv:3: error: id", "new.csv:3: error: lat"]
    {
        assert!(bad.err.contains(word), "{word}: {bad:?}");
    }
    town.run(&["whatif", "--add", "nowhere.csv"]).ends(3);
    town.run(&["whatif", "--add", "id=N1,hight=3"]).ends(2);
    let taken = town.run(&["whatif", "--add", "id=C1,area=V9"]).ends(3);
    assert!(taken.err.contains("\"C1\" is an id of the registry") && taken.err.contains("\"V9\""), "{taken:?}");
    for wrong in [["--move", "C1"], ["--move", "C1=east"], ["--period", "dusk"], ["--down", ""]] {
        let code = if wrong[0] == "--down" { 3 } else { 2 };
        town.run(&["whatif", wrong[0], wrong[1]]).ends(code);
    }
}
