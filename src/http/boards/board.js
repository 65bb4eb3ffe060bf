// What the boards share: the token, which lives in this tab only, and renewing the board without loading it anew.
// Markup comes from the server alone; nothing here builds any from text.
const KEY = "cunkou-token";
// How long the server may take for a board, in milliseconds.
const PATIENCE = 10000;

const fragment = /^#token=(.+)$/.exec(location.hash);
if (fragment) {
  sessionStorage.setItem(KEY, decodeURIComponent(fragment[1]));
  history.replaceState(null, "", location.pathname + location.search);
}

export const token = () => sessionStorage.getItem(KEY);
export const headers = () => (token() ? { Authorization: "Bearer " + token() } : {});
// Whether the board asks for a token instead of showing something.
export const shut = () => document.getElementById("door") !== null;

// Fetches this board again and puts its main part in place of ours; whether the server gave us one.
export async function renew() {
  const shown = token();
  const answer = await fetch(location.href, {
    headers: headers(), cache: "no-store", signal: AbortSignal.timeout(PATIENCE),
  });
  if (answer.status === 401 && shown && shown === token()) { sessionStorage.removeItem(KEY); }
  const board = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = board.getElementById("main");
  if (!fresh || answer.status >= 500) { return false; }
  // Somebody may be typing at the door already.
  if (shut() && fresh.querySelector("#door")) { return true; }
  document.getElementById("main").replaceWith(document.adoptNode(fresh));
  dress();
  return true;
}

// Gives the door its handle.
function dress() {
  const door = document.getElementById("door");
  if (!door) { return; }
  door.addEventListener("submit", async (event) => {
    event.preventDefault();
    const field = document.getElementById("token");
    sessionStorage.setItem(KEY, field.value.trim());
    field.value = "";
    await renew().catch(() => {});
  });
}

dress();
