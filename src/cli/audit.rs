//! `cunkou audit`: who changed what, when and from where.

use std::fmt::Write as _;

use anyhow::Context;

use super::client::Daemon;
use super::common::{Common, Tongue, moment, print, print_json};
use super::exit::Exit;
use super::source::database;
use super::table::{self, Cell, plain};
use super::when;
use crate::engine::CHANGES;
use crate::http::AuditEntry;
use crate::http::wire::{AuditItem, Page, stamp};
use crate::store::{AuditQuery, Store};

/// Entries that are read in one go.
const BATCH: usize = 1_000;

/// Says who changed what, when and from where, newest first.
///
/// Reads the database of the settings, also while a daemon runs; with --server it asks that daemon, which wants a token
/// of the role admin.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only at or after this moment: 2026-11-24T03:00:00Z, or "2026-11-24 11:00" in the time zone of [ui]
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only before this moment
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only what this name did: of a token, start or sighup
    #[arg(long, value_name = "NAME")]
    who: Option<String>,
    /// Only changes of this kind
    #[arg(long, value_parser = CHANGES)]
    kind: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    limit: u32,
    #[command(flatten)]
    daemon: Daemon,
    /// How the answer is written
    #[arg(long, value_parser = ["table", "json", "csv"], default_value = "table")]
    format: String,
    /// Begin CSV with a byte order mark, which Excel needs
    #[arg(long)]
    bom: bool,
}

pub(super) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let settings = common.settings()?.settings;
    let tongue = Tongue::of(common, &settings);
    let at = |option: &str, text: &Option<String>| {
        text.as_deref().map(|text| moment(option, text, &tongue.zone)).transpose()
    };
    let query = AuditQuery {
        since: at("--since", &args.since)?,
        until: at("--until", &args.until)?,
        who: args.who.clone(),
        what: args.kind.clone(),
        before: None,
        limit: 0,
    };
    let most = args.limit as usize;
    let items = match args.daemon.named()? {
        Some(server) => {
            let (since, until) = (query.since.map(stamp), query.until.map(stamp));
            let mut pairs: Vec<(&str, &str)> = Vec::new();
            pairs.extend(since.as_deref().map(|t| ("since", t)));
            pairs.extend(until.as_deref().map(|t| ("until", t)));
            pairs.extend(query.who.as_deref().map(|w| ("who", w)));
            pairs.extend(query.what.as_deref().map(|w| ("kind", w)));
            server.list(&["audit"], &pairs, most).await?
        }
        None => kept(&database(&settings).await?, query, most).await?,
    };
    match args.format.as_str() {
        "json" => print_json(&Page { items, next: None })?,
        "csv" => print(&csv(&items, args.bom))?,
        _ => print(&text(&items, &tongue))?,
    }
    Ok(Exit::Fine)
}

/// The trail as the database has it.
async fn kept(store: &Store, mut query: AuditQuery, most: usize) -> anyhow::Result<Vec<AuditItem>> {
    let mut items = Vec::new();
    loop {
        let wanted = BATCH.min(most - items.len());
        query.limit = u32::try_from(wanted).unwrap_or(u32::MAX);
        let rows = store.audit(&query).await.context("the audit trail cannot be read")?;
        query.before = rows.last().map(|r| r.seq);
        let full = rows.len() >= wanted;
        items.extend(rows.into_iter().map(|row| {
            let crate::store::AuditEntry { at, who, what, object, from, via, old, new } = row.entry;
            AuditItem::of(&AuditEntry { number: row.seq, at, who, kind: what, object, from, via, old, new })
        }));
        if !full || items.len() >= most {
            return Ok(items);
        }
    }
}

fn kind_word<'a>(kind: &'a str, tongue: &'a Tongue) -> &'a str {
    match kind {
        "acknowledge" => tongue.say("接单", kind),
        "silence" => tongue.say("静默", kind),
        "maintenance" => tongue.say("维护", kind),
        "registry" => tongue.say("台账", kind),
        "roster" => tongue.say("值班表", kind),
        other => other,
    }
}

/// One paragraph an entry: what it was, and what it is then, line by line.
fn text(items: &[AuditItem], tongue: &Tongue) -> String {
    if items.is_empty() {
        return tongue.say("没有记录。\n", "Nothing was changed.\n").to_owned();
    }
    let mut out = String::new();
    for item in items {
        let at = when::local_stamp(&item.at, &tongue.zone);
        let from = if item.from.is_empty() { tongue.say("本机", "this machine") } else { &item.from };
        let (who, kind) = (plain(&item.who), plain(kind_word(&item.kind, tongue)));
        let _ = writeln!(out, "{at}  {who}  {kind} {}  ({}, {})", plain(&item.object), plain(from), plain(&item.via));
        for line in item.old.iter().flat_map(|t| t.lines()) {
            let _ = writeln!(out, "  - {}", plain(line));
        }
        for line in item.new.iter().flat_map(|t| t.lines()) {
            let _ = writeln!(out, "  + {}", plain(line));
        }
    }
    out
}

fn csv(items: &[AuditItem], bom: bool) -> String {
    let header = ["id", "at", "who", "kind", "object", "from", "via", "old", "new"];
    let row = |item: &AuditItem| {
        let texts = [&item.at, &item.who, &item.kind, &item.object, &item.from, &item.via];
        let mut cells = vec![Cell::number(Some(item.id))];
        cells.extend(texts.map(|t| Cell::text(Some(t))));
        cells.extend([&item.old, &item.new].map(|t| Cell::text(t.as_deref())));
        cells
    };
    table::csv(&header, items.iter().map(row), bom)
}
