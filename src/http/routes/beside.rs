//! Questions that take the whole of a core for a while: reckoned beside the threads that serve others.

use std::sync::Arc;

use axum::http::StatusCode;
use tokio::sync::Semaphore;

use crate::http::Problem;

/// One order, seal or what-if at a time, so that whoever may read cannot keep all of the machine busy: fifteen faults take an order of repairs
/// a fifth of a second.
static TURN: Semaphore = Semaphore::const_new(1);

/// Reckons an answer when it is its turn. `what` is wanted, for the log and for who asked, should that fail.
pub(super) async fn reckon<T: Send + 'static>(
    what: &'static str,
    answer: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let turn = TURN.acquire().await.map_err(|_| Problem::unavailable("the daemon is stopping"))?;
    beside(what, turn, answer).await
}

/// Reckons an answer that may take a minute, unless there is no turn left: nobody waits for one.
pub(super) async fn reckon_long<T: Send + 'static>(
    what: &'static str,
    turns: &Arc<Semaphore>,
    answer: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let busy = |_| Problem::unavailable(format!("{what} is being reckoned for somebody else; try again"));
    let turn = turns.clone().try_acquire_owned().map_err(busy)?;
    beside(what, turn, answer).await
}

/// The turn ends with the work, not with whoever waits for it: work that nobody waits for any more goes on.
async fn beside<T: Send + 'static>(
    what: &'static str,
    turn: impl Send + 'static,
    answer: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let answer = tokio::task::spawn_blocking(move || {
        let answer = answer();
        drop(turn);
        answer
    });
    answer.await.map_err(|error| {
        tracing::error!(%error, "no answer was found: {what}");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, format!("{what} was not found"))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_turn_ends_with_the_work_and_not_with_whoever_waits_for_it() {
        let turns = Arc::new(Semaphore::new(1));
        let (end, ends) = mpsc::channel::<()>();
        let (begin, begun) = tokio::sync::oneshot::channel::<()>();
        let of = turns.clone();
        let first = tokio::spawn(async move {
            let work = move || {
                let _ = begin.send(());
                let _ = ends.recv();
            };
            reckon_long("a test", &of, work).await
        });
        begun.await.unwrap();
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled(), "nobody waits any more");
        let busy = reckon_long("a test", &turns, || ()).await.unwrap_err();
        assert_eq!(busy.status, StatusCode::SERVICE_UNAVAILABLE.as_u16());
        end.send(()).unwrap();
        drop(turns.acquire().await.unwrap());
        reckon_long("a test", &turns, || ()).await.unwrap();
    }
}
