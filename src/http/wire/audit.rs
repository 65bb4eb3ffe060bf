//! An entry of the audit trail.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{stamp, words};
use crate::http::AuditEntry;

/// One change by somebody.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct AuditItem {
    /// Its number, counting up.
    pub id: u64,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who: the name of the token, `start` or `sighup`.
    pub who: String,
    /// What was done.
    #[schema(schema_with = words::change_kind)]
    pub kind: String,
    /// To what: the number of an incident, the version of a registry.
    pub object: String,
    /// The address the wish came from; empty: this machine itself.
    pub from: String,
    /// By which door: method and path of a request, `SIGHUP`, `start`; empty where that was not kept.
    pub via: String,
    /// What it was before.
    pub old: Option<String>,
    /// What it was from then on; may have several lines.
    pub new: Option<String>,
}

impl AuditItem {
    /// An entry as the API shows it.
    #[must_use]
    pub fn of(entry: &AuditEntry) -> AuditItem {
        AuditItem {
            id: entry.number,
            at: stamp(entry.at),
            who: entry.who.clone(),
            kind: entry.kind.clone(),
            object: entry.object.clone(),
            from: entry.from.clone(),
            via: entry.via.clone(),
            old: entry.old.clone(),
            new: entry.new.clone(),
        }
    }
}
