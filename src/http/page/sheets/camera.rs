//! The sheet of a camera: what is believed of it, and the outcomes and changes behind that.

use cunkou_core::model::Target;
use cunkou_core::world::Subject;

use super::TURNS;
use crate::http::AppState;
use crate::http::page::context::{Page, Sheet};
use crate::http::page::html::Html;
use crate::http::page::shell::layer_word;
use crate::http::wire::{Camera, Evidence, Incident};

/// Outcomes that the sheet shows.
const OUTCOMES: usize = 12;
/// How long the engine may take to find them.
const EVIDENCE_WAIT: std::time::Duration = std::time::Duration::from_secs(2);

pub(super) async fn write(state: &AppState, page: &Page<'_>, html: &mut Html, id: &str) -> Option<()> {
    let registered = page.snapshot.registry.cameras.get(id)?;
    let camera = Camera::of(page.snapshot, registered);
    page.place(html, registered.at, &camera.watches);
    page.title(html, "camera", camera.state.as_deref().or(Some(&camera.status)), &camera.name, &camera.id);
    facts(page, html, &camera);
    let blamed = |i: &Incident| i.cause.kind == "camera" && i.cause.id.as_deref() == Some(id);
    page.incidents_fact(html, |i| blamed(i) || i.cameras.iter().any(|c| c == id));
    page.works_of_camera(html, id);
    page.near(html, registered.at);
    html.raw("</dl>");
    page.announce(html, id);
    checks(page, html, &camera);
    let mut outcomes = match page.snapshot.topology.camera(id) {
        Some(ix) => {
            let asked = state.parts.handle.evidence(Target::Camera(ix));
            tokio::time::timeout(EVIDENCE_WAIT, asked).await.unwrap_or_default()
        }
        None => Vec::new(),
    };
    outcomes.sort_by_key(|o| std::cmp::Reverse(o.begun));
    let evidence: Vec<Evidence> = outcomes.iter().take(OUTCOMES).map(Evidence::of).collect();
    outcomes_of(page, html, &evidence);
    let changes = state.parts.history.changes(Subject::Camera(registered.id.clone()), None, TURNS).await;
    page.turns(html, "camera", changes);
    Some(())
}

fn facts(page: &Page<'_>, html: &mut Html, camera: &Camera) {
    let w = page.words;
    html.raw("<dl class=\"facts\">");
    if let Some(since) = &camera.since {
        page.fact(html, w.since);
        page.time(html, Some(since));
        html.raw("</dd>");
    }
    if camera.flapping {
        page.plain(html, w.state, w.flapping);
    }
    page.plain(html, w.reasons, &page.reasons(&camera.reasons));
    if let Some(cause) = &camera.cause {
        page.fact(html, w.cause);
        page.cause(html, cause);
        html.raw(if camera.inferred { " · " } else { "" }).text(if camera.inferred { w.inferred } else { "" });
        html.raw("</dd>");
    }
    page.fact(html, w.village);
    if let (Some(id), Some(name)) = (&camera.village, &camera.village_name) {
        page.link(html, Sheet::Village, id, name);
        html.raw(" · ");
    }
    page.name(html, &camera.area_name);
    html.raw("</dd>");
    page.plain(html, w.layer, layer_word(w, &camera.layer));
    page.plain(html, w.life, page.state_word("life", Some(&camera.status)));
    page.plain(html, w.gb_code, camera.gb_code.as_deref().unwrap_or_default());
    let model: Vec<&str> = [&camera.vendor, &camera.model].into_iter().filter_map(|t| t.as_deref()).collect();
    page.plain(html, w.model, &model.join(" "));
    hangs_on(page, html, &camera.id);
    watches(page, html, camera);
}

/// The way up from the camera, each node with its state.
fn hangs_on(page: &Page<'_>, html: &mut Html, id: &str) {
    let topology = &page.snapshot.topology;
    let slot = topology.camera(id).and_then(|ix| topology.cameras.get(ix.at()));
    let above: Vec<_> = slot.into_iter().flat_map(|s| &s.above).filter_map(|n| topology.nodes.get(n.at())).collect();
    if above.is_empty() {
        return page.plain(html, page.words.hangs_on, page.words.path_unknown);
    }
    page.fact(html, page.words.hangs_on);
    for (i, slot) in above.iter().enumerate() {
        html.raw(if i == 0 { "" } else { " → " });
        let name = page.snapshot.registry.nodes.get(&slot.id).map_or("", |n| &n.name);
        let state = page.snapshot.node(slot.id.as_str()).map(|(_, v)| v.state.word());
        page.state(html, "node", state.or(Some("unknown")));
        html.raw(" ");
        page.link(html, Sheet::Node, slot.id.as_str(), name);
    }
    html.raw("</dd>");
}

fn watches(page: &Page<'_>, html: &mut Html, camera: &Camera) {
    if camera.watches.is_empty() {
        return;
    }
    page.fact(html, page.words.watches);
    for id in &camera.watches {
        let name = page.snapshot.registry.entrances.get(id.as_str()).map_or("", |e| &e.name);
        let state = page.snapshot.entrance(id).map(|(_, b)| b.now.state.word());
        html.raw("<p>");
        page.state(html, "entrance", state);
        html.raw(" ");
        page.link(html, Sheet::Entrance, id, name);
        html.raw("</p>");
    }
    html.raw("</dd>");
}

fn checks(page: &Page<'_>, html: &mut Html, camera: &Camera) {
    let w = page.words;
    if camera.checks.is_empty() {
        return;
    }
    html.raw("<h3>").text(w.checks).raw("</h3>");
    page.table(html, &[w.check, w.result, w.last_success]);
    for check in &camera.checks {
        let word = match (check.held, check.passing) {
            (_, Some(true)) => w.passes,
            (true, _) => w.held,
            (_, Some(false)) => w.fails,
            (_, None) => w.unknown,
        };
        html.raw("<tr><th scope=\"row\">").text(page.check(&check.check)).raw("</th><td>").text(word).raw("</td><td>");
        page.time(html, check.last_success.as_deref());
        html.raw("</td></tr>");
    }
    page.end_table(html);
}

fn outcomes_of(page: &Page<'_>, html: &mut Html, evidence: &[Evidence]) {
    let w = page.words;
    html.raw("<h3>").text(w.evidence).raw("</h3>");
    if evidence.is_empty() {
        html.raw("<p class=\"quiet\">").text(w.no_evidence).raw("</p>");
        return;
    }
    page.table(html, &[w.time, w.check, w.result, w.took]);
    for outcome in evidence {
        html.raw("<tr><td>");
        page.time(html, Some(&outcome.at));
        html.raw("</td><td>").text(page.check(&outcome.check)).raw("</td><td>").text(page.result(&outcome.result));
        if let Some(reason) = outcome.reason.as_deref().filter(|r| *r != outcome.result) {
            let word = page.reasons(&[reason.to_owned()]);
            html.raw(" · ").text(if word.is_empty() { reason } else { &word });
        }
        // What the device said stays with the API: it may name an address.
        html.raw("</td><td>").text(&format!("{} ms", outcome.took_ms)).raw("</td></tr>");
    }
    page.end_table(html);
}

impl Page<'_> {
    /// What a check is called.
    pub(super) fn check(&self, word: &str) -> &'static str {
        let w = self.words;
        match word {
            "reach" => w.check_reach,
            "stream" => w.check_stream,
            "picture" => w.check_picture,
            _ => w.check_device,
        }
    }

    /// What the result of a probe is called.
    fn result(&self, word: &str) -> &'static str {
        let w = self.words;
        match word {
            "pass" => w.passes,
            "timeout" => w.result_timeout,
            "unreachable" => w.result_unreachable,
            "refused" => w.result_refused,
            "reset" => w.result_reset,
            "protocol" => w.result_protocol,
            "tls" => w.result_tls,
            "body" => w.result_body,
            "answered" => w.result_answered,
            _ => w.result_inconclusive,
        }
    }
}
