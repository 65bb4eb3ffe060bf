//! `cunkou oncall`: who is on duty, now, at a moment, and in the days after it.

use anyhow::Context;
use cunkou_core::model::Time;

use super::client::Daemon;
use super::common::{Common, Tongue, moment, print, print_json};
use super::exit::{Exit, wrong_use};
use super::table::{self, Cell, plain};
use super::when;
use crate::files::roster::RosterFile;
use crate::files::settings::Settings;
use crate::http::wire::{DutyLevel, DutyTurn, OnCall, Person, Shown, stamp};

/// Says who is on duty, level by level: who is called first, second, third.
///
/// Reads the roster of the settings, also while a daemon runs; with --server it asks that daemon, which wants a token, and
/// shows addresses and numbers only to one of the role operate. Exit 1 when nobody is on duty at one of the levels.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// At this moment: 2026-11-24T03:00:00Z, or "2026-11-24 11:00" in the time zone of [ui]; without it now
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// List the turns of so many days from then on
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=366))]
    days: Option<u32>,
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
    let at = args.at.as_deref().map(|text| moment("--at", text, &tongue.zone)).transpose()?;
    let answer = match args.daemon.named()? {
        Some(server) => {
            let (at, days) = (at.map(stamp), args.days.map(|n| n.to_string()));
            let mut pairs: Vec<(&str, &str)> = Vec::new();
            pairs.extend(at.as_deref().map(|at| ("at", at)));
            pairs.extend(days.as_deref().map(|n| ("days", n)));
            server.get(&["oncall"], &pairs).await?
        }
        None => read(&settings, at.unwrap_or_else(when::now), args.days)?,
    };
    match (args.format.as_str(), args.days) {
        ("json", _) => print_json(&answer)?,
        ("csv", None) => print(&csv_of_levels(&answer.levels, args.bom))?,
        ("csv", Some(_)) => print(&csv_of_turns(&answer.turns, args.bom))?,
        (_, None) => print(&levels(&answer, &tongue))?,
        (_, Some(_)) => print(&turns(&answer.turns, &tongue))?,
    }
    let nobody = answer.levels.iter().any(|level| level.who.is_none());
    Ok(if nobody { Exit::Found } else { Exit::Fine })
}

/// What the file of the settings says: whoever may read it may see all of it.
fn read(settings: &Settings, at: Time, days: Option<u32>) -> anyhow::Result<OnCall> {
    let none = || wrong_use("the settings name no roster: [roster] file = \"roster.toml\"".to_owned());
    let roster = RosterFile::of(settings).read().context("nobody can be named")?.ok_or_else(none)?;
    Ok(OnCall::of(&roster, at, days, Shown::Contacts))
}

/// What a level is called.
fn level_word(level: u32, tongue: &Tongue) -> String {
    match level {
        0 => tongue.say("一线", "first").to_owned(),
        1 => tongue.say("二线", "second").to_owned(),
        2 => tongue.say("三线", "third").to_owned(),
        n => tongue.say("第{}线", "level {}").replace("{}", &(n + 1).to_string()),
    }
}

fn reason_word<'a>(reason: &'a str, tongue: &'a Tongue) -> &'a str {
    match reason {
        "rota" => tongue.say("轮值", "rota"),
        "holiday" => tongue.say("节假日", "holiday"),
        "override" => tongue.say("替班", "stands in"),
        other => other,
    }
}

fn name(who: Option<&Person>, tongue: &Tongue) -> String {
    match who {
        Some(who) if who.name == who.id => plain(&who.name),
        Some(who) => table::named(&who.name, &who.id),
        None => tongue.say("无人", "nobody").to_owned(),
    }
}

fn levels(answer: &OnCall, tongue: &Tongue) -> String {
    let zh = ["级别", "值班人", "到", "依据", "电话", "邮箱", "通道"];
    let en = ["level", "on duty", "until", "why", "phone", "mail", "sinks"];
    let header: Vec<&str> = zh.iter().zip(en).map(|(zh, en)| tongue.say(zh, en)).collect();
    let mut table = table::table(&header);
    for level in &answer.levels {
        let contact = level.who.as_ref().and_then(|who| who.contact.as_ref());
        let sinks = level.who.as_ref().map(|who| who.sinks.join(" ")).unwrap_or_default();
        table.add_row(vec![
            level_word(level.level, tongue),
            name(level.who.as_ref(), tongue),
            level.until.as_deref().map(|at| when::local_stamp(at, &tongue.zone)).unwrap_or_default(),
            plain(reason_word(&level.reason, tongue)),
            plain(contact.and_then(|c| c.phone.as_deref()).unwrap_or_default()),
            plain(contact.and_then(|c| c.email.as_deref()).unwrap_or_default()),
            plain(&sinks),
        ]);
    }
    let at = when::local_stamp(&answer.at, &tongue.zone);
    format!("{}{at}\n{}", tongue.say("值班 ", "on duty at "), table::text(&table))
}

fn turns(turns: &[DutyTurn], tongue: &Tongue) -> String {
    let zh = ["自", "到", "级别", "值班人", "依据"];
    let en = ["from", "until", "level", "on duty", "why"];
    let header: Vec<&str> = zh.iter().zip(en).map(|(zh, en)| tongue.say(zh, en)).collect();
    let mut table = table::table(&header);
    for turn in turns {
        table.add_row(vec![
            when::local_stamp(&turn.from, &tongue.zone),
            when::local_stamp(&turn.to, &tongue.zone),
            level_word(turn.level, tongue),
            name(turn.who.as_ref(), tongue),
            plain(reason_word(&turn.reason, tongue)),
        ]);
    }
    table::text(&table)
}

/// Id and name of somebody, as two cells.
fn person(who: Option<&Person>) -> [Cell; 2] {
    [Cell::text(who.map(|w| w.id.as_str())), Cell::text(who.map(|w| w.name.as_str()))]
}

fn csv_of_levels(levels: &[DutyLevel], bom: bool) -> String {
    let header = ["level", "id", "name", "reason", "until", "phone", "email", "sinks"];
    let row = |level: &DutyLevel| {
        let contact = level.who.as_ref().and_then(|who| who.contact.as_ref());
        let sinks = level.who.as_ref().map(|who| who.sinks.join(" "));
        let mut cells = vec![Cell::number(Some(level.level))];
        cells.extend(person(level.who.as_ref()));
        cells.extend([Cell::text(Some(&level.reason)), Cell::text(level.until.as_deref())]);
        cells.push(Cell::text(contact.and_then(|c| c.phone.as_deref())));
        cells.push(Cell::text(contact.and_then(|c| c.email.as_deref())));
        cells.push(Cell::text(sinks.as_deref()));
        cells
    };
    table::csv(&header, levels.iter().map(row), bom)
}

fn csv_of_turns(turns: &[DutyTurn], bom: bool) -> String {
    let header = ["level", "id", "name", "reason", "from", "to"];
    let row = |turn: &DutyTurn| {
        let mut cells = vec![Cell::number(Some(turn.level))];
        cells.extend(person(turn.who.as_ref()));
        cells.extend([&turn.reason, &turn.from, &turn.to].map(|text| Cell::text(Some(text))));
        cells
    };
    table::csv(&header, turns.iter().map(row), bom)
}
