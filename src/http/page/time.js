// The slider over the last seven days: bars say how many entrances were lost at most in each hour, the map shows how it
// stood at the moment that is chosen, and a banner says that this is not the present.

import { json } from "./feed.js";

const HOURS = 168;
const HOUR_MS = 3600000;
const $ = (id) => document.getElementById(id);

export async function openWeek(words, show) {
  const [slider, output, button, banner, canvas] = [$("when"), document.querySelector("#time output"), $("now"), $("past"), $("week")];
  const zone = $("app").dataset.zone;
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { timeZone: zone, month: "2-digit", day: "2-digit", weekday: "short", hour: "2-digit", minute: "2-digit", hour12: false });
  let week = null;
  const read = async () => { week = await json("/api/v1/timeline"); bars(canvas, week); };
  const at = () => new Date(Date.now() - (HOURS - Number(slider.value)) * HOUR_MS);
  const live = () => Number(slider.value) === HOURS;
  let waiting = null;

  async function move() {
    const then = live() ? null : at();
    const good = await show(then);
    banner.hidden = !then;
    button.disabled = !then;
    banner.textContent = then ? words.past + format.format(then) + (good ? "" : " · " + words.no_data) : "";
    document.body.classList.toggle("is-past", Boolean(then));
  }
  function say() {
    const part = live() || !week ? null : week.parts.find((p) => Date.parse(p.at) + week.step_ms >= at().getTime());
    const lost = part ? (part.known ? words.lost_at_most + " " + part.lost_at_most : words.no_data) : "";
    output.textContent = live() ? words.now : format.format(at()) + (lost ? " · " + lost : "");
    slider.setAttribute("aria-valuetext", output.textContent);
  }
  slider.addEventListener("input", () => { say(); clearTimeout(waiting); waiting = setTimeout(move, 120); });
  button.addEventListener("click", () => { slider.value = String(HOURS); say(); move(); slider.focus(); });
  $("time").addEventListener("submit", (event) => event.preventDefault());
  say();
  await read();
  setInterval(() => read().catch((error) => console.warn(error)), 5 * 60000);
  new ResizeObserver(() => bars(canvas, week)).observe(canvas);
}

// One bar an hour; an hour of which nothing is known is hatched, not empty.
function bars(canvas, week) {
  if (!week) { return; }
  const [w, h] = [canvas.clientWidth * 2, canvas.clientHeight * 2];
  if (!w || !h) { return; }
  canvas.width = w;
  canvas.height = h;
  const c = canvas.getContext("2d");
  const ink = getComputedStyle(canvas);
  const most = week.parts.reduce((m, p) => Math.max(m, p.lost_at_most), 1);
  const wide = w / HOURS;
  week.parts.slice(-HOURS).forEach((part, i, all) => {
    const x = w - (all.length - i) * wide;
    if (!part.known) {
      c.fillStyle = ink.borderTopColor;
      c.fillRect(x, h - 4, wide * 0.5, 4);
      return;
    }
    c.fillStyle = ink.color;
    const tall = (part.lost_at_most / most) * (h - 6);
    c.fillRect(x, h - 2 - tall, Math.max(1, wide * 0.8), tall + 2);
  });
}
