//! A storm: after many pages within a short time, further small ones are collected, and told together once a minute
//! (semantics.md §6).
//!
//! Collects words to people only: to machines each step of each incident goes at once, as always. Never drops one:
//! what is collected is in the next digest, folded by incident, so that what opened and ended within the minute is told
//! once, as over. An incident that people know from a digest goes on in digests, to its end, unless it pages anew when
//! the storm is over, or grows large.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::book::Book;
use super::digest::{digest, gathered};
use super::speak::Said;
use super::{Incident, IncidentStatus, Message, MessageKind, Policy, SayReason};
use crate::health::{Cause, CommonScope};
use crate::model::planted;
use crate::model::{IncidentId, Severity, Span, Time};

/// From the first word that is collected to the digest that tells it.
const DIGEST_AFTER: Span = Span::minutes(1);
/// What was collected before a start waits for the first round, which lasts no longer than this but in the largest towns.
const AFTER_START: Span = Span::seconds(20);
/// An incident of so many cameras is never collected.
const LARGE: usize = 5;

/// What of an incident is told in digests; kept, so that a restart goes on with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct InDigest {
    /// People know it from a digest, or will from the next: its words go there.
    pub by: bool,
    /// The first of its steps that waits for the next digest.
    pub from: Option<u32>,
}

/// News of late, and what waits.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Storm {
    /// When something paged, or would have without the storm, oldest first; and whether it was more than info.
    news: VecDeque<(Time, bool)>,
    waiting: BTreeMap<IncidentId, Message>,
    pub(super) due: Option<Time>,
    thread: Option<Thread>,
}

/// The digests of one storm: one after the other under one number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Thread {
    id: IncidentId,
    began: Time,
    step: u32,
    last: Time,
}

impl Storm {
    /// Counts a piece of news; whether there were enough before it. Twenty of little weight do not hold back a heavy one.
    fn count(&mut self, heavy: bool, now: Time, policy: &Policy) -> bool {
        while self.news.front().is_some_and(|(at, _)| now.since(*at) >= policy.storm_per) {
            self.news.pop_front();
        }
        let before = self.news.iter().filter(|(_, h)| *h || !heavy).count();
        self.news.push_back((now, heavy));
        before >= policy.storm_messages as usize
    }

    /// Keeps a word for the next digest.
    pub(super) fn collect(&mut self, message: Message, now: Time) {
        self.due.get_or_insert(now + DIGEST_AFTER);
        let id = message.incident.id;
        let folded = match self.waiting.remove(&id) {
            Some(earlier) => message.after(&earlier),
            None => message,
        };
        self.waiting.insert(id, folded);
    }
}

/// Whether it may be collected: what says something of the monitor itself is told at once, and so is what others know of
/// than those who hear digests.
fn is_small(incident: &Incident) -> bool {
    incident.cameras.len() < LARGE && !matches!(incident.cause, Cause::Monitor(_)) && !incident.news.escalated
}

impl Book {
    /// The last decision on a word: whether people hear it now, or with the next digest.
    pub(super) fn through_storm(
        &mut self,
        incident: &mut Incident,
        kind: MessageKind,
        why: SayReason,
        now: Time,
    ) -> (MessageKind, SayReason) {
        if kind == MessageKind::Escalated {
            // It goes to others too, who hear of no digest: from now on all of it is told at once.
            incident.news.escalated = true;
            incident.in_digest.by = false;
        }
        let small = is_small(incident);
        if kind.pages() && kind != MessageKind::Escalated {
            let storm = self.storm.count(incident.severity >= Severity::Warning, now, &self.policy);
            incident.in_digest.by = storm && small;
        }
        // What has grown large is one of many no longer.
        incident.in_digest.by &= small || !incident.status.is_open();
        let waits = self.storm.waiting.get(&incident.id).map(|m| m.kind);
        let quiet = matches!(why, SayReason::HeldSilenced | SayReason::HeldMaintenance);
        if let Some(earlier) = waits
            && incident.status.is_open()
            && !(small && incident.in_digest.by)
            && !quiet
        {
            // It grew while its word waited, or is news when the storm is over: all of it is told at once.
            self.storm.waiting.remove(&incident.id);
            incident.in_digest = InDigest::default();
            incident.pages = incident.pages.saturating_sub(u32::from(earlier.pages()));
            let why = if why.is_for_machines() { SayReason::NewLoss } else { why };
            return (earlier.followed_by(kind), why);
        }
        // Whoever takes an incident is not one of many: that is told at once to those who have heard of it.
        let taken = matches!(kind, MessageKind::Acknowledged | MessageKind::Silenced) && waits.is_none();
        if why.is_for_machines() || taken || !incident.in_digest.by {
            return (kind, why);
        }
        let next = incident.step + 1;
        incident.in_digest.from.get_or_insert(next);
        (kind, SayReason::HeldForDigest)
    }

    /// Tells what was collected, once it is time.
    pub(super) fn speak_digest(&mut self, now: Time, said: &mut Said) {
        if self.storm.due.is_none_or(|due| due > now) {
            return;
        }
        self.storm.due = None;
        let mut waiting = std::mem::take(&mut self.storm.waiting);
        if planted!(DigestsForget) && waiting.len() > 1 {
            waiting.pop_last();
        }
        let mut items = Vec::new();
        for (id, message) in waiting {
            if !planted!(DigestsRepeat) {
                self.edit_incident(id, |i| i.in_digest.from = None);
            }
            // As it stands now: more may have joined it since.
            let incident = self.incidents.get(&id).cloned().unwrap_or_else(|| message.incident.clone());
            said.incidents.push(incident.clone());
            items.push(Arc::new(Message { incident, ..message }));
        }
        if items.is_empty() {
            return;
        }
        let thread = self.thread(now);
        let cause = Cause::Common(CommonScope::Town);
        let whole = Incident {
            status: IncidentStatus::Open,
            pages: thread.step,
            last_page_at: Some(now),
            step: thread.step,
            ..Incident::new(thread.id, cause, thread.began, thread.began)
        };
        said.messages.push(digest(gathered(whole, &items), items, now));
    }

    /// The number and step of the next digest: a new number where there has been none for as long as a storm counts.
    fn thread(&mut self, now: Time) -> Thread {
        let going_on = self.storm.thread.filter(|t| now.since(t.last) < self.policy.storm_per);
        let before = going_on.unwrap_or_else(|| {
            let id = IncidentId(self.next);
            self.next += 1;
            Thread { id, began: now, step: 0, last: now }
        });
        let thread = Thread { step: before.step + 1, last: now, ..before };
        self.storm.thread = Some(thread);
        thread
    }

    /// What waits for the next digest.
    pub(crate) fn collected(&self) -> impl Iterator<Item = &Message> {
        self.storm.waiting.values()
    }

    /// After a restart: counts the pages of late again, and lets what was collected and not told wait for a digest.
    /// Pages of one incident count once then: only the last of them is known.
    pub(crate) fn resume_storm(&mut self, collected: Vec<Message>, now: Time) {
        let lately = self.incidents.values().filter_map(|i| {
            let at = i.last_page_at.filter(|at| now.since(*at) < self.policy.storm_per)?;
            Some((at, i.severity >= Severity::Warning))
        });
        let mut news: Vec<(Time, bool)> = lately.collect();
        news.sort_unstable();
        self.storm.news = news.into();
        let waits: BTreeSet<IncidentId> =
            self.incidents.values().filter(|i| i.in_digest.from.is_some()).map(|i| i.id).collect();
        let waiting: Vec<Message> = collected.into_iter().filter(|m| waits.contains(&m.incident.id)).collect();
        // However often it starts anew: a digest is due a minute after the first of what it tells.
        let first = waiting.iter().map(|m| m.at).min().unwrap_or(now);
        for message in waiting {
            self.storm.collect(message, first);
        }
        self.storm.due = self.storm.due.map(|due| due.max(now + AFTER_START));
    }
}
