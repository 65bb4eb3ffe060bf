//! WHAT TO SAY: alerts, incidents, their lifecycle, and the words for them.
//!
//! Answers: which alerts hold, which incident gathers them, is this news, for whom is it a page, what does it say in
//! which language. It never sends anything and knows no sink. Rules: semantics.md §6.

mod agenda;
mod book;
mod digest;
mod gather;
mod hold;
mod named;
mod review;
mod speak;
mod storm;
#[cfg(test)]
mod tests;
mod types;
mod words;

pub(crate) use book::{Book, Ready, Want, Wanted};
pub use review::{MAX_REVIEWED, MAX_WORST, OftenOut, Review, ReviewEvery};
pub(crate) use speak::{CauseFacts, Facts};
pub use storm::InDigest;
pub use types::{
    Acknowledgement, Alert, AlertKey, AlertName, AlertObject, EndReason, Hold, Incident, IncidentStatus, Leak, Message,
    MessageKind, News, Policy, SayReason,
};
pub use words::{
    FoundWords, Listed, Naming, Speaker, Station, Told, clean, found_words, nearest_station, node_kind_name,
    reason_name, say_reason_name,
};
