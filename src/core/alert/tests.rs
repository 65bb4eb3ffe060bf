//! The book by itself: what no story of a town brings about in few words.

use super::*;
use crate::health::{Cause, Findings};
use crate::model::{AreaId, CameraId, EntranceId, IncidentId, NodeId, Span, Time};

/// A World that knows nothing.
struct Nothing;

impl Facts for Nothing {
    fn cause(&self, _: &Cause) -> CauseFacts {
        CauseFacts::default()
    }

    fn findings(&self, _: &Cause) -> Option<Findings> {
        None
    }

    fn village(&self, _: &CameraId) -> Option<AreaId> {
        None
    }
}

fn lost(entrance: &str) -> AlertKey {
    AlertKey { name: AlertName::EntranceLost, object: AlertObject::Entrance(EntranceId::new(entrance).unwrap()) }
}

fn broken(area: &str) -> AlertKey {
    AlertKey { name: AlertName::SealBroken, object: AlertObject::Area(AreaId::new(area).unwrap()) }
}

fn node(id: &str) -> Cause {
    Cause::Node(NodeId::new(id).unwrap())
}

struct Desk {
    book: Book,
    now: Time,
}

impl Desk {
    fn new() -> Desk {
        let now = Time(1_780_286_400_000);
        Desk { book: Book::restore(Policy::default(), Vec::new(), Vec::new(), 1, now), now }
    }

    fn is_lost(&mut self, entrance: &str, cause: &Cause) {
        self.is_so(&lost(entrance), cause);
    }

    fn is_so(&mut self, key: &AlertKey, cause: &Cause) {
        let wanted = Wanted {
            cause: cause.clone(),
            since: self.now,
            name: key.object.to_string().into(),
            village_name: "甘棠村".into(),
            area: None,
            village: None,
            planned: false,
            leak: None,
        };
        self.book.want(key, Want::Open(wanted), self.now);
    }

    fn is_back(&mut self, entrance: &str) {
        self.book.want(&lost(entrance), Want::Closed(EndReason::Recovered), self.now);
    }

    /// Lets time pass, second by second, and collects what people are told.
    fn passes(&mut self, span: Span) -> Vec<(MessageKind, SayReason)> {
        let mut told = Vec::new();
        for _ in 0..span.0 / 1_000 {
            self.now += Span::seconds(1);
            self.book.wake(self.now);
            told.extend(self.said().into_iter().filter(|s| !s.2.is_for_machines()).map(|(_, kind, why)| (kind, why)));
        }
        told
    }

    /// What is said by then.
    fn said(&mut self) -> Vec<(u64, MessageKind, SayReason)> {
        self.book.release(self.now, false, &|_| Ready::Yes);
        let said = self.book.speak(self.now, &Nothing);
        said.messages.iter().map(|m| (m.incident.id.0, m.kind, m.why)).collect()
    }
}

#[test]
fn what_another_incident_told_as_over_is_news_when_it_is_lost_again() {
    let mut desk = Desk::new();
    let (switch, part) = (node("S1"), node("P1"));
    desk.is_lost("E1", &switch);
    desk.is_lost("E2", &switch);
    assert_eq!(desk.said(), [(1, MessageKind::Opened, SayReason::FirstWord)]);
    desk.is_lost("E3", &part);
    assert_eq!(desk.said(), [(2, MessageKind::Opened, SayReason::FirstWord)]);
    // E1 turns out to be the other fault's, whose incident tells its end. The page of the first has named it.
    desk.now += Span::seconds(30);
    desk.is_lost("E1", &part);
    desk.said();
    desk.now += Span::seconds(30);
    desk.is_back("E1");
    assert_eq!(desk.said(), [(2, MessageKind::Updated, SayReason::PartOver)]);
    desk.now += Span::hours(1);
    desk.is_lost("E1", &switch);
    assert_eq!(desk.said(), [(1, MessageKind::MoreLost, SayReason::NewLoss)]);
}

/// As a later loss: joins without a page, is named by an update once it has lasted, and never twice.
#[test]
fn a_seal_that_breaks_soon_after_the_page_is_named_by_an_update_and_later_by_a_page() {
    let (mut desk, switch) = (Desk::new(), node("S1"));
    desk.is_lost("E1", &switch);
    assert_eq!(desk.said(), [(1, MessageKind::Opened, SayReason::FirstWord)]);
    desk.now += Span::seconds(10);
    desk.is_so(&broken("RING"), &switch);
    assert_eq!(desk.said(), [(1, MessageKind::Updated, SayReason::JoinedQuietly)]);
    assert_eq!(desk.passes(Span::minutes(20)), [(MessageKind::Updated, SayReason::NamedLater)]);
    desk.is_so(&broken("BLOCK"), &switch);
    assert_eq!(desk.said(), [(1, MessageKind::MoreLost, SayReason::NewLoss)]);
    assert_eq!(desk.passes(Span::minutes(20)), []);
}

/// Its end was told, and it breaks again: held until `regroup` has passed since the last page, and told then.
#[test]
fn a_seal_that_breaks_again_after_its_end_was_told_is_a_page_and_no_update() {
    let (mut desk, switch) = (Desk::new(), node("S1"));
    desk.is_lost("E1", &switch);
    desk.is_so(&broken("RING"), &switch);
    assert_eq!(desk.said(), [(1, MessageKind::Opened, SayReason::FirstWord)]);
    desk.now += Span::seconds(20);
    desk.book.want(&broken("RING"), Want::Closed(EndReason::Recovered), desk.now);
    assert_eq!(desk.said(), [(1, MessageKind::Updated, SayReason::PartOver)]);
    desk.now += Span::seconds(20);
    desk.is_so(&broken("RING"), &switch);
    desk.said();
    assert_eq!(desk.passes(Span::minutes(20)), [(MessageKind::MoreLost, SayReason::NewLoss)]);
}

/// What was told of a seal goes with it to the incident whose fault keeps it open.
#[test]
fn a_broken_seal_that_moves_to_another_incident_is_not_told_again() {
    let (mut desk, west, east) = (Desk::new(), node("S1"), node("S2"));
    desk.is_lost("E1", &west);
    desk.is_lost("E9", &west);
    desk.is_so(&broken("RING"), &west);
    desk.said();
    desk.is_lost("E2", &east);
    desk.said();
    desk.now += Span::minutes(30);
    desk.is_so(&broken("RING"), &east);
    desk.is_back("E1");
    let said = desk.said();
    assert!(said.iter().all(|s| !s.1.pages()), "{said:?}");
    assert_eq!(desk.passes(Span::minutes(30)), []);
    assert_eq!(desk.book.open[&broken("RING")].incident.0, 2);
}

/// Known from a digest, it goes on in digests as long as it is one of many small ones.
#[test]
fn what_people_know_from_a_digest_is_told_at_once_when_it_has_grown_large() {
    let camera = |n: usize| AlertKey {
        name: AlertName::CameraDown,
        object: AlertObject::Camera(CameraId::new(&format!("C{n}")).unwrap()),
    };
    for (joined, told) in [(1, SayReason::HeldForDigest), (6, SayReason::PartOver)] {
        let (mut desk, switch) = (Desk::new(), node("S1"));
        desk.book.policy.storm_messages = 0;
        desk.is_lost("E1", &switch);
        desk.is_lost("E2", &switch);
        assert_eq!(desk.said(), [(1, MessageKind::Opened, SayReason::HeldForDigest)]);
        assert_eq!(desk.passes(Span::minutes(2)), [(MessageKind::Digest, SayReason::Digest)]);
        (0..joined).for_each(|n| desk.is_so(&camera(n), &switch));
        assert_eq!(desk.said(), [(1, MessageKind::Updated, SayReason::JoinedQuietly)]);
        desk.now += Span::seconds(20);
        desk.is_back("E2");
        assert_eq!(desk.said(), [(1, MessageKind::Updated, told)], "{joined} cameras");
    }
}

/// One that flaps stays open when nothing of it is: that is a part, and no end.
#[test]
fn that_one_which_flaps_is_calm_is_said_to_machines_only_while_it_is_silenced() {
    for (silenced, told) in [(false, SayReason::PartOver), (true, SayReason::HeldSilenced)] {
        let (mut desk, switch) = (Desk::new(), node("S1"));
        for _ in 0..3 {
            desk.is_lost("E1", &switch);
            desk.said();
            desk.now += Span::minutes(2);
            desk.is_back("E1");
            let said = desk.said();
            desk.now += Span::minutes(2);
            assert_eq!(said.len(), 1, "{said:?}");
        }
        desk.is_lost("E1", &switch);
        desk.said();
        if silenced {
            let until = desk.now + Span::hours(1);
            desk.book.silence(
                IncidentId(1),
                Hold { at: desk.now, by: "duty".into(), note: "".into(), until },
                desk.now,
            );
            assert_eq!(desk.said(), [(1, MessageKind::Silenced, SayReason::SilencedBySomebody)]);
        }
        desk.now += Span::minutes(2);
        desk.is_back("E1");
        assert_eq!(desk.said(), [(1, MessageKind::Updated, told)]);
    }
}

mod gather;
