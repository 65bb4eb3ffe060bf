//! What is said of an incident after an event, and why: a page, an update, an end, or nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::book::{Book, Touch};
use super::named::{is_told_by_name, name_alerts};
use super::{Alert, AlertKey, AlertName, AlertObject, Incident, IncidentStatus, Message, MessageKind, SayReason};
use crate::health::{Cause, Findings};
use crate::model::planted;
use crate::model::{AreaId, CameraId, EntranceId, IncidentId, Severity, Span, Time};

/// An incident that was opened again so often within `FLAP_WITHIN` flaps.
const FLAP_REOPENINGS: u32 = 2;
pub(super) const FLAP_WITHIN: Span = Span::hours(1);
/// … and stays open until so long has passed without a turn.
const FLAP_QUIET: Span = Span::minutes(30);
/// People hear of what joined so long after a page, and then each time after twice as long …
const UPDATE_FIRST: Span = Span::seconds(5);
/// … when it is so many entrances, or one has been lost for a minute.
const UPDATE_GAIN: usize = 3;
/// Resolved incidents are kept in memory so long; older ones are in the store.
const KEEP_RESOLVED: Span = Span::hours(1);

/// What the World knows of a cause.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct CauseFacts {
    pub(crate) name: Arc<str>,
    pub(crate) rivals: Vec<Cause>,
    pub(crate) exact: bool,
    /// Cameras that are down by it.
    pub(crate) cameras: Vec<CameraId>,
    pub(crate) cameras_of: Option<u32>,
}

/// What the book asks the World.
pub(crate) trait Facts {
    /// About a cause.
    fn cause(&self, cause: &Cause) -> CauseFacts;
    /// What speaks for a cause and against its rivals; `None` while nothing may be concluded.
    fn findings(&self, cause: &Cause) -> Option<Findings>;
    /// The village of a camera.
    fn village(&self, camera: &CameraId) -> Option<AreaId>;
}

/// What was said, to be kept and told.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Said {
    pub(crate) incidents: Vec<Arc<Incident>>,
    pub(crate) alerts: Vec<Arc<Alert>>,
    pub(crate) messages: Vec<Message>,
}

impl Book {
    /// Says what changed since it was last called.
    pub(crate) fn speak(&mut self, now: Time, facts: &dyn Facts) -> Said {
        let mut said = Said { alerts: std::mem::take(&mut self.ended), ..Said::default() };
        said.alerts.sort_by(|a, b| a.key.cmp(&b.key));
        self.say_what_must_not_wait(now, facts, &mut said);
        for (id, touch) in std::mem::take(&mut self.touched) {
            let touch = self.with_what_waits(id, touch);
            self.speak_of(id, touch, now, facts, &mut said);
            self.wind(id, now);
        }
        self.speak_digest(now, &mut said);
        let changed = std::mem::take(&mut self.changed_alerts);
        said.alerts.extend(changed.iter().filter_map(|key| self.open.get(key).cloned()));
        self.forget_old(now);
        said
    }

    fn speak_of(&mut self, id: IncidentId, touch: Touch, now: Time, facts: &dyn Facts, said: &mut Said) {
        let Some(before) = self.incidents.get(&id).cloned() else { return };
        if !before.status.is_open() && !touch.merged {
            return;
        }
        let alerts = self.alerts_of(id);
        let mut incident = Arc::unwrap_or_clone(before.clone());
        if !alerts.is_empty() {
            refresh(&mut incident, &alerts, &touch, facts);
            incident.news.worst = incident.news.worst.max(incident.severity);
        }
        let word = self.decide(&mut incident, &before, &touch, &alerts, now);
        if let Some(why) = self.gathers(&incident, word, &touch, alerts.len(), now) {
            return self.gather(incident, &before, (why, touch), now, said);
        }
        if let Some(word) = word {
            return self.utter(incident, word, alerts, &touch, now, said);
        }
        incident.news.untold_since = None;
        if incident != *before || touch.edited {
            said.incidents.push(self.put_incident(incident));
        }
    }

    /// Says a word: the next step of its incident, which names all that is open and all that ended since the last.
    pub(super) fn utter(
        &mut self,
        mut incident: Incident,
        (kind, why): (MessageKind, SayReason),
        alerts: Vec<Arc<Alert>>,
        touch: &Touch,
        now: Time,
        said: &mut Said,
    ) {
        incident.news.untold_since = None;
        let (kind, told) = self.through_storm(&mut incident, kind, why, now);
        if kind.pages() {
            incident.pages += 1;
            incident.last_page_at = Some(now);
            (incident.news.risen, incident.news.told_over) = (false, Vec::new());
            incident.news.seals_over.clear();
        }
        let named: Vec<&AlertKey> = match why {
            _ if kind.pages() => alerts.iter().map(|a| &a.key).collect(),
            SayReason::NamedLater | SayReason::CauseChanged => {
                alerts.iter().filter(|a| self.may_be_named_later(&incident, a, now)).map(|a| &a.key).collect()
            }
            _ => Vec::new(),
        };
        name_alerts(&mut incident, named.into_iter());
        incident.step += if planted!(StepsHaveHoles) && why == SayReason::PartOver { 2 } else { 1 };
        if !incident.status.is_open() {
            self.close(&mut incident, now);
        }
        let incident = self.put_incident(incident);
        let mut named = if kind.pages() { self.mark_told(alerts) } else { alerts };
        named.extend(touch.ended.iter().cloned());
        // Never the order in which they were judged: slots differ from one life to the next.
        named.sort_by(|a, b| (a.ended.is_some(), &a.key).cmp(&(b.ended.is_some(), &b.key)));
        let step = incident.step;
        let digest = Vec::new();
        let message = Message { incident: incident.clone(), alerts: named, step, kind, why: told, at: now, digest };
        if told == SayReason::HeldForDigest {
            self.storm.collect(message.clone(), now);
        }
        said.messages.push(message);
        said.incidents.push(incident);
    }

    fn close(&mut self, incident: &mut Incident, now: Time) {
        if self.by_cause.get(&incident.cause) == Some(&incident.id) {
            self.by_cause.remove(&incident.cause);
        }
        incident.news.risen = false;
        self.over.insert((now, incident.id));
        self.gathered.remove(&incident.id);
    }

    pub(super) fn put_incident(&mut self, incident: Incident) -> Arc<Incident> {
        let incident = Arc::new(incident);
        Arc::make_mut(&mut self.incidents).insert(incident.id, incident.clone());
        incident
    }

    /// A page names all of its incident, also what maintenance explains.
    fn mark_told(&mut self, alerts: Vec<Arc<Alert>>) -> Vec<Arc<Alert>> {
        for alert in alerts.iter().filter(|a| !a.told) {
            self.edit_alert(&alert.key, |a| a.told = true);
        }
        alerts.iter().map(|a| self.open.get(&a.key).unwrap_or(a).clone()).collect()
    }

    /// The one decision: what is told of this, and why; `None` where there is nothing to tell.
    fn decide(
        &mut self,
        incident: &mut Incident,
        before: &Incident,
        touch: &Touch,
        alerts: &[Arc<Alert>],
        now: Time,
    ) -> Option<(MessageKind, SayReason)> {
        if touch.merged {
            incident.status = IncidentStatus::Merged;
            incident.resolved_at = Some(now);
            return Some((MessageKind::Merged, SayReason::MergedIncidents));
        }
        let over = alerts.is_empty() || (planted!(ResolvedTooEarly) && !touch.ended.is_empty());
        if over {
            let end = self.decide_end(incident, touch, now);
            let held = incident.silenced.is_some() && planted!(SilencedOnesEndUnheard);
            return end.map(|(kind, why)| (kind, if held { SayReason::HeldSilenced } else { why }));
        }
        if incident.news.calm_since.take().is_some() {
            // A turn of one that flaps: it stays open for longer.
            incident.reopened_at = Some(now);
        }
        if before.severity < Severity::Critical && incident.severity == Severity::Critical && !touch.moved {
            incident.waiting_since = now;
        }
        // One whose time has come is lifted first, and that says all that it held back.
        if incident.silenced.is_some() && !planted!(SilencedOnesPage) {
            return said_by_somebody(touch).or_else(|| machines_only(touch, SayReason::HeldSilenced));
        }
        if alerts.iter().all(|a| a.planned) {
            return planned_word(incident, touch);
        }
        if touch.reopened && flaps(incident, now) {
            // Said once, as an update; from now on its names stand.
            name_alerts(incident, alerts.iter().map(|a| &a.key));
            return Some((MessageKind::Updated, SayReason::NamedLater));
        }
        if self.is_mute(incident) {
            return said_by_somebody(touch);
        }
        if incident.last_page_at.is_none() && incident.status == IncidentStatus::Acknowledged {
            // Somebody took it while maintenance held it back: they know.
            return said_by_somebody(touch).or_else(|| machines_only(touch, SayReason::HeldMaintenance));
        }
        if incident.last_page_at.is_none() {
            let why = if touch.opened { SayReason::FirstWord } else { SayReason::MaintenanceEnded };
            return Some((MessageKind::Opened, why));
        }
        if incident.severity < Severity::Warning {
            incident.news.risen = false;
        } else if before.severity < Severity::Warning && !touch.moved {
            incident.news.risen = true;
        }
        if let Some(word) = self.decide_page(incident, touch, alerts, now) {
            return Some(word);
        }
        if touch.taken && planted!(TakenOnesPage) {
            return Some((MessageKind::MoreLost, SayReason::NewLoss));
        }
        if let Some(word) = said_by_somebody(touch) {
            return Some(word);
        }
        if self.update_due(incident, alerts, now).is_some_and(|due| due <= now) {
            return Some((MessageKind::Updated, SayReason::NamedLater));
        }
        if touch.cause_changed && *incident != *before {
            return Some((MessageKind::Updated, SayReason::CauseChanged));
        }
        // People are told of ends, so an end is said whatever joined meanwhile.
        let joined = touch.joined && touch.ended.is_empty();
        if joined || touch.reopened || touch.lapsed.is_some() {
            return Some((MessageKind::Updated, SayReason::JoinedQuietly));
        }
        let part = if planted!(UpdatesArePages) { MessageKind::MoreLost } else { MessageKind::Updated };
        (!touch.ended.is_empty()).then_some((part, SayReason::PartOver))
    }

    /// Whether it is a page: what an acknowledgement or a silence held back, a new loss, an escalation, a reminder.
    fn decide_page(
        &self,
        incident: &mut Incident,
        touch: &Touch,
        alerts: &[Arc<Alert>],
        now: Time,
    ) -> Option<(MessageKind, SayReason)> {
        if let Some(why) = touch.lapsed.filter(|_| incident.status == IncidentStatus::Open) {
            return Some((MessageKind::Reminded, why));
        }
        if self.news_due(incident, alerts, now).is_some_and(|due| due <= now) {
            return Some(if is_untold_again(incident, now) {
                (MessageKind::Reopened, SayReason::LostAgain)
            } else {
                (MessageKind::MoreLost, SayReason::NewLoss)
            });
        }
        if touch.taken || touch.silenced {
            return None;
        }
        if self.escalation_due(incident).is_some_and(|due| due <= now) {
            incident.level = incident.level.saturating_add(1);
            incident.waiting_since = now;
            return Some((MessageKind::Escalated, SayReason::NotTaken));
        }
        let remind = self.reminder_due(incident).is_some_and(|due| due <= now);
        remind.then_some((MessageKind::Reminded, SayReason::StillOpen))
    }

    fn decide_end(&mut self, incident: &mut Incident, touch: &Touch, now: Time) -> Option<(MessageKind, SayReason)> {
        if flaps(incident, now) && calm_until(incident).is_none_or(|until| now < until) {
            incident.news.calm_since.get_or_insert(now);
            let why = if incident.silenced.is_some() { SayReason::HeldSilenced } else { SayReason::PartOver };
            return (!touch.ended.is_empty()).then_some((MessageKind::Updated, why));
        }
        incident.news.calm_since = None;
        incident.status = IncidentStatus::Resolved;
        incident.resolved_at = Some(now);
        incident.paged_entrances.clear();
        incident.news.seals.clear();
        Some((MessageKind::Resolved, SayReason::AllOver))
    }

    /// When something that no page has told is news, a lost entrance or an incident that opened again: at once when it
    /// came `regroup` after the last page, else when `regroup` has passed and it has lasted for a minute.
    fn news_due(&self, incident: &Incident, alerts: &[Arc<Alert>], now: Time) -> Option<Time> {
        if planted!(LaterLossesAreSwallowed) {
            return None;
        }
        let Some(last_page) = incident.last_page_at else {
            // What maintenance held back and does not explain any more, unless somebody has taken it.
            let open = incident.status == IncidentStatus::Open && alerts.iter().any(|a| !a.planned);
            return open.then_some(incident.opened_at);
        };
        if alerts.iter().all(|a| a.planned) {
            return None;
        }
        let quiet_until = last_page + self.policy.regroup;
        let due = |since: Time| {
            if since >= quiet_until { since } else { quiet_until.max(since + self.policy.unnamed_after) }
        };
        let again = incident.reopened_at.filter(|_| is_untold_again(incident, now) && !alerts.is_empty()).map(due);
        let open = alerts.iter().filter(|a| !a.planned && is_told_by_name(&a.key));
        let unnamed = open.filter(|a| !incident.has_named(&a.key));
        unnamed.map(|a| due(a.since)).chain(again).chain(self.rise_due(incident)).min()
    }

    /// When it is news that an incident has become one for people: at once, but where it falls and rises again and again
    /// only once `regroup` has passed since the last page, if it still is one.
    fn rise_due(&self, incident: &Incident) -> Option<Time> {
        let last_page = incident.last_page_at.filter(|_| incident.news.risen)?;
        let again = incident.pages >= 2 && !planted!(EachRiseIsAPage);
        let due = if again { last_page + self.policy.regroup } else { last_page };
        (incident.severity >= Severity::Warning).then_some(due)
    }

    /// When people hear of what joined since the page, by an update: 5, 10, 20, 40 … s after it, once three entrances
    /// are unnamed or one has been lost for a minute. What is lost again after its end was told, or after somebody
    /// took the incident, waits for a page.
    fn update_due(&self, incident: &Incident, alerts: &[Arc<Alert>], now: Time) -> Option<Time> {
        let paged = incident.last_page_at.filter(|_| !planted!(LaterLossesAreSwallowed))?;
        let mut joined: Vec<Time> =
            alerts.iter().filter(|a| self.may_be_named_later(incident, a, now)).map(|a| a.since).collect();
        joined.sort_unstable();
        let ripe = joined.first().map(|t| *t + self.policy.unnamed_after);
        let ripe = ripe.into_iter().chain(joined.get(UPDATE_GAIN - 1).copied()).min()?;
        let marks = (0..).map(|n| paged + UPDATE_FIRST * (1 << n)).take_while(|t| *t < paged + self.policy.regroup);
        marks.into_iter().find(|t| *t >= ripe)
    }

    fn may_be_named_later(&self, incident: &Incident, alert: &Alert, now: Time) -> bool {
        let taken = incident.acknowledged.as_ref().is_some_and(|a| a.at <= alert.since);
        is_told_by_name(&alert.key)
            && !alert.planned
            && !incident.has_named(&alert.key)
            && !taken
            && !is_untold_again(incident, now)
            && !incident.news.is_over(&alert.key)
    }

    /// Reckons when something is to be said of an incident without an event: an unnamed loss, what waits for more of its
    /// kind, the end of a flapping incident, of an acknowledgement or of a silence, an escalation, a reminder.
    pub(super) fn wind(&mut self, id: IncidentId, now: Time) {
        let Some(incident) = self.incidents.get(&id).filter(|i| i.status.is_open()).cloned() else {
            self.words.set(id, None);
            return;
        };
        let alerts = self.alerts_of(id);
        let incident = &*self.as_bad_as_it_is(incident, &alerts);
        let ends = [incident.acknowledged.as_ref().and_then(|a| a.until), incident.silenced.as_ref().map(|s| s.until)];
        let ends = ends.into_iter().flatten().map(|t| t.max(self.again_from)).chain(calm_until(incident));
        let ends = ends.chain(self.waits_until(id, now));
        let next = if incident.silenced.is_some() {
            ends.min()
        } else {
            let unnamed = [self.news_due(incident, &alerts, now), self.update_due(incident, &alerts, now)];
            let again = [self.reminder_due(incident), self.escalation_due(incident)]
                .map(|t| t.filter(|_| alerts.iter().any(|a| !a.planned)));
            unnamed.into_iter().chain(again).flatten().chain(ends).min()
        };
        self.words.set(id, next);
    }

    /// Nothing waits, nothing changed, nothing has been over for long: neither [`Book::release`] nor [`Book::speak`] would
    /// do anything.
    pub(crate) fn has_nothing_to_say(&self, now: Time) -> bool {
        self.is_idle() && self.storm.due.is_none_or(|at| at > now) && self.oldest_to_forget(now).is_none()
    }

    fn oldest_to_forget(&self, now: Time) -> Option<(Time, IncidentId)> {
        let keep = KEEP_RESOLVED.max(self.policy.reopen_within);
        self.over.first().copied().filter(|(at, _)| now.since(*at) > keep)
    }

    fn forget_old(&mut self, now: Time) {
        while let Some((at, id)) = self.oldest_to_forget(now) {
            self.over.remove(&(at, id));
            // It may have been opened again since.
            let over = |i: &Arc<Incident>| !i.status.is_open() && i.resolved_at.is_none_or(|t| t == at);
            if self.incidents.get(&id).is_some_and(over) {
                Arc::make_mut(&mut self.incidents).remove(&id);
            }
        }
    }
}

/// What somebody did is told, whatever else is.
fn said_by_somebody(touch: &Touch) -> Option<(MessageKind, SayReason)> {
    if touch.taken {
        return Some((MessageKind::Acknowledged, SayReason::TakenBySomebody));
    }
    touch.silenced.then_some((MessageKind::Silenced, SayReason::SilencedBySomebody))
}

/// Machines follow what people are not told.
fn machines_only(touch: &Touch, why: SayReason) -> Option<(MessageKind, SayReason)> {
    let changed = touch.opened || touch.joined || touch.reopened || touch.cause_changed || touch.lapsed.is_some();
    let changed = changed || touch.edited || !touch.ended.is_empty();
    changed.then_some((MessageKind::Updated, why))
}

/// Of what maintenance explains nobody is paged; who knows of it hears what is over.
fn planned_word(incident: &Incident, touch: &Touch) -> Option<(MessageKind, SayReason)> {
    let part_over = !touch.ended.is_empty() && incident.last_page_at.is_some();
    said_by_somebody(touch)
        .or_else(|| part_over.then_some((MessageKind::Updated, SayReason::PartOver)))
        .or_else(|| machines_only(touch, SayReason::HeldMaintenance))
}

/// Reopened so often that it is not news any more.
pub(super) fn flaps(incident: &Incident, now: Time) -> bool {
    incident.reopenings >= FLAP_REOPENINGS && incident.reopened_at.is_some_and(|t| now.since(t) < FLAP_WITHIN)
}

/// When an incident that flaps and of which nothing is open ends.
fn calm_until(incident: &Incident) -> Option<Time> {
    incident.news.calm_since.map(|since| since + FLAP_QUIET)
}

/// It opened again after its end was told, and no page has said so yet.
fn is_untold_again(incident: &Incident, now: Time) -> bool {
    incident.reopened_at > incident.last_page_at && !flaps(incident, now)
}

/// What the judgement rests on stays as it was found, until another is made: another cause, other rivals, or a failure
/// where nothing had failed before.
fn refresh_findings(incident: &mut Incident, rivals: &[Cause], touch: &Touch, facts: &dyn Facts) {
    let stands = incident.findings.as_ref().is_some_and(|f| {
        let same = incident.rivals == rivals;
        same && (f.failed > 0 || !touch.joined)
    });
    if stands {
        return;
    }
    if let Some(found) = facts.findings(&incident.cause) {
        incident.findings = Some(Arc::new(found));
    }
    // What explains the same by now is ruled out no more, also while nothing new may be concluded.
    if let Some(found) = &mut incident.findings
        && found.ruled_out.iter().any(|r| rivals.contains(&r.rival))
    {
        Arc::make_mut(found).ruled_out.retain(|r| !rivals.contains(&r.rival));
    }
}

/// The highest severity of alerts.
pub(super) fn worst(alerts: &[Arc<Alert>]) -> Option<Severity> {
    alerts.iter().map(|a| a.key.name.severity()).max()
}

/// What an incident says of itself, from its open alerts and what the World knows of its cause.
pub(super) fn refresh(incident: &mut Incident, alerts: &[Arc<Alert>], touch: &Touch, facts: &dyn Facts) {
    let cause = facts.cause(&incident.cause);
    refresh_findings(incident, &cause.rivals, touch, facts);
    incident.severity = worst(alerts).unwrap_or(incident.severity);
    if !cause.name.is_empty() {
        incident.cause_name = cause.name;
    }
    incident.rivals = cause.rivals;
    incident.exact = cause.exact;
    incident.cameras_of = cause.cameras_of;
    let mut cameras: BTreeSet<CameraId> = cause.cameras.into_iter().collect();
    let mut lost: BTreeSet<EntranceId> = BTreeSet::new();
    let (mut seals, mut villages): (BTreeSet<AreaId>, BTreeSet<AreaId>) = Default::default();
    for alert in alerts {
        match &alert.key.object {
            AlertObject::Entrance(e) if alert.key.name == AlertName::EntranceLost => {
                lost.insert(e.clone());
                villages.extend(alert.label_village.clone());
            }
            AlertObject::Camera(c) => {
                cameras.insert(c.clone());
            }
            AlertObject::Area(a) if alert.key.name == AlertName::SealBroken => {
                seals.insert(a.clone());
            }
            _ => {}
        }
    }
    if lost.is_empty() {
        villages.extend(cameras.iter().filter_map(|c| facts.village(c)));
    }
    incident.cameras = cameras.into_iter().collect();
    incident.entrances_lost = lost.into_iter().collect();
    incident.seals_broken = seals.into_iter().collect();
    incident.villages = villages.into_iter().collect();
}
