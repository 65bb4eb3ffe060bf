//! What people ask of a published state; nothing here is asked by the loop.

use super::Snapshot;
use crate::coverage::{self, Standing};
use crate::health::State;
use crate::model::{CameraIx, EntranceIx, NodeIx, Period};
use crate::plan::{self, Critical, Stand};

impl Snapshot {
    /// Whose failure alone would lose an entrance, worst first, as things stand now. By day and by night it is judged as
    /// if it were, with the cameras that are live now.
    #[must_use]
    pub fn critical(&self, period: Period) -> Vec<Critical> {
        let required = |e: EntranceIx| {
            let slot = self.topology.entrances.get(e.at()).filter(|slot| slot.judged)?;
            self.registry.entrances.get(&slot.id).map(|entrance| entrance.required)
        };
        plan::critical(&Stand {
            topology: &self.topology,
            watch: &self.watch,
            night: match period {
                Period::Day => false,
                Period::Night => true,
                Period::Now => self.night,
            },
            required: &required,
            standing: &|c| self.standing(c),
            down: &|n: NodeIx| self.nodes.get(n.at()).is_some_and(|view| view.state == State::Down),
        })
    }

    /// How a camera stands towards what it watches.
    #[must_use]
    pub fn standing(&self, camera: CameraIx) -> Standing {
        let view = self.cameras.get(camera.at());
        view.map_or(Standing::Unknown, |v| coverage::standing(v.state, v.before, v.flapping, v.reasons))
    }
}
