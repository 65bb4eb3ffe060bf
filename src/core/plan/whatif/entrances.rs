//! Who would watch an entrance, and what that makes of it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::network::Network;
use super::{Component, Present, Suppose, Turn, Turned};
use crate::coverage::{
    Conflict, EntranceState, Guard, Judgement, Level, Post, Standing, Verdict, Watch, Watcher, judge_hour,
};
use crate::model::{CameraIx, EntranceIx};
use crate::registry::{Camera, Life};

/// What a watcher is to its entrance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    /// It does not watch.
    None,
    /// It may.
    Maybe,
    /// It will.
    Planned,
    /// It does at other hours.
    OffDuty,
    /// It does.
    Watches(Standing),
}

/// The cameras that an entrance has.
pub(super) struct OnWatch {
    /// Those that are dead, by slot.
    pub(super) dead: Vec<CameraIx>,
    /// Whether there are any.
    pub(super) any: bool,
}

/// The watchers of every entrance as they are and as they would be.
pub(super) struct Scene<'a> {
    present: &'a Present<'a>,
    suppose: &'a Suppose,
    network: &'a Network<'a>,
    /// What added, moved and put up cameras would watch.
    posts: Watch,
    /// Those put up from nothing, as the registry has them but for their life.
    put_up: BTreeMap<CameraIx, Camera>,
}

impl<'a> Scene<'a> {
    pub(super) fn new(
        present: &'a Present<'a>,
        suppose: &'a Suppose,
        network: &'a Network<'a>,
    ) -> (Scene<'a>, Vec<Conflict>) {
        let Present { registry, topology, density, .. } = present;
        let put_up: BTreeMap<CameraIx, Camera> = network
            .put_up()
            .filter(|slot| !suppose.moved.contains_key(slot))
            .filter_map(|slot| Some((slot, registry.cameras.get(&topology.cameras.get(slot.at())?.id)?.clone())))
            .collect();
        let moved = suppose.moved.iter().map(|(slot, camera)| Post { slot: *slot, camera, moved: true });
        let behind = (topology.cameras.len()..).map(CameraIx::from);
        let added = behind.zip(&suppose.added).map(|(slot, camera)| Post { slot, camera, moved: false });
        let raised = put_up.iter().map(|(slot, camera)| Post { slot: *slot, camera, moved: false });
        let stands = |post: &Post<'_>| network.life(post.slot).is_some_and(|life| life != Life::Retired);
        let posts: Vec<Post<'_>> = moved.chain(added).chain(raised).filter(stands).collect();
        if posts.is_empty() {
            let posts = Watch::default();
            return (Scene { present, suppose, network, posts, put_up }, Vec::new());
        }
        let (watch, mut conflicts) = Watch::of_posts(registry, topology, density, &posts);
        conflicts.retain(|c| topology.camera(c.camera.as_str()).is_none());
        (Scene { present, suppose, network, posts: watch, put_up }, conflicts)
    }

    /// What would become of an entrance; `None` where it stays in its state.
    pub(super) fn turned(&self, entrance: EntranceIx, before: EntranceState) -> Option<Turned> {
        let (was, is) = (self.present.watch.watchers(entrance), self.watchers(entrance));
        let changed = self.changed(was, &is);
        if changed.is_empty() {
            return None;
        }
        // Whoever is told of a state that was kept is not told of a change that nobody supposed.
        let after = self.judge(entrance, &is, false)?;
        if after.state == before || after.state == self.judge(entrance, was, true)?.state {
            return None;
        }
        let mut changed_by: Vec<Component> = changed.into_iter().flat_map(|camera| self.reasons(camera)).collect();
        changed_by.sort_unstable();
        changed_by.dedup();
        Some(Turned { entrance, turn: Turn::of(before, after.state), before, after, changed_by })
    }

    /// Whether a camera that is added or moved may watch an entrance that none surely watches.
    pub(super) fn may_watch(&self, entrance: EntranceIx) -> bool {
        let verdict = |w: &Watcher| w.verdict(self.present.night);
        let supposed = self.posts.watchers(entrance).iter().filter(|w| !self.put_up.contains_key(&w.camera));
        supposed.into_iter().any(|w| verdict(w) == Verdict::Maybe)
            && !self.watchers(entrance).iter().any(|w| verdict(w) == Verdict::Yes)
    }

    /// Whom seals count on at an entrance, as it is or as it would be.
    pub(super) fn guard(&self, entrance: EntranceIx, present: bool) -> Guard {
        self.counted(&self.watchers_of(entrance, present), present)
    }

    /// The cameras that surely watch an entrance on duty, dead or not; planned ones left out.
    pub(super) fn on_watch(&self, entrance: EntranceIx, present: bool) -> OnWatch {
        let watchers = self.watchers_of(entrance, present);
        let stands = watchers.iter().filter_map(|w| match self.part(w, present) {
            Part::Watches(standing) => Some((w.camera, standing)),
            _ => None,
        });
        let stands: Vec<(CameraIx, Standing)> = stands.collect();
        let dead = stands.iter().filter(|(_, standing)| *standing == Standing::Dead).map(|(camera, _)| *camera);
        let mut dead: Vec<CameraIx> = dead.collect();
        dead.sort_unstable();
        OnWatch { dead, any: !stands.is_empty() }
    }

    /// The cameras that would be something else to an entrance than they are.
    pub(super) fn cameras_changed(&self, entrance: EntranceIx) -> Vec<CameraIx> {
        self.changed(self.present.watch.watchers(entrance), &self.watchers(entrance))
    }

    /// The cameras that seals count on at an entrance, and would not any more.
    pub(super) fn fallen(&self, entrance: EntranceIx) -> Vec<CameraIx> {
        let counts = |w: &&Watcher, present: bool| self.counted(std::slice::from_ref(*w), present).most > 0;
        let (was, is) = (self.present.watch.watchers(entrance), self.watchers(entrance));
        let still: Vec<CameraIx> = is.iter().filter(|w| counts(w, false)).map(|w| w.camera).collect();
        let before = was.iter().filter(|w| counts(w, true)).map(|w| w.camera);
        before.filter(|camera| !still.contains(camera)).collect()
    }

    fn counted(&self, watchers: &[Watcher], present: bool) -> Guard {
        let (life, standing) = (|c| self.life(c, present), |c| self.standing(c, present));
        Guard::of_those(watchers, life, Level::Live, self.present.night, standing, |w| self.rests(w))
    }

    fn watchers_of(&self, entrance: EntranceIx, present: bool) -> Cow<'_, [Watcher]> {
        match present {
            true => self.present.watch.watchers(entrance).into(),
            false => self.watchers(entrance).into(),
        }
    }

    /// The watchers as they would be; who stays comes first.
    fn watchers(&self, entrance: EntranceIx) -> Vec<Watcher> {
        let elsewhere =
            |w: &&Watcher| !self.suppose.moved.contains_key(&w.camera) && !self.put_up.contains_key(&w.camera);
        let stay = self.present.watch.watchers(entrance).iter().filter(elsewhere);
        stay.chain(self.posts.watchers(entrance)).copied().collect()
    }

    /// The cameras that would be something else to an entrance than they are.
    fn changed(&self, was: &[Watcher], is: &[Watcher]) -> Vec<CameraIx> {
        let mut cameras: Vec<CameraIx> = was.iter().chain(is).map(|w| w.camera).collect();
        cameras.sort_unstable();
        cameras.dedup();
        let of = |list: &[Watcher], camera, present| {
            list.iter().find(|w| w.camera == camera).map_or(Part::None, |w| self.part(w, present))
        };
        cameras.retain(|c| of(was, *c, true) != of(is, *c, false));
        cameras
    }

    fn part(&self, watcher: &Watcher, present: bool) -> Part {
        let camera = watcher.camera;
        match (watcher.verdict(self.present.night), self.life(camera, present)) {
            (_, None | Some(Life::Retired)) | (Verdict::No, _) => Part::None,
            (Verdict::Maybe, _) => Part::Maybe,
            (Verdict::Yes, Some(Life::Planned)) => Part::Planned,
            (Verdict::Yes, _) if self.rests(watcher) => Part::OffDuty,
            (Verdict::Yes, _) => Part::Watches(self.standing(camera, present)),
        }
    }

    fn judge(&self, entrance: EntranceIx, watchers: &[Watcher], present: bool) -> Option<Judgement> {
        let object = self.present.registry.entrances.get(&self.present.topology.entrances.get(entrance.at())?.id)?;
        Some(judge_hour(
            watchers,
            self.present.night,
            object.required,
            object.target,
            |c| self.standing(c, present),
            |c| self.life(c, present),
            |w| self.rests(w),
        ))
    }

    fn standing(&self, camera: CameraIx, present: bool) -> Standing {
        if present { self.network.present_standing(camera) } else { self.network.standing(camera) }
    }

    fn life(&self, camera: CameraIx, present: bool) -> Option<Life> {
        if present { self.network.present_life(camera) } else { self.network.life(camera) }
    }

    /// One that is not there yet rests by its hours; what is supposed changes the hours of none.
    fn rests(&self, watcher: &Watcher) -> bool {
        if self.network.present_life(watcher.camera).is_some_and(Life::is_installed) {
            return (self.present.rests)(watcher);
        }
        let camera = self.network.added(watcher.camera).or_else(|| self.suppose.moved.get(&watcher.camera));
        let camera = camera.or_else(|| self.put_up.get(&watcher.camera));
        camera.is_some_and(|camera| (self.present.would_rest)(watcher, camera))
    }

    /// What of the question makes a camera something else.
    pub(super) fn reasons(&self, camera: CameraIx) -> Vec<Component> {
        let itself = self.network.is_named(camera).then_some(Component::Camera(camera));
        let nodes = self.network.nodes_behind(camera).into_iter().map(Component::Node);
        itself.into_iter().chain(nodes).collect()
    }
}
