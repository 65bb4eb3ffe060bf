//! Suspect gaps: where a map may lack a junction.

use std::collections::BTreeSet;

use geo::Coord;
use rstar::primitives::{GeomWithData, Line};
use rstar::{RTree, RTreeObject};

use super::join::{Joined, Part};
use super::place::{Plane, metres, nearest};

/// A road that ends so near to another, metres, may well meet it (coverage.md §4.1).
pub const GAP_M: f64 = 5.0;
/// Ends that touch a road of another level are suspect too; so near is touching, metres.
const TOUCH_M: f64 = 0.02;

/// What is suspect.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum GapKind {
    /// A road ends near another.
    End,
    /// Two roads cross on one level without a junction.
    Crossing,
}

impl GapKind {
    /// The word users see.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            GapKind::End => "end",
            GapKind::Crossing => "crossing",
        }
    }
}

/// Where the map may lack a junction.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SuspectGap {
    /// One side, by number of the node.
    pub a: u32,
    /// The other side.
    pub b: u32,
    /// What is suspect.
    pub kind: GapKind,
    /// How far apart the sides are, metres.
    pub metres: f64,
    /// The roads, by number.
    pub roads: [u32; 2],
}

/// A stretch of a part: between its points of this number and the next.
type Stretch = (u32, u32);
type Found = GeomWithData<Line<[f64; 2]>, Stretch>;

struct Search<'j> {
    joined: &'j mut Joined,
    plane: Plane,
    tree: RTree<Found>,
    /// By node: how many ways lead from it.
    degrees: Vec<u32>,
    /// Points to be put into stretches: at a share of them, with their node.
    inserts: Vec<(Stretch, f64, u32)>,
    gaps: Vec<SuspectGap>,
    seen: BTreeSet<(u32, u32)>,
}

/// Finds the gaps, and makes the places where they touch roads nodes.
pub(super) fn find(joined: &mut Joined, plane: &Plane) -> Vec<SuspectGap> {
    let stretches = (0_u32..).zip(&joined.parts).flat_map(|(number, part)| {
        let pairs = (0_u32..).zip(part.line.windows(2));
        pairs.map(move |(i, w)| Found::new(Line::new(plane.of(w[0]), plane.of(w[1])), (number, i)))
    });
    let tree = RTree::bulk_load(stretches.collect());
    let degrees = degrees(joined);
    let (inserts, gaps, seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    let mut search = Search { joined: &mut *joined, plane: *plane, tree, degrees, inserts, gaps, seen };
    search.ends();
    search.crossings();
    let Search { inserts, gaps, .. } = search;
    insert(joined, inserts);
    gaps
}

impl Search<'_> {
    fn ends(&mut self) {
        for (node, part, point) in dead_ends(self.joined, &self.degrees) {
            let own = own_link(&self.joined.parts[part as usize], point);
            let at = self.joined.parts[part as usize].line[point as usize];
            let stub = self.stub(part, own);
            let reach = GAP_M * 1.01;
            let near = self.tree.locate_within_distance(self.plane.of(at), reach * reach);
            // The nearest that it may join, and the nearest that it only touches: neither speaks for the other.
            let mut best: [Option<(f64, Stretch, f64)>; 2] = [None; 2];
            for found in near {
                let other = &self.joined.parts[found.data.0 as usize];
                let points = [found.data.1 as usize, found.data.1 as usize + 1];
                let is_own = found.data.0 == part && (own.0..own.1).contains(&found.data.1);
                let is_at = |node: u32| points.into_iter().any(|p| other.node[p] == Some(node));
                if is_own || is_at(node) || stub.is_some_and(is_at) {
                    continue;
                }
                let Some((share, far, joins)) = self.meets_at((part, at), found.data) else { continue };
                let best = &mut best[usize::from(!joins)];
                if best.is_none_or(|(d, known, _)| (far, found.data) < (d, known)) {
                    *best = Some((far, found.data, share));
                }
            }
            for (far, stretch, share) in best.into_iter().flatten() {
                let other = self.node_at(stretch, share);
                let roads = [part, stretch.0].map(|p| self.joined.parts[p as usize].road);
                self.tell(SuspectGap { a: node, b: other, kind: GapKind::End, metres: far, roads });
            }
        }
    }

    /// Where a road that ends there may meet a stretch: the share of it, how far it is, metres, and whether it may join it
    /// there or only touches it. By the levels that
    /// [`super::join`] joins: an end meets ends on every level, what runs through on its own, and that of a bridge or tunnel
    /// also what runs on the ground. What only passes over or under it is suspect where they touch.
    fn meets_at(&self, (part, at): (u32, Coord<f64>), (number, i): Stretch) -> Option<(f64, f64, bool)> {
        let other = &self.joined.parts[number as usize];
        let points = [i as usize, i as usize + 1];
        let (share, far) = nearest(at, other.line[points[0]], other.line[points[1]]);
        let is_end = |p: usize| other.node[p].and_then(|n| self.degrees.get(n as usize)) == Some(&1);
        let ends = [0.0, 1.0].into_iter().zip(points).filter(|(_, p)| is_end(*p));
        let ends = ends.map(|(share, p)| (share, metres(at, other.line[p]))).filter(|(_, far)| *far <= GAP_M);
        // Two ends that are near each other are one gap, though the one be nearer still to the way to the other.
        let end = ends.min_by(|a, b| a.1.total_cmp(&b.1)).filter(|_| far > TOUCH_M);
        let level = self.joined.parts[part as usize].level;
        let joins = other.level == level || (level != 0 && other.level == 0);
        let along = || (far <= if joins { GAP_M } else { TOUCH_M }).then_some((share, far, joins));
        end.map(|(share, far)| (share, far, true)).or_else(along)
    }

    /// The node where a road that is hardly longer than a gap leaves another: its tip is near that one anyhow.
    fn stub(&self, part: u32, own: (u32, u32)) -> Option<u32> {
        let part = &self.joined.parts[part as usize];
        let points = part.line.get(own.0 as usize..=own.1 as usize)?;
        let length: f64 = points.windows(2).map(|w| metres(w[0], w[1])).sum();
        let ends = [own.0, own.1].into_iter().filter_map(|p| part.node[p as usize]);
        let mut junction = ends.filter(|n| self.degrees.get(*n as usize).is_some_and(|d| *d > 1));
        if length <= 2.0 * GAP_M { junction.next() } else { None }
    }

    fn crossings(&mut self) {
        let mut found: Vec<(Stretch, Stretch, f64, f64)> = Vec::new();
        for one in &self.tree {
            let level = self.joined.parts[one.data.0 as usize].level;
            for other in self.tree.locate_in_envelope_intersecting(&one.envelope()) {
                if other.data <= one.data || self.joined.parts[other.data.0 as usize].level != level {
                    continue;
                }
                let crossing = crossing(one.geom(), other.geom());
                if let Some((s, t)) = crossing.filter(|_| !self.meet(one.data, other.data)) {
                    found.push((one.data, other.data, s, t));
                }
            }
        }
        found.sort_by_key(|(one, other, ..)| (*one, *other));
        let ends: BTreeSet<u32> = dead_ends(self.joined, &self.degrees).into_iter().map(|(node, ..)| node).collect();
        for (one, other, s, t) in found {
            let is_end = |stretch: Stretch, share: f64| {
                let part = &self.joined.parts[stretch.0 as usize];
                (share == 0.0) && part.node[stretch.1 as usize].is_some_and(|n| ends.contains(&n))
            };
            if is_end(one, s) || is_end(other, t) {
                continue;
            }
            let roads = [one.0, other.0].map(|p| self.joined.parts[p as usize].road);
            let (a, b) = (self.node_at(one, s), self.node_at(other, t));
            self.tell(SuspectGap { a, b, kind: GapKind::Crossing, metres: 0.0, roads });
        }
    }

    /// Whether two stretches are joined at an end of both.
    fn meet(&self, one: Stretch, other: Stretch) -> bool {
        let ends = |(part, i): Stretch| [i as usize, i as usize + 1].map(|p| self.joined.parts[part as usize].node[p]);
        let follow = one.0 == other.0 && one.1.abs_diff(other.1) == 1;
        let (here, there) = (ends(one), ends(other));
        follow || here.iter().flatten().any(|node| there.contains(&Some(*node)))
    }

    fn tell(&mut self, gap: SuspectGap) {
        let pair = (gap.a.min(gap.b), gap.a.max(gap.b));
        if pair.0 != pair.1 && self.seen.insert(pair) {
            self.gaps.push(gap);
        }
    }

    /// The node at a share of a stretch; made where there is none.
    fn node_at(&mut self, stretch: Stretch, share: f64) -> u32 {
        let part = &self.joined.parts[stretch.0 as usize];
        let i = stretch.1 as usize;
        let on_point = if share <= 0.0 {
            Some(i)
        } else if share >= 1.0 {
            Some(i + 1)
        } else {
            None
        };
        if let Some(known) = on_point.and_then(|p| part.node[p]) {
            return known;
        }
        if let Some((.., node)) = self.inserts.iter().find(|(s, at, _)| *s == stretch && *at == share) {
            return *node;
        }
        let place = part.line[i] + (part.line[i + 1] - part.line[i]) * share;
        self.joined.nodes.push(place);
        let node = u32::try_from(self.joined.nodes.len() - 1).unwrap_or(u32::MAX);
        match on_point {
            Some(point) => self.joined.parts[stretch.0 as usize].node[point] = Some(node),
            None => self.inserts.push((stretch, share, node)),
        }
        node
    }
}

/// Where two stretches cross, as shares of both, their last points left out; `None` where they run side by side.
fn crossing(p: &Line<[f64; 2]>, q: &Line<[f64; 2]>) -> Option<(f64, f64)> {
    let minus = |a: [f64; 2], b: [f64; 2]| Coord { x: a[0] - b[0], y: a[1] - b[1] };
    let cross = |a: Coord<f64>, b: Coord<f64>| a.x * b.y - a.y * b.x;
    let (along, other, between) = (minus(p.to, p.from), minus(q.to, q.from), minus(q.from, p.from));
    let turn = cross(along, other);
    let (s, t) = (cross(between, other) / turn, cross(between, along) / turn);
    (turn != 0.0 && (0.0..1.0).contains(&s) && (0.0..1.0).contains(&t)).then_some((s, t))
}

/// How many ways lead from each node.
fn degrees(joined: &Joined) -> Vec<u32> {
    let mut degrees = vec![0_u32; joined.nodes.len()];
    for part in &joined.parts {
        let last = part.node.len() - 1;
        for (i, node) in part.node.iter().enumerate() {
            if let Some(node) = node {
                degrees[*node as usize] += if i == 0 || i == last { 1 } else { 2 };
            }
        }
    }
    degrees
}

/// Ends of roads from which nothing leads on: node, part, point.
fn dead_ends(joined: &Joined, degrees: &[u32]) -> Vec<(u32, u32, u32)> {
    let mut found = Vec::new();
    for (number, part) in (0_u32..).zip(&joined.parts) {
        let last = u32::try_from(part.node.len() - 1).unwrap_or(u32::MAX);
        for point in [0, last] {
            if let Some(node) = part.node[point as usize].filter(|n| degrees.get(*n as usize) == Some(&1)) {
                found.push((node, number, point));
            }
        }
    }
    found
}

/// The points between which the road of a dead end has no other node.
fn own_link(part: &Part, point: u32) -> (u32, u32) {
    let node = |i: &usize| part.node[*i].is_some();
    let end = point as usize;
    let other = if end == 0 {
        (1..part.node.len()).find(node).unwrap_or(part.node.len() - 1)
    } else {
        (0..end).rev().find(node).unwrap_or(0)
    };
    let number = |i: usize| u32::try_from(i).unwrap_or(u32::MAX);
    (number(end.min(other)), number(end.max(other)))
}

/// Puts the new points into their lines.
fn insert(joined: &mut Joined, mut inserts: Vec<(Stretch, f64, u32)>) {
    // From the last to the first, so that the numbers of those before stay true.
    inserts.sort_by(|a, b| (b.0, b.1).partial_cmp(&(a.0, a.1)).unwrap_or(std::cmp::Ordering::Equal));
    for ((part, i), _, node) in inserts {
        let at = joined.nodes[node as usize];
        let part = &mut joined.parts[part as usize];
        part.line.insert(i as usize + 1, at);
        part.node.insert(i as usize + 1, Some(node));
    }
}
