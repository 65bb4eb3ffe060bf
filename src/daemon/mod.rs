//! THE WIRING: start, reload, drain. Builds the rooms below and connects them; tests run it in-process.
//!
//! Never decides anything about cameras, and holds no state of its own but what must be ended in order.

mod adapters;
mod start;
mod supervise;

use std::net::SocketAddr;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::engine::Handle;

pub use start::{DaemonError, Options, start};

/// How long a stop may take in all.
const STOP: Duration = Duration::from_secs(10);

/// A daemon that runs. Dropping it ends its tasks at once; [`Running::stop`] lets them finish.
#[derive(Debug)]
pub struct Running {
    /// Where it serves page, metrics and API.
    pub listen: SocketAddr,
    /// The engine, as seen from above.
    pub handle: Handle,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Running {
    /// Stops in order: no new probe, the last commit, what is due to the sinks, running requests; at most 10 s.
    /// Whether all of it ended in time.
    pub async fn stop(self) -> bool {
        self.stop.send_replace(true);
        let all = async {
            for task in self.tasks {
                // A task that panicked has ended too; it said so when it did.
                let _ = task.await;
            }
        };
        tokio::time::timeout(STOP, all).await.is_ok()
    }
}
