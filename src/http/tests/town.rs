//! A small town by hand: every state once, and a name that would like to be markup.

use std::collections::BTreeMap;
use std::sync::Arc;

use cunkou_core::alert::{Alert, AlertKey, AlertName, AlertObject, Incident, IncidentStatus};
use cunkou_core::coverage::{EntranceBelief, EntranceState, GapReason, Judgement, Verdict, Watch, Watcher};
use cunkou_core::health::{Cause, Evidence, Findings, Heard, MonitorCause, Objection, RuledOut, State, Witness};
use cunkou_core::model::{
    AreaId, CameraId, Check, Chunked, EntranceId, FailKind, IncidentId, NodeId, PlaceId, Reason, Severity, Span, Time,
    WorkId,
};
use cunkou_core::registry::{
    Area, AreaKind, Camera, CameraKind, Density, Dirs, Entrance, EntranceStatus, Gate, Intervals, Layer, Life, LonLat,
    Needs, NightLight, Node, NodeKind, Place, PlaceKind, PlannedWork, Registry, Topology, Weekly,
};
use cunkou_core::world::{CameraView, CanaryView, EntranceView, NodeView, Round, Snapshot, Works};

/// The moment of the snapshot: 2026-11-24T03:00:00Z.
pub(crate) const NOW: Time = Time(1_795_489_200_000);
/// A name that would like to be markup, a label or a line.
pub(crate) const HOSTILE: &str = "<script>alert(\"1\")</script>\\\n村&口";
/// A word that must never leave the daemon.
pub(crate) const CONTACT: &str = "13800000000";
/// An address that reads do not show.
pub(crate) const HOST: &str = "127.20.0.";

/// Work on the switch, for two hours; an hour of it is over.
pub(crate) fn maintenance() -> crate::engine::Maintenance {
    crate::engine::Maintenance {
        id: 7,
        of: Works::Node(NodeId::new("S1").unwrap()),
        from: ago(3_600),
        to: Some(NOW + Span::hours(1)),
        weekly: None,
        note: "换光模块".to_owned(),
        by: "duty".to_owned(),
        made: ago(7_200),
        ended: None,
    }
}

fn ago(seconds: i64) -> Time {
    NOW - Span::seconds(seconds)
}

fn area(id: &str, parent: Option<&str>, kind: AreaKind, name: &str) -> (AreaId, Area) {
    let id = AreaId::new(id).unwrap();
    let at = Some(LonLat { lon: 114.3, lat: 30.8 });
    let parent = parent.map(|p| AreaId::new(p).unwrap());
    let code = Some("420116".into());
    (id.clone(), Area { id, parent, kind, name: name.into(), code, at, boundary: None, extra: BTreeMap::new() })
}

fn node(id: &str, kind: NodeKind, parents: &[&str], address: Option<&str>) -> (NodeId, Node) {
    let id = NodeId::new(id).unwrap();
    let of = parents.iter().map(|p| NodeId::new(p).unwrap()).collect();
    let node = Node {
        id: id.clone(),
        kind,
        name: format!("{id} 号交换机").into(),
        address: address.map(Into::into),
        at: None,
        parents: Gate { needs: Needs::All, of },
        power: Gate::default(),
        extra: BTreeMap::new(),
    };
    (id, node)
}

fn camera(n: u8, area: &str, status: Life, name: &str) -> (CameraId, Camera) {
    let id = CameraId::new(&format!("C{n}")).unwrap();
    let host = format!("{HOST}{n}");
    let camera = Camera {
        id: id.clone(),
        gb_code: Some(format!("4201160000132000000{n}").into()),
        name: name.into(),
        area: AreaId::new(area).unwrap(),
        layer: if n == 1 { Layer::Circle } else { Layer::Point },
        element: None,
        kind: CameraKind::Fixed,
        at: (n != 6).then_some(LonLat { lon: 114.3 + f64::from(n) / 1_000.0, lat: 30.8 }),
        position_m: 10.0,
        height_m: None,
        azimuth: None,
        tilt: None,
        hfov: None,
        range_m: None,
        width_px: None,
        height_px: None,
        night: NightLight::Ir,
        night_range_m: None,
        duty: None,
        node: vec![NodeId::new("S1").unwrap()],
        power: Vec::new(),
        status,
        host: Some(host.as_str().into()),
        rtsp: Some(format!("rtsp://{host}:8554/1").into()),
        snapshot: None,
        onvif: None,
        credential: Some("cams".into()),
        checks: Vec::new(),
        vendor: Some("海康".into()),
        model: None,
        installed_on: None,
        watches: Vec::new(),
        note: None,
        extra: BTreeMap::new(),
    };
    (id, camera)
}

fn entrance(n: u8, area: &str, status: EntranceStatus, name: &str) -> (EntranceId, Entrance) {
    let id = EntranceId::new(&format!("E{n}")).unwrap();
    let entrance = Entrance {
        id: id.clone(),
        area: AreaId::new(area).unwrap(),
        name: name.into(),
        at: Some(LonLat { lon: 114.3, lat: 30.8 + f64::from(n) / 1_000.0 }),
        bearing: None,
        density: Density::Detect,
        required: 1,
        target: if n == 5 { 2 } else { 1 },
        priority: 3,
        roles: Vec::new(),
        dirs: Dirs::Any,
        status,
        source: (n == 3).then(|| "derived".into()),
        derived_from: Vec::new(),
        extra: BTreeMap::new(),
    };
    (id, entrance)
}

/// The registry: two villages, an uplink, a switch, six cameras in every part of their life, five entrances.
pub(crate) fn registry() -> Registry {
    let place = Place {
        id: PlaceId::new("P1").unwrap(),
        kind: PlaceKind::Station,
        name: "甘棠警务站".into(),
        area: Some(AreaId::new("V1").unwrap()),
        at: Some(LonLat { lon: 114.31, lat: 30.81 }),
        contact: Some(CONTACT.into()),
        extra: BTreeMap::new(),
    };
    let work = PlannedWork {
        id: WorkId::new("W-1").unwrap(),
        object: "V1".into(),
        from: None,
        until: None,
        weekly: Weekly::parse("sat,sun 01:00-05:00"),
        note: None,
        who: Some("王工".into()),
        extra: BTreeMap::new(),
    };
    Registry {
        areas: BTreeMap::from([
            area("T", None, AreaKind::Town, "六指街"),
            area("V1", Some("T"), AreaKind::Village, "甘棠村"),
            area("H1", Some("V1"), AreaKind::Hamlet, "上湾"),
            area("V2", Some("T"), AreaKind::Village, HOSTILE),
        ]),
        nodes: BTreeMap::from([
            node("UP", NodeKind::Uplink, &[], Some("127.20.250.1:8023")),
            node("S1", NodeKind::Switch, &["UP"], None),
            node("S2", NodeKind::Switch, &["UP"], None),
        ]),
        entrances: BTreeMap::from([
            entrance(1, "H1", EntranceStatus::Active, "上湾北口"),
            entrance(2, "H1", EntranceStatus::Active, "上湾南口"),
            entrance(3, "V2", EntranceStatus::Active, HOSTILE),
            entrance(4, "V2", EntranceStatus::Proposed, "规划口"),
            entrance(5, "V1", EntranceStatus::Active, "甘棠东口"),
        ]),
        cameras: BTreeMap::from([
            camera(1, "H1", Life::Active, "上湾北口枪机"),
            camera(2, "H1", Life::Active, HOSTILE),
            camera(3, "V1", Life::Maintenance, "甘棠东口球机"),
            camera(4, "V2", Life::Planned, "待建"),
            camera(5, "V2", Life::Retired, "已拆"),
            camera(6, "V2", Life::Active, "可疑"),
        ]),
        places: BTreeMap::from([(place.id.clone(), place)]),
        work: BTreeMap::from([(work.id.clone(), work)]),
        ..Registry::default()
    }
}

fn view(state: State, before: State) -> CameraView {
    let alive = !matches!(state, State::Down | State::Unknown);
    CameraView {
        state,
        before,
        since: ago(600),
        on: [true, true, false, false],
        passing: [Some(alive && state != State::Suspect), Some(alive), None, None],
        last_pass: [Some(ago(if alive { 5 } else { 620 })), Some(ago(630)), None, None],
        rtt: alive.then_some(Span::millis(12)),
        changes: 3,
        ..CameraView::default()
    }
}

fn judgement(state: EntranceState, watchers: u32, live: u32, gap: Option<GapReason>) -> Judgement {
    Judgement { state, watchers, live, unknown: 0, gap, outage_planned: false }
}

fn belief(now: Judgement, cause: Option<Cause>) -> EntranceView {
    Some(EntranceBelief {
        day: now,
        night: now,
        now,
        since: ago(600),
        since_day: ago(600),
        since_night: ago(600),
        spare_cameras: now.state.is_watched().then(|| now.live.saturating_sub(1)),
        spare_nodes: now.state.is_watched().then_some(0),
        cause,
    })
}

/// What the judgement of switch S1 rests on; one of the witnesses has a name that would like to be markup.
fn findings() -> Findings {
    let heard = Heard::Failed { check: Check::Reach, how: Some(FailKind::Timeout), confirmed: Some(ago(597)) };
    let c2 = || Witness::Camera(CameraId::new("C2").unwrap());
    let node = |id: &str| NodeId::new(id).unwrap();
    Findings {
        evidence: vec![
            Evidence { of: Witness::Node(node("S1")), heard, at: ago(600) },
            Evidence { of: c2(), heard: Heard::LastAnswer, at: ago(602) },
        ],
        failed: 1,
        inferred: 1,
        ruled_out: vec![
            RuledOut { rival: Cause::Node(node("UP")), by: Objection::Answered { by: c2(), at: ago(596), others: 3 } },
            RuledOut { rival: Cause::Monitor(MonitorCause::Blind), by: Objection::ExplainsLess { explains: 1, of: 2 } },
        ],
        undecided: vec![node("S1")],
    }
}

/// An incident of switch S1.
pub(crate) fn incident(id: u64, status: IncidentStatus) -> Arc<Incident> {
    Arc::new(Incident {
        id: IncidentId(id),
        status,
        severity: Severity::Critical,
        cause: Cause::Node(NodeId::new("S1").unwrap()),
        cause_name: "S1 号交换机".into(),
        rivals: vec![Cause::Camera(CameraId::new("C2").unwrap())],
        exact: true,
        findings: Some(Arc::new(findings())),
        cameras: vec![CameraId::new("C2").unwrap()],
        cameras_of: None,
        entrances_lost: vec![EntranceId::new("E2").unwrap()],
        seals_broken: Vec::new(),
        villages: vec![AreaId::new("V1").unwrap()],
        since: ago(600),
        opened_at: ago(590),
        acknowledged: None,
        resolved_at: (status == IncidentStatus::Resolved).then(|| ago(10)),
        reopened_at: None,
        reopenings: 0,
        merged_into: None,
        silenced: None,
        lapsed: None,
        waiting_since: ago(590),
        level: 0,
        pages: 1,
        last_page_at: Some(ago(590)),
        paged_entrances: Vec::new(),
        step: 1,
        in_digest: Default::default(),
        news: Default::default(),
    })
}

fn alert() -> (AlertKey, Arc<Alert>) {
    let object = AlertObject::Entrance(EntranceId::new("E2").unwrap());
    let key = AlertKey { name: AlertName::EntranceLost, object };
    let alert = Alert {
        key: key.clone(),
        incident: IncidentId(7),
        label_incident: IncidentId(7),
        label_area: Some(AreaId::new("H1").unwrap()),
        label_village: Some(AreaId::new("V1").unwrap()),
        name: "上湾南口".into(),
        village_name: "甘棠村".into(),
        cause: Some(Cause::Node(NodeId::new("S1").unwrap())),
        since: ago(600),
        ended: None,
        told: true,
        planned: false,
        leak: None,
    };
    (key, Arc::new(alert))
}

/// What is believed of the town: E2 is lost because S1 took C2.
pub(crate) fn snapshot() -> Snapshot {
    let registry = Arc::new(registry());
    let topology = Arc::new(Topology::build(&registry, &Intervals::default(), None));
    let s1 = || Cause::Node(NodeId::new("S1").unwrap());
    let watch = Watch {
        of_entrance: vec![watchers(&[0]), watchers(&[1, 3]), Vec::new(), Vec::new(), watchers(&[2])],
        of_camera: [vec![0], vec![1], vec![4], vec![1], vec![], vec![]]
            .map(|ids: Vec<usize>| ids.into_iter().map(Into::into).collect())
            .to_vec(),
    };
    let mut down = CameraView { cause: Some(s1()), inferred: true, ..view(State::Down, State::Up) };
    down.held[Check::Stream.at()] = true;
    let starting = Some(Cause::Monitor(MonitorCause::Starting));
    let cameras: Chunked<CameraView> = [
        view(State::Up, State::Up),
        down,
        CameraView { reasons: [Reason::Auth].into_iter().collect(), ..view(State::Degraded, State::Up) },
        CameraView::default(),
        CameraView::default(),
        CameraView { flapping: true, cause: starting, ..view(State::Suspect, State::Up) },
    ]
    .into_iter()
    .collect();
    let nodes = [
        // In the order of ids: S1, S2, UP.
        NodeView { state: State::Down, since: ago(600), inferred: true, ..NodeView::default() },
        NodeView::default(),
        NodeView { state: State::Up, since: ago(9_000), rtt: Some(Span::millis(1)), ..NodeView::default() },
    ];
    let entrances = [
        belief(judgement(EntranceState::Covered, 1, 1, None), None),
        belief(judgement(EntranceState::Lost, 1, 0, None), Some(s1())),
        belief(judgement(EntranceState::Unwatched, 0, 0, Some(GapReason::None)), None),
        None,
        belief(judgement(EntranceState::Reduced, 1, 1, None), None),
    ];
    let incidents = [incident(6, IncidentStatus::Resolved), incident(7, IncidentStatus::Open)];
    Snapshot {
        at: NOW,
        registry,
        registry_version: 4,
        topology,
        watch: Arc::new(watch),
        cameras,
        nodes: nodes.into_iter().collect(),
        entrances: entrances.into_iter().collect(),
        incidents: Arc::new(incidents.into_iter().map(|i| (i.id, i)).collect()),
        alerts: Arc::new(BTreeMap::from([alert()])),
        canaries: vec![
            CanaryView { name: "127.20.255.254:8023".into(), up: Some(true) },
            CanaryView { name: "10.0.0.1".into(), up: None },
        ],
        blind: None,
        night: true,
        round: Some(Round { done: 3, of: 4 }),
        seals: None,
    }
}

fn watchers(cameras: &[usize]) -> Vec<Watcher> {
    let watcher = |c: &usize| Watcher {
        camera: (*c).into(),
        day: Verdict::Yes,
        night: Verdict::Yes,
        declared: true,
        rests_by_day: false,
        rests_by_night: false,
    };
    cameras.iter().map(watcher).collect()
}
