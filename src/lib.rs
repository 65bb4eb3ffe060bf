//! cunkou keeps the register of a town's surveillance cameras, checks every camera all the time, and says which
//! village entrance nobody is watching any more, why, and what to mend first.
//!
//! This is the shell around the pure core ([`cunkou_core`]): everything that touches the world. Floors, lowest first;
//! a room imports from below only, and a test keeps it so:
//! `roster` < `files`, `store`, `probe`, `solver` < `engine`, `notify`, `metrics`, `report`, `sim` < `http` < `daemon` < `cli`.
//! docs/architecture.md is the map, with one or two invariants a room.

pub mod cli;
pub mod daemon;
pub mod engine;
pub mod files;
pub mod http;
pub mod metrics;
pub mod notify;
pub mod probe;
pub mod report;
pub mod roster;
pub mod sim;
pub mod solver;
pub mod store;

#[cfg(test)]
#[path = "../tests/fuzz/recipe.rs"]
mod fuzz_recipe;
