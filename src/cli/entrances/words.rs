//! What is suggested, as people read it.

use cunkou_core::model::Language;

use super::super::common::Tongue;
use super::super::table::{self, named, plain};
use super::super::words::some;
use super::answer::{Answer, Named, Spot};

/// The proposals as a table, and what else was found.
pub(super) fn text(answer: &Answer, tongue: &Tongue) -> String {
    let mut lines = vec![headline(answer, tongue)];
    if !answer.proposed.is_empty() {
        lines.push(proposals(answer, tongue).trim_end().to_owned());
    }
    let ids = |of: &[Named]| of.iter().map(|thing| named(&thing.name, &thing.id)).collect::<Vec<_>>();
    lines.extend(listed(
        "已知，但 60 米内没有找到穿过边界的道路：",
        "Known, and no road that crosses a boundary is found within 60 m: ",
        &ids(&answer.vanished),
        tongue,
    ));
    lines.extend(listed(
        "已知但没有坐标，建议中可能有它：",
        "Known, but without a position; what is proposed may be one of them: ",
        &ids(&answer.unplaced),
        tongue,
    ));
    let spots: Vec<String> = answer.internal_only.iter().map(at).collect();
    lines.extend(listed(
        "外侧只有断头路，不建议设口：",
        "Outside lies but a dead end, none proposed: ",
        &spots,
        tongue,
    ));
    lines.extend(listed(
        "没有路进入（多为地图缺路）：",
        "No road leads into (mostly a gap of the map): ",
        &ids(&answer.isolated),
        tongue,
    ));
    lines.extend(listed(
        "没有边界，无法判断：",
        "Without a boundary, so nothing is said: ",
        &ids(&answer.unbounded),
        tongue,
    ));
    if !answer.proposed.is_empty() {
        let zh = "未作任何改动。--format csv 给出可贴入 entrances.csv 的行，由人取舍";
        let en = "Nothing was changed. --format csv gives rows for entrances.csv; a person takes or leaves each";
        lines.push(tongue.say(zh, en).to_owned());
    }
    lines.join("\n") + "\n"
}

fn headline(answer: &Answer, tongue: &Tongue) -> String {
    let [matched, proposed, vanished] = [answer.matched.len(), answer.proposed.len(), answer.vanished.len()];
    let [internal, isolated] = [answer.internal_only.len(), answer.isolated.len()];
    match tongue.language {
        Language::ZhCn => format!(
            "进出口：已知相符 {matched}，建议新增 {proposed}，未找到 {vanished}，仅内部 {internal}；无路可进的村湾 {isolated}"
        ),
        Language::En => format!(
            "Entrances: {matched} matched, {proposed} proposed, {vanished} not found, {internal} internal only; {isolated} areas isolated"
        ),
    }
}

fn proposals(answer: &Answer, tongue: &Tongue) -> String {
    let zh = ["建议编号", "名称", "所属", "兼属", "道路", "进向（度）", "经度", "纬度"];
    let en = ["proposed id", "name", "home", "roles", "road", "heading", "lon", "lat"];
    let header: Vec<&str> = zh.iter().zip(en).map(|(zh, en)| tongue.say(zh, en)).collect();
    let mut table = table::table(&header);
    for proposal in &answer.proposed {
        let spot = &proposal.spot;
        let mut road = named(&spot.road_name, &spot.road);
        match (spot.gates.len(), tongue.language) {
            (0, _) => {}
            (n, Language::ZhCn) => road.push_str(&format!("（双幅，{} 处都要看）", n + 1)),
            (n, Language::En) => road.push_str(&format!(" ({} carriageways, each to be watched)", n + 1)),
        }
        table.add_row(vec![
            plain(&proposal.id),
            plain(&proposal.name),
            named(&spot.area_name, &spot.area),
            some(&spot.roles),
            road,
            format!("{:.0}", spot.bearing),
            spot.lon.to_string(),
            spot.lat.to_string(),
        ]);
    }
    table::text(&table)
}

fn at(spot: &Spot) -> String {
    format!("{}@{},{}", spot.area, spot.lon, spot.lat)
}

fn listed(zh: &str, en: &str, things: &[String], tongue: &Tongue) -> Option<String> {
    let between = tongue.say("、", ", ");
    let shown: Vec<String> = things.iter().take(20).map(|thing| plain(thing)).collect();
    let more = things.len() - shown.len();
    let more = if more > 0 { format!(" +{more}") } else { String::new() };
    (!things.is_empty()).then(|| format!("{}{}{more}", tongue.say(zh, en), shown.join(between)))
}
