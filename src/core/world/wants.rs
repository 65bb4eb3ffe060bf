//! From belief to alerts: which alert each object wants now, and which incidents may say their first word.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Subject, World};
use crate::alert::{AlertKey, AlertName, AlertObject, CauseFacts, EndReason, Facts, Ready, Want, Wanted};
use crate::coverage::{EntranceState, GapReason};
use crate::health::machine::Health;
use crate::health::{Cause, CommonScope, Findings, MonitorCause, State};
use crate::model::planted;
use crate::model::{AreaId, CameraId, CameraIx, EntranceIx, NodeIx, Target, Time};
use crate::registry::{Entrance, Life, Registry};

impl World {
    /// Tells the book what every object that changed wants.
    pub(super) fn want(&mut self) {
        if self.is_holding_words() {
            // Nothing is lost: when this ends, everything is wanted anew.
            self.turn.everything = false;
            self.turn.cameras.clear();
            self.turn.nodes.clear();
            self.turn.entrances.clear();
            return;
        }
        self.want_sight();
        self.book.in_doubt = self.eyes.is_asking();
        let everything = std::mem::take(&mut self.turn.everything);
        let mut cameras: Vec<CameraIx> = std::mem::take(&mut self.turn.cameras).into_keys().collect();
        let mut nodes: Vec<NodeIx> = std::mem::take(&mut self.turn.nodes).into_keys().collect();
        let mut entrances: Vec<EntranceIx> = std::mem::take(&mut self.turn.entrances).into_iter().collect();
        if everything {
            cameras = (0..self.topology.cameras.len()).map(CameraIx::from).collect();
            nodes = (0..self.topology.nodes.len()).map(NodeIx::from).collect();
            entrances = (0..self.topology.entrances.len()).map(EntranceIx::from).collect();
        }
        let judged = self.fence.as_ref().is_some_and(|fence| fence.stale);
        let touched = everything || judged || !cameras.is_empty() || !entrances.is_empty();
        for node in nodes {
            self.want_node(node);
        }
        for camera in cameras {
            self.want_camera(camera);
        }
        for entrance in entrances {
            self.want_entrance(entrance);
        }
        if touched {
            self.want_seals(everything);
        }
        if everything || std::mem::take(&mut self.causes.groups_changed) {
            self.want_groups();
        }
        (self.turn.reloaded, self.turn.rerouted) = (false, false);
    }

    /// Lets those that waited long enough speak, and collects what is said.
    pub(super) fn say(&mut self) {
        // Most events change nothing: the book is not opened for them.
        let mute = self.is_holding_words();
        if self.book.mute == mute && self.book.has_nothing_to_say(self.now) {
            self.name_incidents();
            return;
        }
        let mut book = std::mem::take(&mut self.book);
        let blind = Cause::Monitor(MonitorCause::Blind);
        if mute {
            book.release_only(&blind, self.now);
        } else {
            let ready = |cause: &Cause| match self.is_withdrawn(cause) {
                true => Ready::Withdrawn,
                false if *cause == blind || (!self.eyes.is_asking() && self.is_ready(cause)) => Ready::Yes,
                false => Ready::NotYet,
            };
            book.release(self.now, self.eyes.is_asking(), &ready);
        }
        book.set_mute(mute, self.now);
        let said = book.speak(self.now, self);
        self.book = book;
        self.turn.effects.incidents.extend(said.incidents);
        self.turn.effects.alerts.extend(said.alerts);
        self.turn.effects.messages.extend(said.messages);
        self.name_incidents();
    }

    /// Transitions of this turn learn which incident they belong to.
    fn name_incidents(&mut self) {
        for transition in &mut self.turn.effects.transitions {
            let name = match &transition.subject {
                Subject::Entrance(id, _) if transition.to == "lost" => {
                    AlertKey { name: AlertName::EntranceLost, object: AlertObject::Entrance(id.clone()) }
                }
                Subject::Camera(id) if transition.to == "down" => {
                    AlertKey { name: AlertName::CameraDown, object: AlertObject::Camera(id.clone()) }
                }
                Subject::Node(id) if transition.to == "down" => {
                    AlertKey { name: AlertName::NodeDown, object: AlertObject::Node(id.clone()) }
                }
                _ => continue,
            };
            transition.incident = self.book.open.get(&name).map(|a| a.incident);
        }
    }

    /// A node that was blamed, and is no longer: those that it held down are asked.
    fn is_withdrawn(&self, cause: &Cause) -> bool {
        let Cause::Node(id) = cause else { return false };
        let node = self.topology.node(id.as_str());
        node.is_some_and(|n| !self.causes.judged.contains_key(&n) && self.node_failure(n).is_none())
    }

    /// A node that is blamed by inference has been asked and has not answered for itself.
    fn is_being_asked(&self, cause: &Cause) -> bool {
        let Cause::Node(id) = cause else { return false };
        let node = self.topology.node(id.as_str()).filter(|n| self.causes.judged.get(n).is_some_and(|j| !j.direct));
        node.and_then(|n| self.nodes.get(n.at())).is_some_and(|h| h.checks[0].asked_for.is_some())
    }

    /// Everybody who was asked because of a cause has answered.
    fn is_ready(&self, cause: &Cause) -> bool {
        if self.is_judging() || self.is_about_to_judge_seals() || self.is_being_asked(cause) {
            return false;
        }
        let members = self.causes.members.get(cause).into_iter().flatten().map(|c| Target::Camera(*c));
        let own = match cause {
            Cause::Camera(id) => self.topology.camera(id.as_str()).map(Target::Camera),
            Cause::Node(id) | Cause::Partial(id) => self.topology.node(id.as_str()).map(Target::Node),
            _ => None,
        };
        let held = matches!(cause, Cause::Node(_));
        let waits = |t: Target| self.is_silent_from_before_an_acquittal(t) || self.is_doubted_above(t);
        !own.is_some_and(waits) && members.chain(own).all(|t| !self.is_coming_to(t) && self.have_answered(t, held))
    }

    fn want_camera(&mut self, camera: CameraIx) {
        let Some(slot) = self.topology.cameras.get(camera.at()) else { return };
        let object = || AlertObject::Camera(slot.id.clone());
        let registered = self.registry.cameras.get(&slot.id);
        let installed = slot.life.is_some_and(Life::is_installed);
        let Some(health) = self.cameras.get(camera.at()) else { return };
        if installed && health.resting.is_some() {
            // Off duty: nothing opens and nothing closes.
            return;
        }
        let wanted = |cause: Cause, since: Time| Wanted {
            cause,
            since,
            name: registered.map_or_else(|| slot.id.as_str().into(), |c| c.name.clone()),
            village_name: village_name(&self.registry, slot.village.as_ref()),
            area: registered.map(|c| c.area.clone()),
            village: slot.village.clone(),
            planned: self.life(camera) == Some(Life::Maintenance),
            leak: None,
        };
        let own = Cause::Camera(slot.id.clone());
        let gone = if planted!(RemovedOnesStay) { Want::Keep } else { Want::Closed(EndReason::Removed) };
        let over = || Want::Closed(EndReason::Recovered);
        let down = match health.state {
            State::Down => Want::Open(wanted(self.camera_cause(camera), health.since)),
            State::Up | State::Degraded => over(),
            State::Unknown | State::Suspect => Want::Keep,
        };
        let degraded = match health.state {
            State::Degraded => Want::Open(wanted(own.clone(), health.since)),
            State::Up => over(),
            State::Down => Want::Closed(EndReason::Superseded),
            State::Unknown | State::Suspect => Want::Keep,
        };
        let flapping = if health.flapping { Want::Open(wanted(own, health.since)) } else { over() };
        let long = self.now.since(health.since) >= self.policy.alert.unknown_after;
        let unknown = match health.state {
            State::Unknown if long => Want::Open(wanted(self.why_unknown(), health.since)),
            State::Unknown | State::Suspect => Want::Keep,
            _ => over(),
        };
        let all = [
            (AlertName::CameraDown, down),
            (AlertName::CameraDegraded, degraded),
            (AlertName::CameraFlapping, flapping),
            (AlertName::CameraUnknown, unknown),
        ];
        let all =
            all.map(|(name, want)| (AlertKey { name, object: object() }, if installed { want } else { gone.clone() }));
        for (key, want) in all {
            self.book.want(&key, want, self.now);
        }
    }

    fn want_node(&mut self, node: NodeIx) {
        let Some(slot) = self.topology.nodes.get(node.at()) else { return };
        let key = AlertKey { name: AlertName::NodeDown, object: AlertObject::Node(slot.id.clone()) };
        let want = match self.node_failure(node) {
            _ if slot.kind.is_none() => Want::Closed(EndReason::Removed),
            Some(since) => Want::Open(Wanted {
                cause: Cause::Node(slot.id.clone()),
                since,
                name: self.registry.nodes.get(&slot.id).map_or_else(|| slot.id.as_str().into(), |n| n.name.clone()),
                village_name: Arc::from(""),
                area: None,
                village: None,
                planned: self.service.holds_node(node),
                leak: None,
            }),
            None if self.is_cut_off(node) => Want::Closed(EndReason::Superseded),
            None if self.nodes.get(node.at()).is_some_and(Health::is_down_itself) => Want::Keep,
            None if self.nodes.get(node.at()).is_some_and(is_in_doubt) => Want::Keep,
            None => Want::Closed(EndReason::Recovered),
        };
        self.book.want(&key, want, self.now);
    }

    /// Whether judged nodes above a node are enough to take it out.
    fn is_cut_off(&self, node: NodeIx) -> bool {
        !self.topology.node_works(node, &|n| self.causes.judged.contains_key(&n))
    }

    /// Since when a node is a cause: judged down, or failing by its own probe with nothing above it to blame.
    pub(super) fn node_failure(&self, node: NodeIx) -> Option<Time> {
        if let Some(judged) = self.causes.judged.get(&node) {
            return Some(judged.since);
        }
        let health = self.nodes.get(node.at()).filter(|h| h.is_down_itself())?;
        let last = health.checks[0].last_fail.unwrap_or_default();
        // Silence from before it or a node above it was proven to work says nothing of it yet; nor is one that has just
        // answered a cause, though that is not confirmed.
        let acquitted = self.causes.acquitted.get(&node).is_some_and(|proof| last < proof.begun);
        let heard =
            health.checks[0].last_alive == Some(true) || acquitted || self.precedes_acquittal(Target::Node(node), last);
        if heard || self.is_cut_off(node) {
            return None;
        }
        health.first_failure()
    }

    fn want_groups(&mut self) {
        let live: BTreeSet<AlertKey> = self.causes.members.keys().filter_map(group_key).collect();
        let group = |k: &&AlertKey| matches!(k.name, AlertName::NodePartial | AlertName::CommonCause);
        let held = self.book.held_keys().filter(group).filter(|k| !live.contains(*k));
        for key in held.cloned().collect::<Vec<_>>() {
            let node = match &key.object {
                AlertObject::Node(id) => self.topology.node(id.as_str()),
                _ => None,
            };
            // What failed in part may have failed altogether by now.
            let whole = node.is_some_and(|n| self.node_failure(n).is_some() || self.is_cut_off(n));
            let why = if whole { EndReason::Superseded } else { EndReason::Recovered };
            self.book.want(&key, Want::Closed(why), self.now);
        }
        for cause in self.causes.members.keys().cloned().collect::<Vec<_>>() {
            let Some(key) = group_key(&cause) else { continue };
            let planned = self.is_planned(&cause);
            if self.book.holds(&key) {
                self.book.replan(&key, planned);
                continue;
            }
            let since = self.causes.members.get(&cause).into_iter().flatten();
            let since = since.filter_map(|c| self.cameras.get(c.at())).map(|h| h.since).min().unwrap_or(self.now);
            let village = match &cause {
                Cause::Common(CommonScope::Village(v)) => Some(v.clone()),
                _ => None,
            };
            let wanted = Wanted {
                since,
                name: self.cause_name(&cause),
                village_name: village_name(&self.registry, village.as_ref()),
                area: None,
                village,
                planned,
                leak: None,
                cause,
            };
            self.book.want(&key, Want::Open(wanted), self.now);
        }
    }

    fn want_entrance(&mut self, entrance: EntranceIx) {
        let Some(slot) = self.topology.entrances.get(entrance.at()) else { return };
        let key = |name| AlertKey { name, object: AlertObject::Entrance(slot.id.clone()) };
        let names = [
            AlertName::EntranceLost,
            AlertName::EntranceReduced,
            AlertName::EntranceUnknown,
            AlertName::EntranceLostTonight,
        ];
        let keys = names.map(key);
        let wants = match self.registry.entrances.get(&slot.id) {
            Some(object) if slot.judged => self.entrance_wants(entrance, object),
            _ => [(); 4].map(|()| Want::Closed(EndReason::Removed)),
        };
        for (key, want) in keys.iter().zip(wants) {
            self.book.want(key, want, self.now);
        }
    }

    fn entrance_wants(&self, entrance: EntranceIx, object: &Entrance) -> [Want; 4] {
        let Some(Some(belief)) = self.entrance_views.get(entrance.at()) else {
            return [(); 4].map(|()| Want::Keep);
        };
        let slot = &self.topology.entrances[entrance.at()];
        let open = |cause: Cause, since: Time, planned: bool| {
            Want::Open(Wanted {
                cause,
                planned,
                since,
                name: object.name.clone(),
                village_name: village_name(&self.registry, slot.village.as_ref()),
                area: Some(object.area.clone()),
                village: slot.village.clone(),
                leak: None,
            })
        };
        let over = || Want::Closed(EndReason::Recovered);
        let superseded = || Want::Closed(EndReason::Superseded);
        let cause = || belief.cause.clone().unwrap_or(self.why_unknown());
        let (state, since) = (belief.now.state, belief.since);
        // The plan's own gaps close an alert only when the registry made them: dusk closes nothing, dawn opens nothing.
        let by_registry = self.turn.reloaded && belief.now.gap != Some(GapReason::OffDuty);
        let gap =
            || if by_registry || planted!(DuskClosesAlerts) { Want::Closed(EndReason::Removed) } else { Want::Keep };
        use EntranceState as E;
        let lost = match state {
            E::Lost => open(cause(), since, belief.now.outage_planned),
            E::Covered | E::Reduced => over(),
            E::Unknown => Want::Keep,
            E::Planned | E::Unwatched => gap(),
        };
        let reduced = match state {
            // Whom nothing is known of may be what it is short of.
            E::Reduced if belief.now.live + belief.now.unknown >= object.target => Want::Keep,
            E::Reduced if belief.cause.is_some() => {
                open(cause(), since, self.would_watch(entrance, object.target.max(object.required)))
            }
            E::Reduced | E::Covered => over(),
            E::Lost => superseded(),
            E::Unknown => Want::Keep,
            E::Planned | E::Unwatched => gap(),
        };
        let long = self.now.since(since) >= self.policy.alert.unknown_after;
        let unknown = match state {
            E::Unknown if long => open(cause(), since, self.would_watch(entrance, object.required)),
            E::Unknown => Want::Keep,
            E::Lost => superseded(),
            _ => over(),
        };
        let lost_by_night = belief.night.state == E::Lost && belief.day.state != E::Lost;
        let tonight = match state {
            E::Lost => superseded(),
            _ if self.tonight && lost_by_night => {
                open(self.night_cause(entrance), belief.since_night, belief.night.outage_planned)
            }
            _ => over(),
        };
        [lost, reduced, unknown, tonight]
    }

    /// Why an entrance will be lost by night: the camera with light that failed last.
    fn night_cause(&self, entrance: EntranceIx) -> Cause {
        let watchers = self.watch.of_entrance.get(entrance.at()).map_or(&[][..], Vec::as_slice);
        let dead = watchers.iter().filter(|w| {
            w.night == crate::coverage::Verdict::Yes
                && self.is_installed(w.camera)
                && self.standing(w.camera) == crate::coverage::Standing::Dead
        });
        let last = dead.max_by_key(|w| self.cameras.get(w.camera.at()).map(|h| h.since));
        last.map_or_else(|| self.why_unknown(), |w| self.camera_cause(w.camera))
    }

    fn cause_name(&self, cause: &Cause) -> Arc<str> {
        let registry = &self.registry;
        match cause {
            Cause::Camera(id) => registry.cameras.get(id).map_or_else(|| id.as_str().into(), |c| c.name.clone()),
            Cause::Node(id) | Cause::Partial(id) => {
                registry.nodes.get(id).map_or_else(|| id.as_str().into(), |n| n.name.clone())
            }
            Cause::Common(CommonScope::Village(v)) => village_name(registry, Some(v)),
            Cause::Common(_) => cause.object().into(),
            Cause::Monitor(_) => "cunkou".into(),
        }
    }
}

/// Nothing sure is known of a probed node: what was open stays open.
fn is_in_doubt(health: &Health) -> bool {
    health.is_asked() && matches!(health.state, State::Suspect | State::Unknown)
}

pub(super) fn group_key(cause: &Cause) -> Option<AlertKey> {
    match cause {
        Cause::Partial(id) => Some(AlertKey { name: AlertName::NodePartial, object: AlertObject::Node(id.clone()) }),
        Cause::Common(_) => {
            Some(AlertKey { name: AlertName::CommonCause, object: AlertObject::Common(cause.to_string().into()) })
        }
        _ => None,
    }
}

fn village_name(registry: &Registry, village: Option<&AreaId>) -> Arc<str> {
    village.and_then(|v| registry.areas.get(v)).map_or_else(|| Arc::from(""), |a| a.name.clone())
}

impl Facts for World {
    fn cause(&self, cause: &Cause) -> CauseFacts {
        let id = |n: &NodeIx| Cause::Node(self.topology.nodes[n.at()].id.clone());
        let members = self.causes.members.get(cause).into_iter().flatten();
        let mut cameras: Vec<CameraId> = members.map(|c| self.topology.cameras[c.at()].id.clone()).collect();
        if let Cause::Camera(own) = cause {
            let down = self.topology.camera(own.as_str()).is_some_and(|c| self.camera_state(c) == State::Down);
            if down && !cameras.contains(own) {
                cameras.push(own.clone());
            }
        }
        let node = match cause {
            Cause::Node(n) | Cause::Partial(n) => self.topology.node(n.as_str()),
            _ => None,
        };
        let judged = node.and_then(|n| self.causes.judged.get(&n));
        CauseFacts {
            name: self.cause_name(cause),
            rivals: judged.map(|j| j.rivals.iter().map(id).collect()).unwrap_or_default(),
            exact: judged.is_none_or(|j| j.exact),
            cameras_of: node.and_then(|n| u32::try_from(self.topology.nodes[n.at()].below.len()).ok()),
            cameras,
        }
    }

    fn findings(&self, cause: &Cause) -> Option<Findings> {
        self.found(cause)
    }

    fn village(&self, camera: &CameraId) -> Option<AreaId> {
        let ix = self.topology.camera(camera.as_str())?;
        self.topology.cameras.get(ix.at())?.village.clone()
    }
}
