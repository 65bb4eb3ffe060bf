//! What every part of the page is written with: times in the town's zone, names as links, states as a word beside their
//! mark. Text from the registry goes in escaped only.

use std::sync::Arc;

use cunkou_core::alert::{node_kind_name, reason_name};
use cunkou_core::model::{Language, Reason, Time};
use cunkou_core::registry::NodeKind;
use cunkou_core::world::Snapshot;
use jiff::tz::TimeZone;

use super::Reader;
use super::html::Html;
use super::words::{Words, of as words_of};
use crate::engine::Maintenance;
use crate::files::settings::SinkSettings;
use crate::http::wire::Cause;
use crate::http::{AppState, HttpSettings, Role};

/// Names that one list names; the API has all of them.
pub(super) const MAX_NAMES: usize = 20;
/// Rows that a table shows.
pub(super) const MAX_ROWS: usize = 200;
/// Characters of a name that are shown.
const MAX_NAME: usize = 120;

/// One view of the town, for one reader.
pub(super) struct Page<'a> {
    pub(super) settings: &'a HttpSettings,
    pub(super) snapshot: &'a Snapshot,
    pub(super) language: Language,
    pub(super) words: &'a Words,
    /// Name and role of the token that was shown.
    pub(super) holder: Option<&'a (Arc<str>, Role)>,
    /// The moment, by the daemon's clock.
    pub(super) now: Time,
    /// Maintenance that is announced and not over; `None` where it cannot be read.
    pub(super) works: Option<&'a [Maintenance]>,
    /// Where messages go.
    pub(super) sinks: &'a [SinkSettings],
}

impl<'a> Page<'a> {
    /// What this reader sees of this snapshot.
    pub(super) fn new(
        state: &'a AppState,
        snapshot: &'a Snapshot,
        reader: &'a Reader,
        works: Option<&'a [Maintenance]>,
    ) -> Page<'a> {
        Page {
            settings: &state.parts.settings,
            snapshot,
            language: reader.language,
            words: words_of(reader.language),
            holder: reader.holder.as_ref(),
            now: state.now(),
            works,
            sinks: state.parts.trials.as_ref().map_or(&[], |trials| &trials.sinks),
        }
    }

    /// Whether this reader may acknowledge, silence and announce.
    pub(super) fn may_act(&self) -> bool {
        self.holder.is_some_and(|(_, role)| *role >= Role::Operate)
    }
}

/// The parts of the page that show a thing each; also the first part of its address behind `#/`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sheet {
    Camera,
    Entrance,
    Incident,
    Village,
    Node,
    Place,
}

impl Sheet {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Sheet::Camera => "camera",
            Sheet::Entrance => "entrance",
            Sheet::Incident => "incident",
            Sheet::Village => "village",
            Sheet::Node => "node",
            Sheet::Place => "place",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Sheet> {
        let all = [Sheet::Camera, Sheet::Entrance, Sheet::Incident, Sheet::Village, Sheet::Node, Sheet::Place];
        all.into_iter().find(|s| s.word() == word)
    }
}

/// Begins a document: the head, and the header of every page.
pub(super) fn head(html: &mut Html, language: Language, words: &Words) {
    let other = if language == Language::ZhCn { Language::En } else { Language::ZhCn };
    html.raw("<!doctype html><html lang=\"").text(language.tag()).raw("\"><head><meta charset=\"utf-8\">");
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    html.raw("<meta name=\"color-scheme\" content=\"light dark\">");
    // Without a script the page still renews itself.
    html.raw("<noscript><meta http-equiv=\"refresh\" content=\"15\"></noscript><title>").text(words.title);
    html.raw("</title><link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"/static/page.css\">");
    html.raw("<script type=\"module\" src=\"/static/page.js\"></script></head><body>");
    html.raw("<a class=\"skip\" href=\"#main\">").text(words.skip).raw("</a><header><h1><a href=\"/\">");
    html.text(words.title).raw("</a></h1><p>").text(words.subtitle);
    html.raw("</p><form id=\"search\" role=\"search\" action=\"/page/search\"><input name=\"q\" type=\"search\"");
    html.raw(" autocomplete=\"off\" maxlength=\"100\" aria-label=\"").text(words.search).raw("\" placeholder=\"");
    html.text(words.search)
        .raw("\"></form><a href=\"/wall\">")
        .text(words.wall)
        .raw("</a><a id=\"other\" href=\"/?lang=")
        .text(other.tag())
        .raw("\" hreflang=\"");
    html.text(other.tag()).raw("\" lang=\"").text(other.tag()).raw("\">");
    html.text(words_of(language).other_language).raw("</a></header>");
    // Shown by the script once it cannot ask any more: a page that stands still must say so.
    html.raw("<p id=\"stale\" class=\"banner bad\" role=\"alert\" hidden>").text(words.stale).raw("</p>");
}

impl Page<'_> {
    /// A moment for people: local time, with the exact one for programs.
    pub(super) fn time(&self, html: &mut Html, at: Option<&str>) {
        let Some(at) = at else { return };
        let local = local(&self.settings.time_zone, at).unwrap_or_else(|| at.to_owned());
        html.raw("<time datetime=\"").text(at).raw("\">").text(&local).raw("</time>");
    }

    /// A name that leads to its sheet; an id where it has no name.
    pub(super) fn link(&self, html: &mut Html, sheet: Sheet, id: &str, name: &str) {
        html.raw("<a href=\"/page/").raw(sheet.word()).raw("/").text(id).raw("\">");
        self.name(html, if name.trim().is_empty() { id } else { name });
        html.raw("</a>");
    }

    /// A name, cut where it is longer than anybody reads.
    pub(super) fn name(&self, html: &mut Html, name: &str) {
        match name.char_indices().nth(MAX_NAME) {
            Some((cut, _)) => html.text(&name[..cut]).raw("…"),
            None => html.text(name),
        };
    }

    /// A state as a word with the mark that the map has for it: `kind` is `camera`, `entrance` or `node`; or of a `place`
    /// what it is.
    pub(super) fn state(&self, html: &mut Html, kind: &'static str, state: Option<&str>) {
        let word = state.unwrap_or("none");
        html.raw("<span class=\"state s-").text(word).raw("\" data-mark=\"").raw(kind).raw("-").text(word).raw("\">");
        html.text(self.state_word(kind, state)).raw("</span>");
    }

    /// What a state is called.
    pub(super) fn state_word(&self, kind: &str, state: Option<&str>) -> &'static str {
        let w = self.words;
        match (kind, state) {
            (_, None | Some("none")) => w.not_judged,
            (_, Some("covered")) => w.covered,
            (_, Some("reduced")) => w.reduced,
            (_, Some("lost")) => w.lost,
            (_, Some("unwatched")) => w.unwatched,
            ("entrance", Some("planned")) => w.planned,
            (_, Some("up")) => w.up,
            (_, Some("degraded")) => w.degraded,
            (_, Some("suspect")) => w.suspect,
            (_, Some("down")) => w.down,
            (_, Some("planned")) => w.life_planned,
            (_, Some("maintenance")) => w.life_maintenance,
            (_, Some("retired")) => w.life_retired,
            (_, Some("active")) => w.life_active,
            (_, Some("removed")) => w.removed,
            ("place", Some("station")) => w.station,
            ("place", Some("liaison")) => w.liaison,
            ("place", Some("team")) => w.team,
            _ => w.unknown,
        }
    }

    /// Why something is as it is, with a link to what is to blame.
    pub(super) fn cause(&self, html: &mut Html, cause: &Cause) {
        let w = self.words;
        let kind = match cause.kind.as_str() {
            "camera" => w.kind_camera,
            "node" => w.kind_node,
            "node_partial" => w.kind_partial,
            "common_cause" => w.kind_common,
            "monitor_stopped" => w.monitor_stopped,
            "monitor_starting" => w.monitor_starting,
            _ => w.kind_monitor,
        };
        html.text(kind).raw(" ");
        let Some(id) = cause.id.as_deref() else {
            self.name(html, &cause.name);
            return;
        };
        let sheet = match cause.kind.as_str() {
            "camera" if self.snapshot.registry.cameras.contains_key(id) => Some(Sheet::Camera),
            "node" | "node_partial" if self.snapshot.registry.nodes.contains_key(id) => Some(Sheet::Node),
            "common_cause" if self.snapshot.registry.areas.contains_key(id) => Some(Sheet::Village),
            _ => None,
        };
        match sheet {
            Some(sheet) => self.link(html, sheet, id, &cause.name),
            None => self.name(html, &cause.name),
        }
        html.raw(" <small>").text(id).raw("</small>");
    }

    /// Entrances or cameras as links, the rest counted.
    pub(super) fn names(&self, html: &mut Html, sheet: Sheet, all: &[(String, String)]) {
        for (i, (id, name)) in all.iter().take(MAX_NAMES).enumerate() {
            html.raw(if i == 0 { "" } else { self.words.comma });
            self.link(html, sheet, id, name);
        }
        if all.len() > MAX_NAMES {
            html.raw(" … +").number((all.len() - MAX_NAMES) as u64);
        }
    }

    /// How many rows a table left out.
    pub(super) fn rest(&self, html: &mut Html, all: usize, shown: usize) {
        if all > shown {
            html.raw("<p class=\"quiet\">").text(self.words.more).raw(" ").number((all - shown) as u64).raw("</p>");
        }
    }

    /// Begins a table with these titles.
    pub(super) fn table(&self, html: &mut Html, titles: &[&str]) {
        html.raw("<div class=\"scroll\"><table><thead><tr>");
        for title in titles {
            html.raw("<th scope=\"col\">").text(title).raw("</th>");
        }
        html.raw("</tr></thead><tbody>");
    }

    /// Ends it.
    pub(super) fn end_table(&self, html: &mut Html) {
        html.raw("</tbody></table></div>");
    }

    /// Reasons of a camera, as words.
    pub(super) fn reasons(&self, reasons: &[String]) -> String {
        let names = reasons.iter().filter_map(|r| Reason::from_word(r)).map(|r| reason_name(r, self.language));
        names.collect::<Vec<_>>().join(self.words.comma)
    }

    /// What a kind of node is called.
    pub(super) fn node_kind(&self, kind: NodeKind) -> &'static str {
        node_kind_name(kind, self.language)
    }
}

pub(super) fn local(zone: &TimeZone, at: &str) -> Option<String> {
    let at: jiff::Timestamp = at.parse().ok()?;
    Some(at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string())
}
