//! The one clock: wall time at an anchor plus boot clock since, so that a stepped wall clock moves nothing until it is
//! noticed (semantics.md §5).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use cunkou_core::model::{Span, Time};

/// Slewing below this is ignored; a larger difference is a step of the wall clock.
const STEP: Span = Span::seconds(2);

/// A clock that is cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Wall milliseconds minus boot milliseconds at the anchor.
    offset: Arc<AtomicI64>,
}

impl Default for Clock {
    fn default() -> Self {
        Clock::start()
    }
}

impl Clock {
    /// Anchors the clock now.
    #[must_use]
    pub fn start() -> Clock {
        Clock { offset: Arc::new(AtomicI64::new(wall() - boot())) }
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Time {
        Time(boot() + self.offset.load(Ordering::Relaxed))
    }

    /// How far the wall clock was stepped since the anchor; zero while it only slews.
    #[must_use]
    pub fn stepped(&self) -> Span {
        let off = Span(wall() - self.now().millis());
        if off.as_millis().abs() >= STEP.as_millis() { off } else { Span::ZERO }
    }

    /// Anchors the clock anew, after a step.
    pub(super) fn anchor(&self) {
        self.offset.store(wall() - boot(), Ordering::Relaxed);
    }
}

fn wall() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Milliseconds since boot, suspension included.
fn boot() -> i64 {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    t.tv_sec * 1_000 + t.tv_nsec / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs_with_the_wall_and_notices_nothing_where_nothing_happened() {
        let clock = Clock::start();
        assert!((clock.now().millis() - wall()).abs() < 2_000);
        assert_eq!(clock.stepped(), Span::ZERO);
        clock.offset.fetch_sub(3_600_000, Ordering::Relaxed);
        assert!(clock.stepped() > Span::minutes(59), "an hour's step forward is seen");
        clock.anchor();
        assert_eq!(clock.stepped(), Span::ZERO);
    }
}
