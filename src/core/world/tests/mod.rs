//! Stories: a small town under a fake clock, with faults at known times, and what may be said of them.

mod answers;
mod broken;
mod faults;
mod harness;
mod kept;
mod large;
mod life;
mod lives;
mod orders;
mod plan;
mod quiet;
mod random;
mod restarts;
mod said;
mod scenarios;
mod sights;
mod stories;
