//! What is supposed, over the wire: everything that is wrong with a question is told at once, under the right status.

use serde_json::json;

use super::*;

const PATH: &str = "/api/v1/whatif";

#[tokio::test]
async fn what_would_be_is_told_and_nothing_is_kept() {
    let d = daemon(settings(ReadAccess::Token)).await;
    let ask = |body: &str| d.request(Method::POST, PATH).bearer_auth(token(Role::Read)).body(body.to_owned());
    let down = d.send(ask(r#"{"down": ["UP"]}"#)).await.json();
    let ids: Vec<_> = down["items"].as_array().unwrap().iter().map(|i| i["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["E1", "E5"], "E2 is lost already");
    assert_eq!((&down["items"][0]["before"], &down["items"][0]["after"]), (&"covered".into(), &"lost".into()));
    assert_eq!(down["items"][0]["changed_by"], json!(["UP"]));
    let (nodes, cut) =
        (json!([{"id": "UP", "kind": "uplink", "name": "UP 号交换机", "cameras": 2}]), &down["cameras_cut"]);
    assert_eq!((&down["nodes"], cut), (&nodes, &2.into()));
    let up = d.send(ask(r#"{"up": ["S1"]}"#)).await.json();
    assert_eq!((&up["items"][0]["id"], &up["items"][0]["change"]), (&"E2".into(), &"better".into()));
    assert_eq!((&up["cameras_back"], &up["totals"]["after"]["lost"]), (&1.into(), &0.into()));
    let neither = d.send(ask(r#"{"down": ["S1", "C1"], "up": ["C1", "S1"]}"#)).await.json();
    assert_eq!((&neither["items"], &neither["totals"]["before"]), (&json!([]), &neither["totals"]["after"]));
    assert!(d.asked().is_empty(), "a read: {:?}", d.asked());
    d.send(d.request(Method::POST, PATH).body("{}")).await.problem(401);
}

#[tokio::test]
async fn entrances_that_change_are_drawn_on_a_map() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let drawn = d.post("/api/v1/whatif?format=geojson&period=night", Role::Read, r#"{"down": ["C1"]}"#).await;
    assert_eq!(drawn.header("content-type"), "application/geo+json");
    let feature = &drawn.json()["features"][0];
    assert_eq!((&feature["id"], &feature["properties"]["change"]), (&"E1".into(), &"worse".into()));
}

/// One road into the hamlet H1, past E5, E3, E2 and E1, of which E1 and E5 have a live camera each.
#[tokio::test]
async fn seals_that_change_are_told_and_drawn_by_the_roads_of_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let d = daemon(HttpSettings { registry_dir: Some(dir.path().to_owned()), ..settings(ReadAccess::Open) }).await;
    let none = d.post(PATH, Role::Read, r#"{"down": ["UP"]}"#).await.json()["seals"].clone();
    assert_eq!((&none["items"], &none["roads"]["roads"]), (&json!([]), &0.into()));
    let unknown = json!({"sealed": 0, "leaking": 0, "unknown": 1});
    assert_eq!(none["totals"], json!([{"scope": "local", "before": unknown, "after": unknown}]));

    let line = json!({"type": "LineString", "coordinates": [[114.3, 30.8], [114.3, 30.82]]});
    let road = json!({"type": "Feature", "properties": {"id": "R1"}, "geometry": line});
    let roads = json!({"type": "FeatureCollection", "features": [road]}).to_string();
    std::fs::write(dir.path().join("roads.geojson"), roads).unwrap();
    let cut = d.post(PATH, Role::Read, r#"{"down": ["UP"]}"#).await.json()["seals"].clone();
    let seal = &cut["items"][0];
    assert_eq!((&seal["change"], &seal["changed_by"]), (&"worse".into(), &json!(["UP"])), "{cut:#}");
    assert_eq!((&seal["before"]["verdict"], &seal["before"]["thickness_lower"]), (&"sealed".into(), &2.into()));
    assert_eq!((&seal["after"]["verdict"], &seal["after"]["thickness_lower"]), (&"leaking".into(), &0.into()));
    let route = &seal["after"]["route"];
    assert_eq!((&route["entrances"], &route["unwatched"]), (&json!(["E5", "E3", "E2", "E1"]), &json!(["E3"])));
    let dead = seal["after"]["route"]["dead_cameras"].as_array().unwrap();
    let fallen = seal["fallen"].as_array().unwrap();
    assert_eq!((dead.len(), fallen.len()), (3, 2), "that of E2 is down already: {seal:#}");
    assert!(fallen.iter().all(|id| dead.contains(id)) && !fallen.contains(&"C2".into()), "{seal:#}");
    assert_eq!(cut["totals"][0]["after"], json!({"sealed": 0, "leaking": 1, "unknown": 0}));
    // Another camera at E1 alone makes it thicker: all cameras of the road must fail.
    let added = r#"{"add": [{"id": "N1", "area": "V2", "night": "ir", "watches": ["E1"]}]}"#;
    let thicker = d.post(PATH, Role::Read, added).await.json()["seals"]["items"][0].clone();
    assert_eq!((&thicker["change"], &thicker["after"]["thickness_lower"]), (&"better".into(), &3.into()));
    let whole = r#"{"down": ["UP"], "add": [{"id": "N1", "area": "V2", "night": "ir", "watches": ["E1"]}]}"#;
    let held = d.post(PATH, Role::Read, whole).await.json()["seals"]["items"][0].clone();
    assert_eq!((&held["after"]["verdict"], &held["after"]["thickness_lower"]), (&"sealed".into(), &1.into()));
    let drawn = d.post("/api/v1/whatif?format=geojson", Role::Read, r#"{"down": ["UP"]}"#).await.json();
    let ways = drawn["features"].as_array().unwrap().iter().filter(|f| f["properties"]["kind"] == "route");
    let ways: Vec<_> = ways.map(|f| ["when", "fallen"].map(|key| f["properties"][key].clone())).collect();
    assert_eq!(ways, [["after".into(), seal["fallen"].clone()]]);
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once_and_the_worst_first() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let many = json!({"down": vec!["C1"; 201]}).to_string();
    for (body, status, faults) in [
        (r#"{"down": ["X1", "E1"], "up": ["X2"], "move": [{"camera": "X3", "lon": 114, "lat": 30}]}"#, 404, 4),
        (r#"{"add": [{"id": "N1", "area": "V9", "node": ["S9"], "watches": ["E9"]}]}"#, 404, 3),
        (r#"{"add": [{"id": "C1", "area": "V1"}, {"id": "N1", "area": "V1"}, {"id": "N1", "area": "V1"}]}"#, 409, 2),
        (r#"{"move": [{"camera": "C1", "lon": 0, "lat": 0}, {"camera": "C2", "lon": 30.8, "lat": 80}]}"#, 409, 2),
        (r#"{"move": [{"camera": "C1", "lon": 114, "lat": 30}, {"camera": "C1", "lon": 114, "lat": 31}]}"#, 409, 1),
        (r#"{"add": [{"id": "N1", "area": "V1", "lon": 114.3, "duty": "08:00-08:00"}]}"#, 409, 2),
        (r#"{"down": ["X1"], "add": [{"id": "C1", "area": "V1"}]}"#, 404, 2),
        (r#"{"down": ["a b", ""], "add": [{"id": "村", "area": "V1"}]}"#, 400, 3),
        (r#"{"add": [{"id": "N1", "area": "V1", "azimuth": 361, "kind": "dome", "width_px": 1.5}]}"#, 400, 3),
        (r#"{"add": [{"id": "N1", "area": "V1", "kind": "", "night": " ir", "duty": "8:00-18:00"}]}"#, 400, 3),
        (r#"{"move": [{"camera": "C1", "lon": 181, "lat": 30, "azimuth": -1}]}"#, 400, 2),
        (many.as_str(), 400, 1),
    ] {
        let problem = d.post(PATH, Role::Read, body).await.problem(status);
        let told = problem.faults.unwrap_or_default();
        assert_eq!(told.len(), faults, "{body}: {told:#?}");
    }
    for body in ["", "null", "[]", r#"{"downs": []}"#, r#"{"down": "C1"}"#, r#"{"add": [{"id": "N1"}]}"#] {
        d.post(PATH, Role::Read, body).await.problem(400);
    }
    let long = format!(r#"{{"add": [{{"id": "N1", "area": "V1", "name": "{}"}}]}}"#, "村".repeat(400_000));
    d.post(PATH, Role::Read, &long).await.problem(413);
}

#[tokio::test]
async fn what_may_be_left_out_may_be_null_and_what_is_added_may_be_supposed_down() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let nothing =
        r#"{"down": [], "up": [], "add": [], "move": [{"camera": "C1", "lon": 114.4, "lat": 30.9, "azimuth": null}]}"#;
    let moved = d.post(PATH, Role::Read, nothing).await.json();
    assert_eq!(moved["items"][0]["id"], "E1", "what was declared of it is not seen from there");
    let added = r#"{"add": [{"id": "N1", "name": " ", "area": "V2", "lon": null, "width_px": 1920.0, "night": "ir", "watches": ["E3"]}]}"#;
    assert_eq!(d.post(PATH, Role::Read, added).await.json()["items"][0]["after"], "covered");
    let dead = r#"{"add": [{"id": "N1", "area": "V2", "night": "ir", "watches": ["E3"]}], "down": ["N1"]}"#;
    let dead = d.post(PATH, Role::Read, dead).await.json();
    assert_eq!((&dead["items"][0]["after"], &dead["items"][0]["changed_by"]), (&"lost".into(), &json!(["N1"])));
    let odd = r#"{"add": [{"id": "N1", "area": "V2", "lon": 114.9, "lat": 30.8, "watches": ["E1"]}]}"#;
    let odd = d.post(PATH, Role::Read, odd).await.json();
    assert!(odd["warnings"].to_string().contains("cannot see it"), "{odd:#}");
}
