//! An event that stands for many: a run with it and one with every outcome end in equal states.

use std::collections::BTreeSet;

use super::harness::{Fault, Plan, Sim};
use super::random::{Dice, town};
use crate::model::{Check, FailKind, Outcome, Phase, PhaseTimes, ProbeResult, Span, Target, Time};
use crate::registry::next_due;
use crate::world::timers::Timer;
use crate::world::{Effects, Event, Policy, Quiet, World};

/// The same with the timers of age as they would be wound now: one that rings too early looks at the state and winds
/// itself again, so where it stands says nothing.
fn rewound(world: &World) -> World {
    let mut world = world.clone();
    world.timers.retain(|(_, timer)| !matches!(timer, Timer::Stale(_)));
    let cameras = (0..world.cameras.len()).map(|i| Target::Camera(i.into()));
    let nodes = (0..world.nodes.len()).map(|i| Target::Node(i.into()));
    for target in cameras.chain(nodes).collect::<Vec<_>>() {
        world.wind_stale(target);
    }
    world
}

/// By its definition: each outcome at its end, each wake at its time, through the one door.
fn one_by_one(world: &mut World, quiet: &Quiet) -> Effects {
    let mut outcomes: Vec<Outcome> = Vec::new();
    let passing = quiet.of.iter().map(|(t, c)| (*t, *c, ProbeResult::Pass { slow: false }, quiet.rtt));
    let failing = quiet.failing.iter().map(|(t, c, kind, took)| (*t, *c, ProbeResult::Fail(*kind), *took));
    for (target, check, result, took) in passing.chain(failing) {
        let topology = world.topology();
        let (id, every) = match target {
            Target::Camera(c) => {
                let slot = &topology.cameras[c.at()];
                (slot.id.to_string(), slot.checks[check.at()].unwrap().interval)
            }
            Target::Node(n) => (topology.nodes[n.at()].id.to_string(), topology.nodes[n.at()].check.unwrap().interval),
            Target::Canary(_) => ("gw".to_owned(), Span::seconds(5)),
        };
        let mut due = next_due(&id, check, every, quiet.from + Span(1));
        while due <= quiet.to {
            outcomes.push(outcome(target, check, due, result, took));
            due += every;
        }
    }
    outcomes.sort_by_key(|o| (o.ended, o.target, o.check));
    let mut effects = Effects::default();
    for outcome in outcomes {
        while let Some(at) = world.next_wake().filter(|at| *at <= outcome.ended) {
            effects.absorb(world.apply(Event::Wake, at));
        }
        let ended = outcome.ended;
        effects.absorb(world.apply(Event::Outcome(outcome), ended));
    }
    effects
}

fn outcome(target: Target, check: Check, due: Time, result: ProbeResult, took: Span) -> Outcome {
    Outcome {
        target,
        check,
        due,
        begun: due,
        ended: due + took,
        asked: false,
        credential: false,
        result,
        phase: Phase::Connect,
        times: PhaseTimes::default(),
        rtt: result.is_alive().then_some(took),
        note: None,
    }
}

fn expect_equal(sim: &Sim, quiet: Quiet, how: &str) {
    let (mut many, mut one) = (sim.world.clone(), sim.world.clone());
    let after = quiet.to + Span::seconds(3);
    let mut told = one_by_one(&mut many, &quiet);
    told.absorb(many.apply(Event::Wake, after));
    let said = one.apply(Event::Quiet(quiet), after);
    let words = |e: &Effects| {
        let history = e.transitions.iter().map(|t| format!("{:?} {:?} {} {}", t.at, t.subject, t.from, t.to));
        let said = e.messages.iter().map(|m| format!("{:?} #{} {} {:?}", m.at, m.incident.id, m.step, m.kind));
        history.chain(said).collect::<Vec<_>>()
    };
    assert_eq!(words(&told), words(&said), "{how}");
    assert!(told.transitions == said.transitions && told.messages == said.messages, "{how}");
    assert!(told.alerts == said.alerts && told.asks == said.asks && told.incidents == said.incidents, "{how}");
    let (many, one) = (rewound(&many), rewound(&one));
    assert!(many.snapshot().cameras == one.snapshot().cameras, "{how}: cameras");
    if many != one {
        let (a, b) = (format!("{many:#?}"), format!("{one:#?}"));
        let differ = a.lines().zip(b.lines()).filter(|(a, b)| a != b).take(10);
        panic!("{how}: {:#?}", differ.collect::<Vec<_>>());
    }
}

#[test]
fn a_quiet_event_equals_its_outcomes() {
    let (mut at_once, mut in_doubt) = (0, 0);
    for seed in 0..100 {
        let mut dice = Dice { seed: 7_000 + seed, n: 0 };
        let plan = town(&mut dice);
        let canaries = if dice.roll(2) > 0 { vec!["gw".into()] } else { Vec::new() };
        let mut sim = Sim::with(plan, Policy { canaries, ..Policy::default() });
        sim.run(Span::minutes(3));
        let ids: Vec<String> = sim.world.snapshot().registry.cameras.keys().map(ToString::to_string).collect();
        let nodes: Vec<String> = sim.world.snapshot().registry.nodes.keys().map(ToString::to_string).collect();
        for _ in 0..dice.roll(5) {
            let fault = [Fault::Drop, Fault::Refuse][dice.index(2)];
            sim.break_camera(&ids[dice.index(ids.len())], fault);
        }
        if dice.roll(2) == 0 {
            sim.kill_node(&nodes[dice.index(nodes.len())]);
        }
        // Also while all of it is still in doubt.
        sim.run([Span(dice.between(0, 9_000)), Span::seconds(dice.between(200, 900))][dice.index(2)]);
        let to = sim.now + Span::seconds(dice.between(1, 3_000));
        let Some(quiet) = sim.quiet(sim.now, to) else { continue };
        if sim.world.is_settled(&sim.world.rows(&quiet), &quiet) {
            at_once += 1;
        } else {
            in_doubt += 1;
        }
        expect_equal(&sim, quiet, &format!("seed {seed}"));
    }
    assert!(at_once >= 15 && in_doubt >= 15, "{at_once} heard at once, {in_doubt} one by one");
}

/// Dusk, the end of flapping, and what is said after `regroup` lie within a stretch that is one event.
#[test]
fn what_rings_within_a_quiet_stretch_rings_in_its_time() {
    let mut plan = Plan::town(&[4, 4]);
    plan.entrance("EX", 1, 1);
    plan.watch("C001", "EX");
    plan.watch("C002", "EX");
    plan.edit_camera("C002", |c| c.night = crate::registry::NightLight::None);
    let mut sim = Sim::new(plan);
    sim.run(Span::minutes(2));
    sim.break_camera("C001", Fault::Refuse);
    for _ in 0..4 {
        sim.break_camera("C008", Fault::Refuse);
        sim.run(Span::seconds(40));
        sim.faults.remove("C008");
        sim.run(Span::seconds(90));
    }
    assert!(sim.open_alerts().contains_key("CameraFlapping"));
    sim.run(Span::minutes(5));
    let quiet = sim.quiet(sim.now, sim.now + Span::hours(14)).unwrap();
    assert_eq!(quiet.failing.iter().map(|f| f.2).collect::<Vec<_>>(), [FailKind::Refused]);
    expect_equal(&sim, quiet, "dusk and dawn");
    sim.skip(sim.now + Span::hours(14));
    let said: BTreeSet<&str> = sim.messages.iter().flat_map(|m| &m.alerts).map(|a| a.key.name.word()).collect();
    assert!(said.contains("EntranceLostTonight"), "{said:?}");
    assert!(!sim.open_alerts().contains_key("CameraFlapping"), "it ended within");
}
