//! `cunkou status`: the town in a few lines.

use std::fmt::Write as _;

use super::client::Daemon;
use super::common::{Common, Tongue, print, print_json};
use super::exit::{Exit, Nagios};
use super::source::Source;
use super::{table, when};
use crate::http::wire::{EntranceCounts, Status};

/// Says how the town stands: entrances, cameras, incidents.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    daemon: Daemon,
    /// How the answer is written
    #[arg(long, value_parser = ["table", "json"], default_value = "table")]
    format: String,
    /// One line and an exit code as Nagios and its kin expect them: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN
    #[arg(long, conflicts_with = "format")]
    nagios: bool,
}

pub(super) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    if args.nagios {
        let asked = ask(&args.daemon, common).await;
        let (state, line) = match &asked {
            Ok((status, live, _)) => nagios(status, *live),
            Err(error) => (Nagios::Unknown, table::plain(&format!("{error:#}"))),
        };
        print(&format!("CUNKOU {} - {line}\n", state.word()))?;
        return Ok(Exit::Nagios(state));
    }
    let (status, _, tongue) = ask(&args.daemon, common).await?;
    match args.format.as_str() {
        "json" => print_json(&status)?,
        _ => print(&text(&status, &tongue))?,
    }
    Ok(Exit::Fine)
}

async fn ask(daemon: &Daemon, common: &Common) -> anyhow::Result<(Status, bool, Tongue)> {
    let settings = common.settings()?.settings;
    let source = Source::open(common, &settings, daemon).await?;
    Ok((source.status().await?, source.is_live(), Tongue::of(common, &settings)))
}

impl Nagios {
    const fn word(self) -> &'static str {
        match self {
            Nagios::Ok => "OK",
            Nagios::Warning => "WARNING",
            Nagios::Critical => "CRITICAL",
            Nagios::Unknown => "UNKNOWN",
        }
    }
}

/// The state and the line with its figures (`label=value;warn;crit`), as the plugin guidelines write them.
fn nagios(status: &Status, live: bool) -> (Nagios, String) {
    let (e, c) = (&status.entrances, &status.cameras);
    let state = match () {
        () if !live => Nagios::Unknown,
        () if e.lost > 0 || status.blind_since.is_some() => Nagios::Critical,
        () if e.reduced > 0 || c.down > 0 => Nagios::Warning,
        () if e.unknown > 0 || c.unknown > 0 => Nagios::Unknown,
        () => Nagios::Ok,
    };
    let why = match () {
        () if !live => "no daemon answers; ",
        () if status.blind_since.is_some() => "the monitor is blind; ",
        () => "",
    };
    let line = format!(
        "{why}{} entrances lost, {} reduced, {} unknown; {} of {} cameras down, {} unknown \
         | lost={};;1 reduced={};1 unwatched={} cameras_down={};1 incidents_open={}",
        e.lost,
        e.reduced,
        e.unknown,
        c.down,
        c.installed,
        c.unknown,
        e.lost,
        e.reduced,
        e.unwatched,
        c.down,
        status.incidents.open
    );
    (state, line)
}

fn text(status: &Status, tongue: &Tongue) -> String {
    let mut out = String::new();
    let mut line = |zh: String, en: String| {
        let _ = writeln!(out, "{}", tongue.say(&zh, &en));
    };
    let at = when::local_stamp(&status.at, &tongue.zone);
    let night = if status.night { ("夜间", "night") } else { ("白天", "day") };
    let version = status.registry_version;
    line(
        format!("截至 {at}（{}），台账版本 {version}", night.0),
        format!("as of {at} ({}), registry version {version}", night.1),
    );
    if let Some(since) = &status.blind_since {
        let since = when::local_stamp(since, &tongue.zone);
        line(
            format!("监测系统失明，自 {since}：以下状态不再更新"),
            format!("the monitor is blind since {since}: what follows is not fresh"),
        );
    }
    if let Some(round) = status.first_round {
        let (done, of) = (round.done, round.of);
        line(format!("启动首轮检查：{done}/{of}"), format!("first round: {done} of {of} cameras"));
    }
    let c = &status.cameras;
    line(
        format!(
            "摄像机 {} 台在装：正常 {}，异常 {}，待确认 {}，离线 {}，未知 {}（抖动 {}，维护 {}；规划 {}，退役 {}）",
            c.installed,
            c.up,
            c.degraded,
            c.suspect,
            c.down,
            c.unknown,
            c.flapping,
            c.maintenance,
            c.planned,
            c.retired
        ),
        format!(
            "{} cameras installed: {} up, {} degraded, {} suspect, {} down, {} unknown ({} flapping, {} in maintenance; {} planned, {} retired)",
            c.installed,
            c.up,
            c.degraded,
            c.suspect,
            c.down,
            c.unknown,
            c.flapping,
            c.maintenance,
            c.planned,
            c.retired
        ),
    );
    let i = status.incidents;
    line(
        format!("未结事件：{} 未接单，{} 已接单", i.open, i.acknowledged),
        format!("incidents: {} open, {} acknowledged", i.open, i.acknowledged),
    );
    out.push_str(&table::text(&entrances(status, tongue)));
    out
}

fn entrances(status: &Status, tongue: &Tongue) -> comfy_table::Table {
    let zh = ["进出口", "有覆盖", "覆盖减弱", "失守", "未知", "未布防", "规划中"];
    let en = ["entrances", "covered", "reduced", "lost", "unknown", "unwatched", "planned"];
    let header: Vec<&str> = zh.iter().zip(en).map(|(zh, en)| tongue.say(zh, en)).collect();
    let mut table = table::table(&header);
    let mut row = |name: &str, n: &EntranceCounts| {
        let counts = [n.covered, n.reduced, n.lost, n.unknown, n.unwatched, n.planned];
        table.add_row(std::iter::once(name.to_owned()).chain(counts.map(|n| n.to_string())));
    };
    row(tongue.say("现在", "now"), &status.entrances);
    row(tongue.say("白天", "by day"), &status.entrances_day);
    row(tongue.say("夜间", "by night"), &status.entrances_night);
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::wire::{CameraCounts, IncidentCounts};

    fn status(lost: u32, reduced: u32, down: u32, blind: bool) -> Status {
        Status {
            at: "2026-11-24T03:00:00.000Z".to_owned(),
            version: "0".to_owned(),
            registry_version: 1,
            night: false,
            blind_since: blind.then(|| "2026-11-24T02:00:00.000Z".to_owned()),
            first_round: None,
            cameras: CameraCounts { installed: 9, up: 9 - down, down, ..CameraCounts::default() },
            entrances: EntranceCounts { covered: 5, lost, reduced, ..EntranceCounts::default() },
            entrances_day: EntranceCounts::default(),
            entrances_night: EntranceCounts::default(),
            incidents: IncidentCounts { open: 1, acknowledged: 0 },
            coverage: Vec::new(),
            canaries: Vec::new(),
        }
    }

    #[test]
    fn nagios_is_told_the_worst() {
        for (lost, reduced, down, blind, live, state) in [
            (0, 0, 0, false, true, Nagios::Ok),
            (0, 1, 0, false, true, Nagios::Warning),
            (0, 0, 1, false, true, Nagios::Warning),
            (1, 1, 1, false, true, Nagios::Critical),
            (0, 0, 0, true, true, Nagios::Critical),
            (1, 0, 0, false, false, Nagios::Unknown),
        ] {
            let (found, line) = nagios(&status(lost, reduced, down, blind), live);
            assert_eq!(found, state, "{line}");
            assert_eq!(line.matches('|').count(), 1, "{line}");
        }
    }

    #[test]
    fn the_lines_are_in_the_language_that_was_asked_for() {
        let zone = jiff::tz::TimeZone::UTC;
        for (language, word) in
            [(cunkou_core::model::Language::ZhCn, "失守"), (cunkou_core::model::Language::En, "lost")]
        {
            let tongue = Tongue { language, zone: zone.clone() };
            assert!(text(&status(1, 0, 0, false), &tongue).contains(word));
        }
    }
}
