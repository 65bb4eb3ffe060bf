//! What leaves the World: rows of history, what a restart needs, the views of the snapshot.

use std::sync::Arc;

use super::{
    CameraView, CanaryView, Fenced, NodeView, Round, SavedCheck, SavedHealth, SavedTarget, Snapshot, Subject,
    Transition, World,
};
use crate::health::check::{CheckHealth, Verdict};
use crate::health::machine::Health;
use crate::health::{Cause, MonitorCause, State};
use crate::model::{CameraIx, Check, Chunked, NodeIx, Outcome, Reason, ReasonSet, Time};
use crate::registry::Topology;

/// The word of history for a thing that is not probed (planned, retired) or has left.
const REMOVED: &str = "removed";

impl World {
    /// Writes down what changed in this turn, and shows it.
    pub(super) fn record(&mut self) {
        for (camera, evidence) in self.turn.cameras.clone() {
            // What is suspect or unknown may be down for the same reason still.
            if matches!(self.camera_state(camera), State::Up | State::Degraded) || !self.is_installed(camera) {
                self.clear_cause(camera);
            }
            self.record_camera(camera, evidence);
            self.show_camera(camera);
        }
        for (node, evidence) in self.turn.nodes.clone() {
            self.record_node(node, evidence);
            self.show_node(node);
        }
    }

    fn record_camera(&mut self, camera: CameraIx, evidence: Option<Outcome>) {
        let (Some(slot), Some(health)) = (self.topology.cameras.get(camera.at()), self.cameras.get(camera.at())) else {
            return;
        };
        let Some(recorded) = self.recorded_cameras.get(camera.at()) else { return };
        // A camera without any check that decides is not in history at all.
        let hidden = health.checks[..2].iter().all(|c| !c.is_on());
        let to = if hidden { *recorded } else { shown(health).word() };
        if health.state == State::Suspect || to == *recorded {
            // Doubt is not history; a change of reasons is kept for the next start.
            if health.state != State::Suspect && !evidence_only(health) {
                let saved = save(health, self.causes.of_camera.get(&camera), &self.topology);
                self.turn.effects.saved.push(SavedTarget::Camera(slot.id.clone(), saved));
            }
            return;
        }
        let cause = self.why_camera(camera, health);
        let from = std::mem::replace(&mut self.recorded_cameras[camera.at()], to);
        let saved = save(health, self.causes.of_camera.get(&camera), &self.topology);
        self.turn.effects.saved.push(SavedTarget::Camera(slot.id.clone(), saved));
        self.turn.effects.transitions.push(Transition {
            at: self.now,
            since: health.resting.unwrap_or(health.since),
            subject: Subject::Camera(slot.id.clone()),
            from,
            to,
            cause,
            incident: None,
            reasons: health.reasons,
            evidence,
        });
    }

    fn record_node(&mut self, node: NodeIx, evidence: Option<Outcome>) {
        let view = self.view_node(node);
        let Some(slot) = self.topology.nodes.get(node.at()) else { return };
        let to = if slot.kind.is_none() { REMOVED } else { view.state.word() };
        let from = self.recorded_nodes.get(node.at()).copied().unwrap_or("");
        let quiet = view.state == State::Suspect || to == from || (from.is_empty() && view.state == State::Unknown);
        if slot.kind.is_none() {
            return;
        }
        if quiet {
            // Down as before, but perhaps no longer by the same judgement: a start must not go on with the old one.
            if to == from && view.state == State::Down {
                self.keep_node(node, &view);
            }
            return;
        }
        self.recorded_nodes[node.at()] = to;
        let cause = match view.state {
            State::Down => view.cause.clone().or_else(|| Some(Cause::Node(slot.id.clone()))),
            State::Unknown => Some(self.why_unknown()),
            _ => None,
        };
        let id = slot.id.clone();
        self.keep_node(node, &view);
        self.turn.effects.transitions.push(Transition {
            at: self.now,
            since: view.since,
            subject: Subject::Node(id),
            from,
            to,
            cause,
            incident: None,
            reasons: ReasonSet::EMPTY,
            evidence,
        });
    }

    /// What a start needs to know of a node.
    fn keep_node(&mut self, node: NodeIx, view: &NodeView) {
        let Some(slot) = self.topology.nodes.get(node.at()) else { return };
        let mut saved = self.nodes.get(node.at()).map(|h| save(h, None, &self.topology)).unwrap_or_default();
        saved.inferred_at = self.causes.judged.get(&node).map(|j| j.since);
        saved.state = view.state;
        saved.since = view.since;
        self.turn.effects.saved.push(SavedTarget::Node(slot.id.clone(), saved));
    }

    pub(super) fn show_camera(&mut self, camera: CameraIx) {
        let Some(health) = self.cameras.get(camera.at()) else { return };
        let rests = health.resting.is_some();
        let view = CameraView {
            state: shown(health),
            since: health.resting.unwrap_or(health.since),
            before: if rests { State::Unknown } else { health.before },
            reasons: if rests { ReasonSet::EMPTY } else { health.reasons },
            flapping: health.flapping,
            cause: self.why_camera(camera, health),
            inferred: health.via.is_some() && !rests,
            off_duty: rests,
            maintenance: self.life(camera) == Some(crate::registry::Life::Maintenance),
            on: each(health, CheckHealth::is_on),
            passing: each(health, |c| c.last_alive.filter(|_| !c.awaiting && !rests)),
            last_pass: each(health, |c| c.last_pass),
            held: Check::ALL.map(|c| health.is_held(c, self.now, &self.policy.health)),
            password_held_until: health.password_held_until(&self.policy.health),
            rtt: health.rtt.filter(|_| !rests),
            changes: health.changes,
        };
        if let Some(shown) = self.camera_views.get_mut(camera.at()) {
            *shown = view;
        }
    }

    /// Why a camera is down or unknown.
    fn why_camera(&self, camera: CameraIx, health: &Health) -> Option<Cause> {
        match shown(health) {
            State::Down => self.causes.of_camera.get(&camera).cloned(),
            State::Unknown if health.resting.is_some() => Some(Cause::Monitor(MonitorCause::OffDuty)),
            State::Unknown => Some(self.why_unknown()),
            _ => None,
        }
    }

    pub(super) fn show_node(&mut self, node: NodeIx) {
        let view = self.view_node(node);
        if let Some(shown) = self.node_views.get_mut(node.at()) {
            *shown = view;
        }
    }

    fn view_node(&self, node: NodeIx) -> NodeView {
        let Some(health) = self.nodes.get(node.at()) else { return NodeView::default() };
        let judged = self.causes.judged.get(&node);
        let down = |n| self.causes.judged.contains_key(&n);
        let probed = health.checks[0].is_on();
        let (state, since, cause) = match judged {
            Some(judged) => (State::Down, judged.since, None),
            None if !self.topology.node_works(node, &down) => {
                (State::Down, self.cut_off_since(node), self.cut_off_by(node))
            }
            None if probed => (health.state, health.since, None),
            None if self.causes.acquitted.contains_key(&node) => (State::Up, health.since, None),
            None => (State::Unknown, health.since, None),
        };
        let inferred = state == State::Down && !health.is_down_itself();
        let maintenance = self.service.holds_node(node);
        NodeView { state, since, inferred, maintenance, cause, rtt: health.rtt.filter(|_| probed) }
    }

    /// The judged nodes above a node that cut it off, first failure first.
    fn cut_off_by(&self, node: NodeIx) -> Option<Cause> {
        let above = &self.topology.nodes[node.at()].above;
        let id = |n: &NodeIx| &self.topology.nodes[n.at()].id;
        let judged = above.iter().filter_map(|n| self.causes.judged.get(n).map(|j| (j.since, id(n))));
        judged.min().map(|(_, id)| Cause::Node(id.clone()))
    }

    fn cut_off_since(&self, node: NodeIx) -> Time {
        let above = &self.topology.nodes[node.at()].above;
        above.iter().filter_map(|n| self.causes.judged.get(n)).map(|j| j.since).max().unwrap_or(self.now)
    }

    /// What is believed of the cameras now.
    #[must_use]
    pub fn cameras(&self) -> &Chunked<CameraView> {
        &self.camera_views
    }

    /// The tables of the registry in force.
    #[must_use]
    pub fn topology(&self) -> &Arc<Topology> {
        &self.topology
    }

    /// What is believed now, whole. Costs a few reference counts a chunk of rows.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let canaries = self.policy.canaries.iter().zip(&self.eyes.canaries);
        Snapshot {
            at: self.now,
            registry: self.registry.clone(),
            registry_version: self.version,
            topology: self.topology.clone(),
            watch: self.watch.clone(),
            cameras: self.camera_views.clone(),
            nodes: self.node_views.clone(),
            entrances: self.entrance_views.clone(),
            incidents: self.book.incidents.clone(),
            alerts: self.book.open.clone(),
            seals: self.fence.as_ref().map(|fence| Fenced {
                cordon: fence.cordon.clone(),
                guards: fence.guards.clone(),
                states: fence.states.clone(),
            }),
            canaries: canaries.map(|(name, c)| CanaryView { name: name.clone(), up: c.up }).collect(),
            blind: self.blind_since(),
            night: self.night,
            round: self.round.as_ref().map(|r| Round {
                done: r.of.saturating_sub(u32::try_from(r.open.len()).unwrap_or(u32::MAX)),
                of: r.of,
            }),
        }
    }

    /// Shares the tables that a reload built with the snapshot's readers.
    pub(super) fn show_everything(&mut self) {
        self.camera_views = (0..self.cameras.len()).map(|_| CameraView::default()).collect();
        self.node_views = (0..self.nodes.len()).map(|_| NodeView::default()).collect();
        (0..self.cameras.len()).for_each(|i| self.show_camera(CameraIx::from(i)));
        (0..self.nodes.len()).for_each(|i| self.show_node(NodeIx::from(i)));
    }
}

/// What people see of a camera: off duty nothing is known of it, whatever was concluded before.
const fn shown(health: &Health) -> State {
    if health.resting.is_some() { State::Unknown } else { health.state }
}

/// Whether nothing about it but the last outcome is new: not worth a write.
fn evidence_only(health: &Health) -> bool {
    health.reasons.is_empty() && !health.flapping && health.turns.is_empty() && health.state == State::Up
}

fn each<T: Copy + Default>(health: &Health, of: impl Fn(&CheckHealth) -> T) -> [T; 4] {
    let mut all = [T::default(); 4];
    for (slot, check) in all.iter_mut().zip(&health.checks) {
        *slot = of(check);
    }
    all
}

/// What a restart needs to know of a thing.
pub(super) fn save(health: &Health, cause: Option<&Cause>, topology: &crate::registry::Topology) -> SavedHealth {
    let mut checks = [SavedCheck::default(); 4];
    for (saved, check) in checks.iter_mut().zip(&health.checks) {
        *saved = SavedCheck {
            passes: match check.verdict {
                Verdict::None => None,
                Verdict::Passing => Some(true),
                Verdict::Failing => Some(false),
            },
            silent: check.run.is_some_and(|r| r.silent),
            first_failure: check.run.map(|r| r.since),
            last_pass: check.last_pass,
            reasons: check.reasons,
            auth_refused: health.auth_refused,
        };
    }
    // What many tries said stands beside what the last one said: a start has no tries to go by.
    let [reach, stream, ..] = &mut checks;
    reach.reasons.set(Reason::Slow, reach.reasons.contains(Reason::Slow) || health.reach.is_slow());
    stream.reasons.set(Reason::Slow, stream.reasons.contains(Reason::Slow) || health.stream.is_slow());
    reach.reasons.set(Reason::Lossy, health.reasons.contains(Reason::Lossy));
    SavedHealth {
        state: health.state,
        since: health.since,
        before: health.before,
        checks,
        turns: health.turns.clone(),
        flapping: health.flapping,
        via: health.via.map(|v| topology.nodes[v.node.at()].id.clone()),
        cause: cause.cloned(),
        inferred_at: None,
        changes: health.changes,
        recorded: None,
    }
}
