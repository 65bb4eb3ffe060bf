//! When a review is due, and what goes into one.

use std::sync::Arc;
use std::time::Duration;

use cunkou_core::alert::{Incident, MAX_REVIEWED, Review};
use cunkou_core::model::{Severity, Time};
use cunkou_core::world::Snapshot;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::counters::Fate;
use super::delivery::{Carrier, Delivery, Scene};
use super::outbox::{Outbox, OutboxError, Past};
use super::post::Tried;
use crate::files::settings::ReviewTimes;

/// How often it is looked whether one is due.
const LOOK: Duration = Duration::from_secs(10);

/// Of one sink: when it wants a review.
#[derive(Clone, Debug)]
pub(super) struct Reviewing {
    pub(super) times: ReviewTimes,
    pub(super) zone: TimeZone,
    /// What is less than this is not spoken of.
    pub(super) least: Severity,
}

/// What the loop remembers of reviews.
#[derive(Debug, Default)]
pub(super) struct Reviewed {
    /// The last one that was taken, or the beginning.
    last: Option<Time>,
    /// It was taken, and the store has not kept that yet.
    unkept: bool,
    /// The one that is due was refused so often; not before.
    refused: Option<(u32, Time)>,
}

impl Reviewing {
    /// The last moment up to now at which one was due: a time of day of the town's clocks, each day or each Monday. On a
    /// day on which that hour does not exist it is the hour after; where it comes twice, the first.
    pub(super) fn last_due(&self, now: Time) -> Option<Time> {
        let today = Timestamp::from_millisecond(now.millis()).ok()?.to_zoned_datetime(self.zone.clone()).date();
        // Seven days back there was one each week; today's may still be to come.
        let days = (0..=8).filter_map(|n| today.checked_sub(n.days()).ok());
        let fits = |day: &jiff::civil::Date| !self.times.weekly || day.weekday() == jiff::civil::Weekday::Monday;
        days.filter(fits).find_map(|day| {
            let local = day.at(0, 0, 0, 0).checked_add(i64::from(self.times.minute).minutes()).ok()?;
            let at = self.zone.to_ambiguous_timestamp(local).compatible().ok()?;
            Some(Time(at.as_millisecond())).filter(|at| *at <= now)
        })
    }

    fn review(&self, snapshot: &Snapshot, past: Past, (from, to): (Time, Time)) -> Review {
        let told = |i: &&Arc<Incident>| i.status.is_open() && i.severity >= self.least && i.pages > 0;
        let open: Vec<Arc<Incident>> = snapshot.incidents.values().filter(told).cloned().collect();
        Review {
            every: self.times.every(),
            from,
            to,
            open_in_all: open.len(),
            open: open.into_iter().take(MAX_REVIEWED).collect(),
            mended: past.mended,
            mended_in_all: past.mended_in_all,
            available: past.available,
            worst: past.worst,
        }
    }
}

impl<C: Carrier, O: Outbox> Delivery<C, O> {
    /// Tells the review that is due, if one is; says how long to sleep at most. Nothing is told while the store does not
    /// answer, since what is told must be kept; nor while a first round goes on, since nothing is known then.
    pub(super) async fn review(&mut self) -> Duration {
        let Some(wanted) = self.reviewing.clone() else { return Duration::MAX };
        let not_now = self.stuck.borrow().is_some() || self.snapshot.borrow().round.is_some();
        if not_now || self.away_for().is_some() {
            return LOOK;
        }
        if let Err(e) = self.review_now(&wanted).await {
            return self.store_away(&e);
        }
        LOOK
    }

    async fn review_now(&mut self, wanted: &Reviewing) -> Result<(), OutboxError> {
        let now = (self.clock)();
        let Some(due) = wanted.last_due(now) else { return Ok(()) };
        if let (true, Some(last)) = (self.reviewed.unkept, self.reviewed.last) {
            self.outbox.reviewed(&self.name, last).await?;
            self.reviewed.unkept = false;
        }
        let last = match self.reviewed.last {
            Some(last) => last,
            None => match self.outbox.last_review(&self.name).await? {
                Some(last) => last,
                None => {
                    // Nobody asked for one before: the first is the next.
                    self.outbox.reviewed(&self.name, due).await?;
                    due
                }
            },
        };
        self.reviewed.last = Some(last);
        if due <= last || self.reviewed.refused.is_some_and(|(_, until)| now < until) {
            return Ok(());
        }
        let past = self.outbox.past(wanted.least, (last, due)).await?;
        let scene = self.scene();
        let review = wanted.review(&scene.snapshot, past, (last, due));
        self.tell_review(&review, due, &scene).await
    }

    async fn tell_review(&mut self, review: &Review, due: Time, scene: &Scene) -> Result<(), OutboxError> {
        let key = format!("review/{}/{}", self.name, due.millis());
        match self.carrier.review(review, &key, scene).await {
            Tried::Taken => {
                self.counters.count(&self.name, Fate::Delivered, 1);
                tracing::info!(sink = %self.name, key, "review delivered");
                self.reviewed = Reviewed { last: Some(due), unkept: true, refused: None };
                self.outbox.reviewed(&self.name, due).await?;
                self.reviewed.unkept = false;
            }
            Tried::Failed { why, asked, .. } => {
                self.counters.count(&self.name, Fate::Retried, 1);
                let failures = self.reviewed.refused.map_or(1, |(n, _)| n.saturating_add(1));
                let until = (self.clock)() + self.pace.wait_asked(&key, failures, asked);
                tracing::warn!(sink = %self.name, key, why, "review not delivered, will be tried again");
                self.reviewed.refused = Some((failures, until));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(weekly: bool, minute: u16, zone: &str) -> Reviewing {
        let zone = TimeZone::get(zone).unwrap();
        Reviewing { times: ReviewTimes { weekly, minute }, zone, least: Severity::Warning }
    }

    fn due(wanted: &Reviewing, now: &str) -> String {
        let now = Time(now.parse::<Timestamp>().unwrap().as_millisecond());
        let at = wanted.last_due(now).unwrap();
        assert!(at <= now);
        Timestamp::from_millisecond(at.millis()).unwrap().to_string()
    }

    #[test]
    fn a_review_is_due_at_a_time_of_day_of_the_town() {
        let daily = wanted(false, 8 * 60, "Asia/Shanghai");
        assert_eq!(due(&daily, "2026-11-24T00:00:00Z"), "2026-11-24T00:00:00Z", "eight o'clock sharp");
        assert_eq!(due(&daily, "2026-11-23T23:59:59Z"), "2026-11-23T00:00:00Z");
        let weekly = wanted(true, 7 * 60 + 30, "Asia/Shanghai");
        // 2026-11-23 is a Monday.
        assert_eq!(due(&weekly, "2026-11-22T23:29:00Z"), "2026-11-15T23:30:00Z");
        assert_eq!(due(&weekly, "2026-11-22T23:30:00Z"), "2026-11-22T23:30:00Z");
        assert_eq!(due(&weekly, "2026-11-29T23:29:59Z"), "2026-11-22T23:30:00Z", "a week less a second later");
    }

    #[test]
    fn a_clock_that_is_set_makes_no_review_twice_and_leaves_none_out() {
        let early = wanted(false, 2 * 60 + 30, "Europe/Berlin");
        // The hour from two to three does not exist on 2026-03-29, and comes twice on 2026-10-25.
        assert_eq!(due(&early, "2026-03-29T02:00:00Z"), "2026-03-29T01:30:00Z");
        assert_eq!(due(&early, "2026-10-25T03:00:00Z"), "2026-10-25T00:30:00Z");
        assert_eq!(due(&early, "2026-10-25T01:45:00Z"), "2026-10-25T00:30:00Z", "not again an hour later");
        assert_eq!(due(&early, "2026-10-26T01:29:00Z"), "2026-10-25T00:30:00Z");
    }
}
