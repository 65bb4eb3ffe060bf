//! What a town went through, for how often things fail and how long that lasts: turns of cameras and nodes, and incidents in
//! which something was down. Read a part at a time: it may be years.

use cunkou_core::alert::Incident;
use cunkou_core::model::{ReasonSet, Time};
use cunkou_core::plan::Ticket;

use super::history::states_at;
use super::rows::{IncidentRow, RowFault, parse, reasons, subject_key};
use super::sql::{Cells, values};
use super::{Store, StoreError};

/// Rows that are read in one go.
const PART: usize = 5_000;
/// Incidents that are read at most, the latest.
const MOST_TICKETS: usize = 200_000;

/// Whose turns are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turning {
    /// Of cameras.
    Cameras,
    /// Of nodes.
    Nodes,
}

/// A change of state of a camera or a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turned {
    /// Its id.
    pub id: String,
    /// When it was concluded.
    pub at: Time,
    /// Since when it held.
    pub since: Time,
    /// The word of the state; `removed` once it has left the registry.
    pub to: String,
    /// For a camera: its reasons.
    pub reasons: ReasonSet,
}

impl Turning {
    const fn word(self) -> &'static str {
        match self {
            Turning::Cameras => "camera",
            Turning::Nodes => "node",
        }
    }
}

impl Store {
    /// How each thing of a kind stood at `from`, and what became of it up to `to`, in the order in which it was concluded,
    /// one by one: nobody holds years of rows.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn turned(
        &self,
        of: Turning,
        (from, to): (Time, Time),
        mut each: impl FnMut(Turned) + Send,
    ) -> Result<(), StoreError> {
        let sql = "SELECT seq, subject, at_ms, since_ms, to_state, reasons FROM history WHERE kind = $1 AND seq > $2 \
                   AND at_ms > $3 AND at_ms <= $4 ORDER BY seq LIMIT $5";
        let fault = |e: RowFault| e.of("history");
        let mut reader = self.inner.connections.read().await?;
        let before = states_at(&mut reader.link()?, of.word(), "", from).await?;
        for row in before {
            let (id, at) = (subject_key(&row.subject).1.to_string(), row.since.min(from));
            each(Turned { id, at, since: row.since, to: row.to, reasons: row.reasons });
        }
        let mut after: u64 = 0;
        loop {
            let rows = reader.link()?.rows(sql, values![of.word(), after, from, to, PART as u64]).await?;
            for row in &rows {
                after = row.count("seq")?;
                each(Turned {
                    id: row.text("subject")?,
                    at: row.time("at_ms")?,
                    since: row.time("since_ms")?,
                    to: row.text("to_state")?,
                    reasons: reasons(&row.text("reasons")?).map_err(fault)?,
                });
            }
            if rows.len() < PART {
                return Ok(());
            }
        }
    }

    /// Incidents in which something was down that opened at or after `from`, latest first: merged ones are told as what
    /// they turned out to be. At most 200 000.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn tickets(&self, from: Time) -> Result<Vec<Ticket>, StoreError> {
        let sql = "SELECT i.id, i.body, (SELECT COUNT(DISTINCT a.object) FROM alert a WHERE a.incident = i.id \
                   AND a.name IN ('CameraDown', 'CameraFlapping')) AS cameras FROM incident i WHERE i.id < $1 \
                   AND i.opened_ms >= $2 AND i.status IN ('open', 'acknowledged', 'resolved') \
                   AND EXISTS (SELECT 1 FROM alert a WHERE a.incident = i.id AND a.name IN \
                   ('CameraDown', 'CameraFlapping', 'NodeDown', 'NodePartial', 'CommonCause')) ORDER BY i.id DESC LIMIT $3";
        let mut reader = self.inner.connections.read().await?;
        let (mut tickets, mut before) = (Vec::new(), i64::MAX);
        while tickets.len() < MOST_TICKETS {
            let rows = reader.link()?.rows(sql, values![before, from, PART as u64]).await?;
            for row in &rows {
                before = row.int("id")?;
                let incident = parse::<IncidentRow>(&row.text("body")?).and_then(Incident::try_from);
                let Incident { cause, since, resolved_at: ended, .. } = incident.map_err(|e| e.of("incident"))?;
                tickets.push(Ticket { cause, since, ended, cameras: row.small("cameras")? });
            }
            if rows.len() < PART {
                break;
            }
        }
        Ok(tickets)
    }
}
