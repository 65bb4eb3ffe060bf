//! A sink's language, and what links and times look like: what makes texts of a snapshot.

use std::sync::Arc;

use cunkou_core::alert::{
    Alert, AlertKey, AlertName, AlertObject, Incident, Message, MessageKind, Review, Speaker, Told,
};
use cunkou_core::model::{EntranceId, IncidentId, Language, Severity, Time};
use cunkou_core::world::Snapshot;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::labels::Pairs;

/// What texts are made with.
#[derive(Clone)]
pub(super) struct Voice {
    pub(super) language: Language,
    pub(super) time_zone: TimeZone,
    /// What links begin with; empty: no links.
    pub(super) public_url: String,
}

impl Voice {
    /// Where an incident can be looked at.
    pub(super) fn link(&self, incident: IncidentId) -> Option<String> {
        let known = !self.public_url.is_empty() && incident.0 != 0;
        known.then(|| format!("{}/page/incident/{incident}", self.public_url))
    }

    /// A moment as people there write it.
    fn local(&self, at: Time) -> String {
        match Timestamp::from_millisecond(at.millis()) {
            Ok(t) => t.to_zoned_datetime(self.time_zone.clone()).strftime("%Y-%m-%d %H:%M:%S %:z").to_string(),
            Err(_) => rfc3339(at),
        }
    }

    /// `just_ended`: alerts that a snapshot which is older than the message may still hold as open.
    fn speak<R>(&self, snapshot: &Snapshot, just_ended: &[&AlertKey], with: impl FnOnce(Speaker<'_>) -> R) -> R {
        let open = snapshot.alerts.keys().filter(|key| !just_ended.contains(key));
        let lost_now: Vec<EntranceId> = open.filter_map(lost_entrance).cloned().collect();
        let told = |i: &&Arc<Incident>| i.status.is_open() && i.severity >= Severity::Warning;
        let open_now: Vec<IncidentId> = snapshot.incidents.values().filter(told).map(|i| i.id).collect();
        with(Speaker {
            language: self.language,
            registry: &snapshot.registry,
            local_time: &|t| self.local(t),
            link: &|id| self.link(id),
            reasons: &|id| snapshot.camera(id.as_str()).map(|(_, view)| view.reasons).unwrap_or_default(),
            lost_now: &lost_now,
            open_now: &open_now,
        })
    }

    /// What a message says, in parts.
    pub(super) fn told(&self, snapshot: &Snapshot, message: &Message) -> Told {
        let ended: Vec<&AlertKey> = message.alerts.iter().filter(|a| a.ended.is_some()).map(|a| &a.key).collect();
        let mut told = self.speak(snapshot, &ended, |s| s.told(message));
        if message.kind == MessageKind::Digest && !self.public_url.is_empty() {
            // Of many incidents: the page that shows them.
            told.link = Some(format!("{}/", self.public_url));
        }
        told
    }

    /// What an alert says that goes out alone, in parts.
    pub(super) fn told_of_alert(&self, snapshot: &Snapshot, alert: &Alert) -> Told {
        let incident = snapshot.incidents.get(&alert.incident);
        self.speak(snapshot, &[], |s| s.told_of_alert(alert, incident.map(|i| &**i)))
    }

    /// What a review says, in parts.
    pub(super) fn told_of_review(&self, snapshot: &Snapshot, review: &Review) -> Told {
        let mut told = self.speak(snapshot, &[], |s| s.told_of_review(review));
        told.link = (!self.public_url.is_empty()).then(|| format!("{}/", self.public_url));
        told
    }

    /// The annotations of an alert that goes out alone: its own words.
    pub(super) fn of_alert(&self, snapshot: &Snapshot, alert: &Alert) -> Pairs {
        let incident = snapshot.incidents.get(&alert.incident);
        self.speak(snapshot, &[], |s| {
            let cause = alert.cause.as_ref().map(|c| s.cause(c));
            let description = s.alert_description(alert, incident.map(|i| &**i));
            self.pairs(s.alert_summary(alert), description, cause, alert.incident)
        })
    }

    /// The annotations of each alert of a message: its own words as `summary`, those of the incident as `description`.
    pub(super) fn of_message(&self, snapshot: &Snapshot, message: &Message) -> Vec<Pairs> {
        let incident = &*message.incident;
        let ended: Vec<&AlertKey> = message.alerts.iter().filter(|a| a.ended.is_some()).map(|a| &a.key).collect();
        self.speak(snapshot, &ended, |s| {
            let description = format!("{}\n{}", s.message_summary(message), s.message_description(message));
            let cause = s.cause(&incident.cause);
            let each = message.alerts.iter();
            each.map(|a| self.pairs(s.alert_summary(a), description.clone(), Some(cause.clone()), incident.id))
                .collect()
        })
    }

    fn pairs(&self, summary: String, description: String, cause: Option<String>, incident: IncidentId) -> Pairs {
        let mut pairs = Pairs::from([("summary", summary), ("description", description)]);
        pairs.extend(cause.map(|c| ("cause", c)));
        pairs.extend(self.link(incident).map(|l| ("link", l)));
        pairs
    }
}

fn lost_entrance(key: &AlertKey) -> Option<&EntranceId> {
    match (key.name, &key.object) {
        (AlertName::EntranceLost, AlertObject::Entrance(id)) => Some(id),
        _ => None,
    }
}

/// A moment as the wire writes it: RFC 3339, UTC; a moment outside the years 1 to 9999 as the nearest inside.
pub(super) fn rfc3339(at: Time) -> String {
    let inside = at.millis().clamp(-62_135_596_800_000, 253_402_207_200_000);
    Timestamp::from_millisecond(inside).map(|t| t.to_string()).unwrap_or_default()
}
