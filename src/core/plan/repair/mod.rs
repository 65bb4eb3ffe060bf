//! In which order one tech mends what is down, so that entrances are watched again soonest.
//!
//! What is minimised are the entrance-minutes of a shift: every lost entrance counts for each minute until it is
//! watched again, and to the end of the shift if it is not. An entrance comes back only when all that keeps enough of
//! its cameras dead is mended: a switch and the camera behind it are two stops and one gain, so single stops are not
//! added up. Up to fifteen stops the best order is found; beyond, a good one. Either way a bound is told that no
//! order can be below.

mod bound;
mod exact;
mod families;
mod greedy;
mod jobs;
mod tour;

#[cfg(test)]
pub(super) mod tests;

pub use jobs::Outages;

use crate::model::{EntranceIx, Span, Time};
use crate::registry::LonLat;

use super::Component;
use jobs::Jobs;
use tour::{Tour, Town};

/// Stops up to which every order is weighed.
const EXACT: usize = 15;

/// What the work costs: assumptions of the town, until roads are read and tickets are closed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Effort {
    /// How long the tech works, from leaving the post; 10 minutes to 24 hours.
    pub shift: Span,
    /// How fast the tech travels, km/h; 1 to 120.
    pub speed_kmh: f64,
    /// Metres of road for each metre as the crow flies; 1 to 5.
    pub detour: f64,
    /// On site at a camera; 1 minute to 8 hours.
    pub camera: Span,
    /// On site at a node; 1 minute to 8 hours.
    pub node: Span,
}

impl Default for Effort {
    /// 30 km/h lies between 40 of a paved road and 20 of a village street; roads of the plain are 1.4 times as long as
    /// the way of the crow.
    fn default() -> Effort {
        Effort {
            shift: Span::hours(4),
            speed_kmh: 30.0,
            detour: 1.4,
            camera: Span::minutes(30),
            node: Span::minutes(45),
        }
    }
}

/// Which part of an effort is out of range.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EffortFault {
    /// The shift.
    #[error("a shift is 10m to 24h long")]
    Shift,
    /// The speed.
    #[error("a speed is 1 to 120 km/h")]
    Speed,
    /// The detour.
    #[error("a detour is 1 to 5 metres of road for each as the crow flies")]
    Detour,
    /// The time on site at a camera.
    #[error("work on a camera takes 1m to 8h")]
    Camera,
    /// The time on site at a node.
    #[error("work on a node takes 1m to 8h")]
    Node,
}

impl EffortFault {
    /// The word of the part: as a parameter, and as an option of the command line.
    #[must_use]
    pub const fn part(self) -> &'static str {
        match self {
            EffortFault::Shift => "shift",
            EffortFault::Speed => "speed_kmh",
            EffortFault::Detour => "detour",
            EffortFault::Camera => "work_camera",
            EffortFault::Node => "work_node",
        }
    }
}

impl Effort {
    /// Whether all of it is in range.
    ///
    /// # Errors
    /// The first part that is not.
    pub fn check(&self) -> Result<(), EffortFault> {
        let work = Span::minutes(1)..=Span::hours(8);
        let parts = [
            ((Span::minutes(10)..=Span::hours(24)).contains(&self.shift), EffortFault::Shift),
            ((1.0..=120.0).contains(&self.speed_kmh), EffortFault::Speed),
            ((1.0..=5.0).contains(&self.detour), EffortFault::Detour),
            (work.contains(&self.camera), EffortFault::Camera),
            (work.contains(&self.node), EffortFault::Node),
        ];
        parts.iter().find(|(fine, _)| !fine).map_or(Ok(()), |(_, fault)| Err(*fault))
    }
}

/// One stop of the tour.
#[derive(Clone, PartialEq, Debug)]
pub struct Stop {
    /// What is mended.
    pub component: Component,
    /// Since when it is down.
    pub since: Time,
    /// Where.
    pub at: LonLat,
    /// Whether that is a guess, because the registry does not say where it stands.
    pub guessed: bool,
    /// Metres of road to it, by the detour.
    pub metres: f64,
    /// On the way to it.
    pub travel: Span,
    /// On site.
    pub work: Span,
    /// From leaving the post until it is mended.
    pub done: Span,
    /// Entrances that stop being lost with it.
    pub restores: Vec<EntranceIx>,
    /// Entrances that are still lost then.
    pub lost_after: usize,
    /// Entrance-time lost on the way and on site.
    pub lost: Span,
}

/// The tour, and how good it is.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RepairOrder {
    /// The stops, in their order; only those that are done within the shift.
    pub stops: Vec<Stop>,
    /// Entrances that are lost when the tech leaves.
    pub lost: usize,
    /// Entrances that are lost still at the end of the shift.
    pub remains: Vec<EntranceIx>,
    /// Entrance-time lost within the shift, by this order.
    pub entrance_time: Span,
    /// The same if nothing is mended.
    pub unmended: Span,
    /// No order loses less than this.
    pub bound: Span,
    /// Whether no order loses less than this one.
    pub exact: bool,
    /// Things that are down and whose repair would help to bring an entrance back.
    pub jobs: usize,
    /// Things that are down, and no entrance is lost for them.
    pub idle: usize,
    /// Things that are down, and nothing says where they are: no tour goes there.
    pub unplaced: Vec<Component>,
}

/// The best order that is found for one tech who leaves a post now. `effort` must be checked.
#[must_use]
pub fn repair_order(outages: &Outages<'_>, post: LonLat, effort: &Effort) -> RepairOrder {
    let jobs = Jobs::find(outages);
    let town = Town::new(&jobs, post, effort);
    let good = greedy::tour(&town);
    let best = (town.len() <= EXACT).then(|| exact::tour(&town, &good)).flatten();
    let exact = best.is_some() && !jobs.groups.iter().any(|g| g.cut);
    let tour = town.trimmed(best.unwrap_or(good));
    let (stops, remains) = stops(&jobs, &town, &tour);
    let in_ms = |entrance_seconds: u64| Span::seconds(i64::try_from(entrance_seconds).unwrap_or(i64::MAX / 1_000));
    RepairOrder {
        stops,
        lost: town.lost(),
        remains,
        entrance_time: in_ms(town.cost(&tour).lost),
        unmended: in_ms(town.cost(&Tour::new()).lost),
        bound: in_ms(bound::least(&town)),
        exact,
        jobs: town.len(),
        idle: jobs.idle,
        unplaced: jobs.unplaced,
    }
}

/// The tour told stop by stop, and what is lost behind it.
fn stops(jobs: &Jobs, town: &Town<'_>, tour: &[usize]) -> (Vec<Stop>, Vec<EntranceIx>) {
    let (mut stops, mut done, mut before, mut at) = (Vec::new(), 0, town.lost(), town.post());
    let mut walk = town.walk();
    for job in tour {
        let (travel, work) = (town.leg(at, *job), town.work(*job));
        let mended = &jobs.jobs[*job];
        let mut restores: Vec<EntranceIx> =
            walk.mend(*job).into_iter().flat_map(|g| jobs.groups[g].entrances.iter().copied()).collect();
        restores.sort_unstable();
        done += travel + work;
        stops.push(Stop {
            component: mended.component,
            since: mended.since,
            at: mended.at,
            guessed: mended.guessed,
            metres: town.metres(at, *job),
            travel: Span::seconds(travel.into()),
            work: Span::seconds(work.into()),
            done: Span::seconds(done.into()),
            lost_after: before - restores.len(),
            lost: Span::seconds(i64::from(travel + work) * i64::try_from(before).unwrap_or(i64::MAX)),
            restores,
        });
        before -= stops.last().map_or(0, |s| s.restores.len());
        at = *job;
    }
    let waiting = walk.waiting().flat_map(|g| jobs.groups[g].entrances.iter().copied());
    let mut remains: Vec<EntranceIx> = waiting.chain(jobs.stuck.iter().copied()).collect();
    remains.sort_unstable();
    (stops, remains)
}
