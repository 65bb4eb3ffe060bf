//! kill -9 at random moments, with faults of cameras going on, and then a comparison with the truth: no alert is lost, none
//! is told twice under two keys, and history has no hole.
//!
//! The truth is the list of faults that the test made, one after the other: each breaks the only camera of an entrance,
//! and is healed once its loss was told. The daemon is killed all the while, at moments that a seed gives: while it
//! starts, in its first round, while it commits, while it tells.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::receiver::{Answer, Heard, Receiver};
use common::{Control, Daemon, Program, Town, text, texts, wait_for};
use cunkou::store::{IncidentQuery, OpenMode, Store};
use cunkou_core::health::State;
use cunkou_core::model::Time;
use rustix::process::Signal;
use serde_json::Value;

/// Kills of the ordinary run, and of the long one.
const KILLS: (usize, usize) = (200, 10_000);
/// Towns that are killed beside each other, each with its own part of the kills: a life is mostly waiting.
const TOWNS: (usize, usize) = (2, 8);
/// The longest life of a daemon that is not waited for.
const LONGEST: Duration = Duration::from_millis(2_300);
/// Intervals of a town that is asked all the time. Each fault is an incident of its own, and nothing flaps.
const RESTLESS: &str = "\n[checks]\nreach = \"200ms\"\nstream = \"2s\"\n\n\
     [health]\nconfirm = [\"200ms\", \"400ms\"]\nflap_turns = 100\nflap_within = \"1s\"\n\n\
     [incident]\nsettle = \"500ms\"\nreopen_within = \"0s\"\n";

/// A small generator, so that a run can be repeated.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

/// One fault: a camera that was broken, and the entrance that it alone watches.
struct Fault {
    entrance: String,
    camera: String,
}

struct Trial {
    town: Town,
    receiver: Receiver,
    control: Control,
    dice: Dice,
    kills: Vec<Time>,
    faults: Vec<Fault>,
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    Time(i64::try_from(since.as_millis()).expect("a time"))
}

impl Trial {
    /// Kills a daemon, and notes a moment at which nobody ran.
    fn kill(&mut self, mut program: Program) {
        program.signal(Signal::KILL);
        assert_eq!(program.ended(), None, "killed, and not ended before: {}", program.logged());
        self.kills.push(now());
    }

    /// A daemon that is killed at some moment of its life, whatever it is doing.
    fn short_life(&mut self) {
        let answer = if self.dice.roll(4) == 0 { 500 } else { 200 };
        self.receiver.answer(Answer::Status(answer));
        let program = Program::start(&mut self.town.run_command());
        // How long it lives is what is tried, not how long something takes.
        std::thread::sleep(Duration::from_millis(self.dice.roll(LONGEST.as_millis() as u64)));
        self.kill(program);
    }

    /// Some short lives, then one that lasts until the receiver has heard something of an entrance.
    fn until_heard(&mut self, of: &Fault, status: &str, from: usize) {
        for _ in 0..2 + self.dice.roll(4) {
            self.short_life();
        }
        self.receiver.answer(Answer::Status(200));
        let daemon = self.town.run();
        wait_for(&format!("{} {status} to be told (kill {})", of.entrance, self.kills.len()), || {
            self.receiver.heard().iter().skip(from).any(|h| tells(h, &of.entrance, status)).then_some(())
        });
        self.kill(daemon.program);
    }

    /// Breaks a camera until that was told, heals it until that was told.
    fn fault(&mut self, entrance: &str, camera: &str) {
        let fault = Fault { entrance: entrance.to_owned(), camera: camera.to_owned() };
        let from = self.receiver.heard().len();
        self.control.set(&format!("cameras/{camera}"), "refuse");
        self.until_heard(&fault, "firing", from);
        self.control.set(&format!("cameras/{camera}"), "none");
        self.until_heard(&fault, "resolved", from);
        self.faults.push(fault);
    }
}

/// Whether a message tells that an entrance is lost (`firing`), or no longer (`resolved`).
fn tells(heard: &Heard, entrance: &str, status: &str) -> bool {
    let alerts = heard.payload["alerts"].as_array().expect("alerts");
    let of = |a: &&Value| a["labels"]["alertname"] == "EntranceLost" && a["labels"]["entrance"] == entrance;
    alerts.iter().filter(of).any(|a| a["status"] == status)
}

/// Entrances that one camera alone watches, by day and by night.
fn sole_watchers(daemon: &Daemon) -> Vec<(String, String)> {
    let sole = |e: &&Value| {
        let covered = ["state", "state_day", "state_night"].iter().all(|s| e[s] == "covered");
        covered && e["watchers"].as_array().is_some_and(|w| w.len() == 1)
    };
    let all = daemon.items("entrances");
    let mut cameras = BTreeSet::new();
    let pairs = all.iter().filter(sole).map(|e| (text(&e["id"]), text(&e["watchers"][0])));
    pairs.filter(|(_, camera)| cameras.insert(camera.clone())).collect()
}

#[test]
fn a_daemon_killed_at_any_moment_loses_no_alert_tells_none_twice_and_leaves_no_hole() {
    let long = std::env::var_os("CUNKOU_LONG").is_some();
    let (kills, towns) = if long { (KILLS.1, TOWNS.1) } else { (KILLS.0, TOWNS.0) };
    let seed: u64 = std::env::var("CUNKOU_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(20_261_125);
    println!("seed {seed}, {kills} kills in {towns} towns");
    std::thread::scope(|scope| {
        for town in (0..).take(towns) {
            scope.spawn(move || killed_again_and_again(seed + town, kills.div_ceil(towns)));
        }
    });
}

/// One town, whose daemon is killed so often.
fn killed_again_and_again(seed: u64, kills: usize) {
    let receiver = Receiver::start(Answer::Status(200));
    let sink = format!("\n[[sink]]\nname = \"desk\"\nkind = \"webhook\"\nurl = \"{}\"\n", receiver.url);
    let town = Town::new(12, &format!("{RESTLESS}{sink}"));
    let (_cameras, control) = town.simulate();
    let daemon = town.run();
    daemon.all_up();
    let sole = sole_watchers(&daemon);
    assert!(!sole.is_empty(), "a made-up town has entrances with one camera");
    let mut trial = Trial { town, receiver, control, dice: Dice(seed), kills: Vec::new(), faults: Vec::new() };
    trial.kill(daemon.program);

    while trial.kills.len() < kills {
        let at = usize::try_from(trial.dice.roll(sole.len() as u64)).expect("small");
        let (entrance, camera) = &sole[at];
        trial.fault(entrance, camera);
    }
    let daemon = trial.town.run();
    daemon.all_up();
    daemon.all_sent("desk");
    drop(daemon);
    let (killed, faults, heard) = (trial.kills.len(), trial.faults.len(), trial.receiver.heard());
    println!("seed {seed}: {killed} kills, {faults} faults, {} requests heard", heard.len());

    one_key_a_message(&heard);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let url = format!("sqlite://{}", trial.town.path("cunkou.db").display());
        let store = Store::open(&url, OpenMode::ReadOnly).await.expect("a whole database");
        what_was_told_is_what_happened(&store, &trial).await;
        no_hole(&store, &trial.kills).await;
    });
}

/// The same words, but for descriptions, never come under two keys.
fn one_key_a_message(heard: &[Heard]) {
    let mut keys: BTreeMap<String, &str> = BTreeMap::new();
    for Heard { key, payload } in heard {
        let key = key.as_deref().expect("each has its key");
        let alerts = payload["alerts"].as_array().expect("alerts");
        let alerts: Vec<[&Value; 4]> =
            alerts.iter().map(|a| [&a["status"], &a["labels"], &a["startsAt"], &a["endsAt"]]).collect();
        let said = format!("{} {} {alerts:?}", payload["groupKey"], payload["status"]);
        let first = *keys.entry(said.clone()).or_insert(key);
        assert_eq!(first, key, "told twice under two keys: {said}");
    }
}

/// Each fault is one incident, paged once, with an end; each of its messages was heard; nothing else was told.
async fn what_was_told_is_what_happened(store: &Store, trial: &Trial) {
    let query = IncidentQuery { limit: u32::MAX, ..IncidentQuery::default() };
    let mut incidents = store.incidents(&query).await.expect("incidents");
    incidents.reverse();
    let told: Vec<(String, u32, &str)> =
        incidents.iter().map(|i| (i.cause.to_string(), i.pages, i.status.word())).collect();
    let truth: Vec<(String, u32, &str)> =
        trial.faults.iter().map(|f| (format!("camera:{}", f.camera), 1, "resolved")).collect();
    assert_eq!(told, truth, "incidents (left) and faults (right)");
    let heard: BTreeSet<String> = trial.receiver.heard().into_iter().filter_map(|h| h.key).collect();
    let mut written = BTreeSet::new();
    for incident in &incidents {
        let story = store.incident(incident.id).await.expect("readable").expect("there");
        for delivery in &story.deliveries {
            assert!(["delivered", "collapsed"].contains(&delivery.state.as_str()), "{delivery:?}");
            written.insert(delivery.key.to_string());
            if delivery.state == "delivered" {
                assert!(heard.contains(&delivery.key.to_string()), "delivered and never heard: {delivery:?}");
            }
        }
    }
    let unwritten: Vec<&String> = heard.difference(&written).collect();
    assert!(unwritten.is_empty(), "told and not kept: {unwritten:?}");
}

/// While nobody ran, nothing was known of any camera; and each change begins where the one before ended.
async fn no_hole(store: &Store, kills: &[Time]) {
    for at in kills {
        for camera in store.cameras_at(*at).await.expect("history") {
            assert_eq!(camera.state, State::Unknown, "{} at {at:?}, while nobody ran", camera.id.as_str());
        }
    }
    let query = cunkou::store::TransitionQuery { limit: u32::MAX, ..Default::default() };
    let mut rows = store.transitions(&query).await.expect("history");
    assert!(rows.len() > kills.len(), "{} rows", rows.len());
    let mut last: BTreeMap<String, (String, Time)> = BTreeMap::new();
    rows.sort_by_key(|row| row.seq);
    for row in rows {
        let subject = format!("{:?}", row.subject);
        if let Some((state, at)) = last.get(&subject) {
            assert_eq!(&row.from, state, "{subject} at {:?}: a hole in its states", row.at);
            assert!(row.at >= *at, "{subject}: {:?} after {at:?}", row.at);
        }
        last.insert(subject, (row.to, row.at));
    }
    assert!(last.keys().any(|s| s.contains("Camera")), "cameras have a history");
}

/// What happens between "the receiver has read it" and "the daemon knows that" (the receiver kills the daemon): it is said
/// again under its key. Eight times in a row, so that opening and end are both met.
#[test]
fn a_receiver_that_kills_the_daemon_after_reading_hears_it_again_under_the_same_key() {
    let receiver = Receiver::start(Answer::Silence);
    let sink = format!("\n[[sink]]\nname = \"desk\"\nkind = \"webhook\"\nurl = \"{}\"\n", receiver.url);
    let town = Town::new(12, &format!("{RESTLESS}{sink}"));
    let (_cameras, control) = town.simulate();
    let mut daemon = town.run();
    daemon.all_up();
    let (_, camera) = sole_watchers(&daemon).swap_remove(0);
    let mut fault = "refuse";
    for _ in 0..4 {
        receiver.answer(Answer::Silence);
        control.set(&format!("cameras/{camera}"), fault);
        let mut before = receiver.heard().len();
        let first = wait_for("the message", || receiver.heard().get(before).cloned());
        for _ in 0..2 {
            before = receiver.heard().len();
            daemon.program.signal(Signal::KILL);
            assert_eq!(daemon.program.ended(), None);
            daemon = town.run();
            let again = wait_for("the message again", || receiver.heard().get(before).cloned());
            assert_eq!(again.key, first.key);
            assert_eq!(again.payload["groupKey"], first.payload["groupKey"]);
            assert_eq!(again.payload["status"], first.payload["status"]);
        }
        receiver.answer(Answer::Status(200));
        drop(daemon);
        daemon = town.run();
        daemon.all_sent("desk");
        wait_for("the end of the first round", || daemon.api("status")["first_round"].is_null().then_some(()));
        fault = if fault == "refuse" { "none" } else { "refuse" };
    }
    one_key_a_message(&receiver.heard());
    let incidents = daemon.items("incidents");
    assert_eq!(incidents.len(), 2);
    assert!(incidents.iter().all(|i| i["pages"] == 1 && texts(&i["cameras"]).contains(&camera)), "{incidents:#?}");
}
