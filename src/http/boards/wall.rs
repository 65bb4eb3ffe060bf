//! The wall of the duty room: how many entrances are lost, which, and why, to be read from five metres. The clock is the
//! server's and moves only while the server says so; a wall that hears nothing any more says so within seconds.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use cunkou_core::alert::{Incident, IncidentStatus, Speaker, clean};
use cunkou_core::coverage::EntranceState;
use cunkou_core::model::{CameraId, Language, ReasonSet, Span, Time};
use cunkou_core::world::Snapshot;

use super::words::Words;
use super::{Board, admitted, answer, door, head, language, local, shape, words};
use crate::http::page::Html;
use crate::http::wire::{CameraCounts, EntranceCounts};
use crate::http::{AppState, Build, HttpSettings};

const BOARD: Board = Board { style: "wall.css", script: "wall.js" };
/// Lost entrances that are named; a screen has room for so many in letters that one can read.
const MAX_LOST: usize = 6;
/// Incidents that are listed.
const MAX_INCIDENTS: usize = 5;

/// The wall; where reading needs a token and none is shown, a door that asks for it.
pub(in crate::http) async fn wall(State(state): State<AppState>, request: Request) -> Response {
    let language = language(request.uri().query(), state.parts.settings.language);
    let words = words::of(language);
    let admitted = admitted(&state, request).await;
    let snapshot = state.snapshot();
    let mut html = Html::default();
    head(&mut html, &BOARD, language, words.title);
    frame(&mut html, &state.parts.settings, language, words);
    let status = match admitted {
        Ok(_) => {
            let wall = Wall { settings: &state.parts.settings, snapshot: &snapshot, language, words, now: state.now() };
            wall.write(&mut html, &state.parts.build);
            StatusCode::OK
        }
        Err(status) => {
            door(&mut html, words);
            status
        }
    };
    html.raw("</body></html>\n");
    answer(status, html)
}

/// What stays while the rest is renewed: the clock, and the banners that the script shows.
fn frame(html: &mut Html, settings: &HttpSettings, language: Language, words: &Words) {
    let other = if language == Language::ZhCn { Language::En } else { Language::ZhCn };
    html.raw("<header><h1>").text(words.title).raw("</h1><nav><a href=\"/wall?lang=").text(other.tag());
    html.raw("\" hreflang=\"").text(other.tag()).raw("\" lang=\"").text(other.tag()).raw("\">");
    html.text(words.other_language).raw("</a> <button id=\"full\" type=\"button\" hidden>").text(words.full_screen);
    html.raw("</button></nav><p id=\"clock\" data-zone=\"").text(settings.time_zone.iana_name().unwrap_or("UTC"));
    html.raw("\"><span id=\"date\"></span> <time id=\"time\" aria-label=\"").text(words.server_time);
    html.raw("\">--:--:--</time></p></header><div id=\"alarms\" role=\"alert\">");
    html.raw("<p id=\"silent\" class=\"alarm\" hidden>").text(words.connection_lost).raw(" · ").text(words.last_sign);
    html.raw(" <span id=\"last\">--:--:--</span></p><p id=\"old\" class=\"alarm\" hidden>").text(words.old_data);
    html.raw("</p><p id=\"trouble\" class=\"alarm\" hidden>").text(words.not_ready);
    html.raw("</p></div><noscript><p class=\"alarm\">").text(words.no_script).raw("</p></noscript>");
}

struct Wall<'a> {
    settings: &'a HttpSettings,
    snapshot: &'a Snapshot,
    language: Language,
    words: &'static Words,
    now: Time,
}

impl Wall<'_> {
    fn write(&self, html: &mut Html, build: &Build) {
        let mut counts = EntranceCounts::default();
        let registry = &self.snapshot.registry;
        let beliefs = registry.entrances.keys().filter_map(|id| self.snapshot.entrance(id.as_str()));
        beliefs.for_each(|(_, belief)| counts.add(belief.now.state));
        // When another program answers than the one that made this wall, the script loads it anew.
        html.raw("<main id=\"main\" class=\"").raw(self.mood(&counts)).raw("\" data-build=\"").text(build.version);
        html.raw(" ").text(build.revision).raw("\">");
        self.banners(html);
        self.counts(html, &counts);
        html.raw("<div class=\"lists\">");
        self.lost(html, counts.lost);
        self.incidents(html);
        html.raw("</div><p class=\"foot\">").text(self.words.as_of).raw(" ").text(&self.local(self.snapshot.at));
        html.raw("</p></main>");
    }

    fn mood(&self, counts: &EntranceCounts) -> &'static str {
        match counts {
            _ if self.snapshot.blind.is_some() => "blind",
            EntranceCounts { lost: 1.., .. } => "bad",
            EntranceCounts { unknown: 1.., .. } => "odd",
            _ => "good",
        }
    }

    fn local(&self, at: Time) -> String {
        local(&self.settings.time_zone, at, "%Y-%m-%d %H:%M:%S")
    }

    fn banners(&self, html: &mut Html) {
        if let Some(since) = self.snapshot.blind {
            html.raw("<p class=\"alarm\" role=\"alert\">").text(self.words.blind).raw(" · ").text(self.words.since);
            html.raw(" ").text(&self.local(since)).raw("</p>");
        }
        if let Some(round) = self.snapshot.round {
            html.raw("<p class=\"notice\">").text(self.words.first_round).raw(" ").number(round.done).raw(" / ");
            html.number(round.of).raw("</p>");
        }
    }

    fn counts(&self, html: &mut Html, counts: &EntranceCounts) {
        let w = self.words;
        let (state, phrase) = match counts {
            _ if self.snapshot.blind.is_some() => (EntranceState::Unknown, w.cannot_say),
            EntranceCounts { lost: 0, unknown: 0, .. } => (EntranceState::Covered, w.none_lost),
            EntranceCounts { lost: 0, .. } => (EntranceState::Unknown, w.none_lost),
            EntranceCounts { lost: 1, .. } => (EntranceState::Lost, w.entrance_lost),
            _ => (EntranceState::Lost, w.entrances_lost),
        };
        html.raw("<section class=\"counts\"><h2 class=\"huge ").raw(shape::of(Some(state)).class);
        // Four digits would not fit beside the lists in letters for one.
        html.raw(if counts.lost < 100 { "\"><b>" } else { "\"><b class=\"many\">" });
        html.number(counts.lost).raw("</b><span>");
        icon(html, state);
        html.text(phrase).raw("</span></h2><ul>");
        for (n, state, word) in [
            (counts.reduced, EntranceState::Reduced, w.entrances_reduced),
            (counts.unknown, EntranceState::Unknown, w.entrances_unknown),
        ] {
            html.raw("<li class=\"").raw(if n == 0 { "none" } else { shape::of(Some(state)).class }).raw("\"><b>");
            html.number(n).raw("</b><span>");
            icon(html, state);
            html.text(word).raw("</span></li>");
        }
        let cameras = CameraCounts::of(self.snapshot);
        html.raw("<li class=\"").raw(if cameras.down == 0 { "none" } else { "down" }).raw("\"><b>");
        html.number(cameras.down).raw("</b><span>").text(w.cameras_down).raw(" <small>").text(w.of_installed);
        html.raw(" ").number(cameras.installed).raw("</small></span></li></ul></section>");
    }

    /// The lost entrances: the most important first, of equals the one that was lost last.
    fn lost(&self, html: &mut Html, all: u32) {
        let registry = &self.snapshot.registry;
        let beliefs = registry.entrances.values().filter_map(|e| Some((e, self.snapshot.entrance(e.id.as_str())?.1)));
        let mut lost: Vec<_> = beliefs.filter(|(_, b)| b.now.state == EntranceState::Lost).collect();
        if lost.is_empty() {
            return;
        }
        lost.sort_by_key(|(e, b)| (e.priority, std::cmp::Reverse(b.since)));
        html.raw("<section><h2>").text(self.words.lost_now).raw("</h2><ul class=\"rows\">");
        for (entrance, belief) in lost.into_iter().take(MAX_LOST) {
            let village = registry.village_of(&entrance.area).map(|a| clean(&a.name)).unwrap_or_default();
            let name = clean(&entrance.name);
            html.raw("<li><b>").text(if name.is_empty() { entrance.id.as_str() } else { &name }).raw("</b> <span>");
            html.text(&village).raw("</span> <span class=\"when\">").text(&self.ago(belief.since)).raw("</span></li>");
        }
        html.raw("</ul>");
        self.rest(html, all as usize, MAX_LOST);
        html.raw("</section>");
    }

    /// The newest incidents, also those that are over.
    fn incidents(&self, html: &mut Html) {
        let told = |i: &&Incident| !matches!(i.status, IncidentStatus::Opening | IncidentStatus::Merged);
        let all = self.snapshot.incidents.values().rev().map(|i| &**i);
        html.raw("<section><h2>").text(self.words.last_incidents).raw("</h2>");
        let shown: Vec<&Incident> = all.filter(told).take(MAX_INCIDENTS).collect();
        if shown.is_empty() {
            html.raw("<p class=\"quiet\">").text(self.words.no_incidents).raw("</p></section>");
            return;
        }
        html.raw("<ul class=\"rows\">");
        shown.into_iter().for_each(|incident| self.incident(html, incident));
        html.raw("</ul></section>");
    }

    fn incident(&self, html: &mut Html, incident: &Incident) {
        let w = self.words;
        let (class, word) = match incident.status {
            IncidentStatus::Acknowledged => ("taken", w.acknowledged),
            IncidentStatus::Resolved | IncidentStatus::Merged => ("over", w.resolved),
            IncidentStatus::Opening | IncidentStatus::Open => ("open", w.open),
        };
        let time = |at: Time| local(&self.settings.time_zone, at, "%H:%M");
        let no_reasons = |_: &CameraId| ReasonSet::default();
        let speaker = Speaker {
            language: self.language,
            registry: &self.snapshot.registry,
            local_time: &time,
            link: &|_| None,
            reasons: &no_reasons,
            lost_now: &[],
            open_now: &[],
        };
        html.raw("<li class=\"").raw(class).raw("\"><span class=\"tag\">").text(word).raw("</span> <b>");
        html.text(&speaker.cause(&incident.cause)).raw("</b>");
        if !incident.entrances_lost.is_empty() {
            html.raw(" <span class=\"cost\">").text(w.lost).raw(" ").number(incident.entrances_lost.len() as u64);
            html.raw("</span>");
        }
        html.raw(" <span class=\"when\">#").number(incident.id.0).raw(" ").text(&time(incident.opened_at));
        html.raw("</span></li>");
    }

    /// How long ago, in the largest whole unit; the wall is renewed each minute.
    fn ago(&self, since: Time) -> String {
        let w = self.words;
        let minutes = self.now.since(since).max(Span::ZERO).as_millis() / 60_000;
        let (n, unit) = match minutes {
            0 => return w.just_now.to_owned(),
            m if m < 120 => (m, w.for_minutes),
            m if m < 48 * 60 => (m / 60, w.for_hours),
            m => (m / (24 * 60), w.for_days),
        };
        format!("{n} {unit}")
    }

    fn rest(&self, html: &mut Html, all: usize, shown: usize) {
        if all > shown {
            html.raw("<p class=\"quiet\">").text(self.words.more).raw(" ").number((all - shown) as u64).raw("</p>");
        }
    }
}

/// The shape of a state.
fn icon(html: &mut Html, state: EntranceState) {
    html.raw("<svg class=\"icon\" viewBox=\"0 0 16 16\" aria-hidden=\"true\">").raw(shape::of(Some(state)).svg);
    html.raw("</svg> ");
}
