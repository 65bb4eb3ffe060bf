//! The state machine of one camera or probed node (semantics.md §1).
//!
//! Takes conclusive tries, gives the state and the probes that it wants. Knows nothing of nodes above it but that one
//! may hold it down (`via`).

use super::check::{CheckHealth, Run, Try, Verdict};
use super::recent::Recent;
use super::{Policy, State};
use crate::model::planted;
use crate::model::{Check, NodeIx, Outcome, ProbeResult, Reason, ReasonSet, Span, Time};
use crate::registry::CheckPlan;

/// A node that holds a camera down by inference, until an answer of the camera's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Via {
    pub(crate) node: NodeIx,
    /// The first failure that the node explains; an answer to a later try refutes it.
    pub(crate) since: Time,
}

/// What is believed of a camera or a node with an address.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Health {
    pub(crate) state: State,
    pub(crate) since: Time,
    /// What was believed before it turned suspect.
    pub(crate) before: State,
    pub(crate) reasons: ReasonSet,
    pub(crate) checks: [CheckHealth; 4],
    pub(crate) via: Option<Via>,
    pub(crate) reach: Recent,
    pub(crate) stream: Recent,
    pub(crate) rtt: Option<Span>,
    pub(crate) turns: Vec<Time>,
    /// It was confirmed up since it was last down: the next confirmed failure is a turn.
    pub(crate) rose: bool,
    pub(crate) flapping: bool,
    /// The last turn made it flap.
    flap_began: bool,
    pub(crate) auth_refused: Option<Time>,
    pub(crate) changes: u64,
    /// When it was last asked out of turn to learn of others.
    last_asked: Option<Time>,
    /// Off duty since: it is not asked, and nothing that is heard of it counts.
    pub(crate) resting: Option<Time>,
}

/// A change of state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Changed {
    pub(crate) from: State,
    pub(crate) to: State,
}

impl Health {
    /// Puts the checks in force; what is new is on and unknown, what is off is forgotten.
    pub(crate) fn set_checks(&mut self, plans: &[Option<CheckPlan>; 4], now: Time) {
        for (check, plan) in self.checks.iter_mut().zip(plans) {
            match plan {
                Some(plan) if check.is_on() => check.interval = Some(plan.interval),
                Some(plan) => {
                    *check = CheckHealth { interval: Some(plan.interval), due: now, ..CheckHealth::default() }
                }
                None => *check = CheckHealth::default(),
            }
        }
    }

    /// Whether an outcome says nothing of its check: silence of a stream (or of a later check) is no news while reach
    /// is silent, nor where reach was while it was under way.
    pub(crate) fn is_void(&self, o: &Outcome) -> bool {
        let silent = o.result.is_silence();
        let reach = &self.checks[Check::Reach.at()];
        o.check != Check::Reach && silent && reach.is_on() && reach.failed_since(o.begun)
    }

    /// Takes a conclusive outcome; gives confirming probes that are wanted.
    pub(crate) fn take(&mut self, o: &Outcome, policy: &Policy) -> Vec<(Check, Time)> {
        let failed = matches!(o.result, ProbeResult::Fail(_));
        self.note_recent(o, failed, policy);
        self.note_password(o);
        let at = o.check.at();
        let fail_after = self.fail_after(o.check, policy);
        let t = Try { due: o.due, begun: o.begun, ended: o.ended, result: o.result, fail_after };
        let mut wanted = Vec::new();
        if let Some(when) = self.checks[at].take(t, policy) {
            wanted.push((o.check, when));
        }
        if o.result.is_alive() {
            // A pass of a later check is a pass of those before it; the one that was asked confirms for all.
            for earlier in self.checks[..at].iter_mut().filter(|c| c.is_on()) {
                earlier.due = earlier.due.max(o.due);
                let _ = earlier.pass(o.begun, o.ended, policy);
            }
        }
        // A timeout of stream asks reach at once: is it the service or the host?
        let silent = o.result.is_silence();
        if o.check == Check::Stream && silent && self.checks[0].is_on() && self.checks[0].ask(o.ended) {
            wanted.push((Check::Reach, o.ended));
        }
        wanted
    }

    /// As many passes as [`Health::take`] would take one by one, the last of which began then, of a check that passes
    /// already and of which nothing is in doubt.
    pub(crate) fn passed(&mut self, check: Check, tries: u32, last: Time, rtt: Span) {
        match check {
            Check::Reach => {
                self.reach.passed(tries, tries);
                self.rtt = Some(rtt);
            }
            Check::Stream => {
                self.stream.passed(0, tries);
                self.rtt = self.rtt.or(Some(rtt));
            }
            Check::Picture | Check::Device => {}
        }
        let at = check.at();
        for earlier in self.checks[..at].iter_mut().filter(|c| c.is_on()) {
            earlier.passed(tries, last, last);
        }
        let own = &mut self.checks[at];
        own.passed(tries, last, last);
        own.due = last;
        own.last_try = Some(last);
        own.heard_at(last);
    }

    fn fail_after(&self, check: Check, policy: &Policy) -> u32 {
        if check.decides_down() && self.reach.is_lossy(policy) { policy.fail_after_lossy } else { policy.fail_after }
    }

    fn note_recent(&mut self, o: &Outcome, failed: bool, policy: &Policy) {
        // An outage is no loss: what fails once the failure is confirmed does not count, nor what fails after that is so
        // old that nothing is known.
        if o.check == Check::Reach && !o.asked && (self.checks[0].verdict == Verdict::Passing || !failed) {
            self.reach.tried(failed);
        }
        if let Some(rtt) = o.rtt.filter(|_| o.result.is_alive()) {
            let slow = rtt > policy.slow;
            match o.check {
                Check::Reach => {
                    self.rtt = Some(rtt);
                    self.reach.answered(slow);
                }
                Check::Stream => {
                    self.rtt = self.rtt.or(Some(rtt));
                    self.stream.answered(slow);
                }
                _ => {}
            }
        }
    }

    fn note_password(&mut self, o: &Outcome) {
        match o.result {
            // Where none was shown, nothing was refused anew: the wait goes on from the last that was.
            ProbeResult::Answered(Reason::Auth) if o.credential || self.auth_refused.is_none() => {
                self.auth_refused = Some(o.ended);
            }
            ProbeResult::Pass { .. } if o.credential => self.auth_refused = None,
            _ => {}
        }
    }

    /// Whether a check is held back on purpose: off duty, reach fails, or only a refused password is left to try.
    pub(crate) fn is_held(&self, check: Check, now: Time, policy: &Policy) -> bool {
        if self.resting.is_some() {
            return true;
        }
        let reach = &self.checks[Check::Reach.at()];
        if check != Check::Reach && reach.is_on() && (reach.verdict == Verdict::Failing || reach.fails > 0) {
            return true;
        }
        // Without its password a picture cannot be had at all; a stream still answers OPTIONS.
        check == Check::Picture && self.password_held_until(policy).is_some_and(|until| now < until)
    }

    /// A refused password is not shown again before this.
    pub(crate) fn password_held_until(&self, policy: &Policy) -> Option<Time> {
        self.auth_refused.map(|at| at + policy.auth_retry)
    }

    /// What is held back is not asked however long this thing was not listened to, so it does not age by that time.
    pub(crate) fn was_not_heard_until(&mut self, now: Time, policy: &Policy) {
        if self.is_held(Check::Stream, now, policy) {
            let stream = &mut self.checks[Check::Stream.at()];
            stream.due = stream.due.max(now);
        }
    }

    /// Marks what is too old as unknown.
    pub(crate) fn age(&mut self, now: Time, policy: &Policy) {
        for check in [Check::Reach, Check::Stream] {
            let held = self.is_held(check, now, policy);
            let state = &mut self.checks[check.at()];
            if !held && state.stale_at(policy).is_some_and(|at| now >= at) {
                state.forget();
            }
        }
    }

    /// When something could be too old next.
    pub(crate) fn stale_at(&self, now: Time, policy: &Policy) -> Option<Time> {
        let open = |c: &Check| !self.is_held(*c, now, policy);
        let all = [Check::Reach, Check::Stream].into_iter().filter(open);
        all.filter_map(|c| self.checks[c.at()].stale_at(policy)).min()
    }

    /// Its hours of duty are over: what was concluded stands, a doubt that is not confirmed is let go.
    pub(crate) fn rest(&mut self, now: Time) {
        self.resting = Some(now);
        self.checks.iter_mut().for_each(CheckHealth::let_go);
    }

    /// Its hours of duty begin: what was concluded before ages from now on.
    pub(crate) fn wake(&mut self, now: Time) {
        self.resting = None;
        for check in self.checks.iter_mut().filter(|c| c.is_on()) {
            check.due = check.due.max(now);
        }
        if self.state == State::Unknown {
            self.since = now;
        }
    }

    /// What the checks say, without what a node above says.
    pub(crate) fn own_state(&self) -> State {
        let decide = if planted!(StreamsDoNotCount) { 1 } else { 2 };
        let deciding = || self.checks[..decide].iter().filter(|c| c.is_on());
        if deciding().any(|c| c.verdict == Verdict::Failing && !c.awaiting) {
            return State::Down;
        }
        if deciding().any(CheckHealth::is_suspect) {
            return State::Suspect;
        }
        if deciding().next().is_none() || deciding().any(|c| !c.is_known()) {
            return State::Unknown;
        }
        State::Up
    }

    /// Judges anew; gives the change of state, if there is one.
    pub(crate) fn judge(&mut self, now: Time, policy: &Policy) -> Option<Changed> {
        self.reasons = self.judge_reasons(policy);
        let own = self.own_state();
        if own == State::Down {
            // Its own confirmed failure is evidence enough; whose fault it is, is asked elsewhere.
            self.via = None;
        }
        let to = match (self.via, own) {
            (Some(_), _) => State::Down,
            (None, State::Up) if !self.reasons.is_empty() => State::Degraded,
            (None, state) => state,
        };
        if to == self.state {
            return None;
        }
        let from = self.state;
        if to == State::Suspect && from != State::Suspect {
            self.before = from;
        } else if to != State::Suspect {
            self.before = to;
        }
        self.since = match to {
            State::Down | State::Suspect => self.first_failure().or(self.via.map(|v| v.since)).unwrap_or(now),
            _ => now,
        };
        self.state = to;
        self.changes += 1;
        if matches!(to, State::Up | State::Degraded) {
            self.rose = true;
        }
        Some(Changed { from, to })
    }

    /// Start of the last try of reach or stream that passed.
    pub(crate) fn last_pass(&self) -> Option<Time> {
        self.checks[..2].iter().filter_map(|c| c.last_pass).max()
    }

    fn judge_reasons(&self, policy: &Policy) -> ReasonSet {
        let on = || self.checks.iter().zip(Check::ALL).filter(|(c, _)| c.is_on());
        let mut reasons = on().fold(ReasonSet::EMPTY, |sum, (c, _)| sum.union(c.reasons));
        for (check, kind) in on() {
            let failing = check.verdict == Verdict::Failing;
            match kind {
                Check::Picture if failing => reasons.insert(Reason::PictureFailed),
                Check::Device if failing => reasons.insert(Reason::DeviceFailed),
                _ => {}
            }
        }
        if self.auth_refused.is_some() {
            reasons.insert(Reason::Auth);
        }
        if self.reach.is_lossy(policy) {
            reasons.insert(Reason::Lossy);
        }
        if self.reach.is_slow() || self.stream.is_slow() {
            reasons.insert(Reason::Slow);
        }
        reasons
    }

    /// The run of failures of the check that makes it down or suspect: the earliest.
    pub(crate) fn run(&self) -> Option<Run> {
        let failing = |c: &&CheckHealth| c.is_on() && (c.verdict == Verdict::Failing || c.fails > 0);
        self.checks[..2].iter().filter(failing).filter_map(|c| c.run).min_by_key(|r| r.since)
    }

    /// Start of the first failing try of the run going on.
    pub(crate) fn first_failure(&self) -> Option<Time> {
        self.run().map(|r| r.since)
    }

    /// Whether a try that began then or later failed, and none has passed since.
    pub(crate) fn has_failed_since(&self, since: Time) -> bool {
        let failed =
            |c: &CheckHealth| c.is_on() && c.last_alive == Some(false) && c.last_try.is_some_and(|t| t >= since);
        self.checks[..2].iter().any(failed) && self.last_pass().is_none_or(|t| t < since)
    }

    /// Whether it is asked anything that could make it up or down.
    pub(crate) fn is_asked(&self) -> bool {
        self.resting.is_none() && self.checks[..2].iter().any(CheckHealth::is_on)
    }

    /// Believed down, but whatever failed has just answered: the next try will tell.
    pub(crate) fn is_coming_back(&self) -> bool {
        let mut failing = self.checks[..2].iter().filter(|c| c.is_on() && c.verdict == Verdict::Failing);
        self.own_state() == State::Down && failing.all(|c| c.last_alive == Some(true))
    }

    /// Down by its own probes: confirmed, not inferred.
    pub(crate) fn is_down_itself(&self) -> bool {
        self.own_state() == State::Down
    }

    /// Counts a confirmed failure as a turn; gives whether it flaps from now on.
    pub(crate) fn turn(&mut self, now: Time, policy: &Policy) -> bool {
        // After a start what was down may answer first: that was no failure of this life.
        if self.is_coming_back() || !std::mem::take(&mut self.rose) {
            return false;
        }
        self.turns.retain(|t| now.since(*t) < policy.flap_within);
        self.turns.push(now);
        let flaps = self.turns.len() >= policy.flap_turns;
        self.flap_began = flaps && !self.flapping;
        self.flapping |= flaps;
        self.flap_began
    }

    /// The failure that is going on was a node's: its turn does not count, nor what came of it.
    pub(crate) fn unturn(&mut self, policy: &Policy) {
        if self.turns.last().is_none_or(|t| *t < self.since) || planted!(NodesOfTurnsCount) {
            return;
        }
        self.turns.pop();
        let began = std::mem::take(&mut self.flap_began);
        self.flapping &= !began && !self.turns.is_empty() || self.turns.len() >= policy.flap_turns;
    }

    /// Whose the failure was that went on when the monitor stopped, nobody had found out yet: its turn is counted anew
    /// if it is heard again. That it flaps stands where that was `told`.
    pub(crate) fn turn_is_open(&mut self, failed: Time, told: bool, policy: &Policy) {
        if self.turns.last().is_none_or(|t| *t < failed) {
            return;
        }
        self.turns.pop();
        self.flapping &= told || self.turns.len() >= policy.flap_turns;
        self.rose = true;
    }

    /// Failures since `proof` were our own blindness; gives whether anything is believed otherwise now.
    pub(crate) fn void_since(&mut self, proof: Time, policy: &Policy) -> bool {
        let mut voided = false;
        for check in self.checks.iter_mut().filter(|c| c.is_on()) {
            voided |= check.void_since(proof);
        }
        if self.via.is_some_and(|v| v.since >= proof) {
            self.via = None;
            voided = true;
        }
        if voided && self.turns.last().is_some_and(|t| *t >= self.since) {
            self.unturn(policy);
            self.rose = true;
        }
        voided
    }

    /// When it stops flapping, unless it turns again.
    pub(crate) fn flap_ends_at(&self, policy: &Policy) -> Option<Time> {
        self.flapping.then(|| self.turns.last().copied().unwrap_or_default().max(self.since) + policy.flap_off)
    }

    /// When it may be asked out of turn to learn of others: at once, but not more than once in `ask_gap`. `None` where
    /// that is under way already.
    pub(crate) fn ask_at(&mut self, check: Check, at: Time, policy: &Policy) -> Option<Time> {
        if self.resting.is_some() {
            return None;
        }
        let at = self.last_asked.map_or(at, |last| at.max(last + policy.ask_gap));
        let wanted = self.checks[check.at()].ask(at);
        if wanted {
            self.last_asked = Some(at);
        }
        wanted.then_some(at)
    }
}
