//! What rings when: one small table of timers instead of tasks that sleep.

use super::World;
use crate::coverage;
use crate::health::sight::{SAMPLE_AGAIN, Sight};
use crate::model::planted;
use crate::model::{CameraIx, EntranceIx, NodeIx, Span, Target, Time};

/// How long before dusk it is said what will be lost by night.
const TONIGHT_AHEAD: Span = Span::hours(1);

/// A timer. Timers are never taken back: one that rings too early looks at the state and winds itself again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Timer {
    /// Evidence of this target may be too old.
    Stale(Target),
    /// A camera may have stopped flapping.
    FlapOff(CameraIx),
    /// A camera has been unknown for long.
    CameraUnknown(CameraIx),
    /// An entrance has been unknown for long.
    EntranceUnknown(EntranceIx),
    /// Failures wait to be judged together.
    Blame,
    /// Those for which a node was blamed have had their time to answer since it was acquitted.
    Acquitted(NodeIx),
    /// Those that were asked whether we see have had their time.
    Sight,
    /// Blind without canaries: ask the sample again.
    Sample,
    /// The first round has had its time.
    Round,
    /// Dusk, dawn, or an hour before dusk.
    Sun,
    /// Areas have rested, and are judged again.
    Seals,
    /// Hours of duty begin or end somewhere.
    Duty,
    /// A window of maintenance begins or ends.
    Maintenance,
}

impl World {
    /// Lets ring what is due.
    pub(super) fn ring(&mut self) {
        while let Some((at, timer)) = self.timers.first().copied().filter(|(at, _)| *at <= self.now) {
            self.timers.remove(&(at, timer));
            match timer {
                Timer::Stale(target) => self.ring_stale(target),
                Timer::FlapOff(camera) => self.ring_flap(camera),
                Timer::CameraUnknown(camera) => {
                    self.turn.cameras.entry(camera).or_default();
                }
                Timer::EntranceUnknown(entrance) => {
                    self.turn.entrances.insert(entrance);
                }
                Timer::Acquitted(node) => self.ring_acquitted(node),
                Timer::Sight => self.conclude_sight(),
                Timer::Sample => self.ask_sample_again(),
                Timer::Round | Timer::Blame | Timer::Seals => {}
                Timer::Sun => self.ring_sun(),
                Timer::Duty => self.ring_duty(),
                Timer::Maintenance => self.reckon_service(),
            }
        }
        self.book.wake(self.now);
    }

    fn ring_stale(&mut self, target: Target) {
        let (now, policy) = (self.now, &self.policy.health);
        let health = match target {
            Target::Camera(c) => self.cameras.get_mut(c.at()),
            Target::Node(n) => self.nodes.get_mut(n.at()),
            Target::Canary(_) => None,
        };
        let Some(health) = health else { return };
        health.age(now, policy);
        self.rejudge(target, None);
        self.wind_stale(target);
    }

    /// Winds the timer of a target's age; one is enough, whatever answers come in between.
    pub(super) fn wind_stale(&mut self, target: Target) {
        let health = match target {
            Target::Camera(c) => self.cameras.get(c.at()),
            Target::Node(n) => self.nodes.get(n.at()),
            Target::Canary(_) => None,
        };
        if let Some(at) = health.and_then(|h| h.stale_at(self.now, &self.policy.health)) {
            self.timers.insert((at.max(self.now + Span(1)), Timer::Stale(target)));
        }
    }

    /// Winds the timer of a camera that is unknown from now on.
    pub(super) fn wind_unknown(&mut self, camera: CameraIx) {
        self.timers.insert((self.now + self.policy.alert.unknown_after, Timer::CameraUnknown(camera)));
    }

    fn ring_flap(&mut self, camera: CameraIx) {
        let policy = &self.policy.health;
        let Some(health) = self.cameras.get_mut(camera.at()) else { return };
        match health.flap_ends_at(policy) {
            Some(at) if at <= self.now => {
                health.flapping = false;
                health.turns.clear();
                // A start must not take it for one that flaps, whatever its state is by then.
                let saved = super::publish::save(health, self.causes.of_camera.get(&camera), &self.topology);
                let id = self.topology.cameras[camera.at()].id.clone();
                self.turn.effects.saved.push(super::SavedTarget::Camera(id, saved));
                self.touch_camera(camera, None);
            }
            Some(at) => {
                self.timers.insert((at, Timer::FlapOff(camera)));
            }
            None => {}
        }
    }

    /// Reckons whether it is night, and winds the next change.
    pub(super) fn ring_sun(&mut self) {
        let Some(centre) = self.centre else { return };
        let night = coverage::is_night(self.now, centre) && !planted!(NightIsDay);
        let change = coverage::next_change(self.now, centre);
        let ahead = if planted!(TonightIsAlways) { TONIGHT_AHEAD * 9 } else { TONIGHT_AHEAD };
        let tonight = !night && change.is_some_and(|dusk| self.now + ahead >= dusk);
        if (night, tonight) != (self.night, self.tonight) {
            (self.night, self.tonight) = (night, tonight);
            self.turn.everything = true;
        }
        let Some(change) = change else { return };
        let before = change - ahead;
        let next: Time = if !night && before > self.now { before } else { change };
        if planted!(DuskIsForgotten) {
            return;
        }
        self.timers.insert((next.max(self.now + Span(1)), Timer::Sun));
    }

    fn ask_sample_again(&mut self) {
        let Sight::Blind { sample, .. } = &self.eyes.sight else { return };
        let targets: Vec<Target> = sample.keys().copied().collect();
        for target in targets {
            self.push_ask(target, self.now);
        }
        self.timers.insert((self.now + SAMPLE_AGAIN, Timer::Sample));
    }
}
