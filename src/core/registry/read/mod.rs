//! From tables of text to values: every cell with its rule and default (names.md, registry files), every fault told.
//!
//! What can be read is read, also in a row with faults, so that all faults come at once; a registry with an error
//! among its faults is not to be put in force.

mod camera;
mod cells;
mod header;
mod net;
mod number;
mod objects;
mod shape;

use std::collections::BTreeMap;

use self::cells::Cells;
use self::header::Header;
use super::fault::{Fault, FaultKind, Faults, FileFault};
use super::tables::{FileKind, Table, Tables};
use super::{Camera, Registry};
use crate::model::check_id;

/// Reads every row of every table.
#[must_use]
pub fn read(tables: &Tables) -> (Registry, Vec<Fault>) {
    let mut faults = Faults::default();
    let registry = read_into(tables, &mut faults);
    (registry, faults.finish())
}

/// [`read`], into a list of faults that others go on with.
pub(super) fn read_into(tables: &Tables, faults: &mut Faults) -> Registry {
    let mut reading = Reading { registry: Registry::default(), faults, seen: BTreeMap::new() };
    for (file, table) in &tables.files {
        reading.table(*file, table);
    }
    if !tables.files.contains_key(&FileKind::Cameras) {
        reading.faults.push(Fault::of_file(FileKind::Cameras.word(), FileFault::Missing));
    }
    reading.registry
}

struct Reading<'f> {
    registry: Registry,
    faults: &'f mut Faults,
    /// Where each id stands first, over all kinds.
    seen: BTreeMap<String, (FileKind, u32)>,
}

impl Reading<'_> {
    fn table(&mut self, file: FileKind, table: &Table) {
        let header = Header::of(file, table, self.faults);
        if file == FileKind::AreaShapes {
            return self.boundaries(&header, table);
        }
        for row in &table.rows {
            let mut cells = Cells { file, header: &header, row, faults: self.faults };
            claim(&mut self.seen, &mut cells);
            let r = &mut self.registry;
            match file {
                FileKind::Areas => keep(&mut r.areas, cells.area().map(|a| (a.id.clone(), a))),
                FileKind::Nodes => keep(&mut r.nodes, cells.node().map(|n| (n.id.clone(), n))),
                FileKind::Entrances => keep(&mut r.entrances, cells.entrance().map(|e| (e.id.clone(), e))),
                FileKind::Cameras => keep(&mut r.cameras, cells.camera().map(|c: Camera| (c.id.clone(), c))),
                FileKind::Plan => keep(&mut r.elements, cells.element().map(|e| (e.id.clone(), e))),
                FileKind::Places => keep(&mut r.places, cells.place().map(|p| (p.id.clone(), p))),
                FileKind::Sites => keep(&mut r.sites, cells.site().map(|s| (s.id.clone(), s))),
                FileKind::AreaShapes => {}
            }
        }
    }

    /// Boundaries go to the areas that areas.csv has made; a boundary of no area is a dangling reference.
    fn boundaries(&mut self, header: &Header, table: &Table) {
        let mut seen = BTreeMap::new();
        for row in &table.rows {
            let mut cells = Cells { file: FileKind::AreaShapes, header, row, faults: self.faults };
            claim(&mut seen, &mut cells);
            let id = cells.trimmed("id");
            let known = self.seen.get(id).is_some_and(|(file, _)| *file == FileKind::Areas);
            if !known && check_id(id).is_ok() {
                cells.no_such_area(id, self.seen.iter().filter(|(_, p)| p.0 == FileKind::Areas).map(|(id, _)| &**id));
            }
            let boundary = cells.boundary();
            if let Some(area) = self.registry.areas.get_mut(id)
                && area.boundary.is_none()
            {
                area.boundary = boundary;
            }
        }
    }
}

/// Keeps an object; of two with one id the first, the second is a fault already.
fn keep<K: Ord, V>(map: &mut BTreeMap<K, V>, object: Option<(K, V)>) {
    if let Some((id, object)) = object {
        map.entry(id).or_insert(object);
    }
}

/// Takes the id of a row as its own; a fault where another row has it.
fn claim(seen: &mut BTreeMap<String, (FileKind, u32)>, cells: &mut Cells<'_>) {
    let id = cells.trimmed("id");
    if id.is_empty() {
        return;
    }
    match seen.get(id) {
        Some((file, row)) => cells.fault("id", id, FaultKind::DuplicateId { file: *file, row: *row }),
        None => {
            seen.insert(id.to_owned(), (cells.file, cells.row.line));
        }
    }
}
