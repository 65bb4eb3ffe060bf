//! Whether the monitor sees: canaries, and a sample where there are none.

use super::*;
use crate::health::Policy;
use crate::health::sight::{Canary, Eyes, Sight, Verdict};
use crate::model::CanaryIx;

fn camera(n: u32) -> Target {
    Target::Camera(CameraIx(n))
}

fn sample(n: u32) -> Vec<Target> {
    (0..n).map(camera).collect()
}

/// Eyes with canaries that have answered before 0.
fn eyes(canaries: usize) -> Eyes {
    let mut eyes = Eyes::new(canaries);
    for n in 0..canaries {
        eyes.canary(CanaryIx::from(n), at(-1_000), true);
    }
    eyes
}

#[test]
fn the_question_is_raised_when_it_may_be_and_is_open_until_it_is_answered() {
    let policy = Policy::default();
    let mut eyes = Eyes::default();
    assert!(!eyes.may_raise(at(0), &[]), "there is nobody to ask");
    assert!(eyes.may_raise(at(0), &sample(1)));
    assert!(!Eyes::new(1).may_raise(at(0), &[]), "a canary that never answered is none");
    assert_eq!(eyes.concludes_at(&policy), None);
    eyes.raise(at(0), &sample(2));
    assert!(eyes.is_asking() && !eyes.is_blind());
    assert_eq!(eyes.concludes_at(&policy), Some(at(5_000)));
    assert!(!eyes.may_raise(at(10_000), &sample(1)), "it is open");
    eyes.clear();
    assert!(!eyes.may_raise(at(999), &sample(1)), "it was raised just now");
    assert!(eyes.may_raise(at(1_000), &sample(1)));
}

#[test]
fn one_canary_that_answers_proves_sight_and_silence_of_all_disproves_it() {
    let mut both = eyes(2);
    assert!(both.has_canaries() && both.last_proof == Some(at(-1_000)));
    both.raise(at(0), &sample(3));
    assert!(both.silent_of_sample().is_empty(), "with canaries nobody else is asked");
    assert_eq!(both.canary(CanaryIx(0), at(0), false), Verdict::Same, "one of two");
    let mut one = both.clone();
    assert_eq!(one.canary(CanaryIx(1), at(-1), true), Verdict::Same, "that was before the question");
    assert_eq!(one.canary(CanaryIx(1), at(0), true), Verdict::Clear);
    assert_eq!((one.sight, one.last_proof), (Sight::Clear, Some(at(0))));
    assert_eq!(both.canary(CanaryIx(1), at(0), false), Verdict::Blind);
    assert_eq!(both.canary(CanaryIx(7), at(0), true), Verdict::Same, "no such canary");
}

#[test]
fn an_old_silence_and_a_canary_that_never_answered_say_nothing() {
    let mut two = eyes(2);
    two.canary(CanaryIx(0), at(-10), false);
    two.raise(at(0), &[]);
    assert_eq!(two.canary(CanaryIx(1), at(0), false), Verdict::Same, "the first has not been asked since");
    assert_eq!(two.canary(CanaryIx(0), at(0), false), Verdict::Blind);

    let mut one = Eyes::new(2);
    one.canary(CanaryIx(0), at(-10), true);
    one.canary(CanaryIx(1), at(-10), false);
    assert_eq!(one.canaries[1], Canary { up: None, streak: 0, last_try: Some(at(-10)) });
    one.raise(at(0), &[]);
    assert_eq!(one.canary(CanaryIx(0), at(0), false), Verdict::Blind, "the second was never there");
}

#[test]
fn a_camera_that_answers_beside_silent_canaries_proves_sight() {
    let policy = Policy::default();
    let mut eyes = eyes(1);
    eyes.raise(at(0), &[]);
    assert_eq!(eyes.heard(camera(5), at(-1), true, &policy), Verdict::Same, "asked before");
    assert_eq!(eyes.heard(camera(5), at(0), false, &policy), Verdict::Same);
    assert_eq!(eyes.heard(camera(5), at(0), true, &policy), Verdict::Clear);
    assert_eq!(eyes.heard(camera(5), at(0), true, &policy), Verdict::Same, "nobody asks any more");
}

#[test]
fn without_canaries_a_share_of_the_sample_decides() {
    let policy = Policy::default();
    for (answered, verdict) in [(0, Verdict::Blind), (1, Verdict::Clear), (2, Verdict::Clear)] {
        // Of five: eight of ten silent is blind, but where a fifth answers that would be over at once.
        let mut eyes = Eyes::default();
        eyes.raise(at(0), &sample(5));
        assert_eq!(eyes.heard(camera(9), at(0), false, &policy), Verdict::Same, "not in the sample");
        assert_eq!(eyes.heard(camera(0), at(-1), true, &policy), Verdict::Same, "asked before");
        for n in 0..4 {
            assert_eq!(eyes.heard(camera(n), at(0), n < answered, &policy), Verdict::Same, "one is open");
        }
        assert_eq!(eyes.silent_of_sample().len(), 5 - answered as usize);
        assert_eq!(eyes.heard(camera(4), at(0), false, &policy), verdict, "{answered}");
    }
    assert!(Eyes::default().silent_of_sample().is_empty());
}

#[test]
fn when_time_is_up_who_has_not_answered_is_silent() {
    let policy = Policy::default();
    let mut eyes = Eyes::default();
    assert_eq!(eyes.conclude(&policy), Verdict::Same, "no question");
    eyes.raise(at(0), &sample(6));
    eyes.heard(camera(0), at(0), true, &policy);
    assert_eq!(eyes.clone().conclude(&policy), Verdict::Blind, "five of six");
    eyes.heard(camera(1), at(0), true, &policy);
    assert_eq!(eyes.conclude(&policy), Verdict::Clear);

    let mut eyes = self::eyes(1);
    eyes.raise(at(0), &sample(5));
    assert_eq!(eyes.clone().conclude(&policy), Verdict::Clear, "the canary has not been heard of");
    eyes.canaries[0].up = Some(false);
    eyes.canaries[0].last_try = Some(at(0));
    assert_eq!(eyes.conclude(&policy), Verdict::Blind);
}

#[test]
fn what_ends_a_blindness_does_not_begin_one() {
    // A fifth of a sample proves sight; where half of it must be silent for us to be blind, the other half does.
    for (blind_share, of, prove) in [(0.8, 20, 4), (0.8, 5, 1), (0.8, 15, 3), (0.9, 20, 4), (0.5, 20, 10), (0.3, 10, 7)]
    {
        let policy = Policy { blind_share, ..Policy::default() };
        let verdict = |answer: u32| {
            let mut eyes = Eyes::default();
            eyes.raise(at(0), &sample(of));
            for n in 0..answer {
                eyes.heard(camera(n), at(0), true, &policy);
            }
            eyes.conclude(&policy)
        };
        let back = |answer: u32| {
            let mut eyes = Eyes::default();
            eyes.go_blind(at(0), &sample(of));
            (0..answer * 2).any(|n| eyes.heard(camera(n / 2), at(0), true, &policy) == Verdict::Back)
        };
        assert_eq!(verdict(prove), Verdict::Clear, "{blind_share} of {of}, {prove} answer");
        assert!(back(prove) && !back(prove - 1), "{blind_share} of {of}");
        assert_eq!(verdict(0), Verdict::Blind, "{blind_share} of {of}");
    }
}

#[test]
fn sight_is_back_when_a_canary_answers_twice_in_a_row() {
    let mut eyes = eyes(2);
    eyes.raise(at(0), &[]);
    eyes.canary(CanaryIx(0), at(0), false);
    eyes.canary(CanaryIx(1), at(0), false);
    eyes.go_blind(at(0), &sample(5));
    assert!(eyes.is_blind() && !eyes.is_asking());
    assert_eq!(eyes.canary(CanaryIx(0), at(5_000), true), Verdict::Same);
    assert_eq!(eyes.canary(CanaryIx(1), at(5_000), true), Verdict::Same, "once each");
    assert_eq!(eyes.canary(CanaryIx(0), at(10_000), false), Verdict::Same);
    assert_eq!(eyes.canary(CanaryIx(0), at(15_000), true), Verdict::Same, "it begins anew");
    assert_eq!(eyes.canary(CanaryIx(1), at(15_000), true), Verdict::Back);
    assert_eq!(eyes.sight, Sight::Clear);
}

#[test]
fn sight_is_back_when_a_fifth_of_the_sample_answers_twice_in_a_row() {
    let policy = Policy::default();
    let mut eyes = Eyes::default();
    eyes.raise(at(0), &sample(10));
    eyes.go_blind(at(0), &sample(3));
    assert!(matches!(&eyes.sight, Sight::Blind { sample, .. } if sample.len() == 10), "those that were asked");
    assert_eq!(eyes.heard(camera(50), at(0), true, &policy), Verdict::Same);
    for n in [0, 1] {
        assert_eq!(eyes.heard(camera(n), at(0), true, &policy), Verdict::Same);
    }
    assert_eq!(eyes.heard(camera(0), at(0), true, &policy), Verdict::Same, "one of ten");
    assert_eq!(eyes.heard(camera(1), at(0), false, &policy), Verdict::Same);
    assert_eq!(eyes.heard(camera(1), at(0), true, &policy), Verdict::Same, "it begins anew");
    assert_eq!(eyes.heard(camera(1), at(0), true, &policy), Verdict::Back, "two of ten");

    let mut nobody = Eyes::default();
    nobody.go_blind(at(0), &[]);
    assert_eq!(nobody.heard(camera(0), at(0), true, &policy), Verdict::Same, "nobody is in the sample");
    let mut given = self::eyes(1);
    given.raise(at(0), &[]);
    given.go_blind(at(0), &sample(3));
    assert!(matches!(&given.sight, Sight::Blind { sample, .. } if sample.len() == 3), "those that are given");
}
