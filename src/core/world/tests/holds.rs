//! Lifecycle: silences, acknowledgements that end, reminders, escalation (semantics.md §6).

use std::sync::Arc;

use super::harness::{Fault, Plan, Sim};
use crate::alert::{Incident, MessageKind as K, SayReason};
use crate::model::{IncidentId, Span};
use crate::world::{Event, Policy};

/// Two switches of ten cameras; one of them dead, and told.
fn dead_switch() -> Sim {
    town_with(|_| {})
}

fn town_with(policy: impl FnOnce(&mut Policy)) -> Sim {
    let mut numbers = Policy { canaries: vec!["gw".into()], ..Policy::default() };
    policy(&mut numbers);
    let mut sim = Sim::with(Plan::town(&[10, 10]), numbers);
    sim.run(Span::minutes(2));
    sim.kill_node("S1");
    sim.run(Span::minutes(1));
    assert_eq!(sim.pages().len(), 1);
    sim
}

impl Sim {
    fn silence(&mut self, incident: u64, span: Span, note: &str) {
        let (incident, until) = (IncidentId(incident), self.now + span);
        self.apply(Event::Silence { incident, by: "duty".into(), note: note.into(), until });
    }

    fn take_on(&mut self, incident: u64, span: Option<Span>) {
        let until = span.map(|s| self.now + s);
        self.apply(Event::Acknowledge { incident: IncidentId(incident), by: "duty".into(), note: "".into(), until });
    }

    fn incident(&self, id: u64) -> Arc<Incident> {
        self.world.snapshot().incidents[&IncidentId(id)].clone()
    }

    /// What people were told after the first `n` messages.
    fn told_after(&self, n: usize) -> Vec<(K, SayReason)> {
        self.messages[n..].iter().filter(|m| !m.why.is_for_machines()).map(|m| (m.kind, m.why)).collect()
    }
}

/// prometheus/alertmanager#226: a silenced alert never says its end.
#[test]
fn a_silenced_incident_pages_nobody_machines_follow_and_its_end_is_told() {
    let mut sim = dead_switch();
    sim.silence(1, Span::hours(3), "换光猫");
    let silenced = sim.messages.last().map(|m| (m.kind, m.why));
    assert_eq!(silenced, Some((K::Silenced, SayReason::SilencedBySomebody)));
    assert_eq!(sim.incident(1).silence_at(sim.now).map(|s| &*s.note), Some("换光猫"));
    let before = sim.messages.len();
    sim.heal_all();
    sim.run(Span::minutes(10));
    assert_eq!(sim.told_after(before), [(K::Resolved, SayReason::AllOver)], "closing is never suppressed");
    sim.kill_node("S1");
    sim.run(Span::hours(1));
    assert_eq!(sim.pages().len(), 1, "back within the silence: the same incident, and no page");
    assert_eq!(sim.incident(1).reopenings, 1);
    let quiet = sim.messages.iter().filter(|m| m.why == SayReason::HeldSilenced).count();
    assert!(quiet >= 1 && sim.told_after(before).len() == 1, "{:?}", sim.told_after(before));
    assert_eq!((sim.entrance("E001"), sim.open_alerts().get("EntranceLost")), ("lost", Some(&10)), "facts go on");
}

/// The page that follows a silence says whose it was (prometheus/alertmanager#2805: a silence ends at the weekend).
#[test]
fn when_a_silence_ends_and_the_fault_stands_that_is_told_once() {
    let mut sim = dead_switch();
    sim.silence(1, Span::hours(2), "换光猫");
    let before = sim.messages.len();
    sim.run(Span::hours(2) - Span::seconds(1));
    assert_eq!(sim.told_after(before), []);
    sim.run(Span::minutes(30));
    assert_eq!(sim.told_after(before), [(K::Reminded, SayReason::SilenceEnded)]);
    let last = sim.messages.last().unwrap();
    assert_eq!(last.incident.lapsed.as_ref().map(|s| (&*s.by, &*s.note)), Some(("duty", "换光猫")));
    assert_eq!((last.incident.pages, last.incident.entrances_lost.len()), (2, 10));
    assert_eq!(sim.incident(1).silenced, None);
}

#[test]
fn a_silence_that_is_lifted_is_told_like_one_that_ended() {
    let mut sim = dead_switch();
    sim.silence(1, Span::hours(2), "");
    sim.run(Span::minutes(10));
    let before = sim.messages.len();
    sim.silence(1, Span::ZERO, "");
    assert_eq!(sim.told_after(before), [(K::Reminded, SayReason::SilenceEnded)]);
    sim.silence(1, Span::ZERO, "");
    assert_eq!(sim.messages.len(), before + 1, "there is none to lift");
    sim.run(Span::hours(3));
    assert_eq!(sim.told_after(before).len(), 1, "{:?}", sim.told_after(before));
}

#[test]
fn a_silence_of_a_fault_that_is_over_ends_without_a_word() {
    let mut sim = dead_switch();
    sim.silence(1, Span::hours(2), "");
    sim.heal_all();
    sim.run(Span::minutes(10));
    let before = sim.messages.len();
    sim.run(Span::hours(4));
    assert_eq!(sim.messages.len(), before);
    sim.kill_node("S1");
    sim.run(Span::minutes(1));
    assert_eq!(sim.pages().len(), 2, "the next fault is told as ever");
}

#[test]
fn a_silence_holds_over_a_restart_and_ends_in_the_next_life() {
    let mut sim = dead_switch();
    sim.silence(1, Span::hours(2), "");
    let before = sim.messages.len();
    sim.restart(Span::seconds(20));
    sim.run(Span::hours(1));
    assert_eq!(sim.told_after(before), []);
    // It ends while nobody runs; the first round comes before any word.
    sim.restart(Span::hours(2));
    assert_eq!(sim.told_after(before), []);
    sim.run(Span::minutes(2));
    assert_eq!(sim.told_after(before), [(K::Reminded, SayReason::SilenceEnded)]);
}

#[test]
fn what_healed_while_stopped_is_not_told_as_standing_when_its_silence_ended() {
    let mut sim = dead_switch();
    sim.silence(1, Span::hours(2), "");
    let before = sim.messages.len();
    sim.heal_all();
    sim.restart(Span::hours(3));
    sim.run(Span::minutes(5));
    assert_eq!(sim.told_after(before), [(K::Resolved, SayReason::AllOver)]);
}

#[test]
fn the_silence_of_one_fault_hushes_no_other() {
    let mut sim = Sim::new(Plan::town(&[10, 10]));
    sim.run(Span::minutes(2));
    sim.break_camera("C001", Fault::Drop);
    sim.run(Span::minutes(1));
    sim.silence(1, Span::hours(24), "等配件");
    sim.run(Span::minutes(10));
    sim.kill_node("S1");
    sim.run(Span::minutes(1));
    assert_eq!(sim.pages().iter().map(|p| p.2.as_str()).collect::<Vec<_>>(), ["camera:C001", "node:S1"]);
}

/// The whole switch is more than the part of it that somebody silenced.
#[test]
fn a_silence_ends_when_its_incident_turns_out_to_be_a_bigger_one() {
    let mut sim = Sim::new(Plan::town(&[12, 10]));
    sim.run(Span::minutes(2));
    (1..=8).for_each(|i| sim.break_camera(&format!("C{i:03}"), Fault::Drop));
    sim.run(Span::minutes(1));
    assert_eq!(sim.causes(), ["node_partial:S1"]);
    sim.silence(1, Span::hours(24), "");
    sim.run(Span::minutes(10));
    sim.kill_node("S1");
    sim.run(Span::minutes(10));
    assert!(sim.pages().iter().any(|p| p.2 == "node:S1"), "{:?}", sim.pages());
    assert!(sim.believed_lost().len() >= 12);
    let named: std::collections::BTreeSet<_> =
        sim.world.snapshot().incidents.values().flat_map(|i| i.paged_entrances.clone()).collect();
    assert_eq!(named.len(), 12, "no loss was swallowed");
}

/// grafana-cold-storage/oncall#3111: an acknowledgement that never ends.
#[test]
fn an_acknowledgement_that_runs_out_is_told_and_the_incident_is_nobodys_again() {
    let mut sim = dead_switch();
    sim.take_on(1, Some(Span::hours(6)));
    let before = sim.messages.len();
    sim.run(Span::hours(5));
    sim.restart(Span::seconds(20));
    sim.run(Span::minutes(58));
    assert_eq!(sim.told_after(before), [], "taken: no reminder, no escalation");
    sim.run(Span::minutes(5));
    assert_eq!(sim.told_after(before), [(K::Reminded, SayReason::AckExpired)]);
    let now = sim.incident(1);
    assert_eq!((now.status.word(), now.acknowledged.is_none(), now.pages), ("open", true, 2));
    assert_eq!(now.lapsed.as_ref().map(|l| &*l.by), Some("duty"));
}

#[test]
fn an_acknowledgement_that_runs_out_under_a_silence_waits_for_its_end() {
    let mut sim = dead_switch();
    sim.take_on(1, Some(Span::hours(1)));
    sim.silence(1, Span::hours(2), "");
    let before = sim.messages.len();
    sim.run(Span::hours(2) - Span::minutes(1));
    assert_eq!((sim.told_after(before), sim.incident(1).status.word()), (vec![], "open"));
    sim.run(Span::minutes(5));
    assert_eq!(sim.told_after(before), [(K::Reminded, SayReason::SilenceEnded)]);
}

#[test]
fn what_is_critical_and_in_nobodys_hands_is_said_again_every_four_hours() {
    let mut sim = dead_switch();
    let before = sim.messages.len();
    sim.run(Span::hours(9));
    assert_eq!(sim.told_after(before), [(K::Reminded, SayReason::StillOpen); 2]);
    sim.take_on(1, None);
    sim.run(Span::hours(9));
    assert_eq!(sim.told_after(before).len(), 3, "taken: {:?}", sim.told_after(before));
    sim.heal_all();
    sim.run(Span::minutes(5));
    assert!(sim.everything_is_over(), "{:?}", sim.open_alerts());
}

#[test]
fn what_is_no_more_than_a_warning_is_said_once() {
    let mut plan = Plan::town(&[4]);
    for id in ["E001", "E002", "E003", "E004"] {
        plan.registry.entrances.remove(id);
    }
    let mut sim = Sim::with(plan, Policy { canaries: vec!["gw".into()], ..Policy::default() });
    sim.run(Span::minutes(2));
    sim.kill_node("S1");
    sim.run(Span::hours(9));
    assert_eq!(sim.pages().len(), 1, "{:?}", sim.pages());
}

#[test]
fn while_blind_nothing_is_said_again_and_afterwards_only_what_still_stands() {
    let mut sim = dead_switch();
    sim.run(Span::hours(4) - Span::minutes(6));
    let before = sim.messages.len();
    sim.cut_off = true;
    sim.run(Span::hours(1));
    let told = sim.told_after(before);
    assert_eq!(told, [(K::Opened, SayReason::FirstWord)], "MonitorBlind alone");
    sim.cut_off = false;
    sim.run(Span::minutes(5));
    let told = sim.told_after(before);
    assert_eq!(told.iter().filter(|t| t.1 == SayReason::StillOpen).count(), 1, "{told:?}");
}

#[test]
fn what_nobody_takes_goes_to_the_next_level_and_no_further_than_there_are() {
    let mut sim = town_with(|p| p.alert.levels = 2);
    let before = sim.messages.len();
    sim.run(Span::minutes(13));
    assert_eq!(sim.told_after(before), []);
    sim.restart(Span::seconds(20));
    sim.run(Span::minutes(3));
    assert_eq!(sim.told_after(before), [(K::Escalated, SayReason::NotTaken)]);
    assert_eq!((sim.incident(1).level, sim.incident(1).pages), (1, 2));
    sim.run(Span::hours(2));
    assert_eq!(sim.told_after(before).len(), 2, "{:?}", sim.told_after(before));
    assert_eq!(sim.incident(1).level, 2);
}

#[test]
fn what_is_taken_or_silenced_is_not_escalated() {
    for silenced in [false, true] {
        let mut sim = town_with(|p| p.alert.levels = 1);
        if silenced {
            sim.silence(1, Span::hours(1), "");
        } else {
            sim.take_on(1, Some(Span::hours(1)));
        }
        let before = sim.messages.len();
        sim.run(Span::minutes(59));
        assert_eq!(sim.told_after(before), []);
        // From then on it is nobody's, and has its whole time again.
        sim.run(Span::minutes(14));
        assert_eq!((sim.told_after(before).len(), sim.incident(1).level), (1, 0));
        sim.run(Span::minutes(5));
        assert_eq!(sim.told_after(before).last(), Some(&(K::Escalated, SayReason::NotTaken)));
    }
}

#[test]
fn what_comes_back_begins_at_the_first_level_again() {
    let mut sim = town_with(|p| p.alert.levels = 1);
    sim.run(Span::minutes(20));
    assert_eq!(sim.incident(1).level, 1);
    sim.heal_all();
    sim.run(Span::minutes(10));
    sim.kill_node("S1");
    sim.run(Span::minutes(2));
    assert_eq!((sim.incident(1).status.word(), sim.incident(1).reopenings, sim.incident(1).level), ("open", 1, 0));
}

#[test]
fn nobody_to_escalate_to_is_no_escalation() {
    let mut sim = dead_switch();
    let before = sim.messages.len();
    sim.run(Span::hours(3));
    assert_eq!((sim.told_after(before), sim.incident(1).level), (vec![], 0));
}
