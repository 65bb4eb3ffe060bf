//! Hours of duty: a camera that rests is not missed, and one that should be back is.

use super::harness::{Fault, NOON, Plan, Sim};
use crate::alert::MessageKind;
use crate::coverage::{EntranceState, GapReason};
use crate::model::{CameraId, Span, Time};
use crate::registry::Duty;
use crate::world::{Policy, Subject, Transition};

/// From eight to six.
const DAY: Duty = Duty { from_minute: 480, to_minute: 1_080 };

/// A local time of the first day, or of the next one from 24 hours on.
fn clock(hours: i64, minutes: i64) -> Time {
    NOON + Span::hours(hours - 12) + Span::minutes(minutes)
}

fn until(sim: &mut Sim, at: Time) {
    let left = at.since(sim.now);
    sim.run(left);
}

/// Two switches with three cameras each; C001 is on duty by day.
fn town() -> Plan {
    let mut plan = Plan::town(&[3, 3]);
    plan.edit_camera("C001", |c| c.duty = Some(DAY));
    plan
}

fn settled(plan: Plan) -> Sim {
    // A night is longer than the time after which people are reminded: that is not what is told here.
    let mut policy = Policy::default();
    policy.alert.remind_every = Span::hours(100);
    let mut sim = Sim::with(plan, policy);
    sim.run(Span::minutes(2));
    assert!(sim.messages.is_empty());
    sim
}

fn gap(sim: &Sim, entrance: &str) -> Option<GapReason> {
    sim.world.snapshot().entrance(entrance).and_then(|(_, e)| e.now.gap)
}

fn off_duty(sim: &Sim, camera: &str) -> bool {
    sim.world.snapshot().camera(camera).is_some_and(|(_, c)| c.off_duty)
}

#[test]
fn off_duty_a_camera_is_not_asked_and_its_entrance_is_unwatched_and_not_lost() {
    let mut sim = settled(town());
    assert_eq!((sim.camera_state("C001"), sim.entrance("E001"), off_duty(&sim, "C001")), ("up", "covered", false));
    until(&mut sim, clock(17, 59));
    assert_eq!(
        (sim.camera_state("C001"), sim.entrance("E001"), off_duty(&sim, "C001")),
        ("unknown", "unwatched", true)
    );
    assert_eq!(gap(&sim, "E001"), Some(GapReason::OffDuty));
    // It is switched off, and back a minute after its time.
    sim.break_camera("C001", Fault::Drop);
    let view = sim.world.snapshot().camera("C001").unwrap().1.clone();
    assert_eq!((view.held, view.cause.unwrap().kind(), view.rtt), ([true; 4], "off_duty", None));
    let asked = view.last_pass;
    until(&mut sim, clock(32, 1));
    assert_eq!(sim.world.snapshot().camera("C001").unwrap().1.last_pass, asked, "it was not asked");
    sim.heal_all();
    until(&mut sim, clock(32, 3));
    assert_eq!((sim.camera_state("C001"), sim.entrance("E001"), off_duty(&sim, "C001")), ("up", "covered", false));
    assert!(sim.messages.is_empty(), "{:?}", sim.pages());
    // History has no false figure: of the night nothing is known.
    let subject = Subject::Camera(CameraId::new("C001").unwrap());
    let of_camera = |t: &&Transition| t.subject == subject;
    let words: Vec<&str> = sim.transitions.iter().filter(of_camera).map(|t| t.to).collect();
    assert_eq!(words, ["up", "unknown", "up"]);
}

#[test]
fn who_does_not_come_back_in_the_morning_is_told() {
    let mut sim = settled(town());
    until(&mut sim, clock(18, 0));
    sim.break_camera("C001", Fault::Drop);
    until(&mut sim, clock(32, 2));
    assert!(sim.messages.is_empty());
    sim.run(Span::minutes(1));
    assert_eq!(sim.pages(), [(MessageKind::Opened, 1, "camera:C001".to_owned(), 1)]);
    assert!(sim.messages[0].incident.since >= clock(32, 2), "it is late since then, and not since the evening");
}

#[test]
fn what_was_open_in_the_evening_stays_open_until_the_morning() {
    let mut sim = settled(town());
    until(&mut sim, clock(17, 0));
    sim.break_camera("C001", Fault::Drop);
    until(&mut sim, clock(17, 30));
    assert_eq!(sim.pages().len(), 1);
    let open = sim.open_alerts();
    let said = sim.messages.len();
    until(&mut sim, clock(20, 0));
    sim.heal_all();
    until(&mut sim, clock(31, 0));
    assert_eq!((sim.open_alerts(), sim.messages.len()), (open, said), "nothing closes, nothing opens");
    assert_eq!((sim.entrance("E001"), sim.camera_state("C001")), ("unwatched", "unknown"));
    until(&mut sim, clock(32, 3));
    assert!(sim.everything_is_over());
    assert_eq!(sim.messages.last().map(|m| m.kind), Some(MessageKind::Resolved));
}

#[test]
fn a_doubt_that_is_not_confirmed_when_the_hours_end_is_let_go() {
    let health = crate::health::Policy { confirm: vec![Span::seconds(20)], ..Default::default() };
    let mut sim = Sim::with(town(), Policy { health, canaries: vec!["gw".into()], ..Policy::default() });
    until(&mut sim, clock(17, 57));
    sim.run(Span::seconds(47));
    sim.break_camera("C001", Fault::Drop);
    sim.run(Span::seconds(11));
    assert_eq!(sim.camera_state("C001"), "suspect");
    sim.run(Span::hours(2));
    assert_eq!((sim.entrance("E001"), sim.camera_state("C001"), sim.messages.len()), ("unwatched", "unknown", 0));
    sim.heal_all();
    until(&mut sim, clock(32, 3));
    assert_eq!((sim.entrance("E001"), sim.messages.len()), ("covered", 0));
}

#[test]
fn who_is_left_alone_by_hours_of_duty_must_work() {
    let mut plan = town();
    plan.watch("C004", "E001");
    let mut sim = settled(plan);
    sim.break_camera("C004", Fault::Refuse);
    sim.run(Span::minutes(1));
    assert_eq!(sim.entrance("E001"), "covered", "C001 is there");
    let before = sim.pages().len();
    until(&mut sim, clock(18, 1));
    assert_eq!((sim.entrance("E001"), gap(&sim, "E001")), ("lost", None), "C004 should be, and is not");
    assert_eq!(sim.pages().len(), before + 1);
    assert_eq!(sim.pages().last().map(|p| p.2.clone()), Some("camera:C004".to_owned()));
    until(&mut sim, clock(32, 3));
    assert_eq!(sim.entrance("E001"), "covered");
}

#[test]
fn by_night_is_at_midnight_and_by_day_at_noon() {
    let sim = settled(town());
    let snapshot = sim.world.snapshot();
    let (_, e) = snapshot.entrance("E001").unwrap();
    assert_eq!((e.day.state, e.night.state), (EntranceState::Covered, EntranceState::Unwatched));
    assert_eq!(e.night.gap, Some(GapReason::OffDuty));
    let (_, other) = snapshot.entrance("E002").unwrap();
    assert_eq!(other.night.state, EntranceState::Covered);
}

#[test]
fn a_switch_that_dies_by_night_holds_nobody_down_who_rests() {
    let mut sim = settled(town());
    until(&mut sim, clock(22, 0));
    sim.kill_node("S1");
    sim.run(Span::minutes(2));
    assert_eq!(sim.pages(), [(MessageKind::Opened, 1, "node:S1".to_owned(), 2)]);
    assert_eq!((sim.camera_state("C001"), sim.entrance("E001")), ("unknown", "unwatched"));
    until(&mut sim, clock(32, 5));
    assert_eq!(sim.entrance("E001"), "lost");
    assert!(sim.pages().iter().all(|p| p.1 == 1), "the same fault: {:?}", sim.pages());
    sim.heal_all();
    sim.run(Span::minutes(2));
    assert!(sim.everything_is_over());
}

#[test]
fn a_restart_and_a_reload_by_night_say_nothing() {
    let mut sim = settled(town());
    until(&mut sim, clock(17, 0));
    sim.break_camera("C001", Fault::Drop);
    until(&mut sim, clock(22, 0));
    assert_eq!(sim.pages().len(), 1);
    let said = sim.messages.len();
    sim.restart(Span::seconds(20));
    sim.run(Span::seconds(12));
    assert!(sim.world.snapshot().round.is_none(), "the first round does not wait for who rests");
    let mut plan = town();
    plan.edit_camera("C002", |c| c.note = Some("moved".into()));
    sim.reload(plan.registry);
    sim.run(Span::hours(3));
    assert_eq!((sim.messages.len(), sim.entrance("E001"), off_duty(&sim, "C001")), (said, "unwatched", true));
    sim.heal_all();
    until(&mut sim, clock(32, 4));
    assert!(sim.everything_is_over());
    assert_eq!(sim.pages().len(), 1);
}

#[test]
fn hours_that_the_registry_changes_hold_at_once() {
    let mut sim = settled(town());
    until(&mut sim, clock(20, 0));
    let wake = sim.world.next_wake().unwrap();
    assert!(wake <= clock(32, 2), "it wants to be woken when they begin");
    sim.reload(Plan::town(&[3, 3]).registry);
    sim.run(Span::seconds(30));
    assert_eq!((sim.camera_state("C001"), sim.entrance("E001"), off_duty(&sim, "C001")), ("up", "covered", false));
    sim.reload(town().registry);
    sim.run(Span::seconds(1));
    assert_eq!((sim.entrance("E001"), off_duty(&sim, "C001")), ("unwatched", true));
    assert!(sim.messages.is_empty());
}

#[test]
fn a_town_that_rests_is_not_blind() {
    let mut plan = Plan::town(&[20, 20]);
    for n in 1..=38 {
        plan.edit_camera(&format!("C{n:03}"), |c| c.duty = Some(DAY));
    }
    // Without canaries: sight is judged by a sample of the cameras.
    let mut sim = Sim::with(plan, Policy::default());
    sim.run(Span::minutes(2));
    until(&mut sim, clock(18, 0));
    for n in 1..=38 {
        sim.break_camera(&format!("C{n:03}"), Fault::Drop);
    }
    sim.run(Span::hours(1));
    sim.break_camera("C039", Fault::Drop);
    sim.run(Span::minutes(2));
    assert!(sim.world.snapshot().blind.is_none());
    assert_eq!(sim.pages(), [(MessageKind::Opened, 1, "camera:C039".to_owned(), 1)]);
}
