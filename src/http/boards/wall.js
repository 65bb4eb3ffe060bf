// The wall: renewed when the town changes, with a clock that moves only while the server ticks. Every way in which it
// could go on showing what is old ends in a banner within seconds.
import { headers, renew, shut, token } from "./board.js";

// Milliseconds without a tick (one comes each second) after which the connection counts as lost …
const SILENCE = 4000;
// … and after which it is given up and tried anew.
const GIVE_UP = 8000;
// Between two tries to connect.
const RETRY = 1000;
// The board is renewed so often even if nothing changes: it says how long things last.
const RENEW = 30000;
// A board that could not be renewed for so long is old.
const OLD = 75000;

const at = (id) => document.getElementById(id);
const clock = at("clock");
const now = () => performance.now();
let heard = now();
let begun = now();
let renewed = now();
let waiting = null;
let build = at("main").dataset.build;
let line = new AbortController();

function zone() {
  try {
    new Intl.DateTimeFormat("en", { timeZone: clock.dataset.zone });
    return clock.dataset.zone;
  } catch {
    return "UTC";
  }
}
const language = document.documentElement.lang;
const timeZone = zone();
const timeOf = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dateOf = new Intl.DateTimeFormat(language, {
  timeZone, weekday: "short", year: "numeric", month: "2-digit", day: "2-digit",
});

// The server says what time it is.
function tick(data) {
  const moment = new Date(data.at);
  heard = now();
  at("time").textContent = timeOf.format(moment);
  at("time").dateTime = data.at;
  at("date").textContent = dateOf.format(moment);
  at("last").textContent = timeOf.format(moment);
  at("trouble").hidden = data.ready;
  look();
}

// What is true right now of the board itself.
function look() {
  const silent = now() - heard > SILENCE && !shut();
  const old = now() - renewed > OLD && !shut();
  at("silent").hidden = !silent;
  at("old").hidden = silent || !old;
  document.body.classList.toggle("stale", silent || old);
}

async function freshen() {
  try {
    if (!(await renew())) { throw new Error("no board"); }
    renewed = now();
    // Another program answers than the one that made this wall: its style and script may be others too.
    const other = at("main").dataset.build;
    if (build && other && other !== build) { location.reload(); }
    build = other || build;
  } catch {
    soon(RETRY * 2);
  }
  look();
}

// Renews in a moment; changes that come in between share it.
function soon(after = 200) {
  if (waiting === null) {
    waiting = setTimeout(() => { waiting = null; freshen(); }, after);
  }
}

function hear(event) {
  const field = (name) => event.split("\n").filter((l) => l.startsWith(name)).map((l) => l.slice(name.length)).join("");
  const name = field("event: ");
  if (name === "tick") { tick(JSON.parse(field("data: "))); }
  if (name === "change" || name === "reset") { soon(); }
}

// Reads the stream to its end. An EventSource cannot show a token, so that the stream is fetched.
async function read(body) {
  const text = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await text.read();
    if (done) { return; }
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    events.forEach(hear);
  }
}

async function listen() {
  begun = now();
  line = new AbortController();
  const answer = await fetch("/api/v1/events?tick=1", { headers: headers(), cache: "no-store", signal: line.signal });
  if (!answer.ok) {
    // A token that is not known any more: the door is shown.
    if (answer.status === 401 || answer.status === 403) { await freshen(); }
    return;
  }
  // What changed while nobody listened.
  soon(0);
  await read(answer.body);
}

async function run() {
  for (;;) {
    if (!shut() || token()) {
      try { await listen(); } catch { /* the banner says it */ }
    }
    await new Promise((done) => setTimeout(done, RETRY));
  }
}

// A screen that goes dark says nothing. Browsers allow it on this machine and over https only.
async function stayAwake() {
  if (document.visibilityState === "visible") {
    try { await navigator.wakeLock?.request("screen"); } catch { /* then the machine's own settings hold */ }
  }
}

const full = at("full");
full.hidden = !document.fullscreenEnabled;
full.addEventListener("click", () => {
  if (document.fullscreenElement) { document.exitFullscreen(); } else { document.documentElement.requestFullscreen(); }
});
document.addEventListener("visibilitychange", stayAwake);
setInterval(() => {
  look();
  if (now() - Math.max(heard, begun) > GIVE_UP) { line.abort(); }
}, 500);
setInterval(() => soon(), RENEW);
stayAwake();
if (token()) { soon(0); }
run();
