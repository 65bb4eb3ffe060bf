//! What stands in a block: its texts, ways and nodes. Walked where it lies; nothing is kept but what is asked for.

use cunkou_core::registry::PbfFault;

use super::wire::{Fields, Packed, Value, deltas, signed};

/// Texts of a block at most: some programs write 8 000 things a block, each with a few.
pub(super) const MAX_TEXTS: usize = 1_000_000;
/// Coordinates are in units of so many billionths of a degree, unless a block says otherwise.
const GRANULARITY: i64 = 100;

/// A block of data.
#[derive(Debug)]
pub(super) struct Block<'a> {
    bytes: &'a [u8],
    texts: Vec<&'a [u8]>,
    granularity: i64,
    /// Longitude and latitude of what is 0.
    offset: (i64, i64),
}

/// A way: its number, its tags and the numbers of its nodes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way<'a> {
    pub(super) id: i64,
    texts: &'a [&'a [u8]],
    keys: &'a [u8],
    values: &'a [u8],
    refs: &'a [u8],
}

impl<'a> Block<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Result<Block<'a>, PbfFault> {
        let mut block = Block { bytes, texts: Vec::new(), granularity: GRANULARITY, offset: (0, 0) };
        for field in Fields(bytes) {
            match field? {
                (1, Value::Bytes(table)) => block.read_texts(table)?,
                (17, Value::Number(number)) => block.granularity = number.cast_signed(),
                (19, Value::Number(number)) => block.offset.1 = number.cast_signed(),
                (20, Value::Number(number)) => block.offset.0 = number.cast_signed(),
                _ => {}
            }
        }
        Ok(block)
    }

    fn read_texts(&mut self, table: &'a [u8]) -> Result<(), PbfFault> {
        for field in Fields(table) {
            if let (1, Value::Bytes(text)) = field? {
                if self.texts.len() == MAX_TEXTS {
                    return Err(PbfFault::Texts { limit: MAX_TEXTS });
                }
                self.texts.push(text);
            }
        }
        Ok(())
    }

    /// Shows every way to `take`. Says whether there are nodes too.
    pub(super) fn ways(&self, mut take: impl FnMut(Way<'_>) -> Result<(), PbfFault>) -> Result<bool, PbfFault> {
        let mut nodes = false;
        self.things(|kind, thing| {
            nodes |= kind < 3;
            if kind == 3 { take(way(thing, &self.texts)?) } else { Ok(()) }
        })?;
        Ok(nodes)
    }

    /// Shows every node to `take`: its number, longitude and latitude in billionths of a degree.
    pub(super) fn nodes(&self, mut take: impl FnMut(i64, i64, i64) -> Result<(), PbfFault>) -> Result<(), PbfFault> {
        let mut placed = |id: i64, lon: i64, lat: i64| {
            let place = |offset: i64, units: i64| units.checked_mul(self.granularity)?.checked_add(offset);
            let place = place(self.offset.0, lon).zip(place(self.offset.1, lat));
            // What is too far for a number is not on earth; whether that matters is for those who asked.
            let (lon, lat) = place.unwrap_or((i64::MAX, i64::MAX));
            take(id, lon, lat)
        };
        self.things(|kind, thing| match kind {
            1 => node(thing).and_then(|(id, lon, lat)| placed(id, lon, lat)),
            2 => dense(thing, &mut placed),
            _ => Ok(()),
        })
    }

    /// Shows what is in the groups of the block, by kind: 1 a node, 2 many nodes, 3 a way.
    fn things(&self, mut take: impl FnMut(u64, &'a [u8]) -> Result<(), PbfFault>) -> Result<(), PbfFault> {
        for field in Fields(self.bytes) {
            let (2, Value::Bytes(group)) = field? else { continue };
            for thing in Fields(group) {
                if let (kind, Value::Bytes(thing)) = thing? {
                    take(kind, thing)?;
                }
            }
        }
        Ok(())
    }
}

fn way<'a>(bytes: &'a [u8], texts: &'a [&'a [u8]]) -> Result<Way<'a>, PbfFault> {
    let mut way = Way { id: 0, texts, keys: &[], values: &[], refs: &[] };
    for field in Fields(bytes) {
        match field? {
            (1, Value::Number(id)) => way.id = id.cast_signed(),
            (2, value) => once(&mut way.keys, value)?,
            (3, value) => once(&mut way.values, value)?,
            (8, value) => once(&mut way.refs, value)?,
            _ => {}
        }
    }
    Ok(way)
}

impl<'a> Way<'a> {
    /// The value of each of these keys; empty where it has none.
    pub(super) fn tags<const N: usize>(&self, keys: [&str; N]) -> Result<[&'a [u8]; N], PbfFault> {
        let mut found: [&[u8]; N] = [&[]; N];
        let text = |at: u64| {
            let text = usize::try_from(at).ok().and_then(|at| self.texts.get(at)).copied();
            text.ok_or(PbfFault::Message)
        };
        let mut values = Packed(self.values);
        for key in Packed(self.keys) {
            let key = text(key?)?;
            let value = text(values.next().ok_or(PbfFault::Message)??)?;
            let wanted = keys.iter().position(|k| k.as_bytes() == key);
            if let Some(place) = wanted.and_then(|at| found.get_mut(at)) {
                *place = value;
            }
        }
        if values.next().is_some() { Err(PbfFault::Message) } else { Ok(found) }
    }

    /// The numbers of its nodes.
    pub(super) fn refs(&self) -> impl Iterator<Item = Result<i64, PbfFault>> + use<'a> {
        deltas(self.refs)
    }
}

/// A node of its own: number, longitude, latitude.
fn node(bytes: &[u8]) -> Result<(i64, i64, i64), PbfFault> {
    let (mut id, mut lon, mut lat) = (None, None, None);
    for field in Fields(bytes) {
        match field? {
            (1, Value::Number(number)) => id = Some(signed(number)),
            (8, Value::Number(number)) => lat = Some(signed(number)),
            (9, Value::Number(number)) => lon = Some(signed(number)),
            _ => {}
        }
    }
    match (id, lon, lat) {
        (Some(id), Some(lon), Some(lat)) => Ok((id, lon, lat)),
        _ => Err(PbfFault::Message),
    }
}

/// Many nodes: as many longitudes and latitudes as numbers.
fn dense(bytes: &[u8], take: &mut impl FnMut(i64, i64, i64) -> Result<(), PbfFault>) -> Result<(), PbfFault> {
    let (mut ids, mut lons, mut lats): (&[u8], &[u8], &[u8]) = (&[], &[], &[]);
    for field in Fields(bytes) {
        match field? {
            (1, value) => once(&mut ids, value)?,
            (8, value) => once(&mut lats, value)?,
            (9, value) => once(&mut lons, value)?,
            _ => {}
        }
    }
    let (mut lons, mut lats) = (deltas(lons), deltas(lats));
    for id in deltas(ids) {
        let lon = lons.next().ok_or(PbfFault::Message)??;
        let lat = lats.next().ok_or(PbfFault::Message)??;
        take(id?, lon, lat)?;
    }
    if lons.next().is_some() || lats.next().is_some() { Err(PbfFault::Message) } else { Ok(()) }
}

/// Packed numbers in one piece, as every program writes them.
fn once<'a>(place: &mut &'a [u8], value: Value<'a>) -> Result<(), PbfFault> {
    match value {
        Value::Bytes(packed) if place.is_empty() => *place = packed,
        _ => return Err(PbfFault::Message),
    }
    Ok(())
}
