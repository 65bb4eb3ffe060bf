//! What was believed in the past: read from the changes of state, never reckoned anew.

use std::collections::BTreeMap;

use cunkou_core::coverage::EntranceState;
use cunkou_core::health::{Cause, State};
use cunkou_core::model::{CameraId, EntranceId, IncidentId, Period, ReasonSet, Time};
use cunkou_core::world::Subject;
use sqlx::any::AnyRow;

use super::rows::{RowFault, StoredOutcome, cause, parse, reasons, subject, subject_key, word};
use super::sql::{Cells, Link, Select, values};
use super::{Store, StoreError};

/// Which changes of state are wanted; newest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TransitionQuery {
    /// Of this thing; `None`: of everything.
    pub subject: Option<Subject>,
    /// Of this incident.
    pub incident: Option<IncidentId>,
    /// Concluded at or after this.
    pub from: Option<Time>,
    /// Concluded before this.
    pub to: Option<Time>,
    /// The number of the last one of the page before.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: u32,
}

/// A change of state, as history keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct TransitionRow {
    /// Its number; counts up in the order of conclusions.
    pub seq: u64,
    /// When it was concluded.
    pub at: Time,
    /// Since when it held.
    pub since: Time,
    /// Whose.
    pub subject: Subject,
    /// The word of the state before; empty for the first.
    pub from: String,
    /// The word of the state from then on; `removed` once it had left the registry.
    pub to: String,
    /// Why.
    pub cause: Option<Cause>,
    /// The incident, where there was one.
    pub incident: Option<IncidentId>,
    /// For a camera: its reasons.
    pub reasons: ReasonSet,
    /// The registry that was in force.
    pub registry_version: u64,
    /// The outcome that tipped it.
    pub evidence: Option<StoredOutcome>,
}

/// An entrance at a moment of the past.
#[derive(Debug, Clone, PartialEq)]
pub struct EntranceAt {
    /// Which.
    pub id: EntranceId,
    /// What was believed.
    pub state: EntranceState,
    /// Since when.
    pub since: Time,
    /// Why.
    pub cause: Option<Cause>,
    /// The incident, where there was one.
    pub incident: Option<IncidentId>,
}

/// A camera at a moment of the past.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraAt {
    /// Which.
    pub id: CameraId,
    /// What was believed.
    pub state: State,
    /// Since when.
    pub since: Time,
    /// Why.
    pub cause: Option<Cause>,
    /// The incident, where there was one.
    pub incident: Option<IncidentId>,
    /// Its reasons.
    pub reasons: ReasonSet,
}

const COLUMNS: &str = "SELECT seq, kind, subject, period, at_ms, since_ms, from_state, to_state, cause, incident, \
     reasons, registry_version, evidence FROM history";

/// The last change of each thing of a kind, at or before a moment: one look-up in the index a thing.
pub(super) const AT: &str = "SELECT h.seq, h.kind, h.subject, h.period, h.at_ms, h.since_ms, h.from_state, \
     h.to_state, h.cause, h.incident, h.reasons, h.registry_version, h.evidence FROM subject s JOIN history h ON h.seq = \
     (SELECT l.seq FROM history l WHERE l.kind = s.kind AND l.subject = s.id AND l.period = $2 AND l.at_ms <= $3 \
     ORDER BY l.at_ms DESC, l.seq DESC LIMIT 1) WHERE s.kind = $1 AND h.to_state <> 'removed' ORDER BY s.id";

impl Store {
    /// Changes of state, newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn transitions(&self, query: &TransitionQuery) -> Result<Vec<TransitionRow>, StoreError> {
        let key = query.subject.as_ref().map(subject_key);
        let select = Select::new(COLUMNS)
            .and_some("kind =", key.map(|k| k.0))
            .and_some("subject =", key.map(|k| k.1))
            .and_some("period =", key.map(|k| k.2))
            .and_some("incident =", query.incident)
            .and_some("at_ms >=", query.from)
            .and_some("at_ms <", query.to)
            .and_some("seq <", query.before);
        let mut reader = self.inner.connections.read().await?;
        let rows = select.ask(&mut reader.link()?, "seq DESC", query.limit).await?;
        rows.iter().map(transition).collect()
    }

    /// Failures of cameras that were concluded at or after a moment, oldest first; at most so many, the latest of them.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn camera_failures(&self, from: Time, limit: u32) -> Result<Vec<TransitionRow>, StoreError> {
        let select = Select::new(COLUMNS)
            .and_some("kind =", Some("camera"))
            .and_some("to_state =", Some("down"))
            .and_some("at_ms >=", Some(from));
        let mut reader = self.inner.connections.read().await?;
        let rows = select.ask(&mut reader.link()?, "seq DESC", limit).await?;
        rows.iter().rev().map(transition).collect()
    }

    /// What was believed of every entrance at a moment, by id. One of which nothing was known yet, or that had left
    /// the registry, is not named: no data is not "covered".
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn entrances_at(&self, period: Period, at: Time) -> Result<Vec<EntranceAt>, StoreError> {
        let mut reader = self.inner.connections.read().await?;
        let rows = states_at(&mut reader.link()?, "entrance", period.word(), at).await?;
        rows.into_iter()
            .filter_map(|row| match row.subject {
                Subject::Entrance(id, _) => Some((id, row.to, row.since, row.cause, row.incident)),
                _ => None,
            })
            .map(|(id, to, since, cause, incident)| {
                let state = word(&to, EntranceState::from_word).map_err(|e| e.of("history"))?;
                Ok(EntranceAt { id, state, since, cause, incident })
            })
            .collect()
    }

    /// What was believed of every camera at a moment, by id; with the same exceptions.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn cameras_at(&self, at: Time) -> Result<Vec<CameraAt>, StoreError> {
        let mut reader = self.inner.connections.read().await?;
        let rows = states_at(&mut reader.link()?, "camera", "", at).await?;
        rows.into_iter()
            .filter_map(|row| match row.subject.clone() {
                Subject::Camera(id) => Some((id, row)),
                _ => None,
            })
            .map(|(id, row)| {
                let state = word(&row.to, State::from_word).map_err(|e| e.of("history"))?;
                let TransitionRow { since, cause, incident, reasons, .. } = row;
                Ok(CameraAt { id, state, since, cause, incident, reasons })
            })
            .collect()
    }

    /// Whether the monitor could see at a moment: its last change at or before it; `None` before the first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn monitor_at(&self, at: Time) -> Result<Option<TransitionRow>, StoreError> {
        let mut reader = self.inner.connections.read().await?;
        let rows = states_at(&mut reader.link()?, "monitor", "", at).await?;
        Ok(rows.into_iter().next())
    }
}

/// What history says last of each thing of a kind, by its name.
pub(super) async fn last_words(
    link: &mut Link<'_>,
    kind: &'static str,
) -> Result<BTreeMap<String, String>, StoreError> {
    let rows = link.rows(AT, values![kind, "", i64::MAX]).await?;
    rows.iter().map(|row| Ok((row.text("subject")?, row.text("to_state")?))).collect()
}

async fn states_at(
    link: &mut Link<'_>,
    kind: &'static str,
    period: &'static str,
    at: Time,
) -> Result<Vec<TransitionRow>, StoreError> {
    link.rows(AT, values![kind, period, at]).await?.iter().map(transition).collect()
}

fn transition(row: &AnyRow) -> Result<TransitionRow, StoreError> {
    let fault = |e: RowFault| e.of("history");
    let evidence = row.maybe_text("evidence")?.map(|text| parse(&text)).transpose();
    Ok(TransitionRow {
        seq: row.count("seq")?,
        at: row.time("at_ms")?,
        since: row.time("since_ms")?,
        subject: subject(&row.text("kind")?, &row.text("subject")?, &row.text("period")?).map_err(fault)?,
        from: row.text("from_state")?,
        to: row.text("to_state")?,
        cause: cause(row.maybe_text("cause")?.as_deref()).map_err(fault)?,
        incident: row.maybe_int("incident")?.map(|n| IncidentId(u64::try_from(n).unwrap_or(0))),
        reasons: reasons(&row.text("reasons")?).map_err(fault)?,
        registry_version: row.count("registry_version")?,
        evidence: evidence.map_err(fault)?,
    })
}
