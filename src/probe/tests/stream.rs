//! Stream: RTSP servers that misbehave.

use super::*;

async fn stream(limits: Limits, server: &Server) -> Answer {
    ask(limits, &server.rtsp(), None).await
}

/// DESCRIBE is asked only where a credential is known.
async fn describe(limits: Limits, server: &Server) -> Answer {
    ask(limits, &server.rtsp(), Some(credential(false))).await
}

#[tokio::test]
async fn an_honest_camera_passes() {
    let server = Server::answering(|r| {
        let sdp = if r.starts_with("DESCRIBE") { SDP } else { "" };
        Some(rtsp_answer(r, "200 OK", "", sdp))
    })
    .await;
    let answer = stream(patient(), &server).await;
    assert_eq!((answer.result, answer.phase, answer.credential_tried), (PASS, Phase::Protocol, false), "{answer:?}");
    assert!(answer.rtt.is_some());
    let answer = describe(patient(), &server).await;
    assert_eq!((answer.result, answer.phase, answer.credential_tried), (PASS, Phase::Body, false), "{answer:?}");
    let methods: Vec<String> = server.log.requests().iter().map(|r| r.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(methods, ["OPTIONS", "OPTIONS", "DESCRIBE"]);
    assert!(server.log.requests()[2].contains("Accept: application/sdp\r\n"));
    assert!(server.log.requests()[0].starts_with(&format!("OPTIONS {} RTSP/1.0\r\n", server.rtsp())));
}

#[tokio::test]
async fn whoever_says_nothing_hangs() {
    let server = Server::start(|mut guest| async move { guest.hang().await }).await;
    let answer = stream(hasty(), &server).await;
    assert_eq!((answer.result, answer.phase), (failed(FailKind::Timeout), Phase::Protocol), "{answer:?}");
    assert_eq!(Hint::from(Check::Stream, &answer), Hint::Hung);
}

#[tokio::test]
async fn whoever_hangs_up_resets() {
    let reset = Server::start(|guest| async move { guest.stream.set_zero_linger().unwrap() }).await;
    let farewell = Server::start(|mut guest| async move { _ = guest.request().await }).await;
    for server in [&reset, &farewell] {
        let answer = stream(patient(), server).await;
        assert_eq!(answer.result, failed(FailKind::Reset), "{answer:?}");
        assert_eq!(server.log.connections.load(Ordering::Relaxed), 1, "nothing is asked twice for nothing");
    }
}

#[tokio::test]
async fn what_is_no_rtsp_is_told_at_once() {
    // Half a minute of patience: a server that is told by its first bytes does not use it.
    for (text, kind) in [
        (b"\x81\x92\xa3\xff\xfe".to_vec(), FailKind::Protocol),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), FailKind::Protocol),
        (b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), FailKind::Protocol),
        (b"220 ftp ready\r\n".to_vec(), FailKind::Protocol),
        (b"Hello".to_vec(), FailKind::Protocol),
        (vec![b'A'; 100], FailKind::Protocol),
        (b"RTSP/1.0 abc OK\r\n\r\n".to_vec(), FailKind::Protocol),
        (b"RTSP/9.9 200 OK\r\n\r\n".to_vec(), FailKind::Protocol),
        (b"RTSP/1.0 200 OK\r\nContent-Length: 3000000000\r\n\r\n".to_vec(), FailKind::Body),
        (b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n".to_vec(), FailKind::Protocol),
        (b"RTSP/1.0 200 OK\r\nContent-Length: +5\r\n\r\n".to_vec(), FailKind::Protocol),
        (b"RTSP/1.0 200 OK\r\nContent-Length: 3e9\r\n\r\n".to_vec(), FailKind::Protocol),
        (b"RTSP/1.0 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n".to_vec(), FailKind::Protocol),
        (b"RTSP/1.0 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n".to_vec(), FailKind::Protocol),
    ] {
        let server = Server::saying(text.clone()).await;
        let answer = stream(patient(), &server).await;
        assert_eq!(answer.result, failed(kind), "{:?}: {answer:?}", String::from_utf8_lossy(&text));
    }
}

#[tokio::test]
async fn an_answer_without_end_is_bounded_in_bytes() {
    let limits = patient();
    for piece in ["X-Padding: 0000000000000000\r\n", "0", "\r\n"] {
        let first = if piece == "\r\n" { "" } else { "RTSP/1.0 200 OK\r\nX: " };
        let server = Server::start(move |mut guest| async move {
            guest.send(first).await;
            let chunk = piece.repeat(4096 / piece.len());
            while guest.send(&chunk).await {}
        })
        .await;
        let answer = stream(limits.clone(), &server).await;
        assert_eq!(answer.result, failed(FailKind::Protocol), "{piece:?}: {answer:?}");
    }
}

#[tokio::test]
async fn talk_that_nobody_asked_for_is_bounded() {
    for piece in [
        b"RTSP/1.0 100 Continue\r\n\r\n".to_vec(),
        b"GET_PARAMETER rtsp://h/ RTSP/1.0\r\nCSeq: 1\r\n\r\n".to_vec(),
        [b"$\x00\xff\xff".as_slice(), &[b'\n'; 65_535]].concat(),
    ] {
        let server = Server::start(move |mut guest| {
            let piece = piece.clone();
            async move {
                let chunk = piece.repeat(4096_usize.div_ceil(piece.len()));
                while guest.send(&chunk).await {}
            }
        })
        .await;
        let answer = stream(patient(), &server).await;
        assert_eq!(answer.result, failed(FailKind::Protocol), "{answer:?}");
        assert!(answer.note.as_deref().is_some_and(|n| n.contains("never answers")), "{answer:?}");
    }
}

#[tokio::test]
async fn one_byte_at_a_time_does_not_outlast_the_deadline() {
    let server = Server::start(|mut guest| async move {
        guest.send("RTSP/1.0 200 OK\r\nX: ").await;
        while guest.send("a").await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let answer = stream(hasty(), &server).await;
    assert_eq!((answer.result, answer.phase), (failed(FailKind::Timeout), Phase::Protocol));
}

#[tokio::test]
async fn a_camera_may_stutter_chatter_and_forget() {
    type Odd = fn(&str) -> Vec<u8>;
    let cases: [(&str, Odd); 13] = [
        ("1xx first", |r| [b"RTSP/1.0 100 Continue\r\n\r\n".to_vec(), rtsp_answer(r, "200 OK", "", SDP)].concat()),
        ("data first", |r| [b"$\x00\x00\x06\r\n\r\n\r\n".to_vec(), rtsp_answer(r, "200 OK", "", SDP)].concat()),
        ("a big frame of data first", |r| {
            [b"$\x01\xff\xff".to_vec(), vec![b'\n'; 65_535], rtsp_answer(r, "200 OK", "", SDP)].concat()
        }),
        ("a request of its own first", |r| {
            [b"OPTIONS * RTSP/1.0\r\nCSeq: 77\r\n\r\n".to_vec(), rtsp_answer(r, "200 OK", "", SDP)].concat()
        }),
        ("blank lines before and after", |r| {
            [b"\r\n\r\n\n".to_vec(), rtsp_answer(r, "200 OK", "", SDP), b"\r\n\r\n".to_vec()].concat()
        }),
        ("line ends of one byte", |r| {
            let text = String::from_utf8(rtsp_answer(r, "200 OK", "", "")).unwrap().replace("\r\n", "\n");
            let text = text.replacen("\n\n", &format!("\nContent-Length: {}\n\n", SDP.len()), 1);
            [text.into_bytes(), SDP.as_bytes().to_vec()].concat()
        }),
        ("no CSeq", |_| format!("RTSP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n{SDP}", SDP.len()).into_bytes()),
        ("a made-up CSeq", |_| {
            format!("RTSP/1.0 200 OK\r\nCSeq: 4711\r\nContent-Length: {}\r\n\r\n{SDP}", SDP.len()).into_bytes()
        }),
        ("CSeq zero", |_| {
            format!("RTSP/1.0 200 OK\r\nCSeq: 0\r\nContent-Length: {}\r\n\r\n{SDP}", SDP.len()).into_bytes()
        }),
        ("an answer to an earlier request first", |r| {
            let late = if cseq(r) > 1 { "RTSP/1.0 500 Late\r\nCSeq: 1\r\n\r\n" } else { "" };
            [late.as_bytes().to_vec(), rtsp_answer(r, "200 OK", "", SDP)].concat()
        }),
        ("no reason", |r| rtsp_answer(r, "200", "", SDP)),
        ("a name in GBK and a line that is no header", |r| {
            let mut bytes = rtsp_answer(r, "200 OK", "Server: XX\r\nnonsense\r\nOdd : 1\r\n", SDP);
            let at = bytes.windows(2).position(|w| w == b"XX").unwrap();
            bytes[at..at + 2].copy_from_slice(b"\xb4\xe5");
            bytes
        }),
        ("a folded and a doubled header", |r| {
            let length = format!("X: a\r\n b\r\ncontent-length: {}\r\n", SDP.len());
            rtsp_answer(r, "200 OK", &length, SDP)
        }),
    ];
    for (name, odd) in cases {
        let server = Server::answering(move |r| Some(odd(r))).await;
        let answer = describe(patient(), &server).await;
        assert_eq!(answer.result, PASS, "{name}: {answer:?}");
    }
}

#[tokio::test]
async fn statuses_are_judged() {
    use Reason::{Auth, Busy, Method};
    for (options, describing, alone, with) in [
        ("200 OK", "200 OK", PASS, PASS),
        ("401 Unauthorized", "200 OK", PASS, PASS),
        ("403 Forbidden", "200 OK", answered(Auth), PASS),
        ("405 Method Not Allowed", "200 OK", answered(Method), PASS),
        ("501 Not Implemented", "501 Not Implemented", answered(Method), answered(Method)),
        ("503 Service Unavailable", "200 OK", answered(Busy), answered(Busy)),
        ("453 Not Enough Bandwidth", "200 OK", answered(Busy), answered(Busy)),
        ("200 OK", "453 Not Enough Bandwidth", PASS, answered(Busy)),
        ("200 OK", "503 Service Unavailable", PASS, answered(Busy)),
        ("200 OK", "405 Method Not Allowed", PASS, answered(Method)),
        ("200 OK", "403 Forbidden", PASS, answered(Auth)),
        ("200 OK", "404 Stream Not Found", PASS, failed(FailKind::Protocol)),
        ("500 Internal Server Error", "200 OK", failed(FailKind::Protocol), failed(FailKind::Protocol)),
    ] {
        let server = Server::answering(move |r| {
            let status = if r.starts_with("OPTIONS") { options } else { describing };
            Some(rtsp_answer(r, status, "", if status == "200 OK" { SDP } else { "" }))
        })
        .await;
        assert_eq!(stream(patient(), &server).await.result, alone, "OPTIONS {options}");
        assert_eq!(describe(patient(), &server).await.result, with, "OPTIONS {options}, DESCRIBE {describing}");
    }
}

#[tokio::test]
async fn a_description_must_name_a_video() {
    for (sdp, result) in [
        (SDP, PASS),
        ("v=0\nm=video 0 RTP/AVP 96\n", PASS),
        ("", failed(FailKind::Body)),
        ("v=0\r\nm=audio 0 RTP/AVP 0\r\n", failed(FailKind::Body)),
        ("<html>login</html>", failed(FailKind::Body)),
    ] {
        let server = Server::answering(move |r| Some(rtsp_answer(r, "200 OK", "", sdp))).await;
        let answer = describe(patient(), &server).await;
        assert_eq!((answer.result, answer.phase), (result, Phase::Body), "{sdp:?}: {answer:?}");
    }
}

#[tokio::test]
async fn a_late_answer_of_a_confirming_try_is_slow() {
    let server = Server::start(|mut guest| async move {
        while let Some(request) = guest.request().await {
            tokio::time::sleep(Duration::from_millis(150)).await;
            guest.send(rtsp_answer(&request, "200 OK", "", "")).await;
        }
    })
    .await;
    let limits = Limits { timeout: Duration::from_millis(50), ..patient() };
    let mut question = for_url(&Url::parse(&server.rtsp()).unwrap(), None).unwrap();
    let prober = prober(limits);
    assert_eq!(prober.ask(&question).await.result, failed(FailKind::Timeout));
    question.confirming = true;
    assert_eq!(prober.ask(&question).await.result, ProbeResult::Pass { slow: true });
}

#[tokio::test]
async fn a_device_that_hangs_up_after_each_answer_is_asked_over_another_line() {
    for header in ["Connection: close\r\n", ""] {
        let server = Server::start(move |mut guest| async move {
            if let Some(request) = guest.request().await {
                let sdp = if request.starts_with("DESCRIBE") { SDP } else { "" };
                guest.send(rtsp_answer(&request, "200 OK", header, sdp)).await;
                _ = guest.stream.shutdown().await;
            }
        })
        .await;
        let answer = describe(patient(), &server).await;
        assert_eq!(answer.result, PASS, "{header:?}: {answer:?}");
        assert_eq!(server.log.connections.load(Ordering::Relaxed), 2);
    }
}

#[tokio::test]
async fn what_a_camera_says_is_shown_without_tricks() {
    let server = Server::answering(|r| {
        let tricks = "Server: \u{1b}[2J\u{202e}evil\u{7}\r\n";
        Some(rtsp_answer(r, "200 O\u{1b}[31mK", &tricks.repeat(100), ""))
    })
    .await;
    let answer = stream(patient(), &server).await;
    assert_eq!(answer.result, PASS);
    let heard = answer.steps.iter().find(|s| s.what.starts_with('←')).unwrap();
    assert!(heard.lines.len() <= 40 && heard.lines.iter().any(|l| l.contains("[2J")), "{heard:?}");
    assert!(!format!("{answer:?}").contains('\u{202e}') && !format!("{answer:?}").contains("\\u{202e}"));
}
