//! The JSON fields that other programs rely on: golden files, and what names.md asks for at least.

use serde_json::Value;

use super::*;

async fn one(d: &Daemon, path: &str) -> (String, Value) {
    let reply = d.get(path).await;
    let json = reply.json();
    (serde_json::to_string_pretty(&json).unwrap(), json)
}

fn has(json: &Value, fields: &str) {
    for field in fields.split(", ") {
        assert!(json.get(field).is_some(), "{field} is missing");
    }
}

#[tokio::test]
async fn the_fields_of_a_camera_are_stable() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let (text, json) = one(&d, "/api/v1/cameras/C2").await;
    has(&json, "id, name, area, layer, node, status, state, flapping, reasons, since, last_success, lon, lat");
    insta::assert_snapshot!("camera", text);
    let (_, planned) = one(&d, "/api/v1/cameras/C4").await;
    assert_eq!((&planned["status"], &planned["state"]), (&Value::from("planned"), &Value::Null));
}

#[tokio::test]
async fn the_fields_of_an_entrance_are_stable() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let (text, json) = one(&d, "/api/v1/entrances/E2").await;
    has(&json, "id, name, area, village, state, state_day, state_night, required, target, live, unknown, watchers");
    has(&json, "spare_cameras, spare_nodes, outage, since, cause, lon, lat");
    insta::assert_snapshot!("entrance", text);
}

#[tokio::test]
async fn the_fields_of_an_incident_are_stable() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let (text, json) = one(&d, "/api/v1/incidents/7").await;
    has(&json, "id, status, severity, cause, rivals, cameras, entrances_lost, villages, opened_at, acknowledged_at");
    has(&json, "acknowledged_by, resolved_at, pages");
    has(&json["cause"], "kind, id, name");
    insta::assert_snapshot!("incident", text);
}

#[tokio::test]
async fn the_fields_of_the_rest_are_stable() {
    let d = daemon(settings(ReadAccess::Open)).await;
    for (name, path) in [
        ("node", "/api/v1/nodes?q=S1"),
        ("area", "/api/v1/areas?q=H1"),
        ("place", "/api/v1/places"),
        ("gap", "/api/v1/gaps?limit=1"),
        ("critical", "/api/v1/critical?limit=2"),
        ("repair_order", "/api/v1/repair-order"),
        ("seal", "/api/v1/seal"),
        ("isochrone", "/api/v1/isochrone"),
        ("status", "/api/v1/status"),
        ("registry", "/api/v1/registry"),
    ] {
        insta::assert_snapshot!(name, one(&d, path).await.0);
    }
    let question = r#"{"down": ["C1", "S2"], "add": [{"id": "N1", "area": "V2", "night": "ir", "watches": ["E3"]}]}"#;
    insta::assert_snapshot!(
        "what_if",
        serde_json::to_string_pretty(&d.post("/api/v1/whatif", Role::Read, question).await.json()).unwrap()
    );
    let place = d.post("/api/v1/place", Role::Read, r#"{"count": 2}"#).await.json();
    insta::assert_snapshot!("placement", serde_json::to_string_pretty(&place).unwrap());
    let entry = AuditEntry {
        number: 3,
        at: NOW,
        who: "duty".into(),
        kind: "acknowledge".into(),
        object: "7".into(),
        from: "10.0.0.7".into(),
        via: "POST /api/v1/incidents/7/ack".into(),
        old: Some("open".into()),
        new: Some("acknowledged by duty".into()),
    };
    d.past.audit.lock().unwrap().push(entry);
    let trail = d.send(d.request(reqwest::Method::GET, "/api/v1/audit").bearer_auth(token(Role::Admin))).await;
    insta::assert_snapshot!("audit", serde_json::to_string_pretty(&trail.json()).unwrap());
}

/// The command line reads with the types that the daemon writes with.
#[tokio::test]
async fn what_is_written_can_be_read_back() {
    fn same<T: serde::Serialize + serde::de::DeserializeOwned>(json: Value) {
        let read: T = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), json);
    }
    let d = daemon(settings(ReadAccess::Open)).await;
    same::<wire::Page<wire::Camera>>(d.get("/api/v1/cameras").await.json());
    same::<wire::CameraDetail>(d.get("/api/v1/cameras/C2").await.json());
    same::<wire::Page<wire::Entrance>>(d.get("/api/v1/entrances").await.json());
    same::<wire::EntranceDetail>(d.get("/api/v1/entrances/E2").await.json());
    same::<wire::Page<wire::Node>>(d.get("/api/v1/nodes").await.json());
    same::<wire::Page<wire::Area>>(d.get("/api/v1/areas").await.json());
    same::<wire::Page<wire::Place>>(d.get("/api/v1/places").await.json());
    same::<wire::Page<wire::Gap>>(d.get("/api/v1/gaps").await.json());
    same::<wire::Page<wire::Critical>>(d.get("/api/v1/critical").await.json());
    same::<wire::RepairOrder>(d.get("/api/v1/repair-order?from=114.2,30.9&shift=90m").await.json());
    same::<wire::Isochrone>(d.get("/api/v1/isochrone?minutes=5").await.json());
    same::<wire::FeatureCollection>(d.get("/api/v1/isochrone?format=geojson").await.json());
    same::<wire::Seals>(d.get("/api/v1/seal").await.json());
    same::<wire::WhatIf>(d.post("/api/v1/whatif", Role::Read, r#"{"down": ["C1"]}"#).await.json());
    same::<wire::Placement>(d.post("/api/v1/place", Role::Read, r#"{"budget": 4}"#).await.json());
    same::<wire::Page<wire::Incident>>(d.get("/api/v1/incidents").await.json());
    same::<wire::IncidentDetail>(d.get("/api/v1/incidents/7").await.json());
    same::<wire::Status>(d.get("/api/v1/status").await.json());
    same::<wire::Readiness>(d.get("/-/ready").await.json());
    let trail = d.request(reqwest::Method::GET, "/api/v1/audit").bearer_auth(token(Role::Admin));
    same::<wire::Page<wire::AuditItem>>(d.send(trail).await.json());
    same::<wire::RegistryInForce>(d.get("/api/v1/registry").await.json());
    same::<wire::FeatureCollection>(d.get("/api/v1/gaps?format=geojson").await.json());
}
