//! The sheet of an entrance: who watches it, and what would be lost next.

use cunkou_core::model::Period;
use cunkou_core::world::Subject;

use super::TURNS;
use crate::http::AppState;
use crate::http::page::context::{MAX_NAMES, Page, Sheet};
use crate::http::page::html::Html;
use crate::http::wire::{Entrance, EntranceDetail};

pub(super) async fn write(state: &AppState, page: &Page<'_>, html: &mut Html, id: &str) -> Option<()> {
    let registered = page.snapshot.registry.entrances.get(id)?;
    let detail = EntranceDetail::of(page.snapshot, registered);
    let entrance = &detail.entrance;
    let watching: Vec<String> = detail.watch.iter().filter(|w| w.day != "no").map(|w| w.camera.clone()).collect();
    page.place(html, registered.at, &watching);
    page.title(html, "entrance", entrance.state.as_deref(), &entrance.name, &entrance.id);
    facts(page, html, entrance);
    weak(page, html, &detail);
    page.incidents_fact(html, |i| i.entrances_lost.iter().any(|e| e == id));
    page.works_of_cameras(html, &watching);
    page.near(html, registered.at);
    html.raw("</dl>");
    watchers(page, html, &detail);
    let subject = Subject::Entrance(registered.id.clone(), Period::Now);
    page.turns(html, "entrance", state.parts.history.changes(subject, None, TURNS).await);
    Some(())
}

fn facts(page: &Page<'_>, html: &mut Html, entrance: &Entrance) {
    let w = page.words;
    html.raw("<dl class=\"facts\">");
    if let Some(since) = &entrance.since {
        page.fact(html, w.since);
        page.time(html, Some(since));
        html.raw("</dd>");
    }
    if let Some(cause) = &entrance.cause {
        page.fact(html, w.cause);
        page.cause(html, cause);
        html.raw("</dd>");
    }
    page.fact(html, w.village);
    if let (Some(id), Some(name)) = (&entrance.village, &entrance.village_name) {
        page.link(html, Sheet::Village, id, name);
        html.raw(" · ");
    }
    page.name(html, &entrance.area_name);
    html.raw("</dd>");
    if let Some(live) = entrance.live {
        page.fact(html, w.live_cameras);
        html.number(live).raw(" · ").text(w.needed).raw(" ").number(entrance.required).raw(" · ");
        html.text(w.wanted).raw(" ").number(entrance.target).raw("</dd>");
    }
    if entrance.state.is_some() {
        page.fact(html, w.day_and_night);
        page.state(html, "entrance", entrance.state_day.as_deref());
        html.raw(" · ");
        page.state(html, "entrance", entrance.state_night.as_deref());
        html.raw("</dd>");
    }
    if entrance.outage.is_some() {
        page.plain(html, w.state, w.outage_planned);
    }
}

/// What one more failure would do.
fn weak(page: &Page<'_>, html: &mut Html, detail: &EntranceDetail) {
    let w = page.words;
    if !matches!(detail.entrance.state.as_deref(), Some("covered" | "reduced")) {
        return;
    }
    page.fact(html, w.lost_next);
    if detail.weak.is_empty() {
        html.text(w.survives_one);
    }
    for cause in detail.weak.iter().take(MAX_NAMES) {
        html.raw("<p>");
        page.cause(html, cause);
        html.raw("</p>");
    }
    html.raw("</dd>");
}

fn watchers(page: &Page<'_>, html: &mut Html, detail: &EntranceDetail) {
    let w = page.words;
    html.raw("<h3>").text(w.who_watches).raw("</h3>");
    if detail.watch.is_empty() {
        html.raw("<p>").text(w.nobody_watches).raw("</p>");
        return;
    }
    page.table(html, &[w.camera, w.state, w.by_day, w.by_night]);
    let verdict = |word: &str| match word {
        "yes" => w.yes,
        "maybe" => w.maybe,
        _ => w.no,
    };
    for watcher in &detail.watch {
        html.raw("<tr><th scope=\"row\">");
        page.link(html, Sheet::Camera, &watcher.camera, &watcher.name);
        html.raw("</th><td>");
        page.state(html, "camera", watcher.state.as_deref().or(Some(&watcher.status)));
        html.raw(" ");
        watcher.cause.iter().for_each(|cause| page.cause(html, cause));
        html.raw("</td><td>")
            .text(verdict(&watcher.day))
            .raw("</td><td>")
            .text(verdict(&watcher.night))
            .raw("</td></tr>");
    }
    page.end_table(html);
}
