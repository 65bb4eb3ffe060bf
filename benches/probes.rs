//! What a steady probe costs, beside Prometheus with blackbox_exporter: the same fake cameras, the same question (RTSP
//! OPTIONS over a new connection), the same interval, one after the other on this machine; and what a town of 778
//! cameras costs with everything on. The figures in docs/performance.md are its output: `cargo bench --bench probes`.
//!
//! Counted is all that the processes used: timer, socket, state, store and metrics. The fake cameras are not counted.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench that cannot go on fails")]

#[path = "../tests/common/mod.rs"]
mod common;
mod side;

use std::time::{Duration, Instant};

use common::{Daemon, Town};
use side::{Peers, Watch, cameras, resident, spent};

/// Cameras of the comparison, each asked once a second.
const CAMERAS: usize = 200;
/// Before anything is counted: starts and first rounds are over.
const WARM: Duration = Duration::from_secs(20);
/// Counted.
const LENGTH: Duration = Duration::from_secs(60);
/// As Prometheus would scrape it.
const SCRAPE: Duration = Duration::from_secs(15);

fn main() {
    println!("| what | probes | CPU | CPU a probe |");
    println!("| --- | --- | --- | --- |");
    let own = ours();
    if let Some(peers) = theirs() {
        println!("\nPrometheus and blackbox_exporter / cunkou, CPU a probe: {:.1}", peers / own);
    }
    println!("\n| town | CPU, of one core | resident | probes a second |");
    println!("| --- | --- | --- | --- |");
    whole_town();
}

/// Scrapes now and then; what came is thrown away.
fn scraper(daemon: &Daemon) -> impl FnMut() + '_ {
    let mut last = Instant::now();
    move || {
        if last.elapsed() >= SCRAPE {
            last = Instant::now();
            daemon.metrics();
        }
    }
}

/// Cameras that are asked for OPTIONS alone, once a second.
fn options_only() -> Town {
    let town = Town::new(CAMERAS, "\n[checks]\nstream = \"1s\"\n");
    town.edit("registry/cameras.csv", |text| {
        let mut lines = text.lines();
        let head = lines.next().expect("a head");
        let at = |name: &str| head.split(',').position(|h| h == name).expect("a column");
        let (credential, checks) = (at("credential"), at("checks"));
        let asked = lines.map(|line| {
            let mut cells: Vec<&str> = line.split(',').collect();
            (cells[credential], cells[checks]) = ("", "stream");
            cells.join(",")
        });
        std::iter::once(head.to_owned()).chain(asked).map(|l| l + "\n").collect()
    });
    town
}

fn passed(daemon: &Daemon) -> f64 {
    daemon.metric("cunkou_probes_total{check=\"stream\",result=\"pass\"}").unwrap_or(0.0)
}

fn ours() -> f64 {
    let town = options_only();
    let _cameras = town.simulate();
    let daemon = town.run();
    daemon.all_up();
    std::thread::sleep(WARM);
    let before = passed(&daemon);
    let (cpu, seconds) = spent(&[&daemon.program], LENGTH, scraper(&daemon));
    let probes = passed(&daemon) - before;
    row("cunkou", probes, cpu[0], seconds)
}

fn theirs() -> Option<f64> {
    let town = options_only();
    let _cameras = town.simulate();
    let targets: Vec<String> = cameras(&town.path("")).into_iter().map(|(_, host)| format!("{host}:8554")).collect();
    let watch = Watch { module: "rtsp", targets: &targets, scrape: "1s", evaluation: "15s", hold: None, webhook: None };
    let peers = Peers::start(&watch)?;
    peers.all_up(CAMERAS);
    std::thread::sleep(WARM);
    let (cpu, seconds) = spent(&[&peers.prometheus, &peers.blackbox], LENGTH, || {});
    let asked = format!("sum(count_over_time(probe_success[{}s]))", LENGTH.as_secs());
    let probes = peers.ask(&asked).expect("it counts");
    peers.all_up(CAMERAS);
    row("Prometheus", probes, cpu[0], seconds);
    row("blackbox_exporter", probes, cpu[1], seconds);
    Some(row("both", probes, cpu[0] + cpu[1], seconds))
}

/// Tells a row; gives the seconds of a processor that one probe took.
fn row(what: &str, probes: f64, cpu: f64, seconds: f64) -> f64 {
    let each = cpu / probes;
    println!("| {what} | {probes:.0} in {seconds:.0} s | {cpu:.2} s | {:.0} µs |", each * 1e6);
    each
}

/// 778 cameras, all checks, default intervals, scraped every 15 s.
fn whole_town() {
    let town = Town::new(778, "");
    let _cameras = town.simulate();
    let daemon = town.run();
    daemon.all_up();
    std::thread::sleep(WARM);
    let all = || {
        let text = daemon.metrics();
        let series = text.lines().filter(|l| l.starts_with("cunkou_probes_total{"));
        series.filter_map(|l| l.rsplit(' ').next()?.parse::<f64>().ok()).sum::<f64>()
    };
    let before = all();
    let (cpu, seconds) = spent(&[&daemon.program], 3 * LENGTH, scraper(&daemon));
    let rate = (all() - before) / seconds;
    let (share, memory) = (100.0 * cpu[0] / seconds, resident(&daemon.program));
    println!("| 778 cameras, all checks on | {share:.2} % | {memory:.1} MiB | {rate:.0} |");
}
