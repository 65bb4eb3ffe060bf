//! Incidents: the open and fresh ones from the snapshot, the older ones from history; taking one.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::{Extension, Json};
use cunkou_core::alert;
use cunkou_core::model::{AreaId, IncidentId};
use cunkou_core::world::Snapshot;
use utoipa::IntoParams;

use super::body::{check_note, read_body, until};
use super::lists::{Wanted, answer, lies_in};
use crate::engine::{AckError, AckRequest, Origin};
use crate::http::auth::Holder;
use crate::http::params::{AreaParam, ListParams, Query};
use crate::http::wire::{
    AckBody, Incident, IncidentAlert, IncidentDelivery, IncidentDetail, IncidentFindings, Page, words,
};
use crate::http::{AppState, Problem};

/// Incidents that are read from history in one go.
const BATCH: usize = 500;
/// Batches that one request reads at most while it looks for what fits; then the page ends, and `next` goes on.
const MAX_BATCHES: usize = 20;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
struct IncidentParams {
    /// Where the page begins: `next` of the page before; only incidents with a lower number.
    cursor: Option<u64>,
    /// Only incidents that stand here.
    #[param(schema_with = words::incident_status)]
    status: Option<String>,
}

/// Incidents, newest first. A page may hold fewer than `limit` and still have a `next`.
#[utoipa::path(get, path = "/api/v1/incidents", operation_id = "incidents", tag = "incidents",
    params(ListParams, IncidentParams, AreaParam),
    responses((status = 200, description = "A page of incidents.", body = Page<Incident>),
        (status = 404, description = "No area has this id.", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The history cannot be read at the moment.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn list(
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wanted = Wanted::read(raw.as_deref(), &headers, &["status", "area"])?;
    let snapshot = state.snapshot();
    let area = wanted.area(&snapshot.registry)?;
    let status = wanted.query.word("status", &words::INCIDENT_STATUS)?;
    let limit = wanted.query.limit()?;
    let fits = |incident: &alert::Incident| -> Option<Incident> {
        let shown = Incident::of(incident, &snapshot.registry)?;
        let texts = [&shown.cause.name, shown.cause.id.as_deref().unwrap_or_default()];
        let names = shown.entrances_lost_names.iter().chain(&shown.entrances_lost).chain(&shown.village_names);
        let names = names.chain(&shown.seals_broken_names).chain(&shown.seals_broken);
        let texts: Vec<&str> = texts.into_iter().chain(names.map(String::as_str)).collect();
        let fits = status.is_none_or(|w| shown.status == w)
            && lies_there(&snapshot, incident, area.as_ref())
            && (wanted.finds(&texts) || wanted.finds(&[&shown.id.to_string()]));
        fits.then_some(shown)
    };
    // What goes on is in the snapshot, whole: history is asked only for what is over.
    let ask_history = status.is_none_or(|w| w == "resolved");
    let mut before = wanted.query.number("cursor")?.map(IncidentId);
    let mut items = Vec::new();
    for _ in 0..MAX_BATCHES {
        let (batch, more) = batch(&state, &snapshot, before, ask_history).await?;
        for incident in batch.values().rev() {
            if items.len() == limit {
                return answer(&Page { items, next: before.map(|b| b.to_string()) }, None);
            }
            items.extend(fits(incident));
            before = Some(incident.id);
        }
        if !more {
            return answer(&Page { items, next: None }, None);
        }
    }
    answer(&Page { items, next: before.map(|b| b.to_string()) }, None)
}

/// The next incidents below a number, from the snapshot and from history, and whether there may be more below them.
async fn batch(
    state: &AppState,
    snapshot: &Snapshot,
    before: Option<IncidentId>,
    ask_history: bool,
) -> Result<(BTreeMap<IncidentId, Arc<alert::Incident>>, bool), Problem> {
    let below = |id: &IncidentId| before.is_none_or(|b| *id < b);
    let fresh = snapshot.incidents.iter().filter(|(id, _)| below(id)).map(|(id, i)| (*id, i.clone()));
    if !ask_history {
        return Ok((fresh.collect(), false));
    }
    let old = state.parts.history.incidents(before, BATCH).await?;
    // A full batch may have more below it; what the snapshot has below that belongs to a later batch.
    let floor = (old.len() >= BATCH).then(|| old.iter().map(|i| i.id).min()).flatten();
    let mut all: BTreeMap<_, _> = old.into_iter().map(|i| (i.id, Arc::new(i))).collect();
    all.extend(fresh.filter(|(id, _)| floor.is_none_or(|f| *id >= f)));
    Ok((all, floor.is_some()))
}

fn lies_there(snapshot: &Snapshot, incident: &alert::Incident, wanted: Option<&AreaId>) -> bool {
    let registry = &snapshot.registry;
    let homes = incident.entrances_lost.iter().filter_map(|id| registry.entrances.get(id)).map(|e| &e.area);
    let stands = incident.cameras.iter().filter_map(|id| registry.cameras.get(id)).map(|c| &c.area);
    wanted.is_none()
        || homes
            .chain(stands)
            .chain(&incident.villages)
            .chain(&incident.seals_broken)
            .any(|a| lies_in(registry, a, wanted))
}

/// One incident: its alerts, what was said and held, and what became of its messages.
#[utoipa::path(get, path = "/api/v1/incidents/{id}", operation_id = "incident", tag = "incidents",
    params(("id" = u64, Path, description = "Number of an incident.")),
    responses((status = 200, description = "The incident.", body = IncidentDetail),
        (status = 404, description = "No incident has this number.", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The history cannot be read at the moment.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn one(
    State(state): State<AppState>,
    Extension(Holder(role)): Extension<Holder>,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Json<IncidentDetail>, Problem> {
    Query::read(raw.as_deref(), &[])?;
    let id = number(&id)?;
    let snapshot = state.snapshot();
    let history = &state.parts.history;
    let incident = match snapshot.incidents.get(&id) {
        Some(incident) => incident.clone(),
        None => history.incident(id).await?.map(Arc::new).ok_or_else(no_incident)?,
    };
    let shown = Incident::of(&incident, &snapshot.registry).ok_or_else(no_incident)?;
    let steps = history.steps(id).await?;
    let deliveries = history.deliveries(id).await?;
    Ok(Json(IncidentDetail {
        incident: shown,
        findings: incident.findings.as_deref().map(|f| IncidentFindings::of(f, &snapshot.registry)),
        alerts: IncidentAlert::of(&snapshot, &incident),
        steps: steps.iter().map(Into::into).collect(),
        // Whatever may be read without a token, people are not.
        deliveries: deliveries.iter().map(|d| IncidentDelivery::of(d, role.is_some())).collect(),
    }))
}

pub(super) fn no_incident() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no incident has this number")
}

/// A number of an incident; numbers beyond what the store can hold are nobody's.
pub(super) fn number(text: &str) -> Result<IncidentId, Problem> {
    let number: Option<u64> = text.parse().ok().filter(|n| i64::try_from(*n).is_ok());
    number.map(IncidentId).ok_or_else(no_incident)
}

/// Takes an incident: others see who, and it is not paged again for what the acknowledgement named.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/ack", operation_id = "acknowledge", tag = "incidents",
    params(("id" = u64, Path, description = "Number of an incident.")),
    request_body(content = Option<AckBody>, content_type = "application/json"),
    responses((status = 200, description = "The incident as it stands now.", body = Incident),
        (status = 404, description = "No incident has this number.", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "The incident is over, or `until` has passed.", body = Problem,
            content_type = "application/problem+json"),
        (status = 413, description = "The body is too long.", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The store does not write, or the daemon stops.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn acknowledge(
    State(state): State<AppState>,
    Extension(by): Extension<Origin>,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
    body: Bytes,
) -> Result<Json<Incident>, Problem> {
    Query::read(raw.as_deref(), &[])?;
    let incident = number(&id)?;
    let allowed = "a JSON object with note (text) and until (a time of RFC 3339), or null";
    let body: AckBody =
        if body.is_empty() { AckBody::default() } else { read_body(&body, allowed)?.unwrap_or_default() };
    check_note(&body.note)?;
    let until = body.until.as_deref().map(|text| until(&state, text)).transpose()?;
    let request = AckRequest { incident, by: by.clone(), note: body.note.into(), until };
    let taken = state.parts.handle.acknowledge(request).await.map_err(refused)?;
    tracing::info!(%incident, by = &*by.who, "incident acknowledged over HTTP");
    Incident::of(&taken, &state.snapshot().registry).map(Json).ok_or_else(no_incident)
}

/// Why a change of an incident was not made, as a problem document.
pub(super) fn refused(error: AckError) -> Problem {
    match error {
        AckError::NotFound => no_incident(),
        AckError::Over => Problem::new(StatusCode::CONFLICT, error.to_string()),
        AckError::NotKept | AckError::Stopping => Problem::unavailable(error.to_string()),
    }
}
