//! Turns of duty over a time: who, from when to when.

use std::collections::BTreeSet;
use std::sync::Arc;

use cunkou_core::model::{Span, Time};

use super::{Contact, Reason, Roster};

/// How far ahead the end of a turn is looked for.
const SIGHT: Span = Span::hours(24 * 370);

/// Somebody's turn, or that nobody has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Turn {
    /// At which level, from 0.
    pub level: usize,
    /// Who; `None`: nobody.
    pub who: Option<Arc<Contact>>,
    /// Why.
    pub reason: Reason,
    /// From when; the beginning of what was asked for, where it began before.
    pub from: Time,
    /// Until before when; the end of what was asked for, where it goes on.
    pub to: Time,
}

/// Who is on duty at a level at one moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Duty {
    /// At which level, from 0.
    pub level: usize,
    /// Who; `None`: nobody.
    pub who: Option<Arc<Contact>>,
    /// Why.
    pub reason: Reason,
    /// When the next turn begins; `None`: not within a year.
    pub until: Option<Time>,
}

impl Roster {
    /// Who is on duty at a moment, level by level.
    #[must_use]
    pub fn on_duty(&self, at: Time) -> Vec<Duty> {
        let duty = |level| {
            let (who, reason) = self.at(level, at);
            let end = at + SIGHT;
            let until = self.turns_of(level, at, end).first().map(|t| t.to).filter(|t| *t < end);
            Duty { level, who: who.cloned(), reason, until }
        };
        (0..self.levels.len()).map(duty).collect()
    }

    /// Every turn between two moments, by when it begins; one level after the other. They fill the time without a gap,
    /// and at no moment are there two of one level.
    #[must_use]
    pub fn turns(&self, from: Time, to: Time) -> Vec<Turn> {
        let mut turns: Vec<Turn> = (0..self.levels.len()).flat_map(|level| self.turns_of(level, from, to)).collect();
        turns.sort_by_key(|turn| (turn.from, turn.level));
        turns
    }

    fn turns_of(&self, level: usize, from: Time, to: Time) -> Vec<Turn> {
        let mut turns: Vec<Turn> = Vec::new();
        for at in self.edges(from, to) {
            let (who, reason) = self.at(level, at);
            match turns.last_mut() {
                Some(last) if last.who.as_ref() == who && last.reason == reason => {}
                last => {
                    if let Some(last) = last {
                        last.to = at;
                    }
                    turns.push(Turn { level, who: who.cloned(), reason, from: at, to });
                }
            }
        }
        turns
    }

    /// Moments at which a turn may begin, the first moment first.
    fn edges(&self, from: Time, to: Time) -> BTreeSet<Time> {
        let mut edges = BTreeSet::from([from]);
        let mut day = self.day_of(from);
        loop {
            let at = self.handover(day);
            if at >= to {
                break;
            }
            edges.insert(at);
            match day.tomorrow() {
                Ok(next) => day = next,
                Err(_) => break,
            }
        }
        edges.extend(self.stand_ins.iter().flat_map(|s| [s.from, s.to]));
        edges.retain(|at| from <= *at && *at < to);
        edges
    }
}
