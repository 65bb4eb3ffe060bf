//! `cunkou notify`: tries a sink with a real message, and shows what was said.

use std::fmt::Write as _;
use std::sync::Arc;

use clap::Subcommand;
use cunkou_core::model::Time;

use super::common::{Common, Tongue, print, print_json, secrets};
use super::exit::{Exit, wrong_use};
use super::table::plain;
use crate::files::roster::RosterFile;
use crate::files::settings::Settings;
use crate::files::templates::TemplateFiles;
use crate::http::wire::SinkTrial;
use crate::notify::{self, Templates, Trial, try_sink};

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
    let report = SinkTrial::of(&sink.name, sink.kind.word(), outcome);
    match wanted.format.as_str() {
        "json" => print_json(&report)?,
        _ => print(&text(&report, &Tongue::of(common, &settings)))?,
    }
    Ok(if report.delivered { Exit::Fine } else { Exit::CouldNot })
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

fn text(trial: &SinkTrial, tongue: &Tongue) -> String {
    let mut out = String::new();
    // What a sink answers is not ours: no line of it turns the terminal.
    let block = |text: &str| text.lines().map(plain).collect::<Vec<_>>().join("\n");
    for exchange in &trial.exchanges {
        let answer = tongue.say("应答：", "answer:");
        let _ = writeln!(
            out,
            "{}\n\n{}\n\n{answer}\n{}\n",
            block(&exchange.head),
            block(&exchange.body),
            block(&exchange.answer)
        );
    }
    let _ = match &trial.error {
        None => writeln!(out, "{}", tongue.say("已送达", "delivered")),
        Some(why) => writeln!(out, "{}: {}", tongue.say("未送达", "not delivered"), plain(why)),
    };
    out
}
