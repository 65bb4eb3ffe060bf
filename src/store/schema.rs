//! The tables and their version: brought up to date at the start of a daemon, looked at by everybody else.

use std::borrow::Cow;
use std::path::Path;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, Row, SqlSafeStr};

use super::connect::Connections;
use super::place::Place;
use super::{StoreError, backup};

/// Every migration, in order; a file that was released never changes.
pub(super) const MIGRATIONS: [Step; 7] = [
    (1, "house", include_str!("../../migrations/0001_house.sql")),
    (2, "numbers", include_str!("../../migrations/0002_numbers.sql")),
    (3, "figures", include_str!("../../migrations/0003_figures.sql")),
    (4, "audit_via", include_str!("../../migrations/0004_audit_via.sql")),
    (5, "told_to", include_str!("../../migrations/0005_told_to.sql")),
    (6, "maintenance", include_str!("../../migrations/0006_maintenance.sql")),
    (7, "reviews", include_str!("../../migrations/0007_reviews.sql")),
];

/// A migration: its number, its name, its statements.
pub(super) type Step = (i64, &'static str, &'static str);

/// A database up to this size, bytes, is checked whole at each start: some tens of milliseconds. Of a larger one those
/// tables are checked that a start goes on from.
const CHECKED_WHOLE: u64 = 64 << 20;

/// The checks of a large one.
const CHECKED_TABLES: [&str; 6] = [
    "PRAGMA quick_check('mark')",
    "PRAGMA quick_check('target')",
    "PRAGMA quick_check('incident')",
    "PRAGMA quick_check('alert')",
    "PRAGMA quick_check('outbox')",
    "PRAGMA quick_check('registry_object')",
];

/// The schema that this program knows.
pub(super) fn known() -> i64 {
    newest(&MIGRATIONS)
}

fn newest(steps: &[Step]) -> i64 {
    steps.iter().map(|m| m.0).max().unwrap_or(0)
}

fn migrator(steps: &[Step]) -> Migrator {
    let all = steps.iter().map(|(version, name, sql)| {
        Migration::new(*version, Cow::Borrowed(*name), MigrationType::Simple, (*sql).into_sql_str(), false)
    });
    Migrator::with_migrations(all.collect())
}

/// Brings the tables up to date, each migration in a transaction of its own.
///
/// `made` says that they were there before: where they are not now, the log that held them was taken away.
pub(super) async fn migrate(connections: &Connections, made: bool) -> Result<(), StoreError> {
    if made && let Place::File(path) = connections.place() {
        let mut writer = connections.raw_writer().await?;
        if found(writer.conn()?).await? == 0 {
            return Err(StoreError::Gone(path.clone()));
        }
    }
    bring_to(connections, &MIGRATIONS).await
}

/// Brings the tables to the last of these migrations; what was there before is checked first, and copied beside the
/// database before it changes.
pub(super) async fn bring_to(connections: &Connections, steps: &[Step]) -> Result<(), StoreError> {
    let mut writer = connections.raw_writer().await?;
    let conn = writer.conn()?;
    let (found, known) = (found(conn).await?, newest(steps));
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    if let Place::File(path) = connections.place() {
        if found > 0 {
            check_file(conn, path).await?;
        } else {
            refuse_foreign(conn, path).await?;
        }
        if found > 0 && found < known {
            let copy = backup::before_migration(path, found).await?;
            tracing::info!(from = found, to = known, copy = %copy.display(), "the tables change; a copy was made before");
        }
    }
    run(conn, steps).await?;
    connections.made();
    Ok(())
}

/// Brings a copy up to date, which nobody else has.
pub(super) async fn bring_copy(conn: &mut AnyConnection) -> Result<(), StoreError> {
    run(conn, &MIGRATIONS).await
}

async fn run(conn: &mut AnyConnection, steps: &[Step]) -> Result<(), StoreError> {
    migrator(steps).run(&mut *conn).await.map_err(|e| match e {
        // A full disk is a full disk, whoever meets it.
        MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _) => e.into(),
        source => StoreError::Migrate { known: newest(steps), source },
    })
}

async fn check_file(conn: &mut AnyConnection, path: &Path) -> Result<(), StoreError> {
    let size = std::fs::metadata(path).map_or(0, |m| m.len());
    if size <= CHECKED_WHOLE {
        return backup::whole(conn, "PRAGMA quick_check(1)").await;
    }
    for check in CHECKED_TABLES {
        backup::whole(conn, check).await?;
    }
    Ok(())
}

/// Tables of another program are left alone.
async fn refuse_foreign(conn: &mut AnyConnection, path: &Path) -> Result<(), StoreError> {
    let sql = "SELECT COUNT(*) AS n FROM sqlite_master WHERE name NOT LIKE '%sqlx%' AND name NOT LIKE 'sqlite%'";
    let foreign: i64 = sqlx::query(sql).fetch_one(&mut *conn).await?.try_get("n")?;
    match foreign {
        0 => Ok(()),
        _ => Err(StoreError::NotOurs { path: path.to_owned(), what: "it has tables of another program".to_owned() }),
    }
}

/// Refuses a database of another schema, for those who only read.
pub(super) async fn check(connections: &Connections) -> Result<(), StoreError> {
    let Some(mut conn) = connections.peek().await? else { return Ok(()) };
    let (found, known) = (found(&mut conn).await?, known());
    match found.cmp(&known) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(StoreError::NewerSchema { found, known }),
        std::cmp::Ordering::Less => Err(StoreError::OlderSchema { found, known }),
    }
}

/// The schema that a database has; 0: none.
pub(super) async fn found(conn: &mut AnyConnection) -> Result<i64, StoreError> {
    let asked = sqlx::query("SELECT COALESCE(MAX(version), 0) AS version FROM _sqlx_migrations");
    match asked.fetch_one(&mut *conn).await {
        Ok(row) => Ok(row.try_get("version")?),
        Err(e) if no_such_table(&e) => Ok(0),
        Err(e) => Err(e.into()),
    }
}

/// SQLite says only "error" (1), PostgreSQL says undefined_table (42P01).
fn no_such_table(e: &sqlx::Error) -> bool {
    e.as_database_error().and_then(|d| d.code()).is_some_and(|c| c == "1" || c == "42P01")
}
