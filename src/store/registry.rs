//! The registry in force, and how it came to be: versions, and the difference that each made. Objects are opaque
//! texts here; what they mean is the business of the room that wrote them.

use std::collections::BTreeMap;

use cunkou_core::model::Time;

use super::rows::{json, parse};
use super::sql::{Cells, Insert, Link, values};
use super::{Store, StoreError};

/// The change of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its kind: area, node, entrance, camera, element, place, site.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// What was in force; `None`: it is new.
    pub old: Option<String>,
    /// What is in force now; `None`: it is gone.
    pub new: Option<String>,
}

/// A registry that is put in force, as the difference to the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryPut {
    /// Its version, greater than all before.
    pub version: u64,
    /// When.
    pub at: Time,
    /// Who: a token's name, `sighup`, `start`.
    pub who: String,
    /// File names and the SHA-256 of their bytes, in hex.
    pub hashes: BTreeMap<String, String>,
    /// In one line, for people.
    pub summary: String,
    /// The difference; at most one change an object.
    pub changes: Vec<Change>,
}

/// A registry that was in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryVersion {
    /// Its version.
    pub version: u64,
    /// Since when.
    pub at: Time,
    /// Who put it in force.
    pub who: String,
    /// File names and the SHA-256 of their bytes.
    pub hashes: BTreeMap<String, String>,
    /// In one line.
    pub summary: String,
    /// Objects that came.
    pub added: u64,
    /// Objects that changed.
    pub changed: u64,
    /// Objects that went.
    pub removed: u64,
}

impl Store {
    /// The registry in force: its version and its objects as (kind, id, text), sorted; `None` before the first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn registry_load(&self) -> Result<Option<(u64, Vec<(String, String, String)>)>, StoreError> {
        let mut reader = self.inner.connections.read().await?;
        let mut link = reader.link()?;
        let sql = "SELECT version FROM registry_version ORDER BY version DESC LIMIT 1";
        let Some(version) = link.row(sql, values![]).await? else { return Ok(None) };
        let rows = link.rows("SELECT kind, id, body FROM registry_object ORDER BY kind, id", values![]).await?;
        let objects: Result<Vec<_>, StoreError> =
            rows.into_iter().map(|row| Ok((row.text("kind")?, row.text("id")?, row.text("body")?))).collect();
        Ok(Some((version.count("version")?, objects?)))
    }

    /// The versions that were in force, newest first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn registry_versions(&self, limit: u32) -> Result<Vec<RegistryVersion>, StoreError> {
        let mut reader = self.inner.connections.read().await?;
        let sql = "SELECT version, at_ms, who, hashes, summary, added, changed, removed FROM registry_version \
                   ORDER BY version DESC LIMIT $1";
        let rows = reader.link()?.rows(sql, values![limit]).await?;
        rows.iter()
            .map(|row| {
                Ok(RegistryVersion {
                    version: row.count("version")?,
                    at: row.time("at_ms")?,
                    who: row.text("who")?,
                    hashes: parse(&row.text("hashes")?).map_err(|e| e.of("registry_version"))?,
                    summary: row.text("summary")?,
                    added: row.count("added")?,
                    changed: row.count("changed")?,
                    removed: row.count("removed")?,
                })
            })
            .collect()
    }

    /// The difference that a version made, sorted by kind and id.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn registry_changes(&self, version: u64) -> Result<Vec<Change>, StoreError> {
        let mut reader = self.inner.connections.read().await?;
        let sql = "SELECT kind, id, old_body, new_body FROM registry_change WHERE version = $1 ORDER BY kind, id";
        let rows = reader.link()?.rows(sql, values![version]).await?;
        rows.iter()
            .map(|row| {
                let (old, new) = (row.maybe_text("old_body")?, row.maybe_text("new_body")?);
                Ok(Change { kind: row.text("kind")?, id: row.text("id")?, old, new })
            })
            .collect()
    }
}

/// Puts a registry in force, as part of a batch.
pub(super) async fn put_registry(link: &mut Link<'_>, put: &RegistryPut) -> Result<(), StoreError> {
    let count = |wanted: fn(&Change) -> bool| put.changes.iter().filter(|c| wanted(c)).count() as u64;
    let added = count(|c| c.old.is_none() && c.new.is_some());
    let changed = count(|c| c.old.is_some() && c.new.is_some());
    let removed = count(|c| c.new.is_none());
    let sql = "INSERT INTO registry_version (version, at_ms, who, hashes, summary, added, changed, removed) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let (who, summary, hashes) = (put.who.as_str(), put.summary.as_str(), json(&put.hashes));
    link.run(sql, values![put.version, put.at, who, hashes, summary, added, changed, removed]).await?;
    let change =
        Insert { head: "INSERT INTO registry_change (version, kind, id, old_body, new_body)", columns: 5, tail: "" };
    let rows = put.changes.iter().map(|c| {
        let (kind, id) = (c.kind.as_str(), c.id.as_str());
        values![put.version, kind, id, c.old.clone(), c.new.clone()]
    });
    link.put(&change, Box::new(rows)).await?;
    let gone = put.changes.iter().filter(|c| c.new.is_none()).map(|c| values![c.kind.as_str(), c.id.as_str()]);
    link.for_keys(("DELETE FROM registry_object WHERE (kind, id) IN", ""), 2, gone.collect()).await?;
    let object = Insert {
        head: "INSERT INTO registry_object (kind, id, body)",
        columns: 3,
        tail: "ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
    };
    let kept = put.changes.iter().filter(|c| c.new.is_some());
    let rows = kept.map(|c| values![c.kind.as_str(), c.id.as_str(), c.new.clone()]);
    link.put(&object, Box::new(rows)).await
}
