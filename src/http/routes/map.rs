//! What a map draws: the town as it stands, apart what is believed of it, and the roads.

use std::collections::HashMap;
use std::sync::{Arc, MutexGuard, PoisonError};

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cunkou_core::coverage::EntranceState;
use cunkou_core::health::State as HealthState;
use cunkou_core::model::{Period, Time};
use flate2::Compression;
use serde::Serialize;
use utoipa::IntoParams;

use crate::http::packed::Packed;
use crate::http::params::Query;
use crate::http::wire::{MapStates, RoadCollection, TownMap};
use crate::http::{AppState, Problem};

/// Everything of the registry in force that a map draws. It changes with the registry only: keep it by its `ETag`.
#[utoipa::path(get, path = "/api/v1/map", operation_id = "map", tag = "map",
    responses((status = 200, description = "The town.", body = TownMap),
        (status = 304, description = "It is the one that the client has."),
        (status = 500, description = "It cannot be written.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn town(
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Query::read(raw.as_deref(), &[])?;
    Ok(off_thread(move || town_of(&state)).await?.answer(&headers))
}

fn town_of(state: &AppState) -> Result<Arc<Packed>, Problem> {
    let snapshot = state.snapshot();
    // Held while it is made: a crowd that comes at once waits for one, instead of making many.
    let mut kept = held(&state.drawn.town);
    if let Some((_, packed)) = kept.as_ref().filter(|(of, _)| Arc::ptr_eq(of, &snapshot.registry)) {
        return Ok(packed.clone());
    }
    let town = TownMap::of(&snapshot.registry, snapshot.registry_version);
    let packed = pack("application/json", &town, Compression::default())?;
    *kept = Some((snapshot.registry.clone(), packed.clone()));
    Ok(packed)
}

/// The roads of the registry folder: drawn, not analysed, and not put in force.
#[utoipa::path(get, path = "/api/v1/roads", operation_id = "roads", tag = "map",
    responses((status = 200, description = "The roads.", body = RoadCollection, content_type = "application/geo+json"),
        (status = 304, description = "They are those that the client has."),
        (status = 500, description = "They cannot be written.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn roads(
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Query::read(raw.as_deref(), &[])?;
    Ok(off_thread(move || roads_of(&state)).await?.answer(&headers))
}

fn roads_of(state: &AppState) -> Result<Arc<Packed>, Problem> {
    let seen = state.roads();
    let mut kept = held(&state.drawn.roads);
    if let Some((_, packed)) = kept.as_ref().filter(|(of, _)| of.same(&seen)) {
        return Ok(packed.clone());
    }
    let packed = pack("application/geo+json", &RoadCollection::of(&seen), Compression::default())?;
    *kept = Some((seen, packed.clone()));
    Ok(packed)
}

fn held<T>(lock: &std::sync::Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes and compresses: some 0.1 s for 10 000 cameras.
pub(super) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| {
        tracing::error!(%error, "an answer for the map cannot be made");
        Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer cannot be made; the log says why"))
    })
}

pub(super) fn pack<T: Serialize>(kind: &'static str, value: &T, level: Compression) -> Result<Arc<Packed>, Problem> {
    let text = serde_json::to_vec(value).map_err(|error| {
        tracing::error!(%error, "an answer for the map cannot be written");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer cannot be written; the log says why")
    })?;
    Ok(Arc::new(Packed::new(kind, text, level)))
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
struct StatesParams {
    /// A past moment, read from history.
    #[param(format = DateTime)]
    at: Option<String>,
}

/// What is believed of everything on the map, in the order of its lists; now, or at a past moment.
#[utoipa::path(get, path = "/api/v1/map/states", operation_id = "map_states", tag = "map", params(StatesParams),
    responses((status = 200, description = "The states.", body = MapStates),
        (status = 304, description = "They are those that the client has."),
        (status = 500, description = "They cannot be written.", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "The moment has not come yet, or nothing was known of it.", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The history cannot be read at the moment.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn states(
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = Query::read(raw.as_deref(), &["at"])?;
    let states = match query.time("at")? {
        None => MapStates::of(&state.snapshot()),
        Some(at) => past(&state, at).await?,
    };
    Ok(off_thread(move || pack("application/json", &states, Compression::fast())).await?.answer(&headers))
}

async fn past(state: &AppState, at: Time) -> Result<MapStates, Problem> {
    let no =
        |detail: &str, allowed: &str| Err(Problem::parameter("at", detail, allowed).with_status(StatusCode::NOT_FOUND));
    if at > state.now() {
        return no("this moment has not come yet", "a moment of the past");
    }
    let history = &state.parts.history;
    let entrances = history.entrances_at(Period::Now, at).await?;
    let cameras = history.cameras_at(at).await?;
    if entrances.is_empty() && cameras.is_empty() {
        // No data is not "no gaps".
        return no("nothing was known of the town at this moment", "a moment at which the town was watched");
    }
    let entrances: HashMap<String, EntranceState> =
        entrances.into_iter().map(|e| (e.id.to_string(), e.state)).collect();
    let cameras: HashMap<String, HealthState> = cameras.into_iter().map(|(id, s)| (id.to_string(), s)).collect();
    let snapshot = state.snapshot();
    Ok(MapStates::past(&snapshot, at, |id| cameras.get(id).copied(), |id| entrances.get(id).copied()))
}
