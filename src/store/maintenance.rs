//! Maintenance that people announced: once, or each week. What it explains is the World's; here it is kept as it was said.

use cunkou_core::model::{AreaId, CameraId, NodeId, Time};
use cunkou_core::registry::Weekly;
use cunkou_core::world::Works;
use sqlx::any::AnyRow;

use super::rows::RowFault;
use super::sql::{Cells, Insert, Link, values};
use super::{Store, StoreError};

/// Rows that are read at most: those that are over are history, and what is announced is bounded by the engine.
const MOST: i64 = 10_000;

/// Work that somebody announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maintenance {
    /// Its number; counts up, never used again.
    pub id: u64,
    /// On what.
    pub of: Works,
    /// From this moment; of what recurs, not before.
    pub from: Time,
    /// Up to this moment; `None`: recurs until somebody ends it.
    pub to: Option<Time>,
    /// When in a week; `None`: once, all of the time.
    pub weekly: Option<Weekly>,
    /// What they wrote.
    pub note: String,
    /// Who: a token's name, or who sits at the machine.
    pub by: String,
    /// When it was announced.
    pub made: Time,
    /// When somebody ended it before its time.
    pub ended: Option<Time>,
}

impl Maintenance {
    /// Whether it is under way, or still to come.
    #[must_use]
    pub fn is_open(&self, now: Time) -> bool {
        self.ended.is_none() && self.to.is_none_or(|to| to > now)
    }
}

/// The word and the id of what is worked on.
#[must_use]
pub fn works_words(of: &Works) -> (&'static str, &str) {
    match of {
        Works::Camera(id) => ("camera", id.as_str()),
        Works::Node(id) => ("node", id.as_str()),
        Works::Area(id) => ("area", id.as_str()),
    }
}

fn works(kind: &str, id: &str) -> Result<Works, RowFault> {
    Ok(match kind {
        "camera" => Works::Camera(CameraId::new(id)?),
        "node" => Works::Node(NodeId::new(id)?),
        "area" => Works::Area(AreaId::new(id)?),
        _ => return Err(RowFault(format!("unknown kind {kind:?}"))),
    })
}

/// Adds and changes rows, as part of a batch.
pub(super) async fn put_maintenance(link: &mut Link<'_>, rows: &[Maintenance]) -> Result<(), StoreError> {
    let insert = Insert {
        head: "INSERT INTO maintenance (id, object_kind, object, from_ms, to_ms, weekly, note, who, made_ms, ended_ms)",
        columns: 10,
        tail: "ON CONFLICT (id) DO UPDATE SET ended_ms = excluded.ended_ms",
    };
    // One statement may touch a row only once (PostgreSQL): the last word counts.
    let last: std::collections::BTreeMap<u64, &Maintenance> = rows.iter().map(|m| (m.id, m)).collect();
    let rows = last.into_values().map(|m| {
        let (kind, object) = works_words(&m.of);
        let weekly = m.weekly.map(|w| w.to_string());
        values![m.id, kind, object, m.from, m.to, weekly, m.note.as_str(), m.by.as_str(), m.made, m.ended]
    });
    link.put(&insert, Box::new(rows)).await
}

impl Store {
    /// What was announced and is not over, by number; and the number that the next one gets.
    ///
    /// # Errors
    /// When it cannot be read, or when a row holds what this program never wrote.
    pub async fn maintenance(&self, now: Time) -> Result<(Vec<Maintenance>, u64), StoreError> {
        let mut reader = self.inner.connections.read().await?;
        let mut link = reader.link()?;
        let sql = "SELECT id, object_kind, object, from_ms, to_ms, weekly, note, who, made_ms, ended_ms FROM maintenance \
                   WHERE ended_ms IS NULL AND (to_ms IS NULL OR to_ms > $1) ORDER BY id LIMIT $2";
        let rows = link.rows(sql, values![now, MOST]).await?;
        let rows: Result<Vec<Maintenance>, StoreError> = rows.iter().map(read).collect();
        let last = link.row("SELECT COALESCE(MAX(id), 0) AS last FROM maintenance", values![]).await?;
        let last = last.map(|row| row.count("last")).transpose()?.unwrap_or(0);
        Ok((rows?, last + 1))
    }
}

fn read(row: &AnyRow) -> Result<Maintenance, StoreError> {
    let fault = |e: RowFault| e.of("maintenance");
    let weekly = row
        .maybe_text("weekly")?
        .map(|text| Weekly::parse(&text).ok_or_else(|| fault(RowFault(format!("{text:?} is no time of a week")))));
    Ok(Maintenance {
        id: row.count("id")?,
        of: works(&row.text("object_kind")?, &row.text("object")?).map_err(fault)?,
        from: row.time("from_ms")?,
        to: row.maybe_time("to_ms")?,
        weekly: weekly.transpose()?,
        note: row.text("note")?,
        by: row.text("who")?,
        made: row.time("made_ms")?,
        ended: row.maybe_time("ended_ms")?,
    })
}
