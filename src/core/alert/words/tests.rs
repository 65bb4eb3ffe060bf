//! Tests of the words: each alert and each kind of message in each language, as tables.

mod digest;
mod found;
mod lines;
mod review;
mod told;

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::alert::{Acknowledgement, AlertKey, IncidentStatus, SayReason};
use crate::health::CommonScope;
use crate::model::{AreaId, NodeId, PlaceId, Severity};
use crate::registry::{Area, AreaKind, Density, Dirs, Entrance, EntranceStatus, Gate, LonLat, Node, Place, PlaceKind};

const BOTH: [Language; 2] = [Language::ZhCn, Language::En];
const HOUR: i64 = 3_600_000;

fn area(id: &str, name: &str, parent: Option<&str>, kind: AreaKind) -> (AreaId, Area) {
    let id = AreaId::new(id).unwrap();
    let parent = parent.map(|p| AreaId::new(p).unwrap());
    let area = Area {
        id: id.clone(),
        parent,
        kind,
        name: name.into(),
        code: None,
        at: None,
        boundary: None,
        extra: Default::default(),
    };
    (id, area)
}

fn entrance(id: &str, name: &str) -> (EntranceId, Entrance) {
    let id = EntranceId::new(id).unwrap();
    let entrance = Entrance {
        id: id.clone(),
        area: AreaId::new("H1").unwrap(),
        name: name.into(),
        at: Some(LonLat { lon: 114.30, lat: 30.90 }),
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
        extra: Default::default(),
    };
    (id, entrance)
}

fn place(id: &str, kind: PlaceKind, name: &str, lat: f64) -> (PlaceId, Place) {
    let id = PlaceId::new(id).unwrap();
    let at = Some(LonLat { lon: 114.30, lat });
    let contact = Some("13800000000".into());
    (id.clone(), Place { id, kind, name: name.into(), area: None, at, contact, extra: Default::default() })
}

/// A village with entrances E1 to E14, a switch and three places.
fn registry() -> Registry {
    let mut registry = Registry::default();
    registry
        .areas
        .extend([area("V1", "甘棠村", None, AreaKind::Village), area("H1", "下湾", Some("V1"), AreaKind::Hamlet)]);
    registry.entrances.extend((1..=14).map(|i| entrance(&format!("E{i}"), &format!("{i}号口"))));
    let id = NodeId::new("S12").unwrap();
    let node = Node {
        id: id.clone(),
        kind: NodeKind::Switch,
        name: "甘棠汇聚".into(),
        address: None,
        at: None,
        parents: Gate::default(),
        power: Gate::default(),
        extra: Default::default(),
    };
    registry.nodes.insert(id, node);
    registry.places.extend([
        place("W1", PlaceKind::Station, "远站", 31.10),
        place("W2", PlaceKind::Station, "近站", 30.91),
        place("W3", PlaceKind::Liaison, "联络点", 30.90),
    ]);
    registry
}

fn ids<T>(prefix: &str, n: usize, make: impl Fn(&str) -> T) -> Vec<T> {
    (1..=n).map(|i| make(&format!("{prefix}{i}"))).collect()
}

fn entrances(n: usize) -> Vec<EntranceId> {
    ids("E", n, |t| EntranceId::new(t).unwrap())
}

fn incident(lost: usize, cameras: usize, cause: Cause) -> Incident {
    Incident {
        id: IncidentId(42),
        status: IncidentStatus::Open,
        severity: Severity::Critical,
        cause,
        cause_name: "".into(),
        rivals: Vec::new(),
        exact: true,
        findings: None,
        cameras: ids("C", cameras, |t| CameraId::new(t).unwrap()),
        cameras_of: None,
        entrances_lost: entrances(lost),
        seals_broken: Vec::new(),
        villages: if lost > 0 { vec![AreaId::new("V1").unwrap()] } else { Vec::new() },
        since: Time(2 * HOUR),
        opened_at: Time(2 * HOUR),
        acknowledged: None,
        resolved_at: None,
        reopened_at: None,
        reopenings: 0,
        merged_into: None,
        silenced: None,
        lapsed: None,
        waiting_since: Time(2 * HOUR),
        level: 0,
        pages: 1,
        last_page_at: None,
        paged_entrances: entrances(lost),
        step: 1,
        in_digest: Default::default(),
        news: Default::default(),
    }
}

fn switch() -> Cause {
    Cause::Node(NodeId::new("S12").unwrap())
}

fn message(kind: MessageKind, incident: Incident) -> Message {
    let (incident, why) = (Arc::new(incident), SayReason::FirstWord);
    Message { incident, alerts: Vec::new(), step: 1, kind, why, at: Time(3 * HOUR), digest: Vec::new() }
}

fn alert(name: AlertName, object: AlertObject, text: &str) -> Alert {
    Alert {
        key: AlertKey { name, object },
        incident: IncidentId(42),
        label_incident: IncidentId(42),
        label_area: None,
        label_village: None,
        name: text.into(),
        village_name: "甘棠村".into(),
        cause: Some(switch()),
        since: Time(2 * HOUR),
        ended: None,
        told: true,
        planned: false,
        leak: None,
    }
}

/// What an alert of each name is about.
fn object(name: AlertName) -> (AlertObject, &'static str) {
    match name {
        AlertName::EntranceLost
        | AlertName::EntranceLostTonight
        | AlertName::EntranceReduced
        | AlertName::EntranceUnknown => (AlertObject::Entrance(EntranceId::new("E1").unwrap()), "东口"),
        AlertName::SealBroken => (AlertObject::Area(AreaId::new("RING").unwrap()), "镇环"),
        AlertName::NodeDown | AlertName::NodePartial => (AlertObject::Node(NodeId::new("S12").unwrap()), "旧名"),
        AlertName::CommonCause => (AlertObject::Common("common_village:V1".into()), ""),
        AlertName::CameraDown | AlertName::CameraDegraded | AlertName::CameraFlapping | AlertName::CameraUnknown => {
            (AlertObject::Camera(CameraId::new("C1").unwrap()), "东口枪机")
        }
        AlertName::MonitorBlind | AlertName::MonitorStuck | AlertName::Watchdog => (AlertObject::Monitor, ""),
    }
}

fn speak<R>(
    language: Language,
    registry: &Registry,
    lost_now: &[EntranceId],
    with: impl FnOnce(Speaker<'_>) -> R,
) -> R {
    with(Speaker {
        language,
        registry,
        local_time: &|t| format!("{:02}:{:02}", t.millis() / HOUR, t.millis() / 60_000 % 60),
        link: &|id| Some(format!("http://c/{id}")),
        reasons: &|_| [Reason::Auth, Reason::Slow].into_iter().collect(),
        lost_now,
        open_now: &[IncidentId(42), IncidentId(51), IncidentId(57)],
    })
}

#[test]
fn every_alert_in_every_language() {
    let table = [
        ("村口失守：甘棠村 东口，在看的摄像机不足", "Entrance lost: 甘棠村 东口, too few live cameras watch it"),
        (
            "今晚将失守：甘棠村 东口，入夜后能看见的摄像机不足",
            "Entrance lost tonight: 甘棠村 东口, too few cameras will see it after dusk",
        ),
        (
            "村口冗余不足：甘棠村 东口，仍有摄像机在看，但少于应有台数",
            "Entrance reduced: 甘棠村 东口 is watched, by fewer cameras than it should be",
        ),
        (
            "村口状况不明：甘棠村 东口，较长时间没有可靠的检测结果",
            "Entrance unknown: 甘棠村 东口, no fresh evidence for long",
        ),
        (
            "封控失效：RING（镇环），有路可不经任何在看的摄像机进入",
            "Seal broken: RING (镇环), one gets in past no live camera",
        ),
        ("设备中断：交换机 S12（甘棠汇聚）", "Down: switch S12 (甘棠汇聚)"),
        ("设备部分中断：交换机 S12（甘棠汇聚）", "Down in part: switch S12 (甘棠汇聚)"),
        (
            "多台摄像机同时中断：甘棠村多台摄像机同时中断，共同原因不明，登记表中没有对应设备",
            "Common cause: several cameras of 甘棠村 failed together, cause unknown, no node in the registry",
        ),
        ("摄像机中断：摄像机 C1（东口枪机）", "Camera down: camera C1 (东口枪机)"),
        (
            "摄像机异常：摄像机 C1（东口枪机），有应答但不正常：密码被拒绝、应答缓慢",
            "Camera degraded: camera C1 (东口枪机) answers, but something is wrong: password refused, slow answers",
        ),
        ("摄像机时断时续：摄像机 C1（东口枪机）", "Camera flapping: camera C1 (东口枪机) comes and goes"),
        (
            "摄像机状况不明：摄像机 C1（东口枪机），较长时间没有可靠的检测结果",
            "Camera unknown: camera C1 (东口枪机), no fresh evidence for long",
        ),
        (
            "监测端失明：所有摄像机都看不到，问题在监测端，不代表摄像机有故障",
            "Monitor blind: the monitor is blind: it sees no camera at all; the trouble is on its side and says nothing of the cameras",
        ),
        (
            "监测端无法写入数据库：新情况暂时无法通知",
            "Monitor stuck: it cannot write to its database; news cannot be told for now",
        ),
        (
            "监测正常：本告警始终存在，消失即表示监测已停止",
            "Watchdog: the monitor is alive; this alert always fires, its absence is the alarm",
        ),
    ];
    let registry = registry();
    for (name, (zh, en)) in AlertName::ALL.into_iter().zip(table) {
        let (object, text) = object(name);
        let alert = alert(name, object, text);
        for (language, expected) in BOTH.into_iter().zip([zh, en]) {
            assert_eq!(speak(language, &registry, &[], |s| s.alert_summary(&alert)), expected);
            let all = speak(language, &registry, &[], |s| s.alert_description(&alert, None));
            assert!(all.starts_with(expected) && all.contains("02:00") && all.contains("S12"), "{all}");
        }
    }
}

#[test]
fn an_alert_tells_why_since_when_and_how_it_ended() {
    let registry = registry();
    let (object, text) = object(AlertName::EntranceLost);
    let mut lost = alert(AlertName::EntranceLost, object, text);
    let mut of = incident(1, 1, switch());
    of.rivals = vec![Cause::Node(NodeId::new("P3").unwrap())];
    assert_eq!(
        speak(Language::ZhCn, &registry, &[], |s| s.alert_description(&lost, Some(&of))),
        "村口失守：甘棠村 东口，在看的摄像机不足\n原因：交换机 S12（甘棠汇聚）\n也可能是：设备 P3\n开始时间：02:00\n\
         最近警务工作站：近站（直线约 1.1 公里）"
    );
    for (why, zh, en) in [
        (EndReason::Recovered, "已于 03:40 恢复", "recovered at 03:40"),
        (EndReason::Removed, "并非恢复", "which is no recovery"),
        (EndReason::Superseded, "并非恢复", "which is no recovery"),
    ] {
        lost.ended = Some((Time(3 * HOUR + 40 * 60_000), why));
        let [zh_text, en_text] = BOTH.map(|l| speak(l, &registry, &[], |s| s.alert_description(&lost, None)));
        assert!(zh_text.contains("02:00 至 03:40") && zh_text.contains(zh), "{zh_text}");
        assert!(en_text.contains("from 02:00 to 03:40") && en_text.contains(en), "{en_text}");
        assert!(!en_text.contains("station"), "nobody needs to go there any more: {en_text}");
    }
}

#[test]
fn a_headline_counts_entrances_then_cameras_then_names_the_cause() {
    let registry = registry();
    let mut partial = incident(0, 6, Cause::Partial(NodeId::new("S12").unwrap()));
    partial.cameras_of = Some(40);
    let mut gone = incident(2, 1, Cause::Node(NodeId::new("S99").unwrap()));
    gone.cause_name = "老站".into();
    for (incident, zh, en) in [
        (
            incident(3, 40, switch()),
            "村口失守 3 处 · 摄像机中断 40 台 · 原因：交换机 S12（甘棠汇聚）",
            "3 entrances lost · 40 cameras down · cause: switch S12 (甘棠汇聚)",
        ),
        (
            incident(1, 1, Cause::Camera(CameraId::new("C1").unwrap())),
            "村口失守 1 处 · 摄像机中断 1 台 · 原因：摄像机 C1",
            "1 entrance lost · 1 camera down · cause: camera C1",
        ),
        (
            partial,
            "摄像机中断 6 台（共 40 台） · 原因：交换机 S12（甘棠汇聚） 部分中断",
            "6 of 40 cameras down · cause: switch S12 (甘棠汇聚), in part",
        ),
        (
            gone,
            "村口失守 2 处 · 摄像机中断 1 台 · 原因：设备 S99（老站）",
            "2 entrances lost · 1 camera down · cause: node S99 (老站)",
        ),
        (
            incident(0, 0, Cause::Common(CommonScope::Subnet(0x7f_14_01))),
            "无村口失守 · 原因：网段 127.20.1.0/24 多台摄像机同时中断，共同原因不明，登记表中没有对应设备",
            "no entrance lost · cause: several cameras of 127.20.1.0/24 failed together, cause unknown, no node in the registry",
        ),
        (
            incident(0, 0, Cause::Monitor(MonitorCause::Blind)),
            "监测端失明：所有摄像机都看不到，问题在监测端，不代表摄像机有故障",
            "the monitor is blind: it sees no camera at all; the trouble is on its side and says nothing of the cameras",
        ),
    ] {
        for (language, expected) in BOTH.into_iter().zip([zh, en]) {
            assert_eq!(speak(language, &registry, &[], |s| s.headline(&incident)), expected);
        }
    }
}

#[test]
fn an_opening_names_everything_and_caps_every_list() {
    let registry = registry();
    let mut incident = incident(14, 40, switch());
    incident.rivals = vec![Cause::Node(NodeId::new("P3").unwrap())];
    let message = message(MessageKind::Opened, incident);
    assert_eq!(
        speak(Language::En, &registry, &[], |s| s.message_description(&message)),
        "14 entrances lost: 甘棠村 1号口, 甘棠村 2号口, 甘棠村 3号口, 甘棠村 4号口, 甘棠村 5号口, 甘棠村 6号口, \
         甘棠村 7号口, 甘棠村 8号口, 甘棠村 9号口, 甘棠村 10号口, +4 more\nin 1 village: 甘棠村\n\
         40 cameras down: C1, C2, C3, C4, C5, +35 more\ncause: switch S12 (甘棠汇聚)\nor: node P3\nsince 02:00\n\
         nearest work station: 近站, 1.1 km as the crow flies\nmore: http://c/42"
    );
    let zh = speak(Language::ZhCn, &registry, &[], |s| s.message_description(&message));
    assert!(zh.starts_with("失守村口 14 处：甘棠村 1号口、甘棠村 2号口、"), "{zh}");
    assert!(
        zh.contains("甘棠村 10号口 等（另有 4 个未列出）\n涉及村（社区）1 个：甘棠村\n摄像机中断 40 台：C1、"),
        "{zh}"
    );
    assert!(zh.ends_with("详情：http://c/42") && !zh.contains("13800000000"), "{zh}");
    assert_eq!(
        speak(Language::ZhCn, &registry, &[], |s| s.message_summary(&message)),
        "【新事件】村口失守 14 处 · 摄像机中断 40 台 · 原因：交换机 S12（甘棠汇聚）"
    );
}

#[test]
fn an_end_says_what_is_still_lost() {
    let registry = registry();
    let mut over = incident(2, 3, switch());
    over.entrances_lost = Vec::new();
    over.resolved_at = Some(Time(3 * HOUR + 40 * 60_000));
    let mut message = message(MessageKind::Resolved, over);
    assert_eq!(
        speak(Language::ZhCn, &registry, &entrances(1), |s| s.message_description(&message)),
        "曾失守村口 2 处：甘棠村 1号口、甘棠村 2号口\n涉及村（社区）1 个：甘棠村\n原因：交换机 S12（甘棠汇聚）\n\
         持续时间：02:00 至 03:40\n目前仍失守村口 1 处：甘棠村 1号口\n另有 2 起事件未恢复：#51、#57\n详情：http://c/42"
    );
    let en = speak(Language::En, &registry, &[], |s| s.message_description(&message));
    assert!(en.contains("2 entrances were lost before: ") && en.contains("no entrance is lost now"), "{en}");
    assert!(en.contains("2 other incidents are open: #51, #57"), "is everything mended? {en}");
    assert!(en.contains("from 02:00 to 03:40") && !en.contains("recovery"), "{en}");
    let mut removed = alert(AlertName::EntranceLost, AlertObject::Entrance(EntranceId::new("E3").unwrap()), "3号口");
    removed.ended = Some((Time(3 * HOUR), EndReason::Removed));
    message.alerts.push(Arc::new(removed));
    let en = speak(Language::En, &registry, &[], |s| s.message_description(&message));
    assert!(en.contains("3 entrances were lost before") && en.contains("which is no recovery"), "{en}");
}

#[test]
fn every_kind_of_message_in_every_language() {
    let registry = registry();
    let mut incident = incident(1, 1, switch());
    incident.reopenings = 2;
    incident.merged_into = Some(IncidentId(7));
    incident.resolved_at = Some(Time(3 * HOUR));
    let (by, note) = ("值班员".into(), "去看看".into());
    incident.acknowledged = Some(Acknowledgement { at: Time(3 * HOUR), by, note, until: Some(Time(5 * HOUR)) });
    use MessageKind as K;
    for (kind, zh, zh_line, en, en_line) in [
        (K::Opened, "【新事件】", "失守村口 1 处", "New: ", "1 entrance lost"),
        (K::Updated, "【更新】", "失守村口 1 处", "Update: ", "1 entrance lost"),
        (K::MoreLost, "【失守增加】", "失守村口 1 处", "More lost: ", "1 entrance lost"),
        (
            K::Reopened,
            "【再次发生】",
            "恢复后再次发生，第 2 次",
            "Again: ",
            "it was over and is back (opened again 2 times)",
        ),
        (
            K::Acknowledged,
            "【已受理】",
            "值班员 于 03:00 受理，备注：去看看，有效至 05:00",
            "Taken: ",
            "taken by 值班员 at 03:00 (until 05:00): 去看看",
        ),
        (K::Resolved, "【已恢复】", "曾失守村口 1 处", "Over: ", "1 entrance was lost before"),
        (
            K::Merged,
            "【已并入其他事件】",
            "与事件 #7 同一原因，后续以 #7 为准；尚未恢复",
            "Merged: ",
            "same cause as incident #7, which goes on for both; not over",
        ),
    ] {
        let message = message(kind, incident.clone());
        for (language, summary, line) in [(Language::ZhCn, zh, zh_line), (Language::En, en, en_line)] {
            let (said, all) =
                speak(language, &registry, &[], |s| (s.message_summary(&message), s.message_description(&message)));
            assert!(said.starts_with(summary), "{said}");
            assert!(all.lines().next().unwrap().starts_with(line), "{all}");
            let at = |words: [&str; 2]| words.iter().find_map(|w| all.find(w)).unwrap_or(usize::MAX);
            let (entrance, cause) = (at(["1号口", "1号口"]), at(["原因：", "cause: "]));
            assert!(entrance < cause && cause < usize::MAX, "entrances come first: {all}");
            let link = if kind == K::Merged { "http://c/7" } else { "http://c/42" };
            assert!(all.ends_with(link), "{all}");
        }
    }
}

fn hold(until: i64) -> Hold {
    Hold { at: Time(2 * HOUR), by: "值班员".into(), note: "换光猫".into(), until: Time(until * HOUR) }
}

/// A page that follows a silence says whose it was; why it is said again stands first.
#[test]
fn every_word_of_a_hold_in_every_language() {
    let registry = registry();
    let mut hit = incident(1, 1, switch());
    hit.lapsed = Some(hold(3));
    hit.level = 2;
    use MessageKind as K;
    let silenced = Incident { silenced: Some(hold(5)), ..hit.clone() };
    for (kind, why, of, zh, zh_line, en, en_line) in [
        (
            K::Silenced,
            SayReason::SilencedBySomebody,
            &silenced,
            "【已静默】",
            "值班员 于 02:00 静默，至 05:00 前不再通知：换光猫",
            "Silenced: ",
            "silenced by 值班员 at 02:00: no page until 05:00: 换光猫",
        ),
        (
            K::Reminded,
            SayReason::AckExpired,
            &hit,
            "【仍未恢复】",
            "值班员 于 02:00 受理，已于 03:00 到期，目前无人受理：换光猫",
            "Still open: ",
            "taken by 值班员 at 02:00 until 03:00: that is over, and nobody has it now: 换光猫",
        ),
        (
            K::Reminded,
            SayReason::SilenceEnded,
            &hit,
            "【仍未恢复】",
            "值班员 于 02:00 设置的静默已于 03:00 结束，故障仍在：换光猫",
            "Still open: ",
            "the silence that 值班员 set at 02:00 ended at 03:00, and the fault still stands: 换光猫",
        ),
        (
            K::Reminded,
            SayReason::StillOpen,
            &hit,
            "【仍未恢复】",
            "仍未恢复，且无人受理",
            "Still open: ",
            "still open, and nobody has taken it",
        ),
        (
            K::Opened,
            SayReason::MaintenanceEnded,
            &hit,
            "【新事件】",
            "维护已结束或不足以解释，故障仍在",
            "New: ",
            "maintenance is over, or does not explain it any more: the fault still stands",
        ),
        (
            K::Escalated,
            SayReason::NotTaken,
            &hit,
            "【升级】",
            "无人受理，已升级到第 2 级",
            "Escalated: ",
            "nobody took it: it goes to level 2",
        ),
    ] {
        let message = Message { why, ..message(kind, of.clone()) };
        for (language, summary, line) in [(Language::ZhCn, zh, zh_line), (Language::En, en, en_line)] {
            let (said, all) =
                speak(language, &registry, &[], |s| (s.message_summary(&message), s.message_description(&message)));
            assert!(said.starts_with(summary), "{said}");
            assert_eq!(all.lines().next(), Some(line));
            assert_eq!(
                all.matches("静默").count() + all.matches("silenced by").count(),
                usize::from(line.contains("静默") || line.contains("silenced by")),
                "said once: {all}"
            );
        }
    }
}

#[test]
fn whatever_else_is_told_of_a_silenced_incident_says_that_it_is() {
    let silenced = Incident { silenced: Some(hold(5)), ..incident(1, 1, switch()) };
    let message = message(MessageKind::Updated, silenced);
    let all = speak(Language::En, &registry(), &[], |s| s.message_description(&message));
    assert!(all.contains("silenced by 值班员 at 02:00: no page until 05:00: 换光猫"), "{all}");
}

#[test]
fn every_reason_has_a_word_of_its_own() {
    for language in BOTH {
        let mut words: Vec<_> = Reason::ALL.into_iter().map(|r| tongue(language).reason(r)).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Reason::ALL.len(), "{language:?}");
    }
}

#[test]
fn the_nearest_station_is_a_station() {
    let registry = registry();
    let near = nearest_station(&registry, LonLat { lon: 114.30, lat: 30.90 }).unwrap();
    assert_eq!(near.name, "近站", "the liaison point beside it is none");
    assert!((near.metres - 1_112.0).abs() < 2.0, "a hundredth of a degree of latitude: {}", near.metres);
    assert_eq!(nearest_station(&Registry::default(), LonLat { lon: 0.0, lat: 0.0 }), None);
}

#[test]
fn names_are_cleaned() {
    for (name, said) in [
        ("东口", "东口"),
        ("  a\tb\r\nc ", "a b  c"),
        ("x\u{202e}y\u{2066}z\u{200b}\u{feff}\u{7}", "xyz"),
        ("a\u{2028}b\u{85}c\u{3000}d", "a b c d"),
        ("👮 <b>&amp;</b>", "👮 <b>&amp;</b>"),
    ] {
        assert_eq!(clean(name), said, "{name:?}");
    }
    assert_eq!(clean(&"村".repeat(61)), format!("{}…", "村".repeat(60)));
}

proptest! {
    /// Whatever stands in the registry, nothing that is said can break a line or turn the writing direction.
    #[test]
    fn hostile_names_never_get_through(name in any::<String>(), note in any::<String>()) {
        let mut registry = registry();
        let text: Arc<str> = name.as_str().into();
        for entrance in registry.entrances.values_mut() {
            entrance.name = text.clone();
        }
        for area in registry.areas.values_mut() {
            area.name = text.clone();
        }
        for node in registry.nodes.values_mut() {
            node.name = text.clone();
        }
        let mut hit = incident(3, 3, switch());
        hit.cause_name = text.clone();
        let note: Arc<str> = note.into();
        hit.acknowledged = Some(Acknowledgement { at: Time(0), by: text.clone(), note, until: None });
        let message = message(MessageKind::Acknowledged, hit);
        let mut lost = alert(AlertName::EntranceLost, AlertObject::Entrance(EntranceId::new("E1").unwrap()), &name);
        lost.village_name = text.clone();
        for language in BOTH {
            let (all, lines) = speak(language, &registry, &[], |s| {
                let message_text = s.message_description(&message);
                let lines = message_text.lines().count();
                (format!("{}{}{message_text}", s.alert_summary(&lost), s.message_summary(&message)), lines)
            });
            prop_assert!(all.chars().all(|c| c == '\n' || (clean(&c.to_string()) == c.to_string() || c == ' ')), "{all:?}");
            prop_assert_eq!(lines, 8, "{}", all);
        }
    }
}
