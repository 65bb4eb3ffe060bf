//! The town as it is known to be, asked by floods and by trying everything.

use std::collections::BTreeSet;

use super::town::{Made, STEP, Street};
use super::way::Family;
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
pub(super) const OUT: u8 = 9;
/// The ring and the two blocks: west, south, east, north.
pub(super) const BORDERS: [[f64; 4]; 3] = [
    [0.5 * STEP, 0.5 * STEP, 2.5 * STEP, 2.5 * STEP],
    [0.5 * STEP, 0.5 * STEP, 1.5 * STEP, 2.5 * STEP],
    [1.5 * STEP, 0.5 * STEP, 2.5 * STEP, 2.5 * STEP],
];

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

    /// What a counting place is labelled in a family; `None` where it does not count.
    pub(super) fn label_at(&self, place: usize, family: Family) -> Option<u8> {
        if !self.counting().contains(&place) {
            return None;
        }
        let at_place @ (east, north) = self.places[place];
        let inside = [east, north].into_iter().all(|m| m > 0.5 * STEP && m < 2.5 * STEP);
        let on_border = (east - 1.5 * STEP).abs() < 10.0;
        match family {
            Family::Blocks if inside && on_border => None,
            Family::Blocks if inside => Some(u8::from(east > 1.5 * STEP)),
            Family::Town if inside => Some(0),
            Family::Hamlets if at(at_place, (1, 1)) || (inside && on_border) => Some(0),
            Family::Hamlets if at(at_place, (2, 1)) => Some(1),
            Family::Town | Family::Blocks | Family::Hamlets => Some(OUT),
        }
    }

    /// By place: what it is labelled in a family, `None` where it does not count.
    fn labels(&self, family: Family) -> Vec<Option<u8>> {
        let mut labels: Vec<Option<u8>> = (0..self.places.len()).map(|p| self.label_at(p, family)).collect();
        let marked = self.marked.iter().filter(|(_, of, _)| *of == family);
        marked.for_each(|(place, _, label)| labels[*place] = Some(*label));
        labels
    }

    pub(super) fn zones(&self) -> Vec<Zone> {
        let [town, blocks, mut hamlets] = [Family::Town, Family::Blocks, Family::Hamlets].map(|f| self.labels(f));
        let second: Vec<usize> = (0..self.places.len()).filter(|p| hamlets[*p] == Some(1)).collect();
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
        let streets: Vec<(usize, usize)> = self.streets.iter().filter(|s| open(s)).map(|s| (s.a, s.b)).collect();
        let reached = self.reach(from, streets.iter());
        (0..self.places.len()).filter(|p| reached[*p]).collect()
    }

    /// By place: whether one comes there over these streets.
    pub(super) fn reach<'s>(
        &self,
        from: &[usize],
        streets: impl Iterator<Item = &'s (usize, usize)> + Clone,
    ) -> Vec<bool> {
        let mut reached = vec![false; self.places.len()];
        from.iter().for_each(|p| reached[*p] = true);
        let mut more = true;
        while std::mem::take(&mut more) {
            for (a, b) in streets.clone() {
                if reached[*a] != reached[*b] {
                    (reached[*a], reached[*b], more) = (true, true, true);
                }
            }
        }
        reached
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
        let open: Vec<&Street> = self.streets.iter().filter(|s| self.is_open(s, bound)).collect();
        let sites: Vec<usize> = (0..open.len()).filter(|s| !open[*s].gap).collect();
        let ends: Vec<(usize, usize)> = open.iter().map(|s| (s.a, s.b)).collect();
        let closes = |closed: &[usize]| {
            let left = ends.iter().enumerate().filter(|(s, _)| !closed.contains(s)).map(|(_, ends)| ends);
            let reached = self.reach(&zone.core, left);
            !zone.other.iter().any(|p| reached[*p])
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
