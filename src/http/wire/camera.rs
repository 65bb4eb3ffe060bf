//! A camera, its checks, and the outcomes behind its state.

use cunkou_core::model::{Check, FailKind, Inconclusive, Outcome, ProbeResult, Reason};
use cunkou_core::registry;
use cunkou_core::world::{CameraView, Snapshot};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Cause, area_name, lon_lat, stamp, stamp_since, village, words};

/// A camera: what the registry says, and what is believed of it. Its address is not shown.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Camera {
    /// Its id.
    pub id: String,
    /// The 20 digits of GB/T 28181.
    pub gb_code: Option<String>,
    /// Its name.
    pub name: String,
    /// Id of the area it stands in.
    pub area: String,
    /// The area's name.
    pub area_name: String,
    /// Id of its village or community.
    pub village: Option<String>,
    /// The village's name.
    pub village_name: Option<String>,
    /// Its layer of the plan.
    #[schema(schema_with = words::layer)]
    pub layer: String,
    /// How it looks.
    #[schema(schema_with = words::camera_kind)]
    pub kind: String,
    /// The nodes it hangs on, separated by blanks; null: unknown.
    pub node: Option<String>,
    /// Its life.
    #[schema(schema_with = words::life)]
    pub status: String,
    /// What is believed of it; null unless it is installed.
    #[schema(schema_with = words::state_or_null)]
    pub state: Option<String>,
    /// Whether it comes and goes.
    pub flapping: bool,
    /// Why it is degraded.
    #[schema(schema_with = words::reasons)]
    pub reasons: Vec<String>,
    /// Since when the state holds.
    #[schema(format = DateTime)]
    pub since: Option<String>,
    /// The last try of any check that passed.
    #[schema(format = DateTime)]
    pub last_success: Option<String>,
    /// Why it is down or unknown.
    pub cause: Option<Cause>,
    /// Held down by inference from its node alone, not by its own probes.
    pub inferred: bool,
    /// Off duty by its hours: it is not asked, and its state is unknown.
    pub off_duty: bool,
    /// Its checks that are on.
    pub checks: Vec<CheckView>,
    /// The last round trip of reach, in milliseconds.
    pub rtt_ms: Option<i64>,
    /// Changes of state since it was registered.
    pub changes: u64,
    /// Ids of the entrances that it watches, by day or by night.
    pub watches: Vec<String>,
    /// Maker.
    pub vendor: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Longitude, WGS 84, degrees.
    pub lon: Option<f64>,
    /// Latitude, WGS 84, degrees.
    pub lat: Option<f64>,
}

/// One check of a camera.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CheckView {
    /// Which.
    #[schema(schema_with = words::check)]
    pub check: String,
    /// Time between two ordinary tries, in milliseconds.
    pub interval_ms: Option<i64>,
    /// Whether the last try passed; null without fresh evidence.
    pub passing: Option<bool>,
    /// Held back on purpose: a refused password, a failing reach, hours of duty.
    pub held: bool,
    /// The last try that passed.
    #[schema(format = DateTime)]
    pub last_success: Option<String>,
}

impl Camera {
    /// A camera of the registry in force.
    #[must_use]
    pub fn of(snapshot: &Snapshot, camera: &registry::Camera) -> Camera {
        let unknown = CameraView::default();
        let installed = camera.status.is_installed();
        let slot = snapshot.camera(camera.id.as_str());
        let view = slot.filter(|_| installed).map_or(&unknown, |(_, view)| view);
        let (village, village_name) = village(&snapshot.registry, &camera.area);
        let (lon, lat) = lon_lat(camera.at);
        let text = |t: &Option<std::sync::Arc<str>>| t.as_ref().map(ToString::to_string);
        let nodes = camera.node.iter().map(|n| n.as_str()).collect::<Vec<_>>().join(" ");
        Camera {
            id: camera.id.to_string(),
            gb_code: text(&camera.gb_code),
            name: camera.name.to_string(),
            area: camera.area.to_string(),
            area_name: area_name(&snapshot.registry, &camera.area),
            village,
            village_name,
            layer: camera.layer.word().to_owned(),
            kind: camera.kind.word().to_owned(),
            node: Some(nodes).filter(|n| !n.is_empty()),
            status: camera.status.word().to_owned(),
            state: installed.then(|| view.state.word().to_owned()),
            flapping: view.flapping,
            reasons: view.reasons.iter().map(|r| r.word().to_owned()).collect(),
            since: stamp_since(view.since),
            last_success: view.last_pass.iter().flatten().max().map(|t| stamp(*t)),
            cause: view.cause.as_ref().map(|c| Cause::of(c, &snapshot.registry)),
            inferred: view.inferred,
            off_duty: view.off_duty,
            checks: checks(snapshot, camera, view),
            rtt_ms: view.rtt.map(|r| r.as_millis()),
            changes: view.changes,
            watches: watches(snapshot, camera),
            vendor: text(&camera.vendor),
            model: text(&camera.model),
            lon,
            lat,
        }
    }
}

fn checks(snapshot: &Snapshot, camera: &registry::Camera, view: &CameraView) -> Vec<CheckView> {
    let slot = snapshot.topology.camera(camera.id.as_str()).and_then(|ix| snapshot.topology.cameras.get(ix.at()));
    let on = Check::ALL.into_iter().filter(|c| view.on[c.at()]);
    on.map(|check| CheckView {
        check: check.word().to_owned(),
        interval_ms: slot.and_then(|s| s.checks[check.at()]).map(|p| p.interval.as_millis()),
        passing: view.passing[check.at()],
        held: view.held[check.at()],
        last_success: view.last_pass[check.at()].map(stamp),
    })
    .collect()
}

fn watches(snapshot: &Snapshot, camera: &registry::Camera) -> Vec<String> {
    let ix = snapshot.topology.camera(camera.id.as_str());
    let entrances = ix.and_then(|ix| snapshot.watch.of_camera.get(ix.at()));
    let ids = entrances.into_iter().flatten().filter_map(|e| snapshot.topology.entrances.get(e.at()));
    ids.map(|slot| slot.id.to_string()).collect()
}

/// A camera with the outcomes behind its state.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CameraDetail {
    /// The camera.
    #[serde(flatten)]
    pub camera: Camera,
    /// The last outcomes of each check in memory, oldest first.
    pub evidence: Vec<Evidence>,
}

/// What came back from one probe.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Evidence {
    /// What was asked.
    #[schema(schema_with = words::check)]
    pub check: String,
    /// When the probe began.
    #[schema(format = DateTime)]
    pub at: String,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
    /// Asked for out of turn.
    pub asked: bool,
    /// What it says.
    #[schema(schema_with = words::result)]
    pub result: String,
    /// How it failed, what was wrong with the answer, or why it says nothing; null for a plain pass.
    #[schema(schema_with = words::outcome_reason)]
    pub reason: Option<String>,
    /// The phase in which it ended.
    #[schema(schema_with = words::phase)]
    pub phase: String,
    /// The phases that were entered.
    pub phases: Vec<PhaseTime>,
    /// The round trip, in milliseconds.
    pub rtt_ms: Option<i64>,
    /// What the thing said, one line.
    pub note: Option<String>,
}

/// How long one phase took.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct PhaseTime {
    /// Which.
    #[schema(schema_with = words::phase)]
    pub phase: String,
    /// Microseconds.
    pub micros: u32,
}

impl Evidence {
    /// An outcome as the API shows it.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Evidence {
        let reason = match outcome.result {
            ProbeResult::Pass { slow } => slow.then(|| Reason::Slow.word()),
            ProbeResult::Fail(kind) => Some(FailKind::word(kind)),
            ProbeResult::Answered(reason) => Some(reason.word()),
            ProbeResult::Inconclusive(why) => Some(Inconclusive::word(why)),
        };
        Evidence {
            check: outcome.check.word().to_owned(),
            at: stamp(outcome.begun),
            took_ms: outcome.ended.since(outcome.begun).as_millis(),
            asked: outcome.asked,
            result: outcome.result.label().word().to_owned(),
            reason: reason.map(str::to_owned),
            phase: outcome.phase.word().to_owned(),
            phases: outcome.times.iter().map(|(p, micros)| PhaseTime { phase: p.word().to_owned(), micros }).collect(),
            rtt_ms: outcome.rtt.map(|r| r.as_millis()),
            note: outcome.note.as_ref().map(ToString::to_string),
        }
    }
}
