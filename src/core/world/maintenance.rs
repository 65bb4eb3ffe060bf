//! Maintenance: what is worked on, and what would fail with it. It changes no state and no fact; it only explains.
//!
//! A failure that it explains is no reason for a page (semantics.md §6). What still stands when it ends is news then.

use std::collections::BTreeSet;

use super::timers::Timer;
use super::{Window, Works, World};
use crate::coverage::{Standing, Verdict};
use crate::health::Cause;
use crate::model::planted;
use crate::model::{AreaId, CameraIx, EntranceIx, NodeIx};
use crate::registry::Life;

/// What is in maintenance by a window that is under way.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Service {
    cameras: BTreeSet<CameraIx>,
    nodes: BTreeSet<NodeIx>,
}

impl Service {
    pub(super) fn holds(&self, camera: CameraIx) -> bool {
        self.cameras.contains(&camera)
    }

    pub(super) fn holds_node(&self, node: NodeIx) -> bool {
        self.nodes.contains(&node)
    }
}

impl World {
    /// The windows from now on.
    pub(super) fn announce(&mut self, mut windows: Vec<Window>) {
        windows.retain(|w| w.to > self.now && w.to > w.from);
        windows.sort();
        windows.dedup();
        self.windows = windows;
        self.reckon_service();
    }

    /// What is in maintenance now; winds the next change.
    pub(super) fn reckon_service(&mut self) {
        let now = self.now;
        self.windows.retain(|w| w.to > now || planted!(MaintenanceNeverEnds));
        let next = self.windows.iter().map(|w| if w.from > now { w.from } else { w.to }).min();
        if let Some(at) = next {
            self.timers.insert((at, Timer::Maintenance));
        }
        let service = self.in_service();
        if service == self.service {
            return;
        }
        let before = std::mem::replace(&mut self.service, service);
        self.turn.everything = true;
        let cameras: Vec<CameraIx> = before.cameras.union(&self.service.cameras).copied().collect();
        cameras.into_iter().for_each(|c| self.show_camera(c));
        let nodes: Vec<NodeIx> = before.nodes.union(&self.service.nodes).copied().collect();
        nodes.into_iter().for_each(|n| self.show_node(n));
    }

    /// What the windows that are under way name, and what would fail if that were down.
    fn in_service(&self) -> Service {
        let mut service = Service::default();
        let mut named: BTreeSet<NodeIx> = BTreeSet::new();
        for window in self.windows.iter().filter(|w| w.from <= self.now && !planted!(MaintenanceIsIgnored)) {
            match &window.of {
                Works::Camera(id) => service.cameras.extend(self.topology.camera(id.as_str())),
                Works::Node(id) => named.extend(self.topology.node(id.as_str())),
                Works::Area(id) => service.cameras.extend(self.cameras_in(id)),
            }
        }
        if !named.is_empty() {
            let down = |n: NodeIx| named.contains(&n);
            let nodes = (0..self.topology.nodes.len()).map(NodeIx::from);
            service.nodes = nodes.filter(|n| !self.topology.node_works(*n, &down)).collect();
            let cameras = (0..self.topology.cameras.len()).map(CameraIx::from);
            service.cameras.extend(cameras.filter(|c| !self.topology.camera_works(*c, &down)));
        }
        service
    }

    fn cameras_in(&self, area: &AreaId) -> Vec<CameraIx> {
        let lies = |of: &AreaId| {
            let mut at = Some(of.clone());
            // A registry in force has no circle of areas; the bound is for one that has.
            for _ in 0..=self.registry.areas.len() {
                match at {
                    Some(id) if id == *area => return true,
                    Some(id) => at = self.registry.areas.get(&id).and_then(|a| a.parent.clone()),
                    None => return false,
                }
            }
            false
        };
        let there = self.registry.cameras.values().filter(|c| lies(&c.area));
        there.filter_map(|c| self.topology.camera(c.id.as_str())).collect()
    }

    /// Whether maintenance explains all that is down by a common cause or a node in part.
    pub(super) fn is_planned(&self, cause: &Cause) -> bool {
        let members = self.causes.members.get(cause);
        members.is_some_and(|m| !m.is_empty() && m.iter().all(|c| self.life(*c) == Some(Life::Maintenance)))
    }

    /// Whether so many would watch an entrance now if everything in maintenance were up.
    pub(super) fn would_watch(&self, entrance: EntranceIx, needed: u32) -> bool {
        let watchers = self.watch.of_entrance.get(entrance.at()).map_or(&[][..], Vec::as_slice);
        let would = watchers.iter().filter(|w| {
            let verdict = if self.night { w.night } else { w.day };
            let up = self.standing(w.camera) == Standing::Live || self.life(w.camera) == Some(Life::Maintenance);
            verdict == Verdict::Yes && self.is_installed(w.camera) && up
        });
        would.count() >= usize::try_from(needed.max(1)).unwrap_or(usize::MAX)
    }
}
