//! Which cameras fail together and no node of the registry says why: what a person may have forgotten to write down.
//!
//! Believes nothing and changes nothing: an answer is a question to somebody who knows the poles.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::{CameraIx, NodeIx, Span, Time};
use crate::registry::{Life, Topology};

/// Failures that began so close to each other began together.
pub const WINDOW: Span = Span::seconds(30);
/// Two cameras are a group from so many times on, …
const TIMES_OF_TWO: usize = 3;
/// … and more of them from so many: that three by chance never fail but together is rarer.
const TIMES_OF_MORE: usize = 2;

/// A failure of a camera.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Failure {
    /// When it began.
    pub since: Time,
    /// Which camera.
    pub camera: CameraIx,
    /// The node that was judged to be its cause.
    pub by: Option<NodeIx>,
}

/// Cameras that never failed but together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Together {
    /// Which, by slot.
    pub cameras: Vec<CameraIx>,
    /// When: of each time the first failure, oldest first.
    pub times: Vec<Time>,
}

/// Groups of cameras that failed together at least three times (two of them) or twice (more), never one of them without
/// the others, for which no node can be blamed: none was at the time, and none of the registry has just these cameras below
/// it. The most frequent first, then the largest.
#[must_use]
pub fn together(topology: &Topology, failures: &[Failure]) -> Vec<Together> {
    let bursts = bursts(&unexplained(topology, failures));
    let mut met: BTreeMap<CameraIx, Vec<usize>> = BTreeMap::new();
    for (n, (_, cameras)) in bursts.iter().enumerate() {
        for camera in cameras {
            met.entry(*camera).or_default().push(n);
        }
    }
    let mut groups: BTreeMap<Vec<usize>, Vec<CameraIx>> = BTreeMap::new();
    for (camera, of) in met {
        groups.entry(of).or_default().push(camera);
    }
    let often = |times: usize, cameras: usize| match cameras {
        0 | 1 => false,
        2 => times >= TIMES_OF_TWO,
        _ => times >= TIMES_OF_MORE,
    };
    let mut all: Vec<Together> = groups
        .into_iter()
        .filter(|(of, cameras)| often(of.len(), cameras.len()) && !is_known(topology, cameras))
        .map(|(of, cameras)| {
            let times = of.iter().filter_map(|n| Some(bursts.get(*n)?.0)).collect();
            Together { cameras, times }
        })
        .collect();
    all.sort_by(|a, b| {
        let rank = |t: &Together| Reverse((t.times.len(), t.cameras.len()));
        rank(a).cmp(&rank(b)).then_with(|| a.cameras.cmp(&b.cameras))
    });
    all
}

/// Failures of cameras that are installed, in order, without those for which a node above was blamed, in them or in a
/// failure that began together with them.
fn unexplained(topology: &Topology, failures: &[Failure]) -> Vec<(Time, CameraIx)> {
    let mut blamed: BTreeMap<NodeIx, BTreeSet<Time>> = BTreeMap::new();
    for failure in failures {
        if let Some(node) = failure.by {
            blamed.entry(node).or_default().insert(failure.since);
        }
    }
    let near = |node: &NodeIx, at: Time| {
        blamed.get(node).is_some_and(|times| times.range(at - WINDOW..=at + WINDOW).next().is_some())
    };
    let open = failures.iter().filter(|failure| {
        let slot = topology.cameras.get(failure.camera.at());
        slot.is_some_and(|slot| {
            slot.life.is_some_and(Life::is_installed)
                && failure.by.is_none()
                && !slot.above.iter().any(|node| near(node, failure.since))
        })
    });
    let mut open: Vec<(Time, CameraIx)> = open.map(|failure| (failure.since, failure.camera)).collect();
    open.sort_unstable();
    open.dedup();
    open
}

/// What began together: the first failure, and the cameras. Each begins with a failure and takes those within the window
/// of that, so that one after the other does not make a burst without end.
fn bursts(failures: &[(Time, CameraIx)]) -> Vec<(Time, BTreeSet<CameraIx>)> {
    let mut all: Vec<(Time, BTreeSet<CameraIx>)> = Vec::new();
    for (at, camera) in failures {
        match all.last_mut() {
            Some((first, cameras)) if at.since(*first) <= WINDOW => _ = cameras.insert(*camera),
            _ => all.push((*at, BTreeSet::from([*camera]))),
        }
    }
    all
}

/// Whether a node has just these cameras below it.
fn is_known(topology: &Topology, cameras: &[CameraIx]) -> bool {
    let slot = |camera: &CameraIx| topology.cameras.get(camera.at());
    let candidates = cameras.first().and_then(slot).map(|slot| slot.required.as_slice()).unwrap_or_default();
    candidates.iter().any(|node| {
        let needs = |camera: &CameraIx| slot(camera).is_some_and(|slot| slot.required.contains(node));
        let below = topology.nodes.get(node.at()).map(|slot| slot.below.as_slice()).unwrap_or_default();
        cameras.iter().all(needs) && below.iter().filter(|c| needs(c)).count() == cameras.len()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::coverage::tests::camera;
    use crate::model::NodeId;
    use crate::registry::{Camera, Gate, Intervals, Node, NodeKind, Registry};

    const CAMERAS: usize = 8;

    /// Cameras C0 to C7: the first three hang on switch S, with C3; C4 and C5 alone on switch T; the rest on nothing.
    fn town() -> Topology {
        let node = |id: &str| Node {
            id: NodeId::new(id).unwrap(),
            kind: NodeKind::Switch,
            name: id.into(),
            address: None,
            at: None,
            parents: Gate::default(),
            power: Gate::default(),
            extra: Default::default(),
        };
        let of = |n: usize| match n {
            0..=3 => vec![NodeId::new("S").unwrap()],
            4 | 5 => vec![NodeId::new("T").unwrap()],
            _ => Vec::new(),
        };
        let cameras = (0..CAMERAS).map(|n| Camera { node: of(n), ..camera(&format!("C{n}")) });
        let registry = Registry {
            nodes: [node("S"), node("T")].map(|n| (n.id.clone(), n)).into(),
            cameras: cameras.map(|c| (c.id.clone(), c)).collect(),
            ..Registry::default()
        };
        Topology::build(&registry, &Intervals::default(), None)
    }

    /// Failures as `(second, cameras)`.
    fn failed(topology: &Topology, all: &[(i64, &[usize])]) -> Vec<Failure> {
        let one = |second: i64, n: usize| {
            let camera = topology.camera(&format!("C{n}")).unwrap();
            Failure { since: Time(second * 1_000), camera, by: None }
        };
        all.iter().flat_map(|(second, cameras)| cameras.iter().map(|n| one(*second, *n))).collect()
    }

    fn groups(topology: &Topology, failures: &[Failure]) -> Vec<(Vec<String>, usize)> {
        let id = |c: &CameraIx| topology.cameras[c.at()].id.to_string();
        together(topology, failures).iter().map(|t| (t.cameras.iter().map(id).collect(), t.times.len())).collect()
    }

    #[test]
    fn who_never_fails_but_together_is_a_group_that_no_node_explains() {
        let t = town();
        let of = |ids: &[&str], times: usize| (ids.iter().map(|i| (*i).to_owned()).collect::<Vec<_>>(), times);
        type Case<'a> = (&'a str, &'a [(i64, &'a [usize])], Vec<(Vec<String>, usize)>);
        let cases: [Case<'_>; 10] = [
            ("nothing", &[], vec![]),
            (
                "three, twice, of four on a switch",
                &[(0, &[0, 1, 2]), (500, &[2, 1, 0])],
                vec![of(&["C0", "C1", "C2"], 2)],
            ),
            ("the same once", &[(0, &[0, 1, 2])], vec![]),
            ("two, twice", &[(0, &[6, 7]), (500, &[6, 7])], vec![]),
            ("two, three times", &[(0, &[6, 7]), (500, &[6, 7]), (900, &[6, 7])], vec![of(&["C6", "C7"], 3)]),
            ("one of them alone", &[(0, &[0, 1, 2]), (500, &[0, 1, 2]), (900, &[2])], vec![]),
            (
                "within 30 s, and no longer",
                &[
                    (0, &[0]),
                    (29, &[6]),
                    (30, &[7]),
                    (500, &[7]),
                    (510, &[6]),
                    (530, &[0]),
                    (900, &[0]),
                    (931, &[6, 7]),
                ],
                vec![of(&["C6", "C7"], 3)],
            ),
            ("all of a switch: it is known", &[(0, &[4, 5]), (500, &[4, 5]), (900, &[4, 5])], vec![]),
            ("over two switches", &[(0, &[3, 4, 6]), (500, &[3, 4, 6])], vec![of(&["C3", "C4", "C6"], 2)]),
            (
                "two groups, one of them in all that befalls the other",
                &[(0, &[0, 1, 2]), (500, &[0, 1, 2, 6, 7, 5]), (900, &[6, 7, 5]), (1_500, &[5, 6, 7])],
                vec![of(&["C5", "C6", "C7"], 3), of(&["C0", "C1", "C2"], 2)],
            ),
        ];
        for (what, failures, expected) in cases {
            assert_eq!(groups(&t, &failed(&t, failures)), expected, "{what}");
        }
    }

    #[test]
    fn a_failure_with_a_node_to_blame_is_explained_and_so_is_what_began_with_it() {
        let t = town();
        let mut all = failed(&t, &[(0, &[0, 1, 2]), (500, &[0, 1, 2])]);
        assert_eq!(groups(&t, &all).len(), 1);
        // The switch was blamed for the fourth only, 20 s after the second time.
        let by = t.node("S");
        let fourth = Failure { by, ..failed(&t, &[(520, &[3])])[0] };
        all.push(fourth);
        assert_eq!(groups(&t, &all), [], "once is not enough");
        let elsewhere = Failure { by: t.node("T"), ..fourth };
        *all.last_mut().unwrap() = elsewhere;
        assert_eq!(groups(&t, &all).len(), 1, "another switch explains nothing");
    }

    proptest! {
        #[test]
        fn groups_are_apart_and_each_failed_at_each_of_its_times_and_at_no_other(
            failures in prop::collection::vec((0_i64..400, 0_usize..CAMERAS), 0..60),
            turn in any::<prop::sample::Index>(),
        ) {
            let t = town();
            let mut all: Vec<Failure> =
                failures.iter().flat_map(|(second, n)| failed(&t, &[(*second * 5, &[*n])])).collect();
            let found = together(&t, &all);
            let mut seen = BTreeSet::new();
            for group in &found {
                prop_assert!(group.cameras.len() >= 2 && !is_known(&t, &group.cameras));
                let least = if group.cameras.len() == 2 { 3 } else { 2 };
                prop_assert!(group.times.len() >= least);
                for camera in &group.cameras {
                    prop_assert!(seen.insert(*camera), "in two groups");
                    let of = || all.iter().filter(|f| f.camera == *camera).map(|f| f.since);
                    let within = |at: Time, first: &Time| at >= *first && at.since(*first) <= WINDOW;
                    prop_assert!(group.times.iter().all(|first| of().any(|at| within(at, first))));
                    prop_assert!(of().all(|at| group.times.iter().any(|first| within(at, first))));
                }
            }
            if !all.is_empty() {
                let middle = turn.index(all.len());
                all.rotate_left(middle);
            }
            all.extend(all.clone());
            prop_assert_eq!(together(&t, &all), found, "neither order nor a second mention matters");
        }
    }
}
