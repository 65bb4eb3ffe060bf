//! The event stream: server-sent events, one a change of the published truth.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Interval, MissedTickBehavior, interval};
use utoipa::IntoParams;

use super::ops::readiness;
use crate::http::events::{Behind, Entry, frame, frame_without_id};
use crate::http::params::Query;
use crate::http::wire::{Change, Tick, stamp};
use crate::http::{AppState, Problem};

/// A comment is sent after so long without a change, so that both ends notice a dead line.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const STILL_HERE: Bytes = Bytes::from_static(b": still here\n\n");

/// The longest time between two ticks, in seconds.
const MAX_TICK: u64 = 60;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
struct EventParams {
    /// Seconds between two events `tick`, the first at once; left out: none. A tick carries `at`, the time of the
    /// daemon's clock, and `ready`, what `/-/ready` says: a client that hears none any more has lost the daemon.
    #[param(minimum = 1, maximum = 60)]
    tick: Option<u64>,
}

/// Changes as they are published. Each event `change` carries one; `Last-Event-ID` goes on where a client stopped. An
/// event `reset` says that changes were missed: read the lists again. Events `tick` come where they are asked for.
#[utoipa::path(get, path = "/api/v1/events", operation_id = "events", tag = "town",
    params(("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was seen."),
        EventParams),
    responses((status = 200, description = "The stream; the data of an event `change` is a Change.",
        body = Change, content_type = "text/event-stream"),
        (status = 503, description = "Too many streams are open.", body = Problem,
            content_type = "application/problem+json")))]
pub(super) async fn events(
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let ticks = ticks(&Query::read(raw.as_deref(), &["tick"])?)?;
    let Ok(permit) = state.streams.clone().try_acquire_owned() else {
        return Err(Problem::unavailable("too many event streams are open; try again later"));
    };
    let head = state.feed.subscribe();
    let (seen, reset) = match headers.get("last-event-id") {
        None => (*head.borrow(), false),
        Some(id) => match id.to_str().ok().and_then(|id| state.feed.number(id)) {
            Some(number) => (number, false),
            None => (*head.borrow(), true),
        },
    };
    let closing = state.closing.subscribe();
    let waiting = VecDeque::new();
    let client = Client { state, head, closing, seen, reset, waiting, ticks, done: false, _permit: permit };
    let kind = [(header::CONTENT_TYPE, "text/event-stream")];
    Ok((kind, Body::from_stream(changes(client))).into_response())
}

fn ticks(query: &Query) -> Result<Option<Interval>, Problem> {
    let allowed = format!("1 to {MAX_TICK} seconds");
    let every = match query.number("tick")? {
        None => return Ok(None),
        Some(seconds @ 1..=MAX_TICK) => Duration::from_secs(seconds),
        Some(_) => return Err(Problem::parameter("tick", "out of range", allowed)),
    };
    let mut ticks = interval(every);
    // One that was late says what time it is now; those before it say nothing any more.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    Ok(Some(ticks))
}

struct Client {
    state: AppState,
    head: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
    /// The last change that was sent, or put into `waiting`.
    seen: u64,
    /// It must be told to read the lists again.
    reset: bool,
    waiting: VecDeque<Entry>,
    /// When to say what time it is.
    ticks: Option<Interval>,
    done: bool,
    _permit: OwnedSemaphorePermit,
}

fn changes(client: Client) -> impl Stream<Item = Result<Bytes, Infallible>> {
    stream::unfold(client, |mut client| async move {
        let event = client.next().await?;
        Some((Ok(event), client))
    })
}

impl Client {
    /// The word that changes were missed.
    fn begin_anew(&self) -> Bytes {
        frame("reset", &self.state.feed.id(self.seen), "{}")
    }

    /// What time it is, and whether the daemon does its job.
    fn tick(&self) -> Bytes {
        let tick = Tick { at: stamp(self.state.now()), ready: readiness(&self.state).ready };
        frame_without_id("tick", &serde_json::to_string(&tick).unwrap_or_else(|_| "{}".to_owned()))
    }

    /// The next event; `None` ends the stream: the daemon stops, or the client has fallen behind and was told so.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.done || *self.closing.borrow() {
                return None;
            }
            if self.reset {
                self.reset = false;
                return Some(self.begin_anew());
            }
            if let Some(entry) = self.waiting.pop_front() {
                return Some(entry.frame);
            }
            // Mark before looking, so that a change in between wakes us again.
            self.head.borrow_and_update();
            match self.state.feed.after(self.seen) {
                Behind::Lost => {
                    // A slow client is sent away with the word to begin anew; what it missed is not kept for it.
                    (self.done, self.seen) = (true, *self.head.borrow());
                    return Some(self.begin_anew());
                }
                Behind::By(entries) if !entries.is_empty() => {
                    self.seen = entries.last().map_or(self.seen, |e| e.number);
                    self.waiting = entries.into();
                }
                Behind::By(_) => {
                    let mut closing = self.closing.clone();
                    tokio::select! {
                        moved = self.head.changed() => moved.ok()?,
                        ended = closing.wait_for(|c| *c) => {
                            ended.ok()?;
                        }
                        () = next_tick(&mut self.ticks) => return Some(self.tick()),
                        () = tokio::time::sleep(KEEP_ALIVE) => return Some(STILL_HERE),
                    }
                }
            }
        }
    }
}

/// The next moment to tick; never, where nobody asked for it.
async fn next_tick(ticks: &mut Option<Interval>) {
    match ticks {
        Some(ticks) => {
            ticks.tick().await;
        }
        None => std::future::pending().await,
    }
}
