//! Times by road on made-up towns: a table of what is said and why, and laws against searching every pair of places.

mod laws;

use geo::LineString;

use super::super::roads::{Mode, RoadLine, Roads};
use super::*;
use crate::coverage::tests::{entrance, place};
use crate::registry::{EntranceStatus, Intervals, Place};

/// A road of a class, between places that are given as metres east and north.
pub(super) fn road(id: &str, highway: &str, points: &[(f64, f64)]) -> RoadLine {
    let coord = |(east, north): &(f64, f64)| {
        let at = place(*east, *north);
        geo::Coord { x: at.lon, y: at.lat }
    };
    let part: LineString<f64> = points.iter().map(coord).collect();
    RoadLine { id: id.into(), highway: highway.into(), name: "".into(), level: 0, parts: vec![part] }
}

pub(super) fn graph(lines: Vec<RoadLine>) -> Roads {
    Roads::build(lines, &Mode::ALL)
}

/// A registry of posts and entrances, each at metres east and north.
pub(super) fn registry(posts: &[(f64, f64)], entrances: &[(f64, f64)]) -> Registry {
    let posts = posts.iter().enumerate().map(|(i, (east, north))| Place {
        id: PlaceId::new(&format!("P{i:02}")).unwrap(),
        kind: if i % 2 == 0 { PlaceKind::Station } else { PlaceKind::Liaison },
        name: "".into(),
        area: None,
        at: Some(place(*east, *north)),
        contact: None,
        extra: Default::default(),
    });
    let entrances = entrances.iter().enumerate().map(|(i, at)| entrance(&format!("E{i:02}"), place(at.0, at.1)));
    Registry {
        places: posts.map(|p| (p.id.clone(), p)).collect(),
        entrances: entrances.map(|e| (e.id.clone(), e)).collect(),
        ..Registry::default()
    }
}

pub(super) fn answer(roads: &Roads, registry: &Registry, pace: &Pace) -> Isochrone {
    isochrone(roads, registry, &Topology::build(registry, &Intervals::default(), None), pace, &|_| None)
}

/// What is said of an entrance by its number.
pub(super) fn of(found: &Isochrone, entrance: usize) -> &Arrival {
    found.items.iter().find(|item| item.entrance.at() == entrance).expect("every entrance in use is told")
}

/// One road to the east: paved for 4 km, then a street for 2, then a track; a post 1 km from its beginning.
fn road_east() -> Vec<RoadLine> {
    vec![
        road("a", "tertiary", &[(0.0, 0.0), (4_000.0, 0.0)]),
        road("b", "residential", &[(4_000.0, 0.0), (6_000.0, 0.0)]),
        road("c", "track", &[(6_000.0, 0.0), (7_000.0, 0.0)]),
    ]
}

#[test]
fn minutes_are_turnout_and_the_speed_of_each_class() {
    let entrances = [(0.0, 0.0), (4_000.0, 0.0), (5_000.0, 0.0), (6_500.0, 10.0), (1_000.0, 0.0)];
    let found = answer(&graph(road_east()), &registry(&[(1_000.0, 0.0)], &entrances), &Pace::default());
    // 3.6 s for 40 m, 20 m and 12 m: 90, 180 and 300 s a kilometre.
    let table =
        [(0, 60.0 + 90.0), (1, 60.0 + 270.0), (2, 60.0 + 270.0 + 180.0), (3, 60.0 + 270.0 + 360.0 + 150.0), (4, 60.0)];
    for (entrance, seconds) in table {
        let item = of(&found, entrance);
        let way = item.way.expect("a way");
        assert!((way.seconds - seconds).abs() < 0.01 * seconds, "{entrance}: {way:?}, not {seconds}");
        assert_eq!(way.post, 0);
        let (reach, why) =
            if seconds <= 600.0 { (Reach::Within, None) } else { (Reach::Outside, Some(Unreached::Far)) };
        assert_eq!((item.reach, item.why), (reach, why), "{entrance}");
    }
    let first: Vec<usize> = found.items.iter().map(|item| item.entrance.at()).collect();
    assert_eq!(first, [3, 2, 1, 0, 4], "outside first, then the longest way");
}

/// Every reason why somebody is not there, or why that is not known; never outside without a road.
#[test]
fn what_cannot_be_said_is_unknown_and_says_why() {
    let mut lines = road_east();
    // Three metres before the end of the paved road a street to the north; far away a road without a way to it.
    lines.push(road("gap", "tertiary", &[(3_000.0, 3.0), (3_000.0, 500.0)]));
    lines.push(road("island", "tertiary", &[(0.0, 5_000.0), (500.0, 5_000.0)]));
    let roads = graph(lines);
    let entrances = [(100.0, 5_000.0), (3_000.0, 400.0), (2_000.0, 200.0), (6_900.0, 0.0), (2_000.0, 0.0)];
    let mut town = registry(&[(1_000.0, 0.0), (1_000.0, 900.0)], &entrances);
    let blank = crate::model::EntranceId::new("E05").unwrap();
    town.entrances.insert(blank, Entrance { at: None, ..entrance("E05", place(0.0, 0.0)) });
    let closed = crate::model::EntranceId::new("E06").unwrap();
    let shut = Entrance { status: EntranceStatus::Closed, ..entrance("E06", place(10.0, 0.0)) };
    town.entrances.insert(closed, shut);
    let found = answer(&roads, &town, &Pace::default());
    assert_eq!(found.posts.iter().map(|p| p.at.is_some()).collect::<Vec<_>>(), [true, false]);
    let table = [
        (0, Reach::Outside, Some(Unreached::NoWay)),
        (1, Reach::Unknown, Some(Unreached::SuspectGap)),
        (2, Reach::Unknown, Some(Unreached::OffRoads)),
        (3, Reach::Outside, Some(Unreached::Far)),
        (4, Reach::Within, None),
        (5, Reach::Unknown, Some(Unreached::NoPosition)),
    ];
    for (entrance, reach, why) in table {
        assert_eq!((of(&found, entrance).reach, of(&found, entrance).why), (reach, why), "{entrance}");
    }
    assert_eq!(found.items.len(), table.len(), "what is closed is not told");
    let beyond = of(&found, 1);
    assert_eq!(beyond.way, None);
    assert!((beyond.joined.expect("over the gap").seconds - (60.0 + 180.0 + 36.0)).abs() < 3.0, "{beyond:?}");

    let nobody = answer(&roads, &registry(&[(1_000.0, 900.0)], &entrances), &Pace::default());
    let whys: Vec<_> = (0..5).map(|e| (of(&nobody, e).reach, of(&nobody, e).why)).collect();
    assert!(whys.iter().all(|(reach, _)| *reach == Reach::Unknown), "{whys:?}");
    assert_eq!(whys[0].1, Some(Unreached::NoPost));
    assert_eq!((nobody.parts, answer(&graph(Vec::new()), &registry(&[], &[]), &Pace::default())), Default::default());
}

#[test]
fn lost_entrances_outside_come_first() {
    let entrances = [(6_950.0, 0.0), (6_900.0, 0.0), (4_500.0, 0.0)];
    let town = registry(&[(0.0, 0.0)], &entrances);
    let topology = Topology::build(&town, &Intervals::default(), None);
    let state = |e: EntranceIx| Some(if e.at() == 0 { EntranceState::Covered } else { EntranceState::Lost });
    let found = isochrone(&graph(road_east()), &town, &topology, &Pace::default(), &state);
    let order: Vec<usize> = found.items.iter().map(|item| item.entrance.at()).collect();
    assert_eq!(order, [1, 0, 2], "{:?}", found.items);
}

/// The last stretch is cut at the fraction reached, and where two posts meet each keeps its half.
#[test]
fn roads_are_cut_where_the_time_is_up_and_where_two_ways_meet() {
    let lines = vec![road("a", "tertiary", &[(0.0, 0.0), (3_000.0, 0.0), (20_000.0, 0.0)])];
    let pace = Pace { turnout: crate::model::Span::ZERO, ..Pace::default() };
    // 600 s at 40 km/h: 6 667 m.
    let one = answer(&graph(lines.clone()), &registry(&[(5_000.0, 0.0)], &[]), &pace);
    let metres = |part: &Part| (part.between_m[1] - part.between_m[0]).abs();
    let mut lengths: Vec<i64> = one.parts.iter().map(|p| (metres(p) / 50.0).round() as i64 * 50).collect();
    lengths.sort_unstable();
    assert_eq!(lengths, [5_000, 6_650], "{:?}", one.parts);
    assert!(one.parts.iter().all(|p| p.from.seconds == 0.0 && p.to_s <= 600.0 + 1e-6));
    let two = answer(&graph(lines), &registry(&[(5_000.0, 0.0), (9_000.0, 0.0)], &[]), &pace);
    let met: Vec<&Part> = two.parts.iter().filter(|p| (metres(p) - 2_000.0).abs() < 5.0).collect();
    assert_eq!(met.iter().map(|p| p.from.post).collect::<Vec<_>>(), [0, 1], "{:?}", two.parts);
    assert!(two.parts.iter().all(|p| p.line.len() > 1));
}

#[test]
fn a_pace_is_checked() {
    let usual = Pace::default();
    let span = crate::model::Span::minutes;
    for (pace, fault) in [
        (usual, None),
        (Pace { turnout: span(31), ..usual }, Some(PaceFault::Turnout)),
        (Pace { limit: span(0), ..usual }, Some(PaceFault::Limit)),
        (Pace { limit: span(121), ..usual }, Some(PaceFault::Limit)),
        (Pace { track_kmh: 0.0, ..usual }, Some(PaceFault::Speed)),
        (Pace { foot_kmh: f64::NAN, ..usual }, Some(PaceFault::Speed)),
    ] {
        assert_eq!(pace.check().err(), fault, "{pace:?}");
    }
    assert_eq!(usual.within(2.5).map(|pace| pace.limit), Ok(crate::model::Span::seconds(150)));
    for wrong in [0.0, 121.0, -1.0, f64::NAN, f64::INFINITY, 1e300] {
        assert_eq!(usual.within(wrong), Err(PaceFault::Limit), "{wrong}");
    }
    let classes =
        [("village", 40.0), ("", 20.0), ("hamlet", 20.0), ("track", 12.0), ("cycleway", 12.0), ("steps", 4.0)];
    classes.iter().for_each(|(class, kmh)| assert_eq!(usual.kmh(class), *kmh, "{class}"));
    assert_eq!(Reach::ALL.map(Reach::word).len(), 3);
    let words: std::collections::BTreeSet<&str> = Unreached::ALL.map(Unreached::word).into();
    assert_eq!(words.len(), Unreached::ALL.len());
}
