// Renews the page when the town changes, and lets those who have a token acknowledge. A token lives in this tab only.
"use strict";
(function () {
  const KEY = "cunkou-token";
  const fragment = /^#token=(.+)$/.exec(location.hash);
  if (fragment) {
    sessionStorage.setItem(KEY, decodeURIComponent(fragment[1]));
    history.replaceState(null, "", location.pathname + location.search);
  }
  const token = () => sessionStorage.getItem(KEY);
  const headers = () => (token() ? { Authorization: "Bearer " + token() } : {});
  // A page that stands still must not look like a town in which nothing happens.
  const stale = (yes) => { document.getElementById("stale").hidden = !yes; };
  let running = false;
  let again = false;

  async function renew() {
    if (running) { again = true; return; }
    running = true;
    try {
      const answer = await fetch(location.href, { headers: headers(), cache: "no-store" });
      stale(answer.status >= 500);
      if (answer.status === 401 && token()) { sessionStorage.removeItem(KEY); }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("main");
      if (fresh) { document.getElementById("main").replaceWith(document.adoptNode(fresh)); }
      dress();
    } catch (error) {
      stale(true);
    }
    running = false;
    if (again) { again = false; setTimeout(renew, 1000); }
  }

  function dress() {
    const door = document.getElementById("door");
    if (door) {
      door.addEventListener("submit", function (event) {
        event.preventDefault();
        sessionStorage.setItem(KEY, document.getElementById("token").value.trim());
        renew();
      });
    }
    for (const button of document.querySelectorAll("button.ack")) {
      button.hidden = !token();
      button.addEventListener("click", async function () {
        button.disabled = true;
        const path = "/api/v1/incidents/" + button.dataset.incident + "/ack";
        const answer = await fetch(path, { method: "POST", headers: headers() });
        if (answer.ok) { renew(); } else { button.textContent += " ✗ " + answer.status; }
      });
    }
  }

  dress();
  if (token()) { renew(); }
  // An event stream cannot show a token, so that the page asks in turn where reading needs one.
  if (document.getElementById("door")) {
    setInterval(() => { if (token()) { renew(); } }, 10000);
  } else {
    const stream = new EventSource("/api/v1/events");
    stream.addEventListener("change", renew);
    stream.addEventListener("reset", renew);
    // A stream that breaks is opened again by the browser; whether anybody still answers, the page finds out at once.
    stream.addEventListener("error", renew);
    setInterval(renew, 60000);
  }
})();
