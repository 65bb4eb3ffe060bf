//! The simulation of the core, with the real store in the place of its model: what a commit keeps, a start loads and a
//! sink is handed comes out of SQLite. One town in twenty of those that the core lives; words, history and beliefs must
//! be those of the model to the last bit.
//!
//! `CUNKOU_SEED=N` runs one town, `CUNKOU_SEEDS=N` so many.
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

use std::path::{Path, PathBuf};
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
}

fn name(sink: Sink) -> String {
    format!("{sink:?}").to_lowercase()
}

impl InSqlite {
    fn new(seed: u64) -> InSqlite {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let file = folder.join(format!("cunkou-simulated-{}-{seed}.db", std::process::id()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let route = |sink| SinkRoute {
            name: name(sink),
            min_severity: if sink == Sink::Phone { Severity::Warning } else { Severity::Info },
            people: sink == Sink::Phone,
        };
        let mut this = InSqlite { runtime, file, store: None, routes: Sink::ALL.map(route).to_vec(), waits: true };
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
    }

    fn tick(&mut self, now: Time) {
        self.runtime.block_on(self.store().tick(now)).unwrap();
    }

    fn load(&mut self, now: Time) -> Saved {
        self.open();
        self.waits = true;
        self.runtime.block_on(self.store().load(now)).unwrap()
    }

    fn waiting(&mut self, sink: Sink, _: Time) -> Vec<Message> {
        let rows = self.runtime.block_on(self.store().pending(&name(sink), ALL_DUE, Take::Oldest(10_000))).unwrap();
        rows.into_iter().map(|row| row.message).collect()
    }

    fn told(&mut self, sink: Sink, message: &Message, now: Time) {
        let key = OutboxKey { incident: message.incident.id, sink: name(sink), step: message.step };
        self.runtime.block_on(self.store().delivered(&key, now, Some(200))).unwrap();
    }

    fn is_waiting(&self, sink: Sink) -> bool {
        self.waits && self.runtime.block_on(self.store().next_attempt(&name(sink))).unwrap().is_some()
    }
}

fn in_sqlite(seed: u64) -> Result<Report, Failure> {
    let scenes = script(seed, &town(seed).registry, DAYS);
    live_with(seed, &scenes, DAYS, policy(seed), Box::new(InSqlite::new(seed)), None)
}

#[test]
fn with_the_real_store_all_is_said_and_kept_as_with_its_model() {
    let number = |name: &str| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    if let Some(seed) = number("CUNKOU_SEED") {
        let (real, model) = (in_sqlite(seed), live_seed(seed));
        match (real, model) {
            (Err(failure), _) => panic!("{} {}", failure.why, story(seed, &failure)),
            (Ok(real), Ok(model)) => assert_eq!(real.hash, model.hash),
            (Ok(_), Err(failure)) => panic!("only the model fails: {}", failure.why),
        }
        return;
    }
    let towns = number("CUNKOU_SEEDS").unwrap_or(100);
    let both = |n: u64| {
        let seed = n * EVERY;
        let (real, model) = (in_sqlite(seed)?, live_seed(seed)?);
        if real.hash == model.hash {
            return Ok(real);
        }
        Err(Failure { why: format!("seed {seed} ends otherwise with the real store"), about: "", trace: model.trace })
    };
    let all = crowd(0, towns, 3, &both);
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
