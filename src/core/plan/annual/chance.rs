//! For which share of the time too few cameras of one entrance work, and how much of it each component has in hand.
//!
//! Components without which just the same cameras fail are one part. Where parts are nested or apart, as in a tree, how many
//! cameras work is one product of polynomials, from the cameras up. Parts that overlap otherwise (a feed of several
//! switches), and nodes that some camera can do without, are gone through by every state that they can have together.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Component;
use super::super::blame::is_thing;
use super::Share;
use crate::model::{CameraIx, NodeIx};
use crate::registry::Topology;

/// Parts that are gone through by every state at most: 2^10 states.
const TOGETHER: usize = 10;
/// Cameras of one entrance at most: a bit each.
const MOST_CAMERAS: usize = 64;

/// Components of which any one that fails takes just these cameras.
struct Part {
    takes: u64,
    members: Vec<(Component, f64)>,
}

/// What is gone through by every state: a part that overlaps others, or a node that some camera can do without.
struct Switch {
    takes: Takes,
    members: Vec<(Component, f64)>,
}

enum Takes {
    Cameras(u64),
    Node(NodeIx),
}

/// One entrance.
struct Entrance<'a> {
    topology: &'a Topology,
    watchers: &'a [CameraIx],
    required: usize,
    /// Nested or apart, each after all that lie within it.
    tree: Vec<Part>,
    switches: Vec<Switch>,
}

/// The share of the time in which fewer than `required` of these cameras work, and the Birnbaum importance of each
/// component that has any; none where only bounds are known.
pub(super) fn of(
    topology: &Topology,
    watchers: &[CameraIx],
    required: usize,
    down: &dyn Fn(Component) -> f64,
) -> (Share, Vec<(Component, f64)>) {
    if watchers.len() > MOST_CAMERAS {
        return (Share::Between(0.0, 1.0), Vec::new());
    }
    let mut entrance = Entrance::of(topology, watchers, required, down);
    let rest = entrance.switches.split_off(entrance.switches.len().min(TOGETHER));
    if !rest.is_empty() {
        let least = entrance.share(&rest, 0.0);
        return (Share::Between(least, entrance.share(&rest, 1.0)), Vec::new());
    }
    (Share::Exact(entrance.lost(None)), entrance.importance())
}

impl<'a> Entrance<'a> {
    fn of(
        topology: &'a Topology,
        watchers: &'a [CameraIx],
        required: usize,
        down: &dyn Fn(Component) -> f64,
    ) -> Entrance<'a> {
        let share = |c: Component| (c, down(c).clamp(0.0, 1.0));
        let mut takes: BTreeMap<NodeIx, u64> = BTreeMap::new();
        let mut spared: BTreeSet<NodeIx> = BTreeSet::new();
        let mut parts: BTreeMap<u64, Vec<(Component, f64)>> = BTreeMap::new();
        for (i, camera) in watchers.iter().enumerate() {
            parts.entry(1 << i).or_default().push(share(Component::Camera(*camera)));
            let Some(slot) = topology.cameras.get(camera.at()) else { continue };
            for node in slot.above.iter().filter(|n| is_thing(topology, **n)) {
                if slot.required.contains(node) {
                    *takes.entry(*node).or_default() |= 1 << i;
                } else {
                    spared.insert(*node);
                }
            }
        }
        for (node, takes) in takes.into_iter().filter(|(node, _)| !spared.contains(node)) {
            parts.entry(takes).or_default().push(share(Component::Node(node)));
        }
        let (tree, overlapping) = nested(parts);
        let overlapping =
            overlapping.into_iter().map(|part| Switch { takes: Takes::Cameras(part.takes), members: part.members });
        let node = |n: NodeIx| Switch { takes: Takes::Node(n), members: vec![share(Component::Node(n))] };
        let mut switches: Vec<Switch> = overlapping.chain(spared.into_iter().map(node)).collect();
        // Should they be too many, those that are down least are guessed at: the bounds lie nearest to each other then.
        switches.sort_by(|a, b| fails(&b.members).total_cmp(&fails(&a.members)));
        Entrance { topology, watchers, required, tree, switches }
    }

    /// The share if each of `rest` is always (1) or never (0) down.
    fn share(&self, rest: &[Switch], down: f64) -> f64 {
        let always: Vec<&Switch> = rest.iter().filter(|_| down > 0.0).collect();
        self.over(&always, None)
    }

    /// The share, or what it would be if this part or switch were always, or never, down.
    fn lost(&self, set: Option<(usize, f64)>) -> f64 {
        self.over(&[], set)
    }

    fn over(&self, always: &[&Switch], set: Option<(usize, f64)>) -> f64 {
        let dead = self.dead(always, set);
        let sum: f64 = dead.iter().map(|(dead, chance)| chance * self.too_few(*dead, set)).sum();
        sum.clamp(0.0, 1.0)
    }

    /// How likely it is that the switches take just these cameras. `set` counts the parts of the tree first.
    fn dead(&self, always: &[&Switch], set: Option<(usize, f64)>) -> BTreeMap<u64, f64> {
        let mut chances: BTreeMap<u64, f64> = BTreeMap::new();
        for state in 0..1_u32 << self.switches.len() {
            let mut chance = 1.0;
            let mut failed: Vec<&Switch> = always.to_vec();
            for (i, switch) in self.switches.iter().enumerate() {
                let share = set.filter(|(at, _)| *at == self.tree.len() + i).map_or(fails(&switch.members), |s| s.1);
                let is_down = state >> i & 1 == 1;
                chance *= if is_down { share } else { 1.0 - share };
                failed.extend(is_down.then_some(switch));
            }
            if chance > 0.0 {
                *chances.entry(self.taken(&failed)).or_default() += chance;
            }
        }
        chances
    }

    /// The cameras that fail with these.
    fn taken(&self, failed: &[&Switch]) -> u64 {
        let nodes: Vec<NodeIx> = failed.iter().filter_map(|s| s.takes.node()).collect();
        let mut taken = failed.iter().fold(0, |all, s| all | s.takes.cameras());
        if !nodes.is_empty() {
            for (i, camera) in self.watchers.iter().enumerate() {
                let works = self.topology.camera_works(*camera, &|n| nodes.contains(&n));
                taken |= u64::from(!works) << i;
            }
        }
        taken
    }

    /// How likely it is that too few cameras work when those in `dead` do not: by how many cameras work within each part.
    fn too_few(&self, dead: u64, set: Option<(usize, f64)>) -> f64 {
        let mut open: Vec<(u64, Vec<f64>)> = Vec::new();
        for (i, part) in self.tree.iter().enumerate() {
            let share = set.filter(|(at, _)| *at == i).map_or(fails(&part.members), |s| s.1);
            let within = open.extract_if(.., |(takes, _)| *takes & part.takes == *takes);
            let mut works = within.map(|(_, ways)| ways).reduce(|a, b| product(&a, &b)).unwrap_or_else(|| {
                // A camera, if nothing above it fails.
                if part.takes & dead == 0 { vec![0.0, 1.0] } else { vec![1.0] }
            });
            works.iter_mut().for_each(|way| *way *= 1.0 - share);
            works[0] += share;
            open.push((part.takes, works));
        }
        let all = open.into_iter().map(|(_, ways)| ways).reduce(|a, b| product(&a, &b)).unwrap_or_default();
        all.iter().take(self.required).sum()
    }

    /// By how much the share is more while a component is down than while it works.
    fn importance(&self) -> Vec<(Component, f64)> {
        let parts = self.tree.iter().map(|p| &p.members).chain(self.switches.iter().map(|s| &s.members));
        let mut found = Vec::new();
        for (i, members) in parts.enumerate() {
            let of_part = self.lost(Some((i, 1.0))) - self.lost(Some((i, 0.0)));
            for (at, (component, _)) in members.iter().enumerate() {
                // It makes a difference only while all others of its part work.
                let others = members.iter().enumerate().filter(|(other, _)| *other != at);
                let birnbaum = others.fold(of_part, |b, (_, (_, share))| b * (1.0 - share));
                if birnbaum > 0.0 {
                    found.push((*component, birnbaum));
                }
            }
        }
        found
    }
}

impl Takes {
    const fn node(&self) -> Option<NodeIx> {
        match self {
            Takes::Node(node) => Some(*node),
            Takes::Cameras(_) => None,
        }
    }

    const fn cameras(&self) -> u64 {
        match self {
            Takes::Cameras(cameras) => *cameras,
            Takes::Node(_) => 0,
        }
    }
}

/// The share of the time in which one of some components is down.
fn fails(members: &[(Component, f64)]) -> f64 {
    1.0 - members.iter().fold(1.0, |works, (_, share)| works * (1.0 - share))
}

/// The coefficients of a product.
fn product(a: &[f64], b: &[f64]) -> Vec<f64> {
    let mut product = vec![0.0; (a.len() + b.len()).saturating_sub(1)];
    for (i, x) in a.iter().enumerate() {
        for (j, y) in b.iter().enumerate() {
            product[i + j] += x * y;
        }
    }
    product
}

/// Parts of which any two are nested or apart, each after all that lie within it, and those that had to be taken out so
/// that this is so: always the one that overlaps most others.
fn nested(parts: BTreeMap<u64, Vec<(Component, f64)>>) -> (Vec<Part>, Vec<Part>) {
    let mut tree: Vec<Part> = parts.into_iter().map(|(takes, members)| Part { takes, members }).collect();
    tree.sort_by_key(|part| (part.takes.count_ones(), part.takes));
    let mut out = Vec::new();
    let overlap = |a: u64, b: u64| a & b != 0 && a & b != a && a & b != b;
    loop {
        let overlaps = |part: &Part| tree.iter().filter(|other| overlap(part.takes, other.takes)).count();
        let worst = tree.iter().enumerate().map(|(i, part)| (overlaps(part), i)).max();
        match worst {
            Some((1.., at)) => out.push(tree.remove(at)),
            _ => return (tree, out),
        }
    }
}
