//! An outcome as history keeps it: by the id of its target, because slots do not outlive a restart.

use cunkou_core::model::{Outcome, ProbeResult, Span, Time};
use serde::{Deserialize, Serialize};

/// The outcome that tipped a transition, in the words that users see. Times are milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredOutcome {
    /// The id of the camera, node or canary that was asked; empty where it had left the registry.
    pub target: String,
    /// What was asked.
    pub check: String,
    /// When it was due.
    pub due: i64,
    /// When the probe began.
    pub begun: i64,
    /// When it ended.
    pub ended: i64,
    /// Whether it was asked out of turn.
    pub asked: bool,
    /// Whether a credential was shown.
    pub credential: bool,
    /// The label `result`.
    pub result: String,
    /// More of it: the reason of an answer, why it is inconclusive, `slow` for a late pass; else empty.
    pub detail: String,
    /// The phase in which it ended.
    pub phase: String,
    /// Phases with their microseconds, in order.
    pub times: Vec<(String, u32)>,
    /// The round trip, milliseconds.
    pub rtt: Option<i64>,
    /// What the thing said.
    pub note: Option<String>,
}

impl StoredOutcome {
    /// An outcome with the id of its target.
    pub(in crate::store) fn new(outcome: &Outcome, target: Option<String>) -> StoredOutcome {
        let detail = match outcome.result {
            ProbeResult::Pass { slow: true } => "slow",
            ProbeResult::Pass { slow: false } | ProbeResult::Fail(_) => "",
            ProbeResult::Answered(reason) => reason.word(),
            ProbeResult::Inconclusive(why) => why.word(),
        };
        StoredOutcome {
            target: target.unwrap_or_default(),
            check: outcome.check.word().to_owned(),
            due: outcome.due.millis(),
            begun: outcome.begun.millis(),
            ended: outcome.ended.millis(),
            asked: outcome.asked,
            credential: outcome.credential,
            result: outcome.result.label().word().to_owned(),
            detail: detail.to_owned(),
            phase: outcome.phase.word().to_owned(),
            times: outcome.times.iter().map(|(phase, micros)| (phase.word().to_owned(), micros)).collect(),
            rtt: outcome.rtt.map(Span::as_millis),
            note: outcome.note.as_deref().map(str::to_owned),
        }
    }

    /// When the probe ended.
    #[must_use]
    pub fn ended_at(&self) -> Time {
        Time(self.ended)
    }
}
