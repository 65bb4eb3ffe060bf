//! For those who run it: metrics, signs of life, reload.

use std::io;

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use futures_util::stream::{self, Stream, StreamExt as _};
use tokio::sync::{mpsc, oneshot};

use super::registry::{last_reload, reload as reload_from};
use crate::engine::{Alive, LOOP_STANDS_AFTER, Origin, ReloadSource, STORE_STANDS_AFTER, rostered};
use crate::http::packed::{self, accepts_gzip};
use crate::http::params::Query;
use crate::http::wire::{Readiness, ReloadOutcome, RoundView, stamp};
use crate::http::{AppState, Problem};
use crate::metrics;

/// All metrics, in the text format of Prometheus; compressed for those who accept gzip.
#[utoipa::path(get, path = "/metrics", operation_id = "metrics", tag = "service",
    responses((status = 200, description = "The metrics.", body = String,
        content_type = "text/plain; version=0.0.4; charset=utf-8"),
        (status = 500, description = "They cannot be written.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn metrics(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, Problem> {
    let gzip = accepts_gzip(&headers);
    // Each takes some 30 MB for 10 000 cameras if its client is slow: a crowd of scrapers waits in turn.
    let turn = state.renders.clone().acquire_owned().await;
    let counters = counters(&state).ok_or_else(|| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the metrics cannot be written; the log says why")
    })?;
    // Sent while it is written. Nothing waits for the client: what it does not take yet stands in the channels.
    let (cameras, of_cameras) = mpsc::unbounded_channel();
    let (others, of_others) = mpsc::unbounded_channel();
    let (whole, is_whole) = oneshot::channel();
    // Some milliseconds of work for a large town: not on a thread that serves others.
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        write_metrics(&state, cameras, &others);
        let _ = others.send(counters);
        let _ = whole.send(());
    });
    let body = if gzip {
        Body::from_stream(compressed([of_cameras, of_others], is_whole))
    } else {
        let end = stream::once(is_whole).filter_map(|whole| std::future::ready(whole.err().map(|_| Err(cut_short()))));
        Body::from_stream(stream_of(of_cameras).chain(stream_of(of_others)).map(Ok).chain(end))
    };
    let mut response = body.into_response();
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(metrics::CONTENT_TYPE));
    out.insert(header::VARY, header::HeaderValue::from_static("accept-encoding"));
    if gzip {
        out.insert(header::CONTENT_ENCODING, header::HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

/// What comes through a channel, until its other end is gone.
fn stream_of<T: Send>(mut from: mpsc::UnboundedReceiver<T>) -> impl Stream<Item = T> + Send {
    stream::poll_fn(move |context| from.poll_recv(context))
}

/// The halves one after the other, compressed as they come.
fn compressed(
    mut halves: [mpsc::UnboundedReceiver<String>; 2],
    is_whole: oneshot::Receiver<()>,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let (packed, of_packed) = mpsc::unbounded_channel();
    tokio::task::spawn_blocking(move || {
        let written = halves.iter_mut().flat_map(|half| std::iter::from_fn(|| half.blocking_recv()));
        let end = std::iter::once_with(|| is_whole.blocking_recv().err().map(|_| Err(cut_short()))).flatten();
        packed::gzip_pieces(&mut written.map(Ok).chain(end), |piece| _ = packed.send(piece));
    });
    stream_of(of_packed)
}

/// Half of the metrics must not be taken for all of them: what is not there would be taken for gone.
fn cut_short() -> io::Error {
    io::Error::other("the metrics could not be written to their end")
}

/// The counters of the process as text; `None` where they cannot be written, which is logged.
fn counters(state: &AppState) -> Option<String> {
    let (successful, at) = last_reload(state);
    state.parts.counters.reload(successful, at);
    let mut text = String::new();
    match state.parts.counters.write(&mut text) {
        Ok(()) => Some(text),
        Err(error) => {
            tracing::error!(%error, "counters cannot be written");
            None
        }
    }
}

/// A client that has gone misses nothing: what is sent after that is dropped.
fn write_metrics(state: &AppState, cameras: mpsc::UnboundedSender<String>, others: &mpsc::UnboundedSender<String>) {
    let snapshot = state.snapshot();
    let figures = (state.parts.figures)(&snapshot);
    let of_cameras = move |piece| _ = cameras.send(piece);
    metrics::write(&snapshot, &figures, state.parts.metrics, of_cameras, |piece| _ = others.send(piece));
}

/// Whether the loop turns.
#[utoipa::path(get, path = "/-/healthy", operation_id = "healthy", tag = "service",
    responses((status = 200, description = "The loop turns.", body = String, content_type = "text/plain; charset=utf-8"),
        (status = 503, description = "The loop stands still.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn healthy(State(state): State<AppState>) -> Result<Response, Problem> {
    if loop_turns(&state) {
        return Ok("ok\n".into_response());
    }
    Err(Problem::unavailable(format!("the loop has not turned for {LOOP_STANDS_AFTER}")))
}

fn loop_turns(state: &AppState) -> bool {
    state.parts.handle.alive.loop_turns(state.now())
}

/// Whether the daemon does its job; it does not wait for the first round, which it names.
#[utoipa::path(get, path = "/-/ready", operation_id = "ready", tag = "service",
    responses((status = 200, description = "It does.", body = Readiness),
        (status = 503, description = "It does not, and why.", body = Readiness)))]
pub(super) async fn ready(State(state): State<AppState>) -> (StatusCode, Json<Readiness>) {
    let readiness = readiness(&state);
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness))
}

/// What readiness says.
pub(in crate::http) fn readiness(state: &AppState) -> Readiness {
    let snapshot = state.snapshot();
    let alive = &state.parts.handle.alive;
    let mut reasons = Vec::new();
    if snapshot.registry_version == 0 {
        reasons.push("no registry is in force".to_owned());
    }
    if !loop_turns(state) {
        reasons.push(format!("the loop has not turned for {LOOP_STANDS_AFTER}"));
    }
    if let Some(since) = Alive::time(&alive.store_failing) {
        let why = alive.store_trouble();
        reasons.push(format!("the store does not write: {why} (since {}, tried again all the time)", stamp(since)));
    } else if !alive.store_writes(state.now()) {
        reasons.push(format!("the store has not written for {STORE_STANDS_AFTER}"));
    }
    let ready = reasons.is_empty();
    if !last_reload(state).0 {
        reasons.push("the last reload was refused; the registry before it stays in force".to_owned());
    }
    if snapshot.blind.is_some() {
        reasons.push("the monitor is blind".to_owned());
    }
    let first_round = snapshot.round.map(|r| RoundView { done: r.done, of: r.of });
    Readiness { ready, reasons, first_round, registry_version: snapshot.registry_version }
}

/// Puts the registry folder in force as it stands, and reads the roster again.
#[utoipa::path(post, path = "/-/reload", operation_id = "reload", tag = "service",
    responses((status = 200, description = "What changed.", body = ReloadOutcome),
        (status = 409, description = "More than 20 % of the cameras would be removed; say yes by POST registry?yes.",
            body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The files have faults; the registry in force stays.", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The folder cannot be read, the store does not write, or the daemon stops.",
            body = Problem, content_type = "application/problem+json")))]
pub(super) async fn reload(
    State(state): State<AppState>,
    Extension(by): Extension<Origin>,
    RawQuery(raw): RawQuery,
) -> Result<Json<ReloadOutcome>, Problem> {
    Query::read(raw.as_deref(), &[])?;
    // The roster has nothing to do with the registry: it is read whatever comes of that.
    let roster = state.parts.roster.clone();
    let read = tokio::task::spawn_blocking(move || roster.read_again()).await;
    if let Ok(Ok(Some(handover))) = &read {
        state.parts.handle.note(rostered(&by, handover, state.now())).await;
    }
    let mut outcome = reload_from(&state, by, ReloadSource::Folder, false, false).await;
    if let (Ok(Json(outcome)), Ok(Err(error))) = (&mut outcome, read) {
        outcome.warnings.push(format!("the roster stays as it was: {}", error.without_people()));
    }
    outcome
}
