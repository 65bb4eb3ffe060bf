//! SAY IT: takes committed words from the outbox and brings them to the sinks, one file a sink. Never says what is not
//! committed.
//!
//! One task a sink, so that a slow sink never delays another. At least once: a row leaves the outbox only when the sink
//! has taken it, each try carries the same `Idempotency-Key` (`incident/sink/step`), and nothing is given up: what a
//! sink refuses (400, 401, 404 …) is a matter of its settings, so it is tried again at the longest wait until they are
//! mended or the row's sink no longer takes it. Steps of one incident that surely were not received fold into the latest.

mod alertmanager;
mod backoff;
mod counters;
mod delivery;
mod labels;
mod letter;
mod outbox;
mod post;
mod sinks;
mod voice;
mod webhook;

#[cfg(test)]
mod tests;

pub use backoff::Pace;
pub use labels::{fingerprint, labels};
pub use outbox::{Outbox, OutboxError, OutboxItem, Received, RowKey, Take};
pub use post::{ClientError, client};
pub use sinks::{Clock, Setup, Sinks, SinksError, takes};
