//! Escalation and reminder, end to end: what nobody takes goes to the sink of the next level, is said again while it goes on,
//! and both hear of its end.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use common::receiver::{Answer, Receiver};
use common::{FAST, Town, text, texts, wait_for};

/// A sink that people read, and whom it tells.
fn sink(name: &str, level: u8) -> (Receiver, String) {
    let receiver = Receiver::start(Answer::Says("taken"));
    let body = r#"{"kind": "{{ kind }}", "level": {{ level }}, "incident": {{ incident }}}"#;
    let settings = format!(
        "[[sink]]\nname = \"{name}\"\nkind = \"http\"\nurl = \"{}\"\nbody = '{body}'\nlevel = {level}\n",
        receiver.url
    );
    (receiver, settings)
}

/// What a sink was told of an incident, in its order: kind and level; what is said again and again, once.
fn told(receiver: &Receiver, incident: u64) -> Vec<(String, u64)> {
    let all = receiver.heard().into_iter().map(|h| h.payload).filter(|p| p["incident"] == incident);
    let mut told: Vec<(String, u64)> =
        all.map(|p| (text(&p["kind"]), p["level"].as_u64().expect("a number"))).filter(|t| t.0 != "updated").collect();
    told.dedup();
    told
}

#[test]
fn what_nobody_takes_goes_to_the_next_level_is_said_again_and_its_end_is_told_to_both() {
    let ((desk, of_desk), (chief, of_chief)) = (sink("desk", 0), sink("chief", 1));
    // FAST ends in the table of incidents; a reminder comes each minute at most.
    let settings = format!("{FAST}escalate_after = \"3s\"\nremind_every = \"1m\"\n\n{of_desk}\n{of_chief}");
    let town = Town::new(20, &settings);
    let daemon = town.demo(20);
    daemon.all_up();
    let (entrance, camera) = daemon.sole_watcher();
    let control = daemon.control.as_ref().expect("the demo has one");
    control.set(&format!("cameras/{camera}"), "refuse");
    let incident = daemon.incident("the loss", |i| texts(&i["entrances_lost"]).contains(&entrance));
    let id = incident["id"].as_u64().expect("a number");
    let is = |kind: &str, level| (kind.to_owned(), level);
    wait_for("the reminder, at both", || {
        let reminded = |r: &Receiver| told(r, id).contains(&is("reminded", 1));
        (reminded(&desk) && reminded(&chief)).then_some(())
    });
    control.set(&format!("cameras/{camera}"), "none");
    let over = daemon.resolved(id);
    assert_eq!(over["level"], 1, "{over:#}");
    assert!(over["pages"].as_u64() >= Some(3), "an opening, an escalation, a reminder: {over:#}");
    let end = |r: &Receiver| wait_for("the end", || Some(told(r, id)).filter(|t| t.last() == Some(&is("resolved", 1))));
    let later = [is("escalated", 1), is("reminded", 1), is("resolved", 1)];
    assert_eq!(end(&desk), [&[is("opened", 0)][..], &later].concat());
    assert_eq!(end(&chief), later, "nothing before it was escalated");
    let why: Vec<String> = over_steps(&daemon, id);
    assert!(why.contains(&"not_taken".to_owned()), "the story says why: {why:?}");
}

/// Why each step of an incident was told.
fn over_steps(daemon: &common::Daemon, id: u64) -> Vec<String> {
    let detail = daemon.api(&format!("incidents/{id}"));
    detail["steps"].as_array().expect("steps").iter().map(|s| text(&s["why"])).collect()
}
