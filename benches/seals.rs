//! What roads, zones and seals cost on a made-up road network. Prints a table.
//!
//! `cargo bench --bench seals`, or with other sizes: `cargo bench --bench seals -- 100000 5` (edges, and how often).
//! Single-threaded, without any file but a real extract where `CUNKOU_TEST_DATA` names one; docs/performance.md quotes the medians. With `CUNKOU_SEALS_OUT=DIR` it writes the
//! same network as edges.csv, so that another program can be measured on it.

#![allow(clippy::expect_used, reason = "what goes wrong in a bench ends it")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cunkou::files::read_roads_pbf;
use cunkou_core::coverage::{Bound, Guard, Guards, Scope};
use cunkou_core::model::{AreaId, ElementId, EntranceId};
use cunkou_core::plan::{Cordon, Layout, Mode, Question, RoadLine, Roads};
use cunkou_core::registry::{
    Area, AreaKind, Density, Dirs, Element, Entrance, EntranceStatus, Intervals, Layer, LonLat, Registry, Topology,
};
use geo::{Coord, LineString, Polygon};

/// Hamlets of the town (Liuzhi).
const HAMLETS: usize = 531;
/// Metres between crossroads.
const STEP_M: f64 = 110.0;
/// A real extract, of the folder that `CUNKOU_TEST_DATA` names.
const REAL: &str = "roads/liechtenstein.osm.pbf";
/// Degrees a metre.
const METRE: f64 = 1.0 / 111_195.0;

#[allow(dead_code)] // it is that of the tests, which use more of it
#[path = "../src/files/roads/pbf/tests/write.rs"]
mod write;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|a| a.parse::<usize>().ok());
    let edges = numbers.next().unwrap_or(100_000);
    let times = numbers.next().unwrap_or(11);
    let town = Town::of(edges);
    if let Some(dir) = std::env::var_os("CUNKOU_SEALS_OUT") {
        std::fs::write(std::path::Path::new(&dir).join("edges.csv"), town.csv()).expect("written");
    }
    let extract = town.extract();
    println!("the same roads as roads.osm.pbf: {} bytes", extract.len());
    let read = median("read roads.osm.pbf", times, || read_roads_pbf(&extract).expect("roads"));
    assert_eq!(read.lines.len(), town.lines.len());
    let real = std::env::var_os("CUNKOU_TEST_DATA").map(|data| std::path::Path::new(&data).join(REAL));
    if let Some(bytes) = real.and_then(|path| std::fs::read(path).ok()) {
        let read = median("read the real extract", times, || read_roads_pbf(&bytes).expect("roads"));
        println!("{} bytes, {} roads", bytes.len(), read.lines.len());
    }
    let roads = median("build the road graph", times, || Arc::new(Roads::build(town.lines.clone(), &[Mode::Motor])));
    let topology = Topology::build(&town.registry, &Intervals::default(), None);
    let layout =
        median("put entrances on it, label junctions", times, || Layout::new(&roads, &town.registry, &topology, 800.0));
    let cordon = median("contract to zones", times, || Cordon::contract(roads.clone(), layout.clone()));
    println!(
        "{} chains, {} km, {} suspect gaps, {} entrances, {} zones, {} zone edges",
        roads.chains.len(),
        roads.length_m().round() / 1e3,
        roads.gaps.len(),
        cordon.layout.gates.len(),
        cordon.zones.count,
        cordon.zones.edges.len()
    );
    let live = Guard { least: 1, most: 1 };
    let all: Guards = Guards { of: vec![live; topology.entrances.len()] };
    let mut guards = all.clone();
    let many = times * 20;
    median("all seals after one camera failed", many, || {
        let at = guards.of.len() / 2;
        guards.of[at] = Guard::default();
        cordon.zones.judge(&guards)
    });
    median("thickness everywhere, from outside", many, || cordon.zones.depths(0, &all, Bound::Worst));
    let local = cordon.zones.families.len() - 1;
    median("thickness of every hamlet", many, || cordon.zones.thickness(local, &all, Bound::Worst));
    let ask = |scopes: &'static [Scope], guards: &Guards| {
        let question = Question { scopes, area: None, guards, dead: &|_| Vec::new(), watched: &|_| true };
        cordon.seals(&question)
    };
    let leaks = |guards: &Guards| ask(&Scope::ALL, guards).iter().filter(|s| s.route.is_some()).count();
    println!("{} leaks with one camera dead, {} with all", leaks(&guards), leaks(&Guards::default()));
    median("the whole answer, one camera dead", times, || ask(&Scope::ALL, &guards));
    median("the whole answer, all dead: town", times, || ask(&[Scope::Town], &Guards::default()));
    median("the whole answer, all dead: hamlets", times, || ask(&[Scope::Local], &Guards::default()));
}

fn median<T>(what: &str, times: usize, mut work: impl FnMut() -> T) -> T {
    let mut costs: Vec<Duration> = Vec::with_capacity(times);
    let mut last = None;
    for _ in 0..times.max(1) {
        let began = Instant::now();
        last = Some(work());
        costs.push(began.elapsed());
    }
    costs.sort_unstable();
    println!("{what:<45} median {:.2?}, most {:.2?}", costs[costs.len() / 2], costs[costs.len() - 1]);
    last.expect("done once")
}

/// A grid of streets without some of them, a ring round most of it, and hamlets on a coarser grid, each with entrances on
/// the streets that leave its middle.
struct Town {
    lines: Vec<RoadLine>,
    registry: Registry,
    side: usize,
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

impl Town {
    fn of(edges: usize) -> Town {
        // Of two streets a crossroads four fifths are there, each in two pieces.
        let side = ((edges as f64 / 2.0 / 1.6).sqrt() as usize).max(20);
        let mut town = Town { lines: Vec::new(), registry: Registry::default(), side };
        let mut dice = Dice(1);
        for i in 0..side * side {
            let (x, y) = (i % side, i / side);
            for (dx, dy) in [(1, 0), (0, 1)] {
                if x + dx < side && y + dy < side && dice.below(5) > 0 {
                    town.street((x, y), (x + dx, y + dy));
                }
            }
        }
        town.areas();
        town
    }

    /// The same roads as an extract of OpenStreetMap.
    fn extract(&self) -> Vec<u8> {
        let mut ids: BTreeMap<(i64, i64), i64> = BTreeMap::new();
        let nano = |degrees: f64| (degrees * 1e7).round() as i64 * 100;
        let mut extract = write::Extract::default();
        for (line, number) in self.lines.iter().zip(1..) {
            let points = line.parts.iter().flat_map(|part| part.coords()).map(|c| (nano(c.x), nano(c.y)));
            let mut node = |at| {
                let next = ids.len() as i64 + 1;
                *ids.entry(at).or_insert(next)
            };
            let nodes = points.map(&mut node).collect();
            let tags = [("highway", &*line.highway), ("name", &*line.name)];
            let tags = tags.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
            extract.ways.push(write::Way { id: number, tags, nodes });
        }
        extract.nodes = ids.into_iter().map(|((lon, lat), id)| (id, lon, lat)).collect();
        extract.nodes.sort_unstable();
        write::write(&extract, write::USUAL)
    }

    fn place(&self, x: f64, y: f64) -> Coord<f64> {
        let middle = self.side as f64 / 2.0;
        let (east, north) = ((x - middle) * STEP_M, (y - middle) * STEP_M);
        Coord { x: 114.5 + east * METRE / 31_f64.to_radians().cos(), y: 31.0 + north * METRE }
    }

    fn street(&mut self, (x, y): (usize, usize), (u, v): (usize, usize)) {
        let (x, y, u, v) = (x as f64, y as f64, u as f64, v as f64);
        let bend = self.place((x + u) / 2.0 + 0.1 * (v - y), (y + v) / 2.0 + 0.1 * (u - x));
        let part: LineString<f64> = vec![self.place(x, y), bend, self.place(u, v)].into();
        let id = format!("R{}", self.lines.len());
        let (id, name, highway) = (id.as_str().into(), id.as_str().into(), "residential".into());
        self.lines.push(RoadLine { id, highway, name, level: 0, parts: vec![part] });
    }

    fn areas(&mut self) {
        let side = self.side as f64;
        let step = side / (HAMLETS as f64).sqrt();
        let mut hamlets: Vec<(usize, usize)> = Vec::new();
        let (mut x, mut y) = (step / 2.0, step / 2.0);
        while hamlets.len() < HAMLETS && y < side {
            hamlets.push((x as usize, y as usize));
            x += step;
            if x >= side {
                (x, y) = (step / 2.0, y + step);
            }
        }
        for (n, (x, y)) in hamlets.iter().enumerate() {
            let at = self.place(*x as f64, *y as f64);
            let area = area(&format!("H{n:03}"), at);
            self.registry.areas.insert(area.id.clone(), area);
        }
        let mut entrances: BTreeMap<EntranceId, Entrance> = BTreeMap::new();
        for line in &self.lines {
            let ends = [line.parts[0].0[0], line.parts[0].0[2]];
            let near = |c: &Coord<f64>| hamlets.iter().any(|(x, y)| self.place(*x as f64, *y as f64) == *c);
            if ends.iter().any(near) {
                let entrance = entrance(&format!("E{:05}", entrances.len()), line.parts[0].0[1]);
                entrances.insert(entrance.id.clone(), entrance);
            }
        }
        self.registry.entrances = entrances;
        let corner = |x: f64, y: f64| self.place(x * side, y * side);
        let ring = [(0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.05, 0.95), (0.05, 0.05)];
        let ring = Polygon::new(ring.iter().map(|(x, y)| corner(*x, *y)).collect(), Vec::new());
        let element = Element {
            id: ElementId::new("RING").expect("an id"),
            layer: Layer::Circle,
            name: "RING".into(),
            parent: None,
            entrances: Vec::new(),
            max_gap_m: None,
            radius_m: None,
            shape: ring.into(),
            extra: BTreeMap::new(),
        };
        self.registry.elements.insert(element.id.clone(), element);
    }

    /// The points that follow each other, one pair a line: `x1,y1,x2,y2,entrance`.
    fn csv(&self) -> String {
        let mut text = String::from("x1,y1,x2,y2\n");
        for line in &self.lines {
            for pair in line.parts[0].0.windows(2) {
                let _ = writeln!(text, "{},{},{},{}", pair[0].x, pair[0].y, pair[1].x, pair[1].y);
            }
        }
        text
    }
}

fn area(id: &str, at: Coord<f64>) -> Area {
    Area {
        id: AreaId::new(id).expect("an id"),
        parent: None,
        kind: AreaKind::Hamlet,
        name: id.into(),
        code: None,
        at: Some(LonLat { lon: at.x, lat: at.y }),
        boundary: None,
        extra: BTreeMap::new(),
    }
}

fn entrance(id: &str, at: Coord<f64>) -> Entrance {
    Entrance {
        id: EntranceId::new(id).expect("an id"),
        area: AreaId::new("H000").expect("an id"),
        name: id.into(),
        at: Some(LonLat { lon: at.x, lat: at.y }),
        bearing: None,
        density: Density::Detect,
        required: 1,
        target: 1,
        priority: 3,
        roles: Vec::new(),
        dirs: Dirs::Any,
        status: EntranceStatus::Active,
        source: None,
        derived_from: Vec::new(),
        extra: BTreeMap::new(),
    }
}
