//! The control API, as a script with curl sees it.

use serde_json::{Value, json};

use super::*;

async fn send(rig: &Rig, method: &str, path: &str, body: &str) -> Reply {
    let mut client = Client::to(rig.sim.control_addr()).await.unwrap();
    let length = body.len();
    client
        .send(&format!("{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}"))
        .await
        .unwrap();
    client.reply().await.unwrap()
}

async fn rig() -> Rig {
    Plan::new()
        .node("up", 101, Needs::All, &[], &[])
        .camera("C1", 1, |c| c.node = vec![NodeId::new("up").unwrap()])
        .camera("C2", 2, |c| c.area = AreaId::new("west").unwrap())
        .start()
        .await
}

#[tokio::test]
async fn changes_are_answered_as_names_md_says() {
    let rig = rig().await;
    let refuse = r#"{"fault": "refuse"}"#;
    for (method, path, body, status) in [
        ("PUT", "/cameras/C1", refuse, 204),
        ("PUT", "/nodes/up", refuse, 204),
        ("PUT", "/areas/west", refuse, 204),
        ("PUT", "/cameras/C9", refuse, 404),
        ("PUT", "/nodes/C1", refuse, 404),
        ("PUT", "/areas/up", refuse, 404),
        ("PUT", "/cameras/%ff", refuse, 404),
        ("PUT", "/elsewhere", refuse, 404),
        ("PUT", "/cameras/C1", r#"{"fault": "explode"}"#, 400),
        ("PUT", "/cameras/C1", r#"{"fault": "clock"}"#, 400),
        ("PUT", "/cameras/C1", r#"{"fault": 1}"#, 400),
        ("PUT", "/cameras/C1", "refuse", 400),
        ("PUT", "/cameras/C1", "", 400),
        ("PUT", "/cameras/C1", &format!("{{\"fault\": \"{}\"}}", "x".repeat(5_000)), 413),
        ("POST", "/cameras/C1", refuse, 405),
        ("PUT", "/", refuse, 405),
    ] {
        let reply = send(&rig, method, path, body).await;
        assert_eq!(reply.status, status, "{method} {path} {body}");
        if status >= 400 {
            assert_eq!(reply.header("content-type"), ["application/problem+json"], "{method} {path}");
            let problem: Value = serde_json::from_slice(&reply.body).unwrap();
            assert_eq!(problem["status"], status);
            assert!(problem["detail"].as_str().is_some_and(|d| !d.is_empty()));
            if status == 400 {
                let allowed = problem["allowed"].as_array().unwrap();
                assert!(allowed.contains(&json!("refuse")) && !allowed.contains(&json!("clock")));
            }
        }
    }
    assert!(times_out(rig.rtsp(101)).await, "a dead switch refuses nothing");
    assert!(is_refused(rig.rtsp(2)).await);
}

#[tokio::test]
async fn the_list_tells_what_is_broken() {
    let rig = rig().await;
    let list = async || serde_json::from_slice::<Value>(&send(&rig, "GET", "/", "").await.body).unwrap();
    assert_eq!(list().await, json!({ "cameras": {}, "nodes": {}, "cut_off": [] }));
    rig.camera("C2", Fault::Busy).await;
    rig.node("up", Fault::Drop).await;
    assert_eq!(list().await, json!({ "cameras": { "C2": "busy" }, "nodes": { "up": "drop" }, "cut_off": ["C1"] }));
    rig.camera("C2", Fault::None).await;
    rig.node("up", Fault::None).await;
    assert_eq!(list().await, json!({ "cameras": {}, "nodes": {}, "cut_off": [] }));
}
