//! Completeness of the plan.

use proptest::prelude::*;

use super::{camera, declared, element, entrance, place, point, town};
use crate::coverage::{Completeness, Level, Policy, Standing, Watch};
use crate::registry::{Camera, Element, Entrance, EntranceStatus, Layer, Life, NightLight, Registry, Topology};

fn ratio(town: &(Registry, Topology), layer: Layer, level: Level, night: bool, standing: Standing) -> Option<f64> {
    let (registry, topology) = town;
    let (watch, _) = Watch::build(registry, topology, &Policy::default());
    let plan = Completeness::build(registry, topology);
    plan.coverage_ratio(&watch, topology, layer, level, night, |_| standing)
}

fn of(id: &str, layer: Layer, entrances: &[&str]) -> Element {
    element(id, layer, point(place(0.0, 0.0)), entrances)
}

fn far(id: &str) -> Entrance {
    entrance(id, place(0.0, 5_000.0))
}

#[test]
fn an_element_is_complete_when_each_entrance_is_watched() {
    let cameras = vec![
        declared("C1", "E1"),
        Camera { night: NightLight::None, ..declared("C2", "E2") },
        Camera { status: Life::Planned, ..declared("C3", "E3") },
    ];
    let closed = Entrance { status: EntranceStatus::Closed, ..far("E4") };
    let elements = vec![
        of("B1", Layer::Block, &["E1"]),
        of("B2", Layer::Block, &["E1", "E2", "E4"]),
        of("B3", Layer::Block, &["E1", "E3"]),
        of("B4", Layer::Block, &["E4"]),
        of("L1", Layer::Line, &["E1"]),
        of("P1", Layer::Point, &["E3"]),
    ];
    let town = town(cameras, vec![far("E1"), far("E2"), far("E3"), closed], elements);
    let at = |level, night| ratio(&town, Layer::Block, level, night, Standing::Live);
    assert_eq!(at(Level::Plan, false), Some(0.75), "B4 has nothing that is judged");
    assert_eq!(at(Level::Built, false), Some(0.5));
    assert_eq!(at(Level::Built, true), Some(0.25), "no light at E2");
    assert_eq!(at(Level::Live, false), Some(0.5));
    for standing in [Standing::Dead, Standing::Unknown] {
        assert_eq!(ratio(&town, Layer::Block, Level::Live, false, standing), Some(0.0));
        assert_eq!(ratio(&town, Layer::Block, Level::Built, false, standing), Some(0.5), "as if all were up");
    }
    assert_eq!(ratio(&town, Layer::Point, Level::Plan, false, Standing::Live), Some(1.0));
    assert_eq!(ratio(&town, Layer::Point, Level::Built, false, Standing::Live), Some(0.0));
    assert_eq!(ratio(&town, Layer::Circle, Level::Plan, false, Standing::Live), None, "there is none");
    assert_eq!(ratio(&town, Layer::Line, Level::Plan, false, Standing::Live), None, "a matter of roads");
}

#[test]
fn reduced_is_complete() {
    let double = Entrance { target: 2, ..far("E1") };
    let town = town(vec![declared("C1", "E1")], vec![double], vec![of("P", Layer::Point, &["E1"])]);
    assert_eq!(ratio(&town, Layer::Point, Level::Live, false, Standing::Live), Some(1.0));
}

#[test]
fn levels_have_words() {
    for level in Level::ALL {
        assert_eq!(Level::from_word(level.word()), Some(level));
    }
    assert_eq!(Level::from_word("now"), None);
}

proptest! {
    /// P1: plan >= built >= live, by day and by night, whatever stands in the register.
    #[test]
    fn a_plan_is_never_less_than_what_is_built_and_that_never_less_than_what_lives(
        cameras in prop::collection::vec(
            (0..4_usize, 0..3_usize, prop::collection::vec(0..4_usize, 0..4), 0..3_usize), 0..8,
        ),
        numbers in prop::collection::vec((1..3_u32, 0..3_u32), 4),
        blocks in prop::collection::vec(prop::collection::vec(0..4_usize, 0..4), 1..5),
        night: bool,
    ) {
        let stands = [Standing::Dead, Standing::Unknown, Standing::Live];
        let standing: Vec<Standing> = cameras.iter().map(|c| stands[c.3]).collect();
        let made = cameras.iter().enumerate().map(|(i, (life, light, watches, _))| {
            let words: Vec<String> = watches.iter().map(|e| format!("E{e}")).collect();
            let camera = declared(&format!("C{i}"), &words.join(" "));
            Camera { status: Life::ALL[*life], night: NightLight::ALL[*light], at: None, ..camera }
        }).collect();
        let entrances = numbers.iter().enumerate().map(|(i, (required, more))| {
            Entrance { required: *required, target: required + more, ..far(&format!("E{i}")) }
        }).collect();
        let elements = blocks.iter().enumerate().map(|(i, of)| {
            let names: Vec<String> = of.iter().map(|e| format!("E{e}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            super::element(&format!("B{i}"), Layer::Block, point(place(0.0, 0.0)), &names)
        }).collect();
        let (registry, topology) = town(made, entrances, elements);
        let (watch, _) = Watch::build(&registry, &topology, &Policy::default());
        let plan = Completeness::build(&registry, &topology);
        let at = |level| {
            plan.coverage_ratio(&watch, &topology, Layer::Block, level, night, |c| standing[c.at()]).unwrap()
        };
        prop_assert!(at(Level::Plan) >= at(Level::Built) && at(Level::Built) >= at(Level::Live));
    }
}

/// The demo of one camera that sees, so that the ratio rests on a view too and not only on words.
#[test]
fn a_view_counts_as_a_word_does() {
    let town = town(
        vec![camera("C1")],
        vec![entrance("E1", place(0.0, 20.0))],
        vec![element("P", Layer::Point, point(place(0.0, 20.0)), &[])],
    );
    assert_eq!(ratio(&town, Layer::Point, Level::Live, true, Standing::Live), Some(1.0));
}
