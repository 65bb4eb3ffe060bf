//! The catchments of hamlets: which places are theirs, and which place stands for one.

use std::collections::BTreeSet;

use geo::{Area as _, Centroid, Coord};
use rstar::RTree;
use rstar::primitives::{GeomWithData, Rectangle};

use super::super::roads::{Chain, Plane, Roads};
use super::areas::{AreaKey, Cuts, Outline, Part, on_the_way};
use super::coord;
use super::shapes::Shape;
use crate::coverage::{FOREIGN, GREY, Scope, offset};
use crate::model::AreaId;
use crate::registry::{Area, AreaKind, LonLat, Registry};

/// Places so near to a hamlet are of it, metres (coverage.md §4.2).
const CATCH_M: f64 = 150.0;
/// On a road that comes back to the hamlet the country begins so much farther out, metres.
const LOOP_M: f64 = 50.0;
/// A hamlet of which only a point is known is a disc of this radius, metres (coverage.md §4.1: points clipped to 300 m).
const DISC_M: f64 = 150.0;
/// How far the road may lie from the middle of a hamlet that has no junction, metres, where its shape is known.
const ROAD_M: f64 = 1_000.0;

/// A hamlet on the ground.
enum Ground {
    Disc(AreaKey, LonLat),
    Shape(Shape, Coord<f64>),
}

/// The hamlets, and the villages and communities that have none; `None` where nothing says where any of them is.
pub(super) fn outline((roads, cuts): (&Roads, &Cuts), registry: &Registry) -> Option<Outline> {
    let hamlets = registry.areas.values().filter(|a| a.kind == AreaKind::Hamlet);
    let with_hamlets: BTreeSet<&AreaId> = hamlets.filter_map(|h| h.parent.as_ref()).collect();
    let judged = registry.areas.values().filter(|a| match a.kind {
        AreaKind::Hamlet => true,
        AreaKind::Village | AreaKind::Community => a.boundary.is_some() && !with_hamlets.contains(&a.id),
        AreaKind::Town | AreaKind::Block => false,
    });
    let grounds: Vec<Ground> = judged.filter_map(Ground::of).collect();
    if grounds.is_empty() {
        return None;
    }
    let near = Near::of(roads, &grounds);
    let label = |(at, place): (&Coord<f64>, bool)| if place { near.label(*at) } else { (GREY, Part::Near) };
    let (labels, core): (Vec<u32>, Vec<Part>) = roads.nodes.iter().zip(roads.places()).map(label).unzip();
    let home = |n: u32| labels.get(n as usize).copied().unwrap_or(FOREIGN);
    let loops = |c: &Chain| home(c.a) == home(c.b) && home(c.a) != FOREIGN && c.length_m() > 2.0 * LOOP_M;
    let country =
        |at: Coord<f64>| if near.nearest(at).is_none_or(|(out, _)| out > CATCH_M + LOOP_M) { FOREIGN } else { GREY };
    let marked = on_the_way((roads, cuts), &labels, loops, country);
    let mut outline = Outline { scope: Scope::Local, areas: Vec::new(), labels, core, marked };
    let mut has_core = vec![false; grounds.len()];
    for (label, _) in outline.labels.iter().zip(&outline.core).filter(|(_, part)| **part == Part::Core) {
        has_core.get_mut(*label as usize).into_iter().for_each(|has| *has = true);
    }
    for (area, ground) in (0_u32..).zip(&grounds) {
        outline.areas.push(ground.key().clone());
        if !has_core[area as usize] {
            outline.marked.extend(ground.mark(roads).map(|at| (area, at)));
        }
    }
    Some(outline)
}

impl Ground {
    fn of(area: &Area) -> Option<Ground> {
        if let Some(boundary) = area.boundary.clone().filter(|b| b.unsigned_area() > 0.0) {
            let middle = area.at.map(coord).or_else(|| boundary.centroid().map(|p| p.0))?;
            return Some(Ground::Shape(Shape::new(area.id.as_str(), &area.name, boundary), middle));
        }
        Some(Ground::Disc(AreaKey { id: area.id.as_str().into(), name: area.name.clone() }, area.at?))
    }

    const fn key(&self) -> &AreaKey {
        match self {
            Ground::Disc(key, _) => key,
            Ground::Shape(shape, _) => &shape.key,
        }
    }

    /// How far outside of it a place lies, metres, 0 inside, and how far from its middle.
    fn distance_m(&self, at: Coord<f64>) -> (f64, f64) {
        let from = |middle: LonLat| offset(middle, LonLat { lon: at.x, lat: at.y }).distance_m();
        match self {
            Ground::Disc(_, middle) => ((from(*middle) - DISC_M).max(0.0), from(*middle)),
            Ground::Shape(shape, middle) => {
                let out = if shape.holds(at) { 0.0 } else { shape.border_m(at) };
                (out, from(LonLat { lon: middle.x, lat: middle.y }))
            }
        }
    }

    /// The place on the roads that stands for it.
    fn mark(&self, roads: &Roads) -> Option<super::Snap> {
        match self {
            Ground::Disc(_, middle) => roads.snap(*middle, None, DISC_M),
            Ground::Shape(shape, middle) => {
                let at = roads.snap(LonLat { lon: middle.x, lat: middle.y }, None, ROAD_M)?;
                shape.holds(roads.chains.get(at.chain as usize)?.place(at.at_m)).then_some(at)
            }
        }
    }

    /// The box in which places are of it, in the plane of the search.
    fn bounds(&self, plane: &Plane) -> Option<Rectangle<[f64; 2]>> {
        let (low, high, reach) = match self {
            Ground::Disc(_, middle) => (plane.of(coord(*middle)), plane.of(coord(*middle)), DISC_M + CATCH_M),
            Ground::Shape(shape, _) => {
                let bounds = shape.bounds?;
                (plane.of(bounds.min()), plane.of(bounds.max()), CATCH_M)
            }
        };
        let reach = (reach + LOOP_M) * 1.01;
        Some(Rectangle::from_corners([low[0] - reach, low[1] - reach], [high[0] + reach, high[1] + reach]))
    }
}

/// Hamlets by place.
struct Near<'g> {
    grounds: &'g [Ground],
    plane: Plane,
    tree: RTree<GeomWithData<Rectangle<[f64; 2]>, u32>>,
}

impl<'g> Near<'g> {
    fn of(roads: &Roads, grounds: &'g [Ground]) -> Near<'g> {
        let plane = Plane::around(roads.nodes.iter().copied());
        let boxes = (0_u32..).zip(grounds).filter_map(|(i, g)| Some(GeomWithData::new(g.bounds(&plane)?, i)));
        Near { grounds, plane, tree: RTree::bulk_load(boxes.collect()) }
    }

    /// The nearest hamlet, where one is near: how far outside of it a place lies, metres, and its number.
    fn nearest(&self, at: Coord<f64>) -> Option<(f64, u32)> {
        let near = self.tree.locate_all_at_point(&self.plane.of(at)).map(|found| found.data);
        let near = near.map(|i| (self.grounds[i as usize].distance_m(at), i));
        let nearest = near.min_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
        nearest.map(|((out, _), i)| (out, i))
    }

    /// The hamlet that a junction is of, and how it belongs to it.
    fn label(&self, at: Coord<f64>) -> (u32, Part) {
        match self.nearest(at).filter(|(out, _)| *out <= CATCH_M) {
            None => (FOREIGN, Part::Near),
            Some((out, i)) if out > 0.0 => (i, Part::Near),
            Some((_, i)) => match self.grounds[i as usize] {
                Ground::Shape(..) => (i, Part::Core),
                Ground::Disc(..) => (i, Part::BesideMark),
            },
        }
    }
}
