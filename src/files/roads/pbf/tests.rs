//! Extracts that the tests write byte by byte, sound and hostile, the same roads as GeoJSON, and a real one.

pub(crate) mod write;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cunkou_core::model::Language;
use cunkou_core::plan::{Mode, carries};
use cunkou_core::registry::{FaultKind, RoadFault};
use proptest::prelude::*;

use super::super::read_roads;
use super::block::MAX_TEXTS;
use super::*;
use write::{Extract, Form, USUAL, Way, blob, bytes, deltas, framed, header, nodes_block, number, ways_block, write};

const DEGREE: i64 = 1_000_000_000;

fn way(id: i64, tags: &[(&str, &str)], nodes: &[i64]) -> Way {
    let tags = tags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Way { id, tags, nodes: nodes.to_vec() }
}

/// Nodes 1 to 9, a hundredth of a degree apart.
fn town(ways: Vec<Way>) -> Extract {
    let nodes = (1..10).map(|n| (n, 114 * DEGREE + n * DEGREE / 100, 31 * DEGREE)).collect();
    Extract { nodes, ways }
}

fn good(bytes: &[u8]) -> RoadMap {
    read_roads_pbf(bytes).unwrap_or_else(|faults| panic!("{faults:?}"))
}

/// The one thing that is wrong, and where.
#[track_caller]
fn wrong(bytes: &[u8]) -> (u64, PbfFault) {
    let faults = read_roads_pbf(bytes).expect_err("it is wrong");
    let [Fault { file, kind: FaultKind::File(FileFault::Extract { offset, why }), .. }] = &faults[..] else {
        panic!("{faults:?}")
    };
    assert!(&**file == ROADS_PBF && faults[0].is_error());
    let words = [Language::ZhCn, Language::En].map(|language| faults[0].words(language));
    assert!(words.iter().all(|w| w.starts_with(ROADS_PBF) && w.contains(&offset.to_string())), "{words:?}");
    (*offset, why.clone())
}

fn shown(line: &RoadLine) -> (&str, &str, &str, i8) {
    (&line.id, &line.highway, &line.name, line.level)
}

#[test]
fn roads_are_read_from_every_form_of_an_extract() {
    let extract = town(vec![
        way(7, &[("name", "甲—乙路"), ("highway", "tertiary"), ("oneway", "yes")], &[1, 2, 3]),
        way(8, &[("building", "yes")], &[1, 2, 3, 1]),
        way(9, &[("highway", "residential"), ("bridge", "viaduct")], &[3, 4]),
        way(-10, &[("highway", "construction"), ("layer", "-2"), ("tunnel", "no")], &[4, 5]),
    ]);
    let mut all = Vec::new();
    for (dense, zlib) in [(true, true), (true, false), (false, true), (false, false)] {
        for (granularity, offset, block) in [(100, (0, 0), 8_000), (1_000, (114 * DEGREE, -DEGREE), 2), (1, (-7, 7), 1)]
        {
            all.push(good(&write(&extract, Form { granularity, offset, dense, zlib, block })));
        }
    }
    for read in &all {
        assert_eq!(read.lines, all[0].lines);
        assert!(read.odd.is_empty() && read.others == 0 && read.hash.len() == 64, "{:?}", read.odd);
    }
    let lines: Vec<_> = all[0].lines.iter().map(shown).collect();
    let expected = [("7", "tertiary", "甲—乙路", 0), ("9", "residential", "", 1), ("-10", "construction", "", -2)];
    assert_eq!(lines, expected);
    let first: Vec<_> = all[0].lines[0].parts[0].coords().map(|c| (c.x, c.y)).collect();
    assert_eq!(first, [(114.01, 31.0), (114.02, 31.0), (114.03, 31.0)], "to the last bit");
}

#[test]
fn areas_and_ways_that_are_no_lines_are_counted_and_left_out() {
    let read = good(&write(
        &town(vec![
            way(1, &[("highway", "pedestrian"), ("area", "yes")], &[1, 2, 3, 1]),
            way(2, &[("highway", "pedestrian"), ("area", "no")], &[1, 2, 3, 1]),
            way(3, &[("highway", "service")], &[1]),
            way(4, &[("highway", "service")], &[]),
            way(5, &[("highway", "rode")], &[1, 2]),
        ]),
        USUAL,
    ));
    assert_eq!(read.lines.iter().map(|l| l.id.as_str()).collect::<Vec<_>>(), ["2", "5"]);
    assert_eq!(read.others, 3);
    let kinds: Vec<_> = read.odd.iter().map(|f| (&*f.file, f.kind.clone())).collect();
    let of = |kind| (ROADS_PBF, FaultKind::Roads(kind));
    assert_eq!(kinds, [of(RoadFault::NotLines { count: 3 }), of(RoadFault::Class { count: 1 })]);
    let empty = good(&header(&["OsmSchema-V0.6"]));
    assert_eq!(empty.odd[0].kind, FaultKind::Roads(RoadFault::Empty), "an extract without roads is told");
}

#[test]
fn a_road_ends_where_its_nodes_are_missing_and_that_is_told_once() {
    let extract = town(vec![
        way(1, &[("highway", "primary")], &[1, 2, 70, 3, 71, 4, 5]),
        way(2, &[("highway", "primary")], &[70, 6, 72]),
        way(3, &[("highway", "primary")], &[6, 7]),
        way(4, &[("landuse", "forest")], &[80, 81]),
    ]);
    let read = good(&write(&extract, USUAL));
    let parts: Vec<Vec<usize>> =
        read.lines.iter().map(|line| line.parts.iter().map(|part| part.0.len()).collect()).collect();
    assert_eq!((parts, read.others), (vec![vec![2, 2], vec![2]], 1));
    let told: Vec<_> =
        read.odd.iter().filter(|f| f.kind == FaultKind::Roads(RoadFault::MissingPoints { count: 3 })).collect();
    assert!(told.len() == 1 && !told[0].is_error(), "{:?}", read.odd);
    let en = told[0].words(Language::En);
    assert!(en.starts_with("roads.osm.pbf: 3 points") && en.contains("\"1\" is the first"), "{en}");
}

#[test]
fn what_is_no_extract_is_told_as_such() {
    for bytes in
        [&b""[..], b"{\"type\":\"FeatureCollection\"}", b"PK\x03\x04", &[0, 0, 0, 0], &[0; 3], b"<?xml version"]
    {
        assert_eq!(wrong(bytes), (0, PbfFault::Start), "{bytes:?}");
    }
    let data = blob("OSMData", &nodes_block(&[], USUAL), true);
    assert_eq!(wrong(&data), (0, PbfFault::Start), "it begins with its header");
    let history = header(&["OsmSchema-V0.6", "HistoricalInformation"]);
    assert_eq!(wrong(&history), (0, PbfFault::Feature { name: "HistoricalInformation".into() }));
    let large = usize::try_from(MAX_PBF).unwrap() + 1;
    let faults = read_roads_pbf(&vec![0; large]).unwrap_err();
    assert_eq!(faults[0].kind, FaultKind::File(FileFault::TooLarge { limit: MAX_PBF }));
}

#[test]
fn a_file_that_is_cut_off_anywhere_but_between_blocks_is_told() {
    let whole = write(&town(vec![way(1, &[("highway", "primary")], &[1, 2, 3])]), USUAL);
    let ends: Vec<usize> = Blobs::of(&whole).map(|b| b.unwrap().offset as usize).collect();
    assert_eq!(ends.len(), 3);
    for end in 1..whole.len() {
        if ends.contains(&end) {
            continue;
        }
        let begin = ends.iter().rev().find(|begin| **begin < end).unwrap();
        let (offset, why) = wrong(&whole[..end]);
        assert_eq!(offset as usize, *begin);
        assert!(why == PbfFault::Truncated || (why == PbfFault::Start && *begin == 0), "{why:?}");
    }
}

#[test]
fn what_is_packed_is_bounded_before_and_while_it_is_unpacked() {
    let start = header(&["OsmSchema-V0.6"]);
    let at = start.len() as u64;
    let behind = |more: &[u8]| wrong(&[&start[..], more].concat());
    let too_large = (at, PbfFault::BlockSize { limit: blobs::MAX_BLOCK });
    assert_eq!(behind(&framed("OSMData", u64::MAX, b"")), too_large, "a size below 0");
    assert_eq!(behind(&framed("OSMData", blobs::MAX_BLOCK as u64 + 1, b"")), too_large);
    assert_eq!(behind(&[0, 1, 0, 1, 0]), (at, PbfFault::BlockSize { limit: blobs::MAX_HEADER }));
    let bomb = blob("OSMData", &vec![0; blobs::MAX_BLOCK + 1], true);
    assert!(bomb.len() < 300_000);
    assert_eq!(behind(&bomb), too_large);
    let packed = |field: u64| framed("OSMData", 3, &bytes(field, b"x"));
    for (field, by) in [(4, "LZMA"), (5, "bzip2"), (6, "LZ4"), (7, "Zstandard")] {
        assert_eq!(behind(&packed(field)), (at, PbfFault::Packing { by }));
    }
    assert_eq!(behind(&packed(3)), (at, PbfFault::Zlib));
    assert_eq!(behind(&framed("OSMData", 0, b"")), (at, PbfFault::Message), "nothing in it");
    let twice = [bytes(1, b""), bytes(1, b"")].concat();
    assert_eq!(behind(&framed("OSMData", 4, &twice)), (at, PbfFault::Message));
    assert!(good(&[&start[..], &framed("OSMOther", 3, b"any")].concat()).lines.is_empty(), "others are passed over");
}

#[test]
fn many_small_blocks_that_unpack_to_much_end_at_a_bound() {
    // An unknown field of 16 MiB of zeros: 33 of them are more than is unpacked.
    let block = blob("OSMData", &bytes(99, &vec![0; 16 << 20]), true);
    let bomb = [header(&["OsmSchema-V0.6"]), block.repeat(33)].concat();
    assert!(bomb.len() < 8 << 20);
    assert_eq!(wrong(&bomb).1, PbfFault::Unpacked { limit: MAX_UNPACKED });
}

#[test]
fn what_a_block_holds_is_bounded() {
    let start = header(&["OsmSchema-V0.6"]);
    let behind = |data: &[u8]| wrong(&[&start[..], &blob("OSMData", data, true)].concat()).1;
    let texts = bytes(1, &bytes(1, b"").repeat(MAX_TEXTS + 1));
    assert_eq!(behind(&texts), PbfFault::Texts { limit: MAX_TEXTS });
    let road = |nodes: usize| way(1, &[("highway", "primary")], &vec![1; nodes]);
    assert_eq!(behind(&ways_block(&[road(MAX_POINTS + 1)], USUAL)), PbfFault::Points { limit: MAX_POINTS });
    assert_eq!(behind(&ways_block(&vec![road(2); MAX_ROADS + 1], USUAL)), PbfFault::Roads { limit: MAX_ROADS });
    // Empty groups, and ways that are nothing: as many as there is room for cost a look each.
    for nothing in [bytes(2, b"").repeat(10_000_000), bytes(2, &bytes(3, b"").repeat(10_000_000))] {
        assert!(good(&[&start[..], &blob("OSMData", &nothing, true)].concat()).lines.is_empty());
    }
}

#[test]
fn what_a_block_holds_wrong_is_told_with_where_it_begins() {
    let start = header(&["OsmSchema-V0.6"]);
    let sound = blob("OSMData", &ways_block(&[way(1, &[("highway", "primary")], &[1, 2])], USUAL), true);
    let at = (start.len() + sound.len()) as u64;
    let behind = |data: &[u8]| wrong(&[&start[..], &sound, &blob("OSMData", data, true)].concat());
    let group = |kind: u64, thing: &[u8]| [bytes(1, &bytes(1, b"highway")), bytes(2, &bytes(kind, thing))].concat();
    let tags = |keys: &[u8], values: &[u8]| group(3, &[bytes(2, keys), bytes(3, values)].concat());
    let dense = |ids: &[i64], lats: &[i64], lons: &[i64]| {
        group(2, &[bytes(1, &deltas(ids)), bytes(8, &deltas(lats)), bytes(9, &deltas(lons))].concat())
    };
    let huge = [bytes(2, &bytes(2, &[0xff; 4])), number(17, u64::MAX)].concat();
    for (what, data) in [
        ("no message", b"\xff\xff".to_vec()),
        ("a text that is not there", tags(&[0], &[1])),
        ("a key without a value", tags(&[0, 0], &[0])),
        ("a value without a key", tags(&[0], &[0, 0])),
        ("a number without an end", tags(&[0x80], &[0])),
        ("a node that is nowhere", group(1, &number(1, 2))),
        ("more nodes than places", dense(&[1, 2], &[0], &[0, 0])),
        ("more places than nodes", dense(&[1], &[0], &[0, 0])),
        ("no packed numbers", group(2, &number(1, 7))),
        (
            "numbers that no number holds",
            group(
                2,
                &[bytes(1, &deltas(&[i64::MAX, -2]).repeat(2)), bytes(8, b"\0\0\0\0"), bytes(9, b"\0\0\0\0")].concat(),
            ),
        ),
        ("what is no dense node", huge),
    ] {
        assert_eq!(behind(&data), (at, PbfFault::Message), "{what}");
    }
    for (lon, lat) in [(181 * DEGREE, 0), (0, -91 * DEGREE), (i64::MAX / 200 * 100, 0)] {
        assert_eq!(behind(&nodes_block(&[(1, lon, lat)], USUAL)), (at, PbfFault::Place));
    }
    let scaled = |granularity: u64| {
        [group(1, &[number(1, 2), number(8, 4), number(9, 4)].concat()), number(17, granularity)].concat()
    };
    assert_eq!(behind(&scaled(u64::MAX / 2)), (at, PbfFault::Place), "a product that is no number");
    let elsewhere = nodes_block(&[(99, 181 * DEGREE, 0)], USUAL);
    assert_eq!(
        good(&[&start[..], &sound, &blob("OSMData", &elsewhere, true)].concat()).others,
        1,
        "nobody asked for it"
    );
}

/// Some ways over some nodes, any of which may be missing.
fn any_town() -> impl Strategy<Value = (Extract, Form)> {
    let node = (-1_800_000_000_i64..=1_800_000_000, -900_000_000_i64..=900_000_000);
    let word = || {
        prop_oneof![
            Just(""),
            Just("yes"),
            Just("no"),
            Just("1"),
            Just("-3"),
            Just("300"),
            Just("primary"),
            Just("村道")
        ]
    };
    let key = prop_oneof![Just("layer"), Just("bridge"), Just("tunnel"), Just("name"), Just("surface")];
    let tags = proptest::collection::btree_map(key, word(), 0..4);
    let nodes = proptest::collection::vec(0_i64..40, 2..9);
    let ways = proptest::collection::vec((1_i64..1 << 50, tags, nodes), 0..12);
    let form = (any::<bool>(), any::<bool>(), 1_usize..20, prop_oneof![Just(100), Just(1), Just(10)])
        .prop_map(|(dense, zlib, block, granularity)| Form { granularity, offset: (0, 0), dense, zlib, block });
    (proptest::collection::vec(node, 40), ways, form).prop_map(|(nodes, ways, form)| {
        let nodes = (0_i64..).zip(nodes).map(|(id, (lon, lat))| (id * 3, lon * 100, lat * 100)).collect();
        let road = |(id, tags, nodes): (i64, std::collections::BTreeMap<&str, &str>, Vec<i64>)| {
            let tags: Vec<_> = [("highway", "residential")].into_iter().chain(tags).collect();
            way(id, &tags, &nodes.iter().map(|n| n * 3).collect::<Vec<_>>())
        };
        (Extract { nodes, ways: ways.into_iter().map(road).collect() }, form)
    })
}

/// The same as GeoJSON, with decimals of seven places as programs write them.
fn geojson(extract: &Extract) -> String {
    let places: std::collections::HashMap<i64, (i64, i64)> =
        extract.nodes.iter().map(|(id, lon, lat)| (*id, (*lon, *lat))).collect();
    let degrees = |nano: i64| {
        let (sign, nano) = (if nano < 0 { "-" } else { "" }, nano.unsigned_abs() / 100);
        format!("{sign}{}.{:07}", nano / 10_000_000, nano % 10_000_000)
    };
    let mut features = Vec::new();
    for way in &extract.ways {
        let mut properties = format!("\"id\":{}", way.id);
        way.tags.iter().for_each(|(key, value)| _ = write!(properties, ",{key:?}:{value:?}"));
        let line: Vec<_> =
            way.nodes.iter().map(|n| places[n]).map(|(x, y)| format!("[{},{}]", degrees(x), degrees(y))).collect();
        features.push(format!(
            "{{\"type\":\"Feature\",\"properties\":{{{properties}}},\"geometry\":{{\"type\":\"LineString\",\"coordinates\":[{}]}}}}",
            line.join(",")
        ));
    }
    format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n]}}", features.join(",\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_town_as_an_extract_and_as_geojson_is_the_same_roads((extract, form) in any_town()) {
        let (pbf, text) = (good(&write(&extract, form)), read_roads(geojson(&extract).as_bytes()).unwrap());
        // The very numbers, which is more than a ten-millionth of a degree: junctions are points that are equal.
        prop_assert_eq!(&pbf.lines, &text.lines);
        prop_assert_eq!(pbf.others, text.others);
        let kinds = |map: &RoadMap| map.odd.iter().map(|f| format!("{:?}", f.kind)).collect::<std::collections::BTreeSet<_>>();
        prop_assert_eq!(kinds(&pbf), kinds(&text));
    }

    #[test]
    fn an_extract_with_other_bytes_is_roads_or_one_fault(at in any::<prop::sample::Index>(), byte: u8, zlib: bool) {
        let extract = town(vec![way(1, &[("highway", "primary"), ("name", "甲")], &[1, 2, 3])]);
        let mut bytes = write(&extract, Form { zlib, ..USUAL });
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Err(faults) = read_roads_pbf(&bytes) {
            prop_assert_eq!(faults.len(), 1);
        }
    }
}

#[test]
fn a_real_extract_has_the_roads_that_others_find_in_it() {
    let root = std::env::var_os("CUNKOU_TEST_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let path: &Path = &root.join("roads/liechtenstein.osm.pbf");
    let Ok(bytes) = std::fs::read(path) else {
        let test = "a_real_extract_has_the_roads_that_others_find_in_it";
        return println!("skipped: {test}: {} is not there (CUNKOU_TEST_DATA)", path.display());
    };
    let read = good(&bytes);
    let points: Vec<_> = read.lines.iter().flat_map(|l| &l.parts).flat_map(|p| p.coords()).collect();
    let roads = read.lines.iter().filter(|l| carries(&l.highway, &[Mode::Motor, Mode::TwoWheel])).count();
    let named = read.lines.iter().filter(|l| !l.name.is_empty()).count();
    let units = |degrees: f64| (degrees * 1e7).round() as i64;
    let sum: i64 = points.iter().map(|c| units(c.x) + units(c.y)).sum();
    // Counted with pyosmium: ways with `highway` and two nodes at least, those with area=yes not; and the sum of all
    // longitudes and latitudes in ten-millionths of a degree.
    assert_eq!((read.lines.len(), read.others, points.len()), (7_488, 18, 85_246));
    assert_eq!((roads, named, sum), (5_547, 2_741, 48_322_088_727_115));
    let kinds: Vec<_> = read.odd.into_iter().map(|f| f.kind).collect();
    let odd = [RoadFault::NotLines { count: 18 }, RoadFault::Class { count: 19 }].map(FaultKind::Roads);
    assert_eq!(kinds, odd, "no node is missing");
}
