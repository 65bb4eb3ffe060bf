//! A long run in a short time: short intervals, faults that come and go; memory and handles stay flat, the database
//! grows as it is said to, days are packed while probing goes on. A minute; an hour with `CUNKOU_LONG=1`.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use std::path::Path;
use std::time::{Duration, Instant};

use common::{Control, Daemon, FAST, Town, text, wait_for};
use cunkou::store::{OpenMode, Store};
use rustix::process::Signal;

const CAMERAS: usize = 300;
/// Some four hundred and fifty probes a second.
const SHORT: &str = "\n[checks]\nreach = \"1s\"\nstream = \"2s\"\n\n[health]\nconfirm = [\"100ms\", \"200ms\"]\n\n\
                     [incident]\nsettle = \"1s\"\n";
/// What one change of a camera's state takes in the database at most, bytes: its row of history with the evidence, those
/// of its entrances by day, by night and of now, its incident with alerts, steps and outbox, and their indexes.
const A_CHANGE: u64 = 8 << 10;
/// Beside that: pages that are half full.
const SLACK: u64 = 1 << 20;

fn long() -> bool {
    std::env::var_os("CUNKOU_LONG").is_some_and(|v| v == "1")
}

/// Resident memory in KiB, and open handles.
fn size_of(pid: u32) -> (u64, usize) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).expect("a size");
    let kib = line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number");
    (kib, std::fs::read_dir(format!("/proc/{pid}/fd")).expect("its handles").count())
}

fn database(town: &Town) -> u64 {
    ["cunkou.db", "cunkou.db-wal"].iter().filter_map(|n| std::fs::metadata(town.path(n)).ok()).map(|m| m.len()).sum()
}

fn changes(daemon: &Daemon) -> u64 {
    let metrics = daemon.metrics();
    let all = metrics.lines().filter(|l| l.starts_with("cunkou_camera_state_changes_total{"));
    all.filter_map(|l| l.rsplit_once(' ')?.1.parse::<f64>().ok()).sum::<f64>() as u64
}

fn stop(mut daemon: Daemon) {
    daemon.program.signal(Signal::TERM);
    assert_eq!(daemon.program.ended(), Some(0), "{}", daemon.program.logged());
}

/// Breaks a camera and heals the one before, again and again, until the time is over; looks in between.
fn trouble(span: Duration, cameras: &[String], control: &Control, mut look: impl FnMut()) {
    let began = Instant::now();
    let mut broken: Option<&String> = None;
    for camera in cameras.iter().cycle() {
        if let Some(before) = broken.replace(camera) {
            control.set(&format!("cameras/{before}"), "none");
        }
        if began.elapsed() >= span {
            return;
        }
        control.set(&format!("cameras/{camera}"), "refuse");
        look();
        std::thread::sleep(Duration::from_secs(1));
    }
}

#[test]
fn memory_and_handles_stay_flat_and_the_database_grows_as_it_is_said() {
    let town = Town::new(CAMERAS, SHORT);
    let (_cameras, control) = town.simulate();
    let daemon = town.run();
    daemon.all_up();
    let cameras: Vec<String> = daemon.items("cameras").iter().map(|c| text(&c["id"])).collect();
    stop(daemon);
    let before = database(&town);

    let daemon = town.run();
    daemon.all_up();
    let changed = changes(&daemon);
    let span = Duration::from_secs(if long() { 3_600 } else { 60 });
    // What fills once is full by then: the last outcomes of each check, buffers, connections.
    trouble(span / 3, &cameras, &control, || ());
    let (mut most, mut handles) = size_of(daemon.program.id());
    let mut least = most;
    let first = most;
    trouble(span * 2 / 3, &cameras, &control, || {
        let (kib, open) = size_of(daemon.program.id());
        (least, most, handles) = (least.min(kib), most.max(kib), handles.max(open));
    });
    let (last, _) = size_of(daemon.program.id());
    daemon.all_up();
    let probes: f64 = ["reach", "stream"]
        .iter()
        .filter_map(|c| daemon.metric(&format!("cunkou_probes_total{{check=\"{c}\",result=\"pass\"}}")))
        .sum();
    let changed = changes(&daemon) - changed;
    stop(daemon);
    let grown = database(&town).saturating_sub(before);
    println!(
        "{span:?}: {probes} probes passed, {changed} changes; {first} KiB, then {least} to {most}, at last {last}; \
         {handles} handles at most; the database grew by {grown} bytes"
    );
    assert!(probes > 100.0 * span.as_secs_f64(), "{probes} probes");
    assert!(last < first + first / 5 + 4_096, "memory: {first} KiB after a third, {last} at the end");
    assert!(handles < 200, "{handles} handles");
    assert!(changed > 10, "{changed} changes");
    assert!(grown < changed * A_CHANGE + SLACK, "{grown} bytes for {changed} changes");
}

/// A day passes in a moment: its hours are packed beside the work, and nothing is said of it.
#[test]
fn days_are_packed_while_it_runs() {
    let library = Path::new("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1");
    if !library.exists() {
        println!("skipped: libfaketime is not installed (Debian: faketime)");
        return;
    }
    let town = Town::new(40, FAST);
    let (_cameras, _control) = town.simulate();
    let clock = town.path("faketime");
    std::fs::write(&clock, "+0\n").expect("a file");
    let daemon = town.run_with(|c| {
        c.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", &clock);
        c.envs(["FAKETIME_NO_CACHE", "FAKETIME_DONT_FAKE_MONOTONIC", "NO_FAKE_STAT"].map(|s| (s, "1")));
    });
    daemon.all_up();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let url = format!("sqlite://{}", town.path("cunkou.db").display());
    let store = runtime.block_on(Store::open(&url, OpenMode::ReadOnly)).expect("the database");
    let hours = || runtime.block_on(store.hourly((0, i64::MAX), None, u32::MAX)).expect("figures");
    wait_for("figures of this hour", || (!hours().is_empty()).then_some(()));
    let today = hours()[0].hour.div_euclid(24);
    std::fs::write(town.path("next"), "+172800\n").expect("a file");
    std::fs::rename(town.path("next"), &clock).expect("a file");
    let daily = || runtime.block_on(store.daily((0, i64::MAX), None, u32::MAX)).expect("figures");
    wait_for("the packed day", || hours().iter().all(|h| h.hour.div_euclid(24) > today + 1).then_some(()));
    let days = daily();
    // Both checks of every camera that has both; a minute at most of figures a commit.
    assert!(days.len() >= 40 && days.iter().all(|d| (today..=today + 1).contains(&d.day)), "{}", days.len());
    for day in &days {
        let of_hours: u64 = day.hours.values().map(|h| h.probes).sum();
        assert_eq!((of_hours, day.sums.failures), (day.sums.probes, 0));
        assert!(day.sums.rtt.iter().sum::<u64>() <= day.sums.probes && day.sums.probes > 0);
    }
    daemon.all_up();
    assert!(daemon.items("incidents").is_empty());
}
