//! Messages about a made-up village: what templates are tried with, and what `cunkou notify test` sends.

use std::collections::BTreeMap;
use std::sync::Arc;

use cunkou_core::alert::{
    Acknowledgement, Alert, AlertKey, AlertName, AlertObject, EndReason, Hold, Incident, IncidentStatus, Leak, Message,
    MessageKind, OftenOut, Review, ReviewEvery, SayReason, Speaker,
};
use cunkou_core::coverage::Scope;
use cunkou_core::health::{Cause, Evidence, Findings, Heard, MonitorCause, Objection, RuledOut, Witness};
use cunkou_core::model::{
    AreaId, CameraId, Check, Chunked, EntranceId, FailKind, IncidentId, Language, NodeId, PlaceId, Reason, ReasonSet,
    Severity, Span, Time,
};
use cunkou_core::registry::{
    Area, AreaKind, Density, Dirs, Entrance, EntranceStatus, Gate, LonLat, Node, NodeKind, Place, PlaceKind, Registry,
};
use cunkou_core::world::Snapshot;

use super::facts::{Asked, Facts, News};
use crate::roster::Contact;

/// 2026-11-24 02:10 in Liuzhi.
const THEN: Time = Time(1_795_457_400_000);

/// What the things of the village are called.
struct Names {
    village: &'static str,
    entrances: [&'static str; 2],
    node: &'static str,
    by: &'static str,
}

/// Names that would break any text in which they were not escaped.
const HOSTILE: Names = Names {
    village: "甘\"棠\\村'",
    entrances: ["<b>东</b>&口", "[西](http://x) @all *_`#|~"],
    node: "{{ 7 }} {% raw %} $(x)",
    by: "值<班>\"员\"",
};

const fn plain(language: Language) -> Names {
    match language {
        Language::ZhCn => {
            Names {
                village: "测试村", entrances: ["东口", "西口"], node: "测试消息，无需处理", by: "测试"
            }
        }
        Language::En => {
            Names { village: "Test village", entrances: ["east", "west"], node: "a test, nothing to do", by: "test" }
        }
    }
}

/// Every kind of message and every alert, open and over, with names that would break a text; by what they are.
pub(super) fn every_kind(language: Language) -> Vec<(String, Facts)> {
    let registry = registry(&HOSTILE);
    let lost_now = ids(EntranceId::new);
    let speaker = Speaker {
        language,
        registry: &registry,
        local_time: &|_| "2026-11-24 02:10:00 +08:00".to_owned(),
        link: &|id| (id.0 != 0).then(|| format!("https://cunkou.example/page/incident/{id}")),
        reasons: &|_| ReasonSet::default(),
        lost_now: &lost_now,
        open_now: &[IncidentId(8), IncidentId(9)],
    };
    // A body must be one also where nobody is on duty.
    let nobody = Asked::default;
    let facts = |news, told, asked| Facts { news, told, asked, sink: "test".to_owned(), language };
    // A reminder has four reasons, each with words of its own.
    use SayReason as W;
    let reasons = [W::FirstWord, W::AckExpired, W::SilenceEnded, W::MaintenanceEnded];
    let kinds = MessageKind::ALL.into_iter().flat_map(|kind| {
        let reasons = if kind == MessageKind::Reminded { &reasons[..] } else { &reasons[..1] };
        reasons.iter().map(move |why| (kind, *why))
    });
    let messages = kinds.map(|(kind, why)| {
        let message = Message { why, ..message(&HOSTILE, kind, IncidentId(42), THEN) };
        (format!("the message {:?}", kind.word()), facts(News::of(&message), speaker.told(&message), nobody()))
    });
    let message = message(&HOSTILE, MessageKind::Opened, IncidentId(42), THEN);
    let asked = facts(News::of(&message), speaker.told(&message), Asked::of(&[Arc::new(on_duty(&HOSTILE))]));
    let asked = ("the message \"opened\" to who is on duty".to_owned(), asked);
    let alerts = AlertName::ALL.into_iter().flat_map(|name| [(name, None), (name, Some((THEN, EndReason::Recovered)))]);
    let alerts = alerts.map(|(name, ended)| {
        let object = object(name);
        // What is about the monitor is in no incident: without a link.
        let incident = if object == AlertObject::Monitor { IncidentId(0) } else { IncidentId(42) };
        let alert = alert(name, object, &HOSTILE, incident, THEN, ended);
        let what = if ended.is_some() { "the end of the alert" } else { "the alert" };
        (
            format!("{what} {:?}", name.word()),
            facts(News::of_alert(&alert), speaker.told_of_alert(&alert, None), nobody()),
        )
    });
    let reviews = [ReviewEvery::Day, ReviewEvery::Week].map(|every| {
        let told = speaker.told_of_review(&review(every));
        ("the review".to_owned(), facts(News::of_review(), told, nobody()))
    });
    messages.into_iter().chain([asked]).chain(alerts).chain(reviews).collect()
}

/// A number of which nothing stands in any other fact, and nothing needs an escape.
pub(super) const NUMBER: &str = "13800138000";

/// An opening that calls a number; an empty one: nobody is on duty.
pub(super) fn with_number(language: Language, phone: &str) -> Option<Facts> {
    let (_, facts) = every_kind(language).into_iter().next()?;
    let who = Contact { phone: Some(phone.to_owned()), ..Contact::default() };
    Some(Facts { asked: Asked::of(&[Arc::new(who)]), ..facts })
}

/// Somebody with everything that a roster can hold.
fn on_duty(names: &Names) -> Contact {
    Contact {
        id: "test".to_owned(),
        name: names.by.to_owned(),
        email: Some(format!("{} <test@town.example>", names.by)),
        phone: Some("+8613800000000".to_owned()),
        ..Contact::default()
    }
}

/// A message that says itself that it is a test: an entrance of a test village is lost by a switch that is none.
pub(super) fn test_message(language: Language, now: Time) -> Message {
    message(&plain(language), MessageKind::Opened, IncidentId(0), now)
}

/// What is published in the test village.
pub(super) fn test_snapshot(language: Language, now: Time) -> Snapshot {
    Snapshot {
        at: now,
        registry: Arc::new(registry(&plain(language))),
        registry_version: 0,
        topology: Arc::default(),
        watch: Arc::default(),
        cameras: Chunked::default(),
        nodes: Chunked::default(),
        entrances: Chunked::default(),
        incidents: Arc::default(),
        alerts: Arc::default(),
        canaries: Vec::new(),
        blind: None,
        night: false,
        round: None,
        seals: None,
    }
}

/// Ids `TEST-1` and `TEST-2`: valid for every kind of thing.
fn ids<T, E>(new: impl Fn(&str) -> Result<T, E>) -> Vec<T> {
    ["TEST-1", "TEST-2"].into_iter().filter_map(|id| new(id).ok()).collect()
}

fn message(names: &Names, kind: MessageKind, id: IncidentId, at: Time) -> Message {
    let over = kind == MessageKind::Resolved;
    let ended = over.then_some((at, EndReason::Recovered));
    let taken = kind == MessageKind::Acknowledged;
    let by = Acknowledgement { at, by: names.by.into(), note: names.by.into(), until: Some(at + Span::hours(1)) };
    let hold = Hold { at, by: names.by.into(), note: names.by.into(), until: at + Span::hours(1) };
    let incident = Incident {
        id,
        status: if over { IncidentStatus::Resolved } else { IncidentStatus::Open },
        severity: Severity::Critical,
        cause: cause(),
        cause_name: names.node.into(),
        rivals: ids(NodeId::new).into_iter().map(Cause::Partial).collect(),
        exact: true,
        findings: Some(Arc::new(findings(at))),
        cameras: ids(CameraId::new),
        cameras_of: (kind == MessageKind::Updated).then_some(40),
        entrances_lost: if over { Vec::new() } else { ids(EntranceId::new) },
        seals_broken: if over || kind != MessageKind::MoreLost { Vec::new() } else { ids(AreaId::new) },
        villages: ids(AreaId::new).into_iter().take(1).collect(),
        since: at,
        opened_at: at,
        acknowledged: taken.then_some(by),
        resolved_at: over.then_some(at),
        reopened_at: None,
        reopenings: 1,
        merged_into: (kind == MessageKind::Merged).then_some(IncidentId(7)),
        silenced: (kind == MessageKind::Silenced).then(|| hold.clone()),
        lapsed: Some(hold),
        waiting_since: at,
        level: 0,
        pages: 1,
        last_page_at: Some(at),
        paged_entrances: ids(EntranceId::new),
        step: 1,
        in_digest: Default::default(),
        news: Default::default(),
    };
    let lost = ids(EntranceId::new).into_iter().map(AlertObject::Entrance);
    let lost = lost.map(|object| (AlertName::EntranceLost, object));
    // One kind of message has a broken seal beside, so that its words are tried too; a test that is sent has none.
    let seals = if kind == MessageKind::MoreLost { ids(AreaId::new) } else { Vec::new() };
    let seals = seals.into_iter().map(|area| (AlertName::SealBroken, AlertObject::Area(area)));
    let of = |(name, object)| Arc::new(alert(name, object, names, id, at, ended));
    let alerts = lost.chain(seals).map(of).collect();
    // A digest of one that goes on and one that is over.
    let items = if kind == MessageKind::Digest { &[MessageKind::Opened, MessageKind::Resolved][..] } else { &[] };
    let digest = items.iter().map(|kind| Arc::new(message(names, *kind, id, at))).collect();
    Message { incident: Arc::new(incident), alerts, step: 1, kind, why: SayReason::FirstWord, at, digest }
}

/// A review with something of everything.
fn review(every: ReviewEvery) -> Review {
    let incident = |kind, id| message(&HOSTILE, kind, IncidentId(id), THEN).incident;
    let worst = ids(CameraId::new).into_iter();
    Review {
        every,
        from: THEN,
        to: THEN,
        open: vec![incident(MessageKind::Opened, 42)],
        open_in_all: 60,
        mended: vec![incident(MessageKind::Resolved, 41)],
        mended_in_all: 60,
        available: Some(0.991),
        worst: worst.map(|camera| OftenOut { camera, out: Span::hours(2), available: 0.9 }).collect(),
    }
}

/// Evidence and rivals of every kind: whatever a judgement can rest on is tried in every text.
fn findings(at: Time) -> Findings {
    let witnesses =
        ids(NodeId::new).into_iter().map(Witness::Node).chain(ids(CameraId::new).into_iter().map(Witness::Camera));
    let heard = [
        Heard::Failed { check: Check::Reach, how: Some(FailKind::Timeout), confirmed: Some(at) },
        Heard::Trouble { check: Check::Stream, reasons: [Reason::Auth].into_iter().collect() },
        Heard::LastAnswer,
        Heard::Turns(3),
    ];
    let evidence = witnesses.zip(heard).map(|(of, heard)| Evidence { of, heard, at }).collect();
    let by = Witness::Canary("TEST".into());
    let objections = [
        Objection::Answered { by: by.clone(), at, others: 3 },
        Objection::Reached { by, at },
        Objection::ExplainsLess { explains: 1, of: 2 },
    ];
    // The first is the cause.
    let second = ids(NodeId::new).into_iter().skip(1).map(Cause::Node).cycle();
    let rivals = second.take(2).chain([Cause::Monitor(MonitorCause::Blind)]);
    let ruled_out = rivals.zip(objections).map(|(rival, by)| RuledOut { rival, by }).collect();
    Findings { evidence, failed: 2, inferred: 1, ruled_out, undecided: ids(NodeId::new) }
}

/// What an alert of each name is about.
fn object(name: AlertName) -> AlertObject {
    let object = match name {
        AlertName::EntranceLost
        | AlertName::EntranceLostTonight
        | AlertName::EntranceReduced
        | AlertName::EntranceUnknown => ids(EntranceId::new).into_iter().next().map(AlertObject::Entrance),
        AlertName::SealBroken => ids(AreaId::new).into_iter().next().map(AlertObject::Area),
        AlertName::NodeDown | AlertName::NodePartial => ids(NodeId::new).into_iter().next().map(AlertObject::Node),
        AlertName::CommonCause => Some(AlertObject::Common(cause().to_string().into())),
        AlertName::CameraDown | AlertName::CameraDegraded | AlertName::CameraFlapping | AlertName::CameraUnknown => {
            ids(CameraId::new).into_iter().next().map(AlertObject::Camera)
        }
        AlertName::MonitorBlind | AlertName::MonitorStuck | AlertName::Watchdog => None,
    };
    object.unwrap_or(AlertObject::Monitor)
}

fn alert(
    name: AlertName,
    object: AlertObject,
    names: &Names,
    incident: IncidentId,
    since: Time,
    ended: Option<(Time, EndReason)>,
) -> Alert {
    let area = ids(AreaId::new).into_iter().next();
    let text = match &object {
        AlertObject::Entrance(id) if id.as_str().ends_with('2') => names.entrances[1],
        AlertObject::Monitor => "",
        _ => names.entrances[0],
    };
    // A seal has its area, and its way in.
    let broken = matches!(object, AlertObject::Area(_));
    let (entrances, cameras) = (ids(EntranceId::new), ids(CameraId::new));
    let leak = broken.then(|| Arc::new(Leak { scope: Scope::Town, length_m: 640.0, entrances, cameras }));
    Alert {
        key: AlertKey { name, object },
        incident,
        label_incident: incident,
        label_area: area.clone(),
        label_village: area,
        name: text.into(),
        village_name: names.village.into(),
        cause: Some(cause()),
        since,
        ended,
        told: true,
        planned: false,
        leak,
    }
}

fn cause() -> Cause {
    // The id is valid; were it not, the cause would be the town itself.
    match ids(NodeId::new).into_iter().next() {
        Some(id) => Cause::Node(id),
        None => Cause::Common(cunkou_core::health::CommonScope::Town),
    }
}

fn registry(names: &Names) -> Registry {
    let mut registry = Registry::default();
    let Some(village) = ids(AreaId::new).into_iter().next() else { return registry };
    let area = Area {
        id: village.clone(),
        parent: None,
        kind: AreaKind::Village,
        name: names.village.into(),
        code: None,
        at: None,
        boundary: None,
        extra: BTreeMap::new(),
    };
    registry.areas.insert(village.clone(), area);
    for (id, name) in ids(EntranceId::new).into_iter().zip(names.entrances) {
        registry.entrances.insert(id.clone(), entrance(id, village.clone(), name));
    }
    let at = Some(LonLat { lon: 114.3, lat: 30.81 });
    for id in ids(PlaceId::new).into_iter().take(1) {
        let (kind, name) = (PlaceKind::Station, names.village.into());
        let place = Place { id: id.clone(), kind, name, area: None, at, contact: None, extra: BTreeMap::new() };
        registry.places.insert(id, place);
    }
    for id in ids(NodeId::new).into_iter().take(1) {
        let node = Node {
            id: id.clone(),
            kind: NodeKind::Switch,
            name: names.node.into(),
            address: None,
            at: None,
            parents: Gate::default(),
            power: Gate::default(),
            extra: BTreeMap::new(),
        };
        registry.nodes.insert(id, node);
    }
    registry
}

fn entrance(id: EntranceId, area: AreaId, name: &str) -> Entrance {
    Entrance {
        id,
        area,
        name: name.into(),
        at: Some(LonLat { lon: 114.3, lat: 30.8 }),
        bearing: None,
        density: Density::Detect,
        required: 1,
        target: 1,
        priority: 3,
        roles: Vec::new(),
        dirs: Dirs::Any,
        status: EntranceStatus::Active,
        source: None,
        derived_from: Vec::new(),
        extra: BTreeMap::new(),
    }
}
