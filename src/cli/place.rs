//! `cunkou place`: which cameras to buy or to mend next, and how good that choice is.

mod words;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use cunkou_core::model::Span;

use super::client::Daemon;
use super::common::{Common, FORMATS, Tongue, note, print, print_geojson, print_json};
use super::exit::{Exit, wrong_use};
use super::offline::{self, Ground};
use super::source::Source;
use super::table::{self, Cell};
use crate::http::wire::{self, Page, PlaceBody, PlaceModel, Placement};

/// Says which cameras to buy or to mend next, so that most entrances which lack watchers get them, by day and by night.
///
/// Candidates stand at the sites of sites.csv; where there is none, on poles that stand and on new ones 20 m inside
/// entrances. Each looks in one of 24 directions; what it would watch is judged as if it stood there. Repairs of what is
/// down stand beside purchases. Value, upper bound and gap are always told: no choice is worth more than the bound. Ctrl-C
/// ends a search of our own with what was found, once all candidates are known and at the latest when its time is over; a
/// daemon's answer is not waited for. Leaks are not closed here: the sites for that are those of `cunkou seal`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    daemon: Daemon,
    /// How many, 1 to 1000; without it and --budget 10
    #[arg(value_name = "K", conflicts_with = "budget")]
    count: Option<u32>,
    /// For how much, in the unit of the column cost of sites.csv; where that says nothing a camera on a pole costs 1, on a
    /// lamp 2, on a new pole 3
    #[arg(long, value_name = "COST")]
    budget: Option<f64>,
    /// A registry folder, which is judged as it is written down: at the levels plan and built only, without any database
    #[arg(long, value_name = "DIR")]
    registry: Option<PathBuf>,
    /// Which cameras count already: planned and installed ones, installed ones, or installed ones that are not dead; of a
    /// folder built, else live
    #[arg(long, value_parser = ["plan", "built", "live"])]
    level: Option<String>,
    /// How many cameras an entrance is to have: those that it requires, or its target
    #[arg(long, value_parser = ["required", "target"], default_value = "required")]
    depth: String,
    /// Count entrances by their priority: five times for 1, once for 5
    #[arg(long)]
    by_priority: bool,
    /// Horizontal field of view of the camera that is bought, degrees, 1 to 179
    #[arg(long, value_name = "DEGREES", default_value_t = 84.0, help_heading = "The camera that is bought")]
    hfov: f64,
    /// Its picture width, pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 2_560, help_heading = "The camera that is bought")]
    width_px: u32,
    /// How far it sees by day, metres, 1 to 2000
    #[arg(long, value_name = "METRES", default_value_t = 55.0, help_heading = "The camera that is bought")]
    range_m: f64,
    /// Its light by night
    #[arg(long, value_parser = ["none", "ir", "white"], default_value = "ir", help_heading = "The camera that is bought")]
    night: String,
    /// How far that light reaches, metres, 1 to 2000
    #[arg(long, value_name = "METRES", default_value_t = 35.0, help_heading = "The camera that is bought")]
    night_range_m: f64,
    /// What a repair costs
    #[arg(long, value_name = "COST", default_value_t = 0.5)]
    repair_cost: f64,
    /// How long to search, 1s to 60s
    #[arg(long, value_name = "SPAN", default_value = "10s")]
    time_limit: Span,
    /// How the answer is written
    #[arg(long, value_parser = FORMATS, default_value = "table")]
    format: String,
    /// Begin CSV with a byte order mark, which Excel needs
    #[arg(long)]
    bom: bool,
}

impl Args {
    fn body(&self) -> anyhow::Result<PlaceBody> {
        let level = self.level.clone().or_else(|| self.registry.is_some().then(|| "built".to_owned()));
        if self.registry.is_some() && level.as_deref() == Some("live") {
            return Err(wrong_use("a folder says nothing of what lives: --level plan or built"));
        }
        let body = PlaceBody {
            objective: None,
            count: self.count,
            budget: self.budget,
            level,
            depth: Some(self.depth.clone()),
            by_priority: self.by_priority,
            model: PlaceModel {
                hfov: Some(self.hfov),
                width_px: Some(self.width_px),
                range_m: Some(self.range_m),
                night: Some(self.night.clone()),
                night_range_m: Some(self.night_range_m),
            },
            repair_cost: Some(self.repair_cost),
            time_limit_s: Some(self.time_limit.seconds_f64()),
        };
        body.check().map_err(|none| {
            let option = match none.part {
                "count" => "K".to_owned(),
                "time_limit_s" => "--time-limit".to_owned(),
                part => format!("--{}", part.replace('_', "-")),
            };
            wrong_use(format!("{option}: {}", none.allowed))
        })?;
        Ok(body)
    }
}

pub(super) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let body = args.body()?;
    let settings = common.settings()?.settings;
    let tongue = Tongue::of(common, &settings);
    let stop = Arc::new(AtomicBool::new(false));
    let answer = match &args.registry {
        Some(dir) => {
            let registry = offline::registry(dir)?;
            waited_for(Ground::of(registry, &settings).reckon(body, stop.clone()), Some(&stop), &tongue).await?
        }
        None => {
            let source = Source::open(common, &settings, &args.daemon).await?;
            let here = (!source.is_live()).then_some(&*stop);
            waited_for(source.place(body, stop.clone()), here, &tongue).await?
        }
    };
    match args.format.as_str() {
        "json" => print_json(&answer)?,
        "geojson" | "geojson-gcj02" => {
            print_geojson(wire::geojson(&Page { items: answer.items, next: None })?, &args.format)?
        }
        "csv" => print(&csv(&answer, args.bom))?,
        _ => print(&words::text(&answer, &tongue))?,
    }
    Ok(Exit::Fine)
}

/// Waits for an answer and shows on a terminal that it is being searched for. Ctrl-C ends a search of our own with what it
/// has found so far, and leaves a daemon to itself.
async fn waited_for(
    answer: impl Future<Output = anyhow::Result<Placement>>,
    stop: Option<&AtomicBool>,
    tongue: &Tongue,
) -> anyhow::Result<Placement> {
    let mut answer = std::pin::pin!(answer);
    let (mut seconds, shown) = (0_u32, std::io::stderr().is_terminal());
    let mut clock = tokio::time::interval(Duration::from_secs(1));
    clock.tick().await;
    let found = loop {
        tokio::select! {
            found = &mut answer => break found,
            asked = tokio::signal::ctrl_c() => {
                asked.context("Ctrl-C cannot be heard")?;
                let Some(stop) = stop else { break Err(anyhow::anyhow!("cancelled")) };
                stop.store(true, Ordering::Relaxed);
                note(tongue.say("正在停止，给出目前结果……", "stopping with what was found so far …"));
            }
            _ = clock.tick() => {
                seconds += 1;
                if shown {
                    let said = tongue.say("正在求解", "searching");
                    // Nobody is left to be told when stderr is gone.
                    let _ = write!(std::io::stderr(), "\r{said} {seconds} s (Ctrl-C)");
                }
            }
        }
    };
    if shown && seconds > 0 {
        let _ = write!(std::io::stderr(), "\r\u{1b}[2K");
    }
    found
}

fn csv(answer: &Placement, bom: bool) -> String {
    let header = [
        "rank",
        "kind",
        "id",
        "at",
        "site_kind",
        "azimuth",
        "cost",
        "gain",
        "gain_day",
        "gain_night",
        "entrances",
        "value",
        "upper_bound",
        "gap",
        "status",
        "lon",
        "lat",
    ];
    let row = |step: &wire::PlaceStep| {
        vec![
            Cell::number(Some(step.rank)),
            Cell::text(Some(&step.kind)),
            Cell::text(Some(&step.id)),
            Cell::text(Some(&step.at)),
            Cell::text(step.site_kind.as_deref()),
            Cell::number(step.azimuth),
            Cell::number(Some(step.cost)),
            Cell::number(Some(step.gain)),
            Cell::number(Some(step.gain_day)),
            Cell::number(Some(step.gain_night)),
            Cell::text(Some(&step.entrances.join(" "))),
            Cell::number(Some(answer.value)),
            Cell::number(Some(answer.upper_bound)),
            Cell::number(Some(answer.gap)),
            Cell::text(Some(&answer.status)),
            Cell::number(step.lon),
            Cell::number(step.lat),
        ]
    };
    table::csv(&header, answer.items.iter().map(row), bom)
}

#[cfg(test)]
mod tests {
    use cunkou_core::model::Language;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::http::wire::{PLACE_ASSUMPTIONS, PlaceLacking, PlaceStep};

    fn step(rank: usize, kind: &str, at: &str) -> PlaceStep {
        let new = kind == "new";
        PlaceStep {
            rank,
            kind: kind.to_owned(),
            id: format!("X{rank}\u{1b}[31m"),
            at: at.to_owned(),
            site_kind: new.then(|| "lamp".to_owned()),
            azimuth: new.then_some(135.0),
            cost: 2.0,
            gain: 4 - rank as u64,
            gain_day: 2,
            gain_night: 1,
            entrances: vec!["E1".to_owned(), "E2".to_owned()],
            lon: new.then_some(114.3),
            lat: new.then_some(30.8),
        }
    }

    fn answer() -> Placement {
        let items = vec![step(1, "repair", "node"), step(2, "new", "site"), step(3, "new", "entrance")];
        Placement {
            items,
            count: None,
            budget: Some(7.5),
            cost: 6.0,
            value: 6,
            upper_bound: 8,
            gap: 0.25,
            status: "bounded".to_owned(),
            proof: "linear".to_owned(),
            greedy_value: 5,
            candidates: 1_234,
            sites: 77,
            lacking: PlaceLacking { day_before: 9, day_after: 3, night_before: 10, night_after: 7 },
            level: "live".to_owned(),
            depth: "required".to_owned(),
            by_priority: true,
            model: PlaceModel::of(&cunkou_core::plan::Model::default()),
            repair_cost: 0.5,
            assumptions: PLACE_ASSUMPTIONS.map(str::to_owned).to_vec(),
            as_of: "2026-11-24T03:00:00.000Z".to_owned(),
        }
    }

    #[test]
    fn the_words_in_both_languages() {
        let best = Placement { status: "optimal".to_owned(), upper_bound: 6, gap: 0.0, ..answer() };
        let stopped = Placement { status: "stopped".to_owned(), proof: "gains".to_owned(), ..answer() };
        let none = Placement {
            items: Vec::new(),
            value: 0,
            upper_bound: 0,
            gap: 0.0,
            status: "optimal".to_owned(),
            ..answer()
        };
        for (name, language) in [("zh", Language::ZhCn), ("en", Language::En)] {
            let tongue = Tongue { language, zone: TimeZone::UTC };
            let all = [answer(), best.clone(), stopped.clone(), none.clone()].map(|a| words::text(&a, &tongue));
            assert!(!all.concat().contains('\u{1b}'), "names do not turn the terminal");
            insta::assert_snapshot!(format!("place_{name}"), all.join("---\n"));
        }
    }

    #[test]
    fn a_row_a_step() {
        insta::assert_snapshot!("place_csv", csv(&answer(), false).replace("\r\n", "\n").replace('\u{1b}', "ESC"));
    }
}
