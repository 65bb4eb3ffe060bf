//! The metrics against Prometheus itself: what `promtool` says of them, and a server that scrapes them.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use std::io::Write;
use std::process::{Command, Stdio};

use common::{FAST, Program, Town, free_port, http, installed, wait_for};
use serde_json::Value;

#[test]
fn promtool_finds_nothing_to_say() {
    let Some(promtool) = installed("promtool") else { return };
    let town = Town::new(20, FAST);
    let daemon = town.demo(20);
    daemon.all_up();
    let (_, camera) = daemon.sole_watcher();
    // With a fault, so that the families of incidents and alerts have something to say too.
    let control = daemon.control.as_ref().expect("the demo has one");
    control.set(&format!("cameras/{camera}"), "refuse");
    daemon.incident("the fault", |_| true);
    let mut check = Command::new(promtool);
    check.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut check = check.spawn().expect("promtool starts");
    let metrics = daemon.metrics();
    check.stdin.take().expect("piped").write_all(metrics.as_bytes()).expect("it reads");
    let said = check.wait_with_output().expect("it ends");
    let words = String::from_utf8_lossy(&said.stdout).into_owned() + &String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success() && words.trim().is_empty(), "{words}");
}

#[test]
fn a_real_prometheus_scrapes_the_town() {
    let Some(prometheus) = installed("prometheus") else { return };
    let town = Town::new(20, FAST);
    let daemon = town.demo(20);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = folder.path().join("prometheus.yml");
    let target = daemon.base.trim_start_matches("http://");
    let yaml = format!(
        "global:\n  scrape_interval: 1s\nscrape_configs:\n  - job_name: cunkou\n    static_configs:\n      \
         - targets: [\"{target}\"]\n"
    );
    std::fs::write(&config, yaml).expect("a file");
    let address = format!("127.0.0.1:{}", free_port());
    let mut command = Command::new(prometheus);
    command.arg(format!("--config.file={}", config.display()));
    command.arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()));
    command.arg(format!("--web.listen-address={address}"));
    let _prometheus = Program::start(&mut command);
    let ask = |query: &str| -> Option<f64> {
        let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let reply = http("GET", &format!("http://{address}/api/v1/query?query={query}"), &[], b"").ok()?;
        let answer: Value = serde_json::from_slice(&reply.body).ok()?;
        answer["data"]["result"][0]["value"][1].as_str()?.parse().ok()
    };
    let is = |query: &str, value: f64| {
        wait_for(&format!("{query} = {value}"), || (ask(query) == Some(value)).then_some(()));
    };
    is("up{job=\"cunkou\"}", 1.0);
    is("sum(cunkou_cameras)", 20.0);
    is("sum(cunkou_cameras{state=\"up\"})", 20.0);
    is("count(cunkou_camera_info)", 20.0);
    is("cunkou_registry_last_reload_successful", 1.0);
    is("sum(cunkou_incidents)", 0.0);

    // A rule that a town would write: entrances that nobody watches any more.
    let (entrance, camera) = daemon.sole_watcher();
    let control = daemon.control.as_ref().expect("the demo has one");
    let lost = format!("count({})", lost_entrance(&entrance));
    control.set(&format!("cameras/{camera}"), "refuse");
    is(&lost, 1.0);
    is("sum(cunkou_incidents{state=\"open\"})", 1.0);
    // Its name, joined on by the id.
    let named = format!("count(({}) * on(entrance) group_left(name) cunkou_entrance_info)", lost_entrance(&entrance));
    is(&named, 1.0);
    control.set(&format!("cameras/{camera}"), "none");
    is(&format!("cunkou_entrance_covered{{entrance=\"{entrance}\"}}"), 1.0);
}

fn lost_entrance(entrance: &str) -> String {
    format!("cunkou_entrance_covered{{entrance=\"{entrance}\"}} == 0")
}
