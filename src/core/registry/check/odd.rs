//! What may be right but looks odd: warnings, and one thing that is odd beyond reckoning.

use std::collections::BTreeMap;

use super::Checking;
use crate::model::Check;
use crate::registry::fault::{Fault, FaultKind, Unbuilt};
use crate::registry::tables::{FileKind, ObjectKind};
use crate::registry::{Camera, LonLat};

/// Side of a square in which cameras and entrances are counted, degrees: some 200 m, the order of what a camera sees.
const SQUARE: f64 = 0.002;
/// Pairs of a camera and an entrance in squares that touch, for which sight is asked; Liuzhi has two thousand.
const MAX_PAIRS: usize = 20_000_000;

impl Checking<'_> {
    /// What is odd and can be told without sight.
    pub(super) fn odd(&mut self) {
        self.case_twins();
        self.crowded();
        self.duplicate_addresses();
        self.duplicate_codes();
        self.outside_town();
        self.unasked();
        self.unbuilt();
    }

    /// A column of one and the same position, for cameras and entrances alike: sight would be asked for each pair.
    fn crowded(&mut self) {
        let r = self.registry;
        let square = |at: LonLat| ((at.lat / SQUARE).floor() as i64, (at.lon / SQUARE).floor() as i64);
        let mut entrances: BTreeMap<(i64, i64), usize> = BTreeMap::new();
        for at in r.entrances.values().filter_map(|e| e.at) {
            *entrances.entry(square(at)).or_default() += 1;
        }
        let mut pairs = 0_usize;
        let mut most = (0, "");
        for (camera, at) in r.cameras.values().filter_map(|c| Some((c, c.at?))) {
            let (row, column) = square(at);
            let around = (row - 1..=row + 1).flat_map(|r| entrances.range((r, column - 1)..=(r, column + 1)));
            let near: usize = around.map(|(_, n)| *n).sum();
            pairs = pairs.saturating_add(near);
            if near > most.0 {
                most = (near, camera.id.as_str());
            }
        }
        if pairs > MAX_PAIRS {
            self.fault(ObjectKind::Camera, most.1, "lon", most.1, FaultKind::Crowded { entrances: most.0 });
        }
    }

    /// `c1` and `C1` are two cameras; more often one of them is a slip of the hand.
    fn case_twins(&mut self) {
        for (id, other) in self.lines.twins() {
            let Some(kind) = self.lines.kind_of(id) else { continue };
            self.fault(kind, id, "id", id, FaultKind::CaseTwin { other: other.into() });
        }
    }

    /// What a camera says and this version does not do.
    fn unbuilt(&mut self) {
        let installed = || self.registry.cameras.values().filter(|c| c.status.is_installed());
        let asks_device = |c: &&Camera| c.checks.iter().any(|spec| spec.check == Check::Device);
        let device: Vec<&str> = installed().filter(asks_device).map(|c| c.id.as_str()).collect();
        if let Some(first) = device.first() {
            self.of_column("checks", first, FaultKind::NotBuilt { what: Unbuilt::Device, count: device.len() });
        }
    }

    /// A warning that is told once for all cameras.
    fn of_column(&mut self, column: &str, first: &str, kind: FaultKind) {
        self.faults.push(Fault {
            file: FileKind::Cameras.word().into(),
            row: None,
            column: Some(column.into()),
            value: first.into(),
            kind,
        });
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

    fn unasked(&mut self) {
        let installed = || self.registry.cameras.values().filter(|c| c.status.is_installed());
        // A check whose column is empty is told as a fault of its own.
        let unbuilt = |c: &Camera| !c.checks.is_empty() && c.checks.iter().all(|spec| spec.check == Check::Device);
        let mut never: Vec<(&str, bool)> = Vec::new();
        let dumb = |c: &&Camera| c.address().is_none() || unbuilt(c);
        never.extend(installed().filter(dumb).map(|c| (c.id.as_str(), c.address().is_some())));
        let pathless: Vec<&str> = installed().filter(|c| c.node.is_empty()).map(|c| c.id.as_str()).collect();
        for (id, reachable) in never {
            let (column, kind) =
                if reachable { ("checks", FaultKind::NoCheck) } else { ("host", FaultKind::NeverAsked) };
            self.fault(ObjectKind::Camera, id, column, id, kind);
        }
        if let Some(first) = pathless.first() {
            self.of_column("node", first, FaultKind::UnknownPath { count: pathless.len() });
        }
    }
}
