//! From crossings to entrances: two areas with one boundary, the arms of a roundabout, the other carriageway.

use std::collections::BTreeSet;

use geo::LinesIter;

use super::crossing::{Crossing, End, WEAVE_M};
use crate::plan::cordon::shapes::Shapes;
use crate::plan::roads::{Roads, Snap, metres};

/// A road that comes round to where it began within this, metres, is a roundabout.
const ROUNDABOUT_M: f64 = 300.0;
/// A road is left so far from its junction or roundabout, metres.
const ARM_M: f64 = 1.0;
/// The other carriageway is entered within this along it, metres: a boundary may cut both aslant.
const TWIN_M: f64 = 40.0;

/// A place that may be an entrance.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Candidate {
    /// The chain, by number.
    pub(super) chain: u32,
    /// Metres from its beginning.
    pub(super) at_m: f64,
    /// The areas whose boundary is crossed here, by number, its home first; with whether each lies behind it as seen from
    /// the beginning of the chain.
    pub(super) opens: Vec<(u32, bool)>,
    /// The same on other carriageways.
    pub(super) gates: Vec<(u32, f64)>,
}

/// Crossings at junctions that lie on a boundary: where a road leads in from there, each that leads out is one.
pub(super) fn at_junctions(roads: &Roads, ends: &[End]) -> Vec<Crossing> {
    let node = |end: &End| roads.chains.get(end.chain as usize).map(|c| if end.last { c.b } else { c.a });
    let inside: BTreeSet<(u32, Option<u32>)> =
        ends.iter().filter(|end| end.inside).map(|end| (end.area, node(end))).collect();
    let out = ends.iter().filter(|end| !end.inside && inside.contains(&(end.area, node(end))));
    let one = |end: &End| {
        let length = roads.chains.get(end.chain as usize)?.length_m();
        let away = ARM_M.min(length / 2.0);
        let at_m = if end.last { length - away } else { away };
        Some(Crossing { chain: end.chain, at_m, area: end.area, inward: end.last })
    };
    out.filter_map(one).collect()
}

/// Crossings on a roundabout are one on each of its arms that lead out: who goes round passes the boundary, and has gone
/// nowhere.
pub(super) fn settle_roundabouts(roads: &Roads, shapes: &Shapes, mut crossings: Vec<Crossing>) -> Vec<Crossing> {
    for ring in roundabouts(roads) {
        let may_lie_on_it = |c: &Crossing| roads.chains.get(c.chain as usize).is_some_and(|c| c.road.contains(&ring));
        if !crossings.iter().any(may_lie_on_it) {
            continue;
        }
        let on_ring: BTreeSet<u32> = (0_u32..)
            .zip(&roads.chains)
            .filter(|(_, chain)| chain.road.iter().all(|road| *road == ring))
            .map(|(number, _)| number)
            .collect();
        let areas: BTreeSet<u32> = crossings.iter().filter(|c| on_ring.contains(&c.chain)).map(|c| c.area).collect();
        let nodes: BTreeSet<u32> =
            on_ring.iter().filter_map(|c| roads.chains.get(*c as usize)).flat_map(|c| [c.a, c.b]).collect();
        for area in areas {
            crossings.retain(|c| c.area != area || !on_ring.contains(&c.chain));
            for (number, chain) in (0_u32..).zip(&roads.chains).filter(|(number, _)| !on_ring.contains(number)) {
                for (node, at_end) in [(chain.a, false), (chain.b, true)] {
                    if nodes.contains(&node) {
                        arm(roads, shapes, &mut crossings, (number, at_end, area));
                    }
                }
            }
        }
    }
    crossings
}

/// Roads that are drawn as a small ring, by number.
fn roundabouts(roads: &Roads) -> Vec<u32> {
    let is_small_ring = |part: &geo::LineString<f64>| {
        let length: f64 = part.lines_iter().map(|side| metres(side.start, side.end)).sum();
        part.0.len() > 3 && part.is_closed() && length <= ROUNDABOUT_M
    };
    let rings = (0_u32..).zip(&roads.lines).filter(|(_, line)| line.parts.len() == 1);
    rings.filter(|(_, line)| line.parts.iter().all(is_small_ring)).map(|(number, _)| number).collect()
}

/// What is crossed on an arm near its roundabout is one crossing where the arm leads out, and none where it leads in.
fn arm(roads: &Roads, shapes: &Shapes, crossings: &mut Vec<Crossing>, (number, at_end, area): (u32, bool, u32)) {
    let Some(chain) = roads.chains.get(number as usize) else { return };
    let length = chain.length_m();
    let from_ring = |metres: f64| if at_end { length - metres } else { metres };
    let near = |c: &Crossing| c.chain == number && c.area == area && from_ring(c.at_m) < WEAVE_M;
    let first = crossings.iter().filter(|c| near(c)).map(|c| from_ring(c.at_m)).fold(f64::INFINITY, f64::min);
    crossings.retain(|c| !near(c));
    let out = chain.place(from_ring(WEAVE_M.min(length / 2.0)));
    if !shapes.all.get(area as usize).is_some_and(|shape| shape.holds(out)) {
        let away = if first.is_finite() { first } else { ARM_M.min(length / 2.0) };
        crossings.push(Crossing { chain: number, at_m: from_ring(away), area, inward: at_end });
    }
}

/// Crossings of several boundaries at one place are one entrance. `rank`: which area is its home before others.
pub(super) fn shared<R: Ord>(mut crossings: Vec<Crossing>, rank: impl Fn(u32) -> R) -> Vec<Candidate> {
    crossings.sort_by(|a, b| a.chain.cmp(&b.chain).then(a.at_m.total_cmp(&b.at_m)).then(a.area.cmp(&b.area)));
    let mut groups: Vec<Vec<Crossing>> = Vec::new();
    for crossing in crossings {
        let joins = |group: &Vec<Crossing>| {
            group[0].chain == crossing.chain
                && crossing.at_m - group[0].at_m < WEAVE_M
                && group.iter().all(|c| c.area != crossing.area)
        };
        match groups.last_mut().filter(|group| joins(group)) {
            Some(group) => group.push(crossing),
            None => groups.push(vec![crossing]),
        }
    }
    let one = |mut group: Vec<Crossing>| {
        group.sort_by_key(|c| rank(c.area));
        let opens = group.iter().map(|c| (c.area, c.inward)).collect();
        Candidate { chain: group[0].chain, at_m: group[0].at_m, opens, gates: Vec::new() }
    };
    groups.into_iter().map(one).collect()
}

/// Two carriageways of one road into the same areas are one entrance with a gate more.
pub(super) fn join_carriageways(roads: &Roads, mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    let place = |c: &Candidate| roads.chains.get(c.chain as usize).map(|chain| chain.place(c.at_m));
    // Which of both is the entrance does not depend on how the map is drawn.
    candidates.sort_by(|a, b| {
        let key = |c: &Candidate| place(c).map_or((0.0, 0.0), |at| (at.x, at.y));
        key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal)
    });
    let areas = |c: &Candidate| c.opens.iter().map(|(area, _)| *area).collect::<BTreeSet<u32>>();
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        let here = Snap { chain: candidate.chain, at_m: candidate.at_m, distance_m: 0.0 };
        let twins = roads.twins(&here);
        let beside = |c: &&mut Candidate| {
            let is_twin = |twin: &Snap| twin.chain == c.chain && (twin.at_m - c.at_m).abs() <= TWIN_M;
            twins.iter().any(is_twin) && areas(c) == areas(&candidate)
        };
        // Most roads have none; a large town has many crossings.
        let entrance = if twins.is_empty() { None } else { kept.iter_mut().find(beside) };
        match entrance {
            Some(entrance) => entrance.gates.push((candidate.chain, candidate.at_m)),
            None => kept.push(candidate),
        }
    }
    kept
}
