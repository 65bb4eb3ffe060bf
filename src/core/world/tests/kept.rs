//! A store, as the tests need one: what a commit keeps, what a start loads, which words wait for which sink.
//!
//! [`Kept`] is the model of it, in memory and in the plainest words; the shell drives the same harness with the real
//! one (SQLite). Both must look alike from here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cunkou_core::alert::{Alert, AlertKey, Incident, Message, MessageKind, SayReason};
use cunkou_core::model::{IncidentId, Severity, Time};
use cunkou_core::registry::Topology;
use cunkou_core::world::{Effects, Saved, SavedTarget, Subject};

/// Where words go.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Sink {
    /// A machine: is told everything.
    Hook,
    /// People: are told what pages them, updates, ends and digests, of what is at least a warning.
    Phone,
    /// People of the next level: are told what is escalated to them, and its end.
    Chief,
}

impl Sink {
    pub(crate) const ALL: [Sink; 3] = [Sink::Hook, Sink::Phone, Sink::Chief];

    /// Whether people read it.
    pub(crate) fn is_people(self) -> bool {
        self != Sink::Hook
    }

    /// From which level of escalation on it is told.
    pub(crate) fn level(self) -> u8 {
        u8::from(self == Sink::Chief)
    }

    /// Whether a message is said there; `knows`: it was told of this incident before. An end is news only to those who
    /// know the beginning.
    pub(crate) fn takes(self, message: &Message, knows: bool) -> bool {
        let quiet = self.is_people() && message.why.is_for_machines();
        !quiet && self.learns(message, knows)
    }

    /// Whether it knows of the incident from then on: also of what it hears with a digest.
    pub(crate) fn learns(self, message: &Message, knows: bool) -> bool {
        use MessageKind as K;
        let ends = matches!(message.kind, K::Resolved | K::Merged | K::Acknowledged | K::Silenced);
        let severe = self == Sink::Hook || message.incident.severity >= Severity::Warning;
        if message.kind == K::Digest {
            return self == Sink::Phone && severe;
        }
        let quiet = self.is_people() && message.why.is_for_machines() && message.why != SayReason::HeldForDigest;
        !quiet && (knows || (severe && !ends && message.incident.level >= self.level()))
    }
}

/// A store.
pub(crate) trait Keeper {
    /// One transaction. What it holds of the words goes to the outbox of each sink.
    fn keep(&mut self, effects: &Effects, tick: Time, version: u64, topology: &Arc<Topology>);
    /// The monitor lives.
    fn tick(&mut self, now: Time);
    /// What a start takes from it.
    fn load(&mut self, now: Time) -> Saved;
    /// What waits for a sink, in the order in which it is to be told; steps of one incident that nobody was told of are
    /// one.
    fn waiting(&mut self, sink: Sink, now: Time) -> Vec<Message>;
    /// A sink has taken a message.
    fn told(&mut self, sink: Sink, message: &Message, now: Time);
    /// Whether anything waits for a sink.
    fn is_waiting(&self, sink: Sink) -> bool;
}

/// What a store must not do; planted to see that it is noticed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sabotage {
    ForgetsIncidents,
    ForgetsAlerts,
    ForgetsUntoldEnds,
    ForgetsHealth,
    ForgetsTheOutbox,
    KeepsEndedAlerts,
    CountsFromOneAgain,
    /// The first word of an incident is taken for the same as the next.
    LosesFirstSteps,
    /// What waited for a digest is gone at the next start.
    ForgetsWhatIsCollected,
}

/// What a store would hold.
#[derive(Default, Clone)]
pub(crate) struct Kept {
    pub(crate) sabotage: Option<Sabotage>,
    targets: BTreeMap<String, SavedTarget>,
    last_words: BTreeMap<Subject, &'static str>,
    incidents: BTreeMap<IncidentId, Incident>,
    alerts: BTreeMap<AlertKey, Alert>,
    /// Alerts that ended, as long as a start may ask for them.
    ended: Vec<Alert>,
    outbox: BTreeMap<(Sink, IncidentId, u32), Message>,
    /// Who was told of which incident.
    knows: BTreeSet<(Sink, IncidentId)>,
    next_incident: u64,
    /// Words that waited for a digest.
    collected: BTreeMap<(IncidentId, u32), Message>,
    tick: Option<Time>,
    version: u64,
}

impl Keeper for Kept {
    fn keep(&mut self, effects: &Effects, tick: Time, version: u64, _: &Arc<Topology>) {
        self.tick(tick);
        self.version = version;
        for target in &effects.saved {
            match target {
                SavedTarget::Gone(subject) => {
                    self.targets.remove(&place(subject));
                }
                target => {
                    self.targets.insert(place_of(target), target.clone());
                }
            }
        }
        for incident in &effects.incidents {
            self.next_incident = self.next_incident.max(incident.id.0 + 1);
            self.incidents.insert(incident.id, (**incident).clone());
        }
        for alert in &effects.alerts {
            match alert.ended {
                Some(_) if self.sabotage != Some(Sabotage::KeepsEndedAlerts) => {
                    self.alerts.remove(&alert.key);
                    self.ended.push((**alert).clone());
                }
                _ => {
                    self.alerts.insert(alert.key.clone(), (**alert).clone());
                }
            }
        }
        let incidents = &self.incidents;
        self.ended.retain(|a| is_untold(a, incidents));
        self.last_words.extend(effects.transitions.iter().map(|t| (t.subject.clone(), t.to)));
        for message in &effects.messages {
            // Digests have numbers too, and no incident.
            self.next_incident = self.next_incident.max(message.incident.id.0 + 1);
            if message.why == SayReason::HeldForDigest {
                self.collected.insert((message.incident.id, message.step), message.clone());
            }
            for sink in Sink::ALL {
                let incident = (sink, message.incident.id);
                let knows = self.knows.contains(&incident);
                if !sink.learns(message, knows) {
                    continue;
                }
                self.knows.insert(incident);
                if !sink.takes(message, knows) {
                    continue;
                }
                if self.sabotage == Some(Sabotage::LosesFirstSteps) && message.step == 1 {
                    continue;
                }
                self.outbox.insert((sink, message.incident.id, message.step), message.clone());
            }
        }
    }

    fn tick(&mut self, now: Time) {
        self.tick = Some(now);
    }

    fn load(&mut self, now: Time) -> Saved {
        match self.sabotage {
            Some(Sabotage::ForgetsIncidents) => self.incidents.clear(),
            Some(Sabotage::ForgetsAlerts) => self.alerts.clear(),
            Some(Sabotage::ForgetsUntoldEnds) => self.ended.clear(),
            Some(Sabotage::ForgetsHealth) => self.targets.clear(),
            Some(Sabotage::ForgetsTheOutbox) => self.outbox.clear(),
            Some(Sabotage::ForgetsWhatIsCollected) => self.collected.clear(),
            Some(Sabotage::CountsFromOneAgain) => self.next_incident = 1,
            _ => {}
        }
        // As the store does: what ended long ago is not taken.
        let recent = |i: &&Incident| i.status.is_open() || i.resolved_at.is_some_and(|t| now.since(t).0 < 3_600_000);
        let from = |id: &IncidentId| self.incidents.get(id).and_then(|i| i.in_digest.from);
        let waits = |(id, step): &(IncidentId, u32)| from(id).is_some_and(|from| *step >= from);
        Saved {
            last_tick: self.tick,
            registry_version: self.version,
            targets: self.targets.values().cloned().map(|t| self.recorded(t)).collect(),
            incidents: self.incidents.values().filter(recent).cloned().collect(),
            alerts: self.alerts.values().chain(&self.ended).cloned().collect(),
            collected: self.collected.iter().filter(|(at, _)| waits(at)).map(|(_, m)| m.clone()).collect(),
            next_incident: self.next_incident,
        }
    }

    fn waiting(&mut self, sink: Sink, _: Time) -> Vec<Message> {
        let mut steps: BTreeMap<IncidentId, Vec<&Message>> = BTreeMap::new();
        for ((_, incident, _), message) in self.outbox.iter().filter(|((s, ..), _)| *s == sink) {
            steps.entry(*incident).or_default().push(message);
        }
        let together = |steps: Vec<&Message>| match steps.last() {
            Some(last) if last.kind == MessageKind::Digest => Message::digests_together(&steps),
            last => last.map(|m| Message::clone(m)),
        };
        steps.into_values().filter_map(together).collect()
    }

    fn told(&mut self, sink: Sink, message: &Message, _: Time) {
        let id = message.incident.id;
        self.outbox.retain(|(s, i, step), _| *s != sink || *i != id || *step > message.step);
    }

    fn is_waiting(&self, sink: Sink) -> bool {
        self.outbox.keys().any(|(s, ..)| *s == sink)
    }
}

/// Whether it ended, and no word has said so.
fn is_untold(alert: &Alert, incidents: &BTreeMap<IncidentId, Incident>) -> bool {
    let incident = incidents.get(&alert.incident).filter(|i| i.status.is_open());
    let since = incident.and_then(|i| i.news.untold_since);
    since.zip(alert.ended).is_some_and(|(since, (at, _))| at >= since)
}

impl Kept {
    /// With what history says last of it.
    fn recorded(&self, mut target: SavedTarget) -> SavedTarget {
        let subject = match &target {
            SavedTarget::Camera(id, _) => Subject::Camera(id.clone()),
            SavedTarget::Node(id, _) => Subject::Node(id.clone()),
            _ => return target,
        };
        let last = self.last_words.get(&subject);
        if let SavedTarget::Camera(_, health) | SavedTarget::Node(_, health) = &mut target {
            health.recorded = last.and_then(|word| cunkou_core::health::State::from_word(word));
        }
        target
    }
}

fn place_of(target: &SavedTarget) -> String {
    match target {
        SavedTarget::Camera(id, _) => format!("c{id}"),
        SavedTarget::Node(id, _) => format!("n{id}"),
        SavedTarget::Entrance(id, ..) => format!("e{id}"),
        SavedTarget::Monitor(_) => "m".to_owned(),
        SavedTarget::Gone(subject) => place(subject),
    }
}

fn place(subject: &Subject) -> String {
    match subject {
        Subject::Camera(id) => format!("c{id}"),
        Subject::Node(id) => format!("n{id}"),
        Subject::Entrance(id, _) => format!("e{id}"),
        Subject::Monitor => "m".to_owned(),
    }
}
