//! What happens to a town, from a seed: scenes of faults with quiet hours between them.
//!
//! A scene knows what it is about, so that those of one plain fault can be held to one page that names it. Flapping
//! things are many short faults. Scripts can be cut: a failure is shown with as few acts as still fail.

use super::super::harness::Fault;
use super::super::kept::Sink;
use super::dice::Dice;
use super::people::more;
use cunkou_core::model::Span;
use cunkou_core::registry::Registry;
use cunkou_core::world::Works;

/// One thing that happens.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum What {
    Camera(String, Fault),
    Node(String),
    /// It passes everything on but does not answer itself.
    Mute(String),
    /// Our own link is gone.
    CutOff,
    Canary,
    /// A third of the packets is lost behind this node; everywhere where it is empty.
    Loss(String),
    StoreAway,
    SinkAway(Sink),
    /// We cannot send its probes: no file handles.
    Unaskable(String),
    Crash(Crash),
    /// The wall clock is stepped by so much.
    Step(Span),
    /// The process stands still.
    Freeze,
    Reload(Change),
    /// Somebody takes everything that is open.
    Acknowledge,
    /// Somebody announces work for so long, and says so when it is over before that.
    Work(Works, Span),
    /// Somebody silences everything that is open for so long, and lifts that when the act is over before.
    Silence(Span),
}

/// Where the process dies; `lasts` of the act is how long it takes to start again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Crash {
    /// At once, whatever it does.
    Now,
    /// With the next words, before they are kept.
    BeforeCommit,
    /// With the next words, kept and not yet sent.
    BeforeSend,
    /// With the next words, sent and not yet marked as such.
    AfterSend,
}

/// A change of the registry.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Change {
    Remove(String),
    Rewire(String, String),
    Maintain(String),
    Require(String, u32),
    Close(String),
    Add(String, String),
}

/// When, measured from the first moment, and for how long.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Act {
    pub(crate) at: Span,
    pub(crate) lasts: Span,
    pub(crate) what: What,
}

/// Acts that belong together.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Scene {
    pub(crate) about: &'static str,
    /// One plain fault, and nothing else: one page at most, and it names this.
    pub(crate) plain: Option<String>,
    pub(crate) acts: Vec<Act>,
}

/// Names of a town's things.
pub(crate) struct Names {
    pub(super) cameras: Vec<String>,
    /// Nodes that something hangs on, without the uplink.
    nodes: Vec<String>,
    entrances: Vec<String>,
    /// Where each camera hangs.
    pub(super) node_of: Vec<(String, String)>,
}

impl Names {
    pub(crate) fn of(registry: &Registry) -> Names {
        let cameras = registry.cameras.values();
        let node_of = cameras.clone().filter_map(|c| Some((c.id.to_string(), c.node.first()?.to_string())));
        Names {
            cameras: cameras.clone().map(|c| c.id.to_string()).collect(),
            nodes: registry.nodes.keys().map(ToString::to_string).filter(|n| n != "up").collect(),
            entrances: registry.entrances.keys().map(ToString::to_string).collect(),
            node_of: node_of.collect(),
        }
    }
}

/// The script of so many days.
pub(crate) fn script(seed: u64, registry: &Registry, days: i64) -> Vec<Scene> {
    let mut writer = Writer { dice: Dice::new(seed, "script"), names: Names::of(registry), scene: empty() };
    let mut scenes = Vec::new();
    let mut at = writer.dice.span(120, 3_600);
    let end = Span::hours(24 * days);
    while at < end {
        writer.scene = empty();
        writer.write(at);
        let over = writer.scene.acts.iter().map(|a| a.at + a.lasts).max().unwrap_or(at);
        scenes.push(std::mem::replace(&mut writer.scene, empty()));
        at = over + writer.dice.span(45 * 60, 23 * 3_600);
    }
    scenes.extend(more(seed, registry, at));
    scenes
}

pub(super) fn empty() -> Scene {
    Scene { about: "", plain: None, acts: Vec::new() }
}

pub(super) struct Writer {
    pub(super) dice: Dice,
    pub(super) names: Names,
    pub(super) scene: Scene,
}

impl Writer {
    pub(super) fn add(&mut self, at: Span, lasts: Span, what: What) {
        self.scene.acts.push(Act { at, lasts, what });
    }

    pub(super) fn a_camera(&mut self) -> String {
        self.dice.pick(&self.names.cameras).clone()
    }

    pub(super) fn a_node(&mut self) -> String {
        self.dice.pick(&self.names.nodes).clone()
    }

    fn a_fault(&mut self) -> Fault {
        *self.dice.pick(&[Fault::Drop, Fault::Drop, Fault::Refuse, Fault::Refuse, Fault::StreamHangs])
    }

    /// How long a fault lasts: mostly minutes, now and then hours.
    pub(super) fn a_while(&mut self) -> Span {
        if self.dice.one_in(6) { self.dice.scaled(1_800, 30_000) } else { self.dice.scaled(5, 1_500) }
    }

    fn write(&mut self, at: Span) {
        self.scene.about = *self.dice.pick(&[
            "camera",
            "camera",
            "node",
            "node",
            "node",
            "uplink",
            "two",
            "camera, then its node",
            "bouncing camera",
            "flapping node",
            "cut off",
            "canary",
            "crash",
            "crash",
            "crash",
            "store",
            "sink",
            "clock",
            "registry",
            "registry",
            "taken",
            "loss",
            "village",
            "degraded",
            "night",
            "mute",
            "mess",
            "mess",
            "freeze",
            "unaskable",
            "lost again",
        ]);
        match self.scene.about {
            "camera" | "night" => self.plain_camera(at),
            "node" => {
                let (node, lasts) = (self.a_node(), self.a_while());
                self.scene.plain = Some(format!("node:{node}"));
                self.add(at, lasts, What::Node(node));
            }
            "uplink" => {
                let lasts = self.dice.scaled(20, 900);
                self.add(at, lasts, What::Node("up".to_owned()));
            }
            "two" => self.some_faults(at, 2, 40),
            "camera, then its node" => self.camera_then_node(at),
            "bouncing camera" => self.bouncing(at),
            "flapping node" => self.flapping(at),
            "cut off" => self.cut_off(at),
            "canary" => self.canary(at),
            "crash" => self.crash(at),
            "store" | "sink" | "clock" | "freeze" | "registry" | "taken" => self.beside_a_fault(at),
            "loss" => self.loss(at),
            "village" => self.village(at),
            "degraded" => self.degraded(at),
            "mute" => self.mute(at),
            "unaskable" => {
                let (camera, lasts) = (self.a_camera(), self.dice.scaled(120, 3_600));
                self.add(at, lasts, What::Unaskable(camera));
            }
            "lost again" => self.lost_again(at),
            _ => self.mess(at),
        }
    }

    fn plain_camera(&mut self, at: Span) {
        let (camera, fault) = (self.a_camera(), self.a_fault());
        let night = self.scene.about == "night";
        let fault = if night && fault == Fault::StreamHangs { Fault::Refuse } else { fault };
        let lasts = if night { self.dice.span(6 * 3_600, 15 * 3_600) } else { self.a_while() };
        // A stream that hangs is asked once more each time, so nothing can be skipped while it does.
        let lasts = if fault == Fault::StreamHangs { lasts.min(Span::minutes(12)) } else { lasts };
        self.scene.plain = (!night).then(|| format!("camera:{camera}"));
        self.add(at, lasts, What::Camera(camera, fault));
    }

    pub(super) fn some_faults(&mut self, at: Span, n: u64, within_s: i64) {
        for _ in 0..n {
            let (when, lasts) = (at + self.dice.span(0, within_s), self.a_while());
            let what = if self.dice.one_in(2) {
                What::Node(self.a_node())
            } else {
                What::Camera(self.a_camera(), *self.dice.pick(&[Fault::Drop, Fault::Refuse]))
            };
            self.add(when, lasts, what);
        }
    }

    fn camera_then_node(&mut self, at: Span) {
        let (camera, node) = self.dice.pick(&self.names.node_of).clone();
        let (gap, both) = (self.dice.scaled(1, 120), self.dice.scaled(60, 900));
        let longer = self.dice.span(-50, 600);
        self.add(at, gap + both + longer.max(Span(0)), What::Camera(camera, Fault::Drop));
        self.add(at + gap, both, What::Node(node));
    }

    fn bouncing(&mut self, at: Span) {
        let camera = self.a_camera();
        let fault = *self.dice.pick(&[Fault::Drop, Fault::Refuse]);
        let (down, up) = (self.dice.span(12, 60), self.dice.span(15, 120));
        for n in 0..self.dice.between(4, 12) {
            self.add(at + (down + up) * n, down, What::Camera(camera.clone(), fault));
        }
    }

    fn flapping(&mut self, at: Span) {
        let node = self.a_node();
        let (down, up) = (self.dice.span(8, 90), self.dice.span(8, 90));
        for n in 0..self.dice.between(4, 12) {
            self.add(at + (down + up) * n, down, What::Node(node.clone()));
        }
    }

    fn cut_off(&mut self, at: Span) {
        let lasts = self.dice.scaled(4, 600);
        self.add(at, lasts, What::CutOff);
        for _ in 0..self.dice.roll(4) {
            let camera = self.a_camera();
            let (when, long) = (at + self.dice.span(-60, lasts.0 / 1_000 + 1), self.dice.scaled(120, 1_200));
            self.add(when, long, What::Camera(camera, Fault::Drop));
        }
        if self.dice.one_in(4) {
            let (node, long) = (self.a_node(), self.dice.scaled(120, 900));
            let when = at + self.dice.span(-20, 20);
            self.add(when, long, What::Node(node));
        }
    }

    fn canary(&mut self, at: Span) {
        let lasts = self.dice.scaled(60, 1_800);
        self.add(at, lasts, What::Canary);
        self.some_faults(at + Span::seconds(5), 2, lasts.0 / 1_000);
    }

    fn crash(&mut self, at: Span) {
        let faults = 1 + self.dice.roll(2);
        self.some_faults(at, faults, 20);
        let how = *self.dice.pick(&[Crash::Now, Crash::BeforeCommit, Crash::BeforeSend, Crash::AfterSend]);
        let (when, pause) = (at + self.dice.span(0, 25), self.dice.scaled(1, 120));
        self.add(when, pause, What::Crash(how));
        if self.dice.one_in(2) {
            let (when, pause) = (when + pause + self.dice.span(0, 60), self.dice.scaled(1, 60));
            self.add(when, pause, What::Crash(Crash::Now));
        }
    }

    /// A fault, and something that happens to the monitor, its registry or its people beside it.
    fn beside_a_fault(&mut self, at: Span) {
        let faults = 1 + self.dice.roll(2);
        self.some_faults(at, faults, 30);
        let when = at + self.dice.span(-20, 90);
        match self.scene.about {
            "store" => {
                let lasts = self.dice.scaled(2, 400);
                self.add(when, lasts, What::StoreAway);
                if self.dice.one_in(3) {
                    let dies = when + lasts + self.dice.span(-2, 2);
                    self.add(dies, Span::seconds(5), What::Crash(Crash::Now));
                }
            }
            "sink" => {
                let (sink, lasts) = (*self.dice.pick(&Sink::ALL), self.dice.scaled(30, 7_200));
                self.add(when, lasts, What::SinkAway(sink));
            }
            "clock" => {
                let step = self.dice.scaled(3, 7_200);
                let step = if self.dice.one_in(2) { Span(-step.0) } else { step };
                self.add(when, Span(1), What::Step(step));
            }
            "freeze" => {
                let lasts = self.dice.scaled(31, 1_800);
                self.add(when, lasts, What::Freeze);
            }
            "registry" => {
                for _ in 0..=self.dice.roll(2) {
                    let (when, change) = (at + self.dice.span(-20, 200), self.a_change());
                    self.add(when, Span(1), What::Reload(change));
                }
            }
            _ => {
                let taken = at + self.dice.span(15, 200);
                self.add(taken, Span(1), What::Acknowledge);
                self.some_faults(at + Span::seconds(60), 1, 600);
            }
        }
    }

    fn a_change(&mut self) -> Change {
        match self.dice.roll(6) {
            0 => Change::Remove(self.a_camera()),
            1 => Change::Rewire(self.a_camera(), self.dice.pick(&self.names.node_of).1.clone()),
            2 => Change::Maintain(self.a_camera()),
            3 => Change::Require(self.dice.pick(&self.names.entrances).clone(), 1),
            4 => Change::Close(self.dice.pick(&self.names.entrances).clone()),
            _ => Change::Add(format!("N{:03}", self.dice.roll(900)), self.dice.pick(&self.names.node_of).1.clone()),
        }
    }

    fn loss(&mut self, at: Span) {
        let node = if self.dice.one_in(4) { String::new() } else { self.a_node() };
        let lasts = self.dice.scaled(60, if node.is_empty() { 600 } else { 1_200 });
        self.add(at, lasts, What::Loss(node));
    }

    /// Some that fail together without a node to blame.
    fn village(&mut self, at: Span) {
        let (n, lasts) = (3 + self.dice.index(6), self.dice.scaled(60, 900));
        let first = self.dice.index(self.names.cameras.len());
        for i in 0..n {
            let camera = self.names.cameras[(first + i * 3) % self.names.cameras.len()].clone();
            self.add(at + Span(700 * i as i64), lasts, What::Camera(camera, Fault::Drop));
        }
    }

    fn degraded(&mut self, at: Span) {
        let (camera, lasts) = (self.a_camera(), self.dice.scaled(60, 900));
        let fault = *self.dice.pick(&[Fault::Slow, Fault::Busy, Fault::Auth]);
        self.add(at, lasts, What::Camera(camera.clone(), fault));
        if self.dice.one_in(2) {
            let again = at + lasts + self.dice.span(0, 30);
            self.add(again, Span::minutes(3), What::Camera(camera, Fault::Refuse));
        }
    }

    fn mute(&mut self, at: Span) {
        let (camera, node) = self.dice.pick(&self.names.node_of).clone();
        let lasts = self.dice.scaled(60, 1_200);
        self.add(at, lasts, What::Mute(node));
        if self.dice.one_in(2) {
            let (when, long) = (at + self.dice.span(-10, 60), self.dice.scaled(60, 600));
            self.add(when, long, What::Camera(camera, Fault::Drop));
        }
    }

    /// Lost, over, and lost again within the window in which that is the same incident.
    fn lost_again(&mut self, at: Span) {
        let (camera, mut at) = (self.a_camera(), at);
        for _ in 0..2 {
            let lasts = self.dice.span(90, 400);
            self.add(at, lasts, What::Camera(camera.clone(), Fault::Refuse));
            at = at + lasts + self.dice.span(60, 1_500);
        }
    }

    pub(super) fn mess(&mut self, at: Span) {
        let faults = 2 + self.dice.roll(4);
        self.some_faults(at, faults, 400);
        for _ in 0..self.dice.roll(3) {
            let when = at + self.dice.span(0, 400);
            let (lasts, what) = match self.dice.roll(5) {
                0 => (self.dice.scaled(5, 300), What::CutOff),
                1 => (self.dice.scaled(1, 60), What::Crash(Crash::Now)),
                2 => (self.dice.scaled(60, 900), What::Canary),
                3 => (self.dice.scaled(2, 120), What::StoreAway),
                _ => (Span(1), What::Acknowledge),
            };
            self.add(when, lasts, what);
        }
    }
}
