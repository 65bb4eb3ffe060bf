//! The numbers of this room, with their defaults (names.md, settings `[health]` and `[monitor]`).

use crate::model::Span;

/// How quickly and how surely we believe.
#[derive(Clone, PartialEq, Debug)]
pub struct Policy {
    /// Failures in a row that make `down`.
    pub fail_after: u32,
    /// The same while the camera is lossy.
    pub fail_after_lossy: u32,
    /// Successes in a row that make `up`.
    pub recover_after: u32,
    /// Waits before the 2nd, 3rd, … try, from the start of the one before; the last repeats.
    pub confirm: Vec<Span>,
    /// Confirmed turns within `flap_within` that make flapping.
    pub flap_turns: usize,
    /// See `flap_turns`.
    pub flap_within: Span,
    /// Flapping ends after so long without a turn.
    pub flap_off: Span,
    /// Share of the last 21 ordinary reach tries that must fail to be lossy; four of them by default.
    pub lossy: f64,
    /// A median round trip over this is `slow`.
    pub slow: Span,
    /// A refused password is not tried again before this has passed, or the credential changed.
    pub auth_retry: Span,
    /// Evidence older than so many intervals is none.
    pub stale_intervals: i64,
    /// A failure is explained together with others that began within this span plus the longer interval.
    pub window: Span,
    /// Siblings that are asked when a camera turns suspect.
    pub siblings: usize,
    /// Dependants that are asked when a node turns suspect.
    pub dependants: usize,
    /// The same thing is not asked out of turn more often than this.
    pub ask_gap: Span,
    /// Share of the sample that must fail, without canaries, to be blind.
    pub blind_share: f64,
    /// How long a word waits for those that were asked.
    pub settle: Span,
    /// Time a probe of reach may take; the first round reckons with it.
    pub reach_timeout: Span,
    /// Time between two ordinary tries of a canary.
    pub canary_interval: Span,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            fail_after: 3,
            fail_after_lossy: 6,
            recover_after: 2,
            confirm: vec![Span::seconds(1), Span::seconds(2)],
            flap_turns: 3,
            flap_within: Span::hours(1),
            flap_off: Span::minutes(30),
            lossy: 0.19,
            slow: Span::seconds(1),
            auth_retry: Span::hours(6),
            stale_intervals: 3,
            window: Span::seconds(30),
            siblings: 5,
            dependants: 5,
            ask_gap: Span::seconds(2),
            blind_share: 0.8,
            settle: Span::seconds(5),
            reach_timeout: Span::seconds(1),
            canary_interval: Span::seconds(5),
        }
    }
}

impl Policy {
    /// The wait before the next confirming try after so many tries in a row (1: one try was made).
    #[must_use]
    pub fn confirm_wait(&self, tries: u32) -> Span {
        let i = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
        self.confirm.get(i).or(self.confirm.last()).copied().unwrap_or(Span::seconds(1))
    }
}
