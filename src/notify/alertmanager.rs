//! The Alertmanager sink: API v2, fed as Prometheus feeds it. Each alert is one alert there; its labels are its identity
//! and never change while it fires. What is open is sent again each minute, with an end that rolls ahead, so that it
//! ends by itself should we fall silent; what is over is sent again for a quarter of an hour, so that an end is not lost.

use std::collections::BTreeMap;
use std::sync::Arc;

use cunkou_core::alert::{Alert, AlertName, Message, Review};
use cunkou_core::model::{Severity, Span, Time};
use cunkou_core::world::Snapshot;
use serde::Serialize;

use super::delivery::{Carrier, Scene};
use super::labels::{Pairs, about_monitor, labels, signature};
use super::letter::Letter;
use super::post::{Post, Tried};
use super::voice::{Voice, rfc3339};

/// How far ahead the end of a firing alert lies.
const AHEAD: Span = Span::minutes(5);

/// How far ahead the end of the watchdog lies: silence is noticed after this.
const WATCHDOG_AHEAD: Span = Span::minutes(3);

/// How long an end is repeated (prometheus/prometheus, rules/alerting.go, `resolvedRetention`).
const REPEAT_END: Span = Span::minutes(15);

/// Alerts in one request (prometheus/prometheus, notifier, `DefaultMaxBatchSize`).
const BATCH: usize = 256;

/// An alert of API v2 (`postableAlert`).
#[derive(Serialize, Debug)]
#[serde(rename_all = "camelCase")]
struct Postable {
    labels: Pairs,
    annotations: Pairs,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL", skip_serializing_if = "Option::is_none")]
    generator_url: Option<String>,
}

/// Alerts, by their own severity.
pub(super) fn takes(min: Severity, message: &Message) -> bool {
    message.alerts.iter().any(|a| a.told && a.key.name.severity() >= min)
}

/// The sink.
pub(super) struct Alertmanager {
    name: String,
    pub(super) post: Post,
    voice: Voice,
    min_severity: Severity,
    watchdog: bool,
    started: Time,
    /// What was told as over, by the signature of its labels, until its end need not be repeated any more.
    over: BTreeMap<u64, Arc<Alert>>,
}

impl Alertmanager {
    pub(super) fn new(
        name: String,
        post: Post,
        voice: Voice,
        min_severity: Severity,
        watchdog: bool,
        started: Time,
    ) -> Alertmanager {
        Alertmanager { name, post, voice, min_severity, watchdog, started, over: BTreeMap::new() }
    }

    /// An alert that fires until `ahead` from now, or has ended.
    fn postable(&self, snapshot: &Snapshot, alert: &Alert, now: Time, ahead: Span) -> Postable {
        let end = match alert.ended {
            Some((at, _)) => at.min(now).max(alert.since),
            None => now + ahead,
        };
        Postable {
            labels: labels(alert),
            annotations: self.voice.of_alert(snapshot, alert),
            starts_at: rfc3339(alert.since),
            ends_at: rfc3339(end),
            generator_url: self.voice.link(alert.incident),
        }
    }

    async fn send(&self, alerts: &[Postable], key: &str, now: Time) -> Tried {
        for batch in alerts.chunks(BATCH) {
            // Maps of texts always encode.
            let body = serde_json::to_vec(batch).unwrap_or_default();
            let tried = self.post.json(body, Some(key), now).await;
            if tried != Tried::Taken {
                return tried;
            }
        }
        Tried::Taken
    }

    /// Keeps in mind what was told: an end is repeated, and an alert that is over is not sent as open again by a
    /// snapshot that is older than its end.
    fn remember(&mut self, alert: &Arc<Alert>) {
        let identity = signature(&labels(alert));
        match (alert.ended, self.over.get(&identity)) {
            (Some(_), _) => {
                self.over.insert(identity, alert.clone());
            }
            (None, Some(over)) if over.since < alert.since => {
                self.over.remove(&identity);
            }
            (None, _) => {}
        }
    }

    /// What each pulse sends: everything open that was told, the ends of the last quarter of an hour, the watchdog.
    fn standing(&mut self, scene: &Scene, stuck: Option<&Alert>) -> Vec<Postable> {
        let (snapshot, now) = (&*scene.snapshot, scene.now);
        self.over.retain(|_, a| a.ended.is_some_and(|(at, _)| now.since(at) <= REPEAT_END));
        let min = self.min_severity;
        let open = snapshot.alerts.values().filter(|a| a.told && a.ended.is_none() && a.key.name.severity() >= min);
        let mut alerts = Vec::new();
        for alert in open {
            let over = self.over.get(&signature(&labels(alert)));
            if over.is_none_or(|o| o.since < alert.since) {
                alerts.push(self.postable(snapshot, alert, now, AHEAD));
            }
        }
        let open_again = |o: &Alert| snapshot.alerts.get(&o.key).is_some_and(|a| a.since > o.since);
        let over = self.over.values().filter(|o| !open_again(o));
        alerts.extend(over.map(|alert| self.postable(snapshot, alert, now, AHEAD)));
        match stuck {
            Some(alert) => alerts.push(self.postable(snapshot, alert, now, AHEAD)),
            None if self.watchdog => {
                let alert = about_monitor(AlertName::Watchdog, self.started, None);
                alerts.push(self.postable(snapshot, &alert, now, WATCHDOG_AHEAD));
            }
            None => {}
        }
        alerts
    }
}

impl Carrier for Alertmanager {
    fn takes(&self, letter: &Letter) -> bool {
        takes(self.min_severity, &letter.message)
    }

    async fn tell(&mut self, letter: &Letter, key: &str, scene: &Scene) -> Tried {
        let min = self.min_severity;
        // What maintenance explains was told to nobody, and its end would be one of nothing.
        let told = || letter.message.alerts.iter().filter(|a| a.told && a.key.name.severity() >= min);
        let alerts: Vec<Postable> = told().map(|a| self.postable(&scene.snapshot, a, scene.now, AHEAD)).collect();
        let tried = self.send(&alerts, key, scene.now).await;
        if tried == Tried::Taken {
            for alert in told() {
                self.remember(alert);
            }
        }
        tried
    }

    async fn aside(&mut self, alert: &Alert, key: &str, scene: &Scene) -> Tried {
        let alert = self.postable(&scene.snapshot, alert, scene.now, AHEAD);
        self.send(&[alert], key, scene.now).await
    }

    /// Machines have the API: the settings ask for none.
    async fn review(&mut self, _: &Review, _: &str, _: &Scene) -> Tried {
        Tried::Taken
    }

    async fn pulse(&mut self, scene: &Scene, stuck: Option<&Alert>) -> Tried {
        let alerts = self.standing(scene, stuck);
        let key = format!("pulse/{}/{}", self.name, scene.now.millis());
        self.send(&alerts, &key, scene.now).await
    }
}
