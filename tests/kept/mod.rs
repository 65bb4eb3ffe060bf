//! A folder with a registry and settings, and a database that kept what happened: what is asked without a daemon.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::fs;
use std::path::{Path, PathBuf};

use cunkou::engine::registry_rows;
use cunkou::files;
use cunkou::store::{Batch, OpenMode, RegistryPut, Store};
use cunkou_core::alert::{Incident, IncidentStatus, Message, MessageKind, SayReason};
use cunkou_core::coverage::EntranceState;
use cunkou_core::health::{Cause, State};
use cunkou_core::model::{CameraId, EntranceId, IncidentId, Period, Severity, Time};
use cunkou_core::registry::Registry;
use cunkou_core::world::{Effects, SavedCheck, SavedHealth, SavedTarget, Subject, Transition};

use super::program::{Ran, cunkou};

pub(crate) const AREAS: &str =
    "id,parent,kind,name,lon,lat\nT,,town,六指街,114.3,30.8\nV1,T,village,甘棠村,114.3,30.8\n";
pub(crate) const CAMERAS: &str = "id,name,area,lon,lat,host,rtsp,watches,night,gb_code,color\n\
    C1,东口枪机,V1,114.3,30.8,10.0.0.1,rtsp://{host}/1,E1,ir,,red\n\
    C2,西口枪机,V1,114.31,30.8,10.0.0.2,rtsp://{host}/1,E2,,,\n";
pub(crate) const ENTRANCES: &str =
    "id,area,name,lon,lat\nE1,V1,东口,114.3,30.8\nE2,V1,西口,114.31,30.8\nE3,V1,=南口,114.32,30.9\n";
/// 2026-11-24T03:00:00Z, 11:00 in Liuzhi.
pub(crate) const NOON: Time = Time(1_795_489_200_000);

/// A folder with a registry and settings beside it.
pub(crate) struct Town {
    pub(crate) dir: tempfile::TempDir,
}

impl Town {
    pub(crate) fn new() -> Town {
        let town = Town { dir: tempfile::tempdir().unwrap() };
        fs::create_dir(town.path("registry")).unwrap();
        town.write("registry/areas.csv", AREAS);
        town.write("registry/cameras.csv", CAMERAS);
        town.write("registry/entrances.csv", ENTRANCES);
        town.write("cunkou.toml", "[ui]\nlanguage = \"en\"\n[probe]\nallow = [\"127.0.0.0/8\"]\n");
        town
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::of(cunkou(self.dir.path(), args).output().unwrap())
    }

    /// Puts the folder in force in the database, and has something happen: E2 is lost by its camera since noon.
    pub(crate) fn with_history(self) -> Town {
        self.with(&effects())
    }

    /// Puts the folder in force in the database, and has this happen.
    pub(crate) fn with(self, effects: &Effects) -> Town {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(history(&self.path("cunkou.db"), &self.path("registry"), effects));
        self
    }
}

async fn history(database: &Path, registry: &Path, effects: &Effects) {
    let store = Store::open(&format!("sqlite://{}", database.display()), OpenMode::ReadWrite).await.unwrap();
    let (registry, _) = files::load(registry).unwrap().judge();
    let put = RegistryPut {
        version: 1,
        at: NOON,
        who: "start".into(),
        hashes: Default::default(),
        summary: "first".into(),
        changes: registry_rows(&Registry::default(), &registry),
    };
    let batch = Batch { registry: Some(&put), tick: Some(NOON), ..Batch::new(store.next_batch(), effects, 1) };
    store.commit(&batch).await.unwrap();
    store.close().await;
}

pub(crate) fn effects() -> Effects {
    let (c1, c2) = (CameraId::new("C1").unwrap(), CameraId::new("C2").unwrap());
    let (e1, e2) = (EntranceId::new("E1").unwrap(), EntranceId::new("E2").unwrap());
    let passing = |passes: bool| SavedCheck { passes: Some(passes), last_pass: Some(NOON), ..SavedCheck::default() };
    let health = |state: State, passes: bool, cause: Option<Cause>| SavedHealth {
        state,
        since: NOON,
        checks: [passing(passes), passing(passes), SavedCheck::default(), SavedCheck::default()],
        cause,
        ..SavedHealth::default()
    };
    let down = || Some(Cause::Camera(c2.clone()));
    let now =
        |entrance: &EntranceId, from: &'static str, to: &'static str, at: Time, cause: Option<Cause>| Transition {
            at,
            since: at,
            subject: Subject::Entrance(entrance.clone(), Period::Now),
            from,
            to,
            cause,
            incident: (to == "lost").then_some(IncidentId(1)),
            reasons: Default::default(),
            evidence: None,
        };
    let hour = cunkou_core::model::Span::hours(1);
    let incident = incident(&c2, &e2);
    Effects {
        transitions: vec![
            now(&e1, "", "covered", NOON - hour, None),
            now(&e2, "", "covered", NOON - hour, None),
            now(&e2, "covered", "lost", NOON, down()),
        ],
        saved: vec![
            SavedTarget::Camera(c1, health(State::Up, true, None)),
            SavedTarget::Camera(c2.clone(), health(State::Down, false, down())),
            SavedTarget::Entrance(e1, [(EntranceState::Covered, NOON); 3], None),
            SavedTarget::Entrance(
                e2,
                [(EntranceState::Lost, NOON), (EntranceState::Unwatched, NOON), (EntranceState::Lost, NOON)],
                down(),
            ),
        ],
        messages: vec![Message {
            incident: std::sync::Arc::new(incident.clone()),
            alerts: Vec::new(),
            step: 1,
            kind: MessageKind::Opened,
            why: SayReason::FirstWord,
            at: NOON,
            digest: Vec::new(),
        }],
        incidents: vec![std::sync::Arc::new(incident)],
        ..Effects::default()
    }
}

fn incident(camera: &CameraId, entrance: &EntranceId) -> Incident {
    Incident {
        id: IncidentId(1),
        status: IncidentStatus::Open,
        severity: Severity::Critical,
        cause: Cause::Camera(camera.clone()),
        cause_name: "西口枪机".into(),
        rivals: Vec::new(),
        exact: true,
        findings: None,
        cameras: vec![camera.clone()],
        cameras_of: None,
        entrances_lost: vec![entrance.clone()],
        seals_broken: Vec::new(),
        villages: Vec::new(),
        since: NOON,
        opened_at: NOON,
        acknowledged: None,
        resolved_at: None,
        reopened_at: None,
        reopenings: 0,
        merged_into: None,
        silenced: None,
        lapsed: None,
        waiting_since: NOON,
        level: 0,
        pages: 1,
        last_page_at: Some(NOON),
        paged_entrances: vec![entrance.clone()],
        step: 1,
        in_digest: Default::default(),
        news: Default::default(),
    }
}
