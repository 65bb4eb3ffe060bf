//! The review of a day, end to end: told at its time, with what was mended, and by no restart again.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use common::receiver::{Answer, Heard, Receiver};
use common::{FAST, Town, wait_for};
use rustix::process::Signal;

/// The minute of the day that the town's clocks show (UTC+8).
fn minute() -> u64 {
    let unix = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    (unix / 60 + 8 * 60) % (24 * 60)
}

fn reviews(receiver: &Receiver) -> Vec<Heard> {
    receiver.heard().into_iter().filter(|h| h.payload["kind"] == "review").collect()
}

#[test]
fn a_review_tells_what_was_mended_once_also_over_restarts() {
    // Just after midnight there is no minute of today that is over.
    wait_for("midnight to be over", || (minute() >= 3).then_some(()));
    let receiver = Receiver::start(Answer::Says("taken"));
    let body = r#"{"kind": "{{ kind }}", "title": "{{ title }}", "lines": {{ lines | length }}}"#;
    let sink = format!(
        "[[sink]]\nname = \"desk\"\nkind = \"http\"\nurl = \"{}\"\nbody = '{body}'\nreview = \"daily\"\nreview_at = \"00:00\"\n",
        receiver.url
    );
    let town = Town::new(12, &format!("{FAST}\n{sink}"));
    let (_cameras, control) = town.simulate();
    let mut daemon = town.run();
    daemon.all_up();
    let (entrance, camera) = daemon.sole_watcher();
    control.set(&format!("cameras/{camera}"), "refuse");
    let incident = daemon.incident("the loss", |i| i["entrances_lost"].to_string().contains(&entrance));
    control.set(&format!("cameras/{camera}"), "none");
    daemon.resolved(incident["id"].as_u64().expect("a number"));
    daemon.all_sent("desk");
    assert_eq!(reviews(&receiver).len(), 0, "the first is the next that falls due");
    daemon.program.signal(Signal::TERM);
    assert_eq!(daemon.program.ended(), Some(0));

    // The town wants it at another time of day, which has just been.
    let at = minute() - 1;
    town.edit("cunkou.toml", |t| t.replace("\"00:00\"", &format!("\"{:02}:{:02}\"", at / 60, at % 60)));
    let mut daemon = town.run();
    let told = wait_for("the review", || reviews(&receiver).pop());
    let title = told.payload["title"].as_str().expect("a title");
    assert!(title.starts_with("【日报】无村口失守 · 未恢复事件 0 起"), "{title}");
    assert!(told.key.expect("a key").starts_with("review/desk/"));
    wait_for("that to be kept", || daemon.program.logged().contains("review delivered").then_some(()));
    daemon.program.signal(Signal::TERM);
    assert_eq!(daemon.program.ended(), Some(0));

    // Another start, another loss: what comes after the loss comes after any review that would be told again.
    let daemon = town.run();
    daemon.all_up();
    control.set(&format!("cameras/{camera}"), "refuse");
    let again = |i: &serde_json::Value| i["status"] == "open" && i["entrances_lost"].to_string().contains(&entrance);
    let id = daemon.incident("another loss", again)["id"].as_u64().expect("a number");
    control.set(&format!("cameras/{camera}"), "none");
    daemon.resolved(id);
    daemon.all_sent("desk");
    assert_eq!(reviews(&receiver).len(), 1);
}
