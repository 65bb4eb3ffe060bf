//! A town that fails on command, and the least engine that can ask it: due times, asks, wakes, a fake clock.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use cunkou_core::alert::Message;
use cunkou_core::model::{CanaryIx, Check, Outcome, Phase, PhaseTimes, ProbeResult, Reason, Span, Target, Time};
use cunkou_core::plan::Roads;
use cunkou_core::registry::{Registry, Topology, next_due};
use cunkou_core::world::{Effects, Event, Policy, Quiet, Saved, Transition, Window, World};

pub(crate) use super::answers::Fault;
use super::kept::{Keeper, Kept};
pub(crate) use super::plan::Plan;

/// 2026-06-01 04:00 UTC, noon in Wuhan.
pub(crate) const NOON: Time = Time(1_780_286_400_000);

/// What an engine must not do; planted to see that it is noticed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Careless {
    /// Words go out before they are kept.
    TellsBeforeCommit,
    /// What could not be kept is dropped.
    DropsFailedCommits,
    /// What was heard while the store was away is dropped, and probing stops.
    DeafWhileStoreIsAway,
    /// It is not woken.
    NeverWakes,
    /// Wishes for probes out of turn are not granted.
    AsksNobody,
    /// A start is not told what maintenance is announced.
    StartsWithoutMaintenance,
}

#[derive(Debug)]
enum Job {
    Due(Target, Check, Span),
    Ask(Target, Check),
    End(Box<Outcome>),
}

/// The town, the engine, and everything that was said and kept.
pub(crate) struct Sim {
    pub(crate) world: World,
    pub(crate) now: Time,
    pub(crate) topology: Arc<Topology>,
    pub(crate) faults: BTreeMap<String, Fault>,
    pub(crate) dead_nodes: BTreeSet<String>,
    /// Nodes that pass everything on but do not answer themselves.
    pub(crate) mute_nodes: BTreeSet<String>,
    /// Share of packets that get lost on a node's way, or on every way (`""`).
    pub(crate) loss: BTreeMap<String, f64>,
    /// Cameras whose probes we cannot send.
    pub(crate) unaskable: BTreeSet<String>,
    pub(crate) canary_dead: bool,
    pub(crate) cut_off: bool,
    /// The store takes no commit: nothing new is applied, what is heard is folded.
    pub(crate) store_away: bool,
    /// The next commit that holds words does not come to its end: the process dies in it.
    pub(crate) dies_at_commit: bool,
    /// It died so.
    pub(crate) died: bool,
    /// When a password was shown, and to whom.
    pub(crate) shown: Vec<(Time, String)>,
    /// Who was answered when (start of the try), and who said anything at all; kept where a test wants it.
    pub(crate) answered: Option<BTreeSet<(String, Time)>>,
    pub(crate) spoke: Option<BTreeSet<(String, Time)>>,
    /// What was committed to be told.
    pub(crate) messages: Vec<Message>,
    /// What was committed of history.
    pub(crate) transitions: Vec<Transition>,
    pub(crate) store: Box<dyn Keeper>,
    pub(crate) careless: Option<Careless>,
    pub(crate) policy: Policy,
    pub(crate) version: u64,
    /// Seed of what is drawn: lost packets.
    pub(crate) seed: u64,
    /// When something other than figures was last given or asked for.
    pub(crate) stirred: Time,
    /// When the process dies, and for how long: for [`Sim::run`].
    pub(crate) restarts: VecDeque<(Time, Span)>,
    /// Windows of maintenance that are announced; the engine says them to each World that it starts.
    pub(crate) windows: Vec<Window>,
    /// The roads of the town, none at first; the engine says them to each World that it starts. `None` while nobody knows.
    pub(crate) roads: Option<Arc<Roads>>,
    /// By time, then by name and kind: what happens at one moment happens in the same order whatever the slots are.
    jobs: BTreeMap<(Time, Arc<str>, u8, u64), Job>,
    names: [Vec<Arc<str>>; 2],
    /// Applied, and not kept yet.
    behind: Option<Effects>,
    folded: BTreeMap<(Target, Check), Vec<Outcome>>,
    ticked: Time,
    seq: u64,
    pub(crate) drawn: u64,
}

/// How often the store is told that the monitor lives.
const TICK: Span = Span::seconds(10);
/// So many outcomes of one check wait for a store that is away.
const FOLDED: usize = 6;

impl Sim {
    pub(crate) fn new(plan: Plan) -> Sim {
        Sim::with(plan, Policy { canaries: vec!["gw".into()], ..Policy::default() })
    }

    pub(crate) fn with(plan: Plan, policy: Policy) -> Sim {
        Sim::kept_by(plan, policy, Box::new(Kept::default()))
    }

    /// A first start with a store of one's own.
    pub(crate) fn kept_by(plan: Plan, policy: Policy, store: Box<dyn Keeper>) -> Sim {
        let (world, effects) = World::start(policy.clone(), Arc::new(plan.registry), Saved::default(), NOON);
        let mut sim = Sim {
            topology: world.topology().clone(),
            world,
            now: NOON,
            faults: BTreeMap::new(),
            dead_nodes: BTreeSet::new(),
            mute_nodes: BTreeSet::new(),
            loss: BTreeMap::new(),
            unaskable: BTreeSet::new(),
            canary_dead: false,
            cut_off: false,
            store_away: false,
            dies_at_commit: false,
            died: false,
            shown: Vec::new(),
            answered: None,
            spoke: None,
            messages: Vec::new(),
            transitions: Vec::new(),
            store,
            careless: None,
            policy,
            version: 1,
            seed: 1,
            stirred: NOON,
            restarts: VecDeque::new(),
            windows: Vec::new(),
            roads: Some(Arc::default()),
            jobs: BTreeMap::new(),
            names: Default::default(),
            behind: None,
            folded: BTreeMap::new(),
            ticked: NOON,
            seq: 0,
            drawn: 0,
        };
        sim.name_slots();
        sim.take(effects);
        sim.schedule_all();
        sim
    }

    /// Kills the daemon and starts it again after `pause`, with what was kept.
    pub(crate) fn restart(&mut self, pause: Span) {
        self.tick();
        (self.behind, self.died, self.dies_at_commit) = (None, false, false);
        self.now += pause;
        let saved = self.store.load(self.now);
        self.begin(saved);
    }

    /// The clock was stepped, or the process stood still for long: with what is believed, as after a start.
    pub(crate) fn begin_anew(&mut self, pause: Span) {
        let saved = self.world.saved(self.now);
        self.now += pause;
        self.begin(saved);
    }

    fn begin(&mut self, saved: Saved) {
        let registry = self.world.snapshot().registry;
        let (world, effects) = World::start(self.policy.clone(), registry, saved, self.now);
        self.world = world;
        self.topology = self.world.topology().clone();
        self.ticked = self.now;
        self.jobs.clear();
        self.folded.clear();
        self.name_slots();
        self.take(effects);
        self.schedule_all();
        if let Some(roads) = self.roads.clone() {
            self.apply(Event::Roads(roads.into()));
        }
        if !self.windows.is_empty() && self.careless != Some(Careless::StartsWithoutMaintenance) {
            self.apply(Event::Maintenance(self.windows.clone()));
        }
    }

    pub(crate) fn reload(&mut self, registry: Registry) {
        self.reload_with(registry, None);
    }

    /// Another registry, and the roads that come in force with it.
    pub(crate) fn reload_with(&mut self, registry: Registry, roads: Option<Arc<Roads>>) {
        self.version += 1;
        if roads.is_some() {
            self.roads.clone_from(&roads);
        }
        let event =
            Event::Registry { registry: Arc::new(registry), version: self.version, roads: roads.map(Into::into) };
        let effects = self.world.apply(event, self.now);
        self.topology = self.world.topology().clone();
        self.name_slots();
        self.take(effects);
        self.jobs.retain(|_, j| !matches!(j, Job::Due(..)));
        self.schedule_all();
    }

    pub(crate) fn apply(&mut self, event: Event) {
        let effects = self.world.apply(event, self.now);
        self.take(effects);
    }

    fn name_slots(&mut self) {
        self.names = [
            self.topology.cameras.iter().map(|c| c.id.as_str().into()).collect(),
            self.topology.nodes.iter().map(|n| n.id.as_str().into()).collect(),
        ];
    }

    /// Everything that is asked in turn, with its interval.
    fn asked(&self) -> Vec<(Target, Check, Span)> {
        let cameras = self.topology.cameras.iter().enumerate().flat_map(|(i, slot)| {
            let on = move |c: Check| Some((Target::Camera(i.into()), c, slot.checks[c.at()]?.interval));
            Check::ALL.into_iter().filter_map(on)
        });
        let nodes = self.topology.nodes.iter().enumerate();
        let nodes = nodes.filter_map(|(i, slot)| Some((Target::Node(i.into()), Check::Reach, slot.check?.interval)));
        let canaries = (0..self.policy.canaries.len()).map(|i| Target::Canary(CanaryIx::from(i)));
        let canaries = canaries.map(|t| (t, Check::Reach, self.policy.health.canary_interval));
        cameras.chain(nodes).chain(canaries).collect()
    }

    fn schedule_all(&mut self) {
        for (target, check, every) in self.asked() {
            let id = match target {
                Target::Camera(c) => self.names[0][c.at()].clone(),
                Target::Node(n) => self.names[1][n.at()].clone(),
                Target::Canary(c) => self.policy.canaries[c.at()].clone(),
            };
            self.push(next_due(&id, check, every, self.now), Job::Due(target, check, every));
        }
    }

    fn push(&mut self, at: Time, job: Job) {
        self.seq += 1;
        let (target, kind) = match &job {
            Job::End(o) => (o.target, 0),
            Job::Due(t, c, _) => (*t, 1 + *c as u8),
            Job::Ask(t, c) => (*t, 5 + *c as u8),
        };
        let name = match target {
            Target::Camera(c) => self.names[0][c.at()].clone(),
            Target::Node(n) => self.names[1][n.at()].clone(),
            Target::Canary(_) => "".into(),
        };
        self.jobs.insert((at.max(self.now), name, kind, self.seq), job);
    }

    /// Wishes go to the plan at once; the rest waits for the commit.
    fn take(&mut self, mut effects: Effects) {
        let stirs = !effects.asks.is_empty() || !effects.transitions.is_empty() || !effects.incidents.is_empty();
        if stirs {
            self.stirred = self.now;
        }
        for ask in std::mem::take(&mut effects.asks) {
            if self.careless == Some(Careless::AsksNobody) {
                break;
            }
            self.push(ask.at, Job::Ask(ask.target, ask.check));
        }
        if effects.nothing_to_keep() {
            return;
        }
        match &mut self.behind {
            Some(behind) => behind.absorb(effects),
            None => self.behind = Some(effects),
        }
        self.commit();
    }

    /// Gives the store what waits, unless it is away.
    fn commit(&mut self) {
        let words = self.behind.as_ref().is_some_and(|b| !b.messages.is_empty());
        let kept = !self.store_away && !self.dies_at_commit;
        if let Some(behind) = self.behind.as_mut().filter(|_| words && !kept) {
            match self.careless {
                Some(Careless::TellsBeforeCommit) => self.messages.extend(behind.messages.iter().cloned()),
                Some(Careless::DropsFailedCommits) => behind.messages.clear(),
                _ => {}
            }
        }
        if words && self.dies_at_commit {
            self.died = true;
        }
        if self.store_away || self.died {
            return;
        }
        let Some(effects) = self.behind.take() else { return };
        self.ticked = self.now;
        self.store.keep(&effects, self.now, self.version, &self.topology);
        self.transitions.extend(effects.transitions);
        self.messages.extend(effects.messages);
    }

    /// Whether something is applied that the store has not kept.
    pub(crate) fn is_behind(&self) -> bool {
        self.behind.is_some()
    }

    /// Lets time pass; the process dies in it where that is planned.
    pub(crate) fn run(&mut self, span: Span) {
        let until = self.now + span;
        while let Some((at, pause)) = self.restarts.front().copied().filter(|(at, _)| *at <= until) {
            self.restarts.pop_front();
            self.run_to(at);
            self.restart(pause);
        }
        self.run_to(until);
    }

    fn run_to(&mut self, until: Time) {
        while self.turn(until) {}
        self.now = self.now.max(until);
    }

    /// One job or one wake, if there is one up to then.
    pub(crate) fn turn(&mut self, until: Time) -> bool {
        if self.behind.is_some() && !self.store_away {
            self.commit();
            self.unfold();
        }
        let job = self.jobs.first_key_value().map(|((at, ..), _)| *at);
        let asleep = self.behind.is_some() || self.careless == Some(Careless::NeverWakes);
        let wake = if asleep { None } else { self.world.next_wake() };
        let next = [job, wake].into_iter().flatten().min().unwrap_or(until);
        if next > until || (job.is_none() && wake.is_none()) {
            return false;
        }
        self.now = self.now.max(next);
        self.tick();
        if job.is_some_and(|at| at <= self.now) {
            let ((at, ..), job) = self.jobs.pop_first().unwrap();
            self.do_job(at, job);
        } else {
            self.apply(Event::Wake);
        }
        true
    }

    fn tick(&mut self) {
        if self.store_away || self.behind.is_some() || self.now - self.ticked < TICK {
            return;
        }
        self.ticked += TICK * ((self.now - self.ticked).0 / TICK.0);
        self.store.tick(self.ticked);
    }

    fn do_job(&mut self, at: Time, job: Job) {
        match job {
            Job::Due(target, check, every) => {
                if !self.is_held(target, check) {
                    self.probe(target, check, false);
                }
                let missed = (self.now - at).0 / every.0.max(1);
                self.push(at + every * (missed + 1), Job::Due(target, check, every));
            }
            Job::Ask(target, check) => self.probe(target, check, true),
            Job::End(outcome) => self.heard(*outcome),
        }
    }

    fn is_held(&self, target: Target, check: Check) -> bool {
        match target {
            Target::Camera(c) => self.world.cameras().get(c.at()).is_some_and(|v| v.held[check.at()]),
            _ => false,
        }
    }

    fn heard(&mut self, outcome: Outcome) {
        let (alive, silent) = (outcome.result.is_alive(), outcome.result.is_silence());
        let logs = [self.answered.as_mut().filter(|_| alive), self.spoke.as_mut().filter(|_| !silent)];
        for log in logs.into_iter().flatten() {
            let name = match outcome.target {
                Target::Camera(c) => self.names[0][c.at()].to_string(),
                Target::Node(n) => self.names[1][n.at()].to_string(),
                Target::Canary(c) => self.policy.canaries[c.at()].to_string(),
            };
            log.insert((name, outcome.begun));
        }
        if self.behind.is_none() {
            return self.apply(Event::Outcome(outcome));
        }
        let deaf = self.careless == Some(Careless::DeafWhileStoreIsAway);
        if matches!(outcome.result, ProbeResult::Inconclusive(_)) || deaf {
            return;
        }
        let run = self.folded.entry((outcome.target, outcome.check)).or_default();
        if run.last().is_some_and(|last| last.result.is_alive() != outcome.result.is_alive()) {
            run.clear();
        }
        run.push(outcome);
        if run.len() > FOLDED {
            run.remove(1);
        }
    }

    /// What came while nothing new could be kept, in the order in which it ended.
    fn unfold(&mut self) {
        if self.behind.is_some() || self.folded.is_empty() {
            return;
        }
        let mut outcomes: Vec<Outcome> = std::mem::take(&mut self.folded).into_values().flatten().collect();
        outcomes.sort_by_key(|o| o.ended);
        self.apply(Event::Outcomes(outcomes));
    }

    fn probe(&mut self, target: Target, check: Check, asked: bool) {
        let (result, took) = self.answer(target, check, asked);
        let ended = self.now + took;
        let credential = check == Check::Stream && self.may_show(target);
        if let (Target::Camera(c), true, ProbeResult::Answered(Reason::Auth)) = (target, credential, result) {
            self.shown.push((self.now, self.names[0][c.at()].to_string()));
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

    /// Whether only ordinary tries lie ahead.
    pub(crate) fn is_idle(&self) -> bool {
        !self.is_behind() && self.jobs.values().all(|j| matches!(j, Job::Due(..)))
    }

    /// Hears everything that is due up to `until` as one event, as far as all of it would only say once more what was
    /// said last; `false` where something else would be heard. What is under way is waited for first.
    pub(crate) fn skip(&mut self, until: Time) -> bool {
        let from = self.now;
        if !self.wait_for_what_is_under_way() {
            return false;
        }
        // A password that may be shown again is news: until then only, and one by one until it was.
        let until = self.password_due().map_or(until, |at| until.min(at));
        let Some(quiet) = self.quiet(from, until).filter(|_| from < until) else { return false };
        let effects = self.world.apply(Event::Quiet(quiet), until);
        self.now = self.now.max(until);
        self.take(effects);
        self.tick();
        self.jobs.retain(|_, j| !matches!(j, Job::Due(..)));
        self.now += Span(1);
        self.schedule_all();
        true
    }

    /// Asks nobody while those that were asked answer; `false` where more comes of it.
    fn wait_for_what_is_under_way(&mut self) -> bool {
        let due = |j: &Job| matches!(j, Job::Due(..));
        let (stirred, mut later) = (self.stirred, BTreeMap::new());
        std::mem::swap(&mut self.jobs, &mut later);
        let (later, under_way) = later.into_iter().partition::<BTreeMap<_, _>, _>(|(_, j)| due(j));
        self.jobs = under_way;
        while let Some(((at, ..), job)) = self.jobs.pop_first() {
            self.now = self.now.max(at);
            self.do_job(at, job);
        }
        self.jobs.extend(later);
        self.stirred == stirred && self.is_idle()
    }

    pub(crate) fn quiet(&mut self, from: Time, to: Time) -> Option<Quiet> {
        let mut quiet = Quiet { of: Vec::new(), failing: Vec::new(), from, to, rtt: Span(5) };
        if !self.loss.is_empty() || !self.unaskable.is_empty() || self.cut_off {
            return None;
        }
        for (target, check, _) in self.asked() {
            if self.is_held(target, check) {
                continue;
            }
            match self.answer(target, check, false) {
                (ProbeResult::Pass { slow: false }, took) if took == quiet.rtt => quiet.of.push((target, check)),
                (ProbeResult::Fail(kind), took) if check == Check::Reach => {
                    quiet.failing.push((target, check, kind, took));
                }
                _ => return None,
            }
        }
        Some(quiet)
    }

    pub(crate) fn break_camera(&mut self, id: &str, fault: Fault) {
        self.faults.insert(id.to_owned(), fault);
    }

    pub(crate) fn kill_node(&mut self, id: &str) {
        self.dead_nodes.insert(id.to_owned());
    }

    pub(crate) fn heal_all(&mut self) {
        self.faults.clear();
        self.dead_nodes.clear();
        self.mute_nodes.clear();
        self.loss.clear();
        self.unaskable.clear();
        self.cut_off = false;
        self.canary_dead = false;
    }
}
