//! What runs beside the engine: sinks are woken, told when the store is away and drained; gauges of the outbox and the
//! registry are kept fresh.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cunkou_core::model::{Span, Time};
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::{MissedTickBehavior, interval};

use crate::engine::{Alive, Clock, Handle};
use crate::metrics::{Backlog, Counters};
use crate::notify::Sinks;
use crate::roster::Board;
use crate::store::Store;

/// How often the outbox and the store are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How long the sinks may take to bring what is due when the daemon stops.
const DRAIN: Duration = Duration::from_secs(5);

/// What is supervised.
pub(super) struct Supervisor {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) handle: Handle,
    pub(super) counters: Arc<Counters>,
    pub(super) outbox: Arc<Notify>,
    pub(super) roster: Arc<Board>,
    pub(super) store_grace: Span,
    /// Names of the sinks of the settings.
    pub(super) sinks: Vec<String>,
    pub(super) engine: oneshot::Receiver<()>,
    /// Told when the engine ends of itself.
    pub(super) broken: watch::Sender<bool>,
}

impl Supervisor {
    /// Runs until `stop`; then waits for the engine's last commit, lets the sinks bring it, and closes the store.
    pub(super) async fn run(mut self, sinks: Sinks, mut stop: watch::Receiver<bool>) {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut looked_at = Time(i64::MAX);
        let mut runs = true;
        while !*stop.borrow() {
            tokio::select! {
                _ = stop.changed() => {}
                ended = &mut self.engine, if runs => {
                    runs = false;
                    // It ends by itself only by a panic, which said where.
                    if !*stop.borrow() {
                        tracing::error!(panicked = ended.is_err(), "the engine has ended; nothing is watched any more");
                        self.broken.send_replace(true);
                    }
                }
                () = self.outbox.notified() => sinks.wake(),
                _ = look.tick() => {
                    looked_at = self.look_at_clock(looked_at, &sinks).await;
                    self.look_at_store(&sinks);
                    self.show().await;
                }
            }
        }
        if runs {
            // One that panicked has ended too.
            let _ = self.engine.await;
        }
        sinks.wake();
        if !sinks.drain(DRAIN).await {
            tracing::warn!("some messages were not brought in time; they stay in the outbox");
        }
        self.store.close().await;
    }

    /// The clock was set back since the last look, or this is the first: nothing waits for a time that has gone away.
    async fn look_at_clock(&self, before: Time, sinks: &Sinks) -> Time {
        let now = self.clock.now();
        if now >= before {
            return now;
        }
        match self.store.try_now(now).await {
            Ok(0) => now,
            Ok(_) => {
                sinks.wake();
                now
            }
            Err(error) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "the outbox is looked at again");
                before
            }
        }
    }

    /// Away for longer than its grace: the sinks say so outside the outbox, and the watchdog stops.
    fn look_at_store(&self, sinks: &Sinks) {
        let since = Alive::time(&self.handle.alive.store_failing);
        let now = self.clock.now();
        sinks.store_stuck(since.filter(|t| now.since(*t) >= self.store_grace));
    }

    async fn show(&self) {
        let alive = &self.handle.alive;
        let good = alive.reload_failed.load(Ordering::Relaxed) == 0;
        self.counters.reload(good, Alive::time(&alive.reloaded));
        self.counters.roster(self.roster.is_good());
        if let Ok(backlog) = self.store.backlog().await {
            // A sink for which nothing waits has a series too: 0.
            let row = |name: &String| {
                let waiting = backlog.iter().find(|b| b.sink == *name);
                let (messages, oldest) = waiting.map_or((0, None), |b| (b.messages, Some(b.oldest)));
                Backlog { sink: name.clone(), messages, oldest }
            };
            self.counters.outbox(self.sinks.iter().map(row).collect());
        }
    }
}
