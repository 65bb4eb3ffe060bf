//! Local time as data: how far the clocks of the town are ahead of UTC, and from when on.
//!
//! The core knows no time zone: whoever starts it expands one into these moments.

use std::sync::Arc;

use super::{Span, Time};

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;
/// Milliseconds of a minute.
const MINUTE: i64 = 60_000;

/// What the clocks in the town show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocalTime {
    first: Span,
    /// By time: from then on, so far ahead of UTC.
    changes: Arc<[(Time, Span)]>,
}

impl Default for LocalTime {
    /// UTC+8, as in the whole of China.
    fn default() -> Self {
        LocalTime::new(Span::hours(8), Vec::new())
    }
}

impl LocalTime {
    /// Clocks that are `first` ahead of UTC, and from each of these moments on otherwise.
    #[must_use]
    pub fn new(first: Span, mut changes: Vec<(Time, Span)>) -> LocalTime {
        changes.sort_unstable();
        LocalTime { first, changes: changes.into() }
    }

    /// How far they are ahead of UTC; negative in the west.
    #[must_use]
    pub fn offset(&self, at: Time) -> Span {
        let past = self.changes.partition_point(|(from, _)| *from <= at);
        past.checked_sub(1).and_then(|i| self.changes.get(i)).map_or(self.first, |(_, offset)| *offset)
    }

    /// The minute of the day that they show, 0 to 1439.
    #[must_use]
    pub fn minute_of_day(&self, at: Time) -> u16 {
        let shown = (at + self.offset(at)).millis().rem_euclid(DAY) / MINUTE;
        u16::try_from(shown).unwrap_or(0)
    }

    /// The next moment after `at` at which they show a minute of the day (0 to 1440), or at which they are set, where
    /// that comes first.
    #[must_use]
    pub fn next(&self, at: Time, minute: u16) -> Time {
        let offset = self.offset(at);
        let midnight = (at + offset).millis().div_euclid(DAY) * DAY;
        let today = Time(midnight + i64::from(minute % 1_440) * MINUTE) - offset;
        let shown = if today > at { today } else { today + Span(DAY) };
        let set = self.changes.iter().map(|(from, _)| *from).find(|from| *from > at);
        set.map_or(shown, |set| set.min(shown))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-28 00:00 UTC.
    const DAWN: Time = Time(1_795_824_000_000);

    #[test]
    fn clocks_show_the_minute_of_their_place() {
        let china = LocalTime::default();
        assert_eq!(china.minute_of_day(DAWN), 8 * 60);
        assert_eq!(china.minute_of_day(DAWN + Span::hours(16)), 0);
        assert_eq!(china.minute_of_day(DAWN + Span::hours(16) - Span(1)), 1_439);
        let west = LocalTime::new(Span::hours(-5), Vec::new());
        assert_eq!(west.minute_of_day(DAWN), 19 * 60);
        assert_eq!(west.minute_of_day(Time(-1)), 18 * 60 + 59, "before 1970 too");
    }

    #[test]
    fn the_next_time_they_show_something_is_after_now() {
        let china = LocalTime::default();
        assert_eq!(china.next(DAWN, 9 * 60), DAWN + Span::hours(1));
        assert_eq!(china.next(DAWN, 8 * 60), DAWN + Span::hours(24), "never now");
        assert_eq!(china.next(DAWN, 0), DAWN + Span::hours(16));
        assert_eq!(china.next(DAWN, 1_440), DAWN + Span::hours(16), "24:00 is 00:00");
    }

    #[test]
    fn clocks_that_are_set_are_looked_at_again() {
        // Central Europe: summer time from 2026-03-29 01:00 UTC, winter time from 2026-10-25 01:00 UTC.
        let (spring, autumn) = (Time(1_774_746_000_000), Time(1_792_890_000_000));
        let changes = vec![(autumn, Span::hours(1)), (spring, Span::hours(2))];
        let berlin = LocalTime::new(Span::hours(1), changes);
        assert_eq!(berlin.minute_of_day(spring - Span(1)), 119);
        assert_eq!(berlin.minute_of_day(spring), 180);
        assert_eq!(berlin.minute_of_day(autumn), 120);
        assert_eq!(berlin.next(spring - Span::hours(1), 8 * 60), spring, "what comes after it is reckoned anew");
        assert_eq!(berlin.next(spring, 8 * 60), spring + Span::hours(5));
    }
}
