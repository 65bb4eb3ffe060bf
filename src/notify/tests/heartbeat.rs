//! The heartbeat against a receiver on loopback.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cunkou_core::model::Span;
use tokio::sync::watch;

use super::fixture::T0;
use super::http::{Answer, Receiver};
use crate::files::secrets::{SecretText, Secrets};
use crate::files::settings::HeartbeatSettings;
use crate::notify::{Heartbeat, client, heartbeat_url};

fn secrets(text: &str) -> Secrets {
    let env = [("CUNKOU_SECRET_BEAT".to_owned(), text.to_owned())];
    Secrets::load(std::path::Path::new("/nowhere/secrets.toml"), env, None).unwrap()
}

fn settings(url: &str, secret: Option<&str>) -> HeartbeatSettings {
    HeartbeatSettings {
        url: Some(SecretText::new(url)),
        secret: secret.map(str::to_owned),
        every: Span::millis(10),
        ..HeartbeatSettings::default()
    }
}

struct Beating {
    receiver: Receiver,
    metrics: prometheus::Registry,
    well: Arc<AtomicBool>,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Beating {
    async fn start(script: Vec<Answer>, method: &'static str, well: bool) -> Beating {
        let receiver = Receiver::start(script).await;
        let url = format!("http://127.0.0.1:{}/ping/{{token}}?status=up", receiver.port);
        let settings = HeartbeatSettings { method, ..settings(&url, Some("beat")) };
        let metrics = prometheus::Registry::new();
        let clock = Arc::new(|| T0);
        let made = Heartbeat::new(&settings, &secrets("hunter2-hunter2"), client().unwrap(), &metrics, clock);
        let heartbeat = made.unwrap().unwrap();
        assert!(!format!("{heartbeat:?} {settings:?}").contains("hunter2"));
        let well = Arc::new(AtomicBool::new(well));
        let (stop, stopping) = watch::channel(false);
        let asked = well.clone();
        let task = tokio::spawn(heartbeat.run(move || asked.load(Ordering::Relaxed), stopping));
        Beating { receiver, metrics, well, stop, task }
    }

    fn count(&self, result: &str) -> u64 {
        let family = self.metrics.gather().into_iter().find(|f| f.name() == "cunkou_heartbeats_total").unwrap();
        let of = |m: &&prometheus::proto::Metric| m.get_label().iter().any(|l| l.value() == result);
        family.get_metric().iter().find(of).unwrap().get_counter().get_value() as u64
    }
}

#[tokio::test]
async fn it_beats_with_the_token_in_its_place_and_ends_when_it_is_told() {
    for method in ["GET", "POST"] {
        let mut beating = Beating::start(vec![], method, true).await;
        for _ in 0..3 {
            let got = beating.receiver.next().await;
            let first = format!("{method} /ping/hunter2-hunter2?status=up HTTP/1.1");
            assert!(got.head.starts_with(&first), "{}", got.head);
            assert_eq!(got.raw, "", "nothing is told but that it lives");
            assert_eq!(got.header("authorization"), None);
        }
        beating.stop.send_replace(true);
        beating.task.await.unwrap();
    }
}

#[tokio::test]
async fn who_does_not_its_work_does_not_beat_and_one_that_does_again_beats_at_once() {
    let mut beating = Beating::start(vec![], "GET", false).await;
    assert!(tokio::time::timeout(Duration::from_millis(300), beating.receiver.got.recv()).await.is_err());
    assert_eq!((beating.count("delivered"), beating.count("failed")), (0, 0));
    beating.well.store(true, Ordering::Relaxed);
    beating.receiver.next().await;
    beating.well.store(false, Ordering::Relaxed);
    // What was on its way comes to its end; then nothing more.
    while let Ok(got) = tokio::time::timeout(Duration::from_millis(300), beating.receiver.got.recv()).await {
        got.unwrap();
    }
    let counted = beating.count("delivered");
    assert!(tokio::time::timeout(Duration::from_millis(300), beating.receiver.got.recv()).await.is_err());
    assert_eq!(beating.count("delivered"), counted);
}

#[tokio::test]
async fn a_beat_that_is_not_taken_is_counted_and_tried_again() {
    let script = vec![Answer::Status("503 busy"), Answer::Close, Answer::Status("404 none")];
    let mut beating = Beating::start(script, "GET", true).await;
    for _ in 0..5 {
        beating.receiver.next().await;
    }
    assert_eq!(beating.count("failed"), 3);
    assert!(beating.count("delivered") >= 1);
}

#[test]
fn a_token_chooses_no_other_host_and_is_shown_in_no_fault() {
    let url = |text: &str, token: &str| heartbeat_url(&settings(text, Some("beat")), &secrets(token));
    let made = url("https://hc-ping.com/{token}/start", "hunter2").unwrap().unwrap();
    assert_eq!((made.expose(), made.to_string()), ("https://hc-ping.com/hunter2/start", "https://hc-ping.com".into()));
    for (text, token) in [
        ("https://hc-ping.com/{token}", "user:hunter2"),
        ("https://hc-ping.com/{token}", " "),
        ("https://hc-ping.com{token}", ".hunter2.example"),
        ("https://{token}@hc-ping.com/", "hunter2@evil.example/"),
    ] {
        let error = url(text, token).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
    let missing = heartbeat_url(&settings("https://a/{token}", Some("other")), &secrets("x")).unwrap_err();
    assert!(missing.to_string().contains("\"other\""), "{missing}");
    assert!(heartbeat_url(&HeartbeatSettings::default(), &secrets("x")).unwrap().is_none());
    assert!(heartbeat_url(&settings("https://a/b", None), &secrets("x")).unwrap().is_some());
}
