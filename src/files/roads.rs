//! Roads: written as GeoJSON for the town that the demo makes, read from GeoJSON or from an extract of OpenStreetMap to be
//! drawn and to be handed to the plan, judged by `check`. Nothing is reckoned with them here.

mod book;
mod odd;
mod pbf;

use std::path::Path;

use cunkou_core::plan;
use cunkou_core::registry::{Fault, FileFault, Registry};
use cunkou_core::town::Road;
use geo::{Geometry, LineString};
use geojson::{Feature, FeatureCollection, GeometryValue, JsonObject, JsonValue};
use sha2::{Digest, Sha256};

use super::encoding::{Decoded, decode};
use super::folder::MAX_SHAPES;
use super::shapes::{features, from_geojson, unreadable};
use super::told::Told;
use odd::{Odd, far};

pub use book::{RoadBook, RoadsSeen};
#[cfg(test)]
pub(super) use pbf::tests::write as pbf_write;
pub use pbf::{ROADS_PBF, read_roads_pbf};

/// The file of a registry folder that holds its roads; or [`ROADS_PBF`] does.
pub const ROADS: &str = "roads.geojson";
/// Points of all roads together that are drawn.
const MAX_POINTS: usize = 2_000_000;
/// Characters of a property that are kept.
const MAX_WORD: usize = 120;

/// The bytes of a roads.geojson.
#[must_use]
pub fn roads(roads: &[Road]) -> Vec<u8> {
    let feature = |road: &Road| {
        let line: Vec<_> = road.line.coords().map(|c| vec![c.x, c.y].into()).collect();
        let mut properties = JsonObject::new();
        let mut put = |key: &str, value: &str| {
            properties.insert(key.to_owned(), JsonValue::from(value));
        };
        put("id", &road.id);
        put("highway", road.class.word());
        put("name", &road.name);
        Feature {
            bbox: None,
            geometry: Some(geojson::Geometry::new(GeometryValue::LineString { coordinates: line })),
            id: None,
            properties: Some(properties),
            foreign_members: None,
        }
    };
    let all = FeatureCollection { bbox: None, features: roads.iter().map(feature).collect(), foreign_members: None };
    all.to_string().into_bytes()
}

/// A road as the file has it.
#[derive(Clone, PartialEq, Debug)]
pub struct RoadLine {
    /// Its property `id`, of an extract the number of the way; may be empty.
    pub id: String,
    /// Its class, property `highway` as OpenStreetMap has it; may be empty.
    pub highway: String,
    /// Its name; may be empty.
    pub name: String,
    /// On which level it runs: `layer`, or a bridge or tunnel by its tag.
    pub level: i8,
    /// Where it runs, WGS 84, degrees, longitude first; each part has two points at least.
    pub parts: Vec<LineString<f64>>,
}

/// The roads of a folder.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RoadMap {
    /// Those that are lines.
    pub lines: Vec<RoadLine>,
    /// Features of the file that are no lines (points, areas), and are not drawn.
    pub others: usize,
    /// What is odd about them: warnings.
    pub odd: Vec<Fault>,
    /// SHA-256 of the file, in hex; empty where there is none.
    pub hash: String,
}

/// Reads the text of a roads.geojson.
///
/// # Errors
/// Everything that is wrong with it; then none of it is drawn.
pub fn read_roads(bytes: &[u8]) -> Result<RoadMap, Vec<Fault>> {
    let mut told = Told::named(ROADS);
    let lines = lines(bytes, &mut told);
    let faults = told.finish();
    match lines {
        Some((lines, odd)) if faults.is_empty() => {
            let others = odd.not_lines.map_or(0, |(_, count)| count);
            Ok(RoadMap { odd: odd.faults(ROADS, lines.is_empty()), lines, others, hash: hash(bytes) })
        }
        _ => Err(faults),
    }
}

/// The roads of a folder, where there are any and they can be read, and what `check` says of them: everything that is
/// wrong with the file, else what is odd about it, also beside the cameras. None of it keeps the registry out of force.
#[must_use]
pub fn check_roads(dir: &Path, registry: &Registry) -> (Option<RoadMap>, Vec<Fault>) {
    match book::read(dir) {
        Some((file, Ok(roads))) => {
            let faults = roads.odd.iter().cloned().chain(far(file, &roads.lines, registry)).collect();
            (Some(roads), faults)
        }
        Some((_, Err(faults))) => (None, faults),
        None => (None, Vec::new()),
    }
}

fn lines(bytes: &[u8], told: &mut Told) -> Option<(Vec<RoadLine>, Odd)> {
    if bytes.len() as u64 > MAX_SHAPES {
        told.fault(None, None, FileFault::TooLarge { limit: MAX_SHAPES });
        return None;
    }
    let text = decode(bytes).map_err(|line| told.fault(Some(line), None, FileFault::Encoding)).ok()?;
    let Decoded { text, .. } = text;
    let (mut lines, mut odd, mut points) = (Vec::new(), Odd::default(), 0_usize);
    for (line, feature) in features(&text, told)? {
        let Some(parts) = feature.geometry.as_ref().and_then(|g| from_geojson(&g.value)).and_then(parts) else {
            odd.not_line(Some(line));
            continue;
        };
        if !parts.iter().flat_map(LineString::coords).all(on_earth) {
            let why = "a position is not longitude (-180 to 180) and latitude (-90 to 90) of WGS 84, in this order";
            unreadable::<()>(told, Some(line), why);
            continue;
        }
        points += parts.iter().map(|p| p.0.len()).sum::<usize>();
        if points > MAX_POINTS {
            return unreadable(told, Some(line), &format!("the roads have more than {MAX_POINTS} points"));
        }
        let word = |key: &str| property(&feature, key);
        let level = level(&word("layer"), is_set(&feature, "bridge"), is_set(&feature, "tunnel"));
        let road = RoadLine { id: word("id"), highway: word("highway"), name: word("name"), level, parts };
        odd.road(Some(line), &road);
        lines.push(road);
    }
    Some((lines, odd))
}

/// The lines of a shape; `None` where it is none.
fn parts(shape: Geometry<f64>) -> Option<Vec<LineString<f64>>> {
    let parts = match shape {
        Geometry::LineString(line) => vec![line],
        Geometry::MultiLineString(many) => many.0,
        _ => return None,
    };
    let parts: Vec<_> = parts.into_iter().filter(|p| p.0.len() > 1).collect();
    (!parts.is_empty()).then_some(parts)
}

fn on_earth(c: &geo::Coord<f64>) -> bool {
    (-180.0..=180.0).contains(&c.x) && (-90.0..=90.0).contains(&c.y)
}

fn property(feature: &Feature, key: &str) -> String {
    let text = match feature.property(key) {
        Some(JsonValue::String(text)) => text.clone(),
        Some(JsonValue::Number(number)) => number.to_string(),
        _ => return String::new(),
    };
    short(&text)
}

fn short(text: &str) -> String {
    text.chars().take(MAX_WORD).collect()
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// Whether a property is there and says yes, in OpenStreetMap's manner (`bridge=viaduct` is one).
fn is_set(feature: &Feature, key: &str) -> bool {
    match feature.property(key) {
        Some(JsonValue::String(text)) => says_yes(text),
        Some(JsonValue::Bool(yes)) => *yes,
        Some(JsonValue::Number(number)) => number.as_f64().is_some_and(|n| n != 0.0),
        _ => false,
    }
}

fn says_yes(text: &str) -> bool {
    !["", "no", "0", "false"].contains(&text)
}

/// Roads meet on one level. Where nobody says which, a bridge is one above the ground and a tunnel one below.
fn level(layer: &str, bridge: bool, tunnel: bool) -> i8 {
    let usual = i8::from(bridge) - i8::from(tunnel);
    layer.trim().parse().unwrap_or(usual)
}

impl RoadMap {
    /// The roads as the plan reckons with them.
    #[must_use]
    pub fn for_plan(&self) -> Vec<plan::RoadLine> {
        let line = |line: &RoadLine| plan::RoadLine {
            id: line.id.as_str().into(),
            highway: line.highway.as_str().into(),
            name: line.name.as_str().into(),
            level: line.level,
            parts: line.parts.clone(),
        };
        self.lines.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collection(features: &str) -> String {
        format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{features}\n]}}")
    }

    fn feature(kind: &str, coordinates: &str) -> String {
        format!(
            "{{\"type\":\"Feature\",\"properties\":{{\"id\":7,\"highway\":\"main\",\"name\":\"村道\"}},\
             \"geometry\":{{\"type\":\"{kind}\",\"coordinates\":{coordinates}}}}}"
        )
    }

    #[test]
    fn lines_are_read_and_what_is_none_is_counted() {
        let text = [
            feature("LineString", "[[114.5,31],[114.6,31.1,40]]"),
            feature("MultiLineString", "[[[114.5,31],[114.6,31]],[[1,2]]]"),
            feature("Point", "[114.5,31]"),
            feature("LineString", "[[114.5,31]]"),
            "{\"type\":\"Feature\",\"properties\":null,\"geometry\":null}".to_owned(),
        ];
        let read = read_roads(collection(&text.join(",\n")).as_bytes()).expect("good");
        assert_eq!((read.lines.len(), read.others, read.hash.len()), (2, 3, 64));
        let first = &read.lines[0];
        assert_eq!((first.id.as_str(), first.highway.as_str(), first.name.as_str()), ("7", "main", "村道"));
        assert_eq!(read.lines[1].parts.len(), 1, "a part of one point is no line");
    }

    #[test]
    fn levels_are_read_as_openstreetmap_writes_them() {
        let level = |properties: &str| {
            let text = feature("LineString", "[[114.5,31],[114.6,31]]").replace("\"id\":7", properties);
            read_roads(collection(&text).as_bytes()).expect("good").lines[0].level
        };
        for (properties, expected) in [
            ("\"id\":7", 0),
            ("\"bridge\":\"yes\"", 1),
            ("\"bridge\":\"viaduct\"", 1),
            ("\"bridge\":\"no\"", 0),
            ("\"bridge\":true", 1),
            ("\"tunnel\":\"culvert\"", -1),
            ("\"tunnel\":0", 0),
            ("\"layer\":2", 2),
            ("\"layer\":\"-2\",\"bridge\":\"yes\"", -2),
            ("\"layer\":\"high\",\"bridge\":\"yes\"", 1),
            ("\"layer\":999", 0),
        ] {
            assert_eq!(level(properties), expected, "{properties}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_all_at_once() {
        let bad = [
            feature("LineString", "[[38500000.0,3400000.0],[38500001.0,3400001.0]]"),
            feature("LineString", "[[114.5,31],[114.6,31]]"),
            feature("LineString", "[[31,114.5],[31,114.6]]"),
        ];
        let faults = read_roads(collection(&bad.join(",\n")).as_bytes()).expect_err("two are wrong");
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(faults.iter().map(|f| f.row).collect::<Vec<_>>(), [Some(2), Some(4)], "{told:?}");
        assert!(told[0].contains("roads.geojson") && told[0].contains("-180 to 180"), "{told:?}");
        for text in ["", "[]", "{\"type\":\"Feature\"}", "{\"type\":\"FeatureCollection\",\"features\":[{}]}", "\u{0}"]
        {
            assert!(!read_roads(text.as_bytes()).expect_err(text).is_empty());
        }
    }

    #[test]
    fn what_the_demo_writes_is_read() {
        let line = LineString::from(vec![(114.5, 31.0), (114.6, 31.0)]);
        let road =
            Road { id: "R1".into(), class: cunkou_core::town::RoadClass::Main, name: "甲—乙路".into(), line };
        let read = read_roads(&roads(&[road])).expect("reads");
        assert_eq!((read.lines[0].id.as_str(), read.lines[0].name.as_str()), ("R1", "甲—乙路"));
    }

    #[test]
    fn a_file_that_changed_is_read_again_and_a_broken_one_leaves_the_last_good() {
        let dir = tempfile::tempdir().expect("a folder");
        let book = RoadBook::of(dir.path());
        assert!(book.look().roads.lines.is_empty() && book.look().faults.is_empty(), "no file is no fault");
        let write = |text: String| std::fs::write(dir.path().join(ROADS), text).expect("written");
        write(collection(&feature("LineString", "[[114.5,31],[114.6,31]]")));
        assert_eq!(book.look().roads.lines.len(), 1);
        write("{".to_owned());
        let seen = book.look();
        assert_eq!((seen.roads.lines.len(), seen.faults.len()), (1, 1));
        write(collection(""));
        assert!(book.look().roads.lines.is_empty() && book.look().faults.is_empty());
        std::fs::remove_file(dir.path().join(ROADS)).expect("gone");
        assert!(book.look().roads.hash.is_empty());
    }
}
