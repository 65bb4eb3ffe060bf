//! How many failures of nodes an entrance survives.

use crate::model::{CameraIx, NodeIx};
use crate::registry::{NodeKind, Topology};

/// Above so many nodes the pairs are not tried: the live watchers of one entrance hang on a handful.
const MAX_NODES: usize = 96;

/// How many node failures an entrance survives: 0 when some single node takes it below `required`, 1 when some pair
/// does, 2 when no pair does (two or more). `live` are its live watchers, `down` says which nodes are judged down now.
///
/// `None` when fewer than `required` are live, where the path of a live watcher is not known (no node), or where more
/// nodes stand above them than are worth trying (96). Groups do not fail, they only say all or any. Exact by trying
/// every node, then every pair.
#[must_use]
pub fn spare_nodes(topology: &Topology, live: &[CameraIx], required: u32, down: &dyn Fn(NodeIx) -> bool) -> Option<u8> {
    let required = usize::try_from(required.max(1)).ok()?;
    let mut paths = Vec::with_capacity(live.len());
    for camera in live {
        let slot = topology.cameras.get(camera.at())?;
        if slot.gates[0].of.is_empty() {
            return None;
        }
        // A camera that answers proves its path, whatever was judged of the nodes on it.
        paths.push((*camera, topology.camera_works(*camera, down)));
    }
    let nodes = nodes_above(topology, live, down);
    if live.len() < required || nodes.len() > MAX_NODES {
        return None;
    }
    let falls = |failed: &[NodeIx]| {
        let works = |(camera, believes): &&(CameraIx, bool)| {
            topology.camera_works(*camera, &|n| failed.contains(&n) || (*believes && down(n)))
        };
        paths.iter().filter(works).count() < required
    };
    if nodes.iter().any(|n| falls(&[*n])) {
        return Some(0);
    }
    let pair_falls = nodes.iter().enumerate().any(|(i, a)| nodes[i + 1..].iter().any(|b| falls(&[*a, *b])));
    Some(if pair_falls { 1 } else { 2 })
}

/// The single failures that take an entrance below `required`: cameras, then nodes, each in their order. Empty where
/// it survives any one of them, or is below `required` already. `live` and `down` as for [`spare_nodes`].
///
/// Above 96 nodes none is tried; a camera whose path is not known hangs on none.
#[must_use]
pub fn single_failures(
    topology: &Topology,
    live: &[CameraIx],
    required: u32,
    down: &dyn Fn(NodeIx) -> bool,
) -> (Vec<CameraIx>, Vec<NodeIx>) {
    let required = usize::try_from(required.max(1)).unwrap_or(usize::MAX);
    if live.len() < required {
        return (Vec::new(), Vec::new());
    }
    let cameras = if live.len() == required { live.to_vec() } else { Vec::new() };
    let mut nodes = nodes_above(topology, live, down);
    if nodes.len() > MAX_NODES {
        return (cameras, Vec::new());
    }
    let survives = |c: CameraIx, failed: NodeIx| topology.camera_survives(c, down, &|n| n == failed);
    nodes.retain(|failed| live.iter().filter(|c| survives(**c, *failed)).count() < required);
    (cameras, nodes)
}

/// The nodes above some cameras that can fail and have not, each once.
fn nodes_above(topology: &Topology, cameras: &[CameraIx], down: &dyn Fn(NodeIx) -> bool) -> Vec<NodeIx> {
    let slots = cameras.iter().filter_map(|c| topology.cameras.get(c.at()));
    let mut nodes: Vec<NodeIx> = slots.flat_map(|slot| slot.above.iter().copied()).collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes.retain(|n| topology.nodes.get(n.at()).is_some_and(|s| s.kind != Some(NodeKind::Group)) && !down(*n));
    nodes
}
