//! An entrance, and who watches it.

use cunkou_core::coverage::{
    self, EntranceBelief, GapReason, Judgement, Standing, Verdict, Watcher, live_watchers, single_failures,
};
use cunkou_core::health::{self, State};
use cunkou_core::model::{CameraIx, NodeIx, Period};
use cunkou_core::registry;
use cunkou_core::world::Snapshot;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Cause, area_name, lon_lat, stamp_since, village, words};

/// An entrance: what the registry says, and whether somebody watches it. States and counts are null where it is not
/// judged (proposed, closed).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Entrance {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Id of its home: the smallest area it opens.
    pub area: String,
    /// The area's name.
    pub area_name: String,
    /// Id of its village or community.
    pub village: Option<String>,
    /// The village's name.
    pub village_name: Option<String>,
    /// Its life.
    #[schema(schema_with = words::entrance_status)]
    pub status: String,
    /// 1 (highest) to 5.
    pub priority: u8,
    /// Where the entry comes from; `derived` where it was made from camera positions.
    pub source: Option<String>,
    /// Its state now.
    #[schema(schema_with = words::entrance_state_or_null)]
    pub state: Option<String>,
    /// Its state by day.
    #[schema(schema_with = words::entrance_state_or_null)]
    pub state_day: Option<String>,
    /// Its state by night.
    #[schema(schema_with = words::entrance_state_or_null)]
    pub state_night: Option<String>,
    /// Why it is unwatched or planned now.
    #[schema(schema_with = words::gap_reason)]
    pub reason: Option<String>,
    /// Live cameras it needs.
    pub required: u32,
    /// Live cameras it should have.
    pub target: u32,
    /// Live cameras that watch it now.
    pub live: Option<u32>,
    /// Cameras that watch it now and may be live.
    pub unknown: Option<u32>,
    /// Ids of the installed cameras that watch it now.
    pub watchers: Vec<String>,
    /// Live cameras beyond `required`; null unless covered or reduced.
    pub spare_cameras: Option<u32>,
    /// Node failures it survives, 2 meaning two or more; null unless covered or reduced with every path known.
    pub spare_nodes: Option<u8>,
    /// `planned`: it would not be lost if everything in maintenance were up.
    #[schema(schema_with = words::outage)]
    pub outage: Option<String>,
    /// Since when the state of now holds.
    #[schema(format = DateTime)]
    pub since: Option<String>,
    /// Why it is lost, reduced or unknown.
    pub cause: Option<Cause>,
    /// Longitude, WGS 84, degrees.
    pub lon: Option<f64>,
    /// Latitude, WGS 84, degrees.
    pub lat: Option<f64>,
}

impl Entrance {
    /// An entrance of the registry in force.
    #[must_use]
    pub fn of(snapshot: &Snapshot, entrance: &registry::Entrance) -> Entrance {
        let belief = snapshot.entrance(entrance.id.as_str()).map(|(_, belief)| belief);
        let word = |of: &dyn Fn(&EntranceBelief) -> &Judgement| belief.map(|b| of(b).state.word().to_owned());
        let (village, village_name) = village(&snapshot.registry, &entrance.area);
        let (lon, lat) = lon_lat(entrance.at);
        let now = belief.map(|b| b.now);
        Entrance {
            id: entrance.id.to_string(),
            name: entrance.name.to_string(),
            area: entrance.area.to_string(),
            area_name: area_name(&snapshot.registry, &entrance.area),
            village,
            village_name,
            status: entrance.status.word().to_owned(),
            priority: entrance.priority,
            source: entrance.source.as_ref().map(ToString::to_string),
            state: word(&|b| &b.now),
            state_day: word(&|b| &b.day),
            state_night: word(&|b| &b.night),
            reason: now.and_then(|n| n.gap).map(|g| GapReason::word(g).to_owned()),
            required: entrance.required,
            target: entrance.target,
            live: now.map(|n| n.live),
            unknown: now.map(|n| n.unknown),
            watchers: watchers(snapshot, entrance, Period::Now),
            spare_cameras: belief.and_then(|b| b.spare_cameras),
            spare_nodes: belief.and_then(|b| b.spare_nodes),
            outage: now.filter(|n| n.outage_planned).map(|_| "planned".to_owned()),
            since: belief.and_then(|b| stamp_since(b.since)),
            cause: belief.and_then(|b| b.cause.as_ref()).map(|c| Cause::of(c, &snapshot.registry)),
            lon,
            lat,
        }
    }
}

/// Everything with a verdict other than no on an entrance.
fn table<'a>(snapshot: &'a Snapshot, entrance: &registry::Entrance) -> &'a [Watcher] {
    let ix = snapshot.topology.entrance(entrance.id.as_str());
    ix.and_then(|ix| snapshot.watch.of_entrance.get(ix.at())).map_or(&[], Vec::as_slice)
}

/// The installed cameras that watch an entrance in a period, by id.
pub(in crate::http) fn watchers(snapshot: &Snapshot, entrance: &registry::Entrance, period: Period) -> Vec<String> {
    let night = match period {
        Period::Day => false,
        Period::Night => true,
        Period::Now => snapshot.night,
    };
    let off_duty = |w: &Watcher| match period {
        Period::Now => snapshot.cameras.get(w.camera.at()).is_some_and(|c| c.off_duty),
        Period::Day | Period::Night => w.rests(night),
    };
    let all = table(snapshot, entrance).iter().filter(|w| Verdict::Yes == w.verdict(night) && !off_duty(w));
    let slots = all.filter_map(|w| snapshot.topology.cameras.get(w.camera.at()));
    slots.filter(|s| s.life.is_some_and(|l| l.is_installed())).map(|s| s.id.to_string()).collect()
}

/// An entrance with everything that watches it, will watch it, or may.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct EntranceDetail {
    /// The entrance.
    #[serde(flatten)]
    pub entrance: Entrance,
    /// Cameras that watch it, planned ones included, and those that may.
    pub watch: Vec<EntranceWatcher>,
    /// Cameras and nodes of which one more failure alone would lose it; empty where it survives any, or is lost.
    #[serde(default)]
    pub weak: Vec<Cause>,
}

/// One camera and one entrance.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct EntranceWatcher {
    /// Id of the camera.
    pub camera: String,
    /// Its name.
    pub name: String,
    /// Its life.
    #[schema(schema_with = words::life)]
    pub status: String,
    /// What is believed of it; null unless it is installed.
    #[schema(schema_with = words::state_or_null)]
    pub state: Option<String>,
    /// Whether it watches by day; `maybe` never covers.
    #[schema(schema_with = words::verdict)]
    pub day: String,
    /// Whether it watches by night.
    #[schema(schema_with = words::verdict)]
    pub night: String,
    /// Said by the registry, not computed.
    pub declared: bool,
    /// Why it does not answer.
    pub cause: Option<Cause>,
}

impl EntranceDetail {
    /// An entrance of the registry in force, with its watchers.
    #[must_use]
    pub fn of(snapshot: &Snapshot, entrance: &registry::Entrance) -> EntranceDetail {
        let watch = table(snapshot, entrance).iter().filter_map(|w| EntranceWatcher::of(snapshot, w)).collect();
        EntranceDetail { entrance: Entrance::of(snapshot, entrance), watch, weak: weak(snapshot, entrance) }
    }
}

fn weak(snapshot: &Snapshot, entrance: &registry::Entrance) -> Vec<Cause> {
    let standing = |c: CameraIx| {
        let view = snapshot.cameras.get(c.at());
        view.map_or(Standing::Unknown, |v| coverage::standing(v.state, v.before, v.flapping, v.reasons))
    };
    let life = |c: CameraIx| snapshot.topology.cameras.get(c.at()).and_then(|s| s.life);
    let live: Vec<CameraIx> = live_watchers(table(snapshot, entrance), snapshot.night, standing, life).collect();
    let down = |n: NodeIx| snapshot.nodes.get(n.at()).is_some_and(|v| v.state == State::Down);
    let (cameras, nodes) = single_failures(&snapshot.topology, &live, entrance.required, &down);
    let cameras = cameras.iter().filter_map(|c| snapshot.topology.cameras.get(c.at()));
    let nodes = nodes.iter().filter_map(|n| snapshot.topology.nodes.get(n.at()));
    let cameras = cameras.map(|slot| health::Cause::Camera(slot.id.clone()));
    let all = cameras.chain(nodes.map(|slot| health::Cause::Node(slot.id.clone())));
    all.map(|cause| Cause::of(&cause, &snapshot.registry)).collect()
}

impl EntranceWatcher {
    fn of(snapshot: &Snapshot, watcher: &Watcher) -> Option<EntranceWatcher> {
        let id = &snapshot.topology.cameras.get(watcher.camera.at())?.id;
        let camera = snapshot.registry.cameras.get(id)?;
        let view = snapshot.cameras.get(watcher.camera.at()).filter(|_| camera.status.is_installed());
        Some(EntranceWatcher {
            camera: id.to_string(),
            name: camera.name.to_string(),
            status: camera.status.word().to_owned(),
            state: view.map(|v| v.state.word().to_owned()),
            day: verdict(watcher.day).to_owned(),
            night: verdict(watcher.night).to_owned(),
            declared: watcher.declared,
            cause: view.and_then(|v| v.cause.as_ref()).map(|c| Cause::of(c, &snapshot.registry)),
        })
    }
}

const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::No => "no",
        Verdict::Maybe => "maybe",
        Verdict::Yes => "yes",
    }
}
