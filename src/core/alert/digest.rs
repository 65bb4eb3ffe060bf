//! Words that are told together: how steps fold into one, and what a digest says of many incidents.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Alert, AlertKey, Incident, Message, MessageKind, SayReason};
use crate::model::{IncidentId, Severity, Time};

impl MessageKind {
    /// What two untold steps are together: an end is an end; otherwise what pages is not lost behind what does not.
    #[must_use]
    pub fn followed_by(self, later: MessageKind) -> MessageKind {
        use MessageKind as K;
        match (self, later) {
            (_, K::Resolved | K::Merged) => later,
            (K::Opened, _) => K::Opened,
            (_, K::Reopened) | (K::Reopened, _) => K::Reopened,
            (_, K::MoreLost) | (K::MoreLost, _) => K::MoreLost,
            (_, later) => later,
        }
    }

    /// Whether it is the last word of an incident.
    #[must_use]
    pub const fn ends(self) -> bool {
        matches!(self, MessageKind::Resolved | MessageKind::Merged)
    }
}

impl Message {
    /// This step, told together with an earlier one of the same incident.
    #[must_use]
    pub fn after(self, earlier: &Message) -> Message {
        let mut ended: BTreeMap<&AlertKey, &Arc<Alert>> =
            earlier.alerts.iter().filter(|a| a.ended.is_some()).map(|a| (&a.key, a)).collect();
        for alert in &self.alerts {
            ended.remove(&alert.key);
        }
        let alerts = self.alerts.iter().chain(ended.into_values()).cloned().collect();
        Message { kind: earlier.kind.followed_by(self.kind), alerts, ..self }
    }

    /// How bad what it tells was at its worst.
    #[must_use]
    pub fn worst(&self) -> Severity {
        let alerts = self.alerts.iter().map(|a| a.key.name.severity());
        alerts.chain([self.incident.severity, self.incident.news.worst]).max().unwrap_or(Severity::None)
    }

    /// A digest with those of its incidents that are at least so bad; `None` where there is none.
    #[must_use]
    pub fn digest_from(&self, least: Severity) -> Option<Message> {
        let items: Vec<Arc<Message>> = self.digest.iter().filter(|m| m.worst() >= least).cloned().collect();
        (!items.is_empty()).then(|| digest(gathered((*self.incident).clone(), &items), items, self.at))
    }

    /// Digests that were not told, in their order, as one; `None` where there is none.
    #[must_use]
    pub fn digests_together(steps: &[&Message]) -> Option<Message> {
        let last = steps.last()?;
        let mut items: BTreeMap<IncidentId, Message> = BTreeMap::new();
        for item in steps.iter().flat_map(|step| &step.digest) {
            let item = Message::clone(item);
            let id = item.incident.id;
            let folded = match items.remove(&id) {
                Some(earlier) => item.after(&earlier),
                None => item,
            };
            items.insert(id, folded);
        }
        let items: Vec<Arc<Message>> = items.into_values().map(Arc::new).collect();
        Some(digest(gathered((*last.incident).clone(), &items), items, last.at))
    }
}

/// The message of a digest: what goes on first, the worst of it at the top.
pub(super) fn digest(whole: Incident, mut items: Vec<Arc<Message>>, at: Time) -> Message {
    items.sort_by_key(|m| (m.kind.ends(), std::cmp::Reverse(m.worst()), m.incident.id));
    Message {
        step: whole.step,
        incident: Arc::new(whole),
        alerts: Vec::new(),
        kind: MessageKind::Digest,
        why: SayReason::Digest,
        at,
        digest: items,
    }
}

/// What the incidents of a digest are together: everything that goes on.
pub(super) fn gathered(mut whole: Incident, items: &[Arc<Message>]) -> Incident {
    let open = || items.iter().filter(|m| !m.kind.ends()).map(|m| &m.incident);
    let (mut cameras, mut lost, mut villages) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut seals = BTreeSet::new();
    for incident in open() {
        cameras.extend(incident.cameras.iter().cloned());
        lost.extend(incident.entrances_lost.iter().cloned());
        seals.extend(incident.seals_broken.iter().cloned());
        villages.extend(incident.villages.iter().cloned());
    }
    whole.cameras = cameras.into_iter().collect();
    whole.entrances_lost = lost.into_iter().collect();
    whole.seals_broken = seals.into_iter().collect();
    whole.villages = villages.into_iter().collect();
    whole.severity = items.iter().map(|m| m.worst()).max().unwrap_or(Severity::None);
    whole.since = items.iter().map(|m| m.incident.since).min().unwrap_or(whole.since);
    whole
}
