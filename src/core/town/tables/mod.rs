//! What towns are made of: names, lenses, kinds of public places. Plain tables, no decisions.

mod villages;
mod words;

pub(super) use villages::VILLAGES;
pub(super) use words::{DIRECTIONS, LENSES, Lens, PUBLIC_PLACES, SUFFIXES, SURNAMES};
