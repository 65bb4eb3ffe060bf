//! The ways into one area: the shortest, and the fewest sites that would close them all.
//!
//! Looked at are the roads that can be reached from the area unseen. Outside is one node, the area another: the shortest
//! way between them is the one that is shown, a smallest cut what closes it (Menger: as many sites as there are ways
//! without a road in common). Both by petgraph (A* without a guess, which is Dijkstra's search; Dinic's flow).

use petgraph::algo::{astar, dinics};
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;

use super::Cordon;
use super::net::{Edge, Kind};
use crate::coverage::{Bound, GREY, Guards};

/// Every place that is not of the area.
const OUTSIDE: u32 = 0;
/// The core of the area.
const INSIDE: u32 = 1;
/// A site at an entrance costs this much in the cut, one elsewhere one more: fewest sites first, then fewest new places.
const SITE: u64 = 1 << 20;
/// Where nobody can put a camera.
const NOWHERE: u64 = 1 << 40;
/// A node that was not seen.
const UNSEEN: u32 = u32::MAX;

/// The roads that lead into an area unseen, as a small graph; each edge stands there twice, once a direction.
pub(super) struct Leak<'c> {
    cordon: &'c Cordon,
    graph: DiGraph<(), u64>,
    /// By pair of edges: the number of the edge in the net, and the end of it where the first of the pair begins.
    edges: Vec<(u32, u32)>,
    /// Whether all of it is open at either bound.
    sure: bool,
}

/// Room for the search of one area, used again for the next.
pub(super) struct Scratch {
    number: Vec<u32>,
    used: Vec<bool>,
}

impl Scratch {
    pub(super) fn of(cordon: &Cordon) -> Scratch {
        Scratch { number: vec![UNSEEN; cordon.net.zone.len()], used: vec![false; cordon.net.edges.len()] }
    }
}

/// A stretch of the way in, as one walks it.
pub(super) struct Step {
    /// The edge of the net, by number.
    pub(super) edge: u32,
    /// Whether it is walked from its `a` to its `b`.
    pub(super) forward: bool,
}

/// An area of a family as nodes of the net.
pub(super) struct Target<'t> {
    pub(super) area: u32,
    /// By node of the net.
    pub(super) labels: &'t [u32],
    /// Its core.
    pub(super) core: &'t [u32],
}

impl Target<'_> {
    fn is_other(&self, node: u32) -> bool {
        let label = self.labels.get(node as usize).copied().unwrap_or(GREY);
        label != GREY && label != self.area
    }
}

impl<'c> Leak<'c> {
    /// What can be reached from the core at a bound, up to the first place that is not of the area.
    pub(super) fn new(
        cordon: &'c Cordon,
        target: &Target<'_>,
        guards: &Guards,
        bound: Bound,
        scratch: &mut Scratch,
    ) -> Leak<'c> {
        let mut leak = Leak { cordon, graph: DiGraph::new(), edges: Vec::new(), sure: true };
        leak.graph.add_node(());
        leak.graph.add_node(());
        let net = &cordon.net;
        let mut queue: Vec<u32> = target.core.to_vec();
        queue.iter().for_each(|node| scratch.number[*node as usize] = INSIDE);
        let mut next = 0;
        while let Some(node) = queue.get(next).copied() {
            next += 1;
            for number in net.edges_of(node) {
                let edge = &net.edges[*number as usize];
                let is_open = |bound| net.crossing(edge).is_none_or(|c| guards.cost(c, bound) == Some(0));
                let open = is_open(bound);
                leak.sure &= !open || is_open(Bound::Best);
                if !open || std::mem::replace(&mut scratch.used[*number as usize], true) {
                    continue;
                }
                let there = if edge.a == node { edge.b } else { edge.a };
                let end = if target.is_other(there) {
                    OUTSIDE
                } else {
                    let known = &mut scratch.number[there as usize];
                    if *known == UNSEEN {
                        *known = leak.add_node();
                        queue.push(there);
                    }
                    *known
                };
                leak.join(scratch.number[node as usize], end, (*number, node));
            }
        }
        for node in queue {
            scratch.number[node as usize] = UNSEEN;
            net.edges_of(node).iter().for_each(|edge| scratch.used[*edge as usize] = false);
        }
        leak
    }

    /// Whether it is the same at best: nothing that is open may be shut.
    pub(super) const fn is_sure(&self) -> bool {
        self.sure
    }

    fn add_node(&mut self) -> u32 {
        u32::try_from(self.graph.add_node(()).index()).unwrap_or(u32::MAX)
    }

    fn join(&mut self, a: u32, b: u32, edge: (u32, u32)) {
        if a != b {
            let site = match self.cordon.net.edges[edge.0 as usize].kind {
                // Where two things stand at one place there is no road between them.
                Kind::Piece { from_m, to_m, .. } if to_m <= from_m => NOWHERE,
                Kind::Piece { .. } => SITE + 1,
                Kind::Gate(_) => SITE,
                Kind::Gap(_) => NOWHERE,
            };
            let (a, b) = (NodeIndex::new(a as usize), NodeIndex::new(b as usize));
            self.graph.add_edge(a, b, site);
            self.graph.add_edge(b, a, site);
            self.edges.push(edge);
        }
    }

    fn edge(&self, edge: EdgeIndex) -> &'c Edge {
        &self.cordon.net.edges[self.edges[edge.index() / 2].0 as usize]
    }

    /// Millimetres, so that lengths add up the same in every order.
    fn length(&self, edge: EdgeIndex) -> u64 {
        let metres = match self.edge(edge).kind {
            Kind::Piece { from_m, to_m, .. } => to_m - from_m,
            Kind::Gap(i) => self.cordon.roads.gaps.get(i as usize).map_or(0.0, |g| g.metres),
            Kind::Gate(_) => 0.0,
        };
        (metres.max(0.0) * 1e3).round() as u64
    }

    /// The shortest way from outside to the core; `None` where there is none.
    pub(super) fn way(&self) -> Option<Vec<Step>> {
        let (from, to) = (NodeIndex::new(OUTSIDE as usize), NodeIndex::new(INSIDE as usize));
        let (_, nodes) = astar(&self.graph, from, |n| n == to, |e| self.length(e.id()), |_| 0)?;
        let mut steps = Vec::new();
        for pair in nodes.windows(2) {
            let between = self.graph.edges_connecting(pair[0], pair[1]).map(|e| e.id());
            let edge = between.min_by_key(|e| (self.length(*e), e.index()))?;
            let (number, first) = self.edges[edge.index() / 2];
            // The first of a pair begins at that end, the second comes to it.
            let begins = if edge.index() % 2 == 0 { self.edge(edge).a } else { self.edge(edge).b };
            steps.push(Step { edge: number, forward: begins == first });
        }
        Some(steps)
    }

    /// The fewest edges of the net that close every way in, of these one with the most entrances among them; `None`
    /// where no camera can.
    pub(super) fn cut(&self) -> Option<Vec<u32>> {
        let (from, to) = (NodeIndex::new(OUTSIDE as usize), NodeIndex::new(INSIDE as usize));
        let (total, flow) = dinics(&self.graph, from, to);
        if total >= NOWHERE {
            return None;
        }
        // What can still be reached from outside when all ways are full.
        let mut reached = vec![false; self.graph.node_count()];
        let mut queue = vec![from];
        reached[from.index()] = true;
        while let Some(node) = queue.pop() {
            let forward = self.graph.edges(node).filter(|e| flow[e.id().index()] < *e.weight()).map(|e| e.target());
            let back = self.graph.edges_directed(node, petgraph::Direction::Incoming);
            let back = back.filter(|e| flow[e.id().index()] > 0).map(|e| e.source());
            for there in forward.chain(back) {
                if !std::mem::replace(&mut reached[there.index()], true) {
                    queue.push(there);
                }
            }
        }
        let crosses = |(a, b): (NodeIndex, NodeIndex)| reached[a.index()] != reached[b.index()];
        let pairs = self.edges.iter().enumerate();
        let cut = pairs.filter(|(i, _)| self.graph.edge_endpoints(EdgeIndex::new(2 * i)).is_some_and(crosses));
        let mut cut: Vec<u32> = cut.map(|(_, (edge, _))| *edge).collect();
        cut.sort_unstable();
        Some(cut)
    }
}
