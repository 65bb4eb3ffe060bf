//! Which entrances get a camera: the plan's order of importance, until the cameras are used up.

use super::gates::{Gate, GateKind, Gates};
use super::plan::{Plan, RING_ID, block_id, line_id, point_id};
use super::rng::Rng;
use super::ways::RoadClass;
use crate::registry::Layer;

/// How surely a camera's view is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sight {
    /// Everything about it is known: it watches by view.
    Surveyed,
    /// A camera that turns; watches at its home preset, by view.
    Turning,
    /// Looks all round; watches by declaration.
    Fisheye,
    /// Where it looks is not known; watches by declaration.
    Declared,
    /// Where it looks is not known and nobody declared it: at best maybe.
    NoAzimuth,
    /// Where it looks is known as one of eight directions only: with a narrow lens, maybe.
    EighthOnly,
}

impl Sight {
    /// Whether the camera watches its entrance, not only maybe.
    pub(super) const fn is_sure(self) -> bool {
        !matches!(self, Sight::NoAzimuth | Sight::EighthOnly)
    }
}

/// One camera to be put up.
#[derive(Debug)]
pub(super) struct Job {
    /// The entrance it is for; or two close by each other.
    pub(super) gates: Vec<usize>,
    pub(super) layer: Layer,
    pub(super) element: Option<String>,
    /// How many cameras the (first) entrance had before.
    pub(super) nth: usize,
    pub(super) sight: Sight,
    /// Whether it has light by night.
    pub(super) light: bool,
}

/// Jobs in order of importance.
struct Jobs<'a> {
    gates: &'a [Gate],
    watched: Vec<usize>,
    jobs: Vec<Job>,
    limit: usize,
}

impl Jobs<'_> {
    fn add(&mut self, gate: usize, layer: Layer, element: Option<String>) {
        let number = self.jobs.len();
        if number >= self.limit {
            return;
        }
        let nth = self.watched[gate];
        let mut gates = vec![gate];
        gates.extend(self.gates[gate].twin.filter(|twin| nth == 0 && self.watched[*twin] == 0));
        gates.iter().for_each(|g| self.watched[*g] += 1);
        // Where the plan has an element, in pairs and at forks everything is in order; elsewhere it is as in life.
        let ordinary = layer == Layer::Point && element.is_none() && nth == 0 && gates.len() == 1;
        let sight = if ordinary { ordinary_sight(number) } else { Sight::Surveyed };
        let light = !(ordinary && number % 16 == 5);
        self.jobs.push(Job { gates, layer, element, nth, sight, light });
    }

    /// One of the layers with a share of the cameras: up to so many, the entrances in this order, each with so many.
    fn add_layer(&mut self, share: usize, wanted: impl Iterator<Item = (usize, usize, Layer, String)>) {
        let before = self.jobs.len();
        for (gate, cameras, layer, element) in wanted {
            for _ in self.watched[gate]..cameras {
                if self.jobs.len() - before < share {
                    self.add(gate, layer, Some(element.clone()));
                }
            }
        }
    }
}

/// What a register of many years knows of its cameras: most of them all, some less.
fn ordinary_sight(number: usize) -> Sight {
    match number {
        n if n % 60 == 31 => Sight::NoAzimuth,
        n if n % 60 == 47 => Sight::EighthOnly,
        n if n % 40 == 23 => Sight::Declared,
        n if n % 70 == 11 => Sight::Turning,
        n if n % 90 == 17 => Sight::Fisheye,
        _ => Sight::Surveyed,
    }
}

/// Chooses for each of `n` cameras what it is for: the ring (each entrance twice), the blocks (main roads twice),
/// the lines (one a stretch), the points, then one entrance of each hamlet, then more of both kinds.
pub(super) fn jobs(seed: u64, gates: &Gates, plan: &Plan, n: usize) -> Vec<Job> {
    let all = &gates.all;
    let mut jobs = Jobs { gates: all, watched: vec![0; all.len()], jobs: Vec::with_capacity(n), limit: n };
    let share = if n >= 8 { (n * 12 / 100).max(2) } else { n / 4 };
    let of_kind = |kind: fn(&Gate) -> bool| (0..all.len()).filter(move |g| kind(&all[*g]));

    let town = of_kind(|g| g.kind == GateKind::Town);
    jobs.add_layer(share, town.map(|g| (g, 2, Layer::Circle, RING_ID.to_owned())));

    let mut between: Vec<(usize, usize)> = (0..all.len()).filter_map(|g| Some((g, all[g].enters?))).collect();
    between.sort_by_key(|(g, _)| all[*g].class);
    let main = between.iter().filter(|(g, _)| all[*g].class == RoadClass::Main).map(|(g, b)| (*g, 2, *b));
    let wanted = between.iter().map(|(g, b)| (*g, 1, *b)).chain(main);
    jobs.add_layer(share, wanted.map(|(g, cameras, b)| (g, cameras, Layer::Block, block_id(b))));

    let lines = plan.lines.iter().enumerate();
    let along = lines.flat_map(|(i, on)| one_a_way(all, on).into_iter().map(move |g| (g, 1, Layer::Line, line_id(i))));
    jobs.add_layer(share, along);

    for (i, point) in plan.points.iter().enumerate() {
        for g in &gates.of_hamlet[point.hamlet] {
            if jobs.watched[*g] == 0 {
                jobs.add(*g, Layer::Point, Some(point_id(i)));
            }
        }
    }
    for of_hamlet in &gates.of_hamlet {
        if of_hamlet.iter().all(|g| jobs.watched[*g] == 0) {
            // A fork first: one camera, two entrances; then the greatest road.
            let best = of_hamlet.iter().min_by_key(|g| (all[**g].twin.is_none(), all[**g].class, **g));
            best.into_iter().for_each(|g| jobs.add(*g, Layer::Point, None));
        }
    }
    fill_up(seed, &mut jobs);
    jobs.jobs
}

/// Of the entrances along a line the first of each road, so that no stretch is longer than one road.
fn one_a_way(all: &[Gate], on: &[usize]) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::new();
    for g in on.iter().filter(|g| matches!(all[**g].kind, GateKind::Hamlet(_))) {
        if chosen.last().is_none_or(|last| all[*last].way != all[*g].way) {
            chosen.push(*g);
        }
    }
    chosen
}

/// Uses the remaining cameras: two further entrances, one second camera, and so on; at last any entrance once more.
fn fill_up(seed: u64, jobs: &mut Jobs<'_>) {
    let mut rng = Rng::stream(seed, "jobs");
    let hamlets = |g: &usize| matches!(jobs.gates[*g].kind, GateKind::Hamlet(_));
    let mut bare: Vec<usize> = (0..jobs.gates.len()).filter(|g| jobs.watched[*g] == 0).collect();
    let mut once: Vec<usize> = (0..jobs.gates.len()).filter(|g| jobs.watched[*g] == 1 && hamlets(g)).collect();
    rng.shuffle(&mut bare);
    rng.shuffle(&mut once);
    let (mut bare, mut once) = (bare.into_iter(), once.into_iter());
    while jobs.jobs.len() < jobs.limit {
        let turn = jobs.jobs.len() % 3;
        let next = if turn == 0 { once.next().or_else(|| bare.next()) } else { bare.next().or_else(|| once.next()) };
        // Twice the entrances a town of this size has are more than its cameras; but no count is taken on trust.
        let gate = next.unwrap_or(jobs.jobs.len() % jobs.gates.len().max(1));
        jobs.add(gate, Layer::Point, None);
    }
}
