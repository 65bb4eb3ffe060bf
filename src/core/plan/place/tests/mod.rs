//! What to place next: against every choice there is, against the register edited by hand, and on made-up towns.

mod choice;
mod instances;
mod town;

use super::{Candidate, Cover, Limit};
use crate::plan::repair::tests::Dice;

/// A question without a town around it: a few elements, some of them worth covering more than once.
fn made(dice: &mut Dice, candidates: usize, elements: usize) -> Cover {
    let weights = |dice: &mut Dice| {
        let mut weights: Vec<u32> = (0..1 + dice.below(2)).map(|_| 1 + dice.below(5) as u32).collect();
        weights.sort_unstable_by(|a, b| b.cmp(a));
        weights
    };
    let candidate = |dice: &mut Dice| {
        let mut covers: Vec<u32> = (0..dice.below(4)).map(|_| dice.below(elements) as u32).collect();
        covers.sort_unstable();
        Candidate { cost: [0.0, 0.1, 0.5, 1.0, 1.0, 2.0, 3.0][dice.below(7)], covers }
    };
    let limit = if dice.below(2) == 0 {
        Limit::Count(dice.below(4))
    } else {
        Limit::Budget([0.0, 0.3, 1.0, 2.5, 4.0][dice.below(5)])
    };
    Cover {
        elements: (0..elements).map(|_| weights(dice)).collect(),
        candidates: (0..candidates).map(|_| candidate(dice)).collect(),
        limit,
    }
}

/// What a choice is worth, counted from the words of the question.
fn worth(cover: &Cover, chosen: &[usize]) -> u64 {
    let count =
        |e: usize| chosen.iter().flat_map(|c| &cover.candidates[*c].covers).filter(|c| **c as usize == e).count();
    let of = |(e, weights): (usize, &Vec<u32>)| -> u64 { weights.iter().take(count(e)).map(|w| u64::from(*w)).sum() };
    cover.elements.iter().enumerate().map(of).sum()
}

fn pays(cover: &Cover, chosen: &[usize]) -> bool {
    match cover.limit {
        Limit::Count(most) => chosen.len() <= most,
        Limit::Budget(budget) => chosen.iter().map(|c| cover.candidates[*c].cost).sum::<f64>() <= budget + 1e-9,
    }
}

/// Every choice that may be made.
fn choices(cover: &Cover) -> Vec<Vec<usize>> {
    let n = cover.candidates.len();
    let set = |bits: usize| (0..n).filter(|i| bits >> i & 1 == 1).collect::<Vec<usize>>();
    (0..1_usize << n).map(set).filter(|chosen| pays(cover, chosen)).collect()
}
