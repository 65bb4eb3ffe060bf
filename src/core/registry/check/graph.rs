//! Circles: among nodes (by parents and power), areas and elements (by parent); and chains that no network has.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Checking;
use crate::model::NodeId;
use crate::registry::Node;
use crate::registry::fault::FaultKind;
use crate::registry::tables::ObjectKind;

/// Links from a camera or node up to its roots, those of everything above it included. Networks have ten, with rings
/// twenty; without a bound a registry could be written whose graph fills the memory or takes for ever to walk.
const MAX_LINKS: usize = 256;

/// What hangs on what, by id.
type Links<'a> = BTreeMap<&'a str, Vec<&'a str>>;

impl Checking<'_> {
    /// One fault a circle, at its first member by id.
    pub(super) fn cycles(&mut self) {
        let r = self.registry;
        let nodes = r.nodes.values().map(|n| {
            let above = n.parents.of.iter().chain(&n.power.of).map(|p| p.as_str()).collect();
            (n.id.as_str(), above)
        });
        let areas = r.areas.values().map(|a| (a.id.as_str(), a.parent.iter().map(|p| p.as_str()).collect()));
        let elements = r.elements.values().map(|e| (e.id.as_str(), e.parent.iter().map(|p| p.as_str()).collect()));
        let kinds: [(ObjectKind, Links<'_>); 3] = [
            (ObjectKind::Node, nodes.collect()),
            (ObjectKind::Area, areas.collect()),
            (ObjectKind::Element, elements.collect()),
        ];
        for (kind, links) in kinds {
            for path in circles(&links) {
                let (first, next) = (path[0], path[1 % path.len()]);
                let by_parents = kind == ObjectKind::Node
                    && r.nodes.get(first).is_some_and(|n| n.parents.of.iter().any(|p| p.as_str() == next));
                let column = match kind {
                    ObjectKind::Node if by_parents => "parents",
                    ObjectKind::Node => "power",
                    _ => "parent",
                };
                let path = path.iter().map(|id| Arc::from(*id)).collect();
                self.fault(kind, first, column, next, FaultKind::Cycle { path });
            }
        }
    }
}

impl Checking<'_> {
    /// One fault for each thing that has too many links above it and of whose parents none has.
    pub(super) fn depth(&mut self) {
        let r = self.registry;
        let mut walk = Walk::of(&r.nodes);
        let nodes = r.nodes.values().map(|n| (ObjectKind::Node, n.id.as_str(), [&n.parents.of, &n.power.of]));
        let cameras = r.cameras.values().map(|c| (ObjectKind::Camera, c.id.as_str(), [&c.node, &c.power]));
        for (kind, id, above) in nodes.chain(cameras) {
            let parents: Vec<usize> = above.into_iter().flatten().filter_map(|p| walk.slot(p)).collect();
            if !walk.is_too_deep(&parents) {
                continue;
            }
            let first = parents.into_iter().all(|p| {
                let above = walk.parents[p].clone();
                !walk.is_too_deep(&above)
            });
            if first {
                let column = if kind == ObjectKind::Camera { "node" } else { "parents" };
                self.fault(kind, id, column, id, FaultKind::TooManyLinks { limit: MAX_LINKS });
            }
        }
    }
}

/// The nodes as a graph of slots, and which of them the present walk has met.
struct Walk<'r> {
    ids: Vec<&'r NodeId>,
    parents: Vec<Vec<usize>>,
    met: Vec<usize>,
    walks: usize,
}

impl<'r> Walk<'r> {
    fn of(nodes: &'r BTreeMap<NodeId, Node>) -> Walk<'r> {
        let ids: Vec<&NodeId> = nodes.keys().collect();
        let mut walk = Walk { met: vec![0; ids.len()], ids, parents: Vec::new(), walks: 0 };
        let above = |n: &Node| n.parents.of.iter().chain(&n.power.of).filter_map(|p| walk.slot(p)).collect();
        walk.parents = nodes.values().map(above).collect();
        walk
    }

    fn slot(&self, id: &NodeId) -> Option<usize> {
        self.ids.binary_search(&id).ok()
    }

    /// Whether more links than are allowed lead up from something with these parents.
    fn is_too_deep(&mut self, parents: &[usize]) -> bool {
        self.walks += 1;
        let mut links = parents.len();
        let mut next = parents.to_vec();
        while let Some(node) = next.pop().filter(|_| links <= MAX_LINKS) {
            if self.met[node] != self.walks {
                self.met[node] = self.walks;
                links += self.parents[node].len();
                next.extend(&self.parents[node]);
            }
        }
        links > MAX_LINKS
    }
}

/// Circles of a graph, each with its least member first: one for each link that closes one on a walk in depth.
fn circles<'a>(links: &Links<'a>) -> Vec<Vec<&'a str>> {
    let mut found = Vec::new();
    // Not there: not seen; `true`: on the path; `false`: done.
    let mut on_path: BTreeMap<&str, bool> = BTreeMap::new();
    for start in links.keys().copied() {
        if on_path.contains_key(start) {
            continue;
        }
        on_path.insert(start, true);
        let mut path: Vec<(&str, usize)> = vec![(start, 0)];
        while let Some((here, at)) = path.last_mut() {
            let Some(next) = links.get(here).and_then(|above| above.get(*at)).copied() else {
                on_path.insert(here, false);
                path.pop();
                continue;
            };
            *at += 1;
            match on_path.get(next) {
                None if links.contains_key(next) => {
                    on_path.insert(next, true);
                    path.push((next, 0));
                }
                Some(true) => {
                    let ring = path.iter().map(|(id, _)| *id).skip_while(|id| *id != next).collect();
                    found.push(least_first(ring));
                }
                _ => {}
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn least_first(mut ring: Vec<&str>) -> Vec<&str> {
    let least = ring.iter().enumerate().min_by_key(|(_, id)| **id).map_or(0, |(at, _)| at);
    ring.rotate_left(least);
    ring
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_found_once() {
        let links: Links<'_> = BTreeMap::from([
            ("a", vec!["b"]),
            ("b", vec!["c", "d"]),
            ("c", vec!["a"]),
            ("d", vec![]),
            ("e", vec!["e"]),
            ("f", vec!["d", "a", "gone"]),
        ]);
        assert_eq!(circles(&links), [vec!["a", "b", "c"], vec!["e"]]);
        let line: Links<'_> =
            BTreeMap::from([("a", vec!["b", "c"]), ("b", vec!["d"]), ("c", vec!["d"]), ("d", vec![])]);
        assert!(circles(&line).is_empty(), "a ring with two feeds is no circle");
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let names: Vec<String> = (0..200_000).map(|i| format!("n{i:06}")).collect();
        let mut links: Links<'_> = names.windows(2).map(|w| (w[0].as_str(), vec![w[1].as_str()])).collect();
        links.insert(&names[199_999], vec![&names[0]]);
        assert_eq!(circles(&links)[0].len(), 200_000);
    }
}
