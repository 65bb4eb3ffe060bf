// What the page asks of the daemon: every request shows the token of this tab, where there is one, in its header and
// nowhere else. The event stream is read by fetch and not by EventSource, which can show no token.

const KEY = "cunkou-token";
// The daemon says every so often that it is there; after so long without it the line counts as lost.
const TICK_S = 5;
const STILL_HERE_MS = 12000;
const AGAIN_MS = 3000;

export const token = () => sessionStorage.getItem(KEY);
export const forget = () => sessionStorage.removeItem(KEY);
export const remember = (value) => sessionStorage.setItem(KEY, value);

// Takes the token out of the address, so that it stands in no history and no link.
export function takeToken() {
  const found = /^#token=([^&]+)&?(.*)$/.exec(location.hash);
  if (!found) { return; }
  remember(decodeURIComponent(found[1]));
  history.replaceState(null, "", location.pathname + location.search + (found[2] ? "#" + found[2] : ""));
}

export function ask(path, options = {}) {
  const headers = Object.assign({}, options.headers, token() ? { Authorization: "Bearer " + token() } : {});
  return fetch(path, Object.assign({}, options, { headers }));
}

export async function json(path) {
  const answer = await ask(path);
  if (!answer.ok) { throw new Error(path + ": " + answer.status); }
  return answer.json();
}

// Follows the changes for as long as the page stands: `heard(event, data)` for each, `broken(silent)` when the line is
// lost; silent where nothing came any more, though nobody hung up.
export async function follow(heard, broken) {
  let last = null;
  for (;;) {
    const ending = new AbortController();
    let silent = false;
    const giveUp = () => { silent = true; ending.abort(); };
    let clock = setTimeout(giveUp, STILL_HERE_MS);
    try {
      const headers = last ? { "Last-Event-ID": last } : {};
      const answer = await ask("/api/v1/events?tick=" + TICK_S, { headers, signal: ending.signal, cache: "no-store" });
      if (!answer.ok) { throw new Error(String(answer.status)); }
      // What was missed before the stream began, or what a page that was cut off must not believe any more, is read anew.
      heard("reset", null);
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) { break; }
        clearTimeout(clock);
        clock = setTimeout(giveUp, STILL_HERE_MS);
        text += value;
        let end;
        while ((end = text.indexOf("\n\n")) >= 0) {
          const event = read(text.slice(0, end));
          text = text.slice(end + 2);
          if (event.id) { last = event.id; }
          if (event.name && event.name !== "tick") { heard(event.name, event.name === "change" ? JSON.parse(event.data) : null); }
        }
      }
    } catch (error) {
      // Whatever it was, the answer is the same: say so, and try again.
    }
    clearTimeout(clock);
    broken(silent);
    await new Promise((on) => setTimeout(on, AGAIN_MS));
  }
}

function read(block) {
  const event = { name: "", id: "", data: "" };
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) { event.name = line.slice(7); }
    if (line.startsWith("id: ")) { event.id = line.slice(4); }
    if (line.startsWith("data: ")) { event.data += line.slice(6); }
  }
  return event;
}
