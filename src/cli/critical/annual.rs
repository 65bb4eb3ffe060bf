//! A year as people read it.

use cunkou_core::model::Language;

use super::super::common::{Tongue, print, print_geojson, print_json};
use super::super::exit::Exit;
use super::super::table::{self, Cell, named, plain};
use super::super::words::component_word;
use super::{Args, rest};
use crate::http::wire::{self, Annual, AnnualItem, Page, Within};

pub(super) fn print_year(mut year: Annual, args: &Args, tongue: &Tongue) -> anyhow::Result<Exit> {
    let all = year.items.len();
    if args.limit > 0 {
        year.items.truncate(args.limit);
    }
    match args.format.as_str() {
        "json" => print_json(&year)?,
        "geojson" | "geojson-gcj02" => {
            print_geojson(wire::geojson(&Page { items: year.items, next: None })?, &args.format)?
        }
        "csv" => print(&csv(&year.items, args.bom))?,
        _ => print(&text(&year, all, tongue))?,
    }
    Ok(Exit::Fine)
}

fn text(year: &Annual, all: usize, tongue: &Tongue) -> String {
    let mut text = headline(year, tongue) + "\n";
    if !year.items.is_empty() {
        text += &table(&year.items, tongue);
        text += &rest(all - year.items.len(), tongue);
    }
    let lines = [seen(year, tongue), prior(year, tongue), assumptions(year, tongue)];
    text + &lines.join("\n") + "\n"
}

fn headline(year: &Annual, tongue: &Tongue) -> String {
    let totals = &year.totals;
    let hours = figure(totals.entrance_hours_per_year);
    let mut line = match tongue.language {
        Language::ZhCn => format!("预计每年失守 {hours} 进出口·小时（{} 个进出口）", totals.entrances),
        Language::En => format!("Expected: {hours} entrance-hours a year lost ({} entrances)", totals.entrances),
    };
    if totals.bounded > 0 {
        let (n, least, most) = (totals.bounded, figure(totals.at_least), figure(totals.at_most));
        line += &match tongue.language {
            Language::ZhCn => format!("；另有 {n} 个只知上下界，合计 {least}～{most}"),
            Language::En => format!("; of {n} more only bounds are known, {least} to {most} in all"),
        };
    }
    if totals.unwatched > 0 {
        line += &match tongue.language {
            Language::ZhCn => format!("；{} 个规划缺口未计入", totals.unwatched),
            Language::En => format!("; {} gaps of the plan are left out", totals.unwatched),
        };
    }
    line
}

fn table(items: &[AnnualItem], tongue: &Tongue) -> String {
    let zh =
        ["位次", "类别", "设备", "小时/年", "九成区间", "进出口", "MTBF（天）", "MTTR（时）", "故障", "已观测（天）"];
    let en =
        ["rank", "kind", "what", "hours/year", "90 %", "entrances", "MTBF days", "MTTR h", "failures", "watched days"];
    let header: Vec<&str> = zh.iter().zip(en).map(|(zh, en)| tongue.say(zh, en)).collect();
    let mut table = table::table(&header);
    for item in items {
        table.add_row(vec![
            item.rank.to_string(),
            plain(component_word(&item.kind, tongue)),
            named(&item.name, &item.id),
            figure(item.hours_per_year),
            within(item.ci90, 1.0),
            item.entrances.to_string(),
            format!("{} ({})", figure(item.mtbf_h / 24.0), within(item.mtbf_ci90, 24.0)),
            format!("{} ({})", figure(item.mttr_h), within(item.mttr_ci90, 1.0)),
            item.failures.to_string(),
            figure(item.watched_h / 24.0),
        ]);
    }
    table::text(&table)
}

fn within(within: Within, unit: f64) -> String {
    format!("{}–{}", figure(within.least / unit), figure(within.most / unit))
}

/// Whole where it is large, to a tenth or a hundredth where it is small: nobody knows it better.
fn figure(x: f64) -> String {
    match x {
        x if x >= 100.0 => format!("{x:.0}"),
        x if x >= 1.0 => format!("{x:.1}"),
        x => format!("{x:.2}"),
    }
}

/// What the rates were measured from.
fn seen(year: &Annual, tongue: &Tongue) -> String {
    let record = &year.record;
    let (from, to) = (day(&record.from), day(&record.to));
    let share = record.common_cause_share.map(|share| figure(share * 100.0));
    let (closed, open) = (record.closed, record.open);
    match tongue.language {
        Language::ZhCn => {
            let common =
                share.map(|s| format!("；摄像机故障中 {s} % 是同因失效，独立性假设以此为限")).unwrap_or_default();
            format!("依据：{from} 至 {to}，已结工单 {closed}，未结 {open}{common}")
        }
        Language::En => {
            let common = share.map(|s| {
                format!("; {s} % of camera failures had a cause in common, and so far failures are not independent")
            });
            let common = common.unwrap_or_default();
            format!("Measured {from} to {to}: {closed} incidents closed, {open} open{common}")
        }
    }
}

/// The day of a moment.
fn day(stamp: &str) -> String {
    plain(stamp.split('T').next().unwrap_or_default())
}

fn prior(year: &Annual, tongue: &Tongue) -> String {
    let p = &year.prior;
    match tongue.language {
        Language::ZhCn => format!(
            "先验（实测之前）：每年故障 {} 次，权重 {} 年；修复 {} 小时，权重 {} 次",
            p.failures_per_year, p.weight_years, p.repair_h, p.weight_repairs
        ),
        Language::En => format!(
            "Assumed before anything is measured: {} failures a year, weighing {} years; {} h to repair, weighing {} repairs",
            p.failures_per_year, p.weight_years, p.repair_h, p.weight_repairs
        ),
    }
}

/// What nobody has measured.
fn assumptions(year: &Annual, tongue: &Tongue) -> String {
    let words = year.assumptions.iter().map(|word| match (word.as_str(), tongue.language) {
        ("failures_independent", Language::ZhCn) => "故障相互独立（停电、暴雨时不成立）".to_owned(),
        ("failures_independent", Language::En) => "failures are independent (not in storms and power cuts)".to_owned(),
        ("exponential_times", Language::ZhCn) => "故障率、修复率不随时间变化".to_owned(),
        ("exponential_times", Language::En) => "rates of failure and repair do not change".to_owned(),
        ("priors_until_measured", Language::ZhCn) => "未观测到的取先验".to_owned(),
        ("priors_until_measured", Language::En) => "what was not seen is as assumed".to_owned(),
        ("repairs_alike_by_kind", Language::ZhCn) => "同类设备修复时间相同".to_owned(),
        ("repairs_alike_by_kind", Language::En) => "repairs of a kind take alike".to_owned(),
        ("same_period_all_year", Language::ZhCn) => "全年按同一时段判定".to_owned(),
        ("same_period_all_year", Language::En) => "it is the same period all year".to_owned(),
        ("announced_work_counts", Language::ZhCn) => "报备施工期间的故障也计入".to_owned(),
        ("announced_work_counts", Language::En) => "failures during announced work count too".to_owned(),
        (other, _) => plain(other),
    });
    let words: Vec<String> = words.collect();
    format!("{}{}", tongue.say("前提：", "Assumed: "), words.join(tongue.say("；", "; ")))
}

fn csv(items: &[AnnualItem], bom: bool) -> String {
    let header = [
        "rank",
        "kind",
        "id",
        "name",
        "hours_per_year",
        "hours_least",
        "hours_most",
        "birnbaum_sum",
        "entrances",
        "down_share",
        "mtbf_h",
        "mtbf_least",
        "mtbf_most",
        "mttr_h",
        "mttr_least",
        "mttr_most",
        "failures",
        "watched_h",
        "lon",
        "lat",
    ];
    let row = |c: &AnnualItem| {
        let number = |x: f64| Cell::number(Some(x));
        vec![
            Cell::number(Some(c.rank)),
            Cell::text(Some(&c.kind)),
            Cell::text(Some(&c.id)),
            Cell::text(Some(&c.name)),
            number(c.hours_per_year),
            number(c.ci90.least),
            number(c.ci90.most),
            number(c.birnbaum_sum),
            Cell::number(Some(c.entrances)),
            number(c.down_share),
            number(c.mtbf_h),
            number(c.mtbf_ci90.least),
            number(c.mtbf_ci90.most),
            number(c.mttr_h),
            number(c.mttr_ci90.least),
            number(c.mttr_ci90.most),
            Cell::number(Some(c.failures)),
            number(c.watched_h),
            Cell::number(c.lon),
            Cell::number(c.lat),
        ]
    };
    table::csv(&header, items.iter().map(row), bom)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::http::wire::{ANNUAL_ASSUMPTIONS, AnnualEntrance, AnnualPrior, AnnualRecord, AnnualTotals};

    fn item(rank: usize, kind: &str, id: &str, hours: f64) -> AnnualItem {
        AnnualItem {
            rank,
            kind: kind.to_owned(),
            id: id.to_owned(),
            name: "上湾\u{1b}[31m".to_owned(),
            hours_per_year: hours,
            ci90: Within { least: hours / 8.0, most: hours * 3.0 },
            birnbaum_sum: 3.852_39,
            entrances: 4,
            down_share: 0.001_37,
            mtbf_h: 17_520.0,
            mtbf_ci90: Within { least: 4_560.84, most: 4_455_680.0 },
            mttr_h: 24.0,
            mttr_ci90: Within { least: 8.011_33, most: 467.9 },
            failures: 2,
            watched_h: 8_700.0,
            lon: Some(114.3),
            lat: None,
        }
    }

    fn year() -> Annual {
        let entrance = |id: &str, hours: Option<f64>| AnnualEntrance {
            id: id.to_owned(),
            name: String::new(),
            village: None,
            hours_per_year: hours,
            at_least: hours.unwrap_or_default(),
            at_most: hours.unwrap_or(700.0),
        };
        Annual {
            items: vec![item(1, "switch", "S1", 337.5), item(2, "camera", "C1", 0.25)],
            next: None,
            entrances: vec![entrance("E2", None), entrance("E1", Some(685.996))],
            totals: AnnualTotals {
                entrances: 2,
                bounded: 1,
                unwatched: 3,
                entrance_hours_per_year: 685.996,
                at_least: 685.996,
                at_most: 1_385.996,
            },
            period: "now".to_owned(),
            record: AnnualRecord {
                from: "2025-11-24T03:00:00.000Z".to_owned(),
                to: "2026-11-24T03:00:00.000Z".to_owned(),
                closed: 12,
                open: 1,
                camera_failures: 40,
                in_common: 30,
                common_cause_share: Some(0.75),
            },
            prior: AnnualPrior { failures_per_year: 0.5, weight_years: 1.0, repair_h: 24.0, weight_repairs: 1.0 },
            assumptions: ANNUAL_ASSUMPTIONS.map(str::to_owned).to_vec(),
            as_of: "2026-11-24T03:00:00.000Z".to_owned(),
        }
    }

    #[test]
    fn the_words_in_both_languages() {
        let mut quiet = year();
        quiet.items.clear();
        quiet.totals = AnnualTotals { bounded: 0, unwatched: 0, ..quiet.totals };
        quiet.record.common_cause_share = None;
        for (name, language) in [("zh", Language::ZhCn), ("en", Language::En)] {
            let tongue = Tongue { language, zone: TimeZone::UTC };
            let all = [text(&year(), 9, &tongue), text(&quiet, 0, &tongue)];
            assert!(!all.concat().contains('\u{1b}'), "names do not turn the terminal");
            insta::assert_snapshot!(format!("annual_{name}"), all.join("---\n"));
        }
    }

    #[test]
    fn a_row_a_component() {
        let rows = csv(&year().items, false).replace("\r\n", "\n").replace('\u{1b}', "ESC");
        insta::assert_snapshot!("annual_csv", rows);
    }
}
