//! The sinks: what each was told, in which order, and whether that is all of it once it can be reached.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::kept::{Keeper, Sink};
use super::counters::Seen;
use super::oracle::Verdict;
use cunkou_core::alert::{IncidentStatus, Message, MessageKind};
use cunkou_core::model::{IncidentId, Severity, Time};

#[derive(Default)]
pub(crate) struct Post {
    pub(crate) away: BTreeSet<Sink>,
    /// The last word that a sink has of each incident.
    told: BTreeMap<(Sink, IncidentId), Message>,
    /// The last word that each must have.
    wanted: BTreeMap<(Sink, IncidentId), u32>,
    /// Who knows of which incident, also from a digest.
    knows: BTreeSet<(Sink, IncidentId)>,
    /// The last word that a sink has of each incident from a digest.
    in_digests: BTreeMap<(Sink, IncidentId), Arc<Message>>,
    /// Steps that were committed while a sink was away.
    missed: BTreeMap<(Sink, IncidentId), u32>,
}

impl Post {
    /// A word was committed.
    pub(crate) fn committed(&mut self, message: &Message) {
        for sink in Sink::ALL {
            let key = (sink, message.incident.id);
            let knows = self.knows.contains(&key);
            if sink.learns(message, knows) {
                self.knows.insert(key);
            }
            if !sink.takes(message, knows) {
                continue;
            }
            self.wanted.insert(key, message.step);
            if self.away.contains(&sink) {
                *self.missed.entry((sink, message.incident.id)).or_default() += 1;
            }
        }
    }

    /// Everything that waits goes to the sinks that can be reached. Where the process dies before it can mark that
    /// (`marks`), the same goes again.
    pub(crate) fn deliver(&mut self, store: &mut dyn Keeper, now: Time, marks: bool, seen: &mut Seen) -> Verdict {
        for sink in Sink::ALL {
            if self.away.contains(&sink) || !store.is_waiting(sink) {
                continue;
            }
            for message in store.waiting(sink, now) {
                self.takes(sink, &message, seen)?;
                if marks {
                    store.told(sink, &message, now);
                }
            }
        }
        Ok(())
    }

    fn takes(&mut self, sink: Sink, message: &Message, seen: &mut Seen) -> Verdict {
        let key = (sink, message.incident.id);
        let before = self.told.get(&key);
        if let Some(before) = before.filter(|b| b.step >= message.step) {
            let same = before.step == message.step && before.kind == message.kind && before.at == message.at;
            if !same {
                let (old, new) = (before.step, message.step);
                return Err(format!(
                    "{sink:?} is told step {new} of incident {} after step {old}",
                    message.incident.id
                ));
            }
        }
        let over = !message.incident.status.is_open();
        if self.missed.remove(&key).is_some_and(|n| n > 1) {
            seen.saw("sink back with more than one step of an incident");
        }
        if over && before.is_none() && message.incident.status == IncidentStatus::Resolved {
            seen.saw("opened and over while a sink was away");
        }
        // What of a digest is of too little weight for a sink, it is not told.
        for item in message.digest_from(Severity::Warning).iter().flat_map(|m| &m.digest) {
            self.in_digests.insert((sink, item.incident.id), item.clone());
        }
        self.told.insert(key, message.clone());
        Ok(())
    }

    /// Whoever can be reached has the last word of everything.
    pub(crate) fn all_is_told(&self) -> Verdict {
        for ((sink, incident), step) in &self.wanted {
            let has = self.told.get(&(*sink, *incident)).map(|m| m.step);
            if !self.away.contains(sink) && has != Some(*step) {
                return Err(format!("{sink:?} has step {has:?} of incident {incident}, the last is {step}"));
            }
        }
        Ok(())
    }

    /// Incidents that a sink holds for open.
    pub(crate) fn open(&self) -> Vec<(Sink, IncidentId)> {
        let single = self.told.iter().filter(|(_, m)| m.kind != MessageKind::Digest).map(|(key, m)| (*key, m));
        let mut last: BTreeMap<(Sink, IncidentId), &Message> = single.collect();
        for (key, item) in &self.in_digests {
            if last.get(key).is_none_or(|m| m.step < item.step) {
                last.insert(*key, item);
            }
        }
        last.into_iter().filter(|(_, m)| m.incident.status.is_open()).map(|(key, _)| key).collect()
    }
}
