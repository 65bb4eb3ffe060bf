//! A small town from a seed: everything that a camera, a node or an entrance can be stands close together.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::super::repair::tests::Dice;
use super::super::{Component, Present, Suppose, WhatIf, what_if};
use crate::coverage::tests::{camera, element, entrance, place, point};
use crate::coverage::{EntranceState, Policy, Standing, Verdict, Watch, Watcher, judge_hour};
use crate::model::{CameraIx, EntranceIx, NodeId, NodeIx, Period};
use crate::plan::cordon::tests::{block, hamlet, road};
use crate::plan::{Cordon, Mode, RoadLine, Roads};
use crate::registry::{
    Azimuth, Camera, Duty, Entrance, EntranceStatus, Gate, Intervals, Layer, Life, LonLat, Needs, NightLight, Node,
    NodeKind, Registry, Topology, WatchRule,
};

/// The minute of the day at which "now" is.
pub(super) const MINUTE: u16 = 19 * 60;

/// A town, what is broken in it and what is known of it.
#[derive(Clone, Debug)]
pub(super) struct Town {
    pub(super) registry: Registry,
    /// Nodes that are down by themselves.
    pub(super) broken: BTreeSet<NodeIx>,
    /// Cameras that are.
    pub(super) dead: BTreeSet<CameraIx>,
    /// Of which nothing is known.
    pub(super) unknown: BTreeSet<CameraIx>,
    /// That answer, whatever is judged of their path.
    pub(super) proven: BTreeSet<CameraIx>,
    /// None: seals are not asked for.
    pub(super) roads: Vec<RoadLine>,
}

fn somewhere(dice: &mut Dice) -> LonLat {
    let mut metres = || dice.below(161) as f64 - 80.0;
    place(metres(), metres())
}

/// Some of so many things, each once.
fn some(dice: &mut Dice, of: usize, most: usize) -> Vec<usize> {
    let wanted = if of == 0 { 0 } else { dice.below(most + 1) };
    let found: BTreeSet<usize> = (0..wanted).map(|_| dice.below(of)).collect();
    found.into_iter().collect()
}

fn some_slots(dice: &mut Dice, of: usize) -> BTreeSet<CameraIx> {
    (0..of).filter(|_| dice.below(6) == 0).map(CameraIx::from).collect()
}

/// A camera that may stand anywhere near, and be anything.
pub(super) fn made_camera(dice: &mut Dice, id: &str, nodes: usize, entrances: usize) -> Camera {
    let rule = |dice: &mut Dice| {
        let id = if dice.below(4) == 0 { "L".to_owned() } else { format!("E{}", dice.below(entrances)) };
        WatchRule { id: id.into(), watches: dice.below(4) > 0 }
    };
    let hours = [(480, 1_080), (1_080, 360)][dice.below(2)];
    Camera {
        at: (dice.below(10) > 0).then(|| somewhere(dice)),
        position_m: [0.0, 5.0][dice.below(2)],
        azimuth: (dice.below(4) > 0).then(|| Azimuth { degrees: dice.below(360) as f64, error: 5.0 }),
        hfov: [Some(84.0), Some(360.0), None][dice.below(3)],
        width_px: [Some(1_920), Some(3_840)][dice.below(2)],
        night: [NightLight::None, NightLight::Ir][dice.below(2)],
        night_range_m: Some(30.0),
        duty: (dice.below(5) == 0).then_some(Duty { from_minute: hours.0, to_minute: hours.1 }),
        // Mostly at the end of the chains, where there is most above that may fail.
        node: Some(nodes - 1)
            .filter(|_| nodes > 0 && dice.below(2) == 0)
            .into_iter()
            .chain(some(dice, nodes, 1))
            .map(|n| NodeId::new(&format!("n{n}")).unwrap())
            .collect(),
        power: some(dice, nodes, 1).into_iter().map(|n| NodeId::new(&format!("n{n}")).unwrap()).collect(),
        status: [Life::Maintenance, Life::Planned, Life::Retired].get(dice.below(8)).copied().unwrap_or(Life::Active),
        watches: (0..dice.below(3)).map(|_| rule(dice)).collect(),
        ..camera(id)
    }
}

fn made_node(dice: &mut Dice, i: usize) -> Node {
    let needs = |dice: &mut Dice| [Needs::All, Needs::Any][dice.below(2)];
    // Short chains and rings, so that what fails often meets what is broken.
    let gate = |dice: &mut Dice, most| Gate {
        needs: needs(dice),
        of: some(dice, i, most).into_iter().map(|n| NodeId::new(&format!("n{n}")).unwrap()).collect(),
    };
    Node {
        id: NodeId::new(&format!("n{i}")).unwrap(),
        kind: [NodeKind::Switch, NodeKind::Switch, NodeKind::Group, NodeKind::Power][dice.below(4)],
        name: format!("n{i}").into(),
        address: None,
        at: None,
        parents: gate(dice, 3),
        power: gate(dice, 1),
        extra: Default::default(),
    }
}

impl Town {
    pub(super) fn made(dice: &mut Dice) -> Town {
        let (nodes, cameras, entrances) = (1 + dice.below(5), 1 + dice.below(6), 1 + dice.below(4));
        let mut registry = Registry::default();
        for i in 0..nodes {
            let node = made_node(dice, i);
            registry.nodes.insert(node.id.clone(), node);
        }
        for i in 0..entrances {
            let required = 1 + u32::from(dice.below(4) == 0);
            let entrance = Entrance {
                required,
                target: required + u32::from(dice.below(3) == 0),
                status: if dice.below(8) == 0 { EntranceStatus::Proposed } else { EntranceStatus::Active },
                ..entrance(&format!("E{i}"), somewhere(dice))
            };
            registry.entrances.insert(entrance.id.clone(), entrance);
        }
        for i in 0..cameras {
            let camera = made_camera(dice, &format!("C{i}"), nodes, entrances);
            if let Some(entrance) = registry.entrances.values_mut().nth(dice.below(8)) {
                entrance.derived_from.push(camera.id.clone());
            }
            registry.cameras.insert(camera.id.clone(), camera);
        }
        let listed: Vec<String> = some(dice, entrances, 3).into_iter().map(|i| format!("E{i}")).collect();
        let listed: Vec<&str> = listed.iter().map(String::as_str).collect();
        let line = element("L", Layer::Point, point(place(0.0, 0.0)), &listed);
        registry.elements.insert(line.id.clone(), line);
        let is_thing = |i: &usize| registry.nodes[format!("n{i}").as_str()].kind != NodeKind::Group;
        let broken = (0..nodes).filter(|i| is_thing(i) && dice.below(3) == 0).map(NodeIx::from).collect();
        let (dead, unknown, proven) = (some_slots(dice, cameras), some_slots(dice, cameras), some_slots(dice, cameras));
        Town { registry, broken, dead, unknown, proven, roads: Vec::new() }
    }

    /// With streets between nine crossroads, most of which are there, a ring round the middle one, two blocks and hamlets.
    pub(super) fn with_roads(mut self, dice: &mut Dice) -> Town {
        let at = |i: usize| ((i % 3) as f64 * 70.0 - 70.0, (i / 3) as f64 * 70.0 - 70.0);
        for (a, b) in [(0, 1), (1, 2), (3, 4), (4, 5), (6, 7), (7, 8), (0, 3), (3, 6), (1, 4), (4, 7), (2, 5), (5, 8)] {
            if dice.below(6) > 0 {
                self.roads.push(road(&format!("R{a}{b}"), &[at(a), at(b)]));
            }
        }
        // Roads out of the country.
        for (i, (from, to)) in
            [((70.0, 0.0), (450.0, 0.0)), ((0.0, 70.0), (0.0, 450.0)), ((-70.0, -70.0), (-70.0, -450.0))]
                .iter()
                .enumerate()
        {
            if dice.below(4) > 0 {
                self.roads.push(road(&format!("O{i}"), &[*from, *to]));
            }
        }
        // A street that nearly meets another: a suspect gap.
        self.roads.extend((dice.below(3) == 0).then(|| road("GAP", &[(35.0, 110.0), (35.0, 2.0)])));
        let hamlets =
            [hamlet("H1", (0.0, 0.0), Some(block((-20.0, -20.0), (20.0, 20.0)))), hamlet("H2", (70.0, 70.0), None)];
        self.registry.areas.extend(hamlets.into_iter().map(|h| (h.id.clone(), h)));
        let shapes = [
            ("RING", Layer::Circle, block((-50.0, -50.0), (50.0, 50.0))),
            ("B1", Layer::Block, block((-50.0, -50.0), (-10.0, 50.0))),
            ("B2", Layer::Block, block((-10.0, -50.0), (50.0, 50.0))),
        ];
        for (id, layer, shape) in shapes {
            let element = element(id, layer, shape, &[]);
            self.registry.elements.insert(element.id.clone(), element);
        }
        self
    }

    /// Whether the nodes that a camera hangs on work while these are down, reckoned from the words of the register until
    /// nothing changes.
    pub(super) fn holds(&self, camera: &Camera, down: &BTreeSet<NodeIx>) -> bool {
        let up = self.working(down);
        camera.node.iter().chain(&camera.power).all(|id| up.contains(&number(id)))
    }

    /// The nodes that work while these are down.
    pub(super) fn working(&self, down: &BTreeSet<NodeIx>) -> BTreeSet<usize> {
        let nodes = self.registry.nodes.len();
        let mut up: BTreeSet<usize> = (0..nodes).filter(|i| !down.contains(&NodeIx::from(*i))).collect();
        for _ in 0..nodes {
            let holds = |gate: &Gate| match gate.needs {
                Needs::All => gate.of.iter().all(|id| up.contains(&number(id))),
                Needs::Any => gate.of.is_empty() || gate.of.iter().any(|id| up.contains(&number(id))),
            };
            let fallen: Vec<usize> = self
                .registry
                .nodes
                .values()
                .filter(|n| !holds(&n.parents) || !holds(&n.power))
                .map(|n| number(&n.id))
                .collect();
            up.retain(|i| !fallen.contains(i));
        }
        up
    }

    pub(super) fn camera(&self, slot: CameraIx) -> &Camera {
        &self.registry.cameras[format!("C{}", slot.at()).as_str()]
    }

    pub(super) fn standing(&self, slot: CameraIx) -> Standing {
        if self.proven.contains(&slot) {
            Standing::Live
        } else if self.dead.contains(&slot) || !self.holds(self.camera(slot), &self.broken) {
            Standing::Dead
        } else if self.unknown.contains(&slot) {
            Standing::Unknown
        } else {
            Standing::Live
        }
    }

    /// What would be, and how every judged entrance stands.
    pub(super) fn asked(&self, period: Period, suppose: &Suppose) -> WhatIf {
        let topology = Topology::build(&self.registry, &Intervals::default(), None);
        let (watch, _) = Watch::build(&self.registry, &topology, &Policy::default());
        let night = period == Period::Night;
        let working = self.working(&self.broken);
        let rests = |w: &Watcher, camera: &Camera| rests(period, w, camera);
        let state = |e: EntranceIx| {
            let slot = topology.entrances.get(e.at()).filter(|slot| slot.judged)?;
            let object = &self.registry.entrances[&slot.id];
            let life = |c: CameraIx| topology.cameras[c.at()].life;
            let resting = |w: &Watcher| rests(w, self.camera(w.camera));
            let watchers = watch.watchers(e);
            let standing = |c| self.standing(c);
            Some(judge_hour(watchers, night, object.required, object.target, standing, life, resting).state)
        };
        let blamed = |c: CameraIx| {
            let cut_off = !self.dead.contains(&c) && !self.holds(self.camera(c), &self.broken);
            let above = topology.cameras[c.at()].above.iter().copied();
            above.into_iter().find(|n| cut_off && self.broken.contains(n))
        };
        let cordon = (!self.roads.is_empty()).then(|| cordon(&self.registry, &self.roads));
        let present = Present {
            registry: &self.registry,
            topology: &topology,
            watch: &watch,
            density: &Policy::default(),
            night,
            state: &state,
            standing: &|c| self.standing(c),
            rests: &|w| rests(w, self.camera(w.camera)),
            would_rest: &rests,
            blamed: &blamed,
            down: &|n| !working.contains(&n.at()),
            broken: &|n| self.broken.contains(&n),
            cordon: cordon.as_ref(),
        };
        what_if(&present, suppose)
    }

    /// A question about anything in it, and about what is not.
    pub(super) fn question(&self, dice: &mut Dice) -> Suppose {
        let (nodes, cameras) = (self.registry.nodes.len(), self.registry.cameras.len());
        let added: Vec<Camera> = (0..dice.below(3))
            .map(|i| made_camera(dice, &format!("N{i}"), nodes, self.registry.entrances.len()))
            .collect();
        let mut suppose = Suppose { added, ..Suppose::default() };
        for _ in 0..dice.below(3) {
            let slot = CameraIx::from(dice.below(cameras));
            let azimuth = self.camera(slot).azimuth;
            let turned = Azimuth { degrees: dice.below(360) as f64, error: 10.0 };
            let azimuth = if dice.below(2) == 0 { azimuth } else { Some(turned) };
            suppose.moved.insert(slot, Camera { at: Some(somewhere(dice)), azimuth, ..self.camera(slot).clone() });
        }
        let slots = cameras + suppose.added.len();
        for _ in 0..dice.below(5) {
            let component = match dice.below(3) {
                0 => Component::Camera(CameraIx::from(dice.below(slots))),
                _ => Component::Node(NodeIx::from(dice.below(nodes))),
            };
            let set = if dice.below(2) == 0 { &mut suppose.down } else { &mut suppose.up };
            set.insert(component);
        }
        suppose
    }
}

/// The roads, contracted for a registry.
pub(super) fn cordon(registry: &Registry, roads: &[RoadLine]) -> Cordon {
    let topology = Topology::build(registry, &Intervals::default(), None);
    let roads = Arc::new(Roads::build(roads.to_vec(), &[Mode::Motor]));
    Cordon::build(roads, registry, &topology, 0.0)
}

pub(super) fn rests(period: Period, watcher: &Watcher, camera: &Camera) -> bool {
    match period {
        Period::Now => camera.duty.is_some_and(|duty| !duty.judged().includes(MINUTE)),
        Period::Day | Period::Night => watcher.rests(period == Period::Night),
    }
}

/// The states that would be, by entrance.
pub(super) fn states(answer: &WhatIf) -> Vec<(EntranceIx, EntranceState)> {
    answer.states.iter().map(|(entrance, _, after)| (*entrance, *after)).collect()
}

/// The number in an id of a node.
fn number(id: &NodeId) -> usize {
    id.as_str()[1..].parse().unwrap()
}

/// Whether a camera may be said to see a place by day.
pub(super) fn is_in_view(camera: &Camera, entrance: &Entrance) -> bool {
    let need = Policy::default().need(entrance.density);
    let view = entrance.at.and_then(|at| crate::coverage::view(camera, at, need, false));
    view.is_some_and(|view| view.verdict != Verdict::No)
}
