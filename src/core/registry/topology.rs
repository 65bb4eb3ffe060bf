//! The registry as a dense graph: slots instead of ids, and for each thing what stands above and below it.
//!
//! Built once a registry version, asked at every event. "Works" is the one rule of it (semantics.md §2): a thing
//! works if its parents work (all or any) and its power works (all or any).

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::{Camera, CheckPlan, Gate, Intervals, Life, Needs, NodeKind, Registry};
use crate::model::{AreaId, CameraId, CameraIx, EntranceId, EntranceIx, NodeId, NodeIx, Target};

/// An "all or any" over slots.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DenseGate {
    /// All or any.
    pub needs: Needs,
    /// The nodes.
    pub of: Vec<NodeIx>,
}

/// A camera's place in the graph.
#[derive(Clone, PartialEq, Debug)]
pub struct CameraSlot {
    /// Its id.
    pub id: CameraId,
    /// Its life; `None` once it has left the registry.
    pub life: Option<Life>,
    /// What it hangs on: all of the gates must hold.
    pub gates: [DenseGate; 2],
    /// Every node above it, nearest first.
    pub above: Vec<NodeIx>,
    /// The nodes of `above` without which it cannot work, whatever else works.
    pub required: Vec<NodeIx>,
    /// Its village or community.
    pub village: Option<AreaId>,
    /// The first 24 bits of its address (48 of an IPv6 address), where the registry gives a literal one.
    pub subnet: Option<u64>,
    /// The checks in force.
    pub checks: [Option<CheckPlan>; 4],
}

/// What a camera hangs on, as it stands in its slot.
#[derive(Clone)]
struct Way {
    gates: [DenseGate; 2],
    above: Vec<NodeIx>,
    required: Vec<NodeIx>,
}

/// A node's place in the graph.
#[derive(Clone, PartialEq, Debug)]
pub struct NodeSlot {
    /// Its id.
    pub id: NodeId,
    /// What it is; `None` once it has left the registry.
    pub kind: Option<NodeKind>,
    /// What it hangs on.
    pub gates: [DenseGate; 2],
    /// Every node above it, nearest first.
    pub above: Vec<NodeIx>,
    /// The nodes of `above` without which it cannot work.
    pub required: Vec<NodeIx>,
    /// Nodes that name it as parent or power.
    pub child_nodes: Vec<NodeIx>,
    /// Cameras that name it as node or power.
    pub child_cameras: Vec<CameraIx>,
    /// Every node below it.
    pub below_nodes: Vec<NodeIx>,
    /// Every camera below it.
    pub below: Vec<CameraIx>,
    /// Those below it that can work without it, by another way: nodes, then cameras.
    pub optional: Vec<Target>,
    /// Its own check, where it has an address.
    pub check: Option<CheckPlan>,
}

impl NodeSlot {
    /// A node without parents (semantics.md §2); power feeds are roots of power, not of the path.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.gates[0].of.is_empty() && self.kind.is_some_and(|k| k != NodeKind::Power)
    }
}

/// An entrance's place.
#[derive(Clone, PartialEq, Debug)]
pub struct EntranceSlot {
    /// Its id.
    pub id: EntranceId,
    /// Whether it is judged: in the registry, and active.
    pub judged: bool,
    /// Its village or community.
    pub village: Option<AreaId>,
}

/// The graph.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Topology {
    /// By [`CameraIx`].
    pub cameras: Vec<CameraSlot>,
    /// By [`NodeIx`].
    pub nodes: Vec<NodeSlot>,
    /// By [`EntranceIx`].
    pub entrances: Vec<EntranceSlot>,
    /// Nodes without parents.
    pub roots: Vec<NodeIx>,
    /// Installed cameras by the first 24 (48) bits of their address.
    pub subnets: BTreeMap<u64, Vec<CameraIx>>,
    /// Installed cameras by village or community.
    pub villages: BTreeMap<AreaId, Vec<CameraIx>>,
    camera_ix: BTreeMap<CameraId, CameraIx>,
    node_ix: BTreeMap<NodeId, NodeIx>,
    entrance_ix: BTreeMap<EntranceId, EntranceIx>,
}

impl Topology {
    /// The graph of a registry. Slots of `before` are kept: what is new comes behind them, what has left keeps an
    /// empty slot. The registry must have passed its checks (no dangling references, no cycles); a reference that
    /// dangles all the same is left out, and a cycle is cut.
    #[must_use]
    pub fn build(registry: &Registry, intervals: &Intervals, before: Option<&Topology>) -> Topology {
        let mut topology = Topology::default();
        topology.hand_out_slots(registry, before);
        topology.fill_nodes(registry, intervals);
        topology.fill_cameras(registry, intervals);
        for slot in &mut topology.entrances {
            let entrance = registry.entrances.get(&slot.id);
            slot.judged = entrance.is_some_and(|e| e.status == super::EntranceStatus::Active);
            slot.village = entrance.and_then(|e| registry.village_of(&e.area)).map(|a| a.id.clone());
        }
        topology
    }

    /// The slot of a camera; also of one that has left.
    #[must_use]
    pub fn camera(&self, id: &str) -> Option<CameraIx> {
        self.camera_ix.get(id).copied()
    }

    /// The slot of a node.
    #[must_use]
    pub fn node(&self, id: &str) -> Option<NodeIx> {
        self.node_ix.get(id).copied()
    }

    /// The slot of an entrance.
    #[must_use]
    pub fn entrance(&self, id: &str) -> Option<EntranceIx> {
        self.entrance_ix.get(id).copied()
    }

    /// Whether a camera would work if just the nodes for which `down` says so were down.
    pub fn camera_works(&self, camera: CameraIx, down: &dyn Fn(NodeIx) -> bool) -> bool {
        self.cameras.get(camera.at()).is_some_and(|c| self.path_holds(&c.above, &c.required, &c.gates, down))
    }

    /// Whether a camera that answers would go on working if these failed too. One that answers proves its path, whatever
    /// is judged down on it.
    pub fn camera_survives(
        &self,
        camera: CameraIx,
        down: &dyn Fn(NodeIx) -> bool,
        failed: &dyn Fn(NodeIx) -> bool,
    ) -> bool {
        let believed = self.camera_works(camera, down);
        self.camera_works(camera, &|n| failed(n) || (believed && down(n)))
    }

    /// Whether a node would work if just the nodes for which `down` says so were down.
    pub fn node_works(&self, node: NodeIx, down: &dyn Fn(NodeIx) -> bool) -> bool {
        let slot = self.nodes.get(node.at());
        !down(node) && slot.is_some_and(|n| self.path_holds(&n.above, &n.required, &n.gates, down))
    }

    /// Most questions end with the lists: nothing above is down, or something that is needed whatever else works.
    /// Only where one of several ways is down the gates are asked, each node once: ways that part and meet again at
    /// every step would be walked twice as often with each.
    fn path_holds(
        &self,
        above: &[NodeIx],
        required: &[NodeIx],
        gates: &[DenseGate; 2],
        down: &dyn Fn(NodeIx) -> bool,
    ) -> bool {
        if !above.iter().any(|n| down(*n)) {
            return true;
        }
        !required.iter().any(|n| down(*n)) && self.gates_hold(gates, down, &mut Vec::new())
    }

    fn gates_hold(
        &self,
        gates: &[DenseGate; 2],
        down: &dyn Fn(NodeIx) -> bool,
        asked: &mut Vec<(NodeIx, bool)>,
    ) -> bool {
        gates.iter().all(|g| match g.needs {
            Needs::All => g.of.iter().all(|n| self.holds(*n, down, asked)),
            Needs::Any => g.of.is_empty() || g.of.iter().any(|n| self.holds(*n, down, asked)),
        })
    }

    fn holds(&self, node: NodeIx, down: &dyn Fn(NodeIx) -> bool, asked: &mut Vec<(NodeIx, bool)>) -> bool {
        if let Some((_, known)) = asked.iter().find(|(n, _)| *n == node) {
            return *known;
        }
        let holds = !down(node) && self.nodes.get(node.at()).is_some_and(|n| self.gates_hold(&n.gates, down, asked));
        asked.push((node, holds));
        holds
    }

    fn hand_out_slots(&mut self, registry: &Registry, before: Option<&Topology>) {
        let gate = || DenseGate { needs: Needs::All, of: Vec::new() };
        let old = before.into_iter();
        let camera_ids = old.clone().flat_map(|b| b.cameras.iter().map(|c| c.id.clone()));
        for id in camera_ids.chain(registry.cameras.keys().cloned()) {
            if self.camera_ix.contains_key(&id) {
                continue;
            }
            self.camera_ix.insert(id.clone(), CameraIx::from(self.cameras.len()));
            self.cameras.push(CameraSlot {
                id,
                life: None,
                gates: [gate(), gate()],
                above: Vec::new(),
                required: Vec::new(),
                village: None,
                subnet: None,
                checks: [None; 4],
            });
        }
        let node_ids = old.clone().flat_map(|b| b.nodes.iter().map(|n| n.id.clone()));
        for id in node_ids.chain(registry.nodes.keys().cloned()) {
            if self.node_ix.contains_key(&id) {
                continue;
            }
            self.node_ix.insert(id.clone(), NodeIx::from(self.nodes.len()));
            self.nodes.push(NodeSlot {
                id,
                kind: None,
                gates: [gate(), gate()],
                above: Vec::new(),
                required: Vec::new(),
                child_nodes: Vec::new(),
                child_cameras: Vec::new(),
                below_nodes: Vec::new(),
                below: Vec::new(),
                optional: Vec::new(),
                check: None,
            });
        }
        let entrance_ids = old.flat_map(|b| b.entrances.iter().map(|e| e.id.clone()));
        for id in entrance_ids.chain(registry.entrances.keys().cloned()) {
            if self.entrance_ix.contains_key(&id) {
                continue;
            }
            self.entrance_ix.insert(id.clone(), EntranceIx::from(self.entrances.len()));
            self.entrances.push(EntranceSlot { id, judged: false, village: None });
        }
    }

    fn dense(&self, gate: &Gate) -> DenseGate {
        DenseGate { needs: gate.needs, of: gate.of.iter().filter_map(|id| self.node(id.as_str())).collect() }
    }

    fn fill_nodes(&mut self, registry: &Registry, intervals: &Intervals) {
        for node in registry.nodes.values() {
            let Some(ix) = self.node(node.id.as_str()) else { continue };
            let gates = [self.dense(&node.parents), self.dense(&node.power)];
            for parent in gates.iter().flat_map(|g| g.of.iter()) {
                self.nodes[parent.at()].child_nodes.push(ix);
            }
            let slot = &mut self.nodes[ix.at()];
            slot.kind = Some(node.kind);
            slot.gates = gates;
            slot.check = node.check_plan(intervals);
        }
        // Parents first, so that what a node requires is put together from what its parents do.
        for ix in self.cut_cycles() {
            let gates = &self.nodes[ix.at()].gates;
            let above = self.ancestors(gates);
            let required = self.required(gates, &above);
            self.nodes[ix.at()].above = above;
            self.nodes[ix.at()].required = required;
        }
        self.roots = (0..self.nodes.len()).filter(|i| self.nodes[*i].is_root()).map(NodeIx::from).collect();
        for i in 0..self.nodes.len() {
            for node in self.nodes[i].above.clone() {
                self.nodes[node.at()].below_nodes.push(NodeIx::from(i));
                if !self.nodes[i].required.contains(&node) {
                    self.nodes[node.at()].optional.push(Target::Node(NodeIx::from(i)));
                }
            }
        }
    }

    fn fill_cameras(&mut self, registry: &Registry, intervals: &Intervals) {
        // Those of one switch mostly follow each other, and hang on the same.
        let mut last: Option<(&Camera, Way)> = None;
        for camera in registry.cameras.values() {
            let Some(ix) = self.camera(camera.id.as_str()) else { continue };
            let way = match last.take() {
                Some((other, way)) if (&other.node, &other.power) == (&camera.node, &camera.power) => way,
                _ => self.way_of(camera),
            };
            let Way { gates, above, required } = way.clone();
            last = Some((camera, way));
            for node in gates.iter().flat_map(|g| g.of.iter()) {
                self.nodes[node.at()].child_cameras.push(ix);
            }
            if camera.status.is_installed() {
                for node in &above {
                    self.nodes[node.at()].below.push(ix);
                    if !required.contains(node) {
                        self.nodes[node.at()].optional.push(Target::Camera(ix));
                    }
                }
            }
            let slot = &mut self.cameras[ix.at()];
            slot.gates = gates;
            slot.life = Some(camera.status);
            slot.village = registry.village_of(&camera.area).map(|a| a.id.clone());
            slot.subnet = camera.address().and_then(|a| subnet(&a));
            slot.checks = camera.check_plans(intervals);
            slot.above = above;
            slot.required = required;
            if camera.status.is_installed() {
                let (subnet, village) = (slot.subnet, slot.village.clone());
                subnet.into_iter().for_each(|net| self.subnets.entry(net).or_default().push(ix));
                village.into_iter().for_each(|area| self.villages.entry(area).or_default().push(ix));
            }
        }
    }

    fn way_of(&self, camera: &Camera) -> Way {
        let all = |of: &[NodeId]| Gate { needs: Needs::All, of: of.to_vec() };
        let gates = [self.dense(&all(&camera.node)), self.dense(&all(&camera.power))];
        let above = self.ancestors(&gates);
        let required = self.required(&gates, &above);
        Way { gates, above, required }
    }

    /// Every node above some gates, nearest first, each once.
    fn ancestors(&self, gates: &[DenseGate; 2]) -> Vec<NodeIx> {
        let mut found: Vec<NodeIx> = Vec::new();
        let mut seen: BTreeSet<NodeIx> = BTreeSet::new();
        let mut next = 0;
        let mut queue: Vec<NodeIx> = gates.iter().flat_map(|g| g.of.iter().copied()).collect();
        while let Some(node) = queue.get(next).copied() {
            next += 1;
            if seen.insert(node) {
                found.push(node);
                queue.extend(self.nodes[node.at()].gates.iter().flat_map(|g| g.of.iter().copied()));
            }
        }
        found
    }

    /// Of the nodes above some gates those without which the gates cannot hold, in the order of `above`: of an "all"
    /// each parent and what it requires, of an "any" what all parents have in common. Those of the parents must stand.
    fn required(&self, gates: &[DenseGate; 2], above: &[NodeIx]) -> Vec<NodeIx> {
        let with_itself =
            |n: &NodeIx| -> BTreeSet<NodeIx> { self.nodes[n.at()].required.iter().copied().chain([*n]).collect() };
        let mut required: BTreeSet<NodeIx> = BTreeSet::new();
        for gate in gates {
            let mut each = gate.of.iter().map(with_itself);
            match gate.needs {
                Needs::All => required.extend(each.flatten()),
                Needs::Any => {
                    required.extend(each.next().map(|first| each.fold(first, |a, b| &a & &b)).unwrap_or_default())
                }
            }
        }
        above.iter().copied().filter(|n| required.contains(n)).collect()
    }

    /// Takes away each edge that closes a cycle, so that "works" ends even on a registry that slipped through. Every
    /// node, parents before those that hang on them.
    fn cut_cycles(&mut self) -> Vec<NodeIx> {
        let mut done = vec![0_u8; self.nodes.len()];
        let mut order = Vec::with_capacity(self.nodes.len());
        for i in 0..self.nodes.len() {
            self.cut_below(NodeIx::from(i), &mut done, &mut order);
        }
        order
    }

    fn cut_below(&mut self, start: NodeIx, done: &mut [u8], order: &mut Vec<NodeIx>) {
        // 0 not seen, 1 on the path, 2 finished; an edge to a 1 closes a cycle.
        let mut path = vec![(start, self.edges(start), 0_usize)];
        if done[start.at()] != 0 {
            return;
        }
        done[start.at()] = 1;
        while let Some((node, edges, at)) = path.last_mut() {
            let node = *node;
            let Some(next) = edges.get(*at).copied() else {
                done[node.at()] = 2;
                order.push(node);
                path.pop();
                continue;
            };
            *at += 1;
            match done[next.at()] {
                0 => {
                    done[next.at()] = 1;
                    path.push((next, self.edges(next), 0));
                }
                1 => self.nodes[node.at()].gates.iter_mut().for_each(|g| g.of.retain(|n| *n != next)),
                _ => {}
            }
        }
    }

    fn edges(&self, node: NodeIx) -> Vec<NodeIx> {
        self.nodes[node.at()].gates.iter().flat_map(|g| g.of.iter().copied()).collect()
    }
}

/// The /24 of an IPv4 address or the /48 of an IPv6 address, as a number.
fn subnet(host: &str) -> Option<u64> {
    match host.parse().ok()? {
        IpAddr::V4(v4) => Some(u64::from(u32::from(v4) >> 8)),
        IpAddr::V6(v6) => u64::try_from(u128::from(v6) >> 80).ok().map(|n| n | 1 << 63),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str, parents: &[&str], needs: Needs) -> super::super::Node {
        super::super::Node {
            id: NodeId::new(id).unwrap(),
            kind: NodeKind::Switch,
            name: id.into(),
            address: None,
            at: None,
            parents: Gate { needs, of: parents.iter().map(|p| NodeId::new(p).unwrap()).collect() },
            power: Gate::default(),
            extra: Default::default(),
        }
    }

    fn registry(nodes: Vec<super::super::Node>) -> Registry {
        Registry { nodes: nodes.into_iter().map(|n| (n.id.clone(), n)).collect(), ..Registry::default() }
    }

    #[test]
    fn a_ring_needs_both_parents_dead() {
        let r = registry(vec![
            node("up", &[], Needs::All),
            node("a", &["up"], Needs::All),
            node("b", &["up"], Needs::All),
            node("ring", &["a", "b"], Needs::Any),
        ]);
        let t = Topology::build(&r, &Intervals::default(), None);
        let ix = |id: &str| t.node(id).unwrap();
        let works = |down: &[&str]| t.node_works(ix("ring"), &|n| down.iter().any(|d| ix(d) == n));
        assert!(works(&[]) && works(&["a"]) && works(&["b"]));
        assert!(!works(&["a", "b"]) && !works(&["up"]) && !works(&["ring"]));
        assert_eq!(t.nodes[ix("ring").at()].required, [ix("up")]);
        assert_eq!(t.nodes[ix("ring").at()].above.len(), 3);
        let optional = |id: &str| t.nodes[ix(id).at()].optional.clone();
        assert_eq!(["a", "b"].map(optional), [[Target::Node(ix("ring"))]; 2]);
        assert!(optional("up").is_empty() && optional("ring").is_empty());
        assert!(t.nodes[ix("up").at()].is_root() && !t.nodes[ix("a").at()].is_root());
    }

    #[test]
    fn a_cycle_that_slipped_through_is_cut() {
        let r =
            registry(vec![node("a", &["b"], Needs::All), node("b", &["a"], Needs::All), node("c", &["c"], Needs::All)]);
        let t = Topology::build(&r, &Intervals::default(), None);
        assert!(["a", "b", "c"].iter().all(|id| t.node_works(t.node(id).unwrap(), &|_| false)));
    }

    /// Two nodes a step, each on both of the step before: with 60 steps there are 2^60 ways to the top.
    #[test]
    fn ways_that_part_and_meet_again_are_asked_once() {
        let name = |step: usize, side: &str| format!("n{step:02}{side}");
        let mut all = vec![node("top", &[], Needs::All)];
        for step in 0..60_usize {
            let before = step.checked_sub(1).map(|s| ["a", "b"].map(|side| name(s, side)));
            let parents: Vec<&str> = before.iter().flatten().map(String::as_str).collect();
            let parents = if parents.is_empty() { vec!["top"] } else { parents };
            all.extend(["a", "b"].map(|side| node(&name(step, side), &parents, Needs::Any)));
        }
        let t = Topology::build(&registry(all), &Intervals::default(), None);
        let ix = |id: &str| t.node(id).unwrap();
        let last = ix("n59a");
        assert_eq!(t.nodes[last.at()].required, [ix("top")]);
        assert_eq!(t.nodes[last.at()].above.len(), 119);
        let works = |down: &[&str]| t.node_works(last, &|n| down.iter().any(|d| ix(d) == n));
        assert!(works(&["n10a", "n20b", "n30a"]) && !works(&["n10a", "n10b"]));
    }

    #[test]
    fn slots_outlive_a_reload() {
        let before = Topology::build(
            &registry(vec![node("b", &[], Needs::All), node("d", &[], Needs::All)]),
            &Intervals::default(),
            None,
        );
        let after = Topology::build(
            &registry(vec![node("a", &[], Needs::All), node("d", &[], Needs::All)]),
            &Intervals::default(),
            Some(&before),
        );
        assert_eq!(after.node("b"), before.node("b"));
        assert_eq!(after.node("d"), before.node("d"));
        assert_eq!(after.node("a"), Some(NodeIx(2)));
        assert_eq!(after.nodes[0].kind, None, "what has left keeps an empty slot");
    }

    #[test]
    fn subnets() {
        assert_eq!(subnet("10.1.2.3"), subnet("10.1.2.200"));
        assert_ne!(subnet("10.1.2.3"), subnet("10.1.3.3"));
        assert_eq!(subnet("camera.local"), None);
    }
}
