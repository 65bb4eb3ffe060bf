//! A refused password is not shown again until its time has come or somebody has mended it, also over restarts.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use common::{Daemon, FAST, Town, text, texts, wait_for};
use rustix::process::Signal;

fn stop(mut daemon: Daemon) {
    daemon.program.signal(Signal::TERM);
    assert_eq!(daemon.program.ended(), Some(0), "{}", daemon.program.logged());
}

/// How often the cameras refused a password since this start, as their evidence has it.
fn refusals(daemon: &Daemon, ids: &[String]) -> usize {
    let detail = |id: &String| daemon.api(&format!("cameras/{id}"))["evidence"].as_array().cloned().unwrap();
    ids.iter().flat_map(detail).filter(|o| o["reason"] == "auth").count()
}

#[test]
fn a_refused_password_is_shown_again_once_it_was_mended() {
    let town = Town::new(20, FAST);
    town.edit("cunkou.toml", |text| text.replace("auth_retry = \"2s\"\n", ""));
    let (_cameras, _control) = town.simulate();
    let wrong = |daemon: &mut std::process::Command| _ = daemon.env("CUNKOU_SECRET_CAMERA", "admin:a-wrong-one");

    let daemon = town.run_with(wrong);
    let refused = wait_for("passwords refused", || {
        let all = daemon.items("cameras?state=degraded");
        let up = daemon.items("cameras?state=up").len();
        (!all.is_empty() && all.len() + up == 20).then_some(all)
    });
    let ids: Vec<String> = refused.iter().map(|c| text(&c["id"])).collect();
    assert!(refusals(&daemon, &ids) > 0);
    stop(daemon);

    let daemon = town.run_with(wrong);
    wait_for("the first round, and a stream of each", || {
        let asked = |id: &String| {
            let evidence = daemon.api(&format!("cameras/{id}"))["evidence"].as_array().cloned().unwrap();
            evidence.iter().any(|o| o["check"] == "stream")
        };
        (daemon.api("status")["first_round"].is_null() && ids.iter().all(asked)).then_some(())
    });
    assert_eq!(refusals(&daemon, &ids), 0, "a restart is no reason to try again");
    stop(daemon);

    town.edit("secrets.toml", |text| text + "\n# mended\n");
    let daemon = town.run();
    daemon.all_up();
    stop(daemon);
}

/// Cameras lock an account after a few wrong passwords: what was refused is left alone for `auth_retry`, and tried at
/// once when the secrets are other ones.
#[test]
fn a_refused_password_rests_until_the_secrets_change() {
    let town = Town::new(12, FAST);
    let (_cameras, _control) = town.simulate();
    let right = std::fs::read_to_string(town.path("secrets.toml")).expect("the secrets");
    let wrong: Vec<&str> =
        right.lines().map(|l| if l.starts_with("password") { "password = \"not it\"" } else { l }).collect();
    town.edit("secrets.toml", |_| wrong.join("\n"));
    town.edit("cunkou.toml", |all| all.replace("auth_retry = \"2s\"", "auth_retry = \"6h\""));
    let daemon = town.run();
    let refused = || {
        let mut all = daemon.items("cameras");
        all.retain(|c| texts(&c["reasons"]).contains("auth"));
        all
    };
    let cameras = wait_for("refused passwords", || {
        let whole = daemon.api("status")["first_round"].is_null();
        Some(refused()).filter(|all| whole && !all.is_empty())
    });
    let id = text(&cameras[0]["id"]);
    let series = format!("cunkou_camera_last_success_timestamp_seconds{{camera=\"{id}\",check=\"stream\"}}");
    let answered = || daemon.metric(&series).unwrap_or_default();
    let first = answered();
    wait_for("three more answers without a password", || (answered() > first + 20.0).then_some(()));
    assert_eq!(refused().len(), cameras.len(), "none was tried with a password again, so none can have been accepted");

    town.edit("secrets.toml", |_| right.clone());
    daemon.program.signal(Signal::HUP);
    daemon.all_up();
}
