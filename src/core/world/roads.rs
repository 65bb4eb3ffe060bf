//! The roads as they are brought to the World: alone, or already contracted for the registry that they come with.

use std::sync::Arc;

use crate::model::EntranceId;
use crate::plan::{Cordon, Roads};
use crate::registry::{Registry, Topology};

/// Roads, and what was made of them beside whoever must not wait for it: contraction looks at every stretch of road.
#[derive(Clone, Debug)]
pub struct RoadMap {
    /// The roads that count.
    pub roads: Arc<Roads>,
    contracted: Option<Contracted>,
}

#[derive(Clone, Debug)]
struct Contracted {
    cordon: Arc<Cordon>,
    registry: Arc<Registry>,
    slots: Vec<(EntranceId, bool)>,
    core_offset_m: f64,
}

/// The entrances as a cordon numbers them, and which of them count.
fn slots(topology: &Topology) -> impl Iterator<Item = (&EntranceId, bool)> {
    topology.entrances.iter().map(|slot| (&slot.id, slot.judged))
}

impl From<Arc<Roads>> for RoadMap {
    fn from(roads: Arc<Roads>) -> RoadMap {
        RoadMap { roads, contracted: None }
    }
}

impl RoadMap {
    /// Contracts roads for a registry that is in force, or will be; see [`Cordon::build`]. Costs time.
    #[must_use]
    pub fn contracted(roads: Arc<Roads>, registry: &Arc<Registry>, topology: &Topology, core_offset_m: f64) -> RoadMap {
        let cordon = Arc::new(Cordon::build(roads.clone(), registry, topology, core_offset_m));
        let slots = slots(topology).map(|(id, judged)| (id.clone(), judged)).collect();
        let made = Contracted { cordon, registry: registry.clone(), slots, core_offset_m };
        RoadMap { roads, contracted: Some(made) }
    }

    /// What was made for this very registry and these slots; `None` where it was made for others, or not at all.
    #[must_use]
    pub fn cordon(&self, registry: &Arc<Registry>, topology: &Topology, core_offset_m: f64) -> Option<&Arc<Cordon>> {
        let fits = |made: &&Contracted| {
            made.core_offset_m.to_bits() == core_offset_m.to_bits()
                && Arc::ptr_eq(&made.registry, registry)
                && made.slots.iter().map(|(id, judged)| (id, *judged)).eq(slots(topology))
        };
        self.contracted.as_ref().filter(fits).map(|made| &made.cordon)
    }
}

/// The same roads.
impl PartialEq for RoadMap {
    fn eq(&self, other: &RoadMap) -> bool {
        Arc::ptr_eq(&self.roads, &other.roads) || self.roads.lines == other.roads.lines
    }
}
