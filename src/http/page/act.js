// What somebody with a token does: take an incident, silence it, announce work, end it. The server writes the forms, for
// those who may; this sends what stands in them, and says in words what came of it.

import { ask, forget, remember } from "./feed.js";

const PATH = /^\/api\/v1\/(incidents\/\d+\/(ack|silence)|maintenance(\/\d+)?|sinks\/[A-Za-z0-9._-]{1,64}\/test)$/;
const MINUTE_MS = 60000;
const TOLD_MS = 8000;
const $ = (id) => document.getElementById(id);

// How far the clocks of a zone are ahead of UTC at an instant, in milliseconds.
function ahead(at, zone) {
  const number = "numeric";
  const form = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", year: number, month: number, day: number, hour: number, minute: number, second: number });
  const p = Object.fromEntries(form.formatToParts(at).map((part) => [part.type, Number(part.value)]));
  return Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) - Math.floor(at / 1000) * 1000;
}

// The instant at which the clocks of a zone show a time, `2026-11-24T22:00`.
export function instant(local, zone) {
  const shown = Date.parse(local + "Z");
  const near = shown - ahead(shown, zone);
  return new Date(shown - ahead(near, zone));
}

// The days and hours of what recurs, as the API has them; null where no day is picked.
function weekOf(form) {
  const days = [...form.querySelectorAll("[name=day]:checked")].map((box) => box.value);
  return days.length ? (days.length === 7 ? "daily" : days.join(",")) + " " + form.elements.begin.value + "-" + form.elements.over.value : null;
}

// What a form asks for; in its place the name of the word that says why it cannot be asked.
function bodyOf(form, zone) {
  const field = (name) => (form.elements[name] ? form.elements[name].value.trim() : "");
  const moment = (name) => (field(name) ? instant(field(name), zone) : null);
  const from = moment("from");
  const begin = (from || new Date()).getTime();
  const end = moment("end") || (field("for") ? new Date(begin + Number(field("for")) * MINUTE_MS) : null);
  if (end && (end.getTime() <= Date.now() || end.getTime() <= begin)) { return "end_before"; }
  const body = { note: field("note") };
  if (form.dataset.weekly) {
    body.weekly = weekOf(form);
    if (!body.weekly) { return "no_day"; }
  }
  if (form.dataset.object) { body.object = form.dataset.object; }
  if (from) { body.from = from.toISOString(); }
  if (end) { body[form.dataset.end] = end.toISOString(); }
  return body;
}

// Said where everybody sees and hears it, whatever is renewed meanwhile.
let silence = null;
function tell(text, bad) {
  const told = $("told");
  told.textContent = text;
  told.className = bad ? "bad" : "good";
  told.hidden = false;
  clearTimeout(silence);
  silence = setTimeout(() => { told.hidden = true; }, TOLD_MS);
}

function why(status, words) {
  if (status === 401 || status === 403) { return words.not_allowed; }
  if (status === 404) { return words.gone; }
  if (status === 409) { return words.is_over; }
  return words.try_again + status;
}

// Sends a sink a test and shows what was said; the form stays open, since that is to be read.
async function tryOut(form, words) {
  const answer = await ask(form.dataset.path, { method: "POST" }).catch(() => ({ ok: false, status: 0 }));
  if (!answer.ok) { tell(why(answer.status, words), true); return; }
  const trial = await answer.json();
  tell(trial.delivered ? words.test_taken : words.test_failed + trial.error, !trial.delivered);
  form.parentElement.querySelector(".said").textContent = trial.exchanges.map((e) => [e.head, e.body, e.answer].join("\n\n")).join("\n\n");
}

async function send(asked, words, zone) {
  const { method, path } = asked.dataset;
  if (!PATH.test(path)) { return false; }
  if (asked.dataset.trial) { await tryOut(asked, words); return false; }
  const options = { method };
  if (asked.tagName === "FORM") {
    const body = bodyOf(asked, zone);
    if (typeof body === "string") { tell(words[body], true); return false; }
    options.body = JSON.stringify(body);
    options.headers = { "Content-Type": "application/json" };
  }
  const answer = await ask(path, options).catch(() => ({ ok: false, status: 0 }));
  tell(answer.ok ? words.done : why(answer.status, words), !answer.ok);
  return answer.ok;
}

async function enter(form, words) {
  const says = form.querySelector("output");
  const shown = form.elements.token.value.trim();
  const answer = await fetch("/api/v1/status", { headers: { Authorization: "Bearer " + shown }, cache: "no-store" }).catch(() => ({ ok: false, status: 0 }));
  if (answer.ok) { remember(shown); return true; }
  says.textContent = answer.status === 401 ? words.token_wrong : answer.status === 429 ? words.token_many : words.try_again + answer.status;
  form.elements.token.select();
  return false;
}

// Does what is asked for on the page; `done` renews it.
export function actions(words, done) {
  const attempt = async function (asked, work) {
    if (asked.dataset.busy) { return; }
    asked.dataset.busy = "yes";
    const good = await work().finally(() => { delete asked.dataset.busy; });
    if (!good) { return; }
    const form = asked.closest("details[data-key]");
    if (form) { form.open = false; }
    done();
  };
  const zone = () => $("app").dataset.zone;
  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (form.matches("form.do")) { event.preventDefault(); attempt(form, () => send(form, words(), zone())); }
    if (form.matches("form.enter")) { event.preventDefault(); attempt(form, () => enter(form, words())); }
  });
  document.addEventListener("click", function (event) {
    const button = event.target.closest("button.do");
    if (button) { attempt(button, () => send(button, words(), zone())); }
    if (event.target.closest("button.leave")) { forget(); done(); }
  });
}
