//! Where a tour begins: a place of the registry, or a position.

use cunkou_core::registry::{LonLat, Place, PlaceKind, Registry};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a tour begins.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RepairPost {
    /// Id of the place; null where a position was given.
    pub id: Option<String>,
    /// Its name; empty where a position was given.
    pub name: String,
    /// Longitude, WGS 84, degrees.
    pub lon: f64,
    /// Latitude, WGS 84, degrees.
    pub lat: f64,
}

/// Where a tour is to begin.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Start {
    /// At the first team of the registry that has a position, else the first station, else the first liaison point.
    #[default]
    First,
    /// At a place of the registry.
    Place(String),
    /// At a position.
    At(LonLat),
}

impl Start {
    /// Two numbers with a comma between them are longitude and latitude; anything else is an id, which has no comma.
    #[must_use]
    pub fn of(text: &str) -> Start {
        let at = text.split_once(',').and_then(|(lon, lat)| {
            let at = LonLat { lon: lon.trim().parse().ok()?, lat: lat.trim().parse().ok()? };
            (at.lon.abs() <= 180.0 && at.lat.abs() <= 90.0).then_some(at)
        });
        at.map_or_else(|| Start::Place(text.to_owned()), Start::At)
    }
}

/// Why there is no order of repairs.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoPost {
    /// There is no place with this id, or it has no position.
    #[error("no place of the registry with a position has the id {0:?}; a position is written 114.35,30.88")]
    Unknown(String),
    /// There is no place at all.
    #[error("no place of the registry has a position: say where the tour begins, such as 114.35,30.88")]
    None,
}

impl RepairPost {
    /// The post that was asked for.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn find(registry: &Registry, from: &Start) -> Result<RepairPost, NoPost> {
        let first = |kind| registry.places.values().find(|p| p.kind == kind && p.at.is_some());
        let place = match from {
            Start::At(at) => return Ok(RepairPost { id: None, name: String::new(), lon: at.lon, lat: at.lat }),
            Start::Place(id) => registry.places.get(id.as_str()),
            Start::First => [PlaceKind::Team, PlaceKind::Station, PlaceKind::Liaison].into_iter().find_map(first),
        };
        let found = place.and_then(|p: &Place| Some((p, p.at?)));
        let (place, at) = found.ok_or_else(|| match from {
            Start::Place(id) => NoPost::Unknown(id.clone()),
            Start::First | Start::At(_) => NoPost::None,
        })?;
        Ok(RepairPost { id: Some(place.id.to_string()), name: place.name.to_string(), lon: at.lon, lat: at.lat })
    }
}
