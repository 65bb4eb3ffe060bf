//! Blindness: when the question is raised, what it voids, and how sight comes back (semantics.md §3).

use std::collections::BTreeSet;

use super::timers::Timer;
use super::{FirstRound, Subject, Transition, World};
use crate::alert::{AlertKey, AlertName, AlertObject, EndReason, Want, Wanted};
use crate::health::sight::{SAMPLE, SAMPLE_AGAIN, SUSPECTS_WITHIN, Sight, Verdict};
use crate::health::{Cause, MonitorCause};
use crate::model::planted;
use crate::model::{CameraIx, CanaryIx, Check, NodeIx, ReasonSet, Span, Target, Time, stable_hash_parts};

/// Failures that follow each other more closely than this are one run: the moment before it was the last sight.
const RUN_GAP: Span = Span::millis(400);
/// The first round after a start or a blindness takes at least so long, unless everybody has answered.
const ROUND_LEAST: Span = Span::seconds(15);
/// First questions of a round are spread: so many milliseconds a target …
const ROUND_SPREAD_MS: i64 = 4;
/// … but never over more than this.
const ROUND_SPREAD_MOST: Span = Span::seconds(10);

impl World {
    /// Something turned suspect: could it be us?
    pub(super) fn doubt_sight(&mut self, target: Target) {
        while self.suspects.front().is_some_and(|(t, _)| self.now.since(*t) > SUSPECTS_WITHIN) {
            self.suspects.pop_front();
        }
        self.suspects.push_back((self.now, target));
        // A town that vanishes is thousands of suspects: they are looked through only when something comes of it.
        if !self.eyes.may_raise(self.now, &self.sample) || !self.could_be_us(target) {
            return;
        }
        let sample = self.sample.clone();
        self.eyes.raise(self.now, &sample);
        if self.eyes.has_canaries() {
            for i in 0..self.eyes.canaries.len() {
                self.push_ask(Target::Canary(CanaryIx::from(i)), self.now);
            }
        } else {
            for camera in sample {
                self.push_ask(camera, self.now);
            }
            for root in self.topology.roots.clone() {
                self.push_ask(Target::Node(root), self.now);
            }
        }
        if let Some(at) = self.eyes.concludes_at(&self.policy.health) {
            self.timers.insert((at, Timer::Sight));
        }
    }

    /// Whether what failed could be our own sight: a root, or two or more that no node below the roots explains.
    fn could_be_us(&self, target: Target) -> bool {
        let is_root = |n: NodeIx| self.topology.nodes.get(n.at()).is_some_and(crate::registry::NodeSlot::is_root);
        matches!(target, Target::Node(n) if is_root(n))
            || self.suspects.len() >= 2 && !self.one_node_below_the_roots(self.suspects.iter().map(|(_, t)| *t))
    }

    /// Whether one node that is not a root explains all of these: each needs it, or is it.
    fn one_node_below_the_roots(&self, targets: impl Iterator<Item = Target>) -> bool {
        let mut shared: Option<Vec<NodeIx>> = None;
        for target in targets {
            let explains = |n: &NodeIx| match target {
                Target::Camera(c) => self.topology.cameras.get(c.at()).is_some_and(|slot| slot.required.contains(n)),
                Target::Node(node) => {
                    let slot = self.topology.nodes.get(node.at());
                    node == *n || slot.is_some_and(|slot| slot.required.contains(n))
                }
                Target::Canary(_) => false,
            };
            match &mut shared {
                Some(shared) => shared.retain(explains),
                None => shared = Some(self.below_the_roots(target)),
            }
            if shared.as_ref().is_some_and(Vec::is_empty) {
                return false;
            }
        }
        shared.is_some()
    }

    /// The nodes that explain it when they are dead, without roots.
    fn below_the_roots(&self, target: Target) -> Vec<NodeIx> {
        let (required, own) = match target {
            Target::Camera(c) => (self.topology.cameras.get(c.at()).map(|slot| &slot.required), None),
            Target::Node(n) => (self.topology.nodes.get(n.at()).map(|slot| &slot.required), Some(n)),
            Target::Canary(_) => (None, None),
        };
        let all = required.into_iter().flatten().copied().chain(own);
        all.filter(|n| self.topology.nodes.get(n.at()).is_some_and(|slot| !slot.is_root())).collect()
    }

    /// Twenty installed cameras that are on duty, one a node as far as that goes, the same ones each time.
    pub(super) fn pick_sample(&mut self) {
        let topology = self.topology.clone();
        let fit = |i: usize| !self.rests(CameraIx::from(i));
        let all = topology.cameras.iter().enumerate();
        let all = all.filter(|(i, c)| c.life.is_some_and(|l| l.is_installed()) && fit(*i));
        let mut ranked: Vec<(u64, Option<NodeIx>, CameraIx)> = all
            .map(|(i, c)| (stable_hash_parts(&["sight", c.id.as_str()]), c.above.first().copied(), CameraIx::from(i)))
            .collect();
        ranked.sort_unstable();
        let mut nodes = BTreeSet::new();
        let (first, rest): (Vec<_>, Vec<_>) = ranked.into_iter().partition(|(_, n, _)| nodes.insert(*n));
        self.sample = first.into_iter().chain(rest).take(SAMPLE).map(|(_, _, c)| Target::Camera(c)).collect();
    }

    pub(super) fn conclude_sight(&mut self) {
        if self.eyes.concludes_at(&self.policy.health).is_some_and(|at| at <= self.now) {
            let verdict = self.eyes.conclude(&self.policy.health);
            self.sight_said(verdict);
        }
    }

    pub(super) fn sight_said(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Same => {}
            Verdict::Clear => self.see_after_a_start(),
            Verdict::Blind if planted!(CanariesAreIgnored) => {
                self.eyes.clear();
            }
            Verdict::Back if planted!(BlindForEver) => self.eyes.go_blind(self.now, &[]),
            Verdict::Blind => {
                let silent = self.eyes.silent_of_sample();
                let explained = self.one_node_below_the_roots(silent.iter().copied());
                if explained && !self.is_a_root_silent() {
                    self.eyes.clear();
                    return;
                }
                self.go_blind();
            }
            Verdict::Back => self.see_again(),
        }
    }

    /// Whether a root has not answered its last try: no node below it explains that.
    fn is_a_root_silent(&self) -> bool {
        let health = |n: &NodeIx| self.nodes.get(n.at()).map(|h| &h.checks[0]);
        self.topology.roots.iter().filter_map(health).any(|c| c.is_on() && c.last_alive == Some(false))
    }

    fn go_blind(&mut self) {
        let proof = if self.eyes.has_canaries() { self.eyes.last_proof } else { self.before_the_run() };
        let proof = proof.unwrap_or_default();
        let sample = self.sample.clone();
        self.eyes.go_blind(self.now, &sample);
        self.void_all(proof);
        self.sight_changed("up", "down", proof);
        self.want_blindness();
        if !self.eyes.has_canaries() {
            self.timers.insert((self.now + SAMPLE_AGAIN, Timer::Sample));
        }
    }

    /// What failed since was our own blindness.
    fn void_all(&mut self, proof: Time) {
        self.void_blames(proof);
        for i in 0..self.cameras.len() {
            self.void(Target::Camera(CameraIx::from(i)), proof);
        }
        for i in 0..self.nodes.len() {
            self.void(Target::Node(NodeIx::from(i)), proof);
        }
        self.suspects.clear();
        self.inquiries.clear();
        self.book.drop_pending();
    }

    fn void(&mut self, target: Target, proof: Time) {
        let health = match target {
            Target::Camera(c) => self.cameras.get_mut(c.at()),
            Target::Node(n) => self.nodes.get_mut(n.at()),
            Target::Canary(_) => None,
        };
        if !planted!(BlindnessVoidsNothing) && health.is_some_and(|h| h.void_since(proof, &self.policy.health)) {
            self.rejudge(target, None);
        }
    }

    /// The moment before the run of failures that follow each other closely, latest first; where nothing has answered
    /// for longer, the last answer.
    fn before_the_run(&self) -> Option<Time> {
        let suspect = self.cameras.iter().filter_map(crate::health::machine::Health::first_failure);
        let mut times: Vec<Time> = suspect.collect();
        times.sort_unstable();
        let mut first = *times.last()?;
        for t in times.iter().rev() {
            if first - *t > RUN_GAP {
                break;
            }
            first = *t;
        }
        let answered = self.cameras.iter().filter_map(crate::health::machine::Health::last_pass).max();
        Some(answered.map_or(first, |t| first.min(t + Span(1))))
    }

    fn see_again(&mut self) {
        let key = blindness();
        self.book.want(&key, Want::Closed(EndReason::Recovered), self.now);
        self.sight_changed("down", "up", self.now);
        self.begin_round();
    }

    /// Blind when it stopped, in doubt after the start, and now it sees: when in between that began nobody knows, so what
    /// failed since the blindness began is asked anew, as after any blindness.
    fn see_after_a_start(&mut self) {
        let key = blindness();
        let Some(since) = self.book.open.get(&key).map(|alert| alert.since) else { return };
        self.void_all(since);
        self.book.want(&key, Want::Closed(EndReason::Recovered), self.now);
        self.begin_round();
    }

    /// Blindness that was open at a start is over once a first round has gone by in which we saw.
    pub(super) fn want_sight(&mut self) {
        let key = blindness();
        if self.eyes.sight == Sight::Clear && self.book.is_open(&key) {
            self.book.want(&key, Want::Closed(EndReason::Recovered), self.now);
        }
    }

    fn sight_changed(&mut self, from: &'static str, to: &'static str, since: Time) {
        self.turn.effects.transitions.push(Transition {
            at: self.now,
            since,
            subject: Subject::Monitor,
            from,
            to,
            cause: (to == "down").then_some(Cause::Monitor(MonitorCause::Blind)),
            incident: None,
            reasons: ReasonSet::EMPTY,
            evidence: None,
        });
        let blind = (to == "down").then_some(since);
        self.turn.effects.saved.push(super::SavedTarget::Monitor(blind));
    }

    /// `MonitorBlind` waits for nobody.
    fn want_blindness(&mut self) {
        let wanted = Wanted {
            cause: Cause::Monitor(MonitorCause::Blind),
            since: self.now,
            name: "cunkou".into(),
            village_name: "".into(),
            area: None,
            village: None,
            planned: false,
            leak: None,
        };
        self.book.want(&blindness(), Want::Open(wanted), self.now);
    }

    /// Asks reach of all, and stream wherever its last conclusion was not a pass; nothing is said before they answered.
    pub(super) fn begin_round(&mut self) {
        let installed: Vec<CameraIx> =
            (0..self.cameras.len()).map(CameraIx::from).filter(|c| self.is_asked(*c)).collect();
        let n = i64::try_from(installed.len()).unwrap_or(i64::MAX);
        let in_flight = i64::from(if self.policy.in_flight == 0 { 512 } else { self.policy.in_flight });
        let slow =
            Span(self.policy.health.reach_timeout.as_millis().saturating_mul(2).saturating_mul(n) / in_flight.max(1));
        let until = self.now + ROUND_LEAST.max(slow);
        let spread = Span(ROUND_SPREAD_MS.saturating_mul(n)).min(ROUND_SPREAD_MOST);
        for camera in &installed {
            self.ask_in_round(Target::Camera(*camera), spread);
        }
        for i in 0..self.nodes.len() {
            self.ask_in_round(Target::Node(NodeIx::from(i)), spread);
        }
        self.round = Some(FirstRound {
            open: installed.iter().copied().collect(),
            of: u32::try_from(n).unwrap_or(u32::MAX),
            until,
        });
        self.timers.insert((until, Timer::Round));
    }

    /// A camera that is installed and of which something can be asked.
    fn is_asked(&self, camera: CameraIx) -> bool {
        self.is_installed(camera) && self.cameras.get(camera.at()).is_some_and(crate::health::machine::Health::is_asked)
    }

    fn ask_in_round(&mut self, target: Target, spread: Span) {
        let (health, id) = match target {
            Target::Camera(c) => (self.cameras.get_mut(c.at()), self.topology.cameras[c.at()].id.as_str()),
            Target::Node(n) => (self.nodes.get_mut(n.at()), self.topology.nodes[n.at()].id.as_str()),
            Target::Canary(_) => return,
        };
        let Some(health) = health else { return };
        let offset = stable_hash_parts(&["round", id]) % spread.as_millis().max(1).unsigned_abs();
        let at = self.now + Span(i64::try_from(offset).unwrap_or(0));
        for check in [Check::Reach, Check::Stream] {
            let only = !health.checks[0].is_on();
            let state = &mut health.checks[check.at()];
            let open = check == Check::Reach || only || !state.is_known() || state.last_alive != Some(true);
            if state.is_on() && open {
                state.awaiting |= state.verdict != crate::health::check::Verdict::None;
                state.asked_for = Some(at);
                self.turn.effects.asks.push(super::Ask { at, target, check });
            }
        }
        if let Target::Camera(c) = target {
            // What is awaited is unknown until it comes.
            self.rejudge(Target::Camera(c), None);
        }
    }

    /// Since when we are blind.
    pub(super) fn blind_since(&self) -> Option<Time> {
        match self.eyes.sight {
            Sight::Blind { since, .. } => Some(since),
            _ => None,
        }
    }

    /// Why a camera is unknown.
    pub(super) fn why_unknown(&self) -> Cause {
        let why = if self.eyes.is_blind() { MonitorCause::Blind } else { MonitorCause::Starting };
        Cause::Monitor(why)
    }
}

fn blindness() -> AlertKey {
    AlertKey { name: AlertName::MonitorBlind, object: AlertObject::Monitor }
}
