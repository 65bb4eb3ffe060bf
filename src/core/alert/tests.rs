//! The book by itself: what no story of a town brings about in few words.

use super::*;
use crate::health::{Cause, Findings};
use crate::model::{AreaId, CameraId, EntranceId, NodeId, Span, Time};

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
        let wanted = Wanted {
            cause: cause.clone(),
            since: self.now,
            name: entrance.into(),
            village_name: "甘棠村".into(),
            area: None,
            village: None,
            planned: false,
        };
        self.book.want(&lost(entrance), Want::Open(wanted), self.now);
    }

    fn is_back(&mut self, entrance: &str) {
        self.book.want(&lost(entrance), Want::Closed(EndReason::Recovered), self.now);
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
