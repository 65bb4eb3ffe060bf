//! The audit trail: who changed what.

use axum::Json;
use axum::extract::{RawQuery, State};
use utoipa::IntoParams;

use crate::engine::CHANGES;
use crate::http::params::Query;
use crate::http::wire::{AuditItem, Page, words};
use crate::http::{AppState, AuditQuery, Problem};

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
struct AuditParams {
    /// Where the page begins: `next` of the page before; only entries with a lower number.
    cursor: Option<u64>,
    /// Items a page at most.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
    /// Only what this name did: of a token, `start` or `sighup`.
    #[param(max_length = 200)]
    who: Option<String>,
    /// Only changes of this kind.
    #[param(schema_with = words::change_kind)]
    kind: Option<String>,
    /// Only at or after this moment.
    #[param(format = DateTime)]
    since: Option<String>,
    /// Only before this moment.
    #[param(format = DateTime)]
    until: Option<String>,
}

/// Who changed what, when and from where, newest first; kept at least 180 days (`[keep] audit`).
#[utoipa::path(get, path = "/api/v1/audit", operation_id = "audit", tag = "service",
    params(AuditParams),
    responses((status = 200, description = "A page of the audit trail.", body = Page<AuditItem>),
        (status = 503, description = "The history cannot be read at the moment.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn list(
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
) -> Result<Json<Page<AuditItem>>, Problem> {
    let query = Query::read(raw.as_deref(), &["cursor", "limit", "who", "kind", "since", "until"])?;
    let limit = query.limit()?;
    let wanted = AuditQuery {
        since: query.time("since")?,
        until: query.time("until")?,
        who: query.text("who").map(str::to_owned),
        kind: query.word("kind", &CHANGES)?.map(str::to_owned),
        before: query.number("cursor")?,
        limit: limit + 1,
    };
    let mut entries = state.parts.history.audit(wanted).await?;
    let more = entries.len() > limit;
    entries.truncate(limit);
    let next = entries.last().filter(|_| more).map(|e| e.number.to_string());
    Ok(Json(Page { items: entries.iter().map(AuditItem::of).collect(), next }))
}
