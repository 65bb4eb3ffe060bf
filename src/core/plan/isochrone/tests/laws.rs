//! Laws on random towns: against shortest ways between all pairs of places (Floyd and Warshall), and coverage.md §5.4.

use proptest::prelude::*;

use super::super::super::repair::tests::Dice;
use super::super::search::{Gaps, Times};
use super::*;
use crate::model::Span;

/// Streets of a grid have this length, metres.
const STEP: f64 = 400.0;
const CLASSES: [&str; 5] = ["tertiary", "residential", "track", "", "footway"];

/// A place on a street: the street, and the share of it before the place.
type On = (usize, f64);

/// Streets between crossroads, with posts and entrances on them.
struct Town {
    streets: Vec<(usize, usize, &'static str)>,
    posts: Vec<On>,
    entrances: Vec<On>,
    side: usize,
}

impl Town {
    fn made(seed: u64) -> Town {
        let mut dice = Dice(seed);
        let side = 2 + dice.below(3);
        let mut streets = Vec::new();
        for at in 0..side * side {
            let right = (at % side + 1 < side).then_some(at + 1);
            let up = (at / side + 1 < side).then_some(at + side);
            for there in [right, up].into_iter().flatten() {
                if streets.is_empty() || dice.below(5) > 0 {
                    streets.push((at, there, CLASSES[dice.below(CLASSES.len())]));
                }
            }
        }
        let count = streets.len();
        let mut on = |n: usize| -> Vec<On> {
            (0..n).map(|_| (dice.below(count), 0.25 + dice.below(51) as f64 / 100.0)).collect()
        };
        Town { posts: on(3), entrances: on(5), streets, side }
    }

    fn crossroad(&self, at: usize) -> (f64, f64) {
        ((at % self.side) as f64 * STEP, (at / self.side) as f64 * STEP)
    }

    fn at(&self, (street, share): On) -> (f64, f64) {
        let (a, b, _) = self.streets[street];
        let (a, b) = (self.crossroad(a), self.crossroad(b));
        (a.0 + (b.0 - a.0) * share, a.1 + (b.1 - a.1) * share)
    }

    fn roads(&self) -> Roads {
        let line = |(i, (a, b, class)): (usize, &(usize, usize, &str))| {
            road(&format!("s{i}"), class, &[self.crossroad(*a), self.crossroad(*b)])
        };
        graph(self.streets.iter().enumerate().map(line).collect())
    }

    fn registry(&self, posts: &[On]) -> Registry {
        let at = |of: &[On]| of.iter().map(|on| self.at(*on)).collect::<Vec<_>>();
        registry(&at(posts), &at(&self.entrances))
    }

    fn answer(&self, posts: &[On], pace: &Pace) -> Isochrone {
        answer(&self.roads(), &self.registry(posts), pace)
    }

    /// Seconds between all crossroads, posts and entrances, in this order.
    fn every_pair(&self, pace: &Pace) -> Vec<Vec<f64>> {
        let places: Vec<On> = self.posts.iter().chain(&self.entrances).copied().collect();
        let (corners, all) = (self.side * self.side, self.side * self.side + places.len());
        let mut far = vec![vec![f64::INFINITY; all]; all];
        (0..all).for_each(|i| far[i][i] = 0.0);
        for (number, (a, b, class)) in self.streets.iter().enumerate() {
            let on = (corners..).zip(&places).filter(|(_, p)| p.0 == number).map(|(i, p)| (p.1, i));
            let mut stops: Vec<(f64, usize)> = on.chain([(0.0, *a), (1.0, *b)]).collect();
            stops.sort_by(|a, b| a.0.total_cmp(&b.0));
            for pair in stops.windows(2) {
                let seconds = (pair[1].0 - pair[0].0) * STEP * 3.6 / pace.kmh(class);
                let (i, j) = (pair[0].1, pair[1].1);
                far[i][j] = far[i][j].min(seconds);
                far[j][i] = far[i][j];
            }
        }
        for via in 0..all {
            for i in 0..all {
                for j in 0..all {
                    far[i][j] = far[i][j].min(far[i][via] + far[via][j]);
                }
            }
        }
        far
    }
}

fn seconds(found: &Isochrone, entrance: usize) -> f64 {
    of(found, entrance).way.map_or(f64::INFINITY, |way| way.seconds)
}

/// Equal to what a thousandth of the way comes to: places are degrees, and streets metres of a plane.
fn near(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() <= 0.5 + 0.002 * b.abs()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn as_by_searching_every_pair_of_places(seed in any::<u64>()) {
        let (town, pace) = (Town::made(seed), Pace::default());
        let found = town.answer(&town.posts, &pace);
        let far = town.every_pair(&pace);
        let first = town.side * town.side;
        for entrance in 0..town.entrances.len() {
            let to = first + town.posts.len() + entrance;
            let by_post: Vec<f64> = (0..town.posts.len()).map(|post| 60.0 + far[first + post][to]).collect();
            let least = by_post.iter().copied().fold(f64::INFINITY, f64::min);
            prop_assert!(near(seconds(&found, entrance), least), "{entrance}: {} {least}", seconds(&found, entrance));
            if let Some(way) = of(&found, entrance).way {
                prop_assert!(near(by_post[way.post as usize], least), "the post is one of the nearest");
            }
        }
    }

    #[test]
    fn more_posts_and_more_speed_never_lengthen_a_time(seed in any::<u64>(), faster in 1.0..3.0_f64, which in 0..5_usize) {
        let (town, pace) = (Town::made(seed), Pace::default());
        let all = town.answer(&town.posts, &pace);
        let single: Vec<Isochrone> = town.posts.iter().map(|post| town.answer(&[*post], &pace)).collect();
        let mut quick = pace;
        match which {
            0 => quick.paved_kmh *= faster,
            1 => quick.street_kmh *= faster,
            2 => quick.track_kmh *= faster,
            3 => quick.foot_kmh *= faster,
            _ => quick.turnout = Span::seconds((60.0 / faster) as i64),
        }
        let quick = town.answer(&town.posts, &quick);
        for entrance in 0..town.entrances.len() {
            let least = single.iter().map(|one| seconds(one, entrance)).fold(f64::INFINITY, f64::min);
            let here = seconds(&all, entrance);
            prop_assert!(here == least || (here - least).abs() < 1e-6, "the least over posts: {here} {least}");
            prop_assert!(single.iter().all(|one| here <= seconds(one, entrance) + 1e-6));
            prop_assert!(seconds(&quick, entrance) <= here + 1e-6);
        }
    }

    /// A road is told just where one is in time, with the time one is there.
    #[test]
    fn what_is_told_of_a_road_is_the_time_of_each_place_on_it(seed in any::<u64>(), minutes in 1..15_i64) {
        let town = Town::made(seed);
        let pace = Pace { limit: Span::minutes(minutes), ..Pace::default() };
        let roads = town.roads();
        let found = answer(&roads, &town.registry(&town.posts), &pace);
        let starts: Vec<Option<Snap>> = found.posts.iter().map(|post| post.at).collect();
        let times = Times::of(&roads, &starts, &pace);
        let limit = pace.limit.seconds_f64();
        for (number, chain) in (0_u32..).zip(&roads.chains) {
            for step in 0..=40 {
                let at_m = chain.length_m() * f64::from(step) / 40.0;
                let way = times.way(&Snap { chain: number, at_m, distance_m: 0.0 }, Gaps::Open);
                let seconds = way.map_or(f64::INFINITY, |way| way.seconds);
                let holds = |part: &&Part| {
                    let [a, b] = part.between_m;
                    part.chain == number && (a.min(b) - 1e-6..=a.max(b) + 1e-6).contains(&at_m)
                };
                let told: Vec<&Part> = found.parts.iter().filter(holds).collect();
                if (seconds - limit).abs() > 1e-3 {
                    prop_assert_eq!(!told.is_empty(), seconds < limit, "{} of {}: {}", at_m, chain.length_m(), seconds);
                }
                let between = |part: &&Part| (part.from.seconds - 1e-3..=part.to_s + 1e-3).contains(&seconds);
                prop_assert!(told.is_empty() || told.iter().any(between), "{seconds}: {told:?}");
            }
        }
    }

    /// M1 of coverage.md: in which order roads and posts are written, and which way roads are drawn, changes no time.
    #[test]
    fn how_it_is_written_does_not_matter(seed in any::<u64>()) {
        let (town, pace) = (Town::made(seed), Pace::default());
        let mut other = Town::made(seed);
        other.posts.reverse();
        let mut lines = town.roads().lines;
        lines.reverse();
        lines.iter_mut().for_each(|line| line.parts[0].0.reverse());
        let (found, again) = (town.answer(&town.posts, &pace), answer(&graph(lines), &other.registry(&other.posts), &pace));
        for entrance in 0..town.entrances.len() {
            let (here, there) = (seconds(&found, entrance), seconds(&again, entrance));
            prop_assert!(here == there || (here - there).abs() < 1e-6, "{here} {there}");
        }
    }
}
