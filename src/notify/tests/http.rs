//! The sinks against a receiver on loopback that answers as it is told.

use std::sync::Arc;
use std::time::Duration;

use cunkou_core::alert::{AlertName, EndReason, MessageKind};
use cunkou_core::model::{Language, Severity, Span, Time};
use jiff::tz::TimeZone;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

use super::fixture::{Memory, T0, camera_down, incident, lost, message, opened, snapshot};
use crate::files::secrets::{SecretUrl, Secrets};
use crate::files::settings::{SinkForm, SinkKind, SinkSettings};
use crate::files::templates::TemplateFiles;
use crate::notify::{Pace, Received, Setup, Sinks, SinksError, Templates, client};
use crate::roster::Board;

/// Longer than anything here takes; a test that waits so long fails.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// How the receiver answers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answer {
    Status(&'static str),
    /// 200 with a body.
    Says(&'static str),
    Hang,
    Close,
}

/// A request as it came.
#[derive(Debug)]
pub(super) struct Got {
    pub(super) head: String,
    /// The body where it is JSON.
    pub(super) body: Value,
    pub(super) raw: String,
}

impl Got {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|l| l.split_once(": "));
        lines.into_iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }

    pub(super) fn key(&self) -> &str {
        self.header("idempotency-key").unwrap()
    }
}

pub(super) struct Receiver {
    pub(super) port: u16,
    pub(super) got: mpsc::UnboundedReceiver<Got>,
}

impl Receiver {
    /// Answers by the script, one answer a connection; then always 200.
    pub(super) async fn start(script: Vec<Answer>) -> Receiver {
        Receiver::saying(script, "no: hunter2").await
    }

    /// The same; when the script is over it answers 200 with this body.
    pub(super) async fn saying(script: Vec<Answer>, then: &'static str) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (to, got) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut script = script.into_iter();
            while let Ok((stream, _)) = listener.accept().await {
                let answer = script.next().unwrap_or(Answer::Says(then));
                tokio::spawn(serve(stream, answer, to.clone()));
            }
        });
        Receiver { port, got }
    }

    pub(super) async fn next(&mut self) -> Got {
        tokio::time::timeout(PATIENCE, self.got.recv()).await.expect("a request comes").unwrap()
    }
}

async fn serve(mut stream: TcpStream, answer: Answer, got: mpsc::UnboundedSender<Got>) {
    let mut bytes = Vec::new();
    let (head, length) = loop {
        let mut buffer = [0; 4_096];
        let n = stream.read(&mut buffer).await.unwrap_or(0);
        if n == 0 {
            return;
        }
        bytes.extend_from_slice(&buffer[..n]);
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let lower = head.to_lowercase();
            let length = lower.split("content-length: ").nth(1).and_then(|l| l.lines().next()).unwrap_or("0");
            let length: usize = length.parse().unwrap();
            break (head, end + 4 + length);
        }
    };
    while bytes.len() < length {
        let mut buffer = [0; 4_096];
        let n = stream.read(&mut buffer).await.unwrap_or(0);
        bytes.extend_from_slice(&buffer[..n]);
    }
    let raw = String::from_utf8(bytes[head.len() + 4..].to_vec()).unwrap();
    let body = serde_json::from_str(&raw).unwrap_or(Value::Null);
    got.send(Got { head, body, raw }).unwrap();
    let (status, said) = match answer {
        // What a careless receiver says: it quotes the secret that it was shown.
        Answer::Status(status) => (status, "no: hunter2"),
        Answer::Says(said) => ("200 OK", said),
        Answer::Hang => return std::future::pending().await,
        Answer::Close => return,
    };
    let answer = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{said}", said.len());
    let _ = stream.write_all(answer.as_bytes()).await;
}

pub(super) fn sink(name: &str, kind: SinkKind, port: u16) -> SinkSettings {
    SinkSettings {
        name: name.to_owned(),
        kind,
        url: SecretUrl::parse(&format!("http://127.0.0.1:{port}/hook?token=hunter2")).unwrap(),
        min_severity: Severity::Info,
        level: 0,
        watchdog: false,
        on_duty: false,
        review: None,
        language: Language::ZhCn,
        secret: Some("desk".to_owned()),
        form: SinkForm::Plain,
    }
}

pub(super) struct Rig {
    pub(super) outbox: Arc<Memory>,
    pub(super) sinks: Sinks,
    published: watch::Sender<Arc<cunkou_core::world::Snapshot>>,
}

pub(super) fn quick() -> Pace {
    Pace {
        try_timeout: Span::millis(300),
        first_wait: Span::millis(10),
        longest_wait: Span::millis(50),
        longest_asked: Span::seconds(2),
        pulse: Span::hours(1),
    }
}

pub(super) fn start(settings: &[SinkSettings], outbox: Memory, pace: Pace) -> Result<Rig, SinksError> {
    start_with(settings, outbox, pace, &Arc::default(), &prometheus::Registry::new())
}

/// The same with a roster and a place for the counters.
pub(super) fn start_with(
    settings: &[SinkSettings],
    outbox: Memory,
    pace: Pace,
    roster: &Arc<Board>,
    metrics: &prometheus::Registry,
) -> Result<Rig, SinksError> {
    let env = [("DESK", "hunter2"), ("MAIL", "cunkou:hunter2")];
    let env = env.map(|(entry, secret)| (format!("CUNKOU_SECRET_{entry}"), secret.to_owned()));
    let secrets = Secrets::load(std::path::Path::new("/nonexistent/secrets.toml"), env, None).unwrap();
    let (published, seen) = watch::channel(snapshot(&[], &[]));
    let (outbox, begin) = (Arc::new(outbox), tokio::time::Instant::now());
    let sinks = Sinks::start(Setup {
        sinks: settings,
        secrets: &secrets,
        time_zone: TimeZone::get("Asia/Shanghai").unwrap(),
        public_url: "http://cunkou.example",
        client: client().unwrap(),
        templates: Arc::new(Templates::new(&TemplateFiles::default(), settings).unwrap()),
        roster: roster.clone(),
        outbox: outbox.clone(),
        snapshot: seen,
        clock: Arc::new(move || T0 + Span::from(begin.elapsed())),
        metrics,
        pace,
    })?;
    Ok(Rig { outbox, sinks, published })
}

pub(super) fn with(sinks: &[&str], messages: Vec<cunkou_core::alert::Message>) -> Memory {
    let outbox = Memory::default();
    for message in messages {
        sinks.iter().for_each(|sink| outbox.put(sink, message.clone()));
    }
    outbox
}

#[tokio::test]
async fn a_webhook_gets_a_message_once_with_its_key_and_secret() {
    let mut receiver = Receiver::start(vec![]).await;
    let settings = [sink("desk", SinkKind::Webhook, receiver.port)];
    let rig = start(&settings, with(&["desk"], vec![opened(42)]), quick()).unwrap();
    let got = receiver.next().await;
    assert!(got.head.starts_with("POST /hook?token=hunter2 HTTP/1.1"), "{}", got.head);
    assert_eq!(got.key(), "42/desk/1");
    assert_eq!(got.header("authorization"), Some("Bearer hunter2"));
    assert_eq!(got.header("content-type"), Some("application/json"));
    assert_eq!((&got.body["version"], &got.body["receiver"]), (&"4".into(), &"desk".into()));
    assert!(rig.sinks.drain(PATIENCE).await);
    assert_eq!(rig.outbox.delivered(), ["desk 42/1"]);
    assert!(receiver.got.try_recv().is_err(), "once");
}

#[tokio::test]
async fn whatever_goes_wrong_is_tried_again_under_the_same_key() {
    for (answer, said, received) in [
        (Answer::Status("500 Internal Server Error"), "answered 500: no: …", Received::Maybe),
        (Answer::Status("503 Service Unavailable"), "answered 503: no: …", Received::No),
        (Answer::Status("429 Too Many Requests\r\nRetry-After: 1"), "answered 429: no: …", Received::No),
        (Answer::Status("400 Bad Request"), "answered 400: no: …", Received::No),
        (Answer::Status("401 Unauthorized"), "answered 401: no: …", Received::No),
        (Answer::Status("404 Not Found"), "answered 404: no: …", Received::No),
        (Answer::Status("302 Found\r\nLocation: http://127.0.0.1:1/"), "answered 302: no: …", Received::No),
        (Answer::Hang, "no answer in time", Received::Maybe),
        (Answer::Close, "the connection broke", Received::Maybe),
    ] {
        let mut receiver = Receiver::start(vec![answer]).await;
        let settings = [sink("desk", SinkKind::Webhook, receiver.port)];
        let rig = start(&settings, with(&["desk"], vec![opened(42)]), quick()).unwrap();
        let (first, second) = (receiver.next().await, receiver.next().await);
        assert_eq!((first.key(), second.key()), ("42/desk/1", "42/desk/1"), "{answer:?}");
        assert_eq!(first.body, second.body, "{answer:?}");
        assert!(rig.sinks.drain(PATIENCE).await);
        assert_eq!(rig.outbox.delivered(), ["desk 42/1"], "{answer:?}");
        let error = rig.outbox.last_error();
        assert!(error.starts_with(said) && !error.contains("hunter2"), "{answer:?}: {error}");
        assert_eq!(rig.outbox.received(), [received], "{answer:?}");
    }
}

#[tokio::test]
async fn a_closed_port_is_no_connection_and_says_nothing_secret() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let rig = start(&[sink("desk", SinkKind::Webhook, port)], with(&["desk"], vec![opened(42)]), quick()).unwrap();
    assert!(rig.sinks.drain(PATIENCE).await, "a sink that is away does not hold up a stop");
    let waiting = rig.outbox.waiting("desk");
    assert_eq!((waiting[0].0.as_str(), waiting[0].1), ("42/1", 1));
    assert_eq!(rig.outbox.received(), [Received::No]);
    assert!(waiting[0].2.starts_with("no connection") && !waiting[0].2.contains("hunter2"), "{waiting:?}");
}

#[tokio::test]
async fn a_slow_sink_does_not_delay_another() {
    let mut slow = Receiver::start(vec![Answer::Hang; 9]).await;
    let mut quick_one = Receiver::start(vec![]).await;
    let settings = [sink("slow", SinkKind::Webhook, slow.port), sink("quick", SinkKind::Webhook, quick_one.port)];
    let pace = Pace { try_timeout: Span::hours(1), ..quick() };
    let rig = start(&settings, with(&["slow", "quick"], (1..=5).map(opened).collect()), pace).unwrap();
    assert_eq!(slow.next().await.key(), "1/slow/1");
    for i in 1..=5 {
        assert_eq!(quick_one.next().await.key(), format!("{i}/quick/1"), "in the order of the commits");
    }
    assert_eq!(rig.outbox.waiting("slow").len(), 5, "the slow one still hangs in its first try");
    assert!(slow.got.try_recv().is_err());
    assert!(!rig.sinks.drain(Duration::from_millis(50)).await, "and does not hold up a stop for ever");
}

#[tokio::test]
async fn a_secret_that_is_missing_is_told_at_start() {
    let settings = [SinkSettings { secret: Some("other".to_owned()), ..sink("desk", SinkKind::Webhook, 1) }];
    let error = start(&settings, Memory::default(), quick()).err().unwrap();
    assert!(matches!(&error, SinksError::NoSecret { sink, entry } if sink == "desk" && entry == "other"), "{error}");
}

fn time(value: &Value) -> Time {
    Time(value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

#[tokio::test]
async fn alertmanager_gets_alerts_that_end_by_themselves_and_ends_that_are_repeated() {
    let mut receiver = Receiver::start(vec![]).await;
    let mut settings = sink("am", SinkKind::Alertmanager, receiver.port);
    settings.url = SecretUrl::parse(&format!("http://127.0.0.1:{}/am/", receiver.port)).unwrap();
    settings.watchdog = true;
    settings.min_severity = Severity::Warning;
    let first = message(incident(42), 1, MessageKind::Opened, vec![lost("E1", None), camera_down("C1", None)]);
    let pace = Pace { pulse: Span::millis(20), ..quick() };
    let rig = start(&[settings], with(&["am"], vec![first]), pace).unwrap();

    // The row first.
    let got = receiver.next().await;
    assert!(got.head.starts_with("POST /am/api/v2/alerts HTTP/1.1"), "{}", got.head);
    assert_eq!(got.key(), "42/am/1");
    let alerts = got.body.as_array().unwrap();
    assert_eq!(alerts.len(), 1, "CameraDown is info, and this sink takes warnings: {alerts:?}");
    let expected = serde_json::json!({
        "alertname": "EntranceLost", "severity": "critical", "incident": "42", "entrance": "E1", "area": "V1",
        "village": "V1"
    });
    assert_eq!(alerts[0]["labels"], expected);
    assert_eq!(time(&alerts[0]["startsAt"]), T0);
    let ahead = time(&alerts[0]["endsAt"]) - T0;
    assert!(ahead >= Span::minutes(5) && ahead < Span::minutes(5) + Span::from(PATIENCE), "{ahead}");
    assert_eq!(alerts[0]["generatorURL"], "http://cunkou.example/page/incident/42");

    // What is open, again and again; with the same labels, a later end, and the watchdog.
    rig.published.send_replace(snapshot(&[lost("E1", None)], &[]));
    let again = loop {
        let got = receiver.next().await;
        // The first may come within the same millisecond.
        let alerts_now = got.body.as_array().unwrap();
        if alerts_now.len() == 2 && time(&alerts_now[0]["endsAt"]) > time(&alerts[0]["endsAt"]) {
            break got;
        }
    };
    assert_eq!(again.body[0]["labels"], expected);
    let watchdog = &again.body[1];
    assert_eq!(watchdog["labels"], serde_json::json!({"alertname": "Watchdog", "severity": "none"}));
    let ahead = time(&watchdog["endsAt"]) - T0;
    assert!(ahead >= Span::minutes(3) && ahead < Span::minutes(3) + Span::from(PATIENCE), "{ahead}");

    // Its end; a snapshot that is older than the end does not open it again, and the end is repeated.
    let end = T0 + Span::millis(1);
    let over = vec![lost("E1", Some((end, EndReason::Recovered)))];
    rig.outbox.put("am", message(incident(42), 2, MessageKind::Resolved, over));
    rig.sinks.wake();
    let mut repeated = 0;
    let mut told = false;
    while repeated < 3 {
        let got = receiver.next().await;
        told |= got.key() == "42/am/2";
        let ended = got.body.as_array().unwrap().iter().find(|a| a["labels"]["alertname"] == "EntranceLost");
        if told {
            assert_eq!(time(&ended.unwrap()["endsAt"]), end, "{got:?}");
            repeated += 1;
        }
    }
    assert!(rig.sinks.drain(PATIENCE).await);
    assert_eq!(rig.outbox.delivered(), ["am 42/1", "am 42/2"]);
}

#[tokio::test]
async fn a_webhook_with_watchdog_hears_that_the_monitor_lives_until_the_store_is_stuck() {
    let mut receiver = Receiver::start(vec![]).await;
    let settings = [SinkSettings { watchdog: true, ..sink("desk", SinkKind::Webhook, receiver.port) }];
    let rig = start(&settings, Memory::default(), Pace { pulse: Span::millis(20), ..quick() }).unwrap();
    for _ in 0..2 {
        let got = receiver.next().await;
        assert_eq!(got.body["alerts"][0]["labels"]["alertname"], AlertName::Watchdog.word());
        assert_eq!(got.body["groupKey"], "{}:{alertname=\"Watchdog\"}");
    }
    rig.sinks.store_stuck(Some(T0));
    let stuck = loop {
        let got = receiver.next().await;
        if got.body["alerts"][0]["labels"]["alertname"] == "MonitorStuck" {
            break got;
        }
    };
    assert_eq!((stuck.key(), &stuck.body["status"]), (format!("stuck-{}", T0.millis()).as_str(), &"firing".into()));
    rig.sinks.store_stuck(None);
    let next = receiver.next().await;
    assert_eq!(next.body["status"], "resolved", "no watchdog came between: {next:?}");
    assert!(rig.sinks.drain(PATIENCE).await);
}
