//! What somebody supposes: cameras and nodes down or up, cameras added or moved. Read strictly, checked as the register
//! itself is, and put nowhere.

mod reading;

use cunkou_core::model::NodeId;
use cunkou_core::registry::Camera;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words;

/// The longest name of an added camera, characters.
const MAX_NAME: usize = 200;

/// What is supposed, all of it at once. The order does not matter; what is both down and up is left as it is.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatIfBody {
    /// Ids of cameras and nodes that are down. A node takes with it whatever then has no path.
    #[serde(default)]
    #[schema(schema_with = words::supposed_ids)]
    pub down: Vec<String>,
    /// Ids of cameras and nodes that are up. A node brings back what is down for its sake; a camera that is planned or
    /// gone stands there.
    #[serde(default)]
    #[schema(schema_with = words::supposed_ids)]
    pub up: Vec<String>,
    /// Cameras that stand there too. They are live if their path works.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub add: Vec<AddedCamera>,
    /// Cameras of the registry that stand elsewhere; each once. What they are declared to watch holds only where their
    /// view from there does not say no.
    #[serde(default, rename = "move")]
    #[schema(max_items = 200)]
    pub moved: Vec<MovedCamera>,
}

/// A camera that might be added: the columns of cameras.csv by which it watches; those by which it would be asked are
/// left out. What is null or left out is as where the cell is empty.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddedCamera {
    /// Its id; one that the registry does not have.
    #[schema(pattern = "^[A-Za-z0-9._-]{1,64}$")]
    pub id: String,
    /// Its name; without one its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub name: Option<String>,
    /// Id of the area that it stands in.
    #[schema(pattern = "^[A-Za-z0-9._-]{1,64}$")]
    pub area: String,
    /// Its layer of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::layer_or_null)]
    pub layer: Option<String>,
    /// Id of its element of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[A-Za-z0-9._-]{1,64}$")]
    pub element: Option<String>,
    /// How it looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::camera_kind_or_null)]
    pub kind: Option<String>,
    /// Longitude, WGS 84, degrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -180, maximum = 180)]
    pub lon: Option<f64>,
    /// Latitude, WGS 84, degrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -90, maximum = 90)]
    pub lat: Option<f64>,
    /// Error of the position, metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100_000)]
    pub position_m: Option<f64>,
    /// Height of the lens above ground, metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 500)]
    pub height_m: Option<f64>,
    /// Where it looks, degrees clockwise from true north.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 360)]
    pub azimuth: Option<f64>,
    /// Error of the azimuth, degrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 180)]
    pub azimuth_error: Option<f64>,
    /// Degrees below the horizon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -90, maximum = 90)]
    pub tilt: Option<f64>,
    /// Horizontal field of view, degrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 360)]
    pub hfov: Option<f64>,
    /// How far it sees by day, metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100_000)]
    pub range_m: Option<f64>,
    /// Picture width, pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 100_000)]
    pub width_px: Option<f64>,
    /// Picture height, pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 100_000)]
    pub height_px: Option<f64>,
    /// Its light by night.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::night_light_or_null)]
    pub night: Option<String>,
    /// How far that light reaches, metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100_000)]
    pub night_range_m: Option<f64>,
    /// Hours of a day in which it is on duty, local time, such as `08:00-18:00`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
    pub duty: Option<String>,
    /// Ids of the nodes that it hangs on; it needs all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(schema_with = words::nodes_of_one)]
    pub node: Vec<String>,
    /// Ids of the feeds that it hangs on; it needs all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(schema_with = words::nodes_of_one)]
    pub power: Vec<String>,
    /// Its life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::life_or_null)]
    pub status: Option<String>,
    /// What it is declared to watch: ids of entrances or elements, with a leading `!` what it does not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(schema_with = words::watch_rules)]
    pub watches: Vec<String>,
}

/// A camera of the registry that stands elsewhere.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MovedCamera {
    /// Its id.
    #[schema(pattern = "^[A-Za-z0-9._-]{1,64}$")]
    pub camera: String,
    /// Longitude, WGS 84, degrees.
    #[schema(minimum = -180, maximum = 180)]
    pub lon: f64,
    /// Latitude, WGS 84, degrees.
    #[schema(minimum = -90, maximum = 90)]
    pub lat: f64,
    /// Where it looks then, degrees clockwise from true north; null: where it looks now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 360)]
    pub azimuth: Option<f64>,
}

/// What is wrong with a question; of several the first of these is what it is refused for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Wrong {
    /// A value is not what it may be.
    Form,
    /// An id is none of the registry, or that of something else.
    Unknown,
    /// It contradicts itself or the registry.
    Contradiction,
}

/// A question that has no answer, with everything that is wrong with it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("what is supposed cannot be:\n{}", faults.join("\n"))]
pub struct NoQuestion {
    /// What it is refused for.
    pub wrong: Wrong,
    /// One line a fault.
    pub faults: Vec<String>,
}

impl AddedCamera {
    /// A camera as the register has read it, without that by which it is asked.
    #[must_use]
    pub fn of(camera: &Camera) -> AddedCamera {
        let ids = |of: &[NodeId]| of.iter().map(ToString::to_string).collect();
        let hours = camera.duty.map(|duty| {
            let clock = |m: u16| format!("{:02}:{:02}", m / 60, m % 60);
            format!("{}-{}", clock(duty.from_minute), clock(duty.to_minute))
        });
        AddedCamera {
            id: camera.id.to_string(),
            name: Some(camera.name.chars().take(MAX_NAME).collect()),
            area: camera.area.to_string(),
            layer: Some(camera.layer.word().to_owned()),
            element: camera.element.as_ref().map(ToString::to_string),
            kind: Some(camera.kind.word().to_owned()),
            lon: camera.at.map(|at| at.lon),
            lat: camera.at.map(|at| at.lat),
            position_m: Some(camera.position_m),
            height_m: camera.height_m,
            azimuth: camera.azimuth.map(|a| a.degrees),
            azimuth_error: camera.azimuth.map(|a| a.error),
            tilt: camera.tilt,
            hfov: camera.hfov,
            range_m: camera.range_m,
            width_px: camera.width_px.map(f64::from),
            height_px: camera.height_px.map(f64::from),
            night: Some(camera.night.word().to_owned()),
            night_range_m: camera.night_range_m,
            duty: hours,
            node: ids(&camera.node),
            power: ids(&camera.power),
            status: Some(camera.status.word().to_owned()),
            watches: camera.watches.iter().map(|w| format!("{}{}", if w.watches { "" } else { "!" }, w.id)).collect(),
        }
    }
}
