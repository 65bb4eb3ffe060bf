//! `cunkou demo` driven from outside: a fault goes in over the control API, what people hear comes out of the API and the
//! metrics.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use std::collections::BTreeSet;

use common::{Daemon, FAST, Town, get, http, text, texts, wait_for, wait_to_see};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A token that may only read, for the settings.
const READER: &str = "a token of the test that may only read";

/// POST with a token or none: the status of the answer, and its body.
fn post(daemon: &Daemon, path: &str, token: Option<&str>) -> (u16, String) {
    let bearer = token.map(|t| format!("Bearer {t}"));
    let headers: Vec<(&str, &str)> = bearer.iter().map(|b| ("Authorization", b.as_str())).collect();
    let reply = http("POST", &format!("{}{path}", daemon.base), &headers, b"").expect("an answer");
    (reply.status, reply.text())
}

fn reader_settings() -> String {
    let hash: String = Sha256::digest(READER.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    format!("{FAST}\n[[token]]\nname = \"reader\"\nhash = \"{hash}\"\nrole = \"read\"\n")
}

#[test]
fn an_entrance_that_loses_its_only_camera_is_told_taken_and_over() {
    let town = Town::new(40, &reader_settings());
    let daemon = town.demo(40);
    let control = daemon.control.as_ref().expect("the demo has one");
    assert_eq!(get(&format!("{}/-/ready", daemon.base)).status, 200, "ready before the first round is over");
    assert_eq!(get(&format!("{}/-/healthy", daemon.base)).status, 200);
    daemon.all_up();
    let (entrance, camera) = daemon.sole_watcher();
    let covered = format!("cunkou_entrance_covered{{entrance=\"{entrance}\"");
    assert_eq!(daemon.metric(&covered), Some(1.0));
    assert_eq!(daemon.metric("cunkou_monitor_blind"), Some(0.0));
    assert!(daemon.items("incidents").is_empty(), "nothing has happened yet");

    control.set(&format!("cameras/{camera}"), "refuse");
    let incident = daemon.incident("the loss of the entrance", |i| texts(&i["entrances_lost"]).contains(&entrance));
    assert_eq!((&incident["severity"], &incident["status"]), (&"critical".into(), &"open".into()));
    assert_eq!((&incident["cause"]["kind"], &incident["cause"]["id"]), (&"camera".into(), &camera.as_str().into()));
    assert_eq!(incident["pages"], 1);
    assert_eq!(daemon.api(&format!("entrances/{entrance}"))["state"], "lost");
    assert_eq!(daemon.metric(&covered), Some(0.0));
    assert_eq!(daemon.metric(&format!("cunkou_camera_up{{camera=\"{camera}\"")), Some(0.0));

    let id = incident["id"].as_u64().expect("a number");
    let ack = format!("/api/v1/incidents/{id}/ack");
    assert_eq!(post(&daemon, &ack, None).0, 401, "no token");
    assert_eq!(post(&daemon, &ack, Some("guessed")).0, 401, "a wrong token");
    assert_eq!(post(&daemon, &ack, Some(READER)).0, 403, "a token that may only read");
    assert_eq!(daemon.api(&format!("incidents/{id}"))["status"], "open", "a refusal changes nothing");
    let (status, body) = post(&daemon, &ack, Some(&daemon.token));
    assert_eq!(status, 200, "{body}");
    let taken: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((&taken["status"], taken["acknowledged_by"].is_string()), (&"acknowledged".into(), true));

    control.set(&format!("cameras/{camera}"), "none");
    let over = daemon.resolved(id);
    assert_eq!(over["pages"], 1, "an end is no page");
    assert_eq!(daemon.metric(&covered), Some(1.0));
    assert_eq!(daemon.items("incidents").len(), 1);
}

#[test]
fn a_dead_switch_is_one_incident_that_names_it_and_everything_it_took() {
    let town = Town::new(40, FAST);
    let daemon = town.demo(40);
    let control = daemon.control.as_ref().expect("the demo has one");
    daemon.all_up();
    let mut switches = daemon.items("nodes");
    switches.retain(|n| n["kind"] == "switch" && n["passive"] == false && n["cameras"].as_u64() >= Some(3));
    switches.sort_by_key(|n| n["cameras"].as_u64());
    let switch = text(&switches.first().expect("a made-up town has switches")["id"]);
    let before = daemon.items("entrances");

    control.set(&format!("nodes/{switch}"), "drop");
    let dead = control.cut_off();
    assert!(dead.len() >= 3, "{dead:?}");
    let watched = before.iter().filter(|e| e["state"] == "covered" || e["state"] == "reduced");
    let lost: BTreeSet<String> =
        watched.filter(|e| texts(&e["watchers"]).is_subset(&dead)).map(|e| text(&e["id"])).collect();
    assert!(!lost.is_empty());
    let incident = daemon.incident("every entrance of the switch", |i| texts(&i["entrances_lost"]) == lost);
    assert_eq!((&incident["cause"]["kind"], &incident["cause"]["id"]), (&"node".into(), &switch.as_str().into()));
    assert_eq!(texts(&incident["cameras"]), dead);
    assert_eq!((&incident["pages"], &incident["severity"]), (&1.into(), &"critical".into()));
    assert_eq!(daemon.metric(&format!("cunkou_node_up{{node=\"{switch}\"")), Some(0.0));
    assert_eq!(daemon.metric("cunkou_monitor_blind"), Some(0.0), "the town is down in part, the monitor sees");

    control.set(&format!("nodes/{switch}"), "none");
    let over = daemon.resolved(incident["id"].as_u64().expect("a number"));
    assert_eq!(over["pages"], 1);
    daemon.all_up();
    assert_eq!(daemon.items("incidents").len(), 1, "one fault, one incident, also afterwards");
}

#[test]
fn each_fault_of_the_table_is_seen_as_what_it_is() {
    const FAULTS: [(&str, &str, Option<&str>); 8] = [
        ("refuse", "down", None),
        ("drop", "down", None),
        ("hang", "down", None),
        ("reset", "down", None),
        ("garbage", "down", None),
        ("endless", "down", None),
        ("auth", "degraded", Some("auth")),
        ("busy", "degraded", Some("busy")),
    ];
    let town = Town::new(40, FAST);
    // A password is what a fault of `auth` and `busy` is about: cameras that have one come first.
    let registry = std::fs::read_to_string(town.path("registry/cameras.csv")).expect("the registry");
    let named: Vec<&str> =
        registry.lines().filter(|l| l.contains(",camera,")).filter_map(|l| l.split(',').next()).collect();
    let daemon = town.demo(40);
    let control = daemon.control.as_ref().expect("the demo has one");
    daemon.all_up();
    assert!(named.len() > FAULTS.len());
    for (camera, (fault, ..)) in named.iter().zip(FAULTS) {
        control.set(&format!("cameras/{camera}"), fault);
    }
    for (camera, (fault, state, reason)) in named.iter().zip(FAULTS) {
        wait_to_see(&format!("{camera} with {fault} to be {state}"), || {
            let seen = daemon.api(&format!("cameras/{camera}"));
            let why = reason.is_none_or(|r| texts(&seen["reasons"]).contains(r));
            if seen["state"] == state && why { Ok(()) } else { Err(seen) }
        });
    }
    let down = daemon.api("status")["cameras"]["down"].as_u64();
    assert_eq!(down, Some(6), "what is not broken is not down");
    for camera in named.iter().take(FAULTS.len()) {
        control.set(&format!("cameras/{camera}"), "none");
    }
    // Also the one whose password was refused: a town of the tests shows it again after two seconds.
    daemon.all_up();
    wait_for("no incident to go on", || daemon.items("incidents?status=open").is_empty().then_some(()));
    let (status, _) = post(&daemon, "/-/reload", None);
    assert_eq!(status, 401, "a reload is a change");
    let refused = http("PUT", &format!("{}cameras/nobody", control.address()), &[], br#"{"fault":"drop"}"#);
    assert_eq!(refused.expect("an answer").status, 404);
    let refused = http("PUT", &format!("{}cameras/{}", control.address(), named[0]), &[], br#"{"fault":"rain"}"#);
    assert_eq!(refused.expect("an answer").status, 400);
}
