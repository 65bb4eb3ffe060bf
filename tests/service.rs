//! The daemon under a service manager, and `cunkou doctor`: what is told by systemd's protocol, and what of a machine is
//! found wanting.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use common::receiver::{Answer, Receiver};
use common::{FAST, Town, cunkou, get, http, wait_for, wait_to_see};
use rustix::process::Signal;
use serde_json::Value;

/// A service manager that writes down what it is told.
struct Manager {
    socket: UnixDatagram,
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Manager {
    fn new() -> Manager {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).expect("a socket");
        socket.set_read_timeout(Some(Duration::from_millis(200))).expect("a timeout");
        Manager { socket, path, _folder: folder }
    }

    fn starts(&self, command: &mut Command) {
        command.env("NOTIFY_SOCKET", &self.path).env("WATCHDOG_USEC", "2000000");
    }

    fn next(&self) -> Option<String> {
        let mut buffer = [0; 1024];
        let n = self.socket.recv(&mut buffer).ok()?;
        Some(String::from_utf8_lossy(&buffer[..n]).into_owned())
    }

    /// Waits for a word; gives all that was said up to it, but signs of life.
    fn hears(&self, word: &str) -> Vec<String> {
        let mut said = Vec::new();
        wait_for(word, || {
            said.extend(std::iter::from_fn(|| self.next()).take(1));
            said.last().is_some_and(|s| s.contains(word)).then_some(())
        });
        said.retain(|s| !s.starts_with("WATCHDOG=1"));
        said
    }
}

#[test]
fn the_manager_hears_ready_reloading_and_stopping_in_their_order() {
    let manager = Manager::new();
    let town = Town::new(12, FAST);
    let (_cameras, _control) = town.simulate();
    let mut daemon = town.run_with(|c| manager.starts(c));
    let ready = manager.hears("READY=1");
    assert_eq!(ready.len(), 1, "nothing before it: {ready:?}");
    assert!(ready[0].contains("STATUS=watching 12 cameras and "), "{ready:?}");
    assert_eq!(daemon.api("status")["registry_version"], 1, "the registry is in force by then");
    assert_eq!(get(&format!("{}/-/ready", daemon.base)).status, 200);
    manager.hears("WATCHDOG=1");

    daemon.program.signal(Signal::HUP);
    let reload = manager.hears("READY=1");
    assert_eq!(reload.len(), 2, "{reload:?}");
    assert!(reload[0].starts_with("RELOADING=1\nMONOTONIC_USEC="), "{reload:?}");
    // Also when nothing of it is taken over: it goes on with what it has.
    town.edit("registry/cameras.csv", |all| all.replacen("C0001,", "C0001 is no id,", 1));
    daemon.program.signal(Signal::HUP);
    assert_eq!(manager.hears("READY=1").len(), 2);
    manager.hears("WATCHDOG=1");

    daemon.program.signal(Signal::TERM);
    manager.hears("STOPPING=1");
    assert_eq!(daemon.program.ended(), Some(0), "{}", daemon.program.logged());
}

#[test]
fn what_cannot_start_is_never_called_ready() {
    let manager = Manager::new();
    let town = Town::new(12, FAST);
    town.edit("registry/cameras.csv", |all| all.replacen("C0001,", "C0001 is no id,", 1));
    let mut command = town.run_command();
    manager.starts(&mut command);
    let mut daemon = common::Program::start(&mut command);
    assert_eq!(daemon.ended(), Some(3));
    assert_eq!(manager.next(), None);
}

/// A process that does not run is not spoken for; one that runs again is, and goes on as if nothing had been.
#[test]
fn a_frozen_process_is_silent_to_its_manager() {
    let manager = Manager::new();
    let town = Town::new(12, FAST);
    let (_cameras, _control) = town.simulate();
    let daemon = town.run_with(|c| manager.starts(c));
    manager.hears("WATCHDOG=1");
    daemon.program.signal(Signal::STOP);
    // What was on its way is read to the end; then two seconds without a word, when four would be due.
    while manager.next().is_some() {}
    let silent = (0..10).filter_map(|_| manager.next()).collect::<Vec<_>>();
    assert!(silent.is_empty(), "{silent:?}");
    daemon.program.signal(Signal::CONT);
    manager.hears("WATCHDOG=1");
    daemon.all_up();
    assert!(daemon.items("incidents").is_empty());
}

/// What strace is told to do to a running program, until it is dropped.
fn injected(into: &common::Program, what: &str) -> common::Program {
    let mut strace = Command::new("/usr/bin/strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e"]).arg(format!("inject={what}"));
    common::Program::start(strace.args(["-p", &into.id().to_string()]))
}

/// Whether strace is there and may trace.
fn may_trace(test: &str) -> bool {
    let tried = Command::new("/usr/bin/strace").args(["-qq", "-o", "/dev/null", "true"]).output();
    let may = tried.is_ok_and(|o| o.status.success());
    if !may {
        println!("skipped: {test}: strace is not installed, or may not trace here");
    }
    may
}

/// Commits run beside the loop, so with a disk that does not answer it turns on: that is no work, and is not spoken for.
/// One that says no answers, and a restart would not mend it.
#[test]
fn a_writer_that_hangs_is_not_spoken_for_and_one_that_is_refused_is() {
    let test = "a_writer_that_hangs_is_not_spoken_for_and_one_that_is_refused_is";
    if !may_trace(test) {
        return;
    }
    let manager = Manager::new();
    let town = Town::new(12, FAST);
    let (_cameras, _control) = town.simulate();
    let daemon = town.run_with(|c| manager.starts(c));
    daemon.all_up();
    let away = |why: &str| {
        wait_to_see(why, || {
            let said = http("GET", &format!("{}/-/ready", daemon.base), &[], b"").expect("an answer").text();
            if said.contains(why) { Ok(()) } else { Err(said) }
        });
    };
    let refusing = injected(&daemon.program, "fsync,fdatasync:error=ENOSPC");
    away("the store does not write");
    // As long as the hanging one below may take, counted in signs of life: four in two seconds.
    (0..40).for_each(|_| drop(manager.hears("WATCHDOG=1")));
    drop(refusing);
    wait_to_see("the store to be back", || {
        let status = get(&format!("{}/-/ready", daemon.base)).status;
        if status == 200 { Ok(()) } else { Err(status) }
    });

    let hanging = injected(&daemon.program, "fsync,fdatasync:delay_enter=600s");
    let said = manager.hears("STATUS=a commit hangs");
    assert_eq!(said.len(), 1, "{said:?}");
    away("the database does not answer");
    while manager.next().is_some() {}
    let silent = (0..10).filter_map(|_| manager.next()).collect::<Vec<_>>();
    assert!(silent.is_empty(), "{silent:?}");
    assert_eq!(get(&format!("{}/-/healthy", daemon.base)).status, 200, "the loop turns");
    // The disk answers again before the manager has ended it: nothing is lost, and it is spoken for.
    drop(hanging);
    manager.hears("WATCHDOG=1");
    daemon.all_up();
    assert!(daemon.items("incidents").is_empty());
}

fn doctor(town: &Town, more: &[&str], limit: Option<u32>) -> Output {
    let doctor = cunkou();
    let mut command = match limit {
        Some(files) => {
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("ulimit -n {files}; exec \"$0\" \"$@\"")]).arg(doctor.get_program());
            shell
        }
        None => doctor,
    };
    command.args(["doctor", "--config"]).arg(town.path("cunkou.toml")).args(more);
    command.output().expect("the doctor runs")
}

fn findings(output: &Output) -> Vec<Value> {
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {} {}", text(&output.stdout), text(&output.stderr)));
    let findings = report["findings"].as_array().expect("findings").clone();
    let wrong = findings.iter().any(|f| f["verdict"] == "warning" || f["verdict"] == "fault");
    assert_eq!(report["ok"], !wrong);
    assert_eq!(output.status.code(), Some(i32::from(wrong)), "{report:#}");
    for f in &findings {
        let nothing_to_do = f["advice"] == "";
        assert_eq!(nothing_to_do, f["verdict"] == "ok", "{f:#}");
    }
    findings
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn verdict(findings: &[Value], check: &str) -> String {
    let found = findings.iter().find(|f| f["check"] == check).unwrap_or_else(|| panic!("{check}: {findings:#?}"));
    common::text(&found["verdict"])
}

#[test]
fn the_doctor_says_what_is_right_and_what_to_do_about_the_rest() {
    let receiver = Receiver::start(Answer::Status(405));
    let gone = common::free_port();
    let sinks = format!(
        "\n[[sink]]\nname = \"desk\"\nkind = \"webhook\"\nurl = \"{}?key=hunter2\"\n\
         \n[[sink]]\nname = \"nobody\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1:{gone}/hunter2\"\n\
         \n[heartbeat]\nurl = \"{}/hunter2\"\n",
        receiver.url, receiver.url
    );
    let town = Town::new(12, &sinks);
    let (_cameras, _control) = town.simulate();
    let seen = findings(&doctor(&town, &["--format", "json"], None));
    for check in ["registry", "secrets", "database", "disk", "networks", "dns", "canary", "heartbeat"] {
        assert_eq!(verdict(&seen, check), "ok", "{seen:#?}");
    }
    for check in ["files", "clock", "ping"] {
        verdict(&seen, check);
    }
    let of_sinks: Vec<&Value> = seen.iter().filter(|f| f["check"] == "sink").collect();
    assert_eq!((&of_sinks[0]["verdict"], &of_sinks[1]["verdict"]), (&"ok".into(), &"fault".into()), "{of_sinks:#?}");
    assert!(seen.iter().all(|f| !f.to_string().contains("hunter2")), "a part of a URL may be a secret");
    assert!(receiver.heard().iter().all(|h| h.payload.is_null() && h.key.is_none()), "no message was sent");

    // While a daemon writes: it is named, and not disturbed.
    let daemon = town.run();
    let seen = findings(&doctor(&town, &["--format", "json"], None));
    let database = seen.iter().find(|f| f["check"] == "database").expect("a finding");
    assert!(common::text(&database["found"]).contains(&format!("process {}", daemon.program.id())), "{database}");
}

#[test]
fn the_doctor_finds_what_is_wrong() {
    let town = Town::new(12, "\n[[sink]]\nname = \"x\"\nkind = \"webhook\"\nurl = \"http://no.such.name.invalid/\"\n");
    town.edit("cunkou.toml", |all| {
        let lines = all.lines().map(|l| match l.split(" = ").next() {
            Some("canaries") => "canaries = []",
            Some("allow") => "allow = [\"10.0.0.0/8\"]",
            _ => l,
        });
        lines.map(|l| format!("{l}\n")).collect()
    });
    town.edit("registry/cameras.csv", |all| all.replacen("C0001,", "C0001 is no id,", 1));
    let seen = findings(&doctor(&town, &["--format", "json"], Some(64)));
    for (check, expected) in [
        ("registry", "fault"),
        ("networks", "fault"),
        ("dns", "fault"),
        ("sink", "fault"),
        ("files", "warning"),
        ("canary", "warning"),
        ("heartbeat", "warning"),
    ] {
        assert_eq!(verdict(&seen, check), expected, "{check}: {seen:#?}");
    }
    for (language, words) in [("en", ["raise", "[monitor] canaries"]), ("zh-CN", ["故障", "注意"])] {
        let said = text(&doctor(&town, &["--lang", language], Some(64)).stdout);
        let any = words.iter().filter(|w| said.contains(**w)).count();
        assert!(any >= 1, "{language}: {said}");
    }
}

#[test]
fn the_report_says_for_how_long_a_camera_was_out() {
    let town = Town::new(20, FAST);
    let (_cameras, control) = town.simulate();
    let daemon = town.run();
    daemon.all_up();
    let (_, camera) = daemon.sole_watcher();
    control.set(&format!("cameras/{camera}"), "refuse");
    let incident = daemon.incident("the loss", |i| i["status"] == "open");
    control.set(&format!("cameras/{camera}"), "none");
    daemon.resolved(incident["id"].as_u64().expect("a number"));
    let report = |more: &[&str]| {
        let mut command = cunkou();
        command.args(["report", "--config"]).arg(town.path("cunkou.toml")).args(more);
        let output = command.output().expect("the report runs");
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let by_camera: Value = serde_json::from_str(&report(&["--by", "camera", "--format", "json"])).expect("JSON");
    let items = by_camera["items"].as_array().expect("cameras");
    assert_eq!(items.len(), 20);
    // The worst stands first: the one that was out, for about as long as its incident went on.
    assert_eq!(common::text(&items[0]["id"]), camera);
    let out = items[0]["out_seconds"].as_f64().expect("a number");
    assert!(out > 0.0 && items[0]["availability"].as_f64() < Some(1.0), "{:#}", items[0]);
    assert!(items[1..].iter().all(|i| i["out_seconds"] == 0.0 && i["availability"] == 1.0), "{items:#?}");
    assert_eq!(by_camera["town"]["out_seconds"].as_f64(), Some(out));
    let by_village: Value = serde_json::from_str(&report(&["--format", "json"])).expect("JSON");
    let villages = by_village["items"].as_array().expect("villages");
    let cameras: u64 = villages.iter().filter_map(|v| v["cameras"].as_u64()).sum();
    assert_eq!((cameras, villages[0]["out_seconds"].as_f64()), (20, Some(out)));
    assert!(report(&["--lang", "zh-CN"]).contains("在线率") && report(&["--lang", "en"]).contains("available"));
    assert!(report(&["--format", "csv", "--bom"]).starts_with("\u{feff}id,name,cameras,availability,"));
    let mut wrong = cunkou();
    wrong.args(["report", "--from", "2100-01-01T00:00:00Z", "--config"]).arg(town.path("cunkou.toml"));
    assert_eq!(wrong.output().expect("it runs").status.code(), Some(2));
}
