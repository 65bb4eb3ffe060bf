//! Who watches what: declaration before view, and the same table as by looking at every pair.

use proptest::prelude::*;

use super::{camera, declared, element, entrance, place, point, town};
use crate::coverage::{Policy, Verdict, Watch, view};
use crate::model::{CameraId, CameraIx, EntranceIx};
use crate::registry::{
    Azimuth, Camera, Density, Element, Entrance, EntranceStatus, Layer, Life, NightLight, Registry, Topology,
};

use Verdict::{Maybe, No, Yes};

type Row = (String, String, Verdict, Verdict, bool);

/// The table as people read it: entrance, camera, day, night, declared.
fn rows(watch: &Watch, topology: &Topology) -> Vec<Row> {
    let of = |(i, watchers): (usize, &Vec<crate::coverage::Watcher>)| {
        let entrance = topology.entrances[i].id.to_string();
        let row = |w: &crate::coverage::Watcher| {
            let camera = topology.cameras[w.camera.at()].id.to_string();
            (entrance.clone(), camera, w.day, w.night, w.declared)
        };
        watchers.iter().map(row).collect::<Vec<_>>()
    };
    watch.of_entrance.iter().enumerate().flat_map(of).collect()
}

fn row(entrance: &str, camera: &str, day: Verdict, night: Verdict, declared: bool) -> Row {
    (entrance.to_owned(), camera.to_owned(), day, night, declared)
}

fn build(cameras: Vec<Camera>, entrances: Vec<Entrance>, elements: Vec<Element>) -> (Vec<Row>, Vec<String>) {
    let (registry, topology) = town(cameras, entrances, elements);
    let (watch, conflicts) = Watch::build(&registry, &topology, &Policy::default());
    (rows(&watch, &topology), conflicts.iter().map(|c| format!("{} {}", c.camera, c.entrance)).collect())
}

#[test]
fn a_declaration_asks_neither_range_nor_density() {
    let fine = Entrance { density: Density::Identify, ..entrance("E1", place(0.0, 95.0)) };
    let (rows, conflicts) = build(vec![declared("C1", "E1")], vec![fine.clone()], Vec::new());
    assert_eq!(rows, [row("E1", "C1", Yes, Yes, true)]);
    assert_eq!(conflicts, ["C1 E1"], "believed, and told");
    let dark = Camera { night: NightLight::None, ..declared("C1", "E1") };
    assert_eq!(build(vec![dark], vec![fine.clone()], Vec::new()).0, [row("E1", "C1", Yes, No, true)]);
    let white = Camera { night: NightLight::White, night_range_m: None, ..declared("C1", "E1") };
    assert_eq!(build(vec![white], vec![fine], Vec::new()).0, [row("E1", "C1", Yes, Yes, true)]);
}

#[test]
fn entrances_that_are_not_named_follow_the_view() {
    let entrances = vec![
        entrance("E1", place(0.0, 20.0)),
        entrance("E2", place(2.0, 20.0)),
        entrance("E3", place(-2.0, 35.0)),
        entrance("E4", place(0.0, -20.0)),
    ];
    let (rows, conflicts) = build(vec![declared("C1", "!E2 E4")], entrances, Vec::new());
    let expected = [row("E1", "C1", Yes, Yes, false), row("E3", "C1", Yes, No, false), row("E4", "C1", Yes, Yes, true)];
    assert_eq!(rows, expected, "E2 is denied, E3 lies beyond the infrared");
    assert_eq!(conflicts, ["C1 E4"]);
}

#[test]
fn an_element_stands_for_its_entrances_and_an_entrance_beats_it() {
    let entrances = || (1..=3).map(|i| entrance(&format!("E{i}"), place(0.0, -500.0))).collect::<Vec<_>>();
    let elements = || vec![element("B", Layer::Block, point(place(0.0, 0.0)), &["E1", "E2", "E3"])];
    let watched = |words: &str| {
        let (rows, _) = build(vec![declared("C1", words)], entrances(), elements());
        rows.into_iter().map(|r| r.0).collect::<Vec<_>>()
    };
    assert_eq!(watched("B"), ["E1", "E2", "E3"]);
    for words in ["B !E2", "!E2 B"] {
        assert_eq!(watched(words), ["E1", "E3"], "{words}");
    }
    for words in ["!B E2", "E2 !B"] {
        assert_eq!(watched(words), ["E2"], "{words}");
    }
    for words in ["E2 !E2", "!E2 E2", "nothing", ""] {
        assert!(watched(words).is_empty(), "{words}: of two words the cautious one, and nobody sees that far");
    }
}

#[test]
fn a_derived_entrance_is_watched_by_its_cameras() {
    let ids = |ids: &[&str]| ids.iter().map(|c| CameraId::new(c).unwrap()).collect();
    let derived = Entrance { derived_from: ids(&["C1", "C2", "C3", "gone"]), ..entrance("E1", place(0.0, -10.0)) };
    let cameras = vec![camera("C1"), declared("C2", "!E1"), Camera { night: NightLight::None, ..camera("C3") }];
    let (rows, conflicts) = build(cameras, vec![derived], Vec::new());
    assert_eq!(rows, [row("E1", "C1", Yes, Yes, true), row("E1", "C3", Yes, No, true)]);
    assert!(conflicts.is_empty(), "nobody wrote that down, so nobody contradicts himself");
}

#[test]
fn who_is_not_there_watches_nothing_and_what_is_not_judged_is_not_watched() {
    let retired = Camera { status: Life::Retired, ..declared("C1", "E1") };
    let planned = Camera { status: Life::Planned, ..camera("C2") };
    let nowhere = Camera { at: None, ..declared("C3", "E1") };
    let entrances = vec![
        entrance("E1", place(0.0, 20.0)),
        Entrance { status: EntranceStatus::Closed, ..entrance("E2", place(0.0, 20.0)) },
        Entrance { status: EntranceStatus::Proposed, ..entrance("E3", place(0.0, 20.0)) },
        Entrance { at: None, ..entrance("E4", place(0.0, 20.0)) },
    ];
    let (rows, conflicts) = build(vec![retired, planned, nowhere, declared("C4", "E2 E4")], entrances, Vec::new());
    let expected = [
        row("E1", "C2", Yes, Yes, false),
        row("E1", "C3", Yes, Yes, true),
        row("E1", "C4", Yes, Yes, false),
        row("E4", "C4", Yes, Yes, true),
    ];
    assert_eq!(rows, expected);
    assert!(conflicts.is_empty(), "without a place there is no view that could contradict");
}

#[test]
fn rows_stand_in_the_order_of_camera_ids_whatever_the_slots() {
    let (before, old) = town(vec![camera("C5")], vec![entrance("E1", place(0.0, 20.0))], Vec::new());
    let mut after: Registry = before.clone();
    for id in ["C1", "C9"] {
        after.cameras.insert(CameraId::new(id).unwrap(), camera(id));
    }
    let topology = Topology::build(&after, &crate::registry::Intervals::default(), Some(&old));
    let (watch, _) = Watch::build(&after, &topology, &Policy::default());
    let order: Vec<u32> = watch.watchers(EntranceIx(0)).iter().map(|w| w.camera.0).collect();
    assert_eq!(order, [1, 0, 2], "C5 keeps the first slot");
    assert_eq!(watch.watched_by(CameraIx(1)), [EntranceIx(0)]);
    assert!(watch.watched_by(CameraIx(7)).is_empty() && watch.watchers(EntranceIx(7)).is_empty());
}

#[test]
fn entrances_nobody_watches_are_named() {
    let entrances = vec![
        entrance("E1", place(0.0, 20.0)),
        entrance("E2", place(0.0, 500.0)),
        entrance("E3", place(0.0, -20.0)),
        Entrance { status: EntranceStatus::Proposed, ..entrance("E4", place(0.0, 500.0)) },
    ];
    let vague = Camera { azimuth: None, ..camera("C2") };
    let (registry, topology) = town(vec![camera("C1"), vague], entrances, Vec::new());
    let (watch, _) = Watch::build(&registry, &topology, &Policy::default());
    let ids: Vec<_> = watch.unwatched(&topology).map(|e| topology.entrances[e.at()].id.to_string()).collect();
    assert_eq!(ids, ["E2", "E3"], "maybe is not watching; a proposed one is not asked");
    assert_eq!(watch.watchers(EntranceIx(2)).iter().map(|w| w.day).collect::<Vec<_>>(), [Maybe]);
}

prop_compose! {
    fn some_camera()(
        east in -600.0..600.0_f64, north in -600.0..600.0_f64, azimuth in prop::option::of(0.0..360.0_f64),
        range_m in prop::option::of(1.0..900.0_f64), hfov in prop::option::of(3.0..200.0_f64),
        position_m in 0.0..40.0_f64, night_range_m in prop::option::of(1.0..80.0_f64),
    ) -> Camera {
        let azimuth = azimuth.map(|degrees| Azimuth { degrees, error: 10.0 });
        Camera { at: Some(place(east, north)), azimuth, range_m, hfov, position_m, night_range_m, ..camera("x") }
    }
}

proptest! {
    /// The grid only saves work: the table is what looking at every pair gives.
    #[test]
    fn the_table_is_that_of_every_pair(
        cameras in prop::collection::vec(some_camera(), 0..12),
        places in prop::collection::vec((-700.0..700.0_f64, -700.0..700.0_f64, 0..4_usize), 0..25),
    ) {
        let name = |(i, c): (usize, Camera)| Camera { id: CameraId::new(&format!("C{i:02}")).unwrap(), ..c };
        let cameras: Vec<Camera> = cameras.into_iter().enumerate().map(name).collect();
        let entrances: Vec<Entrance> = places.iter().zip(0..).map(|((x, y, d), i)| {
            Entrance { density: Density::ALL[*d], ..entrance(&format!("E{i:02}"), place(*x, *y)) }
        }).collect();
        let policy = Policy::default();
        let mut expected = Vec::new();
        for e in &entrances {
            for c in &cameras {
                let see = |night| view(c, e.at.unwrap(), policy.need(e.density), night).unwrap().verdict;
                let (day, night) = (see(false), see(true));
                if day != No || night != No {
                    expected.push(row(e.id.as_str(), c.id.as_str(), day, night, false));
                }
            }
        }
        let (registry, topology) = town(cameras, entrances, Vec::new());
        let (watch, conflicts) = Watch::build(&registry, &topology, &policy);
        prop_assert_eq!(rows(&watch, &topology), expected);
        prop_assert!(conflicts.is_empty());
        for (c, of) in watch.of_camera.iter().enumerate() {
            prop_assert!(of.is_sorted());
            for (e, watchers) in watch.of_entrance.iter().enumerate() {
                let surely = watchers.iter().any(|w| w.camera.at() == c && w.day.max(w.night) == Yes);
                prop_assert_eq!(of.contains(&EntranceIx::from(e)), surely);
            }
        }
    }
}

/// A hundred thousand cameras and twice as many entrances on one map: cameras times entrances would be 2 · 10^10
/// views, which no test would see the end of.
#[test]
fn a_large_town_costs_its_neighbourhoods() {
    let spot = |i: u32, north: f64| place(f64::from(i % 400) * 60.0, f64::from(i / 400) * 60.0 + north);
    let cameras = (0..100_000).map(|i| Camera { at: Some(spot(i, 0.0)), ..camera(&format!("C{i:06}")) }).collect();
    let north = |i: u32| if i.is_multiple_of(2) { 10.0 } else { 40.0 };
    let entrances = (0..200_000).map(|i| entrance(&format!("E{i:06}"), spot(i / 2, north(i)))).collect();
    let (registry, topology) = town(cameras, entrances, Vec::new());
    let (watch, _) = Watch::build(&registry, &topology, &Policy::default());
    assert!(watch.of_entrance.iter().all(|w| w.len() == 1), "each is seen from the south, and from nowhere else");
    assert!(watch.of_camera.iter().all(|e| e.len() == 2), "one by infrared too, one by day only");
}
