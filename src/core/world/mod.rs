//! THE ONE STATE: what is believed, what is open, and the one door by which events change it.
//!
//! [`World::apply`] takes an event and a time and gives effects; [`World::next_wake`] says when it wants to be woken
//! without an event. It performs nothing: no probe, no write, no word leaves from here. The same events at the same
//! times give the same effects.

mod types;

pub use types::{
    Ask, CameraView, CanaryView, Effects, EntranceView, Event, NodeView, Quiet, Round, Saved, SavedCheck, SavedHealth,
    SavedTarget, Snapshot, Subject, Transition,
};
