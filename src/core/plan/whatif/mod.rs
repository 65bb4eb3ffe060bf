//! Which entrances and seals would change if cameras and nodes were down or up, cameras added or moved.
//!
//! Entrances stay as they are; what is supposed are cameras and what they hang on. What is down takes with it whatever
//! then has no path; what is up is mended: a node brings back the cameras for whose failure it alone is to blame, a
//! camera answers, whatever is judged of its path, unless something that is supposed to be down cuts it. A camera that
//! is planned or gone and supposed to be up stands there. Of the cameras only those of the question are looked at
//! anew; every entrance that one of them, or of those below the nodes, watches is judged twice. Seals are judged on
//! the zones of the roads, which no camera changes.

mod entrances;
mod network;
mod seals;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::coverage::{self, Conflict, EntranceState, Judgement, Standing, Watch, Watcher};
use crate::model::{CameraIx, EntranceIx, NodeIx};
use crate::registry::{Camera, Registry, Topology};

use super::{Component, Cordon};
use entrances::Scene;
use network::Network;

pub use seals::{SealChanges, SealTurned};

/// How things stand at the moment of the question.
#[derive(Clone, Copy)]
pub struct Present<'a> {
    /// What exists.
    pub registry: &'a Registry,
    /// The graph.
    pub topology: &'a Topology,
    /// Who watches what.
    pub watch: &'a Watch,
    /// How finely entrances must be seen.
    pub density: &'a coverage::Policy,
    /// Whether it is judged by night.
    pub night: bool,
    /// The state of an entrance; `None` where it is not judged.
    pub state: &'a dyn Fn(EntranceIx) -> Option<EntranceState>,
    /// How a camera stands towards what it watches.
    pub standing: &'a dyn Fn(CameraIx) -> Standing,
    /// Whether a watcher that is installed is off duty.
    pub rests: &'a dyn Fn(&Watcher) -> bool,
    /// Whether one that is not there yet would be.
    pub would_rest: &'a dyn Fn(&Watcher, &Camera) -> bool,
    /// The node that is to blame for a camera that is down.
    pub blamed: &'a dyn Fn(CameraIx) -> Option<NodeIx>,
    /// Whether a node is judged down.
    pub down: &'a dyn Fn(NodeIx) -> bool,
    /// Whether it is so by itself, and not only for what is down above it.
    pub broken: &'a dyn Fn(NodeIx) -> bool,
    /// The roads, cut and contracted for this registry; `None`: seals are not asked for.
    pub cordon: Option<&'a Cordon>,
}

/// What is supposed. The order in which it was said does not matter, and what is both down and up is left as it is.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Suppose {
    /// What is down; added cameras have the slots behind those of the graph, in their order.
    pub down: BTreeSet<Component>,
    /// What is up.
    pub up: BTreeSet<Component>,
    /// Cameras that stand there too: live where their path works, if they are installed by their `status`.
    pub added: Vec<Camera>,
    /// Cameras of the registry as they stand elsewhere.
    pub moved: BTreeMap<CameraIx, Camera>,
}

/// Whether a change is one for the better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Turn {
    /// It is watched less than before.
    Worse,
    /// It is watched as little as before, for another reason.
    Other,
    /// It is watched more than before.
    Better,
}

impl Turn {
    /// Every turn.
    pub const ALL: [Turn; 3] = [Turn::Worse, Turn::Other, Turn::Better];

    /// The word users see.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Turn::Worse => "worse",
            Turn::Other => "other",
            Turn::Better => "better",
        }
    }

    /// From one state to another: covered is better than reduced, that than unknown, that than not watched at all.
    #[must_use]
    pub fn of(before: EntranceState, after: EntranceState) -> Turn {
        let worth = |state| match state {
            EntranceState::Covered => 3,
            EntranceState::Reduced => 2,
            EntranceState::Unknown => 1,
            EntranceState::Lost | EntranceState::Unwatched | EntranceState::Planned => 0,
        };
        match worth(after).cmp(&worth(before)) {
            std::cmp::Ordering::Less => Turn::Worse,
            std::cmp::Ordering::Equal => Turn::Other,
            std::cmp::Ordering::Greater => Turn::Better,
        }
    }
}

/// An entrance whose state would be another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Turned {
    /// The entrance.
    pub entrance: EntranceIx,
    /// Whether that is for the better.
    pub turn: Turn,
    /// Its state as it is.
    pub before: EntranceState,
    /// As it would be.
    pub after: Judgement,
    /// What of the question makes the cameras that watch it count otherwise; in order, each once.
    pub changed_by: Vec<Component>,
}

/// What would be.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct WhatIf {
    /// The entrances that change: worse ones first, then by slot.
    pub turned: Vec<Turned>,
    /// Every judged entrance with its state as it is and as it would be, by slot.
    pub states: Vec<(EntranceIx, EntranceState, EntranceState)>,
    /// Entrances that an added or moved camera may watch, and nothing surely does: a survey would tell. By slot.
    pub may_watch: Vec<EntranceIx>,
    /// What added cameras are said to watch though their view says that they cannot.
    pub conflicts: Vec<Conflict>,
    /// Each node that is supposed to be down, with the live cameras that would lose their way if it alone were; by slot.
    pub nodes: Vec<(NodeIx, u32)>,
    /// Live cameras that would lose their way with all of them down, by slot.
    pub cut: Vec<CameraIx>,
    /// Cameras that would be live again because a node is up, by slot.
    pub back: Vec<CameraIx>,
    /// How areas would be sealed; empty where that was not asked.
    pub seals: SealChanges,
}

/// Reckons what would be. Cost: the cameras once, the entrances with their watchers twice.
#[must_use]
pub fn what_if(present: &Present<'_>, suppose: &Suppose) -> WhatIf {
    let network = Network::new(present, suppose);
    let (scene, conflicts) = Scene::new(present, suppose, &network);
    let mut answer = WhatIf {
        conflicts,
        nodes: network.nodes_down(),
        cut: network.cut(),
        back: network.back(),
        seals: present
            .cordon
            .map(|cordon| seals::seals(cordon, &scene, present.topology.entrances.len()))
            .unwrap_or_default(),
        ..WhatIf::default()
    };
    for entrance in (0..present.topology.entrances.len()).map(EntranceIx::from) {
        let Some(before) = (present.state)(entrance) else { continue };
        let turned = scene.turned(entrance, before);
        answer.states.push((entrance, before, turned.as_ref().map_or(before, |t| t.after.state)));
        if scene.may_watch(entrance) {
            answer.may_watch.push(entrance);
        }
        answer.turned.extend(turned);
    }
    answer.turned.sort_by_key(|t| (t.turn, t.entrance));
    answer
}
