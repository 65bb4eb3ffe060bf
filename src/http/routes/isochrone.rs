//! Which entrances somebody reaches by road in time: asked by the planner.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use cunkou_core::plan::Pace;
use utoipa::IntoParams;

use super::beside::reckon;
use super::lists::drawn;
use super::seal::cordon;
use crate::http::params::{FormatParam, Query, wants_geojson};
use crate::http::wire::{FeatureCollection, Isochrone, IsochroneMap};
use crate::http::{AppState, Problem};

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
struct IsochroneParams {
    /// Who is there within so many minutes is there in time; without it what the settings say, 10 unless they say otherwise.
    #[param(minimum = 1, maximum = 120)]
    minutes: Option<f64>,
}

/// How long it takes by road from the nearest work station or liaison point to each entrance in use, at the speeds of the
/// settings, and which entrances nobody reaches in time: lost ones first. Of an entrance that stands at no road, or that
/// is reached in time only over a place where the map may lack a junction, that is not known.
#[utoipa::path(get, path = "/api/v1/isochrone", operation_id = "isochrone", tag = "town",
    params(IsochroneParams, FormatParam),
    responses((status = 200, description = "The times; as GeoJSON the roads that are reached in time, the entrances and \
        the posts.", content((Isochrone = "application/json"), (FeatureCollection = "application/geo+json")))))]
pub(super) async fn isochrone(
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = Query::read(raw.as_deref(), &["minutes", "format"])?;
    let geojson = wants_geojson(&query, &headers)?;
    let pace = pace(&query, &state.parts.terms.pace)?;
    let found = reckon("the times by road", move || {
        let (snapshot, seen) = (state.snapshot(), state.roads());
        let roads = Arc::clone(&cordon(&state, &snapshot, &seen).roads);
        let found = IsochroneMap::of(&snapshot, roads, &seen, &state.parts.terms.ways.modes, &pace);
        // Written here too: of a large town that takes as long as the search.
        match geojson {
            None => Ok(Json(found.answer).into_response()),
            Some(datum) => drawn(found.features(), datum),
        }
    });
    found.await?
}

fn pace(query: &Query, usual: &Pace) -> Result<Pace, Problem> {
    let Some(minutes) = query.decimal("minutes")? else { return Ok(*usual) };
    usual.within(minutes).map_err(|_| Problem::parameter("minutes", "out of range", "1 to 120"))
}
