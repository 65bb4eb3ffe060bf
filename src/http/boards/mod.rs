//! What people look at from afar or take along: the wall of the duty room, the badge of an entrance, the repair sheet of
//! an incident. Like the page: written by the server in two languages, nothing inline, nothing from elsewhere, every
//! name cleaned and escaped, and nothing is shown to those who may not look.
//!
//! Never decides what is believed: it writes down the snapshot. Shows whom to call, and the address of a device, only
//! to a token with the role operate.

mod badge;
mod shape;
mod sheet;
mod wall;
mod words;

pub(super) use badge::{__path_badge, badge};
pub(super) use sheet::sheet;
pub(super) use wall::wall;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cunkou_core::model::{Language, Time};
use jiff::tz::TimeZone;

use super::auth::{Door, Refusal, identify, remote, wrong_token};
use super::page::Html;
use super::{AppState, Role};
use words::Words;

/// What a browser may do on a board: nothing but our own style, script and requests.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// One kind of board: what its head names.
struct Board {
    /// Its style.
    style: &'static str,
    /// Its script, a module.
    script: &'static str,
}

/// `?lang=`, else the setting: a wall and a sheet belong to the town, not to whoever's browser shows them.
fn language(raw: Option<&str>, setting: Language) -> Language {
    let pairs = url::form_urlencoded::parse(raw.unwrap_or_default().as_bytes());
    pairs.filter(|(name, _)| name == "lang").find_map(|(_, tag)| Language::from_tag(&tag)).unwrap_or(setting)
}

/// Who asks, and whether they may look; else the status with which the door is shown.
async fn admitted(state: &AppState, request: Request) -> Result<HeaderMap, StatusCode> {
    let from = remote(&request).0;
    let (parts, _) = request.into_parts();
    match identify(&state.parts.settings, Door::of(&state.parts.settings, Role::Read), &parts.headers) {
        Ok(_) => Ok(parts.headers),
        Err(Refusal::Wrong) => {
            let problem = wrong_token(state, from, parts.uri.path()).await;
            Err(StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNAUTHORIZED))
        }
        Err(Refusal::Missing | Refusal::TooLow(..)) => Err(StatusCode::UNAUTHORIZED),
    }
}

/// The head of a board, up to the open body.
fn head(html: &mut Html, board: &Board, language: Language, title: &str) {
    html.raw("<!doctype html><html lang=\"").text(language.tag()).raw("\"><head><meta charset=\"utf-8\">");
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>").text(title);
    html.raw("</title><link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"/static/").raw(board.style);
    html.raw("\"><script type=\"module\" src=\"/static/").raw(board.script).raw("\"></script></head><body>");
}

/// What those see who have not shown a token: nothing of the town.
fn door(html: &mut Html, words: &Words) {
    html.raw("<main id=\"main\"><form id=\"door\"><p>").text(words.token_needed).raw("</p><label>").text(words.token);
    html.raw(" <input id=\"token\" type=\"password\" autocomplete=\"off\" required></label> <button>");
    html.text(words.enter).raw("</button></form></main>");
}

/// A page as an answer.
fn answer(status: StatusCode, html: Html) -> Response {
    let mut response = (status, html.into_string()).into_response();
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    out.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    out.insert(header::VARY, HeaderValue::from_static("authorization"));
    response
}

/// A moment as people there write it; the core writes 0 for one that never was.
fn local(zone: &TimeZone, at: Time, format: &str) -> String {
    let at = jiff::Timestamp::from_millisecond(at.millis()).ok().filter(|_| at.millis() != 0);
    at.map(|at| at.to_zoned_datetime(zone.clone()).strftime(format).to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_board_speaks_the_language_of_the_setting_unless_asked() {
        for (raw, wanted) in [
            (None, Language::ZhCn),
            (Some("lang=en"), Language::En),
            (Some("x=1&lang=en"), Language::En),
            (Some("lang=xx"), Language::ZhCn),
        ] {
            assert_eq!(language(raw, Language::ZhCn), wanted, "{raw:?}");
        }
        assert_eq!(language(Some("lang=zh-CN"), Language::En), Language::ZhCn);
    }

    #[test]
    fn nothing_on_a_board_is_inline() {
        assert!(!POLICY.contains("unsafe"));
    }

    #[test]
    fn a_moment_that_never_was_is_not_1970() {
        assert_eq!(local(&TimeZone::UTC, Time(0), "%H:%M"), "");
        assert_eq!(local(&TimeZone::UTC, Time(1_795_489_200_000), "%Y-%m-%d %H:%M"), "2026-11-24 03:00");
    }
}
