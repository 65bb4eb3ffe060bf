//! The town as it is known to be, asked by floods and by trying everything.

use std::collections::BTreeSet;

use super::town::{Made, STEP, Street};
use super::*;
use crate::coverage::Bound;

/// An area of the town: its core, and what is not of it.
pub(super) struct Zone {
    pub(super) scope: Scope,
    pub(super) id: &'static str,
    pub(super) core: Vec<usize>,
    pub(super) other: Vec<usize>,
}

/// The label of what is outside of every area.
const OUT: u8 = 9;

/// Whether a place is at some crossroads: there, or where a road ends short before it.
fn at((east, north): (f64, f64), (i, j): (usize, usize)) -> bool {
    (east - i as f64 * STEP).abs() < 10.0 && (north - j as f64 * STEP).abs() < 10.0
}

impl Made {
    /// Places that count: where streets meet or end, or nobody knows whether they meet. On the way between is no place.
    pub(super) fn counting(&self) -> Vec<usize> {
        let at = |s: &&Street, p: usize| s.a == p || s.b == p;
        let streets = |p: usize| self.streets.iter().filter(|s| !s.gap && at(s, p)).count();
        let gap = |p: usize| self.streets.iter().any(|s| s.gap && (s.a == p || s.b == p));
        (0..self.places.len()).filter(|p| streets(*p) > 0 && (streets(*p) != 2 || gap(*p))).collect()
    }

    fn has_street(&self, place: usize) -> bool {
        self.streets.iter().any(|s| !s.gap && (s.a == place || s.b == place))
    }

    /// The counting places at both ends of the chain on whose way a place is; `None` where it is on no way, or on a ring.
    fn ends(&self, place: usize) -> Option<[usize; 2]> {
        let counting = self.counting();
        if counting.contains(&place) || !self.has_street(place) {
            return None;
        }
        let mut both = self.streets.iter().enumerate().filter(|(_, s)| !s.gap && (s.a == place || s.b == place));
        let walk = |first: usize| {
            let (mut street, mut here) = (first, place);
            for _ in 0..self.streets.len() {
                let s = &self.streets[street];
                here = if s.a == here { s.b } else { s.a };
                if counting.contains(&here) {
                    return Some(here);
                }
                let on = |(i, s): &(usize, &Street)| *i != street && !s.gap && (s.a == here || s.b == here);
                street = self.streets.iter().enumerate().find(on)?.0;
            }
            None
        };
        let [first, second] = [both.next()?.0, both.next()?.0];
        Some([walk(first)?, walk(second)?])
    }

    /// By place: what it is labelled in a family, `None` where it does not count. A place on the way counts where neither
    /// end of its chain has that label, and outside (`OUT`) only where the road comes back to where it left.
    fn labelled(&self, label: &dyn Fn(usize) -> Option<u8>) -> Vec<Option<u8>> {
        let counting = self.counting();
        let of = |place: usize| {
            if counting.contains(&place) {
                return label(place);
            }
            if !self.has_street(place) {
                return None;
            }
            // A ring has no ends.
            let ends = self.ends(place).map_or([None, None], |ends| ends.map(label));
            let comes_back = ends[0] == ends[1] || ends.contains(&None);
            label(place).filter(|l| !ends.contains(&Some(*l)) && (*l != OUT || comes_back))
        };
        (0..self.places.len()).map(of).collect()
    }

    pub(super) fn zones(&self) -> Vec<Zone> {
        let inside = |p: usize| {
            let (east, north) = self.places[p];
            [east, north].into_iter().all(|m| m > 0.5 * STEP && m < 2.5 * STEP)
        };
        let on_border = |p: usize| (self.places[p].0 - 1.5 * STEP).abs() < 10.0;
        let town = self.labelled(&|p| Some(if inside(p) { 0 } else { OUT }));
        let blocks = self.labelled(&|p| match inside(p) {
            false => Some(OUT),
            true if on_border(p) => None,
            true => Some(u8::from(self.places[p].0 > 1.5 * STEP)),
        });
        let hamlet = |p: usize| match self.places[p] {
            place if at(place, (1, 1)) || (inside(p) && on_border(p)) => 0,
            place if at(place, (2, 1)) => 1,
            _ => OUT,
        };
        // On the way, only the country counts.
        let mut hamlets = self.labelled(&|p| Some(hamlet(p)));
        let counting = self.counting();
        let on_the_way = (0..self.places.len()).filter(|p| !counting.contains(p) && hamlets[*p] != Some(OUT));
        on_the_way.collect::<Vec<_>>().into_iter().for_each(|p| hamlets[p] = None);
        let second: Vec<usize> = counting.iter().copied().filter(|p| hamlet(*p) == 1).collect();
        // What stands for a hamlet counts, also where it is merely on the way.
        let marks = [self.nearest((1, 1)), if second.is_empty() { self.nearest((2, 1)) } else { Vec::new() }];
        for (label, mark) in (0_u8..).zip(&marks) {
            mark.iter().for_each(|p| hamlets[*p] = Some(label));
        }
        let zone = |scope, id, labels: &[Option<u8>], own: u8, core: Option<Vec<usize>>| {
            let of = |wanted: &dyn Fn(u8) -> bool| {
                (0..labels.len()).filter(|p| labels[*p].is_some_and(wanted)).collect::<Vec<_>>()
            };
            Zone { scope, id, core: core.unwrap_or_else(|| of(&|l| l == own)), other: of(&|l| l != own) }
        };
        vec![
            zone(Scope::Town, "RING", &town, 0, None),
            zone(Scope::Block, "B1", &blocks, 0, None),
            zone(Scope::Block, "B2", &blocks, 1, None),
            zone(Scope::Local, "H1", &hamlets, 0, Some(self.beside_the_middle())),
            zone(Scope::Local, "H2", &hamlets, 1, Some([second, marks[1].clone()].concat())),
        ]
    }

    /// The place on a road that is nearest to some crossroads, where one is there.
    fn nearest(&self, crossroads: (usize, usize)) -> Vec<usize> {
        let here = (0..self.places.len()).filter(|p| at(self.places[*p], crossroads) && self.has_street(*p));
        // The crossroads themselves come before what ends short of them.
        here.take(1).collect()
    }

    /// The core of the hamlet that is known as a point: the nearest place, and those that no entrance parts from it.
    fn beside_the_middle(&self) -> Vec<usize> {
        let Some(first) = self.nearest((1, 1)).first().copied() else { return Vec::new() };
        let beside = self.flood(&[first], |s| s.entrance.is_none() && !s.gap);
        let own = self.counting().into_iter().filter(|p| at(self.places[*p], (1, 1)) && beside.contains(p));
        own.chain([first]).collect()
    }

    pub(super) fn flood(&self, from: &[usize], open: impl Fn(&Street) -> bool) -> BTreeSet<usize> {
        let mut seen: BTreeSet<usize> = from.iter().copied().collect();
        loop {
            let before = seen.len();
            for street in self.streets.iter().filter(|s| open(s)) {
                if seen.contains(&street.a) || seen.contains(&street.b) {
                    seen.extend([street.a, street.b]);
                }
            }
            if seen.len() == before {
                return seen;
            }
        }
    }

    pub(super) fn gets_in(&self, zone: &Zone, open: impl Fn(&Street) -> bool) -> bool {
        let reached = self.flood(&zone.core, open);
        zone.other.iter().any(|p| reached.contains(p))
    }

    /// Cameras that watch a street, with how they stand.
    fn watchers(&self, street: &Street) -> Vec<(usize, Standing)> {
        let Some(entrance) = street.entrance.as_deref() else { return Vec::new() };
        let cameras = self.registry.cameras.values().enumerate();
        let watching = cameras.filter(|(_, c)| c.status.is_installed() && c.watches.iter().any(|w| &*w.id == entrance));
        watching.map(|(i, _)| (i, self.standing[i])).collect()
    }

    /// The cameras that stand in the way on a street at a bound; `None` where nobody passes.
    pub(super) fn guarding(&self, street: &Street, bound: Bound) -> Option<Vec<usize>> {
        if street.gap {
            return (bound == Bound::Worst).then(Vec::new);
        }
        let counts = |standing| standing == Standing::Live || (bound == Bound::Best && standing == Standing::Unknown);
        Some(self.watchers(street).into_iter().filter(|(_, s)| counts(*s)).map(|(i, _)| i).collect())
    }

    pub(super) fn is_open(&self, street: &Street, bound: Bound) -> bool {
        self.guarding(street, bound).is_some_and(|cameras| cameras.is_empty())
    }

    /// The least sum over any way out of the core, by relaxing until nothing changes.
    pub(super) fn least(&self, zone: &Zone, cost: impl Fn(&Street) -> Option<f64>) -> Option<f64> {
        let mut far = vec![f64::INFINITY; self.places.len()];
        zone.core.iter().for_each(|p| far[*p] = 0.0);
        for _ in 0..self.places.len() {
            for street in &self.streets {
                let Some(cost) = cost(street) else { continue };
                far[street.a] = far[street.a].min(far[street.b] + cost);
                far[street.b] = far[street.b].min(far[street.a] + cost);
            }
        }
        let least = zone.other.iter().map(|p| far[*p]).fold(f64::INFINITY, f64::min);
        least.is_finite().then_some(least)
    }

    /// The fewest streets that must be closed so that nobody gets in, up to `most`, by trying every set.
    pub(super) fn fewest_sites(&self, zone: &Zone, bound: Bound, most: usize) -> Option<usize> {
        let open: Vec<usize> = (0..self.streets.len()).filter(|s| self.is_open(&self.streets[*s], bound)).collect();
        let sites: Vec<usize> = open.iter().copied().filter(|s| !self.streets[*s].gap).collect();
        let closes = |closed: &[usize]| {
            let shut = |street: &Street| closed.iter().any(|c| std::ptr::eq(&self.streets[*c], street));
            !self.gets_in(zone, |s| self.is_open(s, bound) && !shut(s))
        };
        (0..=most).find(|n| subsets(&sites, *n, &mut Vec::new(), &closes))
    }
}

fn subsets(of: &[usize], n: usize, chosen: &mut Vec<usize>, fits: &dyn Fn(&[usize]) -> bool) -> bool {
    if n == 0 {
        return fits(chosen);
    }
    for (i, one) in of.iter().enumerate() {
        chosen.push(*one);
        let found = subsets(&of[i + 1..], n - 1, chosen, fits);
        chosen.pop();
        if found {
            return true;
        }
    }
    false
}
