//! The prober against the simulator, over real sockets on loopback: each fault of names.md is judged as it should be.
//! The two were written apart, so that each is an oracle for the other.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use cunkou::probe::{AllowList, Answer, Credential, Hint, Limits, Prober, for_camera, for_node};
use cunkou::sim::{Part, SimOptions, Simulator};
use cunkou_core::model::{AreaId, CameraId, Check, FailKind, Language, NodeId, Phase, ProbeResult, Reason};
use cunkou_core::registry::{
    Area, AreaKind, Camera, CameraKind, Gate, Layer, Life, NightLight, Node, NodeKind, Registry,
};
use cunkou_core::town::Fault;
use secrecy::SecretString;
use tokio::net::TcpListener;

const USER: &str = "watch";
const PASSWORD: &str = "MARKED, 村";
const PASS: ProbeResult = ProbeResult::Pass { slow: false };

/// A town on a network of its own.
struct Town {
    registry: Registry,
    net: String,
    ports: [u16; 2],
}

impl Town {
    async fn new(last: u8) -> Town {
        let net = format!("127.{}.{last}", 30 + std::process::id() % 220);
        let mut ports = [0; 2];
        // Both are held until both are known, so that they differ.
        let mut held = Vec::new();
        for port in &mut ports {
            let listener = TcpListener::bind((format!("{net}.250"), 0)).await.unwrap();
            *port = listener.local_addr().unwrap().port();
            held.push(listener);
        }
        let mut registry = Registry::default();
        let area = Area {
            id: AreaId::new("town").unwrap(),
            parent: None,
            kind: AreaKind::Town,
            name: "六指".into(),
            code: None,
            at: None,
            boundary: None,
            extra: Default::default(),
        };
        registry.areas.insert(area.id.clone(), area);
        Town { registry, net, ports }
    }

    fn camera(&mut self, id: &str, host: usize, credential: Option<&str>) {
        let [rtsp, http] = self.ports;
        let camera = Camera {
            id: CameraId::new(id).unwrap(),
            gb_code: None,
            name: "村口".into(),
            area: AreaId::new("town").unwrap(),
            layer: Layer::Point,
            element: None,
            kind: CameraKind::Fixed,
            at: None,
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
            node: Vec::new(),
            power: Vec::new(),
            status: Life::Active,
            host: Some(format!("{}.{host}", self.net).into()),
            rtsp: Some(format!("rtsp://{{host}}:{rtsp}/main?channel=1").into()),
            snapshot: Some(format!("http://{{host}}:{http}/snapshot.jpg?channel=1").into()),
            onvif: None,
            credential: credential.map(Into::into),
            checks: Vec::new(),
            vendor: None,
            model: None,
            installed_on: None,
            watches: Vec::new(),
            note: None,
            extra: Default::default(),
        };
        self.registry.cameras.insert(camera.id.clone(), camera);
    }

    fn node(&mut self, id: &str, host: usize) {
        let node = Node {
            id: NodeId::new(id).unwrap(),
            kind: NodeKind::Switch,
            name: id.into(),
            address: Some(format!("{}.{host}:{}", self.net, self.ports[0]).into()),
            at: None,
            parents: Gate::default(),
            power: Gate::default(),
            extra: Default::default(),
        };
        self.registry.nodes.insert(node.id.clone(), node);
    }

    async fn simulate(&self) -> Simulator {
        let entry = |name: &str| (name.to_owned(), (USER.to_owned(), SecretString::from(PASSWORD)));
        let options = SimOptions {
            credentials: [entry("town"), entry("basic")].into(),
            control: "127.0.0.1:0".parse().unwrap(),
            canary: None,
            ..SimOptions::default()
        };
        Simulator::start(Arc::new(self.registry.clone()), options).await.unwrap()
    }

    async fn ask(&self, limits: &Limits, id: &str, check: Check, password: &str) -> Answer {
        let camera = &self.registry.cameras[&CameraId::new(id).unwrap()];
        let credential = camera.credential.as_deref().map(|entry| Credential {
            user: USER.to_owned(),
            password: SecretString::from(password),
            basic: entry == "basic",
        });
        let question = for_camera(camera, check, credential, true).unwrap();
        let answer = prober(limits).ask_aloud(&question).await;
        assert!(!format!("{answer:?}").contains("MARKED"), "{answer:?}");
        answer
    }
}

fn prober(limits: &Limits) -> Prober {
    Prober::new(limits.clone(), AllowList::new(vec!["127.0.0.0/8".parse().unwrap()], Vec::new()))
}

/// Limits that no answer on loopback reaches, and those for what stays silent.
fn limits(silent: bool) -> Limits {
    let time = if silent { Duration::from_millis(500) } else { Duration::from_secs(30) };
    Limits { reach_timeout: time, confirm_reach: time, confirm_timeout: time, ..Limits::default() }
}

#[tokio::test]
async fn every_fault_is_judged_as_it_should_be() {
    use FailKind::{Protocol, Refused, Reset, Timeout};
    let fail = ProbeResult::Fail;
    let answered = ProbeResult::Answered;
    // Fault; what reach, stream and picture say; whether it is silence that is waited for.
    let table = [
        (Fault::None, [PASS; 3], false),
        (Fault::Refuse, [fail(Refused); 3], false),
        (Fault::Drop, [fail(Timeout); 3], true),
        (Fault::Hang, [PASS, fail(Timeout), fail(Timeout)], true),
        (Fault::Reset, [PASS, fail(Reset), fail(Reset)], false),
        (Fault::Garbage, [PASS, fail(Protocol), fail(Protocol)], false),
        (Fault::Endless, [PASS, fail(Protocol), fail(Protocol)], false),
        (Fault::Auth, [PASS, answered(Reason::Auth), answered(Reason::Auth)], false),
        (Fault::Busy, [PASS, answered(Reason::Busy), answered(Reason::Busy)], false),
        (Fault::Black, [PASS; 3], false),
        (Fault::Frozen, [PASS; 3], false),
    ];
    let mut town = Town::new(1).await;
    for (n, (fault, ..)) in table.iter().enumerate() {
        town.camera(fault.word(), n + 1, Some("town"));
    }
    let sim = town.simulate().await;
    for (fault, ..) in table {
        sim.set(&Part::Camera(fault.word().to_owned()), fault).await.unwrap();
    }
    for (fault, expected, silent) in table {
        for (check, expected) in Check::ALL.into_iter().zip(expected) {
            let limits = limits(silent && expected == fail(Timeout));
            let answer = town.ask(&limits, fault.word(), check, PASSWORD).await;
            assert_eq!(answer.result, expected, "{fault:?} {check:?}: {answer:?}");
            let hint = Hint::from(check, &answer);
            assert_eq!(hint == Hint::Nothing, expected == PASS, "{fault:?} {check:?}: {hint:?}");
            assert!(!hint.words(Language::ZhCn).is_empty());
        }
    }
    for (fault, ..) in table {
        sim.set(&Part::Camera(fault.word().to_owned()), Fault::None).await.unwrap();
        let answer = town.ask(&limits(false), fault.word(), Check::Stream, PASSWORD).await;
        assert_eq!(answer.result, PASS, "healed {fault:?}: {answer:?}");
    }
    sim.shutdown().await;
}

#[tokio::test]
async fn a_slow_camera_passes_a_confirming_try_and_says_so() {
    let mut town = Town::new(2).await;
    town.camera("slow", 1, None);
    let sim = town.simulate().await;
    sim.set(&Part::Camera("slow".to_owned()), Fault::Slow).await.unwrap();
    let limits = Limits { timeout: Duration::from_secs(1), ..limits(false) };
    for check in [Check::Stream, Check::Picture] {
        let answer = town.ask(&limits, "slow", check, PASSWORD).await;
        assert_eq!(answer.result, ProbeResult::Pass { slow: true }, "{answer:?}");
        assert!(answer.rtt.is_some_and(|rtt| rtt.as_millis() >= 1_000), "what the median is made of: {answer:?}");
    }
    assert_eq!(town.ask(&limits, "slow", Check::Reach, PASSWORD).await.result, PASS);
    sim.shutdown().await;
}

#[tokio::test]
async fn every_kind_of_password_is_understood_and_a_wrong_one_is_an_answer() {
    let mut town = Town::new(3).await;
    // The kind of Digest follows from the id; among these are all of them.
    let ids: Vec<String> = (0..24).map(|n| format!("C{n}")).chain(["only-basic".to_owned()]).collect();
    for (n, id) in ids.iter().enumerate() {
        town.camera(id, n + 1, Some(if id == "only-basic" { "basic" } else { "town" }));
    }
    let sim = town.simulate().await;
    for id in &ids {
        for check in [Check::Stream, Check::Picture] {
            let right = town.ask(&limits(false), id, check, PASSWORD).await;
            assert_eq!((right.result, right.credential_tried), (PASS, true), "{id} {check:?}: {right:?}");
            let wrong = town.ask(&limits(false), id, check, "MARKED and wrong").await;
            let refused = (ProbeResult::Answered(Reason::Auth), Phase::Auth, true);
            assert_eq!((wrong.result, wrong.phase, wrong.credential_tried), refused, "{id} {check:?}: {wrong:?}");
        }
    }
    sim.shutdown().await;
}

#[tokio::test]
async fn a_dead_switch_is_silent() {
    let mut town = Town::new(4).await;
    town.node("SW", 1);
    let sim = town.simulate().await;
    let question = for_node(&town.registry.nodes[&NodeId::new("SW").unwrap()], true).unwrap();
    assert_eq!(prober(&limits(false)).ask(&question).await.result, PASS);
    sim.set(&Part::Node("SW".to_owned()), Fault::Drop).await.unwrap();
    let answer = prober(&limits(true)).ask(&question).await;
    assert_eq!(answer.result, ProbeResult::Fail(FailKind::Timeout), "{answer:?}");
    sim.set(&Part::Node("SW".to_owned()), Fault::None).await.unwrap();
    assert_eq!(prober(&limits(false)).ask(&question).await.result, PASS);
    sim.shutdown().await;
}
