//! What a judgement rests on: stories with the evidence that must be named, and lives of towns in which each rival that
//! is said to be ruled out is held against the truth.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::harness::{Fault, Plan, Sim};
use super::random::{Dice, town};
use crate::alert::{Incident, Message};
use crate::health::{
    Cause, Findings, Heard, MANY_OTHERS, MAX_EVIDENCE, MAX_RIVALS, MonitorCause, Objection, RuledOut, Witness,
};
use crate::model::{Check, FailKind, IncidentId, NodeId, Reason, Span};
use crate::registry::{Gate, Needs, NodeKind, Registry};
use crate::world::Policy;

fn settled(plan: Plan) -> Sim {
    let mut sim = Sim::new(plan);
    sim.run(Span::minutes(5));
    assert!(sim.messages.is_empty());
    sim
}

fn opened(sim: &Sim) -> Arc<Incident> {
    sim.messages.iter().find(|m| m.kind.pages()).map(|m| m.incident.clone()).unwrap()
}

fn found(sim: &Sim) -> Arc<Findings> {
    opened(sim).findings.clone().unwrap()
}

fn node(id: &str) -> NodeId {
    NodeId::new(id).unwrap()
}

fn against<'a>(found: &'a Findings, rival: &Cause) -> Option<&'a Objection> {
    found.ruled_out.iter().find(|r| r.rival == *rival).map(|r| &r.by)
}

const OWN_SIGHT: Cause = Cause::Monitor(MonitorCause::Blind);

#[test]
fn below_the_uplink_of_a_large_town_no_more_are_counted_than_it_takes_to_rule_it_out() {
    // Until a failure is confirmed everybody has answered again.
    let health = crate::health::Policy { confirm: vec![Span::seconds(10); 2], ..crate::health::Policy::default() };
    let mut sim = Sim::with(Plan::town(&[40; 30]), Policy { health, ..Policy::default() });
    sim.run(Span::minutes(5));
    sim.break_camera("C1200", Fault::Drop);
    let cut = sim.now;
    sim.run(Span::minutes(1));
    match against(&found(&sim), &Cause::Node(node("up"))) {
        Some(Objection::Answered { by, at, others }) => {
            assert!(by.id() != "C1200" && *at >= cut, "{by:?} {at:?}");
            assert_eq!(*others, MANY_OTHERS);
        }
        other => panic!("{other:?}"),
    }
    // Below its own switch all of them are.
    match against(&found(&sim), &Cause::Node(node("S30"))) {
        Some(Objection::Answered { others, .. }) => assert!((1..=39).contains(others), "{others}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_page_of_a_dead_switch_says_what_led_to_it_and_what_ruled_out_the_uplink_and_the_feed() {
    let mut plan = Plan::town(&[8, 4]);
    plan.node("PW", NodeKind::Power, false, &[], Needs::All);
    for camera in ["C001", "C002"] {
        plan.edit_camera(camera, |c| c.power = vec![node("PW")]);
    }
    let mut sim = settled(plan);
    sim.kill_node("S1");
    let cut = sim.now;
    sim.run(Span::minutes(1));
    let incident = opened(&sim);
    assert_eq!(incident.cause, Cause::Node(node("S1")));
    let found = incident.findings.clone().unwrap();
    let first = &found.evidence[0];
    let silent = |h: &Heard| {
        matches!(h, Heard::Failed { check: Check::Reach, how: Some(FailKind::Timeout), confirmed: Some(_) })
    };
    assert!(first.of == Witness::Node(node("S1")) && silent(&first.heard) && first.at >= cut, "{found:?}");
    let last = found.evidence.iter().find(|e| e.heard == Heard::LastAnswer).unwrap();
    assert!(last.at < cut && matches!(last.of, Witness::Camera(_) | Witness::Node(_)), "{found:?}");
    assert_eq!(found.failed + found.inferred, 8, "{found:?}");
    match against(&found, &Cause::Node(node("up"))) {
        Some(Objection::Answered { by, at, .. }) => {
            let beside = ["S2", "up", "C009", "C010", "C011", "C012"];
            assert!(beside.contains(&by.id()) && *at >= cut, "{by:?} {at:?}");
        }
        other => panic!("{other:?}"),
    }
    match against(&found, &Cause::Node(node("PW"))) {
        Some(Objection::ExplainsLess { explains, of }) => assert!(*explains <= 2 && explains < of, "{explains}/{of}"),
        other => panic!("{other:?}"),
    }
    match against(&found, &OWN_SIGHT) {
        Some(Objection::Answered { by: Witness::Canary(name), at, .. }) => assert!(&**name == "gw" && *at > cut),
        other => panic!("{other:?}"),
    }
    assert_eq!(found.undecided, []);
}

#[test]
fn who_refuses_was_reached_and_that_rules_out_all_above_it() {
    let mut plan = Plan::town(&[4]);
    plan.node("O1", NodeKind::Onu, false, &["S1"], Needs::All);
    plan.camera("C900", Some("O1"), 90);
    plan.entrance("E900", 1, 1);
    plan.watch("C900", "E900");
    let mut sim = settled(plan);
    sim.break_camera("C900", Fault::Refuse);
    let broken = sim.now;
    sim.run(Span::minutes(1));
    let found = found(&sim);
    let refuses = |h: &Heard| matches!(h, Heard::Failed { how: Some(FailKind::Refused), confirmed: Some(_), .. });
    assert!(found.evidence[0].of.id() == "C900" && refuses(&found.evidence[0].heard), "{found:?}");
    match against(&found, &Cause::Node(node("O1"))) {
        Some(Objection::Reached { by, at }) => assert!(by.id() == "C900" && *at >= broken, "{found:?}"),
        other => panic!("{other:?}"),
    }
    for above in ["S1", "up"] {
        assert!(against(&found, &Cause::Node(node(above))).is_some(), "{above}: {found:?}");
    }
    assert_eq!((found.failed, found.inferred, found.undecided.len()), (1, 0, 0));
}

/// One camera alone never blames a node, and where nothing else hangs on it nothing acquits it either: a tech should
/// look at both.
#[test]
fn a_node_on_which_nothing_else_hangs_is_not_said_to_be_ruled_out() {
    let mut plan = Plan::town(&[4]);
    plan.node("O1", NodeKind::Onu, false, &["S1"], Needs::All);
    plan.camera("C900", Some("O1"), 90);
    plan.entrance("E900", 1, 1);
    plan.watch("C900", "E900");
    let mut sim = settled(plan);
    sim.break_camera("C900", Fault::Drop);
    sim.run(Span::minutes(1));
    let found = found(&sim);
    assert_eq!(found.undecided, [node("O1")], "{found:?}");
    assert_eq!(against(&found, &Cause::Node(node("O1"))), None);
    assert!(matches!(against(&found, &Cause::Node(node("S1"))), Some(Objection::Answered { .. })), "{found:?}");
}

#[test]
fn what_fails_in_part_says_who_answered_of_it() {
    let mut sim = settled(Plan::town(&[12]));
    for n in 1..=7 {
        sim.break_camera(&format!("C{n:03}"), Fault::Drop);
    }
    sim.run(Span::minutes(1));
    let part = sim.messages.iter().map(|m| &m.incident).find(|i| i.cause == Cause::Partial(node("S1"))).unwrap();
    let found = part.findings.clone().unwrap();
    assert!(matches!(against(&found, &Cause::Node(node("S1"))), Some(Objection::Answered { .. })), "{found:?}");
    assert!(found.evidence.iter().all(|e| matches!(e.heard, Heard::Failed { .. })) && found.failed == 7, "{found:?}");
}

#[test]
fn blindness_names_the_reference_address_that_is_silent() {
    let mut sim = settled(Plan::town(&[6]));
    sim.cut_off = true;
    let cut = sim.now;
    sim.run(Span::minutes(1));
    let incident = opened(&sim);
    assert_eq!(incident.cause, OWN_SIGHT);
    let found = incident.findings.clone().unwrap();
    assert!(matches!(found.evidence[0].heard, Heard::Failed { .. }) && found.evidence[0].of.id() == "gw", "{found:?}");
    assert!(found.evidence[0].at < cut && found.ruled_out.is_empty(), "{found:?}");
}

#[test]
fn what_is_wrong_with_an_answer_is_evidence_too() {
    let mut plan = Plan::town(&[4]);
    plan.edit_camera("C001", |c| c.credential = Some("x".into()));
    let mut sim = settled(plan);
    sim.break_camera("C001", Fault::Auth);
    sim.run(Span::minutes(2));
    let found = sim.messages.last().unwrap().incident.findings.clone().unwrap();
    let refused =
        |h: &Heard| matches!(h, Heard::Trouble { check: Check::Stream, reasons } if reasons.contains(Reason::Auth));
    assert!(found.evidence.iter().any(|e| refused(&e.heard)), "{found:?}");
    // Then it dies: that is another judgement, and rests on something else.
    sim.break_camera("C001", Fault::Drop);
    sim.run(Span::minutes(1));
    let found = sim.messages.last().unwrap().incident.findings.clone().unwrap();
    assert!(found.failed == 1 && matches!(found.evidence[0].heard, Heard::Failed { .. }), "{found:?}");
}

#[test]
fn the_findings_of_an_open_incident_outlive_a_restart() {
    let mut sim = settled(Plan::town(&[8, 4]));
    sim.kill_node("S1");
    sim.run(Span::minutes(1));
    let before = found(&sim);
    sim.restart(Span::seconds(5));
    sim.run(Span::minutes(5));
    let after = sim.world.snapshot().incidents.values().find(|i| i.status.is_open()).cloned().unwrap();
    assert_eq!(after.findings, Some(before));
}

#[test]
fn another_cause_rests_on_other_findings() {
    let mut sim = settled(Plan::town(&[8, 4]));
    sim.break_camera("C001", Fault::Drop);
    sim.run(Span::seconds(20));
    assert_eq!(opened(&sim).cause.to_string(), "camera:C001");
    sim.kill_node("S1");
    sim.run(Span::minutes(2));
    for message in &sim.messages {
        let found = message.incident.findings.as_ref().unwrap();
        let own = found.evidence.iter().any(|e| e.of.id() == message.incident.cause.object());
        assert!(own, "{:?}: {found:?}", message.incident.cause);
    }
}

/// Whether a thing works with these nodes down, by the plainest recursion over the registry.
fn works(registry: &Registry, down: &BTreeSet<&str>, own: Option<&str>, gates: [&Gate; 2]) -> bool {
    let node_works = |id: &NodeId| match registry.nodes.get(id) {
        Some(n) => works(registry, down, Some(id.as_str()), [&n.parents, &n.power]),
        None => true,
    };
    let holds = |gate: &Gate| match gate.needs {
        Needs::All => gate.of.iter().all(node_works),
        Needs::Any => gate.of.is_empty() || gate.of.iter().any(node_works),
    };
    own.is_none_or(|id| !down.contains(id)) && gates.into_iter().all(holds)
}

fn thing_works(registry: &Registry, down: &BTreeSet<&str>, id: &str) -> bool {
    if let Some(c) = registry.cameras.get(id) {
        let (path, power) =
            (Gate { needs: Needs::All, of: c.node.clone() }, Gate { needs: Needs::All, of: c.power.clone() });
        return works(registry, down, None, [&path, &power]);
    }
    let n = registry.nodes.get(id).unwrap();
    works(registry, down, Some(id), [&n.parents, &n.power])
}

/// Holds what a message says against the truth.
fn hold_against_the_truth(sim: &Sim, message: &Message, found: &Findings, judged: &BTreeSet<String>) {
    let (incident, registry) = (&message.incident, &sim.world.snapshot().registry);
    assert!(found.evidence.len() <= MAX_EVIDENCE && found.ruled_out.len() <= MAX_RIVALS, "{found:?}");
    assert!(found.undecided.len() <= MAX_RIVALS, "{found:?}");
    let rivals: Vec<&Cause> = found.ruled_out.iter().map(|r| &r.rival).collect();
    assert!(!rivals.contains(&&incident.cause), "the cause itself is said to be ruled out: {found:?}");
    assert!(!rivals.iter().any(|r| incident.rivals.contains(r)), "{:?} {found:?}", incident.rivals);
    let open = |n: &NodeId| rivals.contains(&&Cause::Node(n.clone())) || incident.cause == Cause::Node(n.clone());
    assert!(!found.undecided.iter().any(open), "{found:?}");
    for RuledOut { rival, by } in &found.ruled_out {
        let Cause::Node(rival) = rival else {
            let Objection::Answered { by, at, .. } = by else { panic!("{by:?}") };
            assert!(answered(sim, by, *at), "{by:?} {at:?}");
            continue;
        };
        let alone: BTreeSet<&str> = [rival.as_str()].into();
        match by {
            Objection::Answered { by, at, .. } => {
                assert!(!thing_works(registry, &alone, by.id()), "{by:?} does not need {rival}");
                assert!(answered(sim, by, *at) && *at > incident.since, "{by:?} did not answer at {at:?}");
            }
            Objection::Reached { by, at } => {
                assert!(!thing_works(registry, &alone, by.id()), "{by:?} does not need {rival}");
                assert!(
                    sim.spoke.as_ref().unwrap().contains(&(by.id().to_owned(), *at)),
                    "{by:?} said nothing at {at:?}"
                );
            }
            Objection::ExplainsLess { explains, of } => {
                assert!(explains < of);
                let own = incident.cause.object();
                let others = judged.iter().map(String::as_str).filter(|n| *n != own);
                let down: BTreeSet<&str> = others.chain([rival.as_str()]).collect();
                let failed = incident
                    .cameras
                    .iter()
                    .map(|c| c.as_str())
                    .chain(registry.nodes.contains_key(own.as_str()).then_some(own.as_str()));
                assert!(
                    failed.into_iter().any(|id| thing_works(registry, &down, id)),
                    "{rival} explains all: {found:?}"
                );
            }
        }
    }
}

fn answered(sim: &Sim, by: &Witness, at: crate::model::Time) -> bool {
    sim.answered.as_ref().unwrap().contains(&(by.id().to_owned(), at))
}

/// Towns and faults from a seed: what is said to be ruled out is contradicted by an answer that came, or explains less.
#[test]
fn a_rival_that_is_ruled_out_is_contradicted_by_an_answer_or_explains_less() {
    let mut seen = [0; 4];
    for seed in 0..60 {
        let mut dice = Dice { seed, n: 0 };
        let plan = town(&mut dice);
        let canaries = if dice.roll(3) > 0 { vec!["gw".into()] } else { Vec::new() };
        let mut sim = Sim::with(plan, Policy { canaries, ..Policy::default() });
        (sim.answered, sim.spoke) = (Some(BTreeSet::new()), Some(BTreeSet::new()));
        sim.run(Span::minutes(2));
        let topology = sim.world.snapshot().topology;
        let mut held: BTreeMap<IncidentId, Arc<Findings>> = BTreeMap::new();
        for _ in 0..12 {
            let camera = topology.cameras[dice.index(topology.cameras.len())].id.to_string();
            let node = topology.nodes[dice.index(topology.nodes.len())].id.to_string();
            match dice.roll(6) {
                0..=1 => sim.break_camera(&camera, Fault::Drop),
                2 => sim.break_camera(&camera, Fault::Refuse),
                3 => sim.kill_node(&node),
                4 => drop(sim.mute_nodes.insert(node)),
                _ => sim.heal_all(),
            }
            let until = sim.now + Span::seconds(dice.between(2, 120));
            let mut read = sim.messages.len();
            while sim.turn(until) {
                if sim.messages.len() == read {
                    continue;
                }
                let judged = sim.world.judged_nodes();
                for message in &sim.messages[read..] {
                    let Some(found) = &message.incident.findings else { continue };
                    // What was found stays as it was; by now more may have failed, or less.
                    if held.insert(message.incident.id, found.clone()).is_some_and(|before| before == *found) {
                        continue;
                    }
                    hold_against_the_truth(&sim, message, found, &judged);
                    for ruled_out in &found.ruled_out {
                        match (&ruled_out.rival, &ruled_out.by) {
                            (Cause::Monitor(_), _) => seen[3] += 1,
                            (_, Objection::Answered { .. }) => seen[0] += 1,
                            (_, Objection::Reached { .. }) => seen[1] += 1,
                            (_, Objection::ExplainsLess { .. }) => seen[2] += 1,
                        }
                    }
                }
                read = sim.messages.len();
            }
            sim.now = until;
        }
    }
    // Beside somebody who refuses there is mostly somebody who answers.
    let least = [400, 1, 90, 200];
    assert!(seen.iter().zip(least).all(|(n, least)| *n >= least), "{seen:?}: too few to say anything");
}
