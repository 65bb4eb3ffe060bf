//! What the roads of a registry folder come to, and what stands at none.

use std::sync::Arc;

use cunkou_core::model::Language;
use cunkou_core::plan::{Cordon, Misread, ON_ROAD_M, Roads};
use cunkou_core::registry::{
    Fault, FaultKind, Life, Registry, RoadFault, Tables, Topology, WrittenPositions, written_positions,
};
use serde::Serialize;

use super::super::words::some;
use crate::files::RoadMap;
use crate::files::settings::Settings;

/// The roads that the seals rest on.
#[derive(Debug, Serialize)]
pub(super) struct RoadsLine {
    /// Roads that count.
    roads: usize,
    /// Stretches between junctions.
    chains: usize,
    length_km: f64,
    /// Places where a junction may be missing.
    suspect_gaps: usize,
    /// Roads that carry none of the ways of coming in.
    left_out: usize,
    /// Entrances that stand at no road.
    entrances_off_roads: Vec<String>,
    /// Cameras that stand at no road.
    cameras_off_roads: Vec<String>,
    message: String,
}

/// What the roads come to, and whose positions lie beside them in another datum than they say.
pub(super) fn look(
    map: &RoadMap,
    tables: &Tables,
    registry: &Registry,
    settings: &Settings,
    language: Language,
) -> (RoadsLine, Vec<Fault>) {
    let ways = settings.coverage.ways();
    let roads = Arc::new(Roads::build(map.for_plan(), &ways.modes));
    let topology = Topology::build(registry, &settings.intervals(), None);
    let cordon = Cordon::build(roads.clone(), registry, &topology, ways.core_offset_m);
    let id = |e: &cunkou_core::model::EntranceIx| topology.entrances.get(e.at()).map(|slot| slot.id.to_string());
    let stands = registry.cameras.values().filter(|c| c.status != Life::Retired);
    let off_roads =
        |c: &&cunkou_core::registry::Camera| c.at.is_some_and(|at| roads.snap(at, None, ON_ROAD_M).is_none());
    let mut line = RoadsLine {
        roads: roads.lines.len() - roads.left_out,
        chains: roads.chains.len(),
        length_km: (roads.length_m() / 100.0).round() / 10.0,
        suspect_gaps: roads.gaps.len(),
        left_out: roads.left_out,
        entrances_off_roads: cordon.layout.off_roads.iter().filter_map(id).collect(),
        cameras_off_roads: stands.filter(off_roads).map(|c| c.id.to_string()).collect(),
        message: String::new(),
    };
    line.message = line.words(language);
    (line, misread(&roads, tables))
}

/// The files whose positions are not of the datum that they are said to be of.
fn misread(roads: &Roads, tables: &Tables) -> Vec<Fault> {
    let fault = |written: &WrittenPositions| {
        let Misread { fits, read_m, fits_m } = roads.misread(&written.at, written.said)?;
        let (count, fits) = (written.at.len(), fits.word());
        Some(Fault {
            file: written.file.word().into(),
            row: None,
            column: Some("datum".into()),
            value: written.said.word().into(),
            kind: FaultKind::Roads(RoadFault::Datum { count, fits, metres: read_m, fits_metres: fits_m }),
        })
    };
    written_positions(tables).iter().filter_map(fault).collect()
}

impl RoadsLine {
    /// In words, a line each.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    fn words(&self, language: Language) -> String {
        let RoadsLine { roads, chains, length_km, suspect_gaps, left_out, .. } = self;
        let mut lines = vec![match language {
            Language::ZhCn => format!(
                "道路：{roads} 条，{chains} 段，{length_km} 公里；疑似断点 {suspect_gaps} 处；未计入 {left_out} 条"
            ),
            Language::En => format!(
                "Roads: {roads}, in {chains} chains, {length_km} km; {suspect_gaps} suspect gaps; {left_out} left out"
            ),
        }];
        let (entrances, cameras) = (&self.entrances_off_roads, &self.cameras_off_roads);
        if !entrances.is_empty() {
            lines.push(match language {
                Language::ZhCn => format!(
                    "{} 个进出口 {ON_ROAD_M} 米内没有道路，对封控不起作用：{}",
                    entrances.len(),
                    some(entrances)
                ),
                Language::En => format!(
                    "{} entrances have no road within {ON_ROAD_M} m and cut none: {}",
                    entrances.len(),
                    some(entrances)
                ),
            });
        }
        if !cameras.is_empty() {
            lines.push(match language {
                Language::ZhCn => {
                    format!("{} 台摄像机 {ON_ROAD_M} 米内没有道路：{}", cameras.len(), some(cameras))
                }
                Language::En => {
                    format!("{} cameras have no road within {ON_ROAD_M} m: {}", cameras.len(), some(cameras))
                }
            });
        }
        lines.join("\n")
    }
}
