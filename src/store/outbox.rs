//! What is to be told: rows that outlive a restart, handed out one a sink and incident, in order.
//!
//! A row is `pending` until somebody takes it, `sending` from then on: also after a crash, because it may have been
//! received. It is sent again under the same key until it is delivered or given up.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use cunkou_core::alert::{Alert, AlertKey, Message, MessageKind};
use cunkou_core::model::{IncidentId, Time};
use sqlx::any::AnyRow;

use super::routing::{SinkRoute, Slot, SlotState, Slots, route};
use super::rows::{MessageRow, parse, word};
use super::sql::{Cells, Insert, Link, Values, values};
use super::{Store, StoreError};

/// The longest error text that is kept, in characters.
const MAX_ERROR: usize = 500;

/// The key of a message. Its text is the idempotency key: `incident/sink/step`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutboxKey {
    /// The incident.
    pub incident: IncidentId,
    /// The sink's name.
    pub sink: String,
    /// The step.
    pub step: u32,
}

impl fmt::Display for OutboxKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.incident, self.sink, self.step)
    }
}

/// One thing to tell a sink.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxRow {
    /// Under which key.
    pub key: OutboxKey,
    /// The first step it tells; less than the key's where earlier ones collapsed into it.
    pub from_step: u32,
    /// The latest step, with the alerts that ended in the collapsed ones.
    pub message: Message,
    /// The kinds of all the steps it tells, in order; the last is the message's own.
    pub kinds: Vec<MessageKind>,
    /// Whether one of them pages: a page is not lost by collapsing.
    pub pages: bool,
    /// Whether this sink has received anything of this incident before.
    pub told_before: bool,
    /// When the first step it tells was written.
    pub created_at: Time,
    /// Tries so far.
    pub attempts: u32,
    /// Whether an earlier try may have been received.
    pub uncertain: bool,
}

/// Whether a failed try may have been received all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// Surely not: no connection, or an answer that refuses. Later steps may collapse with it.
    No,
    /// Perhaps: the request went out and no answer came. It keeps its key until it is delivered.
    Maybe,
}

/// Which of the rows that are due are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// At most so many, in the order in which they were committed.
    Oldest(u32),
    /// One, that which was tried least.
    LeastTried,
}

/// What waits for a sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backlog {
    /// The sink's name.
    pub sink: String,
    /// Messages that wait.
    pub messages: u64,
    /// When the oldest of them was written.
    pub oldest: Time,
}

/// The first unsent row of each incident, where it is due; `$4` is 1 where the least tried come first.
pub(super) const HEADS: &str = "SELECT o.incident, o.step, o.from_step, o.state, o.created_ms, o.attempts, \
     (SELECT COUNT(*) FROM outbox d WHERE d.incident = o.incident AND d.sink = o.sink \
     AND d.state = 'delivered') AS told \
     FROM outbox o WHERE o.sink = $1 AND o.state IN ('pending', 'sending') AND o.next_attempt_ms <= $2 \
     AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.sink = o.sink AND e.incident = o.incident AND e.step < o.step \
     AND e.state IN ('pending', 'sending')) ORDER BY o.attempts * $4, o.created_ms, o.incident LIMIT $3";

pub(super) const NEXT: &str = "SELECT o.incident, o.step, o.next_attempt_ms FROM outbox o \
     WHERE o.sink = $1 AND o.state IN ('pending', 'sending') \
     AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.sink = o.sink AND e.incident = o.incident AND e.step < o.step \
     AND e.state IN ('pending', 'sending')) ORDER BY o.next_attempt_ms, o.incident LIMIT $2";

const OUTBOX: Insert = Insert {
    head: "INSERT INTO outbox (incident, sink, step, from_step, state, created_ms, next_attempt_ms, attempts)",
    columns: 8,
    tail: "ON CONFLICT (incident, sink, step) DO UPDATE SET from_step = excluded.from_step, state = excluded.state, \
           created_ms = excluded.created_ms, next_attempt_ms = excluded.next_attempt_ms, attempts = excluded.attempts",
};

impl Store {
    /// Takes what is due for a sink: of each incident only the oldest unsent one, so that its order is kept. A row that
    /// was handed out is not handed out again, and does not collapse, until [`Store::delivered`], [`Store::retry`] or
    /// [`Store::dropped`] was told of it and kept that, or [`Store::release`] gave it back.
    ///
    /// While the store cannot write, what was committed is handed out all the same.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn pending(&self, sink: &str, now: Time, take: Take) -> Result<Vec<OutboxRow>, StoreError> {
        let _gate = self.inner.gate.lock().await;
        let mut reader = self.inner.connections.read().await?;
        let rows = self.due(&mut reader.link()?, sink, now, take).await?;
        drop(reader);
        if rows.is_empty() {
            return Ok(rows);
        }
        if let Err(error) = self.mark_sending(&rows).await {
            // Only a crash within this very try could now let the row collapse with later ones.
            tracing::warn!(
                sink,
                error = &error as &dyn std::error::Error,
                "sending what cannot be marked as being sent"
            );
        }
        self.claimed().extend(rows.iter().map(|row| (row.key.clone(), !row.uncertain)));
        Ok(rows)
    }

    async fn due(&self, link: &mut Link<'_>, sink: &str, now: Time, take: Take) -> Result<Vec<OutboxRow>, StoreError> {
        let (limit, by_tries) = match take {
            Take::Oldest(n) => (n, 0_i64),
            Take::LeastTried => (1, 1),
        };
        let claimed = u32::try_from(self.claimed().keys().filter(|k| k.sink == sink).count()).unwrap_or(u32::MAX);
        let heads = link.rows(HEADS, values![sink, now, limit.saturating_add(claimed), by_tries]).await?;
        let heads: Result<Vec<Head>, StoreError> = heads.iter().map(|row| Head::read(row, sink)).collect();
        let mut heads = heads?;
        {
            let claimed = self.claimed();
            heads.retain(|head| !claimed.contains_key(&head.key));
        }
        heads.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let wanted: Vec<Values> = heads
            .iter()
            .flat_map(|head| (head.from_step..=head.key.step).map(|step| values![head.key.incident, step]))
            .collect();
        let steps = ("SELECT incident, step, message FROM incident_step WHERE (incident, step) IN", "");
        let mut told: BTreeMap<(u64, u32), Message> = BTreeMap::new();
        for row in link.for_keys(steps, 2, wanted).await? {
            let read = parse::<MessageRow>(&row.text("message")?).and_then(Message::try_from);
            told.insert((row.count("incident")?, row.small("step")?), read.map_err(|e| e.of("incident_step"))?);
        }
        heads.into_iter().map(|head| head.with(&told)).collect()
    }

    async fn mark_sending(&self, rows: &[OutboxRow]) -> Result<(), StoreError> {
        let mut session = self.inner.connections.write().await?;
        let keys = rows.iter().map(|r| values![r.key.incident, r.key.sink.as_str(), r.key.step]).collect();
        let update = ("UPDATE outbox SET state = 'sending' WHERE state = 'pending' AND (incident, sink, step) IN", "");
        let marked = async { session.link()?.for_keys(update, 3, keys).await };
        let marked = marked.await;
        session.finish(marked).await.map(|_| ())
    }

    /// A sink has received a row. `code` is what it answered, where it has such; `to` names who of the roster was called.
    ///
    /// # Errors
    /// When that cannot be kept: the row stays with the caller, who tells it again later.
    pub async fn delivered(
        &self,
        key: &OutboxKey,
        now: Time,
        code: Option<u16>,
        to: Option<&str>,
    ) -> Result<(), StoreError> {
        let code = super::sql::Value::Int(code.map(i64::from));
        let sql = "UPDATE outbox SET state = 'delivered', ended_ms = $4, answer_code = $5, told_to = $6, \
                   attempts = attempts + 1 WHERE incident = $1 AND sink = $2 AND step = $3";
        self.settle(key, sql, vec![now.into(), code, to.map(str::to_owned).into()]).await
    }

    /// A row is given up: the sink will never take it, or is no more.
    ///
    /// # Errors
    /// As [`Store::delivered`].
    pub async fn dropped(&self, key: &OutboxKey, now: Time, error: &str) -> Result<(), StoreError> {
        let sql = "UPDATE outbox SET state = 'dropped', ended_ms = $4, last_error = $5, attempts = attempts + 1 \
                   WHERE incident = $1 AND sink = $2 AND step = $3";
        self.settle(key, sql, vec![now.into(), cut(error).into()]).await
    }

    async fn settle(&self, key: &OutboxKey, sql: &'static str, more: Values) -> Result<(), StoreError> {
        let mut session = self.inner.connections.write().await?;
        let mut all = values![key.incident, key.sink.as_str(), key.step];
        all.extend(more);
        let done = async { session.link()?.run(sql, all).await };
        let done = done.await;
        session.finish(done).await?;
        self.claimed().remove(key);
        Ok(())
    }

    /// A try failed, by an answer with `code` or without one; the next is not before `next_attempt`. Where it was surely not received, it collapses into a
    /// later step that waits already.
    ///
    /// # Errors
    /// As [`Store::delivered`].
    pub async fn retry(
        &self,
        key: &OutboxKey,
        next_attempt: Time,
        error: &str,
        got: Received,
        code: Option<u16>,
    ) -> Result<(), StoreError> {
        let mut session = self.inner.connections.write().await?;
        let done = async {
            let mut link = session.link()?;
            let state = match got {
                Received::No => SlotState::Pending,
                Received::Maybe => SlotState::Sending,
            };
            let sql = "UPDATE outbox SET state = $4, next_attempt_ms = $5, last_error = $6, attempts = attempts + 1, \
                       answer_code = $7 WHERE incident = $1 AND sink = $2 AND step = $3";
            let mut of = values![key.incident, key.sink.as_str(), key.step, state.word(), next_attempt, cut(error)];
            of.push(super::sql::Value::Int(code.map(i64::from)));
            link.run(sql, of).await?;
            match got {
                Received::No => collapse_into_later(&mut link, key).await,
                Received::Maybe => Ok(()),
            }
        };
        let done = done.await;
        session.finish(done).await?;
        self.claimed().remove(key);
        Ok(())
    }

    /// Rows that were handed out and not tried wait as before, also when that cannot be kept.
    pub async fn release(&self, rows: &[OutboxKey]) {
        let _gate = self.inner.gate.lock().await;
        // What was tried before, by us or in a life before, may have been received: it stays as it is.
        let fresh: Vec<&OutboxKey> = {
            let claimed = self.claimed();
            rows.iter().filter(|key| claimed.get(key) == Some(&true)).collect()
        };
        if let Err(error) = self.unmark(&fresh).await {
            // They stay marked as being sent: they will not collapse, and are sent all the same.
            tracing::warn!(error = &error as &dyn std::error::Error, "what was not sent stays marked as being sent");
        }
        let mut claimed = self.claimed();
        rows.iter().for_each(|key| {
            claimed.remove(key);
        });
    }

    async fn unmark(&self, rows: &[&OutboxKey]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut session = self.inner.connections.write().await?;
        let done = async {
            let mut link = session.link()?;
            for key in rows {
                let sql = "UPDATE outbox SET state = 'pending' WHERE incident = $1 AND sink = $2 AND step = $3";
                link.run(sql, values![key.incident, key.sink.as_str(), key.step]).await?;
                collapse_into_later(&mut link, key).await?;
            }
            Ok(())
        };
        let done = done.await;
        session.finish(done).await
    }

    /// When the next row of a sink is due, of those that nobody has; `None`: nothing waits.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn next_attempt(&self, sink: &str) -> Result<Option<Time>, StoreError> {
        let claimed: Vec<OutboxKey> = self.claimed().keys().filter(|k| k.sink == sink).cloned().collect();
        let limit = u32::try_from(claimed.len()).unwrap_or(u32::MAX).saturating_add(1);
        let mut reader = self.inner.connections.read().await?;
        for row in reader.link()?.rows(NEXT, values![sink, limit]).await? {
            let (incident, step) = (IncidentId(row.count("incident")?), row.small("step")?);
            if !claimed.iter().any(|k| k.incident == incident && k.step == step) {
                return Ok(Some(row.time("next_attempt_ms")?));
            }
        }
        Ok(None)
    }

    /// What waits, by sink; sinks for which nothing waits are not named.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn backlog(&self) -> Result<Vec<Backlog>, StoreError> {
        let sql = "SELECT sink, COUNT(*) AS messages, MIN(created_ms) AS oldest FROM outbox \
                   WHERE state IN ('pending', 'sending') GROUP BY sink ORDER BY sink";
        let mut reader = self.inner.connections.read().await?;
        let rows = reader.link()?.rows(sql, values![]).await?;
        let read = |row: &AnyRow| {
            Ok(Backlog { sink: row.text("sink")?, messages: row.count("messages")?, oldest: row.time("oldest")? })
        };
        rows.iter().map(read).collect()
    }

    /// Gives up what waits for sinks that are not in the settings any more; gives the number of messages. For a start.
    ///
    /// # Errors
    /// When it cannot be read or kept.
    pub async fn retire_sinks(&self, keep: &[&str], now: Time) -> Result<u64, StoreError> {
        let gone: Vec<String> = self.backlog().await?.into_iter().map(|b| b.sink).collect();
        let mut session = self.inner.connections.write().await?;
        let done = async {
            let mut link = session.link()?;
            let mut dropped = 0;
            for sink in gone.iter().filter(|sink| !keep.contains(&sink.as_str())) {
                let sql = "UPDATE outbox SET state = 'dropped', ended_ms = $2, last_error = 'the sink was removed' \
                           WHERE sink = $1 AND state IN ('pending', 'sending')";
                dropped += link.run(sql, values![sink.as_str(), now]).await?;
            }
            Ok(dropped)
        };
        let done = done.await;
        session.finish(done).await
    }

    /// Writes the rows of the outbox that a batch's messages make, and those that collapse into them.
    pub(super) async fn put_outbox(
        &self,
        link: &mut Link<'_>,
        messages: &[Message],
        routes: &[SinkRoute],
    ) -> Result<(), StoreError> {
        let mut incidents: Vec<u64> = messages.iter().map(|m| m.incident.id.0).collect();
        incidents.sort_unstable();
        incidents.dedup();
        let ask = (
            "SELECT incident, sink, step, from_step, state, created_ms, next_attempt_ms, attempts FROM outbox \
             WHERE incident IN",
            "",
        );
        let mut slots = Slots::new();
        for row in link.for_keys(ask, 1, incidents.into_iter().map(|id| values![id]).collect()).await? {
            let (key, mut slot) = slot(&row)?;
            // Handed out while the store could not mark it.
            if slot.state == SlotState::Pending && self.claimed().contains_key(&key) {
                slot.state = SlotState::Sending;
            }
            slots.insert(key, slot);
        }
        messages.iter().for_each(|message| route(message, routes, &mut slots));
        let rows = slots.into_iter().filter(|(_, slot)| slot.changed).map(|(key, slot)| {
            let from = slot.from_step;
            let state = slot.state.word();
            values![key.incident, key.sink, key.step, from, state, slot.created, slot.next_attempt, slot.attempts]
        });
        link.put(&OUTBOX, Box::new(rows)).await
    }
}

async fn collapse_into_later(link: &mut Link<'_>, key: &OutboxKey) -> Result<(), StoreError> {
    let sql = "SELECT step FROM outbox WHERE incident = $1 AND sink = $2 AND step > $3 AND state = 'pending' \
               ORDER BY step DESC LIMIT 1";
    let Some(later) = link.row(sql, values![key.incident, key.sink.as_str(), key.step]).await? else { return Ok(()) };
    let into = "UPDATE outbox SET \
        from_step = (SELECT e.from_step FROM outbox e WHERE e.incident = $1 AND e.sink = $2 AND e.step = $3), \
        created_ms = (SELECT e.created_ms FROM outbox e WHERE e.incident = $1 AND e.sink = $2 AND e.step = $3), \
        next_attempt_ms = \
        (SELECT e.next_attempt_ms FROM outbox e WHERE e.incident = $1 AND e.sink = $2 AND e.step = $3), \
        attempts = (SELECT e.attempts FROM outbox e WHERE e.incident = $1 AND e.sink = $2 AND e.step = $3) \
        WHERE incident = $1 AND sink = $2 AND step = $4";
    link.run(into, values![key.incident, key.sink.as_str(), key.step, later.int("step")?]).await?;
    let gone = "UPDATE outbox SET state = 'collapsed' WHERE incident = $1 AND sink = $2 AND step = $3";
    link.run(gone, values![key.incident, key.sink.as_str(), key.step]).await.map(|_| ())
}

fn slot(row: &AnyRow) -> Result<(OutboxKey, Slot), StoreError> {
    let key =
        OutboxKey { incident: IncidentId(row.count("incident")?), sink: row.text("sink")?, step: row.small("step")? };
    let state = word(&row.text("state")?, SlotState::from_word).map_err(|e| e.of("outbox"))?;
    let slot = Slot {
        from_step: row.small("from_step")?,
        state,
        created: row.time("created_ms")?,
        next_attempt: row.time("next_attempt_ms")?,
        attempts: row.small("attempts")?,
        changed: false,
    };
    Ok((key, slot))
}

/// The oldest unsent row of an incident for a sink.
struct Head {
    key: OutboxKey,
    from_step: u32,
    created_at: Time,
    attempts: u32,
    told_before: bool,
    uncertain: bool,
}

impl Head {
    fn read(row: &AnyRow, sink: &str) -> Result<Head, StoreError> {
        let incident = IncidentId(row.count("incident")?);
        Ok(Head {
            key: OutboxKey { incident, sink: sink.to_owned(), step: row.small("step")? },
            from_step: row.small("from_step")?,
            created_at: row.time("created_ms")?,
            attempts: row.small("attempts")?,
            told_before: row.int("told")? > 0,
            uncertain: row.text("state")? == SlotState::Sending.word(),
        })
    }

    /// The row with its steps made one.
    fn with(self, told: &BTreeMap<(u64, u32), Message>) -> Result<OutboxRow, StoreError> {
        let incident = self.key.incident.0;
        let steps: Vec<&Message> =
            told.range((incident, self.from_step)..=(incident, self.key.step)).map(|(_, m)| m).collect();
        let Some(last) = steps.last().filter(|m| m.step == self.key.step) else {
            return Err(StoreError::Content { table: "outbox", what: format!("{} has no message", self.key) });
        };
        let message = match last.kind {
            MessageKind::Digest => Message::digests_together(&steps),
            _ => None,
        };
        Ok(OutboxRow {
            message: message.unwrap_or_else(|| Message { alerts: merged(&steps), ..(*last).clone() }),
            kinds: steps.iter().map(|m| m.kind).collect(),
            pages: steps.iter().any(|m| m.kind.pages()),
            from_step: self.from_step,
            told_before: self.told_before,
            created_at: self.created_at,
            attempts: self.attempts,
            uncertain: self.uncertain,
            key: self.key,
        })
    }
}

/// The alerts of the last step, and those that ended in the steps before it and are not open again.
fn merged(steps: &[&Message]) -> Vec<Arc<Alert>> {
    let mut alerts: BTreeMap<&AlertKey, &Arc<Alert>> = BTreeMap::new();
    let Some((last, earlier)) = steps.split_last() else { return Vec::new() };
    for alert in earlier.iter().flat_map(|m| &m.alerts).filter(|a| a.ended.is_some()) {
        alerts.insert(&alert.key, alert);
    }
    for alert in &last.alerts {
        alerts.remove(&alert.key);
    }
    last.alerts.iter().chain(alerts.into_values()).cloned().collect()
}

fn cut(error: &str) -> String {
    error.chars().take(MAX_ERROR).collect()
}
