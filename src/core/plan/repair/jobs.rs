//! What is down by itself, where it is, and which of it brings an entrance back.

use std::collections::BTreeMap;

use crate::coverage::{Standing, Verdict, Watch, Watcher};
use crate::model::{AreaId, CameraIx, EntranceIx, NodeIx, Time};
use crate::registry::{DenseGate, Life, LonLat, Needs, Registry, Topology};

use super::super::blame::{OwnFault, is_thing, own_fault};
use super::Component;
use super::families::Family;

/// Areas above an area at most, as everywhere: more is a cycle.
const MAX_DEPTH: usize = 16;

/// What is down and what is lost at the moment of the question.
#[derive(Clone, Copy)]
pub struct Outages<'a> {
    /// Where things stand.
    pub registry: &'a Registry,
    /// The graph.
    pub topology: &'a Topology,
    /// Who watches what.
    pub watch: &'a Watch,
    /// Whether it is judged by night.
    pub night: bool,
    /// Live cameras that a lost entrance needs; `None` where it is not lost.
    pub lost: &'a dyn Fn(EntranceIx) -> Option<u32>,
    /// How a camera stands towards what it watches.
    pub standing: &'a dyn Fn(CameraIx) -> Standing,
    /// Whether a watcher is off duty, and so is none.
    pub rests: &'a dyn Fn(&Watcher) -> bool,
    /// Since when a camera is what it is, and the node that is to blame.
    pub blamed: &'a dyn Fn(CameraIx) -> (Time, Option<NodeIx>),
    /// Since when a node is down by itself; `None` where it is not, or only for what is down above it.
    pub broken: &'a dyn Fn(NodeIx) -> Option<Time>,
}

/// Something that is down by itself, and whose repair helps.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) component: Component,
    pub(super) since: Time,
    pub(super) at: LonLat,
    pub(super) guessed: bool,
}

/// Lost entrances that come back together: by the same repairs.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) entrances: Vec<EntranceIx>,
    /// Any of these sets of jobs brings them back.
    pub(super) bundles: Vec<Vec<usize>>,
    /// Whether other sets may do so too.
    pub(super) cut: bool,
}

/// Everything there is to mend. Jobs stand in the order of ties: the earlier outage first, then by id.
#[derive(Clone, Debug, Default)]
pub(super) struct Jobs {
    pub(super) jobs: Vec<Job>,
    pub(super) groups: Vec<Group>,
    /// Entrances that no tour brings back: nothing says where to go, or what is wrong.
    pub(super) stuck: Vec<EntranceIx>,
    pub(super) idle: usize,
    pub(super) unplaced: Vec<Component>,
}

impl Jobs {
    pub(super) fn find(outages: &Outages<'_>) -> Jobs {
        let mut search = Search { outages, known: BTreeMap::new(), things: Vec::new(), nodes: BTreeMap::new() };
        let mut families: Vec<(EntranceIx, Family)> = Vec::new();
        for entrance in (0..outages.topology.entrances.len()).map(EntranceIx::from) {
            if let Some(required) = (outages.lost)(entrance) {
                families.push((entrance, search.entrance(entrance, required.max(1))));
            }
        }
        search.all_that_is_down();
        search.sorted_out(families)
    }
}

/// A thing that is down, by its place in `things`; without a place no tour goes there.
struct Thing {
    component: Component,
    since: Time,
    at: Option<(LonLat, bool)>,
}

struct Search<'a> {
    outages: &'a Outages<'a>,
    known: BTreeMap<Component, usize>,
    things: Vec<Thing>,
    /// What must be mended so that a node works.
    nodes: BTreeMap<NodeIx, Family>,
}

impl Search<'_> {
    /// What brings a lost entrance back: enough of its dead watchers.
    fn entrance(&mut self, entrance: EntranceIx, required: u32) -> Family {
        let outages = self.outages;
        let watching = |w: &&Watcher| w.verdict(outages.night) == Verdict::Yes && !(outages.rests)(w);
        let watchers = outages.watch.watchers(entrance).iter().filter(watching).map(|w| w.camera);
        let installed: Vec<CameraIx> = watchers.filter(|c| self.is_installed(*c)).collect();
        let is_dead = |c: &CameraIx| (outages.standing)(*c) == Standing::Dead;
        let dead: Vec<Family> = installed.iter().filter(|c| is_dead(c)).map(|c| self.camera(*c)).collect();
        let others = installed.len() - dead.len();
        Family::enough(
            &dead,
            usize::try_from(required).unwrap_or(usize::MAX).saturating_sub(others).min(dead.len() + 1),
        )
    }

    fn is_installed(&self, camera: CameraIx) -> bool {
        let slot = self.outages.topology.cameras.get(camera.at());
        slot.and_then(|c| c.life).is_some_and(Life::is_installed)
    }

    /// What must be mended so that a dead camera is live again: its path, and itself where no node is to blame.
    fn camera(&mut self, camera: CameraIx) -> Family {
        let Some(slot) = self.outages.topology.cameras.get(camera.at()) else { return Family::never() };
        let path = self.path(&slot.gates);
        let (since, blamed) = (self.outages.blamed)(camera);
        let broken = |n| (self.outages.broken)(n).is_some();
        match own_fault(self.outages.topology, blamed, broken, path.is_works()) {
            OwnFault::Path => path,
            OwnFault::Node(node) => path.and(&self.thing(Component::Node(node), since)),
            OwnFault::Camera => path.and(&self.thing(Component::Camera(camera), since)),
        }
    }

    fn is_thing(&self, node: NodeIx) -> bool {
        is_thing(self.outages.topology, node)
    }

    fn path(&mut self, gates: &[DenseGate; 2]) -> Family {
        gates.iter().fold(Family::works(), |all, gate| {
            let mut each = gate.of.iter().map(|n| self.node(*n)).collect::<Vec<_>>().into_iter();
            let gate = match gate.needs {
                Needs::All => each.fold(Family::works(), |a, b| a.and(&b)),
                Needs::Any => each.next().map_or_else(Family::works, |first| each.fold(first, |a, b| a.or(&b))),
            };
            all.and(&gate)
        })
    }

    /// As deep as nodes stand above each other; the registry bounds that, and the graph has no cycles.
    fn node(&mut self, node: NodeIx) -> Family {
        if let Some(family) = self.nodes.get(&node) {
            return family.clone();
        }
        let Some(slot) = self.outages.topology.nodes.get(node.at()) else { return Family::works() };
        let above = self.path(&slot.gates);
        let family = match (self.outages.broken)(node).filter(|_| self.is_thing(node)) {
            Some(since) => above.and(&self.thing(Component::Node(node), since)),
            None => above,
        };
        self.nodes.insert(node, family.clone());
        family
    }

    /// Something that is down; the earliest failure counts where several tell of it.
    fn thing(&mut self, component: Component, since: Time) -> Family {
        let places = Places { registry: self.outages.registry, topology: self.outages.topology };
        let at = *self.known.entry(component).or_insert_with(|| {
            self.things.push(Thing { component, since, at: places.of(component) });
            self.things.len() - 1
        });
        self.things[at].since = self.things[at].since.min(since);
        if self.things[at].at.is_some() { Family::only(at) } else { Family::never() }
    }

    /// Also what no entrance is lost for: it is counted.
    fn all_that_is_down(&mut self) {
        (0..self.outages.topology.nodes.len()).for_each(|n| {
            self.node(NodeIx::from(n));
        });
        let cameras = (0..self.outages.topology.cameras.len()).map(CameraIx::from);
        for camera in cameras.collect::<Vec<_>>() {
            if self.is_installed(camera) && (self.outages.standing)(camera) == Standing::Dead {
                self.camera(camera);
            }
        }
    }

    /// Things become jobs, in the order of ties; entrances with the same families become one group.
    fn sorted_out(self, families: Vec<(EntranceIx, Family)>) -> Jobs {
        let mut helps = vec![false; self.things.len()];
        families.iter().flat_map(|(_, f)| f.sets.iter().flatten()).for_each(|thing| helps[*thing] = true);
        let id = |thing: &Thing| id_of(self.outages.topology, thing.component).to_owned();
        let placed = |i: &usize| Some((*i, self.things[*i].at?));
        let mut order: Vec<(usize, (LonLat, bool))> =
            (0..helps.len()).filter(|i| helps[*i]).filter_map(|i| placed(&i)).collect();
        order.sort_by_cached_key(|(i, _)| (self.things[*i].since, id(&self.things[*i])));
        let mut rank = vec![0; self.things.len()];
        order.iter().enumerate().for_each(|(at, (i, _))| rank[*i] = at);
        let mut groups: BTreeMap<Vec<Vec<usize>>, (Vec<EntranceIx>, bool)> = BTreeMap::new();
        let mut found = Jobs::default();
        for (entrance, family) in families {
            if family.sets.is_empty() || family.is_works() {
                found.stuck.push(entrance);
                continue;
            }
            let (entrances, cut) = groups.entry(ranked(&family, &rank)).or_default();
            entrances.push(entrance);
            *cut |= family.cut;
        }
        let group = |(bundles, (entrances, cut))| Group { entrances, bundles, cut };
        found.groups = groups.into_iter().map(group).collect();
        let thing = |(i, (at, guessed)): &(usize, (LonLat, bool))| {
            let Thing { component, since, .. } = self.things[*i];
            Job { component, since, at: *at, guessed: *guessed }
        };
        found.jobs = order.iter().map(thing).collect();
        found.unplaced = self.things.iter().filter(|t| t.at.is_none()).map(|t| t.component).collect();
        found.unplaced.sort_unstable();
        found.idle = self.things.len() - found.jobs.len() - found.unplaced.len();
        found
    }
}

/// The sets of a family by the places of their jobs.
fn ranked(family: &Family, rank: &[usize]) -> Vec<Vec<usize>> {
    let one = |set: &Vec<usize>| {
        let mut jobs: Vec<usize> = set.iter().map(|thing| rank[*thing]).collect();
        jobs.sort_unstable();
        jobs
    };
    let mut sets: Vec<Vec<usize>> = family.sets.iter().map(one).collect();
    sets.sort_unstable();
    sets
}

fn id_of(topology: &Topology, component: Component) -> &str {
    match component {
        Component::Camera(c) => topology.cameras.get(c.at()).map_or("", |slot| slot.id.as_str()),
        Component::Node(n) => topology.nodes.get(n.at()).map_or("", |slot| slot.id.as_str()),
    }
}

/// Where to go for a thing.
struct Places<'a> {
    registry: &'a Registry,
    topology: &'a Topology,
}

impl Places<'_> {
    /// Where it stands, and whether that is a guess: of a camera its area, of a node the middle of the cameras below it.
    fn of(&self, component: Component) -> Option<(LonLat, bool)> {
        let (own, guess) = match component {
            Component::Camera(ix) => {
                let camera = self.registry.cameras.get(&self.topology.cameras.get(ix.at())?.id)?;
                (camera.at, self.area(&camera.area))
            }
            Component::Node(ix) => {
                let slot = self.topology.nodes.get(ix.at())?;
                let places = slot.below.iter().filter_map(|c| Some(self.of(Component::Camera(*c))?.0));
                (self.registry.nodes.get(&slot.id).and_then(|n| n.at), middle(places))
            }
        };
        own.map(|at| (at, false)).or_else(|| guess.map(|at| (at, true)))
    }

    fn area(&self, id: &AreaId) -> Option<LonLat> {
        let areas = std::iter::successors(self.registry.areas.get(id), |a| self.registry.areas.get(a.parent.as_ref()?));
        areas.take(MAX_DEPTH).find_map(|a| a.at)
    }
}

/// The mean of some places; good enough within one town.
fn middle(places: impl Iterator<Item = LonLat>) -> Option<LonLat> {
    let (lon, lat, n) = places.fold((0.0, 0.0, 0.0), |(lon, lat, n), at| (lon + at.lon, lat + at.lat, n + 1.0));
    (n > 0.0).then(|| LonLat { lon: lon / n, lat: lat / n })
}
