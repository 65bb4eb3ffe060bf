//! What no order can be below.
//!
//! Each job takes at least its work and the shortest way that leads to it, so the tech is a machine that does jobs of
//! these lengths one after the other. An entrance is charged to the longest job that is in each of its bundles: it
//! cannot come back before that. On one machine jobs go by weight a second (Smith); which of them to do within the
//! shift is a knapsack, which is solved whole. An entrance whose bundles have no job in common only waits as long as
//! its shortest bundle takes.

use super::jobs::Group;
use super::tour::Town;

/// Jobs up to which the shortest way to each is sought; beyond, none is counted, and the bound is weaker.
const PAIRS: usize = 1_000;
/// Cells of the knapsack's table that are filled at most; beyond, time is counted in coarser steps.
const CELLS: u64 = 50_000_000;

/// Entrance-seconds that every tour loses within the shift.
pub(super) fn least(town: &Town<'_>) -> u64 {
    let length = lengths(town);
    let shift = u64::from(town.shift());
    let mut weight = vec![0_u64; town.len()];
    let mut gain = 0;
    for group in town.groups() {
        let entrances = u64::try_from(group.entrances.len()).unwrap_or(u64::MAX);
        // Bundles that were left out might do without the common job.
        match common(group).max_by_key(|job| length[*job]).filter(|_| !group.cut) {
            Some(job) => weight[job] += entrances,
            None => gain += entrances * shift.saturating_sub(soonest(group, &length)),
        }
    }
    let all = u64::try_from(town.lost()).unwrap_or(u64::MAX).saturating_mul(shift);
    all.saturating_sub(gain + on_one_machine(&length, &weight, town.shift()))
}

/// Of each job the least time between the stop before it and its end, seconds.
pub(super) fn lengths(town: &Town<'_>) -> Vec<u32> {
    let from = |to: usize| (0..=town.len()).filter(move |from| *from != to);
    let shortest = |to: usize| from(to).map(|from| town.leg(from, to)).min().unwrap_or(0);
    // Where bundles were left out there may be stops that are not among these.
    let unknown = town.len() > PAIRS || town.groups().iter().any(|g| g.cut);
    let way = |job: usize| if unknown { 0 } else { shortest(job) };
    (0..town.len()).map(|job| town.work(job) + way(job)).collect()
}

/// Jobs that are in each bundle.
fn common(group: &Group) -> impl Iterator<Item = usize> + '_ {
    let (first, others) = group.bundles.split_first().map_or((&[][..], &[][..]), |(f, o)| (f.as_slice(), o));
    first.iter().copied().filter(|job| others.iter().all(|b| b.contains(job)))
}

/// The least time until a whole bundle is done; none where bundles were left out.
fn soonest(group: &Group, length: &[u32]) -> u64 {
    let sum = |bundle: &Vec<usize>| bundle.iter().map(|job| u64::from(length[*job])).sum();
    if group.cut { 0 } else { group.bundles.iter().map(sum).min().unwrap_or(0) }
}

/// The most entrance-seconds that jobs of these lengths and weights gain within the shift on one machine.
fn on_one_machine(length: &[u32], weight: &[u64], shift: u32) -> u64 {
    let mut order: Vec<usize> = (0..length.len()).filter(|j| weight[*j] > 0 && length[*j] <= shift).collect();
    // Most weight a second first; for the jobs that are done within the shift no other order is better.
    order.sort_by(|a, b| {
        let rate = |x: usize, y: usize| u128::from(weight[x]) * u128::from(length[y]);
        rate(*b, *a).cmp(&rate(*a, *b))
    });
    let jobs = u64::try_from(order.len()).unwrap_or(u64::MAX);
    let step = u32::try_from(u64::from(shift) * jobs / CELLS + 1).unwrap_or(u32::MAX);
    let slots = usize::try_from(shift / step).unwrap_or(0);
    // By how long the machine has worked: the most that was gained. Lengths in steps are rounded down, which only
    // makes the machine faster.
    let mut most: Vec<Option<u64>> = vec![None; slots + 1];
    most[0] = Some(0);
    for job in order {
        let steps = usize::try_from(length[job] / step).unwrap_or(usize::MAX);
        for end in (steps..=slots).rev() {
            let Some(before) = most[end - steps] else { continue };
            let done = u64::try_from(end).unwrap_or(u64::MAX) * u64::from(step);
            let gained = before + weight[job] * u64::from(shift).saturating_sub(done);
            most[end] = most[end].max(Some(gained));
        }
    }
    most.into_iter().flatten().max().unwrap_or(0)
}
