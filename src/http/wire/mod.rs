//! The types of the API, as JSON has them: built from the snapshot, printed by the command line, read by it when it
//! asks a daemon. The types of the core do not know this form, so that it can stay while they change.

mod area;
mod audit;
mod camera;
mod change;
mod component;
mod critical;
mod entrance;
mod found;
mod gap;
mod geojson;
mod incident;
mod isochrone;
mod maintenance;
mod map;
mod node;
mod oncall;
mod place;
mod post;
mod registry;
mod repair;
mod seal;
mod status;
mod suppose;
mod trial;
mod turn;
mod whatif;
pub(in crate::http) mod words;

pub(in crate::http) use area::with_those_above;
pub use area::{Area, Place};
pub use audit::AuditItem;
pub use camera::{Camera, CameraDetail, CheckView, Evidence, PhaseTime};
pub use change::{CameraChange, Change, EntranceChange, NodeChange, Tick};
pub use critical::Critical;
pub use entrance::{Entrance, EntranceDetail, EntranceWatcher};
pub use found::{FoundEvidence, FoundRival, IncidentFindings, Witness};
pub use gap::{GAP_STATES, Gap};
pub use geojson::{FeatureCollection, GEOJSON, geojson};
pub use incident::{AckBody, Incident, IncidentAlert, IncidentDelivery, IncidentDetail, IncidentStep, SilenceBody};
pub use isochrone::{
    ISOCHRONE_ASSUMPTIONS, Isochrone, IsochroneEntrance, IsochroneMap, IsochronePace, IsochronePost, IsochroneTotals,
};
pub use maintenance::{Maintenance, MaintenanceBody};
pub use map::{MapArea, MapCamera, MapElement, MapEntrance, MapNode, MapStates, RoadCollection, TownMap};
pub use node::Node;
pub use oncall::{DutyLevel, DutyTurn, OnCall, Person, PersonContact, Shown};
pub use place::{
    MAX_COUNT, NoPlacing, PLACE_ASSUMPTIONS, PLACE_STATUS, PlaceBody, PlaceLacking, PlaceModel, PlaceQuestion,
    PlaceStep, Placement,
};
pub use post::{NoPost, RepairPost, Start};
pub use registry::{RegistryFiles, RegistryForm, RegistryInForce, ReloadOutcome};
pub use repair::{ASSUMPTIONS, RepairOrder, RepairStop};
pub use seal::{
    NoArea, SEAL_ASSUMPTIONS, Seal, SealEntrances, SealLeaked, SealQuery, SealRoads, SealRoute, SealSite, SealTotals,
    Seals,
};
pub use status::{CameraCounts, Canary, Coverage, EntranceCounts, IncidentCounts, Readiness, RoundView, Status};
pub use suppose::{AddedCamera, MovedCamera, NoQuestion, WhatIfBody, Wrong};
pub use trial::{SinkExchange, SinkTrial};
pub use turn::{Timeline, TimelinePart, Turn};
pub use whatif::{WhatIf, WhatIfEntrance, WhatIfNode, WhatIfSeal, WhatIfSealTotals, WhatIfSeals, WhatIfTotals};

use cunkou_core::health;
use cunkou_core::model::{AreaId, CameraId, EntranceId, NodeId, Time};
use cunkou_core::registry::{Area as RegistryArea, LonLat, Registry};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One page of a list.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next page begins (`?cursor=`); null on the last.
    pub next: Option<String>,
}

/// Why something is as it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Cause {
    /// What kind of thing is to blame.
    #[schema(schema_with = words::cause_kind)]
    pub kind: String,
    /// Its id; null where the monitor itself is to blame.
    pub id: Option<String>,
    /// Its display name; empty where it has none.
    pub name: String,
}

impl Cause {
    /// A cause with the name that the registry in force has for it.
    #[must_use]
    pub fn of(cause: &health::Cause, registry: &Registry) -> Cause {
        Cause::named(cause, cause_name(cause, registry))
    }

    /// A cause with a name that somebody kept.
    #[must_use]
    pub fn named(cause: &health::Cause, name: impl Into<String>) -> Cause {
        let id = Some(cause.object()).filter(|id| !id.is_empty());
        Cause { kind: cause.kind().to_owned(), id, name: name.into() }
    }
}

fn cause_name(cause: &health::Cause, registry: &Registry) -> String {
    use health::{Cause as C, CommonScope};
    let name = match cause {
        C::Camera(id) => registry.cameras.get::<CameraId>(id).map(|c| &c.name),
        C::Node(id) | C::Partial(id) => registry.nodes.get::<NodeId>(id).map(|n| &n.name),
        C::Common(CommonScope::Village(id)) => registry.areas.get::<AreaId>(id).map(|a| &a.name),
        C::Common(_) | C::Monitor(_) => None,
    };
    name.map(|n| n.to_string()).unwrap_or_default()
}

/// A moment as RFC 3339 in UTC, to the millisecond.
#[must_use]
pub fn stamp(at: Time) -> String {
    let limit = if at.millis() < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    format!("{:.3}", jiff::Timestamp::from_millisecond(at.millis()).unwrap_or(limit))
}

/// A moment that may never have been: the core writes 0 for that.
pub(in crate::http) fn stamp_since(at: Time) -> Option<String> {
    (at.millis() != 0).then(|| stamp(at))
}

/// Longitude and latitude, each on its own.
pub(in crate::http) fn lon_lat(at: Option<LonLat>) -> (Option<f64>, Option<f64>) {
    (at.map(|p| p.lon), at.map(|p| p.lat))
}

/// Id and name of the village an area lies in.
pub(in crate::http) fn village(registry: &Registry, area: &AreaId) -> (Option<String>, Option<String>) {
    let village = registry.village_of(area);
    (village.map(|a| a.id.to_string()), village.map(|a| a.name.to_string()))
}

/// The display name of an area; empty where the registry does not have it.
pub(in crate::http) fn area_name(registry: &Registry, area: &AreaId) -> String {
    registry.areas.get(area).map(|a: &RegistryArea| a.name.to_string()).unwrap_or_default()
}

/// The display name of an entrance; empty where the registry does not have it any more.
pub(in crate::http) fn entrance_name(registry: &Registry, id: &EntranceId) -> String {
    registry.entrances.get(id).map(|e| e.name.to_string()).unwrap_or_default()
}
