//! `cunkou whatif`: which entrances and seals would change if cameras and nodes were down or up, cameras added or moved.

mod question;
mod seals;

use cunkou_core::model::{Language, Period};

use super::client::Daemon;
use super::common::{Common, FORMATS, Tongue, note, print, print_geojson, print_json};
use super::exit::Exit;
use super::gaps::{reason_words, state_word};
use super::source::Source;
use super::table::{self, Cell, named, plain};
use super::words::{component_word, some};
use crate::http::wire::{EntranceCounts, WhatIf, WhatIfBody, WhatIfEntrance, WhatIfSeal};

/// Says which entrances and seals would change, and for whose sake, if cameras and nodes were down or up, cameras added or
/// moved.
///
/// Nothing is stored, and the order does not matter; what is both down and up is left as it is. A node that is down takes
/// with it every camera that then has no path; one that is up brings back what is down for its sake. Of the town, blocks
/// and hamlets it says whether they are and would be sealed, as far as the mapped roads (roads.geojson) go, with the
/// shortest way in; an added or moved camera shuts a way by the entrances that it sees there.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    daemon: Daemon,
    /// Ids of cameras and nodes that are down
    #[arg(long, value_name = "ID", num_args = 1.., value_delimiter = ',')]
    down: Vec<String>,
    /// Ids of cameras and nodes that are up; a planned camera stands there then
    #[arg(long, value_name = "ID", num_args = 1.., value_delimiter = ',')]
    up: Vec<String>,
    /// Cameras that stand there too: a file with the columns of cameras.csv, or one camera as COLUMN=VALUE,… such as
    /// id=N1,area=V001,lon=114.35,lat=30.88,azimuth=90,hfov=90,range_m=50,width_px=1920
    #[arg(long, value_name = "FILE|SPEC", num_args = 1..)]
    add: Vec<String>,
    /// Cameras of the registry that stand elsewhere, degrees in WGS 84; what they are declared to watch holds only where
    /// their view from there does not say no
    #[arg(long = "move", value_name = "CAMERA=LON,LAT[,AZIMUTH]", num_args = 1..)]
    moved: Vec<String>,
    /// When entrances are judged; cameras and nodes are as they are now
    #[arg(long, value_parser = ["day", "night", "now"], default_value = "now")]
    period: String,
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
    let moved = args.moved.iter().map(|text| question::moved(text)).collect::<anyhow::Result<_>>()?;
    let Some(add) = question::added(&args.add, &tongue)? else { return Ok(Exit::Found) };
    let body = WhatIfBody { down: args.down, up: args.up, add, moved };
    let period = Period::from_word(&args.period).unwrap_or(Period::Now);
    let answer = Source::open(common, &settings, &args.daemon).await?.what_if(&settings, period, &body).await?;
    answer.warnings.iter().for_each(|odd| note(&format!("{}{}", tongue.say("警告：", "warning: "), plain(odd))));
    match args.format.as_str() {
        "json" => print_json(&answer)?,
        "geojson" | "geojson-gcj02" => print_geojson(answer.features()?, &args.format)?,
        "csv" => print(&csv(&answer, args.bom))?,
        _ => print(&text(&answer, &tongue))?,
    }
    Ok(Exit::Fine)
}

fn text(answer: &WhatIf, tongue: &Tongue) -> String {
    let mut lines = vec![headline(answer, tongue)];
    if !answer.items.is_empty() {
        lines.push(entrances(&answer.items, tongue).trim_end().to_owned());
        lines.push(totals(answer, tongue));
    }
    lines.extend(network(answer, tongue));
    if !answer.may_watch.is_empty() {
        let said = tongue.say("可能看到、待核实：", "May be watched, a survey would tell: ");
        lines.push(format!("{said}{}", some(&answer.may_watch)));
    }
    lines.extend(seals::lines(&answer.seals, tongue));
    lines.join("\n") + "\n"
}

fn headline(answer: &WhatIf, tongue: &Tongue) -> String {
    let count = |change: &str| answer.items.iter().filter(|item| item.change == change).count();
    let (worse, other, better) = (count("worse"), count("other"), count("better"));
    match (tongue.language, answer.items.len()) {
        (Language::ZhCn, 0) => "没有进出口会改变状态。".to_owned(),
        (Language::En, 0) => "No entrance would change.".to_owned(),
        (Language::ZhCn, n) => format!("{n} 个进出口会改变状态：变差 {worse}，变好 {better}，其他 {other}"),
        (Language::En, n) => {
            format!("{n} entrances would change: {worse} for the worse, {better} for the better, {other} otherwise")
        }
    }
}

fn entrances(items: &[WhatIfEntrance], tongue: &Tongue) -> String {
    let zh = ["变化", "进出口", "现状", "假设后", "在线/需要", "因为"];
    let en = ["change", "entrance", "is", "would be", "live/needs", "because of"];
    let header: Vec<&str> = zh.iter().zip(en).map(|(zh, en)| tongue.say(zh, en)).collect();
    let mut table = table::table(&header);
    for item in items {
        let mut after = state_word(&item.after, tongue).to_owned();
        if let Some(reason) = &item.reason {
            after.push_str(&match tongue.language {
                Language::ZhCn => format!("（{}）", plain(reason_words(reason, tongue))),
                Language::En => format!(" ({})", plain(reason_words(reason, tongue))),
            });
        }
        table.add_row(vec![
            change_word(&item.change, tongue).to_owned(),
            named(&item.name, &item.id),
            state_word(&item.before, tongue).to_owned(),
            after,
            format!("{}/{}", item.live, item.required),
            some(&item.changed_by),
        ]);
    }
    table::text(&table)
}

fn change_word<'a>(change: &'a str, tongue: &Tongue) -> &'a str {
    match (tongue.language, change) {
        (Language::ZhCn, "worse") => "变差",
        (Language::ZhCn, "better") => "变好",
        (Language::ZhCn, "other") => "其他",
        _ => change,
    }
}

/// The states of which there would be more or fewer.
fn totals(answer: &WhatIf, tongue: &Tongue) -> String {
    let of = |counts: &EntranceCounts| {
        [
            ("covered", counts.covered),
            ("reduced", counts.reduced),
            ("lost", counts.lost),
            ("unknown", counts.unknown),
            ("unwatched", counts.unwatched),
            ("planned", counts.planned),
        ]
    };
    let both = of(&answer.totals.before).into_iter().zip(of(&answer.totals.after));
    let differ = both.filter(|((_, before), (_, after))| before != after);
    let said = differ.map(|((state, before), (_, after))| format!("{} {before} → {after}", state_word(state, tongue)));
    let said: Vec<String> = said.collect();
    format!("{}{}", tongue.say("合计：", "In all: "), said.join(tongue.say("，", ", ")))
}

/// What happens to cameras for the sake of nodes.
fn network(answer: &WhatIf, tongue: &Tongue) -> Vec<String> {
    let mut lines: Vec<String> = answer
        .nodes
        .iter()
        .map(|node| {
            let what = format!("{} {}", plain(component_word(&node.kind, tongue)), named(&node.name, &node.id));
            match tongue.language {
                Language::ZhCn => format!("{what}：单独停用会使 {} 台在线摄像机断路", node.cameras),
                Language::En => format!("{what}: alone it cuts off {} live cameras", node.cameras),
            }
        })
        .collect();
    if answer.nodes.len() > 1 {
        lines.push(match tongue.language {
            Language::ZhCn => format!("以上节点一起停用：{} 台在线摄像机断路", answer.cameras_cut),
            Language::En => format!("All of these nodes together: {} live cameras are cut off", answer.cameras_cut),
        });
    }
    if answer.cameras_back > 0 {
        lines.push(match tongue.language {
            Language::ZhCn => format!("随节点恢复的摄像机：{} 台", answer.cameras_back),
            Language::En => format!("Cameras that come back with their nodes: {}", answer.cameras_back),
        });
    }
    lines
}

/// A row an entrance, then a row a seal: these have a scope.
fn csv(answer: &WhatIf, bom: bool) -> String {
    let mut header = vec![
        "change",
        "id",
        "name",
        "area",
        "village",
        "before",
        "after",
        "reason",
        "changed_by",
        "required",
        "live",
        "lon",
        "lat",
    ];
    header.extend(seals::COLUMNS);
    let entrances = answer.items.iter().map(|item| {
        let mut cells = vec![
            Cell::text(Some(&item.change)),
            Cell::text(Some(&item.id)),
            Cell::text(Some(&item.name)),
            Cell::text(Some(&item.area)),
            Cell::text(item.village.as_deref()),
            Cell::text(Some(&item.before)),
            Cell::text(Some(&item.after)),
            Cell::text(item.reason.as_deref()),
            Cell::text(Some(&item.changed_by.join(" "))),
            Cell::number(Some(item.required)),
            Cell::number(Some(item.live)),
            Cell::number(item.lon),
            Cell::number(item.lat),
        ];
        cells.extend(seals::COLUMNS.map(|_| Cell::text(None)));
        cells
    });
    table::csv(&header, entrances.chain(answer.seals.items.iter().map(seal_row)), bom)
}

fn seal_row(item: &WhatIfSeal) -> Vec<Cell> {
    let mut cells = vec![
        Cell::text(Some(&item.change)),
        Cell::text(Some(&item.after.id)),
        Cell::text(Some(&item.after.name)),
        Cell::text(None),
        Cell::text(None),
        Cell::text(Some(&item.before.verdict)),
        Cell::text(Some(&item.after.verdict)),
        Cell::text(item.after.why.as_deref()),
        Cell::text(Some(&item.changed_by.join(" "))),
    ];
    cells.extend([(); 4].map(|()| Cell::text(None)));
    cells.extend(seals::cells(item));
    cells
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::*;
    use crate::http::wire::{
        Seal, SealLeaked, SealRoads, SealRoute, SealSite, SealTotals, WhatIfNode, WhatIfSealTotals, WhatIfSeals,
        WhatIfTotals,
    };

    fn item(id: &str, change: &str, before: &str, after: &str, changed_by: &[&str]) -> WhatIfEntrance {
        WhatIfEntrance {
            id: id.to_owned(),
            name: "甘棠\u{1b}[31m东口".to_owned(),
            area: "H1".to_owned(),
            village: Some("V1".to_owned()),
            change: change.to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
            reason: (after == "unwatched").then(|| "only_maybe".to_owned()),
            changed_by: changed_by.iter().map(|id| (*id).to_owned()).collect(),
            required: 1,
            live: u32::from(after == "covered"),
            lon: Some(114.3),
            lat: Some(30.8),
        }
    }

    fn seal(verdict: &str, thickness: Option<u32>, width: u32, dead: &[&str]) -> Seal {
        let route = (verdict == "leaking").then(|| SealRoute {
            length_m: 640.0,
            roads: vec!["R1".to_owned()],
            entrances: vec!["E1".to_owned()],
            unwatched: Vec::new(),
            dead_cameras: dead.iter().map(|id| (*id).to_owned()).collect(),
            suspect_gaps: 0,
            line: vec![[114.3, 30.8], [114.4, 30.8]],
        });
        let site = SealSite { entrance: Some("E1".to_owned()), road: "R1".to_owned(), lon: 114.3, lat: 30.8 };
        Seal {
            scope: "town".to_owned(),
            id: "RING".to_owned(),
            name: "外圈\u{1b}[31m".to_owned(),
            verdict: verdict.to_owned(),
            why: None,
            thickness_lower: thickness,
            thickness_upper: thickness,
            width_lower: Some(width),
            width_upper: Some(width),
            width_sites: route.iter().map(|_| site.clone()).collect(),
            route,
            leaked: SealLeaked::default(),
            grey_km: None,
        }
    }

    fn seals() -> WhatIfSeals {
        let ids = |of: &[&str]| of.iter().map(|id| (*id).to_owned()).collect::<Vec<String>>();
        let one = |change: &str, [before, after]: [Seal; 2], fallen: &[&str], changed_by: &[&str]| WhatIfSeal {
            change: change.to_owned(),
            before,
            after,
            fallen: ids(fallen),
            changed_by: ids(changed_by),
        };
        let local = |seal: Seal| Seal { scope: "local".to_owned(), id: "H1".to_owned(), ..seal };
        let totals = |scope: &str, [before, after]: [(usize, usize); 2]| {
            let of = |(sealed, leaking)| SealTotals { sealed, leaking, unknown: 1 };
            WhatIfSealTotals { scope: scope.to_owned(), before: of(before), after: of(after) }
        };
        let (thin, thick) = (seal("sealed", Some(1), 0, &[]), seal("sealed", Some(2), 0, &[]));
        let shut = local(seal("leaking", Some(0), 1, &["C3"]));
        WhatIfSeals {
            items: vec![
                one("worse", [thin.clone(), seal("leaking", Some(0), 1, &["C1", "C2"])], &["C2"], &["S1"]),
                one("better", [local(thin.clone()), local(seal("sealed", None, 0, &[]))], &[], &[]),
                one("better", [shut, local(thick)], &[], &["N1"]),
            ],
            totals: vec![totals("town", [(1, 0), (0, 1)]), totals("block", [(3, 0), (3, 0)])],
            roads: SealRoads {
                roads: 12,
                chains: 20,
                length_km: 31.4,
                suspect_gaps: 2,
                left_out: 3,
                modes: vec!["motor".to_owned()],
                hash: "ab".to_owned(),
                faults: Vec::new(),
            },
            assumptions: crate::http::wire::SEAL_ASSUMPTIONS.map(str::to_owned).to_vec(),
        }
    }

    fn answer() -> WhatIf {
        let node = |id: &str, cameras| WhatIfNode {
            id: id.to_owned(),
            kind: "switch".to_owned(),
            name: "甘棠交换机".to_owned(),
            cameras,
        };
        let counts = |covered, lost| EntranceCounts { covered, lost, unwatched: 3, ..EntranceCounts::default() };
        WhatIf {
            items: vec![
                item("E1", "worse", "covered", "lost", &["S1", "S2", "S3", "S4", "S5", "S6"]),
                item("E2", "other", "lost", "unwatched", &["C2"]),
                item("E3", "better", "lost", "covered", &["N1"]),
            ],
            period: "night".to_owned(),
            totals: WhatIfTotals { before: counts(7, 2), after: counts(7, 1) },
            nodes: vec![node("S1", 22), node("S2", 0)],
            cameras_cut: 23,
            cameras_back: 4,
            seals: seals(),
            may_watch: vec!["E9".to_owned()],
            warnings: Vec::new(),
            as_of: "2026-11-24T03:00:00.000Z".to_owned(),
        }
    }

    #[test]
    fn the_words_in_both_languages() {
        let still = WhatIfSeals { items: Vec::new(), ..seals() };
        let none = WhatIf {
            items: Vec::new(),
            nodes: Vec::new(),
            cameras_back: 0,
            seals: still.clone(),
            may_watch: Vec::new(),
            ..answer()
        };
        let faults = vec!["roads.geojson: \u{1b}bad".to_owned()];
        let roads = SealRoads { roads: 0, faults, ..still.roads.clone() };
        let roadless = WhatIf { seals: WhatIfSeals { roads, ..still.clone() }, ..none.clone() };
        let no_areas = WhatIf { seals: WhatIfSeals { totals: Vec::new(), ..still }, ..none.clone() };
        for (name, language) in [("zh", Language::ZhCn), ("en", Language::En)] {
            let tongue = Tongue { language, zone: TimeZone::UTC };
            let all: Vec<String> =
                [answer(), none.clone(), roadless.clone(), no_areas.clone()].iter().map(|a| text(a, &tongue)).collect();
            assert!(!all.concat().contains('\u{1b}'), "names do not turn the terminal");
            insta::assert_snapshot!(format!("whatif_{name}"), all.join("---\n"));
        }
    }

    #[test]
    fn a_row_an_entrance_and_one_a_seal() {
        let rows = csv(&answer(), false).replace("\r\n", "\n").replace('\u{1b}', "ESC");
        insta::assert_snapshot!("whatif_csv", rows);
    }

    #[test]
    fn ways_in_are_drawn_as_they_are_and_as_they_would_be() {
        let features = answer().features().unwrap().features;
        let of = |i: usize, key: &str| features[i]["properties"][key].clone();
        let drawn: Vec<_> = (3..features.len()).map(|i| ["kind", "id", "when"].map(|key| of(i, key))).collect();
        let (way, site) = (["route", "RING", "after"], ["site", "RING", "after"]);
        assert_eq!(drawn, [way, site, ["route", "H1", "before"], ["site", "H1", "before"]]);
        assert_eq!((&features[3]["geometry"]["type"], of(3, "fallen")), (&"LineString".into(), json!(["C2"])));
        assert_eq!((of(5, "change"), of(5, "fallen")), ("better".into(), json!([])));
    }
}
