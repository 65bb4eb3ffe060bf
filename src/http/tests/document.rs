//! `openapi.json` is true: what it promises is served, what is served is in it.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;

use super::*;

#[tokio::test]
async fn the_document_is_whole_and_its_references_lead_somewhere() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let document = d.get("/api/v1/openapi.json").await.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths: BTreeSet<&str> = document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    let wanted = [
        "/-/healthy",
        "/-/ready",
        "/-/reload",
        "/api/v1/areas",
        "/api/v1/audit",
        "/api/v1/cameras",
        "/api/v1/cameras/{id}",
        "/api/v1/cameras/{id}/history",
        "/api/v1/critical",
        "/api/v1/entrances",
        "/api/v1/entrances/{id}",
        "/api/v1/entrances/{id}/history",
        "/api/v1/events",
        "/api/v1/gaps",
        "/api/v1/incidents",
        "/api/v1/incidents/{id}",
        "/api/v1/incidents/{id}/ack",
        "/api/v1/incidents/{id}/silence",
        "/api/v1/map",
        "/api/v1/map/states",
        "/api/v1/isochrone",
        "/api/v1/maintenance",
        "/api/v1/maintenance/{id}",
        "/api/v1/nodes",
        "/api/v1/oncall",
        "/api/v1/openapi.json",
        "/api/v1/place",
        "/api/v1/places",
        "/api/v1/registry",
        "/api/v1/repair-order",
        "/api/v1/roads",
        "/api/v1/seal",
        "/api/v1/sinks/{name}/test",
        "/api/v1/status",
        "/api/v1/timeline",
        "/api/v1/whatif",
        "/badge/entrance/{file}",
        "/metrics",
    ];
    assert_eq!(paths, BTreeSet::from(wanted));
    let mut references = Vec::new();
    collect(&document, "$ref", &mut references);
    assert!(references.len() > 50);
    for reference in references {
        let target = document.pointer(reference.as_str().unwrap().trim_start_matches('#'));
        assert!(target.is_some(), "{reference} leads nowhere");
    }
    let ids: Vec<_> = operations(&document).map(|(_, _, o)| o["operationId"].to_string()).collect();
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{ids:?}");
}

#[tokio::test]
async fn every_answer_is_of_a_kind_that_the_document_names() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let document = d.get("/api/v1/openapi.json").await.json();
    for (method, path, operation) in operations(&document).filter(|(_, path, _)| *path != "/api/v1/events") {
        for id in ["C1", "E1", "7", "none"] {
            let path = path.replace("{id}", id).replace("{file}", &format!("{id}.svg"));
            let request = d.request(method.clone(), &path).bearer_auth(token(Role::Admin));
            let reply = d.send(request.body("{}")).await;
            let promised = &operation["responses"][reply.status.as_str()];
            assert!(promised.is_object(), "{method} {path}: {} is not in the document", reply.status);
            let kind = reply.header("content-type");
            assert!(promised["content"].get(kind).is_some(), "{method} {path}: {} as {kind:?}", reply.status);
            let schema = &promised["content"][kind]["schema"];
            if kind.ends_with("json") {
                fits(&document, schema, &reply.json(), &format!("{method} {path}"));
            }
        }
    }
}

#[tokio::test]
async fn every_parameter_of_the_document_is_read_strictly() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let document = d.get("/api/v1/openapi.json").await.json();
    let mut tried = 0;
    for (method, path, operation) in operations(&document) {
        let id = if path.contains("/cameras/") {
            "C1"
        } else if path.contains("/entrances/") {
            "E1"
        } else {
            "7"
        };
        let path = path.replace("{id}", id).replace("{file}", "E1.svg");
        for parameter in operation["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "query") {
            let (name, schema) = (parameter["name"].as_str().unwrap(), &parameter["schema"]);
            let ask = |value: &str| {
                let request = d.request(method.clone(), &format!("{path}?{name}={value}"));
                let body = if path.ends_with("/whatif") || path.ends_with("/place") {
                    "{}"
                } else {
                    r#"{"files": {"cameras.csv": ""}}"#
                };
                d.send(request.bearer_auth(token(Role::Admin)).header("content-type", "application/json").body(body))
            };
            for value in schema["enum"].as_array().into_iter().flatten() {
                let reply = ask(value.as_str().unwrap()).await;
                assert_eq!(reply.status, 200, "{path}?{name}={value}: {}", reply.text);
                tried += 1;
            }
            let typed = schema.get("enum").is_some()
                || ["limit", "at", "since", "until", "step", "dry_run", "yes", "area", "tick"].contains(&name)
                || ["from", "shift", "speed_kmh", "detour", "work_camera", "work_node", "minutes"].contains(&name);
            if typed {
                let problem =
                    ask("no-such-value").await.problem(if ["area", "from"].contains(&name) { 404 } else { 400 });
                assert_eq!(problem.parameter.as_deref(), Some(name), "{path}");
                tried += 1;
            } else {
                assert!([200, 400].contains(&ask("text").await.status.as_u16()), "{path}?{name}");
            }
        }
    }
    assert!(tried > 40, "{tried}");
}

fn operations(document: &Value) -> impl Iterator<Item = (Method, &String, &Value)> {
    document["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
        let operations = item.as_object().unwrap().iter();
        operations.map(move |(method, operation)| (method.to_uppercase().parse().unwrap(), path, operation))
    })
}

fn collect<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get(key));
            fields.values().for_each(|v| collect(v, key, found));
        }
        Value::Array(items) => items.iter().for_each(|v| collect(v, key, found)),
        _ => {}
    }
}

/// As much of JSON Schema as the document uses; every field must be described, every required one there.
fn fits(document: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        return fits(document, document.pointer(&reference[1..]).unwrap(), value, at);
    }
    for keyword in ["oneOf", "anyOf"] {
        if let Some(options) = schema[keyword].as_array() {
            let other = options.iter().find(|o| (o["type"] == "null") == value.is_null());
            return fits(document, other.unwrap_or_else(|| panic!("{at}: {value}")), value, at);
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        // Only what is flattened uses it: each part describes its own fields.
        return parts.iter().for_each(|part| required(document, part, value, at));
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        Value::String(one) => vec![one.as_str()],
        other => panic!("{at}: no type in {schema} ({other})"),
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let good = types.contains(&kind) || (kind == "integer" && types.contains(&"number"));
    assert!(good, "{at}: {value} is no {types:?}");
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{at}: {value} is none of {words:?}");
    }
    if let Value::Array(items) = value {
        items.iter().for_each(|item| fits(document, &schema["items"], item, at));
    }
    if let (Value::Object(fields), true) = (value, schema.get("properties").is_some()) {
        required(document, schema, value, at);
        for name in fields.keys() {
            assert!(schema["properties"].get(name).is_some(), "{at}: field {name} is not described");
        }
    }
}

fn required(document: &Value, schema: &Value, value: &Value, at: &str) {
    let schema = match schema["$ref"].as_str() {
        Some(reference) => document.pointer(&reference[1..]).unwrap(),
        None => schema,
    };
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(value.get(name.as_str().unwrap()).is_some(), "{at}: field {name} is missing in {value}");
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(value) = value.get(name) {
            fits(document, property, value, &format!("{at}.{name}"));
        }
    }
}
