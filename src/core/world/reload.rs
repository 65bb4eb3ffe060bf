//! Another registry: what did not change keeps its state, what is new is unknown, what has left ends as removed.

use std::sync::Arc;

use super::{Ask, CameraView, EntranceView, NodeView, SavedTarget, Subject, Transition, World};
use crate::coverage::Watch;
use crate::health::machine::Health;
use crate::model::{CameraIx, Check, EntranceIx, NodeIx, Reason, ReasonSet, Span, Target, stable_hash_parts};
use crate::registry::{Camera, Life, Registry, Topology};

/// New cameras are asked for the first time within this.
const NEW_WITHIN_MS: u64 = 3_000;

impl World {
    pub(super) fn reload(&mut self, registry: Arc<Registry>, version: u64) {
        let before = std::mem::replace(&mut self.registry, registry);
        self.version = version;
        let old = self.topology.clone();
        self.put_in_force(Some(&old));
        self.causes.wired_at = self.now;
        for i in 0..self.cameras.len() {
            self.reload_camera(CameraIx::from(i), &before, &old);
        }
        for i in 0..self.nodes.len() {
            self.reload_node(NodeIx::from(i), &old);
        }
        self.put_up_fence();
        self.turn.everything = true;
        self.turn.reloaded = true;
    }

    /// Builds the graph and the table of watchers, and makes room for what is new.
    pub(super) fn put_in_force(&mut self, before: Option<&Topology>) {
        let topology = Topology::build(&self.registry, &self.policy.intervals, before);
        let (watch, _) = Watch::build(&self.registry, &topology, &self.policy.coverage);
        self.cameras.resize_with(topology.cameras.len(), Health::default);
        self.nodes.resize_with(topology.nodes.len(), Health::default);
        self.recorded_cameras.resize(topology.cameras.len(), "");
        self.recorded_nodes.resize(topology.nodes.len(), "");
        self.causes.onset.resize(topology.nodes.len(), None);
        while self.camera_views.len() < topology.cameras.len() {
            self.camera_views.push(CameraView::default());
        }
        while self.node_views.len() < topology.nodes.len() {
            self.node_views.push(NodeView::default());
        }
        while self.entrance_views.len() < topology.entrances.len() {
            self.entrance_views.push(EntranceView::default());
        }
        self.turn.entrances.extend((0..topology.entrances.len()).map(EntranceIx::from));
        self.centre = self.registry.centre();
        self.topology = Arc::new(topology);
        self.watch = Arc::new(watch);
        self.pick_sample();
        self.ring_sun();
        self.ring_duty();
        self.reckon_service();
    }

    fn reload_camera(&mut self, camera: CameraIx, before: &Registry, old: &Topology) {
        let topology = self.topology.clone();
        let slot = &topology.cameras[camera.at()];
        let was = old.cameras.get(camera.at());
        let was_on = was.is_some_and(|s| s.life.is_some());
        let changed = was.is_none_or(|s| s.life != slot.life || s.checks != slot.checks);
        let questions = |r: &Registry| r.cameras.get(&slot.id).map(asked_as);
        if questions(before) != questions(&self.registry) {
            // Another address or password: what is known is of another thing, or may be tried again.
            self.credentials_changed(&[camera]);
        }
        if changed {
            self.cameras[camera.at()].set_checks(&slot.checks, self.now);
        }
        let installed = |life: Option<Life>| life.is_some_and(Life::is_installed);
        if !installed(was.and_then(|s| s.life)) && installed(slot.life) {
            // It is asked from now on: what it was while nobody asked it does not count.
            self.cameras[camera.at()].since = self.now;
            self.wind_unknown(camera);
        }
        if !self.cameras[camera.at()].is_asked() {
            // Nothing will be heard of it that could refute what a node was blamed for.
            self.cameras[camera.at()].via = None;
        }
        if slot.life.is_none() {
            if was_on {
                self.leave(camera);
            }
            return;
        }
        if changed {
            self.rejudge(Target::Camera(camera), None);
            self.touch_camera(camera, None);
            if !was_on || was.is_some_and(|s| s.checks != slot.checks) {
                self.ask_new(Target::Camera(camera), slot.id.as_str());
            }
        }
    }

    fn reload_node(&mut self, node: NodeIx, old: &Topology) {
        let topology = self.topology.clone();
        let slot = &topology.nodes[node.at()];
        let was = old.nodes.get(node.at());
        if was.is_some_and(|s| s.kind == slot.kind && s.check == slot.check && s.gates == slot.gates) {
            return;
        }
        let plans = [slot.check, None, None, None];
        self.nodes[node.at()].set_checks(&plans, self.now);
        if was.is_none_or(|s| s.kind.is_none()) {
            self.nodes[node.at()].since = self.now;
        }
        if slot.kind.is_none() {
            self.causes.judged.remove(&node);
            let id = slot.id.clone();
            self.turn.effects.saved.push(SavedTarget::Gone(Subject::Node(id)));
        }
        self.rejudge(Target::Node(node), None);
        self.turn.nodes.entry(node).or_default();
        if slot.check.is_some() {
            self.ask_new(Target::Node(node), slot.id.as_str());
        }
    }

    fn ask_new(&mut self, target: Target, id: &str) {
        let offset = stable_hash_parts(&["new", id]) % NEW_WITHIN_MS;
        let at = self.now + Span(i64::try_from(offset).unwrap_or(0));
        self.push_ask(target, at);
    }

    /// A camera left the registry.
    fn leave(&mut self, camera: CameraIx) {
        let id = self.topology.cameras[camera.at()].id.clone();
        self.cameras[camera.at()] = Health::default();
        self.clear_cause(camera);
        self.forget_failure(camera);
        let from = std::mem::take(&mut self.recorded_cameras[camera.at()]);
        self.turn.effects.transitions.push(Transition {
            at: self.now,
            since: self.now,
            subject: Subject::Camera(id.clone()),
            from,
            to: "removed",
            cause: None,
            incident: None,
            reasons: ReasonSet::EMPTY,
            evidence: None,
        });
        self.turn.effects.saved.push(SavedTarget::Gone(Subject::Camera(id)));
        self.show_camera(camera);
    }

    /// Other passwords: what a refused one held back is tried again at once.
    pub(super) fn credentials_changed(&mut self, cameras: &[CameraIx]) {
        for camera in cameras {
            let Some(health) = self.cameras.get_mut(camera.at()).filter(|h| h.auth_refused.is_some()) else { continue };
            health.auth_refused = None;
            for check in [Check::Stream, Check::Picture] {
                let state = &mut health.checks[check.at()];
                if state.is_on() && state.reasons.contains(Reason::Auth) && state.ask(self.now) {
                    self.turn.effects.asks.push(Ask { at: self.now, target: Target::Camera(*camera), check });
                }
            }
            self.touch_camera(*camera, None);
            self.rejudge(Target::Camera(*camera), None);
        }
    }
}

/// What makes a probe of a camera what it is.
fn asked_as(c: &Camera) -> [Option<Arc<str>>; 4] {
    [c.host.clone(), c.rtsp.clone(), c.snapshot.clone(), c.credential.clone()]
}
