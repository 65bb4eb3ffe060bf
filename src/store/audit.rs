//! Who changed what, when and from where. Written in the batch of the change itself.

use cunkou_core::model::Time;

use super::sql::{Cells, Insert, Link, Select, values};
use super::{Store, StoreError};

/// One change by somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: Time,
    /// Who: a token's name, `sighup`, `start`.
    pub who: String,
    /// What was done: `acknowledge`, `registry`, …
    pub what: String,
    /// To what: the id of an incident, the version of a registry.
    pub object: String,
    /// Where the wish came from: an address; empty: from this machine.
    pub from: String,
    /// What it was before.
    pub old: Option<String>,
    /// What it is now.
    pub new: Option<String>,
}

/// An entry with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number; counts up.
    pub seq: u64,
    /// The entry.
    pub entry: AuditEntry,
}

/// Adds entries, as part of a batch.
pub(super) async fn put_audit(link: &mut Link<'_>, entries: &[AuditEntry], seq: &mut u64) -> Result<(), StoreError> {
    let audit = Insert {
        head: "INSERT INTO audit (seq, at_ms, who, what, object, from_addr, old_value, new_value)",
        columns: 8,
        tail: "",
    };
    let rows = entries.iter().map(|e| {
        *seq += 1;
        let (who, what, object, from) = (e.who.as_str(), e.what.as_str(), e.object.as_str(), e.from.as_str());
        values![*seq, e.at, who, what, object, from, e.old.clone(), e.new.clone()]
    });
    link.put(&audit, rows.collect()).await
}

impl Store {
    /// Entries, newest first; `before` is the number of the last one of the page before.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn audit(&self, before: Option<u64>, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        let mut reader = self.inner.connections.read().await?;
        let select = Select::new("SELECT seq, at_ms, who, what, object, from_addr, old_value, new_value FROM audit");
        let rows = select.and_some("seq <", before).ask(&mut reader.link()?, "seq DESC", limit).await?;
        rows.iter()
            .map(|row| {
                let entry = AuditEntry {
                    at: row.time("at_ms")?,
                    who: row.text("who")?,
                    what: row.text("what")?,
                    object: row.text("object")?,
                    from: row.text("from_addr")?,
                    old: row.maybe_text("old_value")?,
                    new: row.maybe_text("new_value")?,
                };
                Ok(AuditRow { seq: row.count("seq")?, entry })
            })
            .collect()
    }
}
