//! Reviews: which each sink has taken, and what the past has for one.

use std::collections::BTreeMap;

use cunkou_core::alert::Incident;
use cunkou_core::model::{CameraId, ReasonSet, Severity, Time};

use super::rows::{IncidentRow, RowFault, parse, reasons};
use super::sql::{Cells, values};
use super::{Store, StoreError};

/// Changes of state of cameras that one review reads at most; a town that has more is told without figures.
const MOST_TURNS: i64 = 500_000;
/// Incidents that one review reads at most.
const MOST_INCIDENTS: i64 = 10_000;

/// A change of a camera's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraTurn {
    /// When it was concluded.
    pub at: Time,
    /// Since when it held.
    pub since: Time,
    /// The word of the state; `removed` once it has left the registry.
    pub to: String,
    /// Its reasons.
    pub reasons: ReasonSet,
}

impl Store {
    /// When the last review that a sink has taken was due; `None`: it has taken none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn last_review(&self, sink: &str) -> Result<Option<Time>, StoreError> {
        let mut reader = self.inner.connections.read().await?;
        let row = reader.link()?.row("SELECT due_ms FROM review WHERE sink = $1", values![sink]).await?;
        row.map(|row| row.time("due_ms")).transpose()
    }

    /// A sink has taken the review that was due then.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn reviewed(&self, sink: &str, due: Time) -> Result<(), StoreError> {
        let mut session = self.inner.connections.write().await?;
        let sql = "INSERT INTO review (sink, due_ms) VALUES ($1, $2) \
                   ON CONFLICT (sink) DO UPDATE SET due_ms = excluded.due_ms";
        let done = async { session.link()?.run(sql, values![sink, due]).await }.await;
        session.finish(done).await.map(|_| ())
    }

    /// Incidents of at least a severity that were over after `from` and up to `to`: the latest `limit` of them, latest
    /// first, and how many there are.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn mended(
        &self,
        least: Severity,
        (from, to): (Time, Time),
        limit: usize,
    ) -> Result<(Vec<Incident>, usize), StoreError> {
        let mut reader = self.inner.connections.read().await?;
        let sql = "SELECT body FROM incident WHERE status = 'resolved' AND resolved_ms > $1 AND resolved_ms <= $2 \
                   ORDER BY resolved_ms DESC, id DESC LIMIT $3";
        let rows = reader.link()?.rows(sql, values![from, to, MOST_INCIDENTS]).await?;
        let (mut latest, mut all) = (Vec::new(), 0);
        for row in &rows {
            let incident = parse::<IncidentRow>(&row.text("body")?).and_then(Incident::try_from);
            let incident = incident.map_err(|e| e.of("incident"))?;
            // One that nobody was told of need not be told as over.
            if incident.severity < least || incident.pages == 0 {
                continue;
            }
            all += 1;
            if latest.len() < limit {
                latest.push(incident);
            }
        }
        Ok((latest, all))
    }

    /// How each camera stood at `from` and what became of it up to `to`, in the order in which it was concluded; `None`
    /// where that is too much to be read at once.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn camera_turns(
        &self,
        (from, to): (Time, Time),
    ) -> Result<Option<BTreeMap<CameraId, Vec<CameraTurn>>>, StoreError> {
        let mut turns: BTreeMap<CameraId, Vec<CameraTurn>> = BTreeMap::new();
        for camera in self.cameras_at(from).await? {
            let (since, reasons) = (camera.since, camera.reasons);
            let turn = CameraTurn { at: since.min(from), since, to: camera.state.word().to_owned(), reasons };
            turns.entry(camera.id).or_default().push(turn);
        }
        let sql = "SELECT subject, at_ms, since_ms, to_state, reasons FROM history WHERE kind = 'camera' \
                   AND at_ms > $1 AND at_ms <= $2 ORDER BY at_ms, seq LIMIT $3";
        let mut reader = self.inner.connections.read().await?;
        let rows = reader.link()?.rows(sql, values![from, to, MOST_TURNS]).await?;
        if i64::try_from(rows.len()).is_ok_and(|n| n >= MOST_TURNS) {
            return Ok(None);
        }
        for row in &rows {
            let fault = |e: RowFault| e.of("history");
            let id = CameraId::new(&row.text("subject")?).map_err(|e| fault(e.into()))?;
            let turn = CameraTurn {
                at: row.time("at_ms")?,
                since: row.time("since_ms")?,
                to: row.text("to_state")?,
                reasons: reasons(&row.text("reasons")?).map_err(fault)?,
            };
            turns.entry(id).or_default().push(turn);
        }
        Ok(Some(turns))
    }
}
