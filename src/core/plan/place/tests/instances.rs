//! Instances from seeds that are larger than a brute force could look through; published ones are asked by the shell.

use super::super::{Candidate, Cover, Limit};
use super::Dice;

/// Places in a square that each cover those around them.
fn places(seed: u64, n: usize, reach: f64, limit: Limit) -> Cover {
    let mut dice = Dice(seed);
    let at: Vec<(f64, f64)> = (0..n).map(|_| (dice.below(1_000) as f64, dice.below(1_000) as f64)).collect();
    let elements = (0..n).map(|_| vec![1 + dice.below(100) as u32]).collect();
    let near = |a: &(f64, f64), b: &(f64, f64)| (a.0 - b.0).hypot(a.1 - b.1) <= reach;
    let covers = |a| (0..n).filter(|i| near(a, &at[*i])).map(|i| i as u32).collect();
    Cover { elements, candidates: at.iter().map(|a| Candidate { cost: 1.0, covers: covers(a) }).collect(), limit }
}

/// The linear relaxation of maximal covering is close to whole (coverage.md §6.2): so are the prices that prove it.
#[test]
fn bounds_are_close_on_places_in_a_square() {
    for seed in 0..20 {
        let solved = places(seed, 300, 90.0, Limit::Count(1 + seed as usize)).solve(2_000, &mut || true);
        let gap = (solved.bound - solved.value) as f64 / solved.bound as f64;
        assert!(gap < 0.03, "seed {seed}: {} of {}, by greed {}", solved.value, solved.bound, solved.greedy);
    }
}

/// A budget of so many ones is a number of ones.
#[test]
fn a_budget_of_equal_costs_is_a_number() {
    for seed in 0..10 {
        let of = |limit| places(seed, 120, 120.0, limit).solve(1_500, &mut || true);
        let (count, budget) = (of(Limit::Count(5)), of(Limit::Budget(5.0)));
        assert_eq!(count.greedy, budget.greedy, "seed {seed}");
        assert!(count.value.max(budget.value) <= count.bound.min(budget.bound), "seed {seed}: {count:?} {budget:?}");
    }
}
