//! A choice, how good it is, and how that is known.

use super::cover::{Cover, Covered, Limit, Pick};
use super::dual::dual;
use super::greedy::{greedy, greedy_or_best_single};

/// How a bound is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Proof {
    /// Nothing more is worth anything.
    Everything,
    /// What each single candidate would still gain.
    Gains,
    /// The dual of the linear relaxation.
    Linear,
    /// An integer program that was solved by somebody who says so.
    Integer,
}

impl Proof {
    /// Every proof.
    pub const ALL: [Proof; 4] = [Proof::Everything, Proof::Gains, Proof::Linear, Proof::Integer];

    /// The word users see.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Proof::Everything => "everything",
            Proof::Gains => "gains",
            Proof::Linear => "linear",
            Proof::Integer => "integer",
        }
    }
}

/// A choice and what no choice can exceed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Solved {
    /// What is taken, in the order of what each gains for its price beside those before it.
    pub picks: Vec<Pick>,
    /// What that is worth.
    pub value: u64,
    /// No choice is worth more.
    pub bound: u64,
    /// How that is known.
    pub proof: Proof,
    /// What greed alone finds.
    pub greedy: u64,
    /// Candidates that may be part of a better choice, ascending; none where there is no better one.
    pub left: Vec<usize>,
    /// Whether it was told to stop before it was done.
    pub stopped: bool,
}

impl Solved {
    /// Whether no choice is worth more.
    #[must_use]
    pub const fn is_best(&self) -> bool {
        self.bound <= self.value
    }
}

impl Cover {
    /// Takes greedily, bounds that, and looks for better choices among those that the bound suggests, in at most `steps`
    /// steps and as long as `keep_going` says so. Weights are whole numbers, so a bound less than 1 above the value
    /// proves that there is no better choice.
    #[must_use]
    pub fn solve(&self, steps: u32, keep_going: &mut dyn FnMut() -> bool) -> Solved {
        let picks = greedy_or_best_single(self);
        let chosen: Vec<usize> = picks.iter().map(|p| p.candidate).collect();
        let value = self.value(&chosen);
        let (bound, proof) = (self.all(), Proof::Everything);
        let mut solved = Solved { picks, value, bound, proof, greedy: value, left: Vec::new(), stopped: false };
        solved.bounded(self.by_gains(&chosen).min(self.by_gains(&[])), Proof::Gains);
        if solved.is_best() {
            return solved;
        }
        let dual = dual(self, (chosen, value), steps, keep_going);
        self.adopt(&mut solved, &dual.best.0);
        solved.bounded(dual.bound, Proof::Linear);
        solved.stopped = dual.stopped;
        solved.left = if solved.is_best() { Vec::new() } else { dual.left };
        solved
    }

    /// Takes over a choice that somebody else found, and what he says no choice can exceed. Each is believed only so far
    /// as it can be seen: a choice must fit and be worth more, a bound must not be below a choice that is known.
    pub fn improve(&self, solved: &mut Solved, chosen: &[usize], proven: Option<u64>) {
        self.adopt(solved, chosen);
        if let Some(bound) = proven.filter(|bound| *bound >= solved.value) {
            solved.bounded(bound, Proof::Integer);
        }
        if solved.is_best() {
            solved.left.clear();
        }
    }

    fn adopt(&self, solved: &mut Solved, chosen: &[usize]) {
        // In the order in which greed would take it, without those that gain nothing.
        let picks = if self.fits(chosen) { greedy(self, chosen.iter().copied()) } else { Vec::new() };
        let value = picks.iter().map(|p| p.gain).sum();
        if value > solved.value {
            (solved.picks, solved.value) = (picks, value);
        }
    }

    /// A choice is worth what some candidates are worth, and at most what each other one would gain beside them: as many
    /// as may be taken, or as far as a budget goes.
    fn by_gains(&self, beside: &[usize]) -> u64 {
        let mut covered = Covered::none(self);
        beside.iter().for_each(|c| covered.take(*c));
        let possible = (0..self.candidates.len()).filter(|c| self.is_possible(*c));
        let gains = possible.map(|c| (covered.gain(c), self.price(c))).filter(|(gain, _)| *gain > 0);
        let mut gains: Vec<(u64, f64)> = gains.collect();
        let ratio = |(gain, price): &(u64, f64)| if *price > 0.0 { *gain as f64 / price } else { f64::INFINITY };
        gains.sort_by(|a, b| ratio(b).total_cmp(&ratio(a)));
        let more = match self.limit {
            Limit::Count(most) => gains.iter().take(most).map(|(gain, _)| *gain).sum(),
            Limit::Budget(budget) => filled(&gains, budget),
        };
        covered.value.saturating_add(more)
    }
}

impl Solved {
    fn bounded(&mut self, bound: u64, proof: Proof) {
        let bound = bound.max(self.value);
        if bound < self.bound {
            (self.bound, self.proof) = (bound, proof);
        }
    }
}

/// As many gains as a budget pays, the last one in part; rounded up.
fn filled(gains: &[(u64, f64)], budget: f64) -> u64 {
    // As much more as `within` forgives.
    let (mut left, mut whole) = (budget * (1.0 + 1e-9) + 1e-12, 0_u64);
    for (gain, price) in gains {
        if *price > left {
            return whole.saturating_add((*gain as f64 * (left / price)).ceil() as u64);
        }
        left -= price;
        whole = whole.saturating_add(*gain);
    }
    whole
}
