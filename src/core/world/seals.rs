//! Seals as they stand: judged anew on zones when a camera changed, in a large town after a rest, and what of that is an
//! alert.
//!
//! Roads are contracted when the map or the registry changes, by whoever brings them ([`RoadMap`]); the health of cameras
//! never touches them, but for the way in of a seal that has just broken. A town without roads has none of this.
//!
//! A seal is *broken* when it leaks even at best, while with every installed camera up it would be sealed even at worst:
//! so neither a gap of the plan is told, nor a camera of which nothing is known. Whether it was sealed before is not
//! asked: a restart in the midst sees the same.

use std::sync::Arc;

use super::timers::Timer;
use super::{RoadMap, World};
use crate::alert::{AlertKey, AlertName, AlertObject, EndReason, Leak, Want, Wanted};
use crate::coverage::{Guard, Guards, Level, Scope, SealStates, Sealed, Standing, Verdict};
use crate::model::{AreaId, CameraIx, EntranceIx, Span, Time};
use crate::plan::{Cordon, Question};
use crate::registry::Life;

/// The contracted roads of the registry in force, and how areas stand.
#[derive(Clone, Debug)]
pub(super) struct Fence {
    pub(super) cordon: Arc<Cordon>,
    /// By camera: the entrances that it watches, or may.
    watched: Vec<Vec<EntranceIx>>,
    pub(super) guards: Arc<Guards>,
    pub(super) states: Arc<SealStates>,
    /// As if every installed camera on duty were up; made when something leaks, and kept until the plan, the light or
    /// the hours of duty change.
    pub(super) meant: Option<Arc<SealStates>>,
    /// What is broken, as it was last judged.
    broken: Vec<Broken>,
    /// How areas stand was judged anew since then.
    pub(super) stale: bool,
    /// Who watches where has changed since areas were judged.
    pub(super) unjudged: bool,
    /// How long after a judgement comes the next.
    pub(super) rest: Span,
    pub(super) rests_until: Time,
}

/// So long no area is judged after all were, a million crossings and families of areas: judging is to take a small share of
/// the time also when cameras fail or come back by the thousand. In a town of some hundred cameras some milliseconds.
const REST_A_MILLION: Span = Span::seconds(5);

/// A seal that is broken. Whose fault that is may change without anything changing at a gate.
#[derive(Clone, PartialEq, Debug)]
struct Broken {
    key: AlertKey,
    name: Arc<str>,
    since: Time,
    /// The camera whose failure let somebody in for the first time.
    tipped: CameraIx,
    planned: bool,
    leak: Option<Arc<Leak>>,
}

impl PartialEq for Fence {
    /// The roads are those that were handed in; what was made of them shows in zones.
    fn eq(&self, other: &Fence) -> bool {
        (&self.cordon.zones, &self.guards, &self.states, &self.broken)
            == (&other.cordon.zones, &other.guards, &other.states, &other.broken)
    }
}

impl World {
    /// These are the roads from now on.
    pub(super) fn lay_roads(&mut self, roads: RoadMap) {
        self.take_roads(roads);
        self.put_up_fence();
        self.turn.everything = true;
    }

    /// Notes which roads there are. The first ones after a start are no change: what was told before stands.
    pub(super) fn take_roads(&mut self, roads: RoadMap) {
        self.turn.rerouted |= self.roads.as_ref().is_some_and(|old| *old != roads);
        self.roads = Some(roads);
    }

    /// Cuts the roads for the registry in force; contracts them where nobody did.
    pub(super) fn put_up_fence(&mut self) {
        let broken = self.fence.take().map(|f| f.broken).unwrap_or_default();
        let Some(map) = self.roads.as_ref().filter(|map| !map.roads.chains.is_empty()) else { return };
        let offset = self.policy.ways.core_offset_m;
        let cordon = map
            .cordon(&self.registry, &self.topology, offset)
            .cloned()
            .unwrap_or_else(|| Arc::new(Cordon::build(map.roads.clone(), &self.registry, &self.topology, offset)));
        // What was made of them is held by the fence from here on.
        self.roads = Some(map.roads.clone().into());
        let mut watched = vec![Vec::new(); self.topology.cameras.len()];
        for (i, watchers) in self.watch.of_entrance.iter().enumerate() {
            for watcher in watchers {
                if let Some(of_camera) = watched.get_mut(watcher.camera.at()) {
                    of_camera.push(EntranceIx::from(i));
                }
            }
        }
        let guards = Arc::new(self.guards(Level::Live, |c| self.standing(c)));
        let states = Arc::new(cordon.zones.judge(&guards));
        let work = (cordon.zones.edges.len() * cordon.zones.families.len()) as i64;
        let rest = Span(REST_A_MILLION.0 * work / 1_000_000);
        let (stale, unjudged, rests_until) = (true, false, self.now);
        let fence = Fence { cordon, watched, guards, states, meant: None, broken, stale, unjudged, rest, rests_until };
        self.fence = Some(fence);
    }

    fn guards(&self, level: Level, standing: impl Fn(CameraIx) -> Standing) -> Guards {
        let rests = |w: &crate::coverage::Watcher| self.rests(w.camera);
        Guards::count(&self.watch, &self.topology, level, self.night, standing, rests)
    }

    fn guard(&self, entrance: EntranceIx) -> Guard {
        let watchers = self.watch.watchers(entrance);
        let standing = |c| self.standing(c);
        Guard::of(watchers, &self.topology, Level::Live, self.night, standing, |w| self.rests(w.camera))
    }

    /// Counts who watches where a camera changed, and judges all areas where that is another number: at once, or when it has
    /// rested.
    pub(super) fn judge_seals(&mut self) {
        let Some(mut fence) = self.fence.take() else { return };
        let changed = if self.turn.everything {
            fence.meant = None;
            let guards = Arc::new(self.guards(Level::Live, |c| self.standing(c)));
            std::mem::replace(&mut fence.guards, guards) != fence.guards
        } else {
            let touched = self.turn.cameras.keys().filter_map(|c| fence.watched.get(c.at())).flatten();
            let counted: Vec<(EntranceIx, Guard)> = touched.map(|e| (*e, self.guard(*e))).collect();
            let differs = |(entrance, guard): &(EntranceIx, Guard)| fence.guards.of.get(entrance.at()) != Some(guard);
            let others: Vec<(EntranceIx, Guard)> = counted.into_iter().filter(differs).collect();
            for (entrance, guard) in &others {
                let known = Arc::make_mut(&mut fence.guards).of.get_mut(entrance.at());
                known.into_iter().for_each(|known| *known = *guard);
            }
            !others.is_empty()
        };
        fence.unjudged |= changed;
        // A camera that is back is blamed for no seal, however short the rest was.
        let refuted = |b: &Broken| self.standing(b.tipped) != Standing::Dead;
        let rested = self.now >= fence.rests_until
            || (fence.unjudged && !self.is_holding_words() && fence.broken.iter().any(refuted));
        if self.turn.everything || (fence.unjudged && rested) {
            fence.states = Arc::new(fence.cordon.zones.judge(&fence.guards));
            (fence.stale, fence.unjudged, fence.rests_until) = (true, false, self.now + fence.rest);
        } else if fence.unjudged {
            self.timers.insert((fence.rests_until, Timer::Seals));
        }
        self.fence = Some(fence);
    }

    /// Tells the book which seals are broken.
    pub(super) fn want_seals(&mut self, everything: bool) {
        if self.roads.is_none() {
            // Nobody has said yet what roads there are: what was open stays open.
            return;
        }
        let Some(mut fence) = self.fence.take() else {
            if everything {
                self.forget_seals(&[]);
            }
            return;
        };
        if std::mem::take(&mut fence.stale) || everything {
            let before = std::mem::take(&mut fence.broken);
            if fence.meant.is_none() && fence.states.areas.iter().flatten().any(|s| *s == Sealed::Leaking) {
                fence.meant = Some(Arc::new(fence.cordon.zones.judge(&self.guards(Level::Built, |_| Standing::Live))));
            }
            let (mut judged, mut leaking) = (Vec::new(), Vec::new());
            for family in 0..fence.cordon.zones.families.len() {
                if self.policy.seal_alerts.scopes.contains(&fence.cordon.zones.families[family].scope) {
                    leaking.push((family, self.judge_family(&fence, family, everything, &mut judged)));
                }
            }
            leaking.retain(|(_, areas)| !areas.is_empty());
            fence.broken = self.broken(&fence, leaking, &before);
            if everything {
                judged.sort_unstable();
                self.forget_seals(&judged);
            }
        }
        for broken in &fence.broken {
            self.want_broken(broken);
        }
        self.fence = Some(fence);
    }

    /// Whether areas are about to be judged: what is said before would not say their seals.
    pub(super) fn is_about_to_judge_seals(&self) -> bool {
        self.fence.as_ref().is_some_and(|fence| fence.unjudged)
    }

    /// What is not judged any more is over.
    fn forget_seals(&mut self, judged: &[AlertKey]) {
        let gone = |k: &&AlertKey| k.name == AlertName::SealBroken && judged.binary_search(k).is_err();
        for key in self.book.held_keys().filter(gone).cloned().collect::<Vec<_>>() {
            self.book.want(&key, Want::Closed(EndReason::Removed), self.now);
        }
    }

    /// Closes what is over; gives the areas of a family whose seal is broken.
    fn judge_family(
        &mut self,
        fence: &Fence,
        family: usize,
        everything: bool,
        judged: &mut Vec<AlertKey>,
    ) -> Vec<(u32, AlertKey)> {
        let Some(verdicts) = fence.states.areas.get(family) else { return Vec::new() };
        let meant = fence.meant.as_ref().and_then(|states| states.areas.get(family)).map_or(&[][..], Vec::as_slice);
        let mut broken = Vec::new();
        for ((area, verdict), key) in (0_u32..).zip(verdicts).zip(fence.cordon.areas(family)) {
            let Ok(id) = AreaId::new(&key.id) else { continue };
            let alert = AlertKey { name: AlertName::SealBroken, object: AlertObject::Area(id) };
            let want = match verdict {
                Sealed::Sealed => Want::Closed(EndReason::Recovered),
                Sealed::Leaking if meant.get(area as usize) == Some(&Sealed::Sealed) => {
                    broken.push((area, alert.clone()));
                    Want::Keep
                }
                // Dusk and hours of duty open no seal, and close no alert of one: the registry does, and who mends what
                // was broken, also where the plan leaves another way open by then.
                Sealed::Leaking if self.is_replanned() => Want::Closed(EndReason::Removed),
                Sealed::Leaking if self.book.leak(&alert).is_some_and(|leak| !self.is_open(fence, leak)) => {
                    Want::Closed(EndReason::Recovered)
                }
                Sealed::Leaking | Sealed::Unknown => Want::Keep,
            };
            self.book.want(&alert, want, self.now);
            if everything {
                judged.push(alert);
            }
        }
        broken
    }

    /// Whether the plan is another: the registry, or the roads.
    fn is_replanned(&self) -> bool {
        self.turn.reloaded || self.turn.rerouted
    }

    /// How these areas are broken, by family.
    fn broken(&self, fence: &Fence, leaking: Vec<(usize, Vec<(u32, AlertKey)>)>, before: &[Broken]) -> Vec<Broken> {
        if leaking.is_empty() {
            return Vec::new();
        }
        let opened = self.opened(fence);
        let served = |c: CameraIx| match self.life(c) {
            Some(Life::Maintenance) => Standing::Live,
            _ => self.standing(c),
        };
        let served = fence.cordon.zones.judge(&self.guards(Level::Live, served));
        let broken = |(family, areas)| self.broken_of(fence, family, areas, (before, &opened, &served));
        leaking.into_iter().flat_map(broken).collect()
    }

    /// How these areas of a family are broken; `served` is how areas would stand were none in maintenance.
    fn broken_of(
        &self,
        fence: &Fence,
        family: usize,
        areas: Vec<(u32, AlertKey)>,
        (before, opened, served): (&[Broken], &[EntranceIx], &SealStates),
    ) -> Vec<Broken> {
        let tipped = fence.cordon.zones.tipped(family, opened);
        let stands =
            |key: &AlertKey| self.book.leak(key).filter(|leak| !self.is_replanned() && self.is_open(fence, leak));
        let unknown = areas.iter().filter(|(_, key)| stands(key).is_none()).map(|(area, _)| *area).collect::<Vec<_>>();
        let mut found = self.leaks(fence, family, &unknown).into_iter();
        let judge = |(area, key): (u32, AlertKey)| {
            let at = area as usize;
            let leak = stands(&key).cloned().or_else(|| found.next().flatten().map(Arc::new));
            let tipped = self.failed_last((*tipped.get(at)?)?)?;
            let since = before.iter().find(|b| b.key == key).map_or(self.now, |b| b.since);
            let name = fence.cordon.areas(family).get(at).map(|k| k.name.clone()).unwrap_or_default();
            let planned = served.areas.get(family).and_then(|areas| areas.get(at)) != Some(&Sealed::Leaking);
            Some(Broken { key, name, since, tipped, planned, leak })
        };
        areas.into_iter().filter_map(judge).collect()
    }

    fn want_broken(&mut self, broken: &Broken) {
        let wanted = Wanted {
            cause: self.camera_cause(broken.tipped),
            since: broken.since,
            name: broken.name.clone(),
            village_name: Arc::from(""),
            area: broken.key.object.area().cloned(),
            village: None,
            planned: broken.planned,
            leak: broken.leak.clone(),
        };
        self.book.want(&broken.key, Want::Open(wanted), self.now);
    }

    /// Whether a way in that was found is one still.
    fn is_open(&self, fence: &Fence, leak: &Leak) -> bool {
        let open =
            |id| self.topology.entrance(id).and_then(|e| fence.guards.of.get(e.at())).is_none_or(|g| g.most == 0);
        leak.entrances.iter().all(|id| open(id.as_str()))
    }

    /// The entrances that are open, in the order in which they came to be so.
    fn opened(&self, fence: &Fence) -> Vec<EntranceIx> {
        let since = |c: CameraIx| (self.cameras[c.at()].since, &self.topology.cameras[c.at()].id);
        let open = (0..fence.guards.of.len()).filter(|e| fence.guards.of[*e].most == 0).map(EntranceIx::from);
        let mut order: Vec<_> = open.map(|e| (self.failed_last(e).map(since), e)).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, entrance)| entrance).collect()
    }

    /// The dead camera that watched an entrance longest.
    fn failed_last(&self, entrance: EntranceIx) -> Option<CameraIx> {
        let meant = |w: &&crate::coverage::Watcher| {
            w.verdict(self.night) != Verdict::No && self.is_installed(w.camera) && !self.rests(w.camera)
        };
        let dead = self.watch.watchers(entrance).iter().filter(meant).map(|w| w.camera);
        let dead = dead.filter(|c| self.standing(*c) == Standing::Dead);
        dead.max_by_key(|c| (self.cameras.get(c.at()).map(|h| h.since), &self.topology.cameras[c.at()].id))
    }

    /// Ways into areas of a family, as they are told.
    fn leaks(&self, fence: &Fence, family: usize, areas: &[u32]) -> Vec<Option<Leak>> {
        if areas.is_empty() {
            return Vec::new();
        }
        let on_watch = |e: EntranceIx| {
            let sure = self.watch.watchers(e).iter().filter(|w| w.verdict(self.night) == Verdict::Yes);
            sure.map(|w| w.camera).filter(|c| self.is_installed(*c) && !self.rests(*c)).collect::<Vec<_>>()
        };
        let is_dead = |c: &CameraIx| self.standing(*c) == Standing::Dead;
        let ways = fence.cordon.ways_in(
            family,
            areas,
            &Question {
                scopes: &Scope::ALL,
                area: None,
                guards: &fence.guards,
                dead: &|e| on_watch(e).into_iter().filter(is_dead).collect(),
                watched: &|e| !on_watch(e).is_empty(),
            },
        );
        let scope = fence.cordon.zones.families.get(family).map_or(Scope::Town, |f| f.scope);
        let leak = |route: crate::plan::Route| Leak {
            scope,
            length_m: route.length_m.round(),
            entrances: route.entrances.iter().map(|e| self.topology.entrances[e.at()].id.clone()).collect(),
            cameras: route.dead.iter().map(|c| self.topology.cameras[c.at()].id.clone()).collect(),
        };
        ways.into_iter().map(|way| way.map(leak)).collect()
    }
}
