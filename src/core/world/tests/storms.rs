//! Storms: many small faults at once are told together, and none of them is lost.

use std::collections::BTreeSet;

use super::harness::{Fault, Plan, Sim};
use crate::alert::{Message, MessageKind, SayReason};
use crate::model::{IncidentId, Severity, Span, Time};
use crate::world::Event;

/// A healthy town of so many cameras, fifteen a switch, each with an entrance of its own.
fn settled(cameras: usize) -> Sim {
    let mut sim = Sim::new(Plan::town(&vec![15; cameras.div_ceil(15)]));
    sim.run(Span::minutes(2));
    assert!(sim.messages.is_empty(), "a healthy town is silent: {:?}", sim.pages());
    sim
}

/// Cameras that refuse, one after the other: who refuses was reached, so no switch is to blame.
fn break_one_by_one(sim: &mut Sim, of: std::ops::RangeInclusive<usize>, every: Span) {
    for n in of {
        sim.break_camera(&format!("C{n:03}"), Fault::Refuse);
        sim.run(every);
    }
}

/// What people hear, one message each.
fn to_people(sim: &Sim) -> Vec<&Message> {
    sim.messages.iter().filter(|m| !m.why.is_for_machines() && m.incident.severity >= Severity::Warning).collect()
}

fn digests(sim: &Sim) -> Vec<&Message> {
    sim.messages.iter().filter(|m| m.kind == MessageKind::Digest).collect()
}

/// Pages to people that are no digest.
fn single_pages(sim: &Sim) -> Vec<&Message> {
    to_people(sim).into_iter().filter(|m| m.kind.pages() && m.kind != MessageKind::Digest).collect()
}

/// Entrances that a message tells as lost.
fn named(message: &Message) -> BTreeSet<String> {
    let of_items = message.digest.iter().filter(|m| !m.kind.ends()).flat_map(|m| &m.incident.entrances_lost);
    message.incident.entrances_lost.iter().chain(of_items).map(ToString::to_string).collect()
}

/// The word about an incident in the digests, in their order.
fn in_digests(sim: &Sim, id: IncidentId) -> Vec<MessageKind> {
    digests(sim).iter().flat_map(|m| &m.digest).filter(|m| m.incident.id == id).map(|m| m.kind).collect()
}

fn incident_of(sim: &Sim, camera: &str) -> IncidentId {
    let cause = format!("camera:{camera}");
    let all = sim.world.snapshot().incidents;
    all.values().rev().find(|i| i.cause.to_string() == cause).unwrap().id
}

/// A town in which twenty pages have just been told.
fn in_a_storm() -> Sim {
    let mut sim = settled(60);
    break_one_by_one(&mut sim, 1..=20, Span::seconds(2));
    sim.run(Span::seconds(30));
    assert_eq!(single_pages(&sim).len(), 20);
    assert!(digests(&sim).is_empty());
    sim
}

#[test]
fn three_hundred_cameras_one_by_one_are_twenty_pages_and_then_digests_that_name_them_all() {
    let mut sim = settled(300);
    break_one_by_one(&mut sim, 1..=300, Span::seconds(2));
    sim.run(Span::minutes(2));
    sim.tell_all();
    assert_eq!(single_pages(&sim).len(), 20);
    let all = digests(&sim);
    assert!((8..=11).contains(&all.len()), "{} digests", all.len());
    assert!(all.windows(2).all(|w| w[1].at.since(w[0].at) >= Span::minutes(1)), "once a minute");
    let named: BTreeSet<String> = to_people(&sim).into_iter().flat_map(named).collect();
    assert_eq!(named.len(), 300, "nothing is dropped");
    for held in sim.messages.iter().filter(|m| m.why == SayReason::HeldForDigest) {
        let told = all.iter().find(|d| d.at >= held.at && d.digest.iter().any(|m| m.incident.id == held.incident.id));
        assert!(told.is_some_and(|d| d.at.since(held.at) <= Span::minutes(1)), "{held:?}");
    }
    // Machines hear each step of each incident at once, the digests have a number of their own.
    assert_eq!(sim.messages.iter().filter(|m| m.kind == MessageKind::Opened).count(), 300);
    let numbers: BTreeSet<IncidentId> = all.iter().map(|m| m.incident.id).collect();
    assert_eq!(numbers.len(), 1, "one storm is one thread");
    assert!(numbers.iter().all(|n| !sim.world.snapshot().incidents.contains_key(n)));
    assert_eq!(all.iter().map(|m| m.step).collect::<Vec<_>>(), (1..=all.len() as u32).collect::<Vec<_>>());

    // What heals is told in digests as well: as many ends as there were beginnings.
    sim.heal_all();
    sim.run(Span::minutes(5));
    assert!(sim.everything_is_over());
    let ended = |m: &&&Message| m.kind == MessageKind::Resolved;
    let single = to_people(&sim).iter().filter(ended).count();
    let together = digests(&sim).iter().flat_map(|m| &m.digest).filter(|m| m.kind == MessageKind::Resolved).count();
    assert_eq!((single, together), (20, 280));
}

#[test]
fn the_twenty_first_of_ordinary_faults_is_told_within_a_minute() {
    let mut sim = in_a_storm();
    sim.break_camera("C021", Fault::Refuse);
    sim.run(Span::seconds(90));
    assert_eq!(single_pages(&sim).len(), 20);
    let [only] = digests(&sim)[..] else { panic!("{:#?}", digests(&sim)) };
    let [item] = &only.digest[..] else { panic!("{only:#?}") };
    assert_eq!((item.kind, item.incident.cause.to_string()), (MessageKind::Opened, "camera:C021".to_owned()));
    assert_eq!(named(only), BTreeSet::from(["E021".to_owned()]));
    assert_eq!((only.incident.severity, only.why, only.kind.pages()), (Severity::Critical, SayReason::Digest, true));
    let held = sim.messages.iter().find(|m| m.why == SayReason::HeldForDigest).unwrap();
    assert!(only.at.since(held.at) <= Span::minutes(1));
    let now = sim.world.snapshot().incidents[&item.incident.id].clone();
    assert_eq!((now.pages, now.in_digest.by, now.in_digest.from), (1, true, None));
}

#[test]
fn a_large_incident_inside_a_storm_pages_at_once() {
    let mut sim = in_a_storm();
    sim.break_camera("C021", Fault::Refuse);
    sim.kill_node("S4");
    sim.run(Span::seconds(25));
    let last = (*single_pages(&sim).last().unwrap()).clone();
    assert_eq!((last.incident.cause.to_string().as_str(), last.incident.cameras.len()), ("node:S4", 15));
    assert_ne!(last.why, SayReason::HeldForDigest);
    sim.run(Span::minutes(1));
    assert_eq!(in_digests(&sim, last.incident.id), [], "and it is not told again");
    assert_eq!(in_digests(&sim, incident_of(&sim, "C021")), [MessageKind::Opened]);
}

#[test]
fn what_opened_and_ended_within_the_minute_is_told_once_as_over() {
    let mut sim = in_a_storm();
    sim.break_camera("C021", Fault::Refuse);
    sim.run(Span::seconds(30));
    let id = incident_of(&sim, "C021");
    sim.faults.remove("C021");
    sim.run(Span::seconds(75));
    assert_eq!(in_digests(&sim, id), [MessageKind::Resolved]);
    let item = digests(&sim)[0].digest[0].clone();
    let gone: Vec<String> =
        item.alerts.iter().filter(|a| a.ended.is_some()).map(|a| a.key.object.to_string()).collect();
    assert!(gone.contains(&"E021".to_owned()), "it says what was lost: {gone:?}");
    assert!(named(digests(&sim)[0]).is_empty(), "and nothing is lost any more");
}

#[test]
fn what_people_know_from_a_digest_ends_in_a_digest_also_after_the_storm() {
    let mut sim = in_a_storm();
    sim.break_camera("C021", Fault::Refuse);
    sim.run(Span::minutes(30));
    let id = incident_of(&sim, "C021");
    sim.faults.remove("C021");
    sim.run(Span::minutes(2));
    assert_eq!(in_digests(&sim, id), [MessageKind::Opened, MessageKind::Resolved]);
    let single = |sim: &Sim| to_people(sim).iter().filter(|m| m.incident.id == id).count();
    assert_eq!(single(&sim), 0);
    assert_eq!(digests(&sim).iter().map(|m| m.incident.id).collect::<BTreeSet<_>>().len(), 2, "another thread by then");

    // Lost again when the storm is over, it is a page of its own, and so is its end.
    sim.break_camera("C021", Fault::Refuse);
    sim.run(Span::minutes(10));
    assert_eq!(single(&sim), 1, "{:#?}", to_people(&sim).last());
    sim.faults.remove("C021");
    sim.run(Span::minutes(2));
    assert_eq!(single(&sim), 2);
}

#[test]
fn a_storm_is_over_when_fewer_pages_come() {
    let mut sim = in_a_storm();
    sim.run(Span::minutes(11));
    sim.break_camera("C021", Fault::Refuse);
    sim.run(Span::minutes(2));
    assert_eq!((single_pages(&sim).len(), digests(&sim).len()), (21, 0));
}

#[test]
fn what_was_collected_outlives_a_restart_and_is_told_once() {
    let mut sim = in_a_storm();
    sim.break_camera("C021", Fault::Refuse);
    sim.run(Span::seconds(30));
    let id = incident_of(&sim, "C021");
    assert!(sim.messages.iter().any(|m| m.why == SayReason::HeldForDigest) && digests(&sim).is_empty());
    sim.restart(Span::seconds(10));
    sim.break_camera("C022", Fault::Refuse);
    sim.run(Span::minutes(3));
    assert_eq!(in_digests(&sim, id), [MessageKind::Opened]);
    // The pages of before the restart count on.
    assert_eq!(in_digests(&sim, incident_of(&sim, "C022")), [MessageKind::Opened]);
    assert_eq!(single_pages(&sim).len(), 20);
    let mut keys: Vec<(IncidentId, u32)> = sim.messages.iter().map(|m| (m.incident.id, m.step)).collect();
    let all = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), all, "no key is used twice");
}

#[test]
fn a_stepped_clock_loses_nothing_of_what_was_collected() {
    let mut sim = in_a_storm();
    sim.break_camera("C021", Fault::Refuse);
    sim.run(Span::seconds(30));
    let saved = sim.world.saved(sim.now);
    assert_eq!(saved.collected.len(), 1);
    let registry = sim.world.snapshot().registry;
    let back = sim.now - Span::hours(5);
    let (world, _) = crate::world::World::start(sim.policy.clone(), registry, saved, back);
    assert!(world.next_wake().is_some_and(|at| at <= back + Span::minutes(1)));
    assert_eq!(world.saved(back).collected.len(), 1);
    assert!(world.saved(back).collected.iter().all(|m| m.at <= back));
}

#[test]
fn who_takes_an_incident_of_a_digest_is_told_at_once_to_those_who_know_it() {
    let mut sim = in_a_storm();
    let take = |sim: &mut Sim, id| {
        sim.apply(Event::Acknowledge { incident: id, by: "duty".into(), note: "".into(), until: None });
    };
    sim.break_camera("C021", Fault::Refuse);
    sim.run(Span::seconds(30));
    let id = incident_of(&sim, "C021");
    take(&mut sim, id);
    let taken = |sim: &Sim| to_people(sim).iter().filter(|m| m.kind == MessageKind::Acknowledged).count();
    assert_eq!(taken(&sim), 0, "nobody has heard of it yet");
    sim.run(Span::seconds(70));
    let item = digests(&sim)[0].digest[0].clone();
    assert_eq!((item.kind, item.incident.acknowledged.as_ref().map(|a| &*a.by)), (MessageKind::Opened, Some("duty")));
    take(&mut sim, id);
    assert_eq!(taken(&sim), 1);
}

#[test]
fn many_words_of_little_weight_do_not_hold_back_a_heavy_one() {
    let mut plan = Plan::town(&[15, 15]);
    for n in 101..=130 {
        plan.camera(&format!("C{n}"), Some("S2"), n);
    }
    let mut sim = Sim::new(plan);
    sim.run(Span::minutes(2));
    break_one_by_one(&mut sim, 101..=130, Span::seconds(2));
    sim.run(Span::seconds(90));
    assert!(!digests(&sim).is_empty() && single_pages(&sim).is_empty(), "cameras alone are info");
    sim.break_camera("C001", Fault::Refuse);
    sim.run(Span::seconds(30));
    assert_eq!(single_pages(&sim).len(), 1);
    let info: Vec<&Message> = digests(&sim);
    assert!(info.iter().all(|m| m.digest_from(Severity::Warning).is_none() && m.digest_from(Severity::Info).is_some()));
}

#[test]
fn digests_that_were_not_told_become_one() {
    let mut sim = in_a_storm();
    break_one_by_one(&mut sim, 21..=22, Span::ZERO);
    sim.run(Span::seconds(90));
    sim.faults.remove("C021");
    sim.break_camera("C023", Fault::Refuse);
    sim.run(Span::seconds(90));
    let all = digests(&sim);
    assert_eq!(all.len(), 2);
    let one = Message::digests_together(&all).unwrap();
    let rows: Vec<(MessageKind, String)> = one.digest.iter().map(|m| (m.kind, m.incident.cause.to_string())).collect();
    use MessageKind::{Opened, Resolved};
    let cause = |c: &str| format!("camera:{c}");
    assert_eq!(rows, [(Opened, cause("C022")), (Opened, cause("C023")), (Resolved, cause("C021"))]);
    assert_eq!((one.step, one.incident.entrances_lost.len()), (2, 2));
    assert_eq!(one.at, all[1].at);
    assert!(Message::digests_together(&[]).is_none());
    assert!(one.at > Time(0));
}
