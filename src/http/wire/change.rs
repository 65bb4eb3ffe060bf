//! What changed between two published snapshots: the payload of the event stream.

use cunkou_core::coverage::EntranceBelief;
use cunkou_core::world::{CameraView, NodeView, Snapshot};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Cause, Incident, RoundView, stamp, stamp_since, words};

/// One change of the published truth: everything that is another than before, whole.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// The moment of the new snapshot.
    #[schema(format = DateTime)]
    pub at: String,
    /// Version of the registry in force; when it grew, read the lists again.
    pub registry_version: u64,
    /// Since when the monitor itself cannot see.
    #[schema(format = DateTime)]
    pub blind_since: Option<String>,
    /// Whether it is night in the town.
    pub night: bool,
    /// The first round after a start, while it goes on.
    pub first_round: Option<RoundView>,
    /// Cameras of which another thing is believed.
    pub cameras: Vec<CameraChange>,
    /// Nodes of which another thing is believed.
    pub nodes: Vec<NodeChange>,
    /// Entrances that stand otherwise.
    pub entrances: Vec<EntranceChange>,
    /// Incidents that are new or changed.
    pub incidents: Vec<Incident>,
}

/// A sign of life on the event stream.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Tick {
    /// The time of the daemon's clock.
    #[schema(format = DateTime)]
    pub at: String,
    /// Whether the daemon does its job: its loop turns, its store writes (`/-/ready`).
    pub ready: bool,
}

/// A camera of which another thing is believed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CameraChange {
    /// Its id.
    pub id: String,
    /// Its state.
    #[schema(schema_with = words::state)]
    pub state: String,
    /// Whether it comes and goes.
    pub flapping: bool,
    /// Why it is degraded.
    #[schema(schema_with = words::reasons)]
    pub reasons: Vec<String>,
    /// Since when.
    #[schema(format = DateTime)]
    pub since: Option<String>,
    /// Why.
    pub cause: Option<Cause>,
}

/// A node of which another thing is believed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct NodeChange {
    /// Its id.
    pub id: String,
    /// Its state.
    #[schema(schema_with = words::state)]
    pub state: String,
    /// Since when.
    #[schema(format = DateTime)]
    pub since: Option<String>,
    /// Judged from what hangs on it.
    pub inferred: bool,
}

/// An entrance that stands otherwise.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct EntranceChange {
    /// Its id.
    pub id: String,
    /// Its state now; null when it is not judged any more.
    #[schema(schema_with = words::entrance_state_or_null)]
    pub state: Option<String>,
    /// Its state by day.
    #[schema(schema_with = words::entrance_state_or_null)]
    pub state_day: Option<String>,
    /// Its state by night.
    #[schema(schema_with = words::entrance_state_or_null)]
    pub state_night: Option<String>,
    /// Live cameras that watch it now.
    pub live: Option<u32>,
    /// Since when the state of now holds.
    #[schema(format = DateTime)]
    pub since: Option<String>,
    /// Why it is lost, reduced or unknown.
    pub cause: Option<Cause>,
}

impl Change {
    /// What is other in `after`; `None` when a reader of the stream would see nothing new.
    #[must_use]
    pub fn between(before: &Snapshot, after: &Snapshot) -> Option<Change> {
        let change = Change {
            at: stamp(after.at),
            registry_version: after.registry_version,
            blind_since: after.blind.map(stamp),
            night: after.night,
            first_round: after.round.map(|r| RoundView { done: r.done, of: r.of }),
            cameras: cameras(before, after),
            nodes: nodes(before, after),
            entrances: entrances(before, after),
            incidents: incidents(before, after),
        };
        let same_frame = before.registry_version == after.registry_version
            && (before.blind, before.night, before.round) == (after.blind, after.night, after.round);
        let nothing = change.cameras.is_empty()
            && change.nodes.is_empty()
            && change.entrances.is_empty()
            && change.incidents.is_empty();
        (!same_frame || !nothing).then_some(change)
    }
}

/// What a reader sees of a camera; round trips and the time of the last pass change all the time and are left out.
fn seen(view: &CameraView) -> impl PartialEq {
    (view.state, view.since, view.reasons, view.flapping, view.cause.clone())
}

fn cameras(before: &Snapshot, after: &Snapshot) -> Vec<CameraChange> {
    let old = before.cameras.iter().map(Some).chain(std::iter::repeat(None));
    let rows = after.topology.cameras.iter().zip(after.cameras.iter()).zip(old);
    let shown = rows.filter(|((slot, _), _)| slot.life.is_some_and(|l| l.is_installed()));
    let changed = shown.filter(|((_, view), old)| old.is_none_or(|old| seen(old) != seen(view)));
    changed
        .map(|((slot, view), _)| CameraChange {
            id: slot.id.to_string(),
            state: view.state.word().to_owned(),
            flapping: view.flapping,
            reasons: view.reasons.iter().map(|r| r.word().to_owned()).collect(),
            since: stamp_since(view.since),
            cause: view.cause.as_ref().map(|c| Cause::of(c, &after.registry)),
        })
        .collect()
}

fn nodes(before: &Snapshot, after: &Snapshot) -> Vec<NodeChange> {
    let seen = |v: &NodeView| (v.state, v.since, v.inferred);
    let old = before.nodes.iter().map(Some).chain(std::iter::repeat(None));
    let rows = after.topology.nodes.iter().zip(after.nodes.iter()).zip(old);
    let shown = rows.filter(|((slot, _), _)| slot.kind.is_some());
    let changed = shown.filter(|((_, view), old)| old.is_none_or(|old| seen(old) != seen(view)));
    changed
        .map(|((slot, view), _)| NodeChange {
            id: slot.id.to_string(),
            state: view.state.word().to_owned(),
            since: stamp_since(view.since),
            inferred: view.inferred,
        })
        .collect()
}

fn entrances(before: &Snapshot, after: &Snapshot) -> Vec<EntranceChange> {
    let seen = |b: &EntranceBelief| (b.now.state, b.day.state, b.night.state, b.now.live, b.since, b.cause.clone());
    let old = before.entrances.iter().map(Some).chain(std::iter::repeat(None));
    let rows = after.topology.entrances.iter().zip(after.entrances.iter()).zip(old);
    let changed = rows.filter(|((_, view), old)| old.and_then(|o| o.as_ref().map(seen)) != view.as_ref().map(seen));
    changed
        .map(|((slot, view), _)| {
            let belief = view.as_ref();
            EntranceChange {
                id: slot.id.to_string(),
                state: belief.map(|b| b.now.state.word().to_owned()),
                state_day: belief.map(|b| b.day.state.word().to_owned()),
                state_night: belief.map(|b| b.night.state.word().to_owned()),
                live: belief.map(|b| b.now.live),
                since: belief.and_then(|b| stamp_since(b.since)),
                cause: belief.and_then(|b| b.cause.as_ref()).map(|c| Cause::of(c, &after.registry)),
            }
        })
        .collect()
}

fn incidents(before: &Snapshot, after: &Snapshot) -> Vec<Incident> {
    let changed = after.incidents.iter().filter(|(id, incident)| before.incidents.get(id) != Some(incident));
    changed.filter_map(|(_, incident)| Incident::of(incident, &after.registry)).collect()
}
