//! Seals that would change, as people read them.

use cunkou_core::model::Language;

use super::super::common::Tongue;
use super::super::seal::words::{basis, faults, range, scope_word, verdict, way};
use super::super::table::{self, Cell, named, plain};
use super::super::words::some;
use super::change_word;
use crate::http::wire::{Seal, SealRoute, SealTotals, WhatIfSeal, WhatIfSeals};

/// Lines about seals; none where no area is to be shut off.
pub(super) fn lines(seals: &WhatIfSeals, tongue: &Tongue) -> Vec<String> {
    if seals.totals.is_empty() {
        return Vec::new();
    }
    if seals.roads.roads == 0 {
        let none = tongue.say(
            "没有道路（roads.geojson 和 roads.osm.pbf 都不在，或为空），无法判断封控。",
            "There are no roads (neither roads.geojson nor roads.osm.pbf is there, or it holds none): whether areas are sealed is not known.",
        );
        return [vec![none.to_owned()], faults(&seals.roads, tongue)].concat();
    }
    let mut lines = vec![headline(&seals.items, tongue)];
    if !seals.items.is_empty() {
        lines.push(areas(&seals.items, tongue).trim_end().to_owned());
        lines.extend(totals(seals, tongue));
    }
    lines.push(basis(&seals.roads, tongue));
    lines.extend(faults(&seals.roads, tongue));
    lines
}

fn headline(items: &[WhatIfSeal], tongue: &Tongue) -> String {
    let count = |change: &str| items.iter().filter(|item| item.change == change).count();
    let (worse, other, better) = (count("worse"), count("other"), count("better"));
    match (tongue.language, items.len()) {
        (Language::ZhCn, 0) => "封控不会改变。".to_owned(),
        (Language::En, 0) => "No seal would change.".to_owned(),
        (Language::ZhCn, n) => format!("{n} 处封控会改变：变差 {worse}，变好 {better}，其他 {other}"),
        (Language::En, n) => {
            format!("{n} seals would change: {worse} for the worse, {better} for the better, {other} otherwise")
        }
    }
}

fn areas(items: &[WhatIfSeal], tongue: &Tongue) -> String {
    let zh = ["变化", "范围", "区域", "现状", "假设后", "厚度", "宽度", "入路", "途经进出口", "失效摄像机", "因为"];
    let en = [
        "change",
        "scope",
        "area",
        "is",
        "would be",
        "thickness",
        "width",
        "way in",
        "entrances",
        "dead cameras",
        "because of",
    ];
    let header: Vec<&str> = zh.iter().zip(en).map(|(zh, en)| tongue.say(zh, en)).collect();
    let mut table = table::table(&header);
    for item in items {
        let (before, after) = (&item.before, &item.after);
        let route = shown(item);
        table.add_row(vec![
            change_word(&item.change, tongue).to_owned(),
            scope_word(&after.scope, tongue).to_owned(),
            named(&after.name, &after.id),
            verdict(before, tongue),
            verdict(after, tongue),
            both(before, after, |s| range(s.thickness_lower, s.thickness_upper)),
            both(before, after, |s| range(s.width_lower, s.width_upper)),
            route.map(|r| way_in(item, r, tongue)).unwrap_or_default(),
            route.map(|r| some(&r.entrances)).unwrap_or_default(),
            route.map(|r| cameras(item, r, tongue)).unwrap_or_default(),
            some(&item.changed_by),
        ]);
    }
    table::text(&table)
}

/// The way in that there would be; where there would be none, that which is shut.
fn shown(item: &WhatIfSeal) -> Option<&SealRoute> {
    item.after.route.as_ref().or(item.before.route.as_ref())
}

fn way_in(item: &WhatIfSeal, route: &SealRoute, tongue: &Tongue) -> String {
    let way = way(route, tongue);
    match (&item.after.route, tongue.language) {
        (Some(_), _) => way,
        (None, Language::ZhCn) => format!("已堵：{way}"),
        (None, Language::En) => format!("shut: {way}"),
    }
}

/// The dead cameras on the way, those first and marked that the question takes away.
fn cameras(item: &WhatIfSeal, route: &SealRoute, tongue: &Tongue) -> String {
    let mark = |id: &String| match tongue.language {
        Language::ZhCn => format!("{id}（假设）"),
        Language::En => format!("{id} (supposed)"),
    };
    let supposed = item.fallen.iter().map(mark);
    let dead = route.dead_cameras.iter().filter(|id| !item.fallen.contains(id)).cloned();
    some(&supposed.chain(dead).collect::<Vec<String>>())
}

/// A figure as it is and as it would be, or the one that it stays.
fn both(before: &Seal, after: &Seal, figure: impl Fn(&Seal) -> String) -> String {
    let (was, is) = (figure(before), figure(after));
    if was == is { is } else { format!("{was} → {is}") }
}

/// The verdicts of which there would be more or fewer, a line each scope.
fn totals(seals: &WhatIfSeals, tongue: &Tongue) -> Vec<String> {
    let of = |t: &SealTotals| [("sealed", t.sealed), ("leaking", t.leaking), ("unknown", t.unknown)];
    let word = |verdict: &str| match (verdict, tongue.language) {
        ("sealed", Language::ZhCn) => "完好".to_owned(),
        ("leaking", Language::ZhCn) => "有漏口".to_owned(),
        (_, Language::ZhCn) => "未知".to_owned(),
        (verdict, Language::En) => verdict.to_owned(),
    };
    let scopes = seals.totals.iter().filter(|t| t.before != t.after);
    scopes
        .map(|t| {
            let pairs = of(&t.before).into_iter().zip(of(&t.after)).filter(|(was, is)| was != is);
            let said: Vec<String> =
                pairs.map(|((verdict, was), (_, is))| format!("{} {was} → {is}", word(verdict))).collect();
            let scope = plain(scope_word(&t.scope, tongue));
            format!("{scope}{}{}", tongue.say("：", ": "), said.join(tongue.say("，", ", ")))
        })
        .collect()
}

/// The columns that seals have in CSV behind those of entrances.
pub(super) const COLUMNS: [&str; 13] = [
    "scope",
    "thickness_lower_before",
    "thickness_upper_before",
    "thickness_lower_after",
    "thickness_upper_after",
    "width_lower_before",
    "width_upper_before",
    "width_lower_after",
    "width_upper_after",
    "route_m",
    "entrances",
    "dead_cameras",
    "fallen",
];

/// The cells of these columns; the way in is the one there would be.
pub(super) fn cells(item: &WhatIfSeal) -> Vec<Cell> {
    let ids = |of: Option<&Vec<String>>| Cell::text(of.map(|ids| ids.join(" ")).as_deref());
    let (before, after) = (&item.before, &item.after);
    let route = after.route.as_ref();
    let mut cells = vec![Cell::text(Some(&after.scope))];
    cells.extend([before, after].into_iter().flat_map(|s| [s.thickness_lower, s.thickness_upper]).map(Cell::number));
    cells.extend([before, after].into_iter().flat_map(|s| [s.width_lower, s.width_upper]).map(Cell::number));
    cells.extend([
        Cell::number(route.map(|r| r.length_m)),
        ids(route.map(|r| &r.entrances)),
        ids(route.map(|r| &r.dead_cameras)),
        ids(Some(&item.fallen)),
    ]);
    cells
}
