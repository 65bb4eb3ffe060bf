//! A monitor that is stopped, whose clock is stepped, or that is short of handles or of a processor: its own trouble is
//! told as its own, no camera is called down for it, and a true fault is told once all the same.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use common::receiver::{Answer, Receiver};
use common::{Control, Daemon, FAST, Town, text, texts, wait_for};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

fn settings(receiver: &Receiver) -> String {
    format!("{FAST}\n[[sink]]\nname = \"desk\"\nkind = \"webhook\"\nurl = \"{}\"\n", receiver.url)
}

/// Whether the long runs were asked for.
fn long() -> bool {
    std::env::var_os("CUNKOU_LONG").is_some_and(|v| v == "1")
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64()
}

/// Waits until every camera has answered after a moment (of the daemon's clock, in seconds since 1970).
fn all_answered_since(daemon: &Daemon, moment: f64) {
    wait_for("fresh answers of every camera", || {
        let metrics = daemon.metrics();
        let of_reach = metrics.lines().filter(|l| {
            l.starts_with("cunkou_camera_last_success_timestamp_seconds{") && l.contains("check=\"reach\"")
        });
        let answers: Vec<f64> = of_reach.filter_map(|l| l.rsplit_once(' ')?.1.parse().ok()).collect();
        (!answers.is_empty() && answers.iter().all(|t| *t > moment)).then_some(())
    });
}

/// Nothing was concluded against anything, nothing was told.
#[track_caller]
fn nothing_was_said(daemon: &Daemon, receiver: &Receiver, what: &str) {
    let incidents = daemon.items("incidents");
    assert!(incidents.is_empty(), "{what}: {incidents:#?}\n{}", daemon.program.logged());
    assert!(receiver.heard().is_empty(), "{what}: {:#?}", receiver.heard());
}

/// A true fault is found, told once under one key, and over when it is over.
fn a_true_fault_is_told(daemon: &Daemon, control: &Control, receiver: &Receiver) {
    let told = receiver.heard().len();
    let (entrance, camera) = daemon.sole_watcher();
    control.set(&format!("cameras/{camera}"), "refuse");
    let incident = daemon.incident("the loss", |i| texts(&i["entrances_lost"]).contains(&entrance));
    assert_eq!(incident["pages"], 1, "{incident:#}");
    control.set(&format!("cameras/{camera}"), "none");
    daemon.resolved(incident["id"].as_u64().expect("a number"));
    daemon.all_sent("desk");
    assert!(receiver.heard().len() > told);
}

/// A second number for long runs.
fn freeze_for() -> Vec<Duration> {
    let mut all = vec![Duration::from_secs(20)];
    if long() {
        all.push(Duration::from_secs(60));
    } else {
        all.push(Duration::from_secs(32));
    }
    all
}

/// History has no hole and no false figure: of every camera nothing is known of a pause like a restart.
fn the_pause_is_unknown_and_no_outage(town: &Town, seconds: f64) {
    let mut command = common::cunkou();
    command.args(["report", "--by", "camera", "--format", "json", "--config"]).arg(town.path("cunkou.toml"));
    let output = command.output().expect("the report runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let cameras = report["items"].as_array().expect("cameras");
    assert_eq!(cameras.len(), 60);
    for camera in cameras {
        assert_eq!((&camera["availability"], &camera["out_seconds"]), (&1.0.into(), &0.0.into()), "{camera:#}");
        let unknown = camera["unknown_seconds"].as_f64().expect("a number");
        // The last turn before the pause was up to a second before it.
        assert!(unknown > seconds - 1.0, "{camera:#}");
    }
}

/// 20 s is a pause; more than 30 s is handled like a restart (60 s with `CUNKOU_LONG=1`, else just over the border).
/// Twenty cameras are slow, so that probes are under way whenever it stops: their deadlines run out in the pause.
#[test]
fn a_frozen_monitor_calls_no_camera_down() {
    let receiver = Receiver::start(Answer::Status(200));
    let town = Town::new(60, &settings(&receiver));
    let (_cameras, control) = town.simulate();
    let daemon = town.run();
    daemon.all_up();
    let slow: Vec<String> = daemon.items("cameras").iter().rev().take(20).map(|c| text(&c["id"])).collect();
    for id in &slow {
        control.set(&format!("cameras/{id}"), "slow");
    }
    wait_for("twenty slow cameras", || (daemon.api("status")["cameras"]["degraded"] == 20).then_some(()));
    // That they are slow may be told to those who want to know all; it is no part of this.
    daemon.all_sent("desk");
    let (incidents, told) = (daemon.items("incidents").len(), receiver.heard().len());
    let inconclusive = || -> f64 {
        let series =
            ["reach", "stream"].map(|c| format!("cunkou_probes_total{{check=\"{c}\",result=\"inconclusive\"}}"));
        series.iter().filter_map(|s| daemon.metric(s)).sum()
    };
    for (n, pause) in freeze_for().into_iter().enumerate() {
        let before = inconclusive();
        daemon.program.signal(Signal::STOP);
        std::thread::sleep(pause);
        daemon.program.signal(Signal::CONT);
        all_answered_since(&daemon, now());
        wait_for("the end of a first round", || daemon.api("status")["first_round"].is_null().then_some(()));
        let all = daemon.items("incidents");
        assert_eq!(all.len(), incidents, "after {pause:?}: {all:#?}\n{}", daemon.program.logged());
        assert_eq!(receiver.heard().len(), told, "after {pause:?}");
        assert!(inconclusive() > before, "probes were under way: {pause:?}\n{}", daemon.program.logged());
        let log = daemon.program.logged();
        assert!(log.matches("did not run").count() > n, "own trouble is told as such: {log}");
        assert_eq!(daemon.metric("cunkou_monitor_blind"), Some(0.0));
    }
    let longest = *freeze_for().last().expect("a pause");
    the_pause_is_unknown_and_no_outage(&town, longest.as_secs_f64());
    for id in &slow {
        control.set(&format!("cameras/{id}"), "none");
    }
    daemon.all_up();
    a_true_fault_is_told(&daemon, &control, &receiver);
}

/// What broke while it was frozen is news when it runs again, once.
#[test]
fn what_breaks_in_a_pause_is_told_after_it() {
    let receiver = Receiver::start(Answer::Status(200));
    let town = Town::new(40, &settings(&receiver));
    let (_cameras, control) = town.simulate();
    let daemon = town.run();
    daemon.all_up();
    let (entrance, camera) = daemon.sole_watcher();
    daemon.program.signal(Signal::STOP);
    control.set(&format!("cameras/{camera}"), "drop");
    std::thread::sleep(Duration::from_secs(if long() { 45 } else { 10 }));
    daemon.program.signal(Signal::CONT);
    let incident = daemon.incident("the loss", |i| texts(&i["entrances_lost"]).contains(&entrance));
    assert_eq!((&incident["pages"], &incident["cameras"]), (&1.into(), &serde_json::json!([camera])));
    control.set(&format!("cameras/{camera}"), "none");
    daemon.resolved(incident["id"].as_u64().expect("a number"));
}

/// Debian's libfaketime for programs with threads.
fn libfaketime() -> Option<PathBuf> {
    let places = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];
    let found = places.iter().map(|p| Path::new(p).join("faketime/libfaketimeMT.so.1")).find(|p| p.exists());
    if found.is_none() {
        println!("skipped: libfaketime is not installed (Debian: faketime)");
    }
    found
}

/// A daemon whose wall clock is what a file says; its boot clock is the machine's.
struct Stepped {
    file: PathBuf,
    library: PathBuf,
}

impl Stepped {
    fn new(town: &Town, library: PathBuf) -> Stepped {
        let stepped = Stepped { file: town.path("faketime"), library };
        stepped.by(0);
        stepped
    }

    fn starts(&self, command: &mut Command) {
        let switches = ["FAKETIME_NO_CACHE", "FAKETIME_DONT_FAKE_MONOTONIC", "DONT_FAKE_MONOTONIC", "NO_FAKE_STAT"];
        command.env("LD_PRELOAD", &self.library).env("FAKETIME_TIMESTAMP_FILE", &self.file);
        command.envs(switches.map(|s| (s, "1")));
    }

    /// Steps its wall clock to so many seconds before or after the true time.
    fn by(&self, seconds: i64) {
        let beside = self.file.with_extension("new");
        std::fs::write(&beside, format!("{seconds:+}\n")).expect("a file");
        std::fs::rename(beside, &self.file).expect("a file");
    }
}

/// The daemon's time, as it says it.
fn time_of(daemon: &Daemon) -> f64 {
    let at = text(&daemon.api("status")["at"]);
    let at: jiff::Timestamp = at.parse().expect("a time");
    at.as_millisecond() as f64 / 1_000.0
}

#[test]
fn a_stepped_clock_is_no_news() {
    let Some(library) = libfaketime() else { return };
    let receiver = Receiver::start(Answer::Status(200));
    let town = Town::new(40, &settings(&receiver));
    let (_cameras, control) = town.simulate();
    let clock = Stepped::new(&town, library);
    let daemon = town.run_with(|c| clock.starts(c));
    daemon.all_up();
    let (hour, day) = (3_600, 86_400);
    let true_now = now() as i64;
    // 1970-01-02, and seven seconds before the seconds since 1970 leave 32 bits: they do so while we look.
    let steps = [hour, 0, -hour, day, -day, day - true_now, i64::from(i32::MAX) - 7 - true_now, 0];
    for (n, step) in steps.into_iter().enumerate() {
        clock.by(step);
        let there = |t: f64| (t - now() - step as f64).abs() < 30.0;
        wait_for("the stepped time", || there(time_of(&daemon)).then_some(()));
        all_answered_since(&daemon, now() + step as f64);
        daemon.all_up();
        nothing_was_said(&daemon, &receiver, &format!("a step to {step:+} s"));
        assert_eq!(common::get(&format!("{}/-/healthy", daemon.base)).status, 200, "{step:+}");
        wait_for("readiness", || (common::get(&format!("{}/-/ready", daemon.base)).status == 200).then_some(()));
        let log = daemon.program.logged();
        assert_eq!(log.matches("the clock was stepped").count(), n + 1, "each step is told: {log}");
    }
    a_true_fault_is_told(&daemon, &control, &receiver);
}

/// What waits for a sink when the clock is set back does not wait until the old time comes again.
#[test]
fn a_clock_set_back_delays_no_message() {
    let Some(library) = libfaketime() else { return };
    let receiver = Receiver::start(Answer::Status(500));
    let town = Town::new(20, &settings(&receiver));
    let (_cameras, control) = town.simulate();
    let clock = Stepped::new(&town, library);
    let daemon = town.run_with(|c| clock.starts(c));
    daemon.all_up();
    let (entrance, camera) = daemon.sole_watcher();
    control.set(&format!("cameras/{camera}"), "refuse");
    let tries = wait_for("some tries", || Some(receiver.heard()).filter(|h| h.len() >= 2));
    clock.by(-86_400);
    wait_for("yesterday", || (time_of(&daemon) < now() - 80_000.0).then_some(()));
    let before = daemon.incident("the same incident", |i| texts(&i["entrances_lost"]).contains(&entrance));
    receiver.answer(Answer::Status(200));
    daemon.all_sent("desk");
    let last = receiver.heard().pop().expect("it was told");
    assert_eq!(last.key, tries[0].key, "under its key");
    assert_eq!(before["pages"], 1);
    control.set(&format!("cameras/{camera}"), "none");
    daemon.resolved(before["id"].as_u64().expect("a number"));
}

/// Connections that only stand there, to take handles away; opened again as they are closed.
struct Crowd {
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Crowd {
    fn of(n: usize, base: &str) -> Crowd {
        let stop = Arc::new(AtomicBool::new(false));
        let (ended, address) = (stop.clone(), base.trim_start_matches("http://").to_owned());
        let thread = std::thread::spawn(move || {
            let mut held: Vec<(Instant, TcpStream)> = Vec::new();
            while !ended.load(Ordering::Relaxed) {
                // The daemon ends a connection without a request after five seconds.
                held.retain(|(since, _)| since.elapsed() < Duration::from_secs(4));
                while held.len() < n {
                    let Ok(stream) = TcpStream::connect(&address) else { break };
                    held.push((Instant::now(), stream));
                }
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        Crowd { stop, thread: Some(thread) }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[test]
fn want_of_file_handles_is_no_fault_of_a_camera() {
    let receiver = Receiver::start(Answer::Status(200));
    let town = Town::new(60, &settings(&receiver));
    let (_cameras, control) = town.simulate();
    let daemon = town.run_with(|c| {
        let run = std::mem::replace(c, Command::new("sh"));
        c.args(["-c", "ulimit -n 64; exec \"$0\" \"$@\""]).arg(run.get_program()).args(run.get_args());
        c.envs(run.get_envs().filter_map(|(k, v)| Some((k, v?))));
    });
    daemon.all_up();
    assert!(daemon.program.logged().contains("LimitNOFILE"), "said at the start: {}", daemon.program.logged());
    nothing_was_said(&daemon, &receiver, "64 handles");
    let inconclusive =
        || daemon.metric("cunkou_probes_total{check=\"reach\",result=\"inconclusive\"}").expect("a counter");
    let crowd = Crowd::of(60, &daemon.base);
    // Nobody else gets in now; the log is what there is to see it by.
    wait_for("want of handles", || daemon.program.logged().contains("cannot be accepted").then_some(()));
    std::thread::sleep(Duration::from_secs(15));
    drop(crowd);
    all_answered_since(&daemon, now());
    daemon.all_up();
    nothing_was_said(&daemon, &receiver, "all handles gone");
    assert!(inconclusive() > 0.0, "the probes that had no socket say nothing: {}", daemon.program.logged());
    a_true_fault_is_told(&daemon, &control, &receiver);
}

/// Holds a process to a twentieth of a processor: by a cgroup of its own where that can be had, else by stopping it for
/// most of the time.
enum Starved {
    Cgroup(PathBuf),
    Stopped(Arc<AtomicBool>, Option<std::thread::JoinHandle<()>>),
}

impl Starved {
    fn to_a_twentieth(pid: u32) -> Starved {
        match Starved::cgroup(pid) {
            Ok(group) => Starved::Cgroup(group),
            Err(_) => Starved::duty_cycle(pid),
        }
    }

    fn cgroup(pid: u32) -> std::io::Result<PathBuf> {
        let name = format!("cunkou-test-{pid}");
        let unified = Path::new("/sys/fs/cgroup/cgroup.controllers").exists();
        let group = Path::new(if unified { "/sys/fs/cgroup" } else { "/sys/fs/cgroup/cpu" }).join(name);
        std::fs::create_dir(&group)?;
        let limit = || {
            if unified {
                std::fs::write(group.join("cpu.max"), "5000 100000")?;
            } else {
                std::fs::write(group.join("cpu.cfs_period_us"), "100000")?;
                std::fs::write(group.join("cpu.cfs_quota_us"), "5000")?;
            }
            std::fs::write(group.join("cgroup.procs"), pid.to_string())
        };
        limit().inspect_err(|_| _ = std::fs::remove_dir(&group))?;
        Ok(group)
    }

    fn duty_cycle(pid: u32) -> Starved {
        let stop = Arc::new(AtomicBool::new(false));
        let ended = stop.clone();
        let thread = std::thread::spawn(move || {
            let Some(pid) = Pid::from_raw(pid.cast_signed()) else { return };
            while !ended.load(Ordering::Relaxed) {
                // It may have ended: then there is nobody to stop.
                let _ = kill_process(pid, Signal::STOP);
                std::thread::sleep(Duration::from_millis(95));
                let _ = kill_process(pid, Signal::CONT);
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        Starved::Stopped(stop, Some(thread))
    }
}

impl Drop for Starved {
    fn drop(&mut self) {
        match self {
            Starved::Cgroup(group) => {
                // Its process goes back to where it came from, or is gone.
                let parent = group.parent().map(|p| p.join("cgroup.procs"));
                if let (Some(parent), Ok(all)) = (parent, std::fs::read_to_string(group.join("cgroup.procs"))) {
                    for pid in all.lines() {
                        let _ = std::fs::write(&parent, pid);
                    }
                }
                let _ = std::fs::remove_dir(group);
            }
            Starved::Stopped(stop, thread) => {
                stop.store(true, Ordering::Relaxed);
                if let Some(thread) = thread.take() {
                    let _ = thread.join();
                }
            }
        }
    }
}

#[test]
fn a_twentieth_of_a_processor_makes_no_camera_down() {
    let receiver = Receiver::start(Answer::Status(200));
    let town = Town::new(150, &settings(&receiver));
    let (_cameras, control) = town.simulate();
    let daemon = town.run();
    let starved = Starved::to_a_twentieth(daemon.program.id());
    // The first round too.
    daemon.all_up();
    nothing_was_said(&daemon, &receiver, "a first round on a twentieth");
    std::thread::sleep(Duration::from_secs(if long() { 120 } else { 20 }));
    all_answered_since(&daemon, now());
    nothing_was_said(&daemon, &receiver, "a while on a twentieth");
    a_true_fault_is_told(&daemon, &control, &receiver);
    drop(starved);
    let last: Value = daemon.api("status");
    assert_eq!(last["cameras"]["up"], last["cameras"]["installed"]);
}
