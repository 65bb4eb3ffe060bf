//! What people ask of a town in which something is down: the mind behind the answer is tested in `plan`.

use std::collections::BTreeSet;

use super::harness::{Fault, Plan, Sim};
use crate::coverage::EntranceState;
use crate::model::{Period, Span};
use crate::plan::{Component, Effort, RepairOrder, Suppose};
use crate::registry::LonLat;
use crate::world::Terms;

/// Where the areas of the town have their points.
const HERE: LonLat = LonLat { lon: 114.5, lat: 30.9 };

fn settled(switches: &[usize]) -> Sim {
    let mut sim = Sim::new(Plan::town(switches));
    sim.run(Span::minutes(2));
    sim
}

fn asked(sim: &Sim) -> RepairOrder {
    sim.world.snapshot().repair_order(Period::Now, HERE, &Effort::default())
}

/// What is mended, and how many entrances come back with it.
fn stops(sim: &Sim, order: &RepairOrder) -> Vec<(String, usize)> {
    let topology = sim.world.topology();
    let id = |component| match component {
        Component::Camera(c) => topology.cameras[c.at()].id.to_string(),
        Component::Node(n) => topology.nodes[n.at()].id.to_string(),
    };
    order.stops.iter().map(|stop| (id(stop.component), stop.restores.len())).collect()
}

fn said(of: &[(&str, usize)]) -> Vec<(String, usize)> {
    of.iter().map(|(id, n)| ((*id).to_owned(), *n)).collect()
}

#[test]
fn a_dead_switch_is_mended_before_a_camera_and_the_cameras_behind_it_are_no_stops() {
    let mut sim = settled(&[20, 10]);
    sim.break_camera("C025", Fault::Refuse);
    sim.run(Span::seconds(30));
    sim.kill_node("S1");
    sim.run(Span::seconds(60));
    let order = asked(&sim);
    assert_eq!(stops(&sim, &order), said(&[("S1", 20), ("C025", 1)]));
    assert_eq!((order.lost, order.jobs, order.idle, order.remains.len()), (21, 2, 0, 0));
    assert!(order.exact && order.stops.iter().all(|stop| stop.guessed), "nothing of this town has a place");
}

#[test]
fn a_dead_uplink_is_one_stop_and_the_switches_it_cuts_off_are_none() {
    let mut sim = settled(&[20, 20, 20]);
    sim.kill_node("up");
    sim.run(Span::seconds(60));
    let order = asked(&sim);
    assert_eq!(stops(&sim, &order), said(&[("up", 60)]));
    assert_eq!((order.jobs, order.idle), (1, 0));
}

#[test]
fn a_camera_that_was_down_before_its_switch_is_a_stop_of_its_own() {
    let mut sim = settled(&[20, 10]);
    sim.break_camera("C003", Fault::Refuse);
    sim.run(Span::minutes(2));
    sim.kill_node("S1");
    sim.run(Span::minutes(1));
    assert_eq!(stops(&sim, &asked(&sim)), said(&[("S1", 19), ("C003", 1)]));
}

#[test]
fn a_switch_that_fails_in_part_is_one_stop() {
    let mut sim = settled(&[40, 10]);
    for n in 1..=39 {
        sim.break_camera(&format!("C{n:03}"), Fault::Drop);
    }
    sim.run(Span::seconds(90));
    assert_eq!(stops(&sim, &asked(&sim)), said(&[("S1", 39)]));
}

/// The states of every entrance as they would be, and as they are.
fn supposed(sim: &Sim, suppose: &Suppose) -> (Vec<EntranceState>, Vec<EntranceState>) {
    let states = sim.world.snapshot().what_if(Period::Now, &Terms::default(), suppose, None).states;
    (states.iter().map(|s| s.2).collect(), states.iter().map(|s| s.1).collect())
}

fn named(sim: &Sim, ids: &[&str]) -> BTreeSet<Component> {
    let topology = sim.world.topology();
    let camera = |id: &str| topology.camera(id).map(Component::Camera);
    ids.iter().filter_map(|id| camera(id).or(topology.node(id).map(Component::Node))).collect()
}

#[test]
fn what_was_supposed_comes_true_when_it_happens_and_is_undone_when_it_is_mended() {
    for failing in [vec!["S1"], vec!["up"], vec!["C005", "C021"], vec!["S2", "C003"]] {
        let mut sim = settled(&[20, 10]);
        let down = Suppose { down: named(&sim, &failing), ..Suppose::default() };
        let (foretold, whole) = supposed(&sim, &down);
        assert!(whole.iter().all(|s| *s == EntranceState::Covered) && foretold.contains(&EntranceState::Lost));
        for id in &failing {
            if id.starts_with('C') { sim.break_camera(id, Fault::Refuse) } else { sim.kill_node(id) }
        }
        sim.run(Span::minutes(2));
        let up = Suppose { up: named(&sim, &failing), ..Suppose::default() };
        let (mended, happened) = supposed(&sim, &up);
        assert_eq!(happened, foretold, "{failing:?}");
        assert_eq!(mended, whole, "{failing:?}");
    }
}

#[test]
fn in_a_healthy_town_there_is_nothing_to_mend() {
    let sim = settled(&[10]);
    assert_eq!(asked(&sim), RepairOrder { exact: true, ..RepairOrder::default() });
}
