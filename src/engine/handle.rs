//! What the rooms above hold of the engine: the published snapshot, and a way to ask for changes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use cunkou_core::alert::Incident;
use cunkou_core::model::{IncidentId, Outcome, Span, Target, Time};
use cunkou_core::world::Snapshot;
use tokio::sync::{mpsc, oneshot, watch};

use super::maintenance::{MaintainError, MaintainRequest};
use crate::store::{AuditEntry, Maintenance};

/// A wish to change something, with where the answer goes.
#[derive(Debug)]
pub enum Command {
    /// Take an incident.
    Acknowledge(AckRequest, oneshot::Sender<Result<Arc<Incident>, AckError>>),
    /// Silence an incident, or lift its silence.
    Silence(SilenceRequest, oneshot::Sender<Result<Arc<Incident>, AckError>>),
    /// Announce work, or end what was announced.
    Maintain(MaintainRequest, oneshot::Sender<Result<Arc<Maintenance>, MaintainError>>),
    /// Put the registry folder, or other tables, in force.
    Reload(ReloadRequest, oneshot::Sender<Result<ReloadReport, ReloadRefused>>),
    /// Keep what somebody changed that is in force already, outside the engine.
    Note(AuditEntry),
    /// The last outcomes of a target, newest last.
    Evidence(Target, oneshot::Sender<Vec<Outcome>>),
}

/// Kinds of change that the audit trail names, in `what` of its entries.
pub const CHANGES: [&str; 5] = [ACKNOWLEDGE, SILENCE, MAINTENANCE, REGISTRY, ROSTER];
/// An incident was taken.
pub(super) const ACKNOWLEDGE: &str = "acknowledge";
/// An incident was silenced, or its silence lifted.
pub(super) const SILENCE: &str = "silence";
/// Work was announced, or what was announced was ended.
pub(super) const MAINTENANCE: &str = "maintenance";
/// A registry was put in force.
pub const REGISTRY: &str = "registry";
/// A roster was put in force.
pub const ROSTER: &str = "roster";

/// Who wants a change, and where the wish came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// A token's name, `sighup`, `start`.
    pub who: Arc<str>,
    /// The address it came from; empty: from this machine itself, by a signal or a start.
    pub from: Arc<str>,
    /// By which door: method and path of a request, `SIGHUP`, `start`.
    pub via: Arc<str>,
}

impl Origin {
    /// A wish that came from this machine itself.
    #[must_use]
    pub fn here(who: &str, via: &str) -> Origin {
        Origin { who: who.into(), from: "".into(), via: via.into() }
    }

    /// The entry of the audit trail for a change that it wanted.
    #[must_use]
    pub fn entry(&self, at: Time, what: &str, object: String, old: Option<String>, new: Option<String>) -> AuditEntry {
        let (who, from, via) = (self.who.to_string(), self.from.to_string(), self.via.to_string());
        AuditEntry { at, who, what: what.to_owned(), object, from, via, old, new }
    }
}

impl Command {
    /// Refuses a change, because the store does not write; a question is left without an answer.
    pub(super) fn not_kept(self) {
        // Who asked may have gone.
        match self {
            Command::Acknowledge(_, reply) | Command::Silence(_, reply) => drop(reply.send(Err(AckError::NotKept))),
            Command::Maintain(_, reply) => drop(reply.send(Err(MaintainError::NotKept))),
            Command::Reload(_, reply) => drop(reply.send(Err(ReloadRefused::NotKept))),
            Command::Evidence(..) | Command::Note(_) => {}
        }
    }
}

/// Who takes which incident.
#[derive(Debug, Clone)]
pub struct AckRequest {
    /// Which.
    pub incident: IncidentId,
    /// Who, by the token's name.
    pub by: Origin,
    /// What they wrote.
    pub note: Arc<str>,
    /// When it ends; `None`: with the incident.
    pub until: Option<Time>,
}

/// Who silences which incident.
#[derive(Debug, Clone)]
pub struct SilenceRequest {
    /// Which.
    pub incident: IncidentId,
    /// Who, by the token's name.
    pub by: Origin,
    /// What they wrote.
    pub note: Arc<str>,
    /// When it ends; `None`: the silence that is in force is lifted.
    pub until: Option<Time>,
}

/// Why an incident cannot be taken or silenced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AckError {
    /// There is none with this number.
    #[error("no incident has this number")]
    NotFound,
    /// It is over.
    #[error("the incident is over")]
    Over,
    /// The store does not take it.
    #[error("the store does not write at the moment; try again")]
    NotKept,
    /// The engine has stopped.
    #[error("the engine is stopping")]
    Stopping,
}

/// Where a registry comes from.
#[derive(Debug, Clone)]
pub enum ReloadSource {
    /// `registry.dir`, as it stands.
    Folder,
    /// These files instead, by name; written to `registry.dir` once they are accepted.
    Files(BTreeMap<String, Vec<u8>>),
}

/// A wish to put a registry in force.
#[derive(Debug, Clone)]
pub struct ReloadRequest {
    /// Where it comes from.
    pub source: ReloadSource,
    /// Only say what would change.
    pub dry_run: bool,
    /// Yes to a difference that removes more than 20 % of the cameras.
    pub yes: bool,
    /// Who wants it.
    pub by: Origin,
}

/// What a reload did, or would do.
#[derive(Debug, Clone)]
pub struct ReloadReport {
    /// The version in force afterwards.
    pub version: u64,
    /// One line a change, as `import` shows it; bounded, the last line says how many more there are.
    pub changes: Vec<String>,
    /// How many objects come, change and go.
    pub added: usize,
    /// See `added`.
    pub changed: usize,
    /// See `added`.
    pub removed: usize,
    /// Warnings of the registry check, one line each.
    pub warnings: Vec<String>,
}

/// Why a registry is not put in force.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReloadRefused {
    /// The files have faults; one line each.
    #[error("the registry has faults; the one in force stays")]
    Faults(Vec<String>),
    /// It would remove more than 20 % of the cameras.
    #[error("{removed} of {of} cameras would be removed; say yes to that (--yes, ?yes) or mend the files")]
    Guard {
        /// Cameras that would go.
        removed: usize,
        /// Cameras in force.
        of: usize,
    },
    /// The folder cannot be read.
    #[error("the registry folder cannot be read: {0}")]
    Folder(String),
    /// The secrets cannot be read.
    #[error("the secrets cannot be read, those in force stay: {0}")]
    Secrets(String),
    /// The store does not take it.
    #[error("the store does not write at the moment; try again")]
    NotKept,
    /// The engine has stopped.
    #[error("the engine is stopping")]
    Stopping,
}

/// A loop that has not turned for so long does not turn.
pub const LOOP_STANDS_AFTER: Span = Span::seconds(30);
/// A store that has written nothing for so long does not write: its tick comes every 10 s.
pub const STORE_STANDS_AFTER: Span = Span::seconds(60);

/// Signs of life that readiness and liveness look at; milliseconds of [`Time`], 0 for never.
#[derive(Debug, Default)]
pub struct Alive {
    /// The loop's last turn.
    pub turned: AtomicI64,
    /// The store's last good commit or tick.
    pub stored: AtomicI64,
    /// Since when the store has not taken what it is given; 0 while it does.
    pub store_failing: AtomicI64,
    /// Why not, in a few words.
    trouble: Mutex<&'static str>,
    /// Since when a commit has hung: neither kept nor refused. 0 while the store answers, if only with no: a full disk or
    /// another program's lock is nothing that a restart of this process could mend.
    pub hanging: AtomicI64,
    /// 1 when the last reload was refused.
    pub reload_failed: AtomicI64,
    /// When a registry was last put in force.
    pub reloaded: AtomicI64,
}

impl Alive {
    /// The store does not take what it is given, since then; the first moment counts.
    pub fn store_is_away(&self, since: Time, why: &'static str) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = why;
        // 0 stands for "it does".
        let since = since.millis().max(1);
        let _ = self.store_failing.compare_exchange(0, since, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The store took something; whether it was away before.
    pub fn store_is_back(&self) -> bool {
        self.store_failing.swap(0, Ordering::Relaxed) != 0
    }

    /// A commit that was begun then hangs; the first one counts.
    pub fn commit_hangs(&self, since: Time) {
        let since = since.millis().max(1);
        let _ = self.hanging.compare_exchange(0, since, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The store has answered, whatever it said.
    pub fn store_answers(&self) {
        self.hanging.store(0, Ordering::Relaxed);
    }

    /// Why the store does not take what it is given; empty where nobody said.
    #[must_use]
    pub fn store_trouble(&self) -> &'static str {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the loop turns, and the store takes what it is given: the monitor does its work.
    #[must_use]
    pub fn works(&self, now: Time) -> bool {
        self.loop_turns(now) && Alive::time(&self.store_failing).is_none() && self.store_writes(now)
    }

    /// Whether the loop has turned lately.
    #[must_use]
    pub fn loop_turns(&self, now: Time) -> bool {
        Alive::time(&self.turned).is_some_and(|t| now.since(t) <= LOOP_STANDS_AFTER)
    }

    /// Whether the store has taken something lately.
    #[must_use]
    pub fn store_writes(&self, now: Time) -> bool {
        Alive::time(&self.stored).is_some_and(|t| now.since(t) <= STORE_STANDS_AFTER)
    }

    /// Reads one sign as a time.
    #[must_use]
    pub fn time(sign: &AtomicI64) -> Option<Time> {
        match sign.load(Ordering::Relaxed) {
            0 => None,
            ms => Some(Time(ms)),
        }
    }
}

/// The engine, as seen from above. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Handle {
    /// The published snapshot; changes after each commit.
    pub snapshot: watch::Receiver<Arc<Snapshot>>,
    /// Signs of life.
    pub alive: Arc<Alive>,
    commands: mpsc::Sender<Command>,
}

impl Handle {
    /// A handle over the ends of an engine's channels.
    #[must_use]
    pub fn new(snapshot: watch::Receiver<Arc<Snapshot>>, alive: Arc<Alive>, commands: mpsc::Sender<Command>) -> Handle {
        Handle { snapshot, alive, commands }
    }

    /// The snapshot of this moment.
    #[must_use]
    pub fn now(&self) -> Arc<Snapshot> {
        self.snapshot.borrow().clone()
    }

    /// Takes an incident; answers once that is committed.
    ///
    /// # Errors
    /// When there is none, when it is over, or when the store does not write.
    pub async fn acknowledge(&self, request: AckRequest) -> Result<Arc<Incident>, AckError> {
        let (reply, answer) = oneshot::channel();
        let sent = self.commands.send(Command::Acknowledge(request, reply)).await;
        if sent.is_err() {
            return Err(AckError::Stopping);
        }
        answer.await.unwrap_or(Err(AckError::Stopping))
    }

    /// Silences an incident, or lifts its silence; answers once that is committed.
    ///
    /// # Errors
    /// As [`Handle::acknowledge`].
    pub async fn silence(&self, request: SilenceRequest) -> Result<Arc<Incident>, AckError> {
        let (reply, answer) = oneshot::channel();
        let sent = self.commands.send(Command::Silence(request, reply)).await;
        if sent.is_err() {
            return Err(AckError::Stopping);
        }
        answer.await.unwrap_or(Err(AckError::Stopping))
    }

    /// Announces work, or ends what was announced; answers once that is committed.
    ///
    /// # Errors
    /// When it cannot be done, or when the store does not write.
    pub async fn maintain(&self, request: MaintainRequest) -> Result<Arc<Maintenance>, MaintainError> {
        let (reply, answer) = oneshot::channel();
        if self.commands.send(Command::Maintain(request, reply)).await.is_err() {
            return Err(MaintainError::Stopping);
        }
        answer.await.unwrap_or(Err(MaintainError::Stopping))
    }

    /// Puts a registry in force, or says what that would change.
    ///
    /// # Errors
    /// When it has faults, removes too much, cannot be read or cannot be kept.
    pub async fn reload(&self, request: ReloadRequest) -> Result<ReloadReport, ReloadRefused> {
        let (reply, answer) = oneshot::channel();
        let sent = self.commands.send(Command::Reload(request, reply)).await;
        if sent.is_err() {
            return Err(ReloadRefused::Stopping);
        }
        answer.await.unwrap_or(Err(ReloadRefused::Stopping))
    }

    /// Has a change kept in the audit trail that is in force already; where the store is away, once it is back.
    pub async fn note(&self, entry: AuditEntry) {
        // An engine that stops takes nothing any more.
        let _ = self.commands.send(Command::Note(entry)).await;
    }

    /// The last outcomes of a target in memory, newest last; empty while the engine stops.
    pub async fn evidence(&self, target: Target) -> Vec<Outcome> {
        let (reply, answer) = oneshot::channel();
        if self.commands.send(Command::Evidence(target, reply)).await.is_err() {
            return Vec::new();
        }
        answer.await.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_turns_and_writes_does_its_work() {
        let now = Time(1_000_000);
        let alive = |turned: Span, stored: Span| Alive {
            turned: AtomicI64::new((now - turned).millis()),
            stored: AtomicI64::new((now - stored).millis()),
            ..Alive::default()
        };
        assert!(alive(Span::seconds(30), Span::seconds(60)).works(now));
        assert!(!alive(Span::millis(30_001), Span::ZERO).works(now), "the loop stands");
        assert!(!alive(Span::ZERO, Span::millis(60_001)).works(now), "nothing is written");
        assert!(!Alive::default().works(now), "it never turned");
        let away = alive(Span::ZERO, Span::ZERO);
        away.store_is_away(now, "the disk is full");
        assert!(!away.works(now), "the store refuses");
        assert!(away.store_is_back() && away.works(now));
    }
}
