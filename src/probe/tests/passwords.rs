//! Passwords: Digest in its kinds, Basic where it may be, and never once too often.

use md5::Md5;
use sha2::Sha256;

use super::*;

fn hash(algorithm: &str, parts: &[&str]) -> String {
    let text = parts.join(":");
    let bytes = match algorithm.trim_end_matches("-sess") {
        "SHA-256" => <Sha256 as sha2::Digest>::digest(text.as_bytes()).to_vec(),
        _ => <Md5 as md5::Digest>::digest(text.as_bytes()).to_vec(),
    };
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// What a request carries in `Authorization`, with its first line.
fn shown(request: &str) -> Option<(&str, &str, &str)> {
    let value =
        request.lines().find_map(|l| l.split_once(": ").filter(|(n, _)| n.eq_ignore_ascii_case("authorization")));
    let mut first = request.split(' ');
    Some((first.next()?, first.next()?, value?.1))
}

/// Whether a request answers the challenge as RFC 7616 and, without qop, RFC 2069 have it. Written from the standards,
/// with none of the code under test.
fn is_right(request: &str, realm: &str, nonce: &str, algorithm: &str, qop: bool) -> bool {
    let Some((method, uri, value)) = shown(request) else { return false };
    let Ok(parsed) = http_auth::parse_challenges(value) else { return false };
    let param = |name: &str| {
        let found = parsed[0].params.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, v)| v.to_unescaped()).unwrap_or_default()
    };
    let mut who = hash(algorithm, &[USER, realm, PASSWORD]);
    if algorithm.ends_with("-sess") {
        who = hash(algorithm, &[&who, nonce, &param("cnonce")]);
    }
    let what = hash(algorithm, &[method, uri]);
    let wanted = if qop {
        hash(algorithm, &[&who, nonce, &param("nc"), &param("cnonce"), "auth", &what])
    } else {
        hash(algorithm, &[&who, nonce, &what])
    };
    param("response") == wanted && param("uri") == uri && param("username") == USER && param("nonce") == nonce
}

/// RTSP or HTTP, as the request is.
fn answer_to(request: &str, status: &str, headers: &str) -> Vec<u8> {
    match (request.starts_with("GET"), status == "200 OK") {
        (true, true) => http_answer(status, headers, &jpeg_bytes()),
        (true, false) => http_answer(status, headers, b"<html>401</html>"),
        (false, true) => rtsp_answer(request, status, headers, SDP),
        (false, false) => rtsp_answer(request, status, headers, ""),
    }
}

/// A camera with these challenges that lets in whom `right` says.
async fn guarded(challenges: &'static str, right: impl Fn(&str) -> bool + Send + Sync + Clone + 'static) -> Server {
    Server::answering(move |r| {
        let open = r.starts_with("OPTIONS") || right(r);
        Some(if open { answer_to(r, "200 OK", "") } else { answer_to(r, "401 Unauthorized", challenges) })
    })
    .await
}

/// Asks stream and picture.
async fn both(server: &Server, basic: bool) -> [Answer; 2] {
    [
        ask(patient(), &server.rtsp(), Some(credential(basic))).await,
        ask(patient(), &server.http(), Some(credential(basic))).await,
    ]
}

#[tokio::test]
async fn every_kind_of_digest_is_answered() {
    for (challenges, algorithm, qop) in [
        ("WWW-Authenticate: Digest realm=\"gate 1\", nonce=\"n1\"\r\n", "MD5", false),
        ("WWW-Authenticate: Digest realm=\"gate 1\",nonce=\"n1\",stale=\"FALSE\"\r\n", "MD5", false),
        ("WWW-Authenticate: Digest realm=\"gate 1\", nonce=\"n1\", algorithm=MD5, qop=\"auth\"\r\n", "MD5", true),
        (
            "WWW-Authenticate: Digest realm=\"gate 1\", nonce=\"n1\", qop=\"auth,auth-int\", opaque=\"\"\r\n",
            "MD5",
            true,
        ),
        (
            "WWW-Authenticate: Digest realm=\"gate 1\", nonce=\"n1\", algorithm=MD5-sess, qop=\"auth\"\r\n",
            "MD5-sess",
            true,
        ),
        (
            "WWW-Authenticate: Digest realm=\"gate 1\", nonce=\"n1\", algorithm=SHA-256, qop=\"auth\"\r\n",
            "SHA-256",
            true,
        ),
        (
            "WWW-Authenticate: Digest realm=\"gate 1\", nonce=\"n1\", algorithm=SHA-256-sess, qop=\"auth\"\r\n",
            "SHA-256-sess",
            true,
        ),
        // Two offers, in two headers or in one: the stronger is taken, in whatever order they come, and never Basic.
        (
            "WWW-Authenticate: Digest realm=\"gate 1\", nonce=\"n1\", algorithm=MD5, qop=\"auth\"\r\n\
             WWW-Authenticate: Digest realm=\"gate 1\", nonce=\"n1\", algorithm=SHA-256, qop=\"auth\"\r\n\
             WWW-Authenticate: Basic realm=\"gate 1\"\r\n",
            "SHA-256",
            true,
        ),
        (
            "WWW-Authenticate: Basic realm=\"gate 1\", Digest realm=\"gate 1\", nonce=\"n1\", qop=\"auth\"\r\n",
            "MD5",
            true,
        ),
        (
            "WWW-Authenticate: Digest realm=\"gate 1\", nonce=\"x\", algorithm=ODD\r\n\
             WWW-Authenticate: Digest realm=\"gate 1\", nonce=\"n1\"\r\n",
            "MD5",
            false,
        ),
    ] {
        let server = guarded(challenges, move |r| is_right(r, "gate 1", "n1", algorithm, qop)).await;
        for answer in both(&server, true).await {
            assert_eq!((answer.result, answer.credential_tried), (PASS, true), "{challenges}: {answer:?}");
            assert!(answer.times.get(Phase::Auth).is_some());
        }
        assert_eq!(server.log.passwords(), 2, "one try each");
        assert!(!server.log.requests().concat().contains(&basic_token()));
    }
}

#[tokio::test]
async fn a_wrong_password_is_tried_once() {
    const DIGEST: &str = "WWW-Authenticate: Digest realm=\"c\", nonce=\"n\", qop=\"auth\"\r\n";
    let server = guarded(DIGEST, |_| false).await;
    for answer in both(&server, false).await {
        assert_eq!((answer.result, answer.phase), (answered(Reason::Auth), Phase::Auth), "{answer:?}");
        assert!(answer.credential_tried);
        assert_eq!(Hint::from(Check::Stream, &answer), Hint::Password);
    }
    assert_eq!(server.log.passwords(), 2, "one try each");
}

#[tokio::test]
async fn a_nonce_that_has_ended_is_answered_once_more_and_never_again() {
    const STALE: &str = "WWW-Authenticate: Digest realm=\"c\", nonce=\"n2\", stale=true\r\n";
    let server = guarded(STALE, |_| false).await;
    for answer in both(&server, false).await {
        assert_eq!(answer.result, answered(Reason::Auth), "{answer:?}");
    }
    assert_eq!(server.log.passwords(), 4, "two tries each, whatever it says");

    let server = Server::start(|mut guest| async move {
        let mut told = "n1";
        while let Some(r) = guest.request().await {
            let open = r.starts_with("OPTIONS") || is_right(&r, "c", "n2", "MD5", false);
            if open {
                guest.send(answer_to(&r, "200 OK", "")).await;
            } else {
                let stale = shown(&r).is_some();
                let header = format!("WWW-Authenticate: Digest realm=\"c\", nonce=\"{told}\", stale={stale}\r\n");
                guest.send(answer_to(&r, "401 Unauthorized", &header)).await;
                told = "n2";
            }
        }
    })
    .await;
    for answer in both(&server, false).await {
        assert_eq!(answer.result, PASS, "{answer:?}");
    }
    assert_eq!(server.log.connections.load(Ordering::Relaxed), 2, "a conversation is one connection");
}

#[tokio::test]
async fn a_camera_that_hangs_up_on_the_password_sees_it_twice_at_most() {
    let server = Server::start(|mut guest| async move {
        while let Some(r) = guest.request().await {
            if shown(&r).is_some() {
                return;
            }
            let status = if r.starts_with("OPTIONS") { "200 OK" } else { "401 Unauthorized" };
            guest.send(answer_to(&r, status, "WWW-Authenticate: Digest realm=\"c\", nonce=\"n\"\r\n")).await;
        }
    })
    .await;
    for answer in both(&server, false).await {
        assert_eq!(answer.result, failed(FailKind::Reset), "{answer:?}");
        assert!(answer.credential_tried);
    }
    assert!(server.log.passwords() <= 4, "{}", server.log.passwords());
}

#[tokio::test]
async fn basic_goes_in_clear_only_where_the_town_allows_it() {
    let token = basic_token();
    let right = move |r: &str| shown(r).is_some_and(|(_, _, v)| v == format!("Basic {token}"));
    let server = guarded("WWW-Authenticate: Basic realm=\"c\"\r\n", right).await;
    for answer in both(&server, false).await {
        assert_eq!((answer.result, answer.credential_tried), (answered(Reason::Auth), false), "{answer:?}");
        assert!(answer.note.as_deref().is_some_and(|n| n.contains("basic = true")), "{answer:?}");
    }
    assert_eq!(server.log.passwords(), 0);
    for answer in both(&server, true).await {
        assert_eq!((answer.result, answer.credential_tried), (PASS, true), "{answer:?}");
    }
    assert_eq!(server.log.passwords(), 2);
}

#[tokio::test]
async fn a_challenge_that_cannot_be_answered_shows_nothing() {
    for challenges in [
        "",
        "WWW-Authenticate: Negotiate\r\n",
        "WWW-Authenticate: Digest realm=\"c\"\r\n",
        "WWW-Authenticate: Digest realm=\"c\", nonce=\"n\", algorithm=ROT13\r\n",
        "WWW-Authenticate: ,,,\"\\\r\n",
        // A limit of the library: a realm in Chinese is not read. It is said, and the camera is not taken for dead.
        "WWW-Authenticate: Digest realm=\"村口\", nonce=\"n\"\r\n",
    ] {
        let server = guarded(challenges, |_| false).await;
        for answer in both(&server, false).await {
            assert_eq!((answer.result, answer.credential_tried), (answered(Reason::Auth), false), "{challenges}");
        }
        assert_eq!(server.log.passwords(), 0);
    }
}

#[tokio::test]
async fn without_a_credential_a_guarded_stream_is_alive_and_a_guarded_picture_says_why() {
    let server = guarded("WWW-Authenticate: Digest realm=\"c\", nonce=\"n\"\r\n", |_| false).await;
    assert_eq!(ask(patient(), &server.rtsp(), None).await.result, PASS);
    let answer = ask(patient(), &server.http(), None).await;
    assert_eq!((answer.result, answer.credential_tried), (answered(Reason::Auth), false));
}

#[tokio::test]
async fn no_secret_is_written_down_even_if_the_camera_repeats_it() {
    let server = Server::answering(|r| {
        let echo = shown(r).map(|(_, _, v)| format!("X-Debug: {v} {PASSWORD}\r\n")).unwrap_or_default();
        let echo = format!("{echo}WWW-Authenticate: Basic realm=\"c\"\r\n");
        Some(answer_to(r, if r.starts_with("OPTIONS") { "200 OK" } else { "401 Unauthorized" }, &echo))
    })
    .await;
    // `ask` looks for the marked password in every note, step and Debug.
    for answer in both(&server, true).await {
        assert!(format!("{answer:?}").contains("(not shown)"), "{answer:?}");
    }
    let question = for_url(&Url::parse(&server.rtsp()).unwrap(), Some(credential(true))).unwrap();
    assert!(!format!("{question:?}").contains("MARKED") && !format!("{question:?}").contains(USER));
}

#[tokio::test]
async fn a_password_in_a_url_is_neither_sent_nor_shown() {
    let server = Server::answering(|r| Some(answer_to(r, "200 OK", ""))).await;
    for scheme in ["rtsp", "http"] {
        let url = Url::parse(&format!("{scheme}://watch:MARKED@{}/a#MARKED", server.addr)).unwrap();
        let question = for_url(&url, None).unwrap();
        assert!(!format!("{question:?}").contains("MARKED"), "{question:?}");
        // Also where somebody builds the question by hand.
        let how = if scheme == "rtsp" { How::Stream { url } } else { How::Picture { url } };
        let question = Question { how, confirming: false, canary: false, credential: None };
        let answer = prober(patient()).ask_aloud(&question).await;
        assert_eq!(answer.result, PASS, "{answer:?}");
        assert_clean(&answer);
    }
    assert!(!server.log.requests().concat().contains("MARKED"), "{:?}", server.log.requests());
}

#[test]
fn a_token_of_the_verifier_is_what_the_standard_says() {
    // RFC 2617, 3.5: the example, so that the verifier above is not merely the mirror of the code under test.
    let who = hash("MD5", &["Mufasa", "testrealm@host.com", "Circle Of Life"]);
    let what = hash("MD5", &["GET", "/dir/index.html"]);
    let nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093";
    let response = hash("MD5", &[&who, nonce, "00000001", "0a4f113b", "auth", &what]);
    assert_eq!(response, "6629fae49393a05397450978507c4ef1");
}
