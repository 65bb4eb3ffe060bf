//! What is most critical: whose failure alone would lose an entrance.

use cunkou_core::model::{CameraIx, EntranceIx, NodeIx, Period};
use cunkou_core::plan::{self, Component};
use cunkou_core::world::Snapshot;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
        let (kind, id, name, at) = match critical.component {
            Component::Camera(ix) => camera(snapshot, ix)?,
            Component::Node(ix) => node(snapshot, ix)?,
        };
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
            loses_now: ids(snapshot, &critical.loses),
            may_lose: ids(snapshot, &critical.may_lose),
            villages,
            cameras: critical.cameras,
            lon,
            lat,
        })
    }
}

/// Kind, id, name and place of a thing.
type Thing = (String, String, String, Option<cunkou_core::registry::LonLat>);

fn camera(snapshot: &Snapshot, ix: CameraIx) -> Option<Thing> {
    let camera = snapshot.registry.cameras.get(&snapshot.topology.cameras.get(ix.at())?.id)?;
    Some(("camera".to_owned(), camera.id.to_string(), camera.name.to_string(), camera.at))
}

fn node(snapshot: &Snapshot, ix: NodeIx) -> Option<Thing> {
    let node = snapshot.registry.nodes.get(&snapshot.topology.nodes.get(ix.at())?.id)?;
    Some((node.kind.word().to_owned(), node.id.to_string(), node.name.to_string(), node.at))
}

fn ids(snapshot: &Snapshot, of: &[EntranceIx]) -> Vec<String> {
    let slots = of.iter().filter_map(|e| snapshot.topology.entrances.get(e.at()));
    let mut ids: Vec<String> = slots.map(|slot| slot.id.to_string()).collect();
    ids.sort_unstable();
    ids
}

fn village_of(snapshot: &Snapshot, entrance: EntranceIx) -> Option<String> {
    let slot = snapshot.topology.entrances.get(entrance.at())?;
    village(&snapshot.registry, &snapshot.registry.entrances.get(&slot.id)?.area).0
}
