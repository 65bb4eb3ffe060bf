//! The built program against a daemon's API: what it finds, asks, sends and prints.

#![allow(unreachable_pub)] // shared modules of tests are used by several programs
#![allow(clippy::unwrap_used, reason = "what goes wrong in a test ends it")]

mod program;

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use cunkou::engine::{self, Alive, Handle, ReloadReport, ReloadRequest, ReloadSource, registry_rows};
use cunkou::files::roster::RosterFile;
use cunkou::files::settings::Settings;
use cunkou::http::{
    Answer, AppState, AuditEntry, AuditQuery, Build, Delivery, History, HttpSettings, Parts, PastChange, PastEntrance,
    PastTurn, Role, Step, Token, serve,
};
use cunkou::metrics::{Counters, Figures, Options};
use cunkou::store::{Batch, OpenMode, RegistryPut, Store};
use cunkou_core::alert::{Acknowledgement, Hold, Incident, IncidentStatus};
use cunkou_core::coverage::EntranceState;
use cunkou_core::health::{Cause, State};
use cunkou_core::model::{AreaId, CameraId, EntranceId, IncidentId, Period, Severity, Span, Time};
use cunkou_core::registry::{Area, AreaKind, Density, Dirs, Entrance, EntranceStatus, Registry};
use cunkou_core::world::{Effects, Policy, Saved, Snapshot, Subject, Terms, World};
use program::{Ran, cunkou};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, watch};

/// 2026-11-24T03:00:00Z.
const NOON: Time = Time(1_795_489_200_000);
/// More than one page of a list.
const ENTRANCES: usize = 1_203;
/// Entries of the audit trail; more than one page too.
const CHANGES: u64 = 1_007;

/// A town of which nothing is watched.
fn registry() -> Registry {
    let area = Area {
        id: AreaId::new("V1").unwrap(),
        parent: None,
        kind: AreaKind::Village,
        name: "甘棠村".into(),
        code: None,
        at: None,
        boundary: None,
        extra: BTreeMap::new(),
    };
    let entrance = |n: usize| Entrance {
        id: EntranceId::new(&format!("E{n:04}")).unwrap(),
        area: area.id.clone(),
        name: format!("{n} 号口").into(),
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
    let entrances = (0..ENTRANCES).map(entrance).map(|e| (e.id.clone(), e)).collect();
    Registry { areas: BTreeMap::from([(area.id.clone(), area)]), entrances, ..Registry::default() }
}

fn incident() -> Incident {
    Incident {
        id: IncidentId(7),
        status: IncidentStatus::Open,
        severity: Severity::Critical,
        cause: Cause::Camera(CameraId::new("C1").unwrap()),
        cause_name: "东口枪机".into(),
        rivals: Vec::new(),
        exact: true,
        findings: None,
        cameras: Vec::new(),
        cameras_of: None,
        entrances_lost: Vec::new(),
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
        last_page_at: None,
        paged_entrances: Vec::new(),
        step: 1,
        in_digest: Default::default(),
        news: Default::default(),
    }
}

/// A past in which nothing happened.
struct NoHistory;

/// What `gaps --at` finds: one entrance, covered.
fn covered() -> PastEntrance {
    let id = EntranceId::new("E0001").unwrap();
    PastEntrance { id, state: EntranceState::Covered, since: NOON, cause: None, incident: None }
}

impl History for NoHistory {
    fn entrances_at(&self, _: Period, at: Time) -> Answer<'_, Vec<PastEntrance>> {
        let known = at >= NOON - Span::hours(24);
        Box::pin(async move { Ok(known.then(covered).into_iter().collect()) })
    }
    fn cameras_at(&self, _: Time) -> Answer<'_, Vec<(CameraId, State)>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    fn entrance_turns(&self, _: Time, _: Time, _: usize) -> Answer<'_, Vec<PastTurn>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    fn changes(&self, _: Subject, _: Option<u64>, _: usize) -> Answer<'_, Vec<PastChange>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    fn incidents(&self, _: Option<IncidentId>, _: usize) -> Answer<'_, Vec<Incident>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    fn incident(&self, _: IncidentId) -> Answer<'_, Option<Incident>> {
        Box::pin(async { Ok(None) })
    }
    fn steps(&self, _: IncidentId) -> Answer<'_, Vec<Step>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    fn deliveries(&self, _: IncidentId) -> Answer<'_, Vec<Delivery>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    fn maintenance(&self, _: Time) -> Answer<'_, Vec<engine::Maintenance>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    fn audit(&self, query: AuditQuery) -> Answer<'_, Vec<AuditEntry>> {
        let entry = |number: u64| AuditEntry {
            number,
            at: NOON,
            who: "chief".into(),
            kind: "registry".into(),
            object: number.to_string(),
            from: "10.0.0.7".into(),
            via: "POST /-/reload".into(),
            old: Some("version 3".into()),
            new: Some("version 4: 1 added\n=camera C1: added".into()),
        };
        let all = (1..=CHANGES).rev().filter(move |n| query.before.is_none_or(|b| *n < b)).take(query.limit);
        let by_chief = query.who.is_none_or(|w| w == "chief");
        Box::pin(async move { Ok(all.filter(|_| by_chief).map(entry).collect()) })
    }
}

/// A daemon's API over a snapshot, with an engine that says yes and writes down what it was asked for.
struct Daemon {
    dir: tempfile::TempDir,
    url: String,
    reloads: mpsc::UnboundedReceiver<ReloadRequest>,
    _store: Store,
}

impl Daemon {
    async fn start() -> Daemon {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("cunkou.toml"), "[ui]\nlanguage = \"en\"\n").unwrap();
        let registry = Arc::new(registry());
        let store = store(dir.path(), &registry).await;
        let (world, _) =
            World::start(Policy::default(), registry, Saved { registry_version: 4, ..Saved::default() }, NOON);
        let mut snapshot = world.snapshot();
        snapshot.incidents = Arc::new(BTreeMap::from([(IncidentId(7), Arc::new(incident()))]));
        let (commands, wishes) = mpsc::channel(8);
        let (said, reloads) = mpsc::unbounded_channel();
        tokio::spawn(engine(wishes, said));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listen = listener.local_addr().unwrap();
        store.announce(&listen.to_string(), NOON).await.unwrap();
        let state = AppState::new(parts(snapshot, commands, listen));
        tokio::spawn(serve(listener, state, std::future::pending::<()>()));
        Daemon { dir, url: format!("http://{listen}"), reloads, _store: store }
    }

    /// Runs the program beside the daemon.
    async fn run(&self, args: &[&str]) -> Ran {
        let mut command = cunkou(self.dir.path(), args);
        // Whoever asks an API must not find a proxy in between.
        command.env("http_proxy", "http://127.0.0.1:1").env("HTTP_PROXY", "http://127.0.0.1:1");
        Ran::of(tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap())
    }
}

async fn store(dir: &std::path::Path, registry: &Registry) -> Store {
    let url = format!("sqlite://{}", dir.join("cunkou.db").display());
    let store = Store::open(&url, OpenMode::ReadWrite).await.unwrap();
    let put = RegistryPut {
        version: 4,
        at: NOON,
        who: "start".into(),
        hashes: BTreeMap::new(),
        summary: String::new(),
        changes: registry_rows(&Registry::default(), registry),
    };
    let effects = Effects::default();
    let batch = Batch { registry: Some(&put), ..Batch::new(store.next_batch(), &effects, 4) };
    store.commit(&batch).await.unwrap();
    store
}

fn parts(snapshot: Snapshot, commands: mpsc::Sender<engine::Command>, listen: std::net::SocketAddr) -> Parts {
    let token = |name: &str, role| Token { name: name.into(), hash: Sha256::digest(name.as_bytes()).into(), role };
    let (published, seen) = watch::channel(Arc::new(snapshot));
    // Nothing is published later; the channel stays open all the same.
    std::mem::forget(published);
    Parts {
        roster: RosterFile::of(&Settings::default()),
        trials: None,
        handle: Handle::new(seen, Arc::new(Alive::default()), commands),
        history: Arc::new(NoHistory),
        counters: Arc::new(Counters::new("0", "").unwrap()),
        settings: HttpSettings {
            listen,
            tokens: vec![token("duty", Role::Operate), token("chief", Role::Admin)],
            ..HttpSettings::default()
        },
        metrics: Options::default(),
        terms: Terms::default(),
        clock: Arc::new(|| NOON),
        figures: Arc::new(|_| Figures::default()),
        build: Build { version: "0", revision: "" },
    }
}

async fn engine(mut wishes: mpsc::Receiver<engine::Command>, said: mpsc::UnboundedSender<ReloadRequest>) {
    while let Some(wish) = wishes.recv().await {
        match wish {
            engine::Command::Acknowledge(request, reply) => {
                let ack = Acknowledgement { at: NOON, by: request.by.who, note: request.note, until: request.until };
                let taken = Incident { status: IncidentStatus::Acknowledged, acknowledged: Some(ack), ..incident() };
                reply.send(Ok(Arc::new(taken))).unwrap();
            }
            engine::Command::Silence(request, reply) => {
                let hold = |until| Hold { at: NOON, by: request.by.who, note: request.note, until };
                reply.send(Ok(Arc::new(Incident { silenced: request.until.map(hold), ..incident() }))).unwrap();
            }
            engine::Command::Maintain(request, reply) => {
                let registry = registry();
                let mut announced = engine::Announced::new(Vec::new(), 1);
                reply.send(announced.change(&request, &registry, NOON).map(|(row, _)| Arc::new(row))).unwrap();
            }
            engine::Command::Reload(request, reply) => {
                let report = ReloadReport {
                    version: 5,
                    changes: vec!["camera C1: added".to_owned()],
                    added: 1,
                    changed: 0,
                    removed: 0,
                    warnings: Vec::new(),
                };
                said.send(request).unwrap();
                reply.send(Ok(report)).unwrap();
            }
            engine::Command::Evidence(_, reply) => reply.send(Vec::new()).unwrap(),
            engine::Command::Note(_) => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_find_the_daemon_of_the_database() {
    let daemon = Daemon::start().await;
    let found = daemon.run(&["status", "--format", "json"]).await.ends(0);
    assert_eq!(found.err, "", "a daemon answers, nothing is to be said beside");
    let named = daemon.run(&["status", "--format", "json", "--server", &daemon.url]).await.ends(0);
    assert_eq!(found.json(), named.json());
    assert_eq!(found.json()["registry_version"], 4);
    assert_eq!(found.json()["incidents"]["open"], 1);
    assert!(daemon.run(&["status", "--nagios"]).await.ends(0).out.starts_with("CUNKOU OK - "));
    let dead = daemon.run(&["status", "--server", "http://127.0.0.1:1"]).await.ends(3);
    assert!(dead.err.contains("no daemon answers at http://127.0.0.1:1"), "{dead:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_of_repairs_is_asked_as_it_was_typed() {
    let daemon = Daemon::start().await;
    let typed = ["repair-order", "--from", "114.3,30.8", "--shift", "90m", "--speed-kmh", "22.5", "--format", "json"];
    let json = daemon.run(&typed).await.ends(0).json();
    assert_eq!((&json["shift_min"], &json["speed_kmh"], &json["detour"]), (&90.0.into(), &22.5.into(), &1.4.into()));
    assert_eq!((&json["from"]["lon"], &json["lost"], &json["exact"]), (&114.3.into(), &0.into(), &true.into()));
    let nowhere = daemon.run(&["repair-order", "--from", "P9"]).await.ends(3);
    assert!(nowhere.err.contains("no place of the registry with a position has the id"), "{nowhere:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_supposed_is_asked_as_it_was_typed() {
    let daemon = Daemon::start().await;
    let added = "id=N1,area=V1,watches=E0001 E0002,night=ir,position_m=3";
    let typed = ["whatif", "--add", added, "--period", "night", "--format", "json"];
    let json = daemon.run(&typed).await.ends(0).json();
    assert_eq!((&json["period"], json["items"].as_array().unwrap().len()), (&"night".into(), 2), "{json:#}");
    assert_eq!(json["items"][1]["changed_by"], serde_json::json!(["N1"]));
    let nowhere = daemon.run(&["whatif", "--down", "X1", "X2"]).await.ends(3);
    assert!(nowhere.err.contains("\"X1\" does not exist") && nowhere.err.contains("\"X2\""), "{nowhere:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_to_place_is_asked_as_it_was_typed() {
    let daemon = Daemon::start().await;
    let typed =
        ["place", "--budget", "4.5", "--depth", "target", "--by-priority", "--range-m", "40", "--format", "json"];
    let json = daemon.run(&typed).await.ends(0).json();
    assert_eq!((&json["budget"], &json["depth"], &json["by_priority"]), (&4.5.into(), &"target".into(), &true.into()));
    assert_eq!(
        (&json["model"]["range_m"], &json["level"], &json["count"]),
        (&40.0.into(), &"live".into(), &Value::Null)
    );
    daemon.run(&["place", "0"]).await.ends(2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_are_read_to_their_end() {
    let daemon = Daemon::start().await;
    let gaps = daemon.run(&["gaps", "--format", "json"]).await.ends(0).json();
    let items = gaps["items"].as_array().unwrap();
    assert_eq!((items.len(), &gaps["next"]), (ENTRANCES, &Value::Null));
    assert!(items.windows(2).all(|w| w[0]["id"].as_str() < w[1]["id"].as_str()), "each once, in order");
    daemon.run(&["gaps", "--fail-on", "unwatched"]).await.ends(1);
    let none = daemon.run(&["gaps", "--at", "2026-11-24T02:00:00Z", "--format", "json"]).await.ends(0).json();
    assert_eq!(none["items"], Value::Array(Vec::new()));
    let unknown = daemon.run(&["gaps", "--at", "2026-11-01T02:00:00Z"]).await.ends(3);
    assert!(unknown.out.is_empty() && unknown.err.contains("nothing was known"), "{unknown:?}");
    let area = daemon.run(&["gaps", "--village", "V9"]).await.ends(3);
    assert!(area.err.contains("no area of the registry has this id"), "{area:?}");
    let explained = daemon.run(&["explain", "E0001", "--server", &daemon.url]).await.ends(0);
    assert!(explained.out.contains("1 号口 (E0001)"), "{explained:?}");
    daemon.run(&["explain", "E9"]).await.ends(3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_incident_is_taken_with_a_token_of_the_right_role() {
    let daemon = Daemon::start().await;
    assert!(daemon.run(&["incident"]).await.ends(0).out.contains("东口枪机"));
    let taken = daemon.run(&["ack", "7", "--note", "已派人", "--token", "duty"]).await.ends(0);
    assert!(taken.out.contains("incident 7 is taken by duty"), "{taken:?}");
    for (args, why) in [
        (&["ack", "7"][..], "--token"),
        (&["ack", "7", "--token", "guess"], "not known"),
        (&["ack", "7", "--token", "duty", "--until", "2020-01-01T00:00:00Z"], "passed"),
    ] {
        let refused = daemon.run(args).await.ends(3);
        assert!(refused.err.contains(why) && !refused.err.contains("guess"), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_incident_is_silenced_for_a_while_and_that_is_lifted() {
    let daemon = Daemon::start().await;
    let told = daemon.run(&["incident", "7", "--silence", "2h", "--note", "换光猫", "--token", "duty"]).await.ends(0);
    assert!(told.out.contains("incident 7 is silent until 20"), "{told:?}");
    let until = ["incident", "7", "--silence", "2099-01-01 08:00", "--token", "duty", "--format", "json"];
    let json = daemon.run(&until).await.ends(0).json();
    assert_eq!((&json["silenced_until"], &json["silenced_by"]), (&"2099-01-01T00:00:00.000Z".into(), &"duty".into()));
    let lifted = daemon.run(&["incident", "7", "--unsilence", "--token", "duty"]).await.ends(0);
    assert!(lifted.out.contains("is not silent any more"), "{lifted:?}");
    let past = daemon.run(&["incident", "7", "--silence", "2020-01-01T00:00:00Z", "--token", "duty"]).await.ends(3);
    assert!(past.err.contains("passed"), "{past:?}");
    for wrong in [&["incident", "--silence", "2h"][..], &["incident", "7", "--silence", "soon", "--token", "duty"]] {
        daemon.run(wrong).await.ends(2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn maintenance_goes_through_the_daemon() {
    let daemon = Daemon::start().await;
    let add = ["maintenance", "add", "V1", "--to", "2099-01-01 08:00", "--note", "换杆", "--token", "duty"];
    let made = daemon.run(&add).await.ends(0);
    assert!(made.out.contains("maintenance 1 of 甘棠村 (V1)") && made.out.contains("2099-01-01 08:00:00"), "{made:?}");
    let weekly = ["maintenance", "add", "V1", "--weekly", "sat,sun 01:00-05:00", "--token", "duty", "--format", "json"];
    assert_eq!(daemon.run(&weekly).await.ends(0).json()["weekly"], "sat,sun 01:00-05:00");
    assert!(daemon.run(&["maintenance", "list"]).await.ends(0).out.contains("No maintenance"));
    let unknown = daemon.run(&["maintenance", "add", "NONE", "--to", "2h", "--token", "duty"]).await.ends(3);
    assert!(unknown.err.contains("NONE"), "{unknown:?}");
    daemon.run(&["maintenance", "end", "9", "--token", "duty"]).await.ends(3);
    daemon.run(&["maintenance", "add", "V1"]).await.ends(2);
    daemon.run(&["maintenance", "add", "V1", "--weekly", "sometimes"]).await.ends(2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_trail_is_for_the_role_admin() {
    let daemon = Daemon::start().await;
    let ask = |more: &[&str]| {
        let args: Vec<String> =
            ["audit", "--server", &daemon.url].iter().chain(more).map(ToString::to_string).collect();
        let daemon = &daemon;
        async move { daemon.run(&args.iter().map(String::as_str).collect::<Vec<_>>()).await }
    };
    assert!(ask(&["--token", "duty"]).await.ends(3).err.contains("the role admin"));
    let chief = ["--token", "chief"];
    let all = ask(&[&chief[..], &["--format", "json", "--limit", "5000"]].concat()).await.ends(0).json();
    let ids: Vec<u64> = all["items"].as_array().unwrap().iter().map(|i| i["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, (1..=CHANGES).rev().collect::<Vec<_>>(), "page by page, each once");
    let shown = ask(&[&chief[..], &["--limit", "1"]].concat()).await.ends(0).out;
    for part in
        ["11:00:00", "chief", "registry 1007", "10.0.0.7", "POST /-/reload", "- version 3", "+ =camera C1: added"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let csv = ask(&[&chief[..], &["--limit", "1", "--format", "csv", "--bom"]].concat()).await.ends(0).out;
    assert!(csv.starts_with("\u{feff}id,at,who,kind,object,from,via,old,new\r\n1007,2026-11-24T03:00:00.000Z,chief,"));
    let nobody = ask(&[&chief[..], &["--who", "nobody"]].concat()).await.ends(0).out;
    assert_eq!(nobody, "Nothing was changed.\n");
    ask(&["--kind", "nothing"]).await.ends(2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn import_goes_through_the_daemon_byte_for_byte() {
    let mut daemon = Daemon::start().await;
    let src = daemon.dir.path().join("src");
    fs::create_dir(&src).unwrap();
    fs::write(src.join("areas.csv"), "id,kind,name\nT,town,town\n").unwrap();
    // 东 in GBK.
    let cameras = b"id,name,area,host\r\nC1,\xb6\xab,T,10.0.0.1\r\n".to_vec();
    fs::write(src.join("cameras.csv"), &cameras).unwrap();

    let refused = daemon.run(&["import", "src", "--yes", "--token", "duty"]).await.ends(3);
    assert!(refused.err.contains("the role admin"), "{refused:?}");
    let asked = daemon.run(&["import", "src", "--token", "chief"]).await.ends(2);
    assert!(asked.out.contains("camera C1: added") && asked.err.contains("--yes"), "{asked:?}");
    let dry = daemon.reloads.recv().await.unwrap();
    assert!(dry.dry_run);

    let done = daemon.run(&["import", "src", "--yes", "--token", "chief"]).await.ends(0);
    assert!(done.err.contains("registry version 5 is in force"), "{done:?}");
    assert!(daemon.reloads.recv().await.unwrap().dry_run);
    let real = daemon.reloads.recv().await.unwrap();
    assert!(!real.dry_run && real.yes);
    let ReloadSource::Files(files) = real.source else { panic!("files") };
    assert_eq!(files["cameras.csv"], cameras);
    assert_eq!(files.len(), 2);
    assert!(!daemon.dir.path().join("registry").exists(), "the daemon writes the folder, nobody else");
}
