//! The registry in force, and putting another one in force.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{FromRequest, RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::{Extension, Json};
use cunkou_core::model::Time;
use utoipa::IntoParams;

use crate::engine::{Alive, Origin, ReloadRefused, ReloadRequest, ReloadSource};
use crate::files::is_registry_file;
use crate::http::params::Query;
use crate::http::wire::words::MAX_FILES;
use crate::http::wire::{RegistryFiles, RegistryForm, RegistryInForce, ReloadOutcome};
use crate::http::{AppState, Problem};

use super::MAX_REGISTRY;

/// The longest name of a file, in bytes.
const MAX_NAME: usize = 64;
/// How long the files of a registry may take to come: 64 MiB over 2 Mbit/s.
const UPLOAD: Duration = Duration::from_secs(300);
/// The files that a registry has.
const FILES: &str = "areas.csv, areas.geojson, nodes.csv, entrances.csv, cameras.csv, plan.geojson, places.csv, sites.csv, maintenance.csv, \
                     roads.geojson, roads.osm.pbf";
/// Faults that one answer lists at most.
const MAX_FAULTS: usize = 1_000;

/// Which registry is in force.
#[utoipa::path(get, path = "/api/v1/registry", operation_id = "registry", tag = "registry",
    responses((status = 200, description = "The registry in force.", body = RegistryInForce)))]
pub(super) async fn in_force(
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
) -> Result<Json<RegistryInForce>, Problem> {
    Query::read(raw.as_deref(), &[])?;
    let (successful, at) = last_reload(&state);
    Ok(Json(RegistryInForce::of(&state.snapshot(), successful, at)))
}

/// Whether the last reload was taken, and when one was last.
pub(super) fn last_reload(state: &AppState) -> (bool, Option<Time>) {
    let alive = &state.parts.handle.alive;
    let failed = alive.reload_failed.load(std::sync::atomic::Ordering::Relaxed) != 0;
    (!failed, Alive::time(&alive.reloaded))
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
struct ApplyParams {
    /// Only say what would change.
    dry_run: Option<bool>,
    /// Yes to a difference that removes more than 20 % of the cameras.
    yes: Option<bool>,
}

/// Puts these files in force, or only says what would change. They are written to the registry folder once accepted.
#[utoipa::path(post, path = "/api/v1/registry", operation_id = "applyRegistry", tag = "registry",
    params(ApplyParams),
    request_body(content((RegistryFiles = "application/json"), (RegistryForm = "multipart/form-data"))),
    responses((status = 200, description = "What changed, or would change.", body = ReloadOutcome),
        (status = 408, description = "The files did not come to their end within five minutes.", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "More than 20 % of the cameras would be removed, and nobody said yes.",
            body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The files are too long.", body = Problem,
            content_type = "application/problem+json"),
        (status = 415, description = "The files must come as JSON or as multipart/form-data.", body = Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "The files have faults; the registry in force stays.", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The folder or the store cannot be written, or the daemon stops.",
            body = Problem, content_type = "application/problem+json")))]
pub(super) async fn apply(
    State(state): State<AppState>,
    Extension(by): Extension<Origin>,
    RawQuery(raw): RawQuery,
    request: Request,
) -> Result<Json<ReloadOutcome>, Problem> {
    let query = Query::read(raw.as_deref(), &["dry_run", "yes"])?;
    let (dry_run, yes) = (query.flag("dry_run")?, query.flag("yes")?);
    not_longer_than_allowed(request.headers())?;
    // Held until it is judged: what is read of a registry waits in memory for its turn.
    let _turn = state.posts.acquire().await.map_err(|_| Problem::unavailable("the daemon stops"))?;
    let sent = tokio::time::timeout(UPLOAD, files(request)).await;
    let files =
        sent.map_err(|_| Problem::new(StatusCode::REQUEST_TIMEOUT, "the files did not come to their end"))??;
    if files.is_empty() {
        return Err(Problem::parameter("body", "there is no file in it", "at least one file of the registry"));
    }
    if let Some(name) = files.keys().find(|name| !is_file_name(name)) {
        let name: String = name.chars().take(MAX_NAME).collect();
        let allowed = "a plain name such as cameras.csv: letters, digits, '.', '_' and '-'";
        return Err(Problem::parameter("files", format!("{name:?} is no name of a file"), allowed));
    }
    if let Some(name) = files.keys().find(|name| !is_registry_file(name)) {
        return Err(Problem::parameter("files", format!("{name:?} is no file of a registry"), FILES));
    }
    reload(&state, by, ReloadSource::Files(files), dry_run, yes).await
}

/// Asks the engine for a reload, and says what it came to.
pub(super) async fn reload(
    state: &AppState,
    by: Origin,
    source: ReloadSource,
    dry_run: bool,
    yes: bool,
) -> Result<Json<ReloadOutcome>, Problem> {
    let request = ReloadRequest { source, dry_run, yes, by: by.clone() };
    match state.parts.handle.reload(request).await {
        Ok(report) => {
            tracing::info!(by = &*by.who, dry_run, version = report.version, "registry reloaded over HTTP");
            Ok(Json(ReloadOutcome::of(report, dry_run)))
        }
        Err(refused) => Err(refusal(refused)),
    }
}

fn refusal(refused: ReloadRefused) -> Problem {
    let detail = refused.to_string();
    match refused {
        ReloadRefused::Faults(mut faults) => {
            let more = faults.len().saturating_sub(MAX_FAULTS);
            faults.truncate(MAX_FAULTS);
            if more > 0 {
                faults.push(format!("and {more} more"));
            }
            Problem { faults: Some(faults), ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail) }
        }
        ReloadRefused::Guard { .. } => Problem::new(StatusCode::CONFLICT, detail),
        ReloadRefused::Folder(_) | ReloadRefused::Secrets(_) | ReloadRefused::NotKept | ReloadRefused::Stopping => {
            Problem::unavailable(detail)
        }
    }
}

/// No separators, no dot in front: a name cannot leave the folder, and cannot hide in it.
fn is_file_name(name: &str) -> bool {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    plain && !name.is_empty() && name.len() <= MAX_NAME && !name.starts_with('.')
}

async fn files(request: Request) -> Result<BTreeMap<String, Vec<u8>>, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "application/json" => {
            let body = axum::body::Bytes::from_request(request, &())
                .await
                .map_err(|e| too_long(e.status(), &e.body_text()))?;
            let read = read_json(&body)?;
            many(read.files.len())?;
            Ok(read.files.into_iter().map(|(name, text)| (name, text.into_bytes())).collect())
        }
        "multipart/form-data" => parts(request).await,
        _ => {
            let detail = "the files must come as application/json or as multipart/form-data";
            Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
        }
    }
}

/// What says itself that it is too long is refused before any of it is read.
fn not_longer_than_allowed(headers: &HeaderMap) -> Result<(), Problem> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > MAX_REGISTRY as u64) {
        return Err(too_long(StatusCode::PAYLOAD_TOO_LARGE, "length limit exceeded"));
    }
    Ok(())
}

fn read_json(body: &[u8]) -> Result<RegistryFiles, Problem> {
    let refused =
        |detail: String| Problem::parameter("body", detail, "an object with files: names to contents as text");
    // A list would be taken for the fields in their order.
    if body.iter().find(|b| !b.is_ascii_whitespace()) != Some(&b'{') {
        return Err(refused("this is no object".to_owned()));
    }
    serde_json::from_slice(body).map_err(|e| refused(e.to_string()))
}

fn too_long(status: StatusCode, detail: &str) -> Problem {
    Problem::new(status, format!("the body cannot be read: {detail}"))
}

fn many(files: usize) -> Result<(), Problem> {
    let allowed = format!("at most {MAX_FILES}");
    if files > MAX_FILES { Err(Problem::parameter("files", "too many files", allowed)) } else { Ok(()) }
}

/// Each part is a file, byte for byte, under its file name, else under its own.
async fn parts(request: Request) -> Result<BTreeMap<String, Vec<u8>>, Problem> {
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|e: MultipartRejection| too_long(e.status(), &e.body_text()))?;
    let mut files = BTreeMap::new();
    while let Some(part) = form.next_field().await.map_err(|e| too_long(e.status(), &e.body_text()))? {
        let Some(name) = part.file_name().or(part.name()).map(str::to_owned) else { continue };
        let bytes = part.bytes().await.map_err(|e| too_long(e.status(), &e.body_text()))?;
        files.insert(name, bytes.to_vec());
        many(files.len())?;
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_cannot_leave_the_folder() {
        for good in ["cameras.csv", "areas.geojson", "roads.osm.pbf", "a-b_c"] {
            assert!(is_file_name(good), "{good}");
        }
        let long = "x".repeat(MAX_NAME + 1);
        for bad in ["", ".", "..", "../cameras.csv", "a/b", "a\\b", ".hidden", "村.csv", "a\0b", "C:x", long.as_str()]
        {
            assert!(!is_file_name(bad), "{bad}");
        }
    }
}
