//! Gaps: entrances that are not covered, worst first, now or at a past moment.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cunkou_core::model::{AreaId, Period, Time};
use cunkou_core::registry::Registry;
use cunkou_core::world::Snapshot;
use utoipa::IntoParams;

use super::lists::{Wanted, answer, lies_in};
use crate::http::params::{AreaParam, CursorParam, FormatParam, ListParams};
use crate::http::wire::{FeatureCollection, GAP_STATES, Gap, Page, words};
use crate::http::{AppState, Problem};

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
struct GapParams {
    /// Only gaps of this state.
    #[param(schema_with = words::gap_state)]
    state: Option<String>,
    /// When entrances are judged: by day, by night, or whichever it is.
    #[param(schema_with = words::period)]
    period: Option<String>,
    /// A past moment, read from history.
    #[param(format = DateTime)]
    at: Option<String>,
}

/// Entrances that are not covered: lost, unknown, reduced, unwatched, planned, in this order, then by priority.
#[utoipa::path(get, path = "/api/v1/gaps", operation_id = "gaps", tag = "town",
    params(CursorParam, ListParams, GapParams, AreaParam, FormatParam),
    responses((status = 200, description = "A page of gaps.", content(
        (Page<Gap> = "application/json"), (FeatureCollection = "application/geo+json"))),
        (status = 404, description = "No area has this id, the moment has not come yet, or nothing was known of it.", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The history cannot be read at the moment.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn gaps(
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wanted = Wanted::read(raw.as_deref(), &headers, &["state", "period", "at", "area", "format"])?;
    let snapshot = state.snapshot();
    let area = wanted.area(&snapshot.registry)?;
    let in_state = wanted.query.word("state", &GAP_STATES.map(|s| s.word()))?;
    let period = wanted.query.word("period", &Period::ALL.map(Period::word))?;
    let period = period.and_then(Period::from_word).unwrap_or(Period::Now);
    let all = match wanted.query.time("at")? {
        Some(at) if at > state.now() => {
            return Err(Problem::parameter("at", "this moment has not come yet", "a moment of the past")
                .with_status(StatusCode::NOT_FOUND));
        }
        Some(at) => past(&state, &snapshot.registry, period, at).await?,
        None => now(&snapshot, period),
    };
    let mut rows: Vec<(String, Gap)> = all
        .into_iter()
        .filter(|gap| in_state.is_none_or(|w| gap.state == w))
        .filter(|gap| in_area(&snapshot.registry, gap, area.as_ref()))
        .filter(|gap| wanted.finds(&[&gap.id, &gap.name]))
        .map(|gap| (key(&gap), gap))
        .collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    answer(&wanted.page(rows.into_iter(), |gap| gap), wanted.geojson)
}

fn now(snapshot: &Snapshot, period: Period) -> Vec<Gap> {
    snapshot.registry.entrances.values().filter_map(|e| Gap::of(snapshot, e, period)).collect()
}

async fn past(state: &AppState, registry: &Registry, period: Period, at: Time) -> Result<Vec<Gap>, Problem> {
    let entrances = state.parts.history.entrances_at(period, at).await?;
    if entrances.is_empty() && !registry.entrances.is_empty() {
        // No data is not "no gaps".
        let detail = "nothing was known of any entrance at this moment";
        return Err(Problem::parameter("at", detail, "a moment at which the town was watched")
            .with_status(StatusCode::NOT_FOUND));
    }
    Ok(entrances.iter().filter_map(|past| Gap::of_past(registry, past)).collect())
}

fn in_area(registry: &Registry, gap: &Gap, wanted: Option<&AreaId>) -> bool {
    let home = gap.area.as_deref().and_then(|a| registry.areas.get_key_value(a));
    wanted.is_none() || home.is_some_and(|(id, _)| lies_in(registry, id, wanted))
}

/// Worst first, then by priority and id; also the cursor.
fn key(gap: &Gap) -> String {
    let rank = GAP_STATES.iter().position(|s| s.word() == gap.state).unwrap_or(GAP_STATES.len());
    format!("{rank}.{}.{}", gap.priority.unwrap_or(9).min(9), gap.id)
}
