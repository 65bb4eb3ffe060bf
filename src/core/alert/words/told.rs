//! What is said, in parts: for texts that a town writes itself, and for sinks that have fields of their own.

use super::{FoundWords, MAX_CAMERAS, MAX_ENTRANCES, Speaker, clean, names, station};
use crate::alert::{Alert, AlertObject, Incident, Message, MessageKind};
use crate::model::IncidentId;

/// Names that are given one by one; the count is always the whole one.
const MAX_NAMES: usize = 50;

/// How many there are, and what they are called.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Listed {
    /// How many there are.
    pub count: usize,
    /// Their names, at most 50.
    pub names: Vec<String>,
    /// The names as a message writes them: capped, the rest counted.
    pub list: String,
}

/// What a message or an alert says. Every text is one line, without control and bidirectional characters; what may break
/// a sink's markup is still in it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Told {
    /// What happened, and the headline.
    pub title: String,
    /// What is lost, how many cameras, the cause.
    pub headline: String,
    /// A fact a line, in the order of all messages; without the link.
    pub lines: Vec<String>,
    /// Entrances that are lost; of an end, those that were.
    pub entrances: Listed,
    /// Their villages.
    pub villages: Listed,
    /// Cameras that are down.
    pub cameras: Listed,
    /// For a node in part: of how many cameras.
    pub cameras_of: Option<u32>,
    /// Why.
    pub cause: String,
    /// What explains the same.
    pub rivals: Vec<String>,
    /// What the judgement rests on, and which rivals that rules out.
    pub found: FoundWords,
    /// Since when, as people there write it.
    pub since: String,
    /// When it was over.
    pub until: Option<String>,
    /// The nearest work station, and how many metres it is away, as the crow flies.
    pub station: Option<(String, f64)>,
    /// Where it can be looked at.
    pub link: Option<String>,
    /// One line an alert, the most severe first.
    pub alerts: Vec<String>,
}

const NO_LINK: fn(IncidentId) -> Option<String> = |_| None;

impl Speaker<'_> {
    /// What a message says.
    #[must_use]
    pub fn told(&self, message: &Message) -> Told {
        let (incident, names) = (&*message.incident, self.names());
        let entrances = self.entrances_of(message);
        let over = message.kind == MessageKind::Resolved;
        let mut alerts: Vec<&Alert> = message.alerts.iter().map(|a| &**a).collect();
        alerts.sort_by(|a, b| b.key.name.severity().cmp(&a.key.name.severity()).then_with(|| a.key.cmp(&b.key)));
        // What was merged away is looked at where it goes on.
        let shown = incident.merged_into.filter(|_| message.kind == MessageKind::Merged).unwrap_or(incident.id);
        let digest = message.kind == MessageKind::Digest;
        let station = station::of_incident(self.registry, incident).filter(|_| !over && !digest);
        let without_link = Speaker { link: &NO_LINK, ..*self };
        Told {
            title: self.message_summary(message),
            headline: self.headline_of_message(message),
            lines: without_link.message_description(message).lines().map(str::to_owned).collect(),
            villages: self.listed(incident.villages.iter().map(|id| names.area(id)).collect(), MAX_ENTRANCES),
            cameras: self.listed(incident.cameras.iter().map(|id| names.camera(id)).collect(), MAX_CAMERAS),
            entrances: self.listed(entrances.iter().map(|id| names.entrance(id)).collect(), MAX_ENTRANCES),
            cameras_of: incident.cameras_of,
            cause: if digest { String::new() } else { self.incident_cause(incident) },
            rivals: incident.rivals.iter().take(MAX_NAMES).map(|r| self.cause(r)).collect(),
            found: if digest || over { FoundWords::default() } else { self.found(incident) },
            since: self.time(incident.since),
            until: incident.resolved_at.filter(|_| over).map(|at| self.time(at)),
            station: station.map(|s| (clean(s.name), s.metres)),
            link: if digest { None } else { (self.link)(shown) },
            alerts: alerts.into_iter().take(MAX_NAMES).map(|a| self.alert_summary(a)).collect(),
        }
    }

    /// What an alert says that goes out alone; `incident` is the one it belongs to now.
    #[must_use]
    pub fn told_of_alert(&self, alert: &Alert, incident: Option<&Incident>) -> Told {
        let summary = self.alert_summary(alert);
        let entrance = match &alert.key.object {
            AlertObject::Entrance(id) => Some(names::or_id(&alert.name, id.as_str())),
            _ => None,
        };
        let camera = match &alert.key.object {
            AlertObject::Camera(id) => Some(self.names().camera(id)),
            _ => None,
        };
        let village = Some(clean(&alert.village_name)).filter(|v| !v.is_empty());
        Told {
            title: summary.clone(),
            headline: summary.clone(),
            lines: self.alert_description(alert, incident).lines().skip(1).map(str::to_owned).collect(),
            entrances: self.listed(entrance.into_iter().collect(), MAX_ENTRANCES),
            villages: self.listed(village.into_iter().collect(), MAX_ENTRANCES),
            cameras: self.listed(camera.into_iter().collect(), MAX_CAMERAS),
            cause: alert.cause.as_ref().map(|c| self.cause(c)).unwrap_or_default(),
            since: self.time(alert.since),
            until: alert.ended.map(|(at, _)| self.time(at)),
            link: (self.link)(alert.incident),
            alerts: vec![summary],
            ..Told::default()
        }
    }

    fn listed(&self, mut names: Vec<String>, cap: usize) -> Listed {
        let count = names.len();
        let list = if count == 0 { String::new() } else { self.capped(names.iter().cloned(), cap, count) };
        names.truncate(MAX_NAMES);
        Listed { count, names, list }
    }
}
