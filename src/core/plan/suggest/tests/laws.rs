//! Laws of what is suggested, on random towns: streets of a bent grid, hamlets and villages as boxes.

use proptest::prelude::*;

use super::super::super::repair::tests::Dice;
use super::*;
use crate::registry::EntranceStatus;

const STEP: f64 = 300.0;

fn streets(dice: &mut Dice, side: usize) -> Vec<RoadLine> {
    let bend = |dice: &mut Dice| dice.below(61) as f64 - 30.0;
    let corners: Vec<(f64, f64)> = (0..side * side)
        .map(|i| ((i % side) as f64 * STEP + bend(dice), (i / side) as f64 * STEP + bend(dice)))
        .collect();
    let mut lines = Vec::new();
    for at in 0..side * side {
        let right = (at % side + 1 < side).then_some(at + 1);
        let up = (at / side + 1 < side).then_some(at + side);
        for there in [right, up].into_iter().flatten() {
            if dice.below(4) > 0 {
                lines.push(road(&format!("s{at}-{there}"), &[corners[at], corners[there]]));
            }
        }
    }
    lines
}

fn areas(dice: &mut Dice, side: usize) -> Vec<Area> {
    let size = side as f64 * STEP;
    let mut areas: Vec<Area> = (0..6)
        .map(|i| {
            let at = (dice.below(size as usize) as f64, dice.below(size as usize) as f64);
            square(&format!("H{i}"), at)
        })
        .collect();
    let half = block((-50.0, -50.0), (size / 2.0 - 140.0, size));
    areas.push(Area { kind: AreaKind::Village, ..hamlet("V1", (0.0, 0.0), Some(half)) });
    areas
}

fn made(seed: u64) -> (Vec<RoadLine>, Vec<Area>) {
    let mut dice = Dice(seed);
    let side = 3 + dice.below(4);
    (streets(&mut dice, side), areas(&mut dice, side))
}

/// What is proposed, accepted by a person as it stands.
fn accepted(suggestions: &Suggestions) -> Vec<Entrance> {
    let rows = suggestions.proposed.iter().map(|p| Entrance {
        area: p.found.area.clone(),
        name: format!("{} {}", p.found.name, p.id).into(),
        bearing: Some(p.found.bearing),
        status: EntranceStatus::Active,
        ..entrance(p.id.as_str(), p.found.at)
    });
    rows.collect()
}

/// Home, roles, and metres east and north.
type Essence = (String, Vec<String>, i64, i64);

/// What does not depend on how a map is drawn: homes, roles and places to a metre.
fn essence(suggestions: &Suggestions) -> Vec<Essence> {
    let scale = crate::coverage::Scale::at(place(0.0, 0.0).lat);
    let mut all: Vec<_> = suggestions
        .proposed
        .iter()
        .map(|p| {
            let at = p.found.at;
            let roles = p.found.roles.iter().map(ToString::to_string).collect();
            (
                p.found.area.to_string(),
                roles,
                (at.lon * scale.lon_m).round() as i64,
                (at.lat * scale.lat_m).round() as i64,
            )
        })
        .collect();
    all.sort();
    all
}

/// Whether two answers are one, but for a metre of rounding.
fn same(a: &Suggestions, b: &Suggestions, moved_m: i64) -> bool {
    let (a, b) = (essence(a), essence(b));
    let near = |(a, b): (&Essence, &Essence)| {
        (&a.0, &a.1) == (&b.0, &b.1) && (a.2 + moved_m - b.2).abs() <= 1 && (a.3 - b.3).abs() <= 1
    };
    a.len() == b.len() && a.iter().zip(&b).all(near)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    /// Once all that is proposed is accepted, all of it is known, nothing more is proposed and nothing is gone.
    #[test]
    fn what_was_accepted_is_found_again(seed in any::<u64>()) {
        let (lines, areas) = made(seed);
        let roads = graph(lines);
        let first = suggest(&roads, &registry(areas.clone(), Vec::new()));
        let again = suggest(&roads, &registry(areas, accepted(&first)));
        prop_assert_eq!(&again.proposed, &[]);
        prop_assert_eq!(&again.vanished, &[]);
        let found = |s: &Suggestions| s.matched.iter().map(|m| m.found.clone()).collect::<Vec<_>>();
        prop_assert_eq!(found(&again).len(), first.proposed.len());
        for matched in &again.matched {
            let proposed = first.proposed.iter().find(|p| p.id == matched.entrance);
            prop_assert_eq!(proposed.map(|p| &p.found), Some(&matched.found), "each is itself");
            prop_assert!(matched.apart_m < 0.01);
        }
        prop_assert_eq!((again.internal_only, again.isolated), (first.internal_only, first.isolated));
    }

    /// M1 and M2 of coverage.md: in which order roads are written, which way they are drawn, and where on the parallel the
    /// town lies changes nothing.
    #[test]
    fn how_it_is_drawn_and_where_it_lies_does_not_matter(seed in any::<u64>(), east in -3..4_i32) {
        let (lines, areas) = made(seed);
        let plain = suggest(&graph(lines.clone()), &registry(areas.clone(), Vec::new()));
        let mut drawn = lines.clone();
        drawn.reverse();
        drawn.iter_mut().for_each(|line| line.parts[0].0.reverse());
        let other = suggest(&graph(drawn), &registry(areas.clone(), Vec::new()));
        prop_assert!(same(&plain, &other, 0), "{plain:?} {other:?}");

        let degrees = f64::from(east) * 0.01;
        let moved_m = (degrees * crate::coverage::Scale::at(place(0.0, 0.0).lat).lon_m).round() as i64;
        let mut lines = lines;
        lines.iter_mut().flat_map(|line| &mut line.parts[0].0).for_each(|c| c.x += degrees);
        let mut areas = areas;
        for area in &mut areas {
            geo::MapCoordsInPlace::map_coords_in_place(area.boundary.as_mut().unwrap(), |c| Coord { x: c.x + degrees, y: c.y });
        }
        let moved = suggest(&graph(lines), &registry(areas, Vec::new()));
        prop_assert!(same(&plain, &moved, moved_m), "{plain:?} {moved:?}");
    }

    /// The assignment is the best of all: none of a few pairs costs less.
    #[test]
    fn no_other_assignment_costs_less(
        pairs in prop::collection::btree_map((0..4_usize, 0..4_usize), 0.0..1.499_f64, 0..12),
    ) {
        let pairs: Vec<(usize, usize, f64)> = pairs.into_iter().map(|((f, k), cost)| (f, k, cost)).collect();
        let gain = |chosen: &[(usize, usize)]| -> f64 {
            let of = |pair: &(usize, usize)| pairs.iter().find(|p| (p.0, p.1) == *pair).map(|p| 1.5 - p.2);
            chosen.iter().map(|pair| of(pair).unwrap_or(f64::NEG_INFINITY)).sum()
        };
        let best = (0..1_u32 << pairs.len())
            .map(|set| pairs.iter().enumerate().filter(|(i, _)| set >> i & 1 == 1).map(|(_, p)| (p.0, p.1)).collect::<Vec<_>>())
            .filter(|chosen| {
                let once = |of: fn(&(usize, usize)) -> usize| chosen.iter().map(of).collect::<BTreeSet<_>>().len();
                once(|p| p.0) == chosen.len() && once(|p| p.1) == chosen.len()
            })
            .map(|chosen| gain(&chosen))
            .fold(0.0, f64::max);
        let found = gain(&identity::assign(4, 4, &pairs));
        prop_assert!((found - best).abs() < 1e-4, "{found} {best}");
    }
}
