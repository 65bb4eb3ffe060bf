//! `cunkou incident`: the list, or the story of one.

mod found;

use std::fmt::Write as _;

use cunkou_core::alert::{SayReason, say_reason_name};
use cunkou_core::model::IncidentId;

use super::client::{Body, Daemon};
use super::common::{Common, Tongue, moment_ahead, print, print_json};
use super::exit::Exit;
use super::gaps::cause_words;
use super::source::{Source, for_change};
use super::table::{self, named, plain};
use super::when;
use crate::http::story::fate;
use crate::http::wire::{Incident, IncidentDelivery, IncidentDetail, Page, SilenceBody, stamp};

/// Names of a list that are shown; the rest is counted.
const SHOWN: usize = 10;

/// Lists incidents, newest first; with a number tells the story of one, or silences it for a while.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Its number
    id: Option<u64>,
    /// Only those that stand here
    #[arg(long, value_parser = ["open", "acknowledged", "resolved"], conflicts_with = "id")]
    status: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Page nobody of it for so long (2h), or until then (2026-11-24T03:00:00Z, or "2026-11-24 11:00" in the time zone
    /// of [ui]); its end is told all the same, and what still stands then too
    #[arg(long, value_name = "FOR|UNTIL", requires = "id")]
    silence: Option<String>,
    /// Lift its silence: what still stands is told
    #[arg(long, requires = "id", conflicts_with = "silence")]
    unsilence: bool,
    /// For the others to read
    #[arg(long, requires = "silence")]
    note: Option<String>,
    #[command(flatten)]
    daemon: Daemon,
    /// How the answer is written
    #[arg(long, value_parser = ["table", "json"], default_value = "table")]
    format: String,
}

pub(super) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let settings = common.settings()?.settings;
    let tongue = Tongue::of(common, &settings);
    if let Some(id) = args.id.filter(|_| args.silence.is_some() || args.unsilence) {
        return silence(id, &args, common, &tongue).await;
    }
    let source = Source::open(common, &settings, &args.daemon).await?;
    let json = args.format == "json";
    match args.id {
        Some(id) => {
            let detail = source.incident(IncidentId(id)).await?;
            if json { print_json(&detail)? } else { print(&story(&detail, &tongue))? }
        }
        None => {
            let items = source.incidents(args.status.as_deref(), args.limit as usize).await?;
            if json { print_json(&Page { items, next: None })? } else { print(&list(&items, &tongue))? }
        }
    }
    Ok(Exit::Fine)
}

/// Silences an incident, or lifts its silence.
async fn silence(id: u64, args: &Args, common: &Common, tongue: &Tongue) -> anyhow::Result<Exit> {
    let until = args.silence.as_deref().map(|text| moment_ahead("--silence", text, &tongue.zone)).transpose()?;
    let server = for_change(common, &args.daemon).await?;
    let path = ["incidents", &id.to_string(), "silence"];
    let now: Incident = match until {
        Some(until) => {
            let body = SilenceBody { until: stamp(until), note: args.note.clone().unwrap_or_default() };
            server.post(&path, &[], Body::json(&body)?).await?
        }
        None => server.delete(&path).await?,
    };
    if args.format == "json" {
        print_json(&now)?;
        return Ok(Exit::Fine);
    }
    let cause = cause_words(&now.cause, tongue);
    let (zh, en) = match &now.silenced_until {
        Some(until) => {
            let until = when::local_stamp(until, &tongue.zone);
            (
                format!("事件 {id} 已静默，至 {until} 前不再通知：{cause}\n"),
                format!("incident {id} is silent until {until}: {cause}\n"),
            )
        }
        None => {
            (format!("事件 {id} 已取消静默：{cause}\n"), format!("incident {id} is not silent any more: {cause}\n"))
        }
    };
    print(tongue.say(&zh, &en))?;
    Ok(Exit::Fine)
}

fn status_word(status: &str, tongue: &Tongue) -> String {
    let zh = match status {
        "open" => "未接单",
        "acknowledged" => "已接单",
        "resolved" => "已恢复",
        other => other,
    };
    plain(tongue.say(zh, status))
}

fn list(incidents: &[Incident], tongue: &Tongue) -> String {
    if incidents.is_empty() {
        return tongue.say("没有事件。\n", "No incidents.\n").to_owned();
    }
    let zh = ["编号", "状态", "自", "失守进出口", "摄像机", "原因", "接单"];
    let en = ["no.", "status", "since", "entrances lost", "cameras", "cause", "taken by"];
    let header: Vec<&str> = zh.iter().zip(en).map(|(zh, en)| tongue.say(zh, en)).collect();
    let mut table = table::table(&header);
    for i in incidents {
        table.add_row(vec![
            i.id.to_string(),
            status_word(&i.status, tongue),
            when::local_stamp(&i.since, &tongue.zone),
            i.entrances_lost.len().to_string(),
            cameras(i),
            cause_words(&i.cause, tongue),
            plain(i.acknowledged_by.as_deref().unwrap_or_default()),
        ]);
    }
    table::text(&table)
}

/// How many cameras, and of how many where a node fails in part.
fn cameras(i: &Incident) -> String {
    let n = i.cameras.len();
    i.cameras_of.map_or(n.to_string(), |of| format!("{n}/{of}"))
}

/// What happened, in the order in which it did.
fn story(detail: &IncidentDetail, tongue: &Tongue) -> String {
    let mut out = head(&detail.incident, tongue);
    if let Some(findings) = &detail.findings {
        out += &found::part(findings, tongue);
    }
    let at = |stamp: &str| when::local_stamp(stamp, &tongue.zone);
    if !detail.alerts.is_empty() {
        let _ = writeln!(out, "\n{}", tongue.say("未结告警", "open alerts"));
        for a in &detail.alerts {
            let object = named(&a.name, &a.object);
            let _ = writeln!(out, "  {}  {}  {object}", at(&a.since), plain(&a.alert));
        }
    }
    if !detail.steps.is_empty() {
        let _ = writeln!(out, "\n{}", tongue.say("经过", "what was told"));
        for s in &detail.steps {
            let kind = s.kind.as_deref().unwrap_or(tongue.say("未发", "held"));
            let why = SayReason::from_word(&s.why).map_or_else(|| plain(&s.why), |why| explained(why, tongue));
            let _ = writeln!(out, "  {}  {}  {} ({why})", at(&s.at), s.step, plain(kind));
        }
    }
    out += &deliveries(&detail.deliveries, tongue);
    out
}

/// Why a word was said or held: the reason as it stands in logs and the API, and what it means.
fn explained(why: SayReason, tongue: &Tongue) -> String {
    let phrase = say_reason_name(why, tongue.language);
    format!("{}{}{phrase}", why.word(), tongue.say("：", ": "))
}

/// What became of the messages: a line each.
fn deliveries(all: &[IncidentDelivery], tongue: &Tongue) -> String {
    let mut out = String::new();
    if all.is_empty() {
        return out;
    }
    let at = |stamp: &str| when::local_stamp(stamp, &tongue.zone);
    let _ = writeln!(out, "\n{}", tongue.say("送达", "deliveries"));
    for d in all {
        let fate = fate(d, tongue.language, &at);
        let to = d.to.as_deref().map(|to| format!(" → {}", plain(to))).unwrap_or_default();
        let _ = writeln!(out, "  {} {}{to}  {}  {}", plain(&d.sink), d.step, fate.ended, plain(&fate.tries));
    }
    out
}

fn head(i: &Incident, tongue: &Tongue) -> String {
    let mut out = String::new();
    let at = |stamp: &str| when::local_stamp(stamp, &tongue.zone);
    let mut fact = |zh: &str, en: &str, text: String| {
        let _ = writeln!(out, "{}{text}", tongue.say(zh, en));
    };
    let status = status_word(&i.status, tongue);
    fact("事件 ", "incident ", format!("{} · {status} · {}", i.id, plain(&i.severity)));
    fact("原因：", "cause: ", cause_words(&i.cause, tongue));
    if !i.rivals.is_empty() {
        let rivals: Vec<String> = i.rivals.iter().map(|r| cause_words(r, tongue)).collect();
        fact("或：", "or: ", rivals.join(", "));
    }
    let lost: Vec<String> =
        i.entrances_lost.iter().zip(&i.entrances_lost_names).map(|(id, name)| named(name, id)).collect();
    if !lost.is_empty() {
        fact("失守进出口：", "entrances lost: ", capped(&lost));
    }
    let broken: Vec<String> =
        i.seals_broken.iter().zip(&i.seals_broken_names).map(|(id, name)| named(name, id)).collect();
    if !broken.is_empty() {
        fact("封控失效：", "seals broken: ", capped(&broken));
    }
    if !i.village_names.is_empty() {
        let villages: Vec<String> = i.village_names.iter().zip(&i.villages).map(|(n, id)| named(n, id)).collect();
        fact("村：", "villages: ", capped(&villages));
    }
    if !i.cameras.is_empty() {
        fact("摄像机：", "cameras: ", format!("{} · {}", cameras(i), capped(&i.cameras)));
    }
    fact("自 ", "since ", at(&i.since));
    fact("发现于 ", "opened ", at(&i.opened_at));
    if let Some(t) = &i.acknowledged_at {
        let by = plain(i.acknowledged_by.as_deref().unwrap_or_default());
        let note = plain(i.acknowledged_note.as_deref().unwrap_or_default());
        let until = i.acknowledged_until.as_deref().map(|u| format!(" → {}", at(u))).unwrap_or_default();
        fact("接单：", "taken by ", format!("{by} {}{until} {note}", at(t)).trim_end().to_owned());
    }
    if let (Some(t), Some(until)) = (&i.silenced_at, &i.silenced_until) {
        let by = plain(i.silenced_by.as_deref().unwrap_or_default());
        let note = plain(i.silenced_note.as_deref().unwrap_or_default());
        fact("静默：", "silenced by ", format!("{by} {} → {} {note}", at(t), at(until)).trim_end().to_owned());
    }
    if i.level > 0 {
        fact("升级到第 ", "escalated to level ", i.level.to_string());
    }
    if let Some(t) = &i.reopened_at {
        fact("复发于 ", "reopened ", format!("{} (×{})", at(t), i.reopenings));
    }
    if let Some(t) = &i.resolved_at {
        fact("恢复于 ", "resolved ", at(t));
    }
    if let Some(other) = i.merged_into {
        fact("并入事件 ", "merged into incident ", other.to_string());
    }
    out
}

/// Some of a list, and how many more there are.
fn capped(items: &[String]) -> String {
    let mut text = items.iter().take(SHOWN).map(|i| plain(i)).collect::<Vec<_>>().join(", ");
    if items.len() > SHOWN {
        let _ = write!(text, " +{}", items.len() - SHOWN);
    }
    text
}

#[cfg(test)]
mod tests {
    use cunkou_core::model::Language;
    use jiff::tz::TimeZone;

    use super::*;

    fn delivery(delivered: bool, error: Option<&str>, answer_code: Option<u16>) -> IncidentDelivery {
        IncidentDelivery {
            sink: "desk".to_owned(),
            step: 1,
            attempts: 2,
            delivered_at: delivered.then(|| "2026-11-24T03:00:00.000Z".to_owned()),
            dropped_at: None,
            error: error.map(str::to_owned),
            answer_code,
            to: None,
        }
    }

    #[test]
    fn what_a_sink_answered_stands_beside_what_it_said() {
        let all = [
            delivery(true, Some("answered 503: busy"), Some(200)),
            delivery(false, Some("answered 503: busy"), Some(503)),
            delivery(false, Some("no answer in time"), None),
        ];
        for (language, expected) in [
            (
                Language::En,
                "\ndeliveries\n  desk 1  delivered 2026-11-24 03:00:00  2 tries · answer 200 · answered 503: busy\n  desk 1  \
                 waits  2 tries · answer 503 · answered 503: busy\n  desk 1  waits  2 tries · no answer in time\n",
            ),
            (
                Language::ZhCn,
                "\n送达\n  desk 1  送达 2026-11-24 03:00:00  2 次尝试 · 应答 200 · answered 503: busy\n  desk 1  \
                 等待  2 次尝试 · 应答 503 · answered 503: busy\n  desk 1  等待  2 次尝试 · no answer in time\n",
            ),
        ] {
            assert_eq!(deliveries(&all, &Tongue { language, zone: TimeZone::UTC }), expected);
        }
    }
}
