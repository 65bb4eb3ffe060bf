//! An incident, with its alerts, its steps and what became of its messages.

use cunkou_core::alert::{self, IncidentStatus};
use cunkou_core::model::AreaId;
use cunkou_core::registry::Registry;
use cunkou_core::world::Snapshot;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Cause, IncidentFindings, entrance_name, stamp, words};
use crate::http::{Delivery, Step};

/// The alerts of one cause.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Incident {
    /// Its number.
    pub id: u64,
    /// Where it stands; one that turned out to be another is resolved and names that in `merged_into`.
    #[schema(schema_with = words::incident_status)]
    pub status: String,
    /// The highest severity of its open alerts; of a resolved one, the highest it had.
    #[schema(schema_with = words::severity)]
    pub severity: String,
    /// Its cause.
    pub cause: Cause,
    /// Others that explain the same.
    pub rivals: Vec<Cause>,
    /// Whether the cause was found by exact search.
    pub exact: bool,
    /// Ids of the cameras that are down by this cause.
    pub cameras: Vec<String>,
    /// For a node that fails in part: of how many cameras.
    pub cameras_of: Option<u32>,
    /// Ids of the entrances that are lost by it.
    pub entrances_lost: Vec<String>,
    /// Names of these entrances, in the same order.
    pub entrances_lost_names: Vec<String>,
    /// Ids of the areas and elements of the plan whose seal is broken by it.
    #[serde(default)]
    pub seals_broken: Vec<String>,
    /// Names of these, in the same order.
    #[serde(default)]
    pub seals_broken_names: Vec<String>,
    /// Ids of the villages of these entrances; where none is lost, of the cameras.
    pub villages: Vec<String>,
    /// Names of these villages, in the same order.
    pub village_names: Vec<String>,
    /// The first failure.
    #[schema(format = DateTime)]
    pub since: String,
    /// When it opened.
    #[schema(format = DateTime)]
    pub opened_at: String,
    /// When somebody took it.
    #[schema(format = DateTime)]
    pub acknowledged_at: Option<String>,
    /// Who: the name of the token.
    pub acknowledged_by: Option<String>,
    /// What they wrote.
    pub acknowledged_note: Option<String>,
    /// When that ends; null: with the incident.
    #[schema(format = DateTime)]
    pub acknowledged_until: Option<String>,
    /// When somebody silenced it; null where no silence is in force.
    #[schema(format = DateTime)]
    pub silenced_at: Option<String>,
    /// Who: the name of the token.
    pub silenced_by: Option<String>,
    /// What they wrote.
    pub silenced_note: Option<String>,
    /// Until then it pages nobody; its end is told all the same.
    #[schema(format = DateTime)]
    pub silenced_until: Option<String>,
    /// How far it has been escalated; 0: not.
    pub level: u8,
    /// When it was over.
    #[schema(format = DateTime)]
    pub resolved_at: Option<String>,
    /// When it was last opened again.
    #[schema(format = DateTime)]
    pub reopened_at: Option<String>,
    /// How often it was opened again.
    pub reopenings: u32,
    /// Number of the incident it turned out to be.
    pub merged_into: Option<u64>,
    /// Messages that told an opening, a reopening, a later loss, an escalation or a reminder; one counts once, however
    /// many sinks.
    pub pages: u32,
    /// When the last of these was written.
    #[schema(format = DateTime)]
    pub last_page_at: Option<String>,
}

/// The word of a status; `None` while the incident is not told yet, and so not shown.
pub(in crate::http) const fn status(status: IncidentStatus) -> Option<&'static str> {
    match status {
        IncidentStatus::Opening => None,
        IncidentStatus::Open => Some("open"),
        IncidentStatus::Acknowledged => Some("acknowledged"),
        IncidentStatus::Resolved | IncidentStatus::Merged => Some("resolved"),
    }
}

impl Incident {
    /// An incident; `None` while it waits for those that were asked, and is not told yet.
    #[must_use]
    pub fn of(incident: &alert::Incident, registry: &Registry) -> Option<Incident> {
        let taken = incident.acknowledged.as_ref();
        let silence = incident.silenced.as_ref().filter(|_| incident.status.is_open());
        let shut_off_name = |id: &AreaId| {
            let element = || registry.elements.iter().find(|(e, _)| e.as_str() == id.as_str()).map(|(_, e)| &e.name);
            let name = registry.areas.get(id).map(|a| &a.name).or_else(element);
            name.map(ToString::to_string).unwrap_or_default()
        };
        let village_name = |id| registry.areas.get(id).map(|a| a.name.to_string()).unwrap_or_default();
        Some(Incident {
            id: incident.id.0,
            status: status(incident.status)?.to_owned(),
            severity: incident.severity.word().to_owned(),
            cause: Cause::named(&incident.cause, &*incident.cause_name),
            rivals: incident.rivals.iter().map(|r| Cause::of(r, registry)).collect(),
            exact: incident.exact,
            cameras: incident.cameras.iter().map(ToString::to_string).collect(),
            cameras_of: incident.cameras_of,
            entrances_lost: incident.entrances_lost.iter().map(ToString::to_string).collect(),
            entrances_lost_names: incident.entrances_lost.iter().map(|id| entrance_name(registry, id)).collect(),
            seals_broken: incident.seals_broken.iter().map(ToString::to_string).collect(),
            seals_broken_names: incident.seals_broken.iter().map(shut_off_name).collect(),
            villages: incident.villages.iter().map(ToString::to_string).collect(),
            village_names: incident.villages.iter().map(village_name).collect(),
            since: stamp(incident.since),
            opened_at: stamp(incident.opened_at),
            acknowledged_at: taken.map(|a| stamp(a.at)),
            acknowledged_by: taken.map(|a| a.by.to_string()),
            acknowledged_note: taken.map(|a| a.note.to_string()),
            acknowledged_until: taken.and_then(|a| a.until).map(stamp),
            silenced_at: silence.map(|s| stamp(s.at)),
            silenced_by: silence.map(|s| s.by.to_string()),
            silenced_note: silence.map(|s| s.note.to_string()),
            silenced_until: silence.map(|s| stamp(s.until)),
            level: incident.level,
            resolved_at: incident.resolved_at.map(stamp),
            reopened_at: incident.reopened_at.map(stamp),
            reopenings: incident.reopenings,
            merged_into: incident.merged_into.map(|i| i.0),
            pages: incident.pages,
            last_page_at: incident.last_page_at.map(stamp),
        })
    }
}

/// An incident with all that is kept of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct IncidentDetail {
    /// The incident.
    #[serde(flatten)]
    pub incident: Incident,
    /// What the judgement of its cause rests on; null where that was judged before it was kept.
    pub findings: Option<IncidentFindings>,
    /// Its open alerts.
    pub alerts: Vec<IncidentAlert>,
    /// What was said or held, oldest first.
    pub steps: Vec<IncidentStep>,
    /// What became of its messages.
    pub deliveries: Vec<IncidentDelivery>,
}

/// An open alert of an incident.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct IncidentAlert {
    /// Its name.
    pub alert: String,
    /// Id of what it is about.
    pub object: String,
    /// The object's display name when it opened.
    pub name: String,
    /// How much it matters.
    #[schema(schema_with = words::severity)]
    pub severity: String,
    /// Since when it holds.
    #[schema(format = DateTime)]
    pub since: String,
    /// Why, as believed now.
    pub cause: Option<Cause>,
    /// Whether a message has named it.
    pub told: bool,
}

impl IncidentAlert {
    /// The open alerts of an incident.
    #[must_use]
    pub fn of(snapshot: &Snapshot, incident: &alert::Incident) -> Vec<IncidentAlert> {
        let open = snapshot.alerts.values().filter(|a| a.incident == incident.id && a.ended.is_none());
        open.map(|a| IncidentAlert {
            alert: a.key.name.word().to_owned(),
            object: a.key.object.to_string(),
            name: a.name.to_string(),
            severity: a.key.name.severity().word().to_owned(),
            since: stamp(a.since),
            cause: a.cause.as_ref().map(|c| Cause::of(c, &snapshot.registry)),
            told: a.told,
        })
        .collect()
    }
}

/// What was said or held about an incident.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct IncidentStep {
    /// Its number.
    pub step: u32,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// What was told; null where a word was held.
    pub kind: Option<String>,
    /// Why it was said or held.
    pub why: String,
}

impl From<&Step> for IncidentStep {
    fn from(step: &Step) -> IncidentStep {
        IncidentStep {
            step: step.step,
            at: stamp(step.at),
            kind: step.kind.map(|k| k.word().to_owned()),
            why: step.why.word().to_owned(),
        }
    }
}

/// One message to one sink.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct IncidentDelivery {
    /// The sink's name.
    pub sink: String,
    /// The step that it tells.
    pub step: u32,
    /// Tries so far.
    pub attempts: u32,
    /// When the sink took it.
    #[schema(format = DateTime)]
    pub delivered_at: Option<String>,
    /// When it was given up.
    #[schema(format = DateTime)]
    pub dropped_at: Option<String>,
    /// What the last failed try said.
    pub error: Option<String>,
    /// What the last try was answered with, a status of HTTP or SMTP; null: nothing came back, or nothing went out.
    #[schema(minimum = 100, maximum = 999)]
    pub answer_code: Option<u16>,
    /// Who of the roster was called, by name; null: whom the settings of the sink name, or you may not see people.
    pub to: Option<String>,
}

impl IncidentDelivery {
    /// A delivery; `people`: whether it may be said who was called.
    #[must_use]
    pub fn of(delivery: &Delivery, people: bool) -> IncidentDelivery {
        IncidentDelivery {
            sink: delivery.sink.to_string(),
            step: delivery.step,
            attempts: delivery.attempts,
            delivered_at: delivery.delivered.map(stamp),
            dropped_at: delivery.dropped.map(stamp),
            error: delivery.error.as_ref().map(ToString::to_string),
            answer_code: delivery.code,
            to: delivery.to.as_ref().filter(|_| people).map(ToString::to_string),
        }
    }
}

/// What one writes when taking an incident; all of it may be left out.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AckBody {
    /// For the others to read; at most 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub note: String,
    /// When it ends; null: with the incident.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub until: Option<String>,
}

/// How long an incident is to be silent, and why.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SilenceBody {
    /// When it ends.
    #[schema(format = DateTime)]
    pub until: String,
    /// For the others to read; at most 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub note: String,
}
