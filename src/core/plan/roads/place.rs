//! A plane for searching: metres around the middle of the map. What is found there is measured again on the ground.

use geo::Coord;

use crate::coverage::{Scale, offset};
use crate::registry::LonLat;

/// Metres a degree at the middle of the map; lengths are off by a thousandth some 13 km away from it.
#[derive(Clone, Copy, Debug)]
pub(in crate::plan) struct Plane {
    lon_m: f64,
    lat_m: f64,
}

impl Default for Plane {
    fn default() -> Plane {
        Plane::at(0.0)
    }
}

impl Plane {
    fn at(lat: f64) -> Plane {
        let scale = Scale::at(lat);
        Plane { lon_m: scale.lon_m, lat_m: scale.lat_m }
    }

    /// The plane of some places.
    pub(in crate::plan) fn around(places: impl Iterator<Item = Coord<f64>>) -> Plane {
        let (low, high) = places.fold((90.0_f64, -90.0_f64), |(low, high), c| (low.min(c.y), high.max(c.y)));
        Plane::at(if low <= high { (low + high) / 2.0 } else { 0.0 })
    }

    /// A place in it, metres.
    pub(in crate::plan) fn of(&self, c: Coord<f64>) -> [f64; 2] {
        [c.x * self.lon_m, c.y * self.lat_m]
    }
}

/// A place of the registry's kind.
pub(in crate::plan) const fn lon_lat(c: Coord<f64>) -> LonLat {
    LonLat { lon: c.x, lat: c.y }
}

/// Metres between two places that are near each other.
pub(in crate::plan) fn metres(a: Coord<f64>, b: Coord<f64>) -> f64 {
    offset(lon_lat(a), lon_lat(b)).distance_m()
}

/// The point of a stretch that is nearest to a place: the share of the stretch before it, and how far it is, metres.
pub(in crate::plan) fn nearest(at: Coord<f64>, from: Coord<f64>, to: Coord<f64>) -> (f64, f64) {
    let scale = Scale::at(at.y);
    let plane = |c: Coord<f64>| Coord { x: (c.x - at.x) * scale.lon_m, y: (c.y - at.y) * scale.lat_m };
    let (a, b) = (plane(from), plane(to));
    let way = b - a;
    let length2 = way.x * way.x + way.y * way.y;
    let share = if length2 > 0.0 { (-(a.x * way.x + a.y * way.y) / length2).clamp(0.0, 1.0) } else { 0.0 };
    let foot = a + way * share;
    (share, foot.x.hypot(foot.y))
}
