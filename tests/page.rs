//! What people look at, in a real Chromium: the page, the wall and the repair sheet of a demo town in which things break.
//! Skipped by name where there is no browser. `CUNKOU_SCREENSHOTS=FOLDER` keeps pictures.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod browser;
mod common;

use std::path::PathBuf;

use browser::{Browser, pages};
use common::{Control, Daemon, FAST, Town, text, texts, wait_for};
use rustix::process::Signal;
use serde_json::Value;

fn control(daemon: &Daemon) -> &Control {
    daemon.control.as_ref().expect("the demo has one")
}

/// That the browser refused nothing and no script failed; that something was not answered is part of some stories.
#[track_caller]
fn no_complaints(browser: &Browser) {
    let mut complaints = browser.complaints();
    complaints.retain(|c| !c.contains("net::ERR_") && !c.contains("Failed to load resource"));
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn a_lost_entrance_turns_on_the_wall_without_a_reload() {
    let Some(browser) = Browser::start() else { return };
    let town = Town::new(40, FAST);
    let daemon = town.demo(40);
    daemon.all_up();
    let (entrance, camera) = daemon.sole_watcher();
    let name = text(&daemon.api(&format!("entrances/{entrance}"))["name"]);
    browser.resize(1920, 1080);
    browser.open(&format!("{}/wall", daemon.base));
    browser.wait("a calm wall", "return document.querySelector('main.good .huge b')?.textContent === '0'");
    let clock = browser.wait("a clock that shows the time", TIME);
    browser.picture("wall-calm.png");
    browser.run("window.sameAsBefore = true");

    control(&daemon).set(&format!("cameras/{camera}"), "refuse");
    browser.wait("the loss on the wall", "return document.querySelector('main.bad .huge b')?.textContent === '1'");
    let lists = browser.text(".lists").expect("lists");
    assert!(lists.contains(&name), "{name} in {lists}");
    browser.wait("the incident", "return document.querySelector('.rows .open .tag') !== null");
    assert_ne!(browser.wait("the clock", TIME), clock, "the clock moves");
    browser.picture("wall-lost.png");

    browser.click("header a");
    let text = browser.wait("English", "return document.querySelector('html[lang=en] .huge')?.innerText");
    assert!(text.as_str().is_some_and(|t| t.contains("entrance lost")), "{text}");
    browser.wait("the clock in English", TIME);
    browser.run("window.sameAsBefore = true");

    // A daemon that stands still with open connections: nothing comes and nothing ends.
    daemon.program.signal(Signal::STOP);
    browser.wait("the word that the connection is lost", SILENT);
    assert!(browser.text("#silent").is_some_and(|t| t.contains("Connection lost")));
    assert_eq!(browser.run("return document.body.classList.contains('stale')"), true);
    browser.picture("wall-silent.png");
    daemon.program.signal(Signal::CONT);
    browser.wait("the wall to be alive again", "return document.querySelector('#silent[hidden]') !== null");

    control(&daemon).set(&format!("cameras/{camera}"), "none");
    browser.wait("the end of the loss", "return document.querySelector('.huge b')?.textContent === '0'");
    assert_eq!(browser.run("return window.sameAsBefore"), true, "all of it on one page, never loaded anew");
    no_complaints(&browser);
}

/// What the clock of the wall shows, once it shows a time.
const TIME: &str = "return /^\\d\\d:\\d\\d:\\d\\d$/.exec(document.getElementById('time').textContent)?.[0]";
/// Whether the wall says that the connection is lost.
const SILENT: &str = "return document.getElementById('silent').checkVisibility()";

#[test]
fn the_map_page_turns_takes_an_incident_opens_sheets_goes_back_in_time_and_changes_its_language() {
    let Some(browser) = Browser::start() else { return };
    let town = Town::new(40, FAST);
    let daemon = town.demo(40);
    daemon.all_up();
    let (entrance, camera) = daemon.sole_watcher();
    let name = text(&daemon.api(&format!("entrances/{entrance}"))["name"]);
    browser.open(&format!("{}/#token={}", daemon.base, daemon.token));
    browser.wait("the map", "return document.querySelector('body.with-map #map canvas') !== null");
    assert_eq!(browser.run("return location.hash.includes('token')"), false, "the token does not stay in the address");
    browser.run("window.sameAsBefore = true");

    control(&daemon).set(&format!("cameras/{camera}"), "refuse");
    let incident = daemon.incident("the loss", |i| texts(&i["entrances_lost"]).contains(&entrance));
    let id = incident["id"].as_u64().expect("a number");
    let acknowledge = format!("button.ack[data-incident=\"{id}\"]");
    let shown = format!("return document.querySelector('{acknowledge}')?.checkVisibility()");
    browser.wait("the incident on the page", &shown);
    browser.picture("map-lost.png");
    browser.click(&acknowledge);
    wait_for("the acknowledgement", || {
        (daemon.api(&format!("incidents/{id}"))["status"] == "acknowledged").then_some(())
    });
    let taken = "return /已接单：\\s*demo/.test(document.body.innerText)";
    browser.wait("the page to say who took it", taken);

    browser.run(&format!("location.hash = '#/entrance/{entrance}'"));
    let sheet = format!("return document.querySelector('#sheet[data-id=\"{entrance}\"]')?.innerText");
    let sheet = browser.wait("the sheet of the entrance", &sheet);
    assert!(sheet.as_str().is_some_and(|s| s.contains(&name) && s.contains("失守")), "{sheet}");
    browser.run("const w = document.getElementById('when'); w.value = '160'; w.dispatchEvent(new Event('input'))");
    browser.wait(
        "the past",
        "return document.body.classList.contains('is-past') && !document.getElementById('past').hidden",
    );
    browser.click("#now");
    browser.wait("the present", "return !document.body.classList.contains('is-past')");
    assert_eq!(browser.run("return window.sameAsBefore"), true, "all of it without loading the page anew");

    browser.click("#other");
    let english = "return document.querySelector('html[lang=en] #sheet[data-id]')?.innerText";
    let english = browser.wait("the sheet in English", english);
    assert!(english.as_str().is_some_and(|s| s.contains("lost")), "{english}");
    no_complaints(&browser);
}

#[test]
fn the_sheet_of_forty_cameras_is_one_page_of_paper() {
    let Some(browser) = Browser::start() else { return };
    let town = Town::new(40, FAST);
    let daemon = town.demo(40);
    daemon.all_up();
    // What takes most of them: the uplink takes all forty.
    let mut nodes = daemon.items("nodes");
    nodes.sort_by_key(|n| n["cameras"].as_u64());
    let node = text(&nodes.last().expect("nodes")["id"]);
    control(&daemon).set(&format!("nodes/{node}"), "drop");
    let dead = control(&daemon).cut_off();
    let incident = daemon.incident("all that it took", |i| texts(&i["cameras"]) == dead);
    assert!(dead.len() >= 30, "{}", dead.len());
    browser.resize(900, 1300);
    for language in ["zh-CN", "en"] {
        // With the token, so that what only it may see takes its room too.
        let url = format!("{}/sheet/incident/{}?lang={language}#token={}", daemon.base, incident["id"], daemon.token);
        browser.open(&url);
        browser.wait("the sheet", "return document.querySelector('main.sheet svg.map path.road') !== null");
        let shown = browser.text("main").expect("a sheet");
        let rest = format!("+{}", dead.len() - 6);
        assert!(shown.contains(&node) && shown.contains(&rest), "{rest} in {shown}");
        assert_eq!(pages(&browser.print()), 1, "{language}");
        let tall = browser.run("return document.querySelector('main').scrollHeight * 25.4 / 96");
        assert!(tall.as_f64().is_some_and(|mm| mm < 297.0), "nothing is cut off: {tall} mm with its margins");
        browser.picture(&format!("sheet-{language}.png"));
    }
    no_complaints(&browser);
}

#[test]
fn where_reading_needs_a_token_the_wall_asks_for_it_and_then_lives() {
    let Some(browser) = Browser::start() else { return };
    let town = Town::new(12, &format!("{FAST}\n[http]\nread = \"token\"\n"));
    let (_cameras, _control) = town.simulate();
    let daemon = town.run();
    browser.open(&format!("{}/wall", daemon.base));
    assert!(browser.shows("#door") && !browser.shows(".huge"), "nothing is shown to nobody");
    browser.type_into("#token", "a wrong one\u{e007}");
    let refused = "return sessionStorage.length === 0 && document.getElementById('door') !== null";
    browser.wait("the token to be refused", refused);
    browser.type_into("#token", &format!("{}\u{e007}", daemon.token));
    browser.wait("the wall", "return document.querySelector('.huge b') !== null");
    browser.wait("a clock that shows the time", TIME);
    // In the address of a screen that nobody types on.
    browser.run("sessionStorage.clear()");
    browser.open("about:blank");
    browser.open(&format!("{}/wall#token={}", daemon.base, daemon.token));
    let first = browser.wait("a clock that shows the time", TIME);
    browser.wait("the clock to move", &format!("{TIME} !== {first}"));
    assert_eq!(browser.run("return location.hash"), "", "the token does not stay in the address");
    no_complaints(&browser);
}

/// axe-core, which tests/all puts below the target folder; `CUNKOU_AXE` names another place.
fn axe() -> Option<String> {
    let built = PathBuf::from(env!("CARGO_BIN_EXE_cunkou"));
    let target = built.parent().and_then(|p| p.parent()).expect("a target folder");
    let path = std::env::var_os("CUNKOU_AXE").map_or_else(|| target.join("axe-core/axe.min.js"), PathBuf::from);
    match std::fs::read_to_string(&path) {
        Ok(script) => Some(script),
        Err(_) => {
            println!("skipped: axe-core: not installed (npm; tests/all puts it into {})", path.display());
            None
        }
    }
}

/// What axe finds serious or critical on the page that is open.
fn faults(browser: &Browser, axe: &str) -> Vec<Value> {
    browser.run(axe);
    let found = browser.run_async(
        "axe.run(document, { resultTypes: ['violations'] }).then((r) => done(r.violations.map((v) => \
         ({ id: v.id, impact: v.impact, at: v.nodes.map((n) => [n.target, n.failureSummary]) }))), (e) => done([String(e)]))",
    );
    let found = found.as_array().expect("a list").clone();
    found.into_iter().filter(|f| f["impact"] != "minor" && f["impact"] != "moderate").collect()
}

#[test]
fn axe_finds_no_serious_fault() {
    let Some(axe) = axe() else { return };
    let Some(browser) = Browser::start() else { return };
    let town = Town::new(24, FAST);
    let daemon = town.demo(24);
    daemon.all_up();
    let (entrance, camera) = daemon.sole_watcher();
    control(&daemon).set(&format!("cameras/{camera}"), "refuse");
    let incident = daemon.incident("the loss", |i| texts(&i["entrances_lost"]).contains(&entrance));
    let sheet = format!("/sheet/incident/{}", incident["id"]);
    let of_entrance = format!("#/entrance/{entrance}");
    for (path, hash) in [("/", ""), ("/", &*of_entrance), ("/wall", ""), (&*sheet, ""), ("/sheet/incident/999", "")] {
        for language in ["zh-CN", "en"] {
            browser.open("about:blank");
            browser.open(&format!("{}{path}?lang={language}{hash}", daemon.base));
            if !hash.is_empty() {
                browser.wait("the sheet", "return document.querySelector('#sheet[data-id]') !== null");
            }
            let found = faults(&browser, &axe);
            assert!(found.is_empty(), "{path}{hash} in {language}: {found:#?}");
        }
    }
    let badge = format!("{}/badge/entrance/{entrance}.svg", daemon.base);
    browser.open(&badge);
    assert_eq!(browser.run("return document.documentElement.getAttribute('role')"), "img");
    browser.picture("badge.png");
}
