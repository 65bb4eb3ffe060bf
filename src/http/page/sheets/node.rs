//! The sheet of a node: what hangs on it, and what it takes down with it.

use cunkou_core::health::State;
use cunkou_core::registry::NodeSlot;

use crate::http::page::context::{MAX_ROWS, Page, Sheet};
use crate::http::page::html::Html;
use crate::http::wire::Node;

pub(super) fn write(page: &Page<'_>, html: &mut Html, id: &str) -> Option<()> {
    let registered = page.snapshot.registry.nodes.get(id)?;
    let node = Node::of(page.snapshot, registered);
    let topology = &page.snapshot.topology;
    let slot = topology.node(id).and_then(|ix| topology.nodes.get(ix.at()));
    let below: Vec<String> = slot.map(|s| cameras_below(page, s)).unwrap_or_default();
    page.place(html, registered.at, &below);
    page.title(html, "node", Some(&node.state), &node.name, &node.id);
    facts(page, html, &node, page.node_kind(registered.kind));
    page.incidents_fact(html, |i| i.cause.kind.starts_with("node") && i.cause.id.as_deref() == Some(id));
    page.works_of_node(html, id, slot);
    page.near(html, registered.at);
    html.raw("</dl>");
    page.announce(html, id);
    if let Some(slot) = slot {
        nodes(page, html, slot);
        cameras(page, html, &below);
    }
    Some(())
}

fn cameras_below(page: &Page<'_>, slot: &NodeSlot) -> Vec<String> {
    let slots = slot.below.iter().filter_map(|c| page.snapshot.topology.cameras.get(c.at()));
    slots.filter(|s| s.life.is_some_and(|l| l.is_installed())).map(|s| s.id.to_string()).collect()
}

fn facts(page: &Page<'_>, html: &mut Html, node: &Node, kind: &'static str) {
    let w = page.words;
    html.raw("<dl class=\"facts\">");
    page.plain(html, w.kind, kind);
    if let Some(since) = &node.since {
        page.fact(html, w.since);
        page.time(html, Some(since));
        html.raw("</dd>");
    }
    if node.passive || node.inferred {
        page.plain(html, w.judged_by, w.inferred);
    }
    if let Some(cause) = &node.cause {
        page.fact(html, w.cause);
        page.cause(html, cause);
        html.raw("</dd>");
    }
    if !node.parents.is_empty() || !node.power.is_empty() {
        page.fact(html, w.hangs_on);
        for id in node.parents.iter().chain(&node.power) {
            row(page, html, id);
        }
        html.raw("</dd>");
    }
}

fn row(page: &Page<'_>, html: &mut Html, id: &str) {
    let name = page.snapshot.registry.nodes.get(id).map_or("", |n| &n.name);
    let state = page.snapshot.node(id).map_or(State::Unknown, |(_, v)| v.state);
    html.raw("<p>");
    page.state(html, "node", Some(state.word()));
    html.raw(" ");
    page.link(html, Sheet::Node, id, name);
    html.raw("</p>");
}

fn nodes(page: &Page<'_>, html: &mut Html, slot: &NodeSlot) {
    if slot.child_nodes.is_empty() {
        return;
    }
    html.raw("<h3>").text(page.words.nodes_below).raw(" ").number(slot.child_nodes.len() as u64).raw("</h3>");
    for child in slot.child_nodes.iter().take(MAX_ROWS).filter_map(|n| page.snapshot.topology.nodes.get(n.at())) {
        row(page, html, child.id.as_str());
    }
    page.rest(html, slot.child_nodes.len(), MAX_ROWS);
}

fn cameras(page: &Page<'_>, html: &mut Html, below: &[String]) {
    let w = page.words;
    html.raw("<h3>").text(w.cameras_below).raw(" ").number(below.len() as u64).raw("</h3>");
    let state = |id: &str| page.snapshot.camera(id).map_or(State::Unknown, |(_, v)| v.state);
    let mut rows: Vec<(&String, State)> = below.iter().map(|id| (id, state(id))).collect();
    rows.sort_by_key(|(_, state)| *state == State::Up);
    page.table(html, &[w.camera, w.state]);
    for (id, state) in rows.iter().take(MAX_ROWS) {
        let name = page.snapshot.registry.cameras.get(id.as_str()).map_or("", |c| &c.name);
        html.raw("<tr><th scope=\"row\">");
        page.link(html, Sheet::Camera, id, name);
        html.raw("</th><td>");
        page.state(html, "camera", Some(state.word()));
        html.raw("</td></tr>");
    }
    page.end_table(html);
    page.rest(html, rows.len(), MAX_ROWS);
}
