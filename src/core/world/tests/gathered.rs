//! What comes back piece by piece: machines hear of it once a second, and of each piece.

use std::collections::BTreeSet;

use super::harness::{Plan, Sim};
use super::kept::{Kept, Sabotage};
use super::scenarios::with_canary;
use crate::alert::{AlertKey, Message, MessageKind, SayReason};
use crate::model::planted::{Bug, plant};
use crate::model::{Span, Time};
use crate::world::Event;

const CAMERAS: usize = 300;

/// An uplink of 300 cameras is dead; now it is back, and no camera has been asked again yet.
fn back_and_unasked(sabotage: Option<Sabotage>) -> Sim {
    let mut store = Kept::default();
    store.sabotage = sabotage;
    let mut sim = Sim::kept_by(Plan::town(&[15; CAMERAS / 15]), with_canary(), Box::new(store));
    sim.run(Span::minutes(3));
    sim.kill_node("up");
    sim.run(Span::minutes(2));
    assert_eq!((sim.pages().len(), sim.believed_lost().len()), (1, CAMERAS));
    sim.unaskable = (1..=CAMERAS).map(|n| format!("C{n:03}")).collect();
    sim.dead_nodes.clear();
    sim.run(Span::seconds(5));
    assert_eq!(sim.open_alerts().get("CameraDown"), Some(&CAMERAS), "nobody has asked them");
    sim
}

/// Ten seconds for each hundred of them to be asked again, and each is back when its turn comes.
fn come_back(sim: &mut Sim) {
    for hundred in ["C0", "C1", "C2"] {
        sim.unaskable.retain(|c| !c.starts_with(hundred));
        sim.run(Span::seconds(10));
    }
    sim.unaskable.clear();
    sim.run(Span::minutes(2));
}

/// All of them within half a minute.
fn come_back_at_once(sim: &mut Sim) {
    sim.unaskable.clear();
    sim.run(Span::seconds(30));
    assert!(sim.everything_is_over(), "{:?}", sim.open_alerts());
}

fn is_of_parts(message: &&Message) -> bool {
    matches!(message.why, SayReason::PartOver | SayReason::JoinedQuietly | SayReason::HeldSilenced)
        && message.kind == MessageKind::Updated
}

/// What was told as open, and what was told as over after that.
fn told(messages: &[Message]) -> (BTreeSet<AlertKey>, BTreeSet<AlertKey>) {
    let (mut begun, mut over) = (BTreeSet::new(), BTreeSet::new());
    for alert in messages.iter().flat_map(|m| &m.alerts) {
        if alert.ended.is_some() {
            over.insert(alert.key.clone());
        } else {
            assert!(!over.contains(&alert.key), "{:?} is told as open after its end", alert.key);
            begun.insert(alert.key.clone());
        }
    }
    (begun, over)
}

#[test]
fn of_three_hundred_cameras_that_come_back_machines_hear_once_a_second_and_of_each() {
    let words = |sim: &Sim| sim.messages.iter().filter(is_of_parts).map(|m| m.at).collect::<Vec<Time>>();
    for back in [come_back_at_once, come_back] {
        let mut sim = back_and_unasked(None);
        let before = words(&sim).len();
        back(&mut sim);
        let said = words(&sim).split_off(before);
        let (first, last) = (said[0], said[said.len() - 1]);
        println!("{} words to machines of {CAMERAS} cameras that came back within {}", said.len(), last - first);
        assert!(said.windows(2).all(|w| w[1] - w[0] >= Span::seconds(1)), "{said:?}");
        let (begun, over) = told(&sim.messages);
        assert!(begun.len() >= 2 * CAMERAS && begun == over, "{:?}", begun.symmetric_difference(&over));
        assert!(sim.everything_is_over());
        assert_eq!((sim.pages().len(), sim.messages.last().map(|m| m.kind)), (1, Some(MessageKind::Resolved)));
    }
    // Each of them was a word, and a step of the incident.
    plant(Some(Bug::PartsAreNotGathered));
    let mut sim = back_and_unasked(None);
    let before = words(&sim).len();
    come_back_at_once(&mut sim);
    plant(None);
    assert!(words(&sim).len() - before > 200, "{}", words(&sim).len());
}

/// Killed while words wait, at each of some moments, and away for a while.
fn killed_at(moment: usize, sabotage: Option<Sabotage>) -> Sim {
    let mut sim = back_and_unasked(sabotage);
    for n in 1..=150 {
        sim.unaskable.remove(&format!("C{n:03}"));
    }
    sim.run(Span::seconds(3) + Span::millis(370) * i64::try_from(moment).unwrap());
    sim.restart(Span::seconds(2));
    sim.run(Span::seconds(30));
    come_back(&mut sim);
    sim
}

#[test]
fn what_was_gathered_and_not_said_is_said_after_a_restart() {
    for moment in 0..12 {
        let sim = killed_at(moment, None);
        let (begun, over) = told(&sim.messages);
        assert!(sim.everything_is_over() && begun.len() >= 2 * CAMERAS, "{moment}");
        assert_eq!(begun, over, "{moment}");
        assert_eq!(sim.pages().len(), 1, "{moment}: {:?}", sim.pages());
    }
    let forgets = |moment: &usize| {
        let sim = killed_at(*moment, Some(Sabotage::ForgetsUntoldEnds));
        let (begun, over) = told(&sim.messages);
        begun != over
    };
    assert!((0..12).any(|moment| forgets(&moment)), "a store that forgets them is noticed");
}

/// Whoever steps the clock does not make them forgotten either.
#[test]
fn what_was_gathered_outlives_a_stepped_clock() {
    for step in [Span::hours(-3), Span::hours(5)] {
        let mut sim = back_and_unasked(None);
        (1..=150).for_each(|n| {
            sim.unaskable.remove(&format!("C{n:03}"));
        });
        sim.run(Span::millis(4_300));
        sim.begin_anew(step);
        sim.run(Span::seconds(30));
        come_back(&mut sim);
        let (begun, over) = told(&sim.messages);
        assert_eq!(begun, over, "{step}");
        assert!(sim.everything_is_over(), "{step}");
    }
}

/// Who takes the incident while words wait, and who silences it, is told at once, with all that waited.
#[test]
fn what_somebody_does_goes_at_once_and_takes_along_what_waits() {
    let mut sim = back_and_unasked(None);
    (1..=CAMERAS).for_each(|n| {
        sim.unaskable.remove(&format!("C{n:03}"));
    });
    sim.run(Span::millis(3_450));
    let incident = sim.messages.iter().find(|m| m.kind.pages()).unwrap().incident.id;
    let before = sim.messages.len();
    sim.apply(Event::Acknowledge { incident, by: "duty".into(), note: "".into(), until: None });
    let word = &sim.messages[before];
    assert_eq!((sim.messages.len() - before, word.kind, word.at), (1, MessageKind::Acknowledged, sim.now));
    let open: BTreeSet<AlertKey> = word.alerts.iter().filter(|a| a.ended.is_none()).map(|a| a.key.clone()).collect();
    let (begun, over) = told(&sim.messages);
    assert_eq!(begun.difference(&over).cloned().collect::<BTreeSet<_>>(), open);
    assert_eq!(open, sim.world.snapshot().alerts.keys().cloned().collect());
}
