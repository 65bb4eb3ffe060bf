//! The last 21 ordinary tries of a check, as bits: how many failed, how many were slow.

use super::Policy;

/// How many tries are remembered (semantics.md §1).
const KEPT: u32 = 21;
/// Fewer tries than this say nothing about loss.
const ENOUGH_FOR_LOSS: u32 = 10;
/// Fewer answers than this have no median worth the name.
const ENOUGH_FOR_MEDIAN: u32 = 5;

/// The last tries, newest in the lowest bit. A median over a limit is a majority over it, so bits are enough.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Recent {
    failed: u32,
    tries: u32,
    slow: u32,
    answers: u32,
}

impl Recent {
    const MASK: u32 = (1 << KEPT) - 1;

    /// Notes an ordinary try.
    pub(crate) fn tried(&mut self, failed: bool) {
        self.failed = (self.failed << 1 | u32::from(failed)) & Self::MASK;
        self.tries = (self.tries + 1).min(KEPT);
    }

    /// Notes the round trip of an answer: over the limit or not.
    pub(crate) fn answered(&mut self, slow: bool) {
        self.slow = (self.slow << 1 | u32::from(slow)) & Self::MASK;
        self.answers = (self.answers + 1).min(KEPT);
    }

    /// As many ordinary tries that passed as [`Recent::tried`] and [`Recent::answered`] would note one by one.
    pub(crate) fn passed(&mut self, tries: u32, answers: u32) {
        let shift = |bits: u32, by: u32| if by >= KEPT { 0 } else { (bits << by) & Self::MASK };
        (self.failed, self.slow) = (shift(self.failed, tries), shift(self.slow, answers));
        self.tries = self.tries.saturating_add(tries).min(KEPT);
        self.answers = self.answers.saturating_add(answers).min(KEPT);
    }

    /// Whether more passes with quick answers, however many, change nothing in what is judged of it.
    pub(crate) fn is_settled(&self, policy: &Policy) -> bool {
        let could_be_lossy = Recent { tries: KEPT, ..*self }.is_lossy(policy);
        let could_be_slow = self.slow.count_ones() * 2 > self.answers;
        !could_be_lossy && !could_be_slow
    }

    /// Begins as slow, as it was judged before a start: the fewest answers that say so, so that as many others end it.
    pub(crate) fn was_slow(&mut self) {
        (self.slow, self.answers) = ((1 << ENOUGH_FOR_MEDIAN) - 1, ENOUGH_FOR_MEDIAN);
    }

    /// Begins as lossy, as it was judged before a start: the fewest failures that say so.
    pub(crate) fn was_lossy(&mut self, policy: &Policy) {
        let fewest = (1..KEPT).find(|n| Recent { failed: (1 << n) - 1, tries: KEPT, ..*self }.is_lossy(policy));
        (self.failed, self.tries) = ((1 << fewest.unwrap_or(KEPT)) - 1, KEPT);
    }

    /// Whether so many ordinary tries failed that single failures say little.
    pub(crate) fn is_lossy(&self, policy: &Policy) -> bool {
        let enough = || (policy.lossy * f64::from(KEPT) - 1e-9).ceil().max(1.0);
        // Asked of every outcome, and of most cameras nothing has failed lately.
        self.failed != 0 && self.tries >= ENOUGH_FOR_LOSS && f64::from(self.failed.count_ones()) >= enough()
    }

    /// Whether the median round trip is over the limit.
    pub(crate) fn is_slow(&self) -> bool {
        self.answers >= ENOUGH_FOR_MEDIAN && self.slow.count_ones() * 2 > self.answers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_of_twenty_one_failed_tries_are_loss_and_ten_tries_are_needed() {
        let policy = Policy::default();
        let mut recent = Recent::default();
        for n in 1..=9 {
            recent.tried(true);
            assert!(!recent.is_lossy(&policy), "{n} tries are too few");
        }
        recent.tried(false);
        assert!(recent.is_lossy(&policy));
        let mut recent = Recent::default();
        for n in 0..21 {
            recent.tried(n % 7 == 0);
        }
        assert!(!recent.is_lossy(&policy), "three of 21");
        recent.tried(true);
        assert!(!recent.is_lossy(&policy), "the oldest of the four has just left");
        recent.tried(true);
        assert!(recent.is_lossy(&policy), "four of 21");
        for _ in 0..21 {
            recent.tried(false);
        }
        assert!(!recent.is_lossy(&policy));
    }

    #[test]
    fn what_was_judged_before_a_start_holds_until_tries_say_otherwise() {
        let policy = Policy::default();
        let mut recent = Recent::default();
        recent.was_slow();
        assert!(recent.is_slow() && !recent.is_lossy(&policy));
        (0..4).for_each(|_| recent.answered(false));
        assert!(recent.is_slow(), "four quick answers are no majority");
        recent.answered(false);
        assert!(!recent.is_slow());
        recent.was_lossy(&policy);
        assert!(recent.is_lossy(&policy));
        (0..21).for_each(|_| recent.tried(false));
        assert!(!recent.is_lossy(&policy));
    }

    #[test]
    fn many_passes_at_once_are_as_many_one_by_one() {
        let policy = Policy::default();
        for seed in 0..200_u64 {
            let bit = |n: u64| crate::model::stable_hash(&format!("{seed} {n}")).is_multiple_of(5);
            let mut one = Recent::default();
            for n in 0..seed % 40 {
                one.tried(bit(n));
                one.answered(bit(n + 100));
            }
            let (settled, judged) = (one.is_settled(&policy), (one.is_lossy(&policy), one.is_slow()));
            let (mut many, passes) = (one, (seed % 47) as u32);
            many.passed(passes, passes);
            for _ in 0..passes {
                one.tried(false);
                one.answered(false);
                assert!(!settled || (one.is_lossy(&policy), one.is_slow()) == judged, "seed {seed}");
            }
            assert_eq!(one, many, "seed {seed}");
        }
    }

    #[test]
    fn what_is_far_from_lossy_and_slow_is_settled() {
        let policy = Policy::default();
        let mut recent = Recent::default();
        assert!(recent.is_settled(&policy));
        (0..4).for_each(|_| recent.tried(true));
        assert!(!recent.is_settled(&policy), "with more tries it would be lossy");
    }

    #[test]
    fn slow_is_a_median() {
        let mut recent = Recent::default();
        for n in 0..21 {
            recent.answered(n < 10);
        }
        assert!(!recent.is_slow(), "10 of 21");
        for n in 1..=10 {
            recent.answered(true);
            assert!(!recent.is_slow(), "{n} of the slow ones of before have just left");
        }
        recent.answered(true);
        assert!(recent.is_slow(), "11 of 21");
        let mut few = Recent::default();
        (0..4).for_each(|_| few.answered(true));
        assert!(!few.is_slow(), "four answers have no median");
        few.answered(true);
        assert!(few.is_slow());
    }
}
