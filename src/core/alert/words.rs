//! What alerts and incidents say, in every language that people here read.
//!
//! Order of every message: entrances first, then seals, then cameras, then the cause; lists are capped and the rest is counted.
//! Pure text: escaping is the sink's, times come through a function of the caller. Names of the registry are hostile
//! (they are typed by hand and pasted from elsewhere), so control and bidirectional characters are taken out.

mod digest;
mod en;
mod found;
mod names;
mod review;
mod seal;
mod station;
#[cfg(test)]
mod tests;
mod told;
mod why;
mod zh;

use crate::alert::{
    Alert, AlertName, AlertObject, EndReason, Hold, Incident, Message, MessageKind, ReviewEvery, SayReason,
};
use crate::health::{Cause, MonitorCause};
use crate::model::{CameraId, Check, EntranceId, FailKind, IncidentId, Language, Reason, ReasonSet, Time};
use crate::registry::{NodeKind, Registry};

pub use found::{FoundWords, Naming, found_words};
use names::Names;
pub use names::clean;
pub use station::{Station, nearest_station};
pub use told::{Listed, Told};
pub use why::say_reason_name;

/// Entrances, and villages, that a message names.
const MAX_ENTRANCES: usize = 10;

/// Cameras that a message names.
const MAX_CAMERAS: usize = 5;

/// One language: a phrase a method, so that the compiler misses no key in any.
trait Tongue: Sync {
    /// Names, the rest counted: `shown` of `total`.
    fn list(&self, shown: &[String], total: usize) -> String;
    fn entrances_lost(&self, n: usize) -> String;
    fn seals_broken(&self, n: usize) -> String;
    fn cameras_down(&self, n: usize, of: Option<u32>) -> String;
    fn nothing_lost(&self) -> String;
    fn cause(&self, cause: &str) -> String;
    fn blind(&self) -> String;
    fn kind(&self, kind: MessageKind, headline: &str) -> String;
    fn lost_line(&self, n: usize, list: &str) -> String;
    fn was_lost_line(&self, n: usize, list: &str) -> String;
    fn seals_line(&self, n: usize, list: &str) -> String;
    fn was_broken_line(&self, n: usize, list: &str) -> String;
    /// A way in so many metres long, past these entrances, which these dead cameras should watch; lists may be empty.
    fn way(&self, length_m: f64) -> String;
    fn way_in(&self, length_m: f64, entrances: &str, cameras: &str) -> String;
    /// What is said of one area among several.
    fn of_area(&self, area: &str, what: &str) -> String;
    fn villages_line(&self, n: usize, list: &str) -> String;
    fn cameras_line(&self, n: usize, of: Option<u32>, list: &str) -> String;
    fn rivals_line(&self, list: &str) -> String;
    fn since_line(&self, from: &str) -> String;
    fn lasted_line(&self, from: &str, to: &str) -> String;
    fn station_line(&self, name: &str, metres: f64) -> String;
    fn link_line(&self, link: &str) -> String;
    fn still_lost_line(&self, n: usize, list: &str) -> String;
    fn none_lost_line(&self) -> String;
    fn others_open_line(&self, n: usize, list: &str) -> String;
    fn acknowledged_line(&self, by: &str, at: &str, note: &str, until: Option<&str>) -> String;
    fn silenced_line(&self, by: &str, at: &str, note: &str, until: &str) -> String;
    fn ack_expired_line(&self, by: &str, at: &str, note: &str, until: &str) -> String;
    fn silence_ended_line(&self, by: &str, at: &str, note: &str, until: &str) -> String;
    fn still_open_line(&self) -> String;
    fn maintenance_ended_line(&self) -> String;
    fn escalated_line(&self, level: u8) -> String;
    fn merged_line(&self, into: Option<IncidentId>) -> String;
    fn reopened_line(&self, times: u32) -> String;
    fn ended_line(&self, at: &str, why: EndReason) -> String;
    fn node(&self, kind: Option<NodeKind>) -> &'static str;
    fn camera(&self) -> &'static str;
    fn named(&self, what: &str, id: &str, name: &str) -> String;
    fn partial(&self, node: &str) -> String;
    fn common_village(&self, village: &str) -> String;
    fn common_subnet(&self, subnet: &str) -> String;
    fn common_town(&self) -> String;
    fn monitor(&self, cause: MonitorCause) -> &'static str;
    fn alert(&self, name: AlertName, what: &str) -> String;
    fn with_reasons(&self, summary: &str, list: &str) -> String;
    fn reason(&self, reason: Reason) -> &'static str;
    /// So many incidents of a digest go on, so many are over.
    fn digest(&self, open: usize, over: usize) -> String;
    fn check(&self, check: Check) -> &'static str;
    /// How a try failed; `None`: it is not known any more.
    fn failure(&self, how: Option<FailKind>) -> &'static str;
    fn failed(&self, of: &str, check: &str, how: &str, from: &str, confirmed: Option<&str>) -> String;
    fn trouble(&self, of: &str, check: &str, reasons: &str, at: &str) -> String;
    fn last_answer(&self, of: &str, at: &str) -> String;
    fn turned(&self, of: &str, times: u32, at: &str) -> String;
    fn failed_and_inferred(&self, failed: u32, inferred: u32) -> String;
    fn own_sight(&self) -> &'static str;
    fn ruled_out_by_answer(&self, rival: &str, by: &str, at: &str, others: u32) -> String;
    fn ruled_out_by_refusal(&self, rival: &str, by: &str, at: &str) -> String;
    fn explains_less(&self, rival: &str, explains: u32, of: u32) -> String;
    fn why_line(&self, evidence: &str, ruled_out: Option<&str>) -> String;
    fn review(&self, every: ReviewEvery, headline: &str) -> String;
    fn period_line(&self, from: &str, to: &str) -> String;
    fn open_and_mended(&self, open: usize, mended: usize) -> String;
    fn available(&self, percent: &str) -> String;
    fn mended_line(&self, id: &str, cause: &str) -> String;
    /// So many more; nothing where there are none.
    fn rest_line(&self, n: usize) -> Option<String>;
    fn out_for(&self, camera: &str, hours: &str, percent: &str) -> String;
    fn worst_line(&self, list: &str) -> String;
    /// Facts on one line.
    fn together(&self, facts: &[String]) -> String;
}

/// What a reason of a degraded camera is called.
#[must_use]
pub fn reason_name(reason: Reason, language: Language) -> &'static str {
    tongue(language).reason(reason)
}

/// What a kind of node is called.
#[must_use]
pub fn node_kind_name(kind: NodeKind, language: Language) -> &'static str {
    tongue(language).node(Some(kind))
}

/// Says things, in one language, with the names of one registry.
#[derive(Clone, Copy)]
pub struct Speaker<'a> {
    /// The language.
    pub language: Language,
    /// Where names are looked up.
    pub registry: &'a Registry,
    /// A moment as people there write it.
    pub local_time: &'a dyn Fn(Time) -> String,
    /// Where an incident can be looked at; `None` where no address is set.
    pub link: &'a dyn Fn(IncidentId) -> Option<String>,
    /// Why a camera is degraded.
    pub reasons: &'a dyn Fn(&CameraId) -> ReasonSet,
    /// Every entrance that is lost at this moment, by whatever incident: a word that something is over says what is not.
    pub lost_now: &'a [EntranceId],
    /// Every incident that people were told of and that goes on: who hears that one is over is told of the others.
    pub open_now: &'a [IncidentId],
}

impl Speaker<'_> {
    /// One line: how much is lost, and why.
    #[must_use]
    pub fn headline(&self, incident: &Incident) -> String {
        self.headline_of(incident, incident.entrances_lost.len())
    }

    fn headline_of(&self, incident: &Incident, entrances: usize) -> String {
        let t = self.tongue();
        if incident.cause == Cause::Monitor(MonitorCause::Blind) {
            return t.blind();
        }
        let mut parts = Vec::new();
        if entrances > 0 {
            parts.push(t.entrances_lost(entrances));
        }
        if !incident.seals_broken.is_empty() {
            parts.push(t.seals_broken(incident.seals_broken.len()));
        }
        if !incident.cameras.is_empty() {
            parts.push(t.cameras_down(incident.cameras.len(), incident.cameras_of));
        }
        if parts.is_empty() {
            parts.push(t.nothing_lost());
        }
        parts.push(t.cause(&self.incident_cause(incident)));
        parts.join(" · ")
    }

    /// One line for a message: what happened to the incident, and its headline.
    #[must_use]
    pub fn message_summary(&self, message: &Message) -> String {
        self.tongue().kind(message.kind, &self.headline_of_message(message))
    }

    fn headline_of_message(&self, message: &Message) -> String {
        match message.kind {
            MessageKind::Digest => self.digest_headline(message),
            _ => self.headline_of(&message.incident, self.entrances_of(message).len()),
        }
    }

    /// The whole text of a message, a line a fact.
    #[must_use]
    pub fn message_description(&self, message: &Message) -> String {
        let (t, incident) = (self.tongue(), &*message.incident);
        if message.kind == MessageKind::Digest {
            return self.digest_lines(message).join("\n");
        }
        let mut lines = match message.kind {
            MessageKind::Opened if message.why == SayReason::MaintenanceEnded => vec![t.maintenance_ended_line()],
            MessageKind::Opened | MessageKind::Updated | MessageKind::MoreLost => Vec::new(),
            MessageKind::Reopened => vec![t.reopened_line(incident.reopenings)],
            MessageKind::Acknowledged => self.acknowledged_line(incident).into_iter().collect(),
            MessageKind::Silenced => self.silenced_line(message).into_iter().collect(),
            MessageKind::Reminded => vec![self.reminded_line(message)],
            MessageKind::Escalated => vec![t.escalated_line(incident.level)],
            MessageKind::Merged => vec![t.merged_line(incident.merged_into)],
            MessageKind::Resolved | MessageKind::Digest => Vec::new(),
        };
        self.push_extent(message, &mut lines);
        lines.push(t.cause(&self.incident_cause(incident)));
        self.push_rivals(incident, &mut lines);
        lines.extend(self.why_line(incident).filter(|_| Self::says_why(message)));
        match incident.resolved_at.filter(|_| message.kind == MessageKind::Resolved) {
            Some(end) => lines.push(t.lasted_line(&self.time(incident.since), &self.time(end))),
            None => lines.push(t.since_line(&self.time(incident.since))),
        }
        if message.kind == MessageKind::Resolved {
            if message.alerts.iter().any(|a| a.ended.is_some_and(|(_, why)| why == EndReason::Removed)) {
                lines.push(t.ended_line(&self.time(message.at), EndReason::Removed));
            }
            lines.push(self.still_lost());
            lines.extend(self.others_open(incident.id));
        } else {
            if message.kind != MessageKind::Acknowledged {
                lines.extend(self.acknowledged_line(incident));
            }
            if message.kind != MessageKind::Silenced {
                lines.extend(self.silenced_line(message));
            }
            lines.extend(
                station::of_incident(self.registry, incident).map(|s| t.station_line(&clean(s.name), s.metres)),
            );
        }
        let shown = incident.merged_into.filter(|_| message.kind == MessageKind::Merged).unwrap_or(incident.id);
        lines.extend((self.link)(shown).map(|link| t.link_line(&link)));
        lines.join("\n")
    }

    /// Entrances, seals, villages, cameras: what a message is about.
    fn push_extent(&self, message: &Message, lines: &mut Vec<String>) {
        let (t, names, incident) = (self.tongue(), self.names(), &*message.incident);
        let entrances = self.entrances_of(message);
        if !entrances.is_empty() {
            let list = self.capped(entrances.iter().map(|id| names.entrance(id)), MAX_ENTRANCES, entrances.len());
            lines.push(match message.kind {
                MessageKind::Resolved => t.was_lost_line(entrances.len(), &list),
                _ => t.lost_line(entrances.len(), &list),
            });
        }
        self.push_seals(message, lines);
        if !incident.villages.is_empty() {
            let n = incident.villages.len();
            let list = self.capped(incident.villages.iter().map(|id| names.area(id)), MAX_ENTRANCES, n);
            lines.push(t.villages_line(n, &list));
        }
        if !incident.cameras.is_empty() && message.kind != MessageKind::Resolved {
            let n = incident.cameras.len();
            let list = self.capped(incident.cameras.iter().map(|id| names.camera(id)), MAX_CAMERAS, n);
            lines.push(t.cameras_line(n, incident.cameras_of, &list));
        }
    }

    /// The entrances a message is about: those lost now; once it is over, those that were.
    fn entrances_of(&self, message: &Message) -> Vec<EntranceId> {
        if message.kind != MessageKind::Resolved {
            return message.incident.entrances_lost.clone();
        }
        let ended = message.alerts.iter().filter(|a| a.key.name == AlertName::EntranceLost).filter_map(|a| {
            match &a.key.object {
                AlertObject::Entrance(id) => Some(id.clone()),
                _ => None,
            }
        });
        let mut all: Vec<EntranceId> = message.incident.paged_entrances.iter().cloned().chain(ended).collect();
        all.sort();
        all.dedup();
        all
    }

    fn acknowledged_line(&self, incident: &Incident) -> Option<String> {
        let ack = incident.acknowledged.as_ref()?;
        let until = ack.until.map(|u| self.time(u));
        let (by, at, note) = (clean(&ack.by), self.time(ack.at), clean(&ack.note));
        Some(self.tongue().acknowledged_line(&by, &at, &note, until.as_deref()))
    }

    fn silenced_line(&self, message: &Message) -> Option<String> {
        let silence = message.incident.silence_at(message.at)?;
        Some(self.hold(silence, |t, by, at, note, until| t.silenced_line(by, at, note, until)))
    }

    /// Why an incident that was told before is told again.
    fn reminded_line(&self, message: &Message) -> String {
        let lapsed = message.incident.lapsed.as_ref();
        match (message.why, lapsed) {
            (SayReason::AckExpired, Some(ack)) => {
                self.hold(ack, |t, by, at, note, until| t.ack_expired_line(by, at, note, until))
            }
            (SayReason::SilenceEnded, Some(silence)) => {
                self.hold(silence, |t, by, at, note, until| t.silence_ended_line(by, at, note, until))
            }
            (SayReason::MaintenanceEnded, _) => self.tongue().maintenance_ended_line(),
            _ => self.tongue().still_open_line(),
        }
    }

    /// Says who wanted quiet, since when, why and until when.
    fn hold(&self, hold: &Hold, say: impl Fn(&dyn Tongue, &str, &str, &str, &str) -> String) -> String {
        let (by, note) = (clean(&hold.by), clean(&hold.note));
        say(self.tongue(), &by, &self.time(hold.at), &note, &self.time(hold.until))
    }

    fn push_rivals(&self, incident: &Incident, lines: &mut Vec<String>) {
        if !incident.rivals.is_empty() {
            let n = incident.rivals.len();
            let list = self.capped(incident.rivals.iter().map(|r| self.cause(r)), MAX_CAMERAS, n);
            lines.push(self.tongue().rivals_line(&list));
        }
    }

    fn still_lost(&self) -> String {
        let (t, names, n) = (self.tongue(), self.names(), self.lost_now.len());
        if n == 0 {
            return t.none_lost_line();
        }
        t.still_lost_line(n, &self.capped(self.lost_now.iter().map(|id| names.entrance(id)), MAX_ENTRANCES, n))
    }

    /// The other incidents that go on; `None` where there is none.
    fn others_open(&self, but: IncidentId) -> Option<String> {
        let others: Vec<String> = self.open_now.iter().filter(|id| **id != but).map(|id| format!("#{id}")).collect();
        let n = others.len();
        (n > 0).then(|| self.tongue().others_open_line(n, &self.capped(others.into_iter(), MAX_ENTRANCES, n)))
    }

    /// One line for an alert.
    #[must_use]
    pub fn alert_summary(&self, alert: &Alert) -> String {
        let t = self.tongue();
        let summary = t.alert(alert.key.name, &self.alert_object(alert));
        let AlertObject::Camera(id) = &alert.key.object else { return summary };
        if alert.key.name != AlertName::CameraDegraded || alert.ended.is_some() {
            return summary;
        }
        let reasons: Vec<String> = (self.reasons)(id).iter().map(|r| t.reason(r).to_owned()).collect();
        if reasons.is_empty() { summary } else { t.with_reasons(&summary, &t.list(&reasons, reasons.len())) }
    }

    /// The whole text of an alert, a line a fact; `incident` is the one it belongs to now.
    #[must_use]
    pub fn alert_description(&self, alert: &Alert, incident: Option<&Incident>) -> String {
        let t = self.tongue();
        let mut lines = vec![self.alert_summary(alert)];
        lines.extend(alert.leak.as_deref().filter(|_| alert.ended.is_none()).map(|leak| self.way_in(leak)));
        lines.extend(alert.cause.as_ref().map(|cause| t.cause(&self.cause(cause))));
        if let Some(incident) = incident {
            self.push_rivals(incident, &mut lines);
            lines.extend(self.why_line(incident).filter(|_| alert.ended.is_none()));
        }
        match alert.ended {
            Some((at, why)) => {
                lines.push(t.lasted_line(&self.time(alert.since), &self.time(at)));
                lines.push(t.ended_line(&self.time(at), why));
            }
            None => lines.push(t.since_line(&self.time(alert.since))),
        }
        if let (AlertObject::Entrance(id), None) = (&alert.key.object, alert.ended) {
            let at = self.registry.entrances.get(id).and_then(|e| e.at);
            let station = at.and_then(|at| nearest_station(self.registry, at));
            lines.extend(station.map(|s| t.station_line(&clean(s.name), s.metres)));
        }
        lines.join("\n")
    }

    /// A cause, with the kind, id and name of the thing to blame.
    #[must_use]
    pub fn cause(&self, cause: &Cause) -> String {
        self.names().cause(cause, "")
    }

    fn incident_cause(&self, incident: &Incident) -> String {
        self.names().cause(&incident.cause, &incident.cause_name)
    }

    fn alert_object(&self, alert: &Alert) -> String {
        let (names, t) = (self.names(), self.tongue());
        match &alert.key.object {
            AlertObject::Entrance(id) => {
                names::in_village(&clean(&alert.village_name), &names::or_id(&alert.name, id.as_str()))
            }
            AlertObject::Camera(id) => t.named(t.camera(), id.as_str(), &clean(&alert.name)),
            AlertObject::Node(id) => names.node(id, &alert.name),
            AlertObject::Common(text) => match Cause::parse(text) {
                Some(cause) => names.cause(&cause, &alert.name),
                None => clean(text),
            },
            AlertObject::Area(id) => self.area_of(alert, id.as_str()),
            AlertObject::Monitor => String::new(),
        }
    }

    fn capped(&self, names: impl Iterator<Item = String>, cap: usize, total: usize) -> String {
        let shown: Vec<String> = names.take(cap).collect();
        self.tongue().list(&shown, total)
    }

    fn time(&self, at: Time) -> String {
        (self.local_time)(at)
    }

    fn tongue(&self) -> &'static dyn Tongue {
        tongue(self.language)
    }

    fn names(&self) -> Names<'_> {
        Names { registry: self.registry, tongue: self.tongue() }
    }
}

fn tongue(language: Language) -> &'static dyn Tongue {
    match language {
        Language::ZhCn => &zh::Zh,
        Language::En => &en::En,
    }
}
