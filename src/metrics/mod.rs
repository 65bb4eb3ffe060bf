//! The gauges of /metrics, written straight from the snapshot, and the counters and histograms of the process.
//!
//! Families of cameras, nodes and entrances are text, one pass over the snapshot a family: the registry of the
//! `prometheus` crate is some hundred times slower at that. Counters and histograms live in that crate, every label
//! value set to 0 at start. This room never asks a camera, the store or a clock, never names a person, and shows
//! where cameras stand only when told to.

mod counters;
mod objects;
mod plan;
mod process;
mod seals;
#[cfg(test)]
mod tests;
mod text;
mod tree;

pub use counters::{Backlog, Counters};
pub use objects::{CoverageRatio, Figures, Options, write};
pub use plan::Plan;

/// The content type of the text exposition format.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
