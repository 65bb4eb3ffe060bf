//! What people ask of a published state; nothing here is asked by the loop.

use super::Snapshot;
use crate::coverage::{self, EntranceState, Guards, Level, Scope, Standing, Verdict, Watcher};
use crate::health::{Cause, State};
use crate::model::{CameraIx, EntranceIx, LocalTime, NodeIx, Period, Time};
use crate::plan::{
    self, Cordon, Critical, Effort, Grounds, Isochrone, Outages, Pace, Placing, Present, Question, RepairOrder, Roads,
    Seal, Stand, Suppose, Unplaced, Ways, WhatIf, Wishes,
};
use crate::registry::{Camera, Life, LonLat};

/// What questions are answered by, beside the registry and the state: what a camera that is not there yet is judged by,
/// which roads count, how fast one drives.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Terms {
    /// How finely entrances must be seen.
    pub density: coverage::Policy,
    /// What the clocks in the town show, for hours of duty.
    pub clock: LocalTime,
    /// Which roads and places count when areas are to be shut off.
    pub ways: Ways,
    /// How fast those get along who drive out from a post.
    pub pace: Pace,
}

/// Which seals are wanted.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SealAsk<'a> {
    /// With which cameras.
    pub level: Level,
    /// By day, by night or now.
    pub period: Period,
    /// Of which scopes.
    pub scopes: &'a [Scope],
    /// Only of this area or element.
    pub area: Option<&'a str>,
}

/// What is said of them.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Seals {
    /// By scope, then in the order of ids.
    pub items: Vec<Seal>,
    /// Judged entrances that too few cameras watch, whatever their health, each with whether it is screened in each
    /// scope ([`Cordon::screened`]).
    pub unwatched: Vec<(EntranceIx, [Option<bool>; 3])>,
}

impl Snapshot {
    /// Whose failure alone would lose an entrance, worst first, as things stand now. By day and by night it is judged as
    /// if it were, with the cameras that are live now.
    #[must_use]
    pub fn critical(&self, period: Period) -> Vec<Critical> {
        let required = |e: EntranceIx| {
            let slot = self.topology.entrances.get(e.at()).filter(|slot| slot.judged)?;
            self.registry.entrances.get(&slot.id).map(|entrance| entrance.required)
        };
        plan::critical(&Stand {
            topology: &self.topology,
            watch: &self.watch,
            night: self.is_dark(period),
            required: &required,
            standing: &|c| self.standing(c),
            down: &|n| self.is_down(n),
        })
    }

    /// In which order one tech who leaves a post now mends what is down, so that entrances are watched again soonest.
    /// By day and by night it is judged as if it were so for the whole shift. `effort` must be checked.
    #[must_use]
    pub fn repair_order(&self, period: Period, post: LonLat, effort: &Effort) -> RepairOrder {
        let lost = |e: EntranceIx| {
            let id = &self.topology.entrances.get(e.at())?.id;
            let required = self.registry.entrances.get(id).map(|entrance| entrance.required);
            required.filter(|_| self.state(e, period) == Some(EntranceState::Lost))
        };
        let night = self.is_dark(period);
        let outages = Outages {
            registry: &self.registry,
            topology: &self.topology,
            watch: &self.watch,
            night,
            lost: &lost,
            standing: &|c| self.standing(c),
            rests: &|w| self.rests(w, period),
            blamed: &|c| self.blamed(c),
            broken: &|n| self.broken(n),
        };
        plan::repair_order(&outages, post, effort)
    }

    /// Which entrances, and with the `cordon` of the registry in force which seals, would change if this were so, as
    /// things stand now. By day and by night it is judged as if it were, with the cameras that are live now.
    #[must_use]
    pub fn what_if(&self, period: Period, terms: &Terms, suppose: &Suppose, cordon: Option<&Cordon>) -> WhatIf {
        let minute = terms.clock.minute_of_day(self.at);
        let would_rest = |watcher: &Watcher, camera: &Camera| match period {
            Period::Now => camera.duty.is_some_and(|duty| !duty.judged().includes(minute)),
            Period::Day | Period::Night => watcher.rests(period == Period::Night),
        };
        let present = Present {
            registry: &self.registry,
            topology: &self.topology,
            watch: &self.watch,
            density: &terms.density,
            night: self.is_dark(period),
            state: &|e| self.state(e, period),
            standing: &|c| self.standing(c),
            rests: &|w| self.rests(w, period),
            would_rest: &would_rest,
            blamed: &|c| self.blamed(c).1,
            down: &|n| self.is_down(n),
            broken: &|n| self.broken(n).is_some(),
            cordon,
        };
        plan::what_if(&present, suppose)
    }

    /// Which cameras might be bought or mended so that entrances which lack them are watched, as things stand now; what
    /// is wished must be in range. Both day and night count, whichever it is.
    ///
    /// # Errors
    /// When it was stopped, or there is too much to choose from.
    pub fn placing(
        &self,
        terms: &Terms,
        level: Level,
        wishes: &Wishes,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<Placing, Unplaced> {
        let grounds = Grounds {
            registry: &self.registry,
            topology: &self.topology,
            watch: &self.watch,
            density: &terms.density,
            level,
            standing: &|c| self.standing(c),
            blamed: &|c| self.blamed(c).1,
            broken: &|n| self.broken(n).is_some(),
        };
        Placing::of(&grounds, wishes, keep_going)
    }

    /// How long it takes by road from the nearest post to each entrance that is in use; lost ones outside come first.
    /// `pace` must be checked.
    #[must_use]
    pub fn isochrone(&self, roads: &Roads, pace: &Pace) -> Isochrone {
        plan::isochrone(roads, &self.registry, &self.topology, pace, &|e| self.state(e, Period::Now))
    }

    /// Whether areas are sealed, as things stand now. `cordon` is that of the registry in force.
    #[must_use]
    pub fn seals(&self, cordon: &Cordon, ask: &SealAsk<'_>) -> Seals {
        let night = self.is_dark(ask.period);
        let rests = |w: &Watcher| self.rests(w, ask.period);
        let standing = |c: CameraIx| self.standing(c);
        let guards = Guards::count(&self.watch, &self.topology, ask.level, night, standing, rests);
        let counts = |life: Life| life.is_installed() || (ask.level == Level::Plan && life == Life::Planned);
        let life = |c: CameraIx| self.topology.cameras.get(c.at()).and_then(|slot| slot.life);
        let on_watch = |e: EntranceIx| {
            let sure = self.watch.watchers(e).iter().filter(|w| w.verdict(night) == Verdict::Yes && !rests(w));
            sure.map(|w| w.camera).filter(|c| life(*c).is_some_and(counts)).collect::<Vec<_>>()
        };
        let is_dead = |c: &CameraIx| ask.level == Level::Live && self.standing(*c) == Standing::Dead;
        let items = cordon.seals(&Question {
            scopes: ask.scopes,
            area: ask.area,
            guards: &guards,
            dead: &|e| on_watch(e).into_iter().filter(is_dead).collect(),
            watched: &|e| !on_watch(e).is_empty(),
        });
        let into = cordon.zones.judge(&guards).into;
        let judged = self.topology.entrances.iter().enumerate().filter(|(_, slot)| slot.judged);
        let too_few = judged.filter_map(|(i, slot)| {
            let required = self.registry.entrances.get(&slot.id)?.required.max(1) as usize;
            let entrance = EntranceIx::from(i);
            (on_watch(entrance).len() < required).then_some(entrance)
        });
        let screened = |e: EntranceIx| Scope::ALL.map(|scope| cordon.screened(e, &into, scope));
        Seals { items, unwatched: too_few.map(|e| (e, screened(e))).collect() }
    }

    /// The state of an entrance in a period; `None` where it is not judged.
    fn state(&self, entrance: EntranceIx, period: Period) -> Option<EntranceState> {
        let belief = self.entrances.get(entrance.at())?.as_ref()?;
        Some(match period {
            Period::Day => belief.day.state,
            Period::Night => belief.night.state,
            Period::Now => belief.now.state,
        })
    }

    /// Whether an installed watcher is off duty in a period.
    fn rests(&self, watcher: &Watcher, period: Period) -> bool {
        match period {
            Period::Now => self.cameras.get(watcher.camera.at()).is_some_and(|view| view.off_duty),
            Period::Day | Period::Night => watcher.rests(period == Period::Night),
        }
    }

    fn is_down(&self, node: NodeIx) -> bool {
        self.nodes.get(node.at()).is_some_and(|view| view.state == State::Down)
    }

    /// Since when a node is down by itself; `None` where it is not, or only for what is down above it.
    fn broken(&self, node: NodeIx) -> Option<Time> {
        let view = self.nodes.get(node.at())?;
        (view.state == State::Down && view.cause.is_none()).then_some(view.since)
    }

    /// Since when a camera is what it is, and the node that is to blame.
    fn blamed(&self, camera: CameraIx) -> (Time, Option<NodeIx>) {
        let Some(view) = self.cameras.get(camera.at()) else { return (self.at, None) };
        let node = match &view.cause {
            Some(Cause::Node(id) | Cause::Partial(id)) => self.topology.node(id.as_str()),
            _ => None,
        };
        (view.since, node)
    }

    /// Whether a period is judged by night.
    const fn is_dark(&self, period: Period) -> bool {
        match period {
            Period::Day => false,
            Period::Night => true,
            Period::Now => self.night,
        }
    }

    /// How a camera stands towards what it watches.
    #[must_use]
    pub fn standing(&self, camera: CameraIx) -> Standing {
        let view = self.cameras.get(camera.at());
        view.map_or(Standing::Unknown, |v| coverage::standing(v.state, v.before, v.flapping, v.reasons))
    }
}
