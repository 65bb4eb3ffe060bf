//! How long to wait before the next try: doubling, with a jitter that is a hash, so that no chance is needed and sinks
//! that failed together do not come back together.

use cunkou_core::model::{Span, stable_hash_parts};

/// The times of delivery.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// Longest time of one try.
    pub try_timeout: Span,
    /// The wait after the first failure; doubles with each.
    pub first_wait: Span,
    /// The longest wait.
    pub longest_wait: Span,
    /// The longest wait that a sink may ask for (`Retry-After`).
    pub longest_asked: Span,
    /// Time between two resends of what is open, and between two watchdogs.
    pub pulse: Span,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            try_timeout: Span::seconds(10),
            first_wait: Span::seconds(1),
            longest_wait: Span::minutes(5),
            longest_asked: Span::hours(1),
            pulse: Span::seconds(60),
        }
    }
}

impl Pace {
    /// The wait after so many failures: half to all of `first_wait` × 2^(failures - 1), at most `longest_wait`.
    #[must_use]
    pub fn wait(&self, key: &str, failures: u32) -> Span {
        let doublings = failures.saturating_sub(1).min(32);
        let full = self.first_wait.as_millis().saturating_mul(1 << doublings).min(self.longest_wait.as_millis()).max(1);
        let half = full / 2;
        let spread = stable_hash_parts(&[key, &failures.to_string()]) % (full - half + 1).unsigned_abs();
        Span::millis(half + i64::try_from(spread).unwrap_or(0))
    }

    /// The wait after so many failures, where the sink asked for one of its own.
    #[must_use]
    pub fn wait_asked(&self, key: &str, failures: u32, asked: Option<Span>) -> Span {
        let asked = asked.unwrap_or(Span::ZERO).min(self.longest_asked);
        self.wait(key, failures).max(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_five_minutes() {
        let pace = Pace::default();
        for (failures, full) in
            [(0, 1), (1, 1), (2, 2), (3, 4), (4, 8), (9, 256), (10, 300), (40, 300), (u32::MAX, 300)]
        {
            for key in ["1/desk/1", "2/desk/1", "3/wall/7"] {
                let wait = pace.wait(key, failures);
                assert!(wait >= Span::millis(full * 500) && wait <= Span::seconds(full), "{failures}: {wait}");
                assert_eq!(wait, pace.wait(key, failures), "the same every time");
            }
        }
        let waits: std::collections::BTreeSet<_> = (0..100).map(|i| pace.wait(&format!("{i}/desk/1"), 10)).collect();
        assert!(waits.len() > 90, "keys are spread");
    }

    #[test]
    fn a_sink_may_ask_for_more_but_not_for_ever() {
        let pace = Pace::default();
        assert_eq!(pace.wait_asked("k", 1, Some(Span::seconds(30))), Span::seconds(30));
        assert_eq!(pace.wait_asked("k", 1, Some(Span::hours(99))), Span::hours(1));
        assert_eq!(pace.wait_asked("k", 10, Some(Span::seconds(1))), pace.wait("k", 10));
    }
}
