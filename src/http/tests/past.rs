//! What is asked of the past.

use std::sync::atomic::Ordering;

use cunkou_core::alert::IncidentStatus;
use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn gaps_at_a_past_moment_come_from_history() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let gaps = d.get("/api/v1/gaps?at=2026-11-20T00:00:00Z&period=night").await.json();
    let items = gaps["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "E1 is covered today, and was lost then");
    assert_eq!((&items[0]["name"], &items[0]["since"]), (&json!("上湾北口"), &json!("2026-11-19T23:00:00.000Z")));
    assert_eq!((&items[1]["id"], &items[1]["name"], &items[1]["incident"]), (&json!("GONE"), &json!(""), &json!(3)));
    assert_eq!(d.get("/api/v1/gaps?at=2026-11-20T00:00:00Z").await.json()["items"], json!([]));
    let unknown = d.get("/api/v1/gaps?at=2026-01-20T00:00:00Z").await.problem(404);
    assert_eq!(unknown.parameter.as_deref(), Some("at"), "no data is not \"no gaps\"");
}

#[tokio::test]
async fn incidents_older_than_the_snapshot_are_found() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let old = |id| (*town::incident(id, IncidentStatus::Resolved)).clone();
    // 6 and 7 are in the snapshot too, as the store has them: the snapshot is fresher.
    *d.past.incidents.lock().unwrap() = (1..=7).map(old).collect();
    let ids = |body: Value| -> Vec<u64> {
        body["items"].as_array().unwrap().iter().map(|i| i["id"].as_u64().unwrap()).collect()
    };
    assert_eq!(ids(d.get("/api/v1/incidents").await.json()), [7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(ids(d.get("/api/v1/incidents?status=open").await.json()), [7]);
    let page = d.get("/api/v1/incidents?status=resolved&limit=2").await.json();
    assert_eq!((ids(page.clone()), &page["next"]), (vec![6, 5], &json!("5")));
    assert_eq!(ids(d.get("/api/v1/incidents?status=resolved&cursor=5").await.json()), [4, 3, 2, 1]);
    assert_eq!(d.get("/api/v1/incidents/3").await.json()["status"], "resolved");
}

#[tokio::test]
async fn a_long_history_is_read_in_batches_without_hole_or_double() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let old = |id| (*town::incident(id, IncidentStatus::Resolved)).clone();
    *d.past.incidents.lock().unwrap() = (1..=1_203).map(old).collect();
    let mut seen = Vec::new();
    let mut path = String::from("/api/v1/incidents?limit=1000");
    loop {
        let body = d.get(&path).await.json();
        seen.extend(body["items"].as_array().unwrap().iter().map(|i| i["id"].as_u64().unwrap()));
        let Some(next) = body["next"].as_str() else { break };
        path = format!("/api/v1/incidents?limit=1000&cursor={next}");
    }
    assert_eq!(seen, (1..=1_203).rev().collect::<Vec<u64>>());
}

#[tokio::test]
async fn an_incident_that_is_not_told_yet_is_not_shown() {
    let mut snapshot = town::snapshot();
    let opening = town::incident(8, IncidentStatus::Opening);
    snapshot.incidents = std::sync::Arc::new([(opening.id, opening)].into());
    let d = daemon_with(settings(ReadAccess::Open), snapshot).await;
    assert_eq!(d.get("/api/v1/incidents").await.json()["items"], json!([]));
    d.get("/api/v1/incidents/8").await.problem(404);
    assert!(d.get("/").await.text.contains("没有未结事件"));
}

#[tokio::test]
async fn a_history_that_cannot_be_read_is_said_so() {
    let d = daemon(settings(ReadAccess::Open)).await;
    d.past.broken.store(true, Ordering::Relaxed);
    for path in ["/api/v1/gaps?at=2026-11-20T00:00:00Z", "/api/v1/incidents", "/api/v1/incidents/1"] {
        let problem = d.get(path).await.problem(503);
        assert!(!problem.detail.contains("disk away"), "what the store said is for the log");
    }
    assert_eq!(d.get("/api/v1/gaps").await.status, 200, "the present does not need it");
    assert_eq!(d.get("/api/v1/incidents?status=open").await.status, 200);
}
