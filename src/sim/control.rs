//! The control API of the simulator: break and heal cameras, nodes and areas; list what is broken.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use cunkou_core::town::Fault;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::board::{Part, SetFault};
use super::{SetError, Stage};

/// Bytes a body may have.
const MAX_BODY: usize = 4 * 1024;
/// Connections at a time.
const MAX_CONNECTIONS: usize = 64;
/// How long a client may take over the head of a request, or stay silent between two.
const HEAD: Duration = Duration::from_secs(5);
/// The wait after an accept that failed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves the control API until told to stop.
pub(super) async fn serve(listener: TcpListener, stage: Arc<Stage>, stop: CancellationToken) {
    let router = router(stage);
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await.ok();
            (listener.accept().await, place)
        };
        tokio::select! {
            () = stop.cancelled() => return,
            (accepted, place) = accepted => {
                let Ok((stream, _)) = accepted else {
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                };
                let service = TowerToHyperService::new(router.clone());
                let mut http = hyper::server::conn::http1::Builder::new();
                http.timer(TokioTimer::new()).header_read_timeout(HEAD);
                let connection = http.serve_connection(TokioIo::new(stream), service);
                connections.spawn(async move {
                    // An error is a client that went away or spoke no HTTP: there is nobody left to tell.
                    _ = connection.await;
                    drop(place);
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// The id of a path, or why it is none.
type Id = Result<Path<String>, PathRejection>;

fn router(stage: Arc<Stage>) -> Router {
    Router::new()
        .route("/", get(list))
        .route("/cameras/{id}", put(|s, id: Id, body| change(s, id.map(|Path(id)| Part::Camera(id)), body)))
        .route("/nodes/{id}", put(|s, id: Id, body| change(s, id.map(|Path(id)| Part::Node(id)), body)))
        .route("/areas/{id}", put(|s, id: Id, body| change(s, id.map(|Path(id)| Part::Area(id)), body)))
        .method_not_allowed_fallback(async || {
            problem(StatusCode::METHOD_NOT_ALLOWED, "PUT changes a fault, GET / lists what is broken", json!({}))
        })
        .fallback(async || problem(StatusCode::NOT_FOUND, "there is nothing at this path", json!({})))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(stage)
}

async fn list(State(stage): State<Arc<Stage>>) -> axum::Json<Value> {
    let broken = stage.broken();
    let words = |faults: BTreeMap<String, Fault>| -> BTreeMap<String, &str> {
        faults.into_iter().map(|(id, fault)| (id, fault.word())).collect()
    };
    axum::Json(json!({
        "cameras": words(broken.cameras),
        "nodes": words(broken.nodes),
        "cut_off": broken.cut_off,
    }))
}

/// The body of a change.
#[derive(Deserialize)]
struct Wish {
    fault: String,
}

async fn change(
    State(stage): State<Arc<Stage>>,
    part: Result<Part, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Ok(part) = part else { return problem(StatusCode::NOT_FOUND, &SetFault::Unknown.to_string(), json!({})) };
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return problem(rejection.status(), &rejection.body_text(), json!({})),
    };
    let served: Vec<&str> = Fault::ALL.into_iter().filter(|f| *f != Fault::Clock).map(Fault::word).collect();
    let refuse = |detail: &str| problem(StatusCode::BAD_REQUEST, detail, json!({ "allowed": served }));
    let Ok(wish) = serde_json::from_slice::<Wish>(&body) else {
        return refuse("the body must be JSON like {\"fault\": \"refuse\"}");
    };
    let Some(fault) = Fault::from_word(&wish.fault) else {
        return refuse("there is no such fault");
    };
    match stage.set(&part, fault).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error @ SetError::Refused(SetFault::Unknown)) => {
            problem(StatusCode::NOT_FOUND, &error.to_string(), json!({}))
        }
        Err(error @ SetError::Refused(SetFault::ClockNotServed)) => refuse(&error.to_string()),
        Err(SetError::Port { address, source }) => {
            let detail = format!("the port {address} does not follow: {source}; it is tried again every second");
            problem(StatusCode::INTERNAL_SERVER_ERROR, &detail, json!({}))
        }
        Err(error @ SetError::Stopped) => problem(StatusCode::SERVICE_UNAVAILABLE, &error.to_string(), json!({})),
    }
}

/// A problem document (RFC 9457).
fn problem(status: StatusCode, detail: &str, more: Value) -> Response {
    let mut body = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or_default(),
        "status": status.as_u16(),
        "detail": detail,
    });
    if let (Value::Object(all), Value::Object(more)) = (&mut body, more) {
        all.extend(more);
    }
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}
