//! What people look at, in a real Chromium: the page, the wall and the repair sheet of a demo town in which things break.
//! Skipped by name where there is no browser. `CUNKOU_SCREENSHOTS=FOLDER` keeps pictures.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod browser;
mod common;

use std::path::PathBuf;

use browser::{Browser, control, no_complaints, open_page, pages};
use common::{Daemon, FAST, Town, text, texts, wait_for};
use rustix::process::Signal;
use serde_json::Value;

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
        let rest = format!("+{}", dead.len() - 5);
        let why = if language == "en" { "Evidence" } else { "依据" };
        assert!(shown.contains(&node) && shown.contains(&rest) && shown.contains(why), "{rest} in {shown}");
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

#[test]
fn who_is_on_call_silences_an_incident_and_announces_work_where_they_stand() {
    let Some(browser) = Browser::start() else { return };
    let town = Town::new(40, FAST);
    let daemon = town.demo(40);
    daemon.all_up();
    let (entrance, camera) = daemon.sole_watcher();
    control(&daemon).set(&format!("cameras/{camera}"), "refuse");
    let incident = daemon.incident("the loss", |i| texts(&i["entrances_lost"]).contains(&entrance));
    let (id, silence) = (&incident["id"], format!("details[data-key='silence-{}']", incident["id"]));

    // Whoever has a token and no link with it enters it; a wrong one is told.
    browser.open(&format!("{}/#/camera/{camera}", daemon.base));
    browser.wait("the sheet", "return document.querySelector('#sheet[data-id]') !== null");
    assert!(!browser.shows("[data-path]"), "nobody may act without a token");
    browser.click("details[data-key=enter] > summary");
    browser.type_into("form.enter input", "a wrong one\u{e007}");
    browser.wait("the word that it is wrong", "return document.querySelector('form.enter output').textContent !== ''");
    browser.run("document.querySelector('form.enter input').value = ''");
    browser.type_into("form.enter input", &format!("{}\u{e007}", daemon.token));
    browser.wait("the token to be known", "return document.querySelector('button.leave') !== null");
    browser.wait("what may be done", &format!("return document.querySelector(\"#sheet {silence}\") !== null"));

    // By keyboard alone; what is typed outlives the renewal of the page.
    browser.run(&format!("document.querySelector(\"#sheet {silence} > summary\").focus()"));
    browser.press("\u{e007}");
    let note = format!("#sheet {silence} [name=note]");
    browser.run(&format!("document.querySelector(\"{note}\").focus()"));
    browser.press("等配件");
    let before = browser.run("return document.querySelector('#main time').textContent");
    browser.run("window.oldSheet = document.querySelector('#sheet')");
    let other = daemon.items("cameras").iter().map(|c| text(&c["id"])).find(|c| *c != camera).expect("another");
    control(&daemon).set(&format!("cameras/{other}"), "refuse");
    browser.wait(
        "the page to be renewed",
        &format!("return document.querySelector('#main time').textContent !== {before}"),
    );
    browser.wait("the sheet to be renewed", "return document.querySelector('#sheet') !== window.oldSheet");
    let typed = format!("const n = document.querySelector(\"{note}\"); return n === document.activeElement && n.value");
    assert_eq!(browser.run(&typed), "等配件", "what is typed stays, and the focus with it");
    browser.picture("page-silence.png");
    browser.press("\u{e007}");
    wait_for("the silence", || {
        let now = daemon.api(&format!("incidents/{id}"));
        (now["silenced_by"] == "demo" && now["silenced_note"] == "等配件").then_some(())
    });
    let listed = "return document.querySelector('#works')?.innerText.includes('等配件')";
    browser.wait("the silence in the list", listed);
    browser.click(&format!("#sheet button[data-method=DELETE][data-path$='/{id}/silence']"));
    wait_for("its end", || daemon.api(&format!("incidents/{id}"))["silenced_by"].is_null().then_some(()));

    announce(&browser, &daemon, &camera);
    browser.click("button.leave");
    browser.wait(
        "the token to be forgotten",
        "return document.querySelector('[data-path]') === null && sessionStorage.length === 0",
    );
    no_complaints(&browser);
}

/// Work on the camera whose sheet is open, from a moment to a moment of the town's clock, which is eight hours ahead.
fn announce(browser: &Browser, daemon: &Daemon, camera: &str) {
    let work = format!("#sheet details[data-key='work-{camera}']");
    browser.click(&format!("{work} > summary"));
    let put = |name: &str, value: &str| {
        browser.run(&format!("document.querySelector(\"{work} [name={name}]\").value = '{value}'"));
    };
    put("end", "2020-01-01T00:00");
    browser.click(&format!("{work} button"));
    browser.wait("that it would be over", "return document.getElementById('told').innerText.includes('晚于现在')");
    assert!(daemon.announced().is_empty());
    put("from", "2199-12-31T22:30");
    put("end", "2200-01-01T02:00");
    browser.type_into(&format!("{work} [name=note]"), "换电源");
    browser.click(&format!("{work} button"));
    let row = wait_for("what was announced", || daemon.announced().pop());
    assert_eq!((&row["object"], &row["note"]), (&camera.into(), &"换电源".into()));
    assert_eq!((&row["from"], &row["to"]), (&"2199-12-31T14:30:00.000Z".into(), &"2199-12-31T18:00:00.000Z".into()));
    browser.wait("the work on the sheet", "return document.querySelector('#sheet').innerText.includes('换电源')");
    browser.wait(
        "the work in the list",
        "return document.querySelector('#works').innerText.includes('2199-12-31 22:30:00')",
    );
    browser.picture("page-maintenance.png");
    browser.click("#sheet button[data-method=DELETE][data-path^='/api/v1/maintenance/']");
    wait_for("its end", || daemon.announced().is_empty().then_some(()));
}

#[test]
fn a_map_lies_under_the_map_where_the_settings_name_one() {
    let Some(browser) = Browser::start() else { return };
    let town = Town::new(12, &format!("{FAST}\n[http]\nread = \"token\"\n"));
    town.edit("cunkou.toml", |text| text.replace("[ui]\n", "[ui]\ntiles = \"under.pmtiles\"\n"));
    std::fs::write(town.path("under.pmtiles"), browser::tiles::world()).expect("written");
    let (_cameras, _control) = town.simulate();
    let daemon = town.run();
    open_page(&browser, &daemon, "");
    assert_eq!(browser.text("#credit").as_deref(), Some("© a test"));
    let water = [0xbc, 0xd6, 0xe6];
    wait_for("the water", || (browser.share_of(water) > 0.1).then_some(()));
    browser.picture("page-tiles.png");
    browser.click("#tools summary");
    browser.click("#tools input[name=tiles]");
    wait_for("the town alone", || (browser.share_of(water) < 0.01).then_some(()));

    // A file that is none is told, and the rest of the map is as ever.
    std::fs::write(town.path("under.pmtiles"), "SQLite format 3").expect("written");
    open_page(&browser, &daemon, "");
    browser.click("#tools summary");
    let told = browser.text("#tools").expect("tools");
    assert!(told.contains("底图读不了") && told.contains("pmtiles convert"), "{told}");
    no_complaints(&browser);
}

#[test]
fn a_registry_full_of_hostile_names_does_nothing_in_a_browser() {
    let Some(browser) = Browser::start() else { return };
    let town = Town::new(12, FAST);
    let names = [
        "<img src=x onerror=window.hacked=1>".to_owned(),
        "\u{202e}\u{2066}gnp.exe".to_owned(),
        "'-(window.hacked=1)-'</script><svg/onload=window.hacked=1>".to_owned(),
        "村".repeat(4_000),
    ];
    for file in ["registry/cameras.csv", "registry/entrances.csv", "registry/nodes.csv", "registry/areas.csv"] {
        town.edit(file, |text| renamed(&text, &names));
    }
    let (_cameras, _control) = town.simulate();
    let daemon = town.run();
    let first = |list: &str| text(&daemon.items(list)[0]["id"]);
    let (camera, entrance, node) = (first("cameras"), first("entrances"), first("nodes"));
    assert!(daemon.items("cameras").iter().any(|c| c["name"].as_str().is_some_and(|n| n.contains("onerror"))));
    open_page(&browser, &daemon, "");
    for sheet in [format!("camera/{camera}"), format!("entrance/{entrance}"), format!("node/{node}")] {
        browser.run(&format!("location.hash = '#/{sheet}'"));
        let id = sheet.split('/').nth(1).expect("an id");
        browser.wait("the sheet", &format!("return document.querySelector('#sheet[data-id=\"{id}\"]') !== null"));
    }
    browser.type_into("#search input", "onerror");
    browser.wait("what was found", "return document.querySelectorAll('#found .hits li').length > 0");
    let harm = "return [window.hacked, document.querySelectorAll('img:not([src^=data]), svg, iframe').length, \
                document.documentElement.scrollWidth > innerWidth]";
    assert_eq!(browser.run(harm), serde_json::json!([null, 0, false]));
    browser.picture("page-hostile.png");
    no_complaints(&browser);
}

/// A table in which each name is one of these.
fn renamed(table: &str, names: &[String]) -> String {
    let mut lines = table.lines();
    let header = lines.next().expect("a header");
    let at = header.split(',').position(|c| c == "name").expect("a column of names");
    let line = |(i, line): (usize, &str)| {
        let mut cells: Vec<&str> = line.split(',').collect();
        cells[at] = &names[i % names.len()];
        cells.join(",")
    };
    let lines: Vec<String> = lines.enumerate().map(line).collect();
    format!("{header}\n{}\n", lines.join("\n"))
}

#[test]
fn on_a_phone_at_night_everything_is_reached_and_nothing_lies_beside_the_screen() {
    let Some(browser) = Browser::start() else { return };
    let town = Town::new(40, FAST);
    let daemon = town.demo(40);
    daemon.all_up();
    let (entrance, camera) = daemon.sole_watcher();
    let watched = daemon.api(&format!("entrances/{entrance}"));
    let (name, village) = (text(&watched["name"]), text(&watched["village"]));
    browser.be_a_phone_at_night();
    open_page(&browser, &daemon, &format!("&/entrance/{entrance}"));
    let fits = "return document.documentElement.scrollWidth <= innerWidth";
    let sheet = |id: &str| format!("return document.querySelector('#sheet[data-id=\"{id}\"]')?.innerText");
    let shown = browser.wait("the sheet of the link", &sheet(&entrance));
    assert!(
        shown.as_str().is_some_and(|s| s.contains(&name) && s.contains("再坏哪一处就会失守") && s.contains(&camera))
    );
    assert_eq!(browser.run(fits), true);
    browser.picture("page-phone-entrance.png");
    browser.click(&format!("#sheet a[href='/page/camera/{camera}']"));
    let shown = browser.wait("the sheet of its camera", &sheet(&camera));
    assert!(
        shown
            .as_str()
            .is_some_and(|s| s.contains("最近维护队") && s.contains("上级链路") && s.contains("最近探测结果"))
    );
    assert_eq!(browser.run(fits), true);
    browser.picture("page-phone-camera.png");
    browser.press("\u{e00c}");
    browser.wait("the lists", "return document.querySelector('#sheet').hidden");
    browser.click(&format!("#villages a[href='/page/village/{village}']"));
    browser.wait("the sheet of the village", &sheet(&village));
    assert_eq!(browser.run(fits), true);
    browser.type_into("#search input", &camera);
    browser.wait(
        "the camera",
        &format!("return document.querySelector('#found a[href=\"/page/camera/{camera}\"]') !== null"),
    );
    let node = daemon.items("nodes").iter().find(|n| n["kind"] == "switch").map(|n| text(&n["id"])).expect("a switch");
    browser.run(&format!("location.hash = '#/node/{node}'"));
    let shown = browser.wait("the sheet of the switch", &sheet(&node));
    assert!(shown.as_str().is_some_and(|s| s.contains("下级摄像头")));
    assert_eq!(browser.run(fits), true);
    if let Some(axe) = axe() {
        let found = faults(&browser, &axe);
        assert!(found.is_empty(), "{found:#?}");
    }
    browser.picture("page-phone-node.png");
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
    let of_camera = format!("#token={}&/camera/{camera}", daemon.token);
    let of_incident = format!("#/incident/{}", incident["id"]);
    for (path, hash) in [
        ("/", ""),
        ("/", &*of_entrance),
        ("/", &*of_camera),
        ("/", &*of_incident),
        ("/wall", ""),
        (&*sheet, ""),
        ("/sheet/incident/999", ""),
    ] {
        for language in ["zh-CN", "en"] {
            browser.open("about:blank");
            browser.open(&format!("{}{path}?lang={language}{hash}", daemon.base));
            if !hash.is_empty() {
                browser.wait("the sheet", "return document.querySelector('#sheet[data-id]') !== null");
                // The token that was shown once is that of the tab.
                browser.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })");
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
