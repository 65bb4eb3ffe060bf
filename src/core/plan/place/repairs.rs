//! Repairs beside purchases: what is down, and which cameras come back when it alone is mended.

use std::collections::BTreeMap;

use super::super::blame::{OwnFault, own_fault};
use super::needs::Needs;
use super::{Candidate, Choice, Component, Grounds};
use crate::coverage::{Level, Standing, Verdict};
use crate::model::{CameraIx, EntranceIx};
use crate::registry::Life;

/// Every repair that brings a camera back and so meets a need, in the order of components. A camera that two repairs
/// would each bring back is counted for the first, one that needs two for none.
pub(super) fn repairs(grounds: &Grounds<'_>, needs: &Needs<'_>, cost: f64) -> Vec<(Choice, Candidate)> {
    if grounds.level != Level::Live {
        return Vec::new();
    }
    let mut covers: BTreeMap<Component, Vec<u32>> = BTreeMap::new();
    for camera in (0..grounds.topology.cameras.len()).map(CameraIx::from).filter(|c| is_dead(grounds, *c)) {
        if let Some(component) = repair(grounds, camera) {
            covers.entry(component).or_default().extend(watched(grounds, needs, camera));
        }
    }
    let useful = covers.into_iter().filter(|(_, covers)| !covers.is_empty());
    useful
        .map(|(component, mut covers)| {
            covers.sort_unstable();
            (Choice::Mend(component), Candidate { cost, covers })
        })
        .collect()
}

fn is_dead(grounds: &Grounds<'_>, camera: CameraIx) -> bool {
    let life = grounds.topology.cameras.get(camera.at()).and_then(|slot| slot.life);
    life.is_some_and(Life::is_installed) && (grounds.standing)(camera) == Standing::Dead
}

/// The one thing that must be mended.
fn repair(grounds: &Grounds<'_>, camera: CameraIx) -> Option<Component> {
    let Grounds { topology, broken, .. } = *grounds;
    let holds = topology.camera_works(camera, broken);
    match (own_fault(topology, (grounds.blamed)(camera), broken, holds), holds) {
        (OwnFault::Camera, true) => Some(Component::Camera(camera)),
        (OwnFault::Node(node), true) => Some(Component::Node(node)),
        (OwnFault::Path, false) => {
            let mut above = topology.cameras.get(camera.at())?.above.clone();
            above.sort_unstable();
            let alone = |node| broken(node) && topology.camera_works(camera, &|n| n != node && broken(n));
            above.into_iter().find(|n| alone(*n)).map(Component::Node)
        }
        _ => None,
    }
}

/// The needs that a dead camera would meet.
fn watched(grounds: &Grounds<'_>, needs: &Needs<'_>, camera: CameraIx) -> Vec<u32> {
    let mut met = Vec::new();
    let mut add = |entrance: EntranceIx| {
        let watchers = grounds.watch.watchers(entrance).iter().filter(|w| w.camera == camera);
        for watcher in watchers {
            let sees = |night: bool| watcher.verdict(night) == Verdict::Yes && !watcher.rests(night);
            met.extend([false, true].into_iter().filter(|n| sees(*n)).filter_map(|n| needs.element(entrance, n)));
        }
    };
    grounds.watch.watched_by(camera).iter().for_each(|e| add(*e));
    met
}
