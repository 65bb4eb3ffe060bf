//! Can the monitor see at all? (semantics.md §3)
//!
//! Knows canaries and samples by outcome only; who is in a sample and what a run of failures is, the World tells.

use std::collections::BTreeMap;

use super::Policy;
use crate::model::{CanaryIx, Span, Target, Time};

/// Two cameras that turn suspect within this span raise the question.
pub(crate) const SUSPECTS_WITHIN: Span = Span::seconds(5);
/// The question is not raised more often than this.
const ASK_GAP: Span = Span::seconds(1);
/// A first answer of a canary after silence is asked again after this.
pub(crate) const CANARY_AGAIN: Span = Span::seconds(1);
/// Cameras of a sample.
pub(crate) const SAMPLE: usize = 20;
/// While blind and without canaries, the sample is asked again after this.
pub(crate) const SAMPLE_AGAIN: Span = Span::seconds(5);

/// Answers of so large a part of a sample prove sight.
const PROOF_SHARE: f64 = 0.2;

/// Whether so many answers of a sample prove sight. What ends a blindness must not be able to begin one, else a town of
/// which exactly a fifth is left goes blind and sees by turns, and nothing of it is ever told.
fn sees(answered: usize, asked: usize, policy: &Policy) -> bool {
    asked > 0 && answered as f64 >= asked as f64 * PROOF_SHARE.max(1.0 - policy.blind_share)
}

/// A reference address near the monitor.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Canary {
    /// Whether its last try was answered; `None` before the first answer since the start.
    pub(crate) up: Option<bool>,
    /// Answers in a row.
    pub(crate) streak: u32,
    /// Start of its last try.
    pub(crate) last_try: Option<Time>,
}

/// What is believed of our own sight.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) enum Sight {
    /// No reason to doubt it.
    #[default]
    Clear,
    /// Something failed that could be us: those that can tell have been asked.
    Asking {
        /// When.
        since: Time,
        /// Answered or not, of those in the sample; empty with canaries.
        sample: BTreeMap<Target, Option<bool>>,
    },
    /// We cannot see.
    Blind {
        /// Since when we know.
        since: Time,
        /// Answers in a row of those in the sample.
        sample: BTreeMap<Target, u32>,
    },
}

/// What an answer or the time said about sight.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// Nothing new.
    Same,
    /// We see: what waited may be said.
    Clear,
    /// We are blind from now on.
    Blind,
    /// We see again.
    Back,
}

/// Sight, its canaries and the last proof of it.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Eyes {
    pub(crate) sight: Sight,
    pub(crate) canaries: Vec<Canary>,
    /// Start of the last try of a canary that was answered.
    pub(crate) last_proof: Option<Time>,
    /// When the question was last raised.
    raised: Option<Time>,
}

impl Eyes {
    pub(crate) fn new(canaries: usize) -> Eyes {
        Eyes { canaries: vec![Canary::default(); canaries], ..Eyes::default() }
    }

    pub(crate) fn is_blind(&self) -> bool {
        matches!(self.sight, Sight::Blind { .. })
    }

    pub(crate) fn is_asking(&self) -> bool {
        matches!(self.sight, Sight::Asking { .. })
    }

    /// Whether a canary has answered since this start, so that their silence means something.
    pub(crate) fn has_canaries(&self) -> bool {
        self.canaries.iter().any(|c| c.up.is_some())
    }

    /// Whether the question is neither open nor was just raised, and there is somebody to ask.
    pub(crate) fn may_raise(&self, now: Time, sample: &[Target]) -> bool {
        let just_now = self.raised.is_some_and(|t| now.since(t) < ASK_GAP);
        !just_now && self.sight == Sight::Clear && (!sample.is_empty() || self.has_canaries())
    }

    /// Raises the question, which [`Eyes::may_raise`] allowed; the caller asks the canaries or the sample.
    pub(crate) fn raise(&mut self, now: Time, sample: &[Target]) {
        self.raised = Some(now);
        let sample = if self.has_canaries() { BTreeMap::new() } else { sample.iter().map(|t| (*t, None)).collect() };
        self.sight = Sight::Asking { since: now, sample };
    }

    /// A canary was asked.
    pub(crate) fn canary(&mut self, ix: CanaryIx, begun: Time, answered: bool) -> Verdict {
        let Some(canary) = self.canaries.get_mut(ix.at()) else { return Verdict::Same };
        canary.last_try = Some(begun);
        if answered {
            canary.up = Some(true);
            canary.streak = canary.streak.saturating_add(1);
            self.last_proof = self.last_proof.max(Some(begun));
        } else {
            canary.up = canary.up.map(|_| false);
            canary.streak = 0;
        }
        match &self.sight {
            Sight::Asking { since, .. } if answered && begun >= *since => self.clear(),
            Sight::Asking { since, .. } if self.all_silent_since(*since) => Verdict::Blind,
            Sight::Blind { .. } if self.canaries.iter().any(|c| c.streak >= 2) => self.back(),
            _ => Verdict::Same,
        }
    }

    /// A canary was asked many times, the last time then, and went on as it was.
    pub(crate) fn heard_of_canary(&mut self, ix: CanaryIx, tries: u32, last: Time, answered: bool) {
        let Some(canary) = self.canaries.get_mut(ix.at()) else { return };
        canary.last_try = Some(last);
        if answered {
            canary.streak = canary.streak.saturating_add(tries);
            self.last_proof = self.last_proof.max(Some(last));
        } else {
            canary.streak = 0;
        }
    }

    /// Every canary that counts has been asked since, and none answered.
    fn all_silent_since(&self, since: Time) -> bool {
        let mut counted = self.canaries.iter().filter(|c| c.up.is_some()).peekable();
        counted.peek().is_some() && counted.all(|c| c.up == Some(false) && c.last_try.is_some_and(|t| t >= since))
    }

    /// A camera or node was asked.
    pub(crate) fn heard(&mut self, target: Target, begun: Time, answered: bool, policy: &Policy) -> Verdict {
        match &mut self.sight {
            Sight::Asking { since, .. }
                if answered && begun >= *since && self.canaries.iter().any(|c| c.up.is_some()) =>
            {
                self.clear()
            }
            Sight::Asking { since, sample } => {
                if let Some(heard) = sample.get_mut(&target).filter(|_| begun >= *since) {
                    *heard = Some(answered);
                }
                let open = sample.is_empty() || sample.values().any(Option::is_none);
                if open { Verdict::Same } else { self.conclude(policy) }
            }
            Sight::Blind { sample, .. } => {
                if let Some(streak) = sample.get_mut(&target) {
                    *streak = if answered { *streak + 1 } else { 0 };
                }
                let back = sample.values().filter(|n| **n >= 2).count();
                if sees(back, sample.len(), policy) { self.back() } else { Verdict::Same }
            }
            Sight::Clear => Verdict::Same,
        }
    }

    /// `settle` has passed, or everybody has answered.
    pub(crate) fn conclude(&mut self, policy: &Policy) -> Verdict {
        let Sight::Asking { since, sample } = &self.sight else { return Verdict::Same };
        if sample.is_empty() {
            return if self.all_silent_since(*since) { Verdict::Blind } else { self.clear() };
        }
        let answered = sample.values().filter(|a| **a == Some(true)).count();
        let failed = (sample.len() - answered) as f64 / sample.len() as f64;
        let blind = failed >= policy.blind_share && !sees(answered, sample.len(), policy);
        if blind { Verdict::Blind } else { self.clear() }
    }

    /// Those of the sample that did not answer.
    pub(crate) fn silent_of_sample(&self) -> Vec<Target> {
        match &self.sight {
            Sight::Asking { sample, .. } => {
                sample.iter().filter(|(_, heard)| **heard != Some(true)).map(|(t, _)| *t).collect()
            }
            _ => Vec::new(),
        }
    }

    /// When the open question is concluded at the latest.
    pub(crate) fn concludes_at(&self, policy: &Policy) -> Option<Time> {
        match &self.sight {
            Sight::Asking { since, .. } => Some(*since + policy.settle),
            _ => None,
        }
    }

    /// We are blind from now on, until a canary or a fifth of the sample answers: a canary may be gone for good.
    pub(crate) fn go_blind(&mut self, now: Time, sample: &[Target]) {
        let sample = match &self.sight {
            Sight::Asking { sample, .. } if !sample.is_empty() => sample.keys().map(|t| (*t, 0)).collect(),
            _ => sample.iter().map(|t| (*t, 0)).collect(),
        };
        self.sight = Sight::Blind { since: now, sample };
    }

    /// Something explains the silence after all.
    pub(crate) fn clear(&mut self) -> Verdict {
        self.sight = Sight::Clear;
        Verdict::Clear
    }

    fn back(&mut self) -> Verdict {
        self.sight = Sight::Clear;
        Verdict::Back
    }
}
