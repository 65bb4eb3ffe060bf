//! A storm, from outside: people hear of small faults together, machines of each at once, and a kill in between loses
//! none of them.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use std::collections::BTreeSet;

use common::receiver::{Answer, Receiver};
use common::{Daemon, FAST, Town, text, wait_for};
use rustix::process::Signal;

/// Entrances with one camera, which watches no other, and that camera.
fn sole_watchers(daemon: &Daemon) -> Vec<(String, String)> {
    let mut sole: Vec<(String, String)> = Vec::new();
    for e in daemon.items("entrances") {
        let watchers = e["watchers"].as_array().expect("watchers");
        if e["state"] == "covered" && watchers.len() == 1 && sole.iter().all(|(_, c)| watchers[0] != *c.as_str()) {
            sole.push((text(&e["id"]), text(&watchers[0])));
        }
    }
    sole
}

#[test]
fn small_faults_of_a_storm_are_told_together_also_over_a_kill() {
    let desk = Receiver::start(Answer::Status(200));
    let group = Receiver::start(Answer::Says(r#"{"errcode":0,"errmsg":"ok"}"#));
    // FAST ends in [incident].
    let more = format!(
        "{FAST}storm = {{ messages = 1, per = \"10m\" }}\n\
         \n[[sink]]\nname = \"desk\"\nkind = \"webhook\"\nurl = \"{}\"\n\
         \n[[sink]]\nname = \"group\"\nkind = \"wecom\"\nlanguage = \"en\"\nurl = \"{}\"\n",
        desk.url, group.url
    );
    let town = Town::new(20, &more);
    let (_cameras, control) = town.simulate();
    let mut daemon = town.run();
    daemon.all_up();
    let sole = sole_watchers(&daemon);
    let [first, second, third] = &sole[..3] else { panic!("{sole:?}") };
    let said = || -> Vec<String> { group.heard().iter().map(|h| text(&h.payload["markdown"]["content"])).collect() };
    let desk_knows = |entrance: &str| {
        let of = |h: &common::receiver::Heard| h.payload["alerts"].as_array().cloned().unwrap_or_default();
        desk.heard().iter().flat_map(of).any(|a| a["labels"]["entrance"] == entrance && a["status"] == "firing")
    };

    control.set(&format!("cameras/{}", first.1), "refuse");
    wait_for("the first page", || said().pop());
    for (entrance, camera) in [second, third] {
        control.set(&format!("cameras/{camera}"), "refuse");
        wait_for("the machines to know", || desk_knows(entrance).then_some(()));
    }
    assert_eq!(said().len(), 1, "people are not paged again: {:#?}", said());
    daemon.program.signal(Signal::KILL);
    daemon.program.ended();
    drop(daemon);

    let daemon = town.run();
    let digest = wait_for("the digest", || said().into_iter().find(|s| s.contains("Digest: ")));
    assert!(digest.contains("2 incidents") && digest.contains("2 entrances lost"), "{digest}");
    assert!(digest.contains(&second.1) && digest.contains(&third.1) && !digest.contains(&first.1), "{digest}");
    for (_, camera) in [first, second, third] {
        control.set(&format!("cameras/{camera}"), "none");
    }
    wait_for("both ends in a digest", || {
        let over = said().iter().filter(|s| s.contains("Digest: ")).map(|s| s.matches("Over: ").count()).sum::<usize>();
        (over == 2).then_some(())
    });
    daemon.all_sent("group");
    let single = said().iter().filter(|s| !s.contains("Digest: ")).count();
    assert_eq!(single, 2, "the first, and its end: {:#?}", said());
    let keys: BTreeSet<_> = group.heard().into_iter().map(|h| h.key).collect();
    assert_eq!(keys.len(), said().len(), "each under a key of its own");
}
