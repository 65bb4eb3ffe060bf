//! Outcomes: what a probe said, and what that does to the belief in its target.

use super::{Ask, World};
use crate::health::State;
use crate::health::check::CheckHealth;
use crate::health::machine::{Changed, Health};
use crate::model::planted;
use crate::model::{CameraIx, CanaryIx, Check, Outcome, ProbeResult, Reason, Target, Time};

impl World {
    /// What ended while nothing could be kept, each at its own time, so that none is too old; and all of it before
    /// anything is said that the rest refutes.
    pub(super) fn hear_together(&mut self, outcomes: &[Outcome], now: Time) {
        for outcome in outcomes {
            if let Some(health) = health_mut(&mut self.cameras, &mut self.nodes, outcome.target) {
                health.was_not_heard_until(now, &self.policy.health);
            }
        }
        for outcome in outcomes {
            self.now = self.now.max(outcome.ended.min(now));
            self.hear(outcome.clone());
        }
    }

    pub(super) fn hear(&mut self, outcome: Outcome) {
        if matches!(outcome.result, ProbeResult::Inconclusive(_)) {
            return;
        }
        match outcome.target {
            Target::Canary(ix) => self.hear_canary(ix, &outcome),
            Target::Camera(_) | Target::Node(_) => self.hear_target(outcome),
        }
    }

    fn hear_canary(&mut self, ix: CanaryIx, outcome: &Outcome) {
        let was = self.eyes.canaries.get(ix.at()).and_then(|c| c.up);
        let answered = outcome.result.is_alive();
        let verdict = self.eyes.canary(ix, outcome.begun, answered);
        if answered && was != Some(true) {
            let at = outcome.ended + crate::health::sight::CANARY_AGAIN;
            self.turn.effects.asks.push(Ask { at, target: outcome.target, check: Check::Reach });
        }
        self.sight_said(verdict);
    }

    fn hear_target(&mut self, o: Outcome) {
        let (alive, target) = (o.result.is_alive(), o.target);
        let verdict = self.eyes.heard(target, o.begun, alive, &self.policy.health);
        if self.eyes.is_blind() {
            return;
        }
        self.sight_said(verdict);
        if self.says_nothing(&o) {
            return;
        }
        let policy = &self.policy.health;
        let Some(health) = health_mut(&mut self.cameras, &mut self.nodes, target) else { return };
        let stale_before = health.stale_at(self.now, policy);
        let in_trouble = |c: &CheckHealth| c.is_on() && (c.last_alive == Some(false) || c.heard_trouble());
        let trouble_before =
            health.checks[..2].iter().any(in_trouble) || (o.credential && health.auth_refused.is_some());
        let wanted = health.take(&o, policy);
        if alive && health.via.is_some_and(|via| o.begun >= via.since) && !planted!(AnswersLeaveViaStanding) {
            health.via = None;
        }
        for (check, at) in wanted {
            self.turn.effects.asks.push(Ask { at, target, check });
        }
        if alive {
            self.answered(target, o.begun);
            if trouble_before {
                self.ask_failed_checks(&o);
            }
            // What was held back while reach failed is as old as it is: it makes nothing up.
            if let Some(health) = health_mut(&mut self.cameras, &mut self.nodes, target) {
                health.age(self.now, &self.policy.health);
            }
        } else {
            self.failed_again(target);
        }
        let health = health_of(&self.cameras, &self.nodes, target);
        let stale_after = health.and_then(|h| h.stale_at(self.now, &self.policy.health));
        self.rejudge(target, Some(o));
        // A timer that rings too early winds itself again; only one that would ring too late needs another.
        if stale_after.is_some_and(|after| stale_before.is_none_or(|before| after < before)) {
            self.wind_stale(target);
        }
    }

    /// Whether an outcome is no evidence: of a check that is off, of a camera off duty, or silence that was on the way
    /// when the way was broken.
    fn says_nothing(&mut self, o: &Outcome) -> bool {
        let early = o.result.is_silence() && self.precedes_acquittal(o.target, o.begun);
        let Some(health) = health_mut(&mut self.cameras, &mut self.nodes, o.target) else { return true };
        if !health.checks[o.check.at()].is_on() || health.resting.is_some() {
            return true;
        }
        let void = health.is_void(o);
        if early || void {
            health.checks[o.check.at()].heard_at(o.begun);
        }
        if early && !void {
            self.push_ask(o.target, self.now);
        }
        early || void
    }

    /// When reach or stream is up again, the later checks that failed are asked at once, not at their next turn, which
    /// for a picture may be minutes away; when a stream is in order again, also those that heard it was not.
    fn ask_failed_checks(&mut self, o: &Outcome) {
        let Target::Camera(c) = o.target else { return };
        let in_order = matches!(o.result, ProbeResult::Pass { .. });
        let Some(health) = self.cameras.get_mut(c.at()) else { return };
        for check in [Check::Stream, Check::Picture, Check::Device].into_iter().filter(|c| *c > o.check) {
            let state = &mut health.checks[check.at()];
            // Of a stream nothing may be known either, or what is known is older than it should be, since it was held
            // back: before its next turn comes it would be too old.
            let old = state.last_alive.is_none() || state.interval.is_some_and(|every| state.due + every <= o.ended);
            let wanted = state.last_alive == Some(false)
                || (check == Check::Stream && old)
                || (o.check == Check::Stream && in_order && state.heard_trouble())
                || (in_order && o.credential && state.reasons.contains(Reason::Auth));
            if state.is_on() && wanted && state.ask(o.ended) {
                self.turn.effects.asks.push(Ask { at: o.ended, target: o.target, check });
            }
        }
    }

    /// Judges a target anew and notes what changed.
    pub(super) fn rejudge(&mut self, target: Target, evidence: Option<Outcome>) {
        let (now, policy) = (self.now, &self.policy.health);
        let health = match target {
            Target::Camera(c) => self.cameras.get_mut(c.at()),
            Target::Node(n) => self.nodes.get_mut(n.at()),
            Target::Canary(_) => None,
        };
        let Some(health) = health else { return };
        let reasons = health.reasons;
        let changed = health.judge(now, policy);
        let reasons_changed = health.reasons != reasons;
        if let Some(changed) = changed {
            self.note_change(target, changed);
        }
        self.index_failure(target, changed);
        match target {
            Target::Camera(c) if changed.is_some() || reasons_changed => self.touch_camera(c, evidence),
            Target::Camera(c) => self.show_camera(c),
            Target::Node(n) if changed.is_some() => {
                self.turn.nodes.insert(n, evidence);
            }
            Target::Node(n) => self.show_node(n),
            Target::Canary(_) => {}
        }
        self.count_in_round(target);
    }

    fn note_change(&mut self, target: Target, changed: Changed) {
        if let Target::Camera(c) = target {
            if changed.to == State::Suspect {
                self.doubtful.insert(c);
            } else {
                self.doubtful.remove(&c);
            }
        }
        if changed.to == State::Suspect {
            self.ask_around(target);
            self.doubt_sight(target);
        }
        if changed.to == State::Unknown
            && let Target::Camera(c) = target
        {
            self.wind_unknown(c);
        }
        if matches!(changed.to, State::Up | State::Degraded | State::Unknown) {
            self.inquiries.remove(&target);
        }
    }

    /// A camera's state, reasons or flapping changed: whatever hangs on it is judged at the end of the turn.
    pub(super) fn touch_camera(&mut self, camera: CameraIx, evidence: Option<Outcome>) {
        let seen = self.turn.cameras.entry(camera).or_default();
        if evidence.is_some() {
            *seen = evidence;
        }
        if let Some(entrances) = self.watch.of_camera.get(camera.at()) {
            self.turn.entrances.extend(entrances.iter().copied());
        }
    }

    fn count_in_round(&mut self, target: Target) {
        let (Some(round), Target::Camera(c)) = (&mut self.round, target) else { return };
        let Some(health) = self.cameras.get(c.at()) else { return };
        // What is about to come back is no news as long as that is not confirmed.
        let awaited = health.is_coming_back() && !planted!(RoundsEndWithTheFirstAnswer);
        if matches!(health.own_state(), State::Up | State::Down) && !awaited {
            round.open.remove(&c);
        }
    }

    /// Asks a target out of turn, unless that is on its way.
    pub(super) fn push_ask(&mut self, target: Target, at: Time) {
        let policy = &self.policy.health;
        let health = match target {
            Target::Camera(c) => self.cameras.get_mut(c.at()),
            Target::Node(n) => self.nodes.get_mut(n.at()),
            Target::Canary(_) => {
                self.turn.effects.asks.push(Ask { at, target, check: Check::Reach });
                return;
            }
        };
        let Some(health) = health else { return };
        let first = health.checks.iter().position(|c| c.is_on()).and_then(|i| Check::ALL.get(i).copied());
        let Some(check) = first else { return };
        if let Some(at) = health.ask_at(check, at, policy) {
            self.turn.effects.asks.push(Ask { at, target, check });
        }
    }
}

pub(super) fn health_mut<'a>(
    cameras: &'a mut [Health],
    nodes: &'a mut [Health],
    target: Target,
) -> Option<&'a mut Health> {
    match target {
        Target::Camera(c) => cameras.get_mut(c.at()),
        Target::Node(n) => nodes.get_mut(n.at()),
        Target::Canary(_) => None,
    }
}

pub(super) fn health_of<'a>(cameras: &'a [Health], nodes: &'a [Health], target: Target) -> Option<&'a Health> {
    match target {
        Target::Camera(c) => cameras.get(c.at()),
        Target::Node(n) => nodes.get(n.at()),
        Target::Canary(_) => None,
    }
}
