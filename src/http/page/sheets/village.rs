//! The sheet of a village, or of any other area: its entrances, worst first, and its cameras that are not well.

use cunkou_core::coverage::EntranceState;
use cunkou_core::health::State;
use cunkou_core::registry::{self, Registry};

use crate::http::page::context::{MAX_ROWS, Page, Sheet};
use crate::http::page::html::Html;
use crate::http::wire::{EntranceCounts, with_those_above};

/// Worst first.
const ORDER: [EntranceState; 6] = [
    EntranceState::Lost,
    EntranceState::Unknown,
    EntranceState::Reduced,
    EntranceState::Unwatched,
    EntranceState::Planned,
    EntranceState::Covered,
];

pub(super) fn write(page: &Page<'_>, html: &mut Html, id: &str) -> Option<()> {
    let registry = &page.snapshot.registry;
    let area = registry.areas.get(id)?;
    let mut entrances: Vec<(usize, &registry::Entrance, EntranceState)> = registry
        .entrances
        .values()
        .filter(|e| lies_in(registry, &e.area, area))
        .filter_map(|e| {
            let state = page.snapshot.entrance(e.id.as_str())?.1.now.state;
            Some((ORDER.iter().position(|s| *s == state).unwrap_or(ORDER.len()), e, state))
        })
        .collect();
    entrances.sort_by_key(|(rank, e, _)| (*rank, e.priority));
    let with: Vec<String> = entrances.iter().take(MAX_ROWS).map(|(_, e, _)| e.id.to_string()).collect();
    page.place(html, area.at, &with);
    html.raw("<h2>");
    page.name(html, &area.name);
    html.raw(" <small>").text(id).raw("</small></h2>");
    let mut counts = EntranceCounts::default();
    entrances.iter().for_each(|(_, _, state)| counts.add(*state));
    summary(page, html, area, &counts);
    listed(page, html, &entrances);
    cameras(page, html, area);
    Some(())
}

fn lies_in(registry: &Registry, area: &cunkou_core::model::AreaId, wanted: &registry::Area) -> bool {
    with_those_above(registry, area).any(|a| a.id == wanted.id)
}

fn summary(page: &Page<'_>, html: &mut Html, area: &registry::Area, c: &EntranceCounts) {
    let w = page.words;
    html.raw("<dl class=\"facts\">");
    if let Some(parent) = area.parent.as_ref().and_then(|p| page.snapshot.registry.areas.get(p)) {
        page.fact(html, w.part_of);
        page.link(html, Sheet::Village, parent.id.as_str(), &parent.name);
        html.raw("</dd>");
    }
    page.plain(html, w.code, area.code.as_deref().unwrap_or_default());
    page.fact(html, w.entrances);
    for (n, state) in [
        (c.lost, "lost"),
        (c.unknown, "unknown"),
        (c.reduced, "reduced"),
        (c.covered, "covered"),
        (c.unwatched, "unwatched"),
        (c.planned, "planned"),
    ] {
        if n > 0 {
            html.raw("<p>").number(n).raw(" ");
            page.state(html, "entrance", Some(state));
            html.raw("</p>");
        }
    }
    html.raw("</dd>");
    page.works_of_area(html, &area.id);
    page.near(html, area.at);
    html.raw("</dl>");
    page.announce(html, area.id.as_str());
}

fn listed(page: &Page<'_>, html: &mut Html, entrances: &[(usize, &registry::Entrance, EntranceState)]) {
    let w = page.words;
    html.raw("<h3>").text(w.entrances).raw("</h3>");
    page.table(html, &[w.entrance, w.state]);
    for (_, entrance, state) in entrances.iter().take(MAX_ROWS) {
        html.raw("<tr><th scope=\"row\">");
        page.link(html, Sheet::Entrance, entrance.id.as_str(), &entrance.name);
        html.raw("</th><td>");
        page.state(html, "entrance", Some(state.word()));
        html.raw("</td></tr>");
    }
    page.end_table(html);
    page.rest(html, entrances.len(), MAX_ROWS);
}

fn cameras(page: &Page<'_>, html: &mut Html, area: &registry::Area) {
    let w = page.words;
    let registry = &page.snapshot.registry;
    let here = registry.cameras.values().filter(|c| c.status.is_installed() && lies_in(registry, &c.area, area));
    let state = |c: &registry::Camera| page.snapshot.camera(c.id.as_str()).map_or(State::Unknown, |(_, v)| v.state);
    let here: Vec<_> = here.map(|c| (c, state(c))).collect();
    let odd: Vec<_> = here.iter().filter(|(_, state)| *state != State::Up).collect();
    html.raw("<h3>").text(w.cameras_not_well).raw(" ").number(odd.len() as u64).raw(" / ").number(here.len() as u64);
    html.raw("</h3>");
    page.table(html, &[w.camera, w.state]);
    for (camera, state) in odd.iter().take(MAX_ROWS) {
        html.raw("<tr><th scope=\"row\">");
        page.link(html, Sheet::Camera, camera.id.as_str(), &camera.name);
        html.raw("</th><td>");
        page.state(html, "camera", Some(state.word()));
        html.raw("</td></tr>");
    }
    page.end_table(html);
    page.rest(html, odd.len(), MAX_ROWS);
}
