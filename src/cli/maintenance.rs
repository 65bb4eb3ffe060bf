//! `cunkou maintenance`: what is announced, announcing, ending. Through the daemon; where none runs, under its lock.

use anyhow::{Context, bail};
use cunkou_core::registry::{Registry, Weekly};
use cunkou_core::world::Effects;

use super::client::{Body, Daemon, Server};
use super::common::{Common, Tongue, moment_ahead, note, print, print_json};
use super::exit::Exit;
use super::source::{Announced, announced, database};
use super::table::{self, named, plain};
use super::when;
use crate::engine::{self, Maintain, MaintainRequest, Origin, maintained, restore_registry, work_of_file};
use crate::files::settings::Settings;
use crate::http::wire::{Maintenance, MaintenanceBody, Page, stamp};
use crate::store::{Batch, OpenMode, Store};

/// Announces work on a camera, on a node and whatever would fail with it, or on a village: what it explains pages nobody.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
    /// How the answer is written
    #[arg(long, value_parser = ["table", "json"], default_value = "table", global = true)]
    format: String,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// What is under way or to come
    List {
        #[command(flatten)]
        daemon: Daemon,
    },
    /// Announces work: facts, states and ends go on, and what still stands when it is over is told then
    Add {
        /// Id of a camera, a node or an area
        object: String,
        /// From then on: after so long (2h), or 2026-11-24T03:00:00Z, or "2026-11-24 11:00" in the time zone of [ui];
        /// without it, from now on
        #[arg(long, value_name = "FOR|TIME")]
        from: Option<String>,
        /// Up to then: so long after its begin (4h), or a moment; may be left out where it recurs
        #[arg(long, value_name = "FOR|TIME", required_unless_present = "weekly")]
        to: Option<String>,
        /// Each week: days and times of day in the time zone of [ui], such as "sat,sun 01:00-05:00" or "daily 22:00-02:00"
        #[arg(long, value_name = "WHEN", value_parser = weekly)]
        weekly: Option<Weekly>,
        /// For the others to read
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        daemon: Daemon,
    },
    /// Ends it, whether it is under way or to come
    End {
        /// Its number; what maintenance.csv announces is ended by taking its row out there
        id: String,
        #[command(flatten)]
        daemon: Daemon,
    },
}

fn weekly(text: &str) -> Result<Weekly, &'static str> {
    Weekly::parse(text).ok_or("write days and times of day: sat,sun 01:00-05:00, or daily 22:00-02:00")
}

pub(super) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let settings = common.settings()?.settings;
    let tongue = Tongue::of(common, &settings);
    let json = args.format == "json";
    let (what, named) = match args.what {
        What::List { daemon } => {
            let items = list(&settings, &daemon, &tongue).await?;
            if json {
                print_json(&Page { items, next: None })?
            } else {
                print(&text(&items, &tongue))?
            }
            return Ok(Exit::Fine);
        }
        What::End { id, daemon } => (Maintain::End(id), daemon),
        What::Add { object, from, to, weekly, note, daemon } => {
            let from = from.as_deref().map(|t| moment_ahead("--from", t, &tongue.zone)).transpose()?;
            let begin = from.unwrap_or_else(when::now);
            let to = to.map(|t| match when::parse_ahead(&t, begin, &tongue.zone) {
                Some(at) => Ok(at),
                None => moment_ahead("--to", &t, &tongue.zone),
            });
            (Maintain::Add { object, from, to: to.transpose()?, weekly, note }, daemon)
        }
    };
    let done = match daemon(&settings, &named).await? {
        Some(server) => through(&server, what).await?,
        None => alone(&settings, what).await?,
    };
    if json {
        print_json(&done)?
    } else {
        print(&told(&done, &tongue))?
    }
    Ok(Exit::Fine)
}

/// The daemon that was named, or that of the database; `None` where none runs.
async fn daemon(settings: &Settings, daemon: &Daemon) -> anyhow::Result<Option<Server>> {
    if let Some(server) = daemon.named()? {
        return Ok(Some(server));
    }
    match announced(&database(settings).await?, daemon).await? {
        Announced::Answers(server) => {
            if !server.has_token() {
                note("no token: --token, or CUNKOU_TOKEN");
            }
            Ok(Some(server))
        }
        Announced::None => Ok(None),
        Announced::Silent(why) => bail!("the daemon of this database does not answer: {why}"),
    }
}

async fn list(settings: &Settings, named: &Daemon, tongue: &Tongue) -> anyhow::Result<Vec<Maintenance>> {
    if let Some(server) = daemon(settings, named).await? {
        let page: Page<Maintenance> = server.get(&["maintenance"], &[]).await?;
        return Ok(page.items);
    }
    let store = database(settings).await?;
    let registry = in_force(&store).await?;
    let now = when::now();
    let (rows, _) = store.maintenance(now).await.context("what is announced cannot be read")?;
    let of_file = work_of_file(&registry, &tongue.zone, now);
    let rows = rows.iter().map(|row| Maintenance::of(row, &registry));
    Ok(rows.chain(of_file.iter().map(|(id, row)| Maintenance::of_file(id, row, &registry))).collect())
}

async fn in_force(store: &Store) -> anyhow::Result<Registry> {
    let kept = store.registry_load().await.context("the registry in force cannot be read")?;
    let registry = kept.map(|(_, rows)| restore_registry(rows)).transpose();
    Ok(registry.context("the registry in force cannot be read")?.unwrap_or_default())
}

async fn through(server: &Server, what: Maintain) -> anyhow::Result<Maintenance> {
    match what {
        Maintain::End(id) => Ok(server.delete(&["maintenance", &id]).await?),
        Maintain::Add { object, from, to, weekly, note } => {
            let (from, to, weekly) = (from.map(stamp), to.map(stamp), weekly.map(|w| w.to_string()));
            let body = Body::json(&MaintenanceBody { object, from, to, weekly, note })?;
            Ok(server.post(&["maintenance"], &[], body).await?)
        }
    }
}

/// Where no daemon runs its lock is taken: the next start finds what was announced.
async fn alone(settings: &Settings, what: Maintain) -> anyhow::Result<Maintenance> {
    let url = format!("sqlite://{}", settings.database.file.display());
    let store = Store::open(&url, OpenMode::ReadWrite).await.context("the database cannot be opened to write")?;
    let registry = in_force(&store).await?;
    let now = when::now();
    let (open, next) = store.maintenance(now).await.context("what is announced cannot be read")?;
    let by = Origin::here("console", "cunkou maintenance");
    let request = MaintainRequest { what, by };
    let changed = engine::Announced::new(open, next).change(&request, &registry, now);
    let (row, before) = changed?;
    let audit = [maintained(&request.by, &row, before.as_ref(), now)];
    let effects = Effects::default();
    let rows = [row];
    let batch = Batch { maintenance: &rows, audit: &audit, ..Batch::new(store.next_batch(), &effects, 0) };
    store.commit(&batch).await.context("that cannot be kept")?;
    store.close().await;
    Ok(Maintenance::of(&rows[0], &registry))
}

fn told(m: &Maintenance, tongue: &Tongue) -> String {
    let (what, id) = (named(&m.name, &m.object), number(m));
    let (zh, en) = match &m.ended_at {
        Some(_) => (format!("维护 {id} 已结束：{what}\n"), format!("maintenance {id} is over: {what}\n")),
        None => {
            let span = span(m, tongue);
            (format!("维护 {id}：{what}，{span}\n"), format!("maintenance {id} of {what}: {span}\n"))
        }
    };
    tongue.say(&zh, &en).to_owned()
}

/// Its number, or the id of its row in the file.
fn number(m: &Maintenance) -> String {
    m.id.map_or_else(|| plain(m.row.as_deref().unwrap_or_default()), |id| id.to_string())
}

/// From when to when, and at which times of a week; what a file announces without a begin has none.
fn span(m: &Maintenance, tongue: &Tongue) -> String {
    let at = |stamp: &str| when::local_stamp(stamp, &tongue.zone);
    let from = m.from.as_deref().map(at).unwrap_or_default();
    let to = m.to.as_deref().map(at).unwrap_or_default();
    let weekly = m.weekly.as_deref().map(|w| format!(" ({})", plain(w))).unwrap_or_default();
    format!("{from} → {to}{weekly}").trim().to_owned()
}

fn text(items: &[Maintenance], tongue: &Tongue) -> String {
    if items.is_empty() {
        return tongue.say("没有维护计划。\n", "No maintenance is announced.\n").to_owned();
    }
    let zh = ["编号", "对象", "时间", "由", "备注", "来自"];
    let en = ["no.", "of", "when", "by", "note", "from"];
    let header: Vec<&str> = zh.iter().zip(en).map(|(zh, en)| tongue.say(zh, en)).collect();
    let mut table = table::table(&header);
    for m in items {
        let from = if m.row.is_some() { "maintenance.csv" } else { "" };
        let (what, span) = (named(&m.name, &m.object), span(m, tongue));
        table.add_row(vec![number(m), what, span, plain(&m.by), plain(&m.note), from.to_owned()]);
    }
    table::text(&table)
}
