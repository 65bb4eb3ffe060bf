//! What stands on a sheet, out of the snapshot and the last outcomes in memory.

use std::sync::Arc;
use std::time::Duration;

use cunkou_core::alert::{Incident, IncidentStatus, Speaker, clean};
use cunkou_core::health::{Cause, State};
use cunkou_core::model::{CameraId, Language, NodeId, Outcome, Target, Time};
use cunkou_core::registry::{LonLat, Place, PlaceKind, Registry};
use cunkou_core::world::Snapshot;
use futures_util::future::join_all;
use geo::{Distance, Haversine, Point};

use super::map::{self, Drawing};
use crate::files::RoadMap;
use crate::http::AppState;
use crate::http::boards::{local, words};
use crate::http::page::Html;
use crate::http::story::{Part, found_parts, speaking, where_to_go};
use crate::http::wire::{stamp, with_those_above};
use crate::probe::Hint;

/// Lost entrances that are listed.
const MAX_LOST: usize = 10;
/// Cameras and nodes that are listed.
const MAX_ROWS: usize = 6;
/// Rivals, and nodes above the cause, that are named.
const MAX_CAUSES: usize = 3;
/// Cameras that are drawn.
const MAX_DRAWN: usize = 200;
/// Outcomes of a thing.
const OUTCOMES: usize = 5;
/// The engine is asked for outcomes for so long at most; a sheet without them is better than none.
const WAIT: Duration = Duration::from_secs(2);

/// Everything that stands on it, as text; times as people there write them.
pub(super) struct Sheet {
    pub(super) id: u64,
    pub(super) status: String,
    pub(super) printed: String,
    pub(super) spoken: Spoken,
    pub(super) exact: bool,
    pub(super) rivals_total: usize,
    pub(super) since: String,
    /// The areas it lies in, the smallest last.
    pub(super) place: String,
    pub(super) at: Option<LonLat>,
    /// Of the device to blame; only for those who may see it.
    pub(super) address: Option<String>,
    pub(super) near: Vec<Near>,
    pub(super) lost: Vec<Lost>,
    pub(super) lost_total: usize,
    pub(super) rows: Vec<Row>,
    pub(super) cameras_total: usize,
    /// Cameras that are listed among the rows.
    pub(super) cameras_listed: usize,
    pub(super) hint: Option<&'static str>,
    pub(super) map: Option<Html>,
    pub(super) zone: jiff::tz::TimeZone,
    pub(super) language: Language,
}

/// What is said in words of the core.
pub(super) struct Spoken {
    pub(super) cause: String,
    pub(super) rivals: Vec<String>,
    /// What stands above the cause.
    pub(super) upstream: Vec<String>,
    /// What the judgement rests on.
    pub(super) found: Vec<Part>,
}

/// A station or team.
pub(super) struct Near {
    pub(super) kind: PlaceKind,
    pub(super) name: String,
    /// As the crow flies; `None` where one of both has no position.
    pub(super) metres: Option<f64>,
    /// Personal; only for those who may see it.
    pub(super) contact: Option<String>,
}

/// An entrance that is lost.
pub(super) struct Lost {
    pub(super) name: String,
    pub(super) village: String,
    /// Live cameras of those it needs.
    pub(super) live: Option<(u32, u32)>,
}

/// A thing with its last outcomes.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) place: String,
    pub(super) state: Option<State>,
    pub(super) address: Option<String>,
    /// Oldest first.
    pub(super) outcomes: Vec<Outcome>,
}

/// Gathers a sheet. `may_see` who to call and the addresses of devices.
pub(super) async fn sheet(state: &AppState, incident: &Incident, language: Language, may_see: bool) -> Sheet {
    let snapshot = state.snapshot();
    let of = Of { snapshot: &snapshot, incident, may_see };
    let listed = of.listed();
    let rows = of.rows(state, &listed).await;
    let roads = roads(state).await;
    let (zone, registry) = (state.parts.settings.time_zone.clone(), &*snapshot.registry);
    let time = |at: Time| local(&zone, at, "%Y-%m-%d %H:%M:%S");
    let spoken = speaking(language, registry, &zone, incident, |s| of.spoken(s));
    let hint = rows.iter().find_map(|r| hint(&r.outcomes)).map(|h| h.words(language));
    let at = where_to_go(incident, registry);
    Sheet {
        id: incident.id.0,
        status: status(incident, language, &time),
        printed: time(state.now()),
        spoken,
        exact: incident.exact,
        rivals_total: incident.rivals.len(),
        since: time(incident.since),
        place: of.place(),
        at,
        address: of.address(),
        near: [PlaceKind::Station, PlaceKind::Team].into_iter().filter_map(|kind| of.near(kind, at)).collect(),
        lost: of.lost(),
        lost_total: incident.entrances_lost.len(),
        cameras_total: incident.cameras.len(),
        cameras_listed: listed.iter().filter(|l| matches!(l, Listed::Camera(_))).count(),
        rows,
        hint,
        map: map::draw(&of.drawing(&roads), language),
        zone,
        language,
    }
}

/// The roads of the registry folder; a file that has changed is read first, on a thread that serves nobody.
async fn roads(state: &AppState) -> Arc<RoadMap> {
    let state = state.clone();
    tokio::task::spawn_blocking(move || state.roads().roads).await.unwrap_or_default()
}

fn status(incident: &Incident, language: Language, time: &dyn Fn(Time) -> String) -> String {
    let w = words::of(language);
    let taken = incident.acknowledged.as_ref();
    match (incident.status, incident.resolved_at, taken) {
        (IncidentStatus::Merged, ..) => {
            let into = incident.merged_into.map(|i| i.to_string()).unwrap_or_default();
            format!("{} #{into}", w.merged)
        }
        (_, Some(end), _) => format!("{} {}", w.resolved, time(end)),
        (IncidentStatus::Acknowledged, _, Some(by)) => {
            format!("{} {} {}", w.acknowledged, clean(&by.by), time(by.at))
        }
        _ => w.open.to_owned(),
    }
}

/// What to try, after the last outcome that did not pass.
fn hint(outcomes: &[Outcome]) -> Option<Hint> {
    let failed = outcomes.iter().rev().find(|o| !matches!(o.result, cunkou_core::model::ProbeResult::Pass { .. }))?;
    Some(Hint::of(failed.check, failed.result, failed.phase)).filter(|h| *h != Hint::Nothing)
}

/// What has a row.
enum Listed {
    Node(NodeId),
    Camera(CameraId),
}

struct Of<'a> {
    snapshot: &'a Arc<Snapshot>,
    incident: &'a Incident,
    may_see: bool,
}

impl Of<'_> {
    fn registry(&self) -> &Registry {
        &self.snapshot.registry
    }

    fn name(name: &str, id: &str) -> String {
        Some(clean(name)).filter(|n| !n.is_empty()).unwrap_or_else(|| id.to_owned())
    }

    fn spoken(&self, speaker: &Speaker<'_>) -> Spoken {
        Spoken {
            cause: speaker.cause(&self.incident.cause),
            rivals: self.incident.rivals.iter().take(MAX_CAUSES).map(|r| speaker.cause(r)).collect(),
            upstream: self.upstream().into_iter().map(|n| speaker.cause(&Cause::Node(n))).collect(),
            found: found_parts(speaker.language, speaker.found(self.incident)),
        }
    }

    fn cause_node(&self) -> Option<&NodeId> {
        match &self.incident.cause {
            Cause::Node(id) | Cause::Partial(id) => Some(id),
            _ => None,
        }
    }

    fn cause_camera(&self) -> Option<&CameraId> {
        match &self.incident.cause {
            Cause::Camera(id) => Some(id),
            _ => None,
        }
    }

    /// The thing to blame first, then cameras: those that are down before those that are not any more.
    fn listed(&self) -> Vec<Listed> {
        let registry = self.registry();
        let node = self.cause_node().filter(|id| registry.nodes.get(*id).is_some_and(|n| n.address.is_some()));
        let first = self.cause_camera();
        let down = |id: &CameraId| self.snapshot.camera(id.as_str()).is_some_and(|(_, v)| v.state == State::Down);
        let mut cameras: Vec<&CameraId> = self.incident.cameras.iter().chain(first).collect();
        cameras.sort_by_key(|id| (Some(*id) != first, !down(id), *id));
        cameras.dedup();
        let cameras = cameras.into_iter().cloned().map(Listed::Camera);
        node.cloned().map(Listed::Node).into_iter().chain(cameras).take(MAX_ROWS).collect()
    }

    async fn rows(&self, state: &AppState, listed: &[Listed]) -> Vec<Row> {
        let outcomes = join_all(listed.iter().map(|l| async move {
            let target = match l {
                Listed::Node(id) => Target::Node(self.snapshot.node(id.as_str())?.0),
                Listed::Camera(id) => Target::Camera(self.snapshot.camera(id.as_str())?.0),
            };
            tokio::time::timeout(WAIT, state.parts.handle.evidence(target)).await.ok()
        }))
        .await;
        listed.iter().zip(outcomes).map(|(l, o)| self.row(l, o.unwrap_or_default())).collect()
    }

    fn row(&self, listed: &Listed, mut outcomes: Vec<Outcome>) -> Row {
        outcomes.drain(..outcomes.len().saturating_sub(OUTCOMES));
        let registry = self.registry();
        match listed {
            Listed::Node(id) => {
                let node = registry.nodes.get(id);
                Row {
                    id: id.to_string(),
                    name: node.map(|n| clean(&n.name)).unwrap_or_default(),
                    place: String::new(),
                    state: self.snapshot.node(id.as_str()).map(|(_, v)| v.state),
                    address: node.and_then(|n| n.address.as_deref()).map(clean).filter(|_| self.may_see),
                    outcomes,
                }
            }
            Listed::Camera(id) => {
                let camera = registry.cameras.get(id);
                let area = camera.and_then(|c| registry.areas.get(&c.area));
                Row {
                    id: id.to_string(),
                    name: camera.map(|c| clean(&c.name)).unwrap_or_default(),
                    place: area.map(|a| clean(&a.name)).unwrap_or_default(),
                    state: self.snapshot.camera(id.as_str()).map(|(_, v)| v.state),
                    address: camera.and_then(|c| c.address()).map(|a| clean(&a)).filter(|_| self.may_see),
                    outcomes,
                }
            }
        }
    }

    /// The nodes right above the cause.
    fn upstream(&self) -> Vec<NodeId> {
        let registry = self.registry();
        let node = self.cause_node().and_then(|id| registry.nodes.get(id)).map(|n| &n.parents.of);
        let camera = self.cause_camera().and_then(|id| registry.cameras.get(id)).map(|c| &c.node);
        node.or(camera).into_iter().flatten().take(MAX_CAUSES).cloned().collect()
    }

    fn address(&self) -> Option<String> {
        let registry = self.registry();
        let node = self.cause_node().and_then(|id| registry.nodes.get(id)?.address.as_deref().map(clean));
        let camera = self.cause_camera().and_then(|id| registry.cameras.get(id)?.address()).map(|a| clean(&a));
        node.or(camera).filter(|_| self.may_see)
    }

    fn place(&self) -> String {
        let registry = self.registry();
        let of_camera = |id: &CameraId| registry.cameras.get(id).map(|c| &c.area);
        let entrance = self.incident.entrances_lost.iter().find_map(|id| registry.entrances.get(id)).map(|e| &e.area);
        let area = self.cause_camera().and_then(of_camera).or(entrance);
        let area = area.or_else(|| self.incident.cameras.iter().find_map(of_camera));
        let Some(area) = area else { return String::new() };
        let mut path: Vec<String> =
            with_those_above(registry, area).map(|a| Of::name(&a.name, a.id.as_str())).take(4).collect();
        path.reverse();
        path.join(" › ")
    }

    /// The nearest of a kind; one without a position is better than none.
    fn near(&self, kind: PlaceKind, at: Option<LonLat>) -> Option<Near> {
        let metres = |place: &Place| {
            let (from, to) = (at?, place.at?);
            Some(Haversine.distance(Point::new(from.lon, from.lat), Point::new(to.lon, to.lat)))
        };
        let of_kind = self.registry().places.values().filter(|p| p.kind == kind).map(|p| (p, metres(p)));
        let far = |m: &Option<f64>| m.unwrap_or(f64::INFINITY);
        let (place, metres) = of_kind.min_by(|(_, a), (_, b)| far(a).total_cmp(&far(b)))?;
        Some(Near {
            kind,
            name: Of::name(&place.name, place.id.as_str()),
            metres,
            contact: place.contact.as_deref().map(clean).filter(|_| self.may_see),
        })
    }

    fn lost(&self) -> Vec<Lost> {
        let registry = self.registry();
        let lost = self.incident.entrances_lost.iter().take(MAX_LOST);
        lost.map(|id| {
            let entrance = registry.entrances.get(id);
            let village = entrance.and_then(|e| registry.village_of(&e.area));
            Lost {
                name: Of::name(entrance.map_or("", |e| &e.name), id.as_str()),
                village: village.map(|a| clean(&a.name)).unwrap_or_default(),
                live: entrance.and_then(|e| Some((self.snapshot.entrance(id.as_str())?.1.now.live, e.required))),
            }
        })
        .collect()
    }

    fn drawing<'b>(&'b self, roads: &'b RoadMap) -> Drawing<'b> {
        let registry = self.registry();
        let lost = self.incident.entrances_lost.iter().take(MAX_LOST).enumerate();
        Drawing {
            registry,
            roads,
            cause: self.cause_node().and_then(|id| registry.nodes.get(id)?.at),
            lost: lost.filter_map(|(n, id)| Some((n + 1, registry.entrances.get(id)?.at?))).collect(),
            cameras: self
                .incident
                .cameras
                .iter()
                .filter_map(|id| registry.cameras.get(id)?.at)
                .take(MAX_DRAWN)
                .collect(),
        }
    }
}

/// A moment of an outcome, to the second.
pub(super) fn clock(sheet: &Sheet, at: Time) -> String {
    // As on the wire, where the zone's rules fail: never nothing.
    Some(local(&sheet.zone, at, "%H:%M:%S")).filter(|t| !t.is_empty()).unwrap_or_else(|| stamp(at))
}
