//! The roads of the registry folder, as the World reckons with them: read and joined beside the loop, at a start and at
//! each reload.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use cunkou_core::plan::{Mode, Roads};
use cunkou_core::registry::{Registry, Topology};
use cunkou_core::world::RoadMap;

use crate::files::{RoadBook, RoadsSeen};

/// Roads, with the look at the file that they were made from.
type Kept = (RoadsSeen, Arc<Roads>);

/// Where roads come from, and which of them count.
#[derive(Debug, Clone)]
pub struct RoadSource {
    book: Arc<RoadBook>,
    modes: Vec<Mode>,
    /// The last ones that were good.
    kept: Arc<Mutex<Option<Kept>>>,
    /// What was last made of them: at a start and at the reload that follows it they are the same.
    contracted: Arc<Mutex<Option<RoadMap>>>,
}

impl RoadSource {
    /// The roads of a folder that carry one of these modes.
    #[must_use]
    pub fn of(dir: &Path, modes: &[Mode]) -> RoadSource {
        RoadSource {
            book: Arc::new(RoadBook::of(dir)),
            modes: modes.to_vec(),
            kept: Arc::default(),
            contracted: Arc::default(),
        }
    }

    /// The roads as they stand, the same where the file is; none where there is no file. Of one with faults the last
    /// good ones; `None` where there were none: then nobody knows what roads there are. Blocks.
    pub(super) fn look(&self) -> Option<Arc<Roads>> {
        let seen = self.book.look();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.as_ref().map(|(of, roads)| (of.same(&seen) || !seen.faults.is_empty(), roads.clone()));
        match known {
            Some((true, roads)) => return Some(roads),
            None if !seen.faults.is_empty() => return None,
            _ => {}
        }
        let roads = Arc::new(Roads::build(seen.roads.for_plan(), &self.modes));
        *kept = Some((seen, roads.clone()));
        Some(roads)
    }

    /// These roads, contracted. Blocks; who asks for the same meanwhile waits for it.
    pub(super) fn contract(
        &self,
        roads: Arc<Roads>,
        registry: &Arc<Registry>,
        topology: &Topology,
        core_offset_m: f64,
    ) -> RoadMap {
        if roads.chains.is_empty() {
            return roads.into();
        }
        let mut kept = self.contracted.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.as_ref().filter(|map| Arc::ptr_eq(&map.roads, &roads));
        if let Some(map) = known.filter(|map| map.cordon(registry, topology, core_offset_m).is_some()) {
            return map.clone();
        }
        kept.insert(RoadMap::contracted(roads, registry, topology, core_offset_m)).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{ROADS, ROADS_PBF};

    const GOOD: &str = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"R1"},
        "geometry":{"type":"LineString","coordinates":[[114.5,31.0],[114.6,31.1]]}}]}"#;

    fn write(dir: &Path, text: &str) {
        std::fs::write(dir.join(ROADS), text).unwrap();
    }

    #[test]
    fn the_last_good_roads_stay_and_before_them_nobody_knows() {
        let dir = tempfile::tempdir().unwrap();
        let source = RoadSource::of(dir.path(), &[Mode::Motor]);
        write(dir.path(), "no roads");
        assert!(source.look().is_none());
        write(dir.path(), GOOD);
        let roads = source.look().unwrap();
        assert_eq!(roads.chains.len(), 1);
        assert!(Arc::ptr_eq(&source.look().unwrap(), &roads), "the same file is the same roads");
        write(dir.path(), "no roads any more");
        assert!(Arc::ptr_eq(&source.look().unwrap(), &roads));
        std::fs::remove_file(dir.path().join(ROADS)).unwrap();
        assert_eq!(source.look().unwrap().chains.len(), 0, "none is none");
    }

    #[test]
    fn roads_of_an_extract_are_looked_at_again_like_others() {
        let dir = tempfile::tempdir().unwrap();
        let source = RoadSource::of(dir.path(), &[Mode::Motor]);
        let extract = dir.path().join(ROADS_PBF);
        // The begin of an extract, and no road behind it.
        let empty = b"\0\0\0\x0d\x0a\x09OSMHeader\x18\x02\x0a\0";
        std::fs::write(&extract, empty).unwrap();
        let none = source.look().unwrap();
        assert!(
            none.chains.is_empty() && Arc::ptr_eq(&source.look().unwrap(), &none),
            "the same file is the same roads"
        );
        std::fs::write(&extract, "no extract").unwrap();
        assert!(Arc::ptr_eq(&source.look().unwrap(), &none), "of one with faults the last good ones");
        std::fs::remove_file(&extract).unwrap();
        write(dir.path(), GOOD);
        let roads = source.look().unwrap();
        assert_eq!(roads.chains.len(), 1);
        std::fs::write(&extract, empty).unwrap();
        assert!(Arc::ptr_eq(&source.look().unwrap(), &roads), "of two files neither counts more");
        std::fs::remove_file(dir.path().join(ROADS)).unwrap();
        assert!(source.look().unwrap().chains.is_empty());
    }
}
