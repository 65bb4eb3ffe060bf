//! What may be right but looks odd: warnings.

use std::collections::BTreeMap;

use geo::{Contains, Coord, Distance, Euclidean, Haversine, MapCoords, MultiPolygon, Point};

use super::Checking;
use crate::registry::fault::{Fault, FaultKind};
use crate::registry::tables::{FileKind, ObjectKind};
use crate::registry::{AreaKind, Camera, LonLat};

/// Farther from the centre than this, a camera is taken to be outside a town without boundary; metres.
const FAR: f64 = 30_000.0;
/// A camera that watches the boundary may stand so far outside it; metres.
const BOUNDARY_SLACK: f64 = 200.0;
/// A degree of latitude, metres (mean radius of the GRS 80 ellipsoid).
const DEGREE: f64 = 111_195.08;

impl Checking<'_> {
    /// All warnings that need no sight.
    pub(super) fn odd(&mut self) {
        self.duplicate_addresses();
        self.duplicate_codes();
        self.outside_town();
        self.unasked();
    }

    /// One host may serve several cameras; not with the same stream.
    fn duplicate_addresses(&mut self) {
        let mut seen: BTreeMap<(String, String), &str> = BTreeMap::new();
        let r = self.registry;
        for camera in r.cameras.values().filter(|c| c.status.is_installed()) {
            let Some(address) = camera.address() else { continue };
            let rtsp = camera.rtsp.as_deref().and_then(|u| camera.resolve_url(u)).map_or(String::new(), Into::into);
            let id = camera.id.as_str();
            if let Some(other) = seen.insert((address.clone(), rtsp), id) {
                let column = if camera.host.is_some() { "host" } else { "rtsp" };
                let kind = FaultKind::DuplicateAddress { other: other.into() };
                self.fault(ObjectKind::Camera, id, column, &address, kind);
            }
        }
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for node in r.nodes.values() {
            let Some(address) = node.address.as_deref() else { continue };
            if let Some(other) = seen.insert(address, node.id.as_str()) {
                let kind = FaultKind::DuplicateAddress { other: other.into() };
                self.fault(ObjectKind::Node, node.id.as_str(), "address", address, kind);
            }
        }
    }

    fn duplicate_codes(&mut self) {
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for camera in self.registry.cameras.values() {
            let Some(code) = camera.gb_code.as_deref() else { continue };
            if let Some(other) = seen.insert(code, camera.id.as_str()) {
                let kind = FaultKind::DuplicateGbCode { other: other.into() };
                self.fault(ObjectKind::Camera, camera.id.as_str(), "gb_code", code, kind);
            }
        }
    }

    fn outside_town(&mut self) {
        let towns = self.registry.areas.values().filter(|a| a.kind == AreaKind::Town);
        let boundaries: Vec<&MultiPolygon<f64>> = towns.filter_map(|a| a.boundary.as_ref()).collect();
        let Some(centre) = self.registry.centre() else { return };
        for camera in self.registry.cameras.values() {
            let Some(at) = camera.at else { continue };
            let metres = if boundaries.is_empty() {
                Some(Haversine.distance(point(at), point(centre))).filter(|m| *m > FAR)
            } else {
                let outside = boundaries.iter().map(|b| metres_outside(at, b)).fold(f64::INFINITY, f64::min);
                Some(outside).filter(|m| *m > BOUNDARY_SLACK + camera.position_m)
            };
            if let Some(metres) = metres {
                let kind = FaultKind::OutsideTown { metres, boundary: !boundaries.is_empty() };
                self.fault(ObjectKind::Camera, camera.id.as_str(), "lon", camera.id.as_str(), kind);
            }
        }
    }

    fn unasked(&mut self) {
        let installed = || self.registry.cameras.values().filter(|c| c.status.is_installed());
        let dumb = |c: &&Camera| c.address().is_none();
        let never: Vec<&str> = installed().filter(dumb).map(|c| c.id.as_str()).collect();
        let pathless: Vec<&str> = installed().filter(|c| c.node.is_empty()).map(|c| c.id.as_str()).collect();
        for id in never {
            self.fault(ObjectKind::Camera, id, "host", id, FaultKind::NeverAsked);
        }
        if let Some(first) = pathless.first() {
            self.faults.push(Fault {
                file: FileKind::Cameras.word().into(),
                row: None,
                column: Some("node".into()),
                value: (*first).into(),
                kind: FaultKind::UnknownPath { count: pathless.len() },
            });
        }
    }
}

fn point(at: LonLat) -> Point<f64> {
    Point::new(at.lon, at.lat)
}

/// How far outside a boundary a point is, in metres on the plane that touches the earth there; 0 inside.
fn metres_outside(at: LonLat, boundary: &MultiPolygon<f64>) -> f64 {
    if boundary.contains(&point(at)) {
        return 0.0;
    }
    let shrink = at.lat.to_radians().cos();
    let flat = |c: Coord<f64>| Coord { x: (c.x - at.lon) * DEGREE * shrink, y: (c.y - at.lat) * DEGREE };
    Euclidean.distance(&Point::new(0.0, 0.0), &boundary.map_coords(flat))
}
