//! The lists of the page: what stands beside the map, and what stands there without a script.

use std::collections::BTreeMap;

use cunkou_core::model::{AreaId, Language};

use super::context::{MAX_ROWS, Page, Sheet, head};
use super::html::Html;
use super::words::Words;
use super::{Reader, shell, works};
use crate::http::AppState;
use crate::http::routes::readiness;
use crate::http::wire::{Camera, EntranceCounts, Incident, Status};

/// The whole page.
pub(super) async fn town(state: &AppState, reader: &Reader) -> String {
    let (snapshot, works) = (state.snapshot(), works::announced(state).await);
    let figures = (state.parts.figures)(&snapshot);
    let status = Status::of(&snapshot, &figures, state.parts.build.version);
    let page = Page::new(state, &snapshot, reader, works.as_deref());
    let mut html = Html::default();
    head(&mut html, page.language, page.words);
    shell::begin(&mut html, &page);
    html.raw("<main id=\"main\">");
    page.banner(&mut html, &status);
    page.counts(&mut html, &status);
    page.incidents(&mut html);
    page.works(&mut html);
    page.villages(&mut html);
    page.cameras_down(&mut html);
    page.monitor(&mut html, &status, &readiness(state).reasons);
    page.sinks(&mut html);
    html.raw("</main>");
    shell::end(&mut html, page.words);
    html.raw("</body></html>\n");
    html.into_string()
}

/// The page of those who have not shown a token: it shows nothing of the town.
pub(super) fn door(language: Language, words: &Words) -> String {
    let mut html = Html::default();
    head(&mut html, language, words);
    html.raw("<div id=\"app\"><main id=\"main\"><form id=\"door\"><p>")
        .text(words.token_needed)
        .raw("</p><label>")
        .text(words.token);
    html.raw(" <input id=\"token\" type=\"password\" autocomplete=\"off\" required></label> <button>");
    html.text(words.enter).raw("</button></form></main></div></body></html>\n");
    html.into_string()
}

/// The page of what is not there.
pub(super) fn nothing(language: Language, words: &Words) -> String {
    let mut html = Html::default();
    head(&mut html, language, words);
    html.raw("<div id=\"app\"><main id=\"main\"><article id=\"sheet\" tabindex=\"-1\"><h2>").text(words.no_such);
    html.raw("</h2></article></main></div></body></html>\n");
    html.into_string()
}

impl Page<'_> {
    fn banner(&self, html: &mut Html, status: &Status) {
        html.raw("<p class=\"quiet\">").text(self.words.as_of).raw(" ");
        self.time(html, Some(&status.at));
        html.raw(" · ").text(if status.night { self.words.night } else { self.words.day });
        self.holder(html);
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
            count(html, class, n, word, if word == w.lost { "lost" } else { "" });
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
            count(html, class, n, word, "");
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
        html.raw("<article class=\"")
            .raw(if incident.severity == "critical" { "bad" } else { "odd" })
            .raw("\"><h3><a href=\"/page/incident/");
        html.number(incident.id).raw("\">#").number(incident.id).raw("</a> ");
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
            self.names(html, Sheet::Village, &pairs(&incident.villages, &incident.village_names));
        }
        html.raw("</p>");
        if !incident.entrances_lost.is_empty() {
            html.raw("<p><strong>").text(w.lost_entrances).raw(" ").number(incident.entrances_lost.len() as u64);
            html.raw("</strong> ");
            self.names(html, Sheet::Entrance, &pairs(&incident.entrances_lost, &incident.entrances_lost_names));
            html.raw("</p>");
        }
        if !incident.seals_broken.is_empty() {
            html.raw("<p><strong>").text(w.broken_seals).raw("</strong> ").text(&broken_seals(incident)).raw("</p>");
        }
        html.raw("<p><a href=\"/sheet/incident/").number(incident.id).raw("\">").text(w.sheet).raw("</a></p>");
        self.held(html, incident);
        self.incident_actions(html, incident);
        html.raw("</article>");
    }

    fn villages(&self, html: &mut Html) {
        let w = self.words;
        let registry = &self.snapshot.registry;
        let mut villages: BTreeMap<Option<&AreaId>, EntranceCounts> = BTreeMap::new();
        for entrance in registry.entrances.values() {
            let Some((_, belief)) = self.snapshot.entrance(entrance.id.as_str()) else { continue };
            let village = registry.village_of(&entrance.area).map(|a| &a.id);
            villages.entry(village).or_default().add(belief.now.state);
        }
        let mut rows: Vec<_> = villages.into_iter().collect();
        rows.sort_by_key(|(_, c)| std::cmp::Reverse((c.lost, c.unknown, c.reduced)));
        html.raw("<section id=\"villages\"><h2>").text(w.villages).raw("</h2>");
        if rows.iter().all(|(_, c)| c.lost + c.reduced + c.unknown == 0) {
            html.raw("<p>").text(w.no_villages).raw("</p>");
        }
        self.table(html, &[w.village, w.lost, w.unknown, w.reduced, w.covered]);
        for (id, c) in rows.iter().take(MAX_ROWS) {
            html.raw("<tr><th scope=\"row\">");
            match id.and_then(|id| registry.areas.get(id)) {
                Some(area) => self.link(html, Sheet::Village, area.id.as_str(), &area.name),
                None => {
                    html.text(w.no_village);
                }
            }
            html.raw("</th>");
            for (class, n) in [("bad", c.lost), ("odd", c.unknown), ("odd", c.reduced)] {
                html.raw("<td class=\"").raw(if n == 0 { "quiet" } else { class }).raw("\">").number(n).raw("</td>");
            }
            self.share(html, c);
            html.raw("</tr>");
        }
        self.end_table(html);
        self.rest(html, rows.len(), MAX_ROWS);
        html.raw("</section>");
    }

    /// How many of the entrances that cameras are meant to watch are watched.
    pub(super) fn share(&self, html: &mut Html, c: &EntranceCounts) {
        let (watched, of) = (c.covered + c.reduced, c.covered + c.reduced + c.lost + c.unknown);
        html.raw("<td class=\"share\"><meter aria-hidden=\"true\" min=\"0\" max=\"")
            .number(of.max(1))
            .raw("\" value=\"")
            .number(watched);
        html.raw("\"></meter> ").number(watched).raw(" / ").number(of).raw("</td>");
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
        self.table(html, &[w.camera, w.village, w.since, w.cause]);
        for camera in down.iter().take(MAX_ROWS).map(|c| Camera::of(self.snapshot, c)) {
            html.raw("<tr><th scope=\"row\">");
            self.link(html, Sheet::Camera, &camera.id, &camera.name);
            html.raw(" <small>").text(&camera.id).raw("</small></th><td>");
            self.name(html, camera.village_name.as_deref().unwrap_or_default());
            html.raw("</td><td>");
            self.time(html, camera.since.as_deref());
            html.raw("</td><td>");
            camera.cause.iter().for_each(|cause| self.cause(html, cause));
            html.raw("</td></tr>");
        }
        self.end_table(html);
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

/// A figure with its word; `said` is the name by which the script finds it.
fn count(html: &mut Html, class: &'static str, n: u32, word: &str, said: &'static str) {
    html.raw("<li class=\"").raw(if n == 0 { "quiet" } else { class }).raw("\" data-count=\"").raw(said);
    html.raw("\"><b>").number(n).raw("</b> ");
    html.text(word).raw("</li>");
}

/// Ids with their names.
pub(super) fn pairs(ids: &[String], names: &[String]) -> Vec<(String, String)> {
    ids.iter().cloned().zip(names.iter().cloned()).collect()
}

/// Names of what is shut off no more, each with its id where it has another name.
pub(super) fn broken_seals(incident: &Incident) -> String {
    let one = |(id, name): (&String, &String)| if name.is_empty() { id.clone() } else { format!("{name} ({id})") };
    incident.seals_broken.iter().zip(&incident.seals_broken_names).map(one).collect::<Vec<_>>().join(", ")
}
