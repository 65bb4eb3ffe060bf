//! Which cameras to buy or to mend next, so that most entrances are watched (coverage.md §6).
//!
//! Candidates are cameras that might stand at a site and look in one of 24 directions, and repairs of what is down; what
//! each would watch is what the judgement would say of it ([`crate::coverage::view`]), so that plan and judgement cannot
//! disagree. Day and night are two elements of an entrance. It closes gaps of coverage only: what closes a leak is a cut,
//! and its sites are those of a [`super::Seal`].

mod cover;
mod dual;
mod greedy;
mod needs;
mod repairs;
mod sites;
mod solve;

#[cfg(test)]
mod tests;

pub use cover::{Candidate, Cover, Limit, Pick};
pub use needs::Need;
pub use sites::{Beside, Spot};
pub use solve::{Proof, Solved};

use crate::coverage::{self, Level, Standing, Watch};
use crate::model::{CameraIx, EntranceIx, NodeIx};
use crate::registry::{NightLight, Registry, SiteKind, Topology};

use super::Component;
use needs::Needs;

/// The camera that would be bought.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Model {
    /// Horizontal field of view, degrees; 1 to below 180.
    pub hfov: f64,
    /// Picture width, pixels; 1 to 100 000.
    pub width_px: u32,
    /// How far it sees by day, metres; 1 to 2 000.
    pub range_m: f64,
    /// Its light by night.
    pub night: NightLight,
    /// How far that light reaches, metres; 1 to 2 000.
    pub night_range_m: f64,
}

impl Default for Model {
    /// A common dome of four megapixels with a lens of 4 mm: it detects to 57 m, and its infrared light of 50 m reaches
    /// 35 m (data sheets promise more than is seen: 0.7 times, coverage.md §10).
    fn default() -> Model {
        Model { hfov: 84.0, width_px: 2_560, range_m: 55.0, night: NightLight::Ir, night_range_m: 35.0 }
    }
}

/// What things cost, in one unit of the town's own; 0 to 1e12.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Costs {
    /// A camera on a pole that stands.
    pub pole: f64,
    /// A camera on a street lamp.
    pub lamp: f64,
    /// A camera on a new pole.
    pub new: f64,
    /// A repair.
    pub repair: f64,
}

impl Costs {
    /// The classes of coverage.md §6.1; a repair is half of the cheapest purchase.
    pub const CLASSES: Costs = Costs { pole: 1.0, lamp: 2.0, new: 3.0, repair: 0.5 };

    const fn of(&self, kind: SiteKind) -> f64 {
        match kind {
            SiteKind::Pole => self.pole,
            SiteKind::Lamp => self.lamp,
            SiteKind::New => self.new,
        }
    }
}

/// What is wanted; what is out of range must have been refused.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Wishes {
    /// How many, or for how much.
    pub limit: Limit,
    /// Whether entrances are to have as many cameras as their target, and not only those they require.
    pub to_target: bool,
    /// Whether an entrance of priority 1 counts five times as much as one of priority 5.
    pub by_priority: bool,
    /// The camera that would be bought.
    pub model: Model,
    /// What things cost where sites.csv does not say.
    pub costs: Costs,
}

/// How things stand at the moment of the question.
#[derive(Clone, Copy)]
pub struct Grounds<'a> {
    /// What exists.
    pub registry: &'a Registry,
    /// The graph.
    pub topology: &'a Topology,
    /// Who watches what.
    pub watch: &'a Watch,
    /// How finely entrances must be seen.
    pub density: &'a coverage::Policy,
    /// Which cameras count: planned ones too, installed ones, or installed ones that are not dead.
    pub level: Level,
    /// How a camera stands towards what it watches; one of which nothing is known counts.
    pub standing: &'a dyn Fn(CameraIx) -> Standing,
    /// The node that is to blame for a camera that is down.
    pub blamed: &'a dyn Fn(CameraIx) -> Option<NodeIx>,
    /// Whether a node is down by itself.
    pub broken: &'a dyn Fn(NodeIx) -> bool,
}

/// What may be done.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Choice {
    /// A camera at a spot, by number, that looks so many degrees clockwise from true north.
    Buy {
        /// Where.
        spot: usize,
        /// Degrees.
        azimuth: f64,
    },
    /// A repair.
    Mend(Component),
}

/// The question, with all that may be done.
#[derive(Clone, PartialEq, Debug)]
pub struct Placing {
    /// What gains most: its candidates are `choices`, its elements `needs`.
    pub cover: Cover,
    /// By candidate: what it is. Repairs first, then purchases by spot and azimuth.
    pub choices: Vec<Choice>,
    /// Where cameras may stand.
    pub spots: Vec<Spot>,
    /// By element: which entrance lacks cameras, and when.
    pub needs: Vec<Need>,
}

/// Why there is nothing to choose from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unplaced {
    /// It was to be stopped before all candidates were known.
    #[error("stopped before all candidates were known")]
    Stopped,
    /// Candidates watch millions of entrances together.
    #[error("cameras that see so far see too many entrances")]
    TooMuch,
}

/// What is to be done, in order.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// What.
    pub choice: Choice,
    /// What it costs.
    pub cost: f64,
    /// What it is worth beside the steps before it.
    pub gain: u64,
    /// Entrances that get by day a watcher that they lack, by slot.
    pub day: Vec<EntranceIx>,
    /// The same by night.
    pub night: Vec<EntranceIx>,
}

impl Placing {
    /// Everything that may be done, and what it would gain. Costs a look at the neighbourhood of each site in each of 24
    /// directions, and goes on while `keep_going` says so.
    ///
    /// # Errors
    /// When it was stopped, or there is too much to choose from.
    pub fn of(
        grounds: &Grounds<'_>,
        wishes: &Wishes,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<Placing, Unplaced> {
        let needs = Needs::of(grounds, wishes);
        let spots = sites::spots(grounds, &needs, &wishes.costs);
        let mut found = repairs::repairs(grounds, &needs, wishes.costs.repair);
        found.extend(sites::purchases(grounds, &needs, &spots, &wishes.model, keep_going)?);
        let (choices, candidates) = found.into_iter().unzip();
        let cover = Cover { elements: needs.weights(), candidates, limit: wishes.limit };
        Ok(Placing { cover, choices, spots, needs: needs.all })
    }

    /// A choice step by step.
    #[must_use]
    pub fn steps(&self, picks: &[Pick]) -> Vec<Step> {
        let mut times = vec![0_u32; self.needs.len()];
        picks.iter().filter_map(|pick| self.step(pick, &mut times)).collect()
    }

    fn step(&self, pick: &Pick, times: &mut [u32]) -> Option<Step> {
        let (choice, candidate) = (self.choices.get(pick.candidate)?, self.cover.candidates.get(pick.candidate)?);
        let (mut day, mut night) = (Vec::new(), Vec::new());
        for element in candidate.covers.iter().map(|e| *e as usize) {
            let need = self.needs.get(element)?;
            if times[element] < need.lacks {
                (if need.night { &mut night } else { &mut day }).push(need.entrance);
            }
            times[element] += 1;
        }
        day.dedup();
        night.dedup();
        Some(Step { choice: *choice, cost: candidate.cost, gain: pick.gain, day, night })
    }

    /// How many entrances still lack cameras after these picks, by day and by night.
    #[must_use]
    pub fn lacking(&self, picks: &[Pick]) -> (usize, usize) {
        let mut times = vec![0_u32; self.needs.len()];
        let taken = picks.iter().filter_map(|p| self.cover.candidates.get(p.candidate));
        taken.flat_map(|c| &c.covers).for_each(|e| times[*e as usize] += 1);
        let lack = |night: bool| {
            let needs = self.needs.iter().zip(&times);
            needs.filter(|(need, times)| need.night == night && need.lacks > **times).count()
        };
        (lack(false), lack(true))
    }
}
