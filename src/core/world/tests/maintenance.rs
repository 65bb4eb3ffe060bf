//! Maintenance: what it explains pages nobody, and changes nothing else (semantics.md §6).

use super::harness::{Fault, Plan, Sim};
use crate::alert::{MessageKind as K, SayReason};
use crate::model::{AreaId, CameraId, NodeId, Span};
use crate::registry::{AreaKind, Life, Needs, NodeKind};
use crate::world::{Event, Window, Works};

fn camera(id: &str) -> Works {
    Works::Camera(CameraId::new(id).unwrap())
}

fn node(id: &str) -> Works {
    Works::Node(NodeId::new(id).unwrap())
}

impl Sim {
    /// Work that begins after `ahead`, for so long.
    fn announce(&mut self, of: Works, ahead: Span, span: Span) {
        let from = self.now + ahead;
        self.apply(Event::Maintenance(vec![Window { from, to: from + span, of }]));
    }

    fn told(&self) -> Vec<(K, SayReason)> {
        self.messages.iter().filter(|m| !m.why.is_for_machines()).map(|m| (m.kind, m.why)).collect()
    }
}

fn town() -> Sim {
    let mut sim = Sim::new(Plan::town(&[10, 10]));
    sim.run(Span::minutes(2));
    sim
}

/// librenms/librenms#18979: planned work on a parent pages for its children.
#[test]
fn planned_work_on_a_switch_pages_for_nothing_behind_it_and_hides_no_fact() {
    let mut sim = town();
    sim.announce(node("S1"), Span::ZERO, Span::hours(2));
    sim.kill_node("S1");
    sim.run(Span::hours(1));
    assert_eq!(sim.told(), []);
    assert_eq!((sim.entrance("E001"), sim.camera_state("C001")), ("lost", "down"), "facts go on");
    assert_eq!(sim.open_alerts().get("EntranceLost"), Some(&10));
    let snapshot = sim.world.snapshot();
    let belief = &snapshot.entrance("E001").unwrap().1.now;
    assert!(belief.outage_planned && snapshot.camera("C001").unwrap().1.maintenance);
    assert!(!snapshot.camera("C011").unwrap().1.maintenance && snapshot.node("S1").unwrap().1.maintenance);
    assert!(snapshot.alerts.values().all(|a| a.planned && !a.told));
    assert!(sim.messages.iter().any(|m| m.why == SayReason::HeldMaintenance), "machines follow");
    sim.heal_all();
    sim.run(Span::hours(2));
    assert!(sim.everything_is_over(), "{:?}", sim.open_alerts());
    assert_eq!(sim.pages(), []);
}

#[test]
fn what_still_stands_when_maintenance_ends_is_news_then() {
    let mut sim = town();
    sim.announce(node("S1"), Span::minutes(10), Span::hours(2));
    sim.run(Span::minutes(11));
    sim.kill_node("S1");
    sim.run(Span::minutes(10) + Span::hours(2) - Span::minutes(12));
    assert_eq!(sim.told(), []);
    sim.run(Span::minutes(10));
    assert_eq!(sim.told(), [(K::Opened, SayReason::MaintenanceEnded)]);
    assert_eq!(sim.pages().iter().map(|p| (p.2.as_str(), p.3)).collect::<Vec<_>>(), [("node:S1", 10)]);
    let last = sim.messages.last().unwrap();
    assert!(last.alerts.iter().all(|a| a.told && !a.planned));
    sim.run(Span::hours(5));
    assert_eq!(sim.told().last(), Some(&(K::Reminded, SayReason::StillOpen)), "from then on like any other");
    sim.heal_all();
    sim.run(Span::minutes(5));
    assert!(sim.everything_is_over());
}

#[test]
fn what_maintenance_does_not_explain_pages_as_ever() {
    let mut sim = town();
    sim.announce(camera("C001"), Span::ZERO, Span::hours(2));
    sim.break_camera("C001", Fault::Refuse);
    sim.run(Span::minutes(5));
    assert_eq!(sim.told(), []);
    sim.break_camera("C002", Fault::Refuse);
    sim.run(Span::minutes(5));
    assert_eq!(sim.causes(), ["camera:C002"]);
    // The switch is nobody's work.
    sim.kill_node("S2");
    sim.run(Span::minutes(5));
    assert_eq!(sim.causes(), ["camera:C002", "node:S2"]);
}

#[test]
fn an_entrance_that_more_than_maintenance_took_is_told() {
    let mut plan = Plan::town(&[4]);
    plan.entrance("EX", 1, 1);
    plan.watch("C001", "EX");
    plan.watch("C002", "EX");
    for id in ["E001", "E002"] {
        plan.registry.entrances.remove(id);
    }
    let mut sim = Sim::new(plan);
    sim.run(Span::minutes(2));
    sim.announce(camera("C002"), Span::ZERO, Span::hours(3));
    sim.break_camera("C001", Fault::Refuse);
    sim.run(Span::minutes(10));
    sim.break_camera("C002", Fault::Refuse);
    sim.run(Span::minutes(10));
    assert_eq!(sim.entrance("EX"), "lost");
    assert_eq!(sim.pages().iter().filter(|p| p.3 == 1).count(), 0, "C002 would watch it: {:?}", sim.pages());
    sim.run(Span::hours(3));
    assert!(sim.told().iter().any(|t| t.1 == SayReason::MaintenanceEnded), "{:?}", sim.told());
}

#[test]
fn maintenance_of_a_village_is_that_of_its_cameras() {
    let mut plan = Plan::town(&[3, 3]);
    plan.area("H", Some("V"), AreaKind::Hamlet);
    for id in ["C001", "C002", "C003"] {
        plan.edit_camera(id, |c| c.area = AreaId::new("H").unwrap());
    }
    let mut sim = Sim::new(plan);
    sim.run(Span::minutes(2));
    sim.announce(Works::Area(AreaId::new("H").unwrap()), Span::ZERO, Span::hours(1));
    for id in ["C001", "C002", "C003"] {
        sim.break_camera(id, Fault::Refuse);
    }
    sim.run(Span::minutes(5));
    assert_eq!(sim.told(), []);
    sim.break_camera("C004", Fault::Refuse);
    sim.run(Span::minutes(5));
    assert_eq!(sim.causes(), ["camera:C004"], "of the same village, and not of the hamlet");
}

#[test]
fn a_camera_with_a_second_way_is_not_in_the_maintenance_of_one() {
    let mut plan = Plan::town(&[4, 4]);
    plan.node("R1", NodeKind::Switch, true, &["S1", "S2"], Needs::Any);
    plan.camera("CX", Some("R1"), 90);
    let mut sim = Sim::new(plan);
    sim.run(Span::minutes(2));
    sim.announce(node("S1"), Span::ZERO, Span::hours(1));
    let snapshot = sim.world.snapshot();
    let serviced = |id: &str| snapshot.camera(id).unwrap().1.maintenance;
    assert!(serviced("C001") && !serviced("CX") && !serviced("C005"));
}

#[test]
fn a_camera_that_the_registry_has_in_maintenance_pages_nobody() {
    let mut plan = Plan::town(&[3]);
    plan.edit_camera("C001", |c| c.status = Life::Maintenance);
    let mut sim = Sim::new(plan);
    sim.run(Span::minutes(2));
    sim.break_camera("C001", Fault::Refuse);
    sim.run(Span::minutes(10));
    assert_eq!((sim.told(), sim.entrance("E001")), (vec![], "lost"));
    sim.reload(Plan::town(&[3]).registry);
    sim.run(Span::minutes(1));
    assert_eq!(sim.told(), [(K::Opened, SayReason::MaintenanceEnded)]);
}

#[test]
fn what_was_told_before_maintenance_began_is_neither_reminded_nor_told_again_but_its_end_is() {
    let mut sim = town();
    sim.kill_node("S1");
    sim.run(Span::minutes(1));
    assert_eq!(sim.told(), [(K::Opened, SayReason::FirstWord)]);
    sim.announce(node("S1"), Span::ZERO, Span::hours(9));
    sim.run(Span::hours(8));
    assert_eq!(sim.told().len(), 1, "{:?}", sim.told());
    sim.heal_all();
    sim.run(Span::minutes(5));
    assert_eq!(sim.told().last(), Some(&(K::Resolved, SayReason::AllOver)), "closing is never suppressed");
}

#[test]
fn maintenance_holds_over_a_restart_and_a_first_round() {
    let mut sim = town();
    sim.announce(node("S1"), Span::ZERO, Span::hours(2));
    sim.kill_node("S1");
    sim.run(Span::minutes(30));
    let to = sim.now + Span::minutes(90);
    sim.restart(Span::seconds(20));
    sim.apply(Event::Maintenance(vec![Window { from: sim.now, to, of: node("S1") }]));
    sim.run(Span::minutes(80));
    assert_eq!(sim.told(), []);
    sim.run(Span::minutes(20));
    assert_eq!(sim.told(), [(K::Opened, SayReason::MaintenanceEnded)]);
    // It ended while nobody ran.
    let mut sim = town();
    sim.announce(node("S1"), Span::ZERO, Span::hours(2));
    sim.kill_node("S1");
    sim.run(Span::minutes(30));
    sim.restart(Span::hours(3));
    assert_eq!(sim.told(), []);
    sim.run(Span::minutes(5));
    assert_eq!(sim.told(), [(K::Opened, SayReason::MaintenanceEnded)]);
}

#[test]
fn maintenance_that_is_ended_early_says_what_still_stands() {
    let mut sim = town();
    sim.announce(node("S1"), Span::ZERO, Span::hours(9));
    sim.kill_node("S1");
    sim.run(Span::minutes(30));
    sim.apply(Event::Maintenance(Vec::new()));
    sim.run(Span::seconds(1));
    assert_eq!(sim.told(), [(K::Opened, SayReason::MaintenanceEnded)]);
}

#[test]
fn what_somebody_took_in_maintenance_is_not_told_them_at_its_end() {
    let mut sim = town();
    sim.announce(node("S1"), Span::ZERO, Span::hours(2));
    sim.kill_node("S1");
    sim.run(Span::minutes(30));
    let incident = *sim.world.snapshot().incidents.keys().next().unwrap();
    let until = sim.now + Span::hours(3);
    sim.apply(Event::Acknowledge { incident, by: "desk".into(), note: "".into(), until: Some(until) });
    sim.run(Span::hours(2));
    assert_eq!(sim.told(), [(K::Acknowledged, SayReason::TakenBySomebody)]);
    sim.run(Span::hours(1));
    assert_eq!(sim.told().len(), 2, "and is nobody's when that runs out: {:?}", sim.told());
    assert_eq!(sim.pages().len(), 1);
}

/// Found by the simulation: of an incident that had paged, a camera that maintenance explained fell to another cause,
/// and that was told as the end of maintenance.
#[test]
fn what_maintenance_explains_in_an_incident_that_paged_is_no_page_when_it_does_not_any_more() {
    let mut sim = town();
    sim.announce(camera("C001"), Span::ZERO, Span::hours(1));
    sim.kill_node("S1");
    sim.run(Span::minutes(10));
    assert_eq!(sim.told(), [(K::Opened, SayReason::FirstWord)]);
    assert!(sim.messages.last().unwrap().incident.paged_entrances.len() == 10, "a page names all of it");
    sim.run(Span::hours(1));
    assert_eq!(sim.told().len(), 1, "{:?}", sim.told());
}

#[test]
fn dusk_in_maintenance_opens_nothing_for_people() {
    let mut plan = Plan::town(&[3]);
    plan.entrance("EX", 1, 1);
    plan.watch("C001", "EX");
    plan.watch("C002", "EX");
    plan.edit_camera("C002", |c| c.night = crate::registry::NightLight::None);
    plan.registry.entrances.remove("E001");
    let mut sim = Sim::new(plan);
    sim.run(Span::minutes(1));
    sim.announce(camera("C001"), Span::ZERO, Span::hours(14));
    sim.break_camera("C001", Fault::Refuse);
    sim.run(Span::hours(12));
    assert!(sim.transitions.iter().any(|t| t.to == "lost"), "lost at dusk");
    assert_eq!(sim.told(), []);
    sim.run(Span::hours(3));
    assert_eq!(sim.told().first(), Some(&(K::Opened, SayReason::MaintenanceEnded)), "{:?}", sim.told());
}
