//! What a start takes from the store.

use std::collections::BTreeMap;

use cunkou_core::alert::{Alert, Incident, Message, SayReason};
use cunkou_core::health::State;
use cunkou_core::model::{Span, Time};
use cunkou_core::world::{Saved, SavedTarget};

use super::commit::read_mark;
use super::history::last_words;
use super::rows::{AlertRow, IncidentRow, MessageRow, parse, target_from_row};
use super::sql::{Cells, Link, values};
use super::{Store, StoreError};

/// Incidents that were resolved longer ago are history; no setting reopens one after so long.
const KEEP_RESOLVED: Span = Span::hours(24);

impl Store {
    /// Everything a start needs: what was believed, incidents that are open or were resolved within the last day, open
    /// alerts, and alerts whose end no word has told. Sorted by kind and id.
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
        saved.collected = collected(&mut link, &saved.incidents).await?;
        let sql = "SELECT body FROM alert WHERE ended_ms = 0 ORDER BY name, object_kind, object";
        for row in link.rows(sql, values![]).await? {
            let alert = parse::<AlertRow>(&row.text("body")?).and_then(Alert::try_from);
            saved.alerts.push(alert.map_err(|e| e.of("alert"))?);
        }
        let untold = untold_ends(&mut link, &saved.incidents).await?;
        saved.alerts.extend(untold);
        // A digest has a number of its own, and no incident.
        let sql = "SELECT (SELECT COALESCE(MAX(id), 0) FROM incident) AS incident, \
                   (SELECT COALESCE(MAX(incident), 0) FROM incident_step) AS told, \
                   (SELECT incidents_from FROM mark) AS floor, (SELECT COALESCE(MAX(version), 0) FROM registry_version) AS version";
        if let Some(row) = link.row(sql, values![]).await? {
            saved.next_incident = (row.count("incident")?.max(row.count("told")?) + 1).max(row.count("floor")?);
            saved.registry_version = row.count("version")?;
        }
        Ok(saved)
    }
}

/// Alerts of these incidents that ended, whose end no word has told.
async fn untold_ends(link: &mut Link<'_>, incidents: &[Incident]) -> Result<Vec<Alert>, StoreError> {
    let sql =
        "SELECT body FROM alert WHERE incident = $1 AND ended_ms >= $2 ORDER BY name, object_kind, object, ended_ms";
    let mut all = Vec::new();
    for incident in incidents.iter().filter(|i| i.status.is_open()) {
        let Some(since) = incident.news.untold_since else { continue };
        for row in link.rows(sql, values![incident.id, since.millis().max(1)]).await? {
            let alert = parse::<AlertRow>(&row.text("body")?).and_then(Alert::try_from);
            all.push(alert.map_err(|e| e.of("alert"))?);
        }
    }
    Ok(all)
}

/// Words of these incidents that wait for a digest.
async fn collected(link: &mut Link<'_>, incidents: &[Incident]) -> Result<Vec<Message>, StoreError> {
    let sql = "SELECT message FROM incident_step WHERE incident = $1 AND step >= $2 AND why = $3 ORDER BY step";
    let mut all = Vec::new();
    for incident in incidents {
        let Some(from) = incident.in_digest.from else { continue };
        for row in link.rows(sql, values![incident.id, from, SayReason::HeldForDigest.word()]).await? {
            let message = parse::<MessageRow>(&row.text("message")?).and_then(Message::try_from);
            all.push(message.map_err(|e| e.of("incident_step"))?);
        }
    }
    Ok(all)
}
