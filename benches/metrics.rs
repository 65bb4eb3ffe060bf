//! What a scrape costs: `/metrics` of a daemon with 10 000 and with 100 000 cameras, the full set, asked over loopback,
//! and its parts alone. The figures in docs/performance.md are its output: `cargo bench --bench metrics`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench that cannot go on fails")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cunkou::engine::{Alive, Handle};
use cunkou::files::roster::RosterFile;
use cunkou::files::settings::Settings;
use cunkou::http::{
    Answer, AppState, AuditEntry, AuditQuery, Build, Delivery, History, HttpSettings, Parts, PastChange, PastEntrance,
    PastTurn, Step, serve,
};
use cunkou::metrics::{Counters, Options, Plan, write};
use cunkou_core::alert::Incident;
use cunkou_core::health::State;
use cunkou_core::model::{CameraId, Check, EntranceId, IncidentId, Period, Span, Time};
use cunkou_core::registry::Registry;
use cunkou_core::town::{Spec, Town};
use cunkou_core::world::{Policy, Saved, Snapshot, Subject, Terms, World};
use tokio::sync::{mpsc, watch};

/// Runs of each measurement; the median and the worst are told.
const RUNS: usize = 30;
/// Cameras of the largest made-up town.
const TOWN: usize = 10_000;
/// 2026-11-24T03:00:00Z.
const NOW: Time = Time(1_795_489_200_000);

fn main() {
    println!("| cameras | what | bytes, or rows | median | worst of {RUNS} |");
    println!("| --- | --- | --- | --- | --- |");
    for cameras in [TOWN, 10 * TOWN] {
        let snapshot = Arc::new(snapshot(cameras));
        let plan = Plan::default();
        let figures = plan.figures(&snapshot);
        row(cameras, "coverage of the plan", || plan.figures(&snapshot).coverage.len());
        row(cameras, "families of objects as text", || {
            let (mut cameras, mut others) = (0, 0);
            write(
                &snapshot,
                &figures,
                Options::default(),
                |piece| cameras += piece.len(),
                |piece| others += piece.len(),
            );
            cameras + others
        });
        let address = daemon(snapshot);
        row(cameras, "scrape over loopback, plain", || scrape(address, ""));
        row(cameras, "scrape over loopback, gzip", || scrape(address, "Accept-Encoding: gzip\r\n"));
    }
}

fn row(cameras: usize, what: &str, mut work: impl FnMut() -> usize) {
    let mut bytes = work();
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let began = Instant::now();
            bytes = work();
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    let ms = |t: Duration| t.as_secs_f64() * 1e3;
    println!("| {cameras} | {what} | {bytes} | {:.1} ms | {:.1} ms |", ms(times[RUNS / 2]), ms(times[RUNS - 1]));
}

/// A town of the largest made-up kind, its cameras and entrances as often as it takes, every camera up on all checks.
fn snapshot(cameras: usize) -> Snapshot {
    let town = Town::generate(&Spec { cameras: TOWN, ..Spec::default() }).expect("a town");
    let registry = Arc::new(repeated(town.registry, cameras / TOWN));
    let (world, _) = World::start(Policy::default(), registry, Saved { registry_version: 1, ..Saved::default() }, NOW);
    let mut snapshot = world.snapshot();
    assert_eq!(snapshot.registry.cameras.len(), cameras);
    for ix in 0..snapshot.cameras.len() {
        let view = snapshot.cameras.get_mut(ix).expect("a camera");
        (view.state, view.since, view.changes, view.rtt) = (State::Up, NOW, 3, Some(Span::millis(7)));
        for check in [Check::Reach, Check::Stream, Check::Picture] {
            view.passing[check.at()] = Some(true);
            view.last_pass[check.at()] = Some(NOW);
        }
    }
    snapshot
}

fn repeated(mut registry: Registry, times: usize) -> Registry {
    let (cameras, entrances) = (registry.cameras.clone(), registry.entrances.clone());
    for n in 1..times {
        for camera in cameras.values() {
            let id = CameraId::new(&format!("{}-{n}", camera.id)).expect("an id");
            registry.cameras.insert(id.clone(), cunkou_core::registry::Camera { id, ..camera.clone() });
        }
        for entrance in entrances.values() {
            let id = EntranceId::new(&format!("{}-{n}", entrance.id)).expect("an id");
            registry.entrances.insert(id.clone(), cunkou_core::registry::Entrance { id, ..entrance.clone() });
        }
    }
    registry
}

/// A past in which nothing happened; no scrape asks for it.
struct NoHistory;

impl History for NoHistory {
    fn entrances_at(&self, _: Period, _: Time) -> Answer<'_, Vec<PastEntrance>> {
        Box::pin(async { Ok(Vec::new()) })
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
    fn maintenance(&self, _: Time) -> Answer<'_, Vec<cunkou::engine::Maintenance>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    fn audit(&self, _: AuditQuery) -> Answer<'_, Vec<AuditEntry>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// Serves a snapshot, on a thread of its own until the bench ends.
fn daemon(snapshot: Arc<Snapshot>) -> SocketAddr {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.expect("a runtime").block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let listen = listener.local_addr().expect("an address");
            let (_published, seen) = watch::channel(snapshot);
            let (commands, _wishes) = mpsc::channel(1);
            let plan = Plan::default();
            let state = AppState::new(Parts {
                roster: RosterFile::of(&Settings::default()),
                trials: None,
                handle: Handle::new(seen, Arc::new(Alive::default()), commands),
                history: Arc::new(NoHistory),
                counters: Arc::new(Counters::new("0", "").expect("counters")),
                settings: HttpSettings { listen, ..HttpSettings::default() },
                metrics: Options::default(),
                terms: Terms::default(),
                clock: Arc::new(|| NOW),
                figures: Arc::new(move |snapshot: &Snapshot| plan.figures(snapshot)),
                build: Build { version: "0", revision: "" },
            });
            tell.send(listen).expect("the bench waits");
            serve(listener, state, std::future::pending::<()>()).await.expect("it serves");
        });
    });
    told.recv().expect("it serves")
}

/// One scrape on a connection of its own; the bytes of the answer.
fn scrape(address: SocketAddr, headers: &str) -> usize {
    let mut stream = TcpStream::connect(address).expect("a connection");
    let head = format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).expect("it reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..40.min(answer.len())]));
    answer.len()
}
