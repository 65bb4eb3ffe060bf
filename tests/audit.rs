//! The audit trail of a real daemon: who changed what, from where, with old and new, in the database and over HTTP.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use common::{Daemon, FAST, Town, cunkou, http, text, wait_for};
use rustix::process::Signal;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The token of the role admin, and its block for the settings.
const CHIEF: &str = "a-token-of-the-chief";

fn block(name: &str, token: &str, role: &str) -> String {
    let hash: String = Sha256::digest(token.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    format!("\n[[token]]\nname = \"{name}\"\nhash = \"{hash}\"\nrole = \"{role}\"\n")
}

/// Runs a command on the folder of a town; its standard output.
#[track_caller]
fn run(town: &Town, args: &[&str]) -> String {
    let mut command = cunkou();
    command.args(args).arg("--config").arg(town.path("cunkou.toml"));
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// The trail as the command line has it, oldest first, each entry as `who kind object from via`.
fn trail(town: &Town, more: &[&str]) -> Vec<Value> {
    let answer = run(town, &[&["audit", "--format", "json"], more].concat());
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    let mut items = answer["items"].as_array().expect("items").clone();
    items.reverse();
    items
}

fn in_short(items: &[Value]) -> Vec<String> {
    let fields = ["who", "kind", "object", "from", "via"];
    items.iter().map(|i| fields.map(|f| text(&i[f])).join("|")).collect()
}

fn post(daemon: &Daemon, path: &str, body: &str) -> u16 {
    let bearer = format!("Bearer {CHIEF}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    http("POST", &format!("{}{path}", daemon.base), &headers, body.as_bytes()).expect("an answer").status
}

/// A roster in which one has every turn.
fn roster(first: &str) -> String {
    format!(
        "[rota]\nbegins = 2026-11-02\n[[contact]]\nid = \"wang\"\nphone = \"13800000001\"\n\
         [[contact]]\nid = \"li\"\nphone = \"13800000002\"\n[[level]]\norder = [\"{first}\"]\n"
    )
}

/// Another name for the first camera.
fn renamed(cameras: &str, name: &str) -> String {
    let mut lines: Vec<String> = cameras.lines().map(str::to_owned).collect();
    let mut cells: Vec<&str> = lines[1].split(',').collect();
    cells[2] = name;
    lines[1] = cells.join(",");
    lines.join("\n") + "\n"
}

/// The files of the registry folder, by name.
fn registry(town: &Town) -> Value {
    let all = std::fs::read_dir(town.path("registry")).expect("a folder").flatten();
    let tables = all.filter(|f| f.path().extension().is_some_and(|e| e == "csv" || e == "geojson"));
    let files = tables.map(|f| {
        let text = std::fs::read_to_string(f.path()).expect("a text");
        (f.file_name().to_string_lossy().into_owned(), json!(text))
    });
    Value::Object(files.collect())
}

#[test]
fn every_change_is_in_the_audit_trail_with_who_where_old_and_new() {
    let town = Town::new(12, &format!("{FAST}{}", block("chief", CHIEF, "admin")));
    let (_cameras, control) = town.simulate();
    let mut daemon = town.run();
    daemon.all_up();
    let (_, camera) = daemon.sole_watcher();
    control.set(&format!("cameras/{camera}"), "refuse");
    let incident = daemon.incident("the fault", |i| i["status"] == "open")["id"].to_string();
    run(&town, &["ack", &incident, "--token", &daemon.token, "--note", "带梯子去"]);
    run(&town, &["ack", &incident, "--token", CHIEF]);

    let before = std::fs::read_to_string(town.path("registry/cameras.csv")).expect("cameras");
    let mut files = registry(&town);
    files["cameras.csv"] = json!(renamed(&before, "新名一号"));
    let files = json!({ "files": files }).to_string();
    assert_eq!(post(&daemon, "/api/v1/registry?dry_run", &files), 200, "asking is no change");
    assert_eq!(post(&daemon, "/api/v1/registry", &files), 200);
    assert_eq!(post(&daemon, "/-/reload", ""), 200, "nothing to change is no change");
    town.edit("registry/cameras.csv", |cameras| renamed(&cameras, "新名二号"));
    assert_eq!(post(&daemon, "/-/reload", ""), 200);
    town.edit("registry/cameras.csv", |cameras| renamed(&cameras, "新名三号"));
    daemon.program.signal(Signal::HUP);
    let all = wait_for("the reload", || Some(trail(&town, &[])).filter(|t| t.len() == 6));

    let ack = format!("POST /api/v1/incidents/{incident}/ack");
    let wanted = [
        "start|registry|1||start".to_owned(),
        format!("demo|acknowledge|{incident}|127.0.0.1|{ack}"),
        format!("chief|acknowledge|{incident}|127.0.0.1|{ack}"),
        "chief|registry|2|127.0.0.1|POST /api/v1/registry".to_owned(),
        "chief|registry|3|127.0.0.1|POST /-/reload".to_owned(),
        "sighup|registry|4||SIGHUP".to_owned(),
    ];
    assert_eq!(in_short(&all), wanted);
    assert_eq!((&all[1]["old"], &all[1]["new"]), (&json!("open"), &json!("acknowledged by demo: 带梯子去")));
    assert_eq!(all[2]["old"], "acknowledged by demo: 带梯子去");
    let change = text(&all[4]["new"]);
    assert!(change.contains("新名一号") && change.contains("新名二号") && all[4]["old"] == "version 2", "{change}");

    // Over HTTP it is the same, and only for the role admin.
    let ask = |token: Option<&str>| {
        let bearer = token.map(|t| format!("Bearer {t}"));
        let headers: Vec<(&str, &str)> = bearer.iter().map(|b| ("Authorization", b.as_str())).collect();
        http("GET", &format!("{}/api/v1/audit", daemon.base), &headers, b"").expect("an answer")
    };
    assert_eq!((ask(None).status, ask(Some(&daemon.token)).status), (401, 403));
    let answer: Value = serde_json::from_slice(&ask(Some(CHIEF)).body).expect("JSON");
    let mut items = answer["items"].as_array().expect("items").clone();
    items.reverse();
    assert_eq!(items, all);
    let server = ["--server", daemon.base.as_str(), "--token", CHIEF];
    assert_eq!(trail(&town, &server), all);

    // Filters; and it outlives the daemon.
    assert_eq!(trail(&town, &["--who", "demo"]), all[1..2]);
    assert_eq!(trail(&town, &["--kind", "registry", "--who", "chief"]), all[3..5]);
    assert_eq!(trail(&town, &["--since", &text(&all[5]["at"])]), all[5..]);
    assert_eq!(trail(&town, &["--until", &text(&all[1]["at"])]), all[..1]);
    daemon.program.signal(Signal::TERM);
    assert_eq!(daemon.program.ended(), Some(0));
    assert_eq!(trail(&town, &[]), all);
    let shown = run(&town, &["audit", "--limit", "1", "--lang", "en"]);
    assert!(shown.contains("sighup  registry 4  (this machine, SIGHUP)\n  - version 3\n  + version 4: "), "{shown}");
}

/// A camera that is at fault: its incident is silenced and the silence lifted; work is announced through the daemon and
/// without one; others are called, by a signal, a request and while nobody ran.
#[test]
fn silences_maintenance_and_who_is_called_are_in_the_trail_too() {
    let more = format!("{FAST}\n[roster]\nfile = \"roster.toml\"\n{}", block("chief", CHIEF, "admin"));
    let town = Town::new(12, &more);
    std::fs::write(town.path("roster.toml"), roster("wang")).expect("a roster");
    let (_cameras, control) = town.simulate();
    let mut daemon = town.run();
    daemon.all_up();
    let (_, camera) = daemon.sole_watcher();
    control.set(&format!("cameras/{camera}"), "refuse");
    let incident = daemon.incident("the fault", |i| i["status"] == "open")["id"].to_string();
    let silence = format!("/api/v1/incidents/{incident}/silence");
    let until = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(2)).to_string();
    assert_eq!(post(&daemon, &silence, &json!({ "until": until, "note": "换光猫" }).to_string()), 200);
    let bearer = format!("Bearer {CHIEF}");
    let lifted = http("DELETE", &format!("{}{silence}", daemon.base), &[("Authorization", &bearer)], b"");
    assert_eq!(lifted.expect("an answer").status, 200);
    let work = ["maintenance", "add", camera.as_str(), "--to", "2h", "--note", "换电源", "--token", CHIEF];
    run(&town, &work);
    run(&town, &["maintenance", "end", "1", "--token", CHIEF]);

    std::fs::write(town.path("roster.toml"), roster("li")).expect("a roster");
    daemon.program.signal(Signal::HUP);
    wait_for("the roster to be in the trail", || Some(trail(&town, &[])).filter(|t| t.len() == 7));
    std::fs::write(town.path("roster.toml"), roster("li").replace("13800000002", "13800000009")).expect("a roster");
    assert_eq!(post(&daemon, "/-/reload", ""), 200);
    assert_eq!(post(&daemon, "/-/reload", ""), 200, "nothing to change is no change");
    std::fs::write(town.path("roster.toml"), roster("nobody")).expect("a roster");
    assert_eq!(post(&daemon, "/-/reload", ""), 200, "the registry is good; the roster stays");
    daemon.program.signal(Signal::TERM);
    assert_eq!(daemon.program.ended(), Some(0));

    run(&town, &["maintenance", "add", camera.as_str(), "--to", "3h"]);
    std::fs::write(town.path("roster.toml"), roster("wang")).expect("a roster");
    let mut daemon = town.run();
    let all = wait_for("the new roster", || Some(trail(&town, &[])).filter(|t| t.len() == 10));
    daemon.program.signal(Signal::TERM);
    assert_eq!(daemon.program.ended(), Some(0));
    let mut again = town.run();
    again.program.signal(Signal::TERM);
    assert_eq!(again.program.ended(), Some(0));
    assert_eq!(trail(&town, &[]), all, "a start with the same roster is no change");

    let print = |n: usize| text(&all[n]["object"]);
    let wanted = [
        "start|registry|1||start".to_owned(),
        format!("start|roster|{}||start", print(1)),
        format!("chief|silence|{incident}|127.0.0.1|POST {silence}"),
        format!("chief|silence|{incident}|127.0.0.1|DELETE {silence}"),
        "chief|maintenance|1|127.0.0.1|POST /api/v1/maintenance".to_owned(),
        "chief|maintenance|1|127.0.0.1|DELETE /api/v1/maintenance/1".to_owned(),
        format!("sighup|roster|{}||SIGHUP", print(6)),
        format!("chief|roster|{}|127.0.0.1|POST /-/reload", print(7)),
        "console|maintenance|2||cunkou maintenance".to_owned(),
        format!("start|roster|{}||start", print(1)),
    ];
    assert_eq!(in_short(&all), wanted);
    let changed = |n: usize| (all[n]["old"].as_str().unwrap_or("-"), all[n]["new"].as_str().unwrap_or("-"));
    let (old, new) = changed(2);
    assert!(old == "not silenced" && new.starts_with("silenced by chief until ") && new.ends_with(": 换光猫"), "{new}");
    let (old, new) = changed(3);
    assert!(old.starts_with("silenced by chief until ") && new == "silence lifted by chief", "{old} {new}");
    let announced = format!("camera {camera} from ");
    let (old, new) = changed(4);
    assert!(old == "-" && new.starts_with(&announced) && new.ends_with(" by chief: 换电源"), "{old} {new}");
    assert_eq!(changed(5), (changed(4).1, "ended by chief"));
    assert_eq!(changed(6), ("level 0: wang", "level 0: li"));
    assert_eq!(changed(7), ("", "contact li: another name or address"));
    let (old, new) = changed(8);
    assert!(old == "-" && new.starts_with(&announced) && new.ends_with(" by console"), "{old} {new}");
    let (old, new) = changed(9);
    assert!(old == format!("roster {}", print(7)) && new.contains("level 0: wang"), "{old} {new}");
    assert!(!json!(all).to_string().contains("138000"), "people are named by their ids, and by no number");
}
