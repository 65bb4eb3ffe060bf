//! The event stream: one task compares each published snapshot with the one before and keeps the differences in a
//! bounded ring; every client reads the ring at its own pace and is sent away when it falls behind.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use cunkou_core::model::Time;
use cunkou_core::world::Snapshot;
use tokio::sync::watch;

use super::wire::Change;

/// Changes that are kept for replay.
pub(super) const RING: usize = 512;
/// Bytes that are kept for replay; one change of a whole town is some megabytes.
pub(super) const RING_BYTES: usize = 16 << 20;
/// Snapshots that follow each other faster are told as one change.
const GATHER: Duration = Duration::from_millis(200);

/// One change, as it travels.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Its number, counting up from 1.
    pub(super) number: u64,
    /// The whole event. All clients share these bytes, down to the socket: many that do not read cost one copy.
    pub(super) frame: Bytes,
}

#[derive(Debug, Default)]
struct Ring {
    entries: VecDeque<Entry>,
    bytes: usize,
}

/// The ring, and where its head is.
#[derive(Debug)]
pub(super) struct Feed {
    /// Numbers of another life of the daemon mean nothing: ids carry the life they belong to.
    life: i64,
    ring: Mutex<Ring>,
    head: watch::Sender<u64>,
}

/// What a client gets that has seen everything up to some number.
#[derive(Debug)]
pub(super) enum Behind {
    /// These, oldest first; maybe none.
    By(Vec<Entry>),
    /// More than is kept: it must read the lists again.
    Lost,
}

impl Feed {
    pub(super) fn new(life: Time) -> Feed {
        Feed { life: life.millis(), ring: Mutex::default(), head: watch::Sender::new(0) }
    }

    /// Where the head is, and how to wait for it to move.
    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }

    /// The id of a change as clients see it.
    pub(super) fn id(&self, number: u64) -> String {
        format!("{}-{number}", self.life)
    }

    /// The number behind an id that a client shows; `None` when it is of another life, or not ours at all.
    pub(super) fn number(&self, id: &str) -> Option<u64> {
        let (life, number) = id.rsplit_once('-')?;
        let number = number.parse().ok()?;
        (life.parse() == Ok(self.life) && number <= *self.head.borrow()).then_some(number)
    }

    /// What came after a number.
    pub(super) fn after(&self, number: u64) -> Behind {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let head = *self.head.borrow();
        let oldest = ring.entries.front().map_or(head + 1, |e| e.number);
        if number + 1 < oldest {
            return Behind::Lost;
        }
        Behind::By(ring.entries.iter().filter(|e| e.number > number).cloned().collect())
    }

    /// Takes a change in; the oldest ones make room.
    pub(super) fn push(&self, change: &Change) {
        let json = match serde_json::to_string(change) {
            Ok(json) => json,
            Err(error) => {
                tracing::error!(%error, "a change cannot be written as JSON");
                return;
            }
        };
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let number = *self.head.borrow() + 1;
        let frame = frame("change", &self.id(number), &json);
        ring.bytes += frame.len();
        ring.entries.push_back(Entry { number, frame });
        while ring.entries.len() > RING || (ring.bytes > RING_BYTES && ring.entries.len() > 1) {
            let gone = ring.entries.pop_front().map_or(0, |e| e.frame.len());
            ring.bytes -= gone;
        }
        self.head.send_replace(number);
    }

    /// Follows the published snapshots until the engine is gone.
    pub(super) async fn follow(&self, mut snapshots: watch::Receiver<Arc<Snapshot>>) {
        let mut before = snapshots.borrow_and_update().clone();
        while snapshots.changed().await.is_ok() {
            let after = snapshots.borrow_and_update().clone();
            if let Some(change) = Change::between(&before, &after) {
                self.push(&change);
            }
            before = after;
            tokio::time::sleep(GATHER).await;
        }
    }
}

/// An event as the stream writes it. The data is JSON as serde writes it, which has no line end.
pub(super) fn frame(event: &str, id: &str, data: &str) -> Bytes {
    format!("event: {event}\nid: {id}\ndata: {data}\n\n").into()
}

/// An event that a client need not remember: it leaves the last id as it is.
pub(super) fn frame_without_id(event: &str, data: &str) -> Bytes {
    format!("event: {event}\ndata: {data}\n\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(filler: usize) -> Change {
        Change {
            at: "x".repeat(filler),
            registry_version: 1,
            blind_since: None,
            night: false,
            first_round: None,
            cameras: Vec::new(),
            nodes: Vec::new(),
            entrances: Vec::new(),
            incidents: Vec::new(),
        }
    }

    fn numbers(feed: &Feed, after: u64) -> Option<Vec<u64>> {
        match feed.after(after) {
            Behind::By(entries) => Some(entries.iter().map(|e| e.number).collect()),
            Behind::Lost => None,
        }
    }

    #[test]
    fn the_ring_replays_what_it_holds_and_says_when_it_cannot() {
        let feed = Feed::new(Time(7));
        assert_eq!(numbers(&feed, 0), Some(vec![]));
        (0..3).for_each(|_| feed.push(&change(1)));
        assert_eq!(
            (numbers(&feed, 0), numbers(&feed, 2), numbers(&feed, 3)),
            (Some(vec![1, 2, 3]), Some(vec![3]), Some(vec![]))
        );
        (0..RING).for_each(|_| feed.push(&change(1)));
        assert_eq!(numbers(&feed, 2), None);
        assert_eq!(numbers(&feed, 3).map(|n| n.len()), Some(RING));
    }

    #[test]
    fn the_ring_is_bounded_in_bytes_but_keeps_the_last() {
        let feed = Feed::new(Time(7));
        feed.push(&change(RING_BYTES / 2));
        feed.push(&change(RING_BYTES / 2));
        assert_eq!((numbers(&feed, 0), numbers(&feed, 1)), (None, Some(vec![2])));
        feed.push(&change(2 * RING_BYTES));
        assert_eq!((numbers(&feed, 1), numbers(&feed, 2)), (None, Some(vec![3])));
    }

    #[test]
    fn ids_of_another_life_mean_nothing() {
        let feed = Feed::new(Time(7));
        feed.push(&change(1));
        assert_eq!(feed.number(&feed.id(1)), Some(1));
        for foreign in ["6-1", "7-2", "7-", "", "1", "x-y", "7-1-1"] {
            assert_eq!(feed.number(foreign), None, "{foreign}");
        }
    }
}
