//! In which datum positions were written: the one in which they lie at the roads (coverage.md §2.5).
//!
//! Only of a batch, never of one position: where roads are dense, some road is near whatever the position is moved to.
//! Says what would fit, and moves nothing.

use std::collections::BTreeSet;

use geo::Coord;

use super::Roads;
use super::place::nearest;
use crate::registry::{Datum, LonLat};

/// Places that a batch needs to be judged.
pub const DATUM_BATCH: usize = 20;
/// As many of a larger batch are looked at, spread evenly.
const ENOUGH: usize = 2_000;
/// What fits must lie nearer to the roads than this share of what fits next.
const CLEARLY: f64 = 0.5;
/// What may have been written; CGCS 2000 is WGS 84 to within centimetres.
const DATUMS: [Datum; 3] = [Datum::Wgs84, Datum::Gcj02, Datum::Bd09];

/// Places are one where they are less than about this far apart, degrees: a hundred metres. What stands together says
/// one thing together.
const CELL: f64 = 0.001;

/// The positions that mean something in every datum (one that is typed wrongly must not silence the others), one of each
/// cell.
fn places(written: &[LonLat]) -> Vec<LonLat> {
    let mut cells = BTreeSet::new();
    let cell = |at: &LonLat| [at.lon, at.lat].map(|degrees| (degrees / CELL).floor() as i64);
    let means = |at: &&LonLat| DATUMS.iter().all(|datum| datum.to_wgs84(**at).is_some());
    written.iter().filter(means).filter(|at| cells.insert(cell(at))).copied().collect()
}

/// A batch that was written in another datum than it says.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Misread {
    /// The datum that fits.
    pub fits: Datum,
    /// From the positions, read as they say, to the nearest road: the median, metres.
    pub read_m: f64,
    /// The same, read in the datum that fits, metres.
    pub fits_m: f64,
}

impl Roads {
    /// Whether positions that are said to be of one datum clearly lie at the roads in another one. `None` where they fit,
    /// where nothing fits clearly, where they are fewer than [`DATUM_BATCH`] places, or where there is no road.
    #[must_use]
    pub fn misread(&self, written: &[LonLat], said: Datum) -> Option<Misread> {
        let places = places(written);
        if places.len() < DATUM_BATCH {
            return None;
        }
        let step = places.len().div_ceil(ENOUGH);
        let sample: Vec<LonLat> = places.into_iter().step_by(step).collect();
        let mut medians: Vec<(f64, Datum)> =
            DATUMS.iter().filter_map(|datum| Some((self.median_m(&sample, *datum)?, *datum))).collect();
        medians.sort_by(|a, b| a.0.total_cmp(&b.0));
        let &[(fits_m, fits), (next_m, _), ..] = medians.as_slice() else { return None };
        let said = if said == Datum::Cgcs2000 { Datum::Wgs84 } else { said };
        let (read_m, _) = medians.iter().find(|(_, datum)| *datum == said)?;
        (fits != said && fits_m < next_m * CLEARLY).then_some(Misread { fits, read_m: *read_m, fits_m })
    }

    /// The median distance to the nearest road of positions read in a datum, metres.
    fn median_m(&self, written: &[LonLat], datum: Datum) -> Option<f64> {
        let distance = |at: &LonLat| self.distance_m(datum.to_wgs84(*at)?);
        let mut all = written.iter().map(distance).collect::<Option<Vec<f64>>>()?;
        let middle = all.len() / 2;
        Some(*all.select_nth_unstable_by(middle, f64::total_cmp).1)
    }

    /// How far the nearest road is, metres, however far; `None` where there is none.
    #[must_use]
    pub fn distance_m(&self, at: LonLat) -> Option<f64> {
        let place = Coord { x: at.lon, y: at.lat };
        let (chain, i) = self.index.nearest(self.plane.of(place))?;
        let (chain, i) = (self.chains.get(chain as usize)?, i as usize);
        Some(nearest(place, *chain.line.get(i)?, *chain.line.get(i + 1)?).1)
    }
}

#[cfg(test)]
mod tests {
    use geo::LineString;
    use proptest::prelude::*;

    use super::super::super::repair::tests::Dice;
    use super::super::{Mode, RoadLine};
    use super::*;
    use crate::coverage::tests::place;

    const SAID: [Datum; 4] = [Datum::Wgs84, Datum::Gcj02, Datum::Bd09, Datum::Cgcs2000];

    /// Some 6 km of villages: roads that wind anyhow, and things that stand within 15 m of them.
    fn town(dice: &mut Dice, things: usize) -> (Roads, Vec<LonLat>) {
        let mut at = |n: usize| dice.below(n) as f64;
        let mut lines = Vec::new();
        for n in 0..60 {
            let (mut east, mut north) = (at(6_000) - 3_000.0, at(6_000) - 3_000.0);
            let points = (0..6).map(|_| {
                (east, north) = (east + at(400) - 200.0, north + at(400) - 200.0);
                (east, north)
            });
            let line: Vec<(f64, f64)> = points.collect();
            lines.push((n, line));
        }
        let stands = (0..things).map(|_| {
            let line = &lines[at(lines.len()) as usize].1;
            let i = at(line.len() - 1) as usize;
            let share = at(100) / 100.0;
            let on = |a: f64, b: f64| a + (b - a) * share;
            place(on(line[i].0, line[i + 1].0) + at(20) - 10.0, on(line[i].1, line[i + 1].1) + at(20) - 10.0)
        });
        let stands = stands.collect();
        let line = |points: &[(f64, f64)]| -> LineString<f64> {
            points.iter().map(|(e, n)| Coord { x: place(*e, *n).lon, y: place(*e, *n).lat }).collect()
        };
        let roads = lines.iter().map(|(n, points)| RoadLine {
            id: n.to_string().into(),
            highway: "residential".into(),
            name: "".into(),
            level: 0,
            parts: vec![line(points)],
        });
        (Roads::build(roads.collect(), &[Mode::Motor]), stands)
    }

    fn written(at: &[LonLat], datum: Datum) -> Vec<LonLat> {
        at.iter().map(|at| datum.of_wgs84(*at).unwrap()).collect()
    }

    #[test]
    fn few_positions_and_a_town_without_roads_say_nothing() {
        let (roads, stands) = town(&mut Dice(7), 100);
        let shown = written(&stands, Datum::Gcj02);
        let few = places(&shown)[..DATUM_BATCH].to_vec();
        assert_eq!(roads.misread(&few, Datum::Wgs84).map(|m| m.fits), Some(Datum::Gcj02));
        assert_eq!(roads.misread(&few[1..], Datum::Wgs84), None, "one fewer");
        let one_box = vec![few[0]; 50];
        assert_eq!(roads.misread(&[&few[1..], &one_box].concat(), Datum::Wgs84).map(|m| m.fits), Some(Datum::Gcj02));
        assert_eq!(roads.misread(&one_box, Datum::Wgs84), None, "one place, however many stand there");
        let typo = LonLat { lon: 11.43, lat: 30.8 };
        let with_typo = [vec![typo], few.clone(), vec![typo]].concat();
        assert_eq!(roads.misread(&with_typo, Datum::Wgs84).map(|m| m.fits), Some(Datum::Gcj02));
        assert_eq!(Roads::default().misread(&shown, Datum::Wgs84), None);
        assert_eq!(Roads::default().distance_m(stands[0]), None);
        let (all, _) = roads.snap(stands[0], None, 50.0).map(|s| (s.distance_m, s.chain)).unwrap();
        assert!((roads.distance_m(stands[0]).unwrap() - all).abs() < 1e-6, "the road that it snaps to");
        let (lon, lat) = (2.35, 48.86);
        assert_eq!(roads.misread(&[LonLat { lon, lat }; 30], Datum::Gcj02), None, "where GCJ-02 means nothing");
    }

    #[test]
    fn what_stands_anywhere_fits_nothing() {
        let mut dice = Dice(11);
        let (roads, _) = town(&mut dice, 0);
        let anywhere: Vec<LonLat> =
            (0..200).map(|_| place(dice.below(6_000) as f64 - 3_000.0, dice.below(6_000) as f64 - 3_000.0)).collect();
        for said in SAID {
            assert_eq!(roads.misread(&anywhere, said), None, "{said:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Whatever is said, what was written is found; where it is what is said, nothing is.
        #[test]
        fn a_batch_is_of_the_datum_in_which_it_lies_at_the_roads(seed: u64, things in 60_usize..200) {
            let (roads, stands) = town(&mut Dice(seed), things);
            for is in SAID {
                for said in SAID {
                    let found = roads.misread(&written(&stands, is), said);
                    let same = |datum| if datum == Datum::Cgcs2000 { Datum::Wgs84 } else { datum };
                    prop_assert_eq!(found.map(|m| m.fits), (same(is) != same(said)).then_some(same(is)));
                    if let Some(m) = found {
                        prop_assert!(m.fits_m < 15.0 && m.read_m > 2.0 * m.fits_m, "{:?}", m);
                    }
                }
            }
        }
    }
}
