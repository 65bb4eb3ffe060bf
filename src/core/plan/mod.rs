//! WHAT IF: questions of planners and of the on-call tech about what stands, asked by people.
//!
//! Answers: which single failure would lose most. It changes nothing, keeps nothing and is never part of the loop: what
//! it reckons with is handed to it. An answer may take a second; the hot path is `coverage`.

mod critical;

#[cfg(test)]
mod tests;

pub use critical::{Component, Critical, Stand, critical};
