//! The roads in full, cut at gates: what zones are made of, and where a way in is looked for.

use geo::Coord;
use petgraph::unionfind::UnionFind;

use super::super::roads::{Roads, Snap};
use super::Gate;
use crate::coverage::{Crossing, ZoneEdge};
use crate::model::EntranceIx;

/// What lies between two nodes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Kind {
    /// Road, from and to so many metres along its chain.
    Piece { chain: u32, from_m: f64, to_m: f64 },
    /// An entrance, by number of the gate.
    Gate(u32),
    /// Two roads that nearly meet, by number of the gap.
    Gap(u32),
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Edge {
    pub(super) a: u32,
    pub(super) b: u32,
    pub(super) kind: Kind,
}

/// The graph. Nodes: those of the roads, then two a gate (that nearer to the beginning of the chain first), then one a
/// mark.
#[derive(Clone, Debug, Default)]
pub(super) struct Net {
    pub(super) edges: Vec<Edge>,
    /// By node.
    pub(super) zone: Vec<u32>,
    /// How many zones there are.
    pub(super) zones: usize,
    first_gate: u32,
    pub(super) first_mark: u32,
    /// The entrance of each gate.
    entrances: Vec<EntranceIx>,
    /// Edges of each node: from `first[n]` to `first[n + 1]` in `around`.
    first: Vec<u32>,
    around: Vec<u32>,
}

/// Where a chain has a node of its own.
#[derive(Clone, Copy)]
enum Stop {
    Gate(u32),
    Mark(u32),
}

impl Net {
    pub(super) fn new(roads: &Roads, gates: &[Gate], marks: &[Snap]) -> Net {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let first_gate = number(roads.nodes.len());
        let first_mark = first_gate + 2 * number(gates.len());
        let mut net = Net { first_gate, first_mark, ..Net::default() };
        net.entrances = gates.iter().map(|g| g.entrance).collect();
        let mut stops: Vec<(u32, f64, Stop)> = Vec::new();
        stops.extend((0_u32..).zip(gates).map(|(i, gate)| (gate.at.chain, gate.at.at_m, Stop::Gate(i))));
        stops.extend((0_u32..).zip(marks).map(|(i, at)| (at.chain, at.at_m, Stop::Mark(i))));
        // Those that are equal stay in their order.
        stops.sort_by(|a, b| (a.0, a.1).partial_cmp(&(b.0, b.1)).unwrap_or(std::cmp::Ordering::Equal));
        let mut rest = stops.as_slice();
        for (chain, ends) in (0_u32..).zip(&roads.chains) {
            let here = rest.iter().take_while(|(c, ..)| *c == chain).count();
            let (mine, others) = rest.split_at(here);
            rest = others;
            net.cut(chain, (ends.a, ends.b, ends.length_m()), mine);
        }
        let gaps = (0_u32..).zip(&roads.gaps);
        net.edges.extend(gaps.map(|(i, gap)| Edge { a: gap.a, b: gap.b, kind: Kind::Gap(i) }));
        net.find_zones((first_mark + number(marks.len())) as usize);
        net.index();
        net
    }

    /// A chain between its ends, cut at its stops.
    fn cut(&mut self, chain: u32, (a, b, length_m): (u32, u32, f64), stops: &[(u32, f64, Stop)]) {
        let (mut here, mut from_m) = (a, 0.0);
        for (_, at_m, stop) in stops {
            let (before, after) = match stop {
                Stop::Gate(i) => (self.first_gate + 2 * i, self.first_gate + 2 * i + 1),
                Stop::Mark(i) => (self.first_mark + i, self.first_mark + i),
            };
            self.edges.push(Edge { a: here, b: before, kind: Kind::Piece { chain, from_m, to_m: *at_m } });
            if let Stop::Gate(i) = stop {
                self.edges.push(Edge { a: before, b: after, kind: Kind::Gate(*i) });
            }
            (here, from_m) = (after, *at_m);
        }
        self.edges.push(Edge { a: here, b, kind: Kind::Piece { chain, from_m, to_m: length_m } });
    }

    /// Joins what pieces of road join; zones are numbered by their first node.
    fn find_zones(&mut self, nodes: usize) {
        let mut joined = UnionFind::<u32>::new(nodes);
        for (edge, _) in self.pieces() {
            joined.union(edge.a, edge.b);
        }
        let mut number = vec![u32::MAX; nodes];
        let mut zones = 0_u32;
        let labels = joined.into_labeling();
        self.zone = labels
            .into_iter()
            .map(|label| {
                let known = &mut number[label as usize];
                if *known == u32::MAX {
                    *known = zones;
                    zones += 1;
                }
                *known
            })
            .collect();
        self.zones = zones as usize;
    }

    fn index(&mut self) {
        let nodes = self.zone.len();
        let mut first = vec![0_u32; nodes + 1];
        for edge in &self.edges {
            first[edge.a as usize + 1] += 1;
            first[edge.b as usize + 1] += 1;
        }
        (0..nodes).for_each(|n| first[n + 1] += first[n]);
        let mut next = first.clone();
        self.around = vec![0; first[nodes] as usize];
        for (i, edge) in (0_u32..).zip(&self.edges) {
            for node in [edge.a as usize, edge.b as usize] {
                self.around[next[node] as usize] = i;
                next[node] += 1;
            }
        }
        self.first = first;
    }

    /// The edges at a node, by number.
    pub(super) fn edges_of(&self, node: u32) -> &[u32] {
        &self.around[self.first[node as usize] as usize..self.first[node as usize + 1] as usize]
    }

    /// What lies between zones. A gap within one zone joins nothing.
    pub(super) fn zone_edges(&self) -> Vec<ZoneEdge> {
        let zone = |node: u32| self.zone[node as usize];
        let edge = |edge: &Edge| {
            let (a, b) = (zone(edge.a), zone(edge.b));
            let crossing = self.crossing(edge)?;
            (crossing != Crossing::Gap || a != b).then_some(ZoneEdge { a, b, crossing })
        };
        self.edges.iter().filter_map(edge).collect()
    }

    /// What one crosses along an edge; `None` on the road.
    pub(super) fn crossing(&self, edge: &Edge) -> Option<Crossing> {
        match edge.kind {
            Kind::Piece { .. } => None,
            Kind::Gate(i) => Some(Crossing::Entrance(self.entrances[i as usize])),
            Kind::Gap(_) => Some(Crossing::Gap),
        }
    }

    /// Pieces of road with their metres.
    pub(super) fn pieces(&self) -> impl Iterator<Item = (&Edge, f64)> {
        self.edges.iter().filter_map(|edge| match edge.kind {
            Kind::Piece { from_m, to_m, .. } => Some((edge, to_m - from_m)),
            Kind::Gate(_) | Kind::Gap(_) => None,
        })
    }

    /// The nodes on both sides of each gate of an entrance; gates are in the order of entrances.
    pub(super) fn gate_sides(&self, gates: &[Gate], entrance: EntranceIx) -> impl Iterator<Item = u32> + use<> {
        let from = gates.partition_point(|g| g.entrance < entrance);
        let count = gates[from..].iter().take_while(|g| g.entrance == entrance).count();
        let first = self.first_gate + 2 * u32::try_from(from).unwrap_or(0);
        first..first + 2 * u32::try_from(count).unwrap_or(0)
    }

    /// The metres of an edge, and where it runs from its `a` to its `b`.
    pub(super) fn line(&self, roads: &Roads, edge: &Edge) -> (f64, Vec<Coord<f64>>) {
        match edge.kind {
            Kind::Piece { chain, from_m, to_m } => {
                (to_m - from_m, roads.chains.get(chain as usize).map_or_else(Vec::new, |c| c.between(from_m, to_m)))
            }
            Kind::Gate(_) => (0.0, Vec::new()),
            Kind::Gap(i) => {
                let ends = [edge.a, edge.b].map(|n| roads.nodes.get(n as usize).copied());
                (roads.gaps.get(i as usize).map_or(0.0, |g| g.metres), ends.into_iter().flatten().collect())
            }
        }
    }
}
