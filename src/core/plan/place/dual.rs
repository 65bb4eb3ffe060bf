//! What no choice can exceed: the dual of the linear relaxation, by subgradients.
//!
//! Price every element at λ: taking a candidate then pays the prices of what it covers, and whatever an element is worth
//! above its price is given away. What the best candidates pay, with what is given away, is at least the value of every
//! choice, for **any** λ, so the bound holds however far the search for good prices has come; at the best prices it is
//! that of the linear relaxation. Each set of best candidates is a choice too, often a better one than the greedy one.

use super::cover::{Cover, Covered, Limit};

/// Steps without a better bound after which they are made half as long.
const PATIENCE: u32 = 12;
/// Steps so short change nothing any more.
const SHORTEST: f64 = 5e-4;
/// Rounding of a sum is below this share of it.
const ROUNDING: f64 = 1e-9;

/// A bound, the prices that prove it, and the best choice that was met on the way.
#[derive(Clone, Debug)]
pub(super) struct Dual {
    /// No choice is worth more.
    pub(super) bound: u64,
    /// Candidates that may be part of a better choice than the best one, ascending.
    pub(super) left: Vec<usize>,
    /// The best choice that was met, and its value.
    pub(super) best: (Vec<usize>, u64),
    /// Whether it was told to stop.
    pub(super) stopped: bool,
}

/// What the prices say.
#[derive(Clone)]
struct Quote {
    bound: f64,
    /// What is given away.
    given: f64,
    /// By candidate: what it pays.
    pays: Vec<f64>,
    /// Candidates by what they pay for their price, best first, as far as they are taken whole or in part.
    taken: Vec<(usize, f64)>,
}

/// Searches for prices, `steps` of them at most; `best` is a choice with its value. Cost of a step: all that candidates
/// cover, once.
pub(super) fn dual(cover: &Cover, best: (Vec<usize>, u64), steps: u32, keep_going: &mut dyn FnMut() -> bool) -> Dual {
    let mut prices: Vec<f64> =
        cover.elements.iter().map(|w| 0.5 * f64::from(w.first().copied().unwrap_or(0))).collect();
    let mut quoted = quote(cover, &prices);
    let mut found = (quoted.clone(), prices.clone());
    let (mut best, mut scale, mut waited, mut stopped) = (best, 1.5, 0, false);
    for _ in 0..steps {
        if down(found.0.bound) <= best.1 || scale < SHORTEST {
            break;
        }
        if !keep_going() {
            stopped = true;
            break;
        }
        best = better(cover, &quoted, best);
        let slope = slope(cover, &prices, &quoted);
        let norm: f64 = slope.iter().map(|g| g * g).sum();
        if norm <= 0.0 {
            break;
        }
        let step = scale * (quoted.bound - best.1 as f64).max(1e-3) / norm;
        for ((price, g), weights) in prices.iter_mut().zip(&slope).zip(&cover.elements) {
            *price = (*price - step * g).clamp(0.0, f64::from(weights.first().copied().unwrap_or(0)));
        }
        quoted = quote(cover, &prices);
        if quoted.bound < found.0.bound - ROUNDING * found.0.bound {
            waited = if quoted.bound < found.0.bound * (1.0 - 1e-5) { 0 } else { waited + 1 };
            found = (quoted.clone(), prices.clone());
        } else {
            waited += 1;
        }
        if waited >= PATIENCE {
            (scale, waited) = (scale / 2.0, 0);
            (quoted, prices) = found.clone();
        }
    }
    best = better(cover, &found.0, best);
    let left = left(cover, &found.0, best.1);
    Dual { bound: down(found.0.bound).max(best.1), left, best, stopped }
}

/// The whole number that no sum of whole weights below a bound exceeds.
fn down(bound: f64) -> u64 {
    let bound = bound * (1.0 + ROUNDING) + 1e-6;
    if bound.is_finite() { bound.max(0.0).floor() as u64 } else { u64::MAX }
}

fn quote(cover: &Cover, prices: &[f64]) -> Quote {
    let above =
        |(weights, price): (&Vec<u32>, &f64)| -> f64 { weights.iter().map(|w| (f64::from(*w) - price).max(0.0)).sum() };
    let given: f64 = cover.elements.iter().zip(prices).map(above).sum();
    let pay = |covers: &Vec<u32>| covers.iter().filter_map(|e| prices.get(*e as usize)).sum::<f64>();
    let pays: Vec<f64> = cover.candidates.iter().map(|c| pay(&c.covers)).collect();
    let taken = fill(cover, &pays, cover.limit);
    let paid: f64 = taken.iter().map(|(c, share)| pays[*c] * share).sum();
    Quote { bound: given + paid, given, pays, taken }
}

/// The candidates that pay most for their price, the last one in part.
fn fill(cover: &Cover, pays: &[f64], limit: Limit) -> Vec<(usize, f64)> {
    let ratio = |c: usize| {
        let price = cover.price(c);
        if price > 0.0 { pays[c] / price } else { f64::INFINITY }
    };
    let mut order: Vec<(f64, usize)> =
        (0..pays.len()).filter(|c| pays[*c] > 0.0 && cover.is_possible(*c)).map(|c| (ratio(c), c)).collect();
    let by = |a: &(f64, usize), b: &(f64, usize)| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1));
    if let Limit::Count(most) = limit {
        if most < order.len() && most > 0 {
            order.select_nth_unstable_by(most - 1, by);
        }
        order.truncate(most);
        order.sort_unstable_by(by);
        return order.into_iter().map(|(_, c)| (c, 1.0)).collect();
    }
    order.sort_unstable_by(by);
    let Limit::Budget(mut left) = limit else { return Vec::new() };
    left = left * (1.0 + ROUNDING) + 1e-12;
    let mut taken = Vec::new();
    for (_, candidate) in order {
        let price = cover.price(candidate);
        if price > left {
            taken.push((candidate, left / price));
            break;
        }
        left -= price;
        taken.push((candidate, 1.0));
    }
    taken
}

/// Where the bound rises with each price.
fn slope(cover: &Cover, prices: &[f64], quoted: &Quote) -> Vec<f64> {
    let above = |(weights, price): (&Vec<u32>, &f64)| {
        -weights.iter().filter(|w| f64::from(**w) > *price).fold(0.0, |n, _| n + 1.0)
    };
    let mut slope: Vec<f64> = cover.elements.iter().zip(prices).map(above).collect();
    for (candidate, share) in &quoted.taken {
        for element in &cover.candidates[*candidate].covers {
            if let Some(g) = slope.get_mut(*element as usize) {
                *g += share;
            }
        }
    }
    slope
}

/// The choice that the prices make, where it is worth more than the best so far.
fn better(cover: &Cover, quoted: &Quote, best: (Vec<usize>, u64)) -> (Vec<usize>, u64) {
    let mut covered = Covered::none(cover);
    let mut taken: Vec<usize> = quoted.taken.iter().filter(|(_, share)| *share >= 1.0).map(|(c, _)| *c).collect();
    taken.iter().for_each(|c| covered.take(*c));
    if covered.value <= best.1 || !cover.fits(&taken) {
        return best;
    }
    taken.sort_unstable();
    (taken, covered.value)
}

/// Candidates with which the bound is still above a value. What one that is not taken would push out is at least what the
/// last one that is taken pays for the same price.
fn left(cover: &Cover, quoted: &Quote, value: u64) -> Vec<usize> {
    let possible = (0..cover.candidates.len()).filter(|c| cover.is_possible(*c));
    let may = |candidate: &usize| {
        let rest = match cover.limit {
            Limit::Count(most) => Limit::Count(most.saturating_sub(1)),
            Limit::Budget(budget) => Limit::Budget((budget - cover.price(*candidate)).max(0.0)),
        };
        let others = match rest {
            // Without the last one; where it is itself among them it is counted twice, which only makes the bound higher.
            Limit::Count(most) => quoted.taken.iter().take(most).map(|(c, _)| quoted.pays[*c]).sum::<f64>(),
            Limit::Budget(budget) => {
                let mut left = budget * (1.0 + ROUNDING) + 1e-12;
                let mut paid = 0.0;
                for (c, _) in &quoted.taken {
                    let price = cover.price(*c);
                    let share = if price > left { left / price } else { 1.0 };
                    paid += quoted.pays[*c] * share;
                    left -= price * share;
                    if share < 1.0 {
                        break;
                    }
                }
                paid
            }
        };
        down(quoted.given + quoted.pays[*candidate] + others) > value
    };
    possible.filter(may).collect()
}
