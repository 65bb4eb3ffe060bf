//! Places in a uniform grid, so that a camera is compared with its neighbourhood and not with the town.

use std::collections::BTreeMap;

use super::ground::{Scale, is_place};
use crate::registry::LonLat;

/// Side of a cell, degrees: some 200 m, the order of what a camera sees.
const CELL_DEG: f64 = 0.002;
/// A box is drawn so much larger than the radius asks, because the scale of its middle is not that of its edges.
const MARGIN: f64 = 1.01;

/// Things by the cell of their place.
#[derive(Clone, Debug, Default)]
pub(super) struct Grid {
    cells: BTreeMap<(i32, i32), Vec<u32>>,
}

impl Grid {
    /// Adds a thing; one whose place is no place on earth is left out.
    pub(super) fn add(&mut self, at: LonLat, thing: u32) {
        if is_place(at) {
            self.cells.entry((cell(at.lat), cell(at.lon))).or_default().push(thing);
        }
    }

    /// What may lie within a radius of a place, ascending: everything that does, and some that does not.
    pub(super) fn near(&self, at: LonLat, radius_m: f64) -> Vec<u32> {
        if !(is_place(at) && radius_m >= 0.0) {
            return Vec::new();
        }
        let scale = Scale::at(at.lat);
        let lat = radius_m / scale.lat_m * MARGIN;
        let lon = (radius_m / scale.lon_m.max(1e-9) * MARGIN).min(180.0);
        self.within((at.lon - lon, at.lon + lon), (at.lat - lat, at.lat + lat))
    }

    /// What lies in the cells of a box of degrees, ascending. Longitudes may run over the date line.
    pub(super) fn within(&self, lon: (f64, f64), lat: (f64, f64)) -> Vec<u32> {
        let columns = [(lon.0, lon.1), (lon.0 + 360.0, 180.0), (-180.0, lon.1 - 360.0)];
        let mut found = Vec::new();
        // An empty row costs one look-up; no box is higher than the earth.
        for row in cell(lat.0.max(-90.0))..=cell(lat.1.min(90.0)) {
            for (west, east) in columns.into_iter().filter(|(west, east)| west <= east) {
                let cells = self.cells.range((row, cell(west))..=(row, cell(east)));
                found.extend(cells.flat_map(|(_, things)| things.iter().copied()));
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn cell(degrees: f64) -> i32 {
    (degrees / CELL_DEG).floor() as i32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::ground::offset;
    use super::*;

    proptest! {
        #[test]
        fn nothing_within_the_radius_is_missed(
            (lon, lat) in prop_oneof![
                (113.9..114.1, 30.5..30.7), (179.98..180.0, -0.02..0.02), (-180.0..-179.98, 59.98..60.02)
            ],
            others in prop::collection::vec((-0.02..0.02, -0.02..0.02), 0..40),
            radius in 0.0..2_500.0_f64,
        ) {
            let here = LonLat { lon, lat };
            let places: Vec<LonLat> = others
                .into_iter()
                .map(|(x, y)| LonLat { lon: super::super::ground::wrap180(lon + x), lat: lat + y })
                .collect();
            let mut grid = Grid::default();
            places.iter().zip(0..).for_each(|(at, i)| grid.add(*at, i));
            let found = grid.near(here, radius);
            prop_assert!(found.is_sorted());
            for (at, i) in places.iter().zip(0_u32..) {
                if offset(here, *at).distance_m() <= radius {
                    prop_assert!(found.contains(&i), "{at:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_nowhere_is_not_found() {
        let mut grid = Grid::default();
        for (lon, lat) in [(f64::NAN, 30.0), (114.0, 91.0), (f64::INFINITY, f64::NEG_INFINITY)] {
            grid.add(LonLat { lon, lat }, 1);
            assert!(grid.near(LonLat { lon, lat }, 100.0).is_empty());
        }
        grid.add(LonLat { lon: 114.0, lat: 30.0 }, 7);
        assert!(grid.near(LonLat { lon: 114.0, lat: 30.0 }, f64::NAN).is_empty());
        assert_eq!(grid.near(LonLat { lon: 114.0, lat: 30.0 }, 0.0), [7]);
        assert_eq!(grid.near(LonLat { lon: 0.0, lat: 90.0 }, 1.0), Vec::<u32>::new());
        assert_eq!(grid.within((-400.0, 400.0), (-100.0, 100.0)), [7]);
    }
}
