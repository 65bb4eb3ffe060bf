//! The webhook sink against a receiver made for Alertmanager: payload, keys, retries, and a daemon that is killed between
//! saying a thing and hearing that it was heard.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use std::collections::BTreeSet;

use common::receiver::{Answer, Heard, Receiver};
use common::{FAST, Town, text, texts, wait_for};
use rustix::process::Signal;

fn settings(receiver: &Receiver) -> String {
    format!("{FAST}\n[[sink]]\nname = \"desk\"\nkind = \"webhook\"\nurl = \"{}\"\n", receiver.url)
}

/// The labels of a payload's alerts of one name that fire or have ended.
fn entrances(heard: &Heard, status: &str) -> BTreeSet<String> {
    let alerts = heard.payload["alerts"].as_array().expect("alerts");
    let lost = alerts.iter().filter(|a| a["labels"]["alertname"] == "EntranceLost" && a["status"] == status);
    lost.map(|a| text(&a["labels"]["entrance"])).collect()
}

#[test]
fn what_is_refused_is_said_again_under_its_key_and_the_end_is_told() {
    let receiver = Receiver::start(Answer::Status(500));
    let town = Town::new(20, &settings(&receiver));
    let daemon = town.demo(20);
    let control = daemon.control.as_ref().expect("the demo has one");
    daemon.all_up();
    assert!(receiver.heard().is_empty(), "nothing has happened yet");
    let (entrance, camera) = daemon.sole_watcher();

    control.set(&format!("cameras/{camera}"), "refuse");
    let again = wait_for("the second try", || Some(receiver.heard()).filter(|h| h.len() >= 2));
    receiver.answer(Answer::Status(200));
    assert!(again[0].key.is_some());
    assert_eq!(again[0].key, again[1].key, "a retry is the same message");
    let incident = daemon.incident("the loss", |i| texts(&i["entrances_lost"]).contains(&entrance));
    let fired = &again[0].payload;
    assert_eq!((&fired["version"], &fired["status"]), (&"4".into(), &"firing".into()));
    assert_eq!(fired["receiver"], "desk");
    assert_eq!(fired["truncatedAlerts"], 0);
    assert_eq!(fired["groupLabels"]["incident"], incident["id"].to_string());
    assert!(entrances(&again[0], "firing").contains(&entrance), "{fired:#}");
    for alert in fired["alerts"].as_array().expect("alerts") {
        assert_eq!(alert["labels"]["incident"], incident["id"].to_string());
        assert!(alert["startsAt"].as_str().is_some_and(|t| t.ends_with('Z')), "{alert}");
        assert_eq!(alert["endsAt"], "0001-01-01T00:00:00Z");
        assert_eq!(alert["fingerprint"].as_str().map(str::len), Some(16));
        assert!(!text(&alert["annotations"]["summary"]).is_empty());
    }
    // The count of what waits is read now and then: it may still be that of before. The counters are never behind.
    let brought =
        |result: &str| daemon.metric(&format!("cunkou_notifications_total{{sink=\"desk\",result=\"{result}\"}}"));
    wait_for("the message to be taken", || (brought("delivered") >= Some(1.0)).then_some(()));
    assert!(brought("retried") >= Some(1.0));
    daemon.all_sent("desk");

    control.set(&format!("cameras/{camera}"), "none");
    let end = wait_for("the end", || receiver.heard().into_iter().find(|h| h.payload["status"] == "resolved"));
    assert!(entrances(&end, "resolved").contains(&entrance), "{:#}", end.payload);
    assert_eq!(end.payload["groupKey"], fired["groupKey"], "one group from opening to end");
    assert_ne!(end.key, again[0].key);
    daemon.resolved(incident["id"].as_u64().expect("a number"));
}

#[test]
fn a_daemon_killed_before_it_hears_the_answer_says_it_again_under_the_same_key() {
    let receiver = Receiver::start(Answer::Silence);
    let town = Town::new(20, &settings(&receiver));
    let (_cameras, control) = town.simulate();
    let mut daemon = town.run();
    daemon.all_up();
    let (entrance, camera) = daemon.sole_watcher();
    control.set(&format!("cameras/{camera}"), "refuse");
    let first = wait_for("the message", || receiver.heard().into_iter().next());
    daemon.program.signal(Signal::KILL);
    assert_eq!(daemon.program.ended(), None, "killed");
    drop(daemon);
    let before = receiver.heard().len();
    receiver.answer(Answer::Status(200));

    let daemon = town.run();
    let again = wait_for("the message again", || receiver.heard().get(before).cloned());
    assert!(first.key.is_some());
    assert_eq!(again.key, first.key);
    assert_eq!(again.payload["groupKey"], first.payload["groupKey"]);
    assert_eq!(entrances(&again, "firing"), entrances(&first, "firing"));
    daemon.all_sent("desk");
    wait_for("the end of the first round", || daemon.api("status")["first_round"].is_null().then_some(()));
    let incident = daemon.incident("the same incident", |i| texts(&i["entrances_lost"]).contains(&entrance));
    assert_eq!(incident["pages"], 1, "one page, however often it was sent");
    let keys: BTreeSet<Option<String>> = receiver.heard().into_iter().map(|h| h.key).collect();
    assert_eq!(keys.len(), 1, "one message: {keys:?}");
}
