//! The smallest set of nodes and cameras that explains every failure of one window, and that no success acquits.
//!
//! A thing that fails by itself costs one, a node that is blamed costs one; the cheapest set wins. Exact by branch and
//! bound up to three nodes, beyond that greedy by most failures explained (semantics.md §2).
//!
//! Failures that no candidate has in common have nothing to do with each other and are searched apart: what half a
//! thousand switches took is half a thousand small questions. What is left of a large one is bounded in work.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{Failure, Item};
use crate::model::{NodeIx, Time};
use crate::registry::Topology;

/// Nodes that exact search looks for at once.
const EXACT_NODES: usize = 3;
/// Groups that the search looks at before it settles for the greedy answer: some tens of milliseconds.
const MAX_LOOKS: usize = 200_000;

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

/// Nodes that are blamed together.
type Set = BTreeSet<NodeIx>;

struct Search<'a> {
    topology: &'a Topology,
    given: &'a dyn Fn(NodeIx) -> bool,
    onset: &'a dyn Fn(NodeIx) -> Option<Time>,
    groups: Vec<Group>,
    /// Which groups have a node as candidate: no other can change with it.
    groups_of: BTreeMap<NodeIx, Vec<usize>>,
    own_failing: &'a Set,
    looks: usize,
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
    let own_failing = own_failing(failures);
    let mut blames = Vec::new();
    for groups in apart(group(topology, failures, given, onset)) {
        let mut groups_of: BTreeMap<NodeIx, Vec<usize>> = BTreeMap::new();
        for (i, group) in groups.iter().enumerate() {
            group.candidates.iter().for_each(|n| groups_of.entry(*n).or_default().push(i));
        }
        let mut search = Search { topology, given, onset, groups, groups_of, own_failing: &own_failing, looks: 0 };
        blames.extend(search.blames());
    }
    blames.sort_by_key(|b| b.node);
    blames
}

/// Groups by what they have in common: two that share a candidate, themselves or through others, are together.
fn apart(groups: Vec<Group>) -> Vec<Vec<Group>> {
    // Each group begins alone; `together` leads to the first of those that it was found to belong to.
    let mut together: Vec<usize> = (0..groups.len()).collect();
    let mut first: BTreeMap<NodeIx, usize> = BTreeMap::new();
    for (i, group) in groups.iter().enumerate() {
        for node in &group.candidates {
            let other = *first.entry(*node).or_insert(i);
            let (a, b) = (root(&mut together, other), root(&mut together, i));
            together[a.max(b)] = a.min(b);
        }
    }
    let mut found: BTreeMap<usize, Vec<Group>> = BTreeMap::new();
    for (i, group) in groups.into_iter().enumerate() {
        found.entry(root(&mut together, i)).or_default().push(group);
    }
    found.into_values().collect()
}

fn root(together: &mut [usize], mut i: usize) -> usize {
    while together[i] != i {
        together[i] = together[together[i]];
        i = together[i];
    }
    i
}

fn own_failing(failures: &[Failure]) -> Set {
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
fn drop_hopeless(groups: &mut Vec<Group>, own_failing: &Set) {
    let mut below: BTreeMap<NodeIx, usize> = BTreeMap::new();
    for group in groups.iter() {
        for node in group.candidates.iter().filter(|n| group.item != Item::Node(**n)) {
            *below.entry(*node).or_default() += group.members.len();
        }
    }
    let fit = |n: &NodeIx| below.get(n).is_some_and(|count| *count >= 2) || own_failing.contains(n);
    groups.iter_mut().for_each(|g| g.candidates.retain(fit));
    groups.retain(|g| !g.candidates.is_empty());
}

impl Search<'_> {
    /// The nodes to blame, exact where the search came to its end.
    fn blames(&mut self) -> Vec<Blame> {
        let mut best = self.greedy();
        let greedy_nodes = best.len();
        let mut least = self.cost(&best);
        let mut skipped = vec![false; self.groups.len()];
        self.branch(&mut Set::new(), &mut skipped, &mut best, &mut least);
        let exact = self.looks < MAX_LOOKS && (best.len() <= EXACT_NODES && greedy_nodes <= EXACT_NODES);
        best.iter().map(|n| self.blame(*n, &best, exact)).collect()
    }

    fn explained(&self, group: &Group, chosen: &Set) -> bool {
        let blamed = |n: NodeIx| group.candidates.contains(&n) && chosen.contains(&n);
        match group.item {
            Item::Node(own) if blamed(own) => true,
            item => item.is_explained_by(self.topology, &|n| (self.given)(n) || blamed(n)),
        }
    }

    fn groups_of(&self, node: NodeIx) -> impl Iterator<Item = &Group> {
        self.groups_of.get(&node).into_iter().flatten().map(|i| &self.groups[*i])
    }

    /// What a node explains that the others of a set do not: failures below it, and with its own.
    fn alone(&self, node: NodeIx, others: &Set, set: &Set) -> (usize, usize) {
        let alone = self.groups_of(node).filter(|g| self.explained(g, set) && !self.explained(g, others));
        alone.fold((0, 0), |(below, all), g| {
            let n = g.members.len();
            (below + if g.item == Item::Node(node) { 0 } else { n }, all + n)
        })
    }

    /// Every node must be worth its blame: it alone explains two failures below it, or its own failure is confirmed. Two
    /// switches that do not answer are as good a reason as two cameras, else each of them would be named before the feed
    /// of both.
    fn is_justified(&self, node: NodeIx, chosen: &Set) -> bool {
        self.own_failing.contains(&node) || self.alone(node, &without(chosen, node), chosen).0 >= 2
    }

    fn cost(&self, chosen: &Set) -> usize {
        let alone = self.groups.iter().filter(|g| !self.explained(g, chosen)).map(|g| g.members.len());
        chosen.len() + alone.sum::<usize>()
    }

    fn score(&self, chosen: &Set) -> Score<'_> {
        let direct = chosen.iter().filter(|n| self.own_failing.contains(n)).count();
        let breadth = chosen.iter().map(|n| self.topology.nodes[n.at()].below.len()).sum();
        let mut ids: Vec<&str> = chosen.iter().map(|n| self.topology.nodes[n.at()].id.as_str()).collect();
        ids.sort_unstable();
        let depth = chosen.iter().map(|n| self.topology.nodes[n.at()].above.len()).sum();
        (self.cost(chosen), Reverse(direct), breadth, Reverse(depth), ids)
    }

    /// One node after the other, each time the one with which the set is best.
    fn greedy(&self) -> Set {
        let mut chosen = Set::new();
        loop {
            let better = self.next_best(&chosen).map(|node| with(&chosen, node));
            match better.filter(|set| self.score(set) < self.score(&chosen)) {
                Some(set) => chosen = set,
                None => return self.without_the_needless(chosen),
            }
        }
    }

    /// What was worth its blame when it was chosen may explain nothing any more that those chosen after it do not.
    fn without_the_needless(&self, mut chosen: Set) -> Set {
        while let Some(node) = chosen.iter().copied().find(|n| !self.is_justified(*n, &chosen)) {
            chosen.remove(&node);
        }
        chosen
    }

    /// The node with which a set scores best, of those that are worth their blame. All sets that are compared have the
    /// rest in common, so that only the differences are.
    fn next_best(&self, chosen: &Set) -> Option<NodeIx> {
        let mut set = chosen.clone();
        let open = self.groups_of.keys().filter(|n| !chosen.contains(n));
        let scored = open.filter_map(|n| {
            set.insert(*n);
            let (below, all) = self.alone(*n, chosen, &set);
            set.remove(n);
            let direct = self.own_failing.contains(n);
            let slot = &self.topology.nodes[n.at()];
            let score = (Reverse(all), Reverse(direct), slot.below.len(), Reverse(slot.above.len()), slot.id.as_str());
            (direct || below >= 2).then_some((score, *n))
        });
        scored.min().map(|(_, n)| n)
    }

    fn branch(&mut self, chosen: &mut Set, skipped: &mut [bool], best: &mut Set, least: &mut usize) {
        self.looks += self.groups.len();
        if self.looks >= MAX_LOOKS {
            return;
        }
        let given_up: usize =
            self.groups.iter().zip(skipped.iter()).filter(|(_, s)| **s).map(|(g, _)| g.members.len()).sum();
        if chosen.len() + given_up > *least {
            return;
        }
        let open = (0..self.groups.len()).find(|i| !skipped[*i] && !self.explained(&self.groups[*i], chosen));
        let Some(open) = open else {
            let sound = chosen.iter().all(|n| self.is_justified(*n, chosen));
            if sound && self.score(chosen) < self.score(best) {
                best.clone_from(chosen);
                *least = self.cost(best);
            }
            return;
        };
        if chosen.len() < EXACT_NODES {
            for node in self.groups[open].candidates.clone() {
                if chosen.insert(node) {
                    self.branch(chosen, skipped, best, least);
                    chosen.remove(&node);
                }
            }
        }
        skipped[open] = true;
        self.branch(chosen, skipped, best, least);
        skipped[open] = false;
    }

    fn blame(&self, node: NodeIx, chosen: &Set, exact: bool) -> Blame {
        let own = self.groups_of(node).filter(|g| self.explained(g, chosen));
        let members: Vec<Failure> = own.flat_map(|g| g.members.iter().copied()).collect();
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

    /// Nodes that would explain the same in its place: candidates where it is one, with which as much is explained.
    fn rivals(&self, node: NodeIx, chosen: &Set) -> Vec<NodeIx> {
        let others = without(chosen, node);
        let explained = self.alone(node, &others, chosen).1;
        let near: Set = self.groups_of(node).flat_map(|g| g.candidates.iter().copied()).collect();
        let mut rivals: Vec<NodeIx> = near.into_iter().filter(|n| !chosen.contains(n)).collect();
        rivals.retain(|other| {
            let swapped = with(&others, *other);
            self.alone(*other, &others, &swapped).1 == explained && self.is_justified(*other, &swapped)
        });
        rivals.sort_by_key(|n| &self.topology.nodes[n.at()].id);
        rivals
    }
}

fn with(set: &Set, node: NodeIx) -> Set {
    set.iter().copied().chain([node]).collect()
}

fn without(set: &Set, node: NodeIx) -> Set {
    set.iter().copied().filter(|n| *n != node).collect()
}
