//! The roads: a plane graph over the hamlets, roads out of the town, tracks into the fields.

use std::collections::{BTreeMap, BTreeSet};

use super::counts::Counts;
use super::geometry::{P, between, cross, round};
use super::land::{Land, grid_of};
use super::rng::Rng;

/// What a road is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RoadClass {
    /// Between the middle of the town and the world.
    Main,
    /// Between villages.
    Village,
    /// Between hamlets of a village.
    Hamlet,
    /// Into the fields; ends there.
    Track,
}

impl RoadClass {
    /// The word files use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            RoadClass::Main => "main",
            RoadClass::Village => "village",
            RoadClass::Hamlet => "hamlet",
            RoadClass::Track => "track",
        }
    }
}

/// A road is built where the way would else be so many times the straight line.
const DETOUR: u64 = 3;

/// Where a way ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// In a hamlet, by number.
    Hamlet(usize),
    /// Outside the town.
    Outside,
    /// In the fields, beside the way of this number.
    Field(usize),
}

/// A road without junctions on its way; it begins in a hamlet.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) class: RoadClass,
    pub(super) from: usize,
    pub(super) to: End,
    /// From the middle of the hamlet on.
    pub(super) line: Vec<P>,
}

/// The roads of a town.
#[derive(Debug)]
pub(super) struct Ways {
    pub(super) all: Vec<Way>,
    /// Ways of a main road from the middle of the town to the boundary, by number, in order.
    pub(super) main: Vec<Vec<usize>>,
}

/// A field track is so long, metres (as long as the shortest road that has one, so that both are entered equally far
/// out), and leaves beside that road at this angle, degrees.
const TRACK: (f64, f64) = (420.0, 8.0);
/// Beside a road with a track no other one leaves within so many degrees.
const FORK_FREE: f64 = 30.0;

impl Ways {
    /// Makes the roads.
    pub(super) fn new(seed: u64, land: &Land, counts: &Counts) -> Ways {
        let mut rng = Rng::stream(seed, "roads");
        let at: Vec<P> = land.hamlets.iter().map(|h| h.at).collect();
        let pairs = chosen_pairs(&at, counts);
        let mut all: Vec<Way> = pairs.iter().map(|(a, b)| between_hamlets(&mut rng, land, *a, *b)).collect();
        let exits = exits(&mut rng, land, &all, counts.exits);
        let to_middle = steps_to_middle(&at, &pairs);
        let mut main = Vec::new();
        for (i, (hamlet, outside)) in exits.into_iter().enumerate() {
            let number = all.len();
            let class = if i % 2 == 0 { RoadClass::Main } else { RoadClass::Village };
            all.push(Way { class, from: hamlet, to: End::Outside, line: vec![at[hamlet], outside] });
            if class == RoadClass::Main {
                let mut road = path(&to_middle, &pairs, hamlet);
                road.iter().for_each(|w| all[*w].class = RoadClass::Main);
                road.reverse();
                road.push(number);
                main.push(road);
            }
        }
        add_tracks(&mut rng, land, &mut all, counts.tracks);
        Ways { all, main }
    }
}

/// Which hamlets are joined, of the edges of the Gabriel graph (Gabriel, Sokal 1969: no third point in the disc over
/// the edge), which is plane, so that roads meet in hamlets: each one that spares a detour (greedy spanner, Althöfer
/// and others 1993; it holds the shortest tree), then the shortest of the others.
fn chosen_pairs(at: &[P], counts: &Counts) -> Vec<(usize, usize)> {
    let mut reach = 2_500.0;
    loop {
        let edges = gabriel(at, reach);
        let (mut chosen, rest) = spanner(at, &edges);
        // The Gabriel graph of all pairs is connected; so this ends.
        if is_connected(at.len(), &chosen) {
            chosen.extend(rest.into_iter().take(counts.ways.saturating_sub(chosen.len())));
            chosen.sort_unstable();
            return chosen;
        }
        reach *= 2.0;
    }
}

/// Edges of the Gabriel graph up to a length, the shortest first.
fn gabriel(at: &[P], reach: f64) -> Vec<(usize, usize)> {
    let grid = grid_of(at);
    let mut edges: Vec<(f64, usize, usize)> = Vec::new();
    for (a, p) in at.iter().enumerate() {
        for (b, q) in grid.within(*p, reach).filter(|(b, _)| *b > a) {
            let middle = p.towards(q, 0.5);
            let radius = p.distance(q) / 2.0;
            if grid.within(middle, radius - 0.05).all(|(c, _)| c == a || c == b) {
                edges.push((p.d2(q), a, b));
            }
        }
    }
    edges.sort_by(|x, y| x.0.total_cmp(&y.0).then((x.1, x.2).cmp(&(y.1, y.2))));
    edges.into_iter().map(|(_, a, b)| (a, b)).collect()
}

type Pairs = Vec<(usize, usize)>;

/// Splits edges, the shortest first, into those without which the way would be longer by [`DETOUR`], and the rest.
fn spanner(at: &[P], edges: &[(usize, usize)]) -> (Pairs, Pairs) {
    let mut joined: Vec<Vec<usize>> = vec![Vec::new(); at.len()];
    edges.iter().partition(|(a, b)| {
        let new = !within_reach(at, &joined, *a, *b);
        if new {
            joined[*a].push(*b);
            joined[*b].push(*a);
        }
        new
    })
}

/// Whether there is a way from one hamlet to another not longer than [`DETOUR`] times the straight line (Dijkstra,
/// given up beyond that).
fn within_reach(at: &[P], joined: &[Vec<usize>], from: usize, to: usize) -> bool {
    let limit = millimetres(at[from], at[to]) * DETOUR;
    let mut best = BTreeMap::from([(from, 0)]);
    let mut queue = BTreeSet::from([(0, from)]);
    while let Some((so_far, here)) = queue.pop_first() {
        if here == to {
            return true;
        }
        for next in &joined[here] {
            let there = so_far + millimetres(at[here], at[*next]);
            if there <= limit && best.get(next).is_none_or(|b| there < *b) {
                best.insert(*next, there);
                queue.insert((there, *next));
            }
        }
    }
    false
}

/// A distance in whole millimetres, so that ties are ties everywhere.
fn millimetres(a: P, b: P) -> u64 {
    (a.distance(b) * 1_000.0).round() as u64
}

/// Whether one can get from the first hamlet to all others.
fn is_connected(n: usize, pairs: &[(usize, usize)]) -> bool {
    let mut joined: Vec<Vec<usize>> = vec![Vec::new(); n];
    for (a, b) in pairs {
        joined[*a].push(*b);
        joined[*b].push(*a);
    }
    let mut seen = vec![false; n];
    let mut queue: Vec<usize> = (0..n.min(1)).collect();
    while let Some(here) = queue.pop() {
        if !std::mem::replace(&mut seen[here], true) {
            queue.extend(&joined[here]);
        }
    }
    seen.into_iter().all(|s| s)
}

/// A road between two hamlets, with a slight bend where it is long enough.
fn between_hamlets(rng: &mut Rng, land: &Land, a: usize, b: usize) -> Way {
    let (from, to) = (&land.hamlets[a], &land.hamlets[b]);
    let class = if from.village == to.village { RoadClass::Hamlet } else { RoadClass::Village };
    let length = from.at.distance(to.at);
    let bend = round(rng.between(-0.03, 0.03) * length, 2);
    let mut line = vec![from.at, to.at];
    if length > 500.0 {
        line.insert(1, from.at.towards(to.at, 0.5).walk(from.at.bearing(to.at) + 90.0, bend));
    }
    Way { class, from: a, to: End::Hamlet(b), line }
}

/// Roads out of the town: in each sector from its outermost hamlet straight away from the middle, over the boundary.
fn exits(rng: &mut Rng, land: &Land, ways: &[Way], n: usize) -> Vec<(usize, P)> {
    let middle = P::new(0.0, 0.0);
    let sector = 360.0 / n as f64;
    let turn = round(rng.between(0.0, 360.0), 2);
    let reach = land.ring.iter().map(|p| p.distance(middle)).fold(0.0, f64::max) + 300.0;
    let mut hamlets: Vec<(usize, f64)> = land.hamlets.iter().map(|h| middle.bearing(h.at)).enumerate().collect();
    hamlets.sort_by(|a, b| {
        land.hamlets[b.0].at.d2(middle).total_cmp(&land.hamlets[a.0].at.d2(middle)).then(a.0.cmp(&b.0))
    });
    let mut exits = Vec::new();
    for i in 0..n {
        let inside = |degrees: f64| ((degrees - turn).rem_euclid(360.0) / sector) as usize == i;
        let found = hamlets.iter().filter(|(_, degrees)| inside(*degrees)).find_map(|(hamlet, degrees)| {
            let from = land.hamlets[*hamlet].at;
            let out = (from, middle.walk(*degrees, reach));
            let clear = |w: &Way| w.line.windows(2).all(|s| !cross(out, (s[0], s[1])));
            ways.iter().all(clear).then_some((*hamlet, out.1))
        });
        exits.extend(found);
    }
    exits
}

/// For each hamlet the next way towards hamlet 0 by the shortest path (Dijkstra), as (way, next hamlet).
fn steps_to_middle(at: &[P], pairs: &[(usize, usize)]) -> Vec<Option<(usize, usize)>> {
    let mut joined: Vec<Vec<(usize, usize)>> = vec![Vec::new(); at.len()];
    for (way, (a, b)) in pairs.iter().enumerate() {
        joined[*a].push((way, *b));
        joined[*b].push((way, *a));
    }
    let mut steps = vec![None; at.len()];
    let mut best = vec![u64::MAX; at.len()];
    let mut queue = BTreeSet::from([(0_u64, 0_usize)]);
    if let Some(first) = best.first_mut() {
        *first = 0;
    }
    while let Some((so_far, here)) = queue.pop_first() {
        for (way, next) in &joined[here] {
            let there = so_far + millimetres(at[here], at[*next]);
            if there < best[*next] {
                queue.remove(&(best[*next], *next));
                best[*next] = there;
                steps[*next] = Some((*way, here));
                queue.insert((there, *next));
            }
        }
    }
    steps
}

/// Ways from a hamlet to the middle of the town, in order.
fn path(steps: &[Option<(usize, usize)>], pairs: &[(usize, usize)], from: usize) -> Vec<usize> {
    let mut ways = Vec::new();
    let mut here = from;
    while let Some((way, next)) = steps[here]
        && ways.len() < pairs.len()
    {
        ways.push(way);
        here = next;
    }
    ways
}

/// Field tracks that leave a hamlet so close beside another road that one camera sees both.
fn add_tracks(rng: &mut Rng, land: &Land, all: &mut Vec<Way>, n: usize) {
    let mut leaving: Vec<Vec<(usize, f64)>> = vec![Vec::new(); land.hamlets.len()];
    for (i, way) in all.iter().enumerate() {
        leaving[way.from].push((i, way.line[0].bearing(way.line[1])));
        if let (End::Hamlet(to), [.., before, last]) = (way.to, way.line.as_slice()) {
            leaving[to].push((i, last.bearing(*before)));
        }
    }
    let mut hamlets: Vec<usize> = (0..land.hamlets.len()).collect();
    rng.shuffle(&mut hamlets);
    let forks = hamlets.into_iter().filter_map(|h| {
        let free = |(way, degrees): &&(usize, f64)| {
            let long = line_length(&all[*way].line) > TRACK.0 && all[*way].to != End::Outside;
            long && leaving[h].iter().all(|(w, d)| w == way || between(*d, *degrees + TRACK.1) > FORK_FREE)
        };
        let (way, degrees) = leaving[h].iter().find(free)?;
        let at = land.hamlets[h].at;
        let track = (at, at.walk(degrees + TRACK.1, TRACK.0));
        let clear = all.iter().all(|w| w.line.windows(2).all(|s| !cross(track, (s[0], s[1]))));
        clear.then_some((h, *way, track))
    });
    let forks: Vec<(usize, usize, (P, P))> = forks.take(n).collect();
    for (hamlet, beside, (start, end)) in forks {
        let line = vec![start, end];
        all.push(Way { class: RoadClass::Track, from: hamlet, to: End::Field(beside), line });
    }
}

/// The length of a line, metres.
pub(super) fn line_length(line: &[P]) -> f64 {
    line.windows(2).map(|s| s[0].distance(s[1])).sum()
}

/// A road of a made-up town, for maps and for the registry's road file.
#[derive(Clone, PartialEq, Debug)]
pub struct Road {
    /// Its id, `R0001`; no id of the registry.
    pub id: String,
    /// What it is for.
    pub class: RoadClass,
    /// Its name.
    pub name: String,
    /// Where it runs, WGS 84, degrees; roads meet only at their ends.
    pub line: geo::LineString<f64>,
}

/// Direction words for a place seen from another: an index into the tables of eight.
pub(super) fn eighth(degrees: f64) -> usize {
    ((degrees + 22.5).rem_euclid(360.0) / 45.0) as usize % 8
}
