//! Words that only say that parts of an incident joined it or are over: of each incident at most one a second, so that a
//! thousand cameras that come back are not a thousand steps.
//!
//! Nothing is lost by it. An alert is kept as it stands at once; what waits is the word, and it names all that joined or
//! ended meanwhile. Whatever else is to be said of the incident, a page, what somebody did, the end, goes at once and
//! takes along what waits. That something waits is kept with the incident (`News::untold_since`), so that a start finds
//! which ends no word has told.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::book::{Book, Touch};
use super::speak::{Facts, Said, refresh, worst};
use super::{Alert, AlertKey, Incident, MessageKind, SayReason};
use crate::model::planted;
use crate::model::{IncidentId, Span, Time};

/// From one such word to the next of the same incident.
const GATHER: Span = Span::seconds(1);

/// What waits to be said of one incident.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Gathered {
    /// When the last such word was said.
    said_at: Time,
    /// What has happened since, and why it is to be said.
    waits: Option<(SayReason, Touch)>,
}

impl Touch {
    /// Whether nothing happened but that parts joined or are over.
    const fn is_of_parts(&self) -> bool {
        let held = self.taken || self.silenced || self.lapsed.is_some();
        !(held || self.opened || self.reopened || self.moved || self.cause_changed || self.merged)
    }

    const fn tells_parts(&self) -> bool {
        self.joined || !self.ended.is_empty()
    }

    /// This, and what happened before it.
    fn after(mut self, mut earlier: Touch) -> Touch {
        self.joined |= earlier.joined;
        self.edited |= earlier.edited;
        earlier.ended.append(&mut self.ended);
        self.ended = earlier.ended;
        self
    }
}

impl Book {
    /// Whether a word waits for more of its kind, and why it is to be said then; else it goes now.
    pub(super) fn gathers(
        &mut self,
        incident: &Incident,
        word: Option<(MessageKind, SayReason)>,
        touch: &Touch,
        alerts: usize,
        now: Time,
    ) -> Option<SayReason> {
        use SayReason as Why;
        let Some((kind, why)) = word else {
            // Nothing may be said just now; it is told when that is over.
            let why = if touch.ended.is_empty() { Why::JoinedQuietly } else { Why::PartOver };
            return (self.is_mute(incident) && touch.tells_parts()).then_some(why);
        };
        let quiet = matches!(why, Why::PartOver | Why::JoinedQuietly | Why::HeldSilenced | Why::HeldMaintenance);
        if kind != MessageKind::Updated || !quiet || alerts == 0 || !touch.is_of_parts() {
            return None;
        }
        let gathered = self.gathered.entry(incident.id).or_default();
        if now < gathered.said_at + GATHER && !planted!(PartsAreNotGathered) {
            return Some(why);
        }
        gathered.said_at = now;
        None
    }

    /// Lets a word wait. A start reckons anew who is in an incident, so that its row need not follow each of them. What fell
    /// and rises again before that was told has not risen, so until then it is as bad as it was told to be.
    pub(super) fn gather(
        &mut self,
        mut incident: Incident,
        before: &Incident,
        (why, touch): (SayReason, Touch),
        now: Time,
        said: &mut Said,
    ) {
        let id = incident.id;
        let first = incident.news.untold_since.is_none();
        incident.news.untold_since.get_or_insert(now);
        incident.severity = incident.severity.max(before.severity);
        incident.news.risen |= before.news.risen;
        let kept = !first && !touch.edited && is_so_but_for_members(&incident, before);
        self.ends_untold.extend(touch.ended.iter().map(|a| (a.key.clone(), id)));
        self.gathered.entry(id).or_default().waits = Some((why, touch)).filter(|_| !planted!(GatheredOnesAreForgotten));
        let incident = self.put_incident(incident);
        if !kept {
            said.incidents.push(incident);
        }
    }

    /// The same, with the severity that a word would tell: what is due is due for that, and not for what was told.
    pub(super) fn as_bad_as_it_is(&self, incident: Arc<Incident>, alerts: &[Arc<Alert>]) -> Arc<Incident> {
        let waits = self.gathered.get(&incident.id).is_some_and(|g| g.waits.is_some());
        match worst(alerts).filter(|worst| waits && *worst < incident.severity) {
            Some(severity) => Arc::new(Incident { severity, ..Incident::clone(&incident) }),
            None => incident,
        }
    }

    /// What happened to an incident, with what waited to be said of it.
    pub(super) fn with_what_waits(&mut self, id: IncidentId, touch: Touch) -> Touch {
        match self.take_what_waits(id) {
            Some((_, earlier)) => touch.after(earlier),
            None => touch,
        }
    }

    fn take_what_waits(&mut self, id: IncidentId) -> Option<(SayReason, Touch)> {
        let waits = self.gathered.get_mut(&id)?.waits.take()?;
        for alert in &waits.1.ended {
            self.ends_untold.remove(&alert.key);
        }
        Some(waits)
    }

    /// Ends that wait in one incident are told by another.
    pub(super) fn hand_over_what_waits(&mut self, gone: IncidentId, kept: IncidentId) {
        let waits = self.take_what_waits(gone);
        self.gathered.remove(&gone);
        let touch = self.touched.entry(kept).or_default();
        if let Some((_, earlier)) = waits {
            *touch = std::mem::take(touch).after(earlier);
        }
    }

    /// Says what must not wait, before all else: nobody hears of a beginning before the end that it follows.
    pub(super) fn say_what_must_not_wait(&mut self, now: Time, facts: &dyn Facts, said: &mut Said) {
        for id in std::mem::take(&mut self.not_to_wait) {
            let (Some((why, touch)), Some(incident)) = (self.take_what_waits(id), self.incidents.get(&id)) else {
                continue;
            };
            let mut incident = Incident::clone(incident);
            let ended: BTreeSet<&AlertKey> = touch.ended.iter().map(|a| &a.key).collect();
            let mut alerts = self.alerts_of(id);
            alerts.retain(|a| !ended.contains(&a.key));
            if !alerts.is_empty() {
                refresh(&mut incident, &alerts, &touch, facts);
            }
            self.gathered.entry(id).or_default().said_at = now;
            // Work may have begun since, or somebody may have asked for silence: then people do not hear of it.
            let why = match why {
                _ if incident.silenced.is_some() => SayReason::HeldSilenced,
                _ if is_work_alone(&incident, &alerts) => SayReason::HeldMaintenance,
                why => why,
            };
            self.utter(incident, (MessageKind::Updated, why), alerts, &touch, now, said);
            self.wind(id, now);
        }
    }

    /// From now on nothing may be said: the ends that wait are told before that, since nobody knows how long it lasts.
    /// Who only joined waits: what failed last may be our own blindness.
    pub(super) fn say_what_ended(&mut self) {
        let ended = |g: &Gathered| g.waits.as_ref().is_some_and(|(_, touch)| !touch.ended.is_empty());
        self.not_to_wait.extend(self.gathered.iter().filter(|(_, g)| ended(g)).map(|(id, _)| *id));
    }

    /// When what waits is to be said.
    pub(super) fn waits_until(&self, id: IncidentId, now: Time) -> Option<Time> {
        let gathered = self.gathered.get(&id).filter(|g| g.waits.is_some())?;
        Some((gathered.said_at + GATHER).max(now))
    }

    /// Ends that no word has told.
    pub(crate) fn untold_ends(&self) -> impl Iterator<Item = &Alert> {
        self.gathered.values().filter_map(|g| g.waits.as_ref()).flat_map(|(_, touch)| &touch.ended).map(|a| &**a)
    }

    /// After a restart: what was kept, and not said, is said once something may be. Who joined is not known one by one,
    /// but the word names all that are open.
    pub(super) fn resume_what_waits(&mut self, ended: Vec<Alert>, now: Time) {
        let since = |i: &Incident| i.news.untold_since.filter(|_| i.status.is_open());
        let waiting: Vec<(IncidentId, Time)> =
            self.incidents.values().filter_map(|i| Some((i.id, since(i)?))).collect();
        for (id, since) in waiting {
            let mut touch = Touch { joined: true, ..Touch::default() };
            let untold = |a: &&Alert| a.incident == id && a.ended.is_some_and(|(at, _)| at >= since);
            for alert in
                ended.iter().filter(untold).filter(|a| !self.open.contains_key(&a.key)).cloned().collect::<Vec<_>>()
            {
                self.end_of_a_name(&alert, now);
                self.ends_untold.insert(alert.key.clone(), id);
                touch.ended.push(alert.into());
            }
            let why = if touch.ended.is_empty() { SayReason::JoinedQuietly } else { SayReason::PartOver };
            self.gathered.insert(id, Gathered { said_at: now - GATHER, waits: Some((why, touch)) });
        }
    }
}

/// Whether planned work explains all that is open of an incident of which people have not heard.
fn is_work_alone(incident: &Incident, alerts: &[Arc<Alert>]) -> bool {
    incident.last_page_at.is_none() && !alerts.is_empty() && alerts.iter().all(|a| a.planned)
}

/// Whether nothing of an incident changed but who is in it.
fn is_so_but_for_members(incident: &Incident, before: &Incident) -> bool {
    let members = Incident {
        cameras: incident.cameras.clone(),
        entrances_lost: incident.entrances_lost.clone(),
        seals_broken: incident.seals_broken.clone(),
        villages: incident.villages.clone(),
        ..before.clone()
    };
    members == *incident
}
