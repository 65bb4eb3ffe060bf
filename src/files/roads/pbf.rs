//! Roads from an extract of OpenStreetMap (PBF), read twice, since nodes stand before the ways that name them: first the
//! ways that are roads, then the nodes that these name.
//!
//! No crate that reads the format bounds what it builds of a block: 32 kB, all of them valid, became 1.9 GB of empty lists.
//! Here a block stays the bytes that it is.

mod blobs;
mod block;
#[cfg(test)]
pub(super) mod tests;
mod wire;

use cunkou_core::registry::{Fault, FileFault, PbfFault};
use geo::{Coord, LineString};

use super::odd::Odd;
use super::{MAX_POINTS, RoadLine, RoadMap, hash, level, on_earth, says_yes, short};
use blobs::{Blob, Blobs, Placed};
use block::{Block, Way};
use wire::{Fields, Value};

/// The extract of a registry folder, in the place of roads.geojson.
pub const ROADS_PBF: &str = "roads.osm.pbf";
/// The largest extract that is read, bytes: a province is.
pub(super) const MAX_PBF: u64 = 64 << 20;
/// All its blocks unpacked, bytes; usual is the double of the file.
const MAX_UNPACKED: u64 = 512 << 20;
/// Roads that are read.
const MAX_ROADS: usize = 250_000;
/// What one must understand to read an extract, and is understood.
const FEATURES: [&[u8]; 2] = [b"OsmSchema-V0.6", b"DenseNodes"];
/// Tags that are asked for.
const KEYS: [&str; 6] = ["highway", "name", "layer", "bridge", "tunnel", "area"];

/// Reads a roads.osm.pbf.
///
/// # Errors
/// What is wrong with it; then none of it is drawn.
pub fn read_roads_pbf(bytes: &[u8]) -> Result<RoadMap, Vec<Fault>> {
    if bytes.len() as u64 > MAX_PBF {
        return Err(vec![Fault::of_file(ROADS_PBF, FileFault::TooLarge { limit: MAX_PBF })]);
    }
    let read = Found::of(bytes).and_then(|found| {
        let places = Places::of(&found, bytes)?;
        Ok(found.lay(&places))
    });
    let (lines, odd) =
        read.map_err(|(offset, why)| vec![Fault::of_file(ROADS_PBF, FileFault::Extract { offset, why })])?;
    let others = odd.not_lines.map_or(0, |(_, count)| count);
    Ok(RoadMap { odd: odd.faults(ROADS_PBF, lines.is_empty()), lines, others, hash: hash(bytes) })
}

/// The roads of an extract, before anybody knows where their nodes are.
#[derive(Default)]
struct Found {
    /// Each with where its nodes end in `refs`.
    roads: Vec<(RoadLine, usize)>,
    /// The nodes of all roads, one road behind the other.
    refs: Vec<i64>,
    /// Areas, and ways of less than two nodes.
    others: usize,
    /// Which blocks have nodes.
    with_nodes: Vec<bool>,
}

impl Found {
    fn of(bytes: &[u8]) -> Result<Found, Placed> {
        let (mut found, mut unpacked, mut total) = (Found::default(), Vec::new(), 0_u64);
        let mut is_empty = true;
        for blob in Blobs::of(bytes) {
            let blob = blob?;
            is_empty = false;
            let nodes = found.blob(&blob, &mut unpacked).map_err(|fault| (blob.offset, fault))?;
            found.with_nodes.push(nodes);
            total += if blob.kind == b"OSMData" { unpacked.len() as u64 } else { 0 };
            if total > MAX_UNPACKED {
                return Err((blob.offset, PbfFault::Unpacked { limit: MAX_UNPACKED }));
            }
        }
        if is_empty { Err((0, PbfFault::Start)) } else { Ok(found) }
    }

    /// Takes the roads of a block; says whether it has nodes.
    fn blob(&mut self, blob: &Blob<'_>, unpacked: &mut Vec<u8>) -> Result<bool, PbfFault> {
        match blob.kind {
            b"OSMHeader" => {
                blob.unpack(unpacked)?;
                understood(unpacked).map(|()| false)
            }
            b"OSMData" => {
                blob.unpack(unpacked)?;
                Block::of(unpacked)?.ways(|way| self.way(&way))
            }
            // The format wants others passed over.
            _ => Ok(false),
        }
    }

    fn way(&mut self, way: &Way<'_>) -> Result<(), PbfFault> {
        let tags = way.tags(KEYS)?.map(String::from_utf8_lossy);
        let [highway, name, layer, bridge, tunnel, area] = &tags;
        if highway.is_empty() {
            return Ok(());
        }
        let begin = self.refs.len();
        for node in way.refs() {
            if self.refs.len() == MAX_POINTS {
                return Err(PbfFault::Points { limit: MAX_POINTS });
            }
            self.refs.push(node?);
        }
        if says_yes(area) || self.refs.len() - begin < 2 {
            self.refs.truncate(begin);
            self.others += 1;
            return Ok(());
        }
        if self.roads.len() == MAX_ROADS {
            return Err(PbfFault::Roads { limit: MAX_ROADS });
        }
        let level = level(&short(layer), says_yes(bridge), says_yes(tunnel));
        let (highway, name) = (short(highway), short(name));
        self.roads
            .push((RoadLine { id: way.id.to_string(), highway, name, level, parts: Vec::new() }, self.refs.len()));
        Ok(())
    }

    /// The roads where they run, and what is odd about them. A road ends where a node is not there: what lies between
    /// the next two that are is not known, and a straight line would be a road that nobody built.
    fn lay(self, places: &Places) -> (Vec<RoadLine>, Odd) {
        let (mut odd, mut lines, mut begin) = (Odd::default(), Vec::with_capacity(self.roads.len()), 0);
        (0..self.others).for_each(|_| odd.not_line(None));
        for (mut road, end) in self.roads {
            let places: Vec<_> = self.refs.get(begin..end).unwrap_or_default().iter().map(|n| places.get(*n)).collect();
            begin = end;
            if places.contains(&None) {
                odd.torn(&road.id);
            }
            let parts = places.split(Option::is_none).map(|part| part.iter().copied().flatten().collect());
            road.parts = parts.filter(|part: &LineString<f64>| part.0.len() > 1).collect();
            if road.parts.is_empty() {
                odd.not_line(None);
                continue;
            }
            odd.road(None, &road);
            lines.push(road);
        }
        odd.missing = places.missing();
        (lines, odd)
    }
}

/// Where the nodes of the roads are.
struct Places {
    /// Their numbers, in order, each once.
    ids: Vec<i64>,
    places: Vec<Option<Coord<f64>>>,
}

impl Places {
    fn of(found: &Found, bytes: &[u8]) -> Result<Places, Placed> {
        let mut ids = found.refs.clone();
        ids.sort_unstable();
        ids.dedup();
        let mut places = Places { places: vec![None; ids.len()], ids };
        let mut unpacked = Vec::new();
        for (blob, _) in Blobs::of(bytes).zip(&found.with_nodes).filter(|(_, nodes)| **nodes) {
            let blob = blob?;
            let block = blob.unpack(&mut unpacked).and_then(|()| Block::of(&unpacked));
            let taken = block.and_then(|block| block.nodes(|id, lon, lat| places.put(id, lon, lat)));
            taken.map_err(|fault| (blob.offset, fault))?;
        }
        Ok(places)
    }

    fn put(&mut self, id: i64, lon: i64, lat: i64) -> Result<(), PbfFault> {
        let Ok(at) = self.ids.binary_search(&id) else { return Ok(()) };
        // Divided and not multiplied: so it is the very number that a decimal of the same degrees is read as.
        let place = Coord { x: lon as f64 / 1e9, y: lat as f64 / 1e9 };
        if !on_earth(&place) {
            return Err(PbfFault::Place);
        }
        if let Some(known) = self.places.get_mut(at) {
            *known = Some(place);
        }
        Ok(())
    }

    fn get(&self, id: i64) -> Option<Coord<f64>> {
        let at = self.ids.binary_search(&id).ok()?;
        self.places.get(at).copied().flatten()
    }

    /// How many are nowhere in the file.
    fn missing(&self) -> usize {
        self.places.iter().filter(|place| place.is_none()).count()
    }
}

/// Whether all is understood that the header wants understood.
fn understood(header: &[u8]) -> Result<(), PbfFault> {
    for field in Fields(header) {
        if let (4, Value::Bytes(name)) = field?
            && !FEATURES.contains(&name)
        {
            return Err(PbfFault::Feature { name: short(&String::from_utf8_lossy(name)).into() });
        }
    }
    Ok(())
}
