//! Asking around: when something turns suspect, those who can tell whose fault it is are asked at once (semantics.md §2).

use super::World;
use crate::health::State;
use crate::health::machine::Health;
use crate::model::{CameraIx, NodeIx, Target, stable_hash_parts};

impl World {
    pub(super) fn ask_around(&mut self, target: Target) {
        let asked = match target {
            Target::Camera(c) => self.around_camera(c),
            Target::Node(n) => self.around_node(n),
            Target::Canary(_) => Vec::new(),
        };
        for other in &asked {
            self.push_ask(*other, self.now);
        }
        self.inquiries.insert(target, asked);
    }

    /// Its node, and up to five siblings: of the nearest node that has some; where none is known, of the same /24, else
    /// of the village. Where all of these are down already, some roots, which can say whether it is us.
    fn around_camera(&self, camera: CameraIx) -> Vec<Target> {
        let Some(slot) = self.topology.cameras.get(camera.at()) else { return Vec::new() };
        let nearest = slot.gates[0].of.iter().chain(&slot.gates[1].of).copied();
        let mut asked: Vec<Target> = nearest.filter(|n| self.has_address(*n)).map(Target::Node).collect();
        // A passive node cannot answer for itself: the nearest one above that can is asked in its place.
        if asked.is_empty() {
            asked.extend(slot.above.iter().copied().find(|n| self.has_address(*n)).map(Target::Node));
        }
        let family = slot.above.iter().map(|n| &self.topology.nodes[n.at()].below).find(|below| below.len() > 1);
        let siblings: Vec<CameraIx> = match family {
            Some(below) => below.clone(),
            None => self.neighbours(camera),
        };
        asked.extend(self.some_of(slot.id.as_str(), siblings, camera, self.policy.health.siblings));
        if asked.is_empty() {
            asked.extend(self.some_roots(slot.id.as_str()));
        }
        asked
    }

    /// Some roots that can be asked, chosen by hash: a town without uplinks has as many as switches.
    fn some_roots(&self, seed: &str) -> Vec<Target> {
        let fit = self.topology.roots.iter().copied().filter(|n| self.has_address(*n));
        let named = fit.filter_map(|n| Some((self.topology.nodes.get(n.at())?.id.as_str(), Target::Node(n))));
        chosen(seed, named, self.policy.health.siblings)
    }

    fn neighbours(&self, camera: CameraIx) -> Vec<CameraIx> {
        let slot = &self.topology.cameras[camera.at()];
        let subnet = slot.subnet.and_then(|net| self.topology.subnets.get(&net)).filter(|all| all.len() > 1);
        let village = || slot.village.as_ref().and_then(|v| self.topology.villages.get(v));
        subnet.or_else(village).cloned().unwrap_or_default()
    }

    /// Its parents, and five of its dependants spread over it.
    fn around_node(&self, node: NodeIx) -> Vec<Target> {
        let Some(slot) = self.topology.nodes.get(node.at()) else { return Vec::new() };
        let parents = slot.gates.iter().flat_map(|g| g.of.iter().copied()).filter(|n| self.has_address(*n));
        let mut asked: Vec<Target> = parents.map(Target::Node).collect();
        let nobody = CameraIx(u32::MAX);
        asked.extend(self.some_of(slot.id.as_str(), slot.below.clone(), nobody, self.policy.health.dependants));
        asked
    }

    fn has_address(&self, node: NodeIx) -> bool {
        self.topology.nodes.get(node.at()).is_some_and(|n| n.check.is_some())
    }

    /// Some that are not known to be down, chosen by hash: the same for the same suspect, spread over many.
    fn some_of(&self, seed: &str, all: Vec<CameraIx>, not: CameraIx, n: usize) -> Vec<Target> {
        let may_say = |c: CameraIx| self.is_installed(c) && !self.rests(c) && self.camera_state(c) != State::Down;
        let fit = all.into_iter().filter(|c| *c != not && may_say(*c));
        let named = fit.map(|c| (self.topology.cameras[c.at()].id.as_str(), Target::Camera(c)));
        chosen(seed, named, n)
    }

    /// Whether a node above it fails and that is not confirmed yet: it may be the one to blame.
    pub(super) fn is_doubted_above(&self, target: Target) -> bool {
        let suspect = |n: &NodeIx| self.nodes.get(n.at()).is_some_and(|h| h.state == State::Suspect);
        self.above(target).iter().any(suspect)
    }

    /// Whether everybody that was asked because of this target has answered and is not in doubt any more. Where one of
    /// them failed too, it is more than this target: then nobody may be in doubt.
    ///
    /// `held` says that a node is blamed for all of it. Then what is down and failed by its own try has answered: that it
    /// is asked once more, or that another check of it waits ten seconds for its confirmation, holds no word back.
    pub(super) fn have_answered(&self, target: Target, held: bool) -> bool {
        let health = |t: &Target| match t {
            Target::Camera(c) => self.cameras.get(c.at()),
            Target::Node(n) => self.nodes.get(n.at()),
            Target::Canary(_) => None,
        };
        let has_failed = |h: &Health| h.is_down_itself() || h.via.is_some_and(|via| h.has_failed_since(via.since));
        let is_asked = |h: &Health| h.checks.iter().any(|c| c.asked_for.is_some());
        let has_failed = |t: &Target, h: &Health| has_failed(h) && !self.is_silent_from_before_an_acquittal(*t);
        let open =
            |(t, h): (&Target, &Health)| h.state == State::Suspect || (is_asked(h) && !(held && has_failed(t, h)));
        let Some(asked) = self.inquiries.get(&target) else { return true };
        let failed = || asked.iter().filter_map(health).any(|h| h.state == State::Down);
        let known = |t| health(t).map(|h| (t, h));
        !asked.iter().filter_map(known).any(open) && (self.doubtful.is_empty() || !failed())
    }
}

/// So many of those that are named, by hash.
fn chosen<'a>(seed: &str, named: impl Iterator<Item = (&'a str, Target)>, n: usize) -> Vec<Target> {
    let mut all: Vec<(u64, Target)> = named.map(|(id, target)| (stable_hash_parts(&[seed, id]), target)).collect();
    all.sort_unstable();
    all.into_iter().take(n).map(|(_, target)| target).collect()
}
