//! Tests of this room: a daemon without an engine, asked through real sockets.

mod api;
mod auth;
mod boards;
mod document;
mod fields;
mod isochrone;
mod map;
mod oncall;
mod page;
mod past;
mod place;
mod seal;
mod serving;
mod sheets;
mod stream;
mod tiles;
pub(crate) mod town;
mod whatif;
mod works;

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use cunkou_core::alert::{Acknowledgement, Hold, Incident, IncidentStatus, MessageKind, SayReason};
use cunkou_core::coverage::EntranceState;
use cunkou_core::health::{Cause, State};
use cunkou_core::model::{
    CameraId, Check, EntranceId, IncidentId, NodeId, Outcome, Period, Phase, PhaseTimes, ProbeResult, Reason, Span,
    Target, Time,
};
use cunkou_core::world::{Snapshot, Subject, Terms};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};

use super::*;
use crate::engine::{Alive, Command, Handle, Origin, ReloadRefused, ReloadReport, ReloadRequest, ReloadSource};
use crate::files::roster::RosterFile;
use crate::metrics::{Counters, CoverageRatio, Figures, Options};
use town::NOW;

/// The tokens of the tests, by role.
pub(crate) fn token(role: Role) -> &'static str {
    match role {
        Role::Read => "read-token",
        Role::Operate => "operate-token",
        Role::Admin => "admin-token",
    }
}

/// Settings with a token for each role.
pub(crate) fn settings(read: ReadAccess) -> HttpSettings {
    let tokens = Role::ALL.map(|role| Token {
        name: format!("{}-name", role.word()).into(),
        hash: Sha256::digest(token(role).as_bytes()).into(),
        role,
    });
    HttpSettings { read, tokens: tokens.to_vec(), hosts: vec!["cunkou.example".into()], ..HttpSettings::default() }
}

/// The example of a roster, in force.
fn roster() -> RosterFile {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/config/roster.toml");
    let text = format!("[roster]\nfile = \"{example}\"\n");
    let settings = crate::files::settings::Settings::parse(&text, [], std::path::Path::new("")).unwrap();
    let file = RosterFile::of(&settings);
    file.read_again().unwrap();
    file
}

/// A sink where nobody listens.
fn trials() -> crate::notify::Trials {
    let text = "[[sink]]\nname = \"desk\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1:9/\"\n";
    let settings = crate::files::settings::Settings::parse(text, [], std::path::Path::new("")).unwrap();
    let files = crate::files::templates::TemplateFiles::default();
    crate::notify::Trials {
        templates: Arc::new(crate::notify::Templates::new(&files, &settings.sinks).unwrap()),
        sinks: settings.sinks,
        secrets: crate::files::secrets::Secrets::default(),
        time_zone: jiff::tz::TimeZone::UTC,
        client: crate::notify::client().unwrap(),
        roster: roster().board().clone(),
        turn: tokio::sync::Mutex::new(()),
    }
}

/// Before this nothing was known.
pub(crate) const BEGINNING: Time = Time(NOW.millis() - 30 * 24 * 3_600_000);

/// A past that is made up, and that can be broken.
#[derive(Default)]
pub(crate) struct Past {
    /// Incidents, as the store would have them.
    pub(crate) incidents: Mutex<Vec<Incident>>,
    /// Turns of entrances, oldest first.
    pub(crate) turns: Mutex<Vec<PastTurn>>,
    /// What is announced.
    pub(crate) maintenance: Mutex<Vec<crate::engine::Maintenance>>,
    /// The audit trail, oldest first.
    pub(crate) audit: Mutex<Vec<AuditEntry>>,
    /// The next question fails.
    pub(crate) broken: std::sync::atomic::AtomicBool,
}

impl Past {
    fn answer<T: Send + 'static>(&self, value: T) -> Answer<'_, T> {
        let broken = self.broken.load(Ordering::Relaxed);
        Box::pin(async move { if broken { Err(HistoryError("disk away".into())) } else { Ok(value) } })
    }
}

impl History for Past {
    fn entrances_at(&self, period: Period, at: Time) -> Answer<'_, Vec<PastEntrance>> {
        let state = if period == Period::Night { EntranceState::Lost } else { EntranceState::Covered };
        if at < BEGINNING {
            return self.answer(Vec::new());
        }
        let past = |id: &str| PastEntrance {
            id: EntranceId::new(id).unwrap(),
            state,
            since: at - Span::hours(1),
            cause: None,
            incident: Some(IncidentId(3)),
        };
        self.answer(vec![past("E1"), past("GONE")])
    }

    fn cameras_at(&self, at: Time) -> Answer<'_, Vec<(CameraId, State)>> {
        let past = [("C1", State::Down), ("GONE", State::Up)];
        let known = past.map(|(id, state)| (CameraId::new(id).unwrap(), state));
        self.answer(if at < BEGINNING { Vec::new() } else { known.to_vec() })
    }

    fn entrance_turns(&self, from: Time, to: Time, limit: usize) -> Answer<'_, Vec<PastTurn>> {
        let mut turns = self.turns.lock().unwrap().clone();
        turns.retain(|t| t.at > from && t.at <= to);
        turns.truncate(limit);
        self.answer(turns)
    }

    fn changes(&self, of: Subject, before: Option<u64>, limit: usize) -> Answer<'_, Vec<PastChange>> {
        let (from, to) = if matches!(of, Subject::Entrance(..)) { ("covered", "lost") } else { ("up", "down") };
        let change = |number: u64| PastChange {
            number,
            at: NOW - Span::minutes(100 - number as i64),
            since: NOW - Span::minutes(101 - number as i64),
            from: from.to_owned(),
            to: to.to_owned(),
            cause: Some(Cause::Node(NodeId::new("S1").unwrap())),
            incident: Some(IncidentId(7)),
            reasons: [Reason::Auth].into_iter().collect(),
        };
        let all = (1..=3).rev().filter(|n| before.is_none_or(|b| *n < b));
        self.answer(all.take(limit).map(change).collect())
    }

    fn incidents(&self, before: Option<IncidentId>, limit: usize) -> Answer<'_, Vec<Incident>> {
        let mut all = self.incidents.lock().unwrap().clone();
        all.retain(|i| before.is_none_or(|b| i.id < b));
        all.sort_by_key(|i| std::cmp::Reverse(i.id));
        all.truncate(limit);
        self.answer(all)
    }

    fn incident(&self, id: IncidentId) -> Answer<'_, Option<Incident>> {
        let found = self.incidents.lock().unwrap().iter().find(|i| i.id == id).cloned();
        self.answer(found)
    }

    fn steps(&self, _: IncidentId) -> Answer<'_, Vec<Step>> {
        self.answer(vec![Step { step: 1, at: NOW, kind: Some(MessageKind::Opened), why: SayReason::FirstWord }])
    }

    fn deliveries(&self, _: IncidentId) -> Answer<'_, Vec<Delivery>> {
        let delivery = Delivery {
            sink: "desk".into(),
            step: 1,
            attempts: 2,
            delivered: Some(NOW),
            dropped: None,
            error: Some("503".into()),
            code: Some(200),
            to: Some("王强".into()),
        };
        self.answer(vec![delivery])
    }

    fn maintenance(&self, _: Time) -> Answer<'_, Vec<crate::engine::Maintenance>> {
        let all = self.maintenance.lock().unwrap().clone();
        self.answer(all)
    }

    fn audit(&self, query: AuditQuery) -> Answer<'_, Vec<AuditEntry>> {
        let mut all = self.audit.lock().unwrap().clone();
        all.retain(|e| query.before.is_none_or(|b| e.number < b) && query.who.as_ref().is_none_or(|w| *w == e.who));
        all.retain(|e| query.kind.as_ref().is_none_or(|k| *k == e.kind));
        all.retain(|e| query.since.is_none_or(|t| e.at >= t) && query.until.is_none_or(|t| e.at < t));
        all.reverse();
        all.truncate(query.limit);
        self.answer(all)
    }
}

/// A daemon without an engine: the test is the engine.
pub(crate) struct Daemon {
    pub(crate) address: SocketAddr,
    pub(crate) client: Client,
    pub(crate) snapshots: watch::Sender<Arc<Snapshot>>,
    pub(crate) alive: Arc<Alive>,
    pub(crate) past: Arc<Past>,
    /// What was asked of the engine, as text.
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
    /// Who asked it, from where and by which door.
    pub(crate) origins: Arc<Mutex<Vec<String>>>,
    pub(crate) serving: tokio::task::JoinHandle<std::io::Result<()>>,
    pub(crate) stop: Option<oneshot::Sender<()>>,
}

pub(crate) async fn daemon(settings: HttpSettings) -> Daemon {
    daemon_with(settings, town::snapshot()).await
}

pub(crate) async fn daemon_with(mut settings: HttpSettings, snapshot: Snapshot) -> Daemon {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    settings.listen = address;
    let (snapshots, receiver) = watch::channel(Arc::new(snapshot));
    let alive = Arc::new(Alive::default());
    for sign in [&alive.turned, &alive.stored, &alive.reloaded] {
        sign.store(NOW.millis(), Ordering::Relaxed);
    }
    let (commands, inbox) = mpsc::channel(8);
    let (asked, origins) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
    tokio::spawn(engine(inbox, receiver.clone(), asked.clone(), origins.clone()));
    let past = Arc::new(Past::default());
    let state = AppState::new(Parts {
        roster: roster(),
        trials: Some(trials()),
        handle: Handle::new(receiver, alive.clone(), commands),
        history: past.clone(),
        counters: Arc::new(Counters::new("0.1.0", "abc").unwrap()),
        settings,
        metrics: Options::default(),
        terms: Terms::default(),
        clock: Arc::new(|| NOW),
        figures: Arc::new(|_| figures()),
        build: Build { version: "0.1.0", revision: "abc" },
    });
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(serve(listener, state, async move {
        let _ = stopped.await;
    }));
    let client = Client::builder().no_proxy().build().unwrap();
    Daemon { address, client, snapshots, alive, past, asked, origins, serving, stop: Some(stop) }
}

pub(crate) fn figures() -> Figures {
    let layer = cunkou_core::registry::Layer::Point;
    Figures { coverage: vec![CoverageRatio { layer, level: "live", period: Period::Now, ratio: 0.25 }] }
}

async fn engine(
    mut inbox: mpsc::Receiver<Command>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    asked: Arc<Mutex<Vec<String>>>,
    origins: Arc<Mutex<Vec<String>>>,
) {
    let note = |by: &Origin| {
        origins.lock().unwrap().push(format!("{} from {} via {}", by.who, by.from, by.via));
    };
    while let Some(command) = inbox.recv().await {
        match command {
            Command::Acknowledge(request, reply) => {
                note(&request.by);
                asked.lock().unwrap().push(format!("ack {} {} {:?}", request.incident, request.by.who, request.note));
                let incidents = snapshots.borrow().incidents.clone();
                let answer = match incidents.get(&request.incident) {
                    None => Err(crate::engine::AckError::NotFound),
                    Some(i) if !i.status.is_open() => Err(crate::engine::AckError::Over),
                    Some(i) => {
                        let taken =
                            Acknowledgement { at: NOW, by: request.by.who, note: request.note, until: request.until };
                        let status = IncidentStatus::Acknowledged;
                        Ok(Arc::new(Incident { acknowledged: Some(taken), status, ..(**i).clone() }))
                    }
                };
                let _ = reply.send(answer);
            }
            Command::Silence(request, reply) => {
                note(&request.by);
                let until = request.until.map_or_else(|| "lifted".to_owned(), |t| format!("for {}", t - NOW));
                asked.lock().unwrap().push(format!("silence {} {} {until}", request.incident, request.by.who));
                let incidents = snapshots.borrow().incidents.clone();
                let answer = match incidents.get(&request.incident) {
                    None => Err(crate::engine::AckError::NotFound),
                    Some(i) if !i.status.is_open() => Err(crate::engine::AckError::Over),
                    Some(i) => {
                        let hold = |until| Hold { at: NOW, by: request.by.who, note: request.note, until };
                        Ok(Arc::new(Incident { silenced: request.until.map(hold), ..(**i).clone() }))
                    }
                };
                let _ = reply.send(answer);
            }
            Command::Maintain(request, reply) => {
                note(&request.by);
                asked.lock().unwrap().push(format!("maintain {:?}", request.what));
                let registry = snapshots.borrow().registry.clone();
                let mut announced = crate::engine::Announced::new(vec![town::maintenance()], 8);
                let done = announced.change(&request, &registry, NOW).map(|(row, _)| Arc::new(row));
                let _ = reply.send(done);
            }
            Command::Reload(request, reply) => {
                note(&request.by);
                asked.lock().unwrap().push(told(&request));
                let _ = reply.send(reloaded(&request));
            }
            Command::Note(entry) => asked.lock().unwrap().push(format!("note {} {}", entry.what, entry.who)),
            Command::Evidence(target, reply) => {
                let _ = reply.send(vec![outcome(target)]);
            }
        }
    }
}

fn told(request: &ReloadRequest) -> String {
    let source = match &request.source {
        ReloadSource::Folder => "folder".to_owned(),
        ReloadSource::Files(files) => {
            files.iter().map(|(name, bytes)| format!("{name}={}", String::from_utf8_lossy(bytes))).collect()
        }
    };
    format!("reload {source} by {} dry_run={} yes={}", request.by.who, request.dry_run, request.yes)
}

/// The engine's answer, chosen by the content of the files.
fn reloaded(request: &ReloadRequest) -> Result<ReloadReport, ReloadRefused> {
    let text = told(request);
    if text.contains("faulty") {
        return Err(ReloadRefused::Faults(vec!["cameras.csv:2: column area: no such area".into(); 1_500]));
    }
    if text.contains("empty") && !request.yes {
        return Err(ReloadRefused::Guard { removed: 4, of: 6 });
    }
    if text.contains("stuck") {
        return Err(ReloadRefused::NotKept);
    }
    Ok(ReloadReport {
        version: 5,
        changes: vec!["~ camera C1: name".into()],
        added: 0,
        changed: 1,
        removed: 0,
        warnings: vec!["cameras.csv:3: outside the town".into()],
    })
}

fn outcome(target: Target) -> Outcome {
    let mut times = PhaseTimes::default();
    times.add(Phase::Connect, 950);
    Outcome {
        target,
        check: Check::Reach,
        due: NOW - Span::seconds(5),
        begun: NOW - Span::seconds(5),
        ended: NOW - Span::millis(4_999),
        asked: false,
        credential: false,
        result: ProbeResult::Pass { slow: false },
        phase: Phase::Connect,
        times,
        rtt: Some(Span::millis(1)),
        note: None,
    }
}

/// An answer, read whole.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// That it is a problem document with this status; gives it.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16) -> Problem {
        assert_eq!(
            (self.status.as_u16(), self.header("content-type")),
            (status, "application/problem+json"),
            "{}",
            self.text
        );
        let problem: Problem = serde_json::from_str(&self.text).unwrap();
        assert_eq!(problem.status, status);
        problem
    }
}

impl Daemon {
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Reply {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        Reply { status, headers, text: answer.text().await.unwrap() }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, role: Role, body: &str) -> Reply {
        let request = self.request(Method::POST, path).bearer_auth(token(role));
        self.send(request.header("content-type", "application/json").body(body.to_owned())).await
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}
