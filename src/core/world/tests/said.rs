//! What was said and is believed, in the words of tests.

use std::collections::BTreeMap;

use cunkou_core::alert::{AlertName, Message, MessageKind};
use cunkou_core::model::Severity;

use super::harness::{NOON, Sim};

impl Sim {
    /// Messages that page, as (kind, incident, cause, entrances lost), for incidents that matter to people.
    pub(crate) fn pages(&self) -> Vec<(MessageKind, u64, String, usize)> {
        let severe =
            |m: &&Message| m.kind.pages() && m.kind != MessageKind::Digest && m.incident.severity >= Severity::Warning;
        let row =
            |m: &Message| (m.kind, m.incident.id.0, m.incident.cause.to_string(), m.incident.entrances_lost.len());
        self.messages.iter().filter(severe).map(row).collect()
    }

    /// Prints everything that was said; a failing test shows it.
    pub(crate) fn tell_all(&self) {
        for m in &self.messages {
            let i = &m.incident;
            let open = m.alerts.iter().filter(|a| a.ended.is_none()).count();
            let (after, lost) = (m.at - NOON, i.entrances_lost.len());
            let few: Vec<String> =
                m.alerts.iter().take(3).map(|a| format!("{:?} {}", a.key.name, a.key.object)).collect();
            println!("{after} #{} {:?} {:?} {} lost {lost}, {open} open alerts {few:?}", i.id, m.kind, m.why, i.cause);
        }
    }

    /// Causes of the messages that page, sorted.
    pub(crate) fn causes(&self) -> Vec<String> {
        let mut causes: Vec<String> = self.pages().into_iter().map(|p| p.2).collect();
        causes.sort();
        causes
    }

    /// Entrances that are lost in the World's belief.
    pub(crate) fn believed_lost(&self) -> Vec<String> {
        let snapshot = self.world.snapshot();
        let ids = snapshot.topology.entrances.iter().map(|e| e.id.to_string());
        ids.filter(|id| self.entrance(id) == "lost").collect()
    }

    /// Names of open alerts with how many of each there are.
    pub(crate) fn open_alerts(&self) -> BTreeMap<&'static str, usize> {
        let mut names = BTreeMap::new();
        for key in self.world.snapshot().alerts.keys() {
            *names.entry(key.name.word()).or_default() += 1;
        }
        names
    }

    pub(crate) fn entrance(&self, id: &str) -> &'static str {
        self.world.snapshot().entrance(id).map_or("none", |(_, e)| e.now.state.word())
    }

    pub(crate) fn camera_state(&self, id: &str) -> &'static str {
        self.world.snapshot().camera(id).map_or("none", |(_, c)| c.state.word())
    }

    pub(crate) fn everything_is_over(&self) -> bool {
        self.world.snapshot().incidents.values().all(|i| !i.status.is_open()) && self.open_alerts().is_empty()
    }

    pub(crate) fn has_lost(&self) -> bool {
        self.messages.iter().flat_map(|m| &m.alerts).any(|a| a.key.name == AlertName::EntranceLost)
    }
}
