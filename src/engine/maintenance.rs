//! Maintenance that people announced, as the World wants it: moments. Time zones and weekdays end here.

use std::sync::Arc;

use cunkou_core::model::{AreaId, CameraId, NodeId, Span, Time, WorkId};
use cunkou_core::registry::{PlannedWork, Registry, WallTime, Weekly};
use cunkou_core::world::{Window, Works};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::Origin;
use crate::store::Maintenance;

/// How far ahead what recurs is laid out; it is laid out anew long before.
const AHEAD_DAYS: i64 = 9;
/// Announcements that are open at once at most.
const MOST: usize = 1_000;

/// A wish to announce work, or to end what was announced.
#[derive(Debug, Clone)]
pub struct MaintainRequest {
    /// What.
    pub what: Maintain,
    /// Who wants it.
    pub by: Origin,
}

/// What is wanted.
#[derive(Debug, Clone)]
pub enum Maintain {
    /// Work on a thing.
    Add {
        /// The id of a camera, a node or an area.
        object: String,
        /// From then on; `None`: from now on.
        from: Option<Time>,
        /// Up to then; `None`: until somebody ends it, for what recurs only.
        to: Option<Time>,
        /// When in a week; `None`: once.
        weekly: Option<Weekly>,
        /// For the others to read.
        note: String,
    },
    /// What was announced under this number is over; the id of a row of maintenance.csv is refused with the way to end
    /// it.
    End(String),
}

/// Why work cannot be announced or ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MaintainError {
    /// There is no such thing.
    #[error("no camera, node or area of the registry has the id {0:?}")]
    NoObject(String),
    /// It would be over already, or has no end.
    #[error("{0}")]
    NoTime(&'static str),
    /// There are too many.
    #[error("{MOST} announcements are open; end some first")]
    TooMany,
    /// Nothing of this number is under way or to come.
    #[error("no maintenance that is under way or to come has this number")]
    NotFound,
    /// It is written in a file, and goes on as long as it stands there.
    #[error("{0} is a row of maintenance.csv: take it out there, or give it an end, and reload")]
    OfFile(String),
    /// The store does not take it.
    #[error("the store does not write at the moment; try again")]
    NotKept,
    /// The engine has stopped.
    #[error("the engine is stopping")]
    Stopping,
}

/// What is announced and not over.
#[derive(Debug, Clone, Default)]
pub struct Announced {
    open: Vec<Maintenance>,
    next: u64,
}

impl Announced {
    /// As the store kept it.
    #[must_use]
    pub fn new(open: Vec<Maintenance>, next: u64) -> Announced {
        Announced { open, next }
    }

    /// Does what is wanted; gives the row that is to be kept, and how it was before.
    ///
    /// # Errors
    /// When it cannot be done.
    pub fn change(
        &mut self,
        request: &MaintainRequest,
        registry: &Registry,
        now: Time,
    ) -> Result<(Maintenance, Option<Maintenance>), MaintainError> {
        self.open.retain(|m| m.is_open(now));
        match &request.what {
            Maintain::End(id) => {
                let at = self.open.iter().position(|m| m.id.to_string() == *id);
                let of_file = || match registry.work.contains_key(id.as_str()) {
                    true => MaintainError::OfFile(id.clone()),
                    false => MaintainError::NotFound,
                };
                let at = at.ok_or_else(of_file)?;
                let before = self.open.remove(at);
                Ok((Maintenance { ended: Some(now), ..before.clone() }, Some(before)))
            }
            Maintain::Add { object, from, to, weekly, note } => {
                if self.open.len() >= MOST {
                    return Err(MaintainError::TooMany);
                }
                let from = from.unwrap_or(now);
                check_times(from, *to, *weekly, now)?;
                let made = Maintenance {
                    id: self.next,
                    of: works_on(registry, object)?,
                    from,
                    to: *to,
                    weekly: *weekly,
                    note: note.clone(),
                    by: request.by.who.to_string(),
                    made: now,
                    ended: None,
                };
                self.next += 1;
                self.open.push(made.clone());
                Ok((made, None))
            }
        }
    }

    /// The windows that are under way at a moment or begin in the days after it: of what was announced, and of what the
    /// files of the registry announce.
    #[must_use]
    pub fn windows(&self, registry: &Registry, zone: &TimeZone, now: Time) -> Vec<Window> {
        let of_file = work_of_file(registry, zone, now);
        let all = self.open.iter().filter(|m| m.is_open(now)).chain(of_file.iter().map(|(_, m)| m));
        all.flat_map(|m| windows_of(m, zone, now)).collect()
    }
}

/// The work that the files announce and that is not over, by the id of its row; numbers and times of making it has none
/// (both 0). A row whose object has left the registry is none.
#[must_use]
pub fn work_of_file(registry: &Registry, zone: &TimeZone, now: Time) -> Vec<(WorkId, Maintenance)> {
    let announced =
        registry.work.values().filter_map(|work| Some((work.id.clone(), announced_by(work, registry, zone)?)));
    announced.filter(|(_, m)| m.is_open(now)).collect()
}

fn announced_by(work: &PlannedWork, registry: &Registry, zone: &TimeZone) -> Option<Maintenance> {
    let to = work.until.map(|t| moment_of(t, zone)).map_or(Some(None), |to| to.map(Some))?;
    // What comes once has its end: a registry in force has none without.
    if to.is_none() && work.weekly.is_none() {
        return None;
    }
    Some(Maintenance {
        id: 0,
        of: works_on(registry, &work.object).ok()?,
        from: work.from.map_or(Some(Time(0)), |t| moment_of(t, zone))?,
        to,
        weekly: work.weekly,
        note: work.note.as_deref().unwrap_or_default().to_owned(),
        by: work.who.as_deref().unwrap_or_default().to_owned(),
        made: Time(0),
        ended: None,
    })
}

/// What the clocks of the town show is a moment in its zone: an hour that does not exist is the one after, and of one
/// that comes twice the first.
fn moment_of(at: WallTime, zone: &TimeZone) -> Option<Time> {
    match at {
        WallTime::At(at) => Some(at),
        WallTime::Local(ms) => {
            let shown = Timestamp::from_millisecond(ms).ok()?.to_zoned_datetime(TimeZone::UTC).datetime();
            Some(Time(zone.to_ambiguous_timestamp(shown).compatible().ok()?.as_millisecond()))
        }
    }
}

fn check_times(from: Time, to: Option<Time>, weekly: Option<Weekly>, now: Time) -> Result<(), MaintainError> {
    match (to, weekly) {
        (None, None) => Err(MaintainError::NoTime("maintenance that does not recur needs its end")),
        (Some(to), _) if to <= now => Err(MaintainError::NoTime("this maintenance would be over already")),
        (Some(to), _) if to <= from => Err(MaintainError::NoTime("this maintenance would end before it begins")),
        _ => Ok(()),
    }
}

/// What an id names; ids are unique over all kinds.
fn works_on(registry: &Registry, id: &str) -> Result<Works, MaintainError> {
    let camera = CameraId::new(id).ok().filter(|id| registry.cameras.contains_key(id)).map(Works::Camera);
    let node = || NodeId::new(id).ok().filter(|id| registry.nodes.contains_key(id)).map(Works::Node);
    let area = || AreaId::new(id).ok().filter(|id| registry.areas.contains_key(id)).map(Works::Area);
    camera.or_else(node).or_else(area).ok_or_else(|| MaintainError::NoObject(id.to_owned()))
}

fn windows_of(m: &Maintenance, zone: &TimeZone, now: Time) -> Vec<Window> {
    let end = m.to.unwrap_or(Time(i64::MAX));
    let Some(weekly) = m.weekly else {
        return vec![Window { from: m.from, to: end, of: m.of.clone() }];
    };
    let Some(today) = local_date(now, zone) else { return Vec::new() };
    // One that began yesterday may still be under way.
    let days = (-1..=AHEAD_DAYS).filter_map(|n| today.checked_add(n.days()).ok());
    let days = days.filter(|d| weekly.begins_on(u8::try_from(d.weekday().to_monday_zero_offset()).unwrap_or(0)));
    let (begin, over) = weekly.minutes();
    let windows = days.filter_map(|day| {
        let (from, to) = (moment(day, begin, zone)?.max(m.from), moment(day, over, zone)?.min(end));
        (from < to && to > now).then(|| Window { from, to, of: m.of.clone() })
    });
    windows.collect()
}

fn local_date(at: Time, zone: &TimeZone) -> Option<Date> {
    Some(Timestamp::from_millisecond(at.millis()).ok()?.to_zoned_datetime(zone.clone()).date())
}

/// So many minutes after a midnight, by the clock on the wall: on a day on which it is put forward or back, an hour that
/// does not exist is the one after, and of one that comes twice the first.
fn moment(day: Date, minutes: u16, zone: &TimeZone) -> Option<Time> {
    let local = day.at(0, 0, 0, 0).checked_add(i64::from(minutes).minutes()).ok()?;
    Some(Time(zone.to_ambiguous_timestamp(local).compatible().ok()?.as_millisecond()))
}

/// Whoever waits for a change of maintenance.
pub(super) type MaintainReply = tokio::sync::oneshot::Sender<Result<Arc<Maintenance>, MaintainError>>;

/// What recurs is laid out anew this often.
pub(super) const LAY_OUT: Span = Span::hours(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        Time(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    fn row(weekly: Option<&str>, from: &str, to: Option<&str>) -> Maintenance {
        Maintenance {
            id: 1,
            of: Works::Camera(CameraId::new("C1").unwrap()),
            from: at(from),
            to: to.map(at),
            weekly: weekly.map(|w| Weekly::parse(w).unwrap()),
            note: String::new(),
            by: "duty".to_owned(),
            made: at(from),
            ended: None,
        }
    }

    fn told(m: &Maintenance, zone: &str, now: &str) -> Vec<String> {
        let zone = TimeZone::get(zone).unwrap();
        let stamp = |t: Time| Timestamp::from_millisecond(t.millis()).unwrap().to_string();
        windows_of(m, &zone, at(now)).into_iter().map(|w| format!("{} {}", stamp(w.from), stamp(w.to))).collect()
    }

    #[test]
    fn what_recurs_is_laid_out_in_the_zone_of_the_town() {
        // 2026-11-28 is a Saturday; Shanghai is eight hours ahead.
        let sat = row(Some("sat,sun 01:00-05:00"), "2026-11-01T00:00:00Z", None);
        assert_eq!(
            told(&sat, "Asia/Shanghai", "2026-11-27T18:00:00Z"),
            [
                "2026-11-27T17:00:00Z 2026-11-27T21:00:00Z",
                "2026-11-28T17:00:00Z 2026-11-28T21:00:00Z",
                "2026-12-04T17:00:00Z 2026-12-04T21:00:00Z",
                "2026-12-05T17:00:00Z 2026-12-05T21:00:00Z",
            ],
            "the one under way, and those of the week after"
        );
        let night = row(Some("fri 22:00-02:00"), "2026-11-01T00:00:00Z", Some("2026-11-27T15:30:00Z"));
        let clipped = told(&night, "Asia/Shanghai", "2026-11-27T15:00:00Z");
        assert_eq!(clipped, ["2026-11-27T14:00:00Z 2026-11-27T15:30:00Z"], "over midnight, ended by its own end");
    }

    #[test]
    fn a_clock_that_is_put_forward_moves_no_other_day() {
        let early = row(Some("daily 02:30-04:00"), "2026-03-01T00:00:00Z", Some("2026-03-31T00:00:00Z"));
        assert_eq!(
            told(&early, "Europe/Berlin", "2026-03-28T12:00:00Z"),
            ["2026-03-29T01:30:00Z 2026-03-29T02:00:00Z", "2026-03-30T00:30:00Z 2026-03-30T02:00:00Z"]
        );
    }

    #[test]
    fn what_is_announced_once_is_one_window() {
        let once = row(None, "2026-11-28T00:00:00Z", Some("2026-11-28T04:00:00Z"));
        assert_eq!(told(&once, "Asia/Shanghai", "2026-11-27T00:00:00Z"), ["2026-11-28T00:00:00Z 2026-11-28T04:00:00Z"]);
    }

    #[test]
    fn what_has_no_end_or_is_over_is_refused() {
        let now = at("2026-11-28T00:00:00Z");
        let hour = Span::hours(1);
        let weekly = Weekly::parse("sat 01:00-05:00");
        assert!(check_times(now, None, None, now).is_err());
        assert!(check_times(now, Some(now), None, now).is_err());
        assert!(check_times(now + hour * 2, Some(now + hour), None, now).is_err());
        assert_eq!(check_times(now, Some(now + hour), None, now), Ok(()));
        assert_eq!(check_times(now, None, weekly, now), Ok(()));
    }

    fn town(work: &[(&str, PlannedWork)]) -> Registry {
        let area = cunkou_core::registry::Area {
            id: AreaId::new("V1").unwrap(),
            parent: None,
            kind: cunkou_core::registry::AreaKind::Village,
            name: "甘棠村".into(),
            code: None,
            at: None,
            boundary: None,
            extra: Default::default(),
        };
        Registry {
            areas: [(area.id.clone(), area)].into(),
            work: work.iter().map(|(id, w)| (WorkId::new(id).unwrap(), w.clone())).collect(),
            ..Registry::default()
        }
    }

    fn of_row(id: &str, from: Option<&str>, until: Option<&str>, weekly: Option<&str>) -> PlannedWork {
        PlannedWork {
            id: WorkId::new(id).unwrap(),
            object: "V1".into(),
            from: from.map(|t| WallTime::parse(t).unwrap()),
            until: until.map(|t| WallTime::parse(t).unwrap()),
            weekly: weekly.map(|w| Weekly::parse(w).unwrap()),
            note: None,
            who: Some("王工".into()),
            extra: Default::default(),
        }
    }

    #[test]
    fn windows_of_the_file_and_those_that_somebody_announced_live_together() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let registry = town(&[
            ("W1", of_row("W1", Some("2026-11-28 09:00"), Some("2026-11-28T03:00:00Z"), None)),
            ("W2", of_row("W2", None, None, Some("sat 01:00-05:00"))),
            ("W3", of_row("W3", Some("2026-11-01 09:00"), Some("2026-11-01 10:00"), None)),
        ]);
        let now = at("2026-11-27T12:00:00Z");
        let by_hand = Maintenance { id: 7, ..row(None, "2026-11-27T00:00:00Z", Some("2026-11-29T00:00:00Z")) };
        let mut announced = Announced::new(vec![by_hand], 8);
        let begins = |all: &[Window]| {
            let mut begins: Vec<String> =
                all.iter().map(|w| Timestamp::from_millisecond(w.from.millis()).unwrap().to_string()).collect();
            begins.sort();
            begins
        };
        let expected = ["2026-11-27T00:00:00Z", "2026-11-27T17:00:00Z", "2026-11-28T01:00:00Z", "2026-12-04T17:00:00Z"];
        assert_eq!(begins(&announced.windows(&registry, &zone, now)), expected, "what is over is no window");
        let listed = work_of_file(&registry, &zone, now);
        assert_eq!(
            listed.iter().map(|(id, m)| (id.as_str(), m.by.as_str())).collect::<Vec<_>>(),
            [("W1", "王工"), ("W2", "王工")]
        );
        // What a file says is ended in the file; what somebody announced by its number.
        let end = |id: &str| MaintainRequest { what: Maintain::End(id.to_owned()), by: Origin::here("duty", "test") };
        assert_eq!(announced.change(&end("W2"), &registry, now), Err(MaintainError::OfFile("W2".to_owned())));
        assert_eq!(announced.change(&end("8"), &registry, now), Err(MaintainError::NotFound));
        assert_eq!(announced.change(&end("7"), &registry, now).map(|(m, _)| m.ended), Ok(Some(now)));
        assert_eq!(begins(&announced.windows(&registry, &zone, now)), expected[1..]);
    }
}
