// Renews the lists when the town changes, shows sheets and what a search finds beside them, and opens the map where the
// browser can draw one. Markup comes from the server, whole and escaped; this moves it and builds none.

import { actions } from "./act.js";
import { ask, follow, forget, json, remember, takeToken, token } from "./feed.js";
import { isBusy, replace } from "./keep.js";

const $ = (id) => document.getElementById(id);
const words = () => Object.fromEntries([...document.querySelectorAll("#words dt")].map((t) => [t.textContent, t.nextElementSibling.textContent]));
const BUSY_MS = 500;
const PATIENCE_MS = 10000; // a daemon that takes longer for a page is as good as away
const SHEET = /^#\/(camera|entrance|incident|village|node|place)\/([A-Za-z0-9._-]{1,64})$/;
const townTitle = document.title;
let map = null;
let shown = null; // [kind, id] of the open sheet
let opener = null; // by what the element is found that opened it: there the focus goes back to
let marks = null;

const inLanguage = (path) => path + (path.includes("?") ? "&" : "?") + "lang=" + document.documentElement.lang;

async function documentOf(path) {
  const answer = await ask(inLanguage(path), { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
  return { status: answer.status, page: new DOMParser().parseFromString(await answer.text(), "text/html") };
}

// At most one request at a time, and one more after it where something changed meanwhile.
function inTurn(work, pause) {
  let running = false;
  let again = false;
  return async function turn() {
    if (running) { again = true; return; }
    running = true;
    try { await work(); } finally { running = false; }
    if (again) { again = false; setTimeout(turn, pause); }
  };
}

// A page that stands still must not look like a town in which nothing happens.
function stale(yes) {
  $("stale").hidden = !yes;
  document.body.classList.toggle("is-stale", yes);
}

const renew = inTurn(async function () {
  if (isBusy()) { setTimeout(renew, BUSY_MS); return; }
  try {
    const { status, page } = await documentOf(location.pathname);
    stale(status >= 500);
    if (status === 401 && token()) { forget(); }
    const [app, fresh] = [$("app"), page.getElementById("app")];
    if (!fresh) { return; }
    if (app.dataset.town && !fresh.dataset.town) { location.reload(); return; }
    if (app.dataset.town !== fresh.dataset.town) {
      app.replaceWith(document.adoptNode(fresh));
      const catalogue = page.getElementById("words");
      if (catalogue && !$("words")) { document.body.append(document.adoptNode(catalogue)); }
      dress();
      if ($("app").dataset.town) { begin(); }
      return;
    }
    replace($("main"), page.getElementById("main"));
    dress();
  } catch (error) {
    stale(true);
  }
}, 1000);

const renewSheet = inTurn(async function () {
  if (!shown || !$("sheet")) { return; }
  if (isBusy()) { setTimeout(renewSheet, BUSY_MS); return; }
  const [kind, id] = shown;
  const { status, page } = await documentOf("/page/" + kind + "/" + id).catch(() => ({ status: 0 }));
  const fresh = page && page.getElementById("sheet");
  if (!fresh || !shown || shown[0] !== kind || shown[1] !== id) { return; }
  const sheet = $("sheet");
  const first = sheet.hidden || sheet.dataset.id !== id || sheet.dataset.sheet !== kind;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "close";
  close.textContent = "✕";
  close.setAttribute("aria-label", words().close);
  close.addEventListener("click", () => { location.hash = "#/"; });
  fresh.prepend(close);
  fresh.dataset.id = id;
  fresh.dataset.sheet = kind;
  if (first) { sheet.replaceWith(document.adoptNode(fresh)); } else { replace(sheet, fresh); }
  dress();
  const title = fresh.querySelector("h2");
  if (title) {
    fresh.setAttribute("aria-label", title.textContent.trim());
    document.title = title.textContent.trim() + " · " + townTitle;
  }
  if (first) {
    // By itself the focus brings the midst of a long sheet into sight.
    fresh.focus({ preventScroll: true });
    fresh.scrollIntoView({ block: "start" });
    if (map && status === 200) { map.select(kind, id, fresh.dataset); }
  }
}, 2000);

function route() {
  const found = SHEET.exec(location.hash);
  shown = found ? [found[1], found[2]] : null;
  const other = $("other");
  if (other) { other.hash = location.hash; }
  if (shown) { renewSheet(); return; }
  const sheet = $("sheet");
  if (sheet && !sheet.hidden) {
    const had = sheet.contains(document.activeElement);
    sheet.hidden = true;
    sheet.replaceChildren();
    delete sheet.dataset.id;
    document.title = townTitle;
    if (had) { const back = (opener && document.querySelector(opener)) || $("main").querySelector("a"); if (back) { back.focus(); } }
    opener = null;
  }
  if (map) { map.select(null); }
}

// Marks in lists, sheets and legend are the same pictures as on the map.
function dress() {
  const door = $("door");
  if (door && !door.dataset.dressed) {
    door.dataset.dressed = "yes";
    door.addEventListener("submit", function (event) {
      event.preventDefault();
      remember($("token").value.trim());
      renew();
    });
  }
  for (const part of document.querySelectorAll("[data-script][hidden]")) { part.hidden = false; }
  if (!marks) { return; }
  for (const place of document.querySelectorAll("[data-mark]:not([data-drawn])")) {
    const url = marks.url(place.dataset.mark, 16);
    place.dataset.drawn = "yes";
    if (!url) { continue; }
    const picture = document.createElement("img");
    picture.src = url;
    picture.alt = "";
    picture.width = 16;
    picture.height = 16;
    place.prepend(picture);
  }
}

// Out of a form to its title, out of the legend and what was found to where one came from, out of a sheet to the lists.
function leave(from) {
  const tools = from.closest && from.closest("#tools[open]");
  if (tools) { tools.open = false; tools.querySelector("summary").focus(); return; }
  const found = from.closest && from.closest("#found, #search");
  if (found && $("found") && !$("found").hidden) { seek(""); $("search").elements.q.focus(); return; }
  const form = from.closest && from.closest("details.do[open]");
  if (form) { form.open = false; form.querySelector("summary").focus(); return; }
  if (shown) { location.hash = "#/"; }
}

function listen() {
  actions(words, () => { renew(); renewSheet(); });
  document.addEventListener("click", function (event) {
    const link = event.target.closest("a[href^='/page/']");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) { return; }
    const hash = "#" + link.getAttribute("href").slice("/page".length);
    if (!SHEET.test(hash)) { return; }
    event.preventDefault();
    if (!link.closest("#sheet")) { opener = (link.closest("#found") ? "#found" : "#main") + " a[href=" + JSON.stringify(link.getAttribute("href")) + "]"; }
    if (location.hash === hash) { route(); } else { location.hash = hash; }
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") { leave(event.target); }
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !typing) { event.preventDefault(); $("search").elements.q.focus(); }
  });
  window.addEventListener("hashchange", function () { takeToken(); route(); });
  // To the lists, and not to another address: what is open stays open.
  document.querySelector(".skip").addEventListener("click", function (event) { event.preventDefault(); $("main").tabIndex = -1; $("main").focus(); });
  const box = $("search").elements.q;
  let waiting = null;
  box.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 200); });
  $("search").addEventListener("submit", function (event) {
    if (!$("found")) { return; }
    event.preventDefault();
    clearTimeout(waiting);
    search().then(() => { const hit = $("found").querySelector("a"); if (hit) { hit.focus(); } });
  });
}

// Shows what the words in the box find.
async function search() {
  const found = $("found");
  if (!found) { return; }
  const box = $("search").elements.q;
  const text = box.value.trim();
  if (!text) { found.hidden = true; found.replaceChildren(); return; }
  const { page } = await documentOf("/page/search?q=" + encodeURIComponent(text)).catch(() => ({}));
  const fresh = page && page.getElementById("found");
  if (!fresh || box.value.trim() !== text) { return; }
  found.replaceChildren(...document.adoptNode(fresh).childNodes);
  found.hidden = false;
  dress();
}

function seek(text) { $("search").elements.q.value = text; search(); }

// Said to those who do not see the page: only what costs or gives back an entrance.
let lostBefore = null;
function say() {
  const lost = $("main").querySelector("[data-count='lost']");
  if (!lost || !$("said")) { return; }
  const now = lost.textContent.trim();
  if (lostBefore !== null && lostBefore !== now) { $("said").textContent = now; }
  lostBefore = now;
}

// Takes a stylesheet in that the lists do not wait for; the map goes on without it, if need be.
function look(path) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = path;
  document.head.append(link);
  return new Promise((on) => { link.onload = on; link.onerror = on; });
}

async function openMap() {
  const room = $("room");
  try {
    const canvas = document.createElement("canvas");
    if (!canvas.getContext("webgl2")) { throw new Error("no webgl"); }
  } catch (error) {
    $("nomap").hidden = false;
    $("nomap").textContent = words().no_webgl;
    return;
  }
  room.hidden = false;
  document.body.classList.add("with-map");
  const asked = {
    town: json("/api/v1/map"), states: json("/api/v1/map/states"), roads: json("/api/v1/roads").catch(() => null),
    about: json("/tiles/about").catch(() => null), look: look("/static/maplibre-gl.css"),
  };
  // That one of them fails is told below, also where the library fails before.
  Object.values(asked).forEach((part) => part.catch(() => null));
  try {
    const module = await import("./map.js");
    const go = function (kind, id) { opener = "#map canvas"; location.hash = "#/" + kind + "/" + id; };
    map = await module.open(words(), go, asked);
    if (shown && $("sheet").dataset.id) { map.select(shown[0], shown[1], $("sheet").dataset); }
  } catch (error) {
    console.error(error);
    room.hidden = true;
    document.body.classList.remove("with-map");
    $("nomap").hidden = false;
    $("nomap").textContent = words().map_failed;
  }
}

let begun = false;
function begin() {
  if (begun) { return; }
  begun = true;
  import("./marks.js").then((m) => { marks = m; dress(); });
  say();
  route();
  openMap();
  follow(function (event, change) {
    stale(false);
    if (map) { if (change) { map.change(change); } else { map.reload(); } }
    renew().then(say);
    renewSheet();
  }, function (silent) {
    if (silent) { stale(true); }
    renew();
  });
  setInterval(() => renew().then(say), 60000);
}

takeToken();
const sheetPage = /^\/page\/([a-z]+\/[A-Za-z0-9._-]+)$/.exec(location.pathname);
if (sheetPage) {
  // With a script, a sheet is shown beside the map.
  location.replace("/" + location.search + "#/" + sheetPage[1]);
} else {
  listen();
  dress();
  if ($("app").dataset.town) { begin(); } else if (token()) { renew(); }
}
