//! `cunkou repair-order`: in which order one tech mends what is down, and what each stop brings back.

use cunkou_core::model::{Language, Period, Span};
use cunkou_core::plan::Effort;

use super::client::Daemon;
use super::common::{Common, FORMATS, Tongue, print, print_geojson, print_json};
use super::exit::{Exit, wrong_use};
use super::source::{RepairQuery, Source};
use super::table::{self, Cell, named, plain};
use super::words::{component_word, some};
use crate::http::wire::{self, Page, RepairOrder, RepairStop};

/// Says in which order one tech mends what is down, so that entrances are watched again soonest.
///
/// The best order for up to 15 things that are down and keep an entrance lost, a good one for more; a bound that no order
/// can be below is always told. Ways are as the crow flies, times the detour: roads are not read yet.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    daemon: Daemon,
    /// Where the tour begins: id of a place with a position, or LON,LAT; without it the first team, else station, else
    /// liaison point
    #[arg(long, value_name = "POST", allow_hyphen_values = true)]
    from: Option<String>,
    /// How long the tech works, 10m to 24h
    #[arg(long, value_name = "SPAN", default_value = "4h")]
    shift: Span,
    /// How fast the tech travels, km/h, 1 to 120
    #[arg(long, value_name = "KMH", default_value_t = Effort::default().speed_kmh)]
    speed_kmh: f64,
    /// Metres of road for each as the crow flies, 1 to 5
    #[arg(long, value_name = "FACTOR", default_value_t = Effort::default().detour)]
    detour: f64,
    /// On site at a camera, 1m to 8h
    #[arg(long, value_name = "SPAN", default_value = "30m")]
    work_camera: Span,
    /// On site at a node, 1m to 8h
    #[arg(long, value_name = "SPAN", default_value = "45m")]
    work_node: Span,
    /// When entrances are judged; it stays so for the whole shift
    #[arg(long, value_parser = ["day", "night", "now"], default_value = "now")]
    period: String,
    /// How the answer is written
    #[arg(long, value_parser = FORMATS, default_value = "table")]
    format: String,
    /// Begin CSV with a byte order mark, which Excel needs
    #[arg(long)]
    bom: bool,
}

impl Args {
    fn query(&self) -> anyhow::Result<RepairQuery> {
        let effort = Effort {
            shift: self.shift,
            speed_kmh: self.speed_kmh,
            detour: self.detour,
            camera: self.work_camera,
            node: self.work_node,
        };
        effort.check().map_err(|fault| wrong_use(format!("--{}: {fault}", fault.part().replace('_', "-"))))?;
        let period = Period::from_word(&self.period).unwrap_or(Period::Now);
        Ok(RepairQuery { period, from: self.from.clone(), effort })
    }
}

pub(super) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let query = args.query()?;
    let settings = common.settings()?.settings;
    let tongue = Tongue::of(common, &settings);
    let order = Source::open(common, &settings, &args.daemon).await?.repair_order(&query).await?;
    match args.format.as_str() {
        "json" => print_json(&order)?,
        "geojson" | "geojson-gcj02" => {
            print_geojson(wire::geojson(&Page { items: order.items, next: None })?, &args.format)?
        }
        "csv" => print(&csv(&order, args.bom))?,
        _ => print(&text(&order, &tongue))?,
    }
    Ok(Exit::Fine)
}

fn text(order: &RepairOrder, tongue: &Tongue) -> String {
    let mut lines = vec![headline(order, tongue)];
    if !order.items.is_empty() {
        lines.push(stops(&order.items, tongue).trim_end().to_owned());
    }
    if order.lost > 0 {
        lines.push(quality(order, tongue));
    }
    lines.extend(left(order, tongue));
    if !order.items.is_empty() {
        lines.push(assumed(order, tongue));
    }
    lines.join("\n") + "\n"
}

/// Where from, how long, and what comes back.
fn headline(order: &RepairOrder, tongue: &Tongue) -> String {
    if order.lost == 0 {
        return tongue.say("没有进出口失守，无须抢修。", "No entrance is lost: nothing is urgent.").to_owned();
    }
    let post = match &order.from.id {
        Some(id) => named(&order.from.name, id),
        None => format!("{},{}", order.from.lon, order.from.lat),
    };
    let back = order.lost.saturating_sub(order.remains.len());
    let (lost, stops, shift) = (order.lost, order.items.len(), order.shift_min);
    match tongue.language {
        Language::ZhCn => format!("从{post}出发，{shift} 分钟内 {stops} 站：{lost} 个失守进出口恢复 {back} 个"),
        Language::En => {
            format!("From {post}, {stops} stops in {shift} minutes: {back} of {lost} lost entrances come back")
        }
    }
}

fn stops(items: &[RepairStop], tongue: &Tongue) -> String {
    let zh = ["站序", "类别", "设备", "路程（分）", "作业（分）", "完成（分）", "恢复", "仍失守", "进出口"];
    let en = ["stop", "kind", "what", "travel min", "work min", "done at min", "restores", "still lost", "entrances"];
    let header: Vec<&str> = zh.iter().zip(en).map(|(zh, en)| tongue.say(zh, en)).collect();
    let mut table = table::table(&header);
    for stop in items {
        let mut what = named(&stop.name, &stop.component);
        if stop.maintenance {
            what.push_str(tongue.say("［已报维修］", " [announced work]"));
        }
        if stop.place_guessed {
            what.push_str(tongue.say("［位置为推测］", " [place guessed]"));
        }
        table.add_row(vec![
            stop.seq.to_string(),
            plain(component_word(&stop.job, tongue)),
            what,
            stop.travel_min.to_string(),
            stop.work_min.to_string(),
            stop.done_min.to_string(),
            stop.restores.len().to_string(),
            stop.lost_after.to_string(),
            some(&stop.restores),
        ]);
    }
    table::text(&table)
}

/// What the order loses, beside what any order must.
fn quality(order: &RepairOrder, tongue: &Tongue) -> String {
    let RepairOrder { entrance_minutes: lost, unmended_minutes: unmended, bound, jobs, .. } = order;
    match (tongue.language, order.exact) {
        (Language::ZhCn, true) => {
            format!("失守进出口·分钟：{lost}（不抢修为 {unmended}）；{jobs} 处故障的最优顺序，简易下界 {bound}")
        }
        (Language::ZhCn, false) => {
            format!("失守进出口·分钟：{lost}（不抢修为 {unmended}）；{jobs} 处故障的较优顺序，任何顺序不低于 {bound}")
        }
        (Language::En, true) => format!(
            "Entrance-minutes lost: {lost} ({unmended} if nothing is mended); the best order of {jobs} faults, simple bound {bound}"
        ),
        (Language::En, false) => format!(
            "Entrance-minutes lost: {lost} ({unmended} if nothing is mended); a good order of {jobs} faults, no order is below {bound}"
        ),
    }
}

/// What the tour does not bring back, and where it does not go.
fn left(order: &RepairOrder, tongue: &Tongue) -> Vec<String> {
    let line = |zh: &str, en: &str, ids: &[String]| {
        let colon = tongue.say("：", ": ");
        (!ids.is_empty()).then(|| format!("{}{colon}{}", tongue.say(zh, en), some(ids)))
    };
    let idle = (order.idle > 0).then(|| match tongue.language {
        Language::ZhCn => format!("另有 {} 处故障不影响失守进出口", order.idle),
        Language::En => format!("Down besides, with no entrance lost for it: {}", order.idle),
    });
    [
        line("仍失守", "Still lost", &order.remains),
        line("位置不明，未排入", "Left out, because nothing says where they are", &order.unplaced),
        idle,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What nobody has measured.
fn assumed(order: &RepairOrder, tongue: &Tongue) -> String {
    let (speed, detour) = (order.speed_kmh, order.detour);
    let words = order.assumptions.iter().map(|word| match (word.as_str(), tongue.language) {
        ("one_tech", _) => tongue.say("一名维修员", "one tech").to_owned(),
        ("straight_ways", Language::ZhCn) => format!("路程按直线距离 × {detour}、时速 {speed} 公里估算，未用路网"),
        ("straight_ways", Language::En) => {
            format!("ways as the crow flies × {detour} at {speed} km/h, no roads are read")
        }
        ("same_work_everywhere", _) => {
            tongue.say("同类故障作业时间相同", "the same time on site everywhere").to_owned()
        }
        ("state_stays", _) => {
            tongue.say("其间无新故障、不自行恢复", "nothing else fails or recovers meanwhile").to_owned()
        }
        ("places_guessed", _) => tongue.say("部分位置为推测", "some places are guessed").to_owned(),
        (other, _) => plain(other),
    });
    let words: Vec<String> = words.collect();
    format!("{}{}", tongue.say("假定：", "Assumed: "), words.join(tongue.say("；", "; ")))
}

fn csv(order: &RepairOrder, bom: bool) -> String {
    let header = [
        "seq",
        "job",
        "component",
        "name",
        "since",
        "travel_min",
        "work_min",
        "done_min",
        "restores",
        "lost_after",
        "entrance_minutes",
        "bound",
        "exact",
        "lon",
        "lat",
    ];
    let row = |stop: &RepairStop| {
        vec![
            Cell::number(Some(stop.seq)),
            Cell::text(Some(&stop.job)),
            Cell::text(Some(&stop.component)),
            Cell::text(Some(&stop.name)),
            Cell::text(stop.since.as_deref()),
            Cell::number(Some(stop.travel_min)),
            Cell::number(Some(stop.work_min)),
            Cell::number(Some(stop.done_min)),
            Cell::text(Some(&stop.restores.join(" "))),
            Cell::number(Some(stop.lost_after)),
            Cell::number(Some(stop.entrance_minutes)),
            Cell::number(Some(order.bound)),
            Cell::number(Some(order.exact)),
            Cell::number(Some(stop.lon)),
            Cell::number(Some(stop.lat)),
        ]
    };
    table::csv(&header, order.items.iter().map(row), bom)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::http::wire::{ASSUMPTIONS, RepairPost};

    fn stop(seq: usize, job: &str, restores: &[&str], lost_after: usize) -> RepairStop {
        RepairStop {
            seq,
            job: job.to_owned(),
            component: format!("X{seq}"),
            name: "甘棠\u{1b}[31m东口".to_owned(),
            since: Some("2026-11-24T03:00:00.000Z".to_owned()),
            maintenance: seq == 2,
            distance_m: 1_556.0,
            travel_min: 3.1,
            work_min: 30.0,
            done_min: 33.1 * seq as f64,
            restores: restores.iter().map(|id| (*id).to_owned()).collect(),
            lost_after,
            entrance_minutes: 297.9,
            place_guessed: seq == 1,
            lon: 114.31,
            lat: 30.8,
        }
    }

    fn order() -> RepairOrder {
        RepairOrder {
            items: vec![stop(1, "switch", &[], 9), stop(2, "camera", &["E1", "E2", "E3", "E4", "E5", "E6", "E7"], 2)],
            from: RepairPost { id: Some("P1".to_owned()), name: "甘棠警务站".to_owned(), lon: 114.3, lat: 30.8 },
            period: "now".to_owned(),
            shift_min: 240.0,
            speed_kmh: 30.0,
            detour: 1.4,
            lost: 9,
            remains: vec!["E8".to_owned(), "E9".to_owned()],
            entrance_minutes: 943.4,
            unmended_minutes: 2_160.0,
            bound: 761.2,
            exact: true,
            jobs: 2,
            idle: 3,
            unplaced: vec!["P-7".to_owned()],
            assumptions: ASSUMPTIONS.map(str::to_owned).to_vec(),
            as_of: "2026-11-24T03:00:00.000Z".to_owned(),
        }
    }

    #[test]
    fn the_words_in_both_languages() {
        let none =
            RepairOrder { items: Vec::new(), lost: 0, remains: Vec::new(), idle: 1, unplaced: Vec::new(), ..order() };
        let good = RepairOrder { exact: false, ..order() };
        for (name, language) in [("zh", Language::ZhCn), ("en", Language::En)] {
            let tongue = Tongue { language, zone: TimeZone::UTC };
            let all: Vec<String> = [order(), good.clone(), none.clone()].iter().map(|o| text(o, &tongue)).collect();
            assert!(!all.concat().contains('\u{1b}'), "names do not turn the terminal");
            insta::assert_snapshot!(format!("repair_order_{name}"), all.join("---\n"));
        }
    }

    #[test]
    fn a_row_a_stop() {
        insta::assert_snapshot!(
            "repair_order_csv",
            csv(&order(), false).replace("\r\n", "\n").replace('\u{1b}', "ESC")
        );
    }
}
