//! The question is written into the register by hand, and the new register is judged from nothing.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::super::repair::tests::Dice;
use super::super::{Component, Suppose};
use super::town::{Town, cordon, is_in_view, rests, states};
use crate::coverage::{
    EntranceState, Guards, Level, Policy, Scope, Standing, Verdict, Watch, Watcher, judge_hour, view,
};
use crate::model::{CameraIx, ElementId, EntranceIx, NodeIx, Period};
use crate::plan::{Question, RoadLine, Seal};
use crate::registry::{Camera, Entrance, Intervals, Life, POLE, Registry, Topology, WatchRule};

/// What is down and not up at once, or the other way round.
fn only(of: &BTreeSet<Component>, not: &BTreeSet<Component>) -> (BTreeSet<NodeIx>, BTreeSet<CameraIx>) {
    let (mut nodes, mut cameras) = (BTreeSet::new(), BTreeSet::new());
    for component in of.difference(not) {
        match component {
            Component::Node(n) => nodes.insert(*n),
            Component::Camera(c) => cameras.insert(*c),
        };
    }
    (nodes, cameras)
}

/// The word of the column `watches` about an entrance: itself before the elements that it belongs to, no before yes.
fn word(registry: &Registry, camera: &Camera, entrance: &Entrance) -> Option<bool> {
    let of = |names: &dyn Fn(&str) -> bool| {
        let words: Vec<bool> = camera.watches.iter().filter(|r| names(&r.id)).map(|r| r.watches).collect();
        (!words.is_empty()).then(|| words.iter().all(|yes| *yes))
    };
    let elements = |id: &str| {
        let element = ElementId::new(id).ok().and_then(|id| registry.elements.get(&id));
        element.is_some_and(|e| crate::coverage::element_entrances(registry, e).contains(&entrance.id))
    };
    of(&|id| id == entrance.id.as_str()).or_else(|| of(&elements))
}

/// The register with a camera that has moved: only what its new view does not contradict is declared of it still.
fn write_moved(registry: &mut Registry, moved: &Camera) {
    let old = registry.clone();
    let mut watches = Vec::new();
    for entrance in registry.entrances.values_mut() {
        let said = word(&old, moved, entrance);
        if said == Some(true) && is_in_view(moved, entrance) {
            watches.push(WatchRule { id: entrance.id.as_str().into(), watches: true });
        }
        let near = entrance.at.and_then(|at| view(moved, at, 25.0, false)).is_some_and(|v| v.distance_m <= POLE);
        if said.is_some() || !near {
            entrance.derived_from.retain(|id| *id != moved.id);
        }
    }
    registry.cameras.insert(moved.id.clone(), Camera { watches, ..moved.clone() });
}

/// A register that says all of it, and how each of its cameras stands.
fn written(town: &Town, suppose: &Suppose) -> (Registry, Vec<Standing>) {
    let (failed, dead) = only(&suppose.down, &suppose.up);
    let (mended, alive) = only(&suppose.up, &suppose.down);
    let mut registry = town.registry.clone();
    suppose.moved.values().for_each(|camera| write_moved(&mut registry, camera));
    registry.cameras.extend(suppose.added.iter().map(|camera| (camera.id.clone(), camera.clone())));
    // Old cameras are named C, added ones N, so that slots are the places in the order of ids.
    for (i, camera) in registry.cameras.values_mut().enumerate() {
        if alive.contains(&CameraIx::from(i)) && !camera.status.is_installed() {
            camera.status = Life::Active;
        }
    }
    let broken: BTreeSet<NodeIx> = town.broken.difference(&mended).copied().collect();
    let with = |set: &BTreeSet<NodeIx>| failed.union(set).copied().collect::<BTreeSet<NodeIx>>();
    let old = town.registry.cameras.len();
    let standing = |(slot, camera): (usize, &Camera)| {
        let c = CameraIx::from(slot);
        let is_new = slot >= old;
        // Who answers proves the path; of who was never there the path is believed.
        let believed = town.holds(camera, &broken) || is_new && !alive.contains(&c);
        let proven = BTreeSet::new();
        let cut = !town.holds(camera, &with(if believed { &broken } else { &proven }));
        let was_cut_off = !is_new && !town.holds(camera, &town.broken) && !town.dead.contains(&c);
        let comes_back = !is_new && !town.proven.contains(&c) && was_cut_off && town.holds(camera, &broken);
        match () {
            () if dead.contains(&c) => Standing::Dead,
            () if cut && (is_new || !failed.is_empty()) => Standing::Dead,
            () if is_new || alive.contains(&c) || comes_back => Standing::Live,
            () => town.standing(c),
        }
    };
    let standings = registry.cameras.values().enumerate().map(standing).collect();
    (registry, standings)
}

/// Every judged entrance with its state, in a register that says all of it.
fn by_hand(town: &Town, period: Period, suppose: &Suppose) -> Vec<(EntranceIx, EntranceState)> {
    let (registry, standings) = written(town, suppose);
    judged(&registry, period, &|c| standings[c.at()])
}

fn judged(
    registry: &Registry,
    period: Period,
    standing: &dyn Fn(CameraIx) -> Standing,
) -> Vec<(EntranceIx, EntranceState)> {
    let topology = Topology::build(registry, &Intervals::default(), None);
    let (watch, _) = Watch::build(registry, &topology, &Policy::default());
    let night = period == Period::Night;
    let object = |c: CameraIx| &registry.cameras[&topology.cameras[c.at()].id];
    let mut states = Vec::new();
    for (i, slot) in topology.entrances.iter().enumerate().filter(|(_, slot)| slot.judged) {
        let entrance = &registry.entrances[&slot.id];
        let judgement = judge_hour(
            watch.watchers(EntranceIx::from(i)),
            night,
            entrance.required,
            entrance.target,
            standing,
            |c| Some(object(c).status),
            |w: &Watcher| rests(period, w, object(w.camera)),
        );
        states.push((EntranceIx::from(i), judgement.state));
    }
    states
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, ..ProptestConfig::default() })]

    #[test]
    fn as_by_writing_it_into_the_register_and_judging_everything_anew(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let town = Town::made(&mut dice);
        let suppose = town.question(&mut dice);
        for period in Period::ALL {
            let answer = town.asked(period, &suppose);
            prop_assert_eq!(states(&answer), by_hand(&town, period, &suppose), "{:?} {:?}", period, suppose);
            let turned = answer.states.iter().filter(|(_, before, after)| before != after);
            let mut told: Vec<_> = answer.turned.iter().map(|t| (t.entrance, t.before, t.after.state)).collect();
            told.sort_unstable_by_key(|t| t.0);
            prop_assert_eq!(told, turned.copied().collect::<Vec<_>>());
        }
    }
}

/// Every area of a register with how it is sealed, on roads that are contracted for it.
fn sealed(
    registry: &Registry,
    roads: &[RoadLine],
    period: Period,
    standing: &dyn Fn(CameraIx) -> Standing,
) -> Vec<Seal> {
    let topology = Topology::build(registry, &Intervals::default(), None);
    let (watch, _) = Watch::build(registry, &topology, &Policy::default());
    let night = period == Period::Night;
    let object = |c: CameraIx| &registry.cameras[&topology.cameras[c.at()].id];
    let rests = |w: &Watcher| rests(period, w, object(w.camera));
    let on_watch = |e: EntranceIx| {
        let sure = watch.watchers(e).iter().filter(|w| w.verdict(night) == Verdict::Yes && !rests(w));
        sure.map(|w| w.camera).filter(|c| object(*c).status.is_installed()).collect::<Vec<_>>()
    };
    let question = Question {
        scopes: &Scope::ALL,
        area: None,
        guards: &Guards::count(&watch, &topology, Level::Live, night, standing, rests),
        dead: &|e| on_watch(e).into_iter().filter(|c| standing(*c) == Standing::Dead).collect(),
        watched: &|e| !on_watch(e).is_empty(),
    };
    cordon(registry, roads).seals(&question)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    /// Verdict, thickness, width, sites and ways in of every area: those that are told to change, and those that are not.
    #[test]
    fn seals_as_by_writing_it_into_the_register_and_judging_the_town_from_nothing(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let town = Town::made(&mut dice).with_roads(&mut dice);
        let suppose = town.question(&mut dice);
        let (registry, standings) = written(&town, &suppose);
        for period in Period::ALL {
            let before = sealed(&town.registry, &town.roads, period, &|c| town.standing(c));
            let after = sealed(&registry, &town.roads, period, &|c| standings[c.at()]);
            let both = || before.iter().cloned().zip(after.iter().cloned());
            let expected: Vec<(Seal, Seal)> = both().filter(|(was, is)| was != is).collect();
            let answer = town.asked(period, &suppose).seals;
            let mut told: Vec<(Seal, Seal)> = answer.turned.into_iter().map(|t| (t.before, t.after)).collect();
            told.sort_by(|(a, _), (b, _)| (a.scope, &a.area.id).cmp(&(b.scope, &b.area.id)));
            prop_assert_eq!(told, expected, "{:?} {:?}", period, suppose);
            let mut verdicts: Vec<_> = both().map(|(was, is)| (was.scope, was.verdict, is.verdict)).collect();
            let mut judged = answer.verdicts;
            verdicts.sort_unstable();
            judged.sort_unstable();
            prop_assert_eq!(judged, verdicts);
        }
    }
}
