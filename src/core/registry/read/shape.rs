//! Shapes: boundaries of areas, elements of the plan.

use geo::{Coord, CoordsIter, Geometry, LineString, MapCoords, MultiPolygon, Polygon};

use super::cells::Cells;
use crate::registry::datum::Datum;
use crate::registry::fault::{CellFault, ShapeFault};
use crate::registry::tables::DATUM;
use crate::registry::{Layer, LonLat};

/// The column of faults of a shape.
const GEOMETRY: &str = "geometry";

impl Cells<'_> {
    /// The shape of a feature of areas.geojson.
    pub(super) fn boundary(&mut self) -> Option<MultiPolygon<f64>> {
        match self.shape()? {
            Geometry::Polygon(polygon) => Some(MultiPolygon(vec![polygon])),
            Geometry::MultiPolygon(polygons) => Some(polygons),
            _ => self.bad_shape(ShapeFault::Kind { allowed: "Polygon or MultiPolygon" }),
        }
    }

    /// The boundary that a row of areas carries itself, where it does: rows of the database.
    pub(super) fn own_boundary(&mut self) -> Option<MultiPolygon<f64>> {
        self.row.shape.as_ref()?;
        self.boundary()
    }

    /// The shape of an element, which its layer decides.
    pub(super) fn element_shape(&mut self, layer: Layer) -> Option<Geometry<f64>> {
        let shape = self.shape()?;
        let (fits, allowed) = match layer {
            Layer::Circle | Layer::Block => {
                (matches!(shape, Geometry::Polygon(_) | Geometry::MultiPolygon(_)), "Polygon or MultiPolygon")
            }
            Layer::Line => (
                matches!(shape, Geometry::LineString(_) | Geometry::MultiLineString(_)),
                "LineString or MultiLineString",
            ),
            Layer::Point => (matches!(shape, Geometry::Point(_)), "Point"),
        };
        if fits { Some(shape) } else { self.bad_shape(ShapeFault::Kind { allowed }) }
    }

    fn bad_shape<T>(&mut self, why: ShapeFault) -> Option<T> {
        self.fault(GEOMETRY, "", CellFault::Shape(why));
        None
    }

    /// The shape of the row in WGS 84, if each of its points is a place and it has enough of them.
    fn shape(&mut self) -> Option<Geometry<f64>> {
        let datum = self.datum();
        let Some(shape) = self.row.shape.as_deref() else { return self.bad_shape(ShapeFault::Missing) };
        let on_earth = |c: Coord<f64>| c.x.abs() <= 180.0 && c.y.abs() <= 90.0 && (c.x != 0.0 || c.y != 0.0);
        if !shape.coords_iter().all(on_earth) {
            return self.bad_shape(ShapeFault::Coordinate);
        }
        if !has_enough_points(shape) {
            return self.bad_shape(ShapeFault::TooFewPoints);
        }
        Some(self.in_wgs84(shape, datum))
    }

    fn in_wgs84(&mut self, shape: &Geometry<f64>, datum: Datum) -> Geometry<f64> {
        if matches!(datum, Datum::Wgs84 | Datum::Cgcs2000) {
            return shape.clone();
        }
        let outside = std::cell::Cell::new(false);
        let moved = shape.map_coords(|c| match datum.to_wgs84(LonLat { lon: c.x, lat: c.y }) {
            Some(at) => Coord { x: at.lon, y: at.lat },
            None => {
                outside.set(true);
                c
            }
        });
        if outside.get() {
            self.fault(DATUM, datum.word(), CellFault::OutsideDatum { datum: datum.word() });
        }
        moved
    }
}

fn has_enough_points(shape: &Geometry<f64>) -> bool {
    // A closed ring repeats its first point.
    let ring = |r: &LineString<f64>| r.0.len() >= 4;
    let polygon = |p: &Polygon<f64>| ring(p.exterior()) && p.interiors().iter().all(ring);
    match shape {
        Geometry::LineString(line) => line.0.len() >= 2,
        Geometry::MultiLineString(lines) => !lines.0.is_empty() && lines.0.iter().all(|l| l.0.len() >= 2),
        Geometry::Polygon(p) => polygon(p),
        Geometry::MultiPolygon(many) => !many.0.is_empty() && many.0.iter().all(polygon),
        _ => true,
    }
}
