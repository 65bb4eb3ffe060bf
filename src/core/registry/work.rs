//! Work that is announced by the files (maintenance.csv): once, or each week. Local times stay local here: which moments
//! they are depends on the time zone, and that is the shell's.

use std::fmt;
use std::sync::Arc;

use super::Extra;
use crate::model::{Time, WorkId};

/// The days of a week, Monday first.
pub(super) const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// All seven of them.
const DAILY: u8 = 0x7f;
/// Minutes of a day.
pub(super) const DAY: u16 = 24 * 60;
/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;
/// The clocks of no place are further ahead of UTC or behind it.
const FAR: i64 = 14 * 3_600_000;

/// Work that is announced by a row of maintenance.csv.
#[derive(Clone, PartialEq, Debug)]
pub struct PlannedWork {
    /// The id of the row.
    pub id: WorkId,
    /// The id of a camera, of a node (with whatever would fail if it were down) or of an area (every camera in it).
    pub object: Arc<str>,
    /// From then on; of what recurs, not before.
    pub from: Option<WallTime>,
    /// Up to then; `None`: recurs as long as the row stands.
    pub until: Option<WallTime>,
    /// When in a week; `None`: once.
    pub weekly: Option<Weekly>,
    /// For the others to read.
    pub note: Option<Arc<str>>,
    /// Who announced it.
    pub who: Option<Arc<str>>,
    /// Unknown columns.
    pub extra: Extra,
}

/// A moment as a file says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WallTime {
    /// With its offset: a moment.
    At(Time),
    /// What the clocks of the town show, as milliseconds since 1970-01-01 00:00 of those clocks; whole seconds.
    Local(i64),
}

impl WallTime {
    /// Reads `2026-11-24 11:00` (also `2026/11/24 11:00`, as spreadsheets write it, and with seconds) as local time, and
    /// RFC 3339 (`2026-11-24T03:00:00Z`, `2026-11-24T11:00:00+08:00`) as a moment.
    #[must_use]
    pub fn parse(text: &str) -> Option<WallTime> {
        let (date, rest) = text.trim().split_once(['T', 't', ' '])?;
        let day = day_of(date)?;
        let rest = rest.trim();
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(rest.len());
        let (clock, zone) = rest.split_at(end);
        let local = day * DAY_MS + clock_ms(clock)?;
        match zone {
            "" => Some(WallTime::Local(local)),
            "Z" | "z" => Some(WallTime::At(Time(local))),
            _ => {
                let ahead = match zone.split_at_checked(1)? {
                    ("+", offset) => offset_ms(offset)?,
                    ("-", offset) => -offset_ms(offset)?,
                    _ => return None,
                };
                Some(WallTime::At(Time(local - ahead)))
            }
        }
    }

    /// Whether it is not after another, wherever the town may be.
    pub(super) fn is_surely_not_after(self, other: WallTime) -> bool {
        let span = |t: WallTime| match t {
            WallTime::At(at) => (at.millis(), at.millis()),
            WallTime::Local(ms) => (ms - FAR, ms + FAR),
        };
        match (self, other) {
            (WallTime::Local(a), WallTime::Local(b)) => a <= b,
            (a, b) => span(a).1 <= span(b).0,
        }
    }
}

impl fmt::Display for WallTime {
    /// Reads as the same value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ms, between, zone) = match self {
            WallTime::At(at) => (at.millis(), 'T', "Z"),
            WallTime::Local(ms) => (*ms, ' ', ""),
        };
        let (year, month, day) = date_of(ms.div_euclid(DAY_MS));
        let seconds = ms.rem_euclid(DAY_MS) / 1_000;
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}{between}{hour:02}:{minute:02}")?;
        if second != 0 || !zone.is_empty() {
            write!(f, ":{second:02}")?;
        }
        f.write_str(zone)
    }
}

/// `11:00`, `9:30:15`; parts of a second are cut off.
fn clock_ms(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let hour = number(parts.next()?, 1, 2)?;
    let minute = number(parts.next()?, 2, 2)?;
    let second = match parts.next() {
        None => 0,
        Some(part) => {
            let (whole, fraction) = part.split_once('.').map_or((part, "0"), |(whole, fraction)| (whole, fraction));
            number(fraction, 1, 9)?;
            number(whole, 2, 2)?
        }
    };
    let fits = parts.next().is_none() && hour < 24 && minute < 60 && second < 60;
    fits.then_some((hour * 3_600 + minute * 60 + second) * 1_000)
}

/// `08:00` behind a sign.
fn offset_ms(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute) = (number(hour, 2, 2)?, number(minute, 2, 2)?);
    (hour <= 14 && minute < 60).then_some((hour * 60 + minute) * 60_000)
}

fn number(text: &str, least: usize, most: usize) -> Option<i64> {
    let fits = (least..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| fits)
}

/// Days since 1970-01-01 of `2026-11-24` or `2026/11/24`.
fn day_of(text: &str) -> Option<i64> {
    let canonical = super::read::parse_date(text)?;
    let mut parts = canonical.split('-').map(|p| p.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    // By the civil calendar, with years that begin in March so that the leap day is the last.
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719_468;
    (days >= 0).then_some(days)
}

/// Year, month and day of so many days since 1970-01-01.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

/// Days of a week and a time of day, in the time zone of the town: `sat,sun 01:00-05:00`; `daily` stands for all seven.
/// An end that is not after its begin is on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weekly {
    /// Bit 0 is Monday.
    days: u8,
    /// Minutes after midnight.
    from: u16,
    /// Minutes after midnight, up to and with 24:00.
    to: u16,
}

impl Weekly {
    /// Reads what [`fmt::Display`] writes; from a time of day to the same is a whole day.
    #[must_use]
    pub fn parse(text: &str) -> Option<Weekly> {
        let (days, hours) = text.trim().split_once(' ')?;
        let days = days_of(days.split(','))?;
        let (from, to) = hours.trim().split_once('-')?;
        let (from, to) = (minutes_of(from)?, minutes_of(to)?);
        (from < DAY).then_some(Weekly { days, from, to })
    }

    /// On these days (bit 0 is Monday), from a minute of the day on, for so many minutes: 1 to 1440.
    #[must_use]
    pub fn new(days: u8, from: u16, length: u16) -> Option<Weekly> {
        let fits = days != 0 && days <= DAILY && from < DAY && (1..=DAY).contains(&length);
        let end = from.checked_add(length)?;
        fits.then_some(Weekly { days, from, to: if end > DAY { end - DAY } else { end } })
    }

    /// Whether it begins on a day; 0 is Monday.
    #[must_use]
    pub const fn begins_on(self, day: u8) -> bool {
        self.days & (1 << (day % 7)) != 0
    }

    /// Minutes after midnight at which it begins; and at which it ends, counted from the midnight of the day on which it
    /// began.
    #[must_use]
    pub const fn minutes(self) -> (u16, u16) {
        (self.from, if self.to > self.from { self.to } else { self.to + DAY })
    }

    /// Its days with something between them; `daily` for all seven.
    #[must_use]
    pub fn days(self, between: &str) -> String {
        if self.days == DAILY {
            return "daily".to_owned();
        }
        let days = DAYS.iter().zip(0..).filter(|(_, day)| self.begins_on(*day));
        days.map(|(word, _)| *word).collect::<Vec<_>>().join(between)
    }
}

/// Days by their words, or `daily`.
pub(super) fn days_of<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<u8> {
    let first = words.next()?;
    let bit = |word: &str| DAYS.iter().position(|d| *d == word).map(|i| 1 << i);
    match first {
        "daily" => words.next().is_none().then_some(DAILY),
        first => words.try_fold(bit(first)?, |all, word| Some(all | bit(word)?)),
    }
}

/// `05:30`, up to `24:00`.
pub(super) fn minutes_of(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |t: &str| t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit());
    if !digits(hour) || !digits(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let all = hour * 60 + minute;
    (minute < 60 && all <= DAY).then_some(all)
}

/// `05:30`.
pub(super) fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

impl fmt::Display for Weekly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}-{}", self.days(","), clock(self.from), clock(self.to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_a_week_read_what_they_write() {
        for (text, written) in [
            ("sat,sun 01:00-05:00", "sat,sun 01:00-05:00"),
            ("sun,sat 01:00-05:00", "sat,sun 01:00-05:00"),
            ("daily 22:00-24:00", "daily 22:00-24:00"),
            ("mon,tue,wed,thu,fri,sat,sun 00:00-00:30", "daily 00:00-00:30"),
            (" fri 22:00-02:00 ", "fri 22:00-02:00"),
        ] {
            assert_eq!(Weekly::parse(text).map(|w| w.to_string()).as_deref(), Some(written), "{text}");
        }
        for bad in [
            "",
            "sat",
            "sat 5:00-6:00",
            "sam 01:00-05:00",
            "sat 24:00-01:00",
            "sat 01:60-02:00",
            "sat 01:00-25:00",
            "sat, 01:00-02:00",
            "daily,sat 01:00-02:00",
        ] {
            assert_eq!(Weekly::parse(bad), None, "{bad}");
        }
        assert_eq!(Weekly::parse("sat 01:00-01:00").map(Weekly::minutes), Some((60, 1_500)), "a whole day");
        let over_midnight = Weekly::parse("fri 22:00-02:00").unwrap();
        assert_eq!(
            (over_midnight.minutes(), over_midnight.begins_on(4), over_midnight.begins_on(5)),
            ((1_320, 1_560), true, false)
        );
    }

    #[test]
    fn a_length_is_an_end() {
        for (from, length, text) in [
            (60, 240, "sat 01:00-05:00"),
            (1_320, 120, "sat 22:00-24:00"),
            (1_320, 240, "sat 22:00-02:00"),
            (60, 1_440, "sat 01:00-01:00"),
            (0, 1_440, "sat 00:00-24:00"),
        ] {
            let weekly = Weekly::new(1 << 5, from, length).unwrap();
            assert_eq!(weekly.to_string(), text);
            let (begin, end) = weekly.minutes();
            assert_eq!((begin, end - begin), (from, length), "{text}");
        }
        for (days, from, length) in [(0, 60, 60), (0x80, 60, 60), (1, 1_440, 60), (1, 60, 0), (1, 60, 1_441)] {
            assert_eq!(Weekly::new(days, from, length), None, "{days} {from} {length}");
        }
    }

    #[test]
    fn moments_of_a_file_are_local_unless_they_say_their_offset() {
        let three_utc = WallTime::At(Time(1_795_489_200_000));
        for text in
            ["2026-11-24T03:00:00Z", "2026-11-24T11:00:00+08:00", "2026-11-23 22:00:00.5-05:00", "2026/11/24 3:00Z"]
        {
            assert_eq!(WallTime::parse(text), Some(three_utc), "{text}");
        }
        assert_eq!(three_utc.to_string(), "2026-11-24T03:00:00Z");
        let three = WallTime::Local(1_795_489_200_000);
        for text in ["2026-11-24 03:00", " 2026/11/24  3:00 ", "2026-11-24T03:00:00"] {
            assert_eq!(WallTime::parse(text), Some(three), "{text}");
        }
        assert_eq!(three.to_string(), "2026-11-24 03:00");
        for (days, text) in [(0, "1970-01-01 00:00"), (11_016, "2000-02-29 00:00"), (20_512, "2026-02-28 00:00")] {
            assert_eq!(WallTime::Local(days * DAY_MS).to_string(), text);
            assert_eq!(WallTime::parse(text), Some(WallTime::Local(days * DAY_MS)), "{text}");
        }
        for bad in [
            "",
            "2026-11-24",
            "11:00",
            "2026-02-29 11:00",
            "2026-11-24 24:00",
            "2026-11-24 11:60",
            "2026-11-24 11",
            "2026-11-24 11:00 CST",
            "2026-11-24 11:00+8",
            "2026-11-24 11:00+15:00",
            "1969-12-31 11:00",
            "明天 11:00",
            "2026-11-24 11:00:00:00",
            "2026-11-24 11:00:0",
        ] {
            assert_eq!(WallTime::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_end_before_its_begin_is_known_wherever_the_town_is() {
        let (local, later) =
            (WallTime::parse("2026-11-24 11:00").unwrap(), WallTime::parse("2026-11-24 11:01").unwrap());
        assert!(
            local.is_surely_not_after(local) && local.is_surely_not_after(later) && !later.is_surely_not_after(local)
        );
        let near = WallTime::parse("2026-11-24T20:00:00Z").unwrap();
        assert!(!local.is_surely_not_after(near) && !near.is_surely_not_after(local), "either may be first");
        let next_day = WallTime::parse("2026-11-25T02:00:00Z").unwrap();
        assert!(local.is_surely_not_after(next_day) && !next_day.is_surely_not_after(local));
    }
}
