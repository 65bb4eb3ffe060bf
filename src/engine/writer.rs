//! The writer: the one task that owns the World. It turns when an outcome, a wish of a person or a time comes.
//!
//! A turn: take what waits (at most [`BATCH`] events), apply it, commit it in one transaction, publish, tell. While a
//! commit is under way or fails, probing goes on; outcomes that come meanwhile are folded to the latest run of each
//! check, and nothing of them is applied or published before the store has kept what was before them.

mod commit;
mod restart;
mod roads;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cunkou_core::alert::Incident;
use cunkou_core::model::{CameraIx, Check, IncidentId, Outcome, ProbeResult, Span, Target, Time};
use cunkou_core::plan::Roads;
use cunkou_core::registry::Registry;
use cunkou_core::world::{Effects, Event, RoadMap, Saved, Snapshot, World};
use tokio::sync::{Mutex, Notify, mpsc, oneshot, watch};
use tokio::time::Instant;

use commit::{Committing, Uncommitted};

use super::changes;
use super::dispatch::{Dispatch, Done, ProbeLimits, void};
use super::evidence::Evidence;
use super::maintenance::{Announced, LAY_OUT, MaintainReply, MaintainRequest};
use super::passwords::Passwords;
use super::pulse::Pulse;
use super::reload::{self, Prepared, RegistrySource};
use super::schedule::{Due, Schedule};
use super::{
    AckError, AckRequest, Alive, Clock, Command, Handle, ReloadRefused, ReloadReport, ReloadRequest, SilenceRequest,
};
use crate::files::secrets::Secrets;
use crate::probe::Prober;
use crate::store::{RegistryPut, SinkRoute, Store, StoreError};

/// Events of one batch at most.
const BATCH: usize = 256;
/// The World's tick is kept this often.
const TICK: Span = Span::seconds(10);
/// Hourly figures are written this often.
const FIGURES: Span = Span::seconds(60);
/// Outcomes that change nothing are published at most this often.
const PUBLISH: Span = Span::millis(250);
/// The loop turns at least this often, also when nothing is due: whoever watches it wants a sign of life.
const IDLE: Span = Span::seconds(1);

/// What a room beside the engine counts.
pub trait Watcher: Send + Sync {
    /// A probe ended; `lag` is how late it began.
    fn probed(&self, outcome: &Outcome, lag: Span);
    /// A transaction was committed, or failed.
    fn committed(&self, took: Duration, good: bool);
}

/// What the engine is set up with.
pub struct EngineSettings {
    /// Bounds of what is under way.
    pub limits: ProbeLimits,
    /// Outcomes a check that stay in memory.
    pub kept_outcomes: usize,
    /// Sinks and what they are told of.
    pub routes: Vec<SinkRoute>,
    /// Rules and numbers of the World.
    pub policy: cunkou_core::world::Policy,
    /// Where the registry comes from.
    pub registry: RegistrySource,
    /// The town's own time, in which what recurs is meant.
    pub zone: jiff::tz::TimeZone,
    /// Who counts.
    pub watcher: Arc<dyn Watcher>,
    /// Passwords, by entry; a reload reads them again.
    pub secrets: Secrets,
}

/// Whoever waits for an acknowledgement or a silence.
type AckReply = oneshot::Sender<Result<Arc<Incident>, AckError>>;

/// The engine.
pub struct Engine {
    world: World,
    store: Store,
    clock: Clock,
    settings: EngineSettings,
    schedule: Schedule,
    dispatch: Dispatch,
    passwords: Passwords,
    evidence: Evidence,
    alive: Arc<Alive>,
    published: watch::Sender<Arc<Snapshot>>,
    commands: mpsc::Receiver<Command>,
    done: mpsc::Receiver<Done>,
    prepared: mpsc::Receiver<Prepared>,
    prepare: mpsc::Sender<Prepared>,
    maps: mpsc::Receiver<RoadMap>,
    /// Held from the reading of a registry to its answer.
    reloads: Arc<Mutex<()>>,
    routes: Arc<[SinkRoute]>,
    /// What was applied since the last commit.
    uncommitted: Option<Uncommitted>,
    /// What the store was given and has not kept yet.
    committing: Option<Committing>,
    /// Outcomes that came meanwhile: the latest of each check, and the first of its run.
    folded: BTreeMap<(Target, Check), Vec<Outcome>>,
    /// Wishes that came meanwhile.
    held: VecDeque<Command>,
    version: u64,
    /// The roads in force; `None` while nobody knows which there are.
    roads: Option<Arc<Roads>>,
    /// Work that is announced, and when what recurs is laid out anew.
    announced: Announced,
    lay_out_at: Time,
    tick_at: Time,
    figures_at: Time,
    publish_at: Option<Time>,
    pulse: Pulse,
    /// The end of the last turn.
    turned_at: Time,
    /// The last turn before a pause that is still to be handled like a restart.
    away_since: Option<Time>,
    outbox: Arc<Notify>,
}

impl Engine {
    /// The engine over a store that holds a registry in force, with that registry and what else the store kept.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn start(
        store: Store,
        (registry, saved): (Arc<Registry>, Saved),
        prober: Prober,
        clock: Clock,
        settings: EngineSettings,
        outbox: Arc<Notify>,
    ) -> Result<(Engine, Handle), StoreError> {
        let now = clock.now();
        let version = saved.registry_version;
        let (open, next) = store.maintenance(now).await?;
        let (world, effects) = World::start(settings.policy.clone(), registry, saved, now);
        let (done_tx, done) = mpsc::channel(4 * BATCH);
        let (command_tx, commands) = mpsc::channel(64);
        let (prepare, prepared) = mpsc::channel(4);
        let (_, maps) = mpsc::channel(1);
        let published = watch::Sender::new(Arc::new(world.snapshot()));
        let alive = Arc::new(Alive::default());
        let handle = Handle::new(published.subscribe(), alive.clone(), command_tx);
        let canaries = settings.policy.canaries.iter().map(|c| c.to_string()).collect();
        let passwords = Passwords::new(settings.secrets.clone());
        let dispatch = Dispatch::new(prober, passwords.clone(), settings.limits, clock.clone(), canaries, done_tx);
        let pulse = Pulse::new(clock.clone());
        let routes = settings.routes.as_slice().into();
        let mut engine = Engine {
            schedule: Schedule::default(),
            evidence: Evidence::new(settings.kept_outcomes),
            dispatch,
            passwords,
            world,
            store,
            clock,
            settings,
            alive,
            published,
            commands,
            done,
            prepared,
            prepare,
            maps,
            reloads: Arc::new(Mutex::new(())),
            routes,
            uncommitted: None,
            committing: None,
            folded: BTreeMap::new(),
            held: VecDeque::new(),
            version,
            roads: None,
            announced: Announced::new(open, next),
            lay_out_at: now,
            tick_at: now,
            figures_at: now + FIGURES,
            publish_at: None,
            pulse,
            turned_at: now,
            away_since: None,
            outbox,
        };
        engine.alive.reloaded.store(now.millis(), Ordering::Relaxed);
        engine.alive.turned.store(now.millis(), Ordering::Relaxed);
        engine.lay_plan(now);
        engine.keep(effects);
        engine.lay_out_maintenance(now);
        engine.look_for_roads();
        let auth_retry = engine.settings.policy.health.auth_retry;
        let mended = engine.passwords.written_since_refused(&engine.world.snapshot(), auth_retry);
        engine.credentials_changed(mended, now);
        engine.commit().await;
        Ok((engine, handle))
    }

    /// Turns until `stop` says so; then commits what is left.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        self.pulse.begin();
        while !*stop.borrow() {
            let wanted = self.next_turn();
            let mut batch: Vec<Done> = Vec::new();
            tokio::select! {
                biased;
                // Whoever could say so has gone: then nobody is left to run for.
                changed = stop.changed() => if changed.is_err() { break },
                ended = Committing::ended(&mut self.committing) => self.settle(ended),
                Some(command) = self.commands.recv() => self.command(command),
                Some(prepared) = self.prepared.recv(), if !self.is_behind() || self.is_store_away() => {
                    self.reload(prepared);
                }
                Some(map) = self.maps.recv(), if !self.is_behind() => self.lay_roads(map),
                n = self.done.recv_many(&mut batch, BATCH) => { let _ = n; }
                () = tokio::time::sleep_until(wanted) => {}
            }
            self.turn(batch);
            self.commit().await;
            self.publish_if_due();
        }
        self.finish().await;
    }

    /// One turn: outcomes, the World's own times, probes that are due.
    fn turn(&mut self, batch: Vec<Done>) {
        self.pulse.beat();
        // What is not committed yet is of the World as it was.
        if self.must_begin_anew() && self.uncommitted.is_none() && !self.is_behind() {
            self.begin_anew();
        }
        for done in batch {
            let outcome = self.dispatch.ended(done);
            self.take(outcome);
        }
        let now = self.clock.now();
        if !self.is_behind() {
            self.unfold();
            while let Some(command) = self.held.pop_front() {
                self.command(command);
            }
            if self.world.next_wake().is_some_and(|t| t <= now) {
                self.apply(Event::Wake, now);
            }
            if now >= self.lay_out_at {
                self.lay_out_maintenance(now);
            }
            self.tick(now);
        }
        self.send_due(now);
        self.turned_at = self.clock.now();
        self.alive.turned.store(self.turned_at.millis(), Ordering::Relaxed);
    }

    fn take(&mut self, mut outcome: Outcome) {
        if self.pulse.stood_still(outcome.begun, outcome.ended) {
            outcome = void(outcome);
        }
        let lag = outcome.begun.since(outcome.due);
        self.settings.watcher.probed(&outcome, lag);
        self.evidence.note(&outcome);
        self.publish_at.get_or_insert(self.clock.now() + PUBLISH);
        if self.is_behind() {
            self.fold(outcome);
        } else {
            let now = self.clock.now();
            self.apply(Event::Outcome(outcome), now);
        }
    }

    /// Bounded: of each check the latest outcome, and those like it in a row before it, as many as confirm. One that
    /// proves nothing ends no row.
    fn fold(&mut self, outcome: Outcome) {
        if matches!(outcome.result, ProbeResult::Inconclusive(_)) {
            return;
        }
        let most = usize::try_from(self.settings.policy.health.fail_after_lossy).unwrap_or(8).max(2);
        let run = self.folded.entry((outcome.target, outcome.check)).or_default();
        if run.last().is_some_and(|last| last.result.is_alive() != outcome.result.is_alive()) {
            run.clear();
        }
        run.push(outcome);
        if run.len() > most {
            run.remove(1);
        }
    }

    /// What came meanwhile is judged as the truth of this moment: together, or the first of it would say what the rest
    /// refutes.
    fn unfold(&mut self) {
        if self.folded.is_empty() {
            return;
        }
        let mut outcomes: Vec<Outcome> = std::mem::take(&mut self.folded).into_values().flatten().collect();
        outcomes.sort_by_key(|o| o.ended);
        self.apply(Event::Outcomes(outcomes), self.clock.now());
    }

    fn apply(&mut self, event: Event, now: Time) {
        let effects = self.world.apply(event, now);
        self.keep(effects);
    }

    /// Wishes go to the plan at once; the rest waits for the commit.
    fn keep(&mut self, mut effects: Effects) {
        for ask in effects.asks.drain(..) {
            self.schedule.wish(ask);
        }
        if !effects.nothing_to_keep() {
            self.uncommitted_mut().effects.absorb(effects);
        }
    }

    fn tick(&mut self, now: Time) {
        if now >= self.tick_at {
            self.tick_at = now + TICK;
            // Each commit keeps the tick; this makes one.
            self.uncommitted_mut();
        }
        if now >= self.figures_at {
            self.figures_at = now + FIGURES;
            let figures = self.evidence.take_figures(self.world.topology());
            self.uncommitted_mut().figures.extend(figures);
        }
    }

    fn send_due(&mut self, now: Time) {
        let views = self.world.cameras();
        let plan = |due: &Due| {
            let Target::Camera(c) = due.target else { return Some(true) };
            let Some(view) = views.get(c.at()) else { return Some(true) };
            let held = !due.asked && view.held[due.check.at()];
            (!held).then(|| view.password_held_until.is_none_or(|until| now >= until))
        };
        if self.uncommitted.is_none() && !self.is_behind() {
            self.dispatch.forget_refusals();
        }
        self.dispatch.send_waiting(plan);
        while let Some(due) = self.schedule.pop(now) {
            if let Some(password) = plan(&due) {
                self.dispatch.send(due, password);
            }
        }
    }

    fn next_turn(&self) -> Instant {
        let now = self.clock.now();
        let committed = !self.is_behind();
        let wake = self.world.next_wake().filter(|_| committed);
        let tick = Some(self.tick_at.min(self.figures_at)).filter(|_| committed);
        let publish = self.publish_at.filter(|_| committed);
        let next = [self.schedule.next(), wake, tick, publish].into_iter().flatten().min();
        let wait = next.map_or(IDLE, |t| (t - now).max(Span::ZERO).min(IDLE)).to_std();
        let turn = Instant::now() + wait;
        self.committing.as_ref().and_then(Committing::retry_at).map_or(turn, |retry| turn.min(retry))
    }

    fn publish(&mut self) {
        self.publish_at = None;
        self.published.send_replace(Arc::new(self.world.snapshot()));
    }

    fn publish_if_due(&mut self) {
        // What is not committed is not published.
        if !self.is_behind() && self.publish_at.is_some_and(|at| at <= self.clock.now()) {
            self.publish();
        }
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Evidence(target, reply) => {
                let _ = reply.send(self.evidence.of(target));
            }
            // It is in force whatever the store does, and is kept with the next that is kept.
            Command::Note(entry) => self.uncommitted_mut().audit.push(entry),
            Command::Acknowledge(..) | Command::Silence(..) if self.is_store_away() => command.not_kept(),
            // Applied now it would be published before it is kept.
            Command::Acknowledge(..) | Command::Silence(..) if self.is_behind() => self.held.push_back(command),
            Command::Acknowledge(request, reply) => self.acknowledge(request, reply),
            Command::Silence(request, reply) => self.silence(request, reply),
            Command::Maintain(..) if self.is_store_away() => command.not_kept(),
            Command::Maintain(..) if self.is_behind() => self.held.push_back(command),
            Command::Maintain(request, reply) => self.maintain(request, reply),
            Command::Reload(request, reply) => self.prepare(request, reply),
        }
    }

    fn acknowledge(&mut self, request: AckRequest, reply: AckReply) {
        let before = match self.open_incident(request.incident) {
            Ok(before) => before,
            Err(refusal) => return drop(reply.send(Err(refusal))),
        };
        let now = self.clock.now();
        let entry = changes::acknowledged(&request, Some(&*before), now);
        let event = Event::Acknowledge {
            incident: request.incident,
            by: request.by.who.clone(),
            note: request.note.clone(),
            until: request.until,
        };
        self.apply(event, now);
        let waiting = self.uncommitted_mut();
        waiting.audit.push(entry);
        waiting.replies.acks.push((request.incident, reply));
    }

    fn silence(&mut self, request: SilenceRequest, reply: AckReply) {
        let before = match self.open_incident(request.incident) {
            Ok(before) => before,
            Err(refusal) => return drop(reply.send(Err(refusal))),
        };
        let now = self.clock.now();
        let entry = changes::silenced(&request, Some(&*before), now);
        let (incident, by, note) = (request.incident, request.by.who.clone(), request.note.clone());
        self.apply(Event::Silence { incident, by, note, until: request.until.unwrap_or(now) }, now);
        let waiting = self.uncommitted_mut();
        waiting.audit.push(entry);
        waiting.replies.acks.push((incident, reply));
    }

    fn maintain(&mut self, request: MaintainRequest, reply: MaintainReply) {
        let now = self.clock.now();
        let registry = self.world.snapshot().registry;
        let (row, before) = match self.announced.change(&request, &registry, now) {
            Ok(changed) => changed,
            Err(refusal) => return drop(reply.send(Err(refusal))),
        };
        let entry = changes::maintained(&request.by, &row, before.as_ref(), now);
        self.lay_out_maintenance(now);
        let waiting = self.uncommitted_mut();
        waiting.audit.push(entry);
        waiting.maintenance.push(row.clone());
        waiting.replies.maintained.push((Arc::new(row), reply));
    }

    /// Tells the World from when to when work is announced.
    fn lay_out_maintenance(&mut self, now: Time) {
        let registry = self.world.snapshot().registry;
        self.lay_out_maintenance_of(&registry, now);
    }

    /// The same with what the files of a registry announce.
    fn lay_out_maintenance_of(&mut self, registry: &Registry, now: Time) {
        self.lay_out_at = now + LAY_OUT;
        let windows = self.announced.windows(registry, &self.settings.zone, now);
        self.apply(Event::Maintenance(windows), now);
    }

    fn open_incident(&self, id: IncidentId) -> Result<Arc<Incident>, AckError> {
        let incident = self.world.snapshot().incidents.get(&id).cloned().ok_or(AckError::NotFound)?;
        if incident.status.is_open() { Ok(incident) } else { Err(AckError::Over) }
    }

    /// Reads and judges a registry beside the loop; it comes back as [`Prepared`].
    fn prepare(&self, request: ReloadRequest, reply: oneshot::Sender<Result<ReloadReport, ReloadRefused>>) {
        let (source, results) = (self.settings.registry.clone(), self.prepare.clone());
        let (turns, published) = (self.reloads.clone(), self.published.subscribe());
        let passwords = self.passwords.clone();
        tokio::spawn(async move {
            // One after the other, each answered before the next begins: it is compared with what is then in force.
            let _turn = turns.lock().await;
            let (done, answer) = oneshot::channel();
            let in_force = published.borrow().clone();
            let prepared = reload::prepare(source, passwords, in_force, request, done).await;
            let sent = results.send(prepared).await.is_ok();
            let answer = if sent { answer.await.ok() } else { None };
            let _ = reply.send(answer.unwrap_or(Err(ReloadRefused::Stopping)));
        });
    }

    fn reload(&mut self, prepared: Prepared) {
        let now = self.clock.now();
        let accepted = match prepared.result {
            Ok(accepted) => accepted,
            Err(refused) => {
                // A question that was answered with no says nothing of what is in force.
                if !prepared.dry_run {
                    self.alive.reload_failed.store(1, Ordering::Relaxed);
                }
                tracing::warn!(reason = %refused, "the registry in force stays");
                let _ = prepared.reply.send(Err(refused));
                return;
            }
        };
        let unchanged = accepted.changes.is_empty();
        if self.is_behind() && !prepared.dry_run {
            let _ = prepared.reply.send(Err(ReloadRefused::NotKept));
            return;
        }
        let version = if unchanged { self.version } else { self.version + 1 };
        let report = ReloadReport { version, ..accepted.report };
        if prepared.dry_run {
            let _ = prepared.reply.send(Ok(report));
            return;
        }
        let others = accepted.roads.as_ref().is_some_and(|map| self.take_roads(map));
        if unchanged {
            if let Some(map) = accepted.roads.filter(|_| others) {
                self.apply(Event::Roads(map), now);
            }
            self.put_secrets_in_force(accepted.secrets, now);
            self.alive.reload_failed.store(0, Ordering::Relaxed);
            self.alive.reloaded.store(now.millis(), Ordering::Relaxed);
            let _ = prepared.reply.send(Ok(report));
            return;
        }
        self.version = version;
        // First, so that what the new files explain is no news; a thing that is new is worked on once it is there.
        self.lay_out_maintenance_of(&accepted.registry, now);
        self.apply(Event::Registry { registry: accepted.registry, version, roads: accepted.roads }, now);
        self.put_secrets_in_force(accepted.secrets, now);
        self.lay_plan(now);
        let put = RegistryPut {
            version,
            at: now,
            who: prepared.by.who.to_string(),
            hashes: accepted.hashes,
            summary: accepted.summary,
            changes: accepted.changes,
        };
        let audit = changes::registry(&prepared.by, &put, &report);
        let waiting = self.uncommitted_mut();
        waiting.audit.push(audit);
        waiting.put = Some(put);
        waiting.replies.reload = Some((report, prepared.reply));
    }

    fn put_secrets_in_force(&mut self, fresh: Secrets, now: Time) {
        let other = self.passwords.put_in_force(fresh, &self.world.snapshot());
        self.credentials_changed(other, now);
    }

    fn credentials_changed(&mut self, cameras: Vec<CameraIx>, now: Time) {
        if !cameras.is_empty() {
            tracing::info!(cameras = cameras.len(), "other passwords: those that were refused are tried again");
            self.apply(Event::Credentials(cameras), now);
        }
    }

    fn lay_plan(&mut self, now: Time) {
        let snapshot = self.world.snapshot();
        let canaries: Vec<String> = self.settings.policy.canaries.iter().map(|c| c.to_string()).collect();
        self.schedule.lay(&snapshot.topology, &canaries, self.settings.policy.health.canary_interval, now);
        self.dispatch.put_in_force(snapshot.registry, snapshot.topology);
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("in_flight", &self.dispatch.in_flight()).finish_non_exhaustive()
    }
}
