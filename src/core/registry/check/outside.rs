//! Cameras outside the town: a slip in a coordinate that is still a place on earth.

use geo::{Coord, CoordsIter, Distance, Euclidean, Haversine, LinesIter, MapCoords, MultiPolygon, Point};

use super::Checking;
use crate::registry::fault::FaultKind;
use crate::registry::tables::ObjectKind;
use crate::registry::{AreaKind, LonLat};

/// Farther from the centre than this, a camera is taken to be outside a town without boundary; metres.
const FAR: f64 = 30_000.0;
/// A camera that watches the boundary may stand so far outside it; metres.
const BOUNDARY_SLACK: f64 = 200.0;
/// A degree of latitude, metres (mean radius of the GRS 80 ellipsoid).
const DEGREE: f64 = 111_195.08;
/// Bands of latitude by which the sides of a boundary are found.
const MAX_BANDS: usize = 1_024;
/// Corners that are gone through for distances, about two seconds of work. Each camera that asks for one is outside,
/// so where this ends thousands have been told.
const MAX_LOOKS: usize = 100_000_000;

impl Checking<'_> {
    /// Warns of each camera that stands outside every boundary of a town, or far from its centre.
    pub(super) fn outside_town(&mut self) {
        let towns = self.registry.areas.values().filter(|a| a.kind == AreaKind::Town);
        let boundaries: Vec<Bands<'_>> = towns.filter_map(|a| a.boundary.as_ref()).map(Bands::of).collect();
        let Some(centre) = self.registry.centre() else { return };
        let corners: usize = boundaries.iter().map(|b| b.whole.coords_count()).sum();
        let mut looks = 0;
        for camera in self.registry.cameras.values() {
            let Some(at) = camera.at else { continue };
            let metres = if boundaries.is_empty() {
                Some(Haversine.distance(point(at), point(centre))).filter(|m| *m > FAR)
            } else if boundaries.iter().any(|b| b.hold(at)) {
                None
            } else {
                looks += corners;
                if looks > MAX_LOOKS {
                    break;
                }
                let outside = boundaries.iter().map(|b| metres_outside(at, b.whole)).fold(f64::INFINITY, f64::min);
                Some(outside).filter(|m| *m > BOUNDARY_SLACK + camera.position_m)
            };
            if let Some(metres) = metres {
                let kind = FaultKind::OutsideTown { metres, boundary: !boundaries.is_empty() };
                self.fault(ObjectKind::Camera, camera.id.as_str(), "lon", camera.id.as_str(), kind);
            }
        }
    }
}

/// A boundary with its sides by bands of latitude: whether it holds a point is asked of each camera.
struct Bands<'r> {
    whole: &'r MultiPolygon<f64>,
    south: f64,
    height: f64,
    bands: Vec<Vec<(Coord<f64>, Coord<f64>)>>,
}

impl<'r> Bands<'r> {
    fn of(whole: &'r MultiPolygon<f64>) -> Bands<'r> {
        let lats = || whole.coords_iter().map(|c| c.y);
        let (south, north) = (lats().fold(f64::INFINITY, f64::min), lats().fold(f64::NEG_INFINITY, f64::max));
        let n = whole.coords_count().clamp(1, MAX_BANDS);
        let mut bands = Bands { whole, south, height: (north - south) / n as f64, bands: vec![Vec::new(); n] };
        for side in whole.lines_iter() {
            let (low, high) = (side.start.y.min(side.end.y), side.start.y.max(side.end.y));
            let (from, to) = (bands.band(low), bands.band(high));
            bands.bands[from..=to].iter_mut().for_each(|band| band.push((side.start, side.end)));
        }
        bands
    }

    /// The band of a latitude; the nearest one where it is in none.
    fn band(&self, lat: f64) -> usize {
        // What is negative, infinite or no number at all becomes 0 or the largest.
        (((lat - self.south) / self.height).floor() as usize).min(self.bands.len() - 1)
    }

    /// Whether a point is inside: a ray to the east crosses the sides an odd number of times.
    fn hold(&self, at: LonLat) -> bool {
        let crosses = |(a, b): &&(Coord<f64>, Coord<f64>)| {
            (a.y > at.lat) != (b.y > at.lat) && at.lon < (b.x - a.x) * (at.lat - a.y) / (b.y - a.y) + a.x
        };
        self.bands[self.band(at.lat)].iter().filter(crosses).count() % 2 == 1
    }
}

fn point(at: LonLat) -> Point<f64> {
    Point::new(at.lon, at.lat)
}

/// How far from a boundary a point is, in metres on the plane that touches the earth there.
fn metres_outside(at: LonLat, boundary: &MultiPolygon<f64>) -> f64 {
    let shrink = at.lat.to_radians().cos();
    let flat = |c: Coord<f64>| Coord { x: (c.x - at.lon) * DEGREE * shrink, y: (c.y - at.lat) * DEGREE };
    Euclidean.distance(&Point::new(0.0, 0.0), &boundary.map_coords(flat))
}

#[cfg(test)]
mod tests {
    use geo::{Contains, LineString, Polygon};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bands_hold_what_the_boundary_contains(
            corners in prop::collection::vec((0.0..10.0_f64, 0.0..10.0_f64), 3..12),
            (lon, lat) in (-1.0..11.0_f64, -1.0..11.0_f64),
        ) {
            // Around a middle in the order of their directions, so that no side crosses another.
            let mut corners: Vec<Coord<f64>> = corners.into_iter().map(|(x, y)| Coord { x, y }).collect();
            corners.sort_by(|a, b| (a.y - 5.0).atan2(a.x - 5.0).total_cmp(&(b.y - 5.0).atan2(b.x - 5.0)));
            let whole = MultiPolygon(vec![Polygon::new(LineString(corners), Vec::new())]);
            let bands = Bands::of(&whole);
            prop_assert_eq!(bands.hold(LonLat { lon, lat }), whole.contains(&Point::new(lon, lat)));
        }
    }

    #[test]
    fn a_hole_and_a_flat_boundary_hold_nothing() {
        let ring = |r: f64| LineString::from(vec![(-r, -r), (r, -r), (r, r), (-r, r), (-r, -r)]);
        let whole = MultiPolygon(vec![Polygon::new(ring(3.0), vec![ring(1.0)])]);
        let bands = Bands::of(&whole);
        assert!(bands.hold(LonLat { lon: 2.0, lat: 0.5 }) && !bands.hold(LonLat { lon: 0.5, lat: 0.5 }));
        let flat = MultiPolygon(vec![Polygon::new(LineString::from(vec![(0.0, 1.0), (2.0, 1.0), (4.0, 1.0)]), vec![])]);
        assert!(!Bands::of(&flat).hold(LonLat { lon: 1.0, lat: 1.0 }));
    }
}
