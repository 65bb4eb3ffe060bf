//! The roster from outside: what `check` says of one, who is on duty by `oncall` and over HTTP, and a reload of it.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;
mod program;

use std::path::Path;

use common::receiver::{Answer, Receiver};
use common::{FAST, Town, http, text, texts, wait_for};
use program::Ran;
use rustix::process::Signal;
use serde_json::Value;
use sha2::{Digest, Sha256};

const EXAMPLE: &str = include_str!("../config/roster.toml");

/// A folder with a registry, settings that name a roster, and the roster.
fn folder(roster: &str, more: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("registry")).unwrap();
    std::fs::write(dir.path().join("registry/areas.csv"), "id,kind,name\nT,town,六指街\n").unwrap();
    std::fs::write(dir.path().join("registry/cameras.csv"), "id,name,area\nC1,东口枪机,T\n").unwrap();
    std::fs::write(dir.path().join("registry/entrances.csv"), "id,area,name\nE1,T,东口\n").unwrap();
    let sinks = ["sms", "mail"]
        .map(|name| format!("[[sink]]\nname = \"{name}\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1:9/\"\n"));
    let settings = format!("[ui]\nlanguage = \"en\"\n[roster]\nfile = \"roster.toml\"\n{}{more}", sinks.concat());
    std::fs::write(dir.path().join("cunkou.toml"), settings).unwrap();
    std::fs::write(dir.path().join("roster.toml"), roster).unwrap();
    dir
}

fn run(dir: &Path, args: &[&str]) -> Ran {
    Ran::of(program::cunkou(dir, args).output().unwrap())
}

#[test]
fn who_is_on_duty_is_said_for_now_a_moment_and_the_days_to_come() {
    let dir = folder(EXAMPLE, "");
    let ask = |args: &[&str]| run(dir.path(), &[&["oncall"], args].concat());
    ask(&[]).ends(0);
    let says = |answer: &str, words: &[&str]| {
        let found = answer.lines().any(|line| words.iter().all(|word| line.contains(word)));
        assert!(found, "no line says {words:?}:\n{answer}");
    };
    let wang = ["王强 (wang)", "2026-11-09 09:00:00", "13800000001", "wang@town.example"];
    let moment = ask(&["--at", "2026-11-04 08:00"]).ends(0).out;
    assert!(moment.starts_with("on duty at 2026-11-04 08:00:00\n"), "{moment}");
    says(&moment, &[&["first", "rota"][..], &wang[..]].concat());
    says(&moment, &["second", "李敏 (li)", "2026-11-09 09:00:00", "rota"]);
    says(&moment, &["third", "所长 (chief)", "rota", "sms mail"]);
    let moment = ask(&["--at", "2026-11-04T00:00:00Z", "--lang", "zh-CN"]).ends(0).out;
    assert!(moment.starts_with("值班 2026-11-04 08:00:00\n"), "{moment}");
    says(&moment, &[&["一线", "轮值"][..], &wang[..]].concat());
    // The chief has the evening of the 19th. Li stands in for Wang wherever he has the turn in the week of the 7th.
    let days = ask(&["--at", "2026-12-06 00:00", "--days", "21"]).ends(0).out;
    says(&days, &["2026-12-07 09:00:00", "2026-12-14 09:00:00", "stands in", "李敏 (li)"]);
    says(&days, &["2026-12-19 18:00:00", "2026-12-19 23:30:00", "first", "所长 (chief)", "stands in"]);
    says(&days, &["2026-12-19 23:30:00", "2026-12-21 09:00:00", "first", "rota"]);
    let csv = ask(&["--at", "2026-11-04 08:00", "--format", "csv"]).ends(0).out;
    assert!(csv.starts_with("level,id,name,reason,until,phone,email,sinks\r\n0,wang,王强,rota,"), "{csv}");
    assert!(csv.ends_with("2,chief,所长,rota,,13800000004,chief@town.example,sms mail\r\n"), "{csv}");
    let json = ask(&["--at", "2026-11-09 08:59", "--days", "1", "--format", "json"]).ends(0).json();
    let turn = |t: &Value| format!("{} {} {}", t["level"], text(&t["who"]["id"]), text(&t["from"]));
    let turns: Vec<String> = json["turns"].as_array().unwrap().iter().map(turn).collect();
    assert_eq!(turns[3..], ["0 li 2026-11-09T01:00:00.000Z", "1 zhao 2026-11-09T01:00:00.000Z"]);
    for wrong in [&["--at", "soon"][..], &["--days", "0"], &["--days", "367"]] {
        ask(wrong).ends(2);
    }
    std::fs::write(dir.path().join("cunkou.toml"), "").unwrap();
    let none = ask(&[]).ends(2);
    assert!(none.err.contains("[roster] file"), "{none:?}");
}

#[test]
fn every_fault_of_a_roster_is_told_by_check_and_a_time_without_duty_too() {
    let dir = folder(&EXAMPLE.replace("order = [\"chief\"]\n\n# Days", "order = [\"cheif\"]\nordre = 1\n\n# Days"), "");
    let line = 1 + EXAMPLE.lines().position(|l| l == "order = [\"chief\"]").unwrap();
    let checked = run(dir.path(), &["check"]).ends(1);
    let file = dir.path().join("roster.toml");
    let fault = format!("{}:{line}: error: level[2].order: allowed is the id of a [[contact]]", file.display());
    assert!(checked.out.contains(&fault), "{}", checked.out);
    assert!(checked.out.contains("(did you mean \"chief\"?)"), "{}", checked.out);
    assert!(
        checked.out.contains(&format!("{}:{}: error: level[2].ordre", file.display(), line + 1)),
        "{}",
        checked.out
    );
    let refused = run(dir.path(), &["oncall"]).ends(3);
    assert!(refused.err.contains(&format!("line {line}: level[2].order")), "{refused:?}");
    // A day on which nobody is asked, in a year from now on.
    let day = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * 30);
    let day = day.to_string()[..10].to_owned();
    let lonely = format!("{EXAMPLE}\n[[holiday]]\nfrom = {day}\norder = []\n");
    std::fs::write(&file, lonely.replace("sinks = [\"sms\", \"mail\"]", "sinks = [\"sms\", \"mial\"]")).unwrap();
    let checked = run(dir.path(), &["check"]).ends(0);
    assert!(checked.out.contains("nobody is on duty at level 0") && checked.out.contains(&day), "{}", checked.out);
    assert!(checked.out.contains("contact chief names the sink mial"), "{}", checked.out);
    let zh = run(dir.path(), &["check", "--lang", "zh-CN"]).ends(0);
    assert!(zh.out.contains("无人值班") && zh.out.contains("联系人 chief"), "{}", zh.out);
    run(dir.path(), &["check", "--strict"]).ends(1);
    run(dir.path(), &["oncall", "--at", &format!("{day} 12:00")]).ends(1);
    std::fs::remove_file(&file).unwrap();
    let gone = run(dir.path(), &["check"]).ends(1);
    assert!(gone.out.contains("the roster") && gone.out.contains("cannot be read"), "{}", gone.out);
}

fn token(name: &str, role: &str) -> String {
    let hash: String = Sha256::digest(name.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    format!("\n[[token]]\nname = \"{name}\"\nhash = \"{hash}\"\nrole = \"{role}\"\n")
}

#[test]
fn a_reload_reads_the_roster_again_and_a_bad_one_changes_nothing() {
    let more = format!("\n[roster]\nfile = \"roster.toml\"\n{}{}", token("reader", "read"), token("chief", "admin"));
    let town = Town::new(12, &more);
    let roster = |first: &str| {
        let text = EXAMPLE.replace("order = [\"wang\", \"li\", \"zhao\"]", &format!("order = [\"{first}\"]"));
        std::fs::write(town.path("roster.toml"), text).unwrap();
    };
    // The example's holidays and stand-ins are of the first level, and of days that pass.
    roster("zhao");
    town.edit("roster.toml", |text| text[..text.find("# Days with").unwrap()].to_owned());
    let daemon = town.run();
    let ask = |who: &str| {
        let bearer = format!("Bearer {who}");
        let reply =
            http("GET", &format!("{}/api/v1/oncall", daemon.base), &[("Authorization", bearer.as_str())], b"").unwrap();
        assert_eq!(reply.status, 200, "{}", reply.text());
        serde_json::from_str::<Value>(&reply.text()).unwrap()["levels"][0]["who"].clone()
    };
    let anonymous = http("GET", &format!("{}/api/v1/oncall", daemon.base), &[], b"").unwrap();
    assert_eq!(anonymous.status, 401);
    assert_eq!((text(&ask("reader")["id"]), &ask("reader")["contact"]), ("zhao".to_owned(), &Value::Null));
    assert_eq!(ask("chief")["contact"]["phone"], "13800000003");
    let edit = |from: &str, to: &str| town.edit("roster.toml", |text| text.replacen(from, to, 1));
    edit("order = [\"zhao\"]", "order = [\"wang\"]");
    daemon.program.signal(Signal::HUP);
    wait_for("the new roster", || (text(&ask("reader")["id"]) == "wang").then_some(()));
    edit("order = [\"wang\"]", "order = [\"marked-name\"]");
    let headers = [("Authorization", "Bearer chief")];
    let reply = http("POST", &format!("{}/-/reload", daemon.base), &headers, b"").unwrap();
    assert_eq!(reply.status, 200, "the registry is good: {}", reply.text());
    assert!(
        reply.text().contains("the roster stays as it was") && !reply.text().contains("marked"),
        "{}",
        reply.text()
    );
    assert_eq!(text(&ask("reader")["id"]), "wang");
    let logged = daemon.program.logged();
    assert!(logged.contains("the last good one stays"), "{logged}");
    for personal in ["marked-name", "13800000001", "town.example", "王强", "wang"] {
        assert!(!logged.contains(personal), "{personal} stands in the log");
        assert!(!daemon.metrics().contains(personal), "{personal} stands in the metrics");
    }
}

/// A holiday round today on which nobody is on duty.
fn days_without_duty() -> String {
    let day =
        |hours: i64| (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(hours)).to_string()[..10].to_owned();
    format!("\n[[holiday]]\nfrom = {}\nto = {}\norder = []\n", day(-48), day(72))
}

/// A gateway that answers as it should, and a sink of a town that asks it.
fn gateway() -> (Receiver, String) {
    let gateway = Receiver::start(Answer::Says("{\"accepted\": true}"));
    let body = r#"{"to": "{{ duty.phone or "110" }}", "name": "{{ duty.name }}", "kind": "{{ kind }}"}"#;
    let sink = format!(
        "\n[roster]\nfile = \"roster.toml\"\n[[sink]]\nname = \"sms\"\nkind = \"http\"\nurl = \"{}\"\nbody = '{body}'\n\
         expect = \"accepted\"\non_duty = true\nmin_severity = \"warning\"\n",
        gateway.url
    );
    (gateway, sink)
}

#[test]
fn a_loss_calls_who_is_on_duty_and_the_story_says_whom() {
    let (gateway, sink) = gateway();
    let town = Town::new(20, &format!("{FAST}{sink}{}", token("reader", "read")));
    let roster = EXAMPLE[..EXAMPLE.find("# Days with").unwrap()].replace("[\"wang\", \"li\", \"zhao\"]", "[\"zhao\"]");
    std::fs::write(town.path("roster.toml"), roster).unwrap();
    let (_cameras, control) = town.simulate();
    let daemon = town.run();
    daemon.all_up();
    let (entrance, camera) = daemon.sole_watcher();
    control.set(&format!("cameras/{camera}"), "refuse");
    let page = wait_for("the call", || gateway.heard().into_iter().next());
    assert_eq!((text(&page.payload["to"]), text(&page.payload["name"])), ("13800000003".into(), "赵军".into()));
    let incident = daemon.incident("the loss", |i| texts(&i["entrances_lost"]).contains(&entrance));
    let id = incident["id"].as_u64().expect("a number");
    let key = page.key.expect("a key");
    assert!(key.starts_with(&format!("{id}/sms/")) && key.ends_with("/zhao"), "{key}");
    // The word of who is on duty stands where people may be seen.
    daemon.all_sent("sms");
    let detail = |headers: &[(&str, &str)]| {
        let reply = http("GET", &format!("{}/api/v1/incidents/{id}", daemon.base), headers, b"").unwrap();
        let delivery = serde_json::from_str::<Value>(&reply.text()).unwrap()["deliveries"][0].take();
        assert_eq!(delivery["answer_code"], 200, "{delivery}");
        delivery["to"].clone()
    };
    assert_eq!(detail(&[]), Value::Null, "reading is open, and people are not");
    assert_eq!(text(&detail(&[("Authorization", "Bearer reader")])), "赵军");
    let config = town.path("cunkou.toml");
    let told = || {
        let mut command = common::cunkou();
        // People are named to tokens only, also where reading is open.
        command.args(["incident", &id.to_string(), "--config"]).arg(&config).env("CUNKOU_TOKEN", "reader");
        let out = command.output().unwrap();
        String::from_utf8(out.stdout).unwrap()
    };
    let story = told();
    assert!(story.contains(" → 赵军") && !story.contains("13800000003"), "{story}");
    assert!(story.contains(" 200"), "what was answered: {story}");
    // Nobody is on duty any more: what the sink says by itself is asked, and that is counted.
    town.edit("roster.toml", |text| text + &days_without_duty());
    daemon.program.signal(Signal::HUP);
    wait_for("the new roster", || {
        let bearer = [("Authorization", "Bearer reader")];
        let reply = http("GET", &format!("{}/api/v1/oncall", daemon.base), &bearer, b"").unwrap();
        let answer: Value = serde_json::from_str(&reply.text()).unwrap();
        answer["levels"][0]["who"].is_null().then_some(())
    });
    control.set(&format!("cameras/{camera}"), "none");
    daemon.resolved(id);
    let end = wait_for("the end", || gateway.heard().into_iter().find(|h| text(&h.payload["kind"]) == "resolved"));
    assert_eq!((text(&end.payload["to"]), text(&end.payload["name"])), ("110".into(), String::new()));
    let series = "cunkou_notifications_without_duty_total{reason=\"nobody\",sink=\"sms\"}";
    wait_for("the count", || daemon.metric(series).filter(|n| *n >= 1.0));
    for personal in ["13800000003", "赵军", "zhao"] {
        assert!(!daemon.program.logged().contains(personal), "{personal} stands in the log");
    }
}
