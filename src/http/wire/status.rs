//! The whole town in one answer, and whether the daemon is ready.

use cunkou_core::alert::IncidentStatus;
use cunkou_core::coverage::EntranceState;
use cunkou_core::health::State;
use cunkou_core::registry::{self, Life};
use cunkou_core::world::Snapshot;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{stamp, words};
use crate::metrics::Figures;

/// How the town stands.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// The moment this is about.
    #[schema(format = DateTime)]
    pub at: String,
    /// Version of the program.
    pub version: String,
    /// Version of the registry in force.
    pub registry_version: u64,
    /// Whether it is night in the town.
    pub night: bool,
    /// Since when the monitor itself cannot see; null while it can.
    #[schema(format = DateTime)]
    pub blind_since: Option<String>,
    /// The first round after a start, while it goes on.
    pub first_round: Option<RoundView>,
    /// Cameras by life and state.
    pub cameras: CameraCounts,
    /// Entrances by their state now.
    pub entrances: EntranceCounts,
    /// By day.
    pub entrances_day: EntranceCounts,
    /// By night.
    pub entrances_night: EntranceCounts,
    /// Incidents that go on.
    pub incidents: IncidentCounts,
    /// How much of the plan is complete.
    pub coverage: Vec<Coverage>,
    /// Reference addresses near the monitor.
    pub canaries: Vec<Canary>,
}

/// How far a first round is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RoundView {
    /// Cameras with a confirmed verdict.
    pub done: u32,
    /// Installed cameras.
    pub of: u32,
}

/// Cameras by life and state.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct CameraCounts {
    /// Active or in maintenance: the states below add up to these.
    pub installed: u32,
    /// Answer.
    pub up: u32,
    /// Answer, but something is wrong.
    pub degraded: u32,
    /// Failing, not confirmed.
    pub suspect: u32,
    /// Confirmed failing.
    pub down: u32,
    /// No fresh evidence.
    pub unknown: u32,
    /// Of the installed ones, coming and going.
    pub flapping: u32,
    /// Of the installed ones, in maintenance: by the registry, or announced.
    pub maintenance: u32,
    /// Of the unknown ones, off duty by their hours.
    pub off_duty: u32,
    /// Not there yet.
    pub planned: u32,
    /// Gone.
    pub retired: u32,
}

impl CameraCounts {
    /// Counts one camera.
    pub(in crate::http) fn add(&mut self, snapshot: &Snapshot, camera: &registry::Camera) {
        match camera.status {
            Life::Planned => self.planned += 1,
            Life::Retired => self.retired += 1,
            Life::Active | Life::Maintenance => {
                let view = snapshot.camera(camera.id.as_str()).map(|(_, view)| view);
                self.installed += 1;
                let worked_on = camera.status == Life::Maintenance || view.is_some_and(|v| v.maintenance);
                self.maintenance += u32::from(worked_on);
                self.flapping += u32::from(view.is_some_and(|v| v.flapping));
                self.off_duty += u32::from(view.is_some_and(|v| v.off_duty));
                match view.map_or(State::Unknown, |v| v.state) {
                    State::Unknown => self.unknown += 1,
                    State::Up => self.up += 1,
                    State::Suspect => self.suspect += 1,
                    State::Degraded => self.degraded += 1,
                    State::Down => self.down += 1,
                }
            }
        }
    }

    /// Counts all cameras of the registry in force.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> CameraCounts {
        let mut counts = CameraCounts::default();
        snapshot.registry.cameras.values().for_each(|c| counts.add(snapshot, c));
        counts
    }
}

/// Entrances by state.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct EntranceCounts {
    /// As many live cameras as they should have.
    pub covered: u32,
    /// As many as they need, fewer than they should have.
    pub reduced: u32,
    /// Fewer than they need.
    pub lost: u32,
    /// They may have as many as they need.
    pub unknown: u32,
    /// Too few cameras watch them: gaps of the plan.
    pub unwatched: u32,
    /// Too few watch them; with the planned ones there are enough.
    pub planned: u32,
}

impl EntranceCounts {
    /// Counts one entrance.
    pub(in crate::http) fn add(&mut self, state: EntranceState) {
        match state {
            EntranceState::Planned => self.planned += 1,
            EntranceState::Unwatched => self.unwatched += 1,
            EntranceState::Covered => self.covered += 1,
            EntranceState::Reduced => self.reduced += 1,
            EntranceState::Unknown => self.unknown += 1,
            EntranceState::Lost => self.lost += 1,
        }
    }

    /// Takes one away that was counted.
    pub(in crate::http) fn take(&mut self, state: EntranceState) {
        let count = match state {
            EntranceState::Planned => &mut self.planned,
            EntranceState::Unwatched => &mut self.unwatched,
            EntranceState::Covered => &mut self.covered,
            EntranceState::Reduced => &mut self.reduced,
            EntranceState::Unknown => &mut self.unknown,
            EntranceState::Lost => &mut self.lost,
        };
        *count = count.saturating_sub(1);
    }
}

/// Incidents that go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct IncidentCounts {
    /// Nobody has taken them.
    pub open: u32,
    /// Somebody has.
    pub acknowledged: u32,
}

/// How much of one layer of the plan is complete.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Coverage {
    /// The layer.
    #[schema(schema_with = words::layer)]
    pub layer: String,
    /// By plan, as built, or live.
    #[schema(schema_with = words::level)]
    pub level: String,
    /// When.
    #[schema(schema_with = words::period)]
    pub period: String,
    /// Complete elements / all elements, 0 to 1.
    pub ratio: f64,
}

/// A reference address near the monitor.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Canary {
    /// As the settings name it.
    pub name: String,
    /// Whether it answers; null before its first answer.
    pub up: Option<bool>,
}

impl Status {
    /// The town as the snapshot has it.
    #[must_use]
    pub fn of(snapshot: &Snapshot, figures: &Figures, version: &str) -> Status {
        let mut entrances = [EntranceCounts::default(), EntranceCounts::default(), EntranceCounts::default()];
        for (_, belief) in snapshot.registry.entrances.keys().filter_map(|id| snapshot.entrance(id.as_str())) {
            entrances[0].add(belief.now.state);
            entrances[1].add(belief.day.state);
            entrances[2].add(belief.night.state);
        }
        let [now, day, night] = entrances;
        let incidents = |status| snapshot.incidents.values().filter(|i| i.status == status).count();
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let coverage = figures.coverage.iter().map(|c| Coverage {
            layer: c.layer.word().to_owned(),
            level: c.level.to_owned(),
            period: c.period.word().to_owned(),
            ratio: c.ratio,
        });
        Status {
            at: stamp(snapshot.at),
            version: version.to_owned(),
            registry_version: snapshot.registry_version,
            night: snapshot.night,
            blind_since: snapshot.blind.map(stamp),
            first_round: snapshot.round.map(|r| RoundView { done: r.done, of: r.of }),
            cameras: CameraCounts::of(snapshot),
            entrances: now,
            entrances_day: day,
            entrances_night: night,
            incidents: IncidentCounts {
                open: small(incidents(IncidentStatus::Open)),
                acknowledged: small(incidents(IncidentStatus::Acknowledged)),
            },
            coverage: coverage.collect(),
            canaries: snapshot.canaries.iter().map(|c| Canary { name: c.name.to_string(), up: c.up }).collect(),
        }
    }
}

/// Whether the daemon does its job.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Readiness {
    /// A registry is in force, the store writes and the loop turns.
    pub ready: bool,
    /// Why not, or what is not well all the same, one sentence each.
    pub reasons: Vec<String>,
    /// The first round after a start, while it goes on; readiness does not wait for it.
    pub first_round: Option<RoundView>,
    /// Version of the registry in force.
    pub registry_version: u64,
}
