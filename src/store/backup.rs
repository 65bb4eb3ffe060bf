//! Backup and restore: a copy of one moment while the daemon writes, and the way back.
//!
//! A copy is written beside its name and takes it only when it is whole, checked and on the disk. A restore needs the
//! lock of the database, checks the file before it touches anything, and keeps what stood there before.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cunkou_core::model::Time;
use sqlx::AnyConnection;

use super::connect::open_file;
use super::lock::{Kept, Lock};
use super::place::Place;
use super::sql::{Cells, Link, within};
use super::{StoreError, schema, take_lock, wal};

/// The longest time of a copy or of a whole check: minutes for gigabytes.
const LONG: Duration = Duration::from_secs(3_600);

/// How a database begins (sqlite.org/fileformat.html).
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Incidents that may have been told since a backup, where nobody can say how many.
const UNKNOWN_NUMBERS: u64 = 1_000;

/// What stands beside a database under its name with these endings.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupFacts {
    /// Its schema.
    pub schema: i64,
    /// The last moment that the monitor of it lived.
    pub last_tick: Option<Time>,
    /// The registry in force.
    pub registry_version: u64,
    /// Incidents of all time.
    pub incidents: u64,
    /// Its size, bytes.
    pub bytes: u64,
}

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What is in place now.
    pub facts: BackupFacts,
    /// Where what stood there before is now; `None`: nothing stood there.
    pub kept: Option<PathBuf>,
}

/// Copies the database at a `database.url`, as it is at one moment, to a new file, which is checked; a daemon goes on
/// writing meanwhile.
///
/// # Errors
/// `Missing` when there is none, `Exists` when there is such a file already; when the database cannot be read, or the copy
/// not be written.
pub async fn backup(url: &str, to: &Path) -> Result<BackupFacts, StoreError> {
    let Place::File(from) = Place::parse(url, Path::new("."))?.canonical() else {
        return Err(StoreError::Url("memory cannot be copied"));
    };
    if !from.exists() {
        return Err(StoreError::Missing(from));
    }
    let to = std::path::absolute(to).map_err(file("cannot find", to))?;
    if to.exists() {
        return Err(StoreError::Exists(to));
    }
    copy(&from, &to).await
}

/// Puts a backup in the place of the database at a `database.url`, which no daemon may use. What stood there is kept
/// beside it. Broken off, it leaves a database that a start refuses until the restore was done again.
///
/// # Errors
/// `Locked` while a daemon runs, `NotOurs` when the file is none; when something cannot be written.
pub async fn restore(url: &str, from: &Path, now: Time) -> Result<Restored, StoreError> {
    let Place::File(database) = Place::parse(url, Path::new("."))?.canonical() else {
        return Err(StoreError::Url("memory cannot be restored"));
    };
    let from = std::fs::canonicalize(from).map_err(file("cannot read", from))?;
    if from == database {
        return Err(StoreError::NotOurs { path: from, what: "it is the database itself".to_owned() });
    }
    let mut lock = take_lock(&database)?;
    check(&from).await?;
    let fresh = named(&database, ".restoring");
    remove(&fresh)?;
    copy(&from, &fresh).await?;
    let facts = make_ready(&fresh, numbers_of(&database).await).await?;
    let kept = put_in_place(&mut lock, &database, &fresh, now)?;
    Ok(Restored { facts, kept })
}

/// The highest number of an incident in a database that may be damaged; `None`: it cannot be known.
async fn numbers_of(database: &Path) -> Option<u64> {
    look_at_log(database).ok()?;
    let mut conn = open_file(database, "ro").await.ok()?;
    let whole = whole(&mut conn, "PRAGMA quick_check(1)").await;
    let highest = whole.and(highest_incident(&mut conn).await).ok();
    close(conn).await;
    highest
}

async fn highest_incident(conn: &mut AnyConnection) -> Result<u64, StoreError> {
    let mut link = Link { conn, deadline: Some(LONG) };
    // Digests have numbers too, and no incident.
    let sql = "SELECT (SELECT COALESCE(MAX(id), 0) FROM incident) AS id, \
               (SELECT COALESCE(MAX(incident), 0) FROM incident_step) AS told";
    let row = link.row(sql, Vec::new()).await?;
    row.map_or(Ok(0), |row| Ok(row.count("id")?.max(row.count("told")?)))
}

/// A copy as this program needs it, with its numbers above those that may have been told: a sink would take a message
/// under an old key for one that it has.
async fn make_ready(fresh: &Path, told: Option<u64>) -> Result<BackupFacts, StoreError> {
    let mut conn = open_file(fresh, "rw").await?;
    schema::bring_copy(&mut conn).await?;
    let kept = highest_incident(&mut conn).await?;
    let from = told.map_or(kept + UNKNOWN_NUMBERS, |told| told.max(kept)) + 1;
    let mut link = Link { conn: &mut conn, deadline: Some(LONG) };
    let sql = "UPDATE mark SET incidents_from = CASE WHEN incidents_from < $1 THEN $1 ELSE incidents_from END";
    link.run(sql, vec![from.into()]).await?;
    let facts = facts(&mut conn, fresh).await;
    close(conn).await;
    sync_file(fresh)?;
    facts
}

fn sync_file(path: &Path) -> Result<(), StoreError> {
    let written = File::options().write(true).open(path).and_then(|f| f.sync_all());
    written.map_err(file("cannot write", path))
}

/// A copy beside the database before its schema changes: one a schema, the last one counts.
pub(super) async fn before_migration(database: &Path, schema: i64) -> Result<PathBuf, StoreError> {
    let to = named(database, &format!(".schema-{schema}"));
    remove(&to)?;
    copy(database, &to).await?;
    Ok(to)
}

/// The steps that a crash may come between: from the first to the last the lock file says so.
fn put_in_place(lock: &mut Lock, database: &Path, fresh: &Path, now: Time) -> Result<Option<PathBuf>, StoreError> {
    lock.keep(Kept::Restoring)?;
    let kept = database.exists().then(|| named(database, &format!(".before-{}", now.millis())));
    if let Some(kept) = &kept {
        for ending in BESIDE {
            rename_if_there(&named(database, ending), &named(kept, ending))?;
        }
        rename_if_there(database, kept)?;
    }
    // A log that belongs to no database any more must not be taken for one of the new.
    for ending in BESIDE {
        remove(&named(database, ending))?;
    }
    std::fs::rename(fresh, database).map_err(file("cannot rename", fresh))?;
    sync_folder(database)?;
    lock.keep(Kept::Made)?;
    Ok(kept)
}

/// Copies a database, whole and checked, to a name that nothing has.
async fn copy(from: &Path, to: &Path) -> Result<BackupFacts, StoreError> {
    let part = named(to, ".part");
    remove(&part)?;
    let copied = copy_to(from, &part).await;
    let done = copied.and_then(|facts| {
        std::fs::rename(&part, to).map_err(file("cannot rename", &part))?;
        sync_folder(to)?;
        Ok(facts)
    });
    if done.is_err() {
        // What is half is of no use; that it cannot be removed is told by whoever comes upon it.
        let _ = remove(&part);
    }
    done
}

async fn copy_to(from: &Path, part: &Path) -> Result<BackupFacts, StoreError> {
    let name = part.to_str().ok_or(StoreError::Url("the path is not UTF-8"))?;
    let mut source = open_file(from, "ro").await?;
    let copying = sqlx::query("VACUUM INTO $1").bind(name.to_owned()).execute(&mut source);
    within(Some(LONG), copying).await?;
    // Nobody may read the copy who may not read the database.
    let mode = std::fs::metadata(from).map_err(file("cannot read", from))?.permissions();
    std::fs::set_permissions(part, mode).map_err(file("cannot write", part))?;
    let mut copy = open_file(part, "rw").await?;
    // Who ran when it was made does not run where it is put.
    let alone = sqlx::raw_sql("DELETE FROM daemon").execute(&mut copy);
    within(Some(LONG), alone).await?;
    let facts = facts(&mut copy, part).await;
    close(copy).await;
    sync_file(part)?;
    facts
}

/// Whether a file is a whole database of ours.
async fn check(path: &Path) -> Result<(), StoreError> {
    let no = |what: String| StoreError::NotOurs { path: path.to_owned(), what };
    if std::fs::metadata(path).map_err(file("cannot read", path))?.len() == 0 {
        return Err(no("it is empty".to_owned()));
    }
    look_at_log(path)?;
    let mut conn = open_file(path, "ro").await.map_err(|e| no(e.to_string()))?;
    let found = schema::found(&mut conn).await.map_err(|e| no(e.to_string()));
    let checked = match found {
        Ok(0) => Err(no("it has no tables of cunkou".to_owned())),
        Ok(found) if found > schema::known() => Err(StoreError::NewerSchema { found, known: schema::known() }),
        Ok(_) => whole(&mut conn, "PRAGMA integrity_check(1)").await.map_err(|e| no(e.to_string())),
        Err(e) => Err(e),
    };
    close(conn).await;
    checked
}

/// Refuses a database of which the log is damaged before its end, or that does not belong to its log.
pub(super) fn look_at_log(database: &Path) -> Result<(), StoreError> {
    let path = named(database, "-wal");
    if std::fs::metadata(&path).is_ok_and(|m| m.len() > 0) && !begins_well(database) {
        return Err(StoreError::NoDatabase(database.to_owned()));
    }
    match wal::commits_behind_damage(&path).map_err(file("cannot read", &path))? {
        Some(0 | 1) => Ok(()),
        lost => Err(StoreError::BrokenLog { path, lost }),
    }
}

/// Whether a file begins as a database does.
fn begins_well(database: &Path) -> bool {
    use std::io::Read as _;
    let mut head = [0; MAGIC.len()];
    let read = File::open(database).and_then(|mut f| f.read_exact(&mut head));
    read.is_ok() && head == *MAGIC
}

/// Runs one of SQLite's own checks; `Corrupt` is what it finds.
pub(super) async fn whole(conn: &mut AnyConnection, pragma: &'static str) -> Result<(), StoreError> {
    let mut link = Link { conn, deadline: Some(LONG) };
    let rows = link.rows(pragma, Vec::new()).await?;
    let column = pragma.trim_start_matches("PRAGMA ").split('(').next().unwrap_or(pragma);
    let said: Result<Vec<String>, StoreError> = rows.iter().map(|row| row.text(column)).collect();
    match said?.first() {
        Some(said) if said == "ok" => Ok(()),
        said => Err(StoreError::Content {
            table: "sqlite_schema",
            what: said.map_or("the check says nothing", |s| s.lines().next().unwrap_or(s)).to_owned(),
        }),
    }
}

async fn facts(conn: &mut AnyConnection, path: &Path) -> Result<BackupFacts, StoreError> {
    whole(conn, "PRAGMA quick_check(1)").await?;
    let schema = schema::found(conn).await?;
    let mut link = Link { conn, deadline: Some(LONG) };
    let sql = "SELECT (SELECT tick_ms FROM mark) AS tick, (SELECT COUNT(*) FROM incident) AS incidents, \
               (SELECT COALESCE(MAX(version), 0) FROM registry_version) AS version";
    let row = link.row(sql, Vec::new()).await?;
    let row = row.ok_or(StoreError::Content { table: "mark", what: "it is empty".to_owned() })?;
    Ok(BackupFacts {
        schema,
        last_tick: row.maybe_time("tick")?,
        registry_version: row.count("version")?,
        incidents: row.count("incidents")?,
        bytes: std::fs::metadata(path).map_err(file("cannot read", path))?.len(),
    })
}

async fn close(conn: AnyConnection) {
    use sqlx::Connection as _;
    // What counts was committed; a copy is synced by its file.
    let _ = within(Some(LONG), conn.close()).await;
}

/// A path with an ending added to its last part.
pub(super) fn named(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().map_or_else(OsString::new, OsString::from);
    name.push(ending);
    path.with_file_name(name)
}

fn file(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> StoreError + use<> {
    let path = path.to_owned();
    move |source| StoreError::File { what, path, source }
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(file("cannot remove", path)(e)),
        _ => Ok(()),
    }
}

fn rename_if_there(from: &Path, to: &Path) -> Result<(), StoreError> {
    match std::fs::rename(from, to) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(file("cannot rename", from)(e)),
        _ => Ok(()),
    }
}

fn sync_folder(of: &Path) -> Result<(), StoreError> {
    let folder = of.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|f| f.sync_all()).map_err(file("cannot write", folder))
}
