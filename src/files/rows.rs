//! Objects as the database keeps them: one text an object, opaque to the store.

use std::collections::BTreeMap;

use cunkou_core::registry::{
    Fault, FileKind, Life, ObjectKind, ObjectRow, Registry, empty_table, object_rows, read, tables_of_rows,
};
use geojson::GeometryValue;
use serde::{Deserialize, Serialize};

use super::shapes;

/// The filled cells of an object, and its shape.
#[derive(Serialize, Deserialize)]
struct Kept {
    cells: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    geometry: Option<GeometryValue>,
}

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
    let text = |row: ObjectRow| {
        let geometry = row.shape.as_ref().and_then(shapes::to_geojson);
        let cells = row.cells.into_iter().filter(|(_, cell)| !cell.is_empty()).collect();
        // Maps of text and finite numbers are JSON always.
        let text = serde_json::to_string(&Kept { cells, geometry }).unwrap_or_default();
        ((row.kind, row.id), text)
    };
    object_rows(registry).into_iter().map(text).collect()
}

/// The life of a camera by its kept text; `None` where the text is none.
#[must_use]
pub fn life_of(text: &str) -> Option<Life> {
    let kept: Kept = serde_json::from_str(text).ok()?;
    match kept.cells.get("status") {
        Some(word) => Life::from_word(word),
        None => Some(Life::Active),
    }
}

/// The registry of some kept texts, derived entrances as they were kept.
///
/// # Errors
/// When a text cannot be read or breaks a rule of the registry.
pub fn decode(kept: &BTreeMap<(ObjectKind, String), String>) -> Result<Registry, RowsError> {
    let mut rows = Vec::new();
    for ((kind, id), text) in kept {
        let what = || (kind.word(), id.clone());
        let Kept { mut cells, geometry } = serde_json::from_str(text).map_err(|source| {
            let (kind, id) = what();
            RowsError::Text { kind, id, source }
        })?;
        let shape = match geometry.map(|g| shapes::from_geojson(&g)) {
            Some(None) => {
                let (kind, id) = what();
                return Err(RowsError::Shape { kind, id });
            }
            shape => shape.flatten(),
        };
        cells.insert("id".to_owned(), id.clone());
        // `id` first, as the tables want it.
        let mut cells: Vec<(String, String)> = cells.into_iter().collect();
        cells.sort_by_key(|(column, _)| column != "id");
        rows.push(ObjectRow { kind: *kind, id: id.clone(), cells, shape });
    }
    let mut tables = tables_of_rows(rows);
    tables.files.entry(FileKind::Cameras).or_insert_with(|| empty_table(FileKind::Cameras));
    let (registry, faults) = read(&tables);
    match faults.into_iter().find(Fault::is_error) {
        Some(fault) => Err(RowsError::Fault(Box::new(fault))),
        None => Ok(registry),
    }
}
