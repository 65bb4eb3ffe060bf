//! Redirects of a snapshot: each vetted anew, a few, and the password goes with none of them to another host.

use super::*;

async fn sending_to(location: String, status: &'static str) -> Server {
    Server::answering(move |_| Some(http_answer(status, &format!("Location: {location}\r\n"), b""))).await
}

async fn honest(host: &str) -> Server {
    Server::on(host, |mut guest| async move {
        while guest.request().await.is_some() {
            guest.send(http_answer("200 OK", "", &jpeg_bytes())).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_redirect_is_followed_to_an_allowed_host() {
    let target = honest("127.0.0.7").await;
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let server = sending_to(target.http(), status).await;
        let answer = ask(patient(), &server.http(), None).await;
        assert_eq!(answer.result, PASS, "{status}: {answer:?}");
    }
}

#[tokio::test]
async fn a_relative_redirect_stays_on_the_host() {
    let server = Server::answering(|r| {
        Some(match r.split(' ').nth(1) {
            Some("/real.jpg") => http_answer("200 OK", "", &jpeg_bytes()),
            _ => http_answer("302 Found", "Location: real.jpg\r\n", b""),
        })
    })
    .await;
    assert_eq!(ask(patient(), &server.http(), None).await.result, PASS);
}

#[tokio::test]
async fn a_redirect_to_what_may_not_be_probed_is_not_followed() {
    let secret = honest("127.0.0.7").await;
    let port = secret.addr.port();
    for location in [
        format!("http://127.0.0.7:{port}/"),
        format!("http://[::ffff:127.0.0.7]:{port}/"),
        format!("http://localhost:{port}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "https://[::1]/".to_owned(),
    ] {
        let server = sending_to(location.clone(), "302 Found").await;
        let allow = AllowList::new(
            vec!["127.0.0.1/32".parse().unwrap()],
            vec![secret.addr, SocketAddr::new("127.0.0.1".parse().unwrap(), port)],
        );
        let question = for_url(&Url::parse(&server.http()).unwrap(), None).unwrap();
        let answer = Prober::new(patient(), allow).ask_aloud(&question).await;
        // The camera has answered, and with nonsense: that is its failure and not ours.
        assert_eq!(answer.result, failed(FailKind::Protocol), "{location}: {answer:?}");
        assert!(answer.note.as_deref().is_some_and(|n| n.contains("probe.allow")), "{answer:?}");
    }
    assert_eq!(secret.log.connections.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_redirect_to_nowhere_is_a_failure() {
    for location in
        ["file:///etc/passwd", "ftp://127.0.0.1/", "http://", "http://a:b@127.0.0.1/", "http://:b@127.0.0.1/"]
    {
        let server = sending_to(location.to_owned(), "302 Found").await;
        let answer = ask(patient(), &server.http(), None).await;
        assert_eq!(answer.result, failed(FailKind::Protocol), "{location}: {answer:?}");
    }
    let server = Server::answering(|_| Some(http_answer("302 Found", "", b""))).await;
    assert_eq!(ask(patient(), &server.http(), None).await.result, failed(FailKind::Protocol));
}

#[tokio::test]
async fn a_loop_ends() {
    let server = Server::answering(|_| Some(http_answer("302 Found", "Location: /again\r\n", b""))).await;
    let answer = ask(patient(), &server.http(), None).await;
    assert_eq!(answer.result, failed(FailKind::Protocol), "{answer:?}");
    assert_eq!(server.log.requests().len(), 1 + patient().redirects);
}

#[tokio::test]
async fn another_host_is_never_shown_the_password() {
    for challenge in ["Basic realm=\"c\"", "Digest realm=\"c\", nonce=\"n\""] {
        let header = format!("WWW-Authenticate: {challenge}\r\n");
        let thief = Server::on("127.0.0.7", move |mut guest| {
            let header = header.clone();
            async move {
                while guest.request().await.is_some() {
                    guest.send(http_answer("401 Unauthorized", &header, b"")).await;
                }
            }
        })
        .await;
        let server = sending_to(thief.http(), "302 Found").await;
        let answer = ask(patient(), &server.http(), Some(credential(true))).await;
        assert_eq!((answer.result, answer.credential_tried), (answered(Reason::Auth), false), "{answer:?}");
        assert_eq!(thief.log.passwords(), 0);
    }
}

#[tokio::test]
async fn a_chain_of_redirects_does_not_show_the_password_more_than_twice() {
    let server = Server::answering(|r| {
        let known = r.to_lowercase().contains("authorization: ");
        Some(match known {
            true => http_answer("302 Found", "Location: /again\r\n", b""),
            false => http_answer("401 Unauthorized", "WWW-Authenticate: Digest realm=\"c\", nonce=\"n\"\r\n", b""),
        })
    })
    .await;
    let answer = ask(patient(), &server.http(), Some(credential(false))).await;
    assert_eq!(answer.result, answered(Reason::Auth), "{answer:?}");
    assert_eq!(server.log.passwords(), 2);
}
