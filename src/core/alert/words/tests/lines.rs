//! Lines that depend on a number or on whether there is anything to say: at the edge, and on both sides of it.

use super::*;

#[test]
fn what_there_is_none_of_is_left_out() {
    let (zh, en) = (tongue(Language::ZhCn), tongue(Language::En));
    for t in [zh, en] {
        assert_eq!(t.rest_line(0), None);
        let bare = t.way_in(12.0, "", "");
        assert!(!bare.contains("；") && !bare.contains("; "), "{bare}");
        let full = t.way_in(12.0, "东口", "C7");
        assert!(full.starts_with(&bare) && full.contains("东口") && full.contains("C7"), "{full}");
    }
    assert_eq!(en.rest_line(31).as_deref(), Some("+31 more"));
    assert_eq!((zh.way(999.0).as_str(), zh.way(1_000.0).as_str()), ("999 米", "1.0 公里"));
    assert_eq!(zh.failed_and_inferred(3, 0), "实测中断 3 台");
    assert_eq!(zh.failed_and_inferred(3, 2), "实测中断 3 台，推定 2 台");
    assert_eq!(zh.none_lost_line(), "目前没有失守的村口");
}

#[test]
fn every_alert_has_a_word_that_people_and_rules_know_it_by() {
    let words: Vec<&str> = AlertName::ALL.iter().map(|name| name.word()).collect();
    let known = AlertName::ALL.iter().map(|name| format!("{name:?}"));
    assert_eq!(words, known.collect::<Vec<_>>());
}

#[test]
fn what_is_said_again_because_maintenance_is_over_says_so() {
    let registry = registry();
    let mut message = message(MessageKind::Reminded, incident(1, 1, switch()));
    message.why = SayReason::MaintenanceEnded;
    for (language, line) in [(Language::ZhCn, "维护已结束或不足以解释"), (Language::En, "maintenance is over")]
    {
        let text = speak(language, &registry, &[], |s| s.message_description(&message));
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn an_alert_that_is_told_by_itself_says_since_when() {
    let (object, text) = object(AlertName::CameraDown);
    let down = alert(AlertName::CameraDown, object, text);
    let told = speak(Language::En, &registry(), &[], |s| s.told_of_alert(&down, None));
    assert_eq!((told.since.as_str(), told.until), ("02:00", None));
}
