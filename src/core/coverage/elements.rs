//! Which entrances belong to an element of the plan.

use std::collections::BTreeMap;

use geo::{BoundingRect, Geometry};

use super::grid::Grid;
use super::ground::{Scale, boundary_distance_m};
use crate::model::EntranceId;
use crate::registry::{Element, Entrance, Registry};

/// An entrance so near to the boundary of an element lies on it, metres (names.md, plan.geojson).
const ON_BOUNDARY_M: f64 = 60.0;
/// A box of degrees is drawn so much larger than the distance asks: the scale of its middle is not that of its edges.
const MARGIN: f64 = 1.05;

/// The entrances of a registry by role and by place, to find those of many elements.
#[derive(Debug)]
pub(super) struct EntranceIndex<'r> {
    all: Vec<&'r Entrance>,
    by_role: BTreeMap<&'r str, Vec<u32>>,
    by_place: Grid,
    registry: &'r Registry,
}

impl<'r> EntranceIndex<'r> {
    /// The index of a registry.
    pub(super) fn of(registry: &'r Registry) -> EntranceIndex<'r> {
        let all: Vec<&Entrance> = registry.entrances.values().collect();
        let mut by_role: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        let mut by_place = Grid::default();
        for (entrance, i) in all.iter().zip(0..) {
            entrance.roles.iter().for_each(|role| by_role.entry(role.as_str()).or_default().push(i));
            if let Some(at) = entrance.at {
                by_place.add(at, i);
            }
        }
        EntranceIndex { all, by_role, by_place, registry }
    }

    /// The entrances of an element, in the order of ids: those that it lists, else those whose `roles` name it, else
    /// those within 60 m of its boundary.
    pub(super) fn of_element(&self, element: &Element) -> Vec<EntranceId> {
        if !element.entrances.is_empty() {
            let known = element.entrances.iter().filter(|id| self.registry.entrances.contains_key(*id));
            let mut listed: Vec<EntranceId> = known.cloned().collect();
            listed.sort();
            listed.dedup();
            return listed;
        }
        let found = match self.by_role.get(element.id.as_str()) {
            Some(named) => named.clone(),
            None => self.on_boundary(&element.shape, element.radius_m.unwrap_or(0.0)),
        };
        let mut ids: Vec<EntranceId> = found.into_iter().map(|i| self.all[i as usize].id.clone()).collect();
        ids.dedup();
        ids
    }

    fn on_boundary(&self, shape: &Geometry<f64>, radius_m: f64) -> Vec<u32> {
        let radius_m = if radius_m.is_finite() { radius_m.max(0.0) } else { 0.0 };
        let Some(bounds) = shape.bounding_rect() else { return Vec::new() };
        let scale = Scale::at(bounds.min().y.abs().max(bounds.max().y.abs()));
        let near_m = (ON_BOUNDARY_M + radius_m) * MARGIN;
        let (lon, lat) = (near_m / scale.lon_m.max(1.0), near_m / scale.lat_m);
        let mut found = self
            .by_place
            .within((bounds.min().x - lon, bounds.max().x + lon), (bounds.min().y - lat, bounds.max().y + lat));
        found.retain(|i| {
            let at = self.all[*i as usize].at;
            at.and_then(|at| boundary_distance_m(at, shape, radius_m)).is_some_and(|d| d <= ON_BOUNDARY_M)
        });
        found
    }
}

/// The entrances of one element of the plan, in the order of ids (names.md, plan.geojson): those that it lists, else
/// those whose `roles` name it, else those within 60 m of its boundary; the boundary of a point is the circle of its
/// `radius_m`, that of a line the line. Entrances that are not judged (proposed, closed) are among them.
///
/// Goes through all entrances of the registry; [`super::Completeness`] holds the answer for all elements at once.
#[must_use]
pub fn element_entrances(registry: &Registry, element: &Element) -> Vec<EntranceId> {
    EntranceIndex::of(registry).of_element(element)
}
