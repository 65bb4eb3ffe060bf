//! Seals over the wire: by the roads of the registry folder, read again when they change.

use serde_json::json;

use super::*;

/// Lines of a roads.geojson, each a road with an id.
fn roads(lines: &[(&str, Value)]) -> String {
    let feature = |(id, line): &(&str, Value)| {
        let geometry = json!({"type": "LineString", "coordinates": line});
        json!({"type": "Feature", "properties": {"id": id}, "geometry": geometry})
    };
    json!({"type": "FeatureCollection", "features": lines.iter().map(feature).collect::<Vec<_>>()}).to_string()
}

#[tokio::test]
async fn seals_follow_the_roads_of_the_folder_and_the_cameras() {
    let dir = tempfile::tempdir().unwrap();
    let write = |text: &str| std::fs::write(dir.path().join("roads.geojson"), text).unwrap();
    let d = daemon(HttpSettings { registry_dir: Some(dir.path().to_owned()), ..settings(ReadAccess::Open) }).await;
    let one = async |query: &str| d.get(&format!("/api/v1/seal{query}")).await.json();
    let none = one("").await;
    assert_eq!((&none["items"][0]["id"], &none["items"][0]["verdict"]), (&"H1".into(), &"unknown".into()));
    assert_eq!((&none["items"][0]["why"], &none["roads"]["roads"]), (&"no_road".into(), &0.into()));

    // Past E1, E2 and E5, of which the cameras of E2 are dead: two must fail.
    let north = ("R1", json!([[114.3, 30.8], [114.3, 30.82]]));
    write(&roads(std::slice::from_ref(&north)));
    let sealed = one("").await;
    assert_eq!((&sealed["items"][0]["verdict"], &sealed["items"][0]["thickness_lower"]), (&"sealed".into(), &2.into()));
    assert_eq!(one("?level=plan").await["items"][0]["thickness_lower"], 4, "with C2, and C4 that is planned");
    assert_eq!(one("?level=built").await["items"][0]["thickness_lower"], 3);
    write(&roads(&[north, ("R2", json!([[114.3, 30.8], [114.28, 30.8]]))]));
    let leaking = one("?scope=local&area=H1").await;
    assert_eq!(leaking["items"][0]["route"]["roads"], json!(["R2"]));
    assert_eq!((&leaking["totals"]["leaking"], &leaking["items"][0]["width_upper"]), (&1.into(), &1.into()));
    let drawn = d.get("/api/v1/seal?format=geojson").await;
    assert_eq!(drawn.header("content-type"), "application/geo+json");
    let kinds: Vec<_> =
        drawn.json()["features"].as_array().unwrap().iter().map(|f| f["properties"]["kind"].clone()).collect();
    assert_eq!(kinds, ["route", "site"]);

    write("no roads");
    let broken = one("").await;
    assert_eq!(broken["items"], leaking["items"], "those of the last good file");
    assert!(broken["roads"]["faults"][0].as_str().unwrap().contains("roads.geojson"));
}

#[tokio::test]
async fn a_seal_that_cannot_be_meant_is_refused() {
    let d = daemon(settings(ReadAccess::Open)).await;
    for (query, status, parameter) in [
        ("scope=village", 400, "scope"),
        ("level=now", 400, "level"),
        ("period=dusk", 400, "period"),
        ("format=csv", 400, "format"),
        ("at=2026-11-24T03:00:00Z", 400, "at"),
        ("area=V9", 404, "area"),
        ("area=H1&scope=town", 404, "area"),
    ] {
        let problem = d.get(&format!("/api/v1/seal?{query}")).await.problem(status);
        assert_eq!(problem.parameter.as_deref(), Some(parameter), "{query}");
    }
    d.get("/api/v1/seal?area=H1").await.json();
}
