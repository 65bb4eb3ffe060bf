//! THE LOOP: due times, probe workers, the one writer task that owns the World, the published snapshot.
//!
//! Takes what has come, applies it as a batch, commits, publishes, and only then lets it be told. Never decides what to
//! believe or say: that is the World's. Nothing here waits for a camera: a probe is a task of its own.

mod changes;
mod clock;
mod dispatch;
mod evidence;
mod handle;
mod maintenance;
mod passwords;
mod pulse;
mod reload;
mod roads;
mod schedule;
mod thread;
mod writer;

pub use crate::store::{Maintenance, works_words};
pub use changes::{maintained, rostered};
pub use clock::Clock;
pub use dispatch::ProbeLimits;
pub use handle::{
    AckError, AckRequest, Alive, CHANGES, Command, Handle, LOOP_STANDS_AFTER, Origin, REGISTRY, ROSTER, ReloadRefused,
    ReloadReport, ReloadRequest, ReloadSource, STORE_STANDS_AFTER, SilenceRequest,
};
pub use maintenance::{Announced, Maintain, MaintainError, MaintainRequest, work_of_file};
pub use reload::{RegistrySource, registry_rows, restore_registry};
pub use roads::RoadSource;
pub use thread::on_own_thread;
pub use writer::{Engine, EngineSettings, Watcher};
