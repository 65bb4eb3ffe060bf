//! What the planner asks for: entrances that are not covered, now or at a past moment.

use cunkou_core::coverage::EntranceState;
use cunkou_core::model::{AreaId, Period, Time};
use cunkou_core::registry::{self, Registry};
use cunkou_core::world::Snapshot;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::entrance::watchers;
use super::{Cause, area_name, lon_lat, stamp_since, village, words};
use crate::http::PastEntrance;

/// The states that are gaps, worst first.
pub const GAP_STATES: [EntranceState; 5] = [
    EntranceState::Lost,
    EntranceState::Unknown,
    EntranceState::Reduced,
    EntranceState::Unwatched,
    EntranceState::Planned,
];

/// An entrance that is not covered.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Gap {
    /// Id of the entrance.
    pub id: String,
    /// Its name; empty for one that has left the registry since.
    pub name: String,
    /// Id of its home.
    pub area: Option<String>,
    /// The area's name.
    pub area_name: String,
    /// Id of its village or community.
    pub village: Option<String>,
    /// The village's name.
    pub village_name: Option<String>,
    /// Its state.
    #[schema(schema_with = words::gap_state)]
    pub state: String,
    /// Since when it holds.
    #[schema(format = DateTime)]
    pub since: Option<String>,
    /// Why it is unwatched or planned; not kept for past moments.
    #[schema(schema_with = words::gap_reason)]
    pub reason: Option<String>,
    /// Why it is lost, reduced or unknown.
    pub cause: Option<Cause>,
    /// Number of the incident it belongs to.
    pub incident: Option<u64>,
    /// 1 (highest) to 5.
    pub priority: Option<u8>,
    /// Made from camera positions, not surveyed.
    pub derived: bool,
    /// Live cameras it needs; not kept for past moments, like the counts that follow.
    pub required: Option<u32>,
    /// Live cameras that watch it.
    pub live: Option<u32>,
    /// Ids of the installed cameras that watch it.
    pub watchers: Vec<String>,
    /// Longitude, WGS 84, degrees.
    pub lon: Option<f64>,
    /// Latitude, WGS 84, degrees.
    pub lat: Option<f64>,
}

impl Gap {
    /// What is the same now and then: the registry's words about the entrance.
    fn named(registry: &Registry, id: &str, state: EntranceState, since: Time) -> Gap {
        let entrance = registry.entrances.get(id);
        let area: Option<&AreaId> = entrance.map(|e| &e.area);
        let (village, village_name) = area.map(|a| village(registry, a)).unwrap_or_default();
        let (lon, lat) = lon_lat(entrance.and_then(|e| e.at));
        Gap {
            id: id.to_owned(),
            name: entrance.map(|e| e.name.to_string()).unwrap_or_default(),
            area: area.map(ToString::to_string),
            area_name: area.map(|a| area_name(registry, a)).unwrap_or_default(),
            village,
            village_name,
            state: state.word().to_owned(),
            since: stamp_since(since),
            reason: None,
            cause: None,
            incident: None,
            priority: entrance.map(|e| e.priority),
            derived: entrance.is_some_and(|e| e.source.as_deref() == Some("derived")),
            required: None,
            live: None,
            watchers: Vec::new(),
            lon,
            lat,
        }
    }

    /// An entrance of the registry in force, where it is not covered in a period.
    #[must_use]
    pub fn of(snapshot: &Snapshot, entrance: &registry::Entrance, period: Period) -> Option<Gap> {
        let (_, belief) = snapshot.entrance(entrance.id.as_str())?;
        let (judgement, since) = match period {
            Period::Day => (belief.day, belief.since_day),
            Period::Night => (belief.night, belief.since_night),
            Period::Now => (belief.now, belief.since),
        };
        if !GAP_STATES.contains(&judgement.state) {
            return None;
        }
        let registry = &snapshot.registry;
        let mut open = snapshot.incidents.values().rev().filter(|i| i.status.is_open());
        Some(Gap {
            reason: judgement.gap.map(|g| g.word().to_owned()),
            cause: belief.cause.as_ref().map(|c| Cause::of(c, registry)),
            incident: open.find(|i| i.entrances_lost.contains(&entrance.id)).map(|i| i.id.0),
            required: Some(entrance.required),
            live: Some(judgement.live),
            watchers: watchers(snapshot, entrance, period),
            ..Gap::named(registry, entrance.id.as_str(), judgement.state, since)
        })
    }

    /// An entrance of the past, where it was not covered. Names are those of the registry in force.
    #[must_use]
    pub fn of_past(registry: &Registry, past: &PastEntrance) -> Option<Gap> {
        if !GAP_STATES.contains(&past.state) {
            return None;
        }
        Some(Gap {
            cause: past.cause.as_ref().map(|c| Cause::of(c, registry)),
            incident: past.incident.map(|i| i.0),
            ..Gap::named(registry, past.id.as_str(), past.state, past.since)
        })
    }
}
