//! `cunkou place` on registry folders, as a planner asks it.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod program;

use std::fs;
use std::path::Path;

use cunkou_core::town::{Net, Spec, Town};
use program::{Ran, cunkou};
use serde_json::{Value, json};

fn run(dir: &Path, args: &[&str]) -> Ran {
    Ran::of(cunkou(dir, args).output().unwrap())
}

/// A hamlet with two gates 20 m apart, a lamp beside them, a pole farther up the road, and a gate far away.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    write("areas.csv", "id,parent,kind,name\nT,,town,镇\nH1,T,hamlet,上湾\n");
    write("cameras.csv", "id,name,area\n");
    let gates = "id,area,name,lon,lat,target,priority\nE1,H1,东口,114.3,30.80009,1,\nE2,H1,西口,114.3,30.79991,2,\nE9,H1,远口,114.4,30.8,,1\n";
    write("entrances.csv", gates);
    write(
        "sites.csv",
        "id,kind,lon,lat,cost\nL1,lamp,114.30025,30.8,2\nP1,pole,114.3,30.8003,1\nP9,new,114.4002,30.8,\n",
    );
    dir
}

fn of(dir: &Path, args: &[&str]) -> Value {
    run(dir, &[&["place", "--registry", ".", "--format", "json"], args].concat()).ends(0).json()
}

fn picked(answer: &Value) -> Vec<(String, f64, u64)> {
    let item =
        |i: &Value| (i["id"].as_str().unwrap().to_owned(), i["azimuth"].as_f64().unwrap(), i["gain"].as_u64().unwrap());
    answer["items"].as_array().unwrap().iter().map(item).collect()
}

#[test]
fn one_lamp_watches_both_gates() {
    let dir = folder();
    let one = of(dir.path(), &["1"]);
    assert_eq!(picked(&one), [("L1".to_owned(), 270.0, 4)], "{one:#}");
    assert_eq!(one["items"][0]["entrances"], json!(["E1", "E2"]));
    let two = of(dir.path(), &["2"]);
    assert_eq!(picked(&two)[1], ("P9".to_owned(), 270.0, 2), "{two:#}");
    assert_eq!((&two["status"], &two["gap"], &two["value"]), (&"optimal".into(), &0.0.into(), &6.into()));
    assert_eq!((&two["lacking"]["night_before"], &two["lacking"]["night_after"]), (&3.into(), &0.into()));
    // For one, only the pole.
    assert_eq!(picked(&of(dir.path(), &["--budget", "1"]))[0].0, "P1");
    // Priority 1 counts five times, 3 three times: two gates of 3 are worth more than one of 1.
    assert_eq!(
        picked(&of(dir.path(), &["2", "--by-priority"])),
        [("L1".to_owned(), 270.0, 12), ("P9".to_owned(), 270.0, 10)]
    );
    // E2 wants two: the second one for it is worth less than the first one elsewhere.
    let deep = of(dir.path(), &["3", "--depth", "target"]);
    assert_eq!(
        picked(&deep).iter().map(|(id, _, gain)| (id.as_str(), *gain)).collect::<Vec<_>>()[..2],
        [("L1", 8), ("P9", 4)]
    );
    assert_eq!(deep["value"], deep["upper_bound"]);
    // A camera without light gains by day alone.
    assert_eq!(of(dir.path(), &["1", "--night", "none"])["items"][0]["gain_night"], 0);
}

#[test]
fn the_answer_is_the_same_each_time() {
    let dir = tempfile::tempdir().unwrap();
    let net = Net::new("127.20.0.0".parse().unwrap(), 16).unwrap();
    let town = Town::generate(&Spec { cameras: 80, net, ..Spec::default() }).unwrap();
    cunkou::files::write_folder(dir.path(), &town.registry).unwrap();
    let ask = || {
        let mut answer = of(dir.path(), &["12"]);
        answer["as_of"] = Value::Null;
        answer
    };
    let first = ask();
    assert_eq!(first, ask());
    assert!(first["value"].as_u64() > Some(20) && first["value"].as_u64() <= first["upper_bound"].as_u64());
}

#[test]
fn what_cannot_be_meant_is_told() {
    let dir = folder();
    for wrong in [
        &["place", "0", "--registry", "."][..],
        &["place", "1001", "--registry", "."],
        &["place", "1", "--budget", "2", "--registry", "."],
        &["place", "--budget", "-1", "--registry", "."],
        &["place", "--level", "live", "--registry", "."],
        &["place", "--hfov", "180", "--registry", "."],
        &["place", "--time-limit", "2m", "--registry", "."],
    ] {
        run(dir.path(), wrong).ends(2);
    }
    fs::write(dir.path().join("entrances.csv"), "id,area,name\nE1,V9,x\n").unwrap();
    assert!(run(dir.path(), &["place", "1", "--registry", "."]).ends(3).err.contains("cunkou check"));
}
