//! A machine that slept, a process that stood still, a clock that was set: time that jumps between two turns is the
//! monitor's own blindness. All is asked again before a word, nobody is paged for it, and what really died meanwhile is
//! told once (semantics.md §5).

use super::harness::{Fault, NOON, Plan, Sim};
use crate::alert::MessageKind;
use crate::model::{CameraId, IncidentId, Span};
use crate::world::{Event, Subject, Transition, Window, Works};

/// Just over what the engine takes for a pause, a short and a long suspension, a weekend.
const NAPS: [Span; 4] = [Span::seconds(31), Span::minutes(10), Span::hours(8), Span::hours(62)];

fn town() -> Sim {
    let mut sim = Sim::new(Plan::town(&[20, 20]));
    sim.run(Span::minutes(5));
    assert!(sim.messages.is_empty());
    sim
}

/// Pages but for what is due by the calendar: nobody has it, and nobody was told for hours.
fn pages(sim: &Sim) -> Vec<(MessageKind, String, usize)> {
    let told = sim.pages().into_iter().filter(|p| p.0 != MessageKind::Reminded);
    told.map(|(kind, _, cause, lost)| (kind, cause, lost)).collect()
}

fn of_camera<'a>(sim: &'a Sim, id: &'a str) -> impl Iterator<Item = &'a Transition> {
    sim.transitions.iter().filter(move |t| matches!(&t.subject, Subject::Camera(c) if c.as_str() == id))
}

#[test]
fn a_machine_that_slept_says_nothing_of_a_town_that_is_well_and_knows_nothing_of_that_time() {
    for nap in NAPS {
        let mut sim = town();
        sim.transitions.clear();
        let slept = sim.now;
        sim.begin_anew(nap);
        assert!(sim.world.snapshot().round.is_some(), "a first round comes before any word");
        sim.run(Span::minutes(30));
        assert!(sim.messages.is_empty(), "{nap}: {:?}", sim.pages());
        let words: Vec<_> = of_camera(&sim, "C001").map(|t| (t.from, t.to, t.at >= slept + nap)).collect();
        assert_eq!(words, [("up", "unknown", false), ("unknown", "up", true)], "{nap}");
    }
}

#[test]
fn what_died_or_healed_while_the_machine_slept_is_told_once_when_it_wakes() {
    for nap in NAPS {
        let mut sim = town();
        sim.kill_node("S1");
        sim.begin_anew(nap);
        let woken = sim.now;
        sim.run(Span::minutes(30));
        assert_eq!(pages(&sim), [(MessageKind::Opened, "node:S1".to_owned(), 20)], "{nap}: died meanwhile");
        assert!(sim.messages[0].at - woken <= Span::seconds(30), "{nap}");
        sim.begin_anew(nap);
        sim.run(Span::minutes(30));
        assert_eq!(pages(&sim).len(), 1, "{nap}: still dead: {:?}", pages(&sim));
        sim.heal_all();
        sim.begin_anew(nap);
        sim.run(Span::minutes(2));
        assert!(sim.everything_is_over(), "{nap}: {:?}", sim.open_alerts());
        assert_eq!(sim.messages.last().map(|m| m.kind), Some(MessageKind::Resolved), "{nap}: healed meanwhile");
        assert_eq!(pages(&sim).len(), 1, "{nap}");
    }
}

/// It sleeps at every half second of the way from a fault to its page.
#[test]
fn a_machine_that_falls_asleep_while_it_confirms_a_fault_judges_it_anew() {
    for tenths in (5..=120).step_by(5) {
        let asleep = |heals: bool| {
            let mut sim = town();
            sim.kill_node("S1");
            sim.run(Span(100 * tenths));
            let told = sim.messages.len();
            if heals {
                sim.heal_all();
            }
            sim.begin_anew(Span::minutes(10));
            sim.run(Span::minutes(30));
            (told, sim)
        };
        let (_, sim) = asleep(false);
        assert_eq!(pages(&sim), [(MessageKind::Opened, "node:S1".to_owned(), 20)], "after {tenths} tenths");
        let (told, sim) = asleep(true);
        let wanted = if told == 0 { 0 } else { 1 };
        assert_eq!(pages(&sim).len(), wanted, "healed, after {tenths} tenths: {:?}", pages(&sim));
        assert!(sim.everything_is_over());
    }
}

/// Gaps that are too short to be handled like a restart: whatever the loop does late, nothing is said for it.
#[test]
fn a_loop_that_stood_still_for_less_pages_nobody() {
    for gap in [1, 5, 11, 20, 29] {
        for dead in [false, true] {
            let mut sim = town();
            if dead {
                sim.kill_node("S1");
                sim.run(Span::minutes(2));
            }
            let told = sim.messages.len();
            for _ in 0..10 {
                sim.now += Span::seconds(gap);
                sim.run(Span::seconds(97));
            }
            assert_eq!(sim.messages.len(), told, "{gap} s, dead {dead}: {:?}", sim.messages.last());
            sim.heal_all();
            sim.run(Span::minutes(2));
            assert!(sim.everything_is_over(), "{gap} s: {:?}", sim.open_alerts());
        }
    }
}

/// The wall clock and the clock of the machine disagree, by an hour either way: what is believed goes on, silences and
/// maintenance end by the clock on the wall.
#[test]
fn what_the_calendar_says_goes_by_the_clock_on_the_wall_and_belief_does_not() {
    for step in [Span::hours(1), Span::hours(-1)] {
        let mut sim = town();
        sim.kill_node("S1");
        sim.run(Span::minutes(1));
        let until = NOON + Span::minutes(90);
        sim.apply(Event::Silence { incident: IncidentId(1), by: "duty".into(), note: "".into(), until });
        let of = Works::Camera(CameraId::new("C030").unwrap());
        sim.windows = vec![Window { from: NOON - Span::hours(2), to: until, of }];
        sim.apply(Event::Maintenance(sim.windows.clone()));
        sim.break_camera("C030", Fault::Refuse);
        sim.run(Span::minutes(5));
        let told = sim.messages.len();
        sim.begin_anew(step);
        sim.run(until - sim.now - Span::seconds(1));
        assert_eq!(pages(&sim).len(), 1, "{step}: {:?}", pages(&sim));
        assert_eq!((sim.camera_state("C001"), sim.entrance("E030")), ("down", "lost"), "{step}");
        sim.run(Span::minutes(2));
        let people = sim.messages[told..].iter().filter(|m| !m.why.is_for_machines());
        let mut heard: Vec<_> = people.map(|m| (m.why.word(), m.incident.cause.to_string())).collect();
        heard.sort();
        let wanted = [("maintenance_ended", "camera:C030"), ("silence_ended", "node:S1")];
        assert_eq!(heard, wanted.map(|(why, cause)| (why, cause.to_owned())), "{step}");
    }
}
