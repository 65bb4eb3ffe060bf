//! Restarts, reloads and acknowledgements.

use super::harness::{Fault, Plan, Sim};
use crate::alert::{EndReason, MessageKind};
use crate::model::{IncidentId, Span};
use crate::world::{Event, Subject};

#[test]
fn a_restart_in_the_midst_of_a_fault_says_nothing_new() {
    let mut sim = Sim::new(Plan::town(&[10, 10]));
    sim.run(Span::minutes(2));
    sim.kill_node("S1");
    sim.run(Span::minutes(1));
    assert_eq!(sim.pages().len(), 1);
    sim.restart(Span::seconds(5));
    sim.run(Span::minutes(5));
    assert_eq!(sim.pages().len(), 1, "{:?}", sim.messages.iter().map(|m| (m.kind, m.why)).collect::<Vec<_>>());
    assert_eq!(sim.entrance("E001"), "lost");
    sim.heal_all();
    sim.run(Span::minutes(1));
    assert!(sim.everything_is_over(), "{:?}", sim.open_alerts());
    assert_eq!(sim.messages.last().map(|m| (m.kind, m.incident.id)), Some((MessageKind::Resolved, IncidentId(1))));
}

#[test]
fn what_healed_while_stopped_is_told_as_over() {
    let mut sim = Sim::new(Plan::town(&[10]));
    sim.run(Span::minutes(2));
    sim.break_camera("C001", Fault::Refuse);
    sim.run(Span::minutes(1));
    sim.heal_all();
    sim.restart(Span::minutes(10));
    sim.run(Span::minutes(2));
    assert!(sim.everything_is_over());
}

#[test]
fn what_died_while_stopped_is_told_once() {
    let mut sim = Sim::new(Plan::town(&[10, 10]));
    sim.run(Span::minutes(2));
    sim.kill_node("S2");
    sim.restart(Span::minutes(10));
    sim.run(Span::minutes(2));
    assert_eq!(sim.pages().iter().map(|p| (p.2.as_str(), p.3)).collect::<Vec<_>>(), [("node:S2", 10)]);
}

#[test]
fn the_time_without_a_monitor_is_history_too() {
    let mut sim = Sim::new(Plan::town(&[3]));
    sim.run(Span::minutes(2));
    let stopped = sim.now;
    sim.transitions.clear();
    sim.restart(Span::minutes(10));
    sim.run(Span::minutes(2));
    let of = |to: &str| {
        let camera = |t: &&crate::world::Transition| matches!(&t.subject, Subject::Camera(c) if c.as_str() == "C001");
        sim.transitions.iter().filter(camera).find(|t| t.to == to).map(|t| t.at)
    };
    // The store is told every 10 s that the monitor lives.
    assert!(of("unknown").is_some_and(|at| at <= stopped && stopped - at <= Span::seconds(10)));
    assert!(of("up").is_some_and(|at| at > stopped + Span::minutes(10)));
}

/// The clock ran an hour, and once a lifetime, ahead: what was seen and said then lies in the future of the new time.
#[test]
fn after_a_step_back_one_fault_is_still_one_page_and_a_later_loss_is_still_news() {
    for back in [Span::hours(-1), Span::hours(-24 * 365 * 56)] {
        let mut sim = Sim::new(Plan::town(&[10, 10]));
        sim.run(Span::minutes(2));
        sim.break_camera("C011", Fault::Refuse);
        sim.run(Span::minutes(1));
        assert_eq!(sim.pages().len(), 1);
        sim.restart(back);
        sim.run(Span::minutes(2));
        assert_eq!(sim.pages().len(), 1, "the step is no news");
        // What the node passed in the future would acquit it until then.
        sim.kill_node("S1");
        sim.run(Span::minutes(1));
        let pages = sim.pages();
        assert_eq!(pages.get(1).map(|p| (p.2.as_str(), p.3)), Some(("node:S1", 10)), "{pages:?}");
        assert_eq!(pages.len(), 2, "{pages:?}");
        sim.heal_all();
        sim.run(Span::minutes(1));
        assert!(sim.everything_is_over(), "{:?}", sim.open_alerts());
    }
}

/// That a camera is slow is known from many tries, which a start has not; it is no news that it still is.
#[test]
fn what_many_tries_said_holds_over_a_restart() {
    let mut sim = Sim::new(Plan::town(&[3]));
    sim.run(Span::minutes(2));
    sim.break_camera("C001", Fault::Slow);
    sim.run(Span::minutes(5));
    assert_eq!((sim.camera_state("C001"), sim.open_alerts().get("CameraDegraded")), ("degraded", Some(&1)));
    let told = sim.messages.len();
    sim.restart(Span::seconds(40));
    sim.run(Span::minutes(10));
    assert_eq!((sim.camera_state("C001"), sim.messages.len()), ("degraded", told), "{:?}", sim.messages.last());
    sim.heal_all();
    sim.run(Span::minutes(10));
    assert!(sim.everything_is_over(), "{:?}", sim.open_alerts());
}

#[test]
fn a_life_that_ends_before_its_first_evidence_leaves_one_hole() {
    let mut sim = Sim::new(Plan::town(&[3]));
    sim.run(Span::minutes(2));
    sim.restart(Span::seconds(20));
    sim.restart(Span::seconds(20));
    sim.run(Span::minutes(2));
    let camera = |t: &&crate::world::Transition| matches!(&t.subject, Subject::Camera(c) if c.as_str() == "C001");
    let words: Vec<_> = sim.transitions.iter().filter(camera).map(|t| (t.from, t.to)).collect();
    assert!(words.windows(2).all(|pair| pair[0].1 == pair[1].0), "each begins where the one before ended: {words:?}");
    assert_eq!(words.iter().filter(|w| **w == ("up", "unknown")).count(), 1, "{words:?}");
}

#[test]
fn an_acknowledgement_is_kept_and_said() {
    let mut sim = Sim::new(Plan::town(&[3]));
    sim.run(Span::minutes(2));
    sim.break_camera("C001", Fault::Refuse);
    sim.run(Span::minutes(1));
    sim.apply(Event::Acknowledge { incident: IncidentId(1), by: "duty".into(), note: "在路上".into(), until: None });
    let last = sim.messages.last().unwrap();
    assert_eq!((last.kind, last.incident.status.word()), (MessageKind::Acknowledged, "acknowledged"));
    assert_eq!(last.incident.acknowledged.as_ref().map(|a| &*a.note), Some("在路上"));
    sim.apply(Event::Acknowledge { incident: IncidentId(9), by: "duty".into(), note: "".into(), until: None });
    assert_eq!(sim.messages.last().map(|m| m.incident.id), Some(IncidentId(1)), "there is no incident 9");
}

#[test]
fn a_reload_keeps_what_did_not_change_and_ends_what_left_as_removed() {
    let mut sim = Sim::new(Plan::town(&[6]));
    sim.run(Span::minutes(2));
    sim.break_camera("C001", Fault::Refuse);
    sim.break_camera("C002", Fault::Refuse);
    sim.run(Span::minutes(1));
    let since = sim.world.snapshot().camera("C002").map(|(_, c)| c.since);
    let mut registry = Plan::town(&[6]).registry;
    registry.cameras.remove("C001");
    registry.entrances.remove("E001");
    sim.reload(registry);
    assert_eq!(sim.world.snapshot().camera("C002").map(|(_, c)| c.since), since);
    assert_eq!(sim.entrance("E002"), "lost");
    let ended: Vec<_> =
        sim.messages.iter().flat_map(|m| &m.alerts).filter_map(|a| a.ended.map(|(_, why)| why)).collect();
    assert!(!ended.is_empty() && ended.iter().all(|why| *why == EndReason::Removed), "{ended:?}");
    assert_eq!(sim.entrance("E001"), "none");
    sim.run(Span::minutes(10));
    assert_eq!(sim.camera_state("C003"), "up");
    assert_eq!(sim.open_alerts().get("EntranceLost"), Some(&1));
}
