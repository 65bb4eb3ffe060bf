//! Who is on duty, and who may know it. The roster is the example of config/roster.toml.

use super::*;

/// A moment of the week of 2026-11-02.
const AT: &str = "/api/v1/oncall?at=2026-11-04T00:00:00Z";

#[tokio::test]
async fn people_are_named_to_tokens_only_and_reached_by_those_who_operate() {
    for read in [ReadAccess::Open, ReadAccess::OpenToNetwork, ReadAccess::Token] {
        let d = daemon(settings(read)).await;
        let refused = d.get(AT).await;
        refused.problem(401);
        assert!(!refused.text.contains("wang"));
        let reader = d.send(d.request(Method::GET, AT).bearer_auth(token(Role::Read))).await;
        assert_eq!(reader.status, 200, "{}", reader.text);
        let body = reader.json();
        assert_eq!(body["time_zone"], "Asia/Shanghai");
        let whole = body["levels"].as_array().unwrap();
        let ids: Vec<&str> = whole.iter().map(|l| l["who"]["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["wang", "li", "chief"]);
        assert_eq!((&whole[0]["reason"], &whole[0]["until"]), (&"rota".into(), &"2026-11-09T01:00:00.000Z".into()));
        assert_eq!((&whole[2]["until"], &whole[0]["who"]["contact"]), (&Value::Null, &Value::Null));
        for personal in ["138", "town.example", "ou_1a2b3c", "manager4220", "liuzhi-wang"] {
            assert!(!reader.text.contains(personal), "{}", reader.text);
        }
        let operator = d.send(d.request(Method::GET, AT).bearer_auth(token(Role::Operate))).await.json();
        assert_eq!(operator["levels"][0]["who"]["contact"]["phone"], "13800000001");
        assert_eq!(operator["levels"][2]["who"]["sinks"], serde_json::json!(["sms", "mail"]));
    }
}

#[tokio::test]
async fn turns_of_the_days_to_come_are_listed() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let ask = |path: &str| d.send(d.request(Method::GET, path).bearer_auth(token(Role::Read)));
    let body = ask(&format!("{AT}&days=9")).await.json();
    let turns: Vec<String> = body["turns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| format!("{} {} {}", t["level"], t["who"]["id"].as_str().unwrap(), t["from"].as_str().unwrap()))
        .collect();
    let expected = [
        "0 wang 2026-11-04T00:00:00.000Z",
        "1 li 2026-11-04T00:00:00.000Z",
        "2 chief 2026-11-04T00:00:00.000Z",
        "0 li 2026-11-09T01:00:00.000Z",
        "1 zhao 2026-11-09T01:00:00.000Z",
    ];
    assert_eq!(turns, expected);
    for bad in ["days=0", "days=367", "days=soon", "at=soon", "week=1"] {
        ask(&format!("/api/v1/oncall?{bad}")).await.problem(400);
    }
}
