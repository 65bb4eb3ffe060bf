//! Who watches what: the table from cameras to entrances, built once a registry version.

use std::collections::BTreeMap;

use super::Policy;
use super::elements::EntranceIndex;
use super::grid::Grid;
use super::view::Sight;
use crate::model::{CameraId, CameraIx, EntranceId, EntranceIx};
use crate::registry::{Camera, Entrance, Life, NightLight, POLE, Registry, Topology};

/// The minute of the day that stands for the day …
const NOON: u16 = 720;
/// … and the one that stands for the night.
const MIDNIGHT: u16 = 0;

/// One camera that watches, or may watch, one entrance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Watcher {
    /// The camera.
    pub camera: CameraIx,
    /// By day.
    pub day: Verdict,
    /// By night.
    pub night: Verdict,
    /// Said by the registry, not computed.
    pub declared: bool,
    /// Whether its hours of duty leave out noon.
    pub rests_by_day: bool,
    /// Whether they leave out midnight.
    pub rests_by_night: bool,
}

impl Watcher {
    /// By night or by day.
    #[must_use]
    pub const fn verdict(&self, night: bool) -> Verdict {
        if night { self.night } else { self.day }
    }

    /// Whether the camera is off duty by night, as at midnight, or by day, as at noon.
    #[must_use]
    pub const fn rests(&self, night: bool) -> bool {
        if night { self.rests_by_night } else { self.rests_by_day }
    }
}

/// Whether a camera watches (semantics.md §4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Verdict {
    /// It does not.
    No,
    /// It may: something about it is not known well enough. Never covers.
    Maybe,
    /// It does.
    Yes,
}

/// The warning `watch_conflict`: the register says that a camera watches an entrance, its view says that it cannot.
/// The register is believed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Conflict {
    /// The camera.
    pub camera: CameraId,
    /// The entrance that it is said to watch.
    pub entrance: EntranceId,
}

/// A camera where it might stand.
#[derive(Clone, Copy, Debug)]
pub struct Post<'a> {
    /// Its slot; behind those of the graph where the registry does not have it.
    pub slot: CameraIx,
    /// The camera.
    pub camera: &'a Camera,
    /// Whether it has left the place of which the registry says what is watched from there. What it is said to watch
    /// then holds only where its view from the new place does not say no; an entrance that was derived from it, only
    /// while it stands on the same pole still; one whose place is not known, it may watch.
    pub moved: bool,
}

/// The table.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Watch {
    /// By [`EntranceIx`]: everything with a verdict other than no, planned cameras included, in the order of camera ids.
    pub of_entrance: Vec<Vec<Watcher>>,
    /// By [`CameraIx`]: the entrances that it watches by day or by night with `yes`.
    pub of_camera: Vec<Vec<EntranceIx>>,
}

impl Watch {
    /// The table of a registry, and where its declarations contradict the view (in the order of camera ids, then of
    /// entrances). Only entrances that are judged are watched; retired cameras watch nothing.
    ///
    /// Costs a look at the neighbourhood of each camera, never cameras times entrances.
    #[must_use]
    pub fn build(registry: &Registry, topology: &Topology, policy: &Policy) -> (Watch, Vec<Conflict>) {
        let mut builder = Builder::new(registry, topology, policy);
        for camera in registry.cameras.values().filter(|c| c.status != Life::Retired) {
            if let Some(ix) = topology.camera(camera.id.as_str()) {
                builder.add(ix, camera, false);
            }
        }
        (builder.watch, builder.conflicts)
    }

    /// What a few cameras would watch, as they are handed in, beside all that is in the table: the same table with these
    /// alone in it. Costs the entrances once and a look at the neighbourhood of each of these cameras.
    #[must_use]
    pub fn of_posts(
        registry: &Registry,
        topology: &Topology,
        policy: &Policy,
        posts: &[Post<'_>],
    ) -> (Watch, Vec<Conflict>) {
        let mut builder = Builder::new(registry, topology, policy);
        let slots = posts.iter().map(|post| post.slot.at() + 1).max().unwrap_or(0);
        builder.watch.of_camera.resize(slots.max(topology.cameras.len()), Vec::new());
        posts.iter().for_each(|post| builder.add(post.slot, post.camera, post.moved));
        (builder.watch, builder.conflicts)
    }

    /// Judged entrances that no camera surely watches, neither by day nor by night, not even a planned one.
    pub fn unwatched<'a>(&'a self, topology: &'a Topology) -> impl Iterator<Item = EntranceIx> + 'a {
        let slots = topology.entrances.iter().zip(&self.of_entrance).enumerate();
        slots
            .filter(|(_, (slot, watchers))| {
                slot.judged && !watchers.iter().any(|w| w.day == Verdict::Yes || w.night == Verdict::Yes)
            })
            .map(|(i, _)| EntranceIx::from(i))
    }

    /// The cameras that watch an entrance, or may; none for an entrance that has left.
    #[must_use]
    pub fn watchers(&self, entrance: EntranceIx) -> &[Watcher] {
        self.of_entrance.get(entrance.at()).map_or(&[], Vec::as_slice)
    }

    /// The entrances that a camera watches by day or by night.
    #[must_use]
    pub fn watched_by(&self, camera: CameraIx) -> &[EntranceIx] {
        self.of_camera.get(camera.at()).map_or(&[], Vec::as_slice)
    }
}

/// What the registry says of one camera and one entrance, weakest word first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Said {
    /// The entrance was derived from the camera.
    Derived,
    /// An element that the entrance belongs to is named.
    Element { not: bool },
    /// The entrance itself is named. Of two words that contradict each other the `!` counts.
    Entrance { not: bool },
}

impl Said {
    const fn watches(self) -> bool {
        !matches!(self, Said::Element { not: true } | Said::Entrance { not: true })
    }
}

struct Builder<'r> {
    registry: &'r Registry,
    topology: &'r Topology,
    policy: &'r Policy,
    /// By [`EntranceIx`]: those that are judged.
    judged: Vec<Option<&'r Entrance>>,
    by_place: Grid,
    derived: BTreeMap<&'r CameraId, Vec<EntranceIx>>,
    index: EntranceIndex<'r>,
    /// Entrances of the elements asked for so far.
    elements: BTreeMap<&'r str, Vec<EntranceIx>>,
    watch: Watch,
    conflicts: Vec<Conflict>,
}

impl<'r> Builder<'r> {
    fn new(registry: &'r Registry, topology: &'r Topology, policy: &'r Policy) -> Builder<'r> {
        let mut builder = Builder {
            registry,
            topology,
            policy,
            judged: vec![None; topology.entrances.len()],
            by_place: Grid::default(),
            derived: BTreeMap::new(),
            index: EntranceIndex::of(registry),
            elements: BTreeMap::new(),
            watch: Watch {
                of_entrance: vec![Vec::new(); topology.entrances.len()],
                of_camera: vec![Vec::new(); topology.cameras.len()],
            },
            conflicts: Vec::new(),
        };
        for entrance in registry.entrances.values() {
            builder.add_entrance(entrance);
        }
        builder
    }

    fn add_entrance(&mut self, entrance: &'r Entrance) {
        let Some(ix) = self.judged_ix(entrance.id.as_str()) else { return };
        self.judged[ix.at()] = Some(entrance);
        if let Some(at) = entrance.at {
            self.by_place.add(at, ix.0);
        }
        for camera in &entrance.derived_from {
            self.derived.entry(camera).or_default().push(ix);
        }
    }

    fn judged_ix(&self, id: &str) -> Option<EntranceIx> {
        self.topology.entrance(id).filter(|ix| self.topology.entrances.get(ix.at()).is_some_and(|slot| slot.judged))
    }

    fn add(&mut self, ix: CameraIx, camera: &'r Camera, moved: bool) {
        let said = self.said(camera);
        let sight = Sight::of(camera);
        let near = sight.map(|s| self.by_place.near(s.at(), s.outer_reach_m(self.policy.least()))).unwrap_or_default();
        let mut all: Vec<EntranceIx> = near.into_iter().map(EntranceIx).chain(said.keys().copied()).collect();
        all.sort_unstable();
        all.dedup();
        for entrance in all {
            let verdicts = match said.get(&entrance) {
                Some(said) if moved => self.declared_elsewhere(camera, sight, entrance, *said),
                Some(said) => self.declared(camera, sight, entrance, *said),
                None => self.seen(sight, entrance),
            };
            let (day, night) = verdicts;
            if day.max(night) == Verdict::No {
                continue;
            }
            let rests = |minute| camera.duty.is_some_and(|duty| !duty.includes(minute));
            let watcher = Watcher {
                camera: ix,
                day,
                night,
                declared: said.contains_key(&entrance),
                rests_by_day: rests(NOON),
                rests_by_night: rests(MIDNIGHT),
            };
            self.watch.of_entrance[entrance.at()].push(watcher);
            if day.max(night) == Verdict::Yes {
                self.watch.of_camera[ix.at()].push(entrance);
            }
        }
    }

    /// What the registry says of a camera: the column `watches`, and the entrances that were derived from it.
    fn said(&mut self, camera: &'r Camera) -> BTreeMap<EntranceIx, Said> {
        let mut said: BTreeMap<EntranceIx, Said> = BTreeMap::new();
        let mut say = |entrance: EntranceIx, word: Said| {
            let known = said.entry(entrance).or_insert(word);
            *known = (*known).max(word);
        };
        for entrance in self.derived.get(&camera.id).into_iter().flatten() {
            say(*entrance, Said::Derived);
        }
        for rule in &camera.watches {
            let not = !rule.watches;
            if self.registry.entrances.contains_key(&*rule.id) {
                if let Some(entrance) = self.judged_ix(&rule.id) {
                    say(entrance, Said::Entrance { not });
                }
            } else {
                for entrance in self.of_element(&rule.id) {
                    say(*entrance, Said::Element { not });
                }
            }
        }
        said
    }

    /// The judged entrances of an element; none for an id that names no element (the registry check says so).
    fn of_element(&mut self, id: &str) -> &[EntranceIx] {
        let Some((id, element)) = self.registry.elements.get_key_value(id) else { return &[] };
        if !self.elements.contains_key(id.as_str()) {
            let ids = self.index.of_element(element);
            let slots = ids.iter().filter_map(|e| self.judged_ix(e.as_str())).collect();
            self.elements.insert(id.as_str(), slots);
        }
        self.elements.get(id.as_str()).map_or(&[], Vec::as_slice)
    }

    /// Density and range are not asked of a declared one; by night it needs light of its own.
    fn declared(&mut self, camera: &Camera, sight: Option<Sight>, ix: EntranceIx, said: Said) -> (Verdict, Verdict) {
        if !said.watches() {
            return (Verdict::No, Verdict::No);
        }
        if let (Some(sight), Some(entrance)) = (sight, self.judged[ix.at()])
            && said != Said::Derived
            && entrance
                .at
                .is_some_and(|at| sight.view(at, self.policy.need(entrance.density), false).verdict == Verdict::No)
        {
            self.conflicts.push(Conflict { camera: camera.id.clone(), entrance: entrance.id.clone() });
        }
        let night = if camera.night == NightLight::None { Verdict::No } else { Verdict::Yes };
        (Verdict::Yes, night)
    }

    /// What was declared of a camera that has moved since, see [`Post::moved`].
    fn declared_elsewhere(
        &mut self,
        camera: &Camera,
        sight: Option<Sight>,
        ix: EntranceIx,
        said: Said,
    ) -> (Verdict, Verdict) {
        if !said.watches() {
            return self.seen(sight, ix);
        }
        let entrance = self.judged.get(ix.at()).copied().flatten();
        let view = sight
            .zip(entrance)
            .and_then(|(sight, entrance)| Some(sight.view(entrance.at?, self.policy.need(entrance.density), false)));
        let day = match view {
            None => Verdict::Maybe,
            Some(view) if said == Said::Derived && view.distance_m > POLE => return self.seen(sight, ix),
            Some(view) if said != Said::Derived && view.verdict == Verdict::No => Verdict::No,
            Some(_) => Verdict::Yes,
        };
        (day, if camera.night == NightLight::None { Verdict::No } else { day })
    }

    fn seen(&self, sight: Option<Sight>, ix: EntranceIx) -> (Verdict, Verdict) {
        let entrance = self.judged.get(ix.at()).copied().flatten();
        let Some((sight, entrance)) = sight.zip(entrance) else { return (Verdict::No, Verdict::No) };
        let Some(at) = entrance.at else { return (Verdict::No, Verdict::No) };
        let need = self.policy.need(entrance.density);
        (sight.view(at, need, false).verdict, sight.view(at, need, true).verdict)
    }
}
