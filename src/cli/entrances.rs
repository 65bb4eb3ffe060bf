//! `cunkou entrances suggest`: which entrances there should be by the roads, and which of them are known.

mod answer;
mod words;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use cunkou_core::plan::suggest;

use super::common::{Common, FORMATS, Tongue, print, print_geojson, print_json};
use super::exit::Exit;
use super::offline;
use crate::files::settings::Settings;
use answer::Answer;

/// Looks for entrances by the roads of a registry
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Proposes entrances where roads cross the boundary of a hamlet or village, and says which of them are known
    ///
    /// Changes nothing. A known entrance keeps its id where it was found again; what is proposed a person accepts, by
    /// taking its row of the CSV into entrances.csv, or leaves. Boundaries are those of areas.geojson, roads those of
    /// roads.geojson. Roads that end in the fields, areas that no road leads into and entrances that no road passes any more are
    /// listed beside.
    Suggest(Suggest),
}

#[derive(Debug, clap::Args)]
struct Suggest {
    /// A registry folder; without it that of the settings
    dir: Option<PathBuf>,
    /// The status of the rows of the CSV: proposed ones are shown and not judged
    #[arg(long, value_parser = ["proposed", "active"], default_value = "proposed")]
    status: String,
    /// How the answer is written; as CSV only what is proposed, as entrances.csv has it
    #[arg(long, value_parser = FORMATS, default_value = "table")]
    format: String,
    /// Begin CSV with a byte order mark, which Excel needs
    #[arg(long)]
    bom: bool,
}

pub(super) fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let What::Suggest(args) = args.what;
    let settings = common.settings()?.settings;
    let tongue = Tongue::of(common, &settings);
    let answer = of_folder(args.dir.as_ref().unwrap_or(&settings.registry.dir), &settings, &tongue)?;
    match args.format.as_str() {
        "json" => print_json(&answer)?,
        "geojson" | "geojson-gcj02" => print_geojson(answer.features(), &args.format)?,
        "csv" => print(&answer.csv(&args.status, args.bom))?,
        _ => print(&words::text(&answer, &tongue))?,
    }
    Ok(Exit::Fine)
}

fn of_folder(dir: &Path, settings: &Settings, tongue: &Tongue) -> anyhow::Result<Answer> {
    let registry = offline::registry(dir)?;
    let (roads, _) = offline::roads(dir, settings)?;
    Ok(Answer::of(&suggest(&roads, &registry), &registry, tongue))
}

#[cfg(test)]
mod tests {
    use cunkou_core::model::Language;
    use jiff::tz::TimeZone;

    use super::answer::{Match, Named, Proposal, Spot};
    use super::*;

    fn spot(road: &str, gates: Vec<[f64; 2]>) -> Spot {
        Spot {
            area: "H1".to_owned(),
            area_name: "上湾".to_owned(),
            roles: vec!["V1".to_owned()],
            road: road.to_owned(),
            road_name: "大道\u{1b}[31m".to_owned(),
            bearing: 90.0,
            gates,
            internal: road == "R3",
            lon: 114.3,
            lat: 30.8,
        }
    }

    fn answer() -> Answer {
        let named =
            |id: &str, name: &str| Named { id: id.to_owned(), name: name.to_owned(), lon: Some(114.3), lat: None };
        let proposal = |id: &str, spot: Spot| Proposal { id: id.to_owned(), name: "=上湾西口".to_owned(), spot };
        Answer {
            matched: vec![Match {
                id: "E1".to_owned(),
                name: "东口".to_owned(),
                apart_m: 3.1,
                turn_deg: None,
                spot: spot("R0", Vec::new()),
            }],
            proposed: vec![
                proposal("H1-E1", spot("R1", Vec::new())),
                proposal("H1-E2", spot("R2", vec![[114.3, 30.8]])),
            ],
            vanished: vec![named("E7", "老口")],
            unplaced: vec![named("E8", "无坐标口")],
            internal_only: vec![spot("R3", Vec::new())],
            isolated: vec![named("H9", "下湾")],
            unbounded: vec![named("H8", "")],
        }
    }

    #[test]
    fn the_words_in_both_languages() {
        for (name, language) in [("zh", Language::ZhCn), ("en", Language::En)] {
            let tongue = Tongue { language, zone: TimeZone::UTC };
            let said = words::text(&answer(), &tongue);
            assert!(!said.contains('\u{1b}'), "names do not turn the terminal");
            insta::assert_snapshot!(format!("entrances_{name}"), said);
        }
    }

    #[test]
    fn a_row_a_proposal_and_a_point_a_thing() {
        let rows = answer().csv("proposed", false).replace("\r\n", "\n").replace('\u{1b}', "ESC");
        insta::assert_snapshot!("entrances_csv", rows);
        let features = serde_json::to_value(answer().features()).unwrap();
        let kinds: Vec<&str> =
            features["features"].as_array().unwrap().iter().filter_map(|f| f["properties"]["kind"].as_str()).collect();
        assert_eq!(kinds, ["matched", "proposed", "proposed", "internal_only"], "what has no position is no point");
        let shapes: Vec<&str> =
            features["features"].as_array().unwrap().iter().filter_map(|f| f["geometry"]["type"].as_str()).collect();
        assert_eq!(shapes, ["Point", "Point", "MultiPoint", "Point"], "each carriageway is drawn");
        assert!(!features.to_string().contains("gates"), "positions are geometry, which is moved as a whole");
    }
}
