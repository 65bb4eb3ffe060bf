//! A town that fails on command, and the least engine that can ask it: due times, asks, wakes, a fake clock.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::alert::{AlertName, Incident, Message, MessageKind};
use crate::model::{
    AreaId, CameraId, CanaryIx, Check, ElementId, EntranceId, FailKind, NodeId, Outcome, Phase, PhaseTimes,
    ProbeResult, Reason, Span, Target, Time,
};
use crate::registry::{
    Area, AreaKind, Camera, CameraKind, Density, Dirs, Entrance, EntranceStatus, Gate, Layer, Life, LonLat, Needs,
    NightLight, Node, NodeKind, Registry, WatchRule, next_due,
};
use crate::world::{Effects, Event, Policy, Saved, SavedTarget, Transition, World};

/// 2026-06-01 04:00 UTC, noon in Wuhan.
pub(super) const NOON: Time = Time(1_780_286_400_000);

/// How a camera behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    Refuse,
    Drop,
    Auth,
    /// Answers reach, but its stream is silent.
    StreamHangs,
}

/// What stands where.
pub(super) struct Plan {
    pub(super) registry: Registry,
}

impl Plan {
    /// One village, an uplink, and for each of `switches` so many cameras; every camera watches an entrance of its own.
    pub(super) fn town(switches: &[usize]) -> Plan {
        let mut plan = Plan { registry: Registry::default() };
        plan.area("T", None, AreaKind::Town);
        plan.area("V", Some("T"), AreaKind::Village);
        plan.node("up", NodeKind::Uplink, true, &[], Needs::All);
        let mut n = 0;
        for (s, cameras) in switches.iter().enumerate() {
            let switch = format!("S{}", s + 1);
            plan.node(&switch, NodeKind::Switch, true, &["up"], Needs::All);
            for _ in 0..*cameras {
                n += 1;
                plan.camera(&format!("C{n:03}"), Some(&switch), n);
                plan.entrance(&format!("E{n:03}"), 1, 1);
                plan.watch(&format!("C{n:03}"), &format!("E{n:03}"));
            }
        }
        plan
    }

    pub(super) fn area(&mut self, id: &str, parent: Option<&str>, kind: AreaKind) {
        let id = AreaId::new(id).unwrap();
        let at = Some(LonLat { lon: 114.5, lat: 30.9 });
        let parent = parent.map(|p| AreaId::new(p).unwrap());
        let area = Area {
            id: id.clone(),
            parent,
            kind,
            name: "甘棠村".into(),
            code: None,
            at,
            boundary: None,
            extra: BTreeMap::new(),
        };
        self.registry.areas.insert(id, area);
    }

    pub(super) fn node(&mut self, id: &str, kind: NodeKind, probed: bool, parents: &[&str], needs: Needs) {
        let id = NodeId::new(id).unwrap();
        let node = Node {
            id: id.clone(),
            kind,
            name: format!("{id} 箱").into(),
            address: probed.then(|| "10.9.9.9:8023".into()),
            at: None,
            parents: Gate { needs, of: parents.iter().map(|p| NodeId::new(p).unwrap()).collect() },
            power: Gate::default(),
            extra: BTreeMap::new(),
        };
        self.registry.nodes.insert(id, node);
    }

    pub(super) fn camera(&mut self, id: &str, node: Option<&str>, n: usize) {
        let id = CameraId::new(id).unwrap();
        let host = format!("10.1.{}.{}", n / 200, n % 200 + 1);
        let camera = Camera {
            id: id.clone(),
            gb_code: None,
            name: format!("{id} 枪机").into(),
            area: AreaId::new("V").unwrap(),
            layer: Layer::Point,
            element: None,
            kind: CameraKind::Fixed,
            at: None,
            position_m: 10.0,
            height_m: None,
            azimuth: None,
            tilt: None,
            hfov: None,
            range_m: None,
            width_px: None,
            height_px: None,
            night: NightLight::Ir,
            night_range_m: None,
            duty: None,
            node: node.iter().map(|n| NodeId::new(n).unwrap()).collect(),
            power: Vec::new(),
            status: Life::Active,
            host: Some(host.into()),
            rtsp: Some("rtsp://{host}:554/main".into()),
            snapshot: None,
            onvif: None,
            credential: None,
            checks: Vec::new(),
            vendor: None,
            model: None,
            installed_on: None,
            watches: Vec::new(),
            note: None,
            extra: BTreeMap::new(),
        };
        self.registry.cameras.insert(id, camera);
    }

    pub(super) fn entrance(&mut self, id: &str, required: u32, target: u32) {
        let id = EntranceId::new(id).unwrap();
        let entrance = Entrance {
            id: id.clone(),
            area: AreaId::new("V").unwrap(),
            name: format!("{id} 村口").into(),
            at: None,
            bearing: None,
            density: Density::Detect,
            required,
            target,
            priority: 3,
            roles: Vec::<ElementId>::new(),
            dirs: Dirs::Any,
            status: EntranceStatus::Active,
            source: None,
            derived_from: Vec::new(),
            extra: BTreeMap::new(),
        };
        self.registry.entrances.insert(id, entrance);
    }

    pub(super) fn watch(&mut self, camera: &str, entrance: &str) {
        let camera = self.registry.cameras.get_mut(camera).unwrap();
        camera.watches.push(WatchRule { id: entrance.into(), watches: true });
    }

    pub(super) fn edit_camera(&mut self, id: &str, edit: impl FnOnce(&mut Camera)) {
        edit(self.registry.cameras.get_mut(id).unwrap());
    }
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
    pub(super) canary_dead: bool,
    pub(super) cut_off: bool,
    pub(super) messages: Vec<Message>,
    pub(super) transitions: Vec<Transition>,
    pub(super) kept: Kept,
    pub(super) policy: Policy,
    jobs: BTreeMap<(Time, u64), Job>,
    seq: u64,
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
            canary_dead: false,
            cut_off: false,
            messages: Vec::new(),
            transitions: Vec::new(),
            kept: Kept::default(),
            policy,
            jobs: BTreeMap::new(),
            seq: 0,
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
            targets: self.kept.targets.values().cloned().collect(),
            incidents: self.kept.incidents.values().cloned().collect(),
            alerts: self.kept.alerts.values().filter(|a| a.ended.is_none()).cloned().collect(),
            next_incident: self.kept.incidents.keys().next_back().map_or(1, |n| n + 1),
        };
        let registry = self.world.snapshot().registry;
        let (world, effects) = World::start(self.policy.clone(), registry, saved, self.now);
        self.world = world;
        self.jobs.clear();
        self.take(effects);
        self.schedule_all();
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
        self.jobs.insert((at.max(self.now), self.seq), job);
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
            let job = self.jobs.first_key_value().map(|((at, _), _)| *at);
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
        let outcome = Outcome {
            target,
            check,
            due: self.now,
            begun: self.now,
            ended,
            asked,
            credential: false,
            result,
            phase: Phase::Connect,
            times: PhaseTimes::default(),
            rtt: result.is_alive().then_some(took),
            note: None,
        };
        self.push(ended, Job::End(Box::new(outcome)));
    }

    fn answer(&self, target: Target, check: Check, asked: bool) -> (ProbeResult, Span) {
        let silence = (ProbeResult::Fail(FailKind::Timeout), Span(if asked { 800 } else { 1_000 }));
        let pass = (ProbeResult::Pass { slow: false }, Span(5));
        if self.cut_off {
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
                if topology.node_works(n, &dead) {
                    pass
                } else {
                    silence
                }
            }
            Target::Camera(c) if !topology.camera_works(c, &dead) => silence,
            Target::Camera(c) => match self.faults.get(topology.cameras[c.at()].id.as_str()) {
                None => pass,
                Some(Fault::Refuse) => (ProbeResult::Fail(FailKind::Refused), Span(2)),
                Some(Fault::Drop) => silence,
                Some(Fault::Auth) if check == Check::Stream => (ProbeResult::Answered(Reason::Auth), Span(5)),
                Some(Fault::StreamHangs) if check == Check::Stream => {
                    (ProbeResult::Fail(FailKind::Timeout), Span(3_000))
                }
                Some(Fault::Auth | Fault::StreamHangs) => pass,
            },
        }
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
        self.cut_off = false;
        self.canary_dead = false;
    }

    /// Messages that page, as (kind, incident, cause, entrances lost), for incidents that matter to people.
    pub(super) fn pages(&self) -> Vec<(MessageKind, u64, String, usize)> {
        let severe = |m: &&Message| m.kind.pages() && m.incident.severity >= crate::model::Severity::Warning;
        let row =
            |m: &Message| (m.kind, m.incident.id.0, m.incident.cause.to_string(), m.incident.entrances_lost.len());
        self.messages.iter().filter(severe).map(row).collect()
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
