//! Which failure broke a seal: the one after which somebody came in for the first time.

use super::{Crossing, Zones};
use crate::model::EntranceIx;

impl Zones {
    /// The entrance whose opening let somebody into an area of a family, when those that are open now had opened one
    /// after another. `opened` gives when an entrance came to be open: `None` where it is shut; of equal ones the lower
    /// entrance opened first. Suspect gaps count as closed, as at best. `None` where nobody comes in, or came in before
    /// anything opened.
    ///
    /// Costs a pass over the zones for each doubling of the entrances that are open.
    #[must_use]
    pub fn tipped<T: Ord>(
        &self,
        family: usize,
        area: usize,
        opened: impl Fn(EntranceIx) -> Option<T>,
    ) -> Option<EntranceIx> {
        let of = self.families.get(family)?;
        let entrances = self.edges.iter().filter_map(|edge| match edge.crossing {
            Crossing::Entrance(entrance) => Some(entrance),
            Crossing::Gap => None,
        });
        let mut order: Vec<(T, EntranceIx)> = entrances.filter_map(|e| Some((opened(e)?, e))).collect();
        order.sort_unstable();
        order.dedup();
        let mut rank = vec![usize::MAX; self.edges.iter().filter_map(number).max().map_or(0, |n| n + 1)];
        order.iter().enumerate().for_each(|(i, (_, entrance))| rank[entrance.at()] = i);
        let leaks = |first: usize| {
            let open = self.components(|edge| number(edge).is_some_and(|n| rank[n] < first));
            self.leaks(of, &open).get(area) == Some(&true)
        };
        // The fewest of them, in their order, with which it leaks.
        let (mut shut, mut open) = (0, order.len());
        if leaks(shut) || !leaks(open) {
            return None;
        }
        while open - shut > 1 {
            let middle = shut.midpoint(open);
            if leaks(middle) { open = middle } else { shut = middle }
        }
        order.get(open - 1).map(|(_, entrance)| *entrance)
    }
}

/// The entrance of an edge, by number.
fn number(edge: &super::ZoneEdge) -> Option<usize> {
    match edge.crossing {
        Crossing::Entrance(entrance) => Some(entrance.at()),
        Crossing::Gap => None,
    }
}
