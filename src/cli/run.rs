//! `cunkou run`: the daemon, until SIGTERM or SIGINT; SIGHUP reads the registry again.

use std::net::SocketAddr;

use super::common::{Common, secrets};
use super::exit::Exit;
use super::setup::{self, Ends, LogFormat, Told};
use crate::daemon::{self, Options};
use crate::engine::{Origin, ReloadRefused, ReloadReport};

/// Watch the town of a registry.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Listen here instead of [http] listen; port 0 takes a free one and prints it
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// How logs are written, to stderr
    #[arg(long, value_enum, default_value_t)]
    log_format: LogFormat,
}

pub(super) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    setup::logs(args.log_format, "info");
    let mut settings = common.settings()?.settings;
    if let Some(listen) = args.listen {
        settings.http.listen = listen;
    }
    let secrets = secrets(&settings)?;
    let mut ends = Ends::listen()?;
    let running = daemon::start(Options { settings, secrets }).await?;
    let snapshot = running.handle.now();
    tracing::info!(
        listen = %running.listen,
        cameras = snapshot.registry.cameras.len(),
        entrances = snapshot.registry.entrances.len(),
        registry = snapshot.registry_version,
        "watching; page http://{}/", running.listen
    );
    drop(snapshot);
    let broken = loop {
        tokio::select! {
            told = ends.next() => match told {
                // Beside the signals: while the store is away a reload waits for it, and the end of the daemon must not.
                Told::Reload => {
                    let reload = running.reload(Origin::here("sighup", "SIGHUP"));
                    tokio::spawn(async move { tell(reload.await) });
                }
                Told::Stop => break false,
            },
            () = running.broken() => break true,
        }
    };
    tracing::info!("stopping");
    if !running.stop().await {
        tracing::warn!("not everything ended within 10 s; what was committed is kept");
    }
    if broken {
        // Whoever started us, starts us again: what was committed is kept.
        anyhow::bail!("the engine ended by a fault of this program; the log says where");
    }
    Ok(Exit::Fine)
}

/// Says what came of a wish to read the registry folder again.
fn tell(result: Result<ReloadReport, ReloadRefused>) {
    match result {
        Ok(report) => tracing::info!(
            version = report.version,
            added = report.added,
            changed = report.changed,
            removed = report.removed,
            "the registry was read again"
        ),
        Err(refused) => tracing::warn!(%refused, "the registry in force stays"),
    }
}
