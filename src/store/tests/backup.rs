//! Backup, restore, and the copy before the tables change.

use std::path::{Path, PathBuf};

use cunkou_core::alert::MessageKind as K;
use cunkou_core::model::Severity;

use super::super::lock::{Kept, Lock};
use super::super::place::Place;
use super::super::schema::{MIGRATIONS, bring_to};
use super::super::{backup, restore};
use super::*;

const NOW: Time = Time(1_000_000);

impl Town {
    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn file(&self) -> PathBuf {
        self.path("村口.db")
    }
}

/// Commits an incident with a message.
async fn happen(store: &Store, id: u64) {
    let effects = Effects {
        incidents: vec![Arc::new(incident(id))],
        messages: vec![message(id, 1, K::Opened, Severity::Critical)],
        ..Effects::default()
    };
    let routes = desk();
    let batch = Batch { routes: &routes, tick: Some(Time(id as i64)), ..Batch::new(store.next_batch(), &effects, 1) };
    store.commit(&batch).await.unwrap();
}

async fn open_at(path: &Path) -> Result<Store, StoreError> {
    Store::open(&format!("sqlite://{}", path.display()), OpenMode::ReadWrite).await
}

async fn next_incident(path: &Path) -> u64 {
    let store = open_at(path).await.unwrap();
    let next = store.load(NOW).await.unwrap().next_incident;
    store.close().await;
    next
}

#[tokio::test]
async fn a_backup_holds_what_was_committed_while_the_daemon_writes_on() {
    let town = Town::new();
    let store = town.open().await;
    store.announce("127.0.0.1:9778", NOW).await.unwrap();
    happen(&store, 1).await;
    let mut session = store.inner.connections.write().await.unwrap();
    session.link().unwrap().run("DELETE FROM incident", sql::values![]).await.unwrap();
    let to = town.path("copy.db");
    let facts = backup(&town.url(), &to).await.unwrap();
    session.finish(Ok(())).await.unwrap();
    let known = super::super::schema::known();
    assert_eq!((facts.schema, facts.incidents, facts.last_tick), (known, 1, Some(Time(1))), "no half commit is in it");
    assert!(facts.bytes > 0);
    let copy = open_at(&to).await.unwrap();
    assert_eq!(copy.daemon().await.unwrap(), None, "nobody runs on the copy");
    assert_eq!(copy.backlog().await.unwrap().len(), 1);
    let e = backup(&town.url(), &to).await.unwrap_err();
    assert_eq!(e.word(), "exists", "{e}");
    let e = backup(&town.url(), &town.path("none/copy.db")).await.unwrap_err();
    assert!(!town.path("none").exists(), "{e}");
    let names = town.dir.path().read_dir().unwrap().map(|f| f.unwrap().file_name());
    let half: Vec<_> = names.filter(|name| name.to_string_lossy().contains(".part")).collect();
    assert!(half.is_empty(), "{half:?}");
}

#[tokio::test]
async fn a_restore_needs_the_daemon_stopped_and_keeps_what_stood_there() {
    let town = Town::new();
    let store = town.open().await;
    happen(&store, 1).await;
    let to = town.path("copy.db");
    backup(&town.url(), &to).await.unwrap();
    happen(&store, 7).await;
    let e = restore(&town.url(), &to, NOW).await.unwrap_err();
    assert_eq!(e.word(), "locked", "{e}");
    assert_eq!(store.load(NOW).await.unwrap().next_incident, 8, "nothing was touched");
    // As after a crash: what was committed last stands in the log.
    drop(store);
    let done = restore(&town.url(), &to, NOW).await.unwrap();
    assert_eq!(done.facts.incidents, 1);
    let kept = done.kept.unwrap();
    assert_eq!(kept, town.path("村口.db.before-1000000"));
    assert_eq!(next_incident(&kept).await, 8, "what stood there is whole, its log included");
    let store = town.open().await;
    let saved = store.load(NOW).await.unwrap();
    assert_eq!(saved.last_tick, Some(Time(1)), "as it was when the backup was made");
    assert_eq!(saved.next_incident, 8, "a number that was told is not used again");
    happen(&store, 8).await;
    assert_eq!(store.load(NOW).await.unwrap().next_incident, 9);
}

#[tokio::test]
async fn numbers_that_nobody_knows_any_more_are_leapt_over() {
    let town = Town::new();
    let store = town.open().await;
    happen(&store, 5).await;
    let to = town.path("copy.db");
    backup(&town.url(), &to).await.unwrap();
    store.close().await;
    std::fs::write(town.file(), "这不是数据库".repeat(100)).unwrap();
    let done = restore(&town.url(), &to, NOW).await.unwrap();
    assert!(done.kept.is_some_and(|kept| std::fs::read(kept).unwrap().starts_with("这不".as_bytes())));
    assert_eq!(next_incident(&town.file()).await, 1_006);
    let elsewhere = town.path("other.db");
    let done = restore(&format!("sqlite://{}", elsewhere.display()), &to, NOW).await.unwrap();
    assert_eq!(done.kept, None, "nothing stood there");
    assert_eq!(next_incident(&elsewhere).await, 1_006);
}

#[tokio::test]
async fn what_is_no_whole_database_of_ours_is_not_restored() {
    let town = Town::new();
    let store = town.open().await;
    happen(&store, 1).await;
    let whole = town.path("whole.db");
    backup(&town.url(), &whole).await.unwrap();
    store.close().await;
    let before = std::fs::read(town.file()).unwrap();
    let bytes = std::fs::read(&whole).unwrap();
    let mut damaged = bytes.clone();
    damaged[bytes.len() / 2..bytes.len() / 2 + 4_096].fill(0xaa);
    let foreign = town.path("foreign.db");
    {
        let url = Place::File(foreign.clone()).url("rwc").unwrap();
        let mut conn = <sqlx::AnyConnection as sqlx::Connection>::connect(&url).await.unwrap();
        sqlx::raw_sql("CREATE TABLE guests (name TEXT)").execute(&mut conn).await.unwrap();
        sqlx::Connection::close(conn).await.unwrap();
    }
    for (name, bytes, word) in [
        ("empty.db", Vec::new(), "not_ours"),
        ("text.db", b"name,area\n".repeat(1_000), "not_ours"),
        ("half.db", bytes[..bytes.len() / 2].to_vec(), "not_ours"),
        ("damaged.db", damaged, "not_ours"),
        ("foreign.db", std::fs::read(&foreign).unwrap(), "not_ours"),
    ] {
        std::fs::write(town.path(name), bytes).unwrap();
        let e = restore(&town.url(), &town.path(name), NOW).await.unwrap_err();
        assert_eq!(e.word(), word, "{name}: {e}");
        assert_eq!(std::fs::read(town.file()).unwrap(), before, "{name}: the database is as it was");
    }
    let e = restore(&town.url(), &town.path("none.db"), NOW).await.unwrap_err();
    assert_eq!(e.word(), "io", "{e}");
    let e = restore(&town.url(), &town.file(), NOW).await.unwrap_err();
    assert_eq!(e.word(), "not_ours", "{e}");
    let e = open_at(&foreign).await.unwrap_err();
    assert_eq!(e.word(), "not_ours", "nor is it started on: {e}");
}

#[tokio::test]
async fn a_restore_that_was_broken_off_is_refused_at_start_until_it_is_done() {
    let town = Town::new();
    let store = town.open().await;
    happen(&store, 1).await;
    let to = town.path("copy.db");
    backup(&town.url(), &to).await.unwrap();
    store.close().await;
    let mut lock = Lock::take(&town.file()).unwrap();
    lock.keep(Kept::Restoring).unwrap();
    drop(lock);
    std::fs::remove_file(town.file()).unwrap();
    let e = open_at(&town.file()).await.unwrap_err();
    assert_eq!(e.word(), "half_restored", "{e}");
    assert!(!town.file().exists(), "no new one is made in its place");
    restore(&town.url(), &to, NOW).await.unwrap();
    assert!(open_at(&town.file()).await.is_ok());
}

#[tokio::test]
async fn a_copy_is_made_before_the_tables_change() {
    let town = Town::new();
    let steps = MIGRATIONS;
    let at = |n: usize| steps.get(..n).unwrap();
    let connections = Connections::new(Place::File(town.file()), true).await.unwrap();
    bring_to(&connections, at(1)).await.unwrap();
    connections.close().await;
    let before = town.path("村口.db.schema-1");
    assert!(!before.exists(), "a new database needs none");
    std::fs::write(&before, "of an upgrade that was broken off").unwrap();
    town.open().await.close().await;
    let old = Connections::new(Place::File(before), true).await.unwrap();
    let mut reader = old.read().await.unwrap();
    let sql = "SELECT MAX(version) AS version FROM _sqlx_migrations";
    let row = reader.link().unwrap().row(sql, sql::values![]).await.unwrap().unwrap();
    assert_eq!(row.int("version").unwrap(), 1);
}
