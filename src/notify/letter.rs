//! What goes to a sink in one try: a row of the outbox, with the kind of all the steps that it tells.

use cunkou_core::alert::{Message, MessageKind};

use super::outbox::{OutboxItem, RowKey};

/// A message to a sink, and the row that is done with it.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    /// The row.
    pub(super) row: RowKey,
    /// The latest step, with the kind of all of them.
    pub(super) message: Message,
    /// Tries that failed.
    pub(super) attempts: u32,
}

impl Letter {
    /// The letter of a row.
    pub(super) fn new(item: &OutboxItem) -> Letter {
        let mut message = Message::clone(&item.message);
        message.kind = item.kinds.iter().copied().reduce(MessageKind::followed_by).unwrap_or(message.kind);
        Letter { row: item.key(), message, attempts: item.attempts }
    }

    /// What a sink knows a try by, whatever happens to it: `incident/sink/step`.
    pub(super) fn key(&self, sink: &str) -> String {
        format!("{}/{sink}/{}", self.message.incident.id, self.message.step)
    }
}
