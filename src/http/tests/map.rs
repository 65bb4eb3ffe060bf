//! What a map draws: the town, the states, the roads, and what was.

use reqwest::Method;

use super::*;

#[tokio::test]
async fn the_town_is_sent_once_a_registry() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let first = d.get("/api/v1/map").await;
    let map = first.json();
    assert_eq!(map["registry_version"], 4);
    let ids = |list: &str| map[list].as_array().unwrap().iter().map(|o| o["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids("cameras"), ["C1", "C2", "C3", "C4", "C5", "C6"]);
    assert_eq!(ids("entrances"), ["E1", "E2", "E3", "E4", "E5"]);
    assert_eq!(
        (ids("nodes"), ids("areas").len(), ids("places")),
        (vec!["S1".into(), "S2".into(), "UP".into()], 4, vec!["P1".into()])
    );
    assert_eq!((&map["cameras"][0]["lon"], map["cameras"][5].get("lon")), (&serde_json::json!(114.301), None));
    assert_eq!(map["cameras"][0]["nodes"], serde_json::json!(["S1"]));
    assert!(!first.text.contains(town::HOST) && !first.text.contains(town::CONTACT));

    let again = d.request(Method::GET, "/api/v1/map").header("if-none-match", first.header("etag"));
    assert_eq!(d.send(again).await.status, 304);
    let mut other = town::snapshot();
    let mut registry = (*other.registry).clone();
    registry.cameras.clear();
    (other.registry, other.registry_version) = (Arc::new(registry), 5);
    d.snapshots.send(Arc::new(other)).unwrap();
    let changed = d.send(d.request(Method::GET, "/api/v1/map").header("if-none-match", first.header("etag"))).await;
    assert_eq!((changed.status.as_u16(), changed.json()["registry_version"].clone()), (200, 5.into()));
}

#[tokio::test]
async fn states_stand_in_the_order_of_the_map_and_the_past_is_read_from_history() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let now = d.get("/api/v1/map/states").await.json();
    let words =
        |list: &Value| list.as_array().unwrap().iter().map(|w| w.as_str().map(str::to_owned)).collect::<Vec<_>>();
    let some = |word: &str| Some(word.to_owned());
    assert_eq!(words(&now["cameras"]), [some("up"), some("down"), some("degraded"), None, None, some("suspect")]);
    assert_eq!(words(&now["entrances"]), [some("covered"), some("lost"), some("unwatched"), None, some("reduced")]);
    assert_eq!(
        (words(&now["nodes"]), &now["flapping"]),
        (vec![some("down"), some("unknown"), some("up")], &serde_json::json!(["C6"]))
    );

    let past = d.get("/api/v1/map/states?at=2026-11-23T03:00:00Z").await.json();
    assert_eq!(past["at"], "2026-11-23T03:00:00.000Z");
    assert_eq!(words(&past["cameras"]), [some("down"), None, None, None, None, None]);
    assert_eq!(words(&past["entrances"]), [some("covered"), None, None, None, None], "no data is no state");
    d.get("/api/v1/map/states?at=2020-01-01T00:00:00Z").await.problem(404);
    d.get("/api/v1/map/states?at=2030-01-01T00:00:00Z").await.problem(404);
    d.past.broken.store(true, Ordering::Relaxed);
    d.get("/api/v1/map/states?at=2026-11-23T03:00:00Z").await.problem(503);
}

#[tokio::test]
async fn roads_are_those_of_the_folder_and_faults_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let write = |text: &str| std::fs::write(dir.path().join("roads.geojson"), text).unwrap();
    let line = r#"{"type":"LineString","coordinates":[[114.5,31],[114.6,31]]}"#;
    let road = format!(r#"{{"type":"Feature","properties":{{"id":"R1","name":"<b>村道</b>"}},"geometry":{line}}}"#);
    write(&format!(r#"{{"type":"FeatureCollection","features":[{road}]}}"#));
    let d = daemon(HttpSettings { registry_dir: Some(dir.path().to_owned()), ..settings(ReadAccess::Open) }).await;
    let roads = d.get("/api/v1/roads").await;
    assert_eq!(roads.header("content-type"), "application/geo+json");
    let read = roads.json();
    assert_eq!(
        (&read["features"][0]["properties"]["name"], &read["faults"]),
        (&"<b>村道</b>".into(), &serde_json::json!([]))
    );
    assert_eq!(read["features"][0]["geometry"]["coordinates"][1], serde_json::json!([114.6, 31.0]));
    let again = d.request(Method::GET, "/api/v1/roads").header("if-none-match", roads.header("etag"));
    assert_eq!(d.send(again).await.status, 304);
    write("no roads");
    let broken = d.get("/api/v1/roads").await.json();
    assert_eq!(broken["features"].as_array().unwrap().len(), 1, "those of the last good file");
    assert!(broken["faults"][0].as_str().unwrap().contains("roads.geojson"));
    let none = daemon(settings(ReadAccess::Open)).await.get("/api/v1/roads").await.json();
    assert_eq!(none["features"], serde_json::json!([]));
}

#[tokio::test]
async fn changes_of_one_thing_come_in_pages() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let first = d.get("/api/v1/cameras/C1/history?limit=2").await.json();
    assert_eq!((first["items"].as_array().unwrap().len(), &first["next"]), (2, &"2".into()));
    let turn = &first["items"][0];
    assert_eq!((&turn["from"], &turn["to"], &turn["incident"]), (&"up".into(), &"down".into(), &7.into()));
    assert_eq!((&turn["cause"]["name"], &turn["reasons"]), (&"S1 号交换机".into(), &serde_json::json!(["auth"])));
    let last = d.get("/api/v1/cameras/C1/history?limit=2&cursor=2").await.json();
    assert_eq!((last["items"].as_array().unwrap().len(), &last["next"]), (1, &Value::Null));
    assert_eq!(d.get("/api/v1/entrances/E2/history").await.json()["items"][0]["to"], "lost");
    d.get("/api/v1/cameras/E2/history").await.problem(404);
    d.get("/api/v1/entrances/none/history").await.problem(404);
}

#[tokio::test]
async fn a_timeline_says_the_worst_of_each_part() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let turn = |hours: i64, to| PastTurn { at: NOW - Span::hours(hours), id: EntranceId::new("E1").unwrap(), to };
    *d.past.turns.lock().unwrap() = vec![
        turn(30, Some(EntranceState::Lost)),
        turn(29, Some(EntranceState::Covered)),
        turn(1, Some(EntranceState::Lost)),
    ];
    let week = d.get("/api/v1/timeline").await.json();
    let parts = week["parts"].as_array().unwrap();
    assert_eq!((parts.len(), &week["whole"]), (168, &true.into()));
    let lost: Vec<_> = parts.iter().filter(|p| p["lost_at_most"] == 1).collect();
    // A turn at the border of two hours is of the earlier one.
    assert_eq!(lost.len(), 4, "twice the hour in which it began, and the hour up to which it lasted or goes on");
    assert_eq!(parts.last().unwrap()["entrances"]["lost"], 1);
    let packed = d.request(Method::GET, "/api/v1/timeline").header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip", "a phone asks for it each time the page is opened");
    let known = d
        .request(Method::GET, "/api/v1/timeline")
        .header("if-none-match", d.get("/api/v1/timeline").await.header("etag"));
    assert_eq!(d.send(known).await.status, 304);
    let day = d.get("/api/v1/timeline?since=2026-11-23T03:00:00Z&until=2026-11-24T03:00:00Z&step=720").await.json();
    assert_eq!(day["parts"].as_array().unwrap().len(), 2);
    for bad in ["step=0", "step=1441", "step=x", "since=yesterday"] {
        d.get(&format!("/api/v1/timeline?{bad}")).await.problem(400);
    }
    // Each by itself is what the description allows: there is nothing of it.
    for none in ["since=2026-11-24T03:00:00Z", "since=2026-01-01T00:00:00Z", "step=1"] {
        d.get(&format!("/api/v1/timeline?{none}")).await.problem(404);
    }
}
