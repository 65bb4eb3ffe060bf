//! The town as a map draws it: what stands still (geometry, names, what hangs on what) apart from what is believed, so
//! that the first is read once a registry and the second is small.

use cunkou_core::health::State;
use cunkou_core::model::{NodeId, Time};
use cunkou_core::registry::{self, Registry};
use cunkou_core::world::Snapshot;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Place, lon_lat, stamp, words};
use crate::files::{RoadsSeen, shape_json};
use cunkou_core::coverage::EntranceState;

/// Faults of a file that are told.
const MAX_FAULTS: usize = 20;

/// Everything of the registry in force that a map draws, each list in the order of ids. Fields without a value are
/// left out.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct TownMap {
    /// Version of the registry.
    pub registry_version: u64,
    /// Areas.
    pub areas: Vec<MapArea>,
    /// Elements of the plan.
    pub elements: Vec<MapElement>,
    /// Cameras; those that are gone for good too, so that states can be told by position in the list.
    pub cameras: Vec<MapCamera>,
    /// Entrances.
    pub entrances: Vec<MapEntrance>,
    /// Nodes.
    pub nodes: Vec<MapNode>,
    /// Work stations, liaison points and teams.
    pub places: Vec<Place>,
}

/// An area, with its boundary.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct MapArea {
    /// Its id.
    pub id: String,
    /// What it is.
    #[schema(schema_with = words::area_kind)]
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Id of the area it lies in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Longitude of a point in it, WGS 84, degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lon: Option<f64>,
    /// Latitude of that point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lat: Option<f64>,
    /// Its boundary, a GeoJSON geometry.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub boundary: Option<Value>,
}

/// An element of the plan.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct MapElement {
    /// Its id.
    pub id: String,
    /// Its layer.
    #[schema(schema_with = words::layer)]
    pub layer: String,
    /// Its name.
    pub name: String,
    /// Radius of a point, metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub radius_m: Option<f64>,
    /// Its shape, a GeoJSON geometry.
    #[schema(value_type = Option<Object>)]
    pub shape: Option<Value>,
}

/// A camera: where it stands, where it looks, what it hangs on.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct MapCamera {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Id of the area it stands in.
    pub area: String,
    /// Its layer of the plan.
    #[schema(schema_with = words::layer)]
    pub layer: String,
    /// How it looks.
    #[schema(schema_with = words::camera_kind)]
    pub kind: String,
    /// Its life.
    #[schema(schema_with = words::life)]
    pub status: String,
    /// Longitude, WGS 84, degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lon: Option<f64>,
    /// Latitude, WGS 84, degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lat: Option<f64>,
    /// Where it looks, degrees clockwise from true north.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azimuth: Option<f64>,
    /// Horizontal field of view, degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hfov: Option<f64>,
    /// How far it sees by day, metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range_m: Option<f64>,
    /// Ids of the nodes and feeds it hangs on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub nodes: Vec<String>,
}

/// An entrance: where it is.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct MapEntrance {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Id of its home: the smallest area it opens.
    pub area: String,
    /// 1 (highest) to 5.
    pub priority: u8,
    /// Longitude, WGS 84, degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lon: Option<f64>,
    /// Latitude, WGS 84, degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lat: Option<f64>,
}

/// A node: where it stands, what it hangs on.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct MapNode {
    /// Its id.
    pub id: String,
    /// What it is.
    #[schema(schema_with = words::node_kind)]
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Ids of the nodes and feeds it hangs on.
    pub parents: Vec<String>,
    /// Longitude, WGS 84, degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lon: Option<f64>,
    /// Latitude, WGS 84, degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lat: Option<f64>,
}

fn ids<'a>(ids: impl IntoIterator<Item = &'a NodeId>) -> Vec<String> {
    ids.into_iter().map(ToString::to_string).collect()
}

impl TownMap {
    /// The registry in force.
    #[must_use]
    pub fn of(registry: &Registry, version: u64) -> TownMap {
        TownMap {
            registry_version: version,
            areas: registry.areas.values().map(area).collect(),
            elements: registry.elements.values().map(element).collect(),
            cameras: registry.cameras.values().map(camera).collect(),
            entrances: registry.entrances.values().map(entrance).collect(),
            nodes: registry.nodes.values().map(node).collect(),
            places: registry.places.values().map(Place::of).collect(),
        }
    }
}

fn area(area: &registry::Area) -> MapArea {
    let (lon, lat) = lon_lat(area.at);
    MapArea {
        id: area.id.to_string(),
        kind: area.kind.word().to_owned(),
        name: area.name.to_string(),
        parent: area.parent.as_ref().map(ToString::to_string),
        lon,
        lat,
        boundary: area.boundary.clone().and_then(|b| shape_json(&b.into())),
    }
}

fn element(element: &registry::Element) -> MapElement {
    MapElement {
        id: element.id.to_string(),
        layer: element.layer.word().to_owned(),
        name: element.name.to_string(),
        radius_m: element.radius_m,
        shape: shape_json(&element.shape),
    }
}

fn camera(camera: &registry::Camera) -> MapCamera {
    let (lon, lat) = lon_lat(camera.at);
    MapCamera {
        id: camera.id.to_string(),
        name: camera.name.to_string(),
        area: camera.area.to_string(),
        layer: camera.layer.word().to_owned(),
        kind: camera.kind.word().to_owned(),
        status: camera.status.word().to_owned(),
        lon,
        lat,
        azimuth: camera.azimuth.map(|a| a.degrees),
        hfov: camera.hfov,
        range_m: camera.range_m,
        nodes: ids(camera.node.iter().chain(&camera.power)),
    }
}

fn entrance(entrance: &registry::Entrance) -> MapEntrance {
    let (lon, lat) = lon_lat(entrance.at);
    MapEntrance {
        id: entrance.id.to_string(),
        name: entrance.name.to_string(),
        area: entrance.area.to_string(),
        priority: entrance.priority,
        lon,
        lat,
    }
}

fn node(node: &registry::Node) -> MapNode {
    let (lon, lat) = lon_lat(node.at);
    MapNode {
        id: node.id.to_string(),
        kind: node.kind.word().to_owned(),
        name: node.name.to_string(),
        parents: ids(node.parents.of.iter().chain(&node.power.of)),
        lon,
        lat,
    }
}

/// What is believed of everything on the map, each list as long as that of the map and in its order.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct MapStates {
    /// The moment.
    #[schema(format = DateTime)]
    pub at: String,
    /// Version of the registry whose lists these are.
    pub registry_version: u64,
    /// Cameras; null where it is not installed, or nothing was known of it at a past moment.
    #[schema(schema_with = words::states_or_null)]
    pub cameras: Vec<Option<&'static str>>,
    /// Nodes; null at a past moment.
    #[schema(schema_with = words::states_or_null)]
    pub nodes: Vec<Option<&'static str>>,
    /// Entrances; null where it is not judged, or nothing was known of it at a past moment.
    #[schema(schema_with = words::entrance_states_or_null)]
    pub entrances: Vec<Option<&'static str>>,
    /// Ids of the cameras that come and go; empty at a past moment.
    pub flapping: Vec<String>,
}

impl MapStates {
    /// As believed now.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> MapStates {
        let registry = &snapshot.registry;
        let installed = |c: &&registry::Camera| c.status.is_installed();
        let camera = |c: &registry::Camera| {
            let view = snapshot.camera(c.id.as_str()).filter(|_| c.status.is_installed());
            view.map(|(_, v)| v.state.word())
        };
        let flaps = |c: &&registry::Camera| snapshot.camera(c.id.as_str()).is_some_and(|(_, v)| v.flapping);
        let node = |id: &NodeId| Some(snapshot.node(id.as_str()).map_or(State::Unknown, |(_, v)| v.state).word());
        let entrances = registry.entrances.keys();
        MapStates {
            at: stamp(snapshot.at),
            registry_version: snapshot.registry_version,
            cameras: registry.cameras.values().map(camera).collect(),
            nodes: registry.nodes.keys().map(node).collect(),
            entrances: entrances.map(|id| snapshot.entrance(id.as_str()).map(|(_, b)| b.now.state.word())).collect(),
            flapping: registry.cameras.values().filter(installed).filter(flaps).map(|c| c.id.to_string()).collect(),
        }
    }

    /// As believed at a moment of the past, of what is in the registry today.
    #[must_use]
    pub fn past(
        snapshot: &Snapshot,
        at: Time,
        camera: impl Fn(&str) -> Option<State>,
        entrance: impl Fn(&str) -> Option<EntranceState>,
    ) -> MapStates {
        let registry = &snapshot.registry;
        MapStates {
            at: stamp(at),
            registry_version: snapshot.registry_version,
            cameras: registry.cameras.keys().map(|id| camera(id.as_str()).map(State::word)).collect(),
            nodes: registry.nodes.keys().map(|_| None).collect(),
            entrances: registry.entrances.keys().map(|id| entrance(id.as_str()).map(EntranceState::word)).collect(),
            flapping: Vec::new(),
        }
    }
}

/// The roads of the registry folder as a FeatureCollection (RFC 7946): drawn, not analysed, and not put in force.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct RoadCollection {
    /// `FeatureCollection`.
    pub r#type: &'static str,
    /// The roads: lines with `id`, `highway` and `name`.
    #[schema(value_type = Vec<Object>)]
    pub features: Vec<Value>,
    /// Features of the file that are no lines, and are left out.
    pub others: usize,
    /// What is wrong with the file that is there now; the roads are then those of the last good one.
    pub faults: Vec<String>,
}

impl RoadCollection {
    /// The roads as they were seen.
    #[must_use]
    pub fn of(seen: &RoadsSeen) -> RoadCollection {
        let feature = |road: &crate::files::RoadLine| {
            let mut parts: Vec<Vec<[f64; 2]>> =
                road.parts.iter().map(|p| p.coords().map(|c| [c.x, c.y]).collect()).collect();
            let geometry = match (parts.len(), parts.pop()) {
                (1, Some(line)) => json!({ "type": "LineString", "coordinates": line }),
                (_, last) => {
                    parts.extend(last);
                    json!({ "type": "MultiLineString", "coordinates": parts })
                }
            };
            let properties = json!({ "id": road.id, "highway": road.highway, "name": road.name });
            json!({ "type": "Feature", "properties": properties, "geometry": geometry })
        };
        RoadCollection {
            r#type: "FeatureCollection",
            features: seen.roads.lines.iter().map(feature).collect(),
            others: seen.roads.others,
            faults: seen.faults.iter().take(MAX_FAULTS).map(ToString::to_string).collect(),
        }
    }
}
