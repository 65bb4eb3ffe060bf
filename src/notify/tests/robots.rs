//! Robots, ntfy and gateways, each against a receiver that checks what it gets and answers as the vendors do.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cunkou_core::model::Language;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::fixture::{T0, opened};
use super::http::{Answer, Got, PATIENCE, Receiver, quick, sink, start, with};
use crate::files::secrets::{SecretText, SecretUrl};
use crate::files::settings::{SinkForm, SinkKind, SinkSettings};
use crate::notify::{Received, SinksError};

/// What a robot answers when it took a message.
const OK: [(SinkKind, &str); 3] = [
    (SinkKind::Dingtalk, r#"{"errcode":0,"errmsg":"ok"}"#),
    (SinkKind::Wecom, r#"{"errcode":0,"errmsg":"ok"}"#),
    (SinkKind::Feishu, r#"{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}"#),
];

fn robot(kind: SinkKind, port: u16) -> SinkSettings {
    // The robot of WeCom has nothing to sign with.
    let secret = Some("desk".to_owned()).filter(|_| kind != SinkKind::Wecom);
    let url = SecretUrl::parse(&format!("http://127.0.0.1:{port}/robot/send?access_token=tok-hunter2")).unwrap();
    SinkSettings { secret, url, ..sink("desk", kind, port) }
}

fn hmac(key: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// The signature is right, of this moment, and the secret itself is not there.
fn is_signed(kind: SinkKind, got: &Got) {
    assert!(!got.raw.contains("hunter2") && got.header("authorization").is_none(), "{got:?}");
    let path = got.head.split(' ').nth(1).unwrap();
    let url = url::Url::parse(&format!("http://h{path}")).unwrap();
    let query = |name: &str| url.query_pairs().find(|(k, _)| k == name).map(|(_, v)| v.into_owned());
    assert_eq!(query("access_token").as_deref(), Some("tok-hunter2"));
    let near = |seconds: i64| (seconds - T0.millis() / 1_000).abs() < 60;
    match kind {
        SinkKind::Dingtalk => {
            let at = query("timestamp").unwrap();
            assert!(near(at.parse::<i64>().unwrap() / 1_000), "milliseconds");
            assert_eq!(query("sign").unwrap(), hmac("hunter2", &format!("{at}\nhunter2")));
            assert_eq!((&got.body["msgtype"], &got.body["at"]["isAtAll"]), (&"markdown".into(), &false.into()));
        }
        SinkKind::Feishu => {
            let at = got.body["timestamp"].as_str().unwrap();
            assert!(near(at.parse().unwrap()), "seconds");
            assert_eq!(got.body["sign"], hmac(&format!("{at}\nhunter2"), ""));
            assert_eq!(got.body["msg_type"], "post");
        }
        _ => assert_eq!(got.body["msgtype"], "markdown"),
    }
}

#[tokio::test]
async fn a_robot_gets_a_message_once_and_signed() {
    for (kind, ok) in OK {
        let mut receiver = Receiver::saying(vec![], ok).await;
        let rig = start(&[robot(kind, receiver.port)], with(&["desk"], vec![opened(42)]), quick()).unwrap();
        let got = receiver.next().await;
        is_signed(kind, &got);
        assert_eq!(got.header("content-type"), Some("application/json"));
        assert!(rig.sinks.drain(PATIENCE).await);
        assert_eq!(rig.outbox.delivered(), ["desk 42/1"], "{kind:?}");
        assert!(receiver.got.try_recv().is_err(), "once");
    }
}

/// What the vendors put into the body of a 200, and what it means.
const CODES: [(SinkKind, &str, Received); 12] = [
    (SinkKind::Dingtalk, r#"{"errcode":-1,"errmsg":"系统繁忙"}"#, Received::No),
    (SinkKind::Dingtalk, r#"{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}"#, Received::No),
    (SinkKind::Dingtalk, r#"{"errcode":310000,"errmsg":"sign not match tok-hunter2 hunter2"}"#, Received::No),
    (SinkKind::Dingtalk, r#"{"errcode":300005,"errmsg":"token is not exist"}"#, Received::No),
    (SinkKind::Wecom, r#"{"errcode":45009,"errmsg":"api freq out of limit, hint: [1]"}"#, Received::No),
    (SinkKind::Wecom, r#"{"errcode":93000,"errmsg":"invalid webhook url tok-hunter2"}"#, Received::No),
    (SinkKind::Wecom, r#"{"errcode":40058,"errmsg":"markdown.content exceed max length 4096"}"#, Received::No),
    (SinkKind::Feishu, r#"{"code":11232,"msg":"frequency limited"}"#, Received::No),
    (SinkKind::Feishu, r#"{"code":9499,"msg":"too many request","data":{}}"#, Received::No),
    (SinkKind::Feishu, r#"{"code":9499,"msg":"Bad Request","data":{}}"#, Received::No),
    (SinkKind::Feishu, r#"{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}"#, Received::No),
    (SinkKind::Feishu, "<html>please log in to the Wi-Fi</html>", Received::Maybe),
];

#[tokio::test]
async fn an_error_in_the_body_of_a_200_is_one() {
    for (kind, said, received) in CODES {
        let ok = OK.iter().find(|(k, _)| *k == kind).unwrap().1;
        let mut receiver = Receiver::saying(vec![Answer::Says(said)], ok).await;
        // What a robot asks for is waited for in the shortest time that a test has.
        let pace = crate::notify::Pace { longest_asked: cunkou_core::model::Span::millis(20), ..quick() };
        let rig = start(&[robot(kind, receiver.port)], with(&["desk"], vec![opened(42)]), pace).unwrap();
        let (first, second) = (receiver.next().await, receiver.next().await);
        assert_eq!((first.key(), second.key()), ("42/desk/1", "42/desk/1"), "{said}");
        is_signed(kind, &second);
        assert!(rig.sinks.drain(PATIENCE).await);
        assert_eq!(rig.outbox.delivered(), ["desk 42/1"], "{said}");
        assert_eq!(rig.outbox.received(), [received], "{said}");
        let error = rig.outbox.last_error();
        assert!(error.starts_with("answered 200 with") && !error.contains("hunter2"), "{said}: {error}");
    }
}

#[tokio::test]
async fn a_robot_that_breaks_or_hangs_is_tried_again_under_the_same_key() {
    for (kind, ok) in OK {
        for (answer, said) in [
            (Answer::Status("500 Internal Server Error"), "answered 500: no: …"),
            (Answer::Status("429 Too Many Requests\r\nRetry-After: 1"), "answered 429: no: …"),
            (Answer::Hang, "no answer in time"),
            (Answer::Close, "the connection broke"),
        ] {
            let mut receiver = Receiver::saying(vec![answer], ok).await;
            let rig = start(&[robot(kind, receiver.port)], with(&["desk"], vec![opened(42)]), quick()).unwrap();
            let (first, second) = (receiver.next().await, receiver.next().await);
            assert_eq!((first.key(), second.key()), ("42/desk/1", "42/desk/1"), "{kind:?} {answer:?}");
            assert!(rig.sinks.drain(PATIENCE).await);
            assert_eq!(rig.outbox.delivered(), ["desk 42/1"], "{kind:?} {answer:?}");
            // A robot of WeCom has no secret but the key in its URL.
            let error = rig.outbox.last_error();
            let said = if kind == SinkKind::Wecom { said.replace('…', "hunter2") } else { said.to_owned() };
            let shown = kind != SinkKind::Wecom && error.contains("hunter2");
            assert!(error.starts_with(&said) && !shown, "{kind:?} {answer:?}: {error}");
            let code = said.strip_prefix("answered ").and_then(|rest| rest.get(..3)?.parse().ok());
            assert_eq!(rig.outbox.codes(), [code, Some(200)], "{kind:?} {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_robot_is_asked_no_more_than_it_bears() {
    let mut receiver = Receiver::saying(vec![], OK[0].1).await;
    let pace = crate::notify::Pace { longest_asked: cunkou_core::model::Span::hours(1), ..quick() };
    let settings = [robot(SinkKind::Dingtalk, receiver.port)];
    let rig = start(&settings, with(&["desk"], (1..=30).map(opened).collect()), pace).unwrap();
    for _ in 0..20 {
        receiver.next().await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(receiver.got.try_recv().is_err(), "the 21st waits for the minute to pass");
    assert_eq!(rig.outbox.delivered().len(), 20);
    assert!(rig.outbox.last_error().starts_with("held back"), "{}", rig.outbox.last_error());
    assert_eq!(rig.outbox.received(), [Received::No]);
    assert!(rig.sinks.drain(PATIENCE).await);
}

#[tokio::test]
async fn ntfy_gets_json_at_its_root_and_the_topic_in_it() {
    let mut receiver = Receiver::saying(vec![Answer::Status("429 Too Many Requests")], r#"{"id":"x"}"#).await;
    let url = format!("http://127.0.0.1:{}/base/six-fingers", receiver.port);
    let settings = SinkSettings { url: SecretUrl::parse(&url).unwrap(), ..sink("desk", SinkKind::Ntfy, receiver.port) };
    let rig = start(&[settings], with(&["desk"], vec![opened(42)]), quick()).unwrap();
    receiver.next().await;
    let got = receiver.next().await;
    assert!(got.head.starts_with("POST /base/ HTTP/1.1"), "{}", got.head);
    assert_eq!(got.header("authorization"), Some("Bearer hunter2"));
    assert_eq!((&got.body["topic"], &got.body["priority"]), (&"six-fingers".into(), &5.into()));
    assert_eq!(got.body["tags"], serde_json::json!(["rotating_light"]));
    assert_eq!(got.body["click"], "http://cunkou.example/page/incident/42");
    assert!(got.body["title"].as_str().unwrap().starts_with("【新事件】村口失守 1 处"));
    assert!(got.body["message"].as_str().unwrap().starts_with("失守村口 1 处："));
    assert!(rig.sinks.drain(PATIENCE).await);
    assert!(rig.outbox.last_error().starts_with("answered 429") && !rig.outbox.last_error().contains("hunter2"));
}

pub(super) fn gateway(method: &'static str, content_type: &str, body: &str, port: u16) -> SinkSettings {
    let expect = "\"ok\"".to_owned();
    let form = SinkForm::Http { method, content_type: content_type.to_owned(), body: SecretText::new(body), expect };
    SinkSettings { form, language: Language::En, ..sink("sms", SinkKind::Http, port) }
}

#[tokio::test]
async fn a_gateway_gets_the_body_that_the_town_wrote() {
    let long = "{{ title }} {{ incident }} {{ entrances.count }}";
    for (method, content_type, body, expected) in [
        (
            "POST",
            "application/json",
            "{\"to\": \"1380\", \"text\": \"{{ headline }}\"}",
            "{\"to\": \"1380\", \"text\": \"1 entrance lost · 2 cameras down · cause: switch S12 (甘棠汇聚)\"}",
        ),
        (
            "PUT",
            "text/plain; charset=utf-8",
            long,
            "New: 1 entrance lost · 2 cameras down · cause: switch S12 (甘棠汇聚) 42 1",
        ),
        (
            "POST",
            "application/x-www-form-urlencoded",
            "text={{ cause }}&n={{ cameras.count }}",
            "text=switch+S12+%28%E7%94%98%E6%A3%A0%E6%B1%87%E8%81%9A%29&n=2",
        ),
        ("POST", "text/xml", "<m>{{ cause }}</m>", "<m>switch S12 (甘棠汇聚)</m>"),
    ] {
        let answers = vec![Answer::Says(r#"{"code": 17, "said": "hunter2"}"#)];
        let mut receiver = Receiver::saying(answers, r#"{"said": "ok"}"#).await;
        let settings = [gateway(method, content_type, body, receiver.port)];
        let rig = start(&settings, with(&["sms"], vec![opened(42)]), quick()).unwrap();
        let (first, second) = (receiver.next().await, receiver.next().await);
        assert_eq!(second.raw, expected, "{content_type}");
        assert!(second.head.starts_with(&format!("{method} /hook?token=hunter2 HTTP/1.1")), "{}", second.head);
        assert_eq!(second.header("content-type"), Some(content_type));
        assert_eq!((first.key(), second.key()), ("42/sms/1", "42/sms/1"));
        assert!(rig.sinks.drain(PATIENCE).await);
        assert_eq!(rig.outbox.delivered(), ["sms 42/1"]);
        let error = rig.outbox.last_error();
        assert!(error.contains("without what is expected") && !error.contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn a_gateway_that_wants_get_has_the_body_in_its_query() {
    let mut receiver = Receiver::saying(vec![], "\"ok\"").await;
    let body = "to=1380&text={{ headline }}";
    let settings = [gateway("GET", "application/x-www-form-urlencoded", body, receiver.port)];
    let rig = start(&settings, with(&["sms"], vec![opened(42)]), quick()).unwrap();
    let got = receiver.next().await;
    assert!(got.head.starts_with("GET /hook?token=hunter2&to=1380&text=1+entrance+lost+%C2%B7+2+"), "{}", got.head);
    assert_eq!(got.raw, "");
    assert!(rig.sinks.drain(PATIENCE).await);
}

#[tokio::test]
async fn a_secret_of_the_wrong_form_is_told_at_start() {
    for (kind, entry, wanted) in [
        (SinkKind::Dingtalk, "mail", "a token"),
        (SinkKind::Feishu, "mail", "a token"),
        (SinkKind::Wecom, "desk", "none"),
    ] {
        let settings = SinkSettings { secret: Some(entry.to_owned()), ..robot(kind, 1) };
        let error = start(&[settings], with(&[], vec![]), quick()).err().unwrap();
        assert!(matches!(&error, SinksError::SecretForm { wanted: w, .. } if *w == wanted), "{error}");
        assert!(!error.to_string().contains("hunter2"));
    }
}
