//! Entrances: judged anew whenever a camera that watches them, the light or the registry changed.

use super::timers::Timer;
use super::{SavedTarget, Subject, Transition, World};
use crate::coverage::{self, EntranceBelief, EntranceState, Judgement, Standing};
use crate::health::Cause;
use crate::model::{CameraIx, EntranceIx, Period, ReasonSet, Time};
use crate::registry::{Entrance, Life};

impl World {
    pub(super) fn judge_entrances(&mut self) {
        if self.turn.everything {
            self.turn.entrances.extend((0..self.topology.entrances.len()).map(EntranceIx::from));
        }
        for entrance in self.turn.entrances.clone() {
            self.judge_entrance(entrance);
        }
    }

    fn judge_entrance(&mut self, entrance: EntranceIx) {
        let before = self.entrance_views.get(entrance.at()).cloned().flatten();
        let judged = self.topology.entrances.get(entrance.at()).is_some_and(|e| e.judged);
        let after = if judged { self.believe(entrance, before.as_ref()) } else { None };
        if before == after {
            return;
        }
        self.record_entrance(entrance, before.as_ref(), after.as_ref());
        let became = |b: Option<&EntranceBelief>| b.map(|b| b.now.state);
        if became(after.as_ref()) == Some(EntranceState::Unknown) && became(before.as_ref()) != became(after.as_ref()) {
            self.timers.insert((self.now + self.policy.alert.unknown_after, Timer::EntranceUnknown(entrance)));
        }
        if let Some(view) = self.entrance_views.get_mut(entrance.at()) {
            *view = after;
        }
    }

    fn believe(&self, entrance: EntranceIx, before: Option<&EntranceBelief>) -> Option<EntranceBelief> {
        let slot = self.topology.entrances.get(entrance.at())?;
        let object = self.registry.entrances.get(&slot.id)?;
        let watchers = self.watch.of_entrance.get(entrance.at()).map_or(&[][..], Vec::as_slice);
        let judge = |night: bool| {
            coverage::judge_entrance(
                watchers,
                night,
                object.required,
                object.target,
                |c| self.standing(c),
                |c| self.life(c),
            )
        };
        let (day, night) = (judge(false), judge(true));
        // Who rests now mostly rests by all of this day or night.
        let now = if watchers.iter().all(|w| self.rests(w.camera) == w.rests(self.night)) {
            if self.night { night } else { day }
        } else {
            coverage::judge_hour(
                watchers,
                self.night,
                object.required,
                object.target,
                |c| self.standing(c),
                |c| self.life(c),
                |w| self.rests(w.camera),
            )
        };
        let since = |state: EntranceState, old: Option<(EntranceState, Time)>| match old {
            Some((was, since)) if was == state => since,
            _ => self.now,
        };
        let alive: Vec<CameraIx> =
            coverage::live_watchers(watchers, self.night, |c| self.standing(c), |c| self.life(c))
                .filter(|c| !self.rests(*c))
                .collect();
        let judged = |n| self.causes.judged.contains_key(&n);
        let spare_nodes = if now.state.is_watched() {
            coverage::spare_nodes(&self.topology, &alive, object.required, &judged)
        } else {
            None
        };
        Some(EntranceBelief {
            since: since(now.state, before.map(|b| (b.now.state, b.since))),
            since_day: since(day.state, before.map(|b| (b.day.state, b.since_day))),
            since_night: since(night.state, before.map(|b| (b.night.state, b.since_night))),
            spare_cameras: now.state.is_watched().then(|| now.live.saturating_sub(object.required)),
            spare_nodes,
            cause: self.entrance_cause(entrance, &now, object),
            day,
            night,
            now,
        })
    }

    /// How a camera stands towards what it watches.
    pub(super) fn standing(&self, camera: CameraIx) -> Standing {
        self.cameras
            .get(camera.at())
            .map_or(Standing::Unknown, |h| coverage::standing(h.state, h.before, h.flapping, h.reasons))
    }

    pub(super) fn life(&self, camera: CameraIx) -> Option<Life> {
        let life = self.topology.cameras.get(camera.at()).and_then(|c| c.life)?;
        Some(if life.is_installed() && self.service.holds(camera) { Life::Maintenance } else { life })
    }

    /// Why an entrance is lost, reduced or unknown: of the cameras that do not watch it now, in the order in which they
    /// failed, the one that was one too many tipped it.
    fn entrance_cause(&self, entrance: EntranceIx, now: &Judgement, object: &Entrance) -> Option<Cause> {
        let of = |wanted: Standing, needed: u32| {
            let watchers = self.watch.of_entrance.get(entrance.at()).map_or(&[][..], Vec::as_slice);
            let fit = watchers.iter().filter(move |w| {
                let verdict = if self.night { w.night } else { w.day };
                verdict == coverage::Verdict::Yes
                    && self.is_installed(w.camera)
                    && !self.rests(w.camera)
                    && self.standing(w.camera) == wanted
            });
            let key = |c: &CameraIx| {
                let since = self.cameras.get(c.at()).map(|h| h.since);
                (since, &self.topology.cameras[c.at()].id)
            };
            let mut failed: Vec<CameraIx> = fit.map(|w| w.camera).collect();
            failed.sort_by(|a, b| key(a).cmp(&key(b)));
            let spare = usize::try_from(now.watchers.saturating_sub(needed)).unwrap_or(usize::MAX);
            failed.get(spare).or(failed.last()).copied()
        };
        let required = object.required.max(1);
        match now.state {
            EntranceState::Lost => of(Standing::Dead, required).map(|c| self.camera_cause(c)),
            EntranceState::Reduced => of(Standing::Dead, object.target.max(required)).map(|c| self.camera_cause(c)),
            EntranceState::Unknown => of(Standing::Unknown, required).map(|_| self.why_unknown()),
            _ => None,
        }
    }

    /// Why a camera does not watch: the node or group it was judged with, else itself.
    pub(super) fn camera_cause(&self, camera: CameraIx) -> Cause {
        match self.causes.of_camera.get(&camera) {
            Some(cause) => cause.clone(),
            None => Cause::Camera(self.topology.cameras[camera.at()].id.clone()),
        }
    }

    fn record_entrance(
        &mut self,
        entrance: EntranceIx,
        before: Option<&EntranceBelief>,
        after: Option<&EntranceBelief>,
    ) {
        let id = self.topology.entrances[entrance.at()].id.clone();
        let mut changed = false;
        for period in Period::ALL {
            let of = |b: &EntranceBelief| match period {
                Period::Day => b.day.state,
                Period::Night => b.night.state,
                Period::Now => b.now.state,
            };
            let (from, to) = (before.map(of), after.map(of));
            if from == to {
                continue;
            }
            changed = true;
            self.turn.effects.transitions.push(Transition {
                at: self.now,
                since: self.now,
                subject: Subject::Entrance(id.clone(), period),
                from: from.map_or("", EntranceState::word),
                to: to.map_or("removed", EntranceState::word),
                cause: after.and_then(|b| b.cause.clone()),
                incident: None,
                reasons: ReasonSet::EMPTY,
                evidence: None,
            });
        }
        match after {
            Some(b) if changed => self.turn.effects.saved.push(SavedTarget::Entrance(
                id,
                [(b.day.state, b.since_day), (b.night.state, b.since_night), (b.now.state, b.since)],
                b.cause.clone(),
            )),
            None => self.turn.effects.saved.push(SavedTarget::Gone(Subject::Entrance(id, Period::Now))),
            Some(_) => {}
        }
    }
}
