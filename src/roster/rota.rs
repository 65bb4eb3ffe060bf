//! A roster, and whose turn it is at a moment.
//!
//! A day of duty begins at the hour of handover and ends at that of the next day; a week of duty begins so on the day of
//! handover. Both are counted in dates of the roster's zone and turned into moments one by one, so that a clock that is
//! set forward or back makes a turn an hour shorter or longer, and never a gap or two at once. An hour of handover that
//! the clock skips is the one after; one that comes twice is the first.

use std::sync::Arc;

use cunkou_core::model::Time;
use jiff::Timestamp;
use jiff::civil::{Date, Time as Hour, Weekday};
use jiff::tz::TimeZone;

use super::Contact;

/// Moments that are reckoned with: the years 1900 to 9000. What lies outside is taken for the nearest inside.
const FIRST: i64 = -2_208_988_800_000;
const LAST: i64 = 221_845_392_000_000;

/// Days of a turn.
const WEEK: i64 = 7;

/// A roster. What it names are contacts of its own.
#[derive(Clone, PartialEq, Debug)]
pub struct Roster {
    /// The zone of its dates and hours.
    pub zone: TimeZone,
    /// The day of the week on which a turn ends and the next begins.
    pub weekday: Weekday,
    /// The hour at which it does.
    pub hour: Hour,
    /// A date of the week of duty in which the first of each level has the turn; weeks before it are counted backwards.
    pub begins: Date,
    /// Everybody who can be called, in the order of the file.
    pub contacts: Vec<Arc<Contact>>,
    /// Who takes turns at each level, the first level first; each has somebody.
    pub levels: Vec<Vec<Arc<Contact>>>,
    /// Days with an order of their own. Where two are of one day and level, the later in the file holds.
    pub holidays: Vec<Holiday>,
    /// Who stands in for whom; where two meet, the later in the file holds.
    pub stand_ins: Vec<StandIn>,
}

/// Days on which others take turns, a day each.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holiday {
    /// The first day of duty.
    pub from: Date,
    /// The last day of duty.
    pub to: Date,
    /// At which level, from 0.
    pub level: usize,
    /// Who; empty: nobody.
    pub order: Vec<Arc<Contact>>,
}

/// Somebody in somebody's place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StandIn {
    /// Who does it.
    pub who: Arc<Contact>,
    /// Only where this one would be on duty.
    pub instead_of: Option<Arc<Contact>>,
    /// At which level, from 0; `None`: at every one.
    pub level: Option<usize>,
    /// From this moment on.
    pub from: Time,
    /// Until before this moment.
    pub to: Time,
}

/// Why somebody is on duty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// It is their week.
    Rota,
    /// It is a holiday.
    Holiday,
    /// They stand in for somebody.
    StandIn,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Reason; 3] = [Reason::Rota, Reason::Holiday, Reason::StandIn];

    /// The word users see.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Reason::Rota => "rota",
            Reason::Holiday => "holiday",
            Reason::StandIn => "override",
        }
    }
}

impl Roster {
    /// Who is on duty at a level, from 0, and why; a level beyond the last is the last. `None`: nobody is.
    #[must_use]
    pub fn at(&self, level: usize, at: Time) -> (Option<&Arc<Contact>>, Reason) {
        let level = level.min(self.levels.len().saturating_sub(1));
        let at = Time(at.millis().clamp(FIRST, LAST));
        let day = self.day_of(at);
        let mut found = (self.of_week(level, day), Reason::Rota);
        for holiday in self.holidays.iter().filter(|h| h.level == level && h.from <= day && day <= h.to) {
            found = (in_turn(&holiday.order, days_between(holiday.from, day)), Reason::Holiday);
        }
        for stand_in in self.stand_ins.iter().filter(|s| s.from <= at && at < s.to) {
            let here = stand_in.level.is_none_or(|l| l == level);
            let theirs = stand_in.instead_of.is_none() || stand_in.instead_of.as_ref() == found.0;
            if here && theirs {
                found = (Some(&stand_in.who), Reason::StandIn);
            }
        }
        found
    }

    fn of_week(&self, level: usize, day: Date) -> Option<&Arc<Contact>> {
        let first = self.begins.saturating_sub(jiff::Span::new().days(self.weekday.until(self.begins.weekday())));
        in_turn(self.levels.get(level)?, days_between(first, day).div_euclid(WEEK))
    }

    /// The day of duty of a moment: the last date whose hour of handover has come.
    pub(super) fn day_of(&self, at: Time) -> Date {
        let here = |date: Date| self.handover(date) <= at;
        let mut day = self.date(at);
        // A zone may skip a date, or have one twice: a few steps either way at most.
        for _ in 0..3 {
            if here(day) {
                break;
            }
            day = day.saturating_sub(jiff::Span::new().days(1));
        }
        for _ in 0..3 {
            match day.tomorrow() {
                Ok(next) if here(next) => day = next,
                _ => break,
            }
        }
        day
    }

    /// The date of a moment in the roster's zone.
    pub(super) fn date(&self, at: Time) -> Date {
        let at = Timestamp::from_millisecond(at.millis()).unwrap_or(Timestamp::UNIX_EPOCH);
        self.zone.to_datetime(at).date()
    }

    /// When duty changes hands on a date.
    pub(super) fn handover(&self, date: Date) -> Time {
        let local = self.zone.to_ambiguous_timestamp(date.to_datetime(self.hour));
        match local.compatible() {
            Ok(at) => Time(at.as_millisecond()),
            // At the ends of the calendar.
            Err(_) if date.year() < 0 => Time(i64::MIN),
            Err(_) => Time(i64::MAX),
        }
    }
}

fn days_between(from: Date, to: Date) -> i64 {
    from.duration_until(to).as_hours() / 24
}

/// Who of an order has the turn of this number, which may be below 0.
fn in_turn(order: &[Arc<Contact>], turn: i64) -> Option<&Arc<Contact>> {
    let n = i64::try_from(order.len()).ok().filter(|n| *n > 0)?;
    order.get(usize::try_from(turn.rem_euclid(n)).ok()?)
}
