//! Weighted maximum coverage (coverage.md §6.2): which of some candidates gain most for a number of them or a budget.
//!
//! Whole weights, so that sums are exact and a bound may be rounded down.

/// How much may be taken.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Limit {
    /// So many candidates, whatever they cost.
    Count(usize),
    /// Candidates that cost so much together, in the unit of their costs; not negative.
    Budget(f64),
}

/// Something that may be taken.
#[derive(Clone, PartialEq, Debug)]
pub struct Candidate {
    /// What it costs, not negative; says nothing under a [`Limit::Count`].
    pub cost: f64,
    /// The elements that it covers, by number, ascending; one that it covers twice stands there twice.
    pub covers: Vec<u32>,
}

/// A question: what is to be covered, and by what.
#[derive(Clone, PartialEq, Debug)]
pub struct Cover {
    /// By element: what it is worth to cover it once, once more and so on; never rising. Beyond, it is worth nothing.
    pub elements: Vec<Vec<u32>>,
    /// What may be taken, each once.
    pub candidates: Vec<Candidate>,
    /// How much.
    pub limit: Limit,
}

/// One that is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pick {
    /// Which, by number.
    pub candidate: usize,
    /// What it gains beside those that were taken before it.
    pub gain: u64,
}

/// How often each element is covered so far, and what that is worth.
#[derive(Clone, Debug)]
pub(super) struct Covered<'c> {
    cover: &'c Cover,
    times: Vec<u32>,
    pub(super) value: u64,
}

impl Cover {
    /// What some candidates are worth together; one that is named twice counts once.
    #[must_use]
    pub fn value(&self, taken: &[usize]) -> u64 {
        let mut taken: Vec<usize> = taken.iter().copied().filter(|c| *c < self.candidates.len()).collect();
        taken.sort_unstable();
        taken.dedup();
        let mut covered = Covered::none(self);
        taken.into_iter().for_each(|c| covered.take(c));
        covered.value
    }

    /// What some candidates cost together, added up in the order of their numbers.
    #[must_use]
    pub fn cost(&self, taken: &[usize]) -> f64 {
        let mut taken = taken.to_vec();
        taken.sort_unstable();
        taken.iter().filter_map(|c| self.candidates.get(*c)).map(|c| c.cost).fold(0.0, |all, one| all + one)
    }

    /// Whether some candidates, each named once, may be taken together.
    #[must_use]
    pub fn fits(&self, taken: &[usize]) -> bool {
        match self.limit {
            Limit::Count(most) => taken.len() <= most,
            Limit::Budget(budget) => within(self.cost(taken), budget),
        }
    }

    /// What it is worth to cover everything as often as that is worth anything.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.elements.iter().flatten().map(|w| u64::from(*w)).sum()
    }

    /// Whether one candidate alone may be taken.
    pub(super) fn is_possible(&self, candidate: usize) -> bool {
        self.fits(&[candidate])
    }

    /// What one counts for the limit.
    pub(super) fn price(&self, candidate: usize) -> f64 {
        match self.limit {
            Limit::Count(_) => 1.0,
            Limit::Budget(_) => self.candidates[candidate].cost,
        }
    }
}

/// Sums of costs are off by a rounding; a budget of 0.3 pays for three things of 0.1.
pub(super) fn within(cost: f64, budget: f64) -> bool {
    cost <= budget * (1.0 + 1e-9) + 1e-12
}

impl<'c> Covered<'c> {
    pub(super) fn none(cover: &'c Cover) -> Covered<'c> {
        Covered { cover, times: vec![0; cover.elements.len()], value: 0 }
    }

    /// What one more candidate would gain.
    pub(super) fn gain(&self, candidate: usize) -> u64 {
        let covers = &self.cover.candidates[candidate].covers;
        let runs = covers.chunk_by(|a, b| a == b);
        runs.map(|run| self.worth(run[0] as usize, run.len())).sum()
    }

    fn worth(&self, element: usize, more: usize) -> u64 {
        let Some(weights) = self.cover.elements.get(element) else { return 0 };
        weights.iter().skip(self.times[element] as usize).take(more).map(|w| u64::from(*w)).sum()
    }

    pub(super) fn take(&mut self, candidate: usize) {
        self.value += self.gain(candidate);
        for element in &self.cover.candidates[candidate].covers {
            if let Some(times) = self.times.get_mut(*element as usize) {
                *times += 1;
            }
        }
    }
}
