//! Areas with their shapes: which of them holds a place, and how far it is from their borders.
//!
//! A large town has more junctions than can be held against each side of each border: both are found by place.

use std::sync::Arc;

use geo::{BoundingRect, Coord, Intersects, LinesIter, MultiPolygon};
use rstar::primitives::{GeomWithData, Line, Rectangle};
use rstar::{RTree, RTreeObject};

use super::super::roads::{Chain, Plane, nearest};
use super::super::suggest::meet;
use super::AreaKey;

/// By so much more is looked for in the plane of the search than is meant on the ground.
const SLACK: f64 = 1.02;

/// An area with its shape.
pub(in crate::plan) struct Shape {
    pub(in crate::plan) key: AreaKey,
    pub(in crate::plan) bounds: Option<geo::Rect<f64>>,
    shape: MultiPolygon<f64>,
}

impl Shape {
    pub(in crate::plan) fn new(id: &str, name: &Arc<str>, shape: MultiPolygon<f64>) -> Shape {
        Shape { key: AreaKey { id: id.into(), name: name.clone() }, bounds: shape.bounding_rect(), shape }
    }

    /// Whether a place lies inside, or on its border.
    pub(in crate::plan) fn holds(&self, at: Coord<f64>) -> bool {
        self.bounds.is_some_and(|b| b.intersects(&at)) && self.shape.intersects(&at)
    }

    /// Metres from a place to its border.
    pub(in crate::plan) fn border_m(&self, at: Coord<f64>) -> f64 {
        let sides = self.shape.lines_iter().map(|side| nearest(at, side.start, side.end).1);
        sides.fold(f64::INFINITY, f64::min)
    }
}

/// A side of a border, found by place, with the number of its area and where it runs.
type Side = GeomWithData<Line<[f64; 2]>, (u32, geo::Line<f64>)>;

/// Areas of one kind, by number.
pub(in crate::plan) struct Shapes {
    pub(in crate::plan) all: Vec<Shape>,
    plane: Plane,
    boxes: RTree<GeomWithData<Rectangle<[f64; 2]>, u32>>,
    sides: RTree<Side>,
}

impl Shapes {
    /// Distances are looked for around the shapes: how far the roads reach beyond them does not matter.
    pub(in crate::plan) fn new(all: Vec<Shape>) -> Shapes {
        let plane = Plane::around(all.iter().flat_map(|s| s.shape.lines_iter()).map(|side| side.start));
        let boxed = |(i, shape): (u32, &Shape)| {
            let bounds = shape.bounds?;
            Some(GeomWithData::new(Rectangle::from_corners(plane.of(bounds.min()), plane.of(bounds.max())), i))
        };
        let sides_of = |(i, shape): (u32, &Shape)| {
            let sides = shape.shape.lines_iter();
            let sides = sides.map(|s| Side::new(Line::new(plane.of(s.start), plane.of(s.end)), (i, s)));
            sides.collect::<Vec<_>>()
        };
        let boxes = RTree::bulk_load((0_u32..).zip(&all).filter_map(boxed).collect());
        let sides = RTree::bulk_load((0_u32..).zip(&all).flat_map(sides_of).collect());
        Shapes { all, plane, boxes, sides }
    }

    /// The first area that holds a place.
    pub(in crate::plan) fn holder(&self, at: Coord<f64>) -> Option<u32> {
        let near = self.boxes.locate_all_at_point(&self.plane.of(at)).map(|found| found.data);
        near.filter(|i| self.all[*i as usize].holds(at)).min()
    }

    /// Metres from a place to the nearest border, or to that of one area; infinite where that is farther than `within_m`.
    pub(in crate::plan) fn border_m(&self, at: Coord<f64>, within_m: f64, of: Option<u32>) -> f64 {
        let reach = within_m * SLACK + 0.1;
        let near = self.sides.locate_within_distance(self.plane.of(at), reach * reach).map(|side| side.data);
        let sides = near.filter(|(area, _)| of.is_none_or(|of| of == *area));
        let metres = sides.map(|(_, side)| nearest(at, side.start, side.end).1).filter(|m| *m <= within_m);
        metres.fold(f64::INFINITY, f64::min)
    }

    /// Where a stretch meets borders: the area, and the share of the stretch before it. A side in one line with it is none.
    pub(in crate::plan) fn crossed(&self, from: Coord<f64>, to: Coord<f64>) -> Vec<(u32, f64)> {
        let box_ = Line::new(self.plane.of(from), self.plane.of(to)).envelope();
        let near = self.sides.locate_in_envelope_intersecting(&box_).map(|side| side.data);
        near.filter_map(|(area, side)| Some((area, meet((from, to), (side.start, side.end))?))).collect()
    }

    /// Whether a chain may cross a border, or a line so deep inside of one.
    pub(in crate::plan) fn may_cross(&self, chain: &Chain, deep_m: f64) -> bool {
        let within_m = chain.length_m() + deep_m;
        let ends = [chain.line.first(), chain.line.last()];
        ends.into_iter().flatten().any(|end| self.border_m(*end, within_m, None).is_finite())
    }
}

#[cfg(test)]
mod tests {
    use geo::polygon;
    use proptest::prelude::*;

    use super::super::tests::coord;
    use super::*;

    /// Triangles and a square with a hole, anywhere within some kilometres.
    fn shape(n: usize, (east, north): (f64, f64), size: f64) -> Shape {
        let at = |x: f64, y: f64| coord(east + x * size, north + y * size);
        let part = match n % 2 {
            0 => polygon!(at(0.0, 0.0), at(1.0, 0.1), at(0.3, 1.0)),
            _ => polygon!(
                exterior: [at(0.0, 0.0), at(1.0, 0.0), at(1.0, 1.0), at(0.0, 1.0)],
                interiors: [[at(0.3, 0.3), at(0.7, 0.3), at(0.7, 0.7), at(0.3, 0.7)]],
            ),
        };
        Shape::new(&n.to_string(), &"".into(), MultiPolygon::new(vec![part]))
    }

    proptest! {
        #[test]
        fn as_by_looking_at_every_side_of_every_shape(
            made in prop::collection::vec(((-3e3..3e3, -3e3..3e3), 1.0..2e3), 0..8),
            at in (-4e3..4e3, -4e3..4e3),
            within_m in 0.0..3e3_f64,
        ) {
            let all: Vec<Shape> = made.iter().enumerate().map(|(n, (at, size))| shape(n, *at, *size)).collect();
            let holder = all.iter().position(|s| s.holds(coord(at.0, at.1)));
            let borders: Vec<f64> = all.iter().map(|s| s.border_m(coord(at.0, at.1))).collect();
            let near = |m: f64| if m <= within_m { m } else { f64::INFINITY };
            let shapes = Shapes::new(all);
            let at = coord(at.0, at.1);
            prop_assert_eq!(shapes.holder(at), holder.map(|i| i as u32));
            let least = borders.iter().copied().fold(f64::INFINITY, f64::min);
            prop_assert_eq!(shapes.border_m(at, within_m, None), near(least));
            for (i, border_m) in borders.into_iter().enumerate() {
                prop_assert_eq!(shapes.border_m(at, within_m, Some(i as u32)), near(border_m));
            }
        }
    }
}
