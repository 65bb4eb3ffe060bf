// The live map: draws the town from the daemon's own feeds, follows changes, shows the past on request, and what is
// picked. The lists beside it say the same; what cannot be reached here by keyboard is reached there.

import { Map as Canvas, NavigationControl, ScaleControl } from "./maplibre-gl.mjs";
import { ask, json, token } from "./feed.js";
import { Ground } from "./ground.js";
import { draw } from "./marks.js";
import { CLICKED, MARKS, OF_CAMERAS, THINGS, layersOf, style } from "./style.js";
import { openWeek } from "./time.js";

const MARK_SIZE = 24;
// What is drawn only from here on, or only when asked for, is not made before: for 10 000 cameras it is most of the work.
const SECTORS_FROM = 12.5;
const LATE = ["sectors", "tree", "plan"];
const KIND_OF = { camera: "camera", entrance: "entrance", node: "node" };
// Which sheet a click on what is drawn from a source opens.
const SHEET_OF = { ...KIND_OF, places: "place" };
const EMPTY = { type: "FeatureCollection", features: [] };
const $ = (id) => document.getElementById(id);

class TownMap {
  constructor(words, go, ground, roads, about) {
    Object.assign(this, { words, go, ground, roads, about, past: null, picked: null, made: new Set() });
    this.letters = Object.fromEntries([...document.querySelectorAll("#tools input[name=layer]")].map((b) => [b.value, b.dataset.letter]));
    this.darkness = matchMedia("(prefers-color-scheme: dark)");
    this.darkness.addEventListener("change", () => this.restyle());
  }

  data() {
    const g = this.ground;
    const late = (name) => (this.made.has(name) ? g[name]() : EMPTY);
    return {
      roads: this.roads, areas: g.areas(), plan: late("plan"), tree: late("tree"), sectors: late("sectors"), around: EMPTY, names: g.names(),
      node: g.points("node"), camera: g.points("camera"), entrance: g.points("entrance"), places: g.places(), picked: EMPTY,
    };
  }

  async show() {
    const bounds = this.ground.bounds();
    const box = $("map");
    this.canvas = new Canvas({
      container: box, style: style(this.darkness.matches, this.letters, this.data(), this.about), attributionControl: false,
      ...(bounds ? { bounds, fitBoundsOptions: { padding: 24 } } : { center: [114.5, 31], zoom: 4 }),
      // The token goes to this daemon, and to no server of tiles.
      transformRequest: (url) => ({ url, headers: token() && url.startsWith(location.origin + "/") ? { Authorization: "Bearer " + token() } : {} }),
      maxZoom: 19, dragRotate: false, pitchWithRotate: false, touchPitch: false, fadeDuration: 0,
      locale: { "Map.Title": this.words.map || "Map", "NavigationControl.ZoomIn": this.words.zoom_in || "+", "NavigationControl.ZoomOut": this.words.zoom_out || "-" },
      localIdeographFontFamily: "\"Noto Sans CJK SC\", \"Microsoft YaHei\", \"PingFang SC\", sans-serif",
    });
    this.canvas.touchZoomRotate.disableRotation();
    this.canvas.keyboard.disableRotation();
    this.canvas.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.canvas.addControl(new ScaleControl(), "bottom-left");
    this.marks();
    const loaded = new Promise((on) => this.canvas.once("load", on));
    this.listen();
    this.tools();
    await loaded;
    this.hide();
    this.canvas.on("zoomend", () => this.fill());
    // For whoever tests: the first picture stands.
    box.dataset.ready = "yes";
    performance.mark("map-ready");
  }

  marks() {
    for (const name of MARKS) {
      const canvas = draw(name, MARK_SIZE);
      const picture = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      if (!this.canvas.hasImage(name)) { this.canvas.addImage(name, picture, { pixelRatio: 2 }); }
    }
  }

  restyle() {
    this.canvas.setStyle(style(this.darkness.matches, this.letters, this.data(), this.about), { diff: false });
    this.canvas.once("styledata", () => { this.marks(); this.hide(); this.mark(); });
  }

  // What is under the pointer, the most important first.
  under(point) {
    const near = [[point.x - 6, point.y - 6], [point.x + 6, point.y + 6]];
    const layers = CLICKED.filter((l) => this.canvas.getLayer(l));
    const found = this.canvas.queryRenderedFeatures(near, { layers });
    found.sort((a, b) => layers.indexOf(a.layer.id) - layers.indexOf(b.layer.id) || (b.properties.r || 0) - (a.properties.r || 0));
    return found[0];
  }

  listen() {
    const tip = $("tip");
    this.canvas.on("click", (event) => {
      const hit = this.under(event.point);
      if (hit && SHEET_OF[hit.source]) { this.go(SHEET_OF[hit.source], hit.properties.id); }
    });
    this.canvas.on("mousemove", (event) => {
      const hit = this.under(event.point);
      this.canvas.getCanvas().style.cursor = hit && SHEET_OF[hit.source] ? "pointer" : "";
      tip.hidden = !hit;
      if (!hit) { return; }
      tip.textContent = hit.properties.n + " · " + this.said(hit);
      tip.style.left = Math.min(event.point.x + 14, $("map").clientWidth - 220) + "px";
      tip.style.top = event.point.y + 14 + "px";
    });
    this.canvas.on("mouseout", () => { tip.hidden = true; });
    this.canvas.on("error", (event) => console.warn(event.error));
  }

  // The word of a state or kind, as the legend has it.
  said(hit) {
    if (hit.source === "places") { return document.querySelector("#tools [data-kind='" + hit.properties.k + "']")?.textContent || ""; }
    const mark = document.querySelector("#tools [data-mark='" + hit.source + "-" + hit.properties.s + "']");
    return mark ? mark.textContent : this.past ? this.words.no_data : "";
  }

  tools() {
    for (const box of document.querySelectorAll("#tools input")) { box.addEventListener("change", () => this.hide()); }
  }

  // Shows and hides what the boxes say.
  hide() {
    const shown = (name) => document.querySelector("#tools input[name='" + name + "']")?.checked ?? true;
    const drawn = this.canvas.getLayersOrder();
    for (const thing of [...Object.keys(THINGS), "tiles"]) {
      for (const layer of layersOf(thing, drawn)) { this.canvas.setLayoutProperty(layer, "visibility", shown(thing) ? "visible" : "none"); }
    }
    const of = [...document.querySelectorAll("#tools input[name=layer]:checked")].map((b) => b.value);
    this.filters ||= new Map(OF_CAMERAS.map((l) => [l, this.canvas.getFilter(l)]));
    for (const layer of OF_CAMERAS) {
      const own = this.filters.get(layer);
      const only = ["in", ["get", "l"], ["literal", of]];
      this.canvas.setFilter(layer, of.length === 4 ? own : own ? ["all", own, only] : only);
    }
    this.fill();
  }

  // Makes what is shown from now on and was not made yet.
  fill() {
    for (const name of LATE) {
      const shown = document.querySelector("#tools input[name='" + name + "']").checked;
      if (!shown || this.made.has(name) || (name === "sectors" && this.canvas.getZoom() < SECTORS_FROM)) { continue; }
      this.made.add(name);
      this.canvas.getSource(name).setData(this.ground[name]());
    }
  }

  // A change of the stream; while the past is shown it waits in the ground.
  change(change) {
    if (change.registry_version !== this.ground.town.registry_version) { this.reload(); return; }
    const turned = (this.live || this.ground).change(change);
    if (this.past) { return; }
    for (const kind of Object.keys(KIND_OF)) { this.turn(kind, turned[kind]); }
  }

  turn(kind, ids) {
    if (!ids.length) { return; }
    const update = ids.map((id) => ({ id, addOrUpdateProperties: this.ground.turning(kind, id) }));
    this.canvas.getSource(kind).updateData({ update });
    if (kind === "camera" && this.made.has("sectors")) { this.canvas.getSource("sectors").updateData({ update }); }
  }

  // Reads everything again: changes were missed, or another registry is in force.
  async reload() {
    if (this.reloading) { return; }
    this.reloading = true;
    try {
      const states = await json("/api/v1/map/states");
      if (states.registry_version !== this.ground.town.registry_version) {
        this.ground = new Ground(await json("/api/v1/map"));
        this.ground.take(states);
        for (const [name, data] of Object.entries(this.data())) { if (!["around", "picked", "roads"].includes(name)) { this.canvas.getSource(name).setData(data); } }
        this.mark();
      } else if (this.past) {
        this.live.take(states);
      } else {
        this.ground.take(states);
        this.states();
      }
    } catch (error) {
      console.warn(error);
    } finally {
      this.reloading = false;
    }
  }

  states() {
    for (const kind of Object.keys(KIND_OF)) { this.canvas.getSource(kind).setData(this.ground.points(kind)); }
    if (this.made.has("sectors")) { this.canvas.getSource("sectors").setData(this.ground.sectors()); }
  }

  // Shows how it stood at a moment; null: now.
  async showAt(at) {
    if (!at) {
      if (this.live) { this.ground = this.live; this.live = null; }
      this.past = null;
      this.states();
      return true;
    }
    const answer = await ask("/api/v1/map/states?at=" + encodeURIComponent(at.toISOString()));
    const states = answer.ok ? await answer.json() : null;
    this.live ||= this.ground;
    this.past = at;
    const past = new Ground(this.live.town);
    past.take(states || { cameras: [], nodes: [], entrances: [] });
    this.ground = past;
    this.states();
    return Boolean(states);
  }

  select(kind, id, data) {
    this.picked = kind ? { kind, id, others: (data.with || "").split(" ").filter(Boolean), at: data.lon ? [Number(data.lon), Number(data.lat)] : null } : null;
    this.mark();
    if (!this.picked) { return; }
    const bounds = this.ground.bounds(kind, id, kind === "camera" || kind === "entrance" ? [] : this.picked.others);
    if (bounds) { this.canvas.fitBounds(bounds, { padding: 80, maxZoom: Math.max(kind === "camera" || kind === "entrance" ? 16.5 : 15, this.canvas.getZoom()), duration: 600 }); }
    else if (this.picked.at) { this.canvas.easeTo({ center: this.picked.at, zoom: Math.max(14, this.canvas.getZoom()) }); }
  }

  mark() {
    const p = this.picked;
    const ring = p?.at ? { type: "FeatureCollection", features: [{ type: "Feature", properties: { id: p.id }, geometry: { type: "Point", coordinates: p.at } }] } : EMPTY;
    this.canvas.getSource("picked")?.setData(ring);
    this.canvas.getSource("around")?.setData(p ? this.ground.around(p.kind, p.id, p.others) : EMPTY);
  }
}

function fault(text) {
  const said = document.createElement("p");
  said.className = "odd";
  said.textContent = text;
  $("tools").append(said);
}

// Opens the map in its room, out of what was asked for while the library still came; `go(kind, id)` is told what was
// clicked.
export async function open(words, go, data) {
  const [town, states, roads, about] = await Promise.all([data.town, data.states, data.roads, data.about, data.look]);
  const ground = new Ground(town);
  ground.take(states);
  performance.mark("map-data");
  const map = new TownMap(words, go, ground, roads || EMPTY, about);
  await map.show();
  if (roads?.faults?.length) { fault(words.roads_failed + roads.faults[0]); }
  if (about?.fault) { fault(words.tiles_failed + about.fault); }
  if (about?.credit) { $("credit").textContent = about.credit; $("credit").hidden = false; }
  openWeek(words, (at) => map.showAt(at)).catch((error) => console.warn(error));
  return map;
}
