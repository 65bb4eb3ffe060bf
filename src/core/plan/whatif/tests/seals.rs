//! Seals that everybody can judge in the head: a hamlet with a road from the north past E0, and one from the west past E1.

use std::collections::BTreeSet;

use super::super::{Component, SealTurned, Suppose, Turn};
use super::town::Town;
use crate::coverage::tests::{camera, declared, entrance, place};
use crate::coverage::{Scope, Sealed};
use crate::model::{CameraIx, EntranceIx, NodeId, NodeIx, Period};
use crate::plan::cordon::tests::{block, hamlet, road};
use crate::registry::{Camera, Gate, Life, Node, NodeKind, Registry};

const C0: Component = Component::Camera(CameraIx(0));
const C1: Component = Component::Camera(CameraIx(1));
const SWITCH: Component = Component::Node(NodeIx(0));

/// C0 watches E0, C1 watches E1; both hang on one switch.
fn town() -> Town {
    let switch = Node {
        id: NodeId::new("n0").unwrap(),
        kind: NodeKind::Switch,
        name: "n0".into(),
        address: None,
        at: None,
        parents: Gate::default(),
        power: Gate::default(),
        extra: Default::default(),
    };
    let hung = |id: &str, watches: &str| Camera { at: None, node: vec![switch.id.clone()], ..declared(id, watches) };
    let cameras = [hung("C0", "E0"), hung("C1", "E1")];
    let entrances = [entrance("E0", place(0.0, 60.0)), entrance("E1", place(-60.0, 0.0))];
    let hamlet = hamlet("H1", (0.0, 0.0), Some(block((-20.0, -20.0), (20.0, 20.0))));
    let registry = Registry {
        cameras: cameras.into_iter().map(|c| (c.id.clone(), c)).collect(),
        entrances: entrances.into_iter().map(|e| (e.id.clone(), e)).collect(),
        areas: [(hamlet.id.clone(), hamlet)].into(),
        nodes: [(switch.id.clone(), switch)].into(),
        ..Registry::default()
    };
    let roads = vec![road("R0", &[(0.0, 400.0), (0.0, 0.0)]), road("R1", &[(-600.0, 0.0), (0.0, 0.0)])];
    let none = BTreeSet::new;
    Town { registry, broken: BTreeSet::new(), dead: none(), unknown: none(), proven: none(), roads }
}

/// The one seal that changes, if any does.
fn turned(town: &Town, suppose: &Suppose) -> Option<SealTurned> {
    let answer = town.asked(Period::Day, suppose).seals;
    assert_eq!(answer.verdicts.len(), 1, "{answer:?}");
    assert_eq!(answer.verdicts[0].0, Scope::Local);
    assert!(answer.turned.len() < 2, "{answer:?}");
    answer.turned.into_iter().next()
}

fn down(of: &[Component]) -> Suppose {
    Suppose { down: of.iter().copied().collect(), ..Suppose::default() }
}

fn up(of: &[Component]) -> Suppose {
    Suppose { up: of.iter().copied().collect(), ..Suppose::default() }
}

/// A camera by the west road that looks at E1, and is declared to watch nothing.
fn by_the_west_road(id: &str) -> Camera {
    camera_at(camera(id), -60.0, -20.0)
}

fn camera_at(camera: Camera, east: f64, north: f64) -> Camera {
    Camera { at: Some(place(east, north)), watches: Vec::new(), ..camera }
}

#[test]
fn a_camera_down_opens_the_shortest_way_past_it() {
    let opened = turned(&town(), &down(&[C1])).unwrap();
    assert_eq!(
        (opened.before.verdict, opened.after.verdict, opened.turn),
        (Sealed::Sealed, Sealed::Leaking, Turn::Worse)
    );
    assert_eq!((opened.before.thickness.0, opened.after.thickness.0), (Some(1), Some(0)));
    assert_eq!((opened.before.width.1, opened.after.width.1), (Some(0), Some(1)));
    let route = opened.after.route.unwrap();
    assert_eq!((route.entrances, route.dead), (vec![EntranceIx(1)], vec![CameraIx(1)]));
    assert_eq!((opened.fallen, opened.changed_by), (vec![CameraIx(1)], vec![C1]));
    assert_eq!(turned(&town(), &Suppose::default()), None);
}

#[test]
fn a_node_is_told_where_it_opens_the_way_and_only_the_cameras_on_the_way_with_it() {
    let opened = turned(&town(), &down(&[SWITCH])).unwrap();
    assert_eq!(
        (opened.after.width.1, opened.after.route.unwrap().entrances),
        (Some(2), vec![EntranceIx(0)]),
        "shorter"
    );
    assert_eq!((opened.fallen, opened.changed_by), (vec![CameraIx(0)], vec![SWITCH]));
}

#[test]
fn a_camera_that_is_added_or_moved_closes_a_leak_by_what_it_sees() {
    let mut town = town();
    town.dead = [CameraIx(1)].into();
    let added = |camera| Suppose { added: vec![camera], ..Suppose::default() };
    let shut = turned(&town, &added(by_the_west_road("N0"))).unwrap();
    assert_eq!((shut.before.verdict, shut.after.verdict, shut.turn), (Sealed::Leaking, Sealed::Sealed, Turn::Better));
    assert_eq!((shut.changed_by, shut.fallen), (vec![Component::Camera(CameraIx(2))], vec![]));
    assert_eq!(shut.before.route.unwrap().dead, [CameraIx(1)]);
    let away = camera_at(camera("N0"), -60.0, 100.0);
    assert_eq!(turned(&town, &added(away)), None, "it looks the other way");
    let planned = Camera { status: Life::Planned, ..by_the_west_road("N0") };
    assert_eq!(turned(&town, &added(planned)), None, "it is not there yet");
    // C0 leaves E0 for E1: what was shut opens, what was open shuts.
    let to = Camera { id: town.camera(CameraIx(0)).id.clone(), ..by_the_west_road("C0") };
    let other = turned(&town, &Suppose { moved: [(CameraIx(0), to)].into(), ..Suppose::default() }).unwrap();
    let way = |seal: &super::super::super::Seal| seal.route.as_ref().unwrap().entrances.clone();
    assert_eq!((way(&other.before), way(&other.after)), (vec![EntranceIx(1)], vec![EntranceIx(0)]));
    assert_eq!((other.turn, other.fallen, other.changed_by), (Turn::Other, vec![CameraIx(0)], vec![C0]));
}

#[test]
fn what_is_mended_closes_its_leak_and_two_must_fail_where_one_more_stands() {
    let mut town = town();
    town.dead = [CameraIx(1)].into();
    let mended = turned(&town, &up(&[C1])).unwrap();
    assert_eq!((mended.turn, mended.after.verdict, mended.changed_by), (Turn::Better, Sealed::Sealed, vec![C1]));
    town.dead.clear();
    // A second camera at E1 alone makes it no thicker; with one at E0 too it does.
    let second = by_the_west_road("N0");
    let third = camera_at(camera("N1"), 0.0, 40.0);
    let one = Suppose { added: vec![second.clone()], ..Suppose::default() };
    assert_eq!(turned(&town, &one), None);
    let both = turned(&town, &Suppose { added: vec![second, third], ..Suppose::default() }).unwrap();
    assert_eq!(
        (both.turn, both.before.thickness, both.after.thickness),
        (Turn::Better, (Some(1), Some(1)), (Some(2), Some(2)))
    );
    assert_eq!((both.before.verdict, both.after.verdict), (Sealed::Sealed, Sealed::Sealed));
}

#[test]
fn of_which_nothing_is_known_is_no_leak_and_down_is_worse() {
    let mut town = town();
    town.unknown = [CameraIx(1)].into();
    let opened = turned(&town, &down(&[C1])).unwrap();
    assert_eq!(
        (opened.before.verdict, opened.after.verdict, opened.turn),
        (Sealed::Unknown, Sealed::Leaking, Turn::Worse)
    );
    let shut = turned(&town, &up(&[C1])).unwrap();
    assert_eq!((shut.before.verdict, shut.after.verdict, shut.turn), (Sealed::Unknown, Sealed::Sealed, Turn::Better));
}
