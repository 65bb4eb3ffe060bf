//! Labels of an alert on the wire, and Alertmanager's fingerprint of them.

use std::collections::BTreeMap;

use cunkou_core::alert::{Alert, AlertKey, AlertName, AlertObject, EndReason};
use cunkou_core::model::{IncidentId, Time};

/// Label or annotation names with their values; an empty value is none.
pub(super) type Pairs = BTreeMap<&'static str, String>;

/// The labels of an alert (names.md, alerts on the wire). They are its identity in Alertmanager, so they come from what
/// is frozen in it and never change while it fires.
#[must_use]
pub fn labels(alert: &Alert) -> BTreeMap<&'static str, String> {
    let mut labels = Pairs::new();
    let mut put = |name, value: &str| {
        if !value.is_empty() {
            labels.insert(name, value.to_owned());
        }
    };
    put("alertname", alert.key.name.word());
    put("severity", alert.key.name.severity().word());
    if alert.label_incident.0 != 0 {
        put("incident", &alert.label_incident.to_string());
    }
    match &alert.key.object {
        AlertObject::Entrance(id) => put("entrance", id.as_str()),
        AlertObject::Camera(id) => put("camera", id.as_str()),
        AlertObject::Node(id) => put("node", id.as_str()),
        // Its label is `area`, as that of whatever lies in one.
        AlertObject::Area(_) | AlertObject::Common(_) | AlertObject::Monitor => {}
    }
    put("area", alert.label_area.as_ref().map_or("", |a| a.as_str()));
    put("village", alert.label_village.as_ref().map_or("", |a| a.as_str()));
    labels
}

/// The fingerprint of a label set as Alertmanager writes it: FNV-1a (64 bit) over each name and value in the order of
/// names, each followed by the byte 0xff; 16 hexadecimal digits (prometheus/common, model/signature.go,
/// `labelSetToFingerprint`).
#[must_use]
pub fn fingerprint<K: AsRef<str>>(labels: &BTreeMap<K, String>) -> String {
    format!("{:016x}", signature(labels))
}

pub(super) fn signature<K: AsRef<str>>(labels: &BTreeMap<K, String>) -> u64 {
    let texts = labels.iter().flat_map(|(name, value)| [name.as_ref(), value.as_str()]);
    texts.fold(0xcbf2_9ce4_8422_2325, |hash, text| {
        let bytes = text.bytes().chain([0xff]);
        bytes.fold(hash, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3))
    })
}

/// The alert that always fires, and its like: about the monitor, in no incident.
pub(super) fn about_monitor(name: AlertName, since: Time, ended: Option<(Time, EndReason)>) -> Alert {
    Alert {
        key: AlertKey { name, object: AlertObject::Monitor },
        incident: IncidentId(0),
        label_incident: IncidentId(0),
        label_area: None,
        label_village: None,
        name: "".into(),
        village_name: "".into(),
        cause: None,
        since,
        ended,
        told: true,
        planned: false,
        leak: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of prometheus/common, model/signature_test.go (`TestLabelsToSignature`): the empty set, and
    /// {name="garland, briggs", fear="love is not enough"}.
    #[test]
    fn fingerprints_are_those_of_alertmanager() {
        let mut labels: BTreeMap<&str, String> = BTreeMap::new();
        assert_eq!(signature(&labels), 14_695_981_039_346_656_037);
        labels.insert("name", "garland, briggs".to_owned());
        labels.insert("fear", "love is not enough".to_owned());
        assert_eq!(signature(&labels), 5_799_056_148_416_392_346);
        assert_eq!(fingerprint(&labels), "507a62d79ee76c9a");
    }
}
