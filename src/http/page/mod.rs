//! The page: lists, sheets and search are written by the server, in two languages; a script of ours renews them and
//! draws the map beside them. Nothing comes from elsewhere, no script or style is inline (the policy forbids them), and
//! every name from the registry is escaped here: the script moves what is written here and builds no markup itself.

mod actions;
mod assets;
mod context;
mod html;
mod search;
mod sheets;
mod shell;
mod view;
mod words;
mod works;

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cunkou_core::model::Language;
use flate2::Compression;

use super::auth::{Door, Refusal, identify, remote, wrong_token};
use super::packed::{accepts_gzip, gzip};
use super::{AppState, HttpSettings, Role, Tiles};

pub(super) use assets::asset;
use context::{Page, Sheet};
pub(super) use html::Html;
pub(super) use words::catalogue;

/// What a browser may do on the page: nothing but our own style, script and requests, and, where the settings name a
/// server of tiles, ask that one for them. The map draws in a worker of our own, and makes its pictures itself (`data:`,
/// `blob:`).
fn policy(settings: &HttpSettings) -> String {
    let tiles = tiles_origin(settings);
    format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; worker-src 'self'; connect-src 'self'{tiles}; img-src \
         'self' data: blob:{tiles}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

/// What the worker of the map may do, which stands under the policy of its own answer: fetch tiles.
fn worker_policy(settings: &HttpSettings) -> String {
    format!("default-src 'none'; connect-src 'self'{}; frame-ancestors 'none'", tiles_origin(settings))
}

/// The origin of a server of tiles, with a space before it.
fn tiles_origin(settings: &HttpSettings) -> String {
    match &settings.tiles {
        Some(Tiles::Server { origin, .. }) => format!(" {origin}"),
        _ => String::new(),
    }
}

/// The page: map and lists.
pub(super) async fn index(State(state): State<AppState>, request: Request) -> Response {
    match admit(&state, request).await {
        Ok(reader) => respond(&state, StatusCode::OK, view::town(&state, &reader).await, reader.packed),
        Err(door) => *door,
    }
}

/// The sheet of one thing, as a page of its own.
pub(super) async fn sheet(
    State(state): State<AppState>,
    Path((kind, id)): Path<(String, String)>,
    request: Request,
) -> Response {
    let reader = match admit(&state, request).await {
        Ok(reader) => reader,
        Err(door) => return *door,
    };
    let written = match Sheet::from_word(&kind) {
        Some(sheet) => sheets::page(&state, sheet, &id, &reader).await,
        None => None,
    };
    match written {
        Some(page) => respond(&state, StatusCode::OK, page, reader.packed),
        None => {
            let page = view::nothing(reader.language, words::of(reader.language));
            respond(&state, StatusCode::NOT_FOUND, page, false)
        }
    }
}

/// What a search finds (`?q=`).
pub(super) async fn search(State(state): State<AppState>, request: Request) -> Response {
    let reader = match admit(&state, request).await {
        Ok(reader) => reader,
        Err(door) => return *door,
    };
    let snapshot = state.snapshot();
    let page = Page::new(&state, &snapshot, &reader, None);
    respond(&state, StatusCode::OK, search::page(&reader.sought, &page), reader.packed)
}

/// Somebody who may look.
struct Reader {
    language: Language,
    /// What they search for; empty where they do not.
    sought: String,
    /// The name and the role of the token that they showed.
    holder: Option<(Arc<str>, Role)>,
    /// Whether they take gzip: the lists are sent anew whenever the town changes, often to a phone far out.
    packed: bool,
}

/// Lets those in who may look. Where that needs a token and none is shown, they get a page that asks for it and shows
/// nothing else.
async fn admit(state: &AppState, request: Request) -> Result<Reader, Box<Response>> {
    let language = language(request.uri().query(), request.headers(), state.parts.settings.language);
    let settings = &state.parts.settings;
    let status = match identify(settings, Door::of(settings, Role::Read), request.headers()) {
        Ok((who, role)) => {
            let sought = parameter(request.uri().query(), "q").unwrap_or_default();
            let packed = accepts_gzip(request.headers());
            return Ok(Reader { language, sought, holder: role.map(|role| (who, role)), packed });
        }
        Err(Refusal::Wrong) => {
            let from = remote(&request).0;
            let problem = wrong_token(state, from, request.uri().path()).await;
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNAUTHORIZED)
        }
        Err(Refusal::Missing | Refusal::TooLow(..)) => StatusCode::UNAUTHORIZED,
    };
    Err(Box::new(respond(state, status, view::door(language, words::of(language)), false)))
}

/// An answer; compressed where that is wanted. Nothing that is secret stands on a page, so its length betrays nothing.
fn respond(state: &AppState, status: StatusCode, page: String, packed: bool) -> Response {
    let packed = if packed { gzip(page.as_bytes(), Compression::fast()) } else { None };
    let encoding = packed.is_some().then_some(HeaderValue::from_static("gzip"));
    let mut response = match packed {
        Some(packed) => (status, packed).into_response(),
        None => (status, page).into_response(),
    };
    let out = response.headers_mut();
    out.extend(encoding.map(|e| (header::CONTENT_ENCODING, e)));
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    // Without it the doorkeeper's stands, which allows nothing.
    if let Ok(policy) = HeaderValue::from_str(&policy(&state.parts.settings)) {
        out.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    out.insert(header::VARY, HeaderValue::from_static("accept-language, accept-encoding, authorization"));
    response
}

/// The first value of a parameter; pages read what they know and leave the rest.
fn parameter(raw: Option<&str>, wanted: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(raw.unwrap_or_default().as_bytes());
    pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
}

/// `?lang=`, else what the browser prefers among ours, else the setting.
fn language(raw: Option<&str>, headers: &HeaderMap, setting: Language) -> Language {
    let asked = parameter(raw, "lang").and_then(|tag| Language::from_tag(&tag));
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
    asked.or_else(|| accepted.and_then(preferred)).unwrap_or(setting)
}

/// The language of ours with the highest weight (RFC 9110, 12.5.4); the first of equals.
fn preferred(accepted: &str) -> Option<Language> {
    let mut best: Option<(f32, Language)> = None;
    for part in accepted.split(',') {
        let mut words = part.split(';').map(str::trim);
        let Some(language) = words.next().and_then(Language::from_tag) else { continue };
        let weight = words.find_map(|w| w.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse().ok()).unwrap_or(0.0);
        if weight > 0.0 && best.is_none_or(|(w, _)| weight > w) {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_asked_for_else_the_preferred_else_the_setting() {
        let accepting =
            |value: &'static str| HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, HeaderValue::from_static(value))]);
        let of = |raw, headers: &HeaderMap| language(raw, headers, Language::ZhCn);
        assert_eq!(of(None, &HeaderMap::new()), Language::ZhCn);
        assert_eq!(of(None, &accepting("de, en;q=0.5")), Language::En);
        assert_eq!(of(None, &accepting("en;q=0.5, zh-CN;q=0.8")), Language::ZhCn);
        assert_eq!(of(None, &accepting("en;q=0")), Language::ZhCn);
        assert_eq!(of(Some("lang=en"), &accepting("zh")), Language::En);
        assert_eq!(of(Some("lang=xx"), &accepting("en")), Language::En);
    }

    #[test]
    fn nothing_on_the_page_is_inline() {
        let plain = policy(&HttpSettings::default());
        assert!(!plain.contains("unsafe") && !plain.contains("http") && !plain.contains('*'), "{plain}");
        for (name, text) in assets::our_scripts() {
            for markup in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "setHTML"] {
                assert!(!text.contains(markup), "{name} builds no markup from text: {markup}");
            }
        }
    }
}
