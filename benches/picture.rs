//! What the page costs who looks at it, in a real Chromium: bytes, the time to the first useful picture, the time of a frame
//! while the map is dragged and zoomed. `cargo bench --bench picture`, or with other sizes: `-- 778 10000`.
//!
//! Without a graphics card WebGL is drawn by the processor, on the cores that daemon, fake cameras and browser share:
//! docs/performance.md says on what a figure was seen.

#![allow(dead_code, unreachable_pub, reason = "each program uses its own part of the shared modules")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench that cannot go on fails")]

#[path = "../tests/browser/mod.rs"]
mod browser;
#[path = "../tests/common/mod.rs"]
mod common;

use browser::Browser;
use common::{Town, wait_for};
use serde_json::Value;

/// Asked seldom, so that what is measured is the page.
const CALM: &str = "\n[checks]\nreach = \"30s\"\nstream = \"5m\"\npicture = \"1h\"\n";
/// Up to so many cameras each has a listener of its own while the town is laid out.
const SMALL: usize = 3_000;
/// Whether the first picture of the map stands.
const READY: &str = "return document.querySelector('#map[data-ready=yes]') !== null";
/// Milliseconds to each step, bytes of all that was asked for, and how many requests that were.
const SEEN: &str = "const at = (name) => performance.getEntriesByName(name)[0]?.startTime ?? NaN;
    const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    return { lists: at('first-contentful-paint'), data: at('map-data'), picture: at('map-ready'),
        bytes: all.reduce((sum, e) => sum + e.transferSize, 0), asked: all.length }";
/// Remembers when each frame was drawn.
const WATCH: &str =
    "window.drawn = []; (function frame(now) { window.drawn.push(now); requestAnimationFrame(frame); })(0)";
const FRAMES: &str = "const d = window.drawn.slice(1); window.drawn.length = 0;
    return d.slice(1).map((t, i) => t - d[i]).sort((a, b) => a - b)";

fn main() {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    println!("| cameras | visit | lists | data | first picture | bytes | requests |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for cameras in if sizes.is_empty() { vec![778, 10_000] } else { sizes } {
        town(cameras);
    }
}

fn town(cameras: usize) {
    let town = if cameras > SMALL { Town::large(cameras, CALM) } else { Town::new(cameras, CALM) };
    for name in ["cunkou.db", "cunkou.db-wal", "cunkou.db-shm", "cunkou.db.lock"] {
        // What laid the town out may have begun to watch it, or not.
        let _ = std::fs::remove_file(town.path(name));
    }
    let (_fakes, _control) = town.simulate_with(&["--fast"]);
    let daemon = town.run();
    wait_for("the first round", || {
        let status = daemon.api("status");
        (status["first_round"].is_null() && status["cameras"]["up"].as_u64()? > cameras as u64 * 9 / 10).then_some(())
    });
    let Some(browser) = Browser::start() else { return };
    for visit in ["first", "again"] {
        browser.open("about:blank");
        browser.open(&format!("{}/", daemon.base));
        browser.wait("the map", READY);
        let seen = browser.run(SEEN);
        let ms = |key: &str| seen[key].as_f64().map_or("not told".to_owned(), |ms| format!("{ms:.0} ms"));
        let (lists, data, picture) = (ms("lists"), ms("data"), ms("picture"));
        println!("| {cameras} | {visit} | {lists} | {data} | {picture} | {} | {} |", seen["bytes"], seen["asked"]);
    }
    browser.run(WATCH);
    for (what, zoom) in [("the whole town", 0), ("a village", 8)] {
        browser.wheel("#map", -120 * zoom);
        std::thread::sleep(std::time::Duration::from_secs(4));
        browser.run(FRAMES);
        browser.drag("#map", 300, 200);
        frames(cameras, what, &browser.run(FRAMES));
    }
}

fn frames(cameras: usize, what: &str, frames: &Value) {
    let frames: Vec<f64> = frames.as_array().expect("frames").iter().filter_map(Value::as_f64).collect();
    let at = |share: f64| frames.get((frames.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN);
    println!(
        "{cameras} cameras, {what} is dragged: {} frames, median {:.0} ms, p95 {:.0} ms, most {:.0} ms",
        frames.len(),
        at(0.5),
        at(0.95),
        frames.last().copied().unwrap_or(f64::NAN)
    );
}
