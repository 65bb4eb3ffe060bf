//! From what somebody wrote to what is supposed, with everything that is wrong with it.

use std::collections::BTreeMap;

use cunkou_core::model::{CameraIx, check_id};
use cunkou_core::plan::{Component, Suppose};
use cunkou_core::registry::{
    Camera, CellFault, Fault, FaultKind, FileKind, LonLat, ObjectKind, Registry, Row, Table, judge_added, judge_moved,
};
use cunkou_core::world::Snapshot;
use serde_json::Value;

use super::super::words::{MAX_NODES_OF_ONE, MAX_SUPPOSED, MAX_WATCHED};
use super::{AddedCamera, MAX_NAME, MovedCamera, NoQuestion, WhatIfBody, Wrong};

/// Bytes of hours of duty: `08:00-18:00`.
const HOURS: usize = 11;

impl WhatIfBody {
    /// The question in slots of a registry, and what is odd about it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(in crate::http) fn suppose(&self, snapshot: &Snapshot) -> Result<(Suppose, Vec<String>), NoQuestion> {
        let mut reading = Reading { snapshot, faults: Vec::new(), odd: Vec::new() };
        reading.forms(self);
        reading.done()?;
        let added = reading.added(&self.add);
        let behind = snapshot.topology.cameras.len();
        let slots: BTreeMap<&str, Component> =
            added.iter().zip(behind..).map(|(c, slot)| (c.id.as_str(), Component::Camera(slot.into()))).collect();
        let down = reading.components("down", &self.down, &slots);
        let up = reading.components("up", &self.up, &slots);
        let moved = reading.moved(&self.moved);
        drop(slots);
        reading.done()?;
        let suppose = Suppose { down: down.into_iter().collect(), up: up.into_iter().collect(), added, moved };
        Ok((suppose, reading.odd))
    }
}

/// The question as it is read, and what was found wrong so far.
struct Reading<'a> {
    snapshot: &'a Snapshot,
    faults: Vec<(Wrong, String)>,
    odd: Vec<String>,
}

impl Reading<'_> {
    fn done(&mut self) -> Result<(), NoQuestion> {
        let Some(wrong) = self.faults.iter().map(|(wrong, _)| *wrong).min() else { return Ok(()) };
        Err(NoQuestion { wrong, faults: self.faults.drain(..).map(|(_, said)| said).collect() })
    }

    /// What the description of the API says of lengths, numbers of things and ids; the rest is said by the register.
    fn forms(&mut self, body: &WhatIfBody) {
        let lengths =
            [("down", body.down.len()), ("up", body.up.len()), ("add", body.add.len()), ("move", body.moved.len())];
        for (list, length) in lengths {
            self.at_most(list, length, MAX_SUPPOSED);
        }
        self.ids("down", body.down.iter());
        self.ids("up", body.up.iter());
        self.ids("move", body.moved.iter().map(|m| &m.camera));
        for (at, camera) in body.add.iter().enumerate() {
            let place = label(&body.add, at);
            self.ids(&place, [&camera.id, &camera.area].into_iter().chain(&camera.element));
            self.ids(&place, camera.node.iter().chain(&camera.power));
            self.at_most(&format!("{place}, node"), camera.node.len(), MAX_NODES_OF_ONE);
            self.at_most(&format!("{place}, power"), camera.power.len(), MAX_NODES_OF_ONE);
            self.at_most(&format!("{place}, watches"), camera.watches.len(), MAX_WATCHED);
            self.ids(&place, camera.watches.iter().map(|word| word.strip_prefix('!').unwrap_or(word)));
            self.words(&place, camera);
            if camera.name.as_ref().is_some_and(|name| name.chars().count() > MAX_NAME) {
                self.form(format!("{place}, name: at most {MAX_NAME} characters"));
            }
        }
    }

    /// A cell of the register may be empty and have blanks around it; a word here may not.
    fn words(&mut self, place: &str, camera: &AddedCamera) {
        let words = [
            ("layer", &camera.layer),
            ("kind", &camera.kind),
            ("night", &camera.night),
            ("status", &camera.status),
            ("duty", &camera.duty),
        ];
        for (field, word) in words.into_iter().filter_map(|(field, word)| Some((field, word.as_deref()?))) {
            if word.is_empty() || word != word.trim() || field == "duty" && word.len() != HOURS {
                self.form(format!("{place}, {field}: {word:?} is not a value of it"));
            }
        }
    }

    fn form(&mut self, said: String) {
        self.faults.push((Wrong::Form, said));
    }

    fn at_most(&mut self, list: &str, length: usize, most: usize) {
        if length > most {
            self.form(format!("{list}: {length} are too many; at most {most}"));
        }
    }

    fn ids<T: AsRef<str>>(&mut self, place: &str, ids: impl Iterator<Item = T>) {
        for id in ids {
            if let Err(why) = check_id(id.as_ref()) {
                let shown: String = id.as_ref().chars().take(80).collect();
                self.form(format!("{place}: {shown:?} is no id: {why}"));
            }
        }
    }

    /// The cameras that are added, in the order of ids.
    fn added(&mut self, add: &[AddedCamera]) -> Vec<Camera> {
        let columns: Vec<String> = FileKind::Cameras.columns().iter().map(|c| (*c).to_owned()).collect();
        let row = |(camera, line): (&AddedCamera, u32)| {
            let mut cells = camera.cells();
            let cells = columns.iter().map(|c| cells.remove(c).unwrap_or_default()).collect();
            Row { line, cells, shape: None }
        };
        let rows = add.iter().zip(1..).map(row).collect();
        let (cameras, faults) = judge_added(&self.snapshot.registry, &Table { columns, rows });
        for fault in faults {
            let place = label(add, fault.row.map_or(0, |row| row.saturating_sub(1) as usize));
            self.told(fault, &place);
        }
        cameras
    }

    fn moved(&mut self, moved: &[MovedCamera]) -> BTreeMap<CameraIx, Camera> {
        let mut there = BTreeMap::new();
        for to in moved {
            let place = format!("move {}", to.camera);
            let registry = &self.snapshot.registry;
            let found = registry.cameras.get(to.camera.as_str()).zip(self.snapshot.topology.camera(&to.camera));
            let Some((camera, slot)) = found else {
                self.unknown("move", &to.camera, &[ObjectKind::Camera]);
                continue;
            };
            let (camera, faults) = judge_moved(camera, LonLat { lon: to.lon, lat: to.lat }, to.azimuth);
            faults.into_iter().for_each(|fault| self.told(fault, &place));
            if camera.is_some_and(|camera| there.insert(slot, camera).is_some()) {
                self.faults.push((Wrong::Contradiction, format!("{place}: it is moved twice")));
            }
        }
        there
    }

    fn components(&mut self, list: &str, ids: &[String], added: &BTreeMap<&str, Component>) -> Vec<Component> {
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            match component(self.snapshot, id).or_else(|| added.get(id.as_str()).copied()) {
                Some(component) => found.push(component),
                None => self.unknown(list, id, &[ObjectKind::Camera, ObjectKind::Node]),
            }
        }
        found
    }

    fn unknown(&mut self, list: &str, id: &str, expected: &'static [ObjectKind]) {
        let found = kind_of(&self.snapshot.registry, id);
        let kind = FaultKind::Dangling { expected, found, did_you_mean: None };
        self.told(Fault { file: list.into(), row: None, column: None, value: id.into(), kind }, list);
    }

    /// A fault of a row, under the name that the question has for it.
    fn told(&mut self, fault: Fault, place: &str) {
        let wrong = wrong(&fault);
        let said = Fault { file: place.into(), row: None, ..fault }.to_string();
        match wrong {
            Some(wrong) => self.faults.push((wrong, said)),
            None => self.odd.push(said),
        }
    }
}

/// A camera or node of the registry.
fn component(snapshot: &Snapshot, id: &str) -> Option<Component> {
    let (registry, topology) = (&snapshot.registry, &snapshot.topology);
    if registry.cameras.contains_key(id) {
        return topology.camera(id).map(Component::Camera);
    }
    registry.nodes.get(id).and_then(|_| topology.node(id)).map(Component::Node)
}

fn kind_of(registry: &Registry, id: &str) -> Option<ObjectKind> {
    registry.ids().find(|(other, _)| *other == id).map(|(_, kind)| kind)
}

/// What kind of wrong a fault is; a warning is none.
fn wrong(fault: &Fault) -> Option<Wrong> {
    if !fault.is_error() {
        return None;
    }
    let halves_are_equal = |text: &str| text.split_once('-').is_some_and(|(from, to)| from == to);
    Some(match &fault.kind {
        FaultKind::Cell(CellFault::NullIsland | CellFault::Swapped | CellFault::HalfPosition { .. }) => {
            Wrong::Contradiction
        }
        // Well written, and no time at all.
        FaultKind::Cell(CellFault::Duty) if halves_are_equal(&fault.value) => Wrong::Contradiction,
        FaultKind::Cell(_) | FaultKind::File(_) => Wrong::Form,
        FaultKind::Dangling { .. } => Wrong::Unknown,
        _ => Wrong::Contradiction,
    })
}

/// How an added camera is called: by its id where that is one, else by its place in the list.
fn label(add: &[AddedCamera], at: usize) -> String {
    match add.get(at).filter(|camera| check_id(&camera.id).is_ok()) {
        Some(camera) => format!("add {}", camera.id),
        None => format!("add {}", at + 1),
    }
}

impl AddedCamera {
    /// Its cells by column, as the register writes them. A blank name is none.
    fn cells(&self) -> BTreeMap<String, String> {
        let named = self.name.as_deref().filter(|name| !name.trim().is_empty());
        let camera = AddedCamera { name: Some(named.unwrap_or(&self.id).to_owned()), ..self.clone() };
        let Ok(Value::Object(fields)) = serde_json::to_value(camera) else { return BTreeMap::new() };
        let text = |value: Value| match value {
            Value::String(text) => text,
            Value::Array(words) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
            other => other.to_string(),
        };
        fields.into_iter().map(|(column, value)| (column, text(value))).collect()
    }
}
