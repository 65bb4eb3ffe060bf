//! Questions that take the whole of a core for a while: reckoned beside the threads that serve others.

use axum::http::StatusCode;
use tokio::sync::Semaphore;

use crate::http::Problem;

/// One at a time, so that whoever may read cannot keep all of the machine busy: fifteen faults take an order of repairs
/// a fifth of a second.
static TURN: Semaphore = Semaphore::const_new(1);

/// Reckons an answer when it is its turn. `what` is wanted, for the log and for who asked, should that fail.
pub(super) async fn reckon<T: Send + 'static>(
    what: &'static str,
    answer: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let turn = TURN.acquire().await.map_err(|_| Problem::unavailable("the daemon is stopping"))?;
    let answer = tokio::task::spawn_blocking(answer).await;
    drop(turn);
    answer.map_err(|error| {
        tracing::error!(%error, "no answer was found: {what}");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, format!("{what} was not found"))
    })
}
