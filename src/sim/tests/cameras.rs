//! Healthy cameras: passwords, descriptions, pictures, and clients that behave badly.

use http_auth::{PasswordClient, PasswordParams};

use super::*;

const USER: &str = "watch";
const PASSWORD: &str = "s3cret, 村";

/// Answers the challenges of a 401 as a client of another maker does.
fn authorization(reply: &Reply, method: &str, uri: &str, password: &str) -> String {
    let all = reply.header("www-authenticate").into_iter();
    let mut client = all.fold(PasswordClient::builder(), |b, c| b.challenges(c)).build().unwrap();
    let params = PasswordParams { username: USER, password, uri, method, body: None };
    format!("Authorization: {}\r\n", client.respond(&params).unwrap())
}

#[tokio::test]
async fn every_camera_lets_in_who_knows_the_password_and_nobody_else() {
    // The ids are spread over the schemes by their hash; the last one asks for Basic.
    let plan = (1..=24).fold(Plan::new(), |plan, i| {
        let entry = if i == 24 { "basic" } else { "town" };
        plan.camera(&format!("C{i}"), i, |c| c.credential = Some(entry.into()))
    });
    let rig = plan.start().await;
    let mut schemes = std::collections::BTreeSet::new();
    for i in 1..=24 {
        let url = rig.url(i);
        let mut rtsp = Client::to(rig.rtsp(i)).await.unwrap();
        assert_eq!(rtsp.rtsp("OPTIONS", &url, "").await.unwrap().status, 200);
        let asked = rtsp.rtsp("DESCRIBE", &url, "").await.unwrap();
        assert_eq!(asked.status, 401);
        let all = asked.header("www-authenticate");
        schemes.insert((all.len(), all[0].contains("SHA-256"), all[0].contains("qop"), all[0].starts_with("Basic")));
        let wrong = authorization(&asked, "DESCRIBE", &url, "wrong");
        assert_eq!(rtsp.rtsp("DESCRIBE", &url, &wrong).await.unwrap().status, 401);
        let right = authorization(&asked, "DESCRIBE", &url, PASSWORD);
        let described = rtsp.rtsp("DESCRIBE", &url, &right).await.unwrap();
        assert_eq!((described.status, described.header("content-type")), (200, vec!["application/sdp"]));
        assert!(described.body.starts_with(b"v=0\r\n"));

        let mut http = Client::to(rig.http(i)).await.unwrap();
        let asked = http.get("/snapshot.jpg", "").await.unwrap();
        assert_eq!(asked.status, 401);
        let right = authorization(&asked, "GET", "/snapshot.jpg", PASSWORD);
        assert_eq!(http.get("/snapshot.jpg", &right).await.unwrap().status, 200);
    }
    assert_eq!(schemes.len(), 5, "{schemes:?}");
}

#[tokio::test]
async fn an_old_nonce_is_called_stale_and_a_new_one_holds() {
    let rig = Plan::new().camera("C1", 1, |c| c.credential = Some("town".into())).start().await;
    let url = rig.url(1);
    let mut client = Client::to(rig.rtsp(1)).await.unwrap();
    let asked = client.rtsp("DESCRIBE", &url, "").await.unwrap();
    let old = authorization(&asked, "DESCRIBE", &url, PASSWORD);
    rig.second.fetch_add(auth::NONCE_LIFE, Ordering::Relaxed);
    let stale = client.rtsp("DESCRIBE", &url, &old).await.unwrap();
    assert_eq!(stale.status, 401);
    assert!(stale.header("www-authenticate")[0].contains("stale=true"));
    let new = authorization(&stale, "DESCRIBE", &url, PASSWORD);
    assert_eq!(client.rtsp("DESCRIBE", &url, &new).await.unwrap().status, 200);
}

#[tokio::test]
async fn rtsp_methods_answer_as_a_camera_that_streams_nothing() {
    let rig = Plan::new().camera("C1", 1, |_| {}).start().await;
    let (url, mut client) = (rig.url(1), Client::to(rig.rtsp(1)).await.unwrap());
    for (method, target, status) in [
        ("OPTIONS", "*", 200),
        ("DESCRIBE", url.as_str(), 200),
        ("DESCRIBE", &format!("rtsp://{}/other", rig.rtsp(1)), 404),
        ("SETUP", &format!("{url}/trackID=1"), 461),
        ("PLAY", &url, 454),
        ("GET_PARAMETER", &url, 200),
        ("ANNOUNCE", &url, 501),
        ("TEARDOWN", &url, 200),
    ] {
        let reply = client.rtsp(method, target, "").await.unwrap();
        assert_eq!((reply.status, reply.header("cseq")), (status, vec!["4"]), "{method} {target}");
    }
    let public = rig.options(1).await;
    assert!(public.header("public")[0].contains("DESCRIBE"));
    client.send("OPTIONS * RTSP/1.0\r\n\r\n").await.unwrap();
    assert_eq!(client.reply().await.unwrap().status, 400, "a request without a sequence number");
}

#[tokio::test]
async fn a_picture_is_a_jpeg_of_the_shape_of_the_camera() {
    let rig = Plan::new().camera("C1", 1, |_| {}).start().await;
    let reply = rig.picture(1).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, vec!["image/jpeg"]));
    assert_eq!(reply.body[..2], [0xff, 0xd8]);
    let (width, height, _) = decoded(&reply.body);
    assert_eq!((width, height), (352, 192), "16 to 9, as 2560 by 1440 is");

    let mut client = Client::to(rig.http(1)).await.unwrap();
    assert_eq!(client.get("/other.jpg", "").await.unwrap().status, 404);
    client.send("POST /snapshot.jpg HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi").await.unwrap();
    assert_eq!(client.reply().await.unwrap().status, 405);
    let last = client.get("/snapshot.jpg", "Connection: close\r\n").await.unwrap();
    assert_eq!((last.status, last.header("connection")), (200, vec!["close"]));
    assert!(client.has_ended().await);
}

#[tokio::test]
async fn clients_are_bounded() {
    let rig = Plan::new().camera("C1", 1, |_| {}).start().await;
    let mut long = Client::to(rig.rtsp(1)).await.unwrap();
    // The camera may hang up before all of it is written.
    _ = long.send(&format!("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nX: {}", "x".repeat(2 * wire::MAX_REQUEST))).await;
    assert!(long.has_ended().await);
    let mut huge = Client::to(rig.http(1)).await.unwrap();
    huge.send("GET /snapshot.jpg HTTP/1.1\r\nContent-Length: 3000000000\r\n\r\n").await.unwrap();
    assert!(huge.has_ended().await);

    let mut many = Vec::new();
    for _ in 0..endpoint::MAX_CONNECTIONS {
        let mut client = Client::to(rig.http(1)).await.unwrap();
        assert_eq!(client.get("/snapshot.jpg", "").await.unwrap().status, 200);
        many.push(client);
    }
    assert!(Client::to(rig.http(1)).await.unwrap().has_ended().await, "one too many");
    assert_eq!(many[0].get("/snapshot.jpg", "").await.unwrap().status, 200);
}
