//! Times by road as people read them.

use cunkou_core::model::Language;

use super::super::common::Tongue;
use super::super::gaps::state_word;
use super::super::seal::words::{basis, faults};
use super::super::table::{self, named, plain};
use super::super::words::some;
use crate::http::wire::{Isochrone, IsochroneEntrance, IsochronePace};

/// The answer as a table, with what it rests on.
pub(super) fn text(answer: &Isochrone, all: bool, tongue: &Tongue) -> String {
    let mut lines = vec![headline(answer, tongue)];
    let listed: Vec<&IsochroneEntrance> = answer.items.iter().filter(|item| all || item.reach != "within").collect();
    if !listed.is_empty() {
        lines.push(entrances(&listed, tongue).trim_end().to_owned());
    }
    lines.extend(posts(answer, tongue));
    lines.push(pace(&answer.pace, tongue));
    lines.push(basis(&answer.roads, tongue));
    lines.push(assumptions(answer, tongue));
    lines.extend(faults(&answer.roads, tongue));
    lines.join("\n") + "\n"
}

fn headline(answer: &Isochrone, tongue: &Tongue) -> String {
    let (totals, minutes) = (&answer.totals, answer.pace.minutes);
    let posts = answer.posts.iter().filter(|post| post.road_m.is_some()).count();
    match tongue.language {
        Language::ZhCn => format!(
            "{minutes} 分钟圈（{posts} 处站点）：圈内 {}，圈外 {}（其中失守 {}），未知 {}；可达道路 {} 公里",
            totals.within, totals.outside, totals.lost_outside, totals.unknown, answer.reached_km
        ),
        Language::En => format!(
            "{minutes} minutes from {posts} posts: {} within, {} outside ({} of them lost), {} unknown; {} km of road reached",
            totals.within, totals.outside, totals.lost_outside, totals.unknown, answer.reached_km
        ),
    }
}

fn entrances(items: &[&IsochroneEntrance], tongue: &Tongue) -> String {
    let zh = ["进出口", "村", "状态", "圈内外", "分钟", "最近站点", "原因"];
    let en = ["entrance", "village", "state", "reach", "minutes", "nearest post", "why"];
    let header: Vec<&str> = zh.iter().zip(en).map(|(zh, en)| tongue.say(zh, en)).collect();
    let mut table = table::table(&header);
    for item in items {
        table.add_row(vec![
            named(&item.name, &item.id),
            plain(item.village_name.as_deref().unwrap_or_default()),
            item.state.as_deref().map_or("", |state| state_word(state, tongue)).to_owned(),
            reach(&item.reach, tongue).to_owned(),
            item.minutes.map(tenth).unwrap_or_default(),
            plain(item.post.as_deref().unwrap_or_default()),
            why(item, tongue),
        ]);
    }
    table::text(&table)
}

/// To a tenth, rounded up: what is outside is not shown within.
fn tenth(minutes: f64) -> String {
    format!("{:.1}", (minutes * 10.0 - 1e-6).ceil() / 10.0)
}

fn reach<'a>(word: &'a str, tongue: &Tongue) -> &'a str {
    match (word, tongue.language) {
        ("within", Language::ZhCn) => "圈内",
        ("outside", Language::ZhCn) => "圈外",
        (_, Language::ZhCn) => "未知",
        (word, Language::En) => word,
    }
}

fn why(item: &IsochroneEntrance, tongue: &Tongue) -> String {
    let joined = item.minutes_joined.map(tenth).unwrap_or_default();
    match (item.why.as_deref(), tongue.language) {
        (None, _) => String::new(),
        (Some("far"), Language::ZhCn) => "太远".to_owned(),
        (Some("far"), Language::En) => "too far".to_owned(),
        (Some("no_way"), Language::ZhCn) => "图上没有路通到".to_owned(),
        (Some("no_way"), Language::En) => "no road of the map leads there".to_owned(),
        (Some("suspect_gap"), Language::ZhCn) => format!("疑似断点若相通则 {joined} 分钟"),
        (Some("suspect_gap"), Language::En) => format!("{joined} min if a suspect gap is none"),
        (Some("off_roads"), Language::ZhCn) => "不在路上（50 米内无路）".to_owned(),
        (Some("off_roads"), Language::En) => "at no road (none within 50 m)".to_owned(),
        (Some("no_position"), Language::ZhCn) => "没有坐标".to_owned(),
        (Some("no_position"), Language::En) => "no position".to_owned(),
        (Some("no_post"), Language::ZhCn) => "没有站点在路上".to_owned(),
        (Some("no_post"), Language::En) => "no post stands at a road".to_owned(),
        (Some(other), _) => plain(other),
    }
}

/// That there is nobody to drive out, or from where nobody does.
fn posts(answer: &Isochrone, tongue: &Tongue) -> Option<String> {
    let off: Vec<&str> = answer.posts.iter().filter(|p| p.road_m.is_none()).map(|p| p.id.as_str()).collect();
    if answer.posts.is_empty() {
        let zh = "登记中没有警务站或联络点（places.csv 的 station、liaison），无法计算";
        let en = "The registry has no station or liaison point (places.csv), so nothing is known";
        return Some(tongue.say(zh, en).to_owned());
    }
    (!off.is_empty()).then(|| {
        let head = tongue.say("站点不在路上，未计入：", "Posts at no road, which do not count: ");
        format!("{head}{}", some(&off))
    })
}

fn pace(pace: &IsochronePace, tongue: &Tongue) -> String {
    let IsochronePace { turnout_s, paved_kmh, street_kmh, track_kmh, foot_kmh, .. } = pace;
    match tongue.language {
        Language::ZhCn => format!(
            "出动 {turnout_s} 秒；时速（公里）：铺装路 {paved_kmh}，村街 {street_kmh}，土路 {track_kmh}，步道 {foot_kmh}"
        ),
        Language::En => format!(
            "Turnout {turnout_s} s; km/h: paved {paved_kmh}, street {street_kmh}, track {track_kmh}, on foot {foot_kmh}"
        ),
    }
}

/// What nobody has measured.
fn assumptions(answer: &Isochrone, tongue: &Tongue) -> String {
    let words = answer.assumptions.iter().map(|word| match (word.as_str(), tongue.language) {
        ("mapped_roads", Language::ZhCn) => "只走地图上的道路".to_owned(),
        ("mapped_roads", Language::En) => "only mapped roads are driven".to_owned(),
        ("speeds_by_class", Language::ZhCn) => "车速按道路等级取，未实测".to_owned(),
        ("speeds_by_class", Language::En) => "speeds go by the class of the road, nobody drove them".to_owned(),
        ("two_way", Language::ZhCn) => "单行道按双向计".to_owned(),
        ("two_way", Language::En) => "one-way streets are used both ways".to_owned(),
        ("posts_are_manned", Language::ZhCn) => "每处站点都有人有车".to_owned(),
        ("posts_are_manned", Language::En) => "somebody with a car is at each post".to_owned(),
        ("suspect_gaps_both_ways", Language::ZhCn) => "疑似断点按通与不通各算一次".to_owned(),
        ("suspect_gaps_both_ways", Language::En) => "suspect gaps are judged as joined and as not".to_owned(),
        (other, _) => plain(other),
    });
    let words: Vec<String> = words.collect();
    format!("{}{}", tongue.say("前提：", "Assumed: "), words.join(tongue.say("；", "; ")))
}
