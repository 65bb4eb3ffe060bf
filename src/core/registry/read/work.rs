//! Announced work: once from a moment to another, or each week at a time of day.

use std::sync::Arc;

use super::cells::Cells;
use crate::model::{IdFault, Span, WorkId, check_id};
use crate::registry::fault::CellFault;
use crate::registry::work::{DAY, days_of, minutes_of};
use crate::registry::{PlannedWork, WallTime, Weekly};

/// The columns of what comes once …
const ONCE: [&str; 2] = ["from", "until"];
/// … and of what recurs.
const RECURS: [&str; 3] = ["days", "start", "length"];

impl Cells<'_> {
    pub(super) fn work(&mut self) -> Option<PlannedWork> {
        let id = self.id("id", WorkId::new);
        let object = self.id("object", any_id);
        let from = self.parsed("from", WallTime::parse, CellFault::Moment);
        let until = self.parsed("until", WallTime::parse, CellFault::Moment);
        let recurs = RECURS.iter().any(|column| !self.trimmed(column).is_empty());
        for column in if recurs { &RECURS[..] } else { &ONCE } {
            if self.trimmed(column).is_empty() {
                self.fault(column, "", CellFault::WorkTimes);
            }
        }
        if let (Some(begin), Some(end)) = (from, until)
            && end.is_surely_not_after(begin)
        {
            let value = self.trimmed("until");
            self.fault("until", value, CellFault::EndsFirst);
        }
        let weekly = self.weekly();
        let (note, who, extra) = (self.text("note"), self.text("who"), self.extra());
        Some(PlannedWork { id: id?, object: object?, from, until, weekly, note, who, extra })
    }

    /// Days, start and length, each read before one is missed.
    fn weekly(&mut self) -> Option<Weekly> {
        let days = self.parsed("days", days, CellFault::Days);
        let start = self.parsed("start", start, CellFault::Clock);
        let length = self.parsed("length", length, CellFault::Length);
        Weekly::new(days?, start?, length?)
    }
}

/// The id of whatever kind of thing; of which it must be, the references say.
fn any_id(text: &str) -> Result<Arc<str>, IdFault> {
    check_id(text).map(|()| text.into())
}

/// Words with spaces or commas between them.
fn days(text: &str) -> Option<u8> {
    days_of(text.split([' ', ',', '\t', '\u{3000}']).filter(|word| !word.is_empty()))
}

/// A time of day; `9:00` as spreadsheets write it, too.
fn start(text: &str) -> Option<u16> {
    let padded = if text.find(':') == Some(1) { format!("0{text}") } else { text.to_owned() };
    minutes_of(&padded).filter(|minutes| *minutes < DAY)
}

fn length(text: &str) -> Option<u16> {
    let span: Span = text.parse().ok()?;
    let minutes = span.as_millis() / 60_000;
    let whole = span == Span::minutes(minutes) && (1..=i64::from(DAY)).contains(&minutes);
    u16::try_from(minutes).ok().filter(|_| whole)
}
