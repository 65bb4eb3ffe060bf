//! The badge of an entrance, for a page of one's own: its name and its state, as a small SVG.

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use cunkou_core::alert::clean;
use cunkou_core::model::Language;
use flate2::Compression;
use utoipa::IntoParams;

use super::words::Words;
use super::{shape, words};
use crate::http::packed::Packed;
use crate::http::page::Html;
use crate::http::params::Query;
use crate::http::wire::words as wire_words;
use crate::http::{AppState, Problem};

/// Characters of the name that are shown; all of it (as far as names are ever shown) is in the title.
const MAX_NAME: usize = 30;
/// Height, in pixels.
const HEIGHT: f64 = 20.0;
/// Left and right of a text, in pixels.
const PAD: f64 = 6.0;
/// The box of the shape, in pixels.
const ICON: f64 = 12.0;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
struct BadgeParams {
    /// The language of the state; left out: that of the settings.
    #[param(schema_with = wire_words::language)]
    lang: Option<String>,
}

/// The badge of an entrance: name and state, by colour, shape and word. `ID.svg` is the id of the entrance with `.svg`
/// behind it. An image that a browser shows cannot send a token: where reading needs one, whoever embeds it must fetch
/// it with one.
#[utoipa::path(get, path = "/badge/entrance/{file}", operation_id = "badge", tag = "town",
    params(("file" = String, Path, description = "Id of an entrance, and `.svg`."),
        BadgeParams),
    responses((status = 200, description = "The badge; with an ETag, to be asked for again each time.", body = String,
        content_type = "image/svg+xml"),
        (status = 304, description = "It is the one that the client has (`If-None-Match`)."),
        (status = 404, description = "No entrance has this id, or the path does not end in .svg.", body = Problem,
            content_type = "application/problem+json")))]
pub(in crate::http) async fn badge(
    State(state): State<AppState>,
    Path(file): Path<String>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let tag = Query::read(raw.as_deref(), &["lang"])?.word("lang", &Language::ALL.map(Language::tag))?;
    let language = tag.and_then(Language::from_tag).unwrap_or(state.parts.settings.language);
    let id = file.strip_suffix(".svg").ok_or_else(|| Problem::no_such("entrance"))?;
    let snapshot = state.snapshot();
    let entrance = snapshot.registry.entrances.get(id).ok_or_else(|| Problem::no_such("entrance"))?;
    let now = snapshot.entrance(id).map(|(_, belief)| belief.now.state);
    let name = Some(clean(&entrance.name)).filter(|n| !n.is_empty()).unwrap_or_else(|| id.to_owned());
    // An old badge would say that somebody watches where nobody does: it is asked for each time.
    Ok(Packed::new("image/svg+xml", draw(&name, now, words::of(language)), Compression::fast()).answer(&headers))
}

fn draw(name: &str, state: Option<cunkou_core::coverage::EntranceState>, words: &Words) -> String {
    let (shape, word) = (shape::of(state), shape::word(state, words));
    let shown = match name.char_indices().nth(MAX_NAME) {
        Some((cut, _)) => format!("{}…", &name[..cut]),
        None => name.to_owned(),
    };
    let (label, value) = (width(&shown), width(word));
    let left = label + 2.0 * PAD;
    let right = ICON + 4.0 + value + 2.0 * PAD;
    let number = |n: f64| format!("{n:.1}");
    let (whole, height) = (number(left + right), number(HEIGHT));
    let mut svg = Html::default();
    svg.raw("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"").text(&whole).raw("\" height=\"").text(&height);
    svg.raw("\" viewBox=\"0 0 ").text(&whole).raw(" ").text(&height).raw("\" role=\"img\" aria-label=\"");
    svg.text(name).raw(": ").text(word).raw("\"><title>").text(name).raw(": ").text(word).raw("</title>");
    svg.raw("<clipPath id=\"r\"><rect width=\"").text(&whole).raw("\" height=\"20\" rx=\"3\"/></clipPath>");
    svg.raw("<g clip-path=\"url(#r)\"><rect width=\"").text(&whole).raw("\" height=\"20\" fill=\"#454b52\"/>");
    svg.raw("<rect x=\"").text(&number(left)).raw("\" width=\"").text(&number(right)).raw("\" height=\"20\" fill=\"");
    svg.raw(shape.colour).raw("\"/></g><g fill=\"#fff\" color=\"#fff\" font-size=\"11\" font-family=\"");
    svg.raw("Verdana,'DejaVu Sans','Noto Sans CJK SC','Microsoft YaHei','PingFang SC',sans-serif\">");
    text(&mut svg, PAD, label, &shown);
    svg.raw("<svg x=\"").text(&number(left + PAD)).raw("\" y=\"4\" width=\"12\" height=\"12\" viewBox=\"0 0 16 16\">");
    svg.raw(shape.svg).raw("</svg>");
    text(&mut svg, left + PAD + ICON + 4.0, value, word);
    svg.raw("</g></svg>\n");
    svg.into_string()
}

/// A text that is made to fit the width that was reckoned for it, whatever font is there.
fn text(svg: &mut Html, x: f64, width: f64, text: &str) {
    svg.raw("<text x=\"").text(&format!("{x:.1}")).raw("\" y=\"14\" textLength=\"").text(&format!("{width:.1}"));
    svg.raw("\" lengthAdjust=\"spacingAndGlyphs\">").text(text).raw("</text>");
}

/// How wide a text is at 11 pixels, about: Verdana for what it has, a square for a Chinese character.
fn width(text: &str) -> f64 {
    let of = |c: char| match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' => 4.0,
        'm' | 'w' | 'M' | 'W' => 10.2,
        c if c.is_ascii_uppercase() || c.is_ascii_digit() => 7.4,
        c if c.is_ascii() => 6.6,
        c if u32::from(c) >= 0x1100 => 11.0,
        _ => 7.0,
    };
    text.chars().map(of).sum()
}
