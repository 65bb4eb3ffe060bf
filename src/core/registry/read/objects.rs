//! Areas, nodes, entrances, elements, places and sites. All cells are read before an object is given up, so that
//! all faults of a row are told.

use super::cells::Cells;
use super::net::check_address;
use crate::model::{AreaId, CameraId, ElementId, EntranceId, NodeId, PlaceId, SiteId};
use crate::registry::fault::CellFault;
use crate::registry::{
    Area, AreaKind, Density, Dirs, Element, Entrance, EntranceStatus, Layer, Node, NodeKind, Place, PlaceKind, Site,
    SiteKind,
};

/// Cameras that an entrance can need; more is a typo.
pub(super) const MAX_REQUIRED: u32 = 99;
/// The longest length in metres that a column takes: no town is larger.
pub(super) const MAX_METRES: f64 = 100_000.0;

impl Cells<'_> {
    pub(super) fn area(&mut self) -> Option<Area> {
        let id = self.id("id", AreaId::new);
        let parent = self.id("parent", AreaId::new);
        let kind = self.word("kind", AreaKind::WORDS, AreaKind::from_word, AreaKind::Hamlet);
        let (name, code) = (self.name(), self.text("code"));
        let (at, boundary) = (self.position(), self.own_boundary());
        Some(Area { id: id?, parent, kind, name, code, at, boundary, extra: self.extra() })
    }

    pub(super) fn node(&mut self) -> Option<Node> {
        let id = self.id("id", NodeId::new);
        let kind = self.word("kind", NodeKind::WORDS, NodeKind::from_word, NodeKind::Group);
        let name = self.name();
        let address = self.value("address").and_then(|text| match check_address(text) {
            Ok(()) => Some(text.into()),
            Err(hint) => {
                self.fault("address", text, CellFault::Address(hint));
                None
            }
        });
        let at = self.position();
        let parents = self.gate("parents", "needs");
        let power = self.gate("power", "power_needs");
        Some(Node { id: id?, kind, name, address, at, parents, power, extra: self.extra() })
    }

    pub(super) fn entrance(&mut self) -> Option<Entrance> {
        let id = self.id("id", EntranceId::new);
        let area = self.id("area", AreaId::new);
        let (name, at) = (self.name(), self.position());
        let bearing = self.number("bearing", 0.0, 360.0);
        let density = self.word("density", Density::WORDS, Density::from_word, Density::Detect);
        let required = self.whole("required", 1, MAX_REQUIRED);
        // A target is held against a requirement that could be read.
        let needed = required.unwrap_or(1);
        let target = self.whole("target", 1, MAX_REQUIRED).unwrap_or(needed);
        if target < needed {
            let value = self.trimmed("target");
            self.fault("target", value, CellFault::TargetBelowRequired { required: needed });
        }
        let priority = self.whole("priority", 1, 5).and_then(|p| u8::try_from(p).ok()).unwrap_or(3);
        let roles = self.ids("roles", ElementId::new);
        let dirs = self.word("dirs", Dirs::WORDS, Dirs::from_word, Dirs::Any);
        let status = self.word("status", EntranceStatus::WORDS, EntranceStatus::from_word, EntranceStatus::Active);
        let derived_from = self.ids("derived_from", CameraId::new);
        Some(Entrance {
            id: id?,
            area: area?,
            name,
            at,
            bearing,
            density,
            required: needed,
            target: target.max(needed),
            priority,
            roles,
            dirs,
            status,
            source: self.text("source"),
            derived_from,
            extra: self.extra(),
        })
    }

    pub(super) fn element(&mut self) -> Option<Element> {
        let id = self.id("id", ElementId::new);
        let layer = self.word("layer", Layer::WORDS, Layer::from_word, Layer::Point);
        let name = self.name();
        let parent = self.id("parent", ElementId::new);
        let entrances = self.ids("entrances", EntranceId::new);
        let max_gap_m = self.number("max_gap_m", 1.0, MAX_METRES);
        let radius_m = self.number("radius_m", 1.0, MAX_METRES);
        let shape = self.element_shape(layer);
        Some(Element {
            id: id?,
            layer,
            name,
            parent,
            entrances,
            max_gap_m,
            radius_m,
            shape: shape?,
            extra: self.extra(),
        })
    }

    pub(super) fn place(&mut self) -> Option<Place> {
        let id = self.id("id", PlaceId::new);
        let kind = self.word("kind", PlaceKind::WORDS, PlaceKind::from_word, PlaceKind::Liaison);
        let name = self.name();
        let area = self.id("area", AreaId::new);
        let at = self.position();
        Some(Place { id: id?, kind, name, area, at, contact: self.text("contact"), extra: self.extra() })
    }

    pub(super) fn site(&mut self) -> Option<Site> {
        let id = self.id("id", SiteId::new);
        let kind = self.word("kind", SiteKind::WORDS, SiteKind::from_word, SiteKind::New);
        let at = self.position();
        let cost = self.number("cost", 0.0, 1e12);
        Some(Site { id: id?, kind, at, cost, extra: self.extra() })
    }
}
