//! THE LOOP: due times, probe workers, the one writer task that owns the World, the published snapshot.
//!
//! Takes what has come, applies it as a batch, commits, publishes, and only then lets it be told. Never decides what to
//! believe or say: that is the World's.

mod handle;

pub use handle::{
    AckError, AckRequest, Alive, Command, Handle, ReloadRefused, ReloadReport, ReloadRequest, ReloadSource,
};
