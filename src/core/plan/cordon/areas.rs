//! Which junctions lie in which area, and which do not count.

use std::sync::Arc;

use geo::{Coord, Geometry, MultiPolygon};

use super::super::roads::{Chain, Roads, Snap};
use super::shapes::{Shape, Shapes};
use super::{Gate, local};
use crate::coverage::{FOREIGN, GREY, Scope};
use crate::registry::{AreaKind, Layer, Registry};

/// Junctions so near to the border of a block do not count, metres: blocks are drawn along roads.
const BORDER_M: f64 = 30.0;

/// A road that leaves an area by no more than this, metres, and comes back without a junction, merely weaves (coverage.md
/// §4.1).
const WEAVE_M: f64 = 40.0;
/// Steps in which a road is walked, metres.
const STEP_M: f64 = 25.0;

/// An area that is to be shut off.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AreaKey {
    /// Its id: that of an element of the plan or of an area.
    pub id: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

/// Areas that are judged by the same labels.
#[derive(Clone, Debug)]
pub(super) struct Outline {
    pub(super) scope: Scope,
    pub(super) areas: Vec<AreaKey>,
    /// By junction of the roads: the area, [`FOREIGN`] or [`GREY`].
    pub(super) labels: Vec<u32>,
    /// By junction: whether it is of the core of its area.
    pub(super) core: Vec<Part>,
    /// Places on roads without a junction that count: the label, and where. Those that stand for an area whose core has no
    /// junction of its own, and those on the way of a road that goes elsewhere and comes back.
    pub(super) marked: Vec<(u32, Snap)>,
}

/// How a junction belongs to its area.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// It is near.
    Near,
    /// It is of the core where no entrance lies between it and the place that stands for the area.
    BesideMark,
    /// It is of the core.
    Core,
}

impl Outline {
    /// Places where chains are to have a node of their own.
    pub(super) fn marks(&self) -> impl Iterator<Item = Snap> {
        self.marked.iter().map(|(_, at)| *at)
    }

    /// By area: the nodes that it must keep shut; those of the marks are numbered from `first_mark` on. `zone` is that
    /// of each node.
    pub(super) fn cores(&self, first_mark: u32, zone: &[u32]) -> Vec<Vec<u32>> {
        let mut cores = vec![Vec::new(); self.areas.len()];
        let mut mark_zone = vec![None; self.areas.len()];
        for (node, (area, _)) in (first_mark..).zip(&self.marked) {
            if let Some(core) = cores.get_mut(*area as usize) {
                core.push(node);
                mark_zone[*area as usize] = zone.get(node as usize).copied();
            }
        }
        for ((node, part), label) in (0_u32..).zip(&self.core).zip(&self.labels) {
            let Some(core) = cores.get_mut(*label as usize) else { continue };
            let beside = || mark_zone[*label as usize] == Some(zone[node as usize]);
            if *part == Part::Core || (*part == Part::BesideMark && beside()) {
                core.push(node);
            }
        }
        cores
    }
}

/// All that is to be shut off: each ring of the town, the blocks, the hamlets.
pub(super) fn outlines(roads: &Roads, gates: &[Gate], registry: &Registry, core_offset_m: f64) -> Vec<Outline> {
    let roads = (roads, &Cuts::of(gates));
    let rings = rings(registry).into_iter().map(|ring| town(roads, Shapes::new(vec![ring]), core_offset_m));
    let mut outlines: Vec<Outline> = rings.collect();
    let blocks = blocks(registry);
    if !blocks.is_empty() {
        outlines.push(block(roads, Shapes::new(blocks)));
    }
    outlines.extend(local::outline(roads, registry));
    outlines
}

/// The rings of the plan; where it has none, the boundary of the town.
fn rings(registry: &Registry) -> Vec<Shape> {
    let circles = elements(registry, Layer::Circle);
    if circles.is_empty() { areas(registry, AreaKind::Town) } else { circles }
}

/// The blocks of the plan; where it has none, the areas that are blocks.
fn blocks(registry: &Registry) -> Vec<Shape> {
    let blocks = elements(registry, Layer::Block);
    if blocks.is_empty() { areas(registry, AreaKind::Block) } else { blocks }
}

fn elements(registry: &Registry, layer: Layer) -> Vec<Shape> {
    let of_layer = registry.elements.values().filter(|e| e.layer == layer);
    of_layer
        .filter_map(|e| {
            let shape = match &e.shape {
                Geometry::Polygon(p) => MultiPolygon::new(vec![p.clone()]),
                Geometry::MultiPolygon(all) => all.clone(),
                _ => return None,
            };
            Some(Shape::new(e.id.as_str(), &e.name, shape))
        })
        .collect()
}

fn areas(registry: &Registry, kind: AreaKind) -> Vec<Shape> {
    let of_kind = registry.areas.values().filter(|a| a.kind == kind);
    of_kind.filter_map(|a| Some(Shape::new(a.id.as_str(), &a.name, a.boundary.clone()?))).collect()
}

/// The core of the town lies deeper than the offset inside its ring; between both is grey (coverage.md §1.2).
fn town((roads, cuts): (&Roads, &Cuts), ring: Shapes, core_offset_m: f64) -> Outline {
    let label = |at: &Coord<f64>| match ring.holder(*at) {
        None => FOREIGN,
        Some(_) if ring.border_m(*at, core_offset_m, None) < core_offset_m => GREY,
        Some(_) => 0,
    };
    let labels = by_junction(roads, label);
    let deep = core_offset_m.max(WEAVE_M);
    let marked = on_the_way(
        (roads, cuts),
        &labels,
        |c| ring.may_cross(c, deep),
        |at| match ring.holder(at) {
            Some(_) if ring.border_m(at, deep, None) >= deep => 0,
            None if ring.border_m(at, WEAVE_M, None) > WEAVE_M => FOREIGN,
            _ => GREY,
        },
    );
    let core = vec![Part::Core; labels.len()];
    let areas = ring.all.into_iter().map(|ring| ring.key).collect();
    Outline { scope: Scope::Town, areas, labels, core, marked }
}

/// The labels of all junctions; where a ring was begun is none.
fn by_junction(roads: &Roads, label: impl Fn(&Coord<f64>) -> u32) -> Vec<u32> {
    let places = roads.places();
    roads.nodes.iter().zip(places).map(|(at, place)| if place { label(at) } else { GREY }).collect()
}

/// Where entrances cut chains: the chain, by number, and metres from its beginning; in this order.
pub(super) struct Cuts(Vec<(u32, f64)>);

impl Cuts {
    pub(super) fn of(gates: &[Gate]) -> Cuts {
        let mut cuts: Vec<(u32, f64)> = gates.iter().map(|gate| (gate.at.chain, gate.at.at_m)).collect();
        cuts.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
        Cuts(cuts)
    }

    /// One place of each part into which the cuts between two places of a chain cut what lies there; both places among
    /// them.
    fn parts(&self, chain: u32, from_m: f64, to_m: f64) -> Vec<f64> {
        let first = self.0.partition_point(|cut| *cut <= (chain, from_m));
        let cuts: Vec<f64> = self.0[first..].iter().take_while(|cut| **cut < (chain, to_m)).map(|cut| cut.1).collect();
        let between = cuts.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0);
        let mut places = vec![from_m];
        places.extend(between);
        places.extend((to_m > from_m).then_some(to_m));
        places
    }
}

/// Places on the way of roads that no junction stands for: stretches of a label that neither end of the chain has. Outside
/// counts only for a road that comes back to where it left: one that ends elsewhere may be watched anywhere on its way.
/// Entrances may stand on a stretch: each part of it counts.
pub(super) fn on_the_way(
    (roads, cuts): (&Roads, &Cuts),
    labels: &[u32],
    wanted: impl Fn(&Chain) -> bool,
    label: impl Fn(Coord<f64>) -> u32,
) -> Vec<(u32, Snap)> {
    let mut found = Vec::new();
    for (number, chain) in (0_u32..).zip(&roads.chains).filter(|(_, chain)| wanted(chain)) {
        let ends = [labels[chain.a as usize], labels[chain.b as usize]];
        let comes_back = ends[0] == ends[1] || ends.contains(&GREY);
        let steps = (chain.length_m() / STEP_M).ceil().max(1.0) as usize;
        let at_m = |i: usize| chain.length_m() * i as f64 / steps as f64;
        let here = |i: usize| if roads.on_ground(chain, at_m(i)) { label(chain.place(at_m(i))) } else { GREY };
        let walked: Vec<(usize, u32)> = (1..steps).map(|i| (i, here(i))).collect();
        for run in walked.chunk_by(|a, b| a.1 == b.1) {
            let (first, last, label) = (run[0].0, run[run.len() - 1].0, run[0].1);
            if label == GREY || ends.contains(&label) || (label == FOREIGN && !comes_back) {
                continue;
            }
            let places = cuts.parts(number, at_m(first), at_m(last)).into_iter();
            found.extend(places.map(|at_m| (label, Snap { chain: number, at_m, distance_m: 0.0 })));
        }
    }
    found
}

fn block((roads, cuts): (&Roads, &Cuts), blocks: Shapes) -> Outline {
    let label = |at: &Coord<f64>| {
        let holder = blocks.holder(*at);
        match blocks.border_m(*at, BORDER_M, holder) < BORDER_M {
            true => GREY,
            false => holder.unwrap_or(FOREIGN),
        }
    };
    let labels = by_junction(roads, label);
    let marked = on_the_way(
        (roads, cuts),
        &labels,
        |c| blocks.may_cross(c, WEAVE_M),
        |at| {
            let holder = blocks.holder(at);
            match (holder, blocks.border_m(at, WEAVE_M, holder)) {
                (Some(i), border_m) if border_m >= WEAVE_M => i,
                (None, border_m) if border_m > WEAVE_M => FOREIGN,
                _ => GREY,
            }
        },
    );
    let core = vec![Part::Core; labels.len()];
    let areas = blocks.all.into_iter().map(|block| block.key).collect();
    Outline { scope: Scope::Block, areas, labels, core, marked }
}
