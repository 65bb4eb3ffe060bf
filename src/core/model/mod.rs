//! THE WORDS: ids, time, checks, outcomes, reasons, severities.
//!
//! What every other room speaks in. This room decides nothing and imports from no other room.

mod chunked;
mod hash;
mod ids;
mod local;
pub(crate) mod planted;
mod probe;
mod time;
mod words;

pub use chunked::Chunked;
pub use hash::{stable_hash, stable_hash_parts};
pub use ids::{
    AreaId, CameraId, CameraIx, CanaryIx, ElementId, EntranceId, EntranceIx, IdFault, IncidentId, NodeId, NodeIx,
    PlaceId, SiteId, Target, WorkId, check_id,
};
pub use local::LocalTime;
pub(crate) use planted::planted;
pub use probe::{Check, FailKind, Inconclusive, Outcome, Phase, PhaseTimes, ProbeResult, ResultLabel};
pub use time::{Span, Time};
pub use words::{Language, Period, Reason, ReasonSet, Severity};
