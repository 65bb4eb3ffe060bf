//! What is in maintenance, by the truth: what the registry and the windows that are under way name, and what could not
//! work if the nodes that they name did not.

use std::collections::{BTreeMap, BTreeSet};

use super::super::harness::Sim;
use super::oracle::{SLACK, Verdict};
use super::run::Life;
use super::truth::{Truth, gate, node_works};
use cunkou_core::alert::{Alert, AlertName, AlertObject, Message};
use cunkou_core::model::{AreaId, CameraId, NodeId, Time};
use cunkou_core::registry::{Camera, Gate, Life as InForce, Needs, Registry};
use cunkou_core::world::{Event, Window, Works};

/// What is in maintenance, and since when.
#[derive(Default)]
pub(crate) struct Work {
    cameras: BTreeMap<CameraId, Time>,
    nodes: BTreeMap<NodeId, Time>,
}

impl Work {
    pub(super) fn know(&mut self, registry: &Registry, sim: &Sim, now: Time) {
        let mut cameras: BTreeSet<CameraId> = BTreeSet::new();
        let mut named: BTreeSet<NodeId> = BTreeSet::new();
        for window in under_way(sim) {
            match &window.of {
                Works::Camera(id) => {
                    cameras.insert(id.clone());
                }
                Works::Node(id) => {
                    named.insert(id.clone());
                }
                Works::Area(id) => {
                    let there = registry.cameras.values().filter(|c| lies_in(registry, &c.area, id));
                    cameras.extend(there.map(|c| c.id.clone()));
                }
            }
        }
        let (dead, mut known) = (|id: &NodeId| named.contains(id), BTreeMap::new());
        let stopped = |id: &&NodeId| !node_works(registry, &dead, id, &mut known);
        let nodes: BTreeSet<NodeId> = registry.nodes.keys().filter(stopped).cloned().collect();
        for camera in registry.cameras.values() {
            let way = Gate { needs: Needs::All, of: camera.node.clone() };
            if camera.status == InForce::Maintenance || !gate(registry, &dead, &way, &mut known) {
                cameras.insert(camera.id.clone());
            }
        }
        keep_since(&mut self.cameras, cameras, now);
        keep_since(&mut self.nodes, nodes, now);
    }

    pub(super) fn holds(&self, camera: &Camera) -> bool {
        self.cameras.contains_key(&camera.id)
    }
}

fn keep_since<T: Ord>(of: &mut BTreeMap<T, Time>, now_in: BTreeSet<T>, now: Time) {
    of.retain(|id, _| now_in.contains(id));
    for id in now_in {
        of.entry(id).or_insert(now);
    }
}

fn lies_in(registry: &Registry, area: &AreaId, of: &AreaId) -> bool {
    area == of || registry.areas.get(area).and_then(|a| a.parent.as_ref()).is_some_and(|p| lies_in(registry, p, of))
}

fn under_way(sim: &Sim) -> impl Iterator<Item = &Window> {
    sim.windows.iter().filter(|w| w.from <= sim.now && sim.now < w.to)
}

impl Truth {
    /// Whether maintenance has explained all that a message says for so long that it must be believed: then it is no page.
    fn is_all_planned(&self, message: &Message, at: Time) -> bool {
        let long = |since: Option<&Time>| since.is_some_and(|t| at.since(*t) > SLACK);
        let explained = |alert: &Alert| match (&alert.key.object, alert.key.name) {
            (AlertObject::Entrance(id), AlertName::EntranceLost) => {
                self.entrance(id).is_some_and(|g| g.planned && long(g.planned_since.as_ref()))
            }
            (AlertObject::Entrance(id), AlertName::EntranceReduced) => {
                self.entrance(id).is_some_and(|g| long(g.reduced_as_planned.as_ref()))
            }
            (AlertObject::Node(id), AlertName::NodeDown) => long(self.work.nodes.get(id)),
            (_, AlertName::NodePartial | AlertName::CommonCause) => {
                message.incident.cameras.iter().all(|c| long(self.work.cameras.get(c)))
            }
            (AlertObject::Camera(id), _) => long(self.work.cameras.get(id)),
            _ => false,
        };
        let mut open = message.alerts.iter().filter(|a| a.ended.is_none()).peekable();
        open.peek().is_some() && open.all(|alert| explained(alert))
    }

    /// What maintenance explains pages nobody.
    pub(super) fn pages_for_no_work(&self, message: &Message, at: Time) -> Verdict {
        let quiet = !message.kind.pages() || message.why.is_for_machines();
        let lossy = self.lossy.is_some_and(|t| at.since(t) <= SLACK);
        if quiet || lossy || !self.is_all_planned(message, at) {
            return Ok(());
        }
        Err(format!("a page of what maintenance explains ({:?}): {:#?}", message.kind, message.incident))
    }
}

impl Life<'_> {
    /// Somebody announces work, for so long.
    pub(super) fn announce(&mut self, of: &Works, lasts: cunkou_core::model::Span) {
        let now = self.sim.now;
        self.sim.windows.retain(|w| w.to > now);
        self.sim.windows.push(Window { from: now, to: now + lasts, of: of.clone() });
        self.say_work();
    }

    /// Somebody says that it is over.
    pub(super) fn end_work(&mut self, of: &Works) {
        let now = self.sim.now;
        if self.sim.is_behind() || !self.sim.windows.iter().any(|w| w.of == *of && w.to > now) {
            return;
        }
        self.oracle.seen.saw("maintenance ended early");
        self.sim.windows.retain(|w| w.of != *of);
        self.say_work();
    }

    fn say_work(&mut self) {
        let windows = self.sim.windows.clone();
        self.sim.apply(Event::Maintenance(windows));
        self.work_changes();
    }

    /// Maintenance has begun or ended somewhere.
    pub(super) fn work_changes(&mut self) {
        let at_work: Vec<Window> = under_way(&self.sim).cloned().collect();
        if at_work != self.at_work {
            let stands = self.oracle.truth.entrances.values().any(|g| g.planned);
            self.sometimes(
                stands && at_work.len() < self.at_work.len(),
                "maintenance ends while something is lost by it",
            );
            self.at_work = at_work;
            let now = self.now();
            self.oracle.truth.know(&self.sim, now);
        }
    }

    /// When that happens next, by the clock of the truth.
    pub(super) fn next_work(&self) -> Option<Time> {
        let edges = self.sim.windows.iter().flat_map(|w| [w.from, w.to]);
        edges.filter(|t| *t > self.sim.now).min().map(|t| t - self.skew)
    }
}
