//! `cunkou whatif`: which entrances would change if cameras and nodes were down or up, cameras added or moved.

mod question;

use cunkou_core::model::{Language, Period};

use super::client::Daemon;
use super::common::{Common, Tongue, note, print, print_json};
use super::exit::Exit;
use super::gaps::{reason_words, state_word};
use super::source::Source;
use super::table::{self, Cell, named, plain};
use super::words::{component_word, some};
use crate::http::wire::{self, EntranceCounts, Page, WhatIf, WhatIfBody, WhatIfEntrance};

/// Says which entrances would change, and for whose sake, if cameras and nodes were down or up, cameras added or moved.
///
/// Nothing is stored, and the order does not matter; what is both down and up is left as it is. A node that is down takes
/// with it every camera that then has no path; one that is up brings back what is down for its sake. Whether areas would
/// still be sealed is not reckoned yet.
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
    #[arg(long, value_parser = ["table", "json", "csv", "geojson"], default_value = "table")]
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
    let answer = Source::open(common, &settings, &args.daemon).await?.what_if(period, &body).await?;
    answer.warnings.iter().for_each(|odd| note(&format!("{}{}", tongue.say("警告：", "warning: "), plain(odd))));
    match args.format.as_str() {
        "json" => print_json(&answer)?,
        "geojson" => print_json(&wire::geojson(&Page { items: answer.items, next: None })?)?,
        "csv" => print(&csv(&answer.items, args.bom))?,
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

fn csv(items: &[WhatIfEntrance], bom: bool) -> String {
    let header = [
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
    let row = |item: &WhatIfEntrance| {
        vec![
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
        ]
    };
    table::csv(&header, items.iter().map(row), bom)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::http::wire::{WhatIfNode, WhatIfTotals};

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
            may_watch: vec!["E9".to_owned()],
            warnings: Vec::new(),
            as_of: "2026-11-24T03:00:00.000Z".to_owned(),
        }
    }

    #[test]
    fn the_words_in_both_languages() {
        let none = WhatIf { items: Vec::new(), nodes: Vec::new(), cameras_back: 0, may_watch: Vec::new(), ..answer() };
        for (name, language) in [("zh", Language::ZhCn), ("en", Language::En)] {
            let tongue = Tongue { language, zone: TimeZone::UTC };
            let all: Vec<String> = [answer(), none.clone()].iter().map(|a| text(a, &tongue)).collect();
            assert!(!all.concat().contains('\u{1b}'), "names do not turn the terminal");
            insta::assert_snapshot!(format!("whatif_{name}"), all.join("---\n"));
        }
    }

    #[test]
    fn a_row_an_entrance() {
        let rows = csv(&answer().items, false).replace("\r\n", "\n").replace('\u{1b}', "ESC");
        insta::assert_snapshot!("whatif_csv", rows);
    }
}
