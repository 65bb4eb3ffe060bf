//! Blindness: a monitor that cannot see says that it is blind; it does not say that the town is down.

use super::harness::{Fault, Plan, Sim};
use crate::model::Span;
use crate::world::Policy;

fn settled(policy: Policy) -> Sim {
    let mut sim = Sim::with(Plan::town(&[20, 20, 20]), policy);
    sim.run(Span::minutes(2));
    assert!(sim.messages.is_empty());
    sim
}

fn with_canary() -> Policy {
    Policy { canaries: vec!["gw".into()], ..Policy::default() }
}

#[test]
fn our_own_link_gone_is_one_monitor_blind_and_no_lost() {
    for (policy, span) in [
        (with_canary(), Span::seconds(40)),
        (with_canary(), Span::minutes(10)),
        (Policy::default(), Span::seconds(40)),
        (Policy::default(), Span::minutes(10)),
    ] {
        let mut sim = settled(policy);
        sim.cut_off = true;
        sim.run(span);
        let causes: Vec<String> = sim.pages().into_iter().map(|p| p.2).collect();
        assert_eq!(causes, ["monitor_blind"], "after {span}");
        assert!(!sim.has_lost());
        sim.heal_all();
        sim.run(Span::minutes(2));
        assert!(sim.everything_is_over(), "{:?}", sim.open_alerts());
        assert!(!sim.has_lost() && sim.pages().len() == 1);
        assert_eq!(sim.entrance("E001"), "covered");
    }
}

#[test]
fn what_died_while_blind_is_told_after_a_quiet_round() {
    let mut sim = settled(with_canary());
    sim.cut_off = true;
    sim.run(Span::minutes(10));
    for id in ["C001", "C025", "C050"] {
        sim.break_camera(id, Fault::Refuse);
    }
    sim.cut_off = false;
    sim.run(Span::minutes(2));
    let mut causes: Vec<String> = sim.pages().into_iter().map(|p| p.2).collect();
    causes.sort();
    assert_eq!(causes, ["camera:C001", "camera:C025", "camera:C050", "monitor_blind"]);
}

#[test]
fn a_dead_canary_is_not_blindness() {
    let mut sim = settled(with_canary());
    sim.canary_dead = true;
    sim.break_camera("C001", Fault::Drop);
    sim.break_camera("C030", Fault::Drop);
    sim.run(Span::minutes(2));
    let mut causes: Vec<String> = sim.pages().into_iter().map(|p| p.2).collect();
    causes.sort();
    assert_eq!(causes, ["camera:C001", "camera:C030"]);
}

#[test]
fn evidence_ages_while_blind_and_silence_is_no_recovery() {
    let mut sim = settled(with_canary());
    sim.break_camera("C001", Fault::Refuse);
    sim.run(Span::minutes(1));
    assert_eq!(sim.pages().len(), 1);
    sim.cut_off = true;
    sim.run(Span::minutes(5));
    assert_eq!(sim.camera_state("C010"), "unknown");
    assert_eq!(sim.open_alerts().get("EntranceLost"), Some(&1), "what was open stays open");
}
