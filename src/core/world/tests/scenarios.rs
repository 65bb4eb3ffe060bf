//! The scenarios that bite, each with the number of pages it may cost.

use super::harness::{Fault, Plan, Sim};
use crate::alert::MessageKind;
use crate::model::Span;
use crate::registry::{Needs, NodeKind};
use crate::world::Policy;

pub(super) fn with_canary() -> Policy {
    Policy { canaries: vec!["gw".into()], ..Policy::default() }
}

/// A town of the size of Liuzhi: 20 switches, 778 cameras, an entrance each.
pub(super) fn big_town() -> Plan {
    let switches: Vec<usize> = (0..20).map(|i| if i < 18 { 39 } else { 38 }).collect();
    Plan::town(&switches)
}

fn settled(plan: Plan, policy: Policy) -> Sim {
    let mut sim = Sim::with(plan, policy);
    sim.run(Span::minutes(5));
    assert!(sim.messages.is_empty(), "a healthy town is silent: {:?}", sim.pages());
    sim
}

/// A fault and the time for which it lasts; how many pages it may cost, and which entrances it takes.
struct Scenario {
    name: &'static str,
    plan: fn() -> Plan,
    act: fn(&mut Sim),
    pages: std::ops::RangeInclusive<usize>,
    lost: fn(&str) -> bool,
}

pub(super) fn number(entrance: &str) -> usize {
    entrance.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(0)
}

fn ring() -> Plan {
    let mut plan = Plan::town(&[12, 0, 0]);
    plan.node("ring", NodeKind::Switch, true, &["S2", "S3"], Needs::Any);
    for n in 13..=22 {
        plan.camera(&format!("C{n:03}"), Some("ring"), n);
        plan.entrance(&format!("E{n:03}"), 1, 1);
        plan.watch(&format!("C{n:03}"), &format!("E{n:03}"));
    }
    plan
}

fn feed() -> Plan {
    let mut plan = Plan::town(&[15, 15, 15]);
    plan.node("P1", NodeKind::Power, false, &[], Needs::All);
    for switch in ["S1", "S2"] {
        plan.registry.nodes.get_mut(switch).unwrap().power.of = vec![crate::model::NodeId::new("P1").unwrap()];
    }
    plan
}

const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a camera refuses",
        plan: || Plan::town(&[20, 20]),
        act: |sim| sim.break_camera("C001", Fault::Refuse),
        pages: 1..=1,
        lost: |e| e == "E001",
    },
    Scenario {
        name: "a camera vanishes",
        plan: || Plan::town(&[20, 20]),
        act: |sim| sim.break_camera("C001", Fault::Drop),
        pages: 1..=1,
        lost: |e| e == "E001",
    },
    Scenario {
        name: "a camera is slow",
        plan: || Plan::town(&[20, 20]),
        act: |sim| sim.break_camera("C001", Fault::Slow),
        pages: 0..=0,
        lost: |_| false,
    },
    Scenario {
        name: "a switch",
        plan: || Plan::town(&[40, 20]),
        act: |sim| sim.kill_node("S1"),
        pages: 1..=1,
        lost: |e| number(e) <= 40,
    },
    Scenario {
        name: "two switches three seconds apart",
        plan: || Plan::town(&[20, 20, 20]),
        act: |sim| {
            sim.kill_node("S1");
            sim.run(Span::seconds(3));
            sim.kill_node("S2");
        },
        pages: 2..=2,
        lost: |e| number(e) <= 40,
    },
    Scenario {
        name: "a feed across two switches",
        plan: feed,
        act: |sim| sim.kill_node("P1"),
        pages: 1..=1,
        lost: |e| number(e) <= 30,
    },
    Scenario {
        name: "39 of 40",
        plan: || Plan::town(&[40, 20]),
        act: |sim| (1..=39).for_each(|n| sim.break_camera(&format!("C{n:03}"), Fault::Drop)),
        pages: 1..=1,
        lost: |e| number(e) <= 39,
    },
    Scenario {
        name: "both parents of a ring",
        plan: ring,
        act: |sim| {
            sim.kill_node("S2");
            sim.run(Span::minutes(1));
            sim.kill_node("S3");
        },
        pages: 2..=2,
        lost: |e| number(e) >= 13,
    },
    Scenario {
        name: "the uplink",
        plan: || Plan::town(&[20, 20, 20]),
        act: |sim| sim.kill_node("up"),
        pages: 1..=1,
        lost: |_| true,
    },
    Scenario {
        name: "a switch that answers no more but passes everything on",
        plan: || Plan::town(&[20, 20]),
        act: |sim| {
            sim.mute_nodes.insert("S1".to_owned());
        },
        pages: 1..=1,
        lost: |_| false,
    },
];

fn expect(scenario: &Scenario, sim: &Sim, how: &str) {
    let pages = sim.pages();
    assert!(scenario.pages.contains(&pages.len()), "{}, {how}: {pages:#?}", scenario.name);
    for slot in &sim.world.snapshot().topology.entrances {
        let id = slot.id.as_str();
        assert_eq!(sim.entrance(id) == "lost", (scenario.lost)(id), "{}, {how}: {id}", scenario.name);
    }
}

fn expect_over(scenario: &Scenario, sim: &mut Sim, how: &str) {
    let pages = sim.pages().len();
    sim.heal_all();
    // A median of 21 tries at 30 s takes its time.
    sim.run(Span::minutes(8));
    assert!(sim.everything_is_over(), "{}, {how}: {:?}", scenario.name, sim.open_alerts());
    assert_eq!(sim.pages().len(), pages, "{}, {how}", scenario.name);
}

#[test]
fn each_scenario_costs_its_pages_and_misses_no_loss() {
    for scenario in SCENARIOS {
        let mut sim = settled((scenario.plan)(), with_canary());
        (scenario.act)(&mut sim);
        sim.run(Span::minutes(15));
        expect(scenario, &sim, "plain");
        expect_over(scenario, &mut sim, "plain");
    }
}

#[test]
fn a_restart_in_the_midst_of_each_scenario_adds_no_page() {
    for scenario in SCENARIOS {
        for (after, pause) in [(Span(2_500), 2), (Span(3_900), 1), (Span::seconds(6), 20), (Span::seconds(90), 400)] {
            let mut sim = settled((scenario.plan)(), with_canary());
            (scenario.act)(&mut sim);
            sim.run(after);
            sim.restart(Span::seconds(pause));
            sim.run(Span::minutes(15));
            let how = format!("restarted after {after}");
            expect(scenario, &sim, &how);
            expect_over(scenario, &mut sim, &how);
        }
    }
}

#[test]
fn a_camera_that_reboots_every_130_seconds_is_one_page() {
    let mut sim = settled(Plan::town(&[10, 10]), with_canary());
    for _ in 0..25 {
        sim.break_camera("C001", Fault::Drop);
        sim.run(Span::seconds(45));
        sim.heal_all();
        sim.run(Span::seconds(85));
    }
    assert_eq!(sim.causes(), ["camera:C001"], "{:?}", sim.pages());
    sim.run(Span::hours(2));
    assert!(sim.everything_is_over(), "{:?}", sim.open_alerts());
    assert_eq!(sim.pages().len(), 1);
}

#[test]
fn a_switch_that_flaps_every_20_seconds_is_at_most_two_pages() {
    let mut sim = settled(Plan::town(&[20, 20]), with_canary());
    for _ in 0..90 {
        sim.kill_node("S1");
        sim.run(Span::seconds(20));
        sim.heal_all();
        sim.run(Span::seconds(20));
    }
    let pages = sim.pages();
    println!("a switch that flaps every 20 s: {} pages", pages.len());
    assert!((1..=2).contains(&pages.len()), "{pages:#?}");
    assert!(pages.iter().all(|p| p.2 == "node:S1"), "{pages:#?}");
    sim.run(Span::hours(2));
    assert!(sim.everything_is_over(), "{:?}", sim.open_alerts());
}

#[test]
fn a_camera_just_before_its_switch_is_one_page() {
    let mut sim = settled(Plan::town(&[20, 20]), with_canary());
    // Its next ordinary try comes after the switch has died: what is heard cannot tell the two apart.
    let reach = |sim: &Sim| crate::registry::next_due("C001", crate::model::Check::Reach, Span::seconds(10), sim.now);
    let stream = |sim: &Sim| crate::registry::next_due("C001", crate::model::Check::Stream, Span::seconds(30), sim.now);
    while reach(&sim) - sim.now < Span::seconds(3) || stream(&sim) - sim.now < Span::seconds(3) {
        sim.run(Span(100));
    }
    sim.break_camera("C001", Fault::Drop);
    sim.run(Span::seconds(2));
    sim.kill_node("S1");
    sim.run(Span::minutes(10));
    assert_eq!(sim.causes(), ["node:S1"]);
    assert_eq!(sim.pages()[0].3, 20);
}

#[test]
fn a_camera_of_the_switch_fifteen_seconds_before_it_is_its_own_page() {
    let mut sim = settled(Plan::town(&[20, 20]), with_canary());
    sim.break_camera("C001", Fault::Drop);
    sim.run(Span::seconds(15));
    sim.kill_node("S1");
    sim.run(Span::minutes(10));
    assert_eq!(sim.causes(), ["camera:C001", "node:S1"]);
    let open = sim.world.snapshot().alerts.values().find(|a| a.key.object.to_string() == "E001").cloned();
    assert_eq!(open.and_then(|a| a.cause.clone()).map(|c| c.to_string()).as_deref(), Some("camera:C001"));
}

#[test]
fn an_unrelated_camera_fifteen_seconds_before_a_switch_is_its_own_page() {
    let mut sim = settled(Plan::town(&[20, 20, 20]), with_canary());
    sim.break_camera("C045", Fault::Drop);
    sim.run(Span::seconds(15));
    sim.kill_node("S1");
    sim.run(Span::minutes(10));
    assert_eq!(sim.causes(), ["camera:C045", "node:S1"]);
    assert_eq!(sim.believed_lost().len(), 21);
}

/// Dusk takes the camera without light, dawn gives it back; the camera that failed by day is one page, at dusk its second
/// entrance is another, and a restart at any time of it adds none.
#[test]
fn dusk_and_dawn_cost_their_pages_whenever_it_is_restarted() {
    for restart_after in [None, Some(Span::minutes(30)), Some(Span::hours(7)), Some(Span::hours(10))] {
        let mut plan = Plan::town(&[6]);
        plan.entrance("EX", 1, 1);
        plan.watch("C001", "EX");
        plan.watch("C002", "EX");
        plan.edit_camera("C002", |c| c.night = crate::registry::NightLight::None);
        let mut sim = settled(plan, with_canary());
        sim.run(Span::hours(3));
        sim.break_camera("C001", Fault::Refuse);
        let how = format!("restarted after {restart_after:?}");
        match restart_after {
            Some(after) => {
                sim.run(after);
                sim.restart(Span::seconds(20));
                sim.run(Span::hours(22) - after);
            }
            None => sim.run(Span::hours(22)),
        }
        // One for the camera and its own entrance, one for the entrance that has no light at night.
        let pages = |sim: &Sim| sim.pages().iter().filter(|p| p.0 != MessageKind::Reminded).count();
        assert_eq!(pages(&sim), 2, "{how}: {:#?}", sim.pages());
        assert_eq!((sim.entrance("EX"), sim.entrance("E001")), ("covered", "lost"), "{how}: by day");
        sim.heal_all();
        sim.run(Span::minutes(5));
        assert!(sim.everything_is_over(), "{how}: {:?}", sim.open_alerts());
        assert_eq!(pages(&sim), 2, "{how}");
    }
}

/// By night an entrance whose camera has no light is a gap of the plan, and the alert of the day stands: a start is no
/// other plan.
#[test]
fn a_restart_by_night_ends_no_alert_that_dusk_left_open() {
    let mut plan = Plan::town(&[1]);
    plan.edit_camera("C001", |c| c.night = crate::registry::NightLight::None);
    let mut sim = settled(plan, with_canary());
    sim.break_camera("C001", Fault::Refuse);
    sim.run(Span::hours(10));
    assert_eq!(sim.entrance("E001"), "unwatched");
    sim.restart(Span::seconds(20));
    sim.run(Span::hours(1));
    sim.begin_anew(Span::minutes(2));
    sim.run(Span::hours(13));
    assert_eq!(sim.entrance("E001"), "lost", "by day");
    let ends = sim.messages.iter().filter(|m| m.kind == MessageKind::Resolved).count();
    let pages = sim.pages().iter().filter(|p| p.0 != MessageKind::Reminded).count();
    assert_eq!((ends, pages), (0, 1), "{:#?}", sim.pages());
}

#[test]
fn a_restart_when_our_link_is_back_adds_no_page() {
    let mut sim = settled(Plan::town(&[20, 20, 20]), with_canary());
    sim.cut_off = true;
    sim.run(Span::minutes(2));
    sim.cut_off = false;
    sim.restart(Span::seconds(30));
    sim.run(Span::minutes(5));
    assert_eq!(sim.causes(), ["monitor_blind"]);
    assert!(sim.everything_is_over(), "{:?}", sim.open_alerts());
}

#[test]
fn the_whole_town_at_once_while_the_nodes_answer_is_one_page() {
    for fault in [Fault::Drop, Fault::Refuse] {
        let mut sim = settled(big_town(), with_canary());
        for n in 1..=778 {
            sim.break_camera(&format!("C{n:03}"), fault);
        }
        sim.run(Span::minutes(10));
        assert_eq!(sim.pages().len(), 1, "{fault:?} {:?}", sim.causes());
        assert_eq!(sim.believed_lost().len(), 778);
        sim.heal_all();
        sim.run(Span::minutes(3));
        assert!(sim.everything_is_over());
    }
}

#[test]
fn an_uplink_without_a_canary_is_one_monitor_blind() {
    let mut sim = settled(Plan::town(&[20, 20, 20]), Policy::default());
    sim.kill_node("up");
    sim.run(Span::minutes(10));
    assert_eq!(sim.causes(), ["monitor_blind"]);
    assert!(sim.believed_lost().is_empty() && !sim.has_lost());
    sim.heal_all();
    sim.run(Span::minutes(2));
    assert!(sim.everything_is_over());
}

#[test]
fn a_small_town_that_goes_blind_without_canaries_loses_nothing() {
    for cameras in [[4, 4], [6, 6], [10, 5]] {
        let mut sim = settled(Plan::town(&cameras), Policy::default());
        sim.cut_off = true;
        sim.run(Span::minutes(10));
        assert_eq!(sim.causes(), ["monitor_blind"], "{cameras:?}");
        assert!(sim.believed_lost().is_empty() && !sim.has_lost(), "{cameras:?}");
        sim.heal_all();
        sim.run(Span::minutes(2));
        assert!(sim.everything_is_over());
    }
}

#[test]
fn a_third_of_the_packets_lost_on_one_link_for_an_hour_is_no_page() {
    for seed in 1..=3 {
        let mut sim = settled(Plan::town(&[30, 30]), with_canary());
        sim.seed = seed;
        sim.loss.insert("S1".to_owned(), 0.3);
        sim.run(Span::hours(1));
        assert!(sim.pages().is_empty(), "seed {seed}: {:?}", sim.pages());
        sim.heal_all();
        sim.run(Span::minutes(45));
        assert!(sim.everything_is_over(), "{:?}", sim.open_alerts());
    }
}

#[test]
fn a_third_of_all_packets_lost_for_twenty_minutes_is_no_page() {
    for seed in 1..=3 {
        for policy in [with_canary(), Policy::default()] {
            let mut sim = settled(Plan::town(&[30, 30, 30]), policy);
            sim.seed = seed;
            sim.loss.insert(String::new(), 0.3);
            sim.run(Span::minutes(20));
            assert!(sim.pages().is_empty(), "seed {seed}: {:?}", sim.pages());
        }
    }
}

/// The town of 20 switches of 20 cameras as it is, and as a register knows it that holds no node.
pub(super) fn unknown_nodes() -> (Plan, Vec<String>) {
    let known = Plan::town(&[20; 20]);
    let ids = known.registry.cameras.keys().map(ToString::to_string).collect();
    let mut unknown = known;
    unknown.registry.nodes.clear();
    unknown.registry.cameras.values_mut().for_each(|c| c.node.clear());
    // Each of the cabinets that nobody wrote down has its own subnet.
    for (i, camera) in unknown.registry.cameras.values_mut().enumerate() {
        camera.host = Some(format!("10.1.{}.{}", i / 20, i % 20 + 1).into());
    }
    (unknown, ids)
}

#[test]
fn without_any_known_node_a_switch_is_at_most_two_pages() {
    let (plan, cameras) = unknown_nodes();
    let mut sim = settled(plan, with_canary());
    cameras[..20].iter().for_each(|c| sim.break_camera(c, Fault::Drop));
    sim.run(Span::minutes(15));
    println!("a switch that nobody knows: {} pages", sim.pages().len());
    assert!((1..=2).contains(&sim.pages().len()), "{:#?}", sim.pages());
    assert_eq!(sim.believed_lost().len(), 20);
}

#[test]
fn without_any_known_node_the_uplink_is_one_page() {
    for policy in [with_canary(), Policy::default()] {
        let (plan, cameras) = unknown_nodes();
        let mut sim = settled(plan, policy);
        cameras.iter().for_each(|c| sim.break_camera(c, Fault::Drop));
        sim.run(Span::minutes(15));
        sim.tell_all();
        assert_eq!(sim.pages().len(), 1, "{:#?}", sim.pages());
    }
}

#[test]
fn own_link_gone_with_three_cameras_dying_meanwhile_is_one_blindness_then_theirs() {
    let long = [(40, with_canary()), (600, with_canary()), (40, Policy::default()), (600, Policy::default())];
    for (seconds, policy) in long {
        let mut sim = settled(Plan::town(&[20, 20, 20]), policy);
        sim.cut_off = true;
        for camera in ["C001", "C025", "C050"] {
            sim.run(Span::seconds(seconds / 4));
            sim.break_camera(camera, Fault::Drop);
        }
        sim.run(Span::seconds(seconds / 4));
        assert_eq!(sim.causes(), ["monitor_blind"]);
        sim.cut_off = false;
        sim.run(Span::minutes(12));
        assert_eq!(sim.causes(), ["camera:C001", "camera:C025", "camera:C050", "monitor_blind"], "{seconds} s");
    }
}

#[test]
fn three_hundred_cameras_one_by_one_are_each_told() {
    let mut sim = settled(big_town(), with_canary());
    for n in 1..=300 {
        // Far apart in the graph, so that nothing unites them.
        sim.break_camera(&format!("C{:03}", (n * 37) % 778 + 1), Fault::Refuse);
        sim.run(Span::seconds(2));
    }
    sim.run(Span::minutes(10));
    assert_eq!(sim.believed_lost().len(), 300);
    let named: std::collections::BTreeSet<String> = sim
        .messages
        .iter()
        .flat_map(|m| &m.alerts)
        .filter(|a| a.key.name == crate::alert::AlertName::EntranceLost)
        .map(|a| a.key.object.to_string())
        .collect();
    assert_eq!(named.len(), 300, "no loss is missed");
}
