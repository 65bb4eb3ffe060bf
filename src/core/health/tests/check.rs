//! One check: tries in a row, and what they confirm.

use super::*;
use crate::health::Policy;
use crate::health::check::{CheckHealth, Run, Try, Verdict};
use crate::model::{Inconclusive, Reason, ReasonSet};

const INTERVAL: Span = Span::seconds(10);

fn a_try(begun: i64, result: ProbeResult) -> Try {
    Try { due: at(begun), begun: at(begun), ended: at(begun + 100), result, fail_after: 3 }
}

fn fresh() -> CheckHealth {
    CheckHealth { interval: Some(INTERVAL), ..CheckHealth::default() }
}

/// A check after some tries, one every ten seconds.
fn after(results: &[ProbeResult]) -> CheckHealth {
    let mut check = fresh();
    for (n, result) in (0..).zip(results) {
        check.take(a_try(n * 10_000, *result), &Policy::default());
    }
    check
}

#[test]
fn three_failures_confirm_each_after_its_wait() {
    let (mut check, policy) = (fresh(), Policy::default());
    assert!(check.is_on() && !check.is_known() && !check.is_suspect());
    assert_eq!(check.take(a_try(0, SILENT), &policy), Some(at(1_000)), "1 s from its start");
    assert!(check.is_suspect());
    assert_eq!(check.take(a_try(1_000, SILENT), &policy), Some(at(3_000)), "2 s");
    assert_eq!(check.verdict, Verdict::None);
    assert_eq!(check.take(a_try(3_000, SILENT), &policy), None);
    assert_eq!((check.verdict, check.confirmed), (Verdict::Failing, Some(at(3_000))));
    assert_eq!(check.run, Some(Run { since: at(0), silent: true }));
    assert!(check.is_known() && !check.is_suspect());
    assert_eq!(check.take(a_try(13_000, SILENT), &policy), None, "what is confirmed is not confirmed again");
    assert_eq!((check.run.unwrap().since, check.confirmed), (at(0), Some(at(3_000))));
    assert_eq!((check.last_fail, check.last_pass, check.last_try), (Some(at(13_000)), None, Some(at(13_000))));
    assert_eq!((check.last_alive, check.due), (Some(false), at(13_000)));
}

#[test]
fn the_last_wait_repeats_and_a_try_is_confirmed_no_earlier_than_it_has_ended() {
    let (mut check, policy) = (fresh(), Policy::default());
    let slow = |begun: i64| Try { ended: at(begun + 5_000), fail_after: 6, ..a_try(begun, SILENT) };
    assert_eq!(check.take(slow(0), &policy), Some(at(5_000)), "at its end");
    for n in 1..5 {
        let quick = Try { fail_after: 6, ..a_try(n * 10_000, SILENT) };
        assert_eq!(check.take(quick, &policy), Some(at(n * 10_000 + 2_000)));
        assert_eq!(check.verdict, Verdict::None, "{n}");
    }
    check.take(slow(50_000), &policy);
    assert_eq!(check.verdict, Verdict::Failing, "six of six");
}

#[test]
fn two_answers_make_it_pass_and_the_first_is_confirmed() {
    let policy = Policy::default();
    let mut check = after(&[SILENT, SILENT, SILENT]);
    assert_eq!(check.take(a_try(30_000, PASS), &policy), Some(at(31_000)));
    assert_eq!((check.verdict, check.fails, check.passes), (Verdict::Failing, 0, 1));
    assert!(check.run.is_some(), "the run goes on until its end is sure");
    assert_eq!(check.take(a_try(31_000, PASS), &policy), None);
    assert_eq!((check.verdict, check.run), (Verdict::Passing, None));
    assert_eq!((check.last_pass, check.last_alive), (Some(at(31_000)), Some(true)));
    assert_eq!(check.take(a_try(41_000, PASS), &policy), None, "what passes is not confirmed again");
    // A failure in between begins anew.
    let mut check = after(&[PASS, SILENT, PASS]);
    assert_eq!(check.verdict, Verdict::None);
    check.take(a_try(30_000, PASS), &policy);
    assert_eq!(check.verdict, Verdict::Passing);
    // While it passes one answer is enough again.
    check.take(a_try(40_000, SILENT), &policy);
    assert!(check.is_suspect() && check.verdict == Verdict::Passing);
    assert_eq!(check.take(a_try(50_000, PASS), &policy), None);
    assert_eq!((check.fails, check.run), (0, None));
}

#[test]
fn an_earlier_answer_that_comes_late_moves_nothing_back() {
    let (mut check, policy) = (after(&[PASS, PASS]), Policy::default());
    check.take(a_try(5_000, PASS), &policy);
    assert_eq!(check.last_pass, Some(at(10_000)));
    check.take(a_try(40_000, SILENT), &policy);
    check.take(a_try(35_000, SILENT), &policy);
    assert_eq!(check.last_fail, Some(at(40_000)));
}

#[test]
fn a_run_is_silent_while_all_of_it_was() {
    for (results, silent) in [
        (&[SILENT, SILENT][..], true),
        (&[SILENT, REFUSED], false),
        (&[REFUSED, SILENT], false),
        // Once it is confirmed, what is heard now counts.
        (&[SILENT, SILENT, SILENT, REFUSED], false),
        (&[REFUSED, REFUSED, REFUSED, SILENT], true),
    ] {
        assert_eq!(after(results).run, Some(Run { since: at(0), silent }), "{results:?}");
    }
    assert_eq!(after(&[SILENT, PASS, REFUSED]).run, Some(Run { since: at(20_000), silent: false }), "a new run");
}

#[test]
fn an_answer_that_is_not_as_it_should_be_passes_with_its_reason() {
    let policy = Policy::default();
    let mut check = after(&[ProbeResult::Answered(Reason::Busy), ProbeResult::Answered(Reason::Auth)]);
    assert_eq!((check.verdict, check.reasons), (Verdict::Passing, [Reason::Auth].into_iter().collect()));
    assert!(!check.heard_trouble(), "a refused password does not pass by itself");
    check.take(a_try(30_000, ProbeResult::Pass { slow: true }), &policy);
    assert_eq!(check.reasons, [Reason::Slow].into_iter().collect());
    assert!(check.heard_trouble());
    check.take(a_try(40_000, PASS), &policy);
    assert_eq!(check.reasons, ReasonSet::EMPTY);
    assert!(!check.heard_trouble());
    let before = check.clone();
    assert_eq!(check.take(a_try(40_000, ProbeResult::Inconclusive(Inconclusive::OwnFault)), &policy), None);
    assert_eq!(check, before, "what says nothing changes nothing");
}

#[test]
fn evidence_ages_from_when_it_was_due() {
    let policy = Policy::default();
    assert_eq!(fresh().stale_at(&policy), None, "nothing is known that could age");
    for results in [&[SILENT][..], &[PASS], &[PASS, PASS]] {
        let due = (results.len() as i64 - 1) * 10_000;
        assert_eq!(after(results).stale_at(&policy), Some(at(due + 30_000)), "{results:?}");
    }
    let mut check = after(&[PASS, PASS]);
    check.interval = None;
    assert_eq!(check.stale_at(&policy), None, "it is off");
    assert!(!check.is_on());
    let mut check = after(&[SILENT, SILENT, SILENT]);
    check.awaiting = true;
    check.forget();
    assert_eq!((check.verdict, check.run, check.fails, check.passes), (Verdict::None, None, 0, 0));
    assert_eq!((check.last_alive, check.awaiting, check.stale_at(&policy)), (None, false, None));
}

#[test]
fn what_was_concluded_before_a_start_is_agreed_with_at_once_or_begins_anew() {
    let policy = Policy::default();
    let kept = |verdict| CheckHealth { verdict, awaiting: true, ..fresh() };
    assert!(!kept(Verdict::Passing).is_known(), "no answer since the start");

    let mut check = kept(Verdict::Passing);
    assert_eq!(check.take(a_try(0, PASS), &policy), None);
    assert!(check.is_known() && check.verdict == Verdict::Passing);

    let mut check = CheckHealth { run: Some(Run { since: at(-9_000), silent: true }), ..kept(Verdict::Failing) };
    assert_eq!(check.take(a_try(0, SILENT), &policy), None, "one is enough to agree");
    assert_eq!((check.verdict, check.fails, check.run.unwrap().since), (Verdict::Failing, 3, at(-9_000)));

    let mut check = kept(Verdict::Failing);
    assert_eq!(check.take(a_try(0, PASS), &policy), Some(at(1_000)), "to disagree is not");
    assert_eq!((check.verdict, check.passes), (Verdict::Failing, 1));

    let mut check = kept(Verdict::Passing);
    assert_eq!(check.take(a_try(0, SILENT), &policy), Some(at(1_000)));
    assert_eq!((check.verdict, check.fails), (Verdict::Passing, 1));
    // The second failure of a check that was failing before counts as every other.
    let mut check = after(&[SILENT, SILENT, SILENT, SILENT]);
    assert_eq!(check.fails, 4);
    check.awaiting = false;
    check.take(a_try(40_000, SILENT), &policy);
    assert_eq!(check.fails, 5);
}

#[test]
fn one_probe_out_of_turn_is_under_way_at_a_time() {
    for (other, at_ms, asked) in [
        // One within the next ten seconds does.
        (20_000, 10_000, false),
        (20_001, 10_000, true),
        // One that was asked for half a minute ago is not coming any more.
        (0, 29_999, false),
        (0, 30_000, true),
    ] {
        let mut check = CheckHealth { asked_for: Some(at(other)), ..fresh() };
        assert_eq!(check.ask(at(at_ms)), asked, "{other} {at_ms}");
        assert_eq!(check.asked_for, Some(at(if asked { at_ms } else { other })));
    }
    assert!(fresh().ask(at(0)));
    let mut check = CheckHealth { asked_for: Some(at(500)), ..fresh() };
    check.heard_at(at(499));
    assert_eq!(check.asked_for, Some(at(500)), "that was another one");
    check.heard_at(at(500));
    assert_eq!(check.asked_for, None);
}

#[test]
fn a_confirming_try_that_is_on_its_way_is_not_asked_for_twice() {
    let policy = Policy::default();
    for (other, wanted) in [(999, None), (1_000, None), (1_001, Some(1_000)), (-1, Some(1_000))] {
        // What began at 0 does not answer what was asked for later.
        let mut check = CheckHealth { asked_for: Some(at(other)), ..fresh() };
        assert_eq!(check.take(a_try(0, SILENT), &policy), wanted.map(at), "{other}");
    }
    let mut check = CheckHealth { asked_for: Some(at(0)), ..fresh() };
    assert_eq!(check.take(a_try(0, SILENT), &policy), Some(at(1_000)), "this is the one that was asked for");
}

#[test]
fn whether_it_failed_since_a_moment() {
    let never = after(&[PASS, PASS]);
    assert!(!never.failed_since(at(0)));
    let once = after(&[PASS, PASS, SILENT, PASS]);
    for (since, failed) in [(19_999, true), (20_000, true), (20_001, false)] {
        assert_eq!(once.failed_since(at(since)), failed, "{since}");
    }
    assert!(after(&[PASS, PASS, SILENT]).failed_since(at(99_000)), "it does now");
    let mut confirmed = after(&[SILENT, SILENT, SILENT]);
    confirmed.fails = 0;
    assert!(confirmed.failed_since(at(99_000)), "it is confirmed");
}

/// Blindness voids the tries since the last proof of sight, and no other.
#[test]
fn what_failed_in_the_dark_is_as_if_it_had_not_been_tried() {
    // Suspect since 20 000, seen by 20 000: back to what it was.
    let mut check = after(&[PASS, PASS, SILENT]);
    check.asked_for = Some(at(21_000));
    assert!(check.void_since(at(20_000)));
    assert_eq!((check.verdict, check.fails, check.run), (Verdict::Passing, 0, None));
    assert_eq!((check.asked_for, check.last_alive), (None, Some(true)));

    // The same, confirmed.
    let mut check = after(&[PASS, PASS, SILENT, SILENT, SILENT]);
    assert!(check.void_since(at(15_000)));
    assert_eq!((check.verdict, check.fails, check.run), (Verdict::Passing, 0, None));

    // Nothing was known before.
    let mut check = after(&[SILENT, SILENT, SILENT]);
    assert!(check.void_since(at(0)));
    assert_eq!((check.verdict, check.last_alive), (Verdict::None, None));

    // It began before the proof and was confirmed after it: the first failure stands.
    let mut check = after(&[PASS, PASS, SILENT, SILENT, SILENT]);
    assert!(check.void_since(at(25_000)));
    assert_eq!((check.verdict, check.fails), (Verdict::Passing, 1));
    assert_eq!(check.run.unwrap().since, at(20_000));

    // It was confirmed before the proof: nothing of it is in doubt.
    let mut check = after(&[PASS, PASS, SILENT, SILENT, SILENT, SILENT]);
    let before = check.clone();
    assert!(!check.void_since(at(40_001)));
    assert_eq!(check, before);
    assert!(after(&[PASS, PASS, SILENT, SILENT, SILENT]).void_since(at(40_000)), "the confirming one is in doubt");

    // It passes, or fails no more.
    assert!(!after(&[PASS, PASS]).void_since(at(0)));
    let mut check = after(&[SILENT]);
    check.take(a_try(10_000, PASS), &Policy::default());
    assert!(!check.void_since(at(0)), "the run has ended");
}

#[test]
fn whether_another_answer_of_the_same_kind_is_no_news() {
    let steady = |c: &CheckHealth| (c.passes_steadily(), c.fails_steadily(true), c.fails_steadily(false));
    assert_eq!(steady(&after(&[PASS; 2])), (true, false, false));
    assert_eq!(steady(&after(&[SILENT; 3])), (false, true, false));
    assert_eq!(steady(&after(&[PASS, PASS, SILENT])), (false, false, false), "in doubt");
    assert_eq!(steady(&after(&[SILENT, SILENT, SILENT, PASS])), (false, false, false), "about to come back");
    let restored = |results: &[ProbeResult]| CheckHealth { awaiting: true, ..after(results) };
    assert_eq!(steady(&restored(&[SILENT; 3])), (false, false, false), "nothing was heard in this life");
    assert_eq!(steady(&restored(&[PASS; 2])), (false, false, false));
}
