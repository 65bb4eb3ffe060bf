//! One event for many outcomes: a stretch of time in which nothing new was heard (DESIGN.md, the way of an event).
//!
//! Ends in the state that the single outcomes, and the wakes between them, would have led to; only the timers of age
//! may stand elsewhere, which look at the state when they ring. What is not settled is heard outcome by outcome, so
//! this room never decides anything of its own.

use std::collections::BTreeSet;

use super::hear::{health_mut, health_of};
use super::timers::Timer;
use super::{Effects, Quiet, World};
use crate::health::machine::Health;
use crate::health::sight::Sight;
use crate::health::{Cause, State};
use crate::model::{Check, FailKind, NodeIx, Outcome, Phase, PhaseTimes, ProbeResult, Span, Target, Time};
use crate::registry::next_due;

/// While something is not settled, outcomes are heard one by one for so long before that is looked at again.
const ONE_BY_ONE: Span = Span::seconds(10);

/// One check of one thing, with the due times that are still to be heard.
pub(super) struct Row {
    target: Target,
    check: Check,
    /// How it fails; `None` passes.
    fails: Option<FailKind>,
    took: Span,
    every: Span,
    next: Time,
}

impl World {
    /// Gives what came of it, each step by itself: a transition belongs to the incident of its own moment.
    pub(super) fn hear_quiet(&mut self, quiet: &Quiet) -> Effects {
        let mut all = Effects::default();
        let mut rows = self.rows(quiet);
        let targets: BTreeSet<Target> = rows.iter().map(|r| r.target).collect();
        while let Some(first) = rows.iter().filter(|r| r.next <= quiet.to).map(|r| r.next + r.took).min() {
            if !self.is_settled(&rows, quiet) {
                self.hear_one_by_one(&mut rows, first + ONE_BY_ONE, quiet, &mut all);
                continue;
            }
            let wake = self.wake_but_for_the_age_of(&targets);
            match wake.filter(|at| *at <= first) {
                Some(at) => self.wake_at(at, &mut all),
                None => self.hear_at_once(&mut rows, wake.unwrap_or(Time(i64::MAX)), quiet),
            }
        }
        all
    }

    pub(super) fn rows(&self, quiet: &Quiet) -> Vec<Row> {
        let passing = quiet.of.iter().map(|(target, check)| (*target, *check, None, quiet.rtt));
        let failing = quiet.failing.iter().map(|(target, check, kind, took)| (*target, *check, Some(*kind), *took));
        let row = |(target, check, fails, took): (Target, Check, Option<FailKind>, Span)| {
            let (id, every) = self.asked_every(target, check)?;
            let next = next_due(id, check, every, quiet.from + Span(1));
            Some(Row { target, check, fails, took, every, next })
        };
        passing.chain(failing).filter_map(row).collect()
    }

    fn asked_every(&self, target: Target, check: Check) -> Option<(&str, Span)> {
        Some(match target {
            Target::Camera(c) => {
                let slot = self.topology.cameras.get(c.at())?;
                (slot.id.as_str(), slot.checks[check.at()]?.interval)
            }
            Target::Node(n) => {
                let slot = self.topology.nodes.get(n.at())?;
                (slot.id.as_str(), slot.check?.interval)
            }
            Target::Canary(c) => (self.policy.canaries.get(c.at())?, self.policy.health.canary_interval),
        })
    }

    /// Hears what ends up to then, in the order of the ends, with the wakes between.
    fn hear_one_by_one(&mut self, rows: &mut [Row], until: Time, quiet: &Quiet, all: &mut Effects) {
        let mut outcomes: Vec<Outcome> = Vec::new();
        for row in rows {
            while row.next <= quiet.to && row.next + row.took <= until {
                outcomes.push(row.outcome(quiet.rtt));
                row.next += row.every;
            }
        }
        outcomes.sort_by_key(|o| (o.ended, o.target, o.check));
        for outcome in outcomes {
            while let Some(at) = self.next_wake().filter(|at| *at <= outcome.ended) {
                self.wake_at(at, all);
            }
            self.now = self.now.max(outcome.ended);
            self.ring();
            self.hear(outcome);
            self.finish();
            all.absorb(std::mem::take(&mut self.turn.effects));
        }
    }

    fn wake_at(&mut self, at: Time, all: &mut Effects) {
        self.now = self.now.max(at);
        self.ring();
        self.finish();
        all.absorb(std::mem::take(&mut self.turn.effects));
    }

    /// When the World wants to be woken, but for evidence that is renewed in this stretch.
    fn wake_but_for_the_age_of(&self, targets: &BTreeSet<Target>) -> Option<Time> {
        let renewed = |timer: &Timer| matches!(timer, Timer::Stale(target) if targets.contains(target));
        let timer = self.timers.iter().find(|(_, timer)| !renewed(timer)).map(|(at, _)| *at);
        timer.into_iter().chain(self.book.next_word()).min()
    }

    /// Whether nothing waits or is in doubt, and each row would only say once more what is known.
    pub(super) fn is_settled(&self, rows: &[Row], quiet: &Quiet) -> bool {
        let idle = self.eyes.sight == Sight::Clear && self.round.is_none() && !self.is_judging();
        let idle = idle && self.doubtful.is_empty() && self.book.is_idle();
        let quick = quiet.rtt <= self.policy.health.slow;
        idle && quick && rows.iter().all(|r| self.is_settled_row(r)) && self.are_all_renewed(rows)
    }

    /// Whether of each thing all is renewed that could grow too old.
    fn are_all_renewed(&self, rows: &[Row]) -> bool {
        let has = |target: Target, check: Check| rows.iter().any(|r| (r.target, r.check) == (target, check));
        let renewed = |target: Target, health: &Health| {
            let needed =
                |c: &Check| health.checks[c.at()].is_on() && !health.is_held(*c, self.now, &self.policy.health);
            [Check::Reach, Check::Stream].iter().filter(|c| needed(c)).all(|c| has(target, *c))
        };
        rows.iter().all(|r| health_of(&self.cameras, &self.nodes, r.target).is_none_or(|h| renewed(r.target, h)))
    }

    fn is_settled_row(&self, row: &Row) -> bool {
        let health = match row.target {
            Target::Canary(c) => {
                let up = self.eyes.canaries.get(c.at()).and_then(|c| c.up);
                return if row.fails.is_some() { up != Some(true) } else { up == Some(true) };
            }
            target => health_of(&self.cameras, &self.nodes, target),
        };
        let Some(health) = health else { return true };
        let policy = &self.policy.health;
        let mut judged = health.clone();
        let as_judged = judged.judge(self.now, policy).is_none() && judged.reasons == health.reasons;
        // Without its password a picture is held for a time, which would have to be looked at.
        let held_for_a_time = health.auth_refused.is_some() && health.checks[Check::Picture.at()].is_on();
        if !as_judged || health.via.is_some() || held_for_a_time {
            return false;
        }
        match row.fails {
            None => self.passes_on(row, health),
            Some(kind) => self.fails_on(row, kind, health),
        }
    }

    fn passes_on(&self, row: &Row, health: &Health) -> bool {
        let policy = &self.policy.health;
        let earlier = health.checks[..row.check.at()].iter().filter(|c| c.is_on());
        let own = &health.checks[row.check.at()];
        let trouble = |c: &crate::health::check::CheckHealth| c.is_on() && c.heard_trouble();
        let settled = own.passes_steadily() && own.reasons.is_empty() && earlier.clone().all(|c| c.passes_steadily());
        let silent = !health.checks[..2].iter().any(|c| trouble(c) || (c.is_on() && c.last_alive == Some(false)));
        let figures = health.reach.is_settled(policy) && health.stream.is_settled(policy);
        settled && silent && figures && self.acquits_nobody(row.target)
    }

    /// Only reach: a stream that goes on failing has reach asked each time.
    fn fails_on(&self, row: &Row, kind: FailKind, health: &Health) -> bool {
        let check = &health.checks[row.check.at()];
        let down = row.check == Check::Reach && check.fails_steadily(kind.is_silence()) && health.state == State::Down;
        let last = check.last_fail.unwrap_or_default();
        let blamed = match row.target {
            Target::Camera(c) => match self.causes.of_camera.get(&c) {
                Some(Cause::Node(id)) => self.topology.node(id.as_str()),
                _ => None,
            },
            _ => None,
        };
        let stands = blamed.is_none_or(|n| self.causes.judged.contains_key(&n));
        down && stands && !self.precedes_acquittal(row.target, last)
    }

    /// Whether an answer of it refutes nothing that is judged: no node above it is.
    fn acquits_nobody(&self, target: Target) -> bool {
        let judged = |n: &NodeIx| self.causes.judged.contains_key(n);
        match target {
            Target::Camera(c) => self.topology.cameras.get(c.at()).is_none_or(|s| !s.above.iter().any(judged)),
            Target::Node(n) => {
                !judged(&n) && self.topology.nodes.get(n.at()).is_none_or(|s| !s.above.iter().any(judged))
            }
            Target::Canary(_) => true,
        }
    }

    /// All that ends before `wake`, without looking at each.
    fn hear_at_once(&mut self, rows: &mut [Row], wake: Time, quiet: &Quiet) {
        let mut heard: BTreeSet<Target> = BTreeSet::new();
        let mut latest = self.now;
        for row in rows {
            let until = quiet.to.min(wake - row.took - Span(1));
            if row.next > until {
                continue;
            }
            let more = (until - row.next).as_millis() / row.every.as_millis().max(1);
            let (tries, last) = (u32::try_from(more + 1).unwrap_or(u32::MAX), row.next + row.every * more);
            row.next = last + row.every;
            latest = latest.max(last + row.took);
            self.hear_row(row, tries, last, quiet.rtt);
            heard.insert(row.target);
        }
        self.now = latest;
        self.timers.retain(|(_, timer)| !matches!(timer, Timer::Stale(target) if heard.contains(target)));
        for target in heard {
            self.wind_stale(target);
            match target {
                Target::Camera(c) => self.show_camera(c),
                Target::Node(n) => self.show_node(n),
                Target::Canary(_) => {}
            }
        }
    }

    fn hear_row(&mut self, row: &Row, tries: u32, last: Time, rtt: Span) {
        if let Target::Canary(c) = row.target {
            self.eyes.heard_of_canary(c, tries, last, row.fails.is_none());
            return;
        }
        let Some(health) = health_mut(&mut self.cameras, &mut self.nodes, row.target) else { return };
        if let Some(how) = row.fails {
            health.checks[row.check.at()].went_on_failing(tries, last, how);
            return;
        }
        health.passed(row.check, tries, last, rtt);
        self.answered(row.target, last);
    }
}

impl Row {
    /// What is heard of the try that is due next.
    fn outcome(&self, rtt: Span) -> Outcome {
        Outcome {
            target: self.target,
            check: self.check,
            due: self.next,
            begun: self.next,
            ended: self.next + self.took,
            asked: false,
            credential: false,
            result: self.fails.map_or(ProbeResult::Pass { slow: false }, ProbeResult::Fail),
            phase: Phase::Connect,
            times: PhaseTimes::default(),
            rtt: self.fails.is_none().then_some(rtt),
            note: None,
        }
    }
}
