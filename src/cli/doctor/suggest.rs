//! Nodes that may be missing in the registry, suggested from cameras that failed together: as rows to paste, for a person
//! who knows what they share. Nothing is written.

use std::fmt::Write as _;

use cunkou_core::model::{CameraIx, Language, NodeId, Span, Time};
use cunkou_core::plan::{Failure, Together, together};
use cunkou_core::registry::{Camera, Registry, Topology};

use super::{Finding, Verdict};
use crate::cli::common::Tongue;
use crate::cli::when;

/// How far back failures are looked at.
pub(super) const SINCE: Span = Span::hours(24 * DAYS);
const DAYS: i64 = 90;
/// Groups that are shown; the rest is counted, and shown once these have a node.
const SHOWN: usize = 10;

/// What is thought of the failures of cameras. A guess is no fault: whether a node is missing cannot be told from here.
pub(super) fn finding(registry: &Registry, topology: &Topology, failures: &[Failure], t: &Tongue) -> Finding {
    let groups = together(topology, failures);
    let found = match (t.language, groups.len()) {
        (Language::ZhCn, 0) => format!("近 {DAYS} 天没有总是同时中断而台账无法解释的摄像机"),
        (Language::En, 0) => {
            format!("no cameras that always failed together in {DAYS} days without a node that explains it")
        }
        (Language::ZhCn, n) => format!("近 {DAYS} 天有 {n} 组摄像机总是同时中断，而台账里没有能解释的节点"),
        (Language::En, n) => {
            format!(
                "in {DAYS} days {n} groups of cameras always failed together, and no node of the registry explains it"
            )
        }
    };
    let verdict = if groups.is_empty() { Verdict::Ok } else { Verdict::Unknown };
    Finding { check: "topology", verdict, found, advice: advice(registry, topology, &groups, t) }
}

fn advice(registry: &Registry, topology: &Topology, groups: &[Together], t: &Tongue) -> String {
    let mut out = String::new();
    let mut ids =
        (1..).filter_map(|n| NodeId::new(&format!("NEW-{n}")).ok()).filter(|id| !registry.nodes.contains_key(id));
    for (group, id) in groups.iter().take(SHOWN).zip(&mut ids) {
        let camera = |c: &CameraIx| registry.cameras.get(&topology.cameras.get(c.at())?.id);
        let cameras: Vec<&Camera> = group.cameras.iter().filter_map(camera).collect();
        proposal(&mut out, &id, &cameras, &group.times, t);
    }
    if groups.len() > SHOWN {
        let _ = writeln!(out, "{} {}", t.say("另有组数：", "more groups:"), groups.len() - SHOWN);
    }
    if !groups.is_empty() {
        out.push_str(t.say(
            "到现场核实它们共用什么（交换机、光猫、光纤、供电），改好 kind 和名称再粘贴进台账，然后 cunkou check；不会自动写入",
            "see on the spot what they share (a switch, an ONU, a fibre, a feed), set kind and name right, paste, and run \
             `cunkou check`; nothing is written by itself",
        ));
    }
    out
}

/// The rows of one node: between cameras and what they all name as their node; where they do not name the same, what they
/// share is power rather than a cable.
fn proposal(out: &mut String, id: &NodeId, cameras: &[&Camera], times: &[Time], t: &Tongue) {
    let parents = cameras.first().map(|c| c.node.as_slice()).unwrap_or_default();
    let one_path = cameras.iter().all(|c| c.node == parents);
    let (kind, column) = if one_path { ("switch", "node") } else { ("power", "power") };
    let (many, often) = (cameras.len(), times.len());
    let last = times.last().map(|at| when::local(*at, &t.zone)).unwrap_or_default();
    let name = match t.language {
        Language::ZhCn => format!("同时中断 {often} 次"),
        Language::En => format!("failed together {often} times"),
    };
    let _ = match t.language {
        Language::ZhCn => writeln!(out, "{many} 台摄像机同时中断 {often} 次，最近一次 {last}："),
        Language::En => writeln!(out, "{many} cameras failed together {often} times, the last time {last}:"),
    };
    let parents = if one_path { words(parents) } else { String::new() };
    let _ = writeln!(out, "nodes.csv\nid,kind,name,parents\n{id},{kind},{name},{parents}");
    let _ = writeln!(out, "cameras.csv\nid,{column}");
    for camera in cameras {
        let feeds = if one_path { String::new() } else { words(&camera.power) };
        let _ = writeln!(out, "{},{}", camera.id, format!("{feeds} {id}").trim_start());
    }
}

/// Ids of a cell.
fn words(ids: &[NodeId]) -> String {
    ids.iter().map(NodeId::as_str).collect::<Vec<_>>().join(" ")
}
