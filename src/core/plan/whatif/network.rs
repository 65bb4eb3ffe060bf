//! How every camera would stand if nodes and cameras were down or up.

use std::collections::BTreeSet;

use super::super::blame::{OwnFault, own_fault};
use super::{Component, Present, Suppose};
use crate::coverage::Standing;
use crate::model::{CameraIx, NodeIx};
use crate::registry::{Camera, Life};

/// The cameras and nodes of the question and what they make of all others.
pub(super) struct Network<'a> {
    present: &'a Present<'a>,
    suppose: &'a Suppose,
    failed: BTreeSet<NodeIx>,
    mended: BTreeSet<NodeIx>,
    cameras_down: BTreeSet<CameraIx>,
    cameras_up: BTreeSet<CameraIx>,
    /// By [`NodeIx`]: still judged down when what is supposed to be up is.
    still_down: Vec<bool>,
    /// By [`CameraIx`], added ones behind: how it would stand.
    standings: Vec<Standing>,
}

impl<'a> Network<'a> {
    pub(super) fn new(present: &'a Present<'a>, suppose: &'a Suppose) -> Network<'a> {
        let (mut failed, mut cameras_down) = apart(suppose.down.difference(&suppose.up));
        let (mended, mut cameras_up) = apart(suppose.up.difference(&suppose.down));
        let slots = present.topology.cameras.len() + suppose.added.len();
        failed.retain(|n| n.at() < present.topology.nodes.len());
        [&mut cameras_down, &mut cameras_up].into_iter().for_each(|set| set.retain(|c| c.at() < slots));
        let mut network = Network {
            present,
            suppose,
            failed,
            mended,
            cameras_down,
            cameras_up,
            still_down: Vec::new(),
            standings: Vec::new(),
        };
        network.still_down = (0..present.topology.nodes.len()).map(|i| network.stays_down(NodeIx::from(i))).collect();
        network.standings = (0..slots).map(|i| network.would_stand(CameraIx::from(i))).collect();
        network
    }

    /// How a camera would stand.
    pub(super) fn standing(&self, camera: CameraIx) -> Standing {
        self.standings.get(camera.at()).copied().unwrap_or(Standing::Unknown)
    }

    /// How it stands; one that is added stands nowhere.
    pub(super) fn present_standing(&self, camera: CameraIx) -> Standing {
        if self.added(camera).is_some() { Standing::Dead } else { (self.present.standing)(camera) }
    }

    /// Its life as it would be: what is up stands there.
    pub(super) fn life(&self, camera: CameraIx) -> Option<Life> {
        let life = match self.added(camera) {
            Some(added) => added.status,
            None => self.present_life(camera)?,
        };
        Some(if life.is_installed() || !self.cameras_up.contains(&camera) { life } else { Life::Active })
    }

    /// Its life as it is.
    pub(super) fn present_life(&self, camera: CameraIx) -> Option<Life> {
        self.present.topology.cameras.get(camera.at()).and_then(|slot| slot.life)
    }

    /// The camera that is added in this slot.
    pub(super) fn added(&self, camera: CameraIx) -> Option<&'a Camera> {
        self.suppose.added.get(camera.at().checked_sub(self.present.topology.cameras.len())?)
    }

    /// Whether a camera is itself supposed to be down or up, added or moved.
    pub(super) fn is_named(&self, camera: CameraIx) -> bool {
        self.cameras_down.contains(&camera)
            || self.cameras_up.contains(&camera)
            || self.suppose.moved.contains_key(&camera)
            || self.added(camera).is_some()
    }

    /// Cameras that are supposed to be up, and are not installed.
    pub(super) fn put_up(&self) -> impl Iterator<Item = CameraIx> + '_ {
        let absent = |c: &CameraIx| self.added(*c).is_none() && !self.present_life(*c).is_some_and(Life::is_installed);
        self.cameras_up.iter().copied().filter(absent)
    }

    /// The nodes of the question that make a camera stand otherwise: those that alone cut its path, else all that do
    /// together; or those that bring it back.
    pub(super) fn nodes_behind(&self, camera: CameraIx) -> Vec<NodeIx> {
        let Some(slot) = self.present.topology.cameras.get(camera.at()) else { return Vec::new() };
        let above = |set: &BTreeSet<NodeIx>| slot.above.iter().copied().filter(|n| set.contains(n)).collect::<Vec<_>>();
        if self.is_cut(camera, &|n| self.failed.contains(&n)) {
            let all = above(&self.failed);
            let alone: Vec<NodeIx> = all.iter().copied().filter(|n| self.is_cut(camera, &|m| m == *n)).collect();
            return if alone.is_empty() { all } else { alone };
        }
        if self.comes_back(camera) {
            let blamed = (self.present.blamed)(camera).filter(|n| self.mended.contains(n) && !slot.above.contains(n));
            return above(&self.mended).into_iter().chain(blamed).collect();
        }
        Vec::new()
    }

    /// Each node that is supposed to be down, with the live cameras that would lose their way if it alone were.
    pub(super) fn nodes_down(&self) -> Vec<(NodeIx, u32)> {
        let topology = self.present.topology;
        let count = |node: NodeIx| {
            let below = topology.nodes.get(node.at()).map_or(&[][..], |slot| &slot.below);
            let live = below.iter().filter(|c| self.is_live(**c));
            let falls = live.filter(|c| !topology.camera_survives(**c, self.present.down, &|n| n == node));
            u32::try_from(falls.count()).unwrap_or(u32::MAX)
        };
        self.failed.iter().map(|n| (*n, count(*n))).collect()
    }

    /// Live cameras that would lose their way.
    pub(super) fn cut(&self) -> Vec<CameraIx> {
        let all = (0..self.present.topology.cameras.len()).map(CameraIx::from);
        all.filter(|c| self.is_live(*c) && self.is_cut(*c, &|n| self.failed.contains(&n))).collect()
    }

    /// Cameras that would be live again though nobody named them.
    pub(super) fn back(&self) -> Vec<CameraIx> {
        let all = (0..self.present.topology.cameras.len()).map(CameraIx::from);
        let named = |c: &CameraIx| self.cameras_up.contains(c) || !self.life(*c).is_some_and(Life::is_installed);
        all.filter(|c| !named(c) && self.standing(*c) == Standing::Live && self.comes_back(*c)).collect()
    }

    /// Live before anything is supposed.
    fn is_live(&self, camera: CameraIx) -> bool {
        self.present_life(camera).is_some_and(Life::is_installed) && (self.present.standing)(camera) == Standing::Live
    }

    fn is_still_down(&self, node: NodeIx) -> bool {
        self.still_down.get(node.at()).copied().unwrap_or(false)
    }

    /// One that is down for what stands above it is so no longer when that is up.
    fn stays_down(&self, node: NodeIx) -> bool {
        let Present { topology, down, broken, .. } = self.present;
        if self.mended.is_empty() || !down(node) {
            return down(node);
        }
        let freed = || topology.node_works(node, &|n| self.is_still_broken(n)) && !topology.node_works(node, broken);
        !self.mended.contains(&node) && (broken(node) || !freed())
    }

    fn is_still_broken(&self, node: NodeIx) -> bool {
        (self.present.broken)(node) && !self.mended.contains(&node)
    }

    fn would_stand(&self, camera: CameraIx) -> Standing {
        if self.cameras_down.contains(&camera) || self.is_cut(camera, &|n| self.failed.contains(&n)) {
            Standing::Dead
        } else if self.cameras_up.contains(&camera) || self.added(camera).is_some() || self.comes_back(camera) {
            Standing::Live
        } else {
            (self.present.standing)(camera)
        }
    }

    /// Whether a camera has no path when these nodes have failed.
    fn is_cut(&self, camera: CameraIx, failed: &dyn Fn(NodeIx) -> bool) -> bool {
        let topology = self.present.topology;
        let down = |n: NodeIx| self.is_still_down(n);
        if let Some(added) = self.added(camera) {
            // It has never answered: what is judged of its path is all that is known.
            let path = added.node.iter().chain(&added.power).filter_map(|id| topology.node(id.as_str()));
            let proven = self.cameras_up.contains(&camera);
            return !path.into_iter().all(|n| topology.node_works(n, &|m| failed(m) || (!proven && down(m))));
        }
        let above = topology.cameras.get(camera.at()).map_or(&[][..], |slot| &slot.above);
        above.iter().any(|n| failed(*n)) && !topology.camera_survives(camera, &down, failed)
    }

    /// Whether a dead camera is live again because its path works, and nothing else is wrong with it.
    fn comes_back(&self, camera: CameraIx) -> bool {
        let Present { topology, broken, .. } = self.present;
        if self.mended.is_empty() || (self.present.standing)(camera) != Standing::Dead {
            return false;
        }
        let held = topology.camera_works(camera, broken);
        topology.camera_works(camera, &|n| self.is_still_broken(n))
            && match own_fault(topology, (self.present.blamed)(camera), broken, held) {
                OwnFault::Path => true,
                OwnFault::Node(node) => self.mended.contains(&node),
                OwnFault::Camera => false,
            }
    }
}

/// Nodes and cameras, each for themselves.
fn apart<'c>(of: impl Iterator<Item = &'c Component>) -> (BTreeSet<NodeIx>, BTreeSet<CameraIx>) {
    let (mut nodes, mut cameras) = (BTreeSet::new(), BTreeSet::new());
    for component in of {
        match component {
            Component::Node(n) => nodes.insert(*n),
            Component::Camera(c) => cameras.insert(*c),
        };
    }
    (nodes, cameras)
}
