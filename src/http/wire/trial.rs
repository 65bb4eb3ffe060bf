//! A sink on trial: what went out and what came back.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::notify;

/// What came of a message that was sent to a sink to try it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct SinkTrial {
    /// The name of the sink.
    pub sink: String,
    /// What kind of sink it is.
    pub kind: String,
    /// Whether it took the message.
    pub delivered: bool,
    /// Why it did not.
    pub error: Option<String>,
    /// Each request with its answer, without secrets.
    pub exchanges: Vec<SinkExchange>,
}

/// One request and its answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct SinkExchange {
    /// How the request begins: method, address, type; of a mail, from whom and to whom.
    pub head: String,
    /// What was sent.
    pub body: String,
    /// What came back, or why nothing did.
    pub answer: String,
}

impl SinkTrial {
    /// The outcome of a trial of a sink of such a kind.
    #[must_use]
    pub fn of(sink: &str, kind: &str, outcome: notify::Outcome) -> SinkTrial {
        let exchange = |e: notify::Exchange| SinkExchange { head: e.head, body: e.body, answer: e.answer };
        SinkTrial {
            sink: sink.to_owned(),
            kind: kind.to_owned(),
            delivered: outcome.failed.is_none(),
            error: outcome.failed,
            exchanges: outcome.exchanges.into_iter().map(exchange).collect(),
        }
    }
}
