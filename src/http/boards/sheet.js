// The sheet: asked for again with the token of this tab, where there is one, and printed. It is a picture of one moment
// and does not renew itself.
import { renew, token } from "./board.js";

const print = document.getElementById("print");
print.hidden = false;
print.addEventListener("click", () => window.print());
if (token()) { renew().catch(() => {}); }
