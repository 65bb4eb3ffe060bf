//! Which points of lines are one place: roads that meet there are joined.

use geo::Coord;

use super::RoadLine;

/// Coordinates that agree to a centimetre are one place.
const STEPS_PER_DEG: f64 = 1e7;

/// A part of a road with its points; no two that follow each other are one place.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// The road, by number.
    pub(super) road: u32,
    pub(super) level: i8,
    pub(super) line: Vec<Coord<f64>>,
    /// By point: the node that it is, where roads meet or end.
    pub(super) node: Vec<Option<u32>>,
}

/// Parts whose common places have numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Joined {
    pub(super) parts: Vec<Part>,
    pub(super) nodes: Vec<Coord<f64>>,
}

/// A point of a part.
#[derive(Clone, Copy)]
struct Point {
    key: (i64, i64),
    part: u32,
    point: u32,
    end: bool,
    level: i8,
}

/// Finds the common places of the roads that are used.
pub(super) fn join(lines: &[RoadLine], used: &[bool]) -> Joined {
    let parts = parts(lines, used);
    let mut points: Vec<Point> = Vec::with_capacity(parts.iter().map(|p| p.line.len()).sum());
    for (number, part) in (0_u32..).zip(&parts) {
        let last = part.line.len() - 1;
        points.extend((0_u32..).zip(&part.line).map(|(point, c)| Point {
            key: key(*c),
            part: number,
            point,
            end: point == 0 || point as usize == last,
            level: part.level,
        }));
    }
    points.sort_unstable_by_key(|p| (p.key, p.part, p.point));
    let mut joined = Joined { parts, nodes: Vec::new() };
    for here in points.chunk_by(|a, b| a.key == b.key) {
        joined.meet(here);
    }
    joined
}

fn parts(lines: &[RoadLine], used: &[bool]) -> Vec<Part> {
    let roads = (0_u32..).zip(lines).zip(used).filter(|(_, used)| **used).map(|(road, _)| road);
    let each = roads.flat_map(|(road, line)| line.parts.iter().map(move |part| (road, line.level, part)));
    each.filter_map(|(road, level, part)| {
        let mut line = part.0.clone();
        line.dedup_by_key(|c| key(*c));
        let node = vec![None; line.len()];
        (line.len() > 1).then_some(Part { road, level, line, node })
    })
    .collect()
}

fn key(c: Coord<f64>) -> (i64, i64) {
    ((c.x * STEPS_PER_DEG).round() as i64, (c.y * STEPS_PER_DEG).round() as i64)
}

/// The levels of some points, each once.
fn levels<'p>(of: impl Iterator<Item = &'p Point>) -> Vec<i8> {
    let mut levels: Vec<i8> = of.map(|p| p.level).collect();
    levels.sort_unstable();
    levels.dedup();
    levels
}

impl Joined {
    /// Makes the points of one place nodes. What runs through on one level is joined; ends are joined with each other,
    /// and with what runs through on their own level; the end of a bridge or tunnel also with what runs on the ground
    /// where it comes down. So what only crosses over or under something stays apart from it.
    fn meet(&mut self, here: &[Point]) {
        if let [alone] = here
            && !alone.end
        {
            return;
        }
        let through = levels(here.iter().filter(|p| !p.end));
        let comes_down = here.iter().any(|p| p.end && p.level != 0 && !through.contains(&p.level));
        // The one node of all ends, and of the levels that they are joined with.
        let ends = levels(here.iter().filter(|p| p.end));
        let mut shared = None;
        for level in through.iter().chain(&ends) {
            let with_ends = ends.contains(level) || (*level == 0 && comes_down);
            let points = here.iter().filter(|p| p.level == *level);
            let meets = points.clone().count() > 1 || with_ends;
            if !meets {
                continue;
            }
            let node = match shared {
                Some(node) if with_ends => node,
                _ => self.new_node(here),
            };
            if with_ends {
                shared = Some(node);
            }
            for p in points {
                self.parts[p.part as usize].node[p.point as usize] = Some(node);
            }
        }
    }

    fn new_node(&mut self, here: &[Point]) -> u32 {
        let first = &here[0];
        let at = self.parts[first.part as usize].line[first.point as usize];
        self.nodes.push(at);
        u32::try_from(self.nodes.len() - 1).unwrap_or(u32::MAX)
    }
}
