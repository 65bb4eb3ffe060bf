//! Maintenance and silences on the page, and what those may do who may act.

use cunkou_core::model::AreaId;
use cunkou_core::registry::Weekly;
use cunkou_core::world::Works;
use reqwest::Method;

use super::town::HOSTILE;
use super::*;
use crate::engine::Maintenance;

async fn as_role(d: &Daemon, role: Role, path: &str) -> String {
    let reply = d.send(d.request(Method::GET, path).bearer_auth(token(role))).await;
    assert_eq!(reply.status, 200, "{path}");
    reply.text
}

/// The town with its incident held by somebody, for a reason that would like to be markup.
fn held() -> Snapshot {
    let mut snapshot = town::snapshot();
    let mut incidents = (*snapshot.incidents).clone();
    let hold = Hold { at: NOW, by: "duty".into(), note: HOSTILE.into(), until: NOW + Span::hours(2) };
    let taken = Acknowledgement { at: NOW, by: "night".into(), note: "在路上".into(), until: None };
    let silent = Incident {
        silenced: Some(hold),
        acknowledged: Some(taken),
        status: IncidentStatus::Acknowledged,
        ..(*town::incident(7, IncidentStatus::Open)).clone()
    };
    incidents.insert(silent.id, Arc::new(silent));
    snapshot.incidents = Arc::new(incidents);
    snapshot
}

#[tokio::test]
async fn announced_work_stands_on_the_sheets_of_what_it_concerns_and_in_the_list() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let concerned =
        ["/", "/page/node/S1", "/page/camera/C1", "/page/camera/C2", "/page/entrance/E2", "/page/incident/7"];
    for path in concerned {
        assert!(!d.get(path).await.text.contains("换光模块"), "{path}: nothing is announced yet");
    }
    *d.past.maintenance.lock().unwrap() = vec![town::maintenance()];
    for path in concerned {
        let text = d.get(path).await.text;
        for part in ["换光模块", "维护中", "href=\"/page/node/S1\"", "2026-11-24 04:00:00", "duty"] {
            assert!(text.contains(part), "{path}: {part}\n{text}");
        }
        assert!(as_role(&d, Role::Read, &format!("{path}?lang=en")).await.contains("under way"), "{path}");
    }
    for path in ["/page/node/UP", "/page/node/S2", "/page/village/V1"] {
        assert!(!d.get(path).await.text.contains("换光模块"), "{path}: what stands above it is not concerned");
    }
}

#[tokio::test]
async fn work_on_an_area_concerns_what_lies_in_it_and_what_recurs_says_when_it_comes_next() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let weekly = Weekly::parse("sat,sun 01:00-05:00");
    let of = Works::Area(AreaId::new("V1").unwrap());
    let note = HOSTILE.to_owned();
    *d.past.maintenance.lock().unwrap() = vec![Maintenance { of, weekly, to: None, note, ..town::maintenance() }];
    for path in ["/page/village/V1", "/page/village/H1", "/page/camera/C1", "/page/entrance/E5", "/"] {
        let text = d.get(path).await.text;
        // The 24th is a Tuesday.
        for part in ["周六、周日 01:00–05:00", "待开始", "2026-11-28 01:00:00", "2026-11-28 05:00:00"] {
            assert!(text.contains(part), "{path}: {part}\n{text}");
        }
        assert!(!text.contains("<script>") && text.contains("&lt;script&gt;alert(&quot;1&quot;)"), "{path}");
    }
    for path in ["/page/village/V2", "/page/camera/C6", "/page/village/T"] {
        assert!(!d.get(path).await.text.contains("待开始"), "{path}");
    }
}

#[tokio::test]
async fn who_silenced_or_took_an_incident_is_said_with_the_end_and_the_note() {
    let d = daemon_with(settings(ReadAccess::Open), held()).await;
    for path in ["/", "/page/incident/7", "/page/camera/C2", "/page/node/S1", "/page/entrance/E2"] {
        let text = d.get(path).await.text;
        for part in ["静默", "duty", "2026-11-24 05:00:00", "night", "在路上", "&lt;script&gt;"] {
            assert!(text.contains(part), "{path}: {part}\n{text}");
        }
        assert!(!text.contains("<script>"), "{path}");
    }
    let works = d.get("/").await.text;
    let works = works.split("id=\"works\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(works.contains("href=\"/page/incident/7\"") && works.contains("duty"), "{works}");
}

#[tokio::test]
async fn what_may_be_done_is_written_for_those_who_may_and_for_nobody_else() {
    let d = daemon(settings(ReadAccess::Open)).await;
    *d.past.maintenance.lock().unwrap() = vec![town::maintenance()];
    let of_incident = ["/api/v1/incidents/7/ack", "/api/v1/incidents/7/silence"];
    for (path, wanted) in [
        ("/", &[of_incident[0], of_incident[1], "/api/v1/maintenance/7"][..]),
        ("/page/incident/7", &[of_incident[0], of_incident[1], "/api/v1/maintenance/7"]),
        (
            "/page/camera/C2",
            &[of_incident[0], of_incident[1], "/api/v1/maintenance/7", "data-object=\"C2\"", "data-weekly"],
        ),
        ("/page/node/S1", &[of_incident[0], of_incident[1], "/api/v1/maintenance/7", "data-object=\"S1\""]),
        ("/page/village/V1", &["data-object=\"V1\""]),
    ] {
        let shown = as_role(&d, Role::Operate, path).await;
        assert!(as_role(&d, Role::Admin, path).await.contains("data-path"), "{path}");
        for part in wanted {
            assert!(shown.contains(part), "{path}: {part}\n{shown}");
        }
        for text in [d.get(path).await.text, as_role(&d, Role::Read, path).await] {
            assert!(!text.contains("data-path") && !text.contains("data-object"), "{path}: {text}");
        }
    }
    let lift = daemon_with(settings(ReadAccess::Open), held()).await;
    let text = as_role(&lift, Role::Operate, "/page/incident/7").await;
    assert!(text.contains("data-method=\"DELETE\" data-path=\"/api/v1/incidents/7/silence\""), "{text}");
    assert!(!text.contains("/ack"), "it is taken");
    let over = as_role(&d, Role::Operate, "/page/incident/6").await;
    assert!(!over.contains("/ack") && !over.contains("/silence"), "it is over: {over}");
}

#[tokio::test]
async fn the_page_says_as_whom_one_is_known_and_where_a_token_is_entered() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let nobody = d.get("/").await.text;
    assert!(nobody.contains("data-key=\"enter\" data-script hidden") && !nobody.contains("class=\"leave\""));
    let known = as_role(&d, Role::Operate, "/").await;
    assert!(known.contains("operate-name") && known.contains("可处置") && known.contains("class=\"leave\""));
    assert!(!known.contains("data-key=\"enter\"") && !known.contains(token(Role::Operate)));
    let none = daemon(HttpSettings { tokens: Vec::new(), ..settings(ReadAccess::Open) }).await;
    assert!(!none.get("/").await.text.contains("data-key=\"enter\""), "there is none that could be entered");
}

#[tokio::test]
async fn what_is_announced_and_cannot_be_read_is_said_and_keeps_nothing_else_back() {
    let d = daemon(settings(ReadAccess::Open)).await;
    d.past.broken.store(true, Ordering::Relaxed);
    for path in ["/", "/page/camera/C1", "/page/node/S1", "/page/village/V1"] {
        let page = d.get(path).await;
        assert!(page.status == 200 && page.text.contains("维护安排暂时读不出来"), "{path}: {}", page.text);
    }
}

#[tokio::test]
async fn a_sink_is_tried_by_who_may_act_and_what_was_said_is_shown() {
    let d = daemon(settings(ReadAccess::Open)).await;
    let path = "/api/v1/sinks/desk/test";
    assert!(as_role(&d, Role::Operate, "/").await.contains(&format!("data-path=\"{path}\"")));
    assert!(!as_role(&d, Role::Read, "/").await.contains(path) && !d.get("/").await.text.contains(path));
    d.post(path, Role::Read, "").await.problem(403);
    d.post("/api/v1/sinks/none/test", Role::Operate, "").await.problem(404);
    let tried = d.post(path, Role::Operate, "").await.json();
    assert_eq!(
        (&tried["sink"], &tried["kind"], &tried["delivered"]),
        (&"desk".into(), &"webhook".into(), &false.into())
    );
    assert!(tried["error"].as_str().is_some_and(|e| !e.is_empty()), "{tried}");
    assert!(tried["exchanges"][0]["head"].as_str().is_some_and(|h| h.contains("127.0.0.1:9")), "{tried}");
}
