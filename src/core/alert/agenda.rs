//! When something is to be said of each incident: at most one time an incident, the first of all at hand.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{IncidentId, Time};

/// Times by incident.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Agenda {
    of: BTreeMap<IncidentId, Time>,
    by_time: BTreeSet<(Time, IncidentId)>,
}

impl Agenda {
    /// Sets or takes away the time of an incident.
    pub(super) fn set(&mut self, id: IncidentId, at: Option<Time>) {
        let old = match at {
            Some(at) => self.of.insert(id, at),
            None => self.of.remove(&id),
        };
        if let Some(old) = old {
            self.by_time.remove(&(old, id));
        }
        if let Some(at) = at {
            self.by_time.insert((at, id));
        }
    }

    /// The first.
    pub(super) fn first(&self) -> Option<(Time, IncidentId)> {
        self.by_time.first().copied()
    }

    /// The time of one.
    pub(super) fn of(&self, id: IncidentId) -> Option<Time> {
        self.of.get(&id).copied()
    }

    /// Those whose time has come, in the order in which it came.
    pub(super) fn due(&self, now: Time) -> impl Iterator<Item = IncidentId> {
        self.by_time.iter().take_while(move |(at, _)| *at <= now).map(|(_, id)| *id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_has_one_time() {
        let mut agenda = Agenda::default();
        agenda.set(IncidentId(1), Some(Time(30)));
        agenda.set(IncidentId(2), Some(Time(20)));
        agenda.set(IncidentId(1), Some(Time(10)));
        assert_eq!(agenda.first(), Some((Time(10), IncidentId(1))));
        assert_eq!(agenda.due(Time(10)).collect::<Vec<_>>(), [IncidentId(1)]);
        assert_eq!(agenda.due(Time(30)).collect::<Vec<_>>(), [IncidentId(1), IncidentId(2)]);
        agenda.set(IncidentId(1), None);
        assert_eq!(agenda.first(), Some((Time(20), IncidentId(2))));
        assert_eq!((agenda.of(IncidentId(1)), agenda.of(IncidentId(2))), (None, Some(Time(20))));
        agenda.set(IncidentId(2), None);
        assert_eq!((agenda.first(), agenda.by_time.len()), (None, 0));
    }
}
