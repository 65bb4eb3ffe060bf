//! THE WIRING: start, reload, drain. Builds the rooms below and connects them; tests run it in-process.
//!
//! Never decides anything about cameras, and holds no state of its own but what must be ended in order.

mod adapters;
mod handles;
mod service;
mod start;
mod supervise;
mod upkeep;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::engine::{Clock, Handle, Origin, ReloadRefused, ReloadReport, ReloadRequest, ReloadSource, rostered};
use crate::files::roster::RosterFile;
use service::Service;

pub use adapters::StoreOutbox;
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
    broken: watch::Receiver<bool>,
    service: Arc<Service>,
    roster: RosterFile,
    clock: Clock,
    tasks: Vec<JoinHandle<()>>,
}

impl Running {
    /// Reads the registry folder and the roster again, on a signal; the service manager is told. What is wrong with the
    /// roster is said in the log, and the last good one stays.
    ///
    /// # Errors
    /// When the folder cannot be read, has faults, removes too much, or cannot be kept; the registry in force stays.
    pub fn reload(&self, by: Origin) -> impl Future<Output = Result<ReloadReport, ReloadRefused>> + Send + use<> {
        let (service, handle, roster) = (self.service.clone(), self.handle.clone(), self.roster.clone());
        let clock = self.clock.clone();
        async move {
            service.reloading();
            // It has nothing to do with the registry: it is read whatever comes of that, and says itself what it found.
            let read = tokio::task::spawn_blocking(move || roster.read_again()).await;
            if let Ok(Ok(Some(handover))) = read {
                handle.note(rostered(&by, &handover, clock.now())).await;
            }
            let request = ReloadRequest { source: ReloadSource::Folder, dry_run: false, yes: false, by };
            let result = handle.reload(request).await;
            service.ready(&handle);
            result
        }
    }

    /// Waits until the engine has ended without being told to, which only a fault of this program does. What was
    /// committed is kept; a new start goes on from there.
    pub async fn broken(&self) {
        let mut broken = self.broken.clone();
        // Without a sender the supervisor is gone too: as broken as can be.
        let _ = broken.wait_for(|broken| *broken).await;
    }

    /// Stops in order: no new probe, the last commit, what is due to the sinks, running requests; at most 10 s.
    /// Whether all of it ended in time.
    pub async fn stop(self) -> bool {
        self.service.stopping();
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
