//! Areas with what lies in them, and places.

use std::collections::BTreeMap;

use cunkou_core::model::AreaId;
use cunkou_core::registry;
use cunkou_core::world::Snapshot;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::status::{CameraCounts, EntranceCounts};
use super::{lon_lat, words};

/// Areas above an area at most; more is a cycle, which the registry check refuses.
const MAX_DEPTH: usize = 16;

/// An area, with the counts of all that lies in it and in the areas below it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Area {
    /// Its id.
    pub id: String,
    /// Id of the area it lies in.
    pub parent: Option<String>,
    /// What it is.
    #[schema(schema_with = words::area_kind)]
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its statistics code.
    pub code: Option<String>,
    /// Its entrances, by their state now.
    pub entrances: EntranceCounts,
    /// Its cameras.
    pub cameras: CameraCounts,
    /// Longitude of a point in it, WGS 84, degrees.
    pub lon: Option<f64>,
    /// Latitude of that point.
    pub lat: Option<f64>,
}

impl Area {
    /// Every area of the registry in force, in the order of ids.
    #[must_use]
    pub fn all(snapshot: &Snapshot) -> Vec<Area> {
        let registry = &snapshot.registry;
        let mut entrances: BTreeMap<&AreaId, EntranceCounts> = BTreeMap::new();
        let mut cameras: BTreeMap<&AreaId, CameraCounts> = BTreeMap::new();
        for entrance in registry.entrances.values() {
            if let Some((_, belief)) = snapshot.entrance(entrance.id.as_str()) {
                with_those_above(registry, &entrance.area)
                    .for_each(|a| entrances.entry(&a.id).or_default().add(belief.now.state));
            }
        }
        for camera in registry.cameras.values() {
            with_those_above(registry, &camera.area)
                .for_each(|a| cameras.entry(&a.id).or_default().add(snapshot, camera));
        }
        let area = |a: &registry::Area| {
            let (lon, lat) = lon_lat(a.at);
            Area {
                id: a.id.to_string(),
                parent: a.parent.as_ref().map(ToString::to_string),
                kind: a.kind.word().to_owned(),
                name: a.name.to_string(),
                code: a.code.as_ref().map(ToString::to_string),
                entrances: entrances.get(&a.id).cloned().unwrap_or_default(),
                cameras: cameras.get(&a.id).cloned().unwrap_or_default(),
                lon,
                lat,
            }
        };
        registry.areas.values().map(area).collect()
    }
}

/// An area and the areas it lies in, smallest first.
pub(in crate::http) fn with_those_above<'a>(
    registry: &'a registry::Registry,
    area: &AreaId,
) -> impl Iterator<Item = &'a registry::Area> {
    let first = registry.areas.get(area);
    std::iter::successors(first, |a| registry.areas.get(a.parent.as_ref()?)).take(MAX_DEPTH)
}

/// A work station, liaison point or team. Whom to call there is not shown.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Place {
    /// Its id.
    pub id: String,
    /// What it is.
    #[schema(schema_with = words::place_kind)]
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Id of the area it belongs to.
    pub area: Option<String>,
    /// Longitude, WGS 84, degrees.
    pub lon: Option<f64>,
    /// Latitude, WGS 84, degrees.
    pub lat: Option<f64>,
}

impl Place {
    /// A place of the registry in force.
    #[must_use]
    pub fn of(place: &registry::Place) -> Place {
        let (lon, lat) = lon_lat(place.at);
        Place {
            id: place.id.to_string(),
            kind: place.kind.word().to_owned(),
            name: place.name.to_string(),
            area: place.area.as_ref().map(ToString::to_string),
            lon,
            lat,
        }
    }
}
