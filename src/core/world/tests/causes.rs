//! The smallest set of causes, against trying every set; and large questions, which must stay small work.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::coverage::tests::camera;
use crate::health::cause::{Blame, Failure, Item, partials, smallest};
use crate::model::{CameraIx, NodeId, NodeIx, Time};
use crate::registry::{Camera, Gate, Intervals, Needs, Node, NodeKind, Registry, Topology};

/// Nodes that hang on earlier ones, cameras on nodes; which cameras fail silently, and since when; when each node last
/// let something pass; which nodes fail by their own probe.
#[derive(Clone, Debug)]
struct Shape {
    nodes: Vec<(Needs, Vec<usize>)>,
    cameras: Vec<(Vec<usize>, Option<i64>)>,
    onsets: Vec<Option<i64>>,
    own: Vec<Option<i64>>,
}

fn id(i: usize) -> String {
    format!("n{i:03}")
}

fn topology(nodes: &[(Needs, Vec<usize>)], paths: impl Iterator<Item = Vec<usize>>) -> Topology {
    let ids = |of: &[usize]| of.iter().map(|p| NodeId::new(&id(*p)).unwrap()).collect::<Vec<_>>();
    let nodes = nodes.iter().enumerate().map(|(i, (needs, of))| Node {
        id: NodeId::new(&id(i)).unwrap(),
        kind: NodeKind::Switch,
        name: id(i).into(),
        address: None,
        at: None,
        parents: Gate { needs: *needs, of: ids(of) },
        power: Gate::default(),
        extra: Default::default(),
    });
    let cameras = paths.enumerate().map(|(i, path)| Camera { node: ids(&path), ..camera(&format!("C{i:05}")) });
    let registry = Registry {
        nodes: nodes.map(|n| (n.id.clone(), n)).collect(),
        cameras: cameras.map(|c| (c.id.clone(), c)).collect(),
        ..Registry::default()
    };
    Topology::build(&registry, &Intervals::default(), None)
}

impl Shape {
    fn failures(&self) -> Vec<Failure> {
        let cameras = self.cameras.iter().enumerate().filter_map(|(i, (_, since))| {
            Some(Failure { item: Item::Camera(CameraIx::from(i)), since: Time((*since)?), silent: true })
        });
        let nodes = self.own.iter().enumerate().filter_map(|(i, since)| {
            Some(Failure { item: Item::Node(NodeIx::from(i)), since: Time((*since)?), silent: true })
        });
        cameras.chain(nodes).collect()
    }

    fn found(&self) -> Vec<Blame> {
        let topology = topology(&self.nodes, self.cameras.iter().map(|(path, _)| path.clone()));
        let onset = |n: NodeIx| self.onsets[n.at()].map(Time);
        smallest(&topology, &self.failures(), &|_| false, &onset)
    }

    /// Whether a path holds with these down, reckoned over and over until nothing changes.
    fn holds(&self, down: &BTreeSet<usize>, path: &[usize]) -> bool {
        let mut up: Vec<bool> = (0..self.nodes.len()).map(|i| !down.contains(&i)).collect();
        for _ in 0..self.nodes.len() {
            for (i, (needs, of)) in self.nodes.iter().enumerate() {
                up[i] &= match needs {
                    Needs::All => of.iter().all(|p| up[*p]),
                    Needs::Any => of.is_empty() || of.iter().any(|p| up[*p]),
                };
            }
        }
        path.iter().all(|p| up[*p])
    }

    fn is_explained(&self, failure: &Failure, set: &BTreeSet<usize>) -> bool {
        let in_time = |n: &usize| self.onsets[*n].is_none_or(|t| t <= failure.since.millis());
        let down: BTreeSet<usize> = set.iter().copied().filter(in_time).collect();
        match failure.item {
            Item::Camera(c) => !self.holds(&down, &self.cameras[c.at()].0),
            // It is blamed for itself, or what stands above it is down.
            Item::Node(n) => {
                let above: BTreeSet<usize> = down.iter().copied().filter(|d| *d != n.at()).collect();
                set.contains(&n.at()) || !self.holds(&above, &[n.at()])
            }
        }
    }

    fn is_justified(&self, node: usize, set: &BTreeSet<usize>) -> bool {
        let without: BTreeSet<usize> = set.iter().copied().filter(|n| *n != node).collect();
        let alone = self.failures().into_iter().filter(|f| f.item != Item::Node(NodeIx::from(node)));
        self.own[node].is_some()
            || alone.filter(|f| self.is_explained(f, set) && !self.is_explained(f, &without)).count() >= 2
    }

    fn cost(&self, set: &BTreeSet<usize>) -> usize {
        set.len() + self.failures().iter().filter(|f| !self.is_explained(f, set)).count()
    }

    fn cheapest(&self) -> usize {
        let sets = (0_u32..1 << self.nodes.len())
            .map(|bits| (0..self.nodes.len()).filter(|i| bits >> i & 1 == 1).collect::<BTreeSet<usize>>());
        let sound = sets.filter(|set| set.iter().all(|n| self.is_justified(*n, set)));
        sound.map(|set| self.cost(&set)).min().unwrap()
    }
}

prop_compose! {
    fn shapes()(
        nodes in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<prop::sample::Index>(), 0..3)), 1..7),
        cameras in prop::collection::vec((any::<prop::sample::Index>(), prop::option::weighted(0.8, 0..20_i64)), 1..12),
        onsets in prop::collection::vec(prop::option::weighted(0.3, 0..20_i64), 7),
        own in prop::collection::vec(prop::option::weighted(0.15, 0..20_i64), 7),
    ) -> Shape {
        let n = nodes.len();
        let nodes = nodes.iter().enumerate().map(|(i, (all, parents))| {
            let of: BTreeSet<usize> = parents.iter().filter(|_| i > 0).map(|p| p.index(i.max(1))).collect();
            (if *all { Needs::All } else { Needs::Any }, of.into_iter().collect())
        }).collect();
        let cameras = cameras.iter().map(|(on, since)| (vec![on.index(n)], *since)).collect();
        Shape { nodes, cameras, onsets: onsets[..n].to_vec(), own: own[..n].to_vec() }
    }
}

proptest! {
    /// Sets of more than three nodes are found greedily, so that up to three the cost is the least of all sets.
    #[test]
    fn no_set_of_causes_is_smaller_than_the_one_that_is_found(shape in shapes()) {
        let found = shape.found();
        let set: BTreeSet<usize> = found.iter().map(|b| b.node.at()).collect();
        prop_assert!(set.iter().all(|n| shape.is_justified(*n, &set)), "each is worth its blame: {set:?}");
        if found.iter().all(|b| b.exact) {
            prop_assert_eq!(shape.cost(&set), shape.cheapest(), "{:?}", set);
        }
    }
}

/// A feed cannot be asked. Were it blamed for cameras only, its switches would be named one by one, until two cameras are
/// confirmed too.
#[test]
fn two_switches_that_do_not_answer_are_the_feed_that_both_hang_on() {
    let nodes = [(Needs::All, vec![]), (Needs::All, vec![0]), (Needs::All, vec![0])];
    let topology = topology(&nodes, [vec![1], vec![2]].into_iter());
    let switch = |n: usize| Failure { item: Item::Node(NodeIx::from(n)), since: Time(1_000), silent: true };
    let blamed = |failures: &[Failure], passed: i64| -> Vec<usize> {
        let onset = |n: NodeIx| Some(Time(if n.at() == 0 { passed } else { 500 }));
        smallest(&topology, failures, &|_| false, &onset).iter().map(|b| b.node.at()).collect()
    };
    assert_eq!(blamed(&[switch(1), switch(2)], 500), [0]);
    assert_eq!(blamed(&[switch(1), switch(2)], 1_500), [1, 2], "what hangs on the feed has answered since");
    assert_eq!(blamed(&[switch(1)], 500), [1]);
    let refuses = Failure { silent: false, ..switch(2) };
    assert_eq!(blamed(&[switch(1), refuses], 500), [1], "who refuses has power");
}

/// Of each switch below a feed: how many cameras failed before the feed last let something pass, and how many after. The
/// early ones can be their switch's only, the late ones the feed's too.
fn below_a_feed(switches: &[(usize, usize)]) -> Vec<Blame> {
    let mut nodes = vec![(Needs::All, vec![])];
    nodes.extend(switches.iter().map(|_| (Needs::All, vec![0])));
    let paths = |(i, (early, late)): (usize, &(usize, usize))| vec![vec![1 + i]; early + late];
    let topology = topology(&nodes, switches.iter().enumerate().flat_map(paths));
    let times = switches.iter().flat_map(|(early, late)| [vec![1_000; *early], vec![1_900; *late]].concat());
    let camera = |(c, since)| Failure { item: Item::Camera(CameraIx::from(c)), since: Time(since), silent: true };
    let failures: Vec<Failure> = times.enumerate().map(camera).collect();
    smallest(&topology, &failures, &|_| false, &|n| Some(Time(if n.at() == 0 { 1_800 } else { 1_000 })))
}

#[test]
fn two_switches_that_explain_all_are_blamed_and_not_the_feed_that_explains_most() {
    // The feed explains four of six, and is the best first choice; with it neither switch is worth its blame.
    let blames = below_a_feed(&[(1, 2), (1, 2)]);
    assert_eq!(blames.iter().map(|b| b.node.at()).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn what_is_exact_is_said_of_three_causes_at_most() {
    for (switches, exact) in [(3, true), (4, false)] {
        let blames = below_a_feed(&vec![(2, 1); switches]);
        let found: Vec<(usize, bool)> = blames.iter().map(|b| (b.node.at(), b.exact)).collect();
        assert_eq!(found, (1..=switches).map(|n| (n, exact)).collect::<Vec<_>>());
    }
}

/// Who answered before the first quarter had failed says nothing about the node; who answered after it does.
#[test]
fn a_node_fails_in_part_by_who_was_asked_since_the_first_quarter_of_its_failures() {
    let topology = topology(&[(Needs::All, vec![])], (0..7).map(|_| vec![0]));
    let failure =
        |c: usize| Failure { item: Item::Camera(CameraIx::from(c)), since: Time(1_000 * (c as i64 + 1)), silent: true };
    let failures: Vec<Failure> = (0..3).map(failure).collect();
    // Four others answered: before the first failed, or between the first and the second.
    for (early, partial) in [(0, false), (1, true), (4, true)] {
        let tried = |c: CameraIx| match c.at() {
            0..3 => Some((Time(3_000), false)),
            n => Some((Time(if n < 3 + early { 900 } else { 1_500 }), true)),
        };
        assert_eq!(!partials(&topology, &failures, &tried).is_empty(), partial, "{early} answered before");
    }
}

/// Five hundred switches, of each of which most cameras fell silent while others of it answer: what an overloaded town
/// looks like. It is judged at once, where one search over all of it took minutes.
#[test]
fn half_a_town_behind_five_hundred_switches_is_small_work() {
    let (switches, cameras) = (500, 20);
    let mut nodes = vec![(Needs::All, Vec::new())];
    nodes.extend((0..switches).map(|_| (Needs::All, vec![0])));
    let path = |c: usize| vec![1 + c / cameras];
    let topology = topology(&nodes, (0..switches * cameras).map(path));
    let silent = |c: &usize| !c.is_multiple_of(3);
    let failures: Vec<Failure> = (0..switches * cameras)
        .filter(silent)
        .map(|c| Failure {
            item: Item::Camera(CameraIx::from(c)),
            since: Time(1_000 + (c as i64 * 7) % 900),
            silent: true,
        })
        .collect();
    // The uplink let others pass all the time; every fifth switch was silent from the first failure on.
    let onset = |n: NodeIx| Some(Time(if n.at() > 0 && n.at().is_multiple_of(5) { 1_000 } else { 2_000 }));
    let blames = smallest(&topology, &failures, &|_| false, &onset);
    assert_eq!(blames.len(), switches / 5, "each of them by itself");
    assert!(blames.iter().all(|b| b.exact && b.rivals.is_empty() && b.explains.len() >= 13));
    // Where all of it could be the uplink's too, that is one cause.
    let whole = smallest(&topology, &failures, &|_| false, &|_| Some(Time(1_000)));
    assert_eq!(whole.iter().map(|b| b.node).collect::<Vec<_>>(), [NodeIx::from(0)]);
    // Where late failures of all could be the uplink's, and the early ones of each its switch's only, the search is cut off.
    let mixed = smallest(&topology, &failures, &|_| false, &|n| Some(Time(if n.at() == 0 { 1_800 } else { 1_000 })));
    let mixed: BTreeSet<usize> = mixed.iter().map(|b| b.node.at()).collect();
    assert_eq!(mixed, (1..=switches).collect(), "not the uplink, of whose failures each is a switch's as well");
    let tried = |c: CameraIx| Some((Time(2_000), !silent(&c.at())));
    let partial = partials(&topology, &failures, &tried);
    assert_eq!(partial.iter().map(|(n, m)| (n.at(), m.len())).collect::<Vec<_>>(), [(0, failures.len())]);
    // With the uplink out of the question each switch is a part of its own.
    let less: Vec<Failure> =
        failures.iter().filter(|f| matches!(f.item, Item::Camera(c) if c.at() % 80 < 20)).copied().collect();
    assert_eq!(partials(&topology, &less, &tried).len(), 1, "an eighth of all is the uplink's");
    let fewer: Vec<Failure> =
        failures.iter().filter(|f| matches!(f.item, Item::Camera(c) if c.at() % 200 < 20)).copied().collect();
    assert_eq!(partials(&topology, &fewer, &tried).len(), switches / 10);
}
