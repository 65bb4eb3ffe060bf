//! Receivers that are gone for two days: the real outbox and the real loops of the sinks, under a clock of the test, while
//! a town lives under the same clock and the process dies now and then. Nothing is lost or told twice, the order of each
//! incident is kept, no end is told before its beginning, what is over by then is told as over and never as a page, and
//! what waits is bounded by the incidents, not by the time.
#![allow(dead_code, reason = "the harness is the core's; its own tests use the rest of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "../src/core/world/tests/answers.rs"]
mod answers;
#[path = "../src/core/world/tests/life/dice.rs"]
mod dice;
#[path = "../src/core/world/tests/harness.rs"]
mod harness;
#[path = "../src/core/world/tests/kept.rs"]
mod kept;
#[path = "../src/core/world/tests/plan.rs"]
mod plan;
#[path = "../src/core/world/tests/said.rs"]
mod said;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use cunkou::daemon::StoreOutbox;
use cunkou::files::secrets::Secrets;
use cunkou::files::settings::Settings;
use cunkou::files::templates::TemplateFiles;
use cunkou::notify::{
    Outbox, OutboxError, OutboxItem, Pace, Past, Received, RowKey, Setup, Sinks, Take, Templates, client,
};
use cunkou::store::{Batch, OpenMode, SinkRoute, Store};
use cunkou_core::alert::{IncidentStatus, Message, MessageKind};
use cunkou_core::model::{IncidentId, Severity, Span, Target, Time};
use cunkou_core::registry::Topology;
use cunkou_core::world::{Effects, Event, Policy, Saved, Snapshot};
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use answers::Fault;
use dice::Dice;
use harness::{NOON, Plan, Sim};
use kept::{Keeper, Sink};

/// How often the loops of the sinks look: the longest wait between two tries.
const STEP: Span = Span::minutes(5);
/// The receivers are gone from here …
const GONE: Time = Time(NOON.0 + 3_600_000);
/// … to here.
const BACK: Time = Time(GONE.0 + 48 * 3_600_000);
const END: Time = Time(BACK.0 + 2 * 3_600_000);

/// What a receiver got: the key, what it says of its incident, and when, by the clock of the test.
#[derive(Clone, Debug)]
struct Heard {
    incident: u64,
    step: u32,
    kind: String,
    over: bool,
    at: Time,
}

/// A receiver that can be gone, or break off after it has read.
struct Receiver {
    addr: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
    breaks_off: Arc<AtomicBool>,
    clock: Arc<AtomicI64>,
    running: Option<(Arc<AtomicBool>, JoinHandle<()>)>,
}

impl Receiver {
    fn start(clock: &Arc<AtomicI64>) -> Receiver {
        let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (heard, breaks_off) = (Arc::default(), Arc::default());
        let mut this = Receiver { addr, heard, breaks_off, clock: clock.clone(), running: None };
        this.come();
        this
    }

    fn come(&mut self) {
        let bind = || TcpListener::bind(self.addr).ok();
        let again = || {
            std::thread::sleep(Duration::from_millis(50));
            bind()
        };
        let listener = bind().or_else(|| (0..200).find_map(|_| again())).expect("its port");
        let (gone, heard) = (Arc::new(AtomicBool::new(false)), self.heard.clone());
        let (stop, breaks_off, clock) = (gone.clone(), self.breaks_off.clone(), self.clock.clone());
        let task = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                // A connection that breaks is a process that was killed.
                let _ = serve(&stream, &heard, &breaks_off, &clock);
            }
        });
        self.running = Some((gone, task));
    }

    fn go(&mut self) {
        let Some((gone, task)) = self.running.take() else { return };
        gone.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.addr);
        task.join().unwrap();
    }

    fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }
}

/// One request a connection.
fn serve(
    mut stream: &TcpStream,
    heard: &Mutex<Vec<Heard>>,
    breaks_off: &AtomicBool,
    clock: &AtomicI64,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(stream);
    let (mut length, mut key, mut line) = (0, String::new(), String::new());
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(n) = lower.strip_prefix("content-length:") {
            length = n.trim().parse().unwrap_or(0);
        }
        if lower.starts_with("idempotency-key:") {
            key = line["idempotency-key:".len()..].trim().to_owned();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let payload: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut parts = key.split('/');
    let incident = parts.next().and_then(|n| n.parse().ok()).unwrap_or(0);
    let step = parts.nth(1).and_then(|n| n.parse().ok()).unwrap_or(0);
    let kind = payload["kind"].as_str().unwrap_or_default().to_owned();
    let over = matches!(kind.as_str(), "resolved" | "merged") || payload["status"] == "resolved";
    let at = Time(clock.load(Ordering::SeqCst));
    heard.lock().unwrap().push(Heard { incident, step, kind, over, at });
    if breaks_off.load(Ordering::SeqCst) {
        return Ok(());
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
}

/// The outbox, and how often each sink's loop has come to the end of a turn.
struct Watched {
    inner: StoreOutbox,
    turns: Arc<(Mutex<BTreeMap<String, u64>>, Condvar)>,
}

impl Watched {
    fn turned(&self, sink: &str) {
        *self.turns.0.lock().unwrap().entry(sink.to_owned()).or_default() += 1;
        self.turns.1.notify_all();
    }
}

impl Outbox for Watched {
    async fn pending(&self, sink: &str, due_by: Time, take: Take) -> Result<Vec<OutboxItem>, OutboxError> {
        self.inner.pending(sink, due_by, take).await
    }

    async fn release(&self, sink: &str, rows: &[RowKey]) {
        self.inner.release(sink, rows).await;
    }

    async fn delivered(
        &self,
        sink: &str,
        rows: &[RowKey],
        at: Time,
        code: Option<u16>,
        to: Option<&str>,
    ) -> Result<(), OutboxError> {
        self.inner.delivered(sink, rows, at, code, to).await
    }

    async fn retry(
        &self,
        sink: &str,
        rows: &[RowKey],
        next: Time,
        error: &str,
        received: Received,
        code: Option<u16>,
    ) -> Result<(), OutboxError> {
        let done = self.inner.retry(sink, rows, next, error, received, code).await;
        self.turned(sink);
        done
    }

    async fn dropped(&self, sink: &str, rows: &[RowKey], at: Time) -> Result<(), OutboxError> {
        self.inner.dropped(sink, rows, at).await
    }

    async fn last_review(&self, sink: &str) -> Result<Option<Time>, OutboxError> {
        self.inner.last_review(sink).await
    }

    async fn reviewed(&self, sink: &str, due: Time) -> Result<(), OutboxError> {
        self.inner.reviewed(sink, due).await
    }

    async fn past(&self, least: Severity, between: (Time, Time)) -> Result<Past, OutboxError> {
        self.inner.past(least, between).await
    }

    async fn next_attempt(&self, sink: &str) -> Result<Option<Time>, OutboxError> {
        let next = self.inner.next_attempt(sink).await;
        self.turned(sink);
        next
    }
}

/// The real store, as the town's keeper.
#[derive(Clone)]
struct Shelf {
    runtime: Arc<Runtime>,
    url: String,
    store: Arc<Mutex<Option<Store>>>,
    routes: Vec<SinkRoute>,
    version: Arc<AtomicI64>,
}

impl Shelf {
    fn open(&self) -> Store {
        let mut shelf = self.store.lock().unwrap();
        if let Some(old) = shelf.take() {
            self.runtime.block_on(old.close());
        }
        let store = self.runtime.block_on(Store::open(&self.url, OpenMode::ReadWrite)).unwrap();
        shelf.insert(store).clone()
    }

    fn store(&self) -> Store {
        self.store.lock().unwrap().clone().unwrap()
    }
}

impl Keeper for Shelf {
    fn keep(&mut self, effects: &Effects, tick: Time, version: u64, topology: &Arc<Topology>) {
        let names = |target: Target| match target {
            Target::Camera(c) => topology.cameras.get(c.at()).map(|s| s.id.to_string()),
            Target::Node(n) => topology.nodes.get(n.at()).map(|s| s.id.to_string()),
            Target::Canary(_) => None,
        };
        let store = self.store();
        let batch = Batch {
            routes: &self.routes,
            tick: Some(tick),
            names: &names,
            ..Batch::new(store.next_batch(), effects, version)
        };
        self.runtime.block_on(store.commit(&batch)).unwrap();
        self.version.store(i64::try_from(version).unwrap(), Ordering::SeqCst);
    }

    fn tick(&mut self, now: Time) {
        self.runtime.block_on(self.store().tick(now)).unwrap();
    }

    fn load(&mut self, now: Time) -> Saved {
        let store = self.open();
        let saved = self.runtime.block_on(store.load(now)).unwrap();
        Saved { registry_version: u64::try_from(self.version.load(Ordering::SeqCst)).unwrap(), ..saved }
    }

    fn waiting(&mut self, _: Sink, _: Time) -> Vec<Message> {
        Vec::new()
    }

    fn told(&mut self, _: Sink, _: &Message, _: Time) {}

    fn is_waiting(&self, _: Sink) -> bool {
        false
    }
}

/// The town, its monitor and the three receivers.
struct World {
    sim: Sim,
    shelf: Shelf,
    settings: Settings,
    clock: Arc<AtomicI64>,
    turns: Arc<(Mutex<BTreeMap<String, u64>>, Condvar)>,
    published: watch::Sender<Arc<Snapshot>>,
    sinks: Option<Sinks>,
    receivers: [(&'static str, Receiver); 3],
    /// The most rows that waited for a sink, and the incidents that there were by then.
    most_waiting: BTreeMap<String, u64>,
}

/// A machine and people that are gone, and a machine that takes each request and breaks off before it answers.
fn settings(receivers: &[(&str, Receiver); 3]) -> Settings {
    let url = |i: usize| format!("http://{}/hook", receivers[i].1.addr);
    let body = r#"{"kind": "{{ kind }}"}"#;
    let text = format!(
        "[[sink]]\nname = \"desk\"\nkind = \"webhook\"\nurl = \"{}\"\n\
         [[sink]]\nname = \"phone\"\nkind = \"http\"\nurl = \"{}\"\nbody = '''{body}'''\n\
         [[sink]]\nname = \"wall\"\nkind = \"webhook\"\nurl = \"{}\"\n",
        url(0),
        url(1),
        url(2)
    );
    Settings::parse(&text, [], Path::new("")).unwrap_or_else(|faults| panic!("{faults:?}"))
}

impl World {
    fn new(folder: &Path) -> World {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let clock = Arc::new(AtomicI64::new(NOON.0));
        let receivers = ["desk", "phone", "wall"].map(|name| (name, Receiver::start(&clock)));
        let settings = settings(&receivers);
        let route = |s: &cunkou::files::settings::SinkSettings| SinkRoute {
            name: s.name.clone(),
            min_severity: s.min_severity,
            people: s.kind.is_for_people(),
            level: s.level,
        };
        let shelf = Shelf {
            runtime: Arc::new(runtime),
            url: format!("sqlite://{}", folder.join("cunkou.db").display()),
            store: Arc::default(),
            routes: settings.sinks.iter().map(route).collect(),
            version: Arc::default(),
        };
        shelf.open();
        let policy = Policy { canaries: vec!["gw".into()], ..Policy::default() };
        let sim = Sim::kept_by(Plan::town(&[6, 5]), policy, Box::new(shelf.clone()));
        let (published, _) = watch::channel(Arc::new(sim.world.snapshot()));
        let turns = Arc::default();
        let (sinks, most_waiting) = (None, BTreeMap::new());
        let mut this = World { sim, shelf, settings, clock, turns, published, sinks, receivers, most_waiting };
        this.start_sinks();
        this
    }

    fn start_sinks(&mut self) {
        let clock = self.clock.clone();
        let outbox = Watched { inner: StoreOutbox::new(self.shelf.store()), turns: self.turns.clone() };
        let setup = Setup {
            sinks: &self.settings.sinks,
            secrets: &Secrets::default(),
            time_zone: self.settings.ui.time_zone.clone(),
            public_url: "",
            client: client().unwrap(),
            roster: Arc::default(),
            templates: Arc::new(Templates::new(&TemplateFiles::default(), &self.settings.sinks).unwrap()),
            outbox: Arc::new(outbox),
            snapshot: self.published.subscribe(),
            clock: Arc::new(move || Time(clock.load(Ordering::SeqCst))),
            metrics: &prometheus::Registry::new(),
            pace: Pace::default(),
        };
        let _inside = self.shelf.runtime.enter();
        self.sinks = Some(Sinks::start(setup).unwrap());
    }

    /// Dies here, whatever the loops are about to do, and starts again.
    fn dies(&mut self, pause: Span) {
        drop(self.sinks.take());
        self.sim.restart(pause);
        self.set_clock();
        self.start_sinks();
    }

    fn set_clock(&mut self) {
        self.clock.store(self.sim.now.0, Ordering::SeqCst);
        self.published.send_replace(Arc::new(self.sim.world.snapshot()));
    }

    /// The loops are woken and come to the end of a turn; or not, where it dies then.
    fn deliver(&mut self, waits: bool) {
        self.set_clock();
        let before = self.turns.0.lock().unwrap().clone();
        self.sinks.as_ref().unwrap().wake();
        if !waits {
            return;
        }
        let all = |now: &BTreeMap<String, u64>| {
            let turned = |name: &str| now.get(name).copied() > before.get(name).copied();
            self.receivers.iter().all(|(name, _)| turned(name))
        };
        let (turns, changed) = &*self.turns;
        let wait = changed.wait_timeout_while(turns.lock().unwrap(), Duration::from_secs(60), |now| !all(now));
        let (now, timed_out) = wait.unwrap();
        assert!(!timed_out.timed_out(), "the loops stand: {now:?}, before {before:?}");
    }

    fn note_waiting(&mut self) {
        let backlog = self.shelf.runtime.block_on(self.shelf.store().backlog()).unwrap();
        for waits in backlog {
            let most = self.most_waiting.entry(waits.sink).or_default();
            *most = (*most).max(waits.messages);
        }
    }
}

/// A fault, from when to when.
type Act = (Time, Time, String);

/// Two days of faults: most short, some for hours, of cameras and of a switch; one that began before the receivers were
/// gone and ends while they are, one that is there from then until they are back, one that comes and goes.
fn script() -> Vec<Act> {
    let (mut dice, mut acts) = (Dice::new(1, "two days"), Vec::new());
    let mut at = GONE + Span::minutes(3);
    while at < END - Span::hours(1) {
        let what = if dice.one_in(5) { "S2".to_owned() } else { format!("C{:03}", 4 + dice.roll(8)) };
        let lasts = if dice.one_in(4) { dice.scaled(1_800, 14_400) } else { dice.scaled(60, 1_800) };
        acts.push((at, at + lasts, what));
        at += dice.scaled(600, 5_400);
    }
    acts.push((GONE - Span::minutes(30), GONE + Span::hours(26), "C001".to_owned()));
    acts.push((GONE + Span::hours(3), END, "C002".to_owned()));
    for n in 0..40 {
        let from = GONE + Span::hours(9) + Span::minutes(4 * n);
        acts.push((from, from + Span::minutes(2), "C003".to_owned()));
    }
    acts
}

fn put_in_place(sim: &mut Sim, acts: &[Act]) {
    sim.heal_all();
    let now = sim.now;
    for (_, _, what) in acts.iter().filter(|(from, to, _)| *from <= now && now < *to) {
        if what.starts_with('S') { sim.kill_node(what) } else { sim.break_camera(what, Fault::Refuse) }
    }
}

fn live(world: &mut World) {
    let acts = script();
    let mut steps = 0_u32;
    while world.sim.now < END {
        let (from, to) = (world.sim.now, world.sim.now + STEP);
        while world.sim.now < to {
            put_in_place(&mut world.sim, &acts);
            world.sim.run(Span::minutes(1));
        }
        let crosses = |t: Time| from < t && t <= world.sim.now;
        if crosses(GONE) {
            let [desk, phone, wall] = &mut world.receivers;
            desk.1.go();
            phone.1.go();
            wall.1.breaks_off.store(true, Ordering::SeqCst);
        }
        if crosses(BACK) {
            world.note_waiting();
            let [desk, phone, wall] = &mut world.receivers;
            desk.1.come();
            phone.1.come();
            wall.1.breaks_off.store(false, Ordering::SeqCst);
        }
        steps += 1;
        // Somebody takes what is open, now and then.
        if steps.is_multiple_of(97) {
            let snapshot = world.sim.world.snapshot();
            for incident in snapshot.incidents.values().filter(|i| i.status.is_open()).map(|i| i.id) {
                let until = Some(world.sim.now + Span::hours(1));
                world.sim.apply(Event::Acknowledge { incident, by: "duty".into(), note: "".into(), until });
            }
        }
        match steps % 61 {
            // Between two tries, and in the midst of them.
            20 => {
                world.deliver(true);
                world.dies(Span::seconds(20));
            }
            50 => {
                world.deliver(false);
                world.dies(Span::seconds(5));
            }
            _ => world.deliver(true),
        }
        if steps.is_multiple_of(24) {
            world.note_waiting();
        }
    }
}

/// What a receiver has of each incident, in the order in which it came.
fn by_incident(heard: &[Heard]) -> BTreeMap<u64, Vec<Heard>> {
    let mut by: BTreeMap<u64, Vec<Heard>> = BTreeMap::new();
    for h in heard {
        by.entry(h.incident).or_default().push(h.clone());
    }
    by
}

/// Each incident's words came in their order, the same one again at most; its end after its beginning, or alone.
fn in_order(name: &str, by: &BTreeMap<u64, Vec<Heard>>, again: bool) {
    for (incident, heard) in by {
        for pair in heard.windows(2) {
            let fits = pair[0].step < pair[1].step || (again && pair[0].step == pair[1].step);
            assert!(fits, "{name}, incident {incident}: {pair:?}");
            let ends_after_it_ended = pair[0].over && pair[1].over && pair[0].step != pair[1].step;
            assert!(!ends_after_it_ended, "{name}, incident {incident}: {pair:?}");
        }
    }
}

/// What the store told this sink last of each incident that it knows.
fn last_words(world: &World, people: bool) -> BTreeMap<u64, (u32, IncidentStatus)> {
    let mut last = BTreeMap::new();
    for m in &world.sim.messages {
        let ends = matches!(m.kind, MessageKind::Resolved | MessageKind::Merged | MessageKind::Acknowledged);
        let severe = !people || m.incident.severity >= cunkou_core::model::Severity::Warning;
        let quiet = people && m.why.is_for_machines();
        let knows = last.contains_key(&m.incident.id.0);
        if !quiet && (knows || (severe && !ends)) {
            last.insert(m.incident.id.0, (m.step, m.incident.status));
        }
    }
    last
}

#[test]
fn what_two_days_without_receivers_left_is_told_once_in_order_and_as_it_stands() {
    // In memory, where there is such a thing: it is the words that are tried here, not the disk.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let mut world = World::new(folder.path());
    live(&mut world);
    world.deliver(true);

    let incidents = world.sim.messages.iter().map(|m| m.incident.id).max().map_or(0, |IncidentId(n)| n);
    let words = world.sim.messages.len();
    println!("{incidents} incidents, {words} words in 51 hours; waited at most: {:?}", world.most_waiting);
    assert!(incidents >= 30, "{incidents}");
    assert!(world.most_waiting["desk"] <= incidents && world.most_waiting["phone"] <= incidents);
    assert!(world.most_waiting["wall"] <= 2 * incidents, "one that may be there, and what came since");
    assert!(world.shelf.runtime.block_on(world.shelf.store().backlog()).unwrap().is_empty(), "all is told");

    for (name, receiver) in &world.receivers {
        let heard = receiver.heard();
        let by = by_incident(&heard);
        in_order(name, &by, *name == "wall");
        // Nothing is lost: whoever is back has the last word of everything.
        let has = |incident: &u64| by.get(incident).and_then(|h| h.last()).map(|h| h.step);
        for (incident, (step, status)) in last_words(&world, *name == "phone") {
            assert_eq!(has(&incident), Some(step), "{name} of incident {incident}");
            let over = by[&incident].last().is_some_and(|h| h.over);
            assert_eq!(over, !status.is_open(), "{name} of incident {incident}");
        }
        let fresh = |h: &&Heard| h.at >= BACK;
        let keys: BTreeSet<(u64, u32)> = heard.iter().map(|h| (h.incident, h.step)).collect();
        let on_return: Vec<&Heard> = heard.iter().filter(fresh).filter(|h| h.at < BACK + STEP).collect();
        println!("{name}: {} requests, {} words, {} on return", heard.len(), keys.len(), on_return.len());
        if *name == "wall" {
            continue;
        }
        assert_eq!(keys.len(), heard.len(), "{name}: nothing is told twice");
        // On return one word an incident: the present truth, and what is over as over.
        let told: BTreeSet<u64> = on_return.iter().map(|h| h.incident).collect();
        assert_eq!(told.len(), on_return.len(), "{name}: {on_return:#?}");
        let pages = on_return.iter().filter(|h| !h.over && h.kind != "acknowledged").count();
        assert!(on_return.len() > 20 && pages <= 6, "{name}: {pages} of {} are not over", on_return.len());
    }
}
