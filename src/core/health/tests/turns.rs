//! Flapping, blindness and asking out of turn.

use super::machine::{fail, up};
use super::*;
use crate::health::machine::{Health, Via};
use crate::health::{Policy, State};
use crate::model::NodeIx;

const MINUTE: i64 = 60_000;

/// Down and up again; gives whether it flaps from this turn on.
fn turn(health: &mut Health, from: i64) -> bool {
    let policy = Policy::default();
    for n in 0..3 {
        // Confirming ones, which are no loss.
        health.take(&Outcome { asked: true, ..outcome(Check::Reach, from + n * 1_000, SILENT) }, &policy);
    }
    health.judge(at(from + 2_100), &policy);
    assert_eq!(health.state, State::Down);
    let flaps = health.turn(at(from + 2_100), &policy);
    for n in [4, 5] {
        health.take(&outcome(Check::Reach, from + n * 1_000, PASS), &policy);
    }
    health.judge(at(from + 5_100), &policy);
    flaps
}

#[test]
fn three_turns_within_an_hour_flap_and_are_told_once() {
    let policy = Policy::default();
    let mut health = up();
    assert_eq!(health.flap_ends_at(&policy), None);
    let flaps = [10, 20, 30, 40].map(|minute| turn(&mut health, minute * MINUTE));
    assert_eq!(flaps, [false, false, true, false]);
    assert!(health.flapping);
    let last = 40 * MINUTE + 2_100;
    assert_eq!(health.flap_ends_at(&policy), Some(at(last + 3_000) + policy.flap_off), "from its last change");
}

#[test]
fn a_turn_of_an_hour_ago_counts_no_more() {
    let mut health = up();
    let flaps = [10, 40, 70].map(|minute| turn(&mut health, minute * MINUTE));
    assert_eq!(flaps, [false, false, false], "an hour to the millisecond is an hour");
    let mut health = up();
    turn(&mut health, 10 * MINUTE);
    turn(&mut health, 40 * MINUTE);
    assert!(turn(&mut health, 70 * MINUTE - 1));
}

#[test]
fn what_was_not_up_in_between_did_not_turn() {
    let policy = Policy::default();
    let mut health = up();
    turn(&mut health, 10 * MINUTE);
    assert!(!health.turn(at(11 * MINUTE), &policy));
    assert_eq!(health.turns.len(), 2);
    assert!(!health.turn(at(12 * MINUTE), &policy));
    assert_eq!(health.turns.len(), 2, "it did not rise");
}

#[test]
fn a_turn_that_was_a_nodes_does_not_count() {
    let policy = Policy::default();
    let mut health = up();
    turn(&mut health, 10 * MINUTE);
    turn(&mut health, 20 * MINUTE);
    fail(&mut health, 30 * MINUTE, 3);
    health.judge(at(30 * MINUTE + 2_100), &policy);
    assert!(health.turn(at(30 * MINUTE + 2_100), &policy));
    health.unturn(&policy);
    assert!(!health.flapping, "it began by this turn");
    assert_eq!(health.turns.len(), 2);
    health.unturn(&policy);
    assert_eq!(health.turns.len(), 2, "the others were before this failure");
    // Where it flapped before, it goes on.
    let mut health = up();
    for minute in [10, 15, 20] {
        turn(&mut health, minute * MINUTE);
    }
    fail(&mut health, 30 * MINUTE, 3);
    health.judge(at(30 * MINUTE + 2_100), &policy);
    health.turn(at(30 * MINUTE + 2_100), &policy);
    health.unturn(&policy);
    assert!(health.flapping && health.turns.len() == 3);
}

#[test]
fn blindness_takes_back_the_turn_that_it_made() {
    let policy = Policy::default();
    let mut health = up();
    fail(&mut health, 20_000, 3);
    health.judge(at(22_100), &policy);
    health.turn(at(22_100), &policy);
    assert_eq!((health.turns.len(), health.rose), (1, false));
    assert!(health.void_since(at(15_000), &policy));
    assert_eq!((health.turns.len(), health.rose), (0, true), "as if it had never been down");
    assert_eq!(health.own_state(), State::Up);
    assert!(!health.void_since(at(15_000), &policy), "and nothing is left to void");
    // A turn of before stays.
    let mut health = up();
    turn(&mut health, 10 * MINUTE);
    fail(&mut health, 20 * MINUTE, 1);
    health.judge(at(20 * MINUTE + 100), &policy);
    assert!(health.void_since(at(20 * MINUTE), &policy));
    assert_eq!(health.turns.len(), 1);
}

#[test]
fn blindness_takes_back_what_a_node_was_blamed_for_since() {
    let policy = Policy::default();
    for (since, kept) in [(19_999, true), (20_000, false), (20_001, false)] {
        let mut health = up();
        health.via = Some(Via { node: NodeIx(0), since: at(since) });
        assert_eq!(health.void_since(at(20_000), &policy), !kept, "{since}");
        assert_eq!(health.via.is_some(), kept, "{since}");
    }
}

#[test]
fn nothing_is_asked_out_of_turn_more_often_than_its_gap_allows() {
    let policy = Policy::default();
    let mut health = up();
    assert_eq!(health.ask_at(Check::Reach, at(50_000), &policy), Some(at(50_000)));
    assert_eq!(health.ask_at(Check::Reach, at(50_500), &policy), None, "it is on its way");
    health.take(&outcome(Check::Reach, 50_000, PASS), &policy);
    assert_eq!(health.ask_at(Check::Reach, at(50_500), &policy), Some(at(52_000)), "two seconds after the last");
    health.take(&outcome(Check::Reach, 52_000, PASS), &policy);
    assert_eq!(health.ask_at(Check::Reach, at(60_000), &policy), Some(at(60_000)));
}

/// Whose the third failure was is open when the monitor stops.
#[test]
fn a_turn_that_is_open_at_a_stop_counts_once_it_is_heard_again() {
    let policy = Policy::default();
    let stopped = |told: bool| {
        let mut health = up();
        for minute in [10, 20, 30] {
            turn(&mut health, minute * MINUTE);
        }
        assert!(health.flapping && health.turns.len() == 3);
        health.turn_is_open(at(30 * MINUTE), told, &policy);
        health
    };
    let mut health = stopped(false);
    assert!(!health.flapping && health.turns.len() == 2);
    assert!(turn(&mut health, 31 * MINUTE), "it is heard again");
    assert!(stopped(true).flapping, "what was told stands");
    let mut health = stopped(false);
    health.turn_is_open(at(31 * MINUTE), false, &policy);
    assert_eq!(health.turns.len(), 2, "a turn of an earlier failure is none of this one");
}

#[test]
fn blindness_that_voids_nothing_takes_no_turn_back() {
    let policy = Policy::default();
    let mut health = up();
    fail(&mut health, 10 * MINUTE, 3);
    health.judge(at(10 * MINUTE + 2_100), &policy);
    health.turn(at(10 * MINUTE + 2_100), &policy);
    assert!(!health.void_since(at(20 * MINUTE), &policy), "it was down before");
    assert_eq!((health.turns.len(), health.rose), (1, false));
}
