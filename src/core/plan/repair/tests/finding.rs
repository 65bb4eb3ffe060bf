//! What is down, what it brings back and in which order, against mending everything in every order and judging each
//! entrance anew.

use proptest::prelude::*;

use super::super::{Outages, RepairOrder, repair_order};
use super::*;
use crate::coverage::tests::{HERE, camera, entrance};
use crate::coverage::{EntranceState, Standing, Verdict, Watch, Watcher, judge_entrance};
use crate::model::{NodeId, NodeIx};
use crate::registry::{Camera, Entrance, Gate, Intervals, Life, Needs, Node, NodeKind, Registry, Topology};

/// Nodes that hang on earlier ones, cameras on nodes, entrances watched by cameras; what is broken by itself.
#[derive(Clone, Debug)]
struct Shape {
    seed: u64,
    /// Needs, parents, whether it is broken.
    nodes: Vec<(Needs, Vec<usize>, bool)>,
    /// Nodes above, whether it is broken, whether nothing is known of it otherwise.
    cameras: Vec<(Vec<usize>, bool, bool)>,
    /// Needed, and who watches.
    entrances: Vec<(u32, Vec<usize>)>,
}

fn registry(shape: &Shape) -> Registry {
    let mut dice = Dice(shape.seed);
    let id = |i: usize| NodeId::new(&format!("n{i}")).unwrap();
    let ids = |of: &[usize]| of.iter().map(|i| id(*i)).collect::<Vec<_>>();
    let nodes: Vec<Node> = shape
        .nodes
        .iter()
        .enumerate()
        .map(|(i, (needs, of, _))| Node {
            id: id(i),
            kind: NodeKind::Switch,
            name: "".into(),
            address: None,
            at: Some(dice.place()),
            parents: Gate { needs: *needs, of: ids(of) },
            power: Gate::default(),
            extra: Default::default(),
        })
        .collect();
    let one = |(i, (path, ..)): (usize, &(Vec<usize>, bool, bool))| Camera {
        node: ids(path),
        at: Some(dice.place()),
        ..camera(&format!("C{i}"))
    };
    let cameras: Vec<Camera> = shape.cameras.iter().enumerate().map(one).collect();
    let entrances = shape.entrances.iter().enumerate().map(|(i, (required, _))| Entrance {
        required: *required,
        target: *required,
        ..entrance(&format!("E{i}"), HERE)
    });
    Registry {
        nodes: nodes.into_iter().map(|n| (n.id.clone(), n)).collect(),
        cameras: cameras.into_iter().map(|c| (c.id.clone(), c)).collect(),
        entrances: entrances.map(|e| (e.id.clone(), e)).collect(),
        ..Registry::default()
    }
}

fn watcher(camera: &usize) -> Watcher {
    Watcher {
        camera: CameraIx::from(*camera),
        day: Verdict::Yes,
        night: Verdict::No,
        declared: true,
        rests_by_day: false,
        rests_by_night: false,
    }
}

impl Shape {
    /// What is broken by itself, in the order of slots.
    fn broken(&self) -> Vec<Component> {
        let cameras = self.cameras.iter().enumerate().filter(|(_, (_, broken, _))| *broken);
        let nodes = self.nodes.iter().enumerate().filter(|(_, (.., broken))| *broken);
        let cameras = cameras.map(|(i, _)| Component::Camera(CameraIx::from(i)));
        cameras.chain(nodes.map(|(i, _)| Component::Node(NodeIx::from(i)))).collect()
    }

    /// Whether a path holds when this was mended, reckoned from the shape's own words until nothing changes.
    fn holds(&self, mended: &[Component], path: &[usize]) -> bool {
        let broken = |i: usize| self.nodes[i].2 && !mended.contains(&Component::Node(NodeIx::from(i)));
        let mut up: Vec<bool> = (0..self.nodes.len()).map(|i| !broken(i)).collect();
        for _ in 0..self.nodes.len() {
            for (i, (needs, of, _)) in self.nodes.iter().enumerate() {
                up[i] &= match needs {
                    Needs::All => of.iter().all(|p| up[*p]),
                    Needs::Any => of.is_empty() || of.iter().any(|p| up[*p]),
                };
            }
        }
        path.iter().all(|p| up[*p])
    }

    fn standing(&self, mended: &[Component], c: usize) -> Standing {
        let (path, broken, unknown) = &self.cameras[c];
        if !self.holds(mended, path) || *broken && !mended.contains(&Component::Camera(CameraIx::from(c))) {
            return Standing::Dead;
        }
        // What was mended answers; of what never failed nothing may be known.
        if *unknown && !*broken && self.holds(&[], path) { Standing::Unknown } else { Standing::Live }
    }

    fn is_lost(&self, mended: &[Component], e: usize) -> bool {
        let (required, by) = &self.entrances[e];
        let watchers: Vec<Watcher> = by.iter().map(watcher).collect();
        let (standing, life) = (|c: CameraIx| self.standing(mended, c.at()), |_| Some(Life::Active));
        judge_entrance(&watchers, false, *required, *required, standing, life).state == EntranceState::Lost
    }

    fn lost(&self, mended: &[Component]) -> Vec<usize> {
        (0..self.entrances.len()).filter(|e| self.is_lost(mended, *e)).collect()
    }
}

/// When something failed: some at the same moment.
fn since(component: Component) -> Time {
    Time(match component {
        Component::Camera(c) => i64::from(c.0 % 2),
        Component::Node(n) => i64::from(n.0 % 3),
    })
}

fn asked(shape: &Shape, effort: &Effort) -> RepairOrder {
    let registry = registry(shape);
    let topology = Topology::build(&registry, &Intervals::default(), None);
    let of_entrance = shape.entrances.iter().map(|(_, by)| by.iter().map(watcher).collect()).collect();
    let watch = Watch { of_entrance, of_camera: vec![Vec::new(); shape.cameras.len()] };
    let first_broken = |c: CameraIx| {
        let above = topology.cameras[c.at()].above.iter().copied();
        above.into_iter().find(|n| shape.nodes[n.at()].2)
    };
    let outages = Outages {
        registry: &registry,
        topology: &topology,
        watch: &watch,
        night: false,
        lost: &|e| shape.is_lost(&[], e.at()).then(|| shape.entrances[e.at()].0),
        standing: &|c| shape.standing(&[], c.at()),
        rests: &|_| false,
        blamed: &|c| (since(Component::Camera(c)), first_broken(c).filter(|_| !shape.cameras[c.at()].1)),
        broken: &|n| shape.nodes[n.at()].2.then(|| since(Component::Node(n))),
    };
    repair_order(&outages, POST, effort)
}

/// Every order of every choice of what is broken: what is lost within the shift, in seconds.
struct Brute<'a> {
    shape: &'a Shape,
    effort: &'a Effort,
    registry: Registry,
    broken: Vec<Component>,
    least: u64,
}

impl Brute<'_> {
    fn at(&self, component: Component) -> (LonLat, u32) {
        let seconds = |span: Span| (span.as_millis() / 1_000) as u32;
        match component {
            Component::Camera(c) => {
                let id = format!("C{}", c.at());
                (self.registry.cameras[id.as_str()].at.unwrap(), seconds(self.effort.camera))
            }
            Component::Node(n) => {
                let id = format!("n{}", n.at());
                (self.registry.nodes[id.as_str()].at.unwrap(), seconds(self.effort.node))
            }
        }
    }

    fn travel(&self, from: LonLat, to: LonLat) -> u32 {
        use geo::{Distance, Haversine, Point};
        let metres = Haversine.distance(Point::new(from.lon, from.lat), Point::new(to.lon, to.lat));
        (metres * self.effort.detour * (3.6 / self.effort.speed_kmh)).round() as u32
    }

    fn deeper(&mut self, mended: &mut Vec<Component>, from: LonLat, now: u32, paid: u64) {
        let shift = (self.effort.shift.as_millis() / 1_000) as u32;
        let lost = self.shape.lost(mended).len() as u64;
        self.least = self.least.min(paid + lost * u64::from(shift - now));
        for component in self.broken.clone() {
            let (at, work) = self.at(component);
            let done = now + self.travel(from, at) + work;
            if mended.contains(&component) || done > shift {
                continue;
            }
            mended.push(component);
            self.deeper(mended, at, done, paid + lost * u64::from(done - now));
            mended.pop();
        }
    }
}

fn least(shape: &Shape, effort: &Effort) -> u64 {
    let (registry, broken) = (registry(shape), shape.broken());
    let mut brute = Brute { shape, effort, registry, broken, least: u64::MAX };
    brute.deeper(&mut Vec::new(), POST, 0, 0);
    brute.least
}

prop_compose! {
    fn shapes()(
        seed in any::<u64>(),
        nodes in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<prop::sample::Index>(), 0..3), 0..3_u8), 1..6),
        cameras in prop::collection::vec((prop::collection::vec(any::<prop::sample::Index>(), 1..3), 0..3_u8, 0..5_u8), 1..6),
        entrances in prop::collection::vec((1..3_u32, prop::collection::vec(any::<prop::sample::Index>(), 1..4)), 1..6),
    ) -> Shape {
        let n = nodes.len();
        let distinct = |mut of: Vec<usize>| { of.sort_unstable(); of.dedup(); of };
        let nodes: Vec<_> = nodes.iter().enumerate().map(|(i, (all, parents, broken))| {
            let of = if i == 0 { Vec::new() } else { distinct(parents.iter().map(|p| p.index(i)).collect()) };
            (if *all { Needs::All } else { Needs::Any }, of, *broken == 0)
        }).collect();
        let m = cameras.len();
        let mut room = 6 - nodes.iter().filter(|n| n.2).count();
        let cameras = cameras.iter().map(|(path, broken, unknown)| {
            let broken = *broken == 0 && room > 0;
            room -= usize::from(broken);
            (distinct(path.iter().map(|p| p.index(n)).collect()), broken, *unknown == 0)
        }).collect();
        let entrances = entrances.iter().map(|(required, by)| {
            (*required, distinct(by.iter().map(|c| c.index(m)).collect()))
        }).collect();
        Shape { seed, nodes, cameras, entrances }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn as_by_mending_everything_in_every_order(shape in shapes(), hours in 1..6_i64) {
        let effort = Effort { shift: Span::hours(hours), ..Effort::default() };
        let order = asked(&shape, &effort);
        prop_assert!(order.exact);
        prop_assert_eq!(order.entrance_time, Span::seconds(least(&shape, &effort) as i64));
        prop_assert!(order.bound <= order.entrance_time && order.entrance_time <= order.unmended);
        // What each stop says of itself, against judging everything anew.
        let mut mended = Vec::new();
        let mut lost = shape.lost(&mended);
        prop_assert_eq!(order.lost, lost.len());
        for stop in &order.stops {
            mended.push(stop.component);
            let left = shape.lost(&mended);
            let back: Vec<usize> = lost.iter().copied().filter(|e| !left.contains(e)).collect();
            prop_assert_eq!(stop.restores.iter().map(|e| e.at()).collect::<Vec<_>>(), back);
            prop_assert_eq!(stop.lost_after, left.len());
            prop_assert_eq!(stop.since, since(stop.component));
            lost = left;
        }
        prop_assert_eq!(order.remains.iter().map(|e| e.at()).collect::<Vec<_>>(), lost);
        prop_assert_eq!(order.jobs + order.idle, shape.broken().len());
    }
}

fn chain() -> Shape {
    Shape {
        seed: 1,
        nodes: vec![(Needs::All, vec![], true), (Needs::All, vec![0], false)],
        cameras: vec![(vec![1], true, false), (vec![1], false, false)],
        entrances: vec![(1, vec![0]), (1, vec![1]), (2, vec![0, 1])],
    }
}

#[test]
fn a_switch_and_a_camera_behind_it_are_two_stops_and_one_gain() {
    let order = asked(&chain(), &Effort::default());
    let stops: Vec<_> = order.stops.iter().map(|s| (s.component, s.restores.clone(), s.lost_after)).collect();
    let (node, camera) = (Component::Node(NodeIx(0)), Component::Camera(CameraIx(0)));
    assert_eq!(stops, [(node, vec![EntranceIx(1)], 2), (camera, vec![EntranceIx(0), EntranceIx(2)], 0)]);
    // Whoever thinks that either repair is enough is wrong by an entrance: the brute force tells them apart.
    let either = Shape { nodes: vec![(Needs::All, vec![], false); 2], ..chain() };
    assert_ne!(asked(&either, &Effort::default()).lost, order.lost);
    assert_ne!(least(&either, &Effort::default()), least(&chain(), &Effort::default()));
}

#[test]
fn nothing_down_is_nothing_to_mend() {
    let whole = Shape { nodes: vec![(Needs::All, vec![], false)], cameras: vec![(vec![0], false, false)], ..chain() };
    let whole = Shape { entrances: vec![(1, vec![0])], ..whole };
    let order = asked(&whole, &Effort::default());
    assert_eq!(order, RepairOrder { exact: true, ..RepairOrder::default() });
}

#[test]
fn an_effort_out_of_range_says_which_part_of_it() {
    use super::super::EffortFault as F;
    let fine = Effort::default();
    assert_eq!(fine.check(), Ok(()));
    for (effort, fault) in [
        (Effort { shift: Span::minutes(9), ..fine }, F::Shift),
        (Effort { shift: Span::hours(25), ..fine }, F::Shift),
        (Effort { speed_kmh: f64::NAN, ..fine }, F::Speed),
        (Effort { detour: 0.9, ..fine }, F::Detour),
        (Effort { camera: Span::ZERO, ..fine }, F::Camera),
        (Effort { node: Span::hours(9), ..fine }, F::Node),
    ] {
        assert_eq!(effort.check(), Err(fault));
    }
}
