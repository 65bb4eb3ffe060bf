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

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
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
            Err(TryLockError::WouldBlock) => return Err(StoreError::Locked { holder: read(&mut file) }),
            Err(TryLockError::Error(source)) => return Err(StoreError::File { what: "cannot lock", path, source }),
        }
        let mut lock = Lock { file, path };
        lock.write(&Holder::this("", Time(0)))?;
        Ok(lock)
    }

    /// Says who holds it.
    pub(super) fn write(&mut self, holder: &Holder) -> Result<(), StoreError> {
        let text = serde_json::to_string(holder).unwrap_or_default();
        let file = &mut self.file;
        let done =
            file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).and_then(|_| file.write_all(text.as_bytes()));
        done.map_err(|source| StoreError::File { what: "cannot write", path: self.path.clone(), source })
    }
}

/// What the holder wrote; it may be just writing, or another program may have written there.
fn read(file: &mut File) -> Holder {
    let mut text = String::new();
    match file.take(MAX_TEXT).read_to_string(&mut text) {
        Ok(_) => serde_json::from_str(&text).unwrap_or_default(),
        Err(_) => Holder::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_one_is_told_who_holds_it() {
        let dir = tempfile::tempdir().unwrap();
        let db = dir.path().join("村口.db");
        let mut first = Lock::take(&db).unwrap();
        first.write(&Holder::this("127.0.0.1:9778", Time(7))).unwrap();
        let Err(StoreError::Locked { holder }) = Lock::take(&db) else { panic!("locked") };
        assert_eq!((holder.pid, holder.listen.as_str(), holder.since_ms), (std::process::id(), "127.0.0.1:9778", 7));
        assert!(holder.to_string().contains("listening on 127.0.0.1:9778"));
        drop(first);
        assert!(Lock::take(&db).is_ok(), "free once the holder is gone");
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
}
