//! Whose fault is it: one file a kind of cause (semantics.md §2). Pure questions over failures and the graph; the
//! World keeps what was judged.

mod common;
mod cover;
mod partial;

pub(crate) use common::{commons, may_be_common};
pub(crate) use cover::{Blame, smallest};
pub(crate) use partial::partials;

use crate::model::{CameraIx, NodeIx, Time};
use crate::registry::Topology;

/// What failed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Item {
    /// A camera, by its own confirmed probes.
    Camera(CameraIx),
    /// A node, by its own confirmed probe.
    Node(NodeIx),
}

/// A confirmed failure.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Failure {
    pub(crate) item: Item,
    /// Start of the first failing try.
    pub(crate) since: Time,
    /// It is silence, which can be a node's; a refusal was said by the thing itself.
    pub(crate) silent: bool,
}

impl Item {
    /// Whether the thing would work if just these nodes were down. A node's own failure is not asked of itself.
    fn works(self, topology: &Topology, down: &dyn Fn(NodeIx) -> bool) -> bool {
        #[cfg(test)]
        work::note();
        match self {
            Item::Camera(c) => topology.camera_works(c, down),
            Item::Node(n) => topology.node_works(n, &|d| d != n && down(d)),
        }
    }

    /// The nodes above it, nearest first.
    pub(crate) fn above(self, topology: &Topology) -> &[NodeIx] {
        match self {
            Item::Camera(c) => topology.cameras.get(c.at()).map_or(&[], |c| &c.above),
            Item::Node(n) => topology.nodes.get(n.at()).map_or(&[], |n| &n.above),
        }
    }

    /// Whether these nodes, down, explain its failure.
    pub(crate) fn is_explained_by(self, topology: &Topology, down: &dyn Fn(NodeIx) -> bool) -> bool {
        !self.works(topology, down)
    }
}

/// How many questions were put to the graph: tests bound the work by it, not by a clock.
#[cfg(test)]
pub(crate) mod work {
    use std::cell::Cell;

    thread_local! {
        static QUESTIONS: Cell<u64> = const { Cell::new(0) };
    }

    /// One more.
    pub(super) fn note() {
        QUESTIONS.set(QUESTIONS.get() + 1);
    }

    /// How many since this was last asked.
    pub(crate) fn count() -> u64 {
        QUESTIONS.replace(0)
    }
}
