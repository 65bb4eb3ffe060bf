//! SAY IT: takes committed words from the outbox and brings them to the sinks, one file a sink. Never says what is not
//! committed.
//!
//! One task a sink, so that a slow sink never delays another. At least once: a row leaves the outbox only when the sink
//! has taken it, each try carries the same `Idempotency-Key` (`incident/sink/step`), and nothing is given up: what a
//! sink refuses (400, 401, 404 …) is a matter of its settings, so it is tried again at the longest wait until they are
//! mended or the row's sink no longer takes it. Steps of one incident that surely were not received fold into the latest.
//!
//! Sinks that people read (mail, robots, ntfy, gateways) get one message a step, from templates that a town can change;
//! what stands in names is text there and never markup. Those with `on_duty = true` call who has the turn in the roster when
//! a message goes out.

mod alertmanager;
mod any;
mod backoff;
mod counters;
mod cut;
mod delivery;
mod dingtalk;
mod duty;
mod email;
mod escape;
mod facts;
mod feishu;
mod heartbeat;
mod labels;
mod letter;
mod limiter;
mod ntfy;
mod outbox;
mod people;
mod plain_http;
mod post;
mod review;
mod robot;
mod samples;
mod sign;
mod sinks;
mod smtp;
mod tap;
mod templates;
mod trial;
mod voice;
mod webhook;
mod wecom;

#[cfg(test)]
mod tests;

pub use backoff::Pace;
pub use duty::{DutyGap, duty_gaps};
pub use heartbeat::{Heartbeat, HeartbeatError, heartbeat_url};
pub use labels::{fingerprint, labels};
pub use outbox::{Outbox, OutboxError, OutboxItem, Past, Received, RowKey, Take};
pub use post::{ClientError, client};
pub use sinks::{Clock, Setup, Sinks, SinksError, check_sink, takes};
pub use tap::Exchange;
pub use templates::{TemplateFault, Templates};
pub use trial::{Outcome, Trial, Trials, try_sink};
