//! Stories: a small town under a fake clock, with faults at known times, and what may be said of them.

mod causes;
mod faults;
mod harness;
mod holds;
mod maintenance;
mod orders;
mod plan;
mod random;
mod restarts;
mod scenarios;
mod sights;
mod stories;
