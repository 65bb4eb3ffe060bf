//! A good tour for any number of jobs: bundle by bundle by what a second gains, then bettered on what it really loses
//! until nothing small betters it.

use super::tour::{Cost, Tour, Town, Walk};

/// Tours that are weighed at most while one is bettered: a storm of a thousand faults must be answered within a second.
const WEIGHED: u32 = 20_000;
/// Stops that are moved together at most (or-opt).
const TOGETHER: usize = 3;

/// A tour that is good; often the best.
pub(super) fn tour(town: &Town<'_>) -> Tour {
    Search { town, walk: town.walk(), weighed: 0 }.bettered(first(town))
}

/// By greed: again and again the bundle that gains most a second, as long as one is done within the shift.
pub(super) fn first(town: &Town<'_>) -> Tour {
    let (mut tour, mut walk, mut end) = (Tour::new(), town.walk(), 0);
    let mut done = vec![false; town.len()];
    loop {
        let at = tour.last().copied().unwrap_or(town.post());
        let waiting: Vec<usize> = walk.waiting().collect();
        let bundles = waiting.iter().flat_map(|g| &town.groups()[*g].bundles);
        let mut best: Option<(u64, u32, Vec<usize>)> = None;
        for bundle in bundles {
            let (stops, takes) = nearest_first(town, at, bundle.iter().copied().filter(|job| !done[*job]));
            if takes > town.shift() - end {
                continue;
            }
            let gain = gain(town, &mut walk, &stops);
            // gain / takes, without a fraction; the first of equals.
            let more = |(g, t, _): &(u64, u32, _)| gain * u64::from(*t) > *g * u64::from(takes);
            if best.as_ref().is_none_or(more) {
                best = Some((gain, takes, stops));
            }
        }
        let Some((_, takes, stops)) = best else { return tour };
        for job in stops {
            walk.mend(job);
            done[job] = true;
            tour.push(job);
        }
        end += takes;
    }
}

/// Some stops, each time the nearest of those that are left, and how long they take.
fn nearest_first(town: &Town<'_>, mut at: usize, of: impl Iterator<Item = usize>) -> (Tour, u32) {
    let (mut left, mut stops, mut takes): (Vec<usize>, _, _) = (of.collect(), Tour::new(), 0);
    while let Some((i, leg)) = left.iter().map(|job| town.leg(at, *job)).enumerate().min_by_key(|(_, leg)| *leg) {
        at = left.remove(i);
        takes += leg + town.work(at);
        stops.push(at);
    }
    (stops, takes)
}

/// Entrances that come back with these stops.
fn gain(town: &Town<'_>, walk: &mut Walk<'_>, stops: &[usize]) -> u64 {
    let back: Vec<usize> = stops.iter().flat_map(|job| walk.mend(*job)).collect();
    stops.iter().for_each(|job| walk.undo(*job));
    back.into_iter().map(|g| u64::try_from(town.groups()[g].entrances.len()).unwrap_or(u64::MAX)).sum()
}

struct Search<'a> {
    town: &'a Town<'a>,
    walk: Walk<'a>,
    weighed: u32,
}

impl Search<'_> {
    fn bettered(&mut self, mut tour: Tour) -> Tour {
        let mut cost = self.town.cost(&tour);
        while let Some(better) = self.better(&tour, cost) {
            // What does not fit any more makes room for what is tried next.
            tour = self.town.trimmed(better);
            cost = self.town.cost(&tour);
        }
        tour
    }

    /// The first small change that betters a tour.
    fn better(&mut self, tour: &Tour, cost: Cost) -> Option<Tour> {
        self.moved(tour, cost).or_else(|| self.turned(tour, cost)).or_else(|| self.with_another(tour, cost))
    }

    fn is_better(&mut self, tour: &Tour, than: Cost) -> bool {
        self.weighed += 1;
        self.weighed <= WEIGHED && self.town.cost_by(&mut self.walk, tour) < than
    }

    /// Or-opt: a few stops that follow each other, moved elsewhere.
    fn moved(&mut self, tour: &Tour, cost: Cost) -> Option<Tour> {
        for (together, from) in
            (1..=TOGETHER).flat_map(|n| (0..(tour.len() + 1).saturating_sub(n)).map(move |i| (n, i)))
        {
            let mut rest = tour.clone();
            let some: Vec<usize> = rest.drain(from..from + together).collect();
            for to in (0..=rest.len()).filter(|to| *to != from) {
                let mut changed = rest.clone();
                changed.splice(to..to, some.iter().copied());
                if self.is_better(&changed, cost) {
                    return Some(changed);
                }
            }
        }
        None
    }

    /// 2-opt: a stretch of the tour, walked the other way round.
    fn turned(&mut self, tour: &Tour, cost: Cost) -> Option<Tour> {
        for (from, to) in (0..tour.len()).flat_map(|i| (i + 2..=tour.len()).map(move |k| (i, k))) {
            let mut changed = tour.clone();
            changed[from..to].reverse();
            if self.is_better(&changed, cost) {
                return Some(changed);
            }
        }
        None
    }

    /// A bundle that the tour leaves out, put in somewhere; what is pushed beyond the shift falls out.
    fn with_another(&mut self, tour: &Tour, cost: Cost) -> Option<Tour> {
        let town = self.town;
        let mut walk = town.walk();
        tour.iter().for_each(|job| drop(walk.mend(*job)));
        let waiting: Vec<usize> = walk.waiting().collect();
        for bundle in waiting.iter().flat_map(|g| &town.groups()[*g].bundles) {
            for at in 0..=tour.len() {
                let before = at.checked_sub(1).and_then(|i| tour.get(i)).copied().unwrap_or(town.post());
                let (stops, _) = nearest_first(town, before, bundle.iter().copied().filter(|job| !tour.contains(job)));
                let mut changed = tour.clone();
                changed.splice(at..at, stops);
                if self.is_better(&changed, cost) {
                    return Some(changed);
                }
            }
        }
        None
    }
}
