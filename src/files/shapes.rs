//! GeoJSON to a table and back: one feature a row, its properties as cells.

use std::collections::BTreeMap;
use std::sync::Arc;

use cunkou_core::registry::{FileFault, FileKind, Row, RowCells, Table};
use geo::{Geometry, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};
use geojson::{Feature, GeometryValue, Position};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::folder::{MAX_CELL, MAX_COLUMNS, MAX_ROWS};
use super::told::Told;

/// Characters of what the reader says that are passed on.
const MAX_WHY: usize = 160;
/// Properties that are written as numbers.
const NUMBERS: [&str; 2] = ["max_gap_m", "radius_m"];

#[derive(serde::Deserialize)]
struct Collection<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    features: Vec<&'a RawValue>,
}

/// Reads a feature collection; `None` where the text is none. The line of a row is that on which its feature begins.
pub(super) fn parse(text: &str, told: &mut Told) -> Option<Table> {
    table(features(text, told)?, told)
}

/// The features of a collection, each with the line on which it begins; `None` where one cannot be read.
pub(super) fn features(text: &str, told: &mut Told) -> Option<Vec<(u32, Feature)>> {
    let collection = match serde_json::from_str::<Collection<'_>>(text) {
        Ok(collection) if collection.kind == "FeatureCollection" => collection,
        Ok(_) => return unreadable(told, None, "it is no FeatureCollection"),
        Err(e) => return unreadable(told, u32::try_from(e.line()).ok(), &e.to_string()),
    };
    if collection.features.len() > MAX_ROWS {
        told.fault(None, None, FileFault::TooManyRows { limit: MAX_ROWS });
        return None;
    }
    let mut rows: Vec<(u32, Feature)> = Vec::new();
    let (mut line, mut at) = (1_u32, 0_usize);
    let mut whole = true;
    for raw in collection.features {
        // A raw value borrows from the text, so that its place in it is known.
        let from = (raw.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        let breaks = text.as_bytes().get(at..from).unwrap_or_default().iter().filter(|b| **b == b'\n').count();
        line = line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        at = from;
        match raw.get().parse() {
            Ok(feature) => rows.push((line, feature)),
            Err(e) => whole = unreadable::<()>(told, Some(line), &geojson::Error::to_string(&e)).is_some(),
        }
    }
    whole.then_some(rows)
}

/// What the reader says may quote the file: only its beginning is passed on, on one line.
pub(super) fn unreadable<T>(told: &mut Told, line: Option<u32>, why: &str) -> Option<T> {
    let why: String = why.chars().take(MAX_WHY).flat_map(char::escape_debug).collect();
    told.fault(line, None, FileFault::Unreadable { why: Arc::from(why) });
    None
}

fn table(features: Vec<(u32, Feature)>, told: &mut Told) -> Option<Table> {
    let mut place: BTreeMap<String, usize> = BTreeMap::new();
    let mut rows = Vec::new();
    for (line, mut feature) in features {
        let mut properties = feature.properties.take().unwrap_or_default();
        // Some programs write the id beside the properties, as the standard allows.
        if let Some(id) = feature.id.take().filter(|_| !properties.contains_key("id")) {
            properties.insert("id".to_owned(), serde_json::to_value(id).unwrap_or_default());
        }
        let mut cells = Vec::new();
        for (name, value) in properties {
            let next = place.len();
            let at = *place.entry(name.clone()).or_insert(next);
            let cell = cell(value);
            if place.len() > MAX_COLUMNS {
                told.fault(Some(line), None, FileFault::TooManyColumns { limit: MAX_COLUMNS });
                return None;
            }
            if cell.len() > MAX_CELL {
                told.fault(Some(line), Some(&name), FileFault::CellTooLong { limit: MAX_CELL });
                continue;
            }
            if cells.len() <= at {
                cells.resize(at + 1, String::new());
            }
            cells[at] = cell;
        }
        let shape = match feature.geometry.map(|g| from_geojson(&g.value)) {
            Some(None) => {
                return unreadable(
                    told,
                    Some(line),
                    "the geometry has a point without longitude and latitude, or is a collection",
                );
            }
            Some(Some(shape)) => Some(shape),
            None => None,
        };
        rows.push(Row { line, cells: cells.into_iter().collect(), shape: shape.map(Box::new) });
    }
    let mut columns = vec![String::new(); place.len()];
    place.into_iter().for_each(|(name, at)| columns[at] = name);
    Some(Table { columns, rows })
}

/// A property as a cell: a list as its items with spaces between.
fn cell(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        Value::Array(items) => items.into_iter().map(cell).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// A shape as the core speaks of it; heights are left out.
pub(super) fn from_geojson(value: &GeometryValue) -> Option<Geometry<f64>> {
    let point = |p: &Position| match p.as_slice() {
        [x, y, ..] => Some(Point::new(*x, *y)),
        _ => None,
    };
    let line = |l: &Vec<Position>| l.iter().map(point).collect::<Option<Vec<_>>>().map(LineString::from);
    let polygon = |rings: &Vec<Vec<Position>>| {
        let mut rings = rings.iter().map(line).collect::<Option<Vec<_>>>()?.into_iter();
        Some(Polygon::new(rings.next().unwrap_or_else(LineString::empty), rings.collect()))
    };
    Some(match value {
        GeometryValue::Point { coordinates } => Geometry::Point(point(coordinates)?),
        GeometryValue::MultiPoint { coordinates } => {
            Geometry::MultiPoint(MultiPoint(coordinates.iter().map(point).collect::<Option<_>>()?))
        }
        GeometryValue::LineString { coordinates } => Geometry::LineString(line(coordinates)?),
        GeometryValue::MultiLineString { coordinates } => {
            Geometry::MultiLineString(MultiLineString(coordinates.iter().map(line).collect::<Option<_>>()?))
        }
        GeometryValue::Polygon { coordinates } => Geometry::Polygon(polygon(coordinates)?),
        GeometryValue::MultiPolygon { coordinates } => {
            Geometry::MultiPolygon(MultiPolygon(coordinates.iter().map(polygon).collect::<Option<_>>()?))
        }
        GeometryValue::GeometryCollection { .. } => return None,
    })
}

/// A shape as GeoJSON; `None` for one that a registry cannot hold.
pub(super) fn to_geojson(shape: &Geometry<f64>) -> Option<GeometryValue> {
    let line = |l: &LineString<f64>| l.coords().map(|c| Position::from([c.x, c.y])).collect::<Vec<_>>();
    let polygon = |p: &Polygon<f64>| std::iter::once(p.exterior()).chain(p.interiors()).map(line).collect::<Vec<_>>();
    Some(match shape {
        Geometry::Point(p) => GeometryValue::Point { coordinates: Position::from([p.x(), p.y()]) },
        Geometry::MultiPoint(many) => {
            GeometryValue::MultiPoint { coordinates: many.iter().map(|p| Position::from([p.x(), p.y()])).collect() }
        }
        Geometry::LineString(l) => GeometryValue::LineString { coordinates: line(l) },
        Geometry::MultiLineString(many) => {
            GeometryValue::MultiLineString { coordinates: many.iter().map(line).collect() }
        }
        Geometry::Polygon(p) => GeometryValue::Polygon { coordinates: polygon(p) },
        Geometry::MultiPolygon(many) => GeometryValue::MultiPolygon { coordinates: many.iter().map(polygon).collect() },
        _ => return None,
    })
}

/// The filled cells of a row as properties, in the order of the columns.
struct Properties<'a>(&'a [String], &'a RowCells);

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let filled = self.0.iter().zip(self.1.iter()).filter(|(_, cell)| !cell.is_empty());
        serializer.collect_map(filled.map(|(column, cell)| {
            let number = cell.parse::<f64>().ok().filter(|_| NUMBERS.contains(&column.as_str()));
            let value = number.and_then(serde_json::Number::from_f64).map(Value::Number);
            (column, value.unwrap_or_else(|| Value::String(cell.to_owned())))
        }))
    }
}

#[derive(serde::Serialize)]
struct Written<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    properties: Properties<'a>,
    geometry: Option<GeometryValue>,
}

/// A table as a feature collection, one feature a line, so that a difference of two versions can be read.
///
/// # Errors
/// When a number is none of JSON (an infinite coordinate); the registry holds none.
pub(super) fn write(file: FileKind, table: &Table) -> Result<Vec<u8>, serde_json::Error> {
    let mut text = format!("{{\"type\":\"FeatureCollection\",\"name\":{:?},\"features\":[", stem(file));
    for (i, row) in table.rows.iter().enumerate() {
        text.push_str(if i > 0 { ",\n" } else { "\n" });
        let geometry = row.shape.as_deref().and_then(to_geojson);
        let properties = Properties(&table.columns, &row.cells);
        text.push_str(&serde_json::to_string(&Written { kind: "Feature", properties, geometry })?);
    }
    text.push_str("\n]}\n");
    Ok(text.into_bytes())
}

fn stem(file: FileKind) -> &'static str {
    file.word().split('.').next().unwrap_or_default()
}
