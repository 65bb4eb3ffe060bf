//! The event stream.

use std::sync::Arc;

use cunkou_core::alert::IncidentStatus;
use cunkou_core::health::State;
use cunkou_core::model::IncidentId;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::*;

/// A reader of the stream: gives one event after the other.
struct Events {
    response: Response,
    buffer: String,
}

#[derive(Debug)]
struct Event {
    name: String,
    id: String,
    data: Value,
}

impl Events {
    async fn open(d: &Daemon, last: Option<&str>) -> Events {
        Events::open_at(d, "/api/v1/events", last).await
    }

    async fn open_at(d: &Daemon, path: &str, last: Option<&str>) -> Events {
        let mut request = d.request(Method::GET, path);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Events { response, buffer: String::new() }
    }

    async fn next(&mut self) -> Event {
        loop {
            if let Some((event, rest)) = self.buffer.split_once("\n\n") {
                let field =
                    |name: &str| event.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_default().to_owned();
                let (name, id, data) = (field("event: "), field("id: "), field("data: "));
                self.buffer = rest.to_owned();
                return Event { name, id, data: serde_json::from_str(&data).unwrap() };
            }
            let chunk = self.response.chunk().await.unwrap().expect("the stream goes on");
            self.buffer.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

fn recovered() -> Snapshot {
    let mut snapshot = town::snapshot();
    let camera = snapshot.cameras.get_mut(1).unwrap();
    (camera.state, camera.cause) = (State::Up, None);
    let over = town::incident(7, IncidentStatus::Resolved);
    snapshot.incidents = Arc::new([(IncidentId(7), over)].into());
    snapshot
}

#[tokio::test]
async fn a_change_is_told_whole_and_alone() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let mut events = Events::open(&d, None).await;
    let mut same = town::snapshot();
    same.cameras.get_mut(0).unwrap().rtt = None;
    d.snapshots.send(Arc::new(same)).unwrap();
    d.snapshots.send(Arc::new(recovered())).unwrap();
    let event = events.next().await;
    assert_eq!(event.name, "change");
    let cameras = event.data["cameras"].as_array().unwrap();
    assert_eq!(cameras.len(), 1, "a round trip is no news: {cameras:?}");
    assert_eq!(
        (&cameras[0]["id"], &cameras[0]["state"], &cameras[0]["cause"]),
        (&json!("C2"), &json!("up"), &Value::Null)
    );
    assert_eq!(event.data["incidents"][0]["status"], "resolved");
    assert_eq!(event.data["entrances"], json!([]));
    let change: wire::Change = serde_json::from_value(event.data).expect("the command line reads it");
    assert_eq!(change.registry_version, 4);
}

#[tokio::test]
async fn a_client_that_comes_back_goes_on_where_it_stopped() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let mut first = Events::open(&d, None).await;
    d.snapshots.send(Arc::new(recovered())).unwrap();
    let seen = first.next().await.id;
    drop(first);
    d.snapshots.send(Arc::new(town::snapshot())).unwrap();
    let mut second = Events::open(&d, Some(&seen)).await;
    let missed = second.next().await;
    assert_eq!((missed.name.as_str(), &missed.data["cameras"][0]["state"]), ("change", &json!("down")));
    let mut foreign = Events::open(&d, Some("1-1")).await;
    let reset = foreign.next().await;
    assert_eq!((reset.name.as_str(), reset.id.as_str()), ("reset", missed.id.as_str()), "it begins anew from here");
}

#[tokio::test]
async fn streams_are_counted() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let mut open = Vec::new();
    for _ in 0..crate::http::state::MAX_STREAMS {
        open.push(Events::open(&d, None).await);
    }
    let reply = d.get("/api/v1/events").await;
    reply.problem(503);
    assert_eq!(reply.header("retry-after"), "5");
}

#[tokio::test]
async fn a_client_that_asks_for_ticks_hears_the_time_of_the_daemon_and_changes_between() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let mut events = Events::open_at(&d, "/api/v1/events?tick=1", None).await;
    let first = events.next().await;
    assert_eq!((first.name.as_str(), first.id.as_str()), ("tick", ""), "at once, and not to be remembered");
    assert_eq!(first.data, json!({ "at": "2026-11-24T03:00:00.000Z", "ready": true }));
    d.snapshots.send(Arc::new(recovered())).unwrap();
    d.alive.turned.store(1, Ordering::Relaxed);
    let (mut changed, mut trouble) = (false, false);
    while !(changed && trouble) {
        let event = events.next().await;
        changed |= event.name == "change";
        trouble |= event.name == "tick" && event.data["ready"] == false;
    }
    for wrong in ["0", "61", "x", "-1", ""] {
        d.get(&format!("/api/v1/events?tick={wrong}")).await.problem(400);
    }
}
