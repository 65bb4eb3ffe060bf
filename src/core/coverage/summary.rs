//! How complete the plan is: by layer, at three levels, by day and by night.

use super::elements::EntranceIndex;
use super::{Standing, Watch, judge_entrance};
use crate::model::{CameraIx, ElementId, EntranceIx};
use crate::registry::{Layer, Life, Registry, Topology};

/// With which cameras the plan is judged; a plan is never less complete than what is built of it, and that never less
/// than what lives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// Planned and installed ones, as if all were up.
    Plan,
    /// Installed ones, as if all were up.
    Built,
    /// Installed ones, as they stand now.
    Live,
}

impl Level {
    /// Every level.
    pub const ALL: [Level; 3] = [Level::Plan, Level::Built, Level::Live];

    /// The word users see: label `level`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Level::Plan => "plan",
            Level::Built => "built",
            Level::Live => "live",
        }
    }

    /// The level a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|l| l.word() == word)
    }
}

/// An element of the plan with the entrances that make it complete.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlanElement {
    /// Its id.
    pub id: ElementId,
    /// Its layer.
    pub layer: Layer,
    /// Its judged entrances; proposed and closed ones do not count.
    pub entrances: Vec<EntranceIx>,
}

/// The elements of a registry, ready to be judged; built once a registry version.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Completeness {
    /// In the order of ids.
    elements: Vec<PlanElement>,
    /// By [`EntranceIx`]: `required` and `target`.
    numbers: Vec<(u32, u32)>,
}

impl Completeness {
    /// Finds the entrances of every element.
    #[must_use]
    pub fn build(registry: &Registry, topology: &Topology) -> Completeness {
        let index = EntranceIndex::of(registry);
        let judged = |ix: &EntranceIx| topology.entrances.get(ix.at()).is_some_and(|slot| slot.judged);
        let elements = registry.elements.values().map(|element| {
            let ids = index.of_element(element);
            let entrances = ids.iter().filter_map(|id| topology.entrance(id.as_str())).filter(judged).collect();
            PlanElement { id: element.id.clone(), layer: element.layer, entrances }
        });
        let numbers = topology
            .entrances
            .iter()
            .map(|slot| registry.entrances.get(&slot.id).map_or((1, 1), |e| (e.required, e.target)));
        Completeness { elements: elements.collect(), numbers: numbers.collect() }
    }

    /// The elements, in the order of ids.
    #[must_use]
    pub fn elements(&self) -> &[PlanElement] {
        &self.elements
    }

    /// Complete elements of a layer / all its elements, by what `watched` says of an entrance (covered or reduced).
    /// `None` for a layer without elements, and for lines, whose completeness is one of roads.
    ///
    /// An element without a judged entrance is not complete: nothing about it is known to be watched.
    #[must_use]
    pub fn ratio(&self, layer: Layer, watched: impl Fn(EntranceIx) -> bool) -> Option<f64> {
        let of_layer = || self.elements.iter().filter(|e| e.layer == layer);
        let all = of_layer().count();
        if layer == Layer::Line || all == 0 {
            return None;
        }
        let complete = of_layer().filter(|e| !e.entrances.is_empty() && e.entrances.iter().all(|ix| watched(*ix)));
        Some(complete.count() as f64 / all as f64)
    }

    /// [`Completeness::ratio`] at a level, by night or by day; `standing` is asked at [`Level::Live`] only.
    #[must_use]
    pub fn coverage_ratio(
        &self,
        watch: &Watch,
        topology: &Topology,
        layer: Layer,
        level: Level,
        night: bool,
        standing: impl Fn(CameraIx) -> Standing,
    ) -> Option<f64> {
        let stands = |camera| if level == Level::Live { standing(camera) } else { Standing::Live };
        let life = |camera: CameraIx| match topology.cameras.get(camera.at()).and_then(|slot| slot.life) {
            Some(Life::Planned) if level == Level::Plan => Some(Life::Active),
            life => life,
        };
        self.ratio(layer, |entrance| {
            let (required, target) = self.numbers.get(entrance.at()).copied().unwrap_or((1, 1));
            judge_entrance(watch.watchers(entrance), night, required, target, stands, life).state.is_watched()
        })
    }
}
