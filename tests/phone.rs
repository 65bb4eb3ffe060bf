//! The page in the hands of who is on call: by keyboard alone, on a small phone at night, and when the line is lost. In a
//! real Chromium; skipped by name where there is none. `CUNKOU_SCREENSHOTS=FOLDER` keeps pictures.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod browser;
mod common;

use browser::{Browser, control, no_complaints, open_page};
use common::{FAST, Town, text, texts, wait_for};
use rustix::process::Signal;
use serde_json::Value;

const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";

/// Waits until that has the focus which leads to this address, or has this id.
#[track_caller]
fn focus(browser: &Browser, what: &str, wanted: &str) {
    let seen = "(document.activeElement.getAttribute('href') ?? '#' + document.activeElement.id)";
    browser.wait(what, &format!("return {seen} === {wanted:?}"));
}

#[test]
fn by_keyboard_alone_a_station_is_found_and_left_and_the_focus_comes_back() {
    let Some(browser) = Browser::start() else { return };
    let town = Town::new(40, FAST);
    let daemon = town.demo(40);
    daemon.all_up();
    open_page(&browser, &daemon, "");
    let title = browser.run("return document.title");
    let station = daemon.items("places").into_iter().find(|p| p["kind"] == "station").expect("a station");
    let (id, name) = (text(&station["id"]), text(&station["name"]));
    let link = format!("/page/place/{id}");
    browser.press("/");
    browser.press(&name);
    browser.press(ENTER);
    focus(&browser, "the first that was found", &link);
    browser.press(ENTER);
    focus(&browser, "the sheet of the station", "#sheet");
    let sheet = browser.text("#sheet").expect("a sheet");
    assert!(sheet.contains(&name) && sheet.contains("附近失守进出口"), "{sheet}");
    assert!(
        browser.run("return document.title").as_str().is_some_and(|t| t.contains(&name)),
        "a tab says what it shows"
    );
    browser.press(ESCAPE);
    focus(&browser, "the way back", &link);
    assert_eq!(browser.run("return document.title"), title);
    browser.press(ESCAPE);
    browser.wait("what was found to be put away", "return document.getElementById('found').hidden");
    assert_eq!(browser.run("return document.activeElement.name"), "q");

    // Whoever skips to the lists keeps the sheet that is open.
    browser.run(&format!("location.hash = '#/place/{id}'"));
    browser.wait("the sheet", "return document.querySelector('#sheet[data-id]') !== null");
    browser.run("document.querySelector('.skip').focus()");
    browser.press(ENTER);
    focus(&browser, "the lists", "#main");
    assert!(browser.shows("#sheet"), "it is open still");
    // The legend opens and closes by keyboard too.
    browser.run("document.querySelector('#tools summary').focus()");
    browser.press(ENTER);
    assert_eq!(browser.run("return document.getElementById('tools').open"), true);
    browser.run("document.querySelector('#tools input').focus()");
    browser.press(ESCAPE);
    assert_eq!(browser.run("return document.getElementById('tools').open"), false);
    assert!(browser.shows("#sheet"), "one thing at a time");

    // On the map the sheet brought its station into the midst: there a click opens it again.
    browser.run("document.getElementById('sheet').focus()");
    browser.press(ESCAPE);
    browser.wait("the lists alone", "return document.getElementById('sheet').hidden");
    browser.click("#map canvas");
    browser.wait("a sheet of what was clicked", "return document.querySelector('#sheet[data-sheet=place]') !== null");
    no_complaints(&browser);
}

#[test]
fn work_that_recurs_is_announced_and_a_sink_is_tried_where_one_stands() {
    let Some(browser) = Browser::start() else { return };
    // Nobody listens there.
    let sink = "[[sink]]\nname = \"desk\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1:9/\"\n";
    let town = Town::new(12, &format!("{FAST}\n{sink}"));
    let daemon = town.demo(12);
    daemon.all_up();
    let node = text(&daemon.items("nodes")[0]["id"]);
    browser.be_a_phone_at_night();
    open_page(&browser, &daemon, &format!("&/node/{node}"));
    let form = format!("#sheet details[data-key='weekly-{node}']");
    browser.wait("what may be done", &format!("return document.querySelector(\"{form}\") !== null"));
    browser.click(&format!("{form} > summary"));
    let put = |name: &str, value: &str| {
        browser.run(&format!("document.querySelector(\"{form} [name={name}]\").value = '{value}'"));
    };
    put("begin", "22:00");
    put("over", "05:00");
    browser.click(&format!("{form} button"));
    browser.wait("that a day is wanted", "return document.getElementById('told').innerText.includes('至少选一天')");
    for day in ["sat", "sun"] {
        browser.click(&format!("{form} [value={day}]"));
    }
    browser.type_into(&format!("{form} [name=note]"), "夜间割接");
    browser.picture("phone-weekly.png");
    browser.click(&format!("{form} button"));
    let row = wait_for("what was announced", || daemon.announced().pop());
    let shown = ["object", "weekly", "note", "to"].map(|field| row[field].clone());
    assert_eq!(shown, [node.into(), "sat,sun 22:00-05:00".into(), "夜间割接".into(), Value::Null]);
    browser.wait(
        "it on the sheet",
        "return document.querySelector('#sheet').innerText.includes('周六、周日 22:00–05:00')",
    );
    browser.click("#sheet button[data-method=DELETE][data-path^='/api/v1/maintenance/']");
    wait_for("its end", || daemon.announced().is_empty().then_some(()));

    browser.click("details[data-key=test-desk] > summary");
    browser.click("details[data-key=test-desk] button");
    let said = "return document.querySelector('details[data-key=test-desk] .said').innerText.includes('POST')";
    browser.wait("the request", said);
    assert!(browser.text("#told").is_some_and(|t| t.contains("未送达")));
    browser.picture("phone-test.png");
    no_complaints(&browser);
}

#[test]
fn a_page_says_within_seconds_that_nothing_comes_any_more() {
    let Some(browser) = Browser::start() else { return };
    let town = Town::new(12, FAST);
    let daemon = town.demo(12);
    daemon.all_up();
    open_page(&browser, &daemon, "");
    assert!(!browser.shows("#stale"));
    // With open connections: nothing comes, and nobody hangs up.
    daemon.program.signal(Signal::STOP);
    browser.wait("the word that the connection is lost", "return document.getElementById('stale').checkVisibility()");
    browser.picture("page-stale.png");
    daemon.program.signal(Signal::CONT);
    browser.wait("the page to be alive again", "return document.getElementById('stale').hidden");
    no_complaints(&browser);
}

/// Whatever is to be touched is as high as a finger is broad, and nothing lies beside the screen. Links in running text
/// are as the text is.
const UNFIT: &str =
    "const small = [...document.querySelectorAll('button, summary, select, input:not([type=checkbox])')]
        .filter((e) => e.checkVisibility() && !e.closest('.maplibregl-ctrl') && e.type !== 'range')
        .filter((e) => e.getBoundingClientRect().height < 44).map((e) => e.outerHTML.slice(0, 120));
    return document.documentElement.scrollWidth > innerWidth ? [...small, 'wider than the screen'] : small";

#[test]
fn on_the_smallest_phone_every_sheet_fits_and_fingers_hit() {
    let Some(browser) = Browser::start() else { return };
    let town = Town::new(40, FAST);
    let daemon = town.demo(40);
    daemon.all_up();
    let (entrance, camera) = daemon.sole_watcher();
    control(&daemon).set(&format!("cameras/{camera}"), "refuse");
    let incident = daemon.incident("the loss", |i| texts(&i["entrances_lost"]).contains(&entrance));
    let first = |list: &str| text(&daemon.items(list)[0]["id"]);
    let village = text(&daemon.api(&format!("entrances/{entrance}"))["village"]);
    let sheets = [
        String::new(),
        format!("incident/{}", incident["id"]),
        format!("camera/{camera}"),
        format!("entrance/{entrance}"),
        format!("node/{}", first("nodes")),
        format!("village/{village}"),
        format!("place/{}", first("places")),
    ];
    browser.be_a_phone_at_night();
    for language in ["zh-CN", "en"] {
        browser.open("about:blank");
        browser.open(&format!("{}/?lang={language}#token={}", daemon.base, daemon.token));
        browser.wait("the page to know the token", "return document.querySelector('button.leave') !== null");
        for sheet in &sheets {
            browser.run(&format!("location.hash = '#/{sheet}'"));
            let id = sheet.split('/').next_back().expect("an id");
            let there = if id.is_empty() { "[hidden]".to_owned() } else { format!("[data-id=\"{id}\"]:not([hidden])") };
            browser.wait("the sheet", &format!("return document.querySelector('#sheet{there}') !== null"));
            let name = format!("phone-{language}-{}.png", sheet.split('/').next().expect("a kind"));
            browser.picture(&name);
            browser.run("document.querySelectorAll('#side details').forEach((d) => { d.open = true; })");
            assert_eq!(browser.run(UNFIT), serde_json::json!([]), "{sheet} in {language}");
            browser.picture(&format!("open-{name}"));
        }
    }
    no_complaints(&browser);
}
