//! What is wrong with a dead camera, beside its path.

use crate::model::NodeIx;
use crate::registry::{NodeKind, Topology};

/// What must be mended, beside the path of a dead camera, so that it is live again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum OwnFault {
    /// Nothing: its path alone is to blame.
    Path,
    /// A node that is not down for others: it fails in part, and took this one.
    Node(NodeIx),
    /// The camera itself.
    Camera,
}

/// What is wrong with a dead camera for which a node is blamed, or none. `broken` are the nodes that are down by
/// themselves; `path_holds`: whether its path would work if just these were down.
pub(super) fn own_fault(
    topology: &Topology,
    blamed: Option<NodeIx>,
    broken: impl Fn(NodeIx) -> bool,
    path_holds: bool,
) -> OwnFault {
    match blamed {
        Some(node) if broken(node) && !path_holds => OwnFault::Path,
        Some(node) if !broken(node) && is_thing(topology, node) => OwnFault::Node(node),
        _ => OwnFault::Camera,
    }
}

/// Whether a node can fail: a group only says all or any.
pub(super) fn is_thing(topology: &Topology, node: NodeIx) -> bool {
    topology.nodes.get(node.at()).and_then(|n| n.kind).is_some_and(|k| k != NodeKind::Group)
}
