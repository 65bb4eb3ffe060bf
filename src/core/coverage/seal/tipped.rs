//! Which failure broke a seal: the one after which somebody came in for the first time.

use super::judge::Components;
use super::{Crossing, Family, Zones, holds_other, joined};
use crate::model::EntranceIx;

impl Zones {
    /// By area of a family: the entrance whose opening let somebody in, when those that are open now had opened one after
    /// another in this order. Entrances that are not named are shut; suspect gaps count as closed, as at best. `None` where
    /// nobody comes in, or came in before anything opened.
    ///
    /// Costs one pass over the zones and the crossings for all areas together.
    #[must_use]
    pub fn tipped(&self, family: usize, order: &[EntranceIx]) -> Vec<Option<EntranceIx>> {
        let Some(of) = self.families.get(family) else { return Vec::new() };
        let slots = self.edges.iter().filter_map(|e| number(e.crossing)).max().map_or(0, |n| n + 1);
        let mut rank = vec![usize::MAX; slots];
        for (i, entrance) in order.iter().enumerate() {
            rank.get_mut(entrance.at()).into_iter().for_each(|rank| *rank = i.min(*rank));
        }
        let ranked = |edge: &super::ZoneEdge| {
            let rank = rank[number(edge.crossing)?];
            (rank != usize::MAX).then_some((rank, edge.a, edge.b))
        };
        let mut openings: Vec<(usize, u32, u32)> = self.edges.iter().filter_map(ranked).collect();
        openings.sort_unstable();
        let mut flood = Flood::new(self, of);
        let mut tipped = vec![None; of.cores.len()];
        for (rank, a, b) in openings {
            for area in flood.open(a, b) {
                // It may be met again where it has more than one core.
                tipped[area as usize] = tipped[area as usize].or(order.get(rank).copied());
            }
        }
        // Who came in before anything opened, came in by none of them.
        flood.leaked.iter().for_each(|area| tipped[*area as usize] = None);
        tipped
    }
}

/// Zones that are joined one after another.
struct Flood {
    components: Components,
    /// By root: the labels of all its zones.
    labels: Vec<(u32, u32)>,
    /// By root: areas with a core in it that nobody has come into yet.
    shut: Vec<Vec<u32>>,
    /// Areas into which somebody came at once.
    leaked: Vec<u32>,
}

impl Flood {
    fn new(zones: &Zones, of: &Family) -> Flood {
        let mut flood = Flood {
            components: zones.components(|_| false),
            labels: of.labels.clone(),
            shut: vec![Vec::new(); zones.count],
            leaked: Vec::new(),
        };
        for (area, cores) in (0_u32..).zip(&of.cores) {
            for zone in cores {
                match holds_other(flood.labels[*zone as usize], area) {
                    true => flood.leaked.push(area),
                    false => flood.shut[*zone as usize].push(area),
                }
            }
        }
        flood
    }

    /// Opens the way between two zones; gives the areas into which somebody comes now. Lists stay short: two areas in one
    /// component have come into each other, and an area stands in each list once.
    fn open(&mut self, a: u32, b: u32) -> Vec<u32> {
        let Some((root, gone)) = self.components.join(a, b) else { return Vec::new() };
        let label = joined(self.labels[root as usize], self.labels[gone as usize]);
        self.labels[root as usize] = label;
        let mut inside = std::mem::take(&mut self.shut[root as usize]);
        inside.append(&mut self.shut[gone as usize]);
        inside.sort_unstable();
        inside.dedup();
        let (leaking, shut) = inside.into_iter().partition(|area| holds_other(label, *area));
        self.shut[root as usize] = shut;
        leaking
    }
}

/// The entrance of a crossing, by number.
fn number(crossing: Crossing) -> Option<usize> {
    match crossing {
        Crossing::Entrance(entrance) => Some(entrance.at()),
        Crossing::Gap => None,
    }
}
