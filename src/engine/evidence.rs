//! The last outcomes of each check, so that every state can be opened down to the probes behind it; and the hourly
//! figures that are kept for ever.

use std::collections::{HashMap, VecDeque};

use cunkou_core::model::{Check, Outcome, ProbeResult, Span, Target};
use cunkou_core::registry::Topology;

use crate::store::{HourlyRow, Sums, hour_of, rtt_bucket};

/// Outcomes by target and check; failures stay longer than passes.
#[derive(Debug)]
pub(super) struct Evidence {
    kept: usize,
    outcomes: HashMap<(Target, Check), VecDeque<Outcome>>,
    figures: HashMap<(i64, Target, Check), Sums>,
}

impl Evidence {
    /// Keeps so many outcomes a check.
    pub(super) fn new(kept: usize) -> Evidence {
        Evidence { kept: kept.max(1), outcomes: HashMap::new(), figures: HashMap::new() }
    }

    /// Notes an outcome.
    pub(super) fn note(&mut self, o: &Outcome) {
        self.count(o);
        let ring = self.outcomes.entry((o.target, o.check)).or_default();
        ring.push_back(o.clone());
        if ring.len() > self.kept {
            // The oldest pass goes first, as long as it is in the older half: a failure is what people look for.
            let older = ring.iter().take(self.kept / 2).position(|o| o.result.is_alive());
            ring.remove(older.unwrap_or(0));
        }
    }

    fn count(&mut self, o: &Outcome) {
        let counted = matches!(o.target, Target::Camera(_)) && o.check.decides_down();
        if !counted || matches!(o.result, ProbeResult::Inconclusive(_)) {
            return;
        }
        let figures = self.figures.entry((hour_of(o.begun), o.target, o.check)).or_default();
        figures.probes += 1;
        figures.failures += u64::from(!o.result.is_alive());
        if let Some(rtt) = o.rtt
            && let Some(bucket) = figures.rtt.get_mut(rtt_bucket(rtt))
        {
            *bucket += 1;
        }
    }

    /// The clock was stepped: what is kept stays as old as it is.
    pub(super) fn shift(&mut self, step: Span) {
        for o in self.outcomes.values_mut().flatten() {
            (o.due, o.begun, o.ended) = (o.due + step, o.begun + step, o.ended + step);
        }
    }

    /// The outcomes of a target, oldest first.
    pub(super) fn of(&self, target: Target) -> Vec<Outcome> {
        let rings = Check::ALL.into_iter().filter_map(|c| self.outcomes.get(&(target, c)));
        let mut all: Vec<Outcome> = rings.flatten().cloned().collect();
        all.sort_by_key(|o| o.begun);
        all
    }

    /// Takes the figures that were counted since the last call.
    pub(super) fn take_figures(&mut self, topology: &Topology) -> Vec<HourlyRow> {
        let id = |t: Target| match t {
            Target::Camera(c) => topology.cameras.get(c.at()).map(|s| s.id.clone()),
            _ => None,
        };
        let drained = std::mem::take(&mut self.figures).into_iter();
        drained
            .filter_map(|((hour, target, check), sums)| Some(HourlyRow { hour, camera: id(target)?, check, sums }))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use cunkou_core::model::{CameraIx, FailKind, Phase, PhaseTimes, Span, Time};

    use super::*;

    fn outcome(n: i64, passes: bool) -> Outcome {
        Outcome {
            target: Target::Camera(CameraIx(0)),
            check: Check::Reach,
            due: Time(n),
            begun: Time(n),
            ended: Time(n + 3),
            asked: false,
            credential: false,
            result: if passes { ProbeResult::Pass { slow: false } } else { ProbeResult::Fail(FailKind::Timeout) },
            phase: Phase::Connect,
            times: PhaseTimes::default(),
            rtt: passes.then_some(Span(3)),
            note: None,
        }
    }

    #[test]
    fn failures_stay_longer_than_passes() {
        let mut evidence = Evidence::new(20);
        for n in 0..100 {
            evidence.note(&outcome(n, n != 5));
        }
        let kept = evidence.of(Target::Camera(CameraIx(0)));
        assert_eq!(kept.len(), 20);
        assert!(kept.iter().any(|o| o.begun == Time(5)), "the one failure is still there");
        assert_eq!(kept.last().map(|o| o.begun), Some(Time(99)));
        for n in 100..200 {
            evidence.note(&outcome(n, false));
        }
        let kept = evidence.of(Target::Camera(CameraIx(0)));
        assert_eq!((kept.len(), kept.last().map(|o| o.begun)), (20, Some(Time(199))));
    }
}
