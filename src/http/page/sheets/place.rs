//! The sheet of a station, liaison point or team: what is wrong near it, the nearest first. Whom to call there is
//! personal, and stands on the repair sheet only.

use cunkou_core::coverage::EntranceState;
use cunkou_core::health::State;
use cunkou_core::registry::LonLat;

use super::near::metres_between;
use crate::http::page::context::{Page, Sheet};
use crate::http::page::html::Html;

/// Faults of a kind that are listed.
const MAX_FAULTS: usize = 12;

pub(super) fn write(page: &Page<'_>, html: &mut Html, id: &str) -> Option<()> {
    let registry = &page.snapshot.registry;
    let place = registry.places.get(id)?;
    page.place(html, place.at, &[]);
    page.title(html, "place", Some(place.kind.word()), &place.name, id);
    html.raw("<dl class=\"facts\">");
    if let Some(area) = place.area.as_ref().and_then(|id| registry.areas.get(id)) {
        page.fact(html, page.words.where_it_is);
        page.link(html, Sheet::Village, area.id.as_str(), &area.name);
        html.raw("</dd>");
    }
    // A station looks for the team, and a team for the station.
    page.near_but(html, place.at, Some(place.kind));
    html.raw("</dl>");
    faults(page, html, place.at);
    Some(())
}

/// What is lost and what is down, by how far it is from here; in the order of ids where that is not known.
fn faults(page: &Page<'_>, html: &mut Html, from: Option<LonLat>) {
    let (w, registry) = (page.words, &page.snapshot.registry);
    let is_lost = |id: &str| page.snapshot.entrance(id).is_some_and(|(_, b)| b.now.state == EntranceState::Lost);
    let lost = registry.entrances.values().filter(|e| is_lost(e.id.as_str()));
    let lost = lost.map(|e| Fault { sheet: Sheet::Entrance, id: e.id.as_str(), name: &e.name, at: e.at });
    list(page, html, w.lost_near, from, lost.collect());
    let is_down = |id: &str| page.snapshot.camera(id).is_some_and(|(_, v)| v.state == State::Down);
    let down = registry.cameras.values().filter(|c| c.status.is_installed() && is_down(c.id.as_str()));
    let down = down.map(|c| Fault { sheet: Sheet::Camera, id: c.id.as_str(), name: &c.name, at: c.at });
    list(page, html, w.down_near, from, down.collect());
}

struct Fault<'a> {
    sheet: Sheet,
    id: &'a str,
    name: &'a str,
    at: Option<LonLat>,
}

fn list(page: &Page<'_>, html: &mut Html, title: &str, from: Option<LonLat>, all: Vec<Fault<'_>>) {
    html.raw("<h3>").text(title).raw(" ").number(all.len() as u64).raw("</h3>");
    if all.is_empty() {
        html.raw("<p class=\"quiet\">").text(page.words.none_near).raw("</p>");
        return;
    }
    let far = |fault: &Fault<'_>| Some(metres_between(from?, fault.at?));
    let mut rows: Vec<(Option<f64>, Fault<'_>)> = all.into_iter().map(|f| (far(&f), f)).collect();
    rows.sort_by(|a, b| a.0.unwrap_or(f64::INFINITY).total_cmp(&b.0.unwrap_or(f64::INFINITY)));
    html.raw("<ul class=\"plain\">");
    for (metres, fault) in rows.iter().take(MAX_FAULTS) {
        html.raw("<li>");
        page.link(html, fault.sheet, fault.id, fault.name);
        html.raw(" <small>").text(fault.id);
        if let Some(metres) = metres {
            html.raw(" · ").text(&format!("{:.1} km", metres / 1_000.0));
        }
        html.raw("</small></li>");
    }
    html.raw("</ul>");
    page.rest(html, rows.len(), MAX_FAULTS);
}
