//! The Alertmanager sink against Alertmanager itself.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use std::process::Command;

use common::{FAST, Program, Town, free_port, http, installed, text, texts, wait_for};
use serde_json::Value;

/// Starts an Alertmanager that tells nobody, and waits until it answers: it, and its address.
fn alertmanager(folder: &std::path::Path) -> Option<(Program, String)> {
    let binary = installed("prometheus-alertmanager")?;
    let config = folder.join("alertmanager.yml");
    std::fs::write(&config, "route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n").expect("a file");
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

/// What fires there under a name.
fn firing(url: &str, name: &str) -> Vec<Value> {
    let reply = common::get(&format!("{url}/api/v2/alerts"));
    assert_eq!(reply.status, 200, "{}", reply.text());
    let all: Value = serde_json::from_slice(&reply.body).expect("JSON");
    all.as_array().expect("a list").iter().filter(|a| a["labels"]["alertname"] == name).cloned().collect()
}

#[test]
fn a_real_alertmanager_hears_of_the_loss_and_of_its_end() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let Some((_alertmanager, url)) = alertmanager(folder.path()) else { return };
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
