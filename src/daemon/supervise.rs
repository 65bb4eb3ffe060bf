//! What runs beside the engine: sinks are woken, told when the store is away and drained; gauges of the outbox and the
//! registry are kept fresh; old figures are thrown away.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cunkou_core::model::Span;
use tokio::sync::{Notify, watch};
use tokio::time::{MissedTickBehavior, interval};

use crate::engine::{Alive, Clock, Handle};
use crate::metrics::{Backlog, Counters};
use crate::notify::Sinks;
use crate::store::{Store, hour_of};

/// How often the outbox and the store are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How often old figures are thrown away.
const PRUNE: Duration = Duration::from_secs(3_600);
/// How long the sinks may take to bring what is due when the daemon stops.
const DRAIN: Duration = Duration::from_secs(5);

/// What is supervised.
pub(super) struct Supervisor {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) handle: Handle,
    pub(super) counters: Arc<Counters>,
    pub(super) outbox: Arc<Notify>,
    pub(super) store_grace: Span,
    pub(super) keep_hourly: Span,
    pub(super) keep_audit: Span,
    /// Names of the sinks of the settings.
    pub(super) sinks: Vec<String>,
    pub(super) engine: tokio::task::JoinHandle<()>,
}

impl Supervisor {
    /// Runs until `stop`; then waits for the engine's last commit, lets the sinks bring it, and closes the store.
    pub(super) async fn run(self, sinks: Sinks, mut stop: watch::Receiver<bool>) {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut prune = interval(PRUNE);
        while !*stop.borrow() {
            tokio::select! {
                _ = stop.changed() => {}
                () = self.outbox.notified() => sinks.wake(),
                _ = look.tick() => {
                    self.look_at_store(&sinks);
                    self.show().await;
                }
                _ = prune.tick() => self.prune().await,
            }
        }
        // A task that panicked has ended too.
        let _ = self.engine.await;
        sinks.wake();
        if !sinks.drain(DRAIN).await {
            tracing::warn!("some messages were not brought in time; they stay in the outbox");
        }
        self.store.close().await;
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

    async fn prune(&self) {
        let now = self.clock.now();
        if let Err(error) = self.store.prune(hour_of(now - self.keep_hourly), now - self.keep_audit).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "old figures were not thrown away; tried again in an hour"
            );
        }
    }
}
