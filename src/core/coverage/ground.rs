//! Distances and bearings on the ground, over the short way from a camera to what it may see.
//!
//! Model: a local tangent plane (east, north) on the ellipsoid of WGS 84, scaled by its two radii of curvature at the
//! middle latitude. Against a geodesic, up to 200 m: no measurable error of length, 0.0005° of bearing. Heights do not
//! enter.

use geo::{Coord, Geometry, LineString, Polygon};

use crate::registry::LonLat;

/// Major half-axis of WGS 84, metres.
const A: f64 = 6_378_137.0;
/// Square of the first eccentricity of WGS 84 (flattening 1 / 298.257 223 563).
const E2: f64 = 0.006_694_379_990_141_317;
/// Nearer than this a direction means nothing, metres.
const SAME_PLACE_M: f64 = 1e-3;

/// From one place to another, metres.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Offset {
    /// Towards true east.
    pub east_m: f64,
    /// Towards true north.
    pub north_m: f64,
}

impl Offset {
    /// Metres.
    pub(crate) fn distance_m(self) -> f64 {
        self.east_m.hypot(self.north_m)
    }

    /// Degrees clockwise from true north, 0 up to 360; `None` where both places are one.
    pub(super) fn bearing_deg(self) -> Option<f64> {
        let bearing = self.east_m.atan2(self.north_m).to_degrees();
        let turned = if bearing < 0.0 { bearing + 360.0 } else { bearing };
        // A tiny negative angle plus 360 rounds to 360 itself.
        (self.distance_m() >= SAME_PLACE_M).then_some(if turned >= 360.0 { 0.0 } else { turned })
    }
}

/// The way from one place to another: Δλ·N(φm)·cos φm east, Δφ·M(φm) north.
pub(crate) fn offset(from: LonLat, to: LonLat) -> Offset {
    Scale::at((from.lat + to.lat) / 2.0).offset(from, to)
}

/// Whether a position can be reckoned with at all.
pub(super) fn is_place(at: LonLat) -> bool {
    at.lat.abs() <= 90.0 && at.lon.abs() <= 180.0
}

/// An angle as -180 up to 180 degrees.
pub(super) fn wrap180(degrees: f64) -> f64 {
    (degrees + 180.0).rem_euclid(360.0) - 180.0
}

/// Metres a degree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// Of longitude.
    pub lon_m: f64,
    /// Of latitude.
    pub lat_m: f64,
}

impl Scale {
    /// At a latitude: M = a (1 - e²) / W³ and N cos φ = a cos φ / W, where W² = 1 - e² sin² φ.
    pub(crate) fn at(lat: f64) -> Scale {
        let (sin, cos) = lat.to_radians().sin_cos();
        let w2 = 1.0 - E2 * sin * sin;
        let w = w2.sqrt();
        Scale { lon_m: (A * cos / w).to_radians(), lat_m: (A * (1.0 - E2) / (w2 * w)).to_radians() }
    }

    fn offset(self, from: LonLat, to: LonLat) -> Offset {
        Offset { east_m: wrap180(to.lon - from.lon) * self.lon_m, north_m: (to.lat - from.lat) * self.lat_m }
    }
}

/// Metres from a place to the boundary of a shape: to the rings of an area, along a line, to the circle of `radius_m`
/// around a point. `None` where the shape has no place at all.
///
/// Straight sides stay straight because one scale, that of the place, is used for all; so the result is exact near
/// the place, which is where it is asked for, and a fair guess far away.
pub(crate) fn boundary_distance_m(from: LonLat, shape: &Geometry<f64>, radius_m: f64) -> Option<f64> {
    let scale = Scale::at(from.lat);
    let plane = |c: Coord<f64>| scale.offset(from, LonLat { lon: c.x, lat: c.y });
    let point = |c: Coord<f64>| Some((plane(c).distance_m() - radius_m).abs());
    let line = |l: &LineString<f64>| {
        let alone = l.0.first().map(|c| plane(*c).distance_m());
        least(l.lines().map(|s| to_segment(plane(s.start), plane(s.end))).chain(alone))
    };
    let area = |p: &Polygon<f64>| least(std::iter::once(p.exterior()).chain(p.interiors()).filter_map(line));
    match shape {
        Geometry::Point(p) => point(p.0),
        Geometry::MultiPoint(all) => least(all.iter().filter_map(|p| point(p.0))),
        Geometry::Line(l) => Some(to_segment(plane(l.start), plane(l.end))),
        Geometry::LineString(l) => line(l),
        Geometry::MultiLineString(all) => least(all.iter().filter_map(line)),
        Geometry::Polygon(p) => area(p),
        Geometry::MultiPolygon(all) => least(all.iter().filter_map(area)),
        Geometry::Rect(r) => area(&r.to_polygon()),
        Geometry::Triangle(t) => area(&t.to_polygon()),
        Geometry::GeometryCollection(all) => least(all.iter().filter_map(|g| boundary_distance_m(from, g, radius_m))),
    }
}

fn least(distances: impl Iterator<Item = f64>) -> Option<f64> {
    distances.min_by(f64::total_cmp)
}

/// From the origin to a straight stretch.
fn to_segment(a: Offset, b: Offset) -> f64 {
    let (dx, dy) = (b.east_m - a.east_m, b.north_m - a.north_m);
    let length2 = dx * dx + dy * dy;
    let along = if length2 > 0.0 { (-(a.east_m * dx + a.north_m * dy) / length2).clamp(0.0, 1.0) } else { 0.0 };
    (a.east_m + along * dx).hypot(a.north_m + along * dy)
}

#[cfg(test)]
mod tests {
    use geo::{MultiPolygon, line_string, point, polygon};

    use super::*;

    const HERE: LonLat = LonLat { lon: 112.0, lat: 30.0 };

    /// Reference: geodesics of PROJ (pyproj `Geod`, WGS 84).
    #[test]
    fn offsets_agree_with_geodesics() {
        for (lat, lon, metres, azimuth) in
            [(30.0005, 112.0005, 73.4810, 41.036_21), (30.001, 111.999, 146.9618, 318.963_99)]
        {
            let way = offset(HERE, LonLat { lon, lat });
            assert!((way.distance_m() - metres).abs() < 1e-3, "{} {metres}", way.distance_m());
            let bearing = way.bearing_deg().unwrap();
            assert!((bearing - azimuth).abs() < 1e-3, "{bearing} {azimuth}");
        }
    }

    #[test]
    fn directions_are_true_and_whole() {
        let step = |lon: f64, lat: f64| offset(HERE, LonLat { lon: HERE.lon + lon, lat: HERE.lat + lat }).bearing_deg();
        for (lon, lat, bearing) in [(0.0, 1e-4, 0.0), (1e-4, 0.0, 90.0), (0.0, -1e-4, 180.0), (-1e-4, 0.0, 270.0)] {
            assert!((step(lon, lat).unwrap() - bearing).abs() < 1e-6);
        }
        assert_eq!(step(0.0, 0.0), None);
        let bearing = step(-1e-20, 1e-4).unwrap();
        assert!((0.0..360.0).contains(&bearing), "{bearing}");
    }

    #[test]
    fn the_date_line_is_no_edge_of_the_world() {
        let way = offset(LonLat { lon: 179.999, lat: 0.0 }, LonLat { lon: -179.999, lat: 0.0 });
        assert!((way.east_m - 222.64).abs() < 0.01, "{way:?}");
        for (angle, wrapped) in [(190.0, -170.0), (-190.0, 170.0), (180.0, -180.0), (720.5, 0.5), (-0.25, -0.25)] {
            assert_eq!(wrap180(angle), wrapped);
        }
    }

    #[test]
    fn boundaries_of_every_shape() {
        let metre = 1.0 / Scale::at(HERE.lat).lat_m;
        let square = polygon![
            (x: 112.0 - 0.01, y: 30.0 - 0.01), (x: 112.0 + 0.01, y: 30.0 - 0.01),
            (x: 112.0 + 0.01, y: 30.0 + 0.01), (x: 112.0 - 0.01, y: 30.0 + 0.01),
        ];
        let from = LonLat { lon: 112.0, lat: 30.01 - 50.0 * metre };
        let close = |shape: Geometry<f64>, radius: f64, metres: f64| {
            let d = boundary_distance_m(from, &shape, radius).unwrap();
            assert!((d - metres).abs() < 0.01, "{d} {metres}");
        };
        close(square.clone().into(), 0.0, 50.0);
        close(MultiPolygon::new(vec![square.clone()]).into(), 0.0, 50.0);
        close(line_string![(x: 111.0, y: 30.01), (x: 113.0, y: 30.01)].into(), 0.0, 50.0);
        close(line_string![(x: 112.0, y: 30.01), (x: 112.0, y: 30.01)].into(), 0.0, 50.0);
        close(line_string![(x: 112.0, y: 30.01)].into(), 0.0, 50.0);
        close(point!(x: 112.0, y: 30.01).into(), 0.0, 50.0);
        close(point!(x: 112.0, y: 30.01).into(), 30.0, 20.0);
        close(point!(x: 112.0, y: 30.01).into(), 80.0, 30.0);
        let both = geo::GeometryCollection::from(vec![Geometry::from(square), point!(x: 112.0, y: 30.01).into()]);
        close(Geometry::GeometryCollection(both), 45.0, 5.0);
        assert_eq!(boundary_distance_m(from, &LineString::<f64>::new(Vec::new()).into(), 0.0), None);
    }
}
