//! Spare nodes, against trying every set of up to two failures on the whole graph.

use proptest::prelude::*;

use super::camera;
use crate::coverage::{single_failures, spare_nodes};
use crate::model::{CameraIx, NodeId, NodeIx};
use crate::registry::{Camera, Gate, Intervals, Needs, Node, NodeKind, Registry, Topology};

fn ids(names: &[&str]) -> Vec<NodeId> {
    names.iter().map(|n| NodeId::new(n).unwrap()).collect()
}

fn node(id: &str, kind: NodeKind, needs: Needs, parents: &[&str]) -> Node {
    Node {
        id: NodeId::new(id).unwrap(),
        kind,
        name: id.into(),
        address: None,
        at: None,
        parents: Gate { needs, of: ids(parents) },
        power: Gate::default(),
        extra: Default::default(),
    }
}

fn graph(nodes: Vec<Node>, cameras: &[(&str, &[&str], &[&str])]) -> Topology {
    let camera = |(id, path, power): &(&str, &[&str], &[&str])| {
        let camera = Camera { node: ids(path), power: ids(power), ..camera(id) };
        (camera.id.clone(), camera)
    };
    let registry = Registry {
        nodes: nodes.into_iter().map(|n| (n.id.clone(), n)).collect(),
        cameras: cameras.iter().map(camera).collect(),
        ..Registry::default()
    };
    Topology::build(&registry, &Intervals::default(), None)
}

fn switch(id: &str, parents: &[&str]) -> Node {
    node(id, NodeKind::Switch, Needs::All, parents)
}

#[test]
fn the_nodes_that_all_cameras_share_are_the_weak_ones() {
    let nodes = || {
        vec![
            switch("up", &[]),
            switch("a", &["up"]),
            switch("b", &["up"]),
            switch("up2", &[]),
            switch("c", &["up2"]),
            switch("d", &[]),
        ]
    };
    let t = graph(
        nodes(),
        &[("C1", &["a"], &[]), ("C2", &["b"], &[]), ("C3", &["c"], &[]), ("C4", &["d"], &[]), ("C5", &[], &["a"])],
    );
    let spare = |live: &[u32], required| {
        let live: Vec<CameraIx> = live.iter().map(|n| CameraIx(*n)).collect();
        spare_nodes(&t, &live, required, &|_| false)
    };
    assert_eq!(spare(&[0], 1), Some(0));
    assert_eq!(spare(&[0, 1], 1), Some(0), "one uplink for both");
    assert_eq!(spare(&[0, 2], 1), Some(1), "nothing shared, but two failures suffice");
    assert_eq!(spare(&[0, 2, 3], 1), Some(2));
    assert_eq!(spare(&[0, 2, 3], 2), Some(1));
    assert_eq!(spare(&[0, 2, 3], 3), Some(0));
    assert_eq!(spare(&[0, 4], 1), None, "a path that nobody knows");
    assert_eq!(spare(&[0], 2), None, "not even now");
    assert_eq!(spare(&[], 1), None);
    assert_eq!(spare(&[77], 1), None, "no such camera");
}

#[test]
fn a_ring_survives_one_and_half_a_ring_none() {
    let ring = node("ring", NodeKind::Group, Needs::Any, &["a", "b"]);
    let t = graph(vec![switch("a", &[]), switch("b", &[]), ring], &[("C1", &["ring"], &[])]);
    assert_eq!(spare_nodes(&t, &[CameraIx(0)], 1, &|_| false), Some(1), "a group is no thing that fails");
    let a = t.node("a").unwrap();
    assert_eq!(spare_nodes(&t, &[CameraIx(0)], 1, &|n| n == a), Some(0), "one leg is down already");
    let both = spare_nodes(&t, &[CameraIx(0)], 1, &|_| true);
    assert_eq!(both, Some(2), "a camera that answers disproves what was judged, and no other node is left to fail");
}

#[test]
fn a_power_feed_is_a_node_too() {
    let t = graph(
        vec![switch("a", &[]), switch("b", &[]), node("feed", NodeKind::Power, Needs::All, &[])],
        &[("C1", &["a"], &["feed"]), ("C2", &["b"], &["feed"])],
    );
    assert_eq!(spare_nodes(&t, &[CameraIx(0), CameraIx(1)], 1, &|_| false), Some(0));
}

#[test]
fn more_nodes_than_are_worth_trying_are_not_tried() {
    let names: Vec<String> = (0..97).map(|i| format!("n{i:02}")).collect();
    let nodes = names.iter().map(|n| switch(n, &[])).collect();
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    let t = graph(nodes, &[("C1", &all, &[]), ("C2", &all[1..], &[])]);
    assert_eq!(spare_nodes(&t, &[CameraIx(0)], 1, &|_| false), None);
    assert_eq!(spare_nodes(&t, &[CameraIx(1)], 1, &|_| false), Some(0));
}

/// Whether a camera works, reckoned over and over from the register's own words until nothing changes.
fn works(nodes: &[(NodeKind, Needs, Vec<usize>)], failed: &[usize], path: &[usize]) -> bool {
    let mut up: Vec<bool> = (0..nodes.len()).map(|i| !failed.contains(&i)).collect();
    for _ in 0..nodes.len() {
        for (i, (_, needs, of)) in nodes.iter().enumerate() {
            let holds = match needs {
                Needs::All => of.iter().all(|p| up[*p]),
                Needs::Any => of.is_empty() || of.iter().any(|p| up[*p]),
            };
            up[i] &= holds;
        }
    }
    path.iter().all(|p| up[*p])
}

prop_compose! {
    /// A graph in which a node hangs on earlier ones only.
    fn some_nodes()(
        raw in prop::collection::vec(
            (0..3_usize, any::<bool>(), prop::collection::vec(any::<prop::sample::Index>(), 0..3)), 1..8,
        )
    ) -> Vec<(NodeKind, Needs, Vec<usize>)> {
        raw.iter().enumerate().map(|(i, (kind, all, parents))| {
            let kind = [NodeKind::Switch, NodeKind::Power, NodeKind::Group][*kind];
            let mut of: Vec<usize> = if i == 0 { Vec::new() } else { parents.iter().map(|p| p.index(i)).collect() };
            of.sort_unstable();
            of.dedup();
            (kind, if *all { Needs::All } else { Needs::Any }, of)
        }).collect()
    }
}

proptest! {
    #[test]
    fn as_by_trying_every_pair_of_the_whole_graph(
        nodes in some_nodes(),
        paths in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 1..3), 1..5),
        down in prop::collection::vec(any::<prop::sample::Index>(), 0..2),
        required in 1..4_u32,
    ) {
        let name = |i: usize| format!("n{i}");
        let made = nodes.iter().enumerate().map(|(i, (kind, needs, of))| {
            let parents: Vec<String> = of.iter().map(|p| name(*p)).collect();
            node(&name(i), *kind, *needs, &parents.iter().map(String::as_str).collect::<Vec<_>>())
        });
        let paths: Vec<Vec<usize>> = paths.iter().map(|p| p.iter().map(|n| n.index(nodes.len())).collect()).collect();
        let cameras = paths.iter().enumerate().map(|(i, path)| {
            let path: Vec<String> = path.iter().map(|n| name(*n)).collect();
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let camera = Camera { node: ids(&path), ..camera(&format!("C{i}")) };
            (camera.id.clone(), camera)
        });
        let registry = Registry {
            nodes: made.map(|n| (n.id.clone(), n)).collect(),
            cameras: cameras.collect(),
            ..Registry::default()
        };
        let topology = Topology::build(&registry, &Intervals::default(), None);
        let slot = |i: usize| topology.node(&name(i)).unwrap();
        let down: Vec<usize> = down.iter().map(|d| d.index(nodes.len())).collect();
        let live: Vec<CameraIx> = (0..paths.len()).map(CameraIx::from).collect();
        let is_down = |n: NodeIx| down.iter().any(|d| slot(*d) == n);
        let found = spare_nodes(&topology, &live, required, &is_down);

        // A camera that is live although the model says that it cannot be is reckoned without what is judged down.
        let left = |failed: &[usize]| paths.iter().filter(|path| {
            let all = [failed, &down].concat();
            works(&nodes, if works(&nodes, &down, path) { &all } else { failed }, path)
        }).count() >= required as usize;
        let can_fail = |i: &usize| nodes[*i].0 != NodeKind::Group && !down.contains(i);
        let can_fail: Vec<usize> = (0..nodes.len()).filter(can_fail).collect();
        let expected = if paths.len() < required as usize {
            None
        } else if can_fail.iter().any(|a| !left(&[*a])) {
            Some(0)
        } else if can_fail.iter().any(|a| can_fail.iter().any(|b| !left(&[*a, *b]))) {
            Some(1)
        } else {
            Some(2)
        };
        prop_assert_eq!(found, expected);
        let (_, weak) = single_failures(&topology, &live, required, &is_down);
        let alone = can_fail.iter().filter(|a| expected.is_some() && !left(&[**a])).map(|a| slot(*a));
        let mut alone: Vec<NodeIx> = alone.collect();
        alone.sort_unstable();
        prop_assert_eq!(weak, alone);
    }
}

#[test]
fn what_would_lose_it_next_is_named() {
    let t = graph(
        vec![switch("up", &[]), switch("a", &["up"]), switch("b", &["up"]), switch("c", &[])],
        &[("C1", &["a"], &[]), ("C2", &["b"], &[]), ("C3", &["c"], &[])],
    );
    let next = |live: &[u32], required| {
        let live: Vec<CameraIx> = live.iter().map(|n| CameraIx(*n)).collect();
        let (cameras, nodes) = single_failures(&t, &live, required, &|_| false);
        let nodes: Vec<_> = nodes.iter().map(|n| t.nodes[n.at()].id.to_string()).collect();
        (cameras.iter().map(|c| c.at()).collect::<Vec<_>>(), nodes)
    };
    assert_eq!(next(&[0], 1), (vec![0], vec!["a".to_owned(), "up".to_owned()]));
    assert_eq!(next(&[0, 1], 1), (vec![], vec!["up".to_owned()]), "one uplink for both");
    assert_eq!(next(&[0, 2], 1), (vec![], vec![]), "it survives any one failure");
    assert_eq!(next(&[0, 2], 2).0, [0, 2]);
    assert_eq!(next(&[], 1), (vec![], vec![]), "it is lost already");
}
