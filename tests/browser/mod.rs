//! A real Chromium, driven from outside by chromedriver's own protocol (W3C WebDriver). A dozen calls are enough here; the
//! crates for it would change what is tested (docs/dependencies.md).

#![allow(dead_code, reason = "each program uses its own part of this")]

pub(crate) mod tiles;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::common::{Control, Daemon, Program, installed, wait_for, wait_to_see};

/// How long the browser may take for one thing on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// A page that is replaced more often than this while one thing is done to it is not one that people can use.
const RENEWALS: usize = 20;

/// What the protocol calls an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with one page. It ends, with all its processes, when it is dropped.
pub(crate) struct Browser {
    // Dropped in this order: the driver and its browser, then the folder that they wrote to.
    driver: Program,
    _profile: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
    session: String,
}

impl Browser {
    /// Starts a browser; where there is none, says so and gives none.
    pub(crate) fn start() -> Option<Browser> {
        let (chromium, chromedriver) = (installed("chromium")?, installed("chromedriver")?);
        let _ = rustls::crypto::ring::default_provider().install_default();
        let profile = tempfile::tempdir().expect("a temporary folder");
        // Chromium writes beside its profile too; all of it goes away with the folder.
        let driver = Program::start(Command::new(chromedriver).arg("--port=0").env("HOME", profile.path()));
        let port: u16 = wait_for("chromedriver", || {
            let said = driver.said();
            said.split("started successfully on port ").nth(1)?.split('.').next()?.trim().parse().ok()
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().expect("a client");
        let session = format!("http://127.0.0.1:{port}/session");
        let mut browser = Browser { driver, _profile: profile, runtime, client, session };
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": { "binary": chromium, "args": arguments(browser._profile.path()),
                "prefs": { "intl.accept_languages": "zh-CN,zh" } },
        } } });
        let begun = browser.call("POST", "", Some(wanted));
        browser.session = format!("{}/{}", browser.session, begun["sessionId"].as_str().expect("a session"));
        browser.call("POST", "/timeouts", Some(json!({ "script": 60_000, "pageLoad": 60_000 })));
        Some(browser)
    }

    fn call(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        self.try_call(method, path, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    fn try_call(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value, String> {
        let url = format!("{}{path}", self.session);
        let method = reqwest::Method::from_bytes(method.as_bytes()).map_err(|e| e.to_string())?;
        let request = self.client.request(method, url).header("content-type", "application/json");
        let request = body.into_iter().fold(request, |r, b| r.body(b.to_string()));
        let text = self.runtime.block_on(async { request.send().await?.text().await }).map_err(|e| e.to_string())?;
        let mut answer: Value = serde_json::from_str(&text).map_err(|e| format!("{e}: {text}"))?;
        let value = answer["value"].take();
        match value["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", value["message"])),
            None => Ok(value),
        }
    }

    /// Opens an address, and waits until the page has loaded.
    pub(crate) fn open(&self, url: &str) {
        self.call("POST", "/url", Some(json!({ "url": url })));
    }

    /// What a script on the page returns.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.try_run(script).unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    fn try_run(&self, script: &str) -> Result<Value, String> {
        self.try_call("POST", "/execute/sync", Some(json!({ "script": script, "args": [] })))
    }

    /// What a script on the page gives to its last argument, the callback `done`.
    pub(crate) fn run_async(&self, script: &str) -> Value {
        let script = format!("const done = arguments[0]; {script}");
        self.call("POST", "/execute/async", Some(json!({ "script": script, "args": [] })))
    }

    /// Waits until a script on the page returns something true; gives it.
    #[track_caller]
    pub(crate) fn wait(&self, what: &str, script: &str) -> Value {
        wait_to_see(what, || match self.try_run(script) {
            Ok(Value::Null | Value::Bool(false)) => Err(self.text("body").unwrap_or_default()),
            Ok(value) => Ok(value),
            // A page that is just being replaced cannot answer.
            Err(error) => Err(error),
        })
    }

    /// The text of the first element of a CSS selector, as it is seen.
    pub(crate) fn text(&self, selector: &str) -> Option<String> {
        let script = format!("return document.querySelector({selector:?})?.innerText");
        self.try_run(&script).ok()?.as_str().map(str::to_owned)
    }

    /// Whether an element is there and to be seen.
    pub(crate) fn shows(&self, selector: &str) -> bool {
        self.run(&format!("return document.querySelector({selector:?})?.checkVisibility() ?? false")) == true
    }

    fn element(&self, selector: &str) -> String {
        let found = self.call("POST", "/element", Some(json!({ "using": "css selector", "value": selector })));
        let id = found.as_object().and_then(|o| o.values().next()).and_then(Value::as_str).expect("an element");
        format!("/element/{id}")
    }

    /// Does something to an element. The page may be renewed between finding it and that: then there is a new one.
    fn act_on(&self, selector: &str, what: &str, with: &Value) {
        for _ in 0..RENEWALS {
            match self.try_call("POST", &format!("{}/{what}", self.element(selector)), Some(with.clone())) {
                Ok(_) => return,
                Err(error) if error.contains("stale element reference") => {}
                Err(error) => panic!("{what} of {selector}: {error}"),
            }
        }
        panic!("{selector} is replaced all the time");
    }

    /// Clicks, as a person does: it must be there, to be seen, and not covered.
    pub(crate) fn click(&self, selector: &str) {
        self.act_on(selector, "click", &json!({}));
    }

    /// Types into an element; `\u{e007}` is the enter key.
    pub(crate) fn type_into(&self, selector: &str, text: &str) {
        self.act_on(selector, "value", &json!({ "text": text }));
    }

    /// The size of the window, in pixels.
    pub(crate) fn resize(&self, width: u32, height: u32) {
        self.call("POST", "/window/rect", Some(json!({ "width": width, "height": height })));
    }

    /// Presses keys where the focus is; `\u{e007}` is the enter key, `\u{e00c}` escape, `\u{e004}` tab.
    pub(crate) fn press(&self, keys: &str) {
        let one = |key: char| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() }));
        let actions: Vec<Value> = keys.chars().flat_map(one).collect();
        let keyboard = json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] });
        self.call("POST", "/actions", Some(keyboard));
    }

    /// A call of the protocol that Chromium's own tools speak.
    fn tool(&self, command: &str, parameters: Value) {
        self.call("POST", "/goog/cdp/execute", Some(json!({ "cmd": command, "params": parameters })));
    }

    /// Drags what is in the midst of an element there and back, for some seconds.
    pub(crate) fn drag(&self, selector: &str, x: i64, y: i64) {
        let origin = json!({ ELEMENT: self.element(selector).trim_start_matches("/element/") });
        let to = |x: i64, y: i64, ms: u64| json!({ "type": "pointerMove", "duration": ms, "origin": origin, "x": x, "y": y });
        let mut actions = vec![to(0, 0, 0), json!({ "type": "pointerDown", "button": 0 })];
        actions.extend([to(x, y, 1_500), to(-x, -y, 2_000), to(0, 0, 1_500)]);
        actions.push(json!({ "type": "pointerUp", "button": 0 }));
        self.call(
            "POST",
            "/actions",
            Some(json!({ "actions": [{ "type": "pointer", "id": "mouse", "actions": actions }] })),
        );
    }

    /// Turns the wheel over the midst of an element; what is negative comes nearer.
    pub(crate) fn wheel(&self, selector: &str, turn: i64) {
        let origin = json!({ ELEMENT: self.element(selector).trim_start_matches("/element/") });
        let scroll =
            json!({ "type": "scroll", "origin": origin, "x": 0, "y": 0, "deltaX": 0, "deltaY": turn, "duration": 0 });
        self.call(
            "POST",
            "/actions",
            Some(json!({ "actions": [{ "type": "wheel", "id": "wheel", "actions": [scroll] }] })),
        );
    }

    /// From now on the screen is that of a small phone, touched by fingers, and what is bright is dark.
    pub(crate) fn be_a_phone_at_night(&self) {
        let screen = json!({ "width": 360, "height": 780, "deviceScaleFactor": 2, "mobile": true });
        self.tool("Emulation.setDeviceMetricsOverride", screen);
        self.tool("Emulation.setTouchEmulationEnabled", json!({ "enabled": true, "maxTouchPoints": 5 }));
        let dark = json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
        self.tool("Emulation.setEmulatedMedia", dark);
    }

    /// From now on what is bright is dark.
    pub(crate) fn be_dark(&self) {
        let dark = json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
        self.tool("Emulation.setEmulatedMedia", dark);
    }

    /// How much of the window has a colour, or one that is nearly it: 0 to 1. The browser looks at its own picture.
    pub(crate) fn share_of(&self, colour: [u8; 3]) -> f64 {
        let png = self.call("GET", "/screenshot", None);
        let [r, g, b] = colour;
        let share = self.run_async(&format!(
            "const picture = new Image(); picture.onload = () => {{ const canvas = new OffscreenCanvas(picture.width, \
             picture.height); const c = canvas.getContext('2d'); c.drawImage(picture, 0, 0); \
             const all = c.getImageData(0, 0, canvas.width, canvas.height).data; let n = 0; \
             for (let i = 0; i < all.length; i += 4) {{ n += Math.abs(all[i] - {r}) + Math.abs(all[i + 1] - {g}) + \
             Math.abs(all[i + 2] - {b}) < 24; }} done(n * 4 / all.length); }}; \
             picture.src = 'data:image/png;base64,' + {png};"
        ));
        share.as_f64().expect("a number")
    }

    /// The page as PDF on A4, with the margins that its own style asks for.
    pub(crate) fn print(&self) -> Vec<u8> {
        let page = json!({ "width": 21.0, "height": 29.7 });
        let margin = json!({ "top": 1.0, "bottom": 1.0, "left": 1.0, "right": 1.0 });
        let options = json!({ "page": page, "margin": margin, "shrinkToFit": false, "background": true });
        decoded(&self.call("POST", "/print", Some(options)))
    }

    /// Writes a picture of the window into the folder that `CUNKOU_SCREENSHOTS` names; nothing where it names none.
    pub(crate) fn picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os("CUNKOU_SCREENSHOTS") {
            let png = decoded(&self.call("GET", "/screenshot", None));
            std::fs::write(PathBuf::from(folder).join(name), png).expect("a folder that can be written");
        }
    }

    /// What the browser complained of since it was last asked: refused styles and scripts, errors nobody caught.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = self.call("POST", "/se/log", Some(json!({ "type": "browser" })));
        // A warning is what graphics in software complain of; a policy that is broken is severe.
        let severe = log.as_array().into_iter().flatten().filter(|l| l["level"] == "SEVERE");
        severe.map(|l| l["message"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver, and its browser with it, is killed after this anyhow.
        let _ = self.try_call("DELETE", "", None);
        if std::thread::panicking() {
            eprintln!("chromedriver, process {}: {}", self.driver.id(), self.driver.said());
        }
    }
}

fn arguments(profile: &Path) -> Vec<String> {
    let mut arguments = vec![
        format!("--user-data-dir={}", profile.join("profile").display()),
        "--window-size=1280,800".to_owned(),
        "--lang=zh-CN".to_owned(),
        "--accept-lang=zh-CN".to_owned(),
    ];
    let plain = [
        "--headless=new",
        "--disable-dev-shm-usage",
        // No machine that tests this has a graphics card.
        "--enable-unsafe-swiftshader",
        "--no-first-run",
        "--no-proxy-server",
        "--disable-background-networking",
        "--disable-component-update",
        "--force-prefers-reduced-motion",
        "--hide-scrollbars",
    ];
    arguments.extend(plain.map(str::to_owned));
    if rustix::process::geteuid().is_root() {
        arguments.push("--no-sandbox".to_owned());
    }
    arguments
}

fn decoded(value: &Value) -> Vec<u8> {
    BASE64_STANDARD.decode(value.as_str().expect("Base64")).expect("Base64")
}

/// Pages of a PDF as Chromium writes it.
pub(crate) fn pages(pdf: &[u8]) -> usize {
    let text = String::from_utf8_lossy(pdf);
    assert!(text.starts_with("%PDF-"), "no PDF");
    text.matches("/Type /Page\n").count()
}

/// What breaks things in the demo.
pub(crate) fn control(daemon: &Daemon) -> &Control {
    daemon.control.as_ref().expect("the demo has one")
}

/// That the browser refused nothing and no script failed; that something was not answered is part of some stories.
#[track_caller]
pub(crate) fn no_complaints(browser: &Browser) {
    let mut complaints = browser.complaints();
    complaints.retain(|c| !c.contains("net::ERR_") && !c.contains("Failed to load resource"));
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// Opens the page with a token and waits until its map stands.
pub(crate) fn open_page(browser: &Browser, daemon: &Daemon, hash: &str) {
    browser.open("about:blank");
    browser.open(&format!("{}/#token={}{hash}", daemon.base, daemon.token));
    browser.wait("the map", READY);
    browser.wait("the page to know the token", "return document.querySelector('button.leave') !== null");
}

/// Whether the first picture of the map stands.
const READY: &str = "return document.querySelector('#map[data-ready=yes]') !== null";
