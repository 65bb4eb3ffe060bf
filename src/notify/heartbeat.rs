//! The heartbeat: a service outside is told again and again that this monitor lives, and raises the alarm when it is told
//! no more (a dead-man's switch: healthchecks, Uptime Kuma, Dead Man's Snitch …).
//!
//! Never beats for a monitor that does not do its work: while the loop stands or the store does not write it is silent,
//! which is what it is for. Never through the outbox: a beat that was missed is not made up for. One request at a time,
//! bounded in time and bytes; its URL is a secret, since services put their token into its path.

use std::time::Duration;

use prometheus::{IntCounterVec, Opts, Registry};
use reqwest::{Client, Method};
use secrecy::ExposeSecret;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::post::{Answered, Post, Request, Tried};
use super::sinks::Clock;
use crate::files::secrets::{Secret, SecretUrl, Secrets};
use crate::files::settings::{HEARTBEAT_TOKEN, HeartbeatSettings};

/// How long a service may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// A beat that was not taken is tried again after this, or after the usual time where that is shorter.
const AGAIN: Duration = Duration::from_secs(10);
/// While nothing may be said, it is looked so often whether it may.
const LOOK: Duration = Duration::from_secs(1);

const DELIVERED: &str = "delivered";
const FAILED: &str = "failed";

/// Why there can be no heartbeat.
#[derive(Debug, thiserror::Error)]
pub enum HeartbeatError {
    /// It names an entry that no secrets hold.
    #[error("the heartbeat names the secret {entry:?}, which is neither in the secrets file nor in the environment")]
    NoSecret {
        /// The entry.
        entry: String,
    },
    /// The entry is no token.
    #[error("the heartbeat names the secret {entry:?}, but it wants one with a token")]
    SecretForm {
        /// The entry.
        entry: String,
    },
    /// With its token it is no URL any more, or another host.
    #[error("the url of the heartbeat is none with the token of the secret {entry:?} in it")]
    Url {
        /// The entry.
        entry: String,
    },
    /// The counters exist already.
    #[error("the counters of the heartbeat cannot be registered")]
    Metrics(#[source] prometheus::Error),
}

/// Whom the settings want to be told, with the token of the secret in its place; `None`: nobody.
///
/// # Errors
/// When the secret is missing, is no token, or makes no URL of the same host.
pub fn heartbeat_url(settings: &HeartbeatSettings, secrets: &Secrets) -> Result<Option<SecretUrl>, HeartbeatError> {
    let Some(text) = &settings.url else { return Ok(None) };
    let Some(entry) = &settings.secret else {
        return Ok(SecretUrl::parse(text.expose()));
    };
    let entry = entry.clone();
    let token = match secrets.get(&entry) {
        None => return Err(HeartbeatError::NoSecret { entry }),
        Some(Secret::Token(token)) => token.expose_secret().trim(),
        Some(Secret::Login { .. }) => return Err(HeartbeatError::SecretForm { entry }),
    };
    let with = |token: &str| SecretUrl::parse(&text.expose().replace(HEARTBEAT_TOKEN, token));
    // What is shown of it is scheme, host and port.
    let same_host = |url: &SecretUrl| with("a").is_some_and(|usual| usual.to_string() == url.to_string());
    with(token).filter(|url| !token.is_empty() && same_host(url)).map(Some).ok_or(HeartbeatError::Url { entry })
}

/// A heartbeat that does not beat yet.
pub struct Heartbeat {
    post: Post,
    method: Method,
    every: Duration,
    beats: IntCounterVec,
    clock: Clock,
    /// Whether the last beat was not taken: said once.
    failing: bool,
}

impl Heartbeat {
    /// The heartbeat of the settings, where they want one; its counters are 0 from now on.
    ///
    /// # Errors
    /// See [`heartbeat_url`]; and when the counters exist already.
    pub fn new(
        settings: &HeartbeatSettings,
        secrets: &Secrets,
        client: Client,
        metrics: &Registry,
        clock: Clock,
    ) -> Result<Option<Heartbeat>, HeartbeatError> {
        let Some(url) = heartbeat_url(settings, secrets)? else { return Ok(None) };
        let help = "Heartbeats to the service outside that watches this monitor, by how the try ended.";
        let beats = IntCounterVec::new(Opts::new("cunkou_heartbeats_total", help), &["result"])
            .and_then(|family| metrics.register(Box::new(family.clone())).map(|()| family))
            .map_err(HeartbeatError::Metrics)?;
        for result in [DELIVERED, FAILED] {
            beats.with_label_values(&[result]);
        }
        let post = Post {
            client,
            url,
            secret: None,
            shown: false,
            timeout: TIMEOUT,
            tap: None,
            answered: Answered::default(),
        };
        let method = if settings.method == "POST" { Method::POST } else { Method::GET };
        Ok(Some(Heartbeat { post, method, every: settings.every.to_std(), beats, clock, failing: false }))
    }

    /// Beats until `stop`, as long as `well` says that the monitor does its work; a beat that fell due meanwhile comes as
    /// soon as it does again.
    pub async fn run(mut self, well: impl Fn() -> bool + Send, mut stop: watch::Receiver<bool>) {
        let mut due = Instant::now();
        let mut silent = false;
        while !*stop.borrow() {
            tokio::select! {
                _ = stop.changed() => continue,
                () = sleep_until(due) => {}
            }
            let now = Instant::now();
            if !well() {
                if !std::mem::replace(&mut silent, true) {
                    tracing::warn!("no heartbeat is sent: the loop stands, or the store does not write");
                }
                due = now + LOOK;
                continue;
            }
            silent = false;
            tokio::select! {
                _ = stop.changed() => {}
                taken = self.beat() => due = now + if taken { self.every } else { self.every.min(AGAIN) },
            }
        }
    }

    /// Whether it was taken.
    async fn beat(&mut self) -> bool {
        let now = (self.clock)();
        let request =
            Request { method: self.method.clone(), content_type: "text/plain", ..Request::json(Vec::new(), None) };
        let tried = self.post.send(request, now).await;
        let result = if tried == Tried::Taken { DELIVERED } else { FAILED };
        self.beats.with_label_values(&[result]).inc();
        let failed = match tried {
            Tried::Taken => None,
            Tried::Failed { why, .. } => Some(why),
        };
        let before = std::mem::replace(&mut self.failing, failed.is_some());
        match &failed {
            Some(why) if !before => {
                tracing::warn!(to = %self.post.url, %why, "a heartbeat was not taken; it is tried again");
            }
            None if before => tracing::info!(to = %self.post.url, "heartbeats are taken again"),
            _ => {}
        }
        failed.is_none()
    }
}

impl std::fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Heartbeat({})", self.post.url)
    }
}
