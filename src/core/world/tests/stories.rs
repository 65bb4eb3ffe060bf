//! One fault, one page: what is said of single faults and of several at once.

use super::harness::{Fault, Plan, Sim};
use crate::alert::MessageKind::{MoreLost, Opened, Reopened, Resolved};
use crate::model::{Span, Time};
use crate::registry::{Needs, NodeKind};

fn settled(switches: &[usize]) -> Sim {
    let mut sim = Sim::new(Plan::town(switches));
    sim.run(Span::minutes(2));
    assert!(sim.messages.is_empty(), "a healthy town is silent: {:?}", sim.pages());
    assert_eq!(sim.entrance("E001"), "covered");
    sim
}

#[test]
fn a_camera_that_refuses_is_one_page_and_one_end() {
    let mut sim = settled(&[10, 10]);
    sim.break_camera("C003", Fault::Refuse);
    sim.run(Span::seconds(16));
    assert_eq!(sim.pages(), [(Opened, 1, "camera:C003".to_owned(), 1)]);
    assert_eq!((sim.entrance("E003"), sim.camera_state("C003")), ("lost", "down"));
    sim.run(Span::hours(3));
    assert_eq!(sim.pages().len(), 1, "it is not said twice");
    sim.heal_all();
    sim.run(Span::seconds(20));
    assert!(sim.everything_is_over());
    assert_eq!(sim.messages.last().map(|m| m.kind), Some(Resolved));
}

#[test]
fn a_camera_that_vanishes_is_blamed_itself_while_its_siblings_answer() {
    let mut sim = settled(&[10, 10]);
    sim.break_camera("C003", Fault::Drop);
    sim.run(Span::seconds(17));
    assert_eq!(sim.pages(), [(Opened, 1, "camera:C003".to_owned(), 1)]);
}

#[test]
fn a_single_failed_try_says_nothing() {
    let mut sim = settled(&[10]);
    sim.break_camera("C001", Fault::Drop);
    while sim.camera_state("C001") == "up" {
        sim.run(Span::millis(100));
    }
    assert_eq!((sim.camera_state("C001"), sim.entrance("E001")), ("suspect", "covered"));
    sim.heal_all();
    sim.run(Span::minutes(5));
    assert_eq!(sim.camera_state("C001"), "up");
    assert!(sim.messages.is_empty() && sim.transitions.iter().all(|t| t.to != "suspect"));
}

#[test]
fn a_dead_switch_with_forty_cameras_is_one_page_that_names_it_and_all_it_took() {
    let mut sim = settled(&[40, 10]);
    sim.kill_node("S1");
    let began = sim.now;
    sim.run(Span::seconds(25));
    assert_eq!(sim.pages(), [(Opened, 1, "node:S1".to_owned(), 40)], "{:#?}", sim.open_alerts());
    let first = &sim.messages[0];
    assert!(first.at - began <= Span::seconds(7), "told after {}", first.at - began);
    assert_eq!(first.incident.cameras.len(), 40);
    assert_eq!(sim.world.snapshot().node("S1").map(|(_, n)| n.state.word()), Some("down"));
    sim.heal_all();
    sim.run(Span::seconds(40));
    assert!(sim.everything_is_over(), "{:?}", sim.open_alerts());
    assert_eq!(sim.pages().len(), 1);
}

/// Among forty cameras some stream is always being confirmed, which takes ten seconds: nobody waits for that.
#[test]
fn the_page_of_a_dead_switch_comes_within_seven_seconds_whenever_it_dies() {
    for phase in 0..20 {
        let mut sim = settled(&[40, 40, 40]);
        sim.run(Span::millis(500) * phase);
        sim.kill_node("S1");
        let began = sim.now;
        sim.run(Span::seconds(30));
        let first = &sim.messages[0];
        assert_eq!((sim.pages().len(), first.incident.cameras.len()), (1, 40), "one page, with all it took");
        assert_eq!(first.incident.cause.to_string(), "node:S1");
        let took = first.at - began;
        assert!(took <= Span::seconds(7), "at phase {phase} told after {took}");
    }
}

#[test]
fn two_switches_three_seconds_apart_are_two_pages() {
    let mut sim = settled(&[20, 20, 20]);
    sim.kill_node("S1");
    sim.run(Span::seconds(3));
    sim.kill_node("S2");
    sim.run(Span::seconds(60));
    let mut causes: Vec<String> = sim.pages().into_iter().map(|(_, _, c, _)| c).collect();
    causes.sort();
    assert_eq!(causes, ["node:S1", "node:S2"]);
}

#[test]
fn a_dead_uplink_is_one_page_when_a_canary_proves_sight() {
    let mut sim = settled(&[20, 20, 20]);
    sim.kill_node("up");
    sim.run(Span::seconds(60));
    assert_eq!(sim.pages(), [(Opened, 1, "node:up".to_owned(), 60)]);
    sim.heal_all();
    sim.run(Span::seconds(60));
    assert!(sim.everything_is_over());
}

#[test]
fn thirty_nine_of_forty_are_one_incident_of_the_switch_in_part() {
    let mut sim = settled(&[40, 10]);
    for n in 1..=39 {
        sim.break_camera(&format!("C{n:03}"), Fault::Drop);
    }
    sim.run(Span::seconds(90));
    let pages = sim.pages();
    assert_eq!(pages.len(), 1, "{pages:?}");
    assert_eq!(pages[0].2, "node_partial:S1");
    sim.heal_all();
    sim.run(Span::seconds(60));
    assert!(sim.everything_is_over());
}

#[test]
fn a_camera_that_was_down_before_its_switch_stays_its_own_incident() {
    let mut sim = settled(&[20, 10]);
    sim.break_camera("C001", Fault::Drop);
    sim.run(Span::minutes(2));
    sim.kill_node("S1");
    sim.run(Span::minutes(1));
    let pages = sim.pages();
    assert_eq!(pages.iter().map(|p| p.2.as_str()).collect::<Vec<_>>(), ["camera:C001", "node:S1"]);
    assert_eq!(pages[1].3, 19);
    sim.dead_nodes.clear();
    sim.run(Span::minutes(1));
    let open: Vec<String> =
        sim.world.snapshot().incidents.values().filter(|i| i.status.is_open()).map(|i| i.cause.to_string()).collect();
    assert_eq!(open, ["camera:C001"]);
}

#[test]
fn a_passive_feed_across_two_switches_is_found_by_inference() {
    let mut plan = Plan::town(&[15, 15, 15]);
    plan.node("P1", NodeKind::Power, false, &[], Needs::All);
    for switch in ["S1", "S2"] {
        plan.registry.nodes.get_mut(switch).unwrap().power.of = vec![crate::model::NodeId::new("P1").unwrap()];
    }
    let mut sim = Sim::new(plan);
    sim.run(Span::minutes(2));
    sim.kill_node("P1");
    sim.run(Span::minutes(1));
    assert_eq!(sim.pages(), [(Opened, 1, "node:P1".to_owned(), 30)]);
    assert_eq!(sim.world.snapshot().node("P1").map(|(_, n)| (n.state.word(), n.inferred)), Some(("down", true)));
    sim.heal_all();
    sim.run(Span::minutes(1));
    assert!(sim.everything_is_over());
    assert_eq!(sim.world.snapshot().node("P1").map(|(_, n)| n.state.word()), Some("up"));
}

#[test]
fn both_parents_of_a_ring_one_after_the_other() {
    let mut plan = Plan::town(&[0, 0]);
    plan.node("ring", NodeKind::Switch, true, &["S1", "S2"], Needs::Any);
    for n in 1..=10 {
        plan.camera(&format!("R{n:02}"), Some("ring"), n);
        plan.entrance(&format!("ER{n:02}"), 1, 1);
        plan.watch(&format!("R{n:02}"), &format!("ER{n:02}"));
    }
    let mut sim = Sim::new(plan);
    sim.run(Span::minutes(2));
    sim.kill_node("S1");
    sim.run(Span::minutes(2));
    assert_eq!(sim.entrance("ER01"), "covered", "the ring holds");
    sim.kill_node("S2");
    sim.run(Span::minutes(2));
    let pages = sim.pages();
    assert_eq!(pages.iter().map(|p| (p.2.as_str(), p.3)).collect::<Vec<_>>(), [("node:S1", 0), ("node:S2", 10)]);
}

#[test]
fn an_unrelated_camera_fifteen_seconds_before_is_told_apart() {
    let mut sim = settled(&[20, 20]);
    sim.break_camera("C030", Fault::Drop);
    sim.run(Span::seconds(15));
    sim.kill_node("S1");
    sim.run(Span::minutes(1));
    let causes: Vec<String> = sim.pages().into_iter().map(|p| p.2).collect();
    assert_eq!(causes, ["camera:C030", "node:S1"]);
}

#[test]
fn a_stream_that_hangs_is_down_though_it_can_be_reached() {
    let mut sim = settled(&[5, 5]);
    sim.break_camera("C001", Fault::StreamHangs);
    sim.run(Span::minutes(2));
    assert_eq!(sim.camera_state("C001"), "down");
    assert_eq!(sim.pages(), [(Opened, 1, "camera:C001".to_owned(), 1)]);
    sim.run(Span::minutes(10));
    assert_eq!(sim.pages().len(), 1);
}

#[test]
fn a_wrong_password_degrades_and_loses_nothing() {
    let mut sim = settled(&[5]);
    sim.break_camera("C001", Fault::Auth);
    sim.run(Span::minutes(2));
    assert_eq!((sim.camera_state("C001"), sim.entrance("E001")), ("degraded", "covered"));
    assert!(sim.pages().is_empty());
    assert_eq!(sim.open_alerts().get("CameraDegraded"), Some(&1));
}

#[test]
fn lost_again_within_half_an_hour_is_the_same_incident() {
    let mut sim = settled(&[5, 5]);
    sim.break_camera("C001", Fault::Refuse);
    sim.run(Span::minutes(1));
    sim.heal_all();
    sim.run(Span::minutes(5));
    sim.break_camera("C001", Fault::Refuse);
    sim.run(Span::minutes(1));
    let pages = sim.pages();
    assert_eq!(pages.iter().map(|p| (p.0, p.1)).collect::<Vec<_>>(), [(Opened, 1), (Reopened, 1)]);
}

#[test]
fn a_camera_that_reboots_every_130_seconds_is_told_as_flapping_and_not_paged_for_ever() {
    let mut sim = settled(&[5, 5]);
    for _ in 0..20 {
        sim.break_camera("C001", Fault::Refuse);
        sim.run(Span::seconds(40));
        sim.heal_all();
        sim.run(Span::seconds(90));
    }
    assert_eq!(sim.open_alerts().get("CameraFlapping"), Some(&1));
    assert!(sim.pages().len() <= 3, "{:?}", sim.pages());
    sim.run(Span::hours(2));
    assert!(sim.everything_is_over(), "{:?}", sim.open_alerts());
}

#[test]
fn what_joins_within_regroup_is_no_page_and_what_stays_unnamed_is_paged_once() {
    let mut plan = Plan::town(&[4, 4]);
    plan.registry.nodes.get_mut("S1").unwrap().address = None;
    let mut sim = Sim::new(plan);
    sim.run(Span::minutes(2));
    sim.kill_node("S1");
    sim.run(Span::minutes(20));
    assert_eq!(sim.pages(), [(Opened, 1, "node:S1".to_owned(), 4)]);
    assert!(sim.messages.iter().all(|m| m.kind != MoreLost));
}

#[test]
fn the_same_events_give_the_same_effects() {
    let run = || {
        let mut sim = settled(&[12, 12]);
        sim.kill_node("S1");
        sim.break_camera("C020", Fault::Refuse);
        sim.run(Span::minutes(3));
        sim.heal_all();
        sim.run(Span::minutes(3));
        (sim.messages, sim.transitions)
    };
    assert!(run() == run());
}

#[test]
fn dusk_opens_what_has_no_light_only_if_it_failed() {
    let mut plan = Plan::town(&[3]);
    plan.entrance("EX", 1, 1);
    plan.watch("C001", "EX");
    plan.watch("C002", "EX");
    plan.edit_camera("C002", |c| c.night = crate::registry::NightLight::None);
    let mut sim = Sim::new(plan);
    sim.run(Span::minutes(1));
    sim.break_camera("C001", Fault::Refuse);
    sim.run(Span::minutes(1));
    assert_eq!(sim.entrance("EX"), "covered", "C002 watches it by day");
    assert_eq!(sim.pages().len(), 1, "E001 is lost, EX is not");
    sim.run(Span::hours(12));
    let named: Vec<Time> = sim
        .messages
        .iter()
        .filter(|m| m.alerts.iter().any(|a| a.key.name.word() == "EntranceLostTonight"))
        .map(|m| m.at)
        .collect();
    assert!(!named.is_empty(), "said an hour before dusk");
    let lost = sim.transitions.iter().find(|t| {
        matches!(&t.subject, crate::world::Subject::Entrance(id, crate::model::Period::Now) if id.as_str() == "EX")
            && t.to == "lost"
    });
    let lost = lost.expect("lost at dusk");
    let ahead = lost.at - named[0];
    assert!((Span::minutes(59)..=Span::minutes(61)).contains(&ahead), "{ahead}");
}

#[test]
fn a_switch_with_a_feed_of_its_own_is_named_itself_in_the_first_page() {
    let mut plan = Plan::town(&[22, 10]);
    plan.node("P1", NodeKind::Power, false, &[], Needs::All);
    plan.registry.nodes.get_mut("S1").unwrap().power.of = vec![crate::model::NodeId::new("P1").unwrap()];
    let mut sim = Sim::new(plan);
    sim.run(Span::minutes(2));
    for _ in 0..20 {
        sim.messages.clear();
        sim.kill_node("S1");
        sim.run(Span::minutes(1));
        let told: Vec<_> = sim
            .messages
            .iter()
            .map(|m| (m.kind, m.incident.cause.to_string(), m.incident.entrances_lost.len()))
            .collect();
        assert_eq!(told.first().map(|t| (t.1.as_str(), t.2)), Some(("node:S1", 22)), "{told:?}");
        sim.heal_all();
        sim.run(Span::minutes(60) + Span(777));
    }
}
