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
mod work;
mod written;

use std::collections::BTreeMap;

use self::cells::Cells;
use self::header::Header;
pub(in crate::registry) use self::number::parse_date;
pub use self::written::{WrittenPositions, written_positions};
use super::fault::{Fault, FaultKind, Faults, FileFault};
use super::guess::Guesses;
use super::tables::{FileKind, Lines, ObjectKind, Table, Tables};
use super::{Camera, Registry};
use crate::model::check_id;

/// Rows of announced work: what is over is to be taken out, since each is looked at whenever one begins or ends.
const MAX_WORK: usize = 1_000;

/// Reads every row of every table.
#[must_use]
pub fn read(tables: &Tables) -> (Registry, Vec<Fault>) {
    let mut faults = Faults::default();
    let registry = read_into(tables, &Lines::of(tables), &mut faults);
    (registry, faults.finish())
}

/// [`read`], into a list of faults that others go on with.
pub(super) fn read_into(tables: &Tables, lines: &Lines<'_>, faults: &mut Faults) -> Registry {
    let mut reading = Reading { registry: Registry::default(), faults, lines };
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
    lines: &'f Lines<'f>,
}

impl Reading<'_> {
    fn table(&mut self, file: FileKind, table: &Table) {
        let header = Header::of(file, table, self.faults);
        if file == FileKind::AreaShapes {
            return self.boundaries(&header, table);
        }
        let most = if file == FileKind::Maintenance { MAX_WORK } else { usize::MAX };
        if table.rows.len() > most {
            self.faults.push(Fault::of_file(file.word(), FileFault::TooManyRows { limit: most }));
        }
        for (at, row) in table.rows.iter().take(most).enumerate() {
            let mut cells = Cells { file, header: &header, row, faults: self.faults };
            let id = cells.trimmed("id");
            if let Some((file, row)) = self.lines.elsewhere(id, file, at) {
                cells.fault("id", id, FaultKind::DuplicateId { file, row });
            }
            let r = &mut self.registry;
            match file {
                FileKind::Areas => keep(&mut r.areas, cells.area().map(|a| (a.id.clone(), a))),
                FileKind::Nodes => keep(&mut r.nodes, cells.node().map(|n| (n.id.clone(), n))),
                FileKind::Entrances => keep(&mut r.entrances, cells.entrance().map(|e| (e.id.clone(), e))),
                FileKind::Cameras => keep(&mut r.cameras, cells.camera().map(|c: Camera| (c.id.clone(), c))),
                FileKind::Plan => keep(&mut r.elements, cells.element().map(|e| (e.id.clone(), e))),
                FileKind::Places => keep(&mut r.places, cells.place().map(|p| (p.id.clone(), p))),
                FileKind::Sites => keep(&mut r.sites, cells.site().map(|s| (s.id.clone(), s))),
                FileKind::Maintenance => keep(&mut r.work, cells.work().map(|w| (w.id.clone(), w))),
                FileKind::AreaShapes => {}
            }
        }
    }

    /// Boundaries go to the areas that areas.csv has made; a boundary of no area is a dangling reference.
    fn boundaries(&mut self, header: &Header, table: &Table) {
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        let mut guesses = Guesses::default();
        for row in &table.rows {
            let mut cells = Cells { file: FileKind::AreaShapes, header, row, faults: self.faults };
            let id = cells.trimmed("id");
            if let Some(first) = seen.get(id).copied().filter(|_| !id.is_empty()) {
                cells.fault("id", id, FaultKind::DuplicateId { file: FileKind::AreaShapes, row: first });
            }
            seen.entry(id.to_owned()).or_insert(row.line);
            let known = self.lines.kind_of(id) == Some(ObjectKind::Area);
            if !known && check_id(id).is_ok() {
                let did_you_mean = guesses.nearest(id, self.lines, &[ObjectKind::Area]);
                cells.fault("id", id, FaultKind::Dangling { expected: &[ObjectKind::Area], found: None, did_you_mean });
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
