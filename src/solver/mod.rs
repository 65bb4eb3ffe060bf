//! PROVE IT: whole-number programs that the core's own bounds leave open, by a solver of others (good_lp over microlp).
//!
//! It gets a question of the core and what is left of it, and gives back a choice and a bound. Neither is taken on trust:
//! the core counts the choice itself and takes no bound below a choice that it knows ([`Cover::improve`]). It never sees
//! a town. It ends soon after the time it is told: setting the program up counts for nothing, and microlp looks at the clock
//! each thousand pivots.

#[cfg(test)]
mod tests;

use std::time::Duration;

use cunkou_core::plan::{Cover, Limit, Solved};
use good_lp::{
    Expression, ProblemVariables, Solution, SolutionStatus, SolverModel, Variable, WithMipGap, WithTimeLimit,
    constraint, microlp, variable,
};

/// Programs with more entries than this are left alone: the bound that is known must do.
const MAX_ENTRIES: usize = 50_000;

/// Tries to close the gap that is left, in this time; whatever it finds is told to the question. An answer within the time
/// is the same each time.
pub fn close(cover: &Cover, solved: &mut Solved, within: Duration) {
    let entries: usize = solved.left.iter().map(|c| cover.candidates[*c].covers.len()).sum();
    if solved.is_best() || solved.left.is_empty() || entries > MAX_ENTRIES || within.is_zero() {
        return;
    }
    // A better choice is made of these alone, so the best of these is the best of all, or no better one is there.
    let program = Program::of(cover, &solved.left, true);
    let Some((chosen, done)) = program.solve(within, solved.bound) else { return };
    let value = cover.value(&chosen);
    let proven = done.then_some(value.max(solved.value));
    cover.improve(solved, &chosen, proven.filter(|_| cover.fits(&chosen)));
}

/// Maximise what is covered (coverage.md §6.2): an element counts as often as candidates that are taken cover it.
struct Program {
    variables: ProblemVariables,
    value: Expression,
    taken: Vec<(usize, Variable)>,
    rows: Vec<(Expression, Expression)>,
    spent: Expression,
    most: f64,
}

impl Program {
    fn of(cover: &Cover, candidates: &[usize], whole: bool) -> Program {
        let mut variables = ProblemVariables::new();
        let binary = || if whole { variable().binary() } else { variable().clamp(0, 1) };
        let mut covered: Vec<Option<Expression>> = vec![None; cover.elements.len()];
        let mut spent = Expression::default();
        let mut taken = Vec::with_capacity(candidates.len());
        for candidate in candidates.iter().copied() {
            let take = variables.add(binary());
            taken.push((candidate, take));
            let Some(found) = cover.candidates.get(candidate) else { continue };
            let price = if matches!(cover.limit, Limit::Count(_)) { 1.0 } else { found.cost };
            spent.add_mul(price, take);
            for element in &found.covers {
                if let Some(row) = covered.get_mut(*element as usize) {
                    row.get_or_insert_default().add_mul(1.0, take);
                }
            }
        }
        let (mut value, mut rows) = (Expression::default(), Vec::new());
        for (weights, by) in cover.elements.iter().zip(covered).filter_map(|(weights, by)| Some((weights, by?))) {
            let mut times = Expression::default();
            for weight in weights {
                let once = variables.add(variable().clamp(0, 1));
                value.add_mul(f64::from(*weight), once);
                times.add_mul(1.0, once);
            }
            rows.push((times, by));
        }
        let most = match cover.limit {
            Limit::Count(most) => most as f64,
            Limit::Budget(budget) => budget,
        };
        Program { variables, value, taken, rows, spent, most }
    }

    /// The candidates that are taken, ascending, and whether that is proven best; nothing where none was found in time.
    fn solve(self, within: Duration, bound: u64) -> Option<(Vec<usize>, bool)> {
        // Values are whole: what is less than 1 below a bound is best, and need not be proven further.
        let (taken, solution) = self.run(within, 0.9 / (bound.max(1) as f32 + 1.0))?;
        let mut chosen: Vec<usize> = taken.iter().filter(|(_, v)| solution.value(*v) > 0.5).map(|(c, _)| *c).collect();
        chosen.sort_unstable();
        Some((chosen, matches!(solution.status(), SolutionStatus::Optimal | SolutionStatus::GapLimit)))
    }

    fn run(self, within: Duration, gap: f32) -> Option<(Vec<(usize, Variable)>, impl Solution)> {
        let model = self.variables.maximise(self.value).using(microlp).with_time_limit(within.as_secs_f64());
        let mut model = model.with_mip_gap(gap).ok()?;
        for (times, by) in self.rows {
            model.add_constraint(constraint!(times <= by));
        }
        model.add_constraint(constraint!(self.spent <= self.most));
        match model.solve() {
            Ok(solution) => Some((self.taken, solution)),
            Err(error) => {
                tracing::debug!(%error, "the program was not solved");
                None
            }
        }
    }
}
