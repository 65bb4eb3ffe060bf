//! Two answers about the same roads: only what may differ is looked at twice.
//!
//! Cameras change who may pass an entrance, never the roads. An area is answered as before where neither its thickness nor
//! what is reached of it changes, and no entrance that is guarded otherwise lies where somebody comes on his way in.

use super::answer::{Ground, View};
use super::leak::Scratch;
use super::{Cordon, Question, Seal};
use crate::coverage::{Bound, Scope, SealStates, Sealed};
use crate::model::EntranceIx;

/// How areas stand before and after.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Compared {
    /// Every area that is judged: its scope, and both verdicts. By scope.
    pub verdicts: Vec<(Scope, Sealed, Sealed)>,
    /// Those of which anything is said otherwise, before and after: by scope, then in the order of ids.
    pub changed: Vec<(Seal, Seal)>,
}

impl Cordon {
    /// Judges all areas before and after; `touched` are the entrances at which any camera is something else afterwards.
    /// Which scopes and area a question asks for does not count. Where nothing is touched it costs one judgement.
    #[must_use]
    pub fn compare(&self, before: &Question<'_>, after: &Question<'_>, touched: &[EntranceIx]) -> Compared {
        let states = [self.zones.judge(before.guards), self.zones.judge(after.guards)];
        let mut compared = Compared { verdicts: self.verdicts(&states), changed: Vec::new() };
        let gates = &self.layout.gates;
        let sides: Vec<u32> = touched.iter().flat_map(|e| self.net.gate_sides(gates, *e)).collect();
        // Who watches an entrance off the roads keeps nobody from anywhere.
        if sides.is_empty() {
            return compared;
        }
        let near = Near::of(self, [before, after], &sides);
        let mut scratch = Scratch::of(self);
        for (family, outline) in self.layout.outlines.iter().enumerate() {
            let ground = Ground::of(self, family);
            let views = [View::of(&ground, before, &states[0]), View::of(&ground, after, &states[1])];
            let cores = &self.zones.families[family].cores;
            for ((area, key), core) in (0_u32..).zip(&outline.areas).zip(cores) {
                if views[0].may_differ(&views[1], area) || core.iter().any(|zone| near.holds(*zone)) {
                    let [before, after] = [&views[0], &views[1]].map(|view| view.seal(area, key, &mut scratch));
                    compared.changed.extend((before != after).then_some((before, after)));
                }
            }
        }
        compared.changed.sort_by(|(a, _), (b, _)| (a.scope, &a.area.id).cmp(&(b.scope, &b.area.id)));
        compared
    }

    fn verdicts(&self, states: &[SealStates; 2]) -> Vec<(Scope, Sealed, Sealed)> {
        let of_family = |(i, outline): (usize, &super::areas::Outline)| {
            let both = states[0].areas[i].iter().zip(&states[1].areas[i]);
            both.map(|(before, after)| (outline.scope, *before, *after)).collect::<Vec<_>>()
        };
        let mut verdicts: Vec<_> = self.layout.outlines.iter().enumerate().flat_map(of_family).collect();
        verdicts.sort_by_key(|(scope, ..)| *scope);
        verdicts
    }
}

impl View<'_> {
    fn may_differ(&self, other: &View<'_>, area: u32) -> bool {
        let at = area as usize;
        let thinner = self.thickness.iter().zip(&other.thickness).any(|(a, b)| a[at] != b[at]);
        thinner || self.leaked[at] != other.leaked[at]
    }
}

/// The zones from which one comes unseen, before or after, to a side of an entrance that is touched.
struct Near(Vec<bool>);

impl Near {
    fn of(cordon: &Cordon, questions: [&Question<'_>; 2], sides: &[u32]) -> Near {
        let net = &cordon.net;
        let mut near = vec![false; net.zones];
        for question in questions {
            let components = cordon.zones.joined_by(question.guards, Bound::Worst);
            let mut reached = vec![false; net.zones];
            sides.iter().for_each(|node| reached[components.of(net.zone[*node as usize]) as usize] = true);
            let zones = (0_u32..).zip(&mut near);
            zones.for_each(|(zone, near)| *near |= reached[components.of(zone) as usize]);
        }
        Near(near)
    }

    fn holds(&self, zone: u32) -> bool {
        self.0.get(zone as usize) == Some(&true)
    }
}
