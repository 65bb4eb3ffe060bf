//! Hints in both languages, and the questions that the registry, canaries and URLs stand for.

use cunkou_core::model::{AreaId, CameraId, Language, NodeId};
use cunkou_core::registry::{Camera, CameraKind, Gate, Layer, Life, NightLight, Node, NodeKind};

use super::*;

/// An answer that ended so.
fn ended(result: ProbeResult, phase: Phase) -> Answer {
    let mut trace = Trace::quiet();
    trace.enter(phase);
    trace.into_answer(result)
}

#[test]
fn every_hint_has_words_of_its_own_in_both_languages() {
    let mut words: Vec<&str> =
        Hint::ALL.iter().flat_map(|h| [h.words(Language::En), h.words(Language::ZhCn)]).collect();
    let n = words.len();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), n, "no two hints say the same");
    for hint in Hint::ALL {
        assert!(hint.words(Language::En).is_ascii(), "{hint:?}");
        assert!(hint.words(Language::ZhCn).chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{hint:?}");
    }
}

#[test]
fn every_end_of_a_probe_has_a_hint_and_every_hint_an_end() {
    let reasons = [Reason::Auth, Reason::Busy, Reason::Method, Reason::TlsTooOld, Reason::PictureFailed];
    let ours = [Inconclusive::Blind, Inconclusive::OwnFault, Inconclusive::LoopStalled, Inconclusive::NotAllowed];
    let results = [PASS, ProbeResult::Pass { slow: true }]
        .into_iter()
        .chain(FailKind::ALL.map(ProbeResult::Fail))
        .chain(reasons.map(ProbeResult::Answered))
        .chain(ours.map(ProbeResult::Inconclusive));
    let mut met: Vec<Hint> = results
        .flat_map(|r| Phase::ALL.map(|p| ended(r, p)))
        .flat_map(|a| Check::ALL.map(|c| Hint::from(c, &a)))
        .collect();
    met.sort_unstable();
    met.dedup();
    assert_eq!(met, Hint::ALL);
}

#[test]
fn hints_follow_what_was_heard() {
    use FailKind::{Body, Protocol, Refused, Reset, Timeout, Tls, Unreachable};
    for (check, result, phase, hint) in [
        (Check::Stream, PASS, Phase::Protocol, Hint::Nothing),
        (Check::Reach, failed(Timeout), Phase::Connect, Hint::Silence),
        (Check::Reach, failed(Timeout), Phase::Resolve, Hint::Name),
        (Check::Reach, failed(Unreachable), Phase::Resolve, Hint::Name),
        (Check::Reach, failed(Unreachable), Phase::Connect, Hint::NoWay),
        (Check::Reach, failed(Refused), Phase::Connect, Hint::PortClosed),
        (Check::Stream, failed(Timeout), Phase::Protocol, Hint::Hung),
        (Check::Stream, failed(Timeout), Phase::Tls, Hint::Hung),
        (Check::Stream, failed(Reset), Phase::Protocol, Hint::Reset),
        (Check::Stream, failed(Protocol), Phase::Protocol, Hint::OtherProtocol),
        (Check::Stream, failed(Tls), Phase::Tls, Hint::Tls),
        (Check::Stream, failed(Body), Phase::Body, Hint::Body),
        (Check::Picture, failed(Body), Phase::Body, Hint::Picture),
        (Check::Stream, answered(Reason::Auth), Phase::Auth, Hint::Password),
        (Check::Stream, answered(Reason::Busy), Phase::Protocol, Hint::Busy),
        (Check::Stream, answered(Reason::Method), Phase::Protocol, Hint::Method),
        (Check::Stream, answered(Reason::TlsTooOld), Phase::Tls, Hint::OldTls),
        (Check::Reach, ProbeResult::Inconclusive(Inconclusive::NotAllowed), Phase::Resolve, Hint::NotAllowed),
        (Check::Reach, ProbeResult::Inconclusive(Inconclusive::OwnFault), Phase::Connect, Hint::Ours),
        (Check::Reach, ProbeResult::Inconclusive(Inconclusive::OwnFault), Phase::Resolve, Hint::Resolver),
    ] {
        assert_eq!(Hint::from(check, &ended(result, phase)), hint, "{check:?} {result:?} {phase:?}");
    }
}

fn camera(host: Option<&str>, rtsp: Option<&str>, snapshot: Option<&str>) -> Camera {
    Camera {
        id: CameraId::new("C1").unwrap(),
        gb_code: None,
        name: "村口".into(),
        area: AreaId::new("A").unwrap(),
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
        host: host.map(Into::into),
        rtsp: rtsp.map(Into::into),
        snapshot: snapshot.map(Into::into),
        onvif: None,
        credential: None,
        checks: Vec::new(),
        vendor: None,
        model: None,
        installed_on: None,
        watches: Vec::new(),
        note: None,
        extra: Default::default(),
    }
}

fn tcp(host: &str, port: u16) -> How {
    How::Tcp { host: host.to_owned(), port }
}

fn icmp(host: &str) -> How {
    How::Icmp { host: host.to_owned(), fallback: 80 }
}

fn stream(url: &str) -> How {
    How::Stream { url: Url::parse(url).unwrap() }
}

fn picture(url: &str) -> How {
    How::Picture { url: Url::parse(url).unwrap() }
}

#[test]
fn a_camera_is_asked_where_the_registry_says() {
    const RTSP: &str = "rtsp://{host}:8554/a";
    const HTTP: &str = "http://{host}/s.jpg";
    for (host, rtsp, snapshot, check, how) in [
        (Some("10.0.0.1"), Some(RTSP), Some(HTTP), Check::Reach, Some(tcp("10.0.0.1", 8554))),
        (Some("10.0.0.1"), None, Some(HTTP), Check::Reach, Some(tcp("10.0.0.1", 80))),
        (Some("10.0.0.1"), None, None, Check::Reach, Some(icmp("10.0.0.1"))),
        (Some("fd00::1"), Some("rtsps://{host}/a"), None, Check::Reach, Some(tcp("fd00::1", 322))),
        (None, Some("rtsp://[fd00::2]/a"), None, Check::Reach, Some(tcp("fd00::2", 554))),
        (None, None, None, Check::Reach, None),
        (Some("10.0.0.1"), Some(RTSP), None, Check::Stream, Some(stream("rtsp://10.0.0.1:8554/a"))),
        (Some("fd00::1"), Some(RTSP), None, Check::Stream, Some(stream("rtsp://[fd00::1]:8554/a"))),
        (None, Some("rtsp://u:p@h/a"), None, Check::Stream, Some(stream("rtsp://h/a"))),
        (Some("10.0.0.1"), None, Some(HTTP), Check::Stream, None),
        (Some("10.0.0.1"), Some(RTSP), Some(HTTP), Check::Picture, Some(picture("http://10.0.0.1/s.jpg"))),
        (
            Some("fd00::1"),
            None,
            Some("https://{host}:8443/s"),
            Check::Picture,
            Some(picture("https://[fd00::1]:8443/s")),
        ),
        (Some("10.0.0.1"), Some(RTSP), None, Check::Picture, None),
        (Some("10.0.0.1"), Some(RTSP), Some(HTTP), Check::Device, None),
    ] {
        for confirming in [false, true] {
            let question = for_camera(&camera(host, rtsp, snapshot), check, Some(credential(false)), confirming);
            assert_eq!(question.as_ref().map(|q| &q.how), how.as_ref(), "{host:?} {rtsp:?} {snapshot:?} {check:?}");
            assert!(
                question.is_none_or(|q| q.check() == check && q.confirming == confirming && q.credential.is_some())
            );
        }
    }
}

#[test]
fn a_node_is_asked_where_its_address_says() {
    let node = |address: Option<&str>| Node {
        id: NodeId::new("N").unwrap(),
        kind: NodeKind::Switch,
        name: "N".into(),
        address: address.map(Into::into),
        at: None,
        parents: Gate::default(),
        power: Gate::default(),
        extra: Default::default(),
    };
    for (address, how) in [
        (Some("10.0.0.1"), Some(icmp("10.0.0.1"))),
        (Some("10.0.0.1:8023"), Some(tcp("10.0.0.1", 8023))),
        (Some("fd00::1"), Some(icmp("fd00::1"))),
        (Some("[fd00::1]"), Some(icmp("fd00::1"))),
        (Some("[fd00::1]:8023"), Some(tcp("fd00::1", 8023))),
        (None, None),
    ] {
        let question = for_node(&node(address), true);
        assert_eq!(question.as_ref().map(|q| &q.how), how.as_ref(), "{address:?}");
        assert!(question.is_none_or(|q| q.confirming && q.credential.is_none() && q.check() == Check::Reach));
    }
}

#[test]
fn a_canary_is_a_host_or_a_host_and_a_port() {
    for (name, how) in [
        ("192.168.1.1", Some(icmp("192.168.1.1"))),
        ("gateway", Some(icmp("gateway"))),
        ("192.168.1.1:80", Some(tcp("192.168.1.1", 80))),
        ("gateway:8023", Some(tcp("gateway", 8023))),
        ("fd00::1", Some(icmp("fd00::1"))),
        ("[fd00::1]", Some(icmp("fd00::1"))),
        ("[fd00::1]:53", Some(tcp("fd00::1", 53))),
        ("", None),
        (":80", None),
        ("gateway:", None),
        ("gateway:0", None),
        ("gateway:http", None),
        ("gateway:65536", None),
        ("[fd00::1", None),
        ("[fd00::1]80", None),
        ("[]:80", None),
    ] {
        let question = for_canary(name);
        assert_eq!(question.as_ref().map(|q| &q.how), how.as_ref(), "{name:?}");
        assert!(question.is_none_or(|q| q.confirming && q.credential.is_none()));
    }
}

#[test]
fn a_url_says_how_it_is_asked() {
    for (url, how) in [
        ("rtsp://10.0.0.1/a?b=1", Some(stream("rtsp://10.0.0.1/a?b=1"))),
        ("rtsps://[fd00::1]:8322/a", Some(stream("rtsps://[fd00::1]:8322/a"))),
        ("rtsp://user:secret@10.0.0.1/a#here", Some(stream("rtsp://10.0.0.1/a"))),
        ("http://10.0.0.1/s.jpg", Some(picture("http://10.0.0.1/s.jpg"))),
        ("https://user:secret@camera/s.jpg", Some(picture("https://camera/s.jpg"))),
        ("tcp://10.0.0.1:554", Some(tcp("10.0.0.1", 554))),
        ("tcp://[fd00::1]:554", Some(tcp("fd00::1", 554))),
        ("icmp://10.0.0.1", Some(icmp("10.0.0.1"))),
        ("icmp://[fd00::1]", Some(icmp("fd00::1"))),
        ("tcp://10.0.0.1", None),
        ("tcp:///", None),
        ("ftp://10.0.0.1/", None),
        ("mailto:x@y", None),
    ] {
        let question = for_url(&Url::parse(url).unwrap(), None);
        assert_eq!(question.as_ref().map(|q| &q.how), how.as_ref(), "{url}");
        assert!(question.is_none_or(|q| !q.confirming));
    }
}
