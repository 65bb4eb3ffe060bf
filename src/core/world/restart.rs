//! A start: what the store kept becomes belief again, and nothing is said before a first round (semantics.md §5).

use std::collections::VecDeque;
use std::sync::Arc;

use super::blame::Judged;
use super::timers::Timer;
use super::{Effects, Policy, Saved, SavedCheck, SavedHealth, SavedTarget, Subject, Transition, Turn, World};
use crate::alert::{AlertKey, AlertName, AlertObject, Book};
use crate::coverage::{EntranceBelief, EntranceState, Judgement, Watch};
use crate::health::check::{Run, Verdict};
use crate::health::machine::Health;
use crate::health::sight::Eyes;
use crate::health::{Cause, MonitorCause, State};
use crate::model::planted;
use crate::model::{CameraId, CameraIx, CanaryIx, Chunked, EntranceIx, NodeIx, Reason, ReasonSet, Target, Time};
use crate::registry::{Registry, Topology};

impl World {
    /// The World at a start, or after the clock was stepped: with what the store kept, and the effects of starting (the
    /// time without a monitor as history, the first round's questions).
    #[must_use]
    pub fn start(policy: Policy, registry: Arc<Registry>, saved: Saved, now: Time) -> (World, Effects) {
        let saved = saved.not_after(now);
        let mut book = Book::restore(policy.alert.clone(), saved.incidents, saved.alerts, saved.next_incident, now);
        book.resume_storm(saved.collected, now);
        // What waited to be said waits for the first round too.
        book.mute = true;
        let mut world = World {
            eyes: Eyes::new(policy.canaries.len()),
            policy,
            registry,
            version: saved.registry_version,
            topology: Arc::new(Topology::default()),
            watch: Arc::new(Watch::default()),
            centre: None,
            now,
            cameras: Vec::new(),
            nodes: Vec::new(),
            recorded_cameras: Vec::new(),
            recorded_nodes: Vec::new(),
            causes: super::blame::Causes::default(),
            book,
            timers: std::collections::BTreeSet::new(),
            camera_views: Chunked::default(),
            node_views: Chunked::default(),
            entrance_views: Chunked::default(),
            sample: Vec::new(),
            suspects: VecDeque::new(),
            doubtful: std::collections::BTreeSet::new(),
            inquiries: std::collections::BTreeMap::new(),
            round: None,
            night: false,
            tonight: false,
            windows: Vec::new(),
            service: super::maintenance::Service::default(),
            roads: None,
            fence: None,
            turn: Turn::default(),
        };
        world.put_in_force(None);
        world.switch_checks_on();
        for target in saved.targets {
            world.restore(target, saved.last_tick);
        }
        // They count only once they have answered in this life: without them the silence of a town would be ours.
        for i in 0..world.eyes.canaries.len() {
            world.push_ask(Target::Canary(CanaryIx::from(i)), now);
        }
        if !planted!(NothingIsAwaited) {
            world.begin_round();
        }
        world.close_the_hole(saved.last_tick);
        world.show_everything();
        world.wind_what_is_unknown();
        world.finish();
        let effects = std::mem::take(&mut world.turn.effects);
        (world, effects)
    }

    /// What a start would need to go on from here: the way over a stepped clock or a suspension.
    #[must_use]
    pub fn saved(&self, last_tick: Time) -> Saved {
        let cameras = self.topology.cameras.iter().zip(&self.cameras).enumerate().map(|(i, (slot, health))| {
            let cause = self.causes.of_camera.get(&CameraIx::from(i));
            let mut saved = super::publish::save(health, cause, &self.topology);
            saved.recorded = self.recorded_cameras.get(i).and_then(|word| State::from_word(word));
            SavedTarget::Camera(slot.id.clone(), saved)
        });
        let nodes = self.topology.nodes.iter().zip(&self.nodes).enumerate().map(|(i, (slot, health))| {
            let mut saved = super::publish::save(health, None, &self.topology);
            saved.recorded = self.recorded_nodes.get(i).and_then(|word| State::from_word(word));
            saved.inferred_at = self.causes.judged.get(&NodeIx::from(i)).map(|j| j.since);
            SavedTarget::Node(slot.id.clone(), saved)
        });
        let entrances = self.topology.entrances.iter().zip(self.entrance_views.iter()).filter_map(|(slot, view)| {
            let b = view.as_ref()?;
            let states = [(b.day.state, b.since_day), (b.night.state, b.since_night), (b.now.state, b.since)];
            Some(SavedTarget::Entrance(slot.id.clone(), states, b.cause.clone()))
        });
        Saved {
            last_tick: Some(last_tick),
            registry_version: self.version,
            targets: cameras.chain(nodes).chain(entrances).chain([SavedTarget::Monitor(self.blind_since())]).collect(),
            incidents: self.book.incidents.values().map(|i| (**i).clone()).collect(),
            alerts: self.book.open.values().map(|a| &**a).chain(self.book.untold_ends()).cloned().collect(),
            collected: self.book.collected().cloned().collect(),
            next_incident: self.book.next_id(),
        }
    }

    /// What nobody ever answers for is told after a while, also when it was so before.
    fn wind_what_is_unknown(&mut self) {
        let at = self.now + self.policy.alert.unknown_after;
        for i in 0..self.cameras.len() {
            self.wind_unknown(CameraIx::from(i));
        }
        for i in 0..self.topology.entrances.len() {
            self.timers.insert((at, Timer::EntranceUnknown(EntranceIx::from(i))));
        }
    }

    fn switch_checks_on(&mut self) {
        let topology = self.topology.clone();
        for (health, slot) in self.cameras.iter_mut().zip(&topology.cameras) {
            health.set_checks(&slot.checks, self.now);
            health.since = self.now;
        }
        for (health, slot) in self.nodes.iter_mut().zip(&topology.nodes) {
            health.set_checks(&[slot.check, None, None, None], self.now);
            health.since = self.now;
        }
    }

    fn restore(&mut self, target: SavedTarget, last_tick: Option<Time>) {
        match target {
            SavedTarget::Camera(id, saved) => {
                let Some(ix) = self.topology.camera(id.as_str()) else { return };
                self.recorded_cameras[ix.at()] = saved.recorded.unwrap_or(saved.state).word();
                revive(&mut self.cameras[ix.at()], &saved, self.now, &self.policy.health);
                if saved.state == State::Down && !self.was_told(AlertName::CameraDown, &id) {
                    let flaps = self.was_told(AlertName::CameraFlapping, &id);
                    self.cameras[ix.at()].turn_is_open(saved.since, flaps, &self.policy.health);
                }
                if let Some(at) = self.cameras[ix.at()].flap_ends_at(&self.policy.health) {
                    self.timers.insert((at, Timer::FlapOff(ix)));
                }
                if let (State::Down, Some(cause)) = (saved.state, saved.cause) {
                    self.causes.set(ix, Some(cause));
                }
                if let Some(at) = self.cameras[ix.at()].last_pass() {
                    self.answered(Target::Camera(ix), at);
                }
            }
            SavedTarget::Node(id, saved) => {
                let Some(ix) = self.topology.node(id.as_str()) else { return };
                self.recorded_nodes[ix.at()] = saved.recorded.unwrap_or(saved.state).word();
                revive(&mut self.nodes[ix.at()], &saved, self.now, &self.policy.health);
                if let Some(since) = saved.inferred_at {
                    let judged = Judged { since, direct: false, rivals: Vec::new(), exact: true, restored: true };
                    self.causes.judged.insert(ix, judged);
                }
                if let Some(at) = self.nodes[ix.at()].last_pass() {
                    self.answered(Target::Node(ix), at);
                }
            }
            SavedTarget::Entrance(id, states, cause) => {
                let Some(ix) = self.topology.entrance(id.as_str()) else { return };
                if let Some(view) = self.entrance_views.get_mut(ix.at()) {
                    *view = Some(remembered(states, cause));
                }
            }
            SavedTarget::Monitor(Some(_)) => {
                // Blind when it stopped: whether it sees now, the first round will show, and ends the alert or goes on with it.
                self.sight_was_lost(last_tick.unwrap_or(self.now));
            }
            SavedTarget::Monitor(None) | SavedTarget::Gone(_) => {}
        }
    }

    fn sight_was_lost(&mut self, at: Time) {
        self.turn.effects.transitions.push(Transition {
            at,
            since: at,
            subject: Subject::Monitor,
            from: "down",
            to: "unknown",
            cause: Some(Cause::Monitor(MonitorCause::Stopped)),
            incident: None,
            reasons: ReasonSet::EMPTY,
            evidence: None,
        });
        self.turn.effects.saved.push(SavedTarget::Monitor(None));
    }

    /// Whether an alert of a camera stood in its words when the monitor stopped.
    fn was_told(&self, name: AlertName, camera: &CameraId) -> bool {
        self.book.is_open(&AlertKey { name, object: AlertObject::Camera(camera.clone()) })
    }

    /// From the last tick to the first evidence each camera is unknown: no hole and no false figure.
    fn close_the_hole(&mut self, last_tick: Option<Time>) {
        let Some(tick) = last_tick else { return };
        for i in 0..self.cameras.len() {
            let camera = CameraIx::from(i);
            let recorded = self.recorded_cameras[i];
            if recorded.is_empty() || recorded == State::Unknown.word() || !self.is_installed(camera) {
                continue;
            }
            self.recorded_cameras[i] = State::Unknown.word();
            let id = self.topology.cameras[i].id.clone();
            self.stopped(Subject::Camera(id), recorded, tick);
        }
        for i in 0..self.nodes.len() {
            let recorded = self.recorded_nodes[i];
            let probed = self.nodes[i].checks[0].is_on();
            if recorded.is_empty() || recorded == State::Unknown.word() || !probed {
                continue;
            }
            if self.causes.judged.contains_key(&NodeIx::from(i)) {
                continue;
            }
            self.recorded_nodes[i] = State::Unknown.word();
            let id = self.topology.nodes[i].id.clone();
            self.stopped(Subject::Node(id), recorded, tick);
        }
    }

    fn stopped(&mut self, subject: Subject, from: &'static str, tick: Time) {
        self.turn.effects.transitions.push(Transition {
            at: tick,
            since: tick,
            subject,
            from,
            to: State::Unknown.word(),
            cause: Some(Cause::Monitor(MonitorCause::Stopped)),
            incident: None,
            reasons: ReasonSet::EMPTY,
            evidence: None,
        });
    }

    /// Forgets that a camera fails; it has left the registry.
    pub(super) fn forget_failure(&mut self, camera: CameraIx) {
        self.inquiries.remove(&Target::Camera(camera));
        self.doubtful.remove(&camera);
        self.causes.leave(camera);
    }
}

/// The last conclusions become belief that awaits its first answer.
fn revive(health: &mut Health, saved: &SavedHealth, now: Time, policy: &crate::health::Policy) {
    for (check, kept) in health.checks.iter_mut().zip(&saved.checks).filter(|(c, _)| c.is_on()) {
        revive_check(check, kept, now);
    }
    let [reach, stream, ..] = &saved.checks;
    if reach.reasons.contains(Reason::Slow) {
        health.reach.was_slow();
    }
    if stream.reasons.contains(Reason::Slow) {
        health.stream.was_slow();
    }
    if reach.reasons.contains(Reason::Lossy) {
        health.reach.was_lossy(policy);
    }
    health.since = now;
    health.state = State::Unknown;
    health.before = State::Unknown;
    health.turns.clone_from(&saved.turns);
    health.flapping = saved.flapping;
    health.rose = matches!(saved.state, State::Up | State::Degraded);
    health.changes = saved.changes;
    health.auth_refused = saved.checks.iter().filter_map(|c| c.auth_refused).max();
}

fn revive_check(check: &mut crate::health::check::CheckHealth, kept: &SavedCheck, now: Time) {
    check.verdict = match kept.passes {
        None => Verdict::None,
        Some(true) => Verdict::Passing,
        Some(false) => Verdict::Failing,
    };
    check.run =
        kept.first_failure.filter(|_| kept.passes == Some(false)).map(|since| Run { since, silent: kept.silent });
    check.last_pass = kept.last_pass;
    check.reasons = kept.reasons;
    check.last_alive = kept.passes;
    check.due = now;
}

/// An entrance as it stood; only states and times are kept, the rest is judged anew.
fn remembered(states: [(EntranceState, Time); 3], cause: Option<Cause>) -> EntranceBelief {
    let judgement = |state| Judgement { state, watchers: 0, live: 0, unknown: 0, gap: None, outage_planned: false };
    EntranceBelief {
        day: judgement(states[0].0),
        night: judgement(states[1].0),
        now: judgement(states[2].0),
        since_day: states[0].1,
        since_night: states[1].1,
        since: states[2].1,
        spare_cameras: None,
        spare_nodes: None,
        cause,
    }
}
