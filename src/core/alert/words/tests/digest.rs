//! What a digest says.

use super::*;

fn item(id: u64, kind: MessageKind, lost: usize) -> Arc<Message> {
    let cause = Cause::Camera(CameraId::new("C1").unwrap());
    let over = kind == MessageKind::Resolved;
    let incident = Incident {
        id: IncidentId(id),
        status: if over { IncidentStatus::Resolved } else { IncidentStatus::Open },
        resolved_at: over.then_some(Time(3 * HOUR)),
        entrances_lost: if over { Vec::new() } else { entrances(lost) },
        ..incident(lost, 1, cause)
    };
    Arc::new(message(kind, incident))
}

fn digest(items: Vec<Arc<Message>>) -> Message {
    let lost = items.iter().map(|m| m.incident.entrances_lost.len()).max().unwrap_or(0);
    Message { digest: items, ..message(MessageKind::Digest, incident(lost, 2, switch())) }
}

#[test]
fn a_digest_has_a_line_for_each_incident() {
    let registry = registry();
    let message = digest(vec![item(7, MessageKind::Opened, 1), item(8, MessageKind::Resolved, 1)]);
    let told = |language| speak(language, &registry, &[], |s| s.told(&message));
    let en = told(Language::En);
    assert_eq!(en.title, "Digest: 1 incident, and 1 over · 1 entrance lost · 2 cameras down");
    assert_eq!(en.lines.len(), 3, "{:#?}", en.lines);
    assert!(en.lines[0].starts_with("#7 New: 1 entrance lost · 1 camera down · cause: camera C1"), "{}", en.lines[0]);
    assert!(en.lines[0].contains("1号口") && en.lines[0].ends_with("; since 02:00"), "{}", en.lines[0]);
    assert!(en.lines[1].starts_with("#8 Over: ") && en.lines[1].ends_with("from 02:00 to 03:00"), "{}", en.lines[1]);
    assert_eq!((en.cause.as_str(), en.link), ("", None), "it has not one cause, and not one page");
    let zh = told(Language::ZhCn);
    assert_eq!(zh.title, "【合并通报】事件 1 起，另有 1 起已结束 · 村口失守 1 处 · 摄像机中断 2 台");
    assert!(zh.lines[0].starts_with("#7 【新事件】") && zh.lines[1].starts_with("#8 【已恢复】"), "{:#?}", zh.lines);
}

#[test]
fn a_digest_of_very_many_gives_the_numbers_of_the_rest() {
    let registry = registry();
    let items = (1..=130).map(|id| item(id, MessageKind::Opened, 1)).collect();
    let told = speak(Language::En, &registry, &[], |s| s.told(&digest(items)));
    assert_eq!(told.lines.len(), 102);
    assert!(told.lines[100].starts_with("#101, #102") && told.lines[100].ends_with("#130"), "{}", told.lines[100]);
}
