//! Seals on made-up towns: against floods, exhaustive search and goldens.

mod golden;
mod laws;
mod model;
mod oracle;
mod town;
mod way;

use std::sync::Arc;

use geo::{Coord, LineString, MultiPolygon, Polygon};

use super::super::roads::{Mode, RoadLine, Roads};
use super::{Cordon, Question, Seal};
use crate::coverage::tests::{declared, element, entrance, place};
use crate::coverage::{Guards, Level, Policy, Scope, Standing, Watch};
use crate::model::{AreaId, CameraIx, EntranceIx};
use crate::registry::{Area, AreaKind, Intervals, Layer, Registry, Topology};

pub(super) fn coord(east: f64, north: f64) -> Coord<f64> {
    super::coord(place(east, north))
}

/// A road on the ground, named by its id.
pub(in crate::plan) fn road(id: &str, points: &[(f64, f64)]) -> RoadLine {
    let part: LineString<f64> = points.iter().map(|(east, north)| coord(*east, *north)).collect();
    RoadLine { id: id.into(), highway: "unclassified".into(), name: id.into(), level: 0, parts: vec![part] }
}

/// A box, by its south-west and north-east corners.
pub(in crate::plan) fn block((west, south): (f64, f64), (east, north): (f64, f64)) -> Polygon<f64> {
    let corners = [(west, south), (east, south), (east, north), (west, north), (west, south)];
    Polygon::new(corners.iter().map(|(x, y)| coord(*x, *y)).collect(), Vec::new())
}

pub(in crate::plan) fn hamlet(id: &str, (east, north): (f64, f64), boundary: Option<Polygon<f64>>) -> Area {
    Area {
        id: AreaId::new(id).unwrap(),
        parent: None,
        kind: AreaKind::Hamlet,
        name: id.into(),
        code: None,
        at: Some(place(east, north)),
        boundary: boundary.map(|b| MultiPolygon::new(vec![b])),
        extra: Default::default(),
    }
}

/// A town with everything that can be asked of it.
pub(super) struct Scene {
    pub(super) topology: Topology,
    pub(super) watch: Watch,
    pub(super) cordon: Cordon,
}

impl Scene {
    pub(super) fn new(roads: Vec<RoadLine>, registry: Registry, core_offset_m: f64) -> Scene {
        let topology = Topology::build(&registry, &Intervals::default(), None);
        let (watch, _) = Watch::build(&registry, &topology, &Policy::default());
        let roads = Arc::new(Roads::build(roads, &[Mode::Motor, Mode::TwoWheel]));
        let cordon = Cordon::build(roads, &registry, &topology, core_offset_m);
        Scene { topology, watch, cordon }
    }

    pub(super) fn guards(&self, level: Level, standing: &dyn Fn(CameraIx) -> Standing) -> Guards {
        Guards::count(&self.watch, &self.topology, level, false, standing, |_| false)
    }

    pub(super) fn seals(&self, scope: Scope, standing: &dyn Fn(CameraIx) -> Standing) -> Vec<Seal> {
        let guards = self.guards(Level::Live, standing);
        let on = |e: EntranceIx| self.watch.watchers(e).iter().map(|w| w.camera).collect::<Vec<_>>();
        self.cordon.seals(&Question {
            scopes: &[scope],
            area: None,
            guards: &guards,
            dead: &|e| on(e).into_iter().filter(|c| standing(*c) == Standing::Dead).collect(),
            watched: &|e| !on(e).is_empty(),
        })
    }

    /// Whether a road leaves an area, or comes to one, and goes on without a junction there: what stands for such a stretch
    /// has goldens; the floods of these tests know places at crossroads only.
    pub(super) fn goes_elsewhere(&self) -> bool {
        let on_the_way = |outline: &super::areas::Outline| {
            outline.marked.iter().any(|(label, _)| outline.scope != Scope::Local || *label == crate::coverage::FOREIGN)
        };
        self.cordon.layout.outlines.iter().any(on_the_way)
    }

    pub(super) fn entrance(&self, id: &str) -> EntranceIx {
        self.topology.entrance(id).unwrap()
    }

    pub(super) fn camera(&self, id: &str) -> CameraIx {
        self.topology.camera(id).unwrap()
    }
}

/// A registry with a ring, hamlets, entrances and cameras that are declared to watch them: `C1` watches `E1 E2`.
pub(super) fn registry(
    ring: Option<Polygon<f64>>,
    hamlets: Vec<Area>,
    entrances: &[(&str, f64, f64)],
    cameras: &[(&str, &str)],
) -> Registry {
    let mut registry = Registry {
        areas: hamlets.into_iter().map(|a| (a.id.clone(), a)).collect(),
        entrances: entrances
            .iter()
            .map(|(id, east, north)| entrance(id, place(*east, *north)))
            .map(|e| (e.id.clone(), e))
            .collect(),
        cameras: cameras
            .iter()
            .map(|(id, watches)| crate::registry::Camera { at: None, ..declared(id, watches) })
            .map(|c| (c.id.clone(), c))
            .collect(),
        ..Registry::default()
    };
    if let Some(ring) = ring {
        let circle = element("RING", Layer::Circle, ring, &[]);
        registry.elements.insert(circle.id.clone(), circle);
    }
    registry
}
