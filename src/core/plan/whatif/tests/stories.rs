//! Small towns that everybody can reckon in the head.

use std::collections::BTreeSet;

use super::super::{Component, Suppose, Turn};
use super::town::Town;
use crate::coverage::EntranceState as S;
use crate::coverage::tests::{HERE, camera, declared, entrance, place};
use crate::model::{CameraIx, EntranceIx, NodeId, NodeIx, Period};
use crate::registry::{Azimuth, Camera, Entrance, Gate, Life, LonLat, Needs, Node, NodeKind, Registry};

fn node(id: &str, parents: &[&str], needs: Needs) -> Node {
    Node {
        id: NodeId::new(id).unwrap(),
        kind: NodeKind::Switch,
        name: id.into(),
        address: None,
        at: None,
        parents: Gate { needs, of: parents.iter().map(|p| NodeId::new(p).unwrap()).collect() },
        power: Gate::default(),
        extra: Default::default(),
    }
}

fn town(nodes: Vec<Node>, cameras: Vec<Camera>, entrances: Vec<Entrance>) -> Town {
    let registry = Registry {
        nodes: nodes.into_iter().map(|n| (n.id.clone(), n)).collect(),
        cameras: cameras.into_iter().map(|c| (c.id.clone(), c)).collect(),
        entrances: entrances.into_iter().map(|e| (e.id.clone(), e)).collect(),
        ..Registry::default()
    };
    let none = BTreeSet::new;
    Town { registry, broken: BTreeSet::new(), dead: none(), unknown: none(), proven: none(), roads: Vec::new() }
}

/// What turned: entrance, from, to, for whose sake.
fn told(town: &Town, suppose: &Suppose) -> Vec<(usize, S, S, Vec<Component>)> {
    let answer = town.asked(Period::Day, suppose);
    answer.turned.into_iter().map(|t| (t.entrance.at(), t.before, t.after.state, t.changed_by)).collect()
}

fn hung(id: &str, node: &str, watches: &str) -> Camera {
    Camera { node: vec![NodeId::new(node).unwrap()], ..declared(id, watches) }
}

const C0: Component = Component::Camera(CameraIx(0));
/// Where no camera of these towns looks: it is watched by declaration.
const BEHIND: LonLat = LonLat { lon: HERE.lon, lat: HERE.lat - 0.000_2 };

/// Where all of them look.
fn north() -> LonLat {
    place(0.0, 20.0)
}

#[test]
fn both_legs_of_a_ring_are_to_blame_together_and_either_alone_is_not() {
    let nodes = vec![node("n0", &[], Needs::All), node("n1", &[], Needs::All), node("n2", &["n0", "n1"], Needs::Any)];
    let town = town(nodes, vec![hung("C0", "n2", "E0"), hung("C1", "n2", "E0")], vec![entrance("E0", north())]);
    let legs = [0, 1].map(|n| Component::Node(NodeIx(n)));
    let ask = |down: &[Component]| Suppose { down: down.iter().copied().collect(), ..Suppose::default() };
    assert_eq!(told(&town, &ask(&legs[..1])), []);
    assert_eq!(told(&town, &ask(&legs)), [(0, S::Covered, S::Lost, legs.to_vec())]);
    let answer = town.asked(Period::Day, &ask(&legs));
    assert_eq!((answer.nodes, answer.cut.len()), (vec![(NodeIx(0), 0), (NodeIx(1), 0)], 2));
    // The ring itself is enough: its legs are not to blame.
    let ring = Component::Node(NodeIx(2));
    assert_eq!(told(&town, &ask(&[legs[0], ring])), [(0, S::Covered, S::Lost, vec![ring])]);
}

#[test]
fn one_leg_that_is_down_makes_the_other_the_only_one() {
    let nodes = vec![node("n0", &[], Needs::All), node("n1", &[], Needs::All), node("n2", &["n0", "n1"], Needs::Any)];
    let mut town = town(nodes, vec![hung("C0", "n2", "E0")], vec![entrance("E0", north())]);
    town.broken = [NodeIx(0)].into();
    let [first, other] = [0, 1].map(|n| Component::Node(NodeIx(n)));
    let down = Suppose { down: [other].into(), ..Suppose::default() };
    assert_eq!(told(&town, &down), [(0, S::Covered, S::Lost, vec![other])]);
    // With the first mended it is one of two again.
    assert_eq!(told(&town, &Suppose { up: [first].into(), ..down }), []);
}

#[test]
fn a_camera_that_is_added_below_a_mended_switch_answers() {
    let nodes = vec![node("n0", &[], Needs::All), node("n1", &["n0"], Needs::All)];
    let mut town = town(nodes, Vec::new(), vec![entrance("E0", north())]);
    town.broken = [NodeIx(0)].into();
    let up = Component::Node(NodeIx(0));
    let added = vec![hung("N0", "n1", "")];
    let n0 = Component::Camera(CameraIx(0));
    let dead = Suppose { added, ..Suppose::default() };
    assert_eq!(told(&town, &dead), [(0, S::Unwatched, S::Lost, vec![n0])]);
    let mended = Suppose { up: [up].into(), ..dead };
    assert_eq!(told(&town, &mended), [(0, S::Unwatched, S::Covered, vec![n0])]);
}

#[test]
fn a_mended_switch_brings_back_what_it_took_and_not_what_is_dead_itself() {
    let nodes = vec![node("n0", &[], Needs::All), node("n1", &["n0"], Needs::All)];
    let cameras = vec![hung("C0", "n1", "E0"), hung("C1", "n1", "E1")];
    let mut town = town(nodes, cameras, vec![entrance("E0", BEHIND), entrance("E1", BEHIND)]);
    (town.broken, town.dead) = ([NodeIx(0)].into(), [CameraIx(1)].into());
    let up = Component::Node(NodeIx(0));
    let ask = |up: &[Component]| Suppose { up: up.iter().copied().collect(), ..Suppose::default() };
    assert_eq!(told(&town, &ask(&[up])), [(0, S::Lost, S::Covered, vec![up])]);
    assert_eq!(town.asked(Period::Day, &ask(&[up])).back, [CameraIx(0)]);
    // The switch below is down only for what is down above it.
    assert_eq!(told(&town, &ask(&[Component::Node(NodeIx(1))])), []);
    // One that is said to answer proves its path …
    assert_eq!(told(&town, &ask(&[C0])), [(0, S::Lost, S::Covered, vec![C0])]);
    // … unless what is supposed to be down cuts it.
    let both = Suppose { down: [Component::Node(NodeIx(1))].into(), ..ask(&[C0]) };
    assert_eq!(told(&town, &both), []);
}

#[test]
fn a_planned_camera_that_is_up_stands_there_and_one_that_is_gone_too() {
    let planned = Camera { status: Life::Planned, ..declared("C0", "E0") };
    let gone = Camera { status: Life::Retired, ..declared("C1", "E1") };
    let town = town(Vec::new(), vec![planned, gone], vec![entrance("E0", BEHIND), entrance("E1", BEHIND)]);
    let c1 = Component::Camera(CameraIx(1));
    let suppose = Suppose { up: [C0, c1].into(), ..Suppose::default() };
    let expected = [(0, S::Planned, S::Covered, vec![C0]), (1, S::Unwatched, S::Covered, vec![c1])];
    assert_eq!(told(&town, &suppose), expected);
}

#[test]
fn an_added_camera_counts_by_its_status_and_by_its_path() {
    let town = town(vec![node("n0", &[], Needs::All)], Vec::new(), vec![entrance("E0", north())]);
    let n0 = Component::Node(NodeIx(0));
    for (status, node, down, after) in [
        (Life::Active, "n0", vec![], Some(S::Covered)),
        (Life::Maintenance, "n0", vec![], Some(S::Covered)),
        (Life::Planned, "n0", vec![], Some(S::Planned)),
        (Life::Retired, "n0", vec![], None),
        (Life::Active, "n0", vec![n0], Some(S::Lost)),
        (Life::Active, "n0", vec![C0], Some(S::Lost)),
    ] {
        let added = vec![Camera { status, ..hung("N0", node, "") }];
        let suppose = Suppose { added, down: down.into_iter().collect(), ..Suppose::default() };
        let answer = town.asked(Period::Day, &suppose);
        let got = answer.turned.first().map(|t| t.after.state);
        assert_eq!(got, after, "{suppose:?}");
    }
}

#[test]
fn what_was_declared_of_a_camera_holds_while_its_view_does_not_say_no() {
    let town = town(Vec::new(), vec![declared("C0", "E0 E1")], vec![entrance("E0", north()), entrance("E1", north())]);
    let moved = |camera: Camera| Suppose { moved: [(CameraIx(0), camera)].into(), ..Suppose::default() };
    let camera = town.camera(CameraIx(0)).clone();
    let near = Camera { at: Some(place(3.0, -2.0)), ..camera.clone() };
    assert_eq!(told(&town, &moved(near)), []);
    let turned = Camera { azimuth: Some(Azimuth { degrees: 180.0, error: 0.0 }), ..camera.clone() };
    assert_eq!(told(&town, &moved(turned)).len(), 2);
    let far = Camera { at: Some(place(400.0, 0.0)), ..camera };
    let lost = |e| (e, S::Covered, S::Unwatched, vec![C0]);
    assert_eq!(told(&town, &moved(far)), [lost(0), lost(1)]);
}

#[test]
fn an_entrance_without_a_place_may_be_watched_from_anywhere() {
    let nowhere = Entrance { at: None, ..entrance("E0", north()) };
    let town = town(Vec::new(), vec![declared("C0", "E0")], vec![nowhere]);
    let moved = [(CameraIx(0), Camera { at: Some(place(5.0, 0.0)), ..town.camera(CameraIx(0)).clone() })].into();
    let answer = town.asked(Period::Day, &Suppose { moved, ..Suppose::default() });
    assert_eq!(answer.turned[0].after.state, S::Unwatched);
    assert_eq!(answer.may_watch, [EntranceIx(0)]);
}

#[test]
fn one_whose_azimuth_nobody_knows_may_watch_and_covers_nothing() {
    let town = town(Vec::new(), vec![camera("C0")], vec![entrance("E0", place(0.0, -20.0))]);
    let added = vec![Camera { azimuth: None, ..camera("N0") }];
    let answer = town.asked(Period::Day, &Suppose { added, ..Suppose::default() });
    assert_eq!((answer.turned, answer.may_watch), (Vec::new(), vec![EntranceIx(0)]));
    // Said to watch what it cannot see: the register is believed, and the conflict told.
    let added = vec![Camera { watches: declared("N0", "E0").watches, ..camera("N0") }];
    let answer = town.asked(Period::Day, &Suppose { added, ..Suppose::default() });
    assert_eq!((answer.turned.len(), answer.conflicts.len()), (1, 1));
}

#[test]
fn covered_is_better_than_reduced_and_that_than_unknown_and_that_than_the_rest() {
    for (before, after, turn) in [
        (S::Covered, S::Reduced, Turn::Worse),
        (S::Reduced, S::Unknown, Turn::Worse),
        (S::Unknown, S::Lost, Turn::Worse),
        (S::Unwatched, S::Planned, Turn::Other),
        (S::Lost, S::Unwatched, Turn::Other),
        (S::Planned, S::Reduced, Turn::Better),
    ] {
        assert_eq!(Turn::of(before, after), turn);
    }
}
