//! What people announced and held: maintenance and silences, in a list and on the sheets of what they concern.

use std::time::Duration;

use cunkou_core::model::{AreaId, Language, Time};
use cunkou_core::registry::{NodeSlot, Registry};
use cunkou_core::world::Works;

use super::context::{MAX_ROWS, Page, Sheet};
use super::html::Html;
use crate::engine::{Announced, Maintenance, work_of_file};
use crate::http::AppState;
use crate::http::wire::{self, Incident, stamp, with_those_above};

/// How long the store may take; lists and sheets go without what it does not say by then.
const PATIENCE: Duration = Duration::from_secs(2);
/// Announcements that one sheet shows; the list has the others.
const MAX_ON_SHEET: usize = 8;
/// Cameras of an incident of which is asked whether announced work concerns them.
const MAX_CAMERAS: usize = 200;
/// Characters of a note that are shown; the API takes no longer one.
pub(super) const MAX_NOTE: usize = 500;

/// What is announced and not over, also by maintenance.csv, in the order of its beginning; `None` where that cannot be read.
pub(super) async fn announced(state: &AppState) -> Option<Vec<Maintenance>> {
    let read = tokio::time::timeout(PATIENCE, state.parts.history.maintenance(state.now())).await;
    match read {
        Ok(Ok(mut rows)) => {
            let snapshot = state.snapshot();
            let of_file = work_of_file(&snapshot.registry, &state.parts.settings.time_zone, state.now());
            rows.extend(of_file.into_iter().map(|(_, row)| row));
            rows.sort_by_key(|row| (row.from, row.id));
            Some(rows)
        }
        Ok(Err(error)) => {
            tracing::warn!(%error, "the page goes without what is announced");
            None
        }
        Err(_) => {
            tracing::warn!("the page goes without what is announced: the store takes too long");
            None
        }
    }
}

/// The window of an announcement that is under way, else the next one.
fn window(row: &Maintenance, page: &Page<'_>) -> Option<(Time, Time)> {
    // Of this row alone, and not of what the files announce beside it.
    let windows =
        Announced::new(vec![row.clone()], 0).windows(&Registry::default(), &page.settings.time_zone, page.now);
    windows.into_iter().filter(|w| w.to > page.now).map(|w| (w.from, w.to)).min()
}

/// Whether work on something concerns a camera: on itself, on what it hangs on, or on where it stands.
fn concerns_camera(page: &Page<'_>, of: &Works, id: &str) -> bool {
    let (registry, topology) = (&page.snapshot.registry, &page.snapshot.topology);
    match of {
        Works::Camera(camera) => camera.as_str() == id,
        Works::Node(node) => {
            let above = topology.camera(id).and_then(|ix| topology.cameras.get(ix.at())).map(|slot| &slot.above);
            above.into_iter().flatten().filter_map(|n| topology.nodes.get(n.at())).any(|slot| slot.id == *node)
        }
        Works::Area(area) => registry
            .cameras
            .get(id)
            .map(|c| &c.area)
            .is_some_and(|a| with_those_above(registry, a).any(|a| a.id == *area)),
    }
}

impl Page<'_> {
    /// The list: silences first, since they hide what stands, then maintenance.
    pub(super) fn works(&self, html: &mut Html) {
        let w = self.words;
        let incidents = self.snapshot.incidents.values().rev();
        let incidents = incidents.filter_map(|i| Incident::of(i, &self.snapshot.registry));
        let silenced: Vec<Incident> = incidents.filter(|i| i.silenced_by.is_some()).collect();
        html.raw("<section id=\"works\"><h2>").text(w.works).raw("</h2>");
        let rows = self.works.unwrap_or_default();
        match self.works {
            None => {
                html.raw("<p class=\"odd\">").text(w.works_away).raw("</p>");
            }
            Some(rows) if rows.is_empty() && silenced.is_empty() => {
                html.raw("<p>").text(w.no_works).raw("</p>");
            }
            Some(_) => {}
        }
        for incident in silenced.iter().take(MAX_ROWS) {
            html.raw("<div class=\"work\"><a href=\"/page/incident/").number(incident.id).raw("\">#");
            html.number(incident.id).raw("</a> ");
            self.cause(html, &incident.cause);
            self.held(html, incident);
            html.raw("</div>");
        }
        rows.iter().take(MAX_ROWS).for_each(|row| self.work(html, row));
        self.rest(html, rows.len() + silenced.len(), rows.len().min(MAX_ROWS) + silenced.len().min(MAX_ROWS));
        html.raw("</section>");
    }

    /// That an incident is taken or silent: by whom, until when, and what they wrote.
    pub(super) fn held(&self, html: &mut Html, incident: &Incident) {
        let w = self.words;
        for (word, by, until, note) in [
            (w.acknowledged_by, &incident.acknowledged_by, &incident.acknowledged_until, &incident.acknowledged_note),
            (w.silenced_by, &incident.silenced_by, &incident.silenced_until, &incident.silenced_note),
        ] {
            let Some(by) = by else { continue };
            html.raw("<p class=\"quiet\">").text(word);
            self.name(html, by);
            if let Some(until) = until {
                html.raw(" ").text(w.until).raw(" ");
                self.time(html, Some(until));
            }
            self.note(html, note.as_deref().unwrap_or_default());
            html.raw("</p>");
        }
    }

    /// What somebody wrote for the others.
    pub(super) fn note(&self, html: &mut Html, note: &str) {
        if !note.is_empty() {
            let note: String = note.chars().take(MAX_NOTE).collect();
            html.raw(" · <q>").text(&note).raw("</q>");
        }
    }

    /// One announcement.
    fn work(&self, html: &mut Html, row: &Maintenance) {
        let w = self.words;
        let shown = wire::Maintenance::of(row, &self.snapshot.registry);
        let window = window(row, self);
        let under_way = window.is_some_and(|(from, _)| from <= self.now);
        html.raw("<div class=\"work\"><b class=\"tag\">").text(if under_way { w.under_way } else { w.to_come });
        html.raw("</b> ");
        let sheet = match row.of {
            Works::Camera(_) => Sheet::Camera,
            Works::Node(_) => Sheet::Node,
            Works::Area(_) => Sheet::Village,
        };
        self.link(html, sheet, &shown.object, &shown.name);
        html.raw(" <small>").text(&shown.object).raw("</small> ");
        if let Some(weekly) = &shown.weekly {
            html.text(&weekly_words(weekly, self.language)).raw(" · ");
        }
        // Of what recurs, the time that is under way or comes next.
        let (from, to) = window.unwrap_or((row.from, row.to.unwrap_or(row.from)));
        self.time(html, Some(&stamp(from)));
        html.raw(" → ");
        self.time(html, Some(&stamp(to)));
        html.raw(" <small>").text(w.by);
        self.name(html, &shown.by);
        html.raw("</small>");
        self.note(html, &shown.note);
        // What maintenance.csv announces has no number, and is ended by taking its row out.
        if row.id > 0 {
            self.end_work(html, row.id);
        }
        html.raw("</div>");
    }

    /// A row of facts: the announcements that concern something.
    fn works_fact(&self, html: &mut Html, concerns: impl Fn(&Works) -> bool) {
        let w = self.words;
        let Some(rows) = self.works else {
            return self.plain(html, w.maintenance, w.works_away);
        };
        let those: Vec<&Maintenance> = rows.iter().filter(|row| concerns(&row.of)).collect();
        if those.is_empty() {
            return;
        }
        self.fact(html, w.maintenance);
        those.iter().take(MAX_ON_SHEET).for_each(|row| self.work(html, row));
        self.rest(html, those.len(), MAX_ON_SHEET);
        html.raw("</dd>");
    }

    /// Maintenance that concerns a camera.
    pub(super) fn works_of_camera(&self, html: &mut Html, id: &str) {
        self.works_fact(html, |of| concerns_camera(self, of, id));
    }

    /// Maintenance that concerns a node: on itself, or on what it hangs on.
    pub(super) fn works_of_node(&self, html: &mut Html, id: &str, slot: Option<&NodeSlot>) {
        let topology = &self.snapshot.topology;
        let above = |of: &str| {
            let slots = slot.into_iter().flat_map(|s| &s.above).filter_map(|n| topology.nodes.get(n.at()));
            slots.into_iter().any(|s| s.id.as_str() == of)
        };
        self.works_fact(html, |of| matches!(of, Works::Node(node) if node.as_str() == id || above(node.as_str())));
    }

    /// Maintenance that concerns an area: on itself, or on one that it lies in.
    pub(super) fn works_of_area(&self, html: &mut Html, area: &AreaId) {
        let registry = &self.snapshot.registry;
        let inside = |of: &Works| match of {
            Works::Area(wanted) => with_those_above(registry, area).any(|a| a.id == *wanted),
            _ => false,
        };
        self.works_fact(html, inside);
    }

    /// Maintenance that concerns what watches an entrance.
    pub(super) fn works_of_cameras(&self, html: &mut Html, ids: &[String]) {
        let ids = ids.get(..ids.len().min(MAX_CAMERAS)).unwrap_or_default();
        self.works_fact(html, |of| ids.iter().any(|id| concerns_camera(self, of, id)));
    }

    /// A row of facts: the open incidents that concern something, each with what may be done about it.
    pub(super) fn incidents_fact(&self, html: &mut Html, concerns: impl Fn(&Incident) -> bool) {
        let w = self.words;
        let all = self.snapshot.incidents.values().rev().filter_map(|i| Incident::of(i, &self.snapshot.registry));
        let those: Vec<Incident> = all.filter(|i| i.status != "resolved" && concerns(i)).collect();
        if those.is_empty() {
            return;
        }
        self.fact(html, w.incidents);
        for incident in those.iter().take(MAX_ON_SHEET) {
            let status = if incident.status == "open" { w.status_open } else { w.status_acknowledged };
            html.raw("<div class=\"work\"><a href=\"/page/incident/").number(incident.id).raw("\">#");
            html.number(incident.id).raw("</a> ").text(status);
            self.held(html, incident);
            self.incident_actions(html, incident);
            html.raw("</div>");
        }
        self.rest(html, those.len(), MAX_ON_SHEET);
        html.raw("</dd>");
    }
}

/// `sat,sun 01:00-05:00` for people.
fn weekly_words(weekly: &str, language: Language) -> String {
    let Some((days, hours)) = weekly.split_once(' ') else { return weekly.to_owned() };
    let hours = hours.replace('-', "–");
    let between = if language == Language::ZhCn { "、" } else { ", " };
    let days: Vec<&str> = days.split(',').map(|day| day_name(day, language)).collect();
    format!("{} {hours}", days.join(between))
}

/// A day of the week for people, by the word that the API has for it.
pub(super) fn day_name(word: &str, language: Language) -> &'static str {
    let (zh, en) = match word {
        "daily" => ("每天", "daily"),
        "mon" => ("周一", "Mon"),
        "tue" => ("周二", "Tue"),
        "wed" => ("周三", "Wed"),
        "thu" => ("周四", "Thu"),
        "fri" => ("周五", "Fri"),
        "sat" => ("周六", "Sat"),
        _ => ("周日", "Sun"),
    };
    if language == Language::ZhCn { zh } else { en }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_recurs_is_said_in_both_languages() {
        for (weekly, zh, en) in [
            ("sat,sun 01:00-05:00", "周六、周日 01:00–05:00", "Sat, Sun 01:00–05:00"),
            ("daily 22:00-02:00", "每天 22:00–02:00", "daily 22:00–02:00"),
        ] {
            assert_eq!(weekly_words(weekly, Language::ZhCn), zh);
            assert_eq!(weekly_words(weekly, Language::En), en);
            assert!(
                cunkou_core::registry::Weekly::parse(weekly).is_some_and(|w| w.to_string() == weekly),
                "the form it has"
            );
        }
    }
}
