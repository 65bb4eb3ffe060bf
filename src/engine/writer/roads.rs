//! The roads in force: they are read and contracted beside the loop, and handed to the World when they are there.

use std::sync::Arc;

use cunkou_core::world::{Event, RoadMap};
use tokio::sync::mpsc;

use super::Engine;

impl Engine {
    /// Contracts the roads in force, or reads them where nobody has yet, beside the loop; they come back to
    /// [`Self::lay_roads`].
    pub(super) fn look_for_roads(&mut self) {
        let known = self.roads.take();
        let (source, snapshot) = (self.settings.registry.clone(), self.world.snapshot());
        // What was asked for before is not waited for any more.
        let (found, maps) = mpsc::channel(1);
        self.maps = maps;
        let look = tokio::task::spawn_blocking(move || {
            let roads = known.or_else(|| source.roads.look());
            roads.map(|roads| source.contract(roads, &snapshot.registry, &snapshot))
        });
        tokio::spawn(async move {
            match look.await {
                // Nobody waits for them where the daemon ends.
                Ok(map) => map.into_iter().for_each(|map| drop(found.try_send(map))),
                Err(error) => tracing::error!(%error, "the roads cannot be read; no seal is judged"),
            }
        });
    }

    /// Says to the World which roads there are, where no reload did meanwhile.
    pub(super) fn lay_roads(&mut self, map: RoadMap) {
        if self.roads.is_none() {
            self.roads = Some(map.roads.clone());
            self.apply(Event::Roads(map), self.clock.now());
        }
    }

    /// Takes the roads of a registry that is put in force; gives whether they are others than before.
    pub(super) fn take_roads(&mut self, map: &RoadMap) -> bool {
        if self.roads.as_ref().is_some_and(|known| Arc::ptr_eq(known, &map.roads)) {
            return false;
        }
        if self.roads.is_some() {
            tracing::info!("other roads are in force");
        }
        self.roads = Some(map.roads.clone());
        true
    }
}
