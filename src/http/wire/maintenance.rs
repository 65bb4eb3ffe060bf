//! Maintenance on the wire.

use cunkou_core::model::WorkId;
use cunkou_core::registry::Registry;
use cunkou_core::world::Works;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::stamp;
use crate::engine;

/// Work that was announced: a failure that it explains pages nobody.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Maintenance {
    /// Its number; null: a row of maintenance.csv announces it.
    pub id: Option<u64>,
    /// The id of its row in maintenance.csv, where it is ended by taking the row out; null: it was announced here.
    pub row: Option<String>,
    /// `camera`, `node` (with whatever would fail if it were down) or `area` (every camera in it).
    pub kind: String,
    /// Id of that.
    pub object: String,
    /// Its name; empty once it has left the registry.
    pub name: String,
    /// From this moment; of what recurs, not before; null: a file announces it without a begin.
    #[schema(format = DateTime)]
    pub from: Option<String>,
    /// Up to this moment; null: recurs until somebody ends it.
    #[schema(format = DateTime)]
    pub to: Option<String>,
    /// Days and times of day in the town's zone; null: once.
    pub weekly: Option<String>,
    /// What they wrote.
    pub note: String,
    /// Who: the name of the token; of a file, what its column `who` says.
    pub by: String,
    /// When it was announced; null: by a file.
    #[schema(format = DateTime)]
    pub made_at: Option<String>,
    /// When somebody ended it before its time.
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
}

impl Maintenance {
    /// A row, with the name that the registry has for its object.
    #[must_use]
    pub fn of(row: &engine::Maintenance, registry: &Registry) -> Maintenance {
        let (kind, object) = engine::works_words(&row.of);
        let name = match &row.of {
            Works::Camera(id) => registry.cameras.get(id).map(|c| c.name.to_string()),
            Works::Node(id) => registry.nodes.get(id).map(|n| n.name.to_string()),
            Works::Area(id) => registry.areas.get(id).map(|a| a.name.to_string()),
        };
        Maintenance {
            id: Some(row.id),
            row: None,
            kind: kind.to_owned(),
            object: object.to_owned(),
            name: name.unwrap_or_default(),
            from: Some(stamp(row.from)),
            to: row.to.map(stamp),
            weekly: row.weekly.map(|w| w.to_string()),
            note: row.note.clone(),
            by: row.by.clone(),
            made_at: Some(stamp(row.made)),
            ended_at: row.ended.map(stamp),
        }
    }
}

impl Maintenance {
    /// What a row of maintenance.csv announces.
    #[must_use]
    pub fn of_file(id: &WorkId, row: &engine::Maintenance, registry: &Registry) -> Maintenance {
        // Without a begin it has the moment 0.
        let from = Some(row.from).filter(|from| from.millis() != 0).map(stamp);
        Maintenance { id: None, row: Some(id.to_string()), from, made_at: None, ..Maintenance::of(row, registry) }
    }
}

/// Work that is to be announced.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceBody {
    /// Id of a camera, a node or an area.
    pub object: String,
    /// From then on; null: from now on.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub from: Option<String>,
    /// Up to then; null: until somebody ends it, for what recurs only.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub to: Option<String>,
    /// Days and times of day in the town's zone, such as `sat,sun 01:00-05:00` or `daily 22:00-02:00`; null: once.
    #[serde(default)]
    #[schema(
        pattern = r"^(daily|(mon|tue|wed|thu|fri|sat|sun)(,(mon|tue|wed|thu|fri|sat|sun))*) ([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
    )]
    pub weekly: Option<String>,
    /// For the others to read; at most 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub note: String,
}
