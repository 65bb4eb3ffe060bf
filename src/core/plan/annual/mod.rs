//! What losing a component costs in a year of the long run: expected hours in which an entrance is lost, and whose failures
//! they are.
//!
//! Each component is down for a share q of the time, by itself and apart from all others ([`Rates`] measures it). What it
//! says is what a planner compares places for the next camera by; it foretells no storm, in which everything fails at once.

mod chance;
mod quantile;
mod rates;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use rates::{Estimate, Interval, Prior, Rates, Record, Ticket};

use super::Component;
use crate::coverage::{Verdict, Watch, Watcher};
use crate::model::{CameraIx, EntranceIx};
use crate::registry::{Life, Topology};

/// Hours of a year of 365 days.
pub const HOURS_A_YEAR: f64 = 8_760.0;

/// What a year is reckoned from.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The graph.
    pub topology: &'a Topology,
    /// Who watches what.
    pub watch: &'a Watch,
    /// Whether it is judged by night, all year.
    pub night: bool,
    /// Live cameras that an entrance needs; `None` where it is not judged.
    pub required: &'a dyn Fn(EntranceIx) -> Option<u32>,
    /// Whether a watcher is off duty; it counts as if it were not there.
    pub rests: &'a dyn Fn(&Watcher) -> bool,
    /// The share of the time in which a component is down by itself, 0 to 1. Not asked of groups, which never fail.
    pub down: &'a dyn Fn(Component) -> f64,
}

/// The share of the time in which an entrance is lost.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Share {
    /// It, 0 to 1; exact but for rounding.
    Exact(f64),
    /// It lies between these: more ways part and meet above its cameras than are gone through one by one.
    Between(f64, f64),
}

/// A component in a year.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ComponentYear {
    /// Which.
    pub component: Component,
    /// The Birnbaum importance, added up over entrances: entrances that are lost more, on average, while it is down than
    /// while it works.
    pub birnbaum: f64,
    /// Entrance-hours a year that are lost with it and would not be if it never failed. What two failures do together
    /// is in both, so these do not add up to what entrances lose.
    pub hours: f64,
    /// Entrances that it can help to lose.
    pub entrances: u32,
}

/// A year.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Annual {
    /// Components that can help to lose an entrance: most hours first, then by importance, then cameras before nodes, by
    /// slot. What only entrances of which bounds alone are known hang on is not among them.
    pub components: Vec<ComponentYear>,
    /// Judged entrances that enough cameras are installed for, in the order of slots.
    pub entrances: Vec<(EntranceIx, Share)>,
    /// Judged entrances that too few are installed for: gaps of the plan, which no failure makes.
    pub unwatched: Vec<EntranceIx>,
}

impl Share {
    /// At least and at most.
    #[must_use]
    pub const fn bounds(self) -> (f64, f64) {
        match self {
            Share::Exact(u) => (u, u),
            Share::Between(least, most) => (least, most),
        }
    }
}

/// What a year costs. Cost: for each entrance some thousand steps at most, mostly a few dozen.
#[must_use]
pub fn annual(ground: &Ground<'_>) -> Annual {
    let mut year = Annual::default();
    let mut sums: BTreeMap<Component, (f64, u32)> = BTreeMap::new();
    for entrance in (0..ground.topology.entrances.len()).map(EntranceIx::from) {
        let Some(required) = (ground.required)(entrance) else { continue };
        let required = usize::try_from(required.max(1)).unwrap_or(usize::MAX);
        let watchers = ground.watchers(entrance);
        if watchers.len() < required {
            year.unwatched.push(entrance);
            continue;
        }
        let (share, importance) = chance::of(ground.topology, &watchers, required, ground.down);
        year.entrances.push((entrance, share));
        for (component, birnbaum) in importance {
            let (sum, entrances) = sums.entry(component).or_default();
            *sum += birnbaum;
            *entrances += 1;
        }
    }
    year.components = sums.into_iter().map(|(component, sum)| ground.year(component, sum)).collect();
    year.components.sort_by(|a, b| {
        let worst = b.hours.total_cmp(&a.hours).then_with(|| b.birnbaum.total_cmp(&a.birnbaum));
        worst.then_with(|| a.component.cmp(&b.component))
    });
    year
}

impl Ground<'_> {
    fn year(&self, component: Component, (birnbaum, entrances): (f64, u32)) -> ComponentYear {
        let hours = HOURS_A_YEAR * (self.down)(component) * birnbaum;
        ComponentYear { component, birnbaum, hours, entrances }
    }

    /// The installed cameras that surely watch an entrance and are on duty, each once, whatever their health now.
    fn watchers(&self, entrance: EntranceIx) -> Vec<CameraIx> {
        let life = |c: CameraIx| self.topology.cameras.get(c.at()).and_then(|slot| slot.life);
        let all = self.watch.of_entrance.get(entrance.at()).map_or(&[][..], Vec::as_slice);
        let sure = all.iter().filter(|w| w.verdict(self.night) == Verdict::Yes && !(self.rests)(w));
        let mut cameras: Vec<CameraIx> =
            sure.map(|w| w.camera).filter(|c| life(*c).is_some_and(Life::is_installed)).collect();
        cameras.sort_unstable();
        cameras.dedup();
        cameras
    }
}
