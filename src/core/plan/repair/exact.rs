//! The best tour of up to fifteen jobs, by dynamic programming over what is done and where the tech stands.
//!
//! Within a shift the sum of entrance-minutes alone does not tell which of two ways to the same place is better: who is
//! later may have lost less. So each state keeps the ways of which none is better than another in both, and leaves out
//! those that a bound, or another way, beats whatever comes after.

use super::EXACT;
use super::bound::lengths;
use super::tour::{Cost, Tour, Town};

/// Ways that are kept at most, 24 bytes each; beyond, no answer is given rather than a late one.
const WAYS: usize = 2_000_000;
/// No way comes before a first stop.
const NONE: u32 = u32::MAX;

/// The best tour, or nothing where that would take too long. Of equals the shorter, then the one whose first stops come
/// first in the order of the jobs.
pub(super) fn tour(town: &Town<'_>, good: &Tour) -> Option<Tour> {
    let n = town.len();
    if n > EXACT {
        return None;
    }
    let mut search = Search::new(town, town.cost(good).lost);
    for done in 1..1_usize << n {
        let open = search.open(done);
        for last in members(done, n) {
            search.reach(done, last, &open)?;
        }
    }
    Some(search.best.map(|way| search.tour(way)).unwrap_or_default())
}

/// One way to have done some jobs.
#[derive(Clone, Copy, Debug)]
struct Way {
    /// Entrance-seconds: of each entrance that is back, when it came back.
    paid: u64,
    /// When its last job was done, seconds.
    end: u32,
    /// The way before its last job.
    before: u32,
    job: u8,
}

struct Search<'a> {
    town: &'a Town<'a>,
    /// By jobs done: entrances that are lost still and could come back.
    lost: Vec<u64>,
    /// By jobs done: the jobs that could still help.
    helps: Vec<usize>,
    /// By where one comes from (the post last) and goes to: on the way and on site, seconds.
    takes: Vec<Vec<u32>>,
    /// The least time that each job takes.
    least: Vec<u32>,
    /// Each group's weight and bundles, as sets of jobs.
    groups: Vec<(u64, Vec<usize>)>,
    ways: Vec<Way>,
    /// By jobs done and the last of them: where its ways stand in `ways`.
    of: Vec<std::ops::Range<usize>>,
    /// Entrance-seconds of the best tour known.
    bar: u64,
    best: Option<Way>,
}

fn members(set: usize, n: usize) -> impl Iterator<Item = usize> {
    (0..n).filter(move |job| set >> job & 1 == 1)
}

impl<'a> Search<'a> {
    fn new(town: &'a Town<'a>, known: u64) -> Search<'a> {
        let n = town.len();
        let set = |bundle: &Vec<usize>| bundle.iter().fold(0, |set, job| set | 1 << job);
        let weight = |entrances: usize| u64::try_from(entrances).unwrap_or(u64::MAX);
        let groups: Vec<(u64, Vec<usize>)> =
            town.groups().iter().map(|g| (weight(g.entrances.len()), g.bundles.iter().map(set).collect())).collect();
        let waiting = |done: usize| groups.iter().filter(move |(_, sets)| sets.iter().all(|set| set & !done != 0));
        let lost = (0..1 << n).map(|done| waiting(done).map(|(w, _)| w).sum()).collect();
        let helps =
            (0..1 << n).map(|done| waiting(done).flat_map(|(_, sets)| sets).fold(0, |all, set| all | set & !done));
        let takes = (0..=n).map(|from| (0..n).map(|to| town.leg(from, to) + town.work(to)).collect()).collect();
        let stuck = weight(town.lost()) - groups.iter().map(|(w, _)| w).sum::<u64>();
        Search {
            town,
            lost,
            helps: helps.collect(),
            takes,
            least: lengths(town),
            ways: Vec::new(),
            of: vec![0..0; (1 << n) * n],
            bar: known - stuck * u64::from(town.shift()),
            best: None,
            groups,
        }
    }

    /// The ways that end with a job, out of those that had not done it; `None`: too many.
    fn reach(&mut self, done: usize, last: usize, open: &[(u32, u64)]) -> Option<()> {
        let before = done & !(1 << last);
        // A stop that cannot help any more only delays the others.
        if self.helps[before] >> last & 1 == 0 {
            return Some(());
        }
        let mut found = self.extended(before, last, self.lost[before] - self.lost[done]);
        found.sort_by(|a, b| (a.end, a.paid).cmp(&(b.end, b.paid)).then_with(|| self.tour(*a).cmp(&self.tour(*b))));
        self.leave_out(done, &mut found, open);
        let from = self.ways.len();
        self.of[done * self.town.len() + last] = from..from + found.len();
        found.iter().for_each(|way| self.weigh(done, *way));
        self.ways.append(&mut found);
        (self.ways.len() <= WAYS).then_some(())
    }

    fn extended(&self, before: usize, last: usize, back: u64) -> Vec<Way> {
        let n = self.town.len();
        let job = u8::try_from(last).unwrap_or(u8::MAX);
        let mut found = Vec::new();
        let mut push = |end: u32, paid: u64, before: u32| {
            if end <= self.town.shift() {
                found.push(Way { paid: paid + back * u64::from(end), end, before, job });
            }
        };
        if before == 0 {
            push(self.takes[n][last], 0, NONE);
        }
        for at in members(before, n) {
            let range = self.of[before * n + at].clone();
            for (i, way) in range.clone().zip(&self.ways[range]) {
                push(way.end + self.takes[at][last], way.paid, u32::try_from(i).unwrap_or(NONE));
            }
        }
        found
    }

    /// Leaves out ways that cannot become the best, of some that stand by their ends.
    fn leave_out(&self, done: usize, ways: &mut Vec<Way>, open: &[(u32, u64)]) {
        let mut paid = None;
        ways.retain(|way| {
            let better = paid.is_none_or(|p| way.paid < p);
            paid = if better { Some(way.paid) } else { paid };
            better
        });
        // Who is later loses at most what is lost still for each second: a later way that has paid so much less wins.
        let lost = self.lost[done];
        let mut later = u64::MAX;
        let mut kept: Vec<Way> = Vec::with_capacity(ways.len());
        for way in ways.iter().rev() {
            let at_most = way.paid + lost * u64::from(way.end);
            if at_most <= later && self.hoped(done, way, open) <= self.bar {
                kept.push(*way);
            }
            later = later.min(at_most);
        }
        kept.reverse();
        *ways = kept;
    }

    /// The entrances that are lost still, by the least time in which they could come back.
    fn open(&self, done: usize) -> Vec<(u32, u64)> {
        let time = |set: &usize| members(set & !done, self.town.len()).map(|job| self.least[job]).sum::<u32>();
        let waiting = self.groups.iter().filter(|(_, sets)| sets.iter().all(|set| set & !done != 0));
        waiting.map(|(w, sets)| (sets.iter().map(time).min().unwrap_or(0), *w)).collect()
    }

    /// What a way loses at least, whatever comes after it.
    fn hoped(&self, done: usize, way: &Way, open: &[(u32, u64)]) -> u64 {
        let rest = self.town.shift() - way.end;
        let gain: u64 = open.iter().map(|(least, w)| u64::from(rest.saturating_sub(*least)) * w).sum();
        (self.lost[done] * u64::from(self.town.shift()) + way.paid).saturating_sub(gain)
    }

    /// Whether it is the best tour, if it ends here.
    fn weigh(&mut self, done: usize, way: Way) {
        let lost = self.lost[done] * u64::from(self.town.shift()) + way.paid;
        let none = Cost { lost: self.lost[0] * u64::from(self.town.shift()), end: 0 };
        let known = self.best.map_or(none, |best| Cost { lost: self.bar, end: best.end });
        let cost = Cost { lost, end: way.end };
        let first = || self.best.is_some_and(|best| self.tour(way) < self.tour(best));
        if cost < known && lost <= self.bar || cost == known && first() {
            (self.bar, self.best) = (lost, Some(way));
        }
    }

    fn tour(&self, way: Way) -> Tour {
        let before = |way: &Way| self.ways.get(usize::try_from(way.before).ok()?).copied();
        let mut tour: Tour = std::iter::successors(Some(way), before).map(|way| usize::from(way.job)).collect();
        tour.reverse();
        tour
    }
}
