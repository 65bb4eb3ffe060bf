//! Picture: HTTP servers that misbehave.

use super::*;

async fn picture(limits: Limits, server: &Server) -> Answer {
    ask(limits, &server.http(), None).await
}

#[tokio::test]
async fn an_honest_snapshot_passes_and_is_dropped() {
    let server =
        Server::answering(|_| Some(http_answer("200 OK", "Content-Type: image/jpeg\r\n", &jpeg_bytes()))).await;
    let answer = picture(patient(), &server).await;
    assert_eq!((answer.result, answer.phase), (PASS, Phase::Body), "{answer:?}");
    assert!(answer.steps.iter().any(|s| s.what == "a JPEG of 704 x 576, 85 bytes; dropped"), "{answer:?}");
    let request = server.log.requests().concat().to_lowercase();
    assert!(request.starts_with("get /snapshot.jpg?channel=1 http/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("host: {}\r\n", server.addr)), "{request}");
}

#[tokio::test]
async fn bodies_are_judged() {
    let html = b"<!DOCTYPE html><html>login</html>";
    for (body, words) in [
        (b"".to_vec(), "empty"),
        (html.to_vec(), "web page"),
        (b"\x89PNG\r\n\x1a\n0000".to_vec(), "no JPEG"),
        (jpeg_bytes()[..30].to_vec(), "ends before"),
        (jpeg_bytes()[..8].to_vec(), "cut off"),
    ] {
        let server = Server::answering(move |_| Some(http_answer("200 OK", "", &body))).await;
        let answer = picture(patient(), &server).await;
        assert_eq!((answer.result, answer.phase), (failed(FailKind::Body), Phase::Body), "{answer:?}");
        assert!(answer.note.as_deref().is_some_and(|n| n.contains(words)), "{words}: {answer:?}");
        assert_eq!(Hint::from(Check::Picture, &answer), Hint::Picture);
    }
}

#[tokio::test]
async fn a_picture_without_end_is_bounded_in_bytes() {
    const SOCKET_BUFFERS: usize = 16 * 1024 * 1024;
    let limits = Limits { picture_bytes: 256 * 1024, ..patient() };
    for head in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"] {
        let server = Server::start(move |mut guest| async move {
            guest.request().await;
            guest.send(head).await;
            let framed = |data: &[u8]| match head.contains("chunked") {
                true => [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat(),
                false => data.to_vec(),
            };
            // A picture as it should be, but for its end.
            let whole = jpeg_bytes();
            guest.send(framed(&whole[..whole.len() - 2])).await;
            while guest.send(framed(&[7; 4096])).await {}
            guest.log.requests.lock().unwrap().push("gone".to_owned());
        })
        .await;
        let answer = picture(limits.clone(), &server).await;
        assert_eq!((answer.result, answer.phase), (failed(FailKind::Body), Phase::Body), "{answer:?}");
        assert!(answer.note.as_deref().is_some_and(|n| n.contains("does not end")), "{answer:?}");
        while server.log.requests().last().is_none_or(|r| r != "gone") {
            tokio::task::yield_now().await;
        }
        let sent = server.log.sent.load(Ordering::Relaxed);
        assert!(sent < SOCKET_BUFFERS, "the reader went on for {sent} bytes");
    }
}

#[tokio::test]
async fn an_announced_flood_is_not_read() {
    for length in ["3000000000", "4194305"] {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
        let server = Server::saying(head).await;
        let answer = picture(patient(), &server).await;
        assert_eq!(answer.result, failed(FailKind::Body), "{answer:?}");
        assert!(answer.note.as_deref().is_some_and(|n| n.contains(length)), "{answer:?}");
    }
    for length in ["Content-Length: -1", "Content-Length: 3e9", "Content-Length: 5\r\nContent-Length: 6"] {
        let server = Server::saying(format!("HTTP/1.1 200 OK\r\n{length}\r\n\r\n")).await;
        assert_eq!(picture(patient(), &server).await.result, failed(FailKind::Protocol), "{length}");
    }
}

#[tokio::test]
async fn heads_without_end_and_noise_are_no_http() {
    for first in ["HTTP/1.1 200 OK\r\n", "", "HTTP/1.1 200 "] {
        let server = Server::start(move |mut guest| async move {
            guest.request().await;
            guest.send(first).await;
            let line = if first.ends_with(' ') { "a".repeat(4096) } else { "X: y\r\n".repeat(700) };
            while guest.send(&line).await {}
        })
        .await;
        let answer = picture(patient(), &server).await;
        assert_eq!(answer.result, failed(FailKind::Protocol), "{first:?}: {answer:?}");
    }
    let noise = Server::saying([0x81, 0xff, 0x00, 0xfe].repeat(512)).await;
    assert_eq!(picture(patient(), &noise).await.result, failed(FailKind::Protocol));
    let rtsp = Server::saying("RTSP/1.0 400 Bad Request\r\n\r\n").await;
    assert_eq!(picture(patient(), &rtsp).await.result, failed(FailKind::Protocol));
}

#[tokio::test]
async fn silence_and_hanging_up() {
    let hanging = Server::start(|mut guest| async move { guest.hang().await }).await;
    let answer = picture(hasty(), &hanging).await;
    assert_eq!((answer.result, answer.phase), (failed(FailKind::Timeout), Phase::Protocol), "{answer:?}");
    let beginning = ["HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n".as_bytes(), &jpeg_bytes()[..30]].concat();
    let half = Server::saying(beginning.clone()).await;
    let answer = picture(hasty(), &half).await;
    assert_eq!((answer.result, answer.phase), (failed(FailKind::Timeout), Phase::Body), "{answer:?}");
    let reset = Server::start(|guest| async move { guest.stream.set_zero_linger().unwrap() }).await;
    let farewell = Server::start(|mut guest| async move { _ = guest.request().await }).await;
    let torn = Server::start(move |mut guest| {
        let beginning = beginning.clone();
        async move {
            guest.request().await;
            guest.send(beginning).await;
        }
    })
    .await;
    for server in [&reset, &farewell, &torn] {
        let answer = picture(patient(), server).await;
        assert_eq!(answer.result, failed(FailKind::Reset), "{answer:?}");
    }
}

#[tokio::test]
async fn a_dribbled_picture_does_not_outlast_the_deadline() {
    let server = Server::start(|mut guest| async move {
        guest.request().await;
        guest.send("HTTP/1.1 200 OK\r\n\r\n").await;
        guest.send([0xff, 0xd8]).await;
        while guest.send([0xff]).await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let answer = picture(hasty(), &server).await;
    assert_eq!((answer.result, answer.phase), (failed(FailKind::Timeout), Phase::Body), "{answer:?}");
}

#[tokio::test]
async fn statuses_are_judged() {
    for (status, result) in [
        ("403 Forbidden", answered(Reason::Auth)),
        ("405 Method Not Allowed", answered(Reason::Method)),
        ("501 Not Implemented", answered(Reason::Method)),
        ("429 Too Many Requests", answered(Reason::Busy)),
        ("503 Service Unavailable", answered(Reason::Busy)),
        ("404 Not Found", failed(FailKind::Protocol)),
        ("500 Oops", failed(FailKind::Protocol)),
        ("204 No Content", failed(FailKind::Protocol)),
    ] {
        let server = Server::answering(move |_| {
            let body: &[u8] = if status.starts_with("204") { b"" } else { b"<html/>" };
            Some(http_answer(status, "", body))
        })
        .await;
        assert_eq!(picture(patient(), &server).await.result, result, "{status}");
    }
}

#[tokio::test]
async fn a_late_picture_of_a_confirming_try_is_slow() {
    let server = Server::start(|mut guest| async move {
        guest.request().await;
        tokio::time::sleep(Duration::from_millis(150)).await;
        guest.send(http_answer("200 OK", "", &jpeg_bytes())).await;
        guest.hang().await;
    })
    .await;
    let mut question = for_url(&Url::parse(&server.http()).unwrap(), None).unwrap();
    question.confirming = true;
    let limits = Limits { timeout: Duration::from_millis(50), ..patient() };
    assert_eq!(prober(limits).ask(&question).await.result, ProbeResult::Pass { slow: true });
}

/// Within every other bound: interim answers, chunks of one byte, an answer of TLS that is no handshake.
#[tokio::test]
async fn a_camera_that_talks_on_and_on_is_bounded_by_all_it_says() {
    let limits = Limits { line_bytes: 512 * 1024, ..patient() };
    let whole = jpeg_bytes();
    let chunked =
        ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n13\r\n".as_bytes(), &whole[..19], b"\r\n"].concat();
    let extension = format!("1;{}\r\n7\r\n", "x".repeat(1024));
    for (first, piece) in [
        (Vec::new(), "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".to_owned()),
        (chunked.clone(), "1\r\n7\r\n".to_owned()),
        (chunked, extension),
    ] {
        let server = Server::start(move |mut guest| {
            let (first, chunk) = (first.clone(), piece.repeat(4096_usize.div_ceil(piece.len())));
            async move {
                guest.request().await;
                guest.send(first).await;
                while guest.send(&chunk).await {}
            }
        })
        .await;
        let answer = picture(limits.clone(), &server).await;
        assert_eq!(answer.result, failed(FailKind::Protocol), "{answer:?}");
    }
}
