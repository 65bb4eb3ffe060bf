//! The entrances: where roads enter hamlets, cross the town's boundary or lead from block to block.

use std::collections::BTreeMap;

use super::geometry::{P, contains, nearest};
use super::land::{Land, digits};
use super::plan::{Blocks, RING_ID, TOWN_ID, block_id};
use super::tables::DIRECTIONS;
use super::ways::{End, RoadClass, Way, Ways, eighth, line_length};

/// A block's border that is crossed so near to a hamlet's entrance, metres, has no entrance of its own.
const SAME_M: f64 = 60.0;
/// Steps in which a road is walked to find the borders of blocks, metres.
const STEP_M: f64 = 20.0;

/// What an entrance opens first of all.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum GateKind {
    /// A hamlet, by number.
    Hamlet(usize),
    /// A block, by number, from another one; far from every hamlet.
    Block(usize, usize),
    /// The town.
    Town,
}

/// An entrance on its way into the registry.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: GateKind,
    /// The road it is on, by number.
    pub(super) way: usize,
    /// What that road is for.
    pub(super) class: RoadClass,
    pub(super) at: P,
    /// Degrees clockwise from north, heading in.
    pub(super) heading: f64,
    /// The village it lies in, by number.
    pub(super) village: usize,
    /// The block that the road enters from another one here, by number.
    pub(super) enters: Option<usize>,
    /// Ids of what else the road enters here.
    pub(super) roles: Vec<String>,
    /// The entrance close by that one camera sees together with this one, by number.
    pub(super) twin: Option<usize>,
}

/// All entrances, village by village.
#[derive(Debug)]
pub(super) struct Gates {
    pub(super) all: Vec<Gate>,
    /// By hamlet: its entrances, by number.
    pub(super) of_hamlet: Vec<Vec<usize>>,
}

impl Gates {
    /// Finds the entrances.
    pub(super) fn new(land: &Land, ways: &Ways, blocks: &Blocks) -> Gates {
        let centres: Vec<P> = land.villages.iter().map(|v| v.at).collect();
        let mut all = Vec::new();
        for (number, way) in ways.all.iter().enumerate() {
            let mut found = hamlet_gates(land, number, way);
            found.extend(town_gate(land, blocks, number, way));
            if !matches!(way.to, End::Field(_)) {
                add_block_gates(&centres, blocks, number, way, &mut found);
            }
            all.append(&mut found);
        }
        all.sort_by_key(|g| (g.village, g.kind, g.way));
        let width = digits(all.len()).max(4);
        let mut names = Names::default();
        for (i, gate) in all.iter_mut().enumerate() {
            gate.id = format!("E{:0width$}", i + 1);
            gate.name = names.of(land, gate);
        }
        let mut of_hamlet = vec![Vec::new(); land.hamlets.len()];
        for (i, gate) in all.iter().enumerate() {
            if let GateKind::Hamlet(h) = gate.kind {
                of_hamlet[h].push(i);
            }
        }
        find_twins(ways, &mut all, &of_hamlet);
        Gates { all, of_hamlet }
    }
}

fn gate(kind: GateKind, number: usize, way: &Way, at: P, heading: f64, village: usize) -> Gate {
    let (id, name, roles) = (String::new(), String::new(), Vec::new());
    Gate { id, name, kind, way: number, class: way.class, at, heading, village, enters: None, roles, twin: None }
}

/// Where a road enters the hamlets at its ends.
fn hamlet_gates(land: &Land, number: usize, way: &Way) -> Vec<Gate> {
    let mut ends = vec![(way.from, way.line.clone())];
    if let End::Hamlet(to) = way.to {
        ends.push((to, way.line.iter().rev().copied().collect()));
    }
    let length = line_length(&way.line);
    let between_villages = match way.to {
        End::Hamlet(to) => land.hamlets[to].village != land.hamlets[way.from].village,
        End::Outside | End::Field(_) => false,
    };
    ends.into_iter()
        .map(|(h, line)| {
            let hamlet = &land.hamlets[h];
            // A track stands as far out as the road beside it; both hamlets of a short road get less than half.
            let metres = hamlet.radius_m.min(0.4 * length);
            let at = line[0].towards(line[1], metres / line[0].distance(line[1]));
            let mut gate = gate(GateKind::Hamlet(h), number, way, at, at.bearing(hamlet.at), hamlet.village);
            if between_villages {
                gate.roles.push(land.villages[hamlet.village].id.clone());
            }
            gate
        })
        .collect()
}

/// Where a road out of the town crosses its boundary.
fn town_gate(land: &Land, blocks: &Blocks, number: usize, way: &Way) -> Option<Gate> {
    if way.to != End::Outside {
        return None;
    }
    let (from, out) = (way.line[0], *way.line.last()?);
    let share = halve(|share| contains(&land.ring, from.towards(out, share)));
    let at = from.towards(out, share);
    let mut gate = gate(GateKind::Town, number, way, at, at.bearing(from), land.hamlets[way.from].village);
    gate.roles = vec![RING_ID.to_owned(), TOWN_ID.to_owned(), block_id(nearest(&blocks.seeds, at))];
    Some(gate)
}

/// The share of a way up to which something holds that holds at its beginning and not at its end.
fn halve(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..30 {
        let middle = (low + high) / 2.0;
        if holds(middle) { low = middle } else { high = middle }
    }
    low
}

/// Adds where a road leads from block to block; where that is close to an entrance of this road, as roles of it.
fn add_block_gates(centres: &[P], blocks: &Blocks, number: usize, way: &Way, found: &mut Vec<Gate>) {
    let mut line = way.line.clone();
    if let (Some(last), Some(town)) = (line.last_mut(), found.iter().find(|g| g.kind == GateKind::Town)) {
        *last = town.at;
    }
    for stretch in line.windows(2) {
        let steps = (stretch[0].distance(stretch[1]) / STEP_M).ceil().max(1.0);
        let at = |share: f64| stretch[0].towards(stretch[1], share);
        let block = |share: f64| nearest(&blocks.seeds, at(share));
        for i in 0..steps as usize {
            let (low, high) = (i as f64 / steps, (i + 1) as f64 / steps);
            let (left, entered) = (block(low), block(high));
            if left == entered {
                continue;
            }
            let share = low + (high - low) * halve(|s| block(low + (high - low) * s) == left);
            let roles = [block_id(entered), block_id(left)];
            let here = at(share);
            if let Some(near) = found.iter_mut().find(|g| g.at.distance(here) < SAME_M) {
                let new: Vec<String> = roles.into_iter().filter(|r| !near.roles.contains(r)).collect();
                near.roles.extend(new);
                near.enters = Some(entered);
                continue;
            }
            let kind = GateKind::Block(entered, left);
            let heading = stretch[0].bearing(stretch[1]);
            let mut gate = gate(kind, number, way, here, heading, nearest(centres, here));
            gate.roles = roles.to_vec();
            gate.enters = Some(entered);
            found.push(gate);
        }
    }
}

/// Hands out names; the second of a name in one place gets a number.
#[derive(Default)]
struct Names(BTreeMap<String, usize>);

impl Names {
    fn of(&mut self, land: &Land, gate: &Gate) -> String {
        let out = |heading: f64| DIRECTIONS[eighth(heading + 180.0)];
        let (place, base) = match gate.kind {
            GateKind::Hamlet(h) => {
                let hamlet = &land.hamlets[h];
                (hamlet.id.as_str(), format!("{}{}口", hamlet.name, out(gate.heading)))
            }
            GateKind::Block(a, b) => {
                let (low, high) = (a.min(b) + 1, a.max(b) + 1);
                ("", format!("{low}块{high}块间道口"))
            }
            GateKind::Town => ("", format!("六指街{}卡口", out(gate.heading))),
        };
        let seen = self.0.entry(format!("{place} {base}")).or_default();
        *seen += 1;
        if *seen == 1 { base } else { format!("{base}{seen}") }
    }
}

/// Joins each track's entrance with that of the road beside it.
fn find_twins(ways: &Ways, all: &mut [Gate], of_hamlet: &[Vec<usize>]) {
    for numbers in of_hamlet {
        for track in numbers {
            let End::Field(beside) = ways.all[all[*track].way].to else { continue };
            let Some(road) = numbers.iter().find(|i| all[**i].way == beside) else { continue };
            all[*track].twin = Some(*road);
            all[*road].twin = Some(*track);
        }
    }
}
