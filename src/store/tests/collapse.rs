//! Who is told which step, as a table: pure.

use std::sync::Arc;

use cunkou_core::alert::MessageKind as K;
use cunkou_core::model::Severity;
use proptest::prelude::*;

use super::super::routing::{Slot, SlotState as S, Slots, route};
use super::*;

/// What a table says of one sink: (step, from_step, state).
fn told(slots: &Slots) -> Vec<(u32, u32, S)> {
    slots.iter().map(|(key, slot)| (key.step, slot.from_step, slot.state)).collect()
}

fn slots(rows: &[(u32, u32, S)]) -> Slots {
    let row = |(step, from_step, state): &(u32, u32, S)| {
        let key = OutboxKey { incident: IncidentId(1), sink: "desk".to_owned(), step: *step };
        let slot = Slot {
            from_step: *from_step,
            state: *state,
            created: Time(1_000),
            next_attempt: Time(7_000),
            attempts: 3,
            changed: false,
        };
        (key, slot)
    };
    rows.iter().map(row).collect()
}

#[test]
fn only_what_was_surely_not_received_collapses_into_the_latest() {
    use S::{Collapsed, Delivered, Dropped, Pending, Sending};
    type Rows = &'static [(u32, u32, S)];
    let table: [(&str, Rows, Rows); 6] = [
        ("nothing before", &[], &[(5, 5, Pending)]),
        ("an unsent one", &[(3, 2, Pending)], &[(3, 2, Collapsed), (5, 2, Pending)]),
        (
            "two unsent ones",
            &[(3, 3, Pending), (4, 4, Pending)],
            &[(3, 3, Collapsed), (4, 4, Collapsed), (5, 3, Pending)],
        ),
        ("one on its way", &[(4, 4, Sending)], &[(4, 4, Sending), (5, 5, Pending)]),
        (
            "one on its way and an unsent one behind it",
            &[(3, 3, Sending), (4, 4, Pending)],
            &[(3, 3, Sending), (4, 4, Collapsed), (5, 4, Pending)],
        ),
        (
            "what is over stays",
            &[(1, 1, Delivered), (2, 2, Dropped), (3, 3, Collapsed)],
            &[(1, 1, Delivered), (2, 2, Dropped), (3, 3, Collapsed), (5, 5, Pending)],
        ),
    ];
    for (case, before, after) in table {
        let mut slots = slots(before);
        route(&message(1, 5, K::Updated, Severity::Critical), &desk(), &mut slots);
        assert_eq!(told(&slots), after, "{case}");
    }
}

#[test]
fn a_collapsed_row_keeps_how_long_it_has_waited_and_when_it_is_tried() {
    let mut slots = slots(&[(1, 1, S::Pending)]);
    route(&message(1, 5, K::Resolved, Severity::Critical), &desk(), &mut slots);
    let slot = slots.into_values().next_back().unwrap();
    assert_eq!((slot.created, slot.next_attempt, slot.attempts), (Time(1_000), Time(7_000), 3));
}

#[test]
fn what_is_said_to_machines_only_is_no_step_for_people() {
    let route_to = |people| vec![SinkRoute { people, ..desk()[0].clone() }];
    for (people, rows) in [(true, 2), (false, 3)] {
        let mut slots = Slots::new();
        route(&message(1, 1, K::Opened, Severity::Critical), &route_to(people), &mut slots);
        let quiet = Message { why: SayReason::JoinedQuietly, ..message(1, 2, K::Updated, Severity::Critical) };
        route(&quiet, &route_to(people), &mut slots);
        route(&message(1, 3, K::Resolved, Severity::Critical), &route_to(people), &mut slots);
        assert_eq!(slots.len(), rows, "people: {people}");
        assert_eq!(
            slots.into_values().next_back().unwrap().from_step,
            1,
            "what was not received is told with the last"
        );
    }
}

/// A switch whose cameras come back one after the other: people hear of them together, or with the word that follows.
#[test]
fn parts_that_are_over_rest_for_people_and_hold_up_nothing_else() {
    let people = vec![SinkRoute { people: true, ..desk()[0].clone() }];
    let part = |step| Message { why: SayReason::PartOver, ..message(1, step, K::Updated, Severity::Critical) };
    let word = |step, kind| message(1, step, kind, Severity::Critical);
    let due = |before: &[(u32, u32, S)], attempts: u32, said: &[Message]| {
        let mut slots = slots(before);
        slots.values_mut().for_each(|slot| (slot.attempts, slot.created) = (attempts, Time(0)));
        said.iter().for_each(|message| route(message, &people, &mut slots));
        let (key, slot) = slots.into_iter().rfind(|(_, slot)| slot.state == S::Pending).unwrap();
        (key.step, slot.from_step, slot.next_attempt.millis())
    };
    let delivered: &[(u32, u32, S)] = &[(1, 1, S::Delivered)];
    // Messages are of second 1, 2, 3 …; who is away is tried again at 7 s.
    assert_eq!(due(delivered, 0, &[part(2)]), (2, 2, 62_000), "it rests");
    assert_eq!(due(delivered, 0, &[part(2), part(3), part(4)]), (4, 2, 62_000), "no longer than the first of them");
    assert_eq!(due(delivered, 0, &[part(2), part(3), word(4, K::Resolved)]), (4, 2, 4_000), "the end is told at once");
    assert_eq!(due(delivered, 0, &[part(2), word(3, K::Reopened), part(4)]), (4, 2, 4_000), "and so is what pages");
    assert_eq!(due(&[(1, 1, S::Pending)], 3, &[part(2), part(3)]), (3, 1, 7_000), "no sooner than it may be tried");
    assert_eq!(due(&[(1, 1, S::Pending)], 3, &[part(8), word(9, K::Resolved)]), (9, 1, 9_000));
    let mut slots = slots(delivered);
    route(&part(2), &desk(), &mut slots);
    assert_eq!(slots.into_values().next_back().unwrap().next_attempt, Time(2_000), "machines follow each");
}

/// A digest of such items, under a number of its own.
fn digest(step: u32, items: Vec<Message>) -> Message {
    let severity = items.iter().map(Message::worst).max().unwrap();
    let digest = items.into_iter().map(Arc::new).collect();
    Message { why: SayReason::Digest, digest, ..message(9, step, K::Digest, severity) }
}

#[test]
fn what_people_hear_with_a_digest_is_no_row_of_its_own_but_they_hear_who_takes_it() {
    let route_to = |people| vec![SinkRoute { people, ..desk()[0].clone() }];
    for (people, expected) in [
        (true, [(1, 1, S::Collapsed), (2, 2, S::Collapsed), (3, 3, S::Pending)]),
        (false, [(1, 1, S::Collapsed), (2, 1, S::Collapsed), (3, 1, S::Pending)]),
    ] {
        let mut slots = Slots::new();
        for (step, kind) in [(1, K::Opened), (2, K::Updated)] {
            let held = Message { why: SayReason::HeldForDigest, ..message(1, step, kind, Severity::Critical) };
            route(&held, &route_to(people), &mut slots);
        }
        route(&message(1, 3, K::Acknowledged, Severity::Critical), &route_to(people), &mut slots);
        assert_eq!(told(&slots), expected, "people: {people}");
    }
}

#[test]
fn a_digest_goes_to_people_and_to_those_alone_for_whom_something_is_in_it() {
    for (people, least, first, rows) in [
        (true, Severity::Warning, Severity::Critical, 1),
        (true, Severity::Critical, Severity::Warning, 0),
        (false, Severity::Info, Severity::Critical, 0),
    ] {
        let sink = vec![SinkRoute { name: "desk".to_owned(), min_severity: least, people, level: 0 }];
        let mut slots = Slots::new();
        route(&digest(1, vec![message(1, 1, K::Opened, first)]), &sink, &mut slots);
        assert_eq!(slots.len(), rows, "{people} {least:?} {first:?}");
        route(&digest(2, vec![message(2, 1, K::Opened, Severity::Info)]), &sink, &mut slots);
        let waiting = slots.values().filter(|s| s.state == S::Pending).count();
        assert_eq!(waiting, rows, "also after the first: {people} {least:?} {first:?}");
    }
}

#[test]
fn a_sink_hears_of_an_incident_once_it_is_severe_enough_and_then_to_the_end() {
    let sink = vec![SinkRoute { name: "desk".to_owned(), min_severity: Severity::Warning, people: false, level: 0 }];
    let mut slots = Slots::new();
    let mut say = |step, kind, severity| {
        let before = slots.len();
        route(&message(1, step, kind, severity), &sink, &mut slots);
        slots.len() > before
    };
    assert!(!say(1, K::Opened, Severity::Info));
    assert!(say(2, K::Updated, Severity::Critical));
    assert!(say(3, K::Updated, Severity::Info), "told once, it hears all");
    assert!(!say(3, K::Updated, Severity::Info), "but nothing twice");
    assert!(say(4, K::Resolved, Severity::Info));
}

/// A sink of the next level hears what was escalated to it, and its end; what was taken before never reaches it.
#[test]
fn a_sink_of_a_level_hears_only_what_was_escalated_to_it_and_its_end() {
    let sink = vec![SinkRoute { level: 1, people: true, ..desk()[0].clone() }];
    let mut slots = Slots::new();
    let mut say = |incident, step, kind, level| {
        let before = slots.len();
        let mut message = message(incident, step, kind, Severity::Critical);
        Arc::make_mut(&mut message.incident).level = level;
        route(&message, &sink, &mut slots);
        slots.len() > before
    };
    assert!(!say(1, 1, K::Opened, 0) && !say(1, 2, K::Acknowledged, 0) && !say(1, 3, K::Resolved, 0));
    assert!(!say(2, 1, K::Opened, 0));
    assert!(say(2, 2, K::Escalated, 1));
    assert!(say(2, 3, K::Silenced, 1) && say(2, 4, K::Resolved, 1));
    assert!(say(2, 5, K::Reopened, 0), "who was told of it once hears that it is back");
}

#[test]
fn an_end_is_no_news_to_who_never_heard_of_the_beginning() {
    for kind in [K::Resolved, K::Merged, K::Acknowledged, K::Silenced] {
        let mut slots = Slots::new();
        route(&message(1, 4, kind, Severity::Critical), &desk(), &mut slots);
        assert!(slots.is_empty(), "{kind:?}");
    }
}

proptest! {
    /// Whatever a sink does, every step from the first it takes is told by exactly one row that counts, in order.
    #[test]
    fn no_step_is_lost_and_none_is_told_twice(acts in proptest::collection::vec(0_u8..4, 1..40)) {
        let mut slots = Slots::new();
        let mut step = 0;
        for act in acts {
            let head = slots.iter().find(|(_, s)| matches!(s.state, S::Pending | S::Sending)).map(|(k, _)| k.clone());
            match (act, head.and_then(|key| slots.get_mut(&key))) {
                (0 | 1, _) => {
                    step += 1;
                    route(&message(1, step, K::Updated, Severity::Critical), &desk(), &mut slots);
                }
                (2, Some(slot)) => slot.state = S::Sending,
                (_, Some(slot)) if slot.state == S::Sending => slot.state = S::Delivered,
                _ => {}
            }
        }
        let mut next = 1;
        for (key, slot) in slots.iter().filter(|(_, s)| s.state != S::Collapsed) {
            prop_assert_eq!(slot.from_step, next);
            next = key.step + 1;
        }
        prop_assert_eq!(next, step + 1);
        let waiting = slots.values().filter(|s| s.state == S::Pending).count();
        prop_assert!(waiting <= 1, "at most one row waits behind the one on its way");
    }
}
