//! What can go wrong with the store, as a closed list: readiness and the command line say which.

use std::path::PathBuf;
use std::time::Duration;

use super::lock::Holder;

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else writes, for longer than we wait.
    #[error("another program holds the database")]
    Busy(#[source] sqlx::Error),
    /// No room.
    #[error("the disk, or the database's quota, is full")]
    Full(#[source] sqlx::Error),
    /// The file may not be written.
    #[error("the database may only be read")]
    ReadOnlyFile(#[source] sqlx::Error),
    /// The file is no database, or a broken one.
    #[error("the database is damaged, or is no database; `cunkou restore FILE` puts a backup in its place")]
    Corrupt(#[source] sqlx::Error),
    /// What was committed last stands in a log beside the file, which is damaged before its end.
    #[error(
        "the log {} is damaged before its end: to go on would lose {} that was told; \
         `cunkou restore FILE` puts a backup in place, `cunkou backup FILE` saves what can still be read",
        path.display(), lost.map_or("all".to_owned(), |n| format!("{} commits or more", n + 1))
    )]
    BrokenLog {
        /// The log.
        path: PathBuf,
        /// Commits that stand behind the damage, and with the damaged one would be lost; `None`: all of the log.
        lost: Option<usize>,
    },
    /// Another file stands in the place of a database whose log is still there: SQLite would mix the two.
    #[error("{} is no database, but a log of one is beside it; `cunkou restore FILE` puts a backup in its place", .0.display())]
    NoDatabase(PathBuf),
    /// A daemon has run on this database, and now it is gone or empty: a new one would use numbers again that were told.
    #[error(
        "the database {}, or the log beside it, is gone or empty, and was not before; put it back, or a backup by `cunkou restore FILE`; \
         to begin anew remove its .lock file too", .0.display()
    )]
    Gone(PathBuf),
    /// The file is another than the one that was opened.
    #[error("another file stands in the place of the database {}; put the first one back, or stop the daemon", .0.display())]
    Replaced(PathBuf),
    /// A restore was broken off.
    #[error("a restore of the database {} was broken off; run `cunkou restore FILE` again", .0.display())]
    HalfRestored(PathBuf),
    /// A backup is not written over another file.
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    /// The file is another program's, or not whole.
    #[error("{} is not a whole database of cunkou: {what}", path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Made by a newer cunkou.
    #[error("the database has schema {found}, this cunkou knows {known}; take the newer program")]
    NewerSchema {
        /// The schema in the file.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// Made by an older cunkou; only a start of the daemon brings it up to date.
    #[error("the database has schema {found}, this cunkou needs {known}; start the daemon once")]
    OlderSchema {
        /// The schema in the file; 0: none.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// A second daemon on the same database.
    #[error("the database is in use by {holder}")]
    Locked {
        /// Who holds it.
        holder: Holder,
    },
    /// There is no such file.
    #[error("there is no database {}; `run` makes it on its first start", .0.display())]
    Missing(PathBuf),
    /// The folder of the file does not exist.
    #[error("the folder {} for the database does not exist", .0.display())]
    NoFolder(PathBuf),
    /// The address of the database cannot be used. It is not repeated, it may hold a password.
    #[error("the database url cannot be used: {0}")]
    Url(&'static str),
    /// A file beside the database.
    #[error("{what} {}", path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The database could not be read, written or reached.
    #[error("the database cannot be reached")]
    Io(#[source] sqlx::Error),
    /// A statement did not end in time.
    #[error("the database did not answer within {0:?}")]
    Deadline(Duration),
    /// The tables could not be made.
    #[error("the database could not be brought to schema {known}")]
    Migrate {
        /// The schema that was wanted.
        known: i64,
        /// Why not.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// A row holds what this program never wrote.
    #[error("table {table} holds something strange: {what}; `cunkou restore FILE` puts a backup in its place")]
    Content {
        /// Which table.
        table: &'static str,
        /// What is strange.
        what: String,
    },
    /// A batch older than one that was committed.
    #[error("batch {batch} comes after batch {committed} was committed")]
    Stale {
        /// The batch.
        batch: u64,
        /// The last that was committed.
        committed: u64,
    },
    /// A write on a store that was opened for reading.
    #[error("the store was opened for reading")]
    OpenedForReading,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// Anything else the database said.
    #[error("the database refused a statement")]
    Refused(#[source] sqlx::Error),
}

impl StoreError {
    /// A word for logs, readiness and tests.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            StoreError::Busy(_) => "busy",
            StoreError::Full(_) => "full",
            StoreError::ReadOnlyFile(_) | StoreError::OpenedForReading => "read_only",
            StoreError::Corrupt(_)
            | StoreError::Content { .. }
            | StoreError::BrokenLog { .. }
            | StoreError::NoDatabase(_) => "corrupt",
            StoreError::Gone(_) => "gone",
            StoreError::Replaced(_) => "replaced",
            StoreError::HalfRestored(_) => "half_restored",
            StoreError::Exists(_) => "exists",
            StoreError::NotOurs { .. } => "not_ours",
            StoreError::NewerSchema { .. } => "newer_schema",
            StoreError::OlderSchema { .. } => "older_schema",
            StoreError::Locked { .. } => "locked",
            StoreError::Missing(_) | StoreError::NoFolder(_) => "missing",
            StoreError::Url(_) => "url",
            StoreError::File { .. } | StoreError::Io(_) => "io",
            StoreError::Deadline(_) => "deadline",
            StoreError::Migrate { .. } => "migrate",
            StoreError::Stale { .. } => "stale",
            StoreError::Closed => "closed",
            StoreError::Refused(_) => "refused",
        }
    }
}

impl StoreError {
    /// A few words for readiness, which everybody may read: no path, no cause.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            StoreError::Busy(_) => "another program holds the database",
            StoreError::Full(_) => "the disk is full",
            StoreError::ReadOnlyFile(_) | StoreError::OpenedForReading => "the database may only be read",
            StoreError::Corrupt(_) | StoreError::Content { .. } | StoreError::BrokenLog { .. } => {
                "the database is damaged"
            }
            StoreError::Missing(_) | StoreError::NoFolder(_) | StoreError::Gone(_) => "the database file is gone",
            StoreError::Replaced(_) => "another file stands in the place of the database",
            StoreError::Deadline(_) => "the database does not answer",
            StoreError::File { .. } | StoreError::Io(_) => "the database cannot be reached",
            _ => "the database refuses",
        }
    }
}

impl From<sqlx::Error> for StoreError {
    /// By SQLite's primary result code (sqlite.org/rescode.html) or PostgreSQL's class of SQLSTATE.
    fn from(e: sqlx::Error) -> StoreError {
        let code = match &e {
            sqlx::Error::Database(d) => d.code().map(std::borrow::Cow::into_owned),
            sqlx::Error::PoolTimedOut => return StoreError::Busy(e),
            sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed | sqlx::Error::PoolClosed => return StoreError::Io(e),
            _ => None,
        };
        let Some(code) = code else { return StoreError::Refused(e) };
        // A SQLSTATE has five characters; a result code of SQLite is a number of at most four digits.
        if code.len() == 5 {
            return match code.get(..2) {
                Some("53") => StoreError::Full(e),
                Some("55") => StoreError::Busy(e),
                Some("08" | "57" | "58") => StoreError::Io(e),
                Some("XX") => StoreError::Corrupt(e),
                _ => StoreError::Refused(e),
            };
        }
        match code.parse::<i32>().map(|c| c & 0xff) {
            Ok(5 | 6) => StoreError::Busy(e),
            Ok(13) => StoreError::Full(e),
            Ok(8) => StoreError::ReadOnlyFile(e),
            Ok(11 | 26) => StoreError::Corrupt(e),
            Ok(10 | 14) => StoreError::Io(e),
            _ => StoreError::Refused(e),
        }
    }
}
