//! Everything that is wrong with a registry: its tables, and what sight makes of them.

use cunkou_core::coverage::{self, Watch};
use cunkou_core::registry::{Fault, Intervals, Lines, Registry, Topology};

use super::folder::Loaded;

/// Judges files that were loaded: the registry they hold and every fault, errors before warnings. It may be put in
/// force if none of them is an error.
#[must_use]
pub fn judge(loaded: &Loaded, intervals: &Intervals, density: &coverage::Policy) -> (Registry, Vec<Fault>) {
    let (registry, mut faults) = loaded.judge();
    if !faults.iter().any(Fault::is_error) {
        let topology = Topology::build(&registry, intervals, None);
        let (watch, conflicts) = Watch::build(&registry, &topology, density);
        let lines = Lines::of(&loaded.tables);
        let unwatched: Vec<&str> = watch
            .unwatched(&topology)
            .filter_map(|e| topology.entrances.get(e.at()))
            .map(|slot| slot.id.as_str())
            .collect();
        faults.extend(lines.unwatched(unwatched.iter().copied()));
        faults.extend(conflicts.iter().map(|c| lines.watch_conflict(c.camera.as_str(), c.entrance.as_str())));
    }
    faults.sort_by_key(|f| !f.is_error());
    (registry, faults)
}
