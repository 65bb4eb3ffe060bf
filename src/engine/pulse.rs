//! Whether we ourselves stood still: a beat that comes late shows it (semantics.md §5).
//!
//! A small task beats ten times a second beside the loop. When the process was stopped, starved of its processor or put
//! to sleep, the next beat is late, and what a probe heard in between says nothing about a camera: its own deadline has
//! run out while nobody was there to hear the answer. The loop beats too, before it judges an outcome, so that it never
//! matters which of the two wakes first.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cunkou_core::model::{Span, Time};
use tokio::task::JoinHandle;

use super::Clock;

/// Between two beats.
const BEAT: Duration = Duration::from_millis(100);
/// We stood still when a beat came so much later than it should.
const STALL: Span = Span::millis(500);
/// Pauses that are remembered; the longest probe is over long before so many have passed.
const KEPT: usize = 64;

/// The beat, and the pauses it has noticed lately. Ends with its task when it is dropped.
pub(super) struct Pulse {
    beats: Arc<Beats>,
    task: Option<JoinHandle<()>>,
}

struct Beats {
    clock: Clock,
    state: Mutex<State>,
}

struct State {
    last: Time,
    /// From the last beat before a pause to the first after it, oldest first; they do not overlap.
    pauses: VecDeque<(Time, Time)>,
}

impl Pulse {
    /// One that does not beat yet.
    pub(super) fn new(clock: Clock) -> Pulse {
        let state = State { last: clock.now(), pauses: VecDeque::new() };
        Pulse { beats: Arc::new(Beats { clock, state: Mutex::new(state) }), task: None }
    }

    /// Begins to beat, on the runtime of the probes: what holds that up holds up their answers.
    pub(super) fn begin(&mut self) {
        let own = self.beats.clone();
        own.state().last = own.clock.now();
        self.task = Some(tokio::spawn(async move {
            loop {
                tokio::time::sleep(BEAT).await;
                own.beat();
            }
        }));
    }

    /// Beats now.
    pub(super) fn beat(&self) {
        self.beats.beat();
    }

    /// Whether we stood still for more than 500 ms somewhere between two moments.
    pub(super) fn stood_still(&self, from: Time, to: Time) -> bool {
        self.beats.state().pauses.iter().any(|(began, ended)| from < *ended && to > *began)
    }

    /// Anchors the clock anew; what was noticed before was in another time.
    pub(super) fn anchor(&self) {
        let mut state = self.beats.state();
        self.beats.clock.anchor();
        *state = State { last: self.beats.clock.now(), pauses: VecDeque::new() };
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Beats {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn beat(&self) {
        // The time is read under the lock: the clock may be anchored anew between two beats.
        let mut state = self.state();
        let now = self.clock.now();
        let late = state.hear(now);
        drop(state);
        if let Some(late) = late {
            tracing::warn!(
                stood_still = %late,
                "this process did not run for a while; what was probed meanwhile says nothing about the cameras"
            );
        }
    }
}

impl State {
    /// Takes a beat; how long the pause before it was, where there was one.
    fn hear(&mut self, now: Time) -> Option<Span> {
        let before = std::mem::replace(&mut self.last, now);
        let silent = now.since(before);
        if silent <= Span::from(BEAT) + STALL {
            return None;
        }
        match self.pauses.back_mut() {
            // A process that gets a slice of time now and then: one long pause.
            Some((_, ended)) if before.since(*ended) < STALL => *ended = now,
            _ => self.pauses.push_back((before, now)),
        }
        if self.pauses.len() > KEPT {
            self.pauses.pop_front();
        }
        Some(silent)
    }
}

impl std::fmt::Debug for Pulse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pulse").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        State { last: Time(0), pauses: VecDeque::new() }
    }

    #[test]
    fn a_late_beat_is_a_pause_and_one_in_time_is_none() {
        let mut state = state();
        assert_eq!(state.hear(Time(100)), None);
        assert_eq!(state.hear(Time(700)), None, "500 ms late at most");
        assert_eq!(state.hear(Time(1_301)), Some(Span(601)));
        assert_eq!(state.pauses, [(Time(700), Time(1_301))]);
    }

    #[test]
    fn slices_between_pauses_belong_to_one_long_pause() {
        let mut state = state();
        for n in 1..=1_000 {
            assert!(state.hear(Time(n * 1_000)).is_some());
            assert!(state.hear(Time(n * 1_000 + 50)).is_none());
        }
        assert_eq!(state.pauses, [(Time(0), Time(1_000_000))]);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut state = state();
        let mut now = 0;
        for _ in 0..500 {
            for step in [1_000, 100, 100, 100, 100, 100, 100] {
                now += step;
                state.hear(Time(now));
            }
        }
        assert_eq!(state.pauses.len(), KEPT);
        assert_eq!(state.pauses.back().map(|p| p.1), Some(Time(now - 600)));
    }

    #[test]
    fn a_probe_during_a_pause_is_known_and_one_beside_it_is_not() {
        let clock = Clock::start();
        let pulse = Pulse::new(clock.clone());
        let now = clock.now();
        pulse.beats.state().last = now - Span::seconds(20);
        pulse.beat();
        assert!(pulse.stood_still(now - Span::seconds(21), now - Span::seconds(19)), "it began before the pause");
        assert!(pulse.stood_still(now - Span::seconds(5), now), "it was under way in it");
        assert!(!pulse.stood_still(now - Span::seconds(30), now - Span::seconds(20)), "it was over");
        assert!(!pulse.stood_still(now + Span::seconds(1), now + Span::seconds(2)), "it began after it");
        pulse.anchor();
        assert!(!pulse.stood_still(now - Span::seconds(5), now), "another time");
    }
}
