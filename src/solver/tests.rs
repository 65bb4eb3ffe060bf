use std::path::{Path, PathBuf};

use cunkou_core::plan::{Candidate, Proof};
use proptest::prelude::*;

use super::*;

const TIME: Duration = Duration::from_secs(60);

fn data(test: &str, name: &str) -> Option<String> {
    let root = std::env::var_os("CUNKOU_TEST_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let path: &Path = &root.join("instances").join(name);
    let text = std::fs::read_to_string(path).ok();
    if text.is_none() {
        println!("skipped: {test}: {} is not there (CUNKOU_TEST_DATA)", path.display());
    }
    text
}

fn solved(cover: &Cover) -> Solved {
    let mut solved = cover.solve(2_000, &mut || true);
    close(cover, &mut solved, TIME);
    solved
}

/// The bound of the linear relaxation itself.
fn relaxed(cover: &Cover) -> f64 {
    let all: Vec<usize> = (0..cover.candidates.len()).collect();
    let program = Program::of(cover, &all, false);
    let value = program.value.clone();
    let (_, solution) = program.run(TIME, 0.0).unwrap();
    solution.eval(value)
}

fn numbers(text: &str) -> impl Iterator<Item = f64> + '_ {
    text.split_whitespace().filter_map(|word| word.parse().ok())
}

/// SJC324 (Lorena and Pereira): places with demands, each of which covers those within 800.
fn sjc(text: &str, limit: Limit) -> Cover {
    let points: Vec<(f64, f64, f64)> = text
        .lines()
        .map(|line| numbers(line).collect::<Vec<f64>>())
        .filter(|row| row.len() >= 3)
        .map(|row| (row[0], row[1], row[2]))
        .collect();
    let near = |a: &(f64, f64, f64), b: &(f64, f64, f64)| (a.0 - b.0).hypot(a.1 - b.1) <= 800.0;
    let covers = |a| (0_u32..).zip(&points).filter(|(_, b)| near(a, b)).map(|(i, _)| i).collect();
    Cover {
        elements: points.iter().map(|p| vec![p.2 as u32]).collect(),
        candidates: points.iter().map(|a| Candidate { cost: 1.0, covers: covers(a) }).collect(),
        limit,
    }
}

#[test]
fn sjc324_is_solved_as_published() {
    let Some(text) = data("sjc324_is_solved_as_published", "SJC324.txt") else { return };
    let wanted = [(5_461, 5_461), (8_790, 8_449), (11_604, 10_665), (12_106, 11_986), (12_152, 12_116)];
    for (p, (best, greedy)) in (1..).zip(wanted) {
        let cover = sjc(&text, Limit::Count(p));
        assert_eq!((cover.elements.len(), cover.all()), (324, 12_152));
        let found = solved(&cover);
        assert_eq!((found.value, found.bound, found.greedy), (best, best, greedy), "p = {p}");
    }
}

/// The core's prices prove what the linear relaxation proves, but for a little.
#[test]
fn prices_prove_nearly_what_the_linear_relaxation_proves() {
    let Some(text) = data("prices_prove_nearly_what_the_linear_relaxation_proves", "SJC324.txt") else { return };
    for p in 2..5 {
        let cover = sjc(&text, Limit::Count(p));
        let (bound, linear) = (cover.solve(2_000, &mut || true).bound as f64, relaxed(&cover));
        assert!(linear.floor() <= bound + 1e-6 && bound <= linear * 1.005, "p = {p}: {bound} and {linear}");
    }
}

/// San Francisco (PySAL): 205 tracts, 16 stores, a tract is covered within 5 000 m of road.
#[test]
fn san_francisco_is_solved_as_published() {
    let test = "san_francisco_is_solved_as_published";
    let (Some(ways), Some(demand)) = (data(test, "SF_network_distance.csv"), data(test, "SF_demand.csv")) else {
        return;
    };
    let rows = |text: &str| -> Vec<std::collections::BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        reader.deserialize().map(Result::unwrap).collect()
    };
    let people: std::collections::BTreeMap<String, f64> =
        rows(&demand).iter().map(|r| (r["NAME"].clone(), r["POP2000"].parse().unwrap())).collect();
    let tracts: Vec<&String> = people.keys().collect();
    let mut stores: std::collections::BTreeMap<String, Vec<u32>> = std::collections::BTreeMap::new();
    for row in rows(&ways) {
        let metres: f64 = row["distance"].parse().unwrap();
        let store = stores.entry(row["name"].clone()).or_default();
        if metres <= 5_000.0 {
            store.extend(tracts.iter().position(|t| **t == row["DestinationName"]).map(|i| i as u32));
        }
    }
    let candidates: Vec<Candidate> = stores
        .into_values()
        .map(|mut covers| {
            covers.sort_unstable();
            Candidate { cost: 1.0, covers }
        })
        .collect();
    let elements: Vec<Vec<u32>> = people.values().map(|n| vec![*n as u32]).collect();
    for (p, (best, greedy)) in (1..).zip([(448_255, 448_255), (671_938, 671_938), (791_499, 788_863)]) {
        let cover = Cover { elements: elements.clone(), candidates: candidates.clone(), limit: Limit::Count(p) };
        let found = solved(&cover);
        assert_eq!((found.value, found.bound, found.greedy), (best, best, greedy), "p = {p}");
    }
    let reach = |p| {
        solved(&Cover {
            elements: vec![vec![1]; elements.len()],
            candidates: candidates.clone(),
            limit: Limit::Count(p),
        })
    };
    let all = reach(16).value;
    assert!(reach(8).value == all && reach(7).bound < all, "eight stores reach whom all of them reach, seven do not");
}

/// Steiner triples: the fewest points that meet every triple. One point less leaves a triple out, and that is proven.
#[test]
fn steiner_triples_need_as_many_points_as_published() {
    for (name, points, fewest) in [("steiner.9.txt", 9, 5), ("steiner.15.txt", 15, 9)] {
        let Some(text) = data("steiner_triples_need_as_many_points_as_published", name) else { continue };
        let triples: Vec<Vec<usize>> = text
            .lines()
            .map(|line| numbers(line).map(|n| n as usize - 1).collect::<Vec<usize>>())
            .filter(|t| t.len() == 3)
            .collect();
        let meets =
            |point: usize| (0_u32..).zip(&triples).filter(|(_, t)| t.contains(&point)).map(|(i, _)| i).collect();
        let of = |limit| Cover {
            elements: vec![vec![1]; triples.len()],
            candidates: (0..points).map(|p| Candidate { cost: 1.0, covers: meets(p) }).collect(),
            limit: Limit::Count(limit),
        };
        let (enough, less) = (solved(&of(fewest)), solved(&of(fewest - 1)));
        assert_eq!(enough.value as usize, triples.len(), "{name}");
        assert!((less.bound as usize) < triples.len(), "{name}: {less:?}");
    }
}

/// Beasley's scp41: everything is covered for 429.
#[test]
fn scp41_is_covered_for_429() {
    let Some(text) = data("scp41_is_covered_for_429", "scp41.txt") else { return };
    let mut words = numbers(&text).map(|n| n as usize);
    let mut next = || words.next().unwrap();
    let (rows, columns) = (next(), next());
    let costs: Vec<usize> = (0..columns).map(|_| next()).collect();
    let mut covers: Vec<Vec<u32>> = vec![Vec::new(); columns];
    for row in 0..rows as u32 {
        for _ in 0..next() {
            covers[next() - 1].push(row);
        }
    }
    let candidates: Vec<Candidate> =
        covers.into_iter().zip(&costs).map(|(covers, cost)| Candidate { cost: *cost as f64, covers }).collect();
    let of = |budget: f64| Cover {
        elements: vec![vec![1]; rows],
        candidates: candidates.clone(),
        limit: Limit::Budget(budget),
    };
    let enough = solved(&of(429.0));
    assert_eq!((enough.value as usize, enough.bound as usize), (rows, rows));
    let less = solved(&of(428.0));
    assert!((less.bound as usize) < rows, "{} of {}", less.value, less.bound);
}

fn made() -> impl Strategy<Value = Cover> {
    let weights = prop::collection::vec(1..6_u32, 1..3).prop_map(|mut w| {
        w.sort_unstable_by(|a, b| b.cmp(a));
        w
    });
    let candidate = (prop::sample::select(vec![0.0, 0.5, 1.0, 2.0, 3.0]), prop::collection::vec(0..6_u32, 0..4));
    let candidate = candidate.prop_map(|(cost, mut covers)| {
        covers.sort_unstable();
        Candidate { cost, covers }
    });
    let limit =
        prop_oneof![(0..5_usize).prop_map(Limit::Count), (0..9_u8).prop_map(|b| Limit::Budget(f64::from(b) / 2.0))];
    (prop::collection::vec(weights, 6), prop::collection::vec(candidate, 0..11), limit)
        .prop_map(|(elements, candidates, limit)| Cover { elements, candidates, limit })
}

proptest! {
    /// Without any help of the core: all candidates, no bound but the solver's own.
    #[test]
    fn the_solver_finds_the_best_of_every_choice(cover in made()) {
        let n = cover.candidates.len();
        let set = |bits: usize| (0..n).filter(|i| bits >> i & 1 == 1).collect::<Vec<usize>>();
        let best = (0..1_usize << n).map(set).filter(|c| cover.fits(c)).map(|c| cover.value(&c)).max().unwrap();
        let all: Vec<usize> = (0..n).collect();
        let (chosen, proven) = Program::of(&cover, &all, true).solve(TIME, cover.all()).unwrap();
        prop_assert!(proven && cover.fits(&chosen), "{:?}", chosen);
        prop_assert_eq!(cover.value(&chosen), best);
        let found = solved(&cover);
        prop_assert_eq!((found.value, found.bound), (best, best));
    }
}

#[test]
fn no_time_is_no_answer_and_no_harm() {
    let cover = Cover {
        elements: vec![vec![1]; 3],
        candidates: [[0, 1], [1, 2], [0, 2]].map(|c| Candidate { cost: 1.0, covers: c.to_vec() }).to_vec(),
        limit: Limit::Count(1),
    };
    let mut found = Solved { bound: 3, proof: Proof::Everything, left: vec![0, 1, 2], ..cover.solve(0, &mut || true) };
    let before = found.clone();
    close(&cover, &mut found, Duration::ZERO);
    assert_eq!(found, before);
    close(&cover, &mut found, TIME);
    assert_eq!((found.value, found.bound, found.proof), (2, 2, Proof::Integer));
}
