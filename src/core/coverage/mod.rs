//! WHAT IT MEANS: which camera watches which entrance, and what the health of cameras makes of an entrance.
//!
//! Answers: who watches, by declaration or by view; is the entrance covered, reduced, unknown, lost, unwatched or
//! planned, by day, by night and now; are areas sealed; is it night. It never asks why a camera is down, and never tells anybody.
//! Rules: semantics.md §4; formulas: EN 62676-4 at the functions.

mod elements;
mod grid;
mod ground;
mod lens;
mod policy;
mod seal;
mod spare;
mod state;
mod summary;
mod sun;
mod view;
mod watch;
mod words;

#[cfg(test)]
pub(crate) mod tests;

pub use elements::element_entrances;
pub(crate) use ground::{Scale, offset};
pub use lens::{Framed, Mount};
pub use policy::{Policy, PolicyFault};
pub(crate) use seal::holds_other;
pub use seal::{
    Bound, Crossing, FOREIGN, Family, GREY, Guard, Guards, Scope, SealAlerts, SealStates, Sealed, Why, ZoneEdge, Zones,
};
pub use spare::{single_failures, spare_nodes};
pub use state::{judge_entrance, judge_hour, live_watchers, spare_cameras, standing};
pub use summary::{Completeness, Level, PlanElement};
pub use sun::{is_night, next_change, next_dusk};
pub use view::{Limit, View, view};
pub use watch::{Conflict, Post, Verdict, Watch, Watcher};
pub use words::{EntranceBelief, EntranceState, GapReason, Judgement, Standing};
