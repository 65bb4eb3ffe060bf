//! How thick a seal is: the fewest cameras that somebody would have to put out on his way in.
//!
//! A way is unseen when *all* cameras on it are dead, so this is a shortest path and not a cut (coverage.md §0.1, §4.4);
//! a camera that watches two entrances of one way is counted at each, so the figure is never below the true one.
//! Search: Dial's buckets (Dial 1969), which are 0-1 breadth-first search where every entrance has one camera.

use super::{Bound, Guards, Zones, holds_other};

/// A zone that was not reached.
const FAR: u32 = u32::MAX;

/// Room for a search, used again for the next.
#[derive(Debug, Default)]
struct Search {
    depth: Vec<u32>,
    /// Zones to look at, by depth.
    buckets: Vec<Vec<u32>>,
}

impl Zones {
    /// By area of a family: the fewest failures of cameras that open a way into it; 0 where it leaks, `None` where no
    /// failure does (it has no road, or none leads to it).
    #[must_use]
    pub fn thickness(&self, family: usize, guards: &Guards, bound: Bound) -> Vec<Option<u32>> {
        let Some(family) = self.families.get(family) else { return Vec::new() };
        let mut search = Search { depth: vec![FAR; self.count], buckets: Vec::new() };
        let areas = (0..).zip(&family.cores);
        areas
            .map(|(area, cores)| {
                let other = |zone: u32| holds_other(family.labels[zone as usize], area);
                search.spread(self, cores, guards, bound, other).map(|(depth, _)| depth)
            })
            .collect()
    }

    /// By zone: the fewest failures of cameras after which somebody from outside is there unseen; `None` where nobody
    /// can be. Outside is where places lie that are of no area of the family.
    #[must_use]
    pub fn depths(&self, family: usize, guards: &Guards, bound: Bound) -> Vec<Option<u32>> {
        let Some(family) = self.families.get(family) else { return Vec::new() };
        let zones = 0..u32::try_from(self.count).unwrap_or(u32::MAX);
        let outside: Vec<u32> = zones.filter(|z| family.labels[*z as usize].1 == super::FOREIGN).collect();
        let mut search = Search { depth: vec![FAR; self.count], buckets: Vec::new() };
        search.spread(self, &outside, guards, bound, |_| false);
        search.depth.iter().map(|d| (*d != FAR).then_some(*d)).collect()
    }
}

impl Search {
    /// The nearest zone that is wanted, with its depth. What was touched before is wiped first.
    fn spread(
        &mut self,
        zones: &Zones,
        from: &[u32],
        guards: &Guards,
        bound: Bound,
        wanted: impl Fn(u32) -> bool,
    ) -> Option<(u32, u32)> {
        self.depth.fill(FAR);
        self.buckets.iter_mut().for_each(Vec::clear);
        from.iter().for_each(|zone| self.put(*zone, 0));
        let mut depth = 0;
        while (depth as usize) < self.buckets.len() {
            while let Some(zone) = self.buckets[depth as usize].pop() {
                if self.depth[zone as usize] != depth {
                    continue;
                }
                if wanted(zone) {
                    return Some((depth, zone));
                }
                for edge in zones.edges_of(zone) {
                    let cost = guards.cost(edge.crossing, bound);
                    cost.into_iter().for_each(|cost| self.put(edge.beyond(zone), depth.saturating_add(cost)));
                }
            }
            depth += 1;
        }
        None
    }

    fn put(&mut self, zone: u32, depth: u32) {
        if depth < self.depth[zone as usize] {
            self.depth[zone as usize] = depth;
            let bucket = depth as usize;
            if self.buckets.len() <= bucket {
                self.buckets.resize_with(bucket + 1, Vec::new);
            }
            self.buckets[bucket].push(zone);
        }
    }
}
