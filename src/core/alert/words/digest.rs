//! What a digest says: many incidents, a line each.

use super::{MAX_ENTRANCES, Speaker};
use crate::alert::{Message, MessageKind};

/// Incidents that a digest tells in a line of their own; of the others it gives the numbers.
const MAX_LINES: usize = 100;

impl Speaker<'_> {
    /// How many incidents there are, how many of them are over, how much is lost.
    pub(super) fn digest_headline(&self, message: &Message) -> String {
        let over = message.digest.iter().filter(|m| m.kind.ends()).count();
        let t = self.tongue();
        let mut parts = vec![t.digest(message.digest.len() - over, over)];
        let (lost, cameras) = (message.incident.entrances_lost.len(), message.incident.cameras.len());
        if lost > 0 {
            parts.push(t.entrances_lost(lost));
        }
        if !message.incident.seals_broken.is_empty() {
            parts.push(t.seals_broken(message.incident.seals_broken.len()));
        }
        if cameras > 0 {
            parts.push(t.cameras_down(cameras, None));
        }
        parts.join(" · ")
    }

    /// A line an incident, and at last what is lost in the whole town.
    pub(super) fn digest_lines(&self, message: &Message) -> Vec<String> {
        let (shown, rest) = message.digest.split_at(message.digest.len().min(MAX_LINES));
        let mut lines: Vec<String> = shown.iter().map(|m| self.digest_line(m)).collect();
        if !rest.is_empty() {
            let numbers: Vec<String> = rest.iter().map(|m| format!("#{}", m.incident.id)).collect();
            lines.push(self.tongue().list(&numbers, numbers.len()));
        }
        lines.push(self.still_lost());
        lines
    }

    /// Its number, what happened, which entrances, since when.
    fn digest_line(&self, message: &Message) -> String {
        let (t, incident) = (self.tongue(), &*message.incident);
        let mut parts = vec![format!("#{} {}", incident.id, self.message_summary(message))];
        let entrances = self.entrances_of(message);
        if !entrances.is_empty() {
            let list = entrances.iter().map(|id| self.names().entrance(id));
            parts.push(self.capped(list, MAX_ENTRANCES, entrances.len()));
        }
        parts.push(match incident.resolved_at.filter(|_| message.kind == MessageKind::Resolved) {
            Some(end) => t.lasted_line(&self.time(incident.since), &self.time(end)),
            None => t.since_line(&self.time(incident.since)),
        });
        if message.kind == MessageKind::Merged {
            parts.push(t.merged_line(incident.merged_into));
        } else {
            parts.extend(self.acknowledged_line(incident).filter(|_| !message.kind.ends()));
        }
        t.together(&parts)
    }
}
