//! `cunkou seal`: whether the town, its blocks and its hamlets are sealed, how one gets in, and what would close it.

pub(super) mod words;

use std::path::PathBuf;

use cunkou_core::coverage::{Level, Scope};
use cunkou_core::model::Period;

use super::client::Daemon;
use super::common::{Common, FORMATS, Tongue, note, print, print_geojson, print_json};
use super::exit::Exit;
use super::offline;
use super::source::Source;
use super::table::{self, Cell};
use crate::files::settings::Settings;
use crate::http::wire::{Seal, SealQuery, Seals};

/// Says whether the town, its blocks and its hamlets are sealed: whether every road into them passes a live camera.
///
/// Of a leak the shortest way in, with the dead cameras on it, and the fewest sites that would close all ways; of a seal
/// how many cameras may fail before it leaks. As far as the mapped roads (roads.geojson) go. Exit 1 when one of the areas
/// has a verdict that --fail-on names.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A registry folder, which is judged as it is written down: at the levels plan and built only, without any database
    dir: Option<PathBuf>,
    #[command(flatten)]
    daemon: Daemon,
    /// From where areas are to be shut off; without it all are judged
    #[arg(long, value_parser = ["town", "block", "local"])]
    scope: Option<String>,
    /// Only this area or element of the plan
    #[arg(long, value_name = "ID")]
    area: Option<String>,
    /// With which cameras: planned and installed ones as if all were up, installed ones as if all were up, or installed
    /// ones as they stand; of a folder built, else live
    #[arg(long, value_parser = ["plan", "built", "live"])]
    level: Option<String>,
    /// When entrances are judged; cameras and nodes are as they are now
    #[arg(long, value_parser = ["day", "night", "now"], default_value = "now")]
    period: String,
    /// Verdicts that make the exit code 1
    #[arg(long, value_name = "VERDICTS", value_delimiter = ',', default_value = "leak")]
    #[arg(value_parser = ["leak", "unknown"])]
    fail_on: Vec<String>,
    /// List those that are sealed too
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
    let settings = common.settings()?.settings;
    let tongue = Tongue::of(common, &settings);
    let level = args.level.as_deref().and_then(Level::from_word);
    if args.dir.is_some() && level == Some(Level::Live) {
        note("a folder says nothing of what lives: --level plan or built");
        return Ok(Exit::WrongUse);
    }
    let query = SealQuery {
        level: level.unwrap_or(if args.dir.is_some() { Level::Built } else { Level::Live }),
        period: Period::from_word(&args.period).unwrap_or(Period::Now),
        scope: args.scope.as_deref().and_then(Scope::from_word),
        area: args.area.clone(),
    };
    let answer = match &args.dir {
        Some(dir) => of_folder(dir, &settings, &query)?,
        None => Source::open(common, &settings, &args.daemon).await?.seals(&settings, &query).await?,
    };
    let found = |word: &String| match word.as_str() {
        "leak" => answer.totals.leaking > 0,
        _ => answer.totals.unknown > 0,
    };
    match args.format.as_str() {
        "json" => print_json(&answer)?,
        "geojson" | "geojson-gcj02" => print_geojson(answer.features(), &args.format)?,
        "csv" => print(&csv(&answer.items, args.bom))?,
        _ => print(&words::text(&answer, args.all, &tongue))?,
    }
    Ok(if args.fail_on.iter().any(found) { Exit::Found } else { Exit::Fine })
}

/// The seals of a registry folder, as if all of its cameras were up.
fn of_folder(dir: &std::path::Path, settings: &Settings, query: &SealQuery) -> anyhow::Result<Seals> {
    let snapshot = offline::nothing_seen(offline::registry(dir)?, settings);
    offline::seals(&snapshot, dir, settings, query)
}

fn csv(items: &[Seal], bom: bool) -> String {
    let header = [
        "scope",
        "id",
        "name",
        "verdict",
        "why",
        "thickness_lower",
        "thickness_upper",
        "width_lower",
        "width_upper",
        "sites",
        "route_m",
        "roads",
        "entrances",
        "dead_cameras",
        "suspect_gaps",
        "hamlets",
        "road_km",
    ];
    let row = |seal: &Seal| {
        let route = seal.route.as_ref();
        let joined = |of: Option<&Vec<String>>| Cell::text(of.map(|ids| ids.join(" ")).as_deref());
        vec![
            Cell::text(Some(&seal.scope)),
            Cell::text(Some(&seal.id)),
            Cell::text(Some(&seal.name)),
            Cell::text(Some(&seal.verdict)),
            Cell::text(seal.why.as_deref()),
            Cell::number(seal.thickness_lower),
            Cell::number(seal.thickness_upper),
            Cell::number(seal.width_lower),
            Cell::number(seal.width_upper),
            Cell::text(Some(&seal.width_sites.iter().map(words::site).collect::<Vec<_>>().join("; "))),
            Cell::number(route.map(|r| r.length_m)),
            joined(route.map(|r| &r.roads)),
            joined(route.map(|r| &r.entrances)),
            joined(route.map(|r| &r.dead_cameras)),
            Cell::number(route.map(|r| r.suspect_gaps)),
            Cell::text(Some(&seal.leaked.hamlets.join(" "))),
            Cell::number(Some(seal.leaked.road_km)),
        ]
    };
    table::csv(&header, items.iter().map(row), bom)
}

#[cfg(test)]
mod tests {
    use cunkou_core::model::Language;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::http::wire::{SealEntrances, SealLeaked, SealRoads, SealRoute, SealSite, SealTotals};

    fn seal(scope: &str, id: &str, verdict: &str) -> Seal {
        Seal {
            scope: scope.to_owned(),
            id: id.to_owned(),
            name: "上湾\u{1b}[31m".to_owned(),
            verdict: verdict.to_owned(),
            why: None,
            thickness_lower: Some(0),
            thickness_upper: Some(0),
            width_lower: Some(1),
            width_upper: Some(2),
            width_sites: Vec::new(),
            route: None,
            leaked: SealLeaked::default(),
            grey_km: None,
        }
    }

    fn answer() -> Seals {
        let route = SealRoute {
            length_m: 640.0,
            roads: vec!["R1".to_owned(), "R2".to_owned()],
            entrances: vec!["E1".to_owned(), "E2".to_owned()],
            unwatched: vec!["E2".to_owned()],
            dead_cameras: vec!["C0417".to_owned()],
            suspect_gaps: 1,
            line: vec![[114.3, 30.8], [114.4, 30.8]],
        };
        let site = |entrance: Option<&str>| SealSite {
            entrance: entrance.map(str::to_owned),
            road: "R1".to_owned(),
            lon: 114.3,
            lat: 30.8,
        };
        let leaking = Seal {
            width_sites: vec![site(Some("E1")), site(None)],
            route: Some(route),
            leaked: SealLeaked { hamlets: vec!["H1".to_owned(), "H2".to_owned()], road_km: 1.8 },
            grey_km: Some(12.3),
            ..seal("town", "RING", "leaking")
        };
        let sealed = Seal {
            thickness_lower: Some(1),
            thickness_upper: Some(3),
            width_lower: Some(0),
            width_upper: Some(0),
            ..seal("local", "H1", "sealed")
        };
        let lost = Seal {
            why: Some("no_road".to_owned()),
            thickness_lower: None,
            thickness_upper: None,
            ..seal("local", "H2", "unknown")
        };
        Seals {
            items: vec![leaking, sealed, lost],
            level: "live".to_owned(),
            period: "night".to_owned(),
            totals: SealTotals { sealed: 1, leaking: 1, unknown: 1 },
            entrances: SealEntrances {
                unwatched: 7,
                screened_town: Some(6),
                screened_block: None,
                screened_local: Some(2),
                off_roads: vec!["E9".to_owned()],
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
            assumptions: crate::http::wire::SEAL_ASSUMPTIONS.map(str::to_owned).to_vec(),
            as_of: "2026-11-24T03:00:00.000Z".to_owned(),
        }
    }

    #[test]
    fn the_words_in_both_languages() {
        for (name, language) in [("zh", Language::ZhCn), ("en", Language::En)] {
            let tongue = Tongue { language, zone: TimeZone::UTC };
            let both = [false, true].map(|all| words::text(&answer(), all, &tongue));
            assert!(!both.concat().contains('\u{1b}'), "names do not turn the terminal");
            assert!(!both[0].contains("sealed\n") && both[1].len() > both[0].len(), "--all lists more");
            insta::assert_snapshot!(format!("seal_{name}"), both.join("---\n"));
        }
    }

    #[test]
    fn a_row_an_area() {
        let rows = csv(&answer().items, false).replace("\r\n", "\n").replace('\u{1b}', "ESC");
        insta::assert_snapshot!("seal_csv", rows);
    }

    #[test]
    fn the_ways_in_and_their_sites_are_features() {
        let features = answer().features().features;
        let kinds: Vec<_> = features.iter().map(|f| f["properties"]["kind"].as_str().unwrap_or_default()).collect();
        assert_eq!(kinds, ["route", "site", "site"]);
        assert_eq!(features[0]["geometry"]["type"], "LineString");
        assert_eq!(features[1]["properties"]["entrance"], "E1");
    }
}
