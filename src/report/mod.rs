//! FIGURES OVER TIME: for how much of a period a camera was available, out of its changes of state (semantics.md §1).
//!
//! Reckons with what was believed at the time and never judges the past anew; knows no database and no clock: changes
//! of state and moments come in, lengths of time go out.

use std::collections::BTreeMap;

use cunkou_core::health::State;
use cunkou_core::model::{ReasonSet, Span, Time};

/// How a camera stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Up, or degraded for a reason that leaves it visible.
    Available,
    /// Down, or blinded.
    Out,
    /// Nothing was known of it, or the monitor did not run.
    Unknown,
    /// Not in the registry, or not installed.
    Absent,
}

/// From a moment on a camera stood so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// When that was concluded.
    pub at: Time,
    /// Since when it held: the first failure, not its confirmation.
    pub since: Time,
    /// How.
    pub standing: Standing,
}

/// Lengths of time in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Availability {
    /// Up, or degraded and visible.
    pub available: Span,
    /// Down, or blinded.
    pub out: Span,
    /// Nothing was known.
    pub unknown: Span,
    /// Of all these, in maintenance.
    pub maintenance: Span,
}

/// How a camera stands by the words of history.
#[must_use]
pub fn standing(word: &str, reasons: ReasonSet) -> Standing {
    match State::from_word(word) {
        Some(State::Up) => Standing::Available,
        Some(State::Degraded) if !reasons.blinds() => Standing::Available,
        Some(State::Degraded | State::Down) => Standing::Out,
        Some(State::Suspect | State::Unknown) => Standing::Unknown,
        None => Standing::Absent,
    }
}

/// What the turns of one camera, in the order in which they were concluded, come to between two moments. After `seen`,
/// the last sign of life of the monitor, nothing is known. Before the first turn the camera was not there.
#[must_use]
pub fn availability(turns: &[Turn], (from, to): (Time, Time), seen: Time) -> Availability {
    let mut sum = Availability::default();
    // When each turn took effect: never before the one before it, never after it was concluded.
    let mut begins: Vec<Time> = Vec::with_capacity(turns.len());
    for turn in turns {
        let before = begins.last().copied().unwrap_or(turn.since);
        begins.push(turn.since.max(before).min(turn.at.max(before)));
    }
    let ends = begins.iter().skip(1).copied().chain([Time(i64::MAX)]);
    for ((turn, begin), end) in turns.iter().zip(&begins).zip(ends) {
        let known = span((*begin, end.min(seen)), (from, to));
        let unseen = span((seen.max(*begin), end), (from, to));
        match turn.standing {
            Standing::Available => sum.available = sum.available + known,
            Standing::Out => sum.out = sum.out + known,
            Standing::Unknown => sum.unknown = sum.unknown + known,
            Standing::Absent => continue,
        }
        sum.unknown = sum.unknown + unseen;
    }
    sum
}

/// How much of a stretch lies in a period.
#[must_use]
pub fn span((begin, end): (Time, Time), (from, to): (Time, Time)) -> Span {
    end.min(to).since(begin.max(from))
}

impl Availability {
    /// Time available of the time in which something was known; `None` where nothing ever was.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        let known = self.available + self.out;
        (known > Span::ZERO).then(|| self.available.seconds_f64() / known.seconds_f64())
    }

    /// Adds another camera's.
    pub fn add(&mut self, other: &Availability) {
        self.available = self.available + other.available;
        self.out = self.out + other.out;
        self.unknown = self.unknown + other.unknown;
        self.maintenance = self.maintenance + other.maintenance;
    }
}

/// The share of the time in which something was known, over all of these cameras, in which they were available; and those
/// that were out for longest, the worst first, at most `most`.
#[must_use]
pub fn worst<K: Ord + Clone>(
    cameras: &BTreeMap<K, Vec<Turn>>,
    period: (Time, Time),
    seen: Time,
    most: usize,
) -> (Option<f64>, Vec<(K, Availability)>) {
    let mut sum = Availability::default();
    let mut out: Vec<(K, Availability)> = Vec::new();
    for (camera, turns) in cameras {
        let own = availability(turns, period, seen);
        sum.add(&own);
        if own.out > Span::ZERO {
            out.push((camera.clone(), own));
        }
    }
    out.sort_by(|a, b| (b.1.out, &a.0).cmp(&(a.1.out, &b.0)));
    out.truncate(most);
    (sum.share(), out)
}

#[cfg(test)]
mod tests {
    use cunkou_core::model::Reason;
    use proptest::prelude::*;

    use super::*;

    const LATER: Time = Time(i64::MAX);

    fn turn(at: i64, since: i64, word: &str) -> Turn {
        Turn { at: Time(at), since: Time(since), standing: standing(word, ReasonSet::EMPTY) }
    }

    fn sums(a: Availability) -> [i64; 3] {
        [a.available, a.out, a.unknown].map(Span::as_millis)
    }

    #[test]
    fn a_failure_counts_from_its_first_try_and_doubt_is_no_outage() {
        let turns = [turn(100, 100, "up"), turn(310, 300, "down"), turn(400, 400, "up")];
        assert_eq!(sums(availability(&turns, (Time(0), Time(1_000)), LATER)), [800, 100, 0]);
        assert_eq!(sums(availability(&turns, (Time(200), Time(350)), LATER)), [100, 50, 0]);
        assert_eq!(sums(availability(&turns, (Time(0), Time(50)), LATER)), [0, 0, 0], "it was not there yet");
    }

    #[test]
    fn the_time_without_a_monitor_is_unknown_and_no_outage() {
        let turns = [turn(0, 0, "up"), turn(500, 500, "unknown"), turn(700, 700, "up")];
        let a = availability(&turns, (Time(0), Time(1_000)), Time(900));
        assert_eq!(sums(a), [700, 0, 300], "the hole, and what came after the last sign of life");
        assert_eq!(a.share(), Some(1.0));
        assert_eq!(availability(&turns, (Time(950), Time(1_000)), Time(900)).share(), None);
    }

    #[test]
    fn visible_is_available_and_blinded_is_not() {
        let with = |reason| ReasonSet::from_iter([reason]);
        assert_eq!(standing("degraded", with(Reason::Auth)), Standing::Available);
        assert_eq!(standing("degraded", with(Reason::Black)), Standing::Out);
        assert_eq!(standing("removed", ReasonSet::EMPTY), Standing::Absent);
        let turns = [turn(0, 0, "up"), turn(100, 100, "removed")];
        assert_eq!(sums(availability(&turns, (Time(0), Time(1_000)), LATER)), [100, 0, 0]);
    }

    #[test]
    fn those_that_were_out_for_longest_come_first() {
        let cameras = BTreeMap::from([
            ("a", vec![turn(0, 0, "up"), turn(100, 100, "down"), turn(200, 200, "up")]),
            ("b", vec![turn(0, 0, "up"), turn(100, 100, "down"), turn(500, 500, "up")]),
            ("c", vec![turn(0, 0, "up")]),
            ("d", vec![turn(0, 0, "unknown")]),
            ("e", vec![turn(0, 0, "up"), turn(900, 900, "down")]),
        ]);
        let (share, all) = worst(&cameras, (Time(0), Time(1_000)), LATER, 9);
        assert_eq!(share, Some(3_400.0 / 4_000.0), "of what nothing is known, nothing counts");
        assert_eq!(all.iter().map(|(c, _)| *c).collect::<Vec<_>>(), ["b", "a", "e"], "ties in the order of ids");
        assert_eq!(worst(&cameras, (Time(0), Time(1_000)), LATER, 1).1.len(), 1);
        assert_eq!(worst(&BTreeMap::<u8, _>::new(), (Time(0), Time(1)), LATER, 9), (None, Vec::new()));
    }

    proptest! {
        /// However the clock was stepped: no moment counts twice, and parts add up to the whole.
        #[test]
        fn parts_add_up_to_the_whole(
            turns in prop::collection::vec((0..1_000_i64, 0..1_000_i64, 0..5_usize), 0..20),
            cut in 0..1_000_i64,
            seen in 0..1_500_i64,
        ) {
            let words = ["up", "down", "unknown", "degraded", "removed"];
            let turns: Vec<Turn> = turns.into_iter().map(|(at, since, w)| turn(at, since, words[w])).collect();
            let of = |from: i64, to: i64| availability(&turns, (Time(from), Time(to)), Time(seen));
            let (mut first, second, whole) = (of(0, cut), of(cut, 1_000), of(0, 1_000));
            first.add(&second);
            prop_assert_eq!(first, whole);
            prop_assert!(sums(whole).iter().all(|ms| *ms >= 0) && sums(whole).iter().sum::<i64>() <= 1_000);
        }
    }
}
