//! What lies outside an entrance: a road that ends in the fields leads nobody in.

use std::collections::{BTreeMap, BTreeSet};

use geo::{Coord, Intersects, MultiPolygon};
use petgraph::unionfind::UnionFind;

use super::clean::Candidate;
use crate::plan::roads::{Roads, Snap};

/// What comes to no more than this, metres, and leads nowhere, is a dead end.
const DEAD_END_M: f64 = 500.0;
/// A road that ends so near to the edge of the map, metres, may go on there.
const EDGE_M: f64 = 100.0;

/// Roads cut at candidates.
struct Pieces<'r> {
    roads: &'r Roads,
    /// By chain: where it is cut, metres, in order; and the number of its first piece.
    cuts: Vec<(Vec<f64>, usize)>,
}

impl Pieces<'_> {
    /// The piece of a chain just before a place of it, or just behind.
    fn piece(&self, chain: u32, at_m: f64, behind: bool) -> usize {
        let Some((cuts, first)) = self.cuts.get(chain as usize) else { return 0 };
        first + cuts.partition_point(|cut| if behind { *cut <= at_m } else { *cut < at_m })
    }
}

/// By candidate: whether outside of it lies nothing but a dead end. `beyond`: places of a chain from which one goes on
/// though the map shows no road, as at a hamlet without a boundary.
pub(super) fn dead_ends(
    roads: &Roads,
    candidates: &[Candidate],
    town: Option<&MultiPolygon<f64>>,
    beyond: &[Snap],
) -> Vec<bool> {
    let mut at: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    let places = |c: &Candidate| [(c.chain, c.at_m)].into_iter().chain(c.gates.clone()).collect::<Vec<_>>();
    candidates.iter().flat_map(places).for_each(|(chain, at_m)| at.entry(chain).or_default().push(at_m));
    let mut count = 0;
    let cuts = (0_u32..).zip(&roads.chains).map(|(number, _)| {
        let mut cuts = at.remove(&number).unwrap_or_default();
        cuts.sort_by(f64::total_cmp);
        let first = count;
        count += cuts.len() + 1;
        (cuts, first)
    });
    let pieces = Pieces { cuts: cuts.collect(), roads };
    let mut joined = join(&pieces, count);
    let mut length = vec![0.0; count];
    for (chain, (cuts, first)) in roads.chains.iter().zip(&pieces.cuts) {
        let ends: Vec<f64> = std::iter::once(0.0).chain(cuts.iter().copied()).chain([chain.length_m()]).collect();
        for (i, pair) in ends.windows(2).enumerate() {
            length[joined.find_mut(first + i)] += pair[1] - pair[0];
        }
    }
    let open: BTreeSet<usize> =
        leads_on(&pieces, town, beyond).into_iter().map(|piece| joined.find_mut(piece)).collect();
    let areas = |c: &Candidate| c.opens.iter().map(|(area, _)| *area).collect::<BTreeSet<u32>>();
    // By part of the roads: whose boundaries shut it off, seen from outside and from inside.
    let mut around: BTreeMap<usize, BTreeSet<BTreeSet<u32>>> = BTreeMap::new();
    for candidate in candidates {
        for (chain, at_m) in places(candidate) {
            for behind in [false, true] {
                let part = joined.find_mut(pieces.piece(chain, at_m, behind));
                around.entry(part).or_default().insert(areas(candidate));
            }
        }
    }
    let mut is_dead_end = |c: &Candidate| {
        // Between two areas both sides are inside.
        let one_way = c.opens.iter().all(|(_, inward)| *inward == c.opens[0].1);
        let part = joined.find_mut(pieces.piece(c.chain, c.at_m, !c.opens[0].1));
        let alone = around.get(&part).is_some_and(|around| around.len() == 1);
        one_way && alone && !open.contains(&part) && length[part] <= DEAD_END_M
    };
    candidates.iter().map(&mut is_dead_end).collect()
}

/// Pieces that meet at a junction, or nearly, are one part: nothing is called a dead end that may go on.
fn join(pieces: &Pieces<'_>, count: usize) -> UnionFind<usize> {
    let mut joined = UnionFind::new(count);
    let mut first_at: Vec<Option<usize>> = vec![None; pieces.roads.nodes.len()];
    let mut meet = |node: u32, piece: usize| match first_at.get_mut(node as usize) {
        Some(Some(other)) => {
            joined.union(*other, piece);
        }
        Some(none) => *none = Some(piece),
        None => {}
    };
    for (chain, (cuts, first)) in pieces.roads.chains.iter().zip(&pieces.cuts) {
        meet(chain.a, *first);
        meet(chain.b, first + cuts.len());
    }
    for gap in &pieces.roads.gaps {
        let ends = [gap.a, gap.b].map(|node| first_at.get(node as usize).copied().flatten());
        if let [Some(a), Some(b)] = ends {
            joined.union(a, b);
        }
    }
    joined
}

/// Pieces from which one goes on: out of the town, over the edge of the map, to a place that is no shape.
fn leads_on(pieces: &Pieces<'_>, town: Option<&MultiPolygon<f64>>, beyond: &[Snap]) -> Vec<usize> {
    let corners = pieces.roads.nodes.iter().fold(None, |box_, at: &Coord<f64>| {
        let (low, high) = box_.unwrap_or((*at, *at));
        Some((Coord { x: low.x.min(at.x), y: low.y.min(at.y) }, Coord { x: high.x.max(at.x), y: high.y.max(at.y) }))
    });
    let Some((low, high)) = corners else { return Vec::new() };
    let scale = crate::coverage::Scale::at((low.y + high.y) / 2.0);
    let (x, y) = (EDGE_M / scale.lon_m, EDGE_M / scale.lat_m);
    let at_edge = |at: &Coord<f64>| at.x - low.x < x || high.x - at.x < x || at.y - low.y < y || high.y - at.y < y;
    let is_out = |at: &Coord<f64>| town.map_or_else(|| at_edge(at), |town| !town.intersects(at));
    let mut open: Vec<usize> = beyond.iter().map(|snap| pieces.piece(snap.chain, snap.at_m, true)).collect();
    for (chain, (cuts, first)) in pieces.roads.chains.iter().zip(&pieces.cuts) {
        let node = |node: u32| pieces.roads.nodes.get(node as usize).is_some_and(is_out);
        open.extend(node(chain.a).then_some(*first));
        open.extend(node(chain.b).then_some(first + cuts.len()));
    }
    open
}
