//! Registries out of arbitrary bytes: sound in themselves, with the nastiest text that their rules allow. Fewer bytes
//! give a simpler registry, so that a failing case shrinks.

use std::sync::Arc;

use geo::{Geometry, LineString, MultiPolygon, Point, Polygon};

use super::words::*;

/// Bytes as a source of choices; zeros once it is dry.
struct Source<'a>(&'a [u8]);

impl Source<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn below(&mut self, n: usize) -> usize {
        usize::from(self.byte()) % n.max(1)
    }

    fn yes(&mut self) -> bool {
        self.byte() % 2 == 1
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn number(&mut self, min: f64, max: f64) -> f64 {
        let bits = (0..7).fold(0_u64, |n, _| n << 8 | u64::from(self.byte()));
        min + (max - min) * (bits as f64 / 72_057_594_037_927_936.0)
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.yes().then(|| make(self))
    }

    /// Text that is not blank, of what hurts files.
    fn text(&mut self) -> Arc<str> {
        const PIECES: [&str; 24] = [
            "村口",
            "a",
            " ",
            "\"",
            "\n",
            "\r\n",
            "\r",
            ",",
            ";",
            "\t",
            "=1+1",
            "@x",
            "-",
            "+",
            "'",
            "🙂",
            "，",
            "0",
            "\\",
            "\u{feff}",
            "\u{202e}",
            "六指街",
            "{}",
            "</script>",
        ];
        let n = self.below(6);
        let mut text: String = (0..n).map(|_| self.one(&PIECES)).collect();
        text.insert_str(self.one(&[0, text.len()]), self.one(&["甘棠", "x", "#"]));
        text.into()
    }

    fn at(&mut self) -> LonLat {
        LonLat { lon: self.number(113.0, 116.0), lat: self.number(29.0, 31.0) }
    }

    fn extra(&mut self) -> Extra {
        let names = ["管护人", "x-1", "a b", "Straße"];
        (0..self.below(3)).map(|_| (self.one(&names).into(), self.text())).collect()
    }

    fn some_of<T: Clone>(&mut self, of: &[T]) -> Vec<T> {
        let n = if of.is_empty() { 0 } else { self.below(3) };
        (0..n).map(|_| of[self.below(of.len())].clone()).collect()
    }

    fn line(&mut self, points: usize) -> LineString<f64> {
        let at = self.at();
        LineString::from(
            (0..points).map(|i| (at.lon + i as f64 / 7.0, at.lat + (i * i) as f64 / 3.0)).collect::<Vec<_>>(),
        )
    }

    fn polygon(&mut self) -> Polygon<f64> {
        let corners = 3 + self.below(3);
        let holes = self.below(2);
        Polygon::new(self.line(corners), (0..holes).map(|_| self.line(3)).collect())
    }
}

/// A sound registry.
pub(crate) fn registry(bytes: &[u8]) -> Registry {
    let s = &mut Source(bytes);
    let mut r = Registry::default();
    for i in 0..1 + s.below(4) {
        let area = area(s, &r, i);
        r.areas.insert(area.id.clone(), area);
    }
    for i in 0..s.below(5) {
        let node = node(s, &r, i);
        r.nodes.insert(node.id.clone(), node);
    }
    for i in 0..s.below(5) {
        let camera = camera(s, &r, i);
        r.cameras.insert(camera.id.clone(), camera);
    }
    for i in 0..s.below(4) {
        let element = element(s, &r, i);
        r.elements.insert(element.id.clone(), element);
    }
    if s.yes() {
        for i in 0..s.below(4) {
            let entrance = entrance(s, &r, i);
            r.entrances.insert(entrance.id.clone(), entrance);
        }
        for element in r.elements.values_mut() {
            element.entrances = r.entrances.keys().take(s.below(3)).cloned().collect();
        }
    } else {
        r.entrances = derived_entrances(&r);
    }
    let areas: Vec<AreaId> = r.areas.keys().cloned().collect();
    for i in 0..s.below(3) {
        let id = PlaceId::new(&format!("P{i}")).unwrap();
        let (area, at, contact) =
            (s.maybe(|s| s.one(&(0..areas.len()).collect::<Vec<_>>())), s.maybe(Source::at), s.maybe(Source::text));
        let area = area.map(|i| areas[i].clone());
        let (kind, name, extra) = (s.one(PlaceKind::ALL), s.text(), s.extra());
        r.places.insert(id.clone(), Place { id, kind, name, area, at, contact, extra });
    }
    for i in 0..s.below(3) {
        let id = SiteId::new(&format!("S-{i}")).unwrap();
        let (kind, at, cost) = (s.one(SiteKind::ALL), s.maybe(Source::at), s.maybe(|s| s.number(0.0, 1e9)));
        r.sites.insert(id.clone(), Site { id, kind, at, cost, extra: s.extra() });
    }
    for i in 0..s.below(3) {
        let work = work(s, &r, i);
        r.work.insert(work.id.clone(), work);
    }
    r
}

fn work(s: &mut Source<'_>, r: &Registry, i: usize) -> PlannedWork {
    let objects: Vec<Arc<str>> =
        r.areas.keys().map(|a| a.as_str().into()).chain(r.cameras.keys().map(|c| c.as_str().into())).collect();
    let moment = |s: &mut Source<'_>, from: f64| {
        let ms = s.number(from, from + 9e11) as i64 / 1_000 * 1_000;
        if s.yes() { WallTime::At(Time(ms)) } else { WallTime::Local(ms) }
    };
    let recurs = s.yes();
    let (from, until) = (moment(s, 1e12), moment(s, 2e12));
    PlannedWork {
        id: WorkId::new(&format!("W{i}")).unwrap(),
        object: objects[s.below(objects.len())].clone(),
        from: Some(from).filter(|_| !recurs || s.yes()),
        until: Some(until).filter(|_| !recurs || s.yes()),
        weekly: recurs
            .then(|| Weekly::new(1 + s.below(127) as u8, s.below(1_440) as u16, 1 + 7 * s.below(200) as u16))
            .flatten(),
        note: s.maybe(Source::text),
        who: s.maybe(Source::text),
        extra: s.extra(),
    }
}

fn area(s: &mut Source<'_>, r: &Registry, i: usize) -> Area {
    let above: Vec<AreaId> = r.areas.keys().cloned().collect();
    Area {
        id: AreaId::new(&format!("4201{i}")).unwrap(),
        parent: s.some_of(&above).first().cloned(),
        kind: s.one(AreaKind::ALL),
        name: s.text(),
        code: s.maybe(Source::text),
        at: s.maybe(Source::at),
        boundary: s.maybe(|s| {
            let n = 1 + s.below(2);
            MultiPolygon((0..n).map(|_| s.polygon()).collect())
        }),
        extra: s.extra(),
    }
}

fn node(s: &mut Source<'_>, r: &Registry, i: usize) -> Node {
    let above: Vec<NodeId> = r.nodes.keys().cloned().collect();
    let address = ["10.0.0.1", "10.0.0.2:8023", "sw.lan:80", "[fd00::1]:80", "fd00::1"];
    Node {
        id: NodeId::new(&format!("N_{i}")).unwrap(),
        kind: s.one(NodeKind::ALL),
        name: s.text(),
        address: s.maybe(|s| s.one(&address).into()),
        at: s.maybe(Source::at),
        parents: Gate { needs: s.one(Needs::ALL), of: s.some_of(&above) },
        power: Gate { needs: s.one(Needs::ALL), of: s.some_of(&above) },
        extra: s.extra(),
    }
}

fn camera(s: &mut Source<'_>, r: &Registry, i: usize) -> Camera {
    let nodes: Vec<NodeId> = r.nodes.keys().cloned().collect();
    let areas: Vec<AreaId> = r.areas.keys().cloned().collect();
    let error = s.number(0.0, 180.0);
    Camera {
        id: CameraId::new(&format!("C{i}")).unwrap(),
        gb_code: s.maybe(|s| s.one(&["42011649001320000001", "42011649001320000002"]).into()),
        name: s.text(),
        area: areas[s.below(areas.len())].clone(),
        layer: s.one(Layer::ALL),
        element: None,
        kind: s.one(CameraKind::ALL),
        at: s.maybe(Source::at),
        position_m: s.number(0.0, 50.0),
        height_m: s.maybe(|s| s.number(0.0, 20.0)),
        azimuth: s.maybe(|s| Azimuth { degrees: s.number(0.0, 360.0), error }),
        tilt: s.maybe(|s| s.number(-90.0, 90.0)),
        hfov: s.maybe(|s| s.number(1.0, 360.0)),
        range_m: s.maybe(|s| s.number(1.0, 500.0)),
        width_px: s.maybe(|s| 1 + s.below(9_000) as u32),
        height_px: s.maybe(|s| 1 + s.below(9_000) as u32),
        night: s.one(NightLight::ALL),
        night_range_m: s.maybe(|s| s.number(0.0, 100.0)),
        duty: s.maybe(|s| Duty { from_minute: s.below(200) as u16, to_minute: 1_440 - s.below(200) as u16 }),
        node: s.some_of(&nodes),
        power: s.some_of(&nodes),
        status: s.one(Life::ALL),
        host: Some(s.one(&["10.0.0.1", "cam.lan", "fd00::7"]).into()),
        rtsp: Some("rtsp://{host}:8554/中文".into()),
        snapshot: Some("http://{host}/a?b=c,d;e".into()),
        onvif: Some("https://cam.lan:8443/onvif".into()),
        credential: s.maybe(|s| s.one(&["hik", "dahua.2"]).into()),
        checks: checks(s),
        vendor: s.maybe(Source::text),
        model: s.maybe(Source::text),
        installed_on: s.maybe(|s| s.one(&["2024-02-29", "1999-12-31"]).into()),
        watches: Vec::new(),
        note: s.maybe(Source::text),
        extra: s.extra(),
    }
}

fn checks(s: &mut Source<'_>) -> Vec<ChecksSpec> {
    let mut specs = Vec::new();
    for check in Check::ALL {
        if s.yes() {
            let reach = [(ReachWord::Icmp, None), (ReachWord::Tcp, None), (ReachWord::Tcp, Some(8_554))];
            let reach = if check == Check::Reach { s.maybe(|s| s.one(&reach)) } else { None };
            specs.push(ChecksSpec { check, reach, interval: s.maybe(|s| Span::seconds(1 + s.below(200) as i64)) });
        }
    }
    specs
}

fn element(s: &mut Source<'_>, r: &Registry, i: usize) -> Element {
    let above: Vec<ElementId> = r.elements.keys().cloned().collect();
    let layer = s.one(Layer::ALL);
    let shape = match layer {
        Layer::Circle => Geometry::MultiPolygon(MultiPolygon(vec![s.polygon(), s.polygon()])),
        Layer::Block => Geometry::Polygon(s.polygon()),
        Layer::Line => Geometry::LineString(s.line(2)),
        Layer::Point => {
            let at = s.at();
            Geometry::Point(Point::new(at.lon, at.lat))
        }
    };
    Element {
        id: ElementId::new(&format!("plan.{i}")).unwrap(),
        layer,
        name: s.text(),
        parent: s.some_of(&above).first().cloned(),
        entrances: Vec::new(),
        max_gap_m: s.maybe(|s| s.number(1.0, 5_000.0)),
        radius_m: s.maybe(|s| s.number(1.0, 500.0)),
        shape,
        extra: s.extra(),
    }
}

fn entrance(s: &mut Source<'_>, r: &Registry, i: usize) -> Entrance {
    let areas: Vec<AreaId> = r.areas.keys().cloned().collect();
    let roles: Vec<ElementId> = r.elements.keys().cloned().collect();
    let required = 1 + s.below(3) as u32;
    Entrance {
        id: EntranceId::new(&format!("E{i}")).unwrap(),
        area: areas[s.below(areas.len())].clone(),
        name: s.text(),
        at: s.maybe(Source::at),
        bearing: s.maybe(|s| s.number(0.0, 360.0)),
        density: s.one(Density::ALL),
        required,
        target: required + s.below(3) as u32,
        priority: 1 + s.below(5) as u8,
        roles: s.some_of(&roles),
        dirs: s.one(Dirs::ALL),
        status: s.one(EntranceStatus::ALL),
        source: s.maybe(Source::text),
        derived_from: s.some_of(&r.cameras.keys().cloned().collect::<Vec<_>>()),
        extra: s.extra(),
    }
}
