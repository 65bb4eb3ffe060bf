//! Times by road over the wire: by the roads of the registry folder, read again when they change.

use serde_json::json;

use super::*;

#[tokio::test]
async fn times_follow_the_roads_of_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let line = json!({"type": "LineString", "coordinates": [[114.31, 30.81], [114.3, 30.81], [114.3, 30.8]]});
    let road = json!({"type": "Feature", "properties": {"id": "R1", "highway": "tertiary"}, "geometry": line});
    let d = daemon(HttpSettings { registry_dir: Some(dir.path().to_owned()), ..settings(ReadAccess::Open) }).await;
    let one = async |query: &str| d.get(&format!("/api/v1/isochrone{query}")).await.json();
    let none = one("").await;
    assert!(none["items"].as_array().unwrap().iter().all(|item| item["reach"] == "unknown"), "{none}");
    assert_eq!((&none["posts"][0]["road_m"], &none["totals"]["outside"]), (&Value::Null, &0.into()));

    let text = json!({"type": "FeatureCollection", "features": [road]}).to_string();
    std::fs::write(dir.path().join("roads.geojson"), text).unwrap();
    let found = one("?minutes=20").await;
    assert_eq!((&found["posts"][0]["road_m"], &found["pace"]["minutes"]), (&0.0.into(), &20.0.into()));
    let within = found["items"].as_array().unwrap().iter().filter(|item| item["reach"] == "within");
    let within: Vec<&Value> = within.collect();
    assert!(!within.is_empty(), "{found}");
    assert!(within.iter().all(|item| item["post"] == found["posts"][0]["id"] && item["why"].is_null()), "{within:?}");
    assert_eq!(found["posts"][0]["within"], within.len());
    assert!(found["reached_km"].as_f64().unwrap() > 1.9);

    let drawn = d.get("/api/v1/isochrone?format=geojson").await;
    assert_eq!(drawn.header("content-type"), "application/geo+json");
    let features = drawn.json()["features"].as_array().unwrap().clone();
    let kinds: std::collections::BTreeSet<&str> =
        features.iter().map(|f| f["properties"]["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["entrance", "post", "reached"]);
    let reached = features.iter().find(|f| f["properties"]["kind"] == "reached").unwrap();
    assert_eq!((&reached["geometry"]["type"], &reached["properties"]["road"]), (&"LineString".into(), &"R1".into()));
    assert!(reached["properties"]["minutes"].as_f64() > reached["properties"]["from_minutes"].as_f64());
}

#[tokio::test]
async fn times_that_cannot_be_meant_are_refused() {
    let d = daemon(settings(ReadAccess::Open)).await;
    for (query, parameter) in [
        ("minutes=0", "minutes"),
        ("minutes=NaN", "minutes"),
        ("minutes=121", "minutes"),
        ("format=csv", "format"),
        ("period=day", "period"),
    ] {
        let problem = d.get(&format!("/api/v1/isochrone?{query}")).await.problem(400);
        assert_eq!(problem.parameter.as_deref(), Some(parameter), "{query}");
    }
    assert_eq!(d.get("/api/v1/isochrone").await.json()["pace"]["minutes"], 10.0, "that of the settings");
}
