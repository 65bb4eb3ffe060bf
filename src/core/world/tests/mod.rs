//! Stories: a small town under a fake clock, with faults at known times, and what may be said of them.

mod harness;
mod restarts;
mod sights;
mod stories;
