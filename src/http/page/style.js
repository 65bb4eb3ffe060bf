// How the map looks: layers from the ground up, in a light and a dark manner. A style without `glyphs` makes the library
// draw text with fonts of this machine, Chinese and Latin alike, so that no glyph server is asked.

import { base } from "./base.js";
import { colour, names } from "./marks.js";

const FONT = ["Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "sans-serif"];
const STATES = ["lost", "down", "unknown", "suspect", "reduced", "degraded", "unwatched", "planned", "covered", "up"];
export const MARKS = names();

const MANNERS = {
  light: { ground: "#f4f3ee", inside: "#fbfaf7", edge: "#8d8f86", main: "#d9b36c", road: "#cfcabb", track: "#e2dfd4", text: "#33373b", halo: "#ffffff", tree: "#5c6670", plan: "#6d4bb3", picked: "#0b57d0", water: "#bcd6e6", green: "#dde8d3" },
  dark: { ground: "#16191c", inside: "#1c2024", edge: "#6c747c", main: "#6b5a36", road: "#3c4248", track: "#2a2f34", text: "#d7dbdf", halo: "#16191c", tree: "#8a949e", plan: "#b79cf0", picked: "#8ab4f8", water: "#1d3240", green: "#1f2a20" },
};

const byState = ["match", ["get", "s"], ...STATES.flatMap((s) => [s, colour(s)]), colour("none")];
const text = (field, size, manner) => ({
  layout: { "text-field": field, "text-font": FONT, "text-size": size, "text-padding": 4 },
  paint: { "text-color": manner.text, "text-halo-color": manner.halo, "text-halo-width": 1.4 },
});
const zoomed = (...stops) => ["interpolate", ["linear"], ["zoom"], ...stops];
const mark = (kind, from, filter, size) => ({
  type: "symbol", source: kind, ...(from ? { minzoom: from } : {}), ...(filter ? { filter } : {}),
  layout: {
    "icon-image": ["concat", kind + "-", ["get", "s"]], "icon-size": size, "icon-allow-overlap": true,
    "icon-ignore-placement": true, "symbol-sort-key": ["get", "r"], "symbol-z-order": "auto",
  },
});
const dots = (kind, to, filter, radius, m) => ({
  type: "circle", source: kind, maxzoom: to, filter, layout: { "circle-sort-key": ["get", "r"] },
  // What nobody watches by plan, or nothing is known of, is hollow here too: after a start that is the whole town.
  paint: { "circle-color": ["match", ["get", "s"], ["unwatched", "planned", "none", "unknown"], m.halo, byState], "circle-radius": radius, "circle-opacity": 0.8, "circle-stroke-color": ["match", ["get", "s"], ["covered", "up"], m.halo, byState], "circle-stroke-width": ["match", ["get", "s"], ["covered", "up"], 0.4, 1], "circle-stroke-opacity": ["match", ["get", "s"], ["unwatched", "planned", "none"], 0.55, 1] },
});
const WELL = ["<", ["get", "r"], 4];
const ODD = [">", ["get", "r"], 4];
const road = (id, classes, color, width) => ({
  id, type: "line", source: "roads", filter: classes,
  layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": color, "line-width": width },
});
const isOneOf = (...words) => ["in", ["get", "highway"], ["literal", words]];
const MAIN = ["main", "motorway", "trunk", "primary", "secondary"];
const SMALL = ["track", "path", "footway", "cycleway", "steps", "bridleway"];

// Layers by what shows and hides them; within one the order counts.
function layers(m, letters, below) {
  const letter = ["match", ["get", "l"], ...Object.entries(letters).flat(), ""];
  const names = text(["get", "n"], zoomed(11, 11, 15, 14), m);
  return [
    { id: "ground", type: "background", paint: { "background-color": m.ground } },
    ...below,
    { id: "inside", type: "fill", source: "areas", filter: ["==", ["get", "k"], "town"], paint: { "fill-color": m.inside, "fill-opacity": below.length ? 0.25 : 1 } },
    road("roads-small", isOneOf(...SMALL), m.track, zoomed(11, 0.4, 16, 2)),
    road("roads-other", ["!", isOneOf(...MAIN, ...SMALL)], m.road, zoomed(11, 0.8, 16, 5)),
    road("roads-main", isOneOf(...MAIN), m.main, zoomed(10, 1.4, 16, 8)),
    { id: "areas-line", type: "line", source: "areas", filter: ["!=", ["get", "k"], "town"], minzoom: 11, paint: { "line-color": m.edge, "line-width": 0.8, "line-opacity": 0.5, "line-dasharray": [3, 2] } },
    { id: "town-line", type: "line", source: "areas", filter: ["==", ["get", "k"], "town"], paint: { "line-color": m.edge, "line-width": 2, "line-dasharray": [5, 2] } },
    { id: "plan-area", type: "line", source: "plan", filter: ["!=", ["geometry-type"], "Point"], paint: { "line-color": m.plan, "line-width": ["match", ["get", "l"], "line", 5, 2], "line-opacity": 0.55 } },
    { id: "plan-point", type: "circle", source: "plan", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-color": "transparent", "circle-radius": zoomed(11, 5, 16, 16), "circle-stroke-color": m.plan, "circle-stroke-width": 2 } },
    { id: "tree-line", type: "line", source: "tree", paint: { "line-color": m.tree, "line-width": ["match", ["get", "k"], "node", 1.6, 0.6], "line-opacity": 0.6 } },
    { id: "sectors-fill", type: "fill", source: "sectors", minzoom: 13, paint: { "fill-color": byState, "fill-opacity": zoomed(13, 0.12, 16, 0.22) } },
    { id: "around-line", type: "line", source: "around", paint: { "line-color": ["match", ["get", "k"], "watch", m.picked, m.tree], "line-width": ["match", ["get", "k"], "below", 1, 2], "line-opacity": ["match", ["get", "k"], "below", 0.7, 1], "line-dasharray": [2, 1] } },
    { id: "nodes-mark", ...mark("node", 0, null, zoomed(10, 0.45, 15, 0.85)) },
    { id: "cameras-dot", ...dots("camera", 13, WELL, zoomed(8.5, 0.5, 10, 1, 13, 2.6), m) },
    { id: "entrances-dot", ...dots("entrance", 12.5, WELL, zoomed(8.5, 0.8, 10, 1.6, 12.5, 3.4), m) },
    // Over the dots, which would cover them, and under every mark.
    { id: "village-names", source: "names", type: "symbol", filter: ["!=", ["get", "k"], "hamlet"], minzoom: 10.5, ...names },
    { id: "hamlet-names", source: "names", type: "symbol", filter: ["==", ["get", "k"], "hamlet"], minzoom: 13.2, ...text(["get", "n"], zoomed(13, 10, 16, 13), m) },
    { id: "cameras-mark", ...mark("camera", 13, WELL, zoomed(13, 0.5, 16, 0.8)) },
    { id: "entrances-mark", ...mark("entrance", 12.5, WELL, zoomed(12.5, 0.4, 16, 0.9)) },
    { id: "places-mark", type: "symbol", source: "places", minzoom: 9.8, layout: { "icon-image": ["concat", "place-", ["get", "k"]], "icon-size": zoomed(10, 0.4, 15, 0.9), "icon-allow-overlap": true } },
    { id: "nodes-odd", ...mark("node", 0, ["in", ["get", "s"], ["literal", ["down", "suspect", "degraded"]]], zoomed(10, 0.6, 15, 0.95)) },
    { id: "cameras-odd", ...mark("camera", 0, ODD, zoomed(10, 0.42, 13, 0.6, 16, 0.85)) },
    { id: "entrances-odd", ...mark("entrance", 0, ODD, zoomed(10, 0.6, 13, 0.8, 16, 1)) },
    { id: "cameras-letter", type: "symbol", source: "camera", minzoom: 14.5, layout: { "text-field": letter, "text-font": FONT, "text-size": 11, "text-offset": [0, 1.1], "text-allow-overlap": true, "text-ignore-placement": true }, paint: { "text-color": m.text, "text-halo-color": m.halo, "text-halo-width": 1.4 } },
    { id: "entrances-lost-name", type: "symbol", source: "entrance", minzoom: 11, filter: ["==", ["get", "s"], "lost"], layout: { "text-field": ["get", "n"], "text-font": FONT, "text-size": 12, "text-offset": [0, 1.3], "text-anchor": "top", "text-optional": true }, paint: { "text-color": m.text, "text-halo-color": m.halo, "text-halo-width": 1.6 } },
    { id: "entrances-name", type: "symbol", source: "entrance", minzoom: 14.5, filter: ["!=", ["get", "s"], "lost"], layout: { "text-field": ["get", "n"], "text-font": FONT, "text-size": 11, "text-offset": [0, 1.3], "text-anchor": "top" }, paint: { "text-color": m.text, "text-halo-color": m.halo, "text-halo-width": 1.4 } },
    { id: "picked-ring", type: "circle", source: "picked", paint: { "circle-radius": 15, "circle-color": "transparent", "circle-stroke-color": m.picked, "circle-stroke-width": 3 } },
  ];
}

// The layers behind each box of the tools; a thing that is not named here is always shown.
export const THINGS = {
  entrances: ["entrances-dot", "entrances-mark", "entrances-odd", "entrances-name", "entrances-lost-name"],
  cameras: ["cameras-dot", "cameras-mark", "cameras-odd", "cameras-letter"],
  sectors: ["sectors-fill"], nodes: ["nodes-mark"], tree: ["tree-line"], places: ["places-mark"],
  plan: ["plan-area", "plan-point"], roads: ["roads-small", "roads-other", "roads-main"],
};
export const OF_CAMERAS = [...THINGS.cameras, ...THINGS.sectors];
export const CLICKED = ["entrances-odd", "nodes-odd", "cameras-odd", "places-mark", "entrances-mark", "entrances-dot", "cameras-mark", "cameras-dot", "nodes-mark"];

export function style(dark, letters, data, about) {
  const manner = MANNERS[dark ? "dark" : "light"];
  const under = base(about, manner, dark, FONT);
  const sources = under.source ? { tiles: under.source } : {};
  for (const [name, features] of Object.entries(data)) {
    sources[name] = { type: "geojson", data: features, promoteId: "id", tolerance: name === "roads" || name === "areas" ? 0.375 : 0, buffer: 64, attribution: "" };
  }
  return { version: 8, sources, layers: layers(manner, letters, under.layers) };
}

// The layers of one thing of the tools in a style that is drawn.
export const layersOf = (thing, drawn) => (thing === "tiles" ? drawn.filter((id) => id.startsWith("tiles-")) : THINGS[thing]);
