//! The map of a sheet: a crop of the town as SVG, drawn from the registry's own shapes. North is up; over a crop of some
//! kilometres a degree of longitude is taken as equally wide everywhere, which is off by less than the width of a line.
//! Every list is bounded: it is printed, and a map of everything shows nothing.

use cunkou_core::alert::clean;
use cunkou_core::model::Language;
use cunkou_core::registry::{AreaKind, LonLat, Registry};
use geo::{Coord, LineString};

use crate::files::{RoadLine, RoadMap};
use crate::http::boards::words;
use crate::http::page::Html;

/// The drawing, in tenths of a millimetre on paper.
const WIDTH: f64 = 960.0;
/// See [`WIDTH`].
const HEIGHT: f64 = 760.0;
/// Metres a degree of latitude; of longitude at the equator.
const DEGREE_M: f64 = 111_320.0;
/// The least half of a crop, metres: one entrance alone still shows where it is.
const LEAST_M: f64 = 350.0;
/// Around what is shown, as a share.
const MARGIN: f64 = 0.18;
/// Points of all lines together.
const MAX_POINTS: usize = 20_000;
/// Points that follow each other closer than this (tenths of a millimetre) are drawn as one.
const FINE: f64 = 3.0;
/// Names of areas.
const MAX_NAMES: usize = 12;
/// The radius of a numbered mark.
const MARK: f64 = 22.0;
/// Classes of main roads, as the demo and OpenStreetMap have them.
const MAIN_ROADS: [&str; 6] = ["main", "motorway", "trunk", "primary", "secondary", "tertiary"];
/// Lengths that the scale may show, metres.
const SCALES: [u32; 9] = [50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000];

/// What is to be drawn.
pub(super) struct Drawing<'a> {
    pub(super) registry: &'a Registry,
    /// The roads of the registry folder.
    pub(super) roads: &'a RoadMap,
    /// Where the thing to blame stands.
    pub(super) cause: Option<LonLat>,
    /// Lost entrances with the numbers that the list gives them.
    pub(super) lost: Vec<(usize, LonLat)>,
    /// Cameras of the incident.
    pub(super) cameras: Vec<LonLat>,
}

/// The map; `None` where nothing of the incident has a position.
pub(super) fn draw(drawing: &Drawing<'_>, language: Language) -> Option<Html> {
    let crop = Crop::of(drawing)?;
    let mut canvas = Canvas { crop, svg: Html::default(), points: MAX_POINTS };
    let svg = &mut canvas.svg;
    svg.raw(
        "<svg class=\"map\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 960 760\" role=\"img\" aria-label=\"",
    );
    svg.text(words::of(language).map).raw("\"><rect class=\"ground\" width=\"960\" height=\"760\"/>");
    canvas.roads(drawing.roads);
    canvas.boundaries(drawing.registry);
    canvas.names(drawing.registry);
    canvas.marks(drawing);
    canvas.scale();
    canvas.svg.raw("</svg>");
    Some(canvas.svg)
}

/// Where the paper lies on the earth.
struct Crop {
    middle: LonLat,
    /// Metres a degree of longitude here.
    east_m: f64,
    /// Tenths of a millimetre a metre.
    scale: f64,
}

impl Crop {
    fn of(drawing: &Drawing<'_>) -> Option<Crop> {
        let shown = drawing.cause.iter().chain(drawing.lost.iter().map(|(_, at)| at)).chain(&drawing.cameras);
        let shown: Vec<LonLat> = shown.copied().collect();
        let first = *shown.first()?;
        let (mut west, mut east, mut south, mut north) = (first.lon, first.lon, first.lat, first.lat);
        for at in &shown {
            (west, east) = (west.min(at.lon), east.max(at.lon));
            (south, north) = (south.min(at.lat), north.max(at.lat));
        }
        let middle = LonLat { lon: f64::midpoint(west, east), lat: f64::midpoint(south, north) };
        let east_m = DEGREE_M * middle.lat.to_radians().cos().max(0.01);
        let half = |degrees: f64, metres: f64| (degrees * metres / 2.0 * (1.0 + MARGIN)).max(LEAST_M);
        let scale = (WIDTH / 2.0 / half(east - west, east_m)).min(HEIGHT / 2.0 / half(north - south, DEGREE_M));
        Some(Crop { middle, east_m, scale })
    }

    /// Tenths of a millimetre from the upper left corner.
    fn on_paper(&self, at: Coord<f64>) -> Coord<f64> {
        Coord {
            x: WIDTH / 2.0 + (at.x - self.middle.lon) * self.east_m * self.scale,
            y: HEIGHT / 2.0 - (at.y - self.middle.lat) * DEGREE_M * self.scale,
        }
    }

    fn place(&self, at: LonLat) -> Coord<f64> {
        self.on_paper(Coord { x: at.lon, y: at.lat })
    }
}

/// Whether a stretch between two points may touch the paper.
fn touches(a: Coord<f64>, b: Coord<f64>) -> bool {
    let apart = |a: f64, b: f64, end: f64| (a < 0.0 && b < 0.0) || (a > end && b > end);
    !apart(a.x, b.x, WIDTH) && !apart(a.y, b.y, HEIGHT)
}

fn is_on_paper(at: Coord<f64>) -> bool {
    (0.0..=WIDTH).contains(&at.x) && (0.0..=HEIGHT).contains(&at.y)
}

struct Canvas {
    crop: Crop,
    svg: Html,
    /// Points of lines that may still be drawn.
    points: usize,
}

impl Canvas {
    /// The stretches of a line that may touch the paper.
    fn line(&mut self, line: &LineString<f64>, class: &'static str) {
        let mut path = String::new();
        let mut pen: Option<Coord<f64>> = None;
        let mut before: Option<Coord<f64>> = None;
        for at in line.coords() {
            let here = self.crop.on_paper(*at);
            let Some(last) = before.replace(here) else { continue };
            if !touches(last, here) || self.points == 0 || !here.x.is_finite() || !here.y.is_finite() {
                pen = None;
                continue;
            }
            if pen.is_none() {
                path.push_str(&point('M', last));
                self.points = self.points.saturating_sub(1);
                pen = Some(last);
            }
            let near = pen.is_some_and(|p| (p.x - here.x).hypot(p.y - here.y) < FINE);
            if !near {
                path.push_str(&point('L', here));
                self.points = self.points.saturating_sub(1);
                pen = Some(here);
            }
        }
        if path.contains('L') {
            self.svg.raw("<path class=\"").raw(class).raw("\" d=\"").text(&path).raw("\"/>");
        }
    }

    /// Main roads first, so that they lose no points to the others.
    fn roads(&mut self, roads: &RoadMap) {
        let is_main = |road: &RoadLine| MAIN_ROADS.contains(&road.highway.as_str());
        for main in [true, false] {
            let class = if main { "road main" } else { "road" };
            for road in roads.lines.iter().filter(|r| is_main(r) == main) {
                road.parts.iter().for_each(|part| self.line(part, class));
            }
        }
    }

    fn boundaries(&mut self, registry: &Registry) {
        for area in registry.areas.values() {
            let class = match area.kind {
                AreaKind::Town => "edge town",
                AreaKind::Village | AreaKind::Community => "edge village",
                AreaKind::Hamlet | AreaKind::Block => "edge",
            };
            for polygon in area.boundary.iter().flatten() {
                self.line(polygon.exterior(), class);
            }
        }
    }

    /// Names of villages, and of hamlets while there is room.
    fn names(&mut self, registry: &Registry) {
        let mut named: Vec<Coord<f64>> = Vec::new();
        let rank = |kind: AreaKind| match kind {
            AreaKind::Village | AreaKind::Community => Some(0),
            AreaKind::Hamlet => Some(1),
            AreaKind::Town | AreaKind::Block => None,
        };
        for wanted in 0..2 {
            for area in registry.areas.values().filter(|a| rank(a.kind) == Some(wanted)) {
                let Some(at) = area.at.map(|at| self.crop.place(at)).filter(|at| is_on_paper(*at)) else { continue };
                let crowded = named.iter().any(|n| (n.x - at.x).abs() < 180.0 && (n.y - at.y).abs() < 45.0);
                if crowded || named.len() >= MAX_NAMES {
                    continue;
                }
                named.push(at);
                let name: String = clean(&area.name).chars().take(12).collect();
                let class = if wanted == 0 { "name village" } else { "name" };
                self.text(at.x.clamp(60.0, WIDTH - 60.0), at.y, class, &name);
            }
        }
    }

    fn text(&mut self, x: f64, y: f64, class: &'static str, text: &str) {
        let (x, y) = (format!("{x:.0}"), format!("{y:.0}"));
        self.svg.raw("<text class=\"").raw(class).raw("\" x=\"").text(&x).raw("\" y=\"").text(&y).raw("\">");
        self.svg.text(text).raw("</text>");
    }

    /// Cameras as crosses, the thing to blame as a square, lost entrances as numbers.
    fn marks(&mut self, drawing: &Drawing<'_>) {
        for at in &drawing.cameras {
            let Coord { x, y } = self.crop.place(*at);
            let path = format!("M{:.0} {:.0}l16 16m0 -16l-16 16", x - 8.0, y - 8.0);
            self.svg.raw("<path class=\"camera\" d=\"").text(&path).raw("\"/>");
        }
        if let Some(at) = drawing.cause {
            let Coord { x, y } = self.crop.place(at);
            let (x, y) = (format!("{:.0}", x - 17.0), format!("{:.0}", y - 17.0));
            self.svg.raw("<rect class=\"cause\" width=\"34\" height=\"34\" x=\"").text(&x).raw("\" y=\"").text(&y);
            self.svg.raw("\"/>");
        }
        let mut taken: Vec<Coord<f64>> = drawing.cause.iter().map(|at| self.crop.place(*at)).collect();
        for (number, at) in &drawing.lost {
            let true_place = self.crop.place(*at);
            let shown = free_place(true_place, &taken);
            taken.push(shown);
            self.numbered(*number, true_place, shown);
        }
    }

    fn numbered(&mut self, number: usize, true_place: Coord<f64>, shown: Coord<f64>) {
        let path = [point('M', true_place), point('L', shown)].concat();
        self.svg.raw("<path class=\"leader\" d=\"").text(&path).raw("\"/><circle class=\"lost\" r=\"22\" cx=\"");
        self.svg.text(&format!("{:.0}", shown.x)).raw("\" cy=\"").text(&format!("{:.0}", shown.y)).raw("\"/>");
        self.text(shown.x, shown.y + 10.0, "number", &number.to_string());
    }

    /// The longest round length that takes no more than a third of the paper, and where north is.
    fn scale(&mut self) {
        let fits = |m: &u32| f64::from(*m) * self.crop.scale <= WIDTH / 3.0;
        let metres = SCALES.into_iter().rev().find(fits).unwrap_or(SCALES[0]);
        let length = f64::from(metres) * self.crop.scale;
        let path = format!("M24 722v14h{length:.0}v-14");
        self.svg.raw("<path class=\"scale\" d=\"").text(&path).raw("\"/>");
        let label = if metres < 1_000 { format!("{metres} m") } else { format!("{} km", metres / 1_000) };
        self.text(24.0 + length / 2.0, 718.0, "name scale", &label);
        self.svg.raw("<path class=\"north\" d=\"M920 24l14 44l-14 -10l-14 10z\"/>");
        self.text(920.0, 98.0, "name scale", "N");
    }
}

fn point(command: char, at: Coord<f64>) -> String {
    format!("{command}{:.0} {:.0}", at.x, at.y)
}

/// The place nearest to the true one where a mark hides no other; rings around it, eight places each.
fn free_place(at: Coord<f64>, taken: &[Coord<f64>]) -> Coord<f64> {
    let free = |c: &Coord<f64>| taken.iter().all(|t| (t.x - c.x).hypot(t.y - c.y) >= 2.0 * MARK);
    let inside = |c: &Coord<f64>| (MARK..=WIDTH - MARK).contains(&c.x) && (MARK..=HEIGHT - MARK).contains(&c.y);
    let ring = |n: u32| {
        (0..8).map(move |step: u32| {
            let (radius, angle) = (f64::from(n) * 1.1 * MARK, f64::from(step) * std::f64::consts::FRAC_PI_4);
            Coord { x: at.x + radius * angle.sin(), y: at.y - radius * angle.cos() }
        })
    };
    (0..12).flat_map(ring).find(|c| free(c) && inside(c)).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use cunkou_core::registry::Area;
    use geo::{MultiPolygon, polygon};

    use super::*;

    fn at(lon: f64, lat: f64) -> LonLat {
        LonLat { lon, lat }
    }

    fn numbers(svg: &str, name: &str) -> Vec<f64> {
        svg.split(&format!(" {name}=\"")).skip(1).map(|r| r.split('"').next().unwrap().parse().unwrap()).collect()
    }

    fn drawn(drawing: &Drawing<'_>) -> String {
        draw(drawing, Language::En).expect("something has a position").into_string()
    }

    #[test]
    fn without_a_position_there_is_no_map() {
        let registry = Registry::default();
        let nothing = Drawing {
            registry: &registry,
            roads: &RoadMap::default(),
            cause: None,
            lost: Vec::new(),
            cameras: Vec::new(),
        };
        assert!(draw(&nothing, Language::En).is_none());
    }

    #[test]
    fn everything_that_is_shown_lies_on_the_paper_and_no_number_hides_another() {
        let registry = Registry::default();
        for spread in [0.0, 0.000_01, 0.01, 0.5] {
            let of = |n: usize| at(114.5 + spread * (n as f64 - 3.0), 31.0 + spread * ((n * 7) % 10) as f64 / 10.0);
            let lost = (1..=10).map(|n| (n, of(n))).collect();
            let cameras = (0..40).map(of).collect();
            let svg =
                drawn(&Drawing { registry: &registry, roads: &RoadMap::default(), cause: Some(of(0)), lost, cameras });
            let (x, y) = (numbers(&svg, "cx"), numbers(&svg, "cy"));
            assert_eq!((x.len(), y.len()), (10, 10), "{spread}");
            assert!(x.iter().all(|x| (0.0..=WIDTH).contains(x)) && y.iter().all(|y| (0.0..=HEIGHT).contains(y)));
            for a in 0..10 {
                let hidden = (0..a).find(|b| (x[a] - x[*b]).hypot(y[a] - y[*b]) < 2.0 * MARK - 2.0);
                assert_eq!(hidden, None, "{spread}: {a} at {} {}", x[a], y[a]);
            }
        }
    }

    #[test]
    fn north_is_up_and_east_is_right() {
        let registry = Registry::default();
        let lost = vec![(1, at(114.5, 31.0)), (2, at(114.52, 31.02))];
        let svg =
            drawn(&Drawing { registry: &registry, roads: &RoadMap::default(), cause: None, lost, cameras: Vec::new() });
        let (x, y) = (numbers(&svg, "cx"), numbers(&svg, "cy"));
        assert!(x[1] > x[0] && y[1] < y[0], "{x:?} {y:?}");
        assert!(svg.contains(">1 km<"), "a third of some 3 km: {svg}");
    }

    #[test]
    fn roads_that_cross_the_crop_are_drawn_and_no_others() {
        let registry = Registry::default();
        let road = |highway: &str, points: [(f64, f64); 2]| RoadLine {
            id: String::new(),
            highway: highway.into(),
            name: "<b>".into(),
            level: 0,
            parts: vec![LineString::from(points.to_vec())],
        };
        let across = [(114.0, 31.0), (115.0, 31.0)];
        let lines = vec![road("main", across), road("track", across), road("main", [(1.0, 1.0), (2.0, 1.0)])];
        let roads = RoadMap { lines, ..RoadMap::default() };
        let lost = vec![(1, at(114.5, 31.0))];
        let svg = drawn(&Drawing { registry: &registry, roads: &roads, cause: None, lost, cameras: Vec::new() });
        assert_eq!((svg.matches("class=\"road main\"").count(), svg.matches("class=\"road\"").count()), (1, 1));
        assert!(!svg.contains("<b>"), "{svg}");
    }

    #[test]
    fn lines_are_cut_to_the_paper_and_bounded() {
        let far = polygon![(x: 1.0, y: 1.0), (x: 2.0, y: 1.0), (x: 2.0, y: 2.0), (x: 1.0, y: 1.0)];
        let around =
            polygon![(x: 114.49, y: 30.99), (x: 114.51, y: 30.99), (x: 114.51, y: 31.01), (x: 114.49, y: 30.99)];
        let circle = (0..400_000).map(|n| {
            let angle = f64::from(n) / 1_000.0;
            (114.5 + 0.002 * angle.sin(), 31.0 + 0.002 * angle.cos())
        });
        let coil = geo::Polygon::new(circle.collect::<Vec<_>>().into(), Vec::new());
        let id = cunkou_core::model::AreaId::new("V").unwrap();
        let boundary = Some(MultiPolygon(vec![far, around, coil]));
        let (name, kind) = ("<b>村".into(), AreaKind::Village);
        let extra = std::collections::BTreeMap::new();
        let area =
            Area { id: id.clone(), parent: None, kind, name, code: None, at: Some(at(114.5, 31.0)), boundary, extra };
        let registry = Registry { areas: [(id, area)].into(), ..Registry::default() };
        let lost = vec![(1, at(114.5, 31.0))];
        let svg =
            drawn(&Drawing { registry: &registry, roads: &RoadMap::default(), cause: None, lost, cameras: Vec::new() });
        assert_eq!(svg.matches("class=\"edge village\"").count(), 2, "the far one is not drawn");
        assert!(svg.len() < 20 * MAX_POINTS && svg.contains("&lt;b&gt;村"), "{}", svg.len());
    }
}
