//! What is served where, and for which role. Operations of one role stand in one group: the group's door asks for the
//! role and writes it into the description, so that none is open by oversight.

mod audit;
mod beside;
mod body;
mod critical;
mod events;
mod gaps;
mod incidents;
mod isochrone;
mod lists;
mod maintenance;
mod map;
mod oncall;
mod ops;
mod place;
mod registry;
mod repair;
mod seal;
mod silence;
mod sinks;
mod status;
mod tiles;
mod turns;
mod whatif;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) use self::ops::readiness;
use super::auth::{Door, doorkeeper, require};
use super::{AppState, Problem, Role, boards, openapi, page};

/// Bytes of a request's body, where it is no registry.
const MAX_BODY: usize = 64 << 10;
/// Bytes of a registry that is sent here.
const MAX_REGISTRY: usize = 64 << 20;

/// The document, as text: the same for everybody.
#[derive(Clone)]
struct Document(Arc<str>);

/// Everything that is served.
pub(super) fn router(state: &AppState) -> Router {
    let mut open = OpenApiRouter::with_openapi(openapi::base(state.parts.build.version))
        .routes(routes!(ops::healthy))
        .routes(routes!(ops::ready));
    openapi::complete(open.get_openapi_mut());
    let door = |role| Door::of(&state.parts.settings, role);
    let (api, document) = open
        .merge(group(state, door(Role::Read), read()))
        .merge(group(state, Door::to_people(), OpenApiRouter::new().routes(routes!(oncall::on_call))))
        .merge(group(state, door(Role::Operate), operate()))
        .merge(group(state, door(Role::Admin), admin()))
        .split_for_parts();
    let page = Router::new()
        .route("/", get(page::index))
        .route("/page/search", get(page::search))
        .route("/page/{kind}/{id}", get(page::sheet))
        .route("/wall", get(boards::wall))
        .route("/sheet/incident/{id}", get(boards::sheet))
        .route("/static/{file}", get(page::asset))
        .with_state(state.clone());
    // What lies under the map is a picture of the world and says nothing of the town, so it is no part of the API; who may
    // look may have it.
    let tiles = Router::new()
        .route("/tiles/about", get(tiles::about))
        .route("/tiles/{z}/{x}/{y}", get(tiles::tile))
        .route_layer(from_fn_with_state((state.clone(), door(Role::Read)), require))
        .with_state(state.clone());
    let text = document.to_json().unwrap_or_else(|error| {
        tracing::error!(%error, "the description of the API cannot be written");
        String::from("{}")
    });
    api.with_state(state.clone())
        .merge(page)
        .merge(tiles)
        .fallback(no_such_path)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(Extension(Document(text.into())))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn(problems_only))
        .layer(from_fn_with_state(state.clone(), doorkeeper))
}

fn read() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(ops::metrics))
        .routes(routes!(status::status))
        .routes(routes!(lists::cameras))
        .routes(routes!(lists::camera))
        .routes(routes!(lists::entrances))
        .routes(routes!(lists::entrance))
        .routes(routes!(lists::nodes))
        .routes(routes!(lists::areas))
        .routes(routes!(lists::places))
        .routes(routes!(gaps::gaps))
        .routes(routes!(critical::critical))
        .routes(routes!(repair::repair_order))
        .routes(routes!(seal::seal))
        .routes(routes!(isochrone::isochrone))
        .routes(routes!(map::town))
        .routes(routes!(map::states))
        .routes(routes!(map::roads))
        .routes(routes!(turns::camera))
        .routes(routes!(turns::entrance))
        .routes(routes!(turns::timeline))
        .routes(routes!(incidents::list))
        .routes(routes!(incidents::one))
        .routes(routes!(maintenance::list))
        .routes(routes!(registry::in_force))
        .routes(routes!(events::events))
        .routes(routes!(document))
        .routes(routes!(boards::badge))
        .routes(routes!(place::place))
        .merge(OpenApiRouter::new().routes(routes!(whatif::what_if)).layer(DefaultBodyLimit::max(whatif::MAX_QUESTION)))
}

fn operate() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(incidents::acknowledge))
        .routes(routes!(silence::silence, silence::lift))
        .routes(routes!(maintenance::announce))
        .routes(routes!(maintenance::end))
        .routes(routes!(sinks::test))
}

fn admin() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(audit::list))
        .routes(routes!(ops::reload))
        .merge(OpenApiRouter::new().routes(routes!(registry::apply)).layer(DefaultBodyLimit::max(MAX_REGISTRY)))
}

/// Operations behind one door.
fn group(state: &AppState, door: Door, mut routes: OpenApiRouter<AppState>) -> OpenApiRouter<AppState> {
    openapi::set_role(routes.get_openapi_mut(), door.role, door.open);
    openapi::complete(routes.get_openapi_mut());
    routes.route_layer(from_fn_with_state((state.clone(), door), require))
}

/// This description of the API, OpenAPI 3.1.
#[utoipa::path(get, path = "/api/v1/openapi.json", operation_id = "openapi", tag = "service",
    responses((status = 200, description = "The document.", content_type = "application/json", body = Object)))]
async fn document(State(_): State<AppState>, Extension(Document(text)): Extension<Document>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text.to_string()).into_response()
}

async fn no_such_path() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "nothing is served under this path")
}

async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not know this method; Allow names those it knows")
}

/// What the framework refuses by itself (a path that is no UTF-8, a body over the limit), as a problem document too.
async fn problems_only(request: axum::extract::Request, next: axum::middleware::Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let plain = kind.is_empty() || kind.starts_with("text/plain");
    if plain && (status.is_client_error() || status.is_server_error()) {
        let phrase = status.canonical_reason().unwrap_or("refused").to_lowercase();
        let allow = response.headers().get(header::ALLOW).cloned();
        let mut problem = Problem::new(status, format!("the request was refused: {phrase}")).into_response();
        if let Some(allow) = allow {
            problem.headers_mut().insert(header::ALLOW, allow);
        }
        return problem;
    }
    response
}
