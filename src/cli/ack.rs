//! `cunkou ack`: takes an incident.

use super::client::{Body, Daemon};
use super::common::{Common, Tongue, moment_ahead, print};
use super::exit::Exit;
use super::gaps::cause_words;
use super::source::for_change;
use super::table::plain;
use crate::http::wire::{AckBody, Incident, stamp};

/// Takes an incident: others see who, and it is not paged again for what it names.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Its number
    id: u64,
    /// For the others to read
    #[arg(long)]
    note: Option<String>,
    /// When that ends: after so long (2h), or 2026-11-24T03:00:00Z, or "2026-11-24 11:00" in the time zone of [ui];
    /// without it, with the incident
    #[arg(long, value_name = "FOR|TIME")]
    until: Option<String>,
    #[command(flatten)]
    daemon: Daemon,
}

pub(super) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let settings = common.settings()?.settings;
    let tongue = Tongue::of(common, &settings);
    let until = args.until.as_deref().map(|t| moment_ahead("--until", t, &tongue.zone)).transpose()?;
    let server = for_change(common, &args.daemon).await?;
    let body = Body::json(&AckBody { note: args.note.unwrap_or_default(), until: until.map(stamp) })?;
    let id = args.id.to_string();
    let taken: Incident = server.post(&["incidents", &id, "ack"], &[], body).await?;
    let by = plain(taken.acknowledged_by.as_deref().unwrap_or_default());
    let cause = cause_words(&taken.cause, &tongue);
    let zh = format!("事件 {} 由 {by} 接单：{cause}\n", taken.id);
    let en = format!("incident {} is taken by {by}: {cause}\n", taken.id);
    print(tongue.say(&zh, &en))?;
    Ok(Exit::Fine)
}
