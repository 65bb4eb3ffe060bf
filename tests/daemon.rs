//! `cunkou simulate` and `cunkou run` apart: what a restart, a second daemon, a reload and a broken folder do.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use common::{FAST, Town, get, text, texts, wait_for};
use rustix::process::Signal;
use serde_json::Value;

#[test]
fn a_second_run_goes_on_where_the_first_stopped() {
    let town = Town::new(40, FAST);
    let (_cameras, control) = town.simulate();
    let mut daemon = town.run();
    daemon.all_up();
    let (entrance, camera) = daemon.sole_watcher();
    control.set(&format!("cameras/{camera}"), "refuse");
    let before = daemon.incident("the loss of the entrance", |i| texts(&i["entrances_lost"]).contains(&entrance));

    let mut second = common::Program::start(&mut town.run_command());
    assert_eq!(second.ended(), Some(3), "one daemon a database");
    let said = wait_for("who holds it", || Some(second.logged()).filter(|l| l.contains("listening on")));
    let address = daemon.base.trim_start_matches("http://");
    assert!(said.contains(&format!("process {}", daemon.program.id())) && said.contains(address), "{said}");

    daemon.program.signal(Signal::TERM);
    assert_eq!(daemon.program.ended(), Some(0), "SIGTERM: {}", daemon.program.logged());
    drop(daemon);
    let daemon = town.run();
    let first_look = daemon.api(&format!("incidents/{}", before["id"]));
    assert_eq!(first_look["status"], "open", "known before the first round is over");
    wait_for("the end of the first round", || daemon.api("status")["first_round"].is_null().then_some(()));
    let after = daemon.incident("the same incident", |_| true);
    for same in ["id", "status", "severity", "opened_at", "pages", "cause", "entrances_lost", "since"] {
        assert_eq!(after[same], before[same], "{same}");
    }
    assert_eq!(daemon.items("incidents").len(), 1, "a restart is no news");
    assert_eq!(daemon.api(&format!("entrances/{entrance}"))["state"], "lost");

    control.set(&format!("cameras/{camera}"), "none");
    let over = daemon.resolved(before["id"].as_u64().expect("a number"));
    assert_eq!(over["pages"], before["pages"]);
}

/// Waits until a reload has been counted as wanted.
fn reloaded(daemon: &common::Daemon, well: f64) {
    wait_for("the reload", || (daemon.metric("cunkou_registry_last_reload_successful") == Some(well)).then_some(()));
}

#[test]
fn sighup_reloads_and_what_must_not_be_stays_out() {
    let town = Town::new(20, FAST);
    let (_cameras, _control) = town.simulate();
    let mut daemon = town.run();
    daemon.all_up();
    let whole = std::fs::read_to_string(town.path("registry/cameras.csv")).expect("the registry");
    let first = daemon.items("cameras").remove(0);
    let (id, name, since) = (text(&first["id"]), text(&first["name"]), first["since"].clone());

    // A name mended: in force at once, and nothing that was known is forgotten.
    let mended = whole.replacen(&name, "改名后的摄像机", 1);
    town.edit("registry/cameras.csv", |_| mended.clone());
    daemon.program.signal(Signal::HUP);
    let seen: Value = wait_for("the new name", || {
        Some(daemon.api(&format!("cameras/{id}"))).filter(|c| c["name"] == "改名后的摄像机")
    });
    assert_eq!((&seen["state"], &seen["since"]), (&"up".into(), &since));
    assert!(daemon.metrics().contains("name=\"改名后的摄像机\""));
    let version = daemon.api("status")["registry_version"].as_u64();

    // An Excel filter left on: a quarter of the cameras is gone.
    town.edit("registry/cameras.csv", |all| {
        let keep = all.lines().count() - 6;
        all.lines().take(keep).map(|l| format!("{l}\n")).collect()
    });
    daemon.program.signal(Signal::HUP);
    reloaded(&daemon, 0.0);
    assert_eq!(daemon.items("cameras").len(), 20);
    let ready = get(&format!("{}/-/ready", daemon.base));
    assert_eq!(ready.status, 200, "the last good registry does");
    assert!(ready.text().contains("reload was refused"), "{}", ready.text());

    town.edit("registry/cameras.csv", |_| mended.clone());
    daemon.program.signal(Signal::HUP);
    reloaded(&daemon, 1.0);

    // A broken folder, while it runs and at the next start.
    town.edit("registry/cameras.csv", |all| all.replacen(&id, &format!("{id}\n{id} is no id"), 1));
    daemon.program.signal(Signal::HUP);
    reloaded(&daemon, 0.0);
    assert_eq!(daemon.items("cameras").len(), 20);
    daemon.program.signal(Signal::TERM);
    assert_eq!(daemon.program.ended(), Some(0), "{}", daemon.program.logged());
    drop(daemon);
    let daemon = town.run();
    reloaded(&daemon, 0.0);
    daemon.all_up();
    assert_eq!(daemon.api("status")["registry_version"].as_u64(), version);
    assert_eq!(daemon.api(&format!("cameras/{id}"))["name"], "改名后的摄像机");
    assert!(daemon.items("incidents").is_empty(), "none of this is a fault of a camera");
}

#[test]
fn an_empty_database_and_a_broken_folder_do_not_start() {
    let town = Town::new(12, FAST);
    town.edit("registry/cameras.csv", |all| all.replacen("C0001,", "C0001 is no id,", 1));
    let mut daemon = common::Program::start(&mut town.run_command());
    assert_eq!(daemon.ended(), Some(3));
    wait_for("the fault", || daemon.logged().contains("cameras.csv").then_some(()));
}

/// A mended password is tried when the folder is read again, or at the next start; not in six hours.
#[test]
fn a_mended_password_is_tried_at_once() {
    let town = Town::new(12, FAST);
    town.edit("cunkou.toml", |all| all.replace("auth_retry = \"2s\"", "auth_retry = \"6h\""));
    let right = std::fs::read_to_string(town.path("secrets.toml")).expect("the secrets");
    let wrong: String = right
        .lines()
        .map(|l| if l.starts_with("password") { "password = \"wrong\"\n".to_owned() } else { format!("{l}\n") })
        .collect();
    assert_ne!(right, wrong);
    let (_cameras, _control) = town.simulate();
    let refused = |daemon: &common::Daemon| {
        wait_for("a refused password", || {
            let all = daemon.items("cameras");
            all.iter().any(|c| c["reasons"].as_array().is_some_and(|r| r.contains(&"auth".into()))).then_some(())
        });
    };
    town.edit("secrets.toml", |_| wrong.clone());
    let mut daemon = town.run();
    refused(&daemon);
    town.edit("secrets.toml", |_| right.clone());
    daemon.program.signal(Signal::HUP);
    daemon.all_up();

    town.edit("secrets.toml", |_| wrong.clone());
    daemon.program.signal(Signal::HUP);
    refused(&daemon);
    daemon.program.signal(Signal::TERM);
    assert_eq!(daemon.program.ended(), Some(0), "{}", daemon.program.logged());
    drop(daemon);
    town.edit("secrets.toml", |_| right.clone());
    let daemon = town.run();
    daemon.all_up();
}
