//! The loop of one sink: take what is due, try, keep the outcome, sleep until something is due again.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use cunkou_core::alert::{Alert, AlertName, EndReason, Review};
use cunkou_core::model::{Span, Time};
use cunkou_core::world::Snapshot;
use futures_util::FutureExt as _;
use tokio::sync::{Notify, watch};
use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::backoff::Pace;
use super::counters::{Counters, Fate};
use super::labels::about_monitor;
use super::letter::Letter;
use super::outbox::{Outbox, OutboxError, Received, RowKey, Take};
use super::post::Tried;
use super::review::{Reviewed, Reviewing};
use super::sinks::Clock;

/// Rows taken at once.
const ROWS: usize = 500;

/// The pause after the outbox did not answer.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// The longest sleep: what should wake us may have been missed.
const IDLE: Duration = Duration::from_secs(60);

/// What a text is made from, and when.
pub(super) struct Scene {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) now: Time,
}

/// What a kind of sink must be able to do: one try at a time; retry, order and bookkeeping are the loop's.
pub(super) trait Carrier: Send + Sync + 'static {
    /// Whether there is anything in a letter for this sink.
    fn takes(&self, letter: &Letter) -> bool;
    /// One try to bring a letter.
    fn tell(&mut self, letter: &Letter, key: &str, scene: &Scene) -> impl Future<Output = Tried> + Send;
    /// One try to bring an alert that stands outside the outbox.
    fn aside(&mut self, alert: &Alert, key: &str, scene: &Scene) -> impl Future<Output = Tried> + Send;
    /// What is sent again and again: standing alerts, the watchdog; neither retried nor counted, the next one comes.
    fn pulse(&mut self, scene: &Scene, stuck: Option<&Alert>) -> impl Future<Output = Tried> + Send;
    /// One try to bring a review; only asked of sinks that people read.
    fn review(&mut self, review: &Review, key: &str, scene: &Scene) -> impl Future<Output = Tried> + Send;
    /// Who was called by the letter that was brought last, by name; `None`: whom the settings of the sink name.
    fn told_to(&mut self) -> Option<String> {
        None
    }
    /// What the letter that was brought last was answered with; `None`: with no code, or not at all.
    fn answered(&self) -> Option<u16> {
        None
    }
}

/// The sink as a whole does not answer: until then only one letter is tried at a time.
#[derive(Clone, Copy, Debug)]
struct Away {
    failures: u32,
    until: Time,
}

/// What the outbox was to be told and did not take: told again later, and acted on meanwhile.
#[derive(Clone, Debug)]
enum Mark {
    /// When, to whom of the roster, and what was answered.
    Delivered(Time, Option<String>, Option<u16>),
    Dropped(Time),
    /// The letter is still with us, and is tried again from memory.
    Retry(Time, Refusal, Letter),
}

/// What is kept of a try that failed.
#[derive(Clone, Debug)]
struct Refusal {
    why: String,
    received: Received,
    code: Option<u16>,
}

impl Mark {
    fn next_try(&self) -> Option<Time> {
        match self {
            Mark::Retry(at, ..) => Some(*at),
            Mark::Delivered(..) | Mark::Dropped(_) => None,
        }
    }
}

/// One sink's loop.
pub(super) struct Delivery<C, O> {
    pub(super) name: String,
    pub(super) carrier: C,
    pub(super) outbox: Arc<O>,
    pub(super) snapshot: watch::Receiver<Arc<Snapshot>>,
    pub(super) clock: Clock,
    pub(super) wake: Arc<Notify>,
    pub(super) stuck: watch::Receiver<Option<Time>>,
    pub(super) counters: Counters,
    pub(super) pace: Pace,
    pub(super) reviewing: Option<Reviewing>,
    pub(super) reviewed: Reviewed,
    state: State,
}

/// What the loop remembers between turns.
#[derive(Default)]
pub(super) struct State {
    away: Option<Away>,
    marks: BTreeMap<RowKey, Mark>,
    stuck_told: Option<Time>,
    pulse_failing: bool,
}

/// What the loop is wired to.
pub(super) struct Wires<O> {
    pub(super) outbox: Arc<O>,
    pub(super) snapshot: watch::Receiver<Arc<Snapshot>>,
    pub(super) clock: Clock,
    pub(super) wake: Arc<Notify>,
    pub(super) stuck: watch::Receiver<Option<Time>>,
    pub(super) counters: Counters,
    pub(super) pace: Pace,
    /// When the sink wants a review; `None`: never.
    pub(super) reviewing: Option<Reviewing>,
}

impl<C: Carrier, O: Outbox> Delivery<C, O> {
    pub(super) fn new(name: String, carrier: C, wires: Wires<O>) -> Delivery<C, O> {
        let Wires { outbox, snapshot, clock, wake, stuck, counters, pace, reviewing } = wires;
        let (reviewed, state) = (Reviewed::default(), State::default());
        Delivery { name, carrier, outbox, snapshot, clock, wake, stuck, counters, pace, reviewing, reviewed, state }
    }

    /// Runs until it is stopped; then brings what is due once more, and ends.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut pulse = tokio::time::interval(self.pace.pulse.to_std().max(Duration::from_millis(1)));
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let pause = self.turn(&mut pulse).await;
            if stop.is_cancelled() {
                return;
            }
            let pause = pause.min(self.review().await);
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.wake.notified() => {}
                () = changed(&mut self.stuck) => {}
                _ = pulse.tick() => self.pulse().await,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Brings everything that is due; says how long to sleep then.
    async fn turn(&mut self, pulse: &mut Interval) -> Duration {
        if self.stuck.borrow().is_none() {
            // The store takes nothing while it is stuck, and to hear that from it takes seconds.
            self.flush_marks().await;
        }
        let mut back_again = false;
        loop {
            if let Some(pause) = self.away_for() {
                return pause;
            }
            if !self.settle_stuck().await {
                continue;
            }
            // A sink that is back gets all that waited for it, whatever their own waits were.
            let due_by = if back_again { Time(i64::MAX) } else { (self.clock)() };
            let was_away = self.state.away.is_some();
            // To a sink that was away the one tried least: a message that it chokes on must not stand for the sink.
            let take = if was_away { Take::LeastTried } else { Take::Oldest(ROWS) };
            let mut letters = self.waiting_in_memory(due_by);
            match self.outbox.pending(&self.name, due_by, take).await {
                Ok(rows) => letters.extend(rows.iter().map(Letter::new)),
                Err(e) if letters.is_empty() => return self.store_away(&e),
                Err(_) => {}
            }
            if letters.is_empty() {
                return self.until_next().await;
            }
            if was_away {
                letters.sort_by_key(|letter| letter.attempts);
            }
            self.bring_all(letters, pulse).await;
            back_again = was_away && self.state.away.is_none();
        }
    }

    /// How long the sink is still left alone.
    pub(super) fn away_for(&self) -> Option<Duration> {
        let until = self.state.away?.until;
        let wait = until.since((self.clock)());
        (wait > Span::ZERO).then(|| wait.to_std().min(IDLE))
    }

    /// Brings letters until the sink is away; what was not tried then waits as before.
    async fn bring_all(&mut self, letters: Vec<Letter>, pulse: &mut Interval) {
        let mut letters = letters.into_iter();
        for letter in letters.by_ref() {
            self.bring(&letter).await;
            if pulse.tick().now_or_never().is_some() {
                self.pulse().await;
            }
            if self.state.away.is_some() {
                break;
            }
        }
        // What is tried from memory stays there.
        let untried = letters.map(|letter| letter.row).filter(|row| !self.state.marks.contains_key(row));
        let untried: Vec<RowKey> = untried.collect();
        if !untried.is_empty() {
            self.outbox.release(&self.name, &untried).await;
        }
    }

    async fn bring(&mut self, letter: &Letter) {
        let now = (self.clock)();
        if !self.carrier.takes(letter) {
            self.counters.count(&self.name, Fate::Dropped, 1);
            return self.keep(letter.row, Mark::Dropped(now)).await;
        }
        let key = letter.key(&self.name);
        let scene = self.scene();
        match self.carrier.tell(letter, &key, &scene).await {
            Tried::Taken => {
                self.state.away = None;
                self.counters.count(&self.name, Fate::Delivered, 1);
                tracing::info!(sink = %self.name, key, kind = letter.message.kind.word(), "delivered");
                let mark = Mark::Delivered((self.clock)(), self.carrier.told_to(), self.carrier.answered());
                self.keep(letter.row, mark).await;
            }
            Tried::Failed { why, away, asked, received } => {
                self.counters.count(&self.name, Fate::Retried, 1);
                let next = if away {
                    self.sink_away(letter.attempts, asked)
                } else {
                    // The sink answered: it is there, only this letter is refused.
                    self.state.away = None;
                    (self.clock)() + self.pace.wait_asked(&key, letter.attempts.saturating_add(1), asked)
                };
                let wait = next.since((self.clock)());
                tracing::warn!(sink = %self.name, key, why, %wait, "not delivered, will be tried again");
                let again = Letter { attempts: letter.attempts.saturating_add(1), ..letter.clone() };
                let refusal = Refusal { why, received, code: self.carrier.answered() };
                self.keep(letter.row, Mark::Retry(next, refusal, again)).await;
            }
        }
    }

    /// Leaves the sink alone for a while, and says until when.
    fn sink_away(&mut self, attempts: u32, asked: Option<Span>) -> Time {
        let failures = self.state.away.map_or(0, |a| a.failures).max(attempts).saturating_add(1);
        let until = (self.clock)() + self.pace.wait_asked(&self.name, failures, asked);
        self.state.away = Some(Away { failures, until });
        until
    }

    /// Tells, outside the outbox, that the store is stuck, or no longer; `false` when a try failed.
    async fn settle_stuck(&mut self) -> bool {
        let wanted = *self.stuck.borrow_and_update();
        let Some(since) = wanted.or(self.state.stuck_told).filter(|_| wanted != self.state.stuck_told) else {
            return true;
        };
        let ended = wanted.is_none().then(|| ((self.clock)(), EndReason::Recovered));
        let key = if ended.is_none() {
            format!("stuck-{}", since.millis())
        } else {
            format!("stuck-{}-over", since.millis())
        };
        let alert = about_monitor(AlertName::MonitorStuck, since, ended);
        let scene = self.scene();
        match self.carrier.aside(&alert, &key, &scene).await {
            Tried::Taken => {
                self.state.away = None;
                self.state.stuck_told = wanted;
                self.counters.count(&self.name, Fate::Delivered, 1);
                true
            }
            Tried::Failed { why, asked, .. } => {
                self.counters.count(&self.name, Fate::Retried, 1);
                tracing::warn!(sink = %self.name, key, why, "not delivered, will be tried again");
                self.sink_away(0, asked);
                false
            }
        }
    }

    async fn pulse(&mut self) {
        let scene = self.scene();
        let stuck = *self.stuck.borrow();
        let alert = stuck.map(|since| about_monitor(AlertName::MonitorStuck, since, None));
        let tried = self.carrier.pulse(&scene, alert.as_ref()).await;
        let failing = tried != Tried::Taken;
        if failing != self.state.pulse_failing {
            self.state.pulse_failing = failing;
            match tried {
                Tried::Taken => tracing::info!(sink = %self.name, "takes standing alerts again"),
                Tried::Failed { why, .. } => tracing::warn!(sink = %self.name, why, "does not take standing alerts"),
            }
        }
    }

    pub(super) fn scene(&self) -> Scene {
        Scene { snapshot: self.snapshot.borrow().clone(), now: (self.clock)() }
    }

    async fn until_next(&self) -> Duration {
        let kept = match self.outbox.next_attempt(&self.name).await {
            Ok(kept) => kept,
            Err(e) => return self.store_away(&e),
        };
        let in_mind = self.state.marks.values().filter_map(Mark::next_try).min();
        match kept.into_iter().chain(in_mind).min() {
            None => IDLE,
            Some(at) => {
                let wait = at.since((self.clock)()).to_std();
                // Due, and yet nothing to bring: its outcome waits to be kept.
                if wait.is_zero() { STORE_PAUSE } else { wait.min(IDLE) }
            }
        }
    }

    /// Keeps an outcome in the outbox, or in mind while the outbox does not answer.
    async fn keep(&mut self, row: RowKey, mark: Mark) {
        if let Err(e) = self.write(&[row], &mark).await {
            self.store_away(&e);
            self.state.marks.insert(row, mark);
        } else {
            // An outcome of before, of a try from memory.
            self.state.marks.remove(&row);
        }
    }

    async fn write(&self, rows: &[RowKey], mark: &Mark) -> Result<(), OutboxError> {
        match mark {
            Mark::Delivered(at, to, code) => self.outbox.delivered(&self.name, rows, *at, *code, to.as_deref()).await,
            Mark::Dropped(at) => self.outbox.dropped(&self.name, rows, *at).await,
            Mark::Retry(at, refusal, _) => {
                let Refusal { why, received, code } = refusal;
                self.outbox.retry(&self.name, rows, *at, why, *received, *code).await
            }
        }
    }

    async fn flush_marks(&mut self) {
        while let Some((row, mark)) = self.state.marks.pop_first() {
            if let Err(e) = self.write(&[row], &mark).await {
                self.store_away(&e);
                self.state.marks.insert(row, mark);
                return;
            }
        }
    }

    /// Letters that are due and cannot be given back to a store that takes nothing: they are still with us.
    fn waiting_in_memory(&self, due_by: Time) -> Vec<Letter> {
        let due = |mark: &Mark| match mark {
            Mark::Retry(at, _, letter) if *at <= due_by => Some(letter.clone()),
            _ => None,
        };
        self.state.marks.values().filter_map(due).collect()
    }

    pub(super) fn store_away(&self, error: &OutboxError) -> Duration {
        tracing::warn!(sink = %self.name, error = %chain(error), "outbox");
        STORE_PAUSE
    }
}

/// Waits for a change; for ever, once there is nobody left to change anything.
async fn changed(stuck: &mut watch::Receiver<Option<Time>>) {
    if stuck.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn chain(error: &OutboxError) -> String {
    format!("{error}: {}", error.0)
}
