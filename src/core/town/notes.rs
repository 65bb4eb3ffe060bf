//! What a reader of the folder must know: what is real, what is made up, and the figures.

use super::Town;
use crate::registry::{AreaKind, Layer, NightLight, NodeKind, PlaceKind};

/// The figures of a town.
struct Figures {
    communities: usize,
    villages: usize,
    hamlets: usize,
    entrances: usize,
    watched: usize,
    twice: usize,
    survey: usize,
    cameras: usize,
    dark: usize,
    layers: [usize; 4],
    switches: usize,
    passive: usize,
    stations: usize,
    liaisons: usize,
}

impl Figures {
    fn of(town: &Town) -> Figures {
        let registry = &town.registry;
        let areas = |kind: AreaKind| registry.areas.values().filter(|a| a.kind == kind).count();
        let places = |kind: PlaceKind| registry.places.values().filter(|p| p.kind == kind).count();
        let layer = |layer: Layer| registry.cameras.values().filter(|c| c.layer == layer).count();
        Figures {
            communities: areas(AreaKind::Community),
            villages: areas(AreaKind::Village),
            hamlets: areas(AreaKind::Hamlet),
            entrances: registry.entrances.len(),
            watched: town.placed.len(),
            twice: town.placed.values().filter(|c| c.len() > 1).count(),
            survey: town.survey.keys().filter(|e| !town.placed.contains_key(*e)).count(),
            cameras: registry.cameras.len(),
            dark: registry.cameras.values().filter(|c| c.night == NightLight::None).count(),
            layers: [Layer::Circle, Layer::Block, Layer::Line, Layer::Point].map(layer),
            switches: registry.nodes.values().filter(|n| n.kind == NodeKind::Switch).count(),
            passive: registry.nodes.values().filter(|n| n.address.is_none()).count(),
            stations: places(PlaceKind::Station),
            liaisons: places(PlaceKind::Liaison),
        }
    }
}

/// The README of a town's registry folder.
pub(super) fn notes(town: &Town, area_m2: f64) -> String {
    let f = Figures::of(town);
    let bare = f.entrances - f.watched - f.survey;
    let [circle, block, line, point] = f.layers;
    let km2 = area_m2 / 1e6;
    let Figures { communities, villages, hamlets, entrances, watched, twice, survey, cameras, dark, .. } = f;
    let Figures { switches, passive, stations, liaisons, .. } = f;
    let (seed, net) = (town.spec.seed, town.spec.net);
    format!(
        "# 演示用登记册 · A register for the demo\n\
        \n\
        **位置全部为虚构。** 社区和行政村的名称与统计代码取自公开的行政区划代码（420116006 六指街）；它们的位置和边界、\
        自然湾的名称和位置、道路、进出口、摄像机、网络设备、供电、警务工作站、联络点，全部由种子 {seed} 生成，与真实地点无关。\n\
        \n\
        **All positions are made up.** Names and statistics codes of communities and villages are those of the public list of \
        administrative divisions (420116006, Liuzhi); where they lie, and every hamlet, road, entrance, camera, node, \
        feed, station and liaison point, comes from the seed {seed} and has nothing to do with any real place. \
        Committees are named as people say it (联合村 for 联合村委会).\n\
        \n\
        | | |\n\
        | --- | --- |\n\
        | 面积 area | {km2:.0} km² |\n\
        | 社区、行政村、自然湾 communities, villages, hamlets | {communities}, {villages}, {hamlets} |\n\
        | 进出口 entrances | {entrances} |\n\
        | … 有摄像机看守 with a camera that watches | {watched}, {twice} of them with two or more |\n\
        | … 待现场核实 with a camera that may watch, to be surveyed | {survey} |\n\
        | … 无人看守 unwatched, by plan | {bare} |\n\
        | 摄像机 cameras (圈 circle, 块 block, 线 line, 点 point) | {cameras} ({circle}, {block}, {line}, {point}) |\n\
        | … 无夜视 without light by night | {dark} |\n\
        | 交换机、无源设备 switches, passive nodes | {switches}, {passive} |\n\
        | 警务工作站、联络点 stations, liaison points | {stations}, {liaisons} |\n\
        | 地址 addresses | {net} |\n\
        \n\
        {cameras} cameras cannot watch {entrances} entrances one by one: the gaps are part of the plan, and `cunkou gaps` \
        lists them. Makers and models are made up; nobody's name or telephone number is in here.\n"
    )
}
