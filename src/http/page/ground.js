// Out of the feeds: what the map draws, as GeoJSON. Nothing here knows the map library.

const METRES_A_DEGREE = 111320;
const RANGE_M = 30; // where the register says neither how far a camera sees nor how wide
const STEP = 15; // degrees between two points of a sector's edge
const KINDS = ["camera", "entrance", "node"];

// A name as it may stand on a map: short, and without marks that turn, hide or break what stands beside it.
const MAX_NAME = 40;
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
export function clean(name) {
  const kept = [...name.slice(0, 4 * MAX_NAME).replace(HIDDEN, " ").trim()];
  return kept.length > MAX_NAME ? kept.slice(0, MAX_NAME).join("") + "…" : kept.join("");
}

const collection = (features) => ({ type: "FeatureCollection", features });
const point = (thing, properties) => ({ type: "Feature", properties, geometry: { type: "Point", coordinates: [thing.lon, thing.lat] } });
const has = (thing) => Number.isFinite(thing.lon) && Number.isFinite(thing.lat);

// Which states are drawn above which, and as marks also from far away.
const RANK = { lost: 9, down: 8, suspect: 6, unknown: 3.5, reduced: 5, degraded: 5, unwatched: 3, planned: 2, none: 1, covered: 0, up: 0 };
export const rank = (state) => RANK[state] ?? 1;

// A place so many metres off, on a flat earth: good for the reach of a camera.
function off(lon, lat, degrees, metres) {
  const a = (degrees * Math.PI) / 180;
  const x = (metres * Math.sin(a)) / (METRES_A_DEGREE * Math.cos((lat * Math.PI) / 180));
  return [lon + x, lat + (metres * Math.cos(a)) / METRES_A_DEGREE];
}

function sector(camera) {
  const all = camera.kind === "fisheye" || camera.kind === "ptz";
  if (!all && !Number.isFinite(camera.azimuth)) { return null; }
  const width = all ? 360 : Math.min(camera.hfov || 60, 360);
  const from = all ? 0 : camera.azimuth - width / 2;
  const steps = Math.max(2, Math.ceil(width / STEP));
  const edge = [];
  for (let i = 0; i <= steps; i++) { edge.push(off(camera.lon, camera.lat, from + (width * i) / steps, camera.range_m || RANGE_M)); }
  const ring = all ? edge : [[camera.lon, camera.lat], ...edge, [camera.lon, camera.lat]];
  if (all) { ring[ring.length - 1] = ring[0]; }
  return { type: "Polygon", coordinates: [ring] };
}

export class Ground {
  constructor(town) {
    this.town = town;
    this.of = { camera: new Map(), entrance: new Map(), node: new Map(), village: new Map() };
    const lists = { camera: town.cameras, entrance: town.entrances, node: town.nodes, village: town.areas };
    for (const [kind, list] of Object.entries(lists)) { for (const thing of list) { this.of[kind].set(thing.id, thing); } }
    this.states = { camera: new Map(), entrance: new Map(), node: new Map() };
  }

  // Takes whole lists of states in, which stand in the order of the town's lists.
  take(states) {
    const lists = { camera: ["cameras", this.town.cameras], entrance: ["entrances", this.town.entrances], node: ["nodes", this.town.nodes] };
    for (const [kind, [name, list]] of Object.entries(lists)) {
      list.forEach((thing, i) => this.states[kind].set(thing.id, states[name][i] || this.without(kind, thing)));
    }
  }

  without(kind, thing) { return kind === "camera" && thing.status !== "active" ? thing.status : "none"; }

  state(kind, id) { return this.states[kind]?.get(id) || "none"; }

  // Takes a change in; tells which things of which kind are other now.
  change(change) {
    const turned = {};
    for (const kind of KINDS) {
      const list = { camera: change.cameras, entrance: change.entrances, node: change.nodes }[kind];
      turned[kind] = list.filter((c) => this.of[kind].has(c.id)).map((c) => c.id);
      for (const c of list) { this.states[kind].set(c.id, c.state || "none"); }
    }
    return turned;
  }

  properties(kind, thing) {
    const state = this.state(kind, thing.id);
    const p = { id: thing.id, n: clean(thing.name) || thing.id, s: state, r: rank(state) };
    if (kind === "camera") { p.l = thing.layer; }
    return p;
  }

  // What of a thing changes with its state.
  turning(kind, id) {
    const state = this.state(kind, id);
    return [{ key: "s", value: state }, { key: "r", value: rank(state) }];
  }

  points(kind) {
    const list = { camera: this.town.cameras.filter((c) => c.status !== "retired"), entrance: this.town.entrances, node: this.town.nodes }[kind];
    return collection(list.filter(has).map((t) => point(t, this.properties(kind, t))));
  }

  sectors() {
    const features = [];
    for (const camera of this.town.cameras) {
      const geometry = camera.status !== "retired" && has(camera) ? sector(camera) : null;
      if (geometry) { features.push({ type: "Feature", properties: this.properties("camera", camera), geometry }); }
    }
    return collection(features);
  }

  // Lines from each camera and node to what it hangs on.
  tree() {
    const features = [];
    const line = (from, ids, kind) => {
      for (const id of ids || []) {
        const to = this.of.node.get(id);
        if (to && has(from) && has(to)) {
          features.push({ type: "Feature", properties: { id: from.id, k: kind }, geometry: { type: "LineString", coordinates: [[from.lon, from.lat], [to.lon, to.lat]] } });
        }
      }
    };
    this.town.cameras.forEach((c) => line(c, c.status === "retired" ? [] : c.nodes, "camera"));
    this.town.nodes.forEach((n) => line(n, n.parents, "node"));
    return collection(features);
  }

  places() { return collection(this.town.places.filter(has).map((p) => point(p, { id: p.id, n: clean(p.name), k: p.kind }))); }

  areas() {
    return collection(this.town.areas.filter((a) => a.boundary).map((a) => ({ type: "Feature", properties: { id: a.id, n: clean(a.name), k: a.kind }, geometry: a.boundary })));
  }

  names() {
    const kinds = ["village", "community", "hamlet"];
    return collection(this.town.areas.filter((a) => has(a) && kinds.includes(a.kind)).map((a) => point(a, { id: a.id, n: clean(a.name), k: a.kind })));
  }

  plan() {
    return collection(this.town.elements.filter((e) => e.shape).map((e) => ({ type: "Feature", properties: { id: e.id, n: clean(e.name), l: e.layer }, geometry: e.shape })));
  }

  // The tree below a node: each thing to what it hangs on, down to the cameras.
  below(id, line) {
    const inside = new Set([id]);
    for (let grown = true; grown; ) {
      grown = false;
      for (const node of this.town.nodes) {
        if (!inside.has(node.id) && node.parents.some((p) => inside.has(p))) { inside.add(node.id); grown = true; }
      }
    }
    const hang = (thing, ids) => { for (const up of ids || []) { if (inside.has(up)) { line(thing, this.of.node.get(up), "below"); } } };
    this.town.nodes.forEach((n) => { if (n.id !== id && inside.has(n.id)) { hang(n, n.parents); } });
    this.town.cameras.forEach((c) => { if (c.status !== "retired") { hang(c, c.nodes); } });
  }

  // The way up from a thing, and lines to what it watches or is watched by.
  around(kind, id, others) {
    const features = [];
    const here = this.of[kind]?.get(id);
    const line = (a, b, k) => { if (a && b && has(a) && has(b)) { features.push({ type: "Feature", properties: { k }, geometry: { type: "LineString", coordinates: [[a.lon, a.lat], [b.lon, b.lat]] } }); } };
    for (const other of others) {
      const there = this.of.camera.get(other) || this.of.entrance.get(other);
      if (here && kind !== "village" && kind !== "node") { line(here, there, "watch"); }
    }
    if (kind === "node") { this.below(id, line); }
    const seen = new Set();
    const up = (thing, ids) => {
      for (const parent of ids || []) {
        const node = this.of.node.get(parent);
        line(thing, node, "node");
        if (node && !seen.has(parent)) { seen.add(parent); up(node, node.parents); }
      }
    };
    if (kind === "camera") { up(here, here?.nodes); }
    if (kind === "node") { up(here, here?.parents); }
    return collection(features);
  }

  // What must be in sight: [west, south, east, north], or null.
  bounds(kind, id, others) {
    const points = [];
    const add = (t) => { if (t && has(t)) { points.push([t.lon, t.lat]); } };
    if (kind) {
      add(this.of[kind]?.get(id));
      others.forEach((o) => { add(this.of.camera.get(o)); add(this.of.entrance.get(o)); });
    } else {
      this.town.entrances.forEach(add);
      this.town.cameras.forEach(add);
    }
    if (!points.length) { return null; }
    const xs = points.map((p) => p[0]);
    const ys = points.map((p) => p[1]);
    const least = (all) => all.reduce((a, b) => Math.min(a, b));
    const most = (all) => all.reduce((a, b) => Math.max(a, b));
    return [[least(xs), least(ys)], [most(xs), most(ys)]];
  }
}
