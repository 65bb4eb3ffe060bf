//! Failures that have something in common which the registry does not know: one village, one /24, half the town.

use std::collections::{BTreeMap, BTreeSet};

use super::{Failure, Item};
use crate::health::CommonScope;
use crate::model::{CameraIx, NodeIx};
use crate::registry::Topology;

/// Cameras that must have failed, and share of those there.
const LEAST: usize = 3;
/// So many new failures are looked at one by one.
const FEW: usize = 8;
/// Subnets of which half must have failed to speak of the town.
const SUBNETS: usize = 3;

/// What unites some failures.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct CommonGroup {
    pub(crate) scope: CommonScope,
    pub(crate) members: Vec<CameraIx>,
}

/// Common causes among failures of one window that nothing else explains.
pub(crate) fn commons(topology: &Topology, failures: &[Failure]) -> Vec<CommonGroup> {
    let mut left: BTreeSet<CameraIx> = failures
        .iter()
        .filter_map(|f| match f.item {
            Item::Camera(c) => Some(c),
            Item::Node(_) => None,
        })
        .collect();
    if left.len() < LEAST {
        return Vec::new();
    }
    let subnet = |c: CameraIx| topology.cameras[c.at()].subnet.map(CommonScope::Subnet);
    let village = |c: CameraIx| topology.cameras[c.at()].village.clone().map(CommonScope::Village);
    let size = |scope: &CommonScope| match scope {
        CommonScope::Subnet(net) => topology.subnets.get(net).map_or(0, Vec::len),
        CommonScope::Village(area) => topology.villages.get(area).map_or(0, Vec::len),
        CommonScope::Town => 0,
    };
    // A subnet of one camera says nothing about a town.
    let struck = halves(&left, &subnet, &size).into_iter().filter(|(_, members)| members.len() >= 2);
    let struck: Vec<Vec<CameraIx>> = struck.map(|(_, members)| members).collect();
    if struck.len() >= SUBNETS {
        let mut members: Vec<CameraIx> = struck.into_iter().flatten().collect();
        members.sort_unstable();
        return vec![CommonGroup { scope: CommonScope::Town, members }];
    }
    let mut found = Vec::new();
    for key in [&village as &dyn Fn(CameraIx) -> _, &subnet] {
        for (scope, members) in halves(&left, key, &size) {
            if members.len() < LEAST || has_common_node(topology, &members) {
                continue;
            }
            members.iter().for_each(|c| {
                left.remove(c);
            });
            found.push(CommonGroup { scope, members });
        }
    }
    found
}

/// Whether half of a village or of a /24 that one of `news` is in may have failed; where not, nothing is common to it
/// and to others. Cheap, for a failure among a thousand that have nothing to do with it.
pub(crate) fn may_be_common(topology: &Topology, failures: &[Failure], news: &[Failure]) -> bool {
    if news.len() > FEW {
        return true;
    }
    let slot = |f: &Failure| match f.item {
        Item::Camera(c) => topology.cameras.get(c.at()),
        Item::Node(_) => None,
    };
    let slots = || failures.iter().filter_map(slot);
    news.iter().filter_map(slot).any(|new| {
        let half_of =
            |of: Option<&Vec<CameraIx>>, failed: usize| failed >= 2 && of.is_some_and(|all| failed * 2 >= all.len());
        let subnet = new.subnet.and_then(|net| topology.subnets.get(&net));
        let village = new.village.as_ref().and_then(|area| topology.villages.get(area));
        half_of(subnet, slots().filter(|s| s.subnet == new.subnet).count())
            || half_of(village, slots().filter(|s| s.village == new.village).count())
    })
}

type Key<'a> = &'a dyn Fn(CameraIx) -> Option<CommonScope>;

/// Scopes of which at least half failed.
fn halves(
    left: &BTreeSet<CameraIx>,
    key: Key<'_>,
    size: &dyn Fn(&CommonScope) -> usize,
) -> Vec<(CommonScope, Vec<CameraIx>)> {
    let mut groups: BTreeMap<CommonScope, Vec<CameraIx>> = BTreeMap::new();
    for camera in left {
        if let Some(scope) = key(*camera) {
            groups.entry(scope).or_default().push(*camera);
        }
    }
    groups.into_iter().filter(|(scope, members)| members.len() * 2 >= size(scope)).collect()
}

fn has_common_node(topology: &Topology, members: &[CameraIx]) -> bool {
    let mut shared: Option<BTreeSet<NodeIx>> = None;
    for camera in members {
        let above: BTreeSet<NodeIx> = topology.cameras[camera.at()].above.iter().copied().collect();
        shared = Some(shared.map_or(above.clone(), |s| s.intersection(&above).copied().collect()));
    }
    shared.is_some_and(|s| !s.is_empty())
}
