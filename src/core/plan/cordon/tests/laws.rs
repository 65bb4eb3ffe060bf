//! What must hold of any two towns that differ in one thing (coverage.md §8).

use proptest::prelude::*;

use super::super::super::repair::tests::Dice;
use super::town::{Made, STEP};
use super::*;
use crate::coverage::{Bound, Sealed};

/// Of every area: scope, id, verdict, thickness; `None` counts as thicker than any number.
fn told(scene: &Scene, standing: &dyn Fn(CameraIx) -> Standing) -> Vec<(Scope, String, Sealed, u32, u32)> {
    let all = Scope::ALL.into_iter().flat_map(|scope| scene.seals(scope, standing));
    let thick = |n: Option<u32>| n.unwrap_or(u32::MAX);
    all.map(|s| (s.scope, s.area.id.to_string(), s.verdict, thick(s.thickness.0), thick(s.thickness.1))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, max_global_rejects: 20_000, ..ProptestConfig::default() })]

    /// M4: a road outside that ends in the fields changes nothing. M5: a road more never shuts anything.
    #[test]
    fn roads_only_open(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let made = Made::new(&mut dice);
        let standing = |c| made.standing(c);
        let scene = made.scene();
        prop_assume!(!scene.goes_elsewhere());
        let before = told(&scene, &standing);
        let mut roads = made.roads.clone();
        roads.push(road("field", &[(-900.0, -900.0), (-600.0, -900.0)]));
        let scene = Scene::new(roads.clone(), made.registry.clone(), 0.0);
        prop_assert_eq!(&told(&scene, &standing), &before);

        let ends = [dice.below(4), dice.below(4), dice.below(4), dice.below(4)];
        // Where a road ended in the fields there was a place outside; on the way of a road that goes on there is none, since
        // it may be watched anywhere on its way.
        let streets = |p: usize| made.streets.iter().filter(|s| !s.gap && (s.a == p || s.b == p)).count();
        prop_assume!(streets(4 * ends[1] + ends[0]) != 1 && streets(4 * ends[3] + ends[2]) != 1);
        let ends = ends.map(|i| i as f64 * STEP);
        // On a level of its own, so that it meets the others at its ends only.
        let new = RoadLine { level: 3, ..road("new", &[(ends[0], ends[1]), (ends[2], ends[3])]) };
        roads.push(new);
        let scene = Scene::new(roads, made.registry.clone(), 0.0);
        prop_assume!(!scene.goes_elsewhere());
        let after = told(&scene, &standing);
        for (before, after) in before.iter().zip(&after) {
            let was_judged = before.2 != Sealed::Unknown || before.3 != u32::MAX;
            // An area that had no road, or none that led anywhere, may be judged now.
            prop_assert!(!was_judged || after.2 <= before.2 && after.3 <= before.3, "{:?} {:?} {:?}", before, after, ends);
        }
    }

    /// M6, M18: with a camera more, and with planned ones, nothing is less shut.
    #[test]
    fn cameras_only_shut(seed in any::<u64>()) {
        let made = Made::new(&mut Dice(seed));
        let scene = made.scene();
        let zones = &scene.cordon.zones;
        let standing = |c: CameraIx| made.standing(c);
        let levels = [Level::Plan, Level::Built, Level::Live].map(|level| scene.guards(level, &standing));
        for pair in levels.windows(2) {
            let [more, fewer] = [&pair[0], &pair[1]].map(|guards| zones.judge(guards).areas.concat());
            prop_assert!(more.iter().zip(&fewer).all(|(more, fewer)| more >= fewer), "{:?} {:?}", more, fewer);
        }
        for (i, _) in made.standing.iter().enumerate().filter(|(_, s)| **s != Standing::Live) {
            let mended = |c: CameraIx| if c.at() == i { Standing::Live } else { made.standing(c) };
            let (before, after) = (told(&scene, &standing), told(&scene, &mended));
            for (before, after) in before.iter().zip(&after) {
                prop_assert!(after.2 >= before.2 && after.3 >= before.3 && after.4 >= before.4);
            }
        }
    }

    /// M10: no failure is needed where it leaks, and nothing must be closed where it is sealed; never both nor neither.
    /// M9: a hamlet that is shut off from all around is not reached from outside the town or its block either.
    #[test]
    fn thickness_and_width_take_turns(seed in any::<u64>()) {
        let made = Made::new(&mut Dice(seed));
        let scene = made.scene();
        prop_assume!(!scene.goes_elsewhere());
        let seals = Scope::ALL.map(|scope| scene.seals(scope, &|c| made.standing(c)));
        for seal in seals.iter().flatten().filter(|s| s.why.is_none()) {
            for (thickness, width) in [(seal.thickness.0, seal.width.1), (seal.thickness.1, seal.width.0)] {
                prop_assert_ne!(thickness == Some(0), width == Some(0), "{:?}", seal);
            }
        }
        let shut = seals[2].iter().filter(|s| s.verdict == Sealed::Sealed).map(|s| s.area.id.clone());
        let shut: Vec<_> = shut.collect();
        for seal in seals[..2].iter().flatten() {
            prop_assert!(seal.leaked.hamlets.iter().all(|h| !shut.contains(&h.id)), "{:?}", seal);
        }
    }

    /// What stands in a screened answer agrees with the verdicts: where nothing leaks everything is screened, and an
    /// entrance is screened from outside the town just where nobody from there comes to it.
    #[test]
    fn screened_is_where_no_unwatched_way_leads(seed in any::<u64>()) {
        let made = Made::new(&mut Dice(seed));
        let scene = made.scene();
        prop_assume!(!scene.goes_elsewhere());
        let guards = scene.guards(Level::Live, &|c| made.standing(c));
        let into = scene.cordon.zones.judge(&guards).into;
        let ring = made.zones().remove(0);
        let from_outside = made.flood(&ring.other, |s| made.is_open(s, Bound::Worst));
        let reached_core = |street: &super::town::Street| {
            let side = |p: &usize| made.flood(&[*p], |s| made.is_open(s, Bound::Worst));
            [street.a, street.b].iter().any(|p| from_outside.contains(p) && ring.core.iter().any(|c| side(p).contains(c)))
        };
        for street in made.streets.iter().filter(|s| s.entrance.is_some()) {
            let entrance = scene.entrance(street.entrance.as_deref().unwrap());
            let screened = scene.cordon.screened(entrance, &into, Scope::Town);
            // Both sides of a closed entrance are looked at: one where the leak is makes it one that is reached.
            prop_assert_eq!(screened, Some(!reached_core(street)), "{:?}", street);
        }
    }
}
