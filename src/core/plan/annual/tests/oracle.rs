//! Against going through all 2^n states.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::plan::{HOURS_A_YEAR, Share};

/// Everything that can fail, with the share of the time in which it is down.
fn things(shape: &Shape) -> Vec<(Component, f64)> {
    let nodes = shape.nodes.iter().enumerate().filter(|(_, n)| n.0 != NodeKind::Group);
    let nodes = nodes.map(|(i, n)| (Component::Node(i.into()), n.4));
    nodes.chain(shape.cameras.iter().enumerate().map(|(i, c)| (Component::Camera(i.into()), c.2))).collect()
}

/// Whether a path holds, from the shape's own words.
fn works(shape: &Shape, down: &dyn Fn(Component) -> bool, camera: usize) -> bool {
    let mut up: Vec<bool> = (0..shape.nodes.len())
        .map(|i| shape.nodes[i].0 == NodeKind::Group || !down(Component::Node(i.into())))
        .collect();
    // Parents come before their children.
    for (i, (_, needs, parents, power, _)) in shape.nodes.iter().enumerate() {
        let holds = match needs {
            Needs::All => parents.iter().all(|p| up[*p]),
            Needs::Any => parents.is_empty() || parents.iter().any(|p| up[*p]),
        };
        up[i] &= holds && power.iter().all(|p| up[*p]);
    }
    let (node, power, _) = &shape.cameras[camera];
    !down(Component::Camera(camera.into())) && node.iter().chain(power).all(|n| up[*n])
}

/// For which share of the time each entrance is lost.
fn all_states(shape: &Shape) -> Vec<f64> {
    let things = things(shape);
    let mut lost = vec![0.0; shape.entrances.len()];
    for state in 0..1_u32 << things.len() {
        let is_down = |at: usize| state >> at & 1 == 1;
        let chance = |(at, (_, q)): (usize, &(Component, f64))| if is_down(at) { *q } else { 1.0 - q };
        let chance: f64 = things.iter().enumerate().map(chance).product();
        if chance == 0.0 {
            continue;
        }
        let down = |c: Component| things.iter().position(|(thing, _)| *thing == c).is_some_and(is_down);
        for ((required, by), lost) in shape.entrances.iter().zip(&mut lost) {
            let live = by.iter().filter(|c| works(shape, &down, **c)).count();
            *lost += if live < *required as usize { chance } else { 0.0 };
        }
    }
    lost
}

fn set(shape: &Shape, component: Component, q: f64) -> Shape {
    let mut other = shape.clone();
    match component {
        Component::Camera(c) => other.cameras[c.at()].2 = q,
        Component::Node(n) => other.nodes[n.at()].4 = q,
    }
    other
}

/// The exact share of each entrance that enough cameras are installed for, by its slot.
fn shares(year: &Annual) -> BTreeMap<usize, f64> {
    let exact = |share: &Share| match share {
        Share::Exact(u) => *u,
        Share::Between(..) => panic!("{share:?}"),
    };
    year.entrances.iter().map(|(e, share)| (e.at(), exact(share))).collect()
}

prop_compose! {
    fn shapes()(
        nodes in prop::collection::vec((
            0..4_usize,
            any::<bool>(),
            prop::collection::vec(any::<prop::sample::Index>(), 0..3),
            prop::collection::vec(any::<prop::sample::Index>(), 0..2),
            0..=10_u32,
        ), 1..7),
        cameras in prop::collection::vec((
            prop::collection::vec(any::<prop::sample::Index>(), 0..3),
            prop::collection::vec(any::<prop::sample::Index>(), 0..2),
            0..=10_u32,
        ), 1..6),
        entrances in prop::collection::vec((0..4_u32, prop::collection::vec(any::<prop::sample::Index>(), 1..5)), 1..4),
    ) -> Shape {
        let (n, m) = (nodes.len(), cameras.len());
        let distinct = |of: &[prop::sample::Index], n: usize| {
            let mut of: Vec<usize> = if n == 0 { Vec::new() } else { of.iter().map(|p| p.index(n)).collect() };
            of.sort_unstable();
            of.dedup();
            of
        };
        let share = |tenths: u32| f64::from(tenths) / 10.0;
        Shape {
            nodes: nodes.iter().enumerate().map(|(i, (kind, all, parents, power, q))| {
                let kind = [NodeKind::Switch, NodeKind::Power, NodeKind::Switch, NodeKind::Group][*kind];
                let needs = if *all { Needs::All } else { Needs::Any };
                (kind, needs, distinct(parents, i), distinct(power, i), share(*q))
            }).collect(),
            cameras: cameras.iter().map(|(node, power, q)| (distinct(node, n), distinct(power, n), share(*q))).collect(),
            entrances: entrances.iter().map(|(required, by)| ((*required).max(1), distinct(by, m))).collect(),
        }
    }
}

proptest! {
    #[test]
    fn as_by_going_through_every_state(shape in shapes()) {
        let (year, expected) = (shape.year(), all_states(&shape));
        for (at, share) in shares(&year) {
            prop_assert!((share - expected[at]).abs() < 1e-12, "{at}: {share} {}", expected[at]);
            prop_assert!((0.0..=1.0).contains(&share));
        }
        for entrance in &year.unwatched {
            let (required, by) = &shape.entrances[entrance.at()];
            prop_assert!(by.len() < *required as usize, "a gap of the plan");
        }
        let of = |c: Component| year.components.iter().find(|w| w.component == c);
        for (component, q) in things(&shape) {
            let [down, up] = [1.0, 0.0].map(|q| all_states(&set(&shape, component, q)));
            let watched = shares(&year);
            let differences: Vec<f64> = watched.keys().map(|at| down[*at] - up[*at]).collect();
            prop_assert!(differences.iter().all(|d| *d >= -1e-12), "what fails never helps");
            let birnbaum: f64 = differences.iter().sum();
            let found = of(component).map_or((0.0, 0.0), |w| (w.birnbaum, w.hours));
            prop_assert!((found.0 - birnbaum).abs() < 1e-12, "{component:?}: {found:?} {birnbaum}");
            prop_assert!((found.1 - HOURS_A_YEAR * q * birnbaum).abs() < 1e-8, "{component:?}");
            for (at, share) in &watched {
                let mixed = q * down[*at] + (1.0 - q) * up[*at];
                prop_assert!((share - mixed).abs() < 1e-12, "U = q U(1) + (1 - q) U(0)");
            }
        }
    }

    #[test]
    fn a_thing_that_fails_more_never_helps(shape in shapes(), which in any::<prop::sample::Index>(), more in 0.0..1.0) {
        let things = things(&shape);
        let (component, q) = things[which.index(things.len())];
        let worse = shares(&set(&shape, component, q + (1.0 - q) * more).year());
        for (at, share) in shares(&shape.year()) {
            prop_assert!(worse[&at] >= share - 1e-12, "{at}: {share} {}", worse[&at]);
        }
    }

    /// Two in series, of which one or the other is down as often as the one that they stand for.
    #[test]
    fn what_is_split_in_series_loses_as_much(shape in shapes(), which in any::<prop::sample::Index>()) {
        let camera = which.index(shape.cameras.len());
        let half = 1.0 - (1.0 - shape.cameras[camera].2).sqrt();
        let mut split = shape.clone();
        split.nodes.push((NodeKind::Pole, Needs::All, Vec::new(), Vec::new(), half));
        split.cameras[camera].2 = half;
        split.cameras[camera].1.push(shape.nodes.len());
        let after = shares(&split.year());
        for (at, share) in shares(&shape.year()) {
            prop_assert!((after[&at] - share).abs() < 1e-12, "{at}: {share} {}", after[&at]);
        }
    }
}
