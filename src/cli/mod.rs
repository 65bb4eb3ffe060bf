//! THE COMMAND LINE: one file a command: parse, call, print. Never decides anything that another door would need too.
//!
//! Answers go to stdout, progress and logs to stderr; a closed pipe is no error; every command ends with an
//! [`exit::Exit`]. What a query prints as JSON is what the API answers ([`crate::http::wire`]), whether a daemon was
//! asked or the database was read.

mod ack;
mod audit;
mod backup;
mod check;
mod client;
mod common;
mod completions;
mod critical;
mod demo;
mod doctor;
mod entrances;
mod exit;
mod explain;
mod export;
mod gaps;
mod import;
mod incident;
mod init;
mod isochrone;
mod maintenance;
mod notify;
mod offline;
mod oncall;
mod place;
mod probe;
mod repair_order;
mod report;
mod restore;
mod run;
mod seal;
mod setup;
mod simulate;
mod source;
mod status;
mod table;
#[cfg(test)]
mod tests;
mod whatif;
mod when;
mod words;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use common::{Common, note};
use exit::Exit;

/// Watches a town's surveillance cameras and says which village entrance nobody is watching any more.
#[derive(Debug, Parser)]
#[command(name = "cunkou", version, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Run(run::Args),
    Check(check::Args),
    Init(init::Args),
    Import(import::Args),
    Export(export::Args),
    Probe(probe::Args),
    Status(status::Args),
    Gaps(gaps::Args),
    Critical(critical::Args),
    RepairOrder(repair_order::Args),
    #[command(name = "whatif")]
    WhatIf(whatif::Args),
    Seal(seal::Args),
    Place(place::Args),
    Isochrone(isochrone::Args),
    Entrances(entrances::Args),
    Explain(explain::Args),
    Incident(incident::Args),
    Ack(ack::Args),
    Oncall(oncall::Args),
    Maintenance(maintenance::Args),
    Audit(audit::Args),
    Report(report::Args),
    Notify(notify::Args),
    Doctor(doctor::Args),
    Backup(backup::Args),
    Restore(restore::Args),
    Simulate(simulate::Args),
    Completions(completions::Args),
}

impl Command {
    async fn run(self, common: &Common) -> anyhow::Result<Exit> {
        match self {
            Command::Demo(args) => demo::run(args, common).await,
            Command::Run(args) => run::run(args, common).await,
            Command::Check(args) => check::run(args, common),
            Command::Init(args) => init::run(args, common),
            Command::Import(args) => import::run(args, common).await,
            Command::Export(args) => export::run(args, common).await,
            Command::Probe(args) => probe::run(args, common).await,
            Command::Status(args) => status::run(args, common).await,
            Command::Gaps(args) => gaps::run(args, common).await,
            Command::Critical(args) => critical::run(args, common).await,
            Command::RepairOrder(args) => repair_order::run(args, common).await,
            Command::WhatIf(args) => whatif::run(args, common).await,
            Command::Seal(args) => seal::run(args, common).await,
            Command::Place(args) => place::run(args, common).await,
            Command::Isochrone(args) => isochrone::run(args, common).await,
            Command::Entrances(args) => entrances::run(args, common),
            Command::Explain(args) => explain::run(args, common).await,
            Command::Incident(args) => incident::run(args, common).await,
            Command::Ack(args) => ack::run(args, common).await,
            Command::Oncall(args) => oncall::run(args, common).await,
            Command::Maintenance(args) => maintenance::run(args, common).await,
            Command::Audit(args) => audit::run(args, common).await,
            Command::Report(args) => report::run(args, common).await,
            Command::Notify(args) => notify::run(args, common).await,
            Command::Doctor(args) => doctor::run(args, common).await,
            Command::Backup(args) => backup::run(args, common).await,
            Command::Restore(args) => restore::run(args, common).await,
            Command::Simulate(args) => simulate::run(args, common).await,
            Command::Completions(args) => completions::run(args),
        }
    }

    /// Those that stay: they have worker threads and set up their own logs.
    const fn stays(&self) -> bool {
        matches!(self, Command::Demo(_) | Command::Run(_) | Command::Simulate(_))
    }
}

/// Runs the program: the command line in, the exit code out.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // That help cannot be written (a closed pipe) is nothing to report: there is nobody to report it to.
            let _ = error.print();
            return if error.use_stderr() { Exit::WrongUse } else { Exit::Fine }.into();
        }
    };
    // One crypto provider for all of the process; the only other caller would install the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let ended = runtime(&cli.command).map_err(Into::into).and_then(|runtime| {
        if !cli.command.stays() {
            logs();
        }
        runtime.block_on(cli.command.run(&cli.common))
    });
    match ended {
        Ok(exit) => exit,
        Err(error) => {
            note(&format!("cunkou: {error:#}"));
            Exit::of(&error)
        }
    }
    .into()
}

fn runtime(command: &Command) -> std::io::Result<tokio::runtime::Runtime> {
    if command.stays() {
        tokio::runtime::Builder::new_multi_thread().enable_all().build()
    } else {
        tokio::runtime::Builder::new_current_thread().enable_all().build()
    }
}

/// What the rooms below have to say goes to stderr: warnings, or what `RUST_LOG` asks for.
fn logs() {
    use std::io::IsTerminal as _;

    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second subscriber of one process is refused; then the first goes on.
    let _ = subscriber.with_ansi(colour).without_time().with_target(false).try_init();
}
