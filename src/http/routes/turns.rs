//! What was: the changes of one thing, and how the entrances stood over a span of time.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cunkou_core::model::{Period, Span};
use cunkou_core::world::Subject;
use flate2::Compression;
use utoipa::IntoParams;

use super::map::{off_thread, pack};
use crate::http::params::Query;
use crate::http::wire::{Page, Timeline, Turn};
use crate::http::{AppState, Problem};

/// The span of a timeline where nobody says, and its longest.
const SPAN: Span = Span::hours(7 * 24);
const LONGEST: Span = Span::hours(31 * 24);
/// Minutes of a part.
const STEP_MINUTES: u64 = 60;
/// Parts of a timeline at most.
const MAX_PARTS: i64 = 1_500;
/// Changes that a timeline goes through; some 20 MB while it does.
const MAX_TURNS: usize = 200_000;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
struct TurnParams {
    /// Where the page begins: `next` of the page before.
    cursor: Option<u64>,
    /// Items a page at most.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
}

/// The changes of state of one camera, newest first.
#[utoipa::path(get, path = "/api/v1/cameras/{id}/history", operation_id = "camera_history", tag = "town",
    params(("id" = String, Path, description = "Id of a camera."), TurnParams),
    responses((status = 200, description = "A page of changes.", body = Page<Turn>),
        (status = 404, description = "No camera has this id.", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The history cannot be read at the moment.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn camera(
    State(state): State<AppState>,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Json<Page<Turn>>, Problem> {
    let known = state.snapshot().registry.cameras.get_key_value(id.as_str()).map(|(id, _)| id.clone());
    let subject = Subject::Camera(known.ok_or_else(|| Problem::no_such("camera"))?);
    turns(&state, subject, raw.as_deref()).await
}

/// The changes of state of one entrance (the state of now, by day and by night), newest first.
#[utoipa::path(get, path = "/api/v1/entrances/{id}/history", operation_id = "entrance_history", tag = "town",
    params(("id" = String, Path, description = "Id of an entrance."), TurnParams),
    responses((status = 200, description = "A page of changes.", body = Page<Turn>),
        (status = 404, description = "No entrance has this id.", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The history cannot be read at the moment.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn entrance(
    State(state): State<AppState>,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Json<Page<Turn>>, Problem> {
    let known = state.snapshot().registry.entrances.get_key_value(id.as_str()).map(|(id, _)| id.clone());
    let subject = Subject::Entrance(known.ok_or_else(|| Problem::no_such("entrance"))?, Period::Now);
    turns(&state, subject, raw.as_deref()).await
}

async fn turns(state: &AppState, subject: Subject, raw: Option<&str>) -> Result<Json<Page<Turn>>, Problem> {
    let query = Query::read(raw, &["cursor", "limit"])?;
    let (limit, before) = (query.limit()?, query.number("cursor")?);
    let mut changes = state.parts.history.changes(subject, before, limit + 1).await?;
    let more = changes.len() > limit;
    changes.truncate(limit);
    let next = changes.last().filter(|_| more).map(|c| c.number.to_string());
    let registry = state.snapshot().registry.clone();
    Ok(Json(Page { items: changes.iter().map(|c| Turn::of(c, &registry)).collect(), next }))
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
struct TimelineParams {
    /// Its begin; seven days before its end where nobody says.
    #[param(format = DateTime)]
    since: Option<String>,
    /// Its end; now where nobody says.
    #[param(format = DateTime)]
    until: Option<String>,
    /// Minutes of each part.
    #[param(minimum = 1, maximum = 1440, default = 60)]
    step: Option<u32>,
}

/// How many entrances stood in which state, part by part of a span of at most 31 days; and the most that were lost at
/// one moment of each part, so that a short loss does not fall between two looks.
#[utoipa::path(get, path = "/api/v1/timeline", operation_id = "timeline", tag = "map", params(TimelineParams),
    responses((status = 200, description = "The timeline.", body = Timeline),
        (status = 304, description = "It is the one that the client has."),
        (status = 500, description = "It cannot be written.", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "The span is none, is longer than 31 days, or has more than 1500 parts.", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The history cannot be read at the moment.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn timeline(
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = Query::read(raw.as_deref(), &["since", "until", "step"])?;
    let now = state.now();
    let until = query.time("until")?.unwrap_or(now).min(now);
    let since = query.time("since")?.unwrap_or(until - SPAN);
    if since >= until || until.since(since) > LONGEST {
        let allowed = "a moment before until, at most 31 days";
        return Err(Problem::parameter("since", "this is no span of time", allowed).with_status(StatusCode::NOT_FOUND));
    }
    let step = step(&query, until.since(since))?;
    let history = &state.parts.history;
    let began = history.entrances_at(Period::Now, since).await?;
    let turns = history.entrance_turns(since, until, MAX_TURNS).await?;
    let whole = turns.len() < MAX_TURNS;
    let began = began.into_iter().map(|e| (e.id, e.state)).collect();
    let made = move || {
        let timeline = Timeline::of(began, &turns, (since, until), step, whole);
        pack("application/json", &timeline, Compression::fast())
    };
    Ok(off_thread(made).await?.answer(&headers))
}

/// Milliseconds of a part.
fn step(query: &Query, span: Span) -> Result<i64, Problem> {
    let allowed = "1 to 1440 minutes, at most 1500 parts in all";
    let refused = || Problem::parameter("step", "this is no length of a part", allowed);
    let text = query.text("step").map(str::parse::<u64>).transpose().map_err(|_| refused())?;
    let minutes = text.unwrap_or(STEP_MINUTES);
    let step = i64::try_from(minutes).unwrap_or(i64::MAX).saturating_mul(60_000);
    if !(1..=1_440).contains(&minutes) {
        return Err(refused());
    }
    // A length that there is, but not over so long a span.
    let few = span.as_millis() / step < MAX_PARTS;
    if few { Ok(step) } else { Err(refused().with_status(StatusCode::NOT_FOUND)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_bounded_in_length_and_number() {
        let step_of = |raw: &str, span| step(&Query::read(Some(raw), &["step"]).expect("reads"), span).ok();
        assert_eq!(step_of("", SPAN), Some(3_600_000));
        assert_eq!(step_of("step=1440", LONGEST), Some(86_400_000));
        for bad in ["step=0", "step=1441", "step=-1", "step=x", "step=1"] {
            assert_eq!(step_of(bad, SPAN), None, "{bad}");
        }
        assert_eq!(step_of("step=1", Span::hours(24)), Some(60_000));
    }
}
