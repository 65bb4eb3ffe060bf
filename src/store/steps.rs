//! After the clock was set back: what was to wait until a time that has gone away.

use cunkou_core::model::Time;

use super::sql::values;
use super::{Store, StoreError};

impl Store {
    /// Lets what waits in the outbox for a moment after `now` be tried now; gives the number of rows. For a start, and
    /// for a clock that was set back: a message must not wait until the old time comes again.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub async fn try_now(&self, now: Time) -> Result<u64, StoreError> {
        let mut session = self.inner.connections.write().await?;
        let done = async {
            let sql = "UPDATE outbox SET next_attempt_ms = $1 \
                       WHERE state IN ('pending', 'sending') AND next_attempt_ms > $1";
            session.link()?.run(sql, values![now]).await
        };
        let done = done.await;
        session.finish(done).await
    }
}
