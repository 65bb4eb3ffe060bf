//! `cunkou doctor`: what of this machine and these settings would keep the daemon from its work, and what to do.

mod look;
mod suggest;
mod verdict;

use std::fmt::Write as _;

use serde::Serialize;

use super::common::{Common, Tongue, may_colour, print, print_json};
use super::exit::Exit;
use super::table::plain;

/// Looks at this machine and the settings: pings, disk, clock, DNS, sinks, file limits, canaries; says what to do.
///
/// Changes nothing and sends nothing but questions: a sink is only asked for its front page. Run it as the user that
/// runs the daemon. Exit 1 when something is to be done.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How the answer is written
    #[arg(long, value_parser = ["table", "json"], default_value = "table")]
    format: String,
}

/// How a thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    /// Nothing to do.
    Ok,
    /// It cannot be told from here.
    Unknown,
    /// It works, but not as well as it could, or not for long.
    Warning,
    /// It does not work.
    Fault,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Finding {
    /// What was looked at: a word of a closed list.
    check: &'static str,
    verdict: Verdict,
    /// What was seen.
    found: String,
    /// What to do; empty where nothing is to be done.
    advice: String,
}

/// The answer.
#[derive(Debug, Serialize)]
struct Report {
    ok: bool,
    findings: Vec<Finding>,
}

pub(super) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let settings = common.settings()?.settings;
    let tongue = Tongue::of(common, &settings);
    let findings = look::everything(&settings, &tongue).await;
    let ok = findings.iter().all(|f| f.verdict < Verdict::Warning);
    let report = Report { ok, findings };
    match args.format.as_str() {
        "json" => print_json(&report)?,
        _ => print(&text(&report, &tongue, may_colour()))?,
    }
    Ok(if ok { Exit::Fine } else { Exit::Found })
}

impl Verdict {
    fn word(self, tongue: &Tongue) -> &str {
        match self {
            Verdict::Ok => tongue.say("正常", "ok"),
            Verdict::Unknown => tongue.say("不明", "unknown"),
            Verdict::Warning => tongue.say("注意", "warning"),
            Verdict::Fault => tongue.say("故障", "fault"),
        }
    }

    const fn colour(self) -> u8 {
        match self {
            Verdict::Ok => 32,
            Verdict::Unknown => 36,
            Verdict::Warning => 33,
            Verdict::Fault => 31,
        }
    }
}

/// A line a finding, and below it what to do.
fn text(report: &Report, tongue: &Tongue, colour: bool) -> String {
    let mut out = String::new();
    for f in &report.findings {
        let word = f.verdict.word(tongue);
        let word = if colour { format!("\u{1b}[1;{}m{word}\u{1b}[0m", f.verdict.colour()) } else { word.to_owned() };
        let _ = writeln!(out, "{word} {}: {}", f.check, plain(&f.found));
        for line in f.advice.lines() {
            let _ = writeln!(out, "    {}", plain(line));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use cunkou_core::model::Language;
    use jiff::tz::TimeZone;

    #[test]
    fn what_to_do_stands_below_what_was_seen() {
        let finding = |verdict, advice: &str| Finding {
            check: "disk",
            verdict,
            found: "3 MB\u{1b}[2J".to_owned(),
            advice: advice.to_owned(),
        };
        let report = Report { ok: false, findings: vec![finding(Verdict::Fault, "a\nb"), finding(Verdict::Ok, "")] };
        let tongue = Tongue { language: Language::En, zone: TimeZone::UTC };
        let said = text(&report, &tongue, false);
        assert_eq!(said, "fault disk: 3 MB[2J\n    a\n    b\nok disk: 3 MB[2J\n");
        let tongue = Tongue { language: Language::ZhCn, zone: TimeZone::UTC };
        assert!(text(&report, &tongue, false).starts_with("故障 disk"));
    }
}
