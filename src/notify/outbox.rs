//! What delivery asks of the store: the rows that wait for a sink.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use cunkou_core::alert::{Incident, Message, MessageKind, OftenOut};
use cunkou_core::model::{IncidentId, Severity, Time};

/// A row of a sink: which step of which incident.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RowKey {
    /// The incident.
    pub incident: IncidentId,
    /// The step of it.
    pub step: u32,
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.incident, self.step)
    }
}

/// A row that waits.
#[derive(Clone, Debug)]
pub struct OutboxItem {
    /// The message; its incident and step are the row's key.
    pub message: Arc<Message>,
    /// The kinds of all the steps that the row tells, in order; the last is the message's own.
    pub kinds: Vec<MessageKind>,
    /// Tries that failed.
    pub attempts: u32,
    /// Not before.
    pub next_attempt_at: Time,
    /// When it was committed.
    pub created_at: Time,
}

impl OutboxItem {
    /// Which row it is.
    #[must_use]
    pub fn key(&self) -> RowKey {
        RowKey { incident: self.message.incident.id, step: self.message.step }
    }
}

/// The store could not answer.
#[derive(Debug, thiserror::Error)]
#[error("the outbox cannot be reached")]
pub struct OutboxError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Which of the rows that are due are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Take {
    /// At most so many, in the order in which they were committed.
    Oldest(usize),
    /// One, that which was tried least: to see whether a sink that was away is back.
    LeastTried,
}

/// Whether a failed try may have been received all the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Received {
    /// Surely not: no connection, or an answer that refuses. Later steps may be told in its place.
    No,
    /// Perhaps: the request went out. It keeps its key until it is delivered.
    Maybe,
}

/// What the past has for a review.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Past {
    /// Incidents that people were told of and that were over in that time, latest first; bounded.
    pub mended: Vec<Arc<Incident>>,
    /// How many there are in all.
    pub mended_in_all: usize,
    /// Over all cameras, the share of the time in which something was known, in which they were available.
    pub available: Option<f64>,
    /// Those that were out for longest; bounded.
    pub worst: Vec<OftenOut>,
}

/// The rows of the outbox. Each sink has rows of its own, one a message that it takes (see [`super::takes`]).
///
/// Every call names rows that exist or once existed; one for a row that is gone changes nothing.
pub trait Outbox: Send + Sync + 'static {
    /// Of each incident the first undelivered row of `sink`, where it is due by `due_by`. A row that was handed out is
    /// not handed out again, and no later step takes its place, until one of the calls below was told of it and kept
    /// that.
    fn pending(
        &self,
        sink: &str,
        due_by: Time,
        take: Take,
    ) -> impl Future<Output = Result<Vec<OutboxItem>, OutboxError>> + Send;

    /// These rows were handed out and not tried: they wait as before.
    fn release(&self, sink: &str, rows: &[RowKey]) -> impl Future<Output = ()> + Send;

    /// The sink has taken these rows. `code` is what it answered, where it has such; `to` names who of the roster was called by them; `None`: the sink's own settings say
    /// whom it reaches.
    fn delivered(
        &self,
        sink: &str,
        rows: &[RowKey],
        at: Time,
        code: Option<u16>,
        to: Option<&str>,
    ) -> impl Future<Output = Result<(), OutboxError>> + Send;

    /// A try failed: counts it, and keeps these rows until `next_attempt_at`.
    fn retry(
        &self,
        sink: &str,
        rows: &[RowKey],
        next_attempt_at: Time,
        error: &str,
        received: Received,
        code: Option<u16>,
    ) -> impl Future<Output = Result<(), OutboxError>> + Send;

    /// The sink's settings no longer take these rows.
    fn dropped(&self, sink: &str, rows: &[RowKey], at: Time) -> impl Future<Output = Result<(), OutboxError>> + Send;

    /// When the last review that `sink` has taken was due; `None`: it was never asked to take one.
    fn last_review(&self, sink: &str) -> impl Future<Output = Result<Option<Time>, OutboxError>> + Send;

    /// `sink` has taken the review that was due then, or is told none before the next.
    fn reviewed(&self, sink: &str, due: Time) -> impl Future<Output = Result<(), OutboxError>> + Send;

    /// What became of the town in a stretch of time; of incidents those of at least this severity.
    fn past(&self, least: Severity, between: (Time, Time)) -> impl Future<Output = Result<Past, OutboxError>> + Send;

    /// The earliest `next_attempt_at` of those rows that [`Outbox::pending`] would hand out in time.
    fn next_attempt(&self, sink: &str) -> impl Future<Output = Result<Option<Time>, OutboxError>> + Send;
}
