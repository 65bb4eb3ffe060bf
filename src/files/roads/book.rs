//! The roads of a registry folder, whichever of the two files holds them, read again when it has changed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cunkou_core::registry::{Fault, FileFault};

use super::pbf::{ROADS_PBF, read_roads_pbf};
use super::{ROADS, RoadMap, read_roads};
use crate::files::load::{Stamp, read_bounded};

/// The roads of a folder, and the name of their file; `None` where there is none. Two files are a fault: roads that count
/// twice would open ways that are shut, and to choose one would let the other seem to count.
pub(super) fn read(dir: &Path) -> Option<(&'static str, Result<RoadMap, Vec<Fault>>)> {
    Some(match (dir.join(ROADS).exists(), dir.join(ROADS_PBF).exists()) {
        (true, true) => {
            let both = Fault::of_file(ROADS_PBF, FileFault::Beside { other: ROADS });
            (ROADS_PBF, Err(vec![both]))
        }
        (true, false) => (ROADS, read_file(dir, ROADS, read_roads)),
        (false, true) => (ROADS_PBF, read_file(dir, ROADS_PBF, read_roads_pbf)),
        (false, false) => return None,
    })
}

fn read_file(
    dir: &Path,
    name: &str,
    read: impl Fn(&[u8]) -> Result<RoadMap, Vec<Fault>>,
) -> Result<RoadMap, Vec<Fault>> {
    match read_bounded(&dir.join(name)) {
        Ok(Ok(bytes)) => read(&bytes),
        Ok(Err(fault)) => Err(vec![Fault::of_file(name, fault)]),
        Err(error) => Err(vec![Fault::of_file(name, FileFault::Unreadable { why: error.to_string().into() })]),
    }
}

/// By what both files are known to be the same.
type Stamps = [Option<Stamp>; 2];

/// What a look at the file came to.
#[derive(Clone, Debug, Default)]
pub struct RoadsSeen {
    /// The roads; of the last good file where the one that is there now has faults.
    pub roads: Arc<RoadMap>,
    /// What is wrong with the file that is there now.
    pub faults: Vec<Fault>,
    stamp: Stamps,
}

/// The roads of a registry folder, read again when the file has changed.
#[derive(Debug)]
pub struct RoadBook {
    dir: PathBuf,
    seen: std::sync::Mutex<RoadsSeen>,
}

impl RoadsSeen {
    /// Whether this is the same look at the same file.
    #[must_use]
    pub fn same(&self, other: &RoadsSeen) -> bool {
        self.stamp == other.stamp
    }
}

impl RoadBook {
    /// The roads of this folder.
    #[must_use]
    pub fn of(dir: &Path) -> RoadBook {
        RoadBook { dir: dir.to_owned(), seen: std::sync::Mutex::default() }
    }

    /// The roads as they stand. Reads the file where it is not the one that was read last; blocks while it does.
    #[must_use]
    pub fn look(&self) -> RoadsSeen {
        let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let stamp = [ROADS, ROADS_PBF].map(|name| Stamp::of(&self.dir.join(name)));
        // One that was being written differs from its stamp at the next look; half of it cannot be read, and is not drawn.
        if stamp == seen.stamp {
            return seen.clone();
        }
        seen.stamp = stamp;
        match read(&self.dir) {
            None => *seen = RoadsSeen { stamp, ..RoadsSeen::default() },
            Some((_, Ok(roads))) => (seen.roads, seen.faults) = (Arc::new(roads), Vec::new()),
            Some((_, Err(faults))) => {
                faults.iter().take(20).for_each(|fault| tracing::warn!(%fault, "the roads cannot be drawn"));
                seen.faults = faults;
            }
        }
        seen.clone()
    }
}
