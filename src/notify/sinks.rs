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

use super::alertmanager;
use super::any::{Any, Making, secret};
use super::backoff::Pace;
use super::counters::Counters;
use super::delivery::{Carrier, Delivery, Wires};
use super::duty::DutyCounters;
use super::outbox::Outbox;
use super::people;
use super::review::Reviewing;
use super::templates::Templates;
use super::webhook;
use crate::files::secrets::Secrets;
use crate::files::settings::{SinkKind, SinkSettings};
use crate::roster::Board;

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
    /// Where the roster in force hangs.
    pub roster: Arc<Board>,
    /// The texts of sinks that people read.
    pub templates: Arc<Templates>,
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
    /// The secret that a sink names is of a form for which it has no use.
    #[error("sink {sink:?} names the secret {entry:?}, but its kind wants {wanted}")]
    SecretForm {
        /// The sink.
        sink: String,
        /// The entry.
        entry: String,
        /// What it wants.
        wanted: &'static str,
    },
    /// What stands as an address of mail is none.
    #[error("sink {sink:?}: {address:?} is no address of mail")]
    Address {
        /// The sink.
        sink: String,
        /// What stands there.
        address: String,
    },
    /// The login would go over the network in clear.
    #[error(
        "sink {sink:?} would show its password in clear: use starttls or smtps://, or allow it with basic = true in the \
         entry of the secrets"
    )]
    ClearLogin {
        /// The sink.
        sink: String,
    },
    /// The settings of a sink are not of its kind; the reader of the settings makes none such.
    #[error("sink {sink:?}: its settings are not those of its kind")]
    Form {
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
        let duty = DutyCounters::new(setup.metrics, setup.sinks).map_err(SinksError::Metrics)?;
        let (stuck, _) = watch::channel(None);
        let mut sinks = Sinks { tasks: JoinSet::new(), wakes: Vec::new(), stuck, stop: CancellationToken::new() };
        let making = Making {
            secrets: setup.secrets,
            time_zone: setup.time_zone.clone(),
            public_url: setup.public_url,
            client: setup.client.clone(),
            templates: setup.templates.clone(),
            roster: setup.roster.clone(),
            duty: Some(duty),
            started: (setup.clock)(),
            timeout: setup.pace.try_timeout.to_std(),
            tap: None,
        };
        for settings in setup.sinks {
            let carrier = Any::new(settings, &making)?;
            let zone = setup.time_zone.clone();
            let reviewing = settings.review.map(|times| Reviewing { times, zone, least: settings.min_severity });
            sinks.spawn(settings.name.clone(), carrier, &setup, (counters.clone(), reviewing));
        }
        Ok(sinks)
    }

    fn spawn<C: Carrier, O: Outbox>(
        &mut self,
        name: String,
        carrier: C,
        setup: &Setup<'_, O>,
        (counters, reviewing): (Counters, Option<Reviewing>),
    ) {
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
            reviewing,
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
        _ => people::takes(sink.min_severity, message),
    }
}

/// What keeps a sink from being made: its secret, its addresses. `cunkou check` says it before a start does.
///
/// # Errors
/// The first thing that is wrong.
pub fn check_sink(sink: &SinkSettings, secrets: &Secrets) -> Result<(), SinksError> {
    secret(sink, secrets)?;
    if sink.kind == SinkKind::Email { super::any::check_email(sink, secrets) } else { Ok(()) }
}
