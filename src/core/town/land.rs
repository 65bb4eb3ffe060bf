//! The ground: the town's boundary, its villages and hamlets.

use std::collections::BTreeSet;

use super::counts::Counts;
use super::geometry::{Grid, P, area, cell, contains, round};
use super::rng::Rng;
use super::tables::{SUFFIXES, SURNAMES, VILLAGES};
use crate::registry::AreaKind;

/// Corners of the boundary.
const CORNERS: usize = 72;
/// No hamlet lies nearer to the boundary, metres, so that its entrances and cameras are in the town.
const RIM_M: f64 = 450.0;
/// Distances between hamlets that are tried for, metres.
const SPACING_M: (f64, f64) = (430.0, 680.0);
/// Places that are looked at before the best of them is taken.
const TRIES: usize = 60;

/// A community or village.
#[derive(Debug)]
pub(super) struct Village {
    /// Its id.
    pub(super) id: String,
    /// Community or village.
    pub(super) kind: AreaKind,
    /// Its name.
    pub(super) name: String,
    /// Its statistics code, where it is a real one.
    pub(super) code: Option<&'static str>,
    /// The middle of its main hamlet.
    pub(super) at: P,
    /// Its boundary.
    pub(super) ring: Vec<P>,
}

/// A hamlet.
#[derive(Debug)]
pub(super) struct Hamlet {
    /// Its id.
    pub(super) id: String,
    /// Its name, unique within the village.
    pub(super) name: String,
    /// Its village, by number.
    pub(super) village: usize,
    /// Its middle.
    pub(super) at: P,
    /// From the middle to where roads enter, metres.
    pub(super) radius_m: f64,
}

/// The ground of a town.
#[derive(Debug)]
pub(super) struct Land {
    /// The town's boundary, counter-clockwise, not closed.
    pub(super) ring: Vec<P>,
    /// Communities first, then villages.
    pub(super) villages: Vec<Village>,
    /// The main hamlet of each village first, in the order of villages; then the others.
    pub(super) hamlets: Vec<Hamlet>,
}

impl Land {
    /// Makes the ground.
    pub(super) fn new(seed: u64, counts: &Counts) -> Land {
        let mut rng = Rng::stream(seed, "land");
        let ring = boundary(&mut rng, counts.area_m2);
        let inner: Vec<P> =
            ring.iter().map(|p| p.towards(P::new(0.0, 0.0), RIM_M / p.distance(P::new(0.0, 0.0)))).collect();
        let centres = village_centres(&mut rng, &inner, counts.villages);
        let villages = name_villages(&mut Rng::stream(seed, "villages"), &ring, &centres, counts);
        let spots = hamlet_spots(&mut rng, &inner, &centres, counts.hamlets);
        let hamlets = name_hamlets(&mut Rng::stream(seed, "hamlets"), &villages, &spots);
        Land { ring, villages, hamlets }
    }
}

/// A ring round the middle, like a potato, of exactly the wanted area.
fn boundary(rng: &mut Rng, area_m2: f64) -> Vec<P> {
    let waves: Vec<(f64, f64, f64)> =
        (2..6).map(|k| (f64::from(k), rng.between(0.02, 0.06) / f64::from(k), rng.between(0.0, 360.0))).collect();
    let shape = |scale: f64| -> Vec<P> {
        (0..CORNERS)
            .map(|i| {
                let degrees = 360.0 - i as f64 * 360.0 / CORNERS as f64;
                let wave: f64 = waves.iter().map(|(k, a, phase)| a * (k * degrees + phase).to_radians().cos()).sum();
                P::new(0.0, 0.0).walk(degrees, scale * (1.0 + wave))
            })
            .collect()
    };
    // The area of the shape at a kilometre tells the scale; rounded, so that it is the same everywhere.
    shape(round((area_m2 / area(&shape(1_000.0))).sqrt() * 1_000.0, 2))
}

/// A random point in a ring round the middle.
fn somewhere(rng: &mut Rng, ring: &[P]) -> P {
    let reach = ring.iter().map(|p| p.d2(P::new(0.0, 0.0))).fold(0.0, f64::max).sqrt();
    // A star-shaped ring fills most of its circle: so many misses in a row do not happen, and the middle is in it.
    (0..1_000)
        .map(|_| P::new(rng.between(-reach, reach), rng.between(-reach, reach)))
        .find(|p| contains(ring, *p))
        .unwrap_or(P::new(0.0, 0.0))
}

/// The first village in the middle, each further one as far from the others as the best of some candidates
/// (Mitchell 1991): irregular, but nowhere crowded.
fn village_centres(rng: &mut Rng, inner: &[P], n: usize) -> Vec<P> {
    let mut centres = vec![P::new(0.0, 0.0)];
    while centres.len() < n {
        let mut best = (P::new(0.0, 0.0), -1.0);
        for _ in 0..12 {
            let candidate = somewhere(rng, inner);
            let free = centres.iter().map(|c| c.d2(candidate)).fold(f64::INFINITY, f64::min);
            if free > best.1 {
                best = (candidate, free);
            }
        }
        centres.push(best.0);
    }
    centres
}

fn name_villages(rng: &mut Rng, ring: &[P], centres: &[P], counts: &Counts) -> Vec<Village> {
    let communities = VILLAGES.iter().filter(|v| v.1.ends_with("居委会")).take(counts.communities);
    let real = communities.chain(VILLAGES.iter().filter(|v| v.1.ends_with("村委会"))).map(Some);
    let mut names = BTreeSet::new();
    let grid = grid_of(centres);
    let width = digits(centres.len()).max(2);
    let reach = 2.5 * (counts.area_m2 / centres.len() as f64).sqrt();
    let rows = centres.iter().enumerate().zip(real.chain(std::iter::repeat(None)));
    rows.map(|((i, at), row)| {
        let (kind, name, code) = match row {
            Some((code, committee)) => match committee.strip_suffix("居委会") {
                Some(name) => (AreaKind::Community, format!("{name}社区"), Some(*code)),
                None => (AreaKind::Village, committee.trim_end_matches("委会").to_owned(), Some(*code)),
            },
            None => (AreaKind::Village, made_up(rng, &names, "村"), None),
        };
        names.insert(name.clone());
        // Cells of villages farther away than a few diameters cannot touch.
        let mut near: Vec<(usize, P)> = grid.within(*at, 2.0 * reach).collect();
        near.sort_unstable_by_key(|(i, _)| *i);
        let others: Vec<P> = near.into_iter().map(|(_, p)| p).collect();
        Village { id: format!("V{:0width$}", i + 1), kind, name, code, at: *at, ring: cell(ring, *at, &others) }
    })
    .collect()
}

/// A name that is not yet taken: surname, suffix, and a number where that does not help.
fn made_up(rng: &mut Rng, taken: &BTreeSet<String>, tail: &str) -> String {
    // The smaller of two draws: the front of the tables is commoner, as in life.
    let mut common = |n: usize| rng.below(n).min(rng.below(n));
    for _ in 0..100 {
        let name = format!("{}{}{tail}", SURNAMES[common(SURNAMES.len())], SUFFIXES[common(SUFFIXES.len())]);
        if !taken.contains(&name) {
            return name;
        }
    }
    let (surname, suffix) = (SURNAMES[common(SURNAMES.len())], SUFFIXES[common(SUFFIXES.len())]);
    (2..).map(|n| format!("{surname}{suffix}{n}{tail}")).find(|name| !taken.contains(name)).unwrap_or_default()
}

/// Where hamlets lie, with their village: its main hamlet in its middle, the others round it, nearer to it than to
/// any other village.
fn hamlet_spots(rng: &mut Rng, inner: &[P], centres: &[P], n: usize) -> Vec<(P, usize)> {
    let mut spots: Vec<(P, usize)> = centres.iter().copied().zip(0..).collect();
    let villages = grid_of(centres);
    let mut taken = Grid::new(SPACING_M.1);
    centres.iter().enumerate().for_each(|(i, p)| taken.add(i, *p));
    let reach = 1.6 * (area(inner) / centres.len() as f64 / std::f64::consts::PI).sqrt();
    for (village, more) in shares(rng, n, centres.len()).into_iter().enumerate() {
        for _ in 1..more {
            let wish = rng.between(SPACING_M.0, SPACING_M.1);
            let mut best = (centres[village], -1.0);
            for _ in 0..TRIES {
                // The root makes all of the disc equally likely.
                let p = centres[village].walk(round(rng.between(0.0, 360.0), 2), round(reach * rng.unit().sqrt(), 2));
                let nearest = villages.within(p, p.distance(centres[village]) - 0.02).next().is_none();
                if !nearest || !contains(inner, p) {
                    continue;
                }
                let free = taken.within(p, wish).map(|(_, q)| q.distance(p)).fold(wish, f64::min);
                if free > best.1 {
                    best = (p, free);
                }
                if free >= wish {
                    break;
                }
            }
            taken.add(spots.len(), best.0);
            spots.push((best.0, village));
        }
    }
    spots
}

/// Hamlets of each village: the same number give or take a few, all together `n`, each at least one.
fn shares(rng: &mut Rng, n: usize, villages: usize) -> Vec<usize> {
    let mut shares: Vec<usize> = (0..villages).map(|i| n / villages + usize::from(i < n % villages)).collect();
    let least = (n / villages).saturating_sub(4).max(1);
    for _ in 0..villages {
        let (from, to) = (rng.below(villages), rng.below(villages));
        if shares[from] > least && shares[to] < n / villages + 4 {
            shares[from] -= 1;
            shares[to] += 1;
        }
    }
    shares
}

fn name_hamlets(rng: &mut Rng, villages: &[Village], spots: &[(P, usize)]) -> Vec<Hamlet> {
    let mut taken = vec![BTreeSet::new(); villages.len()];
    spots
        .iter()
        .map(|(at, village)| {
            let name = made_up(rng, &taken[*village], "");
            taken[*village].insert(name.clone());
            let id = format!("{}-H{:02}", villages[*village].id, taken[*village].len());
            Hamlet { id, name, village: *village, at: *at, radius_m: round(rng.between(125.0, 165.0), 0) }
        })
        .collect()
}

/// Points under their numbers.
pub(super) fn grid_of(points: &[P]) -> Grid {
    let mut grid = Grid::new(1_000.0);
    points.iter().enumerate().for_each(|(i, p)| grid.add(i, *p));
    grid
}

/// Decimal digits of a number.
pub(super) fn digits(n: usize) -> usize {
    n.to_string().len()
}
