//! What a planner's questions cost on the made-up town of 778 cameras, seals included. Prints a table.
//!
//! `cargo bench --bench questions`, or with another size: `cargo bench --bench questions -- 10000`. Single-threaded,
//! without any socket; docs/performance.md quotes the medians.

#![allow(clippy::expect_used, reason = "what goes wrong in a bench ends it")]

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cunkou::files::{RoadsSeen, read_roads, roads};
use cunkou::http::wire::{AddedCamera, MovedCamera, WhatIf, WhatIfBody};
use cunkou_core::model::{Check, Outcome, Period, Phase, PhaseTimes, ProbeResult, Span, Target, Time};
use cunkou_core::plan::{Cordon, Roads};
use cunkou_core::registry::{NodeKind, Registry};
use cunkou_core::town::{Net, Spec, Town};
use cunkou_core::world::{Event, Policy, Saved, Snapshot, Terms, World};

/// 2026-06-01 04:00 UTC.
const NOON: Time = Time(1_780_286_400_000);
/// How often each is asked.
const TIMES: usize = 200;

fn main() {
    let cameras = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(Spec::default().cameras);
    let net = Net::new(Ipv4Addr::new(127, 0, 0, 0), 8).expect("a network");
    let town = Town::generate(&Spec { cameras, net, ..Spec::default() }).expect("a town");
    let snapshot = everybody_answers(Arc::new(town.registry));
    let lines = read_roads(&roads(&town.roads)).expect("roads").for_plan();
    let ways = Terms::default().ways;
    let cordon = Arc::new(Roads::build(lines, &ways.modes));
    let cordon = Cordon::build(cordon, &snapshot.registry, &snapshot.topology, ways.core_offset_m);
    let (registry, zones) = (&snapshot.registry, &cordon.zones);
    let areas: usize = zones.families.iter().map(|family| family.cores.len()).sum();
    println!(
        "{} cameras, {} entrances, {} chains, {} zones, {areas} areas to be shut off",
        registry.cameras.len(),
        registry.entrances.len(),
        cordon.roads.chains.len(),
        zones.count
    );
    for (what, body) in questions(&snapshot.registry) {
        let mut costs: Vec<Duration> = Vec::with_capacity(TIMES);
        let mut changed = (0, 0);
        for _ in 0..TIMES {
            let began = Instant::now();
            let roads = (&cordon, &RoadsSeen::default());
            let answer = WhatIf::of(&snapshot, roads, &Terms::default(), Period::Now, &body).expect("a question");
            costs.push(began.elapsed());
            changed = (answer.items.len(), answer.seals.items.len());
        }
        costs.sort_unstable();
        let (median, most) = (costs[TIMES / 2], costs[TIMES - 1]);
        let (entrances, seals) = changed;
        println!("{what:<55} {entrances:>5} entrances, {seals:>4} seals, median {median:.2?}, most {most:.2?}");
    }
}

fn questions(registry: &Registry) -> Vec<(&'static str, WhatIfBody)> {
    let first = registry.cameras.values().next().expect("a camera");
    let uplink = registry.nodes.values().find(|n| n.kind == NodeKind::Uplink).expect("an uplink");
    let ids = |n: usize| registry.cameras.keys().take(n).map(ToString::to_string).collect::<Vec<String>>();
    let moved = |c: &cunkou_core::registry::Camera| {
        let at = c.at?;
        Some(MovedCamera { camera: c.id.to_string(), lon: at.lon + 0.001, lat: at.lat, azimuth: Some(90.0) })
    };
    let moves = |n: usize| registry.cameras.values().filter_map(moved).take(n).collect::<Vec<_>>();
    let adds = |n: usize| {
        let new = |(i, c)| AddedCamera { id: format!("NEW-{i}"), ..AddedCamera::of(c) };
        registry.cameras.values().take(n).enumerate().map(new).collect::<Vec<_>>()
    };
    let none = WhatIfBody::default;
    vec![
        ("nothing", none()),
        ("one camera down", WhatIfBody { down: vec![first.id.to_string()], ..none() }),
        ("an uplink down", WhatIfBody { down: vec![uplink.id.to_string()], ..none() }),
        ("one camera added, one moved", WhatIfBody { add: adds(1), moved: moves(1), ..none() }),
        (
            "200 down, 200 added, 200 moved, an uplink down",
            WhatIfBody {
                down: [ids(199), vec![uplink.id.to_string()]].concat(),
                up: Vec::new(),
                add: adds(200),
                moved: moves(200),
            },
        ),
    ]
}

/// The town with everything up.
fn everybody_answers(registry: Arc<Registry>) -> Snapshot {
    let (mut world, _) = World::start(Policy::default(), registry, Saved::default(), NOON);
    let topology = world.snapshot().topology;
    let cameras = (0..topology.cameras.len()).map(|i| Target::Camera(i.into()));
    let targets: Vec<Target> = cameras.chain((0..topology.nodes.len()).map(|i| Target::Node(i.into()))).collect();
    let mut now = NOON;
    for check in [Check::Reach, Check::Reach, Check::Stream, Check::Stream] {
        now += Span::seconds(2);
        for target in &targets {
            let outcome = Outcome {
                target: *target,
                check,
                due: now,
                begun: now,
                ended: now,
                asked: false,
                credential: false,
                result: ProbeResult::Pass { slow: false },
                phase: Phase::Connect,
                times: PhaseTimes::default(),
                rtt: Some(Span(5)),
                note: None,
            };
            world.apply(Event::Outcome(outcome), now);
        }
    }
    world.snapshot()
}
