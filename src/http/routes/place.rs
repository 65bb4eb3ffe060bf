//! Which cameras to buy or to mend next: asked by the planner.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::beside::reckon_long;
use super::body::read_body;
use super::lists::answer;
use crate::http::params::{FormatParam, Query, wants_geojson};
use crate::http::wire::{FeatureCollection, NoPlacing, Page, PlaceBody, PlaceQuestion, Placement};
use crate::http::{AppState, Problem};

/// What a question may hold.
const ALLOWED: &str =
    "a JSON object with objective, count or budget, level, depth, by_priority, model, repair_cost and time_limit_s";

/// Tells whoever reckons to stop when nobody waits for the answer any more; the solver hears it when its time is over.
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Which cameras to buy or to mend next, so that most entrances which lack watchers get them, by day and by night. The best
/// choice that is found in the time, with a bound that no choice exceeds; a read: nothing is stored. Candidates stand at
/// the sites of the registry; where it has none, on poles that stand and on new ones inside entrances. It does not close
/// leaks: the sites for that are the `width_sites` of seals.
#[utoipa::path(post, path = "/api/v1/place", operation_id = "place", tag = "town",
    params(FormatParam),
    request_body(content = PlaceQuestion, content_type = "application/json"),
    responses((status = 200, description = "What to do; as GeoJSON what has a position.", content(
        (Placement = "application/json"), (FeatureCollection = "application/geo+json"))),
        (status = 503, description = "Another placement is being reckoned; Retry-After says when to ask again.",
            body = Problem, content_type = "application/problem+json")))]
pub(super) async fn place(
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let query = Query::read(raw.as_deref(), &["format"])?;
    let geojson = wants_geojson(&query, &headers)?;
    let body: Option<PlaceBody> = read_body(&body, ALLOWED)?;
    let body = body.ok_or_else(|| Problem::parameter("body", "there is nothing in it", ALLOWED))?;
    body.check().map_err(refused)?;
    let (snapshot, terms) = (state.snapshot(), state.parts.terms.clone());
    let waits = Waiting(Arc::new(AtomicBool::new(true)));
    let waited_for = waits.0.clone();
    let keep_going = move || waited_for.load(Ordering::Relaxed);
    let found =
        reckon_long("what to place", &state.placing, move || Placement::of(&snapshot, &terms, &body, &keep_going))
            .await?;
    drop(waits);
    let found = found.map_err(refused)?;
    if geojson.is_some() {
        answer(&Page { items: found.items, next: None }, geojson)
    } else {
        Ok(Json(found).into_response())
    }
}

fn refused(none: NoPlacing) -> Problem {
    Problem::parameter(none.part, "this is not a value of it", none.allowed)
}
