//! A placement as people read it.

use cunkou_core::model::Language;

use super::super::common::Tongue;
use super::super::table::{self, plain};
use super::super::words::some;
use crate::http::wire::{PlaceStep, Placement};

/// The answer as text.
pub(super) fn text(answer: &Placement, tongue: &Tongue) -> String {
    let mut lines = vec![headline(answer, tongue)];
    if !answer.items.is_empty() {
        lines.push(steps(&answer.items, tongue).trim_end().to_owned());
    }
    lines.extend([quality(answer, tongue), lacking(answer, tongue), assumed(answer, tongue)]);
    lines.join("\n") + "\n"
}

fn headline(answer: &Placement, tongue: &Tongue) -> String {
    let repairs = answer.items.iter().filter(|s| s.kind == "repair").count();
    let (new, cost, of, sites) = (answer.items.len() - repairs, answer.cost, answer.candidates, answer.sites);
    match (tongue.language, answer.items.is_empty()) {
        (Language::ZhCn, true) => format!("{of} 个候选（{sites} 处点位）中没有一个能改善覆盖。"),
        (Language::En, true) => format!("None of {of} candidates at {sites} sites improves anything."),
        (Language::ZhCn, false) => {
            format!("新装 {new} 台、抢修 {repairs} 处，费用 {cost}（候选 {of} 个，点位 {sites} 处）")
        }
        (Language::En, false) => {
            format!("New cameras: {new}, repairs: {repairs}, cost: {cost}; out of {of} candidates at {sites} sites")
        }
    }
}

fn steps(items: &[PlaceStep], tongue: &Tongue) -> String {
    let zh = ["序", "做法", "地点", "方位角", "费用", "增值", "白天", "夜间", "进出口"];
    let en = ["rank", "what", "where", "azimuth", "cost", "gain", "by day", "by night", "entrances"];
    let header: Vec<&str> = zh.iter().zip(en).map(|(zh, en)| tongue.say(zh, en)).collect();
    let mut table = table::table(&header);
    for step in items {
        table.add_row(vec![
            step.rank.to_string(),
            what(step, tongue).to_owned(),
            format!("{} {}", at(&step.at, tongue), plain(&step.id)),
            step.azimuth.map(|a| format!("{a}°")).unwrap_or_default(),
            step.cost.to_string(),
            step.gain.to_string(),
            step.gain_day.to_string(),
            step.gain_night.to_string(),
            some(&step.entrances),
        ]);
    }
    table::text(&table)
}

fn what<'a>(step: &'a PlaceStep, tongue: &Tongue) -> &'a str {
    let (zh, en) = match (step.kind.as_str(), step.site_kind.as_deref()) {
        ("repair", _) => ("抢修", "repair"),
        (_, Some("pole")) => ("新装（现有杆）", "new, on a pole"),
        (_, Some("lamp")) => ("新装（灯杆）", "new, on a lamp"),
        _ => ("新装（新立杆）", "new, on a new pole"),
    };
    match tongue.language {
        Language::ZhCn => zh,
        Language::En => en,
    }
}

fn at<'a>(word: &'a str, tongue: &'a Tongue) -> &'a str {
    match word {
        "site" => tongue.say("点位", "site"),
        "node" => tongue.say("设备", "node"),
        "camera" => tongue.say("摄像机", "camera"),
        "entrance" => tongue.say("进出口内侧", "inside entrance"),
        other => other,
    }
}

/// Value, bound and gap, and how they are known.
fn quality(answer: &Placement, tongue: &Tongue) -> String {
    let Placement { value, upper_bound: bound, greedy_value: greedy, .. } = answer;
    let gap = (answer.gap * 1e3).ceil() / 10.0;
    let proof = match answer.proof.as_str() {
        "everything" => tongue.say("全部需求", "all that is lacking"),
        "gains" => tongue.say("单个候选的增值", "what each candidate would still gain"),
        "linear" => tongue.say("线性松弛", "the linear relaxation"),
        _ => tongue.say("整数规划", "an integer program"),
    };
    let status = match answer.status.as_str() {
        "optimal" => tongue.say("最优", "optimal"),
        "stopped" => tongue.say("较优（搜索被中止）", "good (the search was cut short)"),
        _ => tongue.say("较优", "good"),
    };
    match tongue.language {
        Language::ZhCn => format!("价值 {value}，上界 {bound}（{proof}），差距 {gap}%：{status}；贪心得 {greedy}"),
        Language::En => {
            format!("Value {value}, upper bound {bound} (by {proof}), gap {gap} %: {status}; greed alone {greedy}")
        }
    }
}

fn lacking(answer: &Placement, tongue: &Tongue) -> String {
    let l = &answer.lacking;
    let depth = match answer.depth.as_str() {
        "target" => tongue.say("目标数", "their target"),
        _ => tongue.say("需要数", "what they require"),
    };
    match tongue.language {
        Language::ZhCn => format!(
            "摄像机不足{depth}的进出口：白天 {} → {}，夜间 {} → {}",
            l.day_before, l.day_after, l.night_before, l.night_after
        ),
        Language::En => format!(
            "Entrances with fewer cameras than {depth}: by day {} → {}, by night {} → {}",
            l.day_before, l.day_after, l.night_before, l.night_after
        ),
    }
}

/// What nobody has measured.
fn assumed(answer: &Placement, tongue: &Tongue) -> String {
    let model = &answer.model;
    let figure = |n: Option<f64>| n.unwrap_or_default();
    let (hfov, range, night) = (figure(model.hfov), figure(model.range_m), figure(model.night_range_m));
    let (width, light) = (model.width_px.unwrap_or_default(), model.night.as_deref().unwrap_or_default());
    let camera = match tongue.language {
        Language::ZhCn => {
            format!("摄像机：视场角 {hfov}°、宽 {width} 像素、白天 {range} 米、夜间 {} {night} 米", light_word(light))
        }
        Language::En => {
            format!("a camera of {hfov}° and {width} px that sees {range} m by day, {light} {night} m by night")
        }
    };
    let words = answer.assumptions.iter().map(|word| match word.as_str() {
        "flat_ground_nothing_in_the_way" => {
            tongue.say("地面平坦、无遮挡", "flat ground, nothing in the way").to_owned()
        }
        "poles_and_gates_as_sites" => tongue
            .say(
                "未列点位：取现有杆位和进出口内侧 20 米的新杆",
                "no sites are listed: poles that stand, and new ones 20 m inside entrances",
            )
            .to_owned(),
        "cost_classes" => tongue
            .say(
                "未列费用：现有杆 1、灯杆 2、新杆 3",
                "costs that are not listed: 1 on a pole, 2 on a lamp, 3 on a new pole",
            )
            .to_owned(),
        "each_pays_for_its_pole" => {
            tongue.say("同一点位每台各计一次费用", "each camera of a site pays the whole cost").to_owned()
        }
        "unknown_cameras_count" => {
            tongue.say("状态未知的摄像机视为在看", "cameras of which nothing is known count").to_owned()
        }
        "one_repair_at_a_time" => {
            tongue.say("需两处同时抢修的不计", "what only two repairs together bring back is not counted").to_owned()
        }
        other => plain(other),
    });
    let words: Vec<String> = std::iter::once(camera).chain(words).collect();
    format!("{}{}", tongue.say("假定：", "Assumed: "), words.join(tongue.say("；", "; ")))
}

fn light_word(light: &str) -> &str {
    match light {
        "ir" => "红外",
        "white" => "白光",
        "none" => "无补光",
        other => other,
    }
}
