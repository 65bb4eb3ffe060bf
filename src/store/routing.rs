//! Which sink is told which step, and what collapses: pure, so that it can be tried as a table.
//!
//! A sink is told of an incident from the first step that is severe enough for it; from then on it hears every step,
//! to the end. Only steps that surely were not received collapse, into the latest: a step that is on its way, or may
//! have been received, keeps its own key, so that nothing is told twice under two keys.

use std::collections::BTreeMap;

use cunkou_core::alert::{Message, MessageKind, SayReason};
use cunkou_core::model::{Severity, Span, Time};

use super::outbox::OutboxKey;

/// People are not told at once that a part is over: mostly the rest follows, and then they are told once. A dead switch
/// with forty cameras would else come back in as many words. Machines follow each.
const PART_RESTS: Span = Span::minutes(1);

/// A sink, as far as the outbox must know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkRoute {
    /// Its name in the settings.
    pub name: String,
    /// The least severity that it is told of.
    pub min_severity: Severity,
    /// Whether people read it: a step that is said to machines only is none for them.
    pub people: bool,
    /// From which level of escalation on it is told; 0: from the beginning.
    pub level: u8,
}

/// How far a row of the outbox is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SlotState {
    /// Surely not received.
    Pending,
    /// On its way, or perhaps received.
    Sending,
    /// Received.
    Delivered,
    /// Given up.
    Dropped,
    /// Told by a later row.
    Collapsed,
}

impl SlotState {
    /// The word in the column `state`.
    pub(super) const fn word(self) -> &'static str {
        match self {
            SlotState::Pending => "pending",
            SlotState::Sending => "sending",
            SlotState::Delivered => "delivered",
            SlotState::Dropped => "dropped",
            SlotState::Collapsed => "collapsed",
        }
    }

    /// The state a word names.
    pub(super) fn from_word(word: &str) -> Option<SlotState> {
        use SlotState as S;
        [S::Pending, S::Sending, S::Delivered, S::Dropped, S::Collapsed].into_iter().find(|s| s.word() == word)
    }
}

/// A row of the outbox, without its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) from_step: u32,
    pub(super) state: SlotState,
    pub(super) created: Time,
    pub(super) next_attempt: Time,
    pub(super) attempts: u32,
    /// To be written.
    pub(super) changed: bool,
}

/// The rows of the incidents of a batch.
pub(super) type Slots = BTreeMap<OutboxKey, Slot>;

/// Adds a step for every sink that is to hear it.
pub(super) fn route(message: &Message, routes: &[SinkRoute], slots: &mut Slots) {
    for route in routes {
        let key = OutboxKey { incident: message.incident.id, sink: route.name.clone(), step: message.step };
        let first = OutboxKey { step: 0, ..key.clone() };
        let last = OutboxKey { step: u32::MAX, ..key.clone() };
        let told = slots.range(first.clone()..=last).next().is_some();
        let quiet = route.people && message.why.is_for_machines();
        // What people hear with a digest is written down, so that they hear of its end: as told by another row.
        let in_digest = route.people && message.why == SayReason::HeldForDigest;
        let digest = message.kind == MessageKind::Digest;
        let wanted = if digest { route.people && takes(route, message) } else { told || takes(route, message) };
        if (quiet && !in_digest) || slots.contains_key(&key) || !wanted {
            continue;
        }
        let rest = if route.people && message.why == SayReason::PartOver { PART_RESTS } else { Span::ZERO };
        let mut slot = Slot {
            from_step: message.step,
            state: SlotState::Pending,
            created: message.at,
            next_attempt: message.at + rest,
            attempts: 0,
            changed: true,
        };
        if in_digest {
            slots.insert(key, Slot { state: SlotState::Collapsed, ..slot });
            continue;
        }
        for (_, old) in slots.range_mut(first..key.clone()).filter(|(_, old)| old.state == SlotState::Pending) {
            slot.take_over(old, message.at);
        }
        slots.insert(key, slot);
    }
}

/// Whether a step is one by which a sink learns of an incident: an end is news only to those who know the beginning.
fn takes(route: &SinkRoute, message: &Message) -> bool {
    use MessageKind as K;
    let ends = matches!(message.kind, K::Resolved | K::Merged | K::Acknowledged | K::Silenced);
    !ends && message.incident.severity >= route.min_severity && message.incident.level >= route.level
}

impl Slot {
    /// Tells what an earlier row was to tell; a sink that is away is not tried sooner for it, and what was to be told by
    /// now is not told later.
    fn take_over(&mut self, old: &mut Slot, now: Time) {
        self.from_step = self.from_step.min(old.from_step);
        self.created = self.created.min(old.created);
        let (old_rests, rests) = (old.rests(now), self.rests(now));
        self.next_attempt = match (old_rests, rests) {
            (true, true) => self.next_attempt.min(old.next_attempt),
            (true, false) => self.next_attempt,
            (false, true) => old.next_attempt.max(now),
            (false, false) => self.next_attempt.max(old.next_attempt),
        };
        self.attempts = self.attempts.max(old.attempts);
        old.state = SlotState::Collapsed;
        old.changed = true;
    }

    /// Whether it waits for more, and not for a sink that is away.
    fn rests(&self, now: Time) -> bool {
        self.attempts == 0 && self.next_attempt > now
    }
}
