//! The golden towns of coverage.md §8, as far as they are about seals.

use super::*;
use crate::coverage::Sealed;

fn all_live(_: CameraIx) -> Standing {
    Standing::Live
}

const RING: ((f64, f64), (f64, f64)) = ((-500.0, -500.0), (500.0, 500.0));

fn ring() -> Option<Polygon<f64>> {
    Some(block(RING.0, RING.1))
}

fn ids(scene: &Scene, entrances: &[EntranceIx]) -> Vec<String> {
    entrances.iter().map(|e| scene.topology.entrances[e.at()].id.to_string()).collect()
}

/// (a) A road that branches inside, with one gate.
#[test]
fn one_gate_before_a_tree_of_roads() {
    let roads = vec![
        road("in", &[(0.0, -900.0), (0.0, -400.0), (0.0, 0.0)]),
        road("left", &[(0.0, 0.0), (-300.0, 200.0)]),
        road("right", &[(0.0, 0.0), (300.0, 200.0)]),
    ];
    let scene = Scene::new(roads, registry(ring(), Vec::new(), &[("E1", 0.0, -450.0)], &[("C1", "E1")]), 0.0);
    let seal = &scene.seals(Scope::Town, &all_live)[0];
    assert_eq!((seal.verdict, seal.thickness, seal.width), (Sealed::Sealed, (Some(1), Some(1)), (Some(0), Some(0))));
    assert!(seal.route.is_none() && seal.sites.is_empty() && seal.leaked.road_m == 0.0);

    let seal = &scene.seals(Scope::Town, &|_| Standing::Dead)[0];
    let route = seal.route.as_ref().unwrap();
    assert_eq!((seal.verdict, seal.thickness, seal.width), (Sealed::Leaking, (Some(0), Some(0)), (Some(1), Some(1))));
    assert_eq!((ids(&scene, &route.entrances), &route.dead), (vec!["E1".to_owned()], &vec![scene.camera("C1")]));
    assert!((route.length_m - 900.0).abs() < 6.0 && route.unwatched.is_empty(), "{route:?}");
    assert_eq!(route.line.first(), Some(&coord(0.0, -900.0)), "from outside in");
    assert_eq!(seal.sites[0].entrance, Some(scene.entrance("E1")), "to mend is better than to build");
    assert!((seal.leaked.road_m - 1_171.0).abs() < 8.0, "{}", seal.leaked.road_m);

    let seal = &scene.seals(Scope::Town, &|_| Standing::Unknown)[0];
    assert_eq!((seal.verdict, seal.thickness, seal.width), (Sealed::Unknown, (Some(0), Some(1)), (Some(0), Some(1))));
    assert!(seal.why.is_none() && seal.route.is_some());
}

/// (b) A ring road with two gates, of which one is dead: the cut says one, and so does the way; with both alive and two
/// cameras each, two failures open it and not four.
#[test]
fn a_ring_road_with_two_gates() {
    let roads = vec![
        road("west", &[(-900.0, 0.0), (-200.0, 0.0)]),
        road("ring", &[(-200.0, 0.0), (0.0, 200.0), (200.0, 0.0), (0.0, -200.0), (-200.0, 0.0)]),
        road("east", &[(200.0, 0.0), (900.0, 0.0)]),
    ];
    let entrances = [("E1", -480.0, 0.0), ("E2", 480.0, 0.0)];
    let cameras = [("C1", "E1"), ("C2", "E1"), ("C3", "E2"), ("C4", "E2")];
    let scene = Scene::new(roads, registry(ring(), Vec::new(), &entrances, &cameras), 0.0);
    let seal = &scene.seals(Scope::Town, &all_live)[0];
    assert_eq!((seal.verdict, seal.thickness.0), (Sealed::Sealed, Some(2)));
    let east_is_dead = |c: CameraIx| if c.at() < 2 { Standing::Live } else { Standing::Dead };
    let seal = &scene.seals(Scope::Town, &east_is_dead)[0];
    assert_eq!((seal.verdict, seal.width), (Sealed::Leaking, (Some(1), Some(1))));
    assert_eq!(ids(&scene, &seal.route.as_ref().unwrap().entrances), ["E2"]);
    let seal = &scene.seals(Scope::Town, &|_| Standing::Dead)[0];
    assert_eq!(seal.width, (Some(2), Some(2)), "two ways without a road in common");
    let sites: Vec<_> = seal.sites.iter().filter_map(|s| s.entrance).collect();
    assert_eq!(ids(&scene, &sites), ["E1", "E2"]);
}

/// (c) Two hamlets behind one gate: nobody watches their own entrances, and from outside none is reached; but from one
/// the other is.
#[test]
fn two_hamlets_behind_one_gate_are_screened_and_not_watched() {
    let roads = vec![
        road("in", &[(0.0, -900.0), (0.0, 0.0)]),
        road("left", &[(0.0, 0.0), (-420.0, 0.0)]),
        road("right", &[(0.0, 0.0), (420.0, 0.0)]),
    ];
    let hamlets = vec![hamlet("H1", (-420.0, 0.0), None), hamlet("H2", (420.0, 0.0), None)];
    let entrances = [("E0", 0.0, -450.0), ("E1", -300.0, 0.0), ("E2", 300.0, 0.0)];
    let scene = Scene::new(roads, registry(ring(), hamlets, &entrances, &[("C0", "E0")]), 0.0);
    assert_eq!(scene.seals(Scope::Town, &all_live)[0].verdict, Sealed::Sealed);
    let local = scene.seals(Scope::Local, &all_live);
    assert_eq!(local.iter().map(|s| s.verdict).collect::<Vec<_>>(), [Sealed::Leaking, Sealed::Leaking]);
    assert_eq!(ids(&scene, &local[0].route.as_ref().unwrap().unwatched), ["E1"]);
    let into = scene.cordon.zones.judge(&scene.guards(Level::Live, &all_live)).into;
    let screened = |id: &str, scope| scene.cordon.screened(scene.entrance(id), &into, scope);
    assert_eq!(["E0", "E1", "E2"].map(|id| screened(id, Scope::Town)), [Some(true); 3]);
    assert_eq!(screened("E1", Scope::Local), Some(false));
    assert_eq!(screened("E1", Scope::Block), None, "no block is known");

    let open = scene.seals(Scope::Town, &|_| Standing::Dead);
    assert_eq!(open[0].leaked.hamlets.iter().map(|h| &*h.id).collect::<Vec<_>>(), ["H1", "H2"]);
    let into = scene.cordon.zones.judge(&scene.guards(Level::Live, &|_| Standing::Dead)).into;
    assert_eq!(scene.cordon.screened(scene.entrance("E1"), &into, Scope::Town), Some(false));
}

/// (d) An overpass without a junction: who crosses above does not get down.
#[test]
fn over_a_bridge_nobody_comes_in() {
    let below = road("below", &[(-300.0, 0.0), (0.0, 0.0), (300.0, 0.0)]);
    let gate = road("gate", &[(300.0, 0.0), (900.0, 0.0)]);
    let above = |level| RoadLine { level, ..road("above", &[(0.0, -900.0), (0.0, 0.0), (0.0, 900.0)]) };
    let of = |level| {
        let registry = registry(ring(), Vec::new(), &[("E1", 480.0, 0.0)], &[("C1", "E1")]);
        Scene::new(vec![below.clone(), gate.clone(), above(level)], registry, 0.0)
    };
    assert_eq!(of(1).seals(Scope::Town, &all_live)[0].verdict, Sealed::Sealed);
    assert_eq!(of(-1).seals(Scope::Town, &all_live)[0].verdict, Sealed::Sealed, "nor from a tunnel");
    let joined = of(0).seals(Scope::Town, &all_live).remove(0);
    assert_eq!(joined.verdict, Sealed::Leaking, "who joins what only crosses sees a leak: the wrong graph");
}

/// (f) A dual carriageway: one entrance, two gates, both cut.
#[test]
fn a_dual_carriageway_is_cut_twice() {
    let named = |id: &str, name: &str, points: &[(f64, f64)]| RoadLine { name: name.into(), ..road(id, points) };
    let scene = |second: &str| {
        let roads = vec![
            named("a", "大道", &[(-900.0, 0.0), (0.0, 0.0)]),
            named("b", second, &[(0.0, 0.0), (-20.0, 15.0), (-900.0, 15.0)]),
            named("c", "街", &[(0.0, 0.0), (300.0, 0.0)]),
        ];
        Scene::new(roads, registry(ring(), Vec::new(), &[("E1", -400.0, 3.0)], &[("C1", "E1")]), 0.0)
    };
    let dual = scene("大道");
    assert_eq!(dual.cordon.layout.gates.iter().map(|g| g.twin).collect::<Vec<_>>(), [false, true]);
    assert_eq!(dual.seals(Scope::Town, &all_live)[0].verdict, Sealed::Sealed);
    let two_roads = scene("便道").seals(Scope::Town, &all_live).remove(0);
    assert_eq!(two_roads.verdict, Sealed::Leaking, "another road beside it is not watched with it");
    assert!(two_roads.route.unwrap().entrances.is_empty());
}

/// (g) A road that weaves over the boundary without a junction: outside of it nobody can come onto it.
#[test]
fn a_road_that_weaves_over_the_boundary_is_no_leak() {
    let roads = vec![
        road("weaves", &[(-400.0, 400.0), (-300.0, 530.0), (-200.0, 400.0), (-100.0, 530.0), (0.0, 400.0)]),
        road("in", &[(0.0, 400.0), (0.0, 900.0)]),
    ];
    let scene = Scene::new(roads, registry(ring(), Vec::new(), &[("E1", 0.0, 480.0)], &[("C1", "E1")]), 0.0);
    assert_eq!(scene.seals(Scope::Town, &all_live)[0].verdict, Sealed::Sealed);
    assert_eq!(scene.seals(Scope::Town, &|_| Standing::Dead)[0].verdict, Sealed::Leaking);
}

/// But one that goes far out and comes back does come from outside, also without a junction there; and a road that only
/// runs through the town is in it.
#[test]
fn a_road_that_leaves_and_comes_back_is_from_outside() {
    let roads = vec![
        road("out", &[(0.0, 0.0), (0.0, 900.0), (300.0, 900.0), (300.0, 0.0)]),
        road("a", &[(0.0, 0.0), (-200.0, 0.0)]),
        road("b", &[(0.0, 0.0), (100.0, -200.0)]),
        road("c", &[(300.0, 0.0), (400.0, 0.0)]),
        road("d", &[(300.0, 0.0), (300.0, -200.0)]),
    ];
    let of = |entrances: &[(&str, f64, f64)]| {
        let scene = Scene::new(roads.clone(), registry(ring(), Vec::new(), entrances, &[("C1", "E1 E2")]), 0.0);
        scene.seals(Scope::Town, &all_live).remove(0)
    };
    let (west, east) = (("E1", 0.0, 480.0), ("E2", 300.0, 480.0));
    assert_eq!(of(&[west]).verdict, Sealed::Leaking);
    assert_eq!(of(&[west, east]).verdict, Sealed::Sealed);
    let through = vec![road("through", &[(0.0, -900.0), (0.0, 900.0)])];
    let scene = Scene::new(through, registry(ring(), Vec::new(), &[("E1", 0.0, -480.0)], &[("C1", "E1")]), 0.0);
    let seal = scene.seals(Scope::Town, &all_live).remove(0);
    assert_eq!((seal.verdict, seal.width), (Sealed::Leaking, (Some(1), Some(1))), "from the north it is open");
}

/// (h) A point is missing at a crossing: joined it leaks, not joined it does not, so it is unknown; the way in leads over
/// the gap.
#[test]
fn a_missing_junction_makes_a_seal_unknown() {
    let roads = vec![
        road("inside", &[(-300.0, 0.0), (300.0, 0.0)]),
        road("gate", &[(300.0, 0.0), (900.0, 0.0)]),
        road("crosses", &[(10.0, -900.0), (10.0, 300.0)]),
    ];
    let mut registry = registry(ring(), vec![hamlet("H1", (300.0, 0.0), None)], &[("E1", 480.0, 0.0)], &[("C1", "E1")]);
    let scene = Scene::new(roads.clone(), registry.clone(), 0.0);
    assert_eq!(scene.cordon.roads.gaps.len(), 1);
    let seal = &scene.seals(Scope::Town, &all_live)[0];
    assert_eq!(seal.verdict, Sealed::Leaking, "the other road leads into the town itself");
    let local = &scene.seals(Scope::Local, &all_live)[0];
    assert_eq!(local.verdict, Sealed::Leaking, "300 m from the hamlet is another place");

    // The hamlet's own road leads out through the gate; the other one comes to it only over the gap.
    registry.areas.clear();
    let near = hamlet("H1", (-200.0, 0.0), Some(block((-310.0, -50.0), (-100.0, 50.0))));
    registry.areas.insert(near.id.clone(), near);
    registry.elements.clear();
    let scene = Scene::new(roads, registry, 0.0);
    let local = &scene.seals(Scope::Local, &all_live)[0];
    assert_eq!((local.verdict, local.thickness, local.width.0), (Sealed::Unknown, (Some(0), Some(1)), Some(0)));
    let route = local.route.as_ref().unwrap();
    assert_eq!((route.gaps, route.entrances.len()), (1, 0));
    assert_eq!(local.width.1, Some(1), "a camera between the hamlet and the crossing closes it");
    assert_eq!(scene.seals(Scope::Local, &|_| Standing::Dead)[0].verdict, Sealed::Leaking);
}

/// What lies between the boundary and the core does not count, and is told.
#[test]
fn the_edge_of_the_town_is_grey() {
    let roads = vec![
        road("in", &[(0.0, -900.0), (0.0, -400.0), (0.0, 0.0)]),
        road("edge", &[(0.0, -400.0), (300.0, -400.0), (300.0, -900.0)]),
    ];
    let of = |offset| {
        let registry = registry(ring(), Vec::new(), &[("E1", 0.0, -200.0)], &[("C1", "E1")]);
        Scene::new(roads.clone(), registry, offset).seals(Scope::Town, &all_live).remove(0)
    };
    assert_eq!(
        (of(0.0).verdict, of(0.0).grey_m),
        (Sealed::Leaking, Some(0.0)),
        "the gate stands at the first junction"
    );
    let deep = of(200.0);
    assert_eq!(deep.verdict, Sealed::Sealed);
    assert!(deep.grey_m.unwrap() > 1_500.0, "and the road before it is told: {deep:?}");
    let all_grey = of(600.0);
    assert_eq!((all_grey.verdict, all_grey.why), (Sealed::Unknown, Some(crate::coverage::Why::NoRoad)), "{all_grey:?}");
}

/// Entrances that stand at no road cut none, and are told; so are those that are nowhere.
#[test]
fn an_entrance_off_the_roads_cuts_nothing() {
    let roads = vec![road("in", &[(0.0, -900.0), (0.0, 0.0)])];
    let registry = registry(ring(), Vec::new(), &[("E1", 60.0, -450.0), ("E2", 30.0, -450.0)], &[("C1", "E1")]);
    let scene = Scene::new(roads, registry, 0.0);
    assert_eq!(ids(&scene, &scene.cordon.layout.off_roads), ["E1"]);
    assert_eq!(scene.cordon.layout.gates.len(), 1);
    assert!((scene.cordon.layout.gates[0].at.distance_m - 30.0).abs() < 0.3);
    assert_eq!(scene.seals(Scope::Town, &all_live)[0].verdict, Sealed::Leaking);
    let into = scene.cordon.zones.judge(&scene.guards(Level::Live, &all_live)).into;
    assert_eq!(scene.cordon.screened(scene.entrance("E1"), &into, Scope::Town), None);
}
