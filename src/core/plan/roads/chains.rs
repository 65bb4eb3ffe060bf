//! Contraction: points where a road merely goes on are no nodes.

use geo::Coord;

use super::Chain;
use super::gaps::SuspectGap;
use super::join::Joined;
use super::place::metres;

/// What a part has between two nodes that follow each other.
#[derive(Clone, Copy)]
struct Link {
    part: u32,
    from: u32,
    to: u32,
    /// The nodes at both ends.
    ends: [u32; 2],
}

/// Nodes that count, the chains between them, and the gaps by their new numbers. A node counts where roads meet or end,
/// or where a gap touches; a ring without any has one, at its first point.
pub(super) fn contract(joined: Joined, gaps: Vec<SuspectGap>) -> (Vec<Coord<f64>>, Vec<Chain>, Vec<SuspectGap>) {
    let links = links(&joined);
    let mut around: Vec<Vec<u32>> = vec![Vec::new(); joined.nodes.len()];
    for (number, link) in (0_u32..).zip(&links) {
        link.ends.iter().for_each(|node| around[*node as usize].push(number));
    }
    let mut kept: Vec<bool> = around.iter().map(|links| links.len() != 2).collect();
    gaps.iter().flat_map(|g| [g.a, g.b]).for_each(|node| kept[node as usize] = true);
    let mut walk = Walk { joined: &joined, links: &links, around: &around, done: vec![false; links.len()] };
    let mut chains = Vec::new();
    let counted: Vec<usize> = (0..kept.len()).filter(|n| kept[*n]).collect();
    for node in counted {
        for link in &around[node] {
            chains.extend(walk.chain(*link, node, &kept));
        }
    }
    for (link, first) in links.iter().enumerate().map(|(i, l)| (i, l.ends[0] as usize)) {
        if !walk.done[link] {
            kept[first] = true;
            chains.extend(walk.chain(u32::try_from(link).unwrap_or(u32::MAX), first, &kept));
        }
    }
    renumber(&joined.nodes, &kept, chains, gaps)
}

fn links(joined: &Joined) -> Vec<Link> {
    let mut links = Vec::new();
    for (number, part) in (0_u32..).zip(&joined.parts) {
        let nodes = (0_u32..).zip(&part.node).filter_map(|(i, node)| Some((i, (*node)?)));
        let nodes: Vec<(u32, u32)> = nodes.collect();
        links.extend(nodes.windows(2).map(|w| Link { part: number, from: w[0].0, to: w[1].0, ends: [w[0].1, w[1].1] }));
    }
    links
}

struct Walk<'j> {
    joined: &'j Joined,
    links: &'j [Link],
    around: &'j [Vec<u32>],
    done: Vec<bool>,
}

impl Walk<'_> {
    /// The chain that leaves a node by a link; `None` where it was walked already, from its other end.
    fn chain(&mut self, first: u32, node: usize, kept: &[bool]) -> Option<Chain> {
        if self.done[first as usize] {
            return None;
        }
        let mut chain = Chain {
            a: u32::try_from(node).ok()?,
            b: 0,
            line: vec![self.joined.nodes[node]],
            at_m: vec![0.0],
            road: Vec::new(),
        };
        let (mut link, mut here) = (first, node);
        loop {
            self.done[link as usize] = true;
            let there = self.append(&mut chain, link, here);
            let next = self.around[there].iter().find(|l| !self.done[**l as usize]);
            match next.filter(|_| !kept[there]) {
                Some(next) => (link, here) = (*next, there),
                None => {
                    chain.b = u32::try_from(there).ok()?;
                    return Some(chain);
                }
            }
        }
    }

    /// Adds the points of a link behind those of a chain that has come to one of its ends; the other end.
    fn append(&self, chain: &mut Chain, link: u32, here: usize) -> usize {
        let link = self.links[link as usize];
        let part = &self.joined.parts[link.part as usize];
        let forward = link.ends[0] as usize == here;
        let points = &part.line[link.from as usize..=link.to as usize];
        let mut add = |point: Coord<f64>| {
            let (last, so_far) = (chain.line[chain.line.len() - 1], chain.at_m[chain.at_m.len() - 1]);
            chain.line.push(point);
            chain.at_m.push(so_far + metres(last, point));
            chain.road.push(part.road);
        };
        if forward {
            points.iter().skip(1).for_each(|p| add(*p));
            link.ends[1] as usize
        } else {
            points.iter().rev().skip(1).for_each(|p| add(*p));
            link.ends[0] as usize
        }
    }
}

fn renumber(
    nodes: &[Coord<f64>],
    kept: &[bool],
    mut chains: Vec<Chain>,
    mut gaps: Vec<SuspectGap>,
) -> (Vec<Coord<f64>>, Vec<Chain>, Vec<SuspectGap>) {
    let mut number = vec![u32::MAX; nodes.len()];
    let mut left = Vec::new();
    for (node, at) in nodes.iter().enumerate().filter(|(node, _)| kept[*node]) {
        number[node] = u32::try_from(left.len()).unwrap_or(u32::MAX);
        left.push(*at);
    }
    for chain in &mut chains {
        (chain.a, chain.b) = (number[chain.a as usize], number[chain.b as usize]);
    }
    for gap in &mut gaps {
        (gap.a, gap.b) = (number[gap.a as usize], number[gap.b as usize]);
    }
    (left, chains, gaps)
}
