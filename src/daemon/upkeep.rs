//! The house is kept in order beside the work: hours of days that are over are packed, what is too old is forgotten,
//! free pages go back to the disk. Always a little at a time, so that the engine's next commit never waits for long.

use std::time::Duration;

use cunkou_core::model::{Span, Time};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::engine::Clock;
use crate::store::{Store, StoreError, day_of};

/// How often it is looked whether there is something to do.
const LOOK: Duration = Duration::from_secs(10);
/// How often it is done, if no day ended before.
const ROUND: Span = Span::hours(1);
/// A day is packed when it has been over for so long: the last figures of its last hour are kept by then.
const OVER: Span = Span::minutes(10);
/// Between two steps, for others to write.
const BREATH: Duration = Duration::from_millis(20);

/// What is kept in order, and for how long.
pub(super) struct Upkeep {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) keep_hourly: Span,
    pub(super) keep_audit: Span,
}

impl Upkeep {
    /// Runs until `stop`.
    pub(super) async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut done: Option<Time> = None;
        while !*stop.borrow() {
            tokio::select! {
                _ = stop.changed() => {}
                _ = look.tick() => {
                    let now = self.clock.now();
                    if done.is_some_and(|at| !is_due(at, now)) {
                        continue;
                    }
                    match self.round(now, &stop).await {
                        Ok(()) => done = Some(now),
                        Err(error) => tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "old figures were not packed or thrown away; it is tried again"
                        ),
                    }
                }
            }
        }
    }

    async fn round(&self, now: Time, stop: &watch::Receiver<bool>) -> Result<(), StoreError> {
        let (mut packed, mut forgotten) = (0, 0);
        let breath = || async {
            tokio::time::sleep(BREATH).await;
            !*stop.borrow()
        };
        let over = day_of(now - OVER);
        while breath().await {
            match self.store.pack_some(over).await? {
                0 => break,
                rows => packed += rows,
            }
        }
        let (hours, audit) = (day_of(now - self.keep_hourly), now - self.keep_audit);
        while breath().await {
            match self.store.forget_some(hours, audit).await? {
                0 => break,
                rows => forgotten += rows,
            }
        }
        while breath().await && self.store.give_back_some().await? {}
        if packed + forgotten > 0 {
            tracing::info!(packed, forgotten, "figures of past days were packed, old ones forgotten");
        }
        Ok(())
    }
}

/// An hour has passed, or a day ended, or the clock was set back.
fn is_due(done: Time, now: Time) -> bool {
    now < done || now.since(done) >= ROUND || day_of(now - OVER) != day_of(done - OVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_time_each_hour_after_each_day_and_after_a_step() {
        let noon = Time(12 * 3_600_000);
        assert!(!is_due(noon, noon + Span::minutes(59)));
        assert!(is_due(noon, noon + Span::hours(1)));
        assert!(is_due(noon, noon - Span::seconds(1)), "the clock was set back");
        let midnight = Time(86_400_000);
        assert!(!is_due(midnight - Span::minutes(5), midnight + Span::minutes(9)));
        assert!(is_due(midnight - Span::minutes(5), midnight + Span::minutes(10)), "its last figures are kept");
    }
}
