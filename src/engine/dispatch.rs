//! Which probe may go now: bounds in flight, per node too, and one task a probe under way.
//!
//! A probe that finds no room waits in a queue of its own kind; what the World asked for goes first and has a quarter
//! of the room to itself, so that a town full of timeouts cannot hold back a confirmation.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use cunkou_core::model::{Check, Inconclusive, NodeIx, Outcome, Phase, PhaseTimes, ProbeResult, Target};
use cunkou_core::registry::{Registry, Topology};
use tokio::sync::mpsc;

use super::Clock;
use super::schedule::Due;
use crate::probe::{Credential, Prober, Question};

/// Credentials by the name of their entry in the secrets.
pub(crate) type Credentials = Arc<dyn Fn(&str) -> Option<Credential> + Send + Sync>;

/// Bounds of what is under way (settings `[probe]`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProbeLimits {
    /// Probes in flight at most; a quarter is kept for those that were asked for.
    pub in_flight: usize,
    /// Of these, behind one node.
    pub per_node: usize,
}

/// A probe that ended.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) outcome: Outcome,
    node: Option<NodeIx>,
    life: u64,
}

/// Everything that probes need.
pub(super) struct Dispatch {
    prober: Prober,
    credentials: Credentials,
    limits: ProbeLimits,
    clock: Clock,
    canaries: Vec<String>,
    registry: Arc<Registry>,
    topology: Arc<Topology>,
    done: mpsc::Sender<Done>,
    in_flight: usize,
    behind: HashMap<NodeIx, usize>,
    under_way: HashSet<(Target, Check)>,
    /// Wishes, then turns, that found no room.
    waiting: [VecDeque<Due>; 2],
    /// Counts the starts of this process's Worlds: the first, and one after each step of the clock or long pause.
    life: u64,
}

impl Dispatch {
    pub(super) fn new(
        prober: Prober,
        credentials: Credentials,
        limits: ProbeLimits,
        clock: Clock,
        canaries: Vec<String>,
        done: mpsc::Sender<Done>,
    ) -> Dispatch {
        Dispatch {
            prober,
            credentials,
            limits,
            clock,
            canaries,
            registry: Arc::default(),
            topology: Arc::default(),
            done,
            in_flight: 0,
            behind: HashMap::new(),
            under_way: HashSet::new(),
            waiting: [VecDeque::new(), VecDeque::new()],
            life: 0,
        }
    }

    /// A new life begins: what is under way was asked in the one before, at times of another anchor perhaps. Its
    /// answers give back their room and say nothing; nothing waits for them.
    pub(super) fn begin_anew(&mut self) {
        self.life += 1;
        self.under_way.clear();
        self.waiting.iter_mut().for_each(VecDeque::clear);
    }

    /// Another registry is in force.
    pub(super) fn put_in_force(&mut self, registry: Arc<Registry>, topology: Arc<Topology>) {
        self.registry = registry;
        self.topology = topology;
    }

    /// Sends a probe, or lets it wait for room. `password` says whether a credential may be shown.
    pub(super) fn send(&mut self, due: Due, password: bool) {
        if self.under_way.contains(&(due.target, due.check)) && !due.asked {
            // The one before has not ended: its answer will do for this turn.
            return;
        }
        if self.has_room(&due) {
            self.start(due, password);
        } else if let Some(queue) = self.waiting.get_mut(usize::from(!due.asked)) {
            queue.push_back(due);
        }
    }

    /// Gives back the room of a probe that ended; its outcome, which proves nothing if it is of another life.
    pub(super) fn ended(&mut self, done: Done) -> Outcome {
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(n) = done.node.and_then(|node| self.behind.get_mut(&node)) {
            *n = n.saturating_sub(1);
        }
        if done.life != self.life {
            return void(done.outcome);
        }
        self.under_way.remove(&(done.outcome.target, done.outcome.check));
        done.outcome
    }

    /// Sends what waited, as far as there is room now; wishes first.
    pub(super) fn send_waiting(&mut self, may_show: impl Fn(Target) -> bool) {
        for kind in 0..self.waiting.len() {
            let mut left = VecDeque::new();
            while let Some(due) = self.waiting.get_mut(kind).and_then(VecDeque::pop_front) {
                if self.has_room(&due) {
                    self.start(due, may_show(due.target));
                } else {
                    left.push_back(due);
                }
            }
            if let Some(queue) = self.waiting.get_mut(kind) {
                *queue = left;
            }
        }
    }

    /// Probes under way.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    fn has_room(&self, due: &Due) -> bool {
        let most = if due.asked { self.limits.in_flight } else { self.limits.in_flight - self.limits.in_flight / 4 };
        let crowded =
            self.node_of(due.target).is_some_and(|n| self.behind.get(&n).copied().unwrap_or(0) >= self.limits.per_node);
        self.in_flight < most && (due.asked || !crowded)
    }

    fn node_of(&self, target: Target) -> Option<NodeIx> {
        match target {
            Target::Camera(c) => self.topology.cameras.get(c.at())?.above.first().copied(),
            Target::Node(_) | Target::Canary(_) => None,
        }
    }

    fn start(&mut self, due: Due, password: bool) {
        let Some(question) = self.question(&due, password) else { return };
        let node = self.node_of(due.target);
        self.in_flight += 1;
        self.under_way.insert((due.target, due.check));
        if let Some(node) = node {
            *self.behind.entry(node).or_default() += 1;
        }
        let (prober, clock, done, life) = (self.prober.clone(), self.clock.clone(), self.done.clone(), self.life);
        tokio::spawn(async move {
            let begun = clock.now();
            let answer = prober.ask(&question).await;
            let outcome = Outcome {
                target: due.target,
                check: due.check,
                due: due.at,
                begun,
                ended: clock.now(),
                asked: due.asked,
                credential: answer.credential_tried,
                result: answer.result,
                phase: answer.phase,
                times: answer.times,
                rtt: answer.rtt,
                note: answer.note,
            };
            // The engine has stopped when nobody listens: then nobody misses this answer.
            let _ = done.send(Done { outcome, node, life }).await;
        });
    }

    fn question(&self, due: &Due, password: bool) -> Option<Question> {
        match due.target {
            Target::Camera(c) => {
                let slot = self.topology.cameras.get(c.at())?;
                slot.checks[due.check.at()]?;
                let camera = self.registry.cameras.get(&slot.id)?;
                let entry = camera.credential.as_deref().filter(|_| password);
                let credential = entry.and_then(|name| (self.credentials)(name));
                crate::probe::for_camera(camera, due.check, credential, due.asked)
            }
            Target::Node(n) => {
                let slot = self.topology.nodes.get(n.at())?;
                crate::probe::for_node(self.registry.nodes.get(&slot.id)?, due.asked)
            }
            Target::Canary(c) => crate::probe::for_canary(self.canaries.get(c.at())?),
        }
    }
}

/// What a probe heard while we stood still proves nothing.
pub(super) fn void(mut outcome: Outcome) -> Outcome {
    outcome.result = ProbeResult::Inconclusive(Inconclusive::LoopStalled);
    outcome.phase = Phase::Connect;
    outcome.times = PhaseTimes::default();
    outcome.rtt = None;
    outcome
}
