//! `cunkou explain`: why an entrance is in its state, down to the numbers of each camera.

use std::fmt::Write as _;
use std::sync::Arc;

use cunkou_core::coverage::{View, view};
use cunkou_core::registry::Registry;

use super::client::Daemon;
use super::common::{Common, Tongue, density, print, print_json};
use super::exit::Exit;
use super::gaps::{cause_words, state_word};
use super::source::Source;
use super::table::{self, named};
use super::when;
use crate::files::settings::Settings;
use crate::http::wire::{Entrance, EntranceDetail, EntranceWatcher};

/// Says why an entrance is in its state: who watches it, how well, who is live and who is not, and why.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Its id
    entrance: String,
    #[command(flatten)]
    daemon: Daemon,
    /// How the answer is written
    #[arg(long, value_parser = ["table", "json"], default_value = "table")]
    format: String,
}

pub(super) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let settings = common.settings()?.settings;
    let source = Source::open(common, &settings, &args.daemon).await?;
    let detail = source.entrance(&args.entrance).await?;
    match args.format.as_str() {
        "json" => print_json(&detail)?,
        _ => {
            let tongue = Tongue::of(common, &settings);
            print(&text(&detail, source.registry().await, &settings, &tongue))?;
        }
    }
    Ok(Exit::Fine)
}

fn text(detail: &EntranceDetail, registry: Option<Arc<Registry>>, settings: &Settings, tongue: &Tongue) -> String {
    let entrance = &detail.entrance;
    let mut out = head(entrance, tongue);
    if detail.watch.is_empty() {
        out.push_str(tongue.say("没有摄像机能看到它。\n", "No camera watches it, or may.\n"));
        return out;
    }
    let zh = ["摄像机", "白天", "夜间", "依据", "距离", "偏角", "像素/米", "状态", "原因"];
    let en = ["camera", "day", "night", "by", "distance", "off axis", "px/m", "state", "cause"];
    let header: Vec<&str> = zh.iter().zip(en).map(|(zh, en)| tongue.say(zh, en)).collect();
    let mut table = table::table(&header);
    for watcher in &detail.watch {
        let seen = registry.as_deref().and_then(|r| seen(r, watcher, &entrance.id, settings));
        table.add_row(row(watcher, seen, tongue));
    }
    out.push_str(&table::text(&table));
    if registry.is_none() {
        let zh = "距离等数值需要读取台账：请在本机数据库上运行";
        let _ =
            writeln!(out, "{}", tongue.say(zh, "the numbers need the registry: ask on the machine of the database"));
    }
    out
}

fn head(entrance: &Entrance, tongue: &Tongue) -> String {
    let mut out = String::new();
    let village = entrance.village_name.as_deref().unwrap_or(&entrance.area_name);
    let _ = writeln!(out, "{} · {}", named(&entrance.name, &entrance.id), table::plain(village));
    let Some(state) = &entrance.state else {
        let status = table::plain(&entrance.status);
        let _ = writeln!(out, "{}", tongue.say(&format!("不评判（{status}）"), &format!("not judged ({status})")));
        return out;
    };
    let since = entrance.since.as_deref().map(|s| when::local_stamp(s, &tongue.zone));
    let since = since.map(|s| format!("{} {s}", tongue.say("，自", ", since"))).unwrap_or_default();
    let _ = writeln!(out, "{}{since}", state_word(state, tongue));
    let by = |state: &Option<String>| state.as_deref().map_or(String::new(), |s| state_word(s, tongue).to_owned());
    let (day, night) = (by(&entrance.state_day), by(&entrance.state_night));
    let _ = writeln!(out, "{} {day} · {} {night}", tongue.say("白天", "by day"), tongue.say("夜间", "by night"));
    let count = |n: Option<u32>| n.map_or("-".to_owned(), |n| n.to_string());
    let (needs, wants) = (entrance.required, entrance.target);
    let (live, unknown) = (count(entrance.live), count(entrance.unknown));
    let zh = format!("在线 {live}，未知 {unknown}；需要 {needs}，目标 {wants}");
    let en = format!("{live} live, {unknown} unknown; needs {needs}, should have {wants}");
    let _ = writeln!(out, "{}", tongue.say(&zh, &en));
    if let Some(spare) = entrance.spare_cameras {
        let nodes =
            entrance.spare_nodes.map_or("?".to_owned(), |n| if n > 1 { "2+".to_owned() } else { n.to_string() });
        let zh = format!("冗余：{spare} 台摄像机，可承受 {nodes} 个节点故障");
        let en = format!("spare: {spare} cameras; survives {nodes} node failures");
        let _ = writeln!(out, "{}", tongue.say(&zh, &en));
    }
    if let Some(cause) = &entrance.cause {
        let _ = writeln!(out, "{} {}", tongue.say("原因：", "why:"), cause_words(cause, tongue));
    }
    out
}

/// The view of a camera in numbers, by day; `None` where positions are not known.
fn seen(registry: &Registry, watcher: &EntranceWatcher, entrance: &str, settings: &Settings) -> Option<View> {
    let camera = registry.cameras.get(watcher.camera.as_str())?;
    let entrance = registry.entrances.get(entrance)?;
    view(camera, entrance.at?, density(settings).need(entrance.density), false)
}

fn row(watcher: &EntranceWatcher, seen: Option<View>, tongue: &Tongue) -> Vec<String> {
    let verdict = |word: &str| {
        let word = match word {
            "yes" => tongue.say("能", "yes"),
            "maybe" => tongue.say("待核实", "maybe"),
            _ => tongue.say("不能", "no"),
        };
        word.to_owned()
    };
    let by = match (watcher.declared, seen.and_then(|s| s.limit)) {
        (true, _) => tongue.say("登记", "registry").to_owned(),
        (false, Some(limit)) => format!("{} ({})", tongue.say("计算", "view"), limit.word()),
        (false, None) => tongue.say("计算", "view").to_owned(),
    };
    let state = match watcher.state.as_deref() {
        None => table::plain(&watcher.status),
        Some(state) => state_of_camera(state, tongue),
    };
    vec![
        named(&watcher.name, &watcher.camera),
        verdict(&watcher.day),
        verdict(&watcher.night),
        by,
        seen.map(|s| format!("{:.0} m", s.distance_m)).unwrap_or_default(),
        seen.and_then(|s| s.off_axis_deg).map(|d| format!("{d:.0}°")).unwrap_or_default(),
        seen.and_then(|s| s.px_per_m).map(|p| format!("{p:.0}")).unwrap_or_default(),
        state,
        watcher.cause.as_ref().map(|c| cause_words(c, tongue)).unwrap_or_default(),
    ]
}

fn state_of_camera(state: &str, tongue: &Tongue) -> String {
    let zh = match state {
        "up" => "正常",
        "degraded" => "异常",
        "suspect" => "待确认",
        "down" => "离线",
        _ => "未知",
    };
    tongue.say(zh, state).to_owned()
}
