//! What stands on the page.

use std::collections::BTreeMap;

use cunkou_core::model::Language;
use cunkou_core::world::Snapshot;
use jiff::tz::TimeZone;

use super::html::Html;
use super::words::{Words, of as words_of};
use crate::http::routes::readiness;
use crate::http::wire::{Camera, Cause, EntranceCounts, GAP_STATES, Gap, Incident, Status};
use crate::http::{AppState, HttpSettings};

/// Names that one incident lists; the API has all of them.
const MAX_NAMES: usize = 20;
/// Rows that a table shows.
const MAX_ROWS: usize = 200;

/// The whole page.
pub(super) fn town(state: &AppState, language: Language, words: &Words) -> String {
    let snapshot = state.snapshot();
    let figures = (state.parts.figures)(&snapshot);
    let status = Status::of(&snapshot, &figures, state.parts.build.version);
    let page = Page { settings: &state.parts.settings, snapshot: &snapshot, words };
    let mut html = Html::default();
    head(&mut html, language, words);
    html.raw("<main id=\"main\">");
    page.banner(&mut html, &status);
    page.counts(&mut html, &status);
    page.incidents(&mut html);
    page.villages(&mut html);
    page.cameras_down(&mut html);
    page.monitor(&mut html, &status, &readiness(state).reasons);
    html.raw("</main></body></html>\n");
    html.into_string()
}

/// The page of those who have not shown a token: it shows nothing of the town.
pub(super) fn door(language: Language, words: &Words) -> String {
    let mut html = Html::default();
    head(&mut html, language, words);
    html.raw("<main id=\"main\"><form id=\"door\"><p>").text(words.token_needed).raw("</p><label>").text(words.token);
    html.raw(" <input id=\"token\" type=\"password\" autocomplete=\"off\" required></label> <button>");
    html.text(words.enter).raw("</button></form></main></body></html>\n");
    html.into_string()
}

fn head(html: &mut Html, language: Language, words: &Words) {
    let other = if language == Language::ZhCn { Language::En } else { Language::ZhCn };
    html.raw("<!doctype html><html lang=\"").text(language.tag()).raw("\"><head><meta charset=\"utf-8\">");
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    html.raw("<meta name=\"color-scheme\" content=\"light dark\">");
    // Without a script the page still renews itself.
    html.raw("<noscript><meta http-equiv=\"refresh\" content=\"15\"></noscript><title>").text(words.title);
    html.raw("</title><link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"/static/page.css\">");
    html.raw("<script src=\"/static/page.js\" defer></script></head><body><header><h1>").text(words.title);
    html.raw("</h1><p>")
        .text(words.subtitle)
        .raw("</p><a href=\"/wall\">")
        .text(words.wall)
        .raw("</a><a href=\"/?lang=")
        .text(other.tag())
        .raw("\" hreflang=\"");
    html.text(other.tag()).raw("\" lang=\"").text(other.tag()).raw("\">");
    html.text(words_of(language).other_language).raw("</a></header>");
    // Shown by the script once it cannot ask any more: a page that stands still must say so.
    html.raw("<p id=\"stale\" class=\"banner bad\" role=\"alert\" hidden>").text(words.stale).raw("</p>");
}

struct Page<'a> {
    settings: &'a HttpSettings,
    snapshot: &'a Snapshot,
    words: &'a Words,
}

impl Page<'_> {
    /// A moment for people: local time, with the exact one for programs.
    fn time(&self, html: &mut Html, at: Option<&str>) {
        let Some(at) = at else { return };
        let local = local(&self.settings.time_zone, at).unwrap_or_else(|| at.to_owned());
        html.raw("<time datetime=\"").text(at).raw("\">").text(&local).raw("</time>");
    }

    fn banner(&self, html: &mut Html, status: &Status) {
        html.raw("<p class=\"quiet\">").text(self.words.as_of).raw(" ");
        self.time(html, Some(&status.at));
        html.raw(" · ").text(if status.night { self.words.night } else { self.words.day }).raw("</p>");
        if let Some(since) = &status.blind_since {
            html.raw("<p class=\"banner bad\" role=\"alert\">").text(self.words.blind).raw(" · ");
            html.text(self.words.since).raw(" ");
            self.time(html, Some(since));
            html.raw("</p>");
        }
        if let Some(round) = status.first_round {
            html.raw("<p class=\"banner\">").text(self.words.first_round).raw(" ").number(round.done).raw(" / ");
            html.number(round.of).raw("</p>");
        }
    }

    fn counts(&self, html: &mut Html, status: &Status) {
        let (w, e, c) = (self.words, &status.entrances, &status.cameras);
        html.raw("<section class=\"counts\"><div><h2>").text(w.entrances).raw("</h2><ul>");
        for (class, n, word) in [
            ("bad", e.lost, w.lost),
            ("odd", e.unknown, w.unknown),
            ("odd", e.reduced, w.reduced),
            ("good", e.covered, w.covered),
            ("quiet", e.unwatched, w.unwatched),
            ("quiet", e.planned, w.planned),
        ] {
            count(html, class, n, word);
        }
        html.raw("</ul></div><div><h2>").text(w.cameras).raw("</h2><ul>");
        for (class, n, word) in [
            ("bad", c.down, w.down),
            ("odd", c.suspect, w.suspect),
            ("odd", c.degraded, w.degraded),
            ("odd", c.unknown, w.unknown),
            ("good", c.up, w.up),
            ("quiet", c.installed, w.of_installed),
        ] {
            count(html, class, n, word);
        }
        html.raw("</ul></div></section>");
    }

    fn incidents(&self, html: &mut Html) {
        let w = self.words;
        html.raw("<section><h2>").text(w.incidents).raw("</h2>");
        let all = self.snapshot.incidents.values().rev();
        let shown = all.filter_map(|i| Incident::of(i, &self.snapshot.registry));
        let mut open: Vec<Incident> = shown.filter(|i| i.status != "resolved").collect();
        // What costs an entrance stands first; of equals the newest.
        open.sort_by_key(|i| i.severity != "critical");
        if open.is_empty() {
            html.raw("<p>").text(w.no_incidents).raw("</p>");
        }
        open.iter().take(MAX_ROWS).for_each(|incident| self.incident(html, incident));
        self.rest(html, open.len(), MAX_ROWS);
        html.raw("</section>");
    }

    fn incident(&self, html: &mut Html, incident: &Incident) {
        let w = self.words;
        html.raw("<article class=\"").raw(if incident.severity == "critical" { "bad" } else { "odd" }).raw("\"><h3>#");
        html.number(incident.id).raw(" ");
        self.cause(html, &incident.cause);
        for rival in &incident.rivals {
            html.raw(" ").text(w.or).raw(" ");
            self.cause(html, rival);
        }
        html.raw("</h3><p>").text(w.since).raw(" ");
        self.time(html, Some(&incident.since));
        html.raw(" · ").number(incident.cameras.len() as u64).raw(" ").text(w.cameras_out);
        if !incident.village_names.is_empty() {
            html.raw(" · ");
            self.names(html, &incident.village_names);
        }
        html.raw("</p>");
        if !incident.entrances_lost.is_empty() {
            html.raw("<p><strong>").text(w.lost_entrances).raw(" ").number(incident.entrances_lost.len() as u64);
            html.raw("</strong> ");
            self.names(html, &incident.entrances_lost_names);
            html.raw("</p>");
        }
        html.raw("<p><a href=\"/sheet/incident/").number(incident.id).raw("\">").text(w.sheet).raw("</a></p>");
        match &incident.acknowledged_by {
            Some(by) => html.raw("<p class=\"quiet\">").text(w.acknowledged_by).text(by).raw("</p>"),
            // Shown by the script to those who have a token.
            None => html
                .raw("<p><button class=\"ack\" hidden data-incident=\"")
                .number(incident.id)
                .raw("\">")
                .text(w.acknowledge)
                .raw("</button></p>"),
        };
        if let (Some(by), Some(until)) = (&incident.silenced_by, &incident.silenced_until) {
            html.raw("<p class=\"quiet\">").text(w.silenced_by).text(by).raw(" ").text(w.until).raw(" ");
            self.time(html, Some(until));
            html.raw("</p>");
        }
        html.raw("</article>");
    }

    fn cause(&self, html: &mut Html, cause: &Cause) {
        let w = self.words;
        let kind = match cause.kind.as_str() {
            "camera" => w.kind_camera,
            "node" => w.kind_node,
            "node_partial" => w.kind_partial,
            "common_cause" => w.kind_common,
            _ => w.kind_monitor,
        };
        html.text(kind).raw(" ").text(cause.id.as_deref().unwrap_or_default()).raw(" ").text(&cause.name);
    }

    fn names(&self, html: &mut Html, names: &[String]) {
        for (i, name) in names.iter().take(MAX_NAMES).enumerate() {
            html.raw(if i == 0 { "" } else { self.words.comma }).text(name);
        }
        if names.len() > MAX_NAMES {
            html.raw(" … +").number((names.len() - MAX_NAMES) as u64);
        }
    }

    fn rest(&self, html: &mut Html, all: usize, shown: usize) {
        if all > shown {
            html.raw("<p class=\"quiet\">").text(self.words.more).raw(" ").number((all - shown) as u64).raw("</p>");
        }
    }

    fn villages(&self, html: &mut Html) {
        let w = self.words;
        let mut villages: BTreeMap<(String, String), EntranceCounts> = BTreeMap::new();
        let entrances = self.snapshot.registry.entrances.values();
        for gap in entrances.filter_map(|e| Gap::of(self.snapshot, e, cunkou_core::model::Period::Now)) {
            let name = gap.village_name.clone().unwrap_or_else(|| gap.area_name.clone());
            let counts = villages.entry((name, gap.village.unwrap_or_default())).or_default();
            if let Some(state) = GAP_STATES.into_iter().find(|s| s.word() == gap.state) {
                counts.add(state);
            }
        }
        let mut rows: Vec<_> = villages.into_iter().filter(|(_, c)| c.lost + c.reduced + c.unknown > 0).collect();
        rows.sort_by_key(|(_, c)| std::cmp::Reverse((c.lost, c.unknown, c.reduced)));
        html.raw("<section><h2>").text(w.villages).raw("</h2>");
        if rows.is_empty() {
            html.raw("<p>").text(w.no_villages).raw("</p>");
        } else {
            html.raw("<table><thead><tr>");
            [w.village, w.lost, w.unknown, w.reduced].iter().for_each(|t| {
                html.raw("<th scope=\"col\">").text(t).raw("</th>");
            });
            html.raw("</tr></thead><tbody>");
            for ((name, _), c) in rows.iter().take(MAX_ROWS) {
                html.raw("<tr><th scope=\"row\">").text(name).raw("</th>");
                for n in [c.lost, c.unknown, c.reduced] {
                    html.raw("<td>").number(n).raw("</td>");
                }
                html.raw("</tr>");
            }
            html.raw("</tbody></table>");
            self.rest(html, rows.len(), MAX_ROWS);
        }
        html.raw("</section>");
    }

    fn cameras_down(&self, html: &mut Html) {
        let w = self.words;
        let installed = self.snapshot.registry.cameras.values().filter(|c| c.status.is_installed());
        let is_down = |id: &str| self.snapshot.camera(id).is_some_and(|(_, v)| v.state.word() == "down");
        let down: Vec<_> = installed.filter(|c| is_down(c.id.as_str())).collect();
        html.raw("<section><h2>").text(w.cameras_down).raw("</h2>");
        if down.is_empty() {
            html.raw("<p>").text(w.no_cameras_down).raw("</p></section>");
            return;
        }
        html.raw("<table><thead><tr>");
        [w.camera, w.village, w.since, w.cause].iter().for_each(|t| {
            html.raw("<th scope=\"col\">").text(t).raw("</th>");
        });
        html.raw("</tr></thead><tbody>");
        for camera in down.iter().take(MAX_ROWS).map(|c| Camera::of(self.snapshot, c)) {
            html.raw("<tr><th scope=\"row\">").text(&camera.name).raw(" <small>").text(&camera.id);
            html.raw("</small></th><td>").text(camera.village_name.as_deref().unwrap_or_default()).raw("</td><td>");
            self.time(html, camera.since.as_deref());
            html.raw("</td><td>");
            camera.cause.iter().for_each(|cause| self.cause(html, cause));
            html.raw("</td></tr>");
        }
        html.raw("</tbody></table>");
        self.rest(html, down.len(), MAX_ROWS);
        html.raw("</section>");
    }

    fn monitor(&self, html: &mut Html, status: &Status, reasons: &[String]) {
        let w = self.words;
        html.raw("<section><h2>").text(w.monitor).raw("</h2><ul class=\"plain\"><li>");
        html.text(if status.blind_since.is_some() { w.blind } else { w.sees }).raw("</li>");
        for canary in &status.canaries {
            let word = match canary.up {
                Some(true) => w.answers,
                Some(false) => w.silent,
                None => w.not_asked,
            };
            html.raw("<li>").text(w.canary).raw(" ").text(&canary.name).raw(": ").text(word).raw("</li>");
        }
        html.raw("<li>").text(w.registry_version).raw(" ").number(status.registry_version).raw("</li>");
        html.raw("<li>").text(if reasons.is_empty() { w.well } else { w.trouble }).raw("</li>");
        for reason in reasons {
            html.raw("<li lang=\"en\">").text(reason).raw("</li>");
        }
        html.raw("</ul></section>");
    }
}

fn count(html: &mut Html, class: &'static str, n: u32, word: &str) {
    html.raw("<li class=\"").raw(if n == 0 { "quiet" } else { class }).raw("\"><b>").number(n).raw("</b> ");
    html.text(word).raw("</li>");
}

fn local(zone: &TimeZone, at: &str) -> Option<String> {
    let at: jiff::Timestamp = at.parse().ok()?;
    Some(at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string())
}
