//! What is most critical: whose failure alone would lose an entrance.

use cunkou_core::model::{EntranceIx, Period};
use cunkou_core::plan;
use cunkou_core::world::Snapshot;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::component::{Named, entrance_ids, named};
use super::{lon_lat, village, words};

/// A camera or node whose failure alone would lose an entrance, or may.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Critical {
    /// Its place in the list, from 1.
    pub rank: usize,
    /// What it is: `camera`, or the kind of the node.
    #[schema(schema_with = words::component_kind)]
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Ids of the entrances that would surely be lost.
    pub loses_now: Vec<String>,
    /// Ids of the entrances that may be lost: some of those that watch them are unknown.
    pub may_lose: Vec<String>,
    /// Ids of the villages and communities that these lie in.
    pub villages: Vec<String>,
    /// Live cameras that would fail with it.
    pub cameras: u32,
    /// Longitude, WGS 84, degrees.
    pub lon: Option<f64>,
    /// Latitude, WGS 84, degrees.
    pub lat: Option<f64>,
}

impl Critical {
    /// All of a town, worst first.
    #[must_use]
    pub fn all(snapshot: &Snapshot, period: Period) -> Vec<Critical> {
        let all = snapshot.critical(period).into_iter().enumerate();
        all.filter_map(|(i, critical)| Critical::of(snapshot, i + 1, &critical)).collect()
    }

    fn of(snapshot: &Snapshot, rank: usize, critical: &plan::Critical) -> Option<Critical> {
        let Named { kind, id, name, at, .. } = named(snapshot, critical.component)?;
        let (lon, lat) = lon_lat(at);
        let in_danger = critical.loses.iter().chain(&critical.may_lose);
        let mut villages: Vec<String> = in_danger.filter_map(|e| village_of(snapshot, *e)).collect();
        villages.sort_unstable();
        villages.dedup();
        Some(Critical {
            rank,
            kind,
            id,
            name,
            loses_now: entrance_ids(snapshot, &critical.loses),
            may_lose: entrance_ids(snapshot, &critical.may_lose),
            villages,
            cameras: critical.cameras,
            lon,
            lat,
        })
    }
}

fn village_of(snapshot: &Snapshot, entrance: EntranceIx) -> Option<String> {
    let slot = snapshot.topology.entrances.get(entrance.at())?;
    village(&snapshot.registry, &snapshot.registry.entrances.get(&slot.id)?.area).0
}
