//! The connections that are open, and which of them makes room when there are too many.
//!
//! A client that dribbles a head, or never reads its answer, costs nothing but a place. When the places are taken, or
//! the answers under way take too many bytes, the one goes that has kept us waiting for longest: first those of which a
//! head is awaited, then those that are slow to take their answer. So whoever comes with a whole request is served.
//! Event streams stay: they are long by nature, and counted on their own.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{Response, header};
use tokio::sync::Notify;
use tokio::time::Instant;

/// Bytes of answers under way, over all connections; a single longer one is let through.
const MAX_BYTES: u64 = 256 << 20;

/// What a connection does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Doing {
    /// We wait for the head of a request.
    Waiting,
    /// A request is read and answered; the answer has so many bytes.
    Answering(u64),
    /// An event stream.
    Streaming,
}

#[derive(Debug)]
struct Place {
    doing: Doing,
    since: Instant,
    leave: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Places {
    next: u64,
    open: HashMap<u64, Place>,
}

/// All open connections.
#[derive(Clone, Debug, Default)]
pub(super) struct Crowd(Arc<Mutex<Places>>);

/// One open connection; its place is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Guest {
    crowd: Crowd,
    number: u64,
    leave: Arc<Notify>,
}

impl Crowd {
    fn places(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection comes.
    pub(super) fn enter(&self) -> Guest {
        let mut places = self.places();
        places.next += 1;
        let (number, leave) = (places.next, Arc::new(Notify::new()));
        let place = Place { doing: Doing::Waiting, since: Instant::now(), leave: leave.clone() };
        places.open.insert(number, place);
        Guest { crowd: self.clone(), number, leave }
    }

    /// Sends the one away that has kept us waiting for longest; whether there was one.
    pub(super) fn make_room(&self) -> bool {
        let places = self.places();
        let longest = |wanted: fn(&Place) -> bool| places.open.values().filter(|p| wanted(p)).min_by_key(|p| p.since);
        let slow = || longest(|p| matches!(p.doing, Doing::Answering(_)));
        let chosen = longest(|p| p.doing == Doing::Waiting).or_else(slow);
        chosen.inspect(|p| p.leave.notify_one()).is_some()
    }

    /// What a connection does from now on.
    fn does(&self, number: u64, doing: Doing) {
        let mut places = self.places();
        if let Some(place) = places.open.get_mut(&number) {
            (place.doing, place.since) = (doing, Instant::now());
        }
        if !matches!(doing, Doing::Answering(n) if n > 0) {
            return;
        }
        // The longest under way make room for this one, which is the youngest.
        let mut answers: Vec<(Instant, u64, &Place)> = places.open.values().filter_map(answer).collect();
        let mut bytes: u64 = answers.iter().map(|a| a.1).sum();
        answers.sort_by_key(|a| a.0);
        for (_, n, place) in answers.iter().take(answers.len().saturating_sub(1)) {
            if bytes <= MAX_BYTES {
                break;
            }
            place.leave.notify_one();
            bytes -= n;
        }
    }
}

fn answer(place: &Place) -> Option<(Instant, u64, &Place)> {
    match place.doing {
        Doing::Answering(n) if n > 0 => Some((place.since, n, place)),
        _ => None,
    }
}

impl Guest {
    /// Ends when this connection must make room.
    pub(super) fn asked_to_leave(&self) -> impl Future<Output = ()> + use<> {
        let leave = self.leave.clone();
        async move { leave.notified().await }
    }

    /// The number by which requests of this connection are noted.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.crowd.places().open.remove(&self.number);
    }
}

/// A request that is being answered; the connection waits again once this is dropped.
#[derive(Debug)]
pub(super) struct Served {
    crowd: Crowd,
    number: u64,
}

impl Served {
    /// The head of a request has come.
    pub(super) fn begin(crowd: &Crowd, number: u64) -> Served {
        crowd.does(number, Doing::Answering(0));
        Served { crowd: crowd.clone(), number }
    }

    /// The answer is there: it is under way until its body is.
    pub(super) fn answer(self, response: Response<Body>) -> Response<Body> {
        let streams = response.headers().get(header::CONTENT_TYPE).is_some_and(|v| v == "text/event-stream");
        let bytes = response.body().size_hint().upper().unwrap_or(0);
        self.crowd.does(self.number, if streams { Doing::Streaming } else { Doing::Answering(bytes) });
        response.map(|body| Body::new(UnderWay { body, _served: self }))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.crowd.does(self.number, Doing::Waiting);
    }
}

/// A body that tells when it is done.
struct UnderWay {
    body: Body,
    _served: Served,
}

impl HttpBody for UnderWay {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt as _;
    use tokio::time::advance;

    use super::*;

    fn must_leave(guest: &Guest) -> bool {
        guest.asked_to_leave().now_or_never().is_some()
    }

    fn body(bytes: u64) -> Response<Body> {
        Response::new(Body::from(vec![0; usize::try_from(bytes).unwrap()]))
    }

    #[tokio::test(start_paused = true)]
    async fn who_keeps_us_waiting_for_longest_makes_room_and_streams_stay() {
        let crowd = Crowd::default();
        assert!(!crowd.make_room(), "nobody is there");
        let stream = crowd.enter();
        let events = ([(header::CONTENT_TYPE, "text/event-stream")], "x");
        let events = axum::response::IntoResponse::into_response(events);
        let events = Served::begin(&crowd, stream.number()).answer(events);
        advance(Duration::from_secs(1)).await;
        let slow = crowd.enter();
        let answer = Served::begin(&crowd, slow.number()).answer(body(10));
        advance(Duration::from_secs(1)).await;
        let (first, second) = (crowd.enter(), {
            advance(Duration::from_secs(1)).await;
            crowd.enter()
        });
        assert!(crowd.make_room() && must_leave(&first) && !must_leave(&second) && !must_leave(&slow));
        drop(first);
        assert!(crowd.make_room() && must_leave(&second) && !must_leave(&slow));
        drop(second);
        assert!(crowd.make_room() && must_leave(&slow), "nobody waits: who takes an answer slowly goes");
        drop(slow);
        assert!(!crowd.make_room() && !must_leave(&stream), "an event stream is long by nature");
        drop((events, answer));
        assert!(crowd.make_room() && must_leave(&stream), "its stream is over, so that it waits like any other");
    }

    #[tokio::test(start_paused = true)]
    async fn answers_under_way_are_bounded_in_bytes() {
        let crowd = Crowd::default();
        let half = MAX_BYTES / 2;
        let under_way = |bytes: u64| {
            let guest = crowd.enter();
            let served = Served::begin(&crowd, guest.number());
            served.crowd.does(served.number, Doing::Answering(bytes));
            (guest, served)
        };
        let first = under_way(half);
        advance(Duration::from_millis(1)).await;
        let second = under_way(half);
        assert!(!must_leave(&first.0) && !must_leave(&second.0));
        advance(Duration::from_millis(1)).await;
        let third = under_way(1);
        assert!(must_leave(&first.0) && !must_leave(&second.0) && !must_leave(&third.0));
        drop(first);
        drop(third);
        advance(Duration::from_millis(1)).await;
        let huge = under_way(2 * MAX_BYTES);
        assert!(must_leave(&second.0) && !must_leave(&huge.0), "a single one may be as long as it is");
    }
}
