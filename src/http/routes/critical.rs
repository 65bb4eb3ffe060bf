//! What is most critical: asked by the on-call tech before he goes home, and by the planner.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use cunkou_core::model::Period;
use utoipa::IntoParams;

use super::beside::read_and_reckon;
use super::lists::{Wanted, answer};
use crate::http::params::{CursorParam, FormatParam, ListParams};
use crate::http::wire::{Annual, Critical, CriticalAnswer, FeatureCollection, words};
use crate::http::{AppState, Problem};

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
struct CriticalParams {
    /// What is asked: whose failure alone would lose an entrance now, or what failures cost in a year of the long run.
    #[param(schema_with = words::critical_by)]
    by: Option<String>,
    /// When entrances are judged: by day, by night, or whichever it is; by year it stays so.
    /// For `now`, cameras and nodes are as they are now.
    #[param(schema_with = words::period)]
    period: Option<String>,
}

/// Cameras and nodes whose failure alone would lose an entrance that is watched now, or may: most surely lost first, then
/// most in danger, then most cameras. With `by=annual`: expected hours a year in which entrances are lost, by component and
/// by entrance, at the rates of failure and repair that were measured, each with its interval; most hours first.
#[utoipa::path(get, path = "/api/v1/critical", operation_id = "critical", tag = "town",
    params(CursorParam, ListParams, CriticalParams, FormatParam),
    responses((status = 200, description = "A page of what is critical.", content(
        (CriticalAnswer = "application/json"), (FeatureCollection = "application/geo+json")))))]
pub(super) async fn critical(
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wanted = Wanted::read(raw.as_deref(), &headers, &["by", "period", "format"])?;
    let period = wanted.query.word("period", &Period::ALL.map(Period::word))?;
    let period = period.and_then(Period::from_word).unwrap_or(Period::Now);
    let snapshot = state.snapshot();
    if wanted.query.word("by", &["now", "annual"])? == Some("annual") {
        let read = state.parts.history.record(state.now());
        let year =
            read_and_reckon("what failures cost in a year", read, move |record| Annual::of(&snapshot, period, &record));
        return page_of(year.await?, &wanted);
    }
    let all = Critical::all(&snapshot, period).into_iter();
    let rows = all.filter(|c| wanted.finds(&[&c.id, &c.name])).map(|c| (format!("{:07}", c.rank), c));
    answer(&wanted.page(rows, |c| c), wanted.geojson)
}

/// The page of a year that is wanted.
fn page_of(mut year: Annual, wanted: &Wanted) -> Result<Response, Problem> {
    let items = std::mem::take(&mut year.items).into_iter().filter(|c| wanted.finds(&[&c.id, &c.name]));
    let page = wanted.page(items.map(|c| (format!("{:07}", c.rank), c)), |c| c);
    if wanted.geojson.is_some() {
        return answer(&page, wanted.geojson);
    }
    if wanted.query.text("cursor").is_some() {
        year.entrances.clear();
    }
    (year.items, year.next) = (page.items, page.next);
    Ok(Json(year).into_response())
}
