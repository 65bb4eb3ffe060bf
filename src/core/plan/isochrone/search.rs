//! The times of all junctions: one search from all posts together (petgraph's Dijkstra, from a place of no road that
//! leads to each of them).

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Add;

use petgraph::algo::dijkstra;
use petgraph::graph::{NodeIndex, UnGraph};

use super::Pace;
use crate::plan::roads::{Chain, Roads, Snap};

/// Before a way has left its post it is of none.
const NONE: u32 = u32::MAX;

/// A way from a post: how long it takes, and from which.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Way {
    /// From the call until one is there, seconds: turnout and drive.
    pub seconds: f64,
    /// The post, by number; of posts that are equally near the first.
    pub post: u32,
}

impl Default for Way {
    fn default() -> Way {
        Way { seconds: 0.0, post: NONE }
    }
}

impl PartialOrd for Way {
    fn partial_cmp(&self, other: &Way) -> Option<Ordering> {
        Some(self.seconds.total_cmp(&other.seconds).then(self.post.cmp(&other.post)))
    }
}

impl Add for Way {
    type Output = Way;

    fn add(self, on: Way) -> Way {
        Way { seconds: self.seconds + on.seconds, post: if self.post == NONE { on.post } else { self.post } }
    }
}

impl Way {
    pub(super) const fn drive(seconds: f64) -> Way {
        Way { seconds, post: NONE }
    }
}

/// How long one drives along a chain: the seconds from its beginning to each point of its line.
pub(super) struct Clock(Vec<f64>);

impl Clock {
    fn of(chain: &Chain, roads: &Roads, pace: &Pace) -> Clock {
        let class = |road: &u32| roads.lines.get(*road as usize).map_or("", |line| &*line.highway);
        let mut seconds = vec![0.0];
        let mut so_far = 0.0;
        for (ends, road) in chain.at_m.windows(2).zip(&chain.road) {
            so_far += (ends[1] - ends[0]) * pace.seconds_a_metre(class(road));
            seconds.push(so_far);
        }
        Clock(seconds)
    }

    /// Of the whole chain.
    pub(super) fn all(&self) -> f64 {
        self.0.last().copied().unwrap_or(0.0)
    }

    /// From the beginning to a place, which is so many metres along.
    pub(super) fn seconds(&self, chain: &Chain, at_m: f64) -> f64 {
        between(&chain.at_m, &self.0, at_m)
    }

    /// How many metres along one is after so many seconds.
    pub(super) fn metres(&self, chain: &Chain, seconds: f64) -> f64 {
        between(&self.0, &chain.at_m, seconds)
    }
}

/// The value of `ys` where `xs`, which do not fall, reach `x`.
fn between(xs: &[f64], ys: &[f64], x: f64) -> f64 {
    let after = xs.partition_point(|known| *known < x);
    let value = |i: usize| ys.get(i).copied();
    match (after.checked_sub(1), xs.get(after)) {
        (Some(before), Some(next)) if *next > xs[before] => {
            let share = (x - xs[before]) / (next - xs[before]);
            ys[before] + (ys[after] - ys[before]) * share
        }
        (Some(before), None) => value(before).unwrap_or(0.0),
        _ => value(after).unwrap_or(0.0),
    }
}

/// The roads with the times on them.
pub(super) struct Times<'r> {
    pub(super) roads: &'r Roads,
    pub(super) clocks: Vec<Clock>,
    turnout_s: f64,
    /// By chain: posts on it, seconds from its beginning, with their numbers.
    posts: BTreeMap<u32, Vec<(f64, u32)>>,
    /// By junction: where the mapped roads lead to it; and the same with suspect gaps joined.
    nodes: [Vec<Option<Way>>; 2],
}

/// With suspect gaps or without.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Gaps {
    /// As the map has it.
    Open,
    /// As if roads met there.
    Joined,
}

impl<'r> Times<'r> {
    /// `posts`: where each stands on the roads; `None`: on none.
    pub(super) fn of(roads: &'r Roads, posts: &[Option<Snap>], pace: &Pace) -> Times<'r> {
        let clocks: Vec<Clock> = roads.chains.iter().map(|chain| Clock::of(chain, roads, pace)).collect();
        let mut on: BTreeMap<u32, Vec<(f64, u32)>> = BTreeMap::new();
        for (number, at) in (0_u32..).zip(posts).filter_map(|(number, at)| Some((number, (*at)?))) {
            let (Some(chain), Some(clock)) = (roads.chains.get(at.chain as usize), clocks.get(at.chain as usize))
            else {
                continue;
            };
            on.entry(at.chain).or_default().push((clock.seconds(chain, at.at_m), number));
        }
        let turnout_s = pace.turnout.seconds_f64();
        let mut times = Times { roads, clocks, turnout_s, posts: on, nodes: [Vec::new(), Vec::new()] };
        let (mut graph, start) = times.graph();
        let open = times.search(&graph, start);
        let joined = if roads.gaps.is_empty() {
            open.clone()
        } else {
            for gap in &roads.gaps {
                let seconds = gap.metres * pace.seconds_a_metre("");
                graph.add_edge(NodeIndex::new(gap.a as usize), NodeIndex::new(gap.b as usize), Way::drive(seconds));
            }
            times.search(&graph, start)
        };
        times.nodes = [open, joined];
        times
    }

    /// Junctions by their numbers, then the start, then the posts.
    fn graph(&self) -> (UnGraph<(), Way>, NodeIndex) {
        let mut graph = UnGraph::with_capacity(self.roads.nodes.len() + 1, self.roads.chains.len());
        for _ in &self.roads.nodes {
            graph.add_node(());
        }
        let start = graph.add_node(());
        for (chain, clock) in self.roads.chains.iter().zip(&self.clocks) {
            let ends = [chain.a, chain.b].map(|node| NodeIndex::new(node as usize));
            graph.add_edge(ends[0], ends[1], Way::drive(clock.all()));
        }
        for (number, posts) in &self.posts {
            let (chain, all) = (&self.roads.chains[*number as usize], self.clocks[*number as usize].all());
            for (at, post) in posts {
                let here = graph.add_node(());
                graph.add_edge(start, here, Way { seconds: self.turnout_s, post: *post });
                graph.add_edge(here, NodeIndex::new(chain.a as usize), Way::drive(*at));
                graph.add_edge(here, NodeIndex::new(chain.b as usize), Way::drive(all - at));
            }
        }
        (graph, start)
    }

    fn search(&self, graph: &UnGraph<(), Way>, start: NodeIndex) -> Vec<Option<Way>> {
        let found = dijkstra(graph, start, None, |edge| *edge.weight());
        let of = |node: usize| found.get(&NodeIndex::new(node)).copied();
        (0..self.roads.nodes.len()).map(of).collect()
    }

    /// Places of a chain from which one comes along it: seconds from its beginning, and the way to there; in order.
    pub(super) fn anchors(&self, number: u32, gaps: Gaps) -> Vec<(f64, Way)> {
        let (Some(chain), Some(clock)) = (self.roads.chains.get(number as usize), self.clocks.get(number as usize))
        else {
            return Vec::new();
        };
        let node = |node: u32| self.nodes[usize::from(gaps == Gaps::Joined)].get(node as usize).copied().flatten();
        let posts = self.posts.get(&number).into_iter().flatten();
        let posts = posts.map(|(at, post)| (*at, Way { seconds: self.turnout_s, post: *post }));
        let ends = [(0.0, node(chain.a)), (clock.all(), node(chain.b))];
        let mut anchors: Vec<(f64, Way)> =
            ends.into_iter().filter_map(|(at, way)| Some((at, way?))).chain(posts).collect();
        anchors.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.partial_cmp(&b.1).unwrap_or(Ordering::Equal)));
        anchors
    }

    /// The shortest way to a place on a road; `None` where no road leads there from any post.
    pub(super) fn way(&self, at: &Snap, gaps: Gaps) -> Option<Way> {
        let chain = self.roads.chains.get(at.chain as usize)?;
        let here = self.clocks.get(at.chain as usize)?.seconds(chain, at.at_m);
        let ways = self.anchors(at.chain, gaps).into_iter().map(|(from, way)| way + Way::drive((here - from).abs()));
        ways.min_by(|a, b| a.partial_cmp(b).unwrap_or(Ordering::Equal))
    }
}
