//! The road graph: lines of a map become junctions and the chains between them.
//!
//! Roads meet where they share a vertex, on the same level; a bridge or tunnel meets at its ends only. A road that
//! ends a few metres from another, or crosses one without a junction, is a *suspect gap*: it is reported, and judged both
//! ways. One-way streets are used both ways: that can only show too many ways in, never hide one.

mod chains;
mod datum;
mod gaps;
mod join;
mod modes;
mod place;
mod snap;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use geo::{Coord, LineString};

pub use datum::{DATUM_BATCH, Misread};
pub use gaps::{GAP_M, GapKind, SuspectGap};
pub use modes::{Mode, Ways, carries};
pub(super) use place::{Plane, lon_lat, metres, nearest};
pub use snap::{ON_ROAD_M, Snap};
pub(super) use snap::{bearing, turn};

/// A road as a map has it.
#[derive(Clone, PartialEq, Debug)]
pub struct RoadLine {
    /// Its id; may be empty.
    pub id: Arc<str>,
    /// Its class, as OpenStreetMap's `highway` has it; may be empty.
    pub highway: Arc<str>,
    /// Its name; may be empty.
    pub name: Arc<str>,
    /// Roads meet on one level only: 0 the ground, bridges above, tunnels below.
    pub level: i8,
    /// Where it runs, WGS 84, degrees, longitude first; a part with fewer than two points is no road.
    pub parts: Vec<LineString<f64>>,
}

/// A stretch of road without a junction: one who is on it passes along all of it, or turns back.
#[derive(Clone, PartialEq, Debug)]
pub struct Chain {
    /// Where it begins, by number.
    pub a: u32,
    /// Where it ends.
    pub b: u32,
    /// Where it runs from `a` to `b`, WGS 84, degrees.
    pub line: Vec<Coord<f64>>,
    /// How far each point of `line` is from `a` along it, metres.
    pub at_m: Vec<f64>,
    /// By stretch of `line`: the road that it is of, by number.
    pub road: Vec<u32>,
}

/// The road graph.
#[derive(Clone, Debug, Default)]
pub struct Roads {
    /// The roads of the map, as they were given.
    pub lines: Vec<RoadLine>,
    /// Junctions, ends of roads and suspect gaps: where they are, WGS 84, degrees.
    pub nodes: Vec<Coord<f64>>,
    /// What lies between them.
    pub chains: Vec<Chain>,
    /// Where two roads nearly meet, or cross without a junction.
    pub gaps: Vec<SuspectGap>,
    /// Roads that carry none of the modes and were left out.
    pub left_out: usize,
    plane: Plane,
    index: snap::Index,
}

impl Chain {
    /// Its length, metres.
    #[must_use]
    pub fn length_m(&self) -> f64 {
        self.at_m.last().copied().unwrap_or(0.0)
    }

    /// The stretch of the line at a distance from its beginning: its number, and the share of it that lies before.
    fn stretch(&self, at_m: f64) -> (usize, f64) {
        let last = self.road.len().saturating_sub(1);
        let i = self.at_m.partition_point(|m| *m <= at_m).saturating_sub(1).min(last);
        let (from, to) = (self.at_m[i], self.at_m[i + 1]);
        (i, if to > from { ((at_m - from) / (to - from)).clamp(0.0, 1.0) } else { 0.0 })
    }

    /// The place at a distance from its beginning.
    #[must_use]
    pub fn place(&self, at_m: f64) -> Coord<f64> {
        let (i, share) = self.stretch(at_m);
        let (from, to) = (self.line[i], self.line[i + 1]);
        from + (to - from) * share
    }

    /// Whether it is a ring that no other road meets: it begins anywhere on it.
    fn is_ring(&self, ends: &[u32]) -> bool {
        self.a == self.b && ends.get(self.a as usize) == Some(&2)
    }

    /// The road at a distance from its beginning, by number.
    #[must_use]
    pub fn road_at(&self, at_m: f64) -> u32 {
        self.road[self.stretch(at_m).0]
    }

    /// The roads between two distances from its beginning, by number, in the order in which one passes them.
    #[must_use]
    pub fn roads_between(&self, from_m: f64, to_m: f64) -> Vec<u32> {
        let ends = [self.stretch(from_m.min(to_m)).0, self.stretch((from_m.max(to_m) - 1e-6).max(0.0)).0];
        let mut roads: Vec<u32> = self.road.iter().take(ends[1] + 1).skip(ends[0]).copied().collect();
        if from_m > to_m {
            roads.reverse();
        }
        roads.dedup();
        roads
    }

    /// What lies between two distances from its beginning, from the first to the second.
    #[must_use]
    pub fn between(&self, from_m: f64, to_m: f64) -> Vec<Coord<f64>> {
        let (low, high) = (from_m.min(to_m), from_m.max(to_m));
        let inner = self.line.iter().zip(&self.at_m).filter(|(_, m)| **m > low && **m < high).map(|(c, _)| *c);
        let mut line: Vec<Coord<f64>> =
            std::iter::once(self.place(low)).chain(inner).chain(std::iter::once(self.place(high))).collect();
        if from_m > to_m {
            line.reverse();
        }
        line
    }
}

impl Roads {
    /// The graph of the roads that carry one of these modes. Costs the sorting of all points and a look at the
    /// neighbourhood of each stretch.
    #[must_use]
    pub fn build(lines: Vec<RoadLine>, modes: &[Mode]) -> Roads {
        let used: Vec<bool> = lines.iter().map(|line| carries(&line.highway, modes)).collect();
        let left_out = used.iter().filter(|used| !**used).count();
        let mut joined = join::join(&lines, &used);
        let plane = Plane::around(joined.parts.iter().flat_map(|p| p.line.iter()).copied());
        let gaps = gaps::find(&mut joined, &plane);
        let (nodes, chains, gaps) = chains::contract(joined, gaps);
        let index = snap::Index::of(&chains, &plane);
        Roads { lines, nodes, chains, gaps, left_out, plane, index }
    }

    /// The length of all roads together, metres.
    #[must_use]
    pub fn length_m(&self) -> f64 {
        // From 0, since the sum of nothing is -0.
        self.chains.iter().map(Chain::length_m).fold(0.0, |all, one| all + one)
    }

    /// By node: whether it is a place of its own, and not merely where a ring was begun.
    pub(super) fn places(&self) -> Vec<bool> {
        let mut ends = vec![0_u32; self.nodes.len()];
        self.chains.iter().flat_map(|c| [c.a, c.b]).for_each(|node| ends[node as usize] += 1);
        let mut places = vec![true; self.nodes.len()];
        self.gaps.iter().flat_map(|g| [g.a, g.b]).for_each(|node| ends[node as usize] += 1);
        self.chains.iter().filter(|c| c.is_ring(&ends)).for_each(|c| places[c.a as usize] = false);
        places
    }

    /// Whether a place of a chain is on the ground: on a bridge or in a tunnel nobody comes from beside the road.
    pub(super) fn on_ground(&self, chain: &Chain, at_m: f64) -> bool {
        self.lines.get(chain.road_at(at_m) as usize).is_some_and(|line| line.level == 0)
    }

    /// The id of the road at a place of a chain; empty where the map gives none.
    #[must_use]
    pub fn road_id(&self, chain: u32, at_m: f64) -> Arc<str> {
        let line = self.chains.get(chain as usize).and_then(|c| self.lines.get(c.road_at(at_m) as usize));
        line.map(|l| l.id.clone()).unwrap_or_default()
    }
}
