//! What the World costs at 100 000 cameras: one outcome, one dead node, the snapshot, a start. Prints a table.
//!
//! `cargo bench --bench apply`, or with another size: `cargo bench --bench apply -- 10000`. Single-threaded and without
//! any socket; the first column is what docs/performance.md quotes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cunkou_core::health::State;
use cunkou_core::model::{
    AreaId, CameraId, CameraIx, Check, EntranceId, FailKind, NodeId, NodeIx, Outcome, Phase, PhaseTimes, ProbeResult,
    Span, Target, Time,
};
use cunkou_core::registry::{AreaKind, EntranceStatus, Gate, Life, Needs, NodeKind, Registry, WatchRule};
use cunkou_core::town::{Spec, Town};
use cunkou_core::world::{Effects, Event, Policy, Saved, World};

/// Cameras below an ordinary switch.
const BELOW_A_SWITCH: usize = 20;
/// Cameras below the switch that dies.
const BELOW_THE_BIG_ONE: usize = 1_000;
/// Between two outcomes: so short that nothing that is known grows old while a scene lasts.
const STEP: Span = Span(3);
/// 2026-06-01 04:00 UTC.
const NOON: Time = Time(1_780_286_400_000);

fn main() {
    let cameras: usize = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(100_000);
    let registry = Arc::new(registry(cameras));
    let mut rows: Vec<(&str, String)> = Vec::new();
    let (started, (world, _)) = timed(|| World::start(Policy::default(), registry.clone(), Saved::default(), NOON));
    rows.push(("World::start, nothing kept", format!("{started:.1?}")));
    let mut bench = Bench { world, now: NOON, asked: BTreeSet::new(), failing: BTreeSet::new(), wakes: Vec::new() };
    let (all, ()) = timed(|| bench.everybody_answers());
    rows.push(("first round, every camera and node, an outcome", per(all, bench.targets().len() * 4)));
    let saved = bench.world.saved(bench.now);
    let (started, _) = timed(|| World::start(Policy::default(), registry.clone(), saved, bench.now));
    rows.push(("World::start with what was kept", format!("{started:.1?}")));
    quiet(&mut bench, &mut rows);
    alone(&mut bench, &mut rows);
    changing(&mut bench, &mut rows);
    quiet_beside_faults(&mut bench, &mut rows);
    dead_node(&mut bench, &mut rows);
    let (took, _) = timed(|| bench.world.snapshot());
    rows.push(("snapshot()", format!("{took:.1?}")));
    println!("{cameras} cameras");
    for (what, figure) in rows {
        println!("{what:<66} {figure}");
    }
}

/// Outcomes that change nothing.
fn quiet(bench: &mut Bench, rows: &mut Vec<(&str, String)>) {
    let targets = bench.targets();
    bench.now += Span::seconds(10);
    let (took, ()) = timed(|| targets.iter().for_each(|t| drop(bench.pass(*t, Check::Reach))));
    rows.push(("an outcome that changes nothing", per(took, targets.len())));
    bench.now += Span::seconds(10);
    let (took, ()) = timed(|| {
        for batch in targets.chunks(256) {
            batch.iter().for_each(|t| drop(bench.pass(*t, Check::Reach)));
            drop(bench.world.snapshot());
        }
    });
    rows.push(("the same with a snapshot every 256 outcomes", per(took, targets.len())));
}

/// One camera after the other fails, ten seconds apart, in a town that is well: each outcome of one that changes something.
fn alone(bench: &mut Bench, rows: &mut Vec<(&str, String)>) {
    let targets = bench.targets();
    let n = bench.cameras();
    let mut costs = [Vec::new(), Vec::new(), Vec::new()];
    for i in 0..40 {
        bench.step(Span::seconds(10));
        let well: Vec<Target> = targets.iter().filter(|t| !bench.failing.contains(t)).copied().collect();
        well.into_iter().for_each(|t| drop(bench.pass(t, Check::Reach)));
        let target = Target::Camera(CameraIx::from(BELOW_THE_BIG_ONE + i * 997 % (n - BELOW_THE_BIG_ONE)));
        bench.failing.insert(target);
        for (wait, costs) in [0, 2_000, 3_000].into_iter().zip(&mut costs) {
            bench.step(Span(wait));
            costs.push(bench.timed(|b| b.fail(target, FailKind::Refused)).0);
        }
    }
    let what =
        ["one camera fails, every ten seconds another: first outcome", "the second", "the third, which confirms it"];
    what.into_iter().zip(&mut costs).for_each(|(what, costs)| rows.push((what, spread(costs))));
    rows.push(("beside them: what grew old is looked at, what waited is told", bench.wakes()));
    let mut costs = Vec::new();
    for target in std::mem::take(&mut bench.failing) {
        for _ in 0..2 {
            bench.step(STEP);
            costs.push(bench.timed(|b| b.pass(target, Check::Reach)).0);
        }
    }
    rows.push(("an outcome of one of them that comes back", spread(&mut costs)));
    bench.everybody_answers();
}

/// Cameras far apart fail for themselves, and come back: every outcome that changes something. Whoever else is asked
/// because of them answers when he is asked, as on a town that is well but for these.
fn changing(bench: &mut Bench, rows: &mut Vec<(&str, String)>) {
    let n = bench.cameras();
    let some: Vec<Target> =
        (0..1_000).map(|i| Target::Camera(CameraIx::from(BELOW_THE_BIG_ONE + i * 97 % (n - 1_000)))).collect();
    bench.failing = some.iter().copied().collect();
    let mut costs = Vec::new();
    for target in &some {
        for _ in 0..3 {
            bench.step(STEP);
            costs.push(bench.timed(|b| b.fail(*target, FailKind::Refused)).0);
        }
    }
    assert!(bench.world.snapshot().blind.is_none(), "most of the town answers");
    rows.push(("an outcome of a camera that fails (1 000 cameras)", spread(&mut costs)));
    rows.push(("beside them: failures of one window are judged together", bench.wakes()));
    bench.step(Span::seconds(6));
    rows.push(("what waited is told", bench.wakes()));
    bench.failing.clear();
    let mut costs = Vec::new();
    for target in some.iter().take(500) {
        for _ in 0..2 {
            bench.step(STEP);
            costs.push(bench.timed(|b| b.pass(*target, Check::Reach)).0);
        }
    }
    rows.push(("an outcome of a camera that comes back (500)", spread(&mut costs)));
}

/// Outcomes that change nothing while five hundred cameras are down.
fn quiet_beside_faults(bench: &mut Bench, rows: &mut Vec<(&str, String)>) {
    bench.step(Span::seconds(10));
    let targets: Vec<Target> = (0..BELOW_THE_BIG_ONE).map(|i| Target::Camera(CameraIx::from(i))).collect();
    let (took, ()) = timed(|| targets.iter().for_each(|t| drop(bench.pass(*t, Check::Reach))));
    rows.push(("an outcome that changes nothing, 500 cameras down", per(took, targets.len())));
}

/// The big switch dies, while everybody else answers: its cameras and itself fail as they are asked, until it is judged
/// and all that hang on it are held down by it.
fn dead_node(bench: &mut Bench, rows: &mut Vec<(&str, String)>) {
    bench.everybody_answers();
    let big = Target::Node(NodeIx::from(1));
    let all: Vec<Target> = (0..BELOW_THE_BIG_ONE).map(|i| Target::Camera(CameraIx::from(i))).collect();
    let mut judging = (Duration::ZERO, 0);
    let mut note = |(took, effects): (Duration, Effects)| {
        let rows = effects.transitions.len();
        if rows > judging.1 {
            judging = (took, rows);
        }
    };
    bench.failing = all.iter().copied().chain([big]).collect();
    for _ in 0..3 {
        bench.step(Span(1_500));
        for target in all.iter().take(20).chain([&big]) {
            note(bench.timed(|b| b.fail(*target, FailKind::Timeout)));
        }
    }
    // Whoever was asked around and has not answered is waited for no longer than `settle`.
    let until = bench.now + Span::seconds(8);
    while let Some(at) = bench.world.next_wake().filter(|at| *at <= until) {
        bench.step((at - bench.now).max(Span::ZERO));
        note(bench.timed(|b| b.world.apply(Event::Wake, b.now)));
    }
    let (took, transitions) = judging;
    assert!(transitions > BELOW_THE_BIG_ONE, "the switch was judged, with all that hang on it: {transitions} rows");
    rows.push(("a dead node with 1 000 cameras, the event that judges it", format!("{took:.2?}, {transitions} rows")));
    let mut later = Vec::new();
    for _ in 0..3 {
        bench.step(Span(1_500));
        for target in all.iter().skip(20) {
            later.push(bench.timed(|b| b.fail(*target, FailKind::Timeout)).0);
        }
    }
    rows.push(("an outcome of a camera below it from then on", spread(&mut later)));
}

struct Bench {
    world: World,
    now: Time,
    /// Asked out of turn, and not due yet.
    asked: BTreeSet<(Time, Target, Check)>,
    /// Who does not answer when he is asked out of turn.
    failing: BTreeSet<Target>,
    /// What the World did when its own times came, each of them.
    wakes: Vec<Duration>,
}

impl Bench {
    fn cameras(&self) -> usize {
        self.world.snapshot().topology.cameras.len()
    }

    fn targets(&self) -> Vec<Target> {
        let topology = self.world.snapshot().topology;
        let cameras = (0..topology.cameras.len()).map(|i| Target::Camera(CameraIx::from(i)));
        cameras.chain((0..topology.nodes.len()).map(|i| Target::Node(NodeIx::from(i)))).collect()
    }

    /// What it costs, and what comes of it; who is asked because of it answers later.
    fn timed(&mut self, what: impl FnOnce(&mut Bench) -> Effects) -> (Duration, Effects) {
        let (took, effects) = timed(|| what(self));
        self.asked.extend(effects.asks.iter().map(|a| (a.at, a.target, a.check)));
        (took, effects)
    }

    /// Time passes, who was asked until then answers, and the World is woken where it wants to be.
    fn step(&mut self, by: Span) {
        let until = self.now + by;
        while let Some((at, target, check)) = self.asked.first().copied().filter(|(at, ..)| *at <= until) {
            self.asked.pop_first();
            self.now = at.max(self.now);
            if !self.failing.contains(&target) {
                self.timed(|b| b.pass(target, check));
            }
        }
        self.now = until;
        if self.world.next_wake().is_some_and(|at| at <= until) {
            let (took, _) = self.timed(|b| b.world.apply(Event::Wake, b.now));
            self.wakes.push(took);
        }
    }

    /// What the World's own times cost since this was asked last.
    fn wakes(&mut self) -> String {
        spread(&mut std::mem::take(&mut self.wakes))
    }

    /// Two passes of reach and of the stream of each: everything answers, and the first round is over.
    fn everybody_answers(&mut self) {
        let targets = self.targets();
        for check in [Check::Reach, Check::Reach, Check::Stream, Check::Stream] {
            self.now += Span::seconds(2);
            targets.iter().for_each(|t| drop(self.pass(*t, check)));
        }
        let snapshot = self.world.snapshot();
        // One that failed a moment ago may be called lossy.
        let answers = |state| matches!(state, State::Up | State::Degraded);
        if let Some(camera) = snapshot.cameras.iter().find(|c| !answers(c.state)) {
            panic!("everybody answers, but {camera:?}");
        }
    }

    fn pass(&mut self, target: Target, check: Check) -> Effects {
        self.hear(target, check, ProbeResult::Pass { slow: false })
    }

    fn fail(&mut self, target: Target, kind: FailKind) -> Effects {
        self.hear(target, Check::Reach, ProbeResult::Fail(kind))
    }

    fn hear(&mut self, target: Target, check: Check, result: ProbeResult) -> Effects {
        let outcome = Outcome {
            target,
            check,
            due: self.now,
            begun: self.now,
            ended: self.now,
            asked: false,
            credential: false,
            result,
            phase: Phase::Connect,
            times: PhaseTimes::default(),
            rtt: result.is_alive().then_some(Span(5)),
            note: None,
        };
        self.world.apply(Event::Outcome(outcome), self.now)
    }
}

/// An uplink, the big switch with its thousand, and a switch for every twenty of the others; every camera has an
/// entrance of its own, every /24 a hundred cameras, every village two hundred.
fn registry(cameras: usize) -> Registry {
    let Ok(small) = Town::generate(&Spec { cameras: 20, ..Spec::default() }) else { return Registry::default() };
    let mut registry = Registry { areas: small.registry.areas.clone(), ..Registry::default() };
    let template = (small.registry.cameras.values().next(), small.registry.entrances.values().next());
    let (Some(camera), Some(entrance)) = template else { return registry };
    let village = small.registry.areas.values().find(|a| a.kind == AreaKind::Village);
    let Some(node) = small.registry.nodes.values().next() else { return registry };
    let mut add = |id: String, kind: NodeKind, parents: &[&str]| {
        let Ok(id) = NodeId::new(&id) else { return };
        let of = parents.iter().filter_map(|p| NodeId::new(p).ok()).collect();
        let mut node = node.clone();
        (node.id, node.kind, node.address) = (id.clone(), kind, Some("10.255.0.1:8023".into()));
        (node.parents, node.power) = (Gate { needs: Needs::All, of }, Gate::default());
        registry.nodes.insert(id, node);
    };
    // In the order of ids: the uplink has the first slot, the big switch the second.
    add("A-up".to_owned(), NodeKind::Uplink, &[]);
    add("B-big".to_owned(), NodeKind::Switch, &["A-up"]);
    for i in 0..cameras / BELOW_A_SWITCH {
        add(format!("S{i:06}"), NodeKind::Switch, &["A-up"]);
    }
    for i in 0..cameras {
        let switch = if i < BELOW_THE_BIG_ONE { "B-big".to_owned() } else { format!("S{:06}", i / BELOW_A_SWITCH) };
        let ids = (CameraId::new(&format!("C{i:06}")), EntranceId::new(&format!("E{i:06}")), NodeId::new(&switch));
        let (Ok(c), Ok(e), Ok(switch)) = ids else { continue };
        let area = village.and_then(|v| {
            let id = AreaId::new(&format!("V{:05}", i / 200)).ok()?;
            let new = || cunkou_core::registry::Area { id: id.clone(), ..v.clone() };
            registry.areas.entry(id.clone()).or_insert_with(new);
            Some(id)
        });
        let Some(area) = area else { continue };
        let mut camera = camera.clone();
        (camera.id, camera.area, camera.node, camera.power) = (c.clone(), area.clone(), vec![switch], Vec::new());
        (camera.status, camera.checks, camera.snapshot, camera.onvif) = (Life::Active, Vec::new(), None, None);
        camera.host = Some(format!("10.{}.{}.{}", i / 25_600, i / 100 % 256, i % 100 + 1).into());
        camera.rtsp = Some("rtsp://{host}:554/main".into());
        camera.watches = vec![WatchRule { id: e.as_str().into(), watches: true }];
        camera.at = None;
        registry.cameras.insert(c, camera);
        let mut entrance = entrance.clone();
        (entrance.id, entrance.area, entrance.at) = (e.clone(), area, None);
        (entrance.required, entrance.target, entrance.status) = (1, 1, EntranceStatus::Active);
        entrance.roles = Vec::new();
        registry.entrances.insert(e, entrance);
    }
    registry
}

fn timed<T>(what: impl FnOnce() -> T) -> (Duration, T) {
    let began = Instant::now();
    let result = what();
    (began.elapsed(), result)
}

fn per(took: Duration, n: usize) -> String {
    format!("{:.3} µs", took.as_secs_f64() * 1e6 / n.max(1) as f64)
}

fn spread(costs: &mut [Duration]) -> String {
    costs.sort_unstable();
    let at = |share: f64| costs[((costs.len() - 1) as f64 * share) as usize];
    let mean = costs.iter().sum::<Duration>() / u32::try_from(costs.len().max(1)).unwrap_or(1);
    format!("mean {mean:.1?}, p50 {:.1?}, p99 {:.1?}, max {:.1?}", at(0.5), at(0.99), at(1.0))
}
