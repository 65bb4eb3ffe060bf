//! Faults that were found by reading the code against the rules: each has a story here.

use super::harness::{Fault, Plan, Sim};
use crate::model::Span;
use crate::model::planted::{Bug, plant};
use crate::registry::{Needs, NodeKind};
use crate::world::Policy;

fn settled(plan: Plan) -> Sim {
    let mut sim = Sim::new(plan);
    sim.run(Span::minutes(5));
    assert!(sim.messages.is_empty());
    sim
}

fn cause_of(sim: &Sim, alert: &str, object: &str) -> Option<String> {
    let alerts = sim.world.snapshot().alerts;
    let found = alerts.iter().find(|(k, _)| k.name.word() == alert && k.object.to_string() == object);
    found.and_then(|(_, a)| a.cause.as_ref().map(ToString::to_string))
}

#[test]
fn a_new_camera_is_not_unknown_since_1970() {
    let mut sim = settled(Plan::town(&[6]));
    let mut plan = Plan::town(&[6]);
    plan.camera("C900", Some("S1"), 90);
    sim.break_camera("C900", Fault::Drop);
    sim.reload(plan.registry);
    assert!(sim.messages.is_empty(), "{:?}", sim.open_alerts());
    sim.run(Span::minutes(1));
    assert_eq!(sim.open_alerts().keys().copied().collect::<Vec<_>>(), ["CameraDown"]);
}

/// Found by the simulation: that it flapped no more was not kept, so each later start told it as flapping, and what it
/// watches as lost.
#[test]
fn a_camera_that_flapped_once_does_not_flap_after_a_start() {
    let mut sim = settled(Plan::town(&[6]));
    for _ in 0..4 {
        sim.break_camera("C001", Fault::Refuse);
        sim.run(Span::seconds(40));
        sim.heal_all();
        sim.run(Span::seconds(90));
    }
    assert!(sim.open_alerts().contains_key("CameraFlapping"));
    sim.run(Span::hours(3));
    assert!(sim.everything_is_over(), "{:?}", sim.open_alerts());
    let told = sim.messages.len();
    sim.restart(Span::seconds(5));
    sim.run(Span::minutes(2));
    assert_eq!((sim.messages.len(), sim.entrance("E001")), (told, "covered"), "{:?}", sim.open_alerts());
}

/// Found by the simulation: it was told as unknown for as long as it had been planned.
#[test]
fn a_planned_camera_that_is_put_to_work_is_not_unknown_for_long() {
    let mut plan = Plan::town(&[6]);
    plan.edit_camera("C001", |c| c.status = crate::registry::Life::Planned);
    let mut sim = settled(plan);
    sim.run(Span::hours(2));
    sim.reload(Plan::town(&[6]).registry);
    sim.run(Span::minutes(1));
    assert!(sim.messages.is_empty(), "{:?}", sim.open_alerts());
    assert_eq!((sim.camera_state("C001"), sim.entrance("E001")), ("up", "covered"));
}

/// Found by the simulation: after our own link was back, an entrance was told as reduced while of one of its cameras
/// nothing had been heard yet.
#[test]
fn an_entrance_is_not_told_as_reduced_while_one_of_its_cameras_is_unknown() {
    let mut plan = Plan::town(&[6]);
    plan.entrance("EX", 1, 2);
    for camera in ["C001", "C002", "C003"] {
        plan.watch(camera, "EX");
    }
    let mut sim = settled(plan);
    sim.unaskable.insert("C001".to_owned());
    sim.run(Span::minutes(2));
    assert_eq!((sim.camera_state("C001"), sim.entrance("EX")), ("unknown", "covered"));
    sim.break_camera("C002", Fault::Refuse);
    sim.run(Span::minutes(5));
    let told = |sim: &Sim| sim.open_alerts().contains_key("EntranceReduced");
    assert!(sim.entrance("EX") == "reduced" && !told(&sim), "{:?}", sim.open_alerts());
    sim.unaskable.clear();
    sim.break_camera("C001", Fault::Refuse);
    sim.run(Span::minutes(5));
    assert!(sim.entrance("EX") == "reduced" && told(&sim), "{:?}", sim.open_alerts());
}

/// Found by the simulation: a switch that failed for seconds while the store was away was told when the store came back,
/// by the first of what had been heard meanwhile, and every camera was unknown for a moment of history.
#[test]
fn what_was_heard_while_the_store_was_away_is_judged_together() {
    let mut sim = settled(Plan::town(&[10, 10]));
    sim.transitions.clear();
    sim.store_away = true;
    sim.kill_node("S1");
    sim.run(Span::seconds(7));
    sim.heal_all();
    sim.run(Span::seconds(100));
    assert!(sim.messages.is_empty() && sim.transitions.is_empty(), "nothing is told that is not kept");
    sim.store_away = false;
    sim.run(Span::minutes(2));
    assert!(sim.messages.is_empty(), "{:?}", sim.pages());
    let unknown: Vec<_> = sim.transitions.iter().filter(|t| t.to == "unknown").collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn a_camera_that_nobody_can_ask_is_told_as_unknown_also_after_a_restart() {
    let mut sim = settled(Plan::town(&[6]));
    sim.unaskable.insert("C001".to_owned());
    sim.run(Span::minutes(5));
    assert_eq!(sim.camera_state("C001"), "unknown");
    sim.restart(Span::seconds(5));
    sim.run(Span::minutes(17));
    let open = sim.open_alerts();
    assert_eq!((open.get("CameraUnknown"), open.get("EntranceUnknown")), (Some(&1), Some(&1)), "{open:?}");
}

#[test]
fn a_node_far_below_comes_back_with_its_root() {
    let mut plan = Plan::town(&[0]);
    plan.node("fibre", NodeKind::Group, false, &["S1"], Needs::All);
    plan.node("splitter", NodeKind::Group, false, &["fibre"], Needs::All);
    for n in 1..=6 {
        plan.camera(&format!("C{n:03}"), Some("splitter"), n);
    }
    let mut sim = settled(plan);
    sim.kill_node("S1");
    sim.run(Span::minutes(2));
    let state = |sim: &Sim, id: &str| sim.world.snapshot().node(id).map(|(_, n)| n.state.word());
    assert_eq!((state(&sim, "S1"), state(&sim, "splitter")), (Some("down"), Some("down")), "also far below");
    sim.heal_all();
    sim.run(Span::minutes(2));
    assert_eq!(state(&sim, "S1"), Some("up"));
    assert_ne!(state(&sim, "splitter"), Some("down"));
}

#[test]
fn the_camera_whose_failure_tipped_an_entrance_is_its_cause() {
    let mut plan = Plan::town(&[6, 6]);
    plan.entrance("EX", 2, 2);
    plan.watch("C001", "EX");
    plan.watch("C007", "EX");
    let mut sim = settled(plan);
    sim.break_camera("C001", Fault::Refuse);
    sim.run(Span::minutes(1));
    sim.break_camera("C007", Fault::Refuse);
    sim.run(Span::minutes(10));
    assert_eq!(cause_of(&sim, "EntranceLost", "EX").as_deref(), Some("camera:C001"), "two were needed, it tipped it");
    let pages = sim.pages().len();
    sim.faults.remove("C001");
    sim.run(Span::minutes(20));
    assert_eq!(cause_of(&sim, "EntranceLost", "EX").as_deref(), Some("camera:C007"));
    assert_eq!(sim.pages().len(), pages, "it moves without a page: {:#?}", sim.pages());
    let open = sim.world.snapshot();
    let incidents: Vec<_> = open.incidents.values().filter(|i| i.status.is_open()).collect();
    assert_eq!(incidents.len(), 1);
    assert_eq!(incidents[0].cause.to_string(), "camera:C007");
}

#[test]
fn what_stays_dead_when_its_switch_comes_back_is_its_own_trouble() {
    let mut sim = settled(Plan::town(&[10, 10]));
    sim.kill_node("S1");
    sim.run(Span::minutes(2));
    sim.break_camera("C003", Fault::Drop);
    sim.dead_nodes.clear();
    sim.run(Span::minutes(2));
    assert_eq!(cause_of(&sim, "EntranceLost", "E003").as_deref(), Some("camera:C003"));
    let open = sim.world.snapshot();
    let incidents: Vec<_> = open.incidents.values().filter(|i| i.status.is_open()).collect();
    assert_eq!(incidents.iter().map(|i| i.cause.to_string()).collect::<Vec<_>>(), ["camera:C003"]);
    assert_eq!(sim.pages().len(), 1);
}

#[test]
fn a_switch_without_management_is_not_blamed_for_a_camera() {
    let mut sim = settled(Plan::town(&[10, 10]));
    sim.mute_nodes.insert("S1".to_owned());
    sim.run(Span::seconds(30));
    sim.break_camera("C001", Fault::Drop);
    sim.run(Span::minutes(3));
    assert_eq!(cause_of(&sim, "EntranceLost", "E001").as_deref(), Some("camera:C001"));
    assert_eq!(sim.causes(), ["camera:C001", "node:S1"]);
}

#[test]
fn cameras_that_failed_days_apart_stay_apart_over_a_restart() {
    // A passive switch of two cameras: nothing answers that could acquit it.
    let mut plan = Plan::town(&[10]);
    plan.node("passive", NodeKind::Switch, false, &["up"], Needs::All);
    for n in 91..=92 {
        plan.camera(&format!("C{n:03}"), Some("passive"), n);
        plan.entrance(&format!("E{n:03}"), 1, 1);
        plan.watch(&format!("C{n:03}"), &format!("E{n:03}"));
    }
    let mut sim = settled(plan);
    sim.break_camera("C091", Fault::Drop);
    sim.run(Span::hours(2));
    sim.break_camera("C092", Fault::Drop);
    sim.run(Span::minutes(5));
    assert_eq!(sim.causes(), ["camera:C091", "camera:C092"]);
    sim.restart(Span::seconds(5));
    sim.run(Span::minutes(5));
    assert_eq!(cause_of(&sim, "EntranceLost", "E091").as_deref(), Some("camera:C091"));
    assert_eq!(cause_of(&sim, "EntranceLost", "E092").as_deref(), Some("camera:C092"));
    assert_eq!(sim.pages().len(), 2);
}

#[test]
fn a_camera_down_before_its_switch_stays_its_own_also_over_a_restart() {
    let mut sim = settled(Plan::town(&[10, 10]));
    sim.break_camera("C001", Fault::Drop);
    sim.run(Span::minutes(2));
    sim.kill_node("S1");
    sim.run(Span::minutes(2));
    sim.restart(Span::seconds(5));
    sim.run(Span::minutes(5));
    assert_eq!(cause_of(&sim, "EntranceLost", "E001").as_deref(), Some("camera:C001"));
    assert_eq!(cause_of(&sim, "EntranceLost", "E002").as_deref(), Some("node:S1"));
    assert_eq!(sim.pages().len(), 2);
}

#[test]
fn a_canary_that_died_for_good_does_not_keep_us_blind() {
    let mut sim = settled(Plan::town(&[10, 10]));
    sim.cut_off = true;
    sim.run(Span::minutes(1));
    assert_eq!(sim.causes(), ["monitor_blind"]);
    sim.heal_all();
    sim.canary_dead = true;
    sim.run(Span::minutes(2));
    assert!(sim.everything_is_over(), "every camera answers: {:?}", sim.open_alerts());
    sim.break_camera("C001", Fault::Drop);
    sim.run(Span::minutes(1));
    assert_eq!(sim.entrance("E001"), "lost");
}

#[test]
fn a_failure_confirmed_by_our_own_blindness_is_void() {
    let mut sim = settled(Plan::town(&[10, 10]));
    // One packet lost just before the link goes: the tries that would confirm it are our own trouble.
    sim.break_camera("C001", Fault::Drop);
    while sim.camera_state("C001") == "up" {
        sim.run(Span(10));
    }
    sim.run(Span(700));
    sim.heal_all();
    sim.cut_off = true;
    sim.run(Span::seconds(10));
    assert!(sim.world.snapshot().blind.is_some());
    assert_ne!(sim.entrance("E001"), "lost");
    sim.cut_off = false;
    sim.run(Span::minutes(1));
    assert!(sim.everything_is_over() && !sim.has_lost());
}

#[test]
fn a_camera_that_flaps_with_its_switch_does_not_flap() {
    let mut sim = settled(Plan::town(&[4, 10]));
    for _ in 0..5 {
        sim.kill_node("S1");
        sim.run(Span::minutes(3));
        sim.heal_all();
        sim.run(Span::minutes(3));
    }
    let named = sim.messages.iter().flat_map(|m| &m.alerts).any(|a| a.key.name.word() == "CameraFlapping");
    assert!(!named, "turns that a node caused do not count");
}

#[test]
fn a_node_that_was_cut_off_is_not_told_as_recovered() {
    let mut sim = settled(Plan::town(&[10, 10]));
    sim.kill_node("S1");
    sim.run(Span::minutes(2));
    sim.kill_node("up");
    sim.run(Span::minutes(2));
    let ended: Vec<_> =
        sim.messages.iter().flat_map(|m| &m.alerts).filter_map(|a| Some((a.key.clone(), a.ended?.1))).collect();
    assert!(ended.iter().all(|(_, why)| *why != crate::alert::EndReason::Recovered), "{ended:?}");
}

#[test]
fn tonight_acknowledged_is_lost_without_another_page() {
    for acknowledged in [true, false] {
        let mut plan = Plan::town(&[3]);
        plan.entrance("EX", 1, 1);
        plan.watch("C001", "EX");
        plan.watch("C002", "EX");
        plan.edit_camera("C002", |c| c.night = crate::registry::NightLight::None);
        // C001 watches nothing else, so that all of its incident is about the night.
        plan.edit_camera("C001", |c| c.watches.retain(|w| &*w.id == "EX"));
        plan.registry.entrances.remove("E001");
        let mut sim = settled(plan);
        sim.break_camera("C001", Fault::Refuse);
        while !sim.open_alerts().contains_key("EntranceLostTonight") {
            sim.run(Span::minutes(1));
        }
        sim.run(Span::minutes(1));
        let incident = sim.messages.last().unwrap().incident.id;
        if acknowledged {
            let by = "duty".into();
            sim.apply(crate::world::Event::Acknowledge { incident, by, note: "".into(), until: None });
        }
        let pages = sim.pages().len();
        sim.run(Span::minutes(90));
        assert_eq!(sim.entrance("EX"), "lost");
        assert_eq!(sim.pages().len() - pages, usize::from(!acknowledged), "{:#?}", sim.pages());
        // Dawn: it is watched by day again.
        sim.run(Span::hours(12));
        assert_eq!(sim.entrance("EX"), "covered");
        assert!(!sim.open_alerts().contains_key("EntranceLost"));
    }
}

/// Found by the simulation: who had taken a switch by day was not told of what was said of the night only afterwards.
#[test]
fn what_will_be_lost_tonight_is_paged_at_dusk_where_it_was_taken_before_that_was_said() {
    let mut plan = Plan::town(&[3, 3]);
    plan.entrance("EX", 1, 1);
    plan.watch("C001", "EX");
    plan.watch("C004", "EX");
    plan.edit_camera("C004", |c| c.night = crate::registry::NightLight::None);
    let mut sim = settled(plan);
    sim.kill_node("S1");
    sim.run(Span::minutes(1));
    assert_eq!((sim.pages().len(), sim.entrance("EX")), (1, "covered"));
    sim.apply(crate::world::Event::Acknowledge {
        incident: sim.messages[0].incident.id,
        by: "duty".into(),
        note: "".into(),
        until: None,
    });
    while sim.entrance("EX") != "lost" {
        sim.run(Span::minutes(1));
    }
    sim.run(Span::minutes(6));
    let paged = sim.messages.iter().filter(|m| m.kind.pages());
    let named = paged.filter(|m| m.incident.entrances_lost.iter().any(|e| e.as_str() == "EX")).count();
    assert_eq!(named, 1, "{:#?}", sim.pages());
}

/// Found by the simulation: two cameras that failed by themselves were told as a node that fails in part, because a
/// third had seemed to fail as our own link was cut.
#[test]
fn a_cut_link_does_not_make_two_faults_a_node_that_fails_in_part() {
    for millis in (0..10_000).step_by(500) {
        let mut sim = settled(Plan::town(&[12]));
        sim.break_camera("C003", Fault::Drop);
        sim.run(Span::seconds(15));
        sim.break_camera("C009", Fault::Drop);
        sim.run(Span::seconds(12) + Span::millis(millis));
        sim.cut_off = true;
        sim.run(Span::seconds(6));
        sim.cut_off = false;
        sim.run(Span::minutes(2));
        let causes: Vec<String> = sim.messages.iter().map(|m| m.incident.cause.to_string()).collect();
        assert!(!causes.iter().any(|c| c.starts_with("node_partial")), "{millis} ms: {causes:?}");
    }
}

/// Found by the simulation: an incident whose weight went up and down paged sixteen times in a minute.
#[test]
fn an_incident_that_rises_and_falls_is_paged_once_in_a_while_and_what_stays_is_told() {
    let town = |target: u32| {
        let mut plan = Plan::town(&[6]);
        plan.registry.entrances.remove("E001");
        plan.edit_camera("C001", |c| c.watches.clear());
        plan.entrance("EX", 1, target);
        plan.watch("C001", "EX");
        plan.watch("C002", "EX");
        plan
    };
    let up_and_down = || {
        let mut sim = settled(town(1));
        sim.break_camera("C001", Fault::Refuse);
        sim.run(Span::minutes(1));
        assert!(sim.pages().is_empty(), "one camera less than there are is no page: {:?}", sim.pages());
        for turn in 0..4 {
            sim.reload(town(2).registry);
            sim.run(Span::seconds(20));
            assert!(sim.open_alerts().contains_key("EntranceReduced"), "{turn}: {:?}", sim.open_alerts());
            sim.reload(town(1).registry);
            sim.run(Span::seconds(20));
        }
        sim
    };
    plant(Some(Bug::EachRiseIsAPage));
    let each = up_and_down().pages().len();
    plant(None);
    assert!(each > 1, "the rule is needed: {each}");
    let mut sim = up_and_down();
    assert_eq!(sim.pages().len(), 1, "{:#?}", sim.pages());
    sim.reload(town(2).registry);
    sim.run(Span::minutes(6));
    assert_eq!(sim.pages().len(), 2, "what stays is told: {:#?}", sim.pages());
}

#[test]
fn blind_three_times_within_an_hour_still_ends() {
    let mut sim = Sim::with(Plan::town(&[10, 10]), Policy { canaries: vec!["gw".into()], ..Policy::default() });
    sim.run(Span::minutes(2));
    for _ in 0..6 {
        sim.cut_off = true;
        sim.run(Span::minutes(1));
        sim.cut_off = false;
        sim.run(Span::minutes(2));
    }
    assert!(sim.pages().len() <= 2, "{:#?}", sim.pages());
    sim.restart(Span::seconds(2));
    sim.run(Span::minutes(50));
    assert!(sim.everything_is_over(), "{:?}", sim.open_alerts());
}

/// What the picture heard while the camera was busy does not stand until its next turn, minutes away.
#[test]
fn a_camera_that_was_busy_is_up_as_soon_as_its_stream_is() {
    let mut plan = Plan::town(&[6]);
    let camera = plan.registry.cameras.get_mut("C001").unwrap();
    camera.snapshot = Some("http://10.1.0.2:8080/snapshot".into());
    let mut sim = settled(plan);
    sim.break_camera("C001", Fault::Busy);
    sim.run(Span::minutes(11));
    assert_eq!(sim.camera_state("C001"), "degraded");
    sim.heal_all();
    sim.run(Span::minutes(1));
    assert_eq!(sim.camera_state("C001"), "up");
}

/// A camera that asks for its password before it says anything is not given up for ever by each answer that it wants one.
#[test]
fn a_refused_password_is_shown_again_after_its_time_and_no_sooner() {
    let mut sim = settled(Plan::town(&[6]));
    sim.break_camera("C001", Fault::Auth);
    let began = sim.now;
    sim.run(Span::hours(13));
    let after: Vec<i64> = sim.shown.iter().map(|(t, _)| (*t - began).as_millis() / 3_600_000).collect();
    assert_eq!(after, [0, 6, 12]);
    sim.heal_all();
    sim.run(Span::hours(6));
    assert_eq!(sim.camera_state("C001"), "up");
}

#[test]
fn another_password_is_tried_at_once() {
    let mut sim = settled(Plan::town(&[6]));
    sim.break_camera("C001", Fault::Auth);
    sim.run(Span::minutes(2));
    sim.heal_all();
    sim.run(Span::minutes(10));
    assert_eq!(sim.camera_state("C001"), "degraded", "without its password only a part is known to be well");
    let camera = sim.world.snapshot().topology.camera("C001").unwrap();
    sim.apply(crate::world::Event::Credentials(vec![camera]));
    sim.run(Span::seconds(1));
    assert_eq!(sim.camera_state("C001"), "up");
}

/// Found by the simulation: without canaries, and with every other camera down already, nobody was asked about us when
/// the last one fell silent because our link was cut: it was told as down.
#[test]
fn the_last_camera_that_answers_is_not_told_as_down_when_our_own_link_is_cut() {
    let town = || {
        let mut plan = Plan::town(&[10]);
        plan.camera("C900", None, 90);
        let mut sim = Sim::with(plan, Policy::default());
        sim.run(Span::minutes(5));
        sim.kill_node("S1");
        sim.run(Span::minutes(1));
        assert_eq!(sim.pages().len(), 1, "{:?}", sim.pages());
        sim
    };
    let told = |sim: &Sim| sim.messages.iter().any(|m| m.incident.cause.to_string() == "camera:C900");
    for millis in (0..10_000).step_by(500) {
        let mut sim = town();
        sim.run(Span::millis(millis));
        sim.cut_off = true;
        sim.run(Span::seconds(20));
        assert!(!told(&sim), "{millis} ms: {:?}", sim.open_alerts());
        assert!(sim.open_alerts().contains_key("MonitorBlind"), "{millis} ms: {:?}", sim.open_alerts());
    }
    let mut sim = town();
    sim.break_camera("C900", Fault::Drop);
    sim.run(Span::seconds(20));
    assert!(told(&sim), "the uplink answers, so we see: {:?}", sim.open_alerts());
}

/// Found by the simulation: killed while blind, and our link came back while the first round asked whether we see: what
/// had been silent before was told as down.
#[test]
fn a_link_that_comes_back_in_the_first_round_after_a_start_leaves_nobody_told_as_down() {
    for millis in (0..12_000).step_by(250) {
        let mut sim = settled(Plan::town(&[12, 12]));
        sim.cut_off = true;
        sim.run(Span::seconds(20));
        assert_eq!(sim.pages().len(), 1, "{:?}", sim.pages());
        sim.restart(Span::seconds(2));
        sim.run(Span::millis(millis));
        sim.cut_off = false;
        sim.run(Span::minutes(3));
        let causes: Vec<String> = sim.messages.iter().map(|m| m.incident.cause.to_string()).collect();
        assert!(causes.iter().all(|c| c == "monitor_blind"), "{millis} ms: {causes:?}");
        assert!(sim.everything_is_over() && sim.pages().len() == 1, "{millis} ms: {:?}", sim.open_alerts());
    }
}

/// Found by the simulation: a camera that had failed twice by itself was called flapping when its switch died and the
/// monitor stood still before the switch was judged.
#[test]
fn a_turn_that_a_node_caused_does_not_count_though_the_monitor_stood_still_before_it_was_judged() {
    let turned_twice = || {
        let mut sim = settled(Plan::town(&[6]));
        for _ in 0..2 {
            sim.break_camera("C001", Fault::Refuse);
            sim.run(Span::seconds(40));
            sim.heal_all();
            sim.run(Span::seconds(90));
        }
        sim
    };
    let flaps = |sim: &Sim| sim.open_alerts().contains_key("CameraFlapping");
    for millis in (2_000..9_000).step_by(250) {
        let mut sim = turned_twice();
        sim.kill_node("S1");
        sim.run(Span::millis(millis));
        sim.heal_all();
        sim.begin_anew(Span::minutes(10));
        sim.run(Span::minutes(2));
        assert!(!flaps(&sim), "{millis} ms");
        let mut sim = turned_twice();
        sim.break_camera("C001", Fault::Refuse);
        sim.run(Span::millis(millis));
        sim.restart(Span::seconds(5));
        sim.run(Span::minutes(1));
        assert!(flaps(&sim), "its own turn counts over a start, after {millis} ms: {:?}", sim.open_alerts());
    }
}

/// The simulation counted who hangs on a node and not who could tell of it: who failed before the node is a cause of his
/// own, and one camera alone blames nobody.
#[test]
fn who_failed_before_a_node_that_cannot_be_asked_does_not_help_to_blame_it() {
    let mut plan = Plan::town(&[6]);
    plan.node("X", NodeKind::Switch, false, &["up"], Needs::All);
    plan.camera("C901", Some("X"), 91);
    plan.camera("C902", Some("X"), 92);
    let mut sim = settled(plan);
    sim.break_camera("C901", Fault::Refuse);
    sim.run(Span::minutes(1));
    sim.kill_node("X");
    sim.run(Span::minutes(1));
    for camera in ["C901", "C902"] {
        assert_eq!(cause_of(&sim, "CameraDown", camera), Some(format!("camera:{camera}")));
    }
}
