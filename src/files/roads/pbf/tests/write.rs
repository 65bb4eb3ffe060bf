//! A small writer of extracts, for tests and benches: as programs write them, or as nobody should.

use std::io::Write;

/// Nodes and ways.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extract {
    /// Number, longitude and latitude in billionths of a degree.
    pub(crate) nodes: Vec<(i64, i64, i64)>,
    pub(crate) ways: Vec<Way>,
}

/// A way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Way {
    pub(crate) id: i64,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) nodes: Vec<i64>,
}

/// How it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    pub(crate) granularity: i64,
    pub(crate) offset: (i64, i64),
    pub(crate) dense: bool,
    pub(crate) zlib: bool,
    /// Nodes, or ways, of a block.
    pub(crate) block: usize,
}

/// As most programs do.
pub(crate) const USUAL: Form = Form { granularity: 100, offset: (0, 0), dense: true, zlib: true, block: 8_000 };

/// The bytes of an extract.
pub(crate) fn write(extract: &Extract, form: Form) -> Vec<u8> {
    let mut file = header(&["OsmSchema-V0.6", "DenseNodes"]);
    for nodes in extract.nodes.chunks(form.block) {
        file.extend(blob("OSMData", &nodes_block(nodes, form), form.zlib));
    }
    for ways in extract.ways.chunks(form.block) {
        file.extend(blob("OSMData", &ways_block(ways, form), form.zlib));
    }
    file
}

/// The block that every extract begins with.
pub(crate) fn header(features: &[&str]) -> Vec<u8> {
    let data: Vec<u8> = features.iter().flat_map(|name| bytes(4, name.as_bytes())).collect();
    blob("OSMHeader", &data, false)
}

/// A block of a file.
pub(crate) fn blob(kind: &str, data: &[u8], zlib: bool) -> Vec<u8> {
    let packed = if zlib {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(data).expect("memory");
        [number(2, data.len() as u64), bytes(3, &encoder.finish().expect("memory"))].concat()
    } else {
        bytes(1, data)
    };
    framed(kind, packed.len() as u64, &packed)
}

/// A block with this size in its header.
pub(crate) fn framed(kind: &str, size: u64, packed: &[u8]) -> Vec<u8> {
    let header = [bytes(1, kind.as_bytes()), number(3, size)].concat();
    [&u32::try_from(header.len()).expect("short").to_be_bytes()[..], &header, packed].concat()
}

/// The data of a block of nodes.
pub(crate) fn nodes_block(nodes: &[(i64, i64, i64)], form: Form) -> Vec<u8> {
    let units = |value: i64, offset: i64| (value - offset) / form.granularity;
    let places = nodes.iter().map(|(id, lon, lat)| (*id, units(*lon, form.offset.0), units(*lat, form.offset.1)));
    let group = if form.dense {
        let (ids, places): (Vec<i64>, Vec<(i64, i64)>) = places.map(|(id, lon, lat)| (id, (lon, lat))).unzip();
        let (lons, lats): (Vec<i64>, Vec<i64>) = places.into_iter().unzip();
        bytes(2, &[bytes(1, &deltas(&ids)), bytes(8, &deltas(&lats)), bytes(9, &deltas(&lons))].concat())
    } else {
        let node = |(id, lon, lat)| [number(1, zigzag(id)), number(8, zigzag(lat)), number(9, zigzag(lon))].concat();
        places.flat_map(|place| bytes(1, &node(place))).collect()
    };
    let offsets = [number(19, form.offset.1.cast_unsigned()), number(20, form.offset.0.cast_unsigned())].concat();
    // As programs do: what the coordinates mean stands behind them.
    [bytes(1, &bytes(1, b"")), bytes(2, &group), number(17, form.granularity.cast_unsigned()), offsets].concat()
}

/// The data of a block of ways.
pub(crate) fn ways_block(ways: &[Way], form: Form) -> Vec<u8> {
    let mut texts = vec![String::new()];
    let mut known = std::collections::HashMap::new();
    let mut text = |word: &String| {
        *known.entry(word.clone()).or_insert_with(|| {
            texts.push(word.clone());
            texts.len() as u64 - 1
        })
    };
    let mut group = Vec::new();
    for way in ways {
        let keys: Vec<u8> = way.tags.iter().flat_map(|(key, _)| varint(text(key))).collect();
        let values: Vec<u8> = way.tags.iter().flat_map(|(_, value)| varint(text(value))).collect();
        let info = bytes(4, &number(1, 3));
        let refs = bytes(8, &deltas(&way.nodes));
        let id = number(1, way.id.cast_unsigned());
        group.extend(bytes(3, &[id, bytes(2, &keys), bytes(3, &values), info, refs].concat()));
    }
    let table: Vec<u8> = texts.iter().flat_map(|text| bytes(1, text.as_bytes())).collect();
    [bytes(1, &table), bytes(2, &group), number(17, form.granularity.cast_unsigned())].concat()
}

/// Packed differences.
pub(crate) fn deltas(numbers: &[i64]) -> Vec<u8> {
    let before = [0].into_iter().chain(numbers.iter().copied());
    numbers.iter().zip(before).flat_map(|(number, before)| varint(zigzag(number.wrapping_sub(before)))).collect()
}

/// A field that is a number.
pub(crate) fn number(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

/// A field that is a text or a message.
pub(crate) fn bytes(field: u64, value: &[u8]) -> Vec<u8> {
    [varint(field << 3 | 2), varint(value.len() as u64), value.to_vec()].concat()
}

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}
