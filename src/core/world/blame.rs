//! Causes: what the World remembers of failures, who is blamed for them, and what that makes of others.

use std::collections::{BTreeMap, BTreeSet};

use super::World;
use crate::health::Cause;
use crate::health::cause::{Blame, Failure, Item, commons, may_be_common, partials, smallest};
use crate::health::machine::{Changed, Via};
use crate::model::{CameraIx, NodeId, NodeIx, Span, Target, Time};

/// More failures than this at a time are not judged at each of them.
const MANY_FAILURES: usize = 500;

/// A node that was judged down.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Judged {
    /// The first failure that it explains.
    pub(super) since: Time,
    /// Its own probe fails too.
    pub(super) direct: bool,
    pub(super) rivals: Vec<NodeIx>,
    pub(super) exact: bool,
    /// Taken from the store at a start.
    pub(super) restored: bool,
}

/// The proof that a node that was judged down works.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Acquittal {
    /// Start of the try that proved it: silence from before it says nothing.
    pub(super) begun: Time,
    /// When its answer was heard: those that hang on the node are asked from then on.
    pub(super) at: Time,
}

/// An answer that proves that a node works.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Proof {
    /// Start of the try.
    pub(super) begun: Time,
    /// Who answered: something that hangs on the node, or the node itself.
    pub(super) by: Target,
}

/// Everything that is remembered of failures.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Causes {
    /// Confirmed failures, by their first failing try.
    by_onset: BTreeSet<(Time, Item)>,
    onset_of: BTreeMap<Item, Time>,
    /// The latest try that a dependant of the node, or the node itself, passed.
    pub(super) onset: Vec<Option<Proof>>,
    pub(super) judged: BTreeMap<NodeIx, Judged>,
    /// Nodes that were judged and acquitted: they work.
    pub(super) acquitted: BTreeMap<NodeIx, Acquittal>,
    pub(super) of_camera: BTreeMap<CameraIx, Cause>,
    pub(super) members: BTreeMap<Cause, BTreeSet<CameraIx>>,
    /// A cause that unites cameras, but is no node, came or went.
    pub(super) groups_changed: bool,
    /// Failures to be judged at the end of the turn.
    fresh: BTreeSet<Item>,
    /// Since when the ways are as they are: an answer from before may have come by another.
    pub(super) wired_at: Time,
    /// When failures were last judged together.
    judged_at: Option<Time>,
}

impl Causes {
    fn note(&mut self, item: Item, since: Time) {
        if let Some(old) = self.onset_of.insert(item, since) {
            self.by_onset.remove(&(old, item));
        }
        self.by_onset.insert((since, item));
        self.fresh.insert(item);
    }

    fn forget(&mut self, item: Item) {
        if let Some(old) = self.onset_of.remove(&item) {
            self.by_onset.remove(&(old, item));
        }
        self.fresh.remove(&item);
    }

    /// Something answered that needs a node.
    pub(super) fn prove(&mut self, node: NodeIx, proof: Proof) {
        if let Some(latest) = self.onset.get_mut(node.at())
            && latest.is_none_or(|l| l.begun < proof.begun)
        {
            *latest = Some(proof);
        }
    }

    /// A camera left the registry.
    pub(super) fn leave(&mut self, camera: CameraIx) {
        self.forget(Item::Camera(camera));
        self.set(camera, None);
    }

    /// Sets why a camera is down; gives whether that is new.
    pub(super) fn set(&mut self, camera: CameraIx, cause: Option<Cause>) -> bool {
        if self.of_camera.get(&camera) == cause.as_ref() {
            return false;
        }
        if let Some(old) = self.of_camera.remove(&camera)
            && let Some(members) = self.members.get_mut(&old)
        {
            members.remove(&camera);
            if members.is_empty() {
                self.members.remove(&old);
            }
            // Also where some are left: maintenance may explain those.
            self.groups_changed |= matches!(old, Cause::Partial(_) | Cause::Common(_));
        }
        if let Some(cause) = cause {
            self.groups_changed |= matches!(cause, Cause::Partial(_) | Cause::Common(_));
            self.members.entry(cause.clone()).or_default().insert(camera);
            self.of_camera.insert(camera, cause);
        }
        true
    }
}

impl World {
    /// Keeps the index of failures: what is down by its own probes is in it, also when a node holds it down anyway.
    pub(super) fn index_failure(&mut self, target: Target, changed: Option<Changed>) {
        let (item, health) = match target {
            Target::Camera(c) => (Item::Camera(c), self.cameras.get_mut(c.at())),
            Target::Node(n) => (Item::Node(n), self.nodes.get_mut(n.at())),
            Target::Canary(_) => return,
        };
        let Some(health) = health else { return };
        let down = health.is_down_itself();
        if !down && self.causes.onset_of.is_empty() {
            return;
        }
        let indexed = self.causes.onset_of.contains_key(&item);
        if down && !indexed {
            let since = health.first_failure().unwrap_or(self.now);
            self.causes.note(item, since);
            if changed.is_some() {
                self.count_turn(target);
            }
        } else if indexed && !down {
            self.causes.forget(item);
        }
    }

    /// A confirmed failure may be one turn too many.
    fn count_turn(&mut self, target: Target) {
        let Target::Camera(camera) = target else { return };
        let Some(health) = self.cameras.get_mut(camera.at()) else { return };
        let began = health.turn(self.now, &self.policy.health);
        if let Some(at) = health.flap_ends_at(&self.policy.health) {
            self.timers.insert((at, super::timers::Timer::FlapOff(camera)));
        }
        if began {
            self.touch_camera(camera, None);
        }
    }

    /// What is down failed once more: where the node that was blamed is acquitted, the blame is asked anew.
    pub(super) fn failed_again(&mut self, target: Target) {
        if self.is_coming_to(target) {
            self.push_ask(target, self.now);
        }
        let camera = match target {
            Target::Camera(camera) => camera,
            Target::Node(node) => {
                if self.nodes.get(node.at()).is_some_and(crate::health::machine::Health::is_down_itself) {
                    self.turn.nodes.entry(node).or_default();
                }
                return;
            }
            Target::Canary(_) => return,
        };
        let blamed = match self.causes.of_camera.get(&camera) {
            Some(Cause::Node(id)) => self.topology.node(id.as_str()),
            _ => None,
        };
        if blamed.is_some_and(|n| !self.causes.judged.contains_key(&n)) {
            self.blame_anew(camera);
        }
    }

    pub(super) fn blame_anew(&mut self, camera: CameraIx) {
        if let Some(since) = self.causes.onset_of.get(&Item::Camera(camera)).copied() {
            self.causes.note(Item::Camera(camera), since);
        }
    }

    /// The first round is over: nodes that were judged before it are judged again, with all that was heard in it.
    pub(super) fn blame_the_restored_anew(&mut self) {
        let restored = |(n, j): (&NodeIx, &mut Judged)| std::mem::take(&mut j.restored).then_some(*n);
        let nodes: Vec<NodeIx> = self.causes.judged.iter_mut().filter_map(restored).collect();
        for node in nodes {
            if let Some(since) = self.causes.onset_of.get(&Item::Node(node)).copied() {
                self.causes.note(Item::Node(node), since);
            }
            let cause = Cause::Node(self.topology.nodes[node.at()].id.clone());
            let members: Vec<CameraIx> = self.causes.members.get(&cause).into_iter().flatten().copied().collect();
            members.into_iter().for_each(|camera| self.blame_anew(camera));
        }
        self.blame();
    }

    /// Judges whose fault the fresh failures are, together with those that began within one window of them.
    pub(super) fn blame(&mut self) {
        if self.causes.fresh.is_empty() || self.eyes.is_blind() {
            return;
        }
        self.judge_the_expected();
        if self.causes.fresh.is_empty() || self.is_judged_later() {
            return;
        }
        let mut fresh = std::mem::take(&mut self.causes.fresh);
        let window = self.policy.health.window + self.longest_interval(&fresh);
        // Old failures can be fresh again, after a restart or an acquittal: each window is judged by itself.
        while let Some(first) = fresh.iter().filter_map(|i| self.causes.onset_of.get(i)).min().copied() {
            let (from, to) = (first - window, first + window);
            let range = (from, Item::Camera(CameraIx(0)))..(to, Item::Camera(CameraIx(0)));
            let all = self.causes.by_onset.range(range);
            let mut failures: Vec<Failure> = all.map(|(t, i)| self.failure(*i, *t)).collect();
            failures.retain(|f| !self.awaits_its_answer(f.item));
            let mut news = failures.clone();
            news.retain(|f| fresh.contains(&f.item));
            fresh.retain(|i| self.causes.onset_of.get(i).is_none_or(|t| *t < from || *t >= to));
            if self.judge_nodes(&failures, from, to) {
                news.clone_from(&failures);
            }
            self.judge_cameras(&news);
            self.judge_groups(&failures, &news);
        }
        #[cfg(test)]
        super::acquit::contradiction::note(self.contradicted_answer());
    }

    /// Fresh failures that what is judged already explains, and began later than it, change nothing in what is the
    /// smallest explanation: a dead node costs one search, not one for each camera below it.
    fn judge_the_expected(&mut self) {
        let fits = |item: &&Item| {
            let Some(since) = self.causes.onset_of.get(*item).copied() else { return false };
            let failure = self.failure(**item, since);
            let judged = |n: NodeIx| {
                let fit = |j: &Judged| j.since <= since && j.rivals.is_empty() && !j.restored;
                self.causes.judged.get(&n).is_some_and(fit) && self.onset(n).is_none_or(|onset| onset <= since)
            };
            matches!(item, Item::Camera(_)) && failure.silent && item.is_explained_by(&self.topology, &judged)
        };
        let expected: Vec<Item> = self.causes.fresh.iter().filter(fits).copied().collect();
        let failures: Vec<Failure> =
            expected.iter().filter_map(|i| Some(self.failure(*i, *self.causes.onset_of.get(i)?))).collect();
        for item in &expected {
            self.causes.fresh.remove(item);
        }
        self.judge_cameras(&failures);
    }

    /// Where very many fail at once they are judged together, a few times a second.
    fn is_judged_later(&mut self) -> bool {
        let many = self.causes.onset_of.len();
        if many <= MANY_FAILURES {
            return false;
        }
        let gap = Span(i64::try_from(many / 5).unwrap_or(i64::MAX)).min(Span::seconds(1));
        if let Some(last) = self.causes.judged_at.filter(|last| self.now < *last + gap) {
            self.timers.insert((last + gap, super::timers::Timer::Blame));
            return true;
        }
        self.causes.judged_at = Some(self.now);
        false
    }

    /// Whether failures wait to be judged.
    pub(super) fn is_judging(&self) -> bool {
        !self.causes.fresh.is_empty()
    }

    fn longest_interval(&self, items: &BTreeSet<Item>) -> Span {
        let of = |item: &Item| match item {
            Item::Camera(c) => self.cameras.get(c.at()),
            Item::Node(n) => self.nodes.get(n.at()),
        };
        let failing = items.iter().filter_map(of).flat_map(|h| h.checks[..2].iter().filter(|c| c.run.is_some()));
        failing.filter_map(|c| c.interval).max().unwrap_or(self.policy.intervals.reach)
    }

    fn failure(&self, item: Item, since: Time) -> Failure {
        let health = match item {
            Item::Camera(c) => self.cameras.get(c.at()),
            Item::Node(n) => self.nodes.get(n.at()),
        };
        Failure { item, since, silent: health.and_then(crate::health::machine::Health::run).is_some_and(|r| r.silent) }
    }

    /// Judges which nodes explain the failures of a window; gives whether others do than before.
    fn judge_nodes(&mut self, failures: &[Failure], from: Time, to: Time) -> bool {
        // In a first round most have not answered yet: what was judged before it stands until it is acquitted.
        let stands = |j: &Judged| j.since < from || j.since >= to || (j.restored && self.round.is_some());
        let given: BTreeSet<NodeIx> = self.causes.judged.iter().filter(|(_, j)| stands(j)).map(|(n, _)| *n).collect();
        let onset = |n: NodeIx| self.onset(n);
        let mut blames = smallest(&self.topology, failures, &|n| given.contains(&n), &onset);
        // A node that does not answer but lets others pass is down for itself alone.
        blames.retain(|b| !b.explains.is_empty() || onset(b.node).is_none_or(|t| t <= b.since));
        self.pardon_the_contradicted(&mut blames, &given);
        let old: Vec<NodeIx> = self.causes.judged.keys().filter(|n| !given.contains(n)).copied().collect();
        // The failures of this window are explained anew, with what has been heard since.
        let dropped: Vec<NodeIx> = old.into_iter().filter(|n| !blames.iter().any(|b| b.node == *n)).collect();
        for node in &dropped {
            self.causes.judged.remove(node);
            self.touch_nodes_below(*node);
        }
        let mut changed = !dropped.is_empty();
        for blame in &blames {
            changed |= self.accuse(blame);
        }
        for blame in blames {
            self.hold_down(blame.node, blame.since);
        }
        for node in dropped {
            self.let_go(node);
        }
        changed
    }

    /// Start of the latest try that something that hangs on the node, or the node itself, passed.
    pub(super) fn onset(&self, node: NodeIx) -> Option<Time> {
        self.causes.onset.get(node.at()).copied().flatten().map(|proof| proof.begun)
    }

    /// Cameras that a node held down which is not blamed any more: another one does, or they are asked.
    fn let_go(&mut self, node: NodeIx) {
        let cause = Cause::Node(self.topology.nodes[node.at()].id.clone());
        let held: Vec<CameraIx> = self.causes.members.get(&cause).into_iter().flatten().copied().collect();
        for camera in held {
            if self.cameras.get(camera.at()).is_none_or(|h| h.via.is_none()) {
                continue;
            }
            match self.tipping_node(camera) {
                Some(other) => {
                    self.causes.set(camera, Some(other));
                    self.touch_camera(camera, None);
                }
                None => self.push_ask(Target::Camera(camera), self.now),
            }
        }
    }

    /// Judges a node down; gives whether that is new.
    fn accuse(&mut self, blame: &Blame) -> bool {
        let (node, since) = (blame.node, blame.since);
        let rivals = blame.rivals.clone();
        let judged = Judged { since, direct: blame.direct, rivals, exact: blame.exact, restored: false };
        let before = self.causes.judged.get(&node);
        if before.is_none() && !blame.direct {
            // It may be able to answer for itself, and what it hangs on for that.
            self.ask_around(Target::Node(node));
            self.push_ask(Target::Node(node), self.now);
        }
        self.causes.acquitted.remove(&node);
        if self.causes.judged.get(&node) == Some(&judged) {
            return false;
        }
        self.causes.judged.insert(node, judged);
        self.touch_nodes_below(node);
        true
    }

    /// Every camera that cannot work with the judged nodes down, and has not answered since the first failure, is down
    /// by inference, and asked at once.
    fn hold_down(&mut self, node: NodeIx, since: Time) {
        let below = self.topology.nodes[node.at()].below.clone();
        for camera in below {
            let cut_off = !self.topology.camera_works(camera, &|n| self.causes.judged.contains_key(&n));
            let Some(health) = self.cameras.get_mut(camera.at()) else { continue };
            if !cut_off
                || !health.is_asked()
                || health.is_down_itself()
                || health.last_pass().is_some_and(|t| t > since)
            {
                continue;
            }
            // Held down by another node already: the blame may have moved.
            let held = health.via.replace(Via { node, since }).is_some();
            if !held {
                self.push_ask(Target::Camera(camera), self.now);
                self.rejudge(Target::Camera(camera), None);
            }
            if self.causes.set(camera, self.tipping_node(camera)) {
                self.touch_camera(camera, None);
            }
        }
    }

    fn judge_cameras(&mut self, failures: &[Failure]) {
        for f in failures {
            let Item::Camera(camera) = f.item else { continue };
            let judged =
                |n: NodeIx| self.causes.judged.contains_key(&n) && self.onset(n).is_none_or(|onset| onset <= f.since);
            let by_node = f.silent && f.item.is_explained_by(&self.topology, &judged);
            let cause = match self.causes.of_camera.get(&camera) {
                _ if by_node => self.tipping_node(camera),
                // What failed together with others stays with them until it is up.
                Some(group @ (Cause::Partial(_) | Cause::Common(_))) => Some(group.clone()),
                _ => Some(Cause::Camera(self.topology.cameras[camera.at()].id.clone())),
            };
            if by_node {
                self.unturn(camera);
            }
            if self.causes.set(camera, cause) {
                self.touch_camera(camera, None);
            }
        }
    }

    /// A turn that a node caused does not count as the camera's flapping.
    fn unturn(&mut self, camera: CameraIx) {
        let Some(health) = self.cameras.get_mut(camera.at()) else { return };
        let flapped = health.flapping;
        health.unturn(&self.policy.health);
        if health.flapping != flapped {
            self.touch_camera(camera, None);
        }
    }

    /// The judged node whose failure cut a camera off: the one with which it stops working, in the order of failures.
    fn tipping_node(&self, camera: CameraIx) -> Option<Cause> {
        let above = &self.topology.cameras.get(camera.at())?.above;
        let mut judged: Vec<(Time, &NodeId, NodeIx)> = above
            .iter()
            .filter_map(|n| self.causes.judged.get(n).map(|j| (j.since, &self.topology.nodes[n.at()].id, *n)))
            .collect();
        judged.sort_unstable();
        let mut down: BTreeSet<NodeIx> = BTreeSet::new();
        for (_, _, node) in judged {
            down.insert(node);
            if !self.topology.camera_works(camera, &|n| down.contains(&n)) {
                return Some(Cause::Node(self.topology.nodes[node.at()].id.clone()));
            }
        }
        None
    }

    /// What failed together with others without a node to blame. Among failures that were judged before nothing is new
    /// in common: only what is common to one of the `news` is looked for.
    fn judge_groups(&mut self, failures: &[Failure], news: &[Failure]) {
        let alone = |f: &&Failure| match f.item {
            Item::Camera(c) => !matches!(self.causes.of_camera.get(&c), Some(Cause::Node(_))),
            Item::Node(_) => false,
        };
        if !news.iter().any(|f| alone(&f)) {
            return;
        }
        let alone: Vec<Failure> = failures.iter().filter(alone).copied().collect();
        if alone.len() < 3 {
            return;
        }
        let tried = |c: CameraIx| {
            let checks = &self.cameras.get(c.at())?.checks[..2];
            checks.iter().filter_map(|c| Some((c.last_try?, c.last_alive?))).max_by_key(|(at, _)| *at)
        };
        let mut found: Vec<(Cause, Vec<CameraIx>)> = partials(&self.topology, &alone, &tried)
            .into_iter()
            .map(|(n, members)| (Cause::Partial(self.topology.nodes[n.at()].id.clone()), members))
            .collect();
        let taken: BTreeSet<CameraIx> = found.iter().flat_map(|(_, m)| m.iter().copied()).collect();
        let rest: Vec<Failure> =
            alone.into_iter().filter(|f| !matches!(f.item, Item::Camera(c) if taken.contains(&c))).collect();
        if may_be_common(&self.topology, &rest, news) {
            found.extend(commons(&self.topology, &rest).into_iter().map(|g| (Cause::Common(g.scope), g.members)));
        }
        for (cause, members) in found {
            for camera in members {
                if matches!(cause, Cause::Partial(_)) {
                    self.unturn(camera);
                }
                if self.causes.set(camera, Some(cause.clone())) {
                    self.touch_camera(camera, None);
                }
            }
        }
    }

    /// Forgets the cause of a camera that is not down any more.
    pub(super) fn clear_cause(&mut self, camera: CameraIx) {
        self.causes.set(camera, None);
    }

    /// Failures and blames that began at or after `proof` were our own blindness.
    pub(super) fn void_blames(&mut self, proof: Time) {
        let nodes: Vec<NodeIx> = self.causes.judged.iter().filter(|(_, j)| j.since >= proof).map(|(n, _)| *n).collect();
        for node in nodes {
            self.causes.judged.remove(&node);
            self.turn.nodes.entry(node).or_default();
        }
        let items: Vec<Item> =
            self.causes.by_onset.range((proof, Item::Camera(CameraIx(0)))..).map(|(_, i)| *i).collect();
        for item in items {
            self.causes.forget(item);
        }
        self.part_the_untold();
    }

    /// What failed together with failures that were none may have failed by itself: groups that nobody was told of are
    /// judged anew once we see again.
    fn part_the_untold(&mut self) {
        let untold = |c: &&Cause| super::wants::group_key(c).is_some_and(|key| !self.book.is_open(&key));
        let groups: Vec<Cause> = self.causes.members.keys().filter(untold).cloned().collect();
        for cause in groups {
            for member in self.causes.members.get(&cause).cloned().unwrap_or_default() {
                let own = Cause::Camera(self.topology.cameras[member.at()].id.clone());
                if self.causes.set(member, Some(own)) {
                    self.touch_camera(member, None);
                }
                self.blame_anew(member);
            }
        }
    }
}
