//! Roads that leave an area, or come to one, and go on without a junction there: each part of such a stretch is a place.
//!
//! Walked metre by metre here, along the streets as they were made.

use super::model::{BORDERS, OUT};
use super::town::{Made, STEP, Street};

/// So near to a border a road merely weaves, metres.
const WEAVE_M: f64 = 40.0;
/// Beyond this from a hamlet, metres, is the country on a road that comes back to it: 150 m, and 50 m more.
const COUNTRY_M: f64 = 200.0;

/// A family of areas.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Family {
    Town,
    Blocks,
    Hamlets,
}

/// A place on the way: where it lies, what it is labelled, and how many entrances one has passed.
#[derive(Clone, Copy, Debug)]
struct Mark {
    street: usize,
    share: f64,
    label: Option<u8>,
    passed: usize,
}

/// How far inside a box a place is, metres; below 0 outside.
fn depth((east, north): (f64, f64), [west, south, to_east, to_north]: [f64; 4]) -> f64 {
    let [x, y] = [(east - west).min(to_east - east), (north - south).min(to_north - north)];
    if x >= 0.0 && y >= 0.0 { x.min(y) } else { -x.min(0.0).hypot(y.min(0.0)) }
}

/// What a place on the way is labelled; `None` near a border.
fn label(at: (f64, f64), family: Family) -> Option<u8> {
    let of = |boxes: &[[f64; 4]]| {
        let depths: Vec<f64> = boxes.iter().map(|b| depth(at, *b)).collect();
        let own = (0_u8..).zip(&depths).find(|(_, d)| **d >= WEAVE_M).map(|(i, _)| i);
        own.or(depths.iter().all(|d| *d < -WEAVE_M).then_some(OUT))
    };
    match family {
        Family::Town => of(&BORDERS[..1]),
        Family::Blocks => of(&BORDERS[1..]),
        Family::Hamlets => {
            let disc = (at.0 - STEP).hypot(at.1 - STEP) - 150.0;
            let shape = -depth(at, [1.75 * STEP, 0.75 * STEP, 2.25 * STEP, 1.25 * STEP]);
            (disc.min(shape) > COUNTRY_M).then_some(OUT)
        }
    }
}

impl Made {
    pub(super) fn is_marked(&self, place: usize) -> bool {
        self.marked.iter().any(|(marked, ..)| *marked == place)
    }

    /// The streets from one counting place to the next, each with whether it is walked from its `a`; rings begin anywhere.
    fn chains(&self) -> Vec<Vec<(usize, bool)>> {
        let counting = self.counting();
        let is_at = |s: &Street, place: usize| !s.gap && (s.a == place || s.b == place);
        let mut done = vec![false; self.streets.len()];
        let mut chains = Vec::new();
        for start in counting.iter().copied().chain(0..self.places.len()) {
            for first in 0..self.streets.len() {
                let (mut chain, mut here) = (Vec::new(), start);
                let mut next = Some(first).filter(|s| !done[*s] && is_at(&self.streets[*s], start));
                while let Some(street) = next {
                    done[street] = true;
                    let s = &self.streets[street];
                    chain.push((street, s.a == here));
                    here = if s.a == here { s.b } else { s.a };
                    let mut on = (0..self.streets.len()).filter(|s| !done[*s] && is_at(&self.streets[*s], here));
                    next = on.next().filter(|_| !counting.contains(&here));
                }
                chains.extend((!chain.is_empty()).then_some(chain));
            }
        }
        chains
    }

    /// What its ends are labelled.
    fn ends(&self, chain: &[(usize, bool)], family: Family) -> [Option<u8>; 2] {
        let end = |(s, at_a): (usize, bool)| if at_a { self.streets[s].a } else { self.streets[s].b };
        let (first, last) = (chain[0], chain[chain.len() - 1]);
        [end(first), end((last.0, !last.1))].map(|place| self.label_at(place, family))
    }

    /// A place a metre along a chain.
    fn walk(&self, chain: &[(usize, bool)], family: Family) -> Vec<Mark> {
        let (mut walked, mut before) = (Vec::new(), 0);
        for (street, forward) in chain.iter().copied() {
            let s = &self.streets[street];
            let steps = s.metres as usize;
            for step in 0..steps {
                let along = (step as f64 + 0.5) / steps as f64;
                let (share, is_behind) =
                    if forward { (along, along > s.at) } else { (1.0 - along, 1.0 - along < s.at) };
                // On a bridge nobody comes from beside the road.
                let label = label(self.on(s, share), family).filter(|_| s.level == 0);
                let passed = before + usize::from(s.entrance.is_some() && is_behind);
                walked.push(Mark { street, share, label, passed });
            }
            before += usize::from(s.entrance.is_some());
        }
        walked
    }

    /// The places on the way of a chain: the ends of each stretch that counts, and one in each part that entrances make of
    /// it. It counts where neither end of the chain has its label, and outside only where the road comes back.
    fn places_on(&self, chain: &[(usize, bool)], family: Family) -> Vec<Mark> {
        let ends = self.ends(chain, family);
        let comes_back = ends[0] == ends[1] || ends.contains(&None);
        let metres: f64 = chain.iter().map(|(s, _)| self.streets[*s].metres).sum();
        let loops = ends[0] == ends[1] && ends[0] != Some(OUT) && metres > 100.0;
        if family == Family::Hamlets && !loops {
            return Vec::new();
        }
        let counts = |l: Option<u8>| l.is_some() && !ends.contains(&l) && (l != Some(OUT) || comes_back);
        let mut found = Vec::new();
        for stretch in self.walk(chain, family).chunk_by(|a, b| a.label == b.label).filter(|s| counts(s[0].label)) {
            let parts: Vec<&[Mark]> = stretch.chunk_by(|a, b| a.passed == b.passed).collect();
            let inner = parts.len().saturating_sub(2);
            found.push(stretch[0]);
            found.extend(parts.iter().skip(1).take(inner).map(|part| part[part.len() / 2]));
            found.push(stretch[stretch.len() - 1]);
        }
        found
    }

    /// Makes the places on the way places of the town, and cuts the streets there.
    pub(super) fn with_places_on_the_way(mut self) -> Made {
        let chains = self.chains();
        let families = [Family::Town, Family::Blocks, Family::Hamlets];
        let each = families.into_iter().flat_map(|f| chains.iter().map(move |chain| (f, chain)));
        let mut marks: Vec<(Mark, Family)> =
            each.flat_map(|(f, chain)| self.places_on(chain, f).into_iter().map(move |mark| (mark, f))).collect();
        // From the last to the first of a street: what is left of it lies before.
        marks.sort_by(|(a, _), (b, _)| (b.street, b.share).partial_cmp(&(a.street, a.share)).unwrap());
        for of_street in marks.chunk_by(|(a, _), (b, _)| a.street == b.street) {
            let whole = self.streets[of_street[0].0.street].clone();
            let mut left = 1.0;
            for (mark, family) in of_street {
                self.places.push(self.on(&whole, mark.share));
                let place = self.places.len() - 1;
                self.marked.extend(mark.label.map(|label| (place, *family, label)));
                let first = &mut self.streets[mark.street];
                let mut second = Street { a: place, metres: whole.metres * (left - mark.share), ..first.clone() };
                (first.b, first.metres) = (place, whole.metres * mark.share);
                let without = if whole.at > mark.share { first } else { &mut second };
                without.entrance = None;
                self.streets.push(second);
                left = mark.share;
            }
        }
        self
    }
}
