//! The stretches of road that are reached in time, cut where the time is up and where two ways meet.

use geo::Coord;

use super::search::{Clock, Gaps, Times, Way};
use crate::plan::roads::Chain;

/// A stretch that takes less than this, seconds, is not told.
const LEAST_S: f64 = 1e-6;

/// A stretch of road that is reached in time, as one drives it.
#[derive(Clone, PartialEq, Debug)]
pub struct Part {
    /// The chain, by number.
    pub chain: u32,
    /// Where it is entered, metres from the beginning of the chain, and where it ends.
    pub between_m: [f64; 2],
    /// The way to where it is entered.
    pub from: Way,
    /// When its end is reached, seconds from the call.
    pub to_s: f64,
    /// Where it runs, WGS 84, degrees, from its entry on.
    pub line: Vec<Coord<f64>>,
}

/// All that is reached within so many seconds, by chain; as the map has the roads.
pub(super) fn parts(times: &Times<'_>, limit_s: f64) -> Vec<Part> {
    let mut parts = Vec::new();
    for ((number, chain), clock) in (0_u32..).zip(&times.roads.chains).zip(&times.clocks) {
        let anchors = times.anchors(number, Gaps::Open);
        for pair in anchors.windows(2) {
            let [(low, up), (high, down)] = [pair[0], pair[1]];
            // Where one is as late from below as from above.
            let meet = ((low + high + down.seconds - up.seconds) / 2.0).clamp(low, high);
            let ends = [
                (low, up, meet.min(low + limit_s - up.seconds)),
                (high, down, meet.max(high - limit_s + down.seconds)),
            ];
            let reached =
                ends.into_iter().filter(|(entry, way, end)| way.seconds < limit_s && (end - entry).abs() > LEAST_S);
            parts.extend(reached.map(|(entry, way, end)| part(number, (chain, clock), (entry, end), way)));
        }
    }
    parts
}

fn part(number: u32, (chain, clock): (&Chain, &Clock), (entry, end): (f64, f64), from: Way) -> Part {
    let between_m = [entry, end].map(|seconds| clock.metres(chain, seconds));
    let line = chain.between(between_m[0], between_m[1]);
    Part { chain: number, between_m, from, to_s: from.seconds + (end - entry).abs(), line }
}
