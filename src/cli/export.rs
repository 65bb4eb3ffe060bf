//! `cunkou export`: a registry as the files that `import` takes.

use std::path::PathBuf;

use anyhow::{Context, bail};
use cunkou_core::registry::{Fault, FileKind, Registry};

use super::check;
use super::common::{Common, Found, Tongue, density, note};
use super::exit::Exit;
use super::source::database;
use crate::engine::restore_registry;
use crate::files;

/// Writes the registry in force as CSV and GeoJSON files, exactly as `import` takes them.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where the files are written
    dir: PathBuf,
    /// Another registry folder, instead of the registry in force
    from: Option<PathBuf>,
    /// Write over registry files that are there
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let there = FileKind::ALL.iter().find(|f| args.dir.join(f.word()).exists());
    if let Some(file) = there.filter(|_| !args.force) {
        bail!("{} is there already; --force writes over it", args.dir.join(file.word()).display());
    }
    let (registry, tongue) = match &args.from {
        Some(from) => {
            let Found { settings, .. } = if common.config.is_some() { common.settings()? } else { Found::default() };
            let tongue = Tongue::of(common, &settings);
            let loaded = files::load(from).context("the registry cannot be read")?;
            let (registry, faults) = files::judge(&loaded, &settings.intervals(), &density(&settings));
            if faults.iter().any(Fault::is_error) {
                check::tell(&faults, true, &tongue);
                return Ok(Exit::Found);
            }
            (registry, tongue)
        }
        None => {
            let settings = common.settings()?.settings;
            let kept = database(&settings).await?.registry_load().await.context("the registry cannot be read")?;
            let (_, rows) = kept.context("the database holds no registry yet; name a folder instead")?;
            let registry = restore_registry(rows).context("the registry in force cannot be read")?;
            (registry, Tongue::of(common, &settings))
        }
    };
    files::write_folder(&args.dir, &registry).context("the registry cannot be written")?;
    note(&told(&registry, &tongue, &args.dir.display().to_string()));
    Ok(Exit::Fine)
}

fn told(registry: &Registry, tongue: &Tongue, dir: &str) -> String {
    let (cameras, entrances) = (registry.cameras.len(), registry.entrances.len());
    let zh = format!("已写入 {dir}：{cameras} 台摄像机，{entrances} 个进出口");
    let en = format!("{dir}: {cameras} cameras, {entrances} entrances written");
    tongue.say(&zh, &en).to_owned()
}
