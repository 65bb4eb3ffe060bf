//! Shares of the year, against every state that the components can have together.

mod oracle;
mod rates;
mod vectors;

use crate::coverage::tests::{HERE, camera, entrance};
use crate::coverage::{Verdict, Watch, Watcher};
use crate::model::{CameraIx, NodeId};
use crate::registry::{Camera, Entrance, Gate, Intervals, Needs, Node, NodeKind, Registry, Topology};

use super::super::Component;
use super::{Annual, Ground, annual};

/// Kind, what of its parents it needs, parents, feeds, share of the time down.
pub(super) type Hangs = (NodeKind, Needs, Vec<usize>, Vec<usize>, f64);

/// A town: nodes that hang on earlier ones, cameras on nodes, entrances watched by cameras.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    /// In an order in which parents come first.
    pub(super) nodes: Vec<Hangs>,
    /// Nodes, feeds, share of the time down.
    pub(super) cameras: Vec<(Vec<usize>, Vec<usize>, f64)>,
    /// Needed, and who watches.
    pub(super) entrances: Vec<(u32, Vec<usize>)>,
}

impl Shape {
    fn node(i: usize) -> String {
        format!("n{i:03}")
    }

    pub(super) fn registry(&self) -> Registry {
        let ids = |of: &[usize]| of.iter().map(|p| NodeId::new(&Shape::node(*p)).unwrap()).collect::<Vec<_>>();
        let nodes = self.nodes.iter().enumerate().map(|(i, (kind, needs, parents, power, _))| Node {
            id: NodeId::new(&Shape::node(i)).unwrap(),
            kind: *kind,
            name: Shape::node(i).into(),
            address: None,
            at: None,
            parents: Gate { needs: *needs, of: ids(parents) },
            power: Gate { needs: Needs::All, of: ids(power) },
            extra: Default::default(),
        });
        let cameras = self.cameras.iter().enumerate();
        let cameras = cameras.map(|(i, (node, power, _))| Camera {
            node: ids(node),
            power: ids(power),
            ..camera(&format!("C{i:02}"))
        });
        let entrances = self.entrances.iter().enumerate().map(|(i, (required, _))| Entrance {
            required: *required,
            target: *required,
            ..entrance(&format!("E{i:02}"), HERE)
        });
        Registry {
            nodes: nodes.map(|n| (n.id.clone(), n)).collect(),
            cameras: cameras.map(|c| (c.id.clone(), c)).collect(),
            entrances: entrances.map(|e| (e.id.clone(), e)).collect(),
            ..Registry::default()
        }
    }

    pub(super) fn topology(&self) -> Topology {
        Topology::build(&self.registry(), &Intervals::default(), None)
    }

    pub(super) fn down(&self, component: Component) -> f64 {
        match component {
            Component::Camera(c) => self.cameras[c.at()].2,
            Component::Node(n) => self.nodes[n.at()].4,
        }
    }

    pub(super) fn year(&self) -> Annual {
        let watcher = |c: &usize| Watcher {
            camera: CameraIx::from(*c),
            day: Verdict::Yes,
            night: Verdict::Maybe,
            declared: true,
            rests_by_day: false,
            rests_by_night: false,
        };
        let of_entrance = self.entrances.iter().map(|(_, by)| by.iter().map(watcher).collect()).collect();
        let watch = Watch { of_entrance, of_camera: vec![Vec::new(); self.cameras.len()] };
        annual(&Ground {
            topology: &self.topology(),
            watch: &watch,
            night: false,
            required: &|e| self.entrances.get(e.at()).map(|(required, _)| *required),
            rests: &|_| false,
            down: &|c| self.down(c),
        })
    }
}
