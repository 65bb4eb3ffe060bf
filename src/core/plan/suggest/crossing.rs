//! Where a road crosses a boundary, and what of that is no entrance: it weaves, it only grazes, it runs along it.

use geo::Coord;

use crate::plan::cordon::shapes::Shapes;
use crate::plan::roads::Chain;

/// Crossings of one chain that are nearer to each other than this, metres, are one (coverage.md §4.1).
pub(super) const WEAVE_M: f64 = 40.0;
/// A boundary is drawn as well as this, metres: a road that keeps so near to it runs along it.
const BAND_M: f64 = 15.0;
/// In such steps the road between two crossings is held against the boundary, metres.
const STEP_M: f64 = 10.0;
/// Places of a chain so near to each other are one, metres.
const SAME_M: f64 = 1e-3;
/// A stretch that ends on another meets it, whatever rounding says.
const ROUNDING: f64 = 1e-9;

/// Where a chain comes into an area or leaves it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Crossing {
    /// The chain, by number.
    pub(super) chain: u32,
    /// Metres from its beginning.
    pub(super) at_m: f64,
    /// The area, by its number among the shapes.
    pub(super) area: u32,
    /// Whether the area lies behind it as seen from the beginning of the chain.
    pub(super) inward: bool,
}

/// A chain whose end lies on a boundary.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct End {
    /// The chain, by number.
    pub(super) chain: u32,
    /// Whether it is the end of the chain, and not its beginning.
    pub(super) last: bool,
    /// The area, by its number among the shapes.
    pub(super) area: u32,
    /// Whether the chain leads into it from there.
    pub(super) inside: bool,
}

/// Where a chain meets boundaries.
#[derive(Clone, Default, Debug)]
pub(super) struct Met {
    /// Its crossings, cleaned.
    pub(super) crossings: Vec<Crossing>,
    /// Its ends that lie on a boundary.
    pub(super) ends: Vec<End>,
}

/// Where a chain meets each boundary.
pub(super) fn met(number: u32, chain: &Chain, shapes: &Shapes) -> Met {
    let mut touched: Vec<(u32, f64)> = Vec::new();
    for (ends, at_m) in chain.line.windows(2).zip(chain.at_m.windows(2)) {
        let found = shapes.crossed(ends[0], ends[1]).into_iter();
        touched.extend(found.map(|(area, share)| (area, at_m[0] + share * (at_m[1] - at_m[0]))));
    }
    touched.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut met = Met::default();
    for here in touched.chunk_by(|a, b| a.0 == b.0) {
        of_area((number, chain), here, shapes, &mut met);
    }
    met
}

/// That of one area. `touched`: where the chain meets its boundary, in order.
fn of_area((number, chain): (u32, &Chain), touched: &[(u32, f64)], shapes: &Shapes, met: &mut Met) {
    let Some(area) = touched.first().map(|(area, _)| *area) else { return };
    let length = chain.length_m();
    let holds = |at_m: f64| shapes.all.get(area as usize).is_some_and(|shape| shape.holds(chain.place(at_m)));
    let mut stops: Vec<f64> = touched.iter().map(|(_, at_m)| *at_m).collect();
    stops.dedup_by(|b, a| *b - *a < SAME_M);
    let (first, last) = (stops.first() < Some(&SAME_M), stops.last() > Some(&(length - SAME_M)));
    stops.retain(|at_m| *at_m >= SAME_M && *at_m <= length - SAME_M);
    // On which side one is between two stops is asked in the middle: a road that only touches the boundary changes none.
    let ends: Vec<f64> = std::iter::once(0.0).chain(stops.iter().copied()).chain([length]).collect();
    let sides: Vec<bool> = ends.windows(2).map(|pair| holds((pair[0] + pair[1]) / 2.0)).collect();
    let mut end = |last: bool, inside: Option<&bool>| {
        met.ends.extend(inside.map(|inside| End { chain: number, last, area, inside: *inside }));
    };
    end(false, sides.first().filter(|_| first));
    end(true, sides.last().filter(|_| last));
    let turns = stops.iter().zip(sides.windows(2)).filter(|(_, sides)| sides[0] != sides[1]);
    let turns: Vec<(f64, bool)> = turns.map(|(at_m, sides)| (*at_m, sides[1])).collect();
    let one = |a: &(f64, bool), b: &(f64, bool)| b.0 - a.0 < WEAVE_M || runs_along(chain, (a.0, b.0), area, shapes);
    for group in turns.chunk_by(one).filter(|group| group.len() % 2 == 1) {
        let inward = group[0].1;
        // Where it finally enters: the innermost of them.
        let at_m = if inward { group[group.len() - 1].0 } else { group[0].0 };
        met.crossings.push(Crossing { chain: number, at_m, area, inward });
    }
}

/// Whether a stretch of a chain keeps near to the boundary of an area.
fn runs_along(chain: &Chain, (from, to): (f64, f64), area: u32, shapes: &Shapes) -> bool {
    let steps = ((to - from) / STEP_M).ceil().max(1.0) as u32;
    let at = |i: u32| chain.place(from + (to - from) * f64::from(i) / f64::from(steps));
    (0..=steps).all(|i| shapes.border_m(at(i), BAND_M, Some(area)).is_finite())
}

/// Where two stretches cross: the share of the first; `None` where they do not, or run in one line.
pub(in crate::plan) fn meet(a: (Coord<f64>, Coord<f64>), b: (Coord<f64>, Coord<f64>)) -> Option<f64> {
    let (along, side, between) = (a.1 - a.0, b.1 - b.0, b.0 - a.0);
    let cross = |u: Coord<f64>, v: Coord<f64>| u.x * v.y - u.y * v.x;
    let area = cross(along, side);
    if area == 0.0 {
        return None;
    }
    let (s, t) = (cross(between, side) / area, cross(between, along) / area);
    let range = -ROUNDING..=1.0 + ROUNDING;
    (range.contains(&s) && range.contains(&t)).then_some(s.clamp(0.0, 1.0))
}
