//! The whole town in one answer.

use axum::Json;
use axum::extract::{RawQuery, State};

use crate::http::params::Query;
use crate::http::wire::Status;
use crate::http::{AppState, Problem};

/// How the town stands.
#[utoipa::path(get, path = "/api/v1/status", operation_id = "status", tag = "town",
    responses((status = 200, description = "The town now.", body = Status)))]
pub(super) async fn status(State(state): State<AppState>, RawQuery(raw): RawQuery) -> Result<Json<Status>, Problem> {
    Query::read(raw.as_deref(), &[])?;
    let snapshot = state.snapshot();
    let figures = (state.parts.figures)(&snapshot);
    Ok(Json(Status::of(&snapshot, &figures, state.parts.build.version)))
}
