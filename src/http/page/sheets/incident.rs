//! The sheet of an incident: cause, what is lost, who has it, what the judgement rests on, what was said and why.

use std::sync::Arc;

use cunkou_core::alert::{self, SayReason, say_reason_name};
use cunkou_core::model::IncidentId;

use crate::http::AppState;
use crate::http::page::context::{MAX_ROWS, Page, Sheet, local};
use crate::http::page::html::Html;
use crate::http::page::view::{broken_seals, pairs};
use crate::http::story::{fate, found_parts, speaking, where_to_go};
use crate::http::wire::{Incident, IncidentDelivery, IncidentStep};

pub(super) async fn write(state: &AppState, page: &Page<'_>, html: &mut Html, id: &str) -> Option<()> {
    let number = id.parse::<u64>().ok().filter(|n| i64::try_from(*n).is_ok()).map(IncidentId)?;
    let history = &state.parts.history;
    let kept = match page.snapshot.incidents.get(&number) {
        Some(incident) => incident.clone(),
        // That history cannot be read and that there is none are told alike here; the API tells them apart.
        None => Arc::new(history.incident(number).await.ok().flatten()?),
    };
    let incident = Incident::of(&kept, &page.snapshot.registry)?;
    let with: Vec<String> = incident.entrances_lost.iter().chain(&incident.cameras).cloned().collect();
    let at = where_to_go(&kept, &page.snapshot.registry);
    page.place(html, at, &with);
    head(page, html, &incident);
    // What is to be done stands before what there is to read.
    page.incident_actions(html, &incident);
    html.raw("<p><a href=\"/sheet/incident/").number(incident.id).raw("\">").text(page.words.sheet).raw("</a></p>");
    facts(page, html, &incident);
    page.works_of_cameras(html, &incident.cameras);
    page.near(html, at);
    html.raw("</dl>");
    found(page, html, &kept);
    let steps: Vec<IncidentStep> = history.steps(number).await.unwrap_or_default().iter().map(Into::into).collect();
    let deliveries = history.deliveries(number).await.unwrap_or_default();
    // Whatever may be read without a token, people are not.
    let deliveries: Vec<_> = deliveries.iter().map(|d| IncidentDelivery::of(d, page.holder.is_some())).collect();
    said(page, html, &steps, &deliveries);
    Some(())
}

fn head(page: &Page<'_>, html: &mut Html, incident: &Incident) {
    let w = page.words;
    let status = match incident.status.as_str() {
        "open" => w.status_open,
        "acknowledged" => w.status_acknowledged,
        _ => w.status_resolved,
    };
    let class = match (incident.status.as_str(), incident.severity.as_str()) {
        ("resolved", _) => "good",
        (_, "critical") => "bad",
        _ => "odd",
    };
    html.raw("<h2><span class=\"").raw(class).raw("\">").text(status).raw("</span> ").text(w.incident).raw(" #");
    html.number(incident.id).raw("</h2>");
}

fn facts(page: &Page<'_>, html: &mut Html, incident: &Incident) {
    let w = page.words;
    html.raw("<dl class=\"facts\">");
    page.fact(html, w.cause);
    page.cause(html, &incident.cause);
    for rival in &incident.rivals {
        html.raw(" ").text(w.or).raw(" ");
        page.cause(html, rival);
    }
    html.raw("</dd>");
    for (title, at) in [(w.since, Some(&incident.since)), (w.resolved, incident.resolved_at.as_ref())] {
        if let Some(at) = at {
            page.fact(html, title);
            page.time(html, Some(at));
            html.raw("</dd>");
        }
    }
    if !incident.entrances_lost.is_empty() {
        page.fact(html, w.lost_entrances);
        html.number(incident.entrances_lost.len() as u64).raw(" · ");
        page.names(html, Sheet::Entrance, &pairs(&incident.entrances_lost, &incident.entrances_lost_names));
        html.raw("</dd>");
    }
    if !incident.seals_broken.is_empty() {
        page.fact(html, w.broken_seals);
        html.text(&broken_seals(incident)).raw("</dd>");
    }
    if !incident.villages.is_empty() {
        page.fact(html, w.village);
        page.names(html, Sheet::Village, &pairs(&incident.villages, &incident.village_names));
        html.raw("</dd>");
    }
    if !incident.cameras.is_empty() {
        page.fact(html, w.cameras_out);
        html.number(incident.cameras.len() as u64).raw(" · ");
        page.names(html, Sheet::Camera, &cameras(page, &incident.cameras));
        html.raw("</dd>");
    }
    for (title, by, at, until, note) in [
        (
            w.acknowledged,
            &incident.acknowledged_by,
            &incident.acknowledged_at,
            &incident.acknowledged_until,
            &incident.acknowledged_note,
        ),
        (w.silenced, &incident.silenced_by, &incident.silenced_at, &incident.silenced_until, &incident.silenced_note),
    ] {
        let Some(by) = by else { continue };
        page.fact(html, title);
        page.name(html, by);
        html.raw(" ");
        page.time(html, at.as_deref());
        if let Some(until) = until {
            html.raw(" → ");
            page.time(html, Some(until));
        }
        page.note(html, note.as_deref().unwrap_or_default());
        html.raw("</dd>");
    }
    if let Some(into) = incident.merged_into {
        page.fact(html, w.merged_into);
        html.raw("<a href=\"/page/incident/").number(into).raw("\">#").number(into).raw("</a></dd>");
    }
}

/// What the judgement rests on, and the rivals that it rules out.
fn found(page: &Page<'_>, html: &mut Html, incident: &alert::Incident) {
    let (language, registry) = (page.language, &*page.snapshot.registry);
    let words = speaking(language, registry, &page.settings.time_zone, incident, |s| s.found(incident));
    for (title, lines) in found_parts(language, words) {
        html.raw("<h3 class=\"cap\">").text(title).raw("</h3><ul class=\"plain\">");
        for line in &lines {
            html.raw("<li>").text(line).raw("</li>");
        }
        html.raw("</ul>");
    }
}

fn cameras(page: &Page<'_>, ids: &[String]) -> Vec<(String, String)> {
    let name = |id: &String| page.snapshot.registry.cameras.get(id.as_str()).map_or("", |c| &c.name).to_owned();
    ids.iter().map(|id| (id.clone(), name(id))).collect()
}

/// What was said or held, why, and what became of each message; the newest steps where there are many.
fn said(page: &Page<'_>, html: &mut Html, steps: &[IncidentStep], deliveries: &[IncidentDelivery]) {
    if steps.is_empty() {
        return;
    }
    html.raw("<h3>").text(page.words.what_was_said).raw("</h3>");
    page.rest(html, steps.len(), MAX_ROWS);
    html.raw("<ol class=\"plain\">");
    for step in steps.iter().skip(steps.len().saturating_sub(MAX_ROWS)) {
        html.raw("<li>");
        page.time(html, Some(&step.at));
        html.raw(" ").text(kind_word(page, step.kind.as_deref()));
        if let Some(why) = SayReason::from_word(&step.why) {
            html.raw(" · ").text(say_reason_name(why, page.language));
        }
        let of_step: Vec<&IncidentDelivery> = deliveries.iter().filter(|d| d.step == step.step).collect();
        if !of_step.is_empty() {
            html.raw("<ul class=\"plain\">");
            of_step.into_iter().for_each(|d| delivery(page, html, d));
            html.raw("</ul>");
        }
        html.raw("</li>");
    }
    html.raw("</ol>");
}

fn kind_word(page: &Page<'_>, kind: Option<&str>) -> &'static str {
    let w = page.words;
    match kind {
        None => w.said_nothing,
        Some("opened") => w.said_opened,
        Some("updated") => w.said_updated,
        Some("more_lost") => w.said_more_lost,
        Some("reopened") => w.said_reopened,
        Some("acknowledged") => w.said_acknowledged,
        Some("silenced") => w.said_silenced,
        Some("reminded") => w.said_reminded,
        Some("escalated") => w.said_escalated,
        Some("resolved") => w.said_resolved,
        Some("digest") => w.said_digest,
        Some(_) => w.said_merged,
    }
}

/// One message to one sink: whom it called, whether it arrived, what was answered.
fn delivery(page: &Page<'_>, html: &mut Html, delivery: &IncidentDelivery) {
    let zone = &page.settings.time_zone;
    let fate = fate(delivery, page.language, &|at| local(zone, at).unwrap_or_else(|| at.to_owned()));
    html.raw("<li>");
    page.name(html, &delivery.sink);
    if let Some(to) = &delivery.to {
        html.raw(" → ");
        page.name(html, to);
    }
    html.raw(" · ").text(&fate.ended).raw(" · <small>");
    page.name(html, &fate.tries);
    html.raw("</small></li>");
}
