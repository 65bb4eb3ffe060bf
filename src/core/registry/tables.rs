//! The registry as plain text: one table a file, one row an object, each cell as it is written.

use std::collections::BTreeMap;

use geo::Geometry;

use super::Registry;
use super::fault::{Fault, FaultKind};
use super::objects::words;

words! {
    /// The files of a registry folder that hold objects (names.md, registry files), by name.
    FileKind {
        /// Areas.
        Areas = "areas.csv",
        /// Boundaries of areas.
        AreaShapes = "areas.geojson",
        /// Nodes.
        Nodes = "nodes.csv",
        /// Entrances.
        Entrances = "entrances.csv",
        /// Cameras.
        Cameras = "cameras.csv",
        /// Elements of the plan.
        Plan = "plan.geojson",
        /// Stations, liaison points, teams.
        Places = "places.csv",
        /// Where cameras could stand.
        Sites = "sites.csv",
        /// Work that is announced.
        Maintenance = "maintenance.csv",
    }
}
words! {
    /// The kinds of objects of a registry; label `kind` of the registry.
    ObjectKind {
        /// An area.
        Area = "area",
        /// A node.
        Node = "node",
        /// An entrance.
        Entrance = "entrance",
        /// A camera.
        Camera = "camera",
        /// An element of the plan.
        Element = "element",
        /// A place.
        Place = "place",
        /// A site.
        Site = "site",
        /// Work that is announced.
        Work = "maintenance",
    }
}

/// The column that says what lon and lat mean; known in every file, never written (inside all is WGS 84).
pub(super) const DATUM: &str = "datum";

impl FileKind {
    /// Whether the file is GeoJSON: its rows have shapes, its columns are properties.
    #[must_use]
    pub const fn is_geojson(self) -> bool {
        matches!(self, FileKind::AreaShapes | FileKind::Plan)
    }

    /// What its rows are.
    #[must_use]
    pub const fn object(self) -> ObjectKind {
        match self {
            FileKind::Areas | FileKind::AreaShapes => ObjectKind::Area,
            FileKind::Nodes => ObjectKind::Node,
            FileKind::Entrances => ObjectKind::Entrance,
            FileKind::Cameras => ObjectKind::Camera,
            FileKind::Plan => ObjectKind::Element,
            FileKind::Places => ObjectKind::Place,
            FileKind::Sites => ObjectKind::Site,
            FileKind::Maintenance => ObjectKind::Work,
        }
    }

    /// The file that says that an object of this kind exists.
    #[must_use]
    pub const fn of(kind: ObjectKind) -> FileKind {
        match kind {
            ObjectKind::Area => FileKind::Areas,
            ObjectKind::Node => FileKind::Nodes,
            ObjectKind::Entrance => FileKind::Entrances,
            ObjectKind::Camera => FileKind::Cameras,
            ObjectKind::Element => FileKind::Plan,
            ObjectKind::Place => FileKind::Places,
            ObjectKind::Site => FileKind::Sites,
            ObjectKind::Work => FileKind::Maintenance,
        }
    }

    /// Its columns in the order of names.md, as they are written; `datum` is read beside them.
    #[must_use]
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            FileKind::Areas => &["id", "parent", "kind", "name", "code", "lon", "lat"],
            FileKind::AreaShapes => &["id"],
            FileKind::Nodes => {
                &["id", "kind", "name", "address", "lon", "lat", "parents", "needs", "power", "power_needs"]
            }
            FileKind::Entrances => &[
                "id",
                "area",
                "name",
                "lon",
                "lat",
                "bearing",
                "density",
                "required",
                "target",
                "priority",
                "roles",
                "dirs",
                "status",
                "source",
                "derived_from",
            ],
            FileKind::Cameras => &[
                "id",
                "gb_code",
                "name",
                "area",
                "layer",
                "element",
                "kind",
                "lon",
                "lat",
                "position_m",
                "height_m",
                "azimuth",
                "azimuth_error",
                "tilt",
                "hfov",
                "range_m",
                "width_px",
                "height_px",
                "night",
                "night_range_m",
                "duty",
                "node",
                "power",
                "status",
                "host",
                "rtsp",
                "snapshot",
                "onvif",
                "credential",
                "checks",
                "vendor",
                "model",
                "installed_on",
                "watches",
                "note",
            ],
            FileKind::Plan => &["id", "layer", "name", "parent", "entrances", "max_gap_m", "radius_m"],
            FileKind::Places => &["id", "kind", "name", "area", "lon", "lat", "contact"],
            FileKind::Sites => &["id", "kind", "lon", "lat", "cost"],
            FileKind::Maintenance => &["id", "object", "from", "until", "days", "start", "length", "note", "who"],
        }
    }

    /// The columns whose cells may not be empty.
    #[must_use]
    pub const fn required(self) -> &'static [&'static str] {
        match self {
            FileKind::Areas | FileKind::Nodes => &["id", "kind"],
            FileKind::Entrances | FileKind::Cameras => &["id", "area", "name"],
            FileKind::Maintenance => &["id", "object"],
            FileKind::AreaShapes | FileKind::Plan | FileKind::Places | FileKind::Sites => &["id"],
        }
    }
}

/// The cells of a row as one text and where each cell ends: a file of a million rows has tens of millions of cells,
/// most of them short or empty. Empty cells at the end are not kept.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RowCells {
    text: Box<str>,
    ends: Box<[u32]>,
}

impl RowCells {
    /// A cell; `None` behind the last one that is filled.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)?;
        let begin = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.text.get(begin as usize..end as usize)
    }

    /// Cells up to the last one that is filled.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether no cell is filled.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The cells in the order of the columns.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|at| self.get(at).unwrap_or_default())
    }
}

impl<T: AsRef<str>> FromIterator<T> for RowCells {
    fn from_iter<I: IntoIterator<Item = T>>(cells: I) -> RowCells {
        let (mut text, mut ends) = (String::new(), Vec::new());
        let mut filled = 0;
        for cell in cells {
            text.push_str(cell.as_ref());
            // No row is longer: a file is bounded far below.
            ends.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
            if !cell.as_ref().is_empty() {
                filled = ends.len();
            }
        }
        ends.truncate(filled);
        RowCells { text: text.into(), ends: ends.into() }
    }
}

/// One row of a file, or one feature of a GeoJSON file.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Row {
    /// The line of the file on which it begins, from 1; 0 where it comes from no file.
    pub line: u32,
    /// Its cells, one a column; missing ones are empty.
    pub cells: RowCells,
    /// Its shape, in a GeoJSON file.
    pub shape: Option<Box<Geometry<f64>>>,
}

/// One file.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Table {
    /// The names of its columns, or of the properties of its features.
    pub columns: Vec<String>,
    /// Its rows, in the order of the file.
    pub rows: Vec<Row>,
}

impl Table {
    /// The place of a column.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c == name)
    }
}

/// The files of a registry folder as text.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Tables {
    /// By file; a file that is not there has no table, one with a header only has an empty one.
    pub files: BTreeMap<FileKind, Table>,
}

/// Where an object stands in the files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Place {
    file: FileKind,
    /// Its row of the table, from 0.
    at: usize,
    line: u32,
}

/// Which ids the files hold, and on which line each stands. Also ids of rows that cannot be read, so that one bad
/// cell is one fault and not one for each reference to its row.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Lines<'t> {
    /// In the order of ids, each once.
    by_id: Vec<(&'t str, Place)>,
}

impl<'t> Lines<'t> {
    /// The ids of some tables; of an id that stands twice the first place counts.
    #[must_use]
    pub fn of(tables: &'t Tables) -> Lines<'t> {
        Lines::behind(Vec::new(), tables)
    }

    /// The ids of some tables beside a registry: those of the registry come first, and stand on no line.
    pub(super) fn beside(registry: &'t Registry, tables: &'t Tables) -> Lines<'t> {
        let in_force = |kind| Place { file: FileKind::of(kind), at: usize::MAX, line: 0 };
        Lines::behind(registry.ids().map(|(id, kind)| (id, in_force(kind))).collect(), tables)
    }

    fn behind(mut by_id: Vec<(&'t str, Place)>, tables: &'t Tables) -> Lines<'t> {
        for (file, table) in tables.files.iter().filter(|(f, _)| **f != FileKind::AreaShapes) {
            let Some(column) = table.column("id") else { continue };
            let ids = table.rows.iter().map(|row| (row.cells.get(column).unwrap_or_default().trim(), row.line));
            let placed = ids.enumerate().filter(|(_, (id, _))| !id.is_empty());
            by_id.extend(placed.map(|(at, (id, line))| (id, Place { file: *file, at, line })));
        }
        // Stable: of equals the first stays in front, and is the one that is kept.
        by_id.sort_by_key(|(id, _)| *id);
        by_id.dedup_by_key(|(id, _)| *id);
        Lines { by_id }
    }

    fn find(&self, id: &str) -> Option<Place> {
        let at = self.by_id.binary_search_by_key(&id, |(other, _)| *other).ok()?;
        self.by_id.get(at).map(|(_, place)| *place)
    }

    /// The file and line where an id stands first, unless that is this row of this file.
    pub(super) fn elsewhere(&self, id: &str, file: FileKind, at: usize) -> Option<(FileKind, u32)> {
        self.find(id).filter(|p| (p.file, p.at) != (file, at)).map(|p| (p.file, p.line))
    }

    /// How many ids there are.
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// What an id is.
    #[must_use]
    pub fn kind_of(&self, id: &str) -> Option<ObjectKind> {
        self.find(id).map(|p| p.file.object())
    }

    /// The file and line of an id.
    #[must_use]
    pub fn place_of(&self, id: &str) -> Option<(FileKind, u32)> {
        self.find(id).map(|p| (p.file, p.line))
    }

    /// Every id of some kinds, in order.
    pub fn ids<'a>(&'a self, kinds: &'a [ObjectKind]) -> impl Iterator<Item = &'t str> + 'a {
        self.by_id.iter().filter(|(_, p)| kinds.contains(&p.file.object())).map(|(id, _)| *id)
    }

    /// Pairs of ids that are equal but for upper and lower case, each with the first of its kind.
    pub(super) fn twins(&self) -> Vec<(&'t str, &'t str)> {
        let fold = |id: &'t str| id.bytes().map(|b| b.to_ascii_lowercase());
        let mut ids: Vec<&str> = self.by_id.iter().map(|(id, _)| *id).collect();
        ids.sort_by(|a, b| fold(a).cmp(fold(b)));
        let same = ids.chunk_by(|a, b| a.eq_ignore_ascii_case(b)).filter(|same| same.len() > 1);
        same.flat_map(|same| same.iter().skip(1).map(|id| (*id, same[0]))).collect()
    }

    /// A fault at the line of an object; for an id of no file (a derived entrance), at the file of its kind.
    #[must_use]
    pub fn fault(&self, of: ObjectKind, id: &str, column: &str, value: &str, kind: FaultKind) -> Fault {
        let (file, row) = self.place_of(id).map_or((FileKind::of(of), None), |(file, row)| (file, Some(row)));
        Fault { file: file.word().into(), row, column: Some(column.into()), value: value.into(), kind }
    }

    /// One warning for each entrance that nobody watches, as the coverage room has found them.
    pub fn unwatched<'a>(&'a self, entrances: impl IntoIterator<Item = &'a str> + 'a) -> impl Iterator<Item = Fault> {
        entrances.into_iter().map(|id| self.fault(ObjectKind::Entrance, id, "id", id, FaultKind::EntranceUnwatched))
    }

    /// A camera declares that it watches an entrance which its view says it cannot see.
    #[must_use]
    pub fn watch_conflict(&self, camera: &str, entrance: &str) -> Fault {
        let kind = FaultKind::WatchConflict { entrance: entrance.into() };
        self.fault(ObjectKind::Camera, camera, "watches", entrance, kind)
    }
}
