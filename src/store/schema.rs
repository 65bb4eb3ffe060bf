//! The tables and their version: brought up to date at the start of a daemon, looked at by everybody else.

use std::borrow::Cow;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, Row, SqlSafeStr};

use super::StoreError;
use super::connect::Connections;

/// Every migration, in order; a file that was released never changes.
const MIGRATIONS: [(i64, &str, &str); 3] = [
    (1, "house", include_str!("../../migrations/0001_house.sql")),
    (3, "figures", include_str!("../../migrations/0003_figures.sql")),
    (4, "audit_via", include_str!("../../migrations/0004_audit_via.sql")),
];

/// The schema that this program knows.
pub(super) fn known() -> i64 {
    MIGRATIONS.iter().map(|m| m.0).max().unwrap_or(0)
}

fn migrator() -> Migrator {
    let all = MIGRATIONS.into_iter().map(|(version, name, sql)| {
        Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, sql.into_sql_str(), false)
    });
    Migrator::with_migrations(all.collect())
}

/// Brings the tables up to date, each migration in a transaction of its own.
pub(super) async fn migrate(connections: &Connections) -> Result<(), StoreError> {
    let mut writer = connections.raw_writer().await?;
    let conn = writer.conn()?;
    let (found, known) = (found(conn).await?, known());
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    migrator().run(&mut *conn).await.map_err(|e| match e {
        // A full disk is a full disk, whoever meets it.
        MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _) => e.into(),
        source => StoreError::Migrate { known, source },
    })?;
    writer.made();
    Ok(())
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
async fn found(conn: &mut AnyConnection) -> Result<i64, StoreError> {
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
