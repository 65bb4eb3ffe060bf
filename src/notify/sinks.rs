//! Every sink of the settings: made, started, woken, drained.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cunkou_core::alert::Message;
use cunkou_core::model::Time;
use cunkou_core::world::Snapshot;
use jiff::tz::TimeZone;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::alertmanager::{self, Alertmanager};
use super::backoff::Pace;
use super::counters::Counters;
use super::delivery::{Carrier, Delivery, Wires};
use super::outbox::Outbox;
use super::post::Post;
use super::voice::Voice;
use super::webhook::{self, Webhook};
use crate::files::secrets::{SecretUrl, Secrets};
use crate::files::settings::{SinkKind, SinkSettings};

/// What time it is.
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// What sinks are made from.
pub struct Setup<'a, O> {
    /// The sinks of the settings.
    pub sinks: &'a [SinkSettings],
    /// The secrets that they name.
    pub secrets: &'a Secrets,
    /// The time zone in which people are told times.
    pub time_zone: TimeZone,
    /// What links begin with; empty: no links.
    pub public_url: &'a str,
    /// From [`super::client`].
    pub client: reqwest::Client,
    /// The outbox.
    pub outbox: Arc<O>,
    /// What is published: names, and what is open.
    pub snapshot: watch::Receiver<Arc<Snapshot>>,
    /// The clock.
    pub clock: Clock,
    /// Where the counters of this room go.
    pub metrics: &'a prometheus::Registry,
    /// The times of delivery.
    pub pace: Pace,
}

/// Why the sinks cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum SinksError {
    /// A sink names an entry that no secrets hold.
    #[error("sink {sink:?} names the secret {entry:?}, which is neither in the secrets file nor in the environment")]
    NoSecret {
        /// The sink.
        sink: String,
        /// The entry.
        entry: String,
    },
    /// The address of an Alertmanager cannot carry a path.
    #[error("sink {sink:?}: no path can be added to its url")]
    Url {
        /// The sink.
        sink: String,
    },
    /// The counters exist already.
    #[error("the counters of the sinks cannot be registered")]
    Metrics(#[source] prometheus::Error),
}

/// The sinks, running. Dropping them ends their tasks at once; [`Sinks::drain`] lets them finish.
pub struct Sinks {
    tasks: JoinSet<()>,
    wakes: Vec<Arc<Notify>>,
    stuck: watch::Sender<Option<Time>>,
    stop: CancellationToken,
}

impl Sinks {
    /// Starts a task a sink.
    ///
    /// # Errors
    /// When a sink's secret is missing or its counters exist already.
    pub fn start<O: Outbox>(setup: Setup<'_, O>) -> Result<Sinks, SinksError> {
        let names = setup.sinks.iter().map(|s| s.name.as_str());
        let counters = Counters::new(setup.metrics, names).map_err(SinksError::Metrics)?;
        let (stuck, _) = watch::channel(None);
        let mut sinks = Sinks { tasks: JoinSet::new(), wakes: Vec::new(), stuck, stop: CancellationToken::new() };
        let started = (setup.clock)();
        for settings in setup.sinks {
            let post = post(&setup, settings)?;
            let voice = Voice {
                language: settings.language,
                time_zone: setup.time_zone.clone(),
                public_url: setup.public_url.to_owned(),
            };
            let (name, min, watchdog) = (settings.name.clone(), settings.min_severity, settings.watchdog);
            match settings.kind {
                SinkKind::Alertmanager => {
                    let carrier = Alertmanager::new(name.clone(), post, voice, min, watchdog, started);
                    sinks.spawn(name, carrier, &setup, counters.clone());
                }
                SinkKind::Webhook => {
                    let carrier = Webhook { name: name.clone(), post, voice, min_severity: min, watchdog, started };
                    sinks.spawn(name, carrier, &setup, counters.clone());
                }
            }
        }
        Ok(sinks)
    }

    fn spawn<C: Carrier, O: Outbox>(&mut self, name: String, carrier: C, setup: &Setup<'_, O>, counters: Counters) {
        let wake = Arc::new(Notify::new());
        self.wakes.push(wake.clone());
        let wires = Wires {
            outbox: setup.outbox.clone(),
            snapshot: setup.snapshot.clone(),
            clock: setup.clock.clone(),
            wake,
            stuck: self.stuck.subscribe(),
            counters,
            pace: setup.pace,
        };
        self.tasks.spawn(Delivery::new(name, carrier, wires).run(self.stop.clone()));
    }

    /// Rows were committed: look at once.
    pub fn wake(&self) {
        self.wakes.iter().for_each(|wake| wake.notify_one());
    }

    /// The store has been away since then, for longer than its grace: each sink is told once, outside the outbox, and
    /// the watchdog stops. `None`: it is back.
    pub fn store_stuck(&self, since: Option<Time>) {
        self.stuck.send_if_modified(|now| std::mem::replace(now, since) != since);
    }

    /// Lets each sink bring what is due once more, for at most `limit`; what is not brought stays in the outbox.
    /// Whether all ended in time.
    pub async fn drain(mut self, limit: Duration) -> bool {
        self.stop.cancel();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        tokio::time::timeout(limit, all).await.is_ok()
    }
}

impl fmt::Debug for Sinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sinks({})", self.wakes.len())
    }
}

/// Whether a message is for a sink at all: the engine writes a row for those that take it. People and webhooks are
/// told of incidents, by their severity; Alertmanager of alerts, by theirs.
#[must_use]
pub fn takes(sink: &SinkSettings, message: &Message) -> bool {
    match sink.kind {
        SinkKind::Alertmanager => alertmanager::takes(sink.min_severity, message),
        SinkKind::Webhook => webhook::takes(sink.min_severity, message),
    }
}

fn post<O>(setup: &Setup<'_, O>, sink: &SinkSettings) -> Result<Post, SinksError> {
    let secret = match &sink.secret {
        None => None,
        Some(entry) => {
            let missing = || SinksError::NoSecret { sink: sink.name.clone(), entry: entry.clone() };
            Some(setup.secrets.get(entry).ok_or_else(missing)?.clone())
        }
    };
    let url = match sink.kind {
        SinkKind::Webhook => Some(sink.url.clone()),
        SinkKind::Alertmanager => alerts_url(&sink.url),
    };
    let url = url.ok_or_else(|| SinksError::Url { sink: sink.name.clone() })?;
    Ok(Post { client: setup.client.clone(), url, secret, timeout: setup.pace.try_timeout.to_std() })
}

/// Where Alertmanager takes alerts, below its own address (which may have a path: a route prefix).
fn alerts_url(base: &SecretUrl) -> Option<SecretUrl> {
    let mut url = Url::parse(base.expose()).ok()?;
    url.path_segments_mut().ok()?.pop_if_empty().extend(["api", "v2", "alerts"]);
    SecretUrl::parse(url.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_go_below_the_address_of_alertmanager() {
        for (base, full) in [
            ("http://a:9093", "http://a:9093/api/v2/alerts"),
            ("http://a:9093/", "http://a:9093/api/v2/alerts"),
            ("https://a/am/", "https://a/am/api/v2/alerts"),
            ("https://a/am", "https://a/am/api/v2/alerts"),
        ] {
            assert_eq!(alerts_url(&SecretUrl::parse(base).unwrap()).unwrap().expose(), full);
        }
    }
}
