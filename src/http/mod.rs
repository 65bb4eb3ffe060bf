//! API, page, metrics endpoint, auth, wire types. Asks the published snapshot and the store; changes go through the
//! engine. Never passes a picture through, never shows a password, shows a place's contact and the address of a device to
//! nobody but a token with the role operate, on the repair sheet; names people of the roster to tokens only; never takes
//! a token from anywhere but the `Authorization` header.
//!
//! Every operation of the API is registered together with its description and its role, so that `openapi.json`
//! cannot say anything else than what is served.

mod attempts;
mod auth;
mod boards;
mod crowd;
mod events;
mod history;
mod openapi;
mod packed;
mod page;
mod params;
mod problem;
mod routes;
mod serve;
mod settings;
mod state;
pub(crate) mod story;
#[cfg(test)]
pub(crate) mod tests;
pub mod wire;

pub use history::{
    Answer, AuditEntry, AuditQuery, Delivery, History, HistoryError, PastChange, PastEntrance, PastTurn, Step,
};
pub use problem::{Problem, ProblemType};
pub use serve::{MAX_CONNECTIONS, serve};
pub use settings::{HttpSettings, ReadAccess, Role, Tiles, Token};
pub use state::{AppState, Build, Parts};
