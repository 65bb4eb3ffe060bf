//! How much of the plan is complete, for `cunkou_coverage_ratio`: circle, block and point; lines need roads.

use std::sync::{Arc, Mutex, PoisonError};

use cunkou_core::coverage::{Completeness, Level, Standing, standing};
use cunkou_core::model::{CameraIx, Period};
use cunkou_core::registry::{Layer, Topology};
use cunkou_core::world::Snapshot;

use super::{CoverageRatio, Figures};

/// The elements of the plan, found once a registry.
#[derive(Debug, Default)]
pub struct Plan {
    kept: Mutex<Option<(Arc<Topology>, Arc<Completeness>)>>,
}

impl Plan {
    /// The figures of a snapshot.
    #[must_use]
    pub fn figures(&self, snapshot: &Snapshot) -> Figures {
        let complete = self.elements(snapshot);
        let stands = |camera: CameraIx| {
            let view = snapshot.cameras.get(camera.at());
            view.map_or(Standing::Unknown, |v| standing(v.state, v.before, v.flapping, v.reasons))
        };
        let mut coverage = Vec::new();
        for layer in [Layer::Circle, Layer::Block, Layer::Point] {
            for level in Level::ALL {
                let at = |night: bool| {
                    complete.coverage_ratio(&snapshot.watch, &snapshot.topology, layer, level, night, stands)
                };
                let (day, night) = (at(false), at(true));
                for period in Period::ALL {
                    let ratio = match period {
                        Period::Day => day,
                        Period::Night => night,
                        Period::Now => [day, night][usize::from(snapshot.night)],
                    };
                    coverage.extend(ratio.map(|ratio| CoverageRatio { layer, level: level.word(), period, ratio }));
                }
            }
        }
        Figures { coverage }
    }

    /// Every registry that is put in force has a graph of its own: the elements of another are none of its.
    fn elements(&self, snapshot: &Snapshot) -> Arc<Completeness> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((topology, complete)) = kept.as_ref()
            && Arc::ptr_eq(topology, &snapshot.topology)
        {
            return complete.clone();
        }
        let complete = Arc::new(Completeness::build(&snapshot.registry, &snapshot.topology));
        *kept = Some((snapshot.topology.clone(), complete.clone()));
        complete
    }
}
