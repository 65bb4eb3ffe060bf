//! `cunkou critical`: whose failure alone would lose an entrance, worst first.

use cunkou_core::model::{Language, Period};

use super::client::Daemon;
use super::common::{Common, FORMATS, Tongue, print, print_geojson, print_json};
use super::exit::Exit;
use super::source::Source;
use super::table::{self, Cell, named, plain};
use super::words::{component_word, some};
use crate::http::wire::{self, Critical, Page};

/// Lists cameras and nodes whose failure alone would lose an entrance that is watched now, worst first.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    daemon: Daemon,
    /// When entrances are judged; cameras and nodes are as they are now
    #[arg(long, value_parser = ["day", "night", "now"], default_value = "now")]
    period: String,
    /// Lines at most; 0: all
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// How the answer is written
    #[arg(long, value_parser = FORMATS, default_value = "table")]
    format: String,
    /// Begin CSV with a byte order mark, which Excel needs
    #[arg(long)]
    bom: bool,
}

pub(super) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let settings = common.settings()?.settings;
    let tongue = Tongue::of(common, &settings);
    let period = Period::from_word(&args.period).unwrap_or(Period::Now);
    let mut items = Source::open(common, &settings, &args.daemon).await?.critical(period).await?;
    let all = items.len();
    if args.limit > 0 {
        items.truncate(args.limit);
    }
    let page = Page { items, next: None };
    match args.format.as_str() {
        "json" => print_json(&page)?,
        "geojson" | "geojson-gcj02" => print_geojson(wire::geojson(&page)?, &args.format)?,
        "csv" => print(&csv(&page.items, args.bom))?,
        _ => print(&text(&page.items, all, &tongue))?,
    }
    Ok(Exit::Fine)
}

fn text(found: &[Critical], all: usize, tongue: &Tongue) -> String {
    if found.is_empty() {
        return tongue.say("没有单点会使进出口失守。\n", "No single failure would lose an entrance.\n").to_owned();
    }
    let zh = ["位次", "类别", "设备", "必失", "可能失", "摄像机", "进出口"];
    let en = ["rank", "kind", "what", "loses", "may lose", "cameras", "entrances"];
    let header: Vec<&str> = zh.iter().zip(en).map(|(zh, en)| tongue.say(zh, en)).collect();
    let mut table = table::table(&header);
    for critical in found {
        table.add_row(vec![
            critical.rank.to_string(),
            plain(component_word(&critical.kind, tongue)),
            named(&critical.name, &critical.id),
            critical.loses_now.len().to_string(),
            critical.may_lose.len().to_string(),
            critical.cameras.to_string(),
            entrances(critical),
        ]);
    }
    let more = all - found.len();
    let rest = match (more, tongue.language) {
        (0, _) => String::new(),
        (n, Language::ZhCn) => format!("另有 {n} 项（--limit 0 全部列出）\n"),
        (n, Language::En) => format!("{n} more (--limit 0 lists all)\n"),
    };
    table::text(&table) + &rest
}

/// The first few entrances, those surely lost before the others.
fn entrances(critical: &Critical) -> String {
    let all: Vec<&str> = critical.loses_now.iter().chain(&critical.may_lose).map(String::as_str).collect();
    some(&all)
}

fn csv(found: &[Critical], bom: bool) -> String {
    let header = ["rank", "kind", "id", "name", "loses_now", "may_lose", "villages", "cameras", "lon", "lat"];
    let row = |c: &Critical| {
        vec![
            Cell::number(Some(c.rank)),
            Cell::text(Some(&c.kind)),
            Cell::text(Some(&c.id)),
            Cell::text(Some(&c.name)),
            Cell::text(Some(&c.loses_now.join(" "))),
            Cell::text(Some(&c.may_lose.join(" "))),
            Cell::text(Some(&c.villages.join(" "))),
            Cell::number(Some(c.cameras)),
            Cell::number(c.lon),
            Cell::number(c.lat),
        ]
    };
    table::csv(&header, found.iter().map(row), bom)
}
