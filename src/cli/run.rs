//! `cunkou run`.

use std::net::SocketAddr;

use super::common::Common;
use super::exit::Exit;

/// Watches the cameras of a registry until it is told to stop.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where page, metrics and API are served, instead of [http] listen
    #[arg(long, value_name = "ADDR")]
    pub(super) listen: Option<SocketAddr>,
    /// How logs are written
    #[arg(long, value_parser = ["human", "json"], default_value = "human")]
    pub(super) log_format: String,
}

pub(super) async fn run(_args: Args, _common: &Common) -> anyhow::Result<Exit> {
    anyhow::bail!("not wired")
}
