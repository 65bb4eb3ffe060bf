//! `cunkou isochrone`: how long it takes by road from the nearest post to each entrance, and which nobody reaches in time.

mod words;

use std::path::{Path, PathBuf};

use cunkou_core::plan::Pace;

use super::client::Daemon;
use super::common::{Common, FORMATS, Tongue, print, print_geojson, print_json};
use super::exit::{Exit, wrong_use};
use super::offline;
use super::source::{Source, Times};
use super::table::{self, Cell};
use crate::files::settings::Settings;
use crate::http::wire::IsochroneEntrance;

/// Says how long it takes by road from the nearest work station or liaison point to each entrance, and which entrances
/// nobody reaches in time: lost ones first.
///
/// Turnout, limit and speeds are those of the settings (`[isochrone]`). An entrance that stands at no road is said to be
/// so, and never to be outside; one that is reached in time only over a place where the map may lack a junction is unknown.
/// As GeoJSON the roads that are reached in time are drawn too, each with its minutes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A registry folder, which is judged as it is written down, without any database
    dir: Option<PathBuf>,
    #[command(flatten)]
    daemon: Daemon,
    /// Who is there within so many minutes is there in time, 1 to 120; without it what the settings say
    #[arg(long, value_name = "MINUTES")]
    minutes: Option<f64>,
    /// List those within too
    #[arg(long)]
    all: bool,
    /// How the answer is written
    #[arg(long, value_parser = FORMATS, default_value = "table")]
    format: String,
    /// Begin CSV with a byte order mark, which Excel needs
    #[arg(long)]
    bom: bool,
}

pub(super) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    if let Some(minutes) = args.minutes {
        Pace::default().within(minutes).map_err(|fault| wrong_use(format!("--minutes: {fault}")))?;
    }
    let settings = common.settings()?.settings;
    let tongue = Tongue::of(common, &settings);
    let drawn = args.format.starts_with("geojson");
    let times = match &args.dir {
        Some(dir) => of_folder(dir, &settings, args.minutes, drawn)?,
        None => Source::open(common, &settings, &args.daemon).await?.isochrone(&settings, args.minutes, drawn).await?,
    };
    match (times, args.format.as_str()) {
        (Times::Drawn(features), format) => print_geojson(features, format)?,
        (Times::Told(answer), "json") => print_json(&answer)?,
        (Times::Told(answer), "csv") => print(&csv(&answer.items, args.bom))?,
        (Times::Told(answer), _) => print(&words::text(&answer, args.all, &tongue))?,
    }
    Ok(Exit::Fine)
}

/// The times of a registry folder; of its entrances nothing was ever seen.
fn of_folder(dir: &Path, settings: &Settings, minutes: Option<f64>, drawn: bool) -> anyhow::Result<Times> {
    let registry = offline::registry(dir)?;
    let pace = minutes.map_or(Ok(settings.isochrone), |minutes| settings.isochrone.within(minutes))?;
    Times::of(offline::isochrone(&offline::nothing_seen(registry, settings), dir, settings, &pace)?, drawn)
}

fn csv(items: &[IsochroneEntrance], bom: bool) -> String {
    let header = [
        "id",
        "name",
        "area",
        "village",
        "state",
        "reach",
        "why",
        "minutes",
        "post",
        "minutes_joined",
        "road_m",
        "lon",
        "lat",
    ];
    let row = |item: &IsochroneEntrance| {
        vec![
            Cell::text(Some(&item.id)),
            Cell::text(Some(&item.name)),
            Cell::text(Some(&item.area)),
            Cell::text(item.village.as_deref()),
            Cell::text(item.state.as_deref()),
            Cell::text(Some(&item.reach)),
            Cell::text(item.why.as_deref()),
            Cell::number(item.minutes),
            Cell::text(item.post.as_deref()),
            Cell::number(item.minutes_joined),
            Cell::number(item.road_m),
            Cell::number(item.lon),
            Cell::number(item.lat),
        ]
    };
    table::csv(&header, items.iter().map(row), bom)
}

#[cfg(test)]
mod tests {
    use cunkou_core::model::Language;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::http::wire::{Isochrone, IsochronePace, IsochronePost, IsochroneTotals, SealRoads};

    fn entrance(id: &str, reach: &str, why: Option<&str>, minutes: Option<f64>) -> IsochroneEntrance {
        IsochroneEntrance {
            id: id.to_owned(),
            name: "上湾\u{1b}[31m".to_owned(),
            area: "H1".to_owned(),
            village: Some("V1".to_owned()),
            village_name: Some("甘棠村".to_owned()),
            state: Some(if id == "E1" { "lost" } else { "covered" }.to_owned()),
            reach: reach.to_owned(),
            why: why.map(str::to_owned),
            minutes,
            post: minutes.map(|_| "P1".to_owned()),
            minutes_joined: minutes.or(Some(9.5)).filter(|_| id != "E4"),
            road_m: (id != "E4").then_some(3.2),
            lon: Some(114.3),
            lat: Some(30.8),
        }
    }

    fn answer() -> Isochrone {
        let post = |id: &str, road_m: Option<f64>| IsochronePost {
            id: id.to_owned(),
            name: "甘棠警务站".to_owned(),
            kind: "station".to_owned(),
            road_m,
            within: 1,
            lon: Some(114.3),
            lat: Some(30.8),
        };
        Isochrone {
            items: vec![
                entrance("E1", "outside", Some("far"), Some(12.34)),
                entrance("E2", "outside", Some("no_way"), None),
                entrance("E3", "unknown", Some("suspect_gap"), Some(10.01)),
                entrance("E4", "unknown", Some("off_roads"), None),
                entrance("E5", "within", None, Some(4.0)),
            ],
            posts: vec![post("P1", Some(2.0)), post("P2", None)],
            totals: IsochroneTotals { within: 1, outside: 2, lost_outside: 1, unknown: 2 },
            reached_km: 12.3,
            pace: IsochronePace {
                minutes: 10.0,
                turnout_s: 60.0,
                paved_kmh: 40.0,
                street_kmh: 20.0,
                track_kmh: 12.0,
                foot_kmh: 4.0,
            },
            roads: SealRoads {
                roads: 12,
                chains: 20,
                length_km: 31.4,
                suspect_gaps: 2,
                left_out: 3,
                modes: vec!["motor".to_owned(), "two_wheel".to_owned()],
                hash: "ab".to_owned(),
                faults: vec!["roads.geojson: bad".to_owned()],
            },
            assumptions: crate::http::wire::ISOCHRONE_ASSUMPTIONS.map(str::to_owned).to_vec(),
            as_of: "2026-11-24T03:00:00.000Z".to_owned(),
        }
    }

    #[test]
    fn the_words_in_both_languages() {
        let nobody = Isochrone { posts: Vec::new(), ..answer() };
        for (name, language) in [("zh", Language::ZhCn), ("en", Language::En)] {
            let tongue = Tongue { language, zone: TimeZone::UTC };
            let mut all: Vec<String> = [false, true].map(|all| words::text(&answer(), all, &tongue)).to_vec();
            assert!(all[1].contains("E5") && !all[0].contains("E5"), "--all lists more");
            all.push(words::text(&nobody, false, &tongue));
            assert!(!all.concat().contains('\u{1b}'), "names do not turn the terminal");
            insta::assert_snapshot!(format!("isochrone_{name}"), all.join("---\n"));
        }
    }

    #[test]
    fn a_row_an_entrance() {
        let rows = csv(&answer().items, false).replace("\r\n", "\n").replace('\u{1b}', "ESC");
        insta::assert_snapshot!("isochrone_csv", rows);
    }
}
