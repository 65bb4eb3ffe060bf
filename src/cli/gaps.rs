//! `cunkou gaps`: the planner's question, which entrances are not covered.

use std::collections::BTreeSet;

use cunkou_core::coverage::EntranceState;
use cunkou_core::model::{Language, Period};

use super::client::Daemon;
use super::common::{Common, FORMATS, Tongue, moment, print, print_geojson, print_json};
use super::exit::Exit;
use super::source::{GapQuery, Source};
use super::table::{self, Cell, named, plain};
use super::when;
use crate::http::wire::{self, Cause, GAP_STATES, Gap, Page};

/// Lists entrances that are not covered: lost, unknown, reduced, unwatched, planned; since when, and why.
///
/// Exit 1 when one of them is in a state that --fail-on names.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    daemon: Daemon,
    /// At a past moment: 2026-11-24T03:00:00Z, or "2026-11-24 11:00" in the time zone of [ui]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// When entrances are judged
    #[arg(long, value_parser = ["day", "night", "now"], default_value = "now")]
    period: String,
    /// States that make the exit code 1
    #[arg(long, value_name = "STATES", value_delimiter = ',', default_value = "lost")]
    #[arg(value_parser = ["lost", "reduced", "unknown", "unwatched"])]
    fail_on: Vec<String>,
    /// Only those in this village, or any other area
    #[arg(long, value_name = "ID")]
    village: Option<String>,
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
    let at = args.at.as_deref().map(|text| moment("--at", text, &tongue.zone)).transpose()?;
    let query = GapQuery { period: Period::from_word(&args.period), at, area: args.village.clone() };
    let items = Source::open(common, &settings, &args.daemon).await?.gaps(&query).await?;
    let found = items.iter().any(|gap| args.fail_on.contains(&gap.state));
    let page = Page { items, next: None };
    match args.format.as_str() {
        "json" => print_json(&page)?,
        "geojson" | "geojson-gcj02" => print_geojson(wire::geojson(&page)?, &args.format)?,
        "csv" => print(&csv(&page.items, args.bom))?,
        _ => print(&text(&page.items, &tongue))?,
    }
    Ok(if found { Exit::Found } else { Exit::Fine })
}

/// The word of an entrance's state.
pub(super) fn state_word<'a>(state: &'a str, tongue: &Tongue) -> &'a str {
    match (tongue.language, EntranceState::from_word(state)) {
        (Language::En, _) | (_, None) => state,
        (Language::ZhCn, Some(state)) => match state {
            EntranceState::Covered => "有覆盖",
            EntranceState::Reduced => "覆盖减弱",
            EntranceState::Lost => "失守",
            EntranceState::Unknown => "未知",
            EntranceState::Unwatched => "未布防",
            EntranceState::Planned => "规划中",
        },
    }
}

/// Why, in a few words.
pub(super) fn cause_words(cause: &Cause, tongue: &Tongue) -> String {
    let kind = match cause.kind.as_str() {
        "camera" => tongue.say("摄像机", "camera"),
        "node" => tongue.say("节点", "node"),
        "node_partial" => tongue.say("节点部分故障", "node in part"),
        "common_cause" => tongue.say("共同原因", "common cause"),
        "monitor_blind" => return tongue.say("监测系统失明", "the monitor is blind").to_owned(),
        "monitor_stopped" => return tongue.say("监测未运行", "the monitor was not running").to_owned(),
        "monitor_stuck" => return tongue.say("监测无法存储", "the monitor could not write").to_owned(),
        "monitor_starting" => return tongue.say("尚未检查", "not asked yet").to_owned(),
        "off_duty" => return tongue.say("不在值守时段", "off duty").to_owned(),
        other => other,
    };
    match &cause.id {
        Some(id) => format!("{} {}", plain(kind), named(&cause.name, id)),
        None => plain(kind),
    }
}

/// Why an entrance is unwatched or planned.
pub(super) fn reason_words<'a>(reason: &'a str, tongue: &'a Tongue) -> &'a str {
    match reason {
        "none" => tongue.say("无摄像机覆盖", "no camera watches it"),
        "too_few" => tongue.say("摄像机不足", "too few cameras"),
        "only_maybe" => tongue.say("只有待核实的摄像机", "only cameras to be surveyed"),
        "no_night" => tongue.say("夜间无补光", "no light by night"),
        "off_duty" => tongue.say("不在值守时段", "off duty"),
        other => other,
    }
}

fn text(gaps: &[Gap], tongue: &Tongue) -> String {
    if gaps.is_empty() {
        return tongue.say("没有缺口。\n", "No gaps.\n").to_owned();
    }
    let zh = ["状态", "进出口", "村", "自", "原因", "在线/需要", "事件"];
    let en = ["state", "entrance", "village", "since", "why", "live/needs", "incident"];
    let header: Vec<&str> = zh.iter().zip(en).map(|(zh, en)| tongue.say(zh, en)).collect();
    let mut table = table::table(&header);
    for gap in gaps {
        let cause = gap.cause.as_ref().map(|c| cause_words(c, tongue));
        let why = cause.or_else(|| gap.reason.as_deref().map(|r| reason_words(r, tongue).to_owned()));
        let counts = gap.live.zip(gap.required).map(|(live, needs)| format!("{live}/{needs}"));
        let derived = if gap.derived { tongue.say("（推断）", " [derived]") } else { "" };
        table.add_row(vec![
            state_word(&gap.state, tongue).to_owned(),
            format!("{}{derived}", named(&gap.name, &gap.id)),
            plain(gap.village_name.as_deref().unwrap_or(&gap.area_name)),
            gap.since.as_deref().map(|s| when::local_stamp(s, &tongue.zone)).unwrap_or_default(),
            why.unwrap_or_default(),
            counts.unwrap_or_default(),
            gap.incident.map(|i| i.to_string()).unwrap_or_default(),
        ]);
    }
    table::text(&table) + &summary(gaps, tongue)
}

/// One line: how many of each state, in how many villages.
fn summary(gaps: &[Gap], tongue: &Tongue) -> String {
    let count = |state: &str| gaps.iter().filter(|g| g.state == state).count();
    let counts = GAP_STATES.iter().map(|s| (s.word(), count(s.word()))).filter(|(_, n)| *n > 0);
    let counts: Vec<String> = counts.map(|(state, n)| format!("{n} {}", state_word(state, tongue))).collect();
    let villages: BTreeSet<&str> = gaps.iter().filter_map(|g| g.village.as_deref()).collect();
    let n = villages.len();
    match tongue.language {
        Language::ZhCn => format!("{}；涉及 {n} 个村\n", counts.join("，")),
        Language::En => format!("{}; in {n} villages\n", counts.join(", ")),
    }
}

fn csv(gaps: &[Gap], bom: bool) -> String {
    let header = [
        "id",
        "name",
        "area",
        "area_name",
        "village",
        "village_name",
        "state",
        "since",
        "reason",
        "cause_kind",
        "cause_id",
        "cause_name",
        "incident",
        "priority",
        "derived",
        "required",
        "live",
        "watchers",
        "lon",
        "lat",
    ];
    let row = |g: &Gap| {
        let cause = g.cause.as_ref();
        vec![
            Cell::text(Some(&g.id)),
            Cell::text(Some(&g.name)),
            Cell::text(g.area.as_deref()),
            Cell::text(Some(&g.area_name)),
            Cell::text(g.village.as_deref()),
            Cell::text(g.village_name.as_deref()),
            Cell::text(Some(&g.state)),
            Cell::text(g.since.as_deref()),
            Cell::text(g.reason.as_deref()),
            Cell::text(cause.map(|c| c.kind.as_str())),
            Cell::text(cause.and_then(|c| c.id.as_deref())),
            Cell::text(cause.map(|c| c.name.as_str())),
            Cell::number(g.incident),
            Cell::number(g.priority),
            Cell::text(Some(if g.derived { "true" } else { "false" })),
            Cell::number(g.required),
            Cell::number(g.live),
            Cell::text(Some(&g.watchers.join(" "))),
            Cell::number(g.lon),
            Cell::number(g.lat),
        ]
    };
    table::csv(&header, gaps.iter().map(row), bom)
}
