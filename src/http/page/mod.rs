//! The status page: written by the server, in two languages, without anything from elsewhere. It runs no inline
//! script and no inline style (the policy forbids them), and every name from the registry is escaped.

mod assets;
mod html;
mod view;
mod words;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cunkou_core::model::Language;

use super::auth::{Refusal, identify, remote, wrong_token};
use super::{AppState, Role};

pub(super) use assets::asset;

/// What a browser may do on the page: nothing but our own style, script and requests.
/// The map draws in a worker of our own, and makes its pictures itself (`data:`, `blob:`).
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; worker-src 'self'; connect-src 'self'; \
                      img-src 'self' data: blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The page; where reading needs a token and none is shown, one that asks for it and shows nothing else.
pub(super) async fn index(State(state): State<AppState>, request: Request) -> Response {
    let language = language(request.uri().query(), request.headers(), state.parts.settings.language);
    let words = words::of(language);
    let (status, body) = match identify(&state.parts.settings, Role::Read, request.headers()) {
        Ok(_) => (StatusCode::OK, view::town(&state, language, words)),
        Err(Refusal::Wrong) => {
            let from = remote(&request).0;
            let problem = wrong_token(&state, from, request.uri().path()).await;
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNAUTHORIZED);
            (status, view::door(language, words))
        }
        Err(Refusal::Missing | Refusal::TooLow(..)) => (StatusCode::UNAUTHORIZED, view::door(language, words)),
    };
    let mut response = (status, body).into_response();
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    out.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    out.insert(header::VARY, HeaderValue::from_static("accept-language, authorization"));
    response
}

/// `?lang=`, else what the browser prefers among ours, else the setting.
fn language(raw: Option<&str>, headers: &HeaderMap, setting: Language) -> Language {
    let pairs = url::form_urlencoded::parse(raw.unwrap_or_default().as_bytes());
    let asked = pairs.filter(|(name, _)| name == "lang").find_map(|(_, tag)| Language::from_tag(&tag));
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
        assert!(!POLICY.contains("unsafe"));
        for (name, text) in assets::our_scripts() {
            for markup in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "setHTML"] {
                assert!(!text.contains(markup), "{name} builds no markup from text: {markup}");
            }
        }
    }
}
