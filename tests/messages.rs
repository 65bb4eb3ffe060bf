//! Sinks that people read, from outside: templates that are told wrong before they are needed, a test of a sink, and a
//! robot that hears of a fault from its beginning to its end.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;
mod program;

use std::path::Path;

use common::receiver::{Answer, Receiver};
use common::{FAST, Town, text, texts, wait_for};
use program::Ran;

const OK: Answer = Answer::Says(r#"{"errcode":0,"errmsg":"ok"}"#);

fn folder(settings: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("registry")).unwrap();
    std::fs::write(dir.path().join("registry/areas.csv"), "id,kind,name\nT,town,六指街\n").unwrap();
    std::fs::write(dir.path().join("registry/cameras.csv"), "id,name,area\nC1,东口枪机,T\n").unwrap();
    std::fs::write(dir.path().join("registry/entrances.csv"), "id,area,name\nE1,T,东口\n").unwrap();
    std::fs::write(dir.path().join("cunkou.toml"), format!("[ui]\nlanguage = \"en\"\n{settings}")).unwrap();
    dir
}

fn run(dir: &Path, args: &[&str]) -> Ran {
    Ran::of(program::cunkou(dir, args).output().unwrap())
}

#[test]
fn a_template_that_is_wrong_is_told_by_check_and_refused_at_start() {
    let dir = folder("[templates]\ndir = \"texts\"\n");
    std::fs::create_dir(dir.path().join("texts")).unwrap();
    let file = dir.path().join("texts/wecom.zh-CN.md");
    std::fs::write(&file, "**{{ title }}**\n{{ entrancs.count }}\n").unwrap();
    let place = format!("{}:2: ", file.display());
    let checked = run(dir.path(), &["check"]).ends(1);
    assert!(checked.out.contains(&place) && checked.out.contains("undefined value"), "{checked:?}");
    let json = run(dir.path(), &["check", "--format", "json"]).ends(1).json();
    assert!(json["faults"].as_array().unwrap().iter().any(|f| f["row"] == 2 && text(&f["file"]).ends_with("zh-CN.md")));
    let refused = run(dir.path(), &["run", "--listen", "127.0.0.1:0"]).ends(3);
    assert!(refused.err.contains(&place), "{refused:?}");
    std::fs::write(&file, "**{{ title }}**\n{{ entrances.count }}\n").unwrap();
    run(dir.path(), &["check"]).ends(0);
    std::fs::remove_dir_all(dir.path().join("texts")).unwrap();
    let gone = run(dir.path(), &["check"]).ends(1);
    assert!(gone.out.contains("the folder of templates"), "{gone:?}");
}

#[test]
fn a_sink_is_tried_with_a_real_message() {
    let robot = Receiver::start(OK);
    let url = format!("{}?key=Xq7-marked-key-of-a-robot", robot.url);
    let dir = folder(&format!("[[sink]]\nname = \"group\"\nkind = \"wecom\"\nurl = \"{url}\"\n"));
    let good = run(dir.path(), &["notify", "test", "group"]).ends(0);
    assert!(good.out.contains("a test, nothing to do") && good.out.contains("\"errcode\":0"), "{}", good.out);
    assert!(good.out.ends_with("delivered\n") && !good.out.contains("Xq7"), "{}", good.out);
    let heard = robot.heard();
    assert_eq!((heard.len(), &heard[0].payload["msgtype"]), (1, &"markdown".into()));
    let said = text(&heard[0].payload["markdown"]["content"]);
    assert!(said.starts_with("**New: 2 entrances lost · 2 cameras down · cause: switch TEST-1 (a test"), "{said}");
    robot.answer(Answer::Says(r#"{"errcode":93000,"errmsg":"invalid webhook url: Xq7-marked-key-of-a-robot"}"#));
    let refused = run(dir.path(), &["notify", "test", "group", "--format", "json"]).ends(3).json();
    assert_eq!(refused["delivered"], false);
    assert!(text(&refused["error"]).contains("93000") && !refused.to_string().contains("Xq7"), "{refused}");
    let unknown = run(dir.path(), &["notify", "test", "desk"]).ends(2);
    assert!(unknown.err.contains("they have group"), "{unknown:?}");
}

#[test]
fn a_robot_hears_of_a_loss_and_of_its_end() {
    let robot = Receiver::start(OK);
    let sink = format!("\n[[sink]]\nname = \"group\"\nkind = \"wecom\"\nurl = \"{}\"\n", robot.url);
    let town = Town::new(20, &format!("{FAST}{sink}"));
    let daemon = town.demo(20);
    let control = daemon.control.as_ref().expect("the demo has one");
    daemon.all_up();
    let (entrance, camera) = daemon.sole_watcher();
    control.set(&format!("cameras/{camera}"), "refuse");
    let said = |at: usize| robot.heard().get(at).map(|h| text(&h.payload["markdown"]["content"]));
    let first = wait_for("the loss", || said(0));
    assert!(first.contains(&camera), "the cause is the camera: {first}");
    let incident = daemon.incident("the loss", |i| texts(&i["entrances_lost"]).contains(&entrance));
    control.set(&format!("cameras/{camera}"), "none");
    daemon.resolved(incident["id"].as_u64().expect("a number"));
    daemon.all_sent("group");
    let all: Vec<String> = robot.heard().iter().map(|h| text(&h.payload["markdown"]["content"])).collect();
    let last = all.last().unwrap();
    assert!(last.contains("已恢复") || last.contains("Over: "), "{all:?}");
    let keys: std::collections::BTreeSet<_> = robot.heard().into_iter().map(|h| h.key).collect();
    assert_eq!(keys.len(), all.len(), "each step once");
}
