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
    /// By which door: method and path of a request, `SIGHUP`, `start`.
    pub via: String,
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

/// Which entries are wanted; newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditQuery {
    /// At or after this.
    pub since: Option<Time>,
    /// Before this.
    pub until: Option<Time>,
    /// By this name.
    pub who: Option<String>,
    /// Of this kind.
    pub what: Option<String>,
    /// The number of the last one of the page before.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: u32,
}

/// Adds entries, as part of a batch.
pub(super) async fn put_audit(link: &mut Link<'_>, entries: &[AuditEntry], seq: &mut u64) -> Result<(), StoreError> {
    let audit = Insert {
        head: "INSERT INTO audit (seq, at_ms, who, what, object, from_addr, via, old_value, new_value)",
        columns: 9,
        tail: "",
    };
    let rows = entries.iter().map(|e| {
        *seq += 1;
        let (who, what, object, from) = (e.who.as_str(), e.what.as_str(), e.object.as_str(), e.from.as_str());
        values![*seq, e.at, who, what, object, from, e.via.as_str(), e.old.clone(), e.new.clone()]
    });
    link.put(&audit, Box::new(rows)).await
}

impl Store {
    /// Entries, newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditRow>, StoreError> {
        let mut reader = self.inner.connections.read().await?;
        let head = "SELECT seq, at_ms, who, what, object, from_addr, via, old_value, new_value FROM audit";
        let select = Select::new(head)
            .and_some("at_ms >=", query.since)
            .and_some("at_ms <", query.until)
            .and_some("who =", query.who.clone())
            .and_some("what =", query.what.clone())
            .and_some("seq <", query.before);
        let rows = select.ask(&mut reader.link()?, "seq DESC", query.limit).await?;
        rows.iter()
            .map(|row| {
                let entry = AuditEntry {
                    at: row.time("at_ms")?,
                    who: row.text("who")?,
                    what: row.text("what")?,
                    object: row.text("object")?,
                    from: row.text("from_addr")?,
                    via: row.text("via")?,
                    old: row.maybe_text("old_value")?,
                    new: row.maybe_text("new_value")?,
                };
                Ok(AuditRow { seq: row.count("seq")?, entry })
            })
            .collect()
    }
}
