//! The one pass that judges all areas: zones are joined across what is open, and labels meet.

use super::{Bound, Family, Guards, NO_LABEL, Sealed, ZoneEdge, Zones, holds_other, joined};

/// Zones by the component they are joined to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Components {
    up: Vec<u32>,
}

/// Why a verdict is unknown whatever the cameras do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Why {
    /// No road of the map lies in it.
    NoRoad,
    /// No road of the map leads to it from outside: the map ends too early, or a road is missing.
    Isolated,
}

impl Why {
    /// Every reason.
    pub const ALL: [Why; 2] = [Why::NoRoad, Why::Isolated];

    /// The word users see.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Why::NoRoad => "no_road",
            Why::Isolated => "isolated",
        }
    }
}

/// Every area judged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SealStates {
    /// By family, then by area.
    pub areas: Vec<Vec<Sealed>>,
    /// By family, then by zone: whether an area of the family leaks, or may, into this zone.
    pub into: Vec<Vec<bool>>,
}

impl Zones {
    /// Judges every area. Costs two passes over zones and edges.
    #[must_use]
    pub fn judge(&self, guards: &Guards) -> SealStates {
        let (worst, best) = (self.joined_by(guards, Bound::Worst), self.joined_by(guards, Bound::Best));
        let judge = |family: &Family| -> Vec<Sealed> {
            let (may, must) = (self.leaks(family, &worst), self.leaks(family, &best));
            let both = may.into_iter().zip(must).zip(&family.reached);
            both.map(|((may, must), reached)| match (reached, may, must) {
                (false, ..) | (true, true, false) => Sealed::Unknown,
                (true, _, true) => Sealed::Leaking,
                (true, false, false) => Sealed::Sealed,
            })
            .collect()
        };
        let into = self.families.iter().map(|family| self.leaks_into(family, &worst)).collect();
        SealStates { areas: self.families.iter().map(judge).collect(), into }
    }

    /// Joins zones across what is open at a bound.
    pub(crate) fn joined_by(&self, guards: &Guards, bound: Bound) -> Components {
        self.components(|edge| guards.cost(edge.crossing, bound) == Some(0))
    }

    /// Joins zones across the edges that are open.
    pub(crate) fn components(&self, open: impl Fn(&ZoneEdge) -> bool) -> Components {
        let mut components = Components { up: (0..u32::try_from(self.count).unwrap_or(u32::MAX)).collect() };
        for edge in self.edges.iter().filter(|e| open(e)) {
            components.join(edge.a, edge.b);
        }
        components.flatten();
        components
    }

    /// By area: whether its core is joined to a place that is not its own.
    pub(super) fn leaks(&self, family: &Family, components: &Components) -> Vec<bool> {
        let labels = self.labels(family, components);
        let leaks = |(area, cores): (u32, &Vec<u32>)| {
            cores.iter().any(|zone| holds_other(labels[components.of(*zone) as usize], area))
        };
        (0..).zip(&family.cores).map(leaks).collect()
    }

    /// By zone: whether it is joined to the core of an area that leaks.
    fn leaks_into(&self, family: &Family, components: &Components) -> Vec<bool> {
        let labels = self.labels(family, components);
        let mut leaking = vec![false; self.count];
        for (area, cores) in (0..).zip(&family.cores) {
            for root in cores.iter().map(|zone| components.of(*zone) as usize) {
                leaking[root] |= holds_other(labels[root], area);
            }
        }
        (0..self.count).map(|zone| leaking[components.up[zone] as usize]).collect()
    }

    /// By component: the labels of all its zones.
    pub(crate) fn labels(&self, family: &Family, components: &Components) -> Vec<(u32, u32)> {
        let mut labels = vec![NO_LABEL; self.count];
        for (root, of_zone) in components.up.iter().zip(&family.labels) {
            labels[*root as usize] = joined(labels[*root as usize], *of_zone);
        }
        labels
    }

    /// Why an area cannot be judged, whatever the cameras do.
    #[must_use]
    pub fn why(&self, family: usize, area: usize) -> Option<Why> {
        let family = self.families.get(family)?;
        let (cores, reached) = (family.cores.get(area)?, family.reached.get(area)?);
        match (cores.is_empty(), reached) {
            (true, _) => Some(Why::NoRoad),
            (false, false) => Some(Why::Isolated),
            (false, true) => None,
        }
    }
}

impl Components {
    fn root(&mut self, mut zone: u32) -> u32 {
        while self.up[zone as usize] != zone {
            let above = self.up[zone as usize];
            // Halving the path keeps it short.
            self.up[zone as usize] = self.up[above as usize];
            zone = self.up[zone as usize];
        }
        zone
    }

    /// The lower number becomes the root, so that no order of edges shows. Gives the root, and that which is none any
    /// more; `None` where both were one already.
    pub(super) fn join(&mut self, a: u32, b: u32) -> Option<(u32, u32)> {
        let (a, b) = (self.root(a), self.root(b));
        let (low, high) = (a.min(b), a.max(b));
        self.up[high as usize] = low;
        (low != high).then_some((low, high))
    }

    /// Afterwards each zone knows its root: roots are lower than what hangs on them.
    fn flatten(&mut self) {
        for zone in 0..self.up.len() {
            self.up[zone] = self.up[self.up[zone] as usize];
        }
    }

    /// The component of a zone.
    pub(crate) fn of(&self, zone: u32) -> u32 {
        self.up[zone as usize]
    }
}
