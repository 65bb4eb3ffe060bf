//! `cunkou simulate`: the fake cameras alone, on the registry of a folder that `demo` made.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use cunkou_core::registry::Registry;
use ipnet::IpNet;

use super::common::{Common, secrets};
use super::exit::Exit;
use super::setup::{self, Ends, LogFormat, Told};
use crate::files::secrets::{Secret, Secrets};
use crate::files::settings::Settings;
use crate::sim::{SimOptions, Simulator};

/// Serve the cameras of a registry for real, and break them on command.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder that `cunkou demo --dir` made (cunkou.toml, secrets.toml, registry)
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Where the control API listens; port 0 takes a free one and prints it
    #[arg(long, value_name = "ADDR", default_value_t = crate::sim::CONTROL)]
    control: SocketAddr,
    /// A network beside loopback on whose addresses cameras may stand; they must be this host's
    #[arg(long, value_name = "NET")]
    net: Vec<IpNet>,
    /// One listener a port for the whole town, for 10 000 cameras and more: faults above TCP only (refuse resets, drop
    /// hangs)
    #[arg(long, conflicts_with = "net")]
    fast: bool,
}

pub(super) async fn run(args: Args, _: &Common) -> anyhow::Result<Exit> {
    setup::logs(LogFormat::Human, "info");
    let settings = settings_in(&args.dir)?;
    let secrets = secrets(&settings)?;
    let registry = read_registry(&settings.registry.dir)?;
    let mut ends = Ends::listen()?;
    let cameras = registry.cameras.len();
    let simulator = start(Arc::new(registry), &settings, &secrets, args.control, args.net, args.fast).await?;
    println!("{cameras} cameras answer; control http://{}/", simulator.control_addr());
    while ends.next().await != Told::Stop {}
    simulator.shutdown().await;
    Ok(Exit::Fine)
}

/// The settings of a folder that `demo` made.
pub(super) fn settings_in(dir: &Path) -> anyhow::Result<Settings> {
    let common = Common { config: Some(dir.join("cunkou.toml")), ..Common::default() };
    Ok(common.settings()?.settings)
}

/// Reads a registry folder that must be free of faults.
pub(super) fn read_registry(dir: &Path) -> anyhow::Result<Registry> {
    let loaded = crate::files::load(dir).with_context(|| format!("the registry folder {}", dir.display()))?;
    let (registry, faults) = loaded.judge();
    if let Some(fault) = faults.iter().find(|f| f.is_error()) {
        anyhow::bail!("the registry folder {} has faults, the first one: {fault} (see cunkou check)", dir.display());
    }
    Ok(registry)
}

/// Starts the fake cameras, with the passwords of the secrets and the canary of the settings.
pub(super) async fn start(
    registry: Arc<Registry>,
    settings: &Settings,
    secrets: &Secrets,
    control: SocketAddr,
    allow: Vec<IpNet>,
    fast: bool,
) -> anyhow::Result<Simulator> {
    let entries: std::collections::BTreeSet<&str> =
        registry.cameras.values().filter_map(|c| c.credential.as_deref()).collect();
    let login = |entry: &str| match secrets.get(entry)? {
        Secret::Login { user, password, .. } => Some((entry.to_owned(), (user.clone(), password.clone()))),
        Secret::Token(_) => None,
    };
    let ours = |addr: &SocketAddr| match addr.ip() {
        IpAddr::V4(ip) => ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_loopback(),
    };
    let canary = settings.monitor.canaries.iter().find_map(|c| c.parse().ok()).filter(|c| ours(c) || !allow.is_empty());
    let options = SimOptions {
        credentials: entries.into_iter().filter_map(login).collect(),
        control,
        canary,
        allow,
        fast,
        ..SimOptions::default()
    };
    Ok(Simulator::start(registry, options).await?)
}
