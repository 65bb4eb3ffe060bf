//! Which entrance that is known is which that was found: the assignment of least cost (coverage.md §4.1), by Kuhn's and
//! Munkres' algorithm of the crate pathfinding.

use std::collections::BTreeMap;

use pathfinding::kuhn_munkres::kuhn_munkres;
use pathfinding::matrix::Matrix;
use petgraph::unionfind::UnionFind;

/// So far apart is as bad as [`TURN_DEG`] of bearing, metres.
const FAR_M: f64 = 40.0;
/// So different a bearing costs 1, degrees.
const TURN_DEG: f64 = 30.0;
/// What another name costs.
const NAME: f64 = 0.5;
/// Two that cost as much are not one.
const MOST: f64 = 1.5;
/// Two that are farther apart are not one, whatever else agrees, metres.
pub(super) const REACH_M: f64 = FAR_M * MOST;
/// Costs are reckoned in such parts, so that equal is equal.
const PARTS: f64 = 1e6;

/// What it costs to take two for one; `None` where they cannot be.
pub(super) fn cost(apart_m: f64, turn_deg: Option<f64>, other_name: bool) -> Option<f64> {
    let cost = apart_m / FAR_M + turn_deg.unwrap_or(0.0) / TURN_DEG + if other_name { NAME } else { 0.0 };
    (cost < MOST).then_some(cost)
}

/// Pairs of a found and a known one, such that what they cost, with [`MOST`] for each that has none, is least. Of pairs
/// that may be one (found, known, cost), each with a cost below [`MOST`].
pub(super) fn assign(found: usize, known: usize, pairs: &[(usize, usize, f64)]) -> Vec<(usize, usize)> {
    // Those that no pair joins have nothing to do with each other: small tables instead of one of a whole town.
    let mut joined = UnionFind::<usize>::new(found + known);
    for (f, k, _) in pairs {
        joined.union(*f, found + *k);
    }
    let mut parts: BTreeMap<usize, Vec<(usize, usize, f64)>> = BTreeMap::new();
    pairs.iter().for_each(|pair| parts.entry(joined.find(pair.0)).or_default().push(*pair));
    let mut chosen: Vec<(usize, usize)> = parts.values().flat_map(|pairs| assign_part(pairs)).collect();
    chosen.sort_unstable();
    chosen
}

fn assign_part(pairs: &[(usize, usize, f64)]) -> Vec<(usize, usize)> {
    let numbers = |of: &dyn Fn(&(usize, usize, f64)) -> usize| {
        let mut all: Vec<usize> = pairs.iter().map(of).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    let (found, known) = (numbers(&|pair| pair.0), numbers(&|pair| pair.1));
    let turned = found.len() > known.len();
    // No row may be left over, so the shorter side is the rows; what must not be one gains nothing.
    let (rows, columns) = if turned { (&known, &found) } else { (&found, &known) };
    let mut gains = Matrix::new(rows.len(), columns.len(), 0_i64);
    for (f, k, cost) in pairs {
        let (row, column) = if turned { (k, f) } else { (f, k) };
        if let (Ok(row), Ok(column)) = (rows.binary_search(row), columns.binary_search(column)) {
            gains[(row, column)] = (((MOST - cost) * PARTS).round() as i64).max(1);
        }
    }
    let (_, columns_of) = kuhn_munkres(&gains);
    let taken = columns_of.into_iter().enumerate().filter(|at| gains[*at] > 0);
    taken
        .map(|(row, column)| if turned { (columns[column], rows[row]) } else { (rows[row], columns[column]) })
        .collect()
}
