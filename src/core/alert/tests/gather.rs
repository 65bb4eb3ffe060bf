//! Words of parts: one a second of each incident, and whoever hears them knows what is open.

use std::collections::BTreeMap;

use super::super::speak::Said;
use super::*;
use crate::model::planted::{Bug, plant};
use crate::model::stable_hash;

impl Desk {
    /// The words of now, each with what is open and what is over in it.
    fn words(&mut self) -> Vec<(MessageKind, SayReason, String, String)> {
        let said = self.speak();
        let list = |m: &Message, over: bool| {
            let of = m.alerts.iter().filter(|a| a.ended.is_some() == over);
            of.map(|a| a.key.object.to_string()).collect::<Vec<_>>().join(" ")
        };
        said.messages.iter().map(|m| (m.kind, m.why, list(m, false), list(m, true))).collect()
    }

    fn speak(&mut self) -> Said {
        self.book.wake(self.now);
        self.book.release(self.now, false, &|_| Ready::Yes);
        self.book.speak(self.now, &Nothing)
    }

    fn after(&mut self, millis: i64) {
        self.now += Span::millis(millis);
    }

    /// Lost to planned work.
    fn is_planned(&mut self, entrance: &str, cause: &Cause) {
        let wanted = Wanted {
            cause: cause.clone(),
            since: self.now,
            name: entrance.into(),
            village_name: "甘棠村".into(),
            area: None,
            village: None,
            planned: true,
            leak: None,
        };
        self.book.want(&lost(entrance), Want::Open(wanted), self.now);
    }
}

fn with_five_lost() -> Desk {
    let (mut desk, switch) = (Desk::new(), node("S1"));
    ["E1", "E2", "E3", "E4", "E5"].iter().for_each(|e| desk.is_lost(e, &switch));
    assert_eq!(desk.said(), [(1, MessageKind::Opened, SayReason::FirstWord)]);
    desk.after(10_000);
    desk
}

fn word(kind: MessageKind, why: SayReason, open: &str, over: &str) -> (MessageKind, SayReason, String, String) {
    (kind, why, open.to_owned(), over.to_owned())
}

use MessageKind::{Resolved, Updated};
use SayReason::{AllOver, HeldMaintenance, JoinedQuietly, PartOver};

#[test]
fn the_first_part_is_told_at_once_those_after_it_a_second_later_together_and_the_end_at_once() {
    let mut desk = with_five_lost();
    desk.is_back("E1");
    assert_eq!(desk.words(), [word(Updated, PartOver, "E2 E3 E4 E5", "E1")]);
    desk.after(300);
    desk.is_back("E2");
    assert_eq!(desk.words(), []);
    desk.after(300);
    desk.is_back("E3");
    desk.is_lost("E6", &node("S1"));
    assert_eq!(desk.words(), []);
    assert_eq!(desk.book.next_word(), Some(desk.now + Span::millis(400)), "it wakes for what waits");
    desk.after(400);
    assert_eq!(desk.words(), [word(Updated, PartOver, "E4 E5 E6", "E2 E3")]);
    desk.after(300);
    desk.is_back("E4");
    assert_eq!(desk.words(), []);
    desk.after(300);
    ["E5", "E6"].iter().for_each(|e| desk.is_back(e));
    assert_eq!(desk.words(), [word(Resolved, AllOver, "", "E4 E5 E6")]);
    desk.after(5_000);
    assert_eq!(desk.words(), []);
}

#[test]
fn what_is_lost_again_while_its_end_waits_is_told_as_over_before_it_is_told_as_lost() {
    for elsewhere in [false, true] {
        let mut desk = with_five_lost();
        desk.is_lost("F1", &node("S0"));
        desk.words();
        desk.is_back("E1");
        assert_eq!(desk.words(), [word(Updated, PartOver, "E2 E3 E4 E5", "E1")]);
        desk.after(200);
        desk.is_back("E2");
        assert_eq!(desk.words(), []);
        desk.after(200);
        desk.is_lost("E2", &node(if elsewhere { "S0" } else { "S1" }));
        let end = word(Updated, PartOver, "E3 E4 E5", "E2");
        let again = word(Updated, JoinedQuietly, "E2 F1", "");
        assert_eq!(desk.words(), if elsewhere { vec![end, again] } else { vec![end] });
        desk.after(1_000);
        let again = word(Updated, JoinedQuietly, "E2 E3 E4 E5", "");
        assert_eq!(desk.words(), if elsewhere { vec![] } else { vec![again] });
    }
}

#[test]
fn when_nothing_may_be_said_any_more_the_ends_that_wait_are_told_first_and_who_joined_waits() {
    for joined in [false, true] {
        let mut desk = with_five_lost();
        desk.is_back("E1");
        assert_eq!(desk.words(), [word(Updated, PartOver, "E2 E3 E4 E5", "E1")]);
        desk.after(400);
        if joined {
            desk.is_lost("E6", &node("S1"));
        } else {
            desk.is_back("E2");
        }
        assert_eq!(desk.words(), []);
        desk.after(200);
        desk.book.set_mute(true, desk.now);
        let told = word(Updated, PartOver, "E3 E4 E5", "E2");
        assert_eq!(desk.words(), if joined { vec![] } else { vec![told] });
        desk.after(3_600_000);
        assert_eq!(desk.words(), []);
        desk.book.set_mute(false, desk.now);
        desk.after(10_000);
        // It has been lost for an hour by then.
        let later = word(MessageKind::MoreLost, SayReason::NewLoss, "E2 E3 E4 E5 E6", "");
        assert_eq!(desk.words(), if joined { vec![later] } else { vec![] });
    }
}

#[test]
fn who_asked_for_silence_does_not_hear_that_what_waited_opened_again() {
    let mut desk = with_five_lost();
    let id = *desk.book.incidents.keys().next().unwrap();
    let until = desk.now + Span::hours(1);
    desk.book.silence(id, Hold { at: desk.now, by: "duty".into(), note: "".into(), until }, desk.now);
    desk.words();
    desk.after(2_000);
    desk.is_back("E1");
    assert_eq!(desk.words(), [word(Updated, SayReason::HeldSilenced, "E2 E3 E4 E5", "E1")]);
    desk.after(100);
    desk.is_back("E2");
    assert_eq!(desk.words(), []);
    // As a start takes it, who does not know why it waited.
    let ended: Vec<Alert> = desk.book.untold_ends().cloned().collect();
    desk.book.resume_what_waits(ended, desk.now);
    desk.is_lost("E2", &node("S1"));
    assert_eq!(desk.words(), [word(Updated, SayReason::HeldSilenced, "E3 E4 E5", "E2")]);
}

#[test]
fn who_planned_the_work_does_not_hear_that_what_waited_opened_again() {
    let (mut desk, switch) = (Desk::new(), node("S1"));
    ["E1", "E2", "E3"].iter().for_each(|e| desk.is_planned(e, &switch));
    assert_eq!(desk.words(), [word(Updated, HeldMaintenance, "E1 E2 E3", "")]);
    desk.after(2_000);
    desk.is_back("E1");
    assert_eq!(desk.words(), [word(Updated, HeldMaintenance, "E2 E3", "E1")]);
    desk.after(100);
    desk.is_back("E2");
    assert_eq!(desk.words(), []);
    // As a start takes it, who does not know why it waited.
    let ended: Vec<Alert> = desk.book.untold_ends().cloned().collect();
    desk.book.resume_what_waits(ended, desk.now);
    desk.is_planned("E2", &switch);
    assert_eq!(desk.words(), [word(Updated, HeldMaintenance, "E3", "E2")]);
}

/// Machines follow what people are not told; another cause is more than a part, and does not wait with parts.
#[test]
fn of_planned_work_machines_hear_who_joins_once_a_second_and_another_cause_at_once() {
    let (mut desk, switch, feed) = (Desk::new(), node("S1"), node("P1"));
    desk.is_planned("E1", &switch);
    assert_eq!(desk.words(), [word(Updated, HeldMaintenance, "E1", "")]);
    desk.after(2_000);
    desk.is_planned("E2", &switch);
    assert_eq!(desk.words(), [word(Updated, HeldMaintenance, "E1 E2", "")]);
    desk.after(100);
    desk.is_planned("E3", &switch);
    assert_eq!(desk.words(), []);
    desk.after(100);
    ["E1", "E2", "E3"].iter().for_each(|e| desk.is_planned(e, &feed));
    assert_eq!(desk.words(), [word(Updated, HeldMaintenance, "E1 E2 E3", "")]);
}

/// Nobody is paged of it, since somebody has it; who follows hears that the silence is over.
#[test]
fn that_a_silence_ran_out_is_told_also_of_what_somebody_has() {
    let mut desk = with_five_lost();
    let id = *desk.book.incidents.keys().next().unwrap();
    let until = desk.now + Span::hours(1);
    desk.book.silence(id, Hold { at: desk.now, by: "duty".into(), note: "".into(), until }, desk.now);
    desk.words();
    let ack = Acknowledgement { at: desk.now, by: "duty".into(), note: "".into(), until: None };
    assert!(desk.book.acknowledge(id, ack));
    desk.words();
    desk.after(3_600_000);
    assert_eq!(desk.words(), [word(Updated, JoinedQuietly, "E1 E2 E3 E4 E5", "")]);
}

/// What a sink knows that reads every word, and what a store keeps.
#[derive(Default)]
struct Beside {
    heard: BTreeMap<AlertKey, IncidentId>,
    last_part: BTreeMap<IncidentId, Time>,
    incidents: BTreeMap<IncidentId, Incident>,
    alerts: BTreeMap<AlertKey, Alert>,
    ended: Vec<Alert>,
    words: usize,
    parts: usize,
}

impl Beside {
    fn hears(&mut self, said: &Said, now: Time) {
        self.incidents.extend(said.incidents.iter().map(|i| (i.id, (**i).clone())));
        for alert in &said.alerts {
            self.alerts.remove(&alert.key);
            if alert.ended.is_some() {
                self.ended.push((**alert).clone());
                self.parts += 1;
            } else {
                self.alerts.insert(alert.key.clone(), (**alert).clone());
            }
        }
        self.words += said.messages.len();
        for message in &said.messages {
            let over = message.alerts.iter().filter(|a| a.ended.is_some());
            over.for_each(|a| {
                self.heard.remove(&a.key);
            });
            for alert in message.alerts.iter().filter(|a| a.ended.is_none()) {
                assert!(message.alerts.iter().all(|a| a.ended.is_none() || a.key != alert.key), "{:?}", alert.key);
                self.heard.insert(alert.key.clone(), message.incident.id);
            }
            if matches!(message.why, PartOver | JoinedQuietly) && message.kind == Updated {
                self.last_part.insert(message.incident.id, now);
            }
        }
    }

    /// Starts from what was kept.
    fn restart(&self, now: Time) -> Book {
        let since = |a: &Alert| self.incidents[&a.incident].news.untold_since;
        let untold = |a: &&Alert| since(a).zip(a.ended).is_some_and(|(since, (at, _))| at >= since);
        let alerts = self.alerts.values().chain(self.ended.iter().filter(untold)).cloned().collect();
        Book::restore(Policy::default(), self.incidents.values().cloned().collect(), alerts, 1, now)
    }
}

/// Losses and ends at any moments, of two faults, and starts in between.
fn lives(seed: u64, restarts: bool) -> Beside {
    let (mut desk, mut beside, mut turn) = (Desk::new(), Beside::default(), 0);
    let mut roll = |sides: u64| {
        turn += 1;
        stable_hash(&format!("{seed} {turn}")) % sides
    };
    for _ in 0..400 {
        desk.now += Span::millis(i64::try_from(roll(240)).unwrap());
        let entrance = format!("E{}", roll(40));
        match roll(12) {
            0..=4 => desk.is_lost(&entrance, &node(if roll(3) == 0 { "S1" } else { "S2" })),
            5..=10 => desk.is_back(&entrance),
            _ if restarts => desk.book = beside.restart(desk.now),
            _ => {}
        }
        let said = desk.speak();
        beside.hears(&said, desk.now);
    }
    for _ in 0..30 {
        desk.now += Span::millis(100);
        let said = desk.speak();
        beside.hears(&said, desk.now);
    }
    let open = desk.book.open.iter().map(|(key, a)| (key.clone(), a.incident)).collect::<BTreeMap<_, _>>();
    assert_eq!(beside.heard, open, "seed {seed}, restarts: {restarts}");
    assert!(desk.book.ends_untold.is_empty() && desk.book.incidents.values().all(|i| i.news.untold_since.is_none()));
    beside
}

#[test]
fn whoever_hears_every_word_knows_what_is_open_whenever_it_starts_anew() {
    let (mut words, mut parts) = (0, 0);
    for seed in 0..60 {
        let beside = lives(seed, seed % 2 == 1);
        (words, parts) = (words + beside.words, parts + beside.parts);
    }
    println!("{words} words of {parts} ends");
    // It is noticed where what waits is forgotten.
    plant(Some(Bug::GatheredOnesAreForgotten));
    let forgotten = std::panic::catch_unwind(|| (0..6).for_each(|seed| drop(lives(seed, false))));
    plant(None);
    assert!(forgotten.is_err());
}

fn reduced(entrance: &str) -> AlertKey {
    AlertKey { name: AlertName::EntranceReduced, ..lost(entrance) }
}

fn camera_down(camera: &str) -> AlertKey {
    AlertKey { name: AlertName::CameraDown, object: AlertObject::Camera(CameraId::new(camera).unwrap()) }
}

/// Only what was told has fallen can rise.
#[test]
fn what_falls_and_rises_within_the_second_is_no_news() {
    let (mut desk, switch) = (Desk::new(), node("S1"));
    ["C1", "C2", "C3"].iter().for_each(|c| desk.is_so(&camera_down(c), &switch));
    desk.is_lost("E1", &switch);
    assert_eq!(desk.said(), [(1, MessageKind::Opened, SayReason::FirstWord)]);
    desk.after(10_000);
    desk.book.want(&camera_down("C1"), Want::Closed(EndReason::Recovered), desk.now);
    assert_eq!(desk.said(), [(1, Updated, PartOver)]);
    desk.after(200);
    desk.is_back("E1");
    assert_eq!(desk.said(), []);
    desk.after(200);
    desk.is_so(&reduced("E2"), &switch);
    assert_eq!(desk.said(), []);
    desk.after(600);
    assert_eq!(desk.words(), [word(Updated, PartOver, "E2 C2 C3", "E1")]);
    // Told as info by then, it rises.
    desk.book.want(&reduced("E2"), Want::Closed(EndReason::Recovered), desk.now);
    desk.words();
    desk.after(1_000);
    desk.words();
    desk.is_so(&reduced("E2"), &switch);
    assert_eq!(desk.said(), [(1, MessageKind::MoreLost, SayReason::NewLoss)]);
}
