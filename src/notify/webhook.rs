//! The webhook sink: Alertmanager's own payload, version 4, so that every receiver made for it works.
//!
//! One message an incident. A field more or less would be another format, so the words of the incident go where
//! Alertmanager puts common words: each alert's `description` is the incident's text, `summary` the alert's own.

use std::collections::BTreeMap;

use cunkou_core::alert::{Alert, AlertName, IncidentStatus, Message, MessageKind, Review};
use cunkou_core::model::{Severity, Time};
use cunkou_core::world::Snapshot;
use serde::Serialize;

use super::delivery::{Carrier, Scene};
use super::labels::{Pairs, about_monitor, fingerprint, labels};
use super::letter::Letter;
use super::post::{Post, Tried};
use super::voice::{Voice, rfc3339};

/// What Go writes for a time that is not set: an alert that fires has no end.
const NO_END: &str = "0001-01-01T00:00:00Z";

/// Alerts in one message; more are counted as `truncatedAlerts`, the least severe first.
const MAX_ALERTS: usize = 5_000;

/// The payload (alertmanager, notify/webhook `Message` over template `Data`), in its order of fields.
#[derive(Serialize, Debug)]
#[serde(rename_all = "camelCase")]
struct Payload<'a> {
    receiver: &'a str,
    status: &'static str,
    alerts: Vec<WireAlert>,
    group_labels: Pairs,
    common_labels: Pairs,
    common_annotations: Pairs,
    #[serde(rename = "externalURL")]
    external_url: &'a str,
    version: &'static str,
    group_key: String,
    truncated_alerts: usize,
}

#[derive(Serialize, Debug)]
#[serde(rename_all = "camelCase")]
struct WireAlert {
    status: &'static str,
    labels: Pairs,
    annotations: Pairs,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: String,
    fingerprint: String,
}

/// Incidents, by their severity.
pub(super) fn takes(min: Severity, message: &Message) -> bool {
    // Each incident of a digest has been told by itself.
    message.incident.severity >= min && message.kind != MessageKind::Digest
}

/// The sink.
pub(super) struct Webhook {
    pub(super) name: String,
    pub(super) post: Post,
    pub(super) voice: Voice,
    pub(super) min_severity: Severity,
    pub(super) watchdog: bool,
    pub(super) started: Time,
}

impl Webhook {
    /// The payload of a message.
    pub(super) fn payload(&self, snapshot: &Snapshot, message: &Message) -> Vec<u8> {
        let annotations = self.voice.of_message(snapshot, message);
        let mut alerts: Vec<(&Alert, Pairs)> = message.alerts.iter().map(|a| &**a).zip(annotations).collect();
        if message.incident.status == IncidentStatus::Merged {
            // What still fires goes on under the other incident's group; this group is over.
            alerts.retain(|(alert, _)| alert.ended.is_some());
        }
        alerts.sort_by(|(a, _), (b, _)| {
            b.key.name.severity().cmp(&a.key.name.severity()).then_with(|| a.key.cmp(&b.key))
        });
        self.encode(Pairs::from([("incident", message.incident.id.to_string())]), alerts)
    }

    /// The payload of an alert about the monitor, in a group of its own.
    fn lone(&self, snapshot: &Snapshot, alert: &Alert) -> Vec<u8> {
        let group = Pairs::from([("alertname", alert.key.name.word().to_owned())]);
        self.encode(group, vec![(alert, self.voice.of_alert(snapshot, alert))])
    }

    fn encode(&self, group: Pairs, mut alerts: Vec<(&Alert, Pairs)>) -> Vec<u8> {
        let truncated_alerts = alerts.len().saturating_sub(MAX_ALERTS);
        alerts.truncate(MAX_ALERTS);
        let alerts: Vec<WireAlert> = alerts.into_iter().map(|(alert, words)| self.wire(alert, words)).collect();
        let firing = alerts.iter().any(|a| a.status == "firing");
        let group_key = group.iter().map(|(k, v)| format!("{k}={v:?}")).collect::<Vec<_>>().join(", ");
        let payload = Payload {
            receiver: &self.name,
            status: if firing { "firing" } else { "resolved" },
            common_labels: common(alerts.iter().map(|a| &a.labels)),
            common_annotations: common(alerts.iter().map(|a| &a.annotations)),
            alerts,
            group_labels: group,
            external_url: &self.voice.public_url,
            version: "4",
            group_key: format!("{{}}:{{{group_key}}}"),
            truncated_alerts,
        };
        // Maps of texts always encode.
        serde_json::to_vec(&payload).unwrap_or_default()
    }

    fn wire(&self, alert: &Alert, annotations: Pairs) -> WireAlert {
        let labels = labels(alert);
        WireAlert {
            status: if alert.ended.is_some() { "resolved" } else { "firing" },
            fingerprint: fingerprint(&labels),
            labels,
            annotations,
            starts_at: rfc3339(alert.since),
            ends_at: alert.ended.map_or_else(|| NO_END.to_owned(), |(at, _)| rfc3339(at.max(alert.since))),
            generator_url: self.voice.link(alert.incident).unwrap_or_default(),
        }
    }
}

/// What all of them have.
fn common<'a>(mut maps: impl Iterator<Item = &'a Pairs>) -> Pairs {
    let Some(first) = maps.next() else { return BTreeMap::new() };
    let mut common = first.clone();
    for map in maps {
        common.retain(|name, value| map.get(name) == Some(value));
    }
    common
}

impl Carrier for Webhook {
    fn takes(&self, letter: &Letter) -> bool {
        takes(self.min_severity, &letter.message)
    }

    async fn tell(&mut self, letter: &Letter, key: &str, scene: &Scene) -> Tried {
        self.post.json(self.payload(&scene.snapshot, &letter.message), Some(key), scene.now).await
    }

    async fn aside(&mut self, alert: &Alert, key: &str, scene: &Scene) -> Tried {
        self.post.json(self.lone(&scene.snapshot, alert), Some(key), scene.now).await
    }

    /// Machines have the API: the settings ask for none.
    async fn review(&mut self, _: &Review, _: &str, _: &Scene) -> Tried {
        Tried::Taken
    }

    async fn pulse(&mut self, scene: &Scene, stuck: Option<&Alert>) -> Tried {
        if !self.watchdog || stuck.is_some() {
            return Tried::Taken;
        }
        let alert = about_monitor(AlertName::Watchdog, self.started, None);
        let key = format!("watchdog/{}/{}", self.name, scene.now.millis());
        self.post.json(self.lone(&scene.snapshot, &alert), Some(&key), scene.now).await
    }
}
