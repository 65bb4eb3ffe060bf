//! What a start takes from the store.

use std::collections::BTreeMap;

use cunkou_core::alert::{Alert, Incident};
use cunkou_core::health::State;
use cunkou_core::model::{Span, Time};
use cunkou_core::world::{Saved, SavedTarget};

use super::commit::read_mark;
use super::history::last_words;
use super::rows::{AlertRow, IncidentRow, parse, target_from_row};
use super::sql::{Cells, values};
use super::{Store, StoreError};

/// Incidents that were resolved longer ago are history; no setting reopens one after so long.
const KEEP_RESOLVED: Span = Span::hours(24);

impl Store {
    /// Everything a start needs: what was believed, incidents that are open or were resolved within the last day, open
    /// alerts. Sorted by kind and id.
    ///
    /// # Errors
    /// When it cannot be read, or when a row holds what this program never wrote.
    pub async fn load(&self, now: Time) -> Result<Saved, StoreError> {
        let mut reader = self.inner.connections.read().await?;
        let mut link = reader.link()?;
        let mut saved = Saved { last_tick: read_mark(&mut link).await?.tick, ..Saved::default() };
        for row in link.rows("SELECT kind, id, body FROM target ORDER BY kind, id", values![]).await? {
            let target = target_from_row(&row.text("kind")?, &row.text("id")?, &row.text("body")?);
            saved.targets.push(target.map_err(|e| e.of("target"))?);
        }
        let cameras = last_words(&mut link, "camera").await?;
        let nodes = last_words(&mut link, "node").await?;
        let recorded = |words: &BTreeMap<String, String>, id: &str| words.get(id).and_then(|w| State::from_word(w));
        for target in &mut saved.targets {
            match target {
                SavedTarget::Camera(id, health) => health.recorded = recorded(&cameras, id.as_str()),
                SavedTarget::Node(id, health) => health.recorded = recorded(&nodes, id.as_str()),
                _ => {}
            }
        }
        let sql = "SELECT body FROM incident WHERE status IN ('opening', 'open', 'acknowledged') \
                   OR resolved_ms >= $1 ORDER BY id";
        for row in link.rows(sql, values![now - KEEP_RESOLVED]).await? {
            let incident = parse::<IncidentRow>(&row.text("body")?).and_then(Incident::try_from);
            saved.incidents.push(incident.map_err(|e| e.of("incident"))?);
        }
        let sql = "SELECT body FROM alert WHERE ended_ms = 0 ORDER BY name, object_kind, object";
        for row in link.rows(sql, values![]).await? {
            let alert = parse::<AlertRow>(&row.text("body")?).and_then(Alert::try_from);
            saved.alerts.push(alert.map_err(|e| e.of("alert"))?);
        }
        let sql = "SELECT (SELECT COALESCE(MAX(id), 0) FROM incident) AS incident, \
                   (SELECT incidents_from FROM mark) AS floor, (SELECT COALESCE(MAX(version), 0) FROM registry_version) AS version";
        if let Some(row) = link.row(sql, values![]).await? {
            saved.next_incident = (row.count("incident")? + 1).max(row.count("floor")?);
            saved.registry_version = row.count("version")?;
        }
        Ok(saved)
    }
}
