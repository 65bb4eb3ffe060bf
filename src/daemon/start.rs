//! The start: store, registry in force, engine, sinks, HTTP, in this order, each with an error that says what to do.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use cunkou_core::model::{Language, Time};
use cunkou_core::registry::{Fault, Registry};
use cunkou_core::world::{Effects, Policy, Saved, Snapshot, Terms};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::Running;
use super::adapters::{Count, StoreHistory, StoreOutbox};
use super::handles::Handles;
use super::service::Service;
use super::supervise::Supervisor;
use super::upkeep::Upkeep;
use crate::engine::{
    self, Clock, Engine, EngineSettings, Handle, Origin, ProbeLimits, REGISTRY, ROSTER, RegistrySource, ReloadRefused,
    ReloadRequest, ReloadSource, RoadSource, registry_rows, restore_registry, rostered,
};
use crate::files;
use crate::files::roster::RosterFile;
use crate::files::secrets::Secrets;
use crate::files::settings::{ReadRule, Role, Settings, TileSource};
use crate::http::{self, AppState, Build, Parts};
use crate::metrics::{Counters, Plan};
use crate::notify::{self, Heartbeat, Pace, Setup, Sinks};
use crate::probe::{AllowList, Limits, Prober};
use crate::roster::{Board, Handover};
use crate::store::{AuditQuery, Batch, OpenMode, RegistryPut, SinkRoute, Store, StoreError};

/// What a daemon is started with.
#[derive(Debug)]
pub struct Options {
    /// The settings.
    pub settings: Settings,
    /// The secrets that they name.
    pub secrets: Secrets,
}

/// Why a daemon does not start.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The store.
    #[error("the database {path} cannot be used")]
    Store {
        /// Its file.
        path: PathBuf,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// The registry in force cannot be read back.
    #[error("the registry kept in the database cannot be read")]
    Kept(#[source] files::RowsError),
    /// There is no registry yet, and the folder does not hold one.
    #[error("the registry folder {dir} cannot be put in force:\n{}", .faults.join("\n"))]
    Registry {
        /// The folder.
        dir: PathBuf,
        /// One line a fault.
        faults: Vec<String>,
    },
    /// The registry folder cannot be read, and there is no registry in force yet.
    #[error("the registry folder cannot be read")]
    Folder(#[source] files::FolderError),
    /// The address is taken or not ours.
    #[error("cannot listen on {addr}; is another cunkou running? (--listen, [http] listen)")]
    Listen {
        /// Where.
        addr: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A sink.
    #[error("the sinks cannot be started")]
    Sinks(#[source] notify::SinksError),
    /// The heartbeat.
    #[error("the heartbeat cannot be started")]
    Heartbeat(#[source] notify::HeartbeatError),
    /// The client of the sinks.
    #[error("no HTTP client can be made for the sinks")]
    Client(#[source] notify::ClientError),
    /// The engine's thread.
    #[error("the system gives no thread for the engine")]
    Thread(#[source] std::io::Error),
    /// The folder of templates.
    #[error("the templates cannot be read")]
    TemplateFiles(#[source] files::templates::TemplateFilesError),
    /// A template.
    #[error("the templates cannot be used:\n{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Templates(Vec<notify::TemplateFault>),
    /// The counters.
    #[error("the counters cannot be made")]
    Counters(#[source] prometheus::Error),
}

/// Starts a daemon. It serves and probes when this returns.
///
/// # Errors
/// When the database, the registry, the address or a sink cannot be used.
pub async fn start(options: Options) -> Result<Running, DaemonError> {
    let Options { settings, secrets } = options;
    // Before anything is opened: a text that cannot be said is told at once.
    let templates = Arc::new(templates(&settings)?);
    let roster = RosterFile::of(&settings);
    // One with faults does not keep the town from being watched: it was said in the log, and messages go to the sinks all
    // the same.
    let read = roster.read_again().ok().flatten();
    let (soft, _) = crate::sim::raise_open_files();
    // One crypto provider for everybody; a second call of the same process changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let clock = Clock::start();
    let path = settings.database.file.clone();
    let store_error = |source| DaemonError::Store { path: path.clone(), source };
    let store = Store::open(&format!("sqlite://{}", path.display()), OpenMode::ReadWrite).await.map_err(store_error)?;
    let (registry, saved, from_folder) = registry_in_force(&store, &settings, &clock).await?;
    retire_sinks(&store, &settings, &clock).await.map_err(store_error)?;
    let handles = Handles::of(settings.probe.in_flight_for(registry.cameras.len()), soft);
    let addr = settings.http.listen;
    let listen_error = |source| DaemonError::Listen { addr, source };
    let listener = TcpListener::bind(addr).await.map_err(listen_error)?;
    let listen = listener.local_addr().map_err(listen_error)?;
    store.announce(&listen.to_string(), clock.now()).await.map_err(store_error)?;

    let counters = Counters::new(env!("CARGO_PKG_VERSION"), option_env!("CUNKOU_REVISION").unwrap_or(""));
    let counters = Arc::new(counters.map_err(DaemonError::Counters)?);
    let outbox = Arc::new(Notify::new());
    let prober = prober(&settings, handles, listen);
    let mut engine_settings = engine_settings(&settings, &secrets, handles.probes, &counters, clock.now());
    let levels = &mut engine_settings.policy.alert.levels;
    *levels = (*levels).max(levels_of_the_roster(&settings, roster.board()));
    let started =
        Engine::start(store.clone(), (registry, saved), prober, clock.clone(), engine_settings, outbox.clone());
    let (engine, handle) = started.await.map_err(store_error)?;
    let (stop, stopping) = watch::channel(false);
    let (breaks, broken) = watch::channel(false);
    note_roster(read, &store, &handle, &clock).await.map_err(store_error)?;
    let engine = engine::on_own_thread(engine, stopping.clone()).map_err(DaemonError::Thread)?;
    let texts = Texts { templates: templates.clone(), roster: roster.board().clone() };
    let sinks = sinks(&settings, &secrets, texts, &store, &handle, &clock, &counters)?;
    let heartbeat = heartbeat(&settings, &secrets, &handle, &clock, &counters, &stopping)?;
    let supervisor = Supervisor {
        store: store.clone(),
        clock: clock.clone(),
        handle: handle.clone(),
        counters: counters.clone(),
        outbox,
        roster: roster.board().clone(),
        store_grace: settings.monitor.store_grace,
        sinks: settings.sinks.iter().map(|s| s.name.clone()).collect(),
        engine,
        broken: breaks,
    };
    let supervisor = tokio::spawn(supervisor.run(sinks, stopping.clone()));
    let upkeep = Upkeep {
        store: store.clone(),
        clock: clock.clone(),
        keep_hourly: settings.keep.hourly,
        keep_audit: settings.keep.audit,
    };
    let upkeep = tokio::spawn(upkeep.run(stopping.clone()));
    let service = Arc::new(Service::from_env());
    let (manager, watched, until, alive) = (service.clone(), clock.clone(), stopping.clone(), handle.alive.clone());
    let watchdog = tokio::spawn(async move { manager.watch(watched, alive, until).await });
    let asked = with_trials(&settings, secrets, templates, roster.clone())?;
    let state = AppState::new(parts(&settings, listen, &handle, store, counters, clock.clone(), asked));
    let serving = tokio::spawn(serve(listener, state, stopping));
    if !from_folder {
        take_up_folder(handle.clone());
    }
    service.ready(&handle);
    let tasks = [supervisor, serving, watchdog, upkeep].into_iter().chain(heartbeat).collect();
    Ok(Running { listen, handle, stop, broken, service, roster, clock, tasks })
}

/// Serves until the daemon stops.
async fn serve(listener: TcpListener, state: AppState, mut stopping: watch::Receiver<bool>) {
    let ended = async move {
        // The sender outlives every receiver; an error would mean that the daemon is gone.
        let _ = stopping.wait_for(|stop| *stop).await;
    };
    if let Err(error) = http::serve(listener, state, ended).await {
        tracing::error!(%error, "the HTTP server ended");
    }
}

/// The registry of the database, and what else it kept; where there is none yet, that of the folder, which is kept as
/// version 1. Also whether it is that of the folder.
async fn registry_in_force(
    store: &Store,
    settings: &Settings,
    clock: &Clock,
) -> Result<(Arc<Registry>, Saved, bool), DaemonError> {
    let store_error = |source| DaemonError::Store { path: settings.database.file.clone(), source };
    // Beside each other: of a large town each takes seconds.
    let (reader, now) = (store.clone(), clock.now());
    let saved = tokio::spawn(async move { reader.load(now).await });
    if let Some((_, rows)) = store.registry_load().await.map_err(store_error)? {
        let registry = of_task(tokio::task::spawn_blocking(|| restore_registry(rows)).await);
        let registry = registry.map_err(DaemonError::Kept)?;
        return Ok((Arc::new(registry), of_task(saved.await).map_err(store_error)?, false));
    }
    of_task(saved.await).map_err(store_error)?;
    let registry = first_registry(store, settings, clock).await?;
    Ok((registry, store.load(clock.now()).await.map_err(store_error)?, true))
}

/// What a task made. None is given up here, so one that has ended without it has panicked.
fn of_task<T>(ended: Result<T, tokio::task::JoinError>) -> T {
    ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

/// The registry of the folder, kept as version 1.
async fn first_registry(store: &Store, settings: &Settings, clock: &Clock) -> Result<Arc<Registry>, DaemonError> {
    let dir = settings.registry.dir.clone();
    let mut loaded = files::load_still(&dir).map_err(DaemonError::Folder)?;
    let (registry, faults) = files::judge(&loaded, &settings.intervals(), &density(settings));
    let hashes = std::mem::take(&mut loaded.hashes);
    // The cells of a large town are as much as all the rest, and nobody needs them any more.
    drop(loaded);
    if faults.iter().any(Fault::is_error) {
        let faults = faults.iter().filter(|f| f.is_error()).map(|f| f.words(settings.ui.language)).collect();
        return Err(DaemonError::Registry { dir, faults });
    }
    let changes = registry_rows(&Registry::default(), &registry);
    let put = RegistryPut {
        version: 1,
        at: clock.now(),
        who: "start".to_owned(),
        hashes,
        summary: format!("{} objects, the first registry", changes.len()),
        changes,
    };
    let effects = Effects::default();
    let new = Some(format!("version 1: {}", put.summary));
    let audit = [Origin::here("start", "start").entry(put.at, REGISTRY, "1".to_owned(), None, new)];
    let batch = Batch { registry: Some(&put), audit: &audit, ..Batch::new(store.next_batch(), &effects, 1) };
    let store_error = |source| DaemonError::Store { path: settings.database.file.clone(), source };
    store.commit(&batch).await.map_err(store_error)?;
    Ok(Arc::new(registry))
}

/// What waits for a sink that is not in the settings any more is given up, and said.
async fn retire_sinks(store: &Store, settings: &Settings, clock: &Clock) -> Result<(), StoreError> {
    let keep: Vec<&str> = settings.sinks.iter().map(|s| s.name.as_str()).collect();
    let dropped = store.retire_sinks(&keep, clock.now()).await?;
    if dropped > 0 {
        tracing::warn!(dropped, "messages for sinks that are not in the settings any more were given up");
    }
    Ok(())
}

/// The roster may have changed while nobody ran: that is told by the fingerprint of the last one that was kept.
async fn note_roster(read: Option<Handover>, store: &Store, handle: &Handle, clock: &Clock) -> Result<(), StoreError> {
    let Some(handover) = read else { return Ok(()) };
    let last = AuditQuery { what: Some(ROSTER.to_owned()), limit: 1, ..AuditQuery::default() };
    let before = store.audit(&last).await?.pop().map(|row| row.entry.object);
    let mut entry = rostered(&Origin::here("start", "start"), &handover, clock.now());
    if before.as_ref() != Some(&entry.object) {
        entry.old = before.map(|mark| format!("roster {mark}"));
        handle.note(entry).await;
    }
    Ok(())
}

/// The folder may have changed while nobody ran: what it holds is put in force, if it may be.
fn take_up_folder(handle: Handle) {
    tokio::spawn(async move {
        let request = ReloadRequest {
            source: ReloadSource::Folder,
            dry_run: false,
            yes: false,
            by: Origin::here("start", "start"),
        };
        match handle.reload(request).await {
            Ok(report) if !report.changes.is_empty() => {
                tracing::info!(
                    version = report.version,
                    changes = report.changes.len(),
                    "the registry folder had changed; it is in force"
                );
            }
            Ok(_) => {}
            Err(ReloadRefused::Stopping) => {}
            Err(refused) => tracing::warn!(%refused, "the last good registry stays in force"),
        }
    });
}

fn density(settings: &Settings) -> cunkou_core::coverage::Policy {
    let [detect, observe, recognise, identify] = settings.coverage.density;
    cunkou_core::coverage::Policy { detect, observe, recognise, identify }
}

fn policy(settings: &Settings, in_flight: usize, now: Time) -> Policy {
    Policy {
        health: settings.health(),
        alert: settings.alert(),
        coverage: density(settings),
        seal_alerts: settings.coverage.seal_alerts.clone(),
        ways: settings.coverage.ways(),
        intervals: settings.intervals(),
        canaries: settings.monitor.canaries.iter().map(|c| c.as_str().into()).collect(),
        in_flight: u32::try_from(in_flight).unwrap_or(u32::MAX),
        clock: settings.ui.local_time(now),
    }
}

/// The highest level at which somebody of the roster is called, where a sink calls who is on duty. Read at the start: a
/// roster that gains a level while the daemon runs is escalated to after the next start.
fn levels_of_the_roster(settings: &Settings, board: &Board) -> u8 {
    let calls = settings.sinks.iter().any(|s| s.on_duty);
    let levels = board.now().filter(|_| calls).map_or(0, |roster| roster.levels.len().saturating_sub(1));
    u8::try_from(levels).unwrap_or(u8::MAX)
}

fn engine_settings(
    settings: &Settings,
    secrets: &Secrets,
    in_flight: usize,
    counters: &Arc<Counters>,
    now: Time,
) -> EngineSettings {
    EngineSettings {
        limits: ProbeLimits { in_flight, per_node: settings.probe.per_node as usize },
        kept_outcomes: settings.keep.outcomes as usize,
        routes: settings
            .sinks
            .iter()
            .map(|s| SinkRoute {
                name: s.name.clone(),
                min_severity: s.min_severity,
                people: s.kind.is_for_people(),
                level: s.level,
            })
            .collect(),
        policy: policy(settings, in_flight, now),
        zone: settings.ui.time_zone.clone(),
        registry: RegistrySource {
            dir: settings.registry.dir.clone(),
            intervals: settings.intervals(),
            density: density(settings),
            roads: RoadSource::of(&settings.registry.dir, &settings.coverage.modes),
            core_offset_m: settings.coverage.ways().core_offset_m,
        },
        watcher: Arc::new(Count(counters.clone())),
        secrets: secrets.clone(),
    }
}

/// A prober for the networks of the settings.
fn prober(settings: &Settings, handles: Handles, listen: SocketAddr) -> Prober {
    let allow = AllowList::new(settings.probe.allow.clone(), vec![listen]);
    let limits = Limits {
        timeout: settings.probe.timeout.to_std(),
        reach_timeout: settings.probe.reach_timeout.to_std(),
        more_connects: handles.more_connects,
        ..Limits::default()
    };
    Prober::new(limits, allow)
}

/// The texts of the town, each tried.
fn templates(settings: &Settings) -> Result<notify::Templates, DaemonError> {
    let files = match &settings.templates.dir {
        Some(dir) => files::templates::TemplateFiles::read(dir).map_err(DaemonError::TemplateFiles)?,
        None => files::templates::TemplateFiles::default(),
    };
    notify::Templates::new(&files, &settings.sinks).map_err(DaemonError::Templates)
}

/// What the sinks are told of the town and of its people.
struct Texts {
    templates: Arc<notify::Templates>,
    roster: Arc<Board>,
}

fn sinks(
    settings: &Settings,
    secrets: &Secrets,
    texts: Texts,
    store: &Store,
    handle: &Handle,
    clock: &Clock,
    counters: &Counters,
) -> Result<Sinks, DaemonError> {
    let clock = clock.clone();
    let setup = Setup {
        sinks: &settings.sinks,
        secrets,
        time_zone: settings.ui.time_zone.clone(),
        public_url: &settings.http.public_url,
        client: notify::client().map_err(DaemonError::Client)?,
        templates: texts.templates,
        roster: texts.roster,
        outbox: Arc::new(StoreOutbox::new(store.clone())),
        snapshot: handle.snapshot.clone(),
        clock: Arc::new(move || clock.now()),
        metrics: counters.registry(),
        pace: Pace::default(),
    };
    Sinks::start(setup).map_err(DaemonError::Sinks)
}

/// The roster, and the sinks once more, for who wants to try one.
fn with_trials(
    settings: &Settings,
    secrets: Secrets,
    templates: Arc<notify::Templates>,
    roster: RosterFile,
) -> Result<(RosterFile, notify::Trials), DaemonError> {
    let trials = notify::Trials {
        sinks: settings.sinks.clone(),
        secrets,
        time_zone: settings.ui.time_zone.clone(),
        client: notify::client().map_err(DaemonError::Client)?,
        roster: roster.board().clone(),
        templates,
        turn: tokio::sync::Mutex::new(()),
    };
    Ok((roster, trials))
}

/// The heartbeat of the settings, beating; where they want one.
fn heartbeat(
    settings: &Settings,
    secrets: &Secrets,
    handle: &Handle,
    clock: &Clock,
    counters: &Counters,
    stop: &watch::Receiver<bool>,
) -> Result<Option<JoinHandle<()>>, DaemonError> {
    let (time, now, alive) = (clock.clone(), clock.clone(), handle.alive.clone());
    let client = notify::client().map_err(DaemonError::Client)?;
    let made = Heartbeat::new(&settings.heartbeat, secrets, client, counters.registry(), Arc::new(move || time.now()));
    let heartbeat = made.map_err(DaemonError::Heartbeat)?;
    Ok(heartbeat.map(|h| tokio::spawn(h.run(move || alive.works(now.now()), stop.clone()))))
}

fn parts(
    settings: &Settings,
    listen: SocketAddr,
    handle: &Handle,
    store: Store,
    counters: Arc<Counters>,
    clock: Clock,
    (roster, trials): (RosterFile, notify::Trials),
) -> Parts {
    let plan = Plan::default();
    Parts {
        handle: handle.clone(),
        history: Arc::new(StoreHistory(store)),
        counters,
        roster,
        trials: Some(trials),
        settings: http_settings(settings, listen),
        metrics: crate::metrics::Options {
            per_camera: settings.metrics.per_camera,
            positions: settings.metrics.positions,
        },
        terms: Terms {
            density: density(settings),
            clock: settings.ui.local_time(clock.now()),
            ways: settings.coverage.ways(),
            pace: settings.isochrone,
        },
        clock: Arc::new(move || clock.now()),
        figures: Arc::new(move |snapshot: &Snapshot| plan.figures(snapshot)),
        build: Build { version: env!("CARGO_PKG_VERSION"), revision: option_env!("CUNKOU_REVISION").unwrap_or("") },
    }
}

fn http_settings(settings: &Settings, listen: SocketAddr) -> http::HttpSettings {
    let role = |role: Role| match role {
        Role::Read => http::Role::Read,
        Role::Operate => http::Role::Operate,
        Role::Admin => http::Role::Admin,
    };
    let token = |t: &crate::files::settings::TokenSettings| http::Token {
        name: t.name.as_str().into(),
        hash: t.hash,
        role: role(t.role),
    };
    http::HttpSettings {
        listen,
        public_url: url::Url::parse(&settings.http.public_url).ok(),
        hosts: settings.http.hosts.clone(),
        read: match settings.http.read {
            ReadRule::Open => http::ReadAccess::Open,
            ReadRule::Token => http::ReadAccess::Token,
            ReadRule::OpenToNetwork => http::ReadAccess::OpenToNetwork,
        },
        tokens: settings.tokens.iter().map(token).collect(),
        language: language(settings.ui.language),
        time_zone: settings.ui.time_zone.clone(),
        registry_dir: Some(settings.registry.dir.clone()),
        tiles: settings.ui.tiles.as_ref().map(|source| tiles(source, settings.ui.tiles_max_zoom)),
        tiles_credit: settings.ui.tiles_attribution.clone(),
    }
}

fn tiles(source: &TileSource, max_zoom: u32) -> http::Tiles {
    match source.clone() {
        TileSource::File(path) => http::Tiles::File(path),
        TileSource::Server { template, origin, vector } => {
            let max_zoom = u8::try_from(max_zoom).unwrap_or(u8::MAX);
            http::Tiles::Server { template, origin, vector, max_zoom }
        }
    }
}

const fn language(language: Language) -> Language {
    language
}
