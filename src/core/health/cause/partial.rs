//! A node that fails in part: many of its cameras failed by themselves at once, and a few answered.

use std::collections::BTreeMap;

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
    let mut found = Vec::new();
    while let Some((node, members)) = best(topology, &left, tried) {
        left.retain(|(c, _)| !members.contains(c));
        found.push((node, members));
    }
    found
}

fn best(
    topology: &Topology,
    left: &[(CameraIx, Time)],
    tried: &dyn Fn(CameraIx) -> Option<(Time, bool)>,
) -> Option<(NodeIx, Vec<CameraIx>)> {
    let mut below: BTreeMap<NodeIx, Vec<(CameraIx, Time)>> = BTreeMap::new();
    for (camera, since) in left {
        for node in &topology.cameras[camera.at()].above {
            below.entry(*node).or_default().push((*camera, *since));
        }
    }
    below
        .into_iter()
        .filter(|(n, members)| is_partial(topology, *n, members, tried))
        .min_by_key(|(n, members)| {
            let node = &topology.nodes[n.at()];
            (std::cmp::Reverse(members.len()), node.below.len(), node.id.clone())
        })
        .map(|(n, members)| (n, members.into_iter().map(|(c, _)| c).collect()))
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
