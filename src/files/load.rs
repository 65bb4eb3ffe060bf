//! A registry folder off the disk: ordinary files only, each bounded, and the folder as it stood at one moment.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use cunkou_core::registry::{FileFault, FileKind};

use super::folder::{FolderError, Loaded, MAX_FILE, is_registry_file};

/// A file that was written so lately may still be being written.
const WARM: Duration = Duration::from_millis(300);
/// How long a folder that goes on changing is looked at.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reads a registry folder. What is wrong with a file is a fault of the result, not an error.
///
/// # Errors
/// When the folder cannot be listed.
pub fn load(dir: &Path) -> Result<Loaded, FolderError> {
    load_keeping(dir, |_, _| {})
}

/// [`load`], and the bytes that were read, by name: whoever hands them on hands on what was judged.
///
/// # Errors
/// As [`load`].
pub fn load_with_bytes(dir: &Path) -> Result<(Loaded, BTreeMap<String, Vec<u8>>), FolderError> {
    let mut bytes = BTreeMap::new();
    let loaded = load_settled(dir, &mut |name, read| drop(bytes.insert(name.to_owned(), read)))?;
    // Not those of a file that was gone when the folder stood still.
    bytes.retain(|name, _| loaded.hashes.contains_key(name));
    Ok((loaded, bytes))
}

/// [`load`] for what is put in force: a folder that is being written is looked at again until it stands still, since
/// half of a file may read as a good one with fewer cameras. One that does not stand still has a fault that says so.
///
/// # Errors
/// As [`load`].
pub fn load_still(dir: &Path) -> Result<Loaded, FolderError> {
    load_settled(dir, &mut |_, _| {})
}

fn load_settled(dir: &Path, keep: &mut dyn FnMut(&str, Vec<u8>)) -> Result<Loaded, FolderError> {
    let began = Instant::now();
    loop {
        let before = stamps(dir)?;
        let mut loaded = load_keeping(dir, &mut *keep)?;
        if before.values().any(Stamp::is_warm) {
            std::thread::sleep(WARM);
        }
        let after = stamps(dir)?;
        if before == after {
            return Ok(loaded);
        }
        if began.elapsed() > PATIENCE {
            let names = before.keys().chain(after.keys());
            let moved: BTreeSet<&String> = names.filter(|name| before.get(*name) != after.get(*name)).collect();
            moved.into_iter().for_each(|name| loaded.refuse(name, FileFault::Changing));
            return Ok(loaded);
        }
    }
}

/// By what a file is known to be the same one, unchanged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stamp {
    place: (u64, u64),
    len: u64,
    written: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// That of a file as it stands; `None` where it cannot be looked at.
    pub(super) fn of(path: &Path) -> Option<Stamp> {
        let m = fs::metadata(path).ok()?;
        Some(Stamp {
            place: (m.dev(), m.ino()),
            len: m.len(),
            written: (m.mtime(), m.mtime_nsec()),
            changed: (m.ctime(), m.ctime_nsec()),
        })
    }

    /// Whether it was written a moment ago; what was written in the future, by another clock, was not.
    fn is_warm(&self) -> bool {
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let seconds = u64::try_from(self.changed.0).unwrap_or_default();
        let changed = Duration::new(seconds, u32::try_from(self.changed.1).unwrap_or_default());
        since_1970.checked_sub(changed).is_some_and(|age| age < WARM)
    }
}

/// The stamps of the files that a registry has; one that cannot be looked at has none.
fn stamps(dir: &Path) -> Result<BTreeMap<String, Stamp>, FolderError> {
    let stamp = |name: String| Stamp::of(&dir.join(&name)).map(|stamp| (name, stamp));
    Ok(list(dir)?.into_iter().filter(|name| is_registry_file(name)).filter_map(stamp).collect())
}

/// The names in a folder that are text, sorted.
pub(super) fn list(dir: &Path) -> Result<Vec<String>, FolderError> {
    let folder = |source| FolderError::Folder { dir: dir.to_owned(), source };
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(folder)? {
        names.extend(entry.map_err(folder)?.file_name().into_string().ok());
    }
    names.sort();
    Ok(names)
}

fn load_keeping(dir: &Path, mut keep: impl FnMut(&str, Vec<u8>)) -> Result<Loaded, FolderError> {
    let mut loaded = Loaded::default();
    for name in list(dir)? {
        if !is_registry_file(&name) {
            loaded.stranger(&name);
            continue;
        }
        let read = read_bounded(&dir.join(&name)).unwrap_or_else(|e| {
            let why = e.to_string().into();
            Err(FileFault::Unreadable { why })
        });
        match read {
            Ok(bytes) => {
                loaded.take(&name, &bytes);
                keep(&name, bytes);
            }
            Err(fault) => loaded.refuse(&name, fault),
        }
    }
    Ok(loaded)
}

/// Opens a file to be read, without waiting for somebody to write where it is a pipe.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let nonblock = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    OpenOptions::new().read(true).custom_flags(nonblock).open(path)
}

/// One file anywhere as if it were that file of a registry. What is wrong with it is a fault of the result.
///
/// # Errors
/// When it cannot be read.
pub fn load_as(path: &Path, file: FileKind) -> io::Result<Loaded> {
    let mut loaded = Loaded::default();
    match read_bounded(path)? {
        Ok(bytes) => loaded.take(file.word(), &bytes),
        Err(fault) => loaded.refuse(file.word(), fault),
    }
    Ok(loaded)
}

/// The text of a small file, at most so many bytes of it, as settings are.
///
/// # Errors
/// When it is no ordinary file, or cannot be read as text.
pub fn small_text(path: &Path, limit: u64) -> io::Result<String> {
    let file = open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no ordinary file"));
    }
    let mut text = String::new();
    file.take(limit).read_to_string(&mut text)?;
    // Editors of Windows put it there; TOML does not know it.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The bytes of an ordinary file (a link to one is one). Looked at before it is opened, since opening a device may do
/// something, and again after; opened so that a pipe in its place is not waited for.
pub(super) fn read_bounded(path: &Path) -> io::Result<Result<Vec<u8>, FileFault>> {
    if !fs::metadata(path)?.is_file() {
        return Ok(Err(FileFault::NotRegular));
    }
    let file = open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(Err(FileFault::NotRegular));
    }
    let too_large = FileFault::TooLarge { limit: MAX_FILE };
    if metadata.len() > MAX_FILE {
        return Ok(Err(too_large));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default().saturating_add(1));
    file.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    Ok(if bytes.len() as u64 > MAX_FILE { Err(too_large) } else { Ok(bytes) })
}
