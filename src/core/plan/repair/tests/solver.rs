//! Exact, greedy and bound, on jobs without a town around them.

use super::*;

fn each_town(most: usize, towns: u64, check: impl Fn(u64, &Jobs, &Town<'_>)) {
    for seed in 0..towns {
        let n = 1 + Dice(seed ^ 0xca11).below(most);
        let jobs = jobs(seed, n);
        let town = Town::new(&jobs, POST, &effort(seed));
        check(seed, &jobs, &town);
    }
}

fn best(town: &Town<'_>) -> Tour {
    exact::tour(town, &greedy::tour(town)).unwrap()
}

#[test]
fn exact_is_the_best_of_every_order_and_of_every_choice() {
    each_town(6, 300, |seed, _, town| {
        let (cost, tour) = by_brute_force(town);
        let found = best(town);
        assert_eq!((town.cost(&found), &found), (cost, &tour), "town {seed}");
    });
    for seed in [3, 17, 40] {
        let jobs = jobs(seed, 8);
        let town = Town::new(&jobs, POST, &effort(seed));
        assert_eq!(best(&town), by_brute_force(&town).1, "town {seed}");
    }
}

/// The walk of the town, and one that knows nothing of it but the words of the task.
#[test]
fn a_tour_costs_what_is_lost_minute_by_minute() {
    each_town(6, 100, |seed, jobs, town| {
        let tour = greedy::first(town);
        let mut ends = Vec::new();
        let (mut at, mut now) = (town.post(), 0);
        for job in &tour {
            now += town.leg(at, *job) + town.work(*job);
            ends.push((now, *job));
            at = *job;
        }
        let lost_at = |second: u32| -> u64 {
            let done: Vec<usize> = ends.iter().filter(|(end, _)| *end <= second).map(|(_, job)| *job).collect();
            let is_back = |g: &Group| g.bundles.iter().any(|b| b.iter().all(|job| done.contains(job)));
            let waiting = jobs.groups.iter().filter(|g| !is_back(g)).map(|g| g.entrances.len());
            (waiting.sum::<usize>() + jobs.stuck.len()) as u64
        };
        let lost: u64 = (0..town.shift()).map(lost_at).sum();
        assert_eq!(town.cost(&tour).lost, lost, "town {seed}");
    });
}

#[test]
fn no_order_is_below_the_bound_and_greed_is_never_above_itself() {
    each_town(7, 400, |seed, _, town| {
        let (least, optimum) = (bound::least(town), town.cost(&best(town)).lost);
        let (first, bettered) = (town.cost(&greedy::first(town)), town.cost(&greedy::tour(town)));
        let nothing = town.cost(&Tour::new()).lost;
        assert!(least <= optimum, "town {seed}: bound {least}, optimum {optimum}");
        assert!(optimum <= bettered.lost && bettered <= first && first.lost <= nothing, "town {seed}");
    });
}

/// How good greed is, so that a worse one is noticed: figures of these towns, not of the world.
#[test]
fn greed_is_near_the_best_and_the_bound_is_not_empty() {
    let (mut optimum, mut found, mut bounds) = (0, 0, 0);
    for seed in 0..40 {
        let jobs = jobs(seed, 10);
        let town = Town::new(&jobs, POST, &effort(seed));
        optimum += town.cost(&best(&town)).lost;
        found += town.cost(&greedy::tour(&town)).lost;
        bounds += bound::least(&town);
    }
    assert!(found * 100 <= optimum * 102, "{found} of {optimum}");
    assert!(bounds * 100 >= optimum * 60, "{bounds} of {optimum}");
}

#[test]
fn a_longer_shift_and_a_faster_tech_never_gain_less() {
    each_town(9, 150, |seed, jobs, town| {
        let gain = |effort: &Effort| {
            let town = Town::new(jobs, POST, effort);
            town.cost(&Tour::new()).lost - town.cost(&best(&town)).lost
        };
        let effort = effort(seed);
        let now = gain(&effort);
        assert_eq!(now, town.cost(&Tour::new()).lost - town.cost(&best(town)).lost);
        let longer = Effort { shift: effort.shift + Span::minutes(25), ..effort };
        let faster = Effort { speed_kmh: 45.0, ..effort };
        let straighter = Effort { detour: 1.0, ..effort };
        let handier = Effort { camera: Span::minutes(20), ..effort };
        for better in [longer, faster, straighter, handier] {
            assert!(gain(&better) >= now, "town {seed}: {better:?}");
        }
    });
}

/// Fifteen jobs are weighed whole in any shift: the ways that are kept stay few.
#[test]
fn fifteen_jobs_are_always_weighed_whole() {
    for seed in 0..4 {
        for hours in [4, 10, 24] {
            let jobs = jobs(seed, 15);
            let effort = Effort { shift: Span::hours(hours), ..Effort::default() };
            let town = Town::new(&jobs, POST, &effort);
            let found = best(&town);
            let (least, good) = (bound::least(&town), town.cost(&greedy::tour(&town)));
            assert!(least <= town.cost(&found).lost && town.cost(&found) <= good, "town {seed}, {hours} h");
        }
    }
}

#[test]
fn a_storm_is_ordered_by_greed_within_the_bound() {
    let jobs = jobs(1, 400);
    let town = Town::new(&jobs, POST, &Effort { shift: Span::hours(8), ..Effort::default() });
    assert!(exact::tour(&town, &Tour::new()).is_none());
    let (tour, first) = (greedy::tour(&town), greedy::first(&town));
    assert!(town.cost(&tour) <= town.cost(&first) && town.cost(&tour).lost < town.cost(&Tour::new()).lost);
    assert!(bound::least(&town) <= town.cost(&tour).lost);
    assert_eq!(town.trimmed(tour.clone()), tour, "nothing of it is in vain");
}

fn town_of(places: &[f64], groups: &[(usize, &[&[usize]])]) -> Jobs {
    let mut all = jobs(0, places.len());
    for (job, east) in all.jobs.iter_mut().zip(places) {
        job.at = LonLat { lon: POST.lon + east, lat: POST.lat };
    }
    let group = |(n, bundles): &(usize, &[&[usize]])| Group {
        entrances: vec![EntranceIx(0); *n],
        bundles: bundles.iter().map(|b| b.to_vec()).collect(),
        cut: false,
    };
    Jobs { groups: groups.iter().map(group).collect(), stuck: Vec::new(), ..all }
}

/// Five entrances wait for two faults, two for one. Who adds up single stops sees no gain in either of the two.
#[test]
fn two_faults_that_five_entrances_wait_for_come_before_one_that_two_wait_for() {
    let jobs = town_of(&[0.0, 0.0, 0.0], &[(5, &[&[0, 1]]), (2, &[&[2]])]);
    let town = Town::new(&jobs, POST, &Effort::default());
    assert_eq!((greedy::first(&town), best(&town)), (vec![0, 1, 2], vec![0, 1, 2]));
    let minutes = |tour: &[usize]| town.cost(tour).lost / 60;
    assert_eq!((minutes(&[0, 1, 2]), minutes(&[2, 0, 1])), (5 * 60 + 2 * 90, 2 * 30 + 5 * 90));
}

#[test]
fn of_equals_the_earlier_outage_comes_first() {
    let jobs = town_of(&[0.01, 0.01, 0.01], &[(1, &[&[0]]), (1, &[&[1]]), (1, &[&[2]])]);
    let town = Town::new(&jobs, POST, &Effort::default());
    assert_eq!((greedy::tour(&town), best(&town)), (vec![0, 1, 2], vec![0, 1, 2]));
}

#[test]
fn half_a_bundle_at_the_end_of_a_shift_is_not_begun() {
    let jobs = town_of(&[0.0, 0.0], &[(9, &[&[0, 1]])]);
    let town = Town::new(&jobs, POST, &Effort { shift: Span::minutes(40), ..Effort::default() });
    assert_eq!((greedy::tour(&town), best(&town)), (Tour::new(), Tour::new()));
    assert_eq!(town.trimmed(vec![1]), Tour::new());
}

/// A negative control: jobs by weight a second and cut at the end of the shift are no bound where the heaviest does
/// not fit, and a bound that charges an entrance to its cheapest job is none where another bundle is done first.
#[test]
fn rules_that_look_like_bounds_are_none() {
    let jobs = town_of(&[0.0, 0.0], &[(21, &[&[0]]), (10, &[&[1]])]);
    let mut town = Town::new(&jobs, POST, &Effort { shift: Span::minutes(60), ..Effort::default() });
    town.set_work(&[60 * 60, 30 * 60]);
    // Smith's order does the first, which gains nothing before the shift is over, and nothing after it.
    let by_smith = town.cost(&[0, 1]).lost;
    let optimum = town.cost(&best(&town)).lost;
    assert!(by_smith > optimum && bound::least(&town) <= optimum);

    let jobs = town_of(&[0.0, 0.0], &[(1, &[&[0], &[1]])]);
    let mut town = Town::new(&jobs, POST, &Effort { shift: Span::hours(4), ..Effort::default() });
    town.set_work(&[60 * 60, 30 * 60]);
    let optimum = town.cost(&best(&town)).lost;
    assert_eq!((optimum, bound::least(&town)), (30 * 60, 30 * 60));
    assert!(60 * 60 > optimum, "charged to the first alone it would be above");
}

#[test]
fn ways_are_those_of_the_sphere_times_the_detour() {
    // (114.3, 30.6) to 0.01° further north: 1111.95 m on a sphere of 6371.0088 km.
    let mut jobs = town_of(&[0.0], &[(1, &[&[0]])]);
    jobs.jobs[0].at.lat += 0.01;
    let effort = Effort { speed_kmh: 30.0, detour: 1.4, ..Effort::default() };
    let town = Town::new(&jobs, POST, &effort);
    assert!((town.metres(town.post(), 0) - 1_111.95 * 1.4).abs() < 0.1, "{}", town.metres(town.post(), 0));
    assert_eq!(town.leg(town.post(), 0), 187, "1556.7 m at 8.333 m/s");
}
