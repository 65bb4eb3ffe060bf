//! What keeps an incident quiet until a moment, and what says it again: acknowledgements and silences that end,
//! reminders, escalation.
//!
//! All of it are deadlines of the calendar, kept with the incident, so that a restart goes on with them. Closing is
//! never held back here, and nothing of it changes what is believed.

use super::book::Book;
use super::named::name;
use super::{Acknowledgement, AlertName, Hold, Incident, IncidentStatus, SayReason};
use crate::health::{Cause, MonitorCause};
use crate::model::planted;
use crate::model::{EntranceId, IncidentId, Severity, Time};

const SIGHT: Cause = Cause::Monitor(MonitorCause::Blind);

impl Book {
    /// When something is to be said without an event.
    pub(crate) fn next_word(&self) -> Option<Time> {
        let word = if self.mute {
            self.by_cause.get(&SIGHT).and_then(|id| self.words.of(*id))
        } else {
            self.words.first().map(|(at, _)| at)
        };
        [word, self.storm.due].into_iter().flatten().min()
    }

    /// Time passed: touches the incidents of which something is to be said. While nothing may be said the others wait:
    /// whether what they would say is still true shows when that ends.
    pub(crate) fn wake(&mut self, now: Time) {
        let sight = self.by_cause.get(&SIGHT).copied();
        let due: Vec<IncidentId> = self.words.due(now).filter(|id| !self.mute || sight == Some(*id)).collect();
        for id in due {
            self.words.set(id, None);
            let _ = self.touched.entry(id).or_default();
            if now >= self.again_from {
                self.end_acknowledgement(id, now);
                self.lift_silence(id, now);
            }
        }
    }

    /// Whether nothing may be said from now on but of sight itself.
    pub(crate) fn set_mute(&mut self, mute: bool, now: Time) {
        match (std::mem::replace(&mut self.mute, mute), mute) {
            (false, true) => self.say_what_ended(),
            (true, false) => self.unmute(now),
            _ => {}
        }
    }

    /// Words may be said again. What came due meanwhile waits for `settle`: until then it shows what is over.
    fn unmute(&mut self, now: Time) {
        self.again_from = now + self.policy.settle;
        for id in self.words.due(now).collect::<Vec<_>>() {
            self.wind(id, now);
        }
    }

    /// Whether nothing may be said of this incident but what somebody did.
    pub(super) fn is_mute(&self, incident: &Incident) -> bool {
        self.mute && incident.cause != SIGHT
    }

    fn end_acknowledgement(&mut self, id: IncidentId, now: Time) {
        let Some(taken) = self.incidents.get(&id).and_then(|i| i.acknowledged.clone()) else { return };
        let Some(until) = taken.until.filter(|until| *until <= now) else { return };
        let Acknowledgement { at, by, note, .. } = taken;
        self.edit_incident(id, |i| {
            i.acknowledged = None;
            i.status = IncidentStatus::Open;
            i.lapsed = Some(Hold { at, by, note, until });
            i.waiting_since = now;
            i.level = 0;
        });
        let touch = self.touched.entry(id).or_default();
        touch.lapsed = (!planted!(AcknowledgementsEndUnheard)).then_some(SayReason::AckExpired);
        touch.edited = true;
    }

    /// Somebody takes an incident; `false` where there is none that is open.
    pub(crate) fn acknowledge(&mut self, id: IncidentId, ack: Acknowledgement) -> bool {
        if !self.incidents.get(&id).is_some_and(|i| i.status.is_open()) {
            return false;
        }
        // Who takes that an entrance will be lost tonight is not paged again when it is.
        let mut alerts = self.alerts_of(id);
        alerts.retain(|a| a.key.name == AlertName::EntranceLostTonight);
        let expected: Vec<EntranceId> = alerts.iter().filter_map(|a| a.key.object.entrance().cloned()).collect();
        self.edit_incident(id, |i| {
            i.acknowledged = Some(ack);
            i.status = IncidentStatus::Acknowledged;
            name(i, &expected);
        });
        self.touched.entry(id).or_default().taken = true;
        true
    }

    /// Somebody silences an incident until `hold.until`, or lifts its silence, where that is not to come; `false` where
    /// there is none that is open.
    pub(crate) fn silence(&mut self, id: IncidentId, hold: Hold, now: Time) -> bool {
        let Some(incident) = self.incidents.get(&id).filter(|i| i.status.is_open()) else { return false };
        if hold.until > now {
            self.edit_incident(id, |i| i.silenced = Some(hold));
            self.touched.entry(id).or_default().silenced = true;
            return true;
        }
        let mute = self.is_mute(incident);
        self.edit_incident(id, |i| {
            if let Some(silence) = &mut i.silenced {
                silence.until = silence.until.min(now);
            }
        });
        self.touched.entry(id).or_default().edited = true;
        if !mute {
            self.lift_silence(id, now);
        }
        true
    }

    /// Ends a silence whose time has come: what still stands is told, once.
    fn lift_silence(&mut self, id: IncidentId, now: Time) {
        let over = |i: &Incident| i.silenced.as_ref().is_some_and(|s| s.until <= now);
        if !self.incidents.get(&id).is_some_and(|i| over(i)) {
            return;
        }
        self.edit_incident(id, |i| end_silence(i, now));
        let touch = self.touched.entry(id).or_default();
        touch.lapsed = (!planted!(SilencesEndUnheard)).then_some(SayReason::SilenceEnded);
        touch.edited = true;
    }

    /// When an incident that nobody has is said again. Only what is critical is, and what a page has told.
    pub(super) fn reminder_due(&self, incident: &Incident) -> Option<Time> {
        if !is_nobodys(incident) || planted!(NobodyReminds) {
            return None;
        }
        incident.last_page_at.map(|at| self.again_from.max(at + self.policy.remind_every))
    }

    /// When an incident that nobody has goes to the next level.
    pub(super) fn escalation_due(&self, incident: &Incident) -> Option<Time> {
        let further = incident.level < self.policy.levels && incident.last_page_at.is_some();
        (further && is_nobodys(incident) && !planted!(NobodyEscalates))
            .then(|| self.again_from.max(incident.waiting_since + self.policy.escalate_after))
    }
}

/// Critical, told, and in nobody's hands.
fn is_nobodys(incident: &Incident) -> bool {
    let nobodys = incident.status == IncidentStatus::Open || planted!(TakenOnesGoOn);
    nobodys && incident.severity == Severity::Critical && incident.silenced.is_none()
}

/// Takes a silence away, whether its time has come or not; the page that follows can still name it.
pub(super) fn end_silence(incident: &mut Incident, now: Time) {
    if let Some(mut silence) = incident.silenced.take() {
        silence.until = silence.until.min(now);
        incident.lapsed = Some(silence);
        incident.waiting_since = now;
    }
}
