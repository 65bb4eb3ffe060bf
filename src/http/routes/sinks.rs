//! Sinks on trial, while the daemon runs: whether a message would arrive is known before the night in which it must.

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::{Extension, Json};

use crate::engine::Origin;
use crate::http::params::Query;
use crate::http::wire::SinkTrial;
use crate::http::{AppState, Problem};

/// Sends a sink of the settings a real message, which says itself that it is a test, and tells what was said: the request,
/// without secrets, and the answer. One is tried at a time.
#[utoipa::path(post, path = "/api/v1/sinks/{name}/test", operation_id = "test_sink", tag = "service",
    params(("name" = String, Path, description = "Name of a sink of the settings.")),
    responses((status = 200, description = "What came of it; `delivered` says whether the sink took it.", body = SinkTrial),
        (status = 404, description = "The settings have no such sink.", body = Problem,
            content_type = "application/problem+json"),
        (status = 500, description = "The sink cannot be made from its settings.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn test(
    State(state): State<AppState>,
    Extension(by): Extension<Origin>,
    Path(name): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Json<SinkTrial>, Problem> {
    Query::read(raw.as_deref(), &[])?;
    let no_such = || Problem::new(StatusCode::NOT_FOUND, "the settings have no sink of this name");
    let trials = state.parts.trials.as_ref().ok_or_else(no_such)?;
    let kind = trials.kind(&name).ok_or_else(no_such)?;
    let outcome = trials.test(&name, state.now()).await.ok_or_else(no_such)?;
    let outcome = outcome.map_err(|error| {
        tracing::error!(%error, sink = name, "a sink cannot be tried");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the sink cannot be made; the log says why")
    })?;
    tracing::info!(sink = name, by = &*by.who, failed = outcome.failed.as_deref(), "sink tried over HTTP");
    Ok(Json(SinkTrial::of(&name, kind.word(), outcome)))
}
