//! Zones against floods, every set of failures, and algorithms that are known to be wrong.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::coverage::{Level, Standing, Verdict, Watcher};
use crate::model::CameraIx;
use crate::registry::{Camera, Intervals, Life, Registry, Topology};

/// Zones with entrances between them, each with cameras of its own; the last zone is outside, the first is the area.
#[derive(Clone, Debug)]
struct Small {
    zones: u32,
    /// Ends, and cameras that surely live and of which nothing is known; `None`: a suspect gap.
    edges: Vec<(u32, u32, Option<Guard>)>,
}

impl Small {
    fn parts(&self) -> (Zones, Guards) {
        let crossing = |i: usize, g: &Option<Guard>| match g {
            Some(_) => Crossing::Entrance(EntranceIx::from(i)),
            None => Crossing::Gap,
        };
        let edges =
            self.edges.iter().enumerate().map(|(i, (a, b, g))| ZoneEdge { a: *a, b: *b, crossing: crossing(i, g) });
        let outside = self.zones - 1;
        let places = [(0, 0), (outside, FOREIGN)];
        let family = Family::new(Scope::Town, vec![vec![0]], self.zones as usize, places.into_iter());
        let of = self.edges.iter().map(|(.., g)| g.unwrap_or_default()).collect();
        (Zones::new(self.zones as usize, edges.collect(), vec![family]), Guards { of })
    }

    /// Whether the area is reached from outside by the edges of which it is said that they are open.
    fn flooded(&self, open: impl Fn(usize) -> bool) -> bool {
        let mut seen = BTreeSet::from([self.zones - 1]);
        loop {
            let before = seen.len();
            for (_, (a, b, _)) in self.edges.iter().enumerate().filter(|(i, _)| open(*i)) {
                if seen.contains(a) || seen.contains(b) {
                    seen.extend([*a, *b]);
                }
            }
            if seen.len() == before {
                return seen.contains(&0);
            }
        }
    }

    fn cost(&self, edge: usize, bound: Bound) -> Option<u32> {
        match (self.edges[edge].2, bound) {
            (Some(guard), _) => Some(guard.at(bound)),
            (None, Bound::Worst) => Some(0),
            (None, Bound::Best) => None,
        }
    }

    /// The fewest cameras of any set whose failure opens a way, by trying every set.
    fn fewest_failures(&self, bound: Bound) -> Option<u32> {
        let cameras: Vec<usize> =
            (0..self.edges.len()).flat_map(|i| vec![i; self.cost(i, bound).unwrap_or(0) as usize]).collect();
        let opens = |set: u32| {
            let dead = |edge: usize| (0..cameras.len()).filter(|c| cameras[*c] == edge && set >> c & 1 == 1).count();
            self.flooded(|i| self.cost(i, bound).is_some_and(|cost| dead(i) == cost as usize))
        };
        (0..1_u32 << cameras.len()).filter(|set| opens(*set)).map(u32::count_ones).min()
    }

    /// What one gets who takes a smallest cut for the fewest failures: every way must lose a camera.
    fn smallest_cut(&self, bound: Bound) -> u32 {
        let side = |set: u32, zone: u32| zone == 0 || (zone != self.zones - 1 && set >> zone & 1 == 1);
        let cut = |set: u32| {
            let edges = (0..self.edges.len()).filter(|i| side(set, self.edges[*i].0) != side(set, self.edges[*i].1));
            edges.map(|i| self.cost(i, bound).unwrap_or(0)).sum::<u32>()
        };
        (0..1_u32 << self.zones).map(cut).min().unwrap_or(0)
    }
}

fn small() -> impl Strategy<Value = Small> {
    (2..6_u32).prop_flat_map(|zones| {
        let guard = prop_oneof![
            4 => (0..3_u32, 0..2_u32).prop_map(|(least, more)| Some(Guard { least, most: least + more })),
            1 => Just(None),
        ];
        let edges = prop::collection::vec((0..zones, 0..zones, guard), 0..6);
        edges.prop_map(move |edges| Small { zones, edges })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

    /// D2, D3, D4 and M10 of coverage.md on the zones alone.
    #[test]
    fn as_by_flooding_and_by_every_set_of_failures(town in small()) {
        let (zones, guards) = town.parts();
        let [worst, best] = [Bound::Worst, Bound::Best].map(|b| town.flooded(|i| town.cost(i, b) == Some(0)));
        let reached = town.flooded(|_| true);
        let expected = match (reached, worst, best) {
            (false, ..) | (true, true, false) => Sealed::Unknown,
            (true, _, true) => Sealed::Leaking,
            (true, false, false) => Sealed::Sealed,
        };
        prop_assert_eq!(zones.judge(&guards).areas, vec![vec![expected]]);
        prop_assert_eq!(zones.why(0, 0), (!reached).then_some(Why::Isolated));
        for (bound, leaks) in [(Bound::Worst, worst), (Bound::Best, best)] {
            let thickness = zones.thickness(0, &guards, bound)[0];
            prop_assert_eq!(thickness, town.fewest_failures(bound));
            prop_assert_eq!(thickness == Some(0), leaks);
            prop_assert_eq!(zones.depths(0, &guards, bound)[0], thickness, "from outside as from inside (M11)");
        }
    }

    /// M6: a camera more makes nothing worse, a dead one nothing better; M17: what is unknown lies between.
    #[test]
    fn more_cameras_are_never_worse((town, at) in (small(), any::<prop::sample::Index>())) {
        let (zones, guards) = town.parts();
        if guards.of.is_empty() {
            return Ok(());
        }
        let before = zones.judge(&guards).areas[0][0];
        let mut more = guards.clone();
        let guard = at.get(&guards.of);
        let at = at.index(guards.of.len());
        more.of[at] = Guard { least: guard.least + 1, most: guard.most + 1 };
        prop_assert!(zones.judge(&more).areas[0][0] >= before);
        let depth = |guards: &Guards, bound| zones.thickness(0, guards, bound)[0].unwrap_or(u32::MAX);
        for bound in [Bound::Worst, Bound::Best] {
            prop_assert!(depth(&more, bound) >= depth(&guards, bound));
        }
        prop_assert!(depth(&guards, Bound::Worst) <= depth(&guards, Bound::Best));
        for of_unknown in 0..=guard.most - guard.least {
            let mut resolved = guards.clone();
            resolved.of[at] = Guard { least: guard.least + of_unknown, most: guard.least + of_unknown };
            let verdict = zones.judge(&resolved).areas[0][0];
            prop_assert!(before == Sealed::Unknown || verdict == before, "what is certain stays so");
        }
    }
}

/// Golden town (b) of coverage.md: a ring road with two gates, two cameras at each. Who takes a smallest cut for the
/// fewest failures says four; two open the town.
#[test]
fn a_smallest_cut_is_no_count_of_failures() {
    let two = Some(Guard { least: 2, most: 2 });
    let town = Small { zones: 2, edges: vec![(0, 1, two), (0, 1, two)] };
    let (zones, guards) = town.parts();
    assert_eq!(zones.thickness(0, &guards, Bound::Worst), [Some(2)]);
    assert_eq!(town.fewest_failures(Bound::Worst), Some(2));
    assert_eq!(town.smallest_cut(Bound::Worst), 4, "the wrong algorithm");
}

/// And in series: one behind the other with one camera each, two must fail, and the cut says one.
#[test]
fn a_smallest_cut_is_wrong_in_both_directions() {
    let one = Some(Guard { least: 1, most: 1 });
    let town = Small { zones: 3, edges: vec![(0, 1, one), (1, 2, one)] };
    let (zones, guards) = town.parts();
    assert_eq!(zones.thickness(0, &guards, Bound::Worst), [Some(2)]);
    assert_eq!((town.fewest_failures(Bound::Worst), town.smallest_cut(Bound::Worst)), (Some(2), 1));
}

#[test]
fn an_area_without_a_road_and_one_without_a_way_are_unknown() {
    let places = [(0, 0), (1, 1), (2, FOREIGN)];
    let cores = vec![vec![0], vec![1], Vec::new()];
    let family = Family::new(Scope::Local, cores, 3, places.into_iter());
    let edge = ZoneEdge { a: 0, b: 2, crossing: Crossing::Entrance(EntranceIx(0)) };
    let zones = Zones::new(3, vec![edge], vec![family]);
    let guards = Guards { of: vec![Guard { least: 1, most: 1 }] };
    assert_eq!(zones.judge(&guards).areas, [[Sealed::Sealed, Sealed::Unknown, Sealed::Unknown]]);
    assert_eq!([0, 1, 2].map(|area| zones.why(0, area)), [None, Some(Why::Isolated), Some(Why::NoRoad)]);
    assert_eq!(zones.thickness(0, &guards, Bound::Best), [Some(1), None, None]);
    let open = Guards::default();
    assert_eq!(zones.judge(&open).areas[0][0], Sealed::Leaking, "an entrance of which nothing is said is not watched");
    assert_eq!(zones.judge(&open).into, [[true, false, true]]);
}

/// Grey places bear no label: two areas that share a zone leak into each other, one with grey places does not.
#[test]
fn grey_places_do_not_count() {
    let family = |label| Family::new(Scope::Block, vec![vec![0], vec![1]], 2, [(0, 0), (0, label), (1, 1)].into_iter());
    let leaks = |label| {
        let zones = Zones::new(2, vec![], vec![family(label)]);
        zones.leaks(&zones.families[0], &zones.components(|_| true))
    };
    assert_eq!(leaks(GREY), [false, false]);
    assert_eq!(leaks(1), [true, false]);
    assert_eq!(leaks(FOREIGN), [true, false]);
}

#[test]
fn guards_are_counted_by_level_life_and_knowledge() {
    let lives = [Life::Active, Life::Maintenance, Life::Planned, Life::Retired];
    let camera = |(i, status): (usize, &Life)| {
        let camera = Camera { status: *status, ..crate::coverage::tests::camera(&format!("C{i}")) };
        (camera.id.clone(), camera)
    };
    let registry = Registry { cameras: lives.iter().enumerate().map(camera).collect(), ..Registry::default() };
    let topology = Topology::build(&registry, &Intervals::default(), None);
    let watcher = |camera: usize, day| Watcher {
        camera: CameraIx::from(camera),
        day,
        night: Verdict::No,
        declared: true,
        rests_by_day: false,
        rests_by_night: false,
    };
    let all: Vec<Watcher> = (0..4).map(|c| watcher(c, Verdict::Yes)).collect();
    let count = |watchers: &[Watcher], level, night, standing: Standing| {
        let guard = Guard::of(watchers, &topology, level, night, |_| standing, |_| false);
        (guard.least, guard.most)
    };
    assert_eq!(count(&all, Level::Plan, false, Standing::Dead), (3, 3), "a plan does not ask who lives");
    assert_eq!(count(&all, Level::Built, false, Standing::Dead), (2, 2));
    assert_eq!(count(&all, Level::Live, false, Standing::Live), (2, 2));
    assert_eq!(count(&all, Level::Live, false, Standing::Unknown), (0, 2));
    assert_eq!(count(&all, Level::Live, false, Standing::Dead), (0, 0));
    assert_eq!(count(&all, Level::Live, true, Standing::Live), (0, 0), "by night they see nothing");
    let maybe = [watcher(0, Verdict::Maybe)];
    assert_eq!(count(&maybe, Level::Live, false, Standing::Live), (0, 1), "who may watch never covers");
    assert_eq!(count(&maybe, Level::Live, false, Standing::Dead), (0, 0));
    let resting = Guard::of(&all, &topology, Level::Built, false, |_| Standing::Live, |_| true);
    assert_eq!(resting, Guard::default());
}

#[test]
fn words_are_closed() {
    for scope in Scope::ALL {
        assert_eq!(Scope::from_word(scope.word()), Some(scope));
    }
    assert_eq!(Sealed::ALL.map(Sealed::word), ["leaking", "unknown", "sealed"]);
    assert_eq!(Why::ALL.map(Why::word), ["no_road", "isolated"]);
}

proptest! {
    /// Opening one entrance after another, in the order in which they opened, and looking each time.
    #[test]
    fn what_tipped_it_is_the_first_after_which_somebody_came_in(
        small in small(),
        times in proptest::collection::vec(proptest::option::of(0_u32..4), 12),
    ) {
        let (zones, _) = small.parts();
        let opened = |e: EntranceIx| times.get(e.at()).copied().flatten().filter(|_| small.edges[e.at()].2.is_some());
        let mut order: Vec<(u32, usize)> =
            (0..small.edges.len()).filter_map(|i| Some((opened(EntranceIx::from(i))?, i))).collect();
        order.sort_unstable();
        let first = (1..=order.len()).find(|n| small.flooded(|i| order[..*n].iter().any(|(_, open)| *open == i)));
        let expected = first.map(|n| EntranceIx::from(order[n - 1].1));
        let order: Vec<EntranceIx> = order.iter().map(|(_, i)| EntranceIx::from(*i)).collect();
        prop_assert_eq!(zones.tipped(0, &order), vec![expected]);
    }

    /// All areas of a family in one pass, as each by itself by opening one entrance after another and judging each time.
    #[test]
    fn what_tipped_each_area_is_as_by_judging_after_each_opening(
        edges in prop::collection::vec((0..8_u32, 0..8_u32, 0..7_usize), 0..14),
        labels in prop::collection::vec((0..8_u32, prop_oneof![0..4_u32, Just(FOREIGN), Just(GREY)]), 0..8),
        cores in prop::collection::vec(prop::collection::vec(0..8_u32, 0..3), 4),
        order in Just((0..7_usize).collect::<Vec<_>>()).prop_shuffle(),
        open in 0..8_usize,
    ) {
        // The last entrance stands for a gap.
        let crossing = |e: usize| if e == 6 { Crossing::Gap } else { Crossing::Entrance(EntranceIx::from(e)) };
        let edges = edges.iter().map(|(a, b, e)| ZoneEdge { a: *a, b: *b, crossing: crossing(*e) });
        let family = Family::new(Scope::Local, cores, 8, labels.into_iter());
        let zones = Zones::new(8, edges.collect(), vec![family]);
        let order: Vec<EntranceIx> = order.into_iter().filter(|e| *e < 6).take(open).map(EntranceIx::from).collect();
        let leaks = |opened: &[EntranceIx]| {
            let is_open = |e: &ZoneEdge| matches!(e.crossing, Crossing::Entrance(e) if opened.contains(&e));
            zones.leaks(&zones.families[0], &zones.components(is_open))
        };
        let first = |area: usize| (0..=order.len()).find(|n| leaks(&order[..*n])[area]);
        let by = |n: usize| n.checked_sub(1).map(|n| order[n]);
        let expected: Vec<Option<EntranceIx>> = (0..4).map(|area| first(area).and_then(by)).collect();
        prop_assert_eq!(zones.tipped(0, &order), expected);
    }
}
