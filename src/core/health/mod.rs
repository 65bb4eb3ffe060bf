//! WHAT WE BELIEVE: the state of each camera and probed node, the cause of a set of failures, and whether the
//! monitor itself can see.
//!
//! Answers, from outcomes and time alone: is it up, since when, why not, whose fault is it, are we blind. It never
//! decides who is told, and never judges an entrance. Rules: semantics.md §1 to §3.

pub(crate) mod cause;
pub(crate) mod check;
mod findings;
pub(crate) mod machine;
mod policy;
mod recent;
pub(crate) mod sight;
#[cfg(test)]
mod tests;
mod words;

pub use findings::{Evidence, Findings, Heard, MANY_OTHERS, MAX_EVIDENCE, MAX_RIVALS, Objection, RuledOut, Witness};
pub use policy::Policy;
pub use words::{Cause, CommonScope, MonitorCause, State};
