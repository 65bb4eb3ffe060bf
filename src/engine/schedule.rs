//! Due times: when which check of which target is asked in turn, and what was asked for out of turn.
//!
//! Each target and check has its own phase (`next_due`), so there is no herd and no drift. Two heaps: what was asked
//! for goes before what is due. Nothing is spawned and nothing waits here.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use cunkou_core::model::{CanaryIx, Check, Span, Target, Time};
use cunkou_core::registry::{Topology, next_due};
use cunkou_core::world::Ask;

/// A probe that is to be sent now.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Due {
    pub(super) at: Time,
    pub(super) target: Target,
    pub(super) check: Check,
    /// Out of turn.
    pub(super) asked: bool,
}

/// One line of the plan: what is asked every so often.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Turn {
    at: Time,
    target: Target,
    check: Check,
    every: Span,
}

/// The plan.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    turns: BinaryHeap<Reverse<Turn>>,
    asked: BinaryHeap<Reverse<Due>>,
    /// What is in `asked`, so that the same wish is not queued twice.
    wishes: HashSet<(Target, Check, Time)>,
}

impl Schedule {
    /// Lays the plan of a registry; wishes that wait stay.
    pub(super) fn lay(&mut self, topology: &Topology, canaries: &[String], canary_every: Span, now: Time) {
        self.turns.clear();
        for (i, slot) in topology.cameras.iter().enumerate() {
            for check in Check::ALL {
                if let Some(plan) = slot.checks[check.at()] {
                    self.turn(Target::Camera(i.into()), slot.id.as_str(), check, plan.interval, now);
                }
            }
        }
        for (i, slot) in topology.nodes.iter().enumerate() {
            if let (Some(plan), true) = (slot.check, slot.kind.is_some()) {
                self.turn(Target::Node(i.into()), slot.id.as_str(), Check::Reach, plan.interval, now);
            }
        }
        for (i, name) in canaries.iter().enumerate() {
            self.turn(Target::Canary(CanaryIx::from(i)), name, Check::Reach, canary_every, now);
        }
    }

    fn turn(&mut self, target: Target, id: &str, check: Check, every: Span, now: Time) {
        let at = next_due(id, check, every, now);
        self.turns.push(Reverse(Turn { at, target, check, every }));
    }

    /// Takes a wish of the World.
    pub(super) fn wish(&mut self, ask: Ask) {
        if self.wishes.insert((ask.target, ask.check, ask.at)) {
            self.asked.push(Reverse(Due { at: ask.at, target: ask.target, check: ask.check, asked: true }));
        }
    }

    /// The next probe that is due by now; wishes go first. A turn that was missed by more than its interval is not made
    /// up for: the next one comes at its own time.
    pub(super) fn pop(&mut self, now: Time) -> Option<Due> {
        if let Some(Reverse(due)) = self.asked.peek().copied().filter(|Reverse(d)| d.at <= now) {
            self.asked.pop();
            self.wishes.remove(&(due.target, due.check, due.at));
            return Some(due);
        }
        let Reverse(turn) = self.turns.peek().copied().filter(|Reverse(t)| t.at <= now)?;
        self.turns.pop();
        let missed = now.since(turn.at).as_millis() / turn.every.as_millis().max(1);
        let at = turn.at + turn.every * missed;
        self.turns.push(Reverse(Turn { at: at + turn.every, ..turn }));
        Some(Due { at, target: turn.target, check: turn.check, asked: false })
    }

    /// When the next probe is due.
    pub(super) fn next(&self) -> Option<Time> {
        let asked = self.asked.peek().map(|Reverse(d)| d.at);
        let turn = self.turns.peek().map(|Reverse(t)| t.at);
        [asked, turn].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canaries(n: usize) -> Schedule {
        let names: Vec<String> = (0..n).map(|i| format!("gw{i}")).collect();
        let mut schedule = Schedule::default();
        schedule.lay(&Topology::default(), &names, Span::seconds(5), Time(0));
        schedule
    }

    #[test]
    fn every_turn_comes_at_its_own_phase_and_never_drifts() {
        let mut schedule = canaries(40);
        let mut seen: Vec<(Target, Time)> = Vec::new();
        let mut now = Time(0);
        while let Some(next) = schedule.next().filter(|t| *t < Time(20_000)) {
            now = next + Span(3);
            let due = schedule.pop(now).unwrap();
            seen.push((due.target, due.at));
        }
        assert_eq!(seen.len(), 40 * 4, "four turns each in twenty seconds");
        for (target, at) in &seen {
            let phase = |t: &Time| t.millis() % 5_000;
            assert!(seen.iter().filter(|(t, _)| t == target).all(|(_, other)| phase(other) == phase(at)));
        }
        assert!(now < Time(20_010));
    }

    #[test]
    fn after_a_pause_nobody_is_asked_twice() {
        let mut schedule = canaries(10);
        let now = Time(3_600_000);
        let mut n = 0;
        while let Some(due) = schedule.pop(now) {
            assert!(now.since(due.at) < Span::seconds(5), "an old turn is not made up for");
            n += 1;
        }
        assert_eq!(n, 10);
    }

    #[test]
    fn wishes_go_first_and_once() {
        let mut schedule = canaries(3);
        let ask = Ask { at: Time(9_000), target: Target::Canary(CanaryIx(1)), check: Check::Reach };
        schedule.wish(ask);
        schedule.wish(ask);
        let first = schedule.pop(Time(10_000)).unwrap();
        assert!(first.asked && first.target == ask.target);
        assert!(!schedule.pop(Time(10_000)).unwrap().asked);
    }
}
