//! The store as the rooms beside it want to see it: history for the API, the outbox for the sinks, counters for the
//! engine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cunkou_core::alert::{Incident, MAX_REVIEWED, MAX_WORST, OftenOut};
use cunkou_core::health::State;
use cunkou_core::model::{CameraId, IncidentId, Outcome, Period, Severity, Span, Time};
use cunkou_core::world::Subject;

use crate::engine::Watcher;
use crate::http::{
    Answer, AuditEntry, AuditQuery, Delivery, History, HistoryError, PastChange, PastEntrance, PastTurn, Step,
};
use crate::metrics::Counters;
use crate::notify::{self, Outbox, OutboxError, OutboxItem, Past, RowKey, Take};
use crate::report::{self, Availability, Turn, standing};
use crate::store::{self, CameraTurn, IncidentQuery, OutboxKey, Store, StoreError, TransitionQuery};

/// The past, out of the store.
pub(super) struct StoreHistory(pub(super) Store);

fn history(error: StoreError) -> HistoryError {
    HistoryError(Box::new(error))
}

impl History for StoreHistory {
    fn entrances_at(&self, period: Period, at: Time) -> Answer<'_, Vec<PastEntrance>> {
        Box::pin(async move {
            let rows = self.0.entrances_at(period, at).await.map_err(history)?;
            let past = rows.into_iter().map(|r| PastEntrance {
                id: r.id,
                state: r.state,
                since: r.since,
                cause: r.cause,
                incident: r.incident,
            });
            Ok(past.collect())
        })
    }

    fn cameras_at(&self, at: Time) -> Answer<'_, Vec<(CameraId, State)>> {
        Box::pin(async move {
            let rows = self.0.cameras_at(at).await.map_err(history)?;
            Ok(rows.into_iter().map(|r| (r.id, r.state)).collect())
        })
    }

    fn entrance_turns(&self, from: Time, to: Time, limit: usize) -> Answer<'_, Vec<PastTurn>> {
        Box::pin(async move {
            let limit = u32::try_from(limit).unwrap_or(u32::MAX);
            let rows = self.0.entrance_turns(Period::Now, from, to, limit).await.map_err(history)?;
            Ok(rows.into_iter().map(|r| PastTurn { at: r.at, id: r.id, to: r.to }).collect())
        })
    }

    fn changes(&self, of: Subject, before: Option<u64>, limit: usize) -> Answer<'_, Vec<PastChange>> {
        Box::pin(async move {
            let limit = u32::try_from(limit).unwrap_or(u32::MAX);
            let query = TransitionQuery { subject: Some(of), before, limit, ..TransitionQuery::default() };
            let rows = self.0.transitions(&query).await.map_err(history)?;
            let change = |r: store::TransitionRow| PastChange {
                number: r.seq,
                at: r.at,
                since: r.since,
                from: r.from,
                to: r.to,
                cause: r.cause,
                incident: r.incident,
                reasons: r.reasons,
            };
            Ok(rows.into_iter().map(change).collect())
        })
    }

    fn incidents(&self, before: Option<IncidentId>, limit: usize) -> Answer<'_, Vec<Incident>> {
        Box::pin(async move {
            let limit = u32::try_from(limit).unwrap_or(u32::MAX);
            let query = IncidentQuery { before, limit, ..IncidentQuery::default() };
            self.0.incidents(&query).await.map_err(history)
        })
    }

    fn incident(&self, id: IncidentId) -> Answer<'_, Option<Incident>> {
        Box::pin(async move { Ok(self.0.incident(id).await.map_err(history)?.map(|story| story.incident)) })
    }

    fn steps(&self, id: IncidentId) -> Answer<'_, Vec<Step>> {
        Box::pin(async move {
            let story = self.0.incident(id).await.map_err(history)?;
            let steps = story.into_iter().flat_map(|s| s.steps);
            Ok(steps.map(|s| Step { step: s.step, at: s.at, kind: Some(s.kind), why: s.why }).collect())
        })
    }

    fn deliveries(&self, id: IncidentId) -> Answer<'_, Vec<Delivery>> {
        Box::pin(async move {
            let story = self.0.incident(id).await.map_err(history)?;
            let deliveries = story.into_iter().flat_map(|s| s.deliveries);
            Ok(deliveries.map(delivery).collect())
        })
    }

    fn maintenance(&self, now: Time) -> Answer<'_, Vec<store::Maintenance>> {
        Box::pin(async move { Ok(self.0.maintenance(now).await.map_err(history)?.0) })
    }

    fn audit(&self, query: AuditQuery) -> Answer<'_, Vec<AuditEntry>> {
        Box::pin(async move {
            let query = crate::store::AuditQuery {
                since: query.since,
                until: query.until,
                who: query.who,
                what: query.kind,
                before: query.before,
                limit: u32::try_from(query.limit).unwrap_or(u32::MAX),
            };
            let rows = self.0.audit(&query).await.map_err(history)?;
            Ok(rows.into_iter().map(audit_entry).collect())
        })
    }
}

fn audit_entry(row: crate::store::AuditRow) -> AuditEntry {
    let crate::store::AuditEntry { at, who, what, object, from, via, old, new } = row.entry;
    AuditEntry { number: row.seq, at, who, kind: what, object, from, via, old, new }
}

fn delivery(d: crate::store::Delivery) -> Delivery {
    let ended = |state: &str| d.ended_at.filter(|_| d.state == state);
    Delivery {
        sink: d.key.sink.as_str().into(),
        step: d.key.step,
        attempts: d.attempts,
        delivered: ended("delivered"),
        dropped: ended("dropped"),
        error: d.last_error.as_deref().map(Into::into),
        code: d.answer_code.and_then(|code| u16::try_from(code).ok()),
        to: d.told_to.as_deref().map(Into::into),
    }
}

/// The outbox of the sinks, out of the store.
#[derive(Debug, Clone)]
pub struct StoreOutbox {
    store: Store,
}

impl StoreOutbox {
    /// The outbox of this store.
    #[must_use]
    pub fn new(store: Store) -> StoreOutbox {
        StoreOutbox { store }
    }
}

fn outbox(error: StoreError) -> OutboxError {
    OutboxError(Box::new(error))
}

fn key(sink: &str, row: &RowKey) -> OutboxKey {
    OutboxKey { incident: row.incident, sink: sink.to_owned(), step: row.step }
}

impl Outbox for StoreOutbox {
    async fn pending(&self, sink: &str, due_by: Time, take: Take) -> Result<Vec<OutboxItem>, OutboxError> {
        let take = match take {
            Take::Oldest(n) => store::Take::Oldest(u32::try_from(n).unwrap_or(u32::MAX)),
            Take::LeastTried => store::Take::LeastTried,
        };
        let rows = self.store.pending(sink, due_by, take).await.map_err(outbox)?;
        let item = |row: store::OutboxRow| OutboxItem {
            message: Arc::new(row.message),
            kinds: row.kinds,
            attempts: row.attempts,
            next_attempt_at: due_by,
            created_at: row.created_at,
        };
        Ok(rows.into_iter().map(item).collect())
    }

    async fn release(&self, sink: &str, rows: &[RowKey]) {
        let keys: Vec<OutboxKey> = rows.iter().map(|row| key(sink, row)).collect();
        self.store.release(&keys).await;
    }

    async fn delivered(
        &self,
        sink: &str,
        rows: &[RowKey],
        at: Time,
        code: Option<u16>,
        to: Option<&str>,
    ) -> Result<(), OutboxError> {
        for row in rows {
            self.store.delivered(&key(sink, row), at, code, to).await.map_err(outbox)?;
        }
        Ok(())
    }

    async fn retry(
        &self,
        sink: &str,
        rows: &[RowKey],
        next: Time,
        error: &str,
        received: notify::Received,
        code: Option<u16>,
    ) -> Result<(), OutboxError> {
        let received = match received {
            notify::Received::No => store::Received::No,
            notify::Received::Maybe => store::Received::Maybe,
        };
        for row in rows {
            self.store.retry(&key(sink, row), next, error, received, code).await.map_err(outbox)?;
        }
        Ok(())
    }

    async fn dropped(&self, sink: &str, rows: &[RowKey], at: Time) -> Result<(), OutboxError> {
        for row in rows {
            let why = "the settings of the sink no longer take it";
            self.store.dropped(&key(sink, row), at, why).await.map_err(outbox)?;
        }
        Ok(())
    }

    async fn last_review(&self, sink: &str) -> Result<Option<Time>, OutboxError> {
        self.store.last_review(sink).await.map_err(outbox)
    }

    async fn reviewed(&self, sink: &str, due: Time) -> Result<(), OutboxError> {
        self.store.reviewed(sink, due).await.map_err(outbox)
    }

    async fn past(&self, least: Severity, between: (Time, Time)) -> Result<Past, OutboxError> {
        let (mended, mended_in_all) = self.store.mended(least, between, MAX_REVIEWED).await.map_err(outbox)?;
        let turns = self.store.camera_turns(between).await.map_err(outbox)?.unwrap_or_default();
        let turn = |t: &CameraTurn| Turn { at: t.at, since: t.since, standing: standing(&t.to, t.reasons) };
        let turns: BTreeMap<CameraId, Vec<Turn>> =
            turns.iter().map(|(id, turns)| (id.clone(), turns.iter().map(turn).collect())).collect();
        let (available, worst) = report::worst(&turns, between, between.1, MAX_WORST);
        let out = |(camera, a): (CameraId, Availability)| OftenOut {
            camera,
            out: a.out,
            available: a.share().unwrap_or_default(),
        };
        Ok(Past {
            mended: mended.into_iter().map(Arc::new).collect(),
            mended_in_all,
            available,
            worst: worst.into_iter().map(out).collect(),
        })
    }

    async fn next_attempt(&self, sink: &str) -> Result<Option<Time>, OutboxError> {
        self.store.next_attempt(sink).await.map_err(outbox)
    }
}

/// The engine's events, as counters.
pub(super) struct Count(pub(super) Arc<Counters>);

impl Watcher for Count {
    fn probed(&self, outcome: &Outcome, lag: Span) {
        self.0.probe(outcome);
        self.0.schedule_lag(lag);
    }

    fn committed(&self, took: Duration, good: bool) {
        if good {
            self.0.transaction(took);
        }
    }
}
