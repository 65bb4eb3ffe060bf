//! The plan 圈块线点: the outer ring, the blocks, watched roads, places of their own.

use super::counts::Counts;
use super::gates::{Gate, GateKind, Gates};
use super::geometry::{P, cell, line_string, polygon};
use super::ids::{element_id, entrance_id};
use super::land::Land;
use super::rng::Rng;
use super::tables::PUBLIC_PLACES;
use super::ways::Ways;
use super::{SYNTHETIC, TownFault};
use crate::registry::{Element, Layer};
use geo::Geometry;

/// The area of the town.
pub(super) const TOWN_ID: &str = "LIUZHI";
/// The element of the layer 圈.
pub(super) const RING_ID: &str = "RING";
/// Longest stretch of a line that may go unwatched, metres: names.md, `[coverage]`.
const MAX_GAP_M: f64 = 2_000.0;
/// How far round a point its entrances lie, metres: hamlets are smaller.
const POINT_RADIUS_M: f64 = 180.0;

/// The id of a block.
pub(super) fn block_id(number: usize) -> String {
    format!("BLK-{}", number + 1)
}

/// The id of a line.
pub(super) fn line_id(number: usize) -> String {
    format!("LINE-{}", number + 1)
}

/// The id of a point.
pub(super) fn point_id(number: usize) -> String {
    format!("PT-{:02}", number + 1)
}

/// The blocks: what lies nearer to one of these than to the others.
#[derive(Debug)]
pub(super) struct Blocks {
    pub(super) seeds: Vec<P>,
}

impl Blocks {
    /// Blocks round hamlets that lie far apart.
    pub(super) fn new(seed: u64, land: &Land, counts: &Counts) -> Blocks {
        let at: Vec<P> = land.hamlets.iter().map(|h| h.at).collect();
        Blocks {
            seeds: spread(&mut Rng::stream(seed, "blocks"), &at, counts.blocks).into_iter().map(|i| at[i]).collect(),
        }
    }
}

/// Chooses places that lie far apart, by number: each time the best of ten.
pub(super) fn spread(rng: &mut Rng, at: &[P], n: usize) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::new();
    while chosen.len() < n.min(at.len()) {
        let free = |i: usize| chosen.iter().map(|c| at[*c].d2(at[i])).fold(f64::INFINITY, f64::min);
        let drawn: Vec<usize> = (0..10).map(|_| rng.below(at.len())).filter(|i| !chosen.contains(i)).collect();
        let best = drawn.into_iter().max_by(|a, b| free(*a).total_cmp(&free(*b)));
        let next = best.or_else(|| (0..at.len()).find(|i| !chosen.contains(i)));
        chosen.extend(next);
    }
    chosen
}

/// A place of the layer 点.
#[derive(Debug)]
pub(super) struct PointPlan {
    pub(super) hamlet: usize,
    pub(super) name: String,
    /// A police work station, not a school or the like.
    pub(super) station: bool,
}

/// What the plan wants watched, with the numbers of entrances.
#[derive(Debug)]
pub(super) struct Plan {
    /// By line: entrances along it, in order from the middle of the town to its boundary.
    pub(super) lines: Vec<Vec<usize>>,
    /// By line: where it runs.
    line_shapes: Vec<Vec<P>>,
    /// The points.
    pub(super) points: Vec<PointPlan>,
}

impl Plan {
    /// Chooses lines and points.
    pub(super) fn new(seed: u64, land: &Land, ways: &Ways, gates: &Gates, counts: &Counts) -> Plan {
        let every = (ways.main.len() / counts.lines.max(1)).max(1);
        let roads: Vec<&Vec<usize>> = ways.main.iter().step_by(every).take(counts.lines).collect();
        let lines = roads.iter().map(|road| along(road, gates)).collect();
        let line_shapes = roads.iter().map(|road| shape(road, ways, gates)).collect();
        let mut rng = Rng::stream(seed, "points");
        let at: Vec<P> = land.hamlets.iter().map(|h| h.at).collect();
        let points = spread(&mut rng, &at, counts.stations + counts.public_places)
            .into_iter()
            .enumerate()
            .map(|(i, hamlet)| {
                let station = i < counts.stations;
                let place = if station { "警务工作站" } else { PUBLIC_PLACES[i % PUBLIC_PLACES.len()] };
                let village = &land.villages[land.hamlets[hamlet].village].name;
                PointPlan { hamlet, name: format!("{village}{}{place}", land.hamlets[hamlet].name), station }
            })
            .collect();
        Plan { lines, line_shapes, points }
    }

    /// The elements for the registry.
    pub(super) fn elements(&self, land: &Land, blocks: &Blocks, gates: &Gates) -> Result<Vec<Element>, TownFault> {
        let ring = Geometry::Polygon(polygon(&land.ring));
        let mut elements = vec![element(RING_ID, Layer::Circle, "六指街外圈", ring)?];
        for (i, seed) in blocks.seeds.iter().enumerate() {
            let shape = Geometry::Polygon(polygon(&cell(&land.ring, *seed, &blocks.seeds)));
            let block = element(&block_id(i), Layer::Block, &format!("第{}块", i + 1), shape)?;
            elements.push(Element { parent: Some(element_id(RING_ID)?), ..block });
        }
        let ids = |of: &[usize]| of.iter().map(|g| entrance_id(&gates.all[*g].id)).collect::<Result<Vec<_>, _>>();
        for (i, (on, shape)) in self.lines.iter().zip(&self.line_shapes).enumerate() {
            let shape = Geometry::LineString(line_string(shape));
            let line = element(&line_id(i), Layer::Line, &format!("主干{}号线", i + 1), shape)?;
            elements.push(Element { entrances: ids(on)?, max_gap_m: Some(MAX_GAP_M), ..line });
        }
        for (i, point) in self.points.iter().enumerate() {
            let shape = Geometry::Point(land.hamlets[point.hamlet].at.point());
            let entrances = ids(&gates.of_hamlet[point.hamlet])?;
            let point = element(&point_id(i), Layer::Point, &point.name, shape)?;
            elements.push(Element { entrances, radius_m: Some(POINT_RADIUS_M), ..point });
        }
        Ok(elements)
    }
}

/// Entrances of hamlets and blocks along a main road and the one of the town at its end, in order.
fn along(road: &[usize], gates: &Gates) -> Vec<usize> {
    let on = |way: &usize| {
        let here = gates.all.iter().enumerate().filter(|(_, g)| g.way == *way).map(|(i, _)| i);
        here.collect::<Vec<_>>()
    };
    road.iter().flat_map(on).collect()
}

/// Where a main road runs, from the middle of the town to the boundary.
fn shape(road: &[usize], ways: &Ways, gates: &Gates) -> Vec<P> {
    let mut here = P::new(0.0, 0.0);
    let mut shape = vec![here];
    for number in road {
        let mut line = ways.all[*number].line.clone();
        if line.first() != Some(&here) {
            line.reverse();
        }
        shape.extend(line.iter().skip(1));
        here = line.last().copied().unwrap_or(here);
    }
    let town_gate = |g: &&Gate| g.kind == GateKind::Town && Some(&g.way) == road.last();
    if let (Some(gate), Some(last)) = (gates.all.iter().find(town_gate), shape.last_mut()) {
        *last = gate.at;
    }
    shape
}

fn element(id: &str, layer: Layer, name: &str, shape: Geometry<f64>) -> Result<Element, TownFault> {
    Ok(Element {
        id: element_id(id)?,
        layer,
        name: name.into(),
        parent: None,
        entrances: Vec::new(),
        max_gap_m: None,
        radius_m: None,
        shape,
        extra: [("note".into(), SYNTHETIC.into())].into(),
    })
}
