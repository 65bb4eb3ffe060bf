//! What this room asks of the past. The daemon answers it out of the store.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use cunkou_core::alert::{Incident, MessageKind, SayReason};
use cunkou_core::coverage::EntranceState;
use cunkou_core::health::{Cause, State};
use cunkou_core::model::{CameraId, EntranceId, IncidentId, Period, ReasonSet, Time};
use cunkou_core::world::Subject;

use crate::engine::Maintenance;

/// The answer of a question to the past.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, HistoryError>> + Send + 'a>>;

/// The past cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the history cannot be read")]
pub struct HistoryError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// The past, as the store kept it; never reckoned again with today's registry.
pub trait History: Send + Sync {
    /// Every entrance with a state at that moment, in the order of ids.
    fn entrances_at(&self, period: Period, at: Time) -> Answer<'_, Vec<PastEntrance>>;

    /// Every camera with a state at that moment, in the order of ids.
    fn cameras_at(&self, at: Time) -> Answer<'_, Vec<(CameraId, State)>>;

    /// The turns of entrances (in the period `now`) that were concluded after `from` and up to `to`, oldest first, at
    /// most `limit`.
    fn entrance_turns(&self, from: Time, to: Time, limit: usize) -> Answer<'_, Vec<PastTurn>>;

    /// The changes of one thing with a lower number than `before` (`None`: from the newest), newest first, at most
    /// `limit`.
    fn changes(&self, of: Subject, before: Option<u64>, limit: usize) -> Answer<'_, Vec<PastChange>>;

    /// At most so many incidents with a number below `before` (`None`: from the newest), newest first.
    fn incidents(&self, before: Option<IncidentId>, limit: usize) -> Answer<'_, Vec<Incident>>;

    /// One incident, however old.
    fn incident(&self, id: IncidentId) -> Answer<'_, Option<Incident>>;

    /// What was said or held about an incident, oldest first.
    fn steps(&self, id: IncidentId) -> Answer<'_, Vec<Step>>;

    /// What became of its messages, by sink and step.
    fn deliveries(&self, id: IncidentId) -> Answer<'_, Vec<Delivery>>;

    /// Work that is announced and not over, by number.
    fn maintenance(&self, now: Time) -> Answer<'_, Vec<Maintenance>>;
    /// Who changed what, newest first.
    fn audit(&self, query: AuditQuery) -> Answer<'_, Vec<AuditEntry>>;
}

/// Which entries of the audit trail are wanted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuditQuery {
    /// At or after this.
    pub since: Option<Time>,
    /// Before this.
    pub until: Option<Time>,
    /// By this name.
    pub who: Option<String>,
    /// Of this kind.
    pub kind: Option<String>,
    /// With a lower number than this.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

/// One change by somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditEntry {
    /// Its number, counting up.
    pub number: u64,
    /// When.
    pub at: Time,
    /// Who: the name of a token, `start`, `sighup`.
    pub who: String,
    /// What was done ([`crate::engine::CHANGES`]).
    pub kind: String,
    /// To what.
    pub object: String,
    /// The address it came from; empty: this machine itself.
    pub from: String,
    /// By which door.
    pub via: String,
    /// What it was before.
    pub old: Option<String>,
    /// What it was from then on.
    pub new: Option<String>,
}

/// An entrance at a moment of the past.
#[derive(Clone, PartialEq, Debug)]
pub struct PastEntrance {
    /// Which.
    pub id: EntranceId,
    /// Its state then.
    pub state: EntranceState,
    /// Since when it had it.
    pub since: Time,
    /// Why.
    pub cause: Option<Cause>,
    /// The incident, where there was one.
    pub incident: Option<IncidentId>,
}

/// An entrance that turned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PastTurn {
    /// When it was concluded.
    pub at: Time,
    /// Which.
    pub id: EntranceId,
    /// What it was from then on; `None` once it had left the registry.
    pub to: Option<EntranceState>,
}

/// A change of state of a camera, node or entrance.
#[derive(Clone, PartialEq, Debug)]
pub struct PastChange {
    /// Its number, counting up.
    pub number: u64,
    /// When it was concluded.
    pub at: Time,
    /// Since when it held: the first failure, not its confirmation.
    pub since: Time,
    /// The word of the state before; empty for the first.
    pub from: String,
    /// The word of the state from then on; `removed` once it had left the registry.
    pub to: String,
    /// Why.
    pub cause: Option<Cause>,
    /// The incident, where there was one.
    pub incident: Option<IncidentId>,
    /// For a camera: its reasons.
    pub reasons: ReasonSet,
}

/// One step of an incident.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// Its number.
    pub step: u32,
    /// When.
    pub at: Time,
    /// What was told; `None` where a word was held.
    pub kind: Option<MessageKind>,
    /// Why it was said or held.
    pub why: SayReason,
}

/// One message to one sink.
#[derive(Clone, PartialEq, Debug)]
pub struct Delivery {
    /// The sink's name in the settings.
    pub sink: Arc<str>,
    /// The step that it tells.
    pub step: u32,
    /// Tries so far.
    pub attempts: u32,
    /// When the sink took it; `None` while it waits, or when it was dropped.
    pub delivered: Option<Time>,
    /// When it was given up.
    pub dropped: Option<Time>,
    /// What the last failed try said, one line without secrets.
    pub error: Option<Arc<str>>,
    /// What the last try was answered with, a status of HTTP or SMTP; `None`: nothing came back, or nothing went out.
    pub code: Option<u16>,
    /// Who of the roster was called, by name; `None`: whom the settings of the sink name.
    pub to: Option<Arc<str>>,
}
