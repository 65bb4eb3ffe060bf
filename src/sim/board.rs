//! What is broken, and what each camera and node therefore shows to the network. Pure: no socket, no clock.

use std::collections::BTreeMap;

use cunkou_core::model::{AreaId, CameraIx, NodeIx};
use cunkou_core::registry::{Intervals, Registry, Topology};
use cunkou_core::town::Fault;

/// Areas nest at most so deep; a cycle among them (a fault of the registry) ends here.
const MAX_AREA_DEPTH: usize = 16;

/// What a fault is set on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    /// A camera, by id.
    Camera(String),
    /// A node, by id; everything that then has no path is cut off.
    Node(String),
    /// Every camera of an area and of the areas in it, by the area's id.
    Area(String),
}

/// Why a fault cannot be set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SetFault {
    /// The registry has no such thing.
    #[error("the registry has nothing with this id")]
    Unknown,
    /// The device check is not built yet, so the simulator has no device clock that could be wrong.
    #[error("the fault clock needs the device service, which this version does not serve")]
    ClockNotServed,
}

/// A fault as it is shown to the network, with the second (since 1970) at which it was set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Act {
    pub(super) fault: Fault,
    pub(super) since: u64,
}

/// What is broken, as `GET /` lists it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Broken {
    /// Cameras with a fault of their own.
    pub cameras: BTreeMap<String, Fault>,
    /// Nodes with a fault of their own.
    pub nodes: BTreeMap<String, Fault>,
    /// Installed cameras that a broken node has cut off, by id.
    pub cut_off: Vec<String>,
}

/// The faults set so far over the graph of the registry.
pub(super) struct Board {
    topology: Topology,
    /// By [`CameraIx`]: the area of each camera, then the areas around it.
    areas: Vec<Vec<AreaId>>,
    known_areas: Vec<AreaId>,
    cameras: Vec<Act>,
    nodes: Vec<Act>,
}

impl Board {
    /// A board on which nothing is broken.
    pub(super) fn new(registry: &Registry) -> Board {
        let topology = Topology::build(registry, &Intervals::default(), None);
        let around = |slot: &cunkou_core::registry::CameraSlot| {
            let first = registry.cameras.get(&slot.id).map(|c| c.area.clone());
            let up = |a: &AreaId| registry.areas.get(a).and_then(|a| a.parent.clone());
            std::iter::successors(first, up).take(MAX_AREA_DEPTH).collect()
        };
        Board {
            areas: topology.cameras.iter().map(around).collect(),
            known_areas: registry.areas.keys().cloned().collect(),
            cameras: vec![Act::default(); topology.cameras.len()],
            nodes: vec![Act::default(); topology.nodes.len()],
            topology,
        }
    }

    pub(super) fn camera(&self, id: &str) -> Option<CameraIx> {
        self.topology.camera(id)
    }

    pub(super) fn node(&self, id: &str) -> Option<NodeIx> {
        self.topology.node(id)
    }

    /// Sets or, with [`Fault::None`], heals. A fault that stands already keeps the second it was set at.
    pub(super) fn set(&mut self, part: &Part, fault: Fault, second: u64) -> Result<(), SetFault> {
        if fault == Fault::Clock {
            return Err(SetFault::ClockNotServed);
        }
        let put = |act: &mut Act| {
            if act.fault != fault {
                *act = Act { fault, since: second };
            }
        };
        match part {
            Part::Camera(id) => {
                let ix = self.topology.camera(id).ok_or(SetFault::Unknown)?;
                self.cameras.get_mut(ix.at()).map(put).ok_or(SetFault::Unknown)
            }
            Part::Node(id) => {
                let ix = self.topology.node(id).ok_or(SetFault::Unknown)?;
                self.nodes.get_mut(ix.at()).map(put).ok_or(SetFault::Unknown)
            }
            Part::Area(id) => {
                let area = self.known_areas.iter().find(|a| a.as_str() == id).ok_or(SetFault::Unknown)?;
                let inside = self.cameras.iter_mut().zip(&self.areas).filter(|(_, around)| around.contains(area));
                inside.for_each(|(act, _)| put(act));
                Ok(())
            }
        }
    }

    /// What a camera shows: nothing at all while it has no path, else its own fault.
    pub(super) fn camera_shows(&self, ix: CameraIx) -> Act {
        if self.topology.camera_works(ix, &|n| self.is_broken(n)) {
            self.cameras.get(ix.at()).copied().unwrap_or_default()
        } else {
            Act { fault: Fault::Drop, since: 0 }
        }
    }

    /// What a node's own port shows: it is dead while it is broken, by whatever fault (a dead switch refuses nothing), or
    /// while nothing leads to it.
    pub(super) fn node_shows(&self, ix: NodeIx) -> Act {
        let works = self.topology.node_works(ix, &|n| self.is_broken(n));
        Act { fault: if works { Fault::None } else { Fault::Drop }, since: 0 }
    }

    /// What is broken.
    pub(super) fn broken(&self) -> Broken {
        let (cameras, nodes) = (&self.topology.cameras, &self.topology.nodes);
        let sick = |act: &Act| (act.fault != Fault::None).then_some(act.fault);
        let cut = |(i, slot): (usize, &cunkou_core::registry::CameraSlot)| {
            let works = self.topology.camera_works(CameraIx::from(i), &|n| self.is_broken(n));
            (!works && slot.life.is_some_and(|l| l.is_installed())).then(|| slot.id.to_string())
        };
        Broken {
            cameras: cameras
                .iter()
                .zip(&self.cameras)
                .filter_map(|(c, a)| Some((c.id.to_string(), sick(a)?)))
                .collect(),
            nodes: nodes.iter().zip(&self.nodes).filter_map(|(n, a)| Some((n.id.to_string(), sick(a)?))).collect(),
            cut_off: cameras.iter().enumerate().filter_map(cut).collect(),
        }
    }

    fn is_broken(&self, node: NodeIx) -> bool {
        self.nodes.get(node.at()).is_some_and(|a| a.fault != Fault::None)
    }
}
