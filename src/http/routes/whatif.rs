//! Which entrances and seals would change if something were so: asked by the planner before anybody climbs a pole.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use cunkou_core::model::Period;
use utoipa::IntoParams;

use super::beside::reckon;
use super::body::read_body;
use super::lists::drawn;
use super::seal::cordon;
use crate::http::params::{FormatParam, Query, wants_geojson};
use crate::http::wire::{FeatureCollection, NoQuestion, WhatIf, WhatIfBody, Wrong, words};
use crate::http::{AppState, Problem};

/// Bytes of a question: two hundred cameras with everything that may be said of each.
pub(super) const MAX_QUESTION: usize = 1 << 20;

/// What a question may hold.
const ALLOWED: &str = "a JSON object with down and up (ids of cameras and nodes), add (cameras) and move (camera, lon, lat, \
                       azimuth), each with at most 200 of them";

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
struct WhatIfParams {
    /// When entrances are judged: by day, by night, or whichever it is. Cameras and nodes are as they are now.
    #[param(schema_with = words::period)]
    period: Option<String>,
}

/// Which entrances and seals would change if these cameras and nodes were down or up, these cameras stood there too, and
/// these elsewhere. A read: nothing is stored. Of a seal that changes both verdicts, how thick and wide it is, and the
/// shortest way in as it is and as it would be. As far as the mapped roads go.
#[utoipa::path(post, path = "/api/v1/whatif", operation_id = "what_if", tag = "town",
    params(WhatIfParams, FormatParam),
    request_body(content = WhatIfBody, content_type = "application/json"),
    responses((status = 200, description = "What would be; as GeoJSON the entrances that change, and of seals that \
            change the ways in before and after, with the sites that would close them.", content(
        (WhatIf = "application/json"), (FeatureCollection = "application/geo+json"))),
        (status = 404, description = "An id is none of the registry, or that of something else.", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "What is supposed contradicts itself or the registry: an id that is taken, a camera \
            that is moved twice, a position that can be no place of a camera.", body = Problem,
            content_type = "application/problem+json"),
        (status = 413, description = "The body is too long.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn what_if(
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let query = Query::read(raw.as_deref(), &["period", "format"])?;
    let geojson = wants_geojson(&query, &headers)?;
    let period = query.word("period", &Period::ALL.map(Period::word))?;
    let period = period.and_then(Period::from_word).unwrap_or(Period::Now);
    let body: Option<WhatIfBody> = read_body(&body, ALLOWED)?;
    let body = body.ok_or_else(|| Problem::parameter("body", "there is nothing in it", ALLOWED))?;
    let found = reckon("what would be", move || {
        let (snapshot, seen) = (state.snapshot(), state.roads());
        let cordon = cordon(&state, &snapshot, &seen);
        let found = WhatIf::of(&snapshot, (&cordon, &seen), &state.parts.terms, period, &body).map_err(refused)?;
        match geojson {
            None => Ok(Json(found).into_response()),
            Some(datum) => drawn(found.features(), datum),
        }
    });
    found.await?
}

fn refused(question: NoQuestion) -> Problem {
    let status = match question.wrong {
        Wrong::Form => StatusCode::BAD_REQUEST,
        Wrong::Unknown => StatusCode::NOT_FOUND,
        Wrong::Contradiction => StatusCode::CONFLICT,
    };
    let mut problem = Problem::parameter("body", "what is supposed cannot be", ALLOWED).with_status(status);
    problem.faults = Some(question.faults);
    problem
}
