//! Cameras and nodes alike, as people call them.

use cunkou_core::model::EntranceIx;
use cunkou_core::plan::Component;
use cunkou_core::registry::LonLat;
use cunkou_core::world::Snapshot;

/// What people call a thing, and where it stands.
pub(super) struct Named {
    /// `camera`, or the kind of the node.
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) at: Option<LonLat>,
    /// Whether work on it is announced.
    pub(super) maintenance: bool,
}

/// A thing by its slot; nothing where it has left the registry.
pub(super) fn named(snapshot: &Snapshot, component: Component) -> Option<Named> {
    match component {
        Component::Camera(ix) => {
            let camera = snapshot.registry.cameras.get(&snapshot.topology.cameras.get(ix.at())?.id)?;
            Some(Named {
                kind: "camera".to_owned(),
                id: camera.id.to_string(),
                name: camera.name.to_string(),
                at: camera.at,
                maintenance: snapshot.cameras.get(ix.at()).is_some_and(|view| view.maintenance),
            })
        }
        Component::Node(ix) => {
            let node = snapshot.registry.nodes.get(&snapshot.topology.nodes.get(ix.at())?.id)?;
            Some(Named {
                kind: node.kind.word().to_owned(),
                id: node.id.to_string(),
                name: node.name.to_string(),
                at: node.at,
                maintenance: snapshot.nodes.get(ix.at()).is_some_and(|view| view.maintenance),
            })
        }
    }
}

/// Ids of entrances, in their order.
pub(super) fn entrance_ids(snapshot: &Snapshot, of: &[EntranceIx]) -> Vec<String> {
    let slots = of.iter().filter_map(|e| snapshot.topology.entrances.get(e.at()));
    let mut ids: Vec<String> = slots.map(|slot| slot.id.to_string()).collect();
    ids.sort_unstable();
    ids
}
