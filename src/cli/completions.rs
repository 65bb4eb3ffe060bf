//! `cunkou completions`.

use clap::CommandFactory;
use clap_complete::Shell;

use super::Cli;
use super::common::print;
use super::exit::Exit;

/// Prints the completion script of a shell.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which shell
    shell: Shell,
}

pub(super) fn run(args: Args) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "cunkou", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Fine)
}
