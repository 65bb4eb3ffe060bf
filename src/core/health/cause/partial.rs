//! A node that fails in part: many of its cameras failed by themselves at once, and a few answered.

use std::collections::{BTreeMap, BTreeSet};

use super::{Failure, Item};
use crate::model::{CameraIx, NodeIx, Time};
use crate::registry::Topology;

/// Cameras that must have failed.
const LEAST: usize = 3;
/// One in so many of the node's cameras must have failed.
const SHARE: usize = 8;

/// Nodes that fail in part, with the cameras that are theirs. `failures` are silent ones of one window that no node
/// explains; `tried` gives a camera's last try and whether it was answered.
///
/// A node counts when three cameras below it failed, an eighth of all its cameras, and half of those that were asked
/// since the first quarter had failed; the lowest such node that covers most members is taken, then the next.
pub(crate) fn partials(
    topology: &Topology,
    failures: &[Failure],
    tried: &dyn Fn(CameraIx) -> Option<(Time, bool)>,
) -> Vec<(NodeIx, Vec<CameraIx>)> {
    let mut left: Vec<(CameraIx, Time)> = failures
        .iter()
        .filter_map(|f| match f.item {
            Item::Camera(c) if f.silent => Some((c, f.since)),
            _ => None,
        })
        .collect();
    left.sort_by_key(|(c, since)| (*since, *c));
    let mut below: Below = BTreeMap::new();
    for (camera, since) in left {
        for node in &topology.cameras[camera.at()].above {
            below.entry(*node).or_default().push((camera, since));
        }
    }
    let fits = |n: NodeIx, members: &Members| is_partial(topology, n, members, tried);
    let mut partial: BTreeSet<NodeIx> = below.iter().filter(|(n, m)| fits(**n, m)).map(|(n, _)| *n).collect();
    let mut found = Vec::new();
    while let Some(node) = best(topology, &partial, &below) {
        let in_order: Vec<CameraIx> = below.remove(&node).into_iter().flatten().map(|(c, _)| c).collect();
        let members: BTreeSet<CameraIx> = in_order.iter().copied().collect();
        partial.remove(&node);
        // What is taken counts for no other node; those that had none of it are as they were.
        let others = members.iter().flat_map(|c| topology.cameras[c.at()].above.iter().copied());
        for other in others.collect::<BTreeSet<NodeIx>>() {
            let Some(of) = below.get_mut(&other) else { continue };
            of.retain(|(c, _)| !members.contains(c));
            if fits(other, of) {
                partial.insert(other)
            } else {
                partial.remove(&other)
            };
        }
        found.push((node, in_order));
    }
    found
}

/// Cameras that failed below a node, in the order in which they did.
type Members = Vec<(CameraIx, Time)>;
type Below = BTreeMap<NodeIx, Members>;

/// The one that covers most; of these the lowest.
fn best(topology: &Topology, partial: &BTreeSet<NodeIx>, below: &Below) -> Option<NodeIx> {
    let size = |n: &NodeIx| below.get(n).map_or(0, Vec::len);
    partial.iter().copied().min_by_key(|n| {
        let node = &topology.nodes[n.at()];
        (std::cmp::Reverse(size(n)), node.below.len(), node.id.as_str())
    })
}

fn is_partial(
    topology: &Topology,
    node: NodeIx,
    members: &[(CameraIx, Time)],
    tried: &dyn Fn(CameraIx) -> Option<(Time, bool)>,
) -> bool {
    let below = &topology.nodes[node.at()].below;
    if members.len() < LEAST || members.len() * SHARE < below.len() {
        return false;
    }
    let quarter = members.len().div_ceil(4) - 1;
    let Some((_, since)) = members.get(quarter) else { return false };
    let asked = below.iter().filter_map(|c| tried(*c)).filter(|(at, _)| at >= since);
    let (failed, of) = asked.fold((0, 0), |(f, n), (_, answered)| (f + usize::from(!answered), n + 1));
    failed * 2 >= of
}
