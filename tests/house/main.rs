//! The rules of the house, each a test named after it: floors, purity, where SQL, sockets and words may stand, how
//! long a file or a function may grow, what Cargo.lock must hold, and that the papers say what the code is.
//!
//! Reads the sources as text; of the program it runs `cunkou --help` alone. What it cannot see, because it is no compiler:
//! paths that a macro makes.

#![allow(unreachable_pub)]
// shared modules of tests are used by several programs

// All of this is test code: what cannot be read fails the test.
#![allow(clippy::unwrap_used)]

mod commands;
mod core_is_pure;
mod dashboards;
mod examples;
mod floors;
mod locked;
mod papers;
mod places;
mod size;
mod source;
