//! `cunkou backup`: a copy of the database, while the daemon runs or not.

use std::path::PathBuf;

use anyhow::Context;

use super::common::{Common, Tongue, print};
use super::exit::Exit;
use super::when::local;
use crate::store::{BackupFacts, backup};

/// Copies the database to a new file, as it is at one moment, and checks the copy; the daemon goes on meanwhile.
///
/// All that counts is in it but the files that people edit: keep cunkou.toml, the secrets and registry.dir too.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The new file
    file: PathBuf,
}

pub(super) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let settings = common.settings()?.settings;
    let tongue = Tongue::of(common, &settings);
    let database = settings.database.file.display();
    let copied = backup(&format!("sqlite://{database}"), &args.file).await;
    let facts = copied.with_context(|| format!("the database {database} cannot be copied"))?;
    let (file, held) = (args.file.display(), held(&facts, &tongue));
    let zh = format!("已备份到 {file}：{held}\n");
    let en = format!("copied to {file}: {held}\n");
    print(tongue.say(&zh, &en))?;
    Ok(Exit::Fine)
}

/// What a backup holds, in words.
pub(super) fn held(facts: &BackupFacts, tongue: &Tongue) -> String {
    let until = facts.last_tick.map_or_else(|| "-".to_owned(), |at| local(at, &tongue.zone));
    let (registry, incidents, kib) = (facts.registry_version, facts.incidents, facts.bytes.div_ceil(1_024));
    let zh = format!("截至 {until}，登记表版本 {registry}，事件 {incidents} 个，{kib} KiB");
    let en = format!("up to {until}, registry version {registry}, {incidents} incidents, {kib} KiB");
    tongue.say(&zh, &en).to_owned()
}
