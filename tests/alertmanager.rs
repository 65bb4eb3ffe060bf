//! The Alertmanager sink against Alertmanager itself.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use common::receiver::{Answer, Receiver};
use common::{Daemon, FAST, Program, Town, free_port, http, installed, text, texts, wait_for, wait_to_see};
use serde_json::{Value, json};

/// One that tells nobody.
const NOBODY: &str = "route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n";

/// Starts an Alertmanager, and waits until it answers: it, and its address.
fn alertmanager(folder: &Path, settings: &str) -> Option<(Program, String)> {
    let binary = installed("prometheus-alertmanager")?;
    let config = folder.join("alertmanager.yml");
    std::fs::write(&config, settings).expect("a file");
    let address = format!("127.0.0.1:{}", free_port());
    let mut command = Command::new(binary);
    command.arg(format!("--config.file={}", config.display()));
    command.arg(format!("--storage.path={}", folder.join("data").display()));
    command.arg(format!("--web.listen-address={address}")).arg("--cluster.listen-address=");
    let program = Program::start(&mut command);
    let url = format!("http://{address}");
    wait_for("Alertmanager to be ready", || {
        http("GET", &format!("{url}/-/ready"), &[], b"").ok().filter(|r| r.status == 200)
    });
    Some((program, url))
}

/// `config/alertmanager.yml` as it is shipped, with receivers of ours.
fn shipped(people: &Receiver, watchdog: &Receiver) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/alertmanager.yml");
    let text = std::fs::read_to_string(file).expect("the example");
    let to = |text: &str, from: &str, to: &str| {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text.replace(from, to)
    };
    let text = to(&text, "http://127.0.0.1:9000/", &people.url);
    to(&text, "http://127.0.0.1:9001/watchdog", &watchdog.url)
}

/// All that fires there.
fn alerts(url: &str) -> Vec<Value> {
    let reply = common::get(&format!("{url}/api/v2/alerts"));
    assert_eq!(reply.status, 200, "{}", reply.text());
    let all: Value = serde_json::from_slice(&reply.body).expect("JSON");
    all.as_array().expect("a list").clone()
}

/// What fires there under a name.
fn firing(url: &str, name: &str) -> Vec<Value> {
    alerts(url).into_iter().filter(|a| a["labels"]["alertname"] == name).collect()
}

#[test]
fn a_real_alertmanager_hears_of_the_loss_and_of_its_end() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let Some((_alertmanager, url)) = alertmanager(folder.path(), NOBODY) else { return };
    let sink = format!("{FAST}\n[[sink]]\nname = \"am\"\nkind = \"alertmanager\"\nurl = \"{url}\"\n");
    let town = Town::new(20, &sink);
    let daemon = town.demo(20);
    daemon.all_up();
    wait_for("the watchdog", || (firing(&url, "Watchdog").len() == 1).then_some(()));
    let (entrance, camera) = daemon.sole_watcher();
    let control = daemon.control.as_ref().expect("the demo has one");

    control.set(&format!("cameras/{camera}"), "refuse");
    let lost = || firing(&url, "EntranceLost").into_iter().find(|a| a["labels"]["entrance"] == entrance.as_str());
    let alert = wait_for("EntranceLost", lost);
    let incident = daemon.incident("the loss", |i| texts(&i["entrances_lost"]).contains(&entrance));
    let labels = &alert["labels"];
    assert_eq!((&labels["severity"], &labels["incident"]), (&"critical".into(), &incident["id"].to_string().into()));
    assert!(!text(&alert["annotations"]["summary"]).is_empty());
    assert_eq!(firing(&url, "CameraDown").len(), 1, "machines hear of the camera too");

    // Taken over the API: the alert stays the same alert.
    let ack = format!("{}/api/v1/incidents/{}/ack", daemon.base, incident["id"]);
    let bearer = format!("Bearer {}", daemon.token);
    assert_eq!(http("POST", &ack, &[("Authorization", &bearer)], b"").expect("an answer").status, 200);
    daemon.all_sent("am");
    let later = lost().expect("still lost");
    assert_eq!((&later["labels"], &later["fingerprint"]), (labels, &alert["fingerprint"]));
    assert_eq!(later["startsAt"], alert["startsAt"]);

    control.set(&format!("cameras/{camera}"), "none");
    wait_for("the end", || (lost().is_none() && firing(&url, "CameraDown").is_empty()).then_some(()));
    daemon.resolved(incident["id"].as_u64().expect("a number"));
    assert_eq!(firing(&url, "Watchdog").len(), 1, "it always fires");
}

/// The switch whose failure takes the most entrances, and these.
fn worst_switch(daemon: &Daemon) -> (String, BTreeSet<String>) {
    let all = daemon.items("critical");
    let worst = all.iter().find(|c| c["kind"] == "switch" && c["cameras"].as_u64() >= Some(10));
    let worst = worst.expect("a made-up town hangs on its switches");
    (text(&worst["id"]), texts(&worst["loses_now"]))
}

/// Names of the alerts of a notification with the objects that they are about, by their status.
fn told(payload: &Value, status: &str) -> BTreeSet<(String, String)> {
    let alerts = payload["alerts"].as_array().expect("alerts").iter().filter(|a| a["status"] == status);
    let object = |labels: &Value| {
        ["entrance", "node", "camera", "area"].iter().find_map(|l| labels[l].as_str().map(str::to_owned))
    };
    alerts.map(|a| (text(&a["labels"]["alertname"]), object(&a["labels"]).unwrap_or_default())).collect()
}

/// What people are to hear of a switch: it, and each entrance that it took; of cameras and of what is smaller nothing.
fn whole(switch: &str, entrances: &BTreeSet<String>) -> BTreeSet<(String, String)> {
    let lost = entrances.iter().map(|e| ("EntranceLost".to_owned(), e.clone()));
    lost.chain([("NodeDown".to_owned(), switch.to_owned())]).collect()
}

/// Gives alerts to Alertmanager, as cunkou does.
fn give(url: &str, alerts: &[Value]) {
    let body = Value::from(alerts).to_string();
    let json = [("Content-Type", "application/json")];
    let answer = http("POST", &format!("{url}/api/v2/alerts"), &json, body.as_bytes()).expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// A switch with its cameras dies under a daemon whose only sink is an Alertmanager with these settings: people hear of it
/// once, and of its end, where that is waited for.
fn one_fault(change: impl FnOnce(String) -> String, to_the_end: bool) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (people, watchdog) = (Receiver::start(Answer::Status(200)), Receiver::start(Answer::Status(200)));
    let settings = change(shipped(&people, &watchdog));
    let Some((_alertmanager, url)) = alertmanager(folder.path(), &settings) else { return };
    let town = Town::new(40, &format!("{FAST}\n[[sink]]\nname = \"am\"\nkind = \"alertmanager\"\nurl = \"{url}\"\n"));
    let daemon = town.demo(40);
    daemon.all_up();
    wait_for("the watchdog", || watchdog.heard().into_iter().next());
    let (switch, entrances) = worst_switch(&daemon);
    assert!(entrances.len() >= 2, "{switch}: {entrances:?}");
    let control = daemon.control.as_ref().expect("the demo has one");

    control.set(&format!("nodes/{switch}"), "drop");
    let incident = daemon.incident("the loss of all", |i| texts(&i["entrances_lost"]).is_superset(&entrances));
    let lost = texts(&incident["entrances_lost"]);
    let cameras = incident["cameras"].as_array().map_or(0, Vec::len);
    assert!(cameras >= 10 && incident["cause"]["id"] == switch.as_str(), "{incident:#}");
    wait_to_see("all of it in Alertmanager", || {
        let there = ["EntranceLost", "CameraDown", "NodeDown"].map(|name| firing(&url, name).len());
        if there == [lost.len(), cameras, 1] { Ok(()) } else { Err(there) }
    });
    let seals = texts(&incident["seals_broken"]).into_iter().map(|area| ("SealBroken".to_owned(), area));
    let expected: BTreeSet<_> = whole(&switch, &lost).into_iter().chain(seals).collect();
    let heard = wait_for("the notification", || Some(people.heard()).filter(|all| !all.is_empty()));
    let page = &heard[0].payload;
    assert_eq!(page["groupLabels"], json!({ "incident": incident["id"].to_string() }));
    assert_eq!((told(page, "firing"), told(page, "resolved")), (expected.clone(), BTreeSet::new()), "{page:#}");
    let id = incident["id"].to_string();
    let of_fault = || -> Vec<Value> {
        let all = people.heard().into_iter().map(|h| h.payload);
        all.filter(|payload| payload["groupLabels"]["incident"] == id.as_str()).collect()
    };
    // Another group waits for group_wait: by then the interval of ours has ended, where it is the shorter of the two.
    give(&url, &[json!({ "labels": { "alertname": "EntranceLost", "incident": "another" } })]);
    wait_for("another group", || {
        people.heard().into_iter().find(|h| h.payload["groupLabels"]["incident"] == "another")
    });
    assert_eq!(of_fault().len(), 1, "one fault, one notification: {:#?}", of_fault());
    if to_the_end {
        control.set(&format!("nodes/{switch}"), "none");
        daemon.resolved(incident["id"].as_u64().expect("a number"));
        wait_for("the end, told", || of_fault().pop().filter(|last| last["status"] == "resolved"));
        let over: BTreeSet<_> = of_fault().iter().flat_map(|payload| told(payload, "resolved")).collect();
        assert!(over.is_superset(&expected), "{over:#?}");
    }
    assert!(watchdog.heard().iter().all(|h| told(&h.payload, "firing") == told_watchdog()), "never to people");
}

fn told_watchdog() -> BTreeSet<(String, String)> {
    BTreeSet::from([("Watchdog".to_owned(), String::new())])
}

/// Whoever runs Alertmanager behind cunkou with the shipped settings gets one notification a fault too.
#[test]
fn a_dead_switch_is_one_notification_through_the_shipped_alertmanager() {
    // The end of a group is told when group_interval (5 min) has passed.
    one_fault(|settings| settings, std::env::var_os("CUNKOU_LONG").is_some());
}

/// The same to its end. With an interval that ends meanwhile, each change of the group would be told: there is none before
/// its end.
#[test]
fn nothing_of_a_fault_is_told_a_second_time_when_group_interval_ends() {
    let quick = |settings: String| {
        assert_eq!(settings.matches("group_interval: 5m").count(), 1);
        settings.replace("group_interval: 5m", "group_interval: 1s")
    };
    one_fault(quick, true);
}

/// What the shipped settings mute, and what they never do: alerts as cunkou labels them, given to Alertmanager at once.
#[test]
fn inside_an_incident_the_larger_word_mutes_the_smaller_and_never_across() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (people, watchdog) = (Receiver::start(Answer::Status(200)), Receiver::start(Answer::Status(200)));
    let Some((_alertmanager, url)) = alertmanager(folder.path(), &shipped(&people, &watchdog)) else { return };
    // What stands (with its entrance), what stands beside it in the same incident, and whether that is muted.
    let cases = [
        (("EntranceLost", "E1"), ("EntranceReduced", "E2"), true),
        (("EntranceLost", "E1"), ("CameraDown", ""), true),
        (("EntranceLost", "E1"), ("NodeDown", ""), false),
        (("EntranceLost", "E1"), ("EntranceLost", "E2"), false),
        (("NodeDown", ""), ("EntranceReduced", "E2"), true),
        (("NodeDown", ""), ("CameraUnknown", ""), true),
        (("NodePartial", ""), ("CameraDown", ""), true),
        (("NodePartial", ""), ("EntranceReduced", "E2"), false),
        (("CommonCause", ""), ("CameraDown", ""), true),
        // Known by day that the night will be lost: more than that it is reduced now, less than that it is lost.
        (("EntranceLostTonight", "E1"), ("EntranceReduced", "E1"), true),
        (("EntranceLostTonight", "E1"), ("CameraDown", ""), true),
        (("EntranceLost", "E1"), ("EntranceLostTonight", "E1"), true),
        // Another entrance will be lost too, which is news.
        (("EntranceLost", "E1"), ("EntranceLostTonight", "E2"), false),
        (("NodeDown", ""), ("EntranceLostTonight", "E1"), false),
        (("SealBroken", ""), ("CameraDown", ""), true),
        (("EntranceLost", "E1"), ("SealBroken", ""), false),
    ];
    let labels = |(name, entrance): (&str, &str), incident: usize, part: &str| json!({ "labels": { "alertname": name, "entrance": entrance, "incident": incident.to_string(), "part": part } });
    let pairs = cases.iter().enumerate();
    let mut all: Vec<Value> = pairs.flat_map(|(n, c)| [labels(c.0, n, "larger"), labels(c.1, n, "smaller")]).collect();
    // By itself, beside incidents of all kinds: nothing mutes it.
    all.push(labels(("EntranceReduced", "E1"), cases.len(), "smaller"));
    give(&url, &all);
    let muted = || -> BTreeSet<(String, String)> {
        let muted = |a: &Value| a["status"]["inhibitedBy"].as_array().is_some_and(|by| !by.is_empty());
        let of = |a: Value| (text(&a["labels"]["incident"]), text(&a["labels"]["part"]));
        alerts(&url).into_iter().filter(muted).map(of).collect()
    };
    let smaller = |n: usize| (n.to_string(), "smaller".to_owned());
    let expected: BTreeSet<_> = cases.iter().enumerate().filter(|(_, c)| c.2).map(|(n, _)| smaller(n)).collect();
    wait_to_see("what is muted", || {
        let seen = muted();
        if seen == expected && alerts(&url).len() == all.len() { Ok(()) } else { Err(seen) }
    });
}
