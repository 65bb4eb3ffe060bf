//! The order of repairs, against every order there is.

mod finding;
mod solver;

use super::jobs::{Group, Job, Jobs};
use super::tour::{Cost, Tour, Town};
use super::{Component, Effort, bound, exact, greedy};
use crate::model::{CameraIx, EntranceIx, Span, Time};
use crate::registry::LonLat;

/// The post of every made-up town.
pub(super) const POST: LonLat = LonLat { lon: 114.3, lat: 30.6 };

/// Numbers from a seed (SplitMix64, Steele, Lea, Flood 2014), so that a failure names its town.
pub(in crate::plan) struct Dice(pub(in crate::plan) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub(in crate::plan) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// Somewhere within some 7 km of the post.
    pub(super) fn place(&mut self) -> LonLat {
        let mut degrees = || (self.below(1_001) as f64 - 500.0) / 10_000.0;
        LonLat { lon: POST.lon + degrees(), lat: POST.lat + degrees() }
    }
}

/// Jobs without a town around them: so many, with entrances that wait for one to three of them, some in two ways.
pub(super) fn jobs(seed: u64, n: usize) -> Jobs {
    let mut dice = Dice(seed);
    let job = |i: usize, at: LonLat| Job {
        component: Component::Camera(CameraIx::from(i)),
        since: Time(i64::try_from(i).unwrap()),
        at,
        guessed: false,
    };
    let all: Vec<Job> = (0..n).map(|i| job(i, dice.place())).collect();
    let mut groups = Vec::new();
    for g in 0..n + n / 2 {
        // Each job stands in some bundle: the solver is given no others.
        let first = if g < n { g } else { dice.below(n) };
        let mut bundles: Vec<Vec<usize>> = vec![vec![first]];
        let more = [0, 0, 0, 1, 1, 2][dice.below(6)];
        (0..more).for_each(|_| bundles[0].push(dice.below(n)));
        if dice.below(4) == 0 {
            bundles.push(vec![dice.below(n), dice.below(n)]);
        }
        for bundle in &mut bundles {
            bundle.sort_unstable();
            bundle.dedup();
        }
        let entrances = vec![EntranceIx::from(g); 1 + dice.below(4)];
        groups.push(Group { entrances, bundles, cut: false });
    }
    let stuck = vec![EntranceIx::from(999); dice.below(2)];
    Jobs { jobs: all, groups, stuck, ..Jobs::default() }
}

/// A shift of some length between a job or two and all of them.
pub(super) fn effort(seed: u64) -> Effort {
    let hours = [1, 2, 3, 4, 6, 12][Dice(seed ^ 0x5eed).below(6)];
    Effort { shift: Span::hours(hours), ..Effort::default() }
}

/// The best of every order of every choice of jobs: least lost, then shortest, then first.
pub(super) fn by_brute_force(town: &Town<'_>) -> (Cost, Tour) {
    let mut best = (town.cost(&Tour::new()), Tour::new());
    let mut tour = Tour::new();
    deeper(town, &mut tour, &mut best);
    best
}

fn deeper(town: &Town<'_>, tour: &mut Tour, best: &mut (Cost, Tour)) {
    for job in (0..town.len()).filter(|job| !tour.contains(job)).collect::<Vec<_>>() {
        tour.push(job);
        let cost = town.cost(tour);
        if (cost, &*tour) < (best.0, &best.1) {
            *best = (cost, tour.clone());
        }
        deeper(town, tour, best);
        tour.pop();
    }
}
