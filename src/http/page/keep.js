// What somebody has in hand stays in hand while the page around it is renewed: forms that are open, with what was typed
// into them, and the focus with its caret.

let composing = false;
document.addEventListener("compositionstart", () => { composing = true; });
document.addEventListener("compositionend", () => { composing = false; });

// An input method has a word half written, or a list or calendar hangs open from its field: moving that now would break
// it. Nobody looks at a calendar for long, and what stands around it must not grow old.
const PICKING_MS = 20000;
let entered = 0;
document.addEventListener("focusin", () => { entered = Date.now(); });
export function isBusy() {
  const picks = document.activeElement?.matches("form.do select, form.do input[type=datetime-local], form.do input[type=time]");
  return composing || (picks && Date.now() - entered < PICKING_MS);
}

const quoted = (text) => "\"" + CSS.escape(text) + "\"";

// By what an element is found again when it was written anew.
function handle(element) {
  const form = element.closest("details[data-key]");
  if (form && element.tagName === "SUMMARY") { return "details[data-key=" + quoted(form.dataset.key) + "] > summary"; }
  if (element.dataset.path) { return "[data-method=" + quoted(element.dataset.method) + "][data-path=" + quoted(element.dataset.path) + "]"; }
  if (element.hasAttribute("href")) { return "a[href=" + quoted(element.getAttribute("href")) + "]"; }
  return element.className ? "button[class=" + quoted(element.className) + "]" : null;
}

// Puts what is fresh in the place of what is old; a form that is open and is there again stays as it is.
export function replace(old, fresh) {
  const active = old.contains(document.activeElement) ? document.activeElement : null;
  const found = active && handle(active);
  const caret = active && typeof active.selectionStart === "number" ? [active.selectionStart, active.selectionEnd] : null;
  for (const open of old.querySelectorAll("details[data-key][open]")) {
    const there = fresh.querySelector("details[data-key=" + quoted(open.dataset.key) + "]");
    if (there) { there.replaceWith(open); }
  }
  old.replaceWith(document.adoptNode(fresh));
  const next = active && (fresh.contains(active) ? active : found && fresh.querySelector(found));
  if (!next || next === document.activeElement) { return; }
  next.focus({ preventScroll: true });
  if (caret) { next.setSelectionRange(...caret); }
}
