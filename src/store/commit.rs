//! The one transaction: everything that a batch of events changed, whole or not at all.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use cunkou_core::alert::{Alert, AlertKey, Incident, Message};
use cunkou_core::model::{Target, Time};
use cunkou_core::world::{Effects, SavedTarget, Transition};

use super::audit::{AuditEntry, put_audit};
use super::figures::{HourlyRow, put_hourly};
use super::maintenance::{Maintenance, put_maintenance};
use super::registry::{RegistryPut, put_registry};
use super::routing::SinkRoute;
use super::rows::{
    AlertRow, IncidentRow, MessageRow, StoredOutcome, json, object_kind, reasons_text, subject_key, target_key,
    target_row,
};
use super::sql::{Cells, Insert, Link, Values, values};
use super::{Store, StoreError};

/// The number of a batch. A batch that is tried again keeps it: what was committed once is not committed twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BatchId(pub(super) u64);

/// The name of a target, for the evidence in history.
pub type Names<'a> = &'a (dyn Fn(Target) -> Option<String> + Send + Sync);

/// What is to be kept together.
#[derive(Clone, Copy)]
pub struct Batch<'a> {
    /// Its number, from [`Store::next_batch`].
    pub id: BatchId,
    /// What the World gave.
    pub effects: &'a Effects,
    /// The registry in force, for history.
    pub registry_version: u64,
    /// The sinks, for the messages.
    pub routes: &'a [SinkRoute],
    /// World's tick, where it is due.
    pub tick: Option<Time>,
    /// A registry that this batch puts in force.
    pub registry: Option<&'a RegistryPut>,
    /// Work that was announced, or ended.
    pub maintenance: &'a [Maintenance],
    /// Who changed what.
    pub audit: &'a [AuditEntry],
    /// Figures to be added.
    pub hourly: &'a [HourlyRow],
    /// The ids behind slots; slots do not outlive a restart.
    pub names: Names<'a>,
}

impl<'a> Batch<'a> {
    /// A batch of effects alone.
    #[must_use]
    pub fn new(id: BatchId, effects: &'a Effects, registry_version: u64) -> Batch<'a> {
        Batch {
            id,
            effects,
            registry_version,
            routes: &[],
            tick: None,
            registry: None,
            maintenance: &[],
            audit: &[],
            hourly: &[],
            names: &|_| None,
        }
    }

    /// Whether there is nothing to keep.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.effects.nothing_to_keep()
            && self.tick.is_none()
            && self.registry.is_none()
            && self.maintenance.is_empty()
            && self.audit.is_empty()
            && self.hourly.is_empty()
    }
}

impl std::fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch").field("id", &self.id).field("effects", self.effects).finish_non_exhaustive()
    }
}

/// Where the writer stands.
pub(super) struct Mark {
    pub(super) batch: u64,
    pub(super) seq: u64,
    pub(super) tick: Option<Time>,
}

pub(super) async fn read_mark(link: &mut Link<'_>) -> Result<Mark, StoreError> {
    let row = link.row("SELECT batch, seq, tick_ms FROM mark", values![]).await?;
    let row = row.ok_or(StoreError::Content { table: "mark", what: "it is empty".to_owned() })?;
    Ok(Mark { batch: row.count("batch")?, seq: row.count("seq")?, tick: row.maybe_time("tick_ms")? })
}

impl Store {
    /// A number for the next batch.
    #[must_use]
    pub fn next_batch(&self) -> BatchId {
        BatchId(self.inner.batches.fetch_add(1, Ordering::Relaxed) + 1)
    }

    pub(super) async fn mark(&self) -> Result<Mark, StoreError> {
        let mut reader = self.inner.connections.read().await?;
        read_mark(&mut reader.link()?).await
    }

    /// Keeps a batch, in one transaction. After an error it may be tried again, as it is: it is kept once.
    ///
    /// # Errors
    /// `Stale` when a later batch was committed; else whatever the database says. Nothing is kept then, or all of it
    /// (when only the answer to the commit was lost); trying again finds that out.
    pub async fn commit(&self, batch: &Batch<'_>) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        // Messages must not collapse while somebody is taking them.
        let _gate = match batch.effects.messages.is_empty() {
            true => None,
            false => Some(self.inner.gate.lock().await),
        };
        let mut session = self.inner.connections.write().await?;
        let done = async { self.keep(&mut session.link()?, batch).await };
        let done = done.await;
        session.finish(done).await
    }

    /// Keeps World's tick alone.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub async fn tick(&self, now: Time) -> Result<(), StoreError> {
        let mut session = self.inner.connections.write().await?;
        let done = async { session.link()?.run("UPDATE mark SET tick_ms = $1", values![now]).await };
        let done = done.await;
        session.finish(done).await.map(|_| ())
    }

    async fn keep(&self, link: &mut Link<'_>, batch: &Batch<'_>) -> Result<(), StoreError> {
        let mark = read_mark(link).await?;
        match batch.id.0 {
            id if id == mark.batch => return Ok(()),
            id if id < mark.batch => return Err(StoreError::Stale { batch: id, committed: mark.batch }),
            _ => {}
        }
        let effects = batch.effects;
        let mut seq = mark.seq;
        put_history(link, batch, &mut seq).await?;
        put_targets(link, effects).await?;
        put_incidents(link, effects).await?;
        put_alerts(link, effects.alerts.iter().map(|a| &**a)).await?;
        put_steps(link, &effects.messages).await?;
        if !effects.messages.is_empty() {
            self.put_outbox(link, &effects.messages, batch.routes).await?;
        }
        if let Some(put) = batch.registry {
            put_registry(link, put).await?;
        }
        put_maintenance(link, batch.maintenance).await?;
        put_audit(link, batch.audit, &mut seq).await?;
        put_hourly(link, batch.hourly).await?;
        let tick = batch.tick.or(mark.tick);
        let sql = "UPDATE mark SET batch = $1, seq = $2, tick_ms = $3";
        link.run(sql, values![batch.id.0, seq, tick]).await.map(|_| ())
    }
}

async fn put_history(link: &mut Link<'_>, batch: &Batch<'_>, seq: &mut u64) -> Result<(), StoreError> {
    let transitions = &batch.effects.transitions;
    let subjects =
        Insert { head: "INSERT INTO subject (kind, id)", columns: 2, tail: "ON CONFLICT (kind, id) DO NOTHING" };
    let keys = transitions.iter().map(|t| subject_key(&t.subject)).map(|(kind, id, _)| values![kind, id]);
    link.put(&subjects, Box::new(keys)).await?;
    let history = Insert {
        head: "INSERT INTO history (seq, kind, subject, period, at_ms, since_ms, from_state, to_state, cause, \
               incident, reasons, registry_version, evidence)",
        columns: 13,
        tail: "",
    };
    let rows = transitions.iter().map(|t| {
        *seq += 1;
        history_row(t, *seq, batch)
    });
    link.put(&history, Box::new(rows)).await
}

fn history_row(t: &Transition, seq: u64, batch: &Batch<'_>) -> Values {
    let (kind, id, period) = subject_key(&t.subject);
    let cause = t.cause.as_ref().map(ToString::to_string);
    let evidence = t.evidence.as_ref().map(|o| json(&StoredOutcome::new(o, (batch.names)(o.target))));
    let reasons = reasons_text(t.reasons);
    let version = batch.registry_version;
    values![seq, kind, id, period, t.at, t.since, t.from, t.to, cause, t.incident, reasons, version, evidence]
}

async fn put_targets(link: &mut Link<'_>, effects: &Effects) -> Result<(), StoreError> {
    // One statement may touch a row only once (PostgreSQL): the last word counts.
    let last: BTreeMap<_, _> = effects.saved.iter().map(|t| (target_key(t), t)).collect();
    let (gone, kept): (Vec<_>, Vec<_>) = last.into_iter().partition(|(_, t)| matches!(t, SavedTarget::Gone(_)));
    let gone = gone.into_iter().map(|((kind, id), _)| values![kind, id]).collect();
    link.for_keys(("DELETE FROM target WHERE (kind, id) IN", ""), 2, gone).await?;
    let target = Insert {
        head: "INSERT INTO target (kind, id, body)",
        columns: 3,
        tail: "ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
    };
    link.put(&target, Box::new(kept.into_iter().map(|((kind, id), t)| values![kind, id, target_row(t)]))).await
}

async fn put_incidents(link: &mut Link<'_>, effects: &Effects) -> Result<(), StoreError> {
    let last: BTreeMap<_, _> = effects.incidents.iter().map(|i| (i.id, i)).collect();
    let incident = Insert {
        head: "INSERT INTO incident (id, status, severity, opened_ms, resolved_ms, words, body)",
        columns: 7,
        tail: "ON CONFLICT (id) DO UPDATE SET status = excluded.status, severity = excluded.severity, \
               opened_ms = excluded.opened_ms, resolved_ms = excluded.resolved_ms, words = excluded.words, \
               body = excluded.body",
    };
    let rows = last.into_values().map(|i| {
        let (status, severity, body) = (i.status.word(), i.severity.word(), json(&IncidentRow::from(&**i)));
        values![i.id, status, severity, i.opened_at, i.resolved_at, search_words(i), body]
    });
    link.put(&incident, Box::new(rows)).await
}

/// What a search finds an incident by.
fn search_words(i: &Incident) -> String {
    let cameras = i.cameras.iter().map(ToString::to_string);
    let entrances = i.entrances_lost.iter().map(ToString::to_string);
    let villages = i.villages.iter().map(ToString::to_string);
    let cause = [i.cause.to_string(), i.cause_name.to_string()].into_iter();
    cause.chain(cameras).chain(entrances).chain(villages).collect::<Vec<_>>().join(" ").to_lowercase()
}

async fn put_alerts<'a>(link: &mut Link<'_>, alerts: impl Iterator<Item = &'a Alert>) -> Result<(), StoreError> {
    // The row of an open alert becomes that of an ended one; a key may end and open again within a batch.
    let mut rows: BTreeMap<(&AlertKey, i64), Values> = BTreeMap::new();
    let mut ended: BTreeMap<&AlertKey, Values> = BTreeMap::new();
    for alert in alerts {
        let key = &alert.key;
        let (name, kind, object) = (key.name.word(), object_kind(&key.object), key.object.to_string());
        // 0 stands for "open".
        let end = alert.ended.map_or(0, |(at, _)| at.millis().max(1));
        if end != 0 {
            rows.remove(&(key, 0));
            ended.insert(key, values![name, kind, object.as_str()]);
        }
        rows.insert((key, end), values![name, kind, object, end, alert.incident, json(&AlertRow::from(alert))]);
    }
    let gone = ("DELETE FROM alert WHERE ended_ms = 0 AND (name, object_kind, object) IN", "");
    link.for_keys(gone, 3, ended.into_values().collect()).await?;
    let insert = Insert {
        head: "INSERT INTO alert (name, object_kind, object, ended_ms, incident, body)",
        columns: 6,
        tail: "ON CONFLICT (name, object_kind, object, ended_ms) \
               DO UPDATE SET incident = excluded.incident, body = excluded.body",
    };
    link.put(&insert, Box::new(rows.into_values())).await
}

async fn put_steps(link: &mut Link<'_>, messages: &[Message]) -> Result<(), StoreError> {
    let step = Insert {
        head: "INSERT INTO incident_step (incident, step, at_ms, kind, why, pages, message)",
        columns: 7,
        tail: "ON CONFLICT (incident, step) DO NOTHING",
    };
    let rows = messages.iter().map(|m| {
        let (kind, why, message) = (m.kind.word(), m.why.word(), json(&MessageRow::from(m)));
        values![m.incident.id, m.step, m.at, kind, why, m.kind.pages(), message]
    });
    link.put(&step, Box::new(rows)).await
}
