//! `cunkou simulate`.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::common::Common;
use super::exit::Exit;

/// Serves the cameras of a registry on this machine, and breaks them on command.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of a demo
    #[arg(long)]
    pub(super) dir: Option<PathBuf>,
    /// Where the control API is served; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    pub(super) control: Option<SocketAddr>,
    /// The network on which the cameras stand
    #[arg(long)]
    pub(super) net: Option<String>,
}

pub(super) async fn run(_args: Args, _common: &Common) -> anyhow::Result<Exit> {
    anyhow::bail!("not wired")
}
