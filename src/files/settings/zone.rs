//! The time zone of the town as the core takes it: moments at which its clocks are set, so far ahead as any daemon runs.

use cunkou_core::model::{LocalTime, Span, Time};
use jiff::Timestamp;

use super::UiSettings;

/// A daemon that runs for longer without a new start goes on with the last offset of this time.
const AHEAD: Span = Span::hours(20 * 8_766);
/// Before now: a clock that is set back a little finds itself.
const BEFORE: Span = Span::hours(48);
/// No zone sets its clocks so often in that time.
const MOST: usize = 500;

impl UiSettings {
    /// What the clocks of `time_zone` show, from a little before `now` on.
    #[must_use]
    pub fn local_time(&self, now: Time) -> LocalTime {
        let Ok(begin) = Timestamp::from_millisecond((now - BEFORE).millis()) else { return LocalTime::default() };
        let span = |offset: jiff::tz::Offset| Span::seconds(i64::from(offset.seconds()));
        let until = now + AHEAD;
        let changes = self.time_zone.following(begin).map(|t| (Time(t.timestamp().as_millisecond()), span(t.offset())));
        let changes = changes.take_while(|(at, _)| *at <= until).take(MOST).collect();
        LocalTime::new(span(self.time_zone.to_offset(begin)), changes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    #[test]
    fn a_zone_is_known_for_years_ahead() {
        let of = |name: &str| UiSettings { time_zone: TimeZone::get(name).unwrap(), ..UiSettings::default() };
        // 2026-11-28 12:00 UTC.
        let now = Time(1_795_867_200_000);
        for (zone, winter, summer) in
            [("Asia/Shanghai", 8, 8), ("Europe/Berlin", 1, 2), ("America/St_Johns", -4, -3), ("UTC", 0, 0)]
        {
            let clocks = of(zone).local_time(now);
            for years in [0, 1, 10, 19] {
                let then = now + Span::hours(8_766 * years);
                // Newfoundland is half an hour off.
                let half = if zone == "America/St_Johns" { Span::minutes(30) } else { Span::ZERO };
                assert_eq!(clocks.offset(then), Span::hours(winter) + half, "{zone} in {years} years");
                let july = then + Span::hours(24 * 225);
                assert_eq!(clocks.offset(july), Span::hours(summer) + half, "{zone} in {years} years, in July");
            }
        }
    }
}
