//! Incidents, alerts and messages as JSON.

use std::sync::Arc;

use cunkou_core::alert::{
    Acknowledgement, Alert, AlertKey, AlertName, AlertObject, EndReason, Hold, InDigest, Incident, IncidentStatus,
    Leak, Message, MessageKind, News, SayReason,
};
use cunkou_core::coverage::Scope;
use cunkou_core::health::Cause;
use cunkou_core::model::{AreaId, CameraId, EntranceId, IncidentId, NodeId, Severity, Time};
use serde::{Deserialize, Serialize};

use super::found::FindingsRow;
use super::{RowFault, area, cause, ids, millis, shared, texts, word};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct AcknowledgementRow {
    at: i64,
    by: String,
    note: String,
    until: Option<i64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct HoldRow {
    at: i64,
    by: String,
    note: String,
    until: i64,
}

impl From<&Hold> for HoldRow {
    fn from(h: &Hold) -> HoldRow {
        HoldRow { at: h.at.millis(), by: h.by.to_string(), note: h.note.to_string(), until: h.until.millis() }
    }
}

impl From<HoldRow> for Hold {
    fn from(r: HoldRow) -> Hold {
        Hold { at: Time(r.at), by: shared(&r.by), note: shared(&r.note), until: Time(r.until) }
    }
}

/// An incident.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::store) struct IncidentRow {
    id: u64,
    status: String,
    severity: String,
    cause: String,
    cause_name: String,
    rivals: Vec<String>,
    exact: bool,
    cameras: Vec<String>,
    cameras_of: Option<u32>,
    entrances_lost: Vec<String>,
    villages: Vec<String>,
    since: i64,
    opened_at: i64,
    acknowledged: Option<AcknowledgementRow>,
    resolved_at: Option<i64>,
    reopened_at: Option<i64>,
    reopenings: u32,
    merged_into: Option<u64>,
    /// These four are younger than the table: a row without them is of an incident that nobody silenced.
    #[serde(default)]
    silenced: Option<HoldRow>,
    #[serde(default)]
    lapsed: Option<HoldRow>,
    #[serde(default)]
    waiting_since: Option<i64>,
    #[serde(default)]
    level: u8,
    pages: u32,
    last_page_at: Option<i64>,
    paged_entrances: Vec<String>,
    step: u32,
    /// Databases from before digests do not have these.
    #[serde(default)]
    by_digest: bool,
    #[serde(default)]
    digest_from: Option<u32>,
    /// These five are younger too: a row without them says nothing of what is news.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    risen: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    told_over: Vec<String>,
    #[serde(default)]
    worst: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    escalated: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    calm_since: Option<i64>,
    /// Younger than the table: of an older row nobody knows what it rested on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    findings: Option<FindingsRow>,
    /// Databases from before broken seals were alerts do not have these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    seals_broken: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    seals_named: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    seals_over: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    untold_since: Option<i64>,
}

impl From<&Incident> for IncidentRow {
    fn from(i: &Incident) -> IncidentRow {
        IncidentRow {
            id: i.id.0,
            status: i.status.word().to_owned(),
            severity: i.severity.word().to_owned(),
            cause: i.cause.to_string(),
            cause_name: i.cause_name.to_string(),
            rivals: texts(&i.rivals),
            exact: i.exact,
            cameras: texts(&i.cameras),
            cameras_of: i.cameras_of,
            entrances_lost: texts(&i.entrances_lost),
            villages: texts(&i.villages),
            since: i.since.millis(),
            opened_at: i.opened_at.millis(),
            acknowledged: i.acknowledged.as_ref().map(|a| AcknowledgementRow {
                at: a.at.millis(),
                by: a.by.to_string(),
                note: a.note.to_string(),
                until: millis(a.until),
            }),
            resolved_at: millis(i.resolved_at),
            reopened_at: millis(i.reopened_at),
            reopenings: i.reopenings,
            merged_into: i.merged_into.map(|id| id.0),
            silenced: i.silenced.as_ref().map(HoldRow::from),
            lapsed: i.lapsed.as_ref().map(HoldRow::from),
            waiting_since: Some(i.waiting_since.millis()),
            level: i.level,
            pages: i.pages,
            last_page_at: millis(i.last_page_at),
            paged_entrances: texts(&i.paged_entrances),
            step: i.step,
            by_digest: i.in_digest.by,
            digest_from: i.in_digest.from,
            risen: i.news.risen,
            told_over: texts(&i.news.told_over),
            worst: Some(i.news.worst.word().to_owned()),
            escalated: i.news.escalated,
            calm_since: millis(i.news.calm_since),
            findings: i.findings.as_deref().map(FindingsRow::from),
            seals_broken: texts(&i.seals_broken),
            seals_named: texts(&i.news.seals),
            seals_over: texts(&i.news.seals_over),
            untold_since: millis(i.news.untold_since),
        }
    }
}

impl TryFrom<IncidentRow> for Incident {
    type Error = RowFault;
    fn try_from(r: IncidentRow) -> Result<Incident, RowFault> {
        let rivals: Result<Vec<Cause>, RowFault> = r.rivals.iter().map(|t| word(t, Cause::parse)).collect();
        Ok(Incident {
            id: IncidentId(r.id),
            status: word(&r.status, IncidentStatus::from_word)?,
            severity: word(&r.severity, Severity::from_word)?,
            cause: word(&r.cause, Cause::parse)?,
            cause_name: shared(&r.cause_name),
            rivals: rivals?,
            exact: r.exact,
            findings: r.findings.map(TryInto::try_into).transpose()?,
            cameras: ids(&r.cameras, CameraId::new)?,
            cameras_of: r.cameras_of,
            entrances_lost: ids(&r.entrances_lost, EntranceId::new)?,
            seals_broken: ids(&r.seals_broken, AreaId::new)?,
            villages: ids(&r.villages, AreaId::new)?,
            since: Time(r.since),
            opened_at: Time(r.opened_at),
            acknowledged: r.acknowledged.map(|a| Acknowledgement {
                at: Time(a.at),
                by: shared(&a.by),
                note: shared(&a.note),
                until: a.until.map(Time),
            }),
            resolved_at: r.resolved_at.map(Time),
            reopened_at: r.reopened_at.map(Time),
            reopenings: r.reopenings,
            merged_into: r.merged_into.map(IncidentId),
            silenced: r.silenced.map(Hold::from),
            lapsed: r.lapsed.map(Hold::from),
            waiting_since: Time(r.waiting_since.unwrap_or(r.opened_at)),
            level: r.level,
            pages: r.pages,
            last_page_at: r.last_page_at.map(Time),
            paged_entrances: ids(&r.paged_entrances, EntranceId::new)?,
            step: r.step,
            in_digest: InDigest { by: r.by_digest, from: r.digest_from },
            news: News {
                risen: r.risen,
                told_over: ids(&r.told_over, EntranceId::new)?,
                worst: r.worst.as_deref().map_or(Ok(Severity::None), |text| word(text, Severity::from_word))?,
                escalated: r.escalated,
                calm_since: r.calm_since.map(Time),
                seals: ids(&r.seals_named, AreaId::new)?,
                seals_over: ids(&r.seals_over, AreaId::new)?,
                untold_since: r.untold_since.map(Time),
            },
        })
    }
}

/// Column `object_kind` of an alert.
pub(in crate::store) const fn object_kind(object: &AlertObject) -> &'static str {
    match object {
        AlertObject::Entrance(_) => "entrance",
        AlertObject::Camera(_) => "camera",
        AlertObject::Node(_) => "node",
        AlertObject::Common(_) => "common",
        AlertObject::Area(_) => "area",
        AlertObject::Monitor => "monitor",
    }
}

fn object(kind: &str, id: &str) -> Result<AlertObject, RowFault> {
    Ok(match kind {
        "entrance" => AlertObject::Entrance(EntranceId::new(id)?),
        "camera" => AlertObject::Camera(CameraId::new(id)?),
        "node" => AlertObject::Node(NodeId::new(id)?),
        "common" => AlertObject::Common(shared(id)),
        "area" => AlertObject::Area(AreaId::new(id)?),
        "monitor" => AlertObject::Monitor,
        _ => return Err(RowFault(format!("unknown kind {kind:?}"))),
    })
}

/// The way in of a broken seal.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct LeakRow {
    scope: String,
    length_m: f64,
    entrances: Vec<String>,
    cameras: Vec<String>,
}

impl From<&Leak> for LeakRow {
    fn from(l: &Leak) -> LeakRow {
        let (entrances, cameras) = (texts(&l.entrances), texts(&l.cameras));
        LeakRow { scope: l.scope.word().to_owned(), length_m: l.length_m, entrances, cameras }
    }
}

impl TryFrom<LeakRow> for Leak {
    type Error = RowFault;
    fn try_from(r: LeakRow) -> Result<Leak, RowFault> {
        Ok(Leak {
            scope: word(&r.scope, Scope::from_word)?,
            length_m: r.length_m,
            entrances: ids(&r.entrances, EntranceId::new)?,
            cameras: ids(&r.cameras, CameraId::new)?,
        })
    }
}

/// An alert.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::store) struct AlertRow {
    name: String,
    object_kind: String,
    object: String,
    incident: u64,
    label_incident: u64,
    label_area: Option<String>,
    label_village: Option<String>,
    display: String,
    village: String,
    cause: Option<String>,
    since: i64,
    /// When and why.
    ended: Option<(i64, String)>,
    told: bool,
    /// Younger than the table.
    #[serde(default)]
    planned: bool,
    /// Of a broken seal only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    leak: Option<LeakRow>,
}

impl From<&Alert> for AlertRow {
    fn from(a: &Alert) -> AlertRow {
        AlertRow {
            name: a.key.name.word().to_owned(),
            object_kind: object_kind(&a.key.object).to_owned(),
            object: a.key.object.to_string(),
            incident: a.incident.0,
            label_incident: a.label_incident.0,
            label_area: a.label_area.as_ref().map(ToString::to_string),
            label_village: a.label_village.as_ref().map(ToString::to_string),
            display: a.name.to_string(),
            village: a.village_name.to_string(),
            cause: a.cause.as_ref().map(ToString::to_string),
            since: a.since.millis(),
            ended: a.ended.map(|(at, why)| (at.millis(), why.word().to_owned())),
            told: a.told,
            planned: a.planned,
            leak: a.leak.as_deref().map(LeakRow::from),
        }
    }
}

impl TryFrom<AlertRow> for Alert {
    type Error = RowFault;
    fn try_from(r: AlertRow) -> Result<Alert, RowFault> {
        let ended = match &r.ended {
            Some((at, why)) => Some((Time(*at), word(why, EndReason::from_word)?)),
            None => None,
        };
        Ok(Alert {
            key: AlertKey { name: word(&r.name, AlertName::from_word)?, object: object(&r.object_kind, &r.object)? },
            incident: IncidentId(r.incident),
            label_incident: IncidentId(r.label_incident),
            label_area: area(r.label_area.as_ref())?,
            label_village: area(r.label_village.as_ref())?,
            name: shared(&r.display),
            village_name: shared(&r.village),
            cause: cause(r.cause.as_deref())?,
            since: Time(r.since),
            ended,
            told: r.told,
            planned: r.planned,
            leak: r.leak.map(Leak::try_from).transpose()?.map(Arc::new),
        })
    }
}

/// A message: the incident and its alerts as they stood then.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::store) struct MessageRow {
    incident: IncidentRow,
    alerts: Vec<AlertRow>,
    step: u32,
    kind: String,
    why: String,
    at: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    digest: Vec<MessageRow>,
}

impl From<&Message> for MessageRow {
    fn from(m: &Message) -> MessageRow {
        MessageRow {
            incident: (&*m.incident).into(),
            alerts: m.alerts.iter().map(|a| (&**a).into()).collect(),
            step: m.step,
            kind: m.kind.word().to_owned(),
            why: m.why.word().to_owned(),
            at: m.at.millis(),
            digest: m.digest.iter().map(|m| (&**m).into()).collect(),
        }
    }
}

impl TryFrom<MessageRow> for Message {
    type Error = RowFault;
    fn try_from(r: MessageRow) -> Result<Message, RowFault> {
        let alerts: Result<Vec<Arc<Alert>>, RowFault> =
            r.alerts.into_iter().map(|a| Alert::try_from(a).map(Arc::new)).collect();
        let digest: Result<Vec<Arc<Message>>, RowFault> =
            r.digest.into_iter().map(|m| Message::try_from(m).map(Arc::new)).collect();
        Ok(Message {
            incident: Arc::new(r.incident.try_into()?),
            alerts: alerts?,
            step: r.step,
            kind: word(&r.kind, MessageKind::from_word)?,
            why: word(&r.why, SayReason::from_word)?,
            at: Time(r.at),
            digest: digest?,
        })
    }
}
