//! Many lives at once, on all processors; and of one that fails, the shortest script that still does.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::counters::Seen;
use super::oracle::Figures;
use super::run::{Failure, Report, in_a_line, live};
use super::script::{Scene, script};
use super::town::town;
use cunkou_core::model::Span;

/// How many days a town lives.
pub(crate) const DAYS: i64 = 10;
/// Runs that a failing script is cut in, at most.
const CUTS: u32 = 400;

/// All lives together.
#[derive(Default, Debug)]
pub(crate) struct Crowd {
    pub(crate) lives: u64,
    pub(crate) days: f64,
    pub(crate) one_by_one: f64,
    pub(crate) seen: Seen,
    pub(crate) figures: Figures,
    pub(crate) failures: Vec<(u64, Failure)>,
}

/// The life of a seed, by its own script.
pub(crate) fn live_seed(seed: u64) -> Result<Report, Failure> {
    let scenes = script(seed, &town(seed).registry, DAYS);
    live(seed, &scenes, DAYS)
}

/// Seeds `from..to`, each lived as often as `of` says; stops when `most` have failed.
pub(crate) fn crowd(from: u64, to: u64, most: usize, of: &(dyn Fn(u64) -> Result<Report, Failure> + Sync)) -> Crowd {
    let (next, all) = (AtomicU64::new(from), Mutex::new(Crowd::default()));
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= to {
                        break;
                    }
                    let life = of(seed);
                    let mut all = all.lock().unwrap();
                    all.add(seed, life);
                    if all.failures.len() >= most {
                        break;
                    }
                }
            });
        }
    });
    all.into_inner().unwrap()
}

impl Crowd {
    fn add(&mut self, seed: u64, life: Result<Report, Failure>) {
        self.lives += 1;
        match life {
            Ok(report) => {
                self.days += report.lived.0 as f64 / Span::hours(24).0 as f64;
                self.one_by_one += report.one_by_one.0 as f64 / Span::hours(24).0 as f64;
                self.seen.absorb(&report.seen);
                let (sum, own) = (&mut self.figures, &report.figures);
                sum.pages += own.pages;
                sum.messages += own.messages;
                sum.losses_told += own.losses_told;
                sum.plain_losses += own.plain_losses;
                sum.plain_pages += own.plain_pages;
                sum.plain_named += own.plain_named;
                sum.node_losses += own.node_losses;
                sum.node_named += own.node_named;
                sum.after_acknowledgement += own.after_acknowledgement;
            }
            Err(failure) => self.failures.push((seed, failure)),
        }
    }

    /// Fails with the shortest story of each failure.
    pub(crate) fn expect_sound(&self) {
        let line = |(seed, f): &(u64, Failure)| {
            format!("{seed} in a scene about {}: {}", f.about, f.why.split_whitespace().collect::<Vec<_>>().join(" "))
        };
        self.failures.iter().for_each(|f| println!("{}", line(f)));
        let stories: Vec<String> = self.failures.iter().take(3).map(|(seed, failure)| story(*seed, failure)).collect();
        assert!(stories.is_empty(), "{} of {} lives failed\n{}", self.failures.len(), self.lives, stories.join("\n\n"));
    }
}

/// A failure for its reader: what went wrong, in the fewest acts that still go wrong, with every word.
pub(crate) fn story(seed: u64, failure: &Failure) -> String {
    let scenes = script(seed, &town(seed).registry, DAYS);
    let (scenes, failure) = cut(seed, scenes, failure.clone());
    let first = failure.trace.len().saturating_sub(60);
    let acts = scenes.iter().map(|s| s.acts.len()).sum::<usize>();
    format!(
        "seed {seed} ({}): {}\nCUNKOU_SEED={seed} shows it again; {acts} acts of {} scenes are left:\n  {}",
        in_a_line(seed),
        failure.why,
        scenes.len(),
        failure.trace[first..].join("\n  ")
    )
}

/// Leaves out what is not needed to fail.
fn cut(seed: u64, mut scenes: Vec<Scene>, mut failure: Failure) -> (Vec<Scene>, Failure) {
    let mut left = CUTS;
    let fails = |scenes: &[Scene], left: &mut u32| {
        *left = left.saturating_sub(1);
        live(seed, scenes, 0).err()
    };
    let mut n = scenes.len();
    let mut step = n.div_ceil(2).max(1);
    while step >= 1 && left > 0 {
        n = 0;
        while n < scenes.len() && left > 0 {
            let mut fewer = scenes.clone();
            fewer.drain(n..(n + step).min(fewer.len()));
            match fails(&fewer, &mut left) {
                Some(still) => (scenes, failure) = (fewer, still),
                None => n += step,
            }
        }
        if step == 1 {
            break;
        }
        step = step.div_ceil(2);
    }
    for scene in 0..scenes.len() {
        let mut act = 0;
        while act < scenes[scene].acts.len() && scenes[scene].acts.len() > 1 && left > 0 {
            let mut fewer = scenes.clone();
            fewer[scene].acts.remove(act);
            match fails(&fewer, &mut left) {
                Some(still) => (scenes, failure) = (fewer, still),
                None => act += 1,
            }
        }
    }
    (scenes, failure)
}
