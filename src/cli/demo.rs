//! `cunkou demo`.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::common::Common;
use super::exit::Exit;

/// Shows the whole job on a made-up town of cameras on this machine.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where page, metrics and API are served; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    pub(super) listen: Option<SocketAddr>,
    /// Where the cameras' control API is served; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    pub(super) control: Option<SocketAddr>,
    /// The network on which the cameras stand
    #[arg(long)]
    pub(super) net: Option<String>,
    /// How many cameras the town has
    #[arg(long, value_name = "N")]
    pub(super) cameras: Option<usize>,
    /// Decides everything that is made up
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// Break nothing by itself
    #[arg(long)]
    pub(super) no_story: bool,
    /// Keep settings, registry and database here
    #[arg(long)]
    pub(super) dir: Option<PathBuf>,
    /// How the addresses are told
    #[arg(long, value_parser = ["text", "json"], default_value = "text")]
    pub(super) format: String,
    /// Do not open the page in a browser
    #[arg(long)]
    pub(super) no_open: bool,
}

pub(super) async fn run(_args: Args, _common: &Common) -> anyhow::Result<Exit> {
    anyhow::bail!("not wired")
}
