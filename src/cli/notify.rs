//! `cunkou notify`: tries a sink with a real message, and shows what was said.

use std::fmt::Write as _;
use std::sync::Arc;

use clap::Subcommand;
use cunkou_core::model::Time;
use serde::Serialize;

use super::common::{Common, Tongue, print, print_json, secrets};
use super::exit::{Exit, wrong_use};
use super::table::plain;
use crate::files::roster::RosterFile;
use crate::files::settings::Settings;
use crate::files::templates::TemplateFiles;
use crate::notify::{self, Exchange, Outcome, Templates, Trial, try_sink};

/// Sends a sink of the settings a real message, and shows what was said
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Sends a sink a message that says itself that it is a test; shows the request, without secrets, and the answer
    ///
    /// A sink with on_duty = true calls who is on duty now. Exit 0 when the sink took it, 3 when it did not.
    Test(Test),
}

#[derive(Debug, clap::Args)]
struct Test {
    /// The name of a sink of the settings
    sink: String,
    /// How the answer is written
    #[arg(long, value_parser = ["table", "json"], default_value = "table")]
    format: String,
}

/// The answer.
#[derive(Debug, Serialize)]
struct Report<'a> {
    sink: &'a str,
    kind: &'static str,
    delivered: bool,
    error: Option<&'a str>,
    exchanges: Vec<Said<'a>>,
}

/// One request and its answer.
#[derive(Debug, Serialize)]
struct Said<'a> {
    head: &'a str,
    body: &'a str,
    answer: &'a str,
}

pub(super) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let What::Test(wanted) = args.what;
    let settings = common.settings()?.settings;
    let Some(sink) = settings.sinks.iter().find(|s| s.name == wanted.sink) else {
        let names: Vec<&str> = settings.sinks.iter().map(|s| s.name.as_str()).collect();
        let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        return Err(wrong_use(format!("the settings have no sink {:?}; they have {known}", wanted.sink)));
    };
    let secrets = secrets(&settings)?;
    let roster = RosterFile::of(&settings);
    roster.read_again()?;
    let trial = Trial {
        roster: roster.board().clone(),
        secrets: &secrets,
        time_zone: settings.ui.time_zone.clone(),
        client: notify::client()?,
        templates: Arc::new(templates(&settings)?),
        now: Time(jiff::Timestamp::now().as_millisecond()),
    };
    let outcome = try_sink(sink, trial).await?;
    let report = Report {
        sink: &sink.name,
        kind: sink.kind.word(),
        delivered: outcome.failed.is_none(),
        error: outcome.failed.as_deref(),
        exchanges: outcome.exchanges.iter().map(said).collect(),
    };
    match wanted.format.as_str() {
        "json" => print_json(&report)?,
        _ => print(&text(&outcome, &Tongue::of(common, &settings)))?,
    }
    Ok(if report.delivered { Exit::Fine } else { Exit::CouldNot })
}

fn said(exchange: &Exchange) -> Said<'_> {
    Said { head: &exchange.head, body: &exchange.body, answer: &exchange.answer }
}

/// The texts of the settings, each tried.
fn templates(settings: &Settings) -> anyhow::Result<Templates> {
    let files = match &settings.templates.dir {
        Some(dir) => TemplateFiles::read(dir)?,
        None => TemplateFiles::default(),
    };
    Templates::new(&files, &settings.sinks).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        anyhow::anyhow!(lines.join("\n")).context("the templates cannot be used")
    })
}

fn text(outcome: &Outcome, tongue: &Tongue) -> String {
    let mut out = String::new();
    // What a sink answers is not ours: no line of it turns the terminal.
    let block = |text: &str| text.lines().map(plain).collect::<Vec<_>>().join("\n");
    for exchange in &outcome.exchanges {
        let answer = tongue.say("应答：", "answer:");
        let _ = writeln!(
            out,
            "{}\n\n{}\n\n{answer}\n{}\n",
            block(&exchange.head),
            block(&exchange.body),
            block(&exchange.answer)
        );
    }
    let _ = match &outcome.failed {
        None => writeln!(out, "{}", tongue.say("已送达", "delivered")),
        Some(why) => writeln!(out, "{}: {}", tongue.say("未送达", "not delivered"), plain(why)),
    };
    out
}
