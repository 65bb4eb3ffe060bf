//! What ntfy and gateways may answer, each by each: whatever it is but a yes, the message is tried again under its key, and
//! what was said is kept without secrets.

use cunkou_core::model::Span;

use super::fixture::opened;
use super::http::{Answer, PATIENCE, Receiver, quick, sink, start, with};
use super::robots::gateway;
use crate::files::secrets::SecretUrl;
use crate::files::settings::{SinkKind, SinkSettings};
use crate::notify::{Pace, Received};

fn settings(kind: SinkKind, port: u16) -> SinkSettings {
    if kind == SinkKind::Http {
        return SinkSettings { name: "desk".to_owned(), ..gateway("POST", "text/plain", "{{ title }}", port) };
    }
    let url = SecretUrl::parse(&format!("http://127.0.0.1:{port}/topic-hunter2")).unwrap();
    SinkSettings { url, ..sink("desk", kind, port) }
}

/// What each says of a message that it took.
const OK: [(SinkKind, &str); 2] =
    [(SinkKind::Ntfy, r#"{"id":"sPs71M8A2T","event":"message"}"#), (SinkKind::Http, r#"{"said": "ok"}"#)];

#[tokio::test]
async fn ntfy_and_a_gateway_that_do_not_say_yes_hear_it_again_under_the_same_key() {
    let error = r#"{"code":42908,"http":429,"error":"limit reached: hunter2"}"#;
    let login = "<html>please log in to the Wi-Fi, hunter2</html>";
    let (no, maybe) = (Received::No, Received::Maybe);
    // Who, what it does, what is kept of it, its status, and whether it may have the message all the same.
    let cases = [
        (0, Answer::Says(error), "answered 200 with error 42908: limit reached", Some(200), no),
        (0, Answer::Says(r#"{"error":"hunter2"}"#), "answered 200 with error: ", Some(200), no),
        (0, Answer::Says(login), "answered 200 without a message: <html>", Some(200), maybe),
        (0, Answer::Says(""), "answered 200 without a message", Some(200), maybe),
        (1, Answer::Says(error), "answered without what is expected", Some(200), no),
        (1, Answer::Says(login), "answered without what is expected", Some(200), no),
    ]
    .into_iter()
    .chain([0, 1].into_iter().flat_map(|who| {
        [
            (who, Answer::Status("500 Internal Server Error"), "answered 500", Some(500), maybe),
            (who, Answer::Status("429 Too Many Requests\r\nRetry-After: 1"), "answered 429", Some(429), no),
            (who, Answer::Status("403 Forbidden"), "answered 403", Some(403), no),
            (who, Answer::Hang, "no answer in time", None, maybe),
            (who, Answer::Close, "the connection broke", None, maybe),
        ]
    }));
    for (who, answer, said, code, received) in cases {
        let (kind, ok) = OK[who];
        let what = format!("{kind:?} {answer:?}");
        let mut receiver = Receiver::saying(vec![answer], ok).await;
        // What is asked for is waited for in the shortest time that a test has.
        let pace = Pace { longest_asked: Span::millis(20), ..quick() };
        let rig = start(&[settings(kind, receiver.port)], with(&["desk"], vec![opened(42)]), pace).unwrap();
        let (first, second) = (receiver.next().await, receiver.next().await);
        assert_eq!((first.key(), second.key()), ("42/desk/1", "42/desk/1"), "{what}");
        assert!(rig.sinks.drain(PATIENCE).await, "{what}");
        assert_eq!(rig.outbox.delivered(), ["desk 42/1"], "{what}");
        assert_eq!((rig.outbox.codes(), rig.outbox.received()), (vec![code, Some(200)], vec![received]), "{what}");
        let error = rig.outbox.last_error();
        assert!(error.starts_with(said) && !error.contains("topic-hunter2"), "{what}: {error}");
    }
}
