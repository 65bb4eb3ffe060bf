//! The pure core of cunkou: what to believe about the cameras of a town, and what to say about its entrances.
//!
//! Everything in here is a function of (registry, event, time). No room of this crate opens a socket, speaks SQL,
//! reads a clock, draws a random number (but from a seed that it is given) or waits for anything; the compiler and
//! clippy keep it so (`Cargo.toml`, `clippy.toml`). Years can therefore be simulated in seconds, and a bug replays
//! from its events.
//!
//! Floors, lowest first; a room imports from below only:
//! `model` < `registry` < `health` < `coverage` < `alert`, `plan` < `world` < `town`.

// The simulation of the tests is compiled here and, with the real store, in the shell: under one name.
#[cfg(test)]
extern crate self as cunkou_core;

pub mod alert;
pub mod coverage;
pub mod health;
pub mod model;
pub mod plan;
pub mod registry;
pub mod town;
pub mod world;
