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
            let path = path.replace("{id}", "7").replace("{file}", "E1.svg");
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
    assert_eq!(operations.len(), 41, "a new operation belongs into this table by itself; count it here");
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
        // Whatever may be read without a token, people are not.
        if role > Some(Role::Read) || path == "/api/v1/oncall" {
            let reply = reply.await;
            reply.problem(401);
            assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"cunkou\"");
        } else {
            // A question that does not fit into an address is posted, and changes nothing.
            if ["/api/v1/whatif", "/api/v1/place"].contains(&path.as_str()) {
                assert_eq!(d.send(d.request(method, &path).body("{}")).await.status, 200, "{path}");
                continue;
            }
            assert_eq!(method, Method::GET, "{path}");
            // The stream of events does not end, so only its head is asked for.
            if path != "/api/v1/events" {
                assert_eq!(reply.await.status, 200, "{path}");
            }
        }
    }
    assert!(d.asked().is_empty(), "nothing came through: {:?}", d.asked());
}

#[tokio::test]
async fn a_wrong_token_is_refused_wherever_it_is_shown() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let wrong =
        ["Bearer nonsense", "Bearer ", "Basic YTpi", "operate-token", "Bearer operate-token x", "Bearer \u{e9}"];
    let show = |path: &'static str, value: &str| {
        let value = reqwest::header::HeaderValue::from_bytes(value.as_bytes()).unwrap();
        d.send(d.request(Method::GET, path).header("authorization", value))
    };
    // Each is answered late, so they are shown side by side.
    let page = show("/", "Bearer nonsense");
    let shown = futures_util::future::join_all(wrong.into_iter().map(|value| show("/api/v1/status", value)));
    let (page, shown) = tokio::join!(page, shown);
    shown.iter().for_each(|reply| {
        reply.problem(401);
    });
    assert_eq!((page.status.as_u16(), page.header("content-type")), (401, "text/html; charset=utf-8"));
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

#[tokio::test]
async fn a_crowd_that_guesses_is_bounded_and_locks_nobody_out() {
    let d = Arc::new(daemon(settings(ReadAccess::Token)).await);
    let guess =
        |d: Arc<Daemon>| async move { d.send(d.request(Method::GET, "/api/v1/status").bearer_auth("guess")).await };
    let guesses: Vec<_> = (0..32).map(|_| tokio::spawn(guess(d.clone()))).collect();
    let (mut held, mut at_once) = (0, 0);
    for guess in guesses {
        let reply = guess.await.unwrap();
        match reply.status.as_u16() {
            401 => held += 1,
            429 => {
                assert_eq!(reply.header("retry-after"), "5");
                reply.problem(429);
                at_once += 1;
            }
            other => panic!("{other}"),
        }
        let right = d.send(d.request(Method::GET, "/api/v1/status").bearer_auth(token(Role::Read))).await;
        assert_eq!(right.status, 200, "beside the guesses, from the same address");
    }
    assert!(held >= 1 && held + at_once == 32, "{held} held, {at_once} at once");
}

#[tokio::test]
async fn the_audit_trail_says_where_a_wish_came_from() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let ask = |forwarded: Option<&'static str>| {
        let request = d.request(Method::POST, "/-/reload").bearer_auth(token(Role::Admin));
        d.send(forwarded.into_iter().fold(request, |r, f| r.header("x-forwarded-for", f)))
    };
    for forwarded in [None, Some("10.1.2.3, 10.0.0.9"), Some("nonsense")] {
        assert_eq!(ask(forwarded).await.status, 200);
    }
    assert_eq!(d.post("/api/v1/incidents/7/ack", Role::Operate, "").await.status, 200);
    let reload = |from: &str| format!("admin-name from {from} via POST /-/reload");
    let ack = "operate-name from 127.0.0.1 via POST /api/v1/incidents/7/ack".to_owned();
    let (plain, proxied) = (reload("127.0.0.1"), reload("10.0.0.9 through 127.0.0.1"));
    assert_eq!(*d.origins.lock().unwrap(), [plain.clone(), proxied, plain, ack]);
}

#[tokio::test]
async fn the_audit_trail_pages_and_filters() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let entry = |number: u64| AuditEntry {
        number,
        at: NOW - Span::minutes(10 - i64::try_from(number).unwrap()),
        who: if number.is_multiple_of(2) { "duty".into() } else { "chief".into() },
        kind: if number < 4 { "registry".into() } else { "acknowledge".into() },
        object: number.to_string(),
        from: "10.0.0.7".into(),
        via: "POST /-/reload".into(),
        old: None,
        new: Some("x".into()),
    };
    *d.past.audit.lock().unwrap() = (1..=6).map(entry).collect();
    let ask = |query: &str| {
        let request = d.request(Method::GET, &format!("/api/v1/audit{query}")).bearer_auth(token(Role::Admin));
        d.send(request)
    };
    for (query, wanted) in [
        ("", "6 5 4 3 2 1"),
        ("?limit=2", "6 5"),
        ("?limit=2&cursor=5", "4 3"),
        ("?who=duty", "6 4 2"),
        ("?kind=registry", "3 2 1"),
        ("?since=2026-11-24T02:53:00Z", "6 5 4 3"),
        ("?until=2026-11-24T02:53:00Z", "2 1"),
    ] {
        let body = ask(query).await.json();
        let ids: Vec<String> = body["items"].as_array().unwrap().iter().map(|i| i["id"].to_string()).collect();
        assert_eq!(ids.join(" "), wanted, "{query}");
        let next = if query.contains("limit=2") { Some(wanted.split(' ').next_back().unwrap()) } else { None };
        assert_eq!(body["next"].as_str(), next, "{query}");
    }
    ask("?kind=nothing").await.problem(400);
    d.past.broken.store(true, Ordering::Relaxed);
    ask("").await.problem(503);
}
