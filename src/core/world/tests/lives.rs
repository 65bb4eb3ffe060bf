//! The simulation, run: so many town-days, each town twice; what must have been seen; what is broken on purpose.

use super::life::counters::SOMETIMES;
use super::life::crowd::{DAYS, crowd, live_seed, story};
use super::life::run::Failure;

/// A number from the environment.
#[expect(clippy::disallowed_methods, reason = "how long to run is the caller's, not the core's")]
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|n| n.parse().ok())
}

/// Towns of a run: 1 000 of ten days are 10 000 town-days.
fn seeds() -> u64 {
    let long = if number("CUNKOU_LONG") == Some(1) { 10 } else { 1 };
    number("CUNKOU_SEEDS").unwrap_or(1_000) * long
}

#[test]
fn no_loss_is_missed_nothing_untrue_is_told_and_all_that_is_healed_is_over() {
    if let Some(seed) = number("CUNKOU_SEED") {
        if let Err(failure) = live_seed(seed) {
            panic!("{}", story(seed, &failure));
        }
        return;
    }
    let twice = |seed: u64| {
        let (first, second) = (live_seed(seed)?, live_seed(seed)?);
        if first.hash == second.hash {
            return Ok(first);
        }
        Err(Failure { why: "lived twice it did not end alike".to_owned(), about: "", trace: Vec::new() })
    };
    let most = number("CUNKOU_FAILURES").and_then(|n| usize::try_from(n).ok()).unwrap_or(3);
    let all = crowd(0, seeds(), most, &twice);
    println!(
        "{} towns, {:.0} town-days of {DAYS} days each, {:.0} of them outcome by outcome",
        all.lives, all.days, all.one_by_one
    );
    println!("{:#?}", all.figures);
    all.expect_sound();
    println!("{:#?}", all.seen.0);
    let never = all.seen.never();
    assert!(never.is_empty(), "of {} things that must happen sometimes these never did: {never:?}", SOMETIMES.len());
}
