//! What a judgement rests on, for people: taken when an incident opens or its cause changes, kept with it.
//!
//! Decides nothing: causes are judged in blame.rs, and what is found here only says why they were. A rival is called
//! ruled out only where an answer contradicts it or it explains less; what nothing contradicts is named as undecided.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::World;
use crate::health::cause::{Failure, Item};
use crate::health::machine::Health;
use crate::health::{Cause, Evidence, Findings, Heard, MANY_OTHERS, MAX_EVIDENCE, MAX_RIVALS, MonitorCause};
use crate::health::{Objection, RuledOut, Witness};
use crate::model::{CameraIx, Check, NodeIx, Reason, Target, Time};

/// Failed cameras that the evidence of a node names; the others are counted.
const NAMED_FAILURES: usize = 3;
/// Nodes that are held against the failures: those above most of them.
const LOOKED_AT: usize = 12;
/// Of the cameras below a node so many are looked at for who answered: below the uplink of a large town is everybody.
const LOOKED_AT_BELOW: usize = 2 * MANY_OTHERS as usize;

impl World {
    /// What speaks for a cause and against others; `None` while nothing may be concluded (blind, or a first round).
    pub(super) fn found(&self, cause: &Cause) -> Option<Findings> {
        if let Cause::Monitor(why) = cause {
            let blind = *why == MonitorCause::Blind;
            return Some(if blind { self.found_of_blindness() } else { Findings::default() });
        }
        if self.round.is_some() || self.eyes.is_blind() {
            return None;
        }
        let failures = self.failures_of(cause);
        let cameras = failures.iter().filter(|f| matches!(f.item, Item::Camera(_))).count();
        let members = self.causes.members.get(cause).map_or(0, |m| m.len());
        let mut found = Findings {
            evidence: self.evidence(cause, &failures),
            failed: count(cameras),
            inferred: count(members.saturating_sub(cameras)),
            ..Findings::default()
        };
        if !failures.is_empty() {
            self.rule_out(cause, &failures, &mut found);
        }
        Some(found)
    }

    /// Confirmed failures that are laid to a cause, first failure first; not what was only inferred.
    fn failures_of(&self, cause: &Cause) -> Vec<Failure> {
        let mut items: Vec<Item> =
            self.causes.members.get(cause).into_iter().flatten().map(|c| Item::Camera(*c)).collect();
        match cause {
            Cause::Camera(id) => items.extend(self.topology.camera(id.as_str()).map(Item::Camera)),
            Cause::Node(id) => items.extend(self.topology.node(id.as_str()).map(Item::Node)),
            _ => {}
        }
        items.sort_unstable();
        items.dedup();
        let failure = |item: &Item| {
            let run = self.health_of_item(*item).filter(|h| h.is_down_itself())?.run()?;
            Some(Failure { item: *item, since: run.since, silent: run.silent })
        };
        let mut failures: Vec<Failure> = items.iter().filter_map(failure).collect();
        failures.sort_by(|a, b| (a.since, self.item_id(a.item)).cmp(&(b.since, self.item_id(b.item))));
        failures
    }

    fn health_of_item(&self, item: Item) -> Option<&Health> {
        match item {
            Item::Camera(c) => self.cameras.get(c.at()),
            Item::Node(n) => self.nodes.get(n.at()),
        }
    }

    fn item_id(&self, item: Item) -> &str {
        match item {
            Item::Camera(c) => self.topology.cameras[c.at()].id.as_str(),
            Item::Node(n) => self.topology.nodes[n.at()].id.as_str(),
        }
    }

    fn witness(&self, item: Item) -> Witness {
        match item {
            Item::Camera(c) => Witness::Camera(self.topology.cameras[c.at()].id.clone()),
            Item::Node(n) => Witness::Node(self.topology.nodes[n.at()].id.clone()),
        }
    }

    /// The node's own failure, the last answer from behind it, and the first cameras that failed.
    fn evidence(&self, cause: &Cause, failures: &[Failure]) -> Vec<Evidence> {
        let (nodes, cameras): (Vec<&Failure>, Vec<&Failure>) =
            failures.iter().partition(|f| matches!(f.item, Item::Node(_)));
        let mut all: Vec<Evidence> = nodes.into_iter().filter_map(|f| self.failed(f)).collect();
        let own = match cause {
            Cause::Camera(id) => self.topology.camera(id.as_str()),
            _ => None,
        };
        match (cause, failures.first()) {
            (Cause::Node(id), Some(first)) => {
                let node = self.topology.node(id.as_str());
                all.extend(node.and_then(|n| self.last_through(n, first.since)));
            }
            (Cause::Camera(_), None) => all.extend(own.into_iter().flat_map(|c| self.troubles(c))),
            _ => {}
        }
        all.extend(cameras.into_iter().take(NAMED_FAILURES).filter_map(|f| self.failed(f)));
        if let Some(last) = own.and_then(|c| Some((c, self.cameras.get(c.at())?.last_pass()?))) {
            all.push(Evidence { of: self.witness(Item::Camera(last.0)), heard: Heard::LastAnswer, at: last.1 });
        }
        all.extend(own.and_then(|c| self.turned(c)));
        all.truncate(MAX_EVIDENCE);
        all
    }

    fn failed(&self, failure: &Failure) -> Option<Evidence> {
        let health = self.health_of_item(failure.item)?;
        let (check, state) = Check::ALL
            .into_iter()
            .zip(&health.checks[..2])
            .find(|(_, c)| c.run.is_some_and(|r| r.since == failure.since))?;
        let heard = Heard::Failed { check, how: state.how, confirmed: state.confirmed };
        Some(Evidence { of: self.witness(failure.item), heard, at: failure.since })
    }

    /// The last answer that needed a node, before it is said to have failed.
    fn last_through(&self, node: NodeIx, before: Time) -> Option<Evidence> {
        let answers = self.answers_by(node, usize::MAX).filter(|(_, at)| *at <= before);
        let (item, at) = answers.max_by_key(|(item, at)| (*at, Reverse(self.item_id(*item))))?;
        Some(Evidence { of: self.witness(item), heard: Heard::LastAnswer, at })
    }

    /// What was wrong with the last answers of a camera that is not down.
    fn troubles(&self, camera: CameraIx) -> Vec<Evidence> {
        let Some(health) = self.cameras.get(camera.at()) else { return Vec::new() };
        let of = self.witness(Item::Camera(camera));
        let mut all = Vec::new();
        for (check, state) in Check::ALL.into_iter().zip(&health.checks).filter(|(_, c)| c.is_on()) {
            let mut reasons = state.reasons;
            let recent = match check {
                Check::Reach => Some(&health.reach),
                Check::Stream => Some(&health.stream),
                _ => None,
            };
            reasons.set(Reason::Slow, recent.map_or(reasons.contains(Reason::Slow), |r| r.is_slow()));
            reasons.set(Reason::Lossy, check == Check::Reach && health.reach.is_lossy(&self.policy.health));
            if let Some(at) = state.last_try.filter(|_| !reasons.is_empty()) {
                all.push(Evidence { of: of.clone(), heard: Heard::Trouble { check, reasons }, at });
            }
        }
        all
    }

    fn turned(&self, camera: CameraIx) -> Option<Evidence> {
        let health = self.cameras.get(camera.at()).filter(|h| h.flapping)?;
        let (heard, at) = (Heard::Turns(count(health.turns.len())), *health.turns.last()?);
        Some(Evidence { of: self.witness(Item::Camera(camera)), heard, at })
    }

    /// Everything that cannot work without a node and has answered, the node itself too, with the last time; of each
    /// kind below it so many are looked at.
    fn answers_by(&self, node: NodeIx, looked_at: usize) -> impl Iterator<Item = (Item, Time)> {
        let slot = &self.topology.nodes[node.at()];
        // Where nothing has another way, which is most nodes, nobody need be looked up.
        let all = slot.optional.is_empty();
        let (cameras, nodes) = (slot.below.iter().take(looked_at), slot.below_nodes.iter().take(looked_at));
        let cameras = cameras.filter(move |c| all || self.topology.cameras[c.at()].required.contains(&node));
        let nodes = nodes.filter(move |n| all || self.topology.nodes[n.at()].required.contains(&node));
        let items = cameras.map(|c| Item::Camera(*c)).chain(nodes.map(|n| Item::Node(*n))).chain([Item::Node(node)]);
        items.filter_map(|item| Some((item, self.health_of_item(item)?.last_pass()?)))
    }

    /// Who answered last of those that need a node, after a moment, and how many cameras beside, of those looked at.
    fn answered_since(&self, node: NodeIx, since: Time) -> Option<Objection> {
        let answers = self.answers_by(node, LOOKED_AT_BELOW).chain(self.last_answer(node));
        let answers: BTreeMap<Item, Time> = answers.filter(|(_, at)| *at > since).collect();
        let (item, at) = answers.iter().max_by_key(|(item, at)| (**at, Reverse(self.item_id(**item))))?;
        let others = answers.keys().filter(|i| matches!(i, Item::Camera(_)) && *i != item).count();
        Some(Objection::Answered { by: self.witness(*item), at: *at, others: count(others).min(MANY_OTHERS) })
    }

    /// Who is known to have answered last of all that need a node, whether it was looked at or not. Who answered by
    /// another way, or has left since, is no witness.
    fn last_answer(&self, node: NodeIx) -> Option<(Item, Time)> {
        let (item, needs) = match self.causes.onset.get(node.at()).copied().flatten()?.by {
            Target::Camera(c) => (Item::Camera(c), self.topology.cameras.get(c.at())?.required.contains(&node)),
            Target::Node(n) => (Item::Node(n), n == node || self.topology.nodes.get(n.at())?.required.contains(&node)),
            Target::Canary(_) => return None,
        };
        Some((item, self.health_of_item(item)?.last_pass()?)).filter(|_| needs)
    }

    /// Holds the nodes above the failures against them.
    fn rule_out(&self, cause: &Cause, failures: &[Failure], found: &mut Findings) {
        let (own, rivals) = match cause {
            Cause::Node(id) => {
                let node = self.topology.node(id.as_str());
                (node, node.and_then(|n| self.causes.judged.get(&n)).map(|j| j.rivals.clone()).unwrap_or_default())
            }
            _ => (None, Vec::new()),
        };
        let judged = |n: &NodeIx| self.causes.judged.contains_key(n);
        let mut above: BTreeMap<NodeIx, usize> = BTreeMap::new();
        for node in failures.iter().flat_map(|f| f.item.above(&self.topology)) {
            *above.entry(*node).or_default() += 1;
        }
        let mut nodes: Vec<(Reverse<usize>, usize, &str, NodeIx)> = above
            .into_iter()
            .filter(|(n, _)| Some(*n) != own && !rivals.contains(n) && !judged(n))
            .map(|(n, times)| {
                let slot = &self.topology.nodes[n.at()];
                (Reverse(times), slot.below.len(), slot.id.as_str(), n)
            })
            .collect();
        nodes.sort_unstable();
        let mut objections: Vec<(bool, RuledOut)> = Vec::new();
        for (.., node) in nodes.into_iter().take(LOOKED_AT) {
            let id = self.topology.nodes[node.at()].id.clone();
            match self.held_against(node, own, failures) {
                Verdict::RuledOut(by) => {
                    let weak = matches!(by, Objection::ExplainsLess { .. });
                    objections.push((weak, RuledOut { rival: Cause::Node(id), by }));
                }
                Verdict::Open => found.undecided.push(id),
                Verdict::NothingToSay => {}
            }
        }
        objections.sort_by_key(|(weak, _)| *weak);
        found.ruled_out = objections.into_iter().map(|(_, ruled_out)| ruled_out).collect();
        let whole = self.whole_node(cause, failures);
        found.ruled_out.truncate(MAX_RIVALS - 1 - usize::from(whole.is_some()));
        found.ruled_out.extend(whole);
        found.ruled_out.extend(self.own_sight(failures));
        found.undecided.truncate(MAX_RIVALS);
    }

    /// A rival in place of the cause: would it explain the failures, and did something answer that it would have cut off?
    fn held_against(&self, rival: NodeIx, own: Option<NodeIx>, failures: &[Failure]) -> Verdict {
        let down = |n: NodeIx| n == rival || (Some(n) != own && self.causes.judged.contains_key(&n));
        let cut_off = |f: &&Failure| f.item.is_explained_by(&self.topology, &down);
        let cut_off: Vec<&Failure> = failures.iter().filter(cut_off).collect();
        let onset = self.onset(rival);
        let late = |f: &&Failure| onset.is_some_and(|onset| onset > f.since);
        if let Some(first) = cut_off.iter().copied().find(late) {
            // Who answered by another way, or has left since, is no witness that can be named.
            return self.answered_since(rival, first.since).map_or(Verdict::NothingToSay, Verdict::RuledOut);
        }
        if let Some(spoke) = cut_off.iter().find(|f| !f.silent) {
            let last =
                self.health_of_item(spoke.item).and_then(|h| h.checks[..2].iter().filter_map(|c| c.last_fail).max());
            let at = last.unwrap_or(spoke.since);
            return Verdict::RuledOut(Objection::Reached { by: self.witness(spoke.item), at });
        }
        if cut_off.len() < failures.len() {
            let (explains, of) = (count(cut_off.len()), count(failures.len()));
            return Verdict::RuledOut(Objection::ExplainsLess { explains, of });
        }
        Verdict::Open
    }

    /// A node that fails in part could have failed altogether, but for who answered.
    fn whole_node(&self, cause: &Cause, failures: &[Failure]) -> Option<RuledOut> {
        let Cause::Partial(id) = cause else { return None };
        let node = self.topology.node(id.as_str())?;
        let by = self.answered_since(node, failures.first()?.since)?;
        Some(RuledOut { rival: Cause::Node(id.clone()), by })
    }

    /// What failed could be our own sight, but for a reference address or a camera of the sample that answered since.
    fn own_sight(&self, failures: &[Failure]) -> Option<RuledOut> {
        let since = failures.first()?.since;
        let rival = Cause::Monitor(MonitorCause::Blind);
        let canaries = self.policy.canaries.iter().zip(&self.eyes.canaries);
        let up = canaries.filter(|(_, c)| c.up == Some(true)).filter_map(|(name, c)| Some((c.last_try?, name)));
        if let Some((at, name)) = up.filter(|(at, _)| *at > since).max() {
            return Some(RuledOut {
                rival,
                by: Objection::Answered { by: Witness::Canary(name.clone()), at, others: 0 },
            });
        }
        let sample = self.sample.iter().filter_map(|t| match t {
            Target::Camera(c) => Some((self.cameras.get(c.at())?.last_pass()?, Item::Camera(*c))),
            _ => None,
        });
        let answers: Vec<(Time, Item)> = sample.filter(|(at, _)| *at > since).collect();
        let (at, item) = answers.iter().max_by_key(|(at, item)| (*at, Reverse(self.item_id(*item))))?;
        let others = count(answers.len() - 1);
        Some(RuledOut { rival, by: Objection::Answered { by: self.witness(*item), at: *at, others } })
    }

    /// The reference addresses that are silent, since their last answer; without any, the last answer of all.
    fn found_of_blindness(&self) -> Findings {
        let named = self.policy.canaries.iter().zip(&self.eyes.canaries);
        let silent = named.filter(|(_, c)| c.up == Some(false));
        let since = self.eyes.last_proof;
        let failed = |(name, c): (&std::sync::Arc<str>, &crate::health::sight::Canary)| {
            let heard = Heard::Failed { check: Check::Reach, how: None, confirmed: c.last_try };
            Some(Evidence { of: Witness::Canary(name.clone()), heard, at: since.or(c.last_try)? })
        };
        let mut evidence: Vec<Evidence> = silent.filter_map(failed).take(MAX_EVIDENCE - 1).collect();
        let cameras = (0..self.cameras.len()).map(CameraIx::from);
        let answers = cameras.filter_map(|c| Some((self.cameras.get(c.at())?.last_pass()?, c)));
        let last = answers.max_by_key(|(at, c)| (*at, Reverse(&self.topology.cameras[c.at()].id)));
        evidence.extend(last.map(|(at, camera)| Evidence {
            of: self.witness(Item::Camera(camera)),
            heard: Heard::LastAnswer,
            at,
        }));
        Findings { evidence, ..Findings::default() }
    }
}

#[cfg(test)]
impl World {
    /// Ids of the nodes that are judged down.
    pub(super) fn judged_nodes(&self) -> std::collections::BTreeSet<String> {
        self.causes.judged.keys().map(|n| self.topology.nodes[n.at()].id.to_string()).collect()
    }
}

/// What can be said of a rival.
enum Verdict {
    RuledOut(Objection),
    /// Nothing contradicts it.
    Open,
    /// Something did, and cannot be named any more.
    NothingToSay,
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
