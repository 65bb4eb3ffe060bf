//! Whether areas are sealed: the zones into which entrances cut the roads, and what flows between them.
//!
//! A *zone* is what can be reached by road without passing an entrance. Roads are contracted to zones once a map
//! (`plan::Cordon`); here, at every change of a camera, only zones are joined. Rules: semantics.md §4, `sealed`;
//! an entrance lets pass unseen whoever comes while no camera that watches it is live.
//!
//! Two bounds are reckoned. At *worst*, cameras of which nothing is known are dead, those that may watch do not, and
//! roads that nearly meet do meet; at *best* it is the other way about. An area is sealed when nothing gets in at worst,
//! leaking when something gets in even at best, and unknown between.

mod depth;
mod guard;
mod judge;
#[cfg(test)]
mod tests;
mod tipped;

use crate::model::EntranceIx;

pub use guard::{Guard, Guards};
pub use judge::{SealStates, Why};

/// From where an area is to be shut off.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scope {
    /// The town from all that lies outside.
    Town,
    /// A block from the other blocks and from outside.
    Block,
    /// A hamlet from everywhere else.
    Local,
}

impl Scope {
    /// Every scope, the widest first.
    pub const ALL: [Scope; 3] = [Scope::Town, Scope::Block, Scope::Local];

    /// The word users see: label `scope`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Scope::Town => "town",
            Scope::Block => "block",
            Scope::Local => "local",
        }
    }

    /// The scope a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|s| s.word() == word)
    }
}

/// Whether an area is sealed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Sealed {
    /// Something gets in unseen.
    Leaking,
    /// Something may.
    Unknown,
    /// Nothing does.
    Sealed,
}

impl Sealed {
    /// Every verdict, the worst first.
    pub const ALL: [Sealed; 3] = [Sealed::Leaking, Sealed::Unknown, Sealed::Sealed];

    /// The word users see.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Sealed::Leaking => "leaking",
            Sealed::Unknown => "unknown",
            Sealed::Sealed => "sealed",
        }
    }
}

/// One of the two bounds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Bound {
    /// As many ways as there may be.
    Worst,
    /// As few as there must be.
    Best,
}

/// What lies between two zones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Crossing {
    /// An entrance on a road.
    Entrance(EntranceIx),
    /// Two roads that nearly meet, or cross without a junction: the map does not say whether one can pass.
    Gap,
}

/// Two zones that lie next to each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ZoneEdge {
    /// One zone.
    pub a: u32,
    /// The other; may be the same.
    pub b: u32,
    /// What lies between.
    pub crossing: Crossing,
}

/// A place that is of no area and lies outside of all that a family has.
pub const FOREIGN: u32 = u32::MAX - 1;
/// A place that does not count: on the edge of an area.
pub const GREY: u32 = u32::MAX;

/// Areas that lie beside each other, and are judged by the same labels: each place is of one of them, [`FOREIGN`] or
/// [`GREY`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Family {
    /// How they are shut off.
    pub scope: Scope,
    /// By area: the zones that it must keep shut. An area without any has no road.
    pub cores: Vec<Vec<u32>>,
    /// By zone: least and greatest label of the places in it; least above greatest where it has none.
    pub labels: Vec<(u32, u32)>,
    /// By area: whether a way from outside leads to it at all, with everything open.
    pub reached: Vec<bool>,
}

/// The contracted roads.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Zones {
    /// How many there are.
    pub count: usize,
    /// What lies between them.
    pub edges: Vec<ZoneEdge>,
    /// The areas.
    pub families: Vec<Family>,
    /// Edges of each zone: from `first[z]` to `first[z + 1]` in `around`.
    first: Vec<u32>,
    around: Vec<u32>,
}

impl Family {
    /// A family of areas with these cores, and labels of places, each with the zone it lies in.
    #[must_use]
    pub fn new(scope: Scope, cores: Vec<Vec<u32>>, zones: usize, places: impl Iterator<Item = (u32, u32)>) -> Family {
        let mut labels = vec![NO_LABEL; zones];
        for (zone, label) in places.filter(|(_, label)| *label != GREY) {
            if let Some(of_zone) = labels.get_mut(zone as usize) {
                *of_zone = joined(*of_zone, (label, label));
            }
        }
        let reached = vec![false; cores.len()];
        Family { scope, cores, labels, reached }
    }
}

/// The labels of a zone without a place that counts.
const NO_LABEL: (u32, u32) = (u32::MAX, 0);

/// The labels of two zones together.
fn joined(a: (u32, u32), b: (u32, u32)) -> (u32, u32) {
    (a.0.min(b.0), a.1.max(b.1))
}

/// Whether there is a place of another area, or outside.
pub(crate) const fn holds_other(labels: (u32, u32), own: u32) -> bool {
    labels.0 <= labels.1 && (labels.0 != own || labels.1 != own)
}

impl Zones {
    /// The zones with what lies between them, ready to be asked.
    #[must_use]
    pub fn new(count: usize, edges: Vec<ZoneEdge>, families: Vec<Family>) -> Zones {
        let mut first = vec![0_u32; count + 1];
        let ends = |e: &ZoneEdge| [e.a as usize, e.b as usize];
        for zone in edges.iter().flat_map(ends).filter(|z| *z < count) {
            first[zone + 1] += 1;
        }
        for zone in 0..count {
            first[zone + 1] += first[zone];
        }
        let mut next = first.clone();
        let mut around = vec![0_u32; first[count] as usize];
        for (i, edge) in (0_u32..).zip(&edges) {
            for zone in ends(edge).into_iter().filter(|z| *z < count) {
                around[next[zone] as usize] = i;
                next[zone] += 1;
            }
        }
        let mut zones = Zones { count, edges, families, first, around };
        let open = zones.components(|_| true);
        for at in 0..zones.families.len() {
            let reached = zones.leaks(&zones.families[at], &open);
            zones.families[at].reached = reached;
        }
        zones
    }

    /// The edges around a zone; one that leads back into it stands there twice.
    fn edges_of(&self, zone: u32) -> impl Iterator<Item = &ZoneEdge> {
        let range = self.first[zone as usize] as usize..self.first[zone as usize + 1] as usize;
        self.around[range].iter().map(|i| &self.edges[*i as usize])
    }
}

impl ZoneEdge {
    /// The other side, seen from a zone.
    const fn beyond(&self, zone: u32) -> u32 {
        if self.a == zone { self.b } else { self.a }
    }
}

/// Of which scopes a seal that breaks is an alert (settings, `[coverage] seal_alerts`).
///
/// Town and blocks unless somebody says otherwise: they are few, and that one is open says more than which entrance was
/// lost. A hamlet that leaks is mostly one whose entrance is lost, which is told anyway; there are hundreds of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SealAlerts {
    /// These; any, also none.
    pub scopes: Vec<Scope>,
}

impl Default for SealAlerts {
    /// names.md, `[coverage]`.
    fn default() -> SealAlerts {
        SealAlerts { scopes: vec![Scope::Town, Scope::Block] }
    }
}
