//! One camera: what its checks make of it.

use super::*;
use crate::health::check::Verdict;
use crate::health::machine::{Changed, Health, Via};
use crate::health::{Policy, State};
use crate::model::{NodeIx, Reason, ReasonSet};
use crate::registry::CheckPlan;

pub(super) const EVERY_TEN: Option<CheckPlan> = Some(CheckPlan { interval: Span::seconds(10) });
const EVERY_THIRTY: Option<CheckPlan> = Some(CheckPlan { interval: Span::seconds(30) });

/// A camera with reach and stream that is up at 10 000.
pub(super) fn up() -> Health {
    let mut health = Health::default();
    health.set_checks(&[EVERY_TEN, EVERY_THIRTY, None, None], at(0));
    for begun in [9_000, 10_000] {
        health.take(&outcome(Check::Stream, begun, PASS), &Policy::default());
    }
    health.judge(at(10_000), &Policy::default());
    assert_eq!(health.state, State::Up);
    health
}

/// Fails reach every second from a moment on, so often.
pub(super) fn fail(health: &mut Health, from: i64, times: i64) {
    for n in 0..times {
        health.take(&outcome(Check::Reach, from + n * 1_000, SILENT), &Policy::default());
    }
}

#[test]
fn checks_that_go_and_come_are_unknown_and_those_that_stay_are_not() {
    let mut health = up();
    let faster = Some(CheckPlan { interval: Span::seconds(5) });
    health.set_checks(&[faster, None, EVERY_THIRTY, None], at(60_000));
    assert_eq!((health.checks[0].verdict, health.checks[0].interval), (Verdict::Passing, Some(Span::seconds(5))));
    assert_eq!((health.checks[1].is_on(), health.checks[1].verdict), (false, Verdict::None));
    assert_eq!((health.checks[2].verdict, health.checks[2].due), (Verdict::None, at(60_000)), "it is due from now on");
}

#[test]
fn a_pass_of_a_later_check_is_one_of_those_before_it_and_never_the_other_way() {
    let policy = Policy::default();
    let mut health = up();
    assert_eq!(health.checks[0].verdict, Verdict::Passing);
    assert_eq!(health.checks[0].due, at(10_000), "it ages from then");
    assert!(!health.checks[2].is_on() && health.checks[2].verdict == Verdict::None, "what is off stays off");
    fail(&mut health, 20_000, 3);
    assert_eq!(health.checks[0].verdict, Verdict::Failing);
    for begun in [30_000, 31_000] {
        health.take(&outcome(Check::Stream, begun, ProbeResult::Answered(Reason::Busy)), &policy);
    }
    assert_eq!(health.checks[0].verdict, Verdict::Passing, "an answer is enough");

    let mut health = up();
    for begun in [20_000, 21_000, 22_000] {
        health.take(&outcome(Check::Stream, begun, REFUSED), &policy);
    }
    for begun in [30_000, 31_000, 32_000] {
        health.take(&outcome(Check::Reach, begun, PASS), &policy);
    }
    assert_eq!(health.checks[1].verdict, Verdict::Failing);
    assert_eq!(health.own_state(), State::Down);
    assert_eq!(health.checks[0].due, at(32_000));
    // What was due earlier and is heard later does not make it older.
    health.take(&outcome(Check::Stream, 25_000, PASS), &policy);
    assert_eq!(health.checks[0].due, at(32_000));
}

#[test]
fn silence_of_a_stream_asks_reach_at_once_and_a_refusal_does_not() {
    let policy = Policy::default();
    let mut health = up();
    let wanted = health.take(&outcome(Check::Stream, 40_000, SILENT), &policy);
    assert_eq!(wanted, [(Check::Stream, at(41_000)), (Check::Reach, at(40_100))]);
    assert_eq!(health.take(&outcome(Check::Stream, 41_000, SILENT), &policy).len(), 1, "it is on its way");
    let mut health = up();
    assert_eq!(health.take(&outcome(Check::Stream, 40_000, REFUSED), &policy), [(Check::Stream, at(41_000))]);
    assert_eq!(health.take(&outcome(Check::Reach, 50_000, SILENT), &policy), [(Check::Reach, at(51_000))]);
    let mut health = up();
    health.set_checks(&[None, EVERY_THIRTY, None, None], at(40_000));
    assert_eq!(health.take(&outcome(Check::Stream, 40_000, SILENT), &policy).len(), 1, "nothing there to ask");
}

#[test]
fn silence_of_a_stream_is_no_news_while_reach_is_silent() {
    let mut health = up();
    let stream = outcome(Check::Stream, 20_000, SILENT);
    assert!(!health.is_void(&stream));
    fail(&mut health, 21_000, 1);
    assert!(health.is_void(&stream), "reach fell silent while it was under way");
    assert!(!health.is_void(&outcome(Check::Stream, 20_000, REFUSED)), "a refusal is heard");
    assert!(!health.is_void(&outcome(Check::Reach, 20_000, SILENT)), "reach speaks for itself");
    health.take(&outcome(Check::Reach, 22_000, PASS), &Policy::default());
    assert!(health.is_void(&stream) && !health.is_void(&outcome(Check::Stream, 21_001, SILENT)));
    health.set_checks(&[None, EVERY_THIRTY, None, None], at(30_000));
    assert!(!health.is_void(&stream), "nobody else is asked");
}

/// What was suspect, down and up again, and since when.
#[test]
fn states_follow_the_checks_and_begin_with_the_first_failure() {
    let policy = Policy::default();
    let mut health = up();
    let changes = health.changes;
    assert_eq!(health.judge(at(11_000), &policy), None, "nothing new");
    fail(&mut health, 20_000, 1);
    assert_eq!(health.judge(at(20_100), &policy), Some(Changed { from: State::Up, to: State::Suspect }));
    assert_eq!((health.since, health.before), (at(20_000), State::Up));
    fail(&mut health, 21_000, 2);
    assert_eq!(health.judge(at(22_100), &policy), Some(Changed { from: State::Suspect, to: State::Down }));
    assert_eq!((health.since, health.before, health.changes), (at(20_000), State::Down, changes + 2));
    assert!(health.is_down_itself());
    health.take(&outcome(Check::Reach, 30_000, PASS), &policy);
    assert_eq!(health.judge(at(30_100), &policy), None, "one answer is not enough");
    health.take(&outcome(Check::Reach, 31_000, PASS), &policy);
    assert_eq!(health.judge(at(31_100), &policy), Some(Changed { from: State::Down, to: State::Up }));
    assert_eq!((health.since, health.before, health.changes), (at(31_100), State::Up, changes + 3));
    assert!(!health.is_down_itself());
}

#[test]
fn what_is_wrong_but_answers_is_degraded() {
    let policy = Policy::default();
    let mut health = up();
    health.take(&outcome(Check::Stream, 40_000, ProbeResult::Answered(Reason::Busy)), &policy);
    assert_eq!(health.judge(at(40_100), &policy), Some(Changed { from: State::Up, to: State::Degraded }));
    assert_eq!(health.reasons, [Reason::Busy].into_iter().collect());
    fail(&mut health, 50_000, 1);
    health.judge(at(50_100), &policy);
    assert_eq!((health.state, health.before), (State::Suspect, State::Degraded));
    for (place, check, reason) in [(2, Check::Picture, Reason::PictureFailed), (3, Check::Device, Reason::DeviceFailed)]
    {
        let mut health = up();
        let mut plans = [EVERY_TEN, EVERY_THIRTY, None, None];
        plans[place] = EVERY_THIRTY;
        health.set_checks(&plans, at(40_000));
        for n in 0..2 {
            health.take(&outcome(check, 40_000 + n * 1_000, REFUSED), &policy);
        }
        health.judge(at(43_000), &policy);
        assert_eq!((health.state, health.reasons), (State::Up, ReasonSet::EMPTY), "{check:?}: two tries are no more");
        health.take(&outcome(check, 42_000, REFUSED), &policy);
        health.judge(at(43_000), &policy);
        assert_eq!((health.state, health.reasons), (State::Degraded, [reason].into_iter().collect()));
        health.checks[place].interval = None;
        health.judge(at(44_000), &policy);
        assert_eq!(health.state, State::Up, "what is off says nothing");
    }
}

#[test]
fn without_an_answer_to_each_deciding_check_nothing_is_known() {
    let policy = Policy::default();
    let mut health = Health::default();
    assert_eq!((health.own_state(), health.is_asked()), (State::Unknown, false), "nothing is asked");
    health.set_checks(&[EVERY_TEN, EVERY_THIRTY, None, None], at(0));
    assert!(health.is_asked());
    for begun in [0, 1_000] {
        health.take(&outcome(Check::Reach, begun, PASS), &policy);
    }
    assert_eq!(health.own_state(), State::Unknown, "the stream may be dead");
    for begun in [2_000, 3_000] {
        health.take(&outcome(Check::Stream, begun, PASS), &policy);
    }
    assert_eq!(health.own_state(), State::Up);
    health.checks[1].awaiting = true;
    assert_eq!(health.own_state(), State::Unknown);
    health.checks[1].verdict = Verdict::Failing;
    assert_eq!(health.own_state(), State::Unknown, "of before the start");
    let mut picture = Health::default();
    picture.set_checks(&[None, None, EVERY_THIRTY, None], at(0));
    assert_eq!((picture.own_state(), picture.is_asked()), (State::Unknown, false), "a picture decides nothing");
}

#[test]
fn a_node_above_holds_it_down_until_it_fails_by_itself() {
    let policy = Policy::default();
    let mut health = up();
    health.via = Some(Via { node: NodeIx(0), since: at(19_000) });
    assert_eq!(health.judge(at(20_000), &policy), Some(Changed { from: State::Up, to: State::Down }));
    assert_eq!(health.since, at(19_000), "the first failure that the node explains");
    assert!(!health.is_down_itself());
    fail(&mut health, 20_000, 3);
    health.judge(at(23_000), &policy);
    assert_eq!((health.via, health.state), (None, State::Down), "its own failure is evidence enough");
}

#[test]
fn lossy_cameras_are_given_six_tries() {
    let policy = Policy::default();
    let mut health = up();
    // Two answers between two failures, so that none is confirmed.
    for n in 0..12 {
        let result = if n % 3 == 0 { SILENT } else { PASS };
        health.take(&outcome(Check::Reach, 20_000 + n * 10_000, result), &policy);
    }
    health.judge(at(200_000), &policy);
    assert_eq!((health.state, health.reasons), (State::Degraded, [Reason::Lossy].into_iter().collect()));
    fail(&mut health, 200_000, 5);
    assert_ne!(health.own_state(), State::Down);
    fail(&mut health, 205_000, 1);
    assert_eq!(health.own_state(), State::Down, "the sixth");
    // A picture is not what loss is about.
    let mut health = up();
    (0..12).for_each(|n| health.reach.tried(n % 3 == 0));
    health.set_checks(&[EVERY_TEN, EVERY_THIRTY, EVERY_THIRTY, None], at(0));
    for begun in [1_000, 2_000, 3_000] {
        health.take(&outcome(Check::Picture, begun, REFUSED), &policy);
    }
    assert_eq!(health.checks[2].verdict, Verdict::Failing, "three");
}

#[test]
fn only_ordinary_tries_of_reach_count_as_loss_and_an_outage_is_none() {
    let policy = Policy::default();
    let mut health = up();
    for n in 0..12 {
        let asked = Outcome { asked: true, ..outcome(Check::Reach, 20_000 + n * 1_000, SILENT) };
        let stream = outcome(Check::Stream, 20_000 + n * 1_000, SILENT);
        health.take(&asked, &policy);
        health.take(&stream, &policy);
    }
    assert!(!health.reach.is_lossy(&policy), "confirming ones and other checks");
    let mut health = up();
    fail(&mut health, 20_000, 40);
    assert_eq!(health.reach, {
        let mut three = up().reach;
        (0..3).for_each(|_| three.tried(true));
        three
    });
}

#[test]
fn slow_is_what_takes_longer_than_the_limit_by_reach_or_by_stream() {
    let policy = Policy::default();
    for (check, rtt, slow) in [
        (Check::Reach, 1_000, false),
        (Check::Reach, 1_001, true),
        (Check::Stream, 1_001, true),
        (Check::Picture, 5_000, false),
    ] {
        let mut health = up();
        health.set_checks(&[EVERY_TEN, EVERY_THIRTY, EVERY_THIRTY, None], at(0));
        for n in 0..12 {
            let rtt = Some(Span::millis(rtt));
            health.take(&Outcome { rtt, ..outcome(check, 20_000 + n * 1_000, PASS) }, &policy);
        }
        health.judge(at(90_000), &policy);
        assert_eq!(health.reasons.iter().any(|r| r == Reason::Slow), slow, "{check:?} {rtt}");
    }
    let mut health = up();
    assert_eq!(health.rtt, Some(Span::millis(5)), "of the stream, while reach has none");
    health.take(&Outcome { rtt: Some(Span::millis(7)), ..outcome(Check::Reach, 20_000, PASS) }, &policy);
    health.take(&Outcome { rtt: Some(Span::millis(9)), ..outcome(Check::Stream, 21_000, PASS) }, &policy);
    health.take(&Outcome { rtt: Some(Span::millis(1)), ..outcome(Check::Reach, 22_000, REFUSED) }, &policy);
    assert_eq!(health.rtt, Some(Span::millis(7)), "of reach, where it was answered");
}

#[test]
fn a_refused_password_waits_and_holds_back_the_picture_alone() {
    let policy = Policy::default();
    let mut health = up();
    let auth = |begun: i64, credential| Outcome {
        credential,
        ..outcome(Check::Stream, begun, ProbeResult::Answered(Reason::Auth))
    };
    assert_eq!(health.password_held_until(&policy), None);
    health.take(&auth(20_000, true), &policy);
    let until = at(20_100) + policy.auth_retry;
    assert_eq!(health.password_held_until(&policy), Some(until));
    health.take(&auth(50_000, false), &policy);
    assert_eq!(health.password_held_until(&policy), Some(until), "none was shown");
    for (check, now, held) in
        [(Check::Picture, until, false), (Check::Picture, at(until.0 - 1), true), (Check::Stream, at(60_000), false)]
    {
        assert_eq!(health.is_held(check, now, &policy), held, "{check:?} {now:?}");
    }
    health.take(&outcome(Check::Stream, 60_000, PASS), &policy);
    health.judge(at(60_100), &policy);
    assert_eq!(health.reasons, [Reason::Auth].into_iter().collect(), "OPTIONS says nothing of it");
    health.take(&auth(70_000, true), &policy);
    assert_eq!(health.password_held_until(&policy), Some(at(70_100) + policy.auth_retry), "refused anew");
    health.take(&Outcome { credential: true, ..outcome(Check::Stream, 80_000, PASS) }, &policy);
    assert_eq!(health.password_held_until(&policy), None);
    let mut health = up();
    health.take(&auth(20_000, false), &policy);
    assert!(health.password_held_until(&policy).is_some(), "refused before one was shown");
}

#[test]
fn what_is_held_back_does_not_age_and_the_rest_does() {
    let policy = Policy::default();
    let mut health = up();
    assert_eq!(
        health.stale_at(at(20_000), &policy),
        Some(at(40_000)),
        "reach is the first: 10 000 and three times 10 s"
    );
    health.age(at(39_999), &policy);
    assert_eq!(health.own_state(), State::Up);
    health.age(at(40_000), &policy);
    assert_eq!((health.checks[0].verdict, health.checks[1].verdict), (Verdict::None, Verdict::Passing));
    assert_eq!(health.stale_at(at(40_000), &policy), Some(at(100_000)));

    let mut health = up();
    fail(&mut health, 20_000, 1);
    assert!(health.is_held(Check::Stream, at(20_000), &policy), "reach fails");
    assert!(!health.is_held(Check::Reach, at(20_000), &policy));
    assert_eq!(health.stale_at(at(20_000), &policy), Some(at(50_000)));
    fail(&mut health, 21_000, 2);
    health.checks[0].fails = 0;
    assert!(health.is_held(Check::Stream, at(20_000), &policy), "it is confirmed");
    health.checks[1].due = at(0);
    health.age(at(51_999), &policy);
    assert_eq!((health.checks[0].verdict, health.checks[1].verdict), (Verdict::Failing, Verdict::Passing));
    health.set_checks(&[None, EVERY_THIRTY, None, None], at(20_000));
    assert!(!health.is_held(Check::Stream, at(20_000), &policy), "reach is off");
}

#[test]
fn the_run_of_a_camera_is_the_earliest_of_its_checks() {
    let policy = Policy::default();
    let mut health = up();
    assert_eq!((health.run(), health.first_failure()), (None, None));
    assert_eq!(health.last_pass(), Some(at(10_000)));
    health.take(&outcome(Check::Stream, 20_000, REFUSED), &policy);
    fail(&mut health, 25_000, 3);
    assert_eq!(health.first_failure(), Some(at(20_000)));
    assert_eq!(health.run().map(|r| r.silent), Some(false));
    health.take(&outcome(Check::Stream, 30_000, PASS), &policy);
    assert_eq!(health.first_failure(), Some(at(25_000)), "reach is confirmed, and one answer does not end it");
    assert_eq!(health.last_pass(), Some(at(30_000)));
}

/// What a node above it explains has not failed by that: it has when it was asked and did not answer.
#[test]
fn it_has_failed_since_a_moment_when_a_try_from_then_on_failed_and_none_passed() {
    let policy = Policy::default();
    let mut health = up();
    health.via = Some(Via { node: NodeIx(0), since: at(15_000) });
    health.judge(at(15_000), &policy);
    assert_eq!((health.state, health.has_failed_since(at(15_000))), (State::Down, false), "nobody has asked");
    fail(&mut health, 20_000, 1);
    assert!(health.has_failed_since(at(15_000)) && health.has_failed_since(at(20_000)));
    assert!(!health.has_failed_since(at(20_001)), "that was before");
    health.take(&outcome(Check::Reach, 21_000, PASS), &policy);
    assert!(!health.has_failed_since(at(15_000)), "it has answered");
    fail(&mut health, 22_000, 1);
    assert!(!health.has_failed_since(at(15_000)), "it answered meanwhile");
    assert!(health.has_failed_since(at(22_000)));
}
