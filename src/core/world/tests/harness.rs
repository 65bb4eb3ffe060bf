//! A town that fails on command, and the least engine that can ask it: due times, asks, wakes, a fake clock.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) use super::plan::Plan;
use crate::alert::{AlertName, Incident, Message, MessageKind};
use crate::model::{CanaryIx, Check, FailKind, Outcome, Phase, PhaseTimes, ProbeResult, Reason, Span, Target, Time};
use crate::registry::{Registry, next_due};
use crate::world::{Effects, Event, Policy, Saved, SavedTarget, Subject, Transition, World};

/// 2026-06-01 04:00 UTC, noon in Wuhan.
pub(super) const NOON: Time = Time(1_780_286_400_000);

/// How a camera behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    Refuse,
    Drop,
    Auth,
    /// Answers 503 to everything but reach.
    Busy,
    /// Answers reach, but its stream is silent.
    StreamHangs,
    /// Answers after two seconds.
    Slow,
}

#[derive(Debug)]
enum Job {
    Due(Target, Check),
    Ask(Target, Check),
    End(Box<Outcome>),
}

/// The town, the engine, and everything that was said.
pub(super) struct Sim {
    pub(super) world: World,
    pub(super) now: Time,
    pub(super) faults: BTreeMap<String, Fault>,
    pub(super) dead_nodes: BTreeSet<String>,
    /// Nodes that pass everything on but do not answer themselves.
    pub(super) mute_nodes: BTreeSet<String>,
    /// Share of packets that get lost on a node's way, or on every way (`""`).
    pub(super) loss: BTreeMap<String, f64>,
    /// Cameras whose probes we cannot send.
    pub(super) unaskable: BTreeSet<String>,
    pub(super) canary_dead: bool,
    pub(super) cut_off: bool,
    /// When a password was shown, and to whom.
    pub(super) shown: Vec<(Time, String)>,
    pub(super) messages: Vec<Message>,
    pub(super) transitions: Vec<Transition>,
    pub(super) kept: Kept,
    pub(super) policy: Policy,
    /// Seed of what is drawn: lost packets.
    pub(super) seed: u64,
    /// By time, then by name and kind: what happens at one moment happens in the same order whatever the slots are.
    jobs: BTreeMap<(Time, Arc<str>, u8, u64), Job>,
    seq: u64,
    drawn: u64,
}

/// What a store would hold.
#[derive(Default, Clone)]
pub(super) struct Kept {
    targets: BTreeMap<String, SavedTarget>,
    incidents: BTreeMap<u64, Incident>,
    alerts: BTreeMap<String, crate::alert::Alert>,
}

impl Sim {
    pub(super) fn new(plan: Plan) -> Sim {
        Sim::with(plan, Policy { canaries: vec!["gw".into()], ..Policy::default() })
    }

    pub(super) fn with(plan: Plan, policy: Policy) -> Sim {
        let (world, effects) = World::start(policy.clone(), Arc::new(plan.registry), Saved::default(), NOON);
        let mut sim = Sim {
            world,
            now: NOON,
            faults: BTreeMap::new(),
            dead_nodes: BTreeSet::new(),
            mute_nodes: BTreeSet::new(),
            loss: BTreeMap::new(),
            unaskable: BTreeSet::new(),
            canary_dead: false,
            cut_off: false,
            shown: Vec::new(),
            messages: Vec::new(),
            transitions: Vec::new(),
            kept: Kept::default(),
            policy,
            seed: 1,
            jobs: BTreeMap::new(),
            seq: 0,
            drawn: 0,
        };
        sim.take(effects);
        sim.schedule_all();
        sim
    }

    /// Kills the daemon and starts it again after `pause`, with what was kept.
    pub(super) fn restart(&mut self, pause: Span) {
        let last_tick = Some(self.now);
        self.now += pause;
        let saved = Saved {
            last_tick,
            registry_version: 1,
            targets: self.kept.targets.values().cloned().map(|t| self.recorded(t)).collect(),
            incidents: self.kept.incidents.values().cloned().collect(),
            alerts: self.kept.alerts.values().filter(|a| a.ended.is_none()).cloned().collect(),
            collected: self.collected(),
            next_incident: self.messages.iter().map(|m| m.incident.id.0 + 1).max().unwrap_or(1),
        };
        let registry = self.world.snapshot().registry;
        let (world, effects) = World::start(self.policy.clone(), registry, saved, self.now);
        self.world = world;
        self.jobs.clear();
        self.take(effects);
        self.schedule_all();
    }

    /// What was collected and is in no digest yet.
    fn collected(&self) -> Vec<Message> {
        let waits = |m: &&Message| {
            let incident = self.kept.incidents.get(&m.incident.id.0);
            let from = incident.and_then(|i| i.in_digest.from);
            m.why == crate::alert::SayReason::HeldForDigest && from.is_some_and(|from| m.step >= from)
        };
        self.messages.iter().filter(waits).cloned().collect()
    }

    /// With what history says last of it.
    fn recorded(&self, mut target: SavedTarget) -> SavedTarget {
        let subject = match &target {
            SavedTarget::Camera(id, _) => Subject::Camera(id.clone()),
            SavedTarget::Node(id, _) => Subject::Node(id.clone()),
            _ => return target,
        };
        let last = self.transitions.iter().rev().find(|t| t.subject == subject);
        if let SavedTarget::Camera(_, health) | SavedTarget::Node(_, health) = &mut target {
            health.recorded = last.and_then(|t| crate::health::State::from_word(t.to));
        }
        target
    }

    pub(super) fn reload(&mut self, registry: Registry) {
        let effects = self.world.apply(Event::Registry { registry: Arc::new(registry), version: 2 }, self.now);
        self.take(effects);
        self.jobs.retain(|_, j| !matches!(j, Job::Due(..)));
        self.schedule_all();
    }

    pub(super) fn apply(&mut self, event: Event) {
        let effects = self.world.apply(event, self.now);
        self.take(effects);
    }

    fn schedule_all(&mut self) {
        let snapshot = self.world.snapshot();
        for (i, slot) in snapshot.topology.cameras.iter().enumerate() {
            for check in Check::ALL.into_iter().filter(|c| slot.checks[c.at()].is_some()) {
                self.schedule(Target::Camera(i.into()), check, self.now);
            }
        }
        for (i, _) in snapshot.topology.nodes.iter().enumerate().filter(|(_, n)| n.check.is_some()) {
            self.schedule(Target::Node(i.into()), Check::Reach, self.now);
        }
        for i in 0..snapshot.canaries.len() {
            self.schedule(Target::Canary(CanaryIx::from(i)), Check::Reach, self.now);
        }
    }

    fn schedule(&mut self, target: Target, check: Check, from: Time) {
        let snapshot = self.world.snapshot();
        let (id, every) = match target {
            Target::Camera(c) => {
                let slot = &snapshot.topology.cameras[c.at()];
                (slot.id.to_string(), slot.checks[check.at()].map(|p| p.interval))
            }
            Target::Node(n) => {
                let slot = &snapshot.topology.nodes[n.at()];
                (slot.id.to_string(), slot.check.map(|p| p.interval))
            }
            Target::Canary(_) => ("gw".to_owned(), Some(Span::seconds(5))),
        };
        if let Some(every) = every {
            self.push(next_due(&id, check, every, from), Job::Due(target, check));
        }
    }

    fn push(&mut self, at: Time, job: Job) {
        self.seq += 1;
        let (target, kind) = match &job {
            Job::End(o) => (o.target, 0),
            Job::Due(t, c) => (*t, 1 + *c as u8),
            Job::Ask(t, c) => (*t, 5 + *c as u8),
        };
        let snapshot = self.world.snapshot();
        let name = match target {
            Target::Camera(c) => snapshot.topology.cameras[c.at()].id.as_str().into(),
            Target::Node(n) => snapshot.topology.nodes[n.at()].id.as_str().into(),
            Target::Canary(_) => "".into(),
        };
        self.jobs.insert((at.max(self.now), name, kind, self.seq), job);
    }

    fn take(&mut self, effects: Effects) {
        for ask in effects.asks {
            self.push(ask.at, Job::Ask(ask.target, ask.check));
        }
        for target in effects.saved {
            let key = match &target {
                SavedTarget::Camera(id, _) => format!("c{id}"),
                SavedTarget::Node(id, _) => format!("n{id}"),
                SavedTarget::Entrance(id, ..) => format!("e{id}"),
                SavedTarget::Monitor(_) => "m".to_owned(),
                SavedTarget::Gone(subject) => format!("{subject:?}"),
            };
            self.kept.targets.insert(key, target);
        }
        for incident in effects.incidents {
            self.kept.incidents.insert(incident.id.0, (*incident).clone());
        }
        for alert in effects.alerts {
            self.kept.alerts.insert(format!("{:?}", alert.key), (*alert).clone());
        }
        self.transitions.extend(effects.transitions);
        self.messages.extend(effects.messages);
    }

    /// Lets time pass.
    pub(super) fn run(&mut self, span: Span) {
        let until = self.now + span;
        loop {
            let job = self.jobs.first_key_value().map(|((at, ..), _)| *at);
            let wake = self.world.next_wake();
            let next = [job, wake].into_iter().flatten().min().unwrap_or(until);
            if next > until {
                break;
            }
            self.now = self.now.max(next);
            if job.is_some_and(|at| at <= self.now) {
                let (_, job) = self.jobs.pop_first().unwrap();
                self.do_job(job);
            } else {
                self.apply(Event::Wake);
            }
        }
        self.now = until;
    }

    fn do_job(&mut self, job: Job) {
        match job {
            Job::Due(target, check) => {
                let held = match target {
                    Target::Camera(c) => self.world.snapshot().cameras.get(c.at()).is_some_and(|v| v.held[check.at()]),
                    _ => false,
                };
                if !held {
                    self.probe(target, check, false);
                }
                self.schedule(target, check, self.now + Span(1));
            }
            Job::Ask(target, check) => self.probe(target, check, true),
            Job::End(outcome) => {
                let effects = self.world.apply(Event::Outcome(*outcome), self.now);
                self.take(effects);
            }
        }
    }

    fn probe(&mut self, target: Target, check: Check, asked: bool) {
        let (result, took) = self.answer(target, check, asked);
        let ended = self.now + took;
        let credential = check == Check::Stream && self.may_show(target);
        if let (Target::Camera(c), true, ProbeResult::Answered(Reason::Auth)) = (target, credential, result) {
            self.shown.push((self.now, self.world.snapshot().topology.cameras[c.at()].id.to_string()));
        }
        let outcome = Outcome {
            target,
            check,
            due: self.now,
            begun: self.now,
            ended,
            asked,
            credential,
            result,
            phase: Phase::Connect,
            times: PhaseTimes::default(),
            rtt: result.is_alive().then_some(took),
            note: None,
        };
        self.push(ended, Job::End(Box::new(outcome)));
    }

    /// As the engine does it: a refused password is held back.
    fn may_show(&self, target: Target) -> bool {
        let held_until = match target {
            Target::Camera(c) => self.world.snapshot().cameras.get(c.at()).and_then(|v| v.password_held_until),
            _ => None,
        };
        held_until.is_none_or(|until| self.now >= until)
    }

    fn answer(&mut self, target: Target, check: Check, asked: bool) -> (ProbeResult, Span) {
        let limit = match (check, asked) {
            (Check::Reach, false) => 1_000,
            (Check::Reach, true) => 800,
            (_, false) => 3_000,
            (_, true) => 10_000,
        };
        let silence = (ProbeResult::Fail(FailKind::Timeout), Span(limit));
        let pass = (ProbeResult::Pass { slow: false }, Span(5));
        if self.cut_off || self.is_lost_on_the_way(target, check, asked) {
            return silence;
        }
        let snapshot = self.world.snapshot();
        let topology = &snapshot.topology;
        let dead = |n: crate::model::NodeIx| self.dead_nodes.contains(topology.nodes[n.at()].id.as_str());
        match target {
            Target::Canary(_) => {
                if self.canary_dead {
                    silence
                } else {
                    pass
                }
            }
            Target::Node(n) => {
                let mute = self.mute_nodes.contains(topology.nodes[n.at()].id.as_str());
                if topology.node_works(n, &dead) && !mute { pass } else { silence }
            }
            Target::Camera(c) if !topology.camera_works(c, &dead) => silence,
            Target::Camera(c) if self.unaskable.contains(topology.cameras[c.at()].id.as_str()) => {
                (ProbeResult::Inconclusive(crate::model::Inconclusive::OwnFault), Span(1))
            }
            Target::Camera(c) => match self.faults.get(topology.cameras[c.at()].id.as_str()) {
                None => pass,
                Some(Fault::Refuse) => (ProbeResult::Fail(FailKind::Refused), Span(2)),
                Some(Fault::Drop) => silence,
                Some(Fault::Auth) if check == Check::Stream => (ProbeResult::Answered(Reason::Auth), Span(5)),
                Some(Fault::Busy) if check != Check::Reach => (ProbeResult::Answered(Reason::Busy), Span(5)),
                Some(Fault::StreamHangs) if check == Check::Stream => silence,
                Some(Fault::Auth | Fault::Busy | Fault::StreamHangs) => pass,
                // An ordinary try gives up before; a confirming one of reach sends packets for 0.8 s and hears none.
                Some(Fault::Slow) if check == Check::Stream && asked => (ProbeResult::Pass { slow: true }, Span(4_000)),
                Some(Fault::Slow) if check == Check::Stream => (ProbeResult::Pass { slow: false }, Span(2_000)),
                Some(Fault::Slow) => (ProbeResult::Pass { slow: false }, Span(if asked { 700 } else { 900 })),
            },
        }
    }

    /// Whether every packet of a try is lost: one of an ordinary try, five of a confirming one of reach and of every
    /// try of a canary; TCP sends a request again after one, three, seven seconds.
    fn is_lost_on_the_way(&mut self, target: Target, check: Check, asked: bool) -> bool {
        if self.loss.is_empty() {
            return false;
        }
        let snapshot = self.world.snapshot();
        let above: &[crate::model::NodeIx] = match target {
            Target::Camera(c) => &snapshot.topology.cameras[c.at()].above,
            Target::Node(n) => &snapshot.topology.nodes[n.at()].above,
            Target::Canary(_) => &[],
        };
        let node = |n: &crate::model::NodeIx| snapshot.topology.nodes[n.at()].id.to_string();
        let on_the_way: Vec<String> = above.iter().map(node).chain([String::new()]).collect();
        let kept: f64 = on_the_way.iter().filter_map(|n| self.loss.get(n)).map(|l| 1.0 - l).product();
        let packets = match (target, check, asked) {
            (Target::Canary(_), ..) | (_, Check::Reach, true) => 5,
            (_, Check::Reach, false) => 1,
            (_, _, false) => 2,
            (_, _, true) => 4,
        };
        self.draw() < (1.0 - kept).powi(packets)
    }

    /// A number from 0 to 1 of the seeded row.
    fn draw(&mut self) -> f64 {
        self.drawn += 1;
        let word = crate::model::stable_hash_parts(&[&self.seed.to_string(), &self.drawn.to_string()]);
        (word >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(super) fn break_camera(&mut self, id: &str, fault: Fault) {
        self.faults.insert(id.to_owned(), fault);
    }

    pub(super) fn kill_node(&mut self, id: &str) {
        self.dead_nodes.insert(id.to_owned());
    }

    pub(super) fn heal_all(&mut self) {
        self.faults.clear();
        self.dead_nodes.clear();
        self.mute_nodes.clear();
        self.loss.clear();
        self.unaskable.clear();
        self.cut_off = false;
        self.canary_dead = false;
    }

    /// Messages that page, as (kind, incident, cause, entrances lost), for incidents that matter to people.
    pub(super) fn pages(&self) -> Vec<(MessageKind, u64, String, usize)> {
        let severe = |m: &&Message| {
            m.kind.pages() && m.kind != MessageKind::Digest && m.incident.severity >= crate::model::Severity::Warning
        };
        let row =
            |m: &Message| (m.kind, m.incident.id.0, m.incident.cause.to_string(), m.incident.entrances_lost.len());
        self.messages.iter().filter(severe).map(row).collect()
    }

    /// Prints everything that was said; a failing test shows it.
    pub(super) fn tell_all(&self) {
        for m in &self.messages {
            let i = &m.incident;
            let open = m.alerts.iter().filter(|a| a.ended.is_none()).count();
            let (after, lost) = (m.at - NOON, i.entrances_lost.len());
            println!("{after} #{} {:?} {:?} {} lost {lost}, {open} open alerts", i.id, m.kind, m.why, i.cause);
        }
    }

    /// Causes of the messages that page, sorted.
    pub(super) fn causes(&self) -> Vec<String> {
        let mut causes: Vec<String> = self.pages().into_iter().map(|p| p.2).collect();
        causes.sort();
        causes
    }

    /// Entrances that are lost in the World's belief.
    pub(super) fn believed_lost(&self) -> Vec<String> {
        let snapshot = self.world.snapshot();
        let ids = snapshot.topology.entrances.iter().map(|e| e.id.to_string());
        ids.filter(|id| self.entrance(id) == "lost").collect()
    }

    /// Names of open alerts with how many of each there are.
    pub(super) fn open_alerts(&self) -> BTreeMap<&'static str, usize> {
        let mut names = BTreeMap::new();
        for key in self.world.snapshot().alerts.keys() {
            *names.entry(key.name.word()).or_default() += 1;
        }
        names
    }

    pub(super) fn entrance(&self, id: &str) -> &'static str {
        self.world.snapshot().entrance(id).map_or("none", |(_, e)| e.now.state.word())
    }

    pub(super) fn camera_state(&self, id: &str) -> &'static str {
        self.world.snapshot().camera(id).map_or("none", |(_, c)| c.state.word())
    }

    pub(super) fn everything_is_over(&self) -> bool {
        self.world.snapshot().incidents.values().all(|i| !i.status.is_open()) && self.open_alerts().is_empty()
    }

    pub(super) fn has_lost(&self) -> bool {
        self.messages.iter().flat_map(|m| &m.alerts).any(|a| a.key.name == AlertName::EntranceLost)
    }
}
