//! Roads become a graph: what meets, what only crosses, what nearly meets.

use geo::LineString;
use proptest::prelude::*;

use super::super::repair::tests::Dice;
use super::*;
use crate::coverage::tests::place;

fn line(points: &[(f64, f64)]) -> LineString<f64> {
    points.iter().map(|(east, north)| Coord { x: place(*east, *north).lon, y: place(*east, *north).lat }).collect()
}

fn road(id: &str, level: i8, points: &[(f64, f64)]) -> RoadLine {
    RoadLine { id: id.into(), highway: "residential".into(), name: id.into(), level, parts: vec![line(points)] }
}

fn graph(roads: Vec<RoadLine>) -> Roads {
    Roads::build(roads, &[Mode::Motor])
}

/// Nodes, chains, gaps.
fn counts(roads: Vec<RoadLine>) -> (usize, usize, usize) {
    let graph = graph(roads);
    (graph.nodes.len(), graph.chains.len(), graph.gaps.len())
}

#[test]
fn roads_meet_where_they_share_a_point() {
    let across = || road("a", 0, &[(0.0, 0.0), (100.0, 0.0), (200.0, 0.0)]);
    assert_eq!(counts(vec![across()]), (2, 1, 0), "a point on the way is no junction");
    assert_eq!(counts(vec![across(), road("b", 0, &[(100.0, 0.0), (100.0, 80.0)])]), (4, 3, 0), "an end at a point");
    let through = road("b", 0, &[(100.0, -80.0), (100.0, 0.0), (100.0, 80.0)]);
    assert_eq!(counts(vec![across(), through]), (5, 4, 0), "both through one point");
    let on = road("b", 0, &[(200.0, 0.0), (300.0, 0.0)]);
    let joined = graph(vec![across(), on]);
    assert_eq!((joined.nodes.len(), joined.chains.len()), (2, 1), "two roads end to end are one chain");
    assert!((joined.chains[0].length_m() - 300.0).abs() < 2.0, "{}", joined.chains[0].length_m());
    assert_eq!([0, 1, 2].map(|i| joined.chains[0].road[i]).iter().collect::<std::collections::BTreeSet<_>>().len(), 2);
}

/// Golden town (d) of coverage.md: an overpass without a junction, also where it has a point right above the road.
#[test]
fn a_bridge_is_not_joined_to_what_it_crosses() {
    let below = || road("a", 0, &[(-100.0, 0.0), (0.0, 0.0), (100.0, 0.0)]);
    let bridge = |level| road("b", level, &[(0.0, -50.0), (0.0, 0.0), (0.0, 50.0)]);
    assert_eq!(counts(vec![below(), bridge(1)]), (4, 2, 0));
    assert_eq!(counts(vec![below(), bridge(-1)]), (4, 2, 0), "nor a tunnel");
    assert_eq!(counts(vec![below(), bridge(0)]), (5, 4, 0), "on one level it is a junction");
    let ramps = [road("c", 0, &[(0.0, -150.0), (0.0, -50.0)]), road("d", 0, &[(0.0, 50.0), (0.0, 150.0)])];
    let with_ramps = [vec![below(), bridge(1)], ramps.to_vec()].concat();
    assert_eq!(counts(with_ramps), (4, 2, 0), "its ends are joined to the ground");
    let lands = road("b", 1, &[(0.0, -50.0), (0.0, 0.0)]);
    assert_eq!(counts(vec![below(), lands]), (4, 3, 0), "a bridge that comes down on a road meets it");
    let under = [bridge(1), road("a", 0, &[(-100.0, 0.0), (0.0, 0.0)]), road("e", 0, &[(0.0, 0.0), (100.0, 0.0)])];
    assert_eq!(counts(under.to_vec()), (4, 2, 0), "two roads that meet below a bridge do not meet it");
}

/// Golden town (h): a point is missing at a crossing; and ends that do not quite meet.
#[test]
fn suspect_gaps_are_told_and_not_joined() {
    let a = || road("a", 0, &[(-100.0, 0.0), (100.0, 0.0)]);
    let b = || road("b", 0, &[(10.0, -60.0), (10.0, 60.0)]);
    let crossing = graph(vec![a(), b()]);
    assert_eq!((crossing.nodes.len(), crossing.chains.len(), crossing.gaps.len()), (6, 4, 1));
    assert_eq!((crossing.gaps[0].kind, crossing.gaps[0].metres), (GapKind::Crossing, 0.0));
    assert_eq!(counts(vec![a(), RoadLine { level: 1, ..b() }]), (4, 2, 0), "over a bridge one does not turn off");
    for (away, gaps) in [(3.0, 1), (4.9, 1), (5.2, 0)] {
        let near = graph(vec![a(), road("b", 0, &[(10.0, 60.0), (10.0, away)])]);
        assert_eq!(near.gaps.len(), gaps, "{away} m");
        if let Some(gap) = near.gaps.first() {
            assert_eq!(gap.kind, GapKind::End);
            assert!((gap.metres - away).abs() < 0.05, "{gap:?}");
            assert_eq!(near.chains.len(), 3, "the road is cut where the gap touches it");
        }
    }
    let facing = graph(vec![a(), road("b", 0, &[(103.0, 0.0), (200.0, 0.0)])]);
    assert_eq!((facing.gaps.len(), facing.chains.len()), (1, 2), "two ends that face each other are one gap");
    let stub = [road("a", 0, &[(-100.0, 0.0), (0.0, 0.0), (100.0, 0.0)]), road("b", 0, &[(0.0, 0.0), (0.0, 4.0)])];
    assert!(graph(stub.to_vec()).gaps.is_empty(), "a yard's drive is no gap to the road it leaves");
    let ends_below =
        [road("a", 1, &[(-100.0, 0.0), (0.0, 0.0), (100.0, 0.0)]), road("b", 0, &[(0.0, -60.0), (0.0, 0.0)])];
    assert_eq!(graph(ends_below.to_vec()).gaps.len(), 1, "a road that ends right below a bridge");
}

/// Ends meet ends whatever their levels, as where they share a point; what only runs above or below them stays apart.
#[test]
fn ends_that_nearly_meet_are_one_gap_on_whatever_levels_they_are() {
    let to_east = |level| road("a", level, &[(-100.0, 0.0), (-3.0, 0.0)]);
    let away = |level| road("b", level, &[(0.0, 0.0), (-100.0, 100.0)]);
    let crossing = |level| road("b", level, &[(0.0, -100.0), (0.0, 0.0), (0.0, 100.0)]);
    let table = [
        ("two roads, of which one comes back beside the other", vec![to_east(0), away(0)], 1, 3.0),
        ("a road before the end of a bridge", vec![to_east(0), away(1)], 1, 3.0),
        ("the end of a bridge before a road", vec![to_east(1), away(0)], 1, 3.0),
        ("a bridge before a tunnel", vec![to_east(1), away(-1)], 1, 3.0),
        ("a bridge that comes down before a road", vec![to_east(1), crossing(0)], 1, 3.0),
        ("a tunnel that comes up before a road", vec![to_east(-1), crossing(0)], 1, 3.0),
        ("a road before one on its level", vec![to_east(0), crossing(0)], 1, 3.0),
        ("a road beside a bridge", vec![to_east(0), crossing(1)], 0, 0.0),
        ("a road that a tunnel runs below", vec![to_east(0), crossing(-1)], 0, 0.0),
        ("a bridge below another", vec![to_east(1), crossing(2)], 0, 0.0),
    ];
    for (what, roads, gaps, metres) in table {
        for reversed in [false, true] {
            let mut roads = roads.clone();
            if reversed {
                roads.iter_mut().for_each(|r| r.parts[0].0.reverse());
                roads.reverse();
            }
            let found = graph(roads).gaps;
            assert_eq!(found.len(), gaps, "{what}: {found:?}");
            assert!(
                found.iter().all(|g| (g.metres - metres).abs() < 0.05 && g.kind == GapKind::End),
                "{what}: {found:?}"
            );
        }
    }
    let halves = [road("b", 1, &[(0.0, -100.0), (0.0, 0.0)]), road("c", 1, &[(0.0, 0.0), (0.0, 100.0)])];
    let beside = [vec![to_east(0)], halves.to_vec()].concat();
    assert_eq!(graph(beside).gaps.len(), 0, "a bridge drawn in two pieces does not end between them");
}

/// The bridge right above the end was nearer than the road that the end nearly meets, and hid it.
#[test]
fn a_bridge_above_the_end_of_a_road_hides_no_gap_beside_it() {
    let end = || road("a", 0, &[(-100.0, 0.0), (0.0, 0.0)]);
    let beside = || road("b", 0, &[(3.0, 0.0), (100.0, 0.0)]);
    let above = || road("c", 1, &[(0.0, -100.0), (0.0, 0.0), (0.0, 100.0)]);
    let mut found: Vec<u64> =
        graph(vec![end(), beside(), above()]).gaps.iter().map(|g| g.metres.round() as u64).collect();
    found.sort_unstable();
    assert_eq!(found, [0, 3], "the bridge, and the road three metres on");
}

#[test]
fn modes_choose_the_roads() {
    let class = |highway: &str| RoadLine { highway: highway.into(), ..road(highway, 0, &[(0.0, 0.0), (50.0, 0.0)]) };
    let classes = ["residential", "", "main", "service", "cycleway", "footway", "steps", "construction", "proposed"];
    let count = |modes: &[Mode]| {
        let graph = Roads::build(classes.map(class).to_vec(), modes);
        (classes.len() - graph.left_out, graph.left_out)
    };
    assert_eq!(count(&[Mode::Motor]), (4, 5));
    assert_eq!(count(&[Mode::Motor, Mode::TwoWheel]), (5, 4));
    assert_eq!(count(&[Mode::Foot]), (7, 2));
    assert_eq!(count(&[]), (0, 9));
    for mode in Mode::ALL {
        assert_eq!(Mode::from_word(mode.word()), Some(mode));
    }
}

#[test]
fn rings_loops_and_nothing() {
    let ring = road("a", 0, &[(0.0, 0.0), (80.0, 0.0), (80.0, 80.0), (0.0, 0.0)]);
    assert_eq!(counts(vec![ring.clone()]), (1, 1, 0), "a ring has one node");
    let tail = road("b", 0, &[(80.0, 80.0), (160.0, 80.0)]);
    assert_eq!(counts(vec![ring, tail]), (2, 2, 0), "with a tail it begins where that leaves it");
    assert_eq!(counts(Vec::new()), (0, 0, 0));
    assert!(graph(Vec::new()).length_m().is_sign_positive(), "no road is 0 km long, not -0");
    assert_eq!(counts(vec![road("a", 0, &[(0.0, 0.0), (0.0, 0.0)])]), (0, 0, 0), "a road of one place is none");
    let hill = [road("a", 0, &[(0.0, 0.0), (50.0, 0.0), (50.0, 40.0), (20.0, 40.0), (20.0, -30.0)])];
    let graph = graph(hill.to_vec());
    assert_eq!(graph.gaps.len(), 1, "a road that crosses itself on one level");
}

#[test]
fn things_stand_at_the_nearest_road() {
    let graph = graph(vec![
        road("a", 0, &[(0.0, 0.0), (100.0, 0.0), (200.0, 0.0)]),
        road("b", 0, &[(100.0, 0.0), (100.0, 100.0)]),
    ]);
    let id = |snap: &Snap| graph.road_id(snap.chain, snap.at_m).to_string();
    let near = graph.snap(place(130.0, 20.0), None, ON_ROAD_M).expect("near a");
    assert_eq!(id(&near), "a");
    assert!((near.distance_m - 20.0).abs() < 0.1, "{near:?}");
    let at = graph.chains[near.chain as usize].place(near.at_m);
    assert!((at.x - place(130.0, 0.0).lon).abs() < 1e-6);
    assert_eq!(graph.snap(place(130.0, -60.0), None, ON_ROAD_M), None, "too far");
    // At the junction the road is the one that is taken by who comes in.
    let junction = |bearing| graph.snap(place(100.0, 0.0), Some(bearing), ON_ROAD_M).expect("at the junction");
    assert_eq!(id(&junction(0.0)), "b");
    let (east, west) = (junction(90.0), junction(270.0));
    assert_eq!((id(&east), id(&west)), ("a".into(), "a".into()));
    assert_ne!(east.chain, west.chain);
    let step = |snap: &Snap| graph.chains[snap.chain as usize].place(20.0).x;
    assert!(step(&east) > place(100.0, 0.0).lon || graph.chains[east.chain as usize].length_m() - east.at_m < 1.0);
}

#[test]
fn below_a_bridge_things_stand_at_the_road_on_the_ground() {
    for level in [1, -1] {
        let over = road("over", level, &[(-900.0, -80.0), (0.0, 0.0), (80.0, 80.0)]);
        let graph = graph(vec![over, road("below", 0, &[(-100.0, 0.0), (0.0, 0.0), (300.0, 0.0)])]);
        let at = |bearing| {
            let snap = graph.snap(place(0.0, 0.0), bearing, ON_ROAD_M).expect("on it");
            graph.road_id(snap.chain, snap.at_m).to_string()
        };
        assert_eq!((at(None).as_str(), at(Some(45.0)).as_str()), ("below", "over"), "{level}");
    }
}

/// Golden town (f): a dual carriageway has two gates at one entrance; a road of the same name behind a junction, or one
/// that only runs beside it, is no second carriageway.
#[test]
fn the_other_carriageway_is_found() {
    let named = |name: &str, points: &[(f64, f64)]| RoadLine { name: name.into(), ..road(name, 0, points) };
    let dual = graph(vec![
        named("大道", &[(0.0, 0.0), (300.0, 0.0)]),
        named("大道", &[(300.0, 18.0), (0.0, 18.0)]),
        named("便道", &[(0.0, -15.0), (300.0, -15.0)]),
    ]);
    let here = dual.snap(place(150.0, 1.0), None, ON_ROAD_M).expect("on it");
    let twins = dual.twins(&here);
    assert_eq!(twins.len(), 1, "{twins:?}");
    assert_ne!(twins[0].chain, here.chain);
    let behind = graph(vec![
        named("大道", &[(0.0, 0.0), (100.0, 0.0)]),
        named("大道", &[(100.0, 0.0), (200.0, 0.0)]),
        named("支路", &[(100.0, 0.0), (100.0, 90.0)]),
    ]);
    let before = behind.snap(place(90.0, 0.0), None, ON_ROAD_M).expect("on it");
    assert!(behind.twins(&before).is_empty(), "the road goes on behind the junction");
    let far = graph(vec![named("大道", &[(0.0, 0.0), (300.0, 0.0)]), named("大道", &[(0.0, 40.0), (300.0, 40.0)])]);
    assert!(far.twins(&far.snap(place(150.0, 0.0), None, ON_ROAD_M).expect("on it")).is_empty());
}

/// A walk over a chain gives its places in order, and the whole is the sum of its parts.
#[test]
fn parts_of_a_chain_are_parts() {
    let graph = graph(vec![road("a", 0, &[(0.0, 0.0), (60.0, 0.0), (60.0, 80.0)])]);
    let chain = &graph.chains[0];
    let length = chain.length_m();
    assert!((length - 140.0).abs() < 1.0, "{length}");
    let bend = chain.between(20.0, 120.0);
    assert_eq!(bend.len(), 3);
    assert_eq!(chain.between(120.0, 20.0), bend.iter().rev().copied().collect::<Vec<_>>());
    assert_eq!(chain.between(0.0, length).len(), 3);
}

/// A made-up map: crossing streets, of which some are drawn in pieces, some backwards.
fn streets(dice: &mut Dice) -> Vec<RoadLine> {
    let step = |i: usize| i as f64 * 120.0;
    let mut roads = Vec::new();
    for i in 0..4 {
        for j in 0..3 {
            if dice.below(4) > 0 {
                roads.push(road(&format!("e{i}{j}"), 0, &[(step(j), step(i)), (step(j + 1), step(i))]));
            }
            if dice.below(4) > 0 {
                roads.push(road(&format!("n{i}{j}"), 0, &[(step(i), step(j)), (step(i), step(j + 1))]));
            }
        }
    }
    roads
}

/// What does not depend on how a map is drawn: places of nodes, and lengths of the chains between them.
fn essence(graph: &Roads) -> Vec<([(i64, i64); 2], i64)> {
    let key = |n: u32| {
        let at = graph.nodes[n as usize];
        ((at.x * 1e6).round() as i64, (at.y * 1e6).round() as i64)
    };
    let mut all: Vec<_> = graph
        .chains
        .iter()
        .map(|c| {
            let mut ends = [key(c.a), key(c.b)];
            ends.sort_unstable();
            (ends, (c.length_m() * 2.0).round() as i64)
        })
        .collect();
    all.sort_unstable();
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// M1 and M3 of coverage.md: order, direction and points on the way change nothing.
    #[test]
    fn how_a_map_is_drawn_does_not_matter(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let roads = streets(&mut dice);
        let plain = graph(roads.clone());
        let mut drawn = Vec::new();
        for mut road in roads {
            let ends = road.parts[0].0.clone();
            let middle = ends[0] + (ends[1] - ends[0]) * ((1 + dice.below(8)) as f64 / 10.0);
            match dice.below(4) {
                0 => road.parts[0].0.reverse(),
                1 => road.parts[0].0.insert(1, middle),
                2 => road.parts = vec![vec![ends[0], middle].into(), vec![ends[1], middle].into()],
                _ => {}
            }
            drawn.insert(dice.below(drawn.len() + 1), road);
        }
        let again = graph(drawn);
        prop_assert_eq!(plain.gaps.len(), 0);
        prop_assert_eq!(again.gaps.len(), 0);
        // A ring without a junction begins where its first road does.
        let rings = plain.chains.iter().any(|c| c.a == c.b);
        prop_assert!(rings || essence(&plain) == essence(&again), "{:?} {:?}", essence(&plain), essence(&again));
        let length: f64 = plain.length_m() - again.length_m();
        prop_assert!(length.abs() < 0.5);
    }
}
