//! Maintenance, from outside: what announced work explains pages nobody and stands in all figures; what still stands
//! when it is over is told then.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use common::{Daemon, FAST, Town, cunkou, texts, wait_for};

fn maintenance(daemon: &Daemon, args: &[&str]) {
    let mut command = cunkou();
    command.arg("maintenance").args(args).args(["--server", &daemon.base]).env("CUNKOU_TOKEN", &daemon.token);
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn work_on_a_camera_pages_nobody_until_it_is_over_and_the_fault_stands() {
    let town = Town::new(12, FAST);
    let (_cameras, control) = town.simulate();
    let daemon = town.run();
    daemon.all_up();
    let (entrance, camera) = daemon.sole_watcher();
    maintenance(&daemon, &["add", &camera, "--to", "2h", "--note", "换杆"]);
    assert_eq!(daemon.api("maintenance")["items"][0]["object"], camera.as_str());
    assert_eq!(daemon.api("status")["cameras"]["maintenance"], 1);
    control.set(&format!("cameras/{camera}"), "refuse");

    let lost = |i: &serde_json::Value| texts(&i["entrances_lost"]).contains(&entrance);
    let held = daemon.incident("the loss, as a fact", lost);
    assert_eq!((&held["pages"], &held["status"]), (&0.into(), &"open".into()), "{held:#}");
    let metrics = daemon.metrics();
    assert!(metrics.contains(&format!("cunkou_camera_maintenance{{camera=\"{camera}\"}} 1")));
    assert_eq!(daemon.api(&format!("entrances/{entrance}"))["state"], "lost");

    maintenance(&daemon, &["end", "1"]);
    let id = held["id"].as_u64().expect("a number");
    let told = wait_for("the page", || Some(daemon.api(&format!("incidents/{id}"))).filter(|i| i["pages"] == 1));
    let why: Vec<&str> = told["steps"].as_array().expect("steps").iter().filter_map(|s| s["why"].as_str()).collect();
    assert_eq!(why, ["held_maintenance", "maintenance_ended"], "{told:#}");
}
