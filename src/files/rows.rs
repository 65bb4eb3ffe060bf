//! Objects as the database keeps them: one text an object, opaque to the store.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use cunkou_core::registry::{
    Fault, FileKind, Life, ObjectKind, ObjectRow, Registry, Row, Table, Tables, empty_table, object_row, object_rows,
    read,
};
use geojson::GeometryValue;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::shapes;

/// Objects from which on a thread is worth its start.
const LARGE: usize = 20_000;

/// The filled cells of an object, and its shape.
#[derive(Serialize)]
struct Kept<'a> {
    cells: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    geometry: Option<GeometryValue>,
}

/// The same, as it is read.
#[derive(Deserialize)]
struct Found<'a> {
    #[serde(borrow)]
    cells: Pairs<'a>,
    #[serde(default)]
    geometry: Option<GeometryValue>,
}

/// Columns and cells in the order of the text: borrowed from it where no character of it is escaped, since a large
/// town has millions.
struct Pairs<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Pairs<'a>, D::Error> {
        struct Reader<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Reader<'a> {
            type Value = Pairs<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("columns and cells")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Pairs<'a>, M::Error> {
                let mut pairs = Vec::new();
                while let Some((Text(column), Text(cell))) = map.next_entry()? {
                    pairs.push((column, cell));
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Reader(PhantomData))
    }
}

/// A text, borrowed where it can be.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Why kept objects cannot be read; the database was written by another version, or by another hand.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// A text is not what [`encode`] writes.
    #[error("the kept {kind} {id} cannot be read")]
    Text {
        /// What it is.
        kind: &'static str,
        /// Its id.
        id: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A shape is none.
    #[error("the shape of the kept {kind} {id} cannot be read")]
    Shape {
        /// What it is.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// A value of it is against the rules.
    #[error("the kept registry has a fault: {0}")]
    Fault(Box<Fault>),
}

/// Every object as one text, by kind and id. Equal objects have equal texts.
#[must_use]
pub fn encode(registry: &Registry) -> BTreeMap<(ObjectKind, String), String> {
    object_rows(registry).iter().map(|row| ((row.kind, row.id.clone()), text(row))).collect()
}

/// One object as the same text; `None` where there is none.
#[must_use]
pub fn encode_one(registry: &Registry, kind: ObjectKind, id: &str) -> Option<String> {
    object_row(registry, kind, id).map(|row| text(&row))
}

fn text(row: &ObjectRow) -> String {
    let geometry = row.shape.as_ref().and_then(shapes::to_geojson);
    let filled = row.cells.iter().filter(|(_, cell)| !cell.is_empty());
    let cells = filled.map(|(column, cell)| (column.as_str(), cell.as_str())).collect();
    // Maps of text and finite numbers are JSON always.
    serde_json::to_string(&Kept { cells, geometry }).unwrap_or_default()
}

/// The life of a camera by its kept text; `None` where the text is none.
#[must_use]
pub fn life_of(text: &str) -> Option<Life> {
    let kept: Found<'_> = serde_json::from_str(text).ok()?;
    match kept.cells.0.iter().find(|(column, _)| column == "status") {
        Some((_, word)) => Life::from_word(word),
        None => Some(Life::Active),
    }
}

/// The registry of some kept texts, derived entrances as they were kept.
///
/// # Errors
/// When a text cannot be read or breaks a rule of the registry.
pub fn decode(kept: &BTreeMap<(ObjectKind, String), String>) -> Result<Registry, RowsError> {
    let mut files: BTreeMap<FileKind, Vec<(ObjectKind, &str, &str)>> = BTreeMap::new();
    for ((kind, id), text) in kept {
        files.entry(FileKind::of(*kind)).or_default().push((*kind, id, text));
    }
    files.entry(FileKind::Cameras).or_default();
    let mut tables = Tables::default();
    for (file, table) in tables_of(files) {
        tables.files.insert(file, table?);
    }
    let (registry, faults) = read(&tables);
    match faults.into_iter().find(Fault::is_error) {
        Some(fault) => Err(RowsError::Fault(Box::new(fault))),
        None => Ok(registry),
    }
}

/// The table of each file. Those of a large town are made beside each other: cameras and entrances are nearly all of it,
/// the one about as much as the other.
fn tables_of(files: BTreeMap<FileKind, Vec<(ObjectKind, &str, &str)>>) -> Vec<(FileKind, Result<Table, RowsError>)> {
    if files.values().map(Vec::len).sum::<usize>() < LARGE {
        return files.into_iter().map(|(file, objects)| (file, table(file, &objects))).collect();
    }
    std::thread::scope(|scope| {
        let made = files.into_iter().map(|(file, objects)| scope.spawn(move || (file, table(file, &objects))));
        let made: Vec<_> = made.collect();
        made.into_iter().map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

fn table(file: FileKind, objects: &[(ObjectKind, &str, &str)]) -> Result<Table, RowsError> {
    let mut table = empty_table(file);
    table.rows.reserve(objects.len());
    for (kind, id, text) in objects {
        let row = row(*kind, id, text, &mut table.columns)?;
        table.rows.push(row);
    }
    Ok(table)
}

/// A kept text as a row; columns that the table does not have yet are added to it.
fn row(kind: ObjectKind, id: &str, text: &str, columns: &mut Vec<String>) -> Result<Row, RowsError> {
    let what = || (kind.word(), id.to_owned());
    let Found { cells: Pairs(pairs), geometry } = serde_json::from_str(text).map_err(|source| {
        let (kind, id) = what();
        RowsError::Text { kind, id, source }
    })?;
    let shape = match geometry.map(|g| shapes::from_geojson(&g)) {
        Some(None) => {
            let (kind, id) = what();
            return Err(RowsError::Shape { kind, id });
        }
        shape => shape.flatten().map(Box::new),
    };
    // The id is the key; what the text says of it is the same.
    let mut cells: Vec<&str> = vec![id];
    for (column, cell) in pairs.iter().filter(|(column, _)| column != "id") {
        let at = columns.iter().position(|c| c == column).unwrap_or_else(|| {
            columns.push(column.clone().into_owned());
            columns.len() - 1
        });
        if cells.len() <= at {
            cells.resize(at + 1, "");
        }
        if let Some(place) = cells.get_mut(at) {
            *place = &**cell;
        }
    }
    Ok(Row { line: 0, cells: cells.into_iter().collect(), shape })
}
