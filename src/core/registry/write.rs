//! From values to text: the canonical cells of every object. What is read from them is the same object again.

use std::collections::{BTreeMap, BTreeSet};

use geo::{Geometry, MultiPolygon};

use super::tables::{FileKind, ObjectKind, Row, Table, Tables};
use super::work::{Weekly, clock};
use super::{
    Area, Camera, ChecksSpec, Duty, Element, Entrance, Extra, LonLat, Node, Place, PlannedWork, Registry, Site,
    WatchRule, derive,
};

use crate::model::Span;

/// An object as text.
#[derive(Clone, PartialEq, Debug)]
pub struct ObjectRow {
    /// What it is.
    pub kind: ObjectKind,
    /// Its id.
    pub id: String,
    /// Columns and cells in the order of names.md, unknown columns behind; `id` is the first.
    pub cells: Vec<(String, String)>,
    /// Its shape, for an element or an area with a boundary.
    pub shape: Option<Geometry<f64>>,
}

/// Every object as text, derived entrances included.
#[must_use]
pub fn object_rows(registry: &Registry) -> Vec<ObjectRow> {
    let r = registry;
    let mut rows: Vec<ObjectRow> = r.areas.values().map(area).collect();
    rows.extend(r.nodes.values().map(node));
    rows.extend(r.entrances.values().map(entrance));
    rows.extend(r.cameras.values().map(camera));
    rows.extend(r.elements.values().map(element));
    rows.extend(r.places.values().map(place));
    rows.extend(r.sites.values().map(site));
    rows.extend(r.work.values().map(work));
    rows
}

/// One object as text; `None` where there is none of this kind with this id.
#[must_use]
pub fn object_row(registry: &Registry, kind: ObjectKind, id: &str) -> Option<ObjectRow> {
    let r = registry;
    match kind {
        ObjectKind::Area => r.areas.get(id).map(area),
        ObjectKind::Node => r.nodes.get(id).map(node),
        ObjectKind::Entrance => r.entrances.get(id).map(entrance),
        ObjectKind::Camera => r.cameras.get(id).map(camera),
        ObjectKind::Element => r.elements.get(id).map(element),
        ObjectKind::Place => r.places.get(id).map(place),
        ObjectKind::Site => r.sites.get(id).map(site),
        ObjectKind::Work => r.work.get(id).map(work),
    }
}

/// The files of a registry: reading them gives the same registry. Derived entrances are left out where they would be
/// derived again; kinds without objects have no file, but for cameras (always) and entrances (whose absence means
/// "derive").
#[must_use]
pub fn tables_of(registry: &Registry) -> Tables {
    let would_derive = derive::entrances(registry);
    let derived = would_derive == registry.entrances;
    let rows = object_rows(registry).into_iter();
    let mut tables = tables_of_rows(rows.filter(|r| !(derived && r.kind == ObjectKind::Entrance)).collect());
    tables.files.entry(FileKind::Cameras).or_insert_with(|| empty(FileKind::Cameras));
    if !derived {
        tables.files.entry(FileKind::Entrances).or_insert_with(|| empty(FileKind::Entrances));
    }
    let shapes: Vec<Row> = tables.files.get_mut(&FileKind::Areas).map_or(Vec::new(), |areas| {
        let shaped = areas.rows.iter_mut().filter_map(|r| Some((r.cells.get(0)?.to_owned(), r.shape.take()?)));
        shaped.map(|(id, shape)| Row { line: 0, cells: [id].into_iter().collect(), shape: Some(shape) }).collect()
    });
    if !shapes.is_empty() {
        tables.files.insert(FileKind::AreaShapes, Table { columns: vec!["id".to_owned()], rows: shapes });
    }
    tables
}

/// The table of a kind without objects: its header.
#[must_use]
pub fn empty(file: FileKind) -> Table {
    let columns = file.columns().iter().filter(|c| **c != DERIVED_FROM).map(|c| (*c).to_owned()).collect();
    Table { columns, rows: Vec::new() }
}

/// Objects as tables; shapes stay on their rows, also those of areas.
#[must_use]
pub fn tables_of_rows(rows: Vec<ObjectRow>) -> Tables {
    let mut by_file: BTreeMap<FileKind, Vec<ObjectRow>> = BTreeMap::new();
    for row in rows {
        by_file.entry(FileKind::of(row.kind)).or_default().push(row);
    }
    let files = by_file.into_iter().map(|(file, rows)| (file, table(file, rows))).collect();
    Tables { files }
}

/// Written only where entrances were derived: names.md does not know it.
const DERIVED_FROM: &str = "derived_from";

fn table(file: FileKind, rows: Vec<ObjectRow>) -> Table {
    let mut columns = empty(file).columns;
    let known = file.columns();
    let named = rows.iter().flat_map(|r| &r.cells).filter(|(column, cell)| !cell.is_empty() && column != "id");
    let extra: BTreeSet<&String> =
        named.map(|(column, _)| column).filter(|c| !known.contains(&c.as_str()) || *c == DERIVED_FROM).collect();
    columns.extend(extra.into_iter().cloned());
    let place: BTreeMap<&str, usize> = columns.iter().enumerate().map(|(i, c)| (c.as_str(), i)).collect();
    let row = |r: ObjectRow| {
        let mut cells = vec![String::new(); columns.len()];
        for (column, cell) in r.cells {
            if let Some(slot) = place.get(column.as_str()).and_then(|i| cells.get_mut(*i)) {
                *slot = cell;
            }
        }
        Row { line: 0, cells: cells.into_iter().collect(), shape: r.shape.map(Box::new) }
    };
    let rows = rows.into_iter().map(row).collect();
    Table { columns, rows }
}

/// The cells of one object, as they are added.
struct Cells(Vec<(String, String)>);

impl Cells {
    fn of(id: &str) -> Cells {
        Cells(Vec::new()).text("id", id)
    }

    fn text(mut self, column: &str, text: impl ToString) -> Cells {
        self.0.push((column.to_owned(), text.to_string()));
        self
    }

    /// Rust writes the shortest number that reads as the same one.
    fn maybe(self, column: &str, value: Option<impl ToString>) -> Cells {
        self.text(column, value.map_or(String::new(), |v| v.to_string()))
    }

    fn list<T: ToString>(self, column: &str, items: &[T]) -> Cells {
        self.text(column, items.iter().map(T::to_string).collect::<Vec<_>>().join(" "))
    }

    fn position(self, at: Option<LonLat>) -> Cells {
        self.maybe("lon", at.map(|p| p.lon)).maybe("lat", at.map(|p| p.lat))
    }

    fn row(mut self, kind: ObjectKind, extra: &Extra, shape: Option<Geometry<f64>>) -> ObjectRow {
        let id = self.0.first().map_or(String::new(), |(_, id)| id.clone());
        self.0.extend(extra.iter().map(|(column, cell)| (column.to_string(), cell.to_string())));
        ObjectRow { kind, id, cells: self.0, shape }
    }
}

pub(super) fn area(a: &Area) -> ObjectRow {
    let cells = Cells::of(a.id.as_str())
        .maybe("parent", a.parent.as_ref())
        .text("kind", a.kind.word())
        .text("name", &a.name)
        .maybe("code", a.code.as_ref())
        .position(a.at);
    cells.row(ObjectKind::Area, &a.extra, a.boundary.as_ref().map(boundary))
}

/// One polygon is written as one, several as several.
fn boundary(polygons: &MultiPolygon<f64>) -> Geometry<f64> {
    match polygons.0.as_slice() {
        [one] => Geometry::Polygon(one.clone()),
        _ => Geometry::MultiPolygon(polygons.clone()),
    }
}

pub(super) fn node(n: &Node) -> ObjectRow {
    let cells = Cells::of(n.id.as_str())
        .text("kind", n.kind.word())
        .text("name", &n.name)
        .maybe("address", n.address.as_ref())
        .position(n.at)
        .list("parents", &n.parents.of)
        .text("needs", n.parents.needs.word())
        .list("power", &n.power.of)
        .text("power_needs", n.power.needs.word());
    cells.row(ObjectKind::Node, &n.extra, None)
}

pub(super) fn entrance(e: &Entrance) -> ObjectRow {
    let cells = Cells::of(e.id.as_str())
        .text("area", &e.area)
        .text("name", &e.name)
        .position(e.at)
        .maybe("bearing", e.bearing)
        .text("density", e.density.word())
        .text("required", e.required)
        // Empty means "as required", and goes on meaning it when somebody raises what is required.
        .maybe("target", Some(e.target).filter(|t| *t != e.required))
        .text("priority", e.priority)
        .list("roles", &e.roles)
        .text("dirs", e.dirs.word())
        .text("status", e.status.word())
        .maybe("source", e.source.as_ref())
        .list(DERIVED_FROM, &e.derived_from);
    cells.row(ObjectKind::Entrance, &e.extra, None)
}

pub(super) fn camera(c: &Camera) -> ObjectRow {
    let cells = Cells::of(c.id.as_str())
        .maybe("gb_code", c.gb_code.as_ref())
        .text("name", &c.name)
        .text("area", &c.area)
        .text("layer", c.layer.word())
        .maybe("element", c.element.as_ref())
        .text("kind", c.kind.word())
        .position(c.at)
        .text("position_m", c.position_m)
        .maybe("height_m", c.height_m)
        .maybe("azimuth", c.azimuth.map(|a| a.degrees))
        .maybe("azimuth_error", c.azimuth.map(|a| a.error))
        .maybe("tilt", c.tilt)
        .maybe("hfov", c.hfov)
        .maybe("range_m", c.range_m)
        .maybe("width_px", c.width_px)
        .maybe("height_px", c.height_px)
        .text("night", c.night.word())
        .maybe("night_range_m", c.night_range_m)
        .maybe("duty", c.duty.map(duty))
        .list("node", &c.node)
        .list("power", &c.power)
        .text("status", c.status.word());
    let cells = cells
        .maybe("host", c.host.as_ref())
        .maybe("rtsp", c.rtsp.as_ref())
        .maybe("snapshot", c.snapshot.as_ref())
        .maybe("onvif", c.onvif.as_ref())
        .maybe("credential", c.credential.as_ref())
        .list("checks", &c.checks.iter().map(check).collect::<Vec<_>>())
        .maybe("vendor", c.vendor.as_ref())
        .maybe("model", c.model.as_ref())
        .maybe("installed_on", c.installed_on.as_ref())
        .list("watches", &c.watches.iter().map(watch).collect::<Vec<_>>())
        .maybe("note", c.note.as_ref());
    cells.row(ObjectKind::Camera, &c.extra, None)
}

fn duty(d: Duty) -> String {
    let clock = |m: u16| format!("{:02}:{:02}", m / 60, m % 60);
    format!("{}-{}", clock(d.from_minute), clock(d.to_minute))
}

fn check(spec: &ChecksSpec) -> String {
    let reach = spec.reach.map_or(String::new(), |(word, port)| {
        let port = port.map_or(String::new(), |p| format!(":{p}"));
        format!("={}{port}", word.word())
    });
    let interval = spec.interval.map_or(String::new(), |i| format!("/{i}"));
    format!("{}{reach}{interval}", spec.check.word())
}

fn watch(rule: &WatchRule) -> String {
    format!("{}{}", if rule.watches { "" } else { "!" }, rule.id)
}

pub(super) fn element(e: &Element) -> ObjectRow {
    let cells = Cells::of(e.id.as_str())
        .text("layer", e.layer.word())
        .text("name", &e.name)
        .maybe("parent", e.parent.as_ref())
        .list("entrances", &e.entrances)
        .maybe("max_gap_m", e.max_gap_m)
        .maybe("radius_m", e.radius_m);
    cells.row(ObjectKind::Element, &e.extra, Some(e.shape.clone()))
}

pub(super) fn place(p: &Place) -> ObjectRow {
    let cells = Cells::of(p.id.as_str())
        .text("kind", p.kind.word())
        .text("name", &p.name)
        .maybe("area", p.area.as_ref())
        .position(p.at)
        .maybe("contact", p.contact.as_ref());
    cells.row(ObjectKind::Place, &p.extra, None)
}

pub(super) fn site(s: &Site) -> ObjectRow {
    let cells = Cells::of(s.id.as_str()).text("kind", s.kind.word()).position(s.at).maybe("cost", s.cost);
    cells.row(ObjectKind::Site, &s.extra, None)
}

pub(super) fn work(w: &PlannedWork) -> ObjectRow {
    let length = w.weekly.map(Weekly::minutes).map(|(from, to)| Span::minutes(i64::from(to - from)));
    let cells = Cells::of(w.id.as_str())
        .text("object", &w.object)
        .maybe("from", w.from)
        .maybe("until", w.until)
        .maybe("days", w.weekly.map(|w| w.days(" ")))
        .maybe("start", w.weekly.map(|w| clock(w.minutes().0)))
        .maybe("length", length)
        .maybe("note", w.note.as_ref())
        .maybe("who", w.who.as_ref());
    cells.row(ObjectKind::Work, &w.extra, None)
}
