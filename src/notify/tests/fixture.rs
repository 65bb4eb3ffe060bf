//! A small town with an incident, and an outbox in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use cunkou_core::alert::{
    Alert, AlertKey, AlertName, AlertObject, EndReason, Incident, IncidentStatus, Message, MessageKind, SayReason,
};
use cunkou_core::health::Cause;
use cunkou_core::model::{AreaId, CameraId, Chunked, EntranceId, IncidentId, NodeId, Severity, Time};
use cunkou_core::registry::{Area, AreaKind, Density, Dirs, Entrance, EntranceStatus, Gate, Node, NodeKind, Registry};
use cunkou_core::world::Snapshot;

use crate::notify::{Outbox, OutboxError, OutboxItem, Past, Received, RowKey, Take};

/// 2026-11-24 02:10 in Shanghai.
pub(super) const T0: Time = Time(1_795_457_400_000);

fn registry() -> Registry {
    let mut registry = Registry::default();
    let village = AreaId::new("V1").unwrap();
    let area = Area {
        id: village.clone(),
        parent: None,
        kind: AreaKind::Village,
        name: "甘棠村".into(),
        code: None,
        at: None,
        boundary: None,
        extra: BTreeMap::new(),
    };
    registry.areas.insert(village.clone(), area);
    for (id, name) in [("E1", "东口"), ("E2", "西口")] {
        let id = EntranceId::new(id).unwrap();
        let entrance = Entrance {
            id: id.clone(),
            area: village.clone(),
            name: name.into(),
            at: None,
            bearing: None,
            density: Density::Detect,
            required: 1,
            target: 1,
            priority: 3,
            roles: Vec::new(),
            dirs: Dirs::Any,
            status: EntranceStatus::Active,
            source: None,
            derived_from: Vec::new(),
            extra: BTreeMap::new(),
        };
        registry.entrances.insert(id, entrance);
    }
    let id = NodeId::new("S12").unwrap();
    let node = Node {
        id: id.clone(),
        kind: NodeKind::Switch,
        name: "甘棠汇聚".into(),
        address: None,
        at: None,
        parents: Gate::default(),
        power: Gate::default(),
        extra: BTreeMap::new(),
    };
    registry.nodes.insert(id, node);
    registry
}

/// What is published while these alerts are open.
pub(super) fn snapshot(open: &[Arc<Alert>], incidents: &[Arc<Incident>]) -> Arc<Snapshot> {
    Arc::new(Snapshot {
        at: T0,
        registry: Arc::new(registry()),
        registry_version: 1,
        topology: Arc::default(),
        watch: Arc::default(),
        cameras: Chunked::default(),
        nodes: Chunked::default(),
        entrances: Chunked::default(),
        incidents: Arc::new(incidents.iter().map(|i| (i.id, i.clone())).collect()),
        alerts: Arc::new(open.iter().map(|a| (a.key.clone(), a.clone())).collect()),
        canaries: Vec::new(),
        blind: None,
        night: false,
        round: None,
        seals: None,
    })
}

pub(super) fn alert(name: AlertName, object: AlertObject, text: &str, ended: Option<(Time, EndReason)>) -> Arc<Alert> {
    Arc::new(Alert {
        key: AlertKey { name, object },
        incident: IncidentId(42),
        label_incident: IncidentId(42),
        label_area: Some(AreaId::new("V1").unwrap()),
        label_village: Some(AreaId::new("V1").unwrap()),
        name: text.into(),
        village_name: "甘棠村".into(),
        cause: Some(cause()),
        since: T0,
        ended,
        told: true,
        planned: false,
        leak: None,
    })
}

pub(super) fn lost(entrance: &str, ended: Option<(Time, EndReason)>) -> Arc<Alert> {
    let name = if entrance == "E1" { "东口" } else { "西口" };
    alert(AlertName::EntranceLost, AlertObject::Entrance(EntranceId::new(entrance).unwrap()), name, ended)
}

pub(super) fn camera_down(camera: &str, ended: Option<(Time, EndReason)>) -> Arc<Alert> {
    alert(AlertName::CameraDown, AlertObject::Camera(CameraId::new(camera).unwrap()), "枪机", ended)
}

fn cause() -> Cause {
    Cause::Node(NodeId::new("S12").unwrap())
}

/// An incident of the switch, with entrance E1 lost.
pub(super) fn incident(id: u64) -> Incident {
    let lost = vec![EntranceId::new("E1").unwrap()];
    Incident {
        id: IncidentId(id),
        status: IncidentStatus::Open,
        severity: Severity::Critical,
        cause: cause(),
        cause_name: "甘棠汇聚".into(),
        rivals: Vec::new(),
        exact: true,
        findings: None,
        cameras: vec![CameraId::new("C1").unwrap(), CameraId::new("C2").unwrap()],
        cameras_of: None,
        entrances_lost: lost.clone(),
        seals_broken: Vec::new(),
        villages: vec![AreaId::new("V1").unwrap()],
        since: T0,
        opened_at: T0,
        acknowledged: None,
        resolved_at: None,
        reopened_at: None,
        reopenings: 0,
        merged_into: None,
        silenced: None,
        lapsed: None,
        waiting_since: T0,
        level: 0,
        pages: 1,
        last_page_at: Some(T0),
        paged_entrances: lost,
        step: 1,
        in_digest: Default::default(),
        news: Default::default(),
    }
}

/// A step of an incident.
pub(super) fn message(incident: Incident, step: u32, kind: MessageKind, alerts: Vec<Arc<Alert>>) -> Message {
    let incident = Arc::new(Incident { step, ..incident });
    Message { incident, alerts, step, kind, why: SayReason::FirstWord, at: T0, digest: Vec::new() }
}

/// The opening of an incident: E1 lost.
pub(super) fn opened(id: u64) -> Message {
    message(incident(id), 1, MessageKind::Opened, vec![lost("E1", None)])
}

/// A row of the outbox.
#[derive(Clone, Debug)]
struct Row {
    sink: String,
    item: OutboxItem,
    last_error: String,
}

#[derive(Default)]
struct Inside {
    rows: Vec<Row>,
    delivered: Vec<(String, RowKey)>,
    dropped: Vec<(String, RowKey)>,
    refuses_writes: bool,
    last_error: String,
    received: Vec<Received>,
    told_to: Vec<Option<String>>,
    /// What each try was answered with.
    codes: Vec<Option<u16>>,
    /// The last review of each sink.
    reviews: BTreeMap<String, Time>,
    /// Rows that are with a sink's loop.
    out: BTreeSet<(String, RowKey)>,
}

/// The outbox that the store is to be, in memory.
#[derive(Default)]
pub(super) struct Memory(Mutex<Inside>);

impl Memory {
    pub(super) fn put(&self, sink: &str, message: Message) {
        let kinds = vec![message.kind];
        self.put_steps(sink, message, kinds);
    }

    /// A row that tells several steps, the last of which is the message.
    pub(super) fn put_steps(&self, sink: &str, message: Message, kinds: Vec<MessageKind>) {
        let at = message.at;
        let item = OutboxItem { message: Arc::new(message), kinds, attempts: 0, next_attempt_at: at, created_at: at };
        self.0.lock().unwrap().rows.push(Row { sink: sink.to_owned(), item, last_error: String::new() });
    }

    pub(super) fn delivered(&self) -> Vec<String> {
        self.0.lock().unwrap().delivered.iter().map(|(sink, row)| format!("{sink} {row}")).collect()
    }

    pub(super) fn dropped(&self) -> Vec<String> {
        self.0.lock().unwrap().dropped.iter().map(|(sink, row)| format!("{sink} {row}")).collect()
    }

    /// Rows that wait: incident/step, failed tries, last error.
    pub(super) fn waiting(&self, sink: &str) -> Vec<(String, u32, String)> {
        let inside = self.0.lock().unwrap();
        let of_sink = inside.rows.iter().filter(|r| r.sink == sink);
        of_sink.map(|r| (r.item.key().to_string(), r.item.attempts, r.last_error.clone())).collect()
    }

    /// What the last failed try said.
    pub(super) fn last_error(&self) -> String {
        self.0.lock().unwrap().last_error.clone()
    }

    /// Who was called by each row that was delivered.
    pub(super) fn told_to(&self) -> Vec<Option<String>> {
        self.0.lock().unwrap().told_to.clone()
    }

    /// What each try was answered with.
    pub(super) fn codes(&self) -> Vec<Option<u16>> {
        self.0.lock().unwrap().codes.clone()
    }

    /// What each failed try said of whether it was received.
    pub(super) fn received(&self) -> Vec<Received> {
        self.0.lock().unwrap().received.clone()
    }

    pub(super) fn refuse_writes(&self, refuses: bool) {
        self.0.lock().unwrap().refuses_writes = refuses;
    }

    fn write(&self, with: impl FnOnce(&mut Inside)) -> Result<(), OutboxError> {
        let mut inside = self.0.lock().unwrap();
        if inside.refuses_writes {
            return Err(OutboxError("disk full".into()));
        }
        with(&mut inside);
        Ok(())
    }
}

impl Inside {
    /// The first row of each incident, of those that nobody has.
    fn heads(&self, sink: &str) -> Vec<&OutboxItem> {
        let mut first: BTreeMap<IncidentId, &OutboxItem> = BTreeMap::new();
        for row in self.rows.iter().filter(|r| r.sink == sink) {
            let head = first.entry(row.item.key().incident).or_insert(&row.item);
            if row.item.key() < head.key() {
                *head = &row.item;
            }
        }
        first.into_values().filter(|i| !self.out.contains(&(sink.to_owned(), i.key()))).collect()
    }

    fn settle(&mut self, sink: &str, rows: &[RowKey]) {
        rows.iter().for_each(|row| {
            self.out.remove(&(sink.to_owned(), *row));
        });
    }
}

impl Outbox for Memory {
    async fn pending(&self, sink: &str, due_by: Time, take: Take) -> Result<Vec<OutboxItem>, OutboxError> {
        let mut inside = self.0.lock().unwrap();
        let mut due: Vec<OutboxItem> = inside.heads(sink).into_iter().cloned().collect();
        due.retain(|i| i.next_attempt_at <= due_by);
        match take {
            Take::Oldest(n) => due.truncate(n),
            Take::LeastTried => {
                due.sort_by_key(|i| i.attempts);
                due.truncate(1);
            }
        }
        inside.out.extend(due.iter().map(|i| (sink.to_owned(), i.key())));
        Ok(due)
    }

    async fn release(&self, sink: &str, rows: &[RowKey]) {
        self.0.lock().unwrap().settle(sink, rows);
    }

    async fn delivered(
        &self,
        sink: &str,
        rows: &[RowKey],
        _at: Time,
        code: Option<u16>,
        to: Option<&str>,
    ) -> Result<(), OutboxError> {
        self.write(|inside| {
            inside.codes.push(code);
            inside.told_to.push(to.map(str::to_owned));
            inside.settle(sink, rows);
            inside.rows.retain(|r| r.sink != sink || !rows.contains(&r.item.key()));
            inside.delivered.extend(rows.iter().map(|row| (sink.to_owned(), *row)));
        })
    }

    async fn retry(
        &self,
        sink: &str,
        rows: &[RowKey],
        at: Time,
        error: &str,
        received: Received,
        code: Option<u16>,
    ) -> Result<(), OutboxError> {
        self.write(|inside| {
            inside.codes.push(code);
            inside.settle(sink, rows);
            inside.last_error = error.to_owned();
            inside.received.push(received);
            for row in inside.rows.iter_mut().filter(|r| r.sink == sink && rows.contains(&r.item.key())) {
                row.item.attempts += 1;
                row.item.next_attempt_at = at;
                row.last_error = error.to_owned();
            }
        })
    }

    async fn dropped(&self, sink: &str, rows: &[RowKey], _at: Time) -> Result<(), OutboxError> {
        self.write(|inside| {
            inside.settle(sink, rows);
            inside.rows.retain(|r| r.sink != sink || !rows.contains(&r.item.key()));
            inside.dropped.extend(rows.iter().map(|row| (sink.to_owned(), *row)));
        })
    }

    async fn last_review(&self, sink: &str) -> Result<Option<Time>, OutboxError> {
        Ok(self.0.lock().unwrap().reviews.get(sink).copied())
    }

    async fn reviewed(&self, sink: &str, due: Time) -> Result<(), OutboxError> {
        self.write(|inside| {
            inside.reviews.insert(sink.to_owned(), due);
        })
    }

    async fn past(&self, _: Severity, _: (Time, Time)) -> Result<Past, OutboxError> {
        // A store that cannot be written to is away altogether.
        self.write(|_| {})?;
        Ok(Past { mended_in_all: 3, ..Past::default() })
    }

    async fn next_attempt(&self, sink: &str) -> Result<Option<Time>, OutboxError> {
        Ok(self.0.lock().unwrap().heads(sink).into_iter().map(|i| i.next_attempt_at).min())
    }
}
