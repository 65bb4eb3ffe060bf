//! Events, effects, the snapshot that is published, and what a restart needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::RoadMap;
use crate::alert::{Alert, AlertKey, Incident, Message};
use crate::coverage::{EntranceBelief, EntranceState, Guards, SealStates};
use crate::health::{Cause, State};
use crate::model::{
    AreaId, CameraId, CameraIx, Check, Chunked, EntranceId, EntranceIx, FailKind, IncidentId, NodeId, NodeIx, Outcome,
    Period, ReasonSet, Span, Target, Time,
};
use crate::plan::Cordon;
use crate::registry::{Registry, Topology};

/// What can happen.
#[derive(Clone, Debug)]
pub enum Event {
    /// A probe ended.
    Outcome(Outcome),
    /// Probes that ended while nothing could be kept: all of them are heard before anything is judged, said or too old.
    Outcomes(Vec<Outcome>),
    /// Nothing new was heard at any due time: one event for many.
    Quiet(Quiet),
    /// Time passed: what [`super::World::next_wake`] asked for.
    Wake,
    /// Another registry is in force.
    Registry {
        /// It.
        registry: Arc<Registry>,
        /// Its version, counting up.
        version: u64,
        /// The roads that come in force with it, or stay so: a gate and its road are one change. `None`: those that were.
        roads: Option<RoadMap>,
    },
    /// These are the roads of the town from now on, those that count; none where there are none. Before it is said, no
    /// seal is judged.
    Roads(RoadMap),
    /// The secrets of these cameras changed: refused passwords may be tried again.
    Credentials(Vec<CameraIx>),
    /// Somebody takes an incident.
    Acknowledge {
        /// Which.
        incident: IncidentId,
        /// The token's name.
        by: Arc<str>,
        /// What they wrote.
        note: Arc<str>,
        /// When it ends; `None`: with the incident.
        until: Option<Time>,
    },
    /// These are the windows of maintenance from now on, those that are under way and those to come; the shell has made
    /// moments of whatever recurs.
    Maintenance(Vec<Window>),
    /// Somebody silences an incident: until then it pages nobody. A time that is not to come lifts its silence.
    Silence {
        /// Which.
        incident: IncidentId,
        /// The token's name.
        by: Arc<str>,
        /// What they wrote.
        note: Arc<str>,
        /// When it ends.
        until: Time,
    },
}

/// What is worked on.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Works {
    /// A camera.
    Camera(CameraId),
    /// A node, and whatever would fail if it were down.
    Node(NodeId),
    /// Every camera of an area, or below it.
    Area(AreaId),
}

/// Work that was announced: a failure that it explains is no reason for a page.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Window {
    /// From this moment …
    pub from: Time,
    /// … up to this.
    pub to: Time,
    /// On this.
    pub of: Works,
}

/// A stretch of time in which nothing new was heard: checks that passed, without exception, at each of their due times
/// after `from` and up to `to`, and checks that went on failing as they were confirmed to.
#[derive(Clone, PartialEq, Debug)]
pub struct Quiet {
    /// Which passed.
    pub of: Vec<(Target, Check)>,
    /// Which went on failing, how, and how long each try took.
    pub failing: Vec<(Target, Check, FailKind, Span)>,
    /// Due times after this …
    pub from: Time,
    /// … and up to this.
    pub to: Time,
    /// The round trip that each answer took.
    pub rtt: Span,
}

/// A probe that is wanted out of turn, sent like a confirming try.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Ask {
    /// Not before.
    pub at: Time,
    /// Whom.
    pub target: Target,
    /// What.
    pub check: Check,
}

/// What a transition is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Subject {
    /// A camera.
    Camera(CameraId),
    /// A node.
    Node(NodeId),
    /// An entrance, in one period.
    Entrance(EntranceId, Period),
    /// The monitor's sight: `up` sees, `down` is blind, `unknown` was not running.
    Monitor,
}

/// A change of state, for history: from `at` on it is `to`.
#[derive(Clone, PartialEq, Debug)]
pub struct Transition {
    /// When it was concluded.
    pub at: Time,
    /// Since when it holds: the first failure, not its confirmation.
    pub since: Time,
    /// Whose.
    pub subject: Subject,
    /// The word of the state before; empty for the first.
    pub from: &'static str,
    /// The word of the state from now on; `removed` once it has left the registry.
    pub to: &'static str,
    /// Why.
    pub cause: Option<Cause>,
    /// The incident, where there is one.
    pub incident: Option<IncidentId>,
    /// For a camera: its reasons.
    pub reasons: ReasonSet,
    /// The outcome that tipped it.
    pub evidence: Option<Outcome>,
}

/// What is to be kept, told and done because of an event. Kept together in one commit, and only then told.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Effects {
    /// Rows of history.
    pub transitions: Vec<Transition>,
    /// What a restart needs to know of these targets now.
    pub saved: Vec<SavedTarget>,
    /// Incidents that are new or changed, whole.
    pub incidents: Vec<Arc<Incident>>,
    /// Alerts that are new or changed, whole.
    pub alerts: Vec<Arc<Alert>>,
    /// Words for the outbox.
    pub messages: Vec<Message>,
    /// Probes that are wanted out of turn.
    pub asks: Vec<Ask>,
}

impl Effects {
    /// Whether there is nothing to commit.
    #[must_use]
    pub fn nothing_to_keep(&self) -> bool {
        self.transitions.is_empty()
            && self.saved.is_empty()
            && self.incidents.is_empty()
            && self.alerts.is_empty()
            && self.messages.is_empty()
    }

    /// Adds what another event of the same batch gave.
    pub fn absorb(&mut self, mut later: Effects) {
        if self.nothing_to_keep() && self.asks.is_empty() {
            // Those of a start are those of the whole town.
            *self = later;
            return;
        }
        self.transitions.append(&mut later.transitions);
        self.saved.append(&mut later.saved);
        self.incidents.append(&mut later.incidents);
        self.alerts.append(&mut later.alerts);
        self.messages.append(&mut later.messages);
        self.asks.append(&mut later.asks);
    }
}

/// The last conclusion of one check, as the store keeps it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SavedCheck {
    /// Confirmed passing (`Some(true)`), confirmed failing (`Some(false)`), or nothing concluded.
    pub passes: Option<bool>,
    /// Whether the confirmed failure was silence, which can be a node's.
    pub silent: bool,
    /// The start of the first failing try of the run that was confirmed.
    pub first_failure: Option<Time>,
    /// The start of the last try that passed.
    pub last_pass: Option<Time>,
    /// What the last answer was wrong in.
    pub reasons: ReasonSet,
    /// A password was refused at this time.
    pub auth_refused: Option<Time>,
}

/// What a restart needs to know of a camera or a node.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SavedHealth {
    /// What was believed.
    pub state: State,
    /// Since when.
    pub since: Time,
    /// What was believed before it turned suspect.
    pub before: State,
    /// Its checks, by [`Check::at`].
    pub checks: [SavedCheck; 4],
    /// Confirmed turns within the last hour.
    pub turns: Vec<Time>,
    /// Whether it flaps.
    pub flapping: bool,
    /// Held down by this node alone.
    pub via: Option<NodeId>,
    /// Why it is down.
    pub cause: Option<Cause>,
    /// For a node: judged down by inference at this time.
    pub inferred_at: Option<Time>,
    /// Changes of state since it was registered.
    pub changes: u64,
    /// What history says last, where that is known: a life that ended before its first evidence has left it at `unknown`,
    /// and what was concluded before stands here.
    pub recorded: Option<State>,
}

/// A camera or node with what is kept of it.
#[derive(Clone, PartialEq, Debug)]
pub enum SavedTarget {
    /// A camera.
    Camera(CameraId, SavedHealth),
    /// A node.
    Node(NodeId, SavedHealth),
    /// An entrance: state and since by period, and the cause of now.
    Entrance(EntranceId, [(EntranceState, Time); 3], Option<Cause>),
    /// The monitor: blind since.
    Monitor(Option<Time>),
    /// It has left the registry.
    Gone(Subject),
}

/// Everything a start takes from the store.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Saved {
    /// The last tick of the life before.
    pub last_tick: Option<Time>,
    /// Version of the registry in force.
    pub registry_version: u64,
    /// Cameras, nodes, entrances.
    pub targets: Vec<SavedTarget>,
    /// Incidents that are open, and those resolved recently enough to be reopened.
    pub incidents: Vec<Incident>,
    /// Open alerts, and those that ended while their incident goes on and whose end no word has told (`untold_since`).
    pub alerts: Vec<Alert>,
    /// Words of these incidents that were collected in a storm and are in no digest yet, by incident and step.
    pub collected: Vec<Message>,
    /// The number that the next incident gets.
    pub next_incident: u64,
}

/// What people see of a camera.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct CameraView {
    /// Its state; meaningful only while it is installed.
    pub state: State,
    /// Since when.
    pub since: Time,
    /// What was believed before it turned suspect; for metrics, "last value while suspect".
    pub before: State,
    /// Its reasons.
    pub reasons: ReasonSet,
    /// Whether it flaps.
    pub flapping: bool,
    /// In maintenance: by the registry, by a window, or because it would fail if what is worked on were down.
    pub maintenance: bool,
    /// Why it is down or unknown.
    pub cause: Option<Cause>,
    /// Held down by inference alone, not by its own probes.
    pub inferred: bool,
    /// Off duty by its hours: it is not asked, and its state is `unknown`.
    pub off_duty: bool,
    /// By [`Check::at`]: whether the check is on.
    pub on: [bool; 4],
    /// By [`Check::at`]: whether the last try passed; `None` without fresh evidence.
    pub passing: [Option<bool>; 4],
    /// By [`Check::at`]: the start of the last try that passed.
    pub last_pass: [Option<Time>; 4],
    /// By [`Check::at`]: held back on purpose (auth, reach failing); the engine does not ask it in turn.
    pub held: [bool; 4],
    /// A refused password is not shown again before this.
    pub password_held_until: Option<Time>,
    /// The last round trip of reach.
    pub rtt: Option<Span>,
    /// Changes of state since it was registered.
    pub changes: u64,
}

/// What people see of a node.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct NodeView {
    /// Its state: of its own probe, or judged; `unknown` for a passive node that was never judged.
    pub state: State,
    /// Since when.
    pub since: Time,
    /// Judged from what hangs on it, not by its own probe.
    pub inferred: bool,
    /// In maintenance, or would fail if what is worked on were down.
    pub maintenance: bool,
    /// Why it is down, where that lies above it.
    pub cause: Option<Cause>,
    /// The last round trip of its own probe.
    pub rtt: Option<Span>,
}

/// What people see of an entrance; `None` where it is not judged.
pub type EntranceView = Option<EntranceBelief>;

/// What people see of a canary.
#[derive(Clone, PartialEq, Debug)]
pub struct CanaryView {
    /// As the settings name it.
    pub name: Arc<str>,
    /// Whether its last try was answered; `None` before the first answer since the start.
    pub up: Option<bool>,
}

/// How far a first round is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Round {
    /// Cameras with a confirmed verdict.
    pub done: u32,
    /// Installed cameras.
    pub of: u32,
}

/// Roads, contracted for the registry in force, and how areas stand now.
#[derive(Clone, Debug)]
pub struct Fenced {
    /// The roads, cut at the entrances.
    pub cordon: Arc<Cordon>,
    /// Who watches what, now.
    pub guards: Arc<Guards>,
    /// Whether areas are sealed.
    pub states: Arc<SealStates>,
}

/// What was believed at one moment, whole and consistent; published after each commit, shared by everybody who asks.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// When.
    pub at: Time,
    /// The registry in force.
    pub registry: Arc<Registry>,
    /// Its version.
    pub registry_version: u64,
    /// It as a graph; slots of the tables below.
    pub topology: Arc<Topology>,
    /// Who watches what.
    pub watch: Arc<crate::coverage::Watch>,
    /// By [`CameraIx`].
    pub cameras: Chunked<CameraView>,
    /// By [`NodeIx`].
    pub nodes: Chunked<NodeView>,
    /// By [`EntranceIx`].
    pub entrances: Chunked<EntranceView>,
    /// Open incidents, and those resolved within the last hour; older ones are in the store.
    pub incidents: Arc<BTreeMap<IncidentId, Arc<Incident>>>,
    /// Open alerts.
    pub alerts: Arc<BTreeMap<AlertKey, Arc<Alert>>>,
    /// The seals; `None` where there are no roads.
    pub seals: Option<Fenced>,
    /// Canaries, in the order of the settings.
    pub canaries: Vec<CanaryView>,
    /// Blind since.
    pub blind: Option<Time>,
    /// Whether it is night in the town.
    pub night: bool,
    /// The first round, while it goes on.
    pub round: Option<Round>,
}

impl Snapshot {
    /// A camera by id.
    #[must_use]
    pub fn camera(&self, id: &str) -> Option<(CameraIx, &CameraView)> {
        let ix = self.topology.camera(id)?;
        self.cameras.get(ix.at()).map(|view| (ix, view))
    }

    /// A node by id.
    #[must_use]
    pub fn node(&self, id: &str) -> Option<(NodeIx, &NodeView)> {
        let ix = self.topology.node(id)?;
        self.nodes.get(ix.at()).map(|view| (ix, view))
    }

    /// An entrance by id; `None` also where it is not judged.
    #[must_use]
    pub fn entrance(&self, id: &str) -> Option<(EntranceIx, &EntranceBelief)> {
        let ix = self.topology.entrance(id)?;
        self.entrances.get(ix.at())?.as_ref().map(|view| (ix, view))
    }

    /// The village or community of a thing's area.
    #[must_use]
    pub fn village_name(&self, village: Option<&AreaId>) -> &str {
        village.and_then(|v| self.registry.areas.get(v)).map_or("", |a| &a.name)
    }
}
