//! Hours of duty: which cameras rest, and what that makes of the belief in them (semantics.md §1, held back on purpose).
//!
//! A camera that rests is not asked, and what is heard of it counts for nothing: its checks do not age, nothing of it
//! opens and nothing closes. It is shown as unknown, off duty, and is none of the watchers of its entrances.

use super::World;
use super::timers::Timer;
use crate::health::State;
use crate::model::{CameraIx, Target, Time};
use crate::registry::{Duty, Life};

impl World {
    /// Sends to rest, or wakes, those whose hours ended or began, and winds the next change.
    pub(super) fn ring_duty(&mut self) {
        let registry = self.registry.clone();
        let minute = self.policy.clock.minute_of_day(self.now);
        let mut next: Option<Time> = None;
        let mut changed = false;
        for i in 0..self.topology.cameras.len() {
            let Some(slot) = self.topology.cameras.get(i) else { continue };
            let installed = slot.life.is_some_and(Life::is_installed);
            let duty = registry.cameras.get(&slot.id).filter(|_| installed).and_then(|c| c.duty).map(Duty::judged);
            for edge in duty.into_iter().flat_map(|d| [d.from_minute, d.to_minute]) {
                let at = self.policy.clock.next(self.now, edge);
                next = Some(next.map_or(at, |n| n.min(at)));
            }
            let rests = duty.is_some_and(|d| !d.includes(minute));
            if self.rests(CameraIx::from(i)) != rests {
                changed = true;
                self.set_resting(CameraIx::from(i), rests);
            }
        }
        if changed {
            if let Some(fence) = &mut self.fence {
                fence.meant = None;
            }
            self.pick_sample();
        }
        if let Some(at) = next {
            self.timers.insert((at, Timer::Duty));
        }
    }

    /// Whether a camera is off duty.
    pub(super) fn rests(&self, camera: CameraIx) -> bool {
        self.cameras.get(camera.at()).is_some_and(|h| h.resting.is_some())
    }

    fn set_resting(&mut self, camera: CameraIx, rests: bool) {
        let now = self.now;
        let Some(health) = self.cameras.get_mut(camera.at()) else { return };
        if rests {
            health.rest(now);
        } else {
            health.wake(now);
        }
        let unknown = health.state == State::Unknown;
        self.rejudge(Target::Camera(camera), None);
        self.touch_camera(camera, None);
        if rests {
            self.inquiries.remove(&Target::Camera(camera));
            if let Some(round) = &mut self.round {
                round.open.remove(&camera);
            }
            return;
        }
        if unknown {
            self.wind_unknown(camera);
        }
        self.wind_stale(Target::Camera(camera));
        self.push_ask(Target::Camera(camera), now);
    }
}
