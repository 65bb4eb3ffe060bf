//! Tests of the store: against files in a folder of their own, and in memory.

mod backup;
mod collapse;
mod damage;
mod figures;
mod history;
mod kill;
mod opening;
mod outbox;
mod registry;
mod reviews;
mod round_trip;
mod whole;

use std::sync::Arc;

use cunkou_core::alert::{
    Alert, AlertKey, AlertName, AlertObject, Incident, IncidentStatus, Message, MessageKind, SayReason,
};
use cunkou_core::health::Cause;
use cunkou_core::model::{CameraId, EntranceId, IncidentId, Severity, Time};
use cunkou_core::world::Effects;

use super::*;

/// A store in memory.
async fn memory() -> Store {
    Store::open("sqlite::memory:", OpenMode::ReadWrite).await.unwrap()
}

/// A database in a folder of its own.
struct Town {
    dir: tempfile::TempDir,
}

impl Town {
    fn new() -> Town {
        Town { dir: tempfile::tempdir().unwrap() }
    }

    fn url(&self) -> String {
        format!("sqlite://{}/村口.db", self.dir.path().display())
    }

    async fn open(&self) -> Store {
        Store::open(&self.url(), OpenMode::ReadWrite).await.unwrap()
    }

    async fn reader(&self) -> Store {
        Store::open(&self.url(), OpenMode::ReadOnly).await.unwrap()
    }
}

fn camera(n: u32) -> CameraId {
    CameraId::new(&format!("C{n:04}")).unwrap()
}

fn entrance(n: u32) -> EntranceId {
    EntranceId::new(&format!("E{n:04}")).unwrap()
}

/// An incident of a camera, with little in it.
fn incident(id: u64) -> Incident {
    Incident {
        id: IncidentId(id),
        status: IncidentStatus::Open,
        severity: Severity::Critical,
        cause: Cause::Camera(camera(1)),
        cause_name: "甘棠村口 100%_西".into(),
        rivals: Vec::new(),
        exact: true,
        findings: None,
        cameras: vec![camera(1)],
        cameras_of: None,
        entrances_lost: vec![entrance(1)],
        seals_broken: Vec::new(),
        villages: Vec::new(),
        since: Time(900),
        opened_at: Time(1_000),
        acknowledged: None,
        resolved_at: None,
        reopened_at: None,
        reopenings: 0,
        merged_into: None,
        silenced: None,
        lapsed: None,
        waiting_since: Time(1_000),
        level: 0,
        pages: 0,
        last_page_at: None,
        paged_entrances: Vec::new(),
        step: 0,
        in_digest: Default::default(),
        news: Default::default(),
    }
}

/// An open alert of an entrance.
fn alert(n: u32, incident: u64) -> Alert {
    Alert {
        key: AlertKey { name: AlertName::EntranceLost, object: AlertObject::Entrance(entrance(n)) },
        incident: IncidentId(incident),
        label_incident: IncidentId(incident),
        label_area: None,
        label_village: None,
        name: "东门".into(),
        village_name: "甘棠".into(),
        cause: None,
        since: Time(900),
        ended: None,
        told: true,
        planned: false,
        leak: None,
    }
}

/// A step of an incident.
fn message(id: u64, step: u32, kind: MessageKind, severity: Severity) -> Message {
    let incident = Incident { step, severity, ..incident(id) };
    let at = Time(1_000 * i64::from(step));
    let (incident, why) = (Arc::new(incident), SayReason::FirstWord);
    Message { incident, alerts: Vec::new(), step, kind, why, at, digest: Vec::new() }
}

fn telling(messages: Vec<Message>) -> Effects {
    Effects { messages, ..Effects::default() }
}

fn desk() -> Vec<SinkRoute> {
    vec![SinkRoute { name: "desk".to_owned(), min_severity: Severity::Info, people: false, level: 0 }]
}

/// Commits effects with routes, as a batch of their own.
async fn commit(store: &Store, effects: &Effects, routes: &[SinkRoute]) {
    store.commit(&Batch { routes, ..Batch::new(store.next_batch(), effects, 1) }).await.unwrap();
}

/// Runs a statement of a test's own.
async fn run(store: &Store, sql: &'static str) {
    let mut session = store.inner.connections.write().await.unwrap();
    session.link().unwrap().run(sql, sql::values![]).await.unwrap();
    session.finish(Ok(())).await.unwrap();
}
