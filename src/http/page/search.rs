//! Search: cameras, entrances, villages, nodes and places by name, code, id or where they are.

use cunkou_core::model::AreaId;

use super::context::{Page, Sheet, head};
use super::html::Html;
use crate::http::wire::with_those_above;

/// Hits of each kind that are shown.
const MAX_HITS: usize = 12;
/// Characters and words of a search that are read.
const MAX_CHARS: usize = 100;
const MAX_WORDS: usize = 8;

/// What is looked for: every word must stand somewhere in the texts of a thing.
struct Needle(Vec<String>);

impl Needle {
    fn read(text: &str) -> Needle {
        let text: String = text.chars().take(MAX_CHARS).collect();
        Needle(text.to_lowercase().split_whitespace().take(MAX_WORDS).map(str::to_owned).collect())
    }

    fn finds(&self, texts: &[&str], place: &str) -> bool {
        let holds = |word: &String| texts.iter().any(|t| t.to_lowercase().contains(word)) || place.contains(word);
        !self.0.is_empty() && self.0.iter().all(holds)
    }
}

/// The page of what was found.
pub(super) fn page(text: &str, page: &Page<'_>) -> String {
    let mut html = Html::default();
    head(&mut html, page.language, page.words);
    html.raw("<div id=\"app\"><main id=\"main\"><section id=\"found\"><h2>").text(page.words.found).raw("</h2>");
    let needle = Needle::read(text);
    let any = [
        entrances(page, &mut html, &needle),
        cameras(page, &mut html, &needle),
        areas(page, &mut html, &needle),
        nodes(page, &mut html, &needle),
        places(page, &mut html, &needle),
    ];
    if !any.contains(&true) {
        html.raw("<p>").text(page.words.nothing_found).raw("</p>");
    }
    html.raw("</section></main></div></body></html>\n");
    html.into_string()
}

/// The names of an area and of those it lies in, in lower case: the address of what stands there.
fn address(page: &Page<'_>, area: &AreaId) -> String {
    let names: Vec<String> = with_those_above(&page.snapshot.registry, area).map(|a| a.name.to_lowercase()).collect();
    names.join(" ")
}

struct Hit<'a> {
    sheet: Sheet,
    kind: &'static str,
    state: Option<&'a str>,
    id: &'a str,
    name: &'a str,
    village: &'a str,
}

/// Writes the hits of a kind; whether there are any.
fn hits<'a>(page: &Page<'_>, html: &mut Html, title: &str, all: impl Iterator<Item = Hit<'a>>) -> bool {
    let all: Vec<Hit<'a>> = all.collect();
    if all.is_empty() {
        return false;
    }
    html.raw("<h3>").text(title).raw(" ").number(all.len() as u64).raw("</h3><ul class=\"hits\">");
    for hit in all.iter().take(MAX_HITS) {
        html.raw("<li>");
        if !hit.kind.is_empty() {
            page.state(html, hit.kind, hit.state);
            html.raw(" ");
        }
        page.link(html, hit.sheet, hit.id, hit.name);
        html.raw(" <small>").text(hit.id);
        if !hit.village.is_empty() {
            html.raw(" · ");
            page.name(html, hit.village);
        }
        html.raw("</small></li>");
    }
    html.raw("</ul>");
    page.rest(html, all.len(), MAX_HITS);
    true
}

fn village<'a>(page: &'a Page<'_>, area: &AreaId) -> &'a str {
    page.snapshot.registry.village_of(area).map_or("", |a| &a.name)
}

fn entrances(page: &Page<'_>, html: &mut Html, needle: &Needle) -> bool {
    let all = page.snapshot.registry.entrances.values();
    let found = all.filter(|e| needle.finds(&[e.id.as_str(), &e.name], &address(page, &e.area)));
    hits(
        page,
        html,
        page.words.entrances,
        found.map(|e| Hit {
            sheet: Sheet::Entrance,
            kind: "entrance",
            state: page.snapshot.entrance(e.id.as_str()).map(|(_, b)| b.now.state.word()),
            id: e.id.as_str(),
            name: &e.name,
            village: village(page, &e.area),
        }),
    )
}

fn cameras(page: &Page<'_>, html: &mut Html, needle: &Needle) -> bool {
    let all = page.snapshot.registry.cameras.values();
    let found = all.filter(|c| {
        let code = c.gb_code.as_deref().unwrap_or_default();
        needle.finds(&[c.id.as_str(), &c.name, code], &address(page, &c.area))
    });
    let state = |c: &cunkou_core::registry::Camera| {
        let view = page.snapshot.camera(c.id.as_str()).filter(|_| c.status.is_installed());
        view.map_or(c.status.word(), |(_, v)| v.state.word())
    };
    hits(
        page,
        html,
        page.words.cameras,
        found.map(|c| Hit {
            sheet: Sheet::Camera,
            kind: "camera",
            state: Some(state(c)),
            id: c.id.as_str(),
            name: &c.name,
            village: village(page, &c.area),
        }),
    )
}

fn areas(page: &Page<'_>, html: &mut Html, needle: &Needle) -> bool {
    let all = page.snapshot.registry.areas.values();
    let found = all.filter(|a| needle.finds(&[a.id.as_str(), &a.name, a.code.as_deref().unwrap_or_default()], ""));
    hits(
        page,
        html,
        page.words.village,
        found.map(|a| Hit {
            sheet: Sheet::Village,
            kind: "",
            state: None,
            id: a.id.as_str(),
            name: &a.name,
            village: a.parent.as_ref().map_or("", |p| village(page, p)),
        }),
    )
}

fn nodes(page: &Page<'_>, html: &mut Html, needle: &Needle) -> bool {
    let all = page.snapshot.registry.nodes.values();
    let found = all.filter(|n| needle.finds(&[n.id.as_str(), &n.name], ""));
    hits(
        page,
        html,
        page.words.nodes,
        found.map(|n| Hit {
            sheet: Sheet::Node,
            kind: "node",
            state: Some(page.snapshot.node(n.id.as_str()).map_or("unknown", |(_, v)| v.state.word())),
            id: n.id.as_str(),
            name: &n.name,
            village: "",
        }),
    )
}

fn places(page: &Page<'_>, html: &mut Html, needle: &Needle) -> bool {
    let all = page.snapshot.registry.places.values();
    let found = all.filter(|p| {
        let at = p.area.as_ref().map(|area| address(page, area)).unwrap_or_default();
        let kind = page.state_word("place", Some(p.kind.word()));
        needle.finds(&[p.id.as_str(), &p.name, kind], &at)
    });
    hits(
        page,
        html,
        page.words.places,
        found.map(|p| Hit {
            sheet: Sheet::Place,
            kind: "place",
            state: Some(p.kind.word()),
            id: p.id.as_str(),
            name: &p.name,
            village: p.area.as_ref().map_or("", |area| village(page, area)),
        }),
    )
}
