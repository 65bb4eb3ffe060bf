//! Recovery in any order, and faults in any order: what is over is told as over, and nothing is told twice.

use super::harness::{Fault, Plan, Sim};
use crate::model::{NodeId, Span};
use crate::registry::{Needs, NodeKind};

const EVENTS: [&str; 5] = ["C001", "S1", "S2", "P1", "C020"];

fn permutations(of: &[&'static str]) -> Vec<Vec<&'static str>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (i, first) in of.iter().enumerate() {
        let rest: Vec<&str> = of.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, x)| *x).collect();
        for mut tail in permutations(&rest) {
            tail.insert(0, first);
            all.push(tail);
        }
    }
    all
}

fn start(sim: &mut Sim, what: &str) {
    if !what.starts_with('C') { sim.kill_node(what) } else { sim.break_camera(what, Fault::Drop) }
}

fn heal(sim: &mut Sim, what: &str) {
    sim.faults.remove(what);
    sim.dead_nodes.remove(what);
}

/// Which entrances have no camera, by the plain truth: six cameras a switch, a feed of the first two, three cameras on a
/// ring of these.
fn truth(sim: &Sim) -> Vec<String> {
    let dead = |node: &str| sim.dead_nodes.contains(node);
    let lost = |n: &usize| {
        let way = match n {
            1..=6 => dead("S1") || dead("P1"),
            7..=12 => dead("S2") || dead("P1"),
            13..=18 => dead("S3"),
            _ => dead("P1") || (dead("S1") && dead("S2")),
        };
        way || sim.faults.contains_key(&format!("C{n:03}"))
    };
    (1..=21).filter(lost).map(|n| format!("E{n:03}")).collect()
}

fn plan() -> Plan {
    let mut plan = Plan::town(&[6, 6, 6]);
    plan.node("P1", NodeKind::Power, false, &[], Needs::All);
    for switch in ["S1", "S2"] {
        plan.registry.nodes.get_mut(switch).unwrap().power.of = vec![NodeId::new("P1").unwrap()];
    }
    plan.node("ring", NodeKind::Switch, true, &["S1", "S2"], Needs::Any);
    for n in 19..=21 {
        plan.camera(&format!("C{n:03}"), Some("ring"), n);
        plan.entrance(&format!("E{n:03}"), 1, 1);
        plan.watch(&format!("C{n:03}"), &format!("E{n:03}"));
    }
    plan
}

/// Breaks in one order and heals in another; gives how many pages that was.
fn breaks_and_heals(mut sim: Sim, breaking: &[&str], healing: &[&str], gap: Span) -> usize {
    let how = format!("broken {breaking:?}, healed {healing:?}, {gap} apart");
    for what in breaking {
        start(&mut sim, what);
        sim.run(gap);
    }
    sim.run(Span::minutes(1));
    assert_eq!(sim.believed_lost(), truth(&sim), "{how}");
    for what in healing {
        heal(&mut sim, what);
        sim.run(gap);
        sim.run(Span::minutes(1));
        assert_eq!(sim.believed_lost(), truth(&sim), "{how}, after {what}");
    }
    sim.run(Span::minutes(1));
    assert!(sim.everything_is_over(), "{how}: {:?}", sim.open_alerts());
    steps_have_no_holes(&sim, &how);
    sim.pages().len()
}

/// A camera, its switch, the other switch, the feed of both, and a camera on the ring of both, in all orders.
#[test]
fn five_faults_and_their_recoveries_in_any_order_end_well() {
    let settled = || {
        let mut sim = Sim::new(plan());
        sim.run(Span::minutes(2));
        sim
    };
    let orders = permutations(&EVENTS);
    // All 14 400 pairs of orders take minutes; each order of either kind is in nine pairs or more of those that are lived.
    let every = if super::lives::number("CUNKOU_LONG") == Some(1) { 1 } else { 13 };
    let mut pages = std::collections::BTreeMap::<usize, usize>::new();
    for (i, breaking) in orders.iter().enumerate() {
        for (j, healing) in orders.iter().enumerate().filter(|(j, _)| (i + j) % every == 0) {
            let gap = [Span::seconds(4), Span::seconds(50), Span::minutes(7)][(i + j / every) % 3];
            *pages.entry(breaks_and_heals(settled(), breaking, healing, gap)).or_default() += 1;
        }
    }
    println!("pages of five faults, and in how many pairs of orders: {pages:?}");
    // What a fault took that came later is in the incident of the first, and what outlives it is told once more at most.
    assert!(pages.keys().all(|n| (1..=5).contains(n)), "{pages:?}");
}

fn steps_have_no_holes(sim: &Sim, how: &str) {
    let mut last: std::collections::BTreeMap<u64, u32> = std::collections::BTreeMap::new();
    for message in &sim.messages {
        let step = last.entry(message.incident.id.0).or_default();
        assert_eq!(message.step, *step + 1, "{how}: a hole in the steps of incident {}", message.incident.id);
        *step = message.step;
    }
}
