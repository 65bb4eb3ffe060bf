//! What the cameras hang on: uplink, switches, boxes at the ends of fibres, poles, power feeds; and their addresses.

use std::collections::BTreeMap;

use super::TownFault;
use super::cameras::Posted;
use super::counts::Counts;
use super::geometry::{P, nearest};
use super::ids::node_id;
use super::land::{Land, digits};
use super::net::{Hosts, Net};
use super::plan::spread;
use super::rng::Rng;
use crate::registry::{Gate as Path, Needs, Node, NodeKind};

/// A village with fewer cameras hangs on the switch of a neighbour.
const FEWEST: usize = 9;
/// Cameras on the box at the end of a fibre, at most.
const PER_ONU: usize = 5;
/// The port on which probed nodes answer (names.md, simulator).
const NODE_PORT: u16 = 8023;

/// Hangs the cameras on a network and gives everything that is probed an address.
pub(super) fn wire(
    seed: u64,
    net: Net,
    land: &Land,
    counts: &Counts,
    cameras: &mut [Posted],
) -> Result<Vec<Node>, TownFault> {
    let groups = switch_groups(land, cameras, counts.per_switch);
    let mut wiring = Wiring { nodes: Vec::new(), onus: 0, poles: 0 };
    let middle = land.villages.first().map_or(P::new(0.0, 0.0), |v| v.at);
    wiring.add("UP-1", NodeKind::Uplink, "六指街上联", middle, &[], Needs::All)?;
    let at: Vec<P> = land.villages.iter().map(|v| v.at).collect();
    let rings = spread(&mut Rng::stream(seed, "aggregation"), &at, counts.aggregations);
    let aggregation: Vec<P> = (0..counts.aggregations).map(|i| rings.get(i).map_or(middle, |v| at[*v])).collect();
    for (i, at) in aggregation.iter().enumerate() {
        wiring.add(
            &aggregation_id(i),
            NodeKind::Switch,
            &format!("汇聚交换机{}", i + 1),
            *at,
            &["UP-1"],
            Needs::All,
        )?;
    }
    let feeds = Feeds { of: groups.len() };
    for i in 0..feeds.count() {
        let near = groups.iter().enumerate().find(|(s, _)| feeds.of_switch(*s) == i).map_or(0, |(_, g)| g.village);
        let name = format!("{}供电{}", land.villages[near].name, i + 1);
        wiring.add(&feeds.id(i), NodeKind::Power, &name, land.villages[near].at.walk(135.0, 60.0), &[], Needs::All)?;
    }
    for (i, group) in groups.iter().enumerate() {
        wiring.switch(land, &aggregation, &feeds, i, groups.len(), group)?;
        wiring.cameras(&feeds, i, groups.len(), group, cameras)?;
    }
    give_addresses(net, land.villages.len(), &mut wiring.nodes, cameras)?;
    Ok(wiring.nodes)
}

/// Cameras of one switch.
#[derive(Debug)]
struct Group {
    /// The village in which the switch stands, by number.
    village: usize,
    /// By number.
    cameras: Vec<usize>,
}

/// Cameras by village; a village with few joins its nearest neighbour, one with many has several switches.
fn switch_groups(land: &Land, cameras: &[Posted], most: usize) -> Vec<Group> {
    let mut of_village: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (i, posted) in cameras.iter().enumerate() {
        of_village.entry(posted.village).or_default().push(i);
    }
    let large: Vec<usize> = of_village.iter().filter(|(_, c)| c.len() >= FEWEST).map(|(v, _)| *v).collect();
    let large = if large.is_empty() { of_village.keys().copied().take(1).collect() } else { large };
    let at: Vec<P> = large.iter().map(|v| land.villages[*v].at).collect();
    let mut joined: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (village, mut here) in of_village {
        let home = if large.contains(&village) { village } else { large[nearest(&at, land.villages[village].at)] };
        joined.entry(home).or_default().append(&mut here);
    }
    let mut groups = Vec::new();
    for (village, cameras) in joined {
        let size = cameras.len().div_ceil(cameras.len().div_ceil(most));
        groups.extend(cameras.chunks(size).map(|c| Group { village, cameras: c.to_vec() }));
    }
    groups
}

fn aggregation_id(number: usize) -> String {
    format!("AGG-{}", number + 1)
}

fn switch_id(number: usize, of: usize) -> String {
    format!("SW-{:0width$}", number + 1, width = digits(of).max(2))
}

/// Which feed bears which switch: of four switches two share one, the others have their own.
struct Feeds {
    of: usize,
}

impl Feeds {
    fn of_switch(&self, switch: usize) -> usize {
        switch / 4 * 3 + [0, 0, 1, 2][switch % 4]
    }

    fn count(&self) -> usize {
        self.of.checked_sub(1).map_or(0, |last| self.of_switch(last) + 1)
    }

    fn id(&self, feed: usize) -> String {
        format!("PWR-{:0width$}", feed + 1, width = digits(self.of).max(2))
    }
}

/// Nodes as they are added.
struct Wiring {
    nodes: Vec<Node>,
    onus: usize,
    poles: usize,
}

impl Wiring {
    fn add(
        &mut self,
        id: &str,
        kind: NodeKind,
        name: &str,
        at: P,
        parents: &[&str],
        needs: Needs,
    ) -> Result<(), TownFault> {
        let of = parents.iter().map(|p| node_id(p)).collect::<Result<_, _>>()?;
        self.nodes.push(Node {
            id: node_id(id)?,
            kind,
            name: name.into(),
            address: None,
            at: Some(at.lon_lat()),
            parents: Path { needs, of },
            power: Path::default(),
            extra: Default::default(),
        });
        Ok(())
    }

    fn power(&mut self, feeds: &[String], needs: Needs) -> Result<(), TownFault> {
        let of = feeds.iter().map(|f| node_id(f)).collect::<Result<_, _>>()?;
        if let Some(node) = self.nodes.last_mut() {
            node.power = Path { needs, of };
        }
        Ok(())
    }

    /// An access switch: each fourth on two aggregation switches (a ring), each seventh with a second feed.
    fn switch(
        &mut self,
        land: &Land,
        aggregation: &[P],
        feeds: &Feeds,
        i: usize,
        of: usize,
        group: &Group,
    ) -> Result<(), TownFault> {
        let village = &land.villages[group.village];
        let mut parents: Vec<(usize, f64)> = aggregation.iter().map(|a| a.d2(village.at)).enumerate().collect();
        parents.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        let ring = i % 4 == 1;
        let ids: Vec<String> = parents.iter().take(if ring { 2 } else { 1 }).map(|p| aggregation_id(p.0)).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let needs = if ids.len() > 1 { Needs::Any } else { Needs::All };
        let name = format!("{}接入交换机{}", village.name, i + 1);
        let at = village.at.walk(45.0, 20.0 + 10.0 * (i % 5) as f64);
        self.add(&switch_id(i, of), NodeKind::Switch, &name, at, &ids, needs)?;
        let own = feeds.of_switch(i);
        if i % 7 == 3 && feeds.count() > 1 {
            self.power(&[feeds.id(own), feeds.id((own + 1) % feeds.count())], Needs::Any)
        } else {
            self.power(&[feeds.id(own)], Needs::All)
        }
    }

    /// Hangs cameras on a switch: straight, each third switch by boxes at the ends of fibres, some pairs on a pole.
    fn cameras(
        &mut self,
        feeds: &Feeds,
        i: usize,
        of: usize,
        group: &Group,
        cameras: &mut [Posted],
    ) -> Result<(), TownFault> {
        let switch = switch_id(i, of);
        let chunk = if i % 3 == 1 { PER_ONU } else { usize::MAX };
        for numbers in group.cameras.chunks(chunk.min(group.cameras.len().max(1))) {
            let mut on = switch.clone();
            if i % 3 == 1 && numbers.len() > 1 {
                self.onus += 1;
                on = format!("ONU-{:03}", self.onus);
                let at = cameras[numbers[0]].camera.at.map_or(P::new(0.0, 0.0), super::geometry::plane);
                let name = format!("{}光猫", cameras[numbers[0]].camera.name);
                self.add(&on, NodeKind::Onu, &name, at, &[&switch], Needs::All)?;
            }
            for n in numbers {
                cameras[*n].camera.node = vec![node_id(&on)?];
            }
            self.poles(feeds, i, &on, numbers, cameras)?;
        }
        for n in group.cameras.iter().filter(|n| *n % 12 == 3) {
            cameras[*n].camera.power = vec![node_id(&feeds.id(feeds.of_switch(i)))?];
        }
        Ok(())
    }

    /// Puts each fourth pair of cameras of one entrance on a pole of its own.
    fn poles(
        &mut self,
        feeds: &Feeds,
        i: usize,
        on: &str,
        numbers: &[usize],
        cameras: &mut [Posted],
    ) -> Result<(), TownFault> {
        for pair in numbers.windows(2).filter(|pair| pair[0] % 4 == 2) {
            if cameras[pair[0]].gates != cameras[pair[1]].gates {
                continue;
            }
            self.poles += 1;
            let id = format!("POLE-{:02}", self.poles);
            let at = cameras[pair[0]].camera.at.map_or(P::new(0.0, 0.0), super::geometry::plane);
            self.add(&id, NodeKind::Pole, &format!("{}立杆", cameras[pair[0]].camera.name), at, &[on], Needs::All)?;
            self.power(&[feeds.id(feeds.of_switch(i))], Needs::All)?;
            for n in pair {
                cameras[*n].camera.node = vec![node_id(&id)?];
            }
        }
        Ok(())
    }
}

/// Uplink and switches answer; boxes, poles and feeds are passive. Nodes and each village have a /24 of their own
/// where the network is large enough.
fn give_addresses(net: Net, villages: usize, nodes: &mut [Node], cameras: &mut [Posted]) -> Result<(), TownFault> {
    let probed = |n: &Node| matches!(n.kind, NodeKind::Uplink | NodeKind::Switch);
    let mut sizes = vec![nodes.iter().filter(|n| probed(n)).count()];
    sizes.extend((0..villages).map(|v| cameras.iter().filter(|c| c.village == v).count()));
    let mut hosts = Hosts::new(net, &sizes)?;
    for node in nodes.iter_mut().filter(|n| probed(n)) {
        node.address = hosts.next().map(|h| format!("{h}:{NODE_PORT}").into());
    }
    let mut village = None;
    for posted in cameras {
        if village != Some(posted.village) {
            hosts.group();
            village = Some(posted.village);
        }
        posted.camera.host = hosts.next().map(|h| h.to_string().into());
    }
    Ok(())
}
