//! States of an entrance, as values.

use crate::health::Cause;
use crate::model::Time;

/// The state of an entrance in one period (semantics.md §4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EntranceState {
    /// Too few watch it; with the planned cameras there are enough.
    Planned,
    /// Too few watch it: a gap of the plan.
    Unwatched,
    /// As many live cameras as it should have.
    Covered,
    /// As many as it needs, fewer than it should have.
    Reduced,
    /// It may have as many as it needs.
    Unknown,
    /// Fewer than it needs.
    Lost,
}

impl EntranceState {
    /// Every state.
    pub const ALL: [EntranceState; 6] = [
        EntranceState::Planned,
        EntranceState::Unwatched,
        EntranceState::Covered,
        EntranceState::Reduced,
        EntranceState::Unknown,
        EntranceState::Lost,
    ];

    /// The word users see: label `state`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            EntranceState::Planned => "planned",
            EntranceState::Unwatched => "unwatched",
            EntranceState::Covered => "covered",
            EntranceState::Reduced => "reduced",
            EntranceState::Unknown => "unknown",
            EntranceState::Lost => "lost",
        }
    }

    /// The state a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<EntranceState> {
        EntranceState::ALL.into_iter().find(|s| s.word() == word)
    }

    /// Covered or reduced: somebody watches.
    #[must_use]
    pub const fn is_watched(self) -> bool {
        matches!(self, EntranceState::Covered | EntranceState::Reduced)
    }
}

/// Why an entrance is `unwatched` or `planned`: a gap of the plan.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum GapReason {
    /// No camera watches it.
    None,
    /// Some do, fewer than required.
    TooFew,
    /// Cameras may watch it, none surely does: a survey task.
    OnlyMaybe,
    /// Watched by day, by night no camera has light.
    NoNight,
    /// Watched at other hours: too many of its cameras are off duty.
    OffDuty,
}

impl GapReason {
    /// The word users see.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            GapReason::None => "none",
            GapReason::TooFew => "too_few",
            GapReason::OnlyMaybe => "only_maybe",
            GapReason::NoNight => "no_night",
            GapReason::OffDuty => "off_duty",
        }
    }
}

/// How a camera stands towards the entrances that it watches.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Standing {
    /// Down, flapping, blinded.
    Dead,
    /// Unknown, or suspect out of unknown.
    Unknown,
    /// Up, degraded but seeing, or suspect while last believed one of these.
    Live,
}

/// What was judged of an entrance in one period.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Judgement {
    /// Its state.
    pub state: EntranceState,
    /// Installed cameras that watch it (W).
    pub watchers: u32,
    /// Of these, live.
    pub live: u32,
    /// Of these, unknown.
    pub unknown: u32,
    /// Why it is unwatched or planned.
    pub gap: Option<GapReason>,
    /// `lost`, but it would not be if everything in maintenance were up.
    pub outage_planned: bool,
}

/// Everything that is believed of an entrance; `None` in the snapshot for one that is not judged.
#[derive(Clone, PartialEq, Debug)]
pub struct EntranceBelief {
    /// By day.
    pub day: Judgement,
    /// By night.
    pub night: Judgement,
    /// Now.
    pub now: Judgement,
    /// Since when the state of now holds.
    pub since: Time,
    /// Since when the state by day holds.
    pub since_day: Time,
    /// Since when the state by night holds.
    pub since_night: Time,
    /// Live cameras beyond `required`; only where covered or reduced.
    pub spare_cameras: Option<u32>,
    /// Node failures it survives (2: two or more); only where covered or reduced and every path is known.
    pub spare_nodes: Option<u8>,
    /// Why it is lost, reduced or unknown.
    pub cause: Option<Cause>,
}
