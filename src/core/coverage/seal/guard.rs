//! How many live cameras stand between the two sides of an entrance.

use super::super::{Level, Standing, Verdict, Watch, Watcher};
use super::{Bound, Crossing};
use crate::model::{CameraIx, EntranceIx};
use crate::registry::{Life, Topology};

/// Live cameras that watch an entrance.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Guard {
    /// Surely: they are known to be live and to watch.
    pub least: u32,
    /// At best: also those of which nothing is known, and those that may watch.
    pub most: u32,
}

/// The guards of all entrances, by [`EntranceIx`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Guards {
    /// One an entrance; an entrance without one is not watched.
    pub of: Vec<Guard>,
}

impl Guard {
    /// At one of the bounds.
    #[must_use]
    pub const fn at(self, bound: Bound) -> u32 {
        match bound {
            Bound::Worst => self.least,
            Bound::Best => self.most,
        }
    }

    /// Counts the watchers of one entrance.
    #[must_use]
    pub fn of(
        watchers: &[Watcher],
        topology: &Topology,
        level: Level,
        night: bool,
        standing: impl Fn(CameraIx) -> Standing,
        rests: impl Fn(&Watcher) -> bool,
    ) -> Guard {
        let life = |c: CameraIx| topology.cameras.get(c.at()).and_then(|slot| slot.life);
        Guard::of_those(watchers, life, level, night, standing, rests)
    }

    /// Counts watchers of which some may not be in the graph: `life` says whether they stand there.
    #[must_use]
    pub fn of_those(
        watchers: &[Watcher],
        life: impl Fn(CameraIx) -> Option<Life>,
        level: Level,
        night: bool,
        standing: impl Fn(CameraIx) -> Standing,
        rests: impl Fn(&Watcher) -> bool,
    ) -> Guard {
        let mut guard = Guard::default();
        for watcher in watchers {
            let life = life(watcher.camera);
            let counts = life.is_some_and(|l| l.is_installed() || (level == Level::Plan && l == Life::Planned));
            if !counts || rests(watcher) {
                continue;
            }
            let stands = if level == Level::Live { standing(watcher.camera) } else { Standing::Live };
            match (watcher.verdict(night), stands) {
                (Verdict::No, _) | (_, Standing::Dead) => {}
                (Verdict::Yes, Standing::Live) => {
                    guard.least += 1;
                    guard.most += 1;
                }
                (Verdict::Yes, Standing::Unknown) | (Verdict::Maybe, _) => guard.most += 1,
            }
        }
        guard
    }
}

impl Guards {
    /// Counts the watchers of every entrance that is judged.
    #[must_use]
    pub fn count(
        watch: &Watch,
        topology: &Topology,
        level: Level,
        night: bool,
        standing: impl Fn(CameraIx) -> Standing,
        rests: impl Fn(&Watcher) -> bool,
    ) -> Guards {
        let entrances = (0..topology.entrances.len()).map(EntranceIx::from);
        let of = entrances.map(|e| Guard::of(watch.watchers(e), topology, level, night, &standing, &rests));
        Guards { of: of.collect() }
    }

    /// Cameras that must fail before one can cross unseen; `None` where nobody crosses, whatever fails.
    #[must_use]
    pub fn cost(&self, crossing: Crossing, bound: Bound) -> Option<u32> {
        match (crossing, bound) {
            (Crossing::Entrance(entrance), _) => Some(self.of.get(entrance.at()).map_or(0, |g| g.at(bound))),
            (Crossing::Gap, Bound::Worst) => Some(0),
            (Crossing::Gap, Bound::Best) => None,
        }
    }
}
