//! What people change, in the words of the audit trail: what it was before, and what it is then.

use cunkou_core::alert::Incident;
use cunkou_core::model::Time;

use super::handle::{ACKNOWLEDGE, MAINTENANCE, REGISTRY, ROSTER, SILENCE};
use super::{AckRequest, Origin, ReloadReport, SilenceRequest};
use crate::roster::Handover;
use crate::store::{AuditEntry, Maintenance, RegistryPut, works_words};

/// Lines of a difference that an entry holds; the store has every object of it, before and after.
const LINES: usize = 50;
/// Characters of one such line at most.
const LINE: usize = 300;

/// An incident is taken.
pub(super) fn acknowledged(request: &AckRequest, before: Option<&Incident>, now: Time) -> AuditEntry {
    let old = before.map(|incident| match &incident.acknowledged {
        Some(taken) => taken_by(&taken.by, taken.until, &taken.note),
        None => incident.status.word().to_owned(),
    });
    let new = taken_by(&request.by.who, request.until, &request.note);
    request.by.entry(now, ACKNOWLEDGE, request.incident.to_string(), old, Some(new))
}

/// An incident is silenced, or its silence is lifted.
pub(super) fn silenced(request: &SilenceRequest, before: Option<&Incident>, now: Time) -> AuditEntry {
    let old = before.map(|incident| match incident.silence_at(now) {
        Some(silence) => silenced_by(&silence.by, silence.until, &silence.note),
        None => "not silenced".to_owned(),
    });
    let new = match request.until {
        Some(until) => silenced_by(&request.by.who, until, &request.note),
        None => format!("silence lifted by {}", request.by.who),
    };
    request.by.entry(now, SILENCE, request.incident.to_string(), old, Some(new))
}

fn silenced_by(by: &str, until: Time, note: &str) -> String {
    let note = if note.is_empty() { String::new() } else { format!(": {note}") };
    format!("silenced by {by} until {}{note}", stamp(until))
}

/// Work is announced, or what was announced is ended.
#[must_use]
pub fn maintained(by: &Origin, row: &Maintenance, before: Option<&Maintenance>, now: Time) -> AuditEntry {
    let new = match row.ended {
        Some(_) => format!("ended by {}", by.who),
        None => announced(row),
    };
    by.entry(now, MAINTENANCE, row.id.to_string(), before.map(announced), Some(new))
}

fn announced(m: &Maintenance) -> String {
    let (kind, id) = works_words(&m.of);
    let to = m.to.map_or_else(|| "until it is ended".to_owned(), |to| format!("to {}", stamp(to)));
    let weekly = m.weekly.map(|w| format!(" ({w})")).unwrap_or_default();
    let note = if m.note.is_empty() { String::new() } else { format!(": {}", m.note) };
    format!("{kind} {id} from {} {to}{weekly} by {}{note}", stamp(m.from), m.by)
}

fn taken_by(by: &str, until: Option<Time>, note: &str) -> String {
    let until = until.map(|t| format!(" until {}", stamp(t))).unwrap_or_default();
    let note = if note.is_empty() { String::new() } else { format!(": {note}") };
    format!("acknowledged by {by}{until}{note}")
}

/// RFC 3339 in UTC; a time that no calendar has stays a number.
fn stamp(at: Time) -> String {
    jiff::Timestamp::from_millisecond(at.millis()).map_or_else(|_| at.millis().to_string(), |t| t.to_string())
}

/// A registry is put in force.
pub(super) fn registry(by: &Origin, put: &RegistryPut, report: &ReloadReport) -> AuditEntry {
    let shown = report.changes.iter().take(LINES);
    let mut lines: Vec<String> = std::iter::once(put.summary.clone()).chain(shown.map(|l| shortened(l))).collect();
    let all = report.added + report.changed + report.removed;
    if let Some(left) = all.checked_sub(LINES).filter(|n| *n > 0) {
        lines.push(format!("and {left} more"));
    }
    let old = format!("version {}", put.version.saturating_sub(1));
    let new = format!("version {}: {}", put.version, lines.join("\n"));
    by.entry(put.at, REGISTRY, put.version.to_string(), Some(old), Some(new))
}

/// A roster is put in force: what of it is gone, and what is new. Its object is its fingerprint, by which the next start
/// knows whether it was changed while nobody ran.
#[must_use]
pub fn rostered(by: &Origin, handover: &Handover, now: Time) -> AuditEntry {
    let (gone, come) = handover.lines();
    let old = handover.old.as_ref().map(|_| bounded(&gone));
    by.entry(now, ROSTER, handover.new.fingerprint(), old, Some(bounded(&come)))
}

fn bounded(lines: &[String]) -> String {
    let mut shown: Vec<String> = lines.iter().take(LINES).map(|l| shortened(l)).collect();
    if let Some(left) = lines.len().checked_sub(LINES).filter(|n| *n > 0) {
        shown.push(format!("and {left} more"));
    }
    shown.join("\n")
}

fn shortened(line: &str) -> String {
    match line.char_indices().nth(LINE) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use cunkou_core::model::IncidentId;

    use super::*;

    fn by() -> Origin {
        Origin { who: "duty".into(), from: "10.0.0.7".into(), via: "POST /x".into() }
    }

    #[test]
    fn an_acknowledgement_says_who_until_when_and_what_was_written() {
        let request = |until, note: &str| AckRequest { incident: IncidentId(7), by: by(), note: note.into(), until };
        let plain = acknowledged(&request(None, ""), None, Time(5));
        assert_eq!((plain.old, plain.new.as_deref()), (None, Some("acknowledged by duty")));
        let entry = acknowledged(&request(Some(Time(60_000)), "带梯子去"), None, Time(5));
        let new = "acknowledged by duty until 1970-01-01T00:01:00Z: 带梯子去";
        assert_eq!((entry.new.as_deref(), entry.object.as_str()), (Some(new), "7"));
        assert_eq!((entry.from.as_str(), entry.via.as_str(), entry.at), ("10.0.0.7", "POST /x", Time(5)));
    }

    #[test]
    fn a_silence_says_who_until_when_and_what_was_written() {
        let request =
            |until, note: &str| SilenceRequest { incident: IncidentId(7), by: by(), note: note.into(), until };
        let entry = silenced(&request(Some(Time(60_000)), "换光猫"), None, Time(5));
        assert_eq!((entry.what.as_str(), entry.object.as_str(), entry.old), ("silence", "7", None));
        assert_eq!(entry.new.as_deref(), Some("silenced by duty until 1970-01-01T00:01:00Z: 换光猫"));
        let lifted = silenced(&request(None, ""), None, Time(5));
        assert_eq!(lifted.new.as_deref(), Some("silence lifted by duty"));
    }

    #[test]
    fn maintenance_says_on_what_from_when_to_when_and_who_ended_it() {
        let row = Maintenance {
            id: 3,
            of: cunkou_core::world::Works::Node(cunkou_core::model::NodeId::new("S1").unwrap()),
            from: Time(0),
            to: Some(Time(60_000)),
            weekly: None,
            note: "换光模块".to_owned(),
            by: "duty".to_owned(),
            made: Time(0),
            ended: None,
        };
        let made = maintained(&by(), &row, None, Time(5));
        let new = "node S1 from 1970-01-01T00:00:00Z to 1970-01-01T00:01:00Z by duty: 换光模块";
        assert_eq!((made.what.as_str(), made.object.as_str(), made.new.as_deref()), ("maintenance", "3", Some(new)));
        let ended = Maintenance { ended: Some(Time(9)), ..row.clone() };
        let over = maintained(&by(), &ended, Some(&row), Time(9));
        assert_eq!((over.old.as_deref(), over.new.as_deref()), (Some(new), Some("ended by duty")));
    }

    #[test]
    fn a_roster_says_what_changed_by_ids_alone() {
        let text = "[rota]\nbegins = 2026-11-02\n[[contact]]\nid = \"wang\"\nname = \"王强\"\nphone = \"13800000001\"\n\
                    [[contact]]\nid = \"li\"\n[[level]]\norder = [\"wang\", \"li\"]\n";
        let read = |text: &str| {
            let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
            std::sync::Arc::new(crate::files::settings::roster(text, &zone).unwrap())
        };
        let first = rostered(&by(), &Handover { old: None, new: read(text) }, Time(5));
        let new = "turns end on Monday 09:00:00 in Asia/Shanghai; first 2026-11-02\nlevel 0: wang, li\n\
                   contact wang: phone\ncontact li: no address";
        assert_eq!((first.what.as_str(), first.old, first.new.as_deref()), ("roster", None, Some(new)));
        let other = text.replace("[\"wang\", \"li\"]", "[\"li\"]").replace("13800000001", "13800000002");
        let entry = rostered(&by(), &Handover { old: Some(read(text)), new: read(&other) }, Time(5));
        assert_eq!(entry.old.as_deref(), Some("level 0: wang, li"));
        assert_eq!(entry.new.as_deref(), Some("level 0: li\ncontact wang: another name or address"));
        assert_ne!(entry.object, first.object);
        let renumbered = text.replace("13800000001", "13800000003");
        assert_ne!(read(&renumbered).fingerprint(), first.object, "another address is another roster");
        assert_eq!(read(&format!("# a word\n{text}")).fingerprint(), first.object, "a comment is none");
    }

    #[test]
    fn a_registry_says_what_changed_and_is_bounded() {
        let put = RegistryPut {
            version: 4,
            at: Time(5),
            who: "duty".into(),
            hashes: BTreeMap::new(),
            summary: "0 added, 60 changed, 0 removed".into(),
            changes: Vec::new(),
        };
        let changes = vec!["村".repeat(1_000); 60];
        let report = ReloadReport { version: 4, changes, added: 0, changed: 60, removed: 0, warnings: Vec::new() };
        let entry = registry(&by(), &put, &report);
        let new = entry.new.unwrap();
        assert_eq!((entry.old.as_deref(), entry.object.as_str()), (Some("version 3"), "4"));
        assert!(new.starts_with("version 4: 0 added, 60 changed, 0 removed\n村村"), "{new}");
        assert!(new.ends_with("…\nand 10 more"), "{new}");
        assert_eq!(new.lines().count(), 52);
    }
}
