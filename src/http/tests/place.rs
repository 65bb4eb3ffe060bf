//! What to place next, over the wire.

use serde_json::json;

use super::*;

const PATH: &str = "/api/v1/place";

#[tokio::test]
async fn what_to_mend_is_told_and_nothing_is_kept() {
    let d = daemon(settings(ReadAccess::Token)).await;
    let ask = |body: &str| d.request(Method::POST, PATH).bearer_auth(token(Role::Read)).body(body.to_owned());
    let found = d.send(ask(r#"{"count": 3}"#)).await.json();
    let first = &found["items"][0];
    assert_eq!((&first["kind"], &first["id"], &first["at"]), (&"repair".into(), &"S1".into(), &"node".into()));
    assert_eq!((&found["status"], &found["gap"]), (&"optimal".into(), &0.0.into()));
    assert_eq!(found["value"], found["upper_bound"]);
    // As built nothing is broken, so nothing is mended.
    let built = d.send(ask(r#"{"count": 3, "level": "built"}"#)).await.json();
    assert!(built["items"].as_array().unwrap().iter().all(|i| i["kind"] == "new"), "{built:#}");
    assert!(d.asked().is_empty(), "a read: {:?}", d.asked());
    d.send(d.request(Method::POST, PATH).body("{}")).await.problem(401);
}

#[tokio::test]
async fn a_placement_that_cannot_be_meant_is_refused() {
    let d = daemon(settings(ReadAccess::Open)).await;
    for (body, part) in [
        (json!({"count": 0}), "count"),
        (json!({"count": 1.5}), "body"),
        (json!({"count": 1_001}), "count"),
        (json!({"count": 1, "budget": 1.0}), "budget"),
        (json!({"budget": -1}), "budget"),
        (json!({"objective": "seal"}), "objective"),
        (json!({"level": "now"}), "level"),
        (json!({"depth": "all"}), "depth"),
        (json!({"repair_cost": -0.1}), "repair_cost"),
        (json!({"time_limit_s": 61}), "time_limit_s"),
        (json!({"model": [84.0, null]}), "body"),
        (json!({"model": {"hfov": 180}}), "hfov"),
        (json!({"model": {"width_px": 0}}), "width_px"),
        (json!({"model": {"range_m": 0.5}}), "range_m"),
        (json!({"model": {"night": "laser"}}), "night"),
        (json!({"model": {"night_range_m": 3_000}}), "night_range_m"),
        (json!({"candidates": []}), "body"),
        (json!([]), "body"),
        (json!(null), "body"),
    ] {
        let problem = d.post(PATH, Role::Read, &body.to_string()).await.problem(400);
        assert_eq!(problem.parameter.as_deref(), Some(part), "{body}");
        assert!(problem.allowed.is_some(), "{body}");
    }
    d.post(&format!("{PATH}?format=csv"), Role::Read, "{}").await.problem(400);
    d.post(PATH, Role::Read, r#"{"objective": "entrances", "budget": 0, "model": {}}"#).await.json();
    d.post(PATH, Role::Read, r#"{"count": 1.0, "budget": null, "model": {"width_px": 2560.0}}"#).await.json();
}
