//! Opening: the first start, the lock, the version of the tables, reading beside a writer.

use std::error::Error as _;

use cunkou_core::alert::MessageKind as K;
use cunkou_core::model::Severity;

use super::super::sql::{Cells, values};
use super::*;

#[tokio::test]
async fn the_first_start_makes_the_file_and_the_second_goes_on() {
    let town = Town::new();
    let store = town.open().await;
    assert!(town.dir.path().join("村口.db").exists());
    store.tick(Time(77)).await.unwrap();
    store.close().await;
    assert_eq!(store.tick(Time(78)).await.unwrap_err().word(), "closed");
    let saved = town.open().await.load(Time(0)).await.unwrap();
    assert_eq!((saved.last_tick, saved.next_incident, saved.registry_version), (Some(Time(77)), 1, 0));
}

#[tokio::test]
async fn a_missing_folder_or_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/none/x.db", dir.path().display());
    let e = Store::open(&url, OpenMode::ReadWrite).await.unwrap_err();
    assert!(matches!(&e, StoreError::NoFolder(path) if path.ends_with("none")), "{e}");
    let url = format!("sqlite://{}/x.db", dir.path().display());
    let e = Store::open(&url, OpenMode::ReadOnly).await.unwrap_err();
    assert!(matches!(&e, StoreError::Missing(path) if path.ends_with("x.db")), "{e}");
    assert!(!dir.path().join("x.db").exists(), "reading makes nothing");
}

#[tokio::test]
async fn a_second_daemon_is_told_who_holds_the_database() {
    let town = Town::new();
    let store = town.open().await;
    store.announce("127.0.0.1:9778", Time(5)).await.unwrap();
    let e = Store::open(&town.url(), OpenMode::ReadWrite).await.unwrap_err();
    let StoreError::Locked { holder } = &e else { panic!("{e}") };
    assert_eq!((holder.pid, holder.listen.as_str()), (std::process::id(), "127.0.0.1:9778"));
    assert!(e.to_string().contains("listening on 127.0.0.1:9778"), "{e}");
    let reader = town.reader().await;
    assert_eq!(reader.daemon().await.unwrap().unwrap().listen, "127.0.0.1:9778");
    store.close().await;
    assert_eq!(reader.daemon().await.unwrap(), None, "a clean stop takes it back");
    assert!(Store::open(&town.url(), OpenMode::ReadWrite).await.is_ok(), "and lets the lock go");
}

#[tokio::test]
async fn two_names_of_a_file_have_one_lock() {
    let town = Town::new();
    let _store = town.open().await;
    let link = town.dir.path().join("other.db");
    std::os::unix::fs::symlink(town.dir.path().join("村口.db"), &link).unwrap();
    let e = Store::open(&format!("sqlite://{}", link.display()), OpenMode::ReadWrite).await.unwrap_err();
    assert_eq!(e.word(), "locked");
}

#[tokio::test]
async fn a_reader_sees_whole_commits_only_while_the_daemon_writes() {
    let town = Town::new();
    let store = town.open().await;
    let reader = town.reader().await;
    let mut session = store.inner.connections.write().await.unwrap();
    session.link().unwrap().run("UPDATE mark SET tick_ms = 9", values![]).await.unwrap();
    assert_eq!(reader.load(Time(0)).await.unwrap().last_tick, None, "neither waits nor sees half");
    session.finish(Ok(())).await.unwrap();
    assert_eq!(reader.load(Time(0)).await.unwrap().last_tick, Some(Time(9)));
    assert_eq!(reader.tick(Time(1)).await.unwrap_err().word(), "read_only");
}

#[tokio::test]
async fn a_file_can_be_read_when_no_daemon_runs() {
    let town = Town::new();
    let store = town.open().await;
    commit(&store, &telling(vec![message(1, 1, K::Opened, Severity::Critical)]), &desk()).await;
    store.close().await;
    let reader = town.reader().await;
    assert_eq!(reader.backlog().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_as_it_is() {
    let town = Town::new();
    let store = town.open().await;
    let mut session = store.inner.connections.write().await.unwrap();
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (99, 'later', 1, '', 0)";
    session.link().unwrap().run(newer, values![]).await.unwrap();
    session.finish(Ok(())).await.unwrap();
    store.close().await;
    for mode in [OpenMode::ReadWrite, OpenMode::ReadOnly] {
        let e = Store::open(&town.url(), mode).await.unwrap_err();
        assert!(matches!(e, StoreError::NewerSchema { found: 99, known: 7 }), "{e}");
    }
}

#[tokio::test]
async fn an_empty_or_foreign_file_is_not_read_as_an_empty_town() {
    let town = Town::new();
    std::fs::write(town.dir.path().join("村口.db"), b"").unwrap();
    let e = Store::open(&town.url(), OpenMode::ReadOnly).await.unwrap_err();
    assert!(matches!(e, StoreError::OlderSchema { found: 0, known: 7 }), "{e}");
    std::fs::write(town.dir.path().join("村口.db"), "这不是数据库".repeat(100)).unwrap();
    for mode in [OpenMode::ReadWrite, OpenMode::ReadOnly] {
        let e = Store::open(&town.url(), mode).await.unwrap_err();
        assert_eq!(e.word(), "corrupt", "{e}");
        assert!(e.source().is_some(), "the cause is kept");
    }
}

/// SQLite 3.7.0 to 3.51.2 can lose committed pages when two connections write and checkpoint at once.
#[tokio::test]
async fn the_linked_sqlite_is_new_enough() {
    let store = memory().await;
    let mut reader = store.inner.connections.read().await.unwrap();
    let row = reader.link().unwrap().row("SELECT sqlite_version() AS v", values![]).await.unwrap().unwrap();
    let version: Vec<u32> = row.text("v").unwrap().split('.').map(|n| n.parse().unwrap()).collect();
    assert!(version >= vec![3, 51, 3], "{version:?}");
}

#[tokio::test]
async fn the_writer_survives_a_power_cut() {
    let town = Town::new();
    let store = town.open().await;
    let mut session = store.inner.connections.write().await.unwrap();
    let mut link = session.link().unwrap();
    let row = link.row("PRAGMA synchronous", values![]).await.unwrap().unwrap();
    assert_eq!(row.int("synchronous").unwrap(), 2, "FULL");
    let row = link.row("PRAGMA journal_mode", values![]).await.unwrap().unwrap();
    assert_eq!(row.text("journal_mode").unwrap(), "wal");
    let row = link.row("PRAGMA foreign_keys", values![]).await.unwrap().unwrap();
    assert_eq!(row.int("foreign_keys").unwrap(), 1);
}

/// Questions that are asked often, or over a history of years, must not walk through whole tables.
#[tokio::test]
async fn questions_go_by_the_indices() {
    let store = memory().await;
    let mut reader = store.inner.connections.read().await.unwrap();
    let mut link = reader.link().unwrap();
    for (sql, values, index) in [
        (super::super::history::AT, values!["entrance", "now", 1_i64], "history_by_subject"),
        (super::super::outbox::HEADS, values!["desk", 1_i64, 10_i64, 0_i64], "outbox_open"),
        (super::super::outbox::NEXT, values!["desk", 1_i64], "outbox_open"),
    ] {
        let rows = link.rows(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")), values).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.text("detail").unwrap()).collect();
        assert!(plan.iter().any(|step| step.contains(index)), "{plan:#?}");
        assert!(!plan.iter().any(|step| step.starts_with("SCAN")), "{plan:#?}");
    }
}
