//! Lists and single objects of the registry, with what is believed of them.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cunkou_core::coverage::EntranceState;
use cunkou_core::health::State as HealthState;
use cunkou_core::model::{AreaId, Target};
use cunkou_core::registry::{Datum, Life, Registry};
use cunkou_core::world::Snapshot;
use serde::Serialize;
use utoipa::IntoParams;

use crate::http::params::{AreaParam, CursorParam, FormatParam, ListParams, Query, wants_geojson};
use crate::http::wire::{
    self, Area, Camera, CameraDetail, Entrance, EntranceDetail, Evidence, FeatureCollection, Node, Page, Place, words,
};
use crate::http::{AppState, Problem};

/// How long the engine may take to find the outcomes of a camera; without them the rest is shown all the same.
const EVIDENCE_WAIT: std::time::Duration = std::time::Duration::from_secs(2);

/// What a list was asked for.
pub(super) struct Wanted {
    pub(super) query: Query,
    pub(super) geojson: Option<Datum>,
    limit: usize,
    cursor: Option<String>,
    needle: Option<String>,
}

impl Wanted {
    /// Reads the parameters of a list: these, and those that every list takes.
    pub(super) fn read(raw: Option<&str>, headers: &HeaderMap, more: &[&str]) -> Result<Wanted, Problem> {
        let names: Vec<&str> = ["cursor", "limit", "q"].iter().chain(more).copied().collect();
        let query = Query::read(raw, &names)?;
        let geojson = if more.contains(&"format") { wants_geojson(&query, headers)? } else { None };
        let cursor = query.text("cursor").map(str::to_owned);
        let needle = query.text("q").map(str::to_lowercase);
        Ok(Wanted { geojson, limit: query.limit()?, cursor, needle, query })
    }

    /// Whether one of these texts holds what `q` looks for.
    pub(super) fn finds(&self, texts: &[&str]) -> bool {
        self.needle.as_ref().is_none_or(|needle| texts.iter().any(|t| t.to_lowercase().contains(needle)))
    }

    /// The area that is asked for, which must exist.
    pub(super) fn area(&self, registry: &Registry) -> Result<Option<AreaId>, Problem> {
        let Some(text) = self.query.text("area") else { return Ok(None) };
        let known = registry.areas.get_key_value(text).map(|(id, _)| id.clone());
        let allowed = "the id of an area, see /api/v1/areas";
        known.map(Some).ok_or_else(|| {
            Problem::parameter("area", "no area of the registry has this id", allowed)
                .with_status(StatusCode::NOT_FOUND)
        })
    }

    /// Cuts a page out of rows that come in the order of their keys; a cursor is the key of the last row before.
    pub(super) fn page<K: AsRef<str>, R, T>(
        &self,
        rows: impl Iterator<Item = (K, R)>,
        item: impl Fn(R) -> T,
    ) -> Page<T> {
        let after = rows.filter(|(key, _)| self.cursor.as_deref().is_none_or(|c| key.as_ref() > c));
        let mut rows: Vec<(K, R)> = after.take(self.limit + 1).collect();
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let next = rows.last().filter(|_| more).map(|(key, _)| key.as_ref().to_owned());
        Page { items: rows.into_iter().map(|(_, row)| item(row)).collect(), next }
    }
}

/// Whether an area is, or lies in, another.
pub(super) fn lies_in(registry: &Registry, area: &AreaId, wanted: Option<&AreaId>) -> bool {
    wanted.is_none_or(|w| wire::with_those_above(registry, area).any(|a| a.id == *w))
}

/// A page as JSON, or as GeoJSON for the maps of a datum.
pub(super) fn answer<T: Serialize>(page: &Page<T>, geojson: Option<Datum>) -> Result<Response, Problem> {
    match geojson {
        None => Ok(Json(page).into_response()),
        Some(datum) => drawn(wire::geojson(page), datum),
    }
}

/// GeoJSON for the maps of a datum.
pub(super) fn drawn(
    collection: Result<FeatureCollection, serde_json::Error>,
    datum: Datum,
) -> Result<Response, Problem> {
    let collection = collection.map_err(|error| {
        tracing::error!(%error, "an answer cannot be written as GeoJSON");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer cannot be written as GeoJSON")
    })?;
    Ok(([(header::CONTENT_TYPE, "application/geo+json")], Json(collection.for_maps_of(datum))).into_response())
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
struct CameraParams {
    /// Only cameras in this state.
    #[param(schema_with = words::state)]
    state: Option<String>,
    /// Only cameras in this part of their life.
    #[param(schema_with = words::life)]
    status: Option<String>,
}

/// Cameras, in the order of their ids.
#[utoipa::path(get, path = "/api/v1/cameras", operation_id = "cameras", tag = "town",
    params(CursorParam, ListParams, CameraParams, AreaParam, FormatParam),
    responses((status = 200, description = "A page of cameras.", content(
        (Page<Camera> = "application/json"), (FeatureCollection = "application/geo+json"))),
        (status = 404, description = "No area has this id.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn cameras(
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wanted = Wanted::read(raw.as_deref(), &headers, &["state", "status", "area", "format"])?;
    let snapshot = state.snapshot();
    let registry = &snapshot.registry;
    let area = wanted.area(registry)?;
    let in_state = wanted.query.word("state", &HealthState::ALL.map(HealthState::word))?;
    let in_life = wanted.query.word("status", Life::WORDS)?;
    let rows = registry.cameras.values().filter(|c| {
        in_life.is_none_or(|w| c.status.word() == w)
            && in_state.is_none_or(|w| c.status.is_installed() && camera_state(&snapshot, c.id.as_str()) == w)
            && lies_in(registry, &c.area, area.as_ref())
            && wanted.finds(&[c.id.as_str(), &c.name, c.gb_code.as_deref().unwrap_or_default()])
    });
    answer(&wanted.page(rows.map(|c| (&c.id, c)), |c| Camera::of(&snapshot, c)), wanted.geojson)
}

fn camera_state(snapshot: &Snapshot, id: &str) -> &'static str {
    snapshot.camera(id).map_or(HealthState::Unknown, |(_, view)| view.state).word()
}

/// One camera, with the probe outcomes behind its state.
#[utoipa::path(get, path = "/api/v1/cameras/{id}", operation_id = "camera", tag = "town",
    params(("id" = String, Path, description = "Id of a camera.")),
    responses((status = 200, description = "The camera.", body = CameraDetail),
        (status = 404, description = "No camera has this id.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn camera(
    State(state): State<AppState>,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Json<CameraDetail>, Problem> {
    Query::read(raw.as_deref(), &[])?;
    let snapshot = state.snapshot();
    let camera = snapshot.registry.cameras.get(id.as_str()).ok_or_else(|| Problem::no_such("camera"))?;
    let outcomes = match snapshot.topology.camera(&id) {
        Some(ix) => {
            let asked = state.parts.handle.evidence(Target::Camera(ix));
            tokio::time::timeout(EVIDENCE_WAIT, asked).await.unwrap_or_default()
        }
        None => Vec::new(),
    };
    let evidence = outcomes.iter().map(Evidence::of).collect();
    Ok(Json(CameraDetail { camera: Camera::of(&snapshot, camera), evidence }))
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
struct EntranceParams {
    /// Only entrances in this state now.
    #[param(schema_with = words::entrance_state)]
    state: Option<String>,
}

/// Entrances, in the order of their ids.
#[utoipa::path(get, path = "/api/v1/entrances", operation_id = "entrances", tag = "town",
    params(CursorParam, ListParams, EntranceParams, AreaParam, FormatParam),
    responses((status = 200, description = "A page of entrances.", content(
        (Page<Entrance> = "application/json"), (FeatureCollection = "application/geo+json"))),
        (status = 404, description = "No area has this id.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn entrances(
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wanted = Wanted::read(raw.as_deref(), &headers, &["state", "area", "format"])?;
    let snapshot = state.snapshot();
    let registry = &snapshot.registry;
    let area = wanted.area(registry)?;
    let in_state = wanted.query.word("state", &EntranceState::ALL.map(EntranceState::word))?;
    let state_of = |id: &str| snapshot.entrance(id).map(|(_, belief)| belief.now.state.word());
    let rows = registry.entrances.values().filter(|e| {
        in_state.is_none_or(|w| state_of(e.id.as_str()) == Some(w))
            && lies_in(registry, &e.area, area.as_ref())
            && wanted.finds(&[e.id.as_str(), &e.name])
    });
    answer(&wanted.page(rows.map(|e| (&e.id, e)), |e| Entrance::of(&snapshot, e)), wanted.geojson)
}

/// One entrance, with everything that watches it or may.
#[utoipa::path(get, path = "/api/v1/entrances/{id}", operation_id = "entrance", tag = "town",
    params(("id" = String, Path, description = "Id of an entrance.")),
    responses((status = 200, description = "The entrance.", body = EntranceDetail),
        (status = 404, description = "No entrance has this id.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn entrance(
    State(state): State<AppState>,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Json<EntranceDetail>, Problem> {
    Query::read(raw.as_deref(), &[])?;
    let snapshot = state.snapshot();
    let entrance = snapshot.registry.entrances.get(id.as_str()).ok_or_else(|| Problem::no_such("entrance"))?;
    Ok(Json(EntranceDetail::of(&snapshot, entrance)))
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
struct NodeParams {
    /// Only nodes in this state.
    #[param(schema_with = words::state)]
    state: Option<String>,
}

/// Nodes, in the order of their ids.
#[utoipa::path(get, path = "/api/v1/nodes", operation_id = "nodes", tag = "town",
    params(CursorParam, ListParams, NodeParams, FormatParam),
    responses((status = 200, description = "A page of nodes.", content(
        (Page<Node> = "application/json"), (FeatureCollection = "application/geo+json")))))]
pub(super) async fn nodes(
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wanted = Wanted::read(raw.as_deref(), &headers, &["state", "format"])?;
    let snapshot = state.snapshot();
    let in_state = wanted.query.word("state", &HealthState::ALL.map(HealthState::word))?;
    let state_of = |id: &str| snapshot.node(id).map_or(HealthState::Unknown, |(_, view)| view.state).word();
    let rows =
        snapshot.registry.nodes.values().filter(|n| {
            in_state.is_none_or(|w| state_of(n.id.as_str()) == w) && wanted.finds(&[n.id.as_str(), &n.name])
        });
    answer(&wanted.page(rows.map(|n| (&n.id, n)), |n| Node::of(&snapshot, n)), wanted.geojson)
}

/// Areas with the counts of what lies in them, in the order of their ids.
#[utoipa::path(get, path = "/api/v1/areas", operation_id = "areas", tag = "town",
    params(CursorParam, ListParams, AreaParam, FormatParam),
    responses((status = 200, description = "A page of areas.", content(
        (Page<Area> = "application/json"), (FeatureCollection = "application/geo+json"))),
        (status = 404, description = "No area has this id.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn areas(
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wanted = Wanted::read(raw.as_deref(), &headers, &["area", "format"])?;
    let snapshot = state.snapshot();
    let within = wanted.area(&snapshot.registry)?;
    let all = Area::all(&snapshot);
    let rows = snapshot.registry.areas.values().zip(all).filter(|(area, _)| {
        lies_in(&snapshot.registry, &area.id, within.as_ref())
            && wanted.finds(&[area.id.as_str(), &area.name, area.code.as_deref().unwrap_or_default()])
    });
    answer(&wanted.page(rows.map(|(area, row)| (&area.id, row)), |row| row), wanted.geojson)
}

/// Work stations, liaison points and teams, in the order of their ids.
#[utoipa::path(get, path = "/api/v1/places", operation_id = "places", tag = "town",
    params(CursorParam, ListParams, AreaParam, FormatParam),
    responses((status = 200, description = "A page of places.", content(
        (Page<Place> = "application/json"), (FeatureCollection = "application/geo+json"))),
        (status = 404, description = "No area has this id.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn places(
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wanted = Wanted::read(raw.as_deref(), &headers, &["area", "format"])?;
    let snapshot = state.snapshot();
    let registry = &snapshot.registry;
    let area = wanted.area(registry)?;
    let rows = registry.places.values().filter(|p| {
        let inside = area.is_none() || p.area.as_ref().is_some_and(|a| lies_in(registry, a, area.as_ref()));
        inside && wanted.finds(&[p.id.as_str(), &p.name])
    });
    answer(&wanted.page(rows.map(|p| (&p.id, p)), Place::of), wanted.geojson)
}
