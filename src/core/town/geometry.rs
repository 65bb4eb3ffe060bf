//! Plane geometry in metres round the middle of the town, and the way from there to degrees.
//!
//! Points are kept on a grid of one centimetre from the moment they are made, and what leaves this room is rounded:
//! so the last bits of a platform's sine never decide anything.

use geo::{Coord, LineString, Polygon};

use crate::registry::LonLat;

/// The middle of the town: 30.98° N, 114.53° E, in Huangpi.
pub(super) const CENTRE: LonLat = LonLat { lon: 114.53, lat: 30.98 };
/// Metres a degree of longitude and of latitude there (WGS 84, radii of curvature in the prime vertical and in the
/// meridian). Over the town the plane is right to about a thousandth.
const METRES: (f64, f64) = (95_524.188_9, 110_869.120_6);

/// A point: metres east and north of [`CENTRE`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct P {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// Rounds to so many digits.
pub(super) fn round(x: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    // Adding zero turns -0 into 0, which nobody wants to read.
    (x * scale).round() / scale + 0.0
}

impl P {
    /// On the grid.
    pub(super) fn new(x: f64, y: f64) -> P {
        P { x: round(x, 2), y: round(y, 2) }
    }

    /// So many metres from here in a direction (degrees clockwise from north), on the grid.
    pub(super) fn walk(self, degrees: f64, metres: f64) -> P {
        let (sin, cos) = degrees.to_radians().sin_cos();
        P::new(self.x + metres * sin, self.y + metres * cos)
    }

    /// The point at a share of the way to another, on the grid.
    pub(super) fn towards(self, to: P, share: f64) -> P {
        P::new(self.x + (to.x - self.x) * share, self.y + (to.y - self.y) * share)
    }

    /// The square of the distance, square metres.
    pub(super) fn d2(self, to: P) -> f64 {
        (to.x - self.x) * (to.x - self.x) + (to.y - self.y) * (to.y - self.y)
    }

    /// The distance, metres.
    pub(super) fn distance(self, to: P) -> f64 {
        self.d2(to).sqrt()
    }

    /// The direction of another point, degrees clockwise from north, 0 to 360, to a hundredth.
    pub(super) fn bearing(self, to: P) -> f64 {
        round((to.x - self.x).atan2(to.y - self.y).to_degrees().rem_euclid(360.0), 2) % 360.0
    }

    /// In degrees, to seven digits (a centimetre).
    pub(super) fn lon_lat(self) -> LonLat {
        LonLat { lon: round(CENTRE.lon + self.x / METRES.0, 7), lat: round(CENTRE.lat + self.y / METRES.1, 7) }
    }

    fn coord(self) -> Coord<f64> {
        let LonLat { lon, lat } = self.lon_lat();
        Coord { x: lon, y: lat }
    }

    /// As a shape, in degrees.
    pub(super) fn point(self) -> geo::Point<f64> {
        geo::Point(self.coord())
    }
}

/// A place in degrees back on the plane.
pub(super) fn plane(at: LonLat) -> P {
    P::new((at.lon - CENTRE.lon) * METRES.0, (at.lat - CENTRE.lat) * METRES.1)
}

/// Degrees between two directions, 0 to 180.
pub(super) fn between(a: f64, b: f64) -> f64 {
    let d = (a - b).rem_euclid(360.0);
    d.min(360.0 - d)
}

/// A line in degrees.
pub(super) fn line_string(line: &[P]) -> LineString<f64> {
    line.iter().map(|p| p.coord()).collect()
}

/// A ring (not closed) as a polygon in degrees.
pub(super) fn polygon(ring: &[P]) -> Polygon<f64> {
    Polygon::new(line_string(ring), Vec::new())
}

/// Each side of a ring.
fn sides(ring: &[P]) -> impl Iterator<Item = (P, P)> + '_ {
    ring.iter().copied().zip(ring.iter().copied().cycle().skip(1))
}

/// The area of a ring, square metres; positive counter-clockwise.
pub(super) fn area(ring: &[P]) -> f64 {
    sides(ring).map(|(a, b)| a.x * b.y - b.x * a.y).sum::<f64>() / 2.0
}

/// Whether a point lies in a ring (even-odd rule).
pub(super) fn contains(ring: &[P], p: P) -> bool {
    sides(ring)
        .filter(|(a, b)| (a.y > p.y) != (b.y > p.y) && p.x < (b.x - a.x) * (p.y - a.y) / (b.y - a.y) + a.x)
        .count()
        % 2
        == 1
}

/// The part of a ring that is nearer to `own` than to any of `others`: its cell (Voronoi), cut by one bisector after
/// the other (Sutherland, Hodgman 1974).
pub(super) fn cell(ring: &[P], own: P, others: &[P]) -> Vec<P> {
    let mut ring = ring.to_vec();
    for other in others.iter().filter(|o| **o != own) {
        let nearer = |p: P| other.d2(p) - own.d2(p);
        let mut cut = Vec::with_capacity(ring.len() + 2);
        for (a, b) in sides(&ring) {
            let (da, db) = (nearer(a), nearer(b));
            if da >= 0.0 {
                cut.push(a);
            }
            if (da >= 0.0) != (db >= 0.0) {
                cut.push(a.towards(b, da / (da - db)));
            }
        }
        cut.dedup();
        ring = cut;
    }
    ring
}

/// The index of the nearest of some points; the first of equals, 0 of none.
pub(super) fn nearest(of: &[P], to: P) -> usize {
    let mut best = (0, f64::INFINITY);
    for (i, p) in of.iter().enumerate() {
        if p.d2(to) < best.1 {
            best = (i, p.d2(to));
        }
    }
    best.0
}

/// Whether two stretches cross or touch; stretches with an end in common do not.
pub(super) fn cross(a: (P, P), b: (P, P)) -> bool {
    if [b.0, b.1].contains(&a.0) || [b.0, b.1].contains(&a.1) {
        return false;
    }
    let side = |p: P, q: P, r: P| (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x);
    side(a.0, a.1, b.0) * side(a.0, a.1, b.1) <= 0.0 && side(b.0, b.1, a.0) * side(b.0, b.1, a.1) <= 0.0
}

/// Points by square, to find the near ones fast.
#[derive(Debug)]
pub(super) struct Grid {
    cell_m: f64,
    cells: std::collections::BTreeMap<(i64, i64), Vec<(usize, P)>>,
}

impl Grid {
    /// An empty grid of squares so wide; looking farther than `cell_m` costs more squares, never a wrong answer.
    pub(super) fn new(cell_m: f64) -> Grid {
        Grid { cell_m, cells: std::collections::BTreeMap::new() }
    }

    fn key(&self, p: P) -> (i64, i64) {
        ((p.x / self.cell_m).floor() as i64, (p.y / self.cell_m).floor() as i64)
    }

    /// Adds a point under its number.
    pub(super) fn add(&mut self, number: usize, p: P) {
        self.cells.entry(self.key(p)).or_default().push((number, p));
    }

    /// Every point within a distance, with its number, in no particular but always the same order.
    pub(super) fn within(&self, p: P, metres: f64) -> impl Iterator<Item = (usize, P)> + '_ {
        let low = self.key(P { x: p.x - metres, y: p.y - metres });
        let high = self.key(P { x: p.x + metres, y: p.y + metres });
        (low.0..=high.0)
            .flat_map(move |i| self.cells.range((i, low.1)..=(i, high.1)))
            .flat_map(|(_, points)| points.iter().copied())
            .filter(move |(_, q)| q.d2(p) <= metres * metres)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plane_agrees_with_the_ellipsoid_near_the_middle() {
        // Geodesic from the centre, WGS 84: 95.524 m east and 110.869 m north are a thousandth of a degree each.
        let at = P::new(95.52, 110.87).lon_lat();
        assert!((at.lon - 114.531).abs() < 2e-7 && (at.lat - 30.981).abs() < 2e-7, "{at:?}");
        let back = plane(at);
        assert!(back.distance(P::new(95.52, 110.87)) < 0.02);
    }

    #[test]
    fn directions_turn_clockwise_from_north() {
        let o = P::new(0.0, 0.0);
        for (degrees, x, y) in [(0.0, 0.0, 10.0), (90.0, 10.0, 0.0), (180.0, 0.0, -10.0), (270.0, -10.0, 0.0)] {
            assert_eq!(o.walk(degrees, 10.0), P::new(x, y));
            assert_eq!(o.bearing(P::new(x, y)), degrees);
        }
        assert_eq!((between(350.0, 10.0), between(10.0, 350.0), between(0.0, 180.0)), (20.0, 20.0, 180.0));
    }

    #[test]
    fn cells_share_a_square_out() {
        let square = [P::new(0.0, 0.0), P::new(100.0, 0.0), P::new(100.0, 100.0), P::new(0.0, 100.0)];
        let seeds = [P::new(20.0, 20.0), P::new(80.0, 30.0), P::new(50.0, 90.0)];
        let cells: Vec<Vec<P>> = seeds.iter().map(|s| cell(&square, *s, &seeds)).collect();
        let sum: f64 = cells.iter().map(|c| area(c)).sum();
        assert!((sum - 10_000.0).abs() < 5.0, "{sum}");
        assert!(seeds.iter().zip(&cells).all(|(s, c)| contains(c, *s)));
    }

    #[test]
    fn crossing_and_touching() {
        let p = |x: f64, y: f64| P::new(x, y);
        assert!(cross((p(0.0, 0.0), p(2.0, 2.0)), (p(0.0, 2.0), p(2.0, 0.0))));
        assert!(cross((p(0.0, 0.0), p(2.0, 0.0)), (p(1.0, 0.0), p(1.0, 5.0))));
        assert!(!cross((p(0.0, 0.0), p(2.0, 0.0)), (p(2.0, 0.0), p(1.0, 5.0))));
        assert!(!cross((p(0.0, 0.0), p(2.0, 0.0)), (p(0.0, 1.0), p(2.0, 1.0))));
    }

    #[test]
    fn the_grid_finds_all_near_points() {
        let points: Vec<P> =
            (0..400).map(|i| P::new(f64::from(i * 37 % 200) - 100.0, f64::from(i * 53 % 190))).collect();
        let mut grid = Grid::new(30.0);
        points.iter().enumerate().for_each(|(i, p)| grid.add(i, *p));
        let mut found: Vec<usize> = grid.within(P::new(3.0, 80.0), 70.0).map(|(i, _)| i).collect();
        found.sort_unstable();
        let all: Vec<usize> = (0..400).filter(|i| points[*i].distance(P::new(3.0, 80.0)) <= 70.0).collect();
        assert_eq!(found, all);
    }
}
