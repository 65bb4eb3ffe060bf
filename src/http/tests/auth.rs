//! Who may come in, and who may do what: the whole table of roles and operations, out of the document.

use reqwest::Method;
use serde_json::Value;

use super::*;

/// Every operation of the document: method, path with its parameters filled in, and the role that is needed.
pub(super) fn operations(document: &Value) -> Vec<(Method, String, Option<Role>)> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let path = path.replace("/cameras/{id}", "/cameras/C1").replace("/entrances/{id}", "/entrances/E1");
            let path = path.replace("{id}", "7");
            let method: Method = method.to_uppercase().parse().unwrap();
            let requirements = operation["security"].as_array().cloned().unwrap_or_default();
            let role = requirements.iter().find_map(|r| Role::from_word(r["token"][0].as_str()?));
            all.push((method, path, role));
        }
    }
    all
}

async fn document(d: &Daemon) -> Value {
    d.send(d.request(Method::GET, "/api/v1/openapi.json").bearer_auth(token(Role::Read))).await.json()
}

#[tokio::test]
async fn every_operation_asks_for_its_role_and_no_less() {
    let d = daemon(settings(ReadAccess::Token)).await;
    let operations = operations(&document(&d).await);
    assert_eq!(operations.len(), 20, "a new operation belongs into this table by itself; count it here");
    for (method, path, needed) in operations {
        let ask = |role: Option<Role>| {
            let request = d.request(method.clone(), &path);
            let request = role.map(|r| d.request(method.clone(), &path).bearer_auth(token(r))).unwrap_or(request);
            async { request.send().await.unwrap().status().as_u16() }
        };
        let Some(needed) = needed else {
            assert!(path.starts_with("/-/") && method == Method::GET, "{path} is open");
            assert_eq!(ask(None).await, 200, "{path}");
            continue;
        };
        assert_eq!(ask(None).await, 401, "{method} {path} without a token");
        for role in Role::ALL {
            let status = ask(Some(role)).await;
            let allowed = role >= needed;
            assert_eq!(![401, 403].contains(&status), allowed, "{method} {path} as {}: {status}", role.word());
            assert!(allowed || status == 403, "{method} {path} as {}: {status}", role.word());
        }
    }
}

#[tokio::test]
async fn changes_need_a_token_also_where_reading_is_open() {
    let d = daemon(HttpSettings { tokens: Vec::new(), ..settings(ReadAccess::OpenToNetwork) }).await;
    for (method, path, role) in operations(&d.get("/api/v1/openapi.json").await.json()) {
        let reply = d.send(d.request(method.clone(), &path));
        if method == Method::GET {
            // The stream of events does not end, so only its head is asked for.
            if path != "/api/v1/events" {
                assert_eq!(reply.await.status, 200, "{path}");
            }
        } else {
            assert!(role >= Some(Role::Operate), "{path}");
            let reply = reply.await;
            reply.problem(401);
            assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"cunkou\"");
        }
    }
    assert!(d.asked().is_empty(), "nothing came through: {:?}", d.asked());
}

#[tokio::test]
async fn a_wrong_token_is_refused_wherever_it_is_shown() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let wrong =
        ["Bearer nonsense", "Bearer ", "Basic YTpi", "operate-token", "Bearer operate-token x", "Bearer \u{e9}"];
    for value in wrong {
        let value = reqwest::header::HeaderValue::from_bytes(value.as_bytes()).unwrap();
        let request = d.request(Method::GET, "/api/v1/status").header("authorization", value.clone());
        d.send(request).await.problem(401);
    }
    // The scheme is written as people like (RFC 9110, 11.1); a token elsewhere than in the header is none.
    let request = d.request(Method::GET, "/api/v1/status").header("authorization", "bearer  operate-token");
    assert_eq!(d.send(request).await.status, 200);
    let cookie = d.request(Method::POST, "/api/v1/incidents/7/ack").header("cookie", "token=operate-token");
    d.send(cookie).await.problem(401);
    d.send(d.request(Method::POST, "/api/v1/incidents/7/ack?token=operate-token")).await.problem(401);
}

#[tokio::test]
async fn host_must_name_us() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let ask = |host: &str| d.send(d.request(Method::GET, "/-/healthy").header("host", host));
    for ours in
        ["127.0.0.1", "127.0.0.1:80", "[::1]:9778", "localhost", "LOCALHOST:1", "cunkou.example:443", "10.1.2.3"]
    {
        assert_eq!(ask(ours).await.status, 200, "{ours}");
    }
    for foreign in ["evil.example", "cunkou.example.evil", "127.0.0.1.evil.example", "xlocalhost", "0x7f.1"] {
        ask(foreign).await.problem(421);
    }
    for odd in ["user@127.0.0.1", "a b", ""] {
        assert!([400, 421].contains(&ask(odd).await.status.as_u16()), "{odd}");
    }
}

#[tokio::test]
async fn a_change_must_not_come_from_a_foreign_page() {
    let public_url = Some("https://town.example/".parse().unwrap());
    let d = daemon(HttpSettings { public_url, ..settings(ReadAccess::Open) }).await;
    let ask = |origin: String| {
        let request = d.request(Method::POST, "/api/v1/incidents/7/ack").bearer_auth(token(Role::Operate));
        d.send(request.header("origin", origin))
    };
    assert_eq!(ask(format!("http://{}", d.address)).await.status, 200);
    assert_eq!(ask("https://town.example".into()).await.status, 200);
    for foreign in ["http://evil.example", "null", "http://127.0.0.1:1", "https://town.example:8443", "x"] {
        ask(foreign.into()).await.problem(403);
    }
    let read = d.request(Method::GET, "/api/v1/status").header("origin", "http://evil.example");
    let read = d.send(read).await;
    assert_eq!((read.status.as_u16(), read.header("access-control-allow-origin")), (200, ""));
}
