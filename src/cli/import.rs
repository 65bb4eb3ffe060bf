//! `cunkou import`: another folder of files becomes the registry, after its difference was shown and somebody said yes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use cunkou_core::registry::{Diff, Fault, FileKind, Registry, Rename, RenameBy, diff, tables_of};

use super::check;
use super::client::{Body, Daemon, Server};
use super::common::{Common, Tongue, ask, can_ask, density, note, print};
use super::exit::{Exit, wrong_use};
use super::source::{Announced, announced, database};
use super::table::plain;
use crate::engine::restore_registry;
use crate::files;
use crate::files::settings::Settings;
use crate::http::wire::ReloadOutcome;

/// Lines of a difference that are shown; the last says how many more there are.
const LINES: usize = 200;
/// Warnings that are told: the difference must not be looked for among hundreds of them.
const WARNINGS: usize = 20;

/// Takes over the registry files of a folder: shows the difference, asks, writes them to registry.dir.
///
/// With a running daemon they go through it and are in force at once; without one the next start puts them in force.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder with the new files
    src: PathBuf,
    /// Yes to the difference, also where it removes more than 20 % of the cameras
    #[arg(long)]
    yes: bool,
    /// A camera that comes under another id, but with the gb_code or host of one that leaves, keeps the id it had
    #[arg(long)]
    keep_ids: bool,
    #[command(flatten)]
    daemon: Daemon,
}

/// Where the files go.
enum Goal {
    /// Through a daemon.
    Daemon(Server),
    /// Into the folder.
    Folder,
}

/// What is to be taken over.
struct Offer {
    files: BTreeMap<String, Vec<u8>>,
    registry: Registry,
}

pub(super) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let settings = common.settings()?.settings;
    let tongue = Tongue::of(common, &settings);
    let Some(mut offer) = offer(&args.src, &settings, &tongue)? else { return Ok(Exit::Found) };
    let (goal, in_force) = goal(&args, &settings, &tongue).await?;
    if let Some(in_force) = &in_force {
        let renames = diff(in_force, &offer.registry).renames;
        keep_ids(&mut offer, &renames, &args, &tongue)?;
    }
    match goal {
        Goal::Daemon(server) => {
            let shown = in_force.map(|in_force| diff(&in_force, &offer.registry));
            through(&server, &offer, shown.as_ref(), args.yes, &tongue).await
        }
        Goal::Folder => {
            let in_force = in_force.unwrap_or_default();
            into_folder(&settings.registry.dir, &offer, &diff(&in_force, &offer.registry), args.yes, &tongue)
        }
    }
}

/// The files of a folder with the registry that they hold; `None` where they have faults, which are told.
fn offer(src: &Path, settings: &Settings, tongue: &Tongue) -> anyhow::Result<Option<Offer>> {
    // The very bytes that are judged are handed on.
    let (loaded, files) = files::load_with_bytes(src).context("the files to import cannot be read")?;
    let (registry, faults) = files::judge(&loaded, &settings.intervals(), &density(settings));
    if faults.iter().any(Fault::is_error) {
        check::tell(&faults, true, tongue);
        return Ok(None);
    }
    check::tell(faults.get(..WARNINGS).unwrap_or(&faults), false, tongue);
    if let Some(left) = faults.len().checked_sub(WARNINGS).filter(|n| *n > 0) {
        let (zh, en) = (format!("另有 {left} 个警告"), format!("{left} more warnings"));
        note(&format!("{} (cunkou check {})", tongue.say(&zh, &en), src.display()));
    }
    Ok(Some(Offer { files, registry }))
}

/// Where the files go, and the registry in force where we can see it.
async fn goal(args: &Args, settings: &Settings, tongue: &Tongue) -> anyhow::Result<(Goal, Option<Registry>)> {
    if let Some(server) = args.daemon.named()? {
        return Ok((Goal::Daemon(server), None));
    }
    if !settings.database.file.exists() {
        let (registry, _) = match files::load(&settings.registry.dir) {
            Ok(loaded) => loaded.judge(),
            Err(_) => (Registry::default(), Vec::new()),
        };
        return Ok((Goal::Folder, Some(registry)));
    }
    let store = database(settings).await?;
    let kept = store.registry_load().await.context("the registry in force cannot be read")?;
    let in_force = kept.map(|(_, rows)| restore_registry(rows)).transpose();
    let in_force = in_force.context("the registry in force cannot be read")?.unwrap_or_default();
    let goal = match announced(&store, &args.daemon).await? {
        Announced::Answers(server) => Goal::Daemon(server),
        Announced::None => Goal::Folder,
        Announced::Silent(why) => {
            note(&format!("{}: {why}", tongue.say("守护进程没有应答", "the daemon of this database does not answer")));
            Goal::Folder
        }
    };
    if matches!(goal, Goal::Folder) && pending(&settings.registry.dir, &in_force) {
        let zh = "registry.dir 中有尚未生效的改动，将被覆盖";
        note(tongue.say(zh, "registry.dir holds changes that are not in force; they will be written over"));
    }
    Ok((goal, Some(in_force)))
}

/// Whether the folder holds something else than what is in force.
fn pending(dir: &Path, in_force: &Registry) -> bool {
    files::load(dir).is_ok_and(|loaded| !diff(in_force, &loaded.judge().0).is_empty())
}

/// Cameras that seem to be old ones under a new id: history hangs on the id, so keeping it is proposed.
fn keep_ids(offer: &mut Offer, renames: &[Rename], args: &Args, tongue: &Tongue) -> anyhow::Result<()> {
    let mut kept = 0;
    for rename in renames {
        let by = match rename.by {
            RenameBy::GbCode => "gb_code",
            RenameBy::Host => "host",
        };
        let zh = format!("{} 似乎就是 {}（{by} 相同）", rename.to, rename.from);
        let en = format!("{} seems to be {} (equal {by})", rename.to, rename.from);
        let told = tongue.say(&zh, &en);
        let keep = if args.keep_ids {
            true
        } else if can_ask() && !args.yes {
            ask(&format!("{told}; {}", tongue.say("保留原编号？", "keep the old id?")))?
        } else {
            note(&format!("{told}; {}", tongue.say("--keep-ids 可保留原编号", "--keep-ids keeps the old id")));
            false
        };
        if keep && let Some(mut camera) = offer.registry.cameras.remove(&rename.to) {
            camera.id = rename.from.clone();
            offer.registry.cameras.insert(rename.from.clone(), camera);
            kept += 1;
        }
    }
    if kept > 0 {
        let name = FileKind::Cameras.word();
        let written = files::folder::files_of(&tables_of(&offer.registry)).remove(name);
        offer.files.extend(written.map(|bytes| (name.to_owned(), bytes)));
        // Entrances that are derived from cameras are named after them.
        (offer.registry, _) = files::from_bytes(&offer.files).judge();
        let (zh, en) = (format!("已保留 {kept} 个原编号"), format!("{kept} old ids kept"));
        note(tongue.say(&zh, &en));
    }
    Ok(())
}

/// Through a daemon: it says the difference, and does it once somebody said yes.
async fn through(
    server: &Server,
    offer: &Offer,
    shown: Option<&Diff>,
    yes: bool,
    tongue: &Tongue,
) -> anyhow::Result<Exit> {
    let body = || -> anyhow::Result<Body> { Ok(Body::files(&offer.files, &boundary(&offer.files)?)) };
    // Asking what would change needs no yes; doing it may.
    let dry: ReloadOutcome = server.post(&["registry"], &[("dry_run", "true"), ("yes", "true")], body()?).await?;
    // The daemon speaks English; where what we have read is what it has in force, we say the same in our language.
    let counts = (dry.added, dry.changed, dry.removed);
    let same = shown.filter(|d| (d.added(), d.changed(), d.removed()) == counts);
    let lines = same.map(|d| d.lines(LINES, tongue.language));
    if !agreed(lines.as_ref().unwrap_or(&dry.changes), counts, yes, tongue)? {
        return Ok(if dry.changes.is_empty() { Exit::Fine } else { Exit::CouldNot });
    }
    let word = if yes { "true" } else { "false" };
    let done: ReloadOutcome = server.post(&["registry"], &[("yes", word)], body()?).await?;
    let zh = format!("台账版本 {} 已生效", done.version);
    note(tongue.say(&zh, &format!("registry version {} is in force", done.version)));
    Ok(Exit::Fine)
}

/// A line that stands in no file.
fn boundary(files: &BTreeMap<String, Vec<u8>>) -> anyhow::Result<String> {
    loop {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).context("the system gives no random numbers")?;
        let boundary: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        let stands = |content: &Vec<u8>| content.windows(boundary.len()).any(|w| w == boundary.as_bytes());
        if !files.values().any(stands) {
            return Ok(boundary);
        }
    }
}

/// Without a daemon: the files are written, and the next start puts them in force.
fn into_folder(dir: &Path, offer: &Offer, difference: &Diff, yes: bool, tongue: &Tongue) -> anyhow::Result<Exit> {
    if difference.removes_too_much() {
        let (gone, of) = (difference.removed_cameras(), difference.cameras_before);
        print_changes(&difference.lines(LINES, tongue.language))?;
        bail!(
            "{gone} of {of} cameras would be removed, more than 20 %: a start cannot say yes to that. Start the daemon \
             (it goes on with the registry in force), then import with --yes"
        );
    }
    let counts = (difference.added(), difference.changed(), difference.removed());
    if !agreed(&difference.lines(LINES, tongue.language), counts, yes, tongue)? {
        return Ok(if difference.is_empty() { Exit::Fine } else { Exit::CouldNot });
    }
    files::replace_files(dir, &offer.files).context("the files cannot be written to registry.dir")?;
    let zh = format!("已写入 {}；守护进程下次启动时生效", dir.display());
    note(tongue.say(&zh, &format!("written to {}; the next start of the daemon puts it in force", dir.display())));
    Ok(Exit::Fine)
}

/// Shows the difference and gets a yes. Nothing to change needs none, and is none.
fn agreed(changes: &[String], counts: (usize, usize, usize), yes: bool, tongue: &Tongue) -> anyhow::Result<bool> {
    if changes.is_empty() {
        print(tongue.say("没有变化。\n", "No change.\n"))?;
        return Ok(false);
    }
    print_changes(changes)?;
    let (added, changed, removed) = counts;
    let zh = format!("新增 {added}，修改 {changed}，删除 {removed}");
    let en = format!("{added} added, {changed} changed, {removed} removed");
    let summary = tongue.say(&zh, &en);
    print(&format!("{summary}\n"))?;
    if yes {
        return Ok(true);
    }
    if !can_ask() {
        return Err(wrong_use("nobody can be asked here; --yes takes the difference over"));
    }
    ask(tongue.say("是否采用？", "Take this over?"))
}

fn print_changes(changes: &[String]) -> anyhow::Result<()> {
    let lines: String = changes.iter().map(|c| plain(c) + "\n").collect();
    print(&lines)
}
