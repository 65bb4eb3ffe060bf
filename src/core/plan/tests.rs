//! Critical components, against failing each thing of a whole town and judging every entrance anew.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Component, Critical, Stand, critical};
use crate::coverage::tests::{HERE, camera, entrance};
use crate::coverage::{EntranceState, Standing, Verdict, Watch, Watcher, judge_entrance};
use crate::model::{CameraIx, EntranceIx, NodeId, NodeIx};
use crate::registry::{Camera, Entrance, Gate, Intervals, Life, Needs, Node, NodeKind, Registry, Topology};

/// A town of this shape: nodes that hang on earlier ones, cameras on nodes, entrances watched by cameras.
#[derive(Clone, Debug)]
struct Shape {
    nodes: Vec<(NodeKind, Needs, Vec<usize>)>,
    cameras: Vec<(Vec<usize>, Standing)>,
    /// Needed, and who watches.
    entrances: Vec<(u32, Vec<usize>)>,
    down: Vec<usize>,
}

struct Made {
    topology: Topology,
    watch: Watch,
}

fn id(i: usize) -> String {
    format!("n{i}")
}

fn made(shape: &Shape) -> Made {
    let ids = |of: &[usize]| of.iter().map(|p| NodeId::new(&id(*p)).unwrap()).collect::<Vec<_>>();
    let nodes = shape.nodes.iter().enumerate().map(|(i, (kind, needs, of))| Node {
        id: NodeId::new(&id(i)).unwrap(),
        kind: *kind,
        name: id(i).into(),
        address: None,
        at: None,
        parents: Gate { needs: *needs, of: ids(of) },
        power: Gate::default(),
        extra: Default::default(),
    });
    let cameras = shape
        .cameras
        .iter()
        .enumerate()
        .map(|(i, (path, _))| Camera { node: ids(path), ..camera(&format!("C{i:02}")) });
    let entrances = shape.entrances.iter().enumerate().map(|(i, (required, _))| Entrance {
        required: *required,
        target: *required,
        ..entrance(&format!("E{i:02}"), HERE)
    });
    let registry = Registry {
        nodes: nodes.map(|n| (n.id.clone(), n)).collect(),
        cameras: cameras.map(|c| (c.id.clone(), c)).collect(),
        entrances: entrances.map(|e| (e.id.clone(), e)).collect(),
        ..Registry::default()
    };
    let topology = Topology::build(&registry, &Intervals::default(), None);
    let watcher = |c: &usize| Watcher {
        camera: CameraIx::from(*c),
        day: Verdict::Yes,
        night: Verdict::No,
        declared: true,
        rests_by_day: false,
        rests_by_night: false,
    };
    let of_entrance = shape.entrances.iter().map(|(_, by)| by.iter().map(watcher).collect()).collect();
    Made { topology, watch: Watch { of_entrance, of_camera: vec![Vec::new(); shape.cameras.len()] } }
}

fn asked(shape: &Shape, night: bool) -> Vec<Critical> {
    let Made { topology, watch } = made(shape);
    critical(&Stand {
        topology: &topology,
        watch: &watch,
        night,
        required: &|e| shape.entrances.get(e.at()).map(|(required, _)| *required),
        standing: &|c| shape.cameras[c.at()].1,
        down: &|n| shape.down.iter().any(|d| topology.node(&id(*d)) == Some(n)),
    })
}

/// What each says: component, surely lost, maybe lost, cameras.
fn said(found: &[Critical]) -> Vec<(Component, Vec<usize>, Vec<usize>, u32)> {
    let at = |of: &[EntranceIx]| of.iter().map(|e| e.at()).collect();
    found.iter().map(|c| (c.component, at(&c.loses), at(&c.may_lose), c.cameras)).collect()
}

const LIVE: Standing = Standing::Live;

fn switch(parents: &[usize]) -> (NodeKind, Needs, Vec<usize>) {
    (NodeKind::Switch, Needs::All, parents.to_vec())
}

#[test]
fn a_switch_that_two_cameras_share_is_more_critical_than_either() {
    let shape = Shape {
        nodes: vec![switch(&[])],
        cameras: vec![(vec![0], LIVE), (vec![0], LIVE)],
        entrances: vec![(1, vec![0, 1]), (1, vec![0])],
        down: Vec::new(),
    };
    let node = Component::Node(NodeIx(0));
    let first = Component::Camera(CameraIx(0));
    assert_eq!(said(&asked(&shape, false)), [(node, vec![0, 1], vec![], 2), (first, vec![1], vec![], 1)]);
    assert_eq!(said(&asked(&shape, true)), [], "by night nobody watches: there is nothing to lose");
}

#[test]
fn a_watcher_of_which_nothing_is_known_makes_the_loss_unsure() {
    let shape = Shape {
        nodes: vec![switch(&[]), switch(&[])],
        cameras: vec![(vec![0], LIVE), (vec![1], Standing::Unknown)],
        entrances: vec![(1, vec![0, 1])],
        down: Vec::new(),
    };
    let found = said(&asked(&shape, false));
    let camera = Component::Camera(CameraIx(0));
    assert_eq!(found, [(camera, vec![], vec![0], 1), (Component::Node(NodeIx(0)), vec![], vec![0], 1)]);
}

#[test]
fn what_is_lost_already_is_not_lost_again() {
    let shape = Shape {
        nodes: vec![switch(&[])],
        cameras: vec![(vec![0], LIVE), (vec![0], Standing::Dead)],
        entrances: vec![(2, vec![0, 1])],
        down: Vec::new(),
    };
    assert_eq!(said(&asked(&shape, false)), []);
}

#[test]
fn one_leg_of_a_ring_is_critical_once_the_other_is_down() {
    let ring = (NodeKind::Group, Needs::Any, vec![0, 1]);
    let whole = Shape {
        nodes: vec![switch(&[]), switch(&[]), ring],
        cameras: vec![(vec![2], LIVE)],
        entrances: vec![(1, vec![0])],
        down: Vec::new(),
    };
    let camera = (Component::Camera(CameraIx(0)), vec![0], vec![], 1);
    assert_eq!(said(&asked(&whole, false)), std::slice::from_ref(&camera), "a group is no thing that fails");
    let broken = Shape { down: vec![0], ..whole };
    assert_eq!(said(&asked(&broken, false)), [camera, (Component::Node(NodeIx(1)), vec![0], vec![], 1)]);
}

/// Whether a path holds, reckoned from the shape's own words until nothing changes.
fn holds(shape: &Shape, failed: &[usize], path: &[usize]) -> bool {
    let mut up: Vec<bool> = (0..shape.nodes.len()).map(|i| !failed.contains(&i)).collect();
    for _ in 0..shape.nodes.len() {
        for (i, (_, needs, of)) in shape.nodes.iter().enumerate() {
            up[i] &= match needs {
                Needs::All => of.iter().all(|p| up[*p]),
                Needs::Any => of.is_empty() || of.iter().any(|p| up[*p]),
            };
        }
    }
    path.iter().all(|p| up[*p])
}

/// The standing of each camera when one more thing has failed.
fn after(shape: &Shape, failing: Component) -> Vec<Standing> {
    let dead = |i: usize, path: &[usize]| match failing {
        Component::Camera(c) => c.at() == i,
        Component::Node(n) => {
            // One that answers proves its path, whatever is judged of it.
            let believed = holds(shape, &shape.down, path);
            let mut failed = if believed { shape.down.clone() } else { Vec::new() };
            failed.push(n.at());
            !holds(shape, &failed, path)
        }
    };
    let each = shape.cameras.iter().enumerate();
    each.map(|(i, (path, standing))| if dead(i, path) { Standing::Dead } else { *standing }).collect()
}

fn states(shape: &Shape, standings: &[Standing]) -> Vec<EntranceState> {
    let watcher = |c: &usize| Watcher {
        camera: CameraIx::from(*c),
        day: Verdict::Yes,
        night: Verdict::No,
        declared: true,
        rests_by_day: false,
        rests_by_night: false,
    };
    let judge = |(required, by): &(u32, Vec<usize>)| {
        let watchers: Vec<Watcher> = by.iter().map(watcher).collect();
        let (standing, life) = (|c: CameraIx| standings[c.at()], |_| Some(Life::Active));
        judge_entrance(&watchers, false, *required, *required, standing, life).state
    };
    shape.entrances.iter().map(judge).collect()
}

prop_compose! {
    fn shapes()(
        nodes in prop::collection::vec((0..3_usize, any::<bool>(), prop::collection::vec(any::<prop::sample::Index>(), 0..3)), 1..7),
        cameras in prop::collection::vec((prop::collection::vec(any::<prop::sample::Index>(), 1..3), 0..5_usize), 1..7),
        entrances in prop::collection::vec((1..3_u32, prop::collection::vec(any::<prop::sample::Index>(), 1..4)), 1..5),
        down in prop::collection::vec(any::<prop::sample::Index>(), 0..2),
    ) -> Shape {
        let n = nodes.len();
        let distinct = |mut of: Vec<usize>| { of.sort_unstable(); of.dedup(); of };
        let nodes = nodes.iter().enumerate().map(|(i, (kind, all, parents))| {
            let of = if i == 0 { Vec::new() } else { distinct(parents.iter().map(|p| p.index(i)).collect()) };
            let kind = [NodeKind::Switch, NodeKind::Power, NodeKind::Group][*kind];
            (kind, if *all { Needs::All } else { Needs::Any }, of)
        }).collect();
        let m = cameras.len();
        let cameras = cameras.iter().map(|(path, standing)| {
            let standing = [LIVE, LIVE, LIVE, Standing::Unknown, Standing::Dead][*standing];
            (distinct(path.iter().map(|p| p.index(n)).collect()), standing)
        }).collect();
        let entrances = entrances.iter().map(|(required, by)| {
            (*required, distinct(by.iter().map(|c| c.index(m)).collect()))
        }).collect();
        Shape { nodes, cameras, entrances, down: distinct(down.iter().map(|d| d.index(n)).collect()) }
    }
}

proptest! {
    #[test]
    fn as_by_failing_each_thing_and_judging_everything_anew(shape in shapes()) {
        let standings: Vec<Standing> = shape.cameras.iter().map(|(_, s)| *s).collect();
        let before = states(&shape, &standings);
        let watched = |i: usize| matches!(before[i], EntranceState::Covered | EntranceState::Reduced);
        let cameras = (0..shape.cameras.len()).map(|c| Component::Camera(CameraIx::from(c)));
        let can_fail = |n: &usize| shape.nodes[*n].0 != NodeKind::Group && !shape.down.contains(n);
        let nodes = (0..shape.nodes.len()).filter(can_fail).map(|n| Component::Node(NodeIx::from(n)));
        let mut expected: BTreeMap<Component, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
        for component in cameras.chain(nodes) {
            let after = states(&shape, &after(&shape, component));
            let turned = |to: EntranceState| -> Vec<usize> {
                (0..before.len()).filter(|i| watched(*i) && after[*i] == to).collect()
            };
            let (loses, may_lose) = (turned(EntranceState::Lost), turned(EntranceState::Unknown));
            if !loses.is_empty() || !may_lose.is_empty() {
                expected.insert(component, (loses, may_lose));
            }
        }
        let found = asked(&shape, false);
        let got: BTreeMap<Component, (Vec<usize>, Vec<usize>)> =
            said(&found).into_iter().map(|(c, loses, may_lose, _)| (c, (loses, may_lose))).collect();
        prop_assert_eq!(got, expected);
        let rank = |c: &Critical| (c.loses.len(), c.may_lose.len(), c.cameras);
        prop_assert!(found.windows(2).all(|w| rank(&w[0]) >= rank(&w[1])), "worst first");
    }

    /// A camera that comes back never makes anything more critical for an entrance that was watched without it.
    #[test]
    fn one_more_live_watcher_never_adds_a_loss(shape in shapes(), which in any::<prop::sample::Index>()) {
        let dead: Vec<usize> = (0..shape.cameras.len()).filter(|c| shape.cameras[*c].1 == Standing::Dead).collect();
        prop_assume!(!dead.is_empty());
        let mut better = shape.clone();
        better.cameras[dead[which.index(dead.len())]].1 = LIVE;
        let standings: Vec<Standing> = shape.cameras.iter().map(|(_, s)| *s).collect();
        let before = states(&shape, &standings);
        let losses = |shape: &Shape| -> BTreeMap<Component, Vec<usize>> {
            let watched = |e: &usize| matches!(before[*e], EntranceState::Covered | EntranceState::Reduced);
            said(&asked(shape, false)).into_iter().map(|(c, loses, ..)| (c, loses.into_iter().filter(watched).collect())).collect()
        };
        let (was, is) = (losses(&shape), losses(&better));
        for (component, lost) in is {
            let known = was.get(&component).cloned().unwrap_or_default();
            prop_assert!(lost.iter().all(|e| known.contains(e)), "{component:?} loses {lost:?} now, {known:?} before");
        }
    }
}
