//! Whether areas are sealed: asked by the planner, and by whoever must shut the town off.

use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use cunkou_core::coverage::{Level, Scope};
use cunkou_core::model::Period;
use cunkou_core::plan::{Cordon, Roads};
use cunkou_core::world::Snapshot;
use utoipa::IntoParams;

use super::beside::reckon;
use super::lists::drawn;
use crate::files::RoadsSeen;
use crate::http::params::{FormatParam, Query, wants_geojson};
use crate::http::wire::{FeatureCollection, SealQuery, Seals, words};
use crate::http::{AppState, Problem};

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
struct SealParams {
    /// From where areas are to be shut off; without it all are judged.
    #[param(schema_with = words::scope)]
    scope: Option<String>,
    /// Id of an area or element of the plan: only that one.
    #[param(max_length = 200)]
    area: Option<String>,
    /// With which cameras: planned and installed ones as if all were up, installed ones as if all were up, or installed
    /// ones as they stand.
    #[param(schema_with = words::level)]
    level: Option<String>,
    /// When entrances are judged: by day, by night, or whichever it is. Cameras and nodes are as they are now.
    #[param(schema_with = words::period)]
    period: Option<String>,
}

/// Whether the town, its blocks and its hamlets are sealed: whether every road into them passes a live camera. Of a leak
/// the shortest way in, with the dead cameras on it, and the fewest sites that would close all ways; of a seal how many
/// cameras may fail before it leaks. As far as the mapped roads go.
#[utoipa::path(get, path = "/api/v1/seal", operation_id = "seal", tag = "town",
    params(SealParams, FormatParam),
    responses((status = 200, description = "The seals; as GeoJSON the ways in, and the sites that would close them.",
        content((Seals = "application/json"), (FeatureCollection = "application/geo+json"))),
        (status = 404, description = "No area that is to be shut off has this id.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn seal(
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = Query::read(raw.as_deref(), &["scope", "area", "level", "period", "format"])?;
    let geojson = wants_geojson(&query, &headers)?;
    let scope = query.word("scope", &Scope::ALL.map(Scope::word))?.and_then(Scope::from_word);
    let level = query.word("level", &Level::ALL.map(Level::word))?.and_then(Level::from_word);
    let period = query.word("period", &Period::ALL.map(Period::word))?.and_then(Period::from_word);
    let wanted = SealQuery {
        level: level.unwrap_or(Level::Live),
        period: period.unwrap_or(Period::Now),
        scope,
        area: query.text("area").map(str::to_owned),
    };
    let found = reckon("whether areas are sealed", move || {
        let found = seals(&state, &wanted)?;
        match geojson {
            None => Ok(Json(found).into_response()),
            Some(datum) => drawn(Ok(found.features()), datum),
        }
    });
    found.await?
}

fn seals(state: &AppState, query: &SealQuery) -> Result<Seals, Problem> {
    let (snapshot, seen) = (state.snapshot(), state.roads());
    let cordon = cordon(state, &snapshot, &seen);
    Seals::of(&snapshot, &cordon, &seen, &state.parts.terms.ways.modes, query).map_err(|none| {
        let allowed = "the id of a circle, a block, a hamlet, or of the town, see /api/v1/seal without area";
        Problem::parameter("area", none.to_string(), allowed).with_status(StatusCode::NOT_FOUND)
    })
}

/// The roads that are in force, cut and contracted. Where none are, those of the file: made again when the registry or
/// the roads are others.
pub(super) fn cordon(state: &AppState, snapshot: &Snapshot, seen: &RoadsSeen) -> Arc<Cordon> {
    if let Some(seals) = &snapshot.seals {
        return seals.cordon.clone();
    }
    let mut kept = state.drawn.cordon.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((of, roads, cordon)) = kept.as_ref()
        && Arc::ptr_eq(of, &snapshot.registry)
        && roads.same(seen)
    {
        return cordon.clone();
    }
    let ways = &state.parts.terms.ways;
    let roads = match kept.as_ref() {
        Some((_, roads, cordon)) if roads.same(seen) => cordon.roads.clone(),
        _ => Arc::new(Roads::build(seen.roads.for_plan(), &ways.modes)),
    };
    let cordon = Arc::new(Cordon::build(roads, &snapshot.registry, &snapshot.topology, ways.core_offset_m));
    *kept = Some((snapshot.registry.clone(), seen.clone(), cordon.clone()));
    cordon
}
