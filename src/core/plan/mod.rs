//! WHAT IF: questions of planners and of the on-call tech about what stands, asked by people.
//!
//! Answers: which single failure would lose most, in which order one tech mends what is down, which entrances would
//! change if cameras and nodes were down or up, cameras added or moved, whether areas are sealed and how one gets in,
//! which cameras to buy or mend next, which entrances somebody reaches by road in time, where the roads would have entrances,
//! and which cameras fail together though no node says why. It changes nothing, keeps nothing and is never part of the loop: what it reckons with is handed to it. An
//! answer may take a second; the hot path is `coverage`.

mod blame;
mod cordon;
mod critical;
mod isochrone;
mod place;
mod repair;
mod roads;
mod suggest;
mod together;
mod whatif;

#[cfg(test)]
mod tests;

pub use cordon::{AreaKey, Compared, Cordon, Gate, Layout, Leaked, Question, Route, Seal, Site};
pub use critical::{Component, Critical, Stand, critical};
pub use isochrone::{Arrival, Isochrone, Pace, PaceFault, Part, Post, Reach, Unreached, Way, isochrone};
pub use place::{
    Beside, Candidate, Choice, Costs, Cover, Grounds, Limit, Model, Need, Pick, Placing, Proof, Solved, Spot, Step,
    Unplaced, Wishes,
};
pub use repair::{Effort, EffortFault, Outages, RepairOrder, Stop, repair_order};
pub use roads::{
    Chain, DATUM_BATCH, GAP_M, GapKind, Misread, Mode, ON_ROAD_M, RoadLine, Roads, Snap, SuspectGap, Ways, carries,
};
pub use suggest::{Found, Matched, Proposed, Suggestions, suggest};
pub use together::{Failure, Together, WINDOW as TOGETHER_WINDOW, together};
pub use whatif::{Present, SealChanges, SealTurned, Suppose, Turn, Turned, WhatIf, what_if};
