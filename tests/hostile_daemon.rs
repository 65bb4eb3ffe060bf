//! 64 hostile cameras beside healthy ones, under the real daemon: the healthy keep their schedule and their good name,
//! memory stays, each hostile one is judged as it should be, and none sees a password more than twice.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;
mod hostile_server;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

use common::{Daemon, Program, Town, cunkou, text, wait_for};
use hostile_server::{Fault, Hostile};
use serde_json::Value;

const CAMERAS: usize = 104;
/// 8 of every 13, so that every node has both kinds.
const HOSTILE_OF: (usize, usize) = (8, 13);
const PASSWORD: &str = "MARKED-hostile-password";
/// What the hostile may cost, bytes.
const MEMORY: u64 = 20 * 1024 * 1024;
/// Short intervals; three of stream are longer than two confirming tries of who says nothing (10 s each).
const SETTINGS: &str = "\n[checks]\nreach = \"2s\"\nstream = \"8s\"\npicture = \"8s\"\n\n[health]\n\
                        confirm = [\"200ms\", \"400ms\"]\n\n[incident]\nsettle = \"2s\"\n";

/// A camera's row, by column.
type Row = BTreeMap<String, String>;

/// Rewrites the rows of cameras.csv; the n-th is hostile or not.
fn each_camera(text: &str, change: impl Fn(usize, bool, &mut Row)) -> String {
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().unwrap().trim_start_matches('\u{feff}').split(',').collect();
    let mut all = columns.join(",") + "\n";
    for (n, line) in lines.enumerate() {
        let cells = line.split(',').map(str::to_owned);
        let mut row: Row = columns.iter().map(|c| (*c).to_owned()).zip(cells).collect();
        change(n, n % HOSTILE_OF.1 < HOSTILE_OF.0, &mut row);
        all.push_str(&columns.iter().map(|c| row[*c].as_str()).collect::<Vec<_>>().join(","));
        all.push('\n');
    }
    all
}

/// Makes the hostile cameras what they are in the registry: their ids, faults and addresses.
fn enlist(town: &Town) -> Vec<(String, Fault, IpAddr)> {
    let hostile = std::cell::RefCell::new(Vec::new());
    town.edit("registry/cameras.csv", |text| {
        each_camera(&text, |_, is_hostile, row| {
            let mut all = hostile.borrow_mut();
            if is_hostile {
                let fault = Fault::ALL[all.len() % Fault::ALL.len()];
                let [rtsp, http] = fault.schemes();
                row.insert("rtsp".to_owned(), format!("{rtsp}://{{host}}:8554/main"));
                row.insert("snapshot".to_owned(), format!("{http}://{{host}}:8080/snapshot.jpg"));
                row.insert("credential".to_owned(), "hostile".to_owned());
                all.push((row["id"].clone(), fault, row["host"].parse().unwrap()));
            }
        })
    });
    town.edit("secrets.toml", |text| text + &format!("\n[hostile]\nuser = \"watch\"\npassword = \"{PASSWORD}\"\n"));
    town.edit("cunkou.toml", |text| text.replace("auth_retry = \"2s\"\n", ""));
    hostile.into_inner()
}

/// `cunkou simulate` of the healthy alone: on a copy of the folder in which the others are planned.
fn simulate_the_healthy(town: &Town) -> (Program, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("registry")).unwrap();
    let copy = |name: &str| std::fs::copy(town.path(name), folder.path().join(name)).unwrap();
    copy("cunkou.toml");
    copy("secrets.toml");
    for file in std::fs::read_dir(town.path("registry")).unwrap().flatten() {
        copy(&format!("registry/{}", file.file_name().to_string_lossy()));
    }
    let cameras = folder.path().join("registry/cameras.csv");
    let healthy = each_camera(&std::fs::read_to_string(&cameras).unwrap(), |_, is_hostile, row| {
        if is_hostile {
            row.insert("status".to_owned(), "planned".to_owned());
            row.insert("rtsp".to_owned(), String::new());
            row.insert("snapshot".to_owned(), String::new());
        }
    });
    std::fs::write(&cameras, healthy).unwrap();
    let mut command = cunkou();
    command.args(["simulate", "--control", "127.0.0.1:0", "--dir"]).arg(folder.path());
    let program = Program::start(&mut command);
    wait_for("the healthy cameras", || program.said().contains("cameras answer").then_some(()));
    (program, folder)
}

/// Resident memory of a process now, bytes.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("status")).unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() * 1024
}

/// What the outcomes of a check say, each once: `result` or `answered:reason`.
fn said_of(evidence: &Value, check: &str) -> Vec<String> {
    let all = evidence.as_array().unwrap().iter().filter(|o| o["check"] == check);
    all.map(|o| match o["result"].as_str().unwrap() {
        "answered" => format!("answered:{}", text(&o["reason"])),
        other => other.to_owned(),
    })
    .collect()
}

/// Whether a hostile camera has been judged by both checks, and asked a few times more.
fn is_judged(daemon: &Daemon, id: &str, fault: Fault) -> Result<(), String> {
    let detail = daemon.api(&format!("cameras/{id}"));
    let (stream, picture) = (said_of(&detail["evidence"], "stream"), said_of(&detail["evidence"], "picture"));
    let [stream_says, picture_says] = fault.says();
    // A refused password holds the picture back.
    let refused = |all: &[String]| all.iter().any(|s| s == "answered:auth");
    let done = stream.iter().filter(|s| *s != "refused").count() >= 4
        && (stream.iter().any(|s| s == stream_says) || refused(&picture))
        && (picture.iter().any(|s| s == picture_says) || refused(&stream));
    let right = |all: &[String], says: &str| {
        all.iter().all(|s| s == says || s == "refused" || (s == "pass" && says == "answered:auth"))
    };
    assert!(right(&stream, stream_says), "{id} {fault:?}: stream says {stream:?}");
    assert!(right(&picture, picture_says), "{id} {fault:?}: picture says {picture:?}");
    if done { Ok(()) } else { Err(format!("{id} {fault:?}: {stream:?} {picture:?}")) }
}

/// No healthy camera is anything but up, and none is left behind the others.
fn assert_healthy(daemon: &Daemon, healthy: &[String]) {
    let mut last = Vec::new();
    for camera in daemon.items("cameras") {
        if healthy.contains(&text(&camera["id"])) {
            assert!(!["down", "unknown"].contains(&camera["state"].as_str().unwrap()), "{camera:#}");
            last.push((text(&camera["last_success"]), text(&camera["id"])));
        }
    }
    assert_eq!(last.len(), healthy.len());
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    let (first, latest) = (last.iter().min().unwrap(), last.iter().max().unwrap());
    let behind = at(&latest.0).duration_since(at(&first.0));
    // Three intervals: then its evidence would be too old.
    assert!(behind.as_secs() < 6, "{first:?} is {behind:?} behind {latest:?}");
}

#[test]
fn healthy_cameras_keep_their_schedule_beside_sixty_four_hostile_ones() {
    let town = Town::new(CAMERAS, SETTINGS);
    let enlisted = enlist(&town);
    assert_eq!(enlisted.len(), 64);
    let (_healthy, _folder) = simulate_the_healthy(&town);
    let mut daemon = town.run();
    let is_hostile = |id: &str| enlisted.iter().any(|(other, ..)| other == id);
    let healthy: Vec<String> =
        daemon.items("cameras").iter().map(|c| text(&c["id"])).filter(|id| !is_hostile(id)).collect();
    wait_for("the first round, and the healthy up", || {
        let up = daemon.items("cameras?state=up").len() == healthy.len();
        (up && daemon.api("status")["first_round"].is_null()).then_some(())
    });
    let before = resident(daemon.program.id());

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let cameras: Vec<(String, Hostile)> = runtime.block_on(async {
        let mut all = Vec::new();
        for (id, fault, address) in &enlisted {
            all.push((id.clone(), Hostile::start(*fault, *address).await));
        }
        all
    });
    let mut most = 0;
    let mut open: Vec<&(String, Hostile)> = cameras.iter().collect();
    wait_for("every hostile camera judged", || {
        most = most.max(resident(daemon.program.id()));
        assert_healthy(&daemon, &healthy);
        open.retain(|(id, camera)| is_judged(&daemon, id, camera.fault).is_err());
        open.is_empty().then_some(())
    });
    for (id, camera) in &cameras {
        assert!(camera.seen.passwords() <= 2, "{id} {:?}: {} passwords", camera.fault, camera.seen.passwords());
    }
    println!("resident memory: {} kB, at most {} kB beside the hostile", before / 1024, most / 1024);
    let lag = daemon.metrics();
    lag.lines().filter(|l| l.starts_with("cunkou_probe_schedule_lag_seconds")).for_each(|l| println!("{l}"));
    assert!(most.saturating_sub(before) < MEMORY, "{before} bytes before, {most} at most");

    // What they said is in no output as it was said.
    let page = common::get(&format!("{}/", daemon.base)).text();
    let shown = [page, daemon.metrics(), daemon.program.logged(), daemon.api("incidents").to_string()];
    for text in shown {
        assert!(!text.contains(PASSWORD) && !text.contains("<script>alert"), "{text}");
        assert!(!text.contains(['\u{7}', '\u{202e}']) && !text.contains("\u{1b}]0;"), "{text}");
    }
    daemon.program.signal(rustix::process::Signal::TERM);
    assert_eq!(daemon.program.ended(), Some(0), "{}", daemon.program.logged());
}
