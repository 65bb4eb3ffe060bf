// The marks of map, lists and legend, drawn here: what a thing is by its shape (entrance: shield, camera: disc, node:
// diamond, place: house), its state by glyph and colour. Colours differ in lightness too; no state is told by colour alone.

const STATES = {
  lost: ["#b3261e", "cross"], down: ["#b3261e", "cross"],
  reduced: ["#9a5b00", "bang"], degraded: ["#9a5b00", "bang"],
  suspect: ["#6d4bb3", "question"], unknown: ["#5c6670", "question"],
  covered: ["#1b7a43", "check"], up: ["#1b7a43", "check"],
  unwatched: ["#1d5fa8", "dash", "hollow"], planned: ["#5c6670", "ring", "hollow"],
  maintenance: ["#5c6670", "bang", "hollow"], retired: ["#5c6670", "dash", "hollow"], active: ["#5c6670", "none"],
  none: ["#5c6670", "none", "hollow"], removed: ["#5c6670", "dash", "hollow"],
};
const PLACES = { station: ["#174ea6", "star"], liaison: ["#174ea6", "none"], team: ["#174ea6", "plus"] };

export const colour = (state) => (STATES[state] || STATES.none)[0];

// Every mark the map may ask for.
export function names() {
  const all = [];
  for (const kind of ["entrance", "camera", "node"]) { for (const state of Object.keys(STATES)) { all.push(kind + "-" + state); } }
  return all.concat(Object.keys(PLACES).map((k) => "place-" + k));
}

function outline(c, kind, s) {
  c.beginPath();
  if (kind === "entrance") {
    c.moveTo(s * 0.12, s * 0.1); c.lineTo(s * 0.88, s * 0.1); c.lineTo(s * 0.88, s * 0.55);
    c.quadraticCurveTo(s * 0.86, s * 0.8, s * 0.5, s * 0.95); c.quadraticCurveTo(s * 0.14, s * 0.8, s * 0.12, s * 0.55);
  } else if (kind === "node") {
    c.moveTo(s * 0.5, s * 0.06); c.lineTo(s * 0.94, s * 0.5); c.lineTo(s * 0.5, s * 0.94); c.lineTo(s * 0.06, s * 0.5);
  } else if (kind === "place") {
    c.moveTo(s * 0.5, s * 0.08); c.lineTo(s * 0.93, s * 0.45); c.lineTo(s * 0.82, s * 0.45); c.lineTo(s * 0.82, s * 0.92);
    c.lineTo(s * 0.18, s * 0.92); c.lineTo(s * 0.18, s * 0.45); c.lineTo(s * 0.07, s * 0.45);
  } else {
    c.arc(s / 2, s / 2, s * 0.42, 0, 2 * Math.PI);
  }
  c.closePath();
}

function glyph(c, name, s) {
  const p = (x, y) => [s * x, s * y];
  const line = (...points) => { c.beginPath(); points.forEach((q, i) => (i ? c.lineTo(...q) : c.moveTo(...q))); c.stroke(); };
  if (name === "cross") { line(p(0.33, 0.31), p(0.67, 0.65)); line(p(0.67, 0.31), p(0.33, 0.65)); }
  if (name === "check") { line(p(0.31, 0.5), p(0.45, 0.64), p(0.7, 0.34)); }
  if (name === "bang") { line(p(0.5, 0.26), p(0.5, 0.55)); line(p(0.5, 0.7), p(0.5, 0.71)); }
  if (name === "dash") { line(p(0.32, 0.48), p(0.68, 0.48)); }
  if (name === "plus") { line(p(0.32, 0.62), p(0.68, 0.62)); line(p(0.5, 0.44), p(0.5, 0.8)); }
  if (name === "ring") { c.beginPath(); c.arc(s * 0.5, s * 0.48, s * 0.13, 0, 2 * Math.PI); c.stroke(); }
  if (name === "question") {
    c.beginPath(); c.arc(s * 0.5, s * 0.38, s * 0.13, Math.PI, Math.PI * 0.4); c.lineTo(s * 0.5, s * 0.57); c.stroke();
    line(p(0.5, 0.71), p(0.5, 0.72));
  }
  if (name === "star") {
    c.beginPath();
    for (let i = 0; i < 10; i++) {
      const [r, a] = [i % 2 ? 0.09 : 0.2, -Math.PI / 2 + (i * Math.PI) / 5];
      c.lineTo(s * (0.5 + r * Math.cos(a)), s * (0.6 + r * Math.sin(a)));
    }
    c.closePath(); c.fillStyle = c.strokeStyle; c.fill();
  }
}

// A mark of so many CSS pixels, drawn for screens with two device pixels each.
export function draw(name, size) {
  const [kind, state] = [name.slice(0, name.indexOf("-")), name.slice(name.indexOf("-") + 1)];
  const look = kind === "place" ? PLACES[state] : STATES[state];
  if (!look) { return null; }
  const canvas = document.createElement("canvas");
  const s = size * 2;
  canvas.width = s;
  canvas.height = s;
  const c = canvas.getContext("2d");
  const hollow = look[2] === "hollow";
  outline(c, kind, s);
  c.fillStyle = hollow ? "#ffffff" : look[0];
  c.fill();
  // A light rim keeps marks apart from each other and from the ground, whatever that is.
  c.lineWidth = hollow ? s * 0.09 : s * 0.07;
  c.strokeStyle = hollow ? look[0] : "#ffffff";
  if (state === "planned") { c.setLineDash([s * 0.13, s * 0.08]); }
  c.stroke();
  c.setLineDash([]);
  c.lineWidth = s * 0.11;
  c.lineCap = "round";
  c.lineJoin = "round";
  c.strokeStyle = hollow ? look[0] : "#ffffff";
  glyph(c, look[1], s);
  return canvas;
}

const urls = new Map();
export function url(name, size) {
  const key = name + "@" + size;
  if (!urls.has(key)) {
    const canvas = draw(name, size);
    urls.set(key, canvas ? canvas.toDataURL() : null);
  }
  return urls.get(key);
}
