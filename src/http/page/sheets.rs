//! The sheets: one thing each, with everything that is behind its state. A sheet is a page of its own, so that it can be
//! linked, and read without a script; beside the map the script shows the same.

mod camera;
mod entrance;
mod incident;
mod near;
mod node;
mod place;
mod village;

use cunkou_core::registry::LonLat;

use super::context::{Page, Sheet, head};
use super::html::Html;
use super::{Reader, works};
use crate::http::history::HistoryError;
use crate::http::wire::Turn;
use crate::http::{AppState, PastChange};

/// Changes of a thing that its sheet shows.
const TURNS: usize = 20;

/// A sheet as a page; `None` where there is no such thing.
pub(super) async fn page(state: &AppState, sheet: Sheet, id: &str, reader: &Reader) -> Option<String> {
    let (snapshot, works) = (state.snapshot(), works::announced(state).await);
    let page = Page::new(state, &snapshot, reader, works.as_deref());
    let mut html = Html::default();
    head(&mut html, page.language, page.words);
    html.raw("<div id=\"app\"><main id=\"main\"><article id=\"sheet\" tabindex=\"-1\" data-sheet=\"").raw(sheet.word());
    html.raw("\" data-id=\"").text(id).raw("\"");
    match sheet {
        Sheet::Camera => camera::write(state, &page, &mut html, id).await?,
        Sheet::Entrance => entrance::write(state, &page, &mut html, id).await?,
        Sheet::Incident => incident::write(state, &page, &mut html, id).await?,
        Sheet::Village => village::write(&page, &mut html, id)?,
        Sheet::Node => node::write(&page, &mut html, id)?,
        Sheet::Place => place::write(&page, &mut html, id)?,
    }
    html.raw("</article></main></div></body></html>\n");
    Some(html.into_string())
}

impl Page<'_> {
    /// Ends the tag of the sheet: where its thing is, and what it is connected with, for the map.
    fn place(&self, html: &mut Html, at: Option<LonLat>, with: &[String]) {
        if let Some(at) = at {
            html.raw(" data-lon=\"")
                .text(&at.lon.to_string())
                .raw("\" data-lat=\"")
                .text(&at.lat.to_string())
                .raw("\"");
        }
        html.raw(" data-with=\"").text(&with.join(" ")).raw("\">");
    }

    /// The headline of a sheet: state, name and id.
    fn title(&self, html: &mut Html, kind: &'static str, state: Option<&str>, name: &str, id: &str) {
        html.raw("<h2>");
        self.state(html, kind, state);
        html.raw(" ");
        self.name(html, if name.trim().is_empty() { id } else { name });
        html.raw(" <small>").text(id).raw("</small></h2>");
    }

    /// Begins a row of facts.
    pub(super) fn fact(&self, html: &mut Html, title: &str) {
        html.raw("<dt>").text(title).raw("</dt><dd>");
    }

    /// A row of facts that is plain text; none where there is nothing to say.
    pub(super) fn plain(&self, html: &mut Html, title: &str, text: &str) {
        if !text.is_empty() {
            self.fact(html, title);
            self.name(html, text);
            html.raw("</dd>");
        }
    }

    /// The changes of a thing, newest first; that they cannot be read is said.
    fn turns(&self, html: &mut Html, kind: &'static str, read: Result<Vec<PastChange>, HistoryError>) {
        let w = self.words;
        html.raw("<h3>").text(w.history).raw("</h3>");
        let changes = match read {
            Ok(changes) => changes,
            Err(error) => {
                tracing::warn!(%error, "a sheet goes without its history");
                html.raw("<p class=\"odd\">").text(w.no_history).raw("</p>");
                return;
            }
        };
        if changes.is_empty() {
            html.raw("<p class=\"quiet\">").text(w.no_changes).raw("</p>");
            return;
        }
        self.table(html, &[w.since, w.state, w.cause, w.incident]);
        for turn in changes.iter().map(|c| Turn::of(c, &self.snapshot.registry)) {
            html.raw("<tr><td>");
            self.time(html, Some(&turn.since));
            html.raw("</td><td>");
            self.state(html, kind, Some(&turn.to));
            let reasons = self.reasons(&turn.reasons);
            if !reasons.is_empty() {
                html.raw(" ").text(&reasons);
            }
            html.raw("</td><td>");
            turn.cause.iter().for_each(|cause| self.cause(html, cause));
            html.raw("</td><td>");
            if let Some(incident) = turn.incident {
                html.raw("<a href=\"/page/incident/").number(incident).raw("\">#").number(incident).raw("</a>");
            }
            html.raw("</td></tr>");
        }
        self.end_table(html);
    }
}
