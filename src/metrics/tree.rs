//! What hangs on what, and which fault took what: the families that join cameras and entrances with nodes.
//!
//! Repeats what the snapshot says and concludes nothing: who is to blame was judged in the core.

use cunkou_core::health::{Cause, State};
use cunkou_core::world::{CameraView, Snapshot};

use super::text::{Kind, Text};

/// Nodes above each camera: one series a camera and node, so that a query can ask for all that hangs on a node.
pub(super) fn camera_nodes(text: &mut Text<'_>, snapshot: &Snapshot) {
    text.family("cunkou_camera_node_info", Kind::Gauge, "A node that the camera hangs on, near or far; always 1.");
    let slots = &snapshot.topology.cameras;
    for slot in slots.iter().filter(|s| s.life.is_some_and(|life| life.is_installed())) {
        let above = slot.above.iter().filter_map(|ix| snapshot.topology.nodes.get(ix.at()));
        text.ones(("camera", slot.id.as_str()), "node", above.map(|node| node.id.as_str()));
    }
}

/// Installed cameras below each node, by state.
pub(super) fn node_cameras(text: &mut Text<'_>, snapshot: &Snapshot) {
    text.family("cunkou_node_cameras", Kind::Gauge, "Installed cameras that hang on the node, near or far, by state.");
    let mut counts = [0_u32; State::ALL.len()];
    for id in snapshot.registry.nodes.keys() {
        counts.fill(0);
        let slot = snapshot.topology.node(id.as_str()).and_then(|ix| snapshot.topology.nodes.get(ix.at()));
        for camera in slot.iter().flat_map(|s| &s.below) {
            let state = snapshot.cameras.get(camera.at()).map_or(State::Unknown, |view| view.state);
            if let Some(n) = counts.get_mut(state as usize) {
                *n += 1;
            }
        }
        for state in State::ALL {
            let n = counts.get(state as usize).copied().unwrap_or_default();
            text.sample(&[("node", id.as_str()), ("state", state.word())], f64::from(n));
        }
    }
}

/// Why each camera that is down or unknown is so.
pub(super) fn camera_causes<'a>(text: &mut Text<'_>, rows: impl Iterator<Item = (&'a str, &'a CameraView)>) {
    text.family("cunkou_camera_cause", Kind::Gauge, "Why a camera is down or unknown; always 1, absent otherwise.");
    for (camera, cause) in rows.filter_map(|(id, view)| Some((id, view.cause.as_ref()?))) {
        one(text, "camera", camera, cause);
    }
}

/// Why each entrance that is lost, reduced or unknown is so.
pub(super) fn entrance_causes(text: &mut Text<'_>, snapshot: &Snapshot) {
    text.family(
        "cunkou_entrance_cause",
        Kind::Gauge,
        "Why an entrance is lost, reduced or unknown; always 1, absent otherwise.",
    );
    for entrance in snapshot.registry.entrances.keys() {
        if let Some(cause) = snapshot.entrance(entrance.as_str()).and_then(|(_, belief)| belief.cause.as_ref()) {
            one(text, "entrance", entrance.as_str(), cause);
        }
    }
}

fn one(text: &mut Text<'_>, of: &str, id: &str, cause: &Cause) {
    text.flag(&[(of, id), ("kind", cause.kind()), ("cause", &cause.object())], true);
}
