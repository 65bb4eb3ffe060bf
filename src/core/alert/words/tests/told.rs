//! What is told in parts.

use super::*;

#[test]
fn what_is_told_in_parts_is_what_is_told_as_a_text() {
    let registry = registry();
    let mut hit = incident(14, 40, switch());
    hit.rivals = vec![Cause::Node(NodeId::new("P3").unwrap())];
    let message = message(MessageKind::Opened, hit);
    for language in BOTH {
        let (told, summary, description) = speak(language, &registry, &[], |s| {
            (s.told(&message), s.message_summary(&message), s.message_description(&message))
        });
        assert_eq!(told.title, summary);
        assert!(told.title.ends_with(&told.headline), "{}", told.title);
        let (lines, link) = description.rsplit_once('\n').unwrap();
        assert_eq!(told.lines.join("\n"), lines, "all of it but the link");
        assert!(link.ends_with(told.link.as_deref().unwrap()));
        assert_eq!((told.entrances.count, told.entrances.names.len()), (14, 14));
        assert_eq!((told.cameras.count, told.villages.count), (40, 1));
        assert!(lines.contains(&told.entrances.list) && lines.contains(&told.cameras.list), "{lines}");
        assert_eq!(told.rivals.len(), 1);
        assert_eq!((told.since.as_str(), told.until), ("02:00", None));
        assert_eq!(told.station.map(|(name, _)| name).as_deref(), Some("近站"));
    }
    let (object, text) = object(AlertName::EntranceLost);
    let lost = alert(AlertName::EntranceLost, object, text);
    let told = speak(Language::En, &registry, &[], |s| s.told_of_alert(&lost, None));
    assert_eq!(told.title, "Entrance lost: 甘棠村 东口, too few live cameras watch it");
    assert_eq!(told.lines[..2], ["cause: switch S12 (甘棠汇聚)", "since 02:00"]);
    assert_eq!((told.entrances.names.as_slice(), told.villages.list.as_str()), (&["东口".to_owned()][..], "甘棠村"));
}
