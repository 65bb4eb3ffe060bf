//! Acquittals: an answer proves that the nodes on its way work, so none of them is to blame (semantics.md §2).

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::World;
use super::blame::{Acquittal, Proof};
use super::hear::health_of;
use crate::health::cause::{Blame, Item};
use crate::health::{Cause, State};
use crate::model::planted;
use crate::model::{CameraIx, NodeIx, Target, Time};

impl World {
    /// A target answered: the nodes that it needs work, so those blamed for it are acquitted.
    pub(super) fn answered(&mut self, target: Target, begun: Time) {
        let topology = self.topology.clone();
        let (above, required): (&[NodeIx], &[NodeIx]) = match target {
            Target::Camera(c) => topology.cameras.get(c.at()).map_or((&[], &[]), |s| (&s.above, &s.required)),
            Target::Node(n) => topology.nodes.get(n.at()).map_or((&[], &[]), |s| (&s.above, &s.required)),
            Target::Canary(_) => return,
        };
        let own = match target {
            Target::Node(n) => Some(n),
            _ => None,
        };
        for node in required.iter().copied().chain(own) {
            self.causes.prove(node, Proof { begun, by: target });
        }
        if self.causes.judged.is_empty() {
            return;
        }
        if above.iter().chain(own.iter()).all(|n| !self.causes.judged.contains_key(n)) {
            return;
        }
        self.answered_by_the_other_way(target, above, begun);
        let stands = |n: &NodeIx| self.causes.judged.get(n).is_some_and(|j| begun >= j.since);
        let accused: Vec<NodeIx> = above.iter().copied().chain(own).filter(stands).collect();
        for node in self.refuted(target, &accused) {
            self.acquit(node, begun);
        }
    }

    /// With one parent of a ring judged down, an answer came by the other.
    fn answered_by_the_other_way(&mut self, target: Target, above: &[NodeIx], begun: Time) {
        let judged = |n: NodeIx| self.causes.judged.contains_key(&n);
        let needed = |other: &NodeIx| {
            let down = |n: NodeIx| judged(n) || n == *other;
            match target {
                Target::Camera(c) => !self.topology.camera_works(c, &down),
                Target::Node(n) => !self.topology.node_works(n, &down),
                Target::Canary(_) => false,
            }
        };
        let works = |c: &NodeIx| !judged(*c) && needed(c);
        let proven: Vec<NodeIx> =
            if above.iter().any(|n| judged(*n)) { above.iter().copied().filter(works).collect() } else { Vec::new() };
        for node in proven {
            self.causes.prove(node, Proof { begun, by: target });
        }
    }

    /// Which of the accused nodes above an answering target are refuted by its answer.
    fn refuted(&self, target: Target, accused: &[NodeIx]) -> Vec<NodeIx> {
        let works_without = |pardoned: Option<NodeIx>| {
            let down = |n: NodeIx| accused.contains(&n) && Some(n) != pardoned;
            match target {
                Target::Camera(c) => self.topology.camera_works(c, &down),
                Target::Node(n) => self.topology.node_works(n, &down),
                Target::Canary(_) => true,
            }
        };
        if works_without(None) {
            return Vec::new();
        }
        let enough: Vec<NodeIx> = accused.iter().copied().filter(|n| works_without(Some(*n))).collect();
        if enough.is_empty() { accused.to_vec() } else { enough }
    }

    /// What was blamed together may contradict an answer that no single node contradicts: of the two ways of a camera
    /// that answers one works. The one that explains least is pardoned, until all answers are possible.
    pub(super) fn pardon_the_contradicted(&self, blames: &mut Vec<Blame>, given: &BTreeSet<NodeIx>) {
        while blames.len() + given.len() > 1
            && !planted!(ContradictionsStand)
            && let Some(node) = self.contradicted(blames, given)
        {
            blames.retain(|b| b.node != node);
        }
    }

    fn contradicted(&self, blames: &[Blame], given: &BTreeSet<NodeIx>) -> Option<NodeIx> {
        blames.iter().find_map(|blame| {
            // The answer of one that cannot work without the node has moved its onset already.
            let optional = &self.topology.nodes[blame.node.at()].optional;
            optional.iter().find_map(|target| self.pardoned_by(*target, blame.since, blames, given))
        })
    }

    /// Who of the blamed is pardoned for the last answer of a target, if that came after `since`.
    fn pardoned_by(&self, target: Target, since: Time, blames: &[Blame], given: &BTreeSet<NodeIx>) -> Option<NodeIx> {
        let health = match target {
            Target::Camera(c) => self.cameras.get(c.at()),
            Target::Node(n) => self.nodes.get(n.at()),
            Target::Canary(_) => None,
        };
        let passed = health?.last_pass().filter(|t| *t > since.max(self.causes.wired_at))?;
        let blamed = blames.iter().filter(|b| b.since < passed).map(|b| b.node);
        let stands = |n: &&NodeIx| self.causes.judged.get(n).is_some_and(|j| j.since < passed);
        let accused: Vec<NodeIx> = blamed.chain(given.iter().filter(stands).copied()).collect();
        let refuted = self.refuted(target, &accused);
        let weakness = |b: &&Blame| (b.direct, b.explains.len(), Reverse(b.since), b.node);
        blames.iter().filter(|b| refuted.contains(&b.node)).min_by_key(weakness).map(|b| b.node)
    }

    /// A target that could not have answered when it did, if all that is judged were so.
    #[cfg(test)]
    pub(super) fn contradicted_answer(&self) -> Option<Target> {
        let cameras = self.cameras.iter().enumerate().map(|(i, h)| (Target::Camera(CameraIx::from(i)), h));
        let nodes = self.nodes.iter().enumerate().map(|(i, h)| (Target::Node(NodeIx::from(i)), h));
        let contradicts = |(target, health): &(Target, &crate::health::machine::Health)| {
            let Some(passed) = health.last_pass().filter(|t| *t > self.causes.wired_at) else { return false };
            let stands = self.causes.judged.iter().filter(|(_, j)| !j.restored && j.since < passed);
            let accused: Vec<NodeIx> = stands.map(|(n, _)| *n).collect();
            !self.refuted(*target, &accused).is_empty()
        };
        cameras.chain(nodes).find(contradicts).map(|(target, _)| target)
    }

    fn acquit(&mut self, node: NodeIx, begun: Time) {
        if planted!(NobodyIsAcquitted) || self.causes.judged.remove(&node).is_none() {
            return;
        }
        self.causes.acquitted.insert(node, Acquittal { begun, at: self.now });
        self.touch_nodes_below(node);
        // What it was blamed for is judged anew by what is heard from now on; no word of it before.
        self.book.postpone(&Cause::Node(self.topology.nodes[node.at()].id.clone()), self.now);
        self.timers.insert((self.now + self.policy.alert.settle, super::timers::Timer::Acquitted(node)));
        // Those that it held down go back by their own answer, and are asked for it at once, as it is itself.
        self.push_ask(Target::Node(node), self.now);
        let below = self.topology.nodes[node.at()].below.clone();
        for camera in below {
            if self.camera_state(camera) == State::Down {
                self.push_ask(Target::Camera(camera), self.now);
            }
        }
        let topology = self.topology.clone();
        for child in &topology.nodes[node.at()].below_nodes {
            let direct = topology.nodes[node.at()].child_nodes.contains(child);
            if direct || self.nodes[child.at()].is_down_itself() {
                self.push_ask(Target::Node(*child), self.now);
            }
        }
    }

    /// What a node is says something of all that hang on it.
    pub(super) fn touch_nodes_below(&mut self, node: NodeIx) {
        self.turn.nodes.entry(node).or_default();
        for other in &self.topology.nodes[node.at()].below_nodes {
            self.turn.nodes.entry(*other).or_default();
        }
    }

    /// Whether a try began before a node above the target was acquitted: its silence says nothing of the target.
    pub(super) fn precedes_acquittal(&self, target: Target, begun: Time) -> bool {
        if self.causes.acquitted.is_empty() {
            return false;
        }
        self.above(target).iter().filter_map(|n| self.causes.acquitted.get(n)).any(|proof| begun < proof.begun)
    }

    /// Whether the last that was heard of a target is silence from before a node above it was acquitted.
    pub(super) fn is_silent_from_before_an_acquittal(&self, target: Target) -> bool {
        let health = health_of(&self.cameras, &self.nodes, target);
        let last = health.and_then(|h| h.checks[..2].iter().filter_map(|c| c.last_try).max());
        last.is_some_and(|last| self.precedes_acquittal(target, last))
    }

    /// Whether a failure is to be judged only once it has answered, or failed again: it was blamed on a node that is
    /// acquitted by now, and is being asked. Not longer than `settle`.
    pub(super) fn awaits_its_answer(&self, item: Item) -> bool {
        let target = match item {
            Item::Camera(c) => Target::Camera(c),
            Item::Node(n) => Target::Node(n),
        };
        if !self.is_coming_to(target) {
            return false;
        }
        let is_blamed = |n: NodeIx| self.causes.judged.contains_key(&n);
        let still_blamed = || match item {
            Item::Camera(c) => match self.causes.of_camera.get(&c) {
                Some(Cause::Node(id)) => self.topology.node(id.as_str()).is_some_and(is_blamed),
                Some(_) => true,
                None => false,
            },
            Item::Node(n) => is_blamed(n),
        };
        !still_blamed() && self.is_silent_from_before_an_acquittal(target)
    }

    /// Whether a node above a target was acquitted less than `settle` ago: what hangs on it may come back piece by piece,
    /// and is asked until then.
    pub(super) fn is_coming_to(&self, target: Target) -> bool {
        let settle = self.policy.alert.settle;
        let lately = |n: &NodeIx| self.causes.acquitted.get(n).is_some_and(|proof| self.now < proof.at + settle);
        !self.causes.acquitted.is_empty() && self.above(target).iter().any(lately)
    }

    /// Nodes above a target.
    pub(super) fn above(&self, target: Target) -> &[NodeIx] {
        match target {
            Target::Camera(c) => self.topology.cameras.get(c.at()).map_or(&[], |s| &s.above),
            Target::Node(n) => self.topology.nodes.get(n.at()).map_or(&[], |s| &s.above),
            Target::Canary(_) => &[],
        }
    }

    /// Those that a node was blamed for and that have not answered since it was acquitted are judged anew.
    pub(super) fn ring_acquitted(&mut self, node: NodeIx) {
        if self.causes.judged.contains_key(&node) {
            return;
        }
        let cause = Cause::Node(self.topology.nodes[node.at()].id.clone());
        let left: Vec<CameraIx> = self.causes.members.get(&cause).into_iter().flatten().copied().collect();
        for camera in left {
            self.blame_anew(camera);
        }
    }
}

/// What tests ask after a life: whether what was judged down ever contradicted an answer.
#[cfg(test)]
pub(crate) mod contradiction {
    use std::cell::Cell;

    use crate::model::Target;

    thread_local! {
        static FIRST: Cell<Option<Target>> = const { Cell::new(None) };
    }

    /// A target that could not have answered.
    pub(in crate::world) fn note(target: Option<Target>) {
        FIRST.set(FIRST.get().or(target));
    }

    /// The first since this was last asked.
    pub(crate) fn take() -> Option<Target> {
        FIRST.take()
    }
}
