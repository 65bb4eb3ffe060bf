//! Scenes about people, after the days of faults: work that is announced, silences, what nobody takes, storms; and all of
//! it at once with a monitor that dies, cannot see or cannot write.

use super::super::harness::Fault;
use super::dice::Dice;
use super::script::{Crash, Names, Scene, What, Writer, empty};
use cunkou_core::model::{AreaId, CameraId, NodeId, Span};
use cunkou_core::registry::Registry;
use cunkou_core::world::Works;

/// So many days of them.
const DAYS: i64 = 3;

/// The scenes of a seed, after those of its faults.
pub(super) fn more(seed: u64, registry: &Registry, from: Span) -> Vec<Scene> {
    let mut writer = Writer { dice: Dice::new(seed, "people"), names: Names::of(registry), scene: empty() };
    let (mut scenes, mut at) = (Vec::new(), from);
    while at < from + Span::hours(24 * DAYS) {
        writer.scene = empty();
        writer.write_people(at);
        let over = writer.scene.acts.iter().map(|a| a.at + a.lasts).max().unwrap_or(at);
        scenes.push(std::mem::replace(&mut writer.scene, empty()));
        at = over + writer.dice.span(45 * 60, 9 * 3_600);
    }
    scenes
}

impl Writer {
    fn write_people(&mut self, at: Span) {
        let all = ["maintenance", "maintenance", "silence", "silence", "nobody's", "storm", "storm", "all of it"];
        self.scene.about = *self.dice.pick(&all);
        match self.scene.about {
            "maintenance" => self.maintenance(at),
            "silence" => self.silence(at),
            "nobody's" => self.nobodys(at),
            "storm" => self.storm(at),
            _ => self.all_of_it(at),
        }
    }

    /// Work on a camera, a node or a village: what is worked on fails, and now and then something else too.
    fn maintenance(&mut self, at: Span) {
        let lasts = self.dice.scaled(600, 14_400);
        // Some say when they are done.
        let announced = if self.dice.one_in(3) { lasts * 2 } else { lasts };
        let (camera, node) = self.dice.pick(&self.names.node_of).clone();
        let of = match self.dice.roll(4) {
            0 => Works::Camera(CameraId::new(&camera).unwrap()),
            1 => {
                let village = *self.dice.pick(&["V", "V2", "V3"]);
                Works::Area(AreaId::new(village).unwrap())
            }
            _ => Works::Node(NodeId::new(&node).unwrap()),
        };
        self.add(at, lasts, What::Work(of.clone(), announced));
        let fails = at + self.dice.span(-300, lasts.0 / 1_000);
        let longer = self.dice.span(60, lasts.0 / 500);
        match of {
            Works::Node(_) => self.add(fails, longer, What::Node(node)),
            _ => self.add(fails, longer, What::Camera(camera, Fault::Refuse)),
        }
        if self.dice.one_in(2) {
            let when = at + self.dice.span(-60, lasts.0 / 1_000);
            self.some_faults(when, 1, 60);
        }
        self.trouble(at, lasts.0 / 1_000, 2);
    }

    fn silence(&mut self, at: Span) {
        let faults = 1 + self.dice.roll(2);
        self.some_faults(at, faults, 30);
        let span = self.dice.scaled(120, 7_200);
        let lasts = if self.dice.one_in(3) { Span(span.0 / 2) } else { span };
        let when = at + self.dice.span(20, 300);
        self.add(when, lasts, What::Silence(span));
        if self.dice.one_in(2) {
            let node = self.a_node();
            let (when, long) = (at + self.dice.span(0, lasts.0 / 1_000 + 1), self.dice.scaled(600, 10_000));
            self.add(when, long, What::Node(node));
        }
        self.trouble(at, 400 + lasts.0 / 1_000, 2);
    }

    /// What nobody takes, for hours; or takes late.
    fn nobodys(&mut self, at: Span) {
        let lasts = self.dice.scaled(1_800, 36_000);
        let what = if self.dice.one_in(2) {
            What::Node(self.a_node())
        } else {
            What::Camera(self.a_camera(), *self.dice.pick(&[Fault::Drop, Fault::Refuse]))
        };
        self.add(at, lasts, what);
        if self.dice.one_in(3) {
            let taken = at + self.dice.span(60, 3_000);
            self.add(taken, Span(1), What::Acknowledge);
        }
        self.trouble(at, lasts.0 / 1_000, 2);
    }

    /// Many small faults, one after the other.
    fn storm(&mut self, at: Span) {
        let (n, every) = (6 + self.dice.index(9), self.dice.span(1, 12));
        let first = self.dice.index(self.names.cameras.len());
        for i in 0..n {
            let camera = self.names.cameras[(first + i * 5) % self.names.cameras.len()].clone();
            let lasts = self.a_while();
            self.add(at + every * i64::try_from(i).unwrap_or(0), lasts, What::Camera(camera, Fault::Refuse));
        }
        if self.dice.one_in(3) {
            let taken = at + self.dice.span(20, 400);
            self.add(taken, Span(1), What::Acknowledge);
        }
        self.trouble(at, 240, 2);
        self.trouble(at, 240, 3);
    }

    /// Now and then, within so many seconds, the monitor has a trouble of its own.
    fn trouble(&mut self, at: Span, within_s: i64, one_in: u64) {
        if !self.dice.one_in(one_in) {
            return;
        }
        let when = at + self.dice.span(0, within_s);
        let (lasts, what) = match self.dice.roll(6) {
            0 => (self.dice.scaled(10, 600), What::CutOff),
            1 => (self.dice.scaled(31, 1_200), What::Freeze),
            2 => (self.dice.scaled(2, 200), What::StoreAway),
            3 => (self.dice.scaled(1, 120), What::Crash(Crash::BeforeCommit)),
            _ => (self.dice.scaled(1, 120), What::Crash(Crash::Now)),
        };
        self.add(when, lasts, what);
    }

    fn all_of_it(&mut self, at: Span) {
        self.mess(at);
        for part in 0..4 {
            let when = at + self.dice.span(0, 900);
            match (part + self.dice.roll(2)) % 5 {
                0 => self.maintenance(when),
                1 => {
                    let span = self.dice.scaled(120, 3_600);
                    self.add(when, span, What::Silence(span));
                }
                2 => self.add(when, Span(1), What::Acknowledge),
                3 => self.storm(when),
                _ => self.trouble(when, 60, 1),
            }
        }
    }
}
