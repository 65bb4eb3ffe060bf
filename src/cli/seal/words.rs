//! Seals as people read them.

use cunkou_core::model::Language;

use super::super::common::Tongue;
use super::super::table::{self, named, plain};
use super::super::words::some;
use crate::http::wire::{Seal, SealRoads, SealRoute, SealSite, Seals};

/// The answer as a table, with what it rests on.
pub(super) fn text(answer: &Seals, all: bool, tongue: &Tongue) -> String {
    let mut lines = vec![headline(answer, tongue)];
    let listed: Vec<&Seal> = answer.items.iter().filter(|seal| all || seal.verdict != "sealed").collect();
    if !listed.is_empty() {
        lines.push(areas(&listed, tongue).trim_end().to_owned());
    }
    lines.push(entrances(answer, tongue));
    lines.push(basis(&answer.roads, tongue));
    lines.push(assumptions(answer, tongue));
    lines.extend(faults(&answer.roads, tongue));
    lines.join("\n") + "\n"
}

fn headline(answer: &Seals, tongue: &Tongue) -> String {
    let (totals, level) = (&answer.totals, level_word(&answer.level, tongue));
    let period = match (answer.period.as_str(), tongue.language) {
        ("day", Language::ZhCn) => "白天",
        ("night", Language::ZhCn) => "夜间",
        (_, Language::ZhCn) => "现在",
        (period, Language::En) => period,
    };
    match tongue.language {
        Language::ZhCn => {
            format!("{level}，{period}：封控完好 {}，有漏口 {}，未知 {}", totals.sealed, totals.leaking, totals.unknown)
        }
        Language::En => format!(
            "{level}, {period}: {} sealed, {} leaking, {} unknown",
            totals.sealed, totals.leaking, totals.unknown
        ),
    }
}

fn areas(seals: &[&Seal], tongue: &Tongue) -> String {
    let zh = ["范围", "区域", "结论", "厚度", "宽度", "最短入路", "途经进出口", "失效摄像机", "可封堵处"];
    let en =
        ["scope", "area", "verdict", "thickness", "width", "way in", "entrances", "dead cameras", "would close it"];
    let header: Vec<&str> = zh.iter().zip(en).map(|(zh, en)| tongue.say(zh, en)).collect();
    let mut table = table::table(&header);
    for seal in seals {
        let route = seal.route.as_ref();
        let ids = |of: Option<&Vec<String>>| of.map(|ids| some(ids)).unwrap_or_default();
        let sites: Vec<String> = seal.width_sites.iter().map(site).collect();
        table.add_row(vec![
            scope_word(&seal.scope, tongue).to_owned(),
            named(&seal.name, &seal.id),
            verdict(seal, tongue),
            range(seal.thickness_lower, seal.thickness_upper),
            range(seal.width_lower, seal.width_upper),
            route.map(|r| way(r, tongue)).unwrap_or_default(),
            ids(route.map(|r| &r.entrances)),
            ids(route.map(|r| &r.dead_cameras)),
            some(&sites),
        ]);
    }
    table::text(&table)
}

/// An entrance by its id, the open road by the road's id and the place.
pub(super) fn site(site: &SealSite) -> String {
    match &site.entrance {
        Some(entrance) => entrance.clone(),
        None => format!("{}@{},{}", site.road, site.lon, site.lat),
    }
}

/// Both bounds, or the one they agree on; ∞ where there is none.
pub(in crate::cli) fn range(lower: Option<u32>, upper: Option<u32>) -> String {
    let word = |n: Option<u32>| n.map_or("∞".to_owned(), |n| n.to_string());
    if lower == upper { word(lower) } else { format!("{}..{}", word(lower), word(upper)) }
}

pub(in crate::cli) fn way(route: &SealRoute, tongue: &Tongue) -> String {
    let roads = some(&route.roads);
    let gaps = match (route.suspect_gaps, tongue.language) {
        (0, _) => String::new(),
        (n, Language::ZhCn) => format!("（经 {n} 处疑似断点）"),
        (n, Language::En) => format!(" (over {n} suspect gaps)"),
    };
    match tongue.language {
        Language::ZhCn => format!("{} 米 {roads}{gaps}", route.length_m),
        Language::En => format!("{} m {roads}{gaps}", route.length_m),
    }
}

pub(in crate::cli) fn verdict(seal: &Seal, tongue: &Tongue) -> String {
    let word = match (seal.verdict.as_str(), tongue.language) {
        ("sealed", Language::ZhCn) => "完好",
        ("leaking", Language::ZhCn) => "有漏口",
        (_, Language::ZhCn) => "未知",
        (word, Language::En) => word,
    };
    let why = match (seal.why.as_deref(), tongue.language) {
        (None, _) => return word.to_owned(),
        (Some("no_road"), Language::ZhCn) => "图上没有道路",
        (Some(_), Language::ZhCn) => "图上没有路通到外面",
        (Some("no_road"), Language::En) => "no road of the map lies in it",
        (Some(_), Language::En) => "no road of the map leads out of it",
    };
    match tongue.language {
        Language::ZhCn => format!("{word}（{why}）"),
        Language::En => format!("{word} ({why})"),
    }
}

pub(in crate::cli) fn scope_word<'a>(scope: &'a str, tongue: &Tongue) -> &'a str {
    match (scope, tongue.language) {
        ("town", Language::ZhCn) => "全街",
        ("block", Language::ZhCn) => "块",
        ("local", Language::ZhCn) => "村湾",
        _ => scope,
    }
}

fn level_word<'a>(level: &'a str, tongue: &Tongue) -> &'a str {
    match (level, tongue.language) {
        ("plan", Language::ZhCn) => "按规划",
        ("built", Language::ZhCn) => "按建成",
        ("live", Language::ZhCn) => "按现状",
        _ => level,
    }
}

fn entrances(answer: &Seals, tongue: &Tongue) -> String {
    let found = &answer.entrances;
    let words = [("town", found.screened_town), ("block", found.screened_block), ("local", found.screened_local)];
    let screened: Vec<String> =
        words.into_iter().filter_map(|(scope, n)| Some(format!("{} {}", scope_word(scope, tongue), n?))).collect();
    match (tongue.language, screened.is_empty()) {
        (Language::ZhCn, true) => format!("未布防进出口：{}", found.unwatched),
        (Language::En, true) => format!("Unwatched entrances: {}", found.unwatched),
        (Language::ZhCn, false) => {
            format!("未布防进出口：{}；其中仍被封控线挡住的：{}", found.unwatched, screened.join("，"))
        }
        (Language::En, false) => {
            format!("Unwatched entrances: {}; screened all the same: {}", found.unwatched, screened.join(", "))
        }
    }
}

/// What is wrong with the file of the roads.
pub(in crate::cli) fn faults(roads: &SealRoads, tongue: &Tongue) -> Vec<String> {
    let old = tongue
        .say("道路文件有错，用的是上一次的道路：", "The file of the roads has faults, its last good state counts: ");
    roads.faults.iter().map(|fault| format!("{old}{}", plain(fault))).collect()
}

/// What seals rest on.
pub(in crate::cli) fn basis(roads: &SealRoads, tongue: &Tongue) -> String {
    let modes: Vec<&str> = roads
        .modes
        .iter()
        .map(|mode| match (mode.as_str(), tongue.language) {
            ("motor", Language::ZhCn) => "机动车",
            ("two_wheel", Language::ZhCn) => "两轮车",
            ("foot", Language::ZhCn) => "步行",
            (mode, _) => mode,
        })
        .collect();
    match tongue.language {
        Language::ZhCn => format!(
            "依据：{} 条道路，{} 段，{} 公里；方式：{}；疑似断点 {} 处；未计入的道路 {} 条",
            roads.roads,
            roads.chains,
            roads.length_km,
            modes.join("、"),
            roads.suspect_gaps,
            roads.left_out
        ),
        Language::En => format!(
            "Rests on {} roads, {} chains, {} km; by {}; {} suspect gaps; {} roads left out",
            roads.roads,
            roads.chains,
            roads.length_km,
            modes.join(", "),
            roads.suspect_gaps,
            roads.left_out
        ),
    }
}

fn assumptions(answer: &Seals, tongue: &Tongue) -> String {
    let off_roads = some(&answer.entrances.off_roads);
    let said: Vec<String> = answer
        .assumptions
        .iter()
        .map(|assumption| match (assumption.as_str(), tongue.language) {
            ("mapped_roads", Language::ZhCn) => "只看地图上的道路，田间越野不计".to_owned(),
            ("mapped_roads", Language::En) => "only mapped roads count: people can cross fields".to_owned(),
            ("two_way", Language::ZhCn) => "单行道按双向计".to_owned(),
            ("two_way", Language::En) => "one-way streets are used both ways".to_owned(),
            ("footpaths_not_counted", Language::ZhCn) => "步行小路不计".to_owned(),
            ("footpaths_not_counted", Language::En) => "footpaths are not counted".to_owned(),
            ("suspect_gaps_both_ways", Language::ZhCn) => "疑似断点按通与不通各算一次".to_owned(),
            ("suspect_gaps_both_ways", Language::En) => "suspect gaps are judged as joined and as not".to_owned(),
            ("entrances_off_roads_cut_nothing", Language::ZhCn) => format!("不在路上的进出口不起作用：{off_roads}"),
            ("entrances_off_roads_cut_nothing", Language::En) => {
                format!("entrances off the roads cut nothing: {off_roads}")
            }
            ("hamlets_without_boundary_are_discs", Language::ZhCn) => "没有边界的湾按半径 150 米的圆计".to_owned(),
            ("hamlets_without_boundary_are_discs", Language::En) => {
                "hamlets without a boundary are discs of 150 m".to_owned()
            }
            (other, _) => plain(other),
        })
        .collect();
    format!("{}{}", tongue.say("前提：", "Assumed: "), said.join(tongue.say("；", "; ")))
}
