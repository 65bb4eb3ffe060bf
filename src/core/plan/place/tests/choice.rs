use proptest::prelude::*;

use super::super::cover::Covered;
use super::super::dual::dual;
use super::super::greedy::greedy;
use super::super::{Candidate, Cover, Limit, Pick, Proof};
use super::{Dice, choices, made, pays, worth};

/// As the lazy one, but that every gain is reckoned anew at every step.
fn plain(cover: &Cover) -> Vec<Pick> {
    let (mut covered, mut chosen, mut picks) = (Covered::none(cover), Vec::new(), Vec::new());
    loop {
        let mut best: Option<(f64, Pick)> = None;
        for candidate in (0..cover.candidates.len()).filter(|c| !chosen.contains(c)) {
            let with = [&chosen[..], &[candidate]].concat();
            let gain = covered.gain(candidate);
            if gain == 0 || !pays(cover, &with) {
                continue;
            }
            let price = cover.price(candidate);
            let ratio = if price > 0.0 { gain as f64 / price } else { f64::INFINITY };
            if best.is_none_or(|(other, _)| ratio > other) {
                best = Some((ratio, Pick { candidate, gain }));
            }
        }
        let Some((_, pick)) = best else { return picks };
        covered.take(pick.candidate);
        chosen.push(pick.candidate);
        picks.push(pick);
    }
}

proptest! {
    #[test]
    fn lazy_greed_takes_the_same_steps_as_plain_greed(seed: u64, candidates in 0..40_usize, elements in 1..20_usize) {
        let cover = made(&mut Dice(seed), candidates, elements);
        prop_assert_eq!(greedy(&cover, 0..candidates), plain(&cover));
    }

    #[test]
    fn no_choice_is_above_the_bound_and_what_is_called_best_is_best(seed: u64, candidates in 0..11_usize, steps in 0..60_u32) {
        let cover = made(&mut Dice(seed), candidates, 7);
        let best = choices(&cover).iter().map(|c| worth(&cover, c)).max().unwrap();
        let solved = cover.solve(steps, &mut || true);
        let chosen: Vec<usize> = solved.picks.iter().map(|p| p.candidate).collect();
        prop_assert!(pays(&cover, &chosen), "{:?}", chosen);
        prop_assert_eq!(solved.value, worth(&cover, &chosen));
        prop_assert_eq!(solved.value, solved.picks.iter().map(|p| p.gain).sum::<u64>());
        prop_assert!(solved.greedy <= solved.value && solved.value <= best && best <= solved.bound, "{:?} {}", solved, best);
        // What greed promises: 1 - 1/e of the best for a number, half of that for a budget.
        let promised = if matches!(cover.limit, Limit::Count(_)) { 0.632 } else { 0.316 };
        prop_assert!(solved.greedy as f64 >= promised * best as f64);
        if !solved.is_best() {
            // Whoever looks on need only look among those that are left.
            let better = choices(&cover).into_iter().filter(|c| worth(&cover, c) > solved.value);
            for choice in better {
                prop_assert!(choice.iter().all(|c| solved.left.contains(c)), "{:?} not in {:?}", choice, solved.left);
            }
        }
    }

    #[test]
    fn more_to_spend_is_never_worth_less(seed: u64, candidates in 0..10_usize) {
        let cover = made(&mut Dice(seed), candidates, 6);
        let more = match cover.limit {
            Limit::Count(n) => Limit::Count(n + 1),
            Limit::Budget(b) => Limit::Budget(b + 1.0),
        };
        let best = |cover: &Cover| choices(cover).iter().map(|c| worth(cover, c)).max().unwrap();
        let rich = Cover { limit: more, ..cover.clone() };
        prop_assert!(best(&rich) >= best(&cover));
        prop_assert!(rich.solve(40, &mut || true).bound >= best(&cover));
    }

    /// Names do not matter, only the order of equals.
    #[test]
    fn twice_the_weights_choose_the_same(seed: u64, candidates in 0..20_usize) {
        let cover = made(&mut Dice(seed), candidates, 9);
        let elements = cover.elements.iter().map(|w| w.iter().map(|w| 2 * w).collect()).collect();
        let double = Cover { elements, ..cover.clone() };
        let of = |picks: Vec<Pick>| picks.into_iter().map(|p| p.candidate).collect::<Vec<_>>();
        prop_assert_eq!(of(greedy(&cover, 0..candidates)), of(greedy(&double, 0..candidates)));
    }
}

fn of(limit: Limit, covers: &[(&[u32], f64)], weights: &[u32]) -> Cover {
    let candidate = |(covers, cost): &(&[u32], f64)| Candidate { cost: *cost, covers: covers.to_vec() };
    Cover {
        elements: weights.iter().map(|w| vec![*w]).collect(),
        candidates: covers.iter().map(candidate).collect(),
        limit,
    }
}

/// Greed takes the one in the middle, and then each of the two others gains half.
#[test]
fn prices_find_what_greed_does_not() {
    let covers: [(&[u32], f64); 3] = [(&[1, 2, 3, 4], 1.0), (&[0, 1, 2], 1.0), (&[3, 4, 5], 1.0)];
    let cover = of(Limit::Count(2), &covers, &[1; 6]);
    let solved = cover.solve(200, &mut || true);
    assert_eq!((solved.greedy, solved.value, solved.bound), (5, 6, 6));
    assert_eq!(solved.picks.iter().map(|p| (p.candidate, p.gain)).collect::<Vec<_>>(), [(1, 3), (2, 3)]);
    assert!(solved.is_best() && solved.left.is_empty());
}

/// A cheap one that gains little must not keep the money from a dear one that gains all.
#[test]
fn the_best_single_one_is_tried_where_money_counts() {
    let covers: [(&[u32], f64); 2] = [(&[0], 0.1), (&[1], 10.0)];
    let solved = of(Limit::Budget(10.0), &covers, &[1, 50]).solve(0, &mut || true);
    assert_eq!(solved.picks.iter().map(|p| p.candidate).collect::<Vec<_>>(), [1]);
}

#[test]
fn ties_go_to_the_lower_number() {
    let covers: [(&[u32], f64); 3] = [(&[2], 1.0), (&[0], 1.0), (&[1], 1.0)];
    let solved = of(Limit::Count(2), &covers, &[1; 3]).solve(50, &mut || true);
    assert_eq!(solved.picks.iter().map(|p| p.candidate).collect::<Vec<_>>(), [0, 1]);
    assert_eq!((solved.bound, solved.proof), (2, Proof::Gains));
}

#[test]
fn what_is_told_to_stop_stops_with_a_bound() {
    let mut dice = Dice(5);
    let cover = Cover { limit: Limit::Count(3), ..made(&mut dice, 30, 25) };
    let mut asked = 0;
    let told = dual(&cover, (Vec::new(), 0), 1_000, &mut || {
        asked += 1;
        asked < 4
    });
    assert!(told.stopped && asked == 4, "{told:?} {asked}");
    assert!(told.bound >= cover.solve(1_000, &mut || true).value);
}

/// A choice of somebody else is believed as far as it can be seen.
#[test]
fn who_boasts_is_not_believed() {
    let covers: [(&[u32], f64); 3] = [(&[1, 2, 3, 4], 1.0), (&[0, 1, 2], 1.0), (&[3, 4, 5], 1.0)];
    let cover = of(Limit::Count(2), &covers, &[1; 6]);
    let mut solved = cover.solve(0, &mut || true);
    let before = solved.clone();
    cover.improve(&mut solved, &[0, 1, 2], Some(3));
    assert_eq!(solved, before, "three do not fit, and 3 is below what is known");
    cover.improve(&mut solved, &[1, 2], Some(6));
    assert_eq!((solved.value, solved.bound), (6, 6));
    assert!(solved.is_best());
}
