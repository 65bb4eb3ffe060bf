//! Tests that need a registry, and the means to make one.

mod elements;
mod spare;
mod state;
mod summary;
mod view;
mod watch;

use std::sync::Arc;

use geo::Geometry;

use crate::model::{AreaId, CameraId, ElementId, EntranceId};
use crate::registry::{
    Azimuth, Camera, CameraKind, Density, Dirs, Element, Entrance, EntranceStatus, Intervals, Layer, Life, LonLat,
    NightLight, Registry, Topology, WatchRule,
};

/// The middle of the made-up town.
pub(crate) const HERE: LonLat = LonLat { lon: 114.3, lat: 30.6 };

/// A place so many metres east and north of [`HERE`], by a sphere that is good enough to tell what a test means.
pub(crate) fn place(east_m: f64, north_m: f64) -> LonLat {
    let metre = 1.0 / 111_195.0;
    LonLat { lon: HERE.lon + east_m * metre / HERE.lat.to_radians().cos(), lat: HERE.lat + north_m * metre }
}

/// A camera at [`HERE`] that looks north, knows everything about itself and makes no errors: 1920 px at 84° detect to
/// 42.7 m; 100 m of range, 30 m of infrared.
pub(crate) fn camera(id: &str) -> Camera {
    Camera {
        id: CameraId::new(id).unwrap(),
        gb_code: None,
        name: id.into(),
        area: AreaId::new("A").unwrap(),
        layer: Layer::Point,
        element: None,
        kind: CameraKind::Fixed,
        at: Some(HERE),
        position_m: 0.0,
        height_m: None,
        azimuth: Some(Azimuth { degrees: 0.0, error: 0.0 }),
        tilt: None,
        hfov: Some(84.0),
        range_m: Some(100.0),
        width_px: Some(1_920),
        height_px: None,
        night: NightLight::Ir,
        night_range_m: Some(30.0),
        duty: None,
        node: Vec::new(),
        power: Vec::new(),
        status: Life::Active,
        host: None,
        rtsp: None,
        snapshot: None,
        onvif: None,
        credential: None,
        checks: Vec::new(),
        vendor: None,
        model: None,
        installed_on: None,
        watches: Vec::new(),
        note: None,
        extra: Default::default(),
    }
}

/// A camera that watches by declaration, as the column writes it: `E1 !E2 B1`.
pub(crate) fn declared(id: &str, watches: &str) -> Camera {
    let rule = |word: &str| WatchRule { id: Arc::from(word.trim_start_matches('!')), watches: !word.starts_with('!') };
    Camera { watches: watches.split_whitespace().map(rule).collect(), ..camera(id) }
}

pub(crate) fn entrance(id: &str, at: LonLat) -> Entrance {
    Entrance {
        id: EntranceId::new(id).unwrap(),
        area: AreaId::new("A").unwrap(),
        name: id.into(),
        at: Some(at),
        bearing: None,
        density: Density::Detect,
        required: 1,
        target: 1,
        priority: 3,
        roles: Vec::new(),
        dirs: Dirs::Any,
        status: EntranceStatus::Active,
        source: None,
        derived_from: Vec::new(),
        extra: Default::default(),
    }
}

pub(crate) fn element(id: &str, layer: Layer, shape: impl Into<Geometry<f64>>, entrances: &[&str]) -> Element {
    Element {
        id: ElementId::new(id).unwrap(),
        layer,
        name: id.into(),
        parent: None,
        entrances: entrances.iter().map(|e| EntranceId::new(e).unwrap()).collect(),
        max_gap_m: None,
        radius_m: None,
        shape: shape.into(),
        extra: Default::default(),
    }
}

pub(crate) fn point(at: LonLat) -> geo::Point<f64> {
    geo::Point::new(at.lon, at.lat)
}

fn town(cameras: Vec<Camera>, entrances: Vec<Entrance>, elements: Vec<Element>) -> (Registry, Topology) {
    let registry = Registry {
        cameras: cameras.into_iter().map(|c| (c.id.clone(), c)).collect(),
        entrances: entrances.into_iter().map(|e| (e.id.clone(), e)).collect(),
        elements: elements.into_iter().map(|e| (e.id.clone(), e)).collect(),
        ..Registry::default()
    };
    let topology = Topology::build(&registry, &Intervals::default(), None);
    (registry, topology)
}
