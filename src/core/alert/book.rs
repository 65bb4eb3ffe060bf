//! The book of alerts and incidents: what holds, what waits for its first word, what belongs together.
//!
//! Level-triggered: the World says for an object what is wanted now, the book finds the difference. What changed is
//! collected and said by [`Book::speak`] (speak.rs), once an event.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::agenda::Agenda;
use super::gather::Gathered;
use super::named::{is_told_by_name, name, name_seals, unname};
use super::{Alert, AlertKey, AlertName, EndReason, Incident, IncidentStatus, Leak, Policy, SayReason};
use crate::health::Cause;
use crate::model::planted;
use crate::model::{AreaId, IncidentId, Span, Time};

/// What should hold for an alert.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Want {
    /// It should be open.
    Open(Wanted),
    /// Nothing is known that opens or closes it.
    Keep,
    /// It should be closed.
    Closed(EndReason),
}

/// An alert that should be open.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Wanted {
    pub(crate) cause: Cause,
    pub(crate) since: Time,
    pub(crate) name: Arc<str>,
    pub(crate) village_name: Arc<str>,
    pub(crate) area: Option<AreaId>,
    pub(crate) village: Option<AreaId>,
    /// Maintenance explains it.
    pub(crate) planned: bool,
    /// Of a broken seal: the way in.
    pub(crate) leak: Option<Arc<Leak>>,
}

/// What waits under a cause that is blamed no longer waits for so many times `settle`: a confirmation of a stream takes
/// ten seconds, and may have been asked for when another had just begun.
const WITHDRAWN_TIMES: i64 = 4;

/// Whether the first word of a cause may be said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ready {
    /// Everybody who was asked because of it has answered.
    Yes,
    /// Somebody has not.
    NotYet,
    /// It is blamed no longer.
    Withdrawn,
}

/// Alerts of one cause that wait for their first word.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Pending {
    /// When the first of them was wanted.
    pub(crate) since: Time,
    /// Their cause is blamed no longer: they are about to be over, or somebody else's.
    pub(crate) withdrawn: bool,
    pub(crate) alerts: BTreeMap<AlertKey, Wanted>,
}

impl Pending {
    /// When it is said at the latest.
    fn due(&self, settle: Span, asking: bool) -> Time {
        let times = match (self.withdrawn, asking) {
            (true, _) => WITHDRAWN_TIMES,
            (false, true) => 2,
            (false, false) => 1,
        };
        self.since + settle * times
    }
}

/// What happened to an incident since it last spoke.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Touch {
    pub(super) opened: bool,
    pub(super) reopened: bool,
    pub(super) joined: bool,
    /// Alerts came over from another incident, where they were told.
    pub(super) moved: bool,
    pub(super) ended: Vec<Arc<Alert>>,
    pub(super) cause_changed: bool,
    pub(super) merged: bool,
    pub(super) taken: bool,
    pub(super) silenced: bool,
    /// An acknowledgement or silence ended.
    pub(super) lapsed: Option<SayReason>,
    /// It is not as it was kept, whether or not there is something to say.
    pub(super) edited: bool,
}

/// All alerts and incidents.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Book {
    pub(super) policy: Policy,
    /// Open alerts.
    pub(crate) open: Arc<BTreeMap<AlertKey, Arc<Alert>>>,
    /// Open incidents, and those that were over lately.
    pub(crate) incidents: Arc<BTreeMap<IncidentId, Arc<Incident>>>,
    pub(super) by_cause: BTreeMap<Cause, IncidentId>,
    /// Open alerts of each incident.
    by_incident: BTreeMap<IncidentId, BTreeSet<AlertKey>>,
    /// When something is to be said of an incident without an event.
    pub(super) words: Agenda,
    /// Incidents that are over, by the time of their end.
    pub(super) over: BTreeSet<(Time, IncidentId)>,
    pub(crate) pending: BTreeMap<Cause, Pending>,
    pending_cause: BTreeMap<AlertKey, Cause>,
    pub(super) touched: BTreeMap<IncidentId, Touch>,
    pub(super) changed_alerts: BTreeSet<AlertKey>,
    pub(super) ended: Vec<Arc<Alert>>,
    /// Nothing may be said but of sight itself: a first round, or blindness.
    pub(crate) mute: bool,
    /// Whether we see is being asked: nothing joins what is open before that is known.
    pub(crate) in_doubt: bool,
    /// Nothing that was told is said again before this: what may be over by now has its time to show.
    pub(super) again_from: Time,
    pub(super) storm: super::storm::Storm,
    /// Words that wait for more of their kind.
    pub(super) gathered: BTreeMap<IncidentId, Gathered>,
    /// Alerts whose end waits with them, and in which incident.
    pub(super) ends_untold: BTreeMap<AlertKey, IncidentId>,
    /// Incidents whose words wait no longer: such an alert is open again, there or elsewhere, or nothing may be said from
    /// now on.
    pub(super) not_to_wait: BTreeSet<IncidentId>,
    pub(super) next: u64,
}

/// Whether it unites cameras that no node explains, so that a node, or our own sight, may explain them once those that
/// were asked have answered.
const fn may_be_another(cause: &Cause) -> bool {
    matches!(cause, Cause::Partial(_) | Cause::Common(_))
}

impl Book {
    /// A book that goes on with what was open; of alerts that ended, with those whose end no word has told.
    pub(crate) fn restore(policy: Policy, incidents: Vec<Incident>, alerts: Vec<Alert>, next: u64, now: Time) -> Book {
        let (open, ended): (Vec<Alert>, Vec<Alert>) = alerts.into_iter().partition(|a| a.ended.is_none());
        let open: BTreeMap<AlertKey, Arc<Alert>> = open.into_iter().map(|a| (a.key.clone(), Arc::new(a))).collect();
        let mut incidents: BTreeMap<IncidentId, Arc<Incident>> =
            incidents.into_iter().map(|i| (i.id, Arc::new(i))).collect();
        // An incident without an open alert flaps, and was waiting for its end; since when, a database of before does not
        // know.
        let empty = |i: &&mut Arc<Incident>| i.status.is_open() && open.values().all(|a| a.incident != i.id);
        for incident in incidents.values_mut().filter(empty).filter(|i| i.news.calm_since.is_none()) {
            Arc::make_mut(incident).news.calm_since = Some(now);
        }
        let by_cause = incidents.values().filter(|i| i.status.is_open()).map(|i| (i.cause.clone(), i.id)).collect();
        let next = incidents.keys().next_back().map_or(next, |last| next.max(last.0 + 1)).max(1);
        let (open, incidents) = (Arc::new(open), Arc::new(incidents));
        let mut by_incident: BTreeMap<IncidentId, BTreeSet<AlertKey>> = BTreeMap::new();
        for alert in open.values() {
            by_incident.entry(alert.incident).or_default().insert(alert.key.clone());
        }
        let over = incidents.values().filter(|i| !i.status.is_open()).map(|i| (i.resolved_at.unwrap_or(now), i.id));
        let over = over.collect();
        let mut book = Book { policy, open, incidents, by_cause, by_incident, over, next, ..Book::default() };
        book.resume_what_waits(ended, now);
        for id in book.incidents.keys().copied().collect::<Vec<_>>() {
            book.wind(id, now);
        }
        book
    }

    /// The number that the next incident gets.
    pub(crate) fn next_id(&self) -> u64 {
        self.next
    }

    /// Says what should hold for an alert now.
    pub(crate) fn want(&mut self, key: &AlertKey, want: Want, now: Time) {
        match want {
            Want::Open(wanted) => self.want_open(key, wanted, now),
            Want::Keep => {}
            Want::Closed(reason) => self.want_closed(key, reason, now),
        }
    }

    /// Whether an alert is open or waits to be.
    pub(crate) fn holds(&self, key: &AlertKey) -> bool {
        self.open.contains_key(key) || self.pending_cause.contains_key(key)
    }

    /// Whether an alert was told and is not over.
    pub(crate) fn is_open(&self, key: &AlertKey) -> bool {
        self.open.contains_key(key)
    }

    /// Whether nothing waits to be said.
    pub(crate) fn is_idle(&self) -> bool {
        self.pending.is_empty() && self.touched.is_empty() && self.changed_alerts.is_empty() && self.ended.is_empty()
    }

    /// Alerts that are open or wait to be.
    pub(crate) fn held_keys(&self) -> impl Iterator<Item = &AlertKey> {
        self.open.keys().chain(self.pending_cause.keys())
    }

    fn want_open(&mut self, key: &AlertKey, wanted: Wanted, now: Time) {
        if self.open.contains_key(key) {
            self.replan(key, wanted.planned);
        }
        if let Some(alert) = self.open.get(key) {
            if alert.cause.as_ref() != Some(&wanted.cause) {
                let incident = alert.incident;
                self.edit_alert(key, |a| a.cause = Some(wanted.cause));
                self.touched.entry(incident).or_default().cause_changed = true;
            }
            self.lead_elsewhere(key, wanted.leak);
            return;
        }
        // While we doubt our sight it waits, and joins when that is over; so does what others of its cause wait for.
        let waits = self.in_doubt || (may_be_another(&wanted.cause) && self.pending.contains_key(&wanted.cause));
        if let Some(incident) = self.by_cause.get(&wanted.cause).copied().filter(|_| !waits) {
            self.forget_pending(key);
            self.join(incident, key, wanted);
            return;
        }
        if self.pending_cause.get(key).is_some_and(|cause| *cause != wanted.cause) {
            self.forget_pending(key);
        }
        self.pending_cause.insert(key.clone(), wanted.cause.clone());
        let fresh = || Pending { since: now, withdrawn: false, alerts: BTreeMap::new() };
        self.pending.entry(wanted.cause.clone()).or_insert_with(fresh).alerts.insert(key.clone(), wanted);
    }

    /// Another way leads in by now. Machines follow; people know that the seal is broken.
    fn lead_elsewhere(&mut self, key: &AlertKey, leak: Option<Arc<Leak>>) {
        let Some(alert) = self.open.get(key).filter(|a| a.leak != leak) else { return };
        let incident = alert.incident;
        self.edit_alert(key, |a| a.leak = leak);
        self.touched.entry(incident).or_default().joined = true;
    }

    /// The way in that was found for a seal that is broken, or waits to be told so.
    pub(crate) fn leak(&self, key: &AlertKey) -> Option<&Arc<Leak>> {
        if let Some(alert) = self.open.get(key) {
            return alert.leak.as_ref();
        }
        let pending = self.pending.get(self.pending_cause.get(key)?)?;
        pending.alerts.get(key)?.leak.as_ref()
    }

    fn want_closed(&mut self, key: &AlertKey, reason: EndReason, now: Time) {
        self.forget_pending(key);
        if planted!(AlertsNeverEnd) {
            return;
        }
        let Some(alert) = Arc::make_mut(&mut self.open).remove(key) else { return };
        let mut alert = Arc::unwrap_or_clone(alert);
        self.leave_incident(alert.incident, key);
        alert.ended = Some((now, reason));
        let alert = Arc::new(alert);
        self.touched.entry(alert.incident).or_default().ended.push(alert.clone());
        self.end_of_a_name(&alert, now);
        self.ended.push(alert);
    }

    /// What ended is news when it comes again.
    pub(super) fn end_of_a_name(&mut self, alert: &Alert, now: Time) {
        let key = &alert.key;
        if is_told_by_name(key) {
            // Its end is told with this step: lost again, it is news again.
            // An incident that flaps was told once for all that.
            // Another may have named it before its loss moved to this one.
            let named = self.incidents.values().filter(|i| i.status.is_open() && i.has_named(key)).map(|i| i.id);
            for id in named.chain([alert.incident]).collect::<BTreeSet<_>>() {
                self.edit_incident(id, |i| {
                    i.news.note_over(key);
                    if !super::speak::flaps(i, now) {
                        unname(i, key);
                    }
                });
            }
        } else if key.name == AlertName::EntranceLostTonight
            && alert.ended.is_none_or(|(_, why)| why != EndReason::Superseded)
        {
            // What somebody took as expected did not come to pass; unless it has, by day.
            let lost = AlertKey { name: AlertName::EntranceLost, object: key.object.clone() };
            if !self.open.contains_key(&lost) {
                self.edit_incident(alert.incident, |i| unname(i, key));
            }
        }
    }

    /// Whether maintenance explains an alert that is open or waits is seen anew.
    pub(crate) fn replan(&mut self, key: &AlertKey, planned: bool) {
        if let Some(cause) = self.pending_cause.get(key) {
            let waiting = self.pending.get_mut(cause).and_then(|p| p.alerts.get_mut(key));
            waiting.into_iter().for_each(|w| w.planned = planned);
            return;
        }
        let Some(alert) = self.open.get(key).filter(|a| a.planned != planned) else { return };
        let incident = alert.incident;
        self.edit_alert(key, |a| {
            a.planned = planned;
            a.told |= !planned;
        });
        let touch = self.touched.entry(incident).or_default();
        touch.edited = true;
    }

    fn forget_pending(&mut self, key: &AlertKey) {
        let Some(cause) = self.pending_cause.remove(key) else { return };
        if let Some(pending) = self.pending.get_mut(&cause) {
            pending.alerts.remove(key);
            if pending.alerts.is_empty() {
                self.pending.remove(&cause);
            }
        }
    }

    /// What waits under this cause waits anew.
    pub(crate) fn postpone(&mut self, cause: &Cause, now: Time) {
        if let Some(pending) = self.pending.get_mut(cause) {
            pending.since = now;
        }
    }

    /// Nothing that waits will be said: it was our own blindness.
    pub(crate) fn drop_pending(&mut self) {
        self.pending.clear();
        self.pending_cause.clear();
    }

    pub(super) fn join(&mut self, incident: IncidentId, key: &AlertKey, wanted: Wanted) {
        let alert = Alert {
            key: key.clone(),
            incident,
            label_incident: incident,
            label_area: wanted.area,
            label_village: wanted.village,
            name: wanted.name,
            village_name: wanted.village_name,
            cause: Some(wanted.cause),
            since: wanted.since,
            ended: None,
            told: !wanted.planned,
            planned: wanted.planned,
            leak: wanted.leak,
        };
        self.not_to_wait.extend(self.ends_untold.get(key));
        Arc::make_mut(&mut self.open).insert(key.clone(), Arc::new(alert));
        self.by_incident.entry(incident).or_default().insert(key.clone());
        self.changed_alerts.insert(key.clone());
        self.touched.entry(incident).or_default().joined = true;
    }

    pub(super) fn edit_alert(&mut self, key: &AlertKey, edit: impl FnOnce(&mut Alert)) {
        if let Some(alert) = Arc::make_mut(&mut self.open).get_mut(key) {
            edit(Arc::make_mut(alert));
            self.changed_alerts.insert(key.clone());
        }
    }

    pub(super) fn edit_incident(&mut self, id: IncidentId, edit: impl FnOnce(&mut Incident)) {
        if let Some(incident) = Arc::make_mut(&mut self.incidents).get_mut(&id) {
            edit(Arc::make_mut(incident));
        }
    }

    /// Open alerts of an incident.
    pub(super) fn alerts_of(&self, id: IncidentId) -> Vec<Arc<Alert>> {
        self.by_incident.get(&id).into_iter().flatten().filter_map(|key| self.open.get(key).cloned()).collect()
    }

    /// An alert goes to another incident.
    fn move_alert(&mut self, key: &AlertKey, to: IncidentId) {
        let Some(from) = self.open.get(key).map(|a| a.incident) else { return };
        self.leave_incident(from, key);
        self.by_incident.entry(to).or_default().insert(key.clone());
        self.edit_alert(key, |a| a.incident = to);
    }

    fn leave_incident(&mut self, from: IncidentId, key: &AlertKey) {
        if let Some(keys) = self.by_incident.get_mut(&from) {
            keys.remove(key);
            if keys.is_empty() {
                self.by_incident.remove(&from);
            }
        }
    }

    /// Gives those that wait and are ready their incident; at the latest when `settle` has passed, and while sight is
    /// doubted (`asking`) when that has had its `settle` too. What waits under a cause that is blamed no longer has the
    /// time of a confirmation to answer for itself.
    pub(crate) fn release(&mut self, now: Time, asking: bool, ready: &dyn Fn(&Cause) -> Ready) {
        if !asking {
            self.adopt_pending(now);
        }
        let mut due = Vec::new();
        let settle = self.policy.settle;
        for (cause, pending) in &mut self.pending {
            let ready = ready(cause);
            pending.withdrawn = ready == Ready::Withdrawn;
            if ready == Ready::Yes || now >= pending.due(settle, asking) {
                due.push(cause.clone());
            }
        }
        self.open_pending(due, now);
    }

    /// Gives this cause its incident, whatever else waits.
    pub(crate) fn release_only(&mut self, cause: &Cause, now: Time) {
        if self.pending.contains_key(cause) {
            self.open_pending(vec![cause.clone()], now);
        }
    }

    fn open_pending(&mut self, causes: Vec<Cause>, now: Time) {
        for cause in causes {
            let Some(pending) = self.pending.remove(&cause) else { continue };
            let open = self.by_cause.get(&cause).copied();
            let id = open.unwrap_or_else(|| self.reopen_or_create(&cause, &pending, now));
            for (key, wanted) in pending.alerts {
                self.pending_cause.remove(&key);
                self.join(id, &key, wanted);
            }
        }
    }

    /// When the next of those that wait is said at the latest.
    pub(crate) fn next_release(&self, asking: bool) -> Option<Time> {
        self.pending.values().map(|p| p.due(self.policy.settle, asking)).min()
    }

    /// What waits under a cause that an open incident has by now joins that, unless the cause may be another yet.
    fn adopt_pending(&mut self, now: Time) {
        self.rename_causes(now);
        let fits = |c: &&Cause| self.by_cause.contains_key(*c) && !may_be_another(c);
        let adopted: Vec<Cause> = self.pending.keys().filter(fits).cloned().collect();
        for cause in adopted {
            let (Some(pending), Some(id)) = (self.pending.remove(&cause), self.by_cause.get(&cause).copied()) else {
                continue;
            };
            for (key, wanted) in pending.alerts {
                self.pending_cause.remove(&key);
                self.join(id, &key, wanted);
            }
        }
    }

    /// An incident whose alerts all have another cause by now takes that cause, or merges into the incident that has
    /// it; single alerts move to the incident of their cause. What is left of one whose cause has healed takes the first
    /// of the causes that are left.
    fn rename_causes(&mut self, now: Time) {
        let ids: Vec<IncidentId> = self.touched.keys().copied().collect();
        for id in ids {
            let Some(incident) = self.incidents.get(&id).filter(|i| i.status.is_open()).cloned() else { continue };
            let alerts = self.alerts_of(id);
            let causes: BTreeSet<&Cause> = alerts.iter().filter_map(|a| a.cause.as_ref()).collect();
            if causes.is_empty() || (causes.len() == 1 && causes.contains(&incident.cause)) {
                continue;
            }
            let only = causes.first().filter(|_| causes.len() == 1).copied();
            match only.and_then(|c| self.by_cause.get(c)).copied() {
                Some(other) if other != id => {
                    self.merge(id, other, now);
                    continue;
                }
                _ => self.move_strays(id, &alerts),
            }
            let left = causes.iter().find(|c| !self.by_cause.contains_key(**c)).copied();
            if let Some(left) = left.filter(|_| !causes.contains(&incident.cause)) {
                self.take_cause(id, left, now);
                self.touched.entry(id).or_default().cause_changed = true;
            }
        }
    }

    fn take_cause(&mut self, id: IncidentId, cause: &Cause, now: Time) {
        if let Some(incident) = self.incidents.get(&id)
            && self.by_cause.get(&incident.cause) == Some(&id)
        {
            self.by_cause.remove(&incident.cause.clone());
        }
        self.by_cause.insert(cause.clone(), id);
        self.edit_incident(id, |i| {
            if i.cause != *cause {
                i.cause = cause.clone();
                i.findings = None;
                // A silence is one of the fault that somebody knew of.
                super::hold::end_silence(i, now);
            }
        });
    }

    /// Alerts go to the incident of their cause, and what was told of them goes with them.
    fn move_strays(&mut self, id: IncidentId, alerts: &[Arc<Alert>]) {
        let (mut stay, mut went) = (false, None);
        for alert in alerts {
            let home = alert.cause.as_ref().and_then(|c| self.by_cause.get(c)).copied();
            let Some(home) = home.filter(|h| *h != id) else {
                stay = true;
                continue;
            };
            went = went.or(Some(home));
            self.move_alert(&alert.key, home);
            if self.incidents.get(&id).is_some_and(|i| i.has_named(&alert.key)) {
                let (entrance, seal) = (alert.key.object.entrance(), alert.key.object.area());
                self.edit_incident(home, |i| {
                    name(i, entrance.map(std::slice::from_ref).unwrap_or_default());
                    name_seals(i, seal.map(std::slice::from_ref).unwrap_or_default());
                });
                // Its end will be told there: lost again here, it is news.
                self.edit_incident(id, |i| unname(i, &alert.key));
            }
            let touch = self.touched.entry(home).or_default();
            touch.cause_changed = true;
            touch.moved = true;
        }
        if let Some(home) = went.filter(|_| !stay) {
            self.end_as_merged(id, home);
        }
    }

    /// Nothing is left of an incident but what another has by now.
    fn end_as_merged(&mut self, gone: IncidentId, kept: IncidentId) {
        if let Some(cause) = self.incidents.get(&gone).map(|i| i.cause.clone())
            && self.by_cause.get(&cause) == Some(&gone)
        {
            self.by_cause.remove(&cause);
        }
        self.edit_incident(gone, |i| {
            i.merged_into = Some(kept);
            i.news.calm_since = None;
        });
        self.hand_over_what_waits(gone, kept);
        let touch = self.touched.entry(gone).or_default();
        touch.merged = true;
        let ended = std::mem::take(&mut touch.ended);
        self.touched.entry(kept).or_default().ended.extend(ended);
    }

    /// Two incidents are one: the one whose page went first keeps id, acknowledgement and pages.
    fn merge(&mut self, a: IncidentId, b: IncidentId, now: Time) {
        let first_word = |id: IncidentId| self.incidents.get(&id).map_or((Time(i64::MAX), id), |i| (i.opened_at, id));
        let (kept, gone) = if first_word(a) <= first_word(b) { (a, b) } else { (b, a) };
        let target = self.incidents.get(&b).map(|i| i.cause.clone());
        for alert in self.alerts_of(gone).into_iter().filter(|_| !planted!(MergedOnesKeepTheirAlerts)) {
            self.move_alert(&alert.key, kept);
        }
        let names = |i: &Arc<Incident>| (i.paged_entrances.clone(), i.news.seals.clone());
        let (named, seals) = self.incidents.get(&gone).map(names).unwrap_or_default();
        self.end_as_merged(gone, kept);
        if let Some(cause) = target {
            self.take_cause(kept, &cause, now);
        }
        self.edit_incident(kept, |i| {
            name(i, &named);
            name_seals(i, &seals);
        });
        let touch = self.touched.entry(kept).or_default();
        touch.cause_changed = true;
        touch.moved = true;
    }

    fn reopen_or_create(&mut self, cause: &Cause, pending: &Pending, now: Time) -> IncidentId {
        let recent = self.incidents.values().rev().find(|i| {
            i.status == IncidentStatus::Resolved
                && i.cause == *cause
                && i.resolved_at.is_some_and(|t| now.since(t) <= self.policy.reopen_within)
        });
        let since = pending.alerts.values().map(|w| w.since).min().unwrap_or(now);
        if let Some(id) = recent.map(|i| i.id) {
            self.by_cause.insert(cause.clone(), id);
            self.edit_incident(id, |i| {
                i.status = IncidentStatus::Open;
                i.resolved_at = None;
                let lately = i.reopened_at.is_some_and(|t| now.since(t) < super::speak::FLAP_WITHIN);
                i.reopenings = if lately { i.reopenings + 1 } else { 1 };
                i.reopened_at = Some(now);
                i.acknowledged = None;
                i.silenced = i.silenced.take().filter(|s| s.until > now);
                i.waiting_since = now;
                i.level = 0;
                i.since = since;
                i.findings = None;
            });
            self.touched.entry(id).or_default().reopened = true;
            return id;
        }
        let id = IncidentId(self.next);
        self.next += u64::from(!planted!(NumbersAreUsedAgain));
        self.by_cause.insert(cause.clone(), id);
        Arc::make_mut(&mut self.incidents).insert(id, Arc::new(Incident::new(id, cause.clone(), since, now)));
        self.touched.entry(id).or_default().opened = true;
        id
    }
}

impl Incident {
    /// A new incident, before its first word.
    pub(crate) fn new(id: IncidentId, cause: Cause, since: Time, now: Time) -> Incident {
        Incident {
            id,
            status: IncidentStatus::Open,
            severity: crate::model::Severity::Info,
            cause,
            cause_name: Arc::from(""),
            rivals: Vec::new(),
            exact: true,
            findings: None,
            cameras: Vec::new(),
            cameras_of: None,
            entrances_lost: Vec::new(),
            seals_broken: Vec::new(),
            villages: Vec::new(),
            since,
            opened_at: now,
            acknowledged: None,
            resolved_at: None,
            reopened_at: None,
            reopenings: 0,
            merged_into: None,
            silenced: None,
            lapsed: None,
            waiting_since: now,
            level: 0,
            pages: 0,
            last_page_at: None,
            paged_entrances: Vec::new(),
            step: 0,
            in_digest: super::InDigest::default(),
            news: super::News::default(),
        }
    }
}
