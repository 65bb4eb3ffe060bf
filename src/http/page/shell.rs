//! What stands around the lists: the map with its tools, and the place of a sheet. Hidden until the script has found
//! that it can draw, so that without one the lists alone are the page.

use cunkou_core::registry::NodeKind;

use super::context::Page;
use super::html::Html;
use super::words::Words;

/// Scripts that the map wants: asked for with the page itself, and not one after the other as each names the next.
const PARTS: [&str; 10] = [
    "feed.js",
    "keep.js",
    "act.js",
    "marks.js",
    "maplibre-gl.mjs",
    "map.js",
    "ground.js",
    "style.js",
    "base.js",
    "time.js",
];
/// What can be shown and hidden, by its name in the script, and whether it is shown at first.
const THINGS: [(&str, bool); 8] = [
    ("entrances", true),
    ("cameras", true),
    ("sectors", true),
    ("nodes", false),
    ("tree", false),
    ("places", true),
    ("plan", false),
    ("roads", true),
];
/// The layers of the plan, in the order of 圈块线点.
const LAYERS: [&str; 4] = ["circle", "block", "line", "point"];
/// Marks that the legend explains.
const MARKS: [(&str, &[&str]); 3] = [
    ("entrance", &["lost", "unknown", "reduced", "covered", "unwatched", "planned"]),
    ("camera", &["down", "suspect", "degraded", "unknown", "up"]),
    ("node", &["down", "unknown", "up"]),
];

/// Begins the page's body: map, tools, then the column of sheet and lists.
pub(super) fn begin(html: &mut Html, page: &Page<'_>) {
    let w = page.words;
    for part in PARTS {
        html.raw("<link rel=\"modulepreload\" href=\"/static/").raw(part).raw("\">");
    }
    html.raw("<p id=\"said\" class=\"unseen\" role=\"status\"></p><p id=\"told\" role=\"alert\" hidden></p>");
    html.raw("<div id=\"app\" data-town=\"yes\" data-zone=\"")
        .text(page.settings.time_zone.iana_name().unwrap_or("UTC"));
    html.raw("\"><section id=\"room\" aria-label=\"").text(w.map).raw("\" hidden><div id=\"map\"></div>");
    html.raw("<p id=\"past\" class=\"banner odd\" role=\"status\" hidden></p><div id=\"tip\" hidden></div>");
    html.raw("<p id=\"credit\" hidden></p>");
    tools(html, page);
    time(html, w);
    html.raw("</section><p id=\"nomap\" class=\"quiet\" hidden></p><div id=\"side\">");
    html.raw("<section id=\"found\" aria-live=\"polite\" hidden></section>");
    html.raw("<article id=\"sheet\" tabindex=\"-1\" hidden></article>");
}

/// Ends what [`begin`] began, with the words that the script says.
pub(super) fn end(html: &mut Html, w: &Words) {
    html.raw("</div></div><dl id=\"words\" hidden>");
    for (key, word) in [
        ("no_webgl", w.no_webgl),
        ("map_failed", w.map_failed),
        ("past", w.showing_past),
        ("no_data", w.no_data),
        ("now", w.now),
        ("close", w.close),
        ("lost_at_most", w.lost_at_most),
        ("roads_failed", w.roads_failed),
        ("tiles_failed", w.tiles_failed),
        ("map", w.map),
        ("zoom_in", w.zoom_in),
        ("zoom_out", w.zoom_out),
        ("token_wrong", w.token_wrong),
        ("token_many", w.token_many),
        ("not_allowed", w.not_allowed),
        ("is_over", w.is_over),
        ("gone", w.no_such),
        ("end_before", w.end_before),
        ("no_day", w.no_day),
        ("test_taken", w.test_taken),
        ("test_failed", w.test_failed),
        ("try_again", w.try_again),
        ("done", w.done),
    ] {
        html.raw("<dt>").raw(key).raw("</dt><dd>").text(word).raw("</dd>");
    }
    html.raw("</dl>");
}

fn tools(html: &mut Html, page: &Page<'_>) {
    let w = page.words;
    html.raw("<details id=\"tools\"><summary>").text(w.legend).raw("</summary><fieldset><legend>").text(w.show);
    html.raw("</legend>");
    let tiles = page.settings.tiles.is_some().then_some(("tiles", true));
    for (name, shown) in THINGS.into_iter().chain(tiles) {
        html.raw("<label><input type=\"checkbox\" name=\"").raw(name);
        html.raw(if shown { "\" checked> " } else { "\"> " }).text(thing(w, name)).raw("</label>");
    }
    html.raw("</fieldset><fieldset><legend>").text(w.camera_layers).raw("</legend>");
    for layer in LAYERS {
        html.raw("<label><input type=\"checkbox\" name=\"layer\" checked value=\"").raw(layer).raw("\" data-letter=\"");
        html.text(letter(w, layer)).raw("\"> ").text(layer_word(w, layer)).raw("</label>");
    }
    html.raw("</fieldset>");
    for (kind, states) in MARKS {
        let title = match kind {
            "entrance" => w.entrances,
            "camera" => w.cameras,
            _ => w.nodes,
        };
        html.raw("<h3>").text(title).raw("</h3><ul class=\"marks\">");
        for state in states.iter().copied() {
            html.raw("<li>");
            page.state(html, kind, Some(state));
            html.raw("</li>");
        }
        html.raw("</ul>");
    }
    // The script says of a node on the map what it is.
    html.raw("<h3>").text(w.kinds).raw("</h3><ul class=\"marks\">");
    for kind in NodeKind::ALL.iter().filter(|k| **k != NodeKind::Group) {
        html.raw("<li data-kind=\"").raw(kind.word()).raw("\">").text(page.node_kind(*kind)).raw("</li>");
    }
    for (kind, word) in [("station", w.station), ("liaison", w.liaison), ("team", w.team)] {
        html.raw("<li data-kind=\"")
            .raw(kind)
            .raw("\"><span data-mark=\"place-")
            .raw(kind)
            .raw("\"></span>")
            .text(word);
        html.raw("</li>");
    }
    html.raw("</ul></details>");
}

fn time(html: &mut Html, w: &Words) {
    html.raw("<form id=\"time\"><label for=\"when\">")
        .text(w.last_days)
        .raw("</label><canvas id=\"week\" aria-hidden=\"true\">");
    html.raw("</canvas><input id=\"when\" type=\"range\" min=\"0\" max=\"168\" value=\"168\"><output for=\"when\">");
    html.text(w.now)
        .raw("</output><button type=\"button\" id=\"now\" disabled>")
        .text(w.back_to_now)
        .raw("</button></form>");
}

fn thing(w: &Words, name: &str) -> &'static str {
    match name {
        "entrances" => w.entrances,
        "cameras" => w.cameras,
        "sectors" => w.sectors,
        "nodes" => w.nodes,
        "tree" => w.tree,
        "places" => w.places,
        "plan" => w.plan,
        "tiles" => w.tiles,
        _ => w.roads,
    }
}

/// What a layer of the plan is called.
pub(super) fn layer_word(w: &Words, layer: &str) -> &'static str {
    match layer {
        "circle" => w.layer_circle,
        "block" => w.layer_block,
        "line" => w.layer_line,
        _ => w.layer_point,
    }
}

/// One character for it, which stands in the mark of a camera.
fn letter(w: &Words, layer: &str) -> &'static str {
    let word = layer_word(w, layer);
    word.get(..word.chars().next().map_or(0, char::len_utf8)).unwrap_or_default()
}
