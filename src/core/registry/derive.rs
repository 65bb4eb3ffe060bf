//! Entrances where a town has listed none: one a pole (semantics.md §4).
//!
//! A registry without entrances would watch nothing and stay silent. Its cameras stand where somebody thought that
//! something is worth watching, so each pole is taken for an entrance until entrances.csv says better.

use std::collections::{BTreeMap, BTreeSet};

use geo::{Distance, Haversine, Point};

use super::{Camera, Density, Dirs, Entrance, EntranceStatus, Life, LonLat, Registry};
use crate::model::{AreaId, EntranceId, stable_hash_parts};

/// Cameras so near to each other stand on one pole; metres.
const POLE: f64 = 30.0;
/// A little less than the metres of any degree of latitude, so that nobody near is passed over.
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
    let r = registry;
    let areas = r.areas.keys().map(AsRef::<str>::as_ref);
    let nodes = r.nodes.keys().map(AsRef::<str>::as_ref);
    let cameras = r.cameras.keys().map(AsRef::<str>::as_ref);
    let elements = r.elements.keys().map(AsRef::<str>::as_ref);
    let places = r.places.keys().map(AsRef::<str>::as_ref);
    let sites = r.sites.keys().map(AsRef::<str>::as_ref);
    areas.chain(nodes).chain(cameras).chain(elements).chain(places).chain(sites).map(str::to_owned).collect()
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
    for mut placed in villages.into_values() {
        // From south to north: who is near stands at most 30 m further north in the list.
        placed.sort_by(|(_, a), (_, b)| a.lat.total_cmp(&b.lat));
        for (n, (i, at)) in placed.iter().enumerate() {
            let near = placed[n + 1..].iter().take_while(|(_, other)| other.lat - at.lat <= POLE / DEGREE);
            for (j, _) in near.filter(|(_, other)| metres(*at, *other) <= POLE) {
                let (a, b) = (root(&mut pole_of, *i), root(&mut pole_of, *j));
                pole_of[a.max(b)] = a.min(b);
            }
        }
    }
    let mut poles: BTreeMap<usize, Vec<&Camera>> = BTreeMap::new();
    for (i, camera) in cameras.iter().enumerate() {
        poles.entry(root(&mut pole_of, i)).or_default().push(camera);
    }
    poles.into_values().collect()
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
