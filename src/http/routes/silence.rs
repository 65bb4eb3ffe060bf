//! Silence of one incident with an end: it pages nobody until then, and its own end is told all the same.

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::{Extension, Json};
use cunkou_core::model::Time;

use super::body::{check_note, read_body, until};
use super::incidents::{no_incident, number, refused};
use crate::engine::{Origin, SilenceRequest};
use crate::http::params::Query;
use crate::http::wire::{Incident, SilenceBody};
use crate::http::{AppState, Problem};

/// Silences an incident: until then it pages nobody. API, page and machines follow it, its end is told, and what still
/// stands when the silence ends is told then.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/silence", operation_id = "silence", tag = "incidents",
    params(("id" = u64, Path, description = "Number of an incident.")),
    request_body(content = SilenceBody, content_type = "application/json"),
    responses((status = 200, description = "The incident as it stands now.", body = Incident),
        (status = 404, description = "No incident has this number.", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "The incident is over, or `until` has passed.", body = Problem,
            content_type = "application/problem+json"),
        (status = 413, description = "The body is too long.", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The store does not write, or the daemon stops.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn silence(
    State(state): State<AppState>,
    Extension(by): Extension<Origin>,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
    body: Bytes,
) -> Result<Json<Incident>, Problem> {
    Query::read(raw.as_deref(), &[])?;
    number(&id)?;
    let allowed = "a JSON object with until (a time of RFC 3339) and, if you like, note (text)";
    let body: Option<SilenceBody> = read_body(&body, allowed)?;
    let body = body.ok_or_else(|| Problem::parameter("body", "a silence needs its end", allowed))?;
    check_note(&body.note)?;
    let until = until(&state, &body.until)?;
    change(&state, by, &id, &body.note, Some(until)).await
}

/// Lifts the silence of an incident: what still stands is told.
#[utoipa::path(delete, path = "/api/v1/incidents/{id}/silence", operation_id = "lift_silence", tag = "incidents",
    params(("id" = u64, Path, description = "Number of an incident.")),
    responses((status = 200, description = "The incident as it stands now.", body = Incident),
        (status = 404, description = "No incident has this number.", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "The incident is over.", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The store does not write, or the daemon stops.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn lift(
    State(state): State<AppState>,
    Extension(by): Extension<Origin>,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Json<Incident>, Problem> {
    Query::read(raw.as_deref(), &[])?;
    change(&state, by, &id, "", None).await
}

async fn change(
    state: &AppState,
    by: Origin,
    id: &str,
    note: &str,
    until: Option<Time>,
) -> Result<Json<Incident>, Problem> {
    let incident = number(id)?;
    let who = by.who.clone();
    let request = SilenceRequest { incident, by, note: note.into(), until };
    let now = state.parts.handle.silence(request).await.map_err(refused)?;
    tracing::info!(%incident, by = &*who, lifted = until.is_none(), "incident silenced over HTTP");
    Incident::of(&now, &state.snapshot().registry).map(Json).ok_or_else(no_incident)
}
