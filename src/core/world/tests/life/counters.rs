//! Sometimes: things that must have happened somewhere in all the runs, or the runs prove less than they seem to.

use std::collections::BTreeMap;

use cunkou_core::alert::{EndReason, IncidentStatus, Message, MessageKind, SayReason};
use cunkou_core::health::Cause;

/// Each must be reached over all seeds of a run.
pub(crate) const SOMETIMES: [&str; 79] = [
    "a word: opened",
    "a word: updated",
    "a word: more_lost",
    "a word: reopened",
    "a word: acknowledged",
    "a word: silenced",
    "a word: reminded",
    "a word: escalated",
    "a word: digest",
    "a word: resolved",
    "a word: merged",
    "why: new_loss",
    "why: lost_again",
    "why: joined_quietly",
    "why: named_later",
    "why: cause_changed",
    "why: part_over",
    "why: held_silenced",
    "why: silence_ended",
    "why: ack_expired",
    "why: still_open",
    "why: not_taken",
    "why: held_for_digest",
    "why: held_maintenance",
    "why: maintenance_ended",
    "escalated twice",
    "a digest of three and more",
    "over while silenced",
    "a silence is lifted",
    "maintenance ended early",
    "maintenance ends while something is lost by it",
    "crash while something is collected",
    "crash while something is silenced",
    "crash while something is lost by maintenance",
    "alert: EntranceLost",
    "alert: EntranceLostTonight",
    "alert: EntranceReduced",
    "alert: EntranceUnknown",
    "alert: NodeDown",
    "alert: NodePartial",
    "alert: CommonCause",
    "alert: CameraDown",
    "alert: CameraDegraded",
    "alert: CameraFlapping",
    "alert: CameraUnknown",
    "alert: MonitorBlind",
    "ended: recovered",
    "ended: removed",
    "ended: superseded",
    "cause: camera",
    "cause: node",
    "cause: node_partial",
    "cause: common_cause",
    "cause: monitor_blind",
    "rivals named",
    "an incident that flaps",
    "a later loss of one that somebody took",
    "blind",
    "blind while a node is down",
    "blind without canaries",
    "a camera died while blind",
    "a canary dead while we see",
    "crash in the midst of a fault",
    "crash before a commit of words",
    "crash between commit and send",
    "crash between send and mark",
    "crash in a first round",
    "crash while blind",
    "crash while the store is away",
    "store away while something is lost",
    "store away longer than store_grace",
    "sink back with more than one step of an incident",
    "opened and over while a sink was away",
    "clock stepped back while something is lost",
    "clock stepped forward while something is lost",
    "frozen while something is lost",
    "registry changed while something is lost",
    "dusk while something is lost",
    "dawn while something is lost",
];

/// How often each was seen.
#[derive(Clone, Default, PartialEq, Debug)]
pub(crate) struct Seen(pub(crate) BTreeMap<String, u64>);

impl Seen {
    pub(crate) fn saw(&mut self, what: &str) {
        match self.0.get_mut(what) {
            Some(n) => *n += 1,
            None => {
                self.0.insert(what.to_owned(), 1);
            }
        }
    }

    pub(crate) fn absorb(&mut self, other: &Seen) {
        for (what, n) in &other.0 {
            *self.0.entry(what.clone()).or_default() += n;
        }
    }

    pub(crate) fn never(&self) -> Vec<&'static str> {
        SOMETIMES.into_iter().filter(|what| !self.0.contains_key(*what)).collect()
    }

    /// What a word shows by itself.
    pub(crate) fn message(&mut self, message: &Message) {
        self.saw(&format!("a word: {}", message.kind.word()));
        self.saw(&format!("why: {}", message.why.word()));
        self.saw(&format!("cause: {}", message.incident.cause.kind()));
        for alert in &message.alerts {
            self.saw(&format!("alert: {}", alert.key.name.word()));
            if let Some((_, why)) = alert.ended {
                self.saw(&format!("ended: {}", EndReason::word(why)));
            }
        }
        if !message.incident.rivals.is_empty() && matches!(message.incident.cause, Cause::Node(_)) {
            self.saw("rivals named");
        }
        if message.incident.reopenings >= 2 && message.why == SayReason::NamedLater {
            self.saw("an incident that flaps");
        }
        if message.kind == MessageKind::Escalated && message.incident.level >= 2 {
            self.saw("escalated twice");
        }
        if message.digest.len() >= 3 {
            self.saw("a digest of three and more");
        }
        if message.kind == MessageKind::Resolved && message.incident.silence_at(message.at).is_some() {
            self.saw("over while silenced");
        }
        let taken = message.incident.acknowledged.is_some() && message.incident.status == IncidentStatus::Acknowledged;
        if taken && message.kind == MessageKind::MoreLost {
            self.saw("a later loss of one that somebody took");
        }
    }
}
