//! What was: changes of one thing, and how the coverage of the town stood over time.

use std::collections::BTreeMap;

use cunkou_core::coverage::EntranceState;
use cunkou_core::model::{EntranceId, Reason, Time};
use cunkou_core::registry::Registry;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Cause, EntranceCounts, stamp, words};
use crate::http::history::{PastChange, PastTurn};

/// A change of state of a camera, node or entrance.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct Turn {
    /// When it was concluded.
    #[schema(format = DateTime)]
    pub at: String,
    /// Since when it held: the first failure, not its confirmation.
    #[schema(format = DateTime)]
    pub since: String,
    /// The state before; empty for the first.
    pub from: String,
    /// The state from then on; `removed` once it had left the registry.
    pub to: String,
    /// Why.
    pub cause: Option<Cause>,
    /// Number of the incident, where there was one.
    pub incident: Option<u64>,
    /// For a camera: its reasons.
    #[schema(schema_with = words::reasons)]
    pub reasons: Vec<String>,
}

impl Turn {
    /// A change as history has it, with the names of the registry in force.
    #[must_use]
    pub fn of(change: &PastChange, registry: &Registry) -> Turn {
        Turn {
            at: stamp(change.at),
            since: stamp(change.since),
            from: change.from.clone(),
            to: change.to.clone(),
            cause: change.cause.as_ref().map(|c| Cause::of(c, registry)),
            incident: change.incident.map(|i| i.0),
            reasons: change.reasons.iter().map(|r| Reason::word(r).to_owned()).collect(),
        }
    }
}

/// How the entrances stood over a span of time.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct Timeline {
    /// Its begin.
    #[schema(format = DateTime)]
    pub since: String,
    /// Its end.
    #[schema(format = DateTime)]
    pub until: String,
    /// How long each part is, in milliseconds.
    pub step_ms: i64,
    /// Its parts, oldest first; the last may be shorter.
    pub parts: Vec<TimelinePart>,
    /// False where there were more changes than are read: the parts after the last that is told are left out.
    pub whole: bool,
}

/// One part of a timeline.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct TimelinePart {
    /// Its begin.
    #[schema(format = DateTime)]
    pub at: String,
    /// How many entrances were in each state at its end.
    pub entrances: EntranceCounts,
    /// The most that were lost at one moment of it.
    pub lost_at_most: u32,
    /// Entrances of which something was known at its end; 0: no data, which is not "no gap".
    pub known: u32,
}

impl Timeline {
    /// Reckons the parts of (`since`, `until`] from what was at `since` and the turns after it, oldest first. `whole`
    /// says whether these are all turns of the span.
    #[must_use]
    pub fn of(
        began: BTreeMap<EntranceId, EntranceState>,
        turns: &[PastTurn],
        (since, until): (Time, Time),
        step_ms: i64,
        whole: bool,
    ) -> Timeline {
        let mut standing = Standing { counts: EntranceCounts::default(), of: BTreeMap::new() };
        began.into_iter().for_each(|(id, state)| standing.turn(id, Some(state)));
        let mut turns = turns.iter().peekable();
        let (step_ms, mut parts, mut from) = (step_ms.max(1), Vec::new(), since.millis());
        while from < until.millis() {
            let to = from.saturating_add(step_ms).min(until.millis());
            let mut lost_at_most = standing.counts.lost;
            // What turned at one moment turned together: counted once all of it is in.
            while let Some(at) = turns.peek().map(|t| t.at).filter(|at| at.millis() <= to) {
                while let Some(turn) = turns.next_if(|t| t.at == at) {
                    standing.turn(turn.id.clone(), turn.to);
                }
                lost_at_most = lost_at_most.max(standing.counts.lost);
            }
            if !whole && turns.peek().is_none() {
                break;
            }
            let known = u32::try_from(standing.of.len()).unwrap_or(u32::MAX);
            parts.push(TimelinePart { at: stamp(Time(from)), entrances: standing.counts.clone(), lost_at_most, known });
            from = to;
        }
        Timeline { since: stamp(since), until: stamp(until), step_ms, parts, whole }
    }
}

/// How the entrances stand while turns are gone through.
struct Standing {
    counts: EntranceCounts,
    of: BTreeMap<EntranceId, EntranceState>,
}

impl Standing {
    fn turn(&mut self, id: EntranceId, to: Option<EntranceState>) {
        let before = match to {
            Some(state) => {
                self.counts.add(state);
                self.of.insert(id, state)
            }
            None => self.of.remove(&id),
        };
        before.into_iter().for_each(|state| self.counts.take(state));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> EntranceId {
        EntranceId::new(&format!("E{n}")).expect("an id")
    }

    fn turn(at: i64, n: u8, to: Option<EntranceState>) -> PastTurn {
        PastTurn { at: Time(at), id: id(n), to }
    }

    #[test]
    fn parts_say_how_it_stood_at_their_end_and_the_worst_in_between() {
        use EntranceState::{Covered, Lost, Reduced};
        let began = BTreeMap::from([(id(1), Covered), (id(2), Covered)]);
        let turns = [
            turn(5, 1, Some(Lost)),
            turn(8, 1, Some(Covered)),
            turn(12, 2, Some(Lost)),
            turn(12, 2, Some(Reduced)),
            turn(20, 1, Some(Lost)),
            turn(21, 2, None),
        ];
        let timeline = Timeline::of(began.clone(), &turns, (Time(0), Time(25)), 10, true);
        let parts: Vec<_> = timeline
            .parts
            .iter()
            .map(|p| (p.entrances.covered, p.entrances.reduced, p.entrances.lost, p.lost_at_most, p.known))
            .collect();
        assert_eq!(parts, [(2, 0, 0, 1, 2), (0, 1, 1, 1, 2), (0, 0, 1, 1, 1)]);
        let cut = Timeline::of(began, &turns[..3], (Time(0), Time(25)), 10, false);
        assert_eq!((cut.parts.len(), cut.whole), (1, false), "what is not known is not told");
        assert!(Timeline::of(BTreeMap::new(), &[], (Time(9), Time(9)), 10, true).parts.is_empty());
        assert_eq!(Timeline::of(BTreeMap::new(), &[], (Time(0), Time(9)), 10, true).parts[0].known, 0);
    }
}
