//! What a judgement rests on, in one line of a page.

use super::*;
use crate::health::{Evidence, Findings, Heard, Objection, RuledOut, Witness};
use crate::model::Check;

fn camera(id: &str) -> Witness {
    Witness::Camera(CameraId::new(id).unwrap())
}

fn node(id: &str) -> Cause {
    Cause::Node(NodeId::new(id).unwrap())
}

fn at(minute: i64) -> Time {
    Time(2 * HOUR + minute * 60_000)
}

fn found() -> Findings {
    let heard = Heard::Failed { check: Check::Reach, how: Some(FailKind::Timeout), confirmed: Some(at(1)) };
    let own_sight = Cause::Monitor(MonitorCause::Blind);
    let by_canary = Objection::Answered { by: Witness::Canary("gw\u{202e}\n".into()), at: at(3), others: 0 };
    Findings {
        evidence: vec![
            Evidence { of: Witness::Node(NodeId::new("S12").unwrap()), heard, at: at(0) },
            Evidence { of: camera("C9"), heard: Heard::LastAnswer, at: at(-1) },
            Evidence { of: camera("C1"), heard, at: at(0) },
        ],
        failed: 12,
        inferred: 28,
        ruled_out: vec![
            RuledOut { rival: node("UP"), by: Objection::Answered { by: camera("C77"), at: at(2), others: 3 } },
            RuledOut { rival: node("PW"), by: Objection::ExplainsLess { explains: 5, of: 12 } },
            RuledOut { rival: own_sight, by: by_canary },
        ],
        undecided: vec![NodeId::new("O9").unwrap()],
    }
}

#[test]
fn a_page_says_in_one_line_what_it_rests_on_and_what_is_ruled_out() {
    let registry = registry();
    let mut hit = incident(1, 40, switch());
    hit.findings = Some(Arc::new(found()));
    let zh = "依据：交换机 S12（甘棠汇聚） 自 02:00 起无应答（连通，02:01 确认）；最后一次应答来自 C9，01:59；实测中断 12 台，推定 28 台\
              。已排除：设备 UP（C77 于 02:02 有应答，另有 3 台）、设备 PW（只能解释 12 处故障中的 5 处） 等（另有 1 个未列出）";
    let en = "evidence: switch S12 (甘棠汇聚): no answer since 02:00 (reach, confirmed 02:01); the last answer came from C9 \
              at 01:59; 12 cameras failed, 28 more inferred. Ruled out: node UP (C77 answered at 02:02, and 3 others \
              since), node PW (explains 5 of 12 failures), +1 more";
    for kind in MessageKind::ALL {
        let mut message = message(kind, hit.clone());
        let says = |message: &Message| {
            [(Language::ZhCn, zh), (Language::En, en)].map(|(language, line)| {
                let all = speak(language, &registry, &[], |s| s.message_description(message));
                all.lines().any(|l| l == line)
            })
        };
        let news = matches!(
            kind,
            MessageKind::Opened
                | MessageKind::MoreLost
                | MessageKind::Reopened
                | MessageKind::Reminded
                | MessageKind::Escalated
        );
        assert_eq!(says(&message), [news; 2], "{kind:?}");
        message.why = SayReason::CauseChanged;
        assert_eq!(says(&message), [news || kind == MessageKind::Updated; 2], "{kind:?}");
    }
    let (object, text) = object(AlertName::EntranceLost);
    let mut lost = alert(AlertName::EntranceLost, object, text);
    let described = |alert: &Alert| speak(Language::En, &registry, &[], |s| s.alert_description(alert, Some(&hit)));
    assert!(described(&lost).contains(en), "also to machines, one alert each");
    lost.ended = Some((Time(3 * HOUR), EndReason::Recovered));
    assert!(!described(&lost).contains("evidence"), "who hears that it is over needs it no more");
}

#[test]
fn findings_in_parts_are_whole_and_harmless() {
    let registry = registry();
    let mut hit = incident(1, 40, switch());
    hit.findings = Some(Arc::new(found()));
    let told = speak(Language::En, &registry, &[], |s| s.told(&message(MessageKind::Opened, hit.clone())));
    assert_eq!((told.found.evidence.len(), told.found.ruled_out.len()), (3, 3));
    assert_eq!(told.found.ruled_out[2], "the monitor's own line (gw answered at 02:03)");
    assert_eq!(told.found.undecided, ["node O9"]);
    let over = speak(Language::En, &registry, &[], |s| s.told(&message(MessageKind::Resolved, hit)));
    assert_eq!(over.found, FoundWords::default());
}

#[test]
fn how_many_failed_is_said_where_it_is_more_than_the_one_that_is_named() {
    let registry = registry();
    for (failed, inferred, said) in [(1, 0, false), (1, 1, true), (2, 0, true)] {
        let mut hit = incident(1, 1, switch());
        hit.findings = Some(Arc::new(Findings { failed, inferred, ruled_out: Vec::new(), ..found() }));
        let message = message(MessageKind::Opened, hit);
        let text = speak(Language::En, &registry, &[], |s| s.message_description(&message));
        assert_eq!(text.contains(" failed"), said, "{failed} and {inferred}: {text}");
    }
}
