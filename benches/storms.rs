//! When much fails at once: from the cut of a switch with forty cameras to the message that names it, how long a word
//! that was said takes to its sink, and a thousand cameras lost with their uplink. The figures in docs/reliability.md are
//! its output: `cargo bench --bench storms` (6 min).

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench that cannot go on fails")]

#[path = "../tests/common/mod.rs"]
mod common;
mod side;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use common::receiver::{Answer, Receiver};
use common::{Daemon, Town, text, wait_for};
use side::{quantile, resident};

/// Towns at once, and cuts in each, of a switch of its own, so that none flaps: at moments spread evenly over the
/// interval.
const TOWNS: usize = 25;
const CUTS: usize = 2;
/// Cameras behind each switch that is cut, and of a town.
const BEHIND: usize = 40;
const CAMERAS: usize = (CUTS + 1) * BEHIND;
/// Of reach, by default.
const INTERVAL: f64 = 10.0;
/// Cameras that are lost with their uplink.
const MANY: usize = 1_000;
/// The looks at what came.
const GLANCE: Duration = Duration::from_millis(5);
/// Longer waits are a defect.
const PATIENCE: Duration = Duration::from_secs(180);

/// One cut.
struct Cut {
    /// From the cut to the message that names the switch, seconds.
    named: f64,
    /// From the word, as the daemon dates it, to the sink, seconds.
    carried: f64,
    /// Whether it was the first message after the cut.
    first: bool,
}

fn main() {
    let towns: Vec<_> = (0..TOWNS).map(|n| std::thread::spawn(move || switches(n))).collect();
    // All of them first, so that none leaves its programs behind when another fails.
    let ended: Vec<_> = towns.into_iter().map(std::thread::JoinHandle::join).collect();
    let cuts: Vec<Cut> = ended.into_iter().flat_map(|town| town.expect("a town to its end")).collect();
    println!("| what | cuts | p50 | p99 | most |");
    println!("| --- | --- | --- | --- | --- |");
    row("a switch with 40 cameras, from the cut to the message that names it", cuts.iter().map(|c| c.named));
    row("from the word to its first byte at the sink", cuts.iter().map(|c| c.carried));
    let first = cuts.iter().filter(|c| c.first).count();
    println!("named in the first message: {first} of {}", cuts.len());
    uplink();
}

fn row(what: &str, times: impl Iterator<Item = f64>) {
    let mut times: Vec<f64> = times.collect();
    times.sort_by(f64::total_cmp);
    let at = |share| quantile(&times, share);
    println!("| {what} | {} | {:.3} s | {:.3} s | {:.3} s |", times.len(), at(0.5), at(0.99), at(1.0));
}

fn desk(receiver: &Receiver) -> String {
    format!("\n[[sink]]\nname = \"desk\"\nkind = \"webhook\"\nurl = \"{}\"\n", receiver.url)
}

/// Seconds since 1970 that a time of the API stands for.
fn seconds(stamp: &str) -> f64 {
    let at: jiff::Timestamp = stamp.parse().expect("RFC 3339");
    at.as_millisecond() as f64 / 1e3
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64()
}

/// The first message after `known` that names a node: its place among those, and when it was seen.
fn named(receiver: &Receiver, known: usize, node: &str) -> (usize, Instant, f64) {
    let (quoted, began) = (format!("\"{node}\""), Instant::now());
    loop {
        let heard = receiver.heard();
        if let Some(place) = heard.iter().skip(known).position(|h| h.payload.to_string().contains(&quoted)) {
            return (place, Instant::now(), now());
        }
        assert!(began.elapsed() < PATIENCE, "no word of {node}");
        std::thread::sleep(GLANCE);
    }
}

fn open(daemon: &Daemon) -> Vec<serde_json::Value> {
    daemon.items("incidents?status=open")
}

fn all_over(daemon: &Daemon) {
    daemon.all_up();
    wait_for("the end of the incident", || open(daemon).is_empty().then_some(()));
}

fn switches(n: usize) -> Vec<Cut> {
    let receiver = Receiver::start(Answer::Status(200));
    let town = Town::new(CAMERAS, &desk(&receiver));
    let nodes = std::fs::read_to_string(town.path("registry/nodes.csv")).expect("nodes");
    let ends: Vec<&str> = nodes.lines().filter(|l| l.starts_with("SW-")).filter_map(|l| l.split(',').next()).collect();
    let ends: Vec<String> = ends.into_iter().take(CUTS + 1).map(str::to_owned).collect();
    town.edit("registry/cameras.csv", |text| behind(&text, &ends));
    let (_cameras, control) = town.simulate();
    let daemon = town.run();
    daemon.all_up();
    let mut cuts = Vec::new();
    for (k, cut) in ends.iter().take(CUTS).enumerate() {
        let phase = (k * TOWNS + n) as f64 / (TOWNS * CUTS) as f64;
        std::thread::sleep(Duration::from_secs_f64(phase * INTERVAL));
        let (known, began) = (receiver.heard().len(), Instant::now());
        control.set(&format!("nodes/{cut}"), "drop");
        let (place, at, clock) = named(&receiver, known, cut);
        let incident = open(&daemon).pop().expect("an incident");
        let carried = clock - seconds(&text(&incident["opened_at"]));
        cuts.push(Cut { named: (at - began).as_secs_f64(), carried, first: place == 0 });
        control.set(&format!("nodes/{cut}"), "none");
        all_over(&daemon);
    }
    cuts
}

/// Forty cameras behind each of some switches.
fn behind(text: &str, switches: &[String]) -> String {
    let mut lines = text.lines();
    let head = lines.next().expect("a head");
    let node = head.split(',').position(|h| h == "node").expect("a column");
    let wired = lines.enumerate().map(|(i, line)| {
        let mut cells: Vec<&str> = line.split(',').collect();
        cells[node] = &switches[(i / BEHIND).min(switches.len() - 1)];
        cells.join(",")
    });
    std::iter::once(head.to_owned()).chain(wired).map(|l| l + "\n").collect()
}

/// All cameras at once, while the canary of the demo answers.
fn uplink() {
    let receiver = Receiver::start(Answer::Status(200));
    let town = Town::new(MANY, &desk(&receiver));
    let (_cameras, control) = town.simulate();
    let daemon = town.run();
    daemon.all_up();
    std::thread::sleep(Duration::from_secs(30));
    let before = resident(&daemon.program);
    let (known, began) = (receiver.heard().len(), Instant::now());
    control.set("nodes/UP-1", "drop");
    let (_, at, _) = named(&receiver, known, "UP-1");
    let mut most = before;
    while at.elapsed() < Duration::from_secs(60) {
        most = most.max(resident(&daemon.program));
        std::thread::sleep(Duration::from_millis(100));
    }
    let down = daemon.api("status")["cameras"]["down"].clone();
    let pages: u64 = daemon.items("incidents").iter().filter_map(|i| i["pages"].as_u64()).sum();
    println!(
        "{MANY} cameras lost with their uplink: named after {:.1} s; {pages} pages and {down} cameras down a minute later; \
         resident {before:.0} MiB before, {most:.0} MiB at most",
        (at - began).as_secs_f64()
    );
    control.set("nodes/UP-1", "none");
    all_over(&daemon);
    println!("all up again; resident {:.0} MiB", resident(&daemon.program));
}
