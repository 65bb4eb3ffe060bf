//! A tour, walked: when each stop is done, what it brings back, and what was lost until then. Whole seconds, so that
//! equal is equal.

use geo::{Distance, Haversine, Point};

use crate::model::Span;
use crate::registry::LonLat;

use super::jobs::{Group, Jobs};
use super::{Component, Effort};

/// Jobs in the order in which they are done.
pub(super) type Tour = Vec<usize>;

/// What a tour comes to; less is better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Cost {
    /// Entrance-seconds that are lost within the shift.
    pub(super) lost: u64,
    /// When the last stop is done, seconds: of two tours that lose the same, the shorter.
    pub(super) end: u32,
}

/// The jobs with their times, for one post and one effort.
pub(super) struct Town<'a> {
    jobs: &'a Jobs,
    post: LonLat,
    /// Seconds.
    shift: u32,
    work: Vec<u32>,
    detour: f64,
    seconds_a_metre: f64,
    lost: usize,
    /// Of each job the bundles that it is part of: the group, and the bundle's place in it.
    part_of: Vec<Vec<(usize, usize)>>,
}

impl<'a> Town<'a> {
    pub(super) fn new(jobs: &'a Jobs, post: LonLat, effort: &Effort) -> Town<'a> {
        let seconds = |span: Span| u32::try_from(span.as_millis() / 1_000).unwrap_or(0);
        let work = jobs.jobs.iter().map(|job| match job.component {
            Component::Camera(_) => seconds(effort.camera),
            Component::Node(_) => seconds(effort.node),
        });
        let mut part_of = vec![Vec::new(); jobs.jobs.len()];
        for (g, group) in jobs.groups.iter().enumerate() {
            for (b, bundle) in group.bundles.iter().enumerate() {
                bundle.iter().for_each(|job| part_of[*job].push((g, b)));
            }
        }
        Town {
            jobs,
            post,
            shift: seconds(effort.shift),
            work: work.collect(),
            detour: effort.detour,
            seconds_a_metre: 3.6 / effort.speed_kmh,
            lost: jobs.groups.iter().map(|g| g.entrances.len()).sum::<usize>() + jobs.stuck.len(),
            part_of,
        }
    }

    /// How many jobs there are.
    pub(super) fn len(&self) -> usize {
        self.work.len()
    }

    /// Where the tour begins: no job has this number.
    pub(super) fn post(&self) -> usize {
        self.len()
    }

    pub(super) fn shift(&self) -> u32 {
        self.shift
    }

    /// Seconds on site.
    pub(super) fn work(&self, job: usize) -> u32 {
        self.work[job]
    }

    pub(super) fn groups(&self) -> &'a [Group] {
        &self.jobs.groups
    }

    /// Entrances that are lost when the tour begins.
    pub(super) fn lost(&self) -> usize {
        self.lost
    }

    /// Metres of road from a job, or from the post, to a job.
    pub(super) fn metres(&self, from: usize, to: usize) -> f64 {
        let at = |i: usize| self.jobs.jobs.get(i).map_or(self.post, |job| job.at);
        let point = |at: LonLat| Point::new(at.lon, at.lat);
        Haversine.distance(point(at(from)), point(at(to))) * self.detour
    }

    /// Seconds on the way from a job, or from the post, to a job.
    pub(super) fn leg(&self, from: usize, to: usize) -> u32 {
        // No way of a town is as long as a u32 of seconds; `as` saturates.
        (self.metres(from, to) * self.seconds_a_metre).round() as u32
    }

    /// Other times on site, for tests.
    #[cfg(test)]
    pub(super) fn set_work(&mut self, work: &[u32]) {
        self.work = work.to_vec();
    }

    /// A walk that has not begun.
    pub(super) fn walk(&self) -> Walk<'_> {
        let missing = self.groups().iter().map(|g| g.bundles.iter().map(Vec::len).collect()).collect();
        Walk { town: self, missing, whole: vec![0; self.groups().len()] }
    }

    /// What a tour comes to. A stop that is not done within the shift ends it.
    pub(super) fn cost(&self, tour: &[usize]) -> Cost {
        self.cost_by(&mut self.walk(), tour)
    }

    /// The same with a walk that has not begun, and is left so: a search weighs many tours.
    pub(super) fn cost_by(&self, walk: &mut Walk<'_>, tour: &[usize]) -> Cost {
        let mut left = u64::try_from(self.lost()).unwrap_or(u64::MAX);
        let (mut lost, mut end, mut at, mut stops) = (0, 0, self.post(), 0);
        for job in tour {
            let done = end + self.leg(at, *job) + self.work(*job);
            if done > self.shift {
                break;
            }
            lost += u64::from(done - end) * left;
            let back: usize = walk.mend(*job).into_iter().map(|g| self.groups()[g].entrances.len()).sum();
            left -= u64::try_from(back).unwrap_or(0);
            (end, at, stops) = (done, *job, stops + 1);
        }
        tour[..stops].iter().for_each(|job| walk.undo(*job));
        Cost { lost: lost + u64::from(self.shift - end) * left, end }
    }

    /// A tour without what is not done within the shift, and without stops that gain nothing: half a bundle.
    pub(super) fn trimmed(&self, mut tour: Tour) -> Tour {
        let mut cost = self.cost(&tour);
        // From behind: what comes after a stop that gains nothing is done earlier without it.
        for i in (0..tour.len()).rev() {
            let mut without = tour.clone();
            without.remove(i);
            let shorter = self.cost(&without);
            if shorter <= cost {
                (tour, cost) = (without, shorter);
            }
        }
        tour
    }
}

/// What was mended so far.
pub(super) struct Walk<'a> {
    town: &'a Town<'a>,
    /// Of each bundle the jobs that are not done.
    missing: Vec<Vec<usize>>,
    /// Of each group the bundles that are done.
    whole: Vec<usize>,
}

impl Walk<'_> {
    /// Does a job; the groups that come back with it.
    pub(super) fn mend(&mut self, job: usize) -> Vec<usize> {
        let mut back = Vec::new();
        for (g, b) in &self.town.part_of[job] {
            self.missing[*g][*b] -= 1;
            if self.missing[*g][*b] == 0 {
                self.whole[*g] += 1;
                if self.whole[*g] == 1 {
                    back.push(*g);
                }
            }
        }
        back
    }

    /// Takes it back.
    pub(super) fn undo(&mut self, job: usize) {
        for (g, b) in &self.town.part_of[job] {
            self.whole[*g] -= usize::from(self.missing[*g][*b] == 0);
            self.missing[*g][*b] += 1;
        }
    }

    /// Groups that are not back.
    pub(super) fn waiting(&self) -> impl Iterator<Item = usize> + '_ {
        self.whole.iter().enumerate().filter(|(_, whole)| **whole == 0).map(|(g, _)| g)
    }
}
