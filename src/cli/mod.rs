//! THE COMMAND LINE: one file a command: parse, call, print. Never decides anything that another door would need too.

mod demo;
mod run;
mod setup;
mod simulate;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// How a command ended (names.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Fine.
    Fine,
}

/// What every command has.
#[derive(Debug, clap::Args)]
pub(crate) struct Common {
    /// The settings file
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Parser)]
#[command(name = "cunkou", version)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Demo(demo::Args),
    Run(run::Args),
    Simulate(simulate::Args),
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let Ok(runtime) = tokio::runtime::Builder::new_multi_thread().enable_all().build() else {
        return ExitCode::from(3);
    };
    let done = runtime.block_on(async {
        match cli.command {
            Command::Demo(args) => demo::run(args, &cli.common).await,
            Command::Run(args) => run::run(args, &cli.common).await,
            Command::Simulate(args) => simulate::run(args, &cli.common).await,
        }
    });
    match done {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cunkou: {error:#}");
            ExitCode::from(3)
        }
    }
}
