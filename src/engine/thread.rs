//! A thread of its own for the engine and its probes: a probe that ends wakes nobody on another processor, and what
//! pages, sinks and the API do is done elsewhere.

use std::io;

use tokio::sync::{oneshot, watch};

use super::Engine;

/// Runs the engine until `stop` says so. The answer comes when it has ended; an error there: it panicked.
///
/// # Errors
/// When the system gives no thread or no handles for it.
pub fn on_own_thread(engine: Engine, stop: watch::Receiver<bool>) -> io::Result<oneshot::Receiver<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (ended, end) = oneshot::channel();
    std::thread::Builder::new().name("engine".to_owned()).spawn(move || {
        // Before the runtime, which waits for look-ups of names when it is dropped: after a panic too it is told at once.
        let ended = ended;
        runtime.block_on(engine.run(stop));
        // Who waited may have gone.
        let _ = ended.send(());
        // A name server that does not answer holds nobody up.
        runtime.shutdown_background();
    })?;
    Ok(end)
}
