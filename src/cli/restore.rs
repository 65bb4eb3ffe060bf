//! `cunkou restore`: a backup in the place of the database.

use std::path::PathBuf;

use anyhow::Context;

use super::backup::held;
use super::common::{Common, Tongue, print};
use super::exit::Exit;
use super::when;
use crate::store::restore;

/// Puts a backup in the place of the database; the daemon must be stopped.
///
/// The file is checked before anything is touched, and what stood there before is kept beside it. New incidents get
/// numbers above all that may have been told since the backup was made.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The backup, as `cunkou backup` made it
    file: PathBuf,
}

pub(super) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let settings = common.settings()?.settings;
    let tongue = Tongue::of(common, &settings);
    let database = settings.database.file.display();
    let restored = restore(&format!("sqlite://{database}"), &args.file, when::now()).await;
    let restored = restored.with_context(|| format!("the backup cannot be put in the place of {database}"))?;
    let (file, held) = (args.file.display(), held(&restored.facts, &tongue));
    let zh = format!("{file} 已恢复为 {database}：{held}\n");
    let en = format!("{file} is {database} now: {held}\n");
    print(tongue.say(&zh, &en))?;
    if let Some(kept) = restored.kept {
        let zh = format!("原来的数据库保留在 {}\n", kept.display());
        let en = format!("what stood there before is kept as {}\n", kept.display());
        print(tongue.say(&zh, &en))?;
    }
    Ok(Exit::Fine)
}
