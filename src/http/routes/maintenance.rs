//! Maintenance: what is announced, announcing, ending.

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use cunkou_core::model::Time;
use cunkou_core::registry::Weekly;

use super::body::{check_note, read_body, time};
use crate::engine::{Maintain, MaintainError, MaintainRequest, Origin, work_of_file};
use crate::http::params::Query;
use crate::http::wire::{Maintenance, MaintenanceBody, Page};
use crate::http::{AppState, Problem};

/// What is under way or to come, in the order in which it was announced; then what maintenance.csv announces.
#[utoipa::path(get, path = "/api/v1/maintenance", operation_id = "maintenance", tag = "maintenance",
    responses((status = 200, description = "All that is announced and not over.", body = Page<Maintenance>),
        (status = 503, description = "The history cannot be read at the moment.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn list(
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
) -> Result<Json<Page<Maintenance>>, Problem> {
    Query::read(raw.as_deref(), &[])?;
    let snapshot = state.snapshot();
    let rows = state.parts.history.maintenance(state.now()).await?;
    let registry = &*snapshot.registry;
    let of_file = work_of_file(registry, &state.parts.settings.time_zone, state.now());
    let items = rows.iter().map(|row| Maintenance::of(row, registry));
    let items = items.chain(of_file.iter().map(|(id, row)| Maintenance::of_file(id, row, registry))).collect();
    Ok(Json(Page { items, next: None }))
}

/// Announces work on a camera, on a node and whatever would fail with it, or on all cameras of an area. A failure that it
/// explains pages nobody; facts, states and ends go on, and what still stands when it is over is told then.
#[utoipa::path(post, path = "/api/v1/maintenance", operation_id = "announce_maintenance", tag = "maintenance",
    request_body(content = MaintenanceBody, content_type = "application/json"),
    responses((status = 200, description = "What was announced.", body = Maintenance),
        (status = 404, description = "Nothing of the registry has this id.", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "It would be over already, or too much is announced.", body = Problem,
            content_type = "application/problem+json"),
        (status = 413, description = "The body is too long.", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The store does not write, or the daemon stops.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn announce(
    State(state): State<AppState>,
    Extension(by): Extension<Origin>,
    RawQuery(raw): RawQuery,
    body: Bytes,
) -> Result<Json<Maintenance>, Problem> {
    Query::read(raw.as_deref(), &[])?;
    let allowed =
        "a JSON object with object (an id), to (a time of RFC 3339) or weekly, and, if you like, from and note";
    let body: Option<MaintenanceBody> = read_body(&body, allowed)?;
    let body = body.ok_or_else(|| Problem::parameter("body", "there is nothing in it", allowed))?;
    check_note(&body.note)?;
    let weekly = body.weekly.as_deref().map(|text| {
        let allowed = "days and times of day: sat,sun 01:00-05:00, or daily 22:00-02:00";
        Weekly::parse(text).ok_or_else(|| Problem::parameter("weekly", "this is no time of a week", allowed))
    });
    let what = Maintain::Add {
        object: body.object,
        from: moment("from", body.from.as_deref())?,
        to: moment("to", body.to.as_deref())?,
        weekly: weekly.transpose()?,
        note: body.note,
    };
    change(&state, by, what).await
}

fn moment(name: &'static str, text: Option<&str>) -> Result<Option<Time>, Problem> {
    text.map(|text| time(name, text)).transpose()
}

/// Ends what was announced, whether it is under way or to come: what still stands is told.
#[utoipa::path(delete, path = "/api/v1/maintenance/{id}", operation_id = "end_maintenance", tag = "maintenance",
    params(("id" = String, Path, description = "Number of an announcement.")),
    responses((status = 200, description = "What was announced, with its end.", body = Maintenance),
        (status = 404, description = "Nothing that is under way or to come has this number.", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "A row of maintenance.csv announces it: it is ended there.", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The store does not write, or the daemon stops.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn end(
    State(state): State<AppState>,
    Extension(by): Extension<Origin>,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Json<Maintenance>, Problem> {
    Query::read(raw.as_deref(), &[])?;
    change(&state, by, Maintain::End(id)).await
}

async fn change(state: &AppState, by: Origin, what: Maintain) -> Result<Json<Maintenance>, Problem> {
    let who = by.who.clone();
    let row = state.parts.handle.maintain(MaintainRequest { what, by }).await.map_err(refused)?;
    tracing::info!(maintenance = row.id, by = &*who, ended = row.ended.is_some(), "maintenance changed over HTTP");
    Ok(Json(Maintenance::of(&row, &state.snapshot().registry)))
}

fn refused(error: MaintainError) -> Problem {
    match &error {
        MaintainError::NotFound => Problem::new(StatusCode::NOT_FOUND, error.to_string()),
        MaintainError::NoObject(_) => {
            Problem::parameter("object", error.to_string(), "an id of the registry").with_status(StatusCode::NOT_FOUND)
        }
        MaintainError::NoTime(_) => {
            Problem::parameter("to", error.to_string(), "a moment that is still to come, after from")
                .with_status(StatusCode::CONFLICT)
        }
        MaintainError::TooMany | MaintainError::OfFile(_) => Problem::new(StatusCode::CONFLICT, error.to_string()),
        MaintainError::NotKept | MaintainError::Stopping => Problem::unavailable(error.to_string()),
    }
}
