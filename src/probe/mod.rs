//! ASK ONE QUESTION: one file a protocol. Every address passes the allow-list once, as a type; every read is bounded in
//! time and bytes. Believes nothing: an answer is what was heard.
//!
//! What comes from a camera is hostile. Nothing in here panics, retries, keeps a picture or shows a secret.

mod allow;
mod auth;
mod dial;
mod hints;
mod jpeg;
mod limits;
mod question;
mod reach;
mod rights;
mod rtsp;
mod snapshot;
#[cfg(test)]
mod tests;
mod trace;
mod wire;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use cunkou_core::model::{Check, Inconclusive, ProbeResult, Span};
use futures_util::FutureExt;
use tokio::sync::Semaphore;
use tokio::time::Instant;

pub use allow::{AllowList, Vetted};
pub use hints::Hint;
pub use limits::Limits;
pub use question::{Answer, Credential, How, Question, for_camera, for_canary, for_node, for_url};
pub use rights::{PingRights, ping_rights};
pub use trace::Step;

use dial::Place;
use reach::{Icmp, Pace};
use trace::{Stop, Trace};

/// Asks questions. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Prober {
    inner: Arc<Inner>,
}

struct Inner {
    limits: Limits,
    allow: AllowList,
    icmp: Icmp,
    tls: tokio_rustls::TlsConnector,
    look_ups: Arc<Semaphore>,
    /// Places of [`Limits::more_connects`].
    more_connects: Semaphore,
}

impl Inner {
    fn new(limits: Limits, allow: AllowList, icmp: Icmp) -> Inner {
        let more_connects = Semaphore::new(limits.more_connects.min(Semaphore::MAX_PERMITS));
        Inner { limits, allow, icmp, tls: dial::tls_connector(), look_ups: dial::look_ups(), more_connects }
    }
}

impl std::fmt::Debug for Prober {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prober").field("limits", &self.inner.limits).finish_non_exhaustive()
    }
}

impl Prober {
    /// A prober that dials only what the list allows.
    #[must_use]
    pub fn new(limits: Limits, allow: AllowList) -> Prober {
        Prober { inner: Arc::new(Inner::new(limits, allow, Icmp::default())) }
    }

    /// Asks one question. Ends within its deadline, whatever the other side does.
    pub async fn ask(&self, question: &Question) -> Answer {
        self.run(question, Trace::quiet()).await
    }

    /// The same, with every step written down for people.
    pub async fn ask_aloud(&self, question: &Question) -> Answer {
        self.run(question, Trace::aloud()).await
    }

    async fn run(&self, question: &Question, mut trace: Trace) -> Answer {
        let pace = Pace::of(&self.inner.limits, question);
        let password = question.credential.is_some();
        let limits = &self.inner.limits;
        let deadline = limits.deadline(question.check(), question.confirming, password).max(pace.most);
        // The first answer is not waited for any longer than without a password: then it is silence.
        let first = limits.deadline(question.check(), question.confirming, false);
        let began = Instant::now();
        let heard = tokio::time::timeout(deadline, unbroken(self.heard(question, pace, first, &mut trace))).await;
        let took = began.elapsed();
        let result = match heard {
            Ok(Ok(())) => {
                ProbeResult::Pass { slow: question.check() != Check::Reach && took > self.inner.limits.timeout }
            }
            Ok(Err(Stop { result, note })) => {
                trace.note(note);
                result
            }
            Err(_) => {
                trace.end_phase();
                trace.note(format!("no answer within {}", Span::from(deadline)));
                dial::out_of_time(trace.phase(), question.canary)
            }
        };
        trace.into_answer(result)
    }

    async fn heard(&self, question: &Question, pace: Pace, first: Duration, trace: &mut Trace) -> Result<(), Stop> {
        match &question.how {
            How::Tcp { host, port } => {
                let place = Place { host, port: *port, named: question.canary };
                reach::tcp(&self.inner, place, pace, trace).await
            }
            How::Icmp { host, fallback } => {
                let place = Place { host, port: *fallback, named: question.canary };
                reach::icmp(&self.inner, place, pace, trace).await
            }
            How::Stream { url } => rtsp::ask(&self.inner, url, question.credential.as_ref(), first, trace).await,
            How::Picture { url } => snapshot::ask(&self.inner, url, question.credential.as_ref(), trace).await,
        }
    }
}

/// What a device says must never end more than its own probe: should the reading of it panic after all, that is a fault
/// of ours, and whoever waits for an answer still gets one.
async fn unbroken(heard: impl Future<Output = Result<(), Stop>>) -> Result<(), Stop> {
    AssertUnwindSafe(heard).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!("a probe broke off: a fault of this program, please report it");
        Err(Stop::new(ProbeResult::Inconclusive(Inconclusive::OwnFault), "the probe broke off, by a fault of ours"))
    })
}
