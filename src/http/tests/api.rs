//! Every route's happy path, and what it refuses.

use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use cunkou_core::model::{AreaId, IncidentId, Span};
use cunkou_core::registry::{Datum, LonLat};
use reqwest::Method;
use serde_json::{Value, json};

use super::town::{CONTACT, HOST, NOW, snapshot};
use super::*;

fn ids(reply: &Reply) -> Vec<String> {
    reply.json()["items"].as_array().unwrap().iter().map(|i| i["id"].to_string().trim_matches('"').to_owned()).collect()
}

#[tokio::test]
async fn lists_filter_and_page() {
    let d = daemon(settings(ReadAccess::Open)).await;
    for (path, wanted) in [
        ("/api/v1/cameras", "C1 C2 C3 C4 C5 C6"),
        ("/api/v1/cameras?state=down", "C2"),
        ("/api/v1/cameras?state=unknown", ""),
        ("/api/v1/cameras?status=planned", "C4"),
        ("/api/v1/cameras?area=V1", "C1 C2 C3"),
        ("/api/v1/cameras?area=H1&state=up", "C1"),
        ("/api/v1/cameras?q=%E7%90%83%E6%9C%BA", "C3"),
        ("/api/v1/cameras?q=c4", "C4"),
        ("/api/v1/cameras?q=0000132000000%35", "C5"),
        ("/api/v1/entrances", "E1 E2 E3 E4 E5"),
        ("/api/v1/entrances?state=lost", "E2"),
        ("/api/v1/entrances?area=V2", "E3 E4"),
        ("/api/v1/nodes?state=down", "S1"),
        ("/api/v1/nodes?q=up", "UP"),
        ("/api/v1/areas", "H1 T V1 V2"),
        ("/api/v1/areas?area=V1", "H1 V1"),
        ("/api/v1/places?area=T", "P1"),
        ("/api/v1/places?area=V2", ""),
        ("/api/v1/gaps", "E2 E5 E3"),
        ("/api/v1/gaps?state=unwatched&period=night", "E3"),
        ("/api/v1/gaps?area=V1", "E2 E5"),
        ("/api/v1/incidents", "7 6"),
        ("/api/v1/incidents?status=open", "7"),
        ("/api/v1/incidents?status=acknowledged", ""),
        ("/api/v1/incidents?area=V2", ""),
        ("/api/v1/incidents?area=T&q=%E5%8D%97%E5%8F%A3", "7 6"),
    ] {
        let reply = d.get(path).await;
        assert_eq!((reply.status.as_u16(), ids(&reply).join(" ").as_str()), (200, wanted), "{path}");
        assert_eq!(reply.json()["next"], Value::Null, "{path}");
    }
}

/// An incident is found by the seals that it broke, by id, by name and by where they are.
#[tokio::test]
async fn incidents_are_found_by_the_seals_that_they_broke() {
    let mut town = snapshot();
    let broken = Arc::make_mut(Arc::make_mut(&mut town.incidents).get_mut(&IncidentId(7)).unwrap());
    broken.seals_broken = vec![AreaId::new("V2").unwrap()];
    let d = daemon_with(settings(ReadAccess::Open), town).await;
    for (query, wanted) in [("q=v2", "7"), ("area=V2", "7"), ("q=T&area=V2", "7"), ("q=nothing", "")] {
        let reply = d.get(&format!("/api/v1/incidents?{query}")).await;
        assert_eq!((reply.status.as_u16(), ids(&reply).join(" ").as_str()), (200, wanted), "{query}");
    }
    let page = d.get("/").await.text;
    assert!(page.contains("封控失效") && page.contains("(V2)"), "{page}");
}

#[tokio::test]
async fn pages_follow_each_other_without_hole_or_double() {
    let d = daemon(settings(ReadAccess::Open)).await;
    for (list, all) in [("cameras", 6), ("entrances", 5), ("nodes", 3), ("areas", 4), ("gaps", 3), ("incidents", 2)] {
        let mut seen = Vec::new();
        let mut path = format!("/api/v1/{list}?limit=1");
        loop {
            let reply = d.get(&path).await;
            seen.extend(ids(&reply));
            assert!(seen.len() <= all, "{list}: {seen:?}");
            let body = reply.json();
            let Some(next) = body["next"].as_str() else { break };
            path = format!("/api/v1/{list}?limit=1&cursor={next}");
        }
        assert_eq!(seen, ids(&d.get(&format!("/api/v1/{list}")).await), "{list}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_parameter_is_named() {
    let d = daemon(settings(ReadAccess::Open)).await;
    for (path, parameter, allowed) in [
        ("/api/v1/cameras?state=upp", "state", "unknown, up, suspect, degraded, down"),
        ("/api/v1/cameras?limit=0", "limit", "1 to 1000"),
        ("/api/v1/cameras?stat=up", "stat", "cursor, limit, q, state, status, area, format"),
        ("/api/v1/cameras?area=nowhere", "area", "the id of an area, see /api/v1/areas"),
        ("/api/v1/cameras/C1?x=1", "x", "no parameter"),
        ("/api/v1/entrances?state=down", "state", "planned, unwatched, covered, reduced, unknown, lost"),
        ("/api/v1/gaps?at=yesterday", "at", "a time of RFC 3339 such as 2026-11-24T03:00:00Z"),
        ("/api/v1/gaps?at=2026-11-24T03:00:01Z", "at", "a moment of the past"),
        ("/api/v1/gaps?period=dusk", "period", "day, night, now"),
        ("/api/v1/incidents?status=opening", "status", "open, acknowledged, resolved"),
        ("/api/v1/incidents?cursor=x", "cursor", "a whole number from 0 to 9223372036854775807"),
        ("/api/v1/nodes?format=xml", "format", "json, geojson, geojson-gcj02"),
    ] {
        let missing = ["nowhere", "T03:00:01Z"].iter().any(|end| path.ends_with(end));
        let problem = d.get(path).await.problem(if missing { 404 } else { 400 });
        assert_eq!(
            (problem.parameter.as_deref(), problem.allowed.as_deref()),
            (Some(parameter), Some(allowed)),
            "{path}"
        );
    }
}

#[tokio::test]
async fn unknown_ids_paths_and_methods_are_told_as_problems() {
    let d = daemon(settings(ReadAccess::Open)).await;
    for path in [
        "/api/v1/cameras/C99",
        "/api/v1/entrances/E99",
        "/api/v1/incidents/99",
        "/api/v1/incidents/x",
        "/api/v1/incidents/99999999999999999999",
        "/api/v1/isochrones",
        "/api/v2/cameras",
        "/nowhere",
        "/static/secrets.toml",
    ] {
        d.get(path).await.problem(404);
    }
    let reply = d.send(d.request(Method::DELETE, "/api/v1/cameras")).await;
    reply.problem(405);
    assert_eq!(reply.header("allow"), "GET,HEAD");
    let reply = d.send(d.request(Method::PUT, "/api/v1/registry")).await;
    reply.problem(405);
    let mut allow: Vec<_> = reply.header("allow").split(',').collect();
    allow.sort_unstable();
    assert_eq!(allow, ["GET", "HEAD", "POST"]);
    d.get("/api/v1/cameras/%ff").await.problem(400);
}

#[tokio::test]
async fn single_objects_open_down_to_the_evidence() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let camera = d.get("/api/v1/cameras/C2").await.json();
    assert_eq!(camera["cause"], json!({"kind": "node", "id": "S1", "name": "S1 号交换机"}));
    assert_eq!(camera["evidence"][0]["result"], "pass");
    assert_eq!(camera["evidence"][0]["phases"], json!([{"phase": "connect", "micros": 950}]));
    let entrance = d.get("/api/v1/entrances/E2").await.json();
    assert_eq!((&entrance["watchers"], &entrance["watch"][1]["status"]), (&json!(["C2"]), &json!("planned")));
    let incident = d.get("/api/v1/incidents/7").await.json();
    assert_eq!(incident["alerts"][0]["alert"], "EntranceLost");
    assert_eq!(
        (&incident["steps"][0]["why"], &incident["deliveries"][0]["sink"]),
        (&json!("first_word"), &json!("desk"))
    );
    let status = d.get("/api/v1/status").await.json();
    assert_eq!((&status["entrances"]["lost"], &status["cameras"]["down"]), (&json!(1), &json!(1)));
    assert_eq!((&status["incidents"]["open"], &status["first_round"]["done"]), (&json!(1), &json!(3)));
    assert_eq!(status["coverage"][0]["ratio"], 0.25);
    let areas = d.get("/api/v1/areas?q=T").await.json();
    assert_eq!(
        (&areas["items"][0]["entrances"]["lost"], &areas["items"][0]["cameras"]["installed"]),
        (&json!(1), &json!(4))
    );
}

#[tokio::test]
async fn what_is_personal_or_secret_is_in_no_read() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let paths =
        ["cameras", "cameras/C1", "entrances", "nodes", "areas", "places", "gaps", "incidents", "status", "registry"];
    for path in paths
        .iter()
        .map(|p| format!("/api/v1/{p}"))
        .chain(["/metrics", "/", "/wall", "/sheet/incident/7"].map(Into::into))
    {
        let reply = d.get(&path).await;
        assert_eq!(reply.status, 200, "{path}");
        for secret in [CONTACT, HOST, "cams", "rtsp://"] {
            assert!(!reply.text.contains(secret), "{path} shows {secret}");
        }
    }
}

#[tokio::test]
async fn geojson_by_header_or_parameter() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let by_parameter = d.get("/api/v1/cameras?format=geojson").await;
    let request = d.request(Method::GET, "/api/v1/cameras").header("accept", "application/geo+json, */*;q=0.1");
    let by_header = d.send(request).await;
    assert_eq!(by_parameter.text, by_header.text);
    assert_eq!(by_header.header("content-type"), "application/geo+json");
    let body = by_header.json();
    assert_eq!(body["type"], "FeatureCollection");
    assert_eq!(body["features"].as_array().unwrap().len(), 5, "C6 has no position and is left out");
    assert_eq!(body["features"][0]["geometry"], json!({"type": "Point", "coordinates": [114.301, 30.8]}));
    assert_eq!(body["features"][0]["properties"]["id"], "C1");
    assert_eq!(body["features"][0]["properties"].get("lon"), None);
    let collection: geojson::FeatureCollection = by_header.text.parse().expect("another reader takes it");
    assert_eq!(collection.features.len(), 5);
    let moved = d.get("/api/v1/cameras?format=geojson-gcj02").await;
    assert_eq!((moved.header("content-type"), &moved.json()["datum"]), ("application/geo+json", &json!("gcj02")));
    let shown = Datum::Gcj02.of_wgs84(LonLat { lon: 114.301, lat: 30.8 }).unwrap();
    let lon = moved.json()["features"][0]["geometry"]["coordinates"][0].as_f64().unwrap();
    assert!((lon - shown.lon).abs() < 1e-8 && (lon - 114.301).abs() > 0.005, "{lon}");
    assert_eq!(moved.json()["features"][0]["properties"], body["features"][0]["properties"]);
}

#[tokio::test]
async fn metrics_are_plain_or_compressed() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let plain = d.get("/metrics").await;
    assert_eq!(plain.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    for line in ["cunkou_entrances{state=\"lost\",period=\"now\"} 1\n", "cunkou_registry_last_reload_successful 1\n"] {
        assert!(plain.text.contains(line), "{line}");
    }
    let request = d.request(Method::GET, "/metrics").header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(request.headers()["content-encoding"], "gzip");
    let bytes = request.bytes().await.unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
    assert!(bytes.len() < text.len() / 4 && text.contains("cunkou_camera_up{camera=\"C1\""));
    d.alive.reload_failed.store(1, Ordering::Relaxed);
    assert!(d.get("/metrics").await.text.contains("cunkou_registry_last_reload_successful 0\n"));
}

#[tokio::test]
async fn health_and_readiness_say_why_not() {
    let d = daemon(settings(ReadAccess::Open)).await;
    assert_eq!(d.get("/-/healthy").await.text, "ok\n");
    let ready = d.get("/-/ready").await;
    assert_eq!((ready.status.as_u16(), &ready.json()["ready"]), (200, &json!(true)));
    assert_eq!(ready.json()["first_round"], json!({"done": 3, "of": 4}), "named, not waited for");

    d.alive.store_is_away(NOW - Span::seconds(1), "the disk is full");
    let ready = d.get("/-/ready").await;
    assert_eq!((ready.status.as_u16(), &ready.json()["ready"]), (503, &json!(false)));
    assert!(ready.json()["reasons"][0].as_str().unwrap().contains("the store does not write: the disk is full"));
    assert_eq!(d.get("/-/healthy").await.status, 200, "a full disk is no reason to kill the daemon");

    assert!(d.alive.store_is_back() && !d.alive.store_is_back());
    d.alive.reload_failed.store(1, Ordering::Relaxed);
    let ready = d.get("/-/ready").await;
    assert_eq!(ready.status, 200, "the last good registry is in force");
    assert!(ready.json()["reasons"][0].as_str().unwrap().contains("reload was refused"));

    d.alive.turned.store((NOW - Span::seconds(31)).millis(), Ordering::Relaxed);
    d.get("/-/healthy").await.problem(503);
    assert_eq!(d.get("/-/ready").await.status, 503);
    d.alive.turned.store(NOW.millis(), Ordering::Relaxed);
    d.alive.stored.store((NOW - Span::seconds(61)).millis(), Ordering::Relaxed);
    assert!(d.get("/-/ready").await.text.contains("has not written for 1m"));
    d.alive.stored.store(NOW.millis(), Ordering::Relaxed);
    let mut empty = town::snapshot();
    empty.registry_version = 0;
    d.snapshots.send(Arc::new(empty)).unwrap();
    assert!(d.get("/-/ready").await.text.contains("no registry is in force"));
}

#[tokio::test]
async fn an_incident_is_taken_under_the_name_of_the_token() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let body = r#"{"note": "带梯子去", "until": "2026-11-24T05:00:00+02:00"}"#;
    let refused = d.post("/api/v1/incidents/7/ack", Role::Operate, body).await.problem(409);
    assert_eq!(refused.parameter.as_deref(), Some("until"), "that is now, not later");
    let body = r#"{"note": "带梯子去", "until": "2026-11-24T06:00:00+02:00"}"#;
    let taken = d.post("/api/v1/incidents/7/ack", Role::Operate, body).await;
    let json = taken.json();
    assert_eq!((taken.status.as_u16(), &json["status"]), (200, &json!("acknowledged")));
    assert_eq!((&json["acknowledged_by"], &json["acknowledged_note"]), (&json!("operate-name"), &json!("带梯子去")));
    assert_eq!(json["acknowledged_until"], "2026-11-24T04:00:00.000Z");
    assert_eq!(d.post("/api/v1/incidents/7/ack", Role::Admin, "").await.status, 200, "a body may be left out");
    assert_eq!(d.asked()[1], "ack 7 admin-name \"\"");

    d.post("/api/v1/incidents/6/ack", Role::Operate, "").await.problem(409);
    d.post("/api/v1/incidents/99/ack", Role::Operate, "").await.problem(404);
    for bad in ["{", "[]", r#"{"nota": "x"}"#, r#"{"note": 1}"#, &format!(r#"{{"note": "{}"}}"#, "长".repeat(501))] {
        d.post("/api/v1/incidents/7/ack", Role::Operate, bad).await.problem(400);
    }
    d.post("/api/v1/incidents/7/ack", Role::Operate, &" ".repeat(65 << 10)).await.problem(413);
}

/// prometheus/alertmanager#2805: whose silence it is and when it ends can be seen, and it can be lifted.
#[tokio::test]
async fn an_incident_is_silenced_with_an_end_and_that_can_be_lifted() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let path = "/api/v1/incidents/7/silence";
    let body = r#"{"until": "2026-11-24T06:00:00+02:00", "note": "换光猫"}"#;
    let silenced = d.post(path, Role::Operate, body).await;
    let json = silenced.json();
    assert_eq!((silenced.status.as_u16(), &json["status"]), (200, &json!("open")), "it stays open");
    assert_eq!((&json["silenced_by"], &json["silenced_note"]), (&json!("operate-name"), &json!("换光猫")));
    assert_eq!(json["silenced_until"], "2026-11-24T04:00:00.000Z");
    let lifted = d.send(d.request(Method::DELETE, path).bearer_auth(token(Role::Operate))).await;
    assert_eq!((lifted.status.as_u16(), &lifted.json()["silenced_until"]), (200, &json!(null)));
    assert_eq!(d.asked(), ["silence 7 operate-name for 1h", "silence 7 operate-name lifted"]);

    let past = d.post(path, Role::Operate, r#"{"until": "2026-11-24T03:00:00Z"}"#).await.problem(409);
    assert_eq!(past.parameter.as_deref(), Some("until"));
    d.post("/api/v1/incidents/6/silence", Role::Operate, body).await.problem(409);
    d.post("/api/v1/incidents/99/silence", Role::Operate, body).await.problem(404);
    for bad in ["", "null", "{}", "[]", r#"{"until": 1}"#, r#"{"until": "soon"}"#, r#"{"until": null}"#] {
        d.post(path, Role::Operate, bad).await.problem(400);
    }
    d.post(path, Role::Read, body).await.problem(403);
    let read = d.request(Method::DELETE, path).bearer_auth(token(Role::Read));
    d.send(read).await.problem(403);
    d.send(d.request(Method::DELETE, path)).await.problem(401);
}

#[tokio::test]
async fn maintenance_is_announced_listed_and_ended() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let path = "/api/v1/maintenance";
    let once = r#"{"object": "S1", "to": "2026-11-24T06:00:00Z", "note": "换光模块"}"#;
    let made = d.post(path, Role::Operate, once).await.json();
    assert_eq!((&made["kind"], &made["object"], &made["name"]), (&json!("node"), &json!("S1"), &json!("S1 号交换机")));
    assert_eq!((&made["from"], &made["to"]), (&json!("2026-11-24T03:00:00.000Z"), &json!("2026-11-24T06:00:00.000Z")));
    assert_eq!(
        (&made["by"], &made["note"], &made["ended_at"]),
        (&json!("operate-name"), &json!("换光模块"), &json!(null))
    );
    let weekly = d.post(path, Role::Operate, r#"{"object": "V1", "weekly": "sun,sat 01:00-05:00"}"#).await.json();
    assert_eq!((&weekly["weekly"], &weekly["to"]), (&json!("sat,sun 01:00-05:00"), &json!(null)));

    d.past.maintenance.lock().unwrap().push(town::maintenance());
    let listed = d.get(path).await.json();
    assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["kind"]), (&json!(7), &json!("node")));
    let end = |id: &str| d.send(d.request(Method::DELETE, &format!("{path}/{id}")).bearer_auth(token(Role::Operate)));
    assert_eq!(end("7").await.json()["ended_at"], "2026-11-24T03:00:00.000Z");
    end("99").await.problem(404);
    end("x").await.problem(404);
    let row = &listed["items"][1];
    assert_eq!(
        (&row["id"], &row["row"], &row["from"], &row["made_at"]),
        (&json!(null), &json!("W-1"), &json!(null), &json!(null))
    );
    assert_eq!((&row["kind"], &row["object"], &row["by"]), (&json!("area"), &json!("V1"), &json!("王工")));
    assert_eq!((&row["weekly"], &listed["items"][0]["row"]), (&json!("sat,sun 01:00-05:00"), &json!(null)));
    assert!(end("W-1").await.problem(409).detail.contains("maintenance.csv"), "it is ended in its file");

    let no_object =
        d.post(path, Role::Operate, r#"{"object": "NONE", "to": "2026-11-24T06:00:00Z"}"#).await.problem(404);
    assert_eq!(no_object.parameter.as_deref(), Some("object"));
    for late in [r#"{"object": "S1", "to": "2026-11-24T03:00:00Z"}"#, r#"{"object": "S1"}"#] {
        assert_eq!(d.post(path, Role::Operate, late).await.problem(409).parameter.as_deref(), Some("to"));
    }
    for bad in ["", "null", "{}", r#"{"object": "S1", "weekly": "sometimes"}"#, r#"{"object": "S1", "to": "soon"}"#] {
        d.post(path, Role::Operate, bad).await.problem(400);
    }
    d.post(path, Role::Read, once).await.problem(403);
    d.past.broken.store(true, Ordering::Relaxed);
    d.get(path).await.problem(503);
}

#[tokio::test]
async fn a_registry_is_shown_tried_and_put_in_force() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let shown = d.get("/api/v1/registry").await.json();
    assert_eq!((&shown["version"], &shown["objects"]["camera"]), (&json!(4), &json!(6)));
    assert_eq!(shown["last_reload_success"], "2026-11-24T03:00:00.000Z");

    let files = |text: &str| json!({"files": {"cameras.csv": text}}).to_string();
    let tried = d.post("/api/v1/registry?dry_run", Role::Admin, &files("good")).await.json();
    assert_eq!((&tried["dry_run"], &tried["changed"]), (&json!(true), &json!(1)));
    d.post("/api/v1/registry?dry_run=false&yes=true", Role::Admin, &files("empty")).await;
    d.post("/-/reload", Role::Admin, "").await;
    assert_eq!(
        d.asked(),
        [
            "reload cameras.csv=good by admin-name dry_run=true yes=false",
            "reload cameras.csv=empty by admin-name dry_run=false yes=true",
            "reload folder by admin-name dry_run=false yes=false",
        ]
    );
    d.post("/api/v1/registry", Role::Admin, &files("empty")).await.problem(409);
    d.post("/api/v1/registry", Role::Admin, &files("stuck")).await.problem(503);
    let faults = d.post("/api/v1/registry", Role::Admin, &files("faulty")).await.problem(422).faults.unwrap();
    assert_eq!((faults.len(), faults[1_000].as_str()), (1_001, "and 500 more"));
    for bad in ["{}", "[{}]", r#"{"files": {}}"#, r#"{"files": {"../x": ""}}"#, r#"{"files": 1}"#] {
        d.post("/api/v1/registry", Role::Admin, bad).await.problem(400);
    }
    d.post("/api/v1/registry?yes=no", Role::Admin, &files("good")).await.problem(400);
    let plain = d.request(Method::POST, "/api/v1/registry").bearer_auth(token(Role::Admin)).body("x");
    d.send(plain).await.problem(415);
}

#[tokio::test]
async fn files_in_another_encoding_travel_byte_for_byte() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let form = |name: &str| {
        let head = format!("--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"{name}\"\r\n\r\n");
        [head.as_bytes(), &[0xb4, 0xe5], b"\r\n--B--\r\n"].concat()
    };
    let send = |body: Vec<u8>| {
        let request = d.request(Method::POST, "/api/v1/registry").bearer_auth(token(Role::Admin));
        d.send(request.header("content-type", "multipart/form-data; boundary=B").body(body))
    };
    assert_eq!(send(form("cameras.csv")).await.status, 200);
    assert!(d.asked()[0].starts_with("reload cameras.csv=\u{fffd}"), "{:?}", d.asked());
    send(form("../cameras.csv")).await.problem(400);
    send(b"--B\r\nnonsense".to_vec()).await.problem(400);
    let long = " ".repeat((64 << 20) + 1);
    d.post("/api/v1/registry", Role::Admin, &long).await.problem(413);
}
