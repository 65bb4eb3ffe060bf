//! Core values as rows, and back. The core derives no Serialize: what is kept has its own structs here, so that a
//! name that changes there changes no file.

mod alert;
mod evidence;
mod found;
mod health;

use std::sync::Arc;

use cunkou_core::health::Cause;
use cunkou_core::model::{AreaId, CameraId, EntranceId, IdFault, NodeId, Period, Reason, ReasonSet, Time};
use cunkou_core::world::Subject;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;

pub(super) use alert::{AlertRow, IncidentRow, MessageRow, object_kind};
pub use evidence::StoredOutcome;
pub(super) use health::{target_from_row, target_key, target_row};

/// What is strange about a row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct RowFault(pub(super) String);

impl RowFault {
    /// The fault, with the table it was found in.
    pub(super) fn of(self, table: &'static str) -> StoreError {
        StoreError::Content { table, what: self.0 }
    }
}

impl From<IdFault> for RowFault {
    fn from(e: IdFault) -> RowFault {
        RowFault(e.to_string())
    }
}

/// A value as JSON. Row structs hold text, numbers, truth values and lists of these: that never fails.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A row struct from JSON.
pub(super) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, RowFault> {
    serde_json::from_str(text).map_err(|e| RowFault(e.to_string()))
}

/// The value of a closed list that a word names.
pub(super) fn word<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, RowFault> {
    read(text).ok_or_else(|| RowFault(format!("unknown word {text:?}")))
}

/// A cause that may be missing.
pub(super) fn cause(text: Option<&str>) -> Result<Option<Cause>, RowFault> {
    text.map(|t| word(t, Cause::parse)).transpose()
}

/// Ids of one kind.
pub(super) fn ids<T>(texts: &[String], read: impl Fn(&str) -> Result<T, IdFault>) -> Result<Vec<T>, RowFault> {
    texts.iter().map(|t| Ok(read(t)?)).collect()
}

/// Anything that is written as text.
pub(super) fn texts<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

/// Reasons as words separated by spaces.
pub(super) fn reasons_text(reasons: ReasonSet) -> String {
    reasons.iter().map(Reason::word).collect::<Vec<_>>().join(" ")
}

/// Reads [`reasons_text`].
pub(super) fn reasons(text: &str) -> Result<ReasonSet, RowFault> {
    text.split_whitespace().map(|w| word(w, Reason::from_word)).collect()
}

/// Columns `kind`, `subject`, `period` of a subject.
pub(super) fn subject_key(subject: &Subject) -> (&'static str, &str, &'static str) {
    match subject {
        Subject::Camera(id) => ("camera", id.as_str(), ""),
        Subject::Node(id) => ("node", id.as_str(), ""),
        Subject::Entrance(id, period) => ("entrance", id.as_str(), period.word()),
        Subject::Monitor => ("monitor", "monitor", ""),
    }
}

/// Reads [`subject_key`].
pub(super) fn subject(kind: &str, id: &str, period: &str) -> Result<Subject, RowFault> {
    Ok(match kind {
        "camera" => Subject::Camera(CameraId::new(id)?),
        "node" => Subject::Node(NodeId::new(id)?),
        "entrance" => Subject::Entrance(EntranceId::new(id)?, word(period, Period::from_word)?),
        "monitor" => Subject::Monitor,
        _ => return Err(RowFault(format!("unknown kind {kind:?}"))),
    })
}

fn area(text: Option<&String>) -> Result<Option<AreaId>, RowFault> {
    Ok(text.map(|t| AreaId::new(t)).transpose()?)
}

fn shared(text: &str) -> Arc<str> {
    Arc::from(text)
}

fn millis(time: Option<Time>) -> Option<i64> {
    time.map(Time::millis)
}
