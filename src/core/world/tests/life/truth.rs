//! What is so: which things work, and which entrances have too few working cameras. Counts, and knows nothing of
//! probes, beliefs or words. Times are those of a clock that nobody steps.

use std::collections::{BTreeMap, BTreeSet};

use super::super::answers::Fault;
use super::super::harness::Sim;
use super::work::Work;
use cunkou_core::coverage::is_night;
use cunkou_core::model::{CameraId, EntranceId, NodeId, NodeIx, Span, Time};
use cunkou_core::registry::{Camera, CameraSlot, EntranceStatus, Gate, Life, LonLat, Needs, NightLight, Registry};

/// Where the towns of the tests lie.
pub(crate) const CENTRE: LonLat = LonLat { lon: 114.5, lat: 30.9 };

/// Which nodes are dead.
pub(super) type Dead<'a> = &'a dyn Fn(&NodeId) -> bool;

/// A recovery that lasts for less is hardly confirmed of a camera, and not of all that is above it.
const HARDLY: Span = Span::seconds(30);

/// A camera or a node.
#[derive(Clone, Default, Debug)]
pub(crate) struct Thing {
    /// It answers when it is asked.
    pub(crate) works: bool,
    /// Since when that is so.
    pub(crate) since: Option<Time>,
    /// When it last did not.
    pub(crate) last_bad: Option<Time>,
    /// When it began to fail by itself, not for want of a way to it.
    pub(crate) own_faults: Vec<Time>,
    own_bad: bool,
    /// It stopped working for want of a way that nobody else could miss.
    alone: bool,
    /// Answers, but something is wrong.
    pub(crate) last_odd: Option<Time>,
}

/// An entrance.
#[derive(Clone, Default, Debug)]
pub(crate) struct Gap {
    /// Enough cameras are installed to watch it at this hour.
    pub(crate) judged: bool,
    pub(crate) lost: bool,
    pub(crate) lost_by_day: bool,
    pub(crate) lost_by_night: bool,
    pub(crate) last_lost: Option<Time>,
    /// Fewer than wanted work.
    pub(crate) reduced: bool,
    pub(crate) last_reduced: Option<Time>,
    /// Since when it is not lost.
    pub(crate) well_since: Option<Time>,
    /// Since when it is lost without a break, or, once an end was told since, `lost_by_these`.
    pub(crate) lost_since: Option<Time>,
    /// Since when those cameras alone leave it lost that have not worked since.
    pub(crate) lost_by_these: Option<Time>,
    /// Cameras that do not work, and since when.
    broken: BTreeMap<CameraId, Time>,
    pub(crate) watchers: Vec<CameraId>,
    /// It is lost, and would not be if what is in maintenance worked.
    pub(crate) planned: bool,
    pub(crate) last_planned: Option<Time>,
    /// Since when that is so without a break.
    pub(crate) planned_since: Option<Time>,
    /// Fewer work than are wanted, and since then enough would if what is in maintenance worked.
    pub(crate) reduced_as_planned: Option<Time>,
    /// How many of them may fail before it is lost …
    spare: Option<usize>,
    /// … and before fewer work than are wanted.
    spare_of_target: usize,
}

#[derive(Default)]
pub(crate) struct Truth {
    pub(crate) cameras: BTreeMap<CameraId, Thing>,
    pub(crate) nodes: BTreeMap<NodeId, Thing>,
    pub(crate) entrances: BTreeMap<EntranceId, Gap>,
    pub(crate) night: bool,
    /// When packets were last lost on some way: then three tries in a row may be, if seldom.
    pub(crate) lossy: Option<Time>,
    /// What is in maintenance.
    pub(crate) work: Work,
}

impl Thing {
    fn know(&mut self, works: bool, own_bad: bool, now: Time) {
        if self.since.is_none() || works != self.works {
            // What ended just now was so until just now.
            self.last_bad = if self.since.is_some() && !self.works { Some(now) } else { self.last_bad };
            // A way that was there for less than this cannot be told from a camera that came and went.
            let hardly_back = self.since.is_some_and(|t| now.since(t) < HARDLY) && !works && !own_bad;
            if hardly_back {
                self.own_faults.push(now);
            }
            self.since = Some(now);
        }
        if own_bad && !self.own_bad {
            self.own_faults.push(now);
        }
        (self.works, self.own_bad) = (works, own_bad);
        self.own_faults.retain(|t| now.since(*t) <= Span::hours(3));
    }

    /// Whether it did not work at a moment within `slack` before `at`.
    pub(crate) fn was_bad(&self, at: Time, slack: Span) -> bool {
        let before = |t: Option<Time>| t.is_some_and(|t| at.since(t) <= slack);
        (!self.works && self.since.is_none_or(|t| t <= at)) || before(self.last_bad)
    }

    /// Whether it came and went by itself so often that it may be called flapping, or still be.
    pub(crate) fn may_flap(&self, at: Time) -> bool {
        let lately: Vec<&Time> = self.own_faults.iter().filter(|t| at.since(**t) <= Span::minutes(100)).collect();
        lately.len() >= 3
    }
}

impl Truth {
    /// Looks at the town as it is from this moment on.
    pub(crate) fn know(&mut self, sim: &Sim, now: Time) {
        let registry = sim.world.snapshot().registry;
        self.night = is_night(sim.now, CENTRE);
        if !sim.loss.is_empty() {
            self.lossy = Some(now);
        }
        self.work.know(&registry, sim, now);
        let mut known = BTreeMap::new();
        let dead = |id: &NodeId| sim.dead_nodes.contains(id.as_str());
        for id in registry.nodes.keys() {
            let works = node_works(&registry, &dead, id, &mut known);
            let own = sim.dead_nodes.contains(id.as_str()) || sim.mute_nodes.contains(id.as_str());
            self.nodes.entry(id.clone()).or_default().know(works && !sim.mute_nodes.contains(id.as_str()), own, now);
        }
        let worked: BTreeSet<CameraId> =
            self.cameras.iter().filter(|(_, t)| t.works).map(|(id, _)| id.clone()).collect();
        for camera in registry.cameras.values() {
            let path = gate(&registry, &dead, &Gate { needs: Needs::All, of: camera.node.clone() }, &mut known);
            let fault = sim.faults.get(camera.id.as_str());
            let own = matches!(fault, Some(Fault::Refuse | Fault::Drop | Fault::StreamHangs));
            let thing = self.cameras.entry(camera.id.clone()).or_default();
            let works = path && !own;
            // Whether others could miss it is a matter of the moment at which it went.
            let goes = thing.works && !works;
            thing.alone = !works && if goes { is_alone_below_a_dead_node(sim, camera, &worked) } else { thing.alone };
            thing.know(works, own || thing.alone, now);
            let lost_packets = !sim.loss.is_empty();
            if matches!(fault, Some(Fault::Slow | Fault::Auth | Fault::Busy)) || lost_packets {
                thing.last_odd = Some(now);
            }
        }
        self.entrances.retain(|id, _| registry.entrances.contains_key(id));
        for entrance in registry.entrances.values() {
            let watching = |c: &&Camera| {
                let named = c.watches.iter().any(|w| w.watches && *w.id == *entrance.id.as_str());
                named && matches!(c.status, Life::Active | Life::Maintenance)
            };
            let watchers: Vec<&Camera> = registry.cameras.values().filter(watching).collect();
            let active = entrance.status == EntranceStatus::Active;
            let gap = self.entrances.entry(entrance.id.clone()).or_default();
            let wanted = (entrance.required.max(1), entrance.target);
            gap.know(&watchers, wanted, active, self.night, &self.cameras, &self.work, now);
        }
    }

    pub(crate) fn entrance(&self, id: &EntranceId) -> Option<&Gap> {
        self.entrances.get(id)
    }

    /// Whether a camera that watches it may flap: such a one does not watch (semantics.md §4).
    pub(crate) fn may_flap(&self, id: &EntranceId, at: Time) -> bool {
        let watchers = self.entrances.get(id).map(|g| g.watchers.as_slice()).unwrap_or_default();
        watchers.iter().any(|c| self.cameras.get(c).is_some_and(|t| t.may_flap(at)))
    }

    /// Cameras that do not work, of those that are asked.
    pub(crate) fn share_broken(&self, sim: &Sim) -> f64 {
        let registry = sim.world.snapshot().registry;
        let asked = registry.cameras.values().filter(|c| c.status.is_installed());
        let works: Vec<bool> = asked.map(|c| self.cameras.get(&c.id).is_some_and(|t| t.works)).collect();
        works.iter().filter(|w| !**w).count() as f64 / works.len().max(1) as f64
    }
}

impl Gap {
    #[expect(clippy::too_many_arguments, reason = "one place, and each is a plain fact")]
    fn know(
        &mut self,
        watchers: &[&Camera],
        (required, target): (u32, u32),
        active: bool,
        night: bool,
        cameras: &BTreeMap<CameraId, Thing>,
        work: &Work,
        now: Time,
    ) {
        let works = |c: &Camera| cameras.get(&c.id).is_some_and(|t| t.works);
        let required = required as usize;
        let count = |night: bool| {
            let fit: Vec<&&Camera> = watchers.iter().filter(|c| !night || c.night != NightLight::None).collect();
            (active && fit.len() >= required, fit.iter().filter(|c| works(c)).count())
        };
        let ((day, by_day), (dark, by_night)) = (count(false), count(true));
        self.lost_by_day = day && by_day < required;
        self.lost_by_night = dark && by_night < required;
        let (judged, live) = if night { (dark, by_night) } else { (day, by_day) };
        let was_lost = self.lost;
        (self.judged, self.lost) = (judged, judged && live < required);
        if was_lost || self.lost {
            self.last_lost = Some(now);
        }
        if self.reduced {
            self.last_reduced = Some(now);
        }
        self.reduced = judged && live < (target.max(1) as usize);
        if self.planned {
            self.last_planned = Some(now);
        }
        let in_maintenance = |c: &&&Camera| work.holds(c) && (!night || c.night != NightLight::None);
        let dead = watchers.iter().filter(in_maintenance).filter(|c| !works(c)).count();
        self.planned = self.lost && live + dead >= required;
        self.planned_since = self.planned_since.or(Some(now)).filter(|_| self.planned);
        let as_planned = self.reduced && live + dead >= (target.max(1) as usize);
        self.reduced_as_planned = self.reduced_as_planned.or(Some(now)).filter(|_| as_planned);
        self.well_since = if self.lost { None } else { self.well_since.or(Some(now)) };
        let of_this_hour = watchers.iter().filter(|c| !night || c.night != NightLight::None);
        let broken: BTreeSet<&CameraId> = of_this_hour.clone().filter(|c| !works(c)).map(|c| &c.id).collect();
        let since = |id: &CameraId| self.broken.get(id).copied().unwrap_or(now);
        self.broken = broken.into_iter().map(|id| (id.clone(), since(id))).collect();
        self.watchers = of_this_hour.clone().map(|c| c.id.clone()).collect();
        let mut times: Vec<Time> = self.broken.values().copied().collect();
        times.sort_unstable();
        self.spare = self.watchers.len().checked_sub(required);
        self.spare_of_target = self.watchers.len().saturating_sub(target.max(1) as usize);
        self.lost_by_these = self.spare.filter(|_| self.lost).and_then(|spare| times.get(spare).copied());
        self.lost_since = if self.lost { self.lost_since.or(Some(now)) } else { None };
    }

    /// Its end was told, though it may be lost still, by others: what is left is another loss. Not so where the same
    /// cameras have failed all along.
    pub(crate) fn end_was_told(&mut self) {
        self.lost_since = self.lost_since.and(self.lost_by_these);
    }

    /// What was hardly lost, if at all, has to be told as over from when it was told.
    pub(crate) fn loss_was_told(&mut self, at: Time) {
        self.well_since = self.well_since.map(|t| t.max(at));
    }

    /// Whether it was lost at a moment within `slack` before `at`.
    pub(crate) fn was_lost(&self, at: Time, slack: Span) -> bool {
        let before = self.last_lost.is_some_and(|t| at.since(t) <= slack);
        before || (self.lost && self.lost_since.is_none_or(|t| t <= at))
    }

    /// Whether cameras that failed one after the other, none of them well for long enough to be believed well before the
    /// next had failed, were too many together.
    pub(crate) fn was_lost_by_turns(&self, at: Time, cameras: &BTreeMap<CameraId, Thing>) -> bool {
        self.spare.is_some_and(|spare| self.bad_by_turns(at, cameras) > spare)
    }

    fn bad_by_turns(&self, at: Time, cameras: &BTreeMap<CameraId, Thing>) -> usize {
        self.watchers.iter().filter(|c| cameras.get(*c).is_some_and(|t| t.was_bad(at, HARDLY))).count()
    }

    /// Whether fewer worked than are wanted, at a moment within `slack` before `at` or one after the other.
    pub(crate) fn was_reduced(&self, at: Time, slack: Span, cameras: &BTreeMap<CameraId, Thing>) -> bool {
        let by_turns = self.bad_by_turns(at, cameras) > self.spare_of_target;
        self.reduced || self.last_reduced.is_some_and(|t| at.since(t) <= slack) || by_turns
    }

    /// Whether of its cameras, one after the other, enough worked: one came back when the next had just failed, and nobody
    /// can know the second at once.
    pub(crate) fn was_well_by_turns(&self, at: Time) -> bool {
        let long = self.broken.values().filter(|t| at.since(**t) > HARDLY).count();
        self.spare.is_some_and(|spare| long <= spare)
    }

    /// Whether it was not lost at a moment within `slack` before `at`.
    pub(crate) fn was_well(&self, at: Time, slack: Span) -> bool {
        !self.lost || self.lost_since.is_some_and(|t| at.since(t) <= slack)
    }
}

/// Whether a dead node that cannot be asked is needed by this camera alone of those that `worked`: nobody can tell its
/// fault from the camera's, since who failed before is a cause of his own (semantics.md §2, onset).
fn is_alone_below_a_dead_node(sim: &Sim, camera: &Camera, worked: &BTreeSet<CameraId>) -> bool {
    let cameras = &sim.topology.cameras;
    let may_miss_it = |c: &&CameraSlot| c.life.is_some_and(|l| l.is_installed()) && worked.contains(&c.id);
    let needed = |ix: NodeIx| cameras.iter().filter(may_miss_it).filter(move |c| c.required.contains(&ix));
    let dead = |ix: &&NodeIx| {
        let node = &sim.topology.nodes[ix.at()];
        node.check.is_none() && sim.dead_nodes.contains(node.id.as_str())
    };
    let slot = cameras.iter().find(|c| c.id == camera.id);
    slot.is_some_and(|c| c.required.iter().filter(dead).any(|ix| needed(*ix).count() == 1))
}

/// Whether a node works if those are dead.
pub(super) fn node_works(registry: &Registry, dead: Dead, id: &NodeId, known: &mut BTreeMap<NodeId, bool>) -> bool {
    if let Some(works) = known.get(id) {
        return *works;
    }
    let Some(node) = registry.nodes.get(id) else { return true };
    let works = !dead(id) && gate(registry, dead, &node.parents, known) && gate(registry, dead, &node.power, known);
    known.insert(id.clone(), works);
    works
}

/// Whether a way is open if those are dead.
pub(super) fn gate(registry: &Registry, dead: Dead, gate: &Gate, known: &mut BTreeMap<NodeId, bool>) -> bool {
    let mut each = gate.of.iter().map(|id| node_works(registry, dead, id, known));
    match gate.needs {
        _ if gate.of.is_empty() => true,
        Needs::All => each.all(|works| works),
        Needs::Any => each.any(|works| works),
    }
}
