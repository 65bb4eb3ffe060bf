//! What was kept of a time that has not come: the clock ran ahead once, or has been stepped back.

use super::{Saved, SavedHealth, SavedTarget};
use crate::alert::{Alert, Incident};
use crate::model::Time;

impl Saved {
    /// The same with no moment after now: nothing that was seen, said or concluded lies in the future. Left there it
    /// would hold, until the clock comes by, whatever is reckoned from the last page, the last pass or the onset of a
    /// fault.
    #[must_use]
    pub fn not_after(mut self, now: Time) -> Saved {
        clip(&mut self.last_tick, now);
        for target in &mut self.targets {
            match target {
                SavedTarget::Camera(_, health) | SavedTarget::Node(_, health) => not_after(health, now),
                SavedTarget::Entrance(_, states, _) => {
                    states.iter_mut().for_each(|(_, since)| *since = now.min(*since));
                }
                SavedTarget::Monitor(blind) => clip(blind, now),
                SavedTarget::Gone(_) => {}
            }
        }
        self.incidents.iter_mut().for_each(|i| incident_not_after(i, now));
        self.alerts.iter_mut().for_each(|a| alert_not_after(a, now));
        self.collected.iter_mut().for_each(|m| m.at = m.at.min(now));
        self
    }
}

fn clip(moment: &mut Option<Time>, now: Time) {
    *moment = moment.map(|t| t.min(now));
}

fn not_after(health: &mut SavedHealth, now: Time) {
    health.since = health.since.min(now);
    health.turns.iter_mut().for_each(|t| *t = now.min(*t));
    clip(&mut health.inferred_at, now);
    for check in &mut health.checks {
        clip(&mut check.first_failure, now);
        clip(&mut check.last_pass, now);
        clip(&mut check.auth_refused, now);
    }
}

fn incident_not_after(incident: &mut Incident, now: Time) {
    incident.since = incident.since.min(now);
    incident.opened_at = incident.opened_at.min(now);
    clip(&mut incident.resolved_at, now);
    clip(&mut incident.reopened_at, now);
    clip(&mut incident.last_page_at, now);
    clip(&mut incident.news.calm_since, now);
    clip(&mut incident.news.untold_since, now);
    if let Some(taken) = &mut incident.acknowledged {
        // Until when it is taken is of the calendar, and stays.
        taken.at = taken.at.min(now);
    }
    for hold in incident.silenced.iter_mut().chain(&mut incident.lapsed) {
        hold.at = hold.at.min(now);
    }
    incident.waiting_since = incident.waiting_since.min(now);
}

fn alert_not_after(alert: &mut Alert, now: Time) {
    alert.since = alert.since.min(now);
    alert.ended = alert.ended.map(|(at, why)| (at.min(now), why));
}
