//! `cunkou report`: for how much of a period each camera, and each village, was available.

use std::collections::BTreeMap;

use anyhow::Context;
use cunkou_core::model::{Span, Time};
use cunkou_core::registry::{Camera, Life, Registry};
use cunkou_core::world::Subject;
use serde::Serialize;

use super::common::{Common, Tongue, moment, print, print_json};
use super::exit::{Exit, wrong_use};
use super::table::{self, Cell, named};
use super::{source, when};
use crate::engine::restore_registry;
use crate::files;
use crate::http::wire::stamp;
use crate::report::{Availability, Turn, availability, span, standing};
use crate::store::{Store, TransitionQuery};

/// A monitor that runs gives a sign of life every 10 s.
const TICKS: Span = Span::seconds(20);
/// Days of a report when nobody says.
const DAYS: i64 = 30;

/// Says for how much of a period cameras were available: by village, or each by itself.
///
/// Availability is the time up, or degraded and visible, of the time in which something was known; time unknown and
/// time in maintenance stand beside it. Read from the database, whether a daemon runs or not.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// From this moment: 2026-11-01T00:00:00Z, or "2026-11-01 08:00" in the time zone of [ui]; without it 30 days
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// To this moment; without it now
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// What a line is
    #[arg(long, value_parser = ["village", "camera"], default_value = "village")]
    by: String,
    /// How the answer is written
    #[arg(long, value_parser = ["table", "json", "csv"], default_value = "table")]
    format: String,
    /// Begin CSV with a byte order mark, which Excel needs
    #[arg(long)]
    bom: bool,
}

/// The answer.
#[derive(Debug, Serialize)]
struct Report {
    from: String,
    to: String,
    /// All cameras together.
    town: Line,
    items: Vec<Line>,
}

/// A camera, a village, or the town.
#[derive(Debug, Serialize)]
struct Line {
    id: String,
    name: String,
    cameras: usize,
    /// Of 1; null where nothing was ever known.
    availability: Option<f64>,
    available_seconds: f64,
    out_seconds: f64,
    unknown_seconds: f64,
    maintenance_seconds: f64,
}

pub(super) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let settings = common.settings()?.settings;
    let tongue = Tongue::of(common, &settings);
    let now = when::now();
    let read = |option, text: &Option<String>| text.as_deref().map(|t| moment(option, t, &tongue.zone)).transpose();
    let to = read("--to", &args.to)?.unwrap_or(now).min(now);
    let from = read("--from", &args.from)?.unwrap_or(to - Span::hours(24 * DAYS));
    if from >= to {
        return Err(wrong_use("--from must be before --to, and before now"));
    }
    let store = source::database(&settings).await?;
    let rows = store.registry_load().await.context("the registry in force cannot be read")?;
    let (_, rows) = rows.context("the database holds no registry yet; `run` puts the first one in force")?;
    let registry = restore_registry(rows).context("the registry in force cannot be read")?;
    let report = report(&store, &registry, &args, (from, to)).await?;
    match args.format.as_str() {
        "json" => print_json(&report)?,
        "csv" => print(&csv(&report.items, args.bom))?,
        _ => print(&text(&report, (from, to), &tongue))?,
    }
    Ok(Exit::Fine)
}

async fn report(store: &Store, registry: &Registry, args: &Args, period: (Time, Time)) -> anyhow::Result<Report> {
    let tick = store.last_tick().await.context("the database cannot be read")?.unwrap_or(period.0);
    // A monitor that ticked just now sees to this moment.
    let seen = if when::now().since(tick) <= TICKS { when::now() } else { tick };
    let maintained = maintenance(store, period).await.context("past registries cannot be read")?;
    let mut town = Line::of("", "");
    let (mut town_sum, mut sums) = (Availability::default(), BTreeMap::new());
    for camera in registry.cameras.values() {
        let mut sum = availability(&turns(store, camera).await?, period, seen);
        sum.maintenance = maintained.get(camera.id.as_str()).copied().unwrap_or(Span::ZERO);
        town.cameras += 1;
        town_sum.add(&sum);
        let village = registry.village_of(&camera.area);
        let (id, name) = match (args.by.as_str(), village) {
            ("camera", _) => (camera.id.to_string(), camera.name.to_string()),
            (_, Some(village)) => (village.id.to_string(), village.name.to_string()),
            (_, None) => (camera.area.to_string(), String::new()),
        };
        let (line, all): &mut (Line, Availability) =
            sums.entry(id.clone()).or_insert_with(|| (Line::of(&id, &name), Availability::default()));
        line.cameras += 1;
        all.add(&sum);
    }
    let mut items: Vec<Line> = sums.into_values().map(|(line, sum)| line.with(&sum)).collect();
    // The worst first; what nothing is known of last.
    items.sort_by(|a, b| {
        let key = |l: &Line| l.availability.unwrap_or(f64::INFINITY);
        key(a).total_cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
    });
    Ok(Report { from: stamp(period.0), to: stamp(period.1), town: town.with(&town_sum), items })
}

/// The changes of state of a camera, in the order in which they were concluded.
async fn turns(store: &Store, camera: &Camera) -> anyhow::Result<Vec<Turn>> {
    let subject = Some(Subject::Camera(camera.id.clone()));
    let query = TransitionQuery { subject, limit: u32::MAX, ..TransitionQuery::default() };
    let rows = store.transitions(&query).await.context("history cannot be read")?;
    let turn =
        |r: &crate::store::TransitionRow| Turn { at: r.at, since: r.since, standing: standing(&r.to, r.reasons) };
    Ok(rows.iter().rev().map(turn).collect())
}

/// For how much of a period each camera was in maintenance, by the registries that were in force.
async fn maintenance(store: &Store, period: (Time, Time)) -> anyhow::Result<BTreeMap<String, Span>> {
    let mut versions = store.registry_versions(u32::MAX).await?;
    versions.reverse();
    let (mut since, mut sums): (BTreeMap<String, Time>, BTreeMap<String, Span>) = Default::default();
    for version in versions {
        for change in store.registry_changes(version.version).await?.into_iter().filter(|c| c.kind == "camera") {
            let life = change.new.as_deref().and_then(files::life_of);
            if let Some(began) = since.remove(&change.id) {
                let sum = sums.entry(change.id.clone()).or_insert(Span::ZERO);
                *sum = *sum + span((began, version.at), period);
            }
            if life == Some(Life::Maintenance) {
                since.insert(change.id, version.at);
            }
        }
    }
    for (id, began) in since {
        let sum = sums.entry(id).or_insert(Span::ZERO);
        *sum = *sum + span((began, period.1), period);
    }
    Ok(sums)
}

impl Line {
    fn of(id: &str, name: &str) -> Line {
        Line {
            id: id.to_owned(),
            name: name.to_owned(),
            cameras: 0,
            availability: None,
            available_seconds: 0.0,
            out_seconds: 0.0,
            unknown_seconds: 0.0,
            maintenance_seconds: 0.0,
        }
    }

    fn with(self, sum: &Availability) -> Line {
        Line {
            availability: sum.share(),
            available_seconds: sum.available.seconds_f64(),
            out_seconds: sum.out.seconds_f64(),
            unknown_seconds: sum.unknown.seconds_f64(),
            maintenance_seconds: sum.maintenance.seconds_f64(),
            ..self
        }
    }

    fn cells(&self) -> [String; 5] {
        let hours = |seconds: f64| format!("{:.1}", seconds / 3_600.0);
        let share = self.availability.map_or("-".to_owned(), |a| format!("{:.3} %", a * 100.0));
        [
            self.cameras.to_string(),
            share,
            hours(self.out_seconds),
            hours(self.unknown_seconds),
            hours(self.maintenance_seconds),
        ]
    }
}

fn text(report: &Report, (from, to): (Time, Time), tongue: &Tongue) -> String {
    let header = [
        tongue.say("名称", "name"),
        tongue.say("摄像机", "cameras"),
        tongue.say("在线率", "available"),
        tongue.say("中断（时）", "out, h"),
        tongue.say("未知（时）", "unknown, h"),
        tongue.say("维护（时）", "maintenance, h"),
    ];
    let mut table = table::table(&header);
    let mut row = |name: String, line: &Line| {
        table.add_row(std::iter::once(name).chain(line.cells()));
    };
    report.items.iter().for_each(|line| row(named(&line.name, &line.id), line));
    row(tongue.say("合计", "all").to_owned(), &report.town);
    let (from, to) = (when::local(from, &tongue.zone), when::local(to, &tongue.zone));
    let period = tongue.say("至", "to");
    format!("{from} {period} {to}\n{}", table::text(&table))
}

fn csv(items: &[Line], bom: bool) -> String {
    let header = [
        "id",
        "name",
        "cameras",
        "availability",
        "available_seconds",
        "out_seconds",
        "unknown_seconds",
        "maintenance_seconds",
    ];
    let row = |l: &Line| {
        vec![
            Cell::text(Some(&l.id)),
            Cell::text(Some(&l.name)),
            Cell::number(Some(l.cameras)),
            Cell::number(l.availability),
            Cell::number(Some(l.available_seconds)),
            Cell::number(Some(l.out_seconds)),
            Cell::number(Some(l.unknown_seconds)),
            Cell::number(Some(l.maintenance_seconds)),
        ]
    };
    table::csv(&header, items.iter().map(row), bom)
}
