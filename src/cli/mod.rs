//! THE COMMAND LINE: one file a command: parse, call, print. Never decides anything that another door would need too.

use std::process::ExitCode;

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
