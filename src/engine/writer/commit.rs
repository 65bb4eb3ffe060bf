//! The commit: what a batch of events changed goes to the store beside the loop, so that a store which is slow or away
//! never keeps the loop from probing. Until it is kept nothing new is applied, published or told, and the same batch is
//! tried again.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cunkou_core::model::{IncidentId, Span, Target, Time};
use cunkou_core::registry::Topology;
use cunkou_core::world::Effects;
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::Instant;

use super::{AckReply, Engine};
use crate::engine::maintenance::MaintainReply;
use crate::engine::{AckError, ReloadRefused, ReloadReport};
use crate::store::{AuditEntry, Batch, BatchId, HourlyRow, Maintenance, RegistryPut, SinkRoute, Store, StoreError};

/// A failed commit is tried again after this.
const RETRY: Duration = Duration::from_millis(500);
/// A commit is waited for this long before the loop goes on beside it; far below what counts as a loop that stands.
const PATIENCE: Duration = Duration::from_millis(100);
/// A commit that takes longer is a store that does not write, whether or not it says so in the end.
const SLOW: Span = Span::seconds(5);
/// A commit that is under way for so long hangs, whatever of it still ends in time: the first one of a town of 100 000
/// cameras takes seconds.
const HANGS: Span = Span::seconds(60);
/// How long a stop waits for the last commit.
const DRAIN: Duration = Duration::from_secs(5);

/// What is to be committed, as events gave it.
pub(super) struct Uncommitted {
    pub(super) id: BatchId,
    pub(super) effects: Effects,
    pub(super) audit: Vec<AuditEntry>,
    pub(super) put: Option<RegistryPut>,
    pub(super) maintenance: Vec<Maintenance>,
    pub(super) figures: Vec<HourlyRow>,
    pub(super) replies: Replies,
}

/// Who waits for a batch to be kept.
#[derive(Default)]
pub(super) struct Replies {
    pub(super) reload: Option<(ReloadReport, oneshot::Sender<Result<ReloadReport, ReloadRefused>>)>,
    pub(super) maintained: Vec<(Arc<Maintenance>, MaintainReply)>,
    pub(super) acks: Vec<(IncidentId, AckReply)>,
}

/// A batch that the store was given, until it has kept it.
pub(super) struct Committing {
    batch: Arc<Shared>,
    replies: Replies,
    /// When it was first tried.
    since: Time,
    task: Option<JoinHandle<Result<(), StoreError>>>,
    began: Instant,
    retry_at: Option<Instant>,
}

/// What the task of a commit needs.
struct Shared {
    id: BatchId,
    effects: Effects,
    audit: Vec<AuditEntry>,
    put: Option<RegistryPut>,
    maintenance: Vec<Maintenance>,
    figures: Vec<HourlyRow>,
    version: u64,
    topology: Arc<Topology>,
    routes: Arc<[SinkRoute]>,
}

impl Shared {
    async fn keep(&self, store: &Store, tick: Time) -> Result<(), StoreError> {
        let names = |target: Target| match target {
            Target::Camera(c) => self.topology.cameras.get(c.at()).map(|s| s.id.to_string()),
            Target::Node(n) => self.topology.nodes.get(n.at()).map(|s| s.id.to_string()),
            Target::Canary(_) => None,
        };
        let batch = Batch {
            id: self.id,
            effects: &self.effects,
            registry_version: self.version,
            routes: &self.routes,
            tick: Some(tick),
            registry: self.put.as_ref(),
            maintenance: &self.maintenance,
            audit: &self.audit,
            hourly: &self.figures,
            names: &names,
        };
        store.commit(&batch).await
    }
}

impl Committing {
    /// The end of the try that is under way; for ever where there is none.
    pub(super) async fn ended(this: &mut Option<Committing>) -> Result<Result<(), StoreError>, JoinError> {
        match this.as_mut().and_then(|c| c.task.as_mut()) {
            Some(task) => task.await,
            None => std::future::pending().await,
        }
    }

    /// When it is tried again, where its last try failed.
    pub(super) fn retry_at(&self) -> Option<Instant> {
        self.retry_at
    }
}

impl Engine {
    /// Whether something applied is not kept yet: then nothing new is applied.
    pub(super) fn is_behind(&self) -> bool {
        self.committing.is_some()
    }

    /// Whether the store was given something, and failed or takes too long.
    pub(super) fn is_store_away(&self) -> bool {
        self.alive.store_failing.load(Ordering::Relaxed) != 0
    }

    /// What the next commit will hold.
    pub(super) fn uncommitted_mut(&mut self) -> &mut Uncommitted {
        let store = &self.store;
        self.uncommitted.get_or_insert_with(|| Uncommitted {
            id: store.next_batch(),
            effects: Effects::default(),
            audit: Vec::new(),
            put: None,
            maintenance: Vec::new(),
            figures: Vec::new(),
            replies: Replies::default(),
        })
    }

    /// Gives the store what waits, or what it did not keep when it was last tried; waits a little for the end, which is
    /// all that a sound store needs.
    pub(super) async fn commit(&mut self) {
        if self.committing.is_none() {
            let Some(waiting) = self.uncommitted.take() else { return };
            self.committing = Some(self.committing(waiting));
        }
        let (store, tick) = (self.store.clone(), self.clock.now());
        let Some(committing) = &mut self.committing else { return };
        if committing.task.is_none() && committing.retry_at.is_none_or(|at| at <= Instant::now()) {
            let batch = committing.batch.clone();
            committing.task = Some(tokio::spawn(async move { batch.keep(&store, tick).await }));
            committing.began = Instant::now();
            committing.retry_at = None;
        }
        let Some(task) = &mut committing.task else { return };
        if committing.began.elapsed() < PATIENCE {
            if let Ok(ended) = tokio::time::timeout(PATIENCE, task).await {
                self.settle(ended);
            }
        } else if Span::from(committing.began.elapsed()) > SLOW {
            let (since, took) = (committing.since, Span::from(committing.began.elapsed()));
            self.store_is_away(since, "it does not answer");
            if took > HANGS {
                self.alive.commit_hangs(self.clock.now() - took);
            }
        }
    }

    fn committing(&self, waiting: Uncommitted) -> Committing {
        let Uncommitted { id, effects, audit, put, maintenance, figures, replies } = waiting;
        let batch = Shared {
            id,
            effects,
            audit,
            put,
            maintenance,
            figures,
            version: self.version,
            topology: self.world.topology().clone(),
            routes: self.routes.clone(),
        };
        Committing {
            batch: Arc::new(batch),
            replies,
            since: self.clock.now(),
            task: None,
            began: Instant::now(),
            retry_at: None,
        }
    }

    /// A try has ended: kept, or to be tried again as it is.
    pub(super) fn settle(&mut self, ended: Result<Result<(), StoreError>, JoinError>) {
        let Some(committing) = &mut self.committing else { return };
        committing.task = None;
        let (took, since) = (committing.began.elapsed(), committing.since);
        let trouble = match ended {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some((error.reason(), Some(error))),
            // It panicked: whether the batch was kept, the next try finds out.
            Err(_) => Some(("an error in this program", None)),
        };
        match &trouble {
            Some((_, Some(StoreError::Deadline(_)))) => self.alive.commit_hangs(self.clock.now() - Span::from(took)),
            _ => self.alive.store_answers(),
        }
        self.settings.watcher.committed(took, trouble.is_none());
        let Some((reason, error)) = trouble else { return self.committed() };
        committing.retry_at = Some(Instant::now() + RETRY);
        if !self.is_store_away() {
            let error = error.as_ref().map(|e| e as &dyn std::error::Error);
            tracing::error!(error, "the store does not take a commit; it is tried again");
        }
        self.store_is_away(since, reason);
    }

    fn store_is_away(&mut self, since: Time, reason: &'static str) {
        self.alive.store_is_away(since, reason);
        for command in self.held.drain(..) {
            command.not_kept();
        }
    }

    fn committed(&mut self) {
        if self.alive.store_is_back() {
            tracing::info!("the store takes commits again");
        }
        let now = self.clock.now();
        self.alive.stored.store(now.millis(), Ordering::Relaxed);
        let Some(kept) = self.committing.take() else { return };
        self.publish();
        if !kept.batch.effects.messages.is_empty() {
            self.outbox.notify_one();
        }
        if let Some((report, reply)) = kept.replies.reload {
            self.alive.reload_failed.store(0, Ordering::Relaxed);
            self.alive.reloaded.store(now.millis(), Ordering::Relaxed);
            // Who asked may have gone; what was asked is done.
            let _ = reply.send(Ok(report));
        }
        for (row, reply) in kept.replies.maintained {
            let _ = reply.send(Ok(row));
        }
        for (incident, reply) in kept.replies.acks {
            let taken = self.world.snapshot().incidents.get(&incident).cloned();
            let _ = reply.send(taken.ok_or(AckError::NotFound));
        }
    }

    /// The last commit of a stop, as far as the store takes it in time.
    pub(super) async fn finish(&mut self) {
        // What the store does not take now is judged anew by the next start.
        let _ = tokio::time::timeout(DRAIN, self.keep_the_rest()).await;
    }

    async fn keep_the_rest(&mut self) {
        let figures = self.evidence.take_figures(self.world.topology());
        self.uncommitted_mut().figures.extend(figures);
        while self.committing.is_some() || self.uncommitted.is_some() {
            self.commit().await;
            match &mut self.committing {
                Some(Committing { task: Some(_), .. }) => {
                    let ended = Committing::ended(&mut self.committing).await;
                    self.settle(ended);
                }
                Some(Committing { retry_at: Some(at), .. }) => tokio::time::sleep_until(*at).await,
                _ => {}
            }
        }
    }
}
