//! One check of one thing: tries in a row, what was confirmed, what is to be asked next.

use super::Policy;
use crate::model::planted;
use crate::model::{FailKind, ProbeResult, Reason, ReasonSet, Span, Time};

/// What tries in a row have confirmed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Verdict {
    /// Nothing yet, or nothing any more.
    #[default]
    None,
    /// It passes.
    Passing,
    /// It fails.
    Failing,
}

/// A run of failures: from the first failing try on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Run {
    /// Start of the first failing try.
    pub(crate) since: Time,
    /// Every failure of it was silence, which can be a node's.
    pub(crate) silent: bool,
}

/// One check.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct CheckHealth {
    /// Time between two ordinary tries; `None` while the check is off.
    pub(crate) interval: Option<Span>,
    pub(crate) verdict: Verdict,
    /// What was confirmed before the run that is going on or was confirmed: blindness gives it back.
    pub(crate) verdict_before_run: Verdict,
    pub(crate) fails: u32,
    pub(crate) passes: u32,
    /// The run of failures going on, or that was confirmed.
    pub(crate) run: Option<Run>,
    /// Start of the try that confirmed the run.
    pub(crate) confirmed: Option<Time>,
    /// Start of the last try that passed.
    pub(crate) last_pass: Option<Time>,
    /// Start of the last try that failed.
    pub(crate) last_fail: Option<Time>,
    /// How it failed; `None` where that was before this start.
    pub(crate) how: Option<FailKind>,
    /// Whether the last conclusive try passed.
    pub(crate) last_alive: Option<bool>,
    /// Start of the last conclusive try.
    pub(crate) last_try: Option<Time>,
    /// When the last conclusive try was due: evidence ages from here.
    pub(crate) due: Time,
    /// The conclusion was taken from the store and no answer has come since the start.
    pub(crate) awaiting: bool,
    /// What the last answer was wrong in.
    pub(crate) reasons: ReasonSet,
    /// A probe that was asked for out of turn and has not been answered.
    pub(crate) asked_for: Option<Time>,
}

/// A conclusive try, as the check sees it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Try {
    pub(crate) due: Time,
    pub(crate) begun: Time,
    pub(crate) ended: Time,
    pub(crate) result: ProbeResult,
    /// Failures in a row that confirm.
    pub(crate) fail_after: u32,
}

impl CheckHealth {
    /// Whether the check is on.
    pub(crate) fn is_on(&self) -> bool {
        self.interval.is_some()
    }

    /// Whether something is known of it now.
    pub(crate) fn is_known(&self) -> bool {
        self.verdict != Verdict::None && !self.awaiting
    }

    /// Whether it fails without that being confirmed.
    pub(crate) fn is_suspect(&self) -> bool {
        self.fails > 0 && self.verdict != Verdict::Failing
    }

    /// Whether the last answer named something that passes by itself; a refused password does not.
    pub(crate) fn heard_trouble(&self) -> bool {
        self.reasons.iter().any(|reason| reason != Reason::Auth)
    }

    /// When its evidence is too old, unless another answer comes.
    pub(crate) fn stale_at(&self, policy: &Policy) -> Option<Time> {
        let known = self.is_known() || self.fails > 0 || self.passes > 0;
        self.interval.filter(|_| known).map(|every| self.due + every * policy.stale_intervals)
    }

    /// Takes a try; gives the time at which the next one is wanted out of turn, to confirm.
    pub(crate) fn take(&mut self, t: Try, policy: &Policy) -> Option<Time> {
        self.due = t.due;
        self.last_try = Some(t.begun);
        self.heard_at(t.begun);
        match t.result {
            ProbeResult::Pass { slow } => {
                self.reasons = ReasonSet::EMPTY;
                self.reasons.set(Reason::Slow, slow);
                self.pass(t.begun, t.ended, policy)
            }
            ProbeResult::Answered(_) if planted!(AnsweredIsFailure) => self.fail(t, false, policy),
            ProbeResult::Answered(reason) => {
                self.reasons = ReasonSet::EMPTY;
                self.reasons.insert(reason);
                self.pass(t.begun, t.ended, policy)
            }
            ProbeResult::Fail(kind) => self.fail(t, kind.is_silence(), policy),
            ProbeResult::Inconclusive(_) => None,
        }
    }

    /// A try that began then has ended: what was asked for until then is answered.
    pub(crate) fn heard_at(&mut self, begun: Time) {
        if self.asked_for.is_some_and(|at| begun >= at) {
            self.asked_for = None;
        }
    }

    /// Whether it failed at some moment after `begun`, or does now.
    pub(crate) fn failed_since(&self, begun: Time) -> bool {
        self.fails > 0 || self.verdict == Verdict::Failing || self.last_fail.is_some_and(|t| t >= begun)
    }

    /// A success of this check, or of a later one, which includes it.
    pub(crate) fn pass(&mut self, begun: Time, ended: Time, policy: &Policy) -> Option<Time> {
        self.last_alive = Some(true);
        self.last_pass = self.last_pass.max(Some(begun));
        self.fails = 0;
        self.passes = self.passes.saturating_add(1);
        let agreed = std::mem::take(&mut self.awaiting) && self.verdict == Verdict::Passing;
        if self.verdict == Verdict::Passing || agreed || self.passes >= policy.recover_after {
            self.verdict = Verdict::Passing;
            self.run = None;
            return None;
        }
        self.confirm_at(begun, ended, policy.confirm_wait(1))
    }

    /// As many passes as [`CheckHealth::pass`] would take one by one, the last of which began then, of a check that
    /// passes already and of which nothing is in doubt.
    pub(crate) fn passed(&mut self, tries: u32, begun: Time, due: Time) {
        self.last_pass = self.last_pass.max(Some(begun));
        self.passes = self.passes.saturating_add(tries);
        self.due = self.due.max(due);
    }

    /// As many failures as [`CheckHealth::take`] would take one by one, of a check that fails already.
    pub(crate) fn went_on_failing(&mut self, tries: u32, begun: Time, how: FailKind) {
        self.fails = self.fails.saturating_add(tries);
        self.how = Some(how);
        self.last_fail = self.last_fail.max(Some(begun));
        self.last_try = Some(begun);
        self.due = begun;
        self.heard_at(begun);
    }

    /// Whether it is on and another pass would be no news.
    pub(crate) fn passes_steadily(&self) -> bool {
        let settled = self.fails == 0 && self.run.is_none() && !self.awaiting && self.last_alive == Some(true);
        self.is_on() && self.verdict == Verdict::Passing && settled
    }

    /// Whether it is on and another failure of this kind would be no news.
    pub(crate) fn fails_steadily(&self, silent: bool) -> bool {
        let settled = self.passes == 0 && !self.awaiting && self.last_alive == Some(false);
        let as_before = self.run.is_some_and(|r| r.silent == silent);
        self.is_on() && self.verdict == Verdict::Failing && settled && as_before && self.fails > 0
    }

    fn fail(&mut self, t: Try, silent: bool, policy: &Policy) -> Option<Time> {
        self.last_alive = Some(false);
        self.last_fail = self.last_fail.max(Some(t.begun));
        self.how = match t.result {
            ProbeResult::Fail(kind) => Some(kind),
            _ => None,
        };
        self.passes = 0;
        let agreed = std::mem::take(&mut self.awaiting) && self.verdict == Verdict::Failing;
        self.fails = self.fails.saturating_add(1);
        if self.verdict == Verdict::Failing {
            // A thing that was down keeps the time of its first failure, also over a restart; whether it is silence
            // is what is heard now, so that a refusal takes the blame from the node.
            self.run = Some(Run { since: self.run.map_or(t.begun, |r| r.since), silent });
            if agreed {
                self.fails = self.fails.max(t.fail_after);
            }
            return None;
        }
        self.run = Some(match self.run.filter(|_| self.fails > 1) {
            Some(run) => Run { silent: run.silent && silent, ..run },
            None => Run { since: t.begun, silent },
        });
        if self.fails >= t.fail_after {
            self.verdict_before_run = self.verdict;
            self.verdict = Verdict::Failing;
            self.confirmed = Some(t.begun);
            return None;
        }
        self.confirm_at(t.begun, t.ended, policy.confirm_wait(self.fails))
    }

    /// A confirming try, from the start of the one before and never before it has ended.
    fn confirm_at(&mut self, begun: Time, ended: Time, wait: Span) -> Option<Time> {
        let at = (begun + wait).max(ended);
        if self.asked_for.is_some_and(|other| other <= at && other >= begun) {
            return None;
        }
        self.asked_for = Some(at);
        Some(at)
    }

    /// Notes that a probe is asked for; `false` where one is on its way already.
    pub(crate) fn ask(&mut self, at: Time) -> bool {
        if self.asked_for.is_some_and(|other| other <= at + Span::seconds(10) && other + Span::seconds(30) > at) {
            return false;
        }
        self.asked_for = Some(at);
        true
    }

    /// Evidence is too old: nothing is known any more.
    pub(crate) fn forget(&mut self) {
        self.verdict = Verdict::None;
        self.run = None;
        self.fails = 0;
        self.passes = 0;
        self.last_alive = None;
        self.awaiting = false;
    }

    /// Nobody asks any more: what is not confirmed is let go.
    pub(crate) fn let_go(&mut self) {
        self.asked_for = None;
        self.passes = 0;
        if self.verdict != Verdict::Failing {
            self.fails = 0;
            self.run = None;
        }
    }

    /// Tries that failed at or after `proof` were our own blindness: back to what was believed before them. Of a run
    /// that began earlier the first failure stands.
    pub(crate) fn void_since(&mut self, proof: Time) -> bool {
        let Some(run) = self.run else { return false };
        let stands = run.since < proof;
        let sure = self.verdict == Verdict::Failing && self.confirmed.is_none_or(|at| at < proof);
        if (stands && sure) || (self.verdict != Verdict::Failing && self.fails == 0) {
            return false;
        }
        if self.verdict == Verdict::Failing {
            self.verdict = self.verdict_before_run;
        }
        self.asked_for = None;
        if stands {
            self.fails = 1;
            return true;
        }
        self.run = None;
        self.fails = 0;
        self.last_alive = (self.verdict == Verdict::Passing).then_some(true);
        true
    }
}
