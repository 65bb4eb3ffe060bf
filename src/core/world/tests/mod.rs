//! Stories: a small town under a fake clock, with faults at known times, and what may be said of them.

mod answers;
mod broken;
mod causes;
mod duty;
mod faults;
mod found;
mod harness;
mod holds;
mod kept;
mod large;
mod life;
mod lives;
mod maintenance;
mod midst;
mod orders;
mod paused;
mod plan;
mod questions;
mod quiet;
mod random;
mod restarts;
mod said;
mod scenarios;
mod sights;
mod stories;
mod storms;
