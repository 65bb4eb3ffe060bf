//! What is odd about a file of roads that can be read: counted while it is, told once a kind with the first place.

use std::collections::HashSet;

use cunkou_core::registry::{Fault, FaultKind, Registry, RoadFault};
use geo::{Coord, Distance, Haversine, Point};

use super::RoadLine;

/// Classes of OpenStreetMap (`highway`), and those of the demo's towns.
const CLASSES: [&str; 31] = [
    "motorway",
    "motorway_link",
    "trunk",
    "trunk_link",
    "primary",
    "primary_link",
    "secondary",
    "secondary_link",
    "tertiary",
    "tertiary_link",
    "unclassified",
    "residential",
    "living_street",
    "service",
    "road",
    "track",
    "path",
    "footway",
    "cycleway",
    "bridleway",
    "steps",
    "pedestrian",
    "busway",
    "raceway",
    "corridor",
    "escape",
    "construction",
    "proposed",
    "main",
    "village",
    "hamlet",
];
/// No road runs straight for longer, metres.
const MAX_STRAIGHT_M: f64 = 20_000.0;
/// Squares of so many degrees, some 5 km: a camera without a road in its square or those around has none near it.
const SQUARE: f64 = 0.05;

/// The first line of the file, where it has lines, and how many.
type Counted = Option<(Option<u32>, usize)>;

/// What was odd so far.
#[derive(Default)]
pub(super) struct Odd {
    pub(super) not_lines: Counted,
    /// Points of roads that are nowhere in the file.
    pub(super) missing: usize,
    /// The first road that has such.
    torn: Option<String>,
    class: Option<(Option<u32>, usize, String)>,
    jump: Option<(Option<u32>, usize, String, f64)>,
}

impl Odd {
    pub(super) fn not_line(&mut self, line: Option<u32>) {
        self.not_lines.get_or_insert((line, 0)).1 += 1;
    }

    /// A road with points that are nowhere in the file.
    pub(super) fn torn(&mut self, id: &str) {
        self.torn.get_or_insert_with(|| id.to_owned());
    }

    pub(super) fn road(&mut self, line: Option<u32>, road: &RoadLine) {
        if !CLASSES.contains(&road.highway.as_str()) {
            self.class.get_or_insert_with(|| (line, 0, road.highway.clone())).1 += 1;
        }
        for stretch in road.parts.iter().flat_map(|part| part.lines()) {
            // Degrees first: they are cheap, and nearly every stretch is short.
            let (dx, dy) = (stretch.dx().abs(), stretch.dy().abs());
            if dx.max(dy) < 0.1 {
                continue;
            }
            let metres = Haversine.distance(Point(stretch.start), Point(stretch.end));
            if metres > MAX_STRAIGHT_M {
                let name = if road.id.is_empty() { &road.name } else { &road.id };
                self.jump.get_or_insert_with(|| (line, 0, name.clone(), metres)).1 += 1;
            }
        }
    }

    /// As warnings, in the order of the file's lines.
    pub(super) fn faults(self, file: &str, is_empty: bool) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut tell = |row, value: &str, kind| faults.push(fault(file, row, value, kind));
        if is_empty {
            tell(None, "", RoadFault::Empty);
        }
        if let Some((line, count)) = self.not_lines {
            tell(line, "", RoadFault::NotLines { count });
        }
        if let Some((line, count, word)) = self.class {
            tell(line, &word, RoadFault::Class { count });
        }
        if let Some((line, count, name, metres)) = self.jump {
            tell(line, &name, RoadFault::Jump { metres, count });
        }
        if let Some(road) = self.torn {
            tell(None, &road, RoadFault::MissingPoints { count: self.missing });
        }
        faults.sort_by_key(|f| f.row);
        faults
    }
}

fn fault(file: &str, row: Option<u32>, value: &str, kind: RoadFault) -> Fault {
    let column = matches!(kind, RoadFault::Class { .. }).then(|| "highway".into());
    Fault { file: file.into(), row, column, value: value.into(), kind: FaultKind::Roads(kind) }
}

/// That more than half of the cameras have no road near them.
pub(super) fn far(file: &str, lines: &[RoadLine], registry: &Registry) -> Option<Fault> {
    let square = |x: f64, y: f64| ((x / SQUARE).floor() as i64, (y / SQUARE).floor() as i64);
    let points = || lines.iter().flat_map(|l| &l.parts).flat_map(|part| part.0.iter().copied());
    let roads: HashSet<(i64, i64)> = points().map(|c| square(c.x, c.y)).collect();
    let cameras: Vec<Coord> =
        registry.cameras.values().filter_map(|c| c.at).map(|at| Coord { x: at.lon, y: at.lat }).collect();
    let near = |c: &&Coord| {
        let (x, y) = square(c.x, c.y);
        (-1..=1).any(|dx| (-1..=1).any(|dy| roads.contains(&(x + dx, y + dy))))
    };
    let count = cameras.len() - cameras.iter().filter(near).count();
    if roads.is_empty() || count * 2 <= cameras.len() {
        return None;
    }
    let all = cameras.iter().fold(Coord::zero(), |sum, c| sum + *c) / cameras.len() as f64;
    let metres = points().map(|c| Haversine.distance(Point(all), Point(c))).min_by(f64::total_cmp)?;
    Some(fault(file, None, "", RoadFault::Far { count, of: cameras.len(), metres }))
}

#[cfg(test)]
mod tests {
    use cunkou_core::model::Language;

    use super::super::{ROADS, check_roads, read_roads};

    fn road(highway: &str, coordinates: &str) -> String {
        format!(
            "{{\"type\":\"Feature\",\"properties\":{{\"id\":\"R9\",\"highway\":\"{highway}\"}},\"geometry\":\
             {{\"type\":\"LineString\",\"coordinates\":{coordinates}}}}}"
        )
    }

    fn collection(features: &[String]) -> String {
        format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n]}}", features.join(",\n"))
    }

    fn said(text: &str, language: Language) -> Vec<String> {
        read_roads(text.as_bytes()).expect("reads").odd.iter().map(|f| f.words(language)).collect()
    }

    #[test]
    fn what_is_odd_is_told_once_with_its_first_line_and_is_no_error() {
        let point =
            "{\"type\":\"Feature\",\"properties\":{},\"geometry\":{\"type\":\"Point\",\"coordinates\":[114.5,31]}}";
        let text = collection(&[
            road("residential", "[[114.5,31],[114.501,31]]"),
            road("rode", "[[114.5,31],[114.501,31]]"),
            point.to_owned(),
            road("", "[[114.5,31],[114.501,31]]"),
            road("track", "[[114.5,31],[115.5,31],[114.5,31]]"),
            point.to_owned(),
        ]);
        let zh = said(&text, Language::ZhCn);
        let en = said(&text, Language::En);
        assert_eq!((zh.len(), en.len()), (3, 3), "{zh:?}");
        for (at, zh_part, en_part, line) in [
            (0, "2 条道路", "highway of 2 roads", 3),
            (1, "2 个要素", "2 features", 4),
            (2, "95.3 公里（共 2 处）", "95.3 km apart (2 such places)", 6),
        ] {
            assert!(zh[at].contains(zh_part) && en[at].contains(en_part), "{zh:?} {en:?}");
            assert!(en[at].starts_with(&format!("roads.geojson line {line}")), "{}", en[at]);
        }
        assert!(en[0].contains("\"rode\"") && en[0].contains("residential") && en[2].contains("\"R9\""), "{en:?}");
        assert!(read_roads(text.as_bytes()).expect("reads").odd.iter().all(|f| !f.is_error()));
        assert_eq!(said(&collection(&[]), Language::En).len(), 1, "an empty file is told");
        assert!(said(&collection(&[road("main", "[[114.5,31],[114.51,31]]")]), Language::En).is_empty());
    }

    #[test]
    fn roads_far_from_the_cameras_are_told_with_how_far() {
        let (registry, _) = cunkou_core::registry::judge(&crate::files::from_bytes(&files()).tables);
        assert_eq!(registry.cameras.len(), 3);
        let dir = tempfile::tempdir().expect("a folder");
        let check = |text: Option<String>| {
            text.into_iter().for_each(|t| std::fs::write(dir.path().join(ROADS), t).expect("written"));
            check_roads(dir.path(), &registry).1
        };
        assert!(check(None).is_empty(), "no file is no fault");
        assert!(check(Some(collection(&[road("main", "[[114.5,31],[114.52,31]]")]))).is_empty());
        let far = check(Some(collection(&[road("main", "[[121.5,31.2],[121.51,31.2]]")])));
        let words = far.iter().map(|f| f.words(Language::En)).collect::<Vec<_>>().join("\n");
        assert!(far.len() == 1 && words.contains("3 of 3 cameras") && words.contains("666.4 km"), "{words}");
        let broken = check(Some("{".to_owned()));
        assert!(broken.len() == 1 && broken[0].is_error(), "{broken:?}");
    }

    /// Three cameras in one place, one without a place.
    fn files() -> std::collections::BTreeMap<String, Vec<u8>> {
        let cameras = "id,name,area,lon,lat,host\nC1,a,A,114.5,31,10.0.0.1\nC2,b,A,114.51,31,10.0.0.2\n\
                       C3,c,A,114.5,31.01,10.0.0.3\n";
        let areas = "id,kind,name\nA,village,甲\n";
        [("cameras.csv", cameras), ("areas.csv", areas)].map(|(n, t)| (n.to_owned(), t.into())).into()
    }
}
