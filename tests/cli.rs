//! The built program, from outside: what it prints, and with which code it ends.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, reason = "what goes wrong in a test ends it")]

mod kept;
mod program;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use cunkou_core::health::{Cause, State};
use cunkou_core::model::{CameraId, NodeId};
use cunkou_core::registry::{Datum, LonLat};
use cunkou_core::world::{SavedHealth, SavedTarget};
use kept::{AREAS, CAMERAS, ENTRANCES, NOON, Town, effects};
use program::cunkou;
use serde_json::Value;

#[test]
fn wrong_use_is_2_and_help_is_0() {
    let town = Town::new();
    let wrong = town.run(&["chek"]).ends(2);
    assert!(wrong.out.is_empty() && wrong.err.contains("check"), "{wrong:?}");
    town.run(&["gaps", "--fail-on", "leak"]).ends(2);
    town.run(&["gaps", "--at", "yesterday"]).ends(2);
    town.run(&["status", "--server", "desk"]).ends(2);
    town.run(&["--help"]).ends(0);
}

#[test]
fn a_good_folder_has_a_plan() {
    let town = Town::new();
    let good = town.run(&["check", "registry", "--lang", "en"]).ends(0);
    assert!(good.out.contains("2 cameras, 2 checks, about 0.3 probes a second"), "{good:?}");
    assert!(good.out.contains("reach is asked by tcp:554 (2)"), "{good:?}");
    assert!(good.out.contains("cameras.csv: columns that are kept and mean nothing here: color"), "{good:?}");
    assert!(good.out.contains("warning: "), "E3 has no camera: {good:?}");
    town.run(&["check", "registry", "--strict"]).ends(1);
    town.run(&["check"]).ends(0);
    town.run(&["check", "nowhere"]).ends(3);
}

/// The demo town with every camera where a web map of China shows it; the column that says so may be there.
fn copied_from_a_web_map(town: &Town, says_so: bool) {
    fs::remove_dir_all(town.path("registry")).unwrap();
    fs::create_dir(town.path("registry")).unwrap();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/registry")).unwrap() {
        let from = entry.unwrap().path();
        fs::copy(&from, town.path("registry").join(from.file_name().unwrap())).unwrap();
    }
    let text = town.read("registry/cameras.csv");
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let head = rows.headers().unwrap().clone();
    let at = |name: &str| head.iter().position(|h| h == name).unwrap();
    let mut moved = csv::Writer::from_writer(Vec::new());
    let datum = says_so.then_some("datum");
    moved.write_record(head.iter().chain(datum)).unwrap();
    for row in rows.records() {
        let mut cells: Vec<String> = row.unwrap().iter().map(str::to_owned).collect();
        let degrees = |name: &str| cells[at(name)].parse().unwrap();
        let shown = Datum::Gcj02.of_wgs84(LonLat { lon: degrees("lon"), lat: degrees("lat") }).unwrap();
        (cells[at("lon")], cells[at("lat")]) = (format!("{:.7}", shown.lon), format!("{:.7}", shown.lat));
        moved.write_record(cells.iter().map(String::as_str).chain(says_so.then_some("gcj02"))).unwrap();
    }
    town.write("registry/cameras.csv", &String::from_utf8(moved.into_inner().unwrap()).unwrap());
}

#[test]
fn positions_of_another_datum_than_they_say_are_told_and_not_moved() {
    let town = Town::new();
    copied_from_a_web_map(&town, false);
    let before = town.read("registry/cameras.csv");
    let en = town.run(&["check", "registry", "--lang", "en"]).ends(0);
    assert!(en.out.contains("cameras.csv: warning: datum: 778 positions lie "), "{en:?}");
    assert!(en.out.contains("are they gcj02? If so write that in the column datum"), "{en:?}");
    let zh = town.run(&["check", "registry", "--lang", "zh-CN"]).ends(0);
    assert!(zh.out.contains("坐标系是不是 gcj02？核对后填写 datum 列"), "{zh:?}");
    let files = |out: &str| out.lines().filter(|l| l.contains("datum: ")).count();
    assert_eq!(files(&en.out), 1, "entrances and nodes stand where they are: {en:?}");
    town.run(&["check", "registry", "--strict"]).ends(1);
    assert_eq!(town.read("registry/cameras.csv"), before);
    copied_from_a_web_map(&town, true);
    let good = town.run(&["check", "registry", "--lang", "en"]).ends(0);
    assert!(!good.out.contains("datum: "), "{good:?}");
}

#[test]
fn every_fault_is_told_with_file_and_line_in_both_languages() {
    let town = Town::new();
    town.write(
        "registry/cameras.csv",
        &CAMERAS.replace("V1,114.31", "V9,214.31").replace("rtsp://{host}/1,E2", "x,E2"),
    );
    let en = town.run(&["check", "registry", "--lang", "en"]).ends(1);
    for place in ["cameras.csv:3: error: area: ", "cameras.csv:3: error: lon: ", "cameras.csv:3: error: rtsp: "] {
        assert!(en.out.contains(place), "{place}: {en:?}");
    }
    let zh = town.run(&["check", "registry"]).ends(1);
    assert!(zh.out.contains("cameras.csv:3: 错误: lon: "), "{zh:?}");
    let json = town.run(&["check", "registry", "--format", "json"]).ends(1).json();
    assert_eq!(json["ok"], false);
    let fault = json["faults"].as_array().unwrap().iter().find(|f| f["column"] == "lon").unwrap();
    assert_eq!((&fault["file"], &fault["row"], &fault["value"]), (&"cameras.csv".into(), &3.into(), &"214.31".into()));
    assert_eq!(json["plan"], Value::Null);
}

#[test]
fn check_reads_the_settings_too() {
    let town = Town::new();
    town.write("cunkou.toml", "[http]\nlisten = \"0.0.0.0:1\"\nhostz = []\n");
    let ran = town.run(&["check"]).ends(1);
    assert!(ran.out.contains("cunkou.toml:2: ") && ran.out.contains("cunkou.toml:3: "), "{ran:?}");
    // Others cannot work with them, and say why.
    let refused = town.run(&["status"]).ends(3);
    assert!(refused.err.contains("line 3: http.hostz"), "{refused:?}");
    town.write("cunkou.toml", "");
    town.write("secrets.toml", "");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(town.path("secrets.toml"), mode).unwrap();
    let open = town.run(&["check"]).ends(1);
    assert!(open.out.contains("chmod 600"), "{open:?}");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let town = Town::new();
    let mut command = cunkou(town.dir.path(), &["completions", "bash"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""));
}

#[test]
fn init_token_prints_a_token_and_the_block_that_knows_it() {
    use sha2::Digest;
    let town = Town::new();
    let ran = town.run(&["init", "token", "--name", "值班", "--role", "admin"]).ends(0);
    let token = ran.out.lines().next().unwrap();
    assert!(token.len() >= 43, "{ran:?}");
    let hash: String = sha2::Sha256::digest(token.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    assert!(ran.out.contains(&format!("hash = \"{hash}\"")), "{ran:?}");
    assert_eq!(ran.out.matches(token).count(), 1, "once");
    let block = ran.out.split_once("\n\n").unwrap().1;
    town.write("cunkou.toml", block);
    town.run(&["check"]).ends(0);
    town.run(&["init", "token", "--role", "king"]).ends(2);
    town.run(&["init", "token", "--name", ""]).ends(2);
}

#[test]
fn completions_are_made_for_every_shell() {
    let town = Town::new();
    for shell in ["bash", "zsh", "fish"] {
        let ran = town.run(&["completions", shell]).ends(0);
        assert!(ran.out.contains("cunkou") && ran.out.contains("gaps"), "{shell}");
    }
}

#[test]
fn export_import_export_is_no_change() {
    let town = Town::new();
    town.run(&["export", "first", "registry"]).ends(0);
    town.run(&["export", "first", "registry"]).ends(3);
    let same = town.run(&["import", "first"]).ends(0);
    assert!(same.out.contains("No change."), "{same:?}");
    // Into a town that has nothing yet.
    fs::create_dir(town.path("new")).unwrap();
    town.write("new/cunkou.toml", "[ui]\nlanguage = \"en\"\n");
    let config = town.path("new/cunkou.toml");
    let config = config.to_str().unwrap();
    let taken = town.run(&["import", "first", "--yes", "--config", config]).ends(0);
    assert!(taken.out.contains("camera C1: added") && taken.err.contains("next start"), "{taken:?}");
    town.run(&["export", "second", "new/registry"]).ends(0);
    for file in ["areas.csv", "cameras.csv", "entrances.csv"] {
        assert_eq!(town.read(&format!("first/{file}")), town.read(&format!("second/{file}")), "{file}");
    }
    assert!(town.read("second/cameras.csv").contains("color"), "unknown columns are kept");
}

#[test]
fn a_login_that_is_missing_is_told() {
    let town = Town::new();
    town.write("registry/cameras.csv", &CAMERAS.replace(",color\n", ",credential\n").replace(",red\n", ",desk\n"));
    let told = town.run(&["check"]).ends(0);
    assert!(told.out.contains("cameras.csv: warning: credential: 1 cameras name \"desk\""), "{told:?}");
    let folder = town.run(&["check", "registry"]).ends(0);
    assert!(!folder.out.contains("desk"), "a folder by itself knows no secrets: {folder:?}");
    town.write("secrets.toml", "\u{feff}[desk]\nuser = 'u'\npassword = 'p'\n");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(town.path("secrets.toml"), mode).unwrap();
    assert!(!town.run(&["check"]).ends(0).out.contains("desk"));
}

#[test]
fn what_was_found_before_the_folder_was_missed_is_told() {
    let town = Town::new();
    fs::remove_dir_all(town.path("registry")).unwrap();
    town.write("secrets.toml", "");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(town.path("secrets.toml"), mode).unwrap();
    let ran = town.run(&["check"]).ends(3);
    assert!(ran.out.contains("chmod 600") && ran.err.contains("registry cannot be opened"), "{ran:?}");
}

#[test]
fn a_difference_is_shown_in_the_language_and_warnings_do_not_drown_it() {
    let town = Town::new();
    town.run(&["export", "src", "registry"]).ends(0);
    town.write("src/cameras.csv", &town.read("src/cameras.csv").replace("西口枪机", "西口球机"));
    let mut entrances = town.read("src/entrances.csv");
    (4..40).for_each(|i| entrances.push_str(&format!("E{i},V1,x{i}\n")));
    town.write("src/entrances.csv", &entrances);
    let zh = town.run(&["import", "src", "--yes", "--lang", "zh-CN"]).ends(0);
    assert!(
        zh.out.contains("摄像机 C2：name 西口枪机 → 西口球机") && zh.out.contains("进出口 E4：新增（x4）"),
        "{zh:?}"
    );
    assert!(zh.err.contains("个警告 (cunkou check src)") && zh.err.lines().count() < 30, "{zh:?}");
}

#[test]
fn import_asks_and_guards() {
    let town = Town::new();
    fs::create_dir(town.path("src")).unwrap();
    for (name, text) in [("areas.csv", AREAS), ("entrances.csv", ENTRANCES)] {
        town.write(&format!("src/{name}"), text);
    }
    town.write("src/cameras.csv", &CAMERAS.replace("10.0.0.2", "10.0.0.9"));
    let before = town.read("registry/cameras.csv");
    // Nobody is there to say yes.
    let asked = town.run(&["import", "src"]).ends(2);
    assert!(asked.out.contains("host 10.0.0.2 → 10.0.0.9"), "{asked:?}");
    assert_eq!(town.read("registry/cameras.csv"), before);
    // Faults change nothing.
    town.write("src/cameras.csv", &CAMERAS.replace("V1", "V9"));
    let faults = town.run(&["import", "src", "--yes"]).ends(1);
    assert!(faults.err.contains("cameras.csv:2: error: area: "), "{faults:?}");
    assert_eq!(town.read("registry/cameras.csv"), before);
    // A start cannot say yes to half of the cameras leaving.
    let one: Vec<&str> = CAMERAS.lines().filter(|l| !l.starts_with("C2")).collect();
    town.write("src/cameras.csv", &(one.join("\n") + "\n"));
    let guarded = town.run(&["import", "src", "--yes"]).ends(3);
    assert!(guarded.err.contains("1 of 2 cameras would be removed"), "{guarded:?}");
    assert_eq!(town.read("registry/cameras.csv"), before);
}

#[test]
fn a_camera_with_a_new_id_can_keep_its_old_one() {
    let town = Town::new();
    town.run(&["export", "src", "registry"]).ends(0);
    town.write("src/cameras.csv", &town.read("src/cameras.csv").replace("C2,", "C9,").replace("西口枪机", "西口球机"));
    let kept = town.run(&["import", "src", "--yes", "--keep-ids"]).ends(0);
    assert!(kept.out.contains("camera C2: name 西口枪机 → 西口球机") && !kept.out.contains("C9"), "{kept:?}");
    let cameras = town.read("registry/cameras.csv");
    assert!(cameras.contains("\nC2,") && !cameras.contains("C9"), "{cameras}");
}

#[test]
fn import_writes_bytes_as_they_are_and_takes_away_what_is_gone() {
    let town = Town::new();
    fs::create_dir(town.path("src")).unwrap();
    town.write("src/areas.csv", AREAS);
    town.write("src/cameras.csv", &CAMERAS.replace(",E1,", ",,").replace(",E2,", ",,").replace('\n', "\r\n"));
    town.write("registry/roads.geojson", "{}");
    town.run(&["import", "src", "--yes"]).ends(0);
    assert_eq!(town.read("registry/cameras.csv"), town.read("src/cameras.csv"));
    assert!(!town.path("registry/entrances.csv").exists(), "entrances are derived now");
    assert!(town.path("registry/roads.geojson").exists());
}

#[test]
fn queries_without_a_database_say_what_to_do() {
    let town = Town::new();
    let ran = town.run(&["gaps"]).ends(3);
    assert!(ran.err.contains("there is no database") && ran.out.is_empty(), "{ran:?}");
    let nagios = town.run(&["status", "--nagios"]).ends(3);
    assert!(nagios.out.starts_with("CUNKOU UNKNOWN - "), "{nagios:?}");
}

#[test]
fn gaps_are_answered_from_the_database() {
    let town = Town::new().with_history();
    let lost = town.run(&["gaps"]).ends(1);
    assert!(lost.err.contains("no daemon runs; from the database, as of 2026-11-24 11:00:00"), "{lost:?}");
    assert!(lost.out.contains("西口 (E2)") && lost.out.contains("camera 西口枪机 (C2)"), "{lost:?}");
    assert!(lost.out.contains("1 lost, 1 unwatched; in 1 villages"), "{lost:?}");
    let json = town.run(&["gaps", "--format", "json"]).ends(1).json();
    let states: Vec<&str> = json["items"].as_array().unwrap().iter().map(|g| g["state"].as_str().unwrap()).collect();
    assert_eq!((states, &json["next"]), (vec!["lost", "unwatched"], &Value::Null));
    assert_eq!(json["items"][0]["since"], "2026-11-24T03:00:00.000Z");
    assert_eq!((&json["items"][0]["incident"], &json["items"][0]["live"]), (&1.into(), &0.into()));
    let csv = town.run(&["gaps", "--format", "csv", "--bom"]).ends(1);
    assert!(csv.out.starts_with("\u{feff}id,name,") && csv.out.contains("E3,'=南口,"), "{csv:?}");
    let geo = town.run(&["gaps", "--format", "geojson"]).ends(1).json();
    assert_eq!(geo["features"][0]["geometry"]["coordinates"][0], 114.31);
    town.run(&["gaps", "--period", "night"]).ends(0);
    town.run(&["gaps", "--period", "night", "--fail-on", "lost,unwatched"]).ends(1);
    town.run(&["gaps", "--village", "V9"]).ends(3);
    town.run(&["gaps", "--village", "V1"]).ends(1);
}

#[test]
fn what_is_critical_is_answered_from_the_database() {
    let town = Town::new().with_history();
    let json = town.run(&["critical", "--format", "json"]).ends(0).json();
    let items = json["items"].as_array().unwrap();
    assert!(!items.is_empty(), "some entrance of the town hangs on one camera");
    let lost_already = |i: &Value| i["loses_now"].as_array().unwrap().contains(&"E2".into());
    assert!(!items.iter().any(lost_already), "what is lost cannot be lost again: {items:?}");
    let table = town.run(&["critical", "--limit", "1"]).ends(0);
    let first = items[0]["id"].as_str().unwrap();
    assert!(table.out.contains(first) && table.out.lines().count() >= 2, "{table:?}");
    assert!(town.run(&["critical", "--format", "csv"]).ends(0).out.starts_with("rank,kind,id,"));
    let geo = town.run(&["critical", "--format", "geojson"]).ends(0).json();
    assert_eq!(geo["type"], "FeatureCollection");
    town.run(&["critical", "--period", "dusk"]).ends(2);
}

#[test]
fn the_order_of_repairs_is_answered_from_the_database() {
    let town = Town::new();
    town.write(
        "registry/places.csv",
        "id,kind,name,lon,lat,contact\nP1,station,警务站,114.3,30.8,13800000000\nP2,team,,,,\n",
    );
    let town = town.with_history();
    let json = town.run(&["repair-order", "--format", "json"]).ends(0).json();
    let stop = &json["items"][0];
    assert_eq!((&stop["seq"], &stop["job"], &stop["component"]), (&1.into(), &"camera".into(), &"C2".into()));
    assert_eq!((&stop["restores"], &stop["lost_after"]), (&serde_json::json!(["E2"]), &0.into()));
    // 957 m as the crow flies, 1.4 times that at 30 km/h, and half an hour at a camera.
    assert_eq!((&stop["travel_min"], &stop["work_min"], &stop["done_min"]), (&2.7.into(), &30.0.into(), &32.7.into()));
    assert_eq!((&json["entrance_minutes"], &json["bound"]), (&32.7.into(), &32.7.into()));
    assert_eq!((&json["exact"], &json["from"]["id"], &json["lost"]), (&true.into(), &"P1".into(), &1.into()));
    let table = town.run(&["repair-order", "--from", "P1", "--shift", "4h"]).ends(0);
    assert!(
        table.out.contains("C2") && table.out.contains("E2") && table.out.contains("as the crow flies"),
        "{table:?}"
    );
    assert!(!table.out.contains("13800000000"), "whom to call is personal");
    let zh = town.run(&["repair-order", "--lang", "zh-CN"]).ends(0);
    assert!(zh.out.contains("站序") && zh.out.contains("最优顺序"), "{zh:?}");
    let near = town.run(&["repair-order", "--from", "114.31,30.8", "--format", "csv"]).ends(0);
    assert!(near.out.starts_with("seq,job,component,") && near.out.contains("1,camera,C2,"), "{near:?}");
    let geo = town.run(&["repair-order", "--format", "geojson"]).ends(0).json();
    assert_eq!(
        (&geo["features"][0]["id"], &geo["features"][0]["geometry"]["coordinates"][0]),
        (&"C2".into(), &114.31.into())
    );
    let short = town.run(&["repair-order", "--shift", "20m", "--format", "json"]).ends(0).json();
    assert_eq!((&short["items"], &short["remains"]), (&serde_json::json!([]), &serde_json::json!(["E2"])));
}

/// E2 lacks a camera by day since C2 is down, E3 by day and by night: a repair for half stands beside a purchase for three.
#[test]
fn what_to_place_next_is_answered_from_the_database() {
    let town = Town::new();
    town.write("registry/sites.csv", "id,kind,lon,lat,cost\nS1,new,114.32,30.9002,3\nS2,pole,114.5,30.9,1\n");
    let town = town.with_history();
    let json = town.run(&["place", "--budget", "3.5", "--format", "json"]).ends(0).json();
    let items = &json["items"];
    assert_eq!((&items[0]["id"], &items[0]["kind"], &items[0]["gain"]), (&"C2".into(), &"repair".into(), &1.into()));
    assert_eq!((&items[1]["id"], &items[1]["azimuth"], &items[1]["gain"]), (&"S1".into(), &180.0.into(), &2.into()));
    assert_eq!((&json["value"], &json["upper_bound"], &json["status"]), (&3.into(), &3.into(), &"optimal".into()));
    assert_eq!(
        (&json["cost"], &json["lacking"]["day_before"], &json["lacking"]["day_after"]),
        (&3.5.into(), &2.into(), &0.into())
    );
    let one = town.run(&["place", "1"]).ends(0);
    assert!(one.out.contains("site S1") && one.out.contains("upper bound 2") && one.out.contains("gap 0 %"), "{one:?}");
    let zh = town.run(&["place", "1", "--lang", "zh-CN"]).ends(0);
    assert!(zh.out.contains("上界 2") && zh.out.contains("最优"), "{zh:?}");
    let csv = town.run(&["place", "1", "--format", "csv"]).ends(0);
    assert!(
        csv.out.starts_with("rank,kind,id,at,") && csv.out.contains("1,new,S1,site,new,180,3,2,1,1,E3,2,2,0,optimal,"),
        "{csv:?}"
    );
    let geo = town.run(&["place", "2", "--format", "geojson"]).ends(0).json();
    assert_eq!((geo["features"].as_array().unwrap().len(), &geo["features"][0]["id"]), (2, &"S1".into()));
}

/// The store keeps that a node was judged, not by which one another is cut off.
#[test]
fn a_node_that_is_cut_off_is_no_stop_where_no_daemon_runs() {
    let town = Town::new();
    town.write(
        "registry/nodes.csv",
        "id,kind,name,parents,lon,lat\nSW1,switch,总机,,114.3,30.8\nSW2,switch,分机,SW1,114.31,30.8\n",
    );
    let cameras =
        "id,name,area,lon,lat,host,rtsp,watches,node\nC2,西口枪机,V1,114.31,30.8,10.0.0.2,rtsp://{host}/1,E2,SW2\n";
    town.write("registry/cameras.csv", cameras);
    let (sw1, sw2) = (NodeId::new("SW1").unwrap(), NodeId::new("SW2").unwrap());
    let down = |inferred_at| SavedHealth { state: State::Down, since: NOON, inferred_at, ..SavedHealth::default() };
    let camera = SavedHealth { cause: Some(Cause::Node(sw1.clone())), via: Some(sw1.clone()), ..down(None) };
    let mut effects = effects();
    effects.saved.retain(|saved| matches!(saved, SavedTarget::Entrance(id, ..) if id.as_str() == "E2"));
    effects.saved.push(SavedTarget::Node(sw1, down(Some(NOON))));
    effects.saved.push(SavedTarget::Node(sw2, down(None)));
    effects.saved.push(SavedTarget::Camera(CameraId::new("C2").unwrap(), camera));
    let town = town.with(&effects);
    let json = town.run(&["repair-order", "--from", "114.3,30.8", "--format", "json"]).ends(0).json();
    let stops: Vec<_> =
        json["items"].as_array().unwrap().iter().map(|stop| stop["component"].as_str().unwrap()).collect();
    assert_eq!((stops, &json["jobs"], &json["idle"]), (vec!["SW1"], &1.into(), &0.into()), "{json:#}");
}

#[test]
fn an_order_of_repairs_that_cannot_be_meant_is_told() {
    let town = Town::new().with_history();
    let nowhere = town.run(&["repair-order"]).ends(3);
    assert!(nowhere.err.contains("say where the tour begins"), "{nowhere:?}");
    town.run(&["repair-order", "--from", "P9"]).ends(3);
    for wrong in
        [["--shift", "5m"], ["--shift", "soon"], ["--speed-kmh", "NaN"], ["--detour", "0.5"], ["--period", "dusk"]]
    {
        town.run(&["repair-order", "--from", "114.3,30.8", wrong[0], wrong[1]]).ends(2);
    }
    let sure =
        town.run(&["repair-order", "--from", "114.3,30.8", "--period", "night", "--format", "json"]).ends(0).json();
    assert_eq!((&sure["lost"], &sure["items"]), (&0.into(), &serde_json::json!([])), "by night nobody watches E2");
}

#[test]
fn gaps_of_the_past_are_read_from_history() {
    let town = Town::new().with_history();
    let before = town.run(&["gaps", "--at", "2026-11-24 10:30", "--format", "json"]).ends(0).json();
    assert_eq!(before["items"], Value::Array(Vec::new()), "both were covered, E3 was never judged");
    let after = town.run(&["gaps", "--at", "2026-11-24T03:00:01Z", "--format", "json"]).ends(1).json();
    assert_eq!(after["items"][0]["id"], "E2");
    town.run(&["gaps", "--at", "2999-01-01T00:00:00Z"]).ends(3);
}

#[test]
fn status_explain_and_incident_are_answered_from_the_database() {
    let town = Town::new().with_history();
    let status = town.run(&["status", "--format", "json"]).ends(0).json();
    assert_eq!((&status["cameras"]["up"], &status["cameras"]["down"]), (&1.into(), &1.into()));
    assert_eq!((&status["entrances"]["lost"], &status["incidents"]["open"]), (&1.into(), &1.into()));
    assert!(town.run(&["status"]).ends(0).out.contains("2 cameras installed: 1 up, 0 degraded, 0 suspect, 1 down"));
    let nagios = town.run(&["status", "--nagios"]).ends(3);
    assert!(nagios.out.starts_with("CUNKOU UNKNOWN - no daemon answers; 1 entrances lost"), "{nagios:?}");

    let explained = town.run(&["explain", "E2"]).ends(0);
    for word in ["西口 (E2)", "lost, since 2026-11-24 11:00:00", "needs 1", "西口枪机 (C2)", "registry", "down", "0 m"]
    {
        assert!(explained.out.contains(word), "{word}: {explained:?}");
    }
    let json = town.run(&["explain", "E2", "--format", "json"]).ends(0).json();
    assert_eq!((&json["watch"][0]["day"], &json["watch"][0]["night"]), (&"yes".into(), &"no".into()));
    town.run(&["explain", "E9"]).ends(3);

    let list = town.run(&["incident"]).ends(0);
    assert!(list.out.contains("camera 西口枪机 (C2)"), "{list:?}");
    let story = town.run(&["incident", "1"]).ends(0);
    assert!(
        story.out.contains("entrances lost: 西口 (E2)") && story.out.contains("opened (first_word: new"),
        "{story:?}"
    );
    assert_eq!(town.run(&["incident", "1", "--format", "json"]).ends(0).json()["steps"][0]["kind"], "opened");
    assert_eq!(
        town.run(&["incident", "--status", "resolved", "--format", "json"]).json()["items"],
        Value::Array(vec![])
    );
    town.run(&["incident", "7"]).ends(3);
    let ack = town.run(&["ack", "1", "--token", "x"]).ends(3);
    assert!(ack.err.contains("no daemon runs"), "{ack:?}");
    assert!(town.run(&["export", "out"]).ends(0).err.contains("2 cameras, 3 entrances"));
}

#[test]
fn without_a_daemon_maintenance_is_kept_under_its_lock_and_audited() {
    let town = Town::new().with_history();
    assert!(town.run(&["maintenance", "list"]).ends(0).out.contains("No maintenance"));
    let made = town.run(&["maintenance", "add", "C2", "--to", "4h", "--note", "换电源"]).ends(0);
    assert!(made.out.contains("maintenance 1 of 西口枪机 (C2)"), "{made:?}");
    let weekly = ["maintenance", "add", "C1", "--weekly", "daily 22:00-02:00"];
    assert!(town.run(&weekly).ends(0).out.contains("daily 22:00-02:00"));
    let listed = town.run(&["maintenance", "list", "--format", "json"]).ends(0).json();
    assert_eq!(
        (&listed["items"][0]["note"], &listed["items"][1]["weekly"]),
        (&"换电源".into(), &"daily 22:00-02:00".into())
    );
    assert!(town.run(&["maintenance", "end", "1"]).ends(0).out.contains("maintenance 1 is over"));
    let left = town.run(&["maintenance", "list", "--format", "json"]).ends(0).json();
    assert_eq!((&left["items"][0]["id"], left["items"].as_array().map(Vec::len)), (&2.into(), Some(1)));
    assert!(town.run(&["maintenance", "end", "1"]).ends(3).err.contains("no maintenance"));
    let trail = town.run(&["audit", "--format", "json"]).ends(0).json();
    let kinds: Vec<&Value> = trail["items"].as_array().unwrap().iter().map(|e| &e["kind"]).take(3).collect();
    assert_eq!(kinds, ["maintenance"; 3]);
}

#[test]
fn probe_asks_what_the_list_allows_and_shows_each_phase() {
    let town = Town::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let tcp = format!("tcp://127.0.0.1:{port}");
    let good = town.run(&["probe", &tcp]).ends(0);
    assert!(good.out.contains("connect") && good.out.contains("result pass"), "{good:?}");
    // Something else than RTSP answers there.
    let server = std::thread::spawn(move || {
        // The plain connection of above still waits in the queue; it says nothing.
        loop {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = [0; 512];
            let n = stream.read(&mut head).unwrap_or(0);
            if n > 0 {
                stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
                return String::from_utf8_lossy(&head[..n]).into_owned();
            }
        }
    });
    let rtsp = format!("rtsp://admin:hunter2@127.0.0.1:{port}/1");
    let bad = town.run(&["probe", &rtsp, "--format", "json"]).ends(1);
    let heard = server.join().unwrap();
    assert!(!bad.out.contains("hunter2") && !bad.err.contains("hunter2"), "{bad:?}");
    assert!(!heard.contains("hunter2"));
    let json = bad.json();
    assert_eq!(
        (&json[0]["check"], &json[0]["target"]),
        (&"stream".into(), &format!("rtsp://127.0.0.1:{port}/1").into())
    );
    assert!(!json[0]["hint"].as_str().unwrap().is_empty());

    let refused = town.run(&["probe", "tcp://10.1.2.3:554"]).ends(3);
    assert!(refused.out.contains("probe.allow"), "{refused:?}");
    town.run(&["probe", "ftp://127.0.0.1/"]).ends(2);
    let unknown = town.run(&["probe", "c1"]).ends(3);
    assert!(unknown.err.contains("did you mean \"C1\""), "{unknown:?}");
    let camera = town.run(&["probe", "C1", "--check", "picture"]).ends(3);
    assert!(camera.err.contains("no address for the check picture"), "{camera:?}");
}

#[test]
fn a_closed_port_is_a_failed_phase() {
    let town = Town::new();
    // Bound and dropped: nobody else gets a port of this address so soon.
    let port = TcpListener::bind("127.77.0.1:0").unwrap().local_addr().unwrap().port();
    town.write("registry/cameras.csv", &format!("id,name,area,host,checks\nC1,东,V1,127.77.0.1,reach=tcp:{port}\n"));
    town.write("registry/entrances.csv", "id,area,name\n");
    let ran = town.run(&["probe", "C1"]).ends(1);
    assert!(ran.out.contains("refused") && ran.out.contains("the port is closed"), "{ran:?}");
}
