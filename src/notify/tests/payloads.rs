//! What a webhook receiver sees, whole.

use std::sync::Arc;

use cunkou_core::alert::{Alert, EndReason, Incident, IncidentStatus, Message, MessageKind};
use cunkou_core::model::{IncidentId, Language, Severity, Span};
use jiff::tz::TimeZone;
use serde_json::Value;

use super::fixture::{T0, camera_down, incident, lost, message, opened, snapshot};
use crate::files::secrets::SecretUrl;
use crate::notify::post::{Answered, Post, client};
use crate::notify::voice::{Voice, rfc3339};
use crate::notify::webhook::Webhook;

fn webhook(language: Language) -> Webhook {
    let url = SecretUrl::parse("http://127.0.0.1:1/").unwrap();
    let timeout = std::time::Duration::from_secs(1);
    let time_zone = TimeZone::get("Asia/Shanghai").unwrap();
    Webhook {
        name: "desk".to_owned(),
        post: Post {
            client: client().unwrap(),
            url,
            secret: None,
            shown: true,
            timeout,
            tap: None,
            answered: Answered::default(),
        },
        voice: Voice { language, time_zone, public_url: "http://cunkou.example".to_owned() },
        min_severity: Severity::Info,
        watchdog: false,
        started: T0,
    }
}

fn payload(language: Language, message: &Message) -> String {
    let open: Vec<Arc<Alert>> = message.alerts.iter().filter(|a| a.ended.is_none()).cloned().collect();
    let snapshot = snapshot(&open, std::slice::from_ref(&message.incident));
    String::from_utf8(webhook(language).payload(&snapshot, message)).unwrap()
}

fn pretty(language: Language, message: &Message) -> String {
    // Through a value would sort the fields; the order on the wire is Alertmanager's.
    let raw = payload(language, message);
    let order = ["receiver", "status", "alerts", "groupLabels", "commonLabels", "commonAnnotations", "externalURL"];
    let order = order.into_iter().chain(["version", "groupKey", "truncatedAlerts"]);
    let places: Vec<usize> = order.map(|field| raw.find(&format!("\"{field}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "{raw}");
    serde_json::to_string_pretty(&serde_json::from_str::<Value>(&raw).unwrap()).unwrap()
}

fn updated() -> Message {
    let alerts = vec![camera_down("C1", None), lost("E2", None), lost("E1", None)];
    let mut incident = incident(42);
    incident.entrances_lost.push(cunkou_core::model::EntranceId::new("E2").unwrap());
    message(incident, 2, MessageKind::Updated, alerts)
}

fn resolved() -> Message {
    let end = T0 + Span::minutes(90);
    let over = Some((end, EndReason::Recovered));
    let incident = Incident {
        status: IncidentStatus::Resolved,
        entrances_lost: Vec::new(),
        resolved_at: Some(end),
        ..incident(42)
    };
    message(incident, 3, MessageKind::Resolved, vec![lost("E1", over)])
}

#[test]
fn payloads_are_those_of_alertmanager() {
    for (name, message) in [("opened", opened(42)), ("updated", updated()), ("resolved", resolved())] {
        for language in [Language::ZhCn, Language::En] {
            insta::assert_snapshot!(format!("{name}_{}", language.tag()), pretty(language, &message));
        }
    }
}

#[test]
fn the_group_is_the_incident_and_stays() {
    let parse = |m: &Message| serde_json::from_str::<Value>(&payload(Language::En, m)).unwrap();
    let (first, second, last) = (parse(&opened(42)), parse(&updated()), parse(&resolved()));
    for payload in [&first, &second, &last] {
        assert_eq!(payload["groupKey"], "{}:{incident=\"42\"}");
        assert_eq!(payload["groupLabels"], serde_json::json!({"incident": "42"}));
    }
    let of_e1 = |p: &Value| p["alerts"].as_array().unwrap().iter().find(|a| a["labels"]["entrance"] == "E1").cloned();
    let (a, b, c) = (of_e1(&first).unwrap(), of_e1(&second).unwrap(), of_e1(&last).unwrap());
    assert!(a["fingerprint"] == b["fingerprint"] && b["fingerprint"] == c["fingerprint"]);
    assert!(a["labels"] == b["labels"] && b["labels"] == c["labels"]);
    // FNV-1a over alertname, area, entrance, incident, severity, village, reckoned by another program.
    assert_eq!(a["fingerprint"], "15a24c4face15deb");
}

#[test]
fn an_incident_that_was_merged_away_is_over_but_its_alerts_are_not() {
    let gone = Incident { status: IncidentStatus::Merged, merged_into: Some(IncidentId(7)), ..incident(42) };
    let over = Some((T0 + Span::minutes(1), EndReason::Superseded));
    let merged = message(gone, 2, MessageKind::Merged, vec![lost("E1", None), lost("E2", over)]);
    let payload: Value = serde_json::from_str(&payload(Language::En, &merged)).unwrap();
    assert_eq!(payload["status"], "resolved");
    assert_eq!(payload["alerts"].as_array().unwrap().len(), 1, "E1 goes on in incident 7");
}

#[test]
fn a_moved_alert_keeps_the_label_it_was_first_sent_with() {
    let mut moved = Alert::clone(&lost("E1", None));
    moved.incident = IncidentId(7);
    let message = message(incident(7), 4, MessageKind::Updated, vec![Arc::new(moved)]);
    let payload: Value = serde_json::from_str(&payload(Language::En, &message)).unwrap();
    assert_eq!(payload["alerts"][0]["labels"]["incident"], "42");
    assert_eq!(payload["groupLabels"]["incident"], "7");
}

#[test]
fn an_end_says_what_is_still_lost_but_not_what_just_ended() {
    // The snapshot may be older than the message: E1 is still open in it, E2 really is.
    let snapshot = snapshot(&[lost("E1", None), lost("E2", None)], &[]);
    let raw = webhook(Language::En).payload(&snapshot, &resolved());
    let payload: Value = serde_json::from_slice(&raw).unwrap();
    let said = payload["commonAnnotations"]["description"].as_str().unwrap();
    assert!(said.contains("1 entrance is still lost: 甘棠村 西口\n"), "{said}");
}

#[test]
fn times_are_rfc_3339_in_utc() {
    assert_eq!(rfc3339(T0), "2026-11-23T18:10:00Z");
    assert_eq!(rfc3339(T0 + Span::millis(7)), "2026-11-23T18:10:00.007Z");
    for far in [i64::MIN, i64::MAX] {
        assert!(rfc3339(cunkou_core::model::Time(far)).ends_with('Z'));
    }
}
