//! The example settings are such as their programs take. A program that is not here is a test that is skipped, and says
//! so in a line that `tests/all` collects.

use std::process::Command;

use crate::source::{root, sources, text};

fn takes(test: &str, program: &str, arguments: &[&str], package: &str) {
    let run = Command::new(program).args(arguments).current_dir(root()).output();
    let Ok(output) = run else {
        println!("skipped: {test}: {program} is not installed (Debian: {package})");
        return;
    };
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{program} {arguments:?}:\n{}", String::from_utf8_lossy(&said));
}

#[test]
fn prometheus_takes_its_example() {
    takes("prometheus_takes_its_example", "promtool", &["check", "config", "config/prometheus.yml"], "prometheus");
}

#[test]
fn alertmanager_takes_its_example() {
    let arguments = ["check-config", "config/alertmanager.yml"];
    takes("alertmanager_takes_its_example", "amtool", &arguments, "prometheus-alertmanager");
}

/// Where each alert goes: a lost entrance pages people, a dead camera nobody, the watchdog its own receiver.
#[test]
fn alertmanager_routes_by_severity() {
    let routes = [
        ("people", "alertname=EntranceLost severity=critical incident=7"),
        ("people", "alertname=NodeDown severity=warning incident=7"),
        ("nobody", "alertname=CameraDown severity=info incident=7"),
        ("watchdog", "alertname=Watchdog severity=none"),
        ("people", "alertname=CunkouAway severity=critical job=cunkou"),
        ("nobody", "alertname=CunkouCameraDown severity=info job=cunkou camera=C1"),
    ];
    for (receiver, labels) in routes {
        let expect = format!("--verify.receivers={receiver}");
        let mut arguments = vec!["config", "routes", "test", "--config.file=config/alertmanager.yml", &expect];
        arguments.extend(labels.split(' '));
        takes("alertmanager_routes_by_severity", "amtool", &arguments, "prometheus-alertmanager");
    }
}

/// At most 1.3 of 10, where `OK` begins at 2.0 (systemd-analyze(1), security).
#[test]
fn systemd_calls_the_unit_hardened() {
    let arguments = ["security", "--offline=true", "--threshold=13", "config/cunkou.service"];
    takes("systemd_calls_the_unit_hardened", "systemd-analyze", &arguments, "systemd");
}

/// Our port, our metrics and our alerts, by the names that the code has for them.
#[test]
fn examples_name_what_there_is() {
    for path in ["config/prometheus.yml", "config/cunkou.toml", "config/Caddyfile"] {
        assert!(text(path).contains("127.0.0.1:9778"), "{path}");
    }
    let code: Vec<String> = sources("src").into_iter().flat_map(|f| f.texts).map(|(_, t)| t).collect();
    let alertmanager = text("config/alertmanager.yml");
    let named: Vec<&str> = alertmanager
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| ["Entrance", "Node", "Camera", "Common", "Watchdog"].iter().any(|p| w.starts_with(p)))
        .collect();
    assert!(named.contains(&"EntranceLost") && named.contains(&"Watchdog"), "{named:?}");
    for alert in named {
        let word = format!("\"{alert}\"");
        assert!(code.contains(&word), "config/alertmanager.yml: {alert} is no alert");
    }
}
