//! Connections: one that writes, a few that read, and how a transaction begins and ends.
//!
//! Writing goes by one connection, in transactions that take the write lock at once (`BEGIN IMMEDIATE`): a deferred
//! one that reads first is told BUSY without any wait. A connection on which something failed is not used again.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, ConnectOptions, Connection, Transaction};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::StoreError;
use super::place::Place;
use super::sql::{Link, within};

/// How long a statement may take. Longer than SQLite waits for a lock, so that "busy" is said as such; shorter than
/// `store_grace`, so that it is noticed.
const DEADLINE: Duration = Duration::from_secs(10);

/// How often, and after what time, a reader that is open is looked for.
const GLANCES: u32 = 100;
const GLANCE: Duration = Duration::from_millis(20);

/// Connections that read: the API, the page and the metrics, beside each other.
const READERS: u32 = 4;

/// `FULL`: a commit is told to people at once, so it must outlive a power cut. Only a backup or another tool can hold
/// the lock; three seconds are waited for it.
const WRITER_PRAGMAS: &str = "PRAGMA busy_timeout = 3000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                              PRAGMA foreign_keys = ON";

/// For a new file, before all else. It is asked of no other: SQLite would write to it before it was checked.
const BIRTH_PRAGMA: &str = "PRAGMA auto_vacuum = INCREMENTAL";

/// In WAL mode nobody blocks a reader but a recovery after a crash.
const READER_PRAGMAS: &str = "PRAGMA busy_timeout = 3000; PRAGMA query_only = ON";

/// The connections of a store.
pub(super) struct Connections {
    place: Place,
    writer: Arc<Mutex<Writer>>,
    /// None in memory: there, readers take the writer's connection in turn.
    readers: Option<AnyPool>,
    deadline: Option<Duration>,
    may_write: bool,
    /// The tables are there, in the file with this device and number: one that is missing from now on was taken away, and
    /// is not made again, empty; another in its place is not ours.
    made: OnceLock<(u64, u64)>,
}

struct Writer {
    conn: Option<AnyConnection>,
    /// A transaction may be open that nobody will end.
    spoilt: bool,
    /// A statement was given up at its deadline: the thread that runs it may hang in the kernel, and hold the lock.
    given_up: bool,
    closed: bool,
    in_memory: bool,
}

impl Connections {
    /// Makes the connections; nothing is opened yet but for a database in memory.
    pub(super) async fn new(place: Place, may_write: bool) -> Result<Connections, StoreError> {
        sqlx::any::install_default_drivers();
        let in_memory = place == Place::Memory;
        let conn = if in_memory { Some(connect(&place, "", None).await?) } else { None };
        let readers = if in_memory { None } else { Some(pool(&place)?) };
        let writer = Writer { conn, spoilt: false, given_up: false, closed: false, in_memory };
        // Memory needs no deadline; without one, tests may stop the clock.
        let deadline = (!in_memory).then_some(DEADLINE);
        Ok(Connections {
            place,
            writer: Arc::new(Mutex::new(writer)),
            readers,
            deadline,
            may_write,
            made: OnceLock::new(),
        })
    }

    /// The writing connection without a transaction, for migrations.
    pub(super) async fn raw_writer(&self) -> Result<RawWriter, StoreError> {
        if !self.may_write {
            return Err(StoreError::OpenedForReading);
        }
        let mut guard = self.writer.clone().lock_owned().await;
        if guard.closed {
            return Err(StoreError::Closed);
        }
        self.look(&mut guard)?;
        if guard.spoilt {
            mend(&mut guard).await;
        }
        let mode = if self.made.get().is_some() { "rw" } else { "rwc" };
        let conn = match guard.conn.take() {
            Some(conn) => conn,
            None => match connect(&self.place, mode, self.deadline).await {
                Ok(conn) => conn,
                Err(error) => return Err(who_holds(&mut guard, error)),
            },
        };
        Ok(RawWriter { guard, conn: Some(conn) })
    }

    /// Whether the file is still there: SQLite itself goes on writing to one that was taken away, and all is lost.
    fn look(&self, writer: &mut Writer) -> Result<(), StoreError> {
        let fault = self.fault();
        if fault.is_some() {
            writer.conn = None;
        }
        fault.map_or(Ok(()), Err)
    }

    fn fault(&self) -> Option<StoreError> {
        let (Place::File(path), Some(made)) = (&self.place, self.made.get()) else { return None };
        match identity(path) {
            Some(now) if now == *made => None,
            Some(_) => Some(StoreError::Replaced(path.clone())),
            None => Some(StoreError::Gone(path.clone())),
        }
    }

    /// Says that the tables are there.
    pub(super) fn made(&self) {
        if let Place::File(path) = &self.place
            && let Some(file) = identity(path)
        {
            // There is one start in a life.
            let _ = self.made.set(file);
        }
    }

    /// Where the database is.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Begins a transaction that writes.
    pub(super) async fn write(&self) -> Result<Session, StoreError> {
        let mut raw = self.raw_writer().await?;
        raw.guard.spoilt = true;
        let conn = raw.conn()?;
        let begin = if conn.backend_name() == "SQLite" { "BEGIN IMMEDIATE" } else { "BEGIN" };
        match within(self.deadline, sqlx::raw_sql(begin).execute(&mut *conn)).await {
            Ok(_) => {
                raw.guard.given_up = false;
                Ok(Session { raw, deadline: self.deadline })
            }
            Err(error) => Err(who_holds(&mut raw.guard, error)),
        }
    }

    /// Begins to read: everything that is read by one reader is of one moment.
    pub(super) async fn read(&self) -> Result<Reader, StoreError> {
        let source = match &self.readers {
            Some(pool) => Source::Pool(match self.fault() {
                None => within(self.deadline, pool.begin()).await?,
                Some(fault) => within(self.deadline, begin_on_open(pool)).await?.ok_or(fault)?,
            }),
            None => Source::Own(Box::new(self.raw_writer().await?)),
        };
        Ok(Reader { source, deadline: self.deadline })
    }

    /// A reader without a transaction, to look before there is a schema.
    pub(super) async fn peek(&self) -> Result<Option<PoolConnection<Any>>, StoreError> {
        match &self.readers {
            Some(pool) => Ok(Some(within(self.deadline, pool.acquire()).await?)),
            None => Ok(None),
        }
    }

    /// Closes all connections; what comes later is refused.
    pub(super) async fn close(&self) {
        if let Some(pool) = &self.readers {
            pool.close().await;
        }
        let mut writer = self.writer.lock().await;
        writer.closed = true;
        if let Some(conn) = writer.conn.take() {
            // Best effort: everything that counts is committed.
            let _ = within(self.deadline, conn.close()).await;
        }
    }
}

/// What is held by a statement of our own that was given up, and has not come back since, is no other program's doing: the
/// disk still does not answer.
fn who_holds(writer: &mut Writer, error: StoreError) -> StoreError {
    writer.given_up |= matches!(error, StoreError::Deadline(_));
    match error {
        StoreError::Busy(_) if writer.given_up => StoreError::Deadline(DEADLINE),
        other => other,
    }
}

/// Ends what a transaction left that failed or was given up. Only memory gets here with a connection.
async fn mend(writer: &mut Writer) {
    if let Some(conn) = &mut writer.conn {
        // Refused when no transaction is open, which is what is wanted.
        let _ = sqlx::raw_sql("ROLLBACK").execute(&mut *conn).await;
    }
    writer.spoilt = false;
}

async fn connect(place: &Place, mode: &str, deadline: Option<Duration>) -> Result<AnyConnection, StoreError> {
    let options: AnyConnectOptions = place.url(mode)?.parse()?;
    let born = matches!(place, Place::File(path) if std::fs::metadata(path).map_or(0, |m| m.len()) == 0);
    let mut conn = within(deadline, options.disable_statement_logging().connect()).await?;
    if conn.backend_name() == "SQLite" {
        if born {
            within(deadline, sqlx::raw_sql(BIRTH_PRAGMA).execute(&mut conn)).await?;
        }
        within(deadline, sqlx::raw_sql(WRITER_PRAGMAS).execute(&mut conn)).await?;
    }
    Ok(conn)
}

/// Begins on a reader that is open: it reads on where the file was taken away. `None` when all are in use for long.
async fn begin_on_open(pool: &AnyPool) -> Result<Option<Transaction<'static, Any>>, sqlx::Error> {
    for _ in 0..GLANCES {
        if let Some(begun) = pool.try_begin().await? {
            return Ok(Some(begun));
        }
        tokio::time::sleep(GLANCE).await;
    }
    Ok(None)
}

/// Which file stands under a path: its device and number.
fn identity(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|m| (m.dev(), m.ino()))
}

/// A connection of its own to a file, which is there.
pub(super) async fn open_file(path: &Path, mode: &str) -> Result<AnyConnection, StoreError> {
    sqlx::any::install_default_drivers();
    let options: AnyConnectOptions = Place::File(path.to_owned()).url(mode)?.parse()?;
    let mut conn = within(Some(DEADLINE), options.disable_statement_logging().connect()).await?;
    within(Some(DEADLINE), sqlx::raw_sql("PRAGMA busy_timeout = 3000").execute(&mut conn)).await?;
    Ok(conn)
}

fn pool(place: &Place) -> Result<AnyPool, StoreError> {
    let options: AnyConnectOptions = place.url("ro")?.parse()?;
    let pool = AnyPoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(DEADLINE)
        .test_before_acquire(false)
        // A reader that is open reads on when the file was taken away: what was committed can still be told.
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(|conn, _| {
            Box::pin(async move {
                if conn.backend_name() == "SQLite" {
                    sqlx::raw_sql(READER_PRAGMAS).execute(conn).await?;
                }
                Ok(())
            })
        });
    Ok(pool.connect_lazy_with(options.disable_statement_logging()))
}

/// The writing connection, held. Given back when it is dropped, unless something failed on it: closing it takes back
/// what was not committed. In memory, where closing would lose all, the next user takes it back.
pub(super) struct RawWriter {
    guard: OwnedMutexGuard<Writer>,
    conn: Option<AnyConnection>,
}

impl RawWriter {
    /// The connection.
    pub(super) fn conn(&mut self) -> Result<&mut AnyConnection, StoreError> {
        self.conn.as_mut().ok_or(StoreError::Closed)
    }
}

impl Drop for RawWriter {
    fn drop(&mut self) {
        if self.guard.in_memory || !self.guard.spoilt {
            self.guard.conn = self.conn.take();
        }
        self.guard.spoilt &= self.guard.in_memory;
    }
}

/// A transaction that writes. Dropped without [`Session::finish`], nothing of it stays.
pub(super) struct Session {
    raw: RawWriter,
    deadline: Option<Duration>,
}

impl Session {
    /// To run statements.
    pub(super) fn link(&mut self) -> Result<Link<'_>, StoreError> {
        let deadline = self.deadline;
        Ok(Link { conn: self.raw.conn()?, deadline })
    }

    /// Commits when the work went well, else all of it is taken back. A commit of which the answer is an error may
    /// have happened all the same; whoever tries again must find that out.
    pub(super) async fn finish<T>(mut self, work: Result<T, StoreError>) -> Result<T, StoreError> {
        let deadline = self.deadline;
        let ended = match work {
            Ok(value) => within(deadline, sqlx::raw_sql("COMMIT").execute(self.raw.conn()?)).await.map(|_| value),
            Err(error) => Err(error),
        };
        match &ended {
            Ok(_) => self.raw.guard.spoilt = false,
            Err(error) => self.raw.guard.given_up |= matches!(error, StoreError::Deadline(_)),
        }
        ended
    }
}

enum Source {
    Pool(Transaction<'static, Any>),
    Own(Box<RawWriter>),
}

/// A view of one moment.
pub(super) struct Reader {
    source: Source,
    deadline: Option<Duration>,
}

impl Reader {
    /// To ask.
    pub(super) fn link(&mut self) -> Result<Link<'_>, StoreError> {
        let deadline = self.deadline;
        let conn = match &mut self.source {
            Source::Pool(tx) => &mut **tx,
            Source::Own(raw) => raw.conn()?,
        };
        Ok(Link { conn, deadline })
    }
}

impl std::fmt::Debug for Connections {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connections").field("place", &self.place).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_a_statement_of_our_own_left_is_no_other_programs() {
        let mut writer = Writer { conn: None, spoilt: false, given_up: false, closed: false, in_memory: false };
        let busy = || StoreError::Busy(sqlx::Error::PoolTimedOut);
        assert_eq!(who_holds(&mut writer, busy()).word(), "busy");
        assert_eq!(who_holds(&mut writer, StoreError::Deadline(DEADLINE)).word(), "deadline");
        assert_eq!(who_holds(&mut writer, busy()).word(), "deadline", "it has not come back");
        assert_eq!(who_holds(&mut writer, StoreError::Closed).word(), "closed");
        writer.given_up = false;
        assert_eq!(who_holds(&mut writer, busy()).word(), "busy");
    }
}
