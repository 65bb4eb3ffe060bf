//! The smallest set of nodes and cameras that explains every failure of one window, and that no success acquits.
//!
//! A thing that fails by itself costs one, a node that is blamed costs one; the cheapest set wins. Exact by branch and
//! bound up to three nodes, beyond that greedy by most failures explained (semantics.md §2).

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Failure, Item};
use crate::model::{NodeIx, Time};
use crate::registry::Topology;

/// Nodes that exact search looks for at once.
const EXACT_NODES: usize = 3;
/// Steps of the search before it settles for the greedy answer.
const MAX_STEPS: u32 = 20_000;

/// A node that is blamed.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Blame {
    pub(crate) node: NodeIx,
    /// The first failure that it explains.
    pub(crate) since: Time,
    /// Its own probe fails too.
    pub(crate) direct: bool,
    /// What it explains, in the order of slots.
    pub(crate) explains: Vec<Item>,
    /// Nodes that would explain the same in its place.
    pub(crate) rivals: Vec<NodeIx>,
    /// Found by exact search.
    pub(crate) exact: bool,
}

/// Failures that hang on the same nodes in the same way, and began late enough for the same candidates.
struct Group {
    /// One of them, to ask.
    item: Item,
    candidates: Vec<NodeIx>,
    members: Vec<Failure>,
}

struct Search<'a> {
    topology: &'a Topology,
    given: &'a dyn Fn(NodeIx) -> bool,
    onset: &'a dyn Fn(NodeIx) -> Option<Time>,
    groups: Vec<Group>,
    own_failing: Vec<NodeIx>,
    steps: u32,
}

/// How good a set is: fewest causes, then most direct evidence, then lowest nodes (fewest cameras below, most nodes
/// above), then the order of ids.
type Score<'a> = (usize, Reverse<usize>, usize, Reverse<usize>, Vec<&'a str>);

/// The nodes to blame for failures of one window. `given` nodes are down already and explain what they explain;
/// `onset` is the start of the latest try that a dependant of the node, or the node itself, passed: a node explains
/// only failures that began at or after it. What no blame explains has failed by itself.
pub(crate) fn smallest(
    topology: &Topology,
    failures: &[Failure],
    given: &dyn Fn(NodeIx) -> bool,
    onset: &dyn Fn(NodeIx) -> Option<Time>,
) -> Vec<Blame> {
    let groups = group(topology, failures, given, onset);
    let mut search = Search { topology, given, onset, own_failing: own_failing(failures), groups, steps: 0 };
    let mut best = search.greedy();
    let greedy_nodes = best.len();
    let mut chosen = Vec::new();
    let mut skipped = vec![false; search.groups.len()];
    search.branch(&mut chosen, &mut skipped, &mut best);
    let exact = search.steps < MAX_STEPS && (best.len() <= EXACT_NODES && greedy_nodes <= EXACT_NODES);
    search.blames(&best, exact)
}

fn own_failing(failures: &[Failure]) -> Vec<NodeIx> {
    // A node that refuses has answered: it is no evidence for anything that is silent.
    let nodes = failures.iter().filter(|f| f.silent).filter_map(|f| match f.item {
        Item::Node(n) => Some(n),
        Item::Camera(_) => None,
    });
    nodes.collect()
}

fn group(
    topology: &Topology,
    failures: &[Failure],
    given: &dyn Fn(NodeIx) -> bool,
    onset: &dyn Fn(NodeIx) -> Option<Time>,
) -> Vec<Group> {
    type Signature = (Option<NodeIx>, Vec<NodeIx>, Vec<NodeIx>);
    let mut groups: BTreeMap<Signature, Group> = BTreeMap::new();
    for f in failures.iter().filter(|f| f.silent) {
        let in_time = |n: NodeIx| onset(n).is_none_or(|t| t <= f.since);
        if f.item.is_explained_by(topology, &|n| given(n) && in_time(n)) {
            continue;
        }
        let fits = |n: &NodeIx| !given(*n) && in_time(*n);
        let mut candidates: Vec<NodeIx> = f.item.above(topology).iter().copied().filter(fits).collect();
        let (own, gates) = match f.item {
            Item::Camera(c) => (None, &topology.cameras[c.at()].gates),
            Item::Node(n) => {
                candidates.insert(0, n);
                (Some(n), &topology.nodes[n.at()].gates)
            }
        };
        let direct: Vec<NodeIx> = gates.iter().flat_map(|g| g.of.iter().copied()).collect();
        let signature = (own, direct, candidates.clone());
        let fresh = || Group { item: f.item, candidates, members: Vec::new() };
        groups.entry(signature).or_insert_with(fresh).members.push(*f);
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    drop_hopeless(&mut groups, &own_failing(failures));
    groups.sort_by_key(|g| Reverse(g.members.len()));
    groups
}

/// Takes away the candidates that could never be worth their blame, and the groups of which nothing is left: these
/// failed by themselves, whatever is chosen. In a large town most failures of a window have nothing to do with others.
fn drop_hopeless(groups: &mut Vec<Group>, own_failing: &[NodeIx]) {
    let mut cameras: BTreeMap<NodeIx, usize> = BTreeMap::new();
    for group in groups.iter().filter(|g| matches!(g.item, Item::Camera(_))) {
        for node in &group.candidates {
            *cameras.entry(*node).or_default() += group.members.len();
        }
    }
    let fit = |n: &NodeIx| cameras.get(n).is_some_and(|count| *count >= 2) || own_failing.contains(n);
    groups.iter_mut().for_each(|g| g.candidates.retain(fit));
    groups.retain(|g| !g.candidates.is_empty());
}

impl Search<'_> {
    fn explained(&self, group: &Group, chosen: &[NodeIx]) -> bool {
        let blamed = |n: NodeIx| chosen.contains(&n) && group.candidates.contains(&n);
        match group.item {
            Item::Node(own) if blamed(own) => true,
            item => item.is_explained_by(self.topology, &|n| (self.given)(n) || blamed(n)),
        }
    }

    /// Every node must be worth its blame: it alone explains two cameras, or one and its own failure, or its own
    /// failure is confirmed.
    fn is_justified(&self, node: NodeIx, chosen: &[NodeIx]) -> bool {
        if self.own_failing.contains(&node) {
            return true;
        }
        let without: Vec<NodeIx> = chosen.iter().copied().filter(|n| *n != node).collect();
        let alone = self.groups.iter().filter(|g| self.explained(g, chosen) && !self.explained(g, &without));
        alone.filter(|g| matches!(g.item, Item::Camera(_))).map(|g| g.members.len()).sum::<usize>() >= 2
    }

    fn cost(&self, chosen: &[NodeIx]) -> usize {
        let alone = self.groups.iter().filter(|g| !self.explained(g, chosen)).map(|g| g.members.len());
        chosen.len() + alone.sum::<usize>()
    }

    fn score(&self, chosen: &[NodeIx]) -> Score<'_> {
        let direct = chosen.iter().filter(|n| self.own_failing.contains(n)).count();
        let breadth = chosen.iter().map(|n| self.topology.nodes[n.at()].below.len()).sum();
        let mut ids: Vec<&str> = chosen.iter().map(|n| self.topology.nodes[n.at()].id.as_str()).collect();
        ids.sort_unstable();
        let depth = chosen.iter().map(|n| self.topology.nodes[n.at()].above.len()).sum();
        (self.cost(chosen), Reverse(direct), breadth, Reverse(depth), ids)
    }

    fn greedy(&mut self) -> Vec<NodeIx> {
        let mut candidates: Vec<NodeIx> = self.groups.iter().flat_map(|g| g.candidates.iter().copied()).collect();
        candidates.sort_unstable();
        candidates.dedup();
        let mut chosen: Vec<NodeIx> = Vec::new();
        loop {
            let with = |n: NodeIx| chosen.iter().copied().chain([n]).collect::<Vec<_>>();
            let better = candidates
                .iter()
                .map(|n| with(*n))
                .filter(|set| set.last().is_some_and(|n| self.is_justified(*n, set)))
                .min_by(|a, b| self.score(a).cmp(&self.score(b)));
            match better {
                Some(set) if self.score(&set) < self.score(&chosen) => chosen = set,
                _ => return chosen,
            }
        }
    }

    fn branch(&mut self, chosen: &mut Vec<NodeIx>, skipped: &mut [bool], best: &mut Vec<NodeIx>) {
        self.steps += 1;
        if self.steps >= MAX_STEPS {
            return;
        }
        let given_up: usize =
            self.groups.iter().zip(skipped.iter()).filter(|(_, s)| **s).map(|(g, _)| g.members.len()).sum();
        if chosen.len() + given_up > self.cost(best) {
            return;
        }
        let open = (0..self.groups.len()).find(|i| !skipped[*i] && !self.explained(&self.groups[*i], chosen));
        let Some(open) = open else {
            let sound = chosen.iter().all(|n| self.is_justified(*n, chosen));
            if sound && self.score(chosen) < self.score(best) {
                best.clone_from(chosen);
            }
            return;
        };
        if chosen.len() < EXACT_NODES {
            for node in self.groups[open].candidates.clone() {
                if !chosen.contains(&node) {
                    chosen.push(node);
                    self.branch(chosen, skipped, best);
                    chosen.pop();
                }
            }
        }
        skipped[open] = true;
        self.branch(chosen, skipped, best);
        skipped[open] = false;
    }

    fn blames(&self, chosen: &[NodeIx], exact: bool) -> Vec<Blame> {
        let mut blames: Vec<Blame> = chosen.iter().map(|n| self.blame(*n, chosen, exact)).collect();
        blames.sort_by_key(|b| b.node);
        blames
    }

    fn blame(&self, node: NodeIx, chosen: &[NodeIx], exact: bool) -> Blame {
        let own = |g: &&Group| g.candidates.contains(&node) && self.explained(g, chosen);
        let members: Vec<Failure> = self.groups.iter().filter(own).flat_map(|g| g.members.iter().copied()).collect();
        // What it failed by itself before it last let something pass is not what it is blamed for.
        let late = |t: &Time| (self.onset)(node).is_none_or(|onset| *t >= onset);
        let first = |fit: &dyn Fn(&Time) -> bool| members.iter().map(|f| f.since).filter(fit).min();
        let since = first(&late).or_else(|| first(&|_| true)).unwrap_or_default();
        let mut explains: Vec<Item> = members.iter().map(|f| f.item).filter(|i| *i != Item::Node(node)).collect();
        explains.sort_unstable();
        Blame {
            node,
            since,
            direct: self.own_failing.contains(&node),
            explains,
            rivals: self.rivals(node, chosen),
            exact,
        }
    }

    fn rivals(&self, node: NodeIx, chosen: &[NodeIx]) -> Vec<NodeIx> {
        let cost = self.cost(chosen);
        let mut rivals: Vec<NodeIx> = self.groups.iter().flat_map(|g| g.candidates.iter().copied()).collect();
        rivals.sort_by_key(|n| &self.topology.nodes[n.at()].id);
        rivals.dedup();
        rivals.retain(|other| {
            let swapped: Vec<NodeIx> = chosen.iter().map(|n| if *n == node { *other } else { *n }).collect();
            !chosen.contains(other) && self.cost(&swapped) == cost && self.is_justified(*other, &swapped)
        });
        rivals
    }
}
