//! Entrances where a town has listed none: one a pole (semantics.md §4).
//!
//! A registry without entrances would watch nothing and stay silent. Its cameras stand where somebody thought that
//! something is worth watching, so each pole is taken for an entrance until entrances.csv says better.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use geo::{Distance, Haversine, Point};

use super::{Camera, Density, Dirs, Entrance, EntranceStatus, Life, LonLat, ObjectKind, Registry};
use crate::model::{AreaId, EntranceId, stable_hash_parts};

/// Cameras so near to each other stand on one pole; metres.
pub const POLE: f64 = 30.0;
/// A little less than the metres of any degree of latitude, so that nobody near is passed over: a cell is a little
/// more than a pole's reach wide.
const DEGREE: f64 = 110_000.0;
/// What stands in the column `source` of a derived entrance.
pub const DERIVED: &str = "derived";
/// Bytes of a camera's id that its entrance takes over: with `E-` before and 17 bytes of hash behind, at most 64.
const KEPT: usize = 44;

/// One entrance for each pole that has a camera which is not retired: cameras of one village that are chained by
/// steps of at most 30 m. A camera without position is a pole of its own.
#[must_use]
pub fn entrances(registry: &Registry) -> BTreeMap<EntranceId, Entrance> {
    let cameras: Vec<&Camera> = registry.cameras.values().filter(|c| c.status != Life::Retired).collect();
    let mut taken = taken(registry);
    let mut entrances = BTreeMap::new();
    for pole in poles(registry, &cameras) {
        let Some(id) = free_id(pole[0], &taken) else { continue };
        taken.insert(id.as_str().to_owned());
        entrances.insert(id.clone(), entrance(id, &pole));
    }
    entrances
}

/// Every id of the registry but those of entrances, which the derived ones replace.
fn taken(registry: &Registry) -> BTreeSet<String> {
    registry.ids().filter(|(_, kind)| *kind != ObjectKind::Entrance).map(|(id, _)| id.to_owned()).collect()
}

/// `E-` and the id of the pole's first camera; with a hash behind it where that is too long or taken.
fn free_id(camera: &Camera, taken: &BTreeSet<String>) -> Option<EntranceId> {
    let of = camera.id.as_str();
    let plain = Some(format!("E-{of}"));
    // Ids are ASCII, so that every byte is a border between letters.
    let hashed = (0..64_u32).map(|n| {
        let hash = stable_hash_parts(&[of, &n.to_string()]);
        format!("E-{}-{hash:016x}", &of[..of.len().min(KEPT)])
    });
    let mut ids = plain.into_iter().chain(hashed).filter(|id| !taken.contains(id));
    ids.find_map(|id| EntranceId::new(&id).ok())
}

fn entrance(id: EntranceId, pole: &[&Camera]) -> Entrance {
    let first = pole[0];
    Entrance {
        id,
        area: first.area.clone(),
        name: first.name.clone(),
        at: first.at,
        bearing: None,
        density: Density::Detect,
        required: 1,
        target: 1,
        priority: 3,
        roles: Vec::new(),
        dirs: Dirs::Any,
        status: EntranceStatus::Active,
        source: Some(DERIVED.into()),
        derived_from: pole.iter().map(|c| c.id.clone()).collect(),
        extra: BTreeMap::new(),
    }
}

/// Poles in the order of their first cameras; each has at least one camera, in the order of ids.
fn poles<'a>(registry: &Registry, cameras: &[&'a Camera]) -> Vec<Vec<&'a Camera>> {
    let mut villages: BTreeMap<&AreaId, Vec<(usize, LonLat)>> = BTreeMap::new();
    for (i, camera) in cameras.iter().enumerate() {
        let village = registry.village_of(&camera.area).map_or(&camera.area, |v| &v.id);
        villages.entry(village).or_default().extend(camera.at.map(|at| (i, at)));
    }
    let mut pole_of: Vec<usize> = (0..cameras.len()).collect();
    for placed in villages.into_values() {
        chain(&placed, &mut pole_of);
    }
    let mut poles: BTreeMap<usize, Vec<&Camera>> = BTreeMap::new();
    for (i, camera) in cameras.iter().enumerate() {
        poles.entry(root(&mut pole_of, i)).or_default().push(camera);
    }
    poles.into_values().collect()
}

/// Joins the cameras of a village that are chained. Each is compared with its neighbourhood, so that a village in which
/// all stand on one line, or on one spot, costs no more than another.
fn chain(placed: &[(usize, LonLat)], pole_of: &mut [usize]) {
    let most = placed.iter().map(|(_, at)| at.lat.abs()).fold(0.0, f64::max);
    // Degrees of longitude are shortest where the village is nearest to a pole of the earth.
    let (lat_cell, lon_cell) = (POLE / DEGREE, POLE / (DEGREE * most.to_radians().cos().max(1e-6)));
    let cell = |at: LonLat| ((at.lat / lat_cell).floor() as i64, (at.lon / lon_cell).floor() as i64);
    // Of those on one spot the first stands for all.
    let mut spots: BTreeMap<(u64, u64), usize> = BTreeMap::new();
    let mut cells: BTreeMap<(i64, i64), Vec<(usize, LonLat)>> = BTreeMap::new();
    for (i, at) in placed.iter().copied() {
        match spots.entry((at.lon.to_bits(), at.lat.to_bits())) {
            Entry::Occupied(first) => join(pole_of, *first.get(), i),
            Entry::Vacant(spot) => {
                spot.insert(i);
                let (row, column) = cell(at);
                for (_, near) in (row - 1..=row + 1).flat_map(|r| cells.range((r, column - 1)..=(r, column + 1))) {
                    for (j, other) in near {
                        if root(pole_of, *j) != root(pole_of, i) && metres(at, *other) <= POLE {
                            join(pole_of, *j, i);
                        }
                    }
                }
                cells.entry((row, column)).or_default().push((i, at));
            }
        }
    }
}

fn join(pole_of: &mut [usize], a: usize, b: usize) {
    let (a, b) = (root(pole_of, a), root(pole_of, b));
    pole_of[a.max(b)] = a.min(b);
}

fn metres(a: LonLat, b: LonLat) -> f64 {
    Haversine.distance(Point::new(a.lon, a.lat), Point::new(b.lon, b.lat))
}

/// The least member of a pole stands for it, so that poles come in the order of ids.
fn root(pole_of: &mut [usize], mut i: usize) -> usize {
    while pole_of[i] != i {
        pole_of[i] = pole_of[pole_of[i]];
        i = pole_of[i];
    }
    i
}
