//! Incidents, for people: the list, and the whole story of one.

use cunkou_core::alert::{Alert, Incident, IncidentStatus, MessageKind, SayReason};
use cunkou_core::model::{IncidentId, Time};
use sqlx::any::AnyRow;

use super::outbox::OutboxKey;
use super::rows::{AlertRow, IncidentRow, RowFault, parse, word};
use super::sql::{Cells, Link, Select, values};
use super::{Store, StoreError};

/// Which incidents are wanted; newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IncidentQuery {
    /// With one of these; empty: with any.
    pub statuses: Vec<IncidentStatus>,
    /// With this text in its cause, or in an id of its cameras, entrances or villages; empty: any.
    pub text: String,
    /// The number of the last one of the page before.
    pub before: Option<IncidentId>,
    /// At most so many.
    pub limit: u32,
}

/// One step of an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its number.
    pub step: u32,
    /// When.
    pub at: Time,
    /// What was told.
    pub kind: MessageKind,
    /// Why.
    pub why: SayReason,
    /// Whether it paged.
    pub pages: bool,
}

/// What became of one step for one sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Which.
    pub key: OutboxKey,
    /// The first step it told.
    pub from_step: u32,
    /// `pending`, `sending`, `delivered`, `dropped`, `collapsed`.
    pub state: String,
    /// When it was written.
    pub created_at: Time,
    /// When it is tried next, while it waits.
    pub next_attempt_at: Time,
    /// Tries so far.
    pub attempts: u32,
    /// When it was delivered or given up.
    pub ended_at: Option<Time>,
    /// The last error.
    pub last_error: Option<String>,
    /// What the sink answered the last try: a status of HTTP or SMTP.
    pub answer_code: Option<i64>,
    /// Who of the roster was called, by name; `None`: whom the settings of the sink name.
    pub told_to: Option<String>,
}

/// All that is known of an incident.
#[derive(Debug, Clone, PartialEq)]
pub struct IncidentStory {
    /// It.
    pub incident: Incident,
    /// What was told of it, in order.
    pub steps: Vec<Step>,
    /// Its alerts, ended ones too; by name and object.
    pub alerts: Vec<Alert>,
    /// What became of its messages, by sink and step.
    pub deliveries: Vec<Delivery>,
}

impl Store {
    /// Incidents, newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn incidents(&self, query: &IncidentQuery) -> Result<Vec<Incident>, StoreError> {
        let statuses: Vec<&'static str> = query.statuses.iter().map(|s| s.word()).collect();
        let mut select = Select::new("SELECT body FROM incident").and_in("status", &statuses);
        if !query.text.is_empty() {
            select = select.and_contains("words", &query.text.to_lowercase());
        }
        let mut reader = self.inner.connections.read().await?;
        let select = select.and_some("id <", query.before);
        let rows = select.ask(&mut reader.link()?, "id DESC", query.limit).await?;
        rows.iter().map(incident).collect()
    }

    /// The story of one incident.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn incident(&self, id: IncidentId) -> Result<Option<IncidentStory>, StoreError> {
        let mut reader = self.inner.connections.read().await?;
        let mut link = reader.link()?;
        let Some(row) = link.row("SELECT body FROM incident WHERE id = $1", values![id]).await? else {
            return Ok(None);
        };
        Ok(Some(IncidentStory {
            incident: incident(&row)?,
            steps: steps(&mut link, id).await?,
            alerts: alerts(&mut link, id).await?,
            deliveries: deliveries(&mut link, id).await?,
        }))
    }
}

fn incident(row: &AnyRow) -> Result<Incident, StoreError> {
    let read = parse::<IncidentRow>(&row.text("body")?).and_then(Incident::try_from);
    read.map_err(|e| e.of("incident"))
}

async fn steps(link: &mut Link<'_>, id: IncidentId) -> Result<Vec<Step>, StoreError> {
    let sql = "SELECT step, at_ms, kind, why, pages FROM incident_step WHERE incident = $1 ORDER BY step";
    let fault = |e: RowFault| e.of("incident_step");
    let read = |row: &AnyRow| {
        Ok(Step {
            step: row.small("step")?,
            at: row.time("at_ms")?,
            kind: word(&row.text("kind")?, MessageKind::from_word).map_err(fault)?,
            why: word(&row.text("why")?, SayReason::from_word).map_err(fault)?,
            pages: row.int("pages")? != 0,
        })
    };
    link.rows(sql, values![id]).await?.iter().map(read).collect()
}

async fn alerts(link: &mut Link<'_>, id: IncidentId) -> Result<Vec<Alert>, StoreError> {
    let sql = "SELECT body FROM alert WHERE incident = $1 ORDER BY name, object_kind, object, ended_ms";
    let read = |row: &AnyRow| {
        let read = parse::<AlertRow>(&row.text("body")?).and_then(Alert::try_from);
        read.map_err(|e| e.of("alert"))
    };
    link.rows(sql, values![id]).await?.iter().map(read).collect()
}

async fn deliveries(link: &mut Link<'_>, id: IncidentId) -> Result<Vec<Delivery>, StoreError> {
    let sql = "SELECT sink, step, from_step, state, created_ms, next_attempt_ms, attempts, ended_ms, last_error, \
               answer_code, told_to FROM outbox WHERE incident = $1 ORDER BY sink, step";
    let read = |row: &AnyRow| {
        Ok(Delivery {
            key: OutboxKey { incident: id, sink: row.text("sink")?, step: row.small("step")? },
            from_step: row.small("from_step")?,
            state: row.text("state")?,
            created_at: row.time("created_ms")?,
            next_attempt_at: row.time("next_attempt_ms")?,
            attempts: row.small("attempts")?,
            ended_at: row.maybe_time("ended_ms")?,
            last_error: row.maybe_text("last_error")?,
            answer_code: row.maybe_int("answer_code")?,
            told_to: row.maybe_text("told_to")?,
        })
    };
    link.rows(sql, values![id]).await?.iter().map(read).collect()
}
