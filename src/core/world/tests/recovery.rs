//! What comes back all at once: nothing is said of it but the end.

use super::harness::{Plan, Sim};
use super::scenarios::with_canary;
use crate::model::Span;
use crate::registry::{Needs, NodeKind};

/// Cameras behind twenty switches of four rings of the uplink, each two switches on a feed of their own.
fn town() -> Plan {
    let mut plan = Plan::town(&[20; 20]);
    for ring in 0..4 {
        let id = format!("A{ring}");
        plan.node(&id, NodeKind::Switch, true, &["up"], Needs::All);
        for n in (0..20).filter(|n| n % 4 == ring) {
            let switch = plan.registry.nodes.get_mut(format!("S{}", n + 1).as_str()).unwrap();
            switch.parents.of = vec![crate::model::NodeId::new(&id).unwrap()];
        }
    }
    for n in 0..10 {
        let id = format!("P{n}");
        plan.node(&id, NodeKind::Power, false, &[], Needs::All);
        for k in [2 * n + 1, 2 * n + 2] {
            let switch = plan.registry.nodes.get_mut(format!("S{k}").as_str()).unwrap();
            switch.power.of = vec![crate::model::NodeId::new(&id).unwrap()];
        }
    }
    plan
}

/// The uplink is dead for a minute, and what hangs on it comes back one by one within a second.
fn cut_and_back(moment: i64) -> Sim {
    let mut sim = Sim::with(town(), with_canary());
    sim.run(Span::minutes(3) + Span::millis(1_370) * moment);
    sim.kill_node("up");
    sim.run(Span::seconds(60) + Span::millis(250) * moment);
    let rings = (0..4).map(|n| format!("A{n}"));
    let back: Vec<String> = rings.chain((1..=20).map(|n| format!("S{n}"))).collect();
    sim.dead_nodes.extend(back.iter().cloned());
    sim.dead_nodes.remove("up");
    for node in back {
        sim.run(Span::millis(40));
        sim.dead_nodes.remove(&node);
    }
    sim.run(Span::seconds(90));
    sim
}

#[test]
fn of_an_uplink_whose_town_comes_back_piece_by_piece_nothing_is_said_but_the_end() {
    let mut said = Vec::new();
    for moment in 0..24 {
        let sim = cut_and_back(moment);
        assert!(sim.everything_is_over());
        let pages = sim.pages();
        if pages.len() != 1 || pages[0].2 != "node:up" {
            said.push((moment, pages.len(), pages.into_iter().take(4).collect::<Vec<_>>()));
        }
    }
    assert!(said.is_empty(), "{said:#?}");
}
