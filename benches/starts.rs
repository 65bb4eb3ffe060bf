//! What a start costs: from the start of the process to its first probe, with an empty database and with what was kept,
//! for 778 and for 100 000 cameras; and what the process holds in memory once it stands. The figures in
//! docs/performance.md are its output: `cargo bench --bench starts` (5 min).

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench that cannot go on fails")]

#[path = "../tests/common/mod.rs"]
mod common;
mod side;

use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use common::{Program, Town};
use rustix::process::Signal;
use side::{reach_only, resident};

/// Restarts of each town.
const RESTARTS: usize = 7;
/// Longer waits are a defect.
const PATIENCE: Duration = Duration::from_secs(120);
/// After which a daemon stands, and its memory is looked at.
const STANDS: Duration = Duration::from_secs(20);

fn main() {
    let probes = listen();
    println!("| cameras | start | to the first probe | worst of {RESTARTS} | resident after {} s |", STANDS.as_secs());
    println!("| --- | --- | --- | --- | --- |");
    for cameras in [778, 100_000] {
        let town = Town::large(cameras, "\n[checks]\nreach = \"60s\"\n");
        town.edit("registry/cameras.csv", |text| reach_only(&text));
        let (first, held) = start(&town, &probes, STANDS);
        println!("| {cameras} | the first, with an empty database | {first:.2} s | | {held:.0} MiB |");
        let (mut times, mut most) = (Vec::new(), 0.0_f64);
        for n in 0..RESTARTS {
            let (time, held) = start(&town, &probes, if n == 0 { STANDS } else { Duration::from_secs(2) });
            times.push(time);
            most = most.max(held);
        }
        times.sort_by(f64::total_cmp);
        println!("| {cameras} | again | {:.2} s | {:.2} s | {most:.0} MiB |", times[RESTARTS / 2], times[RESTARTS - 1]);
    }
}

/// Stands where all cameras are asked, and tells when one was.
fn listen() -> Receiver<Instant> {
    let (tell, told) = channel();
    let listener = TcpListener::bind("0.0.0.0:8554").expect("the port of the cameras");
    std::thread::spawn(move || {
        for _probe in listener.incoming() {
            if tell.send(Instant::now()).is_err() {
                return;
            }
        }
    });
    told
}

/// Seconds from the start of a daemon to its first probe, and MiB that it holds after a while. It ends as it is asked to.
fn start(town: &Town, probes: &Receiver<Instant>, stands: Duration) -> (f64, f64) {
    while probes.try_recv().is_ok() {}
    let began = Instant::now();
    let mut daemon = Program::start(&mut town.run_command());
    let first = loop {
        let asked = probes.recv_timeout(PATIENCE).expect("a probe");
        // One of the daemon before may have waited to be accepted.
        if asked > began {
            break asked;
        }
    };
    std::thread::sleep(stands);
    let held = resident(&daemon);
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.ended(), Some(0), "SIGTERM ends it: {}", daemon.logged());
    ((first - began).as_secs_f64(), held)
}
