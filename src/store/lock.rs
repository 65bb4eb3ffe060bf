//! One daemon a database: an advisory lock on a file beside it, which the system lets go when the process ends.

use std::ffi::OsString;
use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use cunkou_core::model::Time;
use serde::{Deserialize, Serialize};

use super::StoreError;

/// The longest text read from a lock file, in bytes: anybody may have written there.
const MAX_TEXT: u64 = 4096;

/// Who holds a database.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Holder {
    /// The process; 0: it did not say.
    pub pid: u32,
    /// The machine.
    pub host: String,
    /// Where its HTTP interface listens; empty until it does.
    pub listen: String,
    /// Since when, milliseconds since 1970-01-01 UTC; 0 until it listens.
    pub since_ms: i64,
}

impl Holder {
    /// This process.
    pub(super) fn this(listen: &str, since: Time) -> Holder {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        Holder {
            pid: std::process::id(),
            host: host.trim().to_owned(),
            listen: listen.to_owned(),
            since_ms: since.millis(),
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            0 => f.write_str("another process")?,
            pid => write!(f, "process {pid}")?,
        }
        if !self.host.is_empty() {
            write!(f, " on {}", self.host)?;
        }
        if !self.listen.is_empty() {
            write!(f, ", listening on {}", self.listen)?;
        }
        Ok(())
    }
}

/// What is known of the database beside which the lock stands, from one life to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kept {
    /// Nothing: there may be none yet.
    #[default]
    Nothing,
    /// It was made: where it is missing or empty, it was taken away.
    Made,
    /// A backup is being put in its place.
    Restoring,
}

/// What stands in the file.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Text {
    #[serde(flatten)]
    holder: Holder,
    #[serde(default)]
    database: Kept,
}

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
    text: Text,
}

impl Lock {
    /// Takes the lock of a database, or says who holds it.
    pub(super) fn take(database: &Path) -> Result<Lock, StoreError> {
        let mut name = database.file_name().map_or_else(OsString::new, OsString::from);
        name.push(".lock");
        let path = database.with_file_name(name);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = file.map_err(|source| StoreError::File { what: "cannot open", path: path.clone(), source })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::Locked { holder: read(&mut file).holder }),
            Err(TryLockError::Error(source)) => return Err(StoreError::File { what: "cannot lock", path, source }),
        }
        let text = read(&mut file);
        let mut lock = Lock { file, path, text };
        lock.write(Holder::this("", Time(0)))?;
        Ok(lock)
    }

    /// What is known of the database.
    pub(super) fn kept(&self) -> Kept {
        self.text.database
    }

    /// Says what is known of the database, so that it outlives a crash.
    pub(super) fn keep(&mut self, kept: Kept) -> Result<(), StoreError> {
        if self.text.database == kept {
            return Ok(());
        }
        self.text.database = kept;
        self.put()?;
        self.file.sync_all().map_err(|source| self.error(source))
    }

    /// Says who holds it.
    pub(super) fn write(&mut self, holder: Holder) -> Result<(), StoreError> {
        self.text.holder = holder;
        self.put()
    }

    /// Over the old text, then cut: a crash in between leaves no moment without one.
    fn put(&mut self) -> Result<(), StoreError> {
        let text = serde_json::to_string(&self.text).unwrap_or_default();
        let file = &mut self.file;
        let written = file.seek(SeekFrom::Start(0)).and_then(|_| file.write_all(text.as_bytes()));
        written.and_then(|()| file.set_len(text.len() as u64)).map_err(|source| self.error(source))
    }

    fn error(&self, source: std::io::Error) -> StoreError {
        StoreError::File { what: "cannot write", path: self.path.clone(), source }
    }
}

impl Drop for Lock {
    /// Lets go at once: a program that is being started beside us has a copy of the file until it runs, and with it the
    /// lock.
    fn drop(&mut self) {
        // The system lets go of it when the last copy is closed.
        let _ = self.file.unlock();
    }
}

/// What the holder wrote; it may be just writing, or another program may have written there.
fn read(file: &mut File) -> Text {
    let mut bytes = Vec::new();
    let Ok(_) = file.take(MAX_TEXT).read_to_end(&mut bytes) else { return Text::default() };
    // What is behind the first value is the rest of a longer text, left by a crash.
    serde_json::Deserializer::from_slice(&bytes).into_iter().next().and_then(Result::ok).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_one_is_told_who_holds_it() {
        let dir = tempfile::tempdir().unwrap();
        let db = dir.path().join("村口.db");
        let mut first = Lock::take(&db).unwrap();
        first.write(Holder::this("127.0.0.1:9778", Time(7))).unwrap();
        first.keep(Kept::Made).unwrap();
        let Err(StoreError::Locked { holder }) = Lock::take(&db) else { panic!("locked") };
        assert_eq!((holder.pid, holder.listen.as_str(), holder.since_ms), (std::process::id(), "127.0.0.1:9778", 7));
        assert!(holder.to_string().contains("listening on 127.0.0.1:9778"));
        drop(first);
        let next = Lock::take(&db).unwrap();
        assert_eq!(next.kept(), Kept::Made, "what is known of the database goes from holder to holder");
        drop(next);
        let path = dir.path().join("x.db.lock");
        let path = path.with_file_name("村口.db.lock");
        let mut text = std::fs::read(&path).unwrap();
        text.extend_from_slice(b"listen\": \"of a longer text\"}");
        std::fs::write(&path, text).unwrap();
        assert_eq!(Lock::take(&db).unwrap().kept(), Kept::Made, "also when a crash came between writing and cutting");
    }

    #[test]
    fn a_strange_lock_file_is_no_trouble() {
        let dir = tempfile::tempdir().unwrap();
        let db = dir.path().join("x.db");
        let first = Lock::take(&db).unwrap();
        std::fs::write(dir.path().join("x.db.lock"), vec![0xff; 100_000]).unwrap();
        let Err(StoreError::Locked { holder }) = Lock::take(&db) else { panic!("locked") };
        assert_eq!(holder.to_string(), "another process");
        drop(first);
    }

    #[test]
    fn a_lock_is_let_go_though_a_child_has_a_copy_of_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("x.db");
        let lock = Lock::take(&database).unwrap();
        let copy = lock.file.try_clone().unwrap();
        assert!(matches!(Lock::take(&database), Err(StoreError::Locked { .. })));
        drop(lock);
        assert!(Lock::take(&database).is_ok());
        drop(copy);
    }
}
