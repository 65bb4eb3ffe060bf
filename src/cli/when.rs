//! Moments as people type and read them.

use cunkou_core::model::{Span, Time};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The moment of now, by the system's clock.
pub(super) fn now() -> Time {
    Time(Timestamp::now().as_millisecond())
}

/// Reads RFC 3339 (`2026-11-24T03:00:00Z`), or `YYYY-MM-DD HH:MM` (seconds may follow) in a zone.
pub(super) fn parse(text: &str, zone: &TimeZone) -> Option<Time> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(Time(at.as_millisecond()));
    }
    let plain = text.len() >= "2026-11-24 03:00".len() && !text.contains('[');
    let local: DateTime = text.parse().ok().filter(|_| plain)?;
    Some(Time(zone.to_ambiguous_timestamp(local).compatible().ok()?.as_millisecond()))
}

/// Reads a moment as [`parse`] does, or a length of time from `now` on (`2h`).
pub(super) fn parse_ahead(text: &str, now: Time, zone: &TimeZone) -> Option<Time> {
    match text.trim().parse::<Span>() {
        Ok(span) => Some(now + span),
        Err(_) => parse(text, zone),
    }
}

/// A moment in a zone, to the second: `2026-11-24 11:00:00`.
pub(super) fn local(at: Time, zone: &TimeZone) -> String {
    match Timestamp::from_millisecond(at.millis()) {
        Ok(at) => at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => at.millis().to_string(),
    }
}

/// A moment of the wire in a zone; as it is where it cannot be read.
pub(super) fn local_stamp(stamp: &str, zone: &TimeZone) -> String {
    stamp.parse::<Timestamp>().map_or_else(|_| stamp.to_owned(), |at| local(Time(at.as_millisecond()), zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_the_zone_of_the_settings() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let three_utc = Some(Time(1_795_489_200_000));
        for text in [
            "2026-11-24T03:00:00Z",
            "2026-11-24T11:00:00+08:00",
            "2026-11-24 11:00",
            " 2026-11-24 11:00:00 ",
            "2026-11-24T11:00",
        ] {
            assert_eq!(parse(text, &zone), three_utc, "{text}");
        }
        assert_eq!(parse_ahead("2h", Time(5), &zone), Some(Time(7_200_005)));
        assert_eq!(parse_ahead("2026-11-24 11:00", Time(5), &zone), three_utc);
        assert_eq!(parse_ahead("soon", Time(5), &zone), None);
        for text in ["", "yesterday", "2026-11-24", "11:00", "2026-13-01 00:00", "2026-11-24 25:00"] {
            assert_eq!(parse(text, &zone), None, "{text}");
        }
        assert_eq!(local(Time(1_795_489_200_000), &zone), "2026-11-24 11:00:00");
        assert_eq!(local_stamp("2026-11-24T03:00:00.000Z", &zone), "2026-11-24 11:00:00");
        assert_eq!(local_stamp("soon", &zone), "soon");
    }

    #[test]
    fn an_hour_that_the_clock_skips_is_read_as_the_one_after() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let at = parse("2026-03-29 02:30", &zone).unwrap();
        assert_eq!(local(at, &zone), "2026-03-29 03:30:00");
    }
}
