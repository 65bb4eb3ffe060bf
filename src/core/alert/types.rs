//! Alerts, incidents and messages, as values.

use std::fmt;
use std::sync::Arc;

use super::InDigest;
use crate::coverage::Scope;
use crate::health::{Cause, Findings};
use crate::model::{AreaId, CameraId, EntranceId, IncidentId, NodeId, Severity, Span, Time};

/// The numbers of this room (names.md, settings `[incident]`).
#[derive(Clone, PartialEq, Debug)]
pub struct Policy {
    /// An opening incident waits at most so long for those that were asked.
    pub settle: Span,
    /// A newly lost entrance joins without a page until so long after the last page of its incident.
    pub regroup: Span,
    /// Reopened within this, it is the same incident.
    pub reopen_within: Span,
    /// How long an entrance or camera must be unknown before that is said.
    pub unknown_after: Span,
    /// What is still unnamed after `regroup` is paged once it has been lost for so long.
    pub unnamed_after: Span,
    /// A critical incident that is open and that nobody has taken is said again so long after its last page.
    pub remind_every: Span,
    /// One that nobody has taken for so long goes to the next level.
    pub escalate_after: Span,
    /// The highest level at which somebody listens; 0: there is nobody to escalate to.
    pub levels: u8,
    /// A storm: after so many pages …
    pub storm_messages: u32,
    /// … within this, small ones are collected.
    pub storm_per: Span,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            settle: Span::seconds(5),
            regroup: Span::minutes(5),
            reopen_within: Span::minutes(30),
            unknown_after: Span::minutes(15),
            unnamed_after: Span::minutes(1),
            remind_every: Span::hours(4),
            escalate_after: Span::minutes(15),
            levels: 0,
            storm_messages: 20,
            storm_per: Span::minutes(10),
        }
    }
}

/// The names of alerts (names.md, alerts on the wire).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AlertName {
    /// An entrance is lost.
    EntranceLost,
    /// It will be lost at dusk.
    EntranceLostTonight,
    /// It has fewer cameras than it should.
    EntranceReduced,
    /// Nothing has been known of it for long.
    EntranceUnknown,
    /// A seal leaks.
    SealBroken,
    /// A node is down.
    NodeDown,
    /// A node fails in part.
    NodePartial,
    /// Many failures, no node to blame.
    CommonCause,
    /// A camera is down.
    CameraDown,
    /// A camera is degraded.
    CameraDegraded,
    /// A camera comes and goes.
    CameraFlapping,
    /// Nothing has been known of a camera for long.
    CameraUnknown,
    /// The monitor cannot see.
    MonitorBlind,
    /// The monitor cannot commit.
    MonitorStuck,
    /// Always fires.
    Watchdog,
}

impl AlertName {
    /// Every name.
    pub const ALL: [AlertName; 15] = [
        AlertName::EntranceLost,
        AlertName::EntranceLostTonight,
        AlertName::EntranceReduced,
        AlertName::EntranceUnknown,
        AlertName::SealBroken,
        AlertName::NodeDown,
        AlertName::NodePartial,
        AlertName::CommonCause,
        AlertName::CameraDown,
        AlertName::CameraDegraded,
        AlertName::CameraFlapping,
        AlertName::CameraUnknown,
        AlertName::MonitorBlind,
        AlertName::MonitorStuck,
        AlertName::Watchdog,
    ];

    /// The word users see: label `alertname`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            AlertName::EntranceLost => "EntranceLost",
            AlertName::EntranceLostTonight => "EntranceLostTonight",
            AlertName::EntranceReduced => "EntranceReduced",
            AlertName::EntranceUnknown => "EntranceUnknown",
            AlertName::SealBroken => "SealBroken",
            AlertName::NodeDown => "NodeDown",
            AlertName::NodePartial => "NodePartial",
            AlertName::CommonCause => "CommonCause",
            AlertName::CameraDown => "CameraDown",
            AlertName::CameraDegraded => "CameraDegraded",
            AlertName::CameraFlapping => "CameraFlapping",
            AlertName::CameraUnknown => "CameraUnknown",
            AlertName::MonitorBlind => "MonitorBlind",
            AlertName::MonitorStuck => "MonitorStuck",
            AlertName::Watchdog => "Watchdog",
        }
    }

    /// The name a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<AlertName> {
        AlertName::ALL.into_iter().find(|n| n.word() == word)
    }

    /// Its severity (semantics.md §6).
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            AlertName::EntranceLost | AlertName::SealBroken | AlertName::MonitorBlind | AlertName::MonitorStuck => {
                Severity::Critical
            }
            AlertName::EntranceReduced
            | AlertName::EntranceUnknown
            | AlertName::EntranceLostTonight
            | AlertName::NodeDown
            | AlertName::NodePartial
            | AlertName::CommonCause => Severity::Warning,
            AlertName::CameraDown
            | AlertName::CameraDegraded
            | AlertName::CameraFlapping
            | AlertName::CameraUnknown => Severity::Info,
            AlertName::Watchdog => Severity::None,
        }
    }
}

/// What an alert is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AlertObject {
    /// An entrance.
    Entrance(EntranceId),
    /// A camera.
    Camera(CameraId),
    /// A node.
    Node(NodeId),
    /// A common cause, by its stored form.
    Common(Arc<str>),
    /// An area, or an element of the plan: they share one namespace.
    Area(AreaId),
    /// The monitor.
    Monitor,
}

impl AlertObject {
    /// The entrance, where it is one.
    #[must_use]
    pub fn entrance(&self) -> Option<&EntranceId> {
        match self {
            AlertObject::Entrance(id) => Some(id),
            _ => None,
        }
    }

    /// The area, where it is one.
    #[must_use]
    pub fn area(&self) -> Option<&AreaId> {
        match self {
            AlertObject::Area(id) => Some(id),
            _ => None,
        }
    }
}

impl fmt::Display for AlertObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AlertObject::Entrance(id) => id.fmt(f),
            AlertObject::Camera(id) => id.fmt(f),
            AlertObject::Node(id) => id.fmt(f),
            AlertObject::Common(text) => f.write_str(text),
            AlertObject::Area(id) => id.fmt(f),
            AlertObject::Monitor => f.write_str("monitor"),
        }
    }
}

/// Which alert: at most one with a key is open at a time.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AlertKey {
    /// Its name.
    pub name: AlertName,
    /// What it is about.
    pub object: AlertObject,
}

/// Why an alert ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EndReason {
    /// What it said is no longer so.
    Recovered,
    /// Its object left the registry, or is no longer judged.
    Removed,
    /// Another alert says it now (Tonight became Lost; the camera's trouble turned out to be its node's).
    Superseded,
}

impl EndReason {
    /// The word users see.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            EndReason::Recovered => "recovered",
            EndReason::Removed => "removed",
            EndReason::Superseded => "superseded",
        }
    }

    /// The reason a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<EndReason> {
        [EndReason::Recovered, EndReason::Removed, EndReason::Superseded].into_iter().find(|r| r.word() == word)
    }
}

/// The shortest way into an area whose seal is broken.
#[derive(Clone, PartialEq, Debug)]
pub struct Leak {
    /// From where the area was shut off.
    pub scope: Scope,
    /// How long the way is, metres, 0 or more.
    pub length_m: f64,
    /// The entrances that one passes unseen on it, from outside in.
    pub entrances: Vec<EntranceId>,
    /// The dead cameras that should watch them.
    pub cameras: Vec<CameraId>,
}

/// An alert. Its labels are frozen at the first word (in Alertmanager the labels are the identity): `label_incident`
/// stays when the alert moves to another incident, area and village stay when the registry moves the object.
#[derive(Clone, PartialEq, Debug)]
pub struct Alert {
    /// Which.
    pub key: AlertKey,
    /// The incident it belongs to now.
    pub incident: IncidentId,
    /// The label `incident` that it was first sent with.
    pub label_incident: IncidentId,
    /// The label `area`.
    pub label_area: Option<AreaId>,
    /// The label `village`.
    pub label_village: Option<AreaId>,
    /// The object's display name when the alert opened.
    pub name: Arc<str>,
    /// The display name of its village, or empty.
    pub village_name: Arc<str>,
    /// Why, as believed now.
    pub cause: Option<Cause>,
    /// Since when it holds (`startsAt`): the first failure, not its confirmation.
    pub since: Time,
    /// When it ended, and why.
    pub ended: Option<(Time, EndReason)>,
    /// Whether a message that was committed has named it.
    pub told: bool,
    /// Maintenance explains it: it is no reason for a page.
    pub planned: bool,
    /// Of a broken seal: the way in. It stays as it was found while it is open.
    pub leak: Option<Arc<Leak>>,
}

/// Where an incident stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum IncidentStatus {
    /// Not yet told: waits for those that were asked.
    Opening,
    /// Open.
    Open,
    /// Open and acknowledged.
    Acknowledged,
    /// Over.
    Resolved,
    /// It turned out to be another one.
    Merged,
}

impl IncidentStatus {
    /// The word users see: `status`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            IncidentStatus::Opening => "opening",
            IncidentStatus::Open => "open",
            IncidentStatus::Acknowledged => "acknowledged",
            IncidentStatus::Resolved => "resolved",
            IncidentStatus::Merged => "merged",
        }
    }

    /// The status a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<IncidentStatus> {
        use IncidentStatus as S;
        [S::Opening, S::Open, S::Acknowledged, S::Resolved, S::Merged].into_iter().find(|s| s.word() == word)
    }

    /// Whether it is still going on.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, IncidentStatus::Opening | IncidentStatus::Open | IncidentStatus::Acknowledged)
    }
}

/// Who took an incident.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Acknowledgement {
    /// When.
    pub at: Time,
    /// The token's name.
    pub by: Arc<str>,
    /// What they wrote.
    pub note: Arc<str>,
    /// When it ends; `None`: with the incident.
    pub until: Option<Time>,
}

/// What keeps an incident from paging until a moment, because somebody said so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hold {
    /// Since when.
    pub at: Time,
    /// The token's name.
    pub by: Arc<str>,
    /// What they wrote.
    pub note: Arc<str>,
    /// When it ends; of one that has ended, when it did.
    pub until: Time,
}

/// What decides whether something is news of an incident; kept with it, so that a restart neither says anything twice
/// nor swallows it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct News {
    /// It has become more than info, and no page has said so yet.
    pub risen: bool,
    /// Entrances whose end it has told since its last page, sorted: lost again they are news, which an update does not
    /// settle.
    pub told_over: Vec<EntranceId>,
    /// The highest severity that it had: whoever heard of it then hears of its end.
    pub worst: Severity,
    /// It went beyond the first level: those of the next hear all of it, and never of a digest.
    pub escalated: bool,
    /// It flaps, and nothing of it has been open since then: it ends when that has lasted.
    pub calm_since: Option<Time>,
    /// Broken seals that a page, or an update to people, has named, sorted.
    pub seals: Vec<AreaId>,
    /// Seals whose end it has told since its last page, sorted, as `told_over`.
    pub seals_over: Vec<AreaId>,
    /// Since then parts of it joined or ended, and no word has said so: it waits for more of its kind.
    pub untold_since: Option<Time>,
}

/// The alerts of one cause: what is sent, acknowledged and resolved.
#[derive(Clone, PartialEq, Debug)]
pub struct Incident {
    /// Its number.
    pub id: IncidentId,
    /// Where it stands.
    pub status: IncidentStatus,
    /// The highest severity of its open alerts; of a resolved one, the highest it had.
    pub severity: Severity,
    /// Its cause.
    pub cause: Cause,
    /// The display name of the cause when it was judged.
    pub cause_name: Arc<str>,
    /// Others that explain the same.
    pub rivals: Vec<Cause>,
    /// Whether the cause was found by exact search.
    pub exact: bool,
    /// What the judgement rests on; `None` where it was judged before that was kept.
    pub findings: Option<Arc<Findings>>,
    /// Cameras that are down by this cause.
    pub cameras: Vec<CameraId>,
    /// For a node in part: of how many cameras.
    pub cameras_of: Option<u32>,
    /// Entrances that are lost by it.
    pub entrances_lost: Vec<EntranceId>,
    /// Areas and elements of the plan whose seal is broken by it.
    pub seals_broken: Vec<AreaId>,
    /// The villages of these entrances; where none is lost, of the cameras.
    pub villages: Vec<AreaId>,
    /// The first failure.
    pub since: Time,
    /// When it opened.
    pub opened_at: Time,
    /// Who took it.
    pub acknowledged: Option<Acknowledgement>,
    /// When it was over.
    pub resolved_at: Option<Time>,
    /// When it was last opened again.
    pub reopened_at: Option<Time>,
    /// How often it was opened again.
    pub reopenings: u32,
    /// The incident it turned out to be.
    pub merged_into: Option<IncidentId>,
    /// Who silenced it: until then it pages nobody.
    pub silenced: Option<Hold>,
    /// The acknowledgement or silence that ran out or was lifted last: the page that follows names it.
    pub lapsed: Option<Hold>,
    /// Since when nobody has it: from here escalation counts.
    pub waiting_since: Time,
    /// How far it has been escalated; 0: not.
    pub level: u8,
    /// Messages that told an opening, a reopening, a later loss, an escalation or a reminder; one counts once, however
    /// many sinks.
    pub pages: u32,
    /// When the last of these was written.
    pub last_page_at: Option<Time>,
    /// Entrances that a page, or an update to people, has named.
    pub paged_entrances: Vec<EntranceId>,
    /// Messages written so far; the next has this number plus one.
    pub step: u32,
    /// What of it people are told in digests.
    pub in_digest: InDigest,
    /// What was said of it, as far as that decides what is news.
    pub news: News,
}

impl Incident {
    /// The silence that is in force.
    #[must_use]
    pub fn silence_at(&self, now: Time) -> Option<&Hold> {
        self.silenced.as_ref().filter(|s| s.until > now)
    }
}

/// What a message tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MessageKind {
    /// An incident opened.
    Opened,
    /// What is known of it changed.
    Updated,
    /// More was lost, and that is news.
    MoreLost,
    /// It opened again.
    Reopened,
    /// Somebody took it.
    Acknowledged,
    /// Somebody silenced it.
    Silenced,
    /// It is still open, and nobody has it.
    Reminded,
    /// Nobody took it: it goes to the next level.
    Escalated,
    /// It is over.
    Resolved,
    /// It turned out to be another.
    Merged,
    /// Many small incidents of a storm, told together.
    Digest,
}

impl MessageKind {
    /// Every kind.
    pub const ALL: [MessageKind; 11] = [
        MessageKind::Opened,
        MessageKind::Updated,
        MessageKind::MoreLost,
        MessageKind::Reopened,
        MessageKind::Acknowledged,
        MessageKind::Silenced,
        MessageKind::Reminded,
        MessageKind::Escalated,
        MessageKind::Resolved,
        MessageKind::Merged,
        MessageKind::Digest,
    ];

    /// The word users see.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            MessageKind::Opened => "opened",
            MessageKind::Updated => "updated",
            MessageKind::MoreLost => "more_lost",
            MessageKind::Reopened => "reopened",
            MessageKind::Acknowledged => "acknowledged",
            MessageKind::Silenced => "silenced",
            MessageKind::Reminded => "reminded",
            MessageKind::Escalated => "escalated",
            MessageKind::Resolved => "resolved",
            MessageKind::Merged => "merged",
            MessageKind::Digest => "digest",
        }
    }

    /// The kind a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<MessageKind> {
        MessageKind::ALL.into_iter().find(|k| k.word() == word)
    }

    /// Whether it pages people.
    #[must_use]
    pub const fn pages(self) -> bool {
        use MessageKind as K;
        matches!(self, K::Opened | K::MoreLost | K::Reopened | K::Reminded | K::Escalated | K::Digest)
    }
}

/// Why a word was said or held: log field, metric label and row of the incident.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SayReason {
    /// Said: the incident is new, and those that were asked have answered or `settle` has passed.
    FirstWord,
    /// Said: more entrances are lost, `regroup` after the last page.
    NewLoss,
    /// Said: lost again within `reopen_within`.
    LostAgain,
    /// Said to machines: joined within `regroup`.
    JoinedQuietly,
    /// Said to people, as an update: more was lost since the page, and the next may be some minutes away.
    NamedLater,
    /// Said: cause, rivals or members changed.
    CauseChanged,
    /// Said: two incidents are one.
    MergedIncidents,
    /// Said: all of it is over.
    AllOver,
    /// Said: part of it is over.
    PartOver,
    /// Said: somebody took it.
    TakenBySomebody,
    /// Said: somebody silenced it.
    SilencedBySomebody,
    /// Said: the acknowledgement ran out, and the fault still stands.
    AckExpired,
    /// Said: the silence ended, and the fault still stands.
    SilenceEnded,
    /// Said: critical, still open, and nobody has it.
    StillOpen,
    /// Said: nobody took it in time.
    NotTaken,
    /// Held, said to machines only: somebody silenced the incident.
    HeldSilenced,
    /// Said: a digest of what was collected in a storm.
    Digest,
    /// Said to machines: people hear it with the next digest.
    HeldForDigest,
    /// Said: maintenance explains it no longer, because it ended or because more failed.
    MaintenanceEnded,
    /// Held, said to machines only: maintenance explains all of it.
    HeldMaintenance,
    /// Held: those that were asked have not answered.
    HeldSettling,
    /// Held: the monitor is blind.
    HeldBlind,
    /// Held: a first round is going on.
    HeldFirstRound,
    /// Held: lost for less than a minute and unnamed.
    HeldUnnamed,
}

impl SayReason {
    /// Every reason.
    pub const ALL: [SayReason; 24] = [
        SayReason::FirstWord,
        SayReason::NewLoss,
        SayReason::LostAgain,
        SayReason::JoinedQuietly,
        SayReason::NamedLater,
        SayReason::CauseChanged,
        SayReason::MergedIncidents,
        SayReason::AllOver,
        SayReason::PartOver,
        SayReason::TakenBySomebody,
        SayReason::SilencedBySomebody,
        SayReason::AckExpired,
        SayReason::SilenceEnded,
        SayReason::StillOpen,
        SayReason::NotTaken,
        SayReason::HeldSilenced,
        SayReason::Digest,
        SayReason::HeldForDigest,
        SayReason::MaintenanceEnded,
        SayReason::HeldMaintenance,
        SayReason::HeldSettling,
        SayReason::HeldBlind,
        SayReason::HeldFirstRound,
        SayReason::HeldUnnamed,
    ];

    /// Whether it is said to machines only: people hear of it with the next word that is theirs.
    #[must_use]
    pub const fn is_for_machines(self) -> bool {
        matches!(
            self,
            SayReason::JoinedQuietly | SayReason::HeldSilenced | SayReason::HeldForDigest | SayReason::HeldMaintenance
        )
    }

    /// The reason a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<SayReason> {
        SayReason::ALL.into_iter().find(|r| r.word() == word)
    }

    /// The word users see.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            SayReason::FirstWord => "first_word",
            SayReason::NewLoss => "new_loss",
            SayReason::LostAgain => "lost_again",
            SayReason::JoinedQuietly => "joined_quietly",
            SayReason::NamedLater => "named_later",
            SayReason::CauseChanged => "cause_changed",
            SayReason::MergedIncidents => "merged_incidents",
            SayReason::AllOver => "all_over",
            SayReason::PartOver => "part_over",
            SayReason::TakenBySomebody => "taken_by_somebody",
            SayReason::SilencedBySomebody => "silenced_by_somebody",
            SayReason::AckExpired => "ack_expired",
            SayReason::SilenceEnded => "silence_ended",
            SayReason::StillOpen => "still_open",
            SayReason::NotTaken => "not_taken",
            SayReason::HeldSilenced => "held_silenced",
            SayReason::Digest => "digest",
            SayReason::HeldForDigest => "held_for_digest",
            SayReason::MaintenanceEnded => "maintenance_ended",
            SayReason::HeldMaintenance => "held_maintenance",
            SayReason::HeldSettling => "held_settling",
            SayReason::HeldBlind => "held_blind",
            SayReason::HeldFirstRound => "held_first_round",
            SayReason::HeldUnnamed => "held_unnamed",
        }
    }
}

/// One step of an incident, to be told to every sink that takes its severity. Its key is incident/sink/step.
#[derive(Clone, PartialEq, Debug)]
pub struct Message {
    /// The incident as it stands with this step.
    pub incident: Arc<Incident>,
    /// Its open alerts, and those that ended with this step.
    pub alerts: Vec<Arc<Alert>>,
    /// The number of the step.
    pub step: u32,
    /// What it tells.
    pub kind: MessageKind,
    /// Why.
    pub why: SayReason,
    /// When.
    pub at: Time,
    /// Of a digest: the latest word of each of its incidents, folded with those before it; else nothing.
    pub digest: Vec<Arc<Message>>,
}
