//! Answers without a daemon: what the store kept becomes a snapshot as of the daemon's last tick, and that the types of
//! the API. Nothing is judged anew: states and times are those that were believed; only counts are added up again.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, bail};
use cunkou_core::alert::{AlertKey, IncidentStatus};
use cunkou_core::coverage::{self, EntranceBelief, EntranceState, Judgement, Watch, is_night, spare_nodes};
use cunkou_core::health::{Cause, MonitorCause, State};
use cunkou_core::model::{CameraIx, EntranceIx, IncidentId, NodeIx, Period, ReasonSet, Time};
use cunkou_core::plan::{Cordon, Pace, Roads};
use cunkou_core::registry::{Fault, Registry, Topology};
use cunkou_core::world::{CameraView, NodeView, Saved, SavedHealth, SavedTarget, Snapshot, Terms};

use super::common::{Common, Tongue, density, note};
use super::source::{GapQuery, RepairQuery};
use super::when;
use crate::engine::restore_registry;
use crate::files::settings::Settings;
use crate::files::{self, ROADS, ROADS_PBF, RoadBook, RoadsSeen};
use crate::http::wire::{
    Critical, EntranceDetail, GAP_STATES, Gap, Incident, IncidentAlert, IncidentDelivery, IncidentDetail,
    IncidentFindings, IsochroneMap, NoPost, NoQuestion, PlaceBody, Placement, RepairOrder, SealQuery, Seals, Start,
    Status, WhatIf, WhatIfBody,
};
use crate::http::{self, PastEntrance};
use crate::metrics::Plan;
use crate::store::{Delivery, IncidentQuery, Store};

/// Incidents that are read in one go.
const BATCH: u32 = 500;
/// Areas above an area at most, as everywhere: more is a cycle.
const MAX_DEPTH: usize = 16;

/// A database without a daemon.
pub(super) struct Offline {
    store: Store,
    snapshot: Snapshot,
    terms: Terms,
    last_tick: Option<Time>,
}

impl Offline {
    /// Reads what the store kept.
    ///
    /// # Errors
    /// When it cannot be read, or holds no registry yet.
    pub(super) async fn open(store: Store, settings: &Settings) -> anyhow::Result<Offline> {
        let now = when::now();
        let kept = store.registry_load().await.context("the registry in force cannot be read")?;
        let Some((version, rows)) = kept else {
            bail!("the database holds no registry yet; `run` puts the first one in force");
        };
        let registry = restore_registry(rows).context("the registry in force cannot be read")?;
        let saved = store.load(now).await.context("what was believed cannot be read")?;
        let last_tick = saved.last_tick;
        let snapshot = snapshot(Arc::new(registry), version, saved, settings, last_tick.unwrap_or(now));
        let (density, clock) = (density(settings), settings.ui.local_time(now));
        let terms = Terms { density, clock, ways: settings.coverage.ways(), pace: settings.isochrone };
        Ok(Offline { store, snapshot, terms, last_tick })
    }

    /// Says that no daemon answers, and as of when the answer is.
    pub(super) fn say_as_of(&self, common: &Common, settings: &Settings, silent: Option<&str>) {
        let tongue = Tongue::of(common, settings);
        let why = match silent {
            Some(why) => format!("{} ({why})", tongue.say("守护进程没有应答", "the daemon does not answer")),
            None => tongue.say("没有守护进程在运行", "no daemon runs").to_owned(),
        };
        let as_of = match self.last_tick {
            Some(at) => {
                format!(
                    "{} {}",
                    tongue.say("以下为数据库所记，截至", "from the database, as of"),
                    when::local(at, &tongue.zone)
                )
            }
            None => tongue.say("尚无任何记录", "nothing was ever seen").to_owned(),
        };
        note(&format!("{why}; {as_of}"));
    }

    /// The registry in force.
    pub(super) fn registry(&self) -> Arc<Registry> {
        self.snapshot.registry.clone()
    }

    /// The town in one answer.
    pub(super) fn status(&self) -> Status {
        Status::of(&self.snapshot, &Plan::default().figures(&self.snapshot), env!("CARGO_PKG_VERSION"))
    }

    /// Entrances that were not covered, worst first.
    ///
    /// # Errors
    /// When history cannot be read, or there is no such area.
    pub(super) async fn gaps(&self, query: &GapQuery) -> anyhow::Result<Vec<Gap>> {
        let registry = &*self.snapshot.registry;
        if let Some(area) = query.area.as_deref().filter(|a| !registry.areas.contains_key(*a)) {
            bail!("no area of the registry has the id {area:?}");
        }
        let period = query.period.unwrap_or(Period::Now);
        let mut gaps: Vec<Gap> = match query.at {
            Some(at) if at > when::now() => bail!("this moment has not come yet"),
            Some(at) => {
                let rows = self.store.entrances_at(period, at).await.context("history cannot be read")?;
                if rows.is_empty() && !registry.entrances.is_empty() {
                    bail!("nothing was known of any entrance at this moment");
                }
                rows.into_iter()
                    .filter_map(|r| {
                        let past = PastEntrance {
                            id: r.id,
                            state: r.state,
                            since: r.since,
                            cause: r.cause,
                            incident: r.incident,
                        };
                        Gap::of_past(registry, &past)
                    })
                    .collect()
            }
            None => registry.entrances.values().filter_map(|e| Gap::of(&self.snapshot, e, period)).collect(),
        };
        gaps.retain(|gap| query.area.as_deref().is_none_or(|wanted| lies_in(registry, gap.area.as_deref(), wanted)));
        let rank = |gap: &Gap| GAP_STATES.iter().position(|s| s.word() == gap.state);
        gaps.sort_by(|a, b| {
            let key = |gap: &Gap| (rank(gap), gap.priority.unwrap_or(9));
            key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
        });
        Ok(gaps)
    }

    /// What is most critical, worst first.
    pub(super) fn critical(&self, period: Period) -> Vec<Critical> {
        Critical::all(&self.snapshot, period)
    }

    /// In which order to mend what is down.
    ///
    /// # Errors
    /// When there is no such post.
    pub(super) fn repair_order(&self, query: &RepairQuery) -> Result<RepairOrder, NoPost> {
        let from = query.from.as_deref().map(Start::of).unwrap_or_default();
        RepairOrder::of(&self.snapshot, query.period, &from, &query.effort)
    }

    /// Which entrances and seals would change, by the roads of the registry folder of the settings. Entrances need no
    /// roads: where they cannot be read that is told, and seals are judged as where there are none.
    ///
    /// # Errors
    /// When the question is none.
    pub(super) fn what_if(&self, settings: &Settings, period: Period, body: &WhatIfBody) -> Result<WhatIf, NoQuestion> {
        let dir = &settings.registry.dir;
        let seen = look(dir);
        seen.faults.first().into_iter().for_each(|fault| note(&format!("the roads cannot be read: {fault}")));
        WhatIf::of(&self.snapshot, (&cordon(&self.snapshot, &seen, settings), &seen), &self.terms, period, body)
    }

    /// What a question about the next cameras is reckoned from.
    pub(super) fn placing(self) -> Ground {
        Ground { snapshot: self.snapshot, terms: self.terms }
    }

    /// Whether areas are sealed, by the roads of the registry folder of the settings.
    ///
    /// # Errors
    /// When there are no roads, or no such area.
    pub(super) fn seals(&self, settings: &Settings, query: &SealQuery) -> anyhow::Result<Seals> {
        seals(&self.snapshot, &settings.registry.dir, settings, query)
    }

    /// How long it takes by road from the nearest post, by the roads of the registry folder of the settings.
    ///
    /// # Errors
    /// When the roads cannot be read.
    pub(super) fn isochrone(&self, settings: &Settings, pace: &Pace) -> anyhow::Result<IsochroneMap> {
        isochrone(&self.snapshot, &settings.registry.dir, settings, pace)
    }

    /// One entrance with its watchers.
    ///
    /// # Errors
    /// When there is none with this id.
    pub(super) fn entrance(&self, id: &str) -> anyhow::Result<EntranceDetail> {
        let entrance = self.snapshot.registry.entrances.get(id);
        let entrance = entrance.with_context(|| format!("no entrance has the id {id:?}"))?;
        Ok(EntranceDetail::of(&self.snapshot, entrance))
    }

    /// Incidents, newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) async fn incidents(&self, status: Option<&str>, most: usize) -> anyhow::Result<Vec<Incident>> {
        let statuses = match status {
            Some("open") => vec![IncidentStatus::Open],
            Some("acknowledged") => vec![IncidentStatus::Acknowledged],
            Some(_) => vec![IncidentStatus::Resolved, IncidentStatus::Merged],
            None => Vec::new(),
        };
        let mut query = IncidentQuery { statuses, limit: BATCH, ..IncidentQuery::default() };
        let mut found = Vec::new();
        loop {
            let batch = self.store.incidents(&query).await.context("incidents cannot be read")?;
            let full = batch.len() >= BATCH as usize;
            query.before = batch.last().map(|i| i.id);
            found.extend(batch.iter().filter_map(|i| Incident::of(i, &self.snapshot.registry)));
            if !full || found.len() >= most {
                found.truncate(most);
                return Ok(found);
            }
        }
    }

    /// One incident with all that is kept of it.
    ///
    /// # Errors
    /// When there is none with this number, or it cannot be read.
    pub(super) async fn incident(&self, id: IncidentId) -> anyhow::Result<IncidentDetail> {
        let story = self.store.incident(id).await.context("the incident cannot be read")?;
        let none = || format!("no incident has the number {id}");
        let story = story.with_context(none)?;
        let incident = Incident::of(&story.incident, &self.snapshot.registry).with_context(none)?;
        let steps = story.steps.iter().map(|s| http::Step { step: s.step, at: s.at, kind: Some(s.kind), why: s.why });
        Ok(IncidentDetail {
            findings: story.incident.findings.as_deref().map(|f| IncidentFindings::of(f, &self.snapshot.registry)),
            incident,
            alerts: IncidentAlert::of(&self.snapshot, &story.incident),
            steps: steps.map(|s| (&s).into()).collect(),
            deliveries: story.deliveries.iter().map(|d| IncidentDelivery::of(&delivery(d), true)).collect(),
        })
    }
}

/// A town and the terms by which cameras are judged that are not there yet.
pub(super) struct Ground {
    snapshot: Snapshot,
    terms: Terms,
}

impl Ground {
    /// A registry of which nothing was ever seen.
    pub(super) fn of(registry: Registry, settings: &Settings) -> Ground {
        let (density, clock) = (density(settings), settings.ui.local_time(when::now()));
        let terms = Terms { density, clock, ways: settings.coverage.ways(), pace: settings.isochrone };
        Ground { snapshot: nothing_seen(registry, settings), terms }
    }

    /// Which cameras to buy or to mend next, reckoned beside whoever waits for it until `stop` says so.
    ///
    /// # Errors
    /// When the question is none.
    pub(super) async fn reckon(self, body: PlaceBody, stop: Arc<AtomicBool>) -> anyhow::Result<Placement> {
        let keep_going = move || !stop.load(Ordering::Relaxed);
        let reckoned =
            tokio::task::spawn_blocking(move || Placement::of(&self.snapshot, &self.terms, &body, &keep_going));
        Ok(reckoned.await.context("no answer was found")??)
    }
}

/// A registry of which nothing was ever seen.
pub(super) fn nothing_seen(registry: Registry, settings: &Settings) -> Snapshot {
    snapshot(Arc::new(registry), 0, Saved::default(), settings, when::now())
}

/// Whether areas are sealed, by the roads of a folder.
///
/// # Errors
/// When the roads cannot be read, or there is no such area.
pub(super) fn seals(snapshot: &Snapshot, dir: &Path, settings: &Settings, query: &SealQuery) -> anyhow::Result<Seals> {
    let seen = look(dir);
    if let Some(fault) = seen.faults.first() {
        bail!("the roads cannot be read: {fault}");
    }
    let cordon = cordon(snapshot, &seen, settings);
    Ok(Seals::of(snapshot, &cordon, &seen, &settings.coverage.ways().modes, query)?)
}

/// How long it takes by road from the nearest post to each entrance, by the roads of a folder.
///
/// # Errors
/// When the roads cannot be read.
pub(super) fn isochrone(
    snapshot: &Snapshot,
    dir: &Path,
    settings: &Settings,
    pace: &Pace,
) -> anyhow::Result<IsochroneMap> {
    let (roads, seen) = roads(dir, settings)?;
    Ok(IsochroneMap::of(snapshot, Arc::new(roads), &seen, &settings.coverage.ways().modes, pace))
}

/// The road graph of a folder.
///
/// # Errors
/// When the roads cannot be read.
pub(super) fn roads(dir: &Path, settings: &Settings) -> anyhow::Result<(Roads, RoadsSeen)> {
    let seen = look(dir);
    if let Some(fault) = seen.faults.first() {
        bail!("the roads cannot be read: {fault}");
    }
    Ok((Roads::build(seen.roads.for_plan(), &settings.coverage.ways().modes), seen))
}

/// The registry of a folder.
///
/// # Errors
/// When it cannot be read, or `check` finds errors in it.
pub(super) fn registry(dir: &Path) -> anyhow::Result<Registry> {
    let loaded = files::load(dir).with_context(|| format!("the registry {} cannot be read", dir.display()))?;
    let (registry, faults) = loaded.judge();
    if faults.iter().any(Fault::is_error) {
        bail!("the registry {} has errors; `cunkou check {0}` says which", dir.display());
    }
    Ok(registry)
}

/// The roads of a folder; that there are none is told.
fn look(dir: &Path) -> RoadsSeen {
    let seen = RoadBook::of(dir).look();
    if seen.roads.lines.is_empty() && seen.faults.is_empty() {
        note(&format!("there are no roads: {} has neither {ROADS} nor {ROADS_PBF}, or it holds none", dir.display()));
    }
    seen
}

/// Roads, cut and contracted.
fn cordon(snapshot: &Snapshot, seen: &RoadsSeen, settings: &Settings) -> Cordon {
    let ways = settings.coverage.ways();
    let roads = Arc::new(Roads::build(seen.roads.for_plan(), &ways.modes));
    Cordon::build(roads, &snapshot.registry, &snapshot.topology, ways.core_offset_m)
}

fn delivery(d: &Delivery) -> http::Delivery {
    let ended = |state: &str| d.ended_at.filter(|_| d.state == state);
    http::Delivery {
        sink: d.key.sink.as_str().into(),
        step: d.key.step,
        attempts: d.attempts,
        delivered: ended("delivered"),
        dropped: ended("dropped"),
        error: d.last_error.as_deref().map(Into::into),
        code: d.answer_code.and_then(|code| u16::try_from(code).ok()),
        to: d.told_to.as_deref().map(Into::into),
    }
}

/// Whether an area is another or lies in it.
fn lies_in(registry: &Registry, area: Option<&str>, wanted: &str) -> bool {
    let first = area.and_then(|a| registry.areas.get(a));
    let up = std::iter::successors(first, |a| registry.areas.get(a.parent.as_ref()?));
    up.take(MAX_DEPTH).any(|a| a.id.as_str() == wanted)
}

/// What was believed at a moment, out of what the store kept of it.
fn snapshot(registry: Arc<Registry>, version: u64, saved: Saved, settings: &Settings, at: Time) -> Snapshot {
    let topology = Topology::build(&registry, &settings.intervals(), None);
    let (watch, _) = Watch::build(&registry, &topology, &density(settings));
    let night = registry.centre().is_some_and(|centre| is_night(at, centre));
    let mut snapshot = Snapshot {
        at,
        registry_version: version,
        cameras: topology.cameras.iter().map(|slot| never_seen(slot.checks.map(|c| c.is_some()))).collect(),
        nodes: topology.nodes.iter().map(|_| NodeView::default()).collect(),
        entrances: topology.entrances.iter().map(|_| None).collect(),
        incidents: Arc::new(saved.incidents.into_iter().map(|i| (i.id, Arc::new(i))).collect()),
        alerts: Arc::new(
            saved
                .alerts
                .into_iter()
                .filter(|a| a.ended.is_none())
                .map(|a| (a.key.clone(), Arc::new(a)))
                .collect::<BTreeMap<AlertKey, _>>(),
        ),
        canaries: Vec::new(),
        blind: None,
        night,
        round: None,
        seals: None,
        registry,
        topology: Arc::new(topology),
        watch: Arc::new(watch),
    };
    let mut kept: BTreeMap<EntranceIx, Kept> = BTreeMap::new();
    for target in saved.targets {
        match target {
            SavedTarget::Camera(id, health) => {
                let slot = snapshot.topology.camera(id.as_str());
                if let Some(view) = slot.and_then(|ix| snapshot.cameras.get_mut(ix.at())) {
                    remember_camera(view, &health);
                }
            }
            SavedTarget::Node(id, health) => {
                let slot = snapshot.topology.node(id.as_str());
                if let Some(view) = slot.and_then(|ix| snapshot.nodes.get_mut(ix.at())) {
                    let inferred = health.inferred_at.is_some();
                    let (state, since, cause) = (health.state, health.since, health.cause);
                    *view = NodeView { state, since, inferred, cause, ..NodeView::default() };
                }
            }
            SavedTarget::Entrance(id, states, cause) => {
                kept.extend(snapshot.topology.entrance(id.as_str()).map(|ix| (ix, (states, cause))));
            }
            SavedTarget::Monitor(blind) => snapshot.blind = blind,
            SavedTarget::Gone(_) => {}
        }
    }
    cut_off(&mut snapshot);
    let_rest(&mut snapshot, settings.ui.local_time(at).minute_of_day(at));
    for i in 0..snapshot.topology.entrances.len() {
        let ix = EntranceIx::from(i);
        let belief = believe(&snapshot, ix, kept.remove(&ix));
        if let Some(view) = snapshot.entrances.get_mut(i) {
            *view = belief;
        }
    }
    snapshot
}

/// A camera of which nothing was kept: it was never asked.
fn never_seen(on: [bool; 4]) -> CameraView {
    CameraView { on, cause: Some(Cause::Monitor(MonitorCause::Starting)), ..CameraView::default() }
}

/// A node that is down, and was not judged to be so by itself, is cut off by those above it that were: which one is not
/// kept.
fn cut_off(snapshot: &mut Snapshot) {
    let judged = |n: &NodeIx| snapshot.nodes.get(n.at()).is_some_and(|view| view.inferred);
    let cause = |i: usize| {
        let view = snapshot.nodes.get(i).filter(|view| view.state == State::Down && !view.inferred)?;
        let above = snapshot.topology.nodes.get(i)?.above.iter().filter(|n| judged(n));
        let first = above.min_by_key(|n| (snapshot.nodes.get(n.at()).map(|view| view.since), n.at()))?;
        let id = &snapshot.topology.nodes.get(first.at())?.id;
        view.cause.is_none().then(|| (i, Cause::Node(id.clone())))
    };
    let causes: Vec<(usize, Cause)> = (0..snapshot.topology.nodes.len()).filter_map(cause).collect();
    for (i, cause) in causes {
        if let Some(view) = snapshot.nodes.get_mut(i) {
            view.cause = Some(cause);
        }
    }
}

/// Of a camera that is off duty at a minute of the day nothing is known, whatever was kept.
fn let_rest(snapshot: &mut Snapshot, minute: u16) {
    let registry = snapshot.registry.clone();
    let resting = registry
        .cameras
        .values()
        .filter(|c| c.status.is_installed() && c.duty.is_some_and(|duty| !duty.judged().includes(minute)));
    for camera in resting {
        let slot = snapshot.topology.camera(camera.id.as_str());
        let Some(view) = slot.and_then(|ix| snapshot.cameras.get_mut(ix.at())) else { continue };
        *view = CameraView {
            cause: Some(Cause::Monitor(MonitorCause::OffDuty)),
            off_duty: true,
            last_pass: view.last_pass,
            held: [true; 4],
            changes: view.changes,
            ..never_seen(view.on)
        };
    }
}

fn remember_camera(view: &mut CameraView, health: &SavedHealth) {
    view.state = health.state;
    view.since = health.since;
    view.before = health.before;
    view.flapping = health.flapping;
    view.cause = health.cause.clone().filter(|_| health.state == State::Down);
    view.inferred = health.via.is_some();
    view.changes = health.changes;
    view.reasons = ReasonSet::EMPTY;
    for (i, check) in health.checks.iter().enumerate() {
        view.passing[i] = check.passes;
        view.last_pass[i] = check.last_pass;
        view.reasons = view.reasons.union(check.reasons);
    }
}

/// Of an entrance: its states by day, by night and of now with their times, and the cause.
type Kept = ([(EntranceState, Time); 3], Option<Cause>);

/// States and times as they were kept; counts added up from the cameras as they were kept.
fn believe(snapshot: &Snapshot, ix: EntranceIx, kept: Option<Kept>) -> Option<EntranceBelief> {
    let slot = snapshot.topology.entrances.get(ix.at()).filter(|s| s.judged)?;
    let object = snapshot.registry.entrances.get(&slot.id)?;
    let watchers = snapshot.watch.watchers(ix);
    let stands = |c: CameraIx| snapshot.standing(c);
    let life = |c: CameraIx| snapshot.topology.cameras.get(c.at()).and_then(|s| s.life);
    let judge = |night: bool| coverage::judge_entrance(watchers, night, object.required, object.target, stands, life);
    let (day, night) = (judge(false), judge(true));
    let rests = |c: CameraIx| snapshot.cameras.get(c.at()).is_some_and(|view| view.off_duty);
    let (required, target) = (object.required, object.target);
    let now = coverage::judge_hour(watchers, snapshot.night, required, target, stands, life, |w| rests(w.camera));
    let as_kept = |judgement: Judgement, i: usize| match &kept {
        Some((states, _)) => (Judgement { state: states[i].0, ..judgement }, states[i].1),
        None => (judgement, Time(0)),
    };
    let ((day, since_day), (night, since_night), (now, since)) = (as_kept(day, 0), as_kept(night, 1), as_kept(now, 2));
    let live = coverage::live_watchers(watchers, snapshot.night, stands, life).filter(|c| !rests(*c));
    let live: Vec<CameraIx> = live.collect();
    let down = |n: NodeIx| snapshot.nodes.get(n.at()).is_some_and(|v| v.state == State::Down);
    let watched = now.state.is_watched();
    Some(EntranceBelief {
        spare_cameras: coverage::spare_cameras(&now, object.required),
        spare_nodes: watched.then(|| spare_nodes(&snapshot.topology, &live, object.required, &down)).flatten(),
        cause: kept.and_then(|k| k.1),
        day,
        night,
        now,
        since,
        since_day,
        since_night,
    })
}
