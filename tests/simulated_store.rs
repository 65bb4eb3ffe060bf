//! The simulation of the core, with the real store in the place of its model: what a commit keeps, a start loads and a
//! sink is handed comes out of SQLite. One town in twenty of those that the core lives; words, history and beliefs must
//! be those of the model to the last bit. Each fourth of them lives twice, and must leave the same rows in all tables.
//!
//! `CUNKOU_SEED=N` runs one town, `CUNKOU_SEEDS=N` so many, `CUNKOU_LONG=1` 50.
#![allow(dead_code, reason = "the harness is the core's; its own tests use the rest of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../src/core/world/tests/answers.rs"]
mod answers;
#[path = "../src/core/world/tests/harness.rs"]
mod harness;
#[path = "../src/core/world/tests/kept.rs"]
mod kept;
#[path = "../src/core/world/tests/life/mod.rs"]
mod life;
#[path = "../src/core/world/tests/plan.rs"]
mod plan;
#[path = "../src/core/world/tests/said.rs"]
mod said;

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use cunkou::store::{Batch, OpenMode, OutboxKey, SinkRoute, Store, Take};
use cunkou_core::alert::Message;
use cunkou_core::model::{Severity, Target, Time};
use cunkou_core::registry::Topology;
use cunkou_core::world::{Effects, Saved};

use kept::{Keeper, Sink};
use life::crowd::{DAYS, crowd, live_seed, story};
use life::run::{Failure, Report, live_with, policy};
use life::script::script;
use life::town::town;

/// One town in so many.
const EVERY: u64 = 20;
/// A moment after all others: whatever waits is due.
const ALL_DUE: Time = Time(i64::MAX / 4);

/// The real store, in a file of a file system in memory; a crash opens it anew.
struct InSqlite {
    runtime: tokio::runtime::Runtime,
    file: PathBuf,
    store: Option<Store>,
    routes: Vec<SinkRoute>,
    waits: bool,
    /// Of the registry that is in force: the daemon records those when it reads them, which the simulation does not do.
    version: u64,
    /// Where a copy goes when the life is over.
    copy: Option<PathBuf>,
}

/// A file in memory, where there is such a thing.
fn in_memory(seed: u64, what: &str) -> PathBuf {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    folder.join(format!("cunkou-simulated-{}-{seed}.{what}", std::process::id()))
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|n| n.parse().ok())
}

/// One in twenty of those that the core lives.
fn towns() -> u64 {
    let long = number("CUNKOU_LONG") == Some(1);
    number("CUNKOU_SEEDS").unwrap_or(if long { 50 } else { 300 / EVERY })
}

fn name(sink: Sink) -> String {
    format!("{sink:?}").to_lowercase()
}

impl InSqlite {
    fn new(seed: u64, copy: Option<PathBuf>) -> InSqlite {
        // Both tests live the same towns at the same time.
        let file = in_memory(seed, if copy.is_some() { "twice.db" } else { "db" });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let route = |sink: Sink| SinkRoute {
            level: sink.level(),
            name: name(sink),
            min_severity: if sink.is_people() { Severity::Warning } else { Severity::Info },
            people: sink.is_people(),
        };
        let mut this = InSqlite {
            runtime,
            file,
            store: None,
            routes: Sink::ALL.map(route).to_vec(),
            waits: true,
            version: 0,
            copy,
        };
        this.remove();
        this.open();
        this
    }

    fn open(&mut self) {
        if let Some(store) = self.store.take() {
            self.runtime.block_on(store.close());
        }
        let url = format!("sqlite://{}", self.file.display());
        self.store = Some(self.runtime.block_on(Store::open(&url, OpenMode::ReadWrite)).unwrap());
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    fn remove(&self) {
        let (folder, own) = (self.file.parent().unwrap(), self.file.file_name().unwrap().to_string_lossy());
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&*own) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

impl Drop for InSqlite {
    fn drop(&mut self) {
        if let Some(store) = self.store.take() {
            self.runtime.block_on(store.close());
        }
        if let Some(copy) = &self.copy {
            let url = format!("sqlite://{}", self.file.display());
            self.runtime.block_on(cunkou::store::backup(&url, copy)).unwrap();
        }
        self.remove();
    }
}

impl Keeper for InSqlite {
    fn keep(&mut self, effects: &Effects, tick: Time, version: u64, topology: &Arc<Topology>) {
        let names = |target: Target| match target {
            Target::Camera(c) => topology.cameras.get(c.at()).map(|s| s.id.to_string()),
            Target::Node(n) => topology.nodes.get(n.at()).map(|s| s.id.to_string()),
            Target::Canary(_) => None,
        };
        let store = self.store();
        let batch = Batch {
            routes: &self.routes,
            tick: Some(tick),
            names: &names,
            ..Batch::new(store.next_batch(), effects, version)
        };
        self.runtime.block_on(store.commit(&batch)).unwrap();
        self.waits |= !effects.messages.is_empty();
        self.version = version;
    }

    fn tick(&mut self, now: Time) {
        self.runtime.block_on(self.store().tick(now)).unwrap();
    }

    fn load(&mut self, now: Time) -> Saved {
        self.open();
        self.waits = true;
        let saved = self.runtime.block_on(self.store().load(now)).unwrap();
        Saved { registry_version: self.version, ..saved }
    }

    fn waiting(&mut self, sink: Sink, _: Time) -> Vec<Message> {
        let rows = self.runtime.block_on(self.store().pending(&name(sink), ALL_DUE, Take::Oldest(10_000))).unwrap();
        rows.into_iter().map(|row| row.message).collect()
    }

    fn told(&mut self, sink: Sink, message: &Message, now: Time) {
        let key = OutboxKey { incident: message.incident.id, sink: name(sink), step: message.step };
        self.runtime.block_on(self.store().delivered(&key, now, Some(200), None)).unwrap();
    }

    fn is_waiting(&self, sink: Sink) -> bool {
        self.waits && self.runtime.block_on(self.store().next_attempt(&name(sink))).unwrap().is_some()
    }
}

fn in_sqlite(seed: u64, copy: Option<PathBuf>) -> Result<Report, Failure> {
    let scenes = script(seed, &town(seed).registry, DAYS);
    live_with(seed, &scenes, DAYS, policy(seed), Box::new(InSqlite::new(seed, copy)), None)
}

/// The rows of all tables but the one that says when they were made, after a life.
fn rows(seed: u64, name: &str) -> Result<Vec<String>, Failure> {
    let copy = in_memory(seed, name);
    let _ = std::fs::remove_file(&copy);
    in_sqlite(seed, Some(copy.clone()))?;
    let script = "import sqlite3, sys\nfor line in sqlite3.connect(sys.argv[1]).iterdump():\n    \
                  '_sqlx_migrations' in line or print(repr(line))\n";
    let dump = Command::new("python3").args(["-c", script]).arg(&copy).output().unwrap();
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    std::fs::remove_file(&copy).unwrap();
    Ok(String::from_utf8(dump.stdout).unwrap().lines().map(str::to_owned).collect())
}

#[test]
fn a_town_that_lives_twice_leaves_the_same_rows() {
    if common::installed("python3").is_none() {
        return;
    }
    let twice = |n: u64| {
        let seed = n * EVERY * 4;
        let (first, second) = (rows(seed, "first")?, rows(seed, "second")?);
        assert!(first.iter().filter(|row| row.contains("INSERT INTO")).count() > 100, "{} rows", first.len());
        match first.iter().zip(&second).find(|(a, b)| a != b) {
            None if first.len() == second.len() => Ok(()),
            other => Err(Failure { why: format!("not the same rows: {other:?}"), about: "", trace: Vec::new() }),
        }
    };
    for n in 0..towns().div_ceil(4) {
        if let Err(failure) = twice(n) {
            panic!("seed {}: {}", n * EVERY * 4, failure.why);
        }
    }
}

#[test]
fn with_the_real_store_all_is_said_and_kept_as_with_its_model() {
    if let Some(seed) = number("CUNKOU_SEED") {
        let (real, model) = (in_sqlite(seed, None), live_seed(seed));
        match (real, model) {
            (Err(failure), _) => panic!("{} {}", failure.why, story(seed, &failure)),
            (Ok(real), Ok(model)) => assert_eq!(real.hash, model.hash),
            (Ok(_), Err(failure)) => panic!("only the model fails: {}", failure.why),
        }
        return;
    }
    let both = |n: u64| {
        let seed = n * EVERY;
        let (real, model) = (in_sqlite(seed, None)?, live_seed(seed)?);
        if real.hash == model.hash {
            return Ok(real);
        }
        Err(Failure { why: format!("seed {seed} ends otherwise with the real store"), about: "", trace: model.trace })
    };
    let all = crowd(0, towns(), 3, &both);
    println!("{} towns, {:.0} town-days with the real store", all.lives, all.days);
    let failed: Vec<String> = all
        .failures
        .iter()
        .map(|(n, f)| {
            format!("seed {}: {}\n  {}", n * EVERY, f.why, f.trace[f.trace.len().saturating_sub(40)..].join("\n  "))
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}
