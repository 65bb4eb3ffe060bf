//! What a question about the next cameras costs: on the made-up town of 778 cameras from question to answer, and on made-up
//! places of 5 000 candidates and 1 600 entrances, day and night. Prints a table.
//!
//! `cargo bench --bench places`. Single-threaded, without any socket; docs/performance.md quotes it.

#![allow(clippy::expect_used, reason = "what goes wrong in a bench ends it")]

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cunkou::http::wire::{PlaceBody, Placement};
use cunkou::solver;
use cunkou_core::model::Time;
use cunkou_core::plan::{Candidate, Cover, Limit};
use cunkou_core::town::{Net, Spec, Town};
use cunkou_core::world::{Policy, Saved, Snapshot, Terms, World};

/// 2026-06-01 04:00 UTC.
const NOON: Time = Time(1_780_286_400_000);
/// How often each is asked.
const TIMES: usize = 5;

fn main() {
    let snapshot = town();
    for (what, body) in questions() {
        let ask = || Placement::of(&snapshot, &Terms::default(), &body, &|| true).expect("a question");
        let (median, most) = timed(|| drop(ask()));
        let Placement { candidates, sites, value, upper_bound, gap, status, .. } = ask();
        println!(
            "town, {what:<28} {candidates:>5} candidates at {sites} sites: {value} of {upper_bound}, gap {gap}, {status}; median {median:.2?}, most {most:.2?}"
        );
    }
    // How far apart things stand: alone, as in a town, crowded.
    for (what, reach) in [("sparse", 120.0), ("as a town", 250.0), ("crowded", 400.0)] {
        let cover = made(reach);
        let entries: usize = cover.candidates.iter().map(|c| c.covers.len()).sum();
        let solve = || {
            let mut solved = cover.solve(2_000, &mut || true);
            solver::close(&cover, &mut solved, Duration::from_secs(1));
            solved
        };
        let core = timed(|| drop(cover.solve(2_000, &mut || true))).0;
        let (median, most) = timed(|| drop(solve()));
        let solved = solve();
        println!(
            "made, {what:<10} {} candidates, {} elements, {entries} entries: greed {}, value {}, bound {} ({}); core alone {core:.2?}, median {median:.2?}, most {most:.2?}",
            cover.candidates.len(),
            cover.elements.len(),
            solved.greedy,
            solved.value,
            solved.bound,
            solved.proof.word()
        );
    }
}

fn timed(mut ask: impl FnMut()) -> (Duration, Duration) {
    let mut costs: Vec<Duration> = (0..TIMES)
        .map(|_| {
            let began = Instant::now();
            ask();
            began.elapsed()
        })
        .collect();
    costs.sort_unstable();
    (costs[TIMES / 2], costs[TIMES - 1])
}

fn questions() -> Vec<(&'static str, PlaceBody)> {
    let built = || PlaceBody { level: Some("built".to_owned()), ..PlaceBody::default() };
    vec![
        ("10 next ones", PlaceBody { count: Some(10), ..built() }),
        ("200 next ones", PlaceBody { count: Some(200), ..built() }),
        ("a budget of 100", PlaceBody { budget: Some(100.0), ..built() }),
        (
            "10, by priority, to the target",
            PlaceBody { by_priority: true, depth: Some("target".to_owned()), ..built() },
        ),
    ]
}

fn town() -> Snapshot {
    let net = Net::new(Ipv4Addr::new(127, 0, 0, 0), 8).expect("a network");
    let town = Town::generate(&Spec { net, ..Spec::default() }).expect("a town");
    World::start(Policy::default(), Arc::new(town.registry), Saved::default(), NOON).0.snapshot()
}

/// 1 600 entrances in a square of 15 km, and 5 000 cameras that each see those within a reach, metres; by night half as far.
fn made(reach: f64) -> Cover {
    let mut state = 7_u64;
    // SplitMix64.
    let mut next = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % 15_000
    };
    let mut place = || (next() as f64, next() as f64);
    let gates: Vec<(f64, f64)> = (0..1_600).map(|_| place()).collect();
    let covers = |at: (f64, f64)| -> Vec<u32> {
        let metres = |gate: &(f64, f64)| (gate.0 - at.0).hypot(gate.1 - at.1);
        let seen = (0_u32..).zip(&gates).map(|(i, gate)| (i, metres(gate)));
        let seen = seen.flat_map(|(i, m)| [(2 * i, m <= reach), (2 * i + 1, m <= reach / 2.0)]);
        seen.filter(|(_, sees)| *sees).map(|(element, _)| element).collect()
    };
    let candidates = (0..5_000).map(|_| Candidate { cost: 1.0, covers: covers(place()) }).collect();
    Cover { elements: vec![vec![1]; 2 * gates.len()], candidates, limit: Limit::Count(10) }
}
