//! WHAT IS KEPT: every SQL statement of the project.
//!
//! Keeps what the World concluded, said and wants to have told, in one commit a batch that is whole or not at all;
//! gives a start what it needs; answers questions about the past from history. One connection writes. It decides
//! nothing: not who is told (routes come with the batch), not what is true.
//!
//! SQLite now, by sqlx's `Any`; every statement is one that PostgreSQL takes too.

mod audit;
mod backup;
mod commit;
mod connect;
mod error;
mod figures;
mod history;
mod incidents;
mod load;
mod lock;
mod maintenance;
mod outbox;
mod packed;
mod place;
mod registry;
mod reviews;
mod routing;
mod rows;
mod schema;
mod sql;
mod steps;
#[cfg(test)]
mod tests;
mod turns;
mod vacuum;
mod wal;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cunkou_core::model::Time;

pub use audit::{AuditEntry, AuditQuery, AuditRow};
pub use backup::{BackupFacts, Restored, backup, restore};
pub use commit::{Batch, BatchId, Names};
pub use error::StoreError;
pub use figures::{DAY_BYTES, DailyRow, HourlyRow, RTT_BUCKETS, Sums, day_of, hour_of, rtt_bucket};
pub use history::{CameraAt, EntranceAt, TransitionQuery, TransitionRow};
pub use incidents::{Delivery, IncidentQuery, IncidentStory, Step};
pub use lock::Holder;
pub use maintenance::{Maintenance, works_words};
pub use outbox::{Backlog, OutboxKey, OutboxRow, Received, Take};
pub use place::locate;
pub use registry::{Change, RegistryPut, RegistryVersion};
pub use reviews::CameraTurn;
pub use routing::SinkRoute;
pub use rows::StoredOutcome;
pub use turns::EntranceTurn;

use connect::Connections;
use lock::{Kept, Lock};
use place::Place;
use sql::{Cells, values};

/// How a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// For the one daemon: makes the file on the first start, takes the lock, brings the tables up to date.
    ReadWrite,
    /// For commands that ask: changes nothing, takes no lock, works while the daemon writes.
    ReadOnly,
}

/// The store. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    connections: Connections,
    lock: Mutex<Option<Lock>>,
    batches: AtomicU64,
    /// Held while rows of the outbox are taken, and while they may collapse.
    gate: tokio::sync::Mutex<()>,
    /// Rows of the outbox that somebody is sending now, and whether they surely had not been received before.
    claimed: Mutex<BTreeMap<OutboxKey, bool>>,
}

impl Store {
    /// Opens the store at a `database.url`; a relative path is relative to the current folder ([`locate`] makes it
    /// relative to another). `sqlite::memory:` opens one that is gone with the last clone.
    ///
    /// # Errors
    /// `Locked` when a daemon has it already (to write), `NoFolder`, `Missing`, `NewerSchema`, `OlderSchema` (to
    /// read), and whatever the database says.
    pub async fn open(url: &str, mode: OpenMode) -> Result<Store, StoreError> {
        let place = Place::parse(url, Path::new("."))?.canonical();
        let mut lock = match (&place, mode) {
            (Place::Memory, OpenMode::ReadWrite) => None,
            (Place::Memory, OpenMode::ReadOnly) => return Err(StoreError::Url("memory cannot be opened for reading")),
            (Place::File(path), OpenMode::ReadWrite) => Some(take_sound(path)?),
            (Place::File(path), OpenMode::ReadOnly) if !path.exists() => return Err(StoreError::Missing(path.clone())),
            (Place::File(_), OpenMode::ReadOnly) => None,
        };
        let may_write = mode == OpenMode::ReadWrite;
        let connections = Connections::new(place, may_write).await?;
        if may_write {
            let made = lock.as_ref().is_some_and(|lock| lock.kept() == Kept::Made);
            schema::migrate(&connections, made).await?;
            lock.as_mut().map_or(Ok(()), |lock| lock.keep(Kept::Made))?;
        } else {
            schema::check(&connections).await?;
        }
        let store = Store {
            inner: Arc::new(Inner {
                connections,
                lock: Mutex::new(lock),
                batches: AtomicU64::new(0),
                gate: tokio::sync::Mutex::new(()),
                claimed: Mutex::new(BTreeMap::new()),
            }),
        };
        let mark = store.mark().await?;
        store.inner.batches.store(mark.batch, Ordering::Relaxed);
        Ok(store)
    }

    /// Says where the daemon that holds this store listens, in the lock and for commands that look for it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn announce(&self, listen: &str, now: Time) -> Result<(), StoreError> {
        let holder = Holder::this(listen, now);
        if let Some(lock) = held(&self.inner.lock).as_mut() {
            lock.write(holder.clone())?;
        }
        let mut session = self.inner.connections.write().await?;
        let written = async {
            let mut link = session.link()?;
            link.run("DELETE FROM daemon", values![]).await?;
            let row = values![1_i64, holder.pid, holder.host, holder.listen, now];
            link.run("INSERT INTO daemon (id, pid, host, listen, since_ms) VALUES ($1, $2, $3, $4, $5)", row).await
        };
        let written = written.await;
        session.finish(written).await.map(|_| ())
    }

    /// Where the daemon listens, as it announced; stays after a crash, so whoever asks must expect silence there.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn daemon(&self) -> Result<Option<Holder>, StoreError> {
        let mut reader = self.inner.connections.read().await?;
        let row = reader.link()?.row("SELECT pid, host, listen, since_ms FROM daemon", values![]).await?;
        row.map(|row| {
            Ok(Holder {
                pid: row.small("pid")?,
                host: row.text("host")?,
                listen: row.text("listen")?,
                since_ms: row.int("since_ms")?,
            })
        })
        .transpose()
    }

    /// World's last tick; `None` before the first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn last_tick(&self) -> Result<Option<Time>, StoreError> {
        Ok(self.mark().await?.tick)
    }

    /// Ends the use of the store: the announcement is taken back, connections are closed, the lock is let go.
    pub async fn close(&self) {
        // Best effort: a stale announcement only makes a command ask in vain.
        if let Ok(mut session) = self.inner.connections.write().await {
            let gone = async { session.link()?.run("DELETE FROM daemon", values![]).await };
            let gone = gone.await;
            let _ = session.finish(gone).await;
        }
        self.inner.connections.close().await;
        held(&self.inner.lock).take();
    }

    fn claimed(&self) -> MutexGuard<'_, BTreeMap<OutboxKey, bool>> {
        held(&self.inner.claimed)
    }
}

/// A lock of which the holder panicked is still a lock over whole values.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the lock, and refuses what stands there when it is not what was left: a new database in its place would use
/// numbers again that were told.
fn take_sound(path: &Path) -> Result<Lock, StoreError> {
    let lock = take_lock(path)?;
    match lock.kept() {
        Kept::Restoring => return Err(StoreError::HalfRestored(path.to_owned())),
        Kept::Made if std::fs::metadata(path).map_or(0, |m| m.len()) == 0 => {
            return Err(StoreError::Gone(path.to_owned()));
        }
        Kept::Made | Kept::Nothing => {}
    }
    backup::look_at_log(path)?;
    Ok(lock)
}

fn take_lock(path: &Path) -> Result<Lock, StoreError> {
    match path.parent() {
        Some(folder) if !folder.is_dir() => Err(StoreError::NoFolder(folder.to_owned())),
        _ => Lock::take(path),
    }
}
