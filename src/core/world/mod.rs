//! THE ONE STATE: what is believed, what is open, and the one door by which events change it.
//!
//! [`World::apply`] takes an event and a time and gives effects; [`World::next_wake`] says when it wants to be woken
//! without an event. It performs nothing: no probe, no write, no word leaves from here. The same events at the same
//! times give the same effects.

mod acquit;
mod around;
mod blame;
mod duty;
mod entrances;
mod future;
mod hear;
mod maintenance;
mod publish;
mod questions;
mod quiet;
mod reload;
mod restart;
mod roads;
mod seals;
mod sight;
mod story;
mod timers;
mod types;
mod wants;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::alert::{self, Acknowledgement, Book, Hold};
use crate::coverage::{self, SealAlerts, Watch};
use crate::health::machine::Health;
use crate::health::sight::Eyes;
use crate::health::{self, State};
use crate::model::planted;
use crate::model::{CameraIx, Chunked, EntranceIx, LocalTime, NodeIx, Outcome, Target, Time};
use crate::plan::Ways;
use crate::registry::{Intervals, LonLat, Registry, Topology};

use blame::Causes;
use maintenance::Service;
use seals::Fence;
use timers::Timer;

pub use questions::{SealAsk, Seals, Terms};
pub use roads::RoadMap;
pub use types::{
    Ask, CameraView, CanaryView, Effects, EntranceView, Event, Fenced, NodeView, Quiet, Round, Saved, SavedCheck,
    SavedHealth, SavedTarget, Snapshot, Subject, Transition, Window, Works,
};

/// The numbers of all rooms below.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Policy {
    /// Health, cause, sight.
    pub health: health::Policy,
    /// Alerts and incidents.
    pub alert: alert::Policy,
    /// Densities.
    pub coverage: coverage::Policy,
    /// Of which scopes a broken seal is an alert.
    pub seal_alerts: SealAlerts,
    /// Which places count when areas are to be shut off; the roads that count are chosen before they come.
    pub ways: Ways,
    /// How often each check is asked.
    pub intervals: Intervals,
    /// Names of the canaries, in the order of their slots.
    pub canaries: Vec<Arc<str>>,
    /// Probes in flight at most; a first round reckons with it. 0 counts as 512.
    pub in_flight: u32,
    /// What the clocks in the town show, for hours of duty.
    pub clock: LocalTime,
}

/// What changed in this turn and is still to be judged.
#[derive(Clone, PartialEq, Debug, Default)]
struct Turn {
    effects: Effects,
    cameras: BTreeMap<CameraIx, Option<Outcome>>,
    nodes: BTreeMap<NodeIx, Option<Outcome>>,
    entrances: BTreeSet<EntranceIx>,
    /// Everything is to be wanted anew: a first round or blindness ended, the registry or the light changed.
    everything: bool,
    /// The registry changed: what is no longer judged has left.
    reloaded: bool,
    /// Other roads are in force.
    rerouted: bool,
}

/// The first round after a start or a blindness.
#[derive(Clone, PartialEq, Debug)]
struct FirstRound {
    open: BTreeSet<CameraIx>,
    of: u32,
    until: Time,
}

/// The state of everything.
#[derive(Clone, PartialEq, Debug)]
pub struct World {
    policy: Policy,
    registry: Arc<Registry>,
    version: u64,
    topology: Arc<Topology>,
    watch: Arc<Watch>,
    centre: Option<LonLat>,
    now: Time,
    cameras: Vec<Health>,
    nodes: Vec<Health>,
    /// The last state that was written to history, by camera and by node; empty before the first.
    recorded_cameras: Vec<&'static str>,
    recorded_nodes: Vec<&'static str>,
    causes: Causes,
    eyes: Eyes,
    book: Book,
    timers: BTreeSet<(Time, Timer)>,
    camera_views: Chunked<CameraView>,
    node_views: Chunked<NodeView>,
    entrance_views: Chunked<EntranceView>,
    /// Whom to ask, where there are no canaries, whether we see.
    sample: Vec<Target>,
    /// Cameras that turned suspect lately.
    suspects: VecDeque<(Time, Target)>,
    /// Cameras that are suspect.
    doubtful: BTreeSet<CameraIx>,
    /// Whom a suspect made us ask.
    inquiries: BTreeMap<Target, Vec<Target>>,
    round: Option<FirstRound>,
    night: bool,
    tonight: bool,
    /// Windows of maintenance, under way and to come.
    windows: Vec<Window>,
    service: Service,
    /// The roads; `None` before anybody has said which there are.
    roads: Option<RoadMap>,
    /// What was made of them; `None` where there are none.
    fence: Option<Fence>,
    turn: Turn,
}

impl World {
    /// The one door. Times never run backwards: an earlier one counts as the latest that was seen.
    pub fn apply(&mut self, event: Event, now: Time) -> Effects {
        let mut heard = match &event {
            Event::Quiet(quiet) => self.hear_quiet(quiet),
            _ => Effects::default(),
        };
        if let Event::Outcomes(outcomes) = &event {
            self.hear_together(outcomes, now);
        }
        self.now = self.now.max(now);
        self.ring();
        match event {
            Event::Outcome(outcome) => self.hear(outcome),
            Event::Wake | Event::Quiet(_) | Event::Outcomes(_) => {}
            Event::Registry { registry, version, roads } => {
                roads.into_iter().for_each(|roads| self.take_roads(roads));
                self.reload(registry, version);
            }
            Event::Roads(roads) => self.lay_roads(roads),
            Event::Credentials(cameras) => self.credentials_changed(&cameras),
            Event::Acknowledge { incident, by, note, until } => {
                let ack = Acknowledgement { at: self.now, by, note, until };
                self.book.acknowledge(incident, ack);
            }
            Event::Maintenance(windows) => self.announce(windows),
            Event::Silence { incident, by, note, until } => {
                self.book.silence(incident, Hold { at: self.now, by, note, until }, self.now);
            }
        }
        self.finish();
        heard.absorb(std::mem::take(&mut self.turn.effects));
        heard
    }

    /// When the World wants to be woken if nothing happens before.
    #[must_use]
    pub fn next_wake(&self) -> Option<Time> {
        let timer = self.timers.first().map(|(at, _)| *at);
        let release = if self.is_holding_words() { None } else { self.book.next_release(self.eyes.is_asking()) };
        [timer, release, self.book.next_word()].into_iter().flatten().min()
    }

    /// A first round or blindness: nothing opens or closes but blindness itself.
    fn is_holding_words(&self) -> bool {
        self.round.is_some() || (self.eyes.is_blind() && !planted!(WordsWhileBlind))
    }

    /// Judges what changed, lowest first: causes, entrances, alerts, words.
    fn finish(&mut self) {
        self.blame();
        let over = |r: &FirstRound| (r.open.is_empty() || self.now >= r.until) && !planted!(RoundsNeverEnd);
        if self.round.as_ref().is_some_and(over) {
            self.round = None;
            self.turn.everything = true;
            self.blame_the_restored_anew();
        }
        self.record();
        self.judge_entrances();
        self.judge_seals();
        self.want();
        self.say();
    }

    fn camera_state(&self, camera: CameraIx) -> State {
        self.cameras.get(camera.at()).map_or(State::Unknown, |h| h.state)
    }

    fn is_installed(&self, camera: CameraIx) -> bool {
        self.topology.cameras.get(camera.at()).and_then(|c| c.life).is_some_and(crate::registry::Life::is_installed)
    }
}
