//! What is most critical: asked by the on-call tech before he goes home, and by the planner.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use cunkou_core::model::Period;
use utoipa::IntoParams;

use super::lists::{Wanted, answer};
use crate::http::params::{CursorParam, FormatParam, ListParams};
use crate::http::wire::{Critical, FeatureCollection, Page, words};
use crate::http::{AppState, Problem};

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
struct CriticalParams {
    /// When entrances are judged: by day, by night, or whichever it is. Cameras and nodes are as they are now.
    #[param(schema_with = words::period)]
    period: Option<String>,
}

/// Cameras and nodes whose failure alone would lose an entrance that is watched now, or may: most surely lost first, then
/// most in danger, then most cameras.
#[utoipa::path(get, path = "/api/v1/critical", operation_id = "critical", tag = "town",
    params(CursorParam, ListParams, CriticalParams, FormatParam),
    responses((status = 200, description = "A page of what is critical.", content(
        (Page<Critical> = "application/json"), (FeatureCollection = "application/geo+json")))))]
pub(super) async fn critical(
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wanted = Wanted::read(raw.as_deref(), &headers, &["period", "format"])?;
    let period = wanted.query.word("period", &Period::ALL.map(Period::word))?;
    let period = period.and_then(Period::from_word).unwrap_or(Period::Now);
    let all = Critical::all(&state.snapshot(), period).into_iter();
    let rows = all.filter(|c| wanted.finds(&[&c.id, &c.name])).map(|c| (format!("{:07}", c.rank), c));
    answer(&wanted.page(rows, |c| c), wanted.geojson)
}
