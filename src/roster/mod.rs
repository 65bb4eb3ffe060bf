//! WHO IS ASKED: the people who can be called, whose turn it is, and the roster in force.
//!
//! Who is on duty is a pure function of the roster and a moment: no clock, no file. Reading the roster's file is `files`'
//! work, bringing a message to somebody `notify`'s. What is kept here of people is personal: nothing of it is shown by
//! `Debug`, and no log, metric or open read may take it from here; the audit trail names people by their ids.

mod board;
mod contact;
mod rota;
mod turns;
mod words;

#[cfg(test)]
mod tests;

pub use board::Board;
pub use contact::Contact;
pub use rota::{Holiday, Reason, Roster, StandIn};
pub use turns::{Duty, Turn};
pub use words::Handover;
