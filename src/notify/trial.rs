//! A sink on trial: one real message, outside the outbox, and everything that was said.

use std::sync::Arc;

use cunkou_core::model::Time;
use jiff::tz::TimeZone;

use super::any::{Any, Making};
use super::backoff::Pace;
use super::delivery::{Carrier, Scene};
use super::letter::Letter;
use super::outbox::RowKey;
use super::post::Tried;
use super::samples;
use super::sinks::SinksError;
use super::tap::{Exchange, Tap};
use super::templates::Templates;
use crate::files::secrets::Secrets;
use crate::files::settings::{SinkKind, SinkSettings};
use crate::roster::Board;

/// What a trial is made with.
pub struct Trial<'a> {
    /// The secrets that the sink may name.
    pub secrets: &'a Secrets,
    /// The time zone in which people are told times.
    pub time_zone: TimeZone,
    /// From [`super::client`].
    pub client: reqwest::Client,
    /// Where the roster in force hangs.
    pub roster: Arc<Board>,
    /// The texts.
    pub templates: Arc<Templates>,
    /// What time it is.
    pub now: Time,
}

/// The sinks of a daemon, to be tried while it runs.
pub struct Trials {
    /// The sinks of the settings.
    pub sinks: Vec<SinkSettings>,
    /// The secrets that they may name.
    pub secrets: Secrets,
    /// The time zone in which people are told times.
    pub time_zone: TimeZone,
    /// From [`super::client`].
    pub client: reqwest::Client,
    /// Where the roster in force hangs.
    pub roster: Arc<Board>,
    /// The texts.
    pub templates: Arc<Templates>,
    /// One at a time: nobody is to be flooded with tests.
    pub turn: tokio::sync::Mutex<()>,
}

impl Trials {
    fn find(&self, name: &str) -> Option<&SinkSettings> {
        self.sinks.iter().find(|s| s.name == name)
    }

    /// What kind of sink has a name.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<SinkKind> {
        self.find(name).map(|sink| sink.kind)
    }

    /// Tries the sink of a name; `None` where there is none.
    pub async fn test(&self, name: &str, now: Time) -> Option<Result<Outcome, SinksError>> {
        let sink = self.find(name)?;
        let _turn = self.turn.lock().await;
        let trial = Trial {
            secrets: &self.secrets,
            time_zone: self.time_zone.clone(),
            client: self.client.clone(),
            roster: self.roster.clone(),
            templates: self.templates.clone(),
            now,
        };
        Some(try_sink(sink, trial).await)
    }
}

/// What came of a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What went out and what came back, without secrets.
    pub exchanges: Vec<Exchange>,
    /// Why it did not get there, where it did not.
    pub failed: Option<String>,
}

/// Sends a message to a sink, that says itself that it is a test.
///
/// # Errors
/// When the sink cannot be made from its settings.
pub async fn try_sink(sink: &SinkSettings, trial: Trial<'_>) -> Result<Outcome, SinksError> {
    let tap = Tap::default();
    let making = Making {
        secrets: trial.secrets,
        time_zone: trial.time_zone,
        // The test belongs to no incident that could be looked at.
        public_url: "",
        client: trial.client,
        templates: trial.templates,
        roster: trial.roster,
        duty: None,
        started: trial.now,
        timeout: Pace::default().try_timeout.to_std(),
        tap: Some(tap.clone()),
    };
    let mut carrier = Any::new(sink, &making)?;
    let message = samples::test_message(sink.language, trial.now);
    let letter = Letter { row: RowKey { incident: message.incident.id, step: 1 }, message, attempts: 0 };
    let snapshot = Arc::new(samples::test_snapshot(sink.language, trial.now));
    let key = format!("test/{}/{}", sink.name, trial.now.millis());
    let tried = carrier.tell(&letter, &key, &Scene { snapshot, now: trial.now }).await;
    let failed = match tried {
        Tried::Taken => None,
        Tried::Failed { why, .. } => Some(why),
    };
    Ok(Outcome { exchanges: tap.exchanges(), failed })
}
