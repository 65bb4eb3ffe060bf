//! In whose hands an incident is, and what that promises: a silence pages nobody and its end is told; what somebody took
//! is neither said again nor given to others; what nobody takes is; what a storm collects is in the next digest, once.

use std::collections::BTreeMap;

use super::super::harness::Sim;
use super::oracle::{Oracle, SLACK, Verdict};
use cunkou_core::alert::{AlertName, Incident, IncidentStatus, Message, MessageKind as K, SayReason as Why};
use cunkou_core::health::Cause;
use cunkou_core::model::{IncidentId, Severity, Span, Time};
use cunkou_core::world::Policy;

/// What is collected is told within a minute, or after a first round.
const DIGEST_WITHIN: Span = Span::seconds(100);

/// An acknowledgement or a silence with an end, by the clock of the wall; and when that was first seen to have come.
struct Owed {
    until: Time,
    due: Option<Time>,
}

/// Nobody has it.
#[derive(Clone, Copy)]
struct Nobodys {
    since: Time,
    level: u8,
    /// When it was last paged, if only in a digest.
    paged: Time,
}

#[derive(Default)]
pub(crate) struct Hands {
    /// Somebody wished to silence an incident until then; it holds once that is kept.
    asked: BTreeMap<IncidentId, Time>,
    /// Until when, by the clock of the wall, somebody silenced an incident, and what its cause was then.
    silenced: BTreeMap<IncidentId, (Time, Cause)>,
    /// When a silence was last seen to be in force, by the clock of the truth.
    quiet: BTreeMap<IncidentId, Time>,
    owed: BTreeMap<IncidentId, Owed>,
    nobodys: BTreeMap<IncidentId, Nobodys>,
    /// Collected, and in no digest yet: since when, and whether it would have paged.
    held: BTreeMap<IncidentId, (Time, bool)>,
}

impl Hands {
    /// Somebody wishes to silence an incident until then, by the clock of the wall.
    pub(super) fn silence(&mut self, id: IncidentId, until: Time) {
        self.asked.insert(id, until);
    }

    /// Somebody lifts a silence.
    pub(super) fn lift(&mut self, id: IncidentId, wall: Time) {
        let Some((until, _)) = self.silenced.get_mut(&id) else { return };
        *until = wall;
        self.owed.insert(id, Owed { until: wall, due: None });
    }

    /// The process is another one: what it had not kept never was.
    pub(super) fn begins_anew(&mut self) {
        self.asked.clear();
    }

    /// Whether anybody has silenced it, and that is not over.
    pub(super) fn is_silent(&self, id: IncidentId, wall: Time) -> bool {
        self.silenced.get(&id).is_some_and(|(until, _)| *until > wall)
    }

    /// When a silence of it was last in force.
    pub(super) fn last_quiet(&self, id: IncidentId) -> Option<Time> {
        self.quiet.get(&id).copied()
    }

    /// Whether a page of it waits for a digest, so that nobody has heard it.
    pub(super) fn holds_a_page(&self, id: IncidentId) -> bool {
        self.held.get(&id).is_some_and(|(_, pages)| *pages)
    }

    /// Whether something waits for a digest.
    pub(super) fn collects(&self) -> bool {
        !self.held.is_empty()
    }

    /// A word; `before` is the incident as it was told last.
    pub(super) fn hear(&mut self, m: &Message, before: Option<&Incident>, at: Time, policy: &Policy) -> Verdict {
        if m.kind == K::Digest {
            return self.hear_digest(m);
        }
        let (id, incident) = (m.incident.id, &*m.incident);
        // A silence is one of the fault that somebody knew of. What unites cameras can turn into another and back between
        // two words.
        let group = matches!(incident.cause, Cause::Common(_) | Cause::Partial(_)) && incident.silenced.is_none();
        let other = self.silenced.get(&id).is_some_and(|(_, cause)| *cause != incident.cause || group);
        if m.kind == K::Merged || other {
            self.silenced.remove(&id);
            self.owed.remove(&id);
        }
        if let Some(until) = self.asked.remove(&id).filter(|_| m.kind == K::Silenced) {
            self.silenced.insert(id, (until, incident.cause.clone()));
            self.quiet.insert(id, at);
            self.owed.insert(id, Owed { until, due: None });
        }
        let to_people = !m.why.is_for_machines();
        if to_people && self.is_silent(id, m.at) && !is_never_held(m.kind) {
            return Err(format!("said to people while silenced ({:?}, {:?}): {incident:#?}", m.kind, m.why));
        }
        self.goes_on_for_a_reason(m, before, at, policy)?;
        self.note_digest(m, at)?;
        self.note_ends(m);
        self.note_nobodys(m, before, at);
        Ok(())
    }

    fn hear_digest(&mut self, m: &Message) -> Verdict {
        for item in &m.digest {
            if self.held.remove(&item.incident.id).is_none() {
                return Err(format!("a digest says what it need not: {:#?}", item.incident));
            }
        }
        Ok(())
    }

    fn note_digest(&mut self, m: &Message, at: Time) -> Verdict {
        let id = m.incident.id;
        if m.why == Why::HeldForDigest {
            self.held.entry(id).or_insert((at, false)).1 |= m.kind.pages();
        } else if !m.why.is_for_machines() && self.held.remove(&id).is_some() && is_never_held(m.kind) {
            return Err(format!("of what is collected an end is told alone: {:#?}", m.incident));
        }
        Ok(())
    }

    /// It is given to others, or said again, because nobody has it for so long, and not while somebody does.
    fn goes_on_for_a_reason(&self, m: &Message, before: Option<&Incident>, at: Time, policy: &Policy) -> Verdict {
        let again = m.kind == K::Escalated || m.why == Why::StillOpen;
        let (true, Some(before)) = (again, before) else { return Ok(()) };
        if before.status == IncidentStatus::Acknowledged {
            return Err(format!("somebody took it, and it goes on ({:?}): {:#?}", m.kind, m.incident));
        }
        if m.kind != K::Escalated {
            return Ok(());
        }
        // By the clock of the wall, or by that of the truth, where the other was set back.
        let since = self.nobodys.get(&m.incident.id).map(|n| n.since);
        let long = since.is_some_and(|t| at.since(t) + Span::seconds(1) >= policy.alert.escalate_after);
        if long || m.at.since(before.waiting_since) >= policy.alert.escalate_after {
            return Ok(());
        }
        Err(format!("given to others since {since:?}, too early: {:#?}", m.incident))
    }

    fn note_ends(&mut self, m: &Message) {
        let id = m.incident.id;
        match m.kind {
            K::Acknowledged => match m.incident.acknowledged.as_ref().and_then(|a| a.until) {
                Some(until) => {
                    self.owed.insert(id, Owed { until, due: None });
                }
                None => {
                    self.owed.remove(&id);
                }
            },
            K::Resolved | K::Merged => {
                self.owed.remove(&id);
            }
            // What is collected is in the next digest: that is held against its time.
            kind if kind.pages() && (!m.why.is_for_machines() || m.why == Why::HeldForDigest) => {
                self.owed.retain(|i, owed| *i != id || owed.until > m.at);
            }
            _ => {}
        }
    }

    fn note_nobodys(&mut self, m: &Message, before: Option<&Incident>, at: Time) {
        let incident = &*m.incident;
        let nobodys = incident.status == IncidentStatus::Open
            && incident.severity == Severity::Critical
            && incident.pages > 0
            && incident.silence_at(m.at).is_none();
        if !nobodys {
            self.nobodys.remove(&incident.id);
            return;
        }
        let fresh = Nobodys { since: at, level: incident.level, paged: at };
        let known = self.nobodys.entry(incident.id).or_insert(fresh);
        if known.level != incident.level || before.is_some_and(|b| b.reopened_at < incident.reopened_at) {
            *known = fresh;
        }
        if m.kind.pages() && m.why != Why::HeldMaintenance {
            known.paged = at;
        }
    }
}

/// What is told whatever holds back the rest.
fn is_never_held(kind: K) -> bool {
    matches!(kind, K::Resolved | K::Merged | K::Acknowledged | K::Silenced)
}

impl Oracle {
    /// Since when each incident has stood that some loss belongs to which people are to know of.
    fn standing(&self, sim: &Sim) -> BTreeMap<IncidentId, Time> {
        let alerts = sim.world.snapshot().alerts;
        let mut standing: BTreeMap<IncidentId, Time> = BTreeMap::new();
        for (key, told) in self.open.iter().filter(|(key, _)| key.name == AlertName::EntranceLost) {
            let Some((id, gap)) = key.object.entrance().and_then(|e| Some((e, self.truth.entrance(e)?))) else {
                continue;
            };
            let Some(since) = gap.lost_since.filter(|_| gap.lost && !gap.planned) else { continue };
            let since = [Some(since), gap.last_planned, Some(self.dim_for(id))].into_iter().flatten().max();
            let incident = alerts.get(key).map_or(*told, |a| a.incident);
            let first = standing.entry(incident).or_insert(Time(i64::MAX));
            *first = (*first).min(since.unwrap_or_default());
        }
        standing
    }

    /// What must have been said by now of what is in somebody's hands, or in nobody's.
    pub(super) fn hands_keep_their_promises(&mut self, now: Time, sim: &Sim) -> Verdict {
        let standing = self.standing(sim);
        let open = |id: &IncidentId| self.last.get(id).is_some_and(|(_, i)| i.status == IncidentStatus::Open);
        let policy = &sim.policy.alert;
        if let Some((id, (at, _))) =
            self.hands.held.iter().find(|(_, (at, _))| now.since(self.dim.max(*at)) > DIGEST_WITHIN)
        {
            return Err(format!("incident {id} was collected at {at:?}, and at {now:?} it is in no digest"));
        }
        for (id, nobody) in &self.hands.nobodys {
            let Some(stands) = standing.get(id).filter(|_| !sim.is_behind()) else { continue };
            let idle = now.since(nobody.since.max(*stands));
            if nobody.level < policy.levels && idle > policy.escalate_after + SLACK {
                return Err(format!("nobody has {id} for {idle} at {now:?}, and it went to nobody else"));
            }
            let quiet = now.since(nobody.since.max(nobody.paged).max(*stands));
            if quiet > policy.remind_every + SLACK {
                return Err(format!("nobody has {id}, and for {quiet} at {now:?} it was not said again"));
            }
        }
        for (id, (until, _)) in &self.hands.silenced {
            if *until > sim.now {
                self.hands.quiet.insert(*id, now);
            }
        }
        let mut late = None;
        self.hands.owed.retain(|id, owed| {
            if owed.until > sim.now {
                return true;
            }
            let due = *owed.due.get_or_insert(now);
            let silent = self.hands.silenced.get(id).is_some_and(|(until, _)| *until > sim.now);
            let Some(stands) = standing.get(id).filter(|_| open(id) && !silent) else { return false };
            let waits = now.since(due.max(*stands));
            if waits > SLACK {
                late = Some(format!("who had {id} has it no more for {waits} at {now:?}, and nobody was told"));
            }
            true
        });
        late.map_or(Ok(()), Err)
    }
}
