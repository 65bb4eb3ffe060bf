//! kill -9 at each single write of one commit, and of one upgrade of the tables: the whole of it is there afterwards, or
//! nothing. The part that is killed is this test program itself, run once more below strace, which kills it as it enters
//! its first, second, … write to the database.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cunkou_core::alert::MessageKind as K;
use cunkou_core::model::Severity;
use cunkou_core::world::{SavedHealth, SavedTarget};

use super::super::place::Place;
use super::super::schema::{MIGRATIONS, bring_to};
use super::*;

/// Names the database, and what is to be done with it, to the part that is killed.
const WHICH: &str = "CUNKOU_TEST_KILL";
const STRACE: &str = "/usr/bin/strace";
/// Everything by which a file is changed or made safe; strace counts each of them by itself.
const WRITES: [&str; 8] = ["pwrite64", "write", "fsync", "fdatasync", "ftruncate", "fallocate", "unlink", "rename"];

fn happening() -> Effects {
    Effects {
        incidents: vec![Arc::new(incident(2))],
        alerts: vec![Arc::new(alert(1, 2))],
        messages: vec![message(2, 1, K::Opened, Severity::Critical)],
        saved: (0..200).map(|n| SavedTarget::Camera(camera(n), SavedHealth::default())).collect(),
        ..Effects::default()
    }
}

async fn commit_happening(store: &Store) {
    commit(store, &happening(), &desk()).await;
}

/// Called by itself it does its part without being killed.
#[tokio::test]
async fn the_part_that_is_killed() {
    // Whoever is killed cleans up nothing: the folder is that of who started it.
    let (own, path) = match std::env::var_os(WHICH) {
        Some(path) => (None, PathBuf::from(path)),
        None => {
            let own = Town::new();
            let path = own.dir.path().join("村口.db");
            (Some(own), path)
        }
    };
    let store = Store::open(&format!("sqlite://{}", path.display()), OpenMode::ReadWrite).await.unwrap();
    commit_happening(&store).await;
    assert_eq!(store.backlog().await.unwrap().len(), 1);
    // Not closed: what a clean end does is not looked at.
    std::mem::forget(store);
    drop(own);
}

/// Runs the part under strace, killed as it enters its `nth` call to these files; whether it was killed.
fn killed_at(call: &str, nth: usize, database: &Path, files: &[&str]) -> bool {
    let mut strace = Command::new(STRACE);
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e"]).arg(format!("trace={call}"));
    strace.arg("-e").arg(format!("inject={call}:signal=KILL:when={nth}"));
    for ending in files {
        strace.arg("-P").arg(super::super::backup::named(database, ending));
    }
    strace.arg(std::env::current_exe().unwrap());
    strace.args(["--exact", "store::tests::kill::the_part_that_is_killed", "--test-threads", "1"]);
    let ended = strace.env(WHICH, database).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    !ended.success()
}

/// Whether strace is there and may trace.
fn may_trace(test: &str) -> bool {
    let tried = Command::new(STRACE).args(["-qq", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    let may = tried.is_ok_and(|s| s.success());
    if !may {
        println!("skipped: {test}: strace is not installed, or may not trace here");
    }
    may
}

async fn prepared(steps: &[super::super::schema::Step]) -> Town {
    let town = Town::new();
    let connections = Connections::new(Place::File(town.dir.path().join("村口.db")), true).await.unwrap();
    bring_to(&connections, steps).await.unwrap();
    let mut session = connections.write().await.unwrap();
    let sql = "INSERT INTO incident (id, status, severity, opened_ms, words, body) VALUES (1, 'x', 'x', 0, '', '')";
    session.link().unwrap().run(sql, sql::values![]).await.unwrap();
    session.finish(Ok(())).await.unwrap();
    connections.close().await;
    town
}

/// Rows of the second incident in each table, and of the first.
async fn found(store: &Store) -> Vec<u64> {
    let mut reader = store.inner.connections.read().await.unwrap();
    let sql = "SELECT (SELECT COUNT(*) FROM incident WHERE id = 1) AS a, (SELECT COUNT(*) FROM incident WHERE id = 2) AS b, \
               (SELECT COUNT(*) FROM alert) AS c, (SELECT COUNT(*) FROM incident_step) AS d, \
               (SELECT COUNT(*) FROM outbox) AS e, (SELECT COUNT(*) FROM target) AS f, (SELECT batch FROM mark) AS g";
    let row = reader.link().unwrap().row(sql, sql::values![]).await.unwrap().unwrap();
    ["a", "b", "c", "d", "e", "f", "g"].iter().map(|c| row.count(c).unwrap()).collect()
}

const NOTHING: [u64; 7] = [1, 0, 0, 0, 0, 0, 0];
const ALL: [u64; 7] = [1, 1, 1, 1, 1, 200, 1];

#[tokio::test]
async fn a_commit_killed_at_any_write_is_whole_or_not_there() {
    if !may_trace("a_commit_killed_at_any_write_is_whole_or_not_there") {
        return;
    }
    let (mut nothing, mut all) = (0, 0);
    for call in WRITES {
        for nth in 1.. {
            let town = prepared(&MIGRATIONS).await;
            let killed = killed_at(call, nth, &town.dir.path().join("村口.db"), &["", "-wal"]);
            let store = town.open().await;
            let after = found(&store).await;
            assert!(after == NOTHING || after == ALL, "killed at {call} {nth}: {after:?}");
            if !killed {
                assert_eq!(after, ALL, "nobody killed it");
                break;
            }
            *(if after == ALL { &mut all } else { &mut nothing }) += 1;
            if after == NOTHING {
                commit_happening(&store).await;
                assert_eq!(found(&store).await, ALL, "killed at {call} {nth}, and done again");
            }
        }
    }
    println!("killed {nothing} times before the commit was whole, {all} times after");
    assert!(nothing > 20 && all > 0, "strace kills: {nothing} {all}");
}

#[tokio::test]
async fn an_upgrade_killed_at_any_write_is_whole_or_not_there() {
    if !may_trace("an_upgrade_killed_at_any_write_is_whole_or_not_there") {
        return;
    }
    let old = MIGRATIONS.get(..1).unwrap();
    for files in [&["", "-wal"][..], &[".schema-1.part", ".schema-1.part-journal"][..]] {
        let mut kills = 0;
        for call in WRITES {
            for nth in 1.. {
                let town = prepared(old).await;
                let killed = killed_at(call, nth, &town.dir.path().join("村口.db"), files);
                let store = town.open().await;
                let after = found(&store).await;
                assert!(after == NOTHING || after == ALL, "{files:?} killed at {call} {nth}: {after:?}");
                if !killed {
                    assert_eq!(after, ALL);
                    break;
                }
                kills += 1;
            }
        }
        println!("{files:?}: killed {kills} times");
        assert!(kills > 5, "strace kills");
    }
}
