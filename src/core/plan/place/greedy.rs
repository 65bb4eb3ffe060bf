//! Step by step what gains most for its price (coverage.md §6.2).
//!
//! With a number of candidates never below 1 - 1/e of the best, with a budget never below half of that: there the best
//! single candidate is tried too. Of equals the lower number is taken.

use std::collections::BinaryHeap;

use super::cover::{Cover, Covered, Limit, Pick, within};

/// What a candidate was seen to gain for its price; the greatest is the one to take.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Offer {
    ratio: f64,
    gain: u64,
    candidate: usize,
}

impl Eq for Offer {}

impl PartialOrd for Offer {
    fn partial_cmp(&self, other: &Offer) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Offer {
    fn cmp(&self, other: &Offer) -> std::cmp::Ordering {
        self.ratio.total_cmp(&other.ratio).then_with(|| other.candidate.cmp(&self.candidate))
    }
}

impl Offer {
    fn of(cover: &Cover, covered: &Covered<'_>, candidate: usize) -> Option<Offer> {
        let gain = covered.gain(candidate);
        // What costs nothing comes first.
        let price = cover.price(candidate);
        let ratio = if price > 0.0 { gain as f64 / price } else { f64::INFINITY };
        (gain > 0).then_some(Offer { ratio, gain, candidate })
    }
}

/// The candidates in the order in which they are taken, out of these. Lazy: what a candidate gains never grows, so one
/// that leads with its present gain need not be compared with those whose old gains are below.
pub(super) fn greedy(cover: &Cover, among: impl Iterator<Item = usize>) -> Vec<Pick> {
    let mut covered = Covered::none(cover);
    let mut offers: BinaryHeap<Offer> = among.filter_map(|c| Offer::of(cover, &covered, c)).collect();
    let mut purse = Purse::of(cover);
    let mut picks = Vec::new();
    while let Some(old) = offers.pop() {
        if !purse.pays(cover.price(old.candidate)) {
            continue;
        }
        let Some(now) = Offer::of(cover, &covered, old.candidate) else { continue };
        if offers.peek().is_some_and(|next| *next > now) {
            offers.push(now);
            continue;
        }
        purse.pay(cover.price(now.candidate));
        covered.take(now.candidate);
        picks.push(Pick { candidate: now.candidate, gain: now.gain });
    }
    picks
}

/// [`greedy`] among all, or the best single candidate where that is worth more.
pub(super) fn greedy_or_best_single(cover: &Cover) -> Vec<Pick> {
    let picks = greedy(cover, 0..cover.candidates.len());
    let value: u64 = picks.iter().map(|p| p.gain).sum();
    let none = Covered::none(cover);
    let possible = (0..cover.candidates.len()).filter(|c| cover.is_possible(*c));
    let single = possible.map(|candidate| Pick { candidate, gain: none.gain(candidate) });
    let best = single.max_by_key(|p| (p.gain, std::cmp::Reverse(p.candidate)));
    best.filter(|p| p.gain > value).map_or(picks, |p| vec![p])
}

/// What is left to take.
struct Purse {
    left: Limit,
    spent: f64,
}

impl Purse {
    fn of(cover: &Cover) -> Purse {
        Purse { left: cover.limit, spent: 0.0 }
    }

    fn pays(&self, price: f64) -> bool {
        match self.left {
            Limit::Count(left) => left > 0,
            Limit::Budget(budget) => within(self.spent + price, budget),
        }
    }

    fn pay(&mut self, price: f64) {
        self.spent += price;
        if let Limit::Count(left) = &mut self.left {
            *left -= 1;
        }
    }
}
