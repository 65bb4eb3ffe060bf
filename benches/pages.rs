//! From the kill of a camera to the webhook, as a distribution: cunkou, and Prometheus with blackbox_exporter and
//! Alertmanager, on the same fake cameras. The figures in docs/performance.md are its output: `cargo bench --bench pages`.
//!
//! The moments of the kills are spread evenly over the interval. Forty small towns at once, so that one fault is over
//! before the next begins in the same town; each camera is killed once, so that none flaps.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench that cannot go on fails")]

#[path = "../tests/common/mod.rs"]
mod common;
mod side;

use std::time::{Duration, Instant};

use common::receiver::{Answer, Receiver};
use common::{Town, wait_for};
use side::{Peers, Watch, cameras, quantile};

/// Towns at once.
const TOWNS: usize = 40;
/// Kills in each.
const KILLS: usize = 5;
/// Cameras of each.
const CAMERAS: usize = 8;
/// Cameras that Prometheus watches; each is killed once.
const WATCHED: usize = 200;
/// The looks at what came.
const GLANCE: Duration = Duration::from_millis(10);
/// Longer waits are a defect.
const PATIENCE: Duration = Duration::from_secs(180);

const SHARP: &str = "\n[checks]\nreach = \"5s\"\n\n[health]\nconfirm = [\"500ms\", \"1s\"]\n";

fn main() {
    println!("| who | fault | kills | p50 | p90 | p99 | most |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for (who, settings, interval) in [("cunkou, defaults (reach 10 s)", "", 10.0), ("cunkou, reach 5 s", SHARP, 5.0)] {
        for fault in ["refuse", "drop"] {
            row(who, fault, ours(settings, interval, fault));
        }
    }
    for (who, scrape, evaluation, hold) in [
        ("Prometheus, scrape 15 s, for 30 s", "15s", "15s", "30s"),
        ("Prometheus, scrape 5 s, for 0 s", "5s", "1s", "0s"),
    ] {
        if let Some(times) = theirs(scrape, evaluation, hold) {
            row(who, "refuse", times);
        }
    }
}

fn row(who: &str, fault: &str, mut times: Vec<f64>) {
    times.sort_by(f64::total_cmp);
    let at = |share| quantile(&times, share);
    println!(
        "| {who} | {fault} | {} | {:.1} s | {:.1} s | {:.1} s | {:.1} s |",
        times.len(),
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0)
    );
}

/// Waits until a camera is spoken of in a message that came after the first `known`: how long that took.
fn spoken_of(receiver: &Receiver, known: usize, word: &str, since: Instant) -> f64 {
    let quoted = format!("\"{word}\"");
    loop {
        let heard = receiver.heard();
        if heard.iter().skip(known).any(|h| h.payload.to_string().contains(&quoted)) {
            return since.elapsed().as_secs_f64();
        }
        assert!(since.elapsed() < PATIENCE, "no word of {word}");
        std::thread::sleep(GLANCE);
    }
}

fn ours(settings: &str, interval: f64, fault: &str) -> Vec<f64> {
    let towns: Vec<_> = (0..TOWNS)
        .map(|n| {
            let (settings, fault) = (settings.to_owned(), fault.to_owned());
            std::thread::spawn(move || one_town(n, &settings, interval, &fault))
        })
        .collect();
    towns.into_iter().flat_map(|t| t.join().expect("a town to its end")).collect()
}

fn one_town(n: usize, settings: &str, interval: f64, fault: &str) -> Vec<f64> {
    let receiver = Receiver::start(Answer::Status(200));
    let sink = format!("\n[[sink]]\nname = \"desk\"\nkind = \"webhook\"\nurl = \"{}\"\n", receiver.url);
    let town = Town::new(CAMERAS, &format!("{settings}{sink}"));
    let (_cameras, control) = town.simulate();
    let daemon = town.run();
    daemon.all_up();
    let mut times = Vec::new();
    for (kill, (camera, _)) in cameras(&town.path("")).into_iter().take(KILLS).enumerate() {
        let phase = (kill * TOWNS + n) as f64 / (TOWNS * KILLS) as f64;
        std::thread::sleep(Duration::from_secs_f64(phase * interval));
        let known = receiver.heard().len();
        let began = Instant::now();
        control.set(&format!("cameras/{camera}"), fault);
        times.push(spoken_of(&receiver, known, &camera, began));
        control.set(&format!("cameras/{camera}"), "none");
        daemon.all_up();
        let over = || daemon.items("incidents?status=open").is_empty().then_some(());
        wait_for("the end of the incident", over);
    }
    times
}

fn theirs(scrape: &str, evaluation: &str, hold: &str) -> Option<Vec<f64>> {
    let receiver = Receiver::start(Answer::Status(200));
    let town = Town::new(WATCHED, "");
    let (_cameras, control) = town.simulate();
    let all: Vec<(String, String)> =
        cameras(&town.path("")).into_iter().map(|(id, host)| (id, format!("{host}:8554"))).collect();
    let targets: Vec<String> = all.iter().map(|(_, target)| target.clone()).collect();
    let webhook = Some(receiver.url.as_str());
    let watch = Watch { module: "tcp", targets: &targets, scrape, evaluation, hold: Some(hold), webhook };
    let peers = Peers::start(&watch)?;
    peers.all_up(WATCHED);
    // Spread over three intervals of the longest kind, at moments that fit none of them.
    let began = Instant::now();
    let waits: Vec<_> = std::thread::scope(|scope| {
        let waiting: Vec<_> = all
            .iter()
            .enumerate()
            .map(|(n, (camera, target))| {
                let (receiver, control) = (&receiver, &control);
                scope.spawn(move || {
                    let at = Duration::from_secs_f64(45.0 * n as f64 / WATCHED as f64);
                    std::thread::sleep(at.saturating_sub(began.elapsed()));
                    let killed = Instant::now();
                    control.set(&format!("cameras/{camera}"), "refuse");
                    spoken_of(receiver, 0, target, killed)
                })
            })
            .collect();
        waiting.into_iter().map(|w| w.join().expect("a word of it")).collect()
    });
    Some(waits)
}
