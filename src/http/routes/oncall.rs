//! Who is on duty: for tokens only, since it names people.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use utoipa::IntoParams;

use crate::http::auth::Holder;
use crate::http::params::Query;
use crate::http::wire::{OnCall, Shown};
use crate::http::{AppState, Problem, Role};

/// Days that are listed at most.
const MAX_DAYS: u64 = 366;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
struct OnCallParams {
    /// The moment; without it now.
    #[param(format = DateTime)]
    at: Option<String>,
    /// Turns of so many days from then on are listed too.
    #[param(minimum = 1, maximum = 366)]
    days: Option<u32>,
}

/// Who is on duty, level by level. It names people: a token is needed also where reading is open, and one of the role
/// operate is shown how they are reached.
#[utoipa::path(get, path = "/api/v1/oncall", operation_id = "oncall", tag = "incidents",
    params(OnCallParams),
    responses((status = 200, description = "Who is on duty.", body = OnCall),
        (status = 404, description = "The settings name no roster.", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The roster has faults, and none was good since the start.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn on_call(
    State(state): State<AppState>,
    Extension(Holder(role)): Extension<Holder>,
    RawQuery(raw): RawQuery,
) -> Result<Json<OnCall>, Problem> {
    let query = Query::read(raw.as_deref(), &["at", "days"])?;
    let at = query.time("at")?.unwrap_or_else(|| state.now());
    let days = query.number("days")?;
    let days = match days {
        Some(n) if !(1..=MAX_DAYS).contains(&n) => {
            return Err(Problem::parameter("days", "out of range", format!("1 to {MAX_DAYS}")));
        }
        days => days.and_then(|n| u32::try_from(n).ok()),
    };
    let file = &state.parts.roster;
    if !file.is_named() {
        return Err(Problem::new(StatusCode::NOT_FOUND, "the settings name no roster"));
    }
    let none = || Problem::unavailable("the roster has faults, and none was good since the start; the log names them");
    let roster = file.board().now().ok_or_else(none)?;
    let shown = if role >= Some(Role::Operate) { Shown::Contacts } else { Shown::Names };
    Ok(Json(OnCall::of(&roster, at, days, shown)))
}
