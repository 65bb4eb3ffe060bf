//! Many cameras: 10 000 on one machine, each reached every 10 s by a TCP connect, the fake cameras in another process
//! (`simulate --fast`). First with all of them up, then with all of them vanished: the process of the fake cameras is
//! stopped, its queues fill, and no packet is answered any more. The figures in docs/performance.md are its output:
//! `cargo bench --bench load` (`CUNKOU_CAMERAS=N`, `CUNKOU_REACH=10s` for other sizes).

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench that cannot go on fails")]

#[path = "../tests/common/mod.rs"]
mod common;
mod side;

use std::time::{Duration, Instant};

use common::{Daemon, Town};
use rustix::process::Signal;
use side::{reach_only, resident, spent};

/// Counted, of each part.
const LENGTH: Duration = Duration::from_secs(60);
/// Before a part is counted, and at least one and a half intervals.
const WARM: Duration = Duration::from_secs(30);
/// Until the whole town is up; longer is a defect.
const PATIENCE: Duration = Duration::from_secs(600);

fn main() {
    let size = std::env::var("CUNKOU_CAMERAS").ok().and_then(|n| n.parse().ok()).unwrap_or(10_000);
    let reach = std::env::var("CUNKOU_REACH").unwrap_or_else(|_| "10s".to_owned());
    let seconds = reach.trim_end_matches('s').parse().expect("CUNKOU_REACH in seconds, as 10s");
    let warm = WARM.max(Duration::from_secs(seconds).mul_f64(1.5));
    let town = Town::large(size, &format!("\n[checks]\nreach = \"{reach}\"\n"));
    town.edit("registry/cameras.csv", |text| reach_only(&text));
    println!(
        "| {size} cameras, reach every {reach} | probes a second | lag p50 | p99 | CPU, of one core | resident | states |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    let (cameras, _control) = town.simulate_with(&["--fast"]);
    let daemon = town.run();
    all_up(&daemon);
    std::thread::sleep(warm);
    part("all up", &daemon);
    cameras.signal(Signal::STOP);
    std::thread::sleep(warm);
    part("all vanished", &daemon);
    cameras.signal(Signal::CONT);
    all_up(&daemon);
    std::thread::sleep(warm);
    part("all up again", &daemon);
}

/// Waits until every camera is up, and says how long that took.
fn all_up(daemon: &Daemon) {
    let began = Instant::now();
    loop {
        let status = daemon.api("status");
        let cameras = &status["cameras"];
        if status["first_round"].is_null() && cameras["up"] == cameras["installed"] {
            println!("all up after {:.1} s", began.elapsed().as_secs_f64());
            return;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain for every camera up: {cameras}");
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// Buckets of the lag so far: upper bound in seconds, count up to it.
fn lags(text: &str) -> Vec<(f64, f64)> {
    let mut all: Vec<(f64, f64)> = Vec::new();
    for line in text.lines().filter(|l| l.starts_with("cunkou_probe_schedule_lag_seconds_bucket")) {
        let bound = line.split("le=\"").nth(1).and_then(|b| b.split('"').next()).expect("a bound");
        let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().expect("a number") };
        let count = line.rsplit(' ').next().expect("a count").parse().expect("a number");
        all.push((bound, count));
    }
    all
}

fn part(what: &str, daemon: &Daemon) {
    let before = lags(&daemon.metrics());
    let (cpu, seconds) = spent(&[&daemon.program], LENGTH, || {});
    let after = lags(&daemon.metrics());
    let counts: Vec<(f64, f64)> = before.iter().zip(&after).map(|(b, a)| (a.0, a.1 - b.1)).collect();
    let total = counts.last().expect("a last bucket").1;
    let within = |share: f64| counts.iter().find(|(_, n)| *n >= share * total).map_or(f64::INFINITY, |(le, _)| *le);
    let states = daemon.api("status")["cameras"].clone();
    let states = ["up", "suspect", "down", "unknown"].map(|s| format!("{} {s}", states[s]));
    println!(
        "| {what} | {:.0} | ≤ {} ms | ≤ {} ms | {:.1} % | {:.0} MiB | {} |",
        total / seconds,
        within(0.5) * 1e3,
        within(0.99) * 1e3,
        100.0 * cpu[0] / seconds,
        resident(&daemon.program),
        states.join(", ")
    );
}
