//! Turns of entrances over a span of time, for figures of coverage: which, when and to what, and nothing else of them.

use cunkou_core::coverage::EntranceState;
use cunkou_core::model::{EntranceId, Period, Time};

use super::rows::{RowFault, word};
use super::sql::{Cells, Select};
use super::{Store, StoreError};

/// An entrance that turned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntranceTurn {
    /// When it was concluded.
    pub at: Time,
    /// Which.
    pub id: EntranceId,
    /// What it was from then on; `None` once it had left the registry.
    pub to: Option<EntranceState>,
}

impl Store {
    /// The turns of all entrances that were concluded after `from` and up to `to`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn entrance_turns(
        &self,
        period: Period,
        from: Time,
        to: Time,
        limit: u32,
    ) -> Result<Vec<EntranceTurn>, StoreError> {
        let select = Select::new("SELECT at_ms, subject, to_state FROM history")
            .and("kind =", "entrance")
            .and("period =", period.word())
            .and("at_ms >", from)
            .and("at_ms <=", to);
        let mut reader = self.inner.connections.read().await?;
        let rows = select.ask(&mut reader.link()?, "at_ms, seq", limit).await?;
        let turn = |row: &_| {
            let fault = |e: RowFault| e.of("history");
            let id = EntranceId::new(&Cells::text(row, "subject")?).map_err(|e| fault(e.into()))?;
            let to = Cells::text(row, "to_state")?;
            let to = (to != "removed").then(|| word(&to, EntranceState::from_word)).transpose().map_err(fault)?;
            Ok(EntranceTurn { at: Cells::time(row, "at_ms")?, id, to })
        };
        rows.iter().map(turn).collect()
    }
}
