//! What delivery asks of the store: the rows that wait for a sink.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use cunkou_core::alert::Message;
use cunkou_core::model::{IncidentId, Time};

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

/// The rows of the outbox. Each sink has rows of its own, one a message that it takes (see [`super::takes`]).
///
/// Every call names rows that exist or once existed; one for a row that is gone changes nothing.
pub trait Outbox: Send + Sync + 'static {
    /// Every undelivered row, due or not, of those incidents of which at least one row of `sink` is due by `due_by`;
    /// in the order in which they were committed, at most `limit`. (Whole incidents, so that steps are told in order
    /// and unsent ones fold.)
    fn pending(
        &self,
        sink: &str,
        due_by: Time,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<OutboxItem>, OutboxError>> + Send;

    /// The sink has taken these rows.
    fn delivered(&self, sink: &str, rows: &[RowKey], at: Time) -> impl Future<Output = Result<(), OutboxError>> + Send;

    /// A try failed: counts it, and keeps these rows until `next_attempt_at`.
    fn retry(
        &self,
        sink: &str,
        rows: &[RowKey],
        next_attempt_at: Time,
        error: &str,
    ) -> impl Future<Output = Result<(), OutboxError>> + Send;

    /// The sink's settings no longer take these rows.
    fn dropped(&self, sink: &str, rows: &[RowKey], at: Time) -> impl Future<Output = Result<(), OutboxError>> + Send;

    /// The earliest `next_attempt_at` of the sink's undelivered rows.
    fn next_attempt(&self, sink: &str) -> impl Future<Output = Result<Option<Time>, OutboxError>> + Send;
}
