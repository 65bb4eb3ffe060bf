//! Entrances that are suggested: a table for each rule of cleaning, identity, and laws on random towns.

mod laws;

use geo::{MultiPolygon, Polygon};

use super::super::cordon::tests::{block, hamlet, road};
use super::super::roads::{Mode, RoadLine};
use super::*;
use crate::coverage::tests::{entrance, place};
use crate::model::CameraId;

pub(super) fn graph(lines: Vec<RoadLine>) -> Roads {
    Roads::build(lines, &[Mode::Motor])
}

/// A hamlet of 200 m by 200 m around a place, metres east and north.
pub(super) fn square(id: &str, (east, north): (f64, f64)) -> Area {
    hamlet(id, (east, north), Some(block((east - 100.0, north - 100.0), (east + 100.0, north + 100.0))))
}

pub(super) fn registry(areas: Vec<Area>, entrances: Vec<Entrance>) -> Registry {
    Registry {
        areas: areas.into_iter().map(|a| (a.id.clone(), a)).collect(),
        entrances: entrances.into_iter().map(|e| (e.id.clone(), e)).collect(),
        ..Registry::default()
    }
}

fn polygon(id: &str, corners: &[(f64, f64)]) -> Area {
    let ring = corners.iter().map(|(east, north)| coord(place(*east, *north))).collect();
    Area { boundary: Some(MultiPolygon::new(vec![Polygon::new(ring, Vec::new())])), ..hamlet(id, corners[0], None) }
}

/// Roads far away, so that the edge of the map is nowhere near what a test is about.
fn with_frame(mut lines: Vec<RoadLine>) -> Vec<RoadLine> {
    lines.push(road("frame", &[(-9_000.0, -9_000.0), (9_000.0, -9_000.0), (9_000.0, 9_000.0)]));
    lines
}

fn suggested(lines: Vec<RoadLine>, areas: Vec<Area>) -> Suggestions {
    suggest(&graph(with_frame(lines)), &registry(areas, Vec::new()))
}

/// Home, metres east and north of what is proposed, and its heading.
fn places(suggestions: &Suggestions) -> Vec<(String, i64, i64, i64)> {
    let here = place(0.0, 0.0);
    let scale = crate::coverage::Scale::at(here.lat);
    let told = |p: &Proposed| {
        let at = p.found.at;
        let (east, north) = ((at.lon - here.lon) * scale.lon_m, (at.lat - here.lat) * scale.lat_m);
        (p.found.area.to_string(), east.round() as i64, north.round() as i64, p.found.bearing.round() as i64 % 360)
    };
    suggestions.proposed.iter().map(told).collect()
}

fn ids(of: &[AreaId]) -> Vec<&str> {
    of.iter().map(AreaId::as_str).collect()
}

#[test]
fn a_road_through_a_hamlet_enters_it_twice() {
    let found = suggested(vec![road("a", &[(-900.0, 0.0), (0.0, 0.0), (900.0, 0.0)])], vec![square("H1", (0.0, 0.0))]);
    assert_eq!(places(&found), [("H1".into(), -100, 0, 90), ("H1".into(), 100, 0, 270)]);
    let ids: Vec<&str> = found.proposed.iter().map(|p| p.id.as_str()).collect();
    assert_eq!(ids, ["H1-E1", "H1-E2"]);
    assert_eq!((&*found.proposed[0].found.road, found.isolated.len(), found.unbounded.len()), ("a", 0, 0));
}

/// Coverage.md §4.1, 5: crossings of one chain closer than 40 m by parity; golden town (g).
#[test]
fn what_weaves_is_one_and_what_grazes_is_none() {
    let north = 95.0;
    let weave = |points: &[(f64, f64)]| suggested(vec![road("a", points)], vec![square("H1", (0.0, 0.0))]);
    // Over the northern boundary (100 m) and back within 20 m: it only grazes.
    let grazes = weave(&[(-900.0, 300.0), (-10.0, 300.0), (0.0, 80.0), (2.0, 300.0), (900.0, 300.0)]);
    assert_eq!(places(&grazes), [], "out again after some metres: {grazes:?}");
    assert_eq!(ids(&grazes.isolated), ["H1"]);
    let touches = weave(&[(-900.0, 300.0), (0.0, 100.0), (900.0, 300.0)]);
    assert_eq!(places(&touches), [], "it only touches the boundary");
    // In, out and in again within 40 m: one entrance, where it finally enters.
    let weaves = weave(&[(-900.0, 900.0), (0.0, 110.0), (5.0, north), (10.0, 110.0), (15.0, north), (20.0, 0.0)]);
    assert_eq!(weaves.proposed.len(), 1, "{weaves:?}");
    assert_eq!(places(&weaves)[0].1, 13, "where it finally enters");
    // 60 m apart it is two that go out and in.
    let apart = weave(&[(-900.0, 900.0), (-60.0, 130.0), (-50.0, 0.0), (50.0, 0.0), (60.0, 130.0), (900.0, 900.0)]);
    assert_eq!(apart.proposed.len(), 2, "{apart:?}");
}

/// A road that keeps near to the boundary for long crosses it once, where it leaves it inwards, however often it does so.
#[test]
fn a_road_along_the_boundary_enters_once() {
    let mut line = vec![(-500.0, 104.0), (-95.0, 104.0)];
    line.extend((0..4).flat_map(|i| [(-90.0 + 45.0 * f64::from(i), 96.0), (-68.0 + 45.0 * f64::from(i), 104.0)]));
    line.extend([(90.0, 96.0), (60.0, 0.0)]);
    let found = suggested(vec![road("a", &line)], vec![square("H1", (0.0, 0.0))]);
    assert_eq!(found.proposed.len(), 1, "{:?}", places(&found));
    assert!((70..=95).contains(&places(&found)[0].1), "{:?}", places(&found));
}

/// Golden town (f): a dual carriageway is one entrance with two gates; another road beside it is an entrance of its own.
#[test]
fn a_dual_carriageway_is_one_entrance_with_two_gates() {
    let lane =
        |id: &str, name: &str, north: f64| RoadLine { name: name.into(), ..road(id, &[(-900.0, north), (0.0, north)]) };
    let ends = road("end", &[(0.0, -10.0), (0.0, 10.0), (0.0, 60.0)]);
    let starts = road("start", &[(-900.0, -10.0), (-900.0, 10.0), (-900.0, 900.0)]);
    let with = |name: &str| {
        let lines = vec![lane("a", "大道", -10.0), lane("b", name, 10.0), ends.clone(), starts.clone()];
        suggested(lines, vec![square("H1", (0.0, 0.0))])
    };
    let dual = with("大道");
    assert_eq!((dual.proposed.len(), dual.proposed[0].found.gates.len()), (1, 1), "{dual:?}");
    let other = with("便道");
    assert_eq!(other.proposed.iter().map(|p| p.found.gates.len()).collect::<Vec<_>>(), [0, 0], "{other:?}");
}

#[test]
fn two_hamlets_with_one_boundary_share_an_entrance() {
    let (west, east) = (square("H1", (-100.0, 0.0)), square("H2", (105.0, 0.0)));
    let found = suggested(vec![road("a", &[(-900.0, 0.0), (900.0, 0.0)])], vec![west, east]);
    let told: Vec<(&str, Vec<&str>)> =
        found.proposed.iter().map(|p| (p.found.area.as_str(), ids(&p.found.roles))).collect();
    assert_eq!(told, [("H1", vec![]), ("H1", vec!["H2"]), ("H2", vec![])], "{found:?}");
    // A village around them has its boundary where the western one has: the hamlet is the home.
    let village = Area {
        kind: AreaKind::Village,
        ..polygon("A1", &[(-205.0, -500.0), (600.0, -500.0), (600.0, 500.0), (-205.0, 500.0)])
    };
    let areas = vec![village, square("H1", (-100.0, 0.0)), square("H2", (105.0, 0.0))];
    let found = suggested(vec![road("a", &[(-900.0, 0.0), (900.0, 0.0)])], areas);
    let first = found.proposed.iter().find(|p| p.found.area.as_str() == "H1").unwrap();
    assert_eq!(ids(&first.found.roles), ["A1"], "{found:?}");
}

#[test]
fn what_leads_to_a_dead_end_is_internal_only() {
    let through = road("a", &[(-900.0, 0.0), (0.0, 0.0), (900.0, 0.0)]);
    let field = |length: f64| road("b", &[(0.0, 0.0), (0.0, 100.0 + length)]);
    let with = |length: f64, more: Vec<RoadLine>, areas: Vec<Area>| {
        let lines = [vec![through.clone(), field(length)], more].concat();
        let found = suggested(lines, [vec![square("H1", (0.0, 0.0))], areas].concat());
        (found.proposed.len(), found.internal_only.len())
    };
    assert_eq!(with(300.0, vec![], vec![]), (2, 1), "into the fields");
    assert_eq!(with(900.0, vec![], vec![]), (3, 0), "so long a road may well go on");
    let on = road("c", &[(0.0, 402.0), (300.0, 402.0), (300.0, 2_000.0)]);
    assert_eq!(with(300.0, vec![on], vec![]), (3, 0), "it nearly meets a road that goes on");
    let spur = road("c", &[(0.0, 300.0), (90.0, 300.0)]);
    assert_eq!(with(300.0, vec![spur], vec![]), (2, 1), "a fork into the fields leads nowhere either");
    assert_eq!(with(300.0, vec![], vec![square("H2", (0.0, 400.0))]), (4, 0), "another hamlet is no dead end");
    assert_eq!(with(300.0, vec![], vec![hamlet("H2", (0.0, 450.0), None)]), (3, 0), "nor one that is but a place");
    let edge = suggest(&graph(vec![through.clone(), field(300.0)]), &registry(vec![square("H1", (0.0, 0.0))], vec![]));
    assert_eq!((edge.proposed.len(), edge.internal_only.len()), (3, 0), "at the edge of the map it may go on");
}

#[test]
fn a_roundabout_on_the_boundary_is_an_entrance_an_arm() {
    let ring = |n: usize| (1..=n).map(move |i| std::f64::consts::TAU * i as f64 / n as f64);
    let mut line: Vec<(f64, f64)> = ring(24).map(|a| (20.0 * a.sin(), 100.0 + 20.0 * a.cos())).collect();
    line.push(line[0]);
    let at = |i: usize| line[i];
    let lines = vec![
        road("ring", &line),
        road("north", &[at(23), (0.0, 900.0)]),
        road("east", &[at(5), (900.0, 160.0)]),
        road("west", &[at(17), (-900.0, 160.0)]),
        road("south", &[at(11), (0.0, -900.0)]),
    ];
    let found = suggested(lines, vec![square("H1", (0.0, 0.0))]);
    let mut roads: Vec<&str> = found.proposed.iter().map(|p| &*p.found.road).collect();
    roads.sort_unstable();
    assert_eq!(roads, ["east", "north", "south", "west"], "one an arm, none on the ring: {:?}", places(&found));
    let inside = suggested(vec![road("a", &[(-90.0, 0.0), (90.0, 0.0)])], vec![square("H1", (0.0, 0.0))]);
    assert_eq!((ids(&inside.isolated), inside.proposed.len()), (vec!["H1"], 0), "a road that never leaves it");
}

/// A boundary that is drawn through a junction is crossed on each road that leads out from there.
#[test]
fn a_junction_on_the_boundary_is_an_entrance_a_road_out() {
    let inner = road("in", &[(-100.0, 0.0), (0.0, 0.0)]);
    let outer = [road("a", &[(-900.0, 0.0), (-100.0, 0.0)]), road("b", &[(-100.0, 0.0), (-900.0, 500.0)])];
    let found = suggested([vec![inner], outer.to_vec()].concat(), vec![square("H1", (0.0, 0.0))]);
    let mut roads: Vec<&str> = found.proposed.iter().map(|p| &*p.found.road).collect();
    roads.sort_unstable();
    assert_eq!(roads, ["a", "b"], "{:?}", places(&found));
    let touches = suggested(outer.to_vec(), vec![square("H1", (0.0, 0.0))]);
    assert_eq!(touches.proposed, [], "roads that only meet there lead nowhere inside");
}

#[test]
fn areas_that_cannot_be_judged_are_told() {
    let found = suggested(vec![], vec![square("H1", (0.0, 0.0)), hamlet("H2", (900.0, 0.0), None)]);
    assert_eq!((ids(&found.isolated), ids(&found.unbounded)), (vec!["H1"], vec!["H2"]));
    assert_eq!(suggest(&graph(Vec::new()), &Registry::default()), Suggestions::default());
}

/// Coverage.md §4.1, 6: a known entrance keeps its id by least cost; nothing is taken for one that is too far or turned.
#[test]
fn known_entrances_keep_their_ids() {
    let lines = || with_frame(vec![road("a", &[(-900.0, 0.0), (0.0, 0.0), (900.0, 0.0)])]);
    let known = |id: &str, east: f64, bearing: Option<f64>| Entrance {
        area: AreaId::new("H1").unwrap(),
        bearing,
        ..entrance(id, place(east, 0.0))
    };
    let told = |entrances: Vec<Entrance>| {
        let found = suggest(&graph(lines()), &registry(vec![square("H1", (0.0, 0.0))], entrances));
        let matched: Vec<(String, i64)> =
            found.matched.iter().map(|m| (m.entrance.to_string(), m.apart_m.round() as i64)).collect();
        (matched, found.proposed.len(), found.vanished.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    // The road is called "a", which stands in no name but that of "Ea": another name costs half, so 40 m are too far.
    let table = [
        (vec![known("E1", -110.0, None)], (vec![("E1".to_owned(), 10)], 1, vec![])),
        (vec![known("E1", -145.0, None)], (vec![], 2, vec!["E1".to_owned()])),
        (vec![known("Ea", -145.0, None)], (vec![("Ea".to_owned(), 45)], 1, vec![])),
        (vec![known("Ea", -165.0, None)], (vec![], 2, vec!["Ea".to_owned()])),
        (vec![known("E1", -110.0, Some(100.0))], (vec![("E1".to_owned(), 10)], 1, vec![])),
        (vec![known("E1", -110.0, Some(270.0))], (vec![], 2, vec!["E1".to_owned()])),
        // The nearer one is it, and the other is gone.
        (
            vec![known("E1", -120.0, None), known("E2", -101.0, None)],
            (vec![("E2".to_owned(), 1)], 1, vec!["E1".to_owned()]),
        ),
        (
            vec![known("E1", -101.0, None), known("E2", 99.0, None), known("E3", 0.0, None)],
            (vec![("E1".to_owned(), 1), ("E2".to_owned(), 1)], 0, vec!["E3".to_owned()]),
        ),
    ];
    for (entrances, wanted) in table {
        let ids: Vec<String> = entrances.iter().map(|e| e.id.to_string()).collect();
        assert_eq!(told(entrances), wanted, "{ids:?}");
    }
    let elsewhere = Entrance { area: AreaId::new("V9").unwrap(), ..known("E1", 0.0, None) };
    assert!(told(vec![elsewhere]).2.is_empty(), "of an area without a boundary nothing vanishes");
    let blank = Entrance { at: None, ..known("E1", 0.0, None) };
    assert!(told(vec![blank.clone()]).2.is_empty(), "nor what is nowhere");
    let found = suggest(&graph(lines()), &registry(vec![square("H1", (0.0, 0.0))], vec![blank]));
    assert_eq!(found.unplaced.iter().map(EntranceId::as_str).collect::<Vec<_>>(), ["E1"], "which is told");
}

/// Where there is no list, each pole with cameras counts as an entrance until there is one: all of it is proposed, or
/// the list that is made of it would lack just what is watched.
#[test]
fn what_was_derived_from_cameras_is_not_known() {
    let lines = with_frame(vec![road("a", &[(-900.0, 0.0), (0.0, 0.0), (900.0, 0.0)])]);
    let camera = CameraId::new("C1").unwrap();
    let derived = |id: &str, east: f64| Entrance {
        area: AreaId::new("H1").unwrap(),
        derived_from: vec![camera.clone()],
        ..entrance(id, place(east, 0.0))
    };
    let poles = vec![derived("E-C1", -101.0), derived("E-C2", 0.0)];
    let found = suggest(&graph(lines), &registry(vec![square("H1", (0.0, 0.0))], poles));
    assert_eq!((found.matched.len(), found.proposed.len(), found.vanished.len()), (0, 2, 0), "{found:?}");
}

#[test]
fn carriageways_that_are_known_one_by_one_are_not_gone() {
    let lane = |id: &str, north: f64| RoadLine { name: "大道".into(), ..road(id, &[(-900.0, north), (0.0, north)]) };
    let ends = road("end", &[(0.0, -10.0), (0.0, 10.0), (0.0, 60.0)]);
    let starts = road("start", &[(-900.0, -10.0), (-900.0, 10.0), (-900.0, 900.0)]);
    let known =
        |id: &str, north: f64| Entrance { area: AreaId::new("H1").unwrap(), ..entrance(id, place(-100.0, north)) };
    let roads = graph(with_frame(vec![lane("a", -10.0), lane("b", 10.0), ends, starts]));
    let both = vec![known("E1", -10.0), known("E2", 10.0)];
    let found = suggest(&roads, &registry(vec![square("H1", (0.0, 0.0))], both));
    assert_eq!((found.matched.len(), found.proposed.len(), found.vanished.len()), (1, 0, 0), "{found:?}");
}

/// Two found and two known in a row: one by one the nearest would take what the other needs.
#[test]
fn the_assignment_is_the_cheapest_of_all_together() {
    let pairs = [(0, 0, 0.5), (0, 1, 0.6), (1, 0, 0.6)];
    assert_eq!(identity::assign(2, 2, &pairs), [(0, 1), (1, 0)]);
    assert_eq!(identity::assign(2, 1, &[(0, 0, 1.2), (1, 0, 0.3)]), [(1, 0)]);
    assert_eq!(identity::assign(1, 2, &[(0, 0, 1.2), (0, 1, 0.3)]), [(0, 1)]);
    assert_eq!(identity::assign(3, 3, &[]), []);
    assert_eq!(identity::cost(30.0, Some(15.0), false), Some(1.25));
    assert_eq!(identity::cost(30.0, Some(15.0), true), None);
    assert_eq!(identity::cost(60.0, None, false), None);
}
