//! The roster in force: what a start or a reload put there, and everybody reads.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use super::{Handover, Roster};

/// Where the roster in force hangs. One that is refused leaves the last good one where it is.
#[derive(Default)]
pub struct Board(RwLock<State>);

#[derive(Default)]
struct State {
    roster: Option<Arc<Roster>>,
    refused: bool,
}

impl Board {
    /// The roster in force; `None`: there is none, or none was good yet.
    #[must_use]
    pub fn now(&self) -> Option<Arc<Roster>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).roster.clone()
    }

    /// Puts a roster in force; what it replaced, where it says something else.
    pub fn put(&self, roster: Roster) -> Option<Handover> {
        let new = Arc::new(roster);
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let old = state.roster.replace(new.clone());
        state.refused = false;
        (old.as_ref() != Some(&new)).then_some(Handover { old, new })
    }

    /// What was read last could not be put in force.
    pub fn refuse(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).refused = true;
    }

    /// Whether what was read last is in force.
    #[must_use]
    pub fn is_good(&self) -> bool {
        !self.0.read().unwrap_or_else(PoisonError::into_inner).refused
    }
}

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Board")
    }
}
