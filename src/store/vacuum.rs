//! Free pages go back to the disk a little at a time, so that no commit of the engine waits for long.

use sqlx::AssertSqlSafe;

use super::sql::{Cells, values};
use super::{Store, StoreError};

/// Free pages that are left in the file: they will be used again.
const SPARE: i64 = 1_024;
/// Pages that are given back in one transaction: 1 MiB.
const STEP: i64 = 256;

impl Store {
    /// Gives some free pages back to the disk; whether there is more to give back. Only where the file was made for it
    /// (`auto_vacuum` as it is set for new files); elsewhere free pages stay for what comes.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub async fn give_back_some(&self) -> Result<bool, StoreError> {
        let mut raw = self.inner.connections.raw_writer().await?;
        let conn = raw.conn()?;
        if conn.backend_name() != "SQLite" {
            return Ok(false);
        }
        drop(raw);
        let mut session = self.inner.connections.write().await?;
        let done = async {
            let mut link = session.link()?;
            let mode = link.row("SELECT auto_vacuum AS n FROM pragma_auto_vacuum", values![]).await?;
            let free = link.row("SELECT freelist_count AS n FROM pragma_freelist_count", values![]).await?;
            let number = |row: Option<sqlx::any::AnyRow>| row.map_or(Ok(0), |r| r.int("n"));
            let (mode, free) = (number(mode)?, number(free)?);
            // 2: incremental.
            if mode != 2 || free <= SPARE {
                return Ok(false);
            }
            let pages = STEP.min(free - SPARE);
            link.rows(AssertSqlSafe(format!("PRAGMA incremental_vacuum({pages})")), values![]).await?;
            Ok(free - pages > SPARE)
        };
        let done = done.await;
        session.finish(done).await
    }
}
