//! In which order to mend what is down: asked before somebody drives off.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use cunkou_core::model::Period;
use cunkou_core::plan::Effort;
use utoipa::IntoParams;

use super::beside::reckon;
use super::lists::answer;
use crate::http::params::{FormatParam, Query, wants_geojson};
use crate::http::wire::{FeatureCollection, Page, RepairOrder, Start, words};
use crate::http::{AppState, Problem};

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
struct RepairParams {
    /// Where the tour begins: id of a place with a position, or longitude and latitude with a comma between them.
    /// Without it the first team, else the first station, else the first liaison point.
    #[param(max_length = 200)]
    from: Option<String>,
    /// How long the tech works, such as 4h; 10m to 24h.
    #[param(schema_with = words::shift)]
    shift: Option<String>,
    /// When entrances are judged: by day, by night, or whichever it is; it stays so for the whole shift.
    #[param(schema_with = words::period)]
    period: Option<String>,
    /// How fast the tech travels, km/h; 1 to 120.
    #[param(minimum = 1, maximum = 120, default = 30)]
    speed_kmh: Option<f64>,
    /// Metres of road for each metre as the crow flies; 1 to 5.
    #[param(minimum = 1, maximum = 5, default = 1.4)]
    detour: Option<f64>,
    /// On site at a camera, such as 30m; 1m to 8h.
    #[param(schema_with = words::work_camera)]
    work_camera: Option<String>,
    /// On site at a node, such as 45m; 1m to 8h.
    #[param(schema_with = words::work_node)]
    work_node: Option<String>,
}

/// In which order one tech mends what is down, so that the fewest entrance-minutes are lost within a shift. The best order
/// for up to 15 things that are down, a good one for more; a bound that no order can be below is always told. Ways are as
/// the crow flies, times the detour.
#[utoipa::path(get, path = "/api/v1/repair-order", operation_id = "repair_order", tag = "town",
    params(RepairParams, FormatParam),
    responses((status = 200, description = "The order.", content(
        (RepairOrder = "application/json"), (FeatureCollection = "application/geo+json"))),
        (status = 404, description = "No place has this id, or none has a position.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn repair_order(
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let names = ["from", "shift", "period", "speed_kmh", "detour", "work_camera", "work_node", "format"];
    let query = Query::read(raw.as_deref(), &names)?;
    let geojson = wants_geojson(&query, &headers)?;
    let period = query.word("period", &Period::ALL.map(Period::word))?;
    let period = period.and_then(Period::from_word).unwrap_or(Period::Now);
    let effort = effort(&query)?;
    let from = query.text("from").map(Start::of).unwrap_or_default();
    let snapshot = state.snapshot();
    let order = reckon("an order of repairs", move || RepairOrder::of(&snapshot, period, &from, &effort)).await?;
    let order = order.map_err(|none| {
        let allowed = "the id of a place with a position, see /api/v1/places, or lon,lat";
        Problem::parameter("from", none.to_string(), allowed).with_status(StatusCode::NOT_FOUND)
    })?;
    if geojson.is_some() {
        answer(&Page { items: order.items, next: None }, geojson)
    } else {
        Ok(Json(order).into_response())
    }
}

fn effort(query: &Query) -> Result<Effort, Problem> {
    let usual = Effort::default();
    let effort = Effort {
        shift: query.span("shift")?.unwrap_or(usual.shift),
        speed_kmh: query.decimal("speed_kmh")?.unwrap_or(usual.speed_kmh),
        detour: query.decimal("detour")?.unwrap_or(usual.detour),
        camera: query.span("work_camera")?.unwrap_or(usual.camera),
        node: query.span("work_node")?.unwrap_or(usual.node),
    };
    effort.check().map_err(|fault| Problem::parameter(fault.part(), "out of range", fault.to_string()))?;
    Ok(effort)
}
