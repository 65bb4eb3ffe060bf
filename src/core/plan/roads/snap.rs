//! The road that something stands at.

use geo::Coord;
use rstar::RTree;
use rstar::primitives::{GeomWithData, Line};

use super::place::{Plane, nearest};
use super::{Chain, Roads};
use crate::coverage::Scale;
use crate::registry::LonLat;

/// What stands farther than this from every road, metres, is off the roads.
pub const ON_ROAD_M: f64 = 50.0;
/// Roads that are both so near are equally near, metres: a junction.
const SAME_M: f64 = 1.0;
/// The other carriageway of a road lies within this, metres …
const TWIN_M: f64 = 30.0;
/// … and runs in the same line, up to this angle, degrees (coverage.md §4.1).
const TWIN_DEG: f64 = 20.0;
/// An end of a chain is so long, metres: there the road goes on behind a junction, and is no other carriageway.
const END_M: f64 = 0.5;

/// A place on a road, found from a place near it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Snap {
    /// The chain, by number.
    pub chain: u32,
    /// How far from the beginning of the chain, metres.
    pub at_m: f64,
    /// How far the road is, metres.
    pub distance_m: f64,
}

/// A stretch of a chain: the number of the chain, and of its point before it.
type Stretch = GeomWithData<Line<[f64; 2]>, (u32, u32)>;

/// Stretches of chains by place.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    tree: RTree<Stretch>,
}

impl Index {
    pub(super) fn of(chains: &[Chain], plane: &Plane) -> Index {
        let stretches = (0_u32..).zip(chains).flat_map(|(number, chain)| {
            let pairs = (0_u32..).zip(chain.line.windows(2));
            pairs.map(move |(i, w)| Stretch::new(Line::new(plane.of(w[0]), plane.of(w[1])), (number, i)))
        });
        Index { tree: RTree::bulk_load(stretches.collect()) }
    }

    /// The stretch that is nearest to a place of the plane: its chain, and its point before it.
    pub(super) fn nearest(&self, at: [f64; 2]) -> Option<(u32, u32)> {
        self.tree.nearest_neighbor(&at).map(|stretch| stretch.data)
    }
}

impl Roads {
    /// The nearest road within a distance, metres; of several that are equally near, as at a junction, the one that is
    /// left along `bearing` (degrees, heading in): who comes in passes it. Where that says nothing, a road on the ground
    /// comes before a bridge over it.
    #[must_use]
    pub fn snap(&self, at: LonLat, bearing: Option<f64>, within_m: f64) -> Option<Snap> {
        let near = self.near(at, within_m);
        let least = near.iter().map(|s| s.distance_m).fold(f64::INFINITY, f64::min);
        let turn = |snap: &Snap| bearing.map_or(0.0, |bearing| self.leaves(snap, bearing));
        let key = |snap: &Snap| {
            let chain = &self.chains[snap.chain as usize];
            let middle = chain.place(chain.length_m() / 2.0);
            (turn(snap), !self.on_ground(chain, snap.at_m), middle.x, middle.y)
        };
        let equal = near.into_iter().filter(|s| s.distance_m <= least + SAME_M);
        equal.min_by(|a, b| key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal))
    }

    /// The other carriageways of the road at a place: side by side with it, of the same name.
    #[must_use]
    pub fn twins(&self, at: &Snap) -> Vec<Snap> {
        let chain = &self.chains[at.chain as usize];
        let name = |chain: &Chain, at_m: f64| self.lines[chain.road_at(at_m) as usize].name.clone();
        let (here, own, line) = (chain.place(at.at_m), name(chain, at.at_m), direction(chain, at.at_m));
        if own.is_empty() {
            return Vec::new();
        }
        let beside = |other: &Snap| {
            let twin = &self.chains[other.chain as usize];
            let there = twin.place(other.at_m);
            let inside = other.at_m > END_M && other.at_m < twin.length_m() - END_M;
            let parallel = between(direction(twin, other.at_m), line) <= TWIN_DEG;
            let across = 90.0 - between(bearing(here, there), line) <= TWIN_DEG;
            other.chain != at.chain && inside && parallel && across && name(twin, other.at_m) == own
        };
        self.near(super::place::lon_lat(here), TWIN_M).into_iter().filter(beside).collect()
    }

    /// The nearest place of each chain within a distance, by chain.
    fn near(&self, at: LonLat, within_m: f64) -> Vec<Snap> {
        let place = Coord { x: at.lon, y: at.lat };
        let reach = within_m * 1.01 + 0.1;
        let mut best: std::collections::BTreeMap<u32, Snap> = std::collections::BTreeMap::new();
        for found in self.index.tree.locate_within_distance(self.plane.of(place), reach * reach) {
            let (number, i) = (found.data.0, found.data.1 as usize);
            let chain = &self.chains[number as usize];
            let (share, distance_m) = nearest(place, chain.line[i], chain.line[i + 1]);
            let at_m = chain.at_m[i] + share * (chain.at_m[i + 1] - chain.at_m[i]);
            let snap = Snap { chain: number, at_m, distance_m };
            let known = best.entry(number).or_insert(snap);
            if (distance_m, at_m) < (known.distance_m, known.at_m) {
                *known = snap;
            }
        }
        best.into_values().filter(|s| s.distance_m <= within_m).collect()
    }

    /// By how much one turns who stands there heading along `heading` and goes on along the chain, degrees; where the
    /// chain goes on both ways, the lesser.
    fn leaves(&self, snap: &Snap, heading: f64) -> f64 {
        let chain = &self.chains[snap.chain as usize];
        let step = 5.0_f64.min(chain.length_m() / 2.0);
        let here = chain.place(snap.at_m);
        let ahead = [snap.at_m + step, snap.at_m - step];
        let on_it = ahead.into_iter().filter(|m| (0.0..=chain.length_m()).contains(m));
        on_it.map(|m| turn(bearing(here, chain.place(m)), heading)).fold(180.0, f64::min)
    }
}

/// Degrees clockwise from north, from one place to another near it.
pub(in crate::plan) fn bearing(from: Coord<f64>, to: Coord<f64>) -> f64 {
    let scale = Scale::at(from.y);
    ((to.x - from.x) * scale.lon_m).atan2((to.y - from.y) * scale.lat_m).to_degrees()
}

/// Where a chain runs at a place of it, degrees clockwise from north.
fn direction(chain: &Chain, at_m: f64) -> f64 {
    let (i, _) = chain.stretch(at_m);
    bearing(chain.line[i], chain.line[i + 1])
}

/// The angle between two headings, 0 to 180 degrees.
pub(in crate::plan) fn turn(a: f64, b: f64) -> f64 {
    let turn = (a - b).rem_euclid(360.0);
    turn.min(360.0 - turn)
}

/// The angle between two lines, 0 to 90 degrees: which way along them does not matter.
fn between(a: f64, b: f64) -> f64 {
    let turn = turn(a, b);
    turn.min(180.0 - turn)
}
