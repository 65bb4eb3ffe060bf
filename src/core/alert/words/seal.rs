//! Seals that are broken: which areas stand open, and by which way one comes in.

use super::{MAX_CAMERAS, MAX_ENTRANCES, Speaker, clean};
use crate::alert::{Alert, AlertName, Leak, Message, MessageKind};

/// Broken seals of which a message names the way in; of the others it gives the names.
const MAX_LEAKS: usize = 3;

impl Speaker<'_> {
    /// Seals that are broken, with the ways in; once it is over, those that were.
    pub(super) fn push_seals(&self, message: &Message, lines: &mut Vec<String>) {
        let t = self.tongue();
        let over = message.kind == MessageKind::Resolved;
        let seals = message.alerts.iter().filter(|a| a.key.name == AlertName::SealBroken);
        let seals: Vec<&Alert> = seals.filter(|a| over || a.ended.is_none()).map(AsRef::as_ref).collect();
        if seals.is_empty() {
            return;
        }
        let list = self.capped(seals.iter().map(|a| self.alert_object(a)), MAX_ENTRANCES, seals.len());
        if over {
            lines.push(t.was_broken_line(seals.len(), &list));
            return;
        }
        lines.push(t.seals_line(seals.len(), &list));
        let several = seals.len() > 1;
        let leaks = seals.iter().filter_map(|a| Some((a, a.leak.as_deref()?))).take(MAX_LEAKS);
        lines.extend(leaks.map(|(alert, leak)| {
            let way = self.way_in(leak);
            if several { t.of_area(&self.alert_object(alert), &way) } else { way }
        }));
    }

    /// The way in: how long it is, which entrances one passes, which dead cameras should watch them.
    pub(super) fn way_in(&self, leak: &Leak) -> String {
        let names = self.names();
        let entrances = leak.entrances.iter().map(|id| names.entrance(id));
        let entrances = self.capped(entrances, MAX_ENTRANCES, leak.entrances.len());
        let cameras = leak.cameras.iter().map(|id| names.camera(id));
        let cameras = self.capped(cameras, MAX_CAMERAS, leak.cameras.len());
        self.tongue().way_in(leak.length_m, &entrances, &cameras)
    }

    /// An area with its id.
    pub(super) fn area_of(&self, alert: &Alert, id: &str) -> String {
        self.tongue().named("", id, &clean(&alert.name))
    }
}
