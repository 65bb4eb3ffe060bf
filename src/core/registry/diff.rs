//! What would change: two registries compared cell by cell.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use geo::{CoordsIter, Geometry};

use super::fault::quoted;
use super::tables::ObjectKind;
use super::write::{self, ObjectRow};
use super::{Camera, Registry};
use crate::model::{CameraId, Language, stable_hash};

/// Of the cameras in force, as many hundredths may leave without a yes (semantics.md §7).
const GUARD_PERCENT: usize = 20;
/// The column that is shown for a shape.
const GEOMETRY: &str = "geometry";
/// Personal: that it changed may be shown, not what to.
const PERSONAL: &str = "contact";

/// What happens to an object.
#[derive(Clone, PartialEq, Debug)]
pub enum What {
    /// It is new.
    Added,
    /// It leaves.
    Removed,
    /// Column, cell before, cell after.
    Changed(Vec<(Arc<str>, String, String)>),
}

/// One object that is not the same in both.
#[derive(Clone, PartialEq, Debug)]
pub struct Change {
    /// What it is.
    pub kind: ObjectKind,
    /// Its id.
    pub id: Arc<str>,
    /// Its name, empty for a site.
    pub name: Arc<str>,
    /// What happens to it.
    pub what: What,
}

/// By what a camera is taken to be an old one under a new id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RenameBy {
    /// Equal gb_code.
    GbCode,
    /// Equal host, where no other camera has it.
    Host,
}

/// A removed camera that may be an added one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rename {
    /// The id that leaves.
    pub from: CameraId,
    /// The id that is new.
    pub to: CameraId,
    /// Why it is thought so.
    pub by: RenameBy,
}

/// The difference between two registries.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Diff {
    /// By kind, then id.
    pub changes: Vec<Change>,
    /// Cameras that seem to have got another id: `import` asks.
    pub renames: Vec<Rename>,
    /// Cameras before.
    pub cameras_before: usize,
}

/// Compares two registries.
#[must_use]
pub fn diff(old: &Registry, new: &Registry) -> Diff {
    let mut changes = Vec::new();
    compare(&mut changes, &old.areas, &new.areas, write::area);
    compare(&mut changes, &old.nodes, &new.nodes, write::node);
    compare(&mut changes, &old.entrances, &new.entrances, write::entrance);
    compare(&mut changes, &old.cameras, &new.cameras, write::camera);
    compare(&mut changes, &old.elements, &new.elements, write::element);
    compare(&mut changes, &old.places, &new.places, write::place);
    compare(&mut changes, &old.sites, &new.sites, write::site);
    compare(&mut changes, &old.work, &new.work, write::work);
    Diff { changes, renames: renames(old, new), cameras_before: old.cameras.len() }
}

fn compare<K: Ord, V: PartialEq>(
    changes: &mut Vec<Change>,
    old: &BTreeMap<K, V>,
    new: &BTreeMap<K, V>,
    row: fn(&V) -> ObjectRow,
) {
    let mut found = Vec::new();
    for (id, before) in old {
        match new.get(id) {
            None => found.push(change(row(before), What::Removed)),
            Some(after) if before != after => {
                let cells = changed_cells(&row(before), &row(after));
                // Two values may be written alike; then nothing that anybody can see has changed.
                if !cells.is_empty() {
                    found.push(change(row(after), What::Changed(cells)));
                }
            }
            Some(_) => {}
        }
    }
    found.extend(new.iter().filter(|(id, _)| !old.contains_key(id)).map(|(_, v)| change(row(v), What::Added)));
    found.sort_by(|a, b| a.id.cmp(&b.id));
    changes.append(&mut found);
}

fn change(row: ObjectRow, what: What) -> Change {
    let name = row.cells.iter().find(|(column, _)| column == "name").map_or("", |(_, name)| name.as_str());
    Change { kind: row.kind, name: name.into(), id: row.id.into(), what }
}

fn changed_cells(old: &ObjectRow, new: &ObjectRow) -> Vec<(Arc<str>, String, String)> {
    let cell = |row: &ObjectRow, column: &str| {
        row.cells.iter().find(|(c, _)| c == column).map_or(String::new(), |(_, cell)| cell.clone())
    };
    let gone = old.cells.iter().filter(|(column, _)| !new.cells.iter().any(|(c, _)| c == column));
    let mut cells = Vec::new();
    for (column, _) in new.cells.iter().chain(gone) {
        let (before, after) = (cell(old, column), cell(new, column));
        if before != after {
            let hidden = |text: String| if column == PERSONAL && !text.is_empty() { "***".to_owned() } else { text };
            cells.push((column.as_str().into(), hidden(before), hidden(after)));
        }
    }
    if old.shape != new.shape {
        cells.push((GEOMETRY.into(), shape(old.shape.as_ref()), shape(new.shape.as_ref())));
    }
    cells
}

/// A shape in one word; two that differ have different words.
fn shape(shape: Option<&Geometry<f64>>) -> String {
    let Some(shape) = shape else { return String::new() };
    format!("{} points #{:08x}", shape.coords_count(), stable_hash(&format!("{shape:?}")) >> 32)
}

/// Removed cameras of which exactly one added camera has the code, or else the host.
fn renames(old: &Registry, new: &Registry) -> Vec<Rename> {
    let removed: Vec<&Camera> = old.cameras.values().filter(|c| !new.cameras.contains_key(&c.id)).collect();
    let added: Vec<&Camera> = new.cameras.values().filter(|c| !old.cameras.contains_key(&c.id)).collect();
    let by = |key: fn(&Camera) -> Option<&str>| {
        let (from, to) = (unique(&removed, key), unique(&added, key));
        let pairs = from.into_iter().filter_map(move |(key, from)| Some((from?, (*to.get(key)?)?)));
        pairs.map(|(from, to)| (from.id.clone(), to.id.clone())).collect::<BTreeMap<CameraId, CameraId>>()
    };
    let by_code = by(|c| c.gb_code.as_deref());
    let by_host = by(|c| c.host.as_deref());
    let taken = |to: &CameraId| by_code.values().any(|t| t == to);
    let host_only = by_host.iter().filter(|(from, to)| !by_code.contains_key(*from) && !taken(to));
    let rename =
        |by: RenameBy| move |(from, to): (&CameraId, &CameraId)| Rename { from: from.clone(), to: to.clone(), by };
    let mut renames: Vec<Rename> = by_code.iter().map(rename(RenameBy::GbCode)).collect();
    renames.extend(host_only.map(rename(RenameBy::Host)));
    renames.sort_by(|a, b| a.from.cmp(&b.from));
    renames
}

/// Cameras by a key of theirs; `None` where several have the same.
fn unique<'a>(cameras: &[&'a Camera], key: fn(&Camera) -> Option<&str>) -> BTreeMap<&'a str, Option<&'a Camera>> {
    let mut by_key = BTreeMap::new();
    for camera in cameras.iter().copied() {
        if let Some(key) = key(camera) {
            by_key.entry(key).and_modify(|c| *c = None).or_insert(Some(camera));
        }
    }
    by_key
}

impl Diff {
    /// Whether the two are the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Objects that are new.
    #[must_use]
    pub fn added(&self) -> usize {
        self.changes.iter().filter(|c| c.what == What::Added).count()
    }

    /// Objects that leave.
    #[must_use]
    pub fn removed(&self) -> usize {
        self.changes.iter().filter(|c| c.what == What::Removed).count()
    }

    /// Objects that change.
    #[must_use]
    pub fn changed(&self) -> usize {
        self.changes.len() - self.added() - self.removed()
    }

    /// Cameras that leave.
    #[must_use]
    pub fn removed_cameras(&self) -> usize {
        let leaves = |c: &&Change| c.kind == ObjectKind::Camera && c.what == What::Removed;
        self.changes.iter().filter(leaves).count()
    }

    /// Whether more than a fifth of the cameras in force would leave: not without a yes (semantics.md §7).
    #[must_use]
    pub fn removes_too_much(&self) -> bool {
        self.removed_cameras() * 100 > self.cameras_before * GUARD_PERCENT
    }

    /// One line a change, at most so many; a last one says how many more there are.
    #[must_use]
    pub fn lines(&self, most: usize, language: Language) -> Vec<String> {
        let mut lines: Vec<String> = self.changes.iter().take(most).map(|c| c.words(language)).collect();
        if let Some(left) = self.changes.len().checked_sub(most).filter(|n| *n > 0) {
            lines.push(match language {
                Language::En => format!("and {left} more"),
                Language::ZhCn => format!("另有 {left} 项"),
            });
        }
        lines
    }
}

impl Change {
    /// One line: `camera C0001: host 10.0.0.1 → 10.0.0.2`.
    #[must_use]
    pub fn words(&self, language: Language) -> String {
        let (colon, comma, added, removed) = match language {
            Language::En => (": ", ", ", "added", "removed"),
            Language::ZhCn => ("：", "，", "新增", "删除"),
        };
        let named = |word: &str| match (&*self.name, language) {
            ("", _) => word.to_owned(),
            (name, Language::En) => format!("{word} ({})", plain(name, language)),
            (name, Language::ZhCn) => format!("{word}（{}）", plain(name, language)),
        };
        let cell = |(column, old, new): &(Arc<str>, String, String)| {
            let [column, old, new] = [&**column, old, new].map(|text| plain(text, language));
            format!("{column} {old} → {new}")
        };
        let what = match &self.what {
            What::Added => named(added),
            What::Removed => named(removed),
            What::Changed(cells) => cells.iter().map(cell).collect::<Vec<_>>().join(comma),
        };
        format!("{} {}{colon}{what}", kind(self.kind, language), self.id)
    }
}

impl fmt::Display for Change {
    /// The line in English.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words(Language::En))
    }
}

const fn kind(kind: ObjectKind, language: Language) -> &'static str {
    match (language, kind) {
        (Language::En, kind) => kind.word(),
        (Language::ZhCn, ObjectKind::Area) => "区域",
        (Language::ZhCn, ObjectKind::Node) => "设备",
        (Language::ZhCn, ObjectKind::Entrance) => "进出口",
        (Language::ZhCn, ObjectKind::Camera) => "摄像机",
        (Language::ZhCn, ObjectKind::Element) => "规划要素",
        (Language::ZhCn, ObjectKind::Place) => "站点",
        (Language::ZhCn, ObjectKind::Site) => "候选点位",
        (Language::ZhCn, ObjectKind::Work) => "维护计划",
    }
}

/// A cell on one line: as it is where it is plain, in quotes where something in it would be mistaken or not be seen.
fn plain(text: &str, language: Language) -> String {
    let shown = quoted(text);
    let bare =
        shown.len() == text.len() + 2 && !text.is_empty() && text.trim() == text && !text.contains(['→', ',', '，']);
    if text.is_empty() {
        match language {
            Language::En => "(empty)".to_owned(),
            Language::ZhCn => "（空）".to_owned(),
        }
    } else if bare {
        text.to_owned()
    } else {
        shown
    }
}
