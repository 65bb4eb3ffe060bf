//! WHAT IT MEANS: which camera watches which entrance, and what the health of cameras makes of an entrance.
//!
//! Answers: who watches, by declaration or by view; is the entrance covered, reduced, unknown, lost, unwatched or
//! planned, by day, by night and now; is it night. It never asks why a camera is down, and never tells anybody.
//! Rules: semantics.md §4; formulas: EN 62676-4 at the functions.

mod watch;
mod words;

pub use watch::{Verdict, Watch, Watcher};
pub use words::{EntranceBelief, EntranceState, GapReason, Judgement, Standing};
