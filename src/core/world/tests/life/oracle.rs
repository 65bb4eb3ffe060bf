//! The oracle: holds what is said against what is so. It knows the truth and the words, nothing of what is believed;
//! of the World it asks only whether it says that it is blind or in a first round, and holds that against the truth too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::harness::Sim;
use super::super::kept::Sink;
use super::counters::Seen;
use super::hands::Hands;
use super::truth::{CENTRE, Truth};
use cunkou_core::alert::{
    Alert, AlertKey, AlertName, AlertObject, EndReason, Incident, IncidentStatus, Message, MessageKind, SayReason,
};
use cunkou_core::coverage::{is_night, next_change};
use cunkou_core::model::{CameraId, EntranceId, IncidentId, Severity, Span, Time};

/// Confirming, asking around and settling take at most so long (a stream that hangs: 30 s until it is asked, then
/// tries of 3, 10 and 10 s).
pub(crate) const TOLD_WITHIN: Span = Span::seconds(75);
/// What joined without a page is named to people within `regroup`, a minute, and the time until it is known.
pub(crate) const PEOPLE_WITHIN: Span = Span::seconds(450);
/// A recovery is confirmed, and told, within this.
const OVER_WITHIN: Span = Span::seconds(90);
/// An incident that nobody has taken is paged again after this.
const REMINDED_AFTER: Span = Span::hours(4);
/// What was told twice and more is no news when it rises again within this.
const RISES_AGAIN: Span = Span::minutes(4);
/// What is told was so at some moment of the time before.
pub(crate) const SLACK: Span = Span::seconds(60);

pub(crate) type Verdict = Result<(), String>;

#[derive(Default)]
pub(crate) struct Oracle {
    pub(crate) truth: Truth,
    pub(crate) seen: Seen,
    /// Open alerts that a word has named.
    pub(crate) open: BTreeMap<AlertKey, IncidentId>,
    /// The last word of each incident.
    pub(super) last: BTreeMap<IncidentId, (u32, Arc<Incident>)>,
    /// Lost entrances that people were told of.
    people: BTreeSet<EntranceId>,
    /// Entrances of which somebody took that they will be lost tonight.
    expected: BTreeSet<EntranceId>,
    /// Lost entrances that a page has named.
    paged: BTreeSet<EntranceId>,
    /// Incidents that have become more than info since they last paged.
    risen: BTreeSet<IncidentId>,
    /// When an incident last paged, by the clock of the truth.
    paged_at: BTreeMap<IncidentId, Time>,
    /// The last moment at which it could not know.
    pub(crate) dim: Time,
    /// The same of one entrance, where a camera of it could not be asked.
    pub(crate) dim_of: BTreeMap<EntranceId, Time>,
    /// When a camera could be asked again.
    pub(crate) unasked: BTreeMap<String, Time>,
    /// The last moment at which it had a reason to be blind.
    pub(crate) dark: Option<Time>,
    pub(crate) reloaded: Option<Time>,
    pub(crate) restarted: Option<Time>,
    /// What the wall clock showed when this was said.
    wall: Time,
    blind_since: Option<Time>,
    round_since: Option<Time>,
    pub(crate) hands: Hands,
    pub(crate) figures: Figures,
}

/// What docs/reliability.md says.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Figures {
    pub(crate) pages: u64,
    pub(crate) messages: u64,
    pub(crate) losses_told: u64,
    pub(crate) plain_losses: u64,
    pub(crate) plain_pages: u64,
    pub(crate) plain_named: u64,
    pub(crate) node_losses: u64,
    pub(crate) node_named: u64,
    pub(crate) after_acknowledgement: u64,
}

impl Oracle {
    /// Nothing can be known before `dim`.
    pub(crate) fn from(dim: Time) -> Oracle {
        Oracle { dim, ..Oracle::default() }
    }

    /// A word that was committed; `at` is when it was said, by the clock of the truth.
    pub(crate) fn hear(&mut self, message: &Message, at: Time, sim: &Sim) -> Verdict {
        self.wall = message.at;
        self.counts_on(message)?;
        let fresh: Vec<&Arc<Alert>> =
            message.alerts.iter().filter(|a| a.ended.is_none() && !self.open.contains_key(&a.key)).collect();
        for alert in &fresh {
            self.opens(alert, at, sim)?;
            if let (AlertName::EntranceLost, Some(id)) = (alert.key.name, alert.key.object.entrance()) {
                self.truth.entrances.get_mut(id).into_iter().for_each(|gap| gap.loss_was_told(at));
            }
        }
        self.pages_for_a_reason(message, at)?;
        if at.since(self.dim) > SLACK {
            self.truth.pages_for_no_work(message, at)?;
        }
        let before = self.last.get(&message.incident.id).map(|(_, i)| i.clone());
        self.hands.hear(message, before.as_deref(), at, &sim.policy)?;
        for alert in &message.alerts {
            match alert.ended {
                None => {
                    self.open.insert(alert.key.clone(), alert.incident);
                }
                Some((_, why)) => self.ends(alert, why, message, at)?,
            }
        }
        self.note_who_knows(message, at);
        if message.kind == MessageKind::Resolved {
            // What flapped is told anew from now on.
            let open = &self.open;
            self.paged.retain(|e| open.contains_key(&lost_key(e)));
            self.people.retain(|e| open.contains_key(&lost_key(e)));
        }
        self.seen.message(message);
        self.figures.messages += 1;
        self.last.insert(message.incident.id, (message.step, message.incident.clone()));
        Ok(())
    }

    /// Steps have no holes, numbers are never used again.
    fn counts_on(&self, message: &Message) -> Verdict {
        let id = message.incident.id;
        let expected = self.last.get(&id).map_or(1, |(step, _)| step + 1);
        if message.step != expected {
            return Err(format!("step {} of incident {id}, {expected} is expected", message.step));
        }
        let newest = self.last.keys().next_back();
        if expected == 1 && newest.is_some_and(|n| *n >= id) {
            return Err(format!("number {id} is used again"));
        }
        Ok(())
    }

    fn opens(&mut self, alert: &Alert, at: Time, sim: &Sim) -> Verdict {
        // What the store kept late was said before.
        let blind = sim.world.snapshot().blind.is_some_and(|since| since <= self.wall);
        if blind && alert.key.name == AlertName::EntranceLost {
            return Err(format!("{} is told as lost while blind", alert.key.object));
        }
        let so = match (&alert.key.object, alert.key.name) {
            (AlertObject::Entrance(id), name) => self.entrance_is_so(id, name, at, sim),
            (AlertObject::Camera(id), name) => self.camera_is_so(id, name, at, sim),
            (AlertObject::Node(id), AlertName::NodeDown) => self.node_is_so(id, at, sim),
            (AlertObject::Monitor, _) => self.dark.is_some_and(|t| at.since(t) <= SLACK),
            _ => self.truth.cameras.values().filter(|t| t.was_bad(at, Span::minutes(2))).count() >= 3,
        };
        if so { Ok(()) } else { Err(format!("told, and it is not so: {alert:#?}")) }
    }

    fn entrance_is_so(&self, id: &EntranceId, name: AlertName, at: Time, sim: &Sim) -> bool {
        let Some(gap) = self.truth.entrance(id) else { return false };
        let bad = |slack| gap.watchers.iter().any(|c| self.truth.cameras[c].was_bad(at, slack));
        let unaskable = || gap.watchers.iter().any(|c| self.was_unaskable(c, at, sim));
        let lossy = self.truth.lossy.is_some_and(|t| at.since(t) <= SLACK);
        self.truth.may_flap(id, at)
            || lossy
            || match name {
                AlertName::EntranceLost => gap.was_lost(at, SLACK) || gap.was_lost_by_turns(at, &self.truth.cameras),
                AlertName::EntranceReduced => gap.was_reduced(at, SLACK, &self.truth.cameras),
                AlertName::EntranceLostTonight => {
                    let dusk = next_change(self.wall, CENTRE).is_some_and(|t| t - self.wall <= Span::minutes(61));
                    dusk && !is_night(self.wall, CENTRE) && (gap.lost_by_night || bad(SLACK))
                }
                AlertName::EntranceUnknown => unaskable(),
                _ => true,
            }
    }

    fn was_unaskable(&self, id: &CameraId, at: Time, sim: &Sim) -> bool {
        sim.unaskable.contains(id.as_str()) || self.unasked.get(id.as_str()).is_some_and(|t| at.since(*t) <= SLACK)
    }

    fn camera_is_so(&self, id: &CameraId, name: AlertName, at: Time, sim: &Sim) -> bool {
        let Some(camera) = self.truth.cameras.get(id) else { return false };
        let lately = |t: Option<Time>, span| t.is_some_and(|t| at.since(t) <= span);
        match name {
            AlertName::CameraDown => camera.was_bad(at, SLACK) || lately(self.truth.lossy, SLACK),
            AlertName::CameraDegraded => {
                let odd = lately(camera.last_odd, Span::minutes(25));
                odd || camera.was_bad(at, Span::minutes(12)) || lately(self.dark, Span::minutes(12))
            }
            AlertName::CameraFlapping => camera.may_flap(at),
            AlertName::CameraUnknown => self.was_unaskable(id, at, sim),
            _ => true,
        }
    }

    /// A node that answers, or one without an address below which a camera answers that needs it, is not down.
    fn node_is_so(&self, id: &cunkou_core::model::NodeId, at: Time, sim: &Sim) -> bool {
        let (Some(node), Some(ix)) = (self.truth.nodes.get(id), sim.topology.node(id.as_str())) else { return false };
        if node.was_bad(at, SLACK) {
            return true;
        }
        let needs_it = |c: &&cunkou_core::registry::CameraSlot| c.required.contains(&ix);
        let answers = |c: &cunkou_core::registry::CameraSlot| {
            c.life.is_some_and(|l| l.is_installed())
                && self.truth.cameras.get(&c.id).is_some_and(|t| !t.was_bad(at, SLACK))
        };
        sim.topology.nodes[ix.at()].check.is_none() && !sim.topology.cameras.iter().filter(needs_it).any(answers)
    }

    fn ends(&mut self, alert: &Alert, why: EndReason, message: &Message, at: Time) -> Verdict {
        self.open.remove(&alert.key);
        let lately = |t: Option<Time>| t.is_some_and(|t| at.since(t) <= SLACK);
        let so = match (&alert.key.object, alert.key.name, why) {
            (_, _, EndReason::Removed) => lately(self.reloaded),
            (_, _, EndReason::Superseded) => true,
            (AlertObject::Entrance(id), AlertName::EntranceLost, _) => {
                self.truth.entrance(id).is_none_or(|g| g.was_well(at, OVER_WITHIN) || g.was_well_by_turns(at))
            }
            (AlertObject::Camera(id), AlertName::CameraDown, _) => {
                self.truth.cameras.get(id).is_none_or(|t| t.works || t.since.is_some_and(|t| at.since(t) <= SLACK))
            }
            (AlertObject::Monitor, ..) => {
                let sees = self.dark.is_none_or(|t| at.since(t) > Span::ZERO);
                sees || lately(self.restarted)
            }
            _ => true,
        };
        if let (AlertObject::Entrance(id), AlertName::EntranceLostTonight | AlertName::EntranceLost) =
            (&alert.key.object, alert.key.name)
            && why != EndReason::Superseded
        {
            self.expected.remove(id);
        }
        if let (AlertObject::Entrance(id), AlertName::EntranceLost) = (&alert.key.object, alert.key.name) {
            if message.incident.reopenings < 2 {
                self.people.remove(id);
                self.paged.remove(id);
            }
            if let Some(gap) = self.truth.entrances.get_mut(id) {
                gap.end_was_told();
            }
        }
        if so { Ok(()) } else { Err(format!("told as over, and it is not so: {alert:#?}")) }
    }

    /// A page is an incident's first word, or it says something that no page has said.
    fn pages_for_a_reason(&mut self, message: &Message, at: Time) -> Verdict {
        let before = self.last.get(&message.incident.id).map(|(_, i)| i.severity);
        if before.is_some_and(|s| s < Severity::Warning && s < message.incident.severity) {
            self.risen.insert(message.incident.id);
        }
        if !message.kind.pages() || message.incident.severity < Severity::Warning || message.why.is_for_machines() {
            return Ok(());
        }
        self.figures.pages += 1;
        if message.kind == MessageKind::Digest {
            return Ok(());
        }
        let before = self.last.get(&message.incident.id).map(|(_, i)| i);
        let lost = &message.incident.entrances_lost;
        let news = lost.iter().any(|e| !self.paged.contains(e));
        // What rises and falls is told once in a while, and not swallowed for that.
        let paged = self.paged_at.get(&message.incident.id).filter(|_| message.incident.pages > 2);
        let lately = paged.is_some_and(|t| at.since(*t) < RISES_AGAIN);
        let rises = before.is_none_or(|i| i.severity < message.incident.severity);
        let rose = !lately && (rises || self.risen.contains(&message.incident.id));
        let again = before.is_some_and(|i| !i.status.is_open() || message.incident.reopened_at > i.last_page_at);
        let taken = before.is_some_and(|i| i.status == IncidentStatus::Acknowledged);
        self.figures.after_acknowledgement += u64::from(taken && !news && !rose);
        // What maintenance held back and still stands is news when that ends, though another's page named what it took over.
        let held = message.why == SayReason::MaintenanceEnded && before.is_some_and(|i| i.last_page_at.is_none());
        let first = message.kind == MessageKind::Opened && (lost.is_empty() || news || held);
        // Held against its time by what is known of whose hands it is in.
        let goes_on = message.kind == MessageKind::Escalated;
        // What grew while its page waited for a digest is told whole, and that is the first that anybody hears of it.
        let unheard = self.hands.holds_a_page(message.incident.id);
        if first || news || rose || again || unheard || goes_on || self.is_due_reminder(message, at) {
            return Ok(());
        }
        Err(format!("a page that says nothing new ({:?}, {:?}): {:#?}", message.kind, message.why, message.incident))
    }

    /// Whether nobody has taken it and no page has told of it for as long as `remind` says, or who took it has had the
    /// time that they took.
    fn is_due_reminder(&self, message: &Message, at: Time) -> bool {
        let Some((_, before)) = self.last.get(&message.incident.id) else { return false };
        let taken_until = before.acknowledged.as_ref().map(|a| a.until);
        if message.why == SayReason::SilenceEnded {
            return before.silenced.as_ref().is_some_and(|_| !self.hands.is_silent(before.id, message.at));
        }
        message.kind == MessageKind::Reminded
            && match taken_until {
                Some(until) => message.why == SayReason::AckExpired && until.is_some_and(|t| t <= message.at),
                // By the clock of the wall, or by that of the truth, where the other was set back.
                None => {
                    let paged = self.paged_at.get(&message.incident.id);
                    before.last_page_at.is_some_and(|t| message.at.since(t) >= REMINDED_AFTER)
                        || paged.is_some_and(|t| at.since(*t) >= REMINDED_AFTER)
                }
            }
    }

    fn note_who_knows(&mut self, message: &Message, at: Time) {
        let lost = message.incident.entrances_lost.iter().cloned();
        if Sink::Phone.takes(message, true) && message.incident.severity >= Severity::Warning {
            self.people.extend(lost.clone());
        }
        if message.kind == MessageKind::Acknowledged {
            let open = message.alerts.iter().filter(|a| a.ended.is_none());
            let tonight = open.filter(|a| a.key.name == AlertName::EntranceLostTonight);
            self.expected.extend(tonight.filter_map(|a| a.key.object.entrance().cloned()));
        }
        if message.kind.pages() && !message.why.is_for_machines() {
            self.paged_at.insert(message.incident.id, at);
            self.risen.remove(&message.incident.id);
            self.figures.losses_told += message.incident.entrances_lost.len() as u64;
            self.paged.extend(lost);
        }
    }

    /// The process is another one.
    pub(crate) fn begins_anew(&mut self) {
        self.round_since = None;
        self.hands.begins_anew();
    }

    /// An incident that is told as over leaves no alert open.
    fn what_is_over_is_over(&self, sim: &Sim) -> Verdict {
        let over = |i: &IncidentId| self.last.get(i).is_some_and(|(_, i)| !i.status.is_open());
        // It may have gone over to another incident that names its camera already, without a word.
        let now = sim.world.snapshot().alerts;
        let of = |key: &AlertKey, told: &IncidentId| now.get(key).map_or(*told, |a| a.incident);
        match self.open.iter().find(|(key, told)| over(&of(key, told))) {
            Some((key, incident)) => Err(format!("incident {incident} is told as over, but {key:?} is not")),
            None => Ok(()),
        }
    }

    /// What must hold at any moment.
    pub(crate) fn check(&mut self, now: Time, sim: &Sim) -> Verdict {
        self.what_is_over_is_over(sim)?;
        self.hands_keep_their_promises(now, sim)?;
        let told_in = sim.world.snapshot().alerts;
        self.sees_what_can_be_seen(now, sim)?;
        for (id, gap) in &self.truth.entrances {
            let key = lost_key(id);
            let dim = self.dim_for(id);
            let named = self.open.contains_key(&key);
            if let Some(since) = gap.lost_since.map(|t| t.max(dim)) {
                if !named && now.since(since) > TOLD_WITHIN {
                    return Err(format!("{id} is lost since {since:?}, and at {now:?} nobody was told"));
                }
                let flaps = self.truth.may_flap(id, now);
                // What maintenance explains, or somebody silenced, pages nobody before that ends.
                let since = gap.last_planned.map_or(since, |t| since.max(t));
                let incident = told_in.get(&key).map(|a| a.incident).or(self.open.get(&key).copied());
                let quiet = incident.and_then(|i| self.hands.last_quiet(i));
                let since = quiet.map_or(since, |t| since.max(t));
                let due = now.since(since) > PEOPLE_WITHIN && !gap.planned;
                if named && due && !self.people.contains(id) && !self.expected.contains(id) && !flaps {
                    return Err(format!("{id} is lost since {since:?}, and at {now:?} no person was told"));
                }
            }
            let well = gap.well_since.filter(|_| gap.judged && named && !self.truth.may_flap(id, now));
            if let Some(since) = well.map(|t| t.max(dim)).filter(|t| now.since(*t) > OVER_WITHIN) {
                return Err(format!("{id} is watched again since {since:?}, and at {now:?} it is still told as lost"));
            }
        }
        Ok(())
    }

    pub(super) fn dim_for(&self, id: &EntranceId) -> Time {
        self.dim_of.get(id).map_or(self.dim, |t| self.dim.max(*t))
    }

    /// When something must have been told next.
    pub(crate) fn next_deadline(&self, now: Time) -> Option<Time> {
        let of = |(id, gap): (&EntranceId, &super::truth::Gap)| {
            let dim = self.dim_for(id);
            let lost = gap.lost_since.map(|t| [t.max(dim) + TOLD_WITHIN, t.max(dim) + PEOPLE_WITHIN]);
            let well = gap.well_since.map(|t| t.max(dim) + OVER_WITHIN);
            lost.into_iter().flatten().chain(well).map(|t| t + Span(1)).filter(|t| *t > now).min()
        };
        self.truth.entrances.iter().filter_map(of).min()
    }

    /// Blind and in a first round only for a reason, and not for ever.
    fn sees_what_can_be_seen(&mut self, now: Time, sim: &Sim) -> Verdict {
        let snapshot = sim.world.snapshot();
        self.blind_since = snapshot.blind.and(self.blind_since.or(Some(now)));
        self.round_since = snapshot.round.and(self.round_since.or(Some(now)));
        if let Some(since) = self.blind_since {
            self.seen.saw("blind");
            let reason = self.dark.unwrap_or_default();
            if now.since(since.max(reason)) > SLACK {
                return Err(format!("blind since {since:?} without a reason since {reason:?}, at {now:?}"));
            }
        }
        if self.round_since.is_some_and(|since| now.since(since) > Span::seconds(45)) && !sim.is_behind() {
            return Err(format!("a first round since {:?}, at {now:?}", self.round_since));
        }
        if self.blind_since.is_some() || self.round_since.is_some() {
            self.dim = self.dim.max(now);
        }
        Ok(())
    }
}

pub(crate) fn lost_key(id: &EntranceId) -> AlertKey {
    AlertKey { name: AlertName::EntranceLost, object: AlertObject::Entrance(id.clone()) }
}
